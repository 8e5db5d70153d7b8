using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>The state of a task.</summary>
public enum TaskState
{
    /// <summary>Still to be done.</summary>
    Pending,

    /// <summary>Completed.</summary>
    Done,
}

/// <summary>How urgent a task is.</summary>
public enum TaskPriority
{
    /// <summary>The least urgent.</summary>
    Low,

    /// <summary>What a new task is unless told.</summary>
    Medium,

    /// <summary>Urgent.</summary>
    High,

    /// <summary>The most urgent.</summary>
    Critical,
}

/// <summary>A task.</summary>
public sealed record TaskItem
{
    /// <summary>A TypeID, such as <c>task_01m7ykm0xxeeksbg7jwjdqtthh</c>.</summary>
    public required string Id { get; init; }

    /// <summary>1, 2, 3… in the workspace, never used again.</summary>
    public required long Number { get; init; }

    /// <summary>What is to be done: 1 to 200 characters.</summary>
    public required string Title { get; init; }

    /// <summary>Free text: up to 10 000 characters.</summary>
    public required string? Description { get; init; }

    /// <summary>Its state.</summary>
    public required TaskState Status { get; init; }

    /// <summary>How urgent it is.</summary>
    public required TaskPriority Priority { get; init; }

    /// <summary>When it is due, in UTC and whole milliseconds.</summary>
    public required DateTimeOffset? DueDate { get; init; }

    /// <summary>The id of its category, if it has one.</summary>
    public required string? CategoryId { get; init; }

    /// <summary>The names of its tags, in the order they were given.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>The id of the account of whoever is to do it, if anybody is.</summary>
    public required string? AssigneeId { get; init; }

    /// <summary>The id of the task that it lies below, if there is one.</summary>
    public required string? ParentId { get; init; }

    /// <summary>The tasks directly below it that are not deleted.</summary>
    public required int SubtaskCount { get; init; }

    /// <summary>How many of these are done.</summary>
    public required int SubtasksDone { get; init; }

    /// <summary>Its place in the order by hand, that of <see cref="TaskSort.Position"/>: to be compared ordinally, and changed by moving it.</summary>
    public required string Position { get; init; }

    /// <summary>The id of the workspace where it is.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>Rises by one with every change; in a write it is a condition.</summary>
    public required int Version { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it was deleted; only in lists with <see cref="TaskQuery.IncludeDeleted"/>.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Its category, if it has one; only with <see cref="TaskExpansion.Category"/>.</summary>
    public LabelFace? Category { get; init; }

    /// <summary>Its tags, in the order of <see cref="Tags"/>; only with <see cref="TaskExpansion.Tags"/>.</summary>
    public IReadOnlyList<LabelFace>? TagDetails { get; init; }

    /// <summary>Its addresses; only with <see cref="TaskExpansion.Links"/>.</summary>
    [JsonPropertyName("_links")]
    public TaskLinks? Links { get; init; }

    /// <summary>The state that this is, for <c>ifMatch</c>. Null for a task of a list, whose condition is its <see cref="Version"/>.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>What a task shows of its category or of a tag.</summary>
public sealed record LabelFace
{
    /// <summary>A TypeID; its prefix tells categories (<c>cat_</c>) and tags (<c>tag_</c>) apart.</summary>
    public required string Id { get; init; }

    /// <summary>As it is called now.</summary>
    public required string Name { get; init; }

    /// <summary><c>#RRGGBB</c> in upper case, if it has one.</summary>
    public required string? Color { get; init; }
}

/// <summary>Where a task is, and what can be done with it as it is, relative to the server. What cannot be done is null.</summary>
public sealed record TaskLinks
{
    /// <summary>The task.</summary>
    public required string Self { get; init; }

    /// <summary>Its notes.</summary>
    public string? Notes { get; init; }

    /// <summary>Its category, if it has one.</summary>
    public string? Category { get; init; }

    /// <summary>Completes it; of pending tasks only.</summary>
    public string? Complete { get; init; }

    /// <summary>Makes it pending again; of tasks that are done only.</summary>
    public string? Reopen { get; init; }

    /// <summary>Takes back its deletion; of deleted tasks only.</summary>
    public string? Restore { get; init; }
}

/// <summary>What a task can show beside its usual members.</summary>
public enum TaskExpansion
{
    /// <summary><see cref="TaskItem.Category"/>.</summary>
    Category,

    /// <summary><see cref="TaskItem.TagDetails"/>.</summary>
    Tags,

    /// <summary><see cref="TaskItem.Links"/>.</summary>
    Links,
}

/// <summary>A task to be made.</summary>
public sealed record NewTask
{
    /// <summary>What is to be done: 1 to 200 characters. White space around it is taken off.</summary>
    public required string Title { get; init; }

    /// <summary>Free text: up to 10 000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>Its state; pending unless told.</summary>
    public TaskState? Status { get; init; }

    /// <summary>How urgent it is; medium unless told.</summary>
    public TaskPriority? Priority { get; init; }

    /// <summary>When it is due, in the future.</summary>
    public DateTimeOffset? DueDate { get; init; }

    /// <summary>The id of a category of yours.</summary>
    public string? CategoryId { get; init; }

    /// <summary>The task that it shall lie below: its id or its number.</summary>
    public string? ParentId { get; init; }

    /// <summary>Up to 10 tags, by name. A name that is new makes a tag.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Who is to do it: the id of a member of the workspace.</summary>
    public string? AssigneeId { get; init; }

    /// <summary>The id of the workspace in which it is made; unless told, that of the client.</summary>
    public string? WorkspaceId { get; init; }
}

/// <summary>What is to be changed of a task. What is not set stays as it is.</summary>
public sealed record TaskChange
{
    /// <summary>What is to be done: 1 to 200 characters.</summary>
    public Optional<string> Title { get; init; }

    /// <summary>Free text: up to 10 000 characters; null for none.</summary>
    public Optional<string?> Description { get; init; }

    /// <summary>Its state.</summary>
    public Optional<TaskState> Status { get; init; }

    /// <summary>How urgent it is.</summary>
    public Optional<TaskPriority> Priority { get; init; }

    /// <summary>When it is due, in the future; null for never.</summary>
    public Optional<DateTimeOffset?> DueDate { get; init; }

    /// <summary>The id of a category of yours; null for none.</summary>
    public Optional<string?> CategoryId { get; init; }

    /// <summary>Who is to do it: the id of a member of the workspace; null for nobody.</summary>
    public Optional<string?> AssigneeId { get; init; }

    /// <summary>The task that it shall lie below: its id or its number; null for none.</summary>
    public Optional<string?> ParentId { get; init; }

    /// <summary>All of its tags, up to 10, in the place of those before: <c>new[] { "home" }</c>; null for none.</summary>
    public Optional<string[]?> Tags { get; init; }

    /// <summary>Tags to add to those that it has, by name: <c>new[] { "home" }</c>. In the place of <see cref="Tags"/>, not beside it.</summary>
    public Optional<string[]?> AddTags { get; init; }

    /// <summary>Tags to take away from those that it has: up to 10, by name. One that is not there is no error.</summary>
    public Optional<string[]?> RemoveTags { get; init; }

    /// <summary>The version that the task must have; another one is a <see cref="PreconditionFailedException"/>.</summary>
    public Optional<int> Version { get; init; }
}

/// <summary>The version that a task must have.</summary>
internal sealed record TaskCondition
{
    public int? Version { get; init; }
}

/// <summary>What becomes of the subtasks, and the version that a task must have.</summary>
internal sealed record TaskCompletion
{
    public SubtaskFate? Subtasks { get; init; }

    public int? Version { get; init; }
}

/// <summary>Where a task goes, and the version that it must have.</summary>
internal sealed record TaskMove
{
    public string? After { get; init; }

    public string? Before { get; init; }

    public ListEnd? To { get; init; }

    public int? Version { get; init; }
}

/// <summary>The workspace that a task goes into, what becomes of its subtasks, and the version that it must have.</summary>
internal sealed record TaskTransfer
{
    public required string WorkspaceId { get; init; }

    public TransferFate? Subtasks { get; init; }

    public int? Version { get; init; }
}

/// <summary>What becomes of the subtasks of a task that is moved into another workspace.</summary>
public enum TransferFate
{
    /// <summary>They go along.</summary>
    Follow,

    /// <summary>Nothing is moved while there are any.</summary>
    Refuse,
}

/// <summary>What becomes of the subtasks of a task that is completed or deleted.</summary>
public enum SubtaskFate
{
    /// <summary>They stay as they are; those of a deleted task have no parent until it is restored.</summary>
    Keep,

    /// <summary>With a completion: all that lies below is completed as well.</summary>
    Complete,

    /// <summary>Nothing is done while there are any; for a completion, any that are not done.</summary>
    Refuse,

    /// <summary>With a deletion: all that lies below is deleted as well.</summary>
    Delete,
}

/// <summary>An end of the order by hand.</summary>
public enum ListEnd
{
    /// <summary>Before all others.</summary>
    First,

    /// <summary>Behind all others.</summary>
    Last,
}

/// <summary>What a list of tasks goes by.</summary>
public enum TaskSort
{
    /// <summary>Made last first.</summary>
    Created,

    /// <summary>Changed last first.</summary>
    Updated,

    /// <summary>Critical first.</summary>
    Priority,

    /// <summary>Due soonest first, undated last.</summary>
    Due,

    /// <summary>A first; case and accents do not count.</summary>
    Title,

    /// <summary>1 first.</summary>
    Number,

    /// <summary>As you have moved them; what was never moved by its number.</summary>
    Position,
}

/// <summary>The direction of a list, where it is not the natural one of its <see cref="TaskSort"/>.</summary>
public enum SortOrder
{
    /// <summary>Ascending.</summary>
    Asc,

    /// <summary>Descending.</summary>
    Desc,
}

/// <summary>Which tasks. Unset members do not filter.</summary>
public record TaskFilter
{
    /// <summary>Tasks in this state; in any unless told.</summary>
    public TaskState? Status { get; init; }

    /// <summary>Tasks of any of these.</summary>
    public IReadOnlyList<TaskPriority>? Priority { get; init; }

    /// <summary>Tasks of this category, or with <c>none</c> of no category.</summary>
    public string? CategoryId { get; init; }

    /// <summary>Tasks that this account is to do, or with <c>me</c> oneself, or with <c>none</c> nobody.</summary>
    public string? AssigneeId { get; init; }

    /// <summary>Tasks directly below this one, or with <c>none</c> those that lie below none.</summary>
    public string? ParentId { get; init; }

    /// <summary>Tasks that have all of these tags, by name: up to 10.</summary>
    public IReadOnlyList<string>? Tag { get; init; }

    /// <summary>Tasks that are due later than this.</summary>
    public DateTimeOffset? DueAfter { get; init; }

    /// <summary>Tasks that are due earlier than this.</summary>
    public DateTimeOffset? DueBefore { get; init; }

    /// <summary>True for pending tasks that are due before now, false for all others.</summary>
    public bool? Overdue { get; init; }

    /// <summary>Tasks made later than this.</summary>
    public DateTimeOffset? CreatedAfter { get; init; }

    /// <summary>Tasks made earlier than this.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Tasks changed then or later.</summary>
    public DateTimeOffset? UpdatedSince { get; init; }

    /// <summary>Tasks in which every one of these words occurs: up to 200 characters and 16 words.</summary>
    public string? Q { get; init; }

    /// <summary>These filters and nothing else.</summary>
    internal Query ToQuery() => new Query()
        .Add("status", Status).Add("priority", Priority).Add("category_id", CategoryId).Add("assignee_id", AssigneeId).Add("parent_id", ParentId).Add("tag", Tag).Add("due_after", DueAfter)
        .Add("due_before", DueBefore).Add("overdue", Overdue).Add("created_after", CreatedAfter).Add("created_before", CreatedBefore).Add("updated_since", UpdatedSince).Add("q", Q);
}

/// <summary>Which tasks, and in which order. Unset members do not filter.</summary>
public sealed record TaskQuery : TaskFilter
{
    /// <summary>How many tasks are asked for at a time: 1 to 100; 20 unless told.</summary>
    public int? Limit { get; init; }

    /// <summary>Count the whole list. Unless told, it is counted by page and not by cursor.</summary>
    public bool? IncludeTotal { get; init; }

    /// <summary>The order; <see cref="TaskSort.Created"/> unless told.</summary>
    public TaskSort? Sort { get; init; }

    /// <summary>The direction; the natural one of the order unless told.</summary>
    public SortOrder? Order { get; init; }

    /// <summary>What each task shows beside its usual members.</summary>
    public IReadOnlyList<TaskExpansion>? Expand { get; init; }

    /// <summary>Show deleted tasks as well.</summary>
    public bool? IncludeDeleted { get; init; }

    internal Query ToQuery(int? page, string? cursor) => ToQuery()
        .Add("page", page).Add("limit", Limit).Add("cursor", cursor).Add("include_total", IncludeTotal).Add("sort", Sort).Add("order", Order).Add("expand", Expand).Add("include_deleted", IncludeDeleted);
}
