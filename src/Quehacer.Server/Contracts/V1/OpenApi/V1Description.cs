using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>What v1 says of itself.</summary>
internal static class V1Description
{
    public static readonly ContractDescription All = new(
        "v1", "Quehacer v1", "Tasks that are not lost, not done twice and not overwritten.",
        """
        The paths under `/api/v1/tasks` exist a second time, the same in everything, under `/tasks`; they are described once. Every GET answers HEAD as well, and takes conditions (RFC 9110 §13).

        Parameters that are not known are refused with 422, save those that begin with `_` or `utm_`. A refusal is `application/problem+json`, with a
        `code` for programs; its texts are in English, or in Spanish when `Accept-Language` prefers it.

        What is said over the WebSocket at `/api/v1/ws` is described in AsyncAPI, at `/asyncapi/v1.json`.

        Answers of 1 KiB and more are compressed with `br` or `gzip` where `Accept-Encoding` takes them. Their strong tags end in `.br` or `.gzip`.

        What is deprecated is marked so here, and answers with `Deprecation` (RFC 9745), `Sunset` (RFC 8594) once its end is known, and a `Link` to what takes its place.
        """)
    {
        Operations = Operations.All,
        Tags = Operations.Tags,
        Parameters = Parameters.All,
        PathParameters = Parameters.OfPath,
        RequestHeaders = ["X-Request-Id", "Accept-Language"],
        Headers = new(
            Samples.ETag, Samples.ListETag, "/api/v1/tasks/" + Samples.TaskId, "/api/v1/tasks?page=2", Caching.Revalidate,
            "A cache of the client's own may keep it and asks every time whether it is still so.", "Of one thing it is a strong tag: put it into `If-Match` as it came."),
        Schemas = Schemas.All,
        ErrorType = "application/problem+json",
        ErrorSchema = "Problem",
        Error = Samples.Problem,
        ErrorHeaders = ["Content-Language"],
        ValidationStatus = 422,
        LogIn = "POST /api/v1/auth/login",
        AccessToken = "An access token of `POST /api/v1/auth/login`.",
        CodeSamples = CodeSamples.Of,
    };
}
