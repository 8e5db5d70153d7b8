using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Http;

/// <summary>A request's body, read whole: its bytes for the fingerprint of an idempotency key, its JSON for the contract.</summary>
internal readonly record struct RequestBody(ReadOnlyMemory<byte> Bytes, JsonDocument? Json)
{
    public const int MaxBytes = 1024 * 1024;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>Reads and parses. A body is JSON (RFC 8259) in UTF-8; for PATCH it may be called a merge patch (RFC 7396).</summary>
    /// <param name="optional">An absent body is no fault; its JSON is null.</param>
    public static async Task<(RequestBody Body, HttpFault? Fault)> ReadAsync(HttpRequest request, bool optional)
    {
        var bytes = await ReadBytesAsync(request);
        if (bytes is not { } read)
        {
            return (default, HttpFault.BodyTooLarge);
        }
        if (read.Length == 0)
        {
            return (new RequestBody(read, null), optional ? null : HttpFault.MalformedJson);
        }
        if (!IsJson(request))
        {
            return (default, HttpFault.UnsupportedMediaType);
        }
        if (!Utf8.IsValid(read.Span))
        {
            return (default, HttpFault.MalformedJson);
        }
        var text = read.Span.StartsWith("\uFEFF"u8) ? read[3..] : read;
        try
        {
            var json = JsonDocument.Parse(text, Options);
            request.HttpContext.Response.RegisterForDispose(json);
            return (new RequestBody(read, json), null);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is what half of a surrogate pair in a member's name comes to when names are compared.
            return (default, HttpFault.MalformedJson);
        }
    }

    private static bool IsJson(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0 && !"identity".Equals(request.Headers.ContentEncoding, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
        if (request.ContentType is "application/json")
        {
            return true;
        }
        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || (HttpMethods.IsPatch(request.Method) && type.MediaType.Equals("application/merge-patch+json", StringComparison.OrdinalIgnoreCase)))
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase));
    }

    private static async ValueTask<int> ReadAsync(HttpRequest request, Memory<byte> into)
    {
        try
        {
            return await request.Body.ReadAsync(into, request.HttpContext.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException and not BadHttpRequestException)
        {
            // A size of a chunk that no number holds, and a trailer that is no text, come as these and are the client's faults as well.
            throw new BadHttpRequestException("The body cannot be taken apart.", exception);
        }
    }

    /// <summary>Null when there are more bytes than <see cref="MaxBytes"/>.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadBytesAsync(HttpRequest request)
    {
        if (request.ContentLength is 0)
        {
            return ReadOnlyMemory<byte>.Empty;
        }
        if (request.ContentLength > MaxBytes)
        {
            return null;
        }
        var buffer = new byte[request.ContentLength ?? 4096];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (request.ContentLength is not null)
                {
                    break;
                }
                Array.Resize(ref buffer, buffer.Length * 2);
            }
            var read = await ReadAsync(request, buffer.AsMemory(length));
            if (read == 0)
            {
                break;
            }
            length += read;
            if (length > MaxBytes)
            {
                return null;
            }
        }
        return buffer.AsMemory(0, length);
    }
}
