using System.Buffers.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Quehacer.Core.Tests;

public sealed class SealTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];
    private static readonly byte[] OtherKey = [.. Key.Select(value => (byte)(value + 1))];

    private static readonly Gen<byte[]> Bytes = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf();

    [Fact]
    public void What_was_sealed_is_opened() => Properties.ForAll(
        from content in Bytes from context in Bytes select (content, context), sample =>
        {
            var seal = new Seal([Key]);
            return seal.Open(seal.Close(sample.content, sample.context), sample.context) is { } opened && opened.SequenceEqual(sample.content);
        });

    [Fact]
    public void The_same_content_gives_the_same_text_and_different_content_another() => Properties.ForAll(
        from one in Bytes from other in Bytes from context in Bytes select (one, other, context), sample =>
        {
            var text = new Seal([Key]).Close(sample.one, sample.context);
            return text == new Seal([[.. Key]]).Close([.. sample.one], [.. sample.context])
                && (text == new Seal([Key]).Close(sample.other, sample.context)) == sample.one.SequenceEqual(sample.other)
                && text != new Seal([Key]).Close(sample.one, [.. sample.context, 0])
                && text != new Seal([OtherKey]).Close(sample.one, sample.context);
        });

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        var seal = new Seal([Key]);
        for (var length = 0; length < 24; length++)
        {
            var message = Base64Url.DecodeFromChars(seal.Close(new byte[length], [1, 2, 3]));
            for (var bit = 0; bit < message.Length * 8; bit++)
            {
                var altered = message.ToArray();
                altered[bit / 8] ^= (byte)(1 << bit % 8);
                Assert.Null(seal.Open(Base64Url.EncodeToString(altered), [1, 2, 3]));
            }
        }
    }

    [Fact]
    public void Whatever_is_cut_off_or_added_is_noticed()
    {
        var seal = new Seal([Key]);
        var text = seal.Close([1, 2, 3, 4, 5], []);
        for (var length = 0; length < text.Length; length++)
        {
            Assert.Null(seal.Open(text[..length], []));
            Assert.Null(seal.Open(text[(text.Length - length)..], []));
        }
        Assert.Null(seal.Open(text + "A", []));
        Assert.Null(seal.Open(text + text, []));
        Assert.Null(seal.Open("A" + text, []));
    }

    [Fact]
    public void Every_changed_character_is_noticed()
    {
        var seal = new Seal([Key]);
        for (var length = 0; length < 6; length++)
        {
            var text = seal.Close(new byte[length], []);
            for (var i = 0; i < text.Length; i++)
            {
                foreach (var other in "AZaz09-_+/=. %é\0\uD800")
                {
                    if (other != text[i])
                    {
                        var altered = text[..i] + other + text[(i + 1)..];
                        Assert.True(seal.Open(altered, []) is null, $"{altered} opens as {text} does.");
                    }
                }
            }
        }
    }

    [Fact]
    public void Any_text_at_all_can_be_tried() => Properties.ForAll(Properties.AnyText, text => new Seal([Key, OtherKey]).Open(text, []) is null);

    [Fact]
    public void It_opens_in_its_own_context_alone()
    {
        var seal = new Seal([Key]);
        var text = seal.Close([1, 2, 3], [4, 5]);
        Assert.Null(seal.Open(text, []));
        Assert.Null(seal.Open(text, [4]));
        Assert.Null(seal.Open(text, [4, 5, 0]));
        Assert.Null(seal.Open(text, [5, 4]));
        Assert.NotEqual(text, seal.Close([3], [4, 5, 1, 2]));
    }

    [Fact]
    public void A_new_key_seals_and_the_old_one_still_opens()
    {
        var old = new Seal([OtherKey]);
        var rotated = new Seal([Key, OtherKey]);
        var (before, after) = (old.Close([1], [2]), rotated.Close([1], [2]));
        Assert.Equal([1], rotated.Open(before, [2])!);
        Assert.Equal([1], rotated.Open(after, [2])!);
        Assert.Equal(after, new Seal([Key]).Close([1], [2]));
        Assert.Null(old.Open(after, [2]));
        Assert.Null(new Seal([Key]).Open(before, [2]));
    }

    [Fact]
    public void Keys_may_have_any_length_and_each_byte_of_them_counts()
    {
        var longKey = Enumerable.Range(0, 100).Select(value => (byte)value).ToArray();
        var text = new Seal([longKey]).Close([7], []);
        Assert.Equal([7], new Seal([longKey]).Open(text, [])!);
        Assert.Null(new Seal([longKey[..99]]).Open(text, []));
        Assert.Null(new Seal([[.. longKey[..99], 0]]).Open(text, []));
    }
}
