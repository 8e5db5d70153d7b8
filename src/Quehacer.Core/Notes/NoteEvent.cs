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

    /// <summary>The name in the log.</summary>
    public string Name => this switch
    {
        Created => EventNames.NoteCreated,
        Updated => EventNames.NoteUpdated,
        Deleted => EventNames.NoteDeleted,
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
            default:
                throw new InvalidOperationException($"The log has an event of a note that this program does not know: {stored.Type}.");
        }
    }

    /// <summary>What was said is gone from the event: the note has been deleted, or its task purged. Of a creation the task is left.</summary>
    internal static bool SaysNothing(StoredEvent stored)
    {
        if (stored.Type == EventNames.NoteDeleted)
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

    private static string Said(string text) => JsonText.Object(json => json.WriteString("text"u8, text));

    private static string TextOf(JsonDocument data) => Member(data, "text").GetString() ?? throw new InvalidOperationException("The log has a note without a text.");

    private static JsonElement Member(JsonDocument data, string name) => data.RootElement.TryGetProperty(name, out var member)
        ? member
        : throw new InvalidOperationException($"The log has an event of a note without its {name}.");
}
