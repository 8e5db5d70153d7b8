using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>Operations to be done in one transaction, one after the other.</summary>
/// <param name="IsAtomic">The first that is refused undoes all.</param>
internal sealed record TaskWork(Caller Caller, IdempotencyKey? Key, bool IsAtomic)
{
    public IReadOnlyList<TaskOperation> Operations { get; init; } = [];

    /// <summary>Comes to the operations once nobody else can change what they are chosen by, or to why there are none; null where they are known before.</summary>
    public Func<Held, Task<Result<IReadOnlyList<TaskOperation>>>>? Choose { get; init; }

    /// <summary>Decided before all others and written by none; where it is refused, so is all of it.</summary>
    public TaskOperation? Trial { get; init; }

    /// <summary>All is decided as if it were to be done, on a snapshot in the place of the lock, and nothing is written; no key is taken.</summary>
    public bool IsRehearsal { get; init; }

    /// <summary>What is remembered under the key: a task as of a version, or an outcome of its own.</summary>
    public required Func<TaskWorkDone, (Guid? StreamId, int? Version, string? Outcome)> Remember { get; init; }
}

/// <summary>A workspace that stays as it is while the connection's transaction lasts.</summary>
internal sealed record Held(NpgsqlConnection Connection, WorkspaceMoment Moment, long LastTaskNumber);

/// <param name="Outcomes">For each operation the task after it, or why it was refused.</param>
/// <param name="Moment">Where the workspace stands after all of it.</param>
internal sealed record TaskWorkDone(IReadOnlyList<Result<TaskView>> Outcomes, WorkspaceMoment Moment);

/// <summary>
/// Writes tasks under the lock of their workspace: what is decided on cannot change, so any number of operations are read in one round trip,
/// decided in memory, and written in another. Certain, and no dearer for a hundred than for a few. Only an operation that is about the tasks around its
/// own reads these on its way.
/// </summary>
internal sealed class LockedTaskWriter(Database database, LabelNames labelNames, TaskReader reader, TimeProvider time)
{
    /// <summary>
    /// Gives for each operation the task after it or why it was refused. Where all or nothing was wanted, the last one is the refusal, and
    /// nothing was done. Null when the key is known.
    /// </summary>
    public async Task<Result<TaskWorkDone>?> WriteAsync(TaskWork work, CancellationToken cancellation)
    {
        var (caller, now, isChosen) = (work.Caller, time.NowUtc(), work.Choose is not null);
        // How tasks are best chosen depends on the values of the filter.
        await using var connection = await (isChosen ? database.OpenPlannedAsync(cancellation) : database.OpenAsync(cancellation));
        await using var write = new LockedWrite(database, connection, caller, work.Key) { IsRehearsal = work.IsRehearsal };
        Ledger? ledger = null;
        var opened = await write.OpenAsync($"{LabelsStamp.Columns}, w.last_task_number, {WorkspaceMoment.Columns}", AddFirstReading, ReadAsync, now, cancellation);
        if (!opened.IsOk)
        {
            return opened.Error;
        }
        if (!opened.Value)
        {
            return null;
        }

        var operations = work.Operations;
        if (isChosen)
        {
            var chosen = await work.Choose!(new Held(connection, ledger!.Before, ledger.LastTaskNumber));
            if (!chosen.IsOk)
            {
                await write.RollBackAsync();
                return chosen.Error;
            }
            operations = chosen.Value;
            await using var reading = new WorkspaceBatch(database, connection, caller.WorkspaceId);
            AddReading(reading, caller, work.Trial is null ? operations : [.. operations, work.Trial]);
            await using var rows = await reading.Statements.ExecuteReaderAsync(CancellationToken.None);
            await ledger.ReadAsync(rows);
        }
        if (work.Trial is { } trial && ledger!.Try(trial, now) is { } refused)
        {
            await write.RollBackAsync();
            return refused;
        }
        List<Result<TaskView>> outcomes;
        try
        {
            outcomes = await ledger!.DecideAsync(operations, work.IsAtomic, now);
        }
        catch
        {
            await write.RollBackAsync();
            throw;
        }
        if (work.IsRehearsal || (work.IsAtomic && outcomes is [.., { IsOk: false }]))
        {
            await write.RollBackAsync();
            return new TaskWorkDone(outcomes, ledger.Before);
        }
        var done = new TaskWorkDone(outcomes, ledger.After);

        var written = await write.CommitAsync(work.Key is null ? default : work.Remember(done), batch => ledger.AddTo(batch, now), cancellation);
        if (!written.IsOk)
        {
            return written.Error;
        }
        ledger.Teach(labelNames);
        return done;

        void AddFirstReading(WorkspaceBatch batch)
        {
            if (!isChosen)
            {
                AddReading(batch, caller, work.Operations);
            }
        }

        async Task ReadAsync(NpgsqlDataReader rows)
        {
            var moment = WorkspaceMoment.Read(rows, 3, database);
            ledger = new Ledger(connection, caller, reader, LabelsStamp.Read(rows, 0), rows.GetInt64(2), Later(now, moment.ChangedAt), moment);
            if (!isChosen)
            {
                await rows.NextResultAsync(CancellationToken.None);
                await ledger.ReadAsync(rows);
            }
        }
    }

    /// <summary>The tasks that the operations are about or name, then every label that they or the operations name, then of those whom they name the members.</summary>
    private static void AddReading(WorkspaceBatch batch, Caller caller, IReadOnlyList<TaskOperation> operations)
    {
        var named = operations.SelectMany(operation => operation.Others).Concat(operations.Select(operation => operation.Target).OfType<TaskRef>()).ToList();
        Guid[] ids = [.. named.Where(task => task.Number == 0).Select(task => task.Id).Distinct()];
        long[] numbers = [.. named.Where(task => task.Number > 0).Select(task => task.Number).Distinct()];
        const string tasks = "tasks t WHERE t.workspace_id = $1 AND (t.task_id = ANY ($2) OR t.number = ANY ($3))";
        batch.Add($"SELECT {TaskTable.Columns} FROM {tasks}").With(caller.WorkspaceId).With(ids).With(numbers);
        batch.Add($"""
            SELECT {LabelSet.Columns}
              FROM (SELECT label_id FROM labels WHERE workspace_id = $1 AND kind = {(short)LabelKind.Tag} AND name_key = ANY ($4)
                    UNION SELECT unnest($5)
                    UNION SELECT unnest(t.tag_ids || t.category_id) FROM {tasks}) i(id)
            {LabelSet.Join}
             WHERE i.id IS NOT NULL
            """)
            .With(caller.WorkspaceId).With(ids).With(numbers)
            .With(operations.SelectMany(operation => operation.TagNames).Select(Text.NameKey).Distinct().ToArray())
            .With(operations.SelectMany(operation => operation.CategoryId is { } category ? [.. operation.TagIds, category] : operation.TagIds).Distinct().ToArray());
        if (operations.Select(operation => operation.AssigneeId).OfType<Guid>().Distinct().ToArray() is { Length: > 0 } assignees)
        {
            batch.Add("SELECT user_id FROM members WHERE workspace_id = $1 AND user_id = ANY ($2)").With(caller.WorkspaceId).With(assignees);
        }
    }

    private static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;

    /// <summary>The tasks of a transaction, as they are after the operations that have been decided so far, and what of it has to be written.</summary>
    /// <param name="before">Where the workspace stands before all of it.</param>
    private sealed class Ledger(NpgsqlConnection connection, Caller caller, TaskReader reader, LabelsStamp labelsAt, long lastTaskNumber, DateTime at, WorkspaceMoment before)
    {
        private readonly Dictionary<Guid, TaskItem> tasks = [];
        private readonly Dictionary<long, Guid> idsByNumber = [];
        private readonly LabelSet labels = new();
        private readonly HashSet<Guid> members = [];
        private readonly List<(TaskChange Change, TaskItem After)> changes = [];
        private readonly List<SubtaskChange> counts = [];

        /// <summary>The tasks whose children have been read.</summary>
        private readonly HashSet<Guid> withChildren = [];
        private long lastNumber = lastTaskNumber;

        public long LastTaskNumber { get; } = lastTaskNumber;

        public WorkspaceMoment Before => before;

        /// <summary>Where the workspace stands once all that has been decided is written.</summary>
        public WorkspaceMoment After => changes.Count == 0 ? before : before with { Revision = before.Revision + Events, ChangedAt = at };

        private int Events => changes.Sum(made => made.Change.NewTags.Count + made.Change.Events.Length);

        /// <summary>Reads what <see cref="AddReading"/> asked for.</summary>
        public async Task ReadAsync(NpgsqlDataReader rows)
        {
            while (await rows.ReadAsync(CancellationToken.None))
            {
                Keep(TaskTable.Read(rows, 0)!);
            }
            await rows.NextResultAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                labels.Add(rows, 0);
            }
            if (await rows.NextResultAsync(CancellationToken.None))
            {
                while (await rows.ReadAsync(CancellationToken.None))
                {
                    members.Add(rows.GetGuid(0));
                }
            }
        }

        /// <summary>Why an operation on no task is refused; null when it is not.</summary>
        public Error? Try(TaskOperation trial, DateTime now) => trial.Decide(null, new Surroundings { Members = members }, labels.Resolve(trial, isAll: true, now), now).Error;

        public async Task<List<Result<TaskView>>> DecideAsync(IReadOnlyList<TaskOperation> operations, bool isAtomic, DateTime now)
        {
            var newIds = Ids.NewInOrder(now, operations.Count);
            var outcomes = new List<Result<TaskView>>(operations.Count);
            foreach (var operation in operations)
            {
                var outcome = await DecideAsync(operation, newIds[outcomes.Count], now);
                outcomes.Add(outcome.IsOk ? reader.View(labels, outcome.Value, labelsAt) : outcome.Error);
                if (isAtomic && !outcome.IsOk)
                {
                    break;
                }
            }
            return outcomes;
        }

        /// <summary>The workspace's row first, then new tags, the tasks, and the events in their order.</summary>
        public void AddTo(WorkspaceBatch batch, DateTime now)
        {
            if (changes.Count == 0)
            {
                return;
            }
            var following = Events;
            var moved = changes.Aggregate(default(CountChange), (sum, made) => sum + made.Change.Counts(made.After));
            batch.Advance(caller, following, moved, now, onlyWithLabels: null);

            var events = new List<LoggedEvent>(following);
            // A task that several operations have changed is written once, as it is in the end.
            var last = new Dictionary<Guid, int>();
            foreach (var (change, after) in changes)
            {
                foreach (var tag in change.NewTags)
                {
                    LabelTable.AddNew(batch, caller, tag.Id, LabelKind.Tag, tag.Name, color: null, --following);
                }
                var version = change.ExpectedVersion;
                foreach (var taskEvent in change.Events)
                {
                    var (data, before) = taskEvent.ToJson();
                    long? number = taskEvent is TaskEvent.Created ? after.Number : null;
                    events.Add(new LoggedEvent(--following, change.StreamId, ++version, taskEvent.Name, number, data, before));
                }
                last[change.StreamId] = following;
            }
            var created = changes.Where(made => made.Change.Before is null).Select(made => made.Change.StreamId).ToHashSet();
            AddRows(batch, TaskTable.InsertMany, last.Where(task => created.Contains(task.Key)));
            AddRows(batch, TaskTable.UpdateMany, last.Where(task => !created.Contains(task.Key)));
            TaskTable.AddCounts(batch, caller.WorkspaceId, counts);
            batch.AppendMany(events, caller.UserId, caller.RequestId);
        }

        /// <summary>Lets others know the labels that were read and made.</summary>
        public void Teach(LabelNames names) => names.Remember(caller.WorkspaceId, labelsAt.Revision, labels);

        private async Task<Result<TaskItem>> DecideAsync(TaskOperation operation, Guid newId, DateTime now)
        {
            var before = Find(operation.Target);
            if (operation.Target is not null && before is null)
            {
                return ErrorCode.NotFound;
            }
            var found = before is null ? null : reader.View(labels, before, labelsAt);
            before = found?.Task;
            var around = operation.IsDecidedUnderLock(before, caller) ? await LookAroundAsync(operation, before) : Surroundings.None;
            around = operation.AssigneeId is null ? around : around with { Members = members };
            var decision = operation.On(newId, found, labels.Resolve(operation, isAll: true, now), now, around);
            if (!decision.IsOk)
            {
                return decision.Error;
            }
            foreach (var (task, events) in operation.OnThoseBelow(around))
            {
                Make(new TaskChange(task.Id, tasks[task.Id], events, ResolvedLabels.None));
            }
            var change = decision.Value;
            foreach (var tag in change.NewTags)
            {
                labels.Add(tag);
            }
            // What was done to those below has moved its counts.
            Make(before is null ? change : change with { Before = before with { Subtasks = tasks[before.Id].Subtasks } });
            if (Array.Exists(change.Events, taskEvent => taskEvent is TaskEvent.Restored))
            {
                foreach (var (task, events) in operation.OnThoseThatReturn(tasks[change.StreamId], around))
                {
                    Make(new TaskChange(task.Id, tasks[task.Id], events, ResolvedLabels.None));
                }
            }
            return tasks[change.StreamId];
        }

        /// <summary>Takes a change into the tasks and into what has to be written.</summary>
        private void Make(TaskChange change)
        {
            if (change.Events.Length == 0)
            {
                return;
            }
            var after = change.After(caller.UserId, change.Before?.Number ?? ++lastNumber, at);
            Keep(after);
            changes.Add((change, after));
            foreach (var moved in change.SubtaskChanges())
            {
                counts.Add(moved);
                if (tasks.TryGetValue(moved.ParentId, out var parent))
                {
                    Keep(parent with { Subtasks = new Subtasks(parent.Subtasks.Total + moved.Total, parent.Subtasks.Done + moved.Done, at) });
                }
            }
        }

        /// <summary>
        /// Reads what the decision has to know of other tasks, as far as it is not in the ledger. Most operations want a task or two; however many
        /// there are, they are read level by level, and there are few levels.
        /// </summary>
        private async Task<Surroundings> LookAroundAsync(TaskOperation operation, TaskItem? task)
        {
            switch (operation.Kind)
            {
                case TaskOperation.Verb.Edit when operation.Parent.Or(null) is { } parent:
                    return new Surroundings { Above = await AboveAsync(Find(parent)), Levels = task is null ? 1 : await LevelsAsync(task) };
                case TaskOperation.Verb.Complete:
                case TaskOperation.Verb.Delete when operation.Subtasks == SubtaskFate.Follow:
                    return new Surroundings { Below = await BelowAsync(task!) };
                case TaskOperation.Verb.Delete when operation.Subtasks == SubtaskFate.Keep:
                    return new Surroundings { Below = await ChildrenAsync([task!]) };
                case TaskOperation.Verb.Restore when task is { IsDeleted: true }:
                    return new Surroundings { Above = await AboveAsync(await FindAsync(task.ParentId ?? task.FormerParentId)), Former = await FormerChildrenAsync(task.Id) };
                case TaskOperation.Verb.Undo when await OwnChange.ReadAsync(connection, caller, task!.Id) is { } own:
                    return await LookBackAsync(own, task);
                case TaskOperation.Verb.Move:
                    return new Surroundings { Gap = await GapAsync(operation.Spot!, task!), LastNumber = lastNumber };
                default:
                    return Surroundings.None;
            }
        }

        /// <summary>What has become of all that a change named before it was made.</summary>
        private async Task<Surroundings> LookBackAsync(OwnChange own, TaskItem task)
        {
            own = own with { Before = await WithLabelsOfNowAsync(own.Before, task), After = await WithLabelsOfNowAsync(own.After, task) };
            if (own.Before.FormerParentId.Or(null) is { } formerParent && await FindAsync(formerParent) is not { IsDeleted: true })
            {
                // It was restored, or purged: nobody waits for it any more.
                own = own with { Before = own.Before with { FormerParentId = default } };
            }
            var parent = own.Before.ParentId.IsSet ? own.Before.ParentId.Value : own.Restores ? task.ParentId ?? task.FormerParentId : null;
            if (own.Before.AssigneeId.Or(null) is { } assignee
                && await connection.FindsAsync("SELECT 1 FROM members WHERE workspace_id = $1 AND user_id = $2", parameters => parameters.With(caller.WorkspaceId).With(assignee)))
            {
                members.Add(assignee);
            }
            return new Surroundings
            {
                Own = own,
                Members = members,
                Above = await AboveAsync(await FindAsync(parent)),
                Levels = await LevelsAsync(task),
                Below = own.Deletes ? await ChildrenAsync([task]) : [],
                Former = own.Restores ? await FormerChildrenAsync(task.Id) : [],
                Gap = own.Before.Position.IsSet ? await TakenAsync(own.Before.Position.Value ?? Position.Of(task.Number), task.Id) : null,
                LastNumber = lastNumber,
            };
        }

        /// <summary>Some members of a task with the labels that they lead to now; those that are gone are left out, as they are of every task.</summary>
        private async Task<TaskDelta> WithLabelsOfNowAsync(TaskDelta delta, TaskItem task)
        {
            var labelled = task with { CategoryId = delta.CategoryId.Or(null), TagIds = delta.TagIds.Or([]) };
            HashSet<Guid>? unknown = null;
            labels.AddUnknown(labelled, ref unknown);
            if (unknown is not null)
            {
                await using var command = new NpgsqlCommand($"SELECT {LabelSet.Columns} FROM unnest($2) i(id) {LabelSet.Join}", connection);
                command.Parameters.With(caller.WorkspaceId).With(unknown.ToArray());
                await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
                while (await rows.ReadAsync(CancellationToken.None))
                {
                    labels.Add(rows, 0);
                }
            }
            var (shown, _, _) = labels.Show(labelled);
            return delta with { CategoryId = delta.CategoryId.IsSet ? shown.CategoryId : delta.CategoryId, TagIds = delta.TagIds.IsSet ? shown.TagIds : delta.TagIds };
        }

        /// <summary>A place in the order by hand and the next one, where a task other than this one stands there; else null.</summary>
        private async Task<(string? Low, string? High)?> TakenAsync(string key, Guid except)
        {
            var number = Position.NumberUpTo(key, orAt: true);
            var isTaken = await connection.FindsAsync(
                "SELECT 1 FROM tasks t WHERE t.workspace_id = $1 AND t.task_id <> $2 AND (t.position = $3 OR (t.position IS NULL AND t.number = $4)) LIMIT 1",
                parameters => parameters.With(caller.WorkspaceId).With(except).With(key).With(number is > 0 and < long.MaxValue && Position.Of(number) == key ? number : 0));
            return isTaken ? (key, await NearestAsync(key, isUp: true, except)) : null;
        }

        /// <summary>A task that is not deleted, and those above it.</summary>
        private async Task<List<TaskItem>> AboveAsync(TaskItem? nearest)
        {
            var above = new List<TaskItem>();
            for (var task = nearest; task is { IsDeleted: false }; task = await FindAsync(task.ParentId))
            {
                above.Add(task);
            }
            return above;
        }

        /// <summary>The tasks on all levels below, each behind its parent; null when there are more than are done at once.</summary>
        private async Task<IReadOnlyList<TaskItem>?> BelowAsync(TaskItem task)
        {
            var (below, level) = (new List<TaskItem>(), new List<TaskItem> { task });
            while (level.Count > 0 && below.Count <= Limits.SubtasksAtOnce)
            {
                if (below.Count + level.Sum(parent => (long)parent.Subtasks.Total) > Limits.SubtasksAtOnce)
                {
                    return null;
                }
                level = await ChildrenAsync(level);
                below.AddRange(level);
            }
            return below;
        }

        private async Task<int> LevelsAsync(TaskItem task)
        {
            var levels = 1;
            for (var level = new List<TaskItem> { task }; level.Exists(parent => parent.Subtasks.Total > 0) && levels <= Limits.TaskLevels; levels++)
            {
                level = await ChildrenAsync(level);
            }
            return levels;
        }

        /// <summary>The tasks directly below these.</summary>
        private async Task<List<TaskItem>> ChildrenAsync(IReadOnlyList<TaskItem> parents)
        {
            Guid[] unread = [.. parents.Where(parent => parent.Subtasks.Total > 0 && withChildren.Add(parent.Id)).Select(parent => parent.Id)];
            if (unread.Length > 0)
            {
                await ReadAsync("t.parent_id = ANY ($2) AND t.deleted_at IS NULL", unread);
            }
            var ids = parents.Select(parent => parent.Id).ToHashSet();
            return [.. tasks.Values.Where(task => task is { ParentId: { } parent, IsDeleted: false } && ids.Contains(parent)).OrderBy(task => task.Number)];
        }

        /// <summary>The tasks that lost this parent and go on without one, each with the levels that it takes.</summary>
        private async Task<List<(TaskItem Task, int Levels)>> FormerChildrenAsync(Guid parentId)
        {
            await ReadAsync("t.former_parent_id = ANY ($2) AND t.deleted_at IS NULL", [parentId]);
            var former = new List<(TaskItem, int)>();
            foreach (var child in tasks.Values.Where(task => task.FormerParentId == parentId && !task.IsDeleted).OrderBy(task => task.Number).Take(Limits.SubtasksOfATask).ToList())
            {
                former.Add((child, await LevelsAsync(child)));
            }
            return former;
        }

        private async Task<TaskItem?> FindAsync(Guid? id)
        {
            if (id is { } wanted && !tasks.ContainsKey(wanted))
            {
                await ReadAsync("t.task_id = ANY ($2)", [wanted]);
            }
            return id is { } known ? tasks.GetValueOrDefault(known) : null;
        }

        /// <summary>Reads tasks that may be in the ledger already: what stands there is newer.</summary>
        private async Task ReadAsync(string which, Guid[] ids)
        {
            await using var command = new NpgsqlCommand($"SELECT {TaskTable.Columns} FROM tasks t WHERE t.workspace_id = $1 AND {which}", connection);
            command.Parameters.With(caller.WorkspaceId).With(ids);
            await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                var task = TaskTable.Read(rows, 0)!;
                if (!tasks.ContainsKey(task.Id))
                {
                    Keep(task);
                }
            }
        }

        /// <summary>The keys around the place, the task itself left out. Deleted tasks keep their places.</summary>
        private async Task<(string? Low, string? High)?> GapAsync(Spot spot, TaskItem task)
        {
            if (spot.Anchor is null)
            {
                return spot.IsBehind ? (await NearestAsync(null, isUp: false, task.Id), null) : (null, await NearestAsync(null, isUp: true, task.Id));
            }
            if (Find(spot.Anchor) is not { IsDeleted: false } anchor)
            {
                return null;
            }
            return spot.IsBehind
                ? (anchor.PositionKey, await NearestAsync(anchor.PositionKey, isUp: true, task.Id))
                : (await NearestAsync(anchor.PositionKey, isUp: false, task.Id), anchor.PositionKey);
        }

        /// <summary>The key next to another one, in the ledger or else in the rows; null where there is none on that side.</summary>
        /// <param name="from">Null to begin outside: the first of all keys upwards, the last downwards.</param>
        private async Task<string?> NearestAsync(string? from, bool isUp, Guid except)
        {
            var nearest = tasks.Values.Where(task => task.Id != except).Select(task => task.PositionKey)
                .Where(key => from is null || (isUp ? string.CompareOrdinal(from, key) < 0 : string.CompareOrdinal(key, from) < 0)).ToList();
            var (compare, direction) = isUp ? (">", "ASC") : ("<", "DESC");
            // The last letter is z.
            var edge = from ?? (isUp ? "" : "~");
            string Moved(TaskState state) => $"""
                (SELECT t.position, NULL::bigint FROM tasks t WHERE t.workspace_id = $1 AND t.state = {(short)state} AND t.position {compare} $2 AND t.task_id <> ALL ($3)
                  ORDER BY t.position {direction} LIMIT 1)
                """;
            await using var command = new NpgsqlCommand(
                $"""
                {Moved(TaskState.Pending)} UNION ALL {Moved(TaskState.Done)} UNION ALL
                (SELECT NULL, t.number FROM tasks t WHERE t.workspace_id = $1 AND t.position IS NULL AND t.number {(isUp ? ">" : "<=")} $4 AND t.task_id <> ALL ($3)
                  ORDER BY t.number {direction} LIMIT 1)
                """,
                connection);
            command.Parameters.With(caller.WorkspaceId).With(edge).With(tasks.Keys.Append(except).ToArray()).With(Position.NumberUpTo(edge, orAt: isUp));
            await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                nearest.Add(rows.IsDBNull(0) ? Position.Of(rows.GetInt64(1)) : rows.GetString(0));
            }
            return isUp ? nearest.Min(StringComparer.Ordinal) : nearest.Max(StringComparer.Ordinal);
        }

        private void AddRows(WorkspaceBatch batch, string statement, IEnumerable<KeyValuePair<Guid, int>> rows)
        {
            var written = rows.Select(row => (tasks[row.Key], row.Value)).ToList();
            if (written.Count > 0)
            {
                batch.Add(statement).WithRows(caller.WorkspaceId, written);
            }
        }

        private TaskItem? Find(TaskRef? target) => target switch
        {
            null => null,
            { Number: > 0 } byNumber => idsByNumber.TryGetValue(byNumber.Number, out var id) ? tasks[id] : null,
            { } byId => tasks.GetValueOrDefault(byId.Id),
        };

        private void Keep(TaskItem task)
        {
            tasks[task.Id] = task;
            idsByNumber[task.Number] = task.Id;
        }
    }
}
