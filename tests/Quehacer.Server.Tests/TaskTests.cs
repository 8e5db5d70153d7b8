using System.Numerics;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class TaskTests(SharedServer shared)
{
    private static readonly string[] Members =
        ["id", "number", "title", "description", "status", "priority", "due_date", "category_id", "tags", "assignee_id", "parent_id", "subtask_count", "subtasks_done", "position", "workspace_id", "version", "created_at", "updated_at"];

    private static string Uuid(string typeId)
    {
        var value = typeId[(typeId.IndexOf('_') + 1)..].Aggregate(BigInteger.Zero, (sum, digit) => sum * 32 + "0123456789abcdefghjkmnpqrstvwxyz".IndexOf(digit));
        return new Guid(value.ToByteArray(isUnsigned: true, isBigEndian: true) is { Length: < 16 } bytes ? [.. new byte[16 - bytes.Length], .. bytes] : value.ToByteArray(true, true), bigEndian: true).ToString();
    }

    [Fact]
    public async Task A_task_lives_its_whole_life()
    {
        var user = await shared.NewUserAsync();
        var (path, made) = await user.CreateAsync(new { title = "Deploy v2.1", description = "Roll out.", priority = "high", due_date = "2099-02-20T19:00:00.1239+02:00", tags = new[] { "ops", "2.1" } });
        Assert.Equal(Members.Order(), made.Json.AsObject().Select(member => member.Key).Order());
        Assert.Matches("^task_[0-7][0-9a-hjkmnp-tv-z]{25}$", (string)made["id"]!);
        Assert.Equal(1, (int)made["number"]!);
        Assert.Equal("pending", (string)made["status"]!);
        Assert.Equal("2099-02-20T17:00:00.123Z", (string)made["due_date"]!);
        Assert.Equal("""["ops","2.1"]""", made["tags"]!.ToJsonString());
        Assert.Equal(1, (int)made["version"]!);
        Assert.Matches("^\"[^\"]+\"$", made.ETag);
        Assert.Contains("no-cache", made.Header("Cache-Control") ?? "no-cache");
        Assert.Equal(made.Text, (await user.GetAsync(made.Header("Location")!)).Is(200).Text);

        var read = (await user.GetAsync(path)).Is(200);
        Assert.Equal((made.Text, made.ETag), (read.Text, read.ETag));
        var patched = (await user.PatchAsync(path, new { title = "Deploy v2.2", description = (string?)null, due_date = (string?)null }, ("Content-Type", "application/merge-patch+json"))).Is(200);
        Assert.Equal("Deploy v2.2", (string)patched["title"]!);
        Assert.Null(patched["description"]);
        Assert.Null(patched["due_date"]);
        Assert.Equal("high", (string)patched["priority"]!);
        Assert.Equal(2, (int)patched["version"]!);
        Assert.NotEqual(made.ETag, patched.ETag);
        var put = (await user.PutAsync(path, new { priority = "low" })).Is(200);
        Assert.Equal(("Deploy v2.2", "low", 3), ((string)put["title"]!, (string)put["priority"]!, (int)put["version"]!));

        var done = (await user.PostAsync($"{path}/complete")).Is(200);
        Assert.Equal(("done", 4), ((string)done["status"]!, (int)done["version"]!));
        Assert.Equal(done.Text, (await user.PostAsync($"{path}/complete")).Is(200).Text);
        var open = (await user.PostAsync($"{path}/reopen", new { })).Is(200);
        Assert.Equal(("pending", 5), ((string)open["status"]!, (int)open["version"]!));
        Assert.Equal(open.Text, (await user.PostAsync($"{path}/reopen")).Is(200).Text);

        Assert.Equal("", (await user.DeleteAsync(path)).Is(204).Text);
        (await user.GetAsync(path)).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.PatchAsync(path, new { title = "x" })).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.PostAsync($"{path}/complete")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.DeleteAsync(path)).IsProblem(404, "RESOURCE_NOT_FOUND");
        Assert.Equal(0, (int)(await user.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);

        var restored = (await user.PostAsync($"{path}/restore")).Is(200);
        Assert.Equal(("Deploy v2.2", 7), ((string)restored["title"]!, (int)restored["version"]!));
        Assert.Equal(restored.Text, (await user.PostAsync($"{path}/restore")).Is(200).Text);
        Assert.Equal(restored.Text, (await user.GetAsync(path)).Is(200).Text);
        Assert.Equal(1, (int)(await user.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);
    }

    [Fact]
    public async Task A_task_starts_pending_medium_and_without_anything_else()
    {
        var (_, made) = await (await shared.SomebodyAsync()).CreateAsync(new { title = "a" });
        Assert.Equal(("pending", "medium", "[]"), ((string)made["status"]!, (string)made["priority"]!, made["tags"]!.ToJsonString()));
        Assert.True(made.Json.AsObject().ContainsKey("description") && made["description"] is null);
        Assert.True(made.Json.AsObject().ContainsKey("due_date") && made["due_date"] is null);
        Assert.Equal((string)made["created_at"]!, (string)made["updated_at"]!);
    }

    [Fact]
    public async Task A_task_goes_by_its_id_its_uuid_and_its_number_which_is_never_used_again()
    {
        var user = await shared.NewUserAsync();
        await user.CreateAsync(new { title = "one" });
        var (path, two) = await user.CreateAsync(new { title = "two" });
        var forms = new[] { (string)two["id"]!, Uuid((string)two["id"]!), "2" };
        foreach (var form in forms)
        {
            Assert.Equal(two.Text, (await user.GetAsync($"{User.Tasks}/{form}")).Is(200).Text);
            Assert.Equal(two.Text, (await user.GetAsync($"/tasks/{form}")).Is(200).Text);
        }
        (await user.PatchAsync($"{User.Tasks}/{forms[2]}", new { title = "by number" })).Is(200);
        (await user.PutAsync($"{User.Tasks}/{forms[1]}", new { title = "by uuid" })).Is(200);
        (await user.PostAsync($"{User.Tasks}/{forms[2]}/complete")).Is(200);
        (await user.DeleteAsync($"{User.Tasks}/{forms[2]}")).Is(204);
        var (_, three) = await user.CreateAsync(new { title = "three" });
        Assert.Equal(3, (int)three["number"]!);
        (await user.PostAsync($"{User.Tasks}/2/restore")).Is(200);
        Assert.Equal("by uuid", (string)(await user.GetAsync(path))["title"]!);
    }

    [Fact]
    public async Task A_malformed_or_unknown_id_is_not_found()
    {
        var user = await shared.SomebodyAsync();
        var (_, made) = await user.CreateAsync(new { title = "a" });
        var id = (string)made["id"]!;
        var number = (int)made["number"]!;
        string[] malformed =
        [
            "0", $"00{number}", $"+{number}", $"%2B{number}", $"-{number}", $"{number}.0", $"{number}e0", $"%20{number}", $"0x{number}", "99999999999999999999", "9223372036854775807",
            id.ToUpperInvariant(), "task_" + id[5..].ToUpperInvariant(), id.Replace("task_", "user_"), id[5..], id + "0", id[..^1], "task_8" + id[6..], id[..^1] + "l",
            Uuid(id).Replace("-", ""), $"%7B{Uuid(id)}%7D", Guid.NewGuid().ToString(), "null", "task_",
        ];
        foreach (var name in malformed)
        {
            (await user.GetAsync($"{User.Tasks}/{name}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        }
        (await user.PatchAsync($"{User.Tasks}/00{number}", new { title = "b" })).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.PostAsync($"{User.Tasks}/+{number}/complete")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.DeleteAsync($"{User.Tasks}/task_")).IsProblem(404, "RESOURCE_NOT_FOUND");
    }

    [Theory]
    [InlineData("""{}""", "title", "REQUIRED")]
    [InlineData("""{"title":""}""", "title", "REQUIRED|TOO_SHORT")]
    [InlineData("""{"title":" \t\n "}""", "title", "REQUIRED|TOO_SHORT")]
    [InlineData("""{"title":null}""", "title", "")]
    [InlineData("""{"title":5}""", "title", "NOT_A_STRING")]
    [InlineData("""{"title":["a"]}""", "title", "NOT_A_STRING")]
    [InlineData("""{"title":"a\u0000"}""", "title", "NOT_TEXT")]
    [InlineData("""{"title":"\ud800"}""", "title", "NOT_TEXT")]
    [InlineData("""{"title":"\udc00\ud800"}""", "title", "NOT_TEXT")]
    [InlineData("""{"title":"a","description":5}""", "description", "NOT_A_STRING")]
    [InlineData("""{"title":"a","description":"\u0000"}""", "description", "NOT_TEXT")]
    [InlineData("""{"title":"a","status":"finished"}""", "status", "NOT_ONE_OF")]
    [InlineData("""{"title":"a","status":"Done"}""", "status", "NOT_ONE_OF")]
    [InlineData("""{"title":"a","status":1}""", "status", "")]
    [InlineData("""{"title":"a","priority":"urgent"}""", "priority", "NOT_ONE_OF")]
    [InlineData("""{"title":"a","priority":3}""", "priority", "")]
    [InlineData("""{"title":"a","due_date":"tomorrow"}""", "due_date", "NOT_A_DATE")]
    [InlineData("""{"title":"a","due_date":"2099-01-01"}""", "due_date", "NOT_A_DATE")]
    [InlineData("""{"title":"a","due_date":"2099-01-01T00:00:00"}""", "due_date", "NOT_A_DATE")]
    [InlineData("""{"title":"a","due_date":"2099-02-29T00:00:00Z"}""", "due_date", "NOT_A_DATE")]
    [InlineData("""{"title":"a","due_date":"2099-01-01T24:00:00Z"}""", "due_date", "NOT_A_DATE")]
    [InlineData("""{"title":"a","due_date":"9999-12-31T23:59:59-01:00"}""", "due_date", "")]
    [InlineData("""{"title":"a","due_date":"0001-01-01T00:00:00+01:00"}""", "due_date", "")]
    [InlineData("""{"title":"a","due_date":""}""", "due_date", "NOT_A_DATE")]
    [InlineData("""{"title":"a","due_date":4070908800}""", "due_date", "")]
    [InlineData("""{"title":"a","due_date":"2020-01-01T00:00:00Z"}""", "due_date", "NOT_IN_FUTURE")]
    [InlineData("""{"title":"a","tags":"home"}""", "tags", "NOT_AN_ARRAY_OF_STRINGS")]
    [InlineData("""{"title":"a","tags":[1]}""", "tags", "NOT_AN_ARRAY_OF_STRINGS")]
    [InlineData("""{"title":"a","tags":{"a":1}}""", "tags", "NOT_AN_ARRAY_OF_STRINGS")]
    [InlineData("""{"title":"a","tags":["a"," "]}""", "tags", "REQUIRED|TOO_SHORT")]
    [InlineData("""{"title":"a","tags":["\u0000"]}""", "tags", "NOT_TEXT")]
    [InlineData("""{"title":"a","tags":["1","2","3","4","5","6","7","8","9","10","11"]}""", "tags", "TOO_MANY")]
    [InlineData("""{"titel":"a"}""", "titel", "UNKNOWN")]
    [InlineData("""{"title":"a","Title":"b"}""", "Title", "UNKNOWN")]
    [InlineData("""{"title":"a","user_id":"x"}""", "user_id", "UNKNOWN")]
    [InlineData("""{"title":"a","":1}""", "", "UNKNOWN")]
    public async Task A_value_that_cannot_be_taken_names_its_field_on_creation_and_change(string body, string field, string codes)
    {
        var user = await shared.SomebodyAsync();
        var anyOf = codes.Split('|', StringSplitOptions.RemoveEmptyEntries);
        (await user.PostAsync(User.Tasks, body)).IsInvalid(field, anyOf);
        if (body != "{}")
        {
            var (path, made) = await user.CreateAsync(new { title = "kept" });
            (await user.PatchAsync(path, body)).IsInvalid(field, anyOf);
            (await user.PutAsync(path, body)).IsInvalid(field, anyOf);
            Assert.Equal(made.Text, (await user.GetAsync(path)).Text);
        }
    }

    [Fact]
    public async Task Lengths_count_characters_to_the_very_edge()
    {
        var user = await shared.SomebodyAsync();
        string Times(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
        foreach (var title in new[] { "a", Times("a", 200), Times("😀", 200), Times("é", 200), "  " + Times("a", 200) + "\n" })
        {
            Assert.Equal(title.Trim(), (string)(await user.CreateAsync(new { title })).Answer["title"]!);
        }
        // 200 letters with a combining accent each are 200 characters once they are composed.
        Assert.Equal(Times("é", 200), (string)(await user.CreateAsync(new { title = Times("e\u0301", 200) })).Answer["title"]!);
        foreach (var title in new[] { Times("a", 201), Times("😀", 201) })
        {
            Assert.Contains("200", (string)(await user.PostAsync(User.Tasks, new { title })).IsInvalid("title", "TOO_LONG")["message"]!);
        }
        await user.CreateAsync(new { title = "a", description = Times("漢", 10_000), tags = new[] { Times("😀", 50) } });
        (await user.PostAsync(User.Tasks, new { title = "a", description = Times("a", 10_001) })).IsInvalid("description", "TOO_LONG");
        (await user.PostAsync(User.Tasks, new { title = "a", tags = new[] { Times("b", 51) } })).IsInvalid("tags", "TOO_LONG");
        await user.CreateAsync(new { title = "a", tags = Enumerable.Range(1, 10).Select(number => $"tag {number}") });
    }

    [Fact]
    public async Task Text_is_composed_and_titles_are_trimmed_but_what_is_inside_stays()
    {
        var user = await shared.SomebodyAsync();
        var (_, made) = await user.CreateAsync(new { title = " Cafe\u0301  con <b>leche</b> & \"azúcar\" 🧉\u00a0", description = " as it came \n" });
        Assert.Equal("Café  con <b>leche</b> & \"azúcar\" 🧉", (string)made["title"]!);
        Assert.Equal(" as it came \n", (string)made["description"]!);
    }

    [Fact]
    public async Task Tags_are_one_whatever_their_case_and_are_used_again()
    {
        var user = await shared.NewUserAsync();
        var (path, first) = await user.CreateAsync(new { title = "a", tags = new[] { " Home ", "home", "HOME", "Café", "cafe\u0301", "cafe" } });
        Assert.Equal(["Home", "Café", "cafe"], first["tags"]!.AsArray().Select(tag => (string)tag!));
        var (_, second) = await user.CreateAsync(new { title = "b", tags = new[] { "CAFÉ", "hOME" } });
        Assert.Equal(["Café", "Home"], second["tags"]!.AsArray().Select(tag => (string)tag!));
        Assert.Equal("[]", (await user.PatchAsync(path, new { tags = Array.Empty<string>() })).Is(200)["tags"]!.ToJsonString());
        var stranger = await shared.SomebodyAsync();
        Assert.Equal("""["hoME"]""", (await stranger.CreateAsync(new { title = "c", tags = new[] { "hoME" } })).Answer["tags"]!.ToJsonString());
    }

    [Fact]
    public async Task Twenty_tasks_at_once_with_the_same_new_tags_make_each_tag_once()
    {
        var user = await shared.NewUserAsync();
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            user.CreateAsync(new { title = $"{number}", tags = number % 2 == 0 ? new[] { "Red", "blue" } : ["BLUE", "red"] })));
        Assert.Single(made.SelectMany(task => task.Answer["tags"]!.AsArray()).Select(tag => (string)tag!).Distinct(), tag => tag.Equals("red", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(2, made.SelectMany(task => task.Answer["tags"]!.AsArray()).Select(tag => (string)tag!).Distinct().Count());
        Assert.Equal(Enumerable.Range(1, 20), made.Select(task => (int)task.Answer["number"]!).Order());
    }

    [Fact]
    public async Task What_was_read_can_be_put_back_and_changes_nothing()
    {
        var user = await shared.NewUserAsync();
        var due = DateTime.UtcNow.AddSeconds(1.5);
        var (path, made) = await user.CreateAsync(new { title = "a", description = "b", priority = "critical", due_date = due.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture), tags = new[] { "x", "y" } });
        await Task.Delay(2000);
        foreach (var method in new[] { "PUT", "PATCH" })
        {
            var back = (await user.SendAsync(method, path, made.Text, ("If-Match", made.ETag!))).Is(200);
            Assert.Equal((made.Text, made.ETag), (back.Text, back.ETag));
        }
        var copy = made.Json.DeepClone().AsObject();
        copy["title"] = "changed";
        copy["id"] = "nonsense";
        copy["number"] = null;
        copy["created_at"] = 5;
        copy["deleted_at"] = new JsonObject();
        var changed = (await user.PutAsync(path, copy)).Is(200);
        Assert.Equal(("changed", 2, (string)made["id"]!), ((string)changed["title"]!, (int)changed["version"]!, (string)changed["id"]!));
        (await user.PatchAsync(path, new { due_date = due.AddSeconds(-1).ToString("yyyy-MM-ddTHH:mm:ss.fffZ") })).IsInvalid("due_date", "NOT_IN_FUTURE");
        // A new task from what was read of another: the members that are the server's are its own again.
        copy.Remove("due_date");
        Assert.Equal(2, (int)(await user.CreateAsync(copy)).Answer["number"]!);
    }

    [Fact]
    public async Task A_change_may_carry_everything_and_an_empty_one_nothing()
    {
        var user = await shared.SomebodyAsync();
        var (path, made) = await user.CreateAsync(new { title = "a", status = "done" });
        Assert.Equal("done", (string)made["status"]!);
        Assert.Equal(made.Text, (await user.PatchAsync(path, new { })).Is(200).Text);
        var all = (await user.PatchAsync(path, new { title = "b", description = "c", status = "pending", priority = "low", due_date = "2099-01-01T00:00:00Z", tags = new[] { "d" } })).Is(200);
        Assert.Equal("2099-01-01T00:00:00.000Z", (string)all["due_date"]!);
        Assert.Equal(("b", "c", "pending", "low"), ((string)all["title"]!, (string)all["description"]!, (string)all["status"]!, (string)all["priority"]!));
    }

    [Fact]
    public async Task A_misspelled_member_or_value_says_what_was_probably_meant()
    {
        var user = await shared.SomebodyAsync();
        foreach (var (wrong, right) in new[] { ("titel", "title"), ("duedate", "due_date"), ("prority", "priority"), ("tag", "tags"), ("desciption", "description") })
        {
            Assert.Contains(right, (string)(await user.PostAsync(User.Tasks, $$"""{"title":"a","{{wrong}}":null}""")).IsInvalid(wrong, "UNKNOWN")["message"]!);
        }
        Assert.Equal(["low", "medium", "high", "critical"],
            (await user.PostAsync(User.Tasks, new { title = "a", priority = "urgent" })).IsInvalid("priority")["allowed_values"]!.AsArray().Select(value => (string)value!));
    }

    [Fact]
    public async Task Strangers_do_not_find_ones_tasks()
    {
        var owner = await shared.NewUserAsync();
        var stranger = await shared.NewUserAsync();
        var (path, made) = await owner.CreateAsync(new { title = "private" });
        foreach (var name in new[] { (string)made["id"]!, Uuid((string)made["id"]!), "1" })
        {
            var target = $"{User.Tasks}/{name}";
            var answers = new[]
            {
                await stranger.GetAsync(target), await stranger.PutAsync(target, new { title = "x" }), await stranger.PatchAsync(target, new { title = "x" }),
                await stranger.DeleteAsync(target), await stranger.PostAsync($"{target}/complete"), await stranger.PostAsync($"{target}/reopen"),
                await stranger.PostAsync($"{target}/restore"), await stranger.PatchAsync(target, new { title = "x" }, ("If-Match", made.ETag!)),
            };
            Assert.All(answers, answer => answer.IsProblem(404, "RESOURCE_NOT_FOUND"));
        }
        Assert.Equal(0, (int)(await stranger.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);
        Assert.Equal(made.Text, (await owner.GetAsync(path)).Is(200).Text);
    }

    [Fact]
    public async Task The_short_paths_are_the_same_endpoints()
    {
        var user = await shared.NewUserAsync();
        var made = (await user.PostAsync("/tasks", new { title = "short" })).Is(201);
        var id = (string)made["id"]!;
        Assert.Equal(made.Text, (await user.GetAsync(made.Header("Location")!)).Is(200).Text);
        Assert.Equal(made.ETag, (await user.GetAsync($"{User.Tasks}/{id}")).Is(200).ETag);
        // The links of a list lead back to where it was asked for; all else is the same.
        Assert.Equal((await user.GetAsync(User.Tasks)).Text.Replace("\"/api/v1/tasks", "\"/tasks", StringComparison.Ordinal), (await user.GetAsync("/tasks")).Is(200).Text);
        (await user.PatchAsync($"/tasks/{id}", new { title = "x" })).Is(200);
        (await user.PutAsync($"/tasks/{id}", new { title = "y" })).Is(200);
        (await user.PostAsync($"/tasks/{id}/complete")).Is(200);
        (await user.PostAsync($"/tasks/{id}/reopen")).Is(200);
        (await user.DeleteAsync($"/tasks/{id}")).Is(204);
        (await user.PostAsync($"/tasks/{id}/restore")).Is(200);
        Assert.Equal($"/tasks/{id}0", (string)(await user.GetAsync($"/tasks/{id}0")).IsProblem(404, "RESOURCE_NOT_FOUND")["instance"]!);
    }
}
