using System.Globalization;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class HttpTests(SharedServer shared)
{
    [Theory]
    [InlineData("[]")]
    [InlineData("\"title\"")]
    [InlineData("5")]
    [InlineData("null")]
    public async Task A_body_that_is_JSON_but_no_object_is_a_422(string body)
    {
        var user = await shared.SomebodyAsync();
        (await user.PostAsync(User.Tasks, body)).IsInvalid("body", "NOT_AN_OBJECT");
        (await user.PatchAsync($"{User.Tasks}/{(await user.CreateAsync(new { title = "a" })).Answer["number"]}", body)).IsInvalid("body", "NOT_AN_OBJECT");
    }

    [Theory]
    [InlineData("PUT", "/api/v1/tasks", "GET|POST|PATCH|DELETE")]
    [InlineData("PUT", "/tasks", "GET|POST|PATCH|DELETE")]
    [InlineData("POST", "/api/v1/tasks/1", "GET|PUT|PATCH|DELETE")]
    [InlineData("GET", "/api/v1/tasks/1/complete", "POST")]
    [InlineData("GET", "/api/v1/auth/login", "POST")]
    [InlineData("PUT", "/api/v1/auth/register", "POST")]
    [InlineData("PUT", "/api/v1/me", "GET|PATCH|DELETE")]
    [InlineData("POST", "/health", "GET")]
    [InlineData("POST", "/api/ready", "GET")]
    [InlineData("BREW", "/api/v1/tasks", "GET|POST")]
    public async Task A_wrong_method_on_a_known_path_is_a_405_that_says_which_are_right(string method, string path, string allowed)
    {
        var user = await shared.SomebodyAsync();
        var answer = (await user.SendAsync(method, path)).IsProblem(405, "METHOD_NOT_ALLOWED");
        var listed = (answer.Header("Allow") ?? "").Split(',', StringSplitOptions.TrimEntries);
        Assert.All(allowed.Split('|'), right => Assert.Contains(right, listed));
        Assert.DoesNotContain(method, listed);
    }

    [Theory]
    [InlineData("GET", "/api/v1/me")]
    [InlineData("GET", "/api/v1/tasks/1")]
    [InlineData("POST", "/api/v1/tasks")]
    [InlineData("DELETE", "/api/v1/tasks/1")]
    public async Task A_parameter_that_is_not_taken_is_refused(string method, string path)
    {
        var user = await shared.SomebodyAsync();
        (await user.SendAsync(method, $"{path}?nonsense=links&_=1&utm_source=mail")).IsInvalid("nonsense", "UNKNOWN");
    }

    [Fact]
    public async Task What_a_client_does_not_accept_is_a_406()
    {
        var user = await shared.SomebodyAsync();
        foreach (var accept in new[] { "text/html", "application/xml", "application/json;q=0", "image/*" })
        {
            (await user.GetAsync(User.Tasks, ("Accept", accept))).IsProblem(406, "NOT_ACCEPTABLE");
        }
        foreach (var accept in new[] { "*/*", "application/json", "application/*", "text/html, application/json;q=0.1", "APPLICATION/JSON", "text/html, */*;q=0.1" })
        {
            (await user.GetAsync(User.Tasks, ("Accept", accept))).Is(200);
        }
    }

    [Theory]
    [InlineData("/nope")]
    [InlineData("/api/v1/nope")]
    [InlineData("/api/v2/tasks")]
    [InlineData("/api/v1/tasks/1/nope")]
    [InlineData("/api/v1/Tasks/1/2/3")]
    [InlineData("/errors/nope")]
    [InlineData("/.env")]
    public async Task An_unknown_path_is_a_404(string path) => (await (await shared.SomebodyAsync()).GetAsync(path)).IsProblem(404, "RESOURCE_NOT_FOUND");

    [Fact]
    public async Task Every_problem_is_complete_and_its_page_explains_it()
    {
        var user = await shared.SomebodyAsync();
        var answers = new[]
        {
            await user.PostAsync(User.Tasks, new { }), await user.PostAsync(User.Tasks, "{"), await user.GetAsync($"{User.Tasks}/0?_x=1"), await shared.Nobody().GetAsync(User.Tasks),
            await user.SendAsync("DELETE", User.Tasks), await user.GetAsync(User.Tasks, ("Accept", "text/html")), await user.PostAsync(User.Tasks, "a", ("Content-Type", "text/plain")),
            await user.PostAsync("/api/v1/auth/register", new { email = user.Email, name = "Ana", password = User.Password }),
            await user.PostAsync(User.Tasks, new { title = "a" }, ("Idempotency-Key", "\"\"")),
        };
        foreach (var answer in answers)
        {
            var problem = answer.Json.AsObject();
            Assert.Equal(answer.Status, (int)problem["status"]!);
            Assert.Equal(answer.Asked.Split(' ')[1].Split('?')[0], (string)problem["instance"]!);
            Assert.Matches("^[A-Z_]+$", (string)problem["code"]!);
            Assert.Matches("^[A-Z]+_[0-9]{4}$", (string)problem["number"]!);
            Assert.NotEmpty((string)problem["title"]!);
            Assert.NotEmpty((string)problem["detail"]!);
            Assert.Equal(answer.Header("X-Request-Id"), (string)problem["request_id"]!);
            Assert.Equal(DateTime.UtcNow, DateTime.Parse((string)problem["timestamp"]!, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal), TimeSpan.FromMinutes(1));
            var type = new Uri(shared.Server.Address, (string)problem["type"]!);
            Assert.StartsWith("/errors/", type.AbsolutePath);
            foreach (var accept in new[] { "*/*", "text/html" })
            {
                var page = (await shared.Nobody().GetAsync(type.AbsolutePath, ("Accept", accept))).Is(200);
                Assert.StartsWith("text/html", page.Header("Content-Type"));
                Assert.Contains((string)problem["code"]!, page.Text);
            }
        }
    }

    [Fact]
    public async Task Accept_Language_changes_texts_and_never_codes()
    {
        var user = await shared.SomebodyAsync();
        var english = await user.PostAsync(User.Tasks, new { });
        foreach (var (language, spanish) in new[] { ("es", true), ("es-MX,es;q=0.9,en;q=0.8", true), ("en", false), ("es;q=0.2, en", false), ("fr", false), ("nonsense;;", false) })
        {
            var answer = (await user.PostAsync(User.Tasks, new { }, ("Accept-Language", language))).IsProblem(422, "VALIDATION_ERROR");
            Assert.Equal(spanish ? "Error de validación" : "Validation Error", (string)answer["title"]!);
            Assert.Equal(spanish, (string)answer["detail"]! != (string)english["detail"]!);
            Assert.Equal(spanish, (string)answer["errors"]![0]!["message"]! != (string)english["errors"]![0]!["message"]!);
            Assert.Equal("REQUIRED", (string)answer["errors"]![0]!["code"]!);
        }
    }

    /// <summary>
    /// A client that is still sending when the server hangs up is told by its system that the connection broke, and has no answer to read. All of the body is taken from it therefore.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3 * 1024 * 1024)]
    [InlineData(31 * 1024 * 1024)]
    public async Task Who_sends_too_much_is_told_so_and_not_hung_up_on(int over)
    {
        var body = new byte[(1024 * 1024) + over];
        body.AsSpan().Fill((byte)' ');
        var user = await shared.SomebodyAsync();
        for (var turn = 0; turn < 10; turn++)
        {
            (await user.PostAsync(User.Tasks, body)).IsProblem(413, "PAYLOAD_TOO_LARGE");
            (await user.PostAsync(User.Tasks, body, ("Transfer-Encoding", "chunked"))).IsProblem(413, "PAYLOAD_TOO_LARGE");
            (await shared.Nobody().PostAsync(User.Tasks, body)).IsProblem(401, "UNAUTHORIZED");
            (await user.PostAsync("/nope", body)).IsProblem(404, "RESOURCE_NOT_FOUND");
        }
    }

    [Fact]
    public async Task HEAD_answers_as_GET_without_the_body_beside_the_contracts_too()
    {
        var user = await shared.SomebodyAsync();
        foreach (var target in new[] { "/api/v1/me", "/health", "/live" })
        {
            var get = (await user.GetAsync(target)).Is(200);
            var head = (await user.SendAsync("HEAD", target)).Is(200);
            Assert.Equal("", head.Text);
            Assert.Equal((get.ETag, get.Header("Content-Type")), (head.ETag, head.Header("Content-Type")));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("/api")]
    public async Task Health_has_its_shapes_at_both_places_and_needs_no_token(string root)
    {
        var client = shared.Nobody();
        var health = (await client.GetAsync($"{root}/health")).Is(200).Json.AsObject();
        Assert.Equal(["service", "status", "timestamp", "version"], health.Select(member => member.Key).Order());
        Assert.Equal(("healthy", "Task Management API"), ((string)health["status"]!, (string)health["service"]!));
        Assert.Matches(@"^\d+\.\d+\.\d+", (string)health["version"]!);
        var detailed = (await client.GetAsync($"{root}/health/detailed")).Is(200).Json.AsObject();
        Assert.Equal(("healthy", "connected"), ((string)detailed["status"]!, (string)detailed["database"]!));
        Assert.Matches(@"^\d+(\.\d+)? MB$", (string)detailed["memory"]!["used"]!);
        Assert.Matches(@"^\d+(\.\d+)? MB$", (string)detailed["memory"]!["total"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)detailed["timestamp"]!);
        Assert.Equal("""{"status":"ready"}""", JsonNode.Parse((await client.GetAsync($"{root}/ready")).Is(200).Text)!.ToJsonString());
        Assert.Equal("""{"status":"alive"}""", JsonNode.Parse((await client.GetAsync($"{root}/live")).Is(200).Text)!.ToJsonString());
    }
}
