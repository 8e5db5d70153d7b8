namespace Quehacer.Server.Tests;

/// <summary>Changes of all tasks that a filter chooses, as a client sees them.</summary>
public sealed class BulkTests(SharedServer shared)
{
    private const string Late = "9999-12-31T23:59:59.999Z";

    private static (int Matched, int Changed, int Skipped) Counts(Answer answer) =>
        ((int)answer.Is(200)["matched"]!, (int)answer["changed"]!, (int)answer["skipped"]!);

    private static async Task<User> WithTasksAsync(User user, int count)
    {
        foreach (var some in Enumerable.Range(1, count).Chunk(100))
        {
            (await user.PostAsync("/api/v1/tasks/batch", new { operations = some.Select(number => new { op = "create", task = new { title = $"task {number}", tags = new[] { "some" } } }) })).Is(200);
        }
        return user;
    }

    private static async Task<string[]> TitlesAsync(User user, string query) =>
        [.. (await user.GetAsync($"{User.Tasks}?{query}&limit=100&sort=number")).Is(200)["tasks"]!.AsArray().Select(task => (string)task!["title"]!)];

    /// <summary>Each filter is asked of the list first; then what it chooses gets a mark, and nothing else has it.</summary>
    [Fact]
    public async Task Every_filter_chooses_what_the_list_shows()
    {
        var user = await User.RegisterAsync(shared.Server);
        var house = (string)(await user.PostAsync("/api/v1/categories", new { name = "House" })).Is(201)["id"]!;
        foreach (var task in new object[]
        {
            new { title = "a", priority = "low", due_date = "2090-01-01T00:00:00Z", tags = new[] { "Home", "red" } },
            new { title = "b", priority = "critical", due_date = "2090-01-02T00:00:00+02:00", tags = new[] { "home" }, status = "done" },
            new { title = "c", description = "about a", tags = new[] { "old house" }, category_id = house },
            new { title = "d", priority = "high", due_date = Late, status = "done", category_id = house },
            new { title = "e", priority = "low", due_date = "2090-01-01T00:00:00Z" },
        })
        {
            await user.CreateAsync(task);
        }
        (await user.DeleteAsync((await user.CreateAsync(new { title = "deleted", tags = new[] { "home" } })).Path)).Is(204);

        var number = 0;
        foreach (var filter in new[]
        {
            "status=pending", "status=done", "status=completed", "parent_id=none", "priority=low", "priority=low,critical", "priority=high&priority=low", "tag=home", "tag=home,red", "tag=nobody", "category_id=none",
            $"category_id={house}", "due_after=2090-01-01", "due_before=2090-01-01T00:00:00.001Z", "due_before=0001-01-01", "overdue=false", "overdue=true", "created_after=1970-01-01", "created_before=2100-01-01",
            "created_before=1970-01-01", "updated_since=1970-01-01", $"updated_since={Late}", "q=a", "q=hou", "q=red%20a", "status=pending&priority=low&tag=home", "q=b&status=done&_=1&utm_source=mail",
        })
        {
            var expected = await TitlesAsync(user, filter);
            var mark = $"mark{++number}";
            var dry = await user.PatchAsync($"{User.Tasks}?{filter}&dry_run=true", new { add_tags = new[] { mark } });
            var wet = await user.PatchAsync($"{(number % 2 == 0 ? User.Tasks : "/tasks")}?{filter}", new { add_tags = new[] { mark } });
            Assert.Equal((expected.Length, expected.Length, 0), Counts(wet));
            Assert.Equal(Counts(wet), Counts(dry));
            Assert.Equal((expected.Length, true, false), ((int)dry["total"]!, (bool)dry["dry_run"]!, (bool)wet["dry_run"]!));
            Assert.Equal(expected, await TitlesAsync(user, $"tag={mark}"));
            (await user.PatchAsync($"{User.Tasks}?tag={mark}", new { remove_tags = new[] { mark } })).Is(200);
        }
        Assert.Equal((2, 2, 0), Counts(await user.SendAsync("DELETE", $"{User.Tasks}?status=done")));
        Assert.Equal(["a", "c", "e"], await TitlesAsync(user, "status=all"));
    }

    [Theory]
    [InlineData("", "filter", "REQUIRED")]
    [InlineData("?limit=10&dry_run=true", "filter", "REQUIRED")]
    [InlineData("?_=1", "filter", "REQUIRED")]
    [InlineData("?status=all", "filter", "REQUIRED")]
    [InlineData("?statsu=done", "statsu", "UNKNOWN")]
    [InlineData("?status=done&limit=0", "limit", "OUT_OF_RANGE")]
    [InlineData("?status=done&limit=1001", "limit", "OUT_OF_RANGE")]
    [InlineData("?status=done&dry_run=yes", "dry_run", "NOT_A_BOOLEAN")]
    [InlineData("?status=done&cursor=abc", "cursor", "INVALID_CURSOR")]
    [InlineData("?status=done&sort=title", "sort", "UNKNOWN")]
    [InlineData("?status=done&order=asc", "order", "UNKNOWN")]
    [InlineData("?status=done&page=2", "page", "UNKNOWN")]
    [InlineData("?status=done&fields=id", "fields", "UNKNOWN")]
    [InlineData("?status=done&include_total=true", "include_total", "UNKNOWN")]
    [InlineData("?status=done&include_deleted=true", "include_deleted", "UNKNOWN")]
    [InlineData("?status=open", "status", "NOT_ONE_OF")]
    [InlineData("?status=done&overdue=true", "overdue", "CONTRADICTION")]
    [InlineData("?q=,", "q", "NOTHING_TO_SEARCH_FOR")]
    public async Task A_query_that_is_not_plain_is_refused_by_name(string query, string field, string code)
    {
        var user = await shared.SomebodyAsync();
        (await user.PatchAsync(User.Tasks + query, new { priority = "low" })).IsInvalid(field, code);
        (await user.SendAsync("DELETE", User.Tasks + query)).IsInvalid(field, code);
    }

    [Theory]
    [InlineData("""{}""", "body", "REQUIRED")]
    [InlineData("""[]""", "body", "NOT_AN_OBJECT")]
    [InlineData("""{"title":"all alike"}""", "title", "NOT_FOR_MANY")]
    [InlineData("""{"title":7,"status":"done"}""", "title", "NOT_FOR_MANY")]
    [InlineData("""{"version":1,"status":"done"}""", "version", "NOT_FOR_MANY")]
    [InlineData("""{"id":"task_01h455vb4pex5vsknk084sn02q","status":"done"}""", "id", "NOT_FOR_MANY")]
    [InlineData("""{"deleted_at":null,"status":"done"}""", "deleted_at", "NOT_FOR_MANY")]
    [InlineData("""{"stauts":"done"}""", "stauts", "UNKNOWN")]
    [InlineData("""{"status":"finished"}""", "status", "NOT_ONE_OF")]
    [InlineData("""{"due_date":"2020-01-01T00:00:00Z"}""", "due_date", "NOT_IN_FUTURE")]
    [InlineData("""{"category_id":"cat_01h455vb4pex5vsknk084sn02q"}""", "category_id", "NO_SUCH_THING")]
    [InlineData("""{"tags":["a"],"add_tags":["b"]}""", "tags", "CONTRADICTION")]
    [InlineData("""{"add_tags":["1","2","3","4","5","6","7","8","9","10","11"]}""", "add_tags", "TOO_MANY")]
    [InlineData("""{"add_tags":[" "]}""", "add_tags[0]", "REQUIRED")]
    public async Task A_change_that_no_task_can_take_is_refused_by_name(string body, string field, string code)
    {
        var user = await shared.SomebodyAsync();
        var refused = (await user.PatchAsync($"{User.Tasks}?tag=nobody-has-it", body)).IsInvalid(field, code);
        Assert.Matches("[.?]$", (string)refused["message"]!);
    }

    [Fact]
    public async Task A_deletion_takes_no_body()
    {
        var user = await WithTasksAsync(await User.RegisterAsync(shared.Server), 2);
        (await user.SendAsync("DELETE", $"{User.Tasks}?tag=some", new { status = "done" })).IsInvalid("status", "UNKNOWN");
        (await user.SendAsync("DELETE", $"{User.Tasks}?tag=some", "[]")).IsInvalid("body", "NOT_AN_OBJECT");
        Assert.Equal((2, 2, 0), Counts(await user.SendAsync("DELETE", $"{User.Tasks}?tag=some", "{}")));
    }

    [Fact]
    public async Task A_walk_meets_all_that_were_there_and_none_that_came_later()
    {
        var user = await WithTasksAsync(await User.RegisterAsync(shared.Server), 25);
        var (cursor, changed, requests) = ("", 0, 0);
        do
        {
            var answer = (await user.PatchAsync($"{User.Tasks}?status=pending&limit=10{cursor}", new { status = "done" })).Is(200);
            changed += (int)answer["changed"]!;
            await user.CreateAsync(new { title = $"late {++requests}" });
            Assert.Equal((bool)answer["has_more"]!, answer["next_cursor"] is not null);
            cursor = answer["next_cursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal((25, 3), (changed, requests));
        Assert.Equal(["late 1", "late 2", "late 3"], await TitlesAsync(user, "status=pending"));
    }

    [Fact]
    public async Task A_cursor_belongs_to_its_filters_and_its_body()
    {
        var user = await WithTasksAsync(await User.RegisterAsync(shared.Server), 5);
        var other = await WithTasksAsync(await User.RegisterAsync(shared.Server), 5);
        var cursor = (string)(await user.PatchAsync($"{User.Tasks}?tag=some&limit=2", new { priority = "low", due_date = Late })).Is(200)["next_cursor"]!;
        var listed = (string)(await user.GetAsync($"{User.Tasks}?tag=some&limit=2")).Is(200)["pagination"]!["next_cursor"]!;
        foreach (var (who, method, query, body) in new (User, string, string, object?)[]
        {
            (user, "PATCH", $"tag=some&cursor={cursor}", new { priority = "high", due_date = Late }), (user, "PATCH", $"tag=some&cursor={cursor}", new { priority = "low" }),
            (user, "PATCH", $"tag=other&cursor={cursor}", new { priority = "low", due_date = Late }), (user, "PATCH", $"tag=some&dry_run=true&cursor={cursor}", new { priority = "low", due_date = Late }),
            (user, "DELETE", $"tag=some&cursor={cursor}", null), (other, "PATCH", $"tag=some&cursor={cursor}", new { priority = "low", due_date = Late }),
            (user, "PATCH", $"tag=some&cursor={cursor[1..]}", new { priority = "low", due_date = Late }), (user, "PATCH", $"tag=some&cursor={listed}", new { priority = "low", due_date = Late }),
        })
        {
            (await who.SendAsync(method, $"{User.Tasks}?{query}", body)).IsInvalid("cursor", "INVALID_CURSOR");
        }
        (await user.GetAsync($"{User.Tasks}?tag=some&cursor={cursor}")).IsInvalid("cursor", "INVALID_CURSOR");
        Assert.Equal((3, 3, 0), Counts(await user.SendAsync("PATCH", $"{User.Tasks}?tag=SOME&cursor={cursor}&limit=1000", """{ "due_date" : "9999-12-31T23:59:59.999Z", "priority":"low" }""")));
    }

    [Fact]
    public async Task A_task_that_the_change_does_not_fit_is_named_and_the_others_are_changed()
    {
        var user = await WithTasksAsync(await User.RegisterAsync(shared.Server), 2);
        var full = (string)(await user.CreateAsync(new { title = "full", tags = Enumerable.Range(1, 10).Select(number => $"tag {number}") })).Answer["id"]!;
        var answer = await user.PatchAsync($"{User.Tasks}?created_before=2100-01-01", new { add_tags = new[] { "more" }, status = "done" }, ("Accept-Language", "es"));
        Assert.Equal((3, 2, 1), Counts(answer));
        var skipped = Assert.Single(answer["skipped_tasks"]!.AsArray())!;
        Assert.Equal((full, 3, "add_tags", "TOO_MANY"), ((string)skipped["id"]!, (int)skipped["number"]!, (string)skipped["errors"]![0]!["field"]!, (string)skipped["errors"]![0]!["code"]!));
        Assert.Contains("no puede tener más", (string)skipped["errors"]![0]!["message"]!, StringComparison.Ordinal);
        Assert.Equal(["full"], await TitlesAsync(user, "status=pending"));
    }

    [Fact]
    public async Task What_was_tried_can_be_done_only_while_nothing_else_has_happened()
    {
        var user = await WithTasksAsync(await User.RegisterAsync(shared.Server), 3);
        const string chosen = User.Tasks + "?tag=some";
        var dry = (await user.SendAsync("DELETE", chosen + "&dry_run=true")).Is(200);
        Assert.StartsWith("\"v1.", dry.ETag!, StringComparison.Ordinal);
        foreach (var (header, value, status) in new[]
        {
            ("If-Match", "\"another\"", 412), ("If-Match", (await user.GetAsync(chosen)).ETag!, 412), ("If-None-Match", "*", 412), ("If-None-Match", dry.ETag!, 412), ("If-Match", "\"", 400),
            ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT", 412),
        })
        {
            var refused = (await user.SendAsync("DELETE", chosen, null, (header, value))).Is(status);
            Assert.Equal(status == 412 ? dry.ETag : null, refused.ETag);
        }
        var first = (await user.SendAsync("DELETE", chosen + "&limit=1", null, ("If-Match", $"\"x\", {dry.ETag}"))).Is(200);
        Assert.Equal(first.ETag, (await user.SendAsync("DELETE", chosen, null, ("If-Match", dry.ETag!))).IsProblem(412, "PRECONDITION_FAILED").ETag);
        Assert.Equal((2, 2, 0), Counts(await user.SendAsync("DELETE", $"{chosen}&cursor={first["next_cursor"]}", null, ("If-Match", first.ETag!))));
    }

    [Fact]
    public async Task A_server_that_wants_to_know_the_state_wants_it_where_a_change_begins()
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits, ("Tasks__RequireIfMatch", "true"), ("RateLimits__BatchesPerMinute", "9"), ("Idempotency__Required", "true"));
        var user = new User(server.Http, $"{Guid.NewGuid():N}@example.com");
        (await user.PostAsync("/api/v1/auth/register", new { email = user.Email, name = "Ana", password = User.Password }, ("Idempotency-Key", "\"1\""))).Is(201);
        user.AccessToken = (string)(await user.PostAsync("/api/v1/auth/login", new { email = user.Email, password = User.Password }, ("Idempotency-Key", "\"2\""))).Is(200)["access_token"]!;
        foreach (var number in new[] { 1, 2, 3 })
        {
            (await user.PostAsync(User.Tasks, new { title = "a" }, ("Idempotency-Key", $"\"make {number}\""))).Is(201);
        }
        const string chosen = User.Tasks + "?status=pending";
        (await user.PatchAsync(chosen, new { status = "done" })).IsProblem(428, "PRECONDITION_REQUIRED");
        (await user.PatchAsync(chosen, new { status = "done" }, ("If-None-Match", "\"x\""))).IsProblem(428, "PRECONDITION_REQUIRED");
        var dry = (await user.PatchAsync(chosen + "&dry_run=true", new { status = "done" })).Is(200);
        var first = (await user.PatchAsync(chosen + "&limit=1", new { status = "done" }, ("If-Match", dry.ETag!))).Is(200);
        Assert.Equal((2, 2, 0), Counts(await user.PatchAsync($"{chosen}&cursor={first["next_cursor"]}", new { status = "done" })));
        foreach (var left in new[] { 3, 2, 1, 0 })
        {
            Assert.Equal($"\"batches\";r={left}", (await user.SendAsync("DELETE", User.Tasks)).Is(422).Header("RateLimit")!.Split(";t=")[0]);
        }
        (await user.SendAsync("DELETE", User.Tasks)).IsProblem(429, "RATE_LIMIT_EXCEEDED");
    }

    [Fact]
    public async Task A_repeated_change_is_done_once()
    {
        var user = await WithTasksAsync(await User.RegisterAsync(shared.Server), 12);
        const string asked = User.Tasks + "?status=pending&limit=5";
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => user.PatchAsync(asked, new { status = "done" }, ("Idempotency-Key", "\"once\""))));
        Assert.Single(answers, answer => !answer.Is(200).IsReplay);
        Assert.Single(answers.Select(answer => (answer.Text, answer.ETag)).Distinct());
        Assert.Equal(7, (await TitlesAsync(user, "status=pending")).Length);
        (await user.PatchAsync(asked, new { status = "pending" }, ("Idempotency-Key", "\"once\""))).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        // The cursor of a repeat goes on as that of the first.
        Assert.Equal((7, 7, 0), Counts(await user.PatchAsync($"{User.Tasks}?status=pending&cursor={answers[0]["next_cursor"]}", new { status = "done" }, ("Idempotency-Key", "\"twice\""))));
    }

    [Fact]
    public async Task A_thousand_tasks_are_changed_in_one_request_and_the_others_stay()
    {
        var user = await WithTasksAsync(await User.RegisterAsync(shared.Server), 1001);
        var answer = await user.PatchAsync($"{User.Tasks}?status=pending&limit=1000", new { status = "done", priority = "high", add_tags = new[] { "new" } });
        Assert.Equal((1000, 1000, 0), Counts(answer));
        Assert.True((bool)answer["has_more"]!);
        Assert.Equal(["task 1001"], await TitlesAsync(user, "status=pending"));
        var list = (await user.GetAsync($"{User.Tasks}?tag=new&status=done&priority=high&limit=1")).Is(200);
        Assert.Equal((1000, 3), ((int)list["pagination"]!["total"]!, (int)list["tasks"]![0]!["version"]!));
    }
}
