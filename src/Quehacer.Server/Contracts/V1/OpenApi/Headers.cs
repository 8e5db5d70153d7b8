using System.Text.Json.Nodes;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The headers of answers, each described once.</summary>
internal static class Headers
{
    public static JsonObject All => new()
    {
        ["X-Request-Id"] = Header("The id of the request: yours, or one that the server made. It stands in every error and in the log.", Samples.RequestId),
        ["ETag"] = Header("The present state, as a strong tag. Put it into `If-Match` as it came.", Samples.ETag),
        ["Location"] = Header("Where the new thing is, relative to the server.", "/api/v1/tasks/" + Samples.TaskId),
        ["Link"] = Header("The addresses around the page (RFC 8288), the same as `_links`.", "</api/v1/tasks?page=2>; rel=\"next\""),
        ["X-Total-Count"] = Header("How many things the whole list has; absent where it was not counted.", 147),
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

    private static JsonObject Header(string description, JsonNode example) => new()
    {
        ["description"] = description,
        ["schema"] = example.GetValueKind() == System.Text.Json.JsonValueKind.Number
            ? new JsonObject { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 0, ["maximum"] = long.MaxValue }
            : new JsonObject { ["type"] = "string" },
        ["example"] = example,
    };
}
