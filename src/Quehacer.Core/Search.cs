using System.Globalization;
using System.Text;

namespace Quehacer.Core;

/// <summary>A word of a search, as the index knows it.</summary>
/// <param name="Text">Folded.</param>
/// <param name="IsPrefix">Words that begin with it match as well.</param>
public readonly record struct SearchWord(string Text, bool IsPrefix);

/// <summary>
/// Cuts text into the words that are indexed and searched for (version 1). Words are runs of letters and digits of the folded text. Scripts
/// that are written without spaces (Chinese, Japanese, Thai and their neighbours) are cut into pairs of neighbouring characters. Every other
/// visible character, such as an emoji, <c>%</c> or <c>+</c>, is a word of its own and so is searched for literally; only commas, full stops
/// and their like are left out, because people put them behind words.
/// </summary>
public static class Search
{
    /// <summary>A longer word is cut (UTF-16 units): nobody types more of it, and an index entry has to stay small.</summary>
    private const int WordLength = 64;

    private enum Kind
    {
        /// <summary>White space, controls, commas: ends a run.</summary>
        Gap,

        /// <summary>Joins and decorates; changes nothing.</summary>
        Ignored,
        Spaced,
        Unspaced,
        Symbol,
    }

    /// <summary>The different words of some texts.</summary>
    public static HashSet<string> WordsOf(params ReadOnlySpan<string?> texts)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text is null)
            {
                continue;
            }
            var folded = Text.Fold(text);
            if (Ascii.IsValid(folded))
            {
                AddAscii(words, folded);
                continue;
            }
            foreach (var (kind, run) in Runs(folded))
            {
                if (kind == Kind.Unspaced)
                {
                    words.UnionWith(Pairs(run));
                    // The last character begins no pair, and must be found all the same.
                    words.Add(run[^1].ToString());
                }
                else
                {
                    words.Add(Join(run));
                }
            }
        }
        return words;
    }

    /// <summary>What a query searches for: every one of these. Empty when it holds nothing to search for.</summary>
    public static IReadOnlyList<SearchWord> Parse(string query)
    {
        var words = new List<SearchWord>();
        foreach (var (kind, run) in Runs(Text.Fold(query)))
        {
            if (kind == Kind.Unspaced && run.Count > 1)
            {
                words.AddRange(Pairs(run).Select(pair => new SearchWord(pair, IsPrefix: false)));
            }
            else
            {
                words.Add(new SearchWord(Join(run), IsPrefix: kind != Kind.Symbol));
            }
        }
        return [.. words.Distinct()];
    }

    /// <summary>What most texts are, cut without looking characters up: every task that is made or changed comes past here.</summary>
    private static void AddAscii(HashSet<string> words, string folded)
    {
        for (var i = 0; i < folded.Length;)
        {
            var start = i++;
            switch (KindOf(folded[start]))
            {
                case Kind.Spaced:
                    while (i < folded.Length && KindOf(folded[i]) == Kind.Spaced)
                    {
                        i++;
                    }
                    words.Add(folded[start..Math.Min(i, start + WordLength)]);
                    break;
                case Kind.Symbol:
                    words.Add(folded[start].ToString());
                    break;
            }
        }
    }

    private static IEnumerable<string> Pairs(List<Rune> run)
    {
        for (var i = 0; i + 1 < run.Count; i++)
        {
            yield return run[i].ToString() + run[i + 1].ToString();
        }
    }

    private static string Join(List<Rune> run)
    {
        var word = new StringBuilder(run.Count);
        foreach (var rune in run)
        {
            if (word.Length + rune.Utf16SequenceLength > WordLength)
            {
                break;
            }
            word.Append(rune);
        }
        return word.ToString();
    }

    private static IEnumerable<(Kind Kind, List<Rune> Run)> Runs(string folded)
    {
        var run = new List<Rune>();
        var kindOfRun = Kind.Gap;
        foreach (var rune in folded.EnumerateRunes())
        {
            var kind = KindOf(rune);
            if (kind == Kind.Ignored)
            {
                continue;
            }
            if (run.Count > 0 && (kind != kindOfRun || kind == Kind.Symbol))
            {
                yield return (kindOfRun, run);
                run = [];
            }
            kindOfRun = kind;
            if (kind != Kind.Gap)
            {
                run.Add(rune);
            }
        }
        if (run.Count > 0)
        {
            yield return (kindOfRun, run);
        }
    }

    /// <summary>Of a character of ASCII.</summary>
    private static Kind KindOf(char character) =>
        char.IsAsciiLetterOrDigit(character) ? Kind.Spaced
        : character is <= ' ' or '\x7F' or ',' or '.' or ';' ? Kind.Gap
        : Kind.Symbol;

    private static Kind KindOf(Rune rune)
    {
        if (rune.IsAscii)
        {
            return KindOf((char)rune.Value);
        }
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
                or UnicodeCategory.OtherLetter or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
                or UnicodeCategory.SpacingCombiningMark => IsUnspaced(rune.Value) ? Kind.Unspaced : Kind.Spaced,
            // Joiners, direction marks, and the skin tones of emoji.
            UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark => Kind.Ignored,
            UnicodeCategory.ModifierSymbol => rune.Value is >= 0x1F3FB and <= 0x1F3FF ? Kind.Ignored : Kind.Symbol,
            UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Control => Kind.Gap,
            _ => rune.Value is '…' or '¿' or '¡' or '、' or '。' or '،' or '؛' or '۔' ? Kind.Gap : Kind.Symbol,
        };
    }

    /// <summary>By Unicode block: Thai and Lao, Burmese, Khmer, kana and Han with its extensions.</summary>
    private static bool IsUnspaced(int rune) => rune
        is >= 0x0E00 and <= 0x0EFF
        or >= 0x1000 and <= 0x109F
        or >= 0x1780 and <= 0x17FF
        or >= 0x3005 and <= 0x30FF
        or >= 0x31F0 and <= 0x31FF
        or >= 0x3400 and <= 0x9FFF
        or >= 0xF900 and <= 0xFAFF
        or >= 0x20000 and <= 0x3FFFF;
}
