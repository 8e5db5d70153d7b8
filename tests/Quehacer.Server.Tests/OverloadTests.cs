using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Quehacer.Server.Tests;

/// <summary>Whoever keeps a part of the server busy leaves the others served, and whatever ends leaves all well.</summary>
public sealed class OverloadTests
{
    private const string Login = "/api/v1/auth/login";

    private static readonly string[] Always = ["/health", "/live", "/api/health", "/api/live"];

    [Fact]
    public async Task What_comes_beyond_the_bound_is_refused_at_once_and_health_is_answered()
    {
        await using var server = await QuehacerServer.StartAsync(("Server__MaxConcurrentRequests", "4"));
        var ana = await User.RegisterAsync(server);
        var nobody = new Client(server.Http);

        // Ten clients that do not go on sending hold no place.
        var slow = new List<TcpClient>();
        for (var turn = 0; turn < 10; turn++)
        {
            slow.Add(await OpenAsync(
                server, $"POST {User.Tasks} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ana.AccessToken}\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{{\"title\""));
            (await ana.GetAsync(User.Tasks)).Is(200);
        }

        var locked = LockTasksAsync(server, seconds: 3);
        await UntilLockedAsync(server);
        var held = Enumerable.Range(0, 4).Select(_ => ana.GetAsync(DeepPage)).ToList();
        await UntilAsync(async () => await server.SqlAsync("SELECT count(*) FROM pg_locks WHERE NOT granted") == "4");
        var refused = (await ana.GetAsync(User.Tasks)).IsProblem(503, "SERVICE_UNAVAILABLE");
        Assert.Matches("^[1-9][0-9]*$", refused.Header("Retry-After"));
        (await nobody.PostAsync(Login, new { email = "a@example.com", password = "x" })).IsProblem(503, "SERVICE_UNAVAILABLE");
        foreach (var path in Always.Append("/ready"))
        {
            (await nobody.GetAsync(path)).Is(200);
        }
        Assert.All(held, asked => Assert.False(asked.IsCompleted));
        await locked;
        Assert.All(await Task.WhenAll(held), answer => answer.Is(200));

        // The slow ones finish, or have been given up: they have five seconds' grace, which on a busy machine are over soon.
        foreach (var client in slow)
        {
            await client.GetStream().WriteAsync(":\"a\"}"u8.ToArray());
            Assert.Matches("^HTTP/1.1 (201|408) ", await ReadLineAsync(client));
            client.Dispose();
        }
        (await ana.GetAsync(User.Tasks)).Is(200);
        await server.StopAsync();
        Assert.Contains(server.Output, line => line.Contains("\"overloaded\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_that_hangs_leaves_health_answered_and_all_is_well_when_it_goes_on()
    {
        await using var server = await QuehacerServer.StartAsync(("Database__StatementTimeoutMs", "500"), ("Database__PoolSize", "2"));
        var ana = await User.RegisterAsync(server);
        var (path, _) = await ana.CreateAsync(new { title = "a" });
        var nobody = new Client(server.Http);
        server.FreezePostgres();
        try
        {
            var reads = Enumerable.Range(0, 20).Select(turn => turn % 2 == 0 ? ana.GetAsync(path) : ana.PostAsync(User.Tasks, new { title = "b" }, ("Idempotency-Key", $"\"{turn}\""))).ToList();
            await HealthIsAnsweredAsync(nobody);
            Assert.Equal(503, (await nobody.GetAsync("/ready")).Status);
            Assert.Equal(503, (await nobody.GetAsync("/health/detailed")).Status);
            // None of the others has got that far: health waited for nothing.
            Assert.Contains(reads, read => !read.IsCompleted);
            Assert.All(await Task.WhenAll(reads), answer => Assert.Matches("^[1-9]", answer.IsProblem(503, "SERVICE_UNAVAILABLE").Header("Retry-After")));
            await HealthIsAnsweredAsync(nobody);
        }
        finally
        {
            server.ThawPostgres();
        }
        await server.UntilReadyAsync();
        await UntilAsync(async () => (await ana.GetAsync(path)).Status == 200);
        for (var turn = 1; turn < 20; turn += 2)
        {
            (await ana.PostAsync(User.Tasks, new { title = "b" }, ("Idempotency-Key", $"\"{turn}\""))).Is(201);
        }
        Assert.Equal(11, (int)(await ana.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);
    }

    [Fact]
    public async Task When_all_connections_to_the_database_wait_the_server_is_alive_and_not_ready()
    {
        await using var server = await QuehacerServer.StartAsync(("Database__PoolSize", "2"), ("Database__LockTimeoutMs", "60000"));
        var ana = await User.RegisterAsync(server);
        var nobody = new Client(server.Http);
        var locked = LockTasksAsync(server, seconds: 8);
        await UntilLockedAsync(server);
        var held = Enumerable.Range(0, 2).Select(_ => ana.GetAsync(DeepPage)).ToList();
        await UntilAsync(async () => await server.SqlAsync("SELECT count(*) FROM pg_locks WHERE NOT granted") == "2");
        var waiting = ana.GetAsync("/api/v1/me");

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => nobody.GetAsync("/ready"))), answer => Assert.Equal(503, answer.Status));
        await HealthIsAnsweredAsync(nobody);
        Assert.False(waiting.IsCompleted);
        (await waiting).IsProblem(503, "SERVICE_UNAVAILABLE");
        await locked;
        Assert.All(await Task.WhenAll(held), answer => answer.Is(200));
        await server.UntilReadyAsync();
        (await ana.GetAsync("/api/v1/me")).Is(200);
    }

    [Fact]
    public async Task A_flood_of_logins_is_shed_and_leaves_the_others_served()
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualPasswords, ("Auth__ParallelPasswords", "1"));
        var ana = await User.RegisterAsync(server);
        var nobody = new Client(server.Http);
        var flood = Task.WhenAll(Enumerable.Range(0, 80).Select(turn => nobody.PostAsync(Login, new { email = $"{turn}@example.com", password = "wrong" })));
        var served = 0;
        while (!flood.IsCompleted)
        {
            (await ana.GetAsync(User.Tasks)).Is(200);
            served++;
        }
        var answers = await flood;
        Assert.True(served >= 5, $"Only {served} requests were served beside the flood.");
        // One is hashed and 32 wait; some find a place that has become free, and on a slow machine some have waited long enough.
        Assert.InRange(answers.Count(answer => answer.Status == 401), 1, 79);
        Assert.All(answers.Where(answer => answer.Status != 401), answer => Assert.NotNull(answer.IsProblem(503, "SERVICE_UNAVAILABLE").Header("Retry-After")));
        await ana.LogInAsync();
    }

    [Fact]
    public async Task Slow_clients_and_a_flood_of_connections_leave_the_others_served()
    {
        await using var server = await QuehacerServer.StartAsync(("Server__MaxConnections", "300"), ("Server__MaxConcurrentRequests", "8"));
        using var http = server.NewHttp();
        var ana = await User.RegisterAsync(server, http);
        for (var turn = 0; turn < 30; turn++)
        {
            await ana.CreateAsync(new { title = "a", description = new string('d', 10_000) });
        }
        var authorized = $"Host: localhost\r\nAuthorization: Bearer {ana.AccessToken}\r\n";
        var clients = new List<TcpClient>();
        try
        {
            // Headers that do not end, bodies that do not come, answers that nobody reads.
            clients.AddRange(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => OpenAsync(server, "GET /health HTTP/1.1\r\nHost: loc"))));
            clients.AddRange(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => OpenAsync(server, $"POST {User.Tasks} HTTP/1.1\r\n{authorized}Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{{"))));
            clients.AddRange(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => OpenAsync(
                server, string.Concat(Enumerable.Repeat($"GET {User.Tasks}?limit=100 HTTP/1.1\r\n{authorized}\r\n", 20)), receiveBytes: 4096))));
            // What they asked for is work for a while, until nothing more fits into their connections.
            var inARow = 0;
            await UntilAsync(async () => (inARow = (await ana.GetAsync(User.Tasks + "?limit=1")).Status == 200 ? inARow + 1 : 0) == 20);
            for (var turn = 0; turn < 50; turn++)
            {
                (await ana.GetAsync(User.Tasks + "?limit=1")).Is(200);
            }
            // More connections than there are places: who is there already is served, and whoever comes then is turned away.
            for (var turn = 0; turn < 400; turn++)
            {
                clients.Add(await OpenAsync(server, ""));
            }
            for (var turn = 0; turn < 50; turn++)
            {
                (await ana.GetAsync(User.Tasks + "?limit=1")).Is(200);
            }
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
        using var newcomer = server.NewHttp();
        await UntilAsync(async () =>
        {
            try
            {
                return (await new Client(newcomer).GetAsync("/health")).Status == 200;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    private static async Task HealthIsAnsweredAsync(Client nobody)
    {
        foreach (var path in Always)
        {
            (await nobody.GetAsync(path)).Is(200);
        }
    }

    /// <summary>A read that does not travel with others: it has a connection to itself as long as it waits.</summary>
    private const string DeepPage = $"{User.Tasks}?page=9&limit=100";

    private static Task<string> LockTasksAsync(QuehacerServer server, int seconds) =>
        server.SqlAsync($"BEGIN; LOCK TABLE tasks, workspaces IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT");

    private static Task UntilLockedAsync(QuehacerServer server) =>
        UntilAsync(async () => await server.SqlAsync("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'tasks' AND l.mode = 'AccessExclusiveLock' AND l.granted") == "1");

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), "It has not come to that in 30 seconds.");
            await Task.Delay(20);
        }
    }

    private static async Task<TcpClient> OpenAsync(QuehacerServer server, string sent, int? receiveBytes = null)
    {
        var client = new TcpClient();
        if (receiveBytes is { } bytes)
        {
            client.ReceiveBufferSize = bytes;
        }
        await client.ConnectAsync("localhost", server.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(sent));
        return client;
    }

    private static async Task<string> ReadLineAsync(TcpClient client)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
        return await reader.ReadLineAsync(patience.Token) ?? "";
    }
}
