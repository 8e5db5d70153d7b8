using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>What somebody has said about a task.</summary>
public sealed record Note
{
    /// <summary>A TypeID, such as <c>note_01m7ykm0xxfe3p5t7v9x1z3b5d</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The task that it is about.</summary>
    public required string TaskId { get; init; }

    /// <summary>Who has written it, and alone may change or remove it.</summary>
    public required NoteAuthor Author { get; init; }

    /// <summary>What was said: 1 to 10 000 characters.</summary>
    public required string Text { get; init; }

    /// <summary>Rises by one with every change; in a write it is a condition.</summary>
    public required int Version { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The state that this is, for <c>ifMatch</c>. Null for one of a list, whose condition is its <see cref="Version"/>.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>Who has written a note.</summary>
public sealed record NoteAuthor
{
    /// <summary>The account.</summary>
    public required string Id { get; init; }

    /// <summary>As the author is called now; null where there is no such account any more.</summary>
    public required string? Name { get; init; }
}

/// <summary>A note to be added.</summary>
public sealed record NewNote
{
    /// <summary>1 to 10 000 characters. White space around it is taken off.</summary>
    public required string Text { get; init; }
}

/// <summary>What is to be changed of a note. What is not set stays as it is.</summary>
public sealed record NoteChange
{
    /// <summary>1 to 10 000 characters.</summary>
    public Optional<string> Text { get; init; }

    /// <summary>The version that it must have; another one is a <see cref="PreconditionFailedException"/>.</summary>
    public Optional<int> Version { get; init; }
}
