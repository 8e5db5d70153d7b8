using System.Text.Json.Nodes;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The operations on service accounts and their keys.</summary>
internal static class ServiceAccountOperations
{
    public static IEnumerable<Operation> All()
    {
        const string accounts = "/api/v1/workspaces/{id}/service-accounts";
        const string one = accounts + "/{user_id}";
        const string keys = one + "/keys";
        const string key = keys + "/{key_id}";
        yield return new("GET", accounts, "listServiceAccounts", "services", "List the service accounts", "Those of a workspace that you are in, the oldest first.")
        {
            IsOfItsMoment = true,
            Success = new(200, "The service accounts.", "ServiceAccountList", Samples.ServiceAccounts),
        };
        yield return new(
            "POST", accounts, "createServiceAccount", "services", "Make a service account",
            "Makes an account for a program, which belongs to the workspace and to no person: nobody logs in to it, and it stays when people go. Its owner may; a personal workspace has none. "
            + "A wrong password counts like one at a login.")
        {
            Body = "NewServiceAccount",
            Requests = [new("build", "One for a build server", () => JsonNode.Parse("""{"name":"Build server","role":"editor","current_password":"long enough to remember"}""")!)],
            Success = new(201, "The service account.", "ServiceAccount", Samples.ServiceAccount, "Location", "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.WrongPassword, ErrorResponse.PersonalOrArchived],
        };
        yield return new("GET", one, "getServiceAccount", "services", "Show a service account", "A service account of a workspace that you are in.")
        {
            Success = new(200, "The service account.", "ServiceAccount", Samples.ServiceAccount),
        };
        yield return new(
            "PATCH", one, "changeServiceAccount", "services", "Change a service account",
            "Changes its name, its role or both. The owner of the workspace may. What the body does not name stays as it is.")
        {
            IsConditional = true,
            Body = "ServiceAccountChange",
            Requests = [new("role", "Another role", () => JsonNode.Parse("""{"role":"viewer"}""")!)],
            Success = new(200, "The service account as it is now.", "ServiceAccount", Samples.ChangedServiceAccount, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.PersonalOrArchived],
        };
        yield return new(
            "DELETE", one, "removeServiceAccount", "services", "Remove a service account",
            "Takes it out of the workspace and makes its keys worthless from the next request on, on every server. What it has done stays, under its name. The owner of the workspace may.")
        {
            IsConditional = true,
            Success = new(204, "The service account is gone.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.PersonalWorkspace],
        };
        yield return new(
            "GET", keys, "listServiceKeys", "services", "List the API keys of a service account", "Those that have not been revoked, the newest first. What they are is not told again. The owner of the workspace may.")
        {
            IsOfItsMoment = true,
            Success = new(200, "The keys.", "ApiKeyList", Samples.ServiceKeys),
        };
        yield return new(
            "POST", keys, "createServiceKey", "services", "Make an API key of a service account",
            "Makes a key that is good for the workspace alone. The answer is the only one that tells it. The owner of the workspace may; a wrong password counts like one at a login.")
        {
            Body = "NewServiceKey",
            Requests = [new("build", "A key that reads and writes tasks", () => JsonNode.Parse(
                """{"name":"Build server","scopes":["tasks:read","tasks:write"],"current_password":"long enough to remember"}""")!)],
            Success = new(201, "The key.", "ApiKey", Samples.NewServiceKey, "Location", "Idempotent-Replayed"),
            Special = [ErrorResponse.WrongPassword, ErrorResponse.Gone, ErrorResponse.PersonalOrArchived],
        };
        yield return new("GET", key, "getServiceKey", "services", "Show an API key of a service account", "A key by its id, without what it is. The owner of the workspace may.")
        {
            IsOfItsMoment = true,
            Success = new(200, "The key.", "ApiKey", Samples.ServiceKey),
        };
        yield return new(
            "DELETE", key, "revokeServiceKey", "services", "Revoke an API key of a service account", "Makes a key worthless from the next request on, on every server. The owner of the workspace may.")
        {
            Success = new(204, "The key is revoked.", Headers: "Idempotent-Replayed"),
        };
    }
}
