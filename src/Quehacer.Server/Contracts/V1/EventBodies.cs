using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Quehacer.Core;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Server.Contracts.V1;

/// <summary>
/// An event, the same on every channel. What it is about stands under the noun of its type, as it was behind the event; it is absent where nobody knows any more.
/// </summary>
/// <param name="Cursor">Null for what a task brought along from another workspace, which is no place in this one's log.</param>
/// <param name="SubjectId">What it is about, by id.</param>
/// <param name="Before">The members that it changed, as they were; null where it made something, or nobody knows.</param>
internal sealed record EventBody(
    string Id, string? Cursor, string Type, string WorkspaceId, string SubjectId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] EventTaskBody? Task,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] EventNoteBody? Note,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LabelBody? Tag,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LabelBody? Category,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] EventMemberBody? Member,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] EventWorkspaceBody? Workspace,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Into,
    JsonObject? Before, AuthorBody Actor, DateTime At, string? RequestId)
{
    public static EventBody Of(EventView view)
    {
        var body = new EventBody(
            Ids.ToTypeId(Ids.EventPrefix, view.Id), view.Cursor, view.Type, Ids.ToTypeId(Ids.WorkspacePrefix, view.WorkspaceId), SubjectOf(view), null, null, null, null, null, null, null,
            Before: null, new AuthorBody(Ids.ToTypeId(Ids.UserPrefix, view.Actor.Id), view.Actor.Name), view.Stamp.At, view.RequestId);
        return view.Subject switch
        {
            EventSubject.OfTask task => body with { Task = EventTaskBody.Of(task.After, view.WorkspaceId), Before = EventTaskBody.Changed(task.Before, task.After) },
            EventSubject.OfNote note => body with
            {
                Note = EventNoteBody.Of(note.After),
                Before = note is { Before: { } was, After: { } now } && was.Text != now.Text ? new JsonObject { ["text"] = was.Text } : null,
            },
            EventSubject.OfLabel label => body with
            {
                Tag = label.Kind == LabelKind.Tag ? Of(label.After) : null,
                Category = label.Kind == LabelKind.Category ? Of(label.After) : null,
                Into = label.Into is { } into ? Ids.ToTypeId(Ids.TagPrefix, into) : null,
                Before = label is { Before: { } was, After: { } now } ? Changes(("name", was.Name, now.Name), ("color", was.Color, now.Color)) : null,
            },
            EventSubject.OfMember member => body with
            {
                Member = member.After is { } role ? new EventMemberBody(body.SubjectId, Words.Of(role)) : null,
                Before = member.Before is { } was ? new JsonObject { ["role"] = Words.Of(was) } : null,
            },
            EventSubject.OfWorkspace workspace => body with
            {
                Workspace = workspace.After is { } now ? new EventWorkspaceBody(body.WorkspaceId, now.Name, now.IsPersonal, now.ArchivedAt, now.Version) : null,
                Before = workspace is { Before: { } was, After: { } after } ? Changes(("name", was.Name, after.Name), ("archived_at", was.ArchivedAt, after.ArchivedAt)) : null,
            },
            _ => throw new InvalidOperationException($"An event about something that v1 does not show: {view.Subject.GetType().Name}."),
        };
    }

    /// <summary>The members that differ, as they were; null where none does.</summary>
    private static JsonObject? Changes(params ReadOnlySpan<(string Name, object? Was, object? Now)> members)
    {
        JsonObject? changed = null;
        foreach (var (name, was, now) in members)
        {
            if (!Equals(was, now))
            {
                (changed ??= [])[name] = Said(was);
            }
        }
        return changed;
    }

    /// <summary>Something that was, as JSON.</summary>
    internal static JsonNode? Said(object? was) => was switch
    {
        null => null,
        string text => JsonValue.Create(text),
        DateTime time => JsonValue.Create(time.ToString(Clock.Format, System.Globalization.CultureInfo.InvariantCulture)),
        IReadOnlyList<string> texts => new JsonArray([.. texts.Select(text => (JsonNode)text)]),
        _ => throw new InvalidOperationException($"No word for {was.GetType().Name}."),
    };

    private static LabelBody? Of(Label? label) => label is null
        ? null
        : new LabelBody(Ids.ToTypeId(Words.PrefixOf(label.Kind), label.Id), label.Name, label.Color, label.Version, label.CreatedAt, label.UpdatedAt, TaskCount: null);

    private static string SubjectOf(EventView view) => Ids.ToTypeId(
        view.Subject switch
        {
            EventSubject.OfTask => Ids.TaskPrefix,
            EventSubject.OfNote => Ids.NotePrefix,
            EventSubject.OfLabel label => Words.PrefixOf(label.Kind),
            EventSubject.OfMember => Ids.UserPrefix,
            _ => Ids.WorkspacePrefix,
        },
        view.Stamp.StreamId);
}

/// <summary>
/// A task behind an event. It has what its own events say: how far its subtasks are is theirs to tell, and tags stand here by id as well, because a name may be
/// another tag's by the time that it is read.
/// </summary>
internal sealed record EventTaskBody(
    string Id, long Number, string Title, string? Description, string Status, string Priority, DateTime? DueDate, string? CategoryId, IReadOnlyList<string> Tags, IReadOnlyList<string> TagIds,
    string? AssigneeId, string? ParentId, string Position, string WorkspaceId, int Version, DateTime CreatedAt, DateTime UpdatedAt, DateTime? DeletedAt)
{
    public static EventTaskBody? Of(TaskView? view, Guid workspaceId)
    {
        if (view is null)
        {
            return null;
        }
        var task = view.Task;
        return new(
            Ids.ToTypeId(Ids.TaskPrefix, task.Id), task.Number, task.Title, task.Description, Words.Of(task.State), Words.Of(task.Priority), task.DueDate, CategoryOf(view), view.Tags, TagIdsOf(view),
            AssigneeOf(task), ParentOf(task), task.PositionKey, Ids.ToTypeId(Ids.WorkspacePrefix, workspaceId),
            task.Version, task.CreatedAt, task.UpdatedAt, task.DeletedAt);
    }

    /// <summary>What an event changed of it, as it was; null where there is nothing to compare.</summary>
    public static JsonObject? Changed(TaskView? before, TaskView? after)
    {
        if (before is null || after is null)
        {
            return null;
        }
        // Nearly all of it is as it was, so nothing is put into words before it is known to differ.
        var (was, now) = (before.Task, after.Task);
        JsonObject? changed = null;
        Say(was.Title != now.Title, "title", static was => was.Task.Title);
        Say(was.Description != now.Description, "description", static was => was.Task.Description);
        Say(was.State != now.State, "status", static was => Words.Of(was.Task.State));
        Say(was.Priority != now.Priority, "priority", static was => Words.Of(was.Task.Priority));
        Say(was.DueDate != now.DueDate, "due_date", static was => EventBody.Said(was.Task.DueDate));
        Say(before.Category?.Id != after.Category?.Id, "category_id", static was => CategoryOf(was));
        Say(!before.Tags.SequenceEqual(after.Tags), "tags", static was => EventBody.Said(was.Tags));
        Say(!was.TagIds.AsSpan().SequenceEqual(now.TagIds), "tag_ids", static was => EventBody.Said(TagIdsOf(was)));
        Say(was.AssigneeId != now.AssigneeId, "assignee_id", static was => AssigneeOf(was.Task));
        Say(was.ParentId != now.ParentId, "parent_id", static was => ParentOf(was.Task));
        Say((was.Position, was.Number) != (now.Position, now.Number) && was.PositionKey != now.PositionKey, "position", static was => was.Task.PositionKey);
        Say(was.DeletedAt != now.DeletedAt, "deleted_at", static was => EventBody.Said(was.Task.DeletedAt));
        return changed;

        void Say(bool differs, string name, Func<TaskView, JsonNode?> said)
        {
            if (differs)
            {
                (changed ??= [])[name] = said(before);
            }
        }
    }

    private static string? AssigneeOf(TaskItem task) => task.AssigneeId is { } assignee ? Ids.ToTypeId(Ids.UserPrefix, assignee) : null;

    private static string? CategoryOf(TaskView view) => view.Category is { } category ? Ids.ToTypeId(Ids.CategoryPrefix, category.Id) : null;

    private static IReadOnlyList<string> TagIdsOf(TaskView view) => view.Task.TagIds.Length == 0 ? [] : Array.ConvertAll(view.Task.TagIds, id => Ids.ToTypeId(Ids.TagPrefix, id));

    private static string? ParentOf(TaskItem task) => task.ParentId is { } parent ? Ids.ToTypeId(Ids.TaskPrefix, parent) : null;
}

/// <summary>A note behind an event; who wrote it by id alone.</summary>
internal sealed record EventNoteBody(string Id, string TaskId, string AuthorId, string Text, int Version, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static EventNoteBody? Of(Note? note) => note is null
        ? null
        : new(Ids.ToTypeId(Ids.NotePrefix, note.Id), Ids.ToTypeId(Ids.TaskPrefix, note.TaskId), Ids.ToTypeId(Ids.UserPrefix, note.AuthorId), note.Text, note.Version, note.CreatedAt, note.UpdatedAt);
}

/// <summary>What somebody is in the workspace behind an event.</summary>
internal sealed record EventMemberBody(string UserId, string Role);

/// <summary>A workspace behind an event of its own.</summary>
internal sealed record EventWorkspaceBody(string Id, string Name, bool Personal, DateTime? ArchivedAt, int Version);

/// <summary>What happened after a place in the log.</summary>
/// <param name="Cursor">Where to go on.</param>
internal sealed record ChangesBody(IReadOnlyList<WrittenEvent> Events, string Cursor, bool HasMore);

/// <summary>A page of events, the latest first.</summary>
internal sealed record EventListBody(IReadOnlyList<WrittenEvent> Events, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);
