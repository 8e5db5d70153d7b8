using Quehacer.Core;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Invitations into workspaces: those of a workspace, for its owner; those to the caller's e-mail; and those of whoever has the letter.</summary>
internal sealed class InvitationEndpoints(Invitations invitations, Problems problems, WriteDemands demands)
{
    public void MapOfWorkspace(IEndpointRouteBuilder routes)
    {
        routes.Get("", http => ListAsync(http, WorkspaceEndpoints.CallerIn(http), invitations.ListAsync));
        routes.Post("", InviteAsync);
        routes.Get("/{invitation_id}", GetAsync);
        routes.Delete("/{invitation_id}", RevokeAsync);
    }

    /// <summary>The token is what is shown, with or without an account.</summary>
    public void MapAnonymous(IEndpointRouteBuilder routes)
    {
        routes.Post("/invitations/look", LookAsync);
        routes.Post("/invitations/decline", DeclineAsync);
    }

    public void MapForCaller(IEndpointRouteBuilder routes)
    {
        routes.Post("/invitations/accept", AcceptAsync);
        routes.Get("/me/invitations", http => ListAsync(http, http.Caller(), invitations.ListOwnAsync));
        routes.Post("/me/invitations/{invitation_id}/accept", AcceptOwnAsync);
        routes.Post("/me/invitations/{invitation_id}/decline", DeclineOwnAsync);
    }

    private async Task<IResult> ListAsync(HttpContext http, Caller? caller, Func<Caller, int, string?, bool, CancellationToken, Task<Result<InvitationPage>>> listAsync)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var asked = CursorQuery.Read(query, Limits.PageInvitations, Limits.PageInvitationsDefault);
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        if (caller is null)
        {
            return NotFound();
        }
        var listed = await listAsync(caller, asked.Limit, asked.Cursor, asked.WithTotal, Endpoints.Bounded);
        if (!listed.IsOk)
        {
            return new Refusal(problems, listed.Error);
        }
        return asked.Answer(
            http, listed.Value.Total, listed.Value.NextCursor, previous: null,
            (pagination, links) => new InvitationListBody([.. listed.Value.Invitations.Select(InvitationBody.Of)], pagination, links), BodyJson.Default.InvitationListBody);
    }

    private async Task<IResult> InviteAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, email, role) = Reading.Invitation(request.Body);
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        if (WorkspaceEndpoints.CallerIn(http) is not { } caller)
        {
            return NotFound();
        }
        var made = await invitations.InviteAsync(caller, email, role, http.Visitor(), request.Key, Endpoints.Bounded);
        if (!made.IsOk)
        {
            return new Refusal(problems, made.Error);
        }
        var body = InvitationBody.Of(made.Value.Value);
        return new Answer<InvitationBody>(201, body, BodyJson.Default.InvitationBody)
        {
            IsReplay = made.Value.IsReplay, Location = $"/api/v1/workspaces/{body.Workspace.Id}/invitations/{body.Id}",
        };
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (WorkspaceEndpoints.CallerIn(http) is not { } caller || !TryRead(http, out var id))
        {
            return NotFound();
        }
        return Shown(await invitations.GetAsync(caller, id, Endpoints.Bounded));
    }

    private async Task<IResult> RevokeAsync(HttpContext http)
    {
        var (request, refusal) = await NothingButAsync(http);
        if (request is null)
        {
            return refusal!;
        }
        return WorkspaceEndpoints.CallerIn(http) is { } caller && TryRead(http, out var id)
            ? NoContent(await invitations.RevokeAsync(caller, id, request.Key, Endpoints.Bounded))
            : NotFound();
    }

    /// <summary>It is read with POST, because what names it is a secret, and has no place in an address.</summary>
    private async Task<IResult> LookAsync(HttpContext http)
    {
        var (token, _, refusal) = await TokenAsync(http);
        return token is null ? refusal! : Shown(await invitations.LookAsync(token, http.Visitor(), Endpoints.Bounded));
    }

    private async Task<IResult> DeclineAsync(HttpContext http)
    {
        var (token, request, refusal) = await TokenAsync(http);
        return token is null ? refusal! : Declined(await invitations.DeclineAsync(token, http.Visitor(), Endpoints.Bounded), request!);
    }

    private async Task<IResult> AcceptAsync(HttpContext http)
    {
        var (token, request, refusal) = await TokenAsync(http);
        return token is null ? refusal! : LetIn(await invitations.AcceptAsync(http.Caller(), token, http.Visitor(), request!.Key, Endpoints.Bounded));
    }

    private async Task<IResult> AcceptOwnAsync(HttpContext http)
    {
        var (request, refusal) = await NothingButAsync(http);
        if (request is null)
        {
            return refusal!;
        }
        return TryRead(http, out var id) ? LetIn(await invitations.AcceptAsync(http.Caller(), id, http.Visitor(), request.Key, Endpoints.Bounded)) : NotFound();
    }

    private async Task<IResult> DeclineOwnAsync(HttpContext http)
    {
        var (request, refusal) = await NothingButAsync(http);
        if (request is null)
        {
            return refusal!;
        }
        return TryRead(http, out var id) ? Declined(await invitations.DeclineAsync(http.Caller(), id, Endpoints.Bounded), request) : NotFound();
    }

    /// <summary>The token belongs to what makes two requests the same: it is long and random, so that a fast hash of it tells nobody anything.</summary>
    private async Task<(string? Token, WriteRequest? Request, IResult? Refusal)> TokenAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return (null, null, refusal);
        }
        var (faults, values) = Reading.Strings(request.Body, ("token", Field.Token));
        return faults.Count > 0 ? (null, null, new Refusal(problems, Error.Invalid(faults))) : (values[0], request, null);
    }

    /// <summary>A request whose path says everything.</summary>
    private async Task<(WriteRequest? Request, IResult? Refusal)> NothingButAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        return request is null ? (null, refusal)
            : Reading.Nothing(request.Body) is { Count: > 0 } faults ? (null, new Refusal(problems, Error.Invalid(faults)))
            : (request, null);
    }

    private static bool TryRead(HttpContext http, out Guid id) => Ids.TryParse(Ids.InvitationPrefix, http.Route("invitation_id") ?? "", out id);

    private IResult Shown(Result<Invitation> found) => found.IsOk
        ? new Answer<InvitationBody>(200, InvitationBody.Of(found.Value), BodyJson.Default.InvitationBody)
        : new Refusal(problems, found.Error);

    private IResult LetIn(Result<Answered<WorkspaceView>> accepted) => accepted.IsOk ? WorkspaceEndpoints.Shown(200, accepted.Value) : new Refusal(problems, accepted.Error);

    /// <summary>Whoever says no twice is told the same twice; a repeat it is only under a key.</summary>
    private IResult Declined(Result<Answered<bool>> done, WriteRequest request) =>
        NoContent(done.IsOk ? done.Value with { IsReplay = done.Value.IsReplay && request.Key is not null } : done);

    private IResult NoContent(Result<Answered<bool>> done) => done.IsOk ? new NoContent(done.Value.IsReplay) : new Refusal(problems, done.Error);

    private Refusal NotFound() => new(problems, new Error(ErrorCode.NotFound));
}
