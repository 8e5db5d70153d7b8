using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Http;

/// <summary>A request's body, read whole: its bytes for the fingerprint of an idempotency key, its JSON for the contract.</summary>
internal readonly record struct RequestBody(ReadOnlyMemory<byte> Bytes, JsonDocument? Json)
{
    public const int MaxBytes = 1024 * 1024;

    private const int FirstBytes = 16 * 1024;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    /// <summary>Reads and parses. A body is JSON (RFC 8259) in UTF-8; for PATCH it may be called a merge patch (RFC 7396).</summary>
    /// <param name="optional">An absent body is no fault; its JSON is null.</param>
    public static async Task<(RequestBody Body, HttpFault? Fault)> ReadAsync(HttpRequest request, bool optional)
    {
        var (read, fault) = await ReadBytesAsync(request);
        if (fault is not null)
        {
            return (default, fault);
        }
        if (read.Length == 0)
        {
            return (new RequestBody(read, null), optional ? null : HttpFault.MalformedJson);
        }
        if (!IsJson(request))
        {
            return (default, HttpFault.UnsupportedMediaType);
        }
        if (Parse(read) is not { } json)
        {
            return (default, HttpFault.MalformedJson);
        }
        request.HttpContext.Response.RegisterForDispose(json);
        return (new RequestBody(read, json), null);
    }

    /// <summary>One JSON text in UTF-8, with each member once and not too deep; null for anything else. The text must stay as it is for as long as the document is used.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> text)
    {
        if (!Utf8.IsValid(text.Span))
        {
            return null;
        }
        try
        {
            return JsonDocument.Parse(text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text, Options);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is what half of a surrogate pair in a member's name comes to when names are compared.
            return null;
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

    /// <summary>Gives up the request's place while the client is slow to send, and takes one again when all is there.</summary>
    private static async Task<(ReadOnlyMemory<byte> Bytes, HttpFault? Fault)> ReadBytesAsync(HttpRequest request)
    {
        if (request.ContentLength is 0)
        {
            return (ReadOnlyMemory<byte>.Empty, null);
        }
        if (request.ContentLength > MaxBytes)
        {
            return (default, HttpFault.BodyTooLarge);
        }
        // What a client announces and does not send takes no memory.
        var buffer = new byte[Math.Min(request.ContentLength ?? 4096, FirstBytes)];
        var length = 0;
        var waited = false;
        var place = request.HttpContext.Features.Get<Shedding.Place>();
        while (length != request.ContentLength)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, request.ContentLength ?? int.MaxValue));
            }
            var reading = ReadAsync(request, buffer.AsMemory(length));
            if (!reading.IsCompleted && !waited)
            {
                waited = true;
                place?.Leave();
            }
            var read = await reading;
            if (read == 0)
            {
                break;
            }
            length += read;
            if (length > MaxBytes)
            {
                return (default, HttpFault.BodyTooLarge);
            }
        }
        return waited && place?.TryTake() == false ? (default, HttpFault.Overloaded) : (buffer.AsMemory(0, length), null);
    }
}
