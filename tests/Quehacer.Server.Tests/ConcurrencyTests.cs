using System.Globalization;

namespace Quehacer.Server.Tests;

public sealed class ConcurrencyTests(SharedServer shared)
{
    private static (string, string) Key(string value) => ("Idempotency-Key", value);

    private static (string, string) FreshKey() => Key($"\"{Guid.NewGuid()}\"");

    [Fact]
    public async Task A_stale_precondition_is_a_412_with_the_present_tag_and_changes_nothing()
    {
        var user = await shared.NewUserAsync();
        var (path, first) = await user.CreateAsync(new { title = "a" });
        var second = (await user.PatchAsync(path, new { title = "b" }, ("If-Match", first.ETag!))).Is(200);
        var stale = new[]
        {
            await user.PatchAsync(path, new { title = "c" }, ("If-Match", first.ETag!)), await user.PutAsync(path, new { title = "c" }, ("If-Match", first.ETag!)),
            await user.DeleteAsync(path, ("If-Match", first.ETag!)), await user.PostAsync($"{path}/complete", null, ("If-Match", first.ETag!)),
            await user.PostAsync($"{path}/reopen", null, ("If-Match", first.ETag!)), await user.PatchAsync(path, new { title = "c", version = 1 }),
            await user.PutAsync(path, new { title = "c", version = 3 }), await user.PostAsync($"{path}/complete", new { version = 1 }),
            await user.PatchAsync(path, new { title = "c", version = 2 }, ("If-Match", first.ETag!)), await user.PatchAsync(path, new { title = "c", version = 1 }, ("If-Match", second.ETag!)),
            await user.PatchAsync(path, new { title = "c" }, ("If-Match", "\"nonsense\"")), await user.PatchAsync(path, new { title = "c" }, ("If-Match", $"W/{second.ETag}")),
        };
        Assert.All(stale, answer => Assert.Equal(second.ETag, answer.IsProblem(412, "PRECONDITION_FAILED").ETag));
        Assert.Equal(second.Text, (await user.GetAsync(path)).Text);

        (await user.PatchAsync(path, new { title = "c" }, ("If-Match", $"\"x\", {second.ETag}"))).Is(200);
        (await user.PatchAsync(path, new { title = "d" }, ("If-Match", "*"))).Is(200);
        (await user.PatchAsync(path, new { title = "e", version = 4 })).Is(200);
        (await user.PostAsync($"{path}/complete", new { version = 5 })).Is(200);
        (await user.PatchAsync(path, new { version = "6" })).IsInvalid("version", "NOT_AN_INTEGER");
        (await user.DeleteAsync(path, ("If-Match", (await user.GetAsync(path)).ETag!))).Is(204);
    }

    [Fact]
    public async Task Eight_writers_who_count_with_If_Match_lose_no_count()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "counter", description = "0" });
        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var counted = 0; counted < 25;)
            {
                var read = (await user.GetAsync(path)).Is(200);
                var next = int.Parse((string)read["description"]!, CultureInfo.InvariantCulture) + 1;
                var written = await user.PatchAsync(path, new { description = $"{next}" }, ("If-Match", read.ETag!));
                if (written.Status == 412)
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }
                Assert.Equal($"{next}", (string)written.Is(200)["description"]!);
                counted++;
            }
        }));
        var final = (await user.GetAsync(path)).Is(200);
        Assert.Equal(("200", 201), ((string)final["description"]!, (int)final["version"]!));
        Assert.True(refused > 0, "The writers never met: the test has shown nothing.");
    }

    [Fact]
    public async Task Writers_of_different_fields_do_not_undo_each_other()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "0", tags = new[] { "t0" } });
        Func<int, object>[] changes =
        [
            turn => new { title = $"title {turn}" }, turn => new { description = $"description {turn}" }, turn => new { priority = turn % 2 == 0 ? "low" : "critical" },
            turn => new { due_date = $"2099-01-{turn:00}T00:00:00Z" }, turn => new { tags = new[] { $"t{turn}" } }, turn => new { status = turn % 2 == 0 ? "pending" : "done" },
        ];
        await Task.WhenAll(changes.Select(async change =>
        {
            for (var turn = 1; turn <= 25; turn++)
            {
                (await user.PatchAsync(path, change(turn))).Is(200);
            }
        }));
        var final = (await user.GetAsync(path)).Is(200);
        Assert.Equal(("title 25", "description 25", "critical", "2099-01-25T00:00:00.000Z", """["t25"]""", "done", 151),
            ((string)final["title"]!, (string)final["description"]!, (string)final["priority"]!, (string)final["due_date"]!, final["tags"]!.ToJsonString(), (string)final["status"]!, (int)final["version"]!));
    }

    [Fact]
    public async Task A_repeated_request_gets_its_first_answer_whatever_has_happened_since()
    {
        var user = await shared.NewUserAsync();
        var (createKey, patchKey, putKey, completeKey, deleteKey, restoreKey) = (FreshKey(), FreshKey(), FreshKey(), FreshKey(), FreshKey(), FreshKey());
        var created = (await user.PostAsync(User.Tasks, new { title = "1", tags = new[] { "x" } }, createKey)).Is(201);
        var path = $"{User.Tasks}/{(string)created["id"]!}";
        var patched = (await user.PatchAsync(path, new { title = "2", version = 1 }, patchKey)).Is(200);
        var put = (await user.PutAsync(path, new { title = "3" }, putKey, ("If-Match", patched.ETag!))).Is(200);
        var completed = (await user.PostAsync($"{path}/complete", null, completeKey)).Is(200);
        (await user.DeleteAsync(path, deleteKey)).Is(204);

        async Task AllAreReplayedAsync()
        {
            foreach (var (first, repeat) in new[]
            {
                (created, await user.PostAsync(User.Tasks, new { title = "1", tags = new[] { "x" } }, createKey)), (patched, await user.PatchAsync(path, new { title = "2", version = 1 }, patchKey)),
                (put, await user.PutAsync(path, new { title = "3" }, putKey, ("If-Match", patched.ETag!))), (completed, await user.PostAsync($"{path}/complete", null, completeKey)),
            })
            {
                Assert.Equal((first.Status, first.Text, true), (repeat.Status, repeat.Text, repeat.IsReplay));
            }
            Assert.True((await user.DeleteAsync(path, deleteKey)).Is(204).IsReplay);
        }

        await AllAreReplayedAsync();
        (await user.GetAsync(path)).Is(404);
        var restored = (await user.PostAsync($"{path}/restore", null, restoreKey)).Is(200);
        var last = (await user.PatchAsync(path, new { title = "4", status = "pending" })).Is(200);
        await AllAreReplayedAsync();
        var repeated = (await user.PostAsync($"{path}/restore", null, restoreKey)).Is(200);
        Assert.Equal((restored.Text, true), (repeated.Text, repeated.IsReplay));
        Assert.Equal(last.Text, (await user.GetAsync(path)).Is(200).Text);
    }

    [Fact]
    public async Task A_key_is_one_string_of_1_to_255_characters()
    {
        var user = await shared.SomebodyAsync();
        foreach (var bad in new[] { "\"\"", "\"a", "a\"", new string('k', 256), $"\"{new string('k', 256)}\"", "\"a\"b", "clé", "\"a\\b\"" })
        {
            (await user.PostAsync(User.Tasks, new { title = "a" }, Key(bad))).IsProblem(400, "IDEMPOTENCY_KEY_INVALID");
            (await user.DeleteAsync($"{User.Tasks}/1", Key(bad))).IsProblem(400, "IDEMPOTENCY_KEY_INVALID");
        }
        var longest = Guid.NewGuid().ToString("N").PadRight(255, 'k');
        foreach (var good in new[] { longest, $"\"{longest}\"" })
        {
            (await user.PostAsync(User.Tasks, new { title = "a" }, Key(good))).Is(201);
        }
    }

    [Fact]
    public async Task A_refresh_repeated_under_its_key_gives_the_same_pair_and_ends_nothing()
    {
        var user = await shared.NewUserAsync();
        var key = FreshKey();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => user.PostAsync("/api/v1/auth/refresh", new { refresh_token = user.RefreshToken }, key)));
        Assert.All(answers, answer => answer.Is(200));
        Assert.Single(answers, answer => !answer.IsReplay);
        Assert.Single(answers.Select(answer => answer.Text).Distinct());
        (await user.PostAsync("/api/v1/auth/refresh", new { refresh_token = (string)answers[0]["refresh_token"]! })).Is(200);
    }

    [Fact]
    public async Task A_registration_repeated_under_its_key_is_answered_again_and_one_of_many_at_once_wins()
    {
        var client = shared.Nobody();
        var key = FreshKey();
        var body = new { email = $"{Guid.NewGuid():N}@example.com", name = "Ana", password = User.Password };
        var first = (await client.PostAsync("/api/v1/auth/register", body, key)).Is(201);
        var again = (await client.PostAsync("/api/v1/auth/register", body, key)).Is(201);
        Assert.Equal((first.Text, false, true), (again.Text, first.IsReplay, again.IsReplay));
        (await client.PostAsync("/api/v1/auth/register", body)).IsProblem(409, "RESOURCE_ALREADY_EXISTS");
        (await client.PostAsync("/api/v1/auth/register", body with { password = "another password here" }, key)).IsProblem(409, "RESOURCE_ALREADY_EXISTS");

        var email = $"{Guid.NewGuid():N}@example.com";
        var race = await Task.WhenAll(Enumerable.Range(0, 8).Select(turn =>
            client.PostAsync("/api/v1/auth/register", new { email = turn % 2 == 0 ? email : email.ToUpperInvariant(), name = "Eva", password = User.Password })));
        Assert.Single(race, answer => answer.Status == 201);
        Assert.Equal(7, race.Count(answer => answer.Status == 409));
    }
}
