using Quehacer.Core;
using Quehacer.Core.Labels;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>
/// 003's contract: Spanish, camelCase, bare UUIDs, a <c>message</c> in every answer. It works in the caller's personal workspace, and ignores
/// whatever members and parameters it does not know, as its clients expect.
/// </summary>
internal static class Tareas
{
    public static readonly string[] Prefixes = ["/api/auth", "/api/tareas", "/api/categorias", "/api/etiquetas"];

    /// <summary>Clients revalidate always. Tags are strong, but for those of lists.</summary>
    public static readonly ConditionalRead Conditional = new(new TagShape("tareas", IsStrong: true), Caching.Revalidate);

    public static readonly TaskLimits TaskLimits = new(Limits.TitleCharacters, DescriptionCharacters: 1000, Limits.MostTagsOfATask, Limits.LabelCharacters);

    public const int PageTasksDefault = 10;

    public static Contract Contract(Errors errors) => new("tareas", Prefixes, errors.RefuseAsync);

    public static void MapTareas(this IEndpointRouteBuilder routes, Installation installation, Errors errors, WriteDemands demands)
    {
        var accounts = new AccountEndpoints(installation.Accounts, installation.Sessions, errors, demands);
        var tasks = new TaskEndpoints(installation.Tasks, installation.TaskList, installation.TaskWriter, installation.Workspaces, errors, demands);
        var categories = new LabelEndpoints(LabelKind.Category, installation.Labels, installation.LabelWriter, installation.Workspaces, errors, demands);
        var tags = new LabelEndpoints(LabelKind.Tag, installation.Labels, installation.LabelWriter, installation.Workspaces, errors, demands);

        var keys = OpenToKeys.Tasks with { IsPersonal = true };
        accounts.MapAnonymous(routes.MapGroup("/api/auth").WithMetadata(AnswersIn.Json));
        accounts.MapForCaller(routes.MapGroup("/api/auth").WithMetadata(AnswersIn.Json, new RequiresCaller()));
        tasks.Map(routes.MapGroup("/api/tareas").WithMetadata(AnswersIn.Json, new RequiresCaller(), keys, Thing.Task));
        categories.Map(routes.MapGroup("/api/categorias").WithMetadata(AnswersIn.Json, new RequiresCaller(), keys, Thing.Category));
        tags.Map(routes.MapGroup("/api/etiquetas").WithMetadata(AnswersIn.Json, new RequiresCaller(), keys, Thing.Tag));
    }
}

/// <summary>What an endpoint is about, for the sentences that name it.</summary>
internal sealed record Thing(string IsNotThere, string IdIsMalformed, string NameIsTaken)
{
    public static readonly Thing Task = new("Tarea no encontrada", "ID de tarea debe ser un UUID válido", "");
    public static readonly Thing Category = new("Categoría no encontrada", "ID de categoría debe ser un UUID válido", "Ya existe una categoría con ese nombre");
    public static readonly Thing Tag = new("Etiqueta no encontrada", "ID de etiqueta debe ser un UUID válido", "Ya existe una etiqueta con ese nombre");
}
