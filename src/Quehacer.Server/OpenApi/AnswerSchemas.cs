using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Quehacer.Server.Http;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.OpenApi;

/// <summary>The schemas of what a contract's records write, read from the records, so that no member can be forgotten.</summary>
/// <param name="names">What the schemas of records are called, where one shows another.</param>
/// <param name="json">Writes the records.</param>
internal sealed class AnswerSchemas(IReadOnlyDictionary<Type, string> names, JsonSerializerContext json)
{
    /// <summary>The schema of what a record writes. Every member has a note and every note a member.</summary>
    public JsonObject Answer(string description, Type type, Dictionary<string, JsonObject> notes, bool isSelection = false)
    {
        var properties = new JsonObject();
        var required = new List<string>();
        foreach (var member in json.GetTypeInfo(type)!.Properties)
        {
            if (!notes.Remove(member.Name, out var note))
            {
                throw new InvalidOperationException($"{type.Name} shows '{member.Name}', and the description does not say what it is.");
            }
            var isOptional = member.AttributeProvider!.IsDefined(typeof(JsonIgnoreAttribute), inherit: false);
            if (!isOptional)
            {
                required.Add(member.Name);
            }
            // A note that has its own choices takes the place of what the type says.
            var schema = note.ContainsKey("anyOf") ? new JsonObject() : Of(member.PropertyType, isNullable: !isOptional && (member.IsGetNullable || System.Nullable.GetUnderlyingType(member.PropertyType) is not null));
            foreach (var (name, value) in note)
            {
                schema[name] = value?.DeepClone();
            }
            properties[member.Name] = schema;
        }
        if (notes.Count > 0 && !isSelection)
        {
            throw new InvalidOperationException($"The description speaks of members that {type.Name} does not show: {string.Join(", ", notes.Keys)}.");
        }
        var answer = new JsonObject { ["type"] = "object", ["description"] = description };
        if (!isSelection)
        {
            answer["required"] = Enum(required);
        }
        answer["properties"] = properties;
        return answer;
    }

    private JsonObject Of(Type type, bool isNullable)
    {
        type = System.Nullable.GetUnderlyingType(type) ?? type;
        type = type.GetInterface(typeof(IWritten<>).Name)?.GetGenericArguments()[0] ?? type;
        if (names.TryGetValue(type, out var name))
        {
            var reference = new JsonObject { ["$ref"] = "#/components/schemas/" + name };
            return isNullable ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) } : reference;
        }
        if (type.IsGenericType)
        {
            return new JsonObject { ["type"] = Type("array", isNullable), ["items"] = Of(type.GetGenericArguments()[0], isNullable: false) };
        }
        var (word, format) = type switch
        {
            _ when type == typeof(string) => ("string", null),
            _ when type == typeof(bool) => ("boolean", null),
            _ when type == typeof(int) => ("integer", "int32"),
            _ when type == typeof(long) => ("integer", "int64"),
            _ when type == typeof(DateTime) => ("string", "date-time"),
            _ when type == typeof(Guid) => ("string", "uuid"),
            _ => throw new InvalidOperationException($"There is no word for {type}."),
        };
        var schema = new JsonObject { ["type"] = Type(word, isNullable) };
        if (format is not null)
        {
            schema["format"] = format;
        }
        if (word == "integer")
        {
            schema["minimum"] = 0;
            schema["maximum"] = format == "int32" ? int.MaxValue : long.MaxValue;
        }
        return schema;
    }
}
