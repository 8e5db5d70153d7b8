using System.Buffers.Binary;
using System.Text;

namespace Quehacer.Core.Events;

/// <summary>What a cursor of the log turned out to be.</summary>
internal enum CursorFault
{
    /// <summary>It is a place in this log.</summary>
    None,

    /// <summary>It was altered, is of another workspace, or was sealed with a key that nobody has any more.</summary>
    NotThisCursor,

    /// <summary>It was a place in a log that has been replaced since: the database was restored from a backup, or lost commits when another took over.</summary>
    NoLongerThere,
}

/// <summary>
/// A place in the log of a workspace or of one stream: the last event that somebody has seen, sealed together with the incarnation of the database, because another one may
/// hand out the same revision for something else.
/// </summary>
internal static class EventCursor
{
    private const byte Version = 1;
    private const int IncarnationBytes = 8;
    private const int Bytes = 1 + IncarnationBytes + 8;

    public static string Close(Seal seal, Guid log, string incarnation, long place)
    {
        Span<byte> content = stackalloc byte[Bytes];
        content[0] = Version;
        Encoding.ASCII.GetBytes(incarnation, content[1..]);
        BinaryPrimitives.WriteInt64BigEndian(content[(1 + IncarnationBytes)..], place);
        Span<byte> context = stackalloc byte[ContextBytes];
        return seal.Close(content, Context(context, log));
    }

    /// <param name="place">The revision of the last event that was seen, of a stream its version.</param>
    public static CursorFault Open(string cursor, Seal seal, Guid log, string incarnation, out long place)
    {
        place = 0;
        Span<byte> context = stackalloc byte[ContextBytes];
        if (seal.Open(cursor, Context(context, log)) is not { Length: Bytes } content || content[0] != Version)
        {
            return CursorFault.NotThisCursor;
        }
        place = BinaryPrimitives.ReadInt64BigEndian(content.AsSpan(1 + IncarnationBytes));
        return Encoding.ASCII.GetString(content, 1, IncarnationBytes) == incarnation ? CursorFault.None : CursorFault.NoLongerThere;
    }

    private const int ContextBytes = 3 + 16;

    private static ReadOnlySpan<byte> Context(Span<byte> context, Guid log)
    {
        "log"u8.CopyTo(context);
        log.TryWriteBytes(context[3..], bigEndian: true, out _);
        return context;
    }
}
