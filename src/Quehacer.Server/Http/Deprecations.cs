using System.Collections.Immutable;
using System.Globalization;

namespace Quehacer.Server.Http;

/// <summary>Something of the API that is not to be used any more: an endpoint, one of its parameters, or a contract with all that is below its path.</summary>
/// <param name="Path">The pattern as it is mapped, such as <c>/api/v1/tasks/{id}</c>.</param>
/// <param name="Since">The moment since which it should not be used, in UTC; it may lie ahead (RFC 9745 §2.1).</param>
/// <param name="Page">The address of a page, absolute or within this server, that says what takes its place.</param>
internal sealed record Deprecation(string Path, DateTime Since, string Page)
{
    /// <summary>One method of the path; null for all.</summary>
    public string? Method { get; init; }

    /// <summary>Everything below the path as well: a contract.</summary>
    public bool IsContract { get; init; }

    /// <summary>Only requests with this query parameter.</summary>
    public string? Parameter { get; init; }

    /// <summary>When it ends, in UTC (RFC 8594); null while that is not known.</summary>
    public DateTime? Sunset { get; init; }

    /// <summary>The address of what takes its place, where there is one (RFC 5829).</summary>
    public string? Successor { get; init; }

    /// <summary>
    /// From the sunset on it is answered with 410. Servers are upgraded when their owners please, so a day in the calendar ends nothing by itself:
    /// this is set by the release that takes the thing away.
    /// </summary>
    public bool EndsAtSunset { get; init; }

    /// <param name="method">Of a request or an operation. HEAD is a GET without the body.</param>
    /// <param name="path">The pattern of the endpoint; the path of the request where there is none.</param>
    public bool Covers(string method, string path) =>
        (Method is null || Method == (HttpMethods.IsHead(method) ? HttpMethods.Get : method))
        && (IsContract ? new PathString(path).StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase) : path.Equals(Path, StringComparison.OrdinalIgnoreCase));

    public bool HasEnded(DateTime now) => EndsAtSunset && Sunset <= now;
}

/// <summary>The one table of what is deprecated. Headers, refusals and the OpenAPI document are made from it.</summary>
internal sealed class Deprecations
{
    /// <summary>Of this program. A line here is a line in the changelog, too.</summary>
    public static readonly Deprecations Current = new();

    /// <summary>docs/versioning.md promises a year between the first word of it and the end.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromDays(365);

    private readonly ImmutableArray<Deprecation> all;

    /// <exception cref="ArgumentException">A line breaks a promise or contradicts itself.</exception>
    public Deprecations(params ReadOnlySpan<Deprecation> all)
    {
        foreach (var one in all)
        {
            Demand(one, one.Path.StartsWith('/'), "its path begins with a slash");
            Demand(one, one.Since.Kind == DateTimeKind.Utc && one.Sunset is null or { Kind: DateTimeKind.Utc }, "its times are UTC");
            Demand(one, one.Sunset is null || one.Sunset >= one.Since + Notice, "it ends a year after it was deprecated, or later");
            Demand(one, !one.EndsAtSunset || (one.Sunset is not null && one.Parameter is null), "what ends has a sunset; a parameter that ends is one that the endpoint does not know any more");
            Demand(one, !one.IsContract || (one.Method is null && one.Parameter is null), "a contract is deprecated as a whole");
        }
        this.all = [.. all];
    }

    public bool IsEmpty => all.IsEmpty;

    /// <summary>What a request to this endpoint may touch, parameters included.</summary>
    public IEnumerable<Deprecation> Of(string method, string path) => all.Where(one => one.Covers(method, path));

    private static void Demand(Deprecation one, bool holds, string promise)
    {
        if (!holds)
        {
            throw new ArgumentException($"The deprecation of {one.Method} {one.Path} {one.Parameter} does not hold to this: {promise}.");
        }
    }
}

/// <summary>
/// Says on every answer, refusals included, that what was asked for is deprecated: <c>Deprecation</c> (RFC 9745), <c>Sunset</c> (RFC 8594), and
/// the links to read on at. Where several lines of the table fit, the earliest times count and all links are given. Stands behind routing.
/// </summary>
internal sealed class DeprecationHeaders(RequestDelegate next, Contracts contracts, Deprecations deprecations, TimeProvider time)
{
    public Task InvokeAsync(HttpContext http)
    {
        var pattern = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        var path = pattern is null ? http.Request.Path.Value ?? "/" : "/" + pattern.Trim('/');
        var found = deprecations.Of(http.Request.Method, path).Where(one => one.Parameter is null || http.Request.Query.ContainsKey(one.Parameter)).ToList();
        if (found.Count == 0)
        {
            return next(http);
        }
        http.Response.OnStarting(() =>
        {
            Set(http.Response.Headers, found);
            return Task.CompletedTask;
        });
        return found.Any(one => one.HasEnded(time.GetUtcNow().UtcDateTime)) ? contracts.OwnerOf(http.Request.Path).RefuseAsync(http, HttpFault.Ended) : next(http);
    }

    private static void Set(IHeaderDictionary headers, List<Deprecation> found)
    {
        // A date of RFC 9651 §3.3.7: seconds since 1970.
        headers["Deprecation"] = string.Create(CultureInfo.InvariantCulture, $"@{new DateTimeOffset(found.Min(one => one.Since)).ToUnixTimeSeconds()}");
        if (found.Min(one => one.Sunset) is { } sunset)
        {
            headers["Sunset"] = sunset.ToString("r", CultureInfo.InvariantCulture);
        }
        var links = found.SelectMany(Links).Distinct();
        headers.Link = string.Join(", ", headers.Link.Where(link => !string.IsNullOrEmpty(link)).Concat(links));
    }

    private static IEnumerable<string> Links(Deprecation one)
    {
        yield return $"<{one.Page}>; rel=\"deprecation\"; type=\"text/html\"";
        if (one.Sunset is not null)
        {
            yield return $"<{one.Page}>; rel=\"sunset\"; type=\"text/html\"";
        }
        if (one.Successor is not null)
        {
            yield return $"<{one.Successor}>; rel=\"successor-version\"";
        }
    }
}
