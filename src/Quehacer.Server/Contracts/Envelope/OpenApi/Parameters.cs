using System.Text.Json.Nodes;
using Quehacer.Core;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.Contracts.Envelope.OpenApi;

/// <summary>The parameters of paths and queries, each described once. Bounds and words are those that the code checks.</summary>
internal static class Parameters
{
    /// <summary>A task by any of its names: number, TypeID or UUID.</summary>
    public static readonly string TaskPattern = $"^(?:[1-9][0-9]{{0,18}}|{TypeId(Ids.TaskPrefix)}|{Uuid})$";

    public static readonly string[] OfList = ["page", "limit", "cursor", "status", "priority", "tags", "search", "sort", "order", "fields"];

    public static JsonObject All() => new()
    {
        ["TaskId"] = Path("id", "The number of the task, or its TypeID or UUID.", Text(TaskPattern, 36), $"{Samples.TaskNumber}"),

        ["page"] = Query("page", "Which page. Not together with `cursor`.", Integer(1, int.MaxValue, 1), 1),
        ["limit"] = Query("limit", "Tasks on a page.", Integer(1, Limits.PageTasks, Envelope.PageTasksDefault), 5),
        ["cursor"] = Query("cursor", "A place in the list: `nextCursor` of an answer to the same filters in the same order. Sealed, to be sent as it came.", Text("^[A-Za-z0-9_-]+$", 2048), null),
        ["status"] = Query("status", "Tasks in this state; all unless told.", OneOf(Words.States), "pending"),
        ["priority"] = Several("priority", "Tasks of any of these.", OneOf(Words.Priorities), Words.Priorities.Length, "high", "critical"),
        ["tags"] = Several(
            "tags", "Tasks that have all of these tags, by name; case does not count.", new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.LabelCharacters },
            Limits.TagsOfATask, "home"),
        ["search"] = Query(
            "search", $"Tasks in whose title, description or tags every word occurs, at least its beginning; case and accents do not count. At most {Limits.SearchPrefixes} words.",
            new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.SearchCharacters }, "milk"),
        ["sort"] = Query(
            "sort", "The order, by its name or by that of the member. A `-` in front turns it round.",
            OneOf([.. Sorts, .. Sorts.Select(sort => "-" + sort)], Words.Sorts[0]), "due"),
        ["order"] = Query("order", "The direction, said outright. Each order has its natural one unless told.", OneOf(Words.Orders), "asc"),
        ["fields"] = Several("fields", "Members of the tasks to show, and no others.", OneOf(Words.TaskMembers), Words.TaskMembers.Length, "id", "title"),
        ["ids"] = Several("ids", "The tasks to delete, where the request has no body.", Text(TaskPattern, 36), Limits.BatchOperations, "1", "2"),
        ["atomic"] = Query("atomic", "The same as the member of the body, where the request has none.", Flag(true), false),
    };

    private static IEnumerable<string> Sorts => Words.Sorts.Union(Words.SortMembers);
}
