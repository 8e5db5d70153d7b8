using System.Globalization;

namespace Quehacer.Server.Http;

/// <summary>
/// What tells browsers to take an answer for nothing but what it is (OWASP REST Security Cheat Sheet). Set when the answer starts, so that every
/// answer has them, refusals and failures included, and a page's own policy stands.
/// </summary>
internal sealed class SecurityHeaders
{
    /// <summary>An answer of the API is never a document: nothing in it may load or be framed.</summary>
    private const string Policy = "default-src 'none'; frame-ancestors 'none'";

    private readonly RequestDelegate next;
    private readonly string? strictTransport;
    private readonly Func<object, Task> set;

    public SecurityHeaders(RequestDelegate next, Settings settings)
    {
        this.next = next;
        // HSTS holds for a whole host, whatever else it serves: it is sent only where the operator has said that clients come by https.
        // RFC 6797 §6.1.1: an age of 0 makes browsers forget.
        strictTransport = settings.PublicUrl?.Scheme == Uri.UriSchemeHttps ? string.Create(CultureInfo.InvariantCulture, $"max-age={settings.HstsSeconds}") : null;
        set = state => Set((HttpContext)state);
    }

    public Task InvokeAsync(HttpContext http)
    {
        http.Response.OnStarting(set, http);
        return next(http);
    }

    private Task Set(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        // For what is embedded without asking; requests that CORS allows are not held to it (Fetch, cross-origin resource policy check).
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (headers.ContentSecurityPolicy.Count == 0)
        {
            headers.ContentSecurityPolicy = Policy;
        }
        if (http.Response.ContentType?.StartsWith("text/html", StringComparison.Ordinal) == true)
        {
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
        }
        if (strictTransport is not null && http.Request.IsHttps)
        {
            headers.StrictTransportSecurity = strictTransport;
        }
        return Task.CompletedTask;
    }
}
