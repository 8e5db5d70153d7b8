using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

/// <summary>Lists as a client sees them that knows the documentation and nothing else: filters, orders, searches, pages and cursors.</summary>
public sealed partial class FindingTests(SharedServer shared)
{
    private const string Late = "9999-12-31T23:59:59.999Z";

    private static string[] Titles(Answer list) => [.. list.Is(200)["tasks"]!.AsArray().Select(task => (string)task!["title"]!)];

    private static async Task<string> FindAsync(Client client, string query) => string.Concat(Titles(await client.GetAsync($"{User.Tasks}?{query}")));

    private static string Escaped(string text) => Uri.EscapeDataString(text);

    /// <summary>Somebody with five tasks.</summary>
    private async Task<User> AnaAsync()
    {
        var ana = await shared.NewUserAsync();
        foreach (var task in new object[]
        {
            new { title = "a", priority = "low", due_date = "2090-01-01T00:00:00Z", tags = new[] { "Home", "red" } },
            new { title = "b", priority = "critical", due_date = "2090-01-02T00:00:00+02:00", tags = new[] { "home" }, status = "done" },
            new { title = "c", description = "about a", tags = new[] { "old house" } },
            new { title = "d", priority = "high", due_date = Late, status = "done" },
            new { title = "e", priority = "low", due_date = "2090-01-01T00:00:00Z" },
        })
        {
            await ana.CreateAsync(task);
        }
        return ana;
    }

    [Fact]
    public async Task Every_filter_lets_through_what_it_says()
    {
        var ana = await AnaAsync();
        foreach (var (query, expected) in new[]
        {
            ("", "edcba"), ("status=all", "edcba"), ("status=pending", "eca"), ("status=done", "db"), ("status=completed", "db"),
            ("priority=low", "ea"), ("priority=low,critical", "eba"), ("priority=critical&priority=low", "eba"), ("priority=low,low,%20high", "eda"), ("priority=medium", "c"),
            ("tag=home", "ba"), ("tag=HOME", "ba"), ("tag=home,red", "a"), ("tag=red&tag=Home", "a"), ("tag=old%20house", "c"), ("tag=old+house", "c"), ("tag=old", ""), ("tag=nobody", ""),
            ("tag=%20home%20", "ba"), ("category_id=none", "edcba"), ("category_id=cat_01h455vb4pex5vsknk084sn02q", ""), ("category_id=01890a5d-ac96-774b-bcce-b302099a8057", ""),
            ("due_after=2090-01-01", "db"), ("due_after=2089-12-31T23:59:59.999Z", "edba"), ("due_before=2090-01-01", ""), ("due_before=2090-01-01T00:00:00.001Z", "ea"),
            ("due_after=2090-01-01&due_before=2090-01-02", "b"), ("due_before=" + Late, "eba"), ("due_after=" + Late, ""), ("due_after=0001-01-01", "edba"), ("due_before=0001-01-01", ""),
            ("overdue=true", ""), ("overdue=false", "edcba"), ("overdue=true&status=pending", ""), ("overdue=false&status=done", "db"),
            ("created_after=0001-01-01", "edcba"), ("created_before=0001-01-01", ""), ("created_after=" + Late, ""), ("created_before=" + Late, "edcba"),
            ("created_after=1969-12-31T23:59:59.999Z&created_before=9999-12-31", "edcba"), ("updated_since=0001-01-01T00:00:00Z", "edcba"), ("updated_since=" + Late, ""),
            ("q=a", "ca"), ("q=home", "ba"), ("q=hou", "c"), ("q=red%20a", "a"), ("q=about,a", "c"), ("q=b", "b"),
            ("sort=created", "edcba"), ("sort=-created", "abcde"), ("sort=created&order=asc", "abcde"), ("sort=created&order=desc", "edcba"), ("order=asc", "abcde"),
            ("sort=-created&order=asc", "abcde"), ("sort=priority", "bdcea"), ("sort=-priority", "aecdb"), ("sort=priority&order=asc", "aecdb"),
            ("sort=due", "aebdc"), ("sort=-due", "dbeac"), ("sort=due&order=desc", "dbeac"), ("sort=title", "abcde"), ("sort=-title", "edcba"), ("sort=title&order=desc", "edcba"),
            ("sort=-title&order=desc", "edcba"), ("sort=number", "abcde"), ("sort=-number", "edcba"), ("sort=updated", "edcba"), ("sort=-updated", "abcde"),
            ("status=pending&priority=low&tag=home&due_before=2091-01-01&q=a&sort=title&limit=1", "a"), ("status=pending&priority=low&tag=home&q=e", ""),
        })
        {
            var found = await FindAsync(ana, query);
            Assert.True(expected == found, $"?{query}: {expected} expected, and there came {found}.");
            Assert.Equal(expected, await FindAsync(ana, query + "&_=1&utm_source=mail&include_total=false"));
        }
    }

    [Fact]
    public async Task Times_are_told_apart_to_the_millisecond_and_a_plus_may_be_sent_as_it_is()
    {
        var ana = await shared.NewUserAsync();
        var made = (await ana.CreateAsync(new { title = "a", due_date = "2090-06-01T12:00:00.500+02:00" })).Answer;
        foreach (var (query, expected) in new[]
        {
            ("due_after=2090-06-01T10:00:00.499Z", "a"), ("due_after=2090-06-01T10:00:00.500Z", ""), ("due_before=2090-06-01T10:00:00.501Z", "a"), ("due_before=2090-06-01T10:00:00.500Z", ""),
            ("due_after=2090-06-01T12:00:00.499+02:00", "a"), ("due_after=2090-06-01T12:00:00.500+02:00", ""), ("due_after=2090-06-01T12:00:00.499%2B02:00", "a"),
            ("due_before=2090-06-01T05:00:00.501-05:00", "a"), ("due_before=2090-06-01T05:00:00.500-05:00", ""), ("due_after=2090-06-01T10:00:00.4999999Z", "a"),
            ("due_after=2090-06-01+10:00:00Z", "a"), ("due_before=2090-06-01t10:00:01z", "a"),
        })
        {
            Assert.Equal((query, expected), (query, await FindAsync(ana, query)));
        }
        var (created, updated) = (Time(made["created_at"]!), Time(made["updated_at"]!));
        foreach (var (query, expected) in new[]
        {
            ($"created_after={Text(created, -1)}", "a"), ($"created_after={Text(created, 0)}", ""), ($"created_before={Text(created, 1)}", "a"), ($"created_before={Text(created, 0)}", ""),
            ($"updated_since={Text(updated, 0)}", "a"), ($"updated_since={Text(updated, 1)}", ""), ($"created_after={Text(created, -1)}&created_before={Text(created, 1)}", "a"),
        })
        {
            Assert.Equal((query, expected), (query, await FindAsync(ana, query)));
        }

        static DateTime Time(JsonNode time) => DateTime.Parse((string)time!, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        static string Text(DateTime time, int later) => time.AddMilliseconds(later).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_pending_task_is_overdue_once_its_time_has_passed_and_a_done_one_never()
    {
        var ana = await shared.NewUserAsync();
        static string Soon() => DateTime.UtcNow.AddSeconds(2).ToString("O");
        var (path, _) = await ana.CreateAsync(new { title = "a", due_date = Soon() });
        await ana.CreateAsync(new { title = "b", due_date = Soon(), status = "done" });
        await ana.CreateAsync(new { title = "c", due_date = Late });
        await ana.CreateAsync(new { title = "d" });
        while (await FindAsync(ana, "overdue=true") == "")
        {
            await Task.Delay(50);
        }
        var overdue = (await ana.GetAsync($"{User.Tasks}?overdue=true")).Is(200);
        Assert.Equal((1, "a"), ((int)overdue["pagination"]!["total"]!, string.Concat(Titles(overdue))));
        Assert.Equal("dcb", await FindAsync(ana, "overdue=false"));
        Assert.Equal("b", await FindAsync(ana, "overdue=false&status=done"));
        (await ana.PostAsync($"{path}/complete")).Is(200);
        Assert.Equal("", await FindAsync(ana, "overdue=true"));
        Assert.Equal("dcba", await FindAsync(ana, "overdue=false"));
    }

    [Theory]
    [InlineData("page=1&cursor=abc", "page", "CONTRADICTION")]
    [InlineData("cursor=", "cursor", "INVALID_CURSOR")]
    [InlineData("cursor=abc", "cursor", "INVALID_CURSOR")]
    [InlineData("cursor=%00", "cursor", "INVALID_CURSOR")]
    [InlineData("cursor=%ED%A0%80", "cursor", "NOT_TEXT")]
    [InlineData("cursor=a&cursor=b", "cursor", "REPEATED")]
    [InlineData("limit=-1", "limit", "OUT_OF_RANGE")]
    [InlineData("limit=99999999999999999999999999", "limit", "OUT_OF_RANGE")]
    [InlineData("limit=-99999999999999999999999999", "limit", "OUT_OF_RANGE")]
    [InlineData("limit=1e1", "limit", "NOT_AN_INTEGER")]
    [InlineData("limit=%2B5", "limit", "NOT_AN_INTEGER")]
    [InlineData("limit=-", "limit", "NOT_AN_INTEGER")]
    [InlineData("limit=%D9%A5", "limit", "NOT_AN_INTEGER")]
    [InlineData("limit", "limit", "NOT_AN_INTEGER")]
    [InlineData("priority=urgent", "priority", "NOT_ONE_OF")]
    [InlineData("priority=high,urgent", "priority", "NOT_ONE_OF")]
    [InlineData("priority=HIGH", "priority", "NOT_ONE_OF")]
    [InlineData("priority=2", "priority", "NOT_ONE_OF")]
    [InlineData("priority=", "priority", "REQUIRED")]
    [InlineData("priority=high,,low", "priority", "REQUIRED")]
    [InlineData("status=Done", "status", "NOT_ONE_OF")]
    [InlineData("status=pending,done", "status", "NOT_ONE_OF")]
    [InlineData("status=pending&status=done", "status", "REPEATED")]
    [InlineData("category_id=", "category_id", "NOT_AN_ID")]
    [InlineData("category_id=1", "category_id", "NOT_AN_ID")]
    [InlineData("category_id=None", "category_id", "NOT_AN_ID")]
    [InlineData("category_id=task_01h455vb4pex5vsknk084sn02q", "category_id", "NOT_AN_ID")]
    [InlineData("category_id=CAT_01H455VB4PEX5VSKNK084SN02Q", "category_id", "NOT_AN_ID")]
    [InlineData("category_id=cat_81h455vb4pex5vsknk084sn02q", "category_id", "NOT_AN_ID")]
    [InlineData("category_id={01890a5d-ac96-774b-bcce-b302099a8057}", "category_id", "NOT_AN_ID")]
    [InlineData("category_id=none&category_id=none", "category_id", "REPEATED")]
    [InlineData("tag=", "tag", "REQUIRED")]
    [InlineData("tag=%20", "tag", "REQUIRED")]
    [InlineData("tag=a,,b", "tag", "REQUIRED")]
    [InlineData("tag=a&tag=", "tag", "REQUIRED")]
    [InlineData("tag=a%00", "tag", "NOT_TEXT")]
    [InlineData("tag=a&tag=%EF%BF%BE", "tag", "NOT_TEXT")]
    [InlineData("tag=1,2,3,4,5,6,7,8,9,10,11", "tag", "TOO_MANY")]
    [InlineData("tag=1,2,3,4,5,6&tag=7,8,9,10,11", "tag", "TOO_MANY")]
    [InlineData("overdue=1", "overdue", "NOT_A_BOOLEAN")]
    [InlineData("overdue=", "overdue", "NOT_A_BOOLEAN")]
    [InlineData("overdue=TRUE", "overdue", "NOT_A_BOOLEAN")]
    [InlineData("overdue=true&overdue=true", "overdue", "REPEATED")]
    [InlineData("include_deleted=yes", "include_deleted", "NOT_A_BOOLEAN")]
    [InlineData("include_total=maybe", "include_total", "NOT_A_BOOLEAN")]
    [InlineData("overdue=true&status=done", "overdue", "CONTRADICTION")]
    [InlineData("overdue=true&status=completed", "overdue", "CONTRADICTION")]
    [InlineData("due_after=2030-02-01&due_before=2030-01-01", "due_before", "CONTRADICTION")]
    [InlineData("due_after=2030-01-01&due_before=2030-01-01", "due_before", "CONTRADICTION")]
    [InlineData("due_after=2030-01-01T00:00:00Z&due_before=2030-01-01T01:00:00+02:00", "due_before", "CONTRADICTION")]
    [InlineData("created_after=2030-01-01&created_before=2030-01-01", "created_before", "CONTRADICTION")]
    [InlineData("sort=-created&order=desc", "order", "CONTRADICTION")]
    [InlineData("sort=-title&order=asc", "order", "CONTRADICTION")]
    [InlineData("sort=-due&order=asc", "order", "CONTRADICTION")]
    [InlineData("sort=-priority&order=desc", "order", "CONTRADICTION")]
    [InlineData("order=up", "order", "NOT_ONE_OF")]
    [InlineData("order=", "order", "NOT_ONE_OF")]
    [InlineData("order=DESC", "order", "NOT_ONE_OF")]
    [InlineData("sort=", "sort", "NOT_ONE_OF")]
    [InlineData("sort=-", "sort", "NOT_ONE_OF")]
    [InlineData("sort=created,title", "sort", "NOT_ONE_OF")]
    [InlineData("sort=Created", "sort", "NOT_ONE_OF")]
    [InlineData("sort=created&sort=title", "sort", "REPEATED")]
    [InlineData("q=", "q", "NOTHING_TO_SEARCH_FOR")]
    [InlineData("q", "q", "NOTHING_TO_SEARCH_FOR")]
    [InlineData("q=%20%20", "q", "NOTHING_TO_SEARCH_FOR")]
    [InlineData("q=++", "q", "NOTHING_TO_SEARCH_FOR")]
    [InlineData("q=,%20,.;", "q", "NOTHING_TO_SEARCH_FOR")]
    [InlineData("q=%E2%80%8D%EF%B8%8F", "q", "NOTHING_TO_SEARCH_FOR")]
    [InlineData("q=%00", "q", "NOT_TEXT")]
    [InlineData("q=milk%00", "q", "NOT_TEXT")]
    [InlineData("q=%EF%BF%BE", "q", "NOT_TEXT")]
    [InlineData("q=a&q=b", "q", "REPEATED")]
    [InlineData("q=%ED%A0%80", "q", "NOT_TEXT")]
    [InlineData("q=%ED%A0%BD%ED%B8%80", "q", "NOT_TEXT")]
    [InlineData("q=milk%FF", "q", "NOT_TEXT")]
    [InlineData("q=caf%E9", "q", "NOT_TEXT")]
    [InlineData("tag=a&tag=%ED%A0%80", "tag", "NOT_TEXT")]
    [InlineData("q=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q", "q", "TOO_MANY")]
    [InlineData("fields=", "fields", "REQUIRED")]
    [InlineData("fields=id,,title", "fields", "REQUIRED")]
    [InlineData("fields=titel", "fields", "UNKNOWN")]
    [InlineData("fields=id,Title", "fields", "UNKNOWN")]
    [InlineData("fields=id&fields=workspace", "fields", "UNKNOWN")]
    [InlineData("Q=a", "Q", "UNKNOWN")]
    [InlineData("search=a", "search", "UNKNOWN")]
    [InlineData("tag[]=a", "tag[]", "UNKNOWN")]
    [InlineData("=a", "", "UNKNOWN")]
    public async Task A_query_that_cannot_be_taken_is_refused_by_name(string query, string field, string code)
    {
        var user = await shared.SomebodyAsync();
        (await user.GetAsync($"{User.Tasks}?{query}")).IsInvalid(field, code);
        (await user.GetAsync($"/tasks?{query}&limit=0")).IsInvalid("limit");
    }

    [Theory]
    [InlineData("due_after")]
    [InlineData("due_before")]
    [InlineData("created_after")]
    [InlineData("created_before")]
    [InlineData("updated_since")]
    public async Task A_time_that_is_none_is_refused_by_name(string name)
    {
        var user = await shared.SomebodyAsync();
        foreach (var time in new[]
        {
            "", "tomorrow", "%00", "1893456000", "2030", "2030-01", "2030-1-1", "2030-13-01", "2030-00-01", "2030-02-30", "2030-02-29T00:00:00Z", "2030-01-01T00:00:00", "2030-01-01T00:00Z",
            "2030-01-01T24:00:00Z", "2030-01-01T00:60:00Z", "2030-01-01T00:00:00.Z", "2030-01-01T00:00:00+0200", "2030-01-01T00:00:00+24:00", "2030-01-01T00:00:00+02:00Z", "2030-01-01T00:00:00ZZ",
            "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "-2030-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00%2B00:01", "2030-01-01Z", "%EF%BC%92030-01-01", "infinity",
            new string('9', 3_000),
        })
        {
            (await user.GetAsync($"{User.Tasks}?{name}={time}")).IsInvalid(name, "NOT_A_DATE");
        }
        (await user.GetAsync($"{User.Tasks}?{name}=2030-01-01&{name}=2030-01-01")).IsInvalid(name, "REPEATED");
        foreach (var time in new[] { "2030-01-01", "2028-02-29", "2030-01-01T00:00:00Z", "2030-01-01T23:59:59.123456789-23:59", Late, "0001-01-01", "0001-01-01T00:00:00Z" })
        {
            (await user.GetAsync($"{User.Tasks}?{name}={time}")).Is(200);
        }
    }

    [Fact]
    public async Task A_search_has_at_most_200_characters()
    {
        var user = await shared.SomebodyAsync();
        foreach (var (letter, longest) in new[] { ("a", 200), (Escaped("😀"), 200), (Escaped("ñ"), 200), ("a,", 100) })
        {
            (await user.GetAsync($"{User.Tasks}?q={string.Concat(Enumerable.Repeat(letter, longest))}")).Is(200);
            (await user.GetAsync($"{User.Tasks}?q={string.Concat(Enumerable.Repeat(letter, longest + 1))}")).IsInvalid("q", "TOO_LONG");
        }
        (await user.GetAsync($"{User.Tasks}?q={new string('a', 6_000)}")).IsInvalid("q", "TOO_LONG");
        (await user.GetAsync($"{User.Tasks}?cursor={new string('a', 6_000)}")).IsInvalid("cursor", "INVALID_CURSOR");
        Assert.Empty(Titles(await user.GetAsync($"{User.Tasks}?tag={new string('a', 6_000)}")));
    }

    [Fact]
    public async Task An_unknown_name_is_told_with_the_one_that_was_probably_meant_and_all_faults_at_once()
    {
        var user = await shared.SomebodyAsync();
        foreach (var (wrong, meant) in new[]
        {
            ("due_befor", "due_before"), ("tags", "tag"), ("prioritys", "priority"), ("curser", "cursor"), ("include_delete", "include_deleted"), ("updated_sinc", "updated_since"),
            ("sorts", "sort"), ("categoryid", "category_id"), ("field", "fields"), ("over_due", "overdue"),
        })
        {
            Assert.Contains($"'{meant}'", (string)(await user.GetAsync($"{User.Tasks}?{wrong}=x")).IsInvalid(wrong, "UNKNOWN")["message"]!);
        }
        Assert.Contains("'title'", (string)(await user.GetAsync($"{User.Tasks}?fields=titel")).IsInvalid("fields", "UNKNOWN")["message"]!);

        var answer = await user.GetAsync(
            $"{User.Tasks}?page=0&limit=0&q=,&tag=,&priority=x&status=x&category_id=x&due_after=x&due_before=x&created_after=x&created_before=x&updated_since=x&overdue=x&include_deleted=x&include_total=x&sort=x&order=x&fields=x&nonsense=x");
        foreach (var field in new[]
        {
            "page", "limit", "q", "tag", "priority", "status", "category_id", "due_after", "due_before", "created_after", "created_before", "updated_since", "overdue", "include_deleted", "include_total",
            "sort", "order", "fields", "nonsense",
        })
        {
            answer.IsInvalid(field);
        }
        foreach (var (field, allowed) in new[] { ("priority", "low,medium,high,critical"), ("order", "asc,desc"), ("sort", "created,updated,priority,due,title,number,position") })
        {
            Assert.Equal(allowed, string.Join(',', answer.IsInvalid(field)["allowed_values"]!.AsArray().Select(value => (string)value!)));
        }
        (await user.GetAsync($"{User.Tasks}/1?limit=5")).IsInvalid("limit", "UNKNOWN");
    }

    [Fact]
    public async Task A_client_that_only_follows_links_sees_every_task_once_there_and_back()
    {
        var ana = await shared.NewUserAsync();
        var expected = new List<string>();
        for (var number = 1; number <= 12; number++)
        {
            var task = new { title = $"Café & más {number:00}", tags = new[] { "a+b & c=d" }, priority = number % 3 == 0 ? "high" : "low" };
            await ana.CreateAsync(task);
            expected.Add(task.title);
        }
        await ana.CreateAsync(new { title = "another" });
        var filter = $"q={Escaped("cafe &")}&tag={Escaped("a+b & c=d")}&priority=low,high&sort=title&limit=5";
        foreach (var collection in new[] { User.Tasks, "/tasks" })
        {
            var page = (await ana.GetAsync($"{collection}?{filter}&_nocache=7&utm_medium=x")).Is(200);
            Assert.Equal("12", page.Header("X-Total-Count"));
            Assert.DoesNotContain("utm_", page.Text);
            Assert.DoesNotContain("_nocache", page.Text);
            var byPage = await WalkAsync(page);
            Assert.Equal(expected, byPage.There);
            Assert.Equal(expected, byPage.Back);
            var last = await FollowAsync(page, "last");
            Assert.Equal(expected.TakeLast(2), Titles(last));
            Assert.Equal(page.Text, (await FollowAsync(last, "first")).Text);

            var second = (await ana.GetAsync($"{collection}?{filter}&cursor={(string)page["pagination"]!["next_cursor"]!}")).Is(200);
            Assert.Null(second.Header("X-Total-Count"));
            Assert.Null(second["pagination"]!["page"]);
            Assert.Null(second["pagination"]!["total"]);
            Assert.Null(second["pagination"]!["total_pages"]);
            Assert.False(Links(second).ContainsKey("last"));
            var first = await FollowAsync(second, "prev");
            Assert.Equal(Titles(page), Titles(first));
            Assert.False(Links(first).ContainsKey("prev"));
            Assert.Null((string?)first["pagination"]!["previous_cursor"]);
            var byCursor = await WalkAsync(first);
            Assert.Equal(expected, byCursor.There);
            Assert.Equal(expected, byCursor.Back);

            var counted = (await ana.GetAsync($"{collection}?{filter}&include_total=true&cursor={(string)page["pagination"]!["next_cursor"]!}")).Is(200);
            Assert.Equal((12, 3, "12"), ((int)counted["pagination"]!["total"]!, (int)counted["pagination"]!["total_pages"]!, counted.Header("X-Total-Count")));
            Assert.Equal("12", (await FollowAsync(counted, "next")).Header("X-Total-Count"));
        }
        Assert.Equal("13", (await ana.GetAsync(User.Tasks)).Header("X-Total-Count"));

        async Task<Answer> FollowAsync(Answer page, string relation)
        {
            var link = Links(page)[relation];
            Assert.StartsWith(page.Asked.Split(' ', '?')[1], link);
            return (await ana.GetAsync(link)).Is(200);
        }

        async Task<(List<string> There, List<string> Back)> WalkAsync(Answer page)
        {
            var (there, back) = (new List<string>(Titles(page)), new List<string>());
            while (Links(page).ContainsKey("next"))
            {
                Assert.True((bool)page["pagination"]!["has_next"]!);
                page = await FollowAsync(page, "next");
                Assert.Equal(Titles(page), Titles(await FollowAsync(page, "self")));
                there.AddRange(Titles(page));
                Assert.True(there.Count <= 13, "The links lead round and round.");
            }
            Assert.False((bool)page["pagination"]!["has_next"]!);
            back.AddRange(Titles(page));
            while (Links(page).ContainsKey("prev"))
            {
                Assert.True((bool)page["pagination"]!["has_previous"]!);
                page = await FollowAsync(page, "prev");
                back.InsertRange(0, Titles(page));
                Assert.True(back.Count <= 13, "The links lead round and round.");
            }
            Assert.False((bool)page["pagination"]!["has_previous"]!);
            return (there, back);
        }
    }

    /// <summary>By relation; those of the header, which must be those of the body.</summary>
    private static Dictionary<string, string> Links(Answer page)
    {
        var header = LinkOfHeader().Matches(page.Header("Link")!).ToDictionary(link => link.Groups[2].Value, link => link.Groups[1].Value);
        var body = page["_links"]!.AsObject().ToDictionary(link => link.Key == "previous" ? "prev" : link.Key, link => (string)link.Value!);
        Assert.Equal(body, header);
        return header;
    }

    [GeneratedRegex("<([^>]*)>; rel=\"([a-z]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex LinkOfHeader();

    [Fact]
    public async Task Every_sort_goes_by_cursor_there_and_back_and_undated_tasks_come_last()
    {
        var ana = await AnaAsync();
        foreach (var (sort, expected) in new[]
        {
            ("created", "edcba"), ("-created", "abcde"), ("updated", "edcba"), ("-updated", "abcde"), ("priority", "bdcea"), ("-priority", "aecdb"), ("due", "aebdc"), ("-due", "dbeac"),
            ("title", "abcde"), ("-title", "edcba"), ("number", "abcde"), ("-number", "edcba"), ("position", "abcde"), ("-position", "edcba"),
        })
        {
            var page = (await ana.GetAsync($"{User.Tasks}?sort={sort}&limit=1")).Is(200);
            var (there, back) = (string.Concat(Titles(page)), "");
            while ((string?)page["pagination"]!["next_cursor"] is { } next)
            {
                page = (await ana.GetAsync($"{User.Tasks}?sort={sort}&limit=1&cursor={next}")).Is(200);
                there += string.Concat(Titles(page));
            }
            while ((string?)page["pagination"]!["previous_cursor"] is { } previous)
            {
                back = string.Concat(Titles(page)) + back;
                page = (await ana.GetAsync($"{User.Tasks}?sort={sort}&limit=1&cursor={previous}")).Is(200);
            }
            Assert.Equal((sort, expected, expected), (sort, there, string.Concat(Titles(page)) + back));
        }
    }

    [Fact]
    public async Task A_cursor_is_good_for_its_own_list_alone_and_only_as_it_was_given()
    {
        var (ana, bob) = (await AnaAsync(), await AnaAsync());
        const string filter = "priority=low,high&sort=title";
        var cursor = (string)(await ana.GetAsync($"{User.Tasks}?{filter}&limit=1"))["pagination"]!["next_cursor"]!;
        foreach (var same in new[]
        {
            filter, "sort=title&priority=high,low", "priority=high&priority=low&sort=title&order=asc", filter + "&limit=2", filter + "&status=all&include_deleted=false", filter + "&fields=title&_x=1",
            filter + "&include_total=true",
        })
        {
            Assert.Equal((same, "de"), (same, await FindAsync(ana, $"{same}&cursor={cursor}")));
        }
        foreach (var other in new[]
        {
            "", "priority=low&sort=title", "priority=low,high", "priority=low,high&sort=-title", "priority=low,high&sort=title&order=desc", "priority=low,high&sort=due", filter + "&status=pending",
            filter + "&q=a", filter + "&tag=home", filter + "&category_id=none", filter + "&due_after=2030-01-01", filter + "&due_before=2099-01-01", filter + "&created_after=2020-01-01",
            filter + "&created_before=2099-01-01", filter + "&updated_since=2020-01-01", filter + "&overdue=false", filter + "&include_deleted=true",
        })
        {
            (await ana.GetAsync($"{User.Tasks}?{other}&cursor={cursor}")).IsInvalid("cursor", "INVALID_CURSOR");
        }
        (await bob.GetAsync($"{User.Tasks}?{filter}&cursor={cursor}")).IsInvalid("cursor", "INVALID_CURSOR");

        for (var i = 0; i < cursor.Length; i += 3)
        {
            var altered = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..];
            (await ana.GetAsync($"{User.Tasks}?{filter}&cursor={altered}")).IsInvalid("cursor", "INVALID_CURSOR");
        }
        foreach (var altered in new[] { cursor[..^1], cursor[1..], cursor[..10], cursor + "A", cursor + cursor, cursor.ToUpperInvariant(), cursor + "%00", cursor + "%F0%9F%98%80" })
        {
            (await ana.GetAsync($"{User.Tasks}?{filter}&cursor={altered}")).IsInvalid("cursor", "INVALID_CURSOR");
        }
    }

    [Fact]
    public async Task A_cursor_keeps_its_place_when_the_task_it_was_made_from_is_gone_or_elsewhere()
    {
        var ana = await shared.NewUserAsync();
        var paths = new Dictionary<string, string>();
        foreach (var title in new[] { "a", "b", "c", "d" })
        {
            paths[title] = (await ana.CreateAsync(new { title })).Path;
        }
        var page = (await ana.GetAsync($"{User.Tasks}?sort=title&limit=2")).Is(200);
        var next = (string)page["pagination"]!["next_cursor"]!;
        (await ana.DeleteAsync(paths["b"])).Is(204);
        (await ana.PatchAsync(paths["a"], new { title = "z" })).Is(200);
        await ana.CreateAsync(new { title = "bb" });
        page = (await ana.GetAsync($"{User.Tasks}?sort=title&limit=2&cursor={next}")).Is(200);
        Assert.Equal(["bb", "c"], Titles(page));
        var previous = (string)page["pagination"]!["previous_cursor"]!;
        page = (await ana.GetAsync($"{User.Tasks}?sort=title&limit=2&cursor={previous}")).Is(200);
        Assert.Empty(Titles(page));
        Assert.Equal((true, false), ((bool)page["pagination"]!["has_next"]!, (bool)page["pagination"]!["has_previous"]!));
        page = (await ana.GetAsync($"{User.Tasks}?sort=title&limit=9&cursor={(string)page["pagination"]!["next_cursor"]!}")).Is(200);
        Assert.Equal(["bb", "c", "d", "z"], Titles(page));

        // The same at the other end.
        next = (string)(await ana.GetAsync($"{User.Tasks}?sort=title&limit=3"))["pagination"]!["next_cursor"]!;
        (await ana.DeleteAsync(paths["a"])).Is(204);
        page = (await ana.GetAsync($"{User.Tasks}?sort=title&limit=3&cursor={next}")).Is(200);
        Assert.Empty(Titles(page));
        Assert.Equal((false, true), ((bool)page["pagination"]!["has_next"]!, (bool)page["pagination"]!["has_previous"]!));
        page = (await ana.GetAsync($"{User.Tasks}?sort=title&limit=3&cursor={(string)page["pagination"]!["previous_cursor"]!}")).Is(200);
        Assert.Equal(["bb", "c", "d"], Titles(page));
    }

    [Fact]
    public async Task Deleted_tasks_are_shown_when_they_are_asked_for_and_say_when_they_were_deleted()
    {
        var ana = await AnaAsync();
        (await ana.DeleteAsync($"{User.Tasks}/1")).Is(204);
        (await ana.DeleteAsync($"{User.Tasks}/2")).Is(204);
        foreach (var (query, expected) in new[]
        {
            ("", "edc"), ("include_deleted=false", "edc"), ("include_deleted=true", "edcba"), ("include_deleted=true&status=done", "db"), ("include_deleted=true&status=pending", "eca"), ("status=done", "d"),
            ("include_deleted=true&tag=home", "ba"), ("tag=home", ""), ("include_deleted=true&q=a", "ca"), ("q=a", "c"), ("include_deleted=true&sort=due", "aebdc"),
        })
        {
            var list = await ana.GetAsync($"{User.Tasks}?{query}");
            Assert.Equal((query, expected, expected.Length), (query, string.Concat(Titles(list)), (int)list["pagination"]!["total"]!));
        }
        foreach (var task in (await ana.GetAsync($"{User.Tasks}?include_deleted=true"))["tasks"]!.AsArray())
        {
            Assert.Equal((string)task!["title"]! is "a" or "b", task.AsObject().ContainsKey("deleted_at"));
        }
        var members = (await ana.GetAsync($"{User.Tasks}?include_deleted=true&fields=deleted_at,title&sort=title"))["tasks"]!.AsArray().Select(task => string.Join(',', task!.AsObject().Select(member => member.Key)));
        Assert.Equal(["title,deleted_at", "title,deleted_at", "title", "title", "title"], members);
        (await ana.PostAsync($"{User.Tasks}/1/restore")).Is(200);
        Assert.Equal("edca", await FindAsync(ana, ""));
    }

    [Fact]
    public async Task A_list_can_show_some_members_alone()
    {
        var ana = await AnaAsync();
        var whole = (await ana.GetAsync(User.Tasks)).Is(200);
        foreach (var (query, members) in new[]
        {
            ("fields=id", "id"), ("fields=id,title", "id,title"), ("fields=title&fields=id", "id,title"), ("fields=title,title,%20id", "id,title"),
            ("fields=id,number,title,description,status,priority,due_date,category_id,tags,parent_id,subtask_count,subtasks_done,position,version,created_at,updated_at",
                "id,number,title,description,status,priority,due_date,category_id,tags,parent_id,subtask_count,subtasks_done,position,version,created_at,updated_at"),
        })
        {
            var list = (await ana.GetAsync($"{User.Tasks}?{query}")).Is(200);
            foreach (var (task, full) in list["tasks"]!.AsArray().Zip(whole["tasks"]!.AsArray()))
            {
                Assert.Equal(members, string.Join(',', task!.AsObject().Select(member => member.Key)));
                Assert.All(task.AsObject(), member => Assert.True(JsonNode.DeepEquals(member.Value, full![member.Key]), $"{query}: {member} and {full}"));
            }
            Assert.Equal(whole["pagination"]!.ToJsonString(), list["pagination"]!.ToJsonString());
            Assert.Equal("5", list.Header("X-Total-Count"));
        }
    }

    [Fact]
    public async Task A_list_is_counted_by_page_unless_it_is_not_to_be()
    {
        var ana = await AnaAsync();
        foreach (var (query, total) in new[] { ("limit=2", 5), ("limit=2&status=done", 2), ("limit=2&q=a", 2), ("limit=2&page=9", 5), ("limit=2&overdue=false", 5), ("tag=nobody", 0) })
        {
            var list = (await ana.GetAsync($"{User.Tasks}?{query}&include_total=true")).Is(200);
            Assert.Equal((query, total, $"{total}"), (query, (int)list["pagination"]!["total"]!, list.Header("X-Total-Count")));
            var uncounted = (await ana.GetAsync($"{User.Tasks}?{query}&include_total=false")).Is(200);
            Assert.Null(uncounted.Header("X-Total-Count"));
            Assert.False(uncounted["pagination"]!.AsObject().ContainsKey("total"));
            Assert.False(uncounted["pagination"]!.AsObject().ContainsKey("total_pages"));
            Assert.Equal(Titles(list), Titles(uncounted));
            foreach (var member in new[] { "page", "limit", "has_next", "has_previous" })
            {
                Assert.Equal(list["pagination"]![member]!.ToJsonString(), uncounted["pagination"]![member]!.ToJsonString());
            }
        }
    }

    [Fact]
    public async Task A_total_that_was_counted_before_is_counted_again_when_something_changed()
    {
        var ana = await AnaAsync();
        async Task<int> TotalAsync(string query) => (int)(await ana.GetAsync($"{User.Tasks}?{query}")).Is(200)["pagination"]!["total"]!;
        foreach (var query in new[] { "priority=low", "tag=home", "q=a", "due_before=2091-01-01" })
        {
            var total = await TotalAsync(query);
            Assert.Equal(total, await TotalAsync(query));
            var (path, _) = await ana.CreateAsync(new { title = "a", priority = "low", tags = new[] { "home" }, due_date = "2090-01-01T00:00:00Z" });
            Assert.Equal(total + 1, await TotalAsync(query));
            (await ana.PatchAsync(path, new { title = "b", priority = "high", tags = Array.Empty<string>(), due_date = (string?)null })).Is(200);
            Assert.Equal(total, await TotalAsync(query));
            (await ana.DeleteAsync(path)).Is(204);
        }
    }

    [Fact]
    public async Task Nobody_finds_the_tasks_of_somebody_else_in_any_way()
    {
        var ana = await AnaAsync();
        var bob = await shared.NewUserAsync();
        (await ana.DeleteAsync($"{User.Tasks}/5")).Is(204);
        await bob.CreateAsync(new { title = "mine" });
        foreach (var query in new[]
        {
            "", "status=all", "include_deleted=true", "sort=title", "sort=-due", "sort=number", "limit=100", "category_id=none", "updated_since=2000-01-01", "created_after=2000-01-01", "overdue=false",
            "fields=title,tags", "include_total=true",
        })
        {
            Assert.Equal("mine", await FindAsync(bob, query));
        }
        foreach (var query in new[] { "q=a", "q=home", "q=red", "q=hou", "tag=home", "tag=red", "priority=low,high,critical", "status=done", "due_after=2000-01-01", "due_before=" + Late, "q=a&include_deleted=true" })
        {
            var list = (await bob.GetAsync($"{User.Tasks}?{query}")).Is(200);
            Assert.Empty(Titles(list));
            Assert.Equal(0, (int)list["pagination"]!["total"]!);
        }
        foreach (var sort in new[] { "created", "updated", "priority", "due", "title", "number", "position" })
        {
            var cursor = (string)(await ana.GetAsync($"{User.Tasks}?sort={sort}&limit=1"))["pagination"]!["next_cursor"]!;
            (await bob.GetAsync($"{User.Tasks}?sort={sort}&cursor={cursor}")).IsInvalid("cursor", "INVALID_CURSOR");
        }
        (await shared.Nobody().GetAsync($"{User.Tasks}?q=a")).Is(401);
    }

    [Fact]
    public async Task A_search_finds_words_as_people_write_them()
    {
        var ana = await shared.NewUserAsync();
        var titles = new List<string>();
        foreach (var (title, description, tags) in new (string, string?, string[])[]
        {
            ("Café con leche", null, []), ("año nuevo", "feliz", []), ("Buy milk, bread", "and Apples.", ["Shopping list"]), ("今天去商店买牛奶", null, []), ("مُحَمَّد في البيت", null, ["بيت"]),
            ("party 🎉👍🏽", null, []), ("100% sure_thing", "a*b?", []), ("it's \"so\" & (so) | !x : \\y", null, []), ("ไปซื้อนมที่ตลาด", null, []), ("Việt Nam", "한국어", []), ("Straße", null, ["Ünï"]),
            ("x", "c++ and c#", []),
        })
        {
            await ana.CreateAsync(new { title, description, tags });
            titles.Add(title);
        }
        foreach (var (query, expected) in new (string, int[])[]
        {
            ("cafe", [0]), ("CAFÉ", [0]), ("cafe\u0301", [0]), ("caf", [0]), ("leche cafe", [0]), ("afe", []), ("cafe milk", []), ("ano", [1]), ("año", [1]), ("AÑO NUE", [1]), ("feliz año", [1]),
            ("milk", [2]), ("bread milk", [2]), ("milk, bread.", [2]), ("appl", [2]), ("shop", [2]), ("list milk", [2]), ("shopping xyz", []),
            ("商店", [3]), ("买", [3]), ("奶", [3]), ("牛奶", [3]), ("去商店买", [3]), ("店商", []), ("محمد", [4]), ("مُحَمَّد", [4]), ("بيت", [4]), ("البي", [4]), ("🎉", [5]), ("👍", [5]), ("👍🏿", [5]), ("👎", []),
            ("party 👍", [5]), ("%", [6]), ("100%", [6]), ("_", [6]), ("*", [6]), ("?", [6]), ("a*b?", [6]), ("sure", [6]), ("'", [7]), ("\"so\"", [7]), ("&", [7]), ("|", [7]), ("!", [7]), (":", [7]), ("(", [7]),
            (")", [7]), ("\\", [7]), ("it's", [7]), ("it’s", [7]), ("!x", [7]), ("-", []), ("นม", [8]), ("ตลาด", [8]), ("viet nam", [9]), ("한국", [9]), ("한", [9]), ("straße", [10]), ("STRASSE", [10]), ("uni", [10]),
            ("c++", [11]), ("c#", [11]), ("c", [0, 11]), ("+", [11]), ("so milk", []), ("a:*", []), ("1", [6]),
        })
        {
            var found = Titles(await ana.GetAsync($"{User.Tasks}?sort=number&q={Escaped(query)}"));
            var wanted = expected.Select(i => titles[i]).ToArray();
            Assert.True(wanted.SequenceEqual(found), $"{query}: [{string.Join("; ", wanted)}] expected, and there came [{string.Join("; ", found)}].");
        }
        Assert.Equal([titles[2]], Titles(await ana.GetAsync($"{User.Tasks}?q=milk+bread")));
        Assert.Equal([titles[6]], Titles(await ana.GetAsync($"{User.Tasks}?q=100%")));
        Assert.Equal([titles[6]], Titles(await ana.GetAsync($"{User.Tasks}?q=%25+sure")));
        Assert.Empty(Titles(await ana.GetAsync($"{User.Tasks}?q=%25ED%25A0%2580")));
        Assert.Empty(Titles(await ana.GetAsync($"{User.Tasks}?q=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+%25+!+%26")));
        (await ana.PatchAsync($"{User.Tasks}/3", new { title = "Buy water", tags = new[] { "drinks" } })).Is(200);
        Assert.Empty(Titles(await ana.GetAsync($"{User.Tasks}?q=milk")));
        Assert.Empty(Titles(await ana.GetAsync($"{User.Tasks}?q=shopping")));
        Assert.Equal(["Buy water"], Titles(await ana.GetAsync($"{User.Tasks}?q=water%20drink%20apples")));
        (await ana.DeleteAsync($"{User.Tasks}/3/tags/drinks")).Is(200);
        Assert.Empty(Titles(await ana.GetAsync($"{User.Tasks}?q=drinks")));
    }

    [Fact]
    public async Task Titles_are_ordered_without_case_and_accents()
    {
        var ana = await shared.NewUserAsync();
        foreach (var title in new[] { "zebra", "Ábaco", "abacus", "ABACO", "Ñu", "nube", "Échelle", "école", "10", "9", "😀", "\uE000", "Z", "ébano" })
        {
            await ana.CreateAsync(new { title });
        }
        string[] expected = ["10", "9", "Ábaco", "ABACO", "abacus", "ébano", "Échelle", "école", "Ñu", "nube", "Z", "zebra", "\uE000", "😀"];
        Assert.Equal(expected, Titles(await ana.GetAsync($"{User.Tasks}?sort=title")));
        Assert.Equal(expected.Reverse(), Titles(await ana.GetAsync($"{User.Tasks}?sort=-title")));
    }

    [Fact]
    public async Task Cursors_outlive_a_restart_and_a_change_of_their_key_as_long_as_the_old_one_is_told()
    {
        const string first = "the first key of at least thirty-two bytes";
        const string second = "the second key of at least thirty-two bytes";
        await using var server = await QuehacerServer.StartAsync();
        var ana = await User.RegisterAsync(server);
        await ana.CreateAsync(new { title = "a" });
        await ana.CreateAsync(new { title = "b" });
        async Task<string> CursorAsync() => (string)(await ana.GetAsync($"{User.Tasks}?sort=title&limit=1")).Is(200)["pagination"]!["next_cursor"]!;
        async Task OpensAsync(string cursor) => Assert.Equal("b", await FindAsync(ana, $"sort=title&cursor={cursor}"));
        async Task RefusesAsync(string cursor) => (await ana.GetAsync($"{User.Tasks}?sort=title&cursor={cursor}")).IsInvalid("cursor", "INVALID_CURSOR");
        async Task RestartAsync(params (string, string)[] settings)
        {
            await server.StopAsync();
            await server.StartAgainAsync(settings);
        }

        var own = await CursorAsync();
        await RestartAsync(("Cursors__Key", first));
        await OpensAsync(own);
        var old = await CursorAsync();
        Assert.NotEqual(own, old);
        await RestartAsync(("Cursors__Key", second), ("Cursors__PreviousKey", first));
        await OpensAsync(old);
        var fresh = await CursorAsync();
        Assert.NotEqual(old, fresh);
        await OpensAsync(fresh);
        await RestartAsync();
        await RefusesAsync(old);
        await RefusesAsync(fresh);
        await OpensAsync(own);
        Assert.Equal(own, await CursorAsync());
        await RestartAsync(("Cursors__Key", second));
        await OpensAsync(fresh);
        await RefusesAsync(old);
    }
}
