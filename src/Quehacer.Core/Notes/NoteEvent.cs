using System.Text.Json;
using Quehacer.Core.Events;

namespace Quehacer.Core.Notes;

/// <summary>What happened to a note. Old events are read for ever: a changed event gets a new name or an upcaster, never a new meaning.</summary>
public abstract record NoteEvent
{
    private NoteEvent()
    {
    }

    public sealed record Created(Guid TaskId, string Text) : NoteEvent;

    /// <param name="Text">As it is now.</param>
    /// <param name="Before">As it was.</param>
    public sealed record Updated(string Text, string Before) : NoteEvent;

    /// <summary>It is gone for good, and what its events said is gone with it.</summary>
    public sealed record Deleted : NoteEvent;

    /// <summary>It is in another workspace from here on, with its task.</summary>
    public sealed record MovedOut(Guid To) : NoteEvent;

    /// <summary>It has come with its task from another workspace. What happened to it there came along, and is no part of this log.</summary>
    /// <param name="UpdatedAt">When somebody last changed its text, UTC: it was moved since, and says the same.</param>
    public sealed record MovedIn(Guid TaskId, Guid AuthorId, string Text, DateTime UpdatedAt, Guid From) : NoteEvent;

    /// <summary>The name in the log.</summary>
    public string Name => this switch
    {
        Created => EventNames.NoteCreated,
        Updated => EventNames.NoteUpdated,
        Deleted => EventNames.NoteDeleted,
        MovedOut => EventNames.NoteMovedOut,
        MovedIn => EventNames.NoteMovedIn,
        _ => throw new InvalidOperationException($"An event without a name: {GetType().Name}."),
    };

    /// <summary>The JSON of the event and of the members as they were before; null where an event has none.</summary>
    public (string? Data, string? Before) ToJson() => this switch
    {
        Created created => (
            JsonText.Object(json =>
            {
                json.WriteString("task_id"u8, created.TaskId);
                json.WriteString("text"u8, created.Text);
            }),
            null),
        Updated updated => (Said(updated.Text), Said(updated.Before)),
        MovedOut moved => (JsonText.Object(json => json.WriteString("to"u8, moved.To)), null),
        MovedIn moved => (
            JsonText.Object(json =>
            {
                json.WriteString("from"u8, moved.From);
                json.WriteString("task_id"u8, moved.TaskId);
                json.WriteString("author_id"u8, moved.AuthorId);
                json.WriteString("text"u8, moved.Text);
                json.WriteString("updated_at"u8, moved.UpdatedAt);
            }),
            null),
        _ => (null, null),
    };

    public static NoteEvent FromStored(StoredEvent stored)
    {
        switch (stored.Type)
        {
            case EventNames.NoteCreated:
                using (var data = JsonDocument.Parse(stored.Data!))
                {
                    return new Created(Member(data, "task_id").GetGuid(), TextOf(data));
                }
            case EventNames.NoteUpdated:
                using (JsonDocument data = JsonDocument.Parse(stored.Data!), before = JsonDocument.Parse(stored.Before!))
                {
                    return new Updated(TextOf(data), TextOf(before));
                }
            case EventNames.NoteDeleted:
                return new Deleted();
            case EventNames.NoteMovedOut:
                using (var data = JsonDocument.Parse(stored.Data!))
                {
                    return new MovedOut(Member(data, "to").GetGuid());
                }
            case EventNames.NoteMovedIn:
                using (var data = JsonDocument.Parse(stored.Data!))
                {
                    return new MovedIn(
                        Member(data, "task_id").GetGuid(), Member(data, "author_id").GetGuid(), TextOf(data), Member(data, "updated_at").GetDateTime(), Member(data, "from").GetGuid());
                }
            default:
                throw new InvalidOperationException($"The log has an event of a note that this program does not know: {stored.Type}.");
        }
    }

    /// <summary>What was said is gone from the event: the note has been deleted, or its task purged, or the two are in another workspace. Of a creation the task is left, but for a move.</summary>
    internal static bool SaysNothing(StoredEvent stored)
    {
        if (stored.Type is EventNames.NoteDeleted or EventNames.NoteMovedOut)
        {
            return false;
        }
        if (stored.Data is null)
        {
            return true;
        }
        using var data = JsonDocument.Parse(stored.Data);
        return data.RootElement.ValueKind == JsonValueKind.Object && !data.RootElement.TryGetProperty("text", out _);
    }

    /// <summary>The task that a note was written on, which its first event says even when the note is gone; null of any other event.</summary>
    internal static Guid? TaskIdIn(StoredEvent stored)
    {
        if (stored.Type is not (EventNames.NoteCreated or EventNames.NoteMovedIn) || stored.Data is null)
        {
            return null;
        }
        using var data = JsonDocument.Parse(stored.Data);
        return data.RootElement.TryGetProperty("task_id", out var task) ? task.GetGuid() : null;
    }

    private static string Said(string text) => JsonText.Object(json => json.WriteString("text"u8, text));

    private static string TextOf(JsonDocument data) => Member(data, "text").GetString() ?? throw new InvalidOperationException("The log has a note without a text.");

    private static JsonElement Member(JsonDocument data, string name) => data.RootElement.TryGetProperty(name, out var member)
        ? member
        : throw new InvalidOperationException($"The log has an event of a note without its {name}.");
}
