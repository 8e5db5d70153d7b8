using System.Text.Json;
using System.Text.Json.Nodes;
using Quehacer.Core.Events;

namespace Quehacer.Core.Labels;

/// <summary>What happened to a category or a tag. Old events are read for ever: a changed event gets a new name or an upcaster, never a new meaning.</summary>
public abstract record LabelEvent
{
    private LabelEvent()
    {
    }

    public sealed record Created(LabelDelta Data) : LabelEvent
    {
        /// <summary>A colour that is not there is not written down.</summary>
        public static Created Of(string name, string? color) => new(new LabelDelta { Name = name, Color = color is null ? default(Edit<string?>) : color });
    }

    /// <param name="Data">The changed members as they are now.</param>
    /// <param name="Before">The same members as they were.</param>
    public sealed record Updated(LabelDelta Data, LabelDelta Before) : LabelEvent;

    /// <summary>From now on whoever carries this tag carries another one. What had been merged into this tag goes with it.</summary>
    public sealed record Merged(Guid Into) : LabelEvent;

    /// <summary>It is gone, and with it what had been merged into it; its tasks stay.</summary>
    public sealed record Deleted : LabelEvent;

    /// <summary>The name in the log.</summary>
    public string NameFor(LabelKind kind) => (this, kind) switch
    {
        (Created, LabelKind.Tag) => EventNames.TagCreated,
        (Updated, LabelKind.Tag) => EventNames.TagUpdated,
        (Merged, LabelKind.Tag) => EventNames.TagMerged,
        (Deleted, LabelKind.Tag) => EventNames.TagDeleted,
        (Created, LabelKind.Category) => EventNames.CategoryCreated,
        (Updated, LabelKind.Category) => EventNames.CategoryUpdated,
        (Deleted, LabelKind.Category) => EventNames.CategoryDeleted,
        _ => throw new InvalidOperationException($"An event that a {kind} does not have: {GetType().Name}."),
    };

    /// <summary>The JSON of the event and of the members as they were before; null where an event has none.</summary>
    public (string? Data, string? Before) ToJson() => this switch
    {
        Created created => (created.Data.ToJson(), null),
        Updated updated => (updated.Data.ToJson(), updated.Before.ToJson()),
        Merged merged => (new JsonObject { ["into"] = merged.Into }.ToJsonString(), null),
        _ => (null, null),
    };

    public static LabelEvent FromStored(StoredEvent stored) => stored.Type switch
    {
        EventNames.TagCreated or EventNames.CategoryCreated => new Created(LabelDelta.FromJson(stored.Data!)),
        EventNames.TagUpdated or EventNames.CategoryUpdated => new Updated(LabelDelta.FromJson(stored.Data!), LabelDelta.FromJson(stored.Before!)),
        EventNames.TagMerged => new Merged((Guid)JsonNode.Parse(stored.Data!)!["into"]!),
        EventNames.TagDeleted or EventNames.CategoryDeleted => new Deleted(),
        _ => throw new InvalidOperationException($"The log has an event of a label that this program does not know: {stored.Type}."),
    };
}

/// <summary>Some members of a label with their values; in the log a member that is not set is absent, and one that is cleared is null.</summary>
public sealed record LabelDelta
{
    public Edit<string> Name { get; init; }

    public Edit<string?> Color { get; init; }

    public bool IsEmpty => !(Name.IsSet || Color.IsSet);

    public string ToJson()
    {
        var json = new JsonObject();
        if (Name.IsSet)
        {
            json["name"] = Name.Value;
        }
        if (Color.IsSet)
        {
            json["color"] = Color.Value;
        }
        return json.ToJsonString();
    }

    public static LabelDelta FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        var delta = new LabelDelta();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            delta = member.Name switch
            {
                "name" => delta with { Name = member.Value.GetString()! },
                "color" => delta with { Color = member.Value.GetString() },
                _ => throw new InvalidOperationException($"The log has a member of a label that this program does not know: {member.Name}."),
            };
        }
        return delta;
    }
}
