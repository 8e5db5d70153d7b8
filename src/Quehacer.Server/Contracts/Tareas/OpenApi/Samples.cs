using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas.OpenApi;

/// <summary>The answers that the description shows, written by what writes the real ones.</summary>
internal static class Samples
{
    public const string TaskId = "01a1fd4a-03bd-75a1-9b3d-1a7f36d22631";
    public const string CategoryId = "01a1fd4a-03bd-7a81-ace6-5d4e71a1b09c";
    public const string TagId = "01a1fd4a-03bd-7523-95e8-c10b98a7c2f0";
    public const string ETag = "\"tareas.01m7ykm0xx.1.0\"";
    public const string ListETag = "W/\"tareas.01m7ykm0xx.12.6d1f0c2b9a8e7f5d4c3b\"";
    public const string Origin = "http://localhost:3000";

    private static readonly Guid UserId = new("01a1fd4a-03bd-7923-8a7b-c5b2ca8c64fb");
    private static readonly DateTime At = new(2026, 11, 21, 8, 30, 0, 125, DateTimeKind.Utc);
    private static readonly TaskCategoryBody Work = new(new Guid(CategoryId), "Trabajo", "#FF5733");

    private static readonly TaskBody Usual = new(
        new Guid(TaskId), "Nueva tarea", "Descripción de la tarea", Completed: false, Words.Of(TaskPriority.Medium), new DateTime(2099, 1, 25, 23, 59, 59, DateTimeKind.Utc), UserId, Work.Id, At, At, Work, [Work],
        [new TaskTagBody(new Guid(TagId), "urgente")]);

    private static readonly UserBody User = new(UserId, "usuario@ejemplo.com", "Juan Pérez", At);

    public static JsonNode Task(string done) => Answer($"Tarea {done} exitosamente", Usual);

    public static JsonNode ChangedTask() => Answer(
        "Tarea actualizada exitosamente", Usual with { Title = "Tarea actualizada", Description = null, Priority = Words.Of(TaskPriority.High), CategoryId = null, Category = null, Categories = [], Tags = [] });

    public static JsonNode DoneTask() => Answer("Estado de tarea actualizado exitosamente", Usual with { Completed = true });

    public static JsonNode Tasks() => Of(new TaskListBody("Tareas obtenidas exitosamente", [Usual], 1, 20, 0), TareasJson.Default.TaskListBody);

    public static JsonNode Category(string done) => Of(
        new CategoryAnswerBody($"Categoría {done} exitosamente", new CategoryBody(Work.Id, Work.Name, Work.Color, UserId)), TareasJson.Default.CategoryAnswerBody);

    public static JsonNode Categories() => Of(
        new CategoryListBody("Categorías obtenidas exitosamente", [new CategoryBody(Work.Id, Work.Name, Work.Color, UserId)]), TareasJson.Default.CategoryListBody);

    public static JsonNode Tag(string done) => Of(new TagAnswerBody($"Etiqueta {done} exitosamente", new TagBody(new Guid(TagId), "urgente", UserId)), TareasJson.Default.TagAnswerBody);

    public static JsonNode Tags() => Of(new TagListBody("Etiquetas obtenidas exitosamente", [new TagBody(new Guid(TagId), "urgente", UserId)]), TareasJson.Default.TagListBody);

    public static JsonNode Session(string message) => Of(new SessionBody(message, User, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.b2YgdGhlIGRvY3VtZW50"), TareasJson.Default.SessionBody);

    public static JsonNode Profile() => Of(new UserAnswerBody("Perfil obtenido exitosamente", User), TareasJson.Default.UserAnswerBody);

    public static JsonNode LoggedOut() => Of(new MessageBody("Sesión cerrada exitosamente"), TareasJson.Default.MessageBody);

    /// <summary>A refusal as the catalogue has it.</summary>
    public static JsonNode Error(ErrorKind kind) => Of(Errors.Example(kind), TareasJson.Default.ErrorBody);

    private static JsonNode Answer(string message, TaskBody task) => Of(new TaskAnswerBody(message, task), TareasJson.Default.TaskAnswerBody);

    private static JsonNode Of<T>(T body, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(body, type)!;
}
