using System.Globalization;
using System.Text;

namespace Quehacer.Core;

/// <summary>
/// What the system calls text: NFC-normalised, without U+0000 and unpaired surrogates, counted in code points as PostgreSQL's
/// <c>length</c> does. Upper and lower case are decided here, not by the database's locale, so that every installation agrees.
/// </summary>
public static class Text
{
    /// <summary>False for U+0000 and unpaired surrogates, which PostgreSQL cannot store, and for the noncharacter U+FFFE, which .NET refuses to normalise.</summary>
    public static bool IsStorable(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character is '\0' or '\uFFFE')
            {
                return false;
            }
            if (char.IsSurrogate(character))
            {
                if (!char.IsHighSurrogate(character) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    /// <summary>Unicode code points: an emoji counts once.</summary>
    public static int Characters(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        foreach (var character in text)
        {
            if (char.IsLowSurrogate(character))
            {
                count--;
            }
        }
        return count;
    }

    /// <summary>NFC. The text must be storable.</summary>
    public static string Normalise(string text) => Ascii.IsValid(text) ? text : text.Normalize(NormalizationForm.FormC);

    /// <summary>A title or a name: normalised and without white space around it.</summary>
    public static string NormaliseName(string text) => Normalise(text.Trim());

    /// <summary>
    /// The key by which names are equal: case does not count, accents do. Fold version 1: NFC, simple upper case, NFC, simple lower case, NFC;
    /// up and down again because some letters (ς, ſ, K) meet only that way, composed in between because İ has no composed small letter.
    /// </summary>
    public static string NameKey(string name) =>
        Ascii.IsValid(name) ? name.ToLowerInvariant() : Normalise(Normalise(Normalise(name).ToUpperInvariant()).ToLowerInvariant());

    /// <summary>
    /// The text as lists order it and searches compare it: without case, accents and compatibility forms, so that <c>cafe</c> is <c>Café</c>
    /// and <c>Ａ</c> is <c>a</c>. Fold version 1: NFKD, marks dropped, simple upper case, simple lower case, NFKD without marks again;
    /// curly quotes made straight, and ß, æ, œ, ø, ł, đ, ð, þ, ħ, ŧ, ı as people write them who have no such key. What the index holds was made by this very version: a change of it needs a migration that makes it anew.
    /// </summary>
    public static string Fold(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }
        return Decompose(Decompose(text).ToUpperInvariant().ToLowerInvariant());

        static string Decompose(string text)
        {
            var folded = new StringBuilder(text.Length);
            foreach (var rune in text.Normalize(NormalizationForm.FormKD).EnumerateRunes())
            {
                if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark))
                {
                    _ = rune.Value switch
                    {
                        '‘' or '’' => folded.Append('\''),
                        '“' or '”' => folded.Append('"'),
                        // Letters that people take for another with something added, and Unicode does not take apart.
                        'ß' => folded.Append("ss"),
                        'æ' => folded.Append("ae"),
                        'œ' => folded.Append("oe"),
                        'ø' => folded.Append('o'),
                        'ł' => folded.Append('l'),
                        'đ' or 'ð' => folded.Append('d'),
                        'þ' => folded.Append("th"),
                        'ħ' => folded.Append('h'),
                        'ŧ' => folded.Append('t'),
                        'ı' => folded.Append('i'),
                        _ => folded.Append(rune),
                    };
                }
            }
            return folded.ToString();
        }
    }

    /// <summary>By which titles and names are ordered: folded, and cut so that an index entry stays small.</summary>
    public static string SortKey(string text)
    {
        var folded = Fold(text);
        if (folded.Length <= Limits.SortKeyLength)
        {
            return folded;
        }
        return folded[..(char.IsHighSurrogate(folded[Limits.SortKeyLength - 1]) ? Limits.SortKeyLength - 1 : Limits.SortKeyLength)];
    }
}
