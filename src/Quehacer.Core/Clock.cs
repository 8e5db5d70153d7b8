using System.Globalization;

namespace Quehacer.Core;

/// <summary>Times in the system are UTC, cut to milliseconds: what is stored is what is answered, and equal times compare equal.</summary>
public static class Clock
{
    /// <summary>How they are written: RFC 3339 in UTC with milliseconds, always all three digits.</summary>
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>How many characters that is.</summary>
    public const int Characters = 24;

    /// <summary>The same in UTF-8, to a place for <see cref="Characters"/>, in a third of the time: a format that the framework knows by heart, cut off behind the milliseconds.</summary>
    public static void Write(DateTime utc, Span<byte> to)
    {
        Span<byte> whole = stackalloc byte[33];
        utc.TryFormat(whole, out _, "O", CultureInfo.InvariantCulture);
        whole[..(Characters - 1)].CopyTo(to);
        to[Characters - 1] = (byte)'Z';
    }

    public static DateTime NowUtc(this TimeProvider time) => Cut(time.GetUtcNow().UtcDateTime);

    public static DateTime Cut(DateTime utc) => new(utc.Ticks - utc.Ticks % TimeSpan.TicksPerMillisecond, DateTimeKind.Utc);
}
