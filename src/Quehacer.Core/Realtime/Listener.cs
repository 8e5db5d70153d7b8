using Quehacer.Core.Events;

namespace Quehacer.Core.Realtime;

/// <summary>What somebody who listens is to be told next.</summary>
/// <param name="Events">In order; none when it was only time to say that the line is still there.</param>
/// <param name="Reached">How far the log has been looked at with them, wanted or not.</param>
/// <param name="End">Why nothing more comes: the session has ended, or the workspace is not theirs to see any more; null while more may come.</param>
public readonly record struct Heard(IReadOnlyList<LiveEvent> Events, long Reached, Error? End);

/// <summary>
/// One who listens to a workspace, and how far they are in its log. They take what there is when they are ready for it: whoever is slow makes nobody wait and nothing
/// pile up. Used by one request, one step at a time.
/// </summary>
public sealed class Listener : IDisposable
{
    private readonly LiveFeed owner;
    private readonly EventReader events;
    private readonly EventFilter filter;
    private WorkspaceFeed? feed;
    private long revision;
    private int ticked;
    private (long After, Task<Result<ChangePage>> Page) ahead;

    internal Listener(LiveFeed owner, EventReader events, Caller caller, EventFilter filter, long revision)
    {
        (this.owner, this.events, Caller, this.filter, this.revision) = (owner, events, caller, filter, revision);
    }

    public Caller Caller { get; }

    /// <summary>The place where they wanted to go on is in a log that there is no more: they are to read anew what there is, and hear what happens from here on.</summary>
    public bool IsLost { get; init; }

    internal Wakening Wakening { get; } = new();

    /// <summary>The last event that they have been given, or did not want.</summary>
    internal long Revision => Volatile.Read(ref revision);

    /// <summary>It is time for a line on which nothing happens to say that it is there.</summary>
    internal void Tick()
    {
        Volatile.Write(ref ticked, 1);
        Wakening.Wake();
    }

    internal void Attach(WorkspaceFeed to) => feed = to;

    /// <summary>The place behind everything that was given, for whoever comes back.</summary>
    public string Cursor => events.CursorAt(Caller.WorkspaceId, Revision);

    /// <summary>
    /// Waits until there is something to tell: events, or that nothing has happened for <see cref="LiveOptions.Heartbeat"/>. Whether the caller may still see the workspace has been
    /// asked of the database behind each event that is given.
    /// </summary>
    public async ValueTask<Heard> NextAsync(CancellationToken cancellation)
    {
        var of = feed ?? throw new InvalidOperationException("Nobody is listening.");
        await using var woken = cancellation.UnsafeRegister(static listener => ((Listener)listener!).Wakening.Wake(), this);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<LiveEvent>? latest = of.After(Revision, Caller.SessionId, out var mayHear);
            if (!mayHear)
            {
                return await EndAsync(cancellation);
            }
            if (latest is null)
            {
                var page = await (ahead.Page is not null && ahead.After == Revision ? ahead.Page : ReadOnAsync(Revision)).WaitAsync(cancellation);
                ahead = default;
                if (!page.IsOk)
                {
                    return new Heard([], Revision, page.Error);
                }
                if (page.Value.HasMore)
                {
                    // While these are sent.
                    ahead = (page.Value.Revision, ReadOnAsync(page.Value.Revision));
                }
                latest = [.. page.Value.Events.Select(view => new LiveEvent(view))];
            }
            if (latest.Count == 0)
            {
                if (Interlocked.Exchange(ref ticked, 0) == 1)
                {
                    return new Heard([], Revision, End: null);
                }
                await Wakening.WaitAsync();
                continue;
            }
            Volatile.Write(ref revision, latest[^1].View.Revision);
            var wanted = filter == EventFilter.All ? latest : [.. latest.Where(held => filter.Takes(held.View))];
            if (wanted.Count > 0)
            {
                Volatile.Write(ref ticked, 0);
                return new Heard(wanted, Revision, End: null);
            }
        }
    }

    public void Dispose() => owner.Leave(this, feed);

    private Task<Result<ChangePage>> ReadOnAsync(long after) => events.ChangesAsync(Caller, after, EventFilter.All, Limits.PageEvents, CancellationToken.None);

    private async Task<Heard> EndAsync(CancellationToken cancellation)
    {
        var now = await events.NowAsync(Caller, cancellation);
        // Somebody who was put out and let in again at once begins anew, like everybody who was put out. A service account has not left: its owner is not let in.
        return new Heard([], Revision, now.Error ?? new Error(Caller.CountedWith is null ? ErrorCode.NotFound : ErrorCode.SessionEnded));
    }
}
