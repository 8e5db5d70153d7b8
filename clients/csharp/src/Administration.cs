using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>An account as administrators see it.</summary>
public sealed record AdminUser
{
    /// <summary>A TypeID, <c>user_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What the user logs in with.</summary>
    public required string Email { get; init; }

    /// <summary>Whether a letter to it has come back, or whoever runs the server vouches for it.</summary>
    public required bool EmailVerified { get; init; }

    /// <summary>What people call the user.</summary>
    public required string Name { get; init; }

    /// <summary>What the user may do in the installation: <c>user</c> or <c>admin</c>.</summary>
    public required string Role { get; init; }

    /// <summary>How much the user may ask of the server: <c>standard</c>, <c>plus</c> or <c>premium</c>.</summary>
    public required string Plan { get; init; }

    /// <summary>Since when nobody signs in to it; null when people may.</summary>
    public required DateTimeOffset? SuspendedAt { get; init; }

    /// <summary>What is asked for beside the password: <c>totp</c> for an authenticator, <c>email</c> for codes by mail.</summary>
    public required IReadOnlyList<string> SecondFactors { get; init; }

    /// <summary>The user's personal workspace.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>How many workspaces are the user's, the personal one among them.</summary>
    public required int WorkspacesOwned { get; init; }

    /// <summary>When a session of it was seen last, to about a minute; null where there has been none for some time.</summary>
    public required DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>Rises by one with every change; in a write it is a condition.</summary>
    public required int Version { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The state that this is, for <c>ifMatch</c>. Null for one of a list, whose condition is its <see cref="Version"/>.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>A page of accounts.</summary>
public sealed record AdminUserList
{
    /// <summary>The accounts of the page.</summary>
    public required IReadOnlyList<AdminUser> Users { get; init; }

    /// <summary>Where the page lies.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The pages around it.</summary>
    [JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>How a list of accounts is ordered.</summary>
public enum UserSort
{
    /// <summary>The newest first.</summary>
    Created,

    /// <summary>A to Z.</summary>
    Name,

    /// <summary>A to Z.</summary>
    Email,
}

/// <summary>What an administrator changes of an account. What is not set stays as it is.</summary>
public sealed record UserChange
{
    /// <summary><c>standard</c>, <c>plus</c> or <c>premium</c>.</summary>
    public Optional<string> Plan { get; init; }

    /// <summary><c>user</c> or <c>admin</c>.</summary>
    public Optional<string> Role { get; init; }

    /// <summary>The version that it must have; another one is a <see cref="PreconditionFailedException"/>.</summary>
    public Optional<int> Version { get; init; }
}

/// <summary>What an administrator has done.</summary>
public sealed record AdminAct
{
    /// <summary>A TypeID, <c>act_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>When it was done.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who has done it; null for whoever runs the installation, by a command.</summary>
    public required string? ActorId { get; init; }

    /// <summary>What it was, such as <c>user.suspended</c>. There may be more.</summary>
    public required string Act { get; init; }

    /// <summary>Whose account it was done to. The account may be gone.</summary>
    public required string? UserId { get; init; }

    /// <summary>The workspace that was looked into, where one was.</summary>
    public required string? WorkspaceId { get; init; }

    /// <summary>What it was exactly, where there is more to say.</summary>
    public required AdminActDetail? Detail { get; init; }

    /// <summary>From where it was asked; null for whoever sits at the machine.</summary>
    public required string? Address { get; init; }

    /// <summary>The id of the request.</summary>
    public required string? RequestId { get; init; }
}

/// <summary>What an act was exactly: what its kind has.</summary>
public sealed record AdminActDetail
{
    /// <summary>The plan or the role before.</summary>
    public string? From { get; init; }

    /// <summary>The plan or the role from then on.</summary>
    public string? To { get; init; }

    /// <summary>Why, in the words of whoever did it.</summary>
    public string? Reason { get; init; }

    /// <summary>The task that was read.</summary>
    public string? TaskId { get; init; }
}

/// <summary>A page of what administrators have done, the newest first.</summary>
public sealed record AdminActList
{
    /// <summary>The acts of the page.</summary>
    public required IReadOnlyList<AdminAct> Acts { get; init; }

    /// <summary>Where the page lies.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The pages around it.</summary>
    [JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>Why an account is suspended.</summary>
internal sealed record Suspension
{
    public string? Reason { get; init; }
}
