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
    private readonly Queue<LiveEvent> latest = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool isClosed;
    private bool isReading;
    private bool looksAgain;

    public Guid WorkspaceId => workspaceId;

    /// <summary>The revision of the last event that is known here.</summary>
    public long Revision { get; private set; } = revision;

    /// <summary>Completed when there is something to look at: events, a tick, or the end.</summary>
    public Task Changed
    {
        get
        {
            lock (gate)
            {
                return changed.Task;
            }
        }
    }

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

    public Guid[] Sessions()
    {
        lock (gate)
        {
            return [.. sessions.Keys];
        }
    }

    /// <summary>Whether the session saw the workspace when that was last asked, which is behind every event that is held here.</summary>
    public bool MayHear(Guid sessionId)
    {
        lock (gate)
        {
            return sessions.GetValueOrDefault(sessionId);
        }
    }

    /// <summary>What has come after a revision; null when that is not held any more, and is to be read from the log.</summary>
    public List<LiveEvent>? After(long revision)
    {
        lock (gate)
        {
            if (revision >= Revision)
            {
                return [];
            }
            if (latest.Count == 0 || latest.Peek().View.Revision > revision + 1)
            {
                return null;
            }
            return [.. latest.SkipWhile(held => held.View.Revision <= revision)];
        }
    }

    /// <summary>Tells of events and of who may not hear them.</summary>
    /// <param name="events">Those behind <see cref="Revision"/>.</param>
    /// <param name="asked">The sessions that were asked about.</param>
    /// <param name="allowed">Those of them that may see the workspace.</param>
    public void Tell(IReadOnlyList<EventView> events, IEnumerable<Guid> asked, HashSet<Guid> allowed)
    {
        TaskCompletionSource? told = null;
        lock (gate)
        {
            foreach (var view in events)
            {
                if (view.Revision == Revision + 1)
                {
                    latest.Enqueue(new LiveEvent(view));
                    Revision++;
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
            var slowest = listeners.Count == 0 ? Revision : listeners.Min(listener => listener.Revision);
            while (latest.Count > 0 && (latest.Count > Limits.HeldEvents || latest.Peek().View.Revision <= slowest))
            {
                latest.Dequeue();
            }
            if (events.Count > 0 || isBarred)
            {
                (told, changed) = (changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
        }
        told?.SetResult();
    }

    /// <summary>Wakes all who wait, so that they can say that they are there.</summary>
    public void Tick()
    {
        TaskCompletionSource told;
        lock (gate)
        {
            (told, changed) = (changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        told.SetResult();
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
