using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>Tasks: <c>/api/tareas</c>. They are named by id only; their numbers are not 003's.</summary>
internal sealed class TaskEndpoints(TaskReader tasks, TaskList list, TaskWriter writer, WorkspaceReader workspaces, Errors errors, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("", ListAsync);
        routes.Post("", CreateAsync);
        routes.Get("/{id}", GetAsync);
        routes.Put("/{id}", ChangeAsync);
        routes.Delete("/{id}", DeleteAsync);
        routes.Patch("/{id}/completar", ToggleAsync);
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = TaskListQuery.Read(http.Request.Query, http.Request.QueryString);
        if (!query.IsOk)
        {
            return new Refusal(errors, query.Error);
        }
        Validators Of(WorkspaceMoment? moment) => moment is null ? Validators.None : Tareas.Conditional.OfList(moment.Value, query.Value.InOneSpelling(http.Caller()));
        if (await Tareas.Conditional.InPlaceOfListAsync(http, workspaces, moment => Of(moment), errors) is { } other)
        {
            return other;
        }
        var page = await list.ListAsync(http.Caller(), query.Value.Request, Endpoints.Bounded);
        return page.IsOk
            ? new Answer<TaskListBody>(
                200,
                new TaskListBody("Tareas obtenidas exitosamente", [.. page.Value.Tasks.Select(TaskBody.Of)], page.Value.Total!.Value, query.Value.Limit, query.Value.Offset),
                TareasJson.Default.TaskListBody)
            {
                Validators = Of(page.Value.Moment),
            }
            : new Refusal(errors, page.Error);
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (!TryReadId(http, out var task))
        {
            return MalformedId();
        }
        if (await Tareas.Conditional.InPlaceOfTaskAsync(http, tasks, task, errors) is { } known)
        {
            return known;
        }
        var found = await tasks.GetAsync(http.Caller(), task, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(errors, found.Error);
        }
        var validators = Tareas.Conditional.Of(found.Value.Tag, found.Value.ChangedAt);
        return Tareas.Conditional.InPlaceOf(http, validators, errors) ?? Shown(200, "Tarea obtenida exitosamente", new Written(found.Value, IsReplay: false));
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
        var written = await writer.WriteAsync(http.Caller(), TaskOperation.Create(Reading.Task(request.Body), Tareas.TaskLimits), request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(201, "Tarea creada exitosamente", written.Value, http.Request.Path) : new Refusal(errors, written.Error);
    }

    /// <summary>What the body names is changed, and nothing else.</summary>
    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        if (!TryReadId(http, out var task))
        {
            return MalformedId();
        }
        var change = TaskOperation.Change(task, Reading.Task(request.Body), Tareas.TaskLimits, PreconditionOf(request));
        var written = await writer.WriteAsync(http.Caller(), change, request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(200, "Tarea actualizada exitosamente", written.Value) : new Refusal(errors, written.Error);
    }

    private async Task<IResult> DeleteAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        if (!TryReadId(http, out var task))
        {
            return MalformedId();
        }
        var written = await writer.WriteAsync(http.Caller(), TaskOperation.Delete(task, PreconditionOf(request)), request.Key, Endpoints.Bounded);
        return written.IsOk ? new NoContent(written.Value.IsReplay) : new Refusal(errors, written.Error);
    }

    private async Task<IResult> ToggleAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        if (!TryReadId(http, out var task))
        {
            return MalformedId();
        }
        var written = await writer.WriteAsync(http.Caller(), TaskOperation.Toggle(task, PreconditionOf(request)), request.Key, Endpoints.Bounded);
        return written.IsOk ? Shown(200, "Estado de tarea actualizado exitosamente", written.Value) : new Refusal(errors, written.Error);
    }

    private Precondition PreconditionOf(WriteRequest request) => request.Conditions.OnChange(Tareas.Conditional.Tags, default, demands.Precondition);

    private static bool TryReadId(HttpContext http, out TaskRef task)
    {
        var isId = Ids.TryParse(Ids.TaskPrefix, http.Route("id"), out var id);
        task = new TaskRef(id, Number: 0);
        return isId;
    }

    /// <param name="collection">Where the task was made: its own address lies below.</param>
    private static Answer<TaskAnswerBody> Shown(int status, string message, Written written, PathString? collection = null) =>
        new(status, new TaskAnswerBody(message, TaskBody.Of(written.View)), TareasJson.Default.TaskAnswerBody)
        {
            Validators = Tareas.Conditional.Of(written.View.Tag, written.View.ChangedAt),
            IsReplay = written.IsReplay,
            Location = collection is { } path ? $"{path.Value!.TrimEnd('/')}/{written.View.Task.Id}" : null,
        };

    private Refusal MalformedId() => new(errors, Error.Invalid(Field.Id, FieldFault.NotAnId));
}
