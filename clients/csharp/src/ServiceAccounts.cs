using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>An account of a workspace, for a program and for no person: nobody logs in to it, and it stays when people go.</summary>
public sealed record ServiceAccount
{
    /// <summary>A TypeID, <c>user_…</c>, as tasks and notes name it.</summary>
    public required string UserId { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What it is in the workspace: <c>viewer</c> or <c>editor</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Rises by one with every change; in a write it is a condition.</summary>
    public required int Version { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its name or its role was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The state that this is, for <c>ifMatch</c>. Null for one of a list.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>All service accounts of a workspace.</summary>
public sealed record ServiceAccountList
{
    /// <summary>The oldest first.</summary>
    public required IReadOnlyList<ServiceAccount> ServiceAccounts { get; init; }
}

/// <summary>A new service account.</summary>
public sealed record NewServiceAccount
{
    /// <summary>1 to 255 characters.</summary>
    public required string Name { get; init; }

    /// <summary><c>viewer</c> or <c>editor</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The password of your account.</summary>
    public required string CurrentPassword { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"New service account {Name}";
}

/// <summary>What is to be changed of a service account.</summary>
public sealed record ServiceAccountChange
{
    /// <summary>1 to 255 characters.</summary>
    public Optional<string> Name { get; init; }

    /// <summary><c>viewer</c> or <c>editor</c>.</summary>
    public Optional<string> Role { get; init; }

    /// <summary>The version that it must have; another one is a <see cref="PreconditionFailedException"/>.</summary>
    public Optional<int> Version { get; init; }
}

/// <summary>A new API key of a service account, good for its workspace alone.</summary>
public sealed record NewServiceKey
{
    /// <summary>1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What it is to be good for: any of <c>tasks:read</c>, <c>tasks:write</c>, <c>workspaces:read</c>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>Until when it is good; null until it is revoked.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The password of your account.</summary>
    public required string CurrentPassword { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"New API key {Name}";
}
