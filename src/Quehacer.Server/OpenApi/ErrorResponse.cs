using Quehacer.Server.Http;

namespace Quehacer.Server.OpenApi;

/// <summary>An answer that refuses: the errors of the catalogue that an operation can meet under one status.</summary>
/// <param name="Name">Of the component.</param>
/// <param name="Headers">Names within <see cref="OpenApi.Headers"/>, beside those that every refusal has.</param>
internal sealed record ErrorResponse(string Name, IReadOnlyList<ErrorKind> Kinds, params string[] Headers)
{
    public static readonly ErrorResponse BadRequest = new("BadRequest", [ErrorCatalogue.BadRequest]);
    public static readonly ErrorResponse BadWrite = new(
        "BadWrite", [ErrorCatalogue.MalformedJson, ErrorCatalogue.BadRequest, ErrorCatalogue.IdempotencyKeyInvalid, ErrorCatalogue.IdempotencyKeyMissing]);
    public static readonly ErrorResponse BadOrInvalid = new("BadOrInvalid", [ErrorCatalogue.BadRequest, ErrorCatalogue.Validation]);
    public static readonly ErrorResponse BadOrInvalidWrite = new(
        "BadOrInvalidWrite",
        [ErrorCatalogue.MalformedJson, ErrorCatalogue.Validation, ErrorCatalogue.BadRequest, ErrorCatalogue.IdempotencyKeyInvalid, ErrorCatalogue.IdempotencyKeyMissing]);
    public static readonly ErrorResponse Unauthorized = new(
        "Unauthorized", [ErrorCatalogue.Unauthorized, ErrorCatalogue.TokenExpired, ErrorCatalogue.TokenInvalid], "WWW-Authenticate");
    public static readonly ErrorResponse WrongCredentials = new("WrongCredentials", [ErrorCatalogue.InvalidCredentials], "WWW-Authenticate");
    public static readonly ErrorResponse WrongPassword = new(
        "WrongPassword", [ErrorCatalogue.InvalidCredentials, ErrorCatalogue.Unauthorized, ErrorCatalogue.TokenExpired, ErrorCatalogue.TokenInvalid], "WWW-Authenticate");
    public static readonly ErrorResponse BadOneTimeToken = new(
        "BadOneTimeToken",
        [ErrorCatalogue.OneTimeTokenInvalid, ErrorCatalogue.MalformedJson, ErrorCatalogue.BadRequest, ErrorCatalogue.IdempotencyKeyInvalid, ErrorCatalogue.IdempotencyKeyMissing]);
    public static readonly ErrorResponse NotLetIn = new("NotLetIn", [ErrorCatalogue.EmailNotVerified, ErrorCatalogue.AccountSuspended, ErrorCatalogue.AccountDeletionPending]);
    public static readonly ErrorResponse LoginRefused = new("LoginRefused", [ErrorCatalogue.InvalidCredentials, ErrorCatalogue.InvalidCode, ErrorCatalogue.TokenInvalid], "WWW-Authenticate");
    public static readonly ErrorResponse OwnsSharedWorkspaces = new("OwnsSharedWorkspaces", [ErrorCatalogue.OwnsSharedWorkspaces, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse CannotUndo = new("CannotUndo", [ErrorCatalogue.CannotUndo, ErrorCatalogue.WorkspaceArchived, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse NotOffered = new("NotOffered", [ErrorCatalogue.NotOffered]);
    public static readonly ErrorResponse RefreshTokenInvalid = new("RefreshTokenInvalid", [ErrorCatalogue.TokenInvalid], "WWW-Authenticate");
    public static readonly ErrorResponse MfaTokenInvalid = new("MfaTokenInvalid", [ErrorCatalogue.TokenInvalid], "WWW-Authenticate");
    public static readonly ErrorResponse CodeRefused = new("CodeRefused", [ErrorCatalogue.InvalidCode, ErrorCatalogue.TokenInvalid], "WWW-Authenticate");
    public static readonly ErrorResponse OwnCodeRefused = new(
        "OwnCodeRefused", [ErrorCatalogue.InvalidCode, ErrorCatalogue.Unauthorized, ErrorCatalogue.TokenExpired, ErrorCatalogue.TokenInvalid], "WWW-Authenticate");
    public static readonly ErrorResponse PasswordOrCodeRefused = new(
        "PasswordOrCodeRefused",
        [ErrorCatalogue.InvalidCredentials, ErrorCatalogue.InvalidCode, ErrorCatalogue.Unauthorized, ErrorCatalogue.TokenExpired, ErrorCatalogue.TokenInvalid], "WWW-Authenticate");
    public static readonly ErrorResponse Forbidden = new("Forbidden", [ErrorCatalogue.Forbidden]);
    public static readonly ErrorResponse NotFound = new("NotFound", [ErrorCatalogue.NotFound]);
    public static readonly ErrorResponse NotAcceptable = new("NotAcceptable", [ErrorCatalogue.NotAcceptable]);
    public static readonly ErrorResponse RequestTimeout = new("RequestTimeout", [ErrorCatalogue.RequestTimeout]);
    public static readonly ErrorResponse InFlight = new("InFlight", [ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse ArchivedOrInFlight = new("ArchivedOrInFlight", [ErrorCatalogue.WorkspaceArchived, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse PersonalWorkspace = new("PersonalWorkspace", [ErrorCatalogue.WorkspaceIsPersonal, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse PersonalOrArchived = new(
        "PersonalOrArchived", [ErrorCatalogue.WorkspaceIsPersonal, ErrorCatalogue.WorkspaceArchived, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse TakenOrArchived = new(
        "TakenOrArchived", [ErrorCatalogue.AlreadyExists, ErrorCatalogue.WorkspaceArchived, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse OwnerOrPersonal = new(
        "OwnerOrPersonal", [ErrorCatalogue.WorkspaceNeedsOwner, ErrorCatalogue.WorkspaceIsPersonal, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse MemberOrNotOpen = new(
        "MemberOrNotOpen",
        [ErrorCatalogue.AlreadyExists, ErrorCatalogue.WorkspaceArchived, ErrorCatalogue.WorkspaceIsPersonal, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse InvitedAnother = new("InvitedAnother", [ErrorCatalogue.InvitedAnother, ErrorCatalogue.Forbidden]);
    public static readonly ErrorResponse Taken = new("Taken", [ErrorCatalogue.AlreadyExists, ErrorCatalogue.IdempotencyInFlight], "Retry-After");
    public static readonly ErrorResponse Gone = new("Gone", [ErrorCatalogue.Gone]);
    public static readonly ErrorResponse GoneOrCursorGone = new("GoneOrCursorGone", [ErrorCatalogue.Gone, ErrorCatalogue.CursorGone]);
    public static readonly ErrorResponse CursorGone = new("CursorGone", [ErrorCatalogue.CursorGone]);
    public static readonly ErrorResponse PreconditionFailed = new("PreconditionFailed", [ErrorCatalogue.PreconditionFailed], "ETag");
    public static readonly ErrorResponse PreconditionRequired = new("PreconditionRequired", [ErrorCatalogue.PreconditionRequired]);
    public static readonly ErrorResponse PayloadTooLarge = new("PayloadTooLarge", [ErrorCatalogue.PayloadTooLarge]);
    public static readonly ErrorResponse UnsupportedMediaType = new("UnsupportedMediaType", [ErrorCatalogue.UnsupportedMediaType]);
    public static readonly ErrorResponse Invalid = new("Invalid", [ErrorCatalogue.Validation]);
    public static readonly ErrorResponse InvalidOrKeyReused = new("InvalidOrKeyReused", [ErrorCatalogue.Validation, ErrorCatalogue.IdempotencyMismatch]);
    public static readonly ErrorResponse KeyReused = new("KeyReused", [ErrorCatalogue.IdempotencyMismatch]);
    public static readonly ErrorResponse TooMany = new("TooMany", [ErrorCatalogue.RateLimitExceeded], "Retry-After");
    public static readonly ErrorResponse TooManyOrListening = new("TooManyOrListening", [ErrorCatalogue.RateLimitExceeded, ErrorCatalogue.TooManyListeners], "Retry-After");
    public static readonly ErrorResponse Internal = new("Internal", [ErrorCatalogue.Internal]);
    public static readonly ErrorResponse Unavailable = new("Unavailable", [ErrorCatalogue.Unavailable], "Retry-After");

    public int Status => Kinds[0].Status;

    /// <summary>What an operation can answer but what it is for, one for each status.</summary>
    /// <param name="validationStatus">What the contract answers to values that it does not take: 422, or 400.</param>
    public static IEnumerable<ErrorResponse> Of(Operation operation, int validationStatus)
    {
        List<ErrorResponse> usual = (operation.IsWrite, validationStatus) switch
        {
            (true, 400) => [BadOrInvalidWrite, KeyReused],
            (false, 400) => [BadOrInvalid],
            (true, _) => [BadWrite, InvalidOrKeyReused],
            (false, _) => [BadRequest, Invalid],
        };
        usual.AddRange([NotAcceptable, Internal, Unavailable]);
        if (!operation.IsUncounted)
        {
            usual.Add(TooMany);
        }
        if (!operation.IsAnonymous)
        {
            usual.AddRange([Unauthorized, Forbidden]);
        }
        if (operation.IsInWorkspace || operation.Path.Contains("{id}", StringComparison.Ordinal))
        {
            usual.Add(NotFound);
        }
        if (operation.IsWrite)
        {
            usual.AddRange([RequestTimeout, operation.IsInWorkspace ? ArchivedOrInFlight : InFlight, PayloadTooLarge, UnsupportedMediaType]);
        }
        if (operation.Conditions.Count > 0)
        {
            usual.Add(PreconditionFailed);
            if (operation.IsWrite && operation.Path.Contains("{id}", StringComparison.Ordinal))
            {
                usual.Add(PreconditionRequired);
            }
        }
        return usual.Where(refused => !operation.Special.Any(special => special.Status == refused.Status)).Concat(operation.Special).OrderBy(refused => refused.Status);
    }
}
