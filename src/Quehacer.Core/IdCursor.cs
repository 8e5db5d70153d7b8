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

    /// <summary>Behind which one the page begins: none where there is no cursor. False for one that is not of this list.</summary>
    public static bool TryOpen(string? cursor, Seal seal, string list, out Guid behind)
    {
        behind = Guid.Empty;
        if (cursor is null)
        {
            return true;
        }
        if (seal.Open(cursor, Encoding.UTF8.GetBytes(list)) is not { Length: Bytes } content || content[0] != Version)
        {
            return false;
        }
        behind = new Guid(content.AsSpan(1), bigEndian: true);
        return true;
    }
}
