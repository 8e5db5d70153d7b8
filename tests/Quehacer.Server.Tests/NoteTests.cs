using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class NoteTests(SharedServer shared)
{
    private static (string, string) FreshKey() => ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");

    /// <summary>The address of the notes of a new task.</summary>
    private static async Task<string> PlaceAsync(Client user) => $"{(await user.CreateAsync(new { title = "Milk" })).Path}/notes";

    private static async Task<(string Path, Answer Answer)> SayAsync(Client user, string place, string text, params (string, string)[] headers)
    {
        var answer = (await user.PostAsync(place, new { text }, headers)).Is(201);
        return ($"{place}/{(string)answer["id"]!}", answer);
    }

    private static string[] Texts(Answer list) => [.. list["notes"]!.AsArray().Select(note => (string)note!["text"]!)];

    [Theory]
    [InlineData("/api/v1/tasks")]
    [InlineData("/tasks")]
    public async Task A_note_lives_its_whole_life(string tasks)
    {
        var user = await shared.NewUserAsync();
        var task = (await user.PostAsync(tasks, new { title = "Milk" })).Is(201);
        var place = $"{tasks}/{(string)task["id"]!}/notes";
        var (path, made) = await SayAsync(user, place, "  Cafe\u0301 first.\n\tThen milk. 🥛 ");
        Assert.Equal(["id", "task_id", "author", "text", "version", "created_at", "updated_at"], made.Json.AsObject().Select(member => member.Key));
        Assert.Matches("^note_[0-7][0-9a-hjkmnp-tv-z]{25}$", (string)made["id"]!);
        Assert.Equal(((string)task["id"]!, "Café first.\n\tThen milk. 🥛", 1), ((string)made["task_id"]!, (string)made["text"]!, (int)made["version"]!));
        var me = (await user.GetAsync("/api/v1/me")).Is(200);
        Assert.Equal(new JsonObject { ["id"] = (string)me["id"]!, ["name"] = "Ana" }.ToJsonString(), made["author"]!.ToJsonString());
        Assert.Equal(path, made.Header("Location"));
        Assert.Matches("^\"[^\"]+\"$", made.ETag);
        foreach (var address in new[] { path, $"{tasks}/1/notes/{(string)made["id"]!}" })
        {
            var read = (await user.GetAsync(address)).Is(200);
            Assert.Equal((made.Text, made.ETag), (read.Text, read.ETag));
            Assert.Equal("", (await user.GetAsync(address, ("If-None-Match", made.ETag!))).Is(304).Text);
        }
        Assert.Equal("", (await user.SendAsync("HEAD", path)).Is(200).Text);

        var changed = (await user.PatchAsync(path, new { text = "Milk first." }, ("Content-Type", "application/merge-patch+json"))).Is(200);
        Assert.Equal(("Milk first.", 2), ((string)changed["text"]!, (int)changed["version"]!));
        Assert.NotEqual(made.ETag, changed.ETag);
        (await user.GetAsync(path, ("If-None-Match", made.ETag!))).Is(200);
        // What was read can be put back, and so can nothing at all.
        Assert.Equal((changed.Text, changed.ETag), (await user.PutAsync(path, changed.Text)).Is(200) is var same ? (same.Text, same.ETag) : default);
        Assert.Equal(changed.Text, (await user.PatchAsync(path, new { })).Is(200).Text);
        Assert.Equal("Eggs.", (string)(await user.PutAsync(path, new { text = "Eggs." })).Is(200)["text"]!);

        // The task is as it was; its lists are of another moment.
        var still = (await user.GetAsync($"{tasks}/1")).Is(200);
        Assert.Equal((task.Text, task.ETag), (still.Text, still.ETag));
        var list = (await user.GetAsync(tasks)).Is(200);
        Assert.Equal("", (await user.DeleteAsync(path)).Is(204).Text);
        Assert.NotEqual(list.ETag, (await user.GetAsync(tasks)).Is(200).ETag);
        foreach (var gone in new[] { await user.GetAsync(path), await user.PatchAsync(path, new { text = "x" }), await user.PutAsync(path, new { }), await user.DeleteAsync(path) })
        {
            gone.IsProblem(404, "RESOURCE_NOT_FOUND");
        }
        Assert.Empty(Texts((await user.GetAsync(place)).Is(200)));
    }

    [Theory]
    [InlineData("""{}""", "text", "REQUIRED")]
    [InlineData("""{"text":""}""", "text", "REQUIRED")]
    [InlineData("""{"text":" \t\n "}""", "text", "REQUIRED")]
    [InlineData("""{"text":null}""", "text", "REQUIRED")]
    [InlineData("""{"text":7}""", "text", "NOT_A_STRING")]
    [InlineData("""{"text":"a\u0000b"}""", "text", "NOT_TEXT")]
    [InlineData("""{"text":"\ud800"}""", "text", "NOT_TEXT")]
    [InlineData("""{"text":"x","txet":"y"}""", "txet", "UNKNOWN")]
    [InlineData("""{"text":"x","note":"y"}""", "note", "UNKNOWN")]
    [InlineData("""[]""", "body", "NOT_AN_OBJECT")]
    public async Task What_is_no_note_is_refused_with_what_is_wrong(string body, string field, string code)
    {
        var user = await shared.SomebodyAsync();
        var place = await PlaceAsync(user);
        (await user.PostAsync(place, body)).IsInvalid(field, code);
        var (path, _) = await SayAsync(user, place, "said");
        if (body != "{}")
        {
            (await user.PatchAsync(path, body)).IsInvalid(field, code);
        }
        Assert.Equal(["said"], Texts((await user.GetAsync(place)).Is(200)));
    }

    [Fact]
    public async Task A_note_has_as_many_characters_as_a_description()
    {
        var user = await shared.SomebodyAsync();
        var place = await PlaceAsync(user);
        var longest = string.Concat(Enumerable.Repeat("🥛", 10_000));
        var (path, made) = await SayAsync(user, place, longest);
        Assert.Equal(longest, (string)made["text"]!);
        var refused = (await user.PutAsync(path, new { text = longest + "x" })).IsInvalid("text", "TOO_LONG");
        Assert.Contains("10000", (string)refused["message"]!);
        Assert.Contains("no puede tener más", (string)(await user.PostAsync(place, new { text = longest + "x" }, ("Accept-Language", "es"))).IsInvalid("text", "TOO_LONG")["message"]!);
        (await user.PatchAsync(path, new { version = "one" })).IsInvalid("version", "NOT_AN_INTEGER");
    }

    [Fact]
    public async Task Lists_begin_with_the_oldest_and_come_in_pages()
    {
        var user = await shared.NewUserAsync();
        var place = await PlaceAsync(user);
        var empty = (await user.GetAsync(place)).Is(200);
        Assert.Equal((0, "0"), (Texts(empty).Length, empty.Header("X-Total-Count")));
        for (var count = 1; count <= 5; count++)
        {
            await SayAsync(user, place, $"{count}");
        }
        var all = (await user.GetAsync(place)).Is(200);
        Assert.Equal(["1", "2", "3", "4", "5"], Texts(all));
        Assert.Equal(
            """{"page":1,"limit":20,"total":5,"total_pages":1,"has_next":false,"has_previous":false,"next_cursor":null,"previous_cursor":null}""", all["pagination"]!.ToJsonString());
        Assert.Equal((await user.GetAsync($"{place}/{(string)all["notes"]![1]!["id"]!}")).Text, all["notes"]![1]!.ToJsonString());
        var second = (await user.GetAsync($"{place}?limit=2&page=2&_=1")).Is(200);
        Assert.Equal(["3", "4"], Texts(second));
        Assert.Equal(["5"], Texts((await user.GetAsync((string)second["_links"]!["next"]!)).Is(200)));
        Assert.Equal(["1", "2"], Texts((await user.GetAsync((string)second["_links"]!["previous"]!)).Is(200)));
        Assert.Contains("rel=\"last\"", second.Header("Link"));
        Assert.Empty(Texts((await user.GetAsync($"{place}?page={int.MaxValue}")).Is(200)));
        foreach (var (query, field, code) in new[] { ("page=0", "page", "OUT_OF_RANGE"), ("limit=101", "limit", "OUT_OF_RANGE"), ("limit=1&limit=2", "limit", "REPEATED"), ("sort=created", "sort", "UNKNOWN"), ("cursor=x", "cursor", "UNKNOWN") })
        {
            (await user.GetAsync($"{place}?{query}")).IsInvalid(field, code);
        }
    }

    [Fact]
    public async Task A_list_that_is_known_is_not_sent_again_until_something_in_it_looks_different()
    {
        var user = await shared.NewUserAsync();
        var place = await PlaceAsync(user);
        var (path, made) = await SayAsync(user, place, "said");
        var list = (await user.GetAsync(place)).Is(200);
        Assert.StartsWith("W/\"", list.ETag);
        Assert.Equal(list.ETag, (await user.GetAsync($"{place}?page=1&limit=20")).Is(200).ETag);
        Assert.NotEqual(list.ETag, (await user.GetAsync($"{place}?limit=21")).Is(200).ETag);
        Assert.Equal("", (await user.GetAsync(place, ("If-None-Match", list.ETag!))).Is(304).Text);
        (await user.PatchAsync(path, new { text = "said otherwise" })).Is(200);
        list = (await user.GetAsync(place, ("If-None-Match", list.ETag!))).Is(200);

        // A name is no part of the workspace, and is shown as it is now.
        (await user.PatchAsync("/api/v1/me", new { name = "Ana María" })).Is(200);
        var renamed = (await user.GetAsync(place, ("If-None-Match", list.ETag!))).Is(200);
        Assert.Equal("Ana María", (string)renamed["notes"]![0]!["author"]!["name"]!);
        (await user.GetAsync(path, ("If-None-Match", made.ETag!))).Is(200);
    }

    [Fact]
    public async Task A_list_comes_as_rows_whole_or_a_page_of_it()
    {
        var user = await shared.NewUserAsync();
        var place = await PlaceAsync(user);
        var (_, first) = await SayAsync(user, place, "=1+1, \"quoted\"\nand on");
        for (var count = 2; count <= 103; count++)
        {
            await SayAsync(user, place, $"note {count}");
        }
        var csv = (await user.GetAsync(place, ("Accept", "text/csv"))).Is(200);
        Assert.Equal("attachment; filename=\"notes.csv\"", csv.Header("Content-Disposition"));
        Assert.Equal("103", csv.Header("X-Total-Count"));
        var me = (string)first["author"]!["id"]!;
        Assert.StartsWith(
            "id,task_id,author.id,author.name,text,version,created_at,updated_at\r\n"
            + $"{(string)first["id"]!},{(string)first["task_id"]!},{me},Ana,\"'=1+1, \"\"quoted\"\"\nand on\",1,{(string)first["created_at"]!},{(string)first["updated_at"]!}\r\n",
            csv.Text);
        Assert.Equal(104, csv.Text.Split("\r\n").Length - 1);
        var lines = (await user.GetAsync(place, ("Accept", "application/x-ndjson"))).Is(200).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(first.Text, lines[0]);
        Assert.Equal(Enumerable.Range(2, 102).Select(count => $"note {count}"), lines.Skip(1).Select(line => (string)JsonNode.Parse(line)!["text"]!));
        Assert.Equal(4, (await user.GetAsync($"{place}?limit=3&page=2", ("Accept", "text/csv"))).Is(200).Text.Split("\r\n").Length - 1);
    }

    [Fact]
    public async Task Notes_of_what_is_not_there_are_not_there()
    {
        var (user, stranger) = (await shared.NewUserAsync(), await shared.NewUserAsync());
        var place = await PlaceAsync(user);
        var (path, made) = await SayAsync(user, place, "said");
        var id = (string)made["id"]!;
        var other = await PlaceAsync(user);
        await PlaceAsync(stranger);
        foreach (var (client, address) in new[]
        {
            (stranger, path), (stranger, $"{User.Tasks}/1/notes/{id}"), (user, $"{other}/{id}"), (user, $"{place}/{id.ToUpperInvariant()}"), (user, $"{place}/{id[..^1]}"), (user, $"{place}/1"),
            (user, $"{place}/{Guid.NewGuid()}"), (user, $"{User.Tasks}/0/notes/{id}"), (user, $"{User.Tasks}/{id}/notes/{id}"), (user, $"{User.Tasks}/no-id/notes/{id}"),
        })
        {
            foreach (var answer in new[] { await client.GetAsync(address), await client.PatchAsync(address, new { text = "x" }), await client.PutAsync(address, new { text = "x" }), await client.DeleteAsync(address) })
            {
                answer.IsProblem(404, "RESOURCE_NOT_FOUND");
            }
        }
        foreach (var (client, address) in new[] { (stranger, place), (user, $"{User.Tasks}/99/notes"), (user, $"{User.Tasks}/no-id/notes") })
        {
            (await client.GetAsync(address)).IsProblem(404, "RESOURCE_NOT_FOUND");
            (await client.PostAsync(address, new { text = "x" })).IsProblem(404, "RESOURCE_NOT_FOUND");
        }
        Assert.Equal(made.Text, (await user.GetAsync(path)).Is(200).Text);

        // A deleted task answers for none of its notes, and a restored one for all of them.
        (await user.DeleteAsync(place[..^"/notes".Length])).Is(204);
        foreach (var answer in new[] { await user.GetAsync(place), await user.PostAsync(place, new { text = "x" }), await user.GetAsync(path), await user.PatchAsync(path, new { text = "x" }), await user.DeleteAsync(path) })
        {
            answer.IsProblem(404, "RESOURCE_NOT_FOUND");
        }
        (await user.PostAsync(place[..^"/notes".Length] + "/restore")).Is(200);
        Assert.Equal(["said"], Texts((await user.GetAsync(place)).Is(200)));
    }

    [Fact]
    public async Task Of_writers_who_name_one_state_one_succeeds()
    {
        var user = await shared.SomebodyAsync();
        var place = await PlaceAsync(user);
        var (path, made) = await SayAsync(user, place, "said");
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(index => user.PatchAsync(path, new { text = $"{index}" }, ("If-Match", made.ETag!))));
        var won = Assert.Single(answers, answer => answer.IsOneOf(200, 412).Status == 200);
        Assert.All(answers.Where(answer => answer.Status == 412), answer => Assert.Equal(won.ETag, answer.IsProblem(412, "PRECONDITION_FAILED").ETag));
        (await user.PatchAsync(path, new { text = "x", version = 1 })).IsProblem(412, "PRECONDITION_FAILED");
        (await user.DeleteAsync(path, ("If-Match", made.ETag!))).IsProblem(412, "PRECONDITION_FAILED");
        (await user.PatchAsync(path, new { text = "x" }, ("If-None-Match", "*"))).IsProblem(412, "PRECONDITION_FAILED");
        (await user.PostAsync(place, new { text = "x" }, ("If-Match", "*"))).Is(201);
        (await user.PostAsync(place, new { text = "x" }, ("If-None-Match", "*"))).IsProblem(412, "PRECONDITION_FAILED");
        (await user.DeleteAsync(path, ("If-Match", won.ETag!))).Is(204);
    }

    /// <summary>Each adds its letter to what it has seen, as often as it takes until nobody else was first.</summary>
    [Fact]
    public async Task Edits_on_conditions_lose_nothing()
    {
        var user = await shared.SomebodyAsync();
        var (path, _) = await SayAsync(user, await PlaceAsync(user), "-");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async writer =>
        {
            for (var written = 0; written < 3;)
            {
                var seen = (await user.GetAsync(path)).Is(200);
                written += (await user.PutAsync(path, new { text = $"{(string)seen["text"]!}{writer}" }, ("If-Match", seen.ETag!))).IsOneOf(200, 412).Status == 200 ? 1 : 0;
            }
        }));
        var last = (await user.GetAsync(path)).Is(200);
        Assert.Equal((19, "-000111222333444555"), ((int)last["version"]!, string.Concat(((string)last["text"]!).Order())));
    }

    [Fact]
    public async Task A_repeat_under_its_key_is_answered_again()
    {
        var user = await shared.NewUserAsync();
        var place = await PlaceAsync(user);
        var (say, change, remove) = (FreshKey(), FreshKey(), FreshKey());
        var (path, made) = await SayAsync(user, place, "once", say);
        var changed = (await user.PatchAsync(path, new { text = "twice" }, change, ("If-Match", made.ETag!))).Is(200);
        var again = (await user.PostAsync(place, new { text = "once" }, say)).Is(201);
        Assert.Equal((made.Text, made.ETag, path, true), (again.Text, again.ETag, again.Header("Location"), again.IsReplay));
        var changedAgain = (await user.PatchAsync(path, new { text = "twice" }, change, ("If-Match", made.ETag!))).Is(200);
        Assert.Equal((changed.Text, true), (changedAgain.Text, changedAgain.IsReplay));
        (await user.PostAsync(place, new { text = "else" }, say)).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        Assert.False((await user.DeleteAsync(path, remove)).Is(204).IsReplay);
        Assert.True((await user.DeleteAsync(path, remove)).Is(204).IsReplay);
        // Nothing is left of it to be shown.
        (await user.PostAsync(place, new { text = "once" }, say)).IsProblem(410, "GONE");
        (await user.PatchAsync(path, new { text = "twice" }, change, ("If-Match", made.ETag!))).IsProblem(410, "GONE");
        Assert.Empty(Texts((await user.GetAsync(place)).Is(200)));
    }

    /// <summary>Whoever is told 201 has a note on a task that was there, and whoever is told 404 has none.</summary>
    [Fact]
    public async Task A_note_is_added_or_the_task_is_deleted_first()
    {
        var user = await shared.NewUserAsync();
        for (var round = 0; round < 4; round++)
        {
            var place = await PlaceAsync(user);
            var task = place[..^"/notes".Length];
            var adding = Enumerable.Range(0, 6).Select(writer => user.PostAsync(place, new { text = $"{writer}" })).ToList();
            var deleting = user.DeleteAsync(task);
            var added = (await Task.WhenAll(adding)).Where(answer => answer.IsOneOf(201, 404).Status == 201).Select(answer => (string)answer["text"]!).Order().ToList();
            (await deleting).Is(204);
            (await user.PostAsync(place, new { text = "too late" })).Is(404);
            (await user.PostAsync(task + "/restore")).Is(200);
            Assert.Equal(added, Texts((await user.GetAsync(place)).Is(200)).Order());
        }
    }

    [Fact]
    public async Task A_search_does_not_look_into_notes()
    {
        var user = await shared.NewUserAsync();
        var place = await PlaceAsync(user);
        await SayAsync(user, place, "rhubarb");
        Assert.Empty((await user.GetAsync($"{User.Tasks}?q=rhubarb")).Is(200)["tasks"]!.AsArray());
        Assert.Single((await user.GetAsync($"{User.Tasks}?q=milk")).Is(200)["tasks"]!.AsArray());
    }
}
