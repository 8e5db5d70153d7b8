using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Live;

/// <summary>Several people who do whatever can be done in a workspace, at once and in no order.</summary>
public sealed class RandomWork(string workspaceId, string otherWorkspaceId)
{
    private static readonly string[] Names = ["home", "work", "garden", "car", "books"];

    private readonly ConcurrentQueue<string> unexpected = new();
    private int done;

    /// <summary>Refusals that nobody should meet.</summary>
    public IReadOnlyCollection<string> Unexpected => unexpected;

    /// <summary>What was answered with success.</summary>
    public int Done => done;

    public async Task DoAsync(Client client, int seed, int steps, CancellationToken enough)
    {
        var random = new Random(seed);
        for (var step = 0; step < steps && !enough.IsCancellationRequested; step++)
        {
            var answer = await StepAsync(client, random);
            if (answer is { Status: >= 500 } or { Status: 400 or 401 or 403 or 405 })
            {
                unexpected.Enqueue($"{answer.Asked}: {answer.Status} {answer.Text}");
            }
            else if (answer.Status < 300)
            {
                Interlocked.Increment(ref done);
            }
        }
    }

    private string In(string path) => $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}workspace_id={workspaceId}";

    private async Task<Answer> StepAsync(Client client, Random random)
    {
        // Numbers go up to about what there is; some name nothing, which is a case like others.
        var task = In($"{User.Tasks}/{random.Next(1, 40)}");
        var name = Names[random.Next(Names.Length)];
        string Verb(string verb) => task.Replace("?", $"/{verb}?", StringComparison.Ordinal);
        switch (random.Next(24))
        {
            case 0 or 1 or 2 or 3:
                return await client.PostAsync(In(User.Tasks), new { title = $"t{random.Next(1000)}", tags = random.Next(2) == 0 ? [] : new[] { name, Names[random.Next(Names.Length)] } });
            case 4 or 5:
                return await client.PatchAsync(task, new { title = $"t{random.Next(1000)}", priority = random.Next(2) == 0 ? "high" : "low", status = random.Next(2) == 0 ? "done" : "pending" });
            case 6:
                return await client.PatchAsync(task, new { description = random.Next(3) == 0 ? null : $"d{random.Next(1000)}", add_tags = new[] { name } });
            case 7:
                return await client.PatchAsync(task, new { parent_id = random.Next(3) == 0 ? null : await IdOfAsync(client, random.Next(1, 40)) });
            case 8:
                return await client.PostAsync(Verb("complete"));
            case 9:
                return await client.PostAsync(Verb("reopen"));
            case 10:
                return await client.DeleteAsync(task + (random.Next(2) == 0 ? "" : "&subtasks=delete"));
            case 11 or 12:
                return await client.PostAsync(Verb("restore"));
            case 13:
                return await client.PostAsync(Verb("move"), random.Next(2) == 0 ? new { to = "first" } : (object)new { after = random.Next(1, 40).ToString() });
            case 14:
                return await client.PostAsync(In("/api/v1/tags"), new { name, color = "#33AA57" });
            case 15:
                return await ChangeLabelAsync(client, random, "tags", tag => client.PatchAsync(tag, new { name = $"{name}{random.Next(4)}" }));
            case 16:
                return await ChangeLabelAsync(client, random, "tags", tag => client.DeleteAsync(tag));
            case 17:
                return await MergeAsync(client, random);
            case 18:
                return await client.PostAsync(In("/api/v1/categories"), new { name = $"{name}{random.Next(3)}" });
            case 19:
                return random.Next(2) == 0
                    ? await ChangeLabelAsync(client, random, "categories", category => client.PatchAsync(category, new { name = $"{name}{random.Next(6)}" }))
                    : await ChangeLabelAsync(client, random, "categories", category => client.DeleteAsync(category));
            case 20:
                return await CategoriseAsync(client, random, task);
            case 21:
                return await NoteAsync(client, random, Verb("notes"));
            case 22:
                return await client.PostAsync(In($"{User.Tasks}/batch"), new
                {
                    atomic = false,
                    operations = new object[]
                    {
                        new { op = "create", task = new { title = $"b{random.Next(1000)}", tags = new[] { name } } }, new { op = "complete", id = random.Next(1, 40) },
                        new { op = "update", id = random.Next(1, 40), task = new { title = $"b{random.Next(1000)}" } }, new { op = "delete", id = random.Next(1, 40) },
                    },
                });
            default:
                return await MoveAsync(client, random);
        }
    }

    private async Task<string> IdOfAsync(Client client, int number) => (await client.GetAsync(In($"{User.Tasks}/{number}"))) is { Status: 200 } found ? (string)found["id"]! : "task_01h455vb4pex5vsknk084sn02q";

    private async Task<string?> SomeAsync(Client client, Random random, string labels)
    {
        var all = (await client.GetAsync(In($"/api/v1/{labels}")))[labels]!.AsArray();
        return all.Count == 0 ? null : (string)all[random.Next(all.Count)]!["id"]!;
    }

    private async Task<Answer> ChangeLabelAsync(Client client, Random random, string labels, Func<string, Task<Answer>> change) =>
        await SomeAsync(client, random, labels) is { } id ? await change(In($"/api/v1/{labels}/{id}")) : await client.GetAsync(In($"/api/v1/{labels}"));

    private async Task<Answer> MergeAsync(Client client, Random random)
    {
        var (one, other) = (await SomeAsync(client, random, "tags"), await SomeAsync(client, random, "tags"));
        return one is null || other is null || one == other
            ? await client.GetAsync(In("/api/v1/tags"))
            : await client.PostAsync(In($"/api/v1/tags/{one}/merge"), new { into = other });
    }

    private async Task<Answer> CategoriseAsync(Client client, Random random, string task) =>
        await client.PatchAsync(task, new { category_id = random.Next(4) == 0 ? null : await SomeAsync(client, random, "categories") });

    private static async Task<Answer> NoteAsync(Client client, Random random, string notes)
    {
        var there = await client.GetAsync(notes);
        if (there.Status != 200 || there["notes"]!.AsArray() is not { Count: > 0 } all || random.Next(2) == 0)
        {
            return await client.PostAsync(notes, new { text = $"n{random.Next(1000)}" });
        }
        var one = notes.Replace("?", $"/{(string)all[random.Next(all.Count)]!["id"]!}?", StringComparison.Ordinal);
        var changed = random.Next(2) == 0 ? await client.PatchAsync(one, new { text = $"n{random.Next(1000)}" }) : await client.DeleteAsync(one);
        // Nobody but the author may, which the other writers are not.
        return changed.Status == 403 ? there : changed;
    }

    /// <summary>Into the other workspace with what lies below, and sooner or later back.</summary>
    private async Task<Answer> MoveAsync(Client client, Random random)
    {
        var back = (await client.GetAsync($"{User.Tasks}?limit=5&workspace_id={otherWorkspaceId}")).Json["tasks"]!.AsArray();
        return back.Count > 0 && random.Next(2) == 0
            ? await client.PostAsync($"{User.Tasks}/{(string)back[0]!["id"]!}/transfer?workspace_id={otherWorkspaceId}", new { workspace_id = workspaceId })
            : await client.PostAsync(In($"{User.Tasks}/{random.Next(1, 40)}/transfer"), new { workspace_id = otherWorkspaceId });
    }
}
