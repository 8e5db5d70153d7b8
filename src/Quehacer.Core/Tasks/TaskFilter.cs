using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

public enum TaskSort
{
    /// <summary>Newest first.</summary>
    Created,

    /// <summary>Newest first.</summary>
    Updated,

    /// <summary>Critical first.</summary>
    Priority,

    /// <summary>Soonest first; undated last, in both directions.</summary>
    Due,

    /// <summary>A to Z, by <see cref="Text.SortKey"/>.</summary>
    Title,

    /// <summary>1 first.</summary>
    Number,

    /// <summary>As people have put them, see <see cref="Tasks.Position"/>; what was never moved by its number, 1 first.</summary>
    Position,
}

/// <summary>Which tasks a list shows, and in which order. Ties go by id, in the direction of the sort.</summary>
public sealed record TaskFilter
{
    public static readonly TaskFilter All = new();

    /// <summary>Only tasks in this state; null for all.</summary>
    public TaskState? State { get; init; }

    /// <summary>Any of these; empty for all.</summary>
    public IReadOnlyList<TaskPriority> Priorities { get; init; } = [];

    public CategoryFilter? Category { get; init; }

    public AssigneeFilter? Assignee { get; init; }

    public ParentFilter? Parent { get; init; }

    /// <summary>Names of tags: all of them; empty for any. Storable, normalised and trimmed.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Ids of tags: all of them; empty for any. An id that no tag has is on no task.</summary>
    public IReadOnlyList<Guid> TagIds { get; init; } = [];

    /// <summary>Due later than this.</summary>
    public DateTime? DueAfter { get; init; }

    /// <summary>Due earlier than this.</summary>
    public DateTime? DueBefore { get; init; }

    /// <summary>True: pending, and due before now. False: all others.</summary>
    public bool? Overdue { get; init; }

    public DateTime? CreatedAfter { get; init; }

    public DateTime? CreatedBefore { get; init; }

    /// <summary>Changed at this time or later.</summary>
    public DateTime? UpdatedSince { get; init; }

    /// <summary>Every one of these words; empty for no search.</summary>
    public IReadOnlyList<SearchWord> Words { get; init; } = [];

    public bool IncludeDeleted { get; init; }

    public TaskSort Sort { get; init; }

    /// <summary>Against the sort's natural direction.</summary>
    public bool Reversed { get; init; }

    /// <summary>Only tasks that were made before this number was reached, the task of this number included; null for all.</summary>
    internal long? UpToNumber { get; init; }

    /// <summary>The answer changes with the clock alone.</summary>
    public bool DependsOnTime => Overdue is not null;

    /// <summary>Every task passes that is not deleted.</summary>
    public bool ChoosesAll => IsCounted && State is null && !IncludeDeleted;

    /// <summary>The workspace's row has the total.</summary>
    internal bool IsCounted =>
        Priorities.Count == 0 && Category is null && Assignee is null && Parent is null && Tags.Count == 0 && TagIds.Count == 0 && DueAfter is null && DueBefore is null && Overdue is null && CreatedAfter is null
        && CreatedBefore is null && UpdatedSince is null && UpToNumber is null && Words.Count == 0 && !(IncludeDeleted && State is not null);

    /// <summary>
    /// Sixteen bytes that differ where workspace, filter or order do; the order in which values were given does not matter. How far a walk goes
    /// is not part of what was asked.
    /// </summary>
    public byte[] Fingerprint(Guid workspaceId)
    {
        static string Time(DateTime? time) => time?.Ticks.ToString(CultureInfo.InvariantCulture) ?? "";
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{workspaceId:N}|{State}|{string.Join(',', Priorities.Order())}|{Category?.Id}{Category is { Id: null }}|")
            .Append(CultureInfo.InvariantCulture, $"{Time(DueAfter)}|{Time(DueBefore)}|{Overdue}|{Time(CreatedAfter)}|{Time(CreatedBefore)}|{Time(UpdatedSince)}|")
            .Append(CultureInfo.InvariantCulture, $"{IncludeDeleted}|{Sort}|{Reversed}");
        if (Parent is not null)
        {
            // Only where there is one: cursors of other lists outlive the release that brought this filter.
            text.Append(CultureInfo.InvariantCulture, $"|p{Parent.Task?.Id:N}:{Parent.Task?.Number}");
        }
        if (Assignee is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"|a{Assignee.Id:N}");
        }
        foreach (var tag in Tags.Select(Text.NameKey).Distinct().Order(StringComparer.Ordinal))
        {
            text.Append("|t").Append(tag.Length).Append(':').Append(tag);
        }
        foreach (var id in TagIds.Distinct().Order())
        {
            text.Append(CultureInfo.InvariantCulture, $"|i{id:N}");
        }
        foreach (var word in Words.OrderBy(word => word.Text, StringComparer.Ordinal))
        {
            text.Append("|w").Append(word.Text.Length).Append(':').Append(word.Text).Append(word.IsPrefix);
        }
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))[..16];
    }
}

/// <param name="Id">Tasks of this category; null for those that have none.</param>
public sealed record CategoryFilter(Guid? Id);

/// <param name="Id">Tasks that this one is to do, in the workspace or not; null for those that are nobody's.</param>
public sealed record AssigneeFilter(Guid? Id);

/// <param name="Task">Tasks directly below this one; null for those that lie below none.</param>
public sealed record ParentFilter(TaskRef? Task);

/// <param name="Limit">Tasks on a page, 1 to <see cref="Limits.PageTasks"/>.</param>
/// <param name="Page">From 1; a page past the end is empty. Null to go by the cursor.</param>
/// <param name="Cursor">From an answer to the same filter; null to begin at the beginning.</param>
/// <param name="WithTotal">Count the tasks of all pages.</param>
public sealed record TaskListRequest(TaskFilter Filter, int Limit, int? Page, string? Cursor, bool WithTotal)
{
    /// <summary>Tasks to skip, from 0, in place of page and cursor; the answer has no cursors then. Null to go by those.</summary>
    public long? Offset { get; init; }

    /// <summary>How many tasks come before the page, where it is not a cursor that says so.</summary>
    internal long Skipped => Offset ?? ((Page ?? 1) - 1L) * Limit;
}

/// <param name="Total">Tasks that pass the filter, on all pages; null when it was not asked for.</param>
/// <param name="NextCursor">Where the next page begins; null when there is none.</param>
/// <param name="PreviousCursor">Where the page before ends; null when there is none.</param>
/// <param name="Moment">Of which the page is; null when something happened while it was read, so that it is of no moment.</param>
public sealed record TaskPage(IReadOnlyList<TaskView> Tasks, long? Total, string? NextCursor, string? PreviousCursor, WorkspaceMoment? Moment);
