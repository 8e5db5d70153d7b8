using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>A task as v1 shows it. The last three members are there where <see cref="TaskShape"/> was told so.</summary>
internal sealed record TaskBody(
    string Id, long Number, string Title, string? Description, string Status, string Priority, DateTime? DueDate, string? CategoryId, IReadOnlyList<string> Tags,
    string? AssigneeId, string? ParentId, int SubtaskCount, int SubtasksDone, string Position, string WorkspaceId, int Version, DateTime CreatedAt, DateTime UpdatedAt, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? DeletedAt)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LabelFaceBody? Category { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LabelFaceBody>? TagDetails { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyName("_links")]
    public TaskLinksBody? Links { get; init; }

    /// <param name="workspaceId">Where the task is.</param>
    public static TaskBody Of(TaskView view, Guid workspaceId) => new(
        Ids.ToTypeId(Ids.TaskPrefix, view.Task.Id), view.Task.Number, view.Task.Title, view.Task.Description, Words.Of(view.Task.State),
        Words.Of(view.Task.Priority), view.Task.DueDate, view.Category is { } category ? Ids.ToTypeId(Ids.CategoryPrefix, category.Id) : null, view.Tags,
        view.Task.AssigneeId is { } assignee ? Ids.ToTypeId(Ids.UserPrefix, assignee) : null,
        view.Task.ParentId is { } parent ? Ids.ToTypeId(Ids.TaskPrefix, parent) : null, view.Task.Subtasks.Total, view.Task.Subtasks.Done, view.Task.PositionKey,
        Ids.ToTypeId(Ids.WorkspacePrefix, workspaceId), view.Task.Version, view.Task.CreatedAt, view.Task.UpdatedAt, view.Task.DeletedAt);
}

/// <summary>What a task shows of its category or of a tag.</summary>
internal sealed record LabelFaceBody(string Id, string Name, string? Color)
{
    public static LabelFaceBody Of(LabelFace face) => new(Ids.ToTypeId(Words.PrefixOf(face.Kind), face.Id), face.Name, face.Color);
}

/// <summary>Where a task is and what can be done with it as it is, as references relative to this server, like those of lists. What cannot be done has none.</summary>
internal sealed record TaskLinksBody(
    string Self,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Notes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Category,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Complete,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reopen,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Restore)
{
    /// <param name="place">Of the tasks, and of everything.</param>
    public static TaskLinksBody Of(TaskView view, TaskPlace place)
    {
        var task = $"{place.Tasks}/{Ids.ToTypeId(Ids.TaskPrefix, view.Task.Id)}";
        string Below(string what) => $"{task}{what}{place.InWorkspace}";
        return view.Task.IsDeleted
            ? new(Below(""), null, null, null, null, Below("/restore"))
            : new(
                Below(""), Below("/notes"),
                view.Category is { } category ? $"{place.Base}/api/v1/categories/{Ids.ToTypeId(Ids.CategoryPrefix, category.Id)}{place.InWorkspace}" : null,
                view.Task.State == TaskState.Pending ? Below("/complete") : null, view.Task.State == TaskState.Done ? Below("/reopen") : null, null);
    }
}

internal sealed record TaskListBody(
    IReadOnlyList<TaskBody> Tasks, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

/// <summary>A list with other members of its tasks than the usual ones.</summary>
internal sealed record SelectedTaskListBody(
    IReadOnlyList<JsonObject> Tasks, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

/// <summary>What a batch came to, operation by operation, in their order.</summary>
internal sealed record BatchBody(int Succeeded, int Failed, IReadOnlyList<BatchResultBody> Results);

/// <param name="Index">The place of the operation in the batch, from 0.</param>
/// <param name="Status">What the same request alone would have been answered with.</param>
/// <param name="Task">The task after the operation; not after its deletion.</param>
internal sealed record BatchResultBody(
    int Index, int Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Etag,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TaskBody? Task,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ProblemBody? Problem);

/// <summary>What a change of many tasks came to, or what it would come to.</summary>
/// <param name="Total">Of a dry run only.</param>
internal sealed record BulkBody(
    int Matched, int Changed, int Skipped, IReadOnlyList<SkippedTaskBody> SkippedTasks, bool DryRun,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Total, bool HasMore, string? NextCursor);

/// <summary>A task that was left as it is, and what of the change does not fit it.</summary>
internal sealed record SkippedTaskBody(string Id, long Number, IReadOnlyList<ProblemFieldBody> Errors);

/// <summary>A category or a tag as v1 shows it.</summary>
/// <param name="TaskCount">Only where it was asked for.</param>
internal sealed record LabelBody(
    string Id, string Name, string? Color, int Version, DateTime CreatedAt, DateTime UpdatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? TaskCount)
{
    public static LabelBody Of(LabelView view) => new(
        Ids.ToTypeId(Words.PrefixOf(view.Label.Kind), view.Label.Id), view.Label.Name, view.Label.Color, view.Label.Version, view.Label.CreatedAt, view.Label.UpdatedAt,
        view.TaskCount);
}

internal sealed record CategoryListBody(
    IReadOnlyList<LabelBody> Categories, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

internal sealed record TagListBody(
    IReadOnlyList<LabelBody> Tags, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

/// <summary>A workspace as one of its members sees it.</summary>
/// <param name="Role">The caller's.</param>
internal sealed record WorkspaceBody(
    string Id, string Name, bool Personal, string Role, string OwnerId, int MemberCount, int Version, DateTime CreatedAt, DateTime UpdatedAt, DateTime? ArchivedAt)
{
    public static WorkspaceBody Of(WorkspaceView view) => new(
        Ids.ToTypeId(Ids.WorkspacePrefix, view.Workspace.Id), view.Workspace.Name, view.Workspace.IsPersonal, Words.Of(view.Role), Ids.ToTypeId(Ids.UserPrefix, view.Workspace.OwnerId),
        view.Workspace.Members, view.Workspace.Version, view.Workspace.CreatedAt, view.Workspace.UpdatedAt, view.Workspace.ArchivedAt);
}

internal sealed record WorkspaceListBody(
    IReadOnlyList<WorkspaceBody> Workspaces, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

/// <summary>Somebody in a workspace.</summary>
/// <param name="Name">As they are called now; null where there is no such account any more.</param>
/// <param name="Email">Null for whoever is not told: it is for the owner and for themselves.</param>
internal sealed record MemberBody(string UserId, string Kind, string? Name, string? Email, string Role, int Version, DateTime JoinedAt, DateTime UpdatedAt)
{
    public static MemberBody Of(MemberView view) => new(
        Ids.ToTypeId(Ids.UserPrefix, view.Member.UserId), Words.AccountKinds[view.IsService ? 1 : 0], view.Name, view.Email, Words.Of(view.Member.Role), view.Tag.Version, view.Member.JoinedAt, view.Member.UpdatedAt);
}

internal sealed record MemberListBody(
    IReadOnlyList<MemberBody> Members, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

/// <summary>Somebody asked into a workspace, as its owner and whoever is asked see it.</summary>
internal sealed record InvitationBody(string Id, InvitedIntoBody Workspace, string Email, string Role, InviterBody InvitedBy, DateTime CreatedAt, DateTime ExpiresAt)
{
    public static InvitationBody Of(Invitation invitation) => new(
        Ids.ToTypeId(Ids.InvitationPrefix, invitation.Id), new InvitedIntoBody(Ids.ToTypeId(Ids.WorkspacePrefix, invitation.WorkspaceId), invitation.WorkspaceName), invitation.Email,
        Words.Of(invitation.Role), new InviterBody(Ids.ToTypeId(Ids.UserPrefix, invitation.InvitedBy), invitation.InviterName, invitation.InviterEmail), invitation.CreatedAt, invitation.ExpiresAt);
}

internal sealed record InvitedIntoBody(string Id, string Name);

/// <param name="Name">As they are called now; null where there is no such account any more.</param>
/// <param name="Email">Null unless it is verified.</param>
internal sealed record InviterBody(string Id, string? Name, string? Email);

internal sealed record InvitationListBody(
    IReadOnlyList<InvitationBody> Invitations, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

/// <summary>A note as v1 shows it.</summary>
internal sealed record NoteBody(string Id, string TaskId, AuthorBody Author, string Text, int Version, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static NoteBody Of(NoteView view) => new(
        Ids.ToTypeId(Ids.NotePrefix, view.Note.Id), Ids.ToTypeId(Ids.TaskPrefix, view.Note.TaskId), new AuthorBody(Ids.ToTypeId(Ids.UserPrefix, view.Author.Id), view.Author.Name),
        view.Note.Text, view.Note.Version, view.Note.CreatedAt, view.Note.UpdatedAt);
}

/// <param name="Name">As the author is called now; null where there is no such account any more.</param>
internal sealed record AuthorBody(string Id, string? Name);

internal sealed record NoteListBody(
    IReadOnlyList<NoteBody> Notes, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

/// <param name="Email">Null for a service account.</param>
internal sealed record UserBody(
    string Id, string Kind, string? Email, bool EmailVerified, string Name, IReadOnlyList<string> Roles, string WorkspaceId, int Version, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static UserBody Of(Account account) => new(
        Ids.ToTypeId(Ids.UserPrefix, account.Id), Words.AccountKinds[account.IsService ? 1 : 0], account.IsService ? null : account.Email, account.IsEmailVerified, account.Name, account.Roles, Ids.ToTypeId(Ids.WorkspacePrefix, account.WorkspaceId),
        account.Version, account.CreatedAt, account.UpdatedAt);
}

/// <param name="DeletionDueAt">From when on there is no way back.</param>
internal sealed record AccountDeletionBody(DateTime DeletionDueAt);

/// <param name="ExpiresIn">Seconds that the access token lives.</param>
internal sealed record TokensBody(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn, UserBody User)
{
    public static TokensBody Of(Tokens tokens) =>
        new(tokens.AccessToken, tokens.RefreshToken, "Bearer", Core.Accounts.AccessToken.LifetimeSeconds, UserBody.Of(tokens.Account));
}

/// <param name="Key">The key itself, only in the answer that makes it.</param>
internal sealed record ApiKeyBody(
    string Id, string Name, IReadOnlyList<string> Scopes, string? WorkspaceId, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Key,
    DateTime CreatedAt, DateTime? ExpiresAt, DateTime? LastUsedAt)
{
    public static ApiKeyBody Of(ApiKey key, string? text = null) => new(
        Ids.ToTypeId(Ids.KeyPrefix, key.Id), key.Name, [.. Words.KeyScopes.Where((_, bit) => ((int)key.Scopes & 1 << bit) != 0)],
        key.WorkspaceId is { } workspace ? Ids.ToTypeId(Ids.WorkspacePrefix, workspace) : null, text, key.CreatedAt, key.ExpiresAt, key.LastUsedAt);
}

internal sealed record ApiKeyListBody(IReadOnlyList<ApiKeyBody> Keys);

/// <summary>A service account as those who are in its workspace see it.</summary>
internal sealed record ServiceAccountBody(string UserId, string Name, string Role, int Version, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static ServiceAccountBody Of(ServiceAccount account) =>
        new(Ids.ToTypeId(Ids.UserPrefix, account.Id), account.Name, Words.Of(account.Role), account.Version, account.CreatedAt, account.UpdatedAt);
}

internal sealed record ServiceAccountListBody(IReadOnlyList<ServiceAccountBody> ServiceAccounts);

/// <summary>A session as its owner recognises it.</summary>
internal sealed record SessionBody(string Id, bool Current, string? UserAgent, string? Address, DateTime CreatedAt, DateTime LastSeenAt, DateTime ExpiresAt)
{
    public static SessionBody Of(SessionView view) => new(
        Ids.ToTypeId(Ids.SessionPrefix, view.Id), view.IsCurrent, view.UserAgent, view.Address, view.CreatedAt, view.SeenAt, view.ExpiresAt);
}

internal sealed record SessionListBody(IReadOnlyList<SessionBody> Sessions);

/// <summary>RFC 9457, with the extension members of the specification.</summary>
/// <param name="RetryAfter">Seconds; only where a limit was reached.</param>
/// <param name="Operation">The place of the operation that a whole batch failed at, from 0.</param>
/// <param name="Workspaces">Those that stand in the way.</param>
internal sealed record ProblemBody(
    string Type, string Title, int Status, string Detail, string Instance, string Code, string Number, string RequestId, DateTime Timestamp,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ProblemFieldBody>? Errors,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? RetryAfter = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Operation = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Workspaces = null);

internal sealed record ProblemFieldBody(
    string Field, string Code, string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? AllowedValues);

/// <summary>v1's words for the core's values.</summary>
internal static class Words
{
    public static readonly IReadOnlyList<string> States = ["pending", "done"];
    public static readonly string[] Priorities = ["low", "medium", "high", "critical"];
    public static readonly IReadOnlyList<string> StatusFilters = ["pending", "done", "completed", "all"];
    public static readonly IReadOnlyList<string> Orders = ["asc", "desc"];

    /// <summary>By which events are chosen: each type, and each noun with all of its types.</summary>
    public static readonly IReadOnlyList<string> EventTypes = [.. EventNames.All.Select(type => type[..(type.IndexOf('.', StringComparison.Ordinal) + 1)] + "*").Distinct(), .. EventNames.All];

    /// <summary>What a client says over a WebSocket.</summary>
    public static readonly string[] SocketMessages = ["subscribe", "unsubscribe", "ping"];

    /// <summary>Every member of a subscription that a client asks for.</summary>
    public static readonly string[] SubscribeMembers = ["type", "id", "workspace_id", "since", "types", "task_id", "presence"];

    /// <summary>The same of the other messages, which name a subscription or nothing.</summary>
    public static readonly string[] NamingMembers = ["type", "id"];

    /// <summary>What an operation of a batch can do.</summary>
    public static readonly string[] BatchOps = ["create", "update", "complete", "reopen", "delete", "restore", "move"];

    /// <summary>What becomes of the subtasks of a task that is completed, in the order of <see cref="SubtaskFate"/>.</summary>
    public static readonly string[] FatesOfCompletion = ["keep", "complete", "refuse"];

    /// <summary>The same of one that is deleted.</summary>
    public static readonly string[] FatesOfDeletion = ["keep", "delete", "refuse"];

    /// <summary>What becomes of the subtasks of a task that is moved into another workspace.</summary>
    public static readonly string[] FatesOfTransfer = ["follow", "refuse"];

    /// <summary>What an API key can be good for, each with its bit.</summary>
    public static readonly IReadOnlyList<string> KeyScopes = ["tasks:read", "tasks:write", "workspaces:read", "workspaces:write", "admin"];

    /// <summary>The same of a key of a service account, which is never an owner nor an administrator.</summary>
    public static readonly IReadOnlyList<string> ServiceKeyScopes = [.. KeyScopes.Take(3)];

    /// <summary>Every member of an API key, in the order in which it is shown.</summary>
    public static readonly string[] KeyMembers = ["id", "name", "scopes", "workspace_id", "key", "created_at", "expires_at", "last_used_at"];

    /// <summary>Every member of a service account, in the order in which it is shown.</summary>
    public static readonly string[] ServiceAccountMembers = ["user_id", "name", "role", "version", "created_at", "updated_at"];

    /// <summary>What an account may do in the installation.</summary>
    public static readonly IReadOnlyList<string> Roles = ["user", "admin"];

    /// <summary>In the order of <see cref="Core.Administration.UserSort"/>.</summary>
    public static readonly string[] UserSorts = ["created", "name", "email"];

    /// <summary>Every member of an account as administrators see it, in the order in which it is shown.</summary>
    public static readonly string[] AdminUserMembers =
    [
        "id", "email", "email_verified", "name", "role", "plan", "suspended_at", "second_factors", "workspace_id", "workspaces_owned", "last_seen_at", "version", "created_at", "updated_at",
    ];

    /// <summary>In the order of <see cref="CodeMethod"/>.</summary>
    public static readonly string[] CodeMethods = ["totp", "email", "recovery_code"];

    /// <summary>The ends of the order by hand.</summary>
    public static readonly string[] Ends = ["first", "last"];

    /// <summary>In the order of <see cref="TaskSort"/>.</summary>
    public static readonly string[] Sorts = ["created", "updated", "priority", "due", "title", "number", "position"];

    /// <summary>Every member of a task, in the order in which it is shown.</summary>
    public static readonly string[] TaskMembers =
    [
        "id", "number", "title", "description", "status", "priority", "due_date", "category_id", "tags", "assignee_id", "parent_id", "subtask_count", "subtasks_done", "position",
        "workspace_id", "version", "created_at", "updated_at", "deleted_at",
        "category", "tag_details", "_links",
    ];

    /// <summary>What can be expanded, in the order of <see cref="Expansions"/> and of the members that it brings.</summary>
    public static readonly string[] TaskExpansions = ["category", "tags", "links"];

    /// <summary>Everything that can be selected of a task: its members, and the members of those that are expanded.</summary>
    public static readonly string[] TaskFields =
    [
        .. TaskMembers, "category.id", "category.name", "category.color", "tag_details.id", "tag_details.name", "tag_details.color",
        "_links.self", "_links.notes", "_links.category", "_links.complete", "_links.reopen", "_links.restore",
    ];

    /// <summary>Every member that a change of a task may name.</summary>
    public static readonly string[] TaskChangeMembers = [.. TaskMembers, "add_tags", "remove_tags"];

    /// <summary>Every member that a change of many tasks may name.</summary>
    public static readonly string[] BulkChangeMembers = ["description", "status", "priority", "due_date", "category_id", "tags", "add_tags", "remove_tags", "assignee_id"];

    /// <summary>Every member of a category or a tag, in the order in which it is shown.</summary>
    public static readonly string[] LabelMembers = ["id", "name", "color", "version", "created_at", "updated_at", "task_count"];

    /// <summary>Every member of a note, in the order in which it is shown.</summary>
    public static readonly string[] NoteMembers = ["id", "task_id", "author", "text", "version", "created_at", "updated_at"];

    /// <summary>What somebody can be in a workspace, the least first.</summary>
    public static readonly string[] WorkspaceRoles = ["viewer", "editor", "owner"];

    /// <summary>Whose an account is.</summary>
    public static readonly string[] AccountKinds = ["person", "service"];

    /// <summary>Every member of a workspace, in the order in which it is shown.</summary>
    public static readonly string[] WorkspaceMembers = ["id", "name", "personal", "role", "owner_id", "member_count", "version", "created_at", "updated_at", "archived_at"];

    /// <summary>What somebody can be made in a workspace: it is handed on in another way.</summary>
    public static readonly string[] GivenRoles = ["viewer", "editor"];

    /// <summary>Every member of somebody in a workspace, in the order in which it is shown.</summary>
    public static readonly string[] MemberMembers = ["user_id", "kind", "name", "email", "role", "version", "joined_at", "updated_at"];

    /// <summary>Every member of an invitation, in the order in which it is shown.</summary>
    public static readonly string[] InvitationMembers = ["id", "workspace", "email", "role", "invited_by", "created_at", "expires_at"];

    public static string Of(WorkspaceRole role) => WorkspaceRoles[(int)role / 10 - 1];

    /// <summary>The name of one scope.</summary>
    public static string Of(KeyScopes scope) => KeyScopes[System.Numerics.BitOperations.TrailingZeroCount((int)scope)];

    public static string Of(TaskState state) => States[(int)state];

    public static string Of(TaskPriority priority) => Priorities[(int)priority];

    public static string PrefixOf(LabelKind kind) => kind == LabelKind.Tag ? Ids.TagPrefix : Ids.CategoryPrefix;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(TaskBody))]
[JsonSerializable(typeof(TaskListBody))]
[JsonSerializable(typeof(EventBody))]
[JsonSerializable(typeof(ChangesBody))]
[JsonSerializable(typeof(StreamPlaceBody))]
[JsonSerializable(typeof(StreamEndBody))]
[JsonSerializable(typeof(StreamTicketBody))]
[JsonSerializable(typeof(EventListBody))]
[JsonSerializable(typeof(SocketReadyBody))]
[JsonSerializable(typeof(SocketSubscribedBody))]
[JsonSerializable(typeof(SocketEventBody))]
[JsonSerializable(typeof(SocketResyncBody))]
[JsonSerializable(typeof(SocketEndedBody))]
[JsonSerializable(typeof(SocketUnsubscribedBody))]
[JsonSerializable(typeof(SocketPongBody))]
[JsonSerializable(typeof(SocketErrorBody))]
[JsonSerializable(typeof(SocketPresenceBody))]
[JsonSerializable(typeof(PresenceBody))]
[JsonSerializable(typeof(SelectedTaskListBody))]
[JsonSerializable(typeof(BatchBody))]
[JsonSerializable(typeof(BulkBody))]
[JsonSerializable(typeof(LabelBody))]
[JsonSerializable(typeof(CategoryListBody))]
[JsonSerializable(typeof(TagListBody))]
[JsonSerializable(typeof(WorkspaceBody))]
[JsonSerializable(typeof(WorkspaceListBody))]
[JsonSerializable(typeof(MemberBody))]
[JsonSerializable(typeof(MemberListBody))]
[JsonSerializable(typeof(InvitationBody))]
[JsonSerializable(typeof(InvitationListBody))]
[JsonSerializable(typeof(NoteBody))]
[JsonSerializable(typeof(NoteListBody))]
[JsonSerializable(typeof(UserBody))]
[JsonSerializable(typeof(TokensBody))]
[JsonSerializable(typeof(ApiKeyBody))]
[JsonSerializable(typeof(ApiKeyListBody))]
[JsonSerializable(typeof(ServiceAccountBody))]
[JsonSerializable(typeof(ServiceAccountListBody))]
[JsonSerializable(typeof(SessionListBody))]
[JsonSerializable(typeof(AccountDeletionBody))]
[JsonSerializable(typeof(MfaRequiredBody))]
[JsonSerializable(typeof(CodeSentBody))]
[JsonSerializable(typeof(FactorsBody))]
[JsonSerializable(typeof(FactorBody))]
[JsonSerializable(typeof(TotpSetupBody))]
[JsonSerializable(typeof(RecoveryCodesBody))]
[JsonSerializable(typeof(AdminUserBody))]
[JsonSerializable(typeof(AdminUserListBody))]
[JsonSerializable(typeof(AdminActListBody))]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class BodyJson : JsonSerializerContext;
