using System.Net;
using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Mail;

/// <summary>What a letter says. The numbers are stored.</summary>
public enum MailKind : short
{
    /// <summary>A link with which a new password is set. To whatever e-mail was named; who has it is looked up when it goes out.</summary>
    PasswordReset = 1,

    /// <summary>The password was changed or reset.</summary>
    PasswordChanged = 2,

    /// <summary>A link that proves that the address is the account's owner's.</summary>
    EmailVerification = 3,

    /// <summary>To the new address: a link that makes it the account's.</summary>
    EmailChange = 4,

    /// <summary>To the old address: somebody has asked for another, which is the detail.</summary>
    EmailChangeAsked = 5,

    /// <summary>To the old address: the account has another now, which is the detail.</summary>
    EmailChanged = 6,

    /// <summary>The code of a login that waits for its second factor.</summary>
    SecondFactorCode = 7,

    /// <summary>The code of a login by e-mail alone.</summary>
    LoginCode = 8,

    /// <summary>The code with which codes by mail become a second factor.</summary>
    EmailFactorCode = 9,

    /// <summary>A second factor was added; the detail says which, <c>totp</c> or <c>email</c>.</summary>
    SecondFactorAdded = 10,

    /// <summary>A second factor was removed; the detail says which, as above.</summary>
    SecondFactorRemoved = 11,

    /// <summary>A recovery code was used; the detail says how many are left, in digits.</summary>
    RecoveryCodeUsed = 12,

    /// <summary>
    /// A link with which an invitation into a workspace is accepted. The detail is put in when it goes out: in three lines the name of whoever invites, their
    /// e-mail or nothing, and the name of the workspace.
    /// </summary>
    WorkspaceInvitation = 30,

    /// <summary>To the new owner: a workspace was handed on to them; the detail is its name.</summary>
    WorkspaceReceived = 31,

    /// <summary>To the former owner: a workspace was handed on; the detail is its name.</summary>
    WorkspaceHandedOn = 32,

    /// <summary>The account was suspended.</summary>
    AccountSuspended = 20,

    /// <summary>The account is suspended no more.</summary>
    AccountUnsuspended = 21,

    /// <summary>The account is to be deleted, with a link that has it stay; the detail says when, as RFC 3339 has it.</summary>
    AccountDeletionAsked = 40,

    /// <summary>The account stays after all.</summary>
    AccountDeletionUndone = 41,

    /// <summary>The account was deleted. To the e-mail that it had.</summary>
    AccountDeleted = 42,
}

/// <summary>
/// A letter that is to be sent. The token or code in it is derived from <paramref name="Id"/>, which is the id of the one-time secret as well, where there is one.
/// </summary>
/// <param name="Id">Its time is when that happened of which the letter tells.</param>
/// <param name="UserId">Whose account it is about; null where that is looked up when it goes out.</param>
/// <param name="Detail">What the kind says it is; null for none.</param>
public sealed record Letter(Guid Id, MailKind Kind, string Recipient, Language Language, Guid? UserId, string? Detail)
{
    /// <summary>From where whoever brought it about asked (<see cref="Visitor.Address"/>), so that the owner can tell a stranger; null where that is not known.</summary>
    public IPAddress? Address { get; init; }
}

/// <summary>
/// Letters wait in the database, written in the transaction of what they are about: a letter goes out for everything that was done, and for nothing that
/// was not, whatever is killed on the way.
/// </summary>
public sealed class Outbox
{
    /// <summary>Parameters by <see cref="ParametersOf"/>. Nothing is added to an account without an e-mail, which is a program's.</summary>
    internal const string Insert = """
        INSERT INTO mails (mail_id, kind, recipient, language, user_id, detail, address, due_at, expires_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE $3 <> ''
        """;

    /// <summary>The same for a letter that may wait already, and to an account that there is; otherwise nothing is added, by as many statements.</summary>
    internal const string InsertOnce = """
        INSERT INTO mails (mail_id, kind, recipient, language, user_id, detail, address, due_at, expires_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE $3 <> '' AND EXISTS (SELECT FROM accounts WHERE user_id = $5)
        ON CONFLICT (mail_id) DO NOTHING
        """;

    private readonly Signal bell = new();

    /// <param name="parameters">Of <see cref="Insert"/>.</param>
    /// <param name="letter">To be sent.</param>
    /// <param name="now">When.</param>
    /// <param name="usefulFor">After that long it is dropped: nobody wants a code that has expired.</param>
    internal static void ParametersOf(NpgsqlParameterCollection parameters, Letter letter, DateTime now, TimeSpan usefulFor) =>
        parameters.With(letter.Id).With((short)letter.Kind).With(letter.Recipient).With((short)letter.Language).WithId(letter.UserId).WithText(letter.Detail)
            .WithText((letter.Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : letter.Address)?.ToString()).With(now).With(now + usefulFor);

    /// <summary>Adds a letter to the transaction of the connection. <see cref="Ring"/> once it is committed.</summary>
    internal static async Task AddAsync(NpgsqlConnection connection, Letter letter, DateTime now, TimeSpan usefulFor)
    {
        await using var command = new NpgsqlCommand(Insert, connection);
        ParametersOf(command.Parameters, letter, now, usefulFor);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Lets the sender of this server know that there is something to send; others look from time to time.</summary>
    public void Ring() => bell.Set();

    /// <summary>Waits for <see cref="Ring"/>, but no longer than that.</summary>
    public Task WaitAsync(TimeSpan longest, CancellationToken cancellation) => bell.WaitAsync(longest, cancellation);
}
