using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;

namespace Quehacer.Server.Http;

/// <summary>A JSON answer with the headers that go with it.</summary>
internal sealed class Answer<T>(int status, T body, JsonTypeInfo<T> type) : IResult
{
    public Validators Validators { get; init; }

    public string? Location { get; init; }

    /// <summary>The address of what is shown, where it was written by way of another (RFC 9110 §8.7).</summary>
    public string? ContentLocation { get; init; }

    public bool IsReplay { get; init; }

    /// <summary>The addresses around a page (RFC 8288).</summary>
    public string? Link { get; init; }

    /// <summary>How many things the whole list has, where that was counted.</summary>
    public long? Total { get; init; }

    public string CacheControl { get; init; } = Caching.Revalidate;

    /// <summary>Tokens are never kept by anything between server and client (RFC 6749 §5.1).</summary>
    public bool IsSecret { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var headers = httpContext.Response.Headers;
        if (IsSecret)
        {
            headers.CacheControl = Caching.Never;
        }
        else
        {
            headers.CacheControl = CacheControl;
            httpContext.Response.VariesBy(HeaderNames.Authorization);
        }
        Validators.WriteTo(headers);
        if (Location is not null)
        {
            headers.Location = Location;
        }
        if (ContentLocation is not null)
        {
            headers.ContentLocation = ContentLocation;
        }
        if (IsReplay)
        {
            headers["Idempotent-Replayed"] = "true";
        }
        if (Link is not null)
        {
            headers.Link = Link;
        }
        if (Total is { } total)
        {
            headers["X-Total-Count"] = total.ToString(CultureInfo.InvariantCulture);
        }
        return JsonAnswer.WriteAsync(httpContext, status, "application/json; charset=utf-8", body, type);
    }
}

/// <summary>A list in a format that has a row for each thing: a page of it, or all of it.</summary>
internal sealed class RowsAnswer<T>(RowFormat<T> format, RowPage<T> first) : IResult
{
    /// <summary>The addresses around the page; null for the whole list.</summary>
    public string? Link { get; init; }

    /// <summary>How many things the whole list had when it was begun, where that was counted.</summary>
    public long? Total { get; init; }

    public Validators Validators { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var headers = httpContext.Response.Headers;
        headers.CacheControl = Caching.Revalidate;
        httpContext.Response.VariesBy(HeaderNames.Authorization);
        Validators.WriteTo(headers);
        if (Link is not null)
        {
            headers.Link = Link;
        }
        if (Total is { } total)
        {
            headers["X-Total-Count"] = total.ToString(CultureInfo.InvariantCulture);
        }
        return Rows.WriteAsync(httpContext, format, first);
    }
}

/// <summary>202, for what is done later, or perhaps not at all, and says nothing of it.</summary>
internal sealed class Accepted(bool isReplay) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (isReplay)
        {
            httpContext.Response.Headers["Idempotent-Replayed"] = "true";
        }
        httpContext.Response.StatusCode = StatusCodes.Status202Accepted;
        httpContext.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}

/// <summary>204, for what leaves nothing to show.</summary>
internal sealed class NoContent(bool isReplay) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (isReplay)
        {
            httpContext.Response.Headers["Idempotent-Replayed"] = "true";
        }
        httpContext.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}

internal static class JsonAnswer
{
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Json)? scratch;

    /// <summary>Serialises whole before the first byte is sent, so that the length is known and a failure is still an error.</summary>
    public static Task WriteAsync<T>(HttpContext http, int status, string contentType, T body, JsonTypeInfo<T> type)
    {
        if (scratch is not var (buffer, json))
        {
            buffer = new ArrayBufferWriter<byte>(16 * 1024);
            // Letters of every language stay readable; the answer is JSON by its type and is never sniffed.
            json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
            scratch = (buffer, json);
        }
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        JsonSerializer.Serialize(json, body, type);
        json.Flush();
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = buffer.WrittenCount;
        http.Response.BodyWriter.Write(buffer.WrittenSpan);
        // The end of the request sends it: one packet, no wait.
        return Task.CompletedTask;
    }
}
