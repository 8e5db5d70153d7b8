using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Tasks over v1: 004's endpoints, at <c>/api/v1/tasks</c> and at <c>/tasks</c>.</summary>
internal sealed class TaskEndpoints(
    TaskReader tasks, TaskPast past, TaskList list, TaskWriter writer, TaskTransferWriter transfers, WorkspaceReader workspaces, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("", ListAsync).WithMetadata(AnswersIn.Rows);
        routes.Post("", CreateAsync);
        routes.Get("/{id}", GetAsync);
        routes.Put("/{id}", ChangeAsync);
        routes.Patch("/{id}", ChangeAsync);
        routes.Delete("/{id}", DeleteAsync);
        routes.Put("/{id}/tags/{name}", AddTagAsync);
        routes.Delete("/{id}/tags/{name}", RemoveTagAsync);
        routes.Post("/{id}/complete", CompleteAsync);
        routes.Post("/{id}/reopen", http => VerbAsync(http, TaskOperation.Reopen));
        routes.Post("/{id}/restore", http => VerbAsync(http, TaskOperation.Restore));
        routes.Post("/{id}/undo", http => VerbAsync(http, TaskOperation.Undo));
        routes.Post("/{id}/move", MoveAsync);
        routes.Post("/{id}/transfer", TransferAsync);
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = TaskListQuery.Read(http.Request.Query, http.Request.QueryString, http.Caller());
        if (!query.IsOk)
        {
            return new Refusal(problems, query.Error);
        }
        var (request, shape, _) = query.Value;
        if (Conditions.AreIn(http.Request) && list.Refuse(http.Caller(), request) is { } notThisCursor)
        {
            return new Refusal(problems, notThisCursor);
        }
        Validators Of(WorkspaceMoment? moment) => moment is null || request.Filter.DependsOnTime
            ? Validators.None
            : V1.Conditional.OfList(moment.Value, query.Value.InOneSpelling(http.Caller(), http.AnswerType()));
        if (await V1.Conditional.InPlaceOfListAsync(http, workspaces, moment => Of(moment), problems) is { } other)
        {
            return other;
        }
        if (http.AnswerType() != MediaType.Json)
        {
            return await RowsAsync(http, query.Value, Of);
        }
        var page = await list.ListAsync(http.Caller(), request, Endpoints.Bounded);
        if (!page.IsOk)
        {
            return new Refusal(problems, page.Error);
        }
        var validators = Of(page.Value.Moment);
        var pagination = PaginationBody.Of(request.Page, request.Limit, page.Value.Total, page.Value.NextCursor, page.Value.PreviousCursor);
        var links = LinksBody.Of(http.Request, pagination);
        if (shape.IsUsual)
        {
            return new Answer<TaskListBody>(200, new TaskListBody([.. page.Value.Tasks.Select(task => TaskBody.Of(task, http.Caller().WorkspaceId))], pagination, links), BodyJson.Default.TaskListBody)
            {
                Link = links.ToHeader(), Total = page.Value.Total, Validators = validators,
            };
        }
        var place = TaskPlace.OfList(http.Request);
        return new Answer<SelectedTaskListBody>(
            200, new SelectedTaskListBody([.. page.Value.Tasks.Select(task => shape.Of(shape.BodyOf(task, place)))], pagination, links), BodyJson.Default.SelectedTaskListBody)
        {
            Link = links.ToHeader(), Total = page.Value.Total, Validators = validators,
        };
    }

    /// <summary>The page that was asked for, and where none was, the whole list.</summary>
    private async Task<IResult> RowsAsync(HttpContext http, TaskListQuery query, Func<WorkspaceMoment?, Validators> validators)
    {
        var place = TaskPlace.OfList(http.Request);
        var request = query.NamesPage ? query.Request : query.Request with { Limit = Limits.WalkPageTasks };
        var listed = await list.ListAsync(http.Caller(), request, Endpoints.Bounded);
        if (!listed.IsOk)
        {
            return new Refusal(problems, listed.Error);
        }
        var (_, total, next, previous, moment) = listed.Value;
        var links = query.NamesPage ? LinksBody.Of(http.Request, PaginationBody.Of(request.Page, request.Limit, total, next, previous)) : null;
        return new RowsAnswer<TaskBody>(TaskRows.In(http.AnswerType(), query.Shape, request.Filter.IncludeDeleted), Page(listed.Value))
        {
            // A later page is of a later moment, so the tag of the first is older than what it is sent with, or as old.
            Link = links?.ToHeader(), Total = total, Validators = validators(moment),
        };

        RowPage<TaskBody> Page(TaskPage page) => new(
            [.. page.Tasks.Select(task => query.Shape.BodyOf(task, place))],
            query.NamesPage || page.NextCursor is not { } cursor ? null : () => NextAsync(request with { Page = null, Cursor = cursor, WithTotal = false }));

        async Task<Result<RowPage<TaskBody>>> NextAsync(TaskListRequest behind)
        {
            var page = await list.ListAsync(http.Caller(), behind, Endpoints.Bounded);
            return page.IsOk ? Page(page.Value) : page.Error;
        }
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        var shape = TaskShape.Usual;
        Moment? moment = null;
        if (http.Request.Query.Count > 0)
        {
            var query = new QueryReader(http.Request.Query, http.Request.QueryString);
            moment = query.Moment("as_of", Field.AsOf);
            shape = TaskShape.Read(query, isOfThePast: query.Has("as_of"));
            if (query.Finish() is { } error)
            {
                return new Refusal(problems, error);
            }
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        if (moment is { } then)
        {
            return await GetPastAsync(http, task, then, shape);
        }
        if (await V1.Conditional.InPlaceOfTaskAsync(http, tasks, task, problems) is { } known)
        {
            return known;
        }
        var found = await tasks.GetAsync(http.Caller(), task, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(problems, found.Error);
        }
        var validators = V1.Conditional.Of(found.Value.Tag, found.Value.ChangedAt);
        if (V1.Conditional.InPlaceOf(http, validators, problems) is { } other)
        {
            return other;
        }
        // The tag is that of the task, whatever is shown of it: what was seen in any shape can be named in a condition.
        return shape.IsUsual
            ? new Answer<TaskBody>(200, TaskBody.Of(found.Value, http.Caller().WorkspaceId), BodyJson.Default.TaskBody) { Validators = validators }
            : new Answer<JsonObject>(200, shape.Of(shape.BodyOf(found.Value, TaskPlace.OfOne(http.Request))), BodyJson.Default.JsonObject) { Validators = validators };
    }

    /// <summary>
    /// The task as it was. It has no tag: nobody changes what is past, and a condition on it would mean nothing. Nor is it kept, for a purge takes it away
    /// everywhere.
    /// </summary>
    private async Task<IResult> GetPastAsync(HttpContext http, TaskRef task, Moment moment, TaskShape shape)
    {
        var found = await past.GetAsync(http.Caller(), task, moment, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(problems, found.Error);
        }
        return V1.Conditional.InPlaceOf(http, Validators.None, problems)
            ?? new Answer<JsonObject>(200, shape.OfThePast(shape.BodyOf(found.Value, TaskPlace.OfOne(http.Request))), BodyJson.Default.JsonObject) { CacheControl = Caching.Never };
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
        if (http.Features.Get<ChosenWorkspace>() is null && Reading.WorkspaceOf(request.Body) is { } workspaceId && workspaceId != http.Caller().WorkspaceId)
        {
            http.ChooseWorkspace(http.Caller(), workspaceId);
        }
        var (edit, _) = Reading.Task(request.Body, isNew: true, http.Caller().WorkspaceId);
        var written = await writer.WriteAsync(http.Caller(), TaskOperation.Create(edit, Reading.TaskLimits), request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(http, 201, written.Value) : new Refusal(problems, written.Error);
    }

    /// <summary>PUT and PATCH are the same: what the body names is changed, and nothing else (004; RFC 7396).</summary>
    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        var (edit, version) = Reading.Task(request.Body, isNew: false, http.Caller().WorkspaceId);
        var change = TaskOperation.Change(task, edit, Reading.TaskLimits, request.Precondition(version, demands.Precondition));
        var written = await writer.WriteAsync(http.Caller(), change, request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(http, 200, written.Value) : new Refusal(problems, written.Error);
    }

    private async Task<IResult> DeleteAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var subtasks = Array.IndexOf(Words.FatesOfDeletion, query.Single("subtasks", Field.SubtasksOfDeletion) ?? Words.FatesOfDeletion[0]);
        if (subtasks < 0)
        {
            query.Refuse(Field.SubtasksOfDeletion, FieldFault.NotOneOf);
        }
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true, query: query);
        if (request is null)
        {
            return refusal!;
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        var deletion = TaskOperation.Delete(task, request.Precondition(default, demands.Precondition), (SubtaskFate)subtasks);
        var written = await writer.WriteAsync(http.Caller(), deletion, request.Key, Endpoints.Bounded);
        return written.IsOk ? new NoContent(written.Value.IsReplay) : new Refusal(problems, written.Error);
    }

    private Task<IResult> CompleteAsync(HttpContext http) => BodyAsync(http, bodyIsOptional: true, (task, body, precondition) =>
    {
        var (faults, subtasks, version) = Reading.Completion(body);
        return faults.Count > 0 ? Error.Invalid(faults) : TaskOperation.Complete(task, precondition(version), subtasks);
    });

    private Task<IResult> MoveAsync(HttpContext http) => BodyAsync(http, bodyIsOptional: false, (task, body, precondition) =>
    {
        var (faults, spot, version) = Reading.Move(body);
        return spot is null ? Error.Invalid(faults) : TaskOperation.Move(task, spot, precondition(version));
    });

    /// <summary>Moves the task into the workspace that the body names, and shows it as it is there.</summary>
    private async Task<IResult> TransferAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        var (faults, to, subtasks, version) = Reading.Transfer(request.Body);
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        var moved = await transfers.TransferAsync(http.Caller(), task, to, subtasks, request.Precondition(version, demands.Precondition), request.Key, Endpoints.Bounded);
        if (!moved.IsOk)
        {
            return new Refusal(problems, moved.Error);
        }
        http.ChooseWorkspace(http.Caller(), to);
        var body = TaskBody.Of(moved.Value.View, to);
        var path = http.Request.Path.Value!;
        return new Answer<TaskBody>(200, body, BodyJson.Default.TaskBody)
        {
            Validators = V1.Conditional.Of(moved.Value.View.Tag, moved.Value.View.ChangedAt),
            IsReplay = moved.Value.IsReplay,
            ContentLocation = $"{path[..path.IndexOf("tasks/", StringComparison.Ordinal)]}tasks/{body.Id}{http.InWorkspace()}",
        };
    }

    private Task<IResult> AddTagAsync(HttpContext http) => TagAsync(http, names => new TaskEdit { AddTags = names });

    private Task<IResult> RemoveTagAsync(HttpContext http) => TagAsync(http, names => new TaskEdit { RemoveTags = names });

    /// <summary>
    /// The tag is the last segment of the path as it was sent: routing leaves an escaped slash escaped, and a tag may have one in its name.
    /// </summary>
    private async Task<IResult> TagAsync(HttpContext http, Func<string[], TaskEdit> edit)
    {
        var path = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0].TrimEnd('/');
        var asSent = path[(path.LastIndexOf('/') + 1)..];
        var name = Uri.UnescapeDataString(asSent);
        return PercentEncoding.IsUtf8(asSent) && Text.IsStorable(name)
            ? await VerbAsync(http, (task, precondition) => TaskOperation.Change(task, edit([Text.NormaliseName(name)]), Reading.TaskLimits, precondition), OfTags)
            : new Refusal(problems, Error.Invalid(Field.Tags, FieldFault.NotText));
    }

    /// <summary>Whoever names a tag in the path has sent no member of the body that could be at fault.</summary>
    private static Error OfTags(Error error) =>
        error with { Fields = [.. error.Fields.Select(fault => fault.Field == Field.AddTags ? fault with { Field = Field.Tags } : fault)] };

    /// <param name="explain">Says a refusal in terms of what was sent.</param>
    private Task<IResult> VerbAsync(HttpContext http, Func<TaskRef, Precondition, TaskOperation> verb, Func<Error, Error>? explain = null) =>
        BodyAsync(
            http, bodyIsOptional: true,
            (task, body, precondition) =>
            {
                var (faults, version) = Reading.Verb(body);
                return faults.Count > 0 ? Error.Invalid(faults) : verb(task, precondition(version));
            },
            explain);

    /// <summary>Does to the task of the path what the body says.</summary>
    /// <param name="read">Makes the operation of a task, a body, and what puts a version and other conditions on it.</param>
    private async Task<IResult> BodyAsync(
        HttpContext http, bool bodyIsOptional, Func<TaskRef, JsonElement?, Func<Edit<int>, Precondition>, Result<TaskOperation>> read, Func<Error, Error>? explain = null)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional);
        if (request is null)
        {
            return refusal!;
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        var operation = read(task, request.Body, version => request.Precondition(version, demands.Precondition));
        if (!operation.IsOk)
        {
            return new Refusal(problems, operation.Error);
        }
        var written = await writer.WriteAsync(http.Caller(), operation.Value, request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(http, 200, written.Value) : new Refusal(problems, explain?.Invoke(written.Error) ?? written.Error);
    }

    /// <param name="status">201 where the task was made: its own address lies below that of the request.</param>
    private static Answer<TaskBody> Shown(HttpContext http, int status, Written written)
    {
        var body = TaskBody.Of(written.View, http.Caller().WorkspaceId);
        return new Answer<TaskBody>(status, body, BodyJson.Default.TaskBody)
        {
            Validators = V1.Conditional.Of(written.View.Tag, written.View.ChangedAt),
            IsReplay = written.IsReplay,
            Location = status == 201 ? $"{http.Request.Path.Value!.TrimEnd('/')}/{body.Id}{http.InWorkspace()}" : null,
        };
    }

    private Refusal NotFound() => new(problems, new Error(ErrorCode.NotFound));
}
