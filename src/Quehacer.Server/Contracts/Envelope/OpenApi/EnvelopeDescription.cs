using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.Envelope.OpenApi;

/// <summary>What the envelope says of itself.</summary>
internal static class EnvelopeDescription
{
    private const int DevelopmentSeconds = 10;

    public static readonly ContractDescription All = new(
        "envelope", "Quehacer envelope", "Tasks by number, every answer within an envelope.",
        """
        Every answer is JSON: `{code, resultMessage, data, timestamp, cacheTTL}` where something was done or found, and `{code, resultMessage, errors}` where not. `code` is the
        status of the answer, `resultMessage` is for programs and never changes, and messages are in English. Every GET answers HEAD as well, and takes conditions (RFC 9110 §13).

        The tasks are those of the caller's own workspace, the same that v1 shows. Their ids are numbers; wherever an id goes in, the TypeID and the UUID of v1 will do as well.

        What was read may be taken for true for the seconds of `cacheTTL`, which are the `max-age` of `Cache-Control`. Tags are weak, for bodies carry the time; in `If-None-Match` and in
        `If-Match` they are good with their `W/` and without it.

        Parameters and members that are not known are ignored. Writes have a limit of their own within the caller's plan.
        """)
    {
        Operations = Operations.All,
        Tags = Operations.Tags,
        Parameters = Parameters.All,
        PathParameters = operation => operation.Path.Contains("{id}", StringComparison.Ordinal) ? ["TaskId"] : [],
        Headers = new(
            Samples.ETag, Samples.ListETag, $"{Envelope.Tasks}/{Samples.TaskNumber}", $"{Envelope.Tasks}/list/page?page=2", new Freshness(DevelopmentSeconds).CacheControl,
            "For how long a cache of the client's own may take it for true, as `cacheTTL` says, and for how long after that it may show it while it asks again.",
            "Of one task it is weak, and good in `If-Match` all the same."),
        Schemas = Schemas.All,
        ErrorSchema = "Refusal",
        Error = Samples.Refusal,
        AccessToken = "An access token of `POST /api/v1/auth/login`.",
        CodeSamples = (operation, path, query, body) => [CurlSample.Of(operation, Samples.Origin, path, query, body)],
    };
}
