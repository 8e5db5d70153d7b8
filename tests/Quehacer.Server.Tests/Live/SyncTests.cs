using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Live;

/// <summary>A client that only ever asks for changes, and one that only listens, both end with what the server has.</summary>
public sealed class SyncTests(SharedServer shared)
{
    private const int Writers = 4;

    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 60)]
    public async Task Whoever_only_asks_or_only_listens_ends_with_what_the_server_has(int seed, int steps)
    {
        var (owner, editor) = (await shared.NewUserAsync(), await shared.NewUserAsync());
        var team = (string)(await owner.PostAsync("/api/v1/workspaces", new { name = "Team" })).Is(201)["id"]!;
        var other = (string)(await owner.PostAsync("/api/v1/workspaces", new { name = "Other" })).Is(201)["id"]!;
        foreach (var workspace in new[] { team, other })
        {
            await Company.JoinAsync(shared.Server, owner, editor, workspace, "editor");
        }
        var work = new RandomWork(team, other);
        using var enough = new CancellationTokenSource();
        var asking = AskAsync(owner, team, new Random(seed), enough.Token);
        var listening = ListenAsync(shared.Server.Http, editor, team, new Random(-seed), enough.Token);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => work.DoAsync(writer % 2 == 0 ? owner : editor, (seed * 100) + writer, steps, CancellationToken.None)));
        await enough.CancelAsync();
        Assert.Empty(work.Unexpected.Distinct().Take(3));
        Assert.True(work.Done > Writers * steps / 3, $"Only {work.Done} requests did something.");

        var expected = await Replica.ShowServerAsync(owner, team);
        var (asked, (heard, cuts)) = (await asking, await listening);
        Assert.Equal((0, 0), (asked.Doubled, heard.Doubled));
        Assert.Equal(expected, asked.Show());
        Assert.Equal(expected, heard.Show());
        Assert.Equal(asked.Count, heard.Count);
        Assert.True(asked.Types.Count >= 16, $"There were only {string.Join(", ", asked.Types)}.");
        Assert.True(cuts > 3, $"The line was cut {cuts} times: nothing was resumed.");
    }

    /// <summary>Asks again and again, for few or many, until it has what there is when enough is done.</summary>
    private static async Task<Replica> AskAsync(User user, string workspace, Random random, CancellationToken enough)
    {
        var replica = new Replica();
        string? since = null;
        while (true)
        {
            var isLast = enough.IsCancellationRequested;
            var page = (await user.GetAsync($"/api/v1/changes?workspace_id={workspace}&limit={random.Next(1, 40)}{(since is null ? "" : $"&since={since}")}")).Is(200);
            foreach (var told in page["events"]!.AsArray())
            {
                replica.Apply(told!);
            }
            since = (string)page["cursor"]!;
            if (!(bool)page["has_more"]!)
            {
                if (isLast)
                {
                    return replica;
                }
                await Task.Delay(random.Next(30), CancellationToken.None);
            }
        }
    }

    /// <summary>Listens from the beginning, hangs up in the middle again and again, and goes on where it was.</summary>
    private static async Task<(Replica Replica, int Cuts)> ListenAsync(HttpClient http, User user, string workspace, Random random, CancellationToken enough)
    {
        var (replica, cuts) = (new Replica(), 0);
        // The beginning of the log is the cursor of its first event, and that event.
        var first = (await user.GetAsync($"/api/v1/changes?workspace_id={workspace}&limit=1")).Is(200);
        replica.Apply(first["events"]![0]!);
        var last = (string)first["cursor"]!;
        string? end = null;
        while (true)
        {
            await using var stream = await EventStream.OpenAsync(http, user.AccessToken, $"?workspace_id={workspace}", last);
            for (var left = random.Next(1, 30); left > 0; left--)
            {
                if (enough.IsCancellationRequested)
                {
                    end ??= (string)(await user.GetAsync($"/api/v1/changes?workspace_id={workspace}&since=now")).Is(200)["cursor"]!;
                    if (last == end)
                    {
                        return (replica, cuts);
                    }
                }
                Sent? sent;
                try
                {
                    sent = await stream.NextAsync(TimeSpan.FromMilliseconds(500));
                }
                catch (OperationCanceledException)
                {
                    break;
                }
                Assert.NotNull(sent);
                if (sent.Name is null)
                {
                    Assert.Equal(sent.Id, (string)sent.Data["cursor"]!);
                    replica.Apply(sent.Data);
                    last = sent.Id!;
                }
            }
            cuts++;
        }
    }
}
