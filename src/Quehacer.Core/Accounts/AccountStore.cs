using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Administration;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <summary>An account with what its entity tag is made of.</summary>
public sealed record AccountView(Account Account, EntityTag Tag);

/// <param name="Outcome">What the key remembers.</param>
internal sealed record Registered(Account Account, bool IsReplay, JsonObject Outcome);

/// <summary>Who has an account: registration, one's own profile, promotion.</summary>
public sealed class AccountStore(
    Database database, Passwords passwords, PasswordCheck check, OneTimeSecrets secrets, Outbox outbox, EmailVerification emailVerification, TimeProvider time,
    Action<SecurityEvent, Guid?, IPAddress?> report)
{
    internal const string Columns =
        "a.user_id, a.email, a.name, a.is_admin, a.workspace_id, a.version, a.updated_at, a.plan, a.credentials, a.email_verified_at IS NOT NULL, a.totp_confirmed_at IS NOT NULL, a.email_factor_at IS NOT NULL, a.suspended_at, a.deletion_due_at";

    /// <summary>The account <c>a</c> is somebody's: no service account, and not what is left of one that was deleted.</summary>
    internal const string IsPerson = "(NOT a.is_service AND a.deleted_at IS NULL)";

    /// <summary>How many columns <see cref="Columns"/> has: what is read beside them begins there.</summary>
    internal const int ColumnCount = 14;

    private const string InsertEvent =
        "INSERT INTO account_events (user_id, version, type, actor_id, at, request_id) VALUES ($1, $2, $3, $4, $5, $6)";

    /// <summary>
    /// Makes an account and its personal workspace. Nobody becomes an administrator this way. A known e-mail is refused, by the index that
    /// makes e-mails unique, so that of any number of registrations at once one succeeds. Where e-mails are verified, the letter that asks for it is
    /// written in the same transaction; the operator vouches for those whom the operator registers.
    /// </summary>
    public async Task<Result<Answered<Account>>> RegisterAsync(AccountEdit edit, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var registered = await RegisterAsync(edit, visitor, key, (_, _) => { }, [], cancellation);
        return registered.IsOk ? new Answered<Account>(registered.Value.Account, registered.Value.IsReplay) : registered.Error;
    }

    /// <summary>The same together with something else, all of it or none.</summary>
    /// <param name="alongside">Adds the rest to the batch; the account's row comes before it.</param>
    /// <param name="remember">What else the key is to remember; a repeat finds it in what is answered.</param>
    internal async Task<Result<Registered>> RegisterAsync(
        AccountEdit edit, Visitor visitor, IdempotencyKey? key, Action<WorkspaceBatch, Account> alongside, JsonObject remember, CancellationToken cancellation)
    {
        if (edit.CheckRegistration() is { Count: > 0 } faults)
        {
            return Error.Invalid(faults);
        }
        if (await passwords.HashAsync(edit.Password.Value, cancellation) is not { } passwordHash)
        {
            return ErrorCode.Busy;
        }
        var now = time.NowUtc();
        // Not told by the request id, which a client can choose.
        var isVouchedFor = ReferenceEquals(visitor, Visitor.Operator);
        var account = new Account(Ids.New(now), edit.Email.Value, edit.Name.Value, IsAdmin: false, Ids.New(now), Version: 1, now) { IsEmailVerified = isVouchedFor };

        await using var connection = await database.OpenAsync(cancellation);
        await using var batch = new WorkspaceBatch(database, connection, account.WorkspaceId);
        batch.Begin();
        if (key is not null)
        {
            batch.Key(account.Id, key, streamId: null, version: null, Remember(account, remember), now);
        }
        batch.Add("""
            INSERT INTO accounts (user_id, email, email_key, name, password_hash, workspace_id, version, updated_at, email_verified_at, name_key, words)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, array_to_tsvector($11))
            """).With(account.Id).With(account.Email).With(AccountEdit.EmailKey(account.Email)).With(account.Name).With(passwordHash)
            .With(account.WorkspaceId).With(account.Version).With(now).WithTime(isVouchedFor ? now : null).With(Text.SortKey(account.Name)).With(AccountWords.Of(account.Name, account.Email));
        batch.Add(InsertEvent).With(account.Id).With(account.Version).With("account.registered").With(account.Id).With(now).WithText(visitor.RequestId);
        WorkspaceTable.AddNew(batch, account.WorkspaceId, account.Id, name: null, now, visitor.RequestId);
        if (emailVerification != EmailVerification.Off && !isVouchedFor)
        {
            var letter = new Letter(Ids.New(now), MailKind.EmailVerification, account.Email, visitor.Language, account.Id, Detail: null) { Address = visitor.Address };
            var goodFor = TimeSpan.FromMinutes(Limits.LinkMinutes);
            secrets.ParametersOf(batch.Add(OneTimeSecrets.Insert), SecretPurpose.EmailVerification, letter.Id, account.Id, account.Credentials, account.Email, now + goodFor);
            Outbox.ParametersOf(batch.Add(Outbox.Insert), letter, now, goodFor);
        }
        if (isVouchedFor)
        {
            AuditTrail.ParametersOf(batch.Add(AuditTrail.Insert), new AdminAct(AdminActKind.UserCreated, account.Id), actorId: null, visitor, now);
        }
        alongside(batch, account);
        batch.Commit();
        if ((await batch.ExecuteAsync(CancellationToken.None)).Outcome == BatchOutcome.Committed)
        {
            outbox.Ring();
            report(SecurityEvent.AccountRegistered, account.Id, visitor.Address);
            return new Registered(account, IsReplay: false, remember);
        }

        await connection.CloseAsync();
        if (await FindRegistrationAsync(edit, visitor, key, cancellation) is { } registered)
        {
            return registered;
        }
        return await FindByEmailAsync(database, edit.Email.Value, cancellation) is null ? ErrorCode.Busy : ErrorCode.EmailTaken;
    }

    /// <summary>The caller's account.</summary>
    public async Task<Result<AccountView>> GetAsync(Caller caller, CancellationToken cancellation)
    {
        await using var command = database.Command(
            $"SELECT {Columns} FROM sessions s JOIN accounts a ON a.user_id = s.user_id WHERE s.session_id = $1 AND s.ended_at IS NULL");
        command.Parameters.With(caller.SessionId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? View(Read(reader)) : ErrorCode.SessionEnded;
    }

    /// <summary>Changes the caller's account.</summary>
    public async Task<Result<Answered<AccountView>>> ChangeAsync(
        Caller caller, AccountEdit edit, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation)
    {
        for (var attempt = 1; attempt <= Limits.OptimisticAttempts; attempt++)
        {
            var found = await GetAsync(caller, cancellation);
            if (!found.IsOk)
            {
                return found.Error;
            }
            var before = found.Value.Account;
            var now = time.NowUtc();
            var error = precondition.Refuse(found.Value.Tag, before.UpdatedAt, now);
            if (error is null && edit.CheckChange() is { Count: > 0 } faults)
            {
                error = Error.Invalid(faults);
            }
            if (error is not null)
            {
                return key is null ? error : await ReplayAsync(caller, before, key, cancellation) ?? error;
            }

            var changes = edit.Name.IsSet && edit.Name.Value != before.Name;
            var after = changes ? before with { Name = edit.Name.Value, Version = before.Version + 1, UpdatedAt = now > before.UpdatedAt ? now : before.UpdatedAt } : before;
            await using var connection = await database.OpenAsync(cancellation);
            await using var batch = new WorkspaceBatch(database, connection, caller.WorkspaceId);
            batch.Begin();
            if (key is not null)
            {
                batch.Key(caller.UserId, key, streamId: null, version: null, Remember(after, []), now);
            }
            if (changes)
            {
                // The event's key says whether somebody else was first: then the whole batch is void.
                batch.Add(InsertEvent).With(after.Id).With(after.Version).With("account.renamed").With(after.Id).With(now).WithText(caller.RequestId);
                batch.Add("UPDATE accounts SET name = $2, version = $3, updated_at = $4, name_key = $5, words = array_to_tsvector($6) WHERE user_id = $1 AND deleted_at IS NULL")
                    .With(after.Id).With(after.Name).With(after.Version).With(after.UpdatedAt).With(Text.SortKey(after.Name)).With(AccountWords.Of(after.Name, after.Email));
            }
            batch.Commit();
            var (outcome, _) = await batch.ExecuteAsync(CancellationToken.None);
            await connection.CloseAsync();
            switch (outcome)
            {
                case BatchOutcome.Committed:
                    return new Answered<AccountView>(View(after), IsReplay: false);
                case BatchOutcome.KeyKnown:
                    return await ReplayAsync(caller, before, key!, cancellation) ?? new Error(ErrorCode.Busy);
                case BatchOutcome.KeyInFlight:
                    return ErrorCode.IdempotencyInFlight;
                case BatchOutcome.Stale:
                    break;
            }
        }
        return ErrorCode.Busy;
    }

    /// <summary>
    /// Makes the account with this e-mail an administrator of the installation. False when there is no such account. Whoever runs the installation has named
    /// the e-mail, and so vouches for it.
    /// </summary>
    public async Task<bool> PromoteAsync(string email, CancellationToken cancellation)
    {
        if (!await SetAsync(email, "is_admin", true, "account.promoted", AdminActKind.RoleChanged, Role, cancellation))
        {
            return false;
        }
        await using var vouch = database.Command("""
            WITH vouched AS (
              UPDATE accounts SET email_verified_at = $2, version = version + 1, updated_at = greatest(updated_at, $2)
               WHERE email_key = $1 AND email_verified_at IS NULL RETURNING user_id, version)
            INSERT INTO account_events (user_id, version, type, actor_id, at, request_id) SELECT user_id, version, 'account.email_verified', NULL, $2, NULL FROM vouched
            """);
        vouch.Parameters.With(AccountEdit.EmailKey(email)).With(time.NowUtc());
        await vouch.ExecuteNonQueryAsync(cancellation);
        return true;
    }

    /// <summary>Puts the account with this e-mail on a plan, which its next access tokens carry. False when there is no such account.</summary>
    public Task<bool> PutOnPlanAsync(string email, Plan plan, CancellationToken cancellation) =>
        SetAsync(email, "plan", (short)plan, "account.put_on_plan", AdminActKind.PlanChanged, stored => Plans.NameOf((Plan)stored), cancellation);

    /// <summary>What an account may do in the installation, in a word.</summary>
    internal static string Role(bool isAdmin) => isAdmin ? "admin" : "user";

    /// <summary>
    /// Makes anew what the account is ordered and found by, in the transaction of the connection that has its row already, so that nobody changes name or e-mail meanwhile.
    /// </summary>
    internal static async Task IndexAsync(NpgsqlConnection connection, Guid userId)
    {
        string name, email;
        await using (var find = new NpgsqlCommand("SELECT name, email FROM accounts WHERE user_id = $1", connection))
        {
            find.Parameters.With(userId);
            await using var reader = await find.ExecuteReaderAsync(CancellationToken.None);
            await reader.ReadAsync(CancellationToken.None);
            (name, email) = (reader.GetString(0), reader.GetString(1));
        }
        await connection.ExecuteAsync(
            "UPDATE accounts SET name_key = $2, words = array_to_tsvector($3) WHERE user_id = $1",
            parameters => parameters.With(userId).With(Text.SortKey(name)).With(AccountWords.Of(name, email)));
    }

    /// <summary>What whoever runs the installation changes of an account.</summary>
    /// <param name="column">A constant of ours.</param>
    /// <param name="word">What a value is called in the trail.</param>
    private async Task<bool> SetAsync<T>(string email, string column, T value, string type, AdminActKind act, Func<T, string> word, CancellationToken cancellation)
        where T : notnull
    {
        var now = time.NowUtc();
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var find = new NpgsqlCommand($"SELECT user_id, {column}, version FROM accounts WHERE email_key = $1 FOR UPDATE", connection);
        find.Parameters.With(AccountEdit.EmailKey(email));
        Guid userId;
        int version;
        T before;
        await using (var reader = await find.ExecuteReaderAsync(cancellation))
        {
            if (!await reader.ReadAsync(cancellation))
            {
                return false;
            }
            before = reader.GetFieldValue<T>(1);
            if (before.Equals(value))
            {
                return true;
            }
            userId = reader.GetGuid(0);
            version = reader.GetInt32(2) + 1;
        }
        await using var change = new NpgsqlBatch(connection);
        change.BatchCommands.Add(new NpgsqlBatchCommand($"UPDATE accounts SET {column} = $4, version = $2, updated_at = greatest(updated_at, $3) WHERE user_id = $1"));
        change.BatchCommands[0].Parameters.With(userId).With(version).With(now).With(value);
        change.BatchCommands.Add(new NpgsqlBatchCommand(InsertEvent));
        change.BatchCommands[1].Parameters.With(userId).With(version).With(type).WithId(null).With(now).WithText(null);
        change.BatchCommands.Add(new NpgsqlBatchCommand(AuditTrail.Insert));
        AuditTrail.ParametersOf(
            change.BatchCommands[2].Parameters, new AdminAct(act, userId) { Detail = new AdminActDetail { From = word(before), To = word(value) } }, actorId: null, Visitor.Operator, now);
        await change.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    internal AccountView View(Account account) => new(account, new EntityTag(database.Incarnation, account.Version, LabelsRevision: 0));

    /// <summary>Reads <see cref="Columns"/>.</summary>
    internal static Account Read(NpgsqlDataReader reader) =>
        new(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetGuid(4), reader.GetInt32(5), reader.GetDateTime(6))
        {
            Plan = (Plan)reader.GetInt16(7),
            Credentials = reader.GetInt32(8),
            IsEmailVerified = reader.GetBoolean(9),
            HasTotp = reader.GetBoolean(10),
            HasEmailFactor = reader.GetBoolean(11),
            SuspendedAt = reader.IsDBNull(12) ? null : reader.GetDateTime(12),
            DeletionDueAt = reader.IsDBNull(13) ? null : reader.GetDateTime(13),
        };

    internal static async Task<Account?> FindAsync(Database database, Guid userId, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT {Columns} FROM accounts a WHERE a.user_id = $1");
        command.Parameters.With(userId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader) : null;
    }

    internal static async Task<(Account Account, string PasswordHash)?> FindByEmailAsync(Database database, string email, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT {Columns}, a.password_hash FROM accounts a WHERE a.email_key = $1");
        command.Parameters.With(AccountEdit.EmailKey(email));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (Read(reader), reader.GetString(ColumnCount)) : null;
    }

    /// <summary>
    /// The e-mail is taken: by this very request, sent before? The password is not part of the fingerprint (no hash of it but the slow one
    /// is ever kept), so it is verified.
    /// </summary>
    private async Task<Result<Registered>?> FindRegistrationAsync(AccountEdit edit, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (key is null || await FindByEmailAsync(database, edit.Email.Value, cancellation) is not var (account, _)
            || await Idempotency.FindAsync(database, account.WorkspaceId, account.Id, key, cancellation) is not { Outcome: not null } done
            || !done.IsSameRequest(key))
        {
            return null;
        }
        var verified = await check.VerifyAsync(edit.Email.Value, edit.Password.Value, visitor.Address, cancellation);
        return verified switch
        {
            { IsOk: true } => new Registered(Recall(account, done.Outcome), IsReplay: true, JsonNode.Parse(done.Outcome)!.AsObject()),
            { Error.Code: ErrorCode.WrongCredentials } => null,
            { Error: var error } => error,
        };
    }

    private async Task<Result<Answered<AccountView>>?> ReplayAsync(Caller caller, Account account, IdempotencyKey key, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, caller, key, cancellation);
        return found switch
        {
            { Error: { } error } => error,
            { Value: null } => null,
            { Value: var done } => new Answered<AccountView>(View(Recall(account, done.Outcome!)), IsReplay: true),
        };
    }

    /// <summary>What the answer showed of the account that may be different by the time it is given again.</summary>
    /// <param name="more">What the answer had beside the account.</param>
    private static string Remember(Account account, JsonObject more)
    {
        var outcome = more.DeepClone().AsObject();
        outcome["email"] = account.Email;
        outcome["name"] = account.Name;
        outcome["is_admin"] = account.IsAdmin;
        outcome["is_email_verified"] = account.IsEmailVerified;
        outcome["version"] = account.Version;
        outcome["updated_at"] = account.UpdatedAt.ToString("O", CultureInfo.InvariantCulture);
        return outcome.ToJsonString();
    }

    private static Account Recall(Account account, string outcome)
    {
        var remembered = JsonNode.Parse(outcome)!;
        return account with
        {
            Email = (string)remembered["email"]!,
            Name = (string)remembered["name"]!,
            IsAdmin = (bool)remembered["is_admin"]!,
            IsEmailVerified = (bool?)remembered["is_email_verified"] ?? account.IsEmailVerified,
            Version = (int)remembered["version"]!,
            UpdatedAt = DateTime.Parse((string)remembered["updated_at"]!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        };
    }
}
