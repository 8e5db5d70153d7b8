using FsCheck;
using FsCheck.Fluent;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Tasks;

public sealed class PositionTests
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>Of all sizes, and many at the bounds where a digit is added.</summary>
    private static readonly Gen<long> Numbers =
        from bits in Gen.Choose(0, 62)
        from near in Gen.Choose(-2, 2)
        select Math.Max(1, (1L << bits) + near);

    /// <summary>Any key at all: such as the program makes, and such as it does not.</summary>
    private static readonly Gen<string> Keys = Gen.OneOf(
        Numbers.Select(Position.Of),
        from number in Numbers from more in Gen.Elements(Digits.ToCharArray()).ArrayOf() select Ended(Position.Of(number)[..^1] + new string(more)),
        from head in Gen.Elements("0123456789abcdefghijklmnop".ToCharArray()) from more in Gen.Elements("0019afgz".ToCharArray()).ArrayOf() select Ended(head + new string(more)));

    private static string Ended(string key) => key.EndsWith('0') ? key + '1' : key;

    private static bool IsLess(string one, string other) => string.CompareOrdinal(one, other) < 0;

    [Fact]
    public void Between_any_two_keys_there_is_one_that_is_little_longer() => Properties.ForAll(Keys.Two(), two =>
    {
        var (low, high) = IsLess(two.Item1, two.Item2) ? two : (two.Item2, two.Item1);
        foreach (var (from, to) in new[] { (low, high), (null, low), (high, (string?)null) })
        {
            if (from == to)
            {
                continue;
            }
            var key = Position.Between(from, to);
            Assert.True((from is null || IsLess(from, key)) && (to is null || IsLess(key, to)), $"{key} is not between {from} and {to}.");
            Assert.False(key.EndsWith('0'), $"Nothing is between {key[..^1]} and {key}.");
            Assert.True(key.Length <= Math.Max(from?.Length ?? 0, to?.Length ?? 0) + 1, $"{key} is long for what is between {from} and {to}.");
        }
    });

    [Fact]
    public void Tasks_that_were_never_moved_stand_by_their_numbers() => Properties.ForAll(Numbers.Two(), two =>
        Assert.Equal(two.Item1.CompareTo(two.Item2), Math.Sign(string.CompareOrdinal(Position.Of(two.Item1), Position.Of(two.Item2)))));

    [Fact]
    public void Before_every_key_there_is_one() => Properties.ForAll(Keys, key => Assert.True(IsLess(Position.Before(key), key), $"{Position.Before(key)} is not before {key}."));

    [Fact]
    public void Behind_every_key_there_is_one_and_new_tasks_still_come_last() => Properties.ForAll(
        from key in Keys from number in Numbers select (key, number),
        one =>
        {
            var key = Position.After(one.key, one.number);
            var next = Position.Of(one.number + 1);
            Assert.True(IsLess(one.key, key), $"{key} is not behind {one.key}.");
            Assert.True(!IsLess(one.key, next) || IsLess(key, next), $"{key} is behind {next}, which is yet to be made.");
        });

    [Fact]
    public void It_is_known_which_numbers_stand_before_a_key() => Properties.ForAll(
        from key in Keys from number in Numbers select (key, number),
        one =>
        {
            var order = string.CompareOrdinal(Position.Of(one.number), one.key);
            Assert.Equal(order <= 0, one.number <= Position.NumberUpTo(one.key, orAt: true));
            Assert.Equal(order < 0, one.number <= Position.NumberUpTo(one.key, orAt: false));
            Assert.Equal((one.number, one.number - 1), (Position.NumberUpTo(Position.Of(one.number), orAt: true), Position.NumberUpTo(Position.Of(one.number), orAt: false)));
        });

    [Fact]
    public void Moves_to_the_ends_make_short_keys_however_many_there_are()
    {
        var (first, last) = (Position.Of(1), Position.Of(1_000));
        for (var i = 0; i < 100_000; i++)
        {
            var (before, behind) = (Position.Before(first), Position.After(last, 1_000));
            Assert.True(IsLess(before, first) && IsLess(last, behind) && IsLess(behind, Position.Of(1_001)));
            (first, last) = (before, behind);
        }
        Assert.InRange(first.Length, 2, 8);
        Assert.InRange(last.Length, 2, 14);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void About_a_thousand_moves_fit_into_one_and_the_same_gap(bool isUp)
    {
        var (low, high, moves) = (Position.Of(1), Position.Of(2), 0);
        while (Position.Between(low, high) is { Length: <= Limits.PositionCharacters } key)
        {
            Assert.True(IsLess(low, key) && IsLess(key, high));
            (low, high, moves) = isUp ? (key, high, moves + 1) : (low, key, moves + 1);
        }
        Assert.InRange(moves, 900, 1_300);
    }
}
