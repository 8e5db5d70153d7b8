using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Tasks;

namespace Quehacer.Server.Contracts.V1;

/// <summary>A task as v1 shows it.</summary>
internal sealed record TaskBody(
    string Id, long Number, string Title, string? Description, string Status, string Priority, DateTime? DueDate, IReadOnlyList<string> Tags, int Version,
    DateTime CreatedAt, DateTime UpdatedAt)
{
    public static TaskBody Of(TaskView view) => new(
        Ids.ToTypeId(Ids.TaskPrefix, view.Task.Id), view.Task.Number, view.Task.Title, view.Task.Description, Words.Of(view.Task.State),
        Words.Of(view.Task.Priority), view.Task.DueDate, view.Tags, view.Task.Version, view.Task.CreatedAt, view.Task.UpdatedAt);
}

internal sealed record TaskListBody(IReadOnlyList<TaskBody> Tasks, PaginationBody Pagination);

internal sealed record PaginationBody(int Page, int Limit, long Total, long TotalPages, bool HasNext, bool HasPrevious)
{
    public static PaginationBody Of(TaskFilter filter, long total)
    {
        var pages = (total + filter.Limit - 1) / filter.Limit;
        return new(filter.Page, filter.Limit, total, pages, filter.Page < pages, filter.Page > 1);
    }
}

internal sealed record UserBody(string Id, string Email, string Name, IReadOnlyList<string> Roles, string WorkspaceId, int Version, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static UserBody Of(Account account) => new(
        Ids.ToTypeId(Ids.UserPrefix, account.Id), account.Email, account.Name, account.Roles, Ids.ToTypeId(Ids.WorkspacePrefix, account.WorkspaceId),
        account.Version, account.CreatedAt, account.UpdatedAt);
}

/// <param name="ExpiresIn">Seconds that the access token lives.</param>
internal sealed record TokensBody(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn, UserBody User)
{
    public static TokensBody Of(Tokens tokens) =>
        new(tokens.AccessToken, tokens.RefreshToken, "Bearer", Core.Accounts.AccessToken.LifetimeSeconds, UserBody.Of(tokens.Account));
}

/// <summary>RFC 9457, with the extension members of the specification.</summary>
internal sealed record ProblemBody(
    string Type, string Title, int Status, string Detail, string Instance, string Code, string Number, string RequestId, DateTime Timestamp,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ProblemFieldBody>? Errors);

internal sealed record ProblemFieldBody(
    string Field, string Code, string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? AllowedValues);

/// <summary>v1's words for the core's values.</summary>
internal static class Words
{
    public static readonly IReadOnlyList<string> States = ["pending", "done"];
    public static readonly IReadOnlyList<string> Priorities = ["low", "medium", "high", "critical"];
    public static readonly IReadOnlyList<string> StatusFilters = ["pending", "done", "all"];
    public static readonly IReadOnlyList<string> Sorts = ["created", "updated", "priority"];

    public static string Of(TaskState state) => States[(int)state];

    public static string Of(TaskPriority priority) => Priorities[(int)priority];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(TaskBody))]
[JsonSerializable(typeof(TaskListBody))]
[JsonSerializable(typeof(UserBody))]
[JsonSerializable(typeof(TokensBody))]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class BodyJson : JsonSerializerContext;

/// <summary>RFC 3339 in UTC with milliseconds, always all three digits.</summary>
internal sealed class TimeConverter : JsonConverter<DateTime>
{
    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("The bodies of requests are read member by member.");

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[24];
        value.TryFormat(text, out var written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..written]);
    }
}
