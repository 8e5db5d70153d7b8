using Quehacer.Core.Limiting;

namespace Quehacer.Core;

/// <summary>Why the core refuses. Each contract says it in its own words and status, in one exhaustive switch.</summary>
public enum ErrorCode
{
    /// <summary>Values of the request are not acceptable; <see cref="Error.Fields"/> lists them.</summary>
    Invalid,

    /// <summary>There is no such thing, or the caller may not see it.</summary>
    NotFound,

    /// <summary>The caller sees the thing and may not change it.</summary>
    Forbidden,

    /// <summary>The workspace is archived: what is in it is seen, and not changed.</summary>
    WorkspaceArchived,

    /// <summary>It is somebody's personal workspace, which is not shared, archived, left or handed on.</summary>
    WorkspaceIsPersonal,

    /// <summary>The workspace would be left without an owner: it is handed on first.</summary>
    OwnerStays,

    /// <summary>Whoever has this e-mail is in the workspace already.</summary>
    AlreadyMember,

    /// <summary>The invitation was sent to another e-mail than the account has.</summary>
    InvitedAnother,

    /// <summary>It was there and has been deleted for good; its history is gone with it.</summary>
    Gone,

    /// <summary>The cursor is a place in a log that has been replaced since: whoever has it begins anew.</summary>
    CursorGone,

    /// <summary>As many listen already as one account, or this server, may have.</summary>
    TooManyListeners,

    /// <summary>The caller's last change of a task cannot be taken back; <see cref="Error.Fields"/> says what stands in the way.</summary>
    CannotUndo,

    /// <summary>The caller has changed nothing of the task that could be taken back.</summary>
    NothingToUndo,

    /// <summary>The thing has changed since the version that the caller named; <see cref="Error.Current"/> is the present one.</summary>
    PreconditionFailed,

    /// <summary>The change names no state that it was decided on, and this server wants that of every change.</summary>
    PreconditionRequired,

    /// <summary>An account with this e-mail exists.</summary>
    EmailTaken,

    /// <summary>A category or a tag of this name exists.</summary>
    NameTaken,

    /// <summary>E-mail and password do not belong together; which of them is wrong is never said.</summary>
    WrongCredentials,

    /// <summary>Too many logins or codes have failed, or too many letters were asked for; <see cref="Error.Exhausted"/> says which bound was reached.</summary>
    TooManyAttempts,

    /// <summary>The password is right, and the account wants a second factor, which this contract has no way to ask for.</summary>
    SecondFactorNeeded,

    /// <summary>The token of a login that waits for its code is unknown, used or expired, or has no attempt left.</summary>
    MfaTokenInvalid,

    /// <summary>The code is not the one, or was used before.</summary>
    CodeWrong,

    /// <summary>The token of a letter is unknown, used, expired, or older than something that made it worthless.</summary>
    OneTimeTokenInvalid,

    /// <summary>The installation wants the e-mail of an account verified before anybody signs in with it.</summary>
    EmailNotVerified,

    /// <summary>The account is suspended. Told to whoever has shown its password.</summary>
    AccountSuspended,

    /// <summary>This is for administrators of the installation, and the caller is none.</summary>
    NotAdministrator,

    /// <summary>Nobody suspends or demotes themselves, or takes their own second factors away without showing one.</summary>
    NotOnOneself,

    /// <summary>It would leave the installation without an administrator.</summary>
    LastAdministrator,

    /// <summary>The account is to be deleted, as its owner has asked: until that is undone, nothing opens it.</summary>
    AccountDeletionPending,

    /// <summary>The caller owns workspaces that others are in as well, which <see cref="Error.Workspaces"/> lists; they are to go to somebody else first.</summary>
    OwnsSharedWorkspaces,

    /// <summary>Whoever runs the installation has not turned this on.</summary>
    NotOffered,

    /// <summary>It is so already: a second factor that is on cannot be added.</summary>
    AlreadySo,

    /// <summary>The account has no such second factor, or has not begun to set it up.</summary>
    NoSuchFactor,

    /// <summary>The session of the access token has ended.</summary>
    SessionEnded,

    /// <summary>The refresh token is unknown, used or expired.</summary>
    RefreshTokenInvalid,

    /// <summary>The idempotency key belongs to another request.</summary>
    IdempotencyMismatch,

    /// <summary>The first request with this idempotency key is still at work.</summary>
    IdempotencyInFlight,

    /// <summary>Too much is going on at once; the same request may succeed in a moment.</summary>
    Busy,
}

/// <summary>What a request can be wrong about. A contract spells the names its own way.</summary>
public enum Field
{
    Title,
    Description,
    Status,
    Priority,
    DueDate,
    CategoryId,
    Tags,
    AddTags,
    RemoveTags,

    /// <summary>All tags of a task, by id.</summary>
    TagIds,
    Version,
    Email,
    Name,
    Password,
    RefreshToken,

    /// <summary>The password that an account has, where another or something else of weight is asked for.</summary>
    CurrentPassword,

    /// <summary>Of a letter.</summary>
    Token,

    /// <summary>Of a login that waits for its code.</summary>
    MfaToken,

    /// <summary>One-time code.</summary>
    Code,

    /// <summary>What an API key is good for.</summary>
    Scopes,

    /// <summary>The same of a key of a service account, which is never an owner nor an administrator.</summary>
    ServiceScopes,

    ExpiresAt,

    /// <summary>Where something is done.</summary>
    WorkspaceId,

    /// <summary>Whether workspaces that are archived are listed as well.</summary>
    IncludeArchived,

    /// <summary>Whether the session that asks is left when all are ended.</summary>
    KeepCurrent,

    /// <summary>A member or parameter the contract does not know; its name is in <see cref="FieldError.Name"/>.</summary>
    Unknown,
    Page,
    Limit,

    /// <summary>The status that a list is filtered by.</summary>
    StatusFilter,
    PriorityFilter,
    CategoryFilter,
    TagFilter,
    DueAfter,
    DueBefore,
    Overdue,
    CreatedAfter,
    CreatedBefore,
    UpdatedSince,
    Query,
    Sort,
    Order,
    Fields,
    IncludeDeleted,
    Cursor,

    /// <summary>How much of a list is skipped.</summary>
    Offset,
    IncludeTotal,
    Counts,
    Color,

    /// <summary>The tag that another is merged into.</summary>
    Into,

    /// <summary>The body as a whole.</summary>
    Body,

    /// <summary>Whatever it is that chooses tasks.</summary>
    Filter,
    DryRun,

    /// <summary>Of a batch: whether all or nothing is wanted.</summary>
    Atomic,
    Operations,

    /// <summary>Of an operation of a batch: what is to be done.</summary>
    Op,
    Id,

    /// <summary>The members of the task, within an operation of a batch.</summary>
    TaskMembers,

    /// <summary>Of a note.</summary>
    Text,

    /// <summary>What an answer shows beside what it shows anyway.</summary>
    Expand,

    /// <summary>Who is to do a task.</summary>
    AssigneeId,

    /// <summary>The same, as a list is filtered by it.</summary>
    AssigneeFilter,

    /// <summary>The task that another lies below.</summary>
    ParentId,

    /// <summary>The parent that a list is filtered by.</summary>
    ParentFilter,

    /// <summary>What becomes of the subtasks when their parent is completed.</summary>
    SubtasksOfCompletion,

    /// <summary>The same when it is deleted.</summary>
    SubtasksOfDeletion,

    /// <summary>The same when it is moved into another workspace.</summary>
    SubtasksOfTransfer,

    /// <summary>The workspace that a task is moved into.</summary>
    ToWorkspace,

    /// <summary>Of an account, or that accounts are filtered by.</summary>
    Plan,

    /// <summary>The same: what an account may do in the installation.</summary>
    InstallationRole,

    /// <summary>Whether accounts in a list are suspended.</summary>
    Suspended,

    /// <summary>Why somebody is suspended.</summary>
    Reason,

    /// <summary>The order of accounts.</summary>
    UserSort,

    /// <summary>Of the trail of administrators: who, to whom, what, and when.</summary>
    ActorId,
    Act,
    Since,
    Until,

    /// <summary>Of a move: the task behind which it goes.</summary>
    After,

    /// <summary>Of a move: the task before which it goes.</summary>
    Before,

    /// <summary>Of a move: the end to which it goes.</summary>
    To,

    /// <summary>What somebody is to be in a workspace.</summary>
    Role,

    /// <summary>What the members are of whom a list is wanted.</summary>
    RoleFilter,

    /// <summary>Somebody by the id of their account.</summary>
    UserId,

    /// <summary>The moment as of which something is shown.</summary>
    AsOf,

    /// <summary>Whether a task is deleted.</summary>
    DeletedAt,

    /// <summary>The place of a task in the order by hand.</summary>
    Position,

    /// <summary>What names of members begin with.</summary>
    Search,

    /// <summary>Which events are wanted.</summary>
    EventType,

    /// <summary>The task whose events are wanted.</summary>
    TaskId,

    /// <summary>The same as <see cref="EventType"/>, where many are given at once.</summary>
    EventTypes,

    /// <summary>What a message of a conversation is.</summary>
    MessageType,

    /// <summary>Whether somebody is shown as looking at a workspace, and told who else does.</summary>
    Presence,
}

/// <summary>How a value can be wrong.</summary>
public enum FieldFault
{
    Required,
    TooShort,
    TooLong,
    TooMany,
    NotAString,
    NotAnInteger,
    NotAnArrayOfStrings,

    /// <summary>U+0000 or an unpaired surrogate: neither is text, and PostgreSQL stores neither.</summary>
    NotText,
    NotOneOf,
    NotADate,
    NotInFuture,
    NotAnEmail,
    OutOfRange,
    TooCommon,

    /// <summary>A name with something else than letters and spaces, where a contract takes nothing else.</summary>
    NotLetters,

    /// <summary>A password without one of the kinds of characters that a contract demands.</summary>
    TooSimple,
    UnknownName,

    /// <summary>Given more than once, and only one can be meant.</summary>
    Repeated,
    NotAnObject,
    NotAnArray,
    NotABoolean,
    NotAnId,
    NotAColor,

    /// <summary>It names something that is not there, or not the caller's to see.</summary>
    NoSuchThing,

    /// <summary>It contradicts another value, which is in <see cref="FieldError.Name"/>.</summary>
    Contradiction,

    /// <summary>A search for nothing but spaces and commas.</summary>
    NothingToSearchFor,

    /// <summary>It can be written to one task, and not to all that a filter chooses.</summary>
    NotForMany,

    /// <summary>A cursor that was altered, or sealed under another key, or belongs to another query.</summary>
    NotThisCursor,

    /// <summary>A task would lie below itself.</summary>
    Cycle,

    /// <summary>More levels of tasks than there can be.</summary>
    TooDeep,

    /// <summary>There are subtasks, or subtasks that are not done, and the request wants nothing done then; <see cref="FieldError.Limit"/> says how many.</summary>
    SubtasksLeft,

    /// <summary>Between two neighbours there is no place left.</summary>
    NoRoom,

    /// <summary>It is for administrators of the installation, and the caller is none.</summary>
    ForAdministrators,

    /// <summary>It names another workspace than the one in which the task is: nothing but a transfer moves it there.</summary>
    OtherWorkspace,

    /// <summary>Of an e-mail: codes that are sent to the present one are a second factor, and would go with it.</summary>
    MailboxIsFactor,

    /// <summary>A moment that has not come: a time in the future, or a revision beyond the last one, which is in <see cref="FieldError.Limit"/>.</summary>
    NotYet,

    /// <summary>A member that nobody knows of a moment that is past; it is in <see cref="FieldError.Name"/>.</summary>
    NotOfThePast,

    /// <summary>It is no longer what the change made of it that is to be undone.</summary>
    ChangedSince,

    /// <summary>Who or what was named before is not there any more.</summary>
    NotThereAnyMore,

    /// <summary>The task has come from another workspace by that change or after it.</summary>
    Moved,
}

/// <param name="Field">Which value.</param>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="Limit">The bound that was crossed, where there is one.</param>
/// <param name="Index">Which element, for a fault within an array.</param>
/// <param name="Name">The name as the request spelled it, for <see cref="Field.Unknown"/>; the other value, for <see cref="FieldFault.Contradiction"/>.</param>
/// <param name="Nearest">The known name that was probably meant.</param>
public sealed record FieldError(Field Field, FieldFault Fault, long? Limit = null, int? Index = null, string? Name = null, string? Nearest = null);

/// <summary>A refusal: a value, never an exception. Exceptions are for bugs and broken machinery.</summary>
public sealed record Error(ErrorCode Code)
{
    public IReadOnlyList<FieldError> Fields { get; init; } = [];

    /// <summary>The present state's tag parts, with <see cref="ErrorCode.PreconditionFailed"/>.</summary>
    public EntityTag? Current { get; init; }

    /// <summary>Which operation of a batch is refused, from 0; null when it is not one of several.</summary>
    public int? Operation { get; init; }

    /// <summary>Those that stand in the way, with <see cref="ErrorCode.OwnsSharedWorkspaces"/>.</summary>
    public IReadOnlyList<Guid> Workspaces { get; init; } = [];

    /// <summary>The bound that was reached, with <see cref="ErrorCode.TooManyAttempts"/>.</summary>
    public Exhausted? Exhausted { get; init; }

    public static Error Invalid(IReadOnlyList<FieldError> fields) => new(ErrorCode.Invalid) { Fields = fields };

    public static Error Invalid(Field field, FieldFault fault, long? limit = null) => Invalid([new FieldError(field, fault, limit)]);
}
