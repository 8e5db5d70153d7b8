using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Realtime;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;
using Quehacer.Server.Pages;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The answers that the description shows, written by what writes the real ones.</summary>
internal static class Samples
{
    public const string TaskId = "task_01m7ykm0xxeeksbg7jwjdqtthh";
    public const string OtherTaskId = "task_01m7ykm0xxe2mrb5q9c7k4t1wz";
    public const string CategoryId = "cat_01m7ykm0xxfa1tsz2xkv5r8e4m";
    public const string TagId = "tag_01m7ykm0xxe9hb7t1c8qy6n3wd";
    public const string OtherTagId = "tag_01m7ykm0xxenv4k2r9j5m0a8pz";
    public const string UserId = "user_01m7ykm0xxf4eaz0xbbm8c9swp";
    public const string WorkspaceId = "ws_01m7ykm0xxfe3p5t7v9x1z3b5f";
    public const string OtherUserId = "user_01m7ykm0xxfe3p5t7v9x1z3b5a";
    public const string InvitationId = "inv_01m7ykm0xxfe3p5t7v9x1z3b5b";
    public const string KeyId = "key_01m7ykm0xxfe3p5t7v9x1z3b5e";
    public const string ServiceAccountId = "user_01m7ykm0xxfe3p5t7v9x1z3b5g";
    public const string NoteId = "note_01m7ykm0xxfe3p5t7v9x1z3b5d";
    public const string SessionId = "sess_01m7ykm0xxe4d8c2b6a0f4e8d2";
    public const string OneTimeToken = "qo_AZqg";
    public const string ETag = "\"v1.01m7ykm0xx.1.0\"";
    public const string OtherETag = "\"v1.01m7ykm0xx.2.0\"";
    public const string ListETag = "W/\"v1.01m7ykm0xx.12.6d1f0c2b9a8e7f5d4c3b\"";
    public const string Origin = "http://localhost:3000";

    private static readonly DateTime At = new(2026, 11, 21, 8, 30, 0, 125, DateTimeKind.Utc);
    private static readonly DateTime Due = new(2099, 1, 31, 17, 0, 0, DateTimeKind.Utc);

    public static readonly TaskBody PendingTask = new(
        TaskId, 1, "Buy milk", null, Words.Of(TaskState.Pending), Words.Of(TaskPriority.High), Due, CategoryId, ["home"], null, null, 0, 0, "a1i", "ws_01m7ykm0xxfg28fmf6byh9getc", 1, At, At, null);

    private static readonly TaskBody OtherTask = PendingTask with { Id = "task_01m7ykm0xxf6d2s8v3n9h5j7ra", Number = 3, DueDate = null, CategoryId = null, Tags = [], Position = "a3i" };

    private static readonly UserBody Account = new(
        UserId, "person", "ana@example.com", true, "Ana", ["user"], "ws_01m7ykm0xxfg28fmf6byh9getc", 1, At, At);

    public static JsonNode Task() => Of(PendingTask, BodyJson.Default.TaskBody);

    public static JsonNode ChangedTask() => Of(PendingTask with { Title = "Buy oat milk", Version = 2 }, BodyJson.Default.TaskBody);

    public static JsonNode TaggedTask() => Of(PendingTask with { Tags = ["home", "errands"], Version = 2 }, BodyJson.Default.TaskBody);

    public static JsonNode UntaggedTask() => Of(PendingTask with { Tags = [], Version = 2 }, BodyJson.Default.TaskBody);

    public static JsonNode DoneTask() => Of(PendingTask with { Status = Words.Of(TaskState.Done), Version = 2 }, BodyJson.Default.TaskBody);

    public static JsonNode MovedTask() => Of(PendingTask with { Position = "a2r", Version = 2 }, BodyJson.Default.TaskBody);

    public static JsonNode TransferredTask() => Of(PendingTask with { CategoryId = "cat_01m7ykm0xxf8t2b6n4j9q5w1ce", WorkspaceId = WorkspaceId, Version = 2 }, BodyJson.Default.TaskBody);

    public static JsonNode LaterTask() => Of(PendingTask with { Version = 3 }, BodyJson.Default.TaskBody);

    public static JsonNode WholeBatch() => Of(
        new BatchBody(2, 0, [new(0, 201, OtherETag, OtherTask, null), new(1, 200, OtherETag, PendingTask with { Status = Words.Of(TaskState.Done), Version = 2 }, null)]), BodyJson.Default.BatchBody);

    public static JsonNode PartialBatch() => Of(
        new BatchBody(1, 2, [new(0, 201, OtherETag, OtherTask, null), new(1, 412, OtherETag, null, ProblemOf(ErrorCatalogue.PreconditionFailed)), new(2, 404, null, null, ProblemOf(ErrorCatalogue.NotFound))]),
        BodyJson.Default.BatchBody);

    public static JsonNode Bulk() => Of(new BulkBody(2, 2, 0, [], DryRun: true, Total: 2, HasMore: false, NextCursor: null), BodyJson.Default.BulkBody);

    public static JsonNode Tasks()
    {
        var links = new LinksBody("/api/v1/tasks?limit=1&page=1", "/api/v1/tasks?limit=1&page=1", "/api/v1/tasks?limit=1&page=2", "/api/v1/tasks?limit=1&page=2", null);
        return Of(new TaskListBody([PendingTask], PaginationBody.Of(1, 1, 2, "a5pFsrezJZkn"), links), BodyJson.Default.TaskListBody);
    }

    /// <summary>A list of one thing, as rows.</summary>
    public static string Row<T>(RowFormat<T> format, T thing)
    {
        var written = new ArrayBufferWriter<byte>();
        format.WriteHead(written);
        format.WriteRow(written, thing);
        return Encoding.UTF8.GetString(written.WrittenSpan);
    }

    public static JsonNode Category() => Of(CategoryBody, BodyJson.Default.LabelBody);

    public static JsonNode ChangedCategory() => Of(CategoryBody with { Name = "House", Version = 2 }, BodyJson.Default.LabelBody);

    public static JsonNode Categories() => Of(new CategoryListBody([CategoryBody], PaginationBody.Of(1, 100, 1), Links("categories")), BodyJson.Default.CategoryListBody);

    public static JsonNode Tag() => Of(TagBody, BodyJson.Default.LabelBody);

    public static JsonNode ChangedTag() => Of(TagBody with { Name = "house", Version = 2 }, BodyJson.Default.LabelBody);

    public static JsonNode OtherTag() => Of(TagBody with { Id = OtherTagId, Name = "household" }, BodyJson.Default.LabelBody);

    public static JsonNode TagList() => Of(new TagListBody([TagBody], PaginationBody.Of(1, 100, 1), Links("tags")), BodyJson.Default.TagListBody);

    public static NoteBody NoteBody => new(NoteId, TaskId, new AuthorBody(Account.Id, Account.Name), "The shop closes at nine.", 1, At, At);

    public static JsonNode Note() => Of(NoteBody, BodyJson.Default.NoteBody);

    public static JsonNode ChangedNote() => Of(NoteBody with { Text = "The shop closes at eight.", Version = 2 }, BodyJson.Default.NoteBody);

    public static JsonNode Notes() => Of(new NoteListBody([NoteBody], PaginationBody.Of(1, 20, 1), Links($"tasks/{TaskId}/notes")), BodyJson.Default.NoteListBody);

    private static readonly EventTaskBody EventTask = new(
        TaskId, 1, "Buy oat milk", null, Words.Of(TaskState.Pending), Words.Of(TaskPriority.High), Due, CategoryId, ["home"], [TagId], null, null, "a1i", "ws_01m7ykm0xxfg28fmf6byh9getc", 2, At, At, null);

    public static EventBody Event => new(
        "evt_01m7ykm0xxgfqrs7f2b1k9d3xw", "a5pFsrezJZkn", "task.updated", "ws_01m7ykm0xxfg28fmf6byh9getc", TaskId, EventTask, null, null, null, null, null, null,
        new JsonObject { ["title"] = "Buy milk" }, new AuthorBody(UserId, "Ana"), At, "req_01m7ykm0xxe4qj1m8r5s2t7v9c");

    private static WrittenEvent Written => new(WrittenEvent.Write(Event));

    public static JsonNode TaskHistory() => Of(new EventListBody([Written], PaginationBody.Of(null, 100, null), Links($"tasks/{TaskId}/history")), BodyJson.Default.EventListBody);

    public static JsonNode Activity() => Of(new EventListBody([Written], PaginationBody.Of(null, 100, null), Links($"workspaces/{WorkspaceId}/activity")), BodyJson.Default.EventListBody);

    public static JsonNode StreamTicket() => Of(new StreamTicketBody("VP8jBqqdXacOPi12", At.AddSeconds(30)), BodyJson.Default.StreamTicketBody);

    public static PresentPeople PresentPeople => new(Ids.TryParse(Ids.WorkspacePrefix, WorkspaceId, out var workspace) ? workspace : default, [new PresentPerson(Ids.TryParse(Ids.UserPrefix, UserId, out var ana) ? ana : default, "Ana", At)], 1);

    public static JsonNode Presence() => Of(PresenceBody.Of(PresentPeople), BodyJson.Default.PresenceBody);

    public static JsonNode Changes() => Of(new ChangesBody([Written], "a5pFsrezJZkn", HasMore: false), BodyJson.Default.ChangesBody);

    private static ApiKeyBody KeyBody => new(KeyId, "Backup script", ["tasks:read"], null, null, At, new DateTime(2099, 1, 1, 0, 0, 0, DateTimeKind.Utc), null);

    public static JsonNode ApiKey() => Of(KeyBody with { LastUsedAt = At }, BodyJson.Default.ApiKeyBody);

    public static JsonNode NewApiKey() => Of(KeyBody with { Key = "qh_AZqg" }, BodyJson.Default.ApiKeyBody);

    public static JsonNode ApiKeys() => Of(new ApiKeyListBody([KeyBody with { LastUsedAt = At }]), BodyJson.Default.ApiKeyListBody);

    private static ApiKeyBody ServiceKeyBody => KeyBody with { Name = "Build server", Scopes = ["tasks:read", "tasks:write"], WorkspaceId = WorkspaceId };

    public static JsonNode ServiceKey() => Of(ServiceKeyBody with { LastUsedAt = At }, BodyJson.Default.ApiKeyBody);

    public static JsonNode NewServiceKey() => Of(ServiceKeyBody with { Key = "qh_AZqg" }, BodyJson.Default.ApiKeyBody);

    public static JsonNode ServiceKeys() => Of(new ApiKeyListBody([ServiceKeyBody with { LastUsedAt = At }]), BodyJson.Default.ApiKeyListBody);

    private static ServiceAccountBody ServiceAccountBody => new(ServiceAccountId, "Build server", "editor", 1, At, At);

    public static JsonNode ServiceAccount() => Of(ServiceAccountBody, BodyJson.Default.ServiceAccountBody);

    public static JsonNode ChangedServiceAccount() => Of(ServiceAccountBody with { Role = "viewer", Version = 2 }, BodyJson.Default.ServiceAccountBody);

    public static JsonNode ServiceAccounts() => Of(new ServiceAccountListBody([ServiceAccountBody]), BodyJson.Default.ServiceAccountListBody);

    private static WorkspaceBody WorkspaceBody => new(WorkspaceId, "Home", false, "owner", Account.Id, 1, 1, At, At, null);

    public static JsonNode Workspace() => Of(WorkspaceBody, BodyJson.Default.WorkspaceBody);

    public static JsonNode ChangedWorkspace() => Of(WorkspaceBody with { Name = "Household", Version = 2 }, BodyJson.Default.WorkspaceBody);

    public static JsonNode ArchivedWorkspace() => Of(WorkspaceBody with { Version = 2, ArchivedAt = At }, BodyJson.Default.WorkspaceBody);

    public static JsonNode Workspaces() => Of(new WorkspaceListBody([WorkspaceBody], PaginationBody.Of(null, 20, null), Links("workspaces")), BodyJson.Default.WorkspaceListBody);

    public static JsonNode TransferredWorkspace() => Of(WorkspaceBody with { Role = "editor", OwnerId = OtherUserId, MemberCount = 2 }, BodyJson.Default.WorkspaceBody);

    public static JsonNode JoinedWorkspace() => Of(WorkspaceBody with { Role = "viewer", OwnerId = OtherUserId, MemberCount = 2 }, BodyJson.Default.WorkspaceBody);

    private static MemberBody MemberBody => new(OtherUserId, "person", "Luis", "luis@example.com", "viewer", 2, At, At);

    public static JsonNode Member() => Of(MemberBody, BodyJson.Default.MemberBody);

    public static JsonNode ChangedMember() => Of(MemberBody with { Role = "editor", Version = 3 }, BodyJson.Default.MemberBody);

    public static JsonNode Members() => Of(
        new MemberListBody([MemberBody], PaginationBody.Of(null, 20, null), Links($"workspaces/{WorkspaceId}/members")), BodyJson.Default.MemberListBody);

    private static InvitationBody InvitationBody => new(
        InvitationId, new InvitedIntoBody(WorkspaceId, "Home"), "luis@example.com", "viewer", new InviterBody(Account.Id, Account.Name, Account.Email), At, At.AddDays(Limits.InvitationDays));

    public static JsonNode Invitation() => Of(InvitationBody, BodyJson.Default.InvitationBody);

    public static JsonNode Invitations() => Of(
        new InvitationListBody([InvitationBody], PaginationBody.Of(null, 20, null), Links($"workspaces/{WorkspaceId}/invitations")), BodyJson.Default.InvitationListBody);

    public static JsonNode OwnInvitations() => Of(new InvitationListBody([InvitationBody], PaginationBody.Of(null, 20, null), Links("me/invitations")), BodyJson.Default.InvitationListBody);

    public static JsonNode User() => Of(Account, BodyJson.Default.UserBody);

    public static JsonNode Sessions() => Of(
        new SessionListBody([new SessionBody(SessionId, true, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "203.0.113.7", At, At, At.AddDays(30))]),
        BodyJson.Default.SessionListBody);

    public static JsonNode AccountDeletion() => Of(new AccountDeletionBody(At.AddDays(14)), BodyJson.Default.AccountDeletionBody);

    public static JsonNode ChangedUser() => Of(Account with { Name = "Ana María", Version = 2 }, BodyJson.Default.UserBody);

    public static JsonNode Tokens() => Of(
        new TokensBody("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.b2YgdGhlIGRvY3VtZW50", "qr_AZqg", "Bearer", AccessToken.LifetimeSeconds, Account), BodyJson.Default.TokensBody);

    /// <summary>A refusal as the catalogue has it.</summary>
    public static JsonNode Problem(ErrorKind kind) => Of(ProblemOf(kind), BodyJson.Default.ProblemBody);

    private static ProblemBody ProblemOf(ErrorKind kind)
    {
        ProblemFieldBody[] errors = [FieldMessages.Of(new FieldError(Field.Priority, FieldFault.NotOneOf), Language.English)];
        var names = kind == ErrorCatalogue.Validation ? errors : null;
        var detail = names is [var only] ? only.Message : $"{kind.Meaning.English} {kind.Mending.English}";
        return new ProblemBody(
            Origin + ErrorPages.Prefix + kind.Slug, kind.Title.English, kind.Status, detail, kind.Instance, kind.Code, kind.Number, HeaderSamples.RequestId, At, names, kind == ErrorCatalogue.RateLimitExceeded ? 37 : null);
    }

    public static LabelBody CategoryBody => new(CategoryId, "Household", "#33AA57", 1, At, At, null);

    public static LabelBody TagBody => new(TagId, "home", null, 1, At, At, null);

    private static LinksBody Links(string collection) => new($"/api/v1/{collection}?page=1", $"/api/v1/{collection}?page=1", $"/api/v1/{collection}?page=1", null, null);

    private static JsonNode Of<T>(T body, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(body, type)!;
}
