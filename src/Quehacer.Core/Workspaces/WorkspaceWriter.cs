using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>Makes workspaces and changes them, a method per verb. Only their owners may.</summary>
public sealed class WorkspaceWriter(Database database, WorkspaceReader reader, TimeProvider time)
{
    /// <summary>Makes a workspace that is the caller's.</summary>
    public async Task<Result<Answered<WorkspaceView>>> CreateAsync(Caller caller, WorkspaceEdit edit, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (edit.Check(isNew: true) is { Count: > 0 } faults)
        {
            return Error.Invalid(faults);
        }
        var now = time.NowUtc();
        var id = Ids.New(now);
        var isFull = false;
        var outcome = await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, new JsonObject { ["workspace_id"] = id }.ToJsonString(), now, async connection =>
        {
            // The account's row is held, so that of many at once no more are made than there may be.
            if (!await connection.FindsAsync(
                "SELECT 1 FROM accounts a JOIN sessions s ON s.user_id = a.user_id WHERE s.session_id = $1 AND s.ended_at IS NULL AND s.workspace_id IS NULL AND a.deletion_due_at IS NULL FOR NO KEY UPDATE OF a",
                parameters => parameters.With(caller.SessionId)))
            {
                return false;
            }
            isFull = await MemberTable.OwnsAllTheyMayAsync(connection, caller.UserId);
            if (isFull)
            {
                return false;
            }
            await using var batch = new WorkspaceBatch(database, connection, id);
            WorkspaceTable.AddNew(batch, id, caller.UserId, edit.Name.Value, now, caller.RequestId);
            await batch.ExecuteAsync(CancellationToken.None);
            return true;
        });
        switch (outcome)
        {
            case StepOutcome.Done:
                var made = await reader.GetAsync(caller with { WorkspaceId = id }, cancellation);
                return made.IsOk ? new Answered<WorkspaceView>(made.Value, IsReplay: false) : made.Error;
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.Refused:
                // A key that is good for one workspace makes no other.
                return isFull ? Error.Invalid(Field.Body, FieldFault.TooMany, Limits.WorkspacesOfAUser)
                    : await Access.IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.Forbidden : ErrorCode.SessionEnded;
        }
        var done = await Idempotency.FindAsync(database, caller, key!, cancellation);
        if (!done.IsOk)
        {
            return done.Error;
        }
        if (done.Value?.Outcome is not { } remembered)
        {
            return ErrorCode.Busy;
        }
        return await ReplayAsync(caller with { WorkspaceId = (Guid)JsonNode.Parse(remembered)!["workspace_id"]! }, version: 1, cancellation);
    }

    /// <summary>Changes the name. The workspace is the caller's: <see cref="Caller.WorkspaceId"/>.</summary>
    public Task<Result<Answered<WorkspaceView>>> ChangeAsync(Caller caller, WorkspaceEdit edit, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(caller, precondition, key, workspace => workspace.Change(edit), cancellation);

    /// <summary>Takes it out of use: everything in it stays, is seen, and is changed by nobody.</summary>
    public Task<Result<Answered<WorkspaceView>>> ArchiveAsync(Caller caller, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(caller, precondition, key, workspace => workspace.Archive(), cancellation);

    /// <summary>Takes it into use again.</summary>
    public Task<Result<Answered<WorkspaceView>>> UnarchiveAsync(Caller caller, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(caller, precondition, key, workspace => workspace.Unarchive(), cancellation);

    private async Task<Result<Answered<WorkspaceView>>> WriteAsync(
        Caller caller, Precondition precondition, IdempotencyKey? key, Func<Workspace, Result<WorkspaceEvent[]>> decide, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        await using var connection = await database.OpenAsync(cancellation);
        await using var write = new LockedWrite(database, connection, caller, key) { Permission = Permission.Manage };
        Workspace? workspace = null;
        var opened = await write.OpenAsync(WorkspaceTable.Columns, _ => { }, ReadAsync, now, cancellation);
        if (!opened.IsOk)
        {
            return opened.Error;
        }
        if (!opened.Value)
        {
            var done = await Idempotency.FindAsync(database, caller, key!, cancellation);
            return !done.IsOk ? done.Error : done.Value is { Version: { } version } ? await ReplayAsync(caller, version, cancellation) : ErrorCode.Busy;
        }
        var before = workspace!;
        var decision = precondition.Refuse(reader.View(before, WorkspaceRole.Owner).Tag, before.UpdatedAt, now) is { } refusal ? refusal : decide(before);
        if (!decision.IsOk)
        {
            await write.RollBackAsync();
            return decision.Error;
        }
        // A decision about a workspace has one event or none.
        var change = decision.Value.SingleOrDefault();
        var after = change is null ? before : After(change, now);
        var written = await write.CommitAsync((before.Id, after.Version, null), AddWriting, cancellation);
        if (!written.IsOk)
        {
            return written.Error;
        }
        return new Answered<WorkspaceView>(reader.View(change is null ? before : After(change, written.Value.ChangedAt), WorkspaceRole.Owner), IsReplay: false);

        Workspace After(WorkspaceEvent workspaceEvent, DateTime at) =>
            Workspace.Apply(before, workspaceEvent, new EventStamp(before.Id, before.Version + 1, Number: null, caller.UserId, at));

        Task ReadAsync(NpgsqlDataReader rows)
        {
            workspace = WorkspaceTable.Read(rows, 0);
            return Task.CompletedTask;
        }

        void AddWriting(WorkspaceBatch batch)
        {
            if (change is not null)
            {
                batch.Advance(caller, events: 1, default, now, onlyWithLabels: null, Permission.Manage);
                WorkspaceTable.AddChange(batch, caller, after, change);
            }
        }
    }

    /// <summary>The workspace as a version of it was, with the members that it has now.</summary>
    private async Task<Result<Answered<WorkspaceView>>> ReplayAsync(Caller caller, int version, CancellationToken cancellation)
    {
        var found = await reader.GetAsync(caller, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        var now = found.Value.Workspace;
        var stream = await EventLog.ReadStreamAsync(database, now.Id, now.Id, version, cancellation);
        var then = stream.Aggregate(default(Workspace), (workspace, stored) => Workspace.Apply(workspace, WorkspaceEvent.FromStored(stored), stored.Stamp))!;
        return new Answered<WorkspaceView>(
            reader.View(now with { Name = then.Name, ArchivedAt = then.ArchivedAt, Version = then.Version }, found.Value.Role), IsReplay: true);
    }
}
