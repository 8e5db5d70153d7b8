using System.Text.Json.Nodes;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;
using Quehacer.Core.Events;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>What administrators of the installation see and do: <c>/api/v1/admin/…</c>. Anybody else is told 403, whatever else is wrong with what they ask.</summary>
internal sealed class AdminEndpoints(UserDirectory users, UserAdministration administration, AuditTrail trail, UserTasks tasks, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/users", ListAsync);
        routes.Get("/users/{id}", GetAsync);
        routes.Patch("/users/{id}", ChangeAsync);
        routes.Post("/users/{id}/suspend", SuspendAsync);
        routes.Post("/users/{id}/unsuspend", http => VerbAsync(http, administration.UnsuspendAsync));
        routes.Post("/users/{id}/reset-factor", http => VerbAsync(http, administration.ResetFactorsAsync));
        routes.Post("/users/{id}/sign-out", SignOutAsync);
        routes.Get("/users/{id}/tasks", ListTasksAsync);
        routes.Get("/users/{id}/tasks/{task_id}", GetTaskAsync);
        routes.Get("/audit", AuditAsync);
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var asked = CursorQuery.Read(query, Limits.PageUsers, Limits.PageUsersDefault);
        var (sort, reversed) = query.Order(
            "sort", Field.UserSort, "order", word => Words.UserSorts.IndexOf(word) is >= 0 and var index ? (UserSort)index : null, UserSort.Created, sort => sort == UserSort.Created);
        var filter = new UserFilter(
            query.SearchWords("search", Field.Search), (Plan?)OneOf(query, "plan", Field.Plan, Plans.Names), OneOf(query, "role", Field.InstallationRole, Words.Roles) switch { null => null, var role => role == 1 },
            query.Flag("suspended", Field.Suspended), sort, reversed);
        if (query.Finish() is { } error)
        {
            return await RefusedAsync(http, error);
        }
        var page = await users.ListAsync(http.Caller(), filter, asked.Limit, asked.Cursor, asked.WithTotal, Endpoints.Bounded);
        if (!page.IsOk)
        {
            return new Refusal(problems, page.Error);
        }
        return asked.Answer(
            http, page.Value.Total, page.Value.NextCursor, page.Value.PreviousCursor,
            (pagination, links) => new AdminUserListBody([.. page.Value.Users.Select(AdminUserBody.Of)], pagination, links), BodyJson.Default.AdminUserListBody, isSecret: true);
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return await RefusedAsync(http, unknown);
        }
        if (!Ids.TryParse(Ids.UserPrefix, http.Route("id"), out var id))
        {
            return await RefusedAsync(http, new Error(ErrorCode.NotFound));
        }
        var found = await users.GetAsync(http.Caller(), id, Endpoints.Bounded);
        return !found.IsOk ? new Refusal(problems, found.Error)
            : V1.Conditional.InPlaceOf(http, V1.Conditional.Of(found.Value.Tag, found.Value.ChangedAt), problems) ?? Shown(found.Value, isReplay: false);
    }

    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!Ids.TryParse(Ids.UserPrefix, http.Route("id"), out var id))
        {
            return await RefusedAsync(http, new Error(ErrorCode.NotFound));
        }
        var (change, version) = Reading.User(request.Body);
        return Shown(await administration.ChangeAsync(http.Caller(), id, change, request.Precondition(version, demands.Precondition), http.Visitor(), request.Key, Endpoints.Bounded));
    }

    private Task<IResult> SuspendAsync(HttpContext http) => ActAsync(http, async (id, request) =>
    {
        var (faults, reason) = Reading.Suspension(request.Body);
        return Shown(await administration.SuspendAsync(http.Caller(), id, reason, faults, http.Visitor(), request.Key, Endpoints.Bounded));
    });

    private Task<IResult> VerbAsync(
        HttpContext http, Func<Caller, Guid, IReadOnlyList<FieldError>, Visitor, IdempotencyKey?, CancellationToken, Task<Result<Answered<UserView>>>> verb) =>
        ActAsync(http, async (id, request) => Shown(await verb(http.Caller(), id, Reading.Nothing(request.Body), http.Visitor(), request.Key, Endpoints.Bounded)));

    private Task<IResult> SignOutAsync(HttpContext http) => ActAsync(http, async (id, request) =>
    {
        var ended = await administration.SignOutAsync(http.Caller(), id, Reading.Nothing(request.Body), http.Visitor(), request.Key, Endpoints.Bounded);
        return ended.IsOk ? new NoContent(ended.Value.IsReplay) : new Refusal(problems, ended.Error);
    });

    /// <summary>Does something to the account of the path; the body may be absent.</summary>
    private async Task<IResult> ActAsync(HttpContext http, Func<Guid, WriteRequest, Task<IResult>> act)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        return Ids.TryParse(Ids.UserPrefix, http.Route("id"), out var id) ? await act(id, request) : await RefusedAsync(http, new Error(ErrorCode.NotFound));
    }

    /// <summary>A page of it, and never the whole: whoever looks into the things of others looks at no more than they must.</summary>
    private async Task<IResult> ListTasksAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var workspaceId = IdOf(query, WorkspaceChoice.Parameter, Field.WorkspaceId, Ids.WorkspacePrefix);
        var read = TaskListQuery.Read(query, http.Caller());
        if (!read.IsOk)
        {
            return await RefusedAsync(http, read.Error);
        }
        if (!Ids.TryParse(Ids.UserPrefix, http.Route("id"), out var id))
        {
            return await RefusedAsync(http, new Error(ErrorCode.NotFound));
        }
        var (request, shape, _) = read.Value;
        var page = await tasks.ListAsync(http.Caller(), id, workspaceId, request, http.Visitor(), Endpoints.Bounded);
        if (!page.IsOk)
        {
            return new Refusal(problems, page.Error);
        }
        var pagination = PaginationBody.Of(request.Page, request.Limit, page.Value.Total, page.Value.NextCursor, page.Value.PreviousCursor);
        var links = LinksBody.Of(http.Request, pagination);
        var place = TaskPlace.OfList(http.Request);
        return new Answer<SelectedTaskListBody>(
            200, new SelectedTaskListBody([.. page.Value.Tasks.Select(task => shape.Of(ReadOnly(shape.BodyOf(task, place))))], pagination, links), BodyJson.Default.SelectedTaskListBody)
        {
            Link = links.ToHeader(), Total = page.Value.Total, IsSecret = true,
        };
    }

    private async Task<IResult> GetTaskAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var workspaceId = IdOf(query, WorkspaceChoice.Parameter, Field.WorkspaceId, Ids.WorkspacePrefix);
        var shape = TaskShape.Read(query);
        if (query.Finish() is { } error)
        {
            return await RefusedAsync(http, error);
        }
        if (!Ids.TryParse(Ids.UserPrefix, http.Route("id"), out var id) || !TaskRef.TryParse(http.Route("task_id"), out var task))
        {
            return await RefusedAsync(http, new Error(ErrorCode.NotFound));
        }
        var found = await tasks.GetAsync(http.Caller(), id, workspaceId, task, http.Visitor(), Endpoints.Bounded);
        return found.IsOk
            ? new Answer<JsonObject>(200, shape.Of(ReadOnly(shape.BodyOf(found.Value, TaskPlace.OfOne(http.Request)))), BodyJson.Default.JsonObject) { IsSecret = true }
            : new Refusal(problems, found.Error);
    }

    /// <summary>What an administrator cannot do with a task of somebody else has no link.</summary>
    private static TaskBody ReadOnly(TaskBody body) => body.Links is { } links ? body with { Links = new TaskLinksBody(links.Self, null, null, null, null, null) } : body;

    private async Task<IResult> AuditAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var asked = CursorQuery.Read(query, Limits.PageActs, Limits.PageActsDefault);
        var act = OneOf(query, "act", Field.Act, AdminActKinds.Names);
        var filter = new AuditFilter(
            IdOf(query, "actor_id", Field.ActorId, Ids.UserPrefix), IdOf(query, "user_id", Field.UserId, Ids.UserPrefix), act is { } index ? AdminActKinds.Names[index] : null, query.Time("since", Field.Since), query.Time("until", Field.Until));
        if (filter is { Since: { } since, Until: { } until } && since >= until)
        {
            query.Refuse(Field.Until, FieldFault.Contradiction, name: "since");
        }
        if (query.Finish() is { } error)
        {
            return await RefusedAsync(http, error);
        }
        var page = await trail.ListAsync(http.Caller(), filter, asked.Limit, asked.Cursor, asked.WithTotal, Endpoints.Bounded);
        if (!page.IsOk)
        {
            return new Refusal(problems, page.Error);
        }
        return asked.Answer(
            http, page.Value.Total, page.Value.NextCursor, page.Value.PreviousCursor,
            (pagination, links) => new AdminActListBody([.. page.Value.Acts.Select(AdminActBody.Of)], pagination, links), BodyJson.Default.AdminActListBody, isSecret: true);
    }

    /// <summary>What is wrong with a request, told to an administrator; anybody else is told that this is not for them.</summary>
    private async Task<IResult> RefusedAsync(HttpContext http, Error error) => new Refusal(problems, await users.ExplainAsync(http.Caller(), error, Endpoints.Bounded));

    private static int? OneOf(QueryReader query, string name, Field field, IReadOnlyList<string> words)
    {
        if (query.Single(name, field) is not { } text)
        {
            return null;
        }
        if (words.ToList().IndexOf(text) is >= 0 and var index)
        {
            return index;
        }
        query.Refuse(field, FieldFault.NotOneOf);
        return null;
    }

    private static Guid? IdOf(QueryReader query, string name, Field field, string prefix)
    {
        if (query.Single(name, field) is not { } text)
        {
            return null;
        }
        if (Ids.TryParse(prefix, text, out var id))
        {
            return id;
        }
        query.Refuse(field, FieldFault.NotAnId);
        return null;
    }

    private IResult Shown(Result<Answered<UserView>> done) => done.IsOk ? Shown(done.Value.Value, done.Value.IsReplay) : new Refusal(problems, done.Error);

    private static Answer<AdminUserBody> Shown(UserView view, bool isReplay) =>
        new(200, AdminUserBody.Of(view), BodyJson.Default.AdminUserBody) { Validators = V1.Conditional.Of(view.Tag, view.ChangedAt), IsReplay = isReplay };
}
