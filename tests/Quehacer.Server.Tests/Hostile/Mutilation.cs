namespace Quehacer.Server.Tests.Hostile;

/// <summary>Valid requests, mutilated at random: what nobody thought of.</summary>
internal static class Mutilation
{
    private const string Token = "TOKEN";

    private static readonly string[] Bodies =
    [
        """{"title":"Buy milk","description":"two \u00f1 \ud83d\ude00","priority":"high","due_date":"2099-01-31T17:00:00.5+02:00","tags":["home","a b"],"status":"pending"}""", """{"title":"a","version":1}""", """{"color":"#12ab34","name":"x"}""",
        """{"atomic":false,"operations":[{"op":"create","task":{"title":"a"}},{"op":"update","id":1,"version":1,"task":{"add_tags":["b"],"remove_tags":["home"]}},{"op":"delete","id":"2"}]}""",
        """{"into":"tag_01h455vb4pex5vsknk084sn02q"}""", "{}", """[{"a":[1.5e3,-0,true,null,"\n"]}]""",
    ];

    private static readonly byte[][] Insertions =
    [
        "\r\n"u8.ToArray(), "\n"u8.ToArray(), "\0"u8.ToArray(), ":"u8.ToArray(), " "u8.ToArray(), "%00"u8.ToArray(), "%"u8.ToArray(), "\""u8.ToArray(), "\\"u8.ToArray(), "\\ud800"u8.ToArray(), "\\u0000"u8.ToArray(), "{"u8.ToArray(), "]"u8.ToArray(), ","u8.ToArray(), "9999999999"u8.ToArray(), "-"u8.ToArray(),
        "'"u8.ToArray(), ";"u8.ToArray(), "&"u8.ToArray(), "="u8.ToArray(), "/../"u8.ToArray(), "*"u8.ToArray(), [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF], [0xEF, 0xBF, 0xBE], [0x1B], [0x7F], "Transfer-Encoding: chunked\r\n"u8.ToArray(), "Content-Length: 5\r\n"u8.ToArray(),
    ];

    /// <summary>One request of somebody whose things may change; the token itself stays whole, so that most of them come further than its check.</summary>
    public static byte[] Of(Ground ground, Random random)
    {
        var body = Ground.Bytes(Bodies[random.Next(Bodies.Length)]);
        var target = random.Next(11) switch
        {
            0 => $"{Ground.Tasks}/1",
            1 => "/tasks/1/complete",
            2 => "/api/v1/categories",
            3 => $"{Ground.Tasks}/1/tags/home",
            4 => $"{Ground.Tasks}?q=milk&tag=home,work&sort=-due&limit=5&page=1&due_after=2030-01-01&fields=id,title",
            5 => "/api/v1/tags?page=1&limit=5&counts=true",
            6 => "/api/v1/me",
            7 => "/errors/validation",
            8 => $"{Ground.Tasks}/batch",
            _ => Ground.Tasks,
        };
        var method = random.Next(8) switch { 0 or 1 => "GET", 2 => "PATCH", 3 => "PUT", 4 => "DELETE", 5 => "HEAD", _ => "POST" };
        var headers = random.Next(4) switch
        {
            0 => $"Idempotency-Key: \"{random.Next(1000)}\"\r\n",
            1 => $"If-Match: {ground.TaskETag}, W/\"a\"\r\nAccept-Language: es-MX,es;q=0.9\r\n",
            2 => "Accept: application/json;q=0.5, */*;q=0.1\r\nX-Request-Id: fuzz\r\n",
            _ => "",
        };
        var request = ground.Ask(method, target, headers, method is "GET" or "HEAD" ? null : body, Token).ToList();
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            Mutilate(request, random);
        }
        var at = request.ToArray().AsSpan().IndexOf("TOKEN"u8);
        if (at >= 0)
        {
            request.RemoveRange(at, Token.Length);
            request.InsertRange(at, Ground.Bytes(ground.Spender));
        }
        return [.. request];
    }

    private static void Mutilate(List<byte> request, Random random)
    {
        var at = random.Next(request.Count);
        var length = Math.Min(random.Next(1, 12), request.Count - at);
        switch (random.Next(7))
        {
            case 0:
                request[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                request[at] = (byte)random.Next(256);
                break;
            case 2:
                request.RemoveRange(at, Math.Min(length, request.Count - 1));
                break;
            case 3:
                request.InsertRange(at, request.GetRange(at, length));
                break;
            case 4 when random.Next(4) == 0:
                request.RemoveRange(Math.Max(at, 1), request.Count - Math.Max(at, 1));
                break;
            default:
                request.InsertRange(at, Insertions[random.Next(Insertions.Length)]);
                break;
        }
    }
}
