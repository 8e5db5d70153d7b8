using System.Text.Json.Nodes;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;
using Quehacer.Server.OpenApi;
using static Quehacer.Server.OpenApi.Describe;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>
/// The schemas of bodies. Those of answers are read from the records that write the answers, so a member cannot be forgotten; what a member
/// means stands here. Those of requests stand here whole, beside <see cref="Reading"/>, with the bounds that it checks.
/// </summary>
internal static class Schemas
{
    public static readonly Dictionary<Type, string> Names = new()
    {
        [typeof(TaskBody)] = "Task",
        [typeof(LabelFaceBody)] = "LabelFace",
        [typeof(TaskLinksBody)] = "TaskLinks",
        [typeof(TaskListBody)] = "TaskList",
        [typeof(SelectedTaskListBody)] = "SelectedTaskList",
        [typeof(JsonObject)] = "SelectedTask",
        [typeof(BatchBody)] = "BatchResults",
        [typeof(BatchResultBody)] = "BatchResult",
        [typeof(BulkBody)] = "BulkResult",
        [typeof(SkippedTaskBody)] = "SkippedTask",
        [typeof(LabelBody)] = "Label",
        [typeof(CategoryListBody)] = "CategoryList",
        [typeof(TagListBody)] = "TagList",
        [typeof(WorkspaceBody)] = "Workspace",
        [typeof(WorkspaceListBody)] = "WorkspaceList",
        [typeof(MemberBody)] = "Member",
        [typeof(MemberListBody)] = "MemberList",
        [typeof(InvitationBody)] = "Invitation",
        [typeof(InvitedIntoBody)] = "InvitedInto",
        [typeof(InviterBody)] = "Inviter",
        [typeof(InvitationListBody)] = "InvitationList",
        [typeof(NoteBody)] = "Note",
        [typeof(AuthorBody)] = "NoteAuthor",
        [typeof(NoteListBody)] = "NoteList",
        [typeof(EventBody)] = "Event",
        [typeof(EventTaskBody)] = "EventTask",
        [typeof(EventNoteBody)] = "EventNote",
        [typeof(EventMemberBody)] = "EventMember",
        [typeof(EventWorkspaceBody)] = "EventWorkspace",
        [typeof(EventListBody)] = "EventList",
        [typeof(ChangesBody)] = "Changes",
        [typeof(StreamTicketBody)] = "StreamTicket",
        [typeof(PresenceBody)] = "Presence",
        [typeof(PresentPersonBody)] = "PresentPerson",
        [typeof(PaginationBody)] = "Pagination",
        [typeof(LinksBody)] = "Links",
        [typeof(UserBody)] = "User",
        [typeof(ApiKeyBody)] = "ApiKey",
        [typeof(ApiKeyListBody)] = "ApiKeyList",
        [typeof(ServiceAccountBody)] = "ServiceAccount",
        [typeof(ServiceAccountListBody)] = "ServiceAccountList",
        [typeof(TokensBody)] = "Tokens",
        [typeof(SessionBody)] = "Session",
        [typeof(SessionListBody)] = "SessionList",
        [typeof(AccountDeletionBody)] = "AccountDeletion",
        [typeof(MfaRequiredBody)] = "MfaRequired",
        [typeof(CodeSentBody)] = "CodeSent",
        [typeof(FactorsBody)] = "Factors",
        [typeof(FactorBody)] = "Factor",
        [typeof(TotpSetupBody)] = "TotpSetup",
        [typeof(RecoveryCodesBody)] = "RecoveryCodes",
        [typeof(AdminUserBody)] = "AdminUser",
        [typeof(AdminUserListBody)] = "AdminUserList",
        [typeof(AdminActBody)] = "AdminAct",
        [typeof(AdminActDetailBody)] = "AdminActDetail",
        [typeof(AdminActListBody)] = "AdminActList",
        [typeof(ProblemBody)] = "Problem",
        [typeof(ProblemFieldBody)] = "ProblemField",
    };

    /// <summary>No request has room for more faults than its body has bytes; said because readers of descriptions want a bound for every list.</summary>
    private const int MostFaults = Http.RequestBody.MaxBytes;

    public static JsonObject All()
    {
        var all = new JsonObject();
        var notes = Notes();
        var answers = new AnswerSchemas(Names, BodyJson.Default);
        foreach (var (type, name) in Names)
        {
            all[name] = type == typeof(JsonObject)
                ? answers.Answer("Selected members of a task.", typeof(TaskBody), Notes()["Task"], isSelection: true)
                : answers.Answer(Summaries[name], type, notes[name]);
        }
        foreach (var (name, schema) in Requests())
        {
            all[name] = schema;
        }
        return all;
    }

    private static readonly Dictionary<string, string> Summaries = new()
    {
        ["Task"] = "A task.",
        ["LabelFace"] = "What a task shows of its category or of a tag.",
        ["TaskLinks"] = "Where a task is, and what can be done with it as it is, relative to the server.",
        ["TaskList"] = "A page of tasks.",
        ["SelectedTaskList"] = "A page of tasks, of which `expand` and `fields` selected members.",
        ["BatchResults"] = "What a batch came to.",
        ["BatchResult"] = "What one operation of a batch came to.",
        ["BulkResult"] = "What a change of many tasks came to; after a dry run, what it would come to.",
        ["SkippedTask"] = "A task that was left as it is, because the change does not fit it.",
        ["Label"] = "A category or a tag.",
        ["CategoryList"] = "A page of categories, by name.",
        ["TagList"] = "A page of tags, by name.",
        ["Note"] = "What somebody has said about a task.",
        ["NoteAuthor"] = "Who has written a note.",
        ["NoteList"] = "A page of the notes of a task, the oldest first.",
        ["Event"] = "Something that has happened in a workspace: the same on every channel.",
        ["EventTask"] = "A task as it was behind an event, its labels under the names that they have now. How far its subtasks are, their own events say.",
        ["EventNote"] = "A note as it was behind an event.",
        ["EventMember"] = "What somebody was in the workspace behind an event.",
        ["EventWorkspace"] = "A workspace as it was behind an event of its own.",
        ["EventList"] = "A page of events, the latest first.",
        ["StreamTicket"] = "A ticket that opens one stream.",
        ["Presence"] = "Who looks at a workspace just now.",
        ["PresentPerson"] = "Somebody who looks at a workspace.",
        ["Changes"] = "What has happened since a place in the log.",
        ["Pagination"] = "Where a page lies within its list.",
        ["Links"] = "The addresses around a page, relative to the server.",
        ["User"] = "An account.",
        ["ApiKey"] = "A key with which a program comes in the name of an account.",
        ["ApiKeyList"] = "All keys of an account.",
        ["ServiceAccount"] = "An account of a workspace, for a program and for no person.",
        ["ServiceAccountList"] = "All service accounts of a workspace.",
        ["Workspace"] = "Where tasks, categories and tags are.",
        ["WorkspaceList"] = "A page of workspaces.",
        ["Member"] = "Somebody in a workspace.",
        ["MemberList"] = "A page of the members of a workspace.",
        ["Invitation"] = "Somebody asked into a workspace, who has not answered yet.",
        ["InvitedInto"] = "The workspace that an invitation is into.",
        ["Inviter"] = "Who invites.",
        ["InvitationList"] = "A page of invitations, the oldest first.",
        ["Tokens"] = "A session's new tokens, and whose they are.",
        ["Session"] = "Where an account is signed in.",
        ["AccountDeletion"] = "An account that is to be deleted.",
        ["SessionList"] = "The open sessions of an account, the one that asks first and then those that were seen last.",
        ["MfaRequired"] = "The login waits for a code of a second factor. There is no session yet.",
        ["CodeSent"] = "A code is on its way.",
        ["Factors"] = "What is asked for beside the password.",
        ["Factor"] = "Whether something is a second factor.",
        ["TotpSetup"] = "What an authenticator is to know. It is shown once.",
        ["RecoveryCodes"] = "Codes for whoever has lost the other factor, each good once. They are shown once.",
        ["AdminUser"] = "An account as administrators see it.",
        ["AdminUserList"] = "A page of accounts.",
        ["AdminAct"] = "What an administrator has done.",
        ["AdminActDetail"] = "What an act was exactly: what its kind has.",
        ["AdminActList"] = "A page of what administrators have done, the newest first.",
        ["Problem"] = "A refusal (RFC 9457).",
        ["ProblemField"] = "One value of the request that cannot be accepted, or one of the thing that stands in the way.",
    };

    /// <summary>Of a task, wherever it is shown.</summary>
    private static Dictionary<string, JsonObject> OfAnyTask() => new()
    {
        ["id"] = Id("The UUIDv7 within it holds the time of creation.", Ids.TaskPrefix),
        ["number"] = Says("1, 2, 3… in the workspace, never used again.", ("minimum", 1)),
        ["title"] = Says("What is to be done."),
        ["description"] = Says("Free text."),
        ["status"] = Says("Its state.", ("enum", Enum(Words.States))),
        ["priority"] = Says("How urgent it is.", ("enum", Enum(Words.Priorities))),
        ["due_date"] = Says("When it is due."),
        ["parent_id"] = Id("The task that it lies below, if there is one.", Ids.TaskPrefix),
        ["version"] = Version(),
        ["created_at"] = Says("When it was made."),
    };

    private static Dictionary<string, Dictionary<string, JsonObject>> Notes() => new()
    {
        ["Task"] = new(OfAnyTask())
        {
            ["category_id"] = Id("Its category, if it has one.", Ids.CategoryPrefix),
            ["tags"] = Says("The names of its tags, in the order they were given. Another contract may have given it more than this one does.", ("maxItems", Limits.MostTagsOfATask)),
            ["assignee_id"] = Id("Who is to do it, if anybody is: the account of somebody who was in the workspace when that was said.", Ids.UserPrefix),
            ["subtask_count"] = Says("The tasks directly below it that are not deleted.", ("maximum", Limits.SubtasksOfATask)),
            ["subtasks_done"] = Says("How many of these are done.", ("maximum", Limits.SubtasksOfATask)),
            ["position"] = Says("Its place in the order by hand, to be compared byte by byte. Opaque; `POST /api/v1/tasks/{id}/move` changes it.", ("maxLength", Limits.PositionCharacters)),
            ["workspace_id"] = Id("Where it is. `POST /api/v1/tasks/{id}/transfer` moves it.", Ids.WorkspacePrefix),
            ["updated_at"] = Says("When it was changed last."),
            ["deleted_at"] = Says("When it was deleted. Only in lists with `include_deleted=true`, and after an undo that deletes it."),
            ["category"] = Says(
                "Its category, or `null` where it has none. Only with `expand=category`.",
                ("anyOf", new JsonArray(new JsonObject { ["$ref"] = "#/components/schemas/LabelFace" }, new JsonObject { ["type"] = "null" }))),
            ["tag_details"] = Says("Its tags, in the order of `tags`. Only with `expand=tags`.", ("maxItems", Reading.TaskLimits.Tags)),
            ["_links"] = Says("Its addresses. Only with `expand=links`."),
        },
        ["LabelFace"] = new()
        {
            ["id"] = Says("A TypeID; its prefix tells categories and tags apart.", ("pattern", $"^(?:{TypeId(Ids.CategoryPrefix)}|{TypeId(Ids.TagPrefix)})$")),
            ["name"] = Says("As it is called now."),
            ["color"] = Says("In upper case, if it has one.", ("pattern", "^#[0-9A-F]{6}$")),
        },
        ["TaskLinks"] = new()
        {
            ["self"] = Says("The task.", ("format", "uri-reference")),
            ["notes"] = Says("Its notes.", ("format", "uri-reference")),
            ["category"] = Says("Its category, if it has one.", ("format", "uri-reference")),
            ["complete"] = Says("A POST there completes it. Of pending tasks only.", ("format", "uri-reference")),
            ["reopen"] = Says("A POST there makes it pending again. Of tasks that are done only.", ("format", "uri-reference")),
            ["restore"] = Says("A POST there takes back its deletion. Of deleted tasks only, which have no other but `self`.", ("format", "uri-reference")),
        },
        ["TaskList"] = List("tasks", "The tasks of the page.", Limits.PageTasks),
        ["SelectedTaskList"] = List("tasks", "The tasks of the page.", Limits.PageTasks),
        ["BatchResults"] = new()
        {
            ["succeeded"] = Says("How many operations were done."),
            ["failed"] = Says("How many were refused."),
            ["results"] = Says("What each came to, in their order.", ("maxItems", Limits.BatchOperations)),
        },
        ["BatchResult"] = new()
        {
            ["index"] = Says("The place of the operation, from 0."),
            ["status"] = Says("The status that the same request alone would have been answered with.", ("minimum", 200), ("maximum", 599)),
            ["etag"] = Says("The tag of the task after the operation, for `If-Match`; with 412 that of its present state."),
            ["task"] = Says("The task after the operation; absent where it was refused, and after a deletion."),
            ["problem"] = Says("Why it was refused; absent where it was done."),
        },
        ["BulkResult"] = new()
        {
            ["matched"] = Says("How many tasks were chosen: changed, skipped, or as they should be already."),
            ["changed"] = Says("How many of them were changed, or deleted."),
            ["skipped"] = Says("How many of them the change does not fit."),
            ["skipped_tasks"] = Says($"The first {Limits.FaultsTold} of these.", ("maxItems", Limits.FaultsTold)),
            ["dry_run"] = Says("Whether nothing has been done."),
            ["total"] = Says("How many tasks the filters choose in all. After a dry run only."),
            ["has_more"] = Says("Whether tasks are left for another request."),
            ["next_cursor"] = Says("Where another request goes on, for `cursor`."),
        },
        ["SkippedTask"] = new()
        {
            ["id"] = Id("The task.", Ids.TaskPrefix),
            ["number"] = Says("Its number in the workspace.", ("minimum", 1)),
            ["errors"] = Says("What of the change does not fit it.", ("maxItems", MostFaults)),
        },
        ["Note"] = new()
        {
            ["id"] = Id("The UUIDv7 within it holds the time of writing.", Ids.NotePrefix),
            ["task_id"] = Id("The task that it is about.", Ids.TaskPrefix),
            ["author"] = Says("Who has written it, and alone may change or remove it."),
            ["text"] = Says("What was said."),
            ["version"] = Version(),
            ["created_at"] = Says("When it was written."),
            ["updated_at"] = Says("When it was changed last."),
        },
        ["Event"] = new()
        {
            ["id"] = Id("The same wherever it is read, and of no other event.", Ids.EventPrefix),
            ["cursor"] = Says("Its place in the log of the workspace, for `since`; `null` of what a task brought along from another workspace.", ("maxLength", 2048)),
            ["type"] = Says("What has happened.", ("enum", Enum(Core.Events.EventNames.All))),
            ["workspace_id"] = Id("Where.", Ids.WorkspacePrefix),
            ["subject_id"] = Says("To what: the id of the task, note, tag, category, account or workspace."),
            ["task"] = Says("The task behind the event; absent of other events, and where nobody knows any more: it was purged, or is in another workspace."),
            ["note"] = Says("The note behind the event; absent of other events, and where it is gone."),
            ["tag"] = Says("The tag behind the event, of a deleted one as it was last; absent of other events."),
            ["category"] = Says("The category behind the event, of a deleted one as it was last; absent of other events."),
            ["member"] = Says("What somebody is in the workspace behind the event; absent of other events, and of somebody who is nothing there any more."),
            ["workspace"] = Says("The workspace behind an event of its own; absent of other events."),
            ["into"] = Id("The tag that this one became. Of `tag.merged` only.", Ids.TagPrefix),
            ["before"] = Says(
                "The members that the event changed, as they were; `null` where it made something, or nobody knows.",
                ("anyOf", new JsonArray(new JsonObject { ["type"] = "object", ["additionalProperties"] = true }, new JsonObject { ["type"] = "null" }))),
            ["actor"] = Says("Who has done it."),
            ["at"] = Says("When. Never earlier than what came before it in the workspace."),
            ["request_id"] = Says("The `X-Request-Id` of the request that did it; `null` where the server did it by itself.", ("maxLength", 128)),
        },
        ["EventTask"] = new(OfAnyTask())
        {
            ["category_id"] = Id("Its category, if it has one that is there still.", Ids.CategoryPrefix),
            ["tags"] = Says("The names of its tags now, in the order they were given.", ("maxItems", Limits.MostTagsOfATask)),
            ["tag_ids"] = Says("The same tags by id.", ("maxItems", Limits.MostTagsOfATask)),
            ["assignee_id"] = Id("Who is to do it, if anybody is.", Ids.UserPrefix),
            ["position"] = Says("Its place in the order by hand.", ("maxLength", Limits.PositionCharacters)),
            ["workspace_id"] = Id("Where it is.", Ids.WorkspacePrefix),
            ["updated_at"] = Says("When of the event."),
            ["deleted_at"] = Says("When it was deleted; `null` while it is not."),
        },
        ["EventNote"] = new()
        {
            ["id"] = Id("The UUIDv7 within it holds the time of writing.", Ids.NotePrefix),
            ["task_id"] = Id("The task that it is about.", Ids.TaskPrefix),
            ["author_id"] = Id("Who has written it.", Ids.UserPrefix),
            ["text"] = Says("What was said."),
            ["version"] = Version(),
            ["created_at"] = Says("When it was written."),
            ["updated_at"] = Says("When it was changed last."),
        },
        ["EventMember"] = new()
        {
            ["user_id"] = Id("The account.", Ids.UserPrefix),
            ["role"] = Says("What they are.", ("enum", Enum(Words.WorkspaceRoles))),
        },
        ["EventWorkspace"] = new()
        {
            ["id"] = Id("The UUIDv7 within it holds the time of creation.", Ids.WorkspacePrefix),
            ["name"] = Says("What it is called."),
            ["personal"] = Says("Whether it was made with its owner's account."),
            ["archived_at"] = Says("Since when it is out of use; `null` while it is in use."),
            ["version"] = Version(),
        },
        ["EventList"] = List("events", "The events of the page.", Limits.PageEvents),
        ["Changes"] = new()
        {
            ["events"] = Says("What has happened, in order.", ("maxItems", Limits.PageEvents)),
            ["cursor"] = Says("Where to go on, for `since`: behind the last of them.", ("maxLength", 2048)),
            ["has_more"] = Says("Whether there is more already. Where not, ask again later, or listen."),
        },
        ["Presence"] = new()
        {
            ["workspace_id"] = Id("At what.", Ids.WorkspacePrefix),
            ["people"] = Says("Who, those first who have for longest.", ("maxItems", Limits.PeopleTold)),
            ["total"] = Says("How many there are."),
        },
        ["PresentPerson"] = new()
        {
            ["user_id"] = Id("The account.", Ids.UserPrefix),
            ["name"] = Says("As they are called now; `null` where there is no such account any more."),
            ["since"] = Says("Since when they have looked, on whatever they look with."),
        },
        ["StreamTicket"] = new()
        {
            ["ticket"] = Says("For `ticket` in the address of a stream.", ("maxLength", Limits.TicketCharacters)),
            ["expires_at"] = Says("Until when it opens one."),
        },
        ["NoteAuthor"] = new()
        {
            ["id"] = Id("The account.", Ids.UserPrefix),
            ["name"] = Says("As the author is called now; `null` where there is no such account any more."),
        },
        ["NoteList"] = List("notes", "The notes of the page.", Limits.PageNotes),
        ["CategoryList"] = List("categories", "The categories of the page.", Limits.PageLabels),
        ["TagList"] = List("tags", "The tags of the page.", Limits.PageLabels),
        ["Label"] = new()
        {
            ["id"] = Says("A TypeID; its prefix tells categories and tags apart.", ("pattern", $"^(?:{TypeId(Ids.CategoryPrefix)}|{TypeId(Ids.TagPrefix)})$")),
            ["name"] = Says("Unique among the categories, or the tags, of the workspace, but for case."),
            ["color"] = Says("In upper case, if it has one.", ("pattern", "^#[0-9A-F]{6}$")),
            ["version"] = Version(),
            ["created_at"] = Says("When it was made."),
            ["updated_at"] = Says("When it was changed last."),
            ["task_count"] = Says("The tasks that carry it and are not deleted. Only with `counts=true`."),
        },
        ["Pagination"] = new()
        {
            ["page"] = Says("Which page this is. Absent in an answer by cursor.", ("minimum", 1)),
            ["limit"] = Says("How many things a page has at most.", ("minimum", 1)),
            ["total"] = Says("How many things the whole list has. Absent where it was not counted."),
            ["total_pages"] = Says("How many pages the list has. Absent where it was not counted."),
            ["has_next"] = Says("Whether there is a page behind this one."),
            ["has_previous"] = Says("Whether there is a page before this one."),
            ["next_cursor"] = Says("The place behind this page, for `cursor`. Only in lists that take one."),
            ["previous_cursor"] = Says("The place before this page, for `cursor`. Only in lists that take one."),
        },
        ["Links"] = new()
        {
            ["self"] = Says("This page.", ("format", "uri-reference")),
            ["first"] = Says("The first page.", ("format", "uri-reference")),
            ["last"] = Says("The last page, where it is known.", ("format", "uri-reference")),
            ["next"] = Says("The next page, if there is one.", ("format", "uri-reference")),
            ["previous"] = Says("The page before, if there is one.", ("format", "uri-reference")),
        },
        ["User"] = new()
        {
            ["id"] = Id("The account.", Ids.UserPrefix),
            ["kind"] = Says("Whose account it is: a `person`'s, or, with the key of a service account, a workspace's, `service`.", ("enum", Enum(Words.AccountKinds))),
            ["email"] = Says("What the user logs in with; `null` for a service account, which nobody logs in to."),
            ["email_verified"] = Says("Whether a letter to it has come back, or whoever runs the server vouches for it."),
            ["name"] = Says("What people call the user."),
            ["roles"] = Says("What the user may do in the installation: `user`, and for administrators `admin`.", ("maxItems", 100)),
            ["workspace_id"] = Id("The user's personal workspace; of a service account, the one that it belongs to.", Ids.WorkspacePrefix),
            ["version"] = Version(),
            ["created_at"] = Says("When it was registered."),
            ["updated_at"] = Says("When it was changed last."),
        },
        ["AdminUser"] = new()
        {
            ["id"] = Id("The account.", Ids.UserPrefix),
            ["email"] = Says("What the user logs in with."),
            ["email_verified"] = Says("Whether a letter to it has come back, or whoever runs the server vouches for it."),
            ["name"] = Says("What people call the user."),
            ["role"] = Says("What the user may do in the installation.", ("enum", Enum(Words.Roles))),
            ["plan"] = Says("How much the user may ask of the server.", ("enum", Enum(Plans.Names))),
            ["suspended_at"] = Says("Since when nobody signs in to it; `null` when people may."),
            ["second_factors"] = Says("What is asked for beside the password: `totp` for an authenticator, `email` for codes by mail.", ("maxItems", Words.CodeMethods.Length)),
            ["workspace_id"] = Id("The user's personal workspace.", Ids.WorkspacePrefix),
            ["workspaces_owned"] = Says("How many workspaces are the user's, the personal one among them.", ("minimum", 0), ("maximum", Limits.WorkspacesOfAUser)),
            ["last_seen_at"] = Says("When a session of it was seen last, to about a minute; `null` where there has been none for some time."),
            ["version"] = Version(),
            ["created_at"] = Says("When it was registered."),
            ["updated_at"] = Says("When it was changed last."),
        },
        ["AdminUserList"] = List("users", "The accounts of the page.", Limits.PageUsers),
        ["AdminAct"] = new()
        {
            ["id"] = Id("The UUIDv7 within it holds the time.", Ids.ActPrefix),
            ["at"] = Says("When it was done."),
            ["actor_id"] = Id("Who has done it; `null` for whoever runs the installation, by a command.", Ids.UserPrefix),
            ["act"] = Says("What it was, for programs. There may be more.", ("examples", Enum(AdminActKinds.Names))),
            ["user_id"] = Id("Whose account it was done to. The account may be gone.", Ids.UserPrefix),
            ["workspace_id"] = Id("The workspace that was looked into, where one was.", Ids.WorkspacePrefix),
            ["detail"] = Says(
                "What it was exactly, where there is more to say.",
                ("anyOf", new JsonArray(new JsonObject { ["$ref"] = "#/components/schemas/AdminActDetail" }, new JsonObject { ["type"] = "null" }))),
            ["address"] = Says("From where it was asked; `null` for whoever sits at the machine."),
            ["request_id"] = Says("The id of the request, as in `X-Request-Id` and in the log."),
        },
        ["AdminActDetail"] = new()
        {
            ["from"] = Says("The plan or the role before."),
            ["to"] = Says("The plan or the role from then on."),
            ["reason"] = Says("Why, in the words of whoever did it.", ("maxLength", Limits.ReasonCharacters)),
            ["task_id"] = Id("The task that was read.", Ids.TaskPrefix),
        },
        ["AdminActList"] = List("acts", "The acts of the page.", Limits.PageActs),
        ["Workspace"] = new()
        {
            ["id"] = Id("The UUIDv7 within it holds the time of creation.", Ids.WorkspacePrefix),
            ["name"] = Says("What its members know it by."),
            ["personal"] = Says("Whether it was made with the account of its owner, and is nobody else's."),
            ["role"] = Says("What you are in it.", ("enum", Enum(Words.WorkspaceRoles))),
            ["owner_id"] = Id("Whose it is.", Ids.UserPrefix),
            ["member_count"] = Says("How many are in it, its owner among them.", ("minimum", 1), ("maximum", Limits.MembersOfAWorkspace)),
            ["version"] = Version(),
            ["created_at"] = Says("When it was made."),
            ["updated_at"] = Says("When its name, its use or its members were changed last."),
            ["archived_at"] = Says("Since when it is out of use; `null` while it is in use."),
        },
        ["WorkspaceList"] = List("workspaces", "The workspaces of the page.", Limits.PageWorkspaces),
        ["Member"] = new()
        {
            ["user_id"] = Id("Of the account.", Ids.UserPrefix),
            ["kind"] = Says("Whose account it is: a `person`'s, or the workspace's own, `service`.", ("enum", Enum(Words.AccountKinds))),
            ["name"] = Says("As they are called now; `null` where the account is gone."),
            ["email"] = Says("For the owner of the workspace and for themselves; `null` for everybody else."),
            ["role"] = Says("What they are in it.", ("enum", Enum(Words.WorkspaceRoles))),
            ["version"] = Version(),
            ["joined_at"] = Says("Since when they are in it; of the last time, for somebody who has come back."),
            ["updated_at"] = Says("When their role was changed last."),
        },
        ["MemberList"] = List("members", "The members of the page.", Limits.PageMembers),
        ["Invitation"] = new()
        {
            ["id"] = Id("The UUIDv7 within it holds the time of creation.", Ids.InvitationPrefix),
            ["workspace"] = Says("Into which workspace."),
            ["email"] = Says("To which it was sent: the account that accepts it has this one."),
            ["role"] = Says("What they will be.", ("enum", Enum(Words.GivenRoles))),
            ["invited_by"] = Says("By whom."),
            ["created_at"] = Says("When it was sent."),
            ["expires_at"] = Says("When it ends."),
        },
        ["InvitedInto"] = new()
        {
            ["id"] = Id("Of the workspace.", Ids.WorkspacePrefix),
            ["name"] = Says("What its members know it by."),
        },
        ["Inviter"] = new()
        {
            ["id"] = Id("Of the account.", Ids.UserPrefix),
            ["name"] = Says("As they are called now, by themselves; `null` where the account is gone."),
            ["email"] = Says("`null` unless it is shown to be theirs."),
        },
        ["InvitationList"] = List("invitations", "The invitations of the page.", Limits.PageInvitations),
        ["ApiKey"] = new()
        {
            ["id"] = Id("The UUIDv7 within it holds the time of creation.", Ids.KeyPrefix),
            ["name"] = Says("What its owner knows it by."),
            ["scopes"] = Says("What it is good for.", ("maxItems", Words.KeyScopes.Count)),
            ["workspace_id"] = Id("The one workspace that it is good for; `null` for all that its owner is in.", Ids.WorkspacePrefix),
            ["key"] = Says("The key itself, for the header `Authorization: Bearer`. Only in the answer that makes it."),
            ["created_at"] = Says("When it was made."),
            ["expires_at"] = Says("Until when it is good; `null` until it is revoked."),
            ["last_used_at"] = Says("When it was used last, to about a minute; `null` for never."),
        },
        ["ApiKeyList"] = new()
        {
            ["keys"] = Says("The newest first.", ("maxItems", 10 * Limits.ApiKeysOfAUser)),
        },
        ["ServiceAccount"] = new()
        {
            ["user_id"] = Id("The account, as tasks and notes name it.", Ids.UserPrefix),
            ["name"] = Says("What people call it."),
            ["role"] = Says("What it is in the workspace.", ("enum", Enum(Words.GivenRoles))),
            ["version"] = Version(),
            ["created_at"] = Says("When it was made."),
            ["updated_at"] = Says("When its name or its role was changed last."),
        },
        ["ServiceAccountList"] = new()
        {
            ["service_accounts"] = Says("The oldest first.", ("maxItems", Limits.ServiceAccountsOfAWorkspace)),
        },
        ["Tokens"] = new()
        {
            ["access_token"] = Says("For the header `Authorization: Bearer`. A JWT; clients need not read it."),
            ["refresh_token"] = Says("For one use at `POST /api/v1/auth/refresh`."),
            ["token_type"] = Says("How the access token is sent.", ("const", "Bearer")),
            ["expires_in"] = Says("Seconds that the access token lives.", ("minimum", 1)),
            ["user"] = Says("Whose tokens they are."),
        },
        ["Session"] = new()
        {
            ["id"] = Id("The session.", Ids.SessionPrefix),
            ["current"] = Says("Whether it is the one that asks."),
            ["user_agent"] = Says("What its client called itself at the login or the last refresh, cut at 255 characters; `null` where it did not say.", ("maxLength", Limits.UserAgentCharacters)),
            ["address"] = Says("From where that came; `null` where there is none."),
            ["created_at"] = Says("When it was logged in."),
            ["last_seen_at"] = Says("When it was seen last, to about a minute."),
            ["expires_at"] = Says("When it ends, unless it is refreshed before."),
        },
        ["SessionList"] = new() { ["sessions"] = Says("The sessions.", ("maxItems", Limits.SessionsShown)) },
        ["AccountDeletion"] = new() { ["deletion_due_at"] = Says("When it is deleted. Until then it can be kept.") },
        ["MfaRequired"] = new()
        {
            ["mfa_required"] = Says("Tells it from tokens.", ("const", true)),
            ["mfa_token"] = Says("For `POST /api/v1/auth/login/otp`, with a code."),
            ["expires_in"] = Says("Seconds that it is taken.", ("minimum", 1)),
            ["methods"] = Says("Where codes may come from.", ("maxItems", Words.CodeMethods.Length), ("items", new JsonObject { ["type"] = "string", ["enum"] = Enum(Words.CodeMethods) })),
        },
        ["CodeSent"] = new()
        {
            ["mfa_token"] = Says("To be shown together with the code."),
            ["expires_in"] = Says("Seconds that the two are taken.", ("minimum", 1)),
        },
        ["Factors"] = new()
        {
            ["totp"] = Says("An authenticator."),
            ["email"] = Says("Codes by mail."),
            ["recovery_codes_left"] = Says("How many of the recovery codes have not been used."),
        },
        ["Factor"] = new()
        {
            ["enabled"] = Says("Whether a code of it is asked for."),
            ["since"] = Says("Since when."),
        },
        ["TotpSetup"] = new()
        {
            ["secret"] = Says("For typing, in base 32.", ("pattern", "^[A-Z2-7]{32}$")),
            ["otpauth_uri"] = Says("For programs.", ("format", "uri")),
            ["qr_code"] = Says("For scanning: the address above as a PNG, as a `data:` address.", ("format", "uri")),
        },
        ["RecoveryCodes"] = new()
        {
            ["recovery_codes"] = Says("Ten, or none where there are some already.", ("maxItems", 10)),
        },
        ["Problem"] = new()
        {
            ["type"] = Says("The address of a page that says what the error means and what mends it.", ("format", "uri")),
            ["title"] = Says("What kind of error it is, for people."),
            ["status"] = Says("The status of the answer.", ("minimum", 400), ("maximum", 599)),
            ["detail"] = Says("What is wrong with this request and what mends it, for people."),
            ["instance"] = Says("The path of the request.", ("format", "uri-reference")),
            ["code"] = Says("For programs; never changes. There may be more: treat one that you do not know by its status.", ("examples", Enum(Http.ErrorCatalogue.All.Select(kind => kind.Code)))),
            ["number"] = Says("The number of the code in the catalogue."),
            ["request_id"] = Says("The id of the request, as in `X-Request-Id`."),
            ["timestamp"] = Says("When it was refused."),
            ["errors"] = Says("The values of the request that are at fault, or those of the thing that stand in the way, all of them.", ("maxItems", MostFaults)),
            ["retry_after"] = Says("Seconds to wait before the request is repeated; only where a limit was reached.", ("minimum", 1)),
            ["workspaces"] = Says("The workspaces that stand in the way of what was asked, the first hundred; only there.", ("maxItems", Limits.PageWorkspaces)),
            ["operation"] = Says("The place, from 0, of the operation that a batch was refused for as a whole; only there."),
        },
        ["ProblemField"] = new()
        {
            ["field"] = Says("The member or parameter, with the index of an element where there is one."),
            ["code"] = Says("What is wrong with it, for programs; never changes."),
            ["message"] = Says("What is wrong with it and what mends it, for people."),
            ["allowed_values"] = Says("What it can be, where that is a list.", ("maxItems", MostFaults)),
        },
    };

    private static IEnumerable<(string Name, JsonObject Schema)> Requests()
    {
        yield return ("NewTask", Request("A new task.", ["title"], Words.TaskMembers,
            [.. TaskMembers(), ("workspace_id", NamesWorkspace("The workspace in which it is made, by TypeID or UUID, where the query names none; `null` for your personal one."))]));
        yield return ("TaskChange", Request(
            "What is to be changed of a task. An absent member stays as it is. `add_tags` and `remove_tags` stand in the place of `tags`, not beside it.", [], Words.TaskMembers,
            [
                .. TaskMembers(),
                .. TagsToAddAndRemove(),
                ("workspace_id", NamesWorkspace("Shown, never written: where the task is. Another workspace is refused; `POST /api/v1/tasks/{id}/transfer` moves the task there.", isShown: true)),
                ("version", Condition()),
            ]));
        yield return ("TasksChange", Request(
            "What is to be changed of each of many tasks: at least one member. An absent member stays as it is. `add_tags` and `remove_tags` stand in the place of `tags`, not beside it.",
            [], [], [.. TaskMembers().Where(member => Words.BulkChangeMembers.Contains(member.Item1)), .. TagsToAddAndRemove()]));
        yield return ("TaskCondition", Request("The version that the task must have.", [], [], [("version", Condition())]));
        yield return ("TaskCompletion", Request(
            "What becomes of the subtasks, and the version that the task must have.", [], [], [("subtasks", FateOfSubtasks(Words.FatesOfCompletion)), ("version", Condition())]));
        yield return ("TaskMove", Request(
            "Where the task goes, said by one of `after`, `before` and `to`, and the version that it must have.", [], [], [.. Places(), ("version", Condition())]));
        yield return ("TaskTransfer", Request(
            "The workspace that the task goes into, what becomes of its subtasks, and the version that it must have.", ["workspace_id"], [],
            [
                ("workspace_id", WorkspaceId("The workspace that it goes into, by TypeID or UUID.")),
                ("subtasks", Written("string", "They go along, as they do unless told, or nothing is moved while there are any.", ("enum", Enum(Words.FatesOfTransfer)))),
                ("version", Condition()),
            ]));
        yield return ("Batch", Request(
            "Operations to be done in one request.", ["operations"], [],
            [
                ("atomic", Written("boolean", "Whether the first operation that is refused undoes all; so it is unless told.")),
                ("operations", Written(
                    "array", "What is to be done, in this order.", ("items", new JsonObject { ["$ref"] = "#/components/schemas/BatchOperation" }), ("minItems", 1),
                    ("maxItems", Limits.BatchOperations))),
            ]));
        yield return ("BatchOperation", Request(
            "One thing that is to be done with one task.", ["op"], [],
            [
                ("op", Written("string", "What is to be done.", ("enum", Enum(Words.BatchOps)))),
                ("id", TaskId("The task, with every operation but `create`: a TypeID, the bare UUID within it, or the number of the task.")),
                ("version", Condition()),
                ("subtasks", FateOfSubtasks([.. Words.FatesOfCompletion.Union(Words.FatesOfDeletion)])),
                .. Places(),
                ("task", Says(
                    "The new task, with `create`; what is to be changed, with `update`.",
                    ("anyOf", new JsonArray(new JsonObject { ["$ref"] = "#/components/schemas/NewTask" }, new JsonObject { ["$ref"] = "#/components/schemas/TaskChange" })))),
            ]));
        yield return ("NewCategory", Request("A new category.", ["name"], Words.LabelMembers, LabelMembers(Limits.LabelCharacters)));
        yield return ("CategoryChange", Request(
            "What is to be changed of a category.", [], Words.LabelMembers, [.. LabelMembers(Limits.LabelCharacters), ("version", Condition())]));
        yield return ("NewTag", Request("A new tag.", ["name"], Words.LabelMembers, LabelMembers(Limits.TagCharacters)));
        yield return ("TagChange", Request("What is to be changed of a tag.", [], Words.LabelMembers, [.. LabelMembers(Limits.TagCharacters), ("version", Condition())]));
        yield return ("TagMerge", Request(
            "Which tag takes the place of this one.", ["into"], [],
            [("into", Written("string", "The tag that stays.", ("pattern", $"^(?:{TypeId(Ids.TagPrefix)}|{Uuid})$"), ("maxLength", 36))), ("version", Condition())]));
        yield return ("NewWorkspace", Request("A new workspace.", ["name"], Words.WorkspaceMembers, [("name", WorkspaceName())]));
        yield return ("WorkspaceChange", Request("What is to be changed of a workspace.", [], Words.WorkspaceMembers, [("name", WorkspaceName()), ("version", Condition())]));
        yield return ("WorkspaceCondition", Request("What the workspace must be.", [], [], [("version", Condition())]));
        yield return ("MemberChange", Request(
            "What is to be changed of a member.", [], Words.MemberMembers, [("role", Written("string", "What they are to be.", ("enum", Enum(Words.GivenRoles)))), ("version", Condition())]));
        yield return ("WorkspaceTransfer", Request(
            "Who is to be the owner, and the password of whoever is.", ["user_id", "current_password"], [],
            [("user_id", Written("string", "A member, by TypeID or UUID.", ("pattern", $"^(?:{TypeId(Ids.UserPrefix)}|{Uuid})$"), ("maxLength", 36))), ("current_password", Password(1))]));
        yield return ("NewInvitation", Request(
            "Who is invited, and what they will be.", ["email", "role"], Words.InvitationMembers, [("email", Email()), ("role", Written("string", "What they will be.", ("enum", Enum(Words.GivenRoles))))]));
        yield return ("NewNote", Request("A new note.", ["text"], Words.NoteMembers, [("text", NoteText())]));
        yield return ("NoteChange", Request("What is to be changed of a note.", [], Words.NoteMembers, [("text", NoteText()), ("version", Condition())]));
        yield return ("Registration", Request(
            "A new account.", ["email", "name", "password"], Reading.NewUserMembers, [("email", Email()), ("name", UserName()), ("password", Password(Limits.PasswordMinCharacters))]));
        yield return ("AccountChange", Request("What is to be changed of an account.", [], Reading.UserMembers, [("name", UserName()), ("version", Condition())]));
        yield return ("UserChange", Request(
            "What is to be changed of an account by an administrator.", [], Words.AdminUserMembers,
            [
                ("plan", Written("string", "How much the user may ask of the server.", ("enum", Enum(Plans.Names)))),
                ("role", Written("string", "What the user may do in the installation.", ("enum", Enum(Words.Roles)))),
                ("version", Condition()),
            ]));
        yield return ("Suspension", Request(
            "Why an account is suspended.", [], [],
            [("reason", Nullable("string", "For the trail of administrators, which never forgets: ids are better than names. `null` for none.", ("maxLength", Limits.ReasonCharacters)))]));
        yield return ("NewApiKey", Request(
            "A new API key.", ["name", "scopes", "current_password"], Words.KeyMembers,
            [
                ("name", KeyName()),
                ("scopes", KeyScopes(
                    "What it is good for: tasks with their notes, categories and tags; workspaces and who is in them; and, for administrators, what they do. Writing does not include reading.", Words.KeyScopes)),
                ("workspace_id", Nullable(
                    "string", "The one workspace that it is to be good for, by TypeID or UUID, in which you are; `null` for all.", ("pattern", $"^(?:{TypeId(Ids.WorkspacePrefix)}|{Uuid})$"), ("maxLength", 36))),
                ("expires_at", KeyEnd()),
                ("current_password", OwnPassword()),
            ]));
        yield return ("NewServiceAccount", Request(
            "A new service account.", ["name", "role", "current_password"], Words.ServiceAccountMembers, [("name", ServiceName()), ("role", ServiceRole()), ("current_password", OwnPassword())]));
        yield return ("ServiceAccountChange", Request(
            "What is to be changed of a service account.", [], Words.ServiceAccountMembers, [("name", ServiceName()), ("role", ServiceRole()), ("version", Condition())]));
        yield return ("NewServiceKey", Request(
            "A new API key of a service account.", ["name", "scopes", "current_password"], Words.KeyMembers,
            [
                ("name", KeyName()),
                ("scopes", KeyScopes("What it is good for, in the workspace of its account. Writing does not include reading.", Words.ServiceKeyScopes)),
                ("expires_at", KeyEnd()),
                ("current_password", OwnPassword()),
            ]));
        yield return ("Login", Request("E-mail and password of an account.", ["email", "password"], [], [("email", Email()), ("password", Password(1))]));
        yield return ("LoginCode", Request("The code of a login that waits for it.", ["mfa_token", "code"], [], [("mfa_token", MfaToken()), ("code", Code())]));
        yield return ("LoginCodeLetter", Request("The login whose code is to be sent once more.", ["mfa_token"], [], [("mfa_token", MfaToken())]));
        yield return ("CodeLogin", Request("Whom to send a code.", ["email"], [], [("email", Email())]));
        yield return ("CurrentPassword", Request("The password of the account.", ["current_password"], [], [("current_password", Password(1))]));
        yield return ("TotpCode", Request("A code of the authenticator that is being set up.", ["code"], [], [("code", Code())]));
        yield return ("FactorProof", Request(
            "The password of the account, and a code of any factor of it.", ["current_password", "code"], [],
            [
                ("current_password", Password(1)), ("code", Code()),
                ("mfa_token", Written("string", "Where the code came by mail: that of the login that it was sent for.", ("minLength", 1), ("maxLength", 255), ("writeOnly", true))),
            ]));
        yield return ("Refresh", Request(
            "A refresh token that has not been used.", ["refresh_token"], [],
            [("refresh_token", Written("string", "From the last login or refresh.", ("minLength", 1), ("maxLength", 255), ("writeOnly", true)))]));
        yield return ("AccountDeletionRequest", Request(
            "The password of the account, and a code of any factor of it, where it has one.", ["current_password"], [], [("current_password", Password(1)), ("code", Code()), ("mfa_token", MfaToken())]));
        yield return ("AccountRestoration", Request(
            "The token of the letter and nothing else, or e-mail and password, and a code of any factor, where the account has one.", [], [],
            [("token", OneTimeToken()), ("email", Email()), ("password", Password(1)), ("code", Code()), ("mfa_token", MfaToken())]));
        yield return ("EmailAddress", Request("An e-mail to which a letter is sent.", ["email"], [], [("email", Email())]));
        yield return ("OneTimeToken", Request("The token of a letter.", ["token"], [], [("token", OneTimeToken())]));
        yield return ("PasswordReset", Request(
            "The token of a letter, and the new password.", ["token", "password"], [], [("token", OneTimeToken()), ("password", Password(Limits.PasswordMinCharacters))]));
        yield return ("PasswordChange", Request(
            "The present password, and the new one.", ["current_password", "password"], [], [("current_password", Password(1)), ("password", Password(Limits.PasswordMinCharacters))]));
        yield return ("EmailChange", Request("The present password, and the new e-mail.", ["current_password", "email"], [], [("current_password", Password(1)), ("email", Email())]));
    }

    private static JsonObject NamesWorkspace(string description, bool isShown = false)
    {
        var member = Nullable("string", description, ("pattern", $"^(?:{TypeId(Ids.WorkspacePrefix)}|{Uuid})$"), ("maxLength", 36));
        if (isShown)
        {
            member["readOnly"] = true;
        }
        return member;
    }

    private static JsonObject WorkspaceId(string description) => Written("string", description, ("pattern", $"^(?:{TypeId(Ids.WorkspacePrefix)}|{Uuid})$"), ("maxLength", 36));

    private static JsonObject WorkspaceName() =>
        Written("string", "What its members will know it by. White space around it is taken off.", ("minLength", 1), ("maxLength", Limits.WorkspaceNameCharacters), ("pattern", "\\S"));

    private static JsonObject KeyName() =>
        Written("string", "What you will know it by. White space around it is taken off.", ("minLength", 1), ("maxLength", Limits.ApiKeyNameCharacters), ("pattern", "\\S"));

    private static JsonObject KeyScopes(string description, IReadOnlyList<string> words) => Written(
        "array", description, ("minItems", 1), ("maxItems", words.Count), ("uniqueItems", true), ("items", new JsonObject { ["type"] = "string", ["enum"] = Enum(words) }));

    private static JsonObject KeyEnd() =>
        Nullable("string", "A time of RFC 3339 with any offset, in the future; `null` until it is revoked.", ("format", "date-time"), ("maxLength", 64));

    private static JsonObject OwnPassword() =>
        Written("string", "The password of your account.", ("format", "password"), ("minLength", 1), ("maxLength", Limits.PasswordMaxCharacters), ("writeOnly", true));

    private static JsonObject ServiceName() => Written("string", "What people will call it.", ("minLength", 1), ("maxLength", Limits.UserNameCharacters), ("pattern", "\\S"));

    private static JsonObject ServiceRole() => Written("string", "What it is to be in the workspace.", ("enum", Enum(Words.GivenRoles)));

    private static JsonObject OneTimeToken() => Written("string", "Of the letter.", ("minLength", 1), ("maxLength", 255), ("writeOnly", true));

    private static (string, JsonObject)[] TaskMembers() =>
    [
        ("title", Written("string", "What is to be done. White space around it is taken off.", ("minLength", 1), ("maxLength", Reading.TaskLimits.TitleCharacters), ("pattern", "\\S"))),
        ("description", Nullable("string", "Free text; `null` for none.", ("maxLength", Reading.TaskLimits.DescriptionCharacters))),
        ("status", Written("string", "Its state; a new task is pending unless told.", ("enum", Enum(Words.States)))),
        ("priority", Written("string", "How urgent it is; a new task is `medium` unless told.", ("enum", Enum(Words.Priorities)))),
        ("due_date", Nullable("string", "A time of RFC 3339 with any offset, in the future; `null` for none.", ("format", "date-time"), ("maxLength", 64))),
        ("category_id", Nullable(
            "string", "A category of yours, by TypeID or UUID; `null` for none.", ("pattern", $"^(?:{TypeId(Ids.CategoryPrefix)}|{Uuid})$"), ("maxLength", 36))),
        ("assignee_id", Nullable("string", "Who is to do it: a member of the workspace, by TypeID or UUID; `null` for nobody.", ("pattern", $"^(?:{TypeId(Ids.UserPrefix)}|{Uuid})$"), ("maxLength", 36))),
        ("parent_id", TaskId($"The task that it lies below, by TypeID, UUID or number; `null` for none. At most {Limits.TaskLevels} levels, at most {Limits.SubtasksOfATask} directly below one.", isNullable: true)),
        ("tags", TagNames("Tags by name, in your order; `null` for none. A name that is new makes a tag, a name given twice counts once.")),
    ];

    private static (string, JsonObject)[] TagsToAddAndRemove() =>
    [
        ("add_tags", TagNames("Tags to add to those that it has, by name; `null` for none. One that is there already stays where it is.")),
        ("remove_tags", TagNames("Tags to take away from those that it has; `null` for none. One that is not there is no error.")),
    ];

    private static (string, JsonObject)[] Places() =>
    [
        ("after", TaskId("The task behind which it goes: a TypeID, the bare UUID within it, or the number of the task.")),
        ("before", TaskId("The task before which it goes.")),
        ("to", Written("string", "The end to which it goes.", ("enum", Enum(Words.Ends)))),
    ];

    private static JsonObject FateOfSubtasks(IEnumerable<string> words) => Written(
        "string", "What becomes of the subtasks when a task is completed or deleted: they stay, as they do unless told, or the same is done to all below, or nothing is done while there are any (for a completion: any that are not done).",
        ("enum", Enum(words)));

    private static JsonObject TaskId(string description, bool isNullable = false) => Member(
        isNullable ? new JsonArray("string", "integer", "null") : new JsonArray("string", "integer"), description,
        [("pattern", Parameters.TaskPattern), ("maxLength", 36), ("format", "int64"), ("minimum", 1), ("maximum", long.MaxValue)]);

    private static JsonObject TagNames(string description) => Nullable(
        "array", description, ("maxItems", Reading.TaskLimits.Tags),
        ("items", new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = Reading.TaskLimits.TagCharacters, ["pattern"] = "\\S" }));

    private static (string, JsonObject)[] LabelMembers(int nameCharacters) =>
    [
        ("name", Written("string", "Unique but for case. White space around it is taken off.", ("minLength", 1), ("maxLength", nameCharacters), ("pattern", "\\S"))),
        ("color", Nullable("string", "A colour, in either case; `null` for none.", ("pattern", "^#[0-9A-Fa-f]{6}$"), ("maxLength", 7))),
    ];

    private static JsonObject NoteText() => Written(
        "string", "What is to be said. White space around it is taken off.", ("minLength", 1), ("maxLength", Limits.NoteCharacters), ("pattern", "\\S"));

    private static JsonObject Condition() => Written(
        "integer", "The version that it must have; another one is refused with 412.", ("format", "int32"), ("minimum", 1), ("maximum", int.MaxValue));

    private static JsonObject Email() => Written("string", "Case does not tell two e-mails apart.", ("format", "email"), ("minLength", 1), ("maxLength", Limits.EmailCharacters));

    private static JsonObject UserName() => Written("string", "What people call the user.", ("minLength", 1), ("maxLength", Limits.UserNameCharacters), ("pattern", "\\S"));

    private static JsonObject Password(int least) => Written(
        "string", "Any characters but U+0000, and none of the common passwords.", ("format", "password"), ("minLength", least), ("maxLength", Limits.PasswordMaxCharacters),
        ("writeOnly", true));

    private static JsonObject MfaToken() => Written("string", "Of the answer that asked for the code.", ("minLength", 1), ("maxLength", 255), ("writeOnly", true));

    private static JsonObject Code() => Written(
        "string", "Six digits of an authenticator or a letter, or a recovery code. Spaces, hyphens and case do not count.", ("minLength", 1), ("maxLength", 64), ("writeOnly", true));

    private static JsonObject Id(string description, string prefix) => Says("A TypeID. " + description, ("pattern", $"^{TypeId(prefix)}$"));

    private static JsonObject Version() => Says("Rises by one with every change; in a write it is a condition.", ("minimum", 1));

    private static Dictionary<string, JsonObject> List(string name, string description, int most) => new()
    {
        [name] = Says(description, ("maxItems", most)),
        ["pagination"] = Says("Where the page lies."),
        ["_links"] = Says("The pages around it."),
    };
}
