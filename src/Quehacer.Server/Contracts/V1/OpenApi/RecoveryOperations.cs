using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>Passwords and e-mails that are set anew, and sessions.</summary>
internal static partial class Operations
{
    private static IEnumerable<Operation> Recovery()
    {
        const string letter = "The answer is the same for every e-mail, whether anybody has it or not.";
        const string spent = "A token is good once and for an hour; whatever changes how the account is opened makes it worthless.";
        yield return new(
            "POST", "/api/v1/auth/password-reset", "requestPasswordReset", "accounts", "Ask for a new password",
            "Sends a letter with a token with which a new password is set, if an account has the e-mail. " + letter)
        {
            IsAnonymous = true,
            Body = "EmailAddress",
            Requests = [new("ana", "Somebody who has lost their password", () => Json("""{"email":"ana@example.com"}"""))],
            Success = new(202, "A letter goes out if anybody has the e-mail."),
        };
        yield return new(
            "POST", "/api/v1/auth/password-reset/confirm", "resetPassword", "accounts", "Set a new password with a token",
            "Sets the password of the account that the token was sent to, and ends all of its sessions. " + spent)
        {
            IsAnonymous = true,
            Body = "PasswordReset",
            Requests = [new("usual", "Another password", () => Json($$"""{"token":"{{Samples.OneTimeToken}}","password":"another one to remember"}"""))],
            Success = new(204, "The password is set.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.BadOneTimeToken],
        };
        yield return new(
            "POST", "/api/v1/auth/email-change/confirm", "confirmEmailChange", "accounts", "Take on a new e-mail with a token",
            "Gives the account the e-mail that the token was sent to. Where another account has come to have it, that is refused with 409, and the token stays good. " + spent)
        {
            IsAnonymous = true,
            Body = "OneTimeToken",
            Requests = [new("usual", "The token of the letter to the new e-mail", () => Json($$"""{"token":"{{Samples.OneTimeToken}}"}"""))],
            Success = new(204, "The account has the new e-mail.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.BadOneTimeToken, ErrorResponse.Taken],
        };
        yield return new(
            "POST", "/api/v1/auth/verify-email", "verifyEmail", "accounts", "Verify an e-mail with a token", "Takes the e-mail of an account for its owner's. " + spent)
        {
            IsAnonymous = true,
            Body = "OneTimeToken",
            Requests = [new("usual", "The token of the letter that came after the registration", () => Json($$"""{"token":"{{Samples.OneTimeToken}}"}"""))],
            Success = new(204, "The e-mail is verified.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.BadOneTimeToken],
        };
        yield return new(
            "POST", "/api/v1/auth/verify-email/resend", "resendVerification", "accounts", "Ask for another letter to verify an e-mail",
            "Sends another letter, if an account has the e-mail and it is not verified yet. " + letter)
        {
            IsAnonymous = true,
            Body = "EmailAddress",
            Requests = [new("ana", "Somebody whose letter got lost", () => Json("""{"email":"ana@example.com"}"""))],
            Success = new(202, "A letter goes out if somebody has the e-mail who has not verified it."),
            Special = [ErrorResponse.NotOffered],
        };
        yield return new(
            "POST", "/api/v1/me/password", "changePassword", "accounts", "Change the password",
            "Sets another password, for whoever knows the present one, and ends all sessions but the one that asks.")
        {
            Body = "PasswordChange",
            Requests = [new("usual", "Another password", () => Json("""{"current_password":"long enough to remember","password":"another one to remember"}"""))],
            Success = new(204, "The password is changed.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.WrongPassword],
        };
        yield return new(
            "POST", "/api/v1/me/email", "requestEmailChange", "accounts", "Ask for another e-mail",
            "Sends a letter with a token to the new e-mail, which is the account's when the token has come back, and a notice to the old one. A known e-mail is refused with 409.")
        {
            Body = "EmailChange",
            Requests = [new("usual", "Another e-mail", () => Json("""{"current_password":"long enough to remember","email":"ana@example.org"}"""))],
            Success = new(202, "The letters go out.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.WrongPassword, ErrorResponse.Taken],
        };
    }

    private static IEnumerable<Operation> Sessions()
    {
        const string sessions = "/api/v1/me/sessions";
        yield return new("GET", sessions, "listSessions", "sessions", "List the sessions of the account", "The open sessions, at most a hundred: the one that asks, and then those that were seen last.")
        {
            IsOfItsMoment = true,
            Success = new(200, "The sessions.", "SessionList", Samples.Sessions),
        };
        yield return new("DELETE", sessions, "endSessions", "sessions", "End all sessions of the account", "Ends all sessions with all of their tokens, at once, or all but the one that asks.")
        {
            Query = ["keep_current"],
            SampleQuery = ["keep_current"],
            Success = new(204, "The sessions have ended.", Headers: "Idempotent-Replayed"),
        };
        yield return new("DELETE", sessions + "/{id}", "endSession", "sessions", "End one session of the account", "Ends a session with all of its tokens, at once.")
        {
            Success = new(204, "The session has ended.", Headers: "Idempotent-Replayed"),
        };
    }
}
