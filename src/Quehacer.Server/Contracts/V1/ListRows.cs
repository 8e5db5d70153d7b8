using System.Globalization;
using System.Text.Json;
using Quehacer.Core.Labels;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Tasks as rows: in NDJSON each as it stands in a list, in CSV with a column for each member, and for each member of one that is expanded.</summary>
internal static class TaskRows
{
    private static readonly Column<TaskBody>[] Usual =
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
        new("assignee_id", task => task.AssigneeId),
        new("parent_id", task => task.ParentId),
        new("subtask_count", task => task.SubtaskCount.ToString(CultureInfo.InvariantCulture)),
        new("subtasks_done", task => task.SubtasksDone.ToString(CultureInfo.InvariantCulture)),
        new("position", task => task.Position),
        new("workspace_id", task => task.WorkspaceId),
        new("version", task => task.Version.ToString(CultureInfo.InvariantCulture)),
        new("created_at", task => TimeConverter.Text(task.CreatedAt)),
        new("updated_at", task => TimeConverter.Text(task.UpdatedAt)),
        new("deleted_at", task => task.DeletedAt is { } deleted ? TimeConverter.Text(deleted) : null),
    ];

    private static readonly Column<TaskBody>[] Expanded =
    [
        new("category.id", task => task.Category?.Id),
        new("category.name", task => task.Category?.Name),
        new("category.color", task => task.Category?.Color),
        new("tag_details.id", task => OfTags(task, tag => tag.Id)),
        new("tag_details.name", task => OfTags(task, tag => tag.Name)),
        new("tag_details.color", task => OfTags(task, tag => tag.Color ?? "")),
        new("_links.self", task => task.Links?.Self),
        new("_links.notes", task => task.Links?.Notes),
        new("_links.category", task => task.Links?.Category),
        new("_links.complete", task => task.Links?.Complete),
        new("_links.reopen", task => task.Links?.Reopen),
        new("_links.restore", task => task.Links?.Restore),
    ];

    /// <param name="shape">Which members to show; null for the usual ones.</param>
    /// <param name="withDeleted">Deleted tasks may be among them.</param>
    public static RowFormat<TaskBody> In(MediaType type, TaskShape? shape = null, bool withDeleted = false)
    {
        shape ??= TaskShape.Usual;
        return type == MediaType.Csv
            ? Rows.Csv("tasks", [.. ColumnsOf(shape, withDeleted)])
            : Rows.Ndjson<TaskBody>((json, task) =>
            {
                if (shape.IsUsual)
                {
                    JsonSerializer.Serialize(json, task, BodyJson.Default.TaskBody);
                }
                else
                {
                    shape.Of(task).WriteTo(json);
                }
            });
    }

    /// <summary>Those of <c>fields</c>, in its order; else all, the time of deletion only where deleted tasks may be shown.</summary>
    private static IEnumerable<Column<TaskBody>> ColumnsOf(TaskShape shape, bool withDeleted)
    {
        if (shape.Fields is not null)
        {
            return shape.Fields.SelectMany(field => Usual.Concat(Expanded).Where(column => column.Name == field || IsWithin(column, field))).Distinct();
        }
        string[] members = ["category", "tag_details", "_links"];
        return (withDeleted ? Usual : Usual[..^1]).Concat(Expanded.Where(column => members.Where((_, index) => shape.Expansions.HasFlag((Expansions)(1 << index))).Any(member => IsWithin(column, member))));
    }

    private static bool IsWithin(Column<TaskBody> column, string member) =>
        column.Name.Length > member.Length && column.Name[member.Length] == '.' && column.Name.StartsWith(member, StringComparison.Ordinal);

    private static string? OfTags(TaskBody task, Func<LabelFaceBody, string> value) => task.TagDetails is { Count: > 0 } tags ? Csv.InOneCell([.. tags.Select(value)]) : null;
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

/// <summary>Notes as rows.</summary>
internal static class NoteRows
{
    private static readonly Column<NoteBody>[] Columns =
    [
        new("id", note => note.Id),
        new("task_id", note => note.TaskId),
        new("author.id", note => note.Author.Id),
        new("author.name", note => note.Author.Name),
        new("text", note => note.Text),
        new("version", note => note.Version.ToString(CultureInfo.InvariantCulture)),
        new("created_at", note => TimeConverter.Text(note.CreatedAt)),
        new("updated_at", note => TimeConverter.Text(note.UpdatedAt)),
    ];

    public static RowFormat<NoteBody> In(MediaType type) => type == MediaType.Csv
        ? Rows.Csv("notes", Columns)
        : Rows.Ndjson<NoteBody>((json, note) => JsonSerializer.Serialize(json, note, BodyJson.Default.NoteBody));
}
