using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Realtime;

namespace Quehacer.Server.Http;

/// <summary>Marks endpoints that are for somebody who has shown an access token.</summary>
internal sealed class RequiresCaller;

/// <summary>
/// Marks endpoints that a caller with an API key may use, if it has the scope: reading wants one, whatever else another. What is not marked is closed to
/// keys, so that nothing is opened by being forgotten.
/// </summary>
internal sealed record OpenToKeys(KeyScopes Read, KeyScopes Write)
{
    /// <summary>Tasks and what belongs to them.</summary>
    public static readonly OpenToKeys Tasks = new(KeyScopes.ReadTasks, KeyScopes.WriteTasks);

    /// <summary>What becomes of tasks: a ticket for that is no more than what it opens.</summary>
    public static readonly OpenToKeys Listening = new(KeyScopes.ReadTasks, KeyScopes.ReadTasks);

    /// <summary>Workspaces and who is in them.</summary>
    public static readonly OpenToKeys Workspaces = new(KeyScopes.ReadWorkspaces, KeyScopes.WriteWorkspaces);

    /// <summary>What administrators of the installation do. Whether the owner of the key is one is for the statement to say.</summary>
    public static readonly OpenToKeys Administration = new(KeyScopes.Administer, KeyScopes.Administer);

    /// <summary>What every key may.</summary>
    public static readonly OpenToKeys Any = new(KeyScopes.None, KeyScopes.None);

    /// <summary>It works in personal workspaces and in no other: closed to keys that are bound to one.</summary>
    public bool IsPersonal { get; init; }

    public KeyScopes Needed(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? Read : Write;
}

/// <summary>Marks endpoints that take a single-use ticket in the address in place of an access token, for clients that send no header with such requests.</summary>
internal sealed class TakesTicket
{
    public const string Parameter = "ticket";
}

/// <summary>Why a request has no caller.</summary>
internal sealed record Unidentified(HttpFault Fault);

/// <summary>
/// Reads the bearer token (RFC 6750; from the header only, never from a query string) and leaves the <see cref="Caller"/> for what follows, or
/// why there is none. Whether the session is still open is for the first statement that runs for the caller to say.
/// </summary>
internal sealed class Authentication(RequestDelegate next, AccessToken accessToken, ApiKeyStore keys, StreamTickets tickets, SessionSightings sightings, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext http)
    {
        // Who asks for a path or a method that there is not (no route) is looked at as well: what they ask counts as theirs.
        if (http.GetEndpoint() is RouteEndpoint { Metadata: var marks } && marks.GetMetadata<RequiresCaller>() is null && marks.GetMetadata<NotServed>() is null)
        {
            return next(http);
        }
        if (http.GetEndpoint()?.Metadata.GetMetadata<TakesTicket>() is not null && http.Request.Query.TryGetValue(TakesTicket.Parameter, out var ticket))
        {
            return RedeemAsync(http, ticket.Count == 1 ? ticket[0]! : "");
        }
        if (Identify(http, out var key) is { } fault)
        {
            http.Features.Set(new Unidentified(fault));
        }
        return key is null ? next(http) : RecogniseAsync(http, key);
    }

    private async Task RecogniseAsync(HttpContext http, string key)
    {
        var caller = await keys.RecogniseAsync(key, http.TraceIdentifier, Endpoints.Bounded);
        if (caller.IsOk)
        {
            sightings.See(caller.Value.SessionId);
            http.Features.Set(caller.Value);
        }
        else
        {
            http.Features.Set(new Unidentified(caller.Error.Code == ErrorCode.Busy ? HttpFault.Overloaded : HttpFault.TokenInvalid));
        }
        await next(http);
    }

    /// <summary>Whoever shows a ticket comes with it alone, and it is used up by that.</summary>
    private async Task RedeemAsync(HttpContext http, string ticket)
    {
        var caller = await tickets.RedeemAsync(ticket, http.TraceIdentifier, Endpoints.Bounded);
        if (caller.IsOk)
        {
            http.Features.Set(caller.Value);
        }
        else
        {
            http.Features.Set(new Unidentified(HttpFault.TokenInvalid));
        }
        http.DropFromQuery(TakesTicket.Parameter);
        await next(http);
    }

    /// <param name="key">What may be an API key, and has to be looked at further.</param>
    private HttpFault? Identify(HttpContext http, out string? key)
    {
        key = null;
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0 || string.IsNullOrWhiteSpace(header[0]))
        {
            return HttpFault.TokenMissing;
        }
        if (header.Count > 1 || !header[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return HttpFault.TokenInvalid;
        }
        var token = header[0].AsSpan(Scheme.Length).Trim();
        if (ApiKeyStore.IsKey(token))
        {
            key = token.ToString();
            return null;
        }
        switch (accessToken.Verify(token, time.NowUtc(), out var claims))
        {
            case TokenFault.Invalid:
                return HttpFault.TokenInvalid;
            case TokenFault.Expired:
                return HttpFault.TokenExpired;
        }
        sightings.See(claims.SessionId);
        http.Features.Set(new Caller(claims.UserId, claims.SessionId, claims.WorkspaceId, http.TraceIdentifier) { Plan = claims.Plan, GoodUntil = DateTimeOffset.FromUnixTimeSeconds(claims.ExpiresAt).UtcDateTime });
        return null;
    }
}

/// <summary>
/// Refuses, with 401, whoever has not shown who they are where that is asked, and with 403 API keys that are not good for it. It comes after the counting,
/// so that guessing counts.
/// </summary>
internal sealed class Admission(RequestDelegate next, Contracts contracts)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata is not { } marks || marks.GetMetadata<RequiresCaller>() is null)
        {
            return next(http);
        }
        if (http.Features.Get<Unidentified>() is { } unidentified)
        {
            return contracts.OwnerOf(http.Request.Path).RefuseAsync(http, unidentified.Fault);
        }
        return http.Features.Get<Caller>() is { Scopes: { } scopes } caller && Refuse(scopes, caller.IsElsewhere, marks.GetMetadata<OpenToKeys>(), http.Request.Method) is { } fault
            ? contracts.OwnerOf(http.Request.Path).RefuseAsync(http, fault)
            : next(http);
    }

    private static HttpFault? Refuse(KeyScopes scopes, bool isElsewhere, OpenToKeys? open, string method) =>
        open?.Needed(method) is not { } needed ? HttpFault.KeyNotEnough
        : isElsewhere && open.IsPersonal ? HttpFault.KeyElsewhere
        : (scopes & needed) != needed ? HttpFault.KeyNotEnough
        : null;
}

internal static class Callers
{
    /// <summary>Who asks; only for endpoints that are marked with <see cref="RequiresCaller"/>.</summary>
    public static Caller Caller(this HttpContext http) => http.Features.Get<Caller>() ?? throw new InvalidOperationException("The endpoint is not marked as requiring a caller.");

    /// <summary>From where is asked, whoever it is.</summary>
    public static Visitor Visitor(this HttpContext http)
    {
        var agent = Text.IsStorable(http.Request.Headers.UserAgent.ToString()) ? http.Request.Headers.UserAgent.ToString() : "";
        if (agent.Length > Limits.UserAgentCharacters)
        {
            // Half of a character is no text.
            agent = agent[..(char.IsHighSurrogate(agent[Limits.UserAgentCharacters - 1]) ? Limits.UserAgentCharacters - 1 : Limits.UserAgentCharacters)];
        }
        return new Visitor(
            http.Connection.RemoteIpAddress, agent.Length == 0 ? null : agent,
            Languages.Preferred(http.Request), http.TraceIdentifier);
    }
}
