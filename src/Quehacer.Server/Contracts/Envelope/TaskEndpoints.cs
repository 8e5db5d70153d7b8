using System.Text.Json.Serialization.Metadata;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>Tasks over the envelope, one at a time and in lists.</summary>
internal sealed class TaskEndpoints(TaskReader tasks, TaskList list, TaskWriter writer, WorkspaceReader workspaces, Faults faults, WriteDemands demands, Freshness freshness)
{
    private readonly ConditionalRead conditional = new(Envelope.Tags, freshness.CacheControl);

    public void MapReads(IEndpointRouteBuilder routes)
    {
        routes.Get("/list/page", ListAsync);
        routes.Get("/{id}", GetAsync);
    }

    public void MapWrites(IEndpointRouteBuilder routes)
    {
        routes.Post("", CreateAsync);
        routes.Put("", ChangeNamedAsync);
        routes.Put("/{id}", ChangeAsync);
        routes.Patch("/{id}", ChangeAsync);
        routes.Patch("/{id}/toggle", http => VerbAsync(http, TaskOperation.Toggle));
        routes.Patch("/{id}/done", http => VerbAsync(http, (task, precondition) => TaskOperation.Complete(task, precondition)));
        // What is shown is what was deleted: there is nothing at its address any more that a tag could be of.
        routes.Delete("/{id}", http => VerbAsync(http, (task, precondition) => TaskOperation.Delete(task, precondition), written => Shown(200, written, hasTag: false)));
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = TaskListQuery.Read(http.Request.Query, http.Request.QueryString);
        if (!query.IsOk)
        {
            return new Refusal(faults, query.Error);
        }
        var (request, fields) = query.Value;
        if (Conditions.AreIn(http.Request) && list.Refuse(http.Caller(), request) is { } notThisCursor)
        {
            return new Refusal(faults, notThisCursor);
        }
        Validators Of(WorkspaceMoment? moment) => moment is null ? Validators.None : conditional.OfList(moment.Value, query.Value.InOneSpelling(http.Caller()));
        if (await conditional.InPlaceOfListAsync(http, workspaces, moment => Of(moment), faults) is { } other)
        {
            return other;
        }
        var page = await list.ListAsync(http.Caller(), request, Endpoints.Bounded);
        if (!page.IsOk)
        {
            return new Refusal(faults, page.Error);
        }
        var (validators, pagination, bodies) = (Of(page.Value.Moment), PaginationBody.Of(request, page.Value), page.Value.Tasks.Select(TaskBody.Of));
        return fields is null
            ? Found(new TaskListBody([.. bodies], pagination), EnvelopeJson.Default.EnvelopedTaskListBody, validators, pagination.TotalCount)
            : Found(new SelectedTaskListBody([.. bodies.Select(body => body.Only(fields))], pagination), EnvelopeJson.Default.EnvelopedSelectedTaskListBody, validators, pagination.TotalCount);
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        var fields = TaskListQuery.ReadFields(http.Request);
        if (fields.Error is { } error)
        {
            return new Refusal(faults, error);
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        if (await conditional.InPlaceOfTaskAsync(http, tasks, task, faults) is { } known)
        {
            return known;
        }
        var found = await tasks.GetAsync(http.Caller(), task, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(faults, found.Error);
        }
        var validators = conditional.Of(found.Value.Tag, found.Value.ChangedAt);
        if (conditional.InPlaceOf(http, validators, faults) is { } other)
        {
            return other;
        }
        var body = TaskBody.Of(found.Value);
        return fields.Value is { } members
            ? Found(body.Only(members), EnvelopeJson.Default.EnvelopedJsonObject, validators)
            : Found(body, EnvelopeJson.Default.EnvelopedTaskBody, validators);
    }

    private async Task<IResult> CreateAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey);
        if (request is null)
        {
            return new Refusal(faults, fault!.Value);
        }
        if (!request.Conditions.AllowCreation)
        {
            return new Refusal(faults, new Error(ErrorCode.PreconditionFailed));
        }
        var written = await writer.WriteAsync(http.Caller(), TaskOperation.Create(Reading.Task(request.Body), Envelope.TaskLimits), request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(201, written.Value, isNew: true) : new Refusal(faults, written.Error);
    }

    /// <summary>000's update, which has the id in the body. The answer says whose address it would have been.</summary>
    private async Task<IResult> ChangeNamedAsync(HttpContext http)
    {
        var (request, unreadable) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey);
        if (request is null)
        {
            return new Refusal(faults, unreadable!.Value);
        }
        var (task, fault) = Reading.TargetOf(request.Body);
        return fault is not null ? new Refusal(faults, Error.Invalid([fault])) : await ChangeAsync(http, request, task, isNamedInBody: true);
    }

    /// <summary>PUT and PATCH are the same: what the body names is changed, and nothing else.</summary>
    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey);
        if (request is null)
        {
            return new Refusal(faults, fault!.Value);
        }
        return TaskRef.TryParse(http.Route("id"), out var task) ? await ChangeAsync(http, request, task, isNamedInBody: false) : NotFound();
    }

    private async Task<IResult> ChangeAsync(HttpContext http, WriteRequest request, TaskRef task, bool isNamedInBody)
    {
        var change = TaskOperation.Change(task, Reading.Task(request.Body), Envelope.TaskLimits, ConditionOf(request));
        var written = await writer.WriteAsync(http.Caller(), change, request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(200, written.Value, isNamedInBody: isNamedInBody) : new Refusal(faults, written.Error);
    }

    /// <summary>What needs no body. One that is sent must be JSON, and is not looked into.</summary>
    private async Task<IResult> VerbAsync(HttpContext http, Func<TaskRef, Precondition, TaskOperation> verb, Func<Written, IResult>? show = null)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return new Refusal(faults, fault!.Value);
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        var written = await writer.WriteAsync(http.Caller(), verb(task, ConditionOf(request)), request.Key, Endpoints.Bounded);
        return !written.IsOk ? new Refusal(faults, written.Error) : show is null ? Shown(200, written.Value) : show(written.Value);
    }

    /// <summary>The answer to a read.</summary>
    private Answer<Enveloped<T>> Found<T>(T data, JsonTypeInfo<Enveloped<T>> type, Validators validators, long? total = null) =>
        new(200, Enveloped<T>.Of(200, data, freshness.Seconds), type) { Validators = validators, CacheControl = freshness.CacheControl, Total = total };

    private Precondition ConditionOf(WriteRequest request) => request.Conditions.OnChange(Envelope.Tags, version: default, demands.Precondition);

    /// <param name="isNamedInBody">The address of the request is not the task's.</param>
    private Answer<Enveloped<TaskBody>> Shown(int status, Written written, bool isNew = false, bool isNamedInBody = false, bool hasTag = true)
    {
        var body = TaskBody.Of(written.View);
        return new Answer<Enveloped<TaskBody>>(status, Enveloped<TaskBody>.Of(status, body), EnvelopeJson.Default.EnvelopedTaskBody)
        {
            Validators = hasTag ? conditional.Of(written.View.Tag, written.View.ChangedAt) : Validators.None,
            IsReplay = written.IsReplay,
            Location = isNew ? body.ToPath() : null,
            ContentLocation = isNamedInBody ? body.ToPath() : null,
        };
    }

    private Refusal NotFound() => new(faults, new Error(ErrorCode.NotFound));
}
