using System.Collections.Concurrent;
using System.Diagnostics;

namespace Quehacer.Server.Tests.Live;

/// <summary>Kills, cuts and pauses: whoever listened and came back has heard every event once and in order.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task Ten_kills_during_a_flood_of_writes_lose_and_double_no_event_for_those_who_come_back()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        var user = await User.RegisterAsync(server);
        var workspace = (string)(await user.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        var begin = await Log.NowAsync(user, workspace);
        var followers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Follower.BeginAsync(server.Http, user, workspace)));
        var acknowledged = new ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource();

        async Task WriteAsync(int writer)
        {
            for (var turn = 0; !enough.IsCancellationRequested; turn++)
            {
                for (var isDone = false; !isDone;)
                {
                    try
                    {
                        var answer = await user.PostAsync(User.Tasks, new { title = $"{writer}-{turn}" }, ("Idempotency-Key", $"\"{writer}-{turn}\""));
                        isDone = answer.Status == 201;
                        if (isDone)
                        {
                            acknowledged.Enqueue((string)answer["id"]!);
                        }
                    }
                    catch (HttpRequestException)
                    {
                        // Whether it was done is what the repeat finds out.
                    }
                    if (!isDone)
                    {
                        await Task.Delay(30);
                    }
                }
            }
        }

        var writers = Enumerable.Range(0, 6).Select(WriteAsync).ToList();
        var random = new Random(10);
        for (var kill = 0; kill < 10; kill++)
        {
            // However slow the machine is, it is a flood that is cut.
            var before = acknowledged.Count;
            for (var waited = Stopwatch.StartNew(); acknowledged.Count <= before + 5; await Task.Delay(20))
            {
                Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"Only {acknowledged.Count - before} writes were acknowledged in a minute.");
            }
            await Task.Delay(random.Next(150));
            await server.KillAsync();
            if (kill % 2 == 0)
            {
                server.KillPostgres();
            }
            await server.StartAgainAsync();
        }
        await Task.Delay(300);
        await enough.CancelAsync();
        await Task.WhenAll(writers).WaitAsync(TimeSpan.FromSeconds(60));

        var (expected, end) = await Log.SinceAsync(user, workspace, begin);
        var made = new List<string>();
        for (var since = begin; since != end;)
        {
            var page = (await user.GetAsync($"/api/v1/changes?limit=500&since={since}&type=task.created")).Is(200);
            made.AddRange(page["events"]!.AsArray().Select(told => (string)told!["subject_id"]!));
            since = (string)page["cursor"]!;
        }
        Assert.Empty(acknowledged.Except(made));
        Assert.True(acknowledged.Count > 50, $"Only {acknowledged.Count} writes were acknowledged.");
        foreach (var follower in followers)
        {
            Assert.Equal(expected, await follower.EndAtAsync(end));
            Assert.True(follower.Returns >= 10, $"The line was cut {follower.Returns} times.");
            Assert.Equal(0, follower.Resyncs);
            await follower.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task What_is_written_through_one_server_is_heard_at_another(string notify)
    {
        await using var one = await QuehacerServer.StartAsync(("Live__Notify", notify));
        await using var other = await QuehacerServer.StartAsync(("DATABASE_URL", one.DatabaseUrl()), ("Auth__SigningKey", one.SigningKey), ("Live__Notify", notify));
        var user = await User.RegisterAsync(one);
        var there = new User(other.Http, user.Email) { AccessToken = user.AccessToken };
        var workspace = (string)(await there.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        var begin = await Log.NowAsync(user, workspace);
        await using var atOne = await Follower.BeginAsync(one.Http, user, workspace);
        await using var atOther = await Follower.BeginAsync(other.Http, user, workspace);
        await Task.WhenAll(new[] { user, there, user, there }.Select(async (writer, number) =>
        {
            for (var turn = 0; turn < 25; turn++)
            {
                (await writer.PostAsync(User.Tasks, new { title = $"{number}-{turn}" })).Is(201);
            }
        }));
        var (expected, end) = await Log.SinceAsync(user, workspace, begin);
        Assert.Equal(100, expected.Count);
        Assert.Equal(expected, await atOne.EndAtAsync(end));
        Assert.Equal(expected, await atOther.EndAtAsync(end));
    }

    [Fact]
    public async Task A_server_that_is_parted_from_the_database_tells_when_it_is_back()
    {
        await using var one = await QuehacerServer.StartAsync();
        var socket = Uri.UnescapeDataString(one.DatabaseUrl().Split("host=")[1]);
        await using var relay = new Relay(Path.Combine(socket, ".s.PGSQL.5432"));
        await using var parted = await QuehacerServer.StartAsync(
            ("DATABASE_URL", $"postgres://quehacer@127.0.0.1:{relay.Port}/postgres"), ("Auth__SigningKey", one.SigningKey), ("Database__StatementTimeoutMs", "1000"), ("Live__HeartbeatSeconds", "1"));
        var user = await User.RegisterAsync(one);
        var workspace = (string)(await user.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        var begin = await Log.NowAsync(user, workspace);
        await using var follower = await Follower.BeginAsync(parted.Http, user, workspace);
        for (var round = 0; round < 3; round++)
        {
            (await user.PostAsync(User.Tasks, new { title = $"before {round}" })).Is(201);
            relay.Cut();
            for (var turn = 0; turn < 10; turn++)
            {
                (await user.PostAsync(User.Tasks, new { title = $"{round}-{turn}" })).Is(201);
            }
            await Task.Delay(1_500);
            relay.Heal();
        }
        var (expected, end) = await Log.SinceAsync(user, workspace, begin);
        Assert.Equal(33, expected.Count);
        Assert.Equal(expected, await follower.EndAtAsync(end));
    }

    [Fact]
    public async Task A_server_that_stood_still_tells_when_it_wakes()
    {
        await using var one = await QuehacerServer.StartAsync();
        await using var paused = await QuehacerServer.StartAsync(("DATABASE_URL", one.DatabaseUrl()), ("Auth__SigningKey", one.SigningKey));
        var user = await User.RegisterAsync(one);
        var workspace = (string)(await user.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        var begin = await Log.NowAsync(user, workspace);
        await using var follower = await Follower.BeginAsync(paused.Http, user, workspace);
        (await user.PostAsync(User.Tasks, new { title = "awake" })).Is(201);
        paused.Freeze();
        try
        {
            for (var turn = 0; turn < 300; turn++)
            {
                (await user.PostAsync(User.Tasks, new { title = $"{turn}" })).Is(201);
            }
        }
        finally
        {
            paused.Thaw();
        }
        (await user.PostAsync(User.Tasks, new { title = "awake again" })).Is(201);
        var (expected, end) = await Log.SinceAsync(user, workspace, begin);
        Assert.Equal(302, expected.Count);
        Assert.Equal(expected, await follower.EndAtAsync(end));
    }
}
