using System.Text;
using static Quehacer.Server.Tests.Hostile.Expected;
using static Quehacer.Server.Tests.Hostile.Ground;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>Much of something: long, deep, wide. An answer to it is never much longer than what it answers.</summary>
internal static class Sizes
{
    private const int MaxBody = 1024 * 1024;

    public static IEnumerable<HostileCase> All(Ground ground)
    {
        HostileCase Refused(string name, string json, Expected expected) =>
            new(name, ground.Make(json), expected);

        yield return new("a body of 1 MiB", ground.Spend("""{"title":"a"}""" + new string(' ', MaxBody - 13)), Taken(201));
        yield return new("a body of 1 MiB and a byte", ground.Make("""{"title":"a"}""" + new string(' ', MaxBody - 12)), Problem(413, "PAYLOAD_TOO_LARGE"));
        foreach (var (size, count) in new[] { (0x10000, 17), (0x200000, 1), (0x400, 1025) })
        {
            var chunks = string.Concat(Enumerable.Repeat($"{size:x}\r\n{new string(' ', size)}\r\n", count)) + "0\r\n\r\n";
            yield return new($"{count} chunks of {size} bytes", [.. ground.Ask("POST", Tasks, "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"), .. Bytes(chunks)], Problem(413, "PAYLOAD_TOO_LARGE"));
        }
        foreach (var depth in new[] { 33, 64, 65, 1000, 100_000, 500_000 })
        {
            yield return Refused($"{depth} arrays deep", $$"""{"title":{{new string('[', depth - 1)}}{{new string(']', depth - 1)}}}""", Malformed());
            yield return Refused($"{depth} arrays deep at the root", $"{new string('[', depth)}{new string(']', depth)}", Malformed());
            yield return Refused($"{depth} arrays that never end", new string('[', depth), Malformed());
        }
        foreach (var depth in new[] { 33, 1000, 100_000 })
        {
            yield return Refused($"{depth} objects deep", string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth), Malformed());
        }
        yield return Refused("32 arrays deep", $$"""{"title":{{new string('[', 31)}}{{new string(']', 31)}}}""", Invalid("title", "NOT_A_STRING"));
        foreach (var count in new[] { 200, 100_000 })
        {
            var members = string.Join(',', Enumerable.Range(0, count).Select(number => $"\"{number}\":1"));
            yield return Refused($"{count} unknown members", $"{{{members}}}", Invalid("0", "UNKNOWN"));
            yield return Refused($"{count} members of a wrong value", "{\"title\":{" + members + "}}", Invalid("title", "NOT_A_STRING"));
            yield return Refused($"{count} tags", $$"""{"title":"a","tags":[{{string.Join(',', Enumerable.Range(0, count).Select(number => $"\"{number}\""))}}]}""", Invalid("tags", "TOO_MANY"));
            yield return Refused($"{count} tags that are arrays", $$"""{"title":"a","tags":[{{string.Join(',', Enumerable.Repeat("[]", count))}}]}""", Invalid("tags"));
        }
        foreach (var length in new[] { 256, 10_001, 1_000_000 })
        {
            var text = new string('x', length);
            yield return Refused($"a title of {length}", $$"""{"title":"{{text}}"}""", Invalid("title", "TOO_LONG"));
            yield return Refused($"a member's name of {length}", $$"""{"title":"a","{{text}}":1}""", OneOf(422));
            yield return Refused($"a priority of {length}", $$"""{"title":"a","priority":"{{text}}"}""", Invalid("priority", "NOT_ONE_OF"));
            yield return Refused($"a date of {length}", $$"""{"title":"a","due_date":"{{text}}"}""", Invalid("due_date", "NOT_A_DATE"));
            yield return Refused($"a category of {length}", $$"""{"title":"a","category_id":"{{text}}"}""", Invalid("category_id", "NOT_AN_ID"));
            yield return Refused($"a tag of {length}", $$"""{"title":"a","tags":["{{text}}"]}""", Invalid("tags[0]", "TOO_LONG"));
            yield return Refused($"a string of {length} that never ends", $$"""{"title":"{{text}}""", Malformed());
            yield return new($"a version of {length} digits", ground.Ask("PATCH", ground.Task, "", Bytes($$"""{"version":{{new string('9', length)}}}""")), Invalid("version", "NOT_AN_INTEGER"));
        }
        yield return Refused("a description of a million", $$"""{"title":"a","description":"{{new string('x', 1_000_000)}}"}""", Invalid("description", "TOO_LONG"));
        yield return Refused("a title of 300000 escapes", $$"""{"title":"{{string.Concat(Enumerable.Repeat("\\u00e9", 150_000))}}"}""", Invalid("title", "TOO_LONG"));
        yield return new("a title of 100000 accents on one letter", ground.Make($$"""{"title":"a{{string.Concat(Enumerable.Repeat("\u0301", 100_000))}}"}"""), Invalid("title", "TOO_LONG"));
        yield return Refused("only spaces", new string(' ', MaxBody), Malformed());
        yield return Refused("only zeros", new string('\0', 100_000), Malformed());

        yield return new("an e-mail of 100000", ground.Ask("POST", "/api/v1/auth/register", "", Bytes($$"""{"email":"{{new string('a', 100_000)}}@example.com","name":"a","password":"long enough to remember"}""")), Invalid("email", "TOO_LONG"));
        yield return new("a name of 100000", ground.Ask("POST", "/api/v1/auth/register", "", Bytes($$"""{"email":"a@example.com","name":"{{new string('a', 100_000)}}","password":"long enough to remember"}""")), Invalid("name", "TOO_LONG"));
        yield return new("a password of 1000000", ground.Ask("POST", "/api/v1/auth/register", "", Bytes($$"""{"email":"a@example.com","name":"a","password":"{{new string('a', 1_000_000)}}"}""")), Invalid("password", "TOO_LONG"));
        yield return new("a password of 1000000 at login", ground.Ask("POST", "/api/v1/auth/login", "", Bytes($$"""{"email":"{{ground.Email}}","password":"{{new string('a', 1_000_000)}}"}""")), Problem(401, "INVALID_CREDENTIALS"));
        yield return new("an e-mail of 1000000 at login", ground.Ask("POST", "/api/v1/auth/login", "", Bytes($$"""{"email":"{{new string('a', 1_000_000)}}","password":"a"}""")), Problem(401, "INVALID_CREDENTIALS"));
        yield return new("a refresh token of 1000000", ground.Ask("POST", "/api/v1/auth/refresh", "", Bytes($$"""{"refresh_token":"{{new string('a', 1_000_000)}}"}""")), Problem(401, "TOKEN_INVALID"));
        yield return new("a category's name of 100000", ground.Ask("POST", "/api/v1/categories", "", Bytes($$"""{"name":"{{new string('a', 100_000)}}"}""")), Invalid("name", "TOO_LONG"));
        yield return new("a colour of 100000", ground.Ask("POST", "/api/v1/categories", "", Bytes($$"""{"name":"a","color":"#{{new string('a', 100_000)}}"}""")), Invalid("color", "NOT_A_COLOR"));

        foreach (var (name, query, expected) in new[]
        {
            ("a search of 201", $"q={new string('a', 201)}", Invalid("q", "TOO_LONG")),
            ("a search of 7000", $"q={new string('a', 7000)}", Invalid("q", "TOO_LONG")),
            ("a search of 17 words", $"q={string.Join('+', Enumerable.Range(10, 17))}", Invalid("q", "TOO_MANY")),
            ("a cursor of 7000", $"cursor={new string('a', 7000)}", Invalid("cursor", "INVALID_CURSOR")),
            ("2000 parameters", string.Join('&', Enumerable.Range(0, 1000).Select(number => $"p{number}=1")), OneOf(422)),
            ("a parameter 1500 times", string.Join('&', Enumerable.Repeat("q=a", 1500)), Invalid("q", "REPEATED")),
            ("3000 tags", "tag=" + string.Join(',', Enumerable.Repeat("a", 3000)), Invalid("tag", "TOO_MANY")),
            ("1000 priorities", "priority=" + string.Join(',', Enumerable.Repeat("x", 1000)), Invalid("priority", "NOT_ONE_OF")),
            ("1000 unknown fields", "fields=" + string.Join(',', Enumerable.Range(0, 1000)), Invalid("fields", "UNKNOWN")),
            ("a parameter's name of 7000", $"{new string('a', 7000)}=1", OneOf(422)),
            ("a page of 7000 digits", $"page={new string('1', 7000)}", Invalid("page", "OUT_OF_RANGE")),
            ("only ampersands", new string('&', 7000), Taken(200)),
        })
        {
            yield return new(name, ground.Get($"{Tasks}?{query}"), expected);
        }
        yield return new("an id of 7000", ground.Get($"{Tasks}/{new string('1', 7000)}"), NotFound());
        yield return new("a path of 3000 segments", ground.Get("/api/v1/" + string.Concat(Enumerable.Repeat("a/", 3000))), NotFound());
        yield return new("a tag's name of 7000", ground.Ask("PUT", $"{ground.Task}/tags/{new string('a', 7000)}"), Invalid("tags[0]", "TOO_LONG"));
        yield return new("a token of 14000", ground.Ask("GET", ground.Task, $"Authorization: Bearer {new string('a', 14_000)}\r\n"), Problem(401, "TOKEN_INVALID"));
        yield return new("an Accept of 14000", ground.Get(ground.Task, $"Accept: {string.Join(',', Enumerable.Repeat("*/*", 3500))}\r\n"), OneOf(200));
    }
}
