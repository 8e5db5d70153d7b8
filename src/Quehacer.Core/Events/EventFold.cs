using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>
/// What things were between the events of a log, stream by stream. It is told the events of each stream in their order, and forgives what a log has forgotten: of what
/// was purged, removed or moved away since, it says that nobody knows.
/// </summary>
internal sealed class EventFold
{
    private readonly Dictionary<Guid, object> states = [];

    /// <summary>Whether an event says all of what it makes, so that nothing needs to be known of what came before it.</summary>
    public static bool Begins(StoredEvent stored) => stored.Type
        is EventNames.TaskCreated or EventNames.TaskMovedIn or EventNames.TagCreated or EventNames.CategoryCreated or EventNames.NoteCreated or EventNames.NoteMovedIn
        or EventNames.WorkspaceCreated or EventNames.MemberAdded or EventNames.MemberUpdated or EventNames.MemberRemoved;

    /// <summary>Goes on by one event, and gives what the thing was before it and behind it; null where it was not there, or nobody knows.</summary>
    public (object? Before, object? After) Apply(StoredEvent stored)
    {
        var id = stored.Stamp.StreamId;
        var before = states.GetValueOrDefault(id);
        var after = stored.SaysNothing || (before is null && !Begins(stored)) ? null : AfterOf(before, stored);
        if (after is null)
        {
            states.Remove(id);
        }
        else
        {
            states[id] = after;
        }
        return (stored.SaysNothing ? null : before, after);
    }

    private static object? AfterOf(object? before, StoredEvent stored) => stored.Noun switch
    {
        EventNoun.Task => stored.Type is EventNames.TaskPurged or EventNames.TaskMovedOut ? null : TaskItem.Apply((TaskItem?)before, TaskEvent.FromStored(stored), stored.Stamp),
        EventNoun.Tag => Label.Apply((Label?)before, LabelKind.Tag, LabelEvent.FromStored(stored), stored.Stamp),
        EventNoun.Category => Label.Apply((Label?)before, LabelKind.Category, LabelEvent.FromStored(stored), stored.Stamp),
        EventNoun.Note => stored.Type is EventNames.NoteDeleted or EventNames.NoteMovedOut ? null : Note.Apply((Note?)before, NoteEvent.FromStored(stored), stored.Stamp),
        EventNoun.Workspace => Workspace.Apply((Workspace?)before, WorkspaceEvent.FromStored(stored), stored.Stamp),
        // Each says what they were before and are now.
        EventNoun.Member => MemberEvent.FromStored(stored),
        _ => throw new InvalidOperationException($"The log has an event that this program does not know: {stored.Type}."),
    };
}
