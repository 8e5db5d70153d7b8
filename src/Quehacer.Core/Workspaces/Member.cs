using System.Text.Json.Nodes;
using Quehacer.Core.Events;

namespace Quehacer.Core.Workspaces;

/// <summary>Somebody in a workspace.</summary>
/// <param name="Version">Of the events of this member; 0 for whoever made the workspace and has been its owner since.</param>
/// <param name="JoinedAt">UTC; of the last time, for somebody who has come back.</param>
public sealed record Member(Guid UserId, WorkspaceRole Role, int Version, DateTime JoinedAt, DateTime UpdatedAt)
{
    /// <summary>What an event makes of a member; null for somebody who is none any more. <paramref name="before"/> is null for somebody who was none.</summary>
    public static Member? Apply(Member? before, MemberEvent memberEvent, EventStamp stamp) => (memberEvent, before) switch
    {
        (MemberEvent.Added added, null) => new Member(stamp.StreamId, added.Role, stamp.Version, stamp.At, stamp.At),
        (MemberEvent.Updated updated, { } member) => member with { Role = updated.Role, Version = stamp.Version, UpdatedAt = stamp.At },
        (MemberEvent.Removed, not null) => null,
        _ => throw new InvalidOperationException($"An event that this member cannot have: {memberEvent.GetType().Name}."),
    };
}

/// <summary>What happened to somebody in a workspace. The stream is the account's id. Old events are read for ever.</summary>
public abstract record MemberEvent
{
    private MemberEvent()
    {
    }

    public sealed record Added(WorkspaceRole Role) : MemberEvent;

    /// <param name="Role">As it is now. Where it is the owner's, the workspace is theirs, and the owner before has an event of their own.</param>
    /// <param name="Before">As it was.</param>
    public sealed record Updated(WorkspaceRole Role, WorkspaceRole Before) : MemberEvent;

    /// <summary>Gone, by themselves or by another: the actor says.</summary>
    public sealed record Removed(WorkspaceRole Before) : MemberEvent;

    /// <summary>The name in the log.</summary>
    public string Name => this switch
    {
        Added => EventNames.MemberAdded,
        Updated => EventNames.MemberUpdated,
        Removed => EventNames.MemberRemoved,
        _ => throw new InvalidOperationException($"An event without a name: {GetType().Name}."),
    };

    /// <summary>The JSON of the event and of the members as they were before; null where an event has none.</summary>
    public (string? Data, string? Before) ToJson() => this switch
    {
        Added added => (Of(added.Role), null),
        Updated updated => (Of(updated.Role), Of(updated.Before)),
        Removed removed => (null, Of(removed.Before)),
        _ => (null, null),
    };

    public static MemberEvent FromStored(StoredEvent stored) => stored.Type switch
    {
        EventNames.MemberAdded => new Added(RoleIn(stored.Data!)),
        EventNames.MemberUpdated => new Updated(RoleIn(stored.Data!), RoleIn(stored.Before!)),
        EventNames.MemberRemoved => new Removed(RoleIn(stored.Before!)),
        _ => throw new InvalidOperationException($"The log has an event of a member that this program does not know: {stored.Type}."),
    };

    private static string Of(WorkspaceRole role) => JsonText.Object(json => json.WriteString("role"u8, role.ToString().ToLowerInvariant()));

    private static WorkspaceRole RoleIn(string json) => Enum.TryParse<WorkspaceRole>((string?)JsonNode.Parse(json)!["role"], ignoreCase: true, out var role) && Enum.IsDefined(role)
        ? role
        : throw new InvalidOperationException("The log has a member without a role that this program knows.");
}
