using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>The description of the envelope is held to a real server, as that of v1 is in <see cref="OpenApiTests"/>.</summary>
public sealed class EnvelopeDescriptionTests(SharedServer shared)
{
    private const string Tasks = "/tasks/task";

    private readonly Description description = new("envelope");

    [Fact]
    public async Task Every_example_of_a_request_is_answered_as_described()
    {
        var user = await shared.NewUserAsync();
        foreach (var operation in description.Operations)
        {
            foreach (var (type, body) in Bodies(operation))
            {
                var (path, filled) = await PlaceAsync(user, operation, body);
                var answer = await user.SendAsync(operation.Method, path, filled, type is null ? [] : [("Content-Type", type)]);
                operation.AssertSucceeds(answer);
                if (operation.Tag != "health")
                {
                    // Health is not counted, and has no headers of limits.
                    description.Holds(operation, answer);
                }
                if ((answer.Header("Location") ?? answer.Header("Content-Location")) is { } shown)
                {
                    (await user.GetAsync(shown)).Is(200);
                }
            }
        }
    }

    [Fact]
    public async Task Every_curl_sample_is_answered_as_described()
    {
        var user = await shared.NewUserAsync();
        foreach (var operation in description.Operations)
        {
            var (path, filled) = await PlaceAsync(user, operation, Bodies(operation).LastOrDefault(body => body.Body is not null).Body);
            var command = CodeSampleTests.SourceOf(operation, "curl").Replace("http://localhost:3000" + operation.Path.Replace("{id}", "1"), shared.Server.Address.GetLeftPart(UriPartial.Authority) + path);
            if (filled is not null)
            {
                command = command[..(command.IndexOf("-d '", StringComparison.Ordinal) + 4)] + filled.ToJsonString() + "'";
            }
            Assert.Contains(path, command);
            var start = new ProcessStartInfo("bash", ["-c", command + " -sS -o /dev/null -w '%{http_code}'"]) { RedirectStandardOutput = true };
            start.Environment["TOKEN"] = user.AccessToken;
            using var curl = Process.Start(start)!;
            Assert.Contains($"{operation.Id}: {await curl.StandardOutput.ReadToEndAsync()}", operation.Successes.Select(status => $"{operation.Id}: {status}"));
            await curl.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Every_parameter_of_a_query_is_taken_as_its_example_says_and_bounded_as_described()
    {
        var user = await shared.NewUserAsync();
        foreach (var operation in description.Operations)
        {
            foreach (var parameter in description.Parameters(operation).Where(parameter => (string)parameter["in"]! == "query"))
            {
                var name = (string)parameter["name"]!;
                if (operation.Method == "GET" && parameter["example"] is { } example)
                {
                    var answer = (await AskAsync(example)).Is(200);
                    description.Holds(operation, answer);
                }
                // A parameter without a value is as if it were not there; what a deletion names must be named.
                foreach (var wrong in Bounds.Wrong(parameter["schema"]!).Where(wrong => wrong is not null && (operation.Method != "GET" || wrong.ToJsonString() is not ("\"\"" or "[\"\"]"))))
                {
                    AssertInvalid(await AskAsync(wrong!), name);
                }
                foreach (var right in operation.Method == "GET" ? Bounds.Right(parameter["schema"]!).Where(right => right is not null) : [])
                {
                    (await AskAsync(right!)).Is(200);
                }

                async Task<Answer> AskAsync(JsonNode value)
                {
                    var (path, _) = await PlaceAsync(user, operation, null);
                    var text = value is JsonArray several ? string.Join(',', several.Select(one => (string)one!)) : value.GetValueKind() == JsonValueKind.String ? (string)value! : value.ToJsonString();
                    // Where one parameter needs another, the other is in order.
                    var beside = operation.Method == "DELETE" && name != "ids" ? "&ids=1" : "";
                    return await user.SendAsync(operation.Method, $"{path}?{name}={Uri.EscapeDataString(text)}{beside}");
                }
            }
        }
    }

    [Fact]
    public async Task Every_member_of_a_body_is_bounded_as_described()
    {
        var user = await shared.NewUserAsync();
        foreach (var operation in description.Operations.Where(operation => operation.Node["requestBody"] is not null))
        {
            var schema = description.Resolve(operation.Node["requestBody"]!["content"]!["application/json"]!["schema"]!);
            operation.AssertSucceeds(await WithAsync("nonsense", 1));
            foreach (var required in schema["required"]?.AsArray() ?? [])
            {
                AssertInvalid(await WithAsync((string)required!, null, isAbsent: true), (string)required!);
            }
            // What is within a list of tasks is the same as for one.
            foreach (var (name, member) in schema["properties"]!.AsObject().Where(member => member.Key is not ("tasks" or "ids" or "id") || operation.Tag != "batches" && member.Key != "id"))
            {
                foreach (var wrong in Bounds.Wrong(member!))
                {
                    AssertInvalid(await WithAsync(name, wrong), name);
                }
                foreach (var right in Bounds.Right(member!))
                {
                    operation.AssertSucceeds(await WithAsync(name, right));
                }
            }

            async Task<Answer> WithAsync(string name, JsonNode? value, bool isAbsent = false)
            {
                var (path, filled) = await PlaceAsync(user, operation, Bodies(operation).First().Body);
                filled![name] = value?.DeepClone();
                if (isAbsent)
                {
                    filled.AsObject().Remove(name);
                }
                if (name == "status")
                {
                    filled.AsObject().Remove("done");
                }
                return await user.SendAsync(operation.Method, path, filled);
            }
        }
    }

    [Fact]
    public async Task Every_operation_refuses_as_described()
    {
        var user = await shared.NewUserAsync();
        foreach (var operation in description.Operations.Where(operation => operation.Tag != "health"))
        {
            var (path, body) = await PlaceAsync(user, operation, Bodies(operation).First().Body);
            await Refuses(406, user, path, ("Accept", "text/html"));
            await Refuses(401, shared.Nobody(), path);
            await Refuses(401, user, path, ("Authorization", "Bearer nonsense"));
            if (operation.Path.Contains("{id}"))
            {
                await Refuses(404, user, operation.Path.Replace("{id}", "999999"));
            }
            if (operation.Method != "GET")
            {
                await Refuses(400, user, path, ("Idempotency-Key", "\"open"));
                var text = await user.SendAsync(operation.Method, path, "no JSON", ("Content-Type", "text/plain"));
                description.Holds(operation, text.Is(415));
            }
            if (description.Parameters(operation).Any(parameter => (string)parameter["name"]! == "If-Match"))
            {
                await Refuses(412, user, path, ("If-Match", "\"another\""));
            }

            async Task Refuses(int status, Client client, string at, params (string, string)[] headers) =>
                description.Holds(operation, (await client.SendAsync(operation.Method, at, body, headers)).Is(status));
        }
    }

    private static void AssertInvalid(Answer answer, string field)
    {
        answer.Is(400);
        Assert.Contains(answer["errors"]!.AsArray(), error => ((string)error!["field"]!).Split('[')[0] == field);
    }

    /// <summary>Every body that the description shows, in every type that it may have; one null where there is none.</summary>
    private static IEnumerable<(string? Type, JsonNode? Body)> Bodies(DescribedOperation operation) => operation.Node["requestBody"] is { } request
        ? request["content"]!.AsObject().SelectMany(content => content.Value!["examples"]!.AsObject(), (content, example) => ((string?)content.Key, example.Value!["value"]))
        : [(null, null)];

    /// <summary>The path with the number of a task that is there, and the body with such numbers in place of those that it makes up.</summary>
    private static async Task<(string Path, JsonNode? Body)> PlaceAsync(User user, DescribedOperation operation, JsonNode? body)
    {
        async Task<long> NewAsync() => (long)(await user.PostAsync(Tasks, new { title = "Buy milk" })).Is(201)["data"]!["id"]!;

        var path = operation.Path.Contains("{id}") ? operation.Path.Replace("{id}", $"{await NewAsync()}") : operation.Path;
        var filled = body?.DeepClone();
        if (filled?["ids"] is JsonArray ids)
        {
            for (var place = 0; place < ids.Count; place++)
            {
                ids[place] = await NewAsync();
            }
        }
        foreach (var one in (filled?["tasks"]?.AsArray() ?? []).Append(filled).Where(one => one?["id"] is not null))
        {
            one!["id"] = await NewAsync();
        }
        return (path, filled);
    }
}
