using System.Net;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Live;

/// <summary>Somebody who listens whatever happens: comes back when the line is cut, behind the last event that they have.</summary>
public sealed class Follower : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient http;
    private readonly User user;
    private readonly string query;
    private readonly CancellationTokenSource over = new();
    private readonly List<string> heard = [];
    private readonly Task following;
    private string last;

    private Follower(HttpClient http, User user, string query, string since)
    {
        (this.http, this.user, this.query, last) = (http, user, query, since);
        following = FollowAsync();
    }

    /// <summary>How often the line was cut and begun again.</summary>
    public int Returns { get; private set; }

    public int Resyncs { get; private set; }

    /// <summary>The ids of the events, in the order in which they came.</summary>
    public IReadOnlyList<string> Heard
    {
        get
        {
            lock (heard)
            {
                return [.. heard];
            }
        }
    }

    /// <summary>Begins where the log ends now.</summary>
    public static async Task<Follower> BeginAsync(HttpClient http, User user, string workspace)
    {
        var now = (await user.GetAsync($"/api/v1/changes?since=now&workspace_id={workspace}")).Is(200);
        return new Follower(http, user, $"?workspace_id={workspace}", (string)now["cursor"]!);
    }

    /// <summary>Waits until everything up to a cursor has been heard, and ends.</summary>
    public async Task<IReadOnlyList<string>> EndAtAsync(string cursor)
    {
        for (var waited = DateTime.UtcNow; Volatile.Read(ref last) != cursor;)
        {
            Assert.True(DateTime.UtcNow - waited < Patience, $"After {Patience.TotalSeconds:0} seconds {Heard.Count} events have been heard and the end has not been reached.");
            await Task.Delay(20);
        }
        await over.CancelAsync();
        await following;
        return Heard;
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await following;
        over.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                var (stream, status, refusal) = await EventStream.TryOpenAsync(http, user.AccessToken, query, Volatile.Read(ref last));
                if (stream is null)
                {
                    Assert.True(status is HttpStatusCode.ServiceUnavailable, $"{status} {refusal}");
                    await Task.Delay(50);
                    continue;
                }
                await using (stream)
                {
                    await ReadAsync(stream);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                // The server was killed, or stands still.
            }
            Returns++;
            await Task.Delay(20);
        }
    }

    private async Task ReadAsync(EventStream stream)
    {
        while (!over.IsCancellationRequested && await stream.NextAsync(TimeSpan.FromSeconds(5)) is { } sent)
        {
            if (sent.Name == "resync")
            {
                Resyncs++;
            }
            if (sent.Name is null)
            {
                lock (heard)
                {
                    heard.Add((string)sent.Data["id"]!);
                }
                Volatile.Write(ref last, sent.Id!);
            }
        }
    }
}

/// <summary>What the server says has happened, for those who were told to be held against.</summary>
public static class Log
{
    /// <summary>The ids of all events behind a cursor, in order, and the cursor at their end.</summary>
    public static async Task<(List<string> Ids, string End)> SinceAsync(Client client, string workspace, string since)
    {
        var ids = new List<string>();
        while (true)
        {
            var page = (await client.GetAsync($"/api/v1/changes?workspace_id={workspace}&limit=500&since={since}")).Is(200);
            ids.AddRange(page["events"]!.AsArray().Select(told => (string)told!["id"]!));
            since = (string)page["cursor"]!;
            if (!(bool)page["has_more"]!)
            {
                return (ids, since);
            }
        }
    }

    public static async Task<string> NowAsync(Client client, string workspace) => (string)(await client.GetAsync($"/api/v1/changes?since=now&workspace_id={workspace}")).Is(200)["cursor"]!;
}
