using static Quehacer.Server.Tests.Hostile.Expected;
using static Quehacer.Server.Tests.Hostile.Ground;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>Headers (RFC 9110 §5): what they may hold, how many there may be, and what ours mean when they are nonsense.</summary>
internal static class Headers
{
    private const string Title = """{"title":"a"}""";

    public static IEnumerable<HostileCase> Malformed(Ground ground)
    {
        foreach (var line in new[]
        {
            ": nameless", "no colon", ":", "A B: c", "A\u00a0B: c", "A\tB: c", "A: b\r\n folded", "A: b\r\n\tfolded", " A: leads", "\tA: leads", "\u00c3\u00a9: c", "\u00e9: c", "A\0: c", "A: \0", "A: b\0c", "A: b\rc", "A: \r", "A: \u00ff", "A: \u00c3(", "A: \u00ed\u00a0\u0080",
            "A: \u00c0\u0080", "A\r: b", "A\n: b",
        })
        {
            yield return new(Shown(line), ground.Get("/live", $"{line}\r\n"), Bare(400));
        }
        // The web server lets these pass. They are of no header that means anything here, and are neither stored, logged nor answered.
        foreach (var line in new[] { "A(b): c", "A\"b: c", "A,b: c", "A/b: c", "A{b}: c", "A[b]: c", "A@b: c", "A;b: c", "A=b: c", "A?b: c", "A<b>: c", "A\\b: c", "A\u007f: c", "A: \u0001", "A: \u0008b", "A: \u001b[31m", "A: \u007f" })
        {
            yield return new(Shown(line), ground.Get("/live", $"{line}\r\n"), Taken(200));
        }
        yield return new("one header of 20000 bytes", ground.Get("/live", $"A: {new string('a', 20_000)}\r\n"), Bare(431));
        yield return new("one name of 20000 bytes", ground.Get("/live", $"{new string('a', 20_000)}: a\r\n"), Bare(431));
        yield return new("65 headers", ground.Get("/live", string.Concat(Enumerable.Range(0, 65).Select(number => $"A{number}: a\r\n"))), Bare(431));
        yield return new("1000 equal headers", ground.Get("/live", string.Concat(Enumerable.Repeat("A: a\r\n", 1000))), Bare(431));
        yield return new("60 headers", ground.Get("/live", string.Concat(Enumerable.Range(0, 60).Select(number => $"A{number}: a\r\n"))), Taken(200));
        yield return new("UTF-8 in a header", ground.Get("/live", "A: \u00c3\u00a9\r\n"), Taken(200));
        yield return new("an empty value", ground.Get("/live", "A:\r\n"), Taken(200));
    }

    public static IEnumerable<HostileCase> Repeated(Ground ground)
    {
        yield return new("two tokens", ground.Ask("GET", ground.Task, $"Authorization: Bearer {ground.Token}\r\nAuthorization: Bearer {ground.Token}\r\n"), Problem(401, "TOKEN_INVALID"));
        yield return new("two tokens of two people", ground.Ask("GET", ground.Task, $"Authorization: Bearer {ground.Token}\r\nAuthorization: Bearer {ground.StrangersToken}\r\n"), Problem(401, "TOKEN_INVALID"));
        yield return new("a token and an empty one", ground.Ask("GET", ground.Task, $"Authorization: Bearer {ground.Token}\r\nAuthorization:\r\n"), Problem(401, "TOKEN_INVALID"));
        yield return new("an empty token and one", ground.Ask("GET", ground.Task, $"Authorization:\r\nAuthorization: Bearer {ground.Token}\r\n"), OneOf(401));
        yield return new("two keys", ground.Make(Title, "Idempotency-Key: a\r\nIdempotency-Key: b\r\n"), Problem(400, "IDEMPOTENCY_KEY_INVALID"));
        yield return new("the same key twice", ground.Make(Title, "Idempotency-Key: a\r\nIdempotency-Key: a\r\n"), Problem(400, "IDEMPOTENCY_KEY_INVALID"));
        yield return new("a key and an empty one", ground.Make(Title, "Idempotency-Key: a\r\nIdempotency-Key:\r\n"), Problem(400, "IDEMPOTENCY_KEY_INVALID"));
        yield return new("two types", ground.Make(Title, "Content-Type: application/json\r\nContent-Type: application/json\r\n"), OneOf(400, 415));
        yield return new("two other types", ground.Make(Title, "Content-Type: application/json\r\nContent-Type: text/plain\r\n"), OneOf(400, 415));
        yield return new("two encodings", ground.Make(Title, "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"), Problem(415, "UNSUPPORTED_MEDIA_TYPE"));
        yield return new("two conditions that fail", ground.Ask("PATCH", ground.Task, "If-Match: \"a\"\r\nIf-Match: \"b\"\r\n", Bytes("""{"title":"b"}""")), Problem(412, "PRECONDITION_FAILED"));
        yield return new("two conditions of which one is malformed", ground.Ask("PATCH", ground.Task, $"If-Match: {ground.TaskETag}\r\nIf-Match: b\"\r\n", Bytes("""{"title":"b"}""")), Problem(400, "BAD_REQUEST"));
        yield return new("two request ids", ground.Get("/nope", "X-Request-Id: a\r\nX-Request-Id: b\r\n"), NotFound().With(answer => Assert.StartsWith("req_", answer.Header("X-Request-Id"))));
        yield return new("two Accepts", ground.Get(ground.Task, "Accept: text/html\r\nAccept: application/json\r\n"), Taken(200));
    }

    public static IEnumerable<HostileCase> Odd(Ground ground)
    {
        // An id of somebody else's making goes into headers and logs: only what is harmless there is kept.
        foreach (var id in new[]
        {
            "a%0d%0aSet-Cookie: x=1", "a b", "a;b", "<script>alert(1)</script>", "{\"level\":\"error\"}", "\"", "../../etc/passwd", "a\tb", "\u00c3\u00b1", "${jndi:ldap://evil.example/a}", "a,b", "' OR 1=1--", "%s%n", "\\u000a", "a:b", new string('x', 129),
            new string('x', 8000),
        })
        {
            yield return new($"X-Request-Id: {Shown(id)}", ground.Get("/nope", $"X-Request-Id: {id}\r\n"), NotFound().With(answer => Assert.Matches("^req_[0-9a-z]{26}$", answer.Header("X-Request-Id"))));
        }
        // Names of hosts and paths that a proxy may have been talked into: without a proxy that is trusted they say nothing.
        foreach (var line in new[]
        {
            "X-Forwarded-Host: evil.example", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https", "Forwarded: host=evil.example;proto=https", "X-Forwarded-Prefix: /evil.example", "X-Original-URL: /evil.example",
            "X-Rewrite-URL: /evil.example", "X-Host: evil.example", "X-Forwarded-Server: evil.example", "X-Original-Host: evil.example", "Referer: http://evil.example/", "Origin: http://evil.example", "Proxy: http://evil.example",
        })
        {
            yield return new(line, ground.Get($"{Tasks}?limit=1", $"{line}\r\n"), Taken(200, answer => Assert.DoesNotContain("evil.example", answer.Header("Link") + answer.Body)));
            yield return new($"{line}, refused", ground.Get("/nope", $"{line}\r\n"), NotFound().With(answer => Assert.DoesNotContain("evil.example", answer.Body)));
        }
        foreach (var line in new[] { "X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE", "X-HTTP-Method: DELETE", "_method: DELETE" })
        {
            yield return new(line, ground.Get(ground.Task, $"{line}\r\n"), Taken(200));
        }
        foreach (var tag in new[] { "\"", "abc", "\"a", "a\"", "\"a\"b\"", "W/", "W/a", "\"a\" \"b\"", "'a'", "\"a\";q=1", "**", ",", "\"a\", b", "\"\"\"", new string('x', 4000), "W/W/\"a\"", "\"a b\" c" })
        {
            yield return new($"If-Match: {Shown(tag)}", ground.Ask("PATCH", ground.Task, $"If-Match: {tag}\r\n", Bytes("""{"title":"b"}""")), Problem(400, "BAD_REQUEST"));
        }
        var version = ground.TaskETag.Trim('"').Split('.');
        foreach (var tag in new[]
        {
            "\"a\"", "\"\"", "W/\"a\"", "w/\"a\"", $"W/{ground.TaskETag}", ground.TaskETag.ToUpperInvariant(), $"\"{version[0]}.{version[1]}.2.{version[3]}\"", $"\"{version[0]}.{version[1]}.-1.{version[3]}\"", $"\"{version[0]}.{version[1]}.99999999999.{version[3]}\"",
            $"\"{version[0]}.x.{version[2]}.{version[3]}\"", $"\"{version[0]}.{version[1]}.{version[2]}\"", $"\"{version[0]}.{version[1]}.{version[2]}.{version[3]}.1\"", "\"...\"", $"\"{version[0]}.{version[1]}.+{version[2]}.{version[3]}\"",
            string.Join(", ", Enumerable.Range(0, 1000).Select(number => $"\"{number}\"")),
        })
        {
            yield return new($"If-Match that fails: {Shown(tag)}", ground.Ask("DELETE", ground.Task, $"If-Match: {tag}\r\n"), Problem(412, "PRECONDITION_FAILED").With(answer => Assert.Equal(ground.TaskETag, answer.Header("ETag"))));
        }
        foreach (var key in new[] { "\"\"", "\"", "\"a", "a\"", "\"a\"b", "\"a\\b\"", "a b", "a,b", "a;b", "\"a\";p=1", "\u00c3\u00b1", "\"\u00c3\u00b1\"", "a\tb", new string('k', 256), new string('k', 6000), "\"a\", \"b\"", "", "  " })
        {
            yield return new($"Idempotency-Key: {Shown(key)}", ground.Make(Title, $"Idempotency-Key: {key}\r\n"), Problem(400, "IDEMPOTENCY_KEY_INVALID"));
        }
        // What cannot be read of a wish is no wish (RFC 9110 §12.5): it is answered as if nothing had been said.
        foreach (var wish in new[] { "nonsense;;", ";q=9", "q=", ",,,", "en;q=x", "*;q=2", new string('x', 4000), "en-" + new string('a', 100), "\u00c3\u00b1", "es;q=0.5;q=1", "../../es", "en_US", "1", string.Join(',', Enumerable.Repeat("fr", 1500)) })
        {
            yield return new($"Accept-Language: {Shown(wish)}", ground.Get("/nope", $"Accept-Language: {wish}\r\n"), NotFound());
        }
        foreach (var wish in new[] { ";;;", "nonsense", "/", "*/json", "application", "application/json;q=x", "application/json;q=2", "application/json;q=-1", "a/b/c", "\"", ",", "application/json;", "text/html;q=\u00c3\u00b1", string.Join(',', Enumerable.Repeat("a/b;q=0.1", 700)) })
        {
            yield return new($"Accept: {Shown(wish)}", ground.Get(ground.Task, $"Accept: {wish}\r\n"), OneOf(200, 406));
        }
        foreach (var date in new[] { "yesterday", "Sat, 31 Feb 2026 00:00:00 GMT", "2026-01-01T00:00:00Z", "0", "-1", "99999999999999999999", "Thu, 01 Jan 99999 00:00:00 GMT", "Thursday, 01-Jan-70 00:00:00 GMT", "", "Thu, 01 Jan 1970 00:00:00 +0100" })
        {
            yield return new($"If-Modified-Since: {Shown(date)}", ground.Get(ground.Task, $"If-Modified-Since: {date}\r\n"), Taken(200));
        }
        foreach (var line in new[]
        {
            "Range: bytes=0-0", "Range: bytes=-1,-1", "Range: nonsense", "Range: bytes=99999999999999999999-", "If-Range: \"a\"", "TE: trailers", "Max-Forwards: -1", "Cookie: a=b; =; \u00c3\u00b1", "User-Agent: \u00c3\u00b1<script>", "From: a", "Via: 1.1 a",
            "Cache-Control: no-cache, only-if-cached", "Pragma: x", "Content-Length: 0", "Content-Type: nonsense", "Content-Encoding: nonsense", "Accept-Encoding: nonsense;q=x", "Accept-Charset: utf-7", "DNT: 2", "Sec-Fetch-Site: cross-site", "Date: never",
            "Content-MD5: x", "Digest: x", "Trailer: Authorization", "Warning: 999", "Early-Data: 1", "Priority: u=9", "Upgrade-Insecure-Requests: 1", "traceparent: 00-0-0-0", "traceparent: 00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-zz", "baggage: =,;",
        })
        {
            yield return new(line, ground.Get(ground.Task, $"{line}\r\n"), Taken(200));
        }
    }

    public static IEnumerable<HostileCase> MediaTypes(Ground ground)
    {
        foreach (var type in new[]
        {
            "", "json", "application", "application/", "/json", "application json", "application\\json", "application/json/x", "application/json, text/plain", "application/jsonp", "application/json5", "application/json-patch+json", "application/merge-patch+json",
            "application/problem+json", "application/vnd.api+json", "application/ld+json", "text/json", "text/plain", "text/html", "text/xml", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/mixed",
            "application/octet-stream", "application/x-ndjson", "application/cbor", "application/yaml", "*/*", "application/*", "*", "image/png", "application/json; charset=utf-16", "application/json; charset=utf-7", "application/json; charset=utf-32", "application/json; charset=iso-8859-1",
            "application/json; charset=windows-1252", "application/json; charset=us-ascii", "application/json; charset=nonsense", "application/json; charset=''", "application/json; charset=utf-8x", "application/json charset=utf-8", "nonsense", "\"application/json\"",
            "application/json\u00c3\u00b1", "application/" + new string('x', 8000), "application/json; charset=utf-16; charset=utf-8",
        })
        {
            yield return new($"Content-Type: {Shown(type)}", ground.Make(Title, $"Content-Type: {type}\r\n"), Problem(415, "UNSUPPORTED_MEDIA_TYPE"));
        }
        foreach (var type in new[] { "application/json;charset=UTF-8", "APPLICATION/JSON", "application/json; charset=\"utf-8\"", "application/json ; charset=utf-8", "application/json; odata=verbose", "application/json;" })
        {
            yield return new($"Content-Type: {type}", ground.Spend(Title, $"Content-Type: {type}\r\n"), Taken(201));
        }
        foreach (var encoding in new[] { "gzip", "br", "deflate", "compress", "zstd", "x-gzip", "identity, gzip", "gzip, identity", "gzip, gzip, gzip", "nonsense", "*", "", "identity;q=1", "aes128gcm" })
        {
            yield return new($"Content-Encoding: {encoding}", ground.Make(Title, $"Content-Encoding: {encoding}\r\n"), Problem(415, "UNSUPPORTED_MEDIA_TYPE"));
        }
        foreach (var encoding in new[] { "identity", "IDENTITY" })
        {
            yield return new($"Content-Encoding: {encoding}", ground.Spend(Title, $"Content-Encoding: {encoding}\r\n"), Taken(201));
        }
    }
}
