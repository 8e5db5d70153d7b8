using Quehacer.Core.Events;

namespace Quehacer.Core.Realtime;

/// <summary>
/// What has just happened in one workspace, for all on this server who listen to it. It holds no queue for anybody: each listener knows how far they are, the latest
/// events are held until all have them, and whoever is further behind reads the log.
/// </summary>
internal sealed class WorkspaceFeed(Guid workspaceId, long revision)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Audience> sessions = [];

    /// <summary>All of <see cref="sessions"/> in the order of their turns, and perhaps some that have gone.</summary>
    private readonly Queue<Audience> turns = new();

    /// <summary>Those behind <see cref="Revision"/> less <see cref="held"/>, each at its revision modulo the length; none before the first event.</summary>
    private LiveEvent[] latest = [];
    private int held;
    private bool isClosed;
    private bool isReading;
    private bool looksAgain;

    public Guid WorkspaceId => workspaceId;

    /// <summary>The revision of the last event that is known here.</summary>
    public long Revision { get; private set; } = revision;

    /// <summary>Whether somebody has not been told of all that is known here.</summary>
    public bool IsAnybodyBehind
    {
        get
        {
            lock (gate)
            {
                return sessions.Values.Any(IsBehind);
            }
        }
    }

    /// <summary>False when the feed has been closed meanwhile, because its last listener has gone.</summary>
    /// <param name="letInBehind">The revision behind which the database has let them in.</param>
    public bool TryAdd(Listener listener, long letInBehind)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }
            if (!sessions.TryGetValue(listener.Caller.SessionId, out var session))
            {
                sessions.Add(listener.Caller.SessionId, session = new Audience(listener.Caller.SessionId));
                turns.Enqueue(session);
            }
            session.Lines.Add(listener);
            session.MayHearTo = Math.Max(session.MayHearTo, letInBehind);
            return true;
        }
    }

    /// <summary>Says whether it was the last one, and the feed is closed.</summary>
    public bool Remove(Listener listener)
    {
        lock (gate)
        {
            if (sessions.TryGetValue(listener.Caller.SessionId, out var session) && session.Lines.Remove(listener) && session.Lines.Count == 0)
            {
                sessions.Remove(listener.Caller.SessionId);
            }
            return isClosed = sessions.Count == 0;
        }
    }

    /// <summary>Who listens.</summary>
    public Guid[] Sessions()
    {
        lock (gate)
        {
            return [.. sessions.Keys];
        }
    }

    /// <summary>Whose turn it is to be told: as many as have this number of lines together, and then the next.</summary>
    public Turn NextTurn(int mostLines)
    {
        lock (gate)
        {
            var taken = new List<Guid>();
            var (lines, isBehind) = (0, false);
            for (var left = turns.Count; left > 0 && lines < mostLines; left--)
            {
                var session = turns.Dequeue();
                if (session.Lines.Count == 0)
                {
                    continue;
                }
                turns.Enqueue(session);
                taken.Add(session.Id);
                lines += session.Lines.Count;
                isBehind |= IsBehind(session);
            }
            return new Turn([.. taken], lines, Revision, isBehind);
        }
    }

    /// <summary>What has come after a revision and the session is known to be allowed to hear; null when that is not held any more, and is to be read from the log.</summary>
    /// <param name="mayHear">Whether the session saw the workspace when that was last asked.</param>
    public LiveEvent[]? After(long revision, Guid sessionId, out bool mayHear)
    {
        lock (gate)
        {
            var session = sessions.GetValueOrDefault(sessionId);
            mayHear = session is { MayHear: true };
            var to = session is null ? revision : Math.Min(session.MayHearTo, Revision);
            if (revision >= to)
            {
                return [];
            }
            if (Revision - revision > held)
            {
                return null;
            }
            var events = new LiveEvent[to - revision];
            for (var i = 0; i < events.Length; i++)
            {
                events[i] = latest[(revision + 1 + i) % latest.Length];
            }
            return events;
        }
    }

    /// <summary>Tells those whose turn it is, of events and of whether they may hear them.</summary>
    /// <param name="events">Those behind <see cref="Revision"/>, for everybody.</param>
    /// <param name="asked">The sessions that were asked about, behind these events.</param>
    /// <param name="allowed">Those of them that may see the workspace.</param>
    public void Tell(IReadOnlyList<EventView> events, IEnumerable<Guid> asked, HashSet<Guid> allowed)
    {
        var told = new List<Listener>();
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
            foreach (var id in asked)
            {
                if (sessions.TryGetValue(id, out var session) && session.MayHear)
                {
                    session.MayHearTo = allowed.Contains(id) ? Math.Max(session.MayHearTo, Revision) : Audience.Nothing;
                    told.AddRange(session.Lines);
                }
            }
            // What all have is let go.
            var slowest = sessions.Count == 0 ? Revision : sessions.Values.Min(session => session.Lines.Min(listener => listener.Revision));
            for (; held > 0 && Revision - held < slowest; held--)
            {
                latest[(Revision - held + 1) % latest.Length] = null!;
            }
        }
        told.ForEach(listener => listener.Wakening.Wake());
    }

    /// <summary>Tells a session that it may not hear any more.</summary>
    public void Bar(Guid sessionId)
    {
        Listener[] told;
        lock (gate)
        {
            if (!sessions.TryGetValue(sessionId, out var session))
            {
                return;
            }
            session.MayHearTo = Audience.Nothing;
            told = [.. session.Lines];
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
            all = [.. sessions.Values.SelectMany(session => session.Lines)];
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

    private bool IsBehind(Audience session) => session.MayHear && session.MayHearTo < Revision;

    /// <summary>Some who are asked about and told together.</summary>
    /// <param name="Lines">How many listen on them.</param>
    /// <param name="Known">The revision of the last event that is known.</param>
    /// <param name="IsBehind">Whether one of them has not been told of that.</param>
    public readonly record struct Turn(Guid[] Sessions, int Lines, long Known, bool IsBehind);

    /// <summary>The lines of one session.</summary>
    private sealed class Audience(Guid id)
    {
        public const long Nothing = -1;

        public Guid Id => id;

        public List<Listener> Lines { get; } = [];

        /// <summary>The revision behind which the database has last said that they may; <see cref="Nothing"/> for somebody of whom it has said that they may not.</summary>
        public long MayHearTo { get; set; } = Nothing;

        public bool MayHear => MayHearTo != Nothing;
    }
}
