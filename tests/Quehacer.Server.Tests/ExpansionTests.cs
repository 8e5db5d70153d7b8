using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class ExpansionTests(SharedServer shared)
{
    private sealed record Made(string Path, string Category, JsonNode Home, JsonNode Shop, JsonNode House);

    /// <summary>A task that has all that there is to be expanded, and one that has nothing of it.</summary>
    private static async Task<Made> MakeAsync(Client user)
    {
        var house = (await user.PostAsync("/api/v1/categories", new { name = "House", color = "#33aa57" })).Is(201);
        var shop = (await user.PostAsync("/api/v1/tags", new { name = "shop, \"corner\"", color = "#ff0000" })).Is(201);
        await user.CreateAsync(new { title = "Nothing" });
        var (path, _) = await user.CreateAsync(new { title = "Milk", category_id = (string)house["id"]!, tags = new[] { "shop, \"corner\"", "home" } });
        var tags = (await user.GetAsync("/api/v1/tags")).Is(200)["tags"]!.AsArray();
        return new Made(path, (string)house["id"]!, Face(tags.Single(tag => (string)tag!["name"]! == "home")!), Face(shop.Json), Face(house.Json));
    }

    private static JsonObject Face(JsonNode label) => new() { ["id"] = (string)label["id"]!, ["name"] = (string)label["name"]!, ["color"] = (string?)label["color"] };

    private static JsonNode Only(Answer list, string title = "Milk") => list["tasks"]!.AsArray().Single(task => (string)task!["title"]! == title)!;

    [Fact]
    public async Task A_task_and_a_list_show_what_is_asked_for_beside_the_usual_members()
    {
        var user = await shared.NewUserAsync();
        var made = await MakeAsync(user);
        var plain = (await user.GetAsync(made.Path)).Is(200);
        var expected = plain.Json.AsObject();
        expected["category"] = made.House.DeepClone();
        expected["tag_details"] = new JsonArray(made.Shop.DeepClone(), made.Home.DeepClone());
        expected["_links"] = new JsonObject
        {
            ["self"] = made.Path, ["notes"] = made.Path + "/notes", ["category"] = $"/api/v1/categories/{made.Category}", ["complete"] = made.Path + "/complete",
        };
        foreach (var query in new[] { "expand=category,tags,links", "expand=links&expand=tags&expand=category", "expand=tags,links&expand=category,tags&_=1" })
        {
            Assert.Equal(expected.ToJsonString(), (await user.GetAsync($"{made.Path}?{query}")).Is(200).Json.ToJsonString());
            Assert.Equal(expected.ToJsonString(), (await user.GetAsync($"{User.Tasks}/2?{query}")).Is(200).Json.ToJsonString());
            Assert.Equal(expected.ToJsonString(), Only((await user.GetAsync($"{User.Tasks}?{query}")).Is(200)).ToJsonString());
        }
        foreach (var (one, member) in new[] { ("category", "category"), ("tags", "tag_details"), ("links", "_links") })
        {
            var shown = (await user.GetAsync($"{made.Path}?expand={one}")).Is(200).Json.AsObject();
            Assert.Equal(plain.Json.AsObject().Select(usual => usual.Key).Append(member), shown.Select(shown => shown.Key));
        }

        // Nothing to expand is shown as nothing, not left out.
        var nothing = Only((await user.GetAsync($"{User.Tasks}?expand=tags,category,links")).Is(200), "Nothing").AsObject();
        Assert.True(nothing.ContainsKey("category") && nothing["category"] is null);
        Assert.Empty(nothing["tag_details"]!.AsArray());
        Assert.Equal(["self", "notes", "complete"], nothing["_links"]!.AsObject().Select(link => link.Key));
        // The same at the other address, whose tasks lie there.
        Assert.Equal("/tasks" + made.Path[User.Tasks.Length..], (string)(await user.GetAsync("/tasks/2/?expand=links")).Is(200)["_links"]!["self"]!);
        Assert.Equal("/tasks" + made.Path[User.Tasks.Length..] + "/notes", (string)Only((await user.GetAsync("/tasks?expand=links")).Is(200))["_links"]!["notes"]!);
    }

    [Fact]
    public async Task Links_are_what_can_be_done_with_the_task_as_it_is()
    {
        var user = await shared.NewUserAsync();
        var made = await MakeAsync(user);
        var links = (await user.GetAsync($"{made.Path}?expand=links")).Is(200)["_links"]!;
        (await user.PostAsync((string)links["complete"]!)).Is(200);
        links = (await user.GetAsync($"{made.Path}?expand=links")).Is(200)["_links"]!;
        Assert.Null(links["complete"]);
        (await user.PostAsync((string)links["notes"]!, new { text = "Done." })).Is(201);
        Assert.Equal("House", (string)(await user.GetAsync((string)links["category"]!)).Is(200)["name"]!);
        (await user.PostAsync((string)links["reopen"]!)).Is(200);
        (await user.DeleteAsync((string)links["self"]!)).Is(204);
        links = Only((await user.GetAsync($"{User.Tasks}?include_deleted=true&expand=links")).Is(200))["_links"]!;
        Assert.Equal(["self", "restore"], links.AsObject().Select(link => link.Key));
        (await user.PostAsync((string)links["restore"]!)).Is(200);
    }

    [Theory]
    [InlineData("fields=id,title", """{"id":"ID","title":"Milk"}""")]
    [InlineData("fields=title,category.name", """{"title":"Milk","category":{"name":"House"}}""")]
    [InlineData("expand=category&fields=title,category.name,category.color", """{"title":"Milk","category":{"name":"House","color":"#33AA57"}}""")]
    [InlineData("fields=category.name,category,title", """{"title":"Milk","category":{"id":"CATEGORY","name":"House","color":"#33AA57"}}""")]
    [InlineData("fields=tag_details.name&fields=title", """{"title":"Milk","tag_details":[{"name":"shop, \"corner\""},{"name":"home"}]}""")]
    [InlineData("expand=tags,links&fields=title,_links.self", """{"title":"Milk","_links":{"self":"PATH"}}""")]
    [InlineData("expand=category,tags,links&fields=title", """{"title":"Milk"}""")]
    [InlineData("fields=title,_links.reopen", """{"title":"Milk","_links":{}}""")]
    public async Task Fields_reach_into_what_is_expanded(string query, string shown)
    {
        var user = await shared.NewUserAsync();
        var made = await MakeAsync(user);
        shown = shown.Replace("PATH", made.Path).Replace("ID", made.Path.Split('/')[^1]).Replace("CATEGORY", made.Category);
        Assert.Equal(shown, (await user.GetAsync($"{made.Path}?{query}")).Is(200).Json.ToJsonString(Client.Plain));
        Assert.Equal(shown, Only((await user.GetAsync($"{User.Tasks}?{query}")).Is(200)).ToJsonString(Client.Plain));
        var line = (await user.GetAsync($"{User.Tasks}?{query}", ("Accept", "application/x-ndjson"))).Is(200).Text.Split('\n').First(line => line.Contains("Milk"));
        Assert.Equal(shown, line);
    }

    [Theory]
    [InlineData("expand=categry", "expand", "categry", "category")]
    [InlineData("expand=tags,link", "expand", "link", "links")]
    [InlineData("expand=Category", "expand", "Category", "category")]
    [InlineData("expand=tag_details", "expand", "tag_details", null)]
    [InlineData("fields=category.nam", "fields", "category.nam", "category.name")]
    [InlineData("fields=tags.name", "fields", "tags.name", null)]
    [InlineData("fields=titel", "fields", "titel", "title")]
    [InlineData("fields=category.", "fields", "category.", "category")]
    public async Task What_cannot_be_shown_is_refused_with_what_was_probably_meant(string query, string field, string name, string? nearest)
    {
        var user = await shared.SomebodyAsync();
        var (path, _) = await user.CreateAsync(new { title = "Milk" });
        foreach (var address in new[] { path, User.Tasks })
        {
            var fault = (await user.GetAsync($"{address}?{query}")).IsInvalid(field, "UNKNOWN");
            Assert.Contains($"'{name}'", (string)fault["message"]!);
            if (nearest is not null)
            {
                Assert.Contains($"'{nearest}'", (string)fault["message"]!);
            }
        }
        (await user.GetAsync($"{path}?expand=")).IsInvalid("expand", "REQUIRED");
        (await user.GetAsync($"{path}?expnd=tags")).IsInvalid("expnd", "UNKNOWN");
        (await user.GetAsync($"{path}?sort=due")).IsInvalid("sort", "UNKNOWN");
        (await user.PatchAsync($"{path}?expand=tags", new { title = "x" })).IsInvalid("expand", "UNKNOWN");
    }

    [Fact]
    public async Task What_was_read_with_everything_can_be_put_back()
    {
        var user = await shared.NewUserAsync();
        var made = await MakeAsync(user);
        var whole = (await user.GetAsync($"{made.Path}?expand=category,tags,links")).Is(200);
        var after = (await user.PutAsync(made.Path, whole.Text, ("If-Match", whole.ETag!))).Is(200);
        Assert.Equal((await user.GetAsync(made.Path)).Text, after.Text);
        Assert.Equal((whole.ETag, (int)whole["version"]!), (after.ETag, (int)after["version"]!));
        (await user.PostAsync(User.Tasks, whole.Text)).Is(201);
    }

    [Fact]
    public async Task A_list_is_known_by_what_it_shows_and_a_task_by_its_state()
    {
        var user = await shared.NewUserAsync();
        var made = await MakeAsync(user);
        string[] queries = ["", "?expand=category", "?expand=tags", "?expand=category,tags", "?fields=title", "?fields=title,category.name", "?expand=links"];
        var tags = new List<string>();
        foreach (var query in queries)
        {
            var list = (await user.GetAsync(User.Tasks + query)).Is(200);
            tags.Add(list.ETag!);
            Assert.Equal("", (await user.GetAsync(User.Tasks + query, ("If-None-Match", list.ETag!))).Is(304).Text);
            Assert.Equal(queries.Length > 0 ? (await user.GetAsync(made.Path)).ETag : null, (await user.GetAsync(made.Path + query)).Is(200).ETag);
        }
        Assert.Equal(tags, tags.Distinct());
        Assert.Equal(tags[3], (await user.GetAsync($"{User.Tasks}?expand=tags&expand=category,tags")).Is(200).ETag);
        Assert.Equal(tags[5], (await user.GetAsync($"{User.Tasks}?fields=category.name,title&expand=category")).Is(200).ETag);

        // A label that is called otherwise, or has another colour, shows at once and under another tag.
        var seen = (await user.GetAsync($"{made.Path}?expand=category")).Is(200);
        (await user.PatchAsync($"/api/v1/categories/{made.Category}", new { color = "#000000" })).Is(200);
        var recoloured = (await user.GetAsync($"{made.Path}?expand=category", ("If-None-Match", seen.ETag!))).Is(200);
        Assert.Equal("#000000", (string)recoloured["category"]!["color"]!);
        (await user.PatchAsync($"/api/v1/tags/{(string)made.Home["id"]!}", new { name = "at home", color = "#abcdef" })).Is(200);
        var renamed = (await user.GetAsync($"{made.Path}?expand=tags", ("If-None-Match", recoloured.ETag!))).Is(200);
        Assert.Equal(new JsonObject { ["id"] = (string)made.Home["id"]!, ["name"] = "at home", ["color"] = "#ABCDEF" }.ToJsonString(), renamed["tag_details"]![1]!.ToJsonString());
        (await user.PostAsync($"/api/v1/tags/{(string)made.Home["id"]!}/merge", new { into = (string)made.Shop["id"]! })).Is(200);
        (await user.DeleteAsync($"/api/v1/categories/{made.Category}")).Is(204);
        var gone = (await user.GetAsync($"{made.Path}?expand=tags,category,links")).Is(200);
        Assert.Equal(new JsonArray(made.Shop.DeepClone()).ToJsonString(), gone["tag_details"]!.ToJsonString());
        Assert.True(gone.Json.AsObject().ContainsKey("category") && gone["category"] is null && gone["_links"]!["category"] is null);
    }

    [Fact]
    public async Task In_CSV_what_is_expanded_has_a_column_for_each_of_its_members()
    {
        var user = await shared.NewUserAsync();
        var made = await MakeAsync(user);
        async Task<string[]> RowsAsync(string query) => (await user.GetAsync($"{User.Tasks}?sort=title&{query}", ("Accept", "text/csv"))).Is(200).Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var usual = (await RowsAsync("_=1"))[0];
        Assert.Equal($"{usual},category.id,category.name,category.color", (await RowsAsync("expand=category"))[0]);
        Assert.Equal(
            $"{usual},category.id,category.name,category.color,tag_details.id,tag_details.name,tag_details.color,_links.self,_links.notes,_links.category,_links.complete,_links.reopen,_links.restore",
            (await RowsAsync("expand=links,tags,category"))[0]);
        Assert.Equal(["title,category.name,category.color", "Milk,House,#33AA57", "Nothing,,"], await RowsAsync("fields=title,category.name,category.color"));
        Assert.Equal(
            ["tag_details.id,tag_details.name,tag_details.color,title", $"\"{(string)made.Shop["id"]!},{(string)made.Home["id"]!}\",\"\"\"shop, \"\"\"\"corner\"\"\"\"\"\",home\",\"#FF0000,\"\"\"\"\",Milk", ",,,Nothing"],
            await RowsAsync("fields=tag_details,title"));
        Assert.Equal(["title,_links.complete", $"Milk,{made.Path}/complete", $"Nothing,{(await user.GetAsync($"{User.Tasks}/1?expand=links")).Is(200)["_links"]!["complete"]}"], await RowsAsync("fields=title,_links.complete"));
    }
}
