using System.Globalization;
using System.Text;
using FsCheck.Fluent;
using Xunit;

namespace Quehacer.Core.Tests;

public sealed class TextTests
{
    /// <summary>Beyond lie ideographs and private use, which have neither case nor compositions of their own.</summary>
    private const int LastWithCase = 0x1FFFF;

    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("ñandú", 5)]
    [InlineData("e\u0301", 2)]
    [InlineData("👍", 1)]
    [InlineData("👩‍👩‍👧", 5)]
    public void Characters_are_code_points(string text, int characters) => Assert.Equal(characters, Text.Characters(text));

    [Fact]
    public void Characters_are_counted_as_runes_are() =>
        Properties.ForAll(Properties.StorableText, text => Text.Characters(text) == text.EnumerateRunes().Count());

    [Theory]
    [InlineData("plain")]
    [InlineData("👍")]
    [InlineData("tab\tand\nline")]
    [InlineData("\uFFFD")]
    public void Text_is_storable(string text) => Assert.True(Text.IsStorable(text));

    [Fact]
    public void Text_with_nul_is_not_storable() => Assert.False(Text.IsStorable("a\0b"));

    [Fact]
    public void Text_with_an_unpaired_surrogate_is_not_storable()
    {
        Assert.False(Text.IsStorable("\ud83d"));
        Assert.False(Text.IsStorable("\udc4d"));
        Assert.False(Text.IsStorable("\udc4d\ud83d"));
        Assert.False(Text.IsStorable("a\ud83db"));
        Assert.False(Text.IsStorable("\ud83d\ud83d\udc4d"));
    }

    [Fact]
    public void Text_is_storable_exactly_when_utf_8_can_write_it_and_it_can_be_normalised_and_has_no_nul()
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        Properties.ForAll(Properties.AnyText, text =>
        {
            bool writable;
            try
            {
                strict.GetByteCount(text);
                writable = true;
            }
            catch (EncoderFallbackException)
            {
                writable = false;
            }
            // U+FFFE is no character, and .NET refuses to normalise it.
            return Text.IsStorable(text) == (writable && !text.Contains('\0') && !text.Contains('\uFFFE'));
        });
    }

    [Fact]
    public void Whatever_is_storable_can_be_normalised_and_has_a_key()
    {
        for (var codePoint = 1; codePoint <= LastWithCase; codePoint++)
        {
            if (codePoint is >= 0xD800 and <= 0xDFFF || !Text.IsStorable(char.ConvertFromUtf32(codePoint)))
            {
                continue;
            }
            var text = char.ConvertFromUtf32(codePoint);
            var failure = Record.Exception(() => Text.NameKey(Text.NormaliseName(text)));
            Assert.True(failure is null, $"U+{codePoint:X4}: {failure?.Message}");
        }
    }

    [Fact]
    public void A_decomposed_letter_becomes_the_composed_one() => Assert.Equal("café", Text.Normalise("cafe\u0301"));

    [Fact]
    public void Normalised_text_stays_as_it_is() => Properties.ForAll(Properties.StorableText, text =>
    {
        var normalised = Text.Normalise(text);
        return normalised.IsNormalized(NormalizationForm.FormC) && Text.Normalise(normalised) == normalised && Text.IsStorable(normalised);
    });

    [Fact]
    public void A_name_has_no_white_space_around_it_and_stays_so() => Properties.ForAll(Properties.StorableText, text =>
    {
        var name = Text.NormaliseName($" \t{text}\u00A0\u3000");
        return name == name.Trim() && Text.NormaliseName(name) == name;
    });

    [Theory]
    [InlineData("Work", "work")]
    [InlineData("AÑO", "año")]
    [InlineData("CAFE\u0301", "café")]
    [InlineData("ΟΔΟΣ", "οδος")]
    [InlineData("οδός", "ΟΔΌΣ")]
    [InlineData("ſ", "S")]
    [InlineData("\u212A", "k")]
    [InlineData("ПРИВЕТ", "привет")]
    [InlineData("\U00010400", "\U00010428")]
    [InlineData("I\u0307stanbul", "i\u0307stanbul")]
    public void Case_and_composition_do_not_count_in_names(string one, string other) => Assert.Equal(Text.NameKey(one), Text.NameKey(other));

    [Theory]
    [InlineData("ano", "año")]
    [InlineData("resume", "résumé")]
    [InlineData("u", "ü")]
    [InlineData("strasse", "straße")]
    public void Accents_and_other_letters_count_in_names(string one, string other) => Assert.NotEqual(Text.NameKey(one), Text.NameKey(other));

    [Fact]
    public void The_key_of_a_key_is_the_key() =>
        Properties.ForAll(Properties.StorableText, text => Text.NameKey(Text.NameKey(text)) == Text.NameKey(text));

    [Fact]
    public void The_key_of_a_key_is_the_key_for_every_letter()
    {
        for (var codePoint = 1; codePoint <= LastWithCase; codePoint++)
        {
            if (codePoint is (>= 0xD800 and <= 0xDFFF) or 0xFFFE)
            {
                continue;
            }
            var key = Text.NameKey(char.ConvertFromUtf32(codePoint));
            Assert.True(Text.NameKey(key) == key, $"U+{codePoint:X4}");
        }
    }

    [Fact]
    public void Equal_names_have_equal_keys_however_they_are_composed() => Properties.ForAll(
        Properties.StorableText,
        text => Text.NameKey(text.Normalize(NormalizationForm.FormD)) == Text.NameKey(text));

    [Fact]
    public void A_name_in_upper_case_or_in_lower_case_is_the_same_name()
    {
        for (var codePoint = 1; codePoint <= LastWithCase; codePoint++)
        {
            if (codePoint is (>= 0xD800 and <= 0xDFFF) or 0xFFFE)
            {
                continue;
            }
            var name = char.ConvertFromUtf32(codePoint);
            Assert.True(Text.NameKey(name.ToUpperInvariant()) == Text.NameKey(name), $"U+{codePoint:X4} in upper case");
            Assert.True(Text.NameKey(name.ToLowerInvariant()) == Text.NameKey(name), $"U+{codePoint:X4} in lower case");
        }
    }

    [Fact]
    public void Whole_names_in_upper_case_are_the_same_names() =>
        Properties.ForAll(Properties.StorableText.Select(Text.Normalise), name => Text.NameKey(name.ToUpperInvariant()) == Text.NameKey(name));

    [Fact]
    public void Ascii_names_have_the_key_that_the_long_way_gives() => Properties.ForAll(
        Gen.Choose(0x20, 0x7E).Select(value => (char)value).ArrayOf().Select(characters => new string(characters)),
        text => Text.NameKey(text + "é") == Text.NameKey(text) + "é");

    [Fact]
    public void The_culture_of_the_machine_decides_nothing()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("tr-TR");
            Assert.Equal("title", Text.NameKey("TITLE"));
            Assert.Equal(Text.NameKey("Ísland"), Text.NameKey("ÍSLAND"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
