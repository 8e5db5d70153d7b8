using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class LogTests
{
    private const string Marked = "zanahoria";

    [Fact]
    public async Task The_log_has_one_line_a_request_and_no_secret_or_content()
    {
        await using var server = await QuehacerServer.StartAsync();
        const string password = Marked + " en la contraseña";
        var user = new User(server.Http, $"{Marked}@example.com");
        var secrets = new List<string> { Marked, User.Password, server.SigningKey };
        (await user.PostAsync("/api/v1/auth/register", new { email = user.Email, name = Marked, password = User.Password })).Is(201);
        var login = await user.LogInAsync();
        secrets.AddRange((string)login["access_token"]!, (string)login["refresh_token"]!);
        (await user.PostAsync("/api/v1/auth/login", new { email = user.Email, password })).Is(401);
        (await user.PostAsync("/api/v1/auth/login", $$"""{"email":"{{user.Email}}","password":"{{password}}" """)).Is(400);
        var refreshed = (await user.PostAsync("/api/v1/auth/refresh", new { refresh_token = user.RefreshToken })).Is(200);
        secrets.AddRange((string)refreshed["access_token"]!, (string)refreshed["refresh_token"]!);
        var (path, _) = await user.CreateAsync(new { title = Marked, description = Marked, tags = new[] { Marked } });
        (await user.PatchAsync(path, new { title = Marked + " 2" }, ("X-Request-Id", "log-test-1"))).Is(200);
        (await user.PatchAsync(path, new { title = Marked, version = 1 })).Is(412);
        (await user.PostAsync(User.Tasks, $$"""{"{{Marked}}":1}""")).Is(422);
        (await user.GetAsync($"{User.Tasks}?q={Marked}")).Is(200);
        (await user.GetAsync($"{User.Tasks}?access_token={user.AccessToken}")).Is(422);
        (await user.GetAsync("/nope\u001b%0a%22%7d{}")).Is(404);
        (await user.PostAsync("/api/v1/auth/refresh", new { refresh_token = user.RefreshToken })).Is(401);
        (await new Client(server.Http).GetAsync("/live", ("Authorization", $"Bearer {Marked}"))).Is(200);
        (await user.GetAsync("/health")).Is(200);
        await server.StopAsync();

        var lines = server.Output.Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        var requests = lines.Where(line => (string?)line["event"] == "request").ToList();
        Assert.All(lines, line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)line["time"]!));
        var postgres = lines.Where(line => (string?)line["event"] == "postgres").ToList();
        Assert.NotEmpty(postgres);
        Assert.All(postgres, line => Assert.Equal(["time", "level", "event", "category", "message"], line.Select(member => member.Key)));
        Assert.All(requests, line => Assert.Null(line["client"]));
        Assert.All(requests, line =>
        {
            Assert.Matches("^[A-Za-z0-9._-]{1,128}$", (string)line["request_id"]!);
            Assert.Matches("^[A-Z]+$", (string)line["method"]!);
            Assert.InRange((int)line["status"]!, 200, 599);
            Assert.True((double)line["ms"]! >= 0);
        });
        var patched = Assert.Single(requests, line => (string)line["request_id"]! == "log-test-1");
        Assert.Equal(("PATCH", 200, path), ((string)patched["method"]!, (int)patched["status"]!, (string)patched["path"]!));
        Assert.Equal((string)login["user"]!["id"]!, (string)patched["user"]!);
        Assert.Contains("{id}", (string)patched["route"]!);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(server.Output, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(secret, server.Errors, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task The_log_says_what_became_of_the_requests_in_flight_when_the_server_stops()
    {
        await using var server = await QuehacerServer.StartAsync(("Server__ShutdownSeconds", "1"));
        var begun = new TaskCompletionSource();
        // A body that never comes to its end: the request is in flight until it is cut off.
        var stuck = server.SendRawAsync(async stream =>
        {
            await stream.WriteAsync("POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"u8.ToArray());
            begun.SetResult();
        });
        await begun.Task;
        (await new Client(server.Http).GetAsync("/live")).Is(200);
        Assert.Equal(0, await server.StopAsync());
        await stuck;
        var lines = server.Output.Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal("1", (string)Assert.Single(lines, line => (string?)line["event"] == "stopping")["in_flight"]!);
        var stopped = Assert.Single(lines, line => (string?)line["event"] == "stopped");
        Assert.Equal(("0", "1"), ((string)stopped["finished"]!, (string)stopped["cut"]!));
    }
}
