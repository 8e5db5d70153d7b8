using System.Text.Json.Nodes;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;
using Quehacer.Server.OpenApi;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The parameters of paths and queries, each described once. Bounds and words are those that the code checks.</summary>
internal static class Parameters
{
    /// <summary>A task by any of its names: TypeID, UUID or number.</summary>
    public static readonly string TaskPattern = $"^(?:{TypeId(Ids.TaskPrefix)}|{Uuid}|[1-9][0-9]{{0,18}})$";

    public static readonly string[] TaskQuery =
    [
        "page", "limit", "cursor", "include_total", "status", "priority", "category_id", "assignee_id", "parent_id", "tag", "due_after", "due_before", "overdue", "created_after", "created_before",
        "updated_since", "q", "sort", "order", "expand", "fields", "include_deleted",
    ];

    /// <summary>What chooses the tasks that are changed together.</summary>
    public static readonly string[] BulkQuery =
    [
        "status", "priority", "category_id", "assignee_id", "parent_id", "tag", "due_after", "due_before", "overdue", "created_after", "created_before", "updated_since", "q", "bulk_limit", "bulk_cursor", "dry_run",
    ];

    public static readonly string[] TaskShapeQuery = ["expand", "fields"];

    public static readonly string[] NoteQuery = ["page", "note_limit"];

    public static readonly string[] WorkspaceQuery = ["workspace_limit", "workspace_cursor", "include_total", "include_archived"];

    public static readonly string[] MemberQuery = ["member_limit", "workspace_cursor", "include_total", "member_role", "member_search"];

    public static readonly string[] InvitationQuery = ["invitation_limit", "workspace_cursor", "include_total"];

    public static readonly string[] HistoryQuery = ["event_limit", "workspace_cursor"];

    public static readonly string[] ActivityQuery = ["event_limit", "workspace_cursor", "event_type", "event_task"];

    public static readonly string[] ChangesQuery = ["event_since", "event_limit", "event_type", "event_task"];

    public static readonly string[] StreamQuery = ["event_since", "event_type", "event_task", "ticket"];

    public static readonly string[] LabelQuery = ["page", "label_limit", "counts"];

    /// <summary>The names of an operation's parameters of the path.</summary>
    public static IEnumerable<string> OfPath(Operation operation)
    {
        if (operation.Path.Contains("{id}", StringComparison.Ordinal))
        {
            yield return operation.Tag switch
            {
                "tasks" or "notes" => "TaskId", "events" => operation.Path.StartsWith("/api/v1/workspaces", StringComparison.Ordinal) ? "WorkspaceId" : "TaskId", "categories" => "CategoryId", "sessions" => "SessionId", "keys" => "KeyId", "workspaces" or "members" or "invitations" or "services" => "WorkspaceId",
                "administration" => "AccountId", _ => "TagId",
            };
        }
        if (operation.Path.Contains("{task_id}", StringComparison.Ordinal))
        {
            yield return "UserTaskId";
        }
        if (operation.Path.Contains("{name}", StringComparison.Ordinal))
        {
            yield return "TagName";
        }
        if (operation.Path.Contains("{note_id}", StringComparison.Ordinal))
        {
            yield return "NoteId";
        }
        if (operation.Path.Contains("{user_id}", StringComparison.Ordinal))
        {
            yield return operation.Tag == "services" ? "ServiceAccountId" : "UserId";
        }
        if (operation.Path.Contains("{key_id}", StringComparison.Ordinal))
        {
            yield return "ServiceKeyId";
        }
        if (operation.Path.Contains("{invitation_id}", StringComparison.Ordinal))
        {
            yield return "InvitationId";
        }
    }

    public static JsonObject All() => new()
    {
        ["TaskId"] = Path("id", "A TypeID, the bare UUID within it, or the number of the task.", Text(TaskPattern, 36), Samples.TaskId),
        ["CategoryId"] = Path("id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.CategoryPrefix)}|{Uuid})$", 36), Samples.CategoryId),
        ["TagId"] = Path("id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.TagPrefix)}|{Uuid})$", 36), Samples.TagId),
        ["KeyId"] = Path("id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.KeyPrefix)}|{Uuid})$", 36), Samples.KeyId),
        ["SessionId"] = Path("id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.SessionPrefix)}|{Uuid})$", 36), Samples.SessionId),
        ["AccountId"] = Path("id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.UserPrefix)}|{Uuid})$", 36), AdminOperations.UserId),
        ["UserTaskId"] = Path("task_id", "A TypeID, the bare UUID within it, or the number of the task in its workspace.", Text(TaskPattern, 36), Samples.TaskId),
        ["WorkspaceId"] = Path("id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.WorkspacePrefix)}|{Uuid})$", 36), Samples.WorkspaceId),
        ["ServiceAccountId"] = Path("user_id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.UserPrefix)}|{Uuid})$", 36), Samples.ServiceAccountId),
        ["ServiceKeyId"] = Path("key_id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.KeyPrefix)}|{Uuid})$", 36), Samples.KeyId),
        ["NoteId"] = Path("note_id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.NotePrefix)}|{Uuid})$", 36), Samples.NoteId),
        ["UserId"] = Path("user_id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.UserPrefix)}|{Uuid})$", 36), Samples.OtherUserId),
        ["InvitationId"] = Path("invitation_id", "A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.InvitationPrefix)}|{Uuid})$", 36), Samples.InvitationId),
        ["TagName"] = Path(
            "name", "The name of the tag, escaped: a slash in it is `%2F`.", new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.TagCharacters }, "home"),

        [WorkspaceChoice.Parameter] = Query(
            WorkspaceChoice.Parameter, "The workspace to work in; unless it is named, your personal one, or the one that the API key is bound to. A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.WorkspacePrefix)}|{Uuid})$", 36), null),
        ["workspace_limit"] = Query("limit", "Workspaces on a page.", Integer(1, Limits.PageWorkspaces, Limits.PageWorkspacesDefault), 50),
        ["workspace_cursor"] = Query(
            "cursor", "A place in the list: `next_cursor` of an answer to the same query. Sealed, to be sent as it came.", Text("^[A-Za-z0-9_-]+$", 2048), null),
        ["member_limit"] = Query("limit", "Members on a page.", Integer(1, Limits.PageMembers, Limits.PageMembersDefault), 50),
        ["member_role"] = Query("role", "Members who are this.", OneOf(Words.WorkspaceRoles), "editor"),
        ["member_search"] = Query(
            "search", $"Members in whose name every word occurs, at least its beginning, or, for the owner, whose e-mail begins so; case and accents do not count. At most {Limits.SearchPrefixes} words.",
            new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.SearchCharacters }, "ana"),
        ["invitation_limit"] = Query("limit", "Invitations on a page.", Integer(1, Limits.PageInvitations, Limits.PageInvitationsDefault), 50),
        ["include_archived"] = Query("include_archived", "Those that are out of use as well.", Flag(false), true),
        ["page"] = Query("page", "Which page. Not together with `cursor`.", Integer(1, int.MaxValue, 1), 1),
        ["limit"] = Query("limit", "Tasks on a page.", Integer(1, Limits.PageTasks, Limits.PageTasksDefault), 50),
        ["label_limit"] = Query("limit", "Entries on a page.", Integer(1, Limits.PageLabels, Limits.PageLabelsDefault), 50),
        ["event_limit"] = Query("limit", "Events at most.", Integer(1, Limits.PageEvents, Limits.PageEventsDefault), 50),
        ["event_type"] = Several("type", "Events of these types; a noun with an asterisk stands for all of its types.", OneOf(Words.EventTypes), Words.EventTypes.Count, "task.*"),
        ["event_task"] = Query("task_id", "Events of this task and of its notes. A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.TaskPrefix)}|{Uuid})$", 36), null),
        ["event_since"] = Query(
            "since", "Where to go on: `cursor` of an answer or of an event; `now` for the end of the log. Unless it is sent, the beginning. Sealed, to be sent as it came.", Text("^[A-Za-z0-9_-]+$", 2048), "now"),
        ["ticket"] = Query("ticket", "In place of an access token: a ticket of `POST /api/v1/stream/ticket`, which is used up by it.", Text("^[A-Za-z0-9_-]+$", Limits.TicketCharacters), null),
        ["note_limit"] = Query("limit", "Notes on a page.", Integer(1, Limits.PageNotes, Limits.PageNotesDefault), 50),
        ["cursor"] = Query(
            "cursor", "A place in the list: `next_cursor` or `previous_cursor` of an answer to the same filters in the same order. Sealed, to be sent as it came.", Text("^[A-Za-z0-9_-]+$", 2048), null),
        ["bulk_limit"] = Query("limit", "Tasks that one request changes at most.", Integer(1, Limits.BulkTasks, Limits.BulkTasksDefault), 500),
        ["bulk_cursor"] = Query(
            "cursor", "Where the request before stopped: `next_cursor` of its answer, with the same filters and the same body. Sealed, to be sent as it came.", Text("^[A-Za-z0-9_-]+$", 2048), null),
        ["dry_run"] = Query("dry_run", "Say what would be changed, and change nothing.", Flag(false), true),
        ["include_total"] = Query(
            "include_total", "Count the whole list. Unless told, `true` by page and `false` by cursor.", Flag(), false),
        ["status"] = Query("status", "Tasks in this state. `completed` is another word for `done`.", OneOf(Words.StatusFilters, "all"), "pending"),
        ["priority"] = Several("priority", "Tasks of any of these.", OneOf(Words.Priorities), Words.Priorities.Length, "high", "critical"),
        ["category_id"] = Query("category_id", "Tasks of this category, or with `none` of no category.", Text($"^(?:{TypeId(Ids.CategoryPrefix)}|{Uuid}|none)$", 36), "none"),
        ["assignee_id"] = Query(
            "assignee_id", "Tasks that this account is to do, or with `me` you, or with `none` nobody. A TypeID, or the bare UUID within it.",
            Text($"^(?:{TypeId(Ids.UserPrefix)}|{Uuid}|me|none)$", 36), "me"),
        ["parent_id"] = Query(
            "parent_id", "Tasks directly below this one, or with `none` those that lie below none. A TypeID, the bare UUID within it, or the number of the task.",
            Text($"^(?:{TypeId(Ids.TaskPrefix)}|{Uuid}|[1-9][0-9]{{0,18}}|none)$", 36), "none"),
        ["tag"] = Several(
            "tag", "Tasks that have all of these tags, by name; case does not count.", new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.LabelCharacters },
            Limits.TagsOfATask, "home"),
        ["due_after"] = Query("due_after", "Tasks that are due later than this. " + TimeSays, Time(), "2030-01-01T00:00:00Z"),
        ["due_before"] = Query("due_before", "Tasks that are due earlier than this. " + TimeSays, Time(), "2100-01-01"),
        ["overdue"] = Query("overdue", "`true` for pending tasks that are due before now, `false` for all others.", Flag(), false),
        ["created_after"] = Query("created_after", "Tasks made later than this. " + TimeSays, Time(), "2026-11-01"),
        ["created_before"] = Query("created_before", "Tasks made earlier than this. " + TimeSays, Time(), "2100-01-01"),
        ["updated_since"] = Query("updated_since", "Tasks changed then or later. " + TimeSays, Time(), "2026-11-21T08:30:00.125Z"),
        ["q"] = Query(
            "q", $"Tasks in whose title, description or tags every word occurs, at least its beginning; case and accents do not count. At most {Limits.SearchPrefixes} words.",
            new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.SearchCharacters }, "milk"),
        ["sort"] = Query("sort", "The order. A `-` in front turns it round.", OneOf([.. Words.Sorts, .. Words.Sorts.Select(sort => "-" + sort)], Words.Sorts[0]), "due"),
        ["order"] = Query("order", "The direction, said outright. Each order has its natural one unless told.", OneOf(Words.Orders), "asc"),
        ["expand"] = Several(
            "expand", "Show more of each task: `category` its category whole, `tags` its tags whole (as `tag_details`), `links` where it is and what can be done with it (as `_links`).",
            OneOf(Words.TaskExpansions), Words.TaskExpansions.Length, "category", "tags"),
        ["fields"] = Several(
            "fields", "Members of the tasks to show, and no others. What has to be expanded is expanded by being named, whole or with a point in part.", OneOf(Words.TaskFields), Words.TaskFields.Length,
            "id", "title", "category.name"),
        ["as_of"] = Query(
            "as_of", "Show the task as it was: at a time of RFC 3339 (or a date for its first moment in UTC), or at a revision of the workspace, a whole number.",
            new JsonObject
            {
                ["type"] = "string",
                ["anyOf"] = new JsonArray(new JsonObject { ["format"] = "date-time" }, new JsonObject { ["format"] = "date" }, new JsonObject { ["pattern"] = "^[0-9]+$" }),
                ["maxLength"] = 64,
            },
            null),
        ["include_deleted"] = Query("include_deleted", "Show deleted tasks as well; these have a `deleted_at`.", Flag(false), true),
        ["subtasks"] = Query(
            "subtasks", "What becomes of its subtasks: they stay, without a parent until it is restored; or all below are deleted as well; or nothing is deleted while there are any.",
            OneOf(Words.FatesOfDeletion, Words.FatesOfDeletion[0]), "delete"),
        ["keep_current"] = Query("keep_current", "Leave the session open that asks.", Flag(false), true),
        ["search"] = Query(
            "search", $"Accounts in whose name or e-mail every word occurs, at least its beginning; case and accents do not count. At most {Limits.SearchPrefixes} words.",
            new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Limits.SearchCharacters }, "ana"),
        ["plan"] = Query("plan", "Accounts on this plan.", OneOf(Plans.Names), "plus"),
        ["role"] = Query("role", "Accounts with this role: administrators, or all others.", OneOf(Words.Roles), "admin"),
        ["suspended"] = Query("suspended", "`true` for accounts that are suspended, `false` for all others.", Flag(), true),
        ["user_sort"] = Query("sort", "The order. A `-` in front turns it round.", OneOf([.. Words.UserSorts, .. Words.UserSorts.Select(sort => "-" + sort)], Words.UserSorts[0]), "name"),
        ["user_limit"] = Query("limit", "Accounts on a page.", Integer(1, Limits.PageUsers, Limits.PageUsersDefault), 50),
        ["count_all"] = Query("include_total", "Count the whole list: the answer has `total`, and `X-Total-Count`.", Flag(false), true),
        ["owned_workspace_id"] = Query(
            "workspace_id", "Another workspace that the account owns. A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.WorkspacePrefix)}|{Uuid})$", 36), null),
        ["actor_id"] = Query("actor_id", "What this account has done. A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.UserPrefix)}|{Uuid})$", 36), AdminOperations.UserId),
        ["on_user_id"] = Query("user_id", "What was done to this account. A TypeID, or the bare UUID within it.", Text($"^(?:{TypeId(Ids.UserPrefix)}|{Uuid})$", 36), AdminOperations.UserId),
        ["act"] = Query("act", "Acts of this kind.", OneOf(AdminActKinds.Names), "user.suspended"),
        ["since"] = Query("since", "What was done then or later. " + TimeSays, Time(), "2026-11-01"),
        ["until"] = Query("until", "What was done before. " + TimeSays, Time(), "2100-01-01"),
        ["act_limit"] = Query("limit", "Acts on a page.", Integer(1, Limits.PageActs, Limits.PageActsDefault), 50),
        ["counts"] = Query("counts", "Add `task_count`. An answer to one label that has it has no `ETag`.", Flag(false), true),
    };

    private const string TimeSays = "A time of RFC 3339, or a date for its first moment in UTC.";
}
