using Quehacer.Core.Events;

namespace Quehacer.Core.Workspaces;

/// <summary>A workspace: what it is called, whose it is, and whether it is in use. What is in it is not here.</summary>
/// <param name="IsPersonal">Made with its owner's account: it is shared with nobody, never archived and never handed on.</param>
/// <param name="ArchivedAt">Since when nothing in it is changed any more, UTC; null while it is in use.</param>
/// <param name="Version">Of name and use; what happens in it does not count.</param>
/// <param name="Members">How many there are, the owner among them.</param>
/// <param name="MembersRevision">Of its last change of who is in it and what they may do.</param>
/// <param name="UpdatedAt">When its name, its use or its members last changed, UTC.</param>
public sealed record Workspace(
    Guid Id, string Name, bool IsPersonal, Guid OwnerId, DateTime? ArchivedAt, int Version, int Members, long MembersRevision, DateTime UpdatedAt)
{
    public DateTime CreatedAt => Ids.TimeOf(Id);

    /// <summary>What its own events make of it; <paramref name="before"/> is null for the first one only. Members are another matter.</summary>
    public static Workspace Apply(Workspace? before, WorkspaceEvent workspaceEvent, EventStamp stamp)
    {
        if (workspaceEvent is WorkspaceEvent.Created created)
        {
            return new Workspace(
                stamp.StreamId, created.Name ?? WorkspaceEvent.PersonalName, IsPersonal: created.Name is null, stamp.ActorId, ArchivedAt: null, stamp.Version, Members: 1,
                MembersRevision: 0, stamp.At);
        }
        var workspace = (before ?? throw new InvalidOperationException("A stream of a workspace that does not begin with workspace.created.")) with { Version = stamp.Version, UpdatedAt = stamp.At };
        return workspaceEvent switch
        {
            WorkspaceEvent.Updated updated => workspace with { Name = updated.Name },
            WorkspaceEvent.Archived => workspace with { ArchivedAt = stamp.At },
            WorkspaceEvent.Unarchived => workspace with { ArchivedAt = null },
            _ => throw new InvalidOperationException($"An event that a workspace does not have: {workspaceEvent.GetType().Name}."),
        };
    }

    /// <summary>Decides a change of the name: the event that makes it, or none.</summary>
    internal Result<WorkspaceEvent[]> Change(WorkspaceEdit edit) => edit.Check(isNew: false) is { Count: > 0 } faults
        ? Error.Invalid(faults)
        : edit.Name.IsSet && edit.Name.Value != Name ? new WorkspaceEvent[] { new WorkspaceEvent.Updated(edit.Name.Value, Name) } : Array.Empty<WorkspaceEvent>();

    /// <summary>Out of use: what is in it is seen by its members, and changed by nobody.</summary>
    internal Result<WorkspaceEvent[]> Archive() => IsPersonal ? ErrorCode.WorkspaceIsPersonal
        : ArchivedAt is null ? new WorkspaceEvent[] { new WorkspaceEvent.Archived() } : Array.Empty<WorkspaceEvent>();

    /// <summary>In use again.</summary>
    internal Result<WorkspaceEvent[]> Unarchive() => ArchivedAt is null ? Array.Empty<WorkspaceEvent>() : new WorkspaceEvent[] { new WorkspaceEvent.Unarchived() };
}

/// <summary>A workspace as one of its members sees it.</summary>
/// <param name="Role">Of whoever sees it.</param>
public sealed record WorkspaceView(Workspace Workspace, WorkspaceRole Role, EntityTag Tag);

/// <summary>What a request says of a workspace. The name is storable, normalised and trimmed.</summary>
public sealed record WorkspaceEdit
{
    public Edit<string> Name { get; init; }

    /// <summary>Faults of form that no member above can carry, such as an unknown member.</summary>
    public IReadOnlyList<FieldError> Faults { get; init; } = [];

    internal List<FieldError> Check(bool isNew)
    {
        var faults = new List<FieldError>(Faults);
        if (Name.IsSet ? Name.Value.Length == 0 : isNew || Name.IsPresent)
        {
            faults.Add(new FieldError(Field.Name, Name.Fault ?? FieldFault.Required));
        }
        else if (Name.IsSet && Text.Characters(Name.Value) > Limits.WorkspaceNameCharacters)
        {
            faults.Add(new FieldError(Field.Name, FieldFault.TooLong, Limits.WorkspaceNameCharacters));
        }
        return faults;
    }
}
