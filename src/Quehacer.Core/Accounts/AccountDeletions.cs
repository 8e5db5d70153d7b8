using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <summary>
/// The end of an account. Asking for it ends all that opens the account, at once; for a time of grace its owner can still change their mind; then the row is
/// emptied, and what was theirs alone goes with it (docs/decisions/0036). Which of two things that exclude each other happens is decided on the account's row.
/// </summary>
public sealed class AccountDeletions
{
    /// <summary>
    /// Parameters: $1 account, $2 credentials that were shown, $3 now, $4 when it is due, $5 language. Logins under way, and letters that were sent, are worth
    /// nothing from then on.
    /// </summary>
    private const string Mark = """
        UPDATE accounts a SET deletion_due_at = $4, deletion_language = $5, credentials = a.credentials + 1, version = a.version + 1, updated_at = greatest(a.updated_at, $3)
        """;

    private const string MarkOfCaller = $"""
        {Mark} FROM sessions s
         WHERE a.user_id = $1 AND a.credentials = $2 AND a.deletion_due_at IS NULL AND a.deleted_at IS NULL AND s.session_id = $6 AND s.user_id = a.user_id AND s.ended_at IS NULL
           AND ($7::integer IS NULL OR a.version = $7)
        """;

    /// <summary>Parameters: $1 account, $2 credentials that were shown, $3 now. It and <see cref="Empty"/> exclude each other.</summary>
    private const string Unmark = """
        UPDATE accounts SET deletion_due_at = NULL, deletion_language = NULL, credentials = credentials + 1, version = version + 1, updated_at = greatest(updated_at, $3)
         WHERE user_id = $1 AND credentials = $2 AND deletion_due_at IS NOT NULL AND deleted_at IS NULL
        """;

    /// <summary>
    /// Parameters: $1 account, $2 now, $3 the key in place of the e-mail's. No password has the hash of none, and no e-mail the key, so from here on nobody is this
    /// account; the e-mail is free.
    /// </summary>
    private const string Empty = """
        UPDATE accounts SET deleted_at = $2, email = '', email_key = $3, name = '', password_hash = '', is_admin = false, plan = 0, email_verified_at = NULL,
               totp_secret = NULL, totp_confirmed_at = NULL, totp_step = 0, email_factor_at = NULL, suspended_at = NULL, name_key = '', words = '',
               credentials = credentials + 1, version = version + 1, updated_at = greatest(updated_at, $2)
         WHERE user_id = $1 AND deletion_due_at <= $2 AND deleted_at IS NULL
        """;

    /// <summary>What hangs on an account, by its <c>user_id</c>. Keys go with their sessions.</summary>
    internal static readonly string[] Belongings = ["sessions", "recovery_codes", "one_time_secrets", "known_devices", "mails", "account_events", "presence"];

    private readonly Database database;
    private readonly AccountStore accounts;
    private readonly PasswordCheck check;
    private readonly SecondFactors factors;
    private readonly CodeCheck codes;
    private readonly OneTimeSecrets secrets;
    private readonly WorkspaceDrops drops;
    private readonly Departures departures;
    private readonly Outbox outbox;
    private readonly Confirmations confirmations;
    private readonly TimeSpan grace;
    private readonly TimeProvider time;
    private readonly Action<SecurityEvent, Guid?, IPAddress?> report;

    internal AccountDeletions(
        Database database, AccountStore accounts, PasswordCheck check, SecondFactors factors, CodeCheck codes, OneTimeSecrets secrets, WorkspaceDrops drops, Outbox outbox, TimeSpan grace,
        TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        this.database = database;
        this.accounts = accounts;
        this.check = check;
        this.factors = factors;
        this.codes = codes;
        this.secrets = secrets;
        this.drops = drops;
        this.outbox = outbox;
        this.grace = grace;
        this.time = time;
        this.report = report;
        departures = new Departures(database, time);
        confirmations = new Confirmations(database, outbox, time, report);
    }

    /// <summary>
    /// Has the caller's account deleted when the time of grace is over, for whoever shows the password and, where there is a second factor, a code of it. All
    /// sessions and API keys end now, the caller's included.
    /// </summary>
    /// <param name="caller">Whose account.</param>
    /// <param name="password">The account's.</param>
    /// <param name="code">Of any second factor; null where the account has none.</param>
    /// <param name="mfaToken">Of a login that waits for its code, where the code is the one that was sent for it; null for another.</param>
    /// <param name="precondition">What must be so of the account.</param>
    /// <param name="visitor">From where it is asked.</param>
    /// <param name="key">Null without one.</param>
    /// <param name="cancellation">Of what is read; what is written is finished.</param>
    /// <returns>When the account is deleted, UTC.</returns>
    public async Task<Result<Answered<DateTime>>> AskAsync(
        Caller caller, string password, string? code, string? mfaToken, Precondition precondition, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var bound = key is null || code is null ? key : secrets.Bind(key, code);
        var found = await accounts.GetAsync(caller, cancellation);
        if (!found.IsOk)
        {
            // The session has ended by this very request, perhaps: that answer is given again, and nothing else is to be had.
            return await ReplayAsync(caller, bound, cancellation) ?? found.Error;
        }
        if (precondition.Refuse(found.Value.Tag, found.Value.Account.UpdatedAt, time.NowUtc()) is { } other)
        {
            return other;
        }
        var shown = await ShowAsync(found.Value.Account.Email, password, code, mfaToken, visitor, cancellation);
        if (!shown.IsOk)
        {
            return await ReplayAsync(caller, bound, cancellation) ?? shown.Error;
        }
        var (account, right) = shown.Value;
        var now = time.NowUtc();
        var dueAt = now + grace;
        var refusal = new Error(ErrorCode.CodeWrong);
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, bound, new JsonObject { ["deletion_due_at"] = dueAt.ToString("O", CultureInfo.InvariantCulture) }.ToJsonString(), now,
            async connection =>
            {
                if (right is not null && !await SecondFactors.ConsumeProofAsync(connection, right, mfaToken, now))
                {
                    return false;
                }
                // Who comes in later does not stand in the way: when it is done, the workspace goes to somebody who is in it then.
                if (await SharedAsync(connection, account.Id) is { Count: > 0 } shared)
                {
                    refusal = new Error(ErrorCode.OwnsSharedWorkspaces) { Workspaces = shared };
                    return false;
                }
                refusal = new Error(ErrorCode.SessionEnded);
                if (account.Id != caller.UserId || await connection.ExecuteAsync(
                    MarkOfCaller,
                    parameters => parameters.With(account.Id).With(account.Credentials).With(now).With(dueAt).With((short)visitor.Language).With(caller.SessionId)
                        .WithNumber(precondition == Precondition.None ? null : found.Value.Account.Version + (right?.Method == CodeMethod.RecoveryCode ? 1 : 0))) != 1)
                {
                    return false;
                }
                await MarkedAsync(connection, account, visitor, dueAt, now);
                return true;
            });
        switch (outcome)
        {
            case StepOutcome.Done:
                if (right is not null)
                {
                    await codes.SucceededAsync(right, visitor.Address, hasShownAll: true, cancellation);
                }
                outbox.Ring();
                report(SecurityEvent.AccountDeletionAsked, account.Id, visitor.Address);
                return new Answered<DateTime>(dueAt, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown:
                return await ReplayAsync(caller, bound, cancellation) ?? new Error(ErrorCode.IdempotencyMismatch);
            default:
                // The account has changed since it was looked at, in what was shown or in what was to be so, or somebody else was first.
                return refusal.Code != ErrorCode.SessionEnded || !await Access.IsSessionOpenAsync(database, caller, cancellation) ? refusal
                    : precondition == Precondition.None ? ErrorCode.WrongCredentials : ErrorCode.PreconditionFailed;
        }
    }

    /// <summary>
    /// Has an account stay that was to be deleted, for whoever shows what a login would want. No session begins, and those that have ended stay so. An account that
    /// is not to be deleted stays as well.
    /// </summary>
    /// <returns>Refused like a login.</returns>
    public async Task<Result<Answered<bool>>> UndoAsync(
        string email, string password, string? code, string? mfaToken, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var bound = key is null || code is null ? key : secrets.Bind(key, code);
        var verified = await check.VerifyAsync(email, password, visitor.Address, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        if (verified.Value.DeletionDueAt is null)
        {
            return new Answered<bool>(true, IsReplay: bound is not null && await IsDoneAsync(verified.Value, bound, cancellation));
        }
        var proven = await ProveAsync(verified.Value, code, mfaToken, visitor, cancellation);
        if (!proven.IsOk)
        {
            return proven.Error;
        }
        var (account, right) = proven.Value;
        var now = time.NowUtc();
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, bound, outcome: "{}", now,
            async connection => (right is null || await SecondFactors.ConsumeProofAsync(connection, right, mfaToken, now)) && await UndoAsync(connection, account, account.Credentials, visitor, now));
        switch (outcome)
        {
            case StepOutcome.Done:
                if (right is not null)
                {
                    await codes.SucceededAsync(right, visitor.Address, hasShownAll: true, cancellation);
                }
                outbox.Ring();
                report(SecurityEvent.AccountDeletionUndone, account.Id, visitor.Address);
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown:
                return await IsDoneAsync(account, bound!, cancellation) ? new Answered<bool>(true, IsReplay: true) : ErrorCode.IdempotencyMismatch;
            default:
                // Somebody else has undone it, or it has been done: what is so now is told to whoever asks again.
                return await AccountStore.FindByEmailAsync(database, account.Email, cancellation) is ({ DeletionDueAt: null } stays, _) && stays.Id == account.Id ? new Answered<bool>(true, IsReplay: false)
                    : right is null ? ErrorCode.WrongCredentials : ErrorCode.CodeWrong;
        }
    }

    /// <summary>The same for whoever has the letter that told of it, once. It opens nothing, so nothing else is asked for: whoever signs in shows the rest.</summary>
    public async Task<Result<Answered<bool>>> UndoAsync(string token, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var confirmed = await confirmations.ConfirmAsync(
            SecretPurpose.AccountRestoration, token, visitor, key, SecurityEvent.AccountDeletionUndone,
            (connection, secret, account, now) => UndoAsync(connection, account, secret.Credentials, visitor, now), cancellation);
        return confirmed.IsOk ? new Answered<bool>(true, confirmed.Value.IsReplay) : confirmed.Error;
    }

    /// <summary>
    /// Has an account deleted, for whoever runs the installation: when the time of grace is over, or at once and before this ends. Workspaces of theirs that others
    /// are in go to one of those. Null when there is no such account.
    /// </summary>
    /// <returns>When it is deleted, or was, UTC.</returns>
    public async Task<DateTime?> DeleteAsync(string email, bool atOnce, CancellationToken cancellation)
    {
        if (await AccountStore.FindByEmailAsync(database, email, cancellation) is not var (account, _))
        {
            return null;
        }
        var now = time.NowUtc();
        var dueAt = atOnce ? now : now + grace;
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, key: null, outcome: null, now,
            async connection =>
            {
                if (await connection.ExecuteAsync(
                    $"{Mark} WHERE a.user_id = $1 AND $2 > 0 AND a.deleted_at IS NULL AND (a.deletion_due_at IS NULL OR a.deletion_due_at > $4)",
                    parameters => parameters.With(account.Id).With(account.Credentials).With(now).With(dueAt).With((short)Visitor.Operator.Language)) != 1)
                {
                    return false;
                }
                await MarkedAsync(connection, account with { Credentials = await CredentialsAsync(connection, account.Id) - 1 }, Visitor.Operator, dueAt, now);
                return true;
            });
        if (outcome == StepOutcome.Done)
        {
            outbox.Ring();
            report(SecurityEvent.AccountDeletionAsked, account.Id, null);
        }
        if (!atOnce)
        {
            return (await AccountStore.FindAsync(database, account.Id, cancellation))?.DeletionDueAt ?? dueAt;
        }
        while (await StepAsync(account.Id, cancellation))
        {
            // Until nothing of it is left to do.
        }
        while (await drops.DropAsync(cancellation) > 0)
        {
            // Nor of what was theirs.
        }
        return now;
    }

    /// <summary>Does a piece of what is due: gives 0 when nothing is.</summary>
    public async Task<int> DeleteDueAsync(CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT user_id FROM accounts WHERE deletion_due_at <= $1 ORDER BY deletion_due_at, user_id LIMIT 1");
        command.Parameters.With(time.NowUtc());
        return await command.ExecuteScalarAsync(cancellation) is Guid userId && await StepAsync(userId, cancellation) ? 1 : 0;
    }

    /// <summary>
    /// The next of the steps in which an account goes; false when there was nothing to do. The first is the one that nobody undoes: with it nobody is the account any
    /// more, and all that follows can be done by whoever comes next.
    /// </summary>
    private async Task<bool> StepAsync(Guid userId, CancellationToken cancellation) =>
        await EmptyAsync(userId, cancellation) || (await IsGoneAsync(userId, cancellation) && (await departures.LeaveNextAsync(userId, cancellation) || await FinishAsync(userId, cancellation)));

    private async Task<bool> EmptyAsync(Guid userId, CancellationToken cancellation)
    {
        if (await AccountStore.FindAsync(database, userId, cancellation) is not { DeletionDueAt: not null } account)
        {
            return false;
        }
        var now = time.NowUtc();
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, key: null, outcome: null, now,
            async connection =>
            {
                // Locked before it is read, so that the letter goes where the account's last e-mail is.
                if (await LastLetterAsync(connection, userId, now) is not { } letter
                    || await connection.ExecuteAsync(Empty, parameters => parameters.With(userId).With(now).WithText(AccountEdit.KeyOfNobody(userId))) != 1)
                {
                    return false;
                }
                foreach (var table in Belongings)
                {
                    await connection.ExecuteAsync($"DELETE FROM {table} WHERE user_id = $1", parameters => parameters.With(userId));
                }
                // Of those nobody is looked up before they go out.
                await connection.ExecuteAsync("DELETE FROM mails WHERE user_id IS NULL AND recipient = $1", parameters => parameters.WithText(letter.Recipient));
                await connection.ExecuteAsync("DELETE FROM invitations WHERE email_key = $1", parameters => parameters.WithText(AccountEdit.EmailKey(letter.Recipient)));
                await connection.RecordAsync(userId, actorId: null, "account.deleted", now, requestId: null);
                await WorkspaceDrops.AddAsync(connection, account.WorkspaceId, now);
                await Outbox.AddAsync(connection, letter, now, TimeSpan.FromHours(Limits.NoticeHours));
                return true;
            });
        if (outcome != StepOutcome.Done)
        {
            return false;
        }
        outbox.Ring();
        report(SecurityEvent.AccountDeleted, userId, null);
        return true;
    }

    private async Task<bool> IsGoneAsync(Guid userId, CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND deleted_at IS NOT NULL AND deletion_due_at IS NOT NULL)");
        command.Parameters.With(userId);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>There is nothing left to do for the account.</summary>
    private async Task<bool> FinishAsync(Guid userId, CancellationToken cancellation)
    {
        await using var command = database.Command("UPDATE accounts SET deletion_due_at = NULL, deletion_language = NULL WHERE user_id = $1 AND deletion_due_at IS NOT NULL AND deleted_at IS NOT NULL");
        command.Parameters.With(userId);
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>What comes with the mark, in its transaction: nothing opens the account any more, and its owner is told, with the way back where there is time for it.</summary>
    private async Task MarkedAsync(NpgsqlConnection connection, Account account, Visitor visitor, DateTime dueAt, DateTime now)
    {
        await connection.ExecuteAsync(OneTimeSecrets.ConsumeAll, parameters => parameters.With(account.Id).With(now));
        await connection.ExecuteAsync(SessionStore.EndAll, parameters => parameters.With(account.Id).With(now).WithId(null).With(true));
        await connection.RecordAsync(account.Id, "account.deletion_asked", now, visitor.RequestId);
        if (dueAt <= now)
        {
            return;
        }
        var letter = new Letter(Ids.New(now), MailKind.AccountDeletionAsked, account.Email, visitor.Language, account.Id, Detail: null) { Address = visitor.Address };
        await connection.ExecuteAsync(
            OneTimeSecrets.Insert,
            parameters => secrets.ParametersOf(parameters, SecretPurpose.AccountRestoration, letter.Id, account.Id, account.Credentials + 1, email: null, dueAt));
        await Outbox.AddAsync(connection, letter, now, dueAt - now);
    }

    private static async Task<bool> UndoAsync(NpgsqlConnection connection, Account account, int credentials, Visitor visitor, DateTime now)
    {
        if (await connection.ExecuteAsync(Unmark, parameters => parameters.With(account.Id).With(credentials).With(now)) != 1)
        {
            return false;
        }
        await connection.ExecuteAsync(OneTimeSecrets.ConsumeAll, parameters => parameters.With(account.Id).With(now));
        await connection.RecordAsync(account.Id, "account.deletion_undone", now, visitor.RequestId);
        await Confirmations.TellAsync(connection, MailKind.AccountDeletionUndone, account, detail: null, visitor, now);
        return true;
    }

    /// <summary>The account that e-mail and password belong to, and the code that is right, where one is wanted.</summary>
    private async Task<Result<(Account Account, RightCode? Right)>> ShowAsync(
        string email, string password, string? code, string? mfaToken, Visitor visitor, CancellationToken cancellation)
    {
        var verified = await check.VerifyAsync(email, password, visitor.Address, cancellation);
        return verified.IsOk ? await ProveAsync(verified.Value, code, mfaToken, visitor, cancellation) : verified.Error;
    }

    private async Task<Result<(Account Account, RightCode? Right)>> ProveAsync(Account account, string? code, string? mfaToken, Visitor visitor, CancellationToken cancellation)
    {
        if (!account.HasSecondFactor)
        {
            return (account, null);
        }
        if (code is null)
        {
            return Error.Invalid(Field.Code, FieldFault.Required);
        }
        var right = await factors.ProveAsync(account, code, mfaToken, visitor, cancellation);
        return right.IsOk ? (right.Value.Account with { Credentials = account.Credentials }, right.Value) : right.Error;
    }

    /// <summary>Workspaces of an account that others are in as well, the first of them.</summary>
    private static async Task<List<Guid>> SharedAsync(NpgsqlConnection connection, Guid userId)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT w.workspace_id FROM members m JOIN workspaces w ON w.workspace_id = m.workspace_id
             WHERE m.user_id = $1 AND w.owner_id = $1 AND w.member_count > 1
               AND EXISTS (SELECT FROM members o JOIN accounts a ON a.user_id = o.user_id WHERE o.workspace_id = w.workspace_id AND o.user_id <> $1 AND NOT a.is_service)
             ORDER BY 1 LIMIT $2
            """,
            connection);
        command.Parameters.With(userId).With((long)Limits.PageWorkspaces);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var shared = new List<Guid>();
        while (await reader.ReadAsync(CancellationToken.None))
        {
            shared.Add(reader.GetGuid(0));
        }
        return shared;
    }

    private async Task<Letter?> LastLetterAsync(NpgsqlConnection connection, Guid userId, DateTime now)
    {
        await using var command = new NpgsqlCommand(
            "SELECT email, deletion_language FROM accounts WHERE user_id = $1 AND deletion_due_at <= $2 AND deleted_at IS NULL FOR UPDATE", connection);
        command.Parameters.With(userId).With(now);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        return await reader.ReadAsync(CancellationToken.None)
            ? new Letter(Ids.New(now), MailKind.AccountDeleted, reader.GetString(0), (Language)reader.GetInt16(1), userId, Detail: null)
            : null;
    }

    private static async Task<int> CredentialsAsync(NpgsqlConnection connection, Guid userId)
    {
        await using var command = new NpgsqlCommand("SELECT credentials FROM accounts WHERE user_id = $1", connection);
        command.Parameters.With(userId);
        return (int)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    /// <summary>What was answered under the key; null when nothing was done under it.</summary>
    private async Task<Result<Answered<DateTime>>?> ReplayAsync(Caller caller, IdempotencyKey? key, CancellationToken cancellation) =>
        key is not null && await Idempotency.FindAsync(database, caller.WorkspaceId, caller.UserId, key, cancellation) is { Outcome: { } outcome } done && done.IsSameRequest(key)
            && (string?)JsonNode.Parse(outcome)!["deletion_due_at"] is { } dueAt
            ? new Answered<DateTime>(DateTime.Parse(dueAt, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind), IsReplay: true)
            : (Result<Answered<DateTime>>?)null;

    private async Task<bool> IsDoneAsync(Account account, IdempotencyKey key, CancellationToken cancellation) =>
        await Idempotency.FindAsync(database, account.WorkspaceId, account.Id, key, cancellation) is { } done && done.IsSameRequest(key);
}
