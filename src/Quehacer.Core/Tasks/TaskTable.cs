using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Tasks;

/// <summary>The projection: the row of a task, which is its present state. Columns are named here and nowhere else.</summary>
internal static class TaskTable
{
    public const string Columns =
        "t.task_id, t.number, t.version, t.title, t.description, t.state, t.priority, t.due_date, t.category_id, t.tag_ids, t.created_by, t.updated_at, t.deleted_at, "
        + "t.assignee_id, t.parent_id, t.former_parent_id, t.position, " + SubtaskColumns;

    /// <summary>Read by <see cref="ReadSubtasks"/>.</summary>
    public const string SubtaskColumns = "t.subtask_count, t.subtasks_done, t.subtasks_changed_at";

    /// <summary>Parameters: <c>$1</c> the workspace, <c>$2…$14</c> by <see cref="WithNew"/>. Number, revision and time come from the workspace's row.</summary>
    public const string Insert = """
        INSERT INTO tasks (workspace_id, task_id, number, version, revision, title, description, state, priority, due_date, category_id, tag_ids,
                           title_key, search, assignee_id, created_by, updated_at)
        SELECT w.workspace_id, $2, w.last_task_number, $3, w.revision, $4, $5, $6, $7, $8, $9, $10, $11, array_to_tsvector($12), $13, $14, w.changed_at
          FROM workspaces w WHERE w.workspace_id = $1
        """;

    /// <summary>The same for new tasks of many workspaces, of the rows <c>a</c> that <see cref="SharedCreates"/> has.</summary>
    public const string InsertCreated = """
        INSERT INTO tasks (workspace_id, task_id, number, version, revision, title, description, state, priority, due_date, category_id, tag_ids,
                           title_key, search, assignee_id, created_by, updated_at)
        SELECT a.id, a.task_id, a.number, 1, a.revision, a.title, a.description, a.state, a.priority, a.due_date, a.category_id, a.tag_ids::uuid[],
               a.title_key, array_to_tsvector(string_to_array(a.search, E'\n')), a.assignee_id, a.created_by, a.changed_at
          FROM a
        """;

    /// <summary>
    /// Parameters: <c>$1</c> the workspace, <c>$2…$17</c> by <see cref="WithChanged"/>. Changes nothing when the version is no longer the expected
    /// one; when the subtasks are not, there is no version to be written, which aborts the batch. A parent and a place are changed under the
    /// workspace's lock only, by <see cref="UpdateMany"/>. Gives <see cref="SubtaskColumns"/>.
    /// </summary>
    public const string Update = $"""
        UPDATE tasks t SET version = CASE WHEN $16::integer IS NULL OR (t.subtask_count = $16 AND t.subtasks_done = $17) THEN $3 END, revision = w.revision, title = $4, description = $5, state = $6, priority = $7, due_date = $8,
               category_id = $9, tag_ids = $10, title_key = $11, search = array_to_tsvector($12), assignee_id = $13, updated_at = w.changed_at,
               deleted_at = CASE WHEN $14 THEN coalesce(t.deleted_at, w.changed_at) END
          FROM workspaces w
         WHERE w.workspace_id = $1 AND t.workspace_id = $1 AND t.task_id = $2 AND t.version = $15
        RETURNING {SubtaskColumns}
        """;

    /// <summary>
    /// Moves the counts of parents. Parameters: <c>$1</c> the workspace, <c>$2</c> the parents, each once, <c>$3</c> by how much those of all, <c>$4</c> by how
    /// much those of the done.
    /// </summary>
    private const string MoveCounts = """
        UPDATE tasks p SET subtask_count = p.subtask_count + c.total, subtasks_done = p.subtasks_done + c.done, subtasks_changed_at = w.changed_at
          FROM workspaces w CROSS JOIN unnest($2, $3, $4) c(task_id, total, done)
         WHERE w.workspace_id = $1 AND p.workspace_id = $1 AND p.task_id = c.task_id
        """;

    /// <summary>The same for many rows at once. Parameters: <c>$1</c> the workspace, <c>$2…$20</c> the rows, by <see cref="WithRows"/>.</summary>
    public const string InsertMany = $"""
        INSERT INTO tasks (workspace_id, task_id, number, version, revision, title, description, state, priority, due_date, category_id, tag_ids,
                           title_key, search, created_by, updated_at, deleted_at, parent_id, former_parent_id, position, assignee_id)
        SELECT w.workspace_id, r.task_id, r.number, r.version, w.revision - r.following, r.title, r.description, r.state, r.priority, r.due_date, r.category_id,
               r.tag_ids::uuid[], r.title_key, array_to_tsvector(string_to_array(r.search, E'\n')), r.created_by, w.changed_at, r.deleted_at, r.parent_id, r.former_parent_id, r.position, r.assignee_id
          FROM workspaces w CROSS JOIN {Rows}
         WHERE w.workspace_id = $1
        """;

    /// <summary>Under the workspace's lock, so there is no version to be compared. Parameters as for <see cref="InsertMany"/>.</summary>
    public const string UpdateMany = $"""
        UPDATE tasks t SET version = r.version, revision = w.revision - r.following, title = r.title, description = r.description, state = r.state,
               priority = r.priority, due_date = r.due_date, category_id = r.category_id, tag_ids = r.tag_ids::uuid[], title_key = r.title_key,
               search = array_to_tsvector(string_to_array(r.search, E'\n')), updated_at = w.changed_at, deleted_at = r.deleted_at,
               parent_id = r.parent_id, former_parent_id = r.former_parent_id, position = r.position, assignee_id = r.assignee_id
          FROM workspaces w CROSS JOIN {Rows}
         WHERE w.workspace_id = $1 AND t.workspace_id = $1 AND t.task_id = r.task_id
        """;

    /// <summary>
    /// An array for each column: PostgreSQL takes these apart three times as fast as the same rows in JSON. What is an array itself is a text within
    /// one, because arrays of arrays have no rows of different lengths.
    /// </summary>
    private const string Rows = """
        unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        r(task_id, number, version, following, title, description, state, priority, due_date, category_id, tag_ids, title_key, search, created_by, deleted_at,
          parent_id, former_parent_id, position, assignee_id)
        """;

    /// <summary>Rows for <see cref="InsertMany"/> and <see cref="UpdateMany"/>, each with how many events of the transaction follow its last one.</summary>
    public static void WithRows(this NpgsqlParameterCollection parameters, Guid workspaceId, IReadOnlyList<(TaskItem Task, int Following)> rows)
    {
        T[] Column<T>(Func<TaskItem, T> value) => [.. rows.Select(row => value(row.Task))];
        parameters.With(workspaceId).With(Column(task => task.Id)).With(Column(task => task.Number)).With(Column(task => task.Version))
            .With(rows.Select(row => (long)row.Following).ToArray()).With(Column(task => task.Title)).With(Column(task => task.Description))
            .With(Column(task => (short)task.State)).With(Column(task => (short)task.Priority)).WithTimes(Column(task => task.DueDate)).With(Column(task => task.CategoryId))
            .With(Column(TagsOf)).With(Column(task => Text.SortKey(task.Title))).With(Column(task => WordsOf(workspaceId, task)))
            .With(Column(task => task.CreatedBy)).WithTimes(Column(task => task.DeletedAt)).With(Column(task => task.ParentId)).With(Column(task => task.FormerParentId))
            .With(Column(task => task.Position)).With(Column(task => task.AssigneeId));
    }

    /// <summary>Rows for <see cref="InsertCreated"/>, from the id to who made them.</summary>
    public static void WithCreated(NpgsqlParameterCollection parameters, IReadOnlyList<CreatedRow> rows)
    {
        T[] Column<T>(Func<CreatedRow, T> value) => [.. rows.Select(value)];
        parameters.With(Column(row => row.Task.Id)).With(Column(row => row.Task.Title)).With(Column(row => row.Task.Description)).With(Column(row => (short)row.Task.State))
            .With(Column(row => (short)row.Task.Priority)).WithTimes(Column(row => row.Task.DueDate)).With(Column(row => row.Task.CategoryId)).With(Column(row => row.Tags))
            .With(Column(row => row.TitleKey)).With(Column(row => row.Words)).With(Column(row => row.Task.AssigneeId)).With(Column(row => row.Task.CreatedBy));
    }

    private static string TagsOf(TaskItem task) => $"{{{string.Join(',', task.TagIds)}}}";

    /// <summary>No word has an end of a line in it.</summary>
    private static string WordsOf(Guid workspaceId, TaskItem task) => string.Join('\n', TaskWords.Of(workspaceId, task));

    /// <summary>What is written of a new task and takes some working out, which is done before it travels with others.</summary>
    internal sealed class CreatedRow(Guid workspaceId, TaskItem task)
    {
        public TaskItem Task => task;

        public string Tags { get; } = TagsOf(task);

        public string TitleKey { get; } = Text.SortKey(task.Title);

        public string Words { get; } = WordsOf(workspaceId, task);
    }

    /// <summary>Adds what changes of tasks do to the counts of those above them; nothing where they do nothing.</summary>
    public static void AddCounts(WorkspaceBatch batch, Guid workspaceId, IEnumerable<SubtaskChange> changes)
    {
        var parents = changes.GroupBy(change => change.ParentId).ToList();
        if (parents.Count > 0)
        {
            batch.Add(MoveCounts).With(workspaceId).With(parents.Select(parent => parent.Key).ToArray())
                .With(parents.Select(parent => parent.Sum(change => change.Total)).ToArray()).With(parents.Select(parent => parent.Sum(change => change.Done)).ToArray());
        }
    }

    public static void WithNew(this NpgsqlParameterCollection parameters, Guid workspaceId, TaskItem task) =>
        parameters.With(workspaceId).WithState(workspaceId, task).With(task.CreatedBy);

    /// <param name="expectedSubtasks">What the decision rests on beside the version; null where it rests on nothing else.</param>
    public static void WithChanged(this NpgsqlParameterCollection parameters, Guid workspaceId, TaskItem task, int expectedVersion, Subtasks? expectedSubtasks) =>
        parameters.With(workspaceId).WithState(workspaceId, task).With(task.IsDeleted).With(expectedVersion)
            .WithNumber(expectedSubtasks?.Total).WithNumber(expectedSubtasks?.Done);

    /// <summary>Reads <see cref="Columns"/>; null where an outer join found no task.</summary>
    public static TaskItem? Read(NpgsqlDataReader reader, int first)
    {
        if (reader.IsDBNull(first))
        {
            return null;
        }
        return new TaskItem
        {
            Id = reader.GetGuid(first),
            Number = reader.GetInt64(first + 1),
            Version = reader.GetInt32(first + 2),
            Title = reader.GetString(first + 3),
            Description = reader.IsDBNull(first + 4) ? null : reader.GetString(first + 4),
            State = (TaskState)reader.GetInt16(first + 5),
            Priority = (TaskPriority)reader.GetInt16(first + 6),
            DueDate = reader.IsDBNull(first + 7) ? null : reader.GetDateTime(first + 7),
            CategoryId = reader.IsDBNull(first + 8) ? null : reader.GetGuid(first + 8),
            TagIds = reader.GetFieldValue<Guid[]>(first + 9),
            CreatedBy = reader.GetGuid(first + 10),
            UpdatedAt = reader.GetDateTime(first + 11),
            DeletedAt = reader.IsDBNull(first + 12) ? null : reader.GetDateTime(first + 12),
            AssigneeId = reader.IsDBNull(first + 13) ? null : reader.GetGuid(first + 13),
            ParentId = reader.IsDBNull(first + 14) ? null : reader.GetGuid(first + 14),
            FormerParentId = reader.IsDBNull(first + 15) ? null : reader.GetGuid(first + 15),
            Position = reader.IsDBNull(first + 16) ? null : reader.GetString(first + 16),
            Subtasks = ReadSubtasks(reader, first + 17),
        };
    }

    public static Subtasks ReadSubtasks(NpgsqlDataReader reader, int first) =>
        new(reader.GetInt32(first), reader.GetInt32(first + 1), reader.IsDBNull(first + 2) ? null : reader.GetDateTime(first + 2));

    private static NpgsqlParameterCollection WithState(this NpgsqlParameterCollection parameters, Guid workspaceId, TaskItem task) => parameters
        .With(task.Id).With(task.Version).With(task.Title).WithText(task.Description).With((short)task.State).With((short)task.Priority)
        .WithTime(task.DueDate).WithId(task.CategoryId).With(task.TagIds).With(Text.SortKey(task.Title)).With(TaskWords.Of(workspaceId, task))
        .WithId(task.AssigneeId);
}
