using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>What is around everything that succeeds.</summary>
/// <param name="Code">The status, once more.</param>
/// <param name="Timestamp">When this was answered, in Unix seconds.</param>
/// <param name="CacheTtl">For how many seconds it may be taken for true: the <c>max-age</c> of <c>Cache-Control</c>.</param>
internal sealed record Enveloped<T>(int Code, string ResultMessage, T Data, long Timestamp, [property: JsonPropertyName("cacheTTL")] int CacheTtl)
{
    public static Enveloped<T> Of(int code, T data, int cacheTtl = 0) => new(code, Results.Success, data, new DateTimeOffset(DateTime.UtcNow).ToUnixTimeSeconds(), cacheTtl);
}

/// <summary>What is said of everything that is refused.</summary>
internal sealed record RefusalBody(int Code, string ResultMessage, IReadOnlyList<FaultBody> Errors);

/// <param name="Field">Where the fault lies: a member or parameter, a header, or <c>path</c>, <c>method</c>, <c>body</c>.</param>
internal sealed record FaultBody(string Field, string Message);

/// <summary>A task as the envelope shows it: its id is its number, and a description it has always.</summary>
internal sealed record TaskBody(
    long Id, string Title, string Description, bool Done, string Status, string Priority, DateTime? DueDate, IReadOnlyList<string> Tags, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static TaskBody Of(TaskView view) => new(
        view.Task.Number, view.Task.Title, view.Task.Description ?? "", view.Task.State == TaskState.Done, Words.States[(int)view.Task.State],
        Words.Priorities[(int)view.Task.Priority], view.Task.DueDate, view.Tags, view.Task.CreatedAt, view.Task.UpdatedAt);

    /// <summary>The path at which it is.</summary>
    public string ToPath() => string.Create(CultureInfo.InvariantCulture, $"{Envelope.Tasks}/{Id}");

    /// <summary>These members alone, in the order of the whole.</summary>
    public JsonObject Only(IReadOnlyList<string> members)
    {
        var whole = JsonSerializer.SerializeToNode(this, EnvelopeJson.Default.TaskBody)!.AsObject();
        foreach (var name in whole.Select(member => member.Key).Except(members).ToList())
        {
            whole.Remove(name);
        }
        return whole;
    }
}

internal sealed record TaskListBody(IReadOnlyList<TaskBody> Tasks, PaginationBody Pagination);

/// <summary>A list with selected members of its tasks.</summary>
internal sealed record SelectedTaskListBody(IReadOnlyList<JsonObject> Tasks, PaginationBody Pagination);

/// <summary>Where a page lies within its list. 000 calls its number by two names; a page by cursor has none.</summary>
internal sealed record PaginationBody(int? Page, int? CurrentPage, int Limit, long TotalCount, long TotalPages, bool HasMore, bool HasPrev, string? NextCursor)
{
    public static PaginationBody Of(TaskListRequest request, TaskPage page)
    {
        var (total, pages) = (page.Total!.Value, (page.Total.Value + request.Limit - 1) / request.Limit);
        return new(
            request.Page, request.Page, request.Limit, total, pages, request.Page < pages || page.NextCursor is not null, request.Page > 1 || page.PreviousCursor is not null, page.NextCursor);
    }
}

/// <summary>What a batch came to, task by task, in their order.</summary>
internal sealed record BatchBody(int Succeeded, int Failed, IReadOnlyList<BatchResultBody> Results);

/// <summary>What the same request for this one task would have been answered with: its data or its errors.</summary>
/// <param name="Index">The place of the task in the batch, from 0.</param>
internal sealed record BatchResultBody(
    int Index, int Code, string ResultMessage,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TaskBody? Data,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FaultBody>? Errors);

internal sealed record AppHealthBody(string Status, string Service, string Version);

internal sealed record DatabaseHealthBody(string Status, string Database);

/// <summary>What results are called; they never change.</summary>
internal static class Results
{
    public const string Success = "OPERATION_SUCCESS";
    public const string Validation = "VALIDATION_ERROR";
    public const string Unauthorized = "UNAUTHORIZED";
    public const string NotFound = "NOT_FOUND";
    public const string MethodNotAllowed = "METHOD_NOT_ALLOWED";
    public const string NotAcceptable = "NOT_ACCEPTABLE";
    public const string Conflict = "CONFLICT";
    public const string PreconditionFailed = "PRECONDITION_FAILED";
    public const string PayloadTooLarge = "PAYLOAD_TOO_LARGE";
    public const string UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE";
    public const string IdempotencyMismatch = "IDEMPOTENCY_MISMATCH";
    public const string PreconditionRequired = "PRECONDITION_REQUIRED";
    public const string RateLimitExceeded = "RATE_LIMIT_EXCEEDED";
    public const string Internal = "INTERNAL_ERROR";
    public const string Unavailable = "SERVICE_UNAVAILABLE";

    /// <summary>Of what may be seen and not changed. There is no such thing in a workspace of one's own, which is all that this contract shows.</summary>
    public const string Forbidden = "FORBIDDEN";

    public static readonly string[] OfRefusals =
    [
        Validation, Unauthorized, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, Conflict, PreconditionFailed, PayloadTooLarge, UnsupportedMediaType, IdempotencyMismatch,
        PreconditionRequired, RateLimitExceeded, Internal, Unavailable,
    ];
}

/// <summary>The envelope's words for the core's values.</summary>
internal static class Words
{
    public static readonly string[] States = ["pending", "completed"];
    public static readonly string[] Priorities = ["low", "medium", "high", "critical"];
    public static readonly string[] Orders = ["asc", "desc"];

    /// <summary>In the order of <see cref="TaskSort"/>.</summary>
    public static readonly string[] Sorts = ["created", "updated", "priority", "due", "title", "number"];

    /// <summary>The same by the names of the members, which clients take for the names of orders.</summary>
    public static readonly string[] SortMembers = ["createdAt", "updatedAt", "priority", "dueDate", "title", "id"];

    /// <summary>Every member of a task, in the order in which it is shown.</summary>
    public static readonly string[] TaskMembers = ["id", "title", "description", "done", "status", "priority", "dueDate", "tags", "createdAt", "updatedAt"];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(TaskBody))]
[JsonSerializable(typeof(Enveloped<TaskBody>))]
[JsonSerializable(typeof(Enveloped<JsonObject>))]
[JsonSerializable(typeof(Enveloped<TaskListBody>))]
[JsonSerializable(typeof(Enveloped<SelectedTaskListBody>))]
[JsonSerializable(typeof(Enveloped<BatchBody>))]
[JsonSerializable(typeof(Enveloped<AppHealthBody>))]
[JsonSerializable(typeof(Enveloped<DatabaseHealthBody>))]
[JsonSerializable(typeof(RefusalBody))]
internal sealed partial class EnvelopeJson : JsonSerializerContext;
