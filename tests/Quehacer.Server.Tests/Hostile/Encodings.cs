using System.Text;
using static Quehacer.Server.Tests.Hostile.Expected;
using static Quehacer.Server.Tests.Hostile.Ground;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>Text that is no UTF-8 (RFC 3629), or that is UTF-8 and yet no text.</summary>
internal static class Encodings
{
    /// <summary>Sequences that no UTF-8 has, as Latin-1.</summary>
    private static readonly (string Name, string Bytes)[] Illegal =
    [
        ("a lone continuation", "\u0080"), ("two continuations", "\u0080\u00bf"), ("a slash of two bytes", "\u00c0\u00af"), ("a slash of three", "\u00e0\u0080\u00af"), ("a slash of four", "\u00f0\u0080\u0080\u00af"), ("a slash of five", "\u00f8\u0080\u0080\u0080\u00af"),
        ("a slash of six", "\u00fc\u0080\u0080\u0080\u0080\u00af"), ("a NUL of two bytes", "\u00c0\u0080"), ("a DEL of two bytes", "\u00c1\u00bf"), ("U+07FF of three", "\u00e0\u009f\u00bf"), ("U+FFFF of four", "\u00f0\u008f\u00bf\u00bf"),
        ("half of two bytes", "\u00c3"), ("half of three", "\u00e2\u0082"), ("half of four", "\u00f0\u009f\u0098"), ("a broken pair of bytes", "\u00c3("), ("a broken three", "\u00e2(\u00a1"), ("a high surrogate", "\u00ed\u00a0\u0080"),
        ("a low surrogate", "\u00ed\u00b0\u0080"), ("a pair of surrogates (CESU-8)", "\u00ed\u00a0\u00bd\u00ed\u00b8\u0080"), ("U+110000", "\u00f4\u0090\u0080\u0080"), ("beyond Unicode", "\u00f7\u00bf\u00bf\u00bf"), ("0xFE", "\u00fe"), ("0xFF", "\u00ff"),
        ("0xFE 0xFF", "\u00fe\u00ff"), ("Latin-1", "caf\u00e9"), ("Windows-1252", "\u0093a\u0094"), ("Shift-JIS", "\u0083e\u0083X\u0083g"), ("GB 18030", "\u0081\u00308\u0081"),
    ];

    public static IEnumerable<HostileCase> All(Ground ground)
    {
        foreach (var (name, bytes) in Illegal)
        {
            yield return new($"{name} in a title", ground.Ask("POST", Tasks, "", Bytes($$"""{"title":"a{{bytes}}b"}""")), Malformed());
            yield return new($"{name} in a member's name", ground.Ask("POST", Tasks, "", Bytes($$"""{"title":"a","{{bytes}}":1}""")), Malformed());
            yield return new($"{name} in a search", ground.Get($"{Tasks}?q=a{Percent(bytes)}b"), Invalid("q", "NOT_TEXT"));
            yield return new($"{name} in a tag's name", ground.Ask("PUT", $"{ground.Task}/tags/a{Percent(bytes)}b"), Invalid("tags", "NOT_TEXT"));
            yield return new($"{name} in an id", ground.Get($"{Tasks}/1{Percent(bytes)}"), OneOf(400, 404));
            yield return new($"{name} in a parameter's name", ground.Get($"{Tasks}?a{Percent(bytes)}=1"), OneOf(422));
        }
        const string json = """{"title":"a"}""";
        foreach (var (name, encoding) in new (string, Encoding)[]
        {
            ("UTF-16 LE", new UnicodeEncoding(false, false)), ("UTF-16 BE", new UnicodeEncoding(true, false)), ("UTF-32 LE", new UTF32Encoding(false, false)), ("UTF-32 BE", new UTF32Encoding(true, false)),
        })
        {
            yield return new(name, ground.Ask("POST", Tasks, "", encoding.GetBytes(json)), Malformed());
            yield return new($"{name} with a mark", ground.Ask("POST", Tasks, "", encoding.GetBytes("\ufeff" + json)), Malformed());
            yield return new($"{name} that says so", ground.Ask("POST", Tasks, $"Content-Type: application/json; charset={encoding.WebName}\r\n", encoding.GetBytes(json)), Problem(415, "UNSUPPORTED_MEDIA_TYPE"));
        }
        yield return new("a mark of UTF-8", ground.Spend("\ufeff" + json), Taken(201));
        yield return new("two marks of UTF-8", ground.Make("\ufeff\ufeff" + json), Malformed());
        yield return new("half a mark of UTF-8", ground.Ask("POST", Tasks, "", Bytes("\u00ef\u00bb" + json)), Malformed());
        yield return new("a mark and nothing", ground.Make("\ufeff"), Malformed());
        yield return new("a mark within", ground.Make("{\ufeff\"title\":\"a\"}"), Malformed());
        yield return new("UTF-7", ground.Make("+AHsAIg-title+ACIAOgAi-a+ACIAfQ-"), Malformed());
        yield return new("EBCDIC", ground.Ask("POST", Tasks, "", [0xC0, 0x7F, 0xA3, 0x89, 0xA3, 0x93, 0x85, 0x7F, 0x7A, 0x7F, 0x81, 0x7F, 0xD0]), Malformed());
        yield return new("gzip that says nothing", ground.Ask("POST", Tasks, "", [0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3]), Malformed());

        // UTF-8 and JSON are in order; what they stand for is no text that can be kept.
        foreach (var escape in new[]
        {
            @"\u0000", @"a\u0000b", @"\ud800", @"\udbff", @"\udc00", @"\udfff", @"\ud800\ud800", @"\udc00\ud800", @"\ud800x", @"\ud800\u0041", @"\uD83D\\uDE00", @"x\udead", @"\ud83d\ud83d\ude00", @"\ufffe", @"a\uFFFEb",
        })
        {
            yield return new($"{escape} as a title", ground.Make($$"""{"title":"{{escape}}"}"""), Invalid("title", "NOT_TEXT"));
            yield return new($"{escape} as a description", ground.Make($$"""{"title":"a","description":"{{escape}}"}"""), Invalid("description", "NOT_TEXT"));
            yield return new($"{escape} as a tag", ground.Make($$"""{"title":"a","tags":["{{escape}}"]}"""), Invalid("tags", "NOT_TEXT"));
            yield return new($"{escape} as a category's name", ground.Ask("POST", "/api/v1/categories", "", Bytes($$"""{"name":"{{escape}}"}""")), Invalid("name", "NOT_TEXT"));
            yield return new($"{escape} as a person's name", ground.Ask("PATCH", "/api/v1/me", "", Bytes($$"""{"name":"{{escape}}"}""")), Invalid("name", "NOT_TEXT"));
            yield return new($"{escape} as a priority", ground.Make($$"""{"title":"a","priority":"{{escape}}"}"""), Invalid("priority", "NOT_ONE_OF"));
            yield return new($"{escape} as a date", ground.Make($$"""{"title":"a","due_date":"{{escape}}"}"""), Invalid("due_date", "NOT_A_DATE"));
            yield return new($"{escape} as an id", ground.Make($$"""{"title":"a","category_id":"{{escape}}"}"""), Invalid("category_id", "NOT_AN_ID"));
            yield return new($"{escape} as a member's name", ground.Make($$"""{"title":"a","{{escape}}":1}"""), OneOf(400, 422));
        }
        foreach (var text in new[] { "\ufffe", "%00", "%EF%BF%BE" })
        {
            var escaped = text.StartsWith('%') ? text : Escaped(text);
            yield return new($"{Shown(text)} in a search", ground.Get($"{Tasks}?q={escaped}&_={Escaped(Shown(text))}"), Invalid("q", "NOT_TEXT"));
            yield return new($"{Shown(text)} as a filter", ground.Get($"{Tasks}?tag={escaped}&_={Escaped(Shown(text))}"), Invalid("tag", "NOT_TEXT"));
        }
        foreach (var text in new[]
        {
            "\uffff", "\U0001fffe", "\ue000", "\u202egnp.exe", "\u200bzero\u200d", "\ufeffmark", "\u2028\u2029", "\u0001\u001f\u007f", "\u0085", "\U000e0001", "z\u0335a\u0336l\u0337g\u0338o", "\u1100\u1161", "\ufdfa", "👩‍👩‍👧‍👦", "٣", "Ａ", "ﬃ", "İ", "\u0340", "ß",
        })
        {
            yield return new($"{Shown(text)} is text", ground.Ask("POST", Tasks, "", Encoding.UTF8.GetBytes($$"""{"title":"a{{string.Concat(text.Select(unit => $"\\u{(int)unit:x4}"))}}b"}"""), ground.Spender),
                Taken(201, answer => Assert.Equal($"a{text}b".Normalize(), (string)answer.Json["title"]!)));
        }
        // An address is taken apart once: what is escaped twice is the text of its escapes.
        foreach (var (query, expected) in new[] { ("q=%252e", Taken(200)), ("q=%2500", Taken(200)), ("q=%zz", Taken(200)), ("q=a%", Taken(200)), ("q=a%4", Taken(200)), ("q=%u0041", Taken(200)), ("limit=%31", Taken(200)), ("lim%69t=1", Taken(200)), ("limit=%2531", Invalid("limit", "NOT_AN_INTEGER")), ("limit%3D1", OneOf(422)) })
        {
            yield return new($"?{query}", ground.Get($"{Tasks}?{query}"), expected);
        }
    }

    private static string Percent(string bytes) => string.Concat(bytes.Select(value => value < 0x80 ? value.ToString() : $"%{(int)value:X2}"));
}
