using Npgsql;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>A task as a contract shows it, with its labels as they are now, and what its entity tag is made of.</summary>
/// <param name="ChangedAt">When it last looked different: its own change, or that of a label or of its subtasks, UTC.</param>
/// <param name="Tags">Names, in the order of the task's <see cref="TaskItem.TagIds"/>.</param>
public sealed record TaskView(TaskItem Task, IReadOnlyList<string> Tags, LabelFace? Category, EntityTag Tag, DateTime ChangedAt)
{
    /// <summary>Where <see cref="Tags"/> come from.</summary>
    internal LabelSet? Labels { get; init; }

    /// <summary>The tags whole, in the same order. Looked up when somebody asks, for few do.</summary>
    public IReadOnlyList<LabelFace> TagFaces => Labels?.TagsOf(Task) ?? [];
}

/// <summary>What an entity tag of a task is made of, and when the task last looked different, UTC.</summary>
public readonly record struct TaskStamp(EntityTag Tag, DateTime ChangedAt);

/// <summary>Reads tasks: one round trip each, the caller's right to read within the same statement.</summary>
public sealed class TaskReader(Database database, LabelNames labelNames)
{
    private const string GetById = $"""
        SELECT {LabelsStamp.Columns}, {TaskTable.Columns}
          FROM {Access.From} LEFT JOIN tasks t ON t.workspace_id = $2 AND t.task_id = $3
         WHERE {Access.Sees}
        """;

    private const string GetByNumber = $"""
        SELECT {LabelsStamp.Columns}, {TaskTable.Columns}
          FROM {Access.From} LEFT JOIN tasks t ON t.workspace_id = $2 AND t.number = $3
         WHERE {Access.Sees}
        """;

    private static readonly string GetByIdToWrite = GetById.Replace(Access.Sees, Access.Writes, StringComparison.Ordinal);
    private static readonly string GetByNumberToWrite = GetByNumber.Replace(Access.Sees, Access.Writes, StringComparison.Ordinal);
    private static readonly string GetByIdAsAdministrator = GetById.Replace(Access.Sees, Access.SeesAsAdministrator("$4"), StringComparison.Ordinal);
    private static readonly string GetByNumberAsAdministrator = GetByNumber.Replace(Access.Sees, Access.SeesAsAdministrator("$4"), StringComparison.Ordinal);

    private const string StampColumns = $"{LabelsStamp.Columns}, t.version, t.updated_at, {TaskTable.SubtaskColumns}";

    private const string StampById = $"""
        SELECT {StampColumns} FROM {Access.From} JOIN tasks t ON t.workspace_id = $2 AND t.task_id = $3 AND t.deleted_at IS NULL WHERE {Access.Sees}
        """;

    private const string StampByNumber = $"""
        SELECT {StampColumns} FROM {Access.From} JOIN tasks t ON t.workspace_id = $2 AND t.number = $3 AND t.deleted_at IS NULL WHERE {Access.Sees}
        """;

    /// <summary>
    /// What says whether a task is as somebody has seen it, and nothing of the task: who asks that has it, as a rule. Null where there is none to be seen; why, a
    /// read of it says.
    /// </summary>
    public async Task<TaskStamp?> StampAsync(Caller caller, TaskRef task, CancellationToken cancellation)
    {
        return await database.ReadAsync(
            parameters =>
            {
                With(parameters, caller, task);
                return task.Number > 0 ? StampByNumber : StampById;
            },
            async rows => await rows.ReadAsync()
                ? Stamp(rows.GetInt32(2), rows.GetDateTime(3), TaskTable.ReadSubtasks(rows, 4), LabelsStamp.Read(rows, 0))
                : default(TaskStamp?));
    }

    public async Task<Result<TaskView>> GetAsync(Caller caller, TaskRef task, CancellationToken cancellation)
    {
        var found = await FindAsync(caller, task, cancellation);
        return found.IsOk && found.Value.Task.IsDeleted ? ErrorCode.NotFound : found;
    }

    /// <summary>The task, deleted ones too.</summary>
    internal Task<Result<TaskView>> FindAsync(Caller caller, TaskRef task, CancellationToken cancellation) => FindAsync(
        caller, task, caller.LooksInto is null ? task.Number > 0 ? GetByNumber : GetById : task.Number > 0 ? GetByNumberAsAdministrator : GetByIdAsAdministrator, Permission.See, cancellation);

    /// <summary>The same for whoever is about to change it: who may not is told so, although the change should come to nothing.</summary>
    internal Task<Result<TaskView>> FindToWriteAsync(Caller caller, TaskRef task, CancellationToken cancellation) =>
        FindAsync(caller, task, task.Number > 0 ? GetByNumberToWrite : GetByIdToWrite, Permission.Write, cancellation);

    private async Task<Result<TaskView>> FindAsync(Caller caller, TaskRef task, string sql, Permission permission, CancellationToken cancellation)
    {
        var (labelsAt, found) = await database.ReadAsync(
            parameters =>
            {
                With(parameters, caller, task);
                if (caller.LooksInto is { } owner)
                {
                    parameters.With(owner);
                }
                return sql;
            },
            async rows => await rows.ReadAsync() ? (LabelsStamp.Read(rows, 0), TaskTable.Read(rows, 2)) : default((LabelsStamp?, TaskItem?)));
        // Only now, with the connection given back, is another one taken.
        if (labelsAt is not { } labels)
        {
            return permission == Permission.See ? await Access.ExplainAsync(database, caller, cancellation) : await Access.ExplainAsync(database, caller, permission, cancellation);
        }
        return found is null ? ErrorCode.NotFound : await ViewAsync(caller.WorkspaceId, found, labels, cancellation);
    }

    private static void With(NpgsqlParameterCollection parameters, Caller caller, TaskRef task) =>
        _ = task.Number > 0 ? parameters.WithCaller(caller).With(task.Number) : parameters.WithCaller(caller).With(task.Id);

    /// <param name="labelsAt">What was read together with the task. Where labels have changed since, the view and its tag are of the later moment.</param>
    internal async ValueTask<TaskView> ViewAsync(Guid workspaceId, TaskItem task, LabelsStamp labelsAt, CancellationToken cancellation)
    {
        var (labels, at) = await labelNames.OfAsync(workspaceId, labelsAt, [task], cancellation);
        return View(labels, task, at);
    }

    /// <summary>Several tasks with the labels of one moment, and which moment that was.</summary>
    internal async ValueTask<(List<TaskView> Views, LabelsStamp At)> ViewAsync(
        Guid workspaceId, IReadOnlyList<TaskItem> tasks, LabelsStamp labelsAt, CancellationToken cancellation)
    {
        var (labels, at) = await labelNames.OfAsync(workspaceId, labelsAt, tasks, cancellation);
        return ([.. tasks.Select(task => View(labels, task, at))], at);
    }

    /// <summary>Tasks that did not come from their rows, such as those replayed from the log, with their tags as they are called now and as many subtasks.</summary>
    internal async Task<List<TaskView>> ViewAsOfNowAsync(Guid workspaceId, IReadOnlyList<TaskItem> tasks, CancellationToken cancellation)
    {
        LabelsStamp at = default;
        var subtasks = new Dictionary<Guid, Subtasks>();
        await using (var command = database.Command($"""
            SELECT {LabelsStamp.Columns}, t.task_id, {TaskTable.SubtaskColumns}
              FROM workspaces w LEFT JOIN tasks t ON t.workspace_id = $1 AND t.task_id = ANY ($2) WHERE w.workspace_id = $1
            """))
        {
            command.Parameters.With(workspaceId).With(tasks.Select(task => task.Id).Distinct().ToArray());
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                at = LabelsStamp.Read(reader, 0);
                if (!reader.IsDBNull(2))
                {
                    subtasks[reader.GetGuid(2)] = TaskTable.ReadSubtasks(reader, 3);
                }
            }
        }
        return (await ViewAsync(workspaceId, [.. tasks.Select(task => task with { Subtasks = subtasks.GetValueOrDefault(task.Id) })], at, cancellation)).Views;
    }

    /// <summary>A task with labels that are known.</summary>
    internal TaskView View(LabelSet labels, TaskItem task, LabelsStamp at)
    {
        var (shown, tags, category) = labels.Show(task);
        var (tag, changedAt) = Stamp(task.Version, task.UpdatedAt, task.Subtasks, at);
        return new TaskView(shown, tags, category, tag, changedAt) { Labels = labels };
    }

    private TaskStamp Stamp(int version, DateTime updatedAt, Subtasks subtasks, LabelsStamp at)
    {
        var changedAt = updatedAt > at.ChangedAt ? updatedAt : at.ChangedAt;
        return new TaskStamp(
            new EntityTag(database.Incarnation, version, at.Revision, subtasks.Total, subtasks.Done),
            subtasks.ChangedAt is { } subtasksChangedAt && subtasksChangedAt > changedAt ? subtasksChangedAt : changedAt);
    }
}
