using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Administration;

/// <summary>What an administrator wants an account to be.</summary>
public sealed record UserChange
{
    public Edit<Plan> Plan { get; init; }

    /// <summary>Whether the account is an administrator.</summary>
    public Edit<bool> IsAdmin { get; init; }

    /// <summary>Faults of form that no member above can carry, such as an unknown member.</summary>
    public IReadOnlyList<FieldError> Faults { get; init; } = [];

    internal List<FieldError> Check()
    {
        var faults = new List<FieldError>(Faults);
        if (Plan.Fault is { } wrongPlan)
        {
            faults.Add(new FieldError(Field.Plan, wrongPlan));
        }
        if (IsAdmin.Fault is { } wrongRole)
        {
            faults.Add(new FieldError(Field.InstallationRole, wrongRole));
        }
        return faults;
    }
}

/// <summary>What became of an act that whoever runs the installation has asked for.</summary>
public enum OperatorOutcome
{
    Done,

    /// <summary>It was so already.</summary>
    AlreadySo,
    NoSuchAccount,

    /// <summary>Nobody would be left who administers the installation.</summary>
    LastAdministrator,
}

/// <summary>
/// What administrators do to the accounts of others. Each act is one transaction: it locks the accounts that it is about, in the order of their ids, decides on what
/// they are then, and records itself in the <see cref="AuditTrail"/>. An administrator is left in any case: the one who acts, for nobody demotes or suspends themselves.
/// </summary>
public sealed class UserAdministration(Database database, UserDirectory directory, Outbox outbox, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <summary>Behind the statement that has locked the account: $1 account, $2 now.</summary>
    private const string Raise = "version = version + 1, updated_at = greatest(updated_at, $2) WHERE user_id = $1";

    /// <summary>
    /// Locks accounts, in the order of their ids, and with $2 all administrators as well: then nobody becomes or ceases to be one meanwhile, and how many there are can be
    /// counted. Parameters: $1 accounts.
    /// </summary>
    private const string Lock = "SELECT 1 FROM accounts WHERE user_id = ANY ($1) OR ($2 AND is_admin) ORDER BY user_id FOR NO KEY UPDATE";

    /// <summary>An act on an account whose row is held.</summary>
    /// <param name="ActorId">Null for whoever runs the installation.</param>
    /// <param name="Account">As it is now.</param>
    private sealed record Work(NpgsqlConnection Connection, Guid? ActorId, Account Account, Visitor Visitor, DateTime Now)
    {
        /// <summary>To be reported once it is done.</summary>
        public List<SecurityEvent> Incidents { get; } = [];
    }

    /// <summary>Changes plan and role. The plan is in the next access token; what only administrators may do is looked up in every statement.</summary>
    public Task<Result<Answered<UserView>>> ChangeAsync(
        Caller caller, Guid userId, UserChange change, Precondition precondition, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation) => ActAsync(
        caller, userId, change.Check(), precondition, visitor, key,
        account => account.Id == caller.UserId && account.IsAdmin && !change.IsAdmin.Or(true) ? ErrorCode.NotOnOneself : null,
        async work =>
        {
            var account = work.Account;
            if (change.Plan.IsSet && change.Plan.Value != account.Plan)
            {
                await SetAsync(work, "plan", (short)change.Plan.Value, "account.put_on_plan", AdminActKind.PlanChanged, Plans.NameOf(account.Plan), Plans.NameOf(change.Plan.Value));
            }
            if (change.IsAdmin.IsSet && change.IsAdmin.Value != account.IsAdmin)
            {
                var isAdmin = change.IsAdmin.Value;
                await SetAsync(
                    work, "is_admin", isAdmin, isAdmin ? "account.promoted" : "account.demoted", AdminActKind.RoleChanged, AccountStore.Role(account.IsAdmin), AccountStore.Role(isAdmin));
                work.Incidents.Add(SecurityEvent.RoleChanged);
            }
        },
        cancellation);

    /// <summary>
    /// Lets nobody in any more: ends every session and API key, and makes what is under way worthless, in the same transaction. Everything of the account is kept.
    /// </summary>
    /// <param name="reason">For the trail, up to <see cref="Limits.ReasonCharacters"/>; null for none.</param>
    public Task<Result<Answered<UserView>>> SuspendAsync(
        Caller caller, Guid userId, Edit<string?> reason, IReadOnlyList<FieldError> faults, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation) => ActAsync(
        caller, userId, [.. faults, .. CheckReason(reason)], Precondition.None, visitor, key,
        account => account.Id == caller.UserId ? ErrorCode.NotOnOneself : null, work => SuspendAsync(work, reason.Or(null)), cancellation);

    /// <summary>Lets people sign in to the account again. What had ended has ended.</summary>
    public Task<Result<Answered<UserView>>> UnsuspendAsync(
        Caller caller, Guid userId, IReadOnlyList<FieldError> faults, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation) =>
        ActAsync(caller, userId, faults, Precondition.None, visitor, key, _ => null, UnsuspendAsync, cancellation);

    /// <summary>Takes all second factors of an account away, for somebody who has lost them and whom the administrator knows. Every session and API key ends.</summary>
    public Task<Result<Answered<UserView>>> ResetFactorsAsync(
        Caller caller, Guid userId, IReadOnlyList<FieldError> faults, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation) => ActAsync(
        caller, userId, faults, Precondition.None, visitor, key,
        account => account.Id == caller.UserId ? ErrorCode.NotOnOneself : null,
        async work =>
        {
            if (await SecondFactors.RemoveAllAsync(work.Connection, work.Account, work.ActorId, work.Visitor, work.Now))
            {
                work.Incidents.AddRange([SecurityEvent.SecondFactorRemoved, SecurityEvent.SessionsEnded]);
            }
        },
        cancellation);

    /// <summary>Ends all sessions of an account. Its API keys go on: they are programs, and have been given to them on purpose.</summary>
    public async Task<Result<Answered<bool>>> SignOutAsync(
        Caller caller, Guid userId, IReadOnlyList<FieldError> faults, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var done = await DecideAsync(
            caller, userId, faults, Precondition.None, visitor, key, _ => null,
            async work =>
            {
                await work.Connection.ExecuteAsync(SessionStore.EndAll, parameters => parameters.With(work.Account.Id).With(work.Now).WithId(null).With(false));
                await RecordAsync(work, AdminActKind.SignedOut, detail: null);
                work.Incidents.Add(SecurityEvent.SessionsEnded);
            },
            cancellation);
        // The caller's own session may be among them: there is nothing more to be seen with it.
        return done.IsOk ? new Answered<bool>(true, done.Value.IsReplay) : done.Error;
    }

    /// <summary>The same as <see cref="SuspendAsync(Caller, Guid, Edit{string?}, IReadOnlyList{FieldError}, Visitor, IdempotencyKey?, CancellationToken)"/>, for whoever runs the installation.</summary>
    public Task<OperatorOutcome> SuspendAsync(string email, string? reason, CancellationToken cancellation) =>
        ActAsync(email, account => account.SuspendedAt is not null, leavesAnAdministrator: false, work => SuspendAsync(work, reason), cancellation);

    /// <summary>Lets people sign in to the account again, for whoever runs the installation.</summary>
    public Task<OperatorOutcome> UnsuspendAsync(string email, CancellationToken cancellation) =>
        ActAsync(email, account => account.SuspendedAt is null, leavesAnAdministrator: true, UnsuspendAsync, cancellation);

    /// <summary>What is wrong with a reason.</summary>
    public static IReadOnlyList<FieldError> CheckReason(Edit<string?> reason) =>
        reason.Fault is { } fault ? [new FieldError(Field.Reason, fault)]
        : reason.Or(null) is { } text && Text.Characters(text) > Limits.ReasonCharacters ? [new FieldError(Field.Reason, FieldFault.TooLong, Limits.ReasonCharacters)]
        : [];

    private static async Task SuspendAsync(Work work, string? reason)
    {
        if (work.Account.SuspendedAt is not null)
        {
            return;
        }
        // A deletion that was asked for is not carried out on somebody who could not undo it any more.
        await work.Connection.ExecuteAsync(
            $"UPDATE accounts SET suspended_at = $2, deletion_due_at = NULL, deletion_language = NULL, credentials = credentials + 1, {Raise}", parameters => parameters.With(work.Account.Id).With(work.Now));
        await work.Connection.RecordAsync(work.Account.Id, work.ActorId, "account.suspended", work.Now, work.Visitor.RequestId);
        await work.Connection.ExecuteAsync(OneTimeSecrets.ConsumeAll, parameters => parameters.With(work.Account.Id).With(work.Now));
        await work.Connection.ExecuteAsync(SessionStore.EndAll, parameters => parameters.With(work.Account.Id).With(work.Now).WithId(null).With(true));
        await TellAsync(work, MailKind.AccountSuspended);
        await RecordAsync(work, AdminActKind.Suspended, string.IsNullOrEmpty(reason) ? null : new AdminActDetail { Reason = reason });
        work.Incidents.AddRange([SecurityEvent.AccountSuspended, SecurityEvent.SessionsEnded]);
    }

    private static async Task UnsuspendAsync(Work work)
    {
        if (work.Account.SuspendedAt is null)
        {
            return;
        }
        await work.Connection.ExecuteAsync($"UPDATE accounts SET suspended_at = NULL, {Raise}", parameters => parameters.With(work.Account.Id).With(work.Now));
        await work.Connection.RecordAsync(work.Account.Id, work.ActorId, "account.unsuspended", work.Now, work.Visitor.RequestId);
        await TellAsync(work, MailKind.AccountUnsuspended);
        await RecordAsync(work, AdminActKind.Unsuspended, detail: null);
        work.Incidents.Add(SecurityEvent.AccountUnsuspended);
    }

    /// <param name="column">A constant of ours.</param>
    /// <param name="type">Of the account's event.</param>
    private static async Task SetAsync<T>(Work work, string column, T value, string type, AdminActKind act, string from, string to)
    {
        await work.Connection.ExecuteAsync($"UPDATE accounts SET {column} = $3, {Raise}", parameters => parameters.With(work.Account.Id).With(work.Now).With(value));
        await work.Connection.RecordAsync(work.Account.Id, work.ActorId, type, work.Now, work.Visitor.RequestId);
        await RecordAsync(work, act, new AdminActDetail { From = from, To = to });
    }

    private static Task RecordAsync(Work work, AdminActKind act, AdminActDetail? detail) =>
        AuditTrail.AddAsync(work.Connection, new AdminAct(act, work.Account.Id) { Detail = detail }, work.ActorId, work.Visitor, work.Now);

    /// <summary>From where it was done is nothing to whom it was done to.</summary>
    private static Task TellAsync(Work work, MailKind kind) =>
        Confirmations.TellAsync(work.Connection, kind, work.Account, detail: null, work.Visitor with { Address = null }, work.Now);

    /// <summary>Does something and shows the account as it is then. The parameters are those of <see cref="DecideAsync"/>.</summary>
    private async Task<Result<Answered<UserView>>> ActAsync(
        Caller caller, Guid userId, IReadOnlyList<FieldError> faults, Precondition precondition, Visitor visitor, IdempotencyKey? key, Func<Account, ErrorCode?> refuse,
        Func<Work, Task> doAsync, CancellationToken cancellation)
    {
        var done = await DecideAsync(caller, userId, faults, precondition, visitor, key, refuse, doAsync, cancellation);
        return done.IsOk ? await ShowAsync(caller, userId, done.Value.Value, done.Value.IsReplay, cancellation) : done.Error;
    }

    /// <summary>Gives what is remembered of the account.</summary>
    /// <param name="refuse">Why the act is not done to this account; null when nothing stands against it.</param>
    /// <param name="doAsync">Does it, if it is not so already.</param>
    private async Task<Result<Answered<JsonObject>>> DecideAsync(
        Caller caller, Guid userId, IReadOnlyList<FieldError> faults, Precondition precondition, Visitor visitor, IdempotencyKey? key, Func<Account, ErrorCode?> refuse,
        Func<Work, Task> doAsync, CancellationToken cancellation)
    {
        if (faults.Count > 0)
        {
            return await AdminAccess.ExplainAsync(database, caller, Error.Invalid(faults), cancellation);
        }
        var now = time.NowUtc();
        var (refusal, done, incidents) = (default(Error), default(JsonObject), new List<SecurityEvent>());
        var outcome = await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, outcome: "{}", now, async connection =>
        {
            await LockAsync(connection, [caller.UserId, userId], withAdministrators: false);
            if (await FindAsync(connection, caller, userId) is not var (isAdmin, account) || !isAdmin)
            {
                refusal = new Error(ErrorCode.NotAdministrator);
                return false;
            }
            if (account is null)
            {
                refusal = new Error(ErrorCode.NotFound);
                return false;
            }
            refusal = Conditions(precondition).Refuse(new EntityTag(database.Incarnation, account.Version, LabelsRevision: 0), account.UpdatedAt, now)
                ?? (refuse(account) is { } code ? new Error(code) : null);
            if (refusal is not null)
            {
                return false;
            }
            var work = new Work(connection, caller.UserId, account, visitor, now);
            await doAsync(work);
            (incidents, done) = (work.Incidents, await RememberAsync(connection, account.Id));
            if (key is not null)
            {
                await connection.RememberAsync(caller.WorkspaceId, caller.UserId, key, done.ToJsonString());
            }
            return true;
        });
        switch (outcome)
        {
            case StepOutcome.Done:
                outbox.Ring();
                foreach (var incident in incidents)
                {
                    report(incident, userId, visitor.Address);
                }
                return new Answered<JsonObject>(done!, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown:
                // The caller's own session may have ended by this very request.
                var known = await Idempotency.FindAsync(database, caller.WorkspaceId, caller.UserId, key!, cancellation);
                return known?.IsSameRequest(key!) == true && known.Outcome is { } remembered
                    ? new Answered<JsonObject>(JsonNode.Parse(remembered)!.AsObject(), IsReplay: true)
                    : await AdminAccess.ExplainAsync(database, caller, new Error(ErrorCode.IdempotencyMismatch), cancellation);
            default:
                return refusal!.Code == ErrorCode.NotAdministrator ? await AdminAccess.ExplainAsync(database, caller, refusal, cancellation) : refusal;
        }
    }

    /// <param name="isSo">There is nothing to be done.</param>
    /// <param name="leavesAnAdministrator">However it comes out, there are as many administrators as before.</param>
    private async Task<OperatorOutcome> ActAsync(string email, Func<Account, bool> isSo, bool leavesAnAdministrator, Func<Work, Task> doAsync, CancellationToken cancellation)
    {
        if (await AccountStore.FindByEmailAsync(database, email, cancellation) is not var (found, _))
        {
            return OperatorOutcome.NoSuchAccount;
        }
        var now = time.NowUtc();
        var (outcome, incidents) = (OperatorOutcome.Done, new List<SecurityEvent>());
        await AccountStep.RunAsync(database, found.WorkspaceId, found.Id, key: null, outcome: null, now, async connection =>
        {
            await LockAsync(connection, [found.Id], withAdministrators: !leavesAnAdministrator);
            if (await FindAsync(connection, found.Id) is not { } account)
            {
                outcome = OperatorOutcome.NoSuchAccount;
                return false;
            }
            if (isSo(account))
            {
                outcome = OperatorOutcome.AlreadySo;
                return false;
            }
            if (!leavesAnAdministrator && account.IsAdmin
                && !await connection.FindsAsync("SELECT 1 FROM accounts WHERE is_admin AND suspended_at IS NULL AND deletion_due_at IS NULL AND user_id <> $1 LIMIT 1", parameters => parameters.With(account.Id)))
            {
                outcome = OperatorOutcome.LastAdministrator;
                return false;
            }
            var work = new Work(connection, ActorId: null, account, Visitor.Operator, now);
            await doAsync(work);
            incidents = work.Incidents;
            return true;
        });
        if (outcome == OperatorOutcome.Done)
        {
            outbox.Ring();
            foreach (var incident in incidents)
            {
                report(incident, found.Id, null);
            }
        }
        return outcome;
    }

    private static Task LockAsync(NpgsqlConnection connection, Guid[] accounts, bool withAdministrators) =>
        connection.ExecuteAsync(Lock, parameters => parameters.With(accounts).With(withAdministrators));

    /// <summary>Whether the caller is an administrator, and the account, if there is one; of rows that are held.</summary>
    private static async Task<(bool IsAdmin, Account? Account)?> FindAsync(NpgsqlConnection connection, Caller caller, Guid userId)
    {
        await using var command = new NpgsqlCommand($"SELECT {AccountStore.Columns} FROM {AdminAccess.From} LEFT JOIN accounts a ON a.user_id = $2 AND {AccountStore.IsPerson} WHERE {AdminAccess.Where}", connection);
        command.Parameters.With(caller.SessionId).With(userId);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        return !await reader.ReadAsync(CancellationToken.None) ? null : (true, reader.IsDBNull(0) ? null : AccountStore.Read(reader));
    }

    private static async Task<Account?> FindAsync(NpgsqlConnection connection, Guid userId)
    {
        await using var command = new NpgsqlCommand($"SELECT {AccountStore.Columns} FROM accounts a WHERE a.user_id = $1 AND {AccountStore.IsPerson}", connection);
        command.Parameters.With(userId);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        return await reader.ReadAsync(CancellationToken.None) ? AccountStore.Read(reader) : null;
    }

    /// <summary>What is decided on is the account, not when its owner was last seen, nor what workspaces there are.</summary>
    private static Precondition Conditions(Precondition precondition) => precondition with
    {
        AnyOf = precondition.AnyOf?.Select(tag => tag with { LabelsRevision = 0, Subtasks = 0 }).ToList(),
        NoneOf = precondition.NoneOf?.Select(tag => tag with { LabelsRevision = 0, Subtasks = 0 }).ToList(),
    };

    /// <summary>What an act has left, as far as acts change it; for the answer, and for that to a repeat. No name and no e-mail: these would outlive the account.</summary>
    private static async Task<JsonObject> RememberAsync(NpgsqlConnection connection, Guid userId)
    {
        var account = (await FindAsync(connection, userId))!;
        return new JsonObject
        {
            ["is_admin"] = account.IsAdmin,
            ["plan"] = (int)account.Plan,
            ["suspended_at"] = account.SuspendedAt?.ToString("O", CultureInfo.InvariantCulture),
            ["totp"] = account.HasTotp,
            ["email_factor"] = account.HasEmailFactor,
            ["version"] = account.Version,
            ["updated_at"] = account.UpdatedAt.ToString("O", CultureInfo.InvariantCulture),
        };
    }

    private async Task<Result<Answered<UserView>>> ShowAsync(Caller caller, Guid userId, JsonObject remembered, bool isReplay, CancellationToken cancellation)
    {
        var found = await directory.GetAsync(caller, userId, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        var account = found.Value.Account with
        {
            IsAdmin = (bool)remembered["is_admin"]!,
            Plan = (Plan)(int)remembered["plan"]!,
            SuspendedAt = TimeAt("suspended_at"),
            HasTotp = (bool)remembered["totp"]!,
            HasEmailFactor = (bool)remembered["email_factor"]!,
            Version = (int)remembered["version"]!,
            UpdatedAt = TimeAt("updated_at")!.Value,
        };
        return new Answered<UserView>(found.Value with { Account = account }, isReplay);

        DateTime? TimeAt(string name) => remembered[name] is { } text ? DateTime.Parse((string)text!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind) : null;
    }
}
