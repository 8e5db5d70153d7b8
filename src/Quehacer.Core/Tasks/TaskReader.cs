using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>A task as a contract shows it: its tags by name, and what its entity tag is made of.</summary>
public sealed record TaskView(TaskItem Task, IReadOnlyList<string> Tags, EntityTag Tag);

public enum TaskSort
{
    Created,
    Updated,
    Priority,
}

/// <param name="State">Only tasks in this state; null for all.</param>
/// <param name="Reversed">Against the sort's natural direction: created and updated are newest first, priority is critical first.</param>
/// <param name="Page">From 1. A page past the end is empty.</param>
/// <param name="Limit">Tasks on a page, 1 to <see cref="Limits.PageTasks"/>.</param>
public sealed record TaskFilter(TaskState? State, TaskSort Sort, bool Reversed, int Page, int Limit);

/// <param name="Total">Tasks that pass the filter, on all pages.</param>
public sealed record TaskPage(IReadOnlyList<TaskView> Tasks, long Total);

/// <summary>Reads tasks: one round trip each, the caller's right to read within the same statement.</summary>
public sealed class TaskReader(Database database, TagNames tagNames)
{
    private const string GetById = $"""
        SELECT w.labels_revision, {TaskTable.Columns}
          FROM {Access.From} LEFT JOIN tasks t ON t.workspace_id = $2 AND t.task_id = $3
         WHERE {Access.Where}
        """;

    private const string GetByNumber = $"""
        SELECT w.labels_revision, {TaskTable.Columns}
          FROM {Access.From} LEFT JOIN tasks t ON t.workspace_id = $2 AND t.number = $3
         WHERE {Access.Where}
        """;

    /// <summary>Every list statement there is, built once: a query is chosen by its filter, never written from it.</summary>
    private static readonly Dictionary<(TaskState?, TaskSort, bool), string> ListStatements = (
        from state in new TaskState?[] { null, TaskState.Pending, TaskState.Done }
        from sort in Enum.GetValues<TaskSort>()
        from reversed in new[] { false, true }
        select (Key: (state, sort, reversed), Sql: ListStatement(state, sort, reversed))).ToDictionary(entry => entry.Key, entry => entry.Sql);

    public async Task<Result<TaskView>> GetAsync(Caller caller, TaskRef task, CancellationToken cancellation)
    {
        var found = await FindAsync(caller, task, cancellation);
        return found.IsOk && found.Value.Task.IsDeleted ? ErrorCode.NotFound : found;
    }

    /// <summary>The task, deleted ones too.</summary>
    internal async Task<Result<TaskView>> FindAsync(Caller caller, TaskRef task, CancellationToken cancellation)
    {
        long labelsRevision;
        TaskItem? found;
        await using (var command = database.Command(task.Number > 0 ? GetByNumber : GetById))
        {
            command.Parameters.WithCaller(caller);
            _ = task.Number > 0 ? command.Parameters.With(task.Number) : command.Parameters.With(task.Id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation))
            {
                await reader.DisposeAsync();
                return await Access.ExplainAsync(database, caller, cancellation);
            }
            labelsRevision = reader.GetInt64(0);
            found = TaskTable.Read(reader, 1);
        }
        return found is null ? ErrorCode.NotFound : await ViewAsync(caller.WorkspaceId, found, labelsRevision, cancellation);
    }

    public async Task<Result<TaskPage>> ListAsync(Caller caller, TaskFilter filter, CancellationToken cancellation)
    {
        var tasks = new List<TaskItem>(filter.Limit);
        long labelsRevision, total;
        await using (var command = database.Command(ListStatements[(filter.State, filter.Sort, filter.Reversed)]))
        {
            command.Parameters.WithCaller(caller).With((long)filter.Limit).With((filter.Page - 1L) * filter.Limit);
            if (filter.State is { } state)
            {
                command.Parameters.With((short)state);
            }
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation))
            {
                await reader.DisposeAsync();
                return await Access.ExplainAsync(database, caller, cancellation);
            }
            labelsRevision = reader.GetInt64(0);
            total = reader.GetInt64(1);
            do
            {
                if (TaskTable.Read(reader, 2) is { } task)
                {
                    tasks.Add(task);
                }
            }
            while (await reader.ReadAsync(cancellation));
        }
        await tagNames.PrefetchAsync(caller.WorkspaceId, labelsRevision, tasks, cancellation);
        var views = new List<TaskView>(tasks.Count);
        foreach (var task in tasks)
        {
            views.Add(await ViewAsync(caller.WorkspaceId, task, labelsRevision, cancellation));
        }
        return new TaskPage(views, total);
    }

    internal async ValueTask<TaskView> ViewAsync(Guid workspaceId, TaskItem task, long labelsRevision, CancellationToken cancellation) =>
        new(task, await tagNames.OfAsync(workspaceId, labelsRevision, task.TagIds, cancellation), new EntityTag(database.Incarnation, task.Version, labelsRevision));

    /// <summary>A task that did not come from its row, such as one replayed from the log, with its tags as they are called now.</summary>
    internal async Task<TaskView> ViewAsOfNowAsync(Guid workspaceId, TaskItem task, CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT labels_revision FROM workspaces WHERE workspace_id = $1");
        command.Parameters.With(workspaceId);
        return await ViewAsync(workspaceId, task, (long)(await command.ExecuteScalarAsync(cancellation))!, cancellation);
    }

    /// <summary>
    /// Totals ride on the workspace's row, in the same snapshot as the tasks. The join has one row on its left side and no condition, so it
    /// is a nested loop, which keeps the order of its right side.
    /// </summary>
    private static string ListStatement(TaskState? state, TaskSort sort, bool reversed)
    {
        var total = state switch
        {
            null => "w.pending_tasks + w.done_tasks",
            TaskState.Pending => "w.pending_tasks",
            TaskState.Done => "w.done_tasks",
            _ => throw new ArgumentOutOfRangeException(nameof(state)),
        };
        var direction = reversed ? "ASC" : "DESC";
        var order = sort switch
        {
            TaskSort.Created => $"t.task_id {direction}",
            TaskSort.Updated => $"t.updated_at {direction}, t.task_id {direction}",
            TaskSort.Priority => $"t.priority {direction}, t.task_id {direction}",
            _ => throw new ArgumentOutOfRangeException(nameof(sort)),
        };
        return $"""
            SELECT w.labels_revision, {total}, {TaskTable.Columns}
              FROM {Access.From} LEFT JOIN LATERAL (
                   SELECT {TaskTable.Columns} FROM tasks t
                    WHERE t.workspace_id = $2 AND t.deleted_at IS NULL {(state is null ? "" : "AND t.state = $5")}
                    ORDER BY {order} LIMIT $3 OFFSET $4) t ON true
             WHERE {Access.Where}
            """;
    }
}
