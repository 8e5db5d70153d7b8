using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Extensions;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Where a page lies within its list. By page it has a number and, unless it was not wanted, a total; by cursor neither unless asked for.</summary>
internal sealed record PaginationBody(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Page,
    int Limit,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Total,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? TotalPages,
    bool HasNext,
    bool HasPrevious,
    string? NextCursor,
    string? PreviousCursor)
{
    /// <param name="page">Null for a list by cursor.</param>
    /// <param name="total">Null when it was not counted.</param>
    public static PaginationBody Of(int? page, int limit, long? total, string? nextCursor = null, string? previousCursor = null)
    {
        var pages = (total + limit - 1) / limit;
        return new(page, limit, total, pages, page < pages || nextCursor is not null, page > 1 || previousCursor is not null, nextCursor, previousCursor);
    }
}

/// <summary>Addresses of the pages around, as references relative to this server (RFC 3986 §4.2), so that they hold behind any proxy.</summary>
internal sealed record LinksBody(
    string Self,
    string First,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Last,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Previous)
{
    public static LinksBody Of(HttpRequest request, PaginationBody pagination)
    {
        var address = request.PathBase + request.Path;
        var kept = request.Query.Where(parameter => parameter.Key is not ("page" or "cursor") && !QueryReader.IsForeign(parameter.Key))
            .SelectMany(parameter => parameter.Value.Select(value => KeyValuePair.Create(parameter.Key, value ?? ""))).Concat(request.HttpContext.WorkspaceParameter()).ToList();
        string Link(string name, string value) => address.ToUriComponent() + new QueryBuilder(kept.Append(KeyValuePair.Create(name, value)));
        string ToPage(long number) => Link("page", number.ToString(CultureInfo.InvariantCulture));

        var first = ToPage(1);
        if (pagination.Page is not { } page)
        {
            return new(
                request.Query["cursor"] is [{ } here] ? Link("cursor", here) : first, first, Last: null,
                pagination.NextCursor is { } next ? Link("cursor", next) : null, pagination.PreviousCursor is { } previous ? Link("cursor", previous) : null);
        }
        return new(
            ToPage(page), first, pagination.TotalPages is { } pages ? ToPage(Math.Max(pages, 1)) : null,
            pagination.HasNext ? ToPage(page + 1L) : null, pagination.HasPrevious ? ToPage(page - 1) : null);
    }

    /// <summary>The same for clients that read headers (RFC 8288), with the registered names of relations.</summary>
    public string ToHeader() => string.Join(", ",
        new[] { (Self, "self"), (First, "first"), (Last, "last"), (Next, "next"), (Previous, "prev") }
            .Where(link => link.Item1 is not null).Select(link => $"<{link.Item1}>; rel=\"{link.Item2}\""));
}
