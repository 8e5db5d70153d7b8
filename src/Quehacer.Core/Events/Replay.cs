using System.Text.Json;
using Npgsql;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>
/// Replays the log of one workspace into the rebuilt tables, a page at a time and from where it stopped, so that it can read most of a log
/// without a snapshot and the rest of it together with the rows. It stops for good where the log itself is not whole.
/// </summary>
internal sealed class Replay(NpgsqlConnection connection, RebuiltTables tables, Guid workspaceId)
{
    private readonly HashSet<Guid> pageOfTasks = [];
    private readonly HashSet<Guid> pageOfLabels = [];
    private readonly HashSet<Guid> pageOfNotes = [];
    private readonly HashSet<Guid> pageOfPurgedTasks = [];
    private readonly Dictionary<Guid, DateTime> touched = [];
    private Dictionary<Guid, RebuiltTask> tasks = [];
    private Dictionary<Guid, RebuiltLabel> labels = [];
    private Dictionary<Guid, RebuiltNote> notes = [];

    public Guid WorkspaceId => workspaceId;

    /// <summary>The revision of the last event that was read.</summary>
    public long Revision { get; private set; }

    public long LabelsRevision { get; private set; }

    /// <summary>The time of that revision; null where no label has changed.</summary>
    public DateTime? LabelsChangedAt { get; private set; }

    public long LastTaskNumber { get; private set; }

    public DateTime ChangedAt { get; private set; }

    /// <summary>The workspace itself, with whose it is and who is in it; null before its first event.</summary>
    public Workspace? Workspace { get; private set; }

    /// <summary>Who is in it. They are kept whole, for there are never many.</summary>
    public Dictionary<Guid, RebuiltMember> Members { get; } = [];

    /// <summary>The last version of everybody who has had an event as a member, gone or not.</summary>
    private readonly Dictionary<Guid, int> memberVersions = [];

    /// <summary>What is wrong with the log; null while nothing is.</summary>
    public Difference? Fault { get; private set; }

    /// <summary>Reads on. False when the end was reached, or a fault.</summary>
    public async Task<bool> ReadPageAsync(CancellationToken cancellation)
    {
        if (Fault is not null)
        {
            return false;
        }
        var events = await EventLog.ReadPageAsync(connection, workspaceId, Revision, Limits.RebuildPageEvents, cancellation);
        if (events.Count == 0)
        {
            return false;
        }
        var isFirst = Revision == 0;
        await LoadAsync(events, isFirst, cancellation);
        var silent = await SilentAsync(events, cancellation);
        foreach (var stored in events)
        {
            if (stored.Revision != Revision + 1)
            {
                Accuse(stored.Stamp.StreamId, $"revision {Revision + 1} is missing");
                break;
            }
            var wrong = await ApplyAsync(stored, silent, cancellation);
            if (wrong is not null)
            {
                Accuse(stored.Stamp.StreamId, $"revision {stored.Revision}: {wrong}");
                break;
            }
            (Revision, ChangedAt) = (stored.Revision, stored.Stamp.At);
        }
        await tables.WriteTasksAsync(workspaceId, isFirst ? null : [.. pageOfTasks], tasks.Values, cancellation);
        await tables.TouchAsync(workspaceId, touched, cancellation);
        await tables.WriteLabelsAsync(workspaceId, isFirst ? null : [.. pageOfLabels], labels.Values, cancellation);
        // A page that was read before the purge may have had the notes still.
        await tables.RemoveNotesOfAsync(workspaceId, [.. pageOfPurgedTasks], cancellation);
        await tables.WriteNotesAsync(
            workspaceId, isFirst ? null : [.. pageOfNotes], [.. notes.Values.Where(note => !pageOfPurgedTasks.Contains(note.Note.TaskId))], cancellation);
        return Fault is null && events.Count == Limits.RebuildPageEvents;
    }

    /// <summary>Whether there are events of the workspace still.</summary>
    public async Task<bool> IsThereAsync(CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM events WHERE workspace_id = $1)", connection);
        command.Parameters.With(workspaceId);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    public void Accuse(Guid streamId, string what) => Fault = new Difference(workspaceId, DifferenceKind.Log, streamId, [what]);

    private async Task LoadAsync(IReadOnlyList<StoredEvent> events, bool isFirst, CancellationToken cancellation)
    {
        pageOfTasks.Clear();
        pageOfLabels.Clear();
        pageOfNotes.Clear();
        pageOfPurgedTasks.Clear();
        touched.Clear();
        foreach (var stored in events)
        {
            if (stored.Noun == EventNoun.Task)
            {
                pageOfTasks.Add(stored.Stamp.StreamId);
            }
            else if (stored.Noun is EventNoun.Tag or EventNoun.Category)
            {
                pageOfLabels.Add(stored.Stamp.StreamId);
            }
            else if (stored.Noun == EventNoun.Note)
            {
                pageOfNotes.Add(stored.Stamp.StreamId);
            }
        }
        tasks = isFirst ? [] : await tables.LoadTasksAsync(workspaceId, [.. pageOfTasks], cancellation);
        labels = isFirst || pageOfLabels.Count == 0 ? [] : await tables.LoadLabelsAsync(workspaceId, [.. pageOfLabels], cancellation);
        notes = isFirst || pageOfNotes.Count == 0 ? [] : await tables.LoadNotesAsync(workspaceId, [.. pageOfNotes], cancellation);
    }

    /// <summary>
    /// The streams that say nothing any more, and up to which version: because they were purged, now or further on in the log (a task's by its own
    /// purge, a note's by its removal or by the purge of its task), or because they went on in another workspace, and took along what they said. Found
    /// only where something is not there that should be, so that a log which lost what it held is not taken for one that was purged.
    /// </summary>
    private async Task<Dictionary<Guid, int>> SilentAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellation)
    {
        var made = new HashSet<Guid>(tasks.Keys.Concat(notes.Keys));
        var doubtful = new HashSet<Guid>();
        foreach (var stored in events.Where(stored => stored.Noun is EventNoun.Task or EventNoun.Note))
        {
            if (stored.Type is EventNames.TaskCreated or EventNames.TaskMovedIn or EventNames.NoteCreated or EventNames.NoteMovedIn && !stored.SaysNothing)
            {
                made.Add(stored.Stamp.StreamId);
            }
            else if (stored.SaysNothing || !made.Contains(stored.Stamp.StreamId))
            {
                doubtful.Add(stored.Stamp.StreamId);
            }
        }
        var silent = new Dictionary<Guid, int>();
        if (doubtful.Count == 0)
        {
            return silent;
        }
        await using var command = new NpgsqlCommand(
            $$"""
            SELECT e.stream_id, max(CASE WHEN e.type IN ('{{EventNames.TaskMovedOut}}', '{{EventNames.NoteMovedOut}}') THEN e.version ELSE {{int.MaxValue}} END) FROM events e
             WHERE e.workspace_id = $1 AND e.stream_id = ANY ($2)
               AND (e.type IN ('{{EventNames.TaskPurged}}', '{{EventNames.NoteDeleted}}', '{{EventNames.TaskMovedOut}}', '{{EventNames.NoteMovedOut}}')
                    OR (e.type IN ('{{EventNames.NoteCreated}}', '{{EventNames.NoteMovedIn}}') AND EXISTS (
                        SELECT FROM events p
                         WHERE p.workspace_id = $1 AND p.type = '{{EventNames.TaskPurged}}'
                           AND p.stream_id = CASE WHEN e.data ->> 'task_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN (e.data ->> 'task_id')::uuid END)))
             GROUP BY e.stream_id
            """,
            connection);
        command.Parameters.With(workspaceId).With(doubtful.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            silent.Add(reader.GetGuid(0), reader.GetInt32(1));
        }
        return silent;
    }

    /// <summary>Gives what is wrong with the event, or null.</summary>
    private async Task<string?> ApplyAsync(StoredEvent stored, Dictionary<Guid, int> silent, CancellationToken cancellation)
    {
        try
        {
            return stored.Noun switch
            {
                EventNoun.Task => ApplyToTask(stored, silent),
                EventNoun.Tag => await ApplyToLabelAsync(stored, LabelKind.Tag, cancellation),
                EventNoun.Category => await ApplyToLabelAsync(stored, LabelKind.Category, cancellation),
                EventNoun.Note => ApplyToNote(stored, silent),
                EventNoun.Workspace => ApplyToWorkspace(stored),
                EventNoun.Member => ApplyToMember(stored),
                _ => $"an event that this program does not know ({stored.Type})",
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or JsonException or FormatException or ArgumentException)
        {
            return $"an event that cannot be read ({stored.Type})";
        }
    }

    private string? ApplyToTask(StoredEvent stored, Dictionary<Guid, int> silent)
    {
        var id = stored.Stamp.StreamId;
        if (stored.Type is EventNames.TaskCreated or EventNames.TaskMovedIn)
        {
            if (stored.Stamp.Number != LastTaskNumber + 1)
            {
                return $"the task should have the number {LastTaskNumber + 1}";
            }
            LastTaskNumber++;
        }
        if (stored.Type == EventNames.TaskPurged || stored.Stamp.Version <= silent.GetValueOrDefault(id))
        {
            tasks.Remove(id);
            if (stored.Type == EventNames.TaskPurged)
            {
                pageOfPurgedTasks.Add(id);
            }
            return null;
        }
        var before = tasks.GetValueOrDefault(id);
        if (stored.Type == EventNames.TaskMovedIn && before is null)
        {
            // It goes on with the version that it had in the other workspace.
        }
        else if (stored.Stamp.Version != (before?.Task.Version ?? 0) + 1)
        {
            return $"version {stored.Stamp.Version} follows version {before?.Task.Version ?? 0}";
        }
        if (stored.SaysNothing)
        {
            return "it says nothing, and its task was neither purged nor moved";
        }
        TaskItem? after = null;
        if (stored.Type == EventNames.TaskMovedOut)
        {
            tasks.Remove(id);
        }
        else
        {
            after = TaskItem.Apply(before?.Task, TaskEvent.FromStored(stored), stored.Stamp);
            tasks[id] = new RebuiltTask(after, stored.Revision);
        }
        foreach (var change in SubtaskChange.Of(before?.Task, after))
        {
            if (tasks.TryGetValue(change.ParentId, out var parent))
            {
                tasks[change.ParentId] = parent with { Task = parent.Task with { Subtasks = parent.Task.Subtasks with { ChangedAt = stored.Stamp.At } } };
            }
            else
            {
                touched[change.ParentId] = stored.Stamp.At;
            }
        }
        return null;
    }

    private string? ApplyToWorkspace(StoredEvent stored)
    {
        if (stored.Stamp.Version != (Workspace?.Version ?? 0) + 1 || stored.Stamp.StreamId != workspaceId)
        {
            return $"version {stored.Stamp.Version} follows version {Workspace?.Version ?? 0}";
        }
        if (stored.SaysNothing)
        {
            return "it says nothing";
        }
        Workspace = Workspaces.Workspace.Apply(Workspace, WorkspaceEvent.FromStored(stored), stored.Stamp);
        if (stored.Type == EventNames.WorkspaceCreated)
        {
            Members[stored.Stamp.ActorId] = new RebuiltMember(new Member(stored.Stamp.ActorId, WorkspaceRole.Owner, Version: 0, stored.Stamp.At, stored.Stamp.At), stored.Revision);
        }
        return null;
    }

    private string? ApplyToMember(StoredEvent stored)
    {
        var id = stored.Stamp.StreamId;
        var version = memberVersions.GetValueOrDefault(id);
        if (stored.Stamp.Version != version + 1)
        {
            return $"version {stored.Stamp.Version} follows version {version}";
        }
        if (stored.SaysNothing)
        {
            return "it says nothing";
        }
        if (Workspace is not { } workspace)
        {
            return "there is no workspace yet";
        }
        memberVersions[id] = stored.Stamp.Version;
        if (Member.Apply(Members.GetValueOrDefault(id)?.Member, MemberEvent.FromStored(stored), stored.Stamp) is { } member)
        {
            Members[id] = new RebuiltMember(member, stored.Revision);
        }
        else
        {
            Members.Remove(id);
        }
        Workspace = workspace with
        {
            OwnerId = Members.TryGetValue(id, out var now) && now.Member.Role == WorkspaceRole.Owner ? id : workspace.OwnerId,
            Members = Members.Count,
            MembersRevision = stored.Revision,
            UpdatedAt = stored.Stamp.At,
        };
        return null;
    }

    private string? ApplyToNote(StoredEvent stored, Dictionary<Guid, int> silent)
    {
        var id = stored.Stamp.StreamId;
        if (stored.Stamp.Version <= silent.GetValueOrDefault(id))
        {
            notes.Remove(id);
            return null;
        }
        var before = notes.GetValueOrDefault(id);
        if (stored.Type == EventNames.NoteMovedIn && before is null)
        {
            // As for a task.
        }
        else if (stored.Stamp.Version != (before?.Note.Version ?? 0) + 1)
        {
            return $"version {stored.Stamp.Version} follows version {before?.Note.Version ?? 0}";
        }
        if (stored.SaysNothing)
        {
            return "it says nothing, and neither the note was deleted nor its task purged or moved";
        }
        if (stored.Type is EventNames.NoteDeleted or EventNames.NoteMovedOut)
        {
            notes.Remove(id);
        }
        else
        {
            notes[id] = new RebuiltNote(Note.Apply(before?.Note, NoteEvent.FromStored(stored), stored.Stamp), stored.Revision);
        }
        return null;
    }

    /// <summary>What <see cref="LabelTable"/> does to the rows, in the page and in the table alike: a label that is in both is the page's in the end.</summary>
    private async Task<string?> ApplyToLabelAsync(StoredEvent stored, LabelKind kind, CancellationToken cancellation)
    {
        var id = stored.Stamp.StreamId;
        var before = labels.GetValueOrDefault(id);
        if (stored.Stamp.Version != (before?.Label.Version ?? 0) + 1)
        {
            return $"version {stored.Stamp.Version} follows version {before?.Label.Version ?? 0}";
        }
        if (stored.SaysNothing)
        {
            return "it says nothing";
        }
        var labelEvent = LabelEvent.FromStored(stored);
        var after = Label.Apply(before?.Label, kind, labelEvent, stored.Stamp);
        if (labelEvent is not LabelEvent.Created)
        {
            (LabelsRevision, LabelsChangedAt) = (stored.Revision, stored.Stamp.At);
        }
        switch (labelEvent)
        {
            case LabelEvent.Merged merged:
                foreach (var (turned, label) in labels.Where(pair => pair.Value.MergedInto == id).ToList())
                {
                    labels[turned] = label with { MergedInto = merged.Into };
                }
                await tables.TurnAsync(workspaceId, id, merged.Into, cancellation);
                labels[id] = new RebuiltLabel(after, merged.Into, stored.Revision);
                break;
            case LabelEvent.Deleted:
                foreach (var gone in labels.Where(pair => pair.Value.MergedInto == id).Select(pair => pair.Key).ToList())
                {
                    labels.Remove(gone);
                }
                await tables.RemoveMergedAsync(workspaceId, id, cancellation);
                labels.Remove(id);
                break;
            default:
                labels[id] = new RebuiltLabel(after, before?.MergedInto, stored.Revision);
                break;
        }
        return null;
    }
}
