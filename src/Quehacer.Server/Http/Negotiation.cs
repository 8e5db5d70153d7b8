using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Http;

/// <summary>Marks endpoints that answer in JSON and in nothing else.</summary>
internal sealed class AnswersJson;

/// <summary>406 for a request that excludes JSON (RFC 9110 §12.5.1), before any work is done for it.</summary>
internal sealed class Negotiation(RequestDelegate next, Contracts contracts)
{
    public Task InvokeAsync(HttpContext http)
    {
        var accept = http.Request.Headers.Accept;
        return accept.Count == 0 || http.GetEndpoint()?.Metadata.GetMetadata<AnswersJson>() is null || AcceptsJson(accept)
            ? next(http)
            : contracts.OwnerOf(http.Request.Path).RefuseAsync(http, HttpFault.NotAcceptable);
    }

    private static bool AcceptsJson(Microsoft.Extensions.Primitives.StringValues accept)
    {
        if (accept is ["*/*" or "application/json"] || !MediaTypeHeaderValue.TryParseList(accept, out var ranges))
        {
            return true;
        }
        // The most specific range that fits decides: "application/json;q=0, */*" wants anything but JSON.
        return ranges.Where(range => range.MatchesAllTypes || (range.Type.Equals("application", StringComparison.OrdinalIgnoreCase)
                && (range.MatchesAllSubTypes || range.SubType.Equals("json", StringComparison.OrdinalIgnoreCase))))
            .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
            .Select(range => range.Quality is not 0)
            .FirstOrDefault(false);
    }
}
