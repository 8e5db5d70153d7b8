using FsCheck;
using FsCheck.Fluent;

namespace Quehacer.Core.Tests;

/// <summary>Properties over generated values, and the values they are tried with.</summary>
internal static class Properties
{
    /// <summary>Text that PostgreSQL stores: any code points but U+0000 and surrogates, with many that are hard to handle.</summary>
    public static readonly Gen<string> StorableText = Gen.Frequency(
            (6, Gen.Choose(0x20, 0x7E)),
            (1, Gen.Choose(0x01, 0x1F)),
            (3, Gen.Choose(0xA0, 0x24F)),
            (3, Gen.Choose(0x300, 0x36F)),
            (2, Gen.Choose(0x370, 0x1FFF)),
            (2, Gen.Choose(0x2000, 0xD7FF)),
            (1, Gen.Choose(0xE000, 0xFFFD)),
            (2, Gen.Choose(0x10000, 0x10FFFF)))
        .Select(char.ConvertFromUtf32).ArrayOf().Select(string.Concat);

    /// <summary>Any UTF-16 at all, unpaired surrogates and U+0000 included.</summary>
    public static readonly Gen<string> AnyText = Gen.Frequency(
            (4, Gen.Choose(0x00, 0x7F)),
            (3, Gen.Choose(0xD800, 0xDFFF)),
            (2, Gen.Choose(0x80, 0xFFFF)))
        .Select(unit => (char)unit).ArrayOf().Select(units => new string(units));

    public static readonly Gen<Guid> AnyGuid = Gen.Choose(0, 255).ArrayOf(16).Select(bytes => new Guid(bytes.Select(value => (byte)value).ToArray()));

    /// <summary>Whole milliseconds from 1970 to 2200, UTC.</summary>
    public static readonly Gen<DateTime> AnyTime =
        from day in Gen.Choose(0, 84_000)
        from millisecond in Gen.Choose(0, 86_399_999)
        select DateTime.UnixEpoch.AddDays(day).AddMilliseconds(millisecond);

    public static void ForAll<T>(Gen<T> values, Func<T, bool> holds) => Check.QuickThrowOnFailure(Prop.ForAll(values.ToArbitrary(), holds));

    public static void ForAll<T>(Gen<T> values, Action<T> check) => Check.QuickThrowOnFailure(Prop.ForAll(values.ToArbitrary(), check));
}
