using System.Collections.Concurrent;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>
/// Remembers which sessions were seen, so that their owners can tell one that is in use from one that was forgotten, and writes it from time to time and not with
/// every request: what a crash takes with it is a minute of that, and nothing hangs on it.
/// </summary>
public sealed class SessionSightings(Database database, TimeProvider time)
{
    private Window window = new();

    /// <summary>
    /// A request has shown a token of this session. All but the first of a window cost one look into a table that is read without a lock.
    /// </summary>
    public void See(Guid sessionId)
    {
        var current = Volatile.Read(ref window);
        if (!current.Seen.ContainsKey(sessionId) && Volatile.Read(ref current.Count) < Limits.SightedSessions && current.Seen.TryAdd(sessionId, time.NowUtc()))
        {
            Interlocked.Increment(ref current.Count);
        }
    }

    /// <summary>Writes what was seen until now. A session that somebody is refreshing or ending just now is passed over: it is seen again, or never.</summary>
    public async Task WriteAsync(CancellationToken cancellation)
    {
        var seen = Interlocked.Exchange(ref window, new Window()).Seen;
        foreach (var some in seen.Chunk(Limits.JobBatchRows))
        {
            await using var command = database.Command("""
                UPDATE sessions s SET seen_at = sight.at
                  FROM (SELECT k.session_id, seen.at
                          FROM unnest($1, $2) seen (session_id, at) JOIN sessions k ON k.session_id = seen.session_id
                         WHERE k.ended_at IS NULL AND k.refreshed_at < seen.at AND (k.seen_at IS NULL OR k.seen_at < seen.at) FOR NO KEY UPDATE OF k SKIP LOCKED) sight
                 WHERE s.session_id = sight.session_id
                """);
            command.Parameters.With(some.Select(sight => sight.Key).ToArray()).With(some.Select(sight => sight.Value).ToArray());
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>Writes until cancelled. What cannot be written is lost, and told.</summary>
    /// <param name="every">How long it is remembered at most.</param>
    /// <param name="failed">Is told why.</param>
    /// <param name="cancellation">Ends it; what was seen last is for <see cref="WriteAsync"/> then.</param>
    public async Task RunAsync(TimeSpan every, Action<Exception> failed, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                try
                {
                    await WriteAsync(cancellation);
                }
                catch (Exception exception) when (Database.IsUnavailable(exception))
                {
                    failed(exception);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The server is stopping.
        }
    }

    /// <summary>What was seen since the last writing.</summary>
    private sealed class Window
    {
        public int Count;

        public ConcurrentDictionary<Guid, DateTime> Seen { get; } = new();
    }
}
