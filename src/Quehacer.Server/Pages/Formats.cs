using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Pages;

/// <summary>What a page can be given as.</summary>
internal enum Format
{
    /// <summary>For people: also when nothing was asked for, since an address is most often followed in a browser.</summary>
    Html,
    Json,
    ProblemJson,
}

internal static class Formats
{
    private static readonly string[] Html = ["text", "html"];
    private static readonly string[] Json = ["application", "json"];
    private static readonly string[] ProblemJson = ["application", "problem+json"];

    /// <summary>
    /// What <c>Accept</c> prefers (RFC 9110 §12.5.1). A header that leaves all of them out is answered in HTML all the same: an explanation
    /// in the wrong format helps more than a refusal.
    /// </summary>
    public static Format Preferred(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges))
        {
            return Format.Html;
        }
        var (html, json, problem) = (Quality(ranges, Html), Quality(ranges, Json), Quality(ranges, ProblemJson));
        return html >= Math.Max(json, problem) ? Format.Html : json >= problem ? Format.Json : Format.ProblemJson;
    }

    /// <summary>Whether HTML is wanted by name, as browsers do; <c>*/*</c> or no header at all says nothing.</summary>
    public static bool NamesHtml(HttpRequest request) => Preferred(request) == Format.Html
        && MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges)
        && ranges.Any(range => range.Type.Equals(Html[0], StringComparison.OrdinalIgnoreCase));

    /// <summary>The quality of the most specific range that fits; 0 where none does.</summary>
    private static double Quality(IList<MediaTypeHeaderValue> ranges, string[] type) => ranges
        .Where(range => range.MatchesAllTypes || (range.Type.Equals(type[0], StringComparison.OrdinalIgnoreCase)
            && (range.MatchesAllSubTypes || range.SubType.Equals(type[1], StringComparison.OrdinalIgnoreCase))))
        .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
        .Select(range => range.Quality ?? 1)
        .FirstOrDefault(0);
}
