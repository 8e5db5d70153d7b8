using System.Text.Json.Nodes;
using Quehacer.Core.Labels;
using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>Every operation of v1, in the order in which it is described. One that is mapped and not listed here makes the description fail.</summary>
internal static partial class Operations
{
    public static readonly (string Name, string Description)[] Tags =
    [
        ("accounts", "Accounts: register, log in, refresh, log out, recover."),
        ("sessions", "Where an account is signed in: see it, and end it."),
        ("factors", "Second factors of the account: authenticators, codes by mail, recovery codes."),
        ("keys", "Your API keys, with which your own programs come in your name."),
        ("workspaces", "Workspaces: where tasks, categories and tags are; your own, and those that are shared."),
        ("services", "Service accounts of workspaces, and their API keys, for programs that are nobody's."),
        ("members", "Who is in a workspace, and what they may do."),
        ("invitations", "Invitations into workspaces, by e-mail."),
        ("tasks", "Tasks: make, find, change, complete, delete, restore. Each path exists a second time without `/api/v1`."),
        ("notes", "Notes: what people say about a task. These paths exist a second time without `/api/v1`, too."),
        ("categories", "Categories, of which a task has one or none."),
        ("tags", "Tags, of which a task has up to ten, by name."),
        ("events", "What has happened: of a task, in a workspace, since you last asked, and as it happens."),
        ("administration", "What administrators of the installation see and do."),
    ];

    private const string RowsSay = "As `text/csv` or `application/x-ndjson` it is the whole list, of any length, unless a page is named.";

    private static readonly string[] ListHeaders = ["Link", "X-Total-Count", "Vary", "Content-Disposition"];

    public static readonly IReadOnlyList<Operation> All =
    [
        .. Accounts(), .. Recovery(), .. Sessions(), .. FactorOperations.Factors(), .. ApiKeyOperations.All(), .. LeavingOperations.All(),
        .. WorkspaceOperations.All(), .. MemberOperations.All(), .. ServiceAccountOperations.All(),
        // The paths of tasks exist a second time without their beginning.
        .. Tasks().Concat(Notes()).Select(operation => InWorkspace(operation) with { OtherPath = operation.Path["/api/v1".Length..] }),
        .. Categories().Concat(TagOperations()).Select(InWorkspace),
        .. EventOperations.All().Select(operation => operation.Path.StartsWith("/api/v1/tasks", StringComparison.Ordinal)
            ? InWorkspace(operation) with { OtherPath = operation.Path["/api/v1".Length..] }
            : operation.Path.Contains("{id}", StringComparison.Ordinal) ? operation : InWorkspace(operation)),
        .. AdminOperations.All(),
    ];

    /// <summary>An operation whose query may name the workspace that it works in.</summary>
    private static Operation InWorkspace(Operation operation) => operation with { IsInWorkspace = true, Query = [.. operation.Query, WorkspaceChoice.Parameter] };

    private static IEnumerable<Operation> Accounts()
    {
        yield return new("POST", "/api/v1/auth/register", "register", "accounts", "Register an account", "Makes an account with a workspace of its own. A known e-mail is refused with 409.")
        {
            IsAnonymous = true,
            Body = "Registration",
            Requests = [new("ana", "Somebody new", () => Json("""{"email":"ana@example.com","name":"Ana","password":"long enough to remember"}"""))],
            Success = new(201, "The account.", "User", Samples.User, "Location", "Idempotent-Replayed"),
            Special = [ErrorResponse.Taken],
        };
        yield return new(
            "POST", "/api/v1/auth/login", "logIn", "accounts", "Log in",
            "Opens a session, or, where the account has a second factor, asks for a code of it. A wrong e-mail and a wrong password get the same answer after the same work.")
        {
            IsAnonymous = true,
            Body = "Login",
            Requests = [new("ana", "Somebody known", () => Json("""{"email":"ana@example.com","password":"long enough to remember"}"""))],
            Success = new(200, "The tokens of the new session, or what it waits for.", "Tokens", Samples.Tokens, "Idempotent-Replayed") { Or = new("MfaRequired", FactorOperations.MfaRequired) },
            Special = [ErrorResponse.WrongCredentials, ErrorResponse.NotLetIn],
        };
        foreach (var operation in FactorOperations.Logins())
        {
            yield return operation;
        }
        yield return new(
            "POST", "/api/v1/auth/refresh", "refresh", "accounts", "Get new tokens",
            "Takes a refresh token, which is good for one use, and gives new tokens. One that is used a second time ends its session, unless the client that used it does so within ten seconds, which is refused and nothing else; repeated under the same `Idempotency-Key` it gives the same tokens.")
        {
            IsAnonymous = true,
            Body = "Refresh",
            Requests = [new("usual", "The newest refresh token of a session", () => Json("""{"refresh_token":"qr_AZqg"}"""))],
            Success = new(200, "The new tokens.", "Tokens", Samples.Tokens, "Idempotent-Replayed"),
            Special = [ErrorResponse.RefreshTokenInvalid],
        };
        yield return new("POST", "/api/v1/auth/logout", "logOut", "accounts", "Log out", "Ends the session of the access token, with all of its tokens, at once.")
        {
            Success = new(204, "The session has ended.", Headers: "Idempotent-Replayed"),
        };
        yield return new("GET", "/api/v1/me", "getAccount", "accounts", "Show the account", "The account whose token it is.")
        {
            Success = new(200, "The account.", "User", Samples.User),
        };
        yield return new("PATCH", "/api/v1/me", "changeAccount", "accounts", "Change the account", "Changes the name. What the body does not name stays as it is.")
        {
            IsConditional = true,
            Body = "AccountChange",
            Requests = [new("name", "Another name", () => Json("""{"name":"Ana María"}"""))],
            Success = new(200, "The account as it is now.", "User", Samples.ChangedUser, "ETag", "Idempotent-Replayed"),
        };
    }

    private static IEnumerable<Operation> Tasks()
    {
        const string tasks = "/api/v1/tasks";
        const string one = tasks + "/{id}";
        yield return new(
            "GET", tasks, "listTasks", "tasks", "List tasks",
            "The tasks that pass all filters, in one of the orders, by page or by cursor. With `expand` each task has more members, with `fields` the selected ones and no others. " + RowsSay)
        {
            Query = Parameters.TaskQuery,
            SampleQuery = ["status", "priority", "sort"],
            Success = new(200, "A page of tasks.", "TaskList", Samples.Tasks, ListHeaders) { Rows = RowsOf(type => Samples.Row(TaskRows.In(type), Samples.PendingTask)) },
        };
        yield return new("POST", tasks, "createTask", "tasks", "Make a task", "Makes a task. Tags that are new are made with it.")
        {
            Body = "NewTask",
            Requests =
            [
                new("short", "Nothing but a title", () => Json("""{"title":"Buy milk"}""")),
                new("full", "Every member", () => Json($$"""
                    {"title":"Buy milk","description":"The shop closes at nine.","status":"pending","priority":"high","due_date":"2099-01-31T18:00:00+01:00",
                     "category_id":"{{Samples.CategoryId}}","assignee_id":"{{Samples.UserId}}","parent_id":"{{Samples.OtherTaskId}}","tags":["home"]}
                    """)),
            ],
            Success = new(201, "The task.", "Task", Samples.Task, "Location", "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
        yield return new(
            "POST", tasks + "/batch", "writeBatch", "tasks", "Do many things at once",
            "Does operations in their order, each on what those before it have left. All or none of them, unless `atomic` is `false`: then each is done or refused on its own. An idempotency key covers the whole.")
        {
            Body = "Batch",
            Requests =
            [
                new("whole", "All or nothing", () => Json($$$"""
                    {"operations":[{"op":"create","task":{"title":"Buy milk","priority":"high"}},{"op":"complete","id":"{{{Samples.TaskId}}}","version":1}]}
                    """)),
                new("each", "Each on its own", () => Json($$$"""
                    {"atomic":false,"operations":[{"op":"create","task":{"title":"Buy milk"}},{"op":"update","id":"{{{Samples.TaskId}}}","version":1,"task":{"priority":"high"}},
                     {"op":"complete","id":"{{{Samples.OtherTaskId}}}"}]}
                    """)),
            ],
            Success = new(200, "All has been done.", "BatchResults", Samples.WholeBatch, "Idempotent-Replayed"),
            OtherSuccess = new(207, "With `\"atomic\": false`, whatever became of the operations: each has a status of its own.", "BatchResults", Samples.PartialBatch, "Idempotent-Replayed"),
            Special = [ErrorResponse.NotFound, ErrorResponse.PreconditionFailed, ErrorResponse.PreconditionRequired],
        };
        const string bulk = "Names at least one filter; `status=all` leaves nothing out and is none. At most `limit` tasks are met, oldest first and in one transaction; `next_cursor` goes on from there. ";
        const string bulkConditions = "The `ETag` of an answer, such as that of a dry run, stands for the whole workspace: in `If-Match` it is good while nothing else has happened there.";
        yield return new(
            "PATCH", tasks, "changeTasks", "tasks", "Change all tasks that a filter chooses",
            "Makes one change to each task that passes all filters. " + bulk + "A task that the change does not fit is skipped and told. " + bulkConditions)
        {
            IsConditional = true,
            Query = Parameters.BulkQuery,
            SampleQuery = ["status", "priority", "dry_run"],
            Body = "TasksChange",
            Requests =
            [
                new("priority", "More urgent", () => Json("""{"priority":"critical"}""")),
                new("tags", "More urgent, and with another tag", () => Json("""{"priority":"critical","add_tags":["errands"]}""")),
                new("done", "All of them are done", () => Json("""{"status":"done"}""")),
            ],
            Success = new(200, "What it came to.", "BulkResult", Samples.Bulk, "ETag", "Last-Modified", "Idempotent-Replayed"),
            Special = [ErrorResponse.PreconditionRequired],
        };
        yield return new("DELETE", tasks, "deleteTasks", "tasks", "Delete all tasks that a filter chooses", "Deletes each task that passes all filters; each can be restored until it is purged. " + bulk + bulkConditions)
        {
            IsConditional = true,
            Query = Parameters.BulkQuery,
            SampleQuery = ["status", "created_before", "dry_run"],
            Success = new(200, "What it came to.", "BulkResult", Samples.Bulk, "ETag", "Last-Modified", "Idempotent-Replayed"),
            Special = [ErrorResponse.PreconditionRequired],
        };
        yield return new("GET", one, "getTask", "tasks", "Show a task", "A task by id or by number. A deleted one is 404. `expand` and `fields` mean what they mean in lists; the `ETag` is the same with them and without. With `as_of` it is the task as it was, under the names that its tags and category have now, without the numbers of its subtasks and without `ETag` and `Last-Modified`; what was not there then is 404, and what was purged since is 410.")
        {
            Query = [.. Parameters.TaskShapeQuery, "as_of"],
            Success = new(200, "The task.", "Task", Samples.Task),
            Special = [ErrorResponse.Gone],
        };
        foreach (var (method, id, also) in new[] { ("PUT", "putTask", "Does the same as PATCH."), ("PATCH", "changeTask", "Does the same as PUT, and takes a JSON Merge Patch (RFC 7396).") })
        {
            yield return new(
                method, one, id, "tasks", "Change a task",
                "Changes the members that the body names and no others; `null` clears what can be empty, an array replaces the one before. " + also)
            {
                IsConditional = true,
                Body = "TaskChange",
                Requests =
                [
                    new("title", "Another title", () => Json("""{"title":"Buy oat milk"}""")),
                    new("tags", "Some tags more, some fewer", () => Json("""{"add_tags":["errands"],"remove_tags":["home"]}""")),
                    new("condition", "Only while the task is as you saw it", () => Json("""{"title":"Buy oat milk","due_date":null,"version":1}""")),
                ],
                Success = new(200, "The task as it is now.", "Task", Samples.ChangedTask, "ETag", "Idempotent-Replayed"),
                Special = [ErrorResponse.Gone],
            };
        }
        yield return new("DELETE", one, "deleteTask", "tasks", "Delete a task", "Deletes a task, which is 404 from then on and can be restored until it is purged.")
        {
            IsConditional = true,
            Query = ["subtasks"],
            SampleQuery = ["subtasks"],
            Success = new(204, "The task is deleted.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
        yield return Verb("PUT", one + "/tags/{name}", "addTag", "Add a tag", "Adds one tag and leaves the others. One that is there already stays where it is.", Samples.TaggedTask);
        yield return Verb("DELETE", one + "/tags/{name}", "removeTag", "Remove a tag", "Removes one tag and leaves the others. One that is not there is no error.", Samples.UntaggedTask);
        yield return new("POST", one + "/complete", "completeTask", "tasks", "Complete a task", "Makes it done, and if told all subtasks below it. A task that is done already stays as it is.")
        {
            IsConditional = true,
            Body = "TaskCompletion",
            BodyIsOptional = true,
            Requests =
            [
                new("condition", "Only while the task is as you saw it", () => Json("""{"version":1}""")),
                new("subtasks", "With all that lies below it", () => Json("""{"subtasks":"complete","version":1}""")),
            ],
            Success = new(200, "The task as it is now.", "Task", Samples.DoneTask, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
        yield return Verb("POST", one + "/reopen", "reopenTask", "Reopen a task", "Makes it pending. A task that is pending already stays as it is.", Samples.LaterTask);
        yield return Verb("POST", one + "/restore", "restoreTask", "Restore a task", "Takes back a deletion. A task that is not deleted stays as it is.", Samples.LaterTask);
        yield return Verb(
            "POST", one + "/undo", "undoTask", "Undo your last change",
            "Takes back what your last request that changed the task did to it, as long as nobody else has changed the same since. Undone, a creation is a deletion, a deletion a restoration, and an undo a redo. A task that is deleted by it is shown with `deleted_at`.",
            Samples.LaterTask, ErrorResponse.CannotUndo);
        yield return new(
            "POST", one + "/move", "moveTask", "tasks", "Move a task", "Moves it in the order by hand, that of `sort=position`. A task that is there already stays as it is.")
        {
            IsConditional = true,
            Body = "TaskMove",
            Requests =
            [
                new("end", "To the beginning", () => Json("""{"to":"first"}""")),
                new("neighbour", "Behind another task", () => Json($$"""{"after":"{{Samples.OtherTaskId}}"}""")),
            ],
            Success = new(200, "The task as it is now.", "Task", Samples.MovedTask, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
        yield return new(
            "POST", one + "/transfer", "transferTask", "tasks", "Move a task into another workspace",
            "Moves it with all that lies below it, its notes and its history into a workspace in which you may write as well. It keeps its id, goes on with its version and has the next number there; tags and category go by name and are made where there are none. Whoever is to do it stays so where they are in that workspace. Here it is 404 from then on.")
        {
            IsConditional = true,
            Body = "TaskTransfer",
            Requests =
            [
                new("workspace", "With all that lies below it", () => Json($$"""{"workspace_id":"{{Samples.WorkspaceId}}"}""")),
                new("condition", "Only while it has no subtasks, and is as you saw it", () => Json($$"""{"workspace_id":"{{Samples.WorkspaceId}}","subtasks":"refuse","version":1}""")),
            ],
            Success = new(200, "The task as it is in that workspace.", "Task", Samples.TransferredTask, "Content-Location", "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };

        static Operation Verb(string method, string path, string id, string summary, string description, Func<JsonNode> shown, params ErrorResponse[] special) => new(method, path, id, "tasks", summary, description)
        {
            IsConditional = true,
            // A body of a DELETE has no meaning that HTTP knows of (RFC 9110 §9.3.5): If-Match says the same.
            Body = method == "DELETE" ? null : "TaskCondition",
            BodyIsOptional = true,
            Requests = method == "DELETE" ? [] : [new("condition", "Only while the task is as you saw it", () => Json("""{"version":1}"""))],
            Success = new(200, "The task as it is now.", "Task", shown, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone, .. special],
        };
    }

    private static IEnumerable<Operation> Notes()
    {
        const string notes = "/api/v1/tasks/{id}/notes";
        const string one = notes + "/{note_id}";
        yield return new("GET", notes, "listNotes", "notes", "List the notes of a task", "The notes of a task, the oldest first. Those of a deleted task are 404 until it is restored. " + RowsSay)
        {
            Query = Parameters.NoteQuery,
            SampleQuery = ["note_limit"],
            Success = new(200, "A page of notes.", "NoteList", Samples.Notes, ListHeaders) { Rows = RowsOf(type => Samples.Row(NoteRows.In(type), Samples.NoteBody)) },
        };
        yield return new("POST", notes, "createNote", "notes", "Add a note to a task", "Adds a note, whose author is whoever asks. The task and its `version` stay as they are.")
        {
            Body = "NewNote",
            Requests = [new("usual", "A new note", () => Json("""{"text":"The shop closes at nine."}"""))],
            Success = new(201, "The note.", "Note", Samples.Note, "Location", "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
        yield return new("GET", one, "getNote", "notes", "Show a note", "A note of a task by its id.")
        {
            Success = new(200, "The note.", "Note", Samples.Note),
        };
        foreach (var (method, verb) in new[] { ("PUT", "put"), ("PATCH", "change") })
        {
            yield return new(method, one, verb + "Note", "notes", "Change a note", "Changes the text. Nobody but the author may. PUT and PATCH do the same.")
            {
                IsConditional = true,
                Body = "NoteChange",
                Requests = [new("text", "Another text", () => Json("""{"text":"The shop closes at eight."}"""))],
                Success = new(200, "The note as it is now.", "Note", Samples.ChangedNote, "ETag", "Idempotent-Replayed"),
                Special = [ErrorResponse.Forbidden, ErrorResponse.Gone],
            };
        }
        yield return new("DELETE", one, "deleteNote", "notes", "Remove a note", "Removes a note for good: nothing brings it back. Nobody but the author may.")
        {
            IsConditional = true,
            Success = new(204, "The note is gone.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.Forbidden],
        };
    }

    private static IEnumerable<Operation> Categories() => Labels(
        LabelKind.Category, Samples.CategoryBody, "categories", "category", "categories", "Category", "A deleted category leaves its tasks without one.", Samples.Categories, Samples.Category, Samples.ChangedCategory,
        """{"name":"Household","color":"#33AA57"}""", """{"name":"House"}""");

    private static IEnumerable<Operation> TagOperations()
    {
        foreach (var operation in Labels(
            LabelKind.Tag, Samples.TagBody, "tags", "tag", "tags", "Tag", "A deleted tag leaves its tasks without it.", Samples.TagList, Samples.Tag, Samples.ChangedTag, """{"name":"home"}""", """{"name":"house"}"""))
        {
            yield return operation;
        }
        yield return new(
            "POST", "/api/v1/tags/{id}/merge", "mergeTag", "tags", "Merge a tag into another",
            "Puts another tag on every task that has this one, which is 404 from then on. A merge cannot be undone.")
        {
            IsConditional = true,
            Body = "TagMerge",
            Requests = [new("into", "The tag that stays", () => Json($$"""{"into":"{{Samples.OtherTagId}}"}"""))],
            Success = new(200, "The tag that stays.", "Label", Samples.OtherTag, "ETag", "Idempotent-Replayed"),
        };
    }

    /// <summary>Categories and tags have the same operations.</summary>
    private static IEnumerable<Operation> Labels(
        LabelKind kind, LabelBody sample, string tag, string one, string many, string schema, string onDelete, Func<JsonNode> list, Func<JsonNode> label, Func<JsonNode> changed, string newOne, string change)
    {
        var path = "/api/v1/" + tag;
        yield return new("GET", path, $"list{char.ToUpperInvariant(many[0])}{many[1..]}", tag, $"List {many}", $"The {many}, by name without regard to case and accents. " + RowsSay)
        {
            Query = Parameters.LabelQuery,
            SampleQuery = ["counts"],
            Success = new(200, $"A page of {many}.", schema + "List", list, ListHeaders) { Rows = RowsOf(type => Samples.Row(LabelRows.In(type, kind), sample)) },
        };
        yield return new("POST", path, "create" + schema, tag, $"Make a {one}", "A name that is taken is refused with 409; case does not count.")
        {
            Body = "New" + schema,
            Requests = [new("usual", $"A new {one}", () => Json(newOne))],
            Success = new(201, $"The {one}.", "Label", label, "Location", "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.TakenOrArchived],
        };
        yield return new("GET", path + "/{id}", "get" + schema, tag, $"Show a {one}", $"A {one} by its id.")
        {
            Query = ["counts"],
            SampleQuery = ["counts"],
            Success = new(200, $"The {one}.", "Label", label),
        };
        foreach (var (method, verb) in new[] { ("PUT", "put"), ("PATCH", "change") })
        {
            yield return new(
                method, path + "/{id}", verb + schema, tag, $"Change a {one}",
                "Changes the members that the body names and no others; `\"color\": null` takes the colour away. PUT and PATCH do the same.")
            {
                IsConditional = true,
                Body = schema + "Change",
                Requests = [new("name", "Another name", () => Json(change))],
                Success = new(200, $"The {one} as it is now.", "Label", changed, "ETag", "Idempotent-Replayed"),
                Special = [ErrorResponse.TakenOrArchived],
            };
        }
        yield return new("DELETE", path + "/{id}", "delete" + schema, tag, $"Delete a {one}", onDelete)
        {
            IsConditional = true,
            Success = new(204, $"The {one} is deleted.", Headers: "Idempotent-Replayed"),
        };
    }

    private static IReadOnlyList<RowsExample> RowsOf(Func<MediaType, string> text) =>
    [
        new(MediaType.Csv, "A line of names, and a line for each thing (RFC 4180, UTF-8). A cell that would begin a formula has an apostrophe before it.", () => text(MediaType.Csv)),
        new(MediaType.Ndjson, "A line for each thing: the JSON object that it is in the list.", () => text(MediaType.Ndjson)),
    ];

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
