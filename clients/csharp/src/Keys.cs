namespace Quehacer.Client;

/// <summary>A key with which a program comes in the name of an account: give it to <see cref="QuehacerClient.Session"/> in the place of an access token.</summary>
public sealed record ApiKey
{
    /// <summary>A TypeID, <c>key_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What its owner knows it by.</summary>
    public required string Name { get; init; }

    /// <summary>What it is good for: <c>tasks:read</c>, <c>tasks:write</c>, <c>workspaces:read</c>, <c>workspaces:write</c>, <c>admin</c>. There may be more.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The one workspace that it is good for, <c>ws_…</c>; null for all that its owner is in.</summary>
    public required string? WorkspaceId { get; init; }

    /// <summary>The key itself. Null but in the answer that makes it.</summary>
    public string? Key { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Until when it is good; null until it is revoked.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was used last, to about a minute; null for never.</summary>
    public required DateTimeOffset? LastUsedAt { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"API key {Id}";
}

/// <summary>All keys of an account.</summary>
public sealed record ApiKeyList
{
    /// <summary>The newest first.</summary>
    public required IReadOnlyList<ApiKey> Keys { get; init; }
}

/// <summary>A new API key.</summary>
public sealed record NewApiKey
{
    /// <summary>1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What it is to be good for: any of <c>tasks:read</c>, <c>tasks:write</c>, <c>workspaces:read</c>, <c>workspaces:write</c> and, for administrators, <c>admin</c>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The one workspace that it is to be good for, in which you are; null for all.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>Until when it is good; null until it is revoked.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The password of the account.</summary>
    public required string CurrentPassword { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"New API key {Name}";
}
