using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Extensions;
using Quehacer.Core;
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

/// <summary>What a list by cursor is asked for, whatever it is a list of.</summary>
internal readonly record struct CursorQuery(int Limit, string? Cursor, bool WithTotal)
{
    /// <param name="most">Things on a page.</param>
    /// <param name="usual">The same where nothing is said.</param>
    /// <param name="isCounted">Whether somebody may ask how many there are in all.</param>
    public static CursorQuery Read(QueryReader query, int most, int usual, bool isCounted = true) =>
        new(query.Integer("limit", Field.Limit, most) ?? usual, query.Single("cursor", Field.Cursor), isCounted && (query.Flag("include_total", Field.IncludeTotal) ?? false));

    /// <summary>The page that was found, with the way to those around it.</summary>
    /// <param name="body">Of the page, from where it lies and its links.</param>
    public Answer<TBody> Answer<TBody>(
        HttpContext http, long? total, string? next, string? previous, Func<PaginationBody, LinksBody, TBody> body, JsonTypeInfo<TBody> type, bool isSecret = false)
    {
        var pagination = PaginationBody.Of(page: null, Limit, total, next, previous);
        var links = LinksBody.OfPlace(http.Request, pagination);
        return new Answer<TBody>(200, body(pagination, links), type) { Link = links.ToHeader(), Total = total, IsSecret = isSecret };
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

    /// <summary>Of a list that is read by cursor and has no numbered pages.</summary>
    public static LinksBody OfPlace(HttpRequest request, PaginationBody pagination)
    {
        var kept = request.Query.Where(parameter => parameter.Key != "cursor" && !QueryReader.IsForeign(parameter.Key))
            .SelectMany(parameter => parameter.Value.Select(value => KeyValuePair.Create(parameter.Key, value ?? ""))).ToList();
        var address = (request.PathBase + request.Path).ToUriComponent();
        string? Link(string? cursor) => cursor is null ? null : address + new QueryBuilder(kept.Append(KeyValuePair.Create("cursor", cursor)));
        var first = address + new QueryBuilder(kept);
        return new(request.Query["cursor"] is [{ } here] ? Link(here)! : first, first, Last: null, Link(pagination.NextCursor), Link(pagination.PreviousCursor));
    }

    /// <summary>The same for clients that read headers (RFC 8288), with the registered names of relations.</summary>
    public string ToHeader() => string.Join(", ",
        new[] { (Self, "self"), (First, "first"), (Last, "last"), (Next, "next"), (Previous, "prev") }
            .Where(link => link.Item1 is not null).Select(link => $"<{link.Item1}>; rel=\"{link.Item2}\""));
}
