namespace Quehacer.Core;

/// <summary>Times in the system are UTC, cut to milliseconds: what is stored is what is answered, and equal times compare equal.</summary>
public static class Clock
{
    /// <summary>How they are written: RFC 3339 in UTC with milliseconds, always all three digits.</summary>
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static DateTime NowUtc(this TimeProvider time) => Cut(time.GetUtcNow().UtcDateTime);

    public static DateTime Cut(DateTime utc) => new(utc.Ticks - utc.Ticks % TimeSpan.TicksPerMillisecond, DateTimeKind.Utc);
}
