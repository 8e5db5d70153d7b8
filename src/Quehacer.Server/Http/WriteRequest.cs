using System.Text;
using System.Text.Json;
using Quehacer.Core;
using Quehacer.Core.Events;

namespace Quehacer.Server.Http;

/// <summary>What every write brings, whatever the contract: a body, perhaps an idempotency key, perhaps preconditions.</summary>
internal sealed class WriteRequest
{
    private static readonly string[] Secrets = ["password", "current_password", "code", "token"];

    private WriteRequest()
    {
    }

    public JsonElement? Body { get; private init; }

    public IdempotencyKey? Key { get; private init; }

    public required Conditions Conditions { get; init; }

    /// <summary>Reads the request, or says what is wrong with it.</summary>
    /// <param name="keyRequired">A POST without an idempotency key is refused.</param>
    /// <param name="bodyIsOptional">An absent body is no fault.</param>
    /// <param name="identity">What of the body makes two requests the same; null for all of it. Secrets are left out, so that no fast hash of them is kept.</param>
    public static async Task<(WriteRequest? Request, HttpFault? Fault)> ReadAsync(
        HttpContext http, bool keyRequired, bool bodyIsOptional = false, Func<JsonElement, byte[]>? identity = null)
    {
        var (body, unreadable) = await RequestBody.ReadAsync(http.Request, bodyIsOptional);
        if (unreadable is not null)
        {
            return (null, unreadable);
        }
        var root = body.Json?.RootElement;
        var (key, malformed) = IdempotencyHeader.Read(http.Request, identity is null || root is null ? body.Bytes.Span : identity(root.Value));
        if (malformed is not null)
        {
            return (null, malformed);
        }
        if (key is null && keyRequired && HttpMethods.IsPost(http.Request.Method))
        {
            return (null, HttpFault.IdempotencyKeyMissing);
        }
        return Conditions.TryRead(http.Request, out var conditions)
            ? (new WriteRequest { Body = root, Key = key, Conditions = conditions }, null)
            : (null, HttpFault.ConditionInvalid);
    }

    /// <summary>
    /// The members of a body that may be hashed fast: all but passwords and what else is short enough to be guessed, or is kept as nothing but a hash of its
    /// own. Whoever takes those verifies them on a repeat, or binds them to the key in another way.
    /// </summary>
    public static byte[] WithoutPassword(JsonElement body) => body.ValueKind != JsonValueKind.Object
        ? []
        : Encoding.UTF8.GetBytes(string.Join('\n', body.EnumerateObject().Where(member => Array.IndexOf(Secrets, member.Name) < 0).Select(member => member.ToString())));
}
