using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Quehacer.Core.Tests;

public sealed class SearchTests
{
    private static readonly Gen<string> SpacedWord = Gen.Elements("abcdeéñüçABCÑÅ019яЖωΔاب한".Select(letter => letter.ToString()).Append("e\u0301").Append("\U00010400").ToArray())
        .NonEmptyListOf().Select(string.Concat);

    private static readonly Gen<string> UnspacedText = Gen.Elements("今天去商店买牛奶ひらがなカタカナー々がぎไทยภาษากินข้าวລາວဗမာ".EnumerateRunes().Select(rune => rune.ToString()).Append("𠮷").ToArray())
        .NonEmptyListOf().Select(string.Concat);

    /// <summary>As the index finds it: every word of the search is a word of the text, or begins one.</summary>
    private static bool Finds(string query, params string?[] texts)
    {
        var words = Search.WordsOf(texts);
        var sought = Search.Parse(query);
        return sought.Count > 0 && sought.All(word => words.Any(known => word.IsPrefix ? known.StartsWith(word.Text, StringComparison.Ordinal) : known == word.Text));
    }

    [Theory]
    [InlineData("Café con leche", "cafe")]
    [InlineData("Cafe", "CAFÉ")]
    [InlineData("año nuevo", "ano")]
    [InlineData("Buy milk", "milk buy")]
    [InlineData("Buy milk", "mil bu")]
    [InlineData("Buy milk, bread. Then; rest", "milk bread then rest")]
    [InlineData("Buy milk", "milk, buy.")]
    [InlineData("今天去商店买牛奶", "商店")]
    [InlineData("今天去商店买牛奶", "商")]
    [InlineData("今天去商店买牛奶", "奶")]
    [InlineData("東京タワー", "タワ")]
    [InlineData("ﾀﾜｰ", "タワー")]
    [InlineData("ไปซื้อนม", "นม")]
    [InlineData("مُحَمَّد", "محمد")]
    [InlineData("محمد", "مُحَمَّ")]
    [InlineData("한국어 공부", "한국")]
    [InlineData("한국어 공부", "하")]
    [InlineData("Tiếng Việt", "tieng viet")]
    [InlineData("party 🎉 time", "🎉")]
    [InlineData("👍🏽 ok", "👍")]
    [InlineData("👍 ok", "👍🏽")]
    [InlineData("❤️", "❤")]
    [InlineData("❤", "❤️")]
    [InlineData("👩‍👩‍👧", "👧")]
    [InlineData("100% sure", "%")]
    [InlineData("100% sure", "100%")]
    [InlineData("snake_case", "_")]
    [InlineData("a*b?", "* ?")]
    [InlineData("it's \"so\"", "' \"")]
    [InlineData("it’s", "it's")]
    [InlineData("R&D | !a: (b)", "& | ! : ( )")]
    [InlineData("C:\\temp", "\\")]
    [InlineData("follow-up", "follow-up")]
    [InlineData("follow-up", "up")]
    [InlineData("c++", "c+")]
    [InlineData("ａｂｃ", "abc")]
    [InlineData("straße", "STRASSE")]
    [InlineData("strasse", "Straße")]
    public void A_text_is_found(string text, string query) => Assert.True(Finds(query, text), $"{query} does not find {text}: {string.Join(' ', Search.WordsOf(text))}");

    [Theory]
    [InlineData("Buy milk", "ilk")]
    [InlineData("Buy milk", "milky")]
    [InlineData("Buy milk", "buy bread")]
    [InlineData("100 sure", "%")]
    [InlineData("abc", "a*c")]
    [InlineData("abc", "a_c")]
    [InlineData("abc", "a%")]
    [InlineData("abc", "!b")]
    [InlineData("abc", "abc | xyz")]
    [InlineData("今天去商店买牛奶", "店商")]
    [InlineData("今天去商店买牛奶", "今商")]
    [InlineData("👍", "👎")]
    [InlineData("straße", "strase")]
    public void A_text_is_not_found(string text, string query) => Assert.False(Finds(query, text), $"{query} finds {text}: {string.Join(' ', Search.WordsOf(text))}");

    [Theory]
    [InlineData("")]
    [InlineData("  \t\n ")]
    [InlineData(" , . ; ,,, ...")]
    [InlineData("\u200D\uFE0F")]
    [InlineData("\u0301")]
    [InlineData("。、…")]
    [InlineData("،؛۔")]
    public void There_may_be_nothing_to_search_for(string query)
    {
        Assert.Empty(Search.Parse(query));
        Assert.Empty(Search.WordsOf(query));
    }

    [Fact]
    public void Words_of_a_search_are_told_once() => Assert.Equal([new SearchWord("a", IsPrefix: true), new SearchWord("%", IsPrefix: false)], Search.Parse("a A % á ａ %"));

    [Fact]
    public void Words_come_from_all_texts_and_an_absent_one_has_none() => Assert.Equal(["a", "b", "c"], Search.WordsOf("a b", null, "b c").Order(StringComparer.Ordinal));

    [Fact]
    public void A_text_is_found_by_itself() =>
        Properties.ForAll(Properties.StorableText, text => Search.Parse(text).Count == 0 ? Search.WordsOf(text).Count == 0 : Finds(text, text));

    [Fact]
    public void A_text_is_found_by_its_fold_and_the_fold_by_the_text() =>
        Properties.ForAll(Properties.StorableText, text => Search.Parse(text).Count == 0 || (Finds(Text.Fold(text), text) && Finds(text, Text.Fold(text))));

    [Fact]
    public void Every_word_of_a_text_is_found_by_itself() => Properties.ForAll(Properties.StorableText, text => Search.WordsOf(text).All(word => Finds(word, text)));

    [Fact]
    public void Every_beginning_of_a_word_is_found_wherever_the_word_stands() => Properties.ForAll(
        from words in SpacedWord.NonEmptyListOf()
        from separator in Gen.Elements(" ", ", ", ". ", "\n", "; ", " \t ", "…", "\u00A0")
        select (words, separator), sample =>
        {
            var text = string.Join(sample.separator, sample.words);
            return sample.words.All(word =>
            {
                var runes = word.EnumerateRunes().ToList();
                return Enumerable.Range(1, runes.Count).Select(count => string.Concat(runes.Take(count))).All(beginning => Search.Parse(beginning).Count == 0 || Finds(beginning, text));
            });
        });

    [Fact]
    public void Words_are_found_in_any_order() => Properties.ForAll(
        from words in SpacedWord.NonEmptyListOf() from shuffled in Gen.Shuffle(words.ToArray()) select (words, shuffled),
        sample => sample.words.All(word => Search.Parse(word).Count == 0) || Finds(string.Join(' ', sample.shuffled), string.Join(' ', sample.words)));

    [Fact]
    public void Every_part_of_a_text_without_spaces_is_found() => Properties.ForAll(
        from text in UnspacedText from before in SpacedWord from isGlued in Gen.Elements(true, false) select (text, isGlued ? before + text + before : $"{before} {text}"), sample =>
        {
            var runes = sample.text.EnumerateRunes().ToList();
            return Enumerable.Range(0, runes.Count).All(start => Enumerable.Range(1, Math.Min(6, runes.Count - start)).All(count =>
            {
                var part = string.Concat(runes.Skip(start).Take(count));
                return Search.Parse(part).Count == 0 || Finds(part, sample.Item2);
            }));
        });

    [Fact]
    public void A_very_long_word_is_found_by_itself_and_by_its_beginning()
    {
        foreach (var letter in new[] { "a", "ñ", "𐐀", "한" })
        {
            var word = string.Concat(Enumerable.Repeat(letter, 10_000));
            Assert.True(Finds(word, word));
            Assert.True(Finds(word[..(letter.Length * 100)], word));
            Assert.True(Finds(letter, word));
            Assert.All(Search.WordsOf(word), entry => Assert.InRange(entry.Length, 1, 64));
        }
    }

    [Fact]
    public void A_word_is_never_cut_within_a_character()
    {
        var word = "a" + string.Concat(Enumerable.Repeat("\U00010428", 40));
        var entry = Assert.Single(Search.WordsOf(word));
        Assert.Equal(63, entry.Length);
        Assert.True(Text.IsStorable(entry));
    }

    [Fact]
    public void Entries_and_searches_are_storable_not_empty_and_small() => Properties.ForAll(Properties.StorableText, text =>
        Search.WordsOf(text).Concat(Search.Parse(text).Select(word => word.Text)).All(word => word.Length is > 0 and <= 64 && Text.IsStorable(word)));

    [Theory]
    [InlineData("word1 ")]
    [InlineData("商店买")]
    [InlineData("👍🏽")]
    [InlineData("\uFDFA")]
    [InlineData("%")]
    [InlineData("e\u0301\u0302\u0303")]
    public void The_longest_description_is_cut_into_words(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, Limits.DescriptionCharacters / part.EnumerateRunes().Count()));
        Assert.NotEmpty(Search.WordsOf(text));
        Assert.True(Finds(part, text));
    }

    [Fact]
    public void A_long_text_of_all_kinds_of_characters_has_all_its_words()
    {
        var random = new Random(1);
        var text = string.Concat(Enumerable.Range(0, Limits.DescriptionCharacters).Select(_ => random.Next(1, 0x10FFFF)).Where(rune => rune is < 0xD800 or > 0xDFFF and not 0xFFFE)
            .Select(char.ConvertFromUtf32));
        Assert.All(Search.WordsOf(text).Take(500), word => Assert.True(Finds(word, text)));
    }

    [Fact]
    public void A_text_of_ascii_is_cut_into_the_same_words_whatever_stands_behind_it() =>
        Properties.ForAll(
            Gen.Frequency((6, Gen.Choose(0x01, 0x7F)), (10, Gen.Choose('a', 'z'))).Select(unit => (char)unit).ArrayOf().Select(units => new string(units)),
            text => Assert.Equal(Search.WordsOf(text).Append("日").ToHashSet(), Search.WordsOf(text + " 日")));

    [Fact]
    public void A_long_word_is_cut_alike_in_ascii_and_beside_other_letters()
    {
        var word = new string('x', 200);
        Assert.Equal([new string('x', 64)], Search.WordsOf(word));
        Assert.Equal([new string('x', 64), "日"], Search.WordsOf(word + " 日"));
    }
}
