using Microsoft.Net.Http.Headers;
using Quehacer.Server.Http;

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
        var (html, json, problem) = (MediaType.Html.In(ranges).Quality, MediaType.Json.In(ranges).Quality, MediaType.ProblemJson.In(ranges).Quality);
        return html >= Math.Max(json, problem) ? Format.Html : json >= problem ? Format.Json : Format.ProblemJson;
    }

    /// <summary>Whether HTML is wanted by name, as browsers do; <c>*/*</c> or no header at all says nothing.</summary>
    public static bool NamesHtml(HttpRequest request) => Preferred(request) == Format.Html
        && MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges)
        && ranges.Any(range => range.Type.Equals(MediaType.Html.Type, StringComparison.OrdinalIgnoreCase));
}
