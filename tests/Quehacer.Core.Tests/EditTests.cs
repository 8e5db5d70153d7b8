using Xunit;

namespace Quehacer.Core.Tests;

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
