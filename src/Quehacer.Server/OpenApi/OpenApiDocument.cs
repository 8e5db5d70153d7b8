using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using Quehacer.Server.Http;

namespace Quehacer.Server.OpenApi;

/// <summary>
/// The description of a contract in OpenAPI 3.1, made from what the code checks and shows and from what the contract says of itself. It is made
/// when somebody first asks for it.
/// </summary>
internal sealed class OpenApiDocument(ContractDescription contract)
{
    private static readonly JsonSerializerOptions Plain = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The description of all operations.</summary>
    public byte[] Whole() => Of(contract.Operations, Deprecations.Current);

    /// <summary>Serves the description of what is mapped. What is mapped and not described is a bug, and so found at the first request.</summary>
    public void Map(IEndpointRouteBuilder routes, Http.Contracts contracts) =>
        Map(routes, contract.Address, () => Of(Described(routes.DataSources, contracts), Deprecations.Current));

    /// <summary>Serves a description that is made when somebody first asks for it.</summary>
    public static void Map(IEndpointRouteBuilder routes, string address, Func<byte[]> make)
    {
        var served = new Lazy<(byte[] Document, EntityTagHeaderValue Tag)>(() =>
        {
            var document = make();
            return (document, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(document).AsSpan(0, 16))}\""));
        });
        routes.MapMethods(address, [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)(http => ServeAsync(http, served.Value.Document, served.Value.Tag)))
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

    /// <summary>The operations whose endpoints are mapped.</summary>
    private List<Operation> Described(IEnumerable<EndpointDataSource> sources, Http.Contracts contracts)
    {
        var mapped = sources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Where(endpoint => endpoint.Metadata.GetMetadata<Contracts.V1.SpeaksWebSocket>() is null)
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [], (endpoint, method) => (method, "/" + endpoint.RoutePattern.RawText?.Trim('/')))
            .Where(route => route.method != HttpMethods.Head && contracts.Own(route.Item2) && contracts.OwnerOf(route.Item2).Name == contract.Contract)
            .ToHashSet();
        var described = contract.Operations.Where(operation => mapped.Remove((operation.Method, operation.Path))
            & (operation.OtherPath is not { } otherPath || mapped.Remove((operation.Method, otherPath)))).ToList();
        return mapped.Count == 0
            ? described
            : throw new InvalidOperationException($"Mapped and not described by {contract.Contract}: {string.Join(", ", mapped.Select(route => $"{route.method} {route.Item2}"))}.");
    }

    /// <summary>The description of these operations, of which some or some of their parameters are deprecated.</summary>
    public byte[] Of(IReadOnlyCollection<Operation> operations, Deprecations deprecations)
    {
        var refusals = operations.SelectMany(operation => ErrorResponse.Of(operation, contract.ValidationStatus)).Distinct()
            .OrderBy(refused => refused.Status).ThenBy(refused => refused.Name, StringComparer.Ordinal).ToList();
        var parameters = contract.Parameters();
        foreach (var (name, header) in RequestHeaders.All(contract.Headers).ToList())
        {
            parameters[name] = header?.DeepClone();
        }
        var paths = new JsonObject();
        foreach (var operation in operations)
        {
            paths[operation.Path] ??= new JsonObject();
            paths[operation.Path]![operation.Method.ToLowerInvariant()] = Of(operation, parameters, [.. deprecations.Of(operation.Method, operation.Path)]);
        }
        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = contract.Title,
                ["version"] = Health.Version,
                ["summary"] = contract.Summary,
                ["description"] = contract.Text,
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/", ["description"] = "The server that this description came from." }),
            ["security"] = new JsonArray(new JsonObject { ["accessToken"] = new JsonArray() }),
            ["tags"] = new JsonArray([.. contract.Tags.Select(tag => new JsonObject { ["name"] = tag.Name, ["description"] = tag.Description })]),
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
                        ["description"] = contract.AccessToken + " Sent as RFC 6750 says and made as RFC8725 says.",
                    },
                },
                ["parameters"] = parameters,
                ["headers"] = Headers.All(contract.Headers),
                ["schemas"] = contract.Schemas(),
                ["responses"] = Named(refusals.Select(refused => (refused.Name, Of(refused))).Prepend(("NotModified", NotModified))),
                ["examples"] = Named(refusals.SelectMany(refused => refused.Kinds).Distinct().Select(kind => (kind.Code, new JsonObject { ["summary"] = kind.Meaning.English, ["value"] = contract.Error(kind) }))),
            },
        };
        RemoveUnused(document, "parameters");
        RemoveUnused(document, "headers");
        return Encoding.UTF8.GetBytes(document.ToJsonString(Plain) + "\n");
    }

    /// <summary>What all contracts share and this one does not need.</summary>
    private static void RemoveUnused(JsonObject document, string kind)
    {
        var components = document["components"]![kind]!.AsObject();
        var text = document.ToJsonString(Plain);
        foreach (var name in components.Select(component => component.Key).Where(name => !text.Contains($"\"#/components/{kind}/{name}\"", StringComparison.Ordinal)).ToList())
        {
            components.Remove(name);
        }
    }

    private static JsonObject NotModified => new()
    {
        ["description"] = "What you have is still so: you named its tag in `If-None-Match`, or its date in `If-Modified-Since`. There is no body.",
        ["headers"] = Of(["ETag", "Last-Modified", "Cache-Control", "Vary", "X-Request-Id"]),
    };

    private JsonObject Of(Operation operation, JsonObject all, IReadOnlyList<Deprecation> deprecated)
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
        var path = contract.PathParameters(operation).ToList();
        List<string> parameters = [.. path, .. operation.Query];
        if (operation.IsWrite)
        {
            parameters.Add("Idempotency-Key");
        }
        parameters.AddRange(operation.Conditions);
        described["parameters"] = new JsonArray([.. parameters.Concat(contract.RequestHeaders)
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
        if (operation is { IsWrite: false, IsUncounted: false, IsOfItsMoment: false })
        {
            responses["304"] = ReferenceTo("responses", "NotModified");
        }
        foreach (var refused in ErrorResponse.Of(operation, contract.ValidationStatus))
        {
            responses[Text(refused.Status)] = ReferenceTo("responses", refused.Name);
        }
        described["responses"] = responses;
        // The last of the examples is the one that shows the most.
        described["x-codeSamples"] = contract.CodeSamples(
            operation, path.Select(name => all[name]!).ToDictionary(parameter => (string)parameter["name"]!, parameter => (string)parameter["example"]!),
            operation.SampleQuery.Select(name => all[name]!).ToDictionary(parameter => (string)parameter["name"]!, parameter => parameter["example"]!),
            operation.Requests is [.., var last] ? last.Body().AsObject() : null);
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
        string[] ofReads = operation.IsWrite || operation.IsUncounted ? [] : operation.IsOfItsMoment ? ["Cache-Control"] : ["ETag", "Last-Modified", "Cache-Control", "Vary"];
        string[] ofLimits = operation.IsUncounted ? [] : Quota.Headers;
        var response = new JsonObject { ["description"] = success.Description, ["headers"] = Of([.. success.Headers.Union(ofReads), .. ofLimits, "X-Request-Id"]) };
        if (isDeprecated)
        {
            response["headers"]!["Deprecation"] = Headers.Deprecation;
            response["headers"]!["Sunset"] = Headers.Sunset;
        }
        if (success.File is { } file)
        {
            response["content"] = new JsonObject { [file.ToString()] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["format"] = "binary" } } };
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
            if (success.Or is { } other)
            {
                response["content"]!["application/json"] = new JsonObject
                {
                    ["schema"] = new JsonObject { ["oneOf"] = new JsonArray(ReferenceTo("schemas", success.Schema), ReferenceTo("schemas", other.Schema)) },
                    ["examples"] = Named([(success.Schema, new JsonObject { ["value"] = success.Example!() }), (other.Schema, new JsonObject { ["value"] = other.Example() })]),
                };
            }
            foreach (var (type, description, text) in success.Rows)
            {
                response["content"]![type.ToString()] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string", ["description"] = description }, ["example"] = text() };
            }
        }
        return response;
    }

    private JsonObject Of(ErrorResponse refused) => new()
    {
        ["description"] = string.Join(' ', refused.Kinds.Select(kind => $"`{kind.Code}`: {kind.Meaning.English}")),
        ["headers"] = Of([.. refused.Headers, .. Quota.Headers, .. contract.ErrorHeaders, "X-Request-Id"]),
        ["content"] = new JsonObject
        {
            [contract.ErrorType] = new JsonObject
            {
                ["schema"] = ReferenceTo("schemas", contract.ErrorSchema),
                ["examples"] = Named(refused.Kinds.Select(kind => (kind.Code, ReferenceTo("examples", kind.Code)))),
            },
        },
    };

    private static JsonObject Of(IEnumerable<string> headers) => Named(headers.Select(header => (header, ReferenceTo("headers", header))));

    private static JsonObject ReferenceTo(string kind, string name) => new() { ["$ref"] = $"#/components/{kind}/{name}" };

    private static JsonObject Named(IEnumerable<(string Name, JsonObject Value)> all) => new(all.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value)));

    private static string Text(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
