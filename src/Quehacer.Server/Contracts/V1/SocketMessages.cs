using System.Buffers;
using System.Text.Json;
using Quehacer.Core;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>What a client has said, read; <see cref="Faults"/> where that cannot be done as it stands.</summary>
/// <param name="Type">One of <see cref="Words.SocketMessages"/>; null for something else.</param>
/// <param name="Id">What the message names; null where it names nothing that can be said again.</param>
internal sealed record SocketMessage(string? Type, string? Id, IReadOnlyList<FieldError> Faults)
{
    /// <summary>Null for the caller's own.</summary>
    public Guid? WorkspaceId { get; init; }

    /// <summary>Null for now.</summary>
    public string? Since { get; init; }

    /// <summary>Null for all.</summary>
    public IReadOnlyCollection<string>? Types { get; init; }

    /// <summary>Null for all.</summary>
    public Guid? TaskId { get; init; }

    /// <summary>The client is to be shown as looking, and told who else does.</summary>
    public bool Presence { get; init; }
}

/// <summary>Reads and writes the messages of a conversation.</summary>
internal static class SocketMessages
{
    public const string EventType = "event";

    public static SocketMessage Read(JsonElement body)
    {
        var faults = new List<FieldError>();
        var members = JsonValues.Members(body, faults).ToList();
        var type = members.Where(member => member.Name == "type").Select(member => JsonValues.PlaceAmong(member.Value, Words.SocketMessages) is >= 0 and var place ? Words.SocketMessages[place] : null).FirstOrDefault();
        var id = members.Where(member => member.Name == "id").Select(member => JsonValues.Raw(member.Value)).FirstOrDefault();
        if (faults.Count == 0 && type is null)
        {
            faults.Add(new FieldError(Field.MessageType, members.Exists(member => member.Name == "type") ? FieldFault.NotOneOf : FieldFault.Required));
        }
        if (id.IsSet && (!Text.IsStorable(id.Value) || id.Value.Length is 0 or > SocketLimits.IdCharacters))
        {
            faults.Add(id.Value.Length == 0 ? new FieldError(Field.Id, FieldFault.Required)
                : id.Value.Length > SocketLimits.IdCharacters ? new FieldError(Field.Id, FieldFault.TooLong, SocketLimits.IdCharacters)
                : new FieldError(Field.Id, FieldFault.NotText));
            id = default;
        }
        else if (id.Fault is { } fault)
        {
            faults.Add(new FieldError(Field.Id, fault));
        }
        else if (!id.IsPresent && type is "subscribe" or "unsubscribe")
        {
            faults.Add(new FieldError(Field.Id, FieldFault.Required));
        }
        var message = new SocketMessage(type, id.IsSet ? id.Value : null, faults);
        var known = type == "subscribe" ? Words.SubscribeMembers : Words.NamingMembers;
        foreach (var (name, value) in members)
        {
            if (!known.Contains(name))
            {
                // What is said with a word that is not known can have any members.
                if (type is not null && faults.Count < Limits.FaultsTold)
                {
                    faults.Add(new FieldError(Field.Unknown, FieldFault.UnknownName, Name: name, Nearest: Nearest.Of(name, known)));
                }
                continue;
            }
            if (value.ValueKind != JsonValueKind.Null)
            {
                message = Read(message, name, value, faults);
            }
        }
        return message;
    }

    private static SocketMessage Read(SocketMessage message, string name, JsonElement value, List<FieldError> faults) => name switch
    {
        "workspace_id" => message with { WorkspaceId = Id(value, Ids.WorkspacePrefix, Field.WorkspaceId, faults) },
        "task_id" => message with { TaskId = Id(value, Ids.TaskPrefix, Field.TaskId, faults) },
        "since" => message with { Since = Since(value, faults) },
        "types" => message with { Types = Types(value, faults) },
        "presence" => message with { Presence = Flag(value, Field.Presence, faults) },
        _ => message,
    };

    private static Guid? Id(JsonElement value, string prefix, Field field, List<FieldError> faults)
    {
        var id = JsonValues.OptionalId(value, prefix);
        if (id.Fault is { } fault)
        {
            faults.Add(new FieldError(field, fault));
        }
        return id.Or(null);
    }

    private static string? Since(JsonElement value, List<FieldError> faults)
    {
        var since = JsonValues.Raw(value);
        if (since.Fault is { } fault)
        {
            faults.Add(new FieldError(Field.Since, fault));
        }
        return since.IsSet && since.Value != EventEndpoints.Now ? since.Value : null;
    }

    private static HashSet<string>? Types(JsonElement value, List<FieldError> faults)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            faults.Add(new FieldError(Field.EventTypes, FieldFault.NotAnArrayOfStrings));
            return null;
        }
        if (value.GetArrayLength() is var length && length == 0 || length > Words.EventTypes.Count)
        {
            faults.Add(length == 0 ? new FieldError(Field.EventTypes, FieldFault.Required) : new FieldError(Field.EventTypes, FieldFault.TooMany, Words.EventTypes.Count));
            return null;
        }
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, element) in value.EnumerateArray().Index())
        {
            var word = JsonValues.Raw(element);
            if (!word.IsSet)
            {
                faults.Add(new FieldError(Field.EventTypes, word.Fault == FieldFault.NotText ? FieldFault.NotText : FieldFault.NotAnArrayOfStrings, Index: index));
            }
            else if (!EventEndpoints.TryAdd(word.Value, wanted))
            {
                faults.Add(new FieldError(Field.EventTypes, FieldFault.UnknownName, Index: index, Name: word.Value, Nearest: Nearest.Of(word.Value, Words.EventTypes)));
            }
        }
        return wanted;
    }

    private static bool Flag(JsonElement value, Field field, List<FieldError> faults)
    {
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            faults.Add(new FieldError(field, FieldFault.NotABoolean));
        }
        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>What stands before the event in the messages of a subscription.</summary>
    public static byte[] BeforeEvent(string id)
    {
        var opening = new ArrayBufferWriter<byte>();
        opening.Write("{\"type\":\"event\",\"id\":"u8);
        using (var writer = new Utf8JsonWriter(opening))
        {
            writer.WriteStringValue(id);
        }
        opening.Write(",\"event\":"u8);
        return opening.WrittenSpan.ToArray();
    }

    /// <summary>The message with an event: what all channels send of it, as it is.</summary>
    /// <param name="before">What <see cref="BeforeEvent"/> gives.</param>
    /// <param name="into">As long as <see cref="LengthOf"/> says.</param>
    public static void WriteEvent(ReadOnlySpan<byte> before, ReadOnlySpan<byte> written, Span<byte> into)
    {
        before.CopyTo(into);
        written.CopyTo(into[before.Length..]);
        into[before.Length + written.Length] = (byte)'}';
    }

    public static int LengthOf(ReadOnlySpan<byte> before, ReadOnlySpan<byte> written) => before.Length + written.Length + 1;
}
