using System.Net;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>
/// Another password: for whoever has lost theirs, by a letter to the e-mail of the account, and for whoever knows it. Either way all that hung on the old one is
/// over: what was begun with it, what was under way with it, and what letters were sent before.
/// </summary>
public sealed class PasswordResets
{
    /// <summary>Parameters: $1 account, $2 its credentials, $3 the hash, $4 now. Whoever begins a session on the old password waits here, or is waited for.</summary>
    private const string SetPassword = """
        UPDATE accounts SET password_hash = $3, credentials = credentials + 1, version = version + 1, updated_at = greatest(updated_at, $4),
               totp_secret = CASE WHEN totp_confirmed_at IS NOT NULL THEN totp_secret END
         WHERE user_id = $1 AND credentials = $2
        """;

    /// <summary>
    /// Whoever has the letter has the e-mail. Where nobody had shown that before, the factors there are were set up by somebody who had not, and go. Parameters:
    /// $1 account, $2 now.
    /// </summary>
    private const string Verify = """
        UPDATE accounts SET email_verified_at = $2, totp_secret = NULL, totp_confirmed_at = NULL, totp_step = 0, email_factor_at = NULL
         WHERE user_id = $1 AND email_verified_at IS NULL
        """;

    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(Limits.LinkMinutes);

    private readonly Database database;
    private readonly Passwords passwords;
    private readonly PasswordCheck check;
    private readonly AccountStore accounts;
    private readonly OneTimeSecrets secrets;
    private readonly LetterCount letters;
    private readonly Outbox outbox;
    private readonly Confirmations confirmations;
    private readonly TimeProvider time;
    private readonly Action<SecurityEvent, Guid?, IPAddress?> report;

    internal PasswordResets(
        Database database, Passwords passwords, PasswordCheck check, AccountStore accounts, OneTimeSecrets secrets, LetterCount letters, Outbox outbox, TimeProvider time,
        Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        this.database = database;
        this.passwords = passwords;
        this.check = check;
        this.accounts = accounts;
        this.secrets = secrets;
        this.letters = letters;
        this.outbox = outbox;
        this.time = time;
        this.report = report;
        confirmations = new Confirmations(database, outbox, time, report);
    }

    /// <summary>
    /// Has a letter sent with which a new password is set. It does the same for every e-mail, known or not: who has it is asked when the letter goes out.
    /// </summary>
    /// <returns>The refusal, where the e-mail is none or too many letters were asked for; null when it is done.</returns>
    public async Task<Error?> AskAsync(string email, Visitor visitor, CancellationToken cancellation)
    {
        if (AccountEdit.CheckEmail(email) is { } fault)
        {
            return Error.Invalid([fault]);
        }
        if (await letters.CountResetAsync(email, cancellation) is { } refused)
        {
            return refused;
        }
        var now = time.NowUtc();
        await using (var command = database.Command(Outbox.Insert))
        {
            Outbox.ParametersOf(command.Parameters, new Letter(Ids.New(now), MailKind.PasswordReset, email, visitor.Language, UserId: null, Detail: null) { Address = visitor.Address }, now, GoodFor);
            await command.ExecuteNonQueryAsync(cancellation);
        }
        outbox.Ring();
        report(SecurityEvent.PasswordResetAsked, null, visitor.Address);
        return null;
    }

    /// <summary>
    /// Makes the secret of a letter of <see cref="MailKind.PasswordReset"/>, just before it is sent: the request itself looks nobody up, so that it does
    /// the same whoever is named. Done again for the same letter, it changes nothing.
    /// </summary>
    /// <returns>
    /// Whose the e-mail is; null when it is nobody's, or of an account that is suspended or to be deleted, and then nothing is to be sent. The letter goes to the account's own e-mail and not to the one that
    /// was typed: these two may differ, although they count as equal, and only the former is its owner's for sure.
    /// </returns>
    public async Task<Account?> PrepareAsync(Letter letter, CancellationToken cancellation)
    {
        // Of an account that is to be deleted nothing is changed but that.
        if (await AccountStore.FindByEmailAsync(database, letter.Recipient, cancellation) is not ({ SuspendedAt: null, DeletionDueAt: null } account, _))
        {
            return null;
        }
        await using var command = database.Command(OneTimeSecrets.Insert);
        secrets.ParametersOf(command.Parameters, SecretPurpose.PasswordReset, letter.Id, account.Id, account.Credentials, account.Email, time.NowUtc() + GoodFor);
        await command.ExecuteNonQueryAsync(cancellation);
        return account;
    }

    /// <summary>
    /// Sets the password of the account that the token was sent to, once, and ends all of its sessions. Who has the letter has the e-mail, which is
    /// verified by that. A second factor stays as it is, and is asked for at the next login, save where nobody had verified the e-mail before.
    /// </summary>
    public async Task<Result<Answered<bool>>> ConfirmAsync(string token, string password, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var owner = await OneTimeSecrets.FindAsync(database, SecretPurpose.PasswordReset, token, time.NowUtc(), cancellation) is { UserId: var userId }
            ? await AccountStore.FindAsync(database, userId, cancellation)
            : null;
        if (Passwords.Check(password, owner?.Email ?? "", owner?.Name ?? "") is { } fault)
        {
            return Error.Invalid([fault]);
        }
        // A token that would not be taken is not worth the hashing, which is slow on purpose.
        var hash = owner is null ? null : await passwords.HashAsync(password, cancellation);
        if (owner is not null && hash is null)
        {
            return ErrorCode.Busy;
        }
        var confirmed = await confirmations.ConfirmAsync(
            SecretPurpose.PasswordReset, token, visitor, key, SecurityEvent.PasswordReset,
            async (connection, secret, account, now) =>
            {
                if (hash is null || await connection.ExecuteAsync(SetPassword, parameters => parameters.With(account.Id).With(secret.Credentials).With(hash).With(now)) != 1)
                {
                    return false;
                }
                if (await connection.ExecuteAsync(Verify, parameters => parameters.With(account.Id).With(now)) == 1)
                {
                    await RecoveryCodes.DeleteAsync(connection, account.Id);
                }
                await connection.ExecuteAsync(OneTimeSecrets.ConsumeAll, parameters => parameters.With(account.Id).With(now));
                await connection.ExecuteAsync(SessionStore.EndAll, parameters => parameters.With(account.Id).With(now).WithId(null).With(true));
                await connection.RecordAsync(account.Id, "account.password_reset", now, visitor.RequestId);
                await Confirmations.TellAsync(connection, MailKind.PasswordChanged, account, detail: null, visitor, now);
                return true;
            },
            cancellation);
        if (confirmed is { IsOk: true, Value: { IsReplay: false, Value: var owned } })
        {
            await check.ForgiveAsync(owned, visitor.Address, cancellation);
        }
        return confirmed switch
        {
            { IsOk: false, Error: var error } => error,
            { Value: { IsReplay: false } } => new Answered<bool>(true, IsReplay: false),
            // What the key stands for was done with a password that it does not remember; it is this one if it opens the account.
            { Value: { Value: var account } } => await IsRepeatAsync(account, password, visitor, cancellation),
        };
    }

    /// <summary>
    /// Sets the caller's password, for whoever knows the present one, and ends all sessions but the caller's. Attempts at the present one are limited as those of logins are.
    /// </summary>
    public async Task<Result<Answered<bool>>> ChangeAsync(
        Caller caller, string currentPassword, string password, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var found = await accounts.GetAsync(caller, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        if (Passwords.Check(password, found.Value.Account.Email, found.Value.Account.Name) is { } fault)
        {
            return Error.Invalid([fault]);
        }
        if (key is not null && await ReplayAsync(caller, found.Value.Account, password, visitor, key, cancellation) is { } done)
        {
            return done;
        }
        var verified = await check.VerifyAsync(found.Value.Account.Email, currentPassword, visitor.Address, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        if (await passwords.HashAsync(password, cancellation) is not { } hash)
        {
            return ErrorCode.Busy;
        }
        var now = time.NowUtc();
        var account = verified.Value;
        var outcome = await AccountStep.RunAsync(
            database, caller.WorkspaceId, caller.UserId, key, outcome: null, now,
            async connection =>
            {
                if (account.Id != caller.UserId
                    || await connection.ExecuteAsync(SetPassword, parameters => parameters.With(caller.UserId).With(account.Credentials).With(hash).With(now)) != 1
                    || !await connection.FindsAsync("SELECT 1 FROM sessions WHERE session_id = $1 AND ended_at IS NULL FOR UPDATE", parameters => parameters.With(caller.SessionId)))
                {
                    return false;
                }
                await connection.ExecuteAsync(OneTimeSecrets.ConsumeAll, parameters => parameters.With(caller.UserId).With(now));
                await connection.ExecuteAsync(SessionStore.EndAll, parameters => parameters.With(caller.UserId).With(now).WithId(caller.SessionId).With(false));
                await connection.RecordAsync(caller.UserId, "account.password_changed", now, visitor.RequestId);
                await Confirmations.TellAsync(connection, MailKind.PasswordChanged, account, detail: null, visitor, now);
                return true;
            });
        switch (outcome)
        {
            case StepOutcome.Done:
                outbox.Ring();
                report(SecurityEvent.PasswordChanged, caller.UserId, visitor.Address);
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown:
                return await ReplayAsync(caller, account, password, visitor, key!, cancellation) ?? new Error(ErrorCode.Busy);
            default:
                // Somebody else has changed it since it was looked at: it is no longer the present one. Or the session has ended.
                return await Workspaces.Access.IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.WrongCredentials : ErrorCode.SessionEnded;
        }
    }

    private async Task<Result<Answered<bool>>?> ReplayAsync(
        Caller caller, Account account, string password, Visitor visitor, IdempotencyKey key, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, caller, key, cancellation);
        if (found.Error is { } error)
        {
            return error;
        }
        if (found.Value is null)
        {
            return null;
        }
        return await IsRepeatAsync(account, password, visitor, cancellation);
    }

    /// <summary>No fast hash of a password is kept with a key: whether the repeat names the same one is asked of the slow hash, and counts like a login.</summary>
    private async Task<Result<Answered<bool>>> IsRepeatAsync(Account account, string password, Visitor visitor, CancellationToken cancellation)
    {
        var verified = await check.VerifyAsync(account.Email, password, visitor.Address, cancellation);
        if (verified.IsOk)
        {
            return new Answered<bool>(true, IsReplay: true);
        }
        return verified.Error.Code == ErrorCode.WrongCredentials ? ErrorCode.IdempotencyMismatch : verified.Error;
    }
}
