using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Tasks;

/// <summary>The projection: the row of a task, which is its present state. Columns are named here and nowhere else.</summary>
internal static class TaskTable
{
    public const string Columns =
        "t.task_id, t.number, t.version, t.title, t.description, t.state, t.priority, t.due_date, t.tag_ids, t.created_by, t.updated_at, t.deleted_at";

    /// <summary>Parameters: <c>$1</c> the workspace, <c>$2…$10</c> by <see cref="WithNew"/>. Number, revision and time come from the workspace's row.</summary>
    public const string Insert = """
        INSERT INTO tasks (workspace_id, task_id, number, version, revision, title, description, state, priority, due_date, tag_ids, created_by, updated_at)
        SELECT w.workspace_id, $2, w.last_task_number, $3, w.revision, $4, $5, $6, $7, $8, $9, $10, w.changed_at
          FROM workspaces w WHERE w.workspace_id = $1
        """;

    /// <summary>Parameters: <c>$1</c> the workspace, <c>$2…$11</c> by <see cref="WithChanged"/>. Changes nothing when the version is no longer the expected one.</summary>
    public const string Update = """
        UPDATE tasks t SET version = $3, revision = w.revision, title = $4, description = $5, state = $6, priority = $7, due_date = $8, tag_ids = $9,
               updated_at = w.changed_at, deleted_at = CASE WHEN $10 THEN coalesce(t.deleted_at, w.changed_at) END
          FROM workspaces w
         WHERE w.workspace_id = $1 AND t.workspace_id = $1 AND t.task_id = $2 AND t.version = $11
        """;

    public static void WithNew(this NpgsqlParameterCollection parameters, TaskItem task) => parameters.WithState(task).With(task.CreatedBy);

    public static void WithChanged(this NpgsqlParameterCollection parameters, TaskItem task, int expectedVersion) =>
        parameters.WithState(task).With(task.IsDeleted).With(expectedVersion);

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
            TagIds = reader.GetFieldValue<Guid[]>(first + 8),
            CreatedBy = reader.GetGuid(first + 9),
            UpdatedAt = reader.GetDateTime(first + 10),
            DeletedAt = reader.IsDBNull(first + 11) ? null : reader.GetDateTime(first + 11),
        };
    }

    private static NpgsqlParameterCollection WithState(this NpgsqlParameterCollection parameters, TaskItem task) => parameters
        .With(task.Id).With(task.Version).With(task.Title).WithText(task.Description).With((short)task.State).With((short)task.Priority)
        .WithTime(task.DueDate).With(task.TagIds);
}
