namespace Quehacer.Server.Tests;

/// <summary>What somebody did last taken back, over v1.</summary>
public sealed class UndoTests(SharedServer shared)
{
    /// <summary>A workspace of Ana's, in which Ben is an editor, and the query that names it.</summary>
    private async Task<(User Ana, User Ben, string In)> TwoAsync(string role = "editor")
    {
        var (ana, ben) = (await shared.VerifiedAsync(await shared.NewUserAsync()), await shared.VerifiedAsync(await shared.NewUserAsync()));
        var workspace = (string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
        var invitation = (string)(await ana.PostAsync($"/api/v1/workspaces/{workspace}/invitations", new { email = ben.Email, role })).Is(201)["id"]!;
        (await ben.PostAsync($"/api/v1/me/invitations/{invitation}/accept")).Is(200);
        return (ana, ben, $"?workspace_id={workspace}");
    }

    [Theory]
    [InlineData("/api/v1/tasks")]
    [InlineData("/tasks")]
    public async Task The_last_change_is_undone_and_undone_again(string tasks)
    {
        var user = await shared.NewUserAsync();
        var path = $"{tasks}/{(string)(await user.PostAsync(tasks, new { title = "Milk", tags = new[] { "home" } })).Is(201)["id"]!}";
        var changed = (await user.PatchAsync(path, new { title = "Oats", status = "done", tags = new[] { "shop", "home" } })).Is(200);
        var undone = (await user.PostAsync($"{path}/undo")).Is(200);
        Assert.Equal(("Milk", "pending", """["home"]""", 5), ((string)undone["title"]!, (string)undone["status"]!, undone["tags"]!.ToJsonString(), (int)undone["version"]!));
        Assert.Equal((undone.Text, undone.ETag), (await user.GetAsync(path)).Is(200) is var read ? (read.Text, read.ETag) : default);
        (await user.PostAsync($"{path}/undo", null, ("If-Match", changed.ETag!))).IsProblem(412, "PRECONDITION_FAILED");
        (await user.PostAsync($"{path}/undo", new { version = 4 })).IsProblem(412, "PRECONDITION_FAILED");
        (await user.PostAsync($"{path}/undo", new { nonsense = 1 })).IsInvalid("nonsense", "UNKNOWN");
        var again = (await user.PostAsync($"{path}/undo", new { version = 5 }, ("Idempotency-Key", "\"undo-once\""))).Is(200);
        Assert.Equal(("Oats", "done", 7), ((string)again["title"]!, (string)again["status"]!, (int)again["version"]!));
        var repeat = (await user.PostAsync($"{path}/undo", new { version = 5 }, ("Idempotency-Key", "\"undo-once\""))).Is(200);
        Assert.Equal((again.Text, true), (repeat.Text, repeat.IsReplay));

        (await user.DeleteAsync(path)).Is(204);
        Assert.Equal("Oats", (string)(await user.PostAsync($"{path}/undo")).Is(200)["title"]!);
        var gone = (await user.PostAsync($"{path}/undo")).Is(200);
        Assert.NotNull(gone["deleted_at"]);
        (await user.GetAsync(path)).Is(404);
        Assert.Null((await user.PostAsync($"{path}/undo")).Is(200)["deleted_at"]);
        (await user.GetAsync(path)).Is(200);
    }

    [Fact]
    public async Task A_creation_is_undone_and_a_due_date_that_has_passed_is_put_back()
    {
        var user = await shared.NewUserAsync();
        var path = (await user.CreateAsync(new { title = "Milk" })).Path;
        Assert.NotNull((await user.PostAsync($"{path}/undo")).Is(200)["deleted_at"]);
        (await user.PostAsync($"{path}/undo")).Is(200);
        (await user.PatchAsync(path, new { due_date = "2099-01-01T00:00:00Z" })).Is(200);
        (await user.PatchAsync(path, new { due_date = (string?)null })).Is(200);
        // Years go by.
        await shared.Server.SqlAsync($"""
            UPDATE events SET before = jsonb_set(before, ARRAY['due_date'], to_jsonb('2020-01-01T00:00:00Z'::text))
             WHERE before ->> 'due_date' LIKE '2099-%' AND actor_id = (SELECT user_id FROM accounts WHERE email = '{user.Email}')
            """);
        Assert.StartsWith("2020-01-01T00:00:00", (string)(await user.PostAsync($"{path}/undo")).Is(200)["due_date"]!);
    }

    [Fact]
    public async Task What_somebody_else_wrote_stands_in_the_way_and_is_named_in_both_languages()
    {
        var (ana, ben, home) = await TwoAsync();
        var id = (string)(await ana.PostAsync(User.Tasks + home, new { title = "Milk" })).Is(201)["id"]!;
        var (path, undo) = ($"{User.Tasks}/{id}{home}", $"{User.Tasks}/{id}/undo{home}");
        var nothing = (await ben.PostAsync(undo)).IsProblem(409, "CANNOT_UNDO");
        Assert.Equal(("BIZ_3015", null), ((string)nothing["number"]!, nothing["errors"]));
        Assert.Contains("You have changed nothing of this task", (string)nothing["detail"]!);
        Assert.Contains("No has cambiado nada", (string)(await ben.PostAsync(undo, null, ("Accept-Language", "es"))).Is(409)["detail"]!);

        (await ana.PatchAsync(path, new { title = "Oats", priority = "high" })).Is(200);
        (await ben.PatchAsync(path, new { description = "Ben was here" })).Is(200);
        var undone = (await ana.PostAsync(undo)).Is(200);
        Assert.Equal(("Milk", "medium", "Ben was here"), ((string)undone["title"]!, (string)undone["priority"]!, (string)undone["description"]!));

        (await ben.PatchAsync(path, new { title = "Bread" })).Is(200);
        var refused = (await ana.PostAsync(undo)).IsProblem(409, "CANNOT_UNDO");
        var error = Assert.Single(refused["errors"]!.AsArray())!;
        Assert.Equal(("title", "CHANGED_SINCE", refused["detail"]!.ToString()), ((string)error["field"]!, (string)error["code"]!, (string)error["message"]!));
        Assert.EndsWith("/errors/cannot-undo", (string)refused["type"]!);
        Assert.Contains("Otra persona ha cambiado 'title'", (string)(await ana.PostAsync(undo, null, ("Accept-Language", "es"))).Is(409)["detail"]!);
        Assert.Equal("Bread", (string)(await ana.GetAsync(path)).Is(200)["title"]!);
        Assert.Contains("CANNOT_UNDO", (await shared.Nobody().GetAsync("/errors/cannot-undo")).Is(200).Text);
    }

    [Fact]
    public async Task Of_many_who_undo_and_write_at_once_nobody_loses_anything()
    {
        var (ana, ben, home) = await TwoAsync();
        var id = (string)(await ana.PostAsync(User.Tasks + home, new { title = "Milk" })).Is(201)["id"]!;
        var (path, undo) = ($"{User.Tasks}/{id}{home}", $"{User.Tasks}/{id}/undo{home}");
        var version = 1;
        for (var round = 0; round < 15; round++)
        {
            (await ana.PatchAsync(path, new { title = $"Ana's {round}" })).Is(200);
            version++;
            var answers = await Task.WhenAll(
                ana.PostAsync(undo, new { version }), ana.PostAsync(undo, new { version }), ben.PatchAsync(path, new { title = $"Ben's {round}" }), ana.PostAsync(undo, new { version }));
            answers[2].Is(200);
            var undone = answers.Where((answer, index) => index != 2 && answer.IsOneOf(200, 409, 412).Status == 200).ToList();
            Assert.InRange(undone.Count, 0, 1);
            version += 1 + undone.Count;
            Assert.Equal(($"Ben's {round}", version), (await ana.GetAsync(path)).Is(200) is var after ? ((string)after["title"]!, (int)after["version"]!) : default);
        }
    }

    [Fact]
    public async Task Viewers_and_strangers_undo_nothing()
    {
        var (ana, ben, home) = await TwoAsync("viewer");
        var id = (string)(await ana.PostAsync(User.Tasks + home, new { title = "Milk" })).Is(201)["id"]!;
        (await ben.PostAsync($"{User.Tasks}/{id}/undo{home}")).Is(403);
        var stranger = await shared.NewUserAsync();
        (await stranger.PostAsync($"{User.Tasks}/{id}/undo{home}")).Is(404);
        (await stranger.PostAsync($"{User.Tasks}/{id}/undo")).Is(404);
        Assert.Equal(1, (int)(await ana.GetAsync($"{User.Tasks}/{id}{home}")).Is(200)["version"]!);
    }
}
