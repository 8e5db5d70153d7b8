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
/// Changes tasks, a method per verb. A verb reads the task, decides, and appends: first in the hope that nobody else writes it meanwhile
/// (one round trip to read, one to write), and where that hope fails, or new tags have to be made, under the workspace's lock.
/// </summary>
public sealed class TaskWriter(Database database, TagNames tagNames, TaskReader reader, TimeProvider time)
{
    /// <summary>What a verb does with a task; null for the task when it makes one.</summary>
    private delegate Result<TaskEvent[]> Decision(TaskItem? task, IReadOnlyList<TagRef> tags, DateTime now);

    /// <param name="Target">The task to change; null to make one.</param>
    /// <param name="TagNames">Names that the decision needs resolved to tags.</param>
    private sealed record Verb(Caller Caller, TaskRef? Target, string[] TagNames, Precondition Precondition, IdempotencyKey? Key, Decision Decide)
    {
        public bool ReachesDeleted { get; init; }
    }

    /// <summary>A decision with all that is needed to write it.</summary>
    private sealed record Change(Guid StreamId, TaskItem? Before, TaskEvent[] Events, IReadOnlyList<TagRef> Tags)
    {
        public int ExpectedVersion => Before?.Version ?? 0;

        public int VersionAfter => ExpectedVersion + Events.Length;

        public bool MakesTags => Tags.Any(tag => tag.IsNew);

        /// <summary>The task after the change, as far as it is known before the workspace has given number and time.</summary>
        public TaskItem After(Guid actorId, long number, DateTime at)
        {
            var task = Before;
            var version = ExpectedVersion;
            foreach (var taskEvent in Events)
            {
                task = TaskItem.Apply(task, taskEvent, new EventStamp(StreamId, ++version, number, actorId, at));
            }
            return task!;
        }
    }

    /// <summary>Makes a task.</summary>
    public Task<Result<Written>> CreateAsync(Caller caller, TaskEdit edit, TaskLimits limits, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, Target: null, edit.Tags.Or([]), Precondition.None, key, (_, tags, now) => TaskItem.Create(edit, tags, limits, now)), cancellation);

    /// <summary>Changes the members that the edit names and no others.</summary>
    public Task<Result<Written>> ChangeAsync(
        Caller caller, TaskRef task, TaskEdit edit, TaskLimits limits, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, edit.Tags.Or([]), precondition, key, (before, tags, now) => before!.Change(edit, tags, limits, now)), cancellation);

    public Task<Result<Written>> CompleteAsync(Caller caller, TaskRef task, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, [], precondition, key, (before, _, _) => before!.Complete()), cancellation);

    public Task<Result<Written>> ReopenAsync(Caller caller, TaskRef task, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, [], precondition, key, (before, _, _) => before!.Reopen()), cancellation);

    public Task<Result<Written>> DeleteAsync(Caller caller, TaskRef task, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, [], precondition, key, (before, _, _) => before!.Delete()), cancellation);

    /// <summary>Takes a deleted task back, as long as it has not been purged.</summary>
    public Task<Result<Written>> RestoreAsync(Caller caller, TaskRef task, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, [], precondition, key, (before, _, _) => before!.Restore()) { ReachesDeleted = true }, cancellation);

    private async Task<Result<Written>> WriteAsync(Verb verb, CancellationToken cancellation)
    {
        for (var attempt = 1; attempt <= Limits.OptimisticAttempts; attempt++)
        {
            var now = time.NowUtc();
            var newId = Ids.New(now);
            TaskView? found = null;
            if (verb.Target is { } target)
            {
                var result = await reader.FindAsync(verb.Caller, target, cancellation);
                if (!result.IsOk)
                {
                    return await RefuseAsync(verb, result.Error, cancellation);
                }
                found = result.Value;
            }
            var (tags, labelsRevision) = tagNames.Recall(verb.Caller.WorkspaceId, verb.TagNames, now);
            var decision = Decide(verb, newId, found?.Task, found?.Tag, tags, now);
            if (!decision.IsOk)
            {
                return await RefuseAsync(verb, decision.Error, cancellation);
            }
            var change = decision.Value;
            if (change.MakesTags)
            {
                break;
            }
            if (change.Events.Length == 0 && verb.Key is null)
            {
                return new Written(found!, IsReplay: false);
            }

            await using var connection = await database.OpenAsync(cancellation);
            await using var batch = new WorkspaceBatch(connection, verb.Caller.WorkspaceId);
            batch.Begin();
            if (verb.Key is { } key)
            {
                batch.Key(verb.Caller.UserId, key, change.StreamId, change.VersionAfter, outcome: null, now);
            }
            if (change.Events.Length > 0)
            {
                AddChange(batch, verb.Caller, change, now, onlyWithLabels: tags.Count > 0 ? labelsRevision : null);
            }
            batch.Commit();
            // Not cancelled with the request: once it is under way, a write is better finished than left in doubt.
            var (outcome, advanced) = await batch.ExecuteAsync(CancellationToken.None);
            switch (outcome)
            {
                case BatchOutcome.Committed when change.Events.Length > 0 && advanced.Revision == 0:
                    // There is no such workspace, so there was no event that could have collided: nothing was written.
                    await connection.CloseAsync();
                    return await Access.ExplainAsync(database, verb.Caller, cancellation);
                case BatchOutcome.Committed:
                    await connection.CloseAsync();
                    return change.Events.Length == 0 ? new Written(found!, IsReplay: false) : await WrittenAsync(verb.Caller, change, advanced);
                case BatchOutcome.KeyKnown:
                    await connection.CloseAsync();
                    return await ReplayAsync(verb.Caller, verb.Key!, cancellation) ?? new Error(ErrorCode.Busy);
                case BatchOutcome.KeyInFlight:
                    return ErrorCode.IdempotencyInFlight;
                case BatchOutcome.Stale:
                    break;
            }
        }
        return await WriteLockedAsync(verb, cancellation);
    }

    /// <summary>Takes the workspace's lock before reading, so that what is decided on cannot change: certain, and one round trip dearer.</summary>
    private async Task<Result<Written>> WriteLockedAsync(Verb verb, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var newId = Ids.New(now);
        var caller = verb.Caller;
        await using var connection = await database.OpenAsync(cancellation);
        await using var opening = new WorkspaceBatch(connection, caller.WorkspaceId);
        opening.Begin();
        if (verb.Key is { } key)
        {
            // What it points to is not known yet when the verb names the task by number; it is filled in before the commit.
            opening.Key(caller.UserId, key, streamId: null, version: null, outcome: null, now);
        }
        opening.Add($"SELECT w.labels_revision FROM {Access.From} WHERE {Access.Where} FOR UPDATE OF w").WithCaller(caller);
        opening.Add("SELECT tag_id, name, name_key FROM tags WHERE workspace_id = $1 AND name_key = ANY ($2)")
            .With(caller.WorkspaceId).With(verb.TagNames.Select(Text.NameKey).Distinct().ToArray());
        if (verb.Target is { } target)
        {
            _ = target.Number > 0
                ? opening.Add($"SELECT {TaskTable.Columns} FROM tasks t WHERE t.workspace_id = $1 AND t.number = $2").With(caller.WorkspaceId).With(target.Number)
                : opening.Add($"SELECT {TaskTable.Columns} FROM tasks t WHERE t.workspace_id = $1 AND t.task_id = $2").With(caller.WorkspaceId).With(target.Id);
        }

        long? labelsRevision = null;
        var known = new List<(Guid Id, string Name, string Key)>();
        TaskItem? before = null;
        try
        {
            await using var rows = await opening.Statements.ExecuteReaderAsync(CancellationToken.None);
            if (await rows.ReadAsync(CancellationToken.None))
            {
                labelsRevision = rows.GetInt64(0);
            }
            await rows.NextResultAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                known.Add(Labels.TagNames.ReadTag(rows, 0));
            }
            if (await rows.NextResultAsync(CancellationToken.None) && await rows.ReadAsync(CancellationToken.None))
            {
                before = TaskTable.Read(rows, 0);
            }
        }
        catch (PostgresException exception) when (opening.Classify(exception) is { } failed)
        {
            await opening.RollBackAsync();
            await connection.CloseAsync();
            return failed switch
            {
                BatchOutcome.KeyKnown => await ReplayAsync(caller, verb.Key!, cancellation) ?? new Error(ErrorCode.Busy),
                BatchOutcome.KeyInFlight => ErrorCode.IdempotencyInFlight,
                _ => ErrorCode.Busy,
            };
        }

        Result<Change> decision;
        if (labelsRevision is not { } labels)
        {
            await opening.RollBackAsync();
            await connection.CloseAsync();
            return await Access.ExplainAsync(database, caller, cancellation);
        }
        if (verb.Target is not null && before is null)
        {
            decision = ErrorCode.NotFound;
        }
        else
        {
            var tags = Labels.TagNames.Resolve(verb.TagNames, known.ToDictionary(tag => tag.Key, tag => tag.Id, StringComparer.Ordinal), now);
            var current = before is null ? default(EntityTag?) : new EntityTag(database.Incarnation, before.Version, labels);
            decision = Decide(verb, newId, before, current, tags, now);
        }
        if (!decision.IsOk)
        {
            await opening.RollBackAsync();
            return decision.Error;
        }

        var change = decision.Value;
        await using var closing = new WorkspaceBatch(connection, caller.WorkspaceId);
        if (verb.Key is not null)
        {
            closing.Add("UPDATE idempotency_keys SET stream_id = $4, version = $5 WHERE workspace_id = $1 AND user_id = $2 AND key = $3")
                .With(caller.WorkspaceId).With(caller.UserId).With(verb.Key.Value).With(change.StreamId).With(change.VersionAfter);
        }
        if (change.Events.Length > 0)
        {
            AddChange(closing, caller, change, now, onlyWithLabels: null);
        }
        closing.Commit();
        var (outcome, advanced) = await closing.ExecuteAsync(CancellationToken.None);
        if (outcome != BatchOutcome.Committed)
        {
            return ErrorCode.Busy;
        }
        await connection.CloseAsync();
        known.AddRange(change.Tags.Where(tag => tag.IsNew).Select(tag => (tag.Id, tag.Name, Text.NameKey(tag.Name))));
        if (known.Count > 0)
        {
            tagNames.Remember(caller.WorkspaceId, labels, known);
        }
        return change.Events.Length > 0
            ? await WrittenAsync(caller, change, advanced)
            : new Written(await reader.ViewAsync(caller.WorkspaceId, before!, labels, cancellation), IsReplay: false);
    }

    private static Result<Change> Decide(Verb verb, Guid newId, TaskItem? before, EntityTag? current, IReadOnlyList<TagRef> tags, DateTime now)
    {
        if (before is { IsDeleted: true } && !verb.ReachesDeleted)
        {
            return ErrorCode.NotFound;
        }
        if (current is { } tag && !verb.Precondition.Holds(tag))
        {
            return new Error(ErrorCode.PreconditionFailed) { Current = tag };
        }
        var events = verb.Decide(before, tags, now);
        return events.IsOk ? new Change(before?.Id ?? newId, before, events.Value, tags) : events.Error;
    }

    /// <summary>The workspace's row first, then new tags, the task, and the events in their order.</summary>
    private static void AddChange(WorkspaceBatch batch, Caller caller, Change change, DateTime now, long? onlyWithLabels)
    {
        var newTags = change.Tags.Where(tag => tag.IsNew).ToList();
        // Number and time are the workspace's to give; nothing that is written from this draft depends on them.
        var after = change.After(caller.UserId, change.Before?.Number ?? 0, now);
        batch.Advance(caller, newTags.Count + change.Events.Length, Counts(change.Before, after), now, onlyWithLabels);

        var following = newTags.Count + change.Events.Length;
        foreach (var tag in newTags)
        {
            batch.Add("""
                INSERT INTO tags (workspace_id, tag_id, name, name_key, version, revision)
                SELECT w.workspace_id, $2, $3, $4, 1, w.revision - $5 FROM workspaces w WHERE w.workspace_id = $1
                """).With(caller.WorkspaceId).With(tag.Id).With(tag.Name).With(Text.NameKey(tag.Name)).With((long)--following);
            batch.Append(following, tag.Id, 1, EventNames.TagCreated, takesNumber: false, TagEvent.Created(tag.Name), before: null, caller.UserId, caller.RequestId);
        }

        if (change.Before is null)
        {
            batch.Add(TaskTable.Insert).With(caller.WorkspaceId).WithNew(after);
        }
        else
        {
            batch.Add(TaskTable.Update).With(caller.WorkspaceId).WithChanged(after, change.ExpectedVersion);
        }
        var version = change.ExpectedVersion;
        foreach (var taskEvent in change.Events)
        {
            var (data, before) = taskEvent.ToJson();
            batch.Append(--following, change.StreamId, ++version, taskEvent.Name, takesNumber: taskEvent is TaskEvent.Created, data, before, caller.UserId, caller.RequestId);
        }
    }

    private static CountChange Counts(TaskItem? before, TaskItem after)
    {
        static (int Pending, int Done, int Deleted) Of(TaskItem? task) => task switch
        {
            null => (0, 0, 0),
            { IsDeleted: true } => (0, 0, 1),
            { State: TaskState.Done } => (0, 1, 0),
            _ => (1, 0, 0),
        };
        var (was, @is) = (Of(before), Of(after));
        return new CountChange(before is null ? 1 : 0, @is.Pending - was.Pending, @is.Done - was.Done, @is.Deleted - was.Deleted);
    }

    private async Task<Written> WrittenAsync(Caller caller, Change change, Advanced advanced)
    {
        var after = change.After(caller.UserId, change.Before?.Number ?? advanced.LastTaskNumber, advanced.ChangedAt);
        return new Written(await reader.ViewAsync(caller.WorkspaceId, after, advanced.LabelsRevision, CancellationToken.None), IsReplay: false);
    }

    /// <summary>
    /// A repeat of a request that succeeded would often be refused on its own merits (its task is deleted by now, its precondition stale,
    /// its due date past): so before a request with a key is refused, its key is looked up. The task was read before the key, and the first
    /// request wrote both at once, so whoever saw its effect sees its key.
    /// </summary>
    private async Task<Result<Written>> RefuseAsync(Verb verb, Error error, CancellationToken cancellation)
    {
        if (verb.Key is null || error.Code == ErrorCode.SessionEnded)
        {
            return error;
        }
        return await ReplayAsync(verb.Caller, verb.Key, cancellation) ?? error;
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
        if (!done.IsSameRequest(key))
        {
            return new Error(ErrorCode.IdempotencyMismatch);
        }
        TaskItem? task = null;
        foreach (var stored in await EventLog.ReadStreamAsync(database, caller.WorkspaceId, done.StreamId!.Value, done.Version!.Value, cancellation))
        {
            if (stored is { Type: EventNames.TaskCreated, Data: null })
            {
                return new Error(ErrorCode.Gone);
            }
            task = TaskItem.Apply(task, TaskEvent.FromStored(stored), stored.Stamp);
        }
        return new Written(await reader.ViewAsOfNowAsync(caller.WorkspaceId, task!, cancellation), IsReplay: true);
    }
}
