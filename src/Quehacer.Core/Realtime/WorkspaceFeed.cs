using Quehacer.Core.Events;

namespace Quehacer.Core.Realtime;

/// <summary>
/// What has just happened in one workspace, for all on this server who listen to it. It holds no queue for anybody: each listener knows how far they are, the latest
/// events are held until all have them, and whoever is further behind reads the log.
/// </summary>
internal sealed class WorkspaceFeed(Guid workspaceId, long revision)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, bool> sessions = [];
    private readonly List<Listener> listeners = [];

    /// <summary>Those behind <see cref="Revision"/> less <see cref="held"/>, each at its revision modulo the length; none before the first event.</summary>
    private LiveEvent[] latest = [];
    private int held;
    private bool isClosed;
    private bool isReading;
    private bool looksAgain;

    public Guid WorkspaceId => workspaceId;

    /// <summary>The revision of the last event that is known here.</summary>
    public long Revision { get; private set; } = revision;

    /// <summary>False when the feed has been closed meanwhile, because its last listener has gone.</summary>
    public bool TryAdd(Listener listener)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }
            listeners.Add(listener);
            // Whoever opens has just been let in by the database.
            sessions[listener.Caller.SessionId] = true;
            return true;
        }
    }

    /// <summary>Says whether it was the last one, and the feed is closed.</summary>
    public bool Remove(Listener listener)
    {
        lock (gate)
        {
            listeners.Remove(listener);
            if (!listeners.Exists(other => other.Caller.SessionId == listener.Caller.SessionId))
            {
                sessions.Remove(listener.Caller.SessionId);
            }
            return isClosed = listeners.Count == 0;
        }
    }

    /// <summary>Who listens, and how many they are, each of whom has a line.</summary>
    public Guid[] Sessions(out int lines)
    {
        lock (gate)
        {
            lines = listeners.Count;
            return [.. sessions.Keys];
        }
    }

    /// <summary>What has come after a revision; null when that is not held any more, and is to be read from the log.</summary>
    /// <param name="mayHear">Whether the session saw the workspace when that was last asked, which is behind every event that is held here.</param>
    public LiveEvent[]? After(long revision, Guid sessionId, out bool mayHear)
    {
        lock (gate)
        {
            mayHear = sessions.GetValueOrDefault(sessionId);
            if (revision >= Revision)
            {
                return [];
            }
            if (Revision - revision > held)
            {
                return null;
            }
            var events = new LiveEvent[Revision - revision];
            for (var i = 0; i < events.Length; i++)
            {
                events[i] = latest[(revision + 1 + i) % latest.Length];
            }
            return events;
        }
    }

    /// <summary>Tells of events and of who may not hear them.</summary>
    /// <param name="events">Those behind <see cref="Revision"/>.</param>
    /// <param name="asked">The sessions that were asked about.</param>
    /// <param name="allowed">Those of them that may see the workspace.</param>
    public void Tell(IReadOnlyList<EventView> events, IEnumerable<Guid> asked, HashSet<Guid> allowed)
    {
        Listener[] told = [];
        lock (gate)
        {
            if (events.Count > 0 && latest.Length == 0)
            {
                latest = new LiveEvent[Limits.HeldEvents];
            }
            foreach (var view in events)
            {
                if (view.Revision == Revision + 1)
                {
                    latest[view.Revision % latest.Length] = new LiveEvent(view);
                    (Revision, held) = (view.Revision, Math.Min(held + 1, latest.Length));
                }
            }
            var isBarred = false;
            foreach (var session in asked)
            {
                if (!allowed.Contains(session) && sessions.ContainsKey(session))
                {
                    sessions[session] = false;
                    isBarred = true;
                }
            }
            // What all have is let go.
            var slowest = listeners.Count == 0 ? Revision : listeners.Min(listener => listener.Revision);
            for (; held > 0 && Revision - held < slowest; held--)
            {
                latest[(Revision - held + 1) % latest.Length] = null!;
            }
            if (events.Count > 0 || isBarred)
            {
                told = [.. listeners];
            }
        }
        foreach (var listener in told)
        {
            listener.Wakening.Wake();
        }
    }

    /// <summary>Wakes all who wait, so that they can say that they are there.</summary>
    public void Tick()
    {
        Listener[] all;
        lock (gate)
        {
            all = [.. listeners];
        }
        foreach (var listener in all)
        {
            listener.Tick();
        }
    }

    /// <summary>Whether the one who asks is to read on; otherwise somebody is at it, and will look once more.</summary>
    public bool TryBeginReading()
    {
        lock (gate)
        {
            looksAgain = isReading;
            return !isReading && (isReading = true);
        }
    }

    /// <summary>Whether whoever reads is to look once more, because somebody has asked meanwhile.</summary>
    public bool GoesOnReading()
    {
        lock (gate)
        {
            isReading = looksAgain;
            looksAgain = false;
            return isReading;
        }
    }
}
