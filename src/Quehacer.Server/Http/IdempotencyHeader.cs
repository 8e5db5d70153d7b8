using System.Security.Cryptography;
using System.Text;
using Quehacer.Core;
using Quehacer.Core.Events;

namespace Quehacer.Server.Http;

/// <summary>
/// Reads <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header-07): a structured string in quotes; one without quotes is
/// accepted too, because many clients send it so.
/// </summary>
internal static class IdempotencyHeader
{
    private const string Name = "Idempotency-Key";

    /// <summary>The key of a request, null where it has none.</summary>
    /// <param name="body">What of the body belongs to the request's identity: everything, except secrets.</param>
    public static (IdempotencyKey? Key, HttpFault? Fault) Read(HttpRequest request, ReadOnlySpan<byte> body)
    {
        var header = request.Headers[Name];
        if (header.Count == 0)
        {
            return (null, null);
        }
        if (header.Count > 1 || Parse(header[0]!) is not { } value)
        {
            return (null, HttpFault.IdempotencyKeyInvalid);
        }
        return (new IdempotencyKey(value, Fingerprint(request, body)), null);
    }

    /// <summary>The key within the header's value, or null when it is malformed.</summary>
    internal static string? Parse(string header)
    {
        var text = header.Trim();
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)
        {
            return null;
        }
        if (text is ['"', ..])
        {
            // RFC 8941 §3.3.3: only \" and \\ are escapes.
            var key = new StringBuilder(text.Length);
            for (var i = 1; i < text.Length; i++)
            {
                if (text[i] == '"')
                {
                    return i == text.Length - 1 ? Bounded(key.ToString()) : null;
                }
                if (text[i] == '\\' && (++i == text.Length || text[i] is not ('"' or '\\')))
                {
                    return null;
                }
                key.Append(text[i]);
            }
            return null;
        }
        return text.AsSpan().IndexOfAny("\",; ") >= 0 ? null : Bounded(text);
    }

    private static string? Bounded(string key) => key.Length is >= 1 and <= Limits.IdempotencyKeyCharacters ? key : null;

    private static byte[] Fingerprint(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.PathBase}{request.Path}\n{request.QueryString}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
