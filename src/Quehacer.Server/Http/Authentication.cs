using Quehacer.Core;
using Quehacer.Core.Accounts;

namespace Quehacer.Server.Http;

/// <summary>Marks endpoints that are for somebody who has shown an access token.</summary>
internal sealed class RequiresCaller;

/// <summary>
/// Reads the bearer token (RFC 6750; from the header only, never from a query string) and leaves the <see cref="Caller"/> for the endpoint.
/// Whether the session is still open is for the first statement that runs for the caller to say.
/// </summary>
internal sealed class Authentication(RequestDelegate next, Contracts contracts, AccessToken accessToken, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<RequiresCaller>() is null)
        {
            return next(http);
        }
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0 || string.IsNullOrWhiteSpace(header[0]))
        {
            return RefuseAsync(http, HttpFault.TokenMissing);
        }
        if (header.Count > 1 || !header[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return RefuseAsync(http, HttpFault.TokenInvalid);
        }
        switch (accessToken.Verify(header[0].AsSpan(Scheme.Length).Trim(), time.NowUtc(), out var claims))
        {
            case TokenFault.Invalid:
                return RefuseAsync(http, HttpFault.TokenInvalid);
            case TokenFault.Expired:
                return RefuseAsync(http, HttpFault.TokenExpired);
        }
        http.Features.Set(new Caller(claims.UserId, claims.SessionId, claims.WorkspaceId, http.TraceIdentifier));
        return next(http);
    }

    private Task RefuseAsync(HttpContext http, HttpFault fault) => contracts.OwnerOf(http.Request.Path).RefuseAsync(http, fault);
}

internal static class Callers
{
    /// <summary>Who asks; only for endpoints that are marked with <see cref="RequiresCaller"/>.</summary>
    public static Caller Caller(this HttpContext http) => http.Features.Get<Caller>() ?? throw new InvalidOperationException("The endpoint is not marked as requiring a caller.");
}
