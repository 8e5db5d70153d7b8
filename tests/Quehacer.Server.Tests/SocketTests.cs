using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Conversations over a WebSocket, from outside.</summary>
public sealed class SocketTests(SharedServer shared)
{
    private static async Task<string> WorkspaceAsync(User user) => (string)(await user.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;

    private static string In(string path, string workspaceId) => $"{path}?workspace_id={workspaceId}";

    private async Task JoinAsync(User owner, string workspaceId, User user)
    {
        await shared.VerifiedAsync(user);
        var id = (string)(await owner.PostAsync($"/api/v1/workspaces/{workspaceId}/invitations", new { email = user.Email, role = "viewer" })).Is(201)["id"]!;
        (await user.PostAsync($"/api/v1/me/invitations/{id}/accept", new { })).Is(200);
    }

    private static async Task<string> IdOfAsync(User user) => (string)(await user.GetAsync("/api/v1/me")).Is(200)["id"]!;

    [Fact]
    public async Task Whoever_subscribes_is_told_of_each_event_in_the_json_of_every_channel()
    {
        var user = await shared.NewUserAsync();
        var home = (string)(await user.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        await using var conversation = await Conversation.OpenAsync(shared.Server, user);
        var subscribed = await conversation.SubscribeAsync("mine");
        Assert.Equal(home, (string)subscribed["workspace_id"]!);

        await user.CreateAsync(new { title = "Buy milk", tags = new[] { "home" } });
        var heard = new List<JsonNode> { await conversation.EventAsync("mine", "tag.created"), await conversation.EventAsync("mine", "task.created") };

        var changes = (await user.GetAsync($"/api/v1/changes?since={(string)subscribed["cursor"]!}")).Is(200)["events"]!.AsArray();
        Assert.Equal(changes.Select(change => change!.ToJsonString()), heard.Select(one => one.ToJsonString()));

        await conversation.SayAsync(new { type = "ping", id = "p1" });
        Assert.Equal("p1", (string)(await conversation.HearAsync("pong"))["id"]!);
        await conversation.SayAsync(new { type = "unsubscribe", id = "mine" });
        var unsubscribed = await conversation.HearAsync("unsubscribed");
        Assert.Equal((string)heard[^1]["cursor"]!, (string)unsubscribed["cursor"]!);
        await user.CreateAsync(new { title = "Not told" });
        // The id is free, and where it left off is where it goes on.
        await conversation.SubscribeAsync("mine", new { since = (string)unsubscribed["cursor"]! });
        Assert.Equal("Not told", (string)(await conversation.EventAsync("mine", "task.created"))["task"]!["title"]!);
        await conversation.LeaveAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, conversation.CloseStatus);
    }

    [Fact]
    public async Task Several_workspaces_and_filters_share_a_connection()
    {
        var user = await shared.NewUserAsync();
        var other = await WorkspaceAsync(user);
        var (path, made) = await user.CreateAsync(new { title = "Watched" });
        await using var conversation = await Conversation.OpenAsync(shared.Server, user);
        await conversation.SubscribeAsync("own", new { types = new[] { "task.created" } });
        await conversation.SubscribeAsync("other", new { workspace_id = other, types = new[] { "tag.*", "task.completed", "tag.*" } });
        await conversation.SubscribeAsync("one", new { task_id = (string)made["id"]! });

        await user.PostAsync(In(User.Tasks, other), new { title = "Unwanted", tags = new[] { "wanted" } });
        Assert.Equal(other, (string)(await conversation.EventAsync("other", "tag.created"))["workspace_id"]!);
        (await user.PostAsync($"{path}/notes", new { text = "Said." })).Is(201);
        await conversation.EventAsync("one", "note.created");
        (await user.PatchAsync(path, new { title = "Still watched" })).Is(200);
        await conversation.EventAsync("one", "task.updated");
        await user.CreateAsync(new { title = "Another" });
        await conversation.EventAsync("own", "task.created");
        await conversation.SayAsync(new { type = "ping" });
        await conversation.HearAsync("pong");
    }

    [Fact]
    public async Task Whoever_comes_back_hears_every_event_once_and_in_order_after_a_kill_of_the_server_too()
    {
        await using var server = await QuehacerServer.StartAsync();
        var user = await User.RegisterAsync(server);
        var conversation = await Conversation.OpenAsync(server, user);
        var cursor = (string)(await conversation.SubscribeAsync("all"))["cursor"]!;
        var heard = new List<string>();
        var told = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                told.Add((string)(await user.CreateAsync(new { title = $"{round}.{i}" })).Answer["id"]!);
                if (i == 5)
                {
                    // In the middle of what is told.
                    await HearAsync(3);
                    conversation.Abort();
                    await conversation.DisposeAsync();
                }
            }
            if (round == 1)
            {
                await server.KillAsync();
                await server.StartAgainAsync();
            }
            conversation = await Conversation.OpenAsync(server, user);
            await conversation.SubscribeAsync("all", new { since = cursor });
            await HearAsync(told.Count - heard.Count);
        }
        Assert.Equal(told, heard);
        await conversation.SayAsync(new { type = "ping" });
        await conversation.HearAsync("pong");
        await conversation.DisposeAsync();

        async Task HearAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var one = await conversation.EventAsync("all", "task.created");
                cursor = (string)one["cursor"]!;
                heard.Add((string)one["subject_id"]!);
            }
        }
    }

    [Fact]
    public async Task A_server_that_stops_says_where_to_go_on()
    {
        await using var server = await QuehacerServer.StartAsync();
        var user = await User.RegisterAsync(server);
        await using var conversation = await Conversation.OpenAsync(server, user);
        await conversation.SubscribeAsync("none", new { types = new[] { "task.purged" } });
        await user.CreateAsync(new { title = "Passed over" });
        // It has been looked at when one who wants it has it.
        await conversation.SubscribeAsync("all", new { since = "now" });
        await user.CreateAsync(new { title = "Told" });
        await conversation.EventAsync("all", "task.created");
        server.Terminate();
        var last = await conversation.ToEndAsync(1001);
        Assert.Equal(["all", "none"], last.Select(message => (string)message["id"]!).Order());
        Assert.All(last, message => Assert.Equal(("ended", "SERVICE_UNAVAILABLE"), ((string)message["type"]!, (string)message["code"]!)));
        Assert.Equal(0, await server.EndedAsync());
        await server.StartAgainAsync();
        foreach (var message in last)
        {
            Assert.Empty((await user.GetAsync($"/api/v1/changes?since={(string)message["cursor"]!}&type=task.purged")).Is(200)["events"]!.AsArray());
        }
        Assert.Empty((await user.GetAsync($"/api/v1/changes?since={(string)last.Single(message => (string)message["id"]! == "all")["cursor"]!}")).Is(200)["events"]!.AsArray());
    }

    [Fact]
    public async Task A_cursor_of_a_log_that_is_gone_is_answered_with_where_to_begin_anew()
    {
        await using var server = await QuehacerServer.StartAsync();
        var user = await User.RegisterAsync(server);
        await using var conversation = await Conversation.OpenAsync(server, user);
        // What is no cursor of this server is a mistake, and the log behind a good one can be replaced by an older one.
        await conversation.SayAsync(new { type = "subscribe", id = "x", since = "nonsense" });
        Assert.Equal("since", (string)(await conversation.ErrorAsync("VALIDATION_ERROR"))["errors"]![0]!["field"]!);
        await user.CreateAsync(new { title = "Lost" });
        var lost = (string)(await user.GetAsync("/api/v1/changes?since=now")).Is(200)["cursor"]!;
        await server.SqlAsync("UPDATE workspaces SET revision = revision - 1 WHERE revision > 0");
        await server.SqlAsync("DELETE FROM events e USING workspaces w WHERE w.workspace_id = e.workspace_id AND e.revision > w.revision");
        var subscribed = await conversation.SubscribeAsync("x", new { since = lost });
        var resync = await conversation.HearAsync("resync");
        Assert.Equal(("x", "CURSOR_GONE"), ((string)resync["id"]!, (string)resync["code"]!));
        Assert.Equal((string)subscribed["cursor"]!, (string)resync["cursor"]!);
        await user.CreateAsync(new { title = "From here on" });
        Assert.Equal("From here on", (string)(await conversation.EventAsync("x", "task.created"))["task"]!["title"]!);
    }

    [Fact]
    public async Task Nobody_hears_anything_behind_their_removal()
    {
        var (owner, member) = (await shared.NewUserAsync(), await shared.NewUserAsync());
        var home = await WorkspaceAsync(owner);
        await JoinAsync(owner, home, member);
        await using var conversation = await Conversation.OpenAsync(shared.Server, member);
        await conversation.SubscribeAsync("home", new { workspace_id = home });
        await conversation.SubscribeAsync("own");
        await owner.PostAsync(In(User.Tasks, home), new { title = "Before" });
        await conversation.EventAsync("home", "task.created");
        (await owner.DeleteAsync($"/api/v1/workspaces/{home}/members/{await IdOfAsync(member)}")).IsOneOf(200, 204);
        await owner.PostAsync(In(User.Tasks, home), new { title = "Behind" });
        var ended = await conversation.HearAsync("ended");
        Assert.Equal(("home", "RESOURCE_NOT_FOUND"), ((string)ended["id"]!, (string)ended["code"]!));
        Assert.NotEmpty((string)ended["cursor"]!);
        // What else is open goes on.
        await member.CreateAsync(new { title = "Mine" });
        await conversation.EventAsync("own", "task.created");
        await conversation.SayAsync(new { type = "subscribe", id = "again", workspace_id = home });
        await conversation.ErrorAsync("RESOURCE_NOT_FOUND");
    }

    [Theory]
    [InlineData("session")]
    [InlineData("key")]
    [InlineData("suspension")]
    public async Task A_conversation_ends_with_what_opened_it(string which)
    {
        var user = await shared.NewUserAsync();
        var client = new Client(shared.Server.Http) { AccessToken = user.AccessToken };
        var key = "";
        if (which == "key")
        {
            var made = (await user.PostAsync("/api/v1/me/keys", new { name = "Script", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201);
            (client.AccessToken, key) = ((string)made["key"]!, (string)made["id"]!);
        }
        else if (which == "session")
        {
            await user.LogInAsync();
        }
        await using var conversation = await Conversation.OpenAsync(shared.Server, client);
        await conversation.SubscribeAsync("a");
        await conversation.SubscribeAsync("b", new { types = new[] { "note.*" } });
        await user.CreateAsync(new { title = "Before" });
        await conversation.EventAsync("a", "task.created");
        switch (which)
        {
            case "key":
                (await user.DeleteAsync($"/api/v1/me/keys/{key}")).Is(204);
                break;
            case "session":
                (await client.PostAsync("/api/v1/auth/logout", new { })).IsOneOf(200, 204);
                break;
            default:
                var administrator = await shared.AdministratorAsync();
                (await administrator.PostAsync($"/api/v1/admin/users/{await IdOfAsync(user)}/suspend", new { })).Is(200);
                break;
        }
        if (which != "suspension")
        {
            await user.CreateAsync(new { title = "Behind" });
        }
        var last = await conversation.ToEndAsync(4401);
        Assert.Equal(["a", "b"], last.Select(message => (string)message["id"]!).Order());
        Assert.All(last, message => Assert.Equal(("ended", "TOKEN_INVALID"), ((string)message["type"]!, (string)message["code"]!)));
    }

    [Fact]
    public async Task A_ticket_opens_one_conversation_and_no_other()
    {
        var user = await shared.NewUserAsync();
        var ticket = Uri.EscapeDataString((string)(await user.PostAsync("/api/v1/stream/ticket", new { })).Is(201)["ticket"]!);
        await using (var conversation = await Conversation.ConnectAsync(Conversation.AddressOf(shared.Server, $"?ticket={ticket}")))
        {
            await conversation.HearAsync("ready");
            await conversation.SubscribeAsync("mine");
        }
        foreach (var query in new[] { $"?ticket={ticket}", "?ticket=nonsense", "?ticket=", "" })
        {
            Assert.Equal(401, await RefusalAsync(query));
        }
        Assert.Equal(422, await RefusalAsync("?nonsense=1", ("Authorization", $"Bearer {user.AccessToken}")));
        var key = (string)(await user.PostAsync("/api/v1/me/keys", new { name = "Script", scopes = new[] { "tasks:write" }, current_password = User.Password })).Is(201)["key"]!;
        Assert.Equal(403, await RefusalAsync("", ("Authorization", $"Bearer {key}")));
    }

    private async Task<int> RefusalAsync(string query, params (string, string)[] headers) =>
        (await Assert.ThrowsAsync<Conversation.Refused>(() => Conversation.ConnectAsync(Conversation.AddressOf(shared.Server, query), headers))).Status;

    [Fact]
    public async Task Pages_of_other_origins_open_nothing()
    {
        await using var server = await QuehacerServer.StartAsync(("Cors__Origins", "https://app.example.com"));
        var user = await User.RegisterAsync(server);
        foreach (var origin in new[] { "https://app.example.com", $"http://localhost:{server.Port}", "HTTPS://APP.example.com:443" })
        {
            await using var conversation = await Conversation.OpenAsync(server, user, ("Origin", origin));
        }
        foreach (var origin in new[] { "https://evil.example", "null", "*", "http://app.example.com", "https://app.example.com.evil.example", "http://localhost:1", "", "file://" })
        {
            var answer = await user.GetAsync("/api/v1/ws", ("Origin", origin), ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="));
            Assert.Contains("Cors__Origins", (string)answer.IsProblem(403, "INSUFFICIENT_PERMISSIONS")["detail"]!);
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task A_request_that_is_no_upgrade_is_told_to_be_one(string method)
    {
        var user = await shared.SomebodyAsync();
        var answer = (await user.SendAsync(method, "/api/v1/ws")).Is(426);
        Assert.Equal("websocket", answer.Header("Upgrade"));
        Assert.Equal("13", answer.Header("Sec-WebSocket-Version"));
        if (method == "GET")
        {
            answer.IsProblem(426, "UPGRADE_REQUIRED");
            Assert.Equal("HTTP_6008", (string)answer["number"]!);
        }
        (await shared.Nobody().GetAsync("/api/v1/ws")).IsProblem(401, "UNAUTHORIZED");
        (await user.PostAsync("/api/v1/ws", new { })).IsProblem(405, "METHOD_NOT_ALLOWED");
        (await user.GetAsync("/api/v1/ws", ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "8"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="))).IsProblem(426, "UPGRADE_REQUIRED");
    }

    /// <summary>None of it ends the conversation, and each is told what is wrong with it.</summary>
    [Fact]
    public async Task What_is_not_understood_is_answered_with_an_error()
    {
        var user = await shared.NewUserAsync();
        await using var conversation = await Conversation.OpenAsync(shared.Server, user, ("Accept-Language", "es"));
        await using var english = await Conversation.OpenAsync(shared.Server, user);
        foreach (var (text, code, field) in new (string, string, string?)[]
        {
            ("", "MALFORMED_JSON", null),
            ("no JSON", "MALFORMED_JSON", null),
            ("{\"type\":\"ping\",\"type\":\"ping\"}", "MALFORMED_JSON", null),
            (new string('[', 5000) + new string(']', 5000), "MALFORMED_JSON", null),
            ("[]", "VALIDATION_ERROR", "body"),
            ("{}", "VALIDATION_ERROR", "type"),
            ("{\"type\":\"shout\",\"id\":\"x\",\"volume\":11}", "VALIDATION_ERROR", "type"),
            ("{\"type\":7}", "VALIDATION_ERROR", "type"),
            ("{\"type\":\"\\ud800\"}", "VALIDATION_ERROR", "type"),
            ("{\"type\":\"ping\",\"\\udc00\":1}", "MALFORMED_JSON", null),
            ("{\"type\":\"subscribe\"}", "VALIDATION_ERROR", "id"),
            ("{\"type\":\"subscribe\",\"id\":\"\"}", "VALIDATION_ERROR", "id"),
            ("{\"type\":\"subscribe\",\"id\":\"\\ud800\"}", "VALIDATION_ERROR", "id"),
            ("{\"type\":\"subscribe\",\"id\":\"\\u0000\"}", "VALIDATION_ERROR", "id"),
            ($"{{\"type\":\"subscribe\",\"id\":\"{new string('x', 65)}\"}}", "VALIDATION_ERROR", "id"),
            ("{\"type\":\"unsubscribe\",\"id\":\"never\"}", "RESOURCE_NOT_FOUND", null),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"workspace\":\"y\"}", "VALIDATION_ERROR", "workspace"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"workspace_id\":\"y\"}", "VALIDATION_ERROR", "workspace_id"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"task_id\":7}", "VALIDATION_ERROR", "task_id"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"types\":[]}", "VALIDATION_ERROR", "types"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"types\":\"task.*\"}", "VALIDATION_ERROR", "types"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"types\":[\"task.made\"]}", "VALIDATION_ERROR", "types[0]"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"types\":[\"\\ud800\"]}", "VALIDATION_ERROR", "types[0]"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"since\":1}", "VALIDATION_ERROR", "since"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"presence\":\"yes\"}", "VALIDATION_ERROR", "presence"),
            ("{\"type\":\"subscribe\",\"id\":\"x\",\"workspace_id\":\"ws_01m7ykm0xxfe3p5t7v9x1z3b5f\"}", "RESOURCE_NOT_FOUND", null),
        })
        {
            await english.SayAsync(text);
            var error = await english.ErrorAsync(code);
            if (field is not null)
            {
                Assert.Contains(field, error["errors"]!.AsArray().Select(one => (string)one!["field"]!));
            }
            // Something that is understood, so that it is not taken for broken.
            await english.SayAsync("{\"type\":\"ping\"}");
            await english.HearAsync("pong");
        }
        await english.SendAsync([0, 1, 2], WebSocketMessageType.Binary);
        await english.ErrorAsync("UNSUPPORTED_MEDIA_TYPE");
        await english.SubscribeAsync("twice");
        await english.SayAsync(new { type = "subscribe", id = "twice" });
        Assert.Equal("twice", (string)(await english.ErrorAsync("RESOURCE_ALREADY_EXISTS"))["id"]!);
        await conversation.SayAsync("{}");
        Assert.Contains("obligatorio", (string)(await conversation.ErrorAsync("VALIDATION_ERROR"))["detail"]!);
    }

    [Fact]
    public async Task Whoever_breaks_the_bounds_is_sent_away()
    {
        var user = await shared.NewUserAsync();
        await using (var huge = await Conversation.OpenAsync(shared.Server, user))
        {
            await huge.SubscribeAsync("open");
            await huge.SayAsync("\"" + new string('x', 16 * 1024) + "\"");
            Assert.Equal("PAYLOAD_TOO_LARGE", (string)Assert.Single(await huge.ToEndAsync(1009))["code"]!);
        }
        await using (var largest = await Conversation.OpenAsync(shared.Server, user))
        {
            await largest.SayAsync("{\"type\":\"ping\"}" + new string(' ', 16 * 1024 - 15));
            await largest.HearAsync("pong");
        }
        await using (var broken = await Conversation.OpenAsync(shared.Server, user))
        {
            for (var i = 0; i < 20; i++)
            {
                await broken.SayAsync("?");
            }
            Assert.Equal(20, (await broken.ToEndAsync(1008)).Count);
        }
        await using (var fast = await Conversation.OpenAsync(shared.Server, user))
        {
            for (var i = 0; i < 2_000; i++)
            {
                try
                {
                    await fast.SayAsync("{\"type\":\"ping\"}");
                }
                catch (WebSocketException)
                {
                    break;
                }
            }
            Assert.InRange((await fast.ToEndAsync(1008)).Count, 100, 1_500);
        }
        await using (var wrong = await Conversation.OpenAsync(shared.Server, user))
        {
            await wrong.SendAsync([(byte)'"', 0xED, 0xA0, 0x80, (byte)'"'], WebSocketMessageType.Text);
            await wrong.ToEndAsync(1007);
        }
    }

    [Fact]
    public async Task A_connection_has_so_many_subscriptions_and_an_account_so_many_listeners()
    {
        await using var server = await QuehacerServer.StartAsync(("Live__ListenersPerUser", "52"));
        var user = await User.RegisterAsync(server);
        await using var conversation = await Conversation.OpenAsync(server, user);
        for (var i = 0; i < 50; i++)
        {
            await conversation.SubscribeAsync($"s{i}");
        }
        await conversation.SayAsync(new { type = "subscribe", id = "s50" });
        Assert.Equal("s50", (string)(await conversation.ErrorAsync("TOO_MANY_LISTENERS"))["id"]!);
        await using var another = await Conversation.OpenAsync(server, user);
        await another.SubscribeAsync("s0");
        await another.SubscribeAsync("s1");
        await another.SayAsync(new { type = "subscribe", id = "s2" });
        await another.ErrorAsync("TOO_MANY_LISTENERS");
        await conversation.SayAsync(new { type = "unsubscribe", id = "s7" });
        await conversation.HearAsync("unsubscribed");
        await another.SubscribeAsync("s2");
        await conversation.LeaveAsync();
        // Their places are free, once the server has noticed.
        for (var i = 3; i < 50;)
        {
            await another.SayAsync(new { type = "subscribe", id = $"s{i}" });
            if ((string)(await another.NextAsync())!["type"]! == "subscribed")
            {
                i++;
            }
            else
            {
                await Task.Delay(100);
            }
        }
    }

    /// <summary>Many megabytes that nobody takes: more than any socket holds.</summary>
    [Fact]
    public async Task Whoever_takes_nothing_is_cut_off_and_goes_on_where_they_were()
    {
        await using var server = await QuehacerServer.StartAsync(("Live__SlowListenerSeconds", "1"));
        var user = await User.RegisterAsync(server);
        await using var slow = await Conversation.OpenAsync(server, user);
        var cursor = (string)(await slow.SubscribeAsync("all"))["cursor"]!;
        var text = new string('x', 10_000);
        var made = new List<string>();
        while (!server.Output.Any(line => line.Contains("answer cut off", StringComparison.Ordinal)))
        {
            var many = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => user.PostAsync($"{User.Tasks}/batch", new { operations = Enumerable.Range(0, 50).Select(_ => new { op = "create", task = new { title = "x", description = text } }) })));
            made.AddRange(many.SelectMany(answer => answer.IsOneOf(200, 207)["results"]!.AsArray()).Select(result => (string)result!["task"]!["id"]!));
            Assert.True(made.Count < 40_000, "The listener was never cut off.");
        }
        var heard = new List<string>();
        try
        {
            while (await slow.NextAsync() is { } message)
            {
                Assert.Equal("event", (string)message["type"]!);
                heard.Add((string)message["event"]!["subject_id"]!);
                cursor = (string)message["event"]!["cursor"]!;
            }
        }
        catch (WebSocketException)
        {
            // It was cut.
        }
        Assert.True(heard.Count < made.Count);
        await using var again = await Conversation.OpenAsync(server, user);
        await again.SubscribeAsync("all", new { since = cursor });
        while (heard.Count < made.Count)
        {
            heard.Add((string)(await again.EventAsync("all", "task.created"))["subject_id"]!);
        }
        Assert.Equal(made.Order(), heard.Order());
        Assert.Equal(made.Count, heard.Distinct().Count());
    }

    /// <summary>Another hand's reading of RFC 6455: the package ws, of npm.</summary>
    [Fact]
    public async Task A_client_that_nobody_here_wrote_hears_the_same()
    {
        var user = await shared.NewUserAsync();
        var folder = Path.Combine(QuehacerServer.Repository, "tests", "openapi");
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules", "ws")), "The package ws is not installed. ./test does that, or: npm ci --prefix tests/openapi --ignore-scripts");
        var start = new ProcessStartInfo("node", [Path.Combine(folder, "socket.mjs"), Conversation.AddressOf(shared.Server).ToString()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TOKEN"] = user.AccessToken;
        using var node = Process.Start(start)!;
        var complaints = node.StandardError.ReadToEndAsync();
        Assert.Equal("subscribed", await node.StandardOutput.ReadLineAsync());
        await user.CreateAsync(new { title = "Café ☕ 𝄞" });
        var heard = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await complaints);
        var expected = (await user.GetAsync("/api/v1/changes")).Is(200)["events"]!.AsArray()[^1]!.ToJsonString(Client.Plain);
        Assert.Equal([$"event {JsonNode.Parse(expected)!.ToJsonString()}", "extensions none, protocol none", "pong", "closed 1000"], heard.Trim().Split('\n').Select(line => line.StartsWith("event ", StringComparison.Ordinal) ? $"event {JsonNode.Parse(line[6..])!.ToJsonString()}" : line));
    }
}
