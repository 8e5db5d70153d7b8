using System.Globalization;
using System.Xml.Linq;
using Quehacer.Core;
using Quehacer.Server.Http;

namespace Quehacer.Server.Pages;

/// <summary>
/// <c>/live</c>: the tasks of a workspace, shown as they change. It is a client of the API like any other, in plain JavaScript: its modules are the files in
/// <c>Pages/Live</c>, as they stand.
/// </summary>
internal static class LivePage
{
    public const string Path = "/live";

    public static readonly Said Title = new("Tasks, live", "Tareas, en directo");

    private static readonly string[] Modules = ["live.js", "server.js", "events.js"];

    // No '<', '>' or '&', as in every page's.
    private const string Style = """

        select{font:inherit;max-width:100%;padding:.5rem .6rem;color:inherit;background:var(--back);border:1px solid var(--quiet);border-radius:.25rem}
        #line{padding-left:.75rem;border-left:.3rem solid var(--line);color:var(--quiet)}
        #line[data-line=up]{border-color:#1e8e3e}
        #line[data-line=cut]{border-color:#d93025;color:inherit}
        #news{color:var(--quiet);min-height:1.55em}
        ul{list-style:none;margin:0;padding:0}
        li{padding:.4rem .5rem;border-bottom:1px solid var(--line);border-radius:.25rem;transition:background-color 1s}
        li.fresh{background:#ffe9a8;color:#1b1b1f;transition:none}
        li label{display:flex;gap:.6rem;align-items:baseline;margin:0;overflow-wrap:anywhere}
        li input{width:auto;flex:none}
        li p{display:flex;flex-wrap:wrap;gap:0 .75rem;margin:0 0 0 1.75rem;font-size:.9em}
        li p:empty{display:none}
        .tag::before{content:'#'}
        #done label span{text-decoration:line-through}
        @media (prefers-reduced-motion:reduce){li{transition:none}}
        """;

    public static void MapLiveScripts(this IEndpointRouteBuilder routes)
    {
        foreach (var module in Modules)
        {
            var body = Read(module);
            routes.Show($"{Path}/{module}", async http =>
            {
                http.Response.ContentType = "text/javascript; charset=utf-8";
                http.Response.ContentLength = body.Length;
                // It changes with the server, and is so small that it is better asked for than out of date.
                http.Response.Headers.CacheControl = "no-cache";
                await http.Response.Body.WriteAsync(body, Endpoints.Bounded);
            });
        }
    }

    /// <param name="heartbeatSeconds">How often a line on which nothing happens says that it is there; the page takes one for dead that does not.</param>
    public static RequestDelegate Showing(int heartbeatSeconds) => http => WriteAsync(new Page(http), heartbeatSeconds);

    private static Task WriteAsync(Page page, int heartbeatSeconds)
    {
        XElement Input(string name, string type, string completion, Said label) => new(
            "div",
            new XElement("label", new XAttribute("for", name), page.In(label)),
            new XElement("input", new XAttribute("id", name), new XAttribute("name", name), new XAttribute("type", type), new XAttribute("autocomplete", completion), new XAttribute("required", "required")));
        XElement Button(string type, Said text, params object[] attributes) => new("button", new XAttribute("type", type), attributes, page.In(text));
        XElement List(string id, Said heading) => new(
            "section",
            new XElement("h2", new XAttribute("id", id + "-heading"), page.In(heading), " (", new XElement("span", new XAttribute("id", id + "-count"), "0"), ")"),
            new XElement("ul", new XAttribute("id", id), new XAttribute("aria-labelledby", id + "-heading"), ""));
        return page.WriteWithModuleAsync(
            $"{Path[1..]}/{Modules[0]}", Style, page.In(Title),
            new XElement("noscript", new XElement("p", page.In(new("This page needs JavaScript to speak to the server.", "Esta página necesita JavaScript para hablar con el servidor.")))),
            new XElement(
                "div", new XAttribute("id", "live"), new XAttribute("data-root", page.Root), new XAttribute("data-heartbeat", heartbeatSeconds.ToString(CultureInfo.InvariantCulture)), Texts(page),
                new XElement(
                    "form", new XAttribute("id", "login"), new XAttribute("hidden", "hidden"),
                    new XElement("p", page.In(new(
                        "Sign in to see the tasks of your workspaces change as they change. What lets this page in is forgotten with it: load it again, and it asks again.",
                        "Inicia sesión para ver cómo cambian las tareas de tus espacios. Lo que deja entrar a esta página se olvida con ella: si la cargas de nuevo, vuelve a preguntar."))),
                    Input("email", "email", "username", new("E-mail", "Correo")),
                    Input("password", "password", "current-password", new("Password", "Contraseña")),
                    Button("submit", new("Sign in", "Iniciar sesión"))),
                new XElement("p", new XAttribute("id", "problem"), new XAttribute("role", "alert"), ""),
                new XElement(
                    "div", new XAttribute("id", "work"), new XAttribute("hidden", "hidden"),
                    new XElement("label", new XAttribute("for", "workspace"), page.In(new("Workspace", "Espacio"))),
                    new XElement("select", new XAttribute("id", "workspace"), ""),
                    new XElement("p", new XAttribute("id", "line"), new XAttribute("role", "status"), ""),
                    new XElement(
                        "form", new XAttribute("id", "add"), new XAttribute("hidden", "hidden"),
                        Input("title", "text", "off", new("New task", "Tarea nueva")),
                        Button("submit", new("Add", "Añadir"))),
                    new XElement("p", new XAttribute("id", "news"), new XAttribute("role", "status"), ""),
                    new XElement("div", new XAttribute("id", "tasks"), new XAttribute("tabindex", "-1"), List("pending", new("Pending", "Pendientes")), List("done", new("Done", "Hechas"))),
                    Button("button", new("Sign out", "Cerrar sesión"), new XAttribute("id", "logout")))));
    }

    /// <summary>What the script says, in the language of the page; in braces is what it fills in.</summary>
    private static IEnumerable<XAttribute> Texts(Page page) => new (string Name, Said Text)[]
    {
        ("loading", new("The tasks are being loaded.", "Se están cargando las tareas.")),
        ("up", new("Live: what changes is shown at once.", "En directo: lo que cambia se muestra al momento.")),
        ("cut", new(
            "The line to the server is down. What is shown may be out of date; this page comes back and catches up by itself.",
            "La línea con el servidor está cortada. Lo que se muestra puede no estar al día; esta página vuelve y se pone al día sola.")),
        ("away", new("Not live. Choose a workspace.", "Sin directo. Elige un espacio.")),
        ("gone", new("You are not in the workspace “{name}” any more.", "Ya no estás en el espacio «{name}».")),
        ("over", new("The session has ended. Sign in again.", "La sesión ha terminado. Inicia sesión de nuevo.")),
        ("factor", new(
            "Your account asks for a second factor, which this page cannot. Listen with your own program: GET /api/v1/stream.",
            "Tu cuenta pide un segundo factor, y esta página no puede. Escucha con tu programa: GET /api/v1/stream.")),
        ("failed", new(
            "The server cannot be reached, or has not understood. Try it again in a moment.", "No se puede contactar con el servidor, o no ha entendido. Inténtalo de nuevo en un momento.")),
        ("due", new("due {time}", "para el {time}")),
        ("assigned", new("for {name}", "la hace {name}")),
        ("somebody", new("somebody", "alguien")),
        ("one", new("Last change: {title} ({name})", "Último cambio: {title} ({name})")),
        ("many", new("{count} changes have come in.", "Han llegado {count} cambios.")),
    }.Select(said => new XAttribute("data-" + said.Name, page.In(said.Text)));

    private static byte[] Read(string module)
    {
        using var stream = typeof(LivePage).Assembly.GetManifestResourceStream("live/" + module) ?? throw new InvalidOperationException($"The program was built without {module}.");
        var body = new byte[stream.Length];
        stream.ReadExactly(body);
        return body;
    }
}
