using System.Globalization;
using System.Text;
using Npgsql;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>
/// A workspace as plain objects: what a list must show, worked out without index, cursor or fold of the program. Its fold is good for
/// letters of Latin with accents and for what has neither case nor accents.
/// </summary>
internal sealed class TaskWorld(House house, Caller caller)
{
    public Caller Caller => caller;

    private sealed record Label(LabelKind Kind, string Name, Guid? Into);

    private Dictionary<Guid, Label> labels = [];

    public IReadOnlyList<TaskItem> Tasks { get; private set; } = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Reads the rows as they are stored; nothing of a list's statement is used.</summary>
    public async Task ReadAsync()
    {
        var tasks = new List<TaskItem>();
        await using (var command = house.Database.Command($"SELECT {TaskTable.Columns} FROM tasks t WHERE t.workspace_id = $1"))
        {
            command.Parameters.With(caller.WorkspaceId);
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                tasks.Add(TaskTable.Read(reader, 0)!);
            }
        }
        Tasks = tasks;
        labels = [];
        await using (var command = house.Database.Command("SELECT label_id, kind, name, merged_into FROM labels WHERE workspace_id = $1"))
        {
            command.Parameters.With(caller.WorkspaceId);
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                labels[reader.GetGuid(0)] = new Label((LabelKind)reader.GetInt16(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetGuid(3));
            }
        }
    }

    public static string Fold(string text) =>
        string.Concat(text.Normalize(NormalizationForm.FormD).Where(letter => char.GetUnicodeCategory(letter) != UnicodeCategory.NonSpacingMark)).ToLowerInvariant();

    /// <summary>The names of the task's tags as they are called now.</summary>
    public IReadOnlyList<string> TagsOf(TaskItem task) => [.. task.TagIds.Select(TagBehind).OfType<Guid>().Distinct().Select(id => labels[id].Name)];

    /// <summary>Every id that stands for a tag, those of merged ones too, and some that stand for none.</summary>
    public IReadOnlyList<Guid> TagIds => [.. labels.Keys, Guid.CreateVersion7()];

    public Guid? CategoryOf(TaskItem task) => task.CategoryId is { } id && labels.TryGetValue(id, out var label) && label.Kind == LabelKind.Category ? id : null;

    /// <param name="search">The words of the filter as somebody wrote them, separated by spaces.</param>
    public IReadOnlyList<TaskItem> List(TaskFilter filter, string? search, DateTime now) => Ordered(Tasks.Where(task => Shows(filter, search, now, task)), filter.Sort, filter.Reversed);

    public static IReadOnlyList<TaskItem> Ordered(IEnumerable<TaskItem> tasks, TaskSort sort, bool reversed)
    {
        var descends = sort is TaskSort.Created or TaskSort.Updated or TaskSort.Priority ? !reversed : reversed;
        var list = tasks.ToList();
        list.Sort((one, other) =>
        {
            var order = sort switch
            {
                TaskSort.Updated => one.UpdatedAt.CompareTo(other.UpdatedAt),
                TaskSort.Priority => one.Priority.CompareTo(other.Priority),
                TaskSort.Due when one.DueDate is null || other.DueDate is null => Undated(one).CompareTo(Undated(other)) * (descends ? -1 : 1),
                TaskSort.Due => one.DueDate.Value.CompareTo(other.DueDate.Value),
                TaskSort.Title => Encoding.UTF8.GetBytes(Fold(one.Title)).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(Fold(other.Title))),
                TaskSort.Number => one.Number.CompareTo(other.Number),
                TaskSort.Position => string.CompareOrdinal(one.PositionKey, other.PositionKey),
                _ => 0,
            };
            if (order == 0)
            {
                order = string.CompareOrdinal(one.Id.ToString("N"), other.Id.ToString("N"));
            }
            return descends ? -order : order;
        });
        return list;

        static int Undated(TaskItem task) => task.DueDate is null ? 1 : 0;
    }

    private bool Shows(TaskFilter filter, string? search, DateTime now, TaskItem task) =>
        (filter.IncludeDeleted || task.DeletedAt is null)
        && (filter.State is null || task.State == filter.State)
        && (filter.Priorities.Count == 0 || filter.Priorities.Contains(task.Priority))
        && (filter.Category is null || CategoryOf(task) == filter.Category.Id)
        && (filter.Assignee is null || task.AssigneeId == filter.Assignee.Id)
        && (filter.Parent is null || task.ParentId == ParentOf(filter.Parent))
        && filter.Tags.All(name => TagsOf(task).Any(tag => string.Equals(tag, name, StringComparison.OrdinalIgnoreCase)))
        && filter.TagIds.All(id => TagBehind(id) is { } tag && task.TagIds.Select(TagBehind).Contains(tag))
        && (filter.DueAfter is null || task.DueDate > filter.DueAfter)
        && (filter.DueBefore is null || task.DueDate < filter.DueBefore)
        && (filter.Overdue is null || filter.Overdue == (task.State == TaskState.Pending && task.DueDate < now))
        && (filter.CreatedAfter is null || task.CreatedAt > filter.CreatedAfter)
        && (filter.CreatedBefore is null || task.CreatedAt < filter.CreatedBefore)
        && (filter.UpdatedSince is null || task.UpdatedAt >= filter.UpdatedSince)
        && (search is null || Words(search).All(sought => WordsOf(task).Any(word => word.StartsWith(sought, StringComparison.Ordinal))));

    private Guid? ParentOf(ParentFilter filter) => filter.Task is { } parent ? Tasks.Single(task => parent.Number > 0 ? task.Number == parent.Number : task.Id == parent.Id).Id : null;

    private IEnumerable<string> WordsOf(TaskItem task) => Words(task.Title).Concat(Words(task.Description ?? "")).Concat(TagsOf(task).SelectMany(Words));

    private static string[] Words(string text) => Fold(text).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private Guid? TagBehind(Guid id)
    {
        if (!labels.TryGetValue(id, out var label) || label.Kind != LabelKind.Tag)
        {
            return null;
        }
        return label.Into is { } into ? TagBehind(into) : id;
    }
}
