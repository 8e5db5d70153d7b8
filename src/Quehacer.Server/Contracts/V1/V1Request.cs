using System.Text.Json;
using Quehacer.Core;
using Quehacer.Core.Events;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>A refusal on its way out.</summary>
internal sealed class Refusal : IResult
{
    private readonly Func<HttpContext, Task> write;

    public Refusal(Problems problems, Error error) => write = http => problems.WriteAsync(http, error);

    public Refusal(Problems problems, HttpFault fault) => write = http => problems.RefuseAsync(http, fault);

    public Task ExecuteAsync(HttpContext httpContext) => write(httpContext);
}

/// <summary>What every write of v1 brings: a body, perhaps an idempotency key, perhaps preconditions.</summary>
internal sealed class V1Request
{
    private V1Request()
    {
    }

    public JsonElement? Body { get; private init; }

    public IdempotencyKey? Key { get; private init; }

    public required Conditions Conditions { get; init; }

    /// <summary>Reads the request, or says what is wrong with it.</summary>
    /// <param name="bodyIsOptional">An absent body is no fault.</param>
    /// <param name="identity">What of the body makes two requests the same; null for all of it. Secrets are left out, so that no fast hash of them is kept.</param>
    /// <param name="query">The parameters that the address takes, read; null for one that takes none.</param>
    public static async Task<(V1Request? Request, Refusal? Refusal)> ReadAsync(
        HttpContext http, Problems problems, bool keyRequired, bool bodyIsOptional = false, Func<JsonElement, byte[]>? identity = null, QueryReader? query = null)
    {
        if ((query is null ? QueryReader.RefuseAny(http.Request.Query) : query.Finish()) is { } error)
        {
            return (null, new Refusal(problems, error));
        }
        var (body, fault) = await RequestBody.ReadAsync(http.Request, bodyIsOptional);
        if (fault is { } unreadable)
        {
            return (null, new Refusal(problems, unreadable));
        }
        var root = body.Json?.RootElement;
        var (key, keyFault) = IdempotencyHeader.Read(http.Request, identity is null || root is null ? body.Bytes.Span : identity(root.Value));
        if (keyFault is { } malformed)
        {
            return (null, new Refusal(problems, malformed));
        }
        if (key is null && keyRequired && HttpMethods.IsPost(http.Request.Method))
        {
            return (null, new Refusal(problems, HttpFault.IdempotencyKeyMissing));
        }
        if (!Conditions.TryRead(http.Request, out var conditions))
        {
            return (null, new Refusal(problems, HttpFault.ConditionInvalid));
        }
        return (new V1Request { Body = root, Key = key, Conditions = conditions }, null);
    }

    /// <param name="isDemanded">The change is refused when it names no state.</param>
    public Precondition Precondition(Edit<int> version, bool isDemanded) => Conditions.OnChange(Conditional.Tags, version, isDemanded);
}
