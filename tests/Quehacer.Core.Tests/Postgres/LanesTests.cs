using System.Collections.Concurrent;
using System.Diagnostics;
using Quehacer.Core.Postgres;
using Xunit;

namespace Quehacer.Core.Tests.Postgres;

public sealed class LanesTests
{
    private sealed class Traveller(Guid? wants = null) : Passenger
    {
        private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Guid? Wants => wants;

        public Task Task => done.Task;

        public void Arrive() => done.TrySetResult();

        public override void Fail(Exception exception) => done.TrySetException(exception);
    }

    private sealed class Road(int lanes, int most) : Lanes<Traveller>(lanes, most, beside: 2, TimeSpan.FromSeconds(20))
    {
        private readonly ConcurrentDictionary<Guid, byte> wanted = new();
        private int underWay;

        public int MostUnderWay { get; private set; }

        public bool HaveMet { get; private set; }

        public Task GoAsync(Guid? wants)
        {
            var traveller = new Traveller(wants);
            Send(traveller);
            return traveller.Task;
        }

        protected override Guid? Holds(Traveller traveller) => traveller.Wants;

        protected override async Task TravelAsync(List<Traveller> together)
        {
            MostUnderWay = Math.Max(MostUnderWay, Interlocked.Increment(ref underWay));
            Assert.InRange(together.Count, 1, 4);
            var all = together.Select(traveller => traveller.Wants).OfType<Guid>().Distinct().ToList();
            HaveMet |= !all.TrueForAll(one => wanted.TryAdd(one, 0));
            await Task.Yield();
            all.ForEach(one => wanted.TryRemove(one, out _));
            Interlocked.Decrement(ref underWay);
            together.ForEach(traveller => traveller.Arrive());
        }
    }

    /// <summary>Many small crowds, behind each of which nobody comes who would take along whoever was left.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    public async Task Nobody_is_left_behind(int lanes, int things)
    {
        var road = new Road(lanes, most: 4);
        // Some want one of a few things that only one packet can have at a time.
        Guid?[] wants = [null, .. Enumerable.Range(0, things).Select(_ => (Guid?)Guid.NewGuid())];
        for (var crowd = 0; crowd < 20_000; crowd++)
        {
            var arrived = Task.WhenAll(Enumerable.Range(0, 2 + crowd % 5).Select(one => Task.Run(() => road.GoAsync(wants[one % wants.Length]))));
            // Half of the time for which somebody who was forgotten would wait.
            await arrived.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }
        Assert.InRange(road.MostUnderWay, 1, lanes);
        Assert.False(road.HaveMet, "Two packets with the same thing were under way at once.");
    }

    [Fact]
    public async Task Beside_what_is_under_way_leaves_a_packet_that_enough_share()
    {
        var road = new ClosedRoad(overdue: TimeSpan.FromHours(1));
        var first = road.GoAsync();
        var three = new[] { road.GoAsync(), road.GoAsync(), road.GoAsync() };
        Assert.Equal([1], road.Packets);
        var fourth = road.GoAsync();
        Assert.Equal([1, 4], road.Packets);
        road.Open();
        await Task.WhenAll([first, .. three, fourth]);
        Assert.Equal([1, 4], road.Packets);
    }

    [Fact]
    public async Task Who_has_waited_long_goes_alone_beside_what_does_not_come_back()
    {
        var road = new ClosedRoad(overdue: TimeSpan.FromSeconds(2));
        var first = road.GoAsync();
        var second = road.GoAsync();
        Assert.Equal([1], road.Packets);
        // Nobody comes who would look after the second.
        for (var waited = Stopwatch.StartNew(); road.Packets.Length < 2; await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            Assert.InRange(waited.Elapsed.TotalSeconds, 0, 10);
        }
        Assert.Equal([1, 1], road.Packets);
        road.Open();
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task Who_wants_what_is_under_way_leaves_behind_it_together_and_nobody_else_waits_for_that()
    {
        var road = new ClosedRoad(overdue: TimeSpan.Zero);
        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        var first = road.GoAsync(one);
        var behind = new[] { road.GoAsync(one), road.GoAsync(one), road.GoAsync(one) };
        Assert.Equal([1], road.Packets);
        var beside = road.GoAsync(other);
        Assert.Equal([1, 1], road.Packets);
        road.Open();
        await Task.WhenAll([first, beside, .. behind]);
        Assert.Equal([1, 1, 3], road.Packets);
    }

    [Fact]
    public async Task Who_waits_too_long_for_what_is_under_way_is_told_so()
    {
        var road = new ClosedRoad(overdue: TimeSpan.FromMilliseconds(1), patience: TimeSpan.FromMilliseconds(500));
        var what = Guid.NewGuid();
        var first = road.GoAsync(what);
        await Assert.ThrowsAsync<TimeoutException>(() => road.GoAsync(what));
        road.Open();
        await first;
        await road.GoAsync(what);
        Assert.Equal([1, 1], road.Packets);
    }

    /// <summary>Two lanes for packets of eight, on which nobody arrives before it is opened.</summary>
    private sealed class ClosedRoad(TimeSpan overdue, TimeSpan? patience = null) : Lanes<Traveller>(lanes: 2, most: 8, beside: 4, patience ?? TimeSpan.FromSeconds(60))
    {
        private readonly TaskCompletionSource open = new();
        private readonly ConcurrentQueue<int> packets = new();

        protected override TimeSpan Overdue => overdue;

        public int[] Packets => [.. packets];

        public void Open() => open.SetResult();

        public Task GoAsync(Guid? wants = null)
        {
            var traveller = new Traveller(wants);
            Send(traveller);
            return traveller.Task;
        }

        protected override Guid? Holds(Traveller traveller) => traveller.Wants;

        protected override async Task TravelAsync(List<Traveller> together)
        {
            packets.Enqueue(together.Count);
            await open.Task;
            together.ForEach(traveller => traveller.Arrive());
        }
    }

    [Fact]
    public async Task Where_a_packet_fails_all_who_were_in_it_are_told_and_the_next_one_goes()
    {
        var broken = new BrokenRoad();
        for (var turn = 0; turn < 5; turn++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(broken.GoAsync);
        }
    }

    private sealed class BrokenRoad() : Lanes<Traveller>(lanes: 1, most: 4, beside: 2, TimeSpan.FromSeconds(20))
    {
        public Task GoAsync()
        {
            var traveller = new Traveller();
            Send(traveller);
            return traveller.Task;
        }

        protected override Task TravelAsync(List<Traveller> together) => throw new InvalidOperationException("The bridge is out.");
    }
}
