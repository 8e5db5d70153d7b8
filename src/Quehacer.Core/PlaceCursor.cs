using System.Text;

namespace Quehacer.Core;

/// <summary>
/// A place in a list that is ordered by a text and an id, or by the id alone: those of the last thing that was shown. What is added or removed elsewhere does not move
/// it, so a page that begins here shows nothing twice and leaves nothing out.
/// </summary>
/// <param name="Backwards">The page before this place, not the one behind it.</param>
/// <param name="Key">Null where the id alone decides.</param>
internal sealed record PlaceCursor(bool Backwards, string? Key, Guid Id)
{
    private const byte Version = 1;
    private const int BackwardsBit = 1;
    private const int InclusiveBit = 2;
    private const int KeyBit = 4;
    private const int HeadBytes = 18;

    /// <summary>The page has the place itself, too, if it is still there.</summary>
    public bool IsInclusive { get; init; }

    /// <summary>The comparison of what comes on this side of the place.</summary>
    /// <param name="descends">The natural direction of the list.</param>
    public string Comparison(bool descends) => (descends != Backwards ? "<" : ">") + (IsInclusive ? "=" : "");

    /// <param name="list">Which list it is of, filters and order included; it opens nowhere else.</param>
    public string Close(Seal seal, byte[] list)
    {
        byte[] content = [Version, (byte)((Backwards ? BackwardsBit : 0) | (IsInclusive ? InclusiveBit : 0) | (Key is null ? 0 : KeyBit)), .. new byte[16], .. Encoding.UTF8.GetBytes(Key ?? "")];
        Id.TryWriteBytes(content.AsSpan(2), bigEndian: true, out _);
        return seal.Close(content, list);
    }

    /// <summary>The place that a text stands for; an error for what was altered, or sealed by a key that is not known, or for another list. Null where there is no text.</summary>
    public static Result<PlaceCursor?> Open(string? text, Seal seal, byte[] list)
    {
        if (text is null)
        {
            return (PlaceCursor?)null;
        }
        return seal.Open(text, list) is { Length: >= HeadBytes } content && content[0] == Version
            ? new PlaceCursor(
                (content[1] & BackwardsBit) != 0, (content[1] & KeyBit) != 0 ? Encoding.UTF8.GetString(content.AsSpan(HeadBytes)) : null, new Guid(content.AsSpan(2, 16), bigEndian: true))
            {
                IsInclusive = (content[1] & InclusiveBit) != 0,
            }
            : Error.Invalid(Field.Cursor, FieldFault.NotThisCursor);
    }

    /// <summary>
    /// What was read from a place, one more than fits the page, as the page: in the order of the list, with the cursors of the pages on both sides. Where a cursor came
    /// from, there is another page.
    /// </summary>
    /// <param name="rows">In the order in which they were read; changed to those of the page.</param>
    /// <param name="placeOf">Key and id of a thing.</param>
    public static (string? Next, string? Previous) Turn<T>(PlaceCursor? cursor, List<T> rows, int limit, Func<T, (string? Key, Guid Id)> placeOf, Seal seal, byte[] list)
    {
        var hasMore = rows.Count > limit;
        if (hasMore)
        {
            rows.RemoveRange(limit, rows.Count - limit);
        }
        var isBackwards = cursor is { Backwards: true };
        if (rows.Count == 0)
        {
            // Nothing is left on this side of the place; the other side begins at the place itself.
            var turned = cursor is null ? null : (cursor with { Backwards = !cursor.Backwards, IsInclusive = !cursor.IsInclusive }).Close(seal, list);
            return isBackwards ? (turned, null) : (null, turned);
        }
        if (isBackwards)
        {
            rows.Reverse();
        }
        string Place(T thing, bool backwards)
        {
            var (key, id) = placeOf(thing);
            return new PlaceCursor(backwards, key, id).Close(seal, list);
        }
        var (hasNext, hasPrevious) = isBackwards ? (true, hasMore) : (hasMore, cursor is not null);
        return (hasNext ? Place(rows[^1], backwards: false) : null, hasPrevious ? Place(rows[0], backwards: true) : null);
    }
}
