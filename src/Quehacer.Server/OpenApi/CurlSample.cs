using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quehacer.Server.OpenApi;

/// <summary>How an operation is called from the command line, as one of its <c>x-codeSamples</c>, a name that several viewers know.</summary>
internal static class CurlSample
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="path">The parameters of the path, by name.</param>
    /// <param name="query">Those of the query.</param>
    /// <param name="body">Null for none.</param>
    public static JsonObject Of(Operation operation, string origin, Dictionary<string, string> path, Dictionary<string, JsonNode> query, JsonObject? body) =>
        Sample("Shell", "curl", Curl(operation, origin, path, query, body));

    public static JsonObject Sample(string language, string label, string source) => new() { ["lang"] = language, ["label"] = label, ["source"] = source };

    public static string Json(JsonNode? value) => value?.ToJsonString(Readable) ?? "null";

    private static string Curl(Operation operation, string origin, Dictionary<string, string> path, Dictionary<string, JsonNode> query, JsonObject? body)
    {
        var address = path.Aggregate(origin + operation.Path, (text, parameter) => text.Replace($"{{{parameter.Key}}}", Uri.EscapeDataString(parameter.Value), StringComparison.Ordinal))
            + (query.Count == 0 ? "" : "?" + string.Join('&', query.Select(parameter => $"{parameter.Key}={Word(parameter.Value)}")));
        List<string> lines = [(operation.Method == "GET" || (operation.Method == "POST" && body is not null) ? "curl" : $"curl -X {operation.Method}") + (operation.Success.File == Contracts.V1.StreamEndpoints.EventStream ? " -N" : "") + $" '{address}'"];
        if (!operation.IsAnonymous)
        {
            lines.Add("-H \"Authorization: Bearer $TOKEN\"");
        }
        if (body is not null)
        {
            lines.Add($"-H 'Content-Type: {(operation.Method == "PATCH" ? "application/merge-patch+json" : "application/json")}'");
            lines.Add($"-d '{Json(body).Replace("'", "'\\''", StringComparison.Ordinal)}'");
        }
        return string.Join(" \\\n  ", lines);

        static string Word(JsonNode value) => value is JsonArray several ? string.Join(',', several.Select(one => Word(one!))) : Uri.EscapeDataString(value.ToString().ToLowerInvariant());
    }
}
