using System.Text.Json.Nodes;

namespace Quehacer.Server.OpenApi;

/// <summary>What headers look like in a contract's description.</summary>
/// <param name="ETag">Of one thing.</param>
/// <param name="ListETag">Of a list.</param>
/// <param name="Location">Of a new thing.</param>
/// <param name="Page">The address of a page, for <c>Link</c>.</param>
/// <param name="CacheControl">What caches are told.</param>
/// <param name="CacheControlSays">The same in words.</param>
/// <param name="TagSays">What a tag of one thing is good for, in words.</param>
internal sealed record HeaderSamples(string ETag, string ListETag, string Location, string Page, string CacheControl, string CacheControlSays, string TagSays)
{
    public const string LastModified = "Sat, 21 Nov 2026 08:30:00 GMT";
    public const string RequestId = "req_01m7ykm0xxfq9s3b6d1v8c5n2h";
}

/// <summary>The headers of answers, each described once for all contracts.</summary>
internal static class Headers
{
    public static JsonObject All(HeaderSamples samples) => new()
    {
        ["X-Request-Id"] = Header("The id of the request: yours, or one that the server made. It stands in every error and in the log.", HeaderSamples.RequestId),
        ["ETag"] = Header(
            $"The present state. {samples.TagSays} Of a list it is weak, and absent where the answer depends on the clock.", samples.ETag),
        ["Last-Modified"] = Header("When that last changed, once it is a second ago; absent until then.", HeaderSamples.LastModified),
        ["Cache-Control"] = Header(samples.CacheControlSays, samples.CacheControl),
        ["Location"] = Header("Where the new thing is, relative to the server.", samples.Location),
        ["Content-Location"] = Header("Where the thing is that is shown, relative to the server: the request went to another address (RFC 9110 §8.7).", samples.Location),
        ["Link"] = Header("The addresses around the page (RFC 8288), the same as `_links`. Absent where the answer is the whole list.", $"<{samples.Page}>; rel=\"next\""),
        ["X-Total-Count"] = Header("How many things the whole list has; absent where it was not counted.", 147),
        ["Vary"] = Header("The headers of the request that the answer depends on, for caches.", "Authorization, Accept, Accept-Encoding"),
        ["Content-Disposition"] = Header("The name of the file. With `text/csv` only.", "attachment; filename=\"tasks.csv\""),
        ["Idempotent-Replayed"] = Header("`true` when this is the answer of an earlier request with the same `Idempotency-Key`; absent otherwise.", "true"),
        ["Retry-After"] = Header("Seconds to wait before the request is repeated.", 2),
        ["X-RateLimit-Limit"] = Header("How many requests the limit allows that is nearest to its end. Absent, like the other headers of limits, where limits are off or a request was refused before it was counted.", 100),
        ["X-RateLimit-Remaining"] = Header("How many of them are left.", 99),
        ["X-RateLimit-Reset"] = Header("When the count begins anew, in Unix seconds.", 1795253460L),
        ["RateLimit-Policy"] = Header("All limits that hold for the request (draft-ietf-httpapi-ratelimit-headers): `q` requests in `w` seconds.", "\"standard\";q=100;w=60"),
        ["RateLimit"] = Header("The limit that is nearest to its end: `r` requests are left, for `t` seconds.", "\"standard\";r=99;t=60"),
        ["WWW-Authenticate"] = Header("How to authenticate (RFC 6750).", "Bearer realm=\"quehacer\""),
        ["Content-Language"] = Header("The language of `title`, `detail` and `message`.", "en"),
    };

    /// <summary>Only where something is deprecated; elsewhere nobody refers to it.</summary>
    public static JsonObject Deprecation => Header("Since when this should not be used any more (RFC 9745): `@` and Unix seconds. `Link` leads to what takes its place.", "@1893456000");

    /// <summary>As <see cref="Deprecation"/>; absent while the end is not known.</summary>
    public static JsonObject Sunset => Header("When this ends (RFC 8594).", "Wed, 01 Jan 2031 00:00:00 GMT");

    private static JsonObject Header(string description, JsonNode example) => new()
    {
        ["description"] = description,
        ["schema"] = example.GetValueKind() == System.Text.Json.JsonValueKind.Number
            ? new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0, ["maximum"] = long.MaxValue }
            : new JsonObject { ["type"] = "string" },
        ["example"] = example,
    };
}
