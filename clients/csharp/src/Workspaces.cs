namespace Quehacer.Client;

/// <summary>Where tasks, categories and tags are.</summary>
public sealed record Workspace
{
    /// <summary>A TypeID (<c>ws_</c>).</summary>
    public required string Id { get; init; }

    /// <summary>What its members know it by.</summary>
    public required string Name { get; init; }

    /// <summary>Made with the account of its owner, and nobody else's.</summary>
    public required bool Personal { get; init; }

    /// <summary>What you are in it: <c>viewer</c>, <c>editor</c> or <c>owner</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Whose it is.</summary>
    public required string OwnerId { get; init; }

    /// <summary>How many are in it, its owner among them.</summary>
    public required int MemberCount { get; init; }

    /// <summary>Rises by one with every change of its name and its use; in a write it is a condition.</summary>
    public required int Version { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its name, its use or its members were changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Since when it is out of use; null while it is in use.</summary>
    public required DateTimeOffset? ArchivedAt { get; init; }

    /// <summary>The state that this is, for <c>ifMatch</c>. Null for one of a list.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>A page of workspaces.</summary>
public sealed record WorkspaceList
{
    /// <summary>The workspaces of the page.</summary>
    public required IReadOnlyList<Workspace> Workspaces { get; init; }

    /// <summary>Where the page lies within the list.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The addresses around the page, relative to the server.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>A workspace to be made.</summary>
public sealed record NewWorkspace
{
    /// <summary>1 to 100 characters. White space around it is taken off.</summary>
    public required string Name { get; init; }
}

/// <summary>What is to be changed of a workspace. What is not set stays as it is.</summary>
public sealed record WorkspaceChange
{
    /// <summary>1 to 100 characters.</summary>
    public Optional<string> Name { get; init; }

    /// <summary>The version that it must have; another one is a <see cref="PreconditionFailedException"/>.</summary>
    public Optional<int> Version { get; init; }
}
