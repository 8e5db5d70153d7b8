using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Core;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Envelope.OpenApi;

/// <summary>The answers that the description shows, written by what writes the real ones.</summary>
internal static class Samples
{
    public const int TaskNumber = 1;
    public const string ETag = "W/\"envelope.01m7ykm0xx.1.0\"";
    public const string ListETag = "W/\"envelope.01m7ykm0xx.12.6d1f0c2b9a8e7f5d4c3b\"";
    public const string Origin = "http://localhost:3000";

    private const int CacheSeconds = 10;

    private static readonly DateTime At = new(2026, 11, 21, 8, 30, 0, 125, DateTimeKind.Utc);

    private static readonly TaskBody PendingTask = new(
        TaskNumber, "Buy milk", "The shop closes at nine.", Done: false, "pending", "high", new DateTime(2099, 1, 31, 17, 0, 0, DateTimeKind.Utc), ["home"], At, At);

    private static readonly TaskBody CompletedTask = PendingTask with { Done = true, Status = "completed" };

    private static readonly TaskBody OtherTask = PendingTask with { Id = 2, Title = "Water the plants", Description = "", Priority = "medium", DueDate = null, Tags = [] };

    public static JsonNode Task() => Read(200, PendingTask, EnvelopeJson.Default.EnvelopedTaskBody);

    public static JsonNode Tasks() => Read(
        200, new TaskListBody([PendingTask], new PaginationBody(1, 1, 1, 2, 2, HasMore: true, HasPrev: false, "a5pFsrezJZkn")), EnvelopeJson.Default.EnvelopedTaskListBody);

    public static JsonNode NewTask() => Written(201, PendingTask);

    public static JsonNode ChangedTask() => Written(200, PendingTask with { Title = "Buy oat milk" });

    public static JsonNode DoneTask() => Written(200, CompletedTask);

    public static JsonNode DeletedTask() => Written(200, PendingTask);

    public static JsonNode NewTasks() => Batch(201, [Result(0, 201, PendingTask), Result(1, 201, OtherTask)]);

    public static JsonNode ChangedTasks() => Batch(200, [Result(0, 200, CompletedTask), Result(1, 200, OtherTask with { Priority = "high" })]);

    public static JsonNode DeletedTasks() => Batch(200, [Result(0, 200, PendingTask), Result(1, 200, OtherTask)]);

    /// <param name="status">Of the one that was done.</param>
    public static JsonNode PartialBatch(int status)
    {
        var refused = RefusalOf(status == 201 ? ErrorCatalogue.Validation : ErrorCatalogue.NotFound);
        return Batch(207, [Result(0, status, PendingTask), new BatchResultBody(1, refused.Code, refused.ResultMessage, Data: null, refused.Errors)]);
    }

    public static JsonNode AppHealth() => Of(200, new AppHealthBody("healthy", Health.Name, Health.Version), 0, EnvelopeJson.Default.EnvelopedAppHealthBody);

    public static JsonNode DatabaseHealth() => Of(200, new DatabaseHealthBody("healthy", "connected"), 0, EnvelopeJson.Default.EnvelopedDatabaseHealthBody);

    /// <summary>An error of the catalogue as the envelope tells it.</summary>
    public static JsonNode Refusal(ErrorKind kind) => JsonSerializer.SerializeToNode(RefusalOf(kind), EnvelopeJson.Default.RefusalBody)!;

    private static RefusalBody RefusalOf(ErrorKind kind)
    {
        var http = new DefaultHttpContext();
        if (kind == ErrorCatalogue.Validation)
        {
            return Faults.Body(http, Error.Invalid(Field.Title, FieldFault.Required));
        }
        if (kind == ErrorCatalogue.RateLimitExceeded)
        {
            var quota = new Quota("envelope-writes", 30, TimeSpan.FromMinutes(1), new("30 writes a minute are allowed through this contract.", ""));
            http.Features.Set(new LimitReached(quota, RetryAfterSeconds: 37));
            return Faults.Body(http, HttpFault.TooManyRequests);
        }
        var codes = Enum.GetValues<ErrorCode>().Where(code => ErrorCatalogue.Of(code) == kind).ToList();
        return codes.Count > 0 ? Faults.Body(http, new Error(codes[0])) : Faults.Body(http, Enum.GetValues<HttpFault>().First(fault => ErrorCatalogue.Of(fault) == kind));
    }

    private static BatchResultBody Result(int index, int status, TaskBody task) => new(index, status, Results.Success, task, Errors: null);

    private static JsonNode Batch(int status, BatchResultBody[] results) => Of(
        status, new BatchBody(results.Count(result => result.Errors is null), results.Count(result => result.Errors is not null), results), 0, EnvelopeJson.Default.EnvelopedBatchBody);

    private static JsonNode Written(int status, TaskBody task) => Of(status, task, 0, EnvelopeJson.Default.EnvelopedTaskBody);

    private static JsonNode Read<T>(int status, T data, JsonTypeInfo<Enveloped<T>> type) => Of(status, data, CacheSeconds, type);

    private static JsonNode Of<T>(int status, T data, int cacheTtl, JsonTypeInfo<Enveloped<T>> type) => JsonSerializer.SerializeToNode(
        new Enveloped<T>(status, Results.Success, data, new DateTimeOffset(At).ToUnixTimeSeconds(), cacheTtl), type)!;
}
