using System.Text.Json.Nodes;

namespace Quehacer.Server.OpenApi;

/// <summary>The words of JSON Schema and of OpenAPI's parameters in which contracts describe what they take and what they show.</summary>
internal static class Describe
{
    public const string Uuid = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

    /// <summary>The pattern of a TypeID with this prefix, without anchors.</summary>
    public static string TypeId(string prefix) => $"{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}";

    public static JsonObject Path(string name, string description, JsonObject schema, JsonNode example)
    {
        var parameter = Parameter(name, "path", description, schema, example);
        parameter["required"] = true;
        return parameter;
    }

    public static JsonObject Query(string name, string description, JsonObject schema, JsonNode? example) => Parameter(name, "query", description, schema, example);

    public static JsonObject Header(string name, string description, JsonObject schema, JsonNode example) => Parameter(name, "header", description, schema, example);

    /// <summary>Several values with commas between them. Repeating the parameter means the same.</summary>
    public static JsonObject Several(string name, string description, JsonObject item, int most, params string[] example)
    {
        var parameter = Parameter(
            name, "query", description + " Several with commas, or by repeating the parameter.",
            new JsonObject { ["type"] = "array", ["items"] = item, ["minItems"] = 1, ["maxItems"] = most },
            new JsonArray([.. example.Select(value => (JsonNode)value)]));
        parameter["style"] = "form";
        parameter["explode"] = false;
        return parameter;
    }

    public static JsonObject Parameter(string name, string place, string description, JsonObject schema, JsonNode? example)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["description"] = description, ["schema"] = schema };
        if (example is not null)
        {
            parameter["example"] = example;
        }
        return parameter;
    }

    public static JsonObject Text(string? pattern, int most)
    {
        var schema = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = most };
        if (pattern is not null)
        {
            schema["pattern"] = pattern;
        }
        return schema;
    }

    public static JsonObject Integer(int least, int most, int unlessTold) =>
        new() { ["type"] = "integer", ["format"] = "int32", ["minimum"] = least, ["maximum"] = most, ["default"] = unlessTold };

    public static JsonObject Flag(bool? unlessTold = null)
    {
        var schema = new JsonObject { ["type"] = "boolean" };
        if (unlessTold is { } value)
        {
            schema["default"] = value;
        }
        return schema;
    }

    public static JsonObject OneOf(IEnumerable<string> words, string? unlessTold = null)
    {
        var schema = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) };
        if (unlessTold is not null)
        {
            schema["default"] = unlessTold;
        }
        return schema;
    }

    public static JsonObject Time() => new()
    {
        ["type"] = "string",
        ["anyOf"] = new JsonArray(new JsonObject { ["format"] = "date-time" }, new JsonObject { ["format"] = "date" }),
        ["maxLength"] = 64,
    };

    /// <summary>A body that a client sends. Members that are shown and cannot be written are taken and ignored, so that what was read can be put back.</summary>
    public static JsonObject Request(string description, string[] required, IEnumerable<string> known, (string Name, JsonObject Schema)[] members)
    {
        var properties = new JsonObject();
        foreach (var (name, schema) in members)
        {
            properties[name] = schema;
        }
        foreach (var name in known.Where(name => !properties.ContainsKey(name)))
        {
            properties[name] = new JsonObject { ["description"] = "Shown, never written: taken and ignored, so that what was read can be put back.", ["readOnly"] = true };
        }
        var request = new JsonObject { ["type"] = "object", ["description"] = description };
        if (required.Length > 0)
        {
            request["required"] = Enum(required);
        }
        request["properties"] = properties;
        request["additionalProperties"] = false;
        return request;
    }

    public static JsonNode Type(string word, bool isNullable) => isNullable ? new JsonArray(word, "null") : word;

    public static JsonArray Enum(IEnumerable<string> words) => [.. words.Select(word => (JsonNode)word)];

    public static JsonObject Written(string type, string description, params (string Name, JsonNode Value)[] more) => Member(type, description, more);

    public static JsonObject Nullable(string type, string description, params (string Name, JsonNode Value)[] more) => Member(new JsonArray(type, "null"), description, more);

    public static JsonObject Member(JsonNode type, string description, (string Name, JsonNode Value)[] more)
    {
        var schema = new JsonObject { ["type"] = type };
        foreach (var (name, value) in Says(description, more))
        {
            schema[name] = value?.DeepClone();
        }
        return schema;
    }

    public static JsonObject Says(string description, params (string Name, JsonNode Value)[] more)
    {
        var note = new JsonObject { ["description"] = description };
        foreach (var (name, value) in more)
        {
            note[name] = value;
        }
        return note;
    }
}
