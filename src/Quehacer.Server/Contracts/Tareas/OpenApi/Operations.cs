using System.Text.Json.Nodes;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.Tareas.OpenApi;

/// <summary>Every operation of tareas, in the order of 003. One that is mapped and not listed here makes the description fail.</summary>
internal static class Operations
{
    public static readonly (string Name, string Description)[] Tags =
    [
        ("auth", "Accounts and sessions."),
        ("tareas", "Tasks."),
        ("categorias", "Categories, of which a task has one or none."),
        ("etiquetas", "Tags, which a task has by their ids."),
    ];

    public static readonly IReadOnlyList<Operation> All = [.. Accounts(), .. Tasks(), .. Categories(), .. TagOperations()];

    private static IEnumerable<Operation> Accounts()
    {
        yield return new(
            "POST", "/api/auth/registro", "registrar", "auth", "Register an account",
            "Makes an account with a workspace of its own, and begins its first session. A known e-mail is refused with 409. The path `/api/auth/register` is the same.")
        {
            OtherPath = "/api/auth/register",
            IsAnonymous = true,
            Body = "Registration",
            Requests = [new("juan", "Somebody new", () => Json("""{"email":"usuario@ejemplo.com","name":"Juan Pérez","password":"MiPassword123"}"""))],
            Success = new(201, "The account, and the token of its first session. Where the server wants e-mails verified before the first login, there is no token.", "Session", () => Samples.Session("Usuario registrado exitosamente"), "Idempotent-Replayed"),
            Special = [ErrorResponse.Taken],
        };
        yield return new(
            "POST", "/api/auth/login", "iniciarSesion", "auth", "Log in", "Opens a session. A wrong e-mail and a wrong password get the same answer after the same work.")
        {
            IsAnonymous = true,
            Body = "Login",
            Requests = [new("juan", "Somebody known", () => Json("""{"email":"usuario@ejemplo.com","password":"MiPassword123"}"""))],
            Success = new(200, "The account, and the token of the new session. It is good for an hour.", "Session", () => Samples.Session("Login exitoso"), "Idempotent-Replayed"),
            Special = [ErrorResponse.WrongCredentials, ErrorResponse.LoginForbidden],
        };
        yield return new("GET", "/api/auth/perfil", "verPerfil", "auth", "Show the account", "The account whose token it is.")
        {
            Success = new(200, "The account.", "UserAnswer", Samples.Profile),
        };
        yield return new("POST", "/api/auth/logout", "cerrarSesion", "auth", "Log out", "Ends the session of the token, at once.")
        {
            Success = new(200, "The session has ended.", "Message", Samples.LoggedOut, "Idempotent-Replayed"),
        };
    }

    private static IEnumerable<Operation> Tasks()
    {
        const string tasks = "/api/tareas";
        const string one = tasks + "/{id}";
        yield return new(
            "GET", tasks, "listarTareas", "tareas", "List tasks",
            "The tasks that pass all filters, newest first unless told. The parameters have other names besides: `priority`, `categoryId`, `search`, `tagId`, `ordenarPor`.")
        {
            Query = Parameters.TaskQuery,
            SampleQuery = ["completed", "prioridad", "ordenar", "direccion"],
            Success = new(200, "Some of the list.", "TaskList", Samples.Tasks),
        };
        yield return new("POST", tasks, "crearTarea", "tareas", "Make a task", "Makes a task.")
        {
            Body = "NewTask",
            Requests =
            [
                new("corta", "Nothing but a title", () => Json("""{"title":"Nueva tarea"}""")),
                new("completa", "Every member", () => Json($$"""
                    {"title":"Nueva tarea","description":"Descripción de la tarea","priority":"media","dueDate":"2099-01-25T23:59:59.000Z","completed":false,
                     "categoryId":"{{Samples.CategoryId}}","tagsId":["{{Samples.TagId}}"]}
                    """)),
            ],
            Success = new(201, "The task.", "TaskAnswer", () => Samples.Task("creada"), "Location", "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
        yield return new("GET", one, "verTarea", "tareas", "Show a task", "A task by its id. A deleted one is 404.")
        {
            Success = new(200, "The task.", "TaskAnswer", () => Samples.Task("obtenida")),
        };
        yield return new(
            "PUT", one, "actualizarTarea", "tareas", "Change a task",
            "Changes the members that the body names and no others; `null` clears what can be empty. `alta` leaves a task alone that is `critical` in another contract.")
        {
            IsConditional = true,
            Body = "TaskChange",
            Requests =
            [
                new("titulo", "Another title", () => Json("""{"title":"Tarea actualizada"}""")),
                new("vacios", "Several members, some of them cleared", () => Json("""{"title":"Tarea actualizada","description":null,"priority":"alta","dueDate":"2099-01-30T23:59:59.000Z","categoryId":null,"tagsId":[]}""")),
            ],
            Success = new(200, "The task as it is now.", "TaskAnswer", Samples.ChangedTask, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
        yield return new("DELETE", one, "borrarTarea", "tareas", "Delete a task", "Deletes a task, which is 404 from then on.")
        {
            IsConditional = true,
            Success = new(204, "The task is deleted.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
        yield return new(
            "PATCH", one + "/completar", "alternarTarea", "tareas", "Turn a task round", "Completes what is pending and reopens what is done. Of several at once each does so once.")
        {
            IsConditional = true,
            Success = new(200, "The task as it is now.", "TaskAnswer", Samples.DoneTask, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
    }

    private static IEnumerable<Operation> Categories() => Labels(
        "categorias", "Categoria", "category", "categories", "Category", "A deleted category leaves its tasks without one.", Samples.Categories, Samples.Category, """{"name":"Nueva Categoría","color":"#3357FF"}""",
        """{"name":"Categoría Actualizada","color":"#FF33A1"}""");

    private static IEnumerable<Operation> TagOperations() => Labels(
        "etiquetas", "Etiqueta", "tag", "tags", "Tag", "A deleted tag leaves its tasks without it.", Samples.Tags, Samples.Tag, """{"name":"nueva-etiqueta"}""", """{"name":"importante"}""");

    /// <summary>Categories and tags have the same operations.</summary>
    /// <param name="label">What an answer shows, given what was done.</param>
    private static IEnumerable<Operation> Labels(
        string tag, string id, string one, string many, string schema, string onDelete, Func<JsonNode> list, Func<string, JsonNode> label, string newOne, string change)
    {
        var path = "/api/" + tag;
        yield return new("GET", path, $"listar{id}s", tag, $"List {many}", $"All {many}, by name without regard to case and accents.")
        {
            Success = new(200, $"The {many}.", schema + "List", list),
        };
        yield return new("POST", path, "crear" + id, tag, $"Make a {one}", "A name that is taken is refused with 409; case does not count.")
        {
            Body = "New" + schema,
            Requests = [new("usual", $"A new {one}", () => Json(newOne))],
            Success = new(201, $"The {one}.", schema + "Answer", () => label("creada"), "Location", "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Taken],
        };
        yield return new("GET", path + "/{id}", "ver" + id, tag, $"Show a {one}", $"A {one} by its id.")
        {
            Success = new(200, $"The {one}.", schema + "Answer", () => label("obtenida")),
        };
        yield return new("PUT", path + "/{id}", "actualizar" + id, tag, $"Change a {one}", "Changes the members that the body names and no others.")
        {
            IsConditional = true,
            Body = schema + "Change",
            Requests = [new("nombre", "Another name", () => Json(change))],
            Success = new(200, $"The {one} as it is now.", schema + "Answer", () => label("actualizada"), "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Taken],
        };
        yield return new("DELETE", path + "/{id}", "borrar" + id, tag, $"Delete a {one}", onDelete)
        {
            IsConditional = true,
            Success = new(204, $"The {one} is deleted.", Headers: "Idempotent-Replayed"),
        };
    }

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
