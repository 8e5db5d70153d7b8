using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <param name="View">The task after the change.</param>
/// <param name="IsReplay">Nothing was done now: the same request had been done under its idempotency key, and this is what it came to.</param>
public sealed record Written(TaskView View, bool IsReplay);

/// <summary>
/// Makes and changes tasks, one operation at a time. It reads the task, decides, and appends: first in the hope that nobody else writes it
/// meanwhile (one round trip to read, one to write), and where that hope fails, or new tags have to be made, or
/// more than the task itself has to be looked at, under the workspace's lock.
/// </summary>
public sealed class TaskWriter(Database database, LabelNames labelNames, TaskReader reader, TimeProvider time)
{
    private readonly SharedWrites writes = new(database);
    private readonly SharedCreates creates = new(database);
    private readonly LockedTaskWriter locked = new(database, labelNames, reader, time);

    /// <summary>Does one operation.</summary>
    public async Task<Result<Written>> WriteAsync(Caller caller, TaskOperation operation, IdempotencyKey? key, CancellationToken cancellation)
    {
        for (var attempt = 1; attempt <= Limits.OptimisticAttempts; attempt++)
        {
            var now = time.NowUtc();
            var newId = Ids.New(now);
            TaskView? found = null;
            if (operation.Target is { } target)
            {
                var result = await reader.FindToWriteAsync(caller, target, cancellation);
                if (!result.IsOk)
                {
                    var refusal = operation.Kind == TaskOperation.Verb.Undo && result.Error.Code == ErrorCode.NotFound && await EventLog.IsPurgedAsync(database, caller, target.Id, cancellation)
                        ? new Error(ErrorCode.Gone)
                        : result.Error;
                    return await RefuseAsync(caller, key, refusal, cancellation);
                }
                found = result.Value;
            }
            if (operation.IsDecidedUnderLock(found?.Task, caller))
            {
                break;
            }
            var (labels, labelsRevision) = labelNames.Recall(caller.WorkspaceId, operation, now);
            if (found is not null && operation.Precondition.SeesLooks)
            {
                // The condition is on what the task looks like, so the batch must not be committed over other labels than those it was compared with.
                if (operation.NeedsLabels && labelsRevision != found.Tag.LabelsRevision)
                {
                    break;
                }
                labelsRevision = found.Tag.LabelsRevision;
            }
            var decision = operation.On(newId, found, labels, now, operation.AssigneeId is null ? null : new Surroundings { Members = new HashSet<Guid> { caller.UserId } });
            if (!decision.IsOk)
            {
                return await RefuseAsync(caller, key, decision.Error, cancellation);
            }
            var change = decision.Value;
            if (!labels.IsComplete)
            {
                break;
            }
            if (change.Events.Length == 0 && key is null)
            {
                return new Written(found!, IsReplay: false);
            }

            // Not cancelled with the request: once it is under way, a write is better finished than left in doubt.
            if (change is { Before: null, Events: [TaskEvent.Created] } && !change.SubtaskChanges().Any())
            {
                var made = change.After(caller.UserId, number: 0, now);
                var creation = new SharedCreates.Creation(caller, made, change.Counts(made), change.Events[0].ToJson().Data!, operation.NeedsLabels ? labelsRevision : null, key, now);
                if (await creates.TryAsync(creation) is { } created)
                {
                    return await WrittenAsync(caller, change, created);
                }
            }
            var (outcome, advanced) = await writes.WriteAsync(connection =>
            {
                var batch = new WorkspaceBatch(database, connection, caller.WorkspaceId);
                batch.Begin();
                if (key is not null)
                {
                    batch.Key(caller.UserId, key, change.StreamId, change.VersionAfter, outcome: null, now);
                }
                if (change.Events.Length > 0)
                {
                    AddChange(
                        batch, caller, change, now, onlyWithLabels: operation.NeedsLabels || operation.Precondition.SeesLooks ? labelsRevision : null,
                        onlyWithSubtasks: operation.RestsOnSubtasks || operation.Precondition.SeesLooks ? found?.Task.Subtasks : null);
                }
                batch.Commit();
                return batch;
            }, key is null ? [change.StreamId] : [change.StreamId, key.Of(caller)]);
            switch (outcome)
            {
                case BatchOutcome.Committed when change.Events.Length > 0 && advanced.Revision == 0:
                    // There is no such workspace, so there was no event that could have collided: nothing was written.
                    return await Access.ExplainAsync(database, caller, Permission.Write, cancellation);
                case BatchOutcome.Committed:
                    return change.Events.Length == 0 ? new Written(found!, IsReplay: false) : await WrittenAsync(caller, change, advanced);
                case BatchOutcome.KeyKnown:
                    return await ReplayAsync(caller, key!, cancellation) ?? new Error(ErrorCode.Busy);
                case BatchOutcome.KeyInFlight:
                    return ErrorCode.IdempotencyInFlight;
                case BatchOutcome.Stale:
                    break;
            }
        }
        return await WriteLockedAsync(caller, operation, key, cancellation);
    }

    /// <summary>Takes the workspace's lock before reading, so that what is decided on cannot change: certain, and one round trip dearer.</summary>
    private async Task<Result<Written>> WriteLockedAsync(Caller caller, TaskOperation operation, IdempotencyKey? key, CancellationToken cancellation)
    {
        var written = await locked.WriteAsync(
            new TaskWork(caller, key, IsAtomic: true)
            {
                Operations = [operation],
                Remember = done => (done.Outcomes[0].Value!.Task.Id, done.Outcomes[0].Value!.Task.Version, null),
            },
            cancellation);
        if (written is not { } done)
        {
            return await ReplayAsync(caller, key!, cancellation) ?? new Error(ErrorCode.Busy);
        }
        if (!done.IsOk)
        {
            return done.Error;
        }
        var outcome = done.Value.Outcomes[0];
        return outcome.IsOk ? new Written(outcome.Value, IsReplay: false) : outcome.Error;
    }

    /// <summary>The workspace's row first, then the task, and the events in their order.</summary>
    private static void AddChange(WorkspaceBatch batch, Caller caller, TaskChange change, DateTime now, long? onlyWithLabels, Subtasks? onlyWithSubtasks)
    {
        // Number and time are the workspace's to give; nothing that is written from this draft depends on them.
        var after = change.After(caller.UserId, change.Before?.Number ?? 0, now);
        batch.Advance(caller, change.Events.Length, change.Counts(after), now, onlyWithLabels);
        if (change.Before is null)
        {
            batch.Add(TaskTable.Insert).WithNew(caller.WorkspaceId, after);
        }
        else
        {
            batch.Add(TaskTable.Update).WithChanged(caller.WorkspaceId, after, change.ExpectedVersion, onlyWithSubtasks);
        }
        TaskTable.AddCounts(batch, caller.WorkspaceId, change.SubtaskChanges());
        var (version, following) = (change.ExpectedVersion, change.Events.Length);
        foreach (var taskEvent in change.Events)
        {
            var (data, before) = taskEvent.ToJson();
            batch.Append(--following, change.StreamId, ++version, taskEvent.Name, takesNumber: taskEvent is TaskEvent.Created, data, before, caller.UserId, caller.RequestId);
        }
    }

    private async Task<Written> WrittenAsync(Caller caller, TaskChange change, Advanced advanced)
    {
        var after = change.After(caller.UserId, change.Before?.Number ?? advanced.LastTaskNumber, advanced.ChangedAt) with { Subtasks = advanced.Subtasks };
        return new Written(await reader.ViewAsync(caller.WorkspaceId, after, advanced.Labels, CancellationToken.None), IsReplay: false);
    }

    /// <summary>
    /// A repeat of a request that succeeded would often be refused on its own merits (its task is deleted by now, its precondition stale,
    /// its due date past): so before a request with a key is refused, its key is looked up. The task was read before the key, and the first
    /// request wrote both at once, so whoever saw its effect sees its key.
    /// </summary>
    private async Task<Result<Written>> RefuseAsync(Caller caller, IdempotencyKey? key, Error error, CancellationToken cancellation)
    {
        if (key is null || error.Code == ErrorCode.SessionEnded)
        {
            return error;
        }
        return await ReplayAsync(caller, key, cancellation) ?? error;
    }

    /// <summary>What was done under the key, rendered from the log as of the version it came to; null when nothing was.</summary>
    private async Task<Result<Written>?> ReplayAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, caller, key, cancellation);
        if (found.Error is { } error)
        {
            return error;
        }
        if (found.Value is not { } done)
        {
            return null;
        }
        TaskItem? task = null;
        foreach (var stored in await EventLog.ReadStreamAsync(database, caller, done.StreamId!.Value, done.Version!.Value, cancellation))
        {
            if (stored is { Type: EventNames.TaskCreated or EventNames.TaskMovedIn, Data: null })
            {
                return new Error(ErrorCode.Gone);
            }
            task = TaskItem.Apply(task, TaskEvent.FromStored(stored), stored.Stamp);
        }
        return task is null ? new Error(ErrorCode.Gone) : new Written((await reader.ViewAsOfNowAsync(caller.WorkspaceId, [task], cancellation))[0], IsReplay: true);
    }
}
