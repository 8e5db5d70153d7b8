using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Core.Administration;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>What administrators of the installation see and do.</summary>
internal static class AdminOperations
{
    public const string UserId = "user_01m7ykm0xxf4eaz0xbbm8c9swp";

    private const string Only = " For administrators: anybody else is refused with 403.";

    private static readonly DateTime At = new(2026, 11, 21, 8, 30, 0, 125, DateTimeKind.Utc);

    private static readonly AdminUserBody Body = new(UserId, "ana@example.com", true, "Ana", "user", "standard", null, ["totp"], "ws_01m7ykm0xxfg28fmf6byh9getc", 1, At, 1, At, At);

    public static IEnumerable<Operation> All()
    {
        const string users = "/api/v1/admin/users";
        const string one = users + "/{id}";
        yield return new(
            "GET", users, "listUsers", "administration", "List the accounts",
            "The accounts that pass all filters, in one of the orders, by cursor." + Only)
        {
            Query = ["search", "plan", "role", "suspended", "user_sort", "order", "user_limit", "cursor", "count_all"],
            SampleQuery = ["search", "suspended"],
            IsOfItsMoment = true,
            Success = new(200, "A page of accounts.", "AdminUserList", Users, "Link"),
        };
        yield return new("GET", one, "getUser", "administration", "Show an account", "An account by its id, and never a secret of it." + Only)
        {
            Success = new(200, "The account.", "AdminUser", () => Of(Body)),
        };
        yield return new(
            "PATCH", one, "changeUser", "administration", "Change plan or role of an account",
            "What the body does not name stays as it is. A plan is in the next access token of the account; a role holds from the next request on. Nobody demotes themselves." + Only)
        {
            IsConditional = true,
            Body = "UserChange",
            Requests = [new("plan", "More requests a minute", () => Json("""{"plan":"plus"}"""))],
            Success = new(200, "The account as it is now.", "AdminUser", () => Of(Body with { Plan = "plus", Version = 2 }), "ETag", "Idempotent-Replayed"),
        };
        yield return new(
            "POST", one + "/suspend", "suspendUser", "administration", "Suspend an account",
            "Lets nobody sign in to an account any more, and ends its sessions and API keys, at once and on every server. Everything in it is kept. Its owner is told by mail. Nobody suspends themselves." + Only)
        {
            Body = "Suspension",
            BodyIsOptional = true,
            Requests = [new("reason", "With the reason, for the trail", () => Json("""{"reason":"Sends spam."}"""))],
            Success = new(200, "The account as it is now.", "AdminUser", () => Of(Body with { SuspendedAt = At, Version = 2 }), "ETag", "Idempotent-Replayed"),
        };
        yield return new(
            "POST", one + "/unsuspend", "unsuspendUser", "administration", "End the suspension of an account",
            "Lets people sign in to an account again. Its sessions and API keys of before stay ended. Its owner is told by mail." + Only)
        {
            Success = new(200, "The account as it is now.", "AdminUser", () => Of(Body with { Version = 3 }), "ETag", "Idempotent-Replayed"),
        };
        yield return new(
            "POST", one + "/reset-factor", "resetFactors", "administration", "Take all second factors of an account away",
            "For somebody who has lost them, and whom the administrator knows by other means. Sessions and API keys of the account end, and its owner is told by mail. Nobody does that to themselves." + Only)
        {
            Success = new(200, "The account as it is now.", "AdminUser", () => Of(Body with { SecondFactors = [], Version = 2 }), "ETag", "Idempotent-Replayed"),
        };
        yield return new(
            "POST", one + "/sign-out", "signOutUser", "administration", "End all sessions of an account",
            "Ends all sessions of an account with all of their tokens, at once. Its API keys go on." + Only)
        {
            Success = new(204, "The sessions have ended.", Headers: "Idempotent-Replayed"),
        };
        yield return new(
            "GET", one + "/tasks", "listUserTasks", "administration", "List tasks of somebody else",
            "Tasks of a workspace that the account owns: its personal one, or the one that the query names. Read and never written, a page at a time, and each look is in the trail." + Only)
        {
            Query = [.. Parameters.TaskQuery, "owned_workspace_id"],
            SampleQuery = ["status", "priority"],
            IsOfItsMoment = true,
            Success = new(200, "A page of tasks.", "TaskList", Samples.Tasks, "Link", "X-Total-Count"),
        };
        yield return new(
            "GET", one + "/tasks/{task_id}", "getUserTask", "administration", "Show a task of somebody else",
            "A task of a workspace that the account owns: its personal one, or the one that the query names. Each look is in the trail." + Only)
        {
            Query = [.. Parameters.TaskShapeQuery, "owned_workspace_id"],
            IsOfItsMoment = true,
            Success = new(200, "The task.", "Task", Samples.Task),
        };
        yield return new(
            "GET", "/api/v1/admin/audit", "listAdminActs", "administration", "Read the trail of administrators",
            "What administrators have done, and whoever runs the installation by its commands; the newest first, by cursor." + Only)
        {
            Query = ["actor_id", "on_user_id", "act", "since", "until", "act_limit", "cursor", "count_all"],
            SampleQuery = ["act", "since"],
            IsOfItsMoment = true,
            Success = new(200, "A page of acts.", "AdminActList", Acts, "Link"),
        };
    }

    private static JsonNode Users() => Of(new AdminUserListBody([Body], PaginationBody.Of(null, 20, null), Links("users")), BodyJson.Default.AdminUserListBody);

    private static JsonNode Acts() => Of(
        new AdminActListBody(
            [
                new AdminActBody(
                    "act_01m7ykm0xxe8r5t2w9y6b3d0g7", At, "user_01m7ykm0xxe1n4q7t0w3z6c9f2", AdminActKinds.NameOf(AdminActKind.Suspended), UserId, null,
                    new AdminActDetailBody(null, null, "Sends spam.", null), "203.0.113.7", HeaderSamples.RequestId),
            ],
            PaginationBody.Of(null, 20, null), Links("audit")),
        BodyJson.Default.AdminActListBody);

    private static LinksBody Links(string list) => new($"/api/v1/admin/{list}", $"/api/v1/admin/{list}", null, null, null);

    private static JsonNode Of(AdminUserBody body) => Of(body, BodyJson.Default.AdminUserBody);

    private static JsonNode Of<T>(T body, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(body, type)!;

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
