using System.Diagnostics;

namespace Quehacer.Core.Postgres;

/// <summary>Something of one request that travels to the database with what others want of it.</summary>
internal abstract class Passenger
{
    private readonly long since = Stopwatch.GetTimestamp();

    public TimeSpan Waited => Stopwatch.GetElapsedTime(since);

    /// <summary>Does nothing for one who has arrived.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>
/// Takes what many requests want of the database there together: while some of it is under way, what comes meanwhile waits, and then leaves in one packet, with which
/// PostgreSQL, the kernel and this program have little more work than with one request's. Nobody waits for company: with nothing under way, what comes leaves at once.
/// While something is, a packet beside it leaves only when some are there who share it, for one that is nearly empty costs almost as much, or when what is under way does not come back.
/// </summary>
internal abstract class Lanes<T>
    where T : Passenger
{
    private readonly Lock gate = new();
    private readonly Queue<T> waiting = new();

    /// <summary>What those hold who are under way, in which packet, and who waits for it.</summary>
    private readonly Dictionary<Guid, (List<T> Packet, List<T> Behind)> held = [];
    private readonly int lanes;
    private readonly int most;
    private readonly int beside;
    private readonly TimeSpan patience;
    private readonly Timer watch;
    private int underWay;
    private int behindOthers;
    private bool isWatched;

    /// <param name="lanes">Packets that are under way at once, at most.</param>
    /// <param name="most">Passengers of one packet, at most.</param>
    /// <param name="beside">How many have to wait for a packet to leave beside one that is under way: the more, the less a packet costs each, and the later some of them leave.</param>
    /// <param name="patience">How long a passenger waits to leave. By then the database does not answer.</param>
    protected Lanes(int lanes, int most, int beside, TimeSpan patience)
    {
        (this.lanes, this.most, this.beside, this.patience) = (lanes, most, beside, patience);
        watch = new Timer(_ => LookAfterThem(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Longer than any packet takes of a database that is well, so whoever has waited this long goes beside what is under way, however few they are.</summary>
    protected virtual TimeSpan Overdue => TimeSpan.FromMilliseconds(50);

    protected void Send(T passenger)
    {
        List<T>? packet;
        lock (gate)
        {
            LineUp(passenger);
            packet = Next();
            Watch();
        }
        Start(packet);
    }

    /// <summary>Takes some there. Where it fails, so do all of them who have not arrived.</summary>
    protected abstract Task TravelAsync(List<T> together);

    /// <summary>What nobody else may travel with beside this one, only behind or with it; null for nothing.</summary>
    protected virtual Guid? Holds(T passenger) => null;

    /// <summary>
    /// Takes some there in the order of the workspaces, in which everybody locks them: two would wait for each other. Of those who claim the same only one is in a packet.
    /// </summary>
    protected static async Task TravelInOrderAsync(List<T> together, Func<T, Guid> workspaceOf, Func<T, IReadOnlyList<object>> claimsOf, Func<List<T>, Task> travelAsync)
    {
        for (var rest = together; rest.Count > 0;)
        {
            var claimed = new HashSet<object>();
            var later = new List<T>();
            var packet = new List<T>(rest.Count);
            foreach (var passenger in rest)
            {
                var claims = claimsOf(passenger);
                if (claims.Any(claimed.Contains))
                {
                    later.Add(passenger);
                    continue;
                }
                claimed.UnionWith(claims);
                packet.Add(passenger);
            }
            await travelAsync([.. packet.OrderBy(workspaceOf)]);
            rest = later;
        }
    }

    private void Start(List<T>? packet)
    {
        if (packet is null)
        {
            return;
        }
        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = GoOnAsync(packet);
            return;
        }
        // What a request carries with it is not for those who travel later.
        using (ExecutionContext.SuppressFlow())
        {
            _ = GoOnAsync(packet);
        }
    }

    private async Task GoOnAsync(List<T>? packet)
    {
        while (packet is not null)
        {
            try
            {
                await TravelAsync(packet);
            }
            catch (Exception exception)
            {
                packet.ForEach(passenger => passenger.Fail(exception));
            }
            List<T>? another;
            lock (gate)
            {
                underWay--;
                LetGo(packet);
                packet = Next();
                // Many may have waited for what has come back.
                another = packet is null ? null : Next();
            }
            Start(another);
        }
    }

    /// <summary>Who leaves now, if anybody does. Under the gate.</summary>
    private List<T>? Next()
    {
        if (waiting.Count == 0 || underWay >= lanes || (underWay > 0 && waiting.Count < beside && waiting.Peek().Waited < Overdue))
        {
            return null;
        }
        var packet = new List<T>(Math.Min(most, waiting.Count));
        while (packet.Count < most && waiting.TryDequeue(out var next))
        {
            if (Holds(next) is { } what && !held.TryAdd(what, (packet, [])) && held[what].Packet != packet)
            {
                LineUp(next);
                continue;
            }
            packet.Add(next);
        }
        underWay += packet.Count > 0 ? 1 : 0;
        return packet.Count > 0 ? packet : null;
    }

    /// <summary>Has somebody wait to leave, or for those who are under way with what they want. Under the gate.</summary>
    private void LineUp(T passenger)
    {
        if (Holds(passenger) is { } what && held.TryGetValue(what, out var of))
        {
            of.Behind.Add(passenger);
            behindOthers++;
        }
        else
        {
            waiting.Enqueue(passenger);
        }
    }

    /// <summary>A packet has come back. Under the gate.</summary>
    private void LetGo(List<T> packet)
    {
        foreach (var passenger in packet)
        {
            if (Holds(passenger) is { } what && held.Remove(what, out var of))
            {
                behindOthers -= of.Behind.Count;
                of.Behind.ForEach(waiting.Enqueue);
            }
        }
    }

    /// <summary>Has those who wait looked after, as long as there are any. Under the gate.</summary>
    private void Watch()
    {
        if (waiting.Count + behindOthers > 0 && !isWatched)
        {
            isWatched = true;
            watch.Change(Overdue, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Who has waited too long is told so, and what is under way may have become overdue.</summary>
    private void LookAfterThem()
    {
        var lost = new List<T>();
        List<T>? packet;
        lock (gate)
        {
            while (waiting.TryPeek(out var first) && first.Waited > patience)
            {
                lost.Add(waiting.Dequeue());
            }
            foreach (var (_, behind) in held.Values)
            {
                var late = behind.FindAll(passenger => passenger.Waited > patience);
                behindOthers -= behind.RemoveAll(late.Contains);
                lost.AddRange(late);
            }
            packet = Next();
            isWatched = false;
            Watch();
        }
        lost.ForEach(passenger => passenger.Fail(new TimeoutException($"The database has not come round to this for {patience.TotalSeconds:0} seconds.")));
        Start(packet);
    }
}
