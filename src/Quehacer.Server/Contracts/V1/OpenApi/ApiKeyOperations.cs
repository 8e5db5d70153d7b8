using System.Text.Json.Nodes;
using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The operations on API keys.</summary>
internal static class ApiKeyOperations
{
    public static IEnumerable<Operation> All()
    {
        const string keys = "/api/v1/me/keys";
        const string one = keys + "/{id}";
        yield return new("GET", keys, "listKeys", "keys", "List the API keys", "Your keys that have not been revoked, the newest first. What they are is not told again.")
        {
            IsOfItsMoment = true,
            Success = new(200, "The keys.", "ApiKeyList", Samples.ApiKeys),
        };
        yield return new(
            "POST", keys, "createKey", "keys", "Make an API key",
            "Makes a key for a program of yours, which it sends in the place of an access token. The answer is the only one that tells it. A wrong password counts like one at a login.")
        {
            Body = "NewApiKey",
            Requests = [new("script", "A key for a script, for a while", () => JsonNode.Parse(
                """{"name":"Backup script","scopes":["tasks:read"],"expires_at":"2099-01-01T00:00:00Z","current_password":"long enough to remember"}""")!)],
            Success = new(201, "The key.", "ApiKey", Samples.NewApiKey, "Location", "Idempotent-Replayed"),
            Special = [ErrorResponse.WrongPassword, ErrorResponse.Gone],
        };
        yield return new("GET", one, "getKey", "keys", "Show an API key", "A key by its id, without what it is.")
        {
            IsOfItsMoment = true,
            Success = new(200, "The key.", "ApiKey", Samples.ApiKey),
        };
        yield return new("DELETE", one, "revokeKey", "keys", "Revoke an API key", "Makes a key worthless from the next request on, on every server.")
        {
            Success = new(204, "The key is revoked.", Headers: "Idempotent-Replayed"),
        };
    }
}
