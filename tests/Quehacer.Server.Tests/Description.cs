using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

/// <summary>An operation as the description tells it.</summary>
public sealed record DescribedOperation(string Method, string Path, JsonObject Node)
{
    public string Id => (string)Node["operationId"]!;

    public string Tag => (string)Node["tags"]![0]!;

    public bool IsAnonymous => Node["security"] is JsonArray { Count: 0 };

    /// <summary>The statuses of answers that are no refusal: one, or two where it depends on the request.</summary>
    public IReadOnlyList<int> Successes => [.. Node["responses"]!.AsObject().Select(response => int.Parse(response.Key, CultureInfo.InvariantCulture)).Where(status => status < 300)];

    public void AssertSucceeds(Answer answer) =>
        Assert.True(Successes.Contains(answer.Status), $"{Id}: {answer.Asked} is answered with {answer.Status} instead of {string.Join(" or ", Successes)}: {answer.Text}");

    public override string ToString() => Id;
}

/// <summary>The committed description, and whether values are what it says. A member that a schema does not name is a fault.</summary>
/// <param name="contract">The contract's name.</param>
/// <param name="file">Another description than that of its requests; null for that.</param>
public sealed class Description(string contract = "v1", string? file = null)
{
    public static readonly string[] Contracts = ["v1", "tareas", "envelope"];

    private readonly JsonNode root = JsonNode.Parse(System.IO.File.ReadAllText(file ?? FileOf(contract)))!;

    /// <summary>Where it is, within the repository and within a server.</summary>
    public static string PathOf(string contract) => $"openapi/{contract}.json";

    public static string FileOf(string contract) => Path.Combine(QuehacerServer.Repository, PathOf(contract));

    public IReadOnlyList<DescribedOperation> Operations => [.. root["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()
        .Select(method => new DescribedOperation(method.Key.ToUpperInvariant(), path.Key, method.Value!.AsObject())))];

    /// <summary>Every schema with an example of it, by where the two stand.</summary>
    public IEnumerable<(string At, JsonNode Schema, JsonNode? Example)> Examples() => Examples(root, "#");

    public JsonNode Resolve(JsonNode node) => (string?)node["$ref"] is { } reference
        ? reference.Split('/').Skip(1).Aggregate(root, (at, name) => at[name.Replace("~1", "/").Replace("~0", "~")] ?? throw new InvalidOperationException($"{reference} leads nowhere."))
        : node;

    public IEnumerable<JsonNode> Parameters(DescribedOperation operation) =>
        operation.Node["parameters"]!.AsArray().Select(parameter => Resolve(parameter!));

    /// <summary>Fails unless the answer is the documented one of its status: type, headers, body.</summary>
    public void Holds(DescribedOperation operation, Answer answer)
    {
        var documented = operation.Node["responses"]![answer.Status.ToString(CultureInfo.InvariantCulture)];
        Assert.True(documented is not null, $"{operation}: {answer.Asked} is answered with {answer.Status}, which is not described. {answer.Text}");
        var response = Resolve(documented);
        var absent = response["headers"]!.AsObject().Select(header => header.Key)
            .Where(name => name is not ("Idempotent-Replayed" or "Retry-After" or "Content-Disposition" or "Last-Modified") && answer.Header(name) is null).ToList();
        Assert.True(absent.Count == 0, $"{operation}: {answer.Asked} ({answer.Status}) has no {string.Join(", ", absent)}.");
        if (response["content"] is not { } contents)
        {
            Assert.Equal("", answer.Text);
            return;
        }
        var type = answer.Header("Content-Type")!.Split(';')[0];
        Assert.True(contents[type] is not null, $"{operation}: {answer.Asked} is answered in {type}, which is not described.");
        IsValid($"{operation}: {answer.Asked}", contents[type]!["schema"]!, type.EndsWith("json", StringComparison.Ordinal) && type != "application/x-ndjson" ? answer.Json : answer.Text);
    }

    public void IsValid(string what, JsonNode schema, JsonNode? value)
    {
        var faults = Faults(schema, value, "").ToList();
        Assert.True(faults.Count == 0, $"{what} is not as described:\n{string.Join('\n', faults)}\n{value?.ToJsonString()}");
    }

    private IEnumerable<string> Faults(JsonNode schema, JsonNode? value, string at)
    {
        if (schema["$ref"] is not null)
        {
            return Faults(Resolve(schema), value, at);
        }
        if (schema["anyOf"] is JsonArray choices && choices.Select(choice => Faults(choice!, value, at).ToList()).ToList() is var tried && tried.All(faults => faults.Count > 0))
        {
            return tried[0];
        }
        if (schema["oneOf"] is JsonArray alternatives && alternatives.Select(alternative => Faults(alternative!, value, at).ToList()).ToList() is var all && all.Count(faults => faults.Count == 0) != 1)
        {
            return all.SelectMany(faults => faults).Append($"{at} is {all.Count(faults => faults.Count == 0)} of {all.Count} instead of one.");
        }
        var kind = value?.GetValueKind() ?? JsonValueKind.Null;
        var types = schema["type"] switch { null => [], JsonArray several => several.Select(type => (string)type!).ToArray(), var one => new[] { (string)one! } };
        if (types.Length > 0 && !types.Contains(NameOf(kind, value)))
        {
            return [$"{at} is {NameOf(kind, value)} instead of {string.Join(" or ", types)}."];
        }
        return kind switch
        {
            JsonValueKind.Object when schema["properties"] is not null => FaultsOfObject(schema, value!.AsObject(), at),
            JsonValueKind.Array => FaultsOfArray(schema, value!.AsArray(), at),
            JsonValueKind.String => FaultsOfText(schema, (string)value!, at),
            JsonValueKind.Number when schema["minimum"] is { } least && (long)value! < (long)least || schema["maximum"] is { } most && (long)value! > (long)most =>
                [$"{at} is {value}, which is out of range."],
            _ => [],
        };
    }

    private IEnumerable<string> FaultsOfObject(JsonNode schema, JsonObject value, string at)
    {
        foreach (var name in schema["required"]?.AsArray().Select(name => (string)name!).Where(name => !value.ContainsKey(name)) ?? [])
        {
            yield return $"{at}/{name} is missing.";
        }
        foreach (var (name, member) in value)
        {
            if (schema["properties"]![name] is not { } described)
            {
                yield return $"{at}/{name} is not described.";
                continue;
            }
            foreach (var fault in Faults(described, member, $"{at}/{name}"))
            {
                yield return fault;
            }
        }
    }

    private IEnumerable<string> FaultsOfArray(JsonNode schema, JsonArray value, string at)
    {
        if ((int?)schema["maxItems"] < value.Count || (int?)schema["minItems"] > value.Count)
        {
            yield return $"{at} has {value.Count} items.";
        }
        foreach (var fault in schema["items"] is { } item ? value.SelectMany((element, index) => Faults(item, element, $"{at}/{index}")) : [])
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> FaultsOfText(JsonNode schema, string value, string at)
    {
        if (schema["enum"] is JsonArray words && !words.Any(word => (string)word! == value) || schema["const"] is { } only && (string)only! != value)
        {
            yield return $"{at} is '{value}', which is none of the words.";
        }
        if ((string?)schema["pattern"] is { } pattern && !Regex.IsMatch(value, pattern))
        {
            yield return $"{at} is '{value}', which does not fit {pattern}.";
        }
        if ((int?)schema["maxLength"] < value.EnumerateRunes().Count() || (int?)schema["minLength"] > value.EnumerateRunes().Count())
        {
            yield return $"{at} has {value.Length} characters.";
        }
        if ((string?)schema["format"] == "date-time" && !DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out _))
        {
            yield return $"{at} is '{value}', which is no time.";
        }
    }

    private static string NameOf(JsonValueKind kind, JsonNode? value) => kind switch
    {
        JsonValueKind.Number => value!.ToJsonString().Contains('.') ? "number" : "integer",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private IEnumerable<(string At, JsonNode Schema, JsonNode? Example)> Examples(JsonNode? node, string at)
    {
        if (node is JsonArray array)
        {
            return array.SelectMany((element, index) => Examples(element, $"{at}/{index}"));
        }
        if (node is not JsonObject here)
        {
            return [];
        }
        var own = here["schema"] is not { } schema ? [] : (here["examples"]?.AsObject().Select(example => Resolve(example.Value!)["value"]) ?? [])
            .Concat(here.ContainsKey("example") ? [here["example"]] : []).Select(example => (at, schema, example));
        return own.Concat(here.SelectMany(member => Examples(member.Value, $"{at}/{member.Key}")));
    }
}
