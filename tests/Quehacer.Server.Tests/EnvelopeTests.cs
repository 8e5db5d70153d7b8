using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>The envelope as a client knows it that was written against 000 by somebody who has never heard of this server.</summary>
public sealed class EnvelopeTests(SharedServer shared)
{
    private const string Tasks = "/tasks/task";
    private const string List = "/tasks/task/list/page";
    private const string Batch = "/tasks/task/batch";

    private static readonly string[] Members = ["id", "title", "description", "done", "status", "priority", "dueDate", "tags", "createdAt", "updatedAt"];
    private static readonly string[] PaginationMembers = ["page", "currentPage", "limit", "totalCount", "totalPages", "hasMore", "hasPrev", "nextCursor"];

    private static string[] Names(JsonNode? node) => [.. node!.AsObject().Select(member => member.Key)];

    /// <summary>What the envelope holds, after a look at the envelope itself.</summary>
    private static JsonNode Data(Answer answer, int status = 200, int cacheTtl = 0)
    {
        answer.Is(status);
        Assert.Equal(["code", "resultMessage", "data", "timestamp", "cacheTTL"], Names(answer.Json));
        Assert.Equal((status, "OPERATION_SUCCESS", cacheTtl), ((int)answer["code"]!, (string)answer["resultMessage"]!, (int)answer["cacheTTL"]!));
        Assert.InRange((long)answer["timestamp"]!, DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        Assert.Equal("application/json; charset=utf-8", answer.Header("Content-Type"));
        Assert.Equal(cacheTtl == 0 ? "private, no-cache" : $"private, max-age={cacheTtl}, stale-while-revalidate=300", answer.Header("Cache-Control"));
        return answer["data"]!;
    }

    /// <summary>What the shared server, being in Development, has clients keep.</summary>
    private static JsonNode Read(Answer answer) => Data(answer, cacheTtl: 10);

    private static void AssertRefuses(Answer answer, int status, string result, string field, string? message = null)
    {
        answer.Is(status);
        ContractUnderTest.Envelope.AssertIsError(answer);
        Assert.Equal(result, (string)answer["resultMessage"]!);
        Assert.True(
            answer["errors"]!.AsArray().Any(error => (string)error!["field"]! == field && (message is null || (string)error["message"]! == message)),
            $"{answer.Asked}: {field} '{message}' expected, and the answer is {answer.Text}");
    }

    private static void AssertInvalid(Answer answer, string field, string? message = null) => AssertRefuses(answer, 400, "VALIDATION_ERROR", field, message);

    private static async Task<long> CreateAsync(Client user, object task) => (long)Data(await user.PostAsync(Tasks, task), 201)["id"]!;

    private static async Task<string> ListedAsync(Client user, string query) =>
        string.Join(',', Read(await user.GetAsync($"{List}?{query}"))["tasks"]!.AsArray().Select(task => (long)task!["id"]!));

    [Fact]
    public async Task A_task_is_made_read_changed_and_deleted_as_the_data_of_an_envelope()
    {
        var user = await shared.NewUserAsync();
        var made = await user.PostAsync(Tasks, new { title = " Buy milk ", description = "Two litres", priority = "high", dueDate = "2099-01-31T18:00:00.5+01:00", tags = new[] { "home", "Home", "shop" } });
        var task = Data(made, 201);
        Assert.Equal(Members, Names(task));
        Assert.Equal(
            """{"id":1,"title":"Buy milk","description":"Two litres","done":false,"status":"pending","priority":"high","dueDate":"2099-01-31T17:00:00.500Z","tags":["home","shop"]""",
            task.ToJsonString().Split(",\"createdAt\"")[0]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)task["createdAt"]!);
        Assert.Equal($"{Tasks}/1", made.Header("Location"));
        var read = await user.GetAsync($"{Tasks}/1");
        Assert.Equal((task.ToJsonString(), made.ETag), (Read(read).ToJsonString(), read.ETag));
        Assert.StartsWith("W/\"", read.ETag);

        // What was read can be put back, and changes nothing.
        var put = await user.PutAsync($"{Tasks}/1", task.ToJsonString());
        Assert.Equal((task.ToJsonString(), made.ETag, null), (Data(put).ToJsonString(), put.ETag, put.Header("Content-Location")));

        var named = await user.PutAsync(Tasks, new { id = 1, title = "Buy oat milk", description = "", dueDate = (string?)null });
        var changed = Data(named);
        Assert.Equal(("Buy oat milk", "", null, "high", $"{Tasks}/1"),
            ((string)changed["title"]!, (string)changed["description"]!, (string?)changed["dueDate"], (string)changed["priority"]!, named.Header("Content-Location")));
        Assert.Equal("[]", Data(await user.PatchAsync($"{Tasks}/1", new { tags = Array.Empty<string>() }))["tags"]!.ToJsonString());

        var deleted = await user.DeleteAsync($"{Tasks}/1");
        Assert.Equal(("Buy oat milk", null), ((string)Data(deleted)["title"]!, deleted.ETag));
        AssertRefuses(await user.GetAsync($"{Tasks}/1"), 404, "NOT_FOUND", "id", "Task not found");
        AssertRefuses(await user.PutAsync(Tasks, new { id = 1, title = "x" }), 404, "NOT_FOUND", "id", "Task not found");
        Assert.Equal(2, await CreateAsync(user, new { title = "numbers are never used again" }));
    }

    [Fact]
    public async Task A_bare_task_has_a_value_in_every_member()
    {
        var user = await shared.SomebodyAsync();
        var task = Data(await user.PostAsync(Tasks, new { title = "bare" }), 201);
        Assert.Equal(("", false, "pending", "medium", null, "[]"),
            ((string)task["description"]!, (bool)task["done"]!, (string)task["status"]!, (string)task["priority"]!, (string?)task["dueDate"], task["tags"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_task_goes_by_its_number_its_UUID_and_its_TypeID_and_by_nothing_else()
    {
        var user = await shared.SomebodyAsync();
        var title = ContractUser.Fresh();
        var (_, made) = await user.CreateAsync(new { title });
        var (typeId, number) = ((string)made["id"]!, (long)made["number"]!);
        var uuid = await shared.Server.SqlAsync($"SELECT task_id FROM tasks WHERE title = '{title}'");
        foreach (var id in new[] { typeId, uuid, $"{number}" })
        {
            Assert.Equal(number, (long)Read(await user.GetAsync($"{Tasks}/{id}"))["id"]!);
            Assert.Equal(number, (long)Data(await user.PutAsync(Tasks, new { id, priority = "low" }))["id"]!);
        }
        foreach (var id in new[] { $"0{number}", $"+{number}", "0", "-1", "1.5", typeId.ToUpperInvariant(), "nope", "list", "list/nope", "99999999999999999999", $"{number}x" })
        {
            (await user.GetAsync($"{Tasks}/{id}")).Is(404);
            if (!id.Contains('/', StringComparison.Ordinal))
            {
                AssertInvalid(await user.PutAsync(Tasks, new { id, title = "x" }), "id", "Id must be the id of a task, such as 7");
            }
        }
        AssertInvalid(await user.PutAsync(Tasks, new { title = "x" }), "id", "Id is required");
    }

    [Fact]
    public async Task Done_and_status_say_the_same_and_must_not_disagree()
    {
        var user = await shared.SomebodyAsync();
        var path = $"{Tasks}/{await CreateAsync(user, new { title = "a", done = true })}";
        foreach (var (body, done) in new (object, bool)[]
        {
            (new { done = false }, false), (new { status = "completed" }, true), (new { status = "pending" }, false), (new { done = true, status = "completed" }, true), (new { title = "b" }, true),
        })
        {
            var task = Data(await user.PatchAsync(path, body));
            Assert.Equal((done, done ? "completed" : "pending"), ((bool)task["done"]!, (string)task["status"]!));
        }
        AssertInvalid(await user.PatchAsync(path, new { done = true, status = "pending" }), "status", "Status contradicts 'done'; change or remove one of them");
        AssertInvalid(await user.PatchAsync(path, new { done = "true" }), "done", "Done must be true or false");
        AssertInvalid(await user.PatchAsync(path, new { done = (bool?)null }), "done");
    }

    [Fact]
    public async Task Toggle_flips_and_done_completes_however_often_it_is_asked()
    {
        var user = await shared.SomebodyAsync();
        var path = $"{Tasks}/{await CreateAsync(user, new { title = "a" })}";
        Assert.True((bool)Data(await user.SendAsync("PATCH", $"{path}/toggle"))["done"]!);
        Assert.False((bool)Data(await user.PatchAsync($"{path}/toggle", "{}"))["done"]!);
        var done = await user.SendAsync("PATCH", $"{path}/done");
        Assert.True((bool)Data(done)["done"]!);
        Assert.Equal(done.ETag, (await user.SendAsync("PATCH", $"{path}/done")).Is(200).ETag);
        // Repeated under its key, a toggle is not done twice.
        var key = ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");
        Assert.False((bool)Data(await user.SendAsync("PATCH", $"{path}/toggle", null, key))["done"]!);
        var again = await user.SendAsync("PATCH", $"{path}/toggle", null, key);
        Assert.Equal((false, true), ((bool)Data(again)["done"]!, again.IsReplay));
        AssertRefuses(await user.SendAsync("PATCH", $"{path}/toggle", null, ("If-Match", done.ETag!)), 412, "PRECONDITION_FAILED", "If-Match");
        AssertRefuses(await user.SendAsync("PATCH", $"{Tasks}/999999/toggle"), 404, "NOT_FOUND", "id", "Task not found");
        AssertInvalid(await user.PatchAsync($"{path}/toggle", "{"), "body");
    }

    [Fact]
    public async Task Of_toggles_at_once_each_flips_exactly_once()
    {
        var user = await shared.SomebodyAsync();
        var path = $"{Tasks}/{await CreateAsync(user, new { title = "raced" })}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 31).Select(_ => user.SendAsync("PATCH", $"{path}/toggle")));
        Assert.Equal((16, 15), (answers.Count(answer => (bool)Data(answer)["done"]!), answers.Count(answer => !(bool)Data(answer)["done"]!)));
        Assert.Equal(31, answers.Select(answer => answer.ETag).Distinct().Count());
        Assert.True((bool)Read(await user.GetAsync(path))["done"]!);
    }

    [Fact]
    public async Task A_list_has_tasks_and_a_pagination_that_leads_through_all_of_them()
    {
        var user = await shared.NewUserAsync();
        Assert.Equal("""{"tasks":[],"pagination":{"page":1,"currentPage":1,"limit":10,"totalCount":0,"totalPages":0,"hasMore":false,"hasPrev":false,"nextCursor":null}}""", Read(await user.GetAsync(List)).ToJsonString());
        Data(await user.PostAsync(Batch, new { tasks = Enumerable.Range(1, 12).Select(number => new { title = $"task {number}" }) }), 201);

        var answer = await user.GetAsync($"{List}?page=2&limit=5");
        var data = Read(answer);
        Assert.Equal(["tasks", "pagination"], Names(data));
        Assert.Equal(Members, Names(data["tasks"]![0]));
        // The newest first.
        Assert.Equal([7, 6, 5, 4, 3], data["tasks"]!.AsArray().Select(task => (int)task!["id"]!));
        var pagination = data["pagination"]!.AsObject();
        Assert.Equal(PaginationMembers, Names(pagination));
        Assert.Equal((2, 2, 5, 12, 3, true, true), ((int)pagination["page"]!, (int)pagination["currentPage"]!, (int)pagination["limit"]!, (int)pagination["totalCount"]!, (int)pagination["totalPages"]!, (bool)pagination["hasMore"]!, (bool)pagination["hasPrev"]!));
        Assert.Equal("12", answer.Header("X-Total-Count"));
        Assert.Equal(10, Read(await user.GetAsync(List))["tasks"]!.AsArray().Count);

        foreach (var (query, ids, hasMore, hasPrev) in new[] { ("page=3&limit=5", "2,1", false, true), ("page=9&limit=5", "", false, true), ("page=2147483647", "", false, true), ("limit=100", "12,11,10,9,8,7,6,5,4,3,2,1", false, false) })
        {
            var page = Read(await user.GetAsync($"{List}?{query}"));
            Assert.Equal((ids, hasMore, hasPrev, 12),
                (string.Join(',', page["tasks"]!.AsArray().Select(task => (int)task!["id"]!)), (bool)page["pagination"]!["hasMore"]!, (bool)page["pagination"]!["hasPrev"]!, (int)page["pagination"]!["totalCount"]!));
        }

        // The same by cursors, which have no number and all else.
        var walked = new List<int>();
        for (string? cursor = (string)pagination["nextCursor"]!; cursor is not null;)
        {
            var page = Read(await user.GetAsync($"{List}?limit=1&cursor={cursor}"));
            Assert.Equal(PaginationMembers, Names(page["pagination"]));
            Assert.Equal((null, null, 12, 12, true), ((int?)page["pagination"]!["page"], (int?)page["pagination"]!["currentPage"], (int)page["pagination"]!["totalCount"]!, (int)page["pagination"]!["totalPages"]!, (bool)page["pagination"]!["hasPrev"]!));
            walked.Add((int)page["tasks"]![0]!["id"]!);
            cursor = (string?)page["pagination"]!["nextCursor"];
            Assert.Equal(cursor is not null, (bool)page["pagination"]!["hasMore"]!);
        }
        Assert.Equal([2, 1], walked);
    }

    [Fact]
    public async Task Lists_are_filtered_searched_ordered_and_cut_down_to_what_is_wanted()
    {
        var user = await shared.NewUserAsync();
        await CreateAsync(user, new { title = "Café: order beans", description = "A kilo", priority = "low", tags = new[] { "errands", "coffee" } });
        await CreateAsync(user, new { title = "Buy milk", priority = "critical", dueDate = "2099-01-01T00:00:00Z", tags = new[] { "errands" } });
        await CreateAsync(user, new { title = "Answer mail", description = "About the beans", status = "completed", dueDate = "2098-01-01T00:00:00Z" });
        foreach (var (query, ids) in new[]
        {
            ("", "3,2,1"), ("status=pending", "2,1"), ("status=completed", "3"), ("search=cafe+bean", "1"), ("search=beans", "3,1"), ("priority=low,critical", "2,1"), ("priority=low&priority=medium", "3,1"),
            ("tags=errands", "2,1"), ("tags=errands,Coffee", "1"), ("tags=errands&tags=coffee&status=completed", ""), ("sort=created", "3,2,1"), ("sort=-created", "1,2,3"), ("sort=createdAt&order=asc", "1,2,3"), ("order=asc", "1,2,3"),
            ("sort=title", "3,2,1"), ("sort=title&order=desc", "1,2,3"), ("sort=priority", "2,3,1"), ("sort=due", "3,2,1"), ("sort=dueDate&order=desc", "2,3,1"), ("sort=id", "1,2,3"), ("sort=-number", "3,2,1"), ("sort=updatedAt&order=desc", "3,2,1"),
            ("unknown=1&completed=true&_=5", "3,2,1"),
        })
        {
            Assert.Equal((query, ids), (query, await ListedAsync(user, query)));
        }
        var selected = Read(await user.GetAsync($"{List}?fields=title,id&status=completed"));
        Assert.Equal("""[{"id":3,"title":"Answer mail"}]""", selected["tasks"]!.ToJsonString());
        Assert.Equal("""{"id":2,"done":false}""", Read(await user.GetAsync($"{Tasks}/2?fields=done,id")).ToJsonString());
    }

    /// <summary>As forms send them.</summary>
    [Fact]
    public async Task A_parameter_without_a_value_is_as_if_it_were_not_there()
    {
        var user = await shared.SomebodyAsync();
        var plain = Read((await user.GetAsync(List)).Is(200));
        var empty = Read((await user.GetAsync($"{List}?page=&limit=&cursor=&status=&priority=&tags=&search=&sort=&order=&fields=")).Is(200));
        Assert.Equal(plain.ToJsonString(), empty.ToJsonString());
    }

    [Theory]
    [InlineData("limit=0", "limit", "Limit must be from 1 to 100")]
    [InlineData("limit=101", "limit", "Limit must be from 1 to 100")]
    [InlineData("limit=-5", "limit", "Limit must be from 1 to 100")]
    [InlineData("limit=ten", "limit", "Limit must be a whole number")]
    [InlineData("limit=1e1", "limit", "Limit must be a whole number")]
    [InlineData("limit=5&limit=6", "limit", "Limit is given more than once; send it once")]
    [InlineData("page=0", "page", "Page must be from 1 to 2147483647")]
    [InlineData("page=2147483648", "page", "Page must be from 1 to 2147483647")]
    [InlineData("page=x", "page", "Page must be a whole number")]
    [InlineData("status=done", "status", "Status must be one of: pending, completed")]
    [InlineData("priority=urgent", "priority", "Priority must be one of: low, medium, high, critical")]
    [InlineData("sort=nonsense", "sort", "Sort must be one of: created, updated, priority, due, title, number")]
    [InlineData("order=up", "order", "Order must be one of: asc, desc")]
    [InlineData("sort=-title&order=asc", "order", "Order contradicts 'sort'; change or remove one of them")]
    [InlineData("fields=id,nonsense", "fields", "Fields must be among: id, title, description, done, status, priority, dueDate, tags, createdAt, updatedAt")]
    [InlineData("search=%20", "search", "Search has nothing to search for; send a word, or remove it")]
    [InlineData("search=%00", "search", "Search has a character that is not text: U+0000, half of a surrogate pair, or bytes that are not UTF-8; remove it")]
    [InlineData("search=%ff", "search", "Search has a character that is not text: U+0000, half of a surrogate pair, or bytes that are not UTF-8; remove it")]
    [InlineData("search=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q", "search", "Search cannot have more than 16 words")]
    [InlineData("tags=1,2,3,4,5,6,7,8,9,10,11", "tags", "Tags cannot have more than 10 entries")]
    [InlineData("tags=%00", "tags", null)]
    [InlineData("cursor=nonsense", "cursor", "Cursor is not from this list: it was altered, its key is no longer known, or filters or sort have changed since; begin again without it")]
    [InlineData("cursor=a&page=1", "page", "Page contradicts 'cursor'; change or remove one of them")]
    public async Task A_list_that_cannot_be_given_is_a_400_that_names_the_parameter(string query, string field, string? message)
    {
        var user = await shared.SomebodyAsync();
        AssertInvalid(await user.GetAsync($"{List}?{query}"), field, message);
        if (field == "fields")
        {
            AssertInvalid(await user.GetAsync($"{Tasks}/1?{query}"), field, message);
        }
    }

    [Fact]
    public async Task A_long_search_is_refused_and_all_that_is_wrong_is_said_at_once()
    {
        var user = await shared.SomebodyAsync();
        AssertInvalid(await user.GetAsync($"{List}?search={new string('x', 201)}"), "search", "Search cannot have more than 200 characters");
        var answer = await user.GetAsync($"{List}?limit=0&page=0&status=x");
        Assert.Equal(["limit", "page", "status"], answer.Is(400)["errors"]!.AsArray().Select(error => (string)error!["field"]!).Order());
    }

    [Theory]
    [InlineData("""{}""", "title", "Title is required")]
    [InlineData("""{"title":""}""", "title", "Title is required")]
    [InlineData("""{"title":"  "}""", "title", "Title is required")]
    [InlineData("""{"title":null}""", "title", "Title is required")]
    [InlineData("""{"title":5}""", "title", "Title must be a string")]
    [InlineData("""{"title":["a"]}""", "title", "Title must be a string")]
    [InlineData("""{"title":"a\u0000b"}""", "title", "Title has a character that is not text: U+0000, half of a surrogate pair, or bytes that are not UTF-8; remove it")]
    [InlineData("""{"title":"\ud800"}""", "title", null)]
    [InlineData("""{"title":"a","description":5}""", "description", "Description must be a string")]
    [InlineData("""{"title":"a","description":{}}""", "description", "Description must be a string")]
    [InlineData("""{"title":"a","done":1}""", "done", "Done must be true or false")]
    [InlineData("""{"title":"a","done":"yes"}""", "done", "Done must be true or false")]
    [InlineData("""{"title":"a","status":"done"}""", "status", "Status must be one of: pending, completed")]
    [InlineData("""{"title":"a","status":true}""", "status", "Status must be one of: pending, completed")]
    [InlineData("""{"title":"a","status":null}""", "status", null)]
    [InlineData("""{"title":"a","priority":"urgent"}""", "priority", "Priority must be one of: low, medium, high, critical")]
    [InlineData("""{"title":"a","priority":1}""", "priority", null)]
    [InlineData("""{"title":"a","priority":null}""", "priority", null)]
    [InlineData("""{"title":"a","dueDate":"tomorrow"}""", "dueDate", "Due date must be a date and time with offset as in RFC 3339, such as 2030-01-31T17:00:00Z")]
    [InlineData("""{"title":"a","dueDate":1735689600}""", "dueDate", null)]
    [InlineData("""{"title":"a","dueDate":""}""", "dueDate", null)]
    [InlineData("""{"title":"a","dueDate":"2020-01-01T00:00:00Z"}""", "dueDate", "Due date must lie in the future")]
    [InlineData("""{"title":"a","tags":"home"}""", "tags", "Tags must be an array of strings")]
    [InlineData("""{"title":"a","tags":[1]}""", "tags", "Tags must be an array of strings")]
    [InlineData("""{"title":"a","tags":["fine",""]}""", "tags[1]", "Tag is required")]
    [InlineData("""{"title":"a","tags":["1","2","3","4","5","6","7","8","9","10","11"]}""", "tags", "Tags cannot have more than 10 entries")]
    [InlineData("""[]""", "body", "Body must be one JSON object")]
    [InlineData("""[{"title":"a"}]""", "body", "Body must be one JSON object")]
    [InlineData("""null""", "body", "Body must be one JSON object")]
    [InlineData("""5""", "body", "Body must be one JSON object")]
    [InlineData("""{"title":"a",}""", "body", "The body is not JSON; send one JSON object in UTF-8, each member once")]
    [InlineData("""{"title":"a","title":"b"}""", "body", "The body is not JSON; send one JSON object in UTF-8, each member once")]
    [InlineData("", "body", "The body is not JSON; send one JSON object in UTF-8, each member once")]
    public async Task A_task_that_cannot_be_made_is_a_400_that_names_the_field(string body, string field, string? message)
    {
        var user = await shared.SomebodyAsync();
        AssertInvalid(await user.PostAsync(Tasks, body), field, message);
        if (body is not "{}" and [_, ..])
        {
            var id = await CreateAsync(user, new { title = "to be changed" });
            AssertInvalid(await user.PatchAsync($"{Tasks}/{id}", body), field, message);
            AssertInvalid(await user.PutAsync($"{Tasks}/{id}", body), field, message);
        }
    }

    [Fact]
    public async Task Lengths_are_counted_in_characters_up_to_the_limits_of_the_contract()
    {
        var user = await shared.SomebodyAsync();
        var (title, description) = (string.Concat(Enumerable.Repeat("👍", 255)), new string('ñ', 10_000));
        var task = Data(await user.PostAsync(Tasks, new { title, description, tags = new[] { new string('t', 50) } }), 201);
        Assert.Equal((title, description), ((string)task["title"]!, (string)task["description"]!));
        AssertInvalid(await user.PostAsync(Tasks, new { title = title + "👍" }), "title", "Title cannot have more than 255 characters");
        AssertInvalid(await user.PostAsync(Tasks, new { title = "a", description = description + "ñ" }), "description", "Description cannot have more than 10000 characters");
        AssertInvalid(await user.PostAsync(Tasks, new { title = "a", tags = new[] { "b", new string('t', 51) } }), "tags[1]", "Tag cannot have more than 50 characters");
    }

    [Fact]
    public async Task Members_that_are_not_known_or_not_the_clients_to_write_mean_nothing()
    {
        var user = await shared.SomebodyAsync();
        var task = Data(await user.PostAsync($"{Tasks}?source=app", new { title = "a", id = 7_000_000, createdAt = "nonsense", updatedAt = 5, version = "x", completed = true, nested = new { a = 1 } }), 201);
        Assert.NotEqual(7_000_000, (long)task["id"]!);
        Assert.False((bool)task["done"]!);
        Assert.Equal((long)task["id"]!, (long)Data(await user.PatchAsync($"{Tasks}/{(long)task["id"]!}", new { id = "nonsense", titel = 5 }))["id"]!);
    }

    [Fact]
    public async Task A_tag_is_good_with_its_W_and_without_it_for_reading_and_for_writing()
    {
        var user = await shared.NewUserAsync();
        var path = $"{Tasks}/{await CreateAsync(user, new { title = "a" })}";
        foreach (var target in new[] { path, List })
        {
            var seen = await user.GetAsync(target);
            foreach (var form in new[] { seen.ETag!, seen.ETag![2..], $"\"other\", {seen.ETag[2..]}", "*" })
            {
                var unchanged = (await user.GetAsync(target, ("If-None-Match", form))).Is(304);
                Assert.Equal(("", seen.ETag[2..], seen.Header("Cache-Control")), (unchanged.Text, unchanged.ETag?.Replace("W/", "", StringComparison.Ordinal), unchanged.Header("Cache-Control")));
            }
            (await user.GetAsync(target, ("If-None-Match", "\"other\""))).Is(200);
            AssertRefuses(await user.GetAsync(target, ("If-Match", "\"other\"")), 412, "PRECONDITION_FAILED", "If-Match");
        }
        foreach (var form in new Func<string, string>[] { tag => tag, tag => tag[2..] })
        {
            var tag = (await user.GetAsync(path)).ETag!;
            Data(await user.PatchAsync(path, new { title = Guid.NewGuid().ToString() }, ("If-Match", form(tag))));
            var stale = await user.PutAsync(Tasks, new { id = path[(Tasks.Length + 1)..], title = "never" }, ("If-Match", form(tag)));
            AssertRefuses(stale, 412, "PRECONDITION_FAILED", "If-Match");
            Assert.Equal((await user.GetAsync(path)).ETag, stale.ETag);
        }
        // A tag of another contract says nothing here.
        var foreign = (await user.GetAsync($"/api/v1/tasks/{path[(Tasks.Length + 1)..]}")).ETag!;
        AssertRefuses(await user.DeleteAsync(path, ("If-Match", foreign)), 412, "PRECONDITION_FAILED", "If-Match");
        AssertInvalid(await user.DeleteAsync(path, ("If-Match", "no tag")), "If-Match");
    }

    [Fact]
    public async Task A_list_is_another_one_for_another_question_and_the_same_for_the_same_in_other_words()
    {
        var user = await shared.NewUserAsync();
        await CreateAsync(user, new { title = "a" });
        async Task<string> TagAsync(string query) => (await user.GetAsync($"{List}?{query}")).Is(200).ETag!;
        Assert.Equal(await TagAsync("page=1&limit=10&fields=id,title"), await TagAsync("fields=title,id&sort=created&unknown=5"));
        string[] different = [await TagAsync(""), await TagAsync("page=2"), await TagAsync("limit=11"), await TagAsync("status=pending"), await TagAsync("fields=id"), await TagAsync("search=a"), await TagAsync("order=asc")];
        Assert.Equal(different.Length, different.Distinct().Count());
    }

    [Fact]
    public async Task A_batch_makes_changes_and_deletes_many_all_or_none()
    {
        var user = await shared.NewUserAsync();
        var made = Data(await user.PostAsync(Batch, new { tasks = new object[] { new { title = "one", tags = new[] { "x" } }, new { title = "two" }, new { title = "three", done = true } } }), 201);
        Assert.Equal(["succeeded", "failed", "results"], Names(made));
        Assert.Equal((3, 0), ((int)made["succeeded"]!, (int)made["failed"]!));
        Assert.All(made["results"]!.AsArray().Select((result, place) => (result, place)), item =>
        {
            Assert.Equal(["index", "code", "resultMessage", "data"], Names(item.result));
            Assert.Equal((item.place, 201, "OPERATION_SUCCESS", item.place + 1), ((int)item.result!["index"]!, (int)item.result["code"]!, (string)item.result["resultMessage"]!, (int)item.result["data"]!["id"]!));
            Assert.Equal(Members, Names(item.result["data"]));
        });

        AssertInvalid(await user.PostAsync(Batch, new { tasks = new object[] { new { title = "never" }, new { title = "" } } }), "tasks[1].title", "Title is required");
        AssertInvalid(await user.PostAsync(Batch, new { tasks = new object[] { new { title = "never" }, 5 } }), "tasks[1]", "Body must be one JSON object");
        AssertRefuses(await user.PatchAsync(Batch, new { tasks = new object[] { new { id = 1, done = true }, new { id = 99, done = true } } }), 404, "NOT_FOUND", "tasks[1].id", "Task not found");
        AssertInvalid(await user.PatchAsync(Batch, new { tasks = new object[] { new { title = "x" } } }), "tasks[0].id", "Id is required");
        AssertInvalid(await user.PatchAsync(Batch, new { tasks = new object[] { new { id = "x" } } }), "tasks[0].id");
        AssertRefuses(await user.SendAsync("DELETE", Batch, new { ids = new[] { 1, 99 } }), 404, "NOT_FOUND", "ids[1]", "Task not found");
        AssertInvalid(await user.SendAsync("DELETE", Batch, new { ids = new object[] { 1, true } }), "ids[1]", "Id must be the id of a task, such as 7");
        Assert.Equal("3,2,1", await ListedAsync(user, ""));
        Assert.Equal("3", await ListedAsync(user, "status=completed"));

        var changed = Data(await user.PatchAsync(Batch, new { tasks = new object[] { new { id = 1, done = true }, new { id = "2", title = "TWO" } } }));
        Assert.Equal((200, true, "TWO"), ((int)changed["results"]![0]!["code"]!, (bool)changed["results"]![0]!["data"]!["done"]!, (string)changed["results"]![1]!["data"]!["title"]!));
        var deleted = Data(await user.SendAsync("DELETE", Batch, new { ids = new object[] { 1, "2" } }));
        Assert.Equal((2, "one"), ((int)deleted["succeeded"]!, (string)deleted["results"]![0]!["data"]!["title"]!));
        Assert.Equal("3", await ListedAsync(user, ""));
        // Who cannot send a body with DELETE says it in the query.
        AssertInvalid(await user.DeleteAsync($"{Batch}?ids=3,x"), "ids[1]");
        AssertInvalid(await user.DeleteAsync(Batch), "ids", "Ids is required");
        AssertInvalid(await user.DeleteAsync($"{Batch}?ids=3&atomic=maybe"), "atomic", "Atomic must be true or false");
        Assert.Equal(1, (int)Data(await user.DeleteAsync($"{Batch}?ids=3"))["succeeded"]!);
        Assert.Empty(await ListedAsync(user, ""));
    }

    [Fact]
    public async Task A_batch_that_is_not_atomic_does_what_it_can_and_says_so_of_each()
    {
        var user = await shared.NewUserAsync();
        var key = ("Idempotency-Key", "\"batch\"");
        var body = new { atomic = false, tasks = new object[] { new { title = "one" }, new { title = "", priority = "x" }, new { title = "three" } } };
        foreach (var isReplay in new[] { false, true })
        {
            var answer = await user.PostAsync(Batch, body, key);
            var data = Data(answer, 207);
            Assert.Equal((isReplay, 2, 1), (answer.IsReplay, (int)data["succeeded"]!, (int)data["failed"]!));
            Assert.Equal([201, 400, 201], data["results"]!.AsArray().Select(result => (int)result!["code"]!));
            var refused = data["results"]![1]!;
            Assert.Equal(["index", "code", "resultMessage", "errors"], Names(refused));
            Assert.Equal("VALIDATION_ERROR", (string)refused["resultMessage"]!);
            Assert.Equal(["priority", "title"], refused["errors"]!.AsArray().Select(error => (string)error!["field"]!).Order());
        }
        Assert.Equal("2,1", await ListedAsync(user, ""));
        var changed = Data(await user.PatchAsync(Batch, new { atomic = false, tasks = new object[] { new { id = 9, title = "x" }, new { id = 2, title = "X" } } }), 207);
        Assert.Equal([404, 200], changed["results"]!.AsArray().Select(result => (int)result!["code"]!));
        Assert.Equal("Task not found", (string)changed["results"]![0]!["errors"]![0]!["message"]!);
        var deleted = Data(await user.DeleteAsync($"{Batch}?ids=1,1,2&atomic=false"), 207);
        Assert.Equal([200, 404, 200], deleted["results"]!.AsArray().Select(result => (int)result!["code"]!));
    }

    [Theory]
    [InlineData("POST", """{}""", "tasks", "Tasks is required")]
    [InlineData("POST", """{"tasks":[]}""", "tasks", "Tasks is required")]
    [InlineData("POST", """{"tasks":null}""", "tasks", "Tasks is required")]
    [InlineData("POST", """{"tasks":{"title":"a"}}""", "tasks", "Tasks must be an array")]
    [InlineData("POST", """{"tasks":[{"title":"a"}],"atomic":"no"}""", "atomic", "Atomic must be true or false")]
    [InlineData("POST", """[{"title":"a"}]""", "body", "Body must be one JSON object")]
    [InlineData("PATCH", """{"ids":[1]}""", "tasks", "Tasks is required")]
    [InlineData("PATCH", """{"tasks":[null]}""", "tasks[0]", "Body must be one JSON object")]
    [InlineData("DELETE", """{"tasks":[{"id":1}]}""", "ids", "Ids is required")]
    [InlineData("DELETE", """{"ids":1}""", "ids", "Ids must be an array")]
    [InlineData("DELETE", """{"ids":[1.5]}""", "ids[0]", "Id must be the id of a task, such as 7")]
    [InlineData("DELETE", """{"ids":[null]}""", "ids[0]", null)]
    [InlineData("DELETE", """[1]""", "body", "Body must be one JSON object")]
    [InlineData("DELETE", "{", "body", null)]
    public async Task A_batch_that_cannot_be_understood_is_a_400_that_names_what_is_wrong(string method, string body, string field, string? message) =>
        AssertInvalid(await (await shared.SomebodyAsync()).SendAsync(method, Batch, body), field, message);

    [Fact]
    public async Task A_batch_has_at_most_a_hundred_tasks()
    {
        var user = await shared.SomebodyAsync();
        AssertInvalid(await user.PostAsync(Batch, new { tasks = Enumerable.Repeat(new { title = "a" }, 101) }), "tasks", "Tasks cannot have more than 100 entries");
        AssertInvalid(await user.SendAsync("DELETE", Batch, new { ids = Enumerable.Range(1, 101) }), "ids", "Ids cannot have more than 100 entries");
        AssertInvalid(await user.DeleteAsync($"{Batch}?ids={string.Join(',', Enumerable.Range(1, 101))}"), "ids", "Ids cannot have more than 100 entries");
        AssertRefuses(await user.PostAsync(Batch, new { tasks = new[] { new { title = "a" } } }, ("If-None-Match", "*")), 412, "PRECONDITION_FAILED", "If-None-Match");
    }

    /// <summary>v1 has /tasks/{id} and what is below it, and none of it may be found below the envelope's own prefixes.</summary>
    [Theory]
    [InlineData("GET", "/tasks/task", 405, "POST, PUT")]
    [InlineData("DELETE", "/tasks/task", 405, "POST, PUT")]
    [InlineData("PATCH", "/Tasks/Task/", 405, "POST, PUT")]
    [InlineData("OPTIONS", "/tasks/task", 405, "POST, PUT")]
    [InlineData("POST", "/tasks/task/list/page", 405, "GET, HEAD")]
    [InlineData("POST", "/tasks/task/complete", 405, "DELETE, GET, HEAD, PATCH, PUT")]
    [InlineData("POST", "/tasks/task/reopen", 405, "DELETE, GET, HEAD, PATCH, PUT")]
    [InlineData("POST", "/tasks/task/1", 405, "DELETE, GET, HEAD, PATCH, PUT")]
    [InlineData("GET", "/tasks/task/1/toggle", 405, "PATCH")]
    [InlineData("POST", "/tasks/task/1/done", 405, "PATCH")]
    [InlineData("GET", "/tasks/task/batch", 405, "DELETE, PATCH, POST")]
    [InlineData("PUT", "/tasks/task/batch", 405, "DELETE, PATCH, POST")]
    [InlineData("POST", "/tasks/healthcheck/app", 405, "GET, HEAD")]
    [InlineData("DELETE", "/tasks/healthcheck/db", 405, "GET, HEAD")]
    [InlineData("PUT", "/tasks/task/tags/x", 404, null)]
    [InlineData("DELETE", "/tasks/task/tags/x", 404, null)]
    [InlineData("POST", "/tasks/task/1/complete", 404, null)]
    [InlineData("PATCH", "/tasks/task/1/done/2", 404, null)]
    [InlineData("GET", "/tasks/task/list", 404, null)]
    [InlineData("GET", "/tasks/healthcheck", 404, null)]
    [InlineData("DELETE", "/tasks/healthcheck", 404, null)]
    [InlineData("POST", "/tasks/healthcheck/complete", 404, null)]
    [InlineData("PATCH", "/tasks/healthcheck/tags/x", 404, null)]
    public async Task Below_its_prefixes_nothing_is_v1s(string method, string path, int status, string? allow)
    {
        foreach (var client in new[] { await shared.SomebodyAsync(), shared.Nobody() })
        {
            // Without a token, an address that exists with that method is a 401; what does not exist does not ask for one.
            var answer = await client.SendAsync(method, path);
            if (path == "/tasks/task/list" && client.AccessToken is null)
            {
                AssertRefuses(answer, 401, "UNAUTHORIZED", "Authorization");
                continue;
            }
            AssertRefuses(answer, status, status == 405 ? "METHOD_NOT_ALLOWED" : "NOT_FOUND", status == 405 ? "method" : path == "/tasks/task/list" ? "id" : "path");
            Assert.Equal(allow, answer.Header("Allow"));
        }
    }

    [Fact]
    public async Task Refusals_are_named_as_the_specification_names_them_in_English_whatever_is_asked_for()
    {
        var user = await shared.SomebodyAsync();
        var key = ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");
        (await user.PostAsync(Tasks, new { title = "first" }, key)).Is(201);
        AssertRefuses(await user.PostAsync(Tasks, new { title = "second" }, key), 422, "IDEMPOTENCY_MISMATCH", "Idempotency-Key");
        AssertRefuses(await user.PostAsync(Tasks, new { title = "a" }, ("Idempotency-Key", "\"")), 400, "VALIDATION_ERROR", "Idempotency-Key");
        AssertRefuses(await user.GetAsync(List, ("Accept", "application/xml")), 406, "NOT_ACCEPTABLE", "Accept");
        AssertRefuses(await user.GetAsync(List, ("Accept", "text/csv")), 406, "NOT_ACCEPTABLE", "Accept");
        AssertRefuses(await user.PostAsync(Tasks, "title=a", ("Content-Type", "application/x-www-form-urlencoded")), 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type");
        var tooLarge = await shared.Server.SendRawAsync(async stream => await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {Tasks} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {user.AccessToken}\r\nContent-Type: application/json\r\nContent-Length: {1024 * 1024 + 1}\r\n\r\n")));
        Assert.Contains("""{"code":413,"resultMessage":"PAYLOAD_TOO_LARGE","errors":[{"field":"body",""", tooLarge);
        AssertRefuses(await shared.Nobody().GetAsync(List), 401, "UNAUTHORIZED", "Authorization");
        AssertRefuses(await shared.Nobody().GetAsync(List, ("Authorization", "Bearer x")), 401, "UNAUTHORIZED", "Authorization");
        AssertInvalid(await user.PostAsync(Tasks, new { }, ("Accept-Language", "es")), "title", "Title is required");
        Data(await user.PatchAsync($"{Tasks}/{await CreateAsync(user, new { title = "a" })}", """{"title":"b"}""", ("Content-Type", "application/merge-patch+json")));
    }

    [Fact]
    public async Task A_change_through_either_contract_is_read_back_through_the_other_at_once()
    {
        var user = await shared.NewUserAsync();
        var (title, description) = (new string('t', 255), new string('d', 10_000));
        var number = await CreateAsync(user, new { title, description, priority = "critical", tags = new[] { "uno", "dos" }, done = true });
        var inV1 = (await user.GetAsync($"/api/v1/tasks/{number}")).Is(200);
        Assert.Equal((title, description, "critical", "done", """["uno","dos"]"""), ((string)inV1["title"]!, (string)inV1["description"]!, (string)inV1["priority"]!, (string)inV1["status"]!, inV1["tags"]!.ToJsonString()));
        // A title that v1 would not take is no fault when it is put back through v1, nor is anything lost by a change of something else.
        (await user.PutAsync($"/api/v1/tasks/{number}", inV1.Text)).Is(200);
        (await user.PatchAsync($"/api/v1/tasks/{number}", new { status = "pending", description = (string?)null })).Is(200);
        var task = Read(await user.GetAsync($"{Tasks}/{number}"));
        Assert.Equal((title, "", false), ((string)task["title"]!, (string)task["description"]!, (bool)task["done"]!));
        (await user.DeleteAsync($"/api/v1/tasks/{number}")).Is(204);
        (await user.GetAsync($"{Tasks}/{number}")).Is(404);
        (await user.PostAsync($"/api/v1/tasks/{number}/restore")).Is(200);
        Assert.Equal($"{number}", await ListedAsync(user, "tags=uno"));
    }

    [Fact]
    public async Task Health_is_told_to_everybody_within_an_envelope_and_kept_by_nobody()
    {
        var nobody = shared.Nobody();
        foreach (var (path, members) in new[] { ("/tasks/healthcheck/app", "status,service,version"), ("/tasks/healthcheck/db", "status,database") })
        {
            var answer = (await nobody.GetAsync(path)).Is(200);
            Assert.Equal(["code", "resultMessage", "data", "timestamp", "cacheTTL"], Names(answer.Json));
            Assert.Equal((members, "healthy", 0, "no-store", null), (string.Join(',', Names(answer["data"])), (string)answer["data"]!["status"]!, (int)answer["cacheTTL"]!, answer.Header("Cache-Control"), answer.Header("X-RateLimit-Limit")));
            Assert.Equal("", (await nobody.SendAsync("HEAD", path)).Is(200).Text);
        }
    }

    [Fact]
    public async Task Writes_have_a_lower_limit_of_their_own_and_in_production_answers_are_kept_for_longer()
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits, ("ASPNETCORE_ENVIRONMENT", "Production"), ("Auth__SigningKey", new string('k', 48)));
        var user = await User.RegisterAsync(server);
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(turn => turn % 4 == 0
            ? user.PostAsync(Batch, new { tasks = new[] { new { title = $"task {turn}" } } })
            : user.PostAsync(Tasks, new { title = $"task {turn}" })));
        var refused = answers.Where(answer => answer.Status == 429).ToList();
        Assert.Equal((30, 10), (answers.Count(answer => answer.Status == 201), refused.Count));
        Assert.All(refused, answer =>
        {
            AssertRefuses(answer, 429, "RATE_LIMIT_EXCEEDED", "request");
            Assert.Contains("30 writes a minute", (string)answer["errors"]![0]!["message"]!);
            Assert.Equal(("30", "0"), (answer.Header("X-RateLimit-Limit"), answer.Header("X-RateLimit-Remaining")));
            Assert.InRange(int.Parse(answer.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 60);
        });
        Assert.Contains("\"standard\";q=100;w=60, \"envelope-writes\";q=30;w=60, \"batches\";q=100;w=60", answers.Select(answer => answer.Header("RateLimit-Policy")));
        // Reads go on, and so do writes by way of another contract; all that was refused has been counted in the plan.
        var list = await user.GetAsync(List);
        Assert.Equal((30, "59"), ((int)Data(list, cacheTtl: 60)["pagination"]!["totalCount"]!, list.Header("X-RateLimit-Remaining")));
        (await user.PostAsync("/api/v1/tasks", new { title = "a" })).Is(201);
    }

    [Fact]
    public async Task What_a_server_demands_of_writes_it_demands_here_and_a_database_that_is_away_is_a_503()
    {
        await using var server = await QuehacerServer.StartAsync(("Envelope__CacheSeconds", "0"), ("Idempotency__Required", "true"), ("Tasks__RequireIfMatch", "true"));
        var user = new User(server.Http, "ana@example.com");
        (await user.PostAsync("/api/v1/auth/register", new { email = user.Email, name = "Ana", password = User.Password }, ("Idempotency-Key", "\"1\""))).Is(201);
        user.AccessToken = (string)(await user.PostAsync("/api/v1/auth/login", new { email = user.Email, password = User.Password }, ("Idempotency-Key", "\"2\""))).Is(200)["access_token"]!;
        AssertRefuses(await user.PostAsync(Tasks, new { title = "a" }), 400, "VALIDATION_ERROR", "Idempotency-Key");
        AssertRefuses(await user.PostAsync(Batch, new { tasks = new[] { new { title = "a" } } }), 400, "VALIDATION_ERROR", "Idempotency-Key");
        (await user.PostAsync(Tasks, new { title = "a" }, ("Idempotency-Key", "\"3\""))).Is(201);
        Data(await user.GetAsync(List));
        var read = await user.GetAsync($"{Tasks}/1");
        Data(read);
        foreach (var refused in new[]
        {
            await user.PatchAsync($"{Tasks}/1", new { title = "b" }), await user.PutAsync(Tasks, new { id = 1, title = "b" }), await user.SendAsync("PATCH", $"{Tasks}/1/toggle"), await user.DeleteAsync($"{Tasks}/1"),
            await user.PatchAsync(Batch, new { tasks = new[] { new { id = 1, title = "b" } } }), await user.DeleteAsync($"{Batch}?ids=1"),
        })
        {
            AssertRefuses(refused, 428, "PRECONDITION_REQUIRED", "If-Match");
        }
        Data(await user.PatchAsync($"{Tasks}/1", new { title = "b" }, ("If-Match", read.ETag!)));

        server.FreezePostgres();
        var away = await user.GetAsync("/tasks/healthcheck/db");
        AssertRefuses(away, 503, "SERVICE_UNAVAILABLE", "database");
        Assert.NotNull(away.Header("Retry-After"));
        (await user.GetAsync("/tasks/healthcheck/app")).Is(200);
        server.ThawPostgres();
        (await user.GetAsync("/tasks/healthcheck/db")).Is(200);
    }
}
