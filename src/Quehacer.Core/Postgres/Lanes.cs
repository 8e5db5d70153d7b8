using System.Collections.Concurrent;
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
/// </summary>
internal abstract class Lanes<T>
    where T : Passenger
{
    private readonly ConcurrentQueue<T> waiting = new();
    private readonly int lanes;
    private readonly int most;
    private readonly TimeSpan patience;
    private readonly Timer watch;
    private int underWay;
    private int isWatched;

    /// <param name="lanes">Packets that are under way at once.</param>
    /// <param name="most">Passengers of one packet.</param>
    /// <param name="patience">How long a passenger waits to leave. By then the database does not answer.</param>
    protected Lanes(int lanes, int most, TimeSpan patience)
    {
        (this.lanes, this.most, this.patience) = (lanes, most, patience);
        watch = new Timer(_ => LoseHeart(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    protected void Send(T passenger)
    {
        waiting.Enqueue(passenger);
        if (!TryEnter())
        {
            Watch();
        }
        else if (ExecutionContext.IsFlowSuppressed())
        {
            _ = TravelAsync();
        }
        else
        {
            // What a request carries with it is not for those who travel later.
            using (ExecutionContext.SuppressFlow())
            {
                _ = TravelAsync();
            }
        }
    }

    /// <summary>Takes some there. Where it fails, so do all of them who have not arrived.</summary>
    protected abstract Task TravelAsync(List<T> together);

    /// <summary>Takes some there in packets that have one of each workspace at most, in the order of the workspaces, in which everybody locks them: two would wait for each other.</summary>
    protected static async Task TravelByWorkspaceAsync(List<T> together, Func<T, Guid> workspaceOf, Func<List<T>, Task> travelAsync)
    {
        for (var rest = together; rest.Count > 0;)
        {
            var packet = rest.DistinctBy(workspaceOf).OrderBy(workspaceOf).ToList();
            rest = rest.Count == packet.Count ? [] : [.. rest.Except(packet)];
            await travelAsync(packet);
        }
    }

    /// <summary>Never more than there are lanes, not even for a moment: somebody who is turned away because of that moment would be forgotten.</summary>
    private bool TryEnter()
    {
        while (true)
        {
            var now = Volatile.Read(ref underWay);
            if (now >= lanes)
            {
                return false;
            }
            if (Interlocked.CompareExchange(ref underWay, now + 1, now) == now)
            {
                return true;
            }
        }
    }

    private async Task TravelAsync()
    {
        var together = new List<T>(most);
        do
        {
            while (true)
            {
                together.Clear();
                while (together.Count < most && waiting.TryDequeue(out var next))
                {
                    together.Add(next);
                }
                if (together.Count == 0)
                {
                    break;
                }
                try
                {
                    await TravelAsync(together);
                }
                catch (Exception exception)
                {
                    together.ForEach(passenger => passenger.Fail(exception));
                }
            }
            Interlocked.Decrement(ref underWay);
        }
        // Whoever came between the last look and the leaving found no room.
        while (!waiting.IsEmpty && TryEnter());
    }

    /// <summary>Looks after those who wait, as long as there are any.</summary>
    private void Watch()
    {
        if (Interlocked.Exchange(ref isWatched, 1) == 0)
        {
            watch.Change(patience / 5, Timeout.InfiniteTimeSpan);
        }
    }

    private void LoseHeart()
    {
        while (waiting.TryPeek(out var first) && first.Waited > patience && waiting.TryDequeue(out var passenger))
        {
            if (passenger.Waited > patience)
            {
                passenger.Fail(new TimeoutException($"The database has not come round to this for {patience.TotalSeconds:0} seconds."));
            }
            else
            {
                waiting.Enqueue(passenger);
            }
        }
        Volatile.Write(ref isWatched, 0);
        if (!waiting.IsEmpty)
        {
            Watch();
        }
    }
}
