using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class SubtaskTests(SharedServer shared)
{
    private static string Titles(Answer list) => string.Join('|', list["tasks"]!.AsArray().Select(task => (string)task!["title"]!));

    private static async Task<string> OrderAsync(Client user, string query = "") => Titles((await user.GetAsync($"{User.Tasks}?sort=position&limit=100{query}")).Is(200));

    [Fact]
    public async Task A_parent_is_named_by_any_of_its_names_and_shown_by_its_id()
    {
        var user = await shared.NewUserAsync();
        var (_, trip) = await user.CreateAsync(new { title = "trip", parent_id = (string?)null });
        Assert.Equal((null, 0, 0, "a1i"), ((string?)trip["parent_id"], (int)trip["subtask_count"]!, (int)trip["subtasks_done"]!, (string)trip["position"]!));
        var id = (string)trip["id"]!;
        var (path, child) = await user.CreateAsync(new { title = "by id", parent_id = id });
        foreach (object name in new object[] { 1, "1" })
        {
            Assert.Equal(id, (string)(await user.CreateAsync(new { title = $"by {name}", parent_id = name })).Answer["parent_id"]!);
        }
        Assert.Equal((3, 0), ((int)(await user.GetAsync($"{User.Tasks}/1"))["subtask_count"]!, (int)(await user.GetAsync($"{User.Tasks}/1"))["subtasks_done"]!));

        // What was read can be put back, with the members that nobody writes.
        var same = (await user.PutAsync(path, child.Text)).Is(200);
        Assert.Equal((child.Text, child.ETag), (same.Text, same.ETag));
        Assert.Null((string?)(await user.PatchAsync(path, new { parent_id = (string?)null })).Is(200)["parent_id"]);
        Assert.Equal("trip|by id", Titles((await user.GetAsync($"{User.Tasks}?parent_id=none&sort=number")).Is(200)));
        foreach (var name in new[] { id, "1" })
        {
            var list = (await user.GetAsync($"{User.Tasks}?parent_id={name}&sort=title&limit=1")).Is(200);
            Assert.Equal(("by 1", "2"), (Titles(list), list.Header("X-Total-Count")));
            var next = (string)list["pagination"]!["next_cursor"]!;
            Assert.Equal("by 1", Titles((await user.GetAsync($"{User.Tasks}?parent_id={name}&sort=title&limit=1&cursor={next}")).Is(200)));
            (await user.GetAsync($"{User.Tasks}?parent_id=none&sort=title&limit=1&cursor={next}")).IsInvalid("cursor", "INVALID_CURSOR");
        }
        Assert.Equal("", Titles((await user.GetAsync($"{User.Tasks}?parent_id=999")).Is(200)));
        (await user.GetAsync($"{User.Tasks}?parent_id=x")).IsInvalid("parent_id", "NOT_AN_ID");

        var csv = (await user.GetAsync($"{User.Tasks}?sort=position&fields=title,parent_id,subtask_count,subtasks_done,position", ("Accept", "text/csv"))).Is(200);
        Assert.Equal($"title,parent_id,subtask_count,subtasks_done,position\r\ntrip,,2,0,a1i\r\nby id,,0,0,a2i\r\nby 1,{id},0,0,a3i\r\nby 1,{id},0,0,a4i\r\n", csv.Text);
    }

    [Fact]
    public async Task Bad_parents_are_refused_with_a_sentence_in_two_languages()
    {
        var user = await shared.NewUserAsync();
        var (trip, _) = await user.CreateAsync(new { title = "trip" });
        await user.CreateAsync(new { title = "tent", parent_id = 1 });
        (await user.PostAsync(User.Tasks, new { title = "x", parent_id = "999" })).IsInvalid("parent_id", "NO_SUCH_THING");
        foreach (object? wrong in new object[] { "x", 0, 1.5, true, new { }, "01" })
        {
            (await user.PostAsync(User.Tasks, new { title = "x", parent_id = wrong })).IsInvalid("parent_id", "NOT_AN_ID");
        }
        (await user.PatchAsync(trip, new { parent_id = 1 })).IsInvalid("parent_id", "CYCLE");
        Assert.Contains("debajo", (string)(await user.PatchAsync(trip, new { parent_id = 2 }, ("Accept-Language", "es"))).IsInvalid("parent_id", "CYCLE")["message"]!);
        for (var level = 3; level <= 5; level++)
        {
            await user.CreateAsync(new { title = $"level {level}", parent_id = level - 1 });
        }
        Assert.Contains("5 levels", (string)(await user.PostAsync(User.Tasks, new { title = "x", parent_id = 5 })).IsInvalid("parent_id", "TOO_DEEP")["message"]!);
        // All that is wrong is said at once.
        var both = await user.PostAsync(User.Tasks, new { title = "", parent_id = 5 });
        both.IsInvalid("parent_id", "TOO_DEEP");
        both.IsInvalid("title", "REQUIRED");
    }

    [Fact]
    public async Task The_tag_of_a_parent_is_that_of_its_subtasks_too()
    {
        var user = await shared.NewUserAsync();
        var (trip, alone) = await user.CreateAsync(new { title = "trip" });
        var (tent, _) = await user.CreateAsync(new { title = "tent", parent_id = 1 });
        var before = (await user.GetAsync(trip)).Is(200);
        Assert.NotEqual(alone.ETag, before.ETag);
        Assert.Equal(((string?)alone["updated_at"], 1), ((string?)before["updated_at"], (int)before["version"]!));
        (await user.GetAsync(trip, ("If-None-Match", before.ETag!))).Is(304);
        (await user.GetAsync(trip, ("If-None-Match", alone.ETag!))).Is(200);

        (await user.PostAsync($"{tent}/complete")).Is(200);
        var after = (await user.GetAsync(trip, ("If-None-Match", before.ETag!))).Is(200);
        Assert.NotEqual(before.ETag, after.ETag);
        var refused = (await user.PatchAsync(trip, new { title = "journey" }, ("If-Match", before.ETag!))).IsProblem(412, "PRECONDITION_FAILED");
        Assert.Equal(after.ETag, refused.ETag);
        var changed = (await user.PatchAsync(trip, new { title = "journey" }, ("If-Match", after.ETag!))).Is(200);
        Assert.Equal((1, 1, 2), ((int)changed["subtask_count"]!, (int)changed["subtasks_done"]!, (int)changed["version"]!));
        (await user.GetAsync(trip, ("If-None-Match", changed.ETag!))).Is(304);
        // The version is the parent's own.
        (await user.PostAsync($"{tent}/reopen")).Is(200);
        (await user.PatchAsync(trip, new { title = "trip", version = 2 })).Is(200);
        // A date that was told before the subtask changed is over.
        (await user.GetAsync(trip, ("If-Unmodified-Since", "Sat, 21 Nov 2020 08:30:00 GMT"))).Is(412);
        (await user.DeleteAsync(tent)).Is(204);
        Assert.Equal(4, (await user.GetAsync(trip)).ETag!.Split('.').Length);
    }

    [Fact]
    public async Task Completing_and_deleting_say_what_becomes_of_subtasks()
    {
        var user = await shared.NewUserAsync();
        var (trip, _) = await user.CreateAsync(new { title = "trip" });
        await user.CreateAsync(new { title = "food", parent_id = 1 });
        await user.CreateAsync(new { title = "bread", parent_id = 2 });

        Assert.Contains("2", (string)(await user.PostAsync($"{trip}/complete", new { subtasks = "refuse" })).IsInvalid("subtasks", "SUBTASKS_LEFT")["message"]!);
        foreach (object wrong in new object[] { "delete", "x", 1, true })
        {
            (await user.PostAsync($"{trip}/complete", new { subtasks = wrong })).IsInvalid("subtasks", "NOT_ONE_OF");
        }
        (await user.PostAsync($"{trip}/complete", new { subtask = "keep" })).IsInvalid("subtask", "UNKNOWN");
        (await user.PostAsync($"{trip}/reopen", new { subtasks = "keep" })).IsInvalid("subtasks", "UNKNOWN");
        Assert.Equal((1, 0), ((int)(await user.PostAsync($"{trip}/complete")).Is(200)["subtask_count"]!, (int)(await user.GetAsync(trip))["subtasks_done"]!));
        var key = ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");
        var done = (await user.PostAsync($"{trip}/complete", new { subtasks = "complete" }, key)).Is(200);
        Assert.Equal("3", (await user.GetAsync($"{User.Tasks}?status=done")).Is(200).Header("X-Total-Count"));
        var again = (await user.PostAsync($"{trip}/complete", new { subtasks = "complete" }, key)).Is(200);
        Assert.True(again.IsReplay);
        Assert.Equal((done.Text, done.ETag), (again.Text, again.ETag));

        (await user.DeleteAsync($"{trip}?subtasks=refuse")).IsInvalid("subtasks", "SUBTASKS_LEFT");
        (await user.DeleteAsync($"{trip}?subtasks=complete")).IsInvalid("subtasks", "NOT_ONE_OF");
        (await user.DeleteAsync($"{trip}?subtask=keep")).IsInvalid("subtask", "UNKNOWN");
        (await user.DeleteAsync(trip)).Is(204);
        Assert.Null((string?)(await user.GetAsync($"{User.Tasks}/2")).Is(200)["parent_id"]);
        (await user.PostAsync($"{trip}/restore")).Is(200);
        Assert.Equal((string)done["id"]!, (string)(await user.GetAsync($"{User.Tasks}/2")).Is(200)["parent_id"]!);
        (await user.DeleteAsync($"{trip}?subtasks=delete")).Is(204);
        Assert.Equal("", await OrderAsync(user));
        Assert.Equal("trip|food|bread", await OrderAsync(user, "&include_deleted=true"));

        var batch = (await user.PostAsync($"{User.Tasks}/batch", JsonNode.Parse("""
            {"atomic":false,"operations":[{"op":"restore","id":1},{"op":"restore","id":2},{"op":"complete","id":1,"subtasks":"refuse"},{"op":"reopen","id":2},{"op":"complete","id":1,"subtasks":"refuse"},
             {"op":"complete","id":1,"subtasks":"delete"},{"op":"reopen","id":1,"subtasks":"keep"},{"op":"delete","id":1,"subtasks":"delete"},{"op":"move","id":1},{"op":"complete","id":2,"to":"first"}]}
            """)!)).Is(207);
        Assert.Equal([200, 200, 200, 200, 422, 422, 422, 204, 422, 422], batch["results"]!.AsArray().Select(result => (int)result!["status"]!));
        Assert.Equal(
            ["subtasks", "subtasks", "subtasks", "to", "to"],
            batch["results"]!.AsArray().Where(result => result!["problem"] is not null).Select(result => ((string)result!["problem"]!["errors"]![0]!["field"]!).Split('.')[^1]));
    }

    [Fact]
    public async Task Tasks_are_moved_by_neighbours_and_to_the_ends()
    {
        var user = await shared.NewUserAsync();
        var paths = new List<string>();
        foreach (var title in new[] { "a", "b", "c", "d" })
        {
            paths.Add((await user.CreateAsync(new { title })).Path);
        }
        var moved = (await user.PostAsync($"{paths[3]}/move", new { to = "first" })).Is(200);
        Assert.Equal(("d|a|b|c", 2), (await OrderAsync(user), (int)moved["version"]!));
        Assert.True(string.CompareOrdinal((string)moved["position"]!, "a1i") < 0);
        (await user.PostAsync($"{paths[0]}/move", new { after = 3, version = 1 })).Is(200);
        Assert.Equal("d|b|c|a", await OrderAsync(user));
        (await user.PostAsync($"{paths[0]}/move", new { before = "2", version = 1 })).IsProblem(412, "PRECONDITION_FAILED");
        var tag = (await user.GetAsync(paths[0])).ETag!;
        (await user.PostAsync($"{paths[0]}/move", new { before = "2" }, ("If-Match", tag))).Is(200);
        var still = (await user.PostAsync($"{paths[0]}/move", new { after = 4 })).Is(200);
        Assert.Equal(("d|a|b|c", 3), (await OrderAsync(user), (int)still["version"]!));
        (await user.PostAsync($"{User.Tasks}/batch", JsonNode.Parse("""{"operations":[{"op":"move","id":4,"to":"last"},{"op":"move","id":1,"after":2}]}""")!)).Is(200);
        Assert.Equal("b|a|c|d", await OrderAsync(user));
        Assert.Equal("d|c|a|b", Titles((await user.GetAsync($"{User.Tasks}?sort=-position")).Is(200)));
        await user.CreateAsync(new { title = "e", position = "0" });
        Assert.Equal("b|a|c|d|e", await OrderAsync(user));

        var path = $"{paths[0]}/move";
        (await user.PostAsync(path, new { })).IsInvalid("to", "REQUIRED");
        (await user.PostAsync(path, new { after = 2, before = 3 })).IsInvalid("before", "CONTRADICTION");
        (await user.PostAsync(path, new { after = 2, to = "middle" })).IsInvalid("to", "NOT_ONE_OF");
        (await user.PostAsync(path, new { after = "x" })).IsInvalid("after", "NOT_AN_ID");
        (await user.PostAsync(path, new { before = 999 })).IsInvalid("before", "NO_SUCH_THING");
        (await user.PostAsync(path, new { after = 1 })).IsInvalid("after", "CONTRADICTION");
        (await user.PostAsync(path, new { under = 1 })).IsInvalid("under", "UNKNOWN");
        (await user.PostAsync(path)).IsProblem(400, "MALFORMED_JSON");
        (await user.PostAsync($"{User.Tasks}/999/move", new { to = "last" })).IsProblem(404, "RESOURCE_NOT_FOUND");
    }
}
