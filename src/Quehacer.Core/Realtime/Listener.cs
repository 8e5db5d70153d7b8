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

    internal Listener(LiveFeed owner, EventReader events, Caller caller, EventFilter filter, long revision)
    {
        (this.owner, this.events, Caller, this.filter, this.revision) = (owner, events, caller, filter, revision);
    }

    public Caller Caller { get; }

    /// <summary>The last event that they have been given, or did not want.</summary>
    internal long Revision => Volatile.Read(ref revision);

    internal void Attach(WorkspaceFeed to) => feed = to;

    /// <summary>The place behind everything that was given, for whoever comes back.</summary>
    public string Cursor => events.CursorAt(Caller.WorkspaceId, Revision);

    /// <summary>
    /// Waits until there is something to tell: events, or that nothing has happened for <see cref="LiveOptions.Heartbeat"/>. Whether the caller may still see the workspace has been
    /// asked of the database behind each event that is given.
    /// </summary>
    public async Task<Heard> NextAsync(CancellationToken cancellation)
    {
        var of = feed ?? throw new InvalidOperationException("Nobody is listening.");
        while (true)
        {
            var changed = of.Changed;
            if (!of.MayHear(Caller.SessionId))
            {
                return await EndAsync(cancellation);
            }
            if (of.After(Revision) is not { } latest)
            {
                var page = await events.ChangesAsync(Caller, Revision, EventFilter.All, Limits.PageEvents, cancellation);
                if (!page.IsOk)
                {
                    return new Heard([], Revision, page.Error);
                }
                latest = [.. page.Value.Events.Select(view => new LiveEvent(view))];
                if (latest.Count == 0)
                {
                    // What was held was not to be seen yet by whoever read the log, which is a moment's matter.
                    await changed.WaitAsync(cancellation);
                    continue;
                }
            }
            if (latest.Count == 0)
            {
                await changed.WaitAsync(cancellation);
                if (of.After(Revision) is { Count: 0 } && of.MayHear(Caller.SessionId))
                {
                    return new Heard([], Revision, End: null);
                }
                continue;
            }
            Volatile.Write(ref revision, latest[^1].View.Revision);
            if (filter != EventFilter.All)
            {
                latest.RemoveAll(held => !filter.Takes(held.View));
            }
            if (latest.Count > 0)
            {
                return new Heard(latest, Revision, End: null);
            }
        }
    }

    public void Dispose() => owner.Leave(this, feed);

    private async Task<Heard> EndAsync(CancellationToken cancellation)
    {
        var now = await events.NowAsync(Caller, cancellation);
        // Somebody who was put out and let in again at once begins anew, like everybody who was put out.
        return new Heard([], Revision, now.Error ?? new Error(ErrorCode.NotFound));
    }
}
