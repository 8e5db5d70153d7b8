using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Realtime;

/// <summary>
/// Servers of one database telling each other which workspaces have changed, by NOTIFY. It is a hint beside the log: sent behind the commit and never within it, where it
/// would make all writers of the database queue; many changes in one, and none at all while no other server is there. What is lost, the sweep of each server finds.
/// </summary>
public sealed class Peers(Database database, LiveFeed feed, TimeProvider time)
{
    private const string Channel = "quehacer";
    private const int IdBytes = 16;

    /// <summary>NOTIFY takes 8000 bytes; these are 6,400 in base 64.</summary>
    private const int IdsOfANotice = 300;

    private static readonly TimeSpan BetweenNotices = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan BetweenGreetings = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly string self = Ids.New(time.NowUtc()).ToString("N");
    private readonly ConcurrentDictionary<string, long> heard = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, byte> pending = new();
    private readonly Signal wanted = new();

    /// <summary>Told what goes wrong, which is tried again.</summary>
    public Action<Exception>? Failed { get; set; }

    /// <summary>How many other servers have been heard of lately.</summary>
    public int Count => heard.Count(peer => time.GetElapsedTime(peer.Value) < RememberedFor);

    /// <summary>Listens and tells until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        feed.Changed = Announce;
        await Task.WhenAll(RepeatAsync(ListenAsync, stopping), RepeatAsync(TellAsync, stopping), RepeatAsync(GreetAsync, stopping));
    }

    private void Announce(Guid workspaceId)
    {
        if (!heard.IsEmpty && pending.TryAdd(workspaceId, 0))
        {
            wanted.Set();
        }
    }

    private async Task RepeatAsync(Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await work(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Failed?.Invoke(exception);
                await Task.Delay(RetryAfter, time, CancellationToken.None);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        await using var connection = await database.OpenListeningAsync(stopping);
        connection.Notification += (_, notice) => Hear(notice.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(stopping);
        }
        await NotifyAsync($"{self} hello", stopping);
        // What was said while nobody listened is found by a sweep, now and not in a while.
        await feed.SweepAsync(stopping);
        while (true)
        {
            await connection.WaitAsync(stopping);
        }
    }

    private void Hear(string payload)
    {
        if (payload.Split(' ') is not [{ Length: 32 } peer, var what, .. var rest] || peer == self)
        {
            return;
        }
        var isNew = !heard.ContainsKey(peer);
        heard[peer] = time.GetTimestamp();
        if (isNew)
        {
            // So that they know of us, too, before their next greeting.
            _ = Task.Run(() => RepliedAsync());
        }
        if (what == "changed" && rest is [var ids])
        {
            var bytes = new byte[Base64Url.GetMaxDecodedLength(ids.Length)];
            if (Base64Url.TryDecodeFromChars(ids, bytes, out var length) && length % IdBytes == 0)
            {
                foreach (var workspaceId in MemoryMarshal.Cast<byte, Guid>(bytes.AsSpan(0, length)))
                {
                    feed.Look(workspaceId);
                }
            }
        }
    }

    private async Task RepliedAsync()
    {
        try
        {
            await NotifyAsync($"{self} hello", CancellationToken.None);
        }
        catch (Exception exception) when (Database.IsUnavailable(exception) || exception is ObjectDisposedException)
        {
            // The next greeting tells them.
        }
    }

    private async Task TellAsync(CancellationToken stopping)
    {
        while (true)
        {
            await wanted.WaitAsync(stopping);
            while (!pending.IsEmpty)
            {
                var ids = pending.Keys.Take(IdsOfANotice).ToArray();
                foreach (var id in ids)
                {
                    pending.TryRemove(id, out _);
                }
                await NotifyAsync($"{self} changed {Base64Url.EncodeToString(MemoryMarshal.AsBytes<Guid>(ids))}", stopping);
                await Task.Delay(BetweenNotices, time, stopping);
            }
        }
    }

    private async Task GreetAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(BetweenGreetings, time, stopping);
            await NotifyAsync($"{self} hello", stopping);
            foreach (var (peer, at) in heard)
            {
                if (time.GetElapsedTime(at) > RememberedFor)
                {
                    heard.TryRemove(peer, out _);
                }
            }
        }
    }

    /// <summary>Nothing of it need outlive a crash, so nobody waits for the disk.</summary>
    private async Task NotifyAsync(string payload, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT set_config('synchronous_commit', 'off', true), pg_notify('{Channel}', $1)");
        command.Parameters.With(payload);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
