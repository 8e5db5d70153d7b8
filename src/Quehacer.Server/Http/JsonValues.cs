using System.Text.Json;
using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>
/// Values of request bodies as the core takes them: texts storable, normalised and, where they are names, trimmed. What cannot be read as what it
/// should be is an edit with a fault, for the contract to say in its own words.
/// </summary>
internal static class JsonValues
{
    /// <summary>More names than any task can have are not looked at one by one.</summary>
    private const int MaxTagEntries = 1_000;

    public static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement? body, List<FieldError> faults)
    {
        if (body is not { } element)
        {
            yield break;
        }
        if (element.ValueKind != JsonValueKind.Object)
        {
            faults.Add(new FieldError(Field.Body, FieldFault.NotAnObject));
            yield break;
        }
        foreach (var member in element.EnumerateObject())
        {
            string name;
            try
            {
                name = member.Name;
            }
            catch (InvalidOperationException)
            {
                // Half of a surrogate pair in a name: no name of ours has one.
                name = "?";
            }
            yield return (name, member.Value);
        }
    }

    /// <summary>False when the string has an escape that is half of a surrogate pair.</summary>
    public static bool TryGetString(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

    public static Edit<string> Raw(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return Edit<string>.Malformed(value.ValueKind == JsonValueKind.Null ? FieldFault.Required : FieldFault.NotAString);
        }
        return TryGetString(value, out var text) ? text : Edit<string>.Malformed(FieldFault.NotText);
    }

    public static Edit<string> Name(JsonElement value)
    {
        var raw = Raw(value);
        if (!raw.IsSet)
        {
            return raw;
        }
        return Text.IsStorable(raw.Value) ? Text.NormaliseName(raw.Value) : Edit<string>.Malformed(FieldFault.NotText);
    }

    public static Edit<string?> OptionalText(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return (string?)null;
        }
        var raw = Raw(value);
        if (!raw.IsSet)
        {
            return Edit<string?>.Malformed(raw.Fault!.Value);
        }
        return Text.IsStorable(raw.Value) ? Text.Normalise(raw.Value) : Edit<string?>.Malformed(FieldFault.NotText);
    }

    public static Edit<TEnum> OneOf<TEnum>(JsonElement value, IReadOnlyList<string> words)
        where TEnum : struct, Enum =>
        PlaceAmong(value, words) is >= 0 and var place ? (TEnum)Enum.ToObject(typeof(TEnum), place) : Edit<TEnum>.Malformed(FieldFault.NotOneOf);

    /// <summary>Which of the words a value is; -1 for none. <see cref="JsonElement.ValueEquals(string)"/> would throw at half of a surrogate pair.</summary>
    public static int PlaceAmong(JsonElement value, IReadOnlyList<string> words)
    {
        if (value.ValueKind == JsonValueKind.String && TryGetString(value, out var text))
        {
            for (var i = 0; i < words.Count; i++)
            {
                if (text == words[i])
                {
                    return i;
                }
            }
        }
        return -1;
    }

    public static Edit<DateTime?> OptionalTime(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return (DateTime?)null;
        }
        return value.ValueKind == JsonValueKind.String && TryGetString(value, out var text) && Rfc3339.TryParse(text, out var time)
            ? time
            : Edit<DateTime?>.Malformed(FieldFault.NotADate);
    }

    public static Edit<Guid?> OptionalId(JsonElement value, string prefix)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return (Guid?)null;
        }
        return value.ValueKind == JsonValueKind.String && TryGetString(value, out var text) && Ids.TryParse(prefix, text, out var id)
            ? (Guid?)id
            : Edit<Guid?>.Malformed(FieldFault.NotAnId);
    }

    /// <summary>A task by any of its names; its number may be a JSON number.</summary>
    public static bool TryReadTask(JsonElement id, out TaskRef task)
    {
        task = default;
        return id.ValueKind switch
        {
            JsonValueKind.String => TryGetString(id, out var text) && TaskRef.TryParse(text, out task),
            JsonValueKind.Number => TaskRef.TryParse(id.GetRawText(), out task),
            _ => false,
        };
    }

    /// <summary><c>#RRGGBB</c> in any case; what is kept is upper case.</summary>
    public static Edit<string?> OptionalColor(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return (string?)null;
        }
        return value.ValueKind == JsonValueKind.String && TryGetString(value, out var text) && text is ['#', _, _, _, _, _, _] && text.Skip(1).All(char.IsAsciiHexDigit)
            ? text.ToUpperInvariant()
            : Edit<string?>.Malformed(FieldFault.NotAColor);
    }

    public static Edit<int> Version(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var version) && version > 0 ? version : Edit<int>.Malformed(FieldFault.NotAnInteger);

    public static Edit<string[]> TagNames(JsonElement value, Field field, List<FieldError> faults)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return Array.Empty<string>();
        }
        if (value.ValueKind != JsonValueKind.Array)
        {
            return Edit<string[]>.Malformed(FieldFault.NotAnArrayOfStrings);
        }
        if (value.GetArrayLength() > (field == Field.RemoveTags ? Limits.TagsOfATask : MaxTagEntries))
        {
            faults.Add(new FieldError(field, FieldFault.TooMany, Limits.TagsOfATask));
            return default;
        }
        var names = new List<string>();
        foreach (var element in value.EnumerateArray())
        {
            var name = Name(element);
            if (!name.IsSet)
            {
                return Edit<string[]>.Malformed(name.Fault == FieldFault.NotText ? FieldFault.NotText : FieldFault.NotAnArrayOfStrings);
            }
            if (field == Field.RemoveTags && name.Value.Length == 0)
            {
                // A name to add is checked where the tag is put on the task, one to take away here or nowhere.
                faults.Add(new FieldError(field, FieldFault.Required, Index: names.Count));
            }
            names.Add(name.Value);
        }
        return names.ToArray();
    }
}
