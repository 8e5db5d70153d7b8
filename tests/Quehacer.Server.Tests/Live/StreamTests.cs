using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Live;

/// <summary>Listening over Server-Sent Events.</summary>
public sealed class StreamTests(SharedServer shared)
{
    private Task<EventStream> ListenAsync(User user, string query = "", string? lastId = null) => EventStream.OpenAsync(shared.Server.Http, user.AccessToken, query, lastId);

    private static async Task<string> TicketAsync(Client client) => (string)(await client.PostAsync("/api/v1/stream/ticket")).Is(201)["ticket"]!;

    [Fact]
    public async Task An_event_is_the_same_wherever_it_is_read()
    {
        var user = await shared.NewUserAsync();
        await using var stream = await ListenAsync(user);
        Assert.Equal("text/event-stream; charset=utf-8", stream.Response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-store", stream.Response.Headers.CacheControl!.ToString());
        Assert.Empty(stream.Response.Content.Headers.ContentEncoding);
        var ready = (await stream.NextAsync())!;
        Assert.Equal(("ready", ready.Id), (ready.Name, (string)ready.Data["cursor"]!));

        var (path, made) = await user.CreateAsync(new { title = "Buy milk", tags = new[] { "home" } });
        (await user.PatchAsync(path, new { title = "Buy oat milk", tags = Array.Empty<string>() })).Is(200);
        (await user.PostAsync($"{path}/complete")).Is(200);
        (await user.DeleteAsync(path)).Is(204);
        var heard = new List<Sent>();
        while (heard.Count < 5)
        {
            heard.Add((await stream.NextAsync())!);
        }
        Assert.Equal(["tag.created", "task.created", "task.updated", "task.completed", "task.deleted"], heard.Select(sent => sent.Type));

        var updated = heard[2].Data;
        Assert.Equal("Buy oat milk", (string)updated["task"]!["title"]!);
        Assert.Equal("""{"title":"Buy milk","tags":["home"]}""", new JsonObject { ["title"] = updated["before"]!["title"]!.DeepClone(), ["tags"] = updated["before"]!["tags"]!.DeepClone() }.ToJsonString());
        Assert.Equal(3, updated["before"]!.AsObject().Count);
        Assert.Equal((2, "pending", (string)made["id"]!), ((int)updated["task"]!["version"]!, (string)updated["task"]!["status"]!, (string)updated["subject_id"]!));
        Assert.Equal("""{"status":"pending"}""", heard[3].Data["before"]!.ToJsonString());
        Assert.Null(heard[1].Data["before"]);
        Assert.Equal((string)heard[4].Data["at"]!, (string)heard[4].Data["task"]!["deleted_at"]!);
        Assert.Equal((await Company.IdAsync(user), "Ana"), ((string)updated["actor"]!["id"]!, (string)updated["actor"]!["name"]!));
        Assert.Matches("^req_", (string)updated["request_id"]!);
        Assert.All(heard, sent => Assert.Equal(sent.Id, (string)sent.Data["cursor"]!));

        string Spell(JsonNode node) => node.ToJsonString();
        var changes = (await user.GetAsync($"/api/v1/changes?since={ready.Id}")).Is(200);
        Assert.Equal(heard.Select(sent => Spell(sent.Data)), changes["events"]!.AsArray().Select(told => Spell(told!)));
        Assert.Equal((heard[4].Id, false), ((string)changes["cursor"]!, (bool)changes["has_more"]!));
        var workspace = (string)updated["workspace_id"]!;
        var activity = (await user.GetAsync($"/api/v1/workspaces/{workspace}/activity?limit=5")).Is(200);
        Assert.Equal(heard.Select(sent => Spell(sent.Data)), activity["events"]!.AsArray().Reverse().Select(told => Spell(told!)));
        var history = (await user.GetAsync($"{path}/history")).Is(200);
        Assert.Equal(heard.Skip(1).Select(sent => Spell(sent.Data)), history["events"]!.AsArray().Reverse().Select(told => Spell(told!)));
    }

    [Fact]
    public async Task A_long_page_is_in_order_and_letter_for_letter_the_same_on_every_channel()
    {
        var user = await shared.NewUserAsync();
        var since = (string)(await user.GetAsync("/api/v1/changes?since=now")).Is(200)["cursor"]!;
        var titles = Enumerable.Range(0, 100).Select(i => $"Año {i}: «pingüino» \"牛奶\" \U0001F41F </script>\u2028<b>").ToList();
        (await user.PostAsync("/api/v1/tasks/batch", new { operations = titles.Select(title => new { op = "create", task = new { title } }) })).Is(200);

        var page = (await user.GetAsync($"/api/v1/changes?since={since}&limit=200")).Is(200);
        Assert.Equal(titles, page["events"]!.AsArray().Select(told => (string)told!["task"]!["title"]!));
        Assert.Contains("Año 7: «pingüino»", page.Text);
        await using var stream = await ListenAsync(user, $"?since={since}");
        Assert.Equal("ready", (await stream.NextAsync())!.Name);
        var heard = new List<Sent>();
        while (heard.Count < titles.Count)
        {
            heard.Add((await stream.NextAsync())!);
        }
        Assert.StartsWith($"{{\"events\":[{string.Join(',', heard.Select(sent => sent.Text))}],", page.Text);
        Assert.Equal(heard.Select(sent => sent.Id), page["events"]!.AsArray().Select(told => (string)told!["cursor"]!));
    }

    [Fact]
    public async Task Who_was_heard_last_says_where_to_go_on_and_comes_before_the_address()
    {
        var user = await shared.NewUserAsync();
        await user.CreateAsync(new { title = "1" });
        var since = await Log.NowAsync(user, (string)(await user.GetAsync("/api/v1/me"))["workspace_id"]!);
        await user.CreateAsync(new { title = "2" });
        await user.CreateAsync(new { title = "3" });
        await using var first = await ListenAsync(user, $"?since={since}");
        var two = await first.UntilAsync("task.created");
        Assert.Equal("2", (string)two.Data["task"]!["title"]!);
        await using var second = await ListenAsync(user, $"?since={since}", two.Id);
        Assert.Equal("3", (string)(await second.UntilAsync("task.created")).Data["task"]!["title"]!);
        await using var now = await ListenAsync(user, "?since=now");
        await user.CreateAsync(new { title = "4" });
        Assert.Equal("4", (string)(await now.UntilAsync("task.created")).Data["task"]!["title"]!);
    }

    [Fact]
    public async Task Only_what_is_wanted_is_sent()
    {
        var user = await shared.NewUserAsync();
        var (path, answer) = await user.CreateAsync(new { title = "This one" });
        await using var byType = await ListenAsync(user, "?type=task.completed,note.*");
        await using var byTask = await ListenAsync(user, $"?task_id={(string)answer["id"]!}");
        var (other, _) = await user.CreateAsync(new { title = "Another" });
        (await user.PostAsync($"{other}/complete")).Is(200);
        (await user.PostAsync($"{other}/notes", new { text = "of the other" })).Is(201);
        (await user.PostAsync($"{path}/notes", new { text = "of this one" })).Is(201);
        (await user.PatchAsync(path, new { title = "This one, changed" })).Is(200);
        Assert.Equal(["ready", "task.completed", "note.created", "note.created"], new[] { await byType.NextAsync(), await byType.NextAsync(), await byType.NextAsync(), await byType.NextAsync() }.Select(sent => sent!.Name ?? sent.Type));
        Assert.Equal(["ready", "note.created", "task.updated"], new[] { await byTask.NextAsync(), await byTask.NextAsync(), await byTask.NextAsync() }.Select(sent => sent!.Name ?? sent.Type));
        // The same by asking.
        Assert.Equal(
            ["task.created", "note.created", "task.updated"],
            (await user.GetAsync($"/api/v1/changes?task_id={(string)answer["id"]!}")).Is(200)["events"]!.AsArray().Select(told => (string)told!["type"]!));
        Assert.Equal(
            ["task.completed", "note.created", "note.created"],
            (await user.GetAsync("/api/v1/changes?type=task.completed&type=note.*")).Is(200)["events"]!.AsArray().Select(told => (string)told!["type"]!));
    }

    /// <summary>Each way to lose the right to listen, and what the end of the line says.</summary>
    [Theory]
    [InlineData("removed", "RESOURCE_NOT_FOUND")]
    [InlineData("left", "RESOURCE_NOT_FOUND")]
    [InlineData("logged out", "TOKEN_INVALID")]
    [InlineData("suspended", "TOKEN_INVALID")]
    [InlineData("key revoked", "TOKEN_INVALID")]
    public async Task Who_may_not_see_the_workspace_any_more_hears_nothing_of_what_comes_after(string how, string code)
    {
        var (owner, other, workspace) = await Company.FoundAsync(shared.Server, "viewer");
        var id = await Company.IdAsync(other);
        var (token, keyPath) = (other.AccessToken, "");
        if (how == "key revoked")
        {
            var key = (await other.PostAsync("/api/v1/me/keys", new { name = "Listener", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201);
            (token, keyPath) = ((string)key["key"]!, $"/api/v1/me/keys/{(string)key["id"]!}");
        }
        await using var stream = await EventStream.OpenAsync(shared.Server.Http, token, $"?workspace_id={workspace}");
        await using var still = await ListenAsync(owner, $"?workspace_id={workspace}");
        (await owner.PostAsync($"{User.Tasks}?workspace_id={workspace}", new { title = "for both" })).Is(201);
        await stream.UntilAsync("task.created");
        _ = how switch
        {
            "removed" => (await owner.DeleteAsync($"/api/v1/workspaces/{workspace}/members/{id}")).Is(204),
            "left" => (await other.PostAsync($"/api/v1/workspaces/{workspace}/leave")).Is(204),
            "logged out" => (await other.PostAsync("/api/v1/auth/logout")).Is(204),
            "suspended" => (await (await shared.AdministratorAsync()).PostAsync($"/api/v1/admin/users/{id}/suspend", new { reason = "A test" })).Is(200),
            _ => (await other.DeleteAsync(keyPath)).Is(204),
        };
        for (var i = 0; i < 3; i++)
        {
            (await owner.PostAsync($"{User.Tasks}?workspace_id={workspace}", new { title = "not for both" })).Is(201);
        }
        var rest = new List<Sent>();
        while (await stream.NextAsync() is { } sent)
        {
            rest.Add(sent);
        }
        var end = rest[^1];
        Assert.Equal(("end", code), (end.Name, (string)end.Data["code"]!));
        Assert.DoesNotContain(rest, sent => sent.Data.ToJsonString().Contains("not for both", StringComparison.Ordinal));
        await still.UntilAsync("task.created");
        Assert.Equal("not for both", (string)(await still.UntilAsync("task.created")).Data["task"]!["title"]!);
        var (again, status, _) = await EventStream.TryOpenAsync(shared.Server.Http, token, $"?workspace_id={workspace}", end.Id);
        Assert.Null(again);
        Assert.Contains(status, new[] { HttpStatusCode.NotFound, HttpStatusCode.Unauthorized });
    }

    [Fact]
    public async Task A_key_hears_what_its_scopes_name()
    {
        var (owner, other, workspace) = await Company.FoundAsync(shared.Server);
        async Task<string> KeyAsync(params string[] scopes) => (string)(await owner.PostAsync("/api/v1/me/keys", new { name = "k", scopes, current_password = User.Password })).Is(201)["key"]!;
        await using var tasks = await EventStream.OpenAsync(shared.Server.Http, await KeyAsync("tasks:read"), $"?workspace_id={workspace}");
        await using var both = await EventStream.OpenAsync(shared.Server.Http, await KeyAsync("tasks:read", "workspaces:read"), $"?workspace_id={workspace}");
        var (none, status, _) = await EventStream.TryOpenAsync(shared.Server.Http, await KeyAsync("workspaces:read"), $"?workspace_id={workspace}");
        Assert.Equal((null, HttpStatusCode.Forbidden), (none, status));
        (await owner.PatchAsync($"/api/v1/workspaces/{workspace}/members/{await Company.IdAsync(other)}", new { role = "viewer" })).Is(200);
        (await owner.PostAsync($"{User.Tasks}?workspace_id={workspace}", new { title = "a" })).Is(201);
        Assert.Equal(["ready", "member.updated", "task.created"], new[] { await both.NextAsync(), await both.NextAsync(), await both.NextAsync() }.Select(sent => sent!.Name ?? sent.Type));
        Assert.Equal(["ready", "task.created"], new[] { await tasks.NextAsync(), await tasks.NextAsync() }.Select(sent => sent!.Name ?? sent.Type));
    }

    [Fact]
    public async Task A_ticket_opens_one_stream_in_the_name_of_who_asked_for_it()
    {
        var (user, http) = (await shared.NewUserAsync(), shared.Server.Http);
        var ticket = await TicketAsync(user);
        await using (var stream = await EventStream.OpenAsync(http, token: null, $"?ticket={ticket}&type=task.*"))
        {
            await user.CreateAsync(new { title = "mine" });
            Assert.Equal("mine", (string)(await stream.UntilAsync("task.created")).Data["task"]!["title"]!);
        }
        foreach (var wrong in new[] { ticket, ticket[..^2] + "AA", "x", "", new string('a', 4000), user.AccessToken! })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await EventStream.TryOpenAsync(http, token: null, $"?ticket={wrong}")).Status);
        }
        Assert.Equal(HttpStatusCode.Unauthorized, (await EventStream.TryOpenAsync(http, token: null, $"?ticket={await TicketAsync(user)}&ticket={await TicketAsync(user)}")).Status);
        // Nowhere else does it stand for anybody.
        (await shared.Nobody().GetAsync($"{User.Tasks}?ticket={await TicketAsync(user)}")).Is(401);
        // Fifty at once open one.
        var one = await TicketAsync(user);
        var opened = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => EventStream.TryOpenAsync(http, token: null, $"?ticket={one}")));
        await using var only = Assert.Single(opened, tried => tried.Stream is not null).Stream!;
        Assert.All(opened.Where(tried => tried.Stream is null), tried => Assert.Equal(HttpStatusCode.Unauthorized, tried.Status));
        // A ticket outlives no session.
        var late = await TicketAsync(user);
        (await user.PostAsync("/api/v1/auth/logout")).Is(204);
        Assert.Equal(HttpStatusCode.Unauthorized, (await EventStream.TryOpenAsync(http, token: null, $"?ticket={late}")).Status);
    }

    [Fact]
    public async Task What_is_wrong_is_refused_before_the_line_begins()
    {
        var (user, stranger) = (await shared.NewUserAsync(), await shared.NewUserAsync());
        var theirs = (string)(await stranger.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        var foreign = await Log.NowAsync(stranger, theirs);
        foreach (var path in new[] { "/api/v1/stream", "/api/v1/changes" })
        {
            (await shared.Nobody().GetAsync(path)).IsProblem(401, "UNAUTHORIZED");
            (await user.GetAsync($"{path}?workspace_id={theirs}")).IsProblem(404, "RESOURCE_NOT_FOUND");
            (await user.GetAsync($"{path}?since={foreign}")).IsInvalid("since", "INVALID_CURSOR");
            (await user.GetAsync($"{path}?since=nonsense")).IsInvalid("since", "INVALID_CURSOR");
            (await user.GetAsync($"{path}?since={foreign[..^1]}")).IsInvalid("since", "INVALID_CURSOR");
            (await user.GetAsync($"{path}?type=task.exploded")).IsInvalid("type", "UNKNOWN");
            (await user.GetAsync($"{path}?type=task.*,bogus.*")).IsInvalid("type", "UNKNOWN");
            (await user.GetAsync($"{path}?task_id=7")).IsInvalid("task_id", "NOT_AN_ID");
            (await user.GetAsync($"{path}?sinse=now")).IsInvalid("sinse", "UNKNOWN");
            (await user.PostAsync(path)).IsProblem(405, "METHOD_NOT_ALLOWED");
        }
        (await user.GetAsync("/api/v1/stream", ("Last-Event-ID", "nonsense"))).IsInvalid("since", "INVALID_CURSOR");
        (await user.GetAsync("/api/v1/stream", ("Accept", "application/json"))).IsProblem(406, "NOT_ACCEPTABLE");
        foreach (var limit in new[] { "0", "501", "-1", "many" })
        {
            (await user.GetAsync($"/api/v1/changes?limit={limit}")).IsInvalid("limit");
        }
        var head = (await user.SendAsync("HEAD", "/api/v1/stream")).Is(200);
        Assert.Equal(("", "text/event-stream; charset=utf-8"), (head.Text, head.Header("Content-Type")));
    }
}

/// <summary>Listening, where the server is set otherwise than usual.</summary>
public sealed class StreamSettingTests
{
    [Fact]
    public async Task A_silent_line_says_that_it_is_there_and_as_many_may_listen_as_are_allowed()
    {
        await using var server = await QuehacerServer.StartAsync(("Live__HeartbeatSeconds", "1"), ("Live__ListenersPerUser", "2"), ("Live__Listeners", "3"));
        var (ana, luis) = (await User.RegisterAsync(server), await User.RegisterAsync(server));
        await using var one = await EventStream.OpenAsync(server.Http, ana.AccessToken);
        var two = await EventStream.OpenAsync(server.Http, ana.AccessToken);
        (await ana.GetAsync("/api/v1/stream")).IsProblem(429, "TOO_MANY_LISTENERS");
        Assert.NotNull((await ana.GetAsync("/api/v1/stream")).Header("Retry-After"));
        await using var three = await EventStream.OpenAsync(server.Http, luis.AccessToken);
        (await luis.GetAsync("/api/v1/stream")).IsProblem(429, "TOO_MANY_LISTENERS");
        await two.DisposeAsync();
        // That somebody has gone is noticed at the latest when they are told that the line is there.
        EventStream? again = null;
        for (var tries = 0; again is null && tries < 100; tries++)
        {
            again = (await EventStream.TryOpenAsync(server.Http, ana.AccessToken)).Stream;
            await Task.Delay(100);
        }
        Assert.NotNull(again);
        await again.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (true)
            {
                await one.NextAsync(TimeSpan.FromSeconds(4));
            }
        });
        Assert.True(one.Heartbeats >= 2, $"{one.Heartbeats} heartbeats.");
        // Whoever listens keeps no server from stopping, and is finished, not cut.
        Assert.Equal(0, await server.StopAsync());
        Assert.Null(await three.NextAsync() is { Name: "ready" } ? await three.NextAsync() : null);
        Assert.Contains(server.Output, line => line.Contains("and 0 were cut off", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whose_place_is_in_a_log_that_was_replaced_is_told_to_begin_anew()
    {
        await using var server = await QuehacerServer.StartAsync();
        var user = await User.RegisterAsync(server);
        await user.CreateAsync(new { title = "before" });
        var workspace = (string)(await user.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        var old = await Log.NowAsync(user, workspace);
        // As a restored backup has it.
        await server.SqlAsync("UPDATE installation SET incarnation = gen_random_uuid()");
        Assert.Equal(0, await server.StopAsync());
        await server.StartAgainAsync();
        (await user.GetAsync($"/api/v1/changes?since={old}")).IsProblem(410, "CURSOR_GONE");
        (await user.GetAsync($"/api/v1/workspaces/{workspace}/activity?cursor={old}")).IsProblem(410, "CURSOR_GONE");
        await using var stream = await EventStream.OpenAsync(server.Http, user.AccessToken, lastId: old);
        var resync = (await stream.NextAsync())!;
        Assert.Equal(("resync", "CURSOR_GONE"), (resync.Name, (string)resync.Data["code"]!));
        Assert.Equal(resync.Id, (string)resync.Data["cursor"]!);
        await user.CreateAsync(new { title = "after" });
        Assert.Equal("after", (string)(await stream.UntilAsync("task.created")).Data["task"]!["title"]!);
    }

    [Fact]
    public async Task Who_takes_nothing_is_cut_costs_no_memory_and_goes_on_where_they_were()
    {
        await using var server = await QuehacerServer.StartAsync(("Live__SlowListenerSeconds", "1"));
        var user = await User.RegisterAsync(server);
        using var slow = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(IPAddress.Loopback, server.Port);
        await slow.SendAsync(Encoding.ASCII.GetBytes($"GET /api/v1/stream HTTP/1.1\r\nHost: localhost:{server.Port}\r\nAuthorization: Bearer {user.AccessToken}\r\n\r\n"));
        var first = new byte[4096];
        var count = await slow.ReceiveAsync(first);
        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(first, 0, count));
        var before = server.ResidentBytes;
        // Some 20 MB for somebody who takes nothing.
        var description = new string('x', 10_000);
        var operations = Enumerable.Range(0, 100).Select(_ => new { op = "create", task = new { title = "big", description } }).ToArray();
        for (var batch = 0; batch < 20; batch++)
        {
            (await user.PostAsync($"{User.Tasks}/batch", new { operations = operations[..90] })).Is(200);
        }
        for (var waited = 0; waited < 300 && !server.Output.Any(line => line.Contains("answer cut off", StringComparison.Ordinal)); waited++)
        {
            await Task.Delay(100);
        }
        Assert.Contains(server.Output, line => line.Contains("took nothing", StringComparison.Ordinal));
        Assert.True(server.ResidentBytes - before < 300L * 1024 * 1024, $"{(server.ResidentBytes - before) / 1024 / 1024} MiB more.");
        // What has come through has whole events, and behind the last of them it goes on.
        var text = new StringBuilder(Encoding.UTF8.GetString(first, 0, count));
        var buffer = new byte[65536];
        try
        {
            while (await slow.ReceiveAsync(buffer) is > 0 and var more)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, more));
            }
        }
        catch (SocketException)
        {
            // Cut.
        }
        var whole = text.ToString()[..text.ToString().LastIndexOf("\n\n", StringComparison.Ordinal)];
        var last = whole.Split('\n').Last(line => line.StartsWith("id: ", StringComparison.Ordinal))[4..].Trim();
        var heard = whole.Split("\"type\":\"task.created\"").Length - 1;
        var (rest, _) = await Log.SinceAsync(user, (string)(await user.GetAsync("/api/v1/me"))["workspace_id"]!, last);
        Assert.Equal(20 * 90, heard + rest.Count);
    }
}
