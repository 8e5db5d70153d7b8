using System.Globalization;
using System.Text.Json;
using Quehacer.Core.Labels;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Tasks as rows: in NDJSON each as it stands in a list, in CSV with a column for each member.</summary>
internal static class TaskRows
{
    private static readonly Column<TaskBody>[] Columns =
    [
        new("id", task => task.Id),
        new("number", task => task.Number.ToString(CultureInfo.InvariantCulture)),
        new("title", task => task.Title),
        new("description", task => task.Description),
        new("status", task => task.Status),
        new("priority", task => task.Priority),
        new("due_date", task => task.DueDate is { } due ? TimeConverter.Text(due) : null),
        new("category_id", task => task.CategoryId),
        new("tags", task => task.Tags.Count == 0 ? null : Csv.InOneCell(task.Tags)),
        new("parent_id", task => task.ParentId),
        new("subtask_count", task => task.SubtaskCount.ToString(CultureInfo.InvariantCulture)),
        new("subtasks_done", task => task.SubtasksDone.ToString(CultureInfo.InvariantCulture)),
        new("position", task => task.Position),
        new("version", task => task.Version.ToString(CultureInfo.InvariantCulture)),
        new("created_at", task => TimeConverter.Text(task.CreatedAt)),
        new("updated_at", task => TimeConverter.Text(task.UpdatedAt)),
        new("deleted_at", task => task.DeletedAt is { } deleted ? TimeConverter.Text(deleted) : null),
    ];

    /// <param name="fields">Members to show; null for all.</param>
    /// <param name="withDeleted">Deleted tasks may be among them.</param>
    public static RowFormat<TaskBody> In(MediaType type, IReadOnlyList<string>? fields = null, bool withDeleted = false) => type == MediaType.Csv
        ? Rows.Csv("tasks", ColumnsOf(fields, withDeleted))
        : Rows.Ndjson<TaskBody>((json, task) =>
        {
            if (fields is null)
            {
                JsonSerializer.Serialize(json, task, BodyJson.Default.TaskBody);
            }
            else
            {
                task.Only(fields).WriteTo(json);
            }
        });

    /// <summary>Those of <c>fields</c>, in its order; else all, the time of deletion only where deleted tasks may be shown.</summary>
    private static IReadOnlyList<Column<TaskBody>> ColumnsOf(IReadOnlyList<string>? fields, bool withDeleted) => fields is not null
        ? [.. fields.Distinct().Select(field => Columns.Single(column => column.Name == field))]
        : withDeleted ? Columns : Columns[..^1];
}

/// <summary>Categories and tags as rows.</summary>
internal static class LabelRows
{
    private static readonly Column<LabelBody>[] Columns =
    [
        new("id", label => label.Id),
        new("name", label => label.Name),
        new("color", label => label.Color),
        new("version", label => label.Version.ToString(CultureInfo.InvariantCulture)),
        new("created_at", label => TimeConverter.Text(label.CreatedAt)),
        new("updated_at", label => TimeConverter.Text(label.UpdatedAt)),
        new("task_count", label => label.TaskCount?.ToString(CultureInfo.InvariantCulture)),
    ];

    public static RowFormat<LabelBody> In(MediaType type, LabelKind kind, bool withCounts = false) => type == MediaType.Csv
        ? Rows.Csv(kind == LabelKind.Tag ? "tags" : "categories", withCounts ? Columns : Columns[..^1])
        : Rows.Ndjson<LabelBody>((json, label) => JsonSerializer.Serialize(json, label, BodyJson.Default.LabelBody));
}
