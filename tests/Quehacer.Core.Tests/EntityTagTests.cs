using Xunit;

namespace Quehacer.Core.Tests;

public sealed class EntityTagTests
{
    private static readonly EntityTag Current = new("0123abcd", 7, 3);

    [Fact]
    public void Without_a_condition_every_change_may_be_made() => Assert.True(Precondition.None.Holds(Current));

    [Fact]
    public void A_condition_holds_when_one_of_its_tags_is_the_present_one()
    {
        Assert.True(new Precondition([Current], null).Holds(Current));
        Assert.True(new Precondition([Current with { Version = 6 }, Current], null).Holds(Current));
    }

    [Fact]
    public void Every_part_of_a_tag_counts()
    {
        Assert.False(new Precondition([Current with { Version = 6 }], null).Holds(Current));
        Assert.False(new Precondition([Current with { LabelsRevision = 2 }], null).Holds(Current));
        Assert.False(new Precondition([Current with { Incarnation = "ffffffff" }], null).Holds(Current));
    }

    [Fact]
    public void A_condition_without_a_readable_tag_never_holds() => Assert.False(new Precondition([], null).Holds(Current));

    [Fact]
    public void The_version_of_a_body_is_a_condition()
    {
        Assert.True(new Precondition(null, 7).Holds(Current));
        Assert.False(new Precondition(null, 6).Holds(Current));
        Assert.False(new Precondition(null, 8).Holds(Current));
    }

    [Fact]
    public void Tag_and_version_must_both_hold()
    {
        Assert.True(new Precondition([Current], 7).Holds(Current));
        Assert.False(new Precondition([Current], 6).Holds(Current));
        Assert.False(new Precondition([Current with { Version = 6 }], 7).Holds(Current));
    }
}

public sealed class EditTests
{
    [Fact]
    public void An_absent_member_leaves_what_is_stored()
    {
        var absent = default(Edit<string?>);

        Assert.False(absent.IsPresent);
        Assert.False(absent.IsSet);
        Assert.Equal("stored", absent.Or("stored"));
        Assert.Throws<InvalidOperationException>(() => absent.Value);
    }

    [Fact]
    public void A_null_sets_null()
    {
        Edit<string?> cleared = null;
        Edit<DateTime?> undated = null;

        Assert.True(cleared.IsSet);
        Assert.Null(cleared.Or("stored"));
        Assert.True(undated.IsSet);
        Assert.Null(undated.Or(DateTime.UnixEpoch));
    }

    [Fact]
    public void A_malformed_member_is_present_and_has_no_value()
    {
        var malformed = Edit<string>.Malformed(FieldFault.NotAString);

        Assert.True(malformed.IsPresent);
        Assert.False(malformed.IsSet);
        Assert.Equal("stored", malformed.Or("stored"));
        Assert.Throws<InvalidOperationException>(() => malformed.Value);
    }
}
