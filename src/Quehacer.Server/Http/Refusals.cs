using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Core;
using Quehacer.Core.Accounts;

namespace Quehacer.Server.Http;

/// <summary>
/// How a contract refuses: what holds for all of them is here, from the status to the headers; the words and the shape are the contract's.
/// </summary>
internal abstract class Refusals(SessionStore sessions)
{
    private const int RetryAfterSeconds = 2;

    /// <summary>Why the contract refuses what the core refuses.</summary>
    public async Task WriteAsync(HttpContext http, Error error)
    {
        // A refusal tells somebody whose session has ended nothing but that.
        if ((error.Code is ErrorCode.Invalid || error is { Code: ErrorCode.PreconditionFailed, Current: null }) && await HasEndedAsync(http))
        {
            error = new Error(ErrorCode.SessionEnded);
        }
        if (error.Current is { } current)
        {
            http.Response.Headers.ETag = Tags.Of(current);
        }
        if (error.Exhausted is { } exhausted)
        {
            var reached = LimitReached.Of(exhausted);
            reached.Tell(http.Response.Headers);
            http.Features.Set(reached);
            await RefuseAsync(http, HttpFault.TooManyRequests);
            return;
        }
        await SayAsync(http, ErrorCatalogue.Of(error.Code), error);
    }

    /// <summary>Why the contract refuses what never reaches the core.</summary>
    public async Task RefuseAsync(HttpContext http, HttpFault fault)
    {
        if (fault is HttpFault.MalformedJson or HttpFault.UnsupportedMediaType or HttpFault.NotAcceptable or HttpFault.KeyNotEnough or HttpFault.KeyElsewhere or HttpFault.IdempotencyKeyInvalid
            or HttpFault.IdempotencyKeyMissing or HttpFault.BadRequest or HttpFault.ConditionInvalid && await HasEndedAsync(http))
        {
            fault = HttpFault.TokenInvalid;
        }
        await SayAsync(http, ErrorCatalogue.Of(fault), fault);
    }

    /// <summary>How the contract writes entity tags.</summary>
    protected abstract TagShape Tags { get; }

    protected abstract Task SayAsync(HttpContext http, ErrorKind kind, Error error);

    protected abstract Task SayAsync(HttpContext http, ErrorKind kind, HttpFault fault);

    /// <summary>Sends the body with the headers that go with an error of its kind.</summary>
    /// <param name="status">The contract's own for it.</param>
    protected static Task SendAsync<T>(HttpContext http, ErrorKind kind, int status, string contentType, T body, JsonTypeInfo<T> type)
    {
        var headers = http.Response.Headers;
        headers.CacheControl = Caching.Never;
        if (status == 401)
        {
            // RFC 6750 §3: no error code where there was no token.
            headers.WWWAuthenticate = kind == ErrorCatalogue.Unauthorized
                ? "Bearer realm=\"quehacer\""
                : $"Bearer realm=\"quehacer\", error=\"invalid_token\", error_description=\"{kind.Title.English}\"";
        }
        if (http.Features.Get<LimitReached>() is { } reached && kind == ErrorCatalogue.RateLimitExceeded)
        {
            headers.RetryAfter = reached.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }
        else if (status == 503 || kind == ErrorCatalogue.IdempotencyInFlight || kind == ErrorCatalogue.TooManyListeners)
        {
            headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }
        return JsonAnswer.WriteAsync(http, status, contentType, body, type);
    }

    private async Task<bool> HasEndedAsync(HttpContext http) =>
        http.Features.Get<Caller>() is { } caller && !await sessions.IsOpenAsync(caller, Endpoints.Bounded);
}

/// <summary>A refusal on its way out.</summary>
internal sealed class Refusal : IResult
{
    private readonly Func<HttpContext, Task> write;

    public Refusal(Refusals refusals, Error error) => write = http => refusals.WriteAsync(http, error);

    public Refusal(Refusals refusals, HttpFault fault) => write = http => refusals.RefuseAsync(http, fault);

    public Task ExecuteAsync(HttpContext httpContext) => write(httpContext);
}
