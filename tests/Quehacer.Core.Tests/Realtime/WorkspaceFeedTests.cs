using Quehacer.Core.Events;
using Quehacer.Core.Realtime;
using Xunit;

namespace Quehacer.Core.Tests.Realtime;

/// <summary>Who is told what, and when: the part of the live feed that decides, without a database.</summary>
public sealed class WorkspaceFeedTests
{
    private static readonly Guid Workspace = Guid.NewGuid();

    [Fact]
    public void A_thousand_lines_are_told_in_four_turns_and_each_hears_what_has_come_up_to_its_own()
    {
        var feed = new WorkspaceFeed(Workspace, 10);
        var lines = Enumerable.Range(0, 1000).Select(_ => Listening(feed, 10)).ToList();
        var told = new Dictionary<Guid, long>();
        for (var turn = 1; turn <= 4; turn++)
        {
            var next = feed.NextTurn(250);
            Assert.Equal((250, 10L + turn - 1, turn > 1), (next.Lines, next.Known, next.IsBehind));
            feed.Tell([Event(10 + turn)], next.Sessions, [.. next.Sessions]);
            foreach (var session in next.Sessions)
            {
                told.Add(session, 10 + turn);
                Assert.Equal(Enumerable.Range(11, turn).Select(at => (long)at), Heard(feed, session, 10));
            }
        }
        // Those of earlier turns wait for their next, with what they have not been told.
        Assert.Equal(lines.Select(line => line.Caller.SessionId).Order(), told.Keys.Order());
        Assert.True(feed.IsAnybodyBehind);
        Assert.All(told, session => Assert.Equal(session.Value - 10, Heard(feed, session.Key, 10)!.Count));
        for (var turn = 1; turn <= 3; turn++)
        {
            var next = feed.NextTurn(250);
            Assert.True(next.IsBehind);
            feed.Tell([], next.Sessions, [.. next.Sessions]);
            Assert.All(next.Sessions, session => Assert.Equal([11, 12, 13, 14], Heard(feed, session, 10)!));
        }
        Assert.False(feed.IsAnybodyBehind);
    }

    [Fact]
    public void A_session_with_many_lines_takes_their_room_and_all_of_them_hear()
    {
        var feed = new WorkspaceFeed(Workspace, 0);
        var session = Guid.NewGuid();
        var lines = Enumerable.Range(0, 9).Select(_ => Listening(feed, 0, session)).ToList();
        var other = Listening(feed, 0).Caller.SessionId;
        Assert.Equal((9, session), (feed.NextTurn(5).Lines, Assert.Single(feed.Sessions(), id => id != other)));
        var next = feed.NextTurn(5);
        // The other one was next, and there was still room.
        Assert.Equal([other, session], next.Sessions);
        lines.ForEach(line => feed.Remove(line));
        Assert.Equal([other], feed.NextTurn(5).Sessions);
        Assert.Equal([other], feed.NextTurn(5).Sessions);
    }

    [Fact]
    public void Who_comes_while_others_are_told_hears_only_what_they_were_asked_about()
    {
        var feed = new WorkspaceFeed(Workspace, 5);
        var early = Listening(feed, 5).Caller.SessionId;
        var turn = feed.NextTurn(250);
        // Let in behind 5, and perhaps put out behind 6: nobody has asked since.
        var late = Listening(feed, 5).Caller.SessionId;
        feed.Tell([Event(6), Event(7)], turn.Sessions, [.. turn.Sessions]);
        Assert.Equal([6, 7], Heard(feed, early, 5)!);
        Assert.Equal([], Heard(feed, late, 5)!);
        Assert.True(feed.IsAnybodyBehind);
        turn = feed.NextTurn(250);
        Assert.True(turn.IsBehind);
        Assert.Contains(late, turn.Sessions);
        feed.Tell([], turn.Sessions, [early]);
        Assert.Null(Heard(feed, late, 5));
        Assert.Equal([6, 7], Heard(feed, early, 5)!);
        Assert.False(feed.IsAnybodyBehind);
    }

    [Fact]
    public void Who_was_put_out_stays_out_until_they_are_let_in_anew()
    {
        var feed = new WorkspaceFeed(Workspace, 0);
        var first = Listening(feed, 0);
        var session = first.Caller.SessionId;
        feed.Bar(Guid.NewGuid());
        feed.Bar(session);
        var turn = feed.NextTurn(250);
        feed.Tell([Event(1)], turn.Sessions, [session]);
        Assert.Null(Heard(feed, session, 0));
        Assert.False(feed.IsAnybodyBehind);
        Listening(feed, 1, session);
        feed.Tell([Event(2)], [session], [session]);
        Assert.Equal([2], Heard(feed, session, 1)!);
    }

    [Fact]
    public void What_all_have_is_let_go_and_whoever_is_further_behind_reads_the_log()
    {
        var feed = new WorkspaceFeed(Workspace, 0);
        var quick = Listening(feed, Limits.HeldEvents + 50).Caller.SessionId;
        var slow = Listening(feed, 0);
        for (var at = 1; at <= Limits.HeldEvents + 50; at++)
        {
            feed.Tell([Event(at)], [quick, slow.Caller.SessionId], [quick, slow.Caller.SessionId]);
        }
        Assert.Null(feed.After(49, slow.Caller.SessionId, out var mayHear));
        Assert.True(mayHear);
        Assert.Equal(Limits.HeldEvents, feed.After(50, slow.Caller.SessionId, out _)!.Length);
        feed.Remove(slow);
        feed.Tell([Event(Limits.HeldEvents + 51)], [quick], [quick]);
        Assert.Null(feed.After(Limits.HeldEvents + 49, quick, out _));
        Assert.Equal([Limits.HeldEvents + 51L], Heard(feed, quick, Limits.HeldEvents + 50)!);
    }

    /// <summary>The revisions that a session would be given behind one; null where it may not hear.</summary>
    private static List<long>? Heard(WorkspaceFeed feed, Guid session, long revision)
    {
        var after = feed.After(revision, session, out var mayHear);
        Assert.NotNull(after);
        return mayHear ? [.. after.Select(held => held.View.Revision)] : null;
    }

    private static Listener Listening(WorkspaceFeed feed, long revision, Guid? session = null)
    {
        var listener = new Listener(null!, null!, new Caller(Guid.NewGuid(), session ?? Guid.NewGuid(), Workspace, ""), EventFilter.All, revision);
        Assert.True(feed.TryAdd(listener, revision));
        return listener;
    }

    private static EventView Event(long revision) => new(
        Workspace, revision, (_, place) => $"{place}", EventNames.TaskDeleted, new EventStamp(Guid.NewGuid(), 1, null, Guid.NewGuid(), DateTime.UnixEpoch), new EventSubject.OfTask(null, null), default, null);
}
