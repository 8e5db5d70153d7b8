using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class HttpTests(SharedServer shared)
{
    private const int MaxBody = 1024 * 1024;

    private static string Nested(int depth) => $$"""{"title":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""";

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{\"title\":\"a\"")]
    [InlineData("{\"title\":\"a\",}")]
    [InlineData("{\"title\":\"a\"} x")]
    [InlineData("{\"title\":\"a\"}{}")]
    [InlineData("{'title':'a'}")]
    [InlineData("{title:\"a\"}")]
    [InlineData("{\"title\":\"a\"/* why */}")]
    [InlineData("{\"title\":NaN}")]
    [InlineData("{\"title\":01}")]
    [InlineData("{\"title\":\"a\nb\"}")]
    [InlineData("{\"title\":\"\\x\"}")]
    [InlineData("{\"title\":\"a\",\"title\":\"b\"}")]
    [InlineData("{\"title\":\"a\",\"t\\u0069tle\":\"b\"}")]
    [InlineData("{\"title\":{\"x\":1,\"x\":2}}")]
    [InlineData("nonsense")]
    public async Task A_body_that_is_not_JSON_is_a_400(string body)
    {
        var user = await shared.SomebodyAsync();
        (await user.PostAsync(User.Tasks, body)).IsProblem(400, "MALFORMED_JSON");
        (await shared.Nobody().PostAsync("/api/v1/auth/login", body)).IsProblem(400, "MALFORMED_JSON");
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_and_nesting_beyond_32_are_a_400()
    {
        var user = await shared.SomebodyAsync();
        byte[][] bad =
        [
            [.. "{\"title\":\""u8, 0xC3, 0x28, .. "\"}"u8], [.. "{\"title\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8], [.. "{\"title\":\""u8, 0xC0, 0x80, .. "\"}"u8],
            [.. "{\"title\":\""u8, 0xFF, .. "\"}"u8], Encoding.Unicode.GetBytes("{\"title\":\"a\"}"),
        ];
        foreach (var bytes in bad)
        {
            (await user.PostAsync(User.Tasks, bytes)).IsProblem(400, "MALFORMED_JSON");
        }
        (await user.PostAsync(User.Tasks, Nested(32))).IsInvalid("title", "NOT_A_STRING");
        (await user.PostAsync(User.Tasks, Nested(33))).IsProblem(400, "MALFORMED_JSON");
        (await user.PostAsync(User.Tasks, Nested(100_000))).IsProblem(400, "MALFORMED_JSON");
    }

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

    [Fact]
    public async Task A_body_of_one_mebibyte_is_read_and_one_byte_more_is_a_413()
    {
        var user = await shared.SomebodyAsync();
        var head = "{\"title\":\"a\",\"description\":\"";
        var fits = head + new string('x', MaxBody - head.Length - 2) + "\"}";
        (await user.PostAsync(User.Tasks, fits)).IsInvalid("description", "TOO_LONG");
        (await user.PostAsync(User.Tasks, "{\"title\":\"a\"}" + new string(' ', MaxBody - 13))).Is(201);

        var headers = $"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {user.AccessToken}\r\nContent-Type: application/json\r\n";
        var announced = await shared.Server.SendRawAsync(async stream => await stream.WriteAsync(Encoding.ASCII.GetBytes($"{headers}Content-Length: {MaxBody + 1}\r\n\r\n")));
        Assert.StartsWith("HTTP/1.1 413 ", announced);
        Assert.Contains("\"PAYLOAD_TOO_LARGE\"", announced);
        var chunked = await shared.Server.SendRawAsync(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{headers}Transfer-Encoding: chunked\r\n\r\n"));
            var chunk = Encoding.ASCII.GetBytes($"10000\r\n{new string(' ', 0x10000)}\r\n");
            for (var sent = 0; sent <= MaxBody; sent += 0x10000)
            {
                await stream.WriteAsync(chunk);
            }
            await stream.WriteAsync("0\r\n\r\n"u8.ToArray());
        });
        Assert.StartsWith("HTTP/1.1 413 ", chunked);
        Assert.Contains("\"PAYLOAD_TOO_LARGE\"", chunked);
    }

    [Fact]
    public async Task A_body_of_another_type_or_encoding_is_a_415()
    {
        var user = await shared.SomebodyAsync();
        foreach (var type in new[] { "text/plain", "application/xml", "application/x-www-form-urlencoded", "", "nonsense", "application/merge-patch+json" })
        {
            (await user.PostAsync(User.Tasks, """{"title":"a"}""", ("Content-Type", type))).IsProblem(415, "UNSUPPORTED_MEDIA_TYPE");
        }
        (await user.PostAsync(User.Tasks, """{"title":"a"}""", ("Content-Encoding", "gzip"))).IsProblem(415, "UNSUPPORTED_MEDIA_TYPE");
        (await user.PostAsync(User.Tasks, """{"title":"a"}""", ("Content-Type", "application/json; charset=iso-8859-1"))).IsProblem(415, "UNSUPPORTED_MEDIA_TYPE");
        foreach (var type in new[] { "application/json; charset=utf-8", "Application/JSON", "application/json;charset=\"UTF-8\"" })
        {
            (await user.PostAsync(User.Tasks, """{"title":"ñ"}""", ("Content-Type", type))).Is(201);
        }
    }

    [Theory]
    [InlineData("PATCH", "/api/v1/tasks", "GET|POST")]
    [InlineData("DELETE", "/tasks", "GET|POST")]
    [InlineData("POST", "/api/v1/tasks/1", "GET|PUT|PATCH|DELETE")]
    [InlineData("GET", "/api/v1/tasks/1/complete", "POST")]
    [InlineData("GET", "/api/v1/auth/login", "POST")]
    [InlineData("PUT", "/api/v1/auth/register", "POST")]
    [InlineData("DELETE", "/api/v1/me", "GET|PATCH")]
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
    public async Task A_parameter_where_none_is_taken_is_refused(string method, string path)
    {
        var user = await shared.SomebodyAsync();
        (await user.SendAsync(method, $"{path}?expand=links&_=1&utm_source=mail")).IsInvalid("expand", "UNKNOWN");
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
    public async Task A_sane_request_id_is_echoed_and_another_is_replaced()
    {
        var client = shared.Nobody();
        foreach (var id in new[] { "a", "order-66.B_7", new string('x', 128) })
        {
            var answer = await client.GetAsync("/nope", ("X-Request-Id", id));
            Assert.Equal((id, id), (answer.Header("X-Request-Id"), (string)answer["request_id"]!));
        }
        foreach (var id in new[] { "", "a b", "a\"b", "<script>", new string('x', 129), "a,b", "é" })
        {
            var answer = await client.GetAsync("/nope", ("X-Request-Id", id));
            Assert.Matches("^req_[A-Za-z0-9._-]+$", answer.Header("X-Request-Id"));
            Assert.Equal(answer.Header("X-Request-Id"), (string)answer["request_id"]!);
        }
        var made = new[] { await client.GetAsync("/live"), await client.GetAsync("/live") }.Select(answer => answer.Header("X-Request-Id")).ToList();
        Assert.All(made, id => Assert.StartsWith("req_", id));
        Assert.NotEqual(made[0], made[1]);
    }

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

    [Fact]
    public async Task HEAD_answers_as_GET_without_the_body()
    {
        var user = await shared.SomebodyAsync();
        var (path, made) = await user.CreateAsync(new { title = "a" });
        foreach (var target in new[] { path, User.Tasks, "/api/v1/me", "/health", "/live" })
        {
            var get = (await user.GetAsync(target)).Is(200);
            var head = (await user.SendAsync("HEAD", target)).Is(200);
            Assert.Equal("", head.Text);
            Assert.Equal((get.ETag, get.Header("Content-Type")), (head.ETag, head.Header("Content-Type")));
        }
        Assert.Equal(made.ETag, (await user.SendAsync("HEAD", path)).ETag);
        (await user.SendAsync("HEAD", $"{User.Tasks}/0")).Is(404);
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

    /// <summary>The client fails on any answer that shows something of the inside; here it is fed what tends to reach it.</summary>
    [Fact]
    public async Task Odd_requests_never_break_the_server()
    {
        var user = await shared.SomebodyAsync();
        string[] bodies =
        [
            """{"title":"a","version":1e400}""", """{"title":"a","version":99999999999}""", """{"title":"a","version":"1"}""", """{"title":"a","version":-1}""", """{"title":"a","version":1.5}""",
            """{"\ud800":1}""", """{"\u0000":1}""", """{"title":"a","tags":[null]}""", """{"title":"a","tags":null}""", """{"title":"a","due_date":"2099-01-01T00:00:00.00000000000000000000001Z"}""",
            """{"title":"'; DROP TABLE tasks; --"}""", """{"__proto__":{"title":"a"}}""", $$"""{"{{new string('x', 100_000)}}":1}""", """{"title":"\ufffe\uffff"}""",
        ];
        var (path, _) = await user.CreateAsync(new { title = "a" });
        var broken = new List<string>();
        foreach (var body in bodies)
        {
            foreach (var (method, target) in new[] { ("POST", User.Tasks), ("PATCH", path), ("PUT", path), ("POST", $"{path}/complete"), ("POST", $"{path}/reopen") })
            {
                var answer = await user.SendAsync(method, target, body);
                if (answer.Status >= 500)
                {
                    broken.Add($"{answer.Asked} {body[..Math.Min(80, body.Length)]}: {answer.Text}");
                }
            }
        }
        foreach (var target in new[] { "/%00", $"{User.Tasks}/%00", $"{User.Tasks}/%FF", $"{User.Tasks}?%FF=%FF", $"{User.Tasks}?page=%ED%A0%80", $"{User.Tasks}?{new string('x', 5000)}", $"{User.Tasks}/", $"{User.Tasks}//1" })
        {
            if (await user.GetAsync(target) is { Status: >= 500 } answer)
            {
                broken.Add($"{answer.Asked}: {answer.Text}");
            }
        }
        foreach (var (name, value) in new[] { ("If-Match", "\""), ("If-Match", "nonsense"), ("If-Match", new string('x', 4000)), ("Accept", ";;;"), ("Accept-Language", ";q=9"), ("Authorization", "Bearer"), ("Idempotency-Key", "\"") })
        {
            if (await user.PatchAsync(path, new { title = "b" }, (name, value)) is { Status: >= 500 } answer)
            {
                broken.Add($"{name} {value}: {answer.Text}");
            }
        }
        foreach (var raw in new[] { "GET / HTTP/1.1\r\n\r\n", "GET // HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "NONSENSE\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\nConnection: close\r\n\r\n", "GET /health HTTP/9.9\r\n\r\n" })
        {
            var answer = await shared.Server.SendRawAsync(async stream => await stream.WriteAsync(Encoding.ASCII.GetBytes(raw)));
            Assert.Matches(@"^HTTP/1\.1 (4\d\d|505) ", answer);
        }
        Assert.True(broken.Count == 0, string.Join('\n', broken));
        (await user.GetAsync(path)).Is(200);
    }
}
