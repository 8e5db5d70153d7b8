using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Quehacer.Core;
using Quehacer.Core.Postgres;

namespace Quehacer.Server.Http;

/// <summary>
/// Stands around all that can refuse or fail: gives every request its id, sees that every failure is answered in the shape of the contract that owns
/// the path, and writes the request's line in the log.
/// </summary>
internal sealed partial class Gate(RequestDelegate next, Contracts contracts, JsonLog log, ILogger<Gate> logger)
{
    private const string Header = "X-Request-Id";
    private const int RequestIdCharacters = 128;

    private static readonly string[] Lasting = [Header, .. Quota.Headers];

    public async Task InvokeAsync(HttpContext http)
    {
        var began = Stopwatch.GetTimestamp();
        http.TraceIdentifier = RequestId(http.Request);
        http.Response.Headers[Header] = http.TraceIdentifier;
        var isAborted = false;
        try
        {
            if (Framing.IsPlain(http.Request))
            {
                await next(http);
            }
            else
            {
                // What follows on the connection may be a part of this request.
                http.Response.Headers.Connection = "close";
                await contracts.OwnerOf(http.Request.Path).RefuseAsync(http, HttpFault.AmbiguousFraming);
            }
            if (!http.Response.HasStarted && FaultOf(http.Response) is { } fault)
            {
                await contracts.OwnerOf(http.Request.Path).RefuseAsync(http, fault);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; 499 is what its absence is called in logs.
            SetStatus(http, 499);
            isAborted = true;
        }
        catch (CutOffException exception)
        {
            CutOff(http.TraceIdentifier, exception.Message);
            http.Abort();
            isAborted = true;
        }
        catch (Exception exception)
        {
            isAborted = !await AnswerAsync(http, exception);
        }
        var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";
        log.Request(
            http.Request.Method, route, http.Request.Path, http.Response.StatusCode, Stopwatch.GetElapsedTime(began), http.Features.Get<Caller>()?.UserId, http.TraceIdentifier,
            http.Connection.RemoteIpAddress, isAborted);
    }

    /// <summary>An id that the client gave is kept if it is sane: it goes into logs and headers.</summary>
    private static string RequestId(HttpRequest request)
    {
        var given = request.Headers[Header];
        if (given.Count == 1 && given[0] is { Length: > 0 and <= RequestIdCharacters } id
            && id.AsSpan().IndexOfAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") < 0)
        {
            return id;
        }
        return Ids.ToTypeId("req", Guid.CreateVersion7());
    }

    /// <summary>What a status without a body stands for: routing sets 404, 405 and 415 and leaves the words to us.</summary>
    private static HttpFault? FaultOf(HttpResponse response) => response.ContentType is not null || response.ContentLength is not null
        ? null
        : response.StatusCode switch
        {
            404 => HttpFault.NoSuchPath,
            405 => HttpFault.MethodNotAllowed,
            415 => HttpFault.UnsupportedMediaType,
            400 => HttpFault.BadRequest,
            _ => null,
        };

    /// <summary>False when an answer had begun, and its connection was cut so that it does not look whole.</summary>
    private async Task<bool> AnswerAsync(HttpContext http, Exception exception)
    {
        var fault = exception switch
        {
            BadHttpRequestException { StatusCode: 408 } => HttpFault.RequestTimeout,
            BadHttpRequestException => HttpFault.BadRequest,
            _ when Database.IsUnavailable(exception) => HttpFault.Unavailable,
            _ => HttpFault.Internal,
        };
        switch (fault)
        {
            case HttpFault.Internal:
                Failed(exception, http.Request.Method, http.Request.Path, http.TraceIdentifier);
                break;
            case HttpFault.Unavailable:
                DatabaseAway(http.TraceIdentifier, exception.Message);
                break;
        }
        if (http.Response.HasStarted)
        {
            http.Abort();
            return false;
        }
        // What was said of an answer that will not come is taken back; what was said of the request stays.
        var lasting = Array.ConvertAll(Lasting, name => (Name: name, Value: http.Response.Headers[name]));
        http.Response.Clear();
        foreach (var (name, value) in lasting)
        {
            http.Response.Headers[name] = value;
        }
        await contracts.OwnerOf(http.Request.Path).RefuseAsync(http, fault);
        return true;
    }

    private static void SetStatus(HttpContext http, int status)
    {
        if (!http.Response.HasStarted)
        {
            http.Response.StatusCode = status;
        }
    }

    [LoggerMessage(EventId = 1, EventName = "request failed", Level = LogLevel.Error, Message = "{method} {path} failed; this is a bug (request {request_id}).")]
    private partial void Failed(Exception exception, string method, string path, string request_id);

    [LoggerMessage(EventId = 2, EventName = "database away", Level = LogLevel.Warning, Message = "The database could not serve request {request_id}: {reason}")]
    private partial void DatabaseAway(string request_id, string reason);

    [LoggerMessage(EventId = 3, EventName = "answer cut off", Level = LogLevel.Information, Message = "The answer to request {request_id} was cut off. {reason}")]
    private partial void CutOff(string request_id, string reason);
}
