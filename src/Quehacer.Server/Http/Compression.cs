using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Http;

/// <summary>The content codings that answers can have (RFC 9110 §8.4.1), and what a request says of them (§12.5.3).</summary>
internal static class ContentCoding
{
    public const string Brotli = "br";
    public const string Gzip = "gzip";

    private static readonly string[] All = [Brotli, Gzip];

    /// <summary>Wanted less than anything that is named, and still not refused.</summary>
    private const double Unnamed = 0.0001;

    /// <summary>What the answer should have; null for none, which is called identity. Between equals it is Brotli.</summary>
    public static string? Preferred(HttpRequest request)
    {
        var (brotli, gzip, identity) = Qualities(request);
        var best = Math.Max(brotli, gzip);
        return best == 0 || best < identity ? null : brotli == best ? Brotli : Gzip;
    }

    public static bool Accepts(HttpRequest request, string coding) => (coding == Brotli ? Qualities(request).Brotli : Qualities(request).Gzip) > 0;

    /// <summary>The client wants no answer that is as it is.</summary>
    public static bool RefusesIdentity(HttpRequest request) => Qualities(request).Identity == 0;

    /// <summary>No answer would be taken, neither compressed nor as it is.</summary>
    public static bool NoneIsAccepted(HttpRequest request) => Qualities(request) is (0, 0, 0);

    /// <summary>The strong tag of the same state in this coding: other bytes want another tag (RFC 9110 §8.8.3.3). A weak tag stays, being one for all.</summary>
    public static string Tagged(string tag, string coding) => tag.StartsWith('"') ? $"{tag[..^1]}.{coding}\"" : tag;

    /// <summary>What is between the quotes of a tag, without the coding that it was shown in. No tag of this server ends in the name of one by itself.</summary>
    public static ReadOnlySpan<char> Untagged(ReadOnlySpan<char> opaque)
    {
        foreach (var coding in All)
        {
            if (opaque.Length > coding.Length && opaque.EndsWith(coding, StringComparison.Ordinal) && opaque[^(coding.Length + 1)] == '.')
            {
                return opaque[..^(coding.Length + 1)];
            }
        }
        return opaque;
    }

    /// <summary>From 0 for refused to 1. A header that cannot be read says nothing.</summary>
    private static (double Brotli, double Gzip, double Identity) Qualities(HttpRequest request)
    {
        if (request.Headers.AcceptEncoding.Count == 0 || !StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted))
        {
            return (0, 0, 1);
        }
        double? Quality(string name)
        {
            foreach (var coding in accepted)
            {
                if (coding.Value.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    return coding.Quality ?? 1;
                }
            }
            return null;
        }
        var others = Quality("*");
        return (Quality(Brotli) ?? others ?? 0, Quality(Gzip) ?? Quality("x-gzip") ?? others ?? 0, Quality("identity") ?? (others is 0 ? 0 : Unnamed));
    }
}

/// <summary>
/// What is compressed, and with what; ASP.NET's middleware does it. What must not be stored (tokens, refusals, health) is sent as it is: the
/// length of a compressed answer tells something of the secrets in it to whoever can make it hold guesses as well (BREACH).
/// </summary>
internal sealed class Compression : IResponseCompressionProvider
{
    /// <summary>Shorter answers fit into one packet, compressed or not.</summary>
    private const int LeastBytes = 1024;

    // The fastest levels: they save most of the bytes at a fraction of the work.
    private static readonly BrotliCompressionProvider Brotli = new(Options.Create(new BrotliCompressionProviderOptions { Level = CompressionLevel.Fastest }));
    private static readonly GzipCompressionProvider Gzip = new(Options.Create(new GzipCompressionProviderOptions { Level = CompressionLevel.Fastest }));

    /// <summary>Asked once about every request, before it is answered.</summary>
    public bool CheckRequestAcceptsCompression(HttpContext context)
    {
        context.Response.OnStarting(Describe, context.Response);
        return ContentCoding.Preferred(context.Request) is not null;
    }

    /// <summary>Asked when the first bytes are written. An answer whose length is not known is one that is long.</summary>
    public bool ShouldCompressResponse(HttpContext context) =>
        IsCompressible(context.Response) && context.Response.Headers.ContentEncoding.Count == 0
        && (context.Response.ContentLength is null or >= LeastBytes || ContentCoding.RefusesIdentity(context.Request));

    public ICompressionProvider? GetCompressionProvider(HttpContext context) => ContentCoding.Preferred(context.Request) switch
    {
        ContentCoding.Brotli => Brotli,
        ContentCoding.Gzip => Gzip,
        _ => null,
    };

    /// <summary>Says, as the headers go out, what the coding was chosen by and which representation the tag stands for.</summary>
    private static Task Describe(object state)
    {
        var response = (HttpResponse)state;
        if (response.StatusCode != StatusCodes.Status304NotModified && !IsCompressible(response))
        {
            return Task.CompletedTask;
        }
        response.VariesBy(HeaderNames.AcceptEncoding);
        if (response.Headers.ETag is [{ } tag] && response.Headers.ContentEncoding is [{ } coding])
        {
            response.Headers.ETag = ContentCoding.Tagged(tag, coding);
        }
        return Task.CompletedTask;
    }

    private static bool IsCompressible(HttpResponse response) =>
        response.Headers.CacheControl != Caching.Never && response.ContentType is { } type
        && (type.StartsWith("text/", StringComparison.Ordinal) || type.StartsWith("application/", StringComparison.Ordinal) && type.Contains("json", StringComparison.Ordinal));
}
