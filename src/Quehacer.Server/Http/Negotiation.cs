using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Http;

/// <summary>A media type that the server answers in.</summary>
/// <param name="Parameters">Those that tell one form of it from another. A range that asks for another value of one of them asks for something else.</param>
internal sealed record MediaType(string Type, string SubType, params (string Name, string Value)[] Parameters)
{
    /// <summary>It has no parameters (RFC 8259 §11); those that clients give all the same mean nothing.</summary>
    public static readonly MediaType Json = new("application", "json");
    public static readonly MediaType ProblemJson = new("application", "problem+json");
    public static readonly MediaType Html = new("text", "html");

    /// <summary>RFC 4180 §3.</summary>
    public static readonly MediaType Csv = new("text", "csv", ("charset", "utf-8"), ("header", "present"));

    /// <summary>A JSON text a line (github.com/ndjson/ndjson-spec).</summary>
    public static readonly MediaType Ndjson = new("application", "x-ndjson");

    /// <summary>PKWARE's APPNOTE, as IANA has registered it.</summary>
    public static readonly MediaType Zip = new("application", "zip");

    public override string ToString() => $"{Type}/{SubType}";

    /// <summary>
    /// How much it is wanted, from 0 for not at all to 1, and how closely the range names it that says so: the closest one decides
    /// (RFC 9110 §12.5.1), so that <c>application/json;q=0, */*</c> wants anything but JSON.
    /// </summary>
    public (double Quality, int Closeness) In(IList<MediaTypeHeaderValue> ranges)
    {
        var (quality, closest) = (0.0, -1);
        foreach (var range in ranges)
        {
            if (Closeness(range) is var closeness && closeness > closest)
            {
                (quality, closest) = (range.Quality ?? 1, closeness);
            }
        }
        return (quality, closest);
    }

    /// <summary>-1 where the range leaves it out.</summary>
    private int Closeness(MediaTypeHeaderValue range)
    {
        if (range.MatchesAllTypes)
        {
            return 0;
        }
        if (!range.Type.Equals(Type, StringComparison.OrdinalIgnoreCase))
        {
            return -1;
        }
        if (range.MatchesAllSubTypes)
        {
            return 1;
        }
        if (!range.SubType.Equals(SubType, StringComparison.OrdinalIgnoreCase))
        {
            return -1;
        }
        var closeness = 2;
        foreach (var (name, value) in Parameters)
        {
            if (range.Parameters.FirstOrDefault(given => given.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } given)
            {
                if (!given.GetUnescapedValue().Equals(value, StringComparison.OrdinalIgnoreCase))
                {
                    return -1;
                }
                closeness++;
            }
        }
        return closeness;
    }
}

/// <summary>Says what an endpoint answers in, the usual type first. Whoever leaves all of it out is refused.</summary>
internal sealed class AnswersIn(params MediaType[] types)
{
    public static readonly AnswersIn Json = new(MediaType.Json);

    /// <summary>Lists, which can be read a row at a time as well.</summary>
    public static readonly AnswersIn Rows = new(MediaType.Json, MediaType.Csv, MediaType.Ndjson);

    /// <summary>Files of many things.</summary>
    public static readonly AnswersIn Zip = new(MediaType.Zip);

    public IReadOnlyList<MediaType> Types => types;

    /// <summary>What is wanted most, among equals what is named more closely, and then what comes first; null for nothing of it.</summary>
    public MediaType? Preferred(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || accept is ["*/*"] || !MediaTypeHeaderValue.TryParseList(accept, out var ranges))
        {
            return types[0];
        }
        return types.Select(type => (type, type.In(ranges))).Where(wanted => wanted.Item2.Quality > 0)
            .OrderByDescending(wanted => wanted.Item2.Quality).ThenByDescending(wanted => wanted.Item2.Closeness)
            .Select(wanted => wanted.type).FirstOrDefault();
    }
}

/// <summary>Finds the format of the answer (RFC 9110 §12), and refuses with 406 before any work is done for an answer that nobody would take.</summary>
internal sealed class Negotiation(RequestDelegate next, Contracts contracts)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<AnswersIn>() is not { } answers)
        {
            return next(http);
        }
        if (answers.Types.Count > 1)
        {
            http.Response.VariesBy(HeaderNames.Accept);
        }
        if (answers.Preferred(http.Request) is not { } type || ContentCoding.NoneIsAccepted(http.Request))
        {
            return contracts.OwnerOf(http.Request.Path).RefuseAsync(http, HttpFault.NotAcceptable);
        }
        if (type != answers.Types[0])
        {
            http.Features.Set(type);
        }
        return next(http);
    }
}

internal static class Negotiated
{
    /// <summary>What the answer is to be given in.</summary>
    public static MediaType AnswerType(this HttpContext http) => http.Features.Get<MediaType>() ?? MediaType.Json;

    /// <summary>Names a header of requests on which the answer depends, for caches (RFC 9110 §12.5.5). All are in one line, each once.</summary>
    public static void VariesBy(this HttpResponse response, string header)
    {
        var vary = response.Headers.Vary.ToString();
        response.Headers.Vary = Names(vary, header) ? vary : vary.Length == 0 ? header : $"{vary}, {header}";
    }

    private static bool Names(ReadOnlySpan<char> list, string name)
    {
        foreach (var part in list.Split(','))
        {
            if (list[part].Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }
}
