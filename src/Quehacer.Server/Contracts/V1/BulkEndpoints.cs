using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Changes and deletions of all tasks that a filter chooses, so many at a time.</summary>
internal sealed class BulkEndpoints(TaskBulkWriter bulk, Problems problems, WriteDemands demands, RateLimit limit)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Patch("", http => WriteAsync(http, isDeletion: false)).WithMetadata(limit);
        routes.Delete("", http => WriteAsync(http, isDeletion: true)).WithMetadata(limit);
    }

    private async Task<IResult> WriteAsync(HttpContext http, bool isDeletion)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var (filter, most, cursor, isDryRun) = TaskListQuery.ReadMany(query, http.Caller());
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: isDeletion, query: query);
        if (request is null)
        {
            return refusal!;
        }
        if (isDeletion && Reading.Nothing(request.Body) is { Count: > 0 } faults)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        // Whoever goes on with a cursor has named a state when they began, and a dry run overwrites nothing.
        var isDemanded = demands.Precondition && cursor is null && !isDryRun;
        var asked = Convert.ToHexStringLower(filter.Fingerprint(http.Caller().WorkspaceId));
        Validators Of(WorkspaceMoment moment) => V1.Conditional.OfMany(moment, asked);
        var wanted = new BulkRequest(filter, isDeletion ? null : Reading.TaskOfMany(request.Body), Reading.TaskLimits, most, cursor, isDryRun)
        {
            Refuse = moment =>
            {
                var refused = request.Conditions.OnChangeOfMany(Of(moment), isDemanded, DateTime.UtcNow);
                if (refused is { Code: ErrorCode.PreconditionFailed })
                {
                    http.Response.Headers.ETag = Of(moment).ETag;
                }
                return refused;
            },
        };
        var written = await bulk.WriteAsync(http.Caller(), wanted, request.Key, Endpoints.Bounded);
        if (!written.IsOk)
        {
            return new Refusal(problems, written.Error);
        }
        var done = written.Value;
        var language = Languages.Preferred(http.Request);
        var skipped = done.SkippedTasks.Select(task => new SkippedTaskBody(
            Ids.ToTypeId(Ids.TaskPrefix, task.Id), task.Number, [.. task.Error.Fields.Select(fault => FieldMessages.Of(fault, language))]));
        var body = new BulkBody(done.Matched, done.Changed, done.Skipped, [.. skipped], isDryRun, done.Total, done.NextCursor is not null, done.NextCursor);
        return new Answer<BulkBody>(200, body, BodyJson.Default.BulkBody) { Validators = Of(done.Moment), IsReplay = done.IsReplay };
    }
}
