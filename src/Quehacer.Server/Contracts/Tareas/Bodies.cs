using System.Text.Json.Serialization;
using Quehacer.Core.Accounts;
using Quehacer.Core.Labels;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>A task as 003 shows it, with its category and its tags always.</summary>
/// <param name="UserId">Who made it.</param>
/// <param name="Categories">The category once more, as a list of one or none.</param>
internal sealed record TaskBody(
    Guid Id, string Title, string? Description, bool Completed, string Priority, DateTime? DueDate, Guid UserId, Guid? CategoryId, DateTime CreatedAt, DateTime UpdatedAt,
    TaskCategoryBody? Category, IReadOnlyList<TaskCategoryBody> Categories, IReadOnlyList<TaskTagBody> Tags)
{
    public static TaskBody Of(TaskView view)
    {
        var task = view.Task;
        var category = view.Category is { } face ? new TaskCategoryBody(face.Id, face.Name, face.Color) : null;
        var tags = view.Tags.Count == 0 ? [] : new TaskTagBody[view.Tags.Count];
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i] = new TaskTagBody(task.TagIds[i], view.Tags[i]);
        }
        return new(
            task.Id, task.Title, task.Description, task.State == TaskState.Done, Words.Of(task.Priority), task.DueDate, task.CreatedBy, category?.Id, task.CreatedAt, task.UpdatedAt,
            category, category is null ? [] : [category], tags);
    }
}

internal sealed record TaskCategoryBody(Guid Id, string Name, string? Color);

internal sealed record TaskTagBody(Guid Id, string Name);

internal sealed record TaskAnswerBody(string Message, TaskBody Task);

internal sealed record TaskListBody(string Message, IReadOnlyList<TaskBody> Tasks, long Total, int Limit, int Offset);

/// <param name="UserId">Whose workspace it is in.</param>
internal sealed record CategoryBody(Guid Id, string Name, string? Color, Guid UserId)
{
    public static CategoryBody Of(Label label, Guid userId) => new(label.Id, label.Name, label.Color, userId);
}

internal sealed record CategoryAnswerBody(string Message, CategoryBody Category);

internal sealed record CategoryListBody(string Message, IReadOnlyList<CategoryBody> Categories);

/// <param name="UserId">Whose workspace it is in.</param>
internal sealed record TagBody(Guid Id, string Name, Guid UserId)
{
    public static TagBody Of(Label label, Guid userId) => new(label.Id, label.Name, userId);
}

internal sealed record TagAnswerBody(string Message, TagBody Tag);

internal sealed record TagListBody(string Message, IReadOnlyList<TagBody> Tags);

internal sealed record UserBody(Guid Id, string Email, string Name, DateTime CreatedAt)
{
    public static UserBody Of(Account account) => new(account.Id, account.Email, account.Name, account.CreatedAt);
}

internal sealed record UserAnswerBody(string Message, UserBody User);

/// <param name="Token">The access token; 003 knows no other. Absent where the e-mail is to be verified before there is a session.</param>
internal sealed record SessionBody(string Message, UserBody User, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token);

internal sealed record MessageBody(string Message);

/// <param name="Field">The first value at fault; absent where no value is.</param>
/// <param name="Details">All of them, where there are several.</param>
internal sealed record ErrorBody(
    string Error, string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Field = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ErrorDetailBody>? Details = null);

internal sealed record ErrorDetailBody(string Field, string Message);

/// <summary>003's words for the core's values.</summary>
internal static class Words
{
    /// <summary>There is none for critical, which is shown as the highest there is.</summary>
    public static readonly string[] Priorities = ["baja", "media", "alta"];

    public static string Of(TaskPriority priority) => Priorities[Math.Min((int)priority, Priorities.Length - 1)];

    /// <summary>What a word stands for in a filter: all that is shown by it.</summary>
    public static IEnumerable<TaskPriority> Meant(int index) => Enum.GetValues<TaskPriority>().Where(priority => Of(priority) == Priorities[index]);
}

/// <remarks>The generator names its files by the name of the class alone, so no two contracts call theirs the same.</remarks>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(TaskAnswerBody))]
[JsonSerializable(typeof(TaskListBody))]
[JsonSerializable(typeof(CategoryAnswerBody))]
[JsonSerializable(typeof(CategoryListBody))]
[JsonSerializable(typeof(TagAnswerBody))]
[JsonSerializable(typeof(TagListBody))]
[JsonSerializable(typeof(UserAnswerBody))]
[JsonSerializable(typeof(SessionBody))]
[JsonSerializable(typeof(MessageBody))]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class TareasJson : JsonSerializerContext;
