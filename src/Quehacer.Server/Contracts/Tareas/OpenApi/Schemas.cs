using System.Text.Json.Nodes;
using Quehacer.Core;
using Quehacer.Server.OpenApi;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.Contracts.Tareas.OpenApi;

/// <summary>
/// The schemas of bodies. Those of answers are read from the records that write the answers; what a member means stands here. Those of requests stand
/// here whole, beside <see cref="Reading"/>, with the bounds that it checks.
/// </summary>
internal static class Schemas
{
    private static readonly Dictionary<Type, string> Names = new()
    {
        [typeof(TaskAnswerBody)] = "TaskAnswer",
        [typeof(TaskListBody)] = "TaskList",
        [typeof(TaskBody)] = "Task",
        [typeof(TaskCategoryBody)] = "TaskCategory",
        [typeof(TaskTagBody)] = "TaskTag",
        [typeof(CategoryAnswerBody)] = "CategoryAnswer",
        [typeof(CategoryListBody)] = "CategoryList",
        [typeof(CategoryBody)] = "Category",
        [typeof(TagAnswerBody)] = "TagAnswer",
        [typeof(TagListBody)] = "TagList",
        [typeof(TagBody)] = "Tag",
        [typeof(SessionBody)] = "Session",
        [typeof(UserAnswerBody)] = "UserAnswer",
        [typeof(UserBody)] = "User",
        [typeof(MessageBody)] = "Message",
        [typeof(ErrorBody)] = "Error",
        [typeof(ErrorDetailBody)] = "ErrorDetail",
    };

    /// <summary>Nobody has more; said because readers of descriptions want a bound for every list.</summary>
    private const int MostLabels = int.MaxValue;

    public static JsonObject All()
    {
        var all = new JsonObject();
        var notes = Notes();
        var answers = new AnswerSchemas(Names, TareasJson.Default);
        foreach (var (type, name) in Names)
        {
            all[name] = answers.Answer(Summaries[name], type, notes[name]);
        }
        foreach (var (name, schema) in Requests())
        {
            // What is not known is ignored.
            schema.Remove("additionalProperties");
            all[name] = schema;
        }
        return all;
    }

    private static readonly Dictionary<string, string> Summaries = new()
    {
        ["TaskAnswer"] = "A task, and what was done with it.",
        ["TaskList"] = "Some of the tasks that pass the filters.",
        ["Task"] = "A task.",
        ["TaskCategory"] = "The category of a task.",
        ["TaskTag"] = "A tag of a task.",
        ["CategoryAnswer"] = "A category, and what was done with it.",
        ["CategoryList"] = "All categories, by name.",
        ["Category"] = "A category.",
        ["TagAnswer"] = "A tag, and what was done with it.",
        ["TagList"] = "All tags, by name.",
        ["Tag"] = "A tag.",
        ["Session"] = "An account and the token of its new session.",
        ["UserAnswer"] = "An account.",
        ["User"] = "An account.",
        ["Message"] = "What was done.",
        ["Error"] = "A refusal.",
        ["ErrorDetail"] = "One value of the request that cannot be accepted.",
    };

    private static Dictionary<string, Dictionary<string, JsonObject>> Notes()
    {
        static JsonObject Message() => Says("What was done, for people.");
        static JsonObject Owner() => Says("Whose it is.");
        static JsonObject Color() => Says("In upper case, if it has one.", ("pattern", "^#[0-9A-F]{6}$"));
        return new()
        {
            ["TaskAnswer"] = new() { ["message"] = Message(), ["task"] = Says("The task.") },
            ["TaskList"] = new()
            {
                ["message"] = Message(),
                ["tasks"] = Says("At most `limit` of them.", ("maxItems", Limits.PageTasks)),
                ["total"] = Says("How many tasks pass the filters."),
                ["limit"] = Says("As it was asked for.", ("minimum", 1)),
                ["offset"] = Says("As it was asked for."),
            },
            ["Task"] = new()
            {
                ["id"] = Says("A UUIDv7; it holds the time of creation."),
                ["title"] = Says("What is to be done."),
                ["description"] = Says("Free text. Longer than this contract takes where another contract wrote it."),
                ["completed"] = Says("Whether it is done."),
                ["priority"] = Says("How urgent it is. What is `critical` in other contracts is `alta` here.", ("enum", Enum(Words.Priorities))),
                ["dueDate"] = Says("When it is due."),
                ["userId"] = Says("Who made it."),
                ["categoryId"] = Says("Its category, if it has one."),
                ["createdAt"] = Says("When it was made."),
                ["updatedAt"] = Says("When it was changed last."),
                ["category"] = Says("Its category, if it has one."),
                ["categories"] = Says("The same as a list of one or none.", ("maxItems", 1)),
                ["tags"] = Says("Its tags, in the order they were given.", ("maxItems", Tareas.TaskLimits.Tags)),
            },
            ["TaskCategory"] = new() { ["id"] = Says("Of the category."), ["name"] = Says("As it is called now."), ["color"] = Color() },
            ["TaskTag"] = new() { ["id"] = Says("Of the tag."), ["name"] = Says("As it is called now.") },
            ["CategoryAnswer"] = new() { ["message"] = Message(), ["category"] = Says("The category.") },
            ["CategoryList"] = new() { ["message"] = Message(), ["categories"] = Says("All of them.", ("maxItems", MostLabels)) },
            ["Category"] = new() { ["id"] = Says("A UUIDv7."), ["name"] = Says("Unique among the categories, but for case."), ["color"] = Color(), ["userId"] = Owner() },
            ["TagAnswer"] = new() { ["message"] = Message(), ["tag"] = Says("The tag.") },
            ["TagList"] = new() { ["message"] = Message(), ["tags"] = Says("All of them.", ("maxItems", MostLabels)) },
            ["Tag"] = new() { ["id"] = Says("A UUIDv7."), ["name"] = Says("Unique among the tags, but for case."), ["userId"] = Owner() },
            ["Session"] = new() { ["message"] = Message(), ["user"] = Says("Whose token it is."), ["token"] = Says("For the header `Authorization: Bearer`. A JWT; clients need not read it. Absent after a registration where the server wants e-mails verified before the first login.") },
            ["UserAnswer"] = new() { ["message"] = Message(), ["user"] = Says("The account.") },
            ["User"] = new()
            {
                ["id"] = Says("The account."), ["email"] = Says("What the user logs in with."), ["name"] = Says("What people call the user."), ["createdAt"] = Says("When it was registered."),
            },
            ["Message"] = new() { ["message"] = Message() },
            ["Error"] = new()
            {
                ["error"] = Says("What kind of error it is: the name of the status, or `Validation Error`."),
                ["message"] = Says("What is wrong and what mends it, for people."),
                ["field"] = Says("The first value of the request that is at fault. Absent where none is."),
                ["details"] = Says("All values at fault, where there are several.", ("maxItems", Limits.FaultsTold)),
            },
            ["ErrorDetail"] = new() { ["field"] = Says("The member or parameter."), ["message"] = Says("What is wrong with it, for people.") },
        };
    }

    private static IEnumerable<(string Name, JsonObject Schema)> Requests()
    {
        yield return ("NewTask", Request("A new task.", ["title"], [], TaskMembers()));
        yield return ("TaskChange", Request("What is to be changed of a task. An absent member stays as it is.", [], [], TaskMembers()));
        yield return ("NewCategory", Request("A new category.", ["name"], [], [LabelName(), LabelColor()]));
        yield return ("CategoryChange", Request("What is to be changed of a category. An absent member stays as it is.", [], [], [LabelName(), LabelColor()]));
        yield return ("NewTag", Request("A new tag.", ["name"], [], [LabelName()]));
        yield return ("TagChange", Request("What is to be changed of a tag. An absent member stays as it is.", [], [], [LabelName()]));
        yield return ("Registration", Request(
            "A new account.", ["email", "name", "password"], [],
            [
                Email(),
                ("name", Written("string", "Letters and spaces.", ("minLength", 1), ("maxLength", Limits.UserNameCharacters), ("pattern", "\\S"))),
                ("password", Written(
                    "string", "At least one lower-case letter, one upper-case letter and one digit, and none of the common passwords.", ("format", "password"), ("minLength", Limits.PasswordMinCharacters),
                    ("maxLength", Limits.PasswordMaxCharacters), ("writeOnly", true))),
            ]));
        yield return ("Login", Request(
            "E-mail and password of an account.", ["email", "password"], [],
            [Email(), ("password", Written("string", "Of the account.", ("format", "password"), ("minLength", 1), ("maxLength", Limits.PasswordMaxCharacters), ("writeOnly", true)))]));
    }

    private static (string, JsonObject)[] TaskMembers() =>
    [
        ("title", Written("string", "What is to be done. White space around it is taken off.", ("minLength", 1), ("maxLength", Tareas.TaskLimits.TitleCharacters), ("pattern", "\\S"))),
        ("description", Nullable("string", "Free text; `null` for none.", ("maxLength", Tareas.TaskLimits.DescriptionCharacters))),
        ("completed", Written("boolean", "Whether it is done; a new task is not unless told.")),
        ("priority", Nullable("string", "How urgent it is; `media` unless told, and for `null`.", ("enum", new JsonArray([.. Words.Priorities.Select(word => (JsonNode?)word), "", null])))),
        ("dueDate", Nullable("string", "A date or a time of ISO 8601, in UTC unless it says otherwise, in the future; `null` for none.", ("format", "date-time"), ("maxLength", 64))),
        ("categoryId", Nullable("string", "A category of yours; `null` for none.", ("pattern", $"^(?:{Uuid}|{TypeId(Ids.CategoryPrefix)})?$"), ("maxLength", 36))),
        ("tagsId", Nullable(
            "array", "Tags of yours, in your order; `null` for none. Also `tagIds`.", ("maxItems", Tareas.TaskLimits.Tags),
            ("items", new JsonObject { ["type"] = "string", ["pattern"] = Parameters.IdPattern(Ids.TagPrefix), ["maxLength"] = 36 }))),
    ];

    private static (string, JsonObject) LabelName() =>
        ("name", Written("string", "Unique but for case. White space around it is taken off.", ("minLength", 1), ("maxLength", Limits.LabelCharacters), ("pattern", "\\S")));

    private static (string, JsonObject) LabelColor() =>
        ("color", Nullable("string", "A colour, in either case; `null` for none.", ("pattern", "^(?:#[0-9A-Fa-f]{6})?$"), ("maxLength", 7)));

    private static (string, JsonObject) Email() =>
        ("email", Written("string", "Case does not tell two e-mails apart.", ("format", "email"), ("minLength", 1), ("maxLength", Limits.EmailCharacters)));
}
