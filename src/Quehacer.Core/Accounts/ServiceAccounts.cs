using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <summary>
/// The service accounts of workspaces: made by the owner, who shows the password again, seen by whoever sees the workspace, changed and removed by the owner.
/// All of it is done in the workspace <see cref="Caller.WorkspaceId"/>. Every step locks the accounts by id first, and the workspace behind them.
/// </summary>
public sealed class ServiceAccounts(
    Database database, AccountStore accounts, PasswordCheck check, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <summary>Of the rows <c>a</c> and <c>m</c>. Read by <see cref="Read"/>.</summary>
    private const string Columns = "a.user_id, a.name, m.role, a.version, m.revision, greatest(a.updated_at, m.updated_at)";

    /// <summary>The service accounts of the workspace <c>$2</c>: those that are members of it still.</summary>
    private const string Theirs = "accounts a JOIN members m ON m.workspace_id = $2 AND m.user_id = a.user_id WHERE a.workspace_id = $2 AND a.is_service";

    /// <summary>
    /// Takes the lock of the workspace and reads of it what making and changing hang on: the row is the caller's to manage. Parameters by
    /// <see cref="Access.WithCaller"/>.
    /// </summary>
    private const string LockWorkspace = $"SELECT w.is_personal, w.archived_at IS NOT NULL, w.member_count FROM {Access.From} WHERE s.session_id = $1 AND {Access.MayManage} FOR NO KEY UPDATE OF w";

    /// <summary>The service accounts of the workspace, the oldest first. There are at most <see cref="Limits.ServiceAccountsOfAWorkspace"/>.</summary>
    public async Task<Result<List<ServiceAccountView>>> ListAsync(Caller caller, CancellationToken cancellation)
    {
        var (list, refusal) = await ReadAsync(caller, null, cancellation);
        return refusal is null ? list : refusal;
    }

    public async Task<Result<ServiceAccountView>> GetAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        var (list, refusal) = await ReadAsync(caller, id, cancellation);
        return refusal is not null ? refusal : list.Count == 1 ? list[0] : ErrorCode.NotFound;
    }

    /// <summary>Makes a service account of the workspace. A repeat under the idempotency key is answered with the same one, as it was then.</summary>
    public async Task<Result<Answered<ServiceAccountView>>> CreateAsync(Caller caller, ServiceAccountEdit edit, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (edit.Check(isNew: true) is { Count: > 0 } faults)
        {
            return Error.Invalid(faults);
        }
        var shown = await ShowAsync(caller, edit.CurrentPassword.Value, visitor, cancellation);
        if (!shown.IsOk)
        {
            return shown.Error;
        }
        var now = time.NowUtc();
        var id = Ids.New(now);
        ServiceAccountView? made = null;
        Error? refusal = null;
        var outcome = await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, outcome: null, now, async connection =>
        {
            if (!await connection.FindsAsync(
                "SELECT 1 FROM accounts WHERE user_id = $1 AND credentials = $2 FOR NO KEY UPDATE", parameters => parameters.With(caller.UserId).With(shown.Value.Credentials)))
            {
                refusal = new Error(ErrorCode.WrongCredentials);
                return false;
            }
            // The workspace's row is held, so that of many at once no more are made than there may be.
            (var members, refusal) = await LockAsync(connection, caller);
            if (members is null)
            {
                return false;
            }
            if (members >= Limits.MembersOfAWorkspace)
            {
                refusal = Error.Invalid(Field.Body, FieldFault.TooMany, Limits.MembersOfAWorkspace);
                return false;
            }
            if (await connection.FindsAsync(
                $"SELECT 1 FROM {Theirs} HAVING count(*) >= $1", parameters => parameters.With((long)Limits.ServiceAccountsOfAWorkspace).With(caller.WorkspaceId)))
            {
                refusal = Error.Invalid(Field.Body, FieldFault.TooMany, Limits.ServiceAccountsOfAWorkspace);
                return false;
            }
            await connection.ExecuteAsync(
                """
                INSERT INTO accounts (user_id, email, email_key, name, password_hash, workspace_id, version, updated_at, is_service, name_key, words)
                VALUES ($1, '', $2, $3, '', $4, 1, $5, true, '', '')
                """,
                parameters => parameters.With(id).With(AccountEdit.KeyOfService(id)).With(edit.Name.Value).With(caller.WorkspaceId).With(now));
            await connection.RecordAsync(id, caller.UserId, "account.service_made", now, caller.RequestId);
            await using var batch = new WorkspaceBatch(database, connection, caller.WorkspaceId);
            batch.Advance(caller, events: 1, default, now, onlyWithLabels: null, Permission.Manage);
            MemberTable.AddChange(batch, caller.WorkspaceId, id, version: 1, new MemberEvent.Added(edit.Role.Value), following: 0, caller.UserId, caller.RequestId);
            made = await EndAsync(connection, batch, caller, id, key);
            return made is not null;
        });
        if (outcome == StepOutcome.Done)
        {
            report(SecurityEvent.ServiceAccountMade, id, visitor.Address);
        }
        return await AnswerAsync(outcome, caller, made, refusal, key, cancellation);
    }

    /// <summary>Changes its name, its role or both.</summary>
    public async Task<Result<Answered<ServiceAccountView>>> ChangeAsync(
        Caller caller, Guid id, ServiceAccountEdit edit, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (edit.Check(isNew: false) is { Count: > 0 } faults)
        {
            return Error.Invalid(faults);
        }
        var now = time.NowUtc();
        ServiceAccountView? after = null;
        Error? refusal = null;
        var outcome = await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, outcome: null, now, async connection =>
        {
            (var before, var memberVersion, refusal) = await LockAsync(connection, caller, id, precondition, now, isRemoval: false);
            if (before is null)
            {
                return false;
            }
            var (name, role) = (edit.Name.Or(before.Account.Name), edit.Role.Or(before.Account.Role));
            await using var batch = new WorkspaceBatch(database, connection, caller.WorkspaceId);
            if (name != before.Account.Name || role != before.Account.Role)
            {
                await connection.ExecuteAsync(
                    "UPDATE accounts SET name = $2, version = version + 1, updated_at = greatest(updated_at, $3) WHERE user_id = $1", parameters => parameters.With(id).With(name).With(now));
                await connection.RecordAsync(id, caller.UserId, "account.service_changed", now, caller.RequestId);
            }
            if (role != before.Account.Role)
            {
                batch.Advance(caller, events: 1, default, now, onlyWithLabels: null, Permission.Manage);
                MemberTable.AddChange(
                    batch, caller.WorkspaceId, id, memberVersion + 1, new MemberEvent.Updated(role, before.Account.Role), following: 0, caller.UserId, caller.RequestId);
            }
            after = await EndAsync(connection, batch, caller, id, key);
            return after is not null;
        });
        return await AnswerAsync(outcome, caller, after, refusal, key, cancellation);
    }

    /// <summary>
    /// Removes it from the workspace, and makes its keys worthless from the next statement on, on every server. What it has done stays, and what it was called
    /// with it.
    /// </summary>
    public async Task<Result<Answered<bool>>> RemoveAsync(Caller caller, Guid id, Precondition precondition, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        Error? refusal = null;
        var outcome = await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, outcome: null, now, async connection =>
        {
            (var before, var memberVersion, refusal) = await LockAsync(connection, caller, id, precondition, now, isRemoval: true);
            if (before is null)
            {
                return false;
            }
            await connection.ExecuteAsync(SessionStore.EndAll, parameters => parameters.With(id).With(now).WithId(null).With(true));
            await connection.ExecuteAsync(
                "UPDATE accounts SET version = version + 1, updated_at = greatest(updated_at, $2) WHERE user_id = $1", parameters => parameters.With(id).With(now));
            await connection.RecordAsync(id, caller.UserId, "account.service_removed", now, caller.RequestId);
            await using var batch = new WorkspaceBatch(database, connection, caller.WorkspaceId);
            batch.Advance(caller, events: 1, default, now, onlyWithLabels: null, Permission.Manage);
            MemberTable.AddChange(batch, caller.WorkspaceId, id, memberVersion + 1, new MemberEvent.Removed(before.Account.Role), following: 0, caller.UserId, caller.RequestId);
            return (await batch.ExecuteAsync(CancellationToken.None)).Outcome == BatchOutcome.Committed;
        });
        switch (outcome)
        {
            case StepOutcome.Done:
                report(SecurityEvent.ServiceAccountRemoved, id, visitor.Address);
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.Refused:
                return refusal ?? await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
        }
        var done = await Idempotency.FindAsync(database, caller, key!, cancellation);
        return done.IsOk ? new Answered<bool>(true, IsReplay: true) : done.Error;
    }

    /// <summary>
    /// The caller's own account, once its password has been shown by whoever may manage the workspace: nobody else's password is looked at, nor counted. What is
    /// found here is found again, under the locks.
    /// </summary>
    internal async Task<Result<Account>> ShowAsync(Caller caller, string password, Visitor visitor, CancellationToken cancellation)
    {
        await using (var command = database.Command($"SELECT w.is_personal, w.archived_at IS NOT NULL FROM {Access.From} WHERE s.session_id = $1 AND {Access.MayManage}"))
        {
            command.Parameters.WithCaller(caller);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation))
            {
                return await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
            }
            if (Refuse(isPersonal: reader.GetBoolean(0), isArchived: reader.GetBoolean(1)) is { } refusal)
            {
                return refusal;
            }
        }
        var found = await accounts.GetAsync(caller, cancellation);
        return found.IsOk ? await check.VerifyAsync(found.Value.Account.Email, password, visitor.Address, cancellation) : found.Error;
    }

    /// <summary>Personal workspaces have no service accounts, and those of an archived one stay as they are.</summary>
    private static Error? Refuse(bool isPersonal, bool isArchived) =>
        isPersonal ? new Error(ErrorCode.WorkspaceIsPersonal) : isArchived ? new Error(ErrorCode.WorkspaceArchived) : null;

    private static ServiceAccount Read(NpgsqlDataReader reader) =>
        new(reader.GetGuid(0), reader.GetString(1), (WorkspaceRole)reader.GetInt16(2), reader.GetInt32(3), reader.GetDateTime(5));

    private ServiceAccountView ViewOf(NpgsqlDataReader reader) =>
        new(Read(reader), new EntityTag(database.Incarnation, reader.GetInt32(3), LabelsRevision: reader.GetInt64(4)));

    private async Task<(List<ServiceAccountView> List, Error? Refusal)> ReadAsync(Caller caller, Guid? id, CancellationToken cancellation)
    {
        var list = new List<ServiceAccountView>();
        var isSeen = false;
        await using (var command = database.Command($"""
            SELECT t.* FROM {Access.From} LEFT JOIN LATERAL (SELECT {Columns} FROM {Theirs} AND ($3::uuid IS NULL OR a.user_id = $3)) t ON true
             WHERE {Access.Sees} ORDER BY t.user_id
            """))
        {
            command.Parameters.WithCaller(caller).WithId(id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                isSeen = true;
                if (!reader.IsDBNull(0))
                {
                    list.Add(ViewOf(reader));
                }
            }
        }
        return (list, isSeen ? null : await Access.ExplainAsync(database, caller, cancellation));
    }

    /// <summary>
    /// Takes the lock of a workspace in which service accounts are made or changed; gives how many members it has, null where it is not so. Why not is left for
    /// afterwards where the caller may not: nobody waits for another connection with locks in hand.
    /// </summary>
    private static async Task<(int? Members, Error? Refusal)> LockAsync(NpgsqlConnection connection, Caller caller, bool isRemoval = false)
    {
        await using var command = new NpgsqlCommand(LockWorkspace, connection);
        command.Parameters.WithCaller(caller);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(CancellationToken.None))
        {
            return (null, null);
        }
        return Refuse(isPersonal: reader.GetBoolean(0), isArchived: reader.GetBoolean(1) && !isRemoval) is { } refusal ? (null, refusal) : (reader.GetInt32(2), null);
    }

    /// <summary>Takes the lock of a service account and behind it that of its workspace, and reads it; or says why not, as above.</summary>
    private async Task<(ServiceAccountView? Before, int MemberVersion, Error? Refusal)> LockAsync(
        NpgsqlConnection connection, Caller caller, Guid id, Precondition precondition, DateTime now, bool isRemoval)
    {
        var isThere = await connection.FindsAsync(
            "SELECT 1 FROM accounts WHERE user_id = $1 AND is_service AND workspace_id = $2 FOR NO KEY UPDATE", parameters => parameters.With(id).With(caller.WorkspaceId));
        var (members, refused) = await LockAsync(connection, caller, isRemoval);
        if (members is null)
        {
            return (null, 0, refused);
        }
        await using var command = new NpgsqlCommand($"SELECT {Columns}, m.version FROM {Theirs} AND a.user_id = $1", connection);
        command.Parameters.With(id).With(caller.WorkspaceId);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!isThere || !await reader.ReadAsync(CancellationToken.None))
        {
            return (null, 0, new Error(ErrorCode.NotFound));
        }
        var before = ViewOf(reader);
        return precondition.Refuse(before.Tag, before.Account.UpdatedAt, now) is { } refusal ? (null, 0, refusal) : (before, reader.GetInt32(6), null);
    }

    /// <summary>Sends the rest of a write, reads what has come of it, and has the key remember that; null where the batch was void.</summary>
    private async Task<ServiceAccountView?> EndAsync(NpgsqlConnection connection, WorkspaceBatch batch, Caller caller, Guid id, IdempotencyKey? key)
    {
        if (batch.Statements.BatchCommands.Count > 0 && (await batch.ExecuteAsync(CancellationToken.None)).Outcome != BatchOutcome.Committed)
        {
            return null;
        }
        ServiceAccountView view;
        await using (var command = new NpgsqlCommand($"SELECT {Columns} FROM {Theirs} AND a.user_id = $1", connection))
        {
            command.Parameters.With(id).With(caller.WorkspaceId);
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            await reader.ReadAsync(CancellationToken.None);
            view = ViewOf(reader);
        }
        if (key is not null)
        {
            await connection.RememberAsync(caller.WorkspaceId, caller.UserId, key, Remember(view));
        }
        return view;
    }

    private async Task<Result<Answered<ServiceAccountView>>> AnswerAsync(
        StepOutcome outcome, Caller caller, ServiceAccountView? view, Error? refusal, IdempotencyKey? key, CancellationToken cancellation)
    {
        switch (outcome)
        {
            case StepOutcome.Done:
                return new Answered<ServiceAccountView>(view!, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.Refused:
                return refusal ?? await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
        }
        var done = await Idempotency.FindAsync(database, caller, key!, cancellation);
        return !done.IsOk ? done.Error : done.Value?.Outcome is { } remembered ? new Answered<ServiceAccountView>(Recall(remembered), IsReplay: true) : ErrorCode.Busy;
    }

    private static string Remember(ServiceAccountView view) => new JsonObject
    {
        ["user_id"] = view.Account.Id,
        ["name"] = view.Account.Name,
        ["role"] = (short)view.Account.Role,
        ["version"] = view.Account.Version,
        ["revision"] = view.Tag.LabelsRevision,
        ["updated_at"] = view.Account.UpdatedAt.ToString("O", CultureInfo.InvariantCulture),
    }.ToJsonString();

    private ServiceAccountView Recall(string outcome)
    {
        var remembered = JsonNode.Parse(outcome)!;
        var account = new ServiceAccount(
            (Guid)remembered["user_id"]!, (string)remembered["name"]!, (WorkspaceRole)(short)remembered["role"]!, (int)remembered["version"]!,
            DateTime.Parse((string)remembered["updated_at"]!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind));
        return new ServiceAccountView(account, new EntityTag(database.Incarnation, account.Version, LabelsRevision: (long)remembered["revision"]!));
    }
}
