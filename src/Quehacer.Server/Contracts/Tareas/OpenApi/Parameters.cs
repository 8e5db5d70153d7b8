using System.Text.Json.Nodes;
using Quehacer.Core;
using Quehacer.Server.OpenApi;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.Contracts.Tareas.OpenApi;

/// <summary>The parameters of paths and queries, each described once, by the names that 003 gives them. Bounds and words are those that the code checks.</summary>
internal static class Parameters
{
    public static readonly string[] TaskQuery =
    [
        "completed", "categoria", "prioridad", "fechaVencimiento.desde", "fechaVencimiento.hasta", "sinceDate", "untilDate", "busqueda", "etiquetas", "ordenar", "direccion", "limit", "offset",
    ];

    private const string TimeSays = "A date or a time of ISO 8601, in UTC unless it says otherwise.";

    public static string IdPattern(string prefix) => $"^(?:{Uuid}|{TypeId(prefix)})$";

    /// <summary>The names of an operation's parameters of the path.</summary>
    public static IEnumerable<string> OfPath(Operation operation)
    {
        if (operation.Path.Contains("{id}", StringComparison.Ordinal))
        {
            yield return operation.Tag switch { "tareas" => "TaskId", "categorias" => "CategoryId", _ => "TagId" };
        }
    }

    public static JsonObject All() => new()
    {
        ["TaskId"] = Path("id", "A UUID, or the TypeID of it.", Text(IdPattern(Ids.TaskPrefix), 36), Samples.TaskId),
        ["CategoryId"] = Path("id", "A UUID, or the TypeID of it.", Text(IdPattern(Ids.CategoryPrefix), 36), Samples.CategoryId),
        ["TagId"] = Path("id", "A UUID, or the TypeID of it.", Text(IdPattern(Ids.TagPrefix), 36), Samples.TagId),

        ["completed"] = Query("completed", "Tasks that are done, or those that are not.", Flag(), false),
        ["categoria"] = Query("categoria", "Tasks of this category. Also `categoryId`.", Text(IdPattern(Ids.CategoryPrefix), 36), Samples.CategoryId),
        ["prioridad"] = Several("prioridad", "Tasks of any of these. `alta` finds what is `critical` in other contracts as well. Also `priority`.", OneOf(Words.Priorities), Words.Priorities.Length, "alta"),
        ["fechaVencimiento.desde"] = Query("fechaVencimiento.desde", "Tasks that are due then or later. " + TimeSays, Time(), "2024-01-01"),
        ["fechaVencimiento.hasta"] = Query("fechaVencimiento.hasta", "Tasks that are due then or earlier; a date is its whole day. " + TimeSays, Time(), "2099-12-31T23:59:59Z"),
        ["sinceDate"] = Query("sinceDate", "Tasks made then or later. " + TimeSays, Time(), "2024-01-01"),
        ["untilDate"] = Query("untilDate", "Tasks made then or earlier; a date is its whole day. " + TimeSays, Time(), "2099-12-31"),
        ["busqueda"] = Query(
            "busqueda", $"Tasks in whose title, description or tags every word occurs, at least its beginning; case and accents do not count. At most {Limits.SearchPrefixes} words. Also `search`.",
            new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.SearchCharacters }, "proyecto"),
        ["etiquetas"] = Several("etiquetas", "Tasks that have all of these tags. Also `tagId`.", Text(IdPattern(Ids.TagPrefix), 36), Tareas.TaskLimits.Tags, Samples.TagId),
        ["ordenar"] = Query("ordenar", "The order. Tasks without a due date come last. Also `ordenarPor`, with `createdAt`, `dueDate`, `priority`, `title`.", OneOf(TaskListQuery.Sorts, TaskListQuery.Sorts[0]), "fecha_vencimiento"),
        ["direccion"] = Query("direccion", "The direction.", OneOf(["asc", "desc"], "desc"), "asc"),
        ["limit"] = Query("limit", "How many tasks.", Integer(1, Limits.PageTasks, Tareas.PageTasksDefault), 20),
        ["offset"] = Query("offset", "How many tasks to skip.", Integer(0, int.MaxValue, 0), 0),
    };
}
