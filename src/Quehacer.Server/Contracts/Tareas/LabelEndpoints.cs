using Quehacer.Core;
using Quehacer.Core.Labels;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>Categories, at <c>/api/categorias</c>, or tags, at <c>/api/etiquetas</c>: the same but for colours and for what they are called.</summary>
internal sealed class LabelEndpoints(LabelKind kind, LabelReader labels, LabelWriter writer, WorkspaceReader workspaces, Errors errors, WriteDemands demands)
{
    private readonly bool isTag = kind == LabelKind.Tag;
    private readonly string prefix = kind == LabelKind.Tag ? Ids.TagPrefix : Ids.CategoryPrefix;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("", ListAsync);
        routes.Post("", CreateAsync);
        routes.Get("/{id}", GetAsync);
        routes.Put("/{id}", ChangeAsync);
        routes.Delete("/{id}", DeleteAsync);
    }

    /// <summary>All of them: 003 has no pages here.</summary>
    private async Task<IResult> ListAsync(HttpContext http)
    {
        Validators Of(WorkspaceMoment moment) => Tareas.Conditional.OfList(moment, $"{http.Caller().WorkspaceId:N}|{kind}");
        if (await Tareas.Conditional.InPlaceOfListAsync(http, workspaces, Of, errors) is { } other)
        {
            return other;
        }
        var listed = await AllAsync(http.Caller());
        if (!listed.IsOk)
        {
            return new Refusal(errors, listed.Error);
        }
        var (all, moment) = listed.Value;
        var validators = moment is { } one ? Of(one) : Validators.None;
        var userId = http.Caller().UserId;
        return isTag
            ? new Answer<TagListBody>(200, new TagListBody("Etiquetas obtenidas exitosamente", [.. all.Select(label => TagBody.Of(label, userId))]), TareasJson.Default.TagListBody) { Validators = validators }
            : new Answer<CategoryListBody>(
                200, new CategoryListBody("Categorías obtenidas exitosamente", [.. all.Select(label => CategoryBody.Of(label, userId))]), TareasJson.Default.CategoryListBody)
            {
                Validators = validators,
            };
    }

    /// <summary>All labels, by their names, and the moment that they are of; null where something happened between two pages, so that they are of none.</summary>
    private async Task<Result<(List<Label> Labels, WorkspaceMoment? Moment)>> AllAsync(Caller caller)
    {
        var all = new List<Label>();
        WorkspaceMoment? moment = null;
        while (true)
        {
            var listed = all.Count == 0
                ? await labels.ListAsync(caller, kind, page: 1, Limits.WalkPageLabels, withTaskCounts: false, Endpoints.Bounded)
                : await labels.ListBehindAsync(caller, kind, all[^1], Limits.WalkPageLabels, withTaskCounts: false, Endpoints.Bounded);
            if (!listed.IsOk)
            {
                return listed.Error;
            }
            var page = listed.Value;
            moment = all.Count == 0 || moment?.Revision == page.Moment.Revision ? page.Moment : null;
            all.AddRange(page.Labels.Select(view => view.Label));
            if (page.Labels.Count < Limits.WalkPageLabels)
            {
                return (all, moment);
            }
        }
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (!TryReadId(http, out var id))
        {
            return MalformedId();
        }
        var found = await labels.GetAsync(http.Caller(), kind, id, withTaskCount: false, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(errors, found.Error);
        }
        return Tareas.Conditional.InPlaceOf(http, ValidatorsOf(found.Value), errors) ?? Shown(http, 200, "obtenida", new Answered<LabelView>(found.Value, IsReplay: false));
    }

    private async Task<IResult> CreateAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        if (!request.Conditions.AllowCreation)
        {
            return new Refusal(errors, new Error(ErrorCode.PreconditionFailed));
        }
        var edit = Reading.Label(request.Body, kind);
        return Shown(http, 201, "creada", await writer.CreateAsync(http.Caller(), kind, edit, Limits.LabelCharacters, request.Key, Endpoints.Bounded), http.Request.Path);
    }

    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        if (!TryReadId(http, out var id))
        {
            return MalformedId();
        }
        var edit = Reading.Label(request.Body, kind);
        return Shown(http, 200, "actualizada", await writer.ChangeAsync(http.Caller(), kind, id, edit, Limits.LabelCharacters, PreconditionOf(request), request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> DeleteAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        if (!TryReadId(http, out var id))
        {
            return MalformedId();
        }
        var deleted = await writer.DeleteAsync(http.Caller(), kind, id, PreconditionOf(request), request.Key, Endpoints.Bounded);
        return deleted.IsOk ? new NoContent(deleted.Value.IsReplay) : new Refusal(errors, deleted.Error);
    }

    private Precondition PreconditionOf(WriteRequest request) => request.Conditions.OnChange(Tareas.Conditional.Tags, default, demands.Precondition);

    private static Validators ValidatorsOf(LabelView view) => Tareas.Conditional.Of(view.Tag, view.Label.UpdatedAt);

    private bool TryReadId(HttpContext http, out Guid id) => Ids.TryParse(prefix, http.Route("id"), out id);

    /// <param name="done">What was done, as the message says it.</param>
    /// <param name="collection">Where the label was made: its own address lies below.</param>
    private IResult Shown(HttpContext http, int status, string done, Result<Answered<LabelView>> answered, PathString? collection = null)
    {
        if (!answered.IsOk)
        {
            return new Refusal(errors, answered.Error);
        }
        var ((label, _, _), isReplay) = (answered.Value.Value, answered.Value.IsReplay);
        var validators = ValidatorsOf(answered.Value.Value);
        var location = collection is { } path ? $"{path.Value!.TrimEnd('/')}/{label.Id}" : null;
        var userId = http.Caller().UserId;
        return isTag
            ? new Answer<TagAnswerBody>(status, new TagAnswerBody($"Etiqueta {done} exitosamente", TagBody.Of(label, userId)), TareasJson.Default.TagAnswerBody)
            {
                Validators = validators, IsReplay = isReplay, Location = location,
            }
            : new Answer<CategoryAnswerBody>(status, new CategoryAnswerBody($"Categoría {done} exitosamente", CategoryBody.Of(label, userId)), TareasJson.Default.CategoryAnswerBody)
            {
                Validators = validators, IsReplay = isReplay, Location = location,
            };
    }

    private Refusal MalformedId() => new(errors, Error.Invalid(Field.Id, FieldFault.NotAnId));
}
