namespace Quehacer.Core.Accounts;

/// <summary>Something that whoever watches over the installation wants to hear of. Each has a name that never changes (ASVS 5.0 §16.3).</summary>
public enum SecurityEvent
{
    AccountRegistered,
    LoginSucceeded,
    LoginFailed,

    /// <summary>A login was refused without a look at the password, because too many have failed.</summary>
    LoginLimited,

    /// <summary>The password was right, and the account is suspended.</summary>
    LoginSuspended,

    /// <summary>The first factor was right, and a second one is wanted.</summary>
    SecondFactorAsked,
    SecondFactorFailed,

    /// <summary>A code was refused without being looked at, because too many have failed.</summary>
    SecondFactorLimited,
    SecondFactorAdded,
    SecondFactorRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
    PasswordResetAsked,
    PasswordReset,
    PasswordChanged,
    EmailVerified,
    EmailChangeAsked,
    EmailChanged,

    ApiKeyMade,
    ApiKeyRevoked,
    ServiceAccountMade,
    ServiceAccountRemoved,

    /// <summary>Somebody was invited into a workspace.</summary>
    InvitationMade,

    /// <summary>Somebody who was invited is in the workspace now.</summary>
    InvitationAccepted,

    /// <summary>A member of a workspace may do more or less than before.</summary>
    MemberRoleChanged,

    /// <summary>A member has left a workspace or was removed from it.</summary>
    MemberRemoved,

    /// <summary>A workspace has another owner.</summary>
    WorkspaceTransferred,

    /// <summary>An account was suspended by an administrator or whoever runs the installation.</summary>
    AccountSuspended,
    AccountUnsuspended,

    /// <summary>An account became an administrator, or ceased to be one.</summary>
    RoleChanged,

    /// <summary>An administrator has read tasks of somebody else.</summary>
    TasksReadByAdministrator,

    /// <summary>An account is to be deleted when its time of grace is over.</summary>
    AccountDeletionAsked,

    /// <summary>An account that was to be deleted stays.</summary>
    AccountDeletionUndone,

    /// <summary>An account was deleted, and nothing brings it back.</summary>
    AccountDeleted,

    /// <summary>A token of a letter that is unknown, used or expired.</summary>
    OneTimeTokenRefused,
    SessionEnded,

    /// <summary>All sessions of an account, or all but one.</summary>
    SessionsEnded,

    /// <summary>A used refresh token came from another client, or too late for a repeat: the session was ended.</summary>
    RefreshTokenReused,

    /// <summary>A used refresh token came once more from the client that used it, a moment later: it was refused, and nothing else.</summary>
    RefreshTokenRepeated,
}

/// <summary>The names of security events.</summary>
public static class SecurityEventNames
{
    /// <summary>For programs that watch the log; never changes.</summary>
    public static string Name(this SecurityEvent securityEvent) => securityEvent switch
    {
        SecurityEvent.AccountRegistered => "account.registered",
        SecurityEvent.LoginSucceeded => "login.succeeded",
        SecurityEvent.LoginFailed => "login.failed",
        SecurityEvent.LoginLimited => "login.limited",
        SecurityEvent.LoginSuspended => "login.suspended",
        SecurityEvent.SecondFactorAsked => "second_factor.asked",
        SecurityEvent.SecondFactorFailed => "second_factor.failed",
        SecurityEvent.SecondFactorLimited => "second_factor.limited",
        SecurityEvent.SecondFactorAdded => "second_factor.added",
        SecurityEvent.SecondFactorRemoved => "second_factor.removed",
        SecurityEvent.RecoveryCodesMade => "recovery_codes.made",
        SecurityEvent.RecoveryCodeUsed => "recovery_code.used",
        SecurityEvent.PasswordResetAsked => "password_reset.asked",
        SecurityEvent.PasswordReset => "password.reset",
        SecurityEvent.PasswordChanged => "password.changed",
        SecurityEvent.EmailVerified => "email.verified",
        SecurityEvent.EmailChangeAsked => "email_change.asked",
        SecurityEvent.EmailChanged => "email.changed",
        SecurityEvent.ApiKeyMade => "api_key.made",
        SecurityEvent.ApiKeyRevoked => "api_key.revoked",
        SecurityEvent.ServiceAccountMade => "service_account.made",
        SecurityEvent.ServiceAccountRemoved => "service_account.removed",
        SecurityEvent.InvitationMade => "invitation.made",
        SecurityEvent.InvitationAccepted => "invitation.accepted",
        SecurityEvent.MemberRoleChanged => "member.role_changed",
        SecurityEvent.MemberRemoved => "member.removed",
        SecurityEvent.WorkspaceTransferred => "workspace.transferred",
        SecurityEvent.AccountSuspended => "account.suspended",
        SecurityEvent.AccountUnsuspended => "account.unsuspended",
        SecurityEvent.RoleChanged => "role.changed",
        SecurityEvent.TasksReadByAdministrator => "tasks.read_by_administrator",
        SecurityEvent.AccountDeletionAsked => "account_deletion.asked",
        SecurityEvent.AccountDeletionUndone => "account_deletion.undone",
        SecurityEvent.AccountDeleted => "account.deleted",
        SecurityEvent.OneTimeTokenRefused => "one_time_token.refused",
        SecurityEvent.SessionEnded => "session.ended",
        SecurityEvent.SessionsEnded => "sessions.ended",
        SecurityEvent.RefreshTokenReused => "refresh_token.reused",
        SecurityEvent.RefreshTokenRepeated => "refresh_token.repeated",
    };

    /// <summary>Whether it may be the trace of an attack, and not of everyday life.</summary>
    public static bool IsSuspicious(this SecurityEvent securityEvent) => securityEvent is
        SecurityEvent.LoginFailed or SecurityEvent.LoginLimited or SecurityEvent.LoginSuspended or SecurityEvent.SecondFactorFailed or SecurityEvent.SecondFactorLimited
        or SecurityEvent.OneTimeTokenRefused or SecurityEvent.RefreshTokenReused;
}
