using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Quehacer.Server.Tests;

public sealed class DurabilityTests
{
    [Fact]
    public async Task Data_and_sessions_outlive_a_restart()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        var user = await User.RegisterAsync(server);
        var (path, made) = await user.CreateAsync(new { title = "still there", tags = new[] { "x" } });
        var key = ("Idempotency-Key", "\"one\"");
        var keyed = (await user.PostAsync(User.Tasks, new { title = "keyed" }, key)).Is(201);
        Assert.Contains($"http://localhost:{server.Port}", server.Errors);
        Assert.Equal(0, await server.StopAsync());
        Assert.False(File.Exists(Path.Combine(server.DataDirectory, "postgres", "postmaster.pid")), "The cluster has not been stopped cleanly.");
        await server.StartAgainAsync();
        var read = (await user.GetAsync(path)).Is(200);
        Assert.Equal((made.Text, made.ETag), (read.Text, read.ETag));
        var again = (await user.PostAsync(User.Tasks, new { title = "keyed" }, key)).Is(201);
        Assert.Equal((true, keyed.Text), (again.IsReplay, again.Text));
        (await user.PostAsync("/api/v1/auth/refresh", new { refresh_token = user.RefreshToken })).Is(200);
        await user.LogInAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(server.DataDirectory, "signing-key")));
    }

    /// <summary>
    /// Eight writers, each repeating a request under its key until it is acknowledged, while server and cluster are killed ten times over:
    /// nothing that was acknowledged may be lost, and nothing done twice.
    /// </summary>
    [Fact]
    public async Task Ten_kills_under_eight_writers_lose_and_double_nothing()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        var user = await User.RegisterAsync(server);
        var acknowledged = new ConcurrentQueue<string>();
        var unexpected = new ConcurrentQueue<string>();
        var retries = 0;
        using var enough = new CancellationTokenSource();

        async Task WriteAsync(int writer)
        {
            for (var turn = 0; !enough.IsCancellationRequested; turn++)
            {
                var title = $"{writer}-{turn}";
                while (true)
                {
                    try
                    {
                        var answer = await user.PostAsync(User.Tasks, new { title }, ("Idempotency-Key", $"\"{title}\""));
                        if (answer.Status == 201)
                        {
                            acknowledged.Enqueue((string)answer["title"]!);
                            break;
                        }
                        if (answer.Status != 503 && answer.Code != "IDEMPOTENCY_IN_FLIGHT")
                        {
                            unexpected.Enqueue($"{answer.Status} {answer.Text}");
                        }
                    }
                    catch (HttpRequestException)
                    {
                        // The server was killed under the request: whether it was done is what the repeat finds out.
                    }
                    Interlocked.Increment(ref retries);
                    await Task.Delay(50);
                }
            }
        }

        var writers = Enumerable.Range(0, 8).Select(WriteAsync).ToList();
        var random = new Random(8);
        for (var kill = 0; kill < 10; kill++)
        {
            await Task.Delay(random.Next(200, 700));
            switch (kill % 3)
            {
                case 0:
                    server.KillPostgres();
                    await server.KillAsync();
                    break;
                case 1:
                    await server.KillAsync();
                    server.KillPostgres();
                    break;
                default:
                    await server.KillAsync();
                    break;
            }
            await server.StartAgainAsync();
        }
        await Task.Delay(300);
        await enough.CancelAsync();
        await Task.WhenAll(writers).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Empty(unexpected.Distinct().Take(5));
        Assert.True(retries >= 10, $"Only {retries} requests met a kill: the test has shown nothing.");
        var found = new List<string>();
        for (var page = 1; ; page++)
        {
            var list = (await user.GetAsync($"{User.Tasks}?limit=100&page={page}")).Is(200);
            found.AddRange(list["tasks"]!.AsArray().Select(task => (string)task!["title"]!));
            if (!(bool)list["pagination"]!["has_next"]!)
            {
                Assert.Equal(found.Count, (int)list["pagination"]!["total"]!);
                break;
            }
        }
        Assert.Equal(acknowledged.Count, acknowledged.Distinct().Count());
        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_server_comes_back_by_itself_when_its_database_falls()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        var user = await User.RegisterAsync(server);
        var (path, made) = await user.CreateAsync(new { title = "a" });
        server.KillPostgres();
        // The new cluster may be there faster than anybody can look, so requests are sent all the while and all of them must be honest.
        var seen = new HashSet<int>();
        var returned = false;
        for (var attempt = 0; attempt < 600 && !returned; attempt++)
        {
            var read = await user.GetAsync(path);
            seen.Add(read.Status);
            if (read.Status == 503)
            {
                Assert.NotNull(read.IsProblem(503, "SERVICE_UNAVAILABLE").Header("Retry-After"));
                Assert.Contains(await server.ReadinessAsync(), new HttpStatusCode?[] { HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK });
            }
            returned = read.Status == 200 && await server.ReadinessAsync() == HttpStatusCode.OK && attempt > 20;
            await Task.Delay(10);
        }
        Assert.True(returned, $"The server has not come back: {string.Join(' ', seen)}");
        Assert.Subset(new HashSet<int> { 200, 503 }, seen);
        Assert.Equal(made.Text, (await user.GetAsync(path)).Is(200).Text);
        (await user.PatchAsync(path, new { title = "b" })).Is(200);
        Assert.True(server.IsRunning);
    }

    [Fact]
    public async Task One_data_directory_has_one_server_and_what_must_be_alone_waits_for_it_to_stop()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        var second = await server.RunAsync(["serve"]);
        Assert.Equal(75, second.ExitCode);
        Assert.Contains("Another Quehacer server is using", second.Errors);
        Assert.DoesNotContain("   at ", second.Errors);
        foreach (var verb in new string[][] { ["migrate"], ["rebuild", "--write"], ["restore", "/nowhere/at.all"] })
        {
            var refused = await server.RunAsync(verb);
            Assert.Equal(75, refused.ExitCode);
            Assert.Contains(server.DataDirectory, refused.Errors);
            Assert.DoesNotContain("   at ", refused.Errors);
        }
        Assert.Equal(HttpStatusCode.OK, await server.ReadinessAsync());
        await server.StopAsync();
        var migrated = await server.RunAsync(["migrate"]);
        Assert.True(migrated.ExitCode == 0, migrated.Errors);
    }

    /// <summary>The same verbs, while a server is at work and after it has stopped.</summary>
    [Fact]
    public async Task Accounts_are_made_and_promoted_beside_a_server_and_without_one()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        foreach (var email in new[] { "jefa@example.com", "jefe@example.com" })
        {
            string[] create = ["user", "create", "--email", email, "--name", "Jefa", "--password-stdin"];
            string[] promote = ["user", "promote", email.ToUpperInvariant()];
            Assert.NotEqual(0, (await server.RunAsync(promote)).ExitCode);
            var weak = await server.RunAsync(create, "short\n");
            Assert.NotEqual(0, weak.ExitCode);
            Assert.Contains("8", weak.Errors);
            var created = await server.RunAsync(create, User.Password + "\n");
            Assert.True(created.ExitCode == 0, created.Errors);
            Assert.DoesNotContain(User.Password, created.Output + created.Errors);
            var twice = await server.RunAsync(create, User.Password + "\n");
            Assert.NotEqual(0, twice.ExitCode);
            Assert.NotEmpty(twice.Errors);
            var promoted = await server.RunAsync(promote);
            Assert.True(promoted.ExitCode == 0, promoted.Errors);
            if (!server.IsRunning)
            {
                await server.StartAgainAsync();
            }
            var user = new User(server.Http, email);
            Assert.Equal("""["user","admin"]""", (await user.LogInAsync())["user"]!["roles"]!.ToJsonString());
            var suspended = await server.RunAsync(["user", "suspend", email, "--reason", "Away."]);
            if (email.StartsWith("jefa", StringComparison.Ordinal))
            {
                Assert.NotEqual(0, suspended.ExitCode);
                Assert.Contains("last administrator", suspended.Errors);
            }
            else
            {
                Assert.True(suspended.ExitCode == 0, suspended.Errors);
                (await user.GetAsync(User.Tasks)).Is(401);
                (await user.PostAsync("/api/v1/auth/login", new { email, password = User.Password })).IsProblem(403, "ACCOUNT_SUSPENDED");
                Assert.Equal(0, (await server.RunAsync(["user", "unsuspend", email])).ExitCode);
                await user.LogInAsync();
                var acts = (await user.GetAsync("/api/v1/admin/audit")).Is(200)["acts"]!.AsArray();
                Assert.Equal(["user.unsuspended", "user.suspended", "user.role_changed", "user.created"], acts.Take(4).Select(act => (string)act!["act"]!));
                Assert.All(acts, act => Assert.Null(act!["actor_id"]));
            }
            await server.StopAsync();
        }
    }

    [Fact]
    public async Task A_stopping_server_finishes_the_request_in_flight()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        var user = await User.RegisterAsync(server);
        const string body = """{"title":"in flight"}""";
        var answer = await server.SendRawAsync(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {user.AccessToken}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body[..5]}"));
            await Task.Delay(300);
            server.Terminate();
            await Task.Delay(500);
            Assert.True(server.IsRunning, "The server did not wait for the request.");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(body[5..]));
        });
        Assert.StartsWith("HTTP/1.1 201 ", answer);
        Assert.Equal(0, await server.EndedAsync());
        await Assert.ThrowsAnyAsync<SocketException>(() => server.SendRawAsync(_ => Task.CompletedTask));
        await server.StartAgainAsync();
        Assert.Equal("in flight", (string)(await user.GetAsync($"{User.Tasks}/1")).Is(200)["title"]!);
    }

    [Theory]
    [InlineData("PORT", "PORT", "abc")]
    [InlineData("PORT", "PORT", "70000")]
    [InlineData("Auth__SigningKey", "Auth__SigningKey", "short")]
    [InlineData("Auth__SigningKey", "Auth__SigninKey", "0123456789012345678901234567890123456789")]
    [InlineData("Auth__SigningKey", "ASPNETCORE_ENVIRONMENT", "Production")]
    [InlineData("ASPNETCORE_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT", "Prod")]
    [InlineData("DATABASE_URL", "DATABASE_URL", "mysql://localhost/x")]
    [InlineData("Idempotency__KeyHours", "Idempotency__KeyHours", "1")]
    [InlineData("Idempotency__Required", "Idempotency__Required", "maybe")]
    [InlineData("Server__PublicUrl", "Server__PublicUrl", "tasks.example.com")]
    [InlineData("Server__TrustedProxies", "ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true")]
    [InlineData("Cors__Credentials=false", "Cors__Origins", "*")]
    public async Task A_wrong_setting_stops_the_start_with_a_sentence_that_names_its_key(string named, string key, string value)
    {
        var data = Path.Combine(Path.GetTempPath(), $"quehacer-test-{Guid.NewGuid():N}");
        var run = await QuehacerServer.RunAsync(["serve"], [("DATA_DIR", data), (key, value)]);
        Assert.True(run.ExitCode == 78, $"{run.ExitCode}: {run.Errors}");
        Assert.Contains(named, run.Errors);
        Assert.DoesNotContain("   at ", run.Errors);
        Assert.False(Directory.Exists(data), "A server that refuses its settings has touched the data directory.");
    }

    [Fact]
    public async Task All_wrong_settings_are_told_at_once()
    {
        var run = await QuehacerServer.RunAsync([], [("PORT", "abc"), ("Auth__SessionDays", "0"), ("Tasks__DeletedTaskDay", "3")]);
        Assert.Equal(78, run.ExitCode);
        Assert.All(new[] { "PORT", "Auth__SessionDays", "Did you mean Tasks__DeletedTaskDays" }, text => Assert.Contains(text, run.Errors));
    }

    [Fact]
    public async Task Settings_that_change_what_requests_need_are_kept()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync(
            ("Idempotency__Required", "true"), ("Auth__SigningKey", new string('k', 40)), ("ASPNETCORE_ENVIRONMENT", "Production"), ("Admin__Email", "jefa@example.com"), ("Server__PublicUrl", "https://tasks.example.com"));
        var client = new Client(server.Http);
        var body = new { email = "jefa@example.com", name = "Jefa", password = User.Password };
        var refused = (await client.PostAsync("/api/v1/auth/register", body)).IsProblem(400, "MISSING_IDEMPOTENCY_KEY");
        Assert.StartsWith("https://tasks.example.com/errors/", (string)refused["type"]!);
        (await client.PostAsync("/api/v1/auth/register", body, ("Idempotency-Key", "1"))).Is(201);
        Assert.False(File.Exists(Path.Combine(server.DataDirectory, "signing-key")), "A key was made although one is configured.");
    }
}
