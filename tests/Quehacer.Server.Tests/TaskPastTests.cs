using System.Globalization;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Tasks as they were, over v1.</summary>
public sealed class TaskPastTests(SharedServer shared)
{
    /// <summary>Where a workspace of somebody's stands: their personal one, or the one that they share.</summary>
    private async Task<long> RevisionAsync(User owner, bool isPersonal = true) => long.Parse(
        await shared.Server.SqlAsync(
            $"SELECT w.revision FROM workspaces w JOIN accounts a ON a.user_id = w.owner_id WHERE a.email = '{owner.Email}' AND (w.workspace_id = a.workspace_id) = {isPersonal}"),
        CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_task_is_shown_as_it_was_at_a_revision_and_at_a_time()
    {
        var user = await shared.NewUserAsync();
        var category = (await user.PostAsync("/api/v1/categories", new { name = "Food" })).Is(201)["id"]!;
        var (path, made) = await user.CreateAsync(new { title = "Milk", tags = new[] { "home" }, category_id = category });
        var first = await RevisionAsync(user);
        await user.PostAsync(User.Tasks, new { title = "below", parent_id = (string)made["id"]! });
        (await user.PatchAsync(path, new { title = "Oats", tags = Array.Empty<string>() })).Is(200);
        var second = await RevisionAsync(user);
        await user.SendAsync("PATCH", $"/api/v1/tags/{(string)(await user.GetAsync("/api/v1/tags")).Is(200)["tags"]![0]!["id"]!}", new { name = "house" });
        (await user.DeleteAsync(path)).Is(204);

        var then = (await user.GetAsync($"{path}?as_of={first}")).Is(200);
        // What is known of it is all that it was; what was below it nobody knows.
        var expected = made.Json.AsObject();
        Assert.True(expected.Remove("subtask_count") && expected.Remove("subtasks_done"));
        expected["tags"] = new JsonArray("house");
        Assert.Equal(expected.ToJsonString(), then.Json.ToJsonString());
        Assert.Equal((null, null, "no-store"), (then.ETag, then.Header("Last-Modified"), then.Header("Cache-Control")));
        Assert.Equal("Oats", (string)(await user.GetAsync($"{path}?as_of={second}")).Is(200)["title"]!);
        Assert.Equal("Oats", (string)(await user.GetAsync($"/tasks/1?as_of={second}")).Is(200)["title"]!);
        (await user.GetAsync($"{path}?as_of={second + 3}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.GetAsync($"{path}?as_of={first - 1}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.GetAsync($"{path}?as_of=2001-02-03")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.SendAsync("HEAD", $"{path}?as_of={first}")).Is(200);

        Assert.Equal("""{"title":"Milk","category":{"name":"Food"}}""", (await user.GetAsync($"{path}?as_of={first}&fields=title,category.name")).Is(200).Text);
        var expanded = (await user.GetAsync($"{path}?as_of={first}&expand=category,tags")).Is(200);
        Assert.Equal(("Food", "house"), ((string)expanded["category"]!["name"]!, (string)expanded["tag_details"]![0]!["name"]!));
        foreach (var query in new[] { "expand=links", "fields=title,subtask_count", "fields=subtasks_done", "fields=_links.self" })
        {
            (await user.GetAsync($"{path}?as_of={first}&{query}")).IsInvalid(query.Split('=')[0], "NOT_OF_THE_PAST");
        }
    }

    [Fact]
    public async Task A_time_is_the_moment_at_which_all_has_happened_that_happened_then()
    {
        var user = await shared.NewUserAsync();
        var path = (await user.CreateAsync(new { title = "Milk" })).Path;
        (await user.PatchAsync(path, new { title = "Oats" })).Is(200);
        (await user.PatchAsync(path, new { title = "Rice" })).Is(200);
        await shared.Server.SqlAsync($"""
            UPDATE events SET at = timestamptz '2025-01-01T12:00:00.123Z' + (version - 1) * interval '1 day'
             WHERE type LIKE 'task.%' AND actor_id = (SELECT user_id FROM accounts WHERE email = '{user.Email}')
            """);
        foreach (var (time, title) in new[]
        {
            ("2025-01-01T12:00:00.123Z", "Milk"), ("2025-01-02T12:00:00.122Z", "Milk"), ("2025-01-02T00:00:00Z", "Milk"), ("2025-01-02T13:00:00.123%2B01:00", "Oats"), ("2025-01-02T13:00:00.123+01:00", "Oats"),
            ("2025-01-03", "Oats"), ("2025-01-04", "Rice"),
        })
        {
            Assert.Equal((time, title), (time, (string)(await user.GetAsync($"{path}?as_of={time}")).Is(200)["title"]!));
        }
        (await user.GetAsync($"{path}?as_of=2025-01-01T12:00:00.122Z")).Is(404);
        (await user.GetAsync($"{path}?as_of=2025-01-01")).Is(404);
    }

    [Fact]
    public async Task A_moment_that_cannot_be_read_or_has_not_come_is_refused()
    {
        var user = await shared.NewUserAsync();
        var path = (await user.CreateAsync(new { title = "Milk" })).Path;
        foreach (var nonsense in new[] { "", "yesterday", "-1", "1.5", "0x1", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "1e3" })
        {
            (await user.GetAsync($"{path}?as_of={nonsense}")).IsInvalid("as_of", "NOT_A_DATE");
        }
        foreach (var future in new[] { "1000000", "99999999999999999999999999", "2099-01-01T00:00:00Z", "2099-01-01" })
        {
            (await user.GetAsync($"{path}?as_of={future}")).IsInvalid("as_of", "NOT_YET");
        }
        (await user.GetAsync($"{path}?as_of=1&as_of=2")).IsInvalid("as_of", "REPEATED");
        (await user.GetAsync($"{User.Tasks}?as_of=1")).IsInvalid("as_of", "UNKNOWN");
        Assert.Contains("la última es", (string)(await user.GetAsync($"{path}?as_of=1000000", ("Accept-Language", "es"))).Is(422)["detail"]!);
        var revision = await RevisionAsync(user);
        // Nobody changes the past, so no state of now is its tag.
        var now = (await user.GetAsync(path)).Is(200);
        Assert.Equal("Milk", (string)(await user.GetAsync($"{path}?as_of={revision}", ("If-None-Match", now.ETag!))).Is(200)["title"]!);
        (await user.GetAsync($"{path}?as_of={revision}", ("If-Match", now.ETag!))).Is(412);
    }

    [Fact]
    public async Task Viewers_see_what_was_and_strangers_see_nothing()
    {
        var (ana, ben) = (await shared.VerifiedAsync(await shared.NewUserAsync()), await shared.VerifiedAsync(await shared.NewUserAsync()));
        var workspace = (string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
        var invitation = (string)(await ana.PostAsync($"/api/v1/workspaces/{workspace}/invitations", new { email = ben.Email, role = "viewer" })).Is(201)["id"]!;
        (await ben.PostAsync($"/api/v1/me/invitations/{invitation}/accept")).Is(200);
        var path = $"{User.Tasks}/{(string)(await ana.PostAsync($"{User.Tasks}?workspace_id={workspace}", new { title = "Milk" })).Is(201)["id"]!}";
        var revision = await RevisionAsync(ana, isPersonal: false);
        Assert.Equal("Milk", (string)(await ben.GetAsync($"{path}?workspace_id={workspace}&as_of={revision}")).Is(200)["title"]!);
        var stranger = await shared.NewUserAsync();
        (await stranger.GetAsync($"{path}?workspace_id={workspace}&as_of={revision}")).Is(404);
        (await stranger.GetAsync($"{path}?as_of=1")).Is(404);
    }
}
