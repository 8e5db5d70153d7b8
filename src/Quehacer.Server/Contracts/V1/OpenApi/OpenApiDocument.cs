using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Quehacer.Server.Http;
using Quehacer.Server.Pages;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>
/// The description of v1 in OpenAPI 3.1, made from what the code checks and shows and from <see cref="Operations"/>. It is made when
/// somebody first asks for it.
/// </summary>
internal static class OpenApiDocument
{
    private const string ProblemJson = "application/problem+json";

    private static readonly JsonSerializerOptions Plain = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The description of all operations.</summary>
    public static byte[] Whole() => Of(Operations.All, Deprecations.Current);

    /// <summary>Serves the description of what is mapped. What is mapped and not described is a bug, and so found at the first request.</summary>
    public static void MapOpenApi(this IEndpointRouteBuilder routes)
    {
        var served = new Lazy<(byte[] Document, EntityTagHeaderValue Tag)>(() =>
        {
            var document = Of(Described(routes.DataSources), Deprecations.Current);
            return (document, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(document).AsSpan(0, 16))}\""));
        });
        routes.MapMethods(Reference.Document, [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)(http => ServeAsync(http, served.Value.Document, served.Value.Tag)))
            .WithMetadata(AnswersIn.Json);
    }

    private static Task ServeAsync(HttpContext http, byte[] document, EntityTagHeaderValue tag)
    {
        http.Response.Headers.ETag = tag.ToString();
        http.Response.Headers.CacheControl = "public, no-cache";
        if (http.Request.GetTypedHeaders().IfNoneMatch.FirstOrDefault(seen => seen.Equals(EntityTagHeaderValue.Any) || TagShape.IsSame(seen, tag.ToString(), isStrong: false)) is { } known)
        {
            // What the client has is found by the tag that it was shown with, which may be that of a coding.
            http.Response.Headers.ETag = known.Equals(EntityTagHeaderValue.Any) ? tag.ToString() : known.Tag.ToString();
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = document.Length;
        return http.Response.Body.WriteAsync(document).AsTask();
    }

    /// <summary>The operations whose endpoints are mapped, those of tasks at both of their paths.</summary>
    private static IEnumerable<Operation> Described(IEnumerable<EndpointDataSource> sources)
    {
        var mapped = sources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [], (endpoint, method) => (method, "/" + endpoint.RoutePattern.RawText?.Trim('/')))
            .Where(route => route.method != HttpMethods.Head && V1.Prefixes.Any(prefix => route.Item2.StartsWith(prefix, StringComparison.Ordinal)))
            .ToHashSet();
        var described = Operations.All.Where(operation => mapped.Remove((operation.Method, operation.Path))
            & (operation.ShortPath is not { } shortPath || mapped.Remove((operation.Method, shortPath)))).ToList();
        return mapped.Count == 0
            ? described
            : throw new InvalidOperationException($"Mapped and not described in {nameof(Operations)}: {string.Join(", ", mapped.Select(route => $"{route.method} {route.Item2}"))}.");
    }

    /// <summary>The description of these operations, of which some or some of their parameters are deprecated.</summary>
    public static byte[] Of(IEnumerable<Operation> operations, Deprecations deprecations)
    {
        var paths = new JsonObject();
        foreach (var operation in operations)
        {
            paths[operation.Path] ??= new JsonObject();
            paths[operation.Path]![operation.Method.ToLowerInvariant()] = Of(operation, [.. deprecations.Of(operation.Method, operation.Path)]);
        }
        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Quehacer v1",
                ["version"] = Health.Version,
                ["summary"] = "Tasks that are not lost, not done twice and not overwritten.",
                ["description"] = """
                    The paths under `/api/v1/tasks` exist a second time, the same in everything, under `/tasks`; they are described once. Every GET answers HEAD as well, and takes conditions (RFC 9110 §13).

                    Parameters that are not known are refused with 422, save those that begin with `_` or `utm_`. A refusal is `application/problem+json`, with a
                    `code` for programs; its texts are in English, or in Spanish when `Accept-Language` prefers it.

                    Answers of 1 KiB and more are compressed with `br` or `gzip` where `Accept-Encoding` takes them. Their strong tags end in `.br` or `.gzip`.

                    What is deprecated is marked so here, and answers with `Deprecation` (RFC 9745), `Sunset` (RFC 8594) once its end is known, and a `Link` to what takes its place.
                    """,
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/", ["description"] = "The server that this description came from." }),
            ["security"] = new JsonArray(new JsonObject { ["accessToken"] = new JsonArray() }),
            ["tags"] = new JsonArray([.. Operations.Tags.Select(tag => new JsonObject { ["name"] = tag.Name, ["description"] = tag.Description })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["accessToken"] = new JsonObject
                    {
                        ["type"] = "http",
                        ["scheme"] = "bearer",
                        ["bearerFormat"] = "JWT",
                        ["description"] = "An access token of `POST /api/v1/auth/login`, sent as RFC 6750 says and made as RFC8725 says.",
                    },
                },
                ["parameters"] = Parameters.All,
                ["headers"] = Headers.All,
                ["schemas"] = Schemas.All(),
                ["responses"] = Named(ErrorResponse.All.Select(refused => (refused.Name, Of(refused))).Prepend(("NotModified", NotModified))),
                ["examples"] = Named(ErrorResponse.All.SelectMany(refused => refused.Kinds).Distinct().Select(kind => (kind.Code, new JsonObject { ["summary"] = kind.Meaning.English, ["value"] = Samples.Problem(kind) }))),
            },
        };
        return Encoding.UTF8.GetBytes(document.ToJsonString(Plain) + "\n");
    }

    private static JsonObject NotModified => new()
    {
        ["description"] = "What you have is still so: you named its tag in `If-None-Match`, or its date in `If-Modified-Since`. There is no body.",
        ["headers"] = Of(["ETag", "Last-Modified", "Cache-Control", "Vary", "X-Request-Id"]),
    };

    private static JsonObject Of(Operation operation, IReadOnlyList<Deprecation> deprecated)
    {
        var described = new JsonObject
        {
            ["operationId"] = operation.Id,
            ["tags"] = new JsonArray(operation.Tag),
            ["summary"] = operation.Summary,
            ["description"] = operation.Description,
        };
        var isDeprecated = deprecated.Any(one => one.Parameter is null);
        if (isDeprecated)
        {
            described["deprecated"] = true;
        }
        if (operation.IsAnonymous)
        {
            described["security"] = new JsonArray();
        }
        // All of them stand with the operation: Swagger UI does not look up those that stand with the path.
        List<string> parameters = [.. PathParameters(operation), .. operation.Query];
        if (operation.IsWrite)
        {
            parameters.Add("Idempotency-Key");
        }
        parameters.AddRange(operation.Conditions);
        var all = Parameters.All;
        described["parameters"] = new JsonArray([.. parameters.Append("X-Request-Id").Append("Accept-Language")
            .Select(name => IsDeprecated(all[name]!) ? Deprecated(all[name]!) : ReferenceTo("parameters", name))]);
        if (operation.Body is not null)
        {
            string[] types = operation.Method == HttpMethods.Patch ? ["application/merge-patch+json", "application/json"] : ["application/json"];
            described["requestBody"] = new JsonObject
            {
                ["required"] = !operation.BodyIsOptional,
                ["content"] = Named(types.Select(type => (type, new JsonObject
                {
                    ["schema"] = ReferenceTo("schemas", operation.Body),
                    ["examples"] = Named(operation.Requests.Select(request => (request.Name, new JsonObject { ["summary"] = request.Summary, ["value"] = request.Body() }))),
                }))),
            };
        }
        var responses = new JsonObject { [Text(operation.Success.Status)] = Of(operation.Success, operation, isDeprecated) };
        if (operation.OtherSuccess is { } other)
        {
            responses[Text(other.Status)] = Of(other, operation, isDeprecated);
        }
        if (!operation.IsWrite)
        {
            responses["304"] = ReferenceTo("responses", "NotModified");
        }
        foreach (var refused in ErrorResponse.Of(operation))
        {
            responses[Text(refused.Status)] = ReferenceTo("responses", refused.Name);
        }
        described["responses"] = responses;
        described["x-codeSamples"] = CodeSamples.Of(operation, PathParameters(operation));
        return described;

        bool IsDeprecated(JsonNode parameter) => deprecated.Any(one => one.Parameter == (string?)parameter["name"] && (string?)parameter["in"] == "query");

        static JsonObject Deprecated(JsonNode parameter)
        {
            var copy = parameter.DeepClone().AsObject();
            copy["deprecated"] = true;
            return copy;
        }
    }

    private static JsonObject Of(Success success, Operation operation, bool isDeprecated)
    {
        string[] ofReads = operation.IsWrite ? [] : ["ETag", "Last-Modified", "Cache-Control", "Vary"];
        var response = new JsonObject { ["description"] = success.Description, ["headers"] = Of([.. success.Headers.Union(ofReads), .. Quota.Headers, "X-Request-Id"]) };
        if (isDeprecated)
        {
            response["headers"]!["Deprecation"] = Headers.Deprecation;
            response["headers"]!["Sunset"] = Headers.Sunset;
        }
        if (success.Schema is not null)
        {
            var schema = ReferenceTo("schemas", success.Schema);
            response["content"] = new JsonObject
            {
                ["application/json"] = new JsonObject
                {
                    ["schema"] = operation.Query.Contains("fields") ? new JsonObject { ["anyOf"] = new JsonArray(schema, ReferenceTo("schemas", "Selected" + success.Schema)) } : schema,
                    ["example"] = success.Example!(),
                },
            };
            foreach (var (type, description, text) in success.Rows)
            {
                response["content"]![type.ToString()] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["description"] = description }, ["example"] = text() };
            }
        }
        return response;
    }

    private static JsonObject Of(ErrorResponse refused) => new()
    {
        ["description"] = string.Join(' ', refused.Kinds.Select(kind => $"`{kind.Code}`: {kind.Meaning.English}")),
        ["headers"] = Of([.. refused.Headers, .. Quota.Headers, "Content-Language", "X-Request-Id"]),
        ["content"] = new JsonObject
        {
            [ProblemJson] = new JsonObject
            {
                ["schema"] = ReferenceTo("schemas", "Problem"),
                ["examples"] = Named(refused.Kinds.Select(kind => (kind.Code, ReferenceTo("examples", kind.Code)))),
            },
        },
    };

    private static JsonObject Of(IEnumerable<string> headers) => Named(headers.Select(header => (header, ReferenceTo("headers", header))));

    private static IEnumerable<string> PathParameters(Operation operation)
    {
        if (operation.Path.Contains("{id}", StringComparison.Ordinal))
        {
            yield return operation.Tag switch { "tasks" or "notes" => "TaskId", "categories" => "CategoryId", _ => "TagId" };
        }
        if (operation.Path.Contains("{name}", StringComparison.Ordinal))
        {
            yield return "TagName";
        }
        if (operation.Path.Contains("{note_id}", StringComparison.Ordinal))
        {
            yield return "NoteId";
        }
    }

    private static JsonObject ReferenceTo(string kind, string name) => new() { ["$ref"] = $"#/components/{kind}/{name}" };

    private static JsonArray References(string kind, IEnumerable<string> names) => [.. names.Select(name => ReferenceTo(kind, name))];

    private static JsonObject Named(IEnumerable<(string Name, JsonObject Value)> all) => new(all.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value)));

    private static string Text(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
