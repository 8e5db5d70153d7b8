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
public sealed class TaskWriter(Database database, LabelNames labelNames, TaskReader reader, TimeProvider time)
{
    /// <summary>What a verb does with a task; null for the task when it makes one.</summary>
    private delegate Result<TaskEvent[]> Decision(TaskItem? task, ResolvedLabels labels, DateTime now);

    /// <param name="Target">The task to change; null to make one.</param>
    private sealed record Verb(Caller Caller, TaskRef? Target, Precondition Precondition, IdempotencyKey? Key, Decision Decide)
    {
        /// <summary>Names that the decision needs resolved to tags.</summary>
        public string[] TagNames { get; init; } = [];

        /// <summary>The category that the decision needs to know to exist.</summary>
        public Guid? CategoryId { get; init; }

        public bool ReachesDeleted { get; init; }

        /// <summary>The decision rests on names or looks of labels.</summary>
        public bool NeedsLabels => TagNames.Length > 0 || CategoryId is not null;
    }

    /// <summary>A decision with all that is needed to write it.</summary>
    private sealed record Change(Guid StreamId, TaskItem? Before, TaskEvent[] Events, ResolvedLabels Labels)
    {
        public int ExpectedVersion => Before?.Version ?? 0;

        public int VersionAfter => ExpectedVersion + Events.Length;

        /// <summary>The tags to be made: those that the change puts on the task and nobody has made yet.</summary>
        public IReadOnlyList<TagRef> NewTags => Events.Length == 0 ? [] : [.. Labels.Tags.Where(tag => tag.IsNew && Carries(tag.Id))];

        private bool Carries(Guid tagId) => Array.Exists(Events, taskEvent =>
            taskEvent is TaskEvent.Created { Data.TagIds: var made } && made.Or([]).Contains(tagId)
            || taskEvent is TaskEvent.Updated { Data.TagIds: var changed } && changed.Or([]).Contains(tagId));

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
        WriteAsync(
            new Verb(caller, Target: null, Precondition.None, key, (_, labels, now) => TaskItem.Create(edit, labels, limits, now))
            {
                TagNames = edit.Tags.Or([]),
                CategoryId = edit.CategoryId.Or(null),
            },
            cancellation);

    /// <summary>Changes the members that the edit names and no others.</summary>
    public Task<Result<Written>> ChangeAsync(
        Caller caller, TaskRef task, TaskEdit edit, TaskLimits limits, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(
            new Verb(caller, task, precondition, key, (before, labels, now) => before!.Change(edit, labels, limits, now))
            {
                TagNames = edit.Tags.Or([]),
                CategoryId = edit.CategoryId.Or(null),
            },
            cancellation);

    /// <summary>Adds one tag, made if need be, and leaves the others: any number of additions at once all stay.</summary>
    /// <param name="tagName">Storable, normalised and trimmed.</param>
    public Task<Result<Written>> AddTagAsync(
        Caller caller, TaskRef task, string tagName, TaskLimits limits, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, precondition, key, (before, labels, _) => before!.AddTag(labels.Tags[0], limits)) { TagNames = [tagName] }, cancellation);

    /// <summary>Takes one tag away and leaves the others.</summary>
    /// <param name="tagName">Storable, normalised and trimmed.</param>
    public Task<Result<Written>> RemoveTagAsync(
        Caller caller, TaskRef task, string tagName, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, precondition, key, (before, labels, _) => before!.RemoveTag(labels.Tags[0])) { TagNames = [tagName] }, cancellation);

    public Task<Result<Written>> CompleteAsync(Caller caller, TaskRef task, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, precondition, key, (before, _, _) => before!.Complete()), cancellation);

    public Task<Result<Written>> ReopenAsync(Caller caller, TaskRef task, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, precondition, key, (before, _, _) => before!.Reopen()), cancellation);

    public Task<Result<Written>> DeleteAsync(Caller caller, TaskRef task, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, precondition, key, (before, _, _) => before!.Delete()), cancellation);

    /// <summary>Takes a deleted task back, as long as it has not been purged.</summary>
    public Task<Result<Written>> RestoreAsync(Caller caller, TaskRef task, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, precondition, key, (before, _, _) => before!.Restore()) { ReachesDeleted = true }, cancellation);

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
            var (labels, labelsRevision) = labelNames.Recall(verb.Caller.WorkspaceId, verb.TagNames, verb.CategoryId, now);
            if (found is not null && verb.Precondition.SeesLabels)
            {
                // The condition is on what the task looks like, so the batch must not be committed over other labels than those it was compared with.
                if (verb.NeedsLabels && labelsRevision != found.Tag.LabelsRevision)
                {
                    break;
                }
                labelsRevision = found.Tag.LabelsRevision;
            }
            var decision = Decide(verb, newId, found, labels, now);
            if (!decision.IsOk)
            {
                return await RefuseAsync(verb, decision.Error, cancellation);
            }
            var change = decision.Value;
            if (!labels.IsComplete)
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
                AddChange(batch, verb.Caller, change, now, onlyWithLabels: verb.NeedsLabels || verb.Precondition.SeesLabels ? labelsRevision : null);
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
        opening.Add($"SELECT {LabelsStamp.Columns} FROM {Access.From} WHERE {Access.Where} FOR UPDATE OF w").WithCaller(caller);
        // A number nobody has and no id, where a task is to be made.
        var (targetId, targetNumber) = (verb.Target is { Number: 0 } byId ? byId.Id : default(Guid?), verb.Target?.Number ?? 0);
        opening.Add($"SELECT {TaskTable.Columns} FROM tasks t WHERE t.workspace_id = $1 AND (t.task_id = $2 OR t.number = $3)")
            .With(caller.WorkspaceId).WithId(targetId).With(targetNumber);
        // The labels that the request names, and those that the task has.
        opening.Add($"""
            SELECT {LabelSet.Columns}
              FROM (SELECT label_id FROM labels WHERE workspace_id = $1 AND kind = {(short)LabelKind.Tag} AND name_key = ANY ($4)
                    UNION SELECT $5
                    UNION SELECT unnest(t.tag_ids || t.category_id) FROM tasks t WHERE t.workspace_id = $1 AND (t.task_id = $2 OR t.number = $3)) i(id)
            {LabelSet.Join}
             WHERE i.id IS NOT NULL
            """)
            .With(caller.WorkspaceId).WithId(targetId).With(targetNumber).With(verb.TagNames.Select(Text.NameKey).Distinct().ToArray()).WithId(verb.CategoryId);

        LabelsStamp? labelsAt = null;
        var known = new LabelSet();
        TaskItem? before = null;
        try
        {
            await using var rows = await opening.Statements.ExecuteReaderAsync(CancellationToken.None);
            if (await rows.ReadAsync(CancellationToken.None))
            {
                labelsAt = LabelsStamp.Read(rows, 0);
            }
            await rows.NextResultAsync(CancellationToken.None);
            if (await rows.ReadAsync(CancellationToken.None))
            {
                before = TaskTable.Read(rows, 0);
            }
            await rows.NextResultAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                known.Add(rows, 0);
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
        if (labelsAt is not { } labelsNow)
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
            var found = before is null ? null : reader.View(known, before, labelsNow);
            before = found?.Task;
            decision = Decide(verb, newId, found, known.Resolve(verb.TagNames, verb.CategoryId, isAll: true, now), now);
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
        foreach (var tag in change.NewTags)
        {
            known.Add(tag);
        }
        labelNames.Remember(caller.WorkspaceId, labelsNow.Revision, known);
        return change.Events.Length > 0
            ? await WrittenAsync(caller, change, advanced)
            : new Written(await reader.ViewAsync(caller.WorkspaceId, before!, labelsNow, cancellation), IsReplay: false);
    }

    private static Result<Change> Decide(Verb verb, Guid newId, TaskView? found, ResolvedLabels labels, DateTime now)
    {
        var before = found?.Task;
        if (before is { IsDeleted: true } && !verb.ReachesDeleted)
        {
            return ErrorCode.NotFound;
        }
        if (found is not null && verb.Precondition.Refuse(found.Tag, found.ChangedAt, now) is { } refusal)
        {
            return refusal;
        }
        var events = verb.Decide(before, labels, now);
        return events.IsOk ? new Change(before?.Id ?? newId, before, events.Value, labels) : events.Error;
    }

    /// <summary>The workspace's row first, then new tags, the task, and the events in their order.</summary>
    private static void AddChange(WorkspaceBatch batch, Caller caller, Change change, DateTime now, long? onlyWithLabels)
    {
        var newTags = change.NewTags;
        // Number and time are the workspace's to give; nothing that is written from this draft depends on them.
        var after = change.After(caller.UserId, change.Before?.Number ?? 0, now);
        batch.Advance(caller, newTags.Count + change.Events.Length, Counts(change.Before, after), now, onlyWithLabels);

        var following = newTags.Count + change.Events.Length;
        foreach (var tag in newTags)
        {
            LabelTable.AddNew(batch, caller, tag.Id, LabelKind.Tag, tag.Name, color: null, --following);
        }

        if (change.Before is null)
        {
            batch.Add(TaskTable.Insert).WithNew(caller.WorkspaceId, after);
        }
        else
        {
            batch.Add(TaskTable.Update).WithChanged(caller.WorkspaceId, after, change.ExpectedVersion);
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
        return new Written(await reader.ViewAsync(caller.WorkspaceId, after, advanced.Labels, CancellationToken.None), IsReplay: false);
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
