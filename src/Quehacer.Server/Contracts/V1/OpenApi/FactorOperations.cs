using System.Text.Json;
using System.Text.Json.Nodes;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The operations of logins with more than a password, and of second factors.</summary>
internal static class FactorOperations
{
    private const string Token = "qo_AZqg";
    private const string Code = "492039";
    private const string Uri = "otpauth://totp/Quehacer:ana%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Quehacer&algorithm=SHA1&digits=6&period=30";

    private static readonly DateTime At = new(2026, 11, 21, 8, 30, 0, 125, DateTimeKind.Utc);

    public static JsonNode MfaRequired() => JsonSerializer.SerializeToNode(new MfaRequiredBody(true, Token, 600, Words.CodeMethods), BodyJson.Default.MfaRequiredBody)!;

    /// <summary>The steps of a login behind the first.</summary>
    public static IEnumerable<Operation> Logins()
    {
        yield return new(
            "POST", "/api/v1/auth/login/otp", "finishLogin", "accounts", "Log in with a code",
            "Shows the code that a login waits for: of an authenticator, of a letter, or a recovery code. Five codes are looked at for one token. After a code by mail to a login without a password the account's second factor may still be wanted.")
        {
            IsAnonymous = true,
            Body = "LoginCode",
            Requests = [new("code", "A code of an authenticator", () => Json($$"""{"mfa_token":"{{Token}}","code":"{{Code}}"}"""))],
            Success = new(200, "The tokens of the new session, or what it waits for.", "Tokens", Samples.Tokens, "Idempotent-Replayed") { Or = new("MfaRequired", MfaRequired) },
            Special = [ErrorResponse.CodeRefused],
        };
        yield return new(
            "POST", "/api/v1/auth/login/otp/send", "sendLoginCode", "accounts", "Send the code of a login",
            "Mails the code of a login that waits, where `email` is one of its methods. Where it is the only factor, the login itself has sent it, and this sends it again.")
        {
            IsAnonymous = true,
            Body = "LoginCodeLetter",
            Requests = [new("usual", "A login that waits", () => Json($$"""{"mfa_token":"{{Token}}"}"""))],
            Success = new(202, "The code is on its way."),
            Special = [ErrorResponse.MfaTokenInvalid, ErrorResponse.NotFound],
        };
        yield return new(
            "POST", "/api/v1/auth/login/code", "beginCodeLogin", "accounts", "Log in without a password",
            "Mails a code, with which `POST /api/v1/auth/login/otp` logs in. The answer is the same for every e-mail, whether somebody has it or not. Off unless the server is set to `Auth__CodeLogin=true`.")
        {
            IsAnonymous = true,
            Body = "CodeLogin",
            Requests = [new("ana", "Somebody known", () => Json("""{"email":"ana@example.com"}"""))],
            Success = new(202, "If somebody has this e-mail, a code is on its way.", "CodeSent", CodeSent),
            Special = [ErrorResponse.NotOffered],
        };
    }

    /// <summary>What one has beside a password.</summary>
    public static IEnumerable<Operation> Factors()
    {
        const string factors = "/api/v1/me/factors";
        yield return new("GET", factors, "getFactors", "factors", "Show the second factors", "What a login to the account wants beside the password.")
        {
            Success = new(200, "The factors.", "Factors", Factor),
        };
        yield return new(
            "POST", factors + "/totp", "beginTotp", "factors", "Begin with an authenticator",
            "Makes a secret for an authenticator (RFC 6238: SHA-1, six digits, 30 seconds). It is no factor before a code of it has been confirmed; beginning again makes another secret.")
        {
            Body = "CurrentPassword",
            Requests = [Password()],
            Success = new(200, "What the authenticator is to know.", "TotpSetup", TotpSetup, "Idempotent-Replayed"),
            Special = [ErrorResponse.WrongPassword, ErrorResponse.Taken],
        };
        yield return new(
            "POST", factors + "/totp/confirm", "confirmTotp", "factors", "Confirm an authenticator",
            "Makes the authenticator a second factor with a code of it. The first factor comes with ten recovery codes.")
        {
            Body = "TotpCode",
            Requests = [new("code", "A code of the authenticator", () => Json($$"""{"code":"{{Code}}"}"""))],
            Success = new(200, "The recovery codes; none where there are some already.", "RecoveryCodes", RecoveryCodes, "Idempotent-Replayed"),
            Special = [ErrorResponse.OwnCodeRefused, ErrorResponse.NotFound, ErrorResponse.Taken],
        };
        yield return Removal("totp", "removeTotp", "Remove the authenticator");
        yield return new(
            "POST", factors + "/email", "beginEmailFactor", "factors", "Begin with codes by mail", "Mails a code to the e-mail of the account. Codes by mail are no factor before it has been confirmed.")
        {
            Body = "CurrentPassword",
            Requests = [Password()],
            Success = new(202, "The code is on its way.", "CodeSent", CodeSent),
            Special = [ErrorResponse.WrongPassword, ErrorResponse.Taken],
        };
        yield return new(
            "POST", factors + "/email/confirm", "confirmEmailFactor", "factors", "Confirm codes by mail",
            "Makes codes by mail a second factor with the one that was sent. The first factor comes with ten recovery codes.")
        {
            Body = "LoginCode",
            Requests = [new("code", "The code of the letter", () => Json($$"""{"mfa_token":"{{Token}}","code":"{{Code}}"}"""))],
            Success = new(200, "The recovery codes; none where there are some already.", "RecoveryCodes", RecoveryCodes, "Idempotent-Replayed"),
            Special = [ErrorResponse.OwnCodeRefused, ErrorResponse.Taken],
        };
        yield return Removal("email", "removeEmailFactor", "Remove codes by mail");
        yield return new(
            "POST", factors + "/recovery-codes", "makeRecoveryCodes", "factors", "Make new recovery codes", "Ten new ones, for the password and a code of any factor of the account. Those before are worth nothing from then on.")
        {
            Body = "FactorProof",
            Requests = [RecoveryCode()],
            Success = new(200, "The new codes.", "RecoveryCodes", RecoveryCodes, "Idempotent-Replayed"),
            Special = [ErrorResponse.PasswordOrCodeRefused, ErrorResponse.NotFound],
        };

        static Operation Removal(string factor, string id, string summary) => new(
            "POST", $"{factors}/{factor}/remove", id, "factors", summary,
            "Wants the password and a code of any factor of the account: of an authenticator, a recovery code, or one that was mailed for a login that waits, together with its `mfa_token`. The last factor takes the recovery codes with it.")
        {
            Body = "FactorProof",
            Requests = [RecoveryCode()],
            Success = new(204, "It is no factor any more.", Headers: "Idempotent-Replayed"),
            Special = [ErrorResponse.PasswordOrCodeRefused, ErrorResponse.NotFound],
        };
    }

    private static RequestExample RecoveryCode() =>
        new("code", "A recovery code", () => Json("""{"current_password":"long enough to remember","code":"mfrg-gzdf-mztw-q2lk"}"""));

    private static RequestExample Password() => new("password", "The password of the account", () => Json("""{"current_password":"long enough to remember"}"""));

    private static JsonNode CodeSent() => JsonSerializer.SerializeToNode(new CodeSentBody(Token, 600), BodyJson.Default.CodeSentBody)!;

    private static JsonNode Factor() => JsonSerializer.SerializeToNode(new FactorsBody(FactorBody.Of(At), FactorBody.Of(null), 10), BodyJson.Default.FactorsBody)!;

    private static JsonNode TotpSetup() =>
        JsonSerializer.SerializeToNode(new TotpSetupBody("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", Uri, "data:image/png;base64,iVBORw0KGgo="), BodyJson.Default.TotpSetupBody)!;

    private static JsonNode RecoveryCodes() =>
        JsonSerializer.SerializeToNode(new RecoveryCodesBody(["mfrg-gzdf-mztw-q2lk", "nnwg-23tp-obyx-e43u"]), BodyJson.Default.RecoveryCodesBody)!;

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
