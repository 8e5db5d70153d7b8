using System.Text.Json.Nodes;
using Quehacer.Core;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.OpenApi;

/// <summary>The headers that requests bring, each described once for all contracts.</summary>
internal static class RequestHeaders
{
    public static JsonObject All(HeaderSamples samples) => new()
    {
        ["Idempotency-Key"] = Header(
            "Idempotency-Key", "Makes the request safe to repeat: repeated under the same key it is answered again, not done again. In quotes or without.",
            new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.IdempotencyKeyCharacters + 2 }, "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""),
        ["If-Match"] = Header(
            "If-Match", "The `ETag` of the state that you have seen, or several with commas: the request is done only while one of them is the present one. `*` for any state.", Text(null, 1024), samples.ETag),
        ["If-None-Match"] = Header(
            "If-None-Match", "Tags that you know, with commas, or `*`. A read of what has one of them is answered with 304, a write to it with 412.", Text(null, 1024), samples.ListETag),
        ["If-Modified-Since"] = Header("If-Modified-Since", "The `Last-Modified` of what you have: 304 when nothing has changed since. `If-None-Match` wins.", Text(null, 64), HeaderSamples.LastModified),
        ["If-Unmodified-Since"] = Header(
            "If-Unmodified-Since", "The `Last-Modified` of what you have: 412 when it has changed since. `If-Match` wins.", Text(null, 64), HeaderSamples.LastModified),
        ["X-Request-Id"] = Header("X-Request-Id", "An id of your own for this request. Without one the server makes one.", Text("^[A-Za-z0-9._-]+$", 128), "from-the-docs.1"),
        ["Accept-Language"] = Header("Accept-Language", "`es` or `en`: the language in which refusals are told to people.", Text(null, 255), "en"),
    };
}
