using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Quehacer.Tests.Mail;

/// <summary>A message as somebody reads it who knows RFC 5322 and MIME and nothing of who wrote it. It fails at what it would have to guess.</summary>
internal sealed partial class Received
{
    private Received(IReadOnlyList<KeyValuePair<string, string>> headers, IReadOnlyDictionary<string, string> parts)
    {
        Headers = headers;
        Parts = parts;
    }

    /// <summary>In their order, unfolded, as they stand.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>By media type, decoded.</summary>
    public IReadOnlyDictionary<string, string> Parts { get; }

    public string Text => Parts["text/plain"];

    public string Html => Parts["text/html"];

    public string Subject => Decoded(this["Subject"]);

    /// <summary>The value of a header that is there once.</summary>
    public string this[string name] => Assert.Single(Headers, header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <param name="message">With CR LF, without the dots of SMTP.</param>
    public static Received Read(string message)
    {
        var (headers, body) = ReadPart(message);
        Assert.All(message.Split("\r\n"), line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 0, 998));
        Assert.DoesNotContain("\r", message.Replace("\r\n", ""));
        Assert.DoesNotContain("\n", message.Replace("\r\n", ""));
        var type = headers.Single(header => header.Key == "Content-Type").Value;
        Assert.StartsWith("multipart/alternative;", type);
        var boundary = "--" + BoundaryOf().Match(type).Groups[1].Value;
        Assert.NotEqual("--", boundary);
        var parts = new Dictionary<string, string>();
        var pieces = ("\r\n" + body).Split("\r\n" + boundary);
        Assert.StartsWith("--", pieces[^1]);
        foreach (var piece in pieces[1..^1])
        {
            Assert.StartsWith("\r\n", piece);
            var (partHeaders, content) = ReadPart(piece[2..]);
            var partType = partHeaders.Single(header => header.Key == "Content-Type").Value;
            Assert.EndsWith("; charset=utf-8", partType);
            parts.Add(partType.Split(';')[0], partHeaders.Single(header => header.Key == "Content-Transfer-Encoding").Value switch
            {
                "8bit" => content,
                "base64" => Encoding.UTF8.GetString(Convert.FromBase64String(content)),
                var other => throw new InvalidOperationException($"Nobody decodes {other} here."),
            });
        }
        return new Received(headers, parts);
    }

    private static (IReadOnlyList<KeyValuePair<string, string>> Headers, string Body) ReadPart(string part)
    {
        var end = part.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"There is no end of the headers in:\n{part}");
        var headers = Folded().Replace(part[..end], " ").Split("\r\n").Select(line =>
        {
            var match = HeaderLine().Match(line);
            Assert.True(match.Success, $"'{line}' is no header.");
            return KeyValuePair.Create(match.Groups[1].Value, match.Groups[2].Value);
        }).ToList();
        return (headers, part[(end + 4)..]);
    }

    /// <summary>RFC 2047.</summary>
    private static string Decoded(string value) => EncodedWord().Replace(Adjacent().Replace(value, "$1"), match => Encoding.UTF8.GetString(match.Groups[1].Value.ToUpperInvariant() == "B"
        ? Convert.FromBase64String(match.Groups[2].Value)
        : QOf(match.Groups[2].Value)));

    private static byte[] QOf(string text)
    {
        var bytes = new List<byte>();
        for (var index = 0; index < text.Length; index++)
        {
            switch (text[index])
            {
                case '_':
                    bytes.Add((byte)' ');
                    break;
                case '=':
                    bytes.Add(Convert.FromHexString(text.AsSpan(index + 1, 2))[0]);
                    index += 2;
                    break;
                default:
                    bytes.Add((byte)text[index]);
                    break;
            }
        }
        return [.. bytes];
    }

    [GeneratedRegex(@"boundary=""?([^"";]+)")]
    private static partial Regex BoundaryOf();

    [GeneratedRegex(@"\r\n[ \t]+")]
    private static partial Regex Folded();

    [GeneratedRegex(@"^([!-9;-~]+): ?(.*)$")]
    private static partial Regex HeaderLine();

    [GeneratedRegex(@"=\?utf-8\?([BbQq])\?([^?]*)\?=", RegexOptions.IgnoreCase)]
    private static partial Regex EncodedWord();

    [GeneratedRegex(@"(=\?[^?]+\?[BbQq]\?[^?]*\?=)\s+(?==\?)")]
    private static partial Regex Adjacent();
}
