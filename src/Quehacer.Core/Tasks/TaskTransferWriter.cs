using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>
/// Moves a task into another workspace, with all that lies below it, its notes and its history, in one transaction that holds the locks of both
/// workspaces: nobody ever finds it in both, or in neither. It keeps its id and goes on with its version; its number is the next of the other workspace.
/// </summary>
/// <remarks>
/// What was said of it goes along and is left in no other place. So whoever deletes it for good later, or a note of it, need reach for nothing that lies
/// elsewhere, and the log that it leaves keeps that it was there, as after a purge.
/// </remarks>
public sealed class TaskTransferWriter(Database database, TaskReader reader, TimeProvider time)
{
    /// <summary>What is read under the locks.</summary>
    private sealed class Found
    {
        /// <summary>The labels of the workspace that the task leaves, when they last changed.</summary>
        public LabelsStamp LabelsAt { get; set; }

        /// <summary>The same of the one that it comes into.</summary>
        public LabelsStamp LabelsThere { get; set; }

        public long LastNumberThere { get; set; }

        /// <summary>The time of all that is written there.</summary>
        public DateTime At { get; set; }

        /// <summary>The task, then those below it, each behind its parent.</summary>
        public List<TaskItem> Tasks { get; } = [];

        /// <summary>The labels that these have.</summary>
        public LabelSet Labels { get; } = new();

        public List<Note> Notes { get; } = [];

        /// <summary>Of those who are to do these tasks, who is in the other workspace.</summary>
        public HashSet<Guid> Members { get; } = [];
    }

    /// <summary>The task in the other workspace, and what has to be written there.</summary>
    private sealed class Arrival
    {
        /// <summary>Tags and categories of the names that the tasks have, found or made.</summary>
        public LabelSet Labels { get; } = new();

        public List<LabelFace> NewLabels { get; } = [];

        public List<(TaskItem Task, TaskEvent.MovedIn Event)> Tasks { get; } = [];

        public List<(Note Note, NoteEvent.MovedIn Event)> Notes { get; } = [];
    }

    /// <summary>
    /// Moves the task out of the caller's workspace. The caller must be allowed to write in both; <see cref="ErrorCode.NotFound"/> for a task that is not there
    /// or deleted, and for a workspace that the caller does not see.
    /// </summary>
    /// <param name="to">The workspace that it goes into. The one where it is, is refused.</param>
    /// <param name="subtasks"><see cref="SubtaskFate.Follow"/>, or <see cref="SubtaskFate.Refuse"/> to move a task only while it has none.</param>
    /// <returns>The task as it is in the other workspace.</returns>
    public async Task<Result<Written>> TransferAsync(
        Caller caller, TaskRef task, Guid to, SubtaskFate subtasks, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (to == caller.WorkspaceId)
        {
            return Error.Invalid([new FieldError(Field.ToWorkspace, FieldFault.Contradiction, Name: "id")]);
        }
        var now = time.NowUtc();
        var found = new Found();
        await using var connection = await database.OpenAsync(cancellation);
        await using var write = new LockedWrite(database, connection, caller, key) { Other = to };
        var opened = await write.OpenAsync(LabelsStamp.Columns, AddReading, ReadAsync, now, cancellation);
        if (!opened.IsOk)
        {
            return opened.Error;
        }
        if (!opened.Value)
        {
            return await ReplayAsync(caller, to, key!, cancellation);
        }
        Arrival arrival;
        try
        {
            if (await ReadOnAsync(connection, caller, to, found, subtasks, precondition, now) is { } refusal)
            {
                await write.RollBackAsync();
                return refusal;
            }
            arrival = await ArriveAsync(connection, caller, to, found, now);
        }
        catch
        {
            await write.RollBackAsync();
            throw;
        }
        var root = arrival.Tasks[0].Task;
        var written = await write.CommitAsync((root.Id, root.Version, null), batch => AddWriting(batch, caller, to, found, arrival, now), cancellation);
        return written.IsOk ? new Written(reader.View(arrival.Labels, root, found.LabelsThere), IsReplay: false) : written.Error;

        void AddReading(WorkspaceBatch batch)
        {
            batch.Add($"SELECT {LabelsStamp.Columns}, w.last_task_number, w.changed_at FROM workspaces w WHERE w.workspace_id = $1").With(to);
            NoteReader.WithTask(
                batch.Add($"SELECT {TaskTable.Columns} FROM tasks t WHERE t.workspace_id = $1 AND t.{(task.Number > 0 ? "number" : "task_id")} = $2 AND t.deleted_at IS NULL").With(caller.WorkspaceId),
                task);
        }

        async Task ReadAsync(NpgsqlDataReader rows)
        {
            found.LabelsAt = LabelsStamp.Read(rows, 0);
            await rows.NextResultAsync(CancellationToken.None);
            await rows.ReadAsync(CancellationToken.None);
            (found.LabelsThere, found.LastNumberThere) = (LabelsStamp.Read(rows, 0), rows.GetInt64(2));
            found.At = rows.GetDateTime(3) is var last && last > now ? last : now;
            await rows.NextResultAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                found.Tasks.Add(TaskTable.Read(rows, 0)!);
            }
        }
    }

    /// <summary>Reads whatever goes along. Gives why nothing is moved, or null.</summary>
    private async Task<Error?> ReadOnAsync(
        NpgsqlConnection connection, Caller caller, Guid to, Found found, SubtaskFate subtasks, Precondition precondition, DateTime now)
    {
        if (found.Tasks.Count == 0)
        {
            return new Error(ErrorCode.NotFound);
        }
        for (List<TaskItem> level = [found.Tasks[0]]; level.Exists(parent => parent.Subtasks.Total > 0);)
        {
            if (subtasks == SubtaskFate.Refuse)
            {
                break;
            }
            if (found.Tasks.Count - 1 + level.Sum(parent => (long)parent.Subtasks.Total) > Limits.SubtasksAtOnce)
            {
                return Error.Invalid(Field.SubtasksOfTransfer, FieldFault.TooMany, Limits.SubtasksAtOnce);
            }
            level = await BelowAsync(connection, caller, level);
            found.Tasks.AddRange(level);
        }
        var ids = found.Tasks.Select(task => task.Id).ToArray();
        await using (var batch = new WorkspaceBatch(database, connection, caller.WorkspaceId))
        {
            batch.Add($"""
                SELECT {LabelSet.Columns} FROM (SELECT DISTINCT unnest(t.tag_ids || t.category_id) FROM tasks t WHERE t.workspace_id = $1 AND t.task_id = ANY ($2)) i(id)
                {LabelSet.Join} WHERE i.id IS NOT NULL
                """).With(caller.WorkspaceId).With(ids);
            batch.Add($"SELECT {NoteTable.Columns} FROM notes n WHERE n.workspace_id = $1 AND n.task_id = ANY ($2) ORDER BY n.note_id LIMIT {Limits.NotesOfATransfer + 1}")
                .With(caller.WorkspaceId).With(ids);
            batch.Add("SELECT user_id FROM members WHERE workspace_id = $1 AND user_id = ANY ($2)").With(to).With(found.Tasks.Select(task => task.AssigneeId).OfType<Guid>().Distinct().ToArray());
            await using var rows = await batch.Statements.ExecuteReaderAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                found.Labels.Add(rows, 0);
            }
            await rows.NextResultAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                found.Notes.Add(NoteTable.Read(rows, 0));
            }
            await rows.NextResultAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                found.Members.Add(rows.GetGuid(0));
            }
        }
        var view = reader.View(found.Labels, found.Tasks[0], found.LabelsAt);
        if (precondition.Refuse(view.Tag, view.ChangedAt, now) is { } refusal)
        {
            return refusal;
        }
        if (subtasks == SubtaskFate.Refuse && found.Tasks[0].Subtasks.Total is > 0 and var left)
        {
            return Error.Invalid(Field.SubtasksOfTransfer, FieldFault.SubtasksLeft, left);
        }
        if (found.Notes.Count > Limits.NotesOfATransfer)
        {
            return Error.Invalid(Field.ToWorkspace, FieldFault.TooMany, Limits.NotesOfATransfer);
        }
        return await CountEventsAsync(connection, caller, StreamsOf(found)) > Limits.EventsOfATransfer ? Error.Invalid(Field.ToWorkspace, FieldFault.TooMany, Limits.EventsOfATransfer) : null;
    }

    private static async Task<List<TaskItem>> BelowAsync(NpgsqlConnection connection, Caller caller, List<TaskItem> parents)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT {TaskTable.Columns} FROM tasks t WHERE t.workspace_id = $1 AND t.parent_id = ANY ($2) AND t.deleted_at IS NULL ORDER BY t.number", connection);
        command.Parameters.With(caller.WorkspaceId).With(parents.Select(parent => parent.Id).ToArray());
        await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
        var below = new List<TaskItem>();
        while (await rows.ReadAsync(CancellationToken.None))
        {
            below.Add(TaskTable.Read(rows, 0)!);
        }
        return below;
    }

    private static async Task<long> CountEventsAsync(NpgsqlConnection connection, Caller caller, Guid[] streams)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT (SELECT count(*) FROM events WHERE workspace_id = $1 AND stream_id = ANY ($2)) + (SELECT count(*) FROM carried_events WHERE workspace_id = $1 AND stream_id = ANY ($2))
            """,
            connection);
        command.Parameters.With(caller.WorkspaceId).With(streams);
        return (long)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    private static Guid[] StreamsOf(Found found) => [.. found.Tasks.Select(task => task.Id), .. found.Notes.Select(note => note.Id)];

    /// <summary>Decides what all of it is in the other workspace: its labels go by their names there, and are made where there are none.</summary>
    private static async Task<Arrival> ArriveAsync(NpgsqlConnection connection, Caller caller, Guid to, Found found, DateTime now)
    {
        var arrival = new Arrival();
        var shown = found.Tasks.ConvertAll(task => found.Labels.Show(task));
        await using (var command = new NpgsqlCommand(
            $"""
            SELECT l.label_id, l.label_id, l.kind, l.name, l.name_key, l.color FROM labels l
             WHERE l.workspace_id = $1 AND l.merged_into IS NULL
               AND ((l.kind = {(short)LabelKind.Tag} AND l.name_key = ANY ($2)) OR (l.kind = {(short)LabelKind.Category} AND l.name_key = ANY ($3)))
            """,
            connection))
        {
            command.Parameters.With(to).With(shown.SelectMany(one => one.Tags).Select(Text.NameKey).Distinct().ToArray())
                .With(shown.Select(one => one.Category).OfType<LabelFace>().Select(category => Text.NameKey(category.Name)).Distinct().ToArray());
            await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None))
            {
                arrival.Labels.Add(rows, 0);
            }
        }
        Guid Make(LabelKind kind, string name, string? color)
        {
            var made = new LabelFace(Ids.New(now), kind, name, color);
            arrival.Labels.Add(made);
            arrival.NewLabels.Add(made);
            return made.Id;
        }

        var moved = found.Tasks.Select(task => task.Id).ToHashSet();
        var number = found.LastNumberThere;
        for (var i = 0; i < shown.Count; i++)
        {
            var (task, tags, category) = shown[i];
            Guid[] tagIds = [.. tags.Select(name => arrival.Labels.TagOf(name) ?? Make(LabelKind.Tag, name, color: null))];
            var categoryId = category is null ? default(Guid?) : arrival.Labels.CategoryOf(category.Name) ?? Make(LabelKind.Category, category.Name, category.Color);
            var moveIn = task.MoveIn(
                caller.WorkspaceId, task.ParentId is { } parent && moved.Contains(parent) ? parent : null, categoryId, tagIds,
                isAssigneeThere: task.AssigneeId is { } assignee && found.Members.Contains(assignee));
            var after = TaskItem.Apply(null, moveIn, new EventStamp(task.Id, task.Version + 1, ++number, caller.UserId, found.At));
            // Who has subtasks gets them there one by one.
            arrival.Tasks.Add((after with { Subtasks = task.Subtasks with { ChangedAt = task.Subtasks.Total > 0 ? found.At : null } }, moveIn));
        }
        foreach (var note in found.Notes)
        {
            var moveIn = new NoteEvent.MovedIn(note.TaskId, note.AuthorId, note.Text, note.UpdatedAt, caller.WorkspaceId);
            arrival.Notes.Add((Note.Apply(null, moveIn, new EventStamp(note.Id, note.Version + 1, Number: null, caller.UserId, found.At)), moveIn));
        }
        return arrival;
    }

    private static void AddWriting(WorkspaceBatch here, Caller caller, Guid to, Found found, Arrival arrival, DateTime now)
    {
        var (there, arriving) = (here.In(to), caller with { WorkspaceId = to });
        var done = found.Tasks.Count(task => task.State == TaskState.Done);
        var leaving = new CountChange(Numbers: 0, Pending: done - found.Tasks.Count, Done: -done, Deleted: 0);
        here.Advance(caller, found.Tasks.Count + found.Notes.Count, leaving, now, onlyWithLabels: null);
        there.Advance(
            arriving, arrival.NewLabels.Count + found.Tasks.Count + found.Notes.Count, new CountChange(found.Tasks.Count, -leaving.Pending, -leaving.Done, Deleted: 0), now, onlyWithLabels: null);

        // Before anything is added: what has been said until now goes along.
        var streams = StreamsOf(found);
        EventLog.AddCarriage(here, caller.WorkspaceId, to, streams);
        AddLeaving(here, caller, to, found);
        AddArriving(there, arriving, arrival);
    }

    /// <summary>The lowest first, so that at no revision a task has a parent that is not there.</summary>
    private static void AddLeaving(WorkspaceBatch batch, Caller caller, Guid to, Found found)
    {
        batch.Add("DELETE FROM notes WHERE workspace_id = $1 AND note_id = ANY ($2)").With(caller.WorkspaceId).With(found.Notes.Select(note => note.Id).ToArray());
        batch.Add("DELETE FROM tasks WHERE workspace_id = $1 AND task_id = ANY ($2)").With(caller.WorkspaceId).With(found.Tasks.Select(task => task.Id).ToArray());
        TaskTable.AddCounts(batch, caller.WorkspaceId, SubtaskChange.Of(found.Tasks[0], null));
        var following = found.Tasks.Count + found.Notes.Count;
        var (taskOut, noteOut) = (new TaskEvent.MovedOut(to), new NoteEvent.MovedOut(to));
        batch.AppendMany(
            [
                .. found.Notes.Select(note => new LoggedEvent(--following, note.Id, note.Version + 1, noteOut.Name, Number: null, noteOut.ToJson().Data, Before: null)),
                .. Enumerable.Reverse(found.Tasks).Select(task => new LoggedEvent(--following, task.Id, task.Version + 1, taskOut.Name, Number: null, taskOut.ToJson().Data, Before: null)),
            ],
            caller.UserId, caller.RequestId);
    }

    /// <summary>Labels first, then parents before what lies below them, then notes.</summary>
    private static void AddArriving(WorkspaceBatch batch, Caller caller, Arrival arrival)
    {
        var following = arrival.NewLabels.Count + arrival.Tasks.Count + arrival.Notes.Count;
        foreach (var label in arrival.NewLabels)
        {
            LabelTable.AddNew(batch, caller, label.Id, label.Kind, label.Name, label.Color, --following);
        }
        var events = new List<LoggedEvent>();
        var tasks = new List<(TaskItem, int)>();
        foreach (var (task, moved) in arrival.Tasks)
        {
            tasks.Add((task, --following));
            events.Add(new LoggedEvent(following, task.Id, task.Version, moved.Name, task.Number, moved.ToJson().Data, Before: null));
        }
        var notes = new List<(Note, int)>();
        foreach (var (note, moved) in arrival.Notes)
        {
            notes.Add((note, --following));
            events.Add(new LoggedEvent(following, note.Id, note.Version, moved.Name, Number: null, moved.ToJson().Data, Before: null));
        }
        batch.Add(TaskTable.InsertMany).WithRows(caller.WorkspaceId, tasks);
        TaskTable.AddCounts(batch, caller.WorkspaceId, arrival.Tasks.SelectMany(moved => SubtaskChange.Of(null, moved.Task)));
        NoteTable.AddMany(batch, caller.WorkspaceId, notes);
        batch.AppendMany(events, caller.UserId, caller.RequestId);
    }

    /// <summary>The task as it came into the other workspace, as far as the caller still sees that.</summary>
    private async Task<Result<Written>> ReplayAsync(Caller caller, Guid to, IdempotencyKey key, CancellationToken cancellation)
    {
        var remembered = await Idempotency.FindAsync(database, caller, key, cancellation);
        if (!remembered.IsOk && remembered.Error is { } error)
        {
            return error;
        }
        if (remembered.Value is not { StreamId: { } streamId, Version: { } version })
        {
            return ErrorCode.Busy;
        }
        var there = caller with { WorkspaceId = to };
        if (!await Access.MaySeeAsync(database, there, cancellation))
        {
            return await Access.ExplainAsync(database, there, cancellation);
        }
        var stream = await EventLog.ReadStreamAsync(database, there, streamId, version, cancellation);
        if (stream is not [{ Data: not null }, ..])
        {
            return ErrorCode.Gone;
        }
        var task = stream.Aggregate(default(TaskItem), (task, stored) => TaskItem.Apply(task, TaskEvent.FromStored(stored), stored.Stamp))!;
        return new Written((await reader.ViewAsOfNowAsync(to, [task], cancellation))[0], IsReplay: true);
    }
}
