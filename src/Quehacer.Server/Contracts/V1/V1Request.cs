using System.Text.Json;
using Quehacer.Core;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Reads the writes of v1, which refuses parameters in the query that a write does not take.</summary>
internal static class V1Request
{
    /// <summary>What a request brings, or what is wrong with it. The other parameters are those of <see cref="WriteRequest.ReadAsync"/>.</summary>
    /// <param name="query">The parameters that the address takes, read; null for one that takes none.</param>
    public static async Task<(WriteRequest? Request, Refusal? Refusal)> ReadAsync(
        HttpContext http, Problems problems, bool keyRequired, bool bodyIsOptional = false, Func<JsonElement, byte[]>? identity = null, QueryReader? query = null)
    {
        if ((query is null ? QueryReader.RefuseAny(http.Request.Query) : query.Finish()) is { } error)
        {
            return (null, new Refusal(problems, error));
        }
        var (request, fault) = await WriteRequest.ReadAsync(http, keyRequired, bodyIsOptional, identity);
        return fault is { } unreadable ? (null, new Refusal(problems, unreadable)) : (request, null);
    }

    /// <param name="isDemanded">The change is refused when it names no state.</param>
    public static Precondition Precondition(this WriteRequest request, Edit<int> version, bool isDemanded) =>
        request.Conditions.OnChange(V1.Conditional.Tags, version, isDemanded);
}
