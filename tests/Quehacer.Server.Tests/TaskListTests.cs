using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class TaskListTests(SharedServer shared)
{
    private static string[] Titles(Answer list) => [.. list["tasks"]!.AsArray().Select(task => (string)task!["title"]!)];

    [Fact]
    public async Task Pages_cover_all_tasks_once_and_say_where_they_are()
    {
        var user = await shared.NewUserAsync();
        var empty = (await user.GetAsync(User.Tasks)).Is(200);
        Assert.Equal("[]", empty["tasks"]!.ToJsonString());
        Assert.Equal((1, 20, 0, false, false), Read(empty));
        for (var number = 1; number <= 25; number++)
        {
            await user.CreateAsync(new { title = $"{number:00}" });
        }
        var byDefault = (await user.GetAsync(User.Tasks)).Is(200);
        Assert.Equal((1, 20, 25, true, false), Read(byDefault));
        Assert.Equal(2, (int)byDefault["pagination"]!["total_pages"]!);
        Assert.Equal("25", Titles(byDefault)[0]);

        var seen = new List<string>();
        foreach (var (page, count, next, previous) in new[] { (1, 10, true, false), (2, 10, true, true), (3, 5, false, true) })
        {
            var list = (await user.GetAsync($"{User.Tasks}?page={page}&limit=10")).Is(200);
            Assert.Equal((page, 10, 25, next, previous), Read(list));
            Assert.Equal(3, (int)list["pagination"]!["total_pages"]!);
            Assert.Equal(count, Titles(list).Length);
            seen.AddRange(Titles(list));
        }
        Assert.Equal(Enumerable.Range(1, 25).Reverse().Select(number => $"{number:00}"), seen);
        foreach (var page in new[] { 4, 1000, int.MaxValue })
        {
            var past = (await user.GetAsync($"{User.Tasks}?page={page}&limit=10")).Is(200);
            Assert.Empty(Titles(past));
            Assert.Equal((page, 25, false), ((int)past["pagination"]!["page"]!, (int)past["pagination"]!["total"]!, (bool)past["pagination"]!["has_next"]!));
        }
        Assert.False((bool)(await user.GetAsync($"{User.Tasks}?limit=25")).Is(200)["pagination"]!["has_next"]!);
        Assert.True((bool)(await user.GetAsync($"{User.Tasks}?limit=24")).Is(200)["pagination"]!["has_next"]!);
        Assert.Single(Titles((await user.GetAsync($"{User.Tasks}?limit=1")).Is(200)));
        Assert.Equal(25, Titles((await user.GetAsync($"{User.Tasks}?limit=100&_cache=1&utm_source=mail")).Is(200)).Length);

        static (int, int, int, bool, bool) Read(Answer list)
        {
            var pagination = list["pagination"]!;
            return ((int)pagination["page"]!, (int)pagination["limit"]!, (int)pagination["total"]!, (bool)pagination["has_next"]!, (bool)pagination["has_previous"]!);
        }
    }

    [Fact]
    public async Task Each_sort_has_its_order_and_a_minus_turns_it_round()
    {
        var user = await shared.NewUserAsync();
        var paths = new List<string>();
        foreach (var (title, priority) in new[] { ("a", "low"), ("b", "critical"), ("c", "medium"), ("d", "high"), ("e", "critical") })
        {
            paths.Add((await user.CreateAsync(new { title, priority })).Path);
            await Task.Delay(3);
        }
        (await user.PatchAsync(paths[1], new { description = "touched" })).Is(200);
        await Task.Delay(3);
        (await user.PostAsync($"{paths[0]}/complete")).Is(200);
        foreach (var (sort, expected) in new[] { ("created", "edcba"), ("updated", "abedc"), ("priority", "ebdca"), ("-created", "abcde"), ("-updated", "cdeba"), ("-priority", "acdbe") })
        {
            Assert.Equal(expected, string.Concat(Titles((await user.GetAsync($"{User.Tasks}?sort={sort}")).Is(200))));
            var pages = new List<string>();
            for (var page = 1; page <= 3; page++)
            {
                pages.AddRange(Titles((await user.GetAsync($"{User.Tasks}?sort={sort}&limit=2&page={page}")).Is(200)));
            }
            Assert.Equal(expected, string.Concat(pages));
        }
        Assert.Equal("edcb", string.Concat(Titles((await user.GetAsync($"{User.Tasks}?status=pending")).Is(200))));
        Assert.Equal("a", string.Concat(Titles((await user.GetAsync($"{User.Tasks}?status=done")).Is(200))));
        Assert.Equal("edcba", string.Concat(Titles((await user.GetAsync($"{User.Tasks}?status=all")).Is(200))));
        (await user.DeleteAsync(paths[0])).Is(204);
        var done = (await user.GetAsync($"{User.Tasks}?status=done")).Is(200);
        Assert.Equal(0, (int)done["pagination"]!["total"]!);
        Assert.Equal("edcb", string.Concat(Titles((await user.GetAsync(User.Tasks)).Is(200))));
    }

    [Fact]
    public async Task A_task_in_a_list_is_the_task_itself()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "a", tags = new[] { "x", "y" }, due_date = "2099-01-01T00:00:00Z" });
        Assert.Equal((await user.GetAsync(path)).Text, (await user.GetAsync(User.Tasks))["tasks"]![0]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Theory]
    [InlineData("page=0", "page", "OUT_OF_RANGE")]
    [InlineData("page=-1", "page", "OUT_OF_RANGE|NOT_AN_INTEGER")]
    [InlineData("page=2147483648", "page", "OUT_OF_RANGE|NOT_AN_INTEGER")]
    [InlineData("page=99999999999999999999", "page", "OUT_OF_RANGE|NOT_AN_INTEGER")]
    [InlineData("page=x", "page", "NOT_AN_INTEGER")]
    [InlineData("page=1.5", "page", "NOT_AN_INTEGER")]
    [InlineData("page=", "page", "")]
    [InlineData("page=%201", "page", "NOT_AN_INTEGER")]
    [InlineData("page=1&page=2", "page", "REPEATED")]
    [InlineData("limit=0", "limit", "OUT_OF_RANGE")]
    [InlineData("limit=101", "limit", "OUT_OF_RANGE")]
    [InlineData("limit=ten", "limit", "NOT_AN_INTEGER")]
    [InlineData("limit=%00", "limit", "")]
    [InlineData("status=open", "status", "NOT_ONE_OF")]
    [InlineData("status=", "status", "NOT_ONE_OF")]
    [InlineData("sort=colour", "sort", "NOT_ONE_OF")]
    [InlineData("sort=--created", "sort", "NOT_ONE_OF")]
    [InlineData("sort=created;DROP TABLE tasks", "sort", "NOT_ONE_OF")]
    [InlineData("stauts=done", "stauts", "UNKNOWN")]
    [InlineData("Limit=5", "Limit", "UNKNOWN")]
    [InlineData("offset=5", "offset", "UNKNOWN")]
    public async Task A_parameter_that_cannot_be_taken_is_named(string query, string field, string codes)
    {
        var user = await shared.SomebodyAsync();
        (await user.GetAsync($"{User.Tasks}?{query}")).IsInvalid(field, codes.Split('|', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task All_wrong_parameters_are_told_at_once_with_what_was_meant_and_what_is_allowed()
    {
        var user = await shared.SomebodyAsync();
        var answer = await user.GetAsync($"{User.Tasks}?page=0&limit=101&stauts=done&sort=x");
        Assert.Contains("status", (string)answer.IsInvalid("stauts")["message"]!);
        Assert.Contains("100", (string)answer.IsInvalid("limit")["message"]!);
        var allowed = answer.IsInvalid("sort")["allowed_values"]!.AsArray().Select(value => (string)value!).ToList();
        Assert.Contains("priority", allowed);
        answer.IsInvalid("page");
    }
}
