using Quehacer.Core;
using Quehacer.Core.Accounts;

namespace Quehacer.Server.Http;

/// <summary>Marks endpoints that are for somebody who has shown an access token.</summary>
internal sealed class RequiresCaller;

/// <summary>Why a request has no caller.</summary>
internal sealed record Unidentified(HttpFault Fault);

/// <summary>
/// Reads the bearer token (RFC 6750; from the header only, never from a query string) and leaves the <see cref="Caller"/> for what follows, or
/// why there is none. Whether the session is still open is for the first statement that runs for the caller to say.
/// </summary>
internal sealed class Authentication(RequestDelegate next, AccessToken accessToken, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext http)
    {
        // Who asks for a path or a method that there is not (no route) is looked at as well: what they ask counts as theirs.
        if (http.GetEndpoint() is RouteEndpoint { Metadata: var marks } && marks.GetMetadata<RequiresCaller>() is null && marks.GetMetadata<NotServed>() is null)
        {
            return next(http);
        }
        if (Identify(http) is { } fault)
        {
            http.Features.Set(new Unidentified(fault));
        }
        return next(http);
    }

    private HttpFault? Identify(HttpContext http)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0 || string.IsNullOrWhiteSpace(header[0]))
        {
            return HttpFault.TokenMissing;
        }
        if (header.Count > 1 || !header[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return HttpFault.TokenInvalid;
        }
        switch (accessToken.Verify(header[0].AsSpan(Scheme.Length).Trim(), time.NowUtc(), out var claims))
        {
            case TokenFault.Invalid:
                return HttpFault.TokenInvalid;
            case TokenFault.Expired:
                return HttpFault.TokenExpired;
        }
        http.Features.Set(new Caller(claims.UserId, claims.SessionId, claims.WorkspaceId, http.TraceIdentifier) { Plan = claims.Plan });
        return null;
    }
}

/// <summary>Refuses, with 401, whoever has not shown who they are where that is asked. It comes after the counting, so that guessing counts.</summary>
internal sealed class Admission(RequestDelegate next, Contracts contracts)
{
    public Task InvokeAsync(HttpContext http) =>
        http.Features.Get<Unidentified>() is { } unidentified && http.GetEndpoint()?.Metadata.GetMetadata<RequiresCaller>() is not null
            ? contracts.OwnerOf(http.Request.Path).RefuseAsync(http, unidentified.Fault)
            : next(http);
}

internal static class Callers
{
    /// <summary>Who asks; only for endpoints that are marked with <see cref="RequiresCaller"/>.</summary>
    public static Caller Caller(this HttpContext http) => http.Features.Get<Caller>() ?? throw new InvalidOperationException("The endpoint is not marked as requiring a caller.");

    /// <summary>From where is asked, whoever it is.</summary>
    public static Visitor Visitor(this HttpContext http)
    {
        var agent = Text.IsStorable(http.Request.Headers.UserAgent.ToString()) ? http.Request.Headers.UserAgent.ToString() : "";
        return new Visitor(
            http.Connection.RemoteIpAddress, agent.Length == 0 ? null : agent.Length <= Limits.UserAgentCharacters ? agent : agent[..Limits.UserAgentCharacters],
            Languages.Preferred(http.Request), http.TraceIdentifier);
    }
}
