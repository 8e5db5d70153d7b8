namespace Quehacer.Server.Http;

/// <summary>What can be wrong with a request before it reaches the core. Each contract says it in its own shape.</summary>
internal enum HttpFault
{
    BadRequest,

    /// <summary>Where the request ends can be read in two ways.</summary>
    AmbiguousFraming,

    /// <summary>If-Match or If-None-Match is no list of tags.</summary>
    ConditionInvalid,
    MalformedJson,
    BodyTooLarge,
    UnsupportedMediaType,
    NotAcceptable,

    /// <summary>The address is for WebSocket alone (RFC 6455), and the request asks for no upgrade to it, or in a way that this server does not know.</summary>
    UpgradeRequired,

    /// <summary>A web page of an origin that may not use the API asks for what a browser keeps nobody from opening.</summary>
    OriginRefused,
    NoSuchPath,
    MethodNotAllowed,
    Ended,
    RequestTimeout,
    TokenMissing,
    TokenInvalid,
    TokenExpired,

    /// <summary>An API key that is not good for this, as the endpoint's <see cref="OpenToKeys"/> says.</summary>
    KeyNotEnough,

    /// <summary>An API key that is bound to a workspace which is not the one that this works in.</summary>
    KeyElsewhere,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,

    /// <summary>The feature <see cref="LimitReached"/> says of what.</summary>
    TooManyRequests,

    /// <summary>More is asked at once than the server takes on.</summary>
    Overloaded,
    Unavailable,
    Internal,
}

/// <summary>A wire contract: which paths are its own, and how it refuses there what no endpoint of it has answered.</summary>
/// <param name="Prefixes">Lower case; the longest that fits a path owns it.</param>
internal sealed record Contract(string Name, IReadOnlyList<string> Prefixes, Func<HttpContext, HttpFault, Task> RefuseAsync);

/// <summary>All contracts. The first owns whatever no prefix fits.</summary>
internal sealed class Contracts(params Contract[] all)
{
    private readonly PathString[] prefixes = [.. all.SelectMany(contract => contract.Prefixes).Select(prefix => new PathString(prefix))];

    /// <summary>Whether the path is one of a contract's, and not of the pages or of nothing.</summary>
    public bool Own(PathString path)
    {
        foreach (var prefix in prefixes)
        {
            if (path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    public Contract OwnerOf(PathString path) => all
        .SelectMany(contract => contract.Prefixes, (contract, prefix) => (contract, prefix))
        .Where(owned => path.StartsWithSegments(owned.prefix, StringComparison.OrdinalIgnoreCase))
        .OrderByDescending(owned => owned.prefix.Length)
        .Select(owned => owned.contract)
        .FirstOrDefault(all[0]);
}
