using Quehacer.Core;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Who is in a workspace, below its address.</summary>
internal sealed class MemberEndpoints(MemberReader members, MemberWriter writer, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/members", ListAsync);
        routes.Get("/members/{user_id}", GetAsync);
        routes.Patch("/members/{user_id}", ChangeAsync);
        routes.Delete("/members/{user_id}", RemoveAsync);
        routes.Post("/leave", LeaveAsync);
    }

    /// <summary>What wants a person and their password.</summary>
    public void MapTransfer(IEndpointRouteBuilder routes) => routes.Post("/transfer", TransferAsync);

    /// <summary>Names change without the workspace, so a list is of its moment: it has no tag.</summary>
    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        WorkspaceRole? role = null;
        if (query.Single("role", Field.RoleFilter) is { } word)
        {
            var place = Array.IndexOf(Words.WorkspaceRoles, word);
            if (place < 0)
            {
                query.Refuse(Field.RoleFilter, FieldFault.NotOneOf);
            }
            role = (WorkspaceRole)((place + 1) * 10);
        }
        var search = query.Single("search", Field.Search);
        var asked = CursorQuery.Read(query, Limits.PageMembers, Limits.PageMembersDefault);
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        if (WorkspaceEndpoints.CallerIn(http) is not { } caller)
        {
            return NotFound();
        }
        var listed = await members.ListAsync(caller, new MemberFilter(role, search), asked.Limit, asked.Cursor, asked.WithTotal, Endpoints.Bounded);
        if (!listed.IsOk)
        {
            return new Refusal(problems, listed.Error);
        }
        return asked.Answer(
            http, listed.Value.Total, listed.Value.NextCursor, previous: null,
            (pagination, links) => new MemberListBody([.. listed.Value.Members.Select(MemberBody.Of)], pagination, links), BodyJson.Default.MemberListBody);
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (Named(http) is not var (caller, userId))
        {
            return NotFound();
        }
        var found = await members.GetAsync(caller, userId, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(problems, found.Error);
        }
        return V1.Conditional.InPlaceOf(http, ValidatorsOf(found.Value), problems) ?? Shown(new Answered<MemberView>(found.Value, IsReplay: false));
    }

    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, role, version) = Reading.Member(request.Body);
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        if (Named(http) is not var (caller, userId))
        {
            return NotFound();
        }
        var written = await writer.ChangeAsync(caller, userId, role, request.Precondition(version, demands.Precondition), http.Visitor(), request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(written.Value) : new Refusal(problems, written.Error);
    }

    private async Task<IResult> RemoveAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, version) = Reading.Verb(request.Body);
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        return Named(http) is var (caller, userId)
            ? Gone(await writer.RemoveAsync(caller, userId, request.Precondition(version, demands.Precondition), http.Visitor(), request.Key, Endpoints.Bounded))
            : NotFound();
    }

    /// <summary>What the caller was there does not matter to whoever leaves, so no condition is demanded.</summary>
    private async Task<IResult> LeaveAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        if (Reading.Nothing(request.Body) is { Count: > 0 } faults)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        return WorkspaceEndpoints.CallerIn(http) is { } caller
            ? Gone(await writer.RemoveAsync(caller, caller.UserId, Precondition.None, http.Visitor(), request.Key, Endpoints.Bounded))
            : NotFound();
    }

    private async Task<IResult> TransferAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, userId, password) = Reading.NewOwner(request.Body);
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        if (WorkspaceEndpoints.CallerIn(http) is not { } caller)
        {
            return NotFound();
        }
        var written = await writer.TransferAsync(caller, userId, password, http.Visitor(), request.Key, Endpoints.Bounded);
        return written.IsOk
            ? WorkspaceEndpoints.Shown(200, written.Value)
            : new Refusal(problems, written.Error);
    }

    /// <summary>The caller, in the workspace of the path, and whom the path names; null where it names nobody.</summary>
    private static (Caller Caller, Guid UserId)? Named(HttpContext http) =>
        WorkspaceEndpoints.CallerIn(http) is { } caller && Ids.TryParse(Ids.UserPrefix, http.Route("user_id") ?? "", out var userId) ? (caller, userId) : null;

    private static Answer<MemberBody> Shown(Answered<MemberView> written) =>
        new(200, MemberBody.Of(written.Value), BodyJson.Default.MemberBody) { Validators = ValidatorsOf(written.Value), IsReplay = written.IsReplay };

    /// <summary>When somebody was renamed is not told, so there is no date.</summary>
    private static Validators ValidatorsOf(MemberView view) => new(V1.Conditional.Tags.Of(view.Tag), ChangedAt: null);

    private IResult Gone(Result<Answered<bool>> done) => done.IsOk ? new NoContent(done.Value.IsReplay) : new Refusal(problems, done.Error);

    private Refusal NotFound() => new(problems, new Error(ErrorCode.NotFound));
}
