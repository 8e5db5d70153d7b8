using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Quehacer.Server.Http;

/// <summary>
/// Text in an address as it was sent (RFC 3986 §2.1). What decodes addresses leaves escapes alone that are no UTF-8, so that they would be
/// taken for the text of their own escapes.
/// </summary>
internal static class PercentEncoding
{
    /// <summary>The bytes that the escapes stand for are UTF-8, which halves of surrogate pairs are not. A percent sign that begins no escape is itself.</summary>
    public static bool IsUtf8(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return true;
        }
        var bytes = new ArrayBufferWriter<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var escaped))
            {
                bytes.Write([escaped]);
                i += 2;
            }
            else
            {
                bytes.Write(Encoding.UTF8.GetBytes(text[i..(i + 1)]));
            }
        }
        return Utf8.IsValid(bytes.WrittenSpan);
    }
}
