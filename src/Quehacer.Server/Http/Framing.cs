namespace Quehacer.Server.Http;

/// <summary>
/// What a request says of where its body ends. The web server refuses what it cannot read; here is refused what a proxy in front might have
/// read otherwise, because two readings of one request are how a second one is smuggled past it (RFC 9112 §6.1, §6.3, §11.2).
/// </summary>
internal static class Framing
{
    /// <summary>Where the web server puts a Content-Length that came along with a Transfer-Encoding.</summary>
    private const string Overridden = "X-Content-Length";

    /// <summary>False for a length and a coding at once, for codings that nobody here decodes, and for any coding in HTTP/1.0, which has none.</summary>
    public static bool IsPlain(HttpRequest request)
    {
        var coding = request.Headers.TransferEncoding;
        return coding.Count == 0
            || (coding.Count == 1 && "chunked".Equals(coding[0], StringComparison.OrdinalIgnoreCase) && !request.Headers.ContainsKey(Overridden) && !HttpProtocol.IsHttp10(request.Protocol));
    }
}
