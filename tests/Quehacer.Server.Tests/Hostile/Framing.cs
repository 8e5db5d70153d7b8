using static Quehacer.Server.Tests.Hostile.Expected;
using static Quehacer.Server.Tests.Hostile.Ground;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>Where a request begins and ends (RFC 9112). What two servers in a row understand differently is how requests are smuggled.</summary>
internal static class Framing
{
    /// <summary>20 bytes that would be a task.</summary>
    private const string Body = """{"title":"smuggled"}""";

    /// <summary>A second request, to be answered only where it is one.</summary>
    private const string Hidden = "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    public static IEnumerable<HostileCase> Bodies(Ground ground)
    {
        string Head(string framing, string token) =>
            $"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nConnection: close\r\n{framing}\r\n\r\n";
        HostileCase Refused(string framing, string body, Expected expected, bool endsEarly = false) =>
            new($"{Shown(framing)} {Shown(body)}", Bytes(Head(framing, ground.Token) + body), expected, endsEarly);
        HostileCase Harmless(string framing, string body) =>
            new($"{Shown(framing)} {Shown(body)}", Bytes(Head(framing, ground.Spender) + body), Taken(201));
        string Chunked(string size) => $"{size}\r\n{Body}\r\n0\r\n\r\n";

        foreach (var length in new[]
        {
            "20, 20", "20,21", "20 20", "-1", "-20", "2 0", "0x14", "20.0", "2e1", "twenty", "20;", "\"20\"", "20\t1", "\u00b2\u00b0", "\u00d9\u00a2\u00d9\u00a0",
            "99999999999999999999", "9223372036854775808", "-9223372036854775808", "20\0", "NaN", "''", "20\u00a0",
        })
        {
            yield return Refused($"Content-Length: {length}", Body, Bare(400));
        }
        yield return Refused("Content-Length:", Body, Bare(400));
        yield return Refused("Content-Length: 20\r\nContent-Length: 20", Body, Bare(400));
        yield return Refused("Content-Length: 20\r\nContent-Length: 21", Body, Bare(400));
        yield return Refused("Content-Length: 21\r\ncontent-length: 20", Body, Bare(400));
        yield return Refused("Content-Length: 20\r\nContent-Length:", Body, Bare(400));
        yield return Refused("Content-Length : 20", Body, Bare(400));
        yield return Refused("Content-Length\t: 20", Body, Bare(400));
        yield return Refused("Content-Length: 1048577", Body, Problem(413, "PAYLOAD_TOO_LARGE"));
        yield return Refused("Content-Length: 4294967316", Body, Problem(413, "PAYLOAD_TOO_LARGE"));
        yield return Refused("Content-Length: 9223372036854775807", Body, Problem(413, "PAYLOAD_TOO_LARGE"));
        yield return Refused("Content-Length: 19", Body, Malformed());
        yield return Refused("Content-Length: 0", Body, Malformed());
        yield return Refused("X-Nothing: 1", Body, Malformed());
        yield return Refused("Content_Length: 20", Body, Malformed());
        yield return Refused("Content-Length: 21", Body, BareOrSilence(400), endsEarly: true);
        yield return Refused("Content-Length: 1048576", Body, BareOrSilence(400), endsEarly: true);
        yield return Harmless("Content-Length: 020", Body);
        yield return Harmless("Content-Length:20", Body);
        // The web server reads a sign as well, and nobody behind it sees that there was one (docs/http.md says so).
        yield return Harmless("Content-Length: +20", Body);
        yield return Harmless("Content-Length: \t 20 \t ", Body);

        foreach (var coding in new[] { "identity", "gzip", "chunked, identity", "chunked, gzip", "xchunked", "chunkedx", "chunked;q=1", "chunked foo", "\u000bchunked", "chunked\u000b", "", "\"chunked\"", "chunke", "cow", "\u017fhunked", "[chunked]" })
        {
            yield return Refused($"Transfer-Encoding: {coding}", Chunked("14"), OneOfBareOrProblem());
        }
        foreach (var coding in new[] { "gzip, chunked", "deflate, chunked", "identity, chunked", "chunked, chunked", "cow, chunked" })
        {
            yield return Refused($"Transfer-Encoding: {coding}", Chunked("14"), Problem(400, "BAD_REQUEST"));
        }
        yield return Refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", Chunked("14"), OneOfBareOrProblem());
        yield return Refused("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", Chunked("14"), Problem(400, "BAD_REQUEST"));
        yield return Refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", Chunked("14"), Problem(400, "BAD_REQUEST"));
        yield return Refused("Transfer-Encoding : chunked", Chunked("14"), Bare(400));
        yield return Refused("Transfer-Encoding:\r\n chunked", Chunked("14"), Bare(400));
        yield return Refused("Transfer_Encoding: chunked", Chunked("14"), Malformed());
        yield return Refused("Transfer-Encoding: chunked\r\nContent-Length: 20", Chunked("14"), Problem(400, "BAD_REQUEST"));
        yield return Refused("Content-Length: 4\r\nTransfer-Encoding: chunked", Chunked("14"), Problem(400, "BAD_REQUEST"));
        yield return Harmless("Transfer-Encoding: Chunked", Chunked("14"));
        yield return Harmless("Transfer-Encoding:  chunked ", Chunked("14"));

        foreach (var size in new[]
        {
            "", "G", "-1", "-14", "+14", "0x14", "14h", " 14", "1 4", "14,14", "20.0", "\u00b2", "14\0", "\t14", "FFFFFFFF", "FFFFFFFFFFFFFFFF", "10000000000000000", "7FFFFFFFFFFFFFFF",
            "100000014", "x14", "14\n", "14\r", "14\u000b",
        })
        {
            yield return Refused("Transfer-Encoding: chunked", Chunked(size), OneOf(400, 413));
        }
        foreach (var body in new[]
        {
            $"13\r\n{Body}\r\n0\r\n\r\n", $"15\r\n{Body}\r\n0\r\n\r\n", $"14\r\n{Body}0\r\n\r\n", $"14\n{Body}\n0\n\n", $"14\r\n{Body}\n0\r\n\r\n", $"14\r\n{Body}\r0\r\n\r\n",
            $"14;\n{Body}\r\n0\r\n\r\n", $"14;a\nb\r\n{Body}\r\n0\r\n\r\n", $"14;a\rb\r\n{Body}\r\n0\r\n\r\n", $"14;\rxx\r\n{Body}\r\n0\r\n\r\n", $"14;a=\"\n\"\r\n{Body}\r\n0\r\n\r\n",
            $"{Body}", $"\r\n\r\n{Body}",
        })
        {
            yield return Refused("Transfer-Encoding: chunked", body, OneOf(400, 413));
        }
        foreach (var body in new[] { $"14\r\n{Body}\r\n", $"14\r\n{Body}", $"14\r\n{Body}\r\n0\r\n", "14\r\n", "14", "", $"14\r\n{Body}\r\n0" })
        {
            yield return Refused("Transfer-Encoding: chunked", body, BareOrSilence(400), endsEarly: true);
        }
        foreach (var body in new[]
        {
            $"14\r\n{Body}\r\n0\r\nno colon\r\n\r\n", $"14\r\n{Body}\r\n0\r\n: nameless\r\n\r\n", $"14\r\n{Body}\r\n0\r\nA: \0\r\n\r\n", $"14\r\n{Body}\r\n0\r\nA : b\r\n\r\n",
            $"14\r\n{Body}\r\n0\r\nA: {new string('x', 20_000)}\r\n\r\n",
        })
        {
            yield return Refused("Transfer-Encoding: chunked", body, OneOf(400, 413, 431));
        }
        yield return Harmless("Transfer-Encoding: chunked", Chunked("14;name=value"));
        yield return Harmless("Transfer-Encoding: chunked", Chunked("14;a=\"b;c\""));
        yield return Harmless("Transfer-Encoding: chunked", Chunked("00000014"));
        yield return Harmless("Transfer-Encoding: chunked", $"14\r\n{Body}\r\n000\r\n\r\n");
        yield return Harmless("Transfer-Encoding: chunked", $"14\r\n{Body}\r\n0\r\nAuthorization: Bearer x\r\nContent-Length: 5\r\nX-Request-Id: trailer\r\n\r\n");
        yield return Harmless("Transfer-Encoding: chunked", string.Concat(Body.Select(letter => $"1\r\n{letter}\r\n")) + "0\r\n\r\n");
        yield return Harmless("Transfer-Encoding: chunked", string.Concat(Enumerable.Repeat("1;ext\r\n \r\n", 3000)) + Chunked("14"));
    }

    public static IEnumerable<HostileCase> Lines(Ground ground)
    {
        foreach (var line in new[]
        {
            "GET /live", "GET", "GET ", "GET  /live HTTP/1.1", "GET /live HTTP/1.1 ", " GET /live HTTP/1.1", "\tGET /live HTTP/1.1", "GET\t/live\tHTTP/1.1", "GET /li ve HTTP/1.1",
            "GET /live http/1.1", "GET /live HTTP/", "GET /live HTTP", "GET /live HTTP/1", "GET /live HTTP/1.", "GET /live HTTP/1.1.1", "GET /live HTTP/01.1", "GET /live HTTP/1,1", "GET /live HTTP /1.1",
            "GET /live HTTPS/1.1", "GET /live ICY/1.1", "GET /live HTTP/-1.1", "/live HTTP/1.1", "HTTP/1.1 GET /live", "GET live HTTP/1.1", "GET ?x HTTP/1.1", "GET #x HTTP/1.1",
            "GET /\0 HTTP/1.1", "GET /live?\0 HTTP/1.1", "GET /\u00e9 HTTP/1.1", "GET /\u00c3\u00a9 HTTP/1.1", "GE(T /live HTTP/1.1", "GE\0T /live HTTP/1.1", "GE\"T /live HTTP/1.1",
            "G\u00c9T /live HTTP/1.1", "G:T /live HTTP/1.1", "{} /live HTTP/1.1", "GET http: HTTP/1.1", "GET http:// HTTP/1.1", "GET http:///live HTTP/1.1", "GET javascript:alert(1) HTTP/1.1",
            "GET http://localhost:99999/live HTTP/1.1", "GET localhost:80 HTTP/1.1", "GET \\live HTTP/1.1", "GET http://[::1/live HTTP/1.1",
            "POST * HTTP/1.1", "GET * HTTP/1.1", "GET ** HTTP/1.1",
        })
        {
            yield return new(Shown(line), Bytes($"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Bare(400, 405, 505));
        }
        foreach (var version in new[] { "HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/2", "HTTP/3", "HTTP/9.9", "HTTP/1.10", "HTTP/11" })
        {
            yield return new($"version {version}", Bytes($"GET /live {version}\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Bare(400, 505));
        }
        foreach (var host in new[] { "a b", "a/b", "a?b", "user@localhost", "localhost:x", "[::1", "::1", "a,b", "\u00e9", "localhost#", "http://localhost", "a\0b", "local host", "<script>", "localhost:80:80", "a\"b", "[::1]x", "\\" })
        {
            yield return new($"Host {Shown(host)}", Bytes($"GET /live HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Bare(400));
        }
        yield return new("no Host", Bytes("GET /live HTTP/1.1\r\nConnection: close\r\n\r\n"), Bare(400));
        yield return new("two Hosts", Bytes("GET /live HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Bare(400));
        yield return new("two other Hosts", Bytes("GET /live HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), Bare(400));
        yield return new("folded Host", Bytes("GET /live HTTP/1.1\r\nHost: local\r\n host\r\nConnection: close\r\n\r\n"), Bare(400));
        yield return new("absolute form of another host", Bytes("GET http://evil.example/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Bare(400));
        yield return new("absolute form with user", Bytes("GET http://a:b@localhost/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Taken(200));
        yield return new("absolute form", Bytes("GET http://localhost/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Taken(200));
        yield return new("a line before the request", Bytes("\r\nGET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Taken(200));
        yield return new("HTTP/1.0 without Host", Bytes("GET /live HTTP/1.0\r\n\r\n"), Taken(200));
        yield return new("HTTP/1.0 with a chunked body", Bytes($"POST /api/v1/tasks HTTP/1.0\r\nAuthorization: Bearer {ground.Token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n{Body}\r\n0\r\n\r\n"), Problem(400, "BAD_REQUEST"));
        yield return new("bare line feeds", Bytes("GET /live HTTP/1.1\nHost: localhost\nConnection: close\n\n"), Bare(400));
        yield return new("bare line feed after a header", Bytes("GET /live HTTP/1.1\r\nHost: localhost\nConnection: close\r\n\r\n"), Bare(400));
        yield return new("bare carriage returns", Bytes("GET /live HTTP/1.1\rHost: localhost\rConnection: close\r\r\n\r\n"), Bare(400));
        yield return new("a method of 10000 letters", Bytes($"{new string('A', 10_000)} /live HTTP/1.1\r\nHost: localhost\r\n\r\n"), Bare(400, 414));
        yield return new("a target of 9000 letters", Bytes($"GET /{new string('a', 9_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n"), Bare(414));
        yield return new("a query of 9000 letters", Bytes($"GET /live?{new string('a', 9_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n"), Bare(414));
        yield return new("a line without an end", Bytes(new string('a', 100_000)), Bare(400, 414));
        foreach (var method in new[] { "TRACE", "BREW", "PROPFIND", "MOVE", "DEBUG", "TRACK", "LINK", "PURGE", "PRI", "M-SEARCH", "Q", "GETS", "POSTX", "SELECT" })
        {
            yield return new($"{method} of a list", ground.Ask(method, Tasks), Problem(405, "METHOD_NOT_ALLOWED"));
            yield return new($"{method} of nothing", ground.Ask(method, "/nope"), NotFound());
        }
        yield return new("CONNECT", Bytes("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\nConnection: close\r\n\r\n"), Problem(405, "METHOD_NOT_ALLOWED"));
        yield return new("OPTIONS *", Bytes("OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Problem(405, "METHOD_NOT_ALLOWED"));
        yield return new("CONNECT of a path", Bytes("CONNECT /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Problem(405, "METHOD_NOT_ALLOWED"));
        yield return new("a control character in a path", Bytes("GET /live\u0001 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), NotFound());
        yield return new("two spaces before the version", Bytes("GET /live  HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), Taken(200));
    }

    public static IEnumerable<HostileCase> OtherProtocols(Ground ground)
    {
        byte[] hello =
        [
            0x16, 0x03, 0x01, 0x00, 0x2f, 0x01, 0x00, 0x00, 0x2b, 0x03, 0x03, .. Enumerable.Range(0, 32).Select(value => (byte)value), 0x00, 0x00, 0x02, 0x13, 0x01, 0x01, 0x00, 0x00, 0x00,
        ];
        yield return new("a TLS hello", hello, BareOrSilence(400), EndsEarly: true);
        yield return new("a TLS hello with line ends", [.. hello, .. "\r\n\r\n"u8], Bare(400));
        yield return new("the preface of HTTP/2", Bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"), BareOrSilence(400, 505));
        yield return new("zeros", [.. new byte[512], .. "\r\n\r\n"u8], Bare(400));
        yield return new("all bytes", [.. Enumerable.Range(0, 256).Select(value => (byte)value), .. "\r\n\r\n"u8], Bare(400));
        yield return new("0xFF", [.. Enumerable.Repeat((byte)0xFF, 300), .. "\r\n\r\n"u8], Bare(400));
        foreach (var greeting in new[] { "SSH-2.0-OpenSSH_9.2", "EHLO evil.example", "*1\r\n$4\r\nPING", "USER anonymous", "{\"jsonrpc\":\"2.0\"}", "<policy-file-request/>\0", "stats", "INVITE sip:a@b SIP/2.0", "GET / RTSP/1.0", "help", "HELP", "\u0003\0\0\u0013\u000e", "quit" })
        {
            yield return new($"another protocol: {Shown(greeting)}", Bytes($"{greeting}\r\n\r\n"), Bare(400, 505));
        }
        yield return new("nothing", [], BareOrSilence(400), EndsEarly: true);
        yield return new("line ends", Bytes("\r\n\r\n\r\n"), BareOrSilence(400), EndsEarly: true);
        yield return new("half a line", Bytes("GET /li"), BareOrSilence(400), EndsEarly: true);
        yield return new("half of the headers", Bytes("GET /live HTTP/1.1\r\nHost: loc"), BareOrSilence(400), EndsEarly: true);
        yield return new("headers without their end", Bytes($"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ground.Token}\r\n"), BareOrSilence(400), EndsEarly: true);
        foreach (var upgrade in new[] { "h2c", "websocket", "TLS/1.0", "HTTP/3.0", "h2c, websocket", "nonsense" })
        {
            yield return new($"Upgrade: {Shown(upgrade)}", Bytes($"GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: {upgrade}\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nSec-WebSocket-Key: x\r\n\r\n"), Taken(200));
        }
        foreach (var expect in new[] { "100-continue", "200-ok", "nonsense", "100-continue, nonsense" })
        {
            yield return new($"Expect: {expect}", ground.Ask("POST", Tasks, $"Expect: {expect}\r\n", Bytes(Body), ground.Spender), Taken(201));
        }
        yield return new("Expect: 100-continue for what is refused without its body", Bytes("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 20\r\n\r\n"), Problem(401, "UNAUTHORIZED"));
        yield return new("Expect: 100-continue for what is too large", Bytes($"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ground.Token}\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"), Problem(413, "PAYLOAD_TOO_LARGE"));
    }

    public static IEnumerable<HostileCase> Pipelines(Ground ground)
    {
        string Post(string framing, string body, string token) =>
            $"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n{body}";

        yield return new("two requests", Bytes($"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n{Hidden}"), Taken(200).Times(2));
        yield return new("thirty requests", Bytes(string.Concat(Enumerable.Repeat("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n", 29)) + Hidden), Taken(200).Times(30));
        yield return new("a refused value, then a request", Bytes(Post("Content-Length: 2", "{}", ground.Token) + Hidden), Invalid("title", "REQUIRED").Times(2));
        yield return new("no token and an unread body, then a request", Bytes($"POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{Body}{Hidden}"), Problem(401, "UNAUTHORIZED").Times(2));
        yield return new("an unknown path with a body, then a request", Bytes($"POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{Body}{Hidden}"), NotFound().Times(2));
        yield return new("an error of framing, then a request", Bytes($"GET /live HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n{Hidden}"), Bare(400));
        yield return new("a malformed line, then a request", Bytes($"NONSENSE\r\n\r\n{Hidden}"), Bare(400));
        yield return new("after Connection: close nothing is read", Bytes($"GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n{Hidden}"), Taken(200));
        yield return new("after HTTP/1.0 nothing is read", Bytes($"GET /live HTTP/1.0\r\n\r\n{Hidden}"), Taken(200));
        yield return new("a body announced too long is not a request", Bytes(Post("Content-Length: 9999999", Hidden, ground.Token)), Problem(413, "PAYLOAD_TOO_LARGE"));
        yield return new("a request within a body", Bytes($"GET /live HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Hidden.Length}\r\n\r\n{Hidden}{Hidden}"), Taken(200).Times(2));
        // What is hidden must not be answered, however a server in front may have understood the rest.
        foreach (var (name, framing, body) in new[]
        {
            ("CL.TE", "Content-Length: 62\r\nTransfer-Encoding: chunked", $"0\r\n\r\n{Hidden}"),
            ("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4", $"14\r\n{Body}\r\n0\r\n\r\n{Hidden}"),
            ("TE.TE", "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", $"0\r\n\r\n{Hidden}"),
            ("TE.TE, reversed", "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked", $"0\r\n\r\n{Hidden}"),
            ("TE twice in one", "Transfer-Encoding: chunked, cow", $"0\r\n\r\n{Hidden}"),
            ("TE after a vertical tab", "Transfer-Encoding:\u000bchunked", $"0\r\n\r\n{Hidden}"),
            ("TE before a space", "Transfer-Encoding : chunked", $"0\r\n\r\n{Hidden}"),
            ("TE folded", "X: 1\r\n Transfer-Encoding: chunked", $"0\r\n\r\n{Hidden}"),
            ("TE after a bare line feed", "X: 1\nTransfer-Encoding: chunked", $"0\r\n\r\n{Hidden}"),
            ("TE after a bare carriage return", "X: 1\rTransfer-Encoding: chunked", $"0\r\n\r\n{Hidden}"),
            ("two lengths", $"Content-Length: 0\r\nContent-Length: {Hidden.Length}", Hidden),
            ("two lengths in one", $"Content-Length: 0, {Hidden.Length}", Hidden),
            ("an extension with a line feed (CVE-2025-55315)", "Transfer-Encoding: chunked", $"1;\nxx\r\n{{\r\n0\r\n\r\n{Hidden}"),
            ("an extension that is a line feed", "Transfer-Encoding: chunked", $"2;\n{{}}\r\n0\r\n\r\n{Hidden}"),
            ("an extension with a carriage return", "Transfer-Encoding: chunked", $"2;\rx\r\n{{}}\r\n0\r\n\r\n{Hidden}"),
            ("a line feed for the end of a chunk", "Transfer-Encoding: chunked", $"2\r\n{{}}\n0\r\n\r\n{Hidden}"),
            ("a chunk longer than its size", "Transfer-Encoding: chunked", $"2\r\n{{}}{{}}\r\n0\r\n\r\n{Hidden}"),
            ("a negative chunk", "Transfer-Encoding: chunked", $"-2\r\n{{}}\r\n0\r\n\r\n{Hidden}"),
            ("a chunk of 2^64", "Transfer-Encoding: chunked", $"10000000000000000\r\n\r\n0\r\n\r\n{Hidden}"),
            ("a trailer that ends in a line feed", "Transfer-Encoding: chunked", $"2\r\n{{}}\r\n0\r\nX: 1\n\r\n{Hidden}"),
        })
        {
            yield return new(name, Bytes(Post(framing, body, ground.Token)), OneOfBareOrProblem());
        }
    }

    /// <summary>Refused, by the web server or, where only the body shows it, by the contract.</summary>
    private static Expected OneOfBareOrProblem() => BareOrProblem(400, 411);
}
