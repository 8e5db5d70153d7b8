using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Who looks at a workspace, over all servers of a database.</summary>
public sealed class PresenceTests(SharedServer shared)
{
    private static async Task<string> IdOfAsync(User user) => (string)(await user.GetAsync("/api/v1/me")).Is(200)["id"]!;

    private static async Task<(string Home, string Presence)> HomeAsync(QuehacerServer server, User owner, params User[] members)
    {
        var home = (string)(await owner.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
        foreach (var member in members)
        {
            await server.SqlAsync($"UPDATE accounts SET email_verified_at = now() WHERE email = '{member.Email}'");
            var id = (string)(await owner.PostAsync($"/api/v1/workspaces/{home}/invitations", new { email = member.Email, role = "viewer" })).Is(201)["id"]!;
            (await member.PostAsync($"/api/v1/me/invitations/{id}/accept", new { })).Is(200);
        }
        return (home, $"/api/v1/workspaces/{home}/presence");
    }

    private static List<string> PeopleOf(JsonNode message) => [.. message["people"]!.AsArray().Select(person => (string)person!["user_id"]!)];

    [Fact]
    public async Task Whoever_looks_is_shown_to_others_until_they_leave()
    {
        var (ana, luis) = (await shared.NewUserAsync(), await shared.NewUserAsync());
        var (home, presence) = await HomeAsync(shared.Server, ana, luis);
        var (anaId, luisId) = (await IdOfAsync(ana), await IdOfAsync(luis));
        Assert.Empty(PeopleOf((await ana.GetAsync(presence)).Is(200).Json));

        await using var first = await Conversation.OpenAsync(shared.Server, ana);
        await first.SubscribeAsync("home", new { workspace_id = home, presence = true });
        var alone = await first.HearAsync("presence");
        Assert.Equal(("home", home, 1), ((string)alone["id"]!, (string)alone["workspace_id"]!, (int)alone["total"]!));
        Assert.Equal("Ana", (string)Assert.Single(alone["people"]!.AsArray())!["name"]!);

        // Whoever only listens is not shown.
        await using var silent = await Conversation.OpenAsync(shared.Server, luis);
        await silent.SubscribeAsync("home", new { workspace_id = home });
        // Whoever looks twice is there once.
        await using var second = await Conversation.OpenAsync(shared.Server, luis);
        await second.SubscribeAsync("home", new { workspace_id = home, presence = true });
        await second.SubscribeAsync("again", new { workspace_id = home, presence = true, types = new[] { "note.*" } });
        Assert.Equal([anaId, luisId], PeopleOf(await first.HearAsync("presence")));
        Assert.Equal([anaId, luisId], PeopleOf((await luis.GetAsync(presence)).Is(200).Json));

        await second.SayAsync(new { type = "unsubscribe", id = "home" });
        await second.UntilAsync("unsubscribed");
        await second.SayAsync(new { type = "unsubscribe", id = "again" });
        await second.UntilAsync("unsubscribed");
        Assert.Equal([anaId], PeopleOf(await first.UntilAsync("presence", message => (int)message["total"]! == 1)));
        await first.LeaveAsync();
        await UntilNobodyAsync(ana, presence);
    }

    [Fact]
    public async Task Servers_of_one_database_show_those_of_the_others()
    {
        await using var one = await QuehacerServer.StartAsync();
        await using var other = await QuehacerServer.StartAsync(("DATABASE_URL", one.DatabaseUrl()), ("Auth__SigningKey", one.SigningKey));
        var (ana, luis) = (await User.RegisterAsync(one), await User.RegisterAsync(one));
        var (home, presence) = await HomeAsync(one, ana, luis);
        var (anaId, luisId) = (await IdOfAsync(ana), await IdOfAsync(luis));
        await using var here = await Conversation.OpenAsync(one, ana);
        await here.SubscribeAsync("home", new { workspace_id = home, presence = true });
        Assert.Equal([anaId], PeopleOf(await here.HearAsync("presence")));
        await using var there = await Conversation.OpenAsync(other, luis);
        await there.SubscribeAsync("home", new { workspace_id = home, presence = true });
        Assert.Equal([anaId, luisId], PeopleOf(await there.HearAsync("presence")));
        Assert.Equal([anaId, luisId], PeopleOf(await here.HearAsync("presence")));
        // An event that is written through one reaches those who listen to the other.
        await ana.PostAsync($"{User.Tasks}?workspace_id={home}", new { title = "Through one" });
        await there.EventAsync("home", "task.created");
        await here.EventAsync("home", "task.created");
        Assert.Equal(0, await other.StopAsync());
        Assert.Equal([anaId], PeopleOf(await here.HearAsync("presence")));
        Assert.Equal([anaId], PeopleOf((await luis.GetAsync(presence)).Is(200).Json));
    }

    /// <summary>A server that was killed takes nobody back; the rows of its people grow old.</summary>
    [Fact]
    public async Task Those_of_a_killed_server_are_gone_in_a_while()
    {
        await using var server = await QuehacerServer.StartAsync();
        var ana = await User.RegisterAsync(server);
        var (home, presence) = await HomeAsync(server, ana);
        await using var conversation = await Conversation.OpenAsync(server, ana);
        await conversation.SubscribeAsync("home", new { workspace_id = home, presence = true });
        await conversation.HearAsync("presence");
        await server.KillAsync();
        await server.StartAgainAsync();
        Assert.Single(PeopleOf((await ana.GetAsync(presence)).Is(200).Json));
        await server.SqlAsync("UPDATE presence SET seen_at = seen_at - interval '31 seconds'");
        Assert.Empty(PeopleOf((await ana.GetAsync(presence)).Is(200).Json));
    }

    [Fact]
    public async Task Whoever_may_not_see_the_workspace_any_more_is_neither_shown_nor_told()
    {
        var (ana, luis, stranger) = (await shared.NewUserAsync(), await shared.NewUserAsync(), await shared.NewUserAsync());
        var (home, presence) = await HomeAsync(shared.Server, ana, luis);
        await using var first = await Conversation.OpenAsync(shared.Server, ana);
        await first.SubscribeAsync("home", new { workspace_id = home, presence = true });
        await first.HearAsync("presence");
        await using var second = await Conversation.OpenAsync(shared.Server, luis);
        await second.SubscribeAsync("home", new { workspace_id = home, presence = true });
        await second.HearAsync("presence");
        Assert.Equal(2, PeopleOf(await first.HearAsync("presence")).Count);
        await second.SubscribeAsync("own");
        (await ana.DeleteAsync($"/api/v1/workspaces/{home}/members/{await IdOfAsync(luis)}")).IsOneOf(200, 204);
        Assert.Equal([await IdOfAsync(ana)], PeopleOf(await first.UntilAsync("presence")));
        (await luis.GetAsync(presence)).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await stranger.GetAsync(presence)).IsProblem(404, "RESOURCE_NOT_FOUND");
        // The one word that is left for them.
        Assert.Equal("home", (string)(await second.HearAsync("ended"))["id"]!);
        await using var third = await Conversation.OpenAsync(shared.Server, ana);
        await third.SubscribeAsync("home", new { workspace_id = home, presence = true });
        await third.HearAsync("presence");
        await second.SayAsync(new { type = "ping" });
        await second.HearAsync("pong");
        Assert.Equal(1, (int)(await ana.GetAsync(presence)).Is(200)["total"]!);
    }

    [Fact]
    public async Task A_key_looks_with_the_scope_for_it()
    {
        var ana = await shared.NewUserAsync();
        foreach (var (scopes, isLetIn) in new[] { (new[] { "tasks:read" }, false), (["tasks:read", "workspaces:read"], true) })
        {
            var key = (string)(await ana.PostAsync("/api/v1/me/keys", new { name = "Script", scopes, current_password = User.Password })).Is(201)["key"]!;
            await using var conversation = await Conversation.OpenAsync(shared.Server, new Client(shared.Server.Http) { AccessToken = key });
            await conversation.SayAsync(new { type = "subscribe", id = "x", presence = true });
            if (isLetIn)
            {
                await conversation.HearAsync("subscribed");
                Assert.Single(PeopleOf(await conversation.HearAsync("presence")));
            }
            else
            {
                Assert.Contains("workspaces:read", (string)(await conversation.ErrorAsync("INSUFFICIENT_PERMISSIONS"))["detail"]!);
            }
        }
    }

    private static async Task UntilNobodyAsync(User user, string presence)
    {
        while (PeopleOf((await user.GetAsync(presence)).Is(200).Json).Count > 0)
        {
            await Task.Delay(50);
        }
    }
}
