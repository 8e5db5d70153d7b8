using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>What is to be changed of each of many tasks. What is not set stays as it is; something has to be set.</summary>
public sealed record TasksChange
{
    /// <summary>Free text: up to 10 000 characters; null for none.</summary>
    public Optional<string?> Description { get; init; }

    /// <summary>Their state.</summary>
    public Optional<TaskState> Status { get; init; }

    /// <summary>How urgent they are.</summary>
    public Optional<TaskPriority> Priority { get; init; }

    /// <summary>When they are due, in the future; null for never.</summary>
    public Optional<DateTimeOffset?> DueDate { get; init; }

    /// <summary>The id of a category of yours; null for none.</summary>
    public Optional<string?> CategoryId { get; init; }

    /// <summary>Who is to do them: the id of a member of the workspace; null for nobody.</summary>
    public Optional<string?> AssigneeId { get; init; }

    /// <summary>All of their tags, up to 10, in the place of those before: <c>new[] { "home" }</c>; null for none.</summary>
    public Optional<string[]?> Tags { get; init; }

    /// <summary>Tags to add to those that they have, by name: <c>new[] { "home" }</c>. In the place of <see cref="Tags"/>, not beside it.</summary>
    public Optional<string[]?> AddTags { get; init; }

    /// <summary>Tags to take away from those that they have: up to 10, by name. One that is not there is no error.</summary>
    public Optional<string[]?> RemoveTags { get; init; }
}

/// <summary>What a change of many tasks came to; after a dry run, what it would come to.</summary>
public sealed record BulkResult
{
    /// <summary>How many tasks were chosen: changed, skipped, or as they should be already.</summary>
    public required int Matched { get; init; }

    /// <summary>How many of them were changed, or deleted.</summary>
    public required int Changed { get; init; }

    /// <summary>How many of them the change does not fit.</summary>
    public required int Skipped { get; init; }

    /// <summary>The first hundred of these.</summary>
    public required IReadOnlyList<SkippedTask> SkippedTasks { get; init; }

    /// <summary>Whether nothing has been done.</summary>
    public required bool DryRun { get; init; }

    /// <summary>How many tasks the filter chooses in all; after a dry run only.</summary>
    public long? Total { get; init; }

    /// <summary>Whether tasks are left for another call.</summary>
    public required bool HasMore { get; init; }

    /// <summary>Where another call goes on; null when nothing is left.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>The state that your tasks are in after it, for <c>ifMatch</c> of a change of many by the same filter.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>A task that was left as it is, because the change does not fit it.</summary>
public sealed record SkippedTask
{
    /// <summary>The task.</summary>
    public required string Id { get; init; }

    /// <summary>Its number in the workspace.</summary>
    public required long Number { get; init; }

    /// <summary>What of the change does not fit it.</summary>
    public required IReadOnlyList<ProblemField> Errors { get; init; }
}
