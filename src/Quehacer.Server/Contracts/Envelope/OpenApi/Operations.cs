using System.Text.Json.Nodes;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.Envelope.OpenApi;

/// <summary>Every operation of the envelope, in the order in which it is described.</summary>
internal static class Operations
{
    public static readonly (string Name, string Description)[] Tags =
    [
        ("tasks", "Tasks, one at a time and in lists."),
        ("batches", "Many tasks in one request: all or none of them, or with `\"atomic\": false` each on its own."),
        ("health", "Whether the program answers, and whether its database does. No token is needed."),
    ];

    private const string Task = Envelope.Tasks + "/{id}";
    private const string Batch = Envelope.Tasks + "/batch";

    private static readonly string[] OfWrites = ["ETag", "Idempotent-Replayed"];

    public static readonly IReadOnlyList<Operation> All = [.. Reads(), .. Writes(), .. Batches(), .. Healths()];

    private static IEnumerable<Operation> Reads()
    {
        yield return new(
            "GET", Envelope.Tasks + "/list/page", "listTasks", "tasks", "List tasks",
            "The tasks that pass all filters, the newest first unless told, by page or by cursor. With `fields` each task has the selected members and no others.")
        {
            Query = Parameters.OfList,
            SampleQuery = ["status", "limit"],
            Success = new(200, "A page of tasks.", "TaskListAnswer", Samples.Tasks, "X-Total-Count"),
        };
        yield return new("GET", Task, "getTask", "tasks", "Show a task", "A task by its id. A deleted one is 404.")
        {
            Query = ["fields"],
            Success = new(200, "The task.", "TaskAnswer", Samples.Task),
        };
    }

    private static IEnumerable<Operation> Writes()
    {
        const string partly = "Changes the members that the body names and no others; `null` clears the due date and the tags, an empty description is none, an array replaces the one before.";
        RequestExample[] changes =
        [
            new("title", "Another title", () => Json("""{"title":"Buy oat milk"}""")),
            new("several", "Several members", () => Json("""{"done":true,"priority":"low","tags":["home","shop"],"dueDate":null}""")),
        ];
        yield return new("POST", Envelope.Tasks, "createTask", "tasks", "Make a task", "Makes a task. Tags that are new are made with it.")
        {
            Body = "NewTask",
            Requests =
            [
                new("short", "Nothing but a title", () => Json("""{"title":"Buy milk"}""")),
                new("full", "Every member", () => Json(
                    """{"title":"Buy milk","description":"The shop closes at nine.","done":false,"status":"pending","priority":"high","dueDate":"2099-01-31T18:00:00+01:00","tags":["home"]}""")),
            ],
            Success = new(201, "The task.", "TaskAnswer", Samples.NewTask, ["Location", .. OfWrites]),
            Special = [ErrorResponse.Gone, ErrorResponse.PreconditionFailed],
        };
        yield return new("PUT", Envelope.Tasks, "updateTask", "tasks", "Change a task that the body names", partly + " The body says which task as its `id`.")
        {
            IsConditional = true,
            Body = "NamedTaskChange",
            Requests = [new("title", "Another title", () => Json("""{"id":1,"title":"Buy oat milk"}"""))],
            Success = new(200, "The task as it is now.", "TaskAnswer", Samples.ChangedTask, ["Content-Location", .. OfWrites]),
            Special = [ErrorResponse.NotFound, ErrorResponse.Gone, ErrorResponse.PreconditionRequired],
        };
        foreach (var (method, id, also) in new[] { ("PUT", "putTask", " Does the same as PATCH."), ("PATCH", "patchTask", " Does the same as PUT.") })
        {
            yield return new(method, Task, id, "tasks", "Change a task", partly + also)
            {
                IsConditional = true,
                Body = "TaskChange",
                Requests = changes,
                Success = new(200, "The task as it is now.", "TaskAnswer", Samples.ChangedTask, OfWrites),
                Special = [ErrorResponse.Gone],
            };
        }
        yield return new("PATCH", Task + "/toggle", "toggleTask", "tasks", "Flip a task", "Makes a pending task done and a done one pending. Of several at once each flips once. An `Idempotency-Key` makes it safe to repeat.")
        {
            IsConditional = true,
            Success = new(200, "The task as it is now.", "TaskAnswer", Samples.DoneTask, OfWrites),
            Special = [ErrorResponse.Gone],
        };
        yield return new("PATCH", Task + "/done", "completeTask", "tasks", "Mark a task done", "Makes it done. A task that is done already stays as it is.")
        {
            IsConditional = true,
            Success = new(200, "The task as it is now.", "TaskAnswer", Samples.DoneTask, OfWrites),
            Special = [ErrorResponse.Gone],
        };
        yield return new("DELETE", Task, "deleteTask", "tasks", "Delete a task", "Deletes a task, which is 404 from then on. v1 can restore it until it is purged.")
        {
            IsConditional = true,
            Success = new(200, "The task as it was.", "TaskAnswer", Samples.DeletedTask, "Idempotent-Replayed"),
            Special = [ErrorResponse.Gone],
        };
    }

    private static IEnumerable<Operation> Batches()
    {
        ErrorResponse[] refusals = [ErrorResponse.NotFound, ErrorResponse.PreconditionFailed, ErrorResponse.PreconditionRequired];
        const string each = "With `\"atomic\": false`, whatever became of the tasks: each has a result of its own.";
        yield return new("POST", Batch, "createTasks", "batches", "Make many tasks", "Makes the tasks in their order.")
        {
            Body = "NewTasks",
            Requests =
            [
                new("whole", "All or nothing", () => Json("""{"tasks":[{"title":"Buy milk","priority":"high"},{"title":"Water the plants"}]}""")),
                new("each", "Each on its own", () => Json("""{"atomic":false,"tasks":[{"title":"Buy milk"},{"title":"Water the plants"}]}""")),
            ],
            Success = new(201, "All have been made.", "BatchAnswer", Samples.NewTasks, "Idempotent-Replayed"),
            OtherSuccess = new(207, each, "BatchAnswer", () => Samples.PartialBatch(201), "Idempotent-Replayed"),
            Special = [ErrorResponse.PreconditionFailed],
        };
        yield return new("PATCH", Batch, "changeTasks", "batches", "Change many tasks", "Changes the tasks in their order, each as a change of it alone would.")
        {
            Body = "TaskChanges",
            Requests =
            [
                new("whole", "All or nothing", () => Json("""{"tasks":[{"id":1,"done":true},{"id":2,"priority":"high"}]}""")),
                new("each", "Each on its own", () => Json("""{"atomic":false,"tasks":[{"id":1,"done":true},{"id":2,"priority":"high"}]}""")),
            ],
            Success = new(200, "All have been changed.", "BatchAnswer", Samples.ChangedTasks, "Idempotent-Replayed"),
            OtherSuccess = new(207, each, "BatchAnswer", () => Samples.PartialBatch(200), "Idempotent-Replayed"),
            Special = refusals,
        };
        yield return new("DELETE", Batch, "deleteTasks", "batches", "Delete many tasks", "Deletes the tasks in their order. Who cannot send a body with DELETE names them in the query, as `ids`.")
        {
            Query = ["ids", "atomic"],
            Body = "TaskIds",
            BodyIsOptional = true,
            Requests =
            [
                new("whole", "All or nothing", () => Json("""{"ids":[1,2]}""")),
                new("each", "Each on its own", () => Json("""{"atomic":false,"ids":[1,2]}""")),
            ],
            Success = new(200, "All have been deleted.", "BatchAnswer", Samples.DeletedTasks, "Idempotent-Replayed"),
            OtherSuccess = new(207, each, "BatchAnswer", () => Samples.PartialBatch(200), "Idempotent-Replayed"),
            Special = refusals,
        };
    }

    private static IEnumerable<Operation> Healths()
    {
        yield return new("GET", Envelope.Health + "/app", "getAppHealth", "health", "Ask how the program is", "Whether it answers, and which version it is.")
        {
            IsAnonymous = true,
            IsUncounted = true,
            Success = new(200, "It answers.", "AppHealthAnswer", Samples.AppHealth),
        };
        yield return new("GET", Envelope.Health + "/db", "getDatabaseHealth", "health", "Ask how the database is", "Whether it answers within two seconds; 503 when it does not.")
        {
            IsAnonymous = true,
            IsUncounted = true,
            Success = new(200, "It answers.", "DatabaseHealthAnswer", Samples.DatabaseHealth),
        };
    }

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
