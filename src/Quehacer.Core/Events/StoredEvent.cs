namespace Quehacer.Core.Events;

/// <summary>The names of events in the log. They are stored: a name never changes its meaning.</summary>
public static class EventNames
{
    public const string WorkspaceCreated = "workspace.created";
    public const string WorkspaceUpdated = "workspace.updated";
    public const string WorkspaceArchived = "workspace.archived";
    public const string WorkspaceUnarchived = "workspace.unarchived";
    public const string MemberAdded = "member.added";
    public const string MemberUpdated = "member.updated";
    public const string MemberRemoved = "member.removed";
    public const string TagCreated = "tag.created";
    public const string TagUpdated = "tag.updated";
    public const string TagMerged = "tag.merged";
    public const string TagDeleted = "tag.deleted";
    public const string CategoryCreated = "category.created";
    public const string CategoryUpdated = "category.updated";
    public const string CategoryDeleted = "category.deleted";
    public const string TaskCreated = "task.created";
    public const string TaskUpdated = "task.updated";
    public const string TaskCompleted = "task.completed";
    public const string TaskReopened = "task.reopened";
    public const string TaskDeleted = "task.deleted";
    public const string TaskRestored = "task.restored";
    public const string TaskPurged = "task.purged";
    public const string NoteCreated = "note.created";
    public const string NoteUpdated = "note.updated";
    public const string NoteDeleted = "note.deleted";
}

/// <summary>What every event carries beside its own data.</summary>
/// <param name="Number">The task's number, on <c>task.created</c>.</param>
/// <param name="At">When it was committed by the workspace's clock, which never runs backwards.</param>
public readonly record struct EventStamp(Guid StreamId, int Version, long? Number, Guid ActorId, DateTime At);

/// <summary>A row of the log. <c>Data</c> and <c>Before</c> are JSON, null where the event has none or what it said was purged.</summary>
public sealed record StoredEvent(long Revision, string Type, string? Data, string? Before, EventStamp Stamp);
