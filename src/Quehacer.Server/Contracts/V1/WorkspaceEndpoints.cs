using Quehacer.Core;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Workspaces: <c>/api/v1/workspaces</c>.</summary>
internal sealed class WorkspaceEndpoints(WorkspaceReader workspaces, WorkspaceWriter writer, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("", ListAsync);
        routes.Post("", CreateAsync);
        routes.Get("/{id}", GetAsync);
        routes.Patch("/{id}", ChangeAsync);
        routes.Post("/{id}/archive", http => VerbAsync(http, writer.ArchiveAsync));
        routes.Post("/{id}/unarchive", http => VerbAsync(http, writer.UnarchiveAsync));
    }

    /// <summary>The caller, in the workspace of the path; null where the path names none.</summary>
    public static Caller? CallerIn(HttpContext http) =>
        Ids.TryParse(Ids.WorkspacePrefix, http.Route("id") ?? "", out var id) ? http.Caller() with { WorkspaceId = id } : null;

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var withArchived = query.Flag("include_archived", Field.IncludeArchived) ?? false;
        var asked = CursorQuery.Read(query, Limits.PageWorkspaces, Limits.PageWorkspacesDefault);
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        var listed = await workspaces.ListAsync(http.Caller(), withArchived, asked.Limit, asked.Cursor, asked.WithTotal, Endpoints.Bounded);
        if (!listed.IsOk)
        {
            return new Refusal(problems, listed.Error);
        }
        return asked.Answer(
            http, listed.Value.Total, listed.Value.NextCursor, previous: null,
            (pagination, links) => new WorkspaceListBody([.. listed.Value.Workspaces.Select(WorkspaceBody.Of)], pagination, links), BodyJson.Default.WorkspaceListBody);
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
        var (edit, _) = Reading.Workspace(request.Body, isNew: true);
        return Shown(201, await writer.CreateAsync(http.Caller(), edit, request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (CallerIn(http) is not { } caller)
        {
            return NotFound();
        }
        var found = await workspaces.GetAsync(caller, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(problems, found.Error);
        }
        return V1.Conditional.InPlaceOf(http, ValidatorsOf(found.Value), problems) ?? Shown(200, new Answered<WorkspaceView>(found.Value, IsReplay: false));
    }

    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (CallerIn(http) is not { } caller)
        {
            return NotFound();
        }
        var (edit, version) = Reading.Workspace(request.Body, isNew: false);
        return Shown(200, await writer.ChangeAsync(caller, edit, request.Precondition(version, demands.Precondition), request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> VerbAsync(HttpContext http, Func<Caller, Precondition, Core.Events.IdempotencyKey?, CancellationToken, Task<Result<Answered<WorkspaceView>>>> verb)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        if (CallerIn(http) is not { } caller)
        {
            return NotFound();
        }
        var (faults, version) = Reading.Verb(request.Body);
        return faults.Count > 0
            ? new Refusal(problems, Error.Invalid(faults))
            : Shown(200, await verb(caller, request.Precondition(version, demands.Precondition), request.Key, Endpoints.Bounded));
    }

    private IResult Shown(int status, Result<Answered<WorkspaceView>> written) => written.IsOk ? Shown(status, written.Value) : new Refusal(problems, written.Error);

    /// <summary>A workspace as it is answered with, whatever was done to it.</summary>
    public static Answer<WorkspaceBody> Shown(int status, Answered<WorkspaceView> written)
    {
        var body = WorkspaceBody.Of(written.Value);
        return new Answer<WorkspaceBody>(status, body, BodyJson.Default.WorkspaceBody)
        {
            Validators = ValidatorsOf(written.Value), IsReplay = written.IsReplay, Location = status == 201 ? $"/api/v1/workspaces/{body.Id}" : null,
        };
    }

    private static Validators ValidatorsOf(WorkspaceView view) => V1.Conditional.Of(view.Tag, view.Workspace.UpdatedAt);

    private Refusal NotFound() => new(problems, new Error(ErrorCode.NotFound));
}
