using Quehacer.Core;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>
/// The dates that 003's clients send: RFC 3339, and of ISO 8601's extended format besides a day alone, a time without seconds or without an offset,
/// and an offset of hours alone or without a colon. What has no offset is in UTC.
/// </summary>
internal static class Iso8601
{
    private const int DayCharacters = 10;

    /// <summary>Gives the time in UTC, cut to milliseconds; a day alone is its first moment.</summary>
    public static bool TryParse(string text, out DateTime utc) => Rfc3339.TryParse(text, out utc) || Rfc3339.TryParse(Whole(text), out utc);

    /// <summary>The same for the end of a span: a day alone is its last moment.</summary>
    public static bool TryParseEnd(string text, out DateTime utc)
    {
        if (!TryParse(text, out utc))
        {
            return false;
        }
        if (text.Length == DayCharacters)
        {
            utc = utc.Date.AddTicks(TimeSpan.TicksPerDay - TimeSpan.TicksPerMillisecond);
        }
        return true;
    }

    /// <summary>With whatever RFC 3339 wants and the text leaves out.</summary>
    private static string Whole(string text)
    {
        if (text.Length == DayCharacters)
        {
            return text + "T00:00:00Z";
        }
        if (text.Length < DayCharacters + 6)
        {
            return text;
        }
        var zone = text.AsSpan(DayCharacters).IndexOfAny("Zz+-");
        var time = zone < 0 ? text : text[..(DayCharacters + zone)];
        var offset = zone < 0 ? "Z" : text[(DayCharacters + zone)..];
        if (time.Length == DayCharacters + 6)
        {
            time += ":00";
        }
        return time + offset.Length switch
        {
            3 => offset + ":00",
            5 => offset.Insert(3, ":"),
            _ => offset,
        };
    }
}
