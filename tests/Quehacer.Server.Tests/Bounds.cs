using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Values at the bounds of a schema and beyond them.</summary>
public static class Bounds
{
    /// <summary>A pattern that asks for something to be seen, and for nothing else.</summary>
    private const string Visible = "\\S";

    /// <summary>Values that the schema forbids, each by another of its words.</summary>
    public static IEnumerable<JsonNode?> Wrong(JsonNode schema)
    {
        var types = Types(schema);
        if (types.Count > 0 && !types.Contains("null"))
        {
            yield return null;
        }
        if (types.Contains("integer"))
        {
            yield return "one";
            yield return (long)schema["minimum"]! - 1;
            yield return (long)schema["maximum"]! + 1;
        }
        if (types.Contains("boolean"))
        {
            yield return "yes";
        }
        if (types.Contains("array"))
        {
            if (Word(schema["items"]!) is null)
            {
                yield return Several((int)schema["maxItems"]! + 1);
            }
            yield return new JsonArray("");
        }
        if (!types.Contains("string"))
        {
            yield break;
        }
        if (Word(schema) is not null || schema["anyOf"] is not null || (string?)schema["format"] is not (null or "password") || (string?)schema["pattern"] is not (null or Visible))
        {
            yield return "\"nonsense";
        }
        else if ((string?)schema["pattern"] == Visible)
        {
            yield return "  ";
        }
        if ((int?)schema["minLength"] is { } least)
        {
            yield return new string('q', least - 1);
        }
        if ((int?)schema["maxLength"] is { } most && schema["anyOf"] is null)
        {
            yield return Long(most + 1);
        }
    }

    /// <summary>Values that the schema just allows, and a null where it does; what a schema without a type allows is anything.</summary>
    public static IEnumerable<JsonNode?> Right(JsonNode schema)
    {
        var types = Types(schema);
        if (types.Count == 0)
        {
            yield return new JsonObject { ["anything"] = true };
        }
        if (types.Contains("null"))
        {
            yield return null;
        }
        if (types.Contains("integer") && schema["default"] is not null)
        {
            yield return (long)schema["minimum"]!;
            yield return (long)schema["maximum"]!;
        }
        if (types.Contains("boolean"))
        {
            yield return true;
            yield return false;
        }
        // What an array holds beside texts cannot be made up here.
        if (types.Contains("array") && schema["items"]!["$ref"] is null)
        {
            var words = schema["items"]!["enum"]?.AsArray().Select(word => (string)word!).ToArray();
            yield return words is null ? Several((int)schema["maxItems"]!) : new JsonArray([.. words.Select(word => (JsonNode)word)]);
        }
        foreach (var word in types.Contains("string") ? schema["enum"]?.AsArray() ?? [] : [])
        {
            yield return (string)word!;
        }
        if (types.Contains("string") && Word(schema) is null && schema["anyOf"] is null && (string?)schema["format"] is null or "password" && (string?)schema["pattern"] is null or Visible)
        {
            yield return Long((int)schema["maxLength"]!);
            if ((int?)schema["minLength"] is > 1 and var least)
            {
                yield return Long(least);
            }
        }
    }

    private static List<string> Types(JsonNode schema) => schema["type"] switch
    {
        null => [],
        JsonArray several => [.. several.Select(type => (string)type!)],
        var one => [(string)one!],
    };

    private static JsonNode? Word(JsonNode schema) => schema["enum"];

    /// <summary>Never the same twice, so that it is no common password and no name that is taken.</summary>
    private static string Long(int characters) => $"{Guid.NewGuid():N}".PadRight(characters, 'q')[..characters];

    private static JsonArray Several(int count) => [.. Enumerable.Range(1, count).Select(number => (JsonNode)$"tag {number}")];
}
