using System.Net;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>
/// Changes who is in a workspace and what they may do: the owner does that, and everybody else may leave. A workspace has one owner at every moment, and a
/// personal one has nobody else. The workspace is the caller's: <see cref="Caller.WorkspaceId"/>.
/// </summary>
public sealed class MemberWriter
{
    private readonly Database database;
    private readonly MemberReader members;
    private readonly WorkspaceReader workspaces;
    private readonly AccountStore accounts;
    private readonly PasswordCheck check;
    private readonly Outbox outbox;
    private readonly TimeProvider time;
    private readonly Action<SecurityEvent, Guid?, IPAddress?> report;

    internal MemberWriter(
        Database database, MemberReader members, WorkspaceReader workspaces, AccountStore accounts, PasswordCheck check, Outbox outbox, TimeProvider time,
        Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        this.database = database;
        this.members = members;
        this.workspaces = workspaces;
        this.accounts = accounts;
        this.check = check;
        this.outbox = outbox;
        this.time = time;
        this.report = report;
    }

    /// <summary>Lets a member do more or less. The owner stays what they are: a workspace is handed on by <see cref="TransferAsync"/>.</summary>
    /// <param name="userId">Of the member's account.</param>
    /// <param name="role">What they are to be: not the owner, save where they are. Null for what they are.</param>
    /// <param name="precondition">What must still be true of the member.</param>
    /// <param name="visitor">From where it is asked.</param>
    /// <param name="key">Null without one.</param>
    /// <param name="cancellation">Of what is read; what is written is finished.</param>
    public async Task<Result<Answered<MemberView>>> ChangeAsync(
        Caller caller, Guid userId, WorkspaceRole? role, Precondition precondition, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var written = await WriteAsync(
            caller, userId, Permission.Manage, precondition, key,
            member => role is not { } wanted || wanted == member.Role ? Array.Empty<MemberEvent>()
                : member.Role == WorkspaceRole.Owner ? ErrorCode.OwnerStays
                : wanted == WorkspaceRole.Owner ? Error.Invalid(Field.Role, FieldFault.NotOneOf)
                : new MemberEvent[] { new MemberEvent.Updated(wanted, member.Role) },
            cancellation);
        if (!written.IsOk)
        {
            return written.Error;
        }
        if (written.Value.IsReplay)
        {
            // As it is now: what a role was for a while is nobody's to keep.
            var found = await members.GetAsync(caller, userId, cancellation);
            return found.IsOk ? new Answered<MemberView>(found.Value, IsReplay: true) : found.Error;
        }
        if (written.Value.Value.HasChanged)
        {
            report(SecurityEvent.MemberRoleChanged, caller.UserId, visitor.Address);
        }
        return new Answered<MemberView>(written.Value.Value.View!, IsReplay: false);
    }

    /// <summary>
    /// Removes somebody, or lets the caller leave, where that is whom the id names. From then on nothing of theirs comes into the workspace, whatever they had
    /// begun: <see cref="Access.Role"/>. What they have written stays.
    /// </summary>
    /// <param name="userId">Of the member's account.</param>
    /// <param name="precondition">What must still be true of the member.</param>
    /// <param name="visitor">From where it is asked.</param>
    /// <param name="key">Null without one.</param>
    /// <param name="cancellation">Of what is read; what is written is finished.</param>
    public async Task<Result<Answered<bool>>> RemoveAsync(
        Caller caller, Guid userId, Precondition precondition, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var leaves = userId == caller.UserId;
        var written = await WriteAsync(
            caller, userId, leaves ? Permission.See : Permission.Manage, precondition, key,
            member => member.Role == WorkspaceRole.Owner ? ErrorCode.OwnerStays : new MemberEvent[] { new MemberEvent.Removed(member.Role) },
            cancellation);
        if (!written.IsOk)
        {
            // Whoever has left is a stranger, and asks about a key of their own: a repeat is told what the first request was told.
            return written.Error.Code == ErrorCode.NotFound && leaves && key is not null && await HasLeftAsync(caller, key, cancellation)
                ? new Answered<bool>(true, IsReplay: true)
                : written.Error;
        }
        if (!written.Value.IsReplay)
        {
            report(SecurityEvent.MemberRemoved, caller.UserId, visitor.Address);
        }
        return new Answered<bool>(true, written.Value.IsReplay);
    }

    /// <summary>
    /// Hands the workspace on to one of its members, for whoever knows the owner's password. The former owner is an editor from then on. Both are told by letter.
    /// </summary>
    /// <param name="userId">Of the new owner's account.</param>
    /// <param name="currentPassword">The caller's.</param>
    /// <param name="visitor">From where it is asked.</param>
    /// <param name="key">Null without one.</param>
    /// <param name="cancellation">Of what is read; what is written is finished.</param>
    public async Task<Result<Answered<WorkspaceView>>> TransferAsync(
        Caller caller, Guid userId, string currentPassword, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var found = await workspaces.GetAsync(caller, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        // Before the owner's state is looked at: whoever has handed it on is an editor, and may repeat that.
        if (key is not null && await ReplayTransferAsync(caller, key, cancellation) is { } done)
        {
            return done;
        }
        if (found.Value.Role < Permission.Manage.LeastRole())
        {
            return ErrorCode.Forbidden;
        }
        if (found.Value.Workspace.IsPersonal)
        {
            return ErrorCode.WorkspaceIsPersonal;
        }
        var own = await accounts.GetAsync(caller, cancellation);
        if (!own.IsOk)
        {
            return own.Error;
        }
        var verified = await check.VerifyAsync(own.Value.Account.Email, currentPassword, visitor.Address, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        var former = verified.Value;
        var now = time.NowUtc();
        Error? refusal = null;
        var outcome = await AccountStep.RunAsync(
            database, caller.WorkspaceId, caller.UserId, key, outcome: null, now,
            async connection => (refusal = await TransferWithinAsync(connection, caller, former, userId, visitor, now)) is null);
        switch (outcome)
        {
            case StepOutcome.Done:
                outbox.Ring();
                report(SecurityEvent.WorkspaceTransferred, caller.UserId, visitor.Address);
                return await ShowAsync(caller, isReplay: false, cancellation);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown:
                return await ReplayTransferAsync(caller, key!, cancellation) ?? new Error(ErrorCode.Busy);
            default:
                return refusal!.Code == ErrorCode.NotFound ? await Access.ExplainAsync(database, caller, Permission.Manage, cancellation) : refusal;
        }
    }

    /// <summary>The accounts come first, in the order of their ids, and then the workspace; null when it is done.</summary>
    private async Task<Error?> TransferWithinAsync(NpgsqlConnection connection, Caller caller, Account former, Guid userId, Visitor visitor, DateTime now)
    {
        var locked = new Dictionary<Guid, Account>();
        await using (var command = new NpgsqlCommand(
            $"SELECT {AccountStore.Columns} FROM accounts a WHERE a.user_id = ANY ($1) ORDER BY a.user_id FOR NO KEY UPDATE OF a", connection))
        {
            command.Parameters.With(new[] { caller.UserId, userId });
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await reader.ReadAsync(CancellationToken.None))
            {
                var account = AccountStore.Read(reader);
                locked.Add(account.Id, account);
            }
        }
        if (former.Id != caller.UserId || !locked.TryGetValue(caller.UserId, out var owner) || owner.Credentials != former.Credentials)
        {
            // The password that was right has been changed since.
            return new Error(ErrorCode.WrongCredentials);
        }
        Workspace? workspace = null;
        await using (var command = new NpgsqlCommand($"SELECT {WorkspaceTable.Columns} FROM {Access.From} WHERE s.session_id = $1 AND {Access.MayManage} FOR UPDATE OF w", connection))
        {
            command.Parameters.WithCaller(caller);
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            if (await reader.ReadAsync(CancellationToken.None))
            {
                workspace = WorkspaceTable.Read(reader, 0);
            }
        }
        if (workspace is null)
        {
            return new Error(ErrorCode.NotFound);
        }
        var (heir, version, ownersVersion) = (default(Member), 0, 0);
        await using (var command = new NpgsqlCommand(
            $"""
            SELECT {MemberTable.Columns}, {MemberTable.NextVersionOf("m.user_id")}, {MemberTable.NextVersionOf("$3")}
              FROM members m WHERE m.workspace_id = $1 AND m.user_id = $2 AND m.user_id <> $3
            """,
            connection))
        {
            command.Parameters.With(workspace.Id).With(userId).With(caller.UserId);
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            if (await reader.ReadAsync(CancellationToken.None))
            {
                (heir, version, ownersVersion) = (MemberTable.Read(reader, 0), reader.GetInt32(5), reader.GetInt32(6));
            }
        }
        if (heir is null || !locked.TryGetValue(userId, out var next) || next is not { IsService: false, SuspendedAt: null, DeletionDueAt: null })
        {
            return Error.Invalid(Field.UserId, FieldFault.NoSuchThing);
        }
        // Their row is held, so that of many that are handed on to them at once no more come to be theirs than may.
        if (await MemberTable.OwnsAllTheyMayAsync(connection, userId))
        {
            return Error.Invalid(Field.UserId, FieldFault.TooMany, Limits.WorkspacesOfAUser);
        }
        await using (var batch = new WorkspaceBatch(database, connection, workspace.Id))
        {
            batch.Advance(caller, events: 2, default, now, onlyWithLabels: null, Permission.Manage);
            MemberTable.AddChange(
                batch, workspace.Id, caller.UserId, ownersVersion, new MemberEvent.Updated(WorkspaceRole.Editor, WorkspaceRole.Owner), following: 1, caller.UserId, caller.RequestId);
            MemberTable.AddChange(batch, workspace.Id, userId, version, new MemberEvent.Updated(WorkspaceRole.Owner, heir.Role), following: 0, caller.UserId, caller.RequestId);
            if ((await batch.ExecuteAsync(CancellationToken.None)).Outcome != BatchOutcome.Committed)
            {
                // All is locked that it hangs on, so it is the session that has ended.
                return new Error(ErrorCode.NotFound);
            }
        }
        await Confirmations.TellAsync(connection, MailKind.WorkspaceHandedOn, owner, detail: workspace.Name, visitor, now);
        // From where it was done is the former owner's to know.
        await Confirmations.TellAsync(connection, MailKind.WorkspaceReceived, next, detail: workspace.Name, visitor with { Address = null }, now);
        return null;
    }

    /// <summary>One change of one member, under the workspace's lock.</summary>
    /// <returns>The member as the owner sees them, where there is one still.</returns>
    private async Task<Result<Answered<(MemberView? View, bool HasChanged)>>> WriteAsync(
        Caller caller, Guid userId, Permission permission, Precondition precondition, IdempotencyKey? key, Func<Member, Result<MemberEvent[]>> decide, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        await using var connection = await database.OpenAsync(cancellation);
        await using var write = new LockedWrite(database, connection, caller, key) { Permission = permission };
        var (isPersonal, before, nextVersion) = (false, default(MemberView), 0);
        var opened = await write.OpenAsync("w.is_personal", AddReading, ReadAsync, now, cancellation);
        if (!opened.IsOk)
        {
            return opened.Error;
        }
        if (!opened.Value)
        {
            var done = await Idempotency.FindAsync(database, caller, key!, cancellation);
            return !done.IsOk ? done.Error : done.Value is null ? ErrorCode.Busy : new Answered<(MemberView?, bool)>((null, false), IsReplay: true);
        }
        if (isPersonal || before is null)
        {
            await write.RollBackAsync();
            return isPersonal ? ErrorCode.WorkspaceIsPersonal : ErrorCode.NotFound;
        }
        if (before.IsService)
        {
            // It comes, changes and goes together with its account and its keys, which is ServiceAccounts' to do.
            await write.RollBackAsync();
            return ErrorCode.Forbidden;
        }
        var decision = precondition.Refuse(before.Tag, before.Member.UpdatedAt, now) is { } refusal ? refusal : decide(before.Member);
        if (!decision.IsOk)
        {
            await write.RollBackAsync();
            return decision.Error;
        }
        // A decision about a member has one event or none.
        var change = decision.Value.SingleOrDefault();
        var written = await write.CommitAsync((userId, change is null ? before.Member.Version : nextVersion, null), AddWriting, cancellation);
        if (!written.IsOk)
        {
            return written.Error;
        }
        var after = change is null ? before.Member : Member.Apply(before.Member, change, new EventStamp(userId, nextVersion, Number: null, caller.UserId, written.Value.ChangedAt));
        return new Answered<(MemberView?, bool)>((after is null ? null : before with { Member = after, Tag = before.Tag with { Version = after.Version + 1 } }, change is not null), IsReplay: false);

        void AddReading(WorkspaceBatch batch) => batch.Add(
            $"""
            SELECT {MemberTable.Columns}, {MemberReader.AccountColumns}, {MemberTable.NextVersionOf("m.user_id")}
              FROM members m LEFT JOIN accounts a ON a.user_id = m.user_id WHERE m.workspace_id = $1 AND m.user_id = $2
            """).With(caller.WorkspaceId).With(userId);

        async Task ReadAsync(NpgsqlDataReader rows)
        {
            isPersonal = rows.GetBoolean(0);
            await rows.NextResultAsync(CancellationToken.None);
            if (await rows.ReadAsync(CancellationToken.None))
            {
                before = members.Read(rows, 0, caller, WorkspaceRole.Owner);
                nextVersion = rows.GetInt32(9);
            }
        }

        void AddWriting(WorkspaceBatch batch)
        {
            if (change is not null)
            {
                batch.Advance(caller, events: 1, default, now, onlyWithLabels: null, permission);
                MemberTable.AddChange(batch, caller.WorkspaceId, userId, nextVersion, change, following: 0, caller.UserId, caller.RequestId);
            }
        }
    }

    private async Task<bool> HasLeftAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation) =>
        await Access.IsSessionOpenAsync(database, caller, cancellation)
        && await Idempotency.FindAsync(database, caller.WorkspaceId, caller.UserId, key, cancellation) is { } done && done.IsSameRequest(key);

    private async Task<Result<Answered<WorkspaceView>>?> ReplayTransferAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, caller, key, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        if (found.Value is null)
        {
            return null;
        }
        return await ShowAsync(caller, isReplay: true, cancellation);
    }

    private async Task<Result<Answered<WorkspaceView>>> ShowAsync(Caller caller, bool isReplay, CancellationToken cancellation)
    {
        var shown = await workspaces.GetAsync(caller, cancellation);
        return shown.IsOk ? new Answered<WorkspaceView>(shown.Value, isReplay) : shown.Error;
    }
}
