using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>An account.</summary>
public sealed record User
{
    /// <summary>A TypeID, <c>user_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Whose account it is: a <c>person</c>'s, or, with the key of a service account, a workspace's, <c>service</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What the user logs in with; null for a service account, which nobody logs in to.</summary>
    public required string? Email { get; init; }

    /// <summary>Whether a letter to it has come back, or whoever runs the server vouches for it.</summary>
    public required bool EmailVerified { get; init; }

    /// <summary>What people call the user.</summary>
    public required string Name { get; init; }

    /// <summary>What the user may do in the installation: <c>user</c>, and for administrators <c>admin</c>. There may be more.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>The user's personal workspace, <c>ws_…</c>; of a service account, the one that it belongs to.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>Rises by one with every change; in a write it is a condition.</summary>
    public required int Version { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The state that this is, for <c>ifMatch</c>. Null for one that came with tokens.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}

/// <summary>What is to be changed of an account. What is not set stays as it is.</summary>
public sealed record AccountChange
{
    /// <summary>1 to 255 characters.</summary>
    public Optional<string> Name { get; init; }

    /// <summary>The version that it must have; another one is a <see cref="PreconditionFailedException"/>.</summary>
    public Optional<int> Version { get; init; }
}

/// <summary>A session's new tokens, and whose they are. Its text names nobody's secrets.</summary>
public sealed record Tokens
{
    /// <summary>For the header <c>Authorization: Bearer</c>.</summary>
    public required string AccessToken { get; init; }

    /// <summary>For one use, of which <see cref="QuehacerClient"/> makes use by itself.</summary>
    public required string RefreshToken { get; init; }

    /// <summary>Always <c>Bearer</c>.</summary>
    public required string TokenType { get; init; }

    /// <summary>Seconds that the access token lives.</summary>
    public required int ExpiresIn { get; init; }

    /// <summary>Whose they are.</summary>
    public required User User { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"Tokens of {User.Id}";
}

/// <summary>What a client needs to act for somebody: keep it as you keep a password. Its text names no secret.</summary>
/// <param name="AccessToken">The one that is sent.</param>
/// <param name="RefreshToken">What renews it, once; null where somebody else does that.</param>
public sealed record Session(string AccessToken, string? RefreshToken = null)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(Session);
}

/// <summary>Where an account is signed in. <see cref="Session"/> is what a client needs to act in one.</summary>
public sealed record SignedIn
{
    /// <summary>A TypeID, <c>sess_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Whether it is the one that asks.</summary>
    public required bool Current { get; init; }

    /// <summary>What its client called itself at the login or the last refresh; null where it did not say.</summary>
    public required string? UserAgent { get; init; }

    /// <summary>From where that came; null where there is none.</summary>
    public required string? Address { get; init; }

    /// <summary>When it was logged in.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was seen last, to about a minute.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>When it ends, unless it is refreshed before.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>The open sessions of an account: the one that asks, and then those that were seen last.</summary>
public sealed record SessionList
{
    /// <summary>At most a hundred.</summary>
    public required IReadOnlyList<SignedIn> Sessions { get; init; }
}

internal sealed record EmailAddress
{
    public required string Email { get; init; }
}

internal sealed record OneTimeToken
{
    public required string Token { get; init; }
}

internal sealed record PasswordReset
{
    public required string Token { get; init; }

    public required string Password { get; init; }
}

internal sealed record PasswordChange
{
    public required string CurrentPassword { get; init; }

    public required string Password { get; init; }
}

internal sealed record EmailChange
{
    public required string CurrentPassword { get; init; }

    public required string Email { get; init; }
}

internal sealed record Registration
{
    public required string Email { get; init; }

    public required string Name { get; init; }

    public required string Password { get; init; }
}

internal sealed record Login
{
    public required string Email { get; init; }

    public required string Password { get; init; }
}

internal sealed record Refresh
{
    public required string RefreshToken { get; init; }
}

/// <summary>An account that is to be deleted.</summary>
public sealed record AccountDeletion
{
    /// <summary>When it is deleted. Until then it can be kept.</summary>
    public required DateTimeOffset DeletionDueAt { get; init; }
}

internal sealed record AccountDeletionRequest
{
    public required string CurrentPassword { get; init; }

    public string? Code { get; init; }

    public string? MfaToken { get; init; }
}

internal sealed record AccountRestoration
{
    public string? Token { get; init; }

    public string? Email { get; init; }

    public string? Password { get; init; }

    public string? Code { get; init; }

    public string? MfaToken { get; init; }
}
