using System.Text.Json.Nodes;
using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>What somebody does who leaves, or changes their mind.</summary>
internal static class LeavingOperations
{
    public static IEnumerable<Operation> All()
    {
        yield return new(
            "GET", "/api/v1/me/export", "exportAccount", "accounts", "Take along everything of one's own",
            "A ZIP with the account, and with the tasks, categories, tags, notes and events of every workspace that you own, as JSON and CSV; `README.txt` in it says what is what. Of workspaces of others it tells that you are in them. It is sent while it is made, in any size; one that is cut off is no ZIP. A few an hour are allowed.")
        {
            IsOfItsMoment = true,
            Success = new(200, "The ZIP.", Headers: "Content-Disposition") { File = MediaType.Zip },
        };
        yield return new(
            "DELETE", "/api/v1/me", "deleteAccount", "accounts", "Delete the account",
            "Has the account deleted, with all that is yours alone, when the time of grace is over. All sessions and API keys end at once, and a letter says how to undo it. Whoever has a second factor shows a code of it as well. While others are in workspaces of yours it is refused with 409.")
        {
            IsConditional = true,
            Body = "AccountDeletionRequest",
            Requests = [new("usual", "Somebody who leaves", () => JsonNode.Parse("""{"current_password":"long enough to remember"}""")!)],
            Success = new(202, "It will be deleted.", "AccountDeletion", Samples.AccountDeletion, "Idempotent-Replayed"),
            Special = [ErrorResponse.PasswordOrCodeRefused, ErrorResponse.OwnsSharedWorkspaces],
        };
        yield return new(
            "POST", "/api/v1/auth/restore-account", "restoreAccount", "accounts", "Keep an account that is to be deleted",
            "Undoes what `DELETE /api/v1/me` has asked for: with the token of the letter alone, or with e-mail and password, and a code where there is a second factor. No session begins; log in again.")
        {
            IsAnonymous = true,
            Body = "AccountRestoration",
            Requests =
            [
                new("letter", "With the letter", () => JsonNode.Parse($$"""{"token":"{{Samples.OneTimeToken}}"}""")!),
                new("password", "With the password", () => JsonNode.Parse("""{"email":"ana@example.com","password":"long enough to remember"}""")!),
            ],
            Success = new(204, "The account stays.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.BadOneTimeToken, ErrorResponse.LoginRefused],
        };
    }
}
