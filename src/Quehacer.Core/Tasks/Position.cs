using System.Globalization;
using System.Text;

namespace Quehacer.Core.Tasks;

/// <summary>
/// The keys by which tasks are ordered by hand, compared byte by byte: fractions in base 36, none of which ends in <c>0</c>, so that there is one
/// between any two. Those of tasks that were never moved, and of what is moved to an end, begin with a whole number whose first character says how
/// many digits it has; so moving to the ends a thousand times makes keys of some ten characters.
/// </summary>
public static class Position
{
    /// <summary>As <see cref="Of(long)"/>, for tasks that were never moved.</summary>
    internal const string OfNumberSql = "chr(96 + length(to_hex(t.number))) || to_hex(t.number) || 'i'";

    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>The digit in the middle: on both sides of it there is as much room.</summary>
    private const char Middle = 'i';

    /// <summary>Behind the number of the newest task and its middle: what was moved to the end since.</summary>
    private const char Behind = 'm';

    /// <summary>Digits of the negative numbers that have a key: a million million moves to the beginning.</summary>
    private const int NegativeDigits = 10;

    /// <summary>The key of a task that was never moved: by its number, so that new tasks come last.</summary>
    /// <param name="number">From 1.</param>
    public static string Of(long number) => Whole(number) + Middle;

    /// <summary>A key between two others, at most one character longer than the longer of them.</summary>
    /// <param name="low">Less than <paramref name="high"/>; null for the beginning.</param>
    /// <param name="high">Null for the end.</param>
    public static string Between(string? low, string? high)
    {
        low ??= "";
        var key = new StringBuilder(low.Length + 1);
        for (var i = 0; ; i++)
        {
            var least = i < low.Length ? Digits.IndexOf(low[i], StringComparison.Ordinal) : 0;
            var most = high is null ? Digits.Length : i < high.Length ? Digits.IndexOf(high[i], StringComparison.Ordinal) : 0;
            if (most < least)
            {
                throw new ArgumentException($"There is nothing between '{low}' and '{high}'.", nameof(high));
            }
            if (most - least > 1)
            {
                return key.Append(Digits[(least + most) / 2]).ToString();
            }
            key.Append(Digits[least]);
            if (most > least)
            {
                // Whatever follows is less than the other end by now.
                high = null;
            }
        }
    }

    /// <summary>A key before all others.</summary>
    /// <param name="first">The first of them.</param>
    public static string Before(string first)
    {
        var key = Floor(first) is { } number && number > long.MinValue && TryWhole(number - 1, out var whole) ? whole + Middle : null;
        return key is not null && string.CompareOrdinal(key, first) < 0 ? key : Between(null, first);
    }

    /// <summary>A key behind all others, and before those of tasks that are yet to be made.</summary>
    /// <param name="last">The last of them.</param>
    /// <param name="lastNumber">The number of the task that was made last.</param>
    public static string After(string last, long lastNumber)
    {
        var since = Whole(lastNumber) + Behind;
        var moved = last.StartsWith(since, StringComparison.Ordinal) ? Floor(last.AsSpan(since.Length)) : 0;
        var key = moved is >= 0 and < long.MaxValue ? since + Of(moved.Value + 1) : null;
        var next = Of(lastNumber + 1);
        return key is not null && string.CompareOrdinal(last, key) < 0 ? key : Between(last, string.CompareOrdinal(last, next) < 0 ? next : null);
    }

    /// <summary>The greatest number whose task, never moved, stands at this key or before it; 0 when there is none.</summary>
    /// <param name="orAt">A task at the very key counts as well.</param>
    internal static long NumberUpTo(string key, bool orAt)
    {
        if (Floor(key) is not { } number)
        {
            return string.CompareOrdinal(key, Of(1)) < 0 ? 0 : long.MaxValue;
        }
        if (number < 1)
        {
            return 0;
        }
        var order = string.CompareOrdinal(Of(number), key);
        return order < 0 || (orAt && order == 0) ? number : number - 1;
    }

    /// <summary>A whole number as the beginning of a key: <c>a1</c>, <c>af</c>, <c>b10</c>; those below zero are <c>9f</c>, <c>9e</c>, <c>8ff</c>.</summary>
    private static string Whole(long number) => TryWhole(number, out var whole) ? whole : throw new ArgumentOutOfRangeException(nameof(number));

    private static bool TryWhole(long number, out string whole)
    {
        if (number >= 0)
        {
            var digits = number.ToString("x", CultureInfo.InvariantCulture);
            whole = (char)('a' + digits.Length - 1) + digits;
            return true;
        }
        var (length, shorter) = (1, 0L);
        while (length <= NegativeDigits)
        {
            var count = 1L << 4 * length;
            if (-number <= shorter + count)
            {
                whole = (char)('9' - length + 1) + (count - (-number - shorter)).ToString($"x{length}", CultureInfo.InvariantCulture);
                return true;
            }
            shorter += count;
            length++;
        }
        whole = "";
        return false;
    }

    /// <summary>
    /// A whole number near the beginning of a key: none above it begins a key that is less. Null where the key begins as no whole number does. What
    /// lies between two may be shorter than a whole number, or have digits that none has.
    /// </summary>
    private static long? Floor(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || key[0] is not (>= '0' and <= '9' or >= 'a' and <= 'p'))
        {
            return null;
        }
        var isNegative = key[0] <= '9';
        var length = isNegative ? '9' - key[0] + 1 : key[0] - 'a' + 1;
        UInt128 value = 0;
        var isOver = false;
        for (var i = 1; i <= length; i++)
        {
            var digit = isOver ? 15 : i < key.Length ? Digits.IndexOf(key[i], StringComparison.Ordinal) : 0;
            isOver |= digit > 15;
            value = value * 16 + (UInt128)Math.Min(digit, 15);
        }
        var count = UInt128.One << 4 * length;
        if (isNegative)
        {
            // As many as there are shorter ones: 16 + 16² + …
            var shorter = (count - 16) / 15;
            return -(long)(shorter + count - value);
        }
        // No number has a zero in front: what begins so lies behind all that have fewer digits.
        if (length > 1 && value < count / 16)
        {
            value = count / 16 - 1;
        }
        return value > long.MaxValue ? long.MaxValue : (long)value;
    }
}
