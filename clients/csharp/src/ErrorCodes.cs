namespace Quehacer.Client;

/// <summary>What <see cref="ProblemException.Code"/> can be. The list is open: a newer server may know more.</summary>
public static class ErrorCodes
{
    /// <summary>401. The request needs an access token and carries none.</summary>
    public const string Unauthorized = "UNAUTHORIZED";

    /// <summary>401. The access token was valid and its hour is over.</summary>
    public const string TokenExpired = "TOKEN_EXPIRED";

    /// <summary>401. The token was not issued by this server, has been altered, has been used up, or belongs to a session that has ended.</summary>
    public const string TokenInvalid = "TOKEN_INVALID";

    /// <summary>403. You may see this, and may not change it.</summary>
    public const string InsufficientPermissions = "INSUFFICIENT_PERMISSIONS";

    /// <summary>401. E-mail and password do not belong together. Which of them is wrong is never said.</summary>
    public const string InvalidCredentials = "INVALID_CREDENTIALS";

    /// <summary>401. The one-time code is not the right one, or has been used before.</summary>
    public const string InvalidCode = "INVALID_CODE";

    /// <summary>400. The token of the letter is unknown, has been used, has expired, or something has happened to the account since that made it worthless.</summary>
    public const string OneTimeTokenInvalid = "ONE_TIME_TOKEN_INVALID";

    /// <summary>403. This server lets nobody sign in whose e-mail has not been verified.</summary>
    public const string EmailNotVerified = "EMAIL_NOT_VERIFIED";

    /// <summary>403. The account has a second factor, and this contract has no way to ask for it.</summary>
    public const string SecondFactorRequired = "SECOND_FACTOR_REQUIRED";

    /// <summary>403. The account is to be deleted, as its owner has asked, and until then nobody signs in to it.</summary>
    public const string AccountDeletionPending = "ACCOUNT_DELETION_PENDING";

    /// <summary>409. You own workspaces that others are in as well; 'workspaces' lists them. They would be left without an owner.</summary>
    public const string OwnsSharedWorkspaces = "OWNS_SHARED_WORKSPACES";

    /// <summary>409. Your last change of the task cannot be undone: somebody else has changed the same since, what was there before is gone, or there is no change of yours.</summary>
    public const string CannotUndo = "CANNOT_UNDO";

    /// <summary>403. Whoever runs this server has not turned this on.</summary>
    public const string NotOffered = "NOT_OFFERED";

    /// <summary>403. The password is right, and the account is suspended: nobody signs in to it.</summary>
    public const string AccountSuspended = "ACCOUNT_SUSPENDED";

    /// <summary>422. The request was understood, but some of its values cannot be accepted. 'errors' lists each with its field, a code and a message.</summary>
    public const string ValidationError = "VALIDATION_ERROR";

    /// <summary>400. The body is not JSON as RFC 8259 defines it, is empty, names a member twice, or nests deeper than 32 levels.</summary>
    public const string MalformedJson = "MALFORMED_JSON";

    /// <summary>400. The request breaks the rules of HTTP: a header, its target or its framing cannot be read.</summary>
    public const string BadRequest = "BAD_REQUEST";

    /// <summary>400. The Idempotency-Key header cannot be read as one string of 1 to 255 printable ASCII characters.</summary>
    public const string IdempotencyKeyInvalid = "IDEMPOTENCY_KEY_INVALID";

    /// <summary>400. This server is configured to demand an Idempotency-Key with every POST.</summary>
    public const string MissingIdempotencyKey = "MISSING_IDEMPOTENCY_KEY";

    /// <summary>404. There is nothing at this address, or nothing that you may see.</summary>
    public const string ResourceNotFound = "RESOURCE_NOT_FOUND";

    /// <summary>409. There is one of these with the same unique value already.</summary>
    public const string ResourceAlreadyExists = "RESOURCE_ALREADY_EXISTS";

    /// <summary>412. Somebody has changed it since you read it: your conditions name another state than the present one. Nothing was overwritten.</summary>
    public const string PreconditionFailed = "PRECONDITION_FAILED";

    /// <summary>428. This server makes a change only when it says which state it was decided on, so that nobody overwrites what they have not seen.</summary>
    public const string PreconditionRequired = "PRECONDITION_REQUIRED";

    /// <summary>422. Another request was done under this Idempotency-Key.</summary>
    public const string IdempotencyMismatch = "IDEMPOTENCY_MISMATCH";

    /// <summary>409. The first request with this Idempotency-Key is still being worked on.</summary>
    public const string IdempotencyInFlight = "IDEMPOTENCY_IN_FLIGHT";

    /// <summary>410. It was here and has been removed for good, its history with it.</summary>
    public const string Gone = "GONE";

    /// <summary>410. The cursor is a place in a log that has been replaced since. What happened between it and now is not known any more.</summary>
    public const string CursorGone = "CURSOR_GONE";

    /// <summary>409. The workspace is archived: what is in it is seen, and not changed.</summary>
    public const string WorkspaceArchived = "WORKSPACE_ARCHIVED";

    /// <summary>409. A personal workspace is its owner's alone: it is not shared, archived, left or handed on.</summary>
    public const string WorkspaceIsPersonal = "WORKSPACE_IS_PERSONAL";

    /// <summary>409. The owner of a workspace does not leave it, is not removed, and is not made less: it is handed on first.</summary>
    public const string WorkspaceNeedsOwner = "WORKSPACE_NEEDS_OWNER";

    /// <summary>403. The invitation was sent to another e-mail than the account has.</summary>
    public const string InvitedAnother = "INVITED_ANOTHER";

    /// <summary>405. This address exists but does not take this method.</summary>
    public const string MethodNotAllowed = "METHOD_NOT_ALLOWED";

    /// <summary>406. The Accept header leaves out every format this address can answer in.</summary>
    public const string NotAcceptable = "NOT_ACCEPTABLE";

    /// <summary>408. The request arrived too slowly and was given up.</summary>
    public const string RequestTimeout = "REQUEST_TIMEOUT";

    /// <summary>413. The body has more than 1 MiB (1048576 bytes).</summary>
    public const string PayloadTooLarge = "PAYLOAD_TOO_LARGE";

    /// <summary>415. The body is of a type or in an encoding that this address does not read.</summary>
    public const string UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE";

    /// <summary>429. More was asked in a while than a limit allows; 'detail' says which limit.</summary>
    public const string RateLimitExceeded = "RATE_LIMIT_EXCEEDED";

    /// <summary>429. As many streams are open as one account, or this server, may have.</summary>
    public const string TooManyListeners = "TOO_MANY_LISTENERS";

    /// <summary>426. This address speaks WebSocket, and the request does not ask for that.</summary>
    public const string UpgradeRequired = "UPGRADE_REQUIRED";

    /// <summary>410. This part of the API was announced to end, and has ended.</summary>
    public const string Ended = "ENDED";

    /// <summary>500. Something went wrong in the server. It has been logged under the request id.</summary>
    public const string InternalError = "INTERNAL_ERROR";

    /// <summary>503. The server has more to do than it can at the moment, or its database cannot be reached.</summary>
    public const string ServiceUnavailable = "SERVICE_UNAVAILABLE";
}
