using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Quehacer.Core.Limiting;
using Xunit;

namespace Quehacer.Core.Tests.Limiting;

/// <summary>Tests that measure the process they are in: they run while no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class FixedWindowsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly StoppedTime time = new();

    /// <summary>A clock that stands still until the test moves it.</summary>
    private sealed class StoppedTime : TimeProvider
    {
        private DateTimeOffset now = new(2026, 11, 21, 8, 30, 0, 125, TimeSpan.Zero);

        public void Forward(TimeSpan by) => now += by;

        public override DateTimeOffset GetUtcNow() => now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now.UtcTicks;
    }

    [Fact]
    public void A_quota_counts_down_and_then_refuses_until_its_window_ends()
    {
        var windows = new FixedWindows(Minute, 1000, time);
        var ends = time.GetUtcNow().ToUnixTimeSeconds() + 60;

        Assert.Equal(new Counted(true, 2, 60, ends), windows.Take(7, 3));
        time.Forward(TimeSpan.FromSeconds(20.5));
        Assert.Equal(new Counted(true, 1, 40, ends), windows.Take(7, 3));
        Assert.Equal(new Counted(true, 0, 40, ends), windows.Take(7, 3));
        Assert.Equal(new Counted(false, 0, 40, ends), windows.Take(7, 3));
        Assert.Equal(new Counted(true, 2, 60, ends + 20), windows.Take(8, 3));
        time.Forward(TimeSpan.FromSeconds(39.374));
        Assert.Equal(new Counted(false, 0, 1, ends), windows.Take(7, 3));
        time.Forward(TimeSpan.FromMilliseconds(1));
        Assert.Equal(new Counted(true, 2, 60, ends + 60), windows.Take(7, 3));
    }

    [Fact]
    public void A_quota_that_changes_keeps_what_was_counted()
    {
        var windows = new FixedWindows(Minute, 1000, time);
        Assert.All(Enumerable.Range(0, 5), _ => Assert.True(windows.Take(7, 5).IsWithin));

        Assert.Equal(4, windows.Take(7, 10).Remaining);
        Assert.Equal((false, 0), (windows.Take(7, 5).IsWithin, windows.Take(7, 5).Remaining));
    }

    [Fact]
    public async Task Two_hundred_at_once_on_a_quota_of_a_hundred_are_a_hundred_and_a_hundred()
    {
        var windows = new FixedWindows(Minute, 1000, TimeProvider.System);
        for (UInt128 key = 0; key < 50; key++)
        {
            var mine = key;
            using var start = new Barrier(8);
            var within = 0;
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait(TestContext.Current.CancellationToken);
                    for (var turn = 0; turn < 25; turn++)
                    {
                        if (windows.Take(mine, 100).IsWithin)
                        {
                            Interlocked.Increment(ref within);
                        }
                    }
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            Assert.Equal(100, within);
        }
    }

    [Fact]
    public void A_million_addresses_take_bounded_memory_and_wash_off_no_count()
    {
        const int capacity = 10_000;
        var windows = new FixedWindows(Minute, capacity, time);
        const int victim = 1;
        Assert.All(Enumerable.Range(0, 20), _ => Assert.True(windows.Take(victim, 20).IsWithin));

        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var address = 0; address < 1_000_000; address++)
        {
            windows.Take((UInt128)0xFFFF_0000_0000 + (uint)address, 20);
            if (address % 100_000 == 0)
            {
                time.Forward(TimeSpan.FromSeconds(5));
                Assert.False(windows.Take(victim, 20).IsWithin);
            }
        }
        Assert.InRange(windows.Count, 1, 2 * capacity);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 8 * 1024 * 1024);
        time.Forward(2 * Minute);
        Assert.True(windows.Take(victim, 20).IsWithin);
        for (UInt128 address = 0; address < 10_000; address++)
        {
            windows.Take(address, 20);
        }
        time.Forward(2 * Minute);
        for (UInt128 address = 0; address < 1000; address++)
        {
            windows.Take(address, 20);
        }
        Assert.InRange(windows.Count, 1, 2000);
    }

    [Fact]
    public void Whoever_finds_no_place_is_counted_all_the_same_and_has_one_of_their_own_when_there_is_room()
    {
        var windows = new FixedWindows(Minute, 64, time);
        var within = Enumerable.Range(0, 100_000).Count(address => windows.Take((UInt128)address, 5).IsWithin);
        // 64 windows of their own, and one that is shared for each of the 64 parts.
        Assert.InRange(within, 64, 64 + (64 * 5));

        time.Forward(2 * Minute);
        Assert.Equal(4, windows.Take(99_999, 5).Remaining);
    }

    [Fact]
    public void No_window_of_a_minute_takes_more_than_its_quota_whatever_the_order_and_the_pauses() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Key, ushort PauseMs)[]>(),
        steps =>
        {
            var windows = new FixedWindows(TimeSpan.FromSeconds(10), 64 * 64, time);
            var model = new Dictionary<byte, (DateTimeOffset Ends, int Count)>();
            foreach (var (key, pause) in steps)
            {
                time.Forward(TimeSpan.FromMilliseconds(pause % 4000));
                var now = time.GetUtcNow();
                var (ends, count) = model.TryGetValue((byte)(key % 4), out var known) && known.Ends > now ? known : (now.AddMilliseconds(-now.Millisecond).AddSeconds(10), 0);
                var expected = count < 3;
                model[(byte)(key % 4)] = (ends, expected ? count + 1 : count);
                var counted = windows.Take((UInt128)(key % 4), 3);
                if (counted.IsWithin != expected || counted.Remaining != 3 - model[(byte)(key % 4)].Count || counted.SecondsLeft != (int)Math.Ceiling((ends - now).TotalSeconds))
                {
                    return false;
                }
            }
            return true;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData("0.0.0.0", "::", false)]
    public void An_address_is_one_of_version_4_or_the_64_of_one_of_version_6(string one, string other, bool same) =>
        Assert.Equal(same, AddressBlock.Of(IPAddress.Parse(one)) == AddressBlock.Of(IPAddress.Parse(other)));
}
