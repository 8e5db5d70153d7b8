using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.Tareas.OpenApi;

/// <summary>What tareas says of itself.</summary>
internal static class TareasDescription
{
    public static readonly ContractDescription All = new(
        "tareas", "Quehacer tareas", "The same tasks in Spanish, for clients of the older document.",
        """
        Every answer has a `message` in Spanish, whatever `Accept-Language` says; two refusals of the older document are in English and stay so. Everything is in the caller's personal workspace.

        A refusal is `{error, message, field}`. With several values at fault the first is in `message` and `field`, and all of them are in `details`.

        Members and parameters that are not known mean nothing, and a parameter without a value is as if it were not there. Where a member is optional, an empty string says the same as `null`.

        Ids are UUIDs; the TypeIDs of v1 are taken as well. Every GET answers HEAD as well, and takes conditions (RFC 9110 §13).

        Answers of 1 KiB and more are compressed with `br` or `gzip` where `Accept-Encoding` takes them. Their strong tags end in `.br` or `.gzip`.
        """)
    {
        Operations = Operations.All,
        Tags = Operations.Tags,
        Parameters = Parameters.All,
        PathParameters = Parameters.OfPath,
        Headers = new(
            Samples.ETag, Samples.ListETag, "/api/tareas/" + Samples.TaskId, "/api/tareas?offset=10", Caching.Revalidate,
            "A cache of the client's own may keep it and asks every time whether it is still so.", "Of one thing it is a strong tag: put it into `If-Match` as it came."),
        Schemas = Schemas.All,
        ErrorSchema = "Error",
        Error = Samples.Error,
        LogIn = "POST /api/auth/login",
        AccessToken = "The `token` of `POST /api/auth/login` or `POST /api/auth/registro`, or an access token of any other contract.",
        CodeSamples = (operation, path, query, body) => [CurlSample.Of(operation, Samples.Origin, path, query, body)],
    };
}
