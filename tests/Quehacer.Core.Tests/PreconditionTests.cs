using FsCheck.Fluent;
using Xunit;

namespace Quehacer.Core.Tests;

public sealed class PreconditionTests
{
    private static readonly EntityTag Current = new("0123abcd", 7, 3);
    private static readonly DateTime ChangedAt = new(2026, 11, 21, 8, 30, 0, 125, DateTimeKind.Utc);
    private static readonly DateTime Second = new(2026, 11, 21, 8, 30, 0, DateTimeKind.Utc);

    private static bool Holds(Precondition precondition, double secondsLater = 60) => precondition.Holds(Current, ChangedAt, ChangedAt.AddSeconds(secondsLater));

    private static Precondition Since(DateTime second) => Precondition.None with { UnmodifiedSince = second };

    [Fact]
    public void Without_a_condition_every_change_may_be_made()
    {
        Assert.True(Holds(Precondition.None));
        Assert.Null(Precondition.None.Refuse(Current, ChangedAt, ChangedAt));
    }

    [Fact]
    public void A_condition_holds_when_one_of_its_tags_is_the_present_one()
    {
        Assert.True(Holds(new Precondition([Current], null)));
        Assert.True(Holds(new Precondition([Current with { Version = 6 }, Current], null)));
    }

    [Fact]
    public void Every_part_of_a_tag_counts()
    {
        Assert.False(Holds(new Precondition([Current with { Version = 6 }], null)));
        Assert.False(Holds(new Precondition([Current with { LabelsRevision = 2 }], null)));
        Assert.False(Holds(new Precondition([Current with { Incarnation = "ffffffff" }], null)));
    }

    [Fact]
    public void A_condition_without_a_readable_tag_never_holds() => Assert.False(Holds(new Precondition([], null)));

    [Fact]
    public void The_version_of_a_body_is_a_condition()
    {
        Assert.True(Holds(new Precondition(null, 7)));
        Assert.False(Holds(new Precondition(null, 6)));
        Assert.False(Holds(new Precondition(null, 8)));
    }

    [Fact]
    public void All_that_is_given_must_hold()
    {
        Assert.True(Holds(new Precondition([Current], 7)));
        Assert.False(Holds(new Precondition([Current], 6)));
        Assert.False(Holds(new Precondition([Current with { Version = 6 }], 7)));
        Assert.False(Holds(new Precondition([Current], 7) { NoneOf = [Current] }));
        Assert.False(Holds(new Precondition([Current], 7) { OnlyIfAbsent = true }));
        Assert.False(Holds(new Precondition([Current], 7) { UnmodifiedSince = Second.AddSeconds(-1) }));
        Assert.True(Holds(new Precondition([Current], 7) { UnmodifiedSince = Second, NoneOf = [Current with { Version = 6 }] }));
    }

    [Fact]
    public void What_is_there_is_not_absent_and_has_its_own_tag()
    {
        Assert.False(Holds(Precondition.None with { OnlyIfAbsent = true }));
        Assert.False(Holds(Precondition.None with { NoneOf = [Current with { Version = 6 }, Current] }));
        Assert.True(Holds(Precondition.None with { NoneOf = [Current with { Version = 6 }] }));
        Assert.True(Holds(Precondition.None with { NoneOf = [] }));
    }

    [Fact]
    public void A_date_holds_from_the_second_of_the_change_on()
    {
        Assert.False(Holds(Since(Second.AddSeconds(-1))));
        Assert.True(Holds(Since(Second)));
        Assert.True(Holds(Since(Second.AddSeconds(1))));
    }

    [Fact]
    public void Of_a_change_within_the_second_nobody_can_say_that_it_was_seen()
    {
        Assert.False(Holds(Since(Second), secondsLater: 0.5));
        Assert.False(Holds(Since(Second), secondsLater: 0.999));
        Assert.True(Holds(Since(Second), secondsLater: 1));
        Assert.True(Holds(Since(Second.AddSeconds(1)), secondsLater: 0.5));
    }

    [Fact]
    public void A_date_is_told_once_no_other_change_can_fall_into_its_second()
    {
        Assert.Null(LastModified.Of(ChangedAt, ChangedAt));
        Assert.Null(LastModified.Of(ChangedAt, ChangedAt.AddMilliseconds(999)));
        Assert.Null(LastModified.Of(ChangedAt, ChangedAt.AddSeconds(-5)));
        Assert.Equal(Second, LastModified.Of(ChangedAt, ChangedAt.AddSeconds(1)));
    }

    [Fact]
    public void Whoever_was_told_a_date_is_refused_after_any_later_change() => Properties.ForAll(
        from changed in Properties.AnyTime
        from later in Gen.Choose(0, 5_000)
        from seen in Gen.Choose(0, 5_000)
        select (changed, seenAt: changed.AddMilliseconds(seen), changedAgain: changed.AddMilliseconds(seen + later)),
        example => LastModified.Of(example.changed, example.seenAt) is not { } told
            || !LastModified.IsUnmodified(example.changedAgain, told, example.changedAgain.AddMinutes(1)));

    [Fact]
    public void A_missing_condition_is_refused_where_one_is_wanted()
    {
        Assert.Equal(ErrorCode.PreconditionRequired, (Precondition.None with { IsMissing = true }).Refuse(Current, ChangedAt, ChangedAt)?.Code);
        var failed = new Precondition(null, 6).Refuse(Current, ChangedAt, ChangedAt);
        Assert.Equal((ErrorCode.PreconditionFailed, Current), (failed!.Code, failed.Current));
    }
}
