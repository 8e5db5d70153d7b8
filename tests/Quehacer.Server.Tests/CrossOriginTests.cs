using System.Text;

namespace Quehacer.Server.Tests;

/// <summary>Requests as browsers send them for pages of another origin.</summary>
public sealed class CrossOriginTests(SharedServer shared)
{
    private const string App = "https://app.example.com";

    private static readonly string[] Own = ["http://localhost:5173", "http://127.0.0.1:8080", "https://localhost", "http://[::1]:3000"];

    private static (string, string)[] Preflight(string origin, string method = "PATCH", string headers = "authorization,content-type,idempotency-key,if-match") =>
        [("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers)];

    private static List<string> Listed(Answer answer, string header) => [.. (answer.Header(header) ?? "").Split(',', StringSplitOptions.TrimEntries)];

    private static void AssertAllowed(Answer answer, string origin = App)
    {
        Assert.True(answer.Header("Access-Control-Allow-Origin") == origin, $"{answer.Asked} is not allowed for {origin}: {answer.Status}");
        Assert.Contains("Origin", Listed(answer, "Vary"));
    }

    private static void AssertNotAllowed(Answer answer) =>
        Assert.DoesNotContain(answer.Headers.SelectMany(headers => headers), header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public async Task Pages_of_a_configured_origin_may_use_the_API_and_no_others()
    {
        await using var server = await QuehacerServer.StartAsync(
            ("ASPNETCORE_ENVIRONMENT", "Production"), ("Auth__SigningKey", new string('k', 40)), ("Cors__Origins", $"{App}, HTTPS://Admin.example.com:443, capacitor://localhost"), ("Cors__MaxAgeSeconds", "600"));
        var client = new Client(server.Http);
        // No token, no body, and no such path: a preflight asks for none of them.
        foreach (var path in new[] { User.Tasks, $"{User.Tasks}/7", "/tasks", "/api/v1/auth/login", "/nope", "/health" })
        {
            var preflight = (await client.SendAsync("OPTIONS", path, null, Preflight(App))).Is(204);
            AssertAllowed(preflight);
            Assert.Equal(("true", "600", ""), (preflight.Header("Access-Control-Allow-Credentials"), preflight.Header("Access-Control-Max-Age"), preflight.Text));
            Assert.All(new[] { "GET", "POST", "PUT", "PATCH", "DELETE" }, method => Assert.Contains(method, Listed(preflight, "Access-Control-Allow-Methods")));
            Assert.All(
                new[] { "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id" },
                name => Assert.Contains(name, Listed(preflight, "Access-Control-Allow-Headers"), StringComparer.OrdinalIgnoreCase));
        }
        foreach (var origin in new[] { "https://admin.example.com", "capacitor://localhost" })
        {
            AssertAllowed((await client.SendAsync("OPTIONS", User.Tasks, null, Preflight(origin))).Is(204), origin);
        }
        foreach (var origin in new[] { "https://evil.example.com", "http://app.example.com", "https://app.example.com:8443", "https://app.example.com.evil.com", "null", "http://localhost:5173", "", "*" })
        {
            AssertNotAllowed(await client.SendAsync("OPTIONS", User.Tasks, null, Preflight(origin)));
            var answer = (await client.GetAsync("/health", ("Origin", origin))).Is(200);
            AssertNotAllowed(answer);
            Assert.Contains("Origin", Listed(answer, "Vary"));
        }
        // What is asked without an origin could be kept for a page that has one.
        foreach (var path in new[] { "/health", "/errors", "/docs/viewer.js" })
        {
            Assert.Contains("Origin", Listed(await client.GetAsync(path), "Vary"));
        }
        var page = await client.GetAsync("/errors", ("Origin", App));
        AssertAllowed(page);
        Assert.Contains("Accept-Language", Listed(page, "Vary"));
        var exposed = Listed(page, "Access-Control-Expose-Headers");
        Assert.All(
            new[] { "ETag", "Link", "Location", "X-Request-Id", "X-Total-Count", "Idempotent-Replayed", "Retry-After", "X-RateLimit-Limit", "RateLimit", "RateLimit-Policy", "WWW-Authenticate", "Deprecation", "Sunset" },
            name => Assert.Contains(name, exposed));
    }

    [Fact]
    public async Task A_page_can_read_why_it_was_refused()
    {
        var origin = ("Origin", Own[0]);
        var (nobody, user) = (shared.Nobody(), await shared.SomebodyAsync());
        var refusals = new[]
        {
            (await nobody.GetAsync(User.Tasks, origin)).Is(401), (await user.GetAsync("/nope", origin)).Is(404), (await user.SendAsync("PUT", User.Tasks, null, origin)).Is(405),
            (await user.GetAsync(User.Tasks, origin, ("Accept", "text/html;q=1, application/xml"))).Is(406), (await user.PostAsync(User.Tasks, "{", origin)).Is(400),
            (await user.PostAsync(User.Tasks, "a", origin, ("Content-Type", "text/plain"))).Is(415), (await user.PostAsync(User.Tasks, new { }, origin)).Is(422),
        };
        Assert.All(refusals, refusal => AssertAllowed(refusal, Own[0]));
        Assert.All(refusals, refusal => Assert.Contains("X-Request-Id", Listed(refusal, "Access-Control-Expose-Headers")));
        // What fails in the middle begins its answer anew, and keeps these headers.
        var failed = await shared.Server.SendRawAsync(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: {Own[0]}\r\nAuthorization: Bearer {user.AccessToken}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));
        });
        Assert.StartsWith("HTTP/1.1 400 ", failed);
        Assert.Contains("\"BAD_REQUEST\"", failed);
        Assert.Contains($"Access-Control-Allow-Origin: {Own[0]}\r\n", failed);
        Assert.Contains("X-Frame-Options: DENY\r\n", failed);
    }

    [Fact]
    public async Task In_Development_pages_of_this_machine_may_use_the_API()
    {
        foreach (var origin in Own)
        {
            AssertAllowed((await shared.Nobody().SendAsync("OPTIONS", User.Tasks, null, Preflight(origin))).Is(204), origin);
        }
        foreach (var origin in new[] { App, "null", "http://localhost.evil.com", "http://127.0.0.1.evil.com", "http://evil.com#localhost", "file://localhost", "localhost", "capacitor://localhost" })
        {
            AssertNotAllowed(await shared.Nobody().SendAsync("OPTIONS", User.Tasks, null, Preflight(origin)));
        }
    }

    [Fact]
    public async Task Without_origins_Production_allows_none_and_a_star_allows_all_without_credentials()
    {
        (string, string)[] production = [("ASPNETCORE_ENVIRONMENT", "Production"), ("Auth__SigningKey", new string('k', 40))];
        await using var server = await QuehacerServer.StartAsync(production);
        var client = new Client(server.Http);
        var refused = (await client.SendAsync("OPTIONS", User.Tasks, null, Preflight(Own[0]))).IsProblem(405, "METHOD_NOT_ALLOWED");
        AssertNotAllowed(refused);
        var answer = (await client.GetAsync("/health", ("Origin", Own[0]))).Is(200);
        AssertNotAllowed(answer);
        Assert.DoesNotContain("Origin", Listed(answer, "Vary"));

        await server.StopAsync();
        await server.StartAgainAsync([.. production, ("Cors__Origins", "*"), ("Cors__Credentials", "false"), ("Cors__Headers", "*"), ("Cors__Methods", "GET, POST"), ("Cors__ExposedHeaders", "ETag")]);
        var preflight = (await client.SendAsync("OPTIONS", User.Tasks, null, Preflight(App, "GET", "x-anything"))).Is(204);
        Assert.Equal(("*", null), (preflight.Header("Access-Control-Allow-Origin"), preflight.Header("Access-Control-Allow-Credentials")));
        Assert.Contains("x-anything", Listed(preflight, "Access-Control-Allow-Headers"), StringComparer.OrdinalIgnoreCase);
        Assert.Equal(["GET", "POST"], Listed(preflight, "Access-Control-Allow-Methods"));
        answer = (await client.GetAsync("/health", ("Origin", App))).Is(200);
        Assert.Equal(("*", "ETag"), (answer.Header("Access-Control-Allow-Origin"), answer.Header("Access-Control-Expose-Headers")));
        Assert.DoesNotContain("Origin", Listed(answer, "Vary"));
    }
}
