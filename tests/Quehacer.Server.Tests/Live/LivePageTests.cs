using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Quehacer.Server.Tests.Live;

/// <summary><c>/live</c>, in a browser: what people see while others work.</summary>
public sealed class LivePageTests(SharedServer shared)
{
    private const string Hostile = "<img src=x onerror=alert(1)>";

    private static async Task<string> IdOfTagAsync(User user, string name) =>
        (string)(await user.GetAsync("/api/v1/tags")).Is(200)["tags"]!.AsArray().Single(tag => (string)tag!["name"]! == name)!["id"]!;

    private static async Task<string> MineAsync(User user) => (string)(await user.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;

    [Fact]
    public async Task What_changes_is_shown_without_being_asked_for_and_is_never_more_than_text()
    {
        var user = await shared.NewUserAsync();
        var team = (string)(await user.PostAsync("/api/v1/workspaces", new { name = "Team" })).Is(201)["id"]!;
        var (milk, _) = await user.CreateAsync(new { title = "Buy milk", tags = new[] { "home" }, due_date = "2099-01-31T17:00:00Z" });
        var (_, bread) = await user.CreateAsync(new { title = "Bake bread" });
        await user.PostAsync($"{User.Tasks}/{(string)bread["id"]!}/complete");

        await using var browser = Browser.Start(shared.Server);
        await browser.OpenAsync("page");
        await browser.SignInAsync("page", user.Email, "not the password");
        await browser.UntilAsync("page", "what is wrong", now => now is { AsksToSignIn: true, Problem.Length: > 10 });
        Assert.All(browser.Wrong, fault => Assert.Contains("status of 401", fault));
        var refused = browser.Wrong.Count;
        await browser.SignInAsync("page", user.Email, User.Password);
        var first = await browser.UntilAsync("page", "what there is", now => now is { Line: "up", Pending: [{ Title: "Buy milk", Ticked: false }], Done: [{ Title: "Bake bread", Ticked: true }] });
        Assert.Equal(("", false), (first.Problem, first.AsksToSignIn));
        Assert.Equal("Team", first.Workspaces[1]);
        Assert.Equal(first.Workspaces[0], first.Chosen);
        Assert.Contains("home", first.Pending[0].About);
        Assert.Contains("2099", first.Pending[0].About);
        Assert.DoesNotContain(first.Pending, task => task.Fresh);

        var (hostile, _) = await user.CreateAsync(new { title = Hostile, tags = new[] { "<b>bold</b>" } });
        var shown = await browser.UntilAsync("page", "a task that was made", now => now.Shows(Hostile, "Buy milk"));
        Assert.Equal((0, true, "<b>bold</b>"), (shown.Pending[0].Markup, shown.Pending[0].Fresh, shown.Pending[0].About));
        await browser.UntilAsync("page", "who did it", now => now.News.Contains(Hostile) && now.News.Contains("Ana"));
        await browser.UntilAsync("page", "that the mark is taken away again", now => now.Pending.All(task => !task.Fresh));

        (await user.PatchAsync(milk, new { title = "Buy oat milk", assignee_id = await Company.IdAsync(user), due_date = (string?)null })).Is(200);
        shown = await browser.UntilAsync("page", "another title", now => now.Shows(Hostile, "Buy oat milk"));
        Assert.Contains("for Ana", shown.Pending[1].About);
        Assert.DoesNotContain("2099", shown.Pending[1].About);
        (await user.PatchAsync($"/api/v1/tags/{await IdOfTagAsync(user, "home")}", new { name = "household" })).Is(200);
        await browser.UntilAsync("page", "a tag's other name", now => now.Pending[1].About.StartsWith("household ", StringComparison.Ordinal));
        (await user.PatchAsync(milk, new { add_tags = new[] { "shop" } })).Is(200);
        await browser.UntilAsync("page", "another tag", now => now.Pending[1].About.Contains("household shop"));
        (await user.PostAsync($"/api/v1/tags/{await IdOfTagAsync(user, "household")}/merge", new { into = await IdOfTagAsync(user, "shop") })).Is(200);
        await browser.UntilAsync("page", "one tag of two", now => now.Pending[1].About.StartsWith("shop for", StringComparison.Ordinal));
        (await user.DeleteAsync($"/api/v1/tags/{await IdOfTagAsync(user, "shop")}")).Is(204);
        await browser.UntilAsync("page", "no tag", now => now.Pending[1].About.StartsWith("for", StringComparison.Ordinal));

        (await user.PostAsync($"{milk}/complete")).Is(200);
        await browser.UntilAsync("page", "what was done", now => now.Shows(Hostile) && now.Done is [{ Title: "Bake bread" }, { Title: "Buy oat milk", Ticked: true }]);
        (await user.PostAsync($"{milk}/reopen")).Is(200);
        await browser.UntilAsync("page", "what is to be done again", now => now.Shows(Hostile, "Buy oat milk") && now.Done is [_]);
        (await user.DeleteAsync(hostile)).Is(204);
        await browser.UntilAsync("page", "that one is gone", now => now.Shows("Buy oat milk"));
        (await user.PostAsync($"{hostile}/restore")).Is(200);
        await browser.UntilAsync("page", "that it is there again", now => now.Shows(Hostile, "Buy oat milk"));
        (await user.PostAsync($"{milk}/transfer", new { workspace_id = team })).Is(200);
        await browser.UntilAsync("page", "that one has been taken elsewhere", now => now.Shows(Hostile));
        (await user.PostAsync($"{milk}/transfer?workspace_id={team}", new { workspace_id = await MineAsync(user) })).Is(200);
        await browser.UntilAsync("page", "that it has come back", now => now.Shows("Buy oat milk", Hostile) || now.Shows(Hostile, "Buy oat milk"));

        await browser.DoAsync("choose", new { page = "page", name = "Team" });
        await browser.UntilAsync("page", "the other workspace", now => now is { Line: "up", Pending: [], Done: [] });
        (await user.PatchAsync($"/api/v1/workspaces/{team}", new { name = "Crew & <i>co</i>" })).Is(200);
        await browser.UntilAsync("page", "its other name", now => now.Chosen == "Crew & <i>co</i>");

        Assert.Equal(refused, browser.Wrong.Count);
        Assert.Equal("[0,0,0,0]", (await browser.DoAsync("kept", new { page = "page" }))!.ToJsonString());
        await browser.DoAsync("reload", new { page = "page" });
        await browser.UntilAsync("page", "the form again", now => now is { AsksToSignIn: true, Pending: [], Workspaces: [] });
        // Nobody could use the session any more, so it was ended.
        while ((await user.GetAsync("/api/v1/me/sessions")).Is(200)["sessions"]!.AsArray().Count > 1)
        {
            await Task.Delay(50);
        }
        Assert.Equal(refused, browser.Wrong.Count);
    }

    [Fact]
    public async Task Two_who_look_at_a_workspace_see_what_each_does_until_one_is_removed()
    {
        var (owner, other, workspace) = await Company.FoundAsync(shared.Server);
        await using var browser = Browser.Start(shared.Server);
        await browser.OpenAsync("owner", owner);
        await browser.OpenAsync("other", other, Browser.Behind + "/live?lang=es", "es");
        foreach (var page in new[] { "owner", "other" })
        {
            await browser.DoAsync("choose", new { page, name = "Team" });
            await browser.UntilAsync(page, "the workspace", now => now is { Line: "up", CanAdd: true, Chosen: "Team" });
        }
        await browser.DoAsync("add", new { page = "owner", title = "Water the plants" });
        await browser.UntilAsync("owner", "what was added", now => now.Shows("Water the plants"));
        await browser.UntilAsync("other", "what somebody else has added", now => now.Shows("Water the plants"));
        await browser.DoAsync("tick", new { page = "other", title = "Water the plants" });
        var ticked = await browser.UntilAsync("other", "that it is done", now => now is { Pending: [], Done: [{ Ticked: true }] });
        await browser.UntilAsync("owner", "that somebody else has done it", now => now is { Pending: [], Done: [{ Ticked: true }] });
        await browser.UntilAsync("other", "that whoever ticked it off is still there", now => now.Focus == "Water the plants");
        await browser.DoAsync("tick", new { page = "owner", title = "Water the plants" });
        await browser.UntilAsync("other", "that it is to be done again", now => now is { Pending: [{ Ticked: false }], Done: [] });
        Assert.StartsWith("En directo", ticked.Said);
        Assert.Empty(browser.Wrong);

        var task = (string)(await owner.GetAsync($"{User.Tasks}?workspace_id={workspace}")).Is(200)["tasks"]![0]!["id"]!;
        var member = $"/api/v1/workspaces/{workspace}/members/{await Company.IdAsync(other)}";
        (await owner.PatchAsync(member, new { role = "viewer" })).Is(200);
        await browser.UntilAsync("other", "that only to look is left", now => now is { CanAdd: false, Line: "up" });
        (await owner.PatchAsync(member, new { role = "editor" })).Is(200);
        await browser.UntilAsync("other", "that there is more again", now => now.CanAdd);
        // What was lost on the way is asked for again, and is there once.
        var lost = new { page = "owner", path = "/api/v1/tasks", status = 422, type = "application/problem+json", body = """{"detail":"The title is <i>too</i> long.","errors":[{"message":"Shorten it."}]}""" };
        await browser.DoAsync("answer", lost);
        await browser.DoAsync("add", new { page = "owner", title = "Feed the cat" });
        await browser.UntilAsync("owner", "what the server has against it", now => now.Problem == "The title is <i>too</i> long. Shorten it.");
        await browser.DoAsync("add", new { page = "owner", title = "Feed the cat" });
        await browser.UntilAsync("other", "the task", now => now.Shows("Feed the cat", "Water the plants"));

        (await owner.DeleteAsync(member)).Is(204);
        var removed = await browser.UntilAsync("other", "that they are out", now => now is { Line: "away", Pending: [], Done: [], CanAdd: false, Workspaces: [_] });
        Assert.Equal("Ya no estás en el espacio «Team».", removed.Problem);
        (await owner.PatchAsync($"{User.Tasks}/{task}?workspace_id={workspace}", new { title = "Not for everybody" })).Is(200);
        await browser.UntilAsync("owner", "what happens without them", now => now.Shows("Feed the cat", "Not for everybody"));
        await browser.DoAsync("choose", new { page = "other", name = removed.Workspaces[0] });
        await browser.UntilAsync("other", "their own workspace", now => now is { Line: "up", Pending: [], Problem: "" });
        await browser.DoAsync("signOut", new { page = "other" });
        await browser.UntilAsync("other", "the form", now => now is { AsksToSignIn: true, Workspaces: [], Focus: "email" });
        Assert.All(browser.Wrong, fault => Assert.Contains("status of 422", fault));
    }

    [Fact]
    public async Task A_line_that_was_cut_or_is_silent_comes_back_by_itself_and_misses_nothing()
    {
        await using var server = await QuehacerServer.StartAsync(("Live__HeartbeatSeconds", "1"));
        var user = await User.RegisterAsync(server);
        var (path, _) = await user.CreateAsync(new { title = "One" });
        await using var browser = Browser.Start(server);
        await browser.OpenAsync("page", user);
        await browser.UntilAsync("page", "what there is", now => now.Shows("One"));

        await server.KillAsync();
        var cut = await browser.UntilAsync("page", "that the line is down", now => now is { Line: "cut", Pending: [_] });
        Assert.Contains("out of date", cut.Said);
        await browser.DoAsync("add", new { page = "page", title = "Nobody hears" });
        await browser.UntilAsync("page", "that nobody hears", now => now.Problem.StartsWith("The server cannot be reached", StringComparison.Ordinal));
        await server.StartAgainAsync();
        await user.CreateAsync(new { title = "Two" });
        (await user.PostAsync($"{path}/complete")).Is(200);
        await browser.UntilAsync("page", "what has happened meanwhile", now => now.Shows("Two") && now is { Line: "up", Problem: "", Done: [{ Title: "One" }] });

        // It accepts connections, and says nothing: no line is cut.
        server.Freeze();
        await browser.UntilAsync("page", "that the line is dead", now => now.Line == "cut");
        server.Thaw();
        await browser.UntilAsync("page", "that it lives", now => now.Line == "up");
        (await user.PatchAsync(path, new { title = "The first" })).Is(200);
        await browser.UntilAsync("page", "what happens on it", now => now.Done is [{ Title: "The first" }]);

        await server.StopAsync();
        await browser.UntilAsync("page", "that the server has gone down", now => now.Line == "cut");
        await server.StartAgainAsync();
        await user.CreateAsync(new { title = "Three" });
        await browser.UntilAsync("page", "that it is up again", now => now.Shows("Three", "Two") && now.Line == "up");
        Assert.All(browser.Wrong, fault => Assert.Contains("Failed to load resource: net::ERR_", fault));
    }

    [Fact]
    public async Task A_token_that_is_over_is_renewed_and_a_session_that_is_over_is_told()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "One" });
        await using var browser = Browser.Start(shared.Server);
        await browser.OpenAsync("page", user);
        await browser.DoAsync("answer", new { page = "page", path = "/api/v1/auth/login", status = 200, type = "application/json", body = "{}" });

        // A request that is refused for its token is sent again with another one.
        const string expired = """{"code":"TOKEN_EXPIRED","detail":"The hour is over."}""";
        await browser.DoAsync("answer", new { page = "page", path = $"{path}/complete", status = 401, type = "application/problem+json", body = expired });
        await browser.DoAsync("tick", new { page = "page", title = "One" });
        await browser.UntilAsync("page", "that it is done", now => now is { Pending: [], Done: [{ Title: "One" }], Problem: "" });
        Assert.Equal(1, browser.Asked("POST /api/v1/auth/refresh"));

        // So is the line, which ends when the hour is over; and one whose place is lost begins anew.
        foreach (var (name, code) in new[] { ("end", "TOKEN_EXPIRED"), ("resync", "CURSOR_GONE") })
        {
            var streams = browser.Asked("GET /api/v1/stream");
            await browser.DoAsync("answer", new
            {
                page = "page", path = "/api/v1/stream", status = 200, type = "text/event-stream",
                body = $"retry: 100\n\nevent: {name}\nid: nowhere\ndata: {{\"code\":\"{code}\",\"detail\":\"\",\"cursor\":\"nowhere\"}}\n\nevent: ready\nid: nowhere\ndata: {{\"cursor\":\"nowhere\"}}\n\n",
            });
            await browser.DoAsync("choose", new { page = "page", name = (await browser.UntilAsync("page", "live", now => now.Line == "up")).Chosen });
            await user.CreateAsync(new { title = name });
            await browser.UntilAsync("page", $"that it goes on after {name}", now => now.Line == "up" && now.Pending is [{ } top, ..] && top.Title == name);
            Assert.Equal(streams + 2, browser.Asked("GET /api/v1/stream"));
        }
        Assert.Equal(2, browser.Asked("POST /api/v1/auth/refresh"));

        (await user.DeleteAsync("/api/v1/me/sessions")).Is(204);
        var over = await browser.UntilAsync("page", "that the session is over", now => now is { AsksToSignIn: true, Pending: [], Workspaces: [] });
        Assert.Equal("The session has ended. Sign in again.", over.Problem);
        // Who has a second factor gets no token for the password alone.
        await browser.SignInAsync("page", user.Email, User.Password);
        await browser.UntilAsync("page", "that a second factor is wanted", now => now is { AsksToSignIn: true } && now.Problem.Contains("second factor"));
        await browser.SignInAsync("page", user.Email, User.Password);
        await browser.UntilAsync("page", "that it is live again", now => now is { AsksToSignIn: false, Line: "up", Problem: "" });
        Assert.All(browser.Wrong, fault => Assert.Contains("status of 401", fault));
    }

    [Fact]
    public async Task Its_reader_of_events_reads_them_as_the_standard_says_however_they_are_cut()
    {
        var directory = Directory.CreateTempSubdirectory("quehacer-pages-");
        try
        {
            var module = Path.Combine(directory.FullName, "events.mjs");
            await File.WriteAllTextAsync(module, (await shared.Nobody().GetAsync("/live/events.js")).Is(200).Text);
            Assert.Equal("12 streams were read\n", await TypeScriptClientTests.RunAsync("node", Path.Combine(QuehacerServer.Repository, "tests", "browser", "events.mjs"), module));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task It_has_a_label_for_every_field_and_runs_nothing_but_its_own_modules()
    {
        var texts = new List<string>();
        foreach (var (path, language) in new[] { ("/live", "en"), ("/live?lang=es", "es"), ("/live/", "en") })
        {
            var answer = (await shared.Nobody().GetAsync(path, ("Accept", "text/html"))).Is(200);
            var html = XDocument.Parse(answer.Text).Root!;
            Assert.Equal(language, html.Attribute("lang")!.Value);
            Assert.Single(html.Descendants("noscript"));
            var labels = html.Descendants("label").Select(label => label.Attribute("for")!.Value).ToList();
            Assert.Equal(html.Descendants().Where(element => element.Name.LocalName is "input" or "select").Select(field => field.Attribute("id")!.Value), labels);
            Assert.All(html.Descendants("ul"), list => Assert.Single(html.Descendants("h2"), heading => heading.Attribute("id")!.Value == list.Attribute("aria-labelledby")!.Value));
            Assert.All(html.Descendants("button"), button => Assert.NotEmpty(button.Value));
            Assert.StartsWith(path == "/live/" ? "./../live/" : "./live/", Assert.Single(html.Descendants("script")).Attribute("src")!.Value);
            var policy = answer.Header("Content-Security-Policy")!;
            Assert.EndsWith("; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'", policy);
            Assert.DoesNotContain("unsafe", policy);
            var live = html.Descendants("div").Single(element => element.Attribute("id")?.Value == "live");
            Assert.Equal((path == "/live/" ? "./../" : "./", "15"), (live.Attribute("data-root")!.Value, live.Attribute("data-heartbeat")!.Value));
            if (path != "/live/")
            {
                texts.AddRange(live.Attributes().Select(attribute => attribute.Value).Where(text => text.Contains(' ')));
            }
        }
        Assert.Equal(texts.Distinct(), texts);
        foreach (var module in new[] { "live.js", "server.js", "events.js" })
        {
            var file = (await shared.Nobody().GetAsync($"/live/{module}")).Is(200);
            Assert.Equal("text/javascript; charset=utf-8", file.Header("Content-Type"));
            Assert.DoesNotContain("://", file.Text);
            Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval|localStorage|sessionStorage|document\\.cookie", file.Text);
        }
    }

    /// <summary>Orchestrators ask there whether the process lives.</summary>
    [Fact]
    public async Task Whoever_asks_for_no_page_is_told_that_the_server_is_alive()
    {
        foreach (var accept in new[] { null, "*/*", "application/json", "application/json, text/html;q=0.5" })
        {
            var answer = (await shared.Nobody().GetAsync("/live", accept is null ? [] : [("Accept", accept)])).Is(200);
            Assert.Equal("""{"status":"alive"}""", answer.Text);
            Assert.Contains("Accept", answer.Header("Vary")!);
        }
        Assert.IsType<JsonObject>((await shared.Nobody().GetAsync("/api/live", ("Accept", "text/html"))).Is(200).Json);
    }
}
