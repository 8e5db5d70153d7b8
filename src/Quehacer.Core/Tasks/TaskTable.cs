using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Tasks;

/// <summary>The projection: the row of a task, which is its present state. Columns are named here and nowhere else.</summary>
internal static class TaskTable
{
    public const string Columns =
        "t.task_id, t.number, t.version, t.title, t.description, t.state, t.priority, t.due_date, t.category_id, t.tag_ids, t.created_by, t.updated_at, t.deleted_at";

    /// <summary>Parameters: <c>$1</c> the workspace, <c>$2…$13</c> by <see cref="WithNew"/>. Number, revision and time come from the workspace's row.</summary>
    public const string Insert = """
        INSERT INTO tasks (workspace_id, task_id, number, version, revision, title, description, state, priority, due_date, category_id, tag_ids,
                           title_key, search, created_by, updated_at)
        SELECT w.workspace_id, $2, w.last_task_number, $3, w.revision, $4, $5, $6, $7, $8, $9, $10, $11, array_to_tsvector($12), $13, w.changed_at
          FROM workspaces w WHERE w.workspace_id = $1
        """;

    /// <summary>Parameters: <c>$1</c> the workspace, <c>$2…$14</c> by <see cref="WithChanged"/>. Changes nothing when the version is no longer the expected one.</summary>
    public const string Update = """
        UPDATE tasks t SET version = $3, revision = w.revision, title = $4, description = $5, state = $6, priority = $7, due_date = $8,
               category_id = $9, tag_ids = $10, title_key = $11, search = array_to_tsvector($12), updated_at = w.changed_at,
               deleted_at = CASE WHEN $13 THEN coalesce(t.deleted_at, w.changed_at) END
          FROM workspaces w
         WHERE w.workspace_id = $1 AND t.workspace_id = $1 AND t.task_id = $2 AND t.version = $14
        """;

    public static void WithNew(this NpgsqlParameterCollection parameters, Guid workspaceId, TaskItem task) =>
        parameters.With(workspaceId).WithState(workspaceId, task).With(task.CreatedBy);

    public static void WithChanged(this NpgsqlParameterCollection parameters, Guid workspaceId, TaskItem task, int expectedVersion) =>
        parameters.With(workspaceId).WithState(workspaceId, task).With(task.IsDeleted).With(expectedVersion);

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
        };
    }

    private static NpgsqlParameterCollection WithState(this NpgsqlParameterCollection parameters, Guid workspaceId, TaskItem task) => parameters
        .With(task.Id).With(task.Version).With(task.Title).WithText(task.Description).With((short)task.State).With((short)task.Priority)
        .WithTime(task.DueDate).WithId(task.CategoryId).With(task.TagIds).With(Text.SortKey(task.Title)).With(TaskWords.Of(workspaceId, task));
}
