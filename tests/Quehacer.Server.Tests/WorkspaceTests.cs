using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Workspaces over v1.</summary>
public sealed class WorkspaceTests(SharedServer shared)
{
    private const string Workspaces = "/api/v1/workspaces";

    private static async Task<string> FoundAsync(User user, string name = "Home") => (string)(await user.PostAsync(Workspaces, new { name })).Is(201)["id"]!;

    [Fact]
    public async Task Half_of_a_surrogate_pair_is_none_of_the_words()
    {
        var ana = await shared.NewUserAsync();
        var own = $"/api/v1/workspaces/{(string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Garden" })).Is(201)["id"]!}";
        var (path, made) = await ana.CreateAsync(new { title = "Milk" });
        var member = $"{own}/members/{(string)(await ana.GetAsync("/api/v1/me")).Is(200)["id"]!}";
        foreach (var (method, address, body, field) in new[]
        {
            ("POST", $"{own}/invitations", """{"email":"bea@example.com","role":"\ud800"}""", "role"),
            ("PATCH", member, """{"role":"\ud800"}""", "role"),
            ("POST", $"{own}/service-accounts", $$"""{"name":"Robot","role":"\ud800","current_password":"{{User.Password}}"}""", "role"),
            ("POST", $"{path}/complete", """{"subtasks":"\ud800"}""", "subtasks"),
            ("POST", $"{path}/move", """{"to":"\ud800"}""", "to"),
            ("POST", $"{path}/transfer", $$"""{"workspace_id":"{{own[19..]}}","subtasks":"\ud800"}""", "subtasks"),
        })
        {
            (await ana.SendAsync(method, address, body)).IsInvalid(field, "NOT_ONE_OF");
        }
        foreach (var operation in new[] { """{"op":"\ud800"}""", $$"""{"op":"delete","id":"{{made["id"]}}","subtasks":"\ud800"}""" })
        {
            Assert.DoesNotContain("INTERNAL", (await ana.PostAsync("/api/v1/tasks/batch", $$"""{"operations":[{{operation}}]}""")).Text);
        }
        (await ana.GetAsync(path)).Is(200);
    }

    [Fact]
    public async Task Every_link_of_a_list_leads_to_a_page_of_it()
    {
        var ana = await shared.NewUserAsync();
        var own = $"/api/v1/workspaces/{(string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Garden" })).Is(201)["id"]!}";
        (await ana.PostAsync($"{own}/invitations", new { email = "bea@example.com", role = "viewer" })).Is(201);
        foreach (var list in new[] { "/api/v1/workspaces?limit=1", $"{own}/members?include_total=true", $"{own}/invitations", "/api/v1/me/invitations" })
        {
            var page = (await ana.GetAsync(list)).Is(200);
            foreach (var (_, link) in page["_links"]!.AsObject())
            {
                (await ana.GetAsync((string)link!)).Is(200);
            }
            Assert.Equal(page.Text, (await ana.GetAsync((string)page["_links"]!["self"]!)).Text);
        }
    }

    [Fact]
    public async Task A_workspace_lives_its_whole_life()
    {
        var ana = await shared.NewUserAsync();
        var made = (await ana.PostAsync(Workspaces, new { name = "  Home  base " })).Is(201);
        Assert.Matches("^ws_[0-9a-z]{26}$", (string)made["id"]!);
        Assert.Equal(("Home  base", false, "owner", 1, 1), ((string)made["name"]!, (bool)made["personal"]!, (string)made["role"]!, (int)made["member_count"]!, (int)made["version"]!));
        Assert.Equal($"{Workspaces}/{made["id"]}", made.Header("Location"));
        var at = $"{Workspaces}/{made["id"]}";

        var seen = (await ana.GetAsync(at)).Is(200);
        Assert.Equal(made.Header("ETag"), seen.Header("ETag"));
        (await ana.GetAsync(at, ("If-None-Match", seen.Header("ETag")!))).Is(304);
        (await ana.PatchAsync(at, new { name = "Household", version = 2 })).IsProblem(412, "PRECONDITION_FAILED");
        var renamed = (await ana.PatchAsync(at, new { name = "Household" }, ("If-Match", seen.Header("ETag")!))).Is(200);
        Assert.Equal(("Household", 2), ((string)renamed["name"]!, (int)renamed["version"]!));
        (await ana.PatchAsync(at, new { name = "Third" }, ("If-Match", seen.Header("ETag")!))).IsProblem(412, "PRECONDITION_FAILED");
        // What was read can be put back.
        Assert.Equal(2, (int)(await ana.PatchAsync(at, renamed.Json)).Is(200)["version"]!);

        var list = (await ana.GetAsync($"{Workspaces}?include_total=true")).Is(200);
        Assert.Equal([true, false], list["workspaces"]!.AsArray().Select(workspace => (bool)workspace!["personal"]!));
        Assert.Equal(2, (int)list["pagination"]!["total"]!);

        var task = (await ana.PostAsync($"{User.Tasks}?workspace_id={made["id"]}", new { title = "Buy milk" })).Is(201);
        Assert.NotNull((await ana.PostAsync($"{at}/archive", null)).Is(200)["archived_at"]);
        (await ana.PostAsync($"{User.Tasks}?workspace_id={made["id"]}", new { title = "Too late" })).IsProblem(409, "WORKSPACE_ARCHIVED");
        (await ana.PatchAsync($"{User.Tasks}/{task["id"]}?workspace_id={made["id"]}", new { title = "Too late" })).IsProblem(409, "WORKSPACE_ARCHIVED");
        (await ana.PostAsync($"/api/v1/tags?workspace_id={made["id"]}", new { name = "late" })).IsProblem(409, "WORKSPACE_ARCHIVED");
        Assert.Equal("Buy milk", (string)(await ana.GetAsync($"{User.Tasks}/1?workspace_id={made["id"]}")).Is(200)["title"]!);
        Assert.Single((await ana.GetAsync(Workspaces)).Is(200)["workspaces"]!.AsArray());
        Assert.Null((await ana.PostAsync($"{at}/unarchive", null)).Is(200)["archived_at"]);
        (await ana.PatchAsync($"{User.Tasks}/1?workspace_id={made["id"]}", new { title = "In time" })).Is(200);
    }

    [Fact]
    public async Task Every_address_of_what_is_in_a_workspace_takes_its_id_and_names_it_again()
    {
        var ana = await shared.NewUserAsync();
        var home = await FoundAsync(ana);
        var at = $"?workspace_id={home}";
        await ana.CreateAsync(new { title = "Mine alone" });
        var task = (await ana.PostAsync(User.Tasks + at, new { title = "Ours", tags = new[] { "home" } })).Is(201);
        Assert.Equal($"{User.Tasks}/{task["id"]}{at}", task.Header("Location"));
        (await ana.GetAsync(task.Header("Location")!)).Is(200);
        (await ana.GetAsync($"{User.Tasks}/{task["id"]}")).Is(404);
        var note = (await ana.PostAsync($"{User.Tasks}/1/notes{at}", new { text = "Said" })).Is(201);
        (await ana.GetAsync(note.Header("Location")!)).Is(200);
        var tag = (await ana.PostAsync($"/api/v1/tags{at}", new { name = "work" })).Is(201);
        (await ana.GetAsync(tag.Header("Location")!)).Is(200);
        (await ana.PostAsync($"{User.Tasks}/batch{at}", new { operations = new[] { new { op = "create", task = new { title = "Second" } } } })).Is(200);
        Assert.Equal(2, (int)(await ana.PatchAsync($"{User.Tasks}{at}&status=pending", new { priority = "high" })).Is(200)["changed"]!);

        var list = (await ana.GetAsync($"{User.Tasks}{at}&limit=1&sort=title&expand=links")).Is(200);
        Assert.Equal(2, (int)list["pagination"]!["total"]!);
        var first = Assert.Single(list["tasks"]!.AsArray())!;
        foreach (var link in new[] { (string)list["_links"]!["next"]!, (string)list["_links"]!["self"]!, (string)first["_links"]!["self"]!, (string)first["_links"]!["notes"]! })
        {
            Assert.Contains($"workspace_id={home}", link);
            (await ana.GetAsync(link)).Is(200);
        }
        // A cursor is of its workspace.
        (await ana.GetAsync($"{User.Tasks}?limit=1&sort=title&cursor={list["pagination"]!["next_cursor"]}")).IsInvalid("cursor");
        Assert.Single((await ana.GetAsync(User.Tasks)).Is(200)["tasks"]!.AsArray());
        Assert.Single((await ana.GetAsync($"/tasks{at}&limit=1")).Is(200)["tasks"]!.AsArray());
        Assert.Equal(2, (await ana.GetAsync($"/api/v1/tags{at}")).Is(200)["tags"]!.AsArray().Count);
        Assert.Empty((await ana.GetAsync("/api/v1/tags")).Is(200)["tags"]!.AsArray());
        // tareas and the envelope know none but the personal one.
        Assert.Single((await ana.GetAsync($"/api/tareas{at}")).Is(200)["tasks"]!.AsArray());
    }

    [Theory]
    [InlineData("workspace_id=")]
    [InlineData("workspace_id=nonsense")]
    [InlineData("workspace_id=task_01h455vb4pex5vsknk084sn02q")]
    [InlineData("workspace_id=ws_01h455vb4pex5vsknk084sn02q&workspace_id=ws_01h455vb4pex5vsknk084sn02q")]
    public async Task A_parameter_that_names_no_workspace_is_refused_by_name(string query)
    {
        var ana = await shared.NewUserAsync();
        (await ana.GetAsync($"{User.Tasks}?{query}")).IsInvalid("workspace_id");
        (await ana.PostAsync($"{User.Tasks}?{query}", new { title = "Nowhere" })).IsInvalid("workspace_id");
        // Where nothing is in a workspace, it is a parameter like any other that is not known.
        (await ana.GetAsync($"/api/v1/me?{query}")).Is(422);
    }

    [Fact]
    public async Task What_a_stranger_names_is_not_there()
    {
        var (ana, eva) = (await shared.NewUserAsync(), await shared.NewUserAsync());
        var home = await FoundAsync(ana);
        var task = (await ana.PostAsync($"{User.Tasks}?workspace_id={home}", new { title = "Ours" })).Is(201);
        foreach (var path in new[] { User.Tasks, $"{User.Tasks}/{task["id"]}", $"{User.Tasks}/1", "/api/v1/tags", "/api/v1/categories", $"{User.Tasks}/1/notes" })
        {
            (await eva.GetAsync($"{path}?workspace_id={home}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        }
        (await eva.GetAsync($"{Workspaces}/{home}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await eva.PatchAsync($"{Workspaces}/{home}", new { name = "Mine" })).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await eva.PostAsync($"{Workspaces}/{home}/archive", null)).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await eva.PostAsync($"{User.Tasks}?workspace_id={home}", new { title = "Mine" })).IsProblem(404, "RESOURCE_NOT_FOUND");
        // Neither is somebody else's personal one.
        var personal = (string)(await ana.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        (await eva.GetAsync($"{User.Tasks}?workspace_id={personal}")).IsProblem(404, "RESOURCE_NOT_FOUND");
    }

    [Fact]
    public async Task A_personal_workspace_can_be_renamed_and_not_archived()
    {
        var ana = await shared.NewUserAsync();
        var personal = (string)(await ana.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        Assert.Equal("Personal", (string)(await ana.GetAsync($"{Workspaces}/{personal}")).Is(200)["name"]!);
        (await ana.PatchAsync($"{Workspaces}/{personal}", new { name = "Mine" })).Is(200);
        (await ana.PostAsync($"{Workspaces}/{personal}/archive", null)).IsProblem(409, "WORKSPACE_IS_PERSONAL");
        (await ana.GetAsync($"{User.Tasks}?workspace_id={personal}")).Is(200);
    }

    [Fact]
    public async Task Names_are_bounded_and_members_that_are_not_known_are_refused()
    {
        var ana = await shared.NewUserAsync();
        (await ana.PostAsync(Workspaces, new { })).IsInvalid("name");
        (await ana.PostAsync(Workspaces, new { name = " " })).IsInvalid("name");
        (await ana.PostAsync(Workspaces, new { name = new string('x', 101) })).IsInvalid("name");
        (await ana.PostAsync(Workspaces, new { name = string.Concat(Enumerable.Repeat("🏡", 100)) })).Is(201);
        (await ana.PostAsync(Workspaces, new { name = "Home", nmae = "x" })).IsInvalid("nmae");
        (await ana.GetAsync($"{Workspaces}?limit=101")).IsInvalid("limit");
        (await ana.GetAsync($"{Workspaces}?cursor=nonsense")).IsInvalid("cursor");
        (await ana.GetAsync($"{Workspaces}/nonsense")).Is(404);
    }
}
