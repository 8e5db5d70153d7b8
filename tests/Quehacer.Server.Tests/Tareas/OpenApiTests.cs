using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Tareas;

/// <summary>The description of the contract, held against a real server. What holds for all descriptions is tested beside them.</summary>
public sealed class OpenApiTests(SharedServer shared)
{
    private readonly Description description = new("tareas");

    [Fact]
    public async Task Every_example_of_a_request_is_answered_as_described_and_so_is_its_curl_sample()
    {
        var somebody = await shared.NewUserAsync();
        foreach (var operation in description.Operations)
        {
            // A session ends among these.
            var user = operation.Tag == "auth" ? await shared.NewUserAsync() : somebody;
            foreach (var body in Bodies(operation))
            {
                var answer = await user.SendAsync(operation.Method, await PlaceAsync(user, operation), await FilledAsync(user, operation, body));
                operation.AssertSucceeds(answer);
                description.Holds(operation, answer);
                if (answer.Header("Location") is { } made)
                {
                    (await user.GetAsync(made)).Is(200);
                    await user.DeleteAsync(made);
                }
            }
            if (operation.Id == "cerrarSesion")
            {
                await user.LogInAsync();
            }
            var path = await PlaceAsync(user, operation);
            var example = (string?)description.Parameters(operation).FirstOrDefault(parameter => (string)parameter["in"]! == "path")?["example"];
            var command = Replaced(CodeSampleTests.SourceOf(operation, "curl"), "http://localhost:3000" + operation.Path.Replace("{id}", example), shared.Server.Address.GetLeftPart(UriPartial.Authority) + path);
            if (Bodies(operation).Last() is { } last)
            {
                command = Replaced(command, last.ToJsonString(CodeSampleTests.Readable), (await FilledAsync(user, operation, last))!.ToJsonString());
            }
            var start = new ProcessStartInfo("bash", ["-c", command + " -sS -o /dev/null -w '%{http_code}'"]) { RedirectStandardOutput = true };
            start.Environment["TOKEN"] = user.AccessToken;
            using var curl = Process.Start(start)!;
            Assert.Contains($"{operation.Id}: {await curl.StandardOutput.ReadToEndAsync()}", operation.Successes.Select(status => $"{operation.Id}: {status}"));
            await curl.WaitForExitAsync();
        }

        static string Replaced(string text, string example, string real)
        {
            Assert.Contains(example, text);
            return text.Replace(example, real);
        }
    }

    [Fact]
    public async Task Every_example_of_a_parameter_is_taken_and_every_operation_refuses_as_described()
    {
        var user = await shared.NewUserAsync();
        var examples = 0;
        foreach (var operation in description.Operations)
        {
            foreach (var parameter in description.Parameters(operation).Where(parameter => (string)parameter["in"]! == "query" && parameter["example"] is not null))
            {
                examples++;
                var value = parameter["example"] is JsonArray several ? string.Join(',', several.Select(one => (string)one!)) : $"{parameter["example"]}".ToLowerInvariant();
                var answer = await user.GetAsync($"{operation.Path}?{parameter["name"]}={Uri.EscapeDataString(value)}");
                description.Holds(operation, answer.Is(200));
            }
            var body = await FilledAsync(user, operation, Bodies(operation).First());
            var path = await PlaceAsync(user, operation);
            await Refuses(406, user, path, ("Accept", "text/html"));
            if (!operation.IsAnonymous)
            {
                await Refuses(401, shared.Nobody(), path);
                await Refuses(401, user, path, ("Authorization", "Bearer nonsense"));
            }
            if (operation.Path.Contains("{id}"))
            {
                await Refuses(404, user, operation.Path.Replace("{id}", Guid.NewGuid().ToString()));
                await Refuses(400, user, operation.Path.Replace("{id}", "nada"));
            }
            if (operation.Method != "GET")
            {
                await Refuses(400, user, path, ("Idempotency-Key", "\"open"));
                description.Holds(operation, (await user.SendAsync(operation.Method, path, "no JSON", ("Content-Type", "text/plain"))).Is(415));
            }
            if (operation.Node["requestBody"] is not null)
            {
                description.Holds(operation, (await user.SendAsync(operation.Method, path, "[]")).Is(400));
            }
            if (description.Parameters(operation).Any(parameter => (string)parameter["name"]! == "If-Match"))
            {
                await Refuses(412, user, path, ("If-Match", "\"another\""));
            }

            async Task Refuses(int status, Client client, string at, params (string, string)[] headers) =>
                description.Holds(operation, (await client.SendAsync(operation.Method, at, body, headers)).Is(status));
        }
        Assert.Equal(13, examples);
    }

    /// <summary>Every body that the description shows; one null where there is none.</summary>
    private static IEnumerable<JsonNode?> Bodies(DescribedOperation operation) => operation.Node["requestBody"] is { } request
        ? request["content"]!["application/json"]!["examples"]!.AsObject().Select(example => example.Value!["value"])
        : [null];

    /// <summary>The path with the id of something that is there.</summary>
    private static async Task<string> PlaceAsync(User user, DescribedOperation operation)
    {
        if (!operation.Path.Contains("{id}"))
        {
            return operation.Path;
        }
        var name = $"{Guid.NewGuid():N}";
        return operation.Path.Replace(
            $"/api/{operation.Tag}/{{id}}", (await user.PostAsync($"/api/{operation.Tag}", new { title = name, name })).Is(201).Header("Location"));
    }

    /// <summary>The example with what is there in place of what it makes up.</summary>
    private static async Task<JsonNode?> FilledAsync(User user, DescribedOperation operation, JsonNode? body)
    {
        if (body is not JsonObject example)
        {
            return body;
        }
        var filled = example.DeepClone().AsObject();
        if (filled["categoryId"] is not null)
        {
            filled["categoryId"] = await Spanish.MakeAsync(user, Spanish.Categories, new { name = $"{Guid.NewGuid():N}" }, "category");
        }
        if (filled["tagsId"] is JsonArray { Count: > 0 })
        {
            filled["tagsId"] = new JsonArray(await Spanish.MakeAsync(user, Spanish.Tags, new { name = $"{Guid.NewGuid():N}" }, "tag"));
        }
        if (operation.Path is Spanish.Categories or Spanish.Tags or $"{Spanish.Categories}/{{id}}" or $"{Spanish.Tags}/{{id}}")
        {
            filled["name"] = $"{Guid.NewGuid():N}";
        }
        if (filled.ContainsKey("email"))
        {
            filled["email"] = operation.Id == "registrar" ? $"{Guid.NewGuid():N}@example.com" : user.Email;
            filled["password"] = operation.Id == "registrar" ? (string)filled["password"]! : User.Password;
        }
        return filled;
    }
}
