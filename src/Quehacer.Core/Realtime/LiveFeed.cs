using System.Collections.Concurrent;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Realtime;

/// <param name="ListenersOfAUser">Of one account on this server, 1 or more.</param>
/// <param name="Listeners">On this server, 1 or more.</param>
/// <param name="Heartbeat">After how long a silent line says that it is there.</param>
/// <param name="Sweep">How often is looked whether something was missed, and whether all who listen still may.</param>
public sealed record LiveOptions(int ListenersOfAUser, int Listeners, TimeSpan Heartbeat, TimeSpan Sweep)
{
    public static readonly LiveOptions Usual = new(ListenersOfAUser: 100, Listeners: 20_000, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(2));
}

/// <summary>
/// The log as it grows, for those who listen on this server. The database is the one source: a hint that a workspace has changed, from a write of this server or a word of
/// another, leads to a reading of its log behind what is known; without any hint, the sweep does. So a hint that is lost costs time and no event.
/// </summary>
public sealed class LiveFeed
{
    /// <summary>
    /// Lines that are told together, and how long each of them has the next wait: not to be noticed with ten of them, 5 milliseconds with a full turn. A thousand lines
    /// are told in four turns, so each hears what has come up to its own, and the writing to them is spread over the time.
    /// </summary>
    private const int LinesOfATurn = 250;
    private static readonly TimeSpan PauseOfALine = TimeSpan.FromMicroseconds(20);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly Database database;
    private readonly EventReader events;
    private readonly LiveOptions options;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<Guid, WorkspaceFeed> feeds = new();
    private readonly Lock counting = new();
    private readonly Dictionary<Guid, int> listenersOf = [];
    private int listening;

    public LiveFeed(Database database, EventReader events, LiveOptions options, TimeProvider time)
    {
        (this.database, this.events, this.options, this.time) = (database, events, options, time);
        database.Committed = Hint;
    }

    /// <summary>How many listen on this server.</summary>
    public int Listening => Volatile.Read(ref listening);

    /// <summary>Told what goes wrong, which is tried again; the one who listens notices a delay.</summary>
    public Action<Exception>? Failed { get; set; }

    /// <summary>The workspaces that have changed through this server, for whoever tells others; and for those it is told of, <see cref="Hint"/>.</summary>
    public Action<Guid>? Changed { get; set; }

    /// <summary>Begins to listen.</summary>
    /// <param name="since">A cursor: what has happened since comes first; null for now. With one of a log that has been replaced they begin now, <see cref="Listener.IsLost"/>.</param>
    /// <returns><see cref="ErrorCode.TooManyListeners"/> beyond the bounds.</returns>
    public async Task<Result<Listener>> ListenAsync(Caller caller, string? since, EventFilter filter, CancellationToken cancellation)
    {
        // Whether they may, and where the log ends; a cursor is looked at only for those who may.
        var now = await events.NowAsync(caller, cancellation);
        if (!now.IsOk)
        {
            return now.Error;
        }
        var place = since is null ? now.Value.Revision : events.Open(caller.WorkspaceId, since, Field.Since);
        var isLost = place.IsOk ? place.Value > now.Value.Revision : place.Error.Code == ErrorCode.CursorGone;
        if (!isLost && !place.IsOk)
        {
            return place.Error;
        }
        if (!TryCount(caller.UserId))
        {
            return ErrorCode.TooManyListeners;
        }
        var listener = new Listener(this, events, caller, filter, isLost ? now.Value.Revision : place.Value) { IsLost = isLost };
        WorkspaceFeed feed;
        do
        {
            feed = feeds.GetOrAdd(caller.WorkspaceId, static (id, revision) => new WorkspaceFeed(id, revision), now.Value.Revision);
        }
        while (!feed.TryAdd(listener, now.Value.Revision));
        listener.Attach(feed);
        // Whatever came between the two was told to nobody.
        Hint(caller.WorkspaceId);
        return listener;
    }

    /// <summary>A workspace has changed, or may have.</summary>
    public void Hint(Guid workspaceId)
    {
        Changed?.Invoke(workspaceId);
        Look(workspaceId);
    }

    /// <summary>The same, from another server.</summary>
    public void Look(Guid workspaceId)
    {
        if (feeds.TryGetValue(workspaceId, out var feed) && feed.TryBeginReading())
        {
            _ = Task.Run(() => ReadOnAsync(feed));
        }
    }

    /// <summary>Ticks and sweeps until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var ticked = time.GetTimestamp();
        using var timer = new PeriodicTimer(options.Sweep, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    await SweepAsync(stopping);
                }
                catch (Exception exception) when (!stopping.IsCancellationRequested)
                {
                    Failed?.Invoke(exception);
                }
                if (time.GetElapsedTime(ticked) >= options.Heartbeat)
                {
                    ticked = time.GetTimestamp();
                    foreach (var feed in feeds.Values)
                    {
                        feed.Tick();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // As wanted.
        }
    }

    /// <summary>Looks for what no hint has told of, and for who may not listen any more.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        var pairs = feeds.Values.SelectMany(feed => feed.Sessions().Select(session => (Feed: feed, Session: session)));
        foreach (var chunk in pairs.Chunk(Limits.SweptListeners))
        {
            var revisions = new Dictionary<WorkspaceFeed, long>();
            var barred = new List<(WorkspaceFeed Feed, Guid Session)>();
            await using (var command = database.Command($"""
                SELECT coalesce(w.revision, -1), coalesce({Access.StillSees("$3")}, false)
                  FROM unnest($1, $2) WITH ORDINALITY p(session_id, workspace_id, n)
                  LEFT JOIN sessions s ON s.session_id = p.session_id LEFT JOIN workspaces w ON w.workspace_id = p.workspace_id
                 ORDER BY p.n
                """))
            {
                command.Parameters.With(Array.ConvertAll(chunk, pair => pair.Session)).With(Array.ConvertAll(chunk, pair => pair.Feed.WorkspaceId)).With(time.NowUtc());
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                for (var i = 0; await reader.ReadAsync(cancellation); i++)
                {
                    var (feed, session) = chunk[i];
                    revisions[feed] = reader.GetInt64(0);
                    if (!reader.GetBoolean(1))
                    {
                        barred.Add((feed, session));
                    }
                }
            }
            foreach (var (feed, session) in barred)
            {
                feed.Bar(session);
            }
            foreach (var (feed, revision) in revisions)
            {
                if (revision > feed.Revision || feed.IsAnybodyBehind)
                {
                    Look(feed.WorkspaceId);
                }
            }
        }
    }

    internal void Leave(Listener listener, WorkspaceFeed? feed)
    {
        lock (counting)
        {
            listening--;
            if (listenersOf[listener.Caller.UserId]-- == 1)
            {
                listenersOf.Remove(listener.Caller.UserId);
            }
        }
        if (feed?.Remove(listener) == true)
        {
            feeds.TryRemove(KeyValuePair.Create(feed.WorkspaceId, feed));
        }
    }

    private bool TryCount(Guid userId)
    {
        lock (counting)
        {
            var of = listenersOf.GetValueOrDefault(userId);
            if (of >= options.ListenersOfAUser || listening >= options.Listeners)
            {
                return false;
            }
            listenersOf[userId] = of + 1;
            listening++;
            return true;
        }
    }

    private async Task ReadOnAsync(WorkspaceFeed feed)
    {
        do
        {
            try
            {
                bool hasMore;
                do
                {
                    (hasMore, var lines) = await ReadPageAsync(feed);
                    // What happens meanwhile is told together: writing to a line takes its time, one event or three.
                    await Task.Delay(PauseOfALine * lines, time);
                }
                while (hasMore || feed.IsAnybodyBehind);
            }
            catch (Exception exception)
            {
                // Whatever it was, the sweep looks again, and nobody has been told of anything twice.
                Failed?.Invoke(exception);
                await Task.Delay(RetryAfter, time);
            }
        }
        while (feed.GoesOnReading());
    }

    /// <summary>Reads events, and behind them which of those whose turn it is may hear them. Says whether there may be more, and on how many lines they were told.</summary>
    private async Task<(bool HasMore, int Lines)> ReadPageAsync(WorkspaceFeed feed)
    {
        var turn = feed.NextTurn(LinesOfATurn);
        var (views, mayHear) = await events.ReadOnAsync(feed.WorkspaceId, turn.Known, Limits.HeldEvents, turn.Sessions, turn.IsBehind, time.NowUtc(), CancellationToken.None);
        if (views is { Count: 0 } && !turn.IsBehind)
        {
            return (false, 0);
        }
        feed.Tell(views ?? [], turn.Sessions, mayHear);
        return (views is { Count: Limits.HeldEvents }, turn.Lines);
    }
}
