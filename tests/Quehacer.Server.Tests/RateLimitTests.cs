using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class RateLimitTests
{
    private const string Login = "/api/v1/auth/login";

    private static readonly string[] Headers = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit"];

    [Fact]
    public async Task Two_hundred_requests_at_once_on_a_limit_of_a_hundred_are_a_hundred_and_a_hundred()
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits);
        var (ana, eva) = (await User.RegisterAsync(server), await User.RegisterAsync(server));

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(turn => turn % 2 == 0
            ? ana.GetAsync(User.Tasks)
            : ana.GetAsync("/tasks", ("X-Forwarded-For", $"192.0.2.{turn}"))));
        var (served, refused) = (answers.Where(answer => answer.Status == 200).ToList(), answers.Where(answer => answer.Status == 429).ToList());
        Assert.Equal((100, 100), (served.Count, refused.Count));
        Assert.Equal(Enumerable.Range(0, 100), served.Select(answer => Number(answer, "X-RateLimit-Remaining")).Order());
        var reset = Assert.Single(answers.Select(answer => Number(answer, "X-RateLimit-Reset")).Distinct());
        Assert.InRange(reset, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 5, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 61);
        Assert.All(answers, answer => Assert.Equal(("100", "\"standard\";q=100;w=60"), (answer.Header("X-RateLimit-Limit"), answer.Header("RateLimit-Policy"))));
        Assert.All(served, answer => Assert.StartsWith($"\"standard\";r={answer.Header("X-RateLimit-Remaining")};t=", answer.Header("RateLimit")));
        Assert.All(refused, answer =>
        {
            answer.IsProblem(429, "RATE_LIMIT_EXCEEDED");
            var wait = Number(answer, "Retry-After");
            Assert.InRange(wait, 1, 60);
            Assert.Equal((wait, 0), ((int)answer["retry_after"]!, Number(answer, "X-RateLimit-Remaining")));
            Assert.Equal($"\"standard\";r=0;t={wait}", answer.Header("RateLimit"));
            Assert.Contains("'standard' allows 100 requests a minute", (string)answer["detail"]!);
        });
        Assert.Contains("permite 100 peticiones", (string)(await ana.GetAsync(User.Tasks, ("Accept-Language", "es"))).Is(429)["detail"]!);

        // Another user has a count of their own, and whatever becomes of a request, it is counted and says so.
        var left = 100;
        async Task<Answer> CountsAsync(int status, Task<Answer> asked)
        {
            var answer = (await asked).Is(status);
            Assert.Equal(--left, Number(answer, "X-RateLimit-Remaining"));
            Assert.All(Headers, header => Assert.NotNull(answer.Header(header)));
            Assert.Equal(status is 429 or 503, answer.Header("Retry-After") is not null);
            return answer;
        }

        var key = ("Idempotency-Key", "\"one\"");
        var made = await CountsAsync(201, eva.PostAsync(User.Tasks, new { title = "a" }, key));
        Assert.True((await CountsAsync(201, eva.PostAsync(User.Tasks, new { title = "a" }, key))).IsReplay);
        var path = $"{User.Tasks}/{(string)made["id"]!}";
        await CountsAsync(412, eva.PatchAsync(path, new { title = "b" }, ("If-Match", "\"another\"")));
        await CountsAsync(404, eva.GetAsync($"{User.Tasks}/999"));
        await CountsAsync(404, eva.GetAsync("/api/v1/nothing-here"));
        await CountsAsync(405, eva.SendAsync("PUT", User.Tasks));
        await CountsAsync(406, eva.GetAsync(path, ("Accept", "image/png")));
        await CountsAsync(415, eva.PostAsync(User.Tasks, "title", ("Content-Type", "text/plain")));
        await CountsAsync(422, eva.PostAsync(User.Tasks, new { title = "" }));
        await CountsAsync(400, eva.PostAsync(User.Tasks, "{"));
        await CountsAsync(413, eva.PostAsync(User.Tasks, new string(' ', 1024 * 1024 + 1)));
        await CountsAsync(204, eva.DeleteAsync(path));
        await CountsAsync(200, eva.SendAsync("HEAD", User.Tasks));
        // This one fails where the server throws, and what was said of the limit outlasts it.
        using var chunked = new HttpRequestMessage(HttpMethod.Post, User.Tasks) { Content = new StreamContent(new MemoryStream(new byte[1024 * 1024 + 1])) };
        chunked.Headers.TransferEncodingChunked = true;
        chunked.Headers.Authorization = new AuthenticationHeaderValue("Bearer", eva.AccessToken);
        chunked.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var tooLarge = await server.Http.SendAsync(chunked);
        Assert.Equal(413, (int)tooLarge.StatusCode);
        Assert.Equal($"{--left}", Assert.Single(tooLarge.Headers.GetValues("X-RateLimit-Remaining")));
    }

    [Fact]
    public async Task Who_shows_no_good_token_is_counted_by_address_and_health_and_pages_are_never_counted()
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits);
        var ana = await User.RegisterAsync(server);
        var nobody = new Client(server.Http);
        foreach (var path in new[] { "/health", "/health/detailed", "/ready", "/live", "/api/health", "/", "/docs", "/errors", "/errors/rate-limit-exceeded", "/openapi/v1.json", "/favicon.ico" })
        {
            var answer = await nobody.GetAsync(path);
            Assert.All(Headers, header => Assert.Null(answer.Header(header)));
        }

        // Registration and login were two. Guesses of tokens, and paths that there are not, are counted like any other.
        var guesses = new List<Answer>();
        for (var turn = 0; turn < 18; turn++)
        {
            guesses.Add(await nobody.GetAsync(turn % 3 == 0 ? "/api/v1/nothing" : User.Tasks, ("Authorization", $"Bearer {turn}"), ("X-Forwarded-For", $"192.0.2.{turn}")));
        }
        Assert.Equal(Enumerable.Range(0, 18).Reverse(), guesses.Select(guess => Number(guess, "X-RateLimit-Remaining")));
        Assert.All(guesses, guess => Assert.Contains(guess.Status, new[] { 401, 404 }));
        Assert.All(guesses, guess => Assert.Equal("\"anonymous\";q=20;w=60", guess.Header("RateLimit-Policy")));
        foreach (var asked in new[] { nobody.GetAsync(User.Tasks, ("Authorization", "Bearer x")), nobody.GetAsync(User.Tasks), nobody.PostAsync(Login, new { email = ana.Email, password = User.Password }) })
        {
            var refused = (await asked).IsProblem(429, "RATE_LIMIT_EXCEEDED");
            Assert.Contains("20 requests a minute", (string)refused["detail"]!);
            Assert.Null(refused.Header("WWW-Authenticate"));
        }
        (await ana.GetAsync(User.Tasks)).Is(200);
        (await nobody.GetAsync("/health")).Is(200);
        (await nobody.GetAsync("/")).Is(200);
    }

    [Fact]
    public async Task A_plan_is_given_by_a_verb_and_holds_from_the_next_token_on()
    {
        (string, string)[] settings = [QuehacerServer.UsualLimits, ("RateLimits__PlusPerMinute", "1234")];
        await using var server = await QuehacerServer.StartAsync(settings);
        var ana = await User.RegisterAsync(server);
        await server.StopAsync();
        Assert.Equal(70, (await server.RunAsync(["user", "plan", "nobody@example.com", "plus"])).ExitCode);
        Assert.NotEqual(0, (await server.RunAsync(["user", "plan", ana.Email, "golden"])).ExitCode);
        var run = await server.RunAsync(["user", "plan", ana.Email.ToUpperInvariant(), "plus"]);
        Assert.True(run.ExitCode == 0, run.Errors);
        await server.StartAgainAsync();

        Assert.Equal("99", (await ana.GetAsync(User.Tasks)).Is(200).Header("X-RateLimit-Remaining"));
        ana.AccessToken = (string)(await ana.PostAsync("/api/v1/auth/refresh", new { refresh_token = ana.RefreshToken })).Is(200)["access_token"]!;
        // The count is the user's, whatever the token.
        var answer = (await ana.GetAsync(User.Tasks)).Is(200);
        Assert.Equal(("1234", "1232", "\"plus\";q=1234;w=60"), (answer.Header("X-RateLimit-Limit"), answer.Header("X-RateLimit-Remaining"), answer.Header("RateLimit-Policy")));
    }

    [Fact]
    public async Task A_hundred_and_fifty_batches_at_once_are_a_hundred_answers_and_fifty_refusals_whatever_the_plan()
    {
        // They wait for one another's workspace, and on a slow machine for longer than they usually would.
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits, ("Database__LockTimeoutMs", "60000"), ("Database__StatementTimeoutMs", "60000"));
        var ana = await User.RegisterAsync(server);
        await server.StopAsync();
        Assert.Equal(0, (await server.RunAsync(["user", "plan", ana.Email, "premium"])).ExitCode);
        await server.StartAgainAsync();
        await ana.LogInAsync();

        var body = new { operations = new[] { new { op = "create", task = new { title = "a" } } } };
        var answers = await Task.WhenAll(Enumerable.Range(0, 150).Select(turn => ana.PostAsync(turn % 2 == 0 ? "/api/v1/tasks/batch" : "/tasks/batch", turn % 3 == 0 ? "{" : body)));
        var refused = answers.Where(answer => answer.Status == 429).ToList();
        Assert.Equal((100, 50), (answers.Count(answer => answer.Status is 200 or 400), refused.Count));
        Assert.All(answers, answer => Assert.Equal(("100", "\"premium\";q=10000;w=60, \"batches\";q=100;w=60"), (answer.Header("X-RateLimit-Limit"), answer.Header("RateLimit-Policy"))));
        Assert.Equal(Enumerable.Range(0, 100), answers.Except(refused).Select(answer => Number(answer, "X-RateLimit-Remaining")).Order());
        Assert.All(refused, answer =>
        {
            answer.IsProblem(429, "RATE_LIMIT_EXCEEDED");
            Assert.StartsWith("\"batches\";r=0;t=", answer.Header("RateLimit"));
            Assert.InRange(Number(answer, "Retry-After"), 1, 60);
            Assert.Contains("100 batches a minute", (string)answer["detail"]!);
        });
        // Everything else goes on, and what was refused has been counted as a request of the plan.
        var list = (await ana.GetAsync(User.Tasks)).Is(200);
        Assert.Equal(answers.Count(answer => answer.Status == 200), (int)list["pagination"]!["total"]!);
        Assert.Equal(("10000", "9849", "\"premium\";q=10000;w=60"), (list.Header("X-RateLimit-Limit"), list.Header("X-RateLimit-Remaining"), list.Header("RateLimit-Policy")));
    }

    [Fact]
    public async Task A_hundred_wrong_logins_at_once_are_five_answers_and_ninety_five_refusals_that_do_not_tell_who_exists()
    {
        (string, string)[] settings = [QuehacerServer.UsualLimits, ("RateLimits__AnonymousPerMinute", "1000")];
        await using var server = await QuehacerServer.StartAsync(settings);
        var ana = await User.RegisterAsync(server);
        var nobody = new Client(server.Http);
        var details = new List<string>();
        foreach (var email in new[] { ana.Email, "somebody.else@example.com" })
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(turn => nobody.PostAsync(Login, new { email, password = $"wrong {turn}" })));
            Assert.Equal((5, 95), (answers.Count(answer => answer.Status == 401), answers.Count(answer => answer.Status == 429)));
            var refused = (await nobody.PostAsync(Login, new { email, password = User.Password })).IsProblem(429, "RATE_LIMIT_EXCEEDED");
            Assert.InRange(Number(refused, "Retry-After"), 800, 900);
            Assert.Equal(Number(refused, "Retry-After"), (int)refused["retry_after"]!);
            Assert.Equal(("5", "0", "\"login\";q=5;w=900"), (refused.Header("X-RateLimit-Limit"), refused.Header("X-RateLimit-Remaining"), refused.Header("RateLimit-Policy")));
            details.Add(((string)refused["detail"]!).Split(" Wait ")[0]);
        }
        Assert.Equal(details[0], details[1]);
        (await ana.GetAsync(User.Tasks)).Is(200);

        // The counts outlive the server.
        await server.StopAsync();
        await server.StartAgainAsync();
        (await nobody.PostAsync(Login, new { email = ana.Email, password = User.Password })).Is(429);
        Assert.Equal("0", await server.SqlAsync($"SELECT count(*) FROM attempts WHERE encode(key, 'escape') LIKE '%example%'"));
        await server.StopAsync();
        var incidents = server.Output.Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!).Where(line => (string?)line["event"] == "security event").ToList();
        Assert.Equal((10, 193), (incidents.Count(line => (string?)line["security_event"] == "login.failed"), incidents.Count(line => (string?)line["security_event"] == "login.limited")));
        Assert.DoesNotContain(server.Output, line => line.Contains("somebody.else", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Limits_can_be_turned_off_and_that_is_said_loudly()
    {
        await using var server = await QuehacerServer.StartAsync();
        var ana = await User.RegisterAsync(server);
        for (var turn = 0; turn < 8; turn++)
        {
            (await new Client(server.Http).PostAsync(Login, new { email = ana.Email, password = "wrong" })).Is(401);
        }
        var answers = await Task.WhenAll(Enumerable.Range(0, 150).Select(_ => ana.GetAsync(User.Tasks)));
        Assert.All(answers, answer => answer.Is(200));
        Assert.All(Headers, header => Assert.Null(answers[0].Header(header)));
        Assert.Contains("WARNING: RateLimits__Enabled is false", server.Errors);
        Assert.Contains(server.Output, line => line.Contains("\"rate limits off\"", StringComparison.Ordinal));
    }

    private static int Number(Answer answer, string header) => int.Parse(answer.Header(header) ?? throw new InvalidOperationException($"{answer.Asked} has no {header}."), CultureInfo.InvariantCulture);
}
