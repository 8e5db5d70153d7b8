namespace Quehacer.Client;

/// <summary>Somebody in a workspace.</summary>
public sealed record Member
{
    /// <summary>Of the account, a TypeID (<c>user_</c>).</summary>
    public required string UserId { get; init; }

    /// <summary>Whose account it is: a <c>person</c>'s, or the workspace's own, <c>service</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>As they are called now; null where the account is gone.</summary>
    public required string? Name { get; init; }

    /// <summary>For the owner of the workspace and for themselves; null for everybody else.</summary>
    public required string? Email { get; init; }

    /// <summary>What they are in it: <c>viewer</c>, <c>editor</c> or <c>owner</c>.</summary>
    public required string Role { get; init; }

    /// <summary>Rises with every change of what they are; in a write it is a condition.</summary>
    public required int Version { get; init; }

    /// <summary>Since when they are in it; of the last time, for somebody who has come back.</summary>
    public required DateTimeOffset JoinedAt { get; init; }

    /// <summary>When their role was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The state that this is, for <c>ifMatch</c>. Null for one of a list.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>A page of the members of a workspace.</summary>
public sealed record MemberList
{
    /// <summary>The members of the page.</summary>
    public required IReadOnlyList<Member> Members { get; init; }

    /// <summary>Where the page lies within the list.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The addresses around the page, relative to the server.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>What is to be changed of a member. What is not set stays as it is.</summary>
public sealed record MemberChange
{
    /// <summary><c>viewer</c> or <c>editor</c>.</summary>
    public Optional<string> Role { get; init; }

    /// <summary>The version that the member must have; another one is a <see cref="PreconditionFailedException"/>.</summary>
    public Optional<int> Version { get; init; }
}

internal sealed record WorkspaceTransfer
{
    public required string UserId { get; init; }

    public required string CurrentPassword { get; init; }
}

/// <summary>Somebody asked into a workspace, who has not answered yet.</summary>
public sealed record Invitation
{
    /// <summary>A TypeID (<c>inv_</c>).</summary>
    public required string Id { get; init; }

    /// <summary>Into which workspace.</summary>
    public required InvitedInto Workspace { get; init; }

    /// <summary>To which it was sent: the account that accepts it has this one.</summary>
    public required string Email { get; init; }

    /// <summary>What they will be: <c>viewer</c> or <c>editor</c>.</summary>
    public required string Role { get; init; }

    /// <summary>By whom.</summary>
    public required Inviter InvitedBy { get; init; }

    /// <summary>When it was sent.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>The workspace that an invitation is into.</summary>
public sealed record InvitedInto
{
    /// <summary>A TypeID (<c>ws_</c>).</summary>
    public required string Id { get; init; }

    /// <summary>What its members know it by.</summary>
    public required string Name { get; init; }
}

/// <summary>Who invites.</summary>
public sealed record Inviter
{
    /// <summary>The account.</summary>
    public required string Id { get; init; }

    /// <summary>As they are called now, by themselves; null where the account is gone.</summary>
    public required string? Name { get; init; }

    /// <summary>Null unless it is shown to be theirs.</summary>
    public required string? Email { get; init; }
}

/// <summary>A page of invitations, the oldest first.</summary>
public sealed record InvitationList
{
    /// <summary>The invitations of the page.</summary>
    public required IReadOnlyList<Invitation> Invitations { get; init; }

    /// <summary>Where the page lies within the list.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The addresses around the page, relative to the server.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

internal sealed record NewInvitation
{
    public required string Email { get; init; }

    public required string Role { get; init; }
}

/// <summary>Who looks at a workspace just now.</summary>
public sealed record Presence
{
    /// <summary>At what.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>Who, those first who have for longest.</summary>
    public required IReadOnlyList<PresentPerson> People { get; init; }

    /// <summary>How many there are.</summary>
    public required int Total { get; init; }
}

/// <summary>Somebody who looks at a workspace.</summary>
public sealed record PresentPerson
{
    /// <summary>The account.</summary>
    public required string UserId { get; init; }

    /// <summary>As they are called now; null where there is no such account any more.</summary>
    public required string? Name { get; init; }

    /// <summary>Since when they have looked, on whatever they look with.</summary>
    public required DateTimeOffset Since { get; init; }
}
