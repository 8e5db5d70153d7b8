using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>A category or a tag.</summary>
public sealed record Label
{
    /// <summary>A TypeID; its prefix tells categories (<c>cat_</c>) and tags (<c>tag_</c>) apart.</summary>
    public required string Id { get; init; }

    /// <summary>Unique among the categories, or the tags, of the workspace, but for case.</summary>
    public required string Name { get; init; }

    /// <summary><c>#RRGGBB</c> in upper case, if it has one.</summary>
    public required string? Color { get; init; }

    /// <summary>Rises by one with every change; in a write it is a condition.</summary>
    public required int Version { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The tasks that carry it and are not deleted; only where <c>counts</c> were asked for.</summary>
    public long? TaskCount { get; init; }

    /// <summary>The state that this is, for <c>ifMatch</c>. Null for one of a list, or with counts.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>A category or a tag to be made.</summary>
public sealed record NewLabel
{
    /// <summary>1 to 255 characters for a category, 1 to 50 for a tag. White space around it is taken off.</summary>
    public required string Name { get; init; }

    /// <summary><c>#RRGGBB</c> in either case.</summary>
    public string? Color { get; init; }
}

/// <summary>What is to be changed of a category or a tag. What is not set stays as it is.</summary>
public sealed record LabelChange
{
    /// <summary>1 to 255 characters for a category, 1 to 50 for a tag.</summary>
    public Optional<string> Name { get; init; }

    /// <summary><c>#RRGGBB</c> in either case; null for none.</summary>
    public Optional<string?> Color { get; init; }

    /// <summary>The version that it must have; another one is a <see cref="PreconditionFailedException"/>.</summary>
    public Optional<int> Version { get; init; }
}

/// <summary>The tag that stays.</summary>
internal sealed record TagMerge
{
    public required string Into { get; init; }

    public int? Version { get; init; }
}
