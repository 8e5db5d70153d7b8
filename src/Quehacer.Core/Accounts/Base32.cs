namespace Quehacer.Core.Accounts;

/// <summary>Base 32 of RFC 4648 §6 without padding: what people can read to each other, and what authenticators take.</summary>
internal static class Base32
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int BitsOfACharacter = 5;

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[((bytes.Length * 8) + BitsOfACharacter - 1) / BitsOfACharacter];
        var (buffer, bits, next) = (0, 0, 0);
        foreach (var value in bytes)
        {
            buffer = (buffer << 8) | value;
            for (bits += 8; bits >= BitsOfACharacter; bits -= BitsOfACharacter)
            {
                text[next++] = Alphabet[(buffer >> (bits - BitsOfACharacter)) & 31];
            }
            buffer &= (1 << bits) - 1;
        }
        if (bits > 0)
        {
            text[next] = Alphabet[(buffer << (BitsOfACharacter - bits)) & 31];
        }
        return new string(text);
    }

    /// <summary>Null for whatever <see cref="Encode"/> does not make; case does not count.</summary>
    public static byte[]? Decode(string text)
    {
        var bytes = new byte[text.Length * BitsOfACharacter / 8];
        var (buffer, bits, next) = (0, 0, 0);
        foreach (var character in text)
        {
            var value = Alphabet.IndexOf(char.ToUpperInvariant(character), StringComparison.Ordinal);
            if (value < 0 || character > '\x7f')
            {
                return null;
            }
            buffer = (buffer << BitsOfACharacter) | value;
            bits += BitsOfACharacter;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[next++] = (byte)(buffer >> bits);
            }
            buffer &= (1 << bits) - 1;
        }
        // What is left of a last character is nothing: another text would mean the same bytes.
        return bits < BitsOfACharacter && buffer == 0 ? bytes : null;
    }
}
