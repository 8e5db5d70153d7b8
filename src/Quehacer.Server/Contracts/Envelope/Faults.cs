using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>
/// The envelope's errors: <c>{code, resultMessage, errors: [{field, message}]}</c>, always JSON, always English, always with one error at least. The code is
/// the status that the house has for it, save that what cannot be accepted is 400.
/// </summary>
internal sealed class Faults(SessionStore sessions) : Refusals(sessions)
{
    private const string Json = "application/json; charset=utf-8";

    protected override TagShape Tags => Envelope.Tags;

    protected override Task SayAsync(HttpContext http, ErrorKind kind, Error error) => SayAsync(http, kind, Body(http, error));

    protected override Task SayAsync(HttpContext http, ErrorKind kind, HttpFault fault) => SayAsync(http, kind, Body(http, fault));

    /// <summary>What the requests of a batch have their tasks in: those that delete name ids alone.</summary>
    public static string ListOf(HttpRequest request) => HttpMethods.IsDelete(request.Method) ? "ids" : "tasks";

    /// <summary>A refusal by the core, perhaps as a part of an answer that has other parts.</summary>
    /// <param name="faultsTold">How many faults of values it names at most.</param>
    public static RefusalBody Body(HttpContext http, Error error, int faultsTold = Limits.FaultsTold)
    {
        var list = ListOf(http.Request);
        IReadOnlyList<FaultBody> errors = error.Fields.Count > 0
            ? [.. error.Fields.Take(faultsTold).Select(field => FieldMessages.Of(field, list, error.Operation))]
            : [WholeOf(error, list, http.Request)];
        return new RefusalBody(StatusOf(ErrorCatalogue.Of(error.Code)), ResultOf(error.Code), errors);
    }

    /// <summary>A refusal of what never reaches the core.</summary>
    public static RefusalBody Body(HttpContext http, HttpFault fault) => new(StatusOf(ErrorCatalogue.Of(fault)), ResultOf(fault), [WholeOf(fault, http)]);

    private static Task SayAsync(HttpContext http, ErrorKind kind, RefusalBody body) => SendAsync(http, kind, body.Code, Json, body, EnvelopeJson.Default.RefusalBody);

    private static int StatusOf(ErrorKind kind) => kind == ErrorCatalogue.Validation ? StatusCodes.Status400BadRequest : kind.Status;

    private static string ResultOf(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => Results.Validation,
        ErrorCode.NotFound or ErrorCode.Gone or ErrorCode.CursorGone or ErrorCode.NoSuchFactor => Results.NotFound,
        ErrorCode.Forbidden or ErrorCode.InvitedAnother or ErrorCode.SecondFactorNeeded or ErrorCode.EmailNotVerified or ErrorCode.NotOffered
            or ErrorCode.AccountSuspended or ErrorCode.AccountDeletionPending or ErrorCode.NotAdministrator or ErrorCode.NotOnOneself or ErrorCode.LastAdministrator => Results.Forbidden,
        ErrorCode.PreconditionFailed => Results.PreconditionFailed,
        ErrorCode.PreconditionRequired => Results.PreconditionRequired,
        ErrorCode.EmailTaken or ErrorCode.NameTaken or ErrorCode.AlreadySo or ErrorCode.WorkspaceArchived or ErrorCode.WorkspaceIsPersonal or ErrorCode.OwnerStays
            or ErrorCode.AlreadyMember or ErrorCode.OwnsSharedWorkspaces or ErrorCode.CannotUndo or ErrorCode.NothingToUndo or ErrorCode.IdempotencyInFlight => Results.Conflict,
        ErrorCode.WrongCredentials or ErrorCode.SessionEnded or ErrorCode.RefreshTokenInvalid or ErrorCode.MfaTokenInvalid or ErrorCode.CodeWrong => Results.Unauthorized,
        ErrorCode.OneTimeTokenInvalid => Results.Validation,
        ErrorCode.TooManyAttempts or ErrorCode.TooManyListeners => Results.RateLimitExceeded,
        ErrorCode.IdempotencyMismatch => Results.IdempotencyMismatch,
        ErrorCode.Busy => Results.Unavailable,
    };

    private static string ResultOf(HttpFault fault) => fault switch
    {
        HttpFault.BadRequest or HttpFault.AmbiguousFraming or HttpFault.ConditionInvalid or HttpFault.MalformedJson
            or HttpFault.IdempotencyKeyInvalid or HttpFault.IdempotencyKeyMissing => Results.Validation,
        HttpFault.BodyTooLarge => Results.PayloadTooLarge,
        HttpFault.UnsupportedMediaType => Results.UnsupportedMediaType,
        HttpFault.NotAcceptable => Results.NotAcceptable,
        HttpFault.UpgradeRequired => Results.Validation,
        HttpFault.NoSuchPath or HttpFault.Ended => Results.NotFound,
        HttpFault.MethodNotAllowed => Results.MethodNotAllowed,
        HttpFault.TokenMissing or HttpFault.TokenInvalid or HttpFault.TokenExpired => Results.Unauthorized,
        HttpFault.KeyNotEnough or HttpFault.KeyElsewhere or HttpFault.OriginRefused => Results.Forbidden,
        HttpFault.TooManyRequests => Results.RateLimitExceeded,
        // Whoever is too slow may come again as they are, like whoever comes when too much is going on.
        HttpFault.RequestTimeout or HttpFault.Overloaded or HttpFault.Unavailable => Results.Unavailable,
        HttpFault.Internal => Results.Internal,
    };

    /// <summary>What is wrong where it is no value.</summary>
    private static FaultBody WholeOf(Error error, string list, HttpRequest request) => error.Code switch
    {
        ErrorCode.Invalid => new("body", "The request cannot be accepted; correct it and send it again"),
        ErrorCode.NotFound => new(FieldMessages.At("id", list, error.Operation), "Task not found"),
        ErrorCode.Gone => new(FieldMessages.At("id", list, error.Operation), "The task was deleted and has been removed for good"),
        ErrorCode.TooManyListeners => new("path", "Too many streams are open; close one"),
        ErrorCode.CursorGone => new("cursor", "The cursor is of a log that has been replaced; begin again without it"),
        ErrorCode.Forbidden => new("id", "You may see this, and not change it"),
        ErrorCode.WorkspaceArchived => new("workspace", "The workspace is archived; ask its owner to take it into use again"),
        ErrorCode.WorkspaceIsPersonal => new("workspace", "A personal workspace is its owner's alone; make another one for it at POST /api/v1/workspaces"),
        ErrorCode.OwnerStays => new("workspace", "The workspace needs its owner; hand it on first"),
        ErrorCode.AlreadyMember => new("email", "Whoever has this e-mail is in the workspace already"),
        ErrorCode.InvitedAnother => new("token", "The invitation was sent to another e-mail than your account has"),
        ErrorCode.PreconditionFailed => new(ConditionOf(request), "The conditions of the request name another state than the present one, and nothing was done; read again, and send your change with the new ETag"),
        ErrorCode.PreconditionRequired => new(
            "If-Match", "This server makes a change only when it says which state it was decided on; send the task's ETag in If-Match, one task at a time"),
        ErrorCode.EmailTaken => new("email", "An account with this e-mail exists"),
        ErrorCode.NameTaken => new("name", "There is one of this name already"),
        ErrorCode.WrongCredentials => new("password", "E-mail and password do not belong together"),
        ErrorCode.TooManyAttempts => new("email", "Too many logins have failed; try again later"),
        ErrorCode.SecondFactorNeeded => new("code", "The account has a second factor; use an API key, or log in at POST /api/v1/auth/login, whose token is good here as well"),
        ErrorCode.EmailNotVerified => new("email", "The e-mail has not been verified; open the link of the letter that was sent to it"),
        ErrorCode.AccountSuspended => new("email", "The account is suspended; ask whoever runs the server"),
        ErrorCode.NotAdministrator or ErrorCode.NotOnOneself or ErrorCode.LastAdministrator => new("path", "This is not for this account; ask an administrator"),
        ErrorCode.MfaTokenInvalid or ErrorCode.OneTimeTokenInvalid => new("token", "The token is unknown, used or expired; begin again"),
        ErrorCode.CodeWrong => new("code", "The code is not the right one, or has been used before"),
        ErrorCode.AccountDeletionPending => new("email", "The account is to be deleted; to keep it, open the link of the letter that told of it, or use POST /api/v1/auth/restore-account"),
        ErrorCode.OwnsSharedWorkspaces => new("body", "You own workspaces that others are in as well; hand them over first"),
        ErrorCode.CannotUndo or ErrorCode.NothingToUndo => new("id", "Your last change of the task cannot be undone"),
        ErrorCode.NotOffered => new("server", "Whoever runs this server has not turned this on"),
        ErrorCode.AlreadySo => new("body", "It is so already"),
        ErrorCode.NoSuchFactor => new("path", "The account has no such second factor"),
        ErrorCode.SessionEnded or ErrorCode.RefreshTokenInvalid => new("Authorization", "The session of this token has ended; log in again at POST /api/v1/auth/login"),
        ErrorCode.IdempotencyMismatch => new("Idempotency-Key", "Another request was done under this key; use a new key for each new request"),
        ErrorCode.IdempotencyInFlight => new("Idempotency-Key", "The first request with this key is still being worked on; send the same request again in a moment"),
        ErrorCode.Busy => new("server", "Too much is going on at once; try again after the seconds that Retry-After gives"),
    };

    /// <summary>The header that a condition stands in.</summary>
    private static string ConditionOf(HttpRequest request) =>
        Array.Find([HeaderNames.IfMatch, HeaderNames.IfNoneMatch, HeaderNames.IfUnmodifiedSince], request.Headers.ContainsKey) ?? HeaderNames.IfMatch;

    private static FaultBody WholeOf(HttpFault fault, HttpContext http) => fault switch
    {
        HttpFault.BadRequest => new("request", "The request cannot be read as HTTP; correct its target, headers or framing"),
        HttpFault.AmbiguousFraming => new("Transfer-Encoding", "Where the body ends can be read in two ways; send Content-Length alone, or 'Transfer-Encoding: chunked' alone"),
        HttpFault.ConditionInvalid => new(ConditionOf(http.Request), "If-Match or If-None-Match is no list of entity tags; send the ETag as it came, in its quotes, with commas between several, or * alone"),
        HttpFault.MalformedJson => new("body", "The body is not JSON; send one JSON object in UTF-8, each member once"),
        HttpFault.BodyTooLarge => new("body", "The body has more than 1 MiB (1048576 bytes); send less at a time"),
        HttpFault.UnsupportedMediaType => new("Content-Type", "The body is of a type that is not read here; send 'Content-Type: application/json', uncompressed, in UTF-8"),
        HttpFault.NotAcceptable => new("Accept", "Answers are application/json, as it is or in the codings br and gzip; name it in Accept and Accept-Encoding, or leave them out"),
        HttpFault.UpgradeRequired => new("Upgrade", "This address speaks WebSocket; open it with a client for that"),
        HttpFault.OriginRefused => new("Origin", "Web pages of this origin may not open this; whoever runs the server names those that may"),
        HttpFault.NoSuchPath => new("path", "There is nothing at this address; check its spelling"),
        HttpFault.MethodNotAllowed => new("method", $"This address does not take {http.Request.Method}; it takes {http.Response.Headers.Allow}"),
        HttpFault.Ended => new("path", "This part of the API was announced to end, and has ended; use what the Link header names"),
        HttpFault.RequestTimeout => new("request", "The request arrived too slowly and was given up; send it again"),
        HttpFault.TokenMissing => new("Authorization", "A bearer token is required; log in at POST /api/v1/auth/login and send 'Authorization: Bearer <access_token>'"),
        HttpFault.TokenInvalid => new("Authorization", "The token is not valid, or its session has ended; log in again at POST /api/v1/auth/login"),
        HttpFault.KeyNotEnough => new("Authorization", "This API key has not the scope for this; use one that has, or an access token"),
        HttpFault.KeyElsewhere => new("Authorization", "This API key is bound to another workspace, and here is your personal one; use it at /api/v1"),
        HttpFault.TokenExpired => new("Authorization", "The token has expired; get a new one at POST /api/v1/auth/refresh, or log in again"),
        HttpFault.IdempotencyKeyInvalid => new("Idempotency-Key", "Idempotency-Key must be one string of 1 to 255 printable ASCII characters"),
        HttpFault.IdempotencyKeyMissing => new("Idempotency-Key", "Idempotency-Key is required with every POST; send a fresh random one with each new request"),
        HttpFault.TooManyRequests => new("request", http.Features.GetRequiredFeature<LimitReached>().Detail.English.TrimEnd('.')),
        HttpFault.Overloaded => new("server", "The server has more to do than it can at the moment; try again after the seconds that Retry-After gives"),
        HttpFault.Unavailable => new("database", "The database cannot be reached; try again after the seconds that Retry-After gives"),
        HttpFault.Internal => new("server", "Something went wrong in the server; if it happens again, tell whoever runs it the X-Request-Id of this answer"),
    };
}
