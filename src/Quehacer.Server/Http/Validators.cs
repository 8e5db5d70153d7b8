using Microsoft.Net.Http.Headers;
using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>What an answer says of the state that it shows (RFC 9110 §8.8).</summary>
/// <param name="ETag">As it is sent; null where equal states cannot be told, as with a filter that depends on the clock.</param>
/// <param name="ChangedAt">When what is shown last looked different, UTC; null where nobody knows.</param>
internal readonly record struct Validators(string? ETag, DateTime? ChangedAt)
{
    public static readonly Validators None;

    /// <summary>The tag, and the date once it can be relied on.</summary>
    public void WriteTo(IHeaderDictionary headers)
    {
        if (ETag is not null)
        {
            headers.ETag = ETag;
        }
        if (ChangedAt is { } changedAt && LastModified.Of(changedAt, DateTime.UtcNow) is { } told)
        {
            headers.LastModified = HeaderUtilities.FormatDate(told);
        }
    }
}

/// <summary>What caches are told of an answer (RFC 9111).</summary>
internal static class Caching
{
    /// <summary>For the client's own cache, which asks every time whether it is still so.</summary>
    public const string Revalidate = "private, no-cache";

    /// <summary>Kept by nobody: what holds a secret, and what is told of one request only.</summary>
    public const string Never = "no-store";
}

/// <summary>304: what the client has is still so (RFC 9110 §15.4.5). It has the headers that the answer in full would have had, and no body.</summary>
/// <param name="current">With the tag that the client named.</param>
/// <param name="cacheControl">As for the answer in full.</param>
internal sealed class NotModified(Validators current, string cacheControl) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var headers = httpContext.Response.Headers;
        headers.CacheControl = cacheControl;
        httpContext.Response.VariesBy(HeaderNames.Authorization);
        current.WriteTo(headers);
        httpContext.Response.StatusCode = StatusCodes.Status304NotModified;
        return Task.CompletedTask;
    }
}
