using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Many operations in one request: all of them or none (200), or each on its own (207).</summary>
internal sealed class BatchEndpoint(TaskBatchWriter batches, Problems problems, WriteDemands demands, RateLimit limit)
{
    public void Map(IEndpointRouteBuilder routes) => routes.Post("/batch", WriteAsync).WithMetadata(limit);

    private async Task<IResult> WriteAsync(HttpContext http)
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
        // Headers are about the address of the request, which is no task's; each operation has a condition of its own.
        var (faults, isAtomic, operations) = Reading.Batch(
            request.Body, http.Caller().WorkspaceId, version => new Precondition(null, version.IsSet ? version.Value : null) { IsMissing = demands.Precondition && !version.IsSet });
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        var written = await batches.WriteAsync(http.Caller(), [.. operations.Select(operation => operation.Operation)], isAtomic, request.Key, Endpoints.Bounded);
        if (!written.IsOk)
        {
            return new Refusal(problems, written.Error);
        }
        var results = new List<BatchResultBody>(operations.Count);
        // The faults that an answer names are bounded for all operations together, and of each that has faults one is named.
        var faultsTold = 0;
        foreach (var ((op, _), outcome) in operations.Zip(written.Value.Outcomes))
        {
            var result = Shown(http, results.Count, op, outcome, Math.Max(1, Limits.FaultsTold - faultsTold));
            results.Add(result);
            faultsTold += result.Problem?.Errors?.Count ?? 0;
        }
        var failed = results.Count(result => result.Problem is not null);
        return new Answer<BatchBody>(isAtomic ? 200 : 207, new BatchBody(results.Count - failed, failed, results), BodyJson.Default.BatchBody) { IsReplay = written.Value.IsReplay };
    }

    private BatchResultBody Shown(HttpContext http, int index, string op, Result<TaskView> outcome, int faultsTold)
    {
        if (!outcome.IsOk)
        {
            var problem = problems.Body(http, outcome.Error, faultsTold);
            return new BatchResultBody(index, problem.Status, outcome.Error.Current is { } current ? V1.Conditional.Tags.Of(current) : null, Task: null, problem);
        }
        return op == "delete"
            ? new BatchResultBody(index, 204, Etag: null, Task: null, Problem: null)
            : new BatchResultBody(index, op == "create" ? 201 : 200, V1.Conditional.Tags.Of(outcome.Value.Tag), TaskBody.Of(outcome.Value, http.Caller().WorkspaceId), Problem: null);
    }
}
