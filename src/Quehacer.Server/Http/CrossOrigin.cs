using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Http;

/// <summary>
/// Which web pages of other origins may use the API (Fetch, CORS protocol). ASP.NET Core's middleware answers preflights before any routing, and
/// sets its headers when the answer starts, so that refusals and failures have them too. <c>Vary</c> is ours: the middleware leaves it out where
/// there is no <c>Origin</c> or one that is not allowed, and a cache would give that answer to a page that may have it.
/// </summary>
internal static class CrossOrigin
{
    public const string Any = "*";

    public static void UseCrossOrigin(this IApplicationBuilder app, Settings settings)
    {
        var anyOfThisMachine = settings.CorsOrigins.Count == 0 && settings.Environment == "Development";
        if (settings.CorsOrigins.Count == 0 && !anyOfThisMachine)
        {
            return;
        }
        if (!settings.CorsOrigins.Contains(Any))
        {
            app.Use(next => http =>
            {
                http.Response.OnStarting(VaryByOrigin, http.Response);
                return next(http);
            });
        }
        app.UseCors(policy =>
        {
            _ = anyOfThisMachine ? policy.SetIsOriginAllowed(IsOfThisMachine)
                : settings.CorsOrigins.Contains(Any) ? policy.AllowAnyOrigin()
                : policy.WithOrigins([.. settings.CorsOrigins]);
            _ = settings.CorsMethods.Contains(Any) ? policy.AllowAnyMethod() : policy.WithMethods([.. settings.CorsMethods]);
            _ = settings.CorsHeaders.Contains(Any) ? policy.AllowAnyHeader() : policy.WithHeaders([.. settings.CorsHeaders]);
            policy.WithExposedHeaders([.. settings.CorsExposedHeaders]);
            policy.SetPreflightMaxAge(TimeSpan.FromSeconds(settings.CorsMaxAgeSeconds));
            if (settings.CorsCredentials)
            {
                policy.AllowCredentials();
            }
        });
    }

    /// <summary>
    /// Whether web pages of an origin may open what browsers keep nobody from opening, a WebSocket: those of this server, and those that CORS lets in. The name of this
    /// server is what <c>Server__PublicUrl</c> says, and where that says nothing, what the client asked for.
    /// </summary>
    public static bool MayOpen(string origin, HttpRequest request, Settings settings) =>
        settings.CorsOrigins.Contains(Any)
        || (TryReadOrigin(origin, out var read) && read != Any
            && (settings.CorsOrigins.Contains(read)
                || (settings.CorsOrigins.Count == 0 && settings.Environment == "Development" && IsOfThisMachine(read))
                || (settings.PublicUrl is { } own ? TryReadOrigin(own.GetLeftPart(UriPartial.Authority), out var ours) && read == ours : IsSameHost(read, request))));

    /// <summary>Of the scheme a proxy before this server knows more than we.</summary>
    private static bool IsSameHost(string origin, HttpRequest request) =>
        TryReadOrigin($"{origin[..origin.IndexOf("://", StringComparison.Ordinal)]}://{request.Host.ToUriComponent()}", out var asked) && asked == origin;

    /// <summary>
    /// Reads an origin as RFC 6454 §6.2 writes it, in lower case and without the default port, as browsers send it. Other schemes than http
    /// are those of apps in a shell (<c>capacitor://localhost</c>).
    /// </summary>
    public static bool TryReadOrigin(string text, out string origin)
    {
        origin = "";
        if (text == Any)
        {
            origin = Any;
            return true;
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme == Uri.UriSchemeFile || url.Host.Length == 0 || url.UserInfo.Length > 0
            || url.Host.Contains('*', StringComparison.Ordinal) || text.AsSpan(url.Scheme.Length + 3).IndexOfAny("/?#") >= 0)
        {
            return false;
        }
        var host = url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
        origin = $"{url.Scheme}://{host.ToLowerInvariant()}{(url.IsDefaultPort || url.Port < 0 ? "" : FormattableString.Invariant($":{url.Port}"))}";
        return true;
    }

    /// <summary>A page that is being developed on this machine, on whatever port its tool has chosen.</summary>
    private static bool IsOfThisMachine(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.IsLoopback && url.AbsolutePath == "/";

    private static Task VaryByOrigin(object state)
    {
        ((HttpResponse)state).VariesBy(HeaderNames.Origin);
        return Task.CompletedTask;
    }
}
