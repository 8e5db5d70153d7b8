using Microsoft.Net.Http.Headers;
using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>A text for people, in both languages of the house.</summary>
internal readonly record struct Said(string English, string Spanish)
{
    public string In(Language language) => language == Language.Spanish ? Spanish : English;
}

internal static class Languages
{
    /// <summary>What <c>Accept-Language</c> prefers of the two; English when it says nothing of them (RFC 9110 §12.5.4).</summary>
    public static Language Preferred(HttpRequest request)
    {
        if (request.Headers.AcceptLanguage.Count == 0 || !StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var accepted))
        {
            return Language.English;
        }
        static double Quality(IList<StringWithQualityHeaderValue> accepted, string tag) => accepted
            .Where(language => language.Value.Equals(tag, StringComparison.OrdinalIgnoreCase) || language.Value.StartsWith(tag + "-", StringComparison.OrdinalIgnoreCase))
            .Select(language => language.Quality ?? 1).DefaultIfEmpty(0).Max();
        return Quality(accepted, "es") > Quality(accepted, "en") ? Language.Spanish : Language.English;
    }
}
