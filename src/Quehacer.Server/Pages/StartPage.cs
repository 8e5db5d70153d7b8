using System.Text.Json.Nodes;
using System.Xml.Linq;
using Quehacer.Server.Contracts;
using Quehacer.Server.Contracts.V1;
using Quehacer.Server.Http;

namespace Quehacer.Server.Pages;

/// <summary><c>/</c>: what this server is, and where to go from here.</summary>
internal static class StartPage
{
    public static void MapStartPage(this IEndpointRouteBuilder routes, Problems problems) =>
        routes.Show("/", http => WriteAsync(http, problems));

    private static Task WriteAsync(HttpContext http, Problems problems)
    {
        var page = new Page(http);
        var origin = problems.Origin(http.Request);
        if (Formats.Preferred(http.Request) is not Format.Html and var format)
        {
            return page.WriteAsync(format, new JsonObject
            {
                ["service"] = "Quehacer",
                ["description"] = page.In(new("A self-hosted task backend.", "Un servidor de tareas que operas tú.")),
                ["version"] = Health.Version,
                ["api"] = origin + "/api/v1",
                ["openapi"] = origin + Descriptions.All[0].Address,
                ["docs"] = origin + Reference.Path,
                ["errors"] = origin + "/errors",
                ["health"] = origin + "/health",
            });
        }
        return page.WriteAsync(
            200, "Quehacer",
            new XElement("p", page.In(new(
                "This is a server for tasks: to-do lists, boards and bots keep their tasks here and reach them over HTTP. It speaks JSON at ",
                "Este es un servidor de tareas: listas, tableros y bots guardan aquí sus tareas y las usan por HTTP. Habla JSON en ")), Page.Code(origin + "/api/v1"), "."),
            Page.Section(
                page.In(new("Where to go", "Adónde ir")),
                new XElement(
                    "dl",
                    new XElement("dt", page.Link(Reference.Path[1..], page.In(new("API reference", "Referencia de la API")))),
                    new XElement("dd", page.In(new("Every endpoint, to read and to try out.", "Cada operación, para leerla y probarla."))),
                    new XElement("dt", page.Link(Descriptions.All[0].Address[1..], Descriptions.All[0].Address)),
                    new XElement("dd", page.In(new("The same for programs: an OpenAPI document, from which clients can be generated.", "Lo mismo para programas: un documento OpenAPI del que se pueden generar clientes."))),
                    new XElement("dt", page.Link(LivePage.Path[1..], page.In(LivePage.Title))),
                    new XElement("dd", page.In(new("The tasks of a workspace, shown as they change.", "Las tareas de un espacio, según van cambiando."))),
                    new XElement("dt", page.Link("errors", page.In(new("Errors", "Errores")))),
                    new XElement("dd", page.In(new("What each refusal means, why it comes, and how to mend it.", "Qué significa cada rechazo, por qué ocurre y cómo resolverlo."))),
                    new XElement("dt", page.Link("health", page.In(new("Health", "Estado")))),
                    new XElement("dd", page.In(new("Whether the server answers, and its version.", "Si el servidor responde, y su versión."))))),
            Page.Section(
                page.In(new("The first request", "La primera petición")),
                new XElement("p", page.In(new("Make an account, with a workspace of its own:", "Crea una cuenta, con su propio espacio de trabajo:"))),
                Page.Block($$"""
                    curl {{origin}}/api/v1/auth/register -H 'Content-Type: application/json' \
                      -d '{"email":"ana@example.com","name":"Ana","password":"long enough to remember"}'
                    """),
                new XElement("p", page.In(new("Log in, and copy the access_token from the answer:", "Inicia sesión y copia el access_token de la respuesta:"))),
                Page.Block($$"""
                    curl {{origin}}/api/v1/auth/login -H 'Content-Type: application/json' \
                      -d '{"email":"ana@example.com","password":"long enough to remember"}'
                    """),
                new XElement("p", page.In(new("Make a task, and list what there is:", "Crea una tarea y lista las que hay:"))),
                Page.Block($$"""
                    TOKEN=…
                    curl {{origin}}/api/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"title":"Buy milk"}'
                    curl {{origin}}/api/v1/tasks -H "Authorization: Bearer $TOKEN"
                    """)));
    }
}
