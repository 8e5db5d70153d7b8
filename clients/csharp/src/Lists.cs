using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>A page of tasks.</summary>
public sealed record TaskList
{
    /// <summary>The tasks of the page.</summary>
    public required IReadOnlyList<TaskItem> Tasks { get; init; }

    /// <summary>Where the page lies.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The pages around it.</summary>
    [JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>A page of categories, by name.</summary>
public sealed record CategoryList
{
    /// <summary>The categories of the page.</summary>
    public required IReadOnlyList<Label> Categories { get; init; }

    /// <summary>Where the page lies.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The pages around it.</summary>
    [JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>A page of tags, by name.</summary>
public sealed record TagList
{
    /// <summary>The tags of the page.</summary>
    public required IReadOnlyList<Label> Tags { get; init; }

    /// <summary>Where the page lies.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The pages around it.</summary>
    [JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>A page of the notes of a task, the oldest first.</summary>
public sealed record NoteList
{
    /// <summary>The notes of the page.</summary>
    public required IReadOnlyList<Note> Notes { get; init; }

    /// <summary>Where the page lies.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The pages around it.</summary>
    [JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>Where a page lies within its list.</summary>
public sealed record Pagination
{
    /// <summary>Which page this is; null in an answer by cursor.</summary>
    public int? Page { get; init; }

    /// <summary>How many things a page has at most.</summary>
    public required int Limit { get; init; }

    /// <summary>How many things the whole list has; null where it was not counted.</summary>
    public long? Total { get; init; }

    /// <summary>How many pages the list has; null where it was not counted.</summary>
    public long? TotalPages { get; init; }

    /// <summary>Whether there is a page behind this one.</summary>
    public required bool HasNext { get; init; }

    /// <summary>Whether there is a page before this one.</summary>
    public required bool HasPrevious { get; init; }

    /// <summary>The place behind this page; lists of tasks only.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>The place before this page; lists of tasks only.</summary>
    public required string? PreviousCursor { get; init; }
}

/// <summary>The addresses around a page, relative to the server.</summary>
public sealed record Links
{
    /// <summary>This page.</summary>
    public required string Self { get; init; }

    /// <summary>The first page.</summary>
    public required string First { get; init; }

    /// <summary>The last page, where it is known.</summary>
    public string? Last { get; init; }

    /// <summary>The next page, if there is one.</summary>
    public string? Next { get; init; }

    /// <summary>The page before, if there is one.</summary>
    public string? Previous { get; init; }
}
