namespace Quehacer.Server.Tests;

public sealed class LabelTests(SharedServer shared)
{
    private const string Tags = "/api/v1/tags";
    private const string Categories = "/api/v1/categories";

    private static (string, string) FreshKey() => ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");

    private static async Task<(string Path, Answer Answer)> MakeAsync(Client user, string collection, object label)
    {
        var answer = (await user.PostAsync(collection, label)).Is(201);
        return ($"{collection}/{(string)answer["id"]!}", answer);
    }

    /// <summary>A name that nobody has used: tests share a user.</summary>
    private static string Fresh(string name) => $"{name} {Guid.NewGuid():N}";

    private static string ListOf(string collection) => collection == Tags ? "tags" : "categories";

    private static string[] Names(Answer list, string member) => [.. list[member]!.AsArray().Select(label => (string)label!["name"]!)];

    private static string TagsOf(Answer task) => string.Join('|', task["tags"]!.AsArray().Select(tag => (string)tag!));

    [Theory]
    [InlineData(Tags, "tag")]
    [InlineData(Categories, "cat")]
    public async Task A_label_lives_its_whole_life(string collection, string prefix)
    {
        var user = await shared.NewUserAsync();
        var (path, made) = await MakeAsync(user, collection, new { name = "  Casa\u0301  ", color = "#ff57Aa" });
        Assert.Equal(["color", "created_at", "id", "name", "updated_at", "version"], made.Json.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Matches($"^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", (string)made["id"]!);
        Assert.Equal(("Casá", "#FF57AA", 1), ((string)made["name"]!, (string)made["color"]!, (int)made["version"]!));
        Assert.Equal((string)made["created_at"]!, (string)made["updated_at"]!);
        Assert.Matches("^\"[^\"]+\"$", made.ETag);
        Assert.Equal(path, made.Header("Location"));
        var read = (await user.GetAsync(path)).Is(200);
        Assert.Equal((made.Text, made.ETag), (read.Text, read.ETag));

        var recased = (await user.PatchAsync(path, new { name = "CASÁ" }, ("Content-Type", "application/merge-patch+json"))).Is(200);
        Assert.Equal(("CASÁ", "#FF57AA", 2), ((string)recased["name"]!, (string)recased["color"]!, (int)recased["version"]!));
        Assert.NotEqual(made.ETag, recased.ETag);
        var cleared = (await user.PutAsync(path, new { color = (string?)null })).Is(200);
        Assert.Equal(("CASÁ", null, 3), ((string)cleared["name"]!, (string?)cleared["color"], (int)cleared["version"]!));
        Assert.True(cleared.Json.AsObject().ContainsKey("color"));
        var same = (await user.PutAsync(path, cleared.Text)).Is(200);
        Assert.Equal((cleared.Text, cleared.ETag), (same.Text, same.ETag));
        Assert.Equal(cleared.Text, (await user.PatchAsync(path, new { })).Is(200).Text);

        Assert.Equal("", (await user.DeleteAsync(path)).Is(204).Text);
        foreach (var gone in new[] { await user.GetAsync(path), await user.PatchAsync(path, new { name = "x" }), await user.PutAsync(path, new { }), await user.DeleteAsync(path) })
        {
            gone.IsProblem(404, "RESOURCE_NOT_FOUND");
        }
        Assert.Empty(Names((await user.GetAsync(collection)).Is(200), ListOf(collection)));
        await MakeAsync(user, collection, new { name = "casá" });
    }

    [Theory]
    [InlineData(Tags)]
    [InlineData(Categories)]
    public async Task Lists_are_in_the_order_of_people_and_come_in_pages(string collection)
    {
        var user = await shared.NewUserAsync();
        var member = ListOf(collection);
        var empty = (await user.GetAsync(collection)).Is(200);
        Assert.Empty(empty[member]!.AsArray());
        Assert.Equal("0", empty.Header("X-Total-Count"));
        Assert.Equal((1, 0), ((int)empty["pagination"]!["page"]!, (int)empty["pagination"]!["total_pages"]!));
        foreach (var name in new[] { "Zorro", "beta", "árbol" })
        {
            await MakeAsync(user, collection, new { name });
        }
        var all = (await user.GetAsync(collection)).Is(200);
        Assert.Equal(["árbol", "beta", "Zorro"], Names(all, member));
        Assert.Equal(
            """{"page":1,"limit":100,"total":3,"total_pages":1,"has_next":false,"has_previous":false,"next_cursor":null,"previous_cursor":null}""",
            all["pagination"]!.ToJsonString());
        Assert.Equal("3", all.Header("X-Total-Count"));
        Assert.Contains("no-cache", all.Header("Cache-Control"));
        Assert.Contains($"<{collection}?page=1>; rel=\"self\"", all.Header("Link"));
        Assert.Equal((await user.GetAsync($"{collection}/{(string)all[member]![1]!["id"]!}")).Text, all[member]![1]!.ToJsonString());

        var second = (await user.GetAsync($"{collection}?limit=1&page=2&_=1&utm_source=mail")).Is(200);
        Assert.Equal(["beta"], Names(second, member));
        Assert.Equal((2, 1, 3, 3, true, true), (
            (int)second["pagination"]!["page"]!, (int)second["pagination"]!["limit"]!, (int)second["pagination"]!["total"]!, (int)second["pagination"]!["total_pages"]!,
            (bool)second["pagination"]!["has_next"]!, (bool)second["pagination"]!["has_previous"]!));
        Assert.Equal(["Zorro"], Names((await user.GetAsync((string)second["_links"]!["next"]!)).Is(200), member));
        Assert.Equal(["árbol"], Names((await user.GetAsync((string)second["_links"]!["previous"]!)).Is(200), member));
        Assert.Contains("rel=\"prev\"", second.Header("Link"));
        var past = (await user.GetAsync($"{collection}?page={int.MaxValue}")).Is(200);
        Assert.Empty(past[member]!.AsArray());
        Assert.Equal(3, (int)past["pagination"]!["total"]!);
        Assert.Equal("", (await user.SendAsync("HEAD", collection)).Is(200).Text);
    }

    [Theory]
    [InlineData("page=0", "page", "OUT_OF_RANGE")]
    [InlineData("page=x", "page", "NOT_AN_INTEGER")]
    [InlineData("limit=0", "limit", "OUT_OF_RANGE")]
    [InlineData("limit=101", "limit", "OUT_OF_RANGE")]
    [InlineData("limit=1&limit=2", "limit", "REPEATED")]
    [InlineData("counts=yes", "counts", "NOT_A_BOOLEAN")]
    [InlineData("count=true", "count", "UNKNOWN")]
    [InlineData("sort=name", "sort", "UNKNOWN")]
    public async Task A_parameter_that_cannot_be_taken_is_named(string query, string field, string code)
    {
        var user = await shared.SomebodyAsync();
        foreach (var collection in new[] { Tags, Categories })
        {
            (await user.GetAsync($"{collection}?{query}")).IsInvalid(field, code);
        }
        var (path, _) = await MakeAsync(user, Tags, new { name = Fresh("tag") });
        if (field is "counts" or "count" or "sort")
        {
            (await user.GetAsync($"{path}?{query}")).IsInvalid(field, code);
        }
        foreach (var write in new[] { await user.PatchAsync($"{path}?counts=true", new { }), await user.DeleteAsync($"{path}?counts=true"), await user.PostAsync($"{Tags}?counts=true", new { name = "x" }) })
        {
            write.IsInvalid("counts", "UNKNOWN");
        }
    }

    [Theory]
    [InlineData("""{}""", "name", "REQUIRED")]
    [InlineData("""{"name":""}""", "name", "REQUIRED")]
    [InlineData("""{"name":" \t "}""", "name", "REQUIRED")]
    [InlineData("""{"name":null}""", "name", "REQUIRED")]
    [InlineData("""{"name":5}""", "name", "NOT_A_STRING")]
    [InlineData("""{"name":"a\u0000"}""", "name", "NOT_TEXT")]
    [InlineData("""{"name":"\ud800"}""", "name", "NOT_TEXT")]
    [InlineData("""{"name":"x","color":"red"}""", "color", "NOT_A_COLOR")]
    [InlineData("""{"name":"x","color":"#12345"}""", "color", "NOT_A_COLOR")]
    [InlineData("""{"name":"x","color":"#1234567"}""", "color", "NOT_A_COLOR")]
    [InlineData("""{"name":"x","color":"#12345G"}""", "color", "NOT_A_COLOR")]
    [InlineData("""{"name":"x","color":"#12345٣"}""", "color", "NOT_A_COLOR")]
    [InlineData("""{"name":"x","color":""}""", "color", "NOT_A_COLOR")]
    [InlineData("""{"name":"x","color":16711680}""", "color", "NOT_A_COLOR")]
    [InlineData("""{"name":"x","colour":"#123456"}""", "colour", "UNKNOWN")]
    [InlineData("""["name"]""", "body", "NOT_AN_OBJECT")]
    public async Task What_cannot_be_a_label_is_named(string body, string field, string code)
    {
        var user = await shared.SomebodyAsync();
        foreach (var collection in new[] { Tags, Categories })
        {
            var error = (await user.PostAsync(collection, body)).IsInvalid(field, code);
            if (code == "UNKNOWN")
            {
                Assert.Contains("'color'", (string)error["message"]!);
            }
            var (path, made) = await MakeAsync(user, collection, new { name = Fresh("label") });
            if (body != "{}")
            {
                (await user.PatchAsync(path, body)).IsInvalid(field, code);
                (await user.PutAsync(path, body)).IsInvalid(field, code);
            }
            Assert.Equal(made.Text, (await user.GetAsync(path)).Text);
        }
        (await user.PostAsync(Tags, """{"name":""")).IsProblem(400, "MALFORMED_JSON");
        (await user.PostAsync(Tags, "")).IsProblem(400, "MALFORMED_JSON");
        (await user.PostAsync(Tags, "name=x", ("Content-Type", "application/x-www-form-urlencoded"))).IsProblem(415, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Fact]
    public async Task A_name_has_at_most_50_characters_for_a_tag_and_255_for_a_category()
    {
        var user = await shared.NewUserAsync();
        static string Emoji(int count) => string.Concat(Enumerable.Repeat("😀", count));
        await MakeAsync(user, Tags, new { name = Emoji(50) });
        await MakeAsync(user, Categories, new { name = Emoji(255) });
        Assert.Contains("50", (string)(await user.PostAsync(Tags, new { name = Emoji(51) })).IsInvalid("name", "TOO_LONG")["message"]!);
        Assert.Contains("255", (string)(await user.PostAsync(Categories, new { name = Emoji(256) })).IsInvalid("name", "TOO_LONG")["message"]!);
        var both = await user.PostAsync(Tags, new { name = Emoji(51), color = "red", nmae = 1 });
        both.IsInvalid("name", "TOO_LONG");
        both.IsInvalid("color", "NOT_A_COLOR");
        both.IsInvalid("nmae", "UNKNOWN");
    }

    [Theory]
    [InlineData(Tags)]
    [InlineData(Categories)]
    public async Task A_name_is_there_once_without_regard_to_case_even_when_twenty_make_it_at_once(string collection)
    {
        var user = await shared.NewUserAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(turn => user.PostAsync(collection, new { name = turn % 2 == 0 ? "Árbol" : "áRBOL" })));
        Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers.Where(answer => answer.Status != 201), answer => answer.IsProblem(409, "RESOURCE_ALREADY_EXISTS"));
        await MakeAsync(user, collection == Tags ? Categories : Tags, new { name = "Árbol" });
        var (path, _) = await MakeAsync(user, collection, new { name = "Arbol" });
        (await user.PatchAsync(path, new { name = "ÁRBOL" })).IsProblem(409, "RESOURCE_ALREADY_EXISTS");
        Assert.Equal("ARBOL", (string)(await user.PatchAsync(path, new { name = "ARBOL" })).Is(200)["name"]!);
        await MakeAsync(await shared.NewUserAsync(), collection, new { name = "Árbol" });
    }

    [Fact]
    public async Task A_malformed_or_unknown_id_is_not_found_and_neither_is_what_belongs_to_somebody_else()
    {
        var user = await shared.NewUserAsync();
        var stranger = await shared.SomebodyAsync();
        var (tag, madeTag) = await MakeAsync(user, Tags, new { name = "a" });
        var (category, madeCategory) = await MakeAsync(user, Categories, new { name = "a" });
        var (other, _) = await MakeAsync(stranger, Tags, new { name = Fresh("tag") });
        var (tagId, categoryId) = ((string)madeTag["id"]!, (string)madeCategory["id"]!);
        foreach (var path in new[]
        {
            $"{Tags}/1", $"{Tags}/tag_", $"{Tags}/{tagId.ToUpperInvariant()}", $"{Tags}/{tagId}0", $"{Tags}/{Guid.NewGuid()}", $"{Tags}/{categoryId}", $"{Tags}/{categoryId.Replace("cat_", "tag_")}",
            $"{Categories}/{tagId}", $"{Categories}/{tagId.Replace("tag_", "cat_")}", other, $"{Tags}/%20", $"{Tags}/a%2Fb",
        })
        {
            foreach (var answer in new[] { await user.GetAsync(path), await user.PatchAsync(path, new { name = "x" }), await user.PutAsync(path, new { name = "x" }), await user.DeleteAsync(path) })
            {
                answer.IsProblem(404, "RESOURCE_NOT_FOUND");
            }
        }
        foreach (var path in new[] { tag, category })
        {
            foreach (var answer in new[] { await stranger.GetAsync(path), await stranger.PatchAsync(path, new { name = "x" }), await stranger.DeleteAsync(path) })
            {
                answer.IsProblem(404, "RESOURCE_NOT_FOUND");
            }
            foreach (var answer in new[] { await shared.Nobody().GetAsync(path), await shared.Nobody().DeleteAsync(path), await shared.Nobody().PostAsync(Tags, new { name = "x" }), await shared.Nobody().GetAsync(Categories) })
            {
                answer.IsProblem(401, "UNAUTHORIZED");
            }
            (await user.GetAsync(path)).Is(200);
        }
        (await stranger.PostAsync($"{tag}/merge", new { into = other[(Tags.Length + 1)..] })).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.PostAsync($"{category}/merge", new { into = tagId })).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.GetAsync("/tags")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.GetAsync("/tasks/categories")).IsProblem(404, "RESOURCE_NOT_FOUND");

        var uuid = Guid.Parse(Uuid(tagId));
        Assert.Equal(madeTag.Text, (await user.GetAsync($"{Tags}/{uuid}")).Is(200).Text);
        (await user.GetAsync($"{Categories}/{uuid}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.GetAsync($"{Tags}/{uuid:N}")).IsProblem(404, "RESOURCE_NOT_FOUND");
    }

    /// <summary>Crockford's base 32 by hand, so that the test does not trust what it tests.</summary>
    private static string Uuid(string typeId)
    {
        var bits = typeId[(typeId.IndexOf('_') + 1)..].Aggregate(UInt128.Zero, (sum, digit) => (sum << 5) | (uint)"0123456789abcdefghjkmnpqrstvwxyz".IndexOf(digit));
        var hex = bits.ToString("x32");
        return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
    }

    [Theory]
    [InlineData("DELETE", "", "GET|HEAD|POST")]
    [InlineData("PUT", "", "GET|POST")]
    [InlineData("POST", "/{id}", "GET|HEAD|PUT|PATCH|DELETE")]
    public async Task A_wrong_method_is_a_405_that_says_which_are_right(string method, string below, string allowed)
    {
        var user = await shared.SomebodyAsync();
        foreach (var collection in new[] { Tags, Categories })
        {
            var answer = (await user.SendAsync(method, collection + below.Replace("{id}", "x"))).IsProblem(405, "METHOD_NOT_ALLOWED");
            var listed = (answer.Header("Allow") ?? "").Split(',', StringSplitOptions.TrimEntries);
            Assert.All(allowed.Split('|'), right => Assert.Contains(right, listed));
        }
        Assert.Equal("POST", (await user.GetAsync($"{Tags}/x/merge")).IsProblem(405, "METHOD_NOT_ALLOWED").Header("Allow"));
    }

    [Fact]
    public async Task A_stale_precondition_is_a_412_with_the_present_tag_and_changes_nothing()
    {
        var user = await shared.SomebodyAsync();
        var (path, first) = await MakeAsync(user, Tags, new { name = Fresh("a") });
        var (_, into) = await MakeAsync(user, Tags, new { name = Fresh("into") });
        var second = (await user.PatchAsync(path, new { color = "#123456" }, ("If-Match", first.ETag!))).Is(200);
        // Another label's change is none of this one's business.
        (await user.PatchAsync($"{Tags}/{(string)into["id"]!}", new { color = "#123456" })).Is(200);
        Assert.Equal(second.ETag, (await user.GetAsync(path)).ETag);
        foreach (var stale in new[]
        {
            await user.PatchAsync(path, new { name = "c" }, ("If-Match", first.ETag!)), await user.PutAsync(path, new { name = "c", version = 1 }),
            await user.DeleteAsync(path, ("If-Match", first.ETag!)), await user.PostAsync($"{path}/merge", new { into = (string)into["id"]!, version = 1 }),
            await user.PostAsync($"{path}/merge", new { into = (string)into["id"]! }, ("If-Match", "\"nonsense\"")), await user.PatchAsync(path, new { version = 3 }),
            await user.PatchAsync(path, new { }, ("If-Match", $"W/{second.ETag}")),
        })
        {
            Assert.Equal(second.ETag, stale.IsProblem(412, "PRECONDITION_FAILED").ETag);
        }
        (await user.PatchAsync(path, new { version = "2" })).IsInvalid("version", "NOT_AN_INTEGER");
        Assert.Equal(second.Text, (await user.GetAsync(path)).Text);
        (await user.PatchAsync(path, new { color = (string?)null, version = 2 }, ("If-Match", $"\"x\", {second.ETag}"))).Is(200);
        (await user.DeleteAsync(path, ("If-Match", (await user.GetAsync(path)).ETag!))).Is(204);
    }

    [Fact]
    public async Task A_repeated_request_gets_its_first_answer_whatever_has_happened_since()
    {
        var user = await shared.NewUserAsync();
        var (createKey, patchKey, mergeKey, deleteKey) = (FreshKey(), FreshKey(), FreshKey(), FreshKey());
        var (into, madeInto) = await MakeAsync(user, Tags, new { name = "into" });
        var merge = new { into = (string)madeInto["id"]! };
        var created = (await user.PostAsync(Tags, new { name = "a" }, createKey)).Is(201);
        var path = $"{Tags}/{(string)created["id"]!}";
        var patched = (await user.PatchAsync(path, new { name = "b", color = "#123abc", version = 1 }, patchKey)).Is(200);
        var merged = (await user.PostAsync($"{path}/merge", merge, mergeKey)).Is(200);
        Assert.Equal(madeInto.Text, merged.Text);
        (await user.PatchAsync(into, new { name = "renamed" })).Is(200);
        (await user.DeleteAsync(into, deleteKey)).Is(204);

        foreach (var (first, repeat) in new[]
        {
            (created, await user.PostAsync(Tags, new { name = "a" }, createKey)), (patched, await user.PatchAsync(path, new { name = "b", color = "#123abc", version = 1 }, patchKey)),
            (merged, await user.PostAsync($"{path}/merge", merge, mergeKey)),
        })
        {
            Assert.Equal((first.Status, first.Text, first.ETag, first.Header("Location"), true), (repeat.Status, repeat.Text, repeat.ETag, repeat.Header("Location"), repeat.IsReplay));
        }
        Assert.True((await user.DeleteAsync(into, deleteKey)).Is(204).IsReplay);
        (await user.PostAsync(Tags, new { name = "other" }, createKey)).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        (await user.PostAsync(Categories, new { name = "a" }, createKey)).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        (await user.PostAsync(User.Tasks, new { title = "a" }, createKey)).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        var taskKey = FreshKey();
        (await user.PostAsync(User.Tasks, new { title = "a" }, taskKey)).Is(201);
        (await user.PostAsync(Tags, new { title = "a" }, taskKey)).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        (await user.PostAsync(Tags, new { name = "a" }, taskKey)).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        Assert.Empty(Names((await user.GetAsync(Tags)).Is(200), "tags"));
    }

    [Fact]
    public async Task Fifty_requests_at_once_under_one_key_do_the_work_once()
    {
        var user = await shared.NewUserAsync();
        var (makeKey, deleteKey) = (FreshKey(), FreshKey());
        var made = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => user.PostAsync(Categories, new { name = "once" }, makeKey)));
        Assert.All(made, answer => answer.Is(201));
        Assert.Single(made, answer => !answer.IsReplay);
        Assert.Single(made.Select(answer => (answer.Text, answer.ETag, answer.Header("Location"))).Distinct());
        var deleted = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => user.DeleteAsync(made[0].Header("Location")!, deleteKey)));
        Assert.All(deleted, answer => answer.Is(204));
        Assert.Single(deleted, answer => !answer.IsReplay);
    }

    [Fact]
    public async Task A_renamed_tag_is_renamed_on_every_task_and_found_by_its_new_name()
    {
        var user = await shared.NewUserAsync();
        var (path, task) = await user.CreateAsync(new { title = "a", tags = new[] { "home", "x" } });
        var tag = Tags + "/" + (string)(await user.GetAsync(Tags)).Is(200)["tags"]![0]!["id"]!;
        (await user.PatchAsync(tag, new { name = "Casa grande", color = "#000000" })).Is(200);
        var shown = (await user.GetAsync(path)).Is(200);
        Assert.Equal(("Casa grande|x", 1), (TagsOf(shown), (int)shown["version"]!));
        Assert.NotEqual(task.ETag, shown.ETag);
        foreach (var (query, total) in new[] { ("tag=casa%20grande", 1), ("tag=home", 0), ("q=grande", 1), ("q=home", 0) })
        {
            Assert.Equal(total, (int)(await user.GetAsync($"{User.Tasks}?{query}")).Is(200)["pagination"]!["total"]!);
        }
        (await user.PatchAsync(path, new { title = "b" }, ("If-Match", task.ETag!))).IsProblem(412, "PRECONDITION_FAILED");
        Assert.Equal("Casa grande|x", TagsOf((await user.PatchAsync(path, new { tags = new[] { "CASA GRANDE", "x" } })).Is(200)));
    }

    [Fact]
    public async Task A_merge_makes_two_tags_one_on_every_task()
    {
        var user = await shared.NewUserAsync();
        var (both, _) = await user.CreateAsync(new { title = "both", tags = new[] { "a", "b" } });
        var (one, _) = await user.CreateAsync(new { title = "one", tags = new[] { "a" } });
        var list = (await user.GetAsync($"{Tags}?counts=true")).Is(200)["tags"]!;
        Assert.Equal((2, 1), ((int)list[0]!["task_count"]!, (int)list[1]!["task_count"]!));
        var (a, b) = ((string)list[0]!["id"]!, (string)list[1]!["id"]!);
        var (_, category) = await MakeAsync(user, Categories, new { name = "c" });
        var (_, theirs) = await MakeAsync(await shared.SomebodyAsync(), Tags, new { name = Fresh("theirs") });

        (await user.PostAsync($"{Tags}/{a}/merge", new { into = a })).IsInvalid("into", "CONTRADICTION");
        foreach (var nothing in new[] { (string)theirs["id"]!, Uuid((string)category["id"]!), Guid.NewGuid().ToString() })
        {
            (await user.PostAsync($"{Tags}/{a}/merge", new { into = nothing })).IsInvalid("into", "NO_SUCH_THING");
        }
        (await user.PostAsync($"{Tags}/{a}/merge", new { into = (string)category["id"]! })).IsInvalid("into", "NOT_AN_ID");
        (await user.PostAsync($"{Tags}/{a}/merge", new { into = 5 })).IsInvalid("into", "NOT_AN_ID");
        (await user.PostAsync($"{Tags}/{a}/merge", new { })).IsInvalid("into", "REQUIRED");
        (await user.PostAsync($"{Tags}/{a}/merge", new { into = (string?)null })).IsInvalid("into", "REQUIRED");
        Assert.Contains("'into'", (string)(await user.PostAsync($"{Tags}/{a}/merge", new { inot = b })).IsInvalid("inot", "UNKNOWN")["message"]!);
        (await user.PostAsync($"{Tags}/{a}/merge", "[]")).IsInvalid("body", "NOT_AN_OBJECT");
        (await user.PostAsync($"{Tags}/{a}/merge")).IsProblem(400, "MALFORMED_JSON");

        var merged = (await user.PostAsync($"{Tags}/{a}/merge", new { into = Uuid(b) })).Is(200);
        var target = (await user.GetAsync($"{Tags}/{b}")).Is(200);
        Assert.Equal((target.Text, target.ETag, 1), (merged.Text, merged.ETag, (int)merged["version"]!));
        (await user.GetAsync($"{Tags}/{a}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.PostAsync($"{Tags}/{b}/merge", new { into = a })).IsInvalid("into", "NO_SUCH_THING");
        Assert.Equal(("b", "b"), (TagsOf(await user.GetAsync(both)), TagsOf(await user.GetAsync(one))));
        Assert.Equal(["b"], Names((await user.GetAsync(Tags)).Is(200), "tags"));
        var counted = (await user.GetAsync($"{Tags}/{b}?counts=true")).Is(200);
        Assert.Equal(2, (int)counted["task_count"]!);
        Assert.Null(counted.ETag);
        (await user.PutAsync($"{Tags}/{b}", counted.Text)).Is(200);
        Assert.Equal(2, (int)(await user.GetAsync($"{User.Tasks}?tag=b")).Is(200)["pagination"]!["total"]!);
        Assert.Equal(0, (int)(await user.GetAsync($"{User.Tasks}?tag=a")).Is(200)["pagination"]!["total"]!);
        Assert.Equal("b", TagsOf((await user.PutAsync($"{one}/tags/B", "{}")).Is(200)));
        Assert.Equal("b|a", TagsOf((await user.PutAsync($"{one}/tags/a", "{}")).Is(200)));

        (await user.DeleteAsync($"{Tags}/{b}")).Is(204);
        Assert.Equal(("", "a"), (TagsOf(await user.GetAsync(both)), TagsOf(await user.GetAsync(one))));
    }

    [Fact]
    public async Task A_task_has_a_category_of_its_workspace_until_the_category_is_deleted()
    {
        var user = await shared.NewUserAsync();
        var stranger = await shared.SomebodyAsync();
        var (category, made) = await MakeAsync(user, Categories, new { name = "Errands" });
        var (_, theirs) = await MakeAsync(stranger, Categories, new { name = Fresh("theirs") });
        var (tagPath, tag) = await MakeAsync(user, Tags, new { name = "tag" });
        var id = (string)made["id"]!;
        var (path, task) = await user.CreateAsync(new { title = "in", category_id = id });
        var (other, _) = await user.CreateAsync(new { title = "out" });
        Assert.Equal(id, (string)task["category_id"]!);
        Assert.Equal(id, (string)(await user.PatchAsync(other, new { category_id = Uuid(id) })).Is(200)["category_id"]!);
        Assert.Null((await user.PatchAsync(other, new { category_id = (string?)null })).Is(200)["category_id"]);
        var unknown = (await user.PatchAsync(path, new { category_id = Guid.NewGuid() })).IsInvalid("category_id", "NO_SUCH_THING");
        foreach (var refused in new[] { (string)theirs["id"]!, Uuid((string)tag["id"]!) })
        {
            Assert.Equal(unknown.ToJsonString(), (await user.PatchAsync(path, new { category_id = refused })).IsInvalid("category_id", "NO_SUCH_THING").ToJsonString());
            Assert.Equal(unknown.ToJsonString(), (await user.PostAsync(User.Tasks, new { title = "x", category_id = refused })).IsInvalid("category_id", "NO_SUCH_THING").ToJsonString());
        }
        (await user.PatchAsync(path, new { category_id = (string)tag["id"]! })).IsInvalid("category_id", "NOT_AN_ID");
        Assert.Equal(1, (int)(await user.GetAsync($"{category}?counts=true")).Is(200)["task_count"]!);
        Assert.Equal(1, (int)(await user.GetAsync($"{Categories}?counts=true")).Is(200)["categories"]![0]!["task_count"]!);
        Assert.Null((await user.GetAsync(Categories)).Is(200)["categories"]![0]!["task_count"]);
        Assert.Equal(1, (int)(await user.GetAsync($"{User.Tasks}?category_id=none")).Is(200)["pagination"]!["total"]!);
        Assert.Equal(1, (int)(await user.GetAsync($"{User.Tasks}?category_id={id}")).Is(200)["pagination"]!["total"]!);

        (await user.DeleteAsync(category)).Is(204);
        var left = (await user.GetAsync(path)).Is(200);
        Assert.Equal((null, 1), ((string?)left["category_id"], (int)left["version"]!));
        Assert.NotEqual(task.ETag, left.ETag);
        Assert.Equal(2, (int)(await user.GetAsync($"{User.Tasks}?category_id=none")).Is(200)["pagination"]!["total"]!);
        Assert.Equal(0, (int)(await user.GetAsync($"{User.Tasks}?category_id={id}")).Is(200)["pagination"]!["total"]!);
        (await user.PatchAsync(path, new { category_id = id })).IsInvalid("category_id", "NO_SUCH_THING");
        (await user.PutAsync(path, left.Text)).Is(200);
        (await user.GetAsync(tagPath)).Is(200);
    }

    [Fact]
    public async Task Fifty_tags_added_at_once_over_five_tasks_are_all_there()
    {
        var user = await shared.NewUserAsync();
        var tasks = new List<string>();
        for (var task = 0; task < 5; task++)
        {
            tasks.Add((await user.CreateAsync(new { title = $"task {task}" })).Path);
        }
        // Each name is new to the workspace and wanted by every task at once.
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(turn => user.SendAsync("PUT", $"{tasks[turn % 5]}/tags/tag-{turn / 5}")));
        Assert.All(answers, answer => answer.Is(200));
        var expected = string.Join('|', Enumerable.Range(0, 10).Select(turn => $"tag-{turn}"));
        foreach (var path in tasks)
        {
            var shown = (await user.GetAsync(path)).Is(200);
            Assert.Equal((expected, 11), (string.Join('|', TagsOf(shown).Split('|').Order(StringComparer.Ordinal)), (int)shown["version"]!));
        }
        var tags = (await user.GetAsync($"{Tags}?counts=true")).Is(200)["tags"]!.AsArray();
        Assert.Equal(10, tags.Count);
        Assert.All(tags, tag => Assert.Equal(5, (int)tag!["task_count"]!));
        (await user.SendAsync("PUT", $"{tasks[0]}/tags/eleventh")).IsInvalid("tags", "TOO_MANY");
    }

    [Fact]
    public async Task One_tag_comes_and_goes_by_the_name_in_the_path_whatever_characters_it_has()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "a", tags = new[] { "keep" } });
        foreach (var name in new[] { "a/b", "100%", "%2F", "ñandú 😀", "two words", "a+b", "?", "#1", "a\\b", "..." })
        {
            var segment = Uri.EscapeDataString(name);
            Assert.Equal($"keep|{name}", TagsOf((await user.SendAsync("PUT", $"{path}/tags/{segment}")).Is(200)));
            Assert.Contains(name, Names((await user.GetAsync(Tags)).Is(200), "tags"));
            Assert.Equal("keep", TagsOf((await user.DeleteAsync($"{path}/tags/{Uri.EscapeDataString(name.ToUpperInvariant())}")).Is(200)));
        }
        var before = (await user.GetAsync(path)).Is(200);
        Assert.Equal(before.Text, (await user.DeleteAsync($"{path}/tags/never-there")).Is(200).Text);
        Assert.Equal(before.Text, (await user.SendAsync("PUT", $"{path}/tags/KEEP")).Is(200).Text);
        Assert.DoesNotContain("never-there", Names((await user.GetAsync(Tags)).Is(200), "tags"));
        (await user.SendAsync("PUT", $"{path}/tags/{new string('a', 51)}")).IsInvalid("tags", "TOO_LONG");
        (await user.SendAsync("PUT", $"{path}/tags/%20")).IsInvalid("tags", "REQUIRED");
        (await user.SendAsync("PUT", $"{path}/tags/%EF%BF%BE")).IsInvalid("tags", "NOT_TEXT");
        foreach (var notUtf8 in new[] { "caf%E9", "%FF", "%ED%A0%80" })
        {
            (await user.SendAsync("PUT", $"{path}/tags/{notUtf8}")).IsInvalid("tags", "NOT_TEXT");
            (await user.DeleteAsync($"{path}/tags/{notUtf8}")).IsInvalid("tags", "NOT_TEXT");
        }
    }
}
