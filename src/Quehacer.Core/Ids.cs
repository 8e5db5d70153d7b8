using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Quehacer.Core;

/// <summary>
/// Ids are UUIDv7 (RFC 9562), made in the program; their 48 bits of Unix milliseconds are the thing's creation time, so creation order is
/// key order. On the wire they are TypeIDs (TypeID specification 0.3): a prefix, <c>_</c>, and 26 characters of Crockford base 32.
/// </summary>
public static class Ids
{
    public const string TaskPrefix = "task";
    public const string UserPrefix = "user";
    public const string WorkspacePrefix = "ws";
    public const string TagPrefix = "tag";
    public const string CategoryPrefix = "cat";
    public const string NotePrefix = "note";
    public const string SessionPrefix = "sess";
    public const string KeyPrefix = "key";
    public const string InvitationPrefix = "inv";
    public const string ActPrefix = "act";
    public const string EventPrefix = "evt";

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int SuffixCharacters = 26;

    private static readonly SearchValues<char> UuidCharacters = SearchValues.Create("0123456789abcdefABCDEF-");

    private static readonly IdCounter Counter = new();

    /// <summary>
    /// A new id whose time is <paramref name="now"/>, cut to milliseconds. The first 4096 that this program makes in one millisecond are each greater than the one
    /// before (RFC 9562 §6.2, method 1), so that what somebody makes quickly, one after the other, keeps its order; of more, the order is up to their random bits.
    /// </summary>
    public static Guid New(DateTime now) => New(now, Counter);

    internal static Guid New(DateTime now, IdCounter counter)
    {
        var id = Guid.CreateVersion7(new DateTimeOffset(now, TimeSpan.Zero));
        return counter.Next(Milliseconds(now)) is { } place ? WithCounter(id, place) : id;
    }

    /// <summary>New ids of one time, each greater than the one before, so that what is made together keeps its order.</summary>
    public static Guid[] NewInOrder(DateTime now, int count)
    {
        var ids = new Guid[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = New(now);
        }
        Array.Sort(ids);
        return ids;
    }

    /// <summary>The time within a UUIDv7, in UTC, to the millisecond.</summary>
    public static DateTime TimeOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16 & 0xFFFF_FFFF_FFFF;
        return DateTime.UnixEpoch.AddMilliseconds(milliseconds);
    }

    /// <summary>No id of an earlier time is greater, none of this time or a later one smaller. For times outside what a UUIDv7 can say, its nearest end.</summary>
    public static Guid FirstAt(DateTime time) => First(Milliseconds(time));

    /// <summary>The same for the millisecond behind this time.</summary>
    public static Guid FirstAfter(DateTime time) => First(Milliseconds(time) + 1);

    /// <summary><c>task_01h455vb4pex5vsknk084sn02q</c></summary>
    public static string ToTypeId(string prefix, Guid id) => string.Create(prefix.Length + 1 + SuffixCharacters, (prefix, id), static (span, state) =>
    {
        state.prefix.CopyTo(span);
        span[state.prefix.Length] = '_';
        Span<byte> bytes = stackalloc byte[16];
        state.id.TryWriteBytes(bytes, bigEndian: true, out _);
        var high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        var low = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        for (var i = span.Length - 1; i > state.prefix.Length; i--)
        {
            span[i] = Alphabet[(int)(low & 31)];
            low = low >> 5 | high << 59;
            high >>= 5;
        }
    });

    /// <summary>Reads a TypeID with this prefix. Upper case, a wrong length, <c>i l o u</c> and a first character above 7 (more than 128 bits) are malformed.</summary>
    public static bool TryParseTypeId(string prefix, ReadOnlySpan<char> text, out Guid id)
    {
        id = default;
        if (text.Length != prefix.Length + 1 + SuffixCharacters || !text.StartsWith(prefix, StringComparison.Ordinal) || text[prefix.Length] != '_')
        {
            return false;
        }
        var suffix = text[(prefix.Length + 1)..];
        if (suffix[0] > '7')
        {
            return false;
        }
        ulong high = 0, low = 0;
        foreach (var character in suffix)
        {
            var digit = Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (digit < 0)
            {
                return false;
            }
            high = high << 5 | low >> 59;
            low = low << 5 | (uint)digit;
        }
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        id = new Guid(bytes, bigEndian: true);
        return true;
    }

    /// <summary>The id with <c>rand_a</c> (RFC 9562 §5.7), the 12 bits behind the version, made this number.</summary>
    private static Guid WithCounter(Guid id, int counter)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | counter));
        return new Guid(bytes, bigEndian: true);
    }

    private static long Milliseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;

    private static Guid First(long milliseconds)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Clamp(milliseconds, 0, 0xFFFF_FFFF_FFFF) << 16);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Reads a TypeID with this prefix, or a bare UUID in its usual form with hyphens.</summary>
    public static bool TryParse(string prefix, ReadOnlySpan<char> text, out Guid id) =>
        TryParseTypeId(prefix, text, out id) || (text.Length == 36 && text.IndexOfAnyExcept(UuidCharacters) < 0 && Guid.TryParseExact(text, "D", out id));
}

/// <summary>Counts what is made within a millisecond. Used by many at once.</summary>
internal sealed class IdCounter
{
    private const int Bits = 12;

    /// <summary>Requests that are at work at once began within this; a clock that lies further back was set back.</summary>
    private const int LatenessMs = 1_000;

    /// <summary>The latest millisecond something was made in, and in the lowest bits how many before the last of them.</summary>
    private long latest;

    /// <summary>The place of another one in its millisecond, below 4096; null where that is full, or later ones have been made already.</summary>
    public int? Next(long milliseconds)
    {
        while (true)
        {
            var seen = Volatile.Read(ref latest);
            var next = (seen >> Bits) > milliseconds + LatenessMs ? milliseconds << Bits : Math.Max(milliseconds << Bits, seen + 1);
            if (next >> Bits != milliseconds)
            {
                return null;
            }
            if (Interlocked.CompareExchange(ref latest, next, seen) == seen)
            {
                return (int)next & ((1 << Bits) - 1);
            }
        }
    }
}

/// <summary>How a caller names a task: by id, or by its number in the workspace.</summary>
public readonly record struct TaskRef(Guid Id, long Number)
{
    /// <summary>Reads a TypeID, a bare UUID or a number (<c>1</c>, never <c>01</c> or <c>+1</c>). False when it is none of them: no task has such a name.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TaskRef task)
    {
        task = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }
        if (Ids.TryParse(Ids.TaskPrefix, text, out var id))
        {
            task = new TaskRef(id, 0);
            return true;
        }
        if (text[0] is >= '1' and <= '9' && char.IsAsciiDigit(text[^1]) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            task = new TaskRef(default, number);
            return true;
        }
        return false;
    }
}
