using System.Globalization;
using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>Date and time of RFC 3339 §5.6: a full date, a time with seconds, any fraction, and an offset.</summary>
internal static class Rfc3339
{
    /// <summary>Gives the time in UTC, cut to milliseconds.</summary>
    public static bool TryParse(string text, out DateTime utc)
    {
        utc = default;
        // yyyy-MM-ddTHH:mm:ss and at least Z.
        if (text.Length is < 20 or > 64 || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or 't' or ' ') || text[13] != ':' || text[16] != ':'
            || !Digits(text, 0, 4, out var year) || !Digits(text, 5, 2, out var month) || !Digits(text, 8, 2, out var day)
            || !Digits(text, 11, 2, out var hour) || !Digits(text, 14, 2, out var minute) || !Digits(text, 17, 2, out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }
        var at = 19;
        var milliseconds = 0;
        if (text[at] == '.')
        {
            var begin = ++at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                if (at - begin < 3)
                {
                    milliseconds += (text[at] - '0') * (at - begin) switch { 0 => 100, 1 => 10, _ => 1 };
                }
                at++;
            }
            if (at == begin || at == text.Length)
            {
                return false;
            }
        }
        var offset = TimeSpan.Zero;
        if (text[at] is 'Z' or 'z')
        {
            at++;
        }
        else if (text[at] is '+' or '-' && text.Length == at + 6 && text[at + 3] == ':' && Digits(text, at + 1, 2, out var hours) && Digits(text, at + 4, 2, out var minutes)
            && hours <= 23 && minutes <= 59)
        {
            offset = new TimeSpan(hours, minutes, 0) * (text[at] == '-' ? -1 : 1);
            at += 6;
        }
        else
        {
            return false;
        }
        if (at != text.Length)
        {
            return false;
        }
        var ticks = new DateTime(year, month, day, hour, minute, second, milliseconds, DateTimeKind.Utc).Ticks - offset.Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
        {
            return false;
        }
        utc = Clock.Cut(new DateTime(ticks, DateTimeKind.Utc));
        return true;
    }

    private static bool Digits(string text, int start, int length, out int value) =>
        int.TryParse(text.AsSpan(start, length), NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
