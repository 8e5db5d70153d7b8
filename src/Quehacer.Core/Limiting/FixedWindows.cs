using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quehacer.Core.Limiting;

/// <summary>What counting came to.</summary>
/// <param name="IsWithin">False when the quota was used up before: this one was not counted.</param>
/// <param name="Remaining">How many more the window takes.</param>
/// <param name="SecondsLeft">Until the window ends, rounded up; at least 1.</param>
/// <param name="EndsAt">When the window ends, in Unix seconds; the same for all that is counted in it.</param>
public readonly record struct Counted(bool IsWithin, int Remaining, int SecondsLeft, long EndsAt);

/// <summary>
/// Counts by key in windows of a fixed length, in the memory of this process. A window begins with the first that is counted in it, so that
/// whatever comes at once is counted in one window, exactly; it ends with a whole second, so it may be shorter by the part of one. Memory is
/// bounded: at most twice <paramref name="capacity"/> windows of their own are kept. When that is used up, whoever is new shares a window with
/// others until a place is free; a window that has begun is never dropped before its end, so that nobody can wash off a count by sending many
/// keys. There is no timer: what has ended goes as a whole, once a window's length, when the next request comes.
/// </summary>
/// <param name="window">Seconds, whole ones.</param>
/// <param name="capacity">Keys in one window's length that have a window of their own.</param>
public sealed class FixedWindows(TimeSpan window, int capacity, TimeProvider time)
{
    /// <summary>Each part has a lock of its own, so that requests on several processors rarely meet.</summary>
    private const int Parts = 64;

    private readonly Part[] parts = [.. Enumerable.Range(0, Parts).Select(_ => new Part())];
    private readonly long origin = time.GetTimestamp();
    private readonly long lengthMs = (long)window.TotalMilliseconds;
    private readonly int placesOfAPart = Math.Max(1, capacity / Parts);

    private struct Window
    {
        public int Count;

        /// <summary>On the clock that nobody can set.</summary>
        public long EndsMs;

        /// <summary>The same on the clock of the wall.</summary>
        public long EndsUnixSeconds;
    }

    private sealed class Part
    {
        public readonly Lock Gate = new();

        /// <summary>Windows that began since the last turn, none of which has ended, and those that began in the turn before.</summary>
        public Dictionary<UInt128, Window> Current = [];
        public Dictionary<UInt128, Window> Previous = [];
        public long TurnsMs;

        /// <summary>For those who find no place; made when there is the first of them.</summary>
        public Window[]? Shared;
    }

    /// <summary>How many windows there are, those of several keys not counted.</summary>
    public int Count => parts.Sum(part => part.Current.Count + part.Previous.Count);

    /// <summary>Counts one for the key, unless the quota of its window is used up.</summary>
    public Counted Take(UInt128 key, int quota)
    {
        var hash = (uint)key.GetHashCode();
        var part = parts[hash % Parts];
        var now = (long)time.GetElapsedTime(origin).TotalMilliseconds;
        lock (part.Gate)
        {
            Turn(part, now);
            ref var counted = ref Find(part, key, hash, now);
            if (counted.EndsMs <= now)
            {
                // It ends with a second of the wall's clock, so that the time that is told is the time that it ends.
                var ends = time.GetUtcNow() + window;
                counted.Count = 0;
                counted.EndsMs = now + lengthMs - ends.Millisecond;
                counted.EndsUnixSeconds = ends.ToUnixTimeSeconds();
            }
            var isWithin = counted.Count < quota;
            if (isWithin)
            {
                counted.Count++;
            }
            return new Counted(isWithin, Math.Max(0, quota - counted.Count), (int)((counted.EndsMs - now + 999) / 1000), counted.EndsUnixSeconds);
        }
    }

    /// <summary>Whatever began before the last turn has ended at this one.</summary>
    private void Turn(Part part, long now)
    {
        if (now < part.TurnsMs)
        {
            return;
        }
        part.Previous = now < part.TurnsMs + lengthMs ? part.Current : [];
        part.Current = [];
        part.TurnsMs = now + lengthMs;
    }

    private ref Window Find(Part part, UInt128 key, uint hash, long now)
    {
        ref var found = ref CollectionsMarshal.GetValueRefOrNullRef(part.Current, key);
        if (!Unsafe.IsNullRef(ref found))
        {
            return ref found;
        }
        found = ref CollectionsMarshal.GetValueRefOrNullRef(part.Previous, key);
        if (!Unsafe.IsNullRef(ref found) && found.EndsMs > now)
        {
            return ref found;
        }
        if (part.Current.Count < placesOfAPart)
        {
            return ref CollectionsMarshal.GetValueRefOrAddDefault(part.Current, key, out _);
        }
        part.Shared ??= new Window[Math.Max(1, placesOfAPart / 8)];
        return ref part.Shared[hash / Parts % part.Shared.Length];
    }
}
