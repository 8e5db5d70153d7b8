using System.Text.Json.Nodes;
using Quehacer.Core;
using Quehacer.Server.OpenApi;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.Contracts.Envelope.OpenApi;

/// <summary>
/// The schemas of bodies. Those of answers are read from the records that write the answers; those of requests stand here whole, beside
/// <see cref="Reading"/>, with the bounds that it checks.
/// </summary>
internal static class Schemas
{
    private static readonly Dictionary<Type, string> Names = new()
    {
        [typeof(TaskBody)] = "Task",
        [typeof(JsonObject)] = "SelectedTask",
        [typeof(TaskListBody)] = "TaskList",
        [typeof(SelectedTaskListBody)] = "SelectedTaskList",
        [typeof(PaginationBody)] = "Pagination",
        [typeof(BatchBody)] = "BatchResults",
        [typeof(BatchResultBody)] = "BatchResult",
        [typeof(AppHealthBody)] = "AppHealth",
        [typeof(DatabaseHealthBody)] = "DatabaseHealth",
        [typeof(Enveloped<TaskBody>)] = "TaskAnswer",
        [typeof(Enveloped<JsonObject>)] = "SelectedTaskAnswer",
        [typeof(Enveloped<TaskListBody>)] = "TaskListAnswer",
        [typeof(Enveloped<SelectedTaskListBody>)] = "SelectedTaskListAnswer",
        [typeof(Enveloped<BatchBody>)] = "BatchAnswer",
        [typeof(Enveloped<AppHealthBody>)] = "AppHealthAnswer",
        [typeof(Enveloped<DatabaseHealthBody>)] = "DatabaseHealthAnswer",
        [typeof(RefusalBody)] = "Refusal",
        [typeof(FaultBody)] = "Fault",
    };

    private static readonly Dictionary<string, string> Summaries = new()
    {
        ["Task"] = "A task.",
        ["TaskList"] = "A page of tasks.",
        ["SelectedTaskList"] = "A page of tasks, of which `fields` selected members.",
        ["Pagination"] = "Where a page lies within its list.",
        ["BatchResults"] = "What a batch came to.",
        ["BatchResult"] = "What the same request for this one task would have been answered with.",
        ["AppHealth"] = "How the program is.",
        ["DatabaseHealth"] = "How the database is.",
        ["Refusal"] = "Why nothing was done.",
        ["Fault"] = "One thing that is wrong with the request.",
    };

    public static JsonObject All()
    {
        var all = new JsonObject();
        var notes = Notes();
        var answers = new AnswerSchemas(Names, EnvelopeJson.Default);
        foreach (var (type, name) in Names)
        {
            all[name] = type == typeof(JsonObject) ? answers.Answer("Selected members of a task.", typeof(TaskBody), Notes()["Task"], isSelection: true)
                : type.IsGenericType ? answers.Answer("The envelope around what was done or found.", type, Envelope())
                : answers.Answer(Summaries[name], type, notes[name]);
        }
        foreach (var (name, schema) in Requests())
        {
            // Members that are not known are ignored.
            schema.Remove("additionalProperties");
            all[name] = schema;
        }
        return all;
    }

    private static Dictionary<string, JsonObject> Envelope() => new()
    {
        ["code"] = Says("The status of the answer.", ("minimum", 200), ("maximum", 299)),
        ["resultMessage"] = Says("For programs; never changes.", ("const", Results.Success)),
        ["data"] = Says("What was done or found."),
        ["timestamp"] = Says("When it was answered, in Unix seconds."),
        ["cacheTTL"] = Says("For how many seconds it may be taken for true; 0 after a write."),
    };

    private static Dictionary<string, Dictionary<string, JsonObject>> Notes() => new()
    {
        ["Task"] = new()
        {
            ["id"] = Says("Its number: 1, 2, 3… in the workspace, never used again.", ("minimum", 1)),
            ["title"] = Says("What is to be done."),
            ["description"] = Says("Free text; empty for none."),
            ["done"] = Says("Whether it is done."),
            ["status"] = Says("The same as a word.", ("enum", Enum(Words.States))),
            ["priority"] = Says("How urgent it is.", ("enum", Enum(Words.Priorities))),
            ["dueDate"] = Says("When it is due."),
            ["tags"] = Says("The names of its tags, in the order they were given.", ("maxItems", Limits.TagsOfATask)),
            ["createdAt"] = Says("When it was made."),
            ["updatedAt"] = Says("When it was changed last."),
        },
        ["TaskList"] = List(),
        ["SelectedTaskList"] = List(),
        ["Pagination"] = new()
        {
            ["page"] = Says("Which page this is; `null` in an answer by cursor.", ("minimum", 1)),
            ["currentPage"] = Says("The same.", ("minimum", 1)),
            ["limit"] = Says("How many tasks a page has at most.", ("minimum", 1)),
            ["totalCount"] = Says("How many tasks the whole list has."),
            ["totalPages"] = Says("How many pages the list has."),
            ["hasMore"] = Says("Whether there is a page behind this one."),
            ["hasPrev"] = Says("Whether there is a page before this one."),
            ["nextCursor"] = Says("The place behind this page, for `cursor`; `null` at the end."),
        },
        ["BatchResults"] = new()
        {
            ["succeeded"] = Says("How many tasks it was done to."),
            ["failed"] = Says("How many were refused."),
            ["results"] = Says("What each came to, in their order.", ("maxItems", Limits.BatchOperations)),
        },
        ["BatchResult"] = new()
        {
            ["index"] = Says("The place of the task in the request, from 0."),
            ["code"] = Says("The status that the same request for it alone would have been answered with.", ("minimum", 200), ("maximum", 599)),
            ["resultMessage"] = Says("The same for programs.", ("enum", Enum([Results.Success, .. Results.OfRefusals]))),
            ["data"] = Says("The task after it; deleted, as it was. Absent where it was refused."),
            ["errors"] = Says("Why it was refused; absent where it was done.", ("maxItems", Limits.FaultsTold)),
        },
        ["AppHealth"] = new()
        {
            ["status"] = Says("How it is.", ("const", "healthy")),
            ["service"] = Says("What it is."),
            ["version"] = Says("Which version of it."),
        },
        ["DatabaseHealth"] = new()
        {
            ["status"] = Says("How it is.", ("const", "healthy")),
            ["database"] = Says("Whether it is reached.", ("const", "connected")),
        },
        ["Refusal"] = new()
        {
            ["code"] = Says("The status of the answer.", ("minimum", 400), ("maximum", 599)),
            ["resultMessage"] = Says("For programs; never changes.", ("enum", Enum(Results.OfRefusals))),
            ["errors"] = Says("What is wrong, one thing at least; of a request with many faulty values, the first hundred.", ("maxItems", Limits.FaultsTold)),
        },
        ["Fault"] = new()
        {
            ["field"] = Says("Where it is wrong: a member or parameter, with the index of an element where there is one; a header; or `path`, `method`, `body`, `request`, `server`, `database`."),
            ["message"] = Says("What is wrong and what mends it, for people."),
        },
    };

    private static IEnumerable<(string Name, JsonObject Schema)> Requests()
    {
        yield return ("NewTask", Request("A new task.", ["title"], Words.TaskMembers, TaskMembers()));
        yield return ("TaskChange", Request("What is to be changed of a task. An absent member stays as it is.", [], Words.TaskMembers, TaskMembers()));
        yield return ("NamedTaskChange", Request(
            "What is to be changed of a task, and of which. An absent member stays as it is.", ["id"], Words.TaskMembers, [("id", Id("Which task.")), .. TaskMembers()]));
        yield return ("NewTasks", Request("New tasks.", ["tasks"], [], [Atomic(), ("tasks", Several("The tasks, in this order.", ReferenceTo("NewTask")))]));
        yield return ("TaskChanges", Request("Changes of tasks.", ["tasks"], [], [Atomic(), ("tasks", Several("The changes, in this order.", ReferenceTo("NamedTaskChange")))]));
        yield return ("TaskIds", Request("The tasks that are to be deleted.", ["ids"], [], [Atomic(), ("ids", Several("Which tasks.", Id("A task.")))]));
    }

    private static (string, JsonObject)[] TaskMembers() =>
    [
        ("title", Written("string", "What is to be done. White space around it is taken off.", ("minLength", 1), ("maxLength", Limits.TitleCharacters), ("pattern", "\\S"))),
        ("description", Nullable("string", "Free text; empty or `null` for none.", ("maxLength", Limits.DescriptionCharacters))),
        ("done", Written("boolean", "Whether it is done. With `status`, the two must agree.")),
        ("status", Written("string", "The same as a word; a new task is pending unless told.", ("enum", Enum(Words.States)))),
        ("priority", Written("string", "How urgent it is; a new task is `medium` unless told.", ("enum", Enum(Words.Priorities)))),
        ("dueDate", Nullable("string", "A time of RFC 3339 with any offset, in the future; `null` for none.", ("format", "date-time"), ("maxLength", 64))),
        ("tags", Nullable(
            "array", "Tags by name, in your order; `null` for none. A name that is new makes a tag, a name given twice counts once.", ("maxItems", Limits.TagsOfATask),
            ("items", new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.TagCharacters, ["pattern"] = "\\S" }))),
    ];

    private static (string, JsonObject) Atomic() => ("atomic", Written("boolean", "Whether the first that is refused undoes all; so it is unless told."));

    private static JsonObject Several(string description, JsonObject item) =>
        Written("array", description, ("items", item), ("minItems", 1), ("maxItems", Limits.BatchOperations));

    private static JsonObject Id(string description) => Member(
        new JsonArray("integer", "string"), description + " Its number, TypeID or UUID.",
        [("format", "int64"), ("minimum", 1), ("maximum", long.MaxValue), ("pattern", Parameters.TaskPattern), ("maxLength", 36)]);

    private static JsonObject ReferenceTo(string schema) => new() { ["$ref"] = "#/components/schemas/" + schema };

    private static Dictionary<string, JsonObject> List() => new()
    {
        ["tasks"] = Says("The tasks of the page.", ("maxItems", Limits.PageTasks)),
        ["pagination"] = Says("Where the page lies."),
    };
}
