namespace Quehacer.Server.Tests;

public sealed class BatchTests(SharedServer shared)
{
    private const string Batch = "/api/v1/tasks/batch";

    private static object Make(string title) => new { op = "create", task = new { title } };

    private static int[] Statuses(Answer answer) => [.. answer["results"]!.AsArray().Select(result => (int)result!["status"]!)];

    [Fact]
    public async Task A_whole_batch_answers_for_each_operation_what_it_alone_would_have_been_answered()
    {
        var user = await User.RegisterAsync(shared.Server);
        var (path, _) = await user.CreateAsync(new { title = "first" });
        var id = path.Split('/')[^1];
        var answer = (await user.PostAsync(Batch, new
        {
            operations = new object[]
            {
                new { op = "create", task = new { title = "second", tags = new[] { "home" } } },
                new { op = "update", id, version = 1, task = new { title = "changed", add_tags = new[] { "HOME", "late" } } },
                new { op = "complete", id = 2 },
                new { op = "reopen", id = "2", version = 2 },
                new { op = "delete", id },
                new { op = "restore", id },
            },
        })).Is(200);

        Assert.Equal([201, 200, 200, 200, 204, 200], Statuses(answer));
        Assert.Equal((6, 0), ((int)answer["succeeded"]!, (int)answer["failed"]!));
        Assert.Equal(["home", "late"], answer["results"]![1]!["task"]!["tags"]!.AsArray().Select(tag => (string)tag!));
        Assert.Equal("done", (string)answer["results"]![2]!["task"]!["status"]!);
        Assert.Null(answer["results"]![4]!["task"]);
        var now = (await user.GetAsync(path)).Is(200);
        Assert.Equal(now.ETag, (string)answer["results"]![5]!["etag"]!);
        Assert.Equal(now.Json.ToJsonString(), answer["results"]![5]!["task"]!.ToJsonString());
    }

    [Fact]
    public async Task The_operation_that_undoes_a_whole_batch_is_named()
    {
        var user = await User.RegisterAsync(shared.Server);
        var (path, task) = await user.CreateAsync(new { title = "first" });
        foreach (var (operation, status, code) in new (object, int, string)[]
        {
            (new { op = "complete", id = 99 }, 404, "RESOURCE_NOT_FOUND"),
            (new { op = "update", id = 1, version = 7, task = new { title = "x" } }, 412, "PRECONDITION_FAILED"),
            (new { op = "update", id = 1, task = new { title = "" } }, 422, "VALIDATION_ERROR"),
            (new { op = "explode", id = 1 }, 422, "VALIDATION_ERROR"),
        })
        {
            var answer = (await user.PostAsync(Batch, new { atomic = true, operations = new[] { Make("never"), operation } })).IsProblem(status, code);
            Assert.Equal(1, (int)answer["operation"]!);
        }
        (await user.PostAsync(Batch, new { operations = new[] { Make("fine"), Make("") } })).IsInvalid("operations[1].title", "REQUIRED", "TOO_SHORT");
        Assert.Equal(1, (int)(await user.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);
        Assert.Equal(task.ETag, (await user.GetAsync(path)).ETag);
    }

    [Fact]
    public async Task Otherwise_each_operation_has_a_status_and_a_problem_of_its_own()
    {
        var user = await User.RegisterAsync(shared.Server);
        var stranger = await User.RegisterAsync(shared.Server);
        var foreign = (string)(await stranger.CreateAsync(new { title = "private" })).Answer["id"]!;
        var answer = (await user.PostAsync(
            Batch,
            new { atomic = false, operations = new[] { Make("first"), new { op = "delete", id = foreign }, Make(""), new { op = "complete", id = 1, version = 9 }, new { op = "complete", id = 1 } } },
            ("Accept-Language", "es"))).Is(207);

        Assert.Equal([201, 404, 422, 412, 200], Statuses(answer));
        Assert.Equal((2, 3), ((int)answer["succeeded"]!, (int)answer["failed"]!));
        var problems = answer["results"]!.AsArray().Select(result => result!["problem"]).ToList();
        Assert.Equal([null, "RESOURCE_NOT_FOUND", "VALIDATION_ERROR", "PRECONDITION_FAILED", null], problems.Select(problem => (string?)problem?["code"]));
        Assert.Equal("title", (string)problems[2]!["errors"]![0]!["field"]!);
        Assert.Contains("obligatorio", (string)problems[2]!["detail"]!, StringComparison.Ordinal);
        (await stranger.GetAsync($"{User.Tasks}/{foreign}")).Is(200);
    }

    [Theory]
    [InlineData("""{}""", "operations", "REQUIRED")]
    [InlineData("""{"operations":[]}""", "operations", "REQUIRED")]
    [InlineData("""{"operations":null}""", "operations", "REQUIRED")]
    [InlineData("""{"operations":{"op":"create"}}""", "operations", "NOT_AN_ARRAY")]
    [InlineData("""{"operations":"create"}""", "operations", "NOT_AN_ARRAY")]
    [InlineData("""[{"op":"create"}]""", "body", "NOT_AN_OBJECT")]
    [InlineData("""{"atomic":"yes","operations":[{"op":"complete","id":1}]}""", "atomic", "NOT_A_BOOLEAN")]
    [InlineData("""{"atomik":true,"operations":[{"op":"complete","id":1}]}""", "atomik", "UNKNOWN")]
    [InlineData("""{"operations":[7]}""", "operations[0].body", "NOT_AN_OBJECT")]
    [InlineData("""{"operations":[{}]}""", "operations[0].op", "REQUIRED")]
    [InlineData("""{"operations":[{"op":7}]}""", "operations[0].op", "NOT_ONE_OF")]
    [InlineData("""{"operations":[{"op":"Create","task":{"title":"a"}}]}""", "operations[0].op", "NOT_ONE_OF")]
    [InlineData("""{"operations":[{"op":"complete"}]}""", "operations[0].id", "REQUIRED")]
    [InlineData("""{"operations":[{"op":"complete","id":"007"}]}""", "operations[0].id", "NOT_AN_ID")]
    [InlineData("""{"operations":[{"op":"complete","id":1.0}]}""", "operations[0].id", "NOT_AN_ID")]
    [InlineData("""{"operations":[{"op":"complete","id":[1]}]}""", "operations[0].id", "NOT_AN_ID")]
    [InlineData("""{"operations":[{"op":"complete","id":1,"version":"1"}]}""", "operations[0].version", "NOT_AN_INTEGER")]
    [InlineData("""{"operations":[{"op":"complete","id":1,"task":{}}]}""", "operations[0].task", "CONTRADICTION")]
    [InlineData("""{"operations":[{"op":"create","id":1,"task":{"title":"a"}}]}""", "operations[0].id", "CONTRADICTION")]
    [InlineData("""{"operations":[{"op":"create"}]}""", "operations[0].task", "REQUIRED")]
    [InlineData("""{"operations":[{"op":"update","id":1,"task":[]}]}""", "operations[0].task", "NOT_AN_OBJECT")]
    [InlineData("""{"operations":[{"op":"update","id":1,"version":1,"task":{"version":2}}]}""", "operations[0].version", "CONTRADICTION")]
    [InlineData("""{"operations":[{"op":"complete","id":1,"titel":"a"}]}""", "operations[0].titel", "UNKNOWN")]
    [InlineData("""{"operations":[{"op":"create","task":{"title":"a","add_tags":["b"]}}]}""", "operations[0].add_tags", "UNKNOWN")]
    [InlineData("""{"operations":[{"op":"update","id":1,"task":{"tags":[],"add_tags":["b"]}}]}""", "operations[0].tags", "CONTRADICTION")]
    [InlineData("""{"operations":[{"op":"update","id":1,"task":{"add_tags":["b"],"remove_tags":["B"]}}]}""", "operations[0].add_tags", "CONTRADICTION")]
    public async Task A_batch_that_cannot_be_understood_is_refused_by_name(string body, string field, string code)
    {
        var user = await User.RegisterAsync(shared.Server);
        await user.CreateAsync(new { title = "first" });
        (await user.PostAsync(Batch, body)).IsInvalid(field, code);
    }

    [Fact]
    public async Task A_batch_has_at_most_a_hundred_operations()
    {
        var user = await User.RegisterAsync(shared.Server);
        (await user.PostAsync(Batch, new { operations = Enumerable.Range(1, 101).Select(number => Make($"task {number}")) })).IsInvalid("operations", "TOO_MANY");
        var answer = (await user.PostAsync("/tasks/batch", new { operations = Enumerable.Range(1, 100).Select(number => Make($"task {number}")) })).Is(200);
        Assert.Equal(Enumerable.Range(1, 100), answer["results"]!.AsArray().Select(result => (int)result!["task"]!["number"]!));
    }

    /// <summary>A batch makes things at its address like any other POST, so the conditions that headers make are those of a collection.</summary>
    [Fact]
    public async Task Conditions_in_headers_are_those_of_what_makes_something()
    {
        var user = await User.RegisterAsync(shared.Server);
        var (_, task) = await user.CreateAsync(new { title = "first" });
        var body = new { operations = new[] { new { op = "complete", id = 1 } } };
        foreach (var (status, header, value) in new[]
        {
            (412, "If-None-Match", "*"), (412, "If-Match", task.ETag!), (400, "If-Match", "\""), (200, "If-Match", "*"), (200, "If-None-Match", task.ETag!), (200, "If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
        })
        {
            (await user.PostAsync(Batch, body, (header, value))).Is(status);
        }
    }

    [Fact]
    public async Task However_much_is_wrong_the_answer_stays_short()
    {
        var user = await User.RegisterAsync(shared.Server);
        var faulty = $$"""{"op":"create",{{string.Join(',', Enumerable.Range(0, 1000).Select(number => $"\"{number}\":1"))}}}""";
        var body = $$"""{"atomic":false,"operations":[{{string.Join(',', Enumerable.Repeat(faulty, 100))}}]}""";
        foreach (var isReplay in new[] { false, true })
        {
            var answer = (await user.PostAsync(Batch, body, ("Idempotency-Key", "\"faulty\""))).Is(207);
            Assert.Equal(isReplay, answer.IsReplay);
            Assert.Equal(100, (int)answer["failed"]!);
            Assert.All(answer["results"]!.AsArray(), result => Assert.NotEmpty(result!["problem"]!["errors"]!.AsArray()));
            Assert.InRange(answer["results"]!.AsArray().Sum(result => result!["problem"]!["errors"]!.AsArray().Count), 100, 199);
            Assert.InRange(answer.Text.Length, 1, 128 * 1024);
        }
        (await user.PostAsync(Batch, body.Replace("false", "true", StringComparison.Ordinal))).IsInvalid("operations[0].0", "UNKNOWN");
    }

    [Fact]
    public async Task A_repeated_batch_is_done_once()
    {
        var user = await User.RegisterAsync(shared.Server);
        var body = new { atomic = false, operations = new[] { Make("first"), Make(""), new { op = "complete", id = 1 } } };
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => user.PostAsync(Batch, body, ("Idempotency-Key", "\"once\""))));
        Assert.Single(answers, answer => !answer.Is(207).IsReplay);
        Assert.Equal(1, (int)(await user.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);
        foreach (var answer in answers)
        {
            Assert.Equal([201, 422, 200], Statuses(answer));
            Assert.Equal("title", (string)answer["results"]![1]!["problem"]!["errors"]![0]!["field"]!);
        }
        (await user.PostAsync(Batch, new { operations = new[] { Make("second") } }, ("Idempotency-Key", "\"once\""))).IsProblem(422, "IDEMPOTENCY_MISMATCH");
    }

    [Fact]
    public async Task Tags_are_added_and_taken_away_beside_other_members()
    {
        var user = await User.RegisterAsync(shared.Server);
        var (path, _) = await user.CreateAsync(new { title = "first", tags = new[] { "a", "b" } });
        var changed = (await user.PatchAsync(path, new { title = "changed", add_tags = new[] { "c", "A" }, remove_tags = new[] { "B", "never there" } })).Is(200);
        Assert.Equal("""["a","c"]""", changed["tags"]!.ToJsonString());
        (await user.PatchAsync(path, new { add_tags = Enumerable.Range(1, 9) .Select(number => $"tag {number}") })).IsInvalid("add_tags", "TOO_MANY");
        (await user.PatchAsync(path, new { add_tags = new[] { "fine", new string('x', 51) } })).IsInvalid("add_tags[1]", "TOO_LONG");
        (await user.PatchAsync(path, new { remove_tags = new[] { "fine", " " } })).IsInvalid("remove_tags[1]", "REQUIRED");
        (await user.PatchAsync(path, new { remove_tags = Enumerable.Range(1, 11).Select(number => $"tag {number}") })).IsInvalid("remove_tags", "TOO_MANY");
        (await user.PatchAsync(path, new { add_tags = "c" })).IsInvalid("add_tags", "NOT_AN_ARRAY_OF_STRINGS");
        Assert.Equal(2, (int)(await user.GetAsync(path))["version"]!);
    }
}
