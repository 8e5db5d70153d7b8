using System.Globalization;
using Microsoft.Net.Http.Headers;
using Quehacer.Core;

namespace Quehacer.Server.Contracts.V1;

/// <summary>v1's entity tags: <c>"v1.&lt;incarnation&gt;.&lt;version&gt;.&lt;labels&gt;"</c>, strong (RFC 9110 §8.8.3).</summary>
internal static class Tags
{
    private const string Shape = "v1";

    public static string Format(EntityTag tag) => string.Create(CultureInfo.InvariantCulture, $"\"{Shape}.{tag.Incarnation}.{tag.Version}.{tag.LabelsRevision}\"");

    /// <summary>
    /// The tags of <c>If-Match</c> that could be ours; null when there is no such header or it is <c>*</c>. Weak tags never match
    /// (RFC 9110 §13.1.1). False when the header cannot be read.
    /// </summary>
    public static bool TryReadIfMatch(HttpRequest request, out IReadOnlyList<EntityTag>? tags)
    {
        tags = null;
        if (request.Headers.IfMatch.Count == 0)
        {
            return true;
        }
        if (!EntityTagHeaderValue.TryParseStrictList(request.Headers.IfMatch, out var parsed))
        {
            return false;
        }
        if (parsed.Any(tag => tag.Equals(EntityTagHeaderValue.Any)))
        {
            return true;
        }
        tags = [.. parsed.Where(tag => !tag.IsWeak).Select(tag => Parse(tag.Tag.AsSpan().Trim('"'))).OfType<EntityTag>()];
        return true;
    }

    private static EntityTag? Parse(ReadOnlySpan<char> tag)
    {
        var parts = tag.ToString().Split('.');
        return parts is [Shape, var incarnation, var version, var labels]
            && int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(labels, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? new EntityTag(incarnation, number, revision)
            : null;
    }
}
