using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Who does a task, in which workspace it is, and how it comes into another one, over v1.</summary>
public sealed class TransferTests(SharedServer shared)
{
    private const string Workspaces = "/api/v1/workspaces";

    private static async Task<string> FoundAsync(User user) => (string)(await user.PostAsync(Workspaces, new { name = "Away" })).Is(201)["id"]!;

    private static async Task<(string Id, string WorkspaceId)> MeAsync(User user) =>
        (await user.GetAsync("/api/v1/me")).Is(200) is var me ? ((string)me["id"]!, (string)me["workspace_id"]!) : default;

    private static async Task<string[]> TitlesAsync(User user, string query) =>
        [.. (await user.GetAsync($"{User.Tasks}?{query}&sort=number")).Is(200)["tasks"]!.AsArray().Select(task => (string)task!["title"]!)];

    [Fact]
    public async Task A_task_says_who_does_it_and_is_found_by_it()
    {
        var (ana, bob) = (await shared.NewUserAsync(), await shared.NewUserAsync());
        var ((me, home), (stranger, _)) = (await MeAsync(ana), await MeAsync(bob));
        var made = (await ana.PostAsync(User.Tasks, new { title = "mine", assignee_id = me })).Is(201);
        Assert.Equal((me, home), ((string)made["assignee_id"]!, (string)made["workspace_id"]!));
        var other = (await ana.PostAsync(User.Tasks, new { title = "nobody's" })).Is(201);
        Assert.Null(other["assignee_id"]);
        Assert.Equal(["mine"], await TitlesAsync(ana, "assignee_id=me"));
        Assert.Equal(["mine"], await TitlesAsync(ana, $"assignee_id={me}"));
        Assert.Equal(["nobody's"], await TitlesAsync(ana, "assignee_id=none"));
        Assert.Empty(await TitlesAsync(ana, $"assignee_id={stranger}"));
        Assert.Equal($$"""{"assignee_id":"{{me}}"}""", (await ana.GetAsync($"{User.Tasks}/1?fields=assignee_id")).Is(200).Text);

        // An account that is not here and one that is nowhere are the same; so are the three ways to write.
        foreach (var nobody in new[] { stranger, "user_01h455vb4pex5vsknk084sn02q" })
        {
            foreach (var refused in new[]
            {
                await ana.PostAsync(User.Tasks, new { title = "x", assignee_id = nobody }), await ana.PatchAsync($"{User.Tasks}/2", new { assignee_id = nobody }),
                await ana.PatchAsync($"{User.Tasks}?assignee_id=none", new { assignee_id = nobody }),
            })
            {
                refused.IsInvalid("assignee_id", "NO_SUCH_THING");
            }
        }
        (await ana.PatchAsync($"{User.Tasks}/2", new { assignee_id = "me" })).IsInvalid("assignee_id");
        (await ana.GetAsync($"{User.Tasks}?assignee_id=ana")).IsInvalid("assignee_id");

        var batch = (await ana.PostAsync($"{User.Tasks}/batch", new { operations = new object[] { new { op = "create", task = new { title = "third", assignee_id = me } }, new { op = "update", id = 1, task = new { assignee_id = (string?)null } } } })).Is(200);
        Assert.Equal([me, null], batch["results"]!.AsArray().Select(result => (string?)result!["task"]!["assignee_id"]));
        Assert.Equal(2, (int)(await ana.PatchAsync($"{User.Tasks}?assignee_id=none", new { assignee_id = me })).Is(200)["changed"]!);
        Assert.Equal(3, (await TitlesAsync(ana, "assignee_id=me")).Length);
        var csv = (await ana.GetAsync($"{User.Tasks}?fields=title,assignee_id,workspace_id&sort=number", ("Accept", "text/csv"))).Is(200).Text;
        Assert.StartsWith($"title,assignee_id,workspace_id\r\nmine,{me},{home}\r\n", csv);
        var rows = (await ana.GetAsync($"{User.Tasks}?sort=number", ("Accept", "application/x-ndjson"))).Is(200).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(rows, row => Assert.Equal((me, home), ((string)JsonNode.Parse(row)!["assignee_id"]!, (string)JsonNode.Parse(row)!["workspace_id"]!)));

        // The others do not know of it, and leave it.
        (await ana.PutAsync($"/api/tareas/{(string)(await ana.GetAsync($"{User.Tasks}/1")).Is(200)["id"]!}", new { title = "por tareas" })).Is(200);
        (await ana.PutAsync("/tasks/task/1", new { title = "by the envelope" })).Is(200);
        var seen = (await ana.GetAsync($"{User.Tasks}/1")).Is(200);
        Assert.Equal(("by the envelope", me), ((string)seen["title"]!, (string)seen["assignee_id"]!));
    }

    [Fact]
    public async Task A_task_is_made_in_the_workspace_that_is_named_once_and_no_change_moves_it()
    {
        var ana = await shared.NewUserAsync();
        var (_, home) = await MeAsync(ana);
        var away = await FoundAsync(ana);
        var at = $"?workspace_id={away}";
        var made = (await ana.PostAsync(User.Tasks, new { title = "there", workspace_id = away })).Is(201);
        Assert.Equal((away, $"{User.Tasks}/{made["id"]}{at}"), ((string)made["workspace_id"]!, made.Header("Location")));
        (await ana.GetAsync(made.Header("Location")!)).Is(200);
        (await ana.PostAsync(User.Tasks + at, new { title = "there too", workspace_id = away })).Is(201);
        Assert.Equal(home, (string)(await ana.PostAsync(User.Tasks, new { title = "here", workspace_id = (string?)null })).Is(201)["workspace_id"]!);
        (await ana.PostAsync(User.Tasks + at, new { title = "x", workspace_id = home })).IsInvalid("workspace_id", "CONTRADICTION");
        (await ana.PostAsync(User.Tasks, new { title = "x", workspace_id = "away" })).IsInvalid("workspace_id");
        (await ana.PostAsync(User.Tasks, new { title = "x", workspace_id = "ws_01h455vb4pex5vsknk084sn02q" })).IsProblem(404, "RESOURCE_NOT_FOUND");

        // What was read is put back; another place is refused, and the way there is told.
        (await ana.PutAsync($"{User.Tasks}/1{at}", (await ana.GetAsync($"{User.Tasks}/1{at}")).Is(200).Json)).Is(200);
        var refused = await ana.PatchAsync($"{User.Tasks}/1{at}", new { workspace_id = home });
        refused.IsInvalid("workspace_id", "OTHER_WORKSPACE");
        Assert.Contains("/transfer", refused.Text);
        (await ana.PostAsync($"{User.Tasks}/batch{at}", new { operations = new[] { new { op = "create", task = new { title = "x", workspace_id = home } } } })).IsInvalid("operations[0].workspace_id");
        (await ana.PostAsync($"{User.Tasks}/batch{at}", new { operations = new[] { new { op = "create", task = new { title = "x", workspace_id = away } } } })).Is(200);
        (await ana.PatchAsync($"{User.Tasks}{at}&status=pending", new { workspace_id = away })).IsInvalid("workspace_id");
    }

    [Fact]
    public async Task A_task_is_moved_and_the_answer_says_where_it_is()
    {
        var ana = await shared.NewUserAsync();
        var away = await FoundAsync(ana);
        var at = $"?workspace_id={away}";
        var task = (await ana.PostAsync(User.Tasks, new { title = "Go camping", tags = new[] { "travel" } })).Is(201);
        var (one, there) = ($"{User.Tasks}/{task["id"]}", $"{User.Tasks}/{task["id"]}{at}");
        await ana.CreateAsync(new { title = "Air the tent", parent_id = (string)task["id"]! });
        var note = (await ana.PostAsync($"{one}/notes", new { text = "The lake." })).Is(201);
        var (hereBefore, thereBefore) = ((await ana.GetAsync(User.Tasks)).Is(200).Header("ETag"), (await ana.GetAsync(User.Tasks + at)).Is(200).Header("ETag"));

        (await ana.PostAsync($"{one}/transfer", new { workspace_id = away }, ("If-Match", "\"another\""))).IsProblem(412, "PRECONDITION_FAILED");
        (await ana.PostAsync($"{one}/transfer", new { workspace_id = away, version = 2 })).IsProblem(412, "PRECONDITION_FAILED");
        (await ana.PostAsync($"{one}/transfer", new { workspace_id = away, subtasks = "refuse" })).IsInvalid("subtasks", "SUBTASKS_LEFT");
        (await ana.PostAsync($"{one}/transfer", new { workspace_id = away, subtasks = "keep" })).IsInvalid("subtasks");
        (await ana.PostAsync($"{one}/transfer", new { subtasks = "follow" })).IsInvalid("workspace_id");
        (await ana.PostAsync($"{one}/transfer", new { workspace_id = (await MeAsync(ana)).WorkspaceId })).IsInvalid("workspace_id");
        (await ana.PostAsync($"{one}/transfer", new { workspace_id = away, to = "first" })).IsInvalid("to");
        (await ana.PostAsync($"{one}/transfer", new { workspace_id = (await MeAsync(await shared.NewUserAsync())).WorkspaceId })).IsProblem(404, "RESOURCE_NOT_FOUND");

        var seen = (await ana.GetAsync(one)).Is(200);
        var key = ("Idempotency-Key", "\"move\"");
        var moved = (await ana.PostAsync($"{one}/transfer", new { workspace_id = away }, key, ("If-Match", seen.Header("ETag")!))).Is(200);
        Assert.Equal((there, away, 2, 1), (moved.Header("Content-Location"), (string)moved["workspace_id"]!, (int)moved["version"]!, (int)moved["subtask_count"]!));
        var read = (await ana.GetAsync(there)).Is(200);
        Assert.Equal((moved.Text, moved.Header("ETag")), (read.Text, read.Header("ETag")));
        (await ana.GetAsync(one)).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await ana.PatchAsync(one, new { title = "x" })).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await ana.GetAsync($"{one}/notes/{note["id"]}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        Assert.Equal("The lake.", (string)(await ana.GetAsync($"{one}/notes/{note["id"]}{at}")).Is(200)["text"]!);
        var again = (await ana.PostAsync($"{one}/transfer", new { workspace_id = away }, key, ("If-Match", seen.Header("ETag")!))).Is(200);
        Assert.Equal(("true", moved.Text), (again.Header("Idempotent-Replayed"), again.Text));
        Assert.NotEqual(hereBefore, (await ana.GetAsync(User.Tasks, ("If-None-Match", hereBefore!))).Is(200).Header("ETag"));
        Assert.NotEqual(thereBefore, (await ana.GetAsync(User.Tasks + at, ("If-None-Match", thereBefore!))).Is(200).Header("ETag"));
        Assert.Equal(2, (int)(await ana.GetAsync(User.Tasks + at)).Is(200)["pagination"]!["total"]!);

        // By its number, at the other path, and back.
        var back = (await ana.PostAsync($"/tasks/1/transfer{at}", new { workspace_id = (await MeAsync(ana)).WorkspaceId })).Is(200);
        Assert.StartsWith($"/tasks/{task["id"]}?workspace_id=ws_", back.Header("Content-Location"));
        Assert.Equal((3, 3), ((int)back["version"]!, (int)back["number"]!));
        (await ana.GetAsync(one)).Is(200);
        (await ana.PostAsync($"{Workspaces}/{away}/archive", null)).Is(200);
        (await ana.PostAsync($"{one}/transfer", new { workspace_id = away })).IsProblem(409, "WORKSPACE_ARCHIVED");
    }
}
