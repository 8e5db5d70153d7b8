using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Labels;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Categories, at <c>/api/v1/categories</c>, or tags, at <c>/api/v1/tags</c>: the same but for their ids, the length of their names, and merging.</summary>
internal sealed class LabelEndpoints(LabelKind kind, LabelReader labels, LabelWriter writer, WorkspaceReader workspaces, Problems problems, WriteDemands demands)
{
    private readonly string prefix = Words.PrefixOf(kind);

    /// <summary>A tag made here can be put on a task by its name, so it is no longer than a task's tags may be.</summary>
    private readonly int nameCharacters = kind == LabelKind.Tag ? Limits.TagCharacters : Limits.LabelCharacters;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("", ListAsync).WithMetadata(AnswersIn.Rows);
        routes.Post("", CreateAsync);
        routes.Get("/{id}", GetAsync);
        routes.Put("/{id}", ChangeAsync);
        routes.Patch("/{id}", ChangeAsync);
        routes.Delete("/{id}", DeleteAsync);
        if (kind == LabelKind.Tag)
        {
            routes.Post("/{id}/merge", MergeAsync);
        }
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query);
        var page = query.Integer("page", Field.Page, int.MaxValue) ?? 1;
        var limit = query.Integer("limit", Field.Limit, Limits.PageLabels) ?? Limits.PageLabelsDefault;
        var withCounts = query.Flag("counts", Field.Counts) ?? false;
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        var isRows = http.AnswerType() != MediaType.Json;
        var isWhole = isRows && !query.Has("page") && !query.Has("limit");
        Validators Of(WorkspaceMoment moment) => V1.Conditional.OfList(
            moment, string.Create(CultureInfo.InvariantCulture, $"{http.Caller().WorkspaceId:N}|{kind}|{page}|{limit}|{withCounts}|{http.AnswerType()}|{isWhole}"));
        if (await V1.Conditional.InPlaceOfListAsync(http, workspaces, Of, problems) is { } other)
        {
            return other;
        }
        var listed = await labels.ListAsync(http.Caller(), kind, page, isWhole ? Limits.PageLabels : limit, withCounts, Endpoints.Bounded);
        if (!listed.IsOk)
        {
            return new Refusal(problems, listed.Error);
        }
        var total = listed.Value.Total;
        var validators = Of(listed.Value.Moment);
        var pagination = PaginationBody.Of(page, limit, total);
        var links = LinksBody.Of(http.Request, pagination);
        if (isRows)
        {
            return new RowsAnswer<LabelBody>(LabelRows.In(http.AnswerType(), kind, withCounts), Page(listed.Value)) { Link = isWhole ? null : links.ToHeader(), Total = total, Validators = validators };
        }
        List<LabelBody> bodies = [.. listed.Value.Labels.Select(LabelBody.Of)];
        return kind == LabelKind.Tag
            ? new Answer<TagListBody>(200, new TagListBody(bodies, pagination, links), BodyJson.Default.TagListBody) { Link = links.ToHeader(), Total = total, Validators = validators }
            : new Answer<CategoryListBody>(200, new CategoryListBody(bodies, pagination, links), BodyJson.Default.CategoryListBody) { Link = links.ToHeader(), Total = total, Validators = validators };

        RowPage<LabelBody> Page(LabelPage shown) => new(
            [.. shown.Labels.Select(LabelBody.Of)], isWhole && shown.Labels.Count == Limits.PageLabels ? () => NextAsync(shown.Labels[^1].Label) : null);

        async Task<Result<RowPage<LabelBody>>> NextAsync(Label last)
        {
            var behind = await labels.ListBehindAsync(http.Caller(), kind, last, Limits.PageLabels, withCounts, Endpoints.Bounded);
            return behind.IsOk ? Page(behind.Value) : behind.Error;
        }
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query);
        var withCount = query.Flag("counts", Field.Counts) ?? false;
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        if (!TryReadId(http, out var id))
        {
            return NotFound();
        }
        var found = await labels.GetAsync(http.Caller(), kind, id, withCount, Endpoints.Bounded);
        // The count changes with the tasks and not with the label, so an answer that has it has no strong tag.
        if (!found.IsOk)
        {
            return new Refusal(problems, found.Error);
        }
        var validators = withCount ? Validators.None : ValidatorsOf(found.Value);
        return V1.Conditional.InPlaceOf(http, validators, problems) ?? new Answer<LabelBody>(200, LabelBody.Of(found.Value), BodyJson.Default.LabelBody) { Validators = validators };
    }

    private async Task<IResult> CreateAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!request.Conditions.AllowCreation)
        {
            return new Refusal(problems, new Error(ErrorCode.PreconditionFailed));
        }
        var (edit, _) = Reading.Label(request.Body, isNew: true);
        return Shown(201, await writer.CreateAsync(http.Caller(), kind, edit, nameCharacters, request.Key, Endpoints.Bounded), http);
    }

    /// <summary>PUT and PATCH are the same, as with tasks: what the body names is changed, and nothing else.</summary>
    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadId(http, out var id))
        {
            return NotFound();
        }
        var (edit, version) = Reading.Label(request.Body, isNew: false);
        return Shown(200, await writer.ChangeAsync(http.Caller(), kind, id, edit, nameCharacters, request.Precondition(version, demands.Precondition), request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> DeleteAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadId(http, out var id))
        {
            return NotFound();
        }
        var deleted = await writer.DeleteAsync(http.Caller(), kind, id, request.Precondition(default, demands.Precondition), request.Key, Endpoints.Bounded);
        return deleted.IsOk ? new NoContent(deleted.Value.IsReplay) : new Refusal(problems, deleted.Error);
    }

    private async Task<IResult> MergeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadId(http, out var id))
        {
            return NotFound();
        }
        var (faults, into, version) = Reading.Merge(request.Body);
        return faults.Count > 0
            ? new Refusal(problems, Error.Invalid(faults))
            : Shown(200, await writer.MergeAsync(http.Caller(), id, into, request.Precondition(version, demands.Precondition), request.Key, Endpoints.Bounded));
    }

    private static Validators ValidatorsOf(LabelView view) => V1.Conditional.Of(view.Tag, view.Label.UpdatedAt);

    /// <summary>Anything else than an id of this kind names nothing.</summary>
    private bool TryReadId(HttpContext http, out Guid id) => Ids.TryParse(prefix, http.Route("id"), out id);

    /// <param name="collection">Where the label was made: its own address lies below.</param>
    private IResult Shown(int status, Result<Answered<LabelView>> written, HttpContext? collection = null)
    {
        if (!written.IsOk)
        {
            return new Refusal(problems, written.Error);
        }
        var body = LabelBody.Of(written.Value.Value);
        return new Answer<LabelBody>(status, body, BodyJson.Default.LabelBody)
        {
            Validators = ValidatorsOf(written.Value.Value),
            IsReplay = written.Value.IsReplay,
            Location = collection is null ? null : $"{collection.Request.Path.Value!.TrimEnd('/')}/{body.Id}{collection.InWorkspace()}",
        };
    }

    private Refusal NotFound() => new(problems, new Error(ErrorCode.NotFound));
}
