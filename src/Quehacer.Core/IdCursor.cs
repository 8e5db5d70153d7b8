using System.Text;

namespace Quehacer.Core;

/// <summary>A cursor of a list that is in the order of ids: the last one that was shown, sealed, and good for the same list only.</summary>
internal static class IdCursor
{
    private const byte Version = 1;
    private const int Bytes = 1 + 16;

    /// <param name="list">What the list is of and chosen by, in one spelling.</param>
    public static string Close(Guid last, Seal seal, string list)
    {
        Span<byte> content = stackalloc byte[Bytes];
        content[0] = Version;
        last.TryWriteBytes(content[1..], bigEndian: true, out _);
        return seal.Close(content, Encoding.UTF8.GetBytes(list));
    }

    /// <summary>Behind which one the page begins; null for a cursor that is not of this list.</summary>
    public static Guid? Open(string cursor, Seal seal, string list) =>
        seal.Open(cursor, Encoding.UTF8.GetBytes(list)) is { Length: Bytes } content && content[0] == Version ? new Guid(content.AsSpan(1), bigEndian: true) : null;
}
