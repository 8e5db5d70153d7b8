using System.Text.Json;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>Many tasks in one request: made (POST), changed (PATCH) or deleted (DELETE); all of them or none, or with <c>"atomic": false</c> each on its own (207).</summary>
internal sealed class BatchEndpoints(TaskBatchWriter batches, Faults faults, WriteDemands demands)
{
    /// <summary>A batch has no place for a condition on one of its tasks: where the server demands one, it changes nothing.</summary>
    private readonly Precondition precondition = Precondition.None with { IsMissing = demands.Precondition };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/batch", http => WriteAsync(http, 201, Create));
        routes.Patch("/batch", http => WriteAsync(http, 200, Change));
        routes.Delete("/batch", http => WriteAsync(http, 200, Delete));
    }

    /// <param name="status">What is answered where everything is done, and of each that is.</param>
    private async Task<IResult> WriteAsync(HttpContext http, int status, Func<JsonElement, TaskOperation> read)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey, bodyIsOptional: HttpMethods.IsDelete(http.Request.Method));
        if (request is null)
        {
            return new Refusal(faults, fault!.Value);
        }
        // Headers are about the address of the request, which is no task's.
        if (!request.Conditions.AllowCreation)
        {
            return new Refusal(faults, new Error(ErrorCode.PreconditionFailed));
        }
        var list = Faults.ListOf(http.Request);
        var (errors, isAtomic, operations) = request.Body is null ? Reading.Batch(http.Request, list, Delete) : Reading.Batch(request.Body, list, read);
        if (errors.Count > 0)
        {
            return new Refusal(faults, Error.Invalid(errors));
        }
        var written = await batches.WriteAsync(http.Caller(), operations, isAtomic, request.Key, Endpoints.Bounded);
        if (!written.IsOk)
        {
            return new Refusal(faults, written.Error);
        }
        var results = new List<BatchResultBody>(operations.Count);
        // The faults that an answer names are bounded for all tasks together, and of each that has faults one is named.
        var faultsTold = 0;
        foreach (var outcome in written.Value.Outcomes)
        {
            var refused = outcome.Error is { } error ? Faults.Body(http, error, Math.Max(1, Limits.FaultsTold - faultsTold)) : null;
            faultsTold += refused?.Errors.Count ?? 0;
            results.Add(new BatchResultBody(
                results.Count, refused?.Code ?? status, refused?.ResultMessage ?? Results.Success, outcome.IsOk ? TaskBody.Of(outcome.Value) : null, refused?.Errors));
        }
        var failed = results.Count(result => result.Errors is not null);
        var whole = isAtomic ? status : 207;
        return new Answer<Enveloped<BatchBody>>(whole, Enveloped<BatchBody>.Of(whole, new BatchBody(results.Count - failed, failed, results)), EnvelopeJson.Default.EnvelopedBatchBody)
        {
            IsReplay = written.Value.IsReplay,
        };
    }

    private static TaskOperation Create(JsonElement task) => TaskOperation.Create(Reading.Task(task), Envelope.TaskLimits);

    private TaskOperation Change(JsonElement task)
    {
        var (target, fault) = Reading.TargetOf(task);
        return fault is null ? TaskOperation.Change(target, Reading.Task(task), Envelope.TaskLimits, precondition) : TaskOperation.Malformed([fault]);
    }

    private TaskOperation Delete(JsonElement id)
    {
        var (target, fault) = Reading.Target(id);
        return Delete(target, fault);
    }

    private TaskOperation Delete(TaskRef target, FieldError? fault) =>
        fault is null ? TaskOperation.Delete(target, precondition) : TaskOperation.Malformed([fault]);
}
