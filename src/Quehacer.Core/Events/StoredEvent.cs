using Quehacer.Core.Notes;

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
    public const string TaskMovedOut = "task.moved_out";
    public const string TaskMovedIn = "task.moved_in";
    public const string NoteCreated = "note.created";
    public const string NoteUpdated = "note.updated";
    public const string NoteDeleted = "note.deleted";
    public const string NoteMovedOut = "note.moved_out";
    public const string NoteMovedIn = "note.moved_in";

    public static readonly IReadOnlyList<string> All =
    [
        TaskCreated, TaskUpdated, TaskCompleted, TaskReopened, TaskDeleted, TaskRestored, TaskPurged, TaskMovedOut, TaskMovedIn, NoteCreated, NoteUpdated, NoteDeleted, NoteMovedOut, NoteMovedIn,
        TagCreated, TagUpdated, TagMerged, TagDeleted, CategoryCreated, CategoryUpdated, CategoryDeleted, MemberAdded, MemberUpdated, MemberRemoved,
        WorkspaceCreated, WorkspaceUpdated, WorkspaceArchived, WorkspaceUnarchived,
    ];
}

/// <summary>What every event carries beside its own data.</summary>
/// <param name="Number">The task's number, on <c>task.created</c> and <c>task.moved_in</c>.</param>
/// <param name="At">When it was committed by the workspace's clock, which never runs backwards.</param>
public readonly record struct EventStamp(Guid StreamId, int Version, long? Number, Guid ActorId, DateTime At);

/// <summary>What an event is about: the first part of its name.</summary>
public enum EventNoun
{
    Task,
    Tag,
    Category,
    Note,
    Member,
    Workspace,
}

/// <summary>A row of the log, or one that a stream brought along from another workspace, whose revision is 0. <c>Data</c> and <c>Before</c> are JSON, null where the event has none or what it said was purged.</summary>
public sealed record StoredEvent(long Revision, string Type, string? Data, string? Before, EventStamp Stamp)
{
    /// <summary>Null for an event that this program does not know.</summary>
    public EventNoun? Noun => Type.AsSpan(0, Math.Max(0, Type.IndexOf('.', StringComparison.Ordinal))) switch
    {
        "task" => EventNoun.Task,
        "tag" => EventNoun.Tag,
        "category" => EventNoun.Category,
        "note" => EventNoun.Note,
        "member" => EventNoun.Member,
        "workspace" => EventNoun.Workspace,
        _ => null,
    };

    /// <summary>It lacks what its kind of event says: a purge or a move took it, or the log is damaged.</summary>
    internal bool SaysNothing => Type switch
    {
        EventNames.TaskCreated or EventNames.TaskMovedIn or EventNames.TagCreated or EventNames.CategoryCreated or EventNames.TagMerged => Data is null,
        EventNames.TaskUpdated or EventNames.TagUpdated or EventNames.CategoryUpdated => Data is null || Before is null,
        EventNames.NoteCreated or EventNames.NoteUpdated or EventNames.NoteMovedIn => NoteEvent.SaysNothing(this),
        EventNames.WorkspaceUpdated or EventNames.MemberUpdated => Data is null || Before is null,
        EventNames.MemberAdded => Data is null,
        EventNames.MemberRemoved => Before is null,
        _ => false,
    };
}
