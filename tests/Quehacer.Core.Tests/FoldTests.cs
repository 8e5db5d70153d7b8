using System.Globalization;
using System.Text;
using FsCheck.Fluent;
using Xunit;

namespace Quehacer.Core.Tests;

public sealed class FoldTests
{
    [Theory]
    [InlineData("Café", "cafe")]
    [InlineData("CAFE\u0301", "cafe")]
    [InlineData("AÑO", "ano")]
    [InlineData("an\u0303o", "ano")]
    [InlineData("İstanbul", "istanbul")]
    [InlineData("Ångström", "angstrom")]
    [InlineData("\u212B", "a")]
    [InlineData("\u212A", "k")]
    [InlineData("ſ", "s")]
    [InlineData("ﬁn", "fin")]
    [InlineData("Ｆｕｌｌ　１２", "full 12")]
    [InlineData("ｶﾞ", "カ")]
    [InlineData("①", "1")]
    [InlineData("ΟΔΌΣ", "οδοσ")]
    [InlineData("οδός", "οδοσ")]
    [InlineData("ПРИВЕТ Ёж", "привет еж")]
    [InlineData("Tiếng Việt", "tieng viet")]
    [InlineData("مُحَمَّد", "محمد")]
    [InlineData("שָׁלוֹם", "שלום")]
    [InlineData("‘it’s’ “so”", "'it's' \"so\"")]
    [InlineData("\U00010400", "\U00010428")]
    [InlineData("Straße STRAẞE", "strasse strasse")]
    [InlineData("Øresund Łódź Đà Nẵng Æsir Œuvre Þór ħ ŧ", "oresund lodz da nang aesir oeuvre thor h t")]
    [InlineData("ILIK ılık", "ilik ilik")]
    public void Case_accents_and_compatibility_forms_are_folded_away(string text, string folded) => Assert.Equal(folded, Text.Fold(text));

    [Theory]
    [InlineData("👍")]
    [InlineData("👩‍👩‍👧")]
    [InlineData("👍🏽")]
    [InlineData("🇪🇸")]
    [InlineData("日本語")]
    [InlineData("% _ * ? ' \" & | ! : ( ) \\ -")]
    public void What_has_neither_case_nor_accents_stays_as_it_is(string text) => Assert.Equal(text, Text.Fold(text));

    [Theory]
    [InlineData("ano", "aña")]
    [InlineData("strase", "straße")]
    [InlineData("o", "0")]
    public void Different_letters_stay_different(string one, string other) => Assert.NotEqual(Text.Fold(one), Text.Fold(other));

    [Fact]
    public void Korean_folds_alike_whether_it_was_typed_in_syllables_or_in_letters()
    {
        Assert.Equal(Text.Fold("한국어"), Text.Fold("한국어".Normalize(NormalizationForm.FormD)));
        Assert.NotEqual(Text.Fold("한국어"), Text.Fold("한국"));
    }

    [Fact]
    public void Every_code_point_folds_to_something_that_folds_to_itself_and_has_no_marks()
    {
        for (var codePoint = 1; codePoint <= 0x10FFFF; codePoint = codePoint == 0x323AF ? 0xE0000 : codePoint + 1)
        {
            if (codePoint is >= 0xD800 and <= 0xDFFF or 0xFFFE)
            {
                continue;
            }
            var folded = Text.Fold(char.ConvertFromUtf32(codePoint));
            Assert.True(Text.Fold(folded) == folded, $"U+{codePoint:X4} folds to {folded}, and that to {Text.Fold(folded)}.");
            Assert.True(Text.IsStorable(folded) && !folded.EnumerateRunes().Any(IsMark), $"U+{codePoint:X4} folds to {folded}.");
        }
    }

    [Fact]
    public void The_fold_of_a_fold_is_the_fold() => Properties.ForAll(Properties.StorableText, text =>
    {
        var folded = Text.Fold(text);
        return Text.Fold(folded) == folded && Text.IsStorable(folded) && !folded.EnumerateRunes().Any(IsMark);
    });

    [Fact]
    public void Composition_does_not_count() => Properties.ForAll(Properties.StorableText, text =>
        Text.Fold(text) == Text.Fold(text.Normalize(NormalizationForm.FormC)) && Text.Fold(text) == Text.Fold(text.Normalize(NormalizationForm.FormD)));

    [Fact]
    public void A_sort_key_begins_as_the_fold_and_is_never_cut_within_a_character() => Properties.ForAll(
        from text in Properties.StorableText
        from padding in Gen.Choose(0, 300)
        select new string('a', padding) + text + string.Concat(Enumerable.Repeat("😀", 200)), text =>
        {
            var key = Text.SortKey(text);
            return key.Length is Limits.SortKeyLength or Limits.SortKeyLength - 1 && Text.Fold(text).StartsWith(key, StringComparison.Ordinal) && Text.IsStorable(key);
        });

    [Fact]
    public void A_short_text_is_its_whole_sort_key()
    {
        Assert.Equal("", Text.SortKey(""));
        Assert.Equal("cafe", Text.SortKey("Café"));
        Assert.Equal(new string('a', Limits.SortKeyLength), Text.SortKey(new string('Á', Limits.SortKeyLength)));
        Assert.Equal(new string('a', Limits.SortKeyLength - 1), Text.SortKey(new string('a', Limits.SortKeyLength - 1) + "😀"));
        Assert.Equal(new string('a', Limits.SortKeyLength - 2) + "😀", Text.SortKey(new string('a', Limits.SortKeyLength - 2) + "😀😀"));
    }

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;
}
