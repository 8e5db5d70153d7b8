using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>
/// The e-mail of an account: another one, which takes effect when a letter to it has come back, and the proof that the one it has is its owner's. The old
/// address is told when another is asked for, and when it is there.
/// </summary>
public sealed class EmailChanges
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(Limits.LinkMinutes);

    private readonly Database database;
    private readonly PasswordCheck check;
    private readonly AccountStore accounts;
    private readonly OneTimeSecrets secrets;
    private readonly LetterCount letters;
    private readonly Outbox outbox;
    private readonly Confirmations confirmations;
    private readonly EmailVerification emailVerification;
    private readonly TimeProvider time;
    private readonly Action<SecurityEvent, Guid?, IPAddress?> report;

    internal EmailChanges(
        Database database, PasswordCheck check, AccountStore accounts, OneTimeSecrets secrets, LetterCount letters, Outbox outbox, EmailVerification emailVerification,
        TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        this.database = database;
        this.check = check;
        this.accounts = accounts;
        this.secrets = secrets;
        this.letters = letters;
        this.outbox = outbox;
        this.emailVerification = emailVerification;
        this.time = time;
        this.report = report;
        confirmations = new Confirmations(database, outbox, time, report);
    }

    /// <summary>
    /// Asks for another e-mail, for whoever knows the password: a letter goes to the new address, which is the account's when that has come back, and one to the old.
    /// An e-mail that is another account's is refused at once, as at a registration.
    /// </summary>
    public async Task<Result<Answered<bool>>> AskAsync(
        Caller caller, string currentPassword, string email, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (AccountEdit.CheckEmail(email) is { } fault)
        {
            return Error.Invalid([fault]);
        }
        var found = await accounts.GetAsync(caller, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        if (key is not null && await ReplayAsync(caller, email, key, cancellation) is { } done)
        {
            return done;
        }
        var verified = await check.VerifyAsync(found.Value.Account.Email, currentPassword, visitor.Address, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        var account = verified.Value;
        if (account.HasEmailFactor)
        {
            return Error.Invalid(Field.Email, FieldFault.MailboxIsFactor);
        }
        if ((await letters.CountLetterAsync(caller.UserId, cancellation) ?? await letters.CountLetterAsync(email, cancellation)) is { } refused)
        {
            return refused;
        }
        // One's own may be written otherwise than it was, in capitals, say.
        if (await AccountStore.FindByEmailAsync(database, email, cancellation) is var (owner, _) && (owner.Id != caller.UserId || owner.Email == email))
        {
            return ErrorCode.EmailTaken;
        }
        var now = time.NowUtc();
        var letter = new Letter(Ids.New(now), MailKind.EmailChange, email, visitor.Language, caller.UserId, Detail: null) { Address = visitor.Address };
        var outcome = await AccountStep.RunAsync(
            database, caller.WorkspaceId, caller.UserId, key, new JsonObject { ["email"] = email }.ToJsonString(), now,
            async connection =>
            {
                if (!await connection.FindsAsync(
                    """
                    SELECT 1 FROM sessions s JOIN accounts a ON a.user_id = s.user_id
                     WHERE s.session_id = $1 AND s.ended_at IS NULL AND a.user_id = $2 AND a.credentials = $3 FOR NO KEY UPDATE OF a
                    """,
                    parameters => parameters.With(caller.SessionId).With(account.Id).With(account.Credentials)))
                {
                    return false;
                }
                // The last that was asked for is the one: a typing error before it must not win. The account's row is held, so that each of many at once finds those
                // before it.
                await connection.ExecuteAsync(
                    $"UPDATE one_time_secrets SET used_at = $2 WHERE user_id = $1 AND purpose = {(short)SecretPurpose.EmailChange} AND used_at IS NULL",
                    parameters => parameters.With(account.Id).With(now));
                await connection.ExecuteAsync(
                    OneTimeSecrets.Insert, parameters => secrets.ParametersOf(parameters, SecretPurpose.EmailChange, letter.Id, account.Id, account.Credentials, email, now + GoodFor));
                await Outbox.AddAsync(connection, letter, now, GoodFor);
                await Confirmations.TellAsync(connection, MailKind.EmailChangeAsked, account, detail: email, visitor, now);
                return true;
            });
        switch (outcome)
        {
            case StepOutcome.Done:
                outbox.Ring();
                report(SecurityEvent.EmailChangeAsked, caller.UserId, visitor.Address);
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown:
                return await ReplayAsync(caller, email, key!, cancellation) ?? new Error(ErrorCode.Busy);
            default:
                // The password that was right has been changed since, or the session has ended.
                return await Workspaces.Access.IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.WrongCredentials : ErrorCode.SessionEnded;
        }
    }

    /// <summary>
    /// Gives the account the e-mail that the token was sent to, once. Where another account has come to have it meanwhile, which the index that makes e-mails unique
    /// says, nothing is done, and the token is as good as before.
    /// </summary>
    public async Task<Result<Answered<bool>>> ConfirmAsync(string token, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        try
        {
            return Done(await confirmations.ConfirmAsync(
                SecretPurpose.EmailChange, token, visitor, key, SecurityEvent.EmailChanged,
                async (connection, secret, account, now) =>
                {
                    var email = secret.Email!;
                    if (await connection.ExecuteAsync(
                        """
                        UPDATE accounts SET email = $3, email_key = $4, email_verified_at = $5, credentials = credentials + 1, version = version + 1, updated_at = greatest(updated_at, $5)
                         WHERE user_id = $1 AND credentials = $2
                        """,
                        parameters => parameters.With(account.Id).With(secret.Credentials).With(email).With(AccountEdit.EmailKey(email)).With(now)) != 1)
                    {
                        return false;
                    }
                    await AccountStore.IndexAsync(connection, account.Id);
                    await connection.ExecuteAsync(OneTimeSecrets.ConsumeAll, parameters => parameters.With(account.Id).With(now));
                    await connection.RecordAsync(account.Id, "account.email_changed", now, visitor.RequestId);
                    await Confirmations.TellAsync(connection, MailKind.EmailChanged, account, detail: email, visitor, now);
                    return true;
                },
                cancellation));
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "accounts" })
        {
            return ErrorCode.EmailTaken;
        }
    }

    /// <summary>
    /// Has another letter sent that asks whether an e-mail is its owner's. The same is done for every e-mail, unknown and verified ones included: where there is nobody
    /// to ask, the secret is nobody's, and whoever sends letters throws that one away.
    /// </summary>
    /// <returns>The refusal; null when it is done.</returns>
    public async Task<Error?> AskForVerificationAsync(string email, Visitor visitor, CancellationToken cancellation)
    {
        if (emailVerification == EmailVerification.Off)
        {
            return new Error(ErrorCode.NotOffered);
        }
        if (AccountEdit.CheckEmail(email) is { } fault)
        {
            return Error.Invalid([fault]);
        }
        if (await letters.CountLetterAsync(email, cancellation) is { } refused)
        {
            return refused;
        }
        var account = await AccountStore.FindByEmailAsync(database, email, cancellation) is ({ IsEmailVerified: false, SuspendedAt: null, DeletionDueAt: null } found, _) ? found : null;
        var now = time.NowUtc();
        var letter = new Letter(Ids.New(now), MailKind.EmailVerification, account?.Email ?? email, visitor.Language, account?.Id, Detail: null) { Address = visitor.Address };
        await AccountStep.RunAsync(
            database, Guid.Empty, Guid.Empty, key: null, outcome: null, now,
            async connection =>
            {
                await connection.ExecuteAsync(
                    OneTimeSecrets.Insert,
                    parameters => secrets.ParametersOf(
                        parameters, SecretPurpose.EmailVerification, letter.Id, account?.Id, account?.Credentials ?? 0, account?.Email, now + GoodFor));
                await Outbox.AddAsync(connection, letter, now, GoodFor);
                return true;
            });
        outbox.Ring();
        return null;
    }

    /// <summary>Takes the e-mail of the account for its owner's, once the token that was sent there has come back. One that is taken for it already stays so.</summary>
    public async Task<Result<Answered<bool>>> VerifyAsync(string token, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation) =>
        Done(await confirmations.ConfirmAsync(
            SecretPurpose.EmailVerification, token, visitor, key, SecurityEvent.EmailVerified,
            async (connection, secret, account, now) =>
            {
                if (await connection.ExecuteAsync(
                    """
                    UPDATE accounts SET email_verified_at = $3, version = version + 1, updated_at = greatest(updated_at, $3)
                     WHERE user_id = $1 AND credentials = $2 AND email_verified_at IS NULL
                    """,
                    parameters => parameters.With(account.Id).With(secret.Credentials).With(now)) == 1)
                {
                    await connection.RecordAsync(account.Id, "account.email_verified", now, visitor.RequestId);
                }
                return true;
            },
            cancellation));

    private static Result<Answered<bool>> Done(Result<Answered<Account>> confirmed) =>
        confirmed.IsOk ? new Answered<bool>(true, confirmed.Value.IsReplay) : confirmed.Error;

    private async Task<Result<Answered<bool>>?> ReplayAsync(Caller caller, string email, IdempotencyKey key, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, caller, key, cancellation);
        return found switch
        {
            { Error: { } error } => error,
            { Value: null } => null,
            { Value: var done } => done.Outcome is not null && (string?)JsonNode.Parse(done.Outcome)!["email"] == email ? new Answered<bool>(true, IsReplay: true) : ErrorCode.IdempotencyMismatch,
        };
    }
}
