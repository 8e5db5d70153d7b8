using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>How far a login has come.</summary>
public abstract record Login
{
    private Login()
    {
    }

    /// <summary>A session has begun.</summary>
    public sealed record Done(Tokens Tokens) : Login;

    /// <summary>A code is wanted, and there is neither a session nor a token of one before it has come.</summary>
    /// <param name="MfaToken">With which the code is shown.</param>
    /// <param name="ExpiresInSeconds">How long that is taken.</param>
    /// <param name="Methods">Where codes may come from.</param>
    public sealed record Waits(string MfaToken, int ExpiresInSeconds, IReadOnlyList<CodeMethod> Methods) : Login;
}

/// <summary>
/// Logins step by step: a password or a code by mail, then whatever second factor the account has. Between two steps there is a token that is good for
/// one account, ten minutes and five codes; whatever a step uses up, it uses up in the transaction in which the session begins.
/// </summary>
public sealed class Logins
{
    private static readonly TimeSpan CodesLast = TimeSpan.FromMinutes(Limits.CodeMinutes);
    private static readonly SecretPurpose[] Purposes = [SecretPurpose.SecondFactor, SecretPurpose.CodeLogin];

    private readonly Database database;
    private readonly SessionStore sessions;
    private readonly OneTimeSecrets secrets;
    private readonly CodeCheck codes;
    private readonly SecretLimits limits;
    private readonly LetterCount letters;
    private readonly Outbox outbox;
    private readonly TimeProvider time;
    private readonly bool isCodeLoginOffered;
    private readonly Action<SecurityEvent, Guid?, IPAddress?> report;

    internal Logins(
        Database database, SessionStore sessions, OneTimeSecrets secrets, CodeCheck codes, SecretLimits limits, LetterCount letters, Outbox outbox, TimeProvider time, bool isCodeLoginOffered,
        Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        this.database = database;
        this.sessions = sessions;
        this.secrets = secrets;
        this.codes = codes;
        this.limits = limits;
        this.letters = letters;
        this.outbox = outbox;
        this.time = time;
        this.isCodeLoginOffered = isCodeLoginOffered;
        this.report = report;
    }

    /// <summary>Begins with a password. Where codes by mail are the only second factor, one is sent.</summary>
    public async Task<Result<Answered<Login>>> BeginAsync(string email, string password, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var verified = await sessions.VerifyAsync(email, password, visitor, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        var account = verified.Value;
        if (!account.HasSecondFactor)
        {
            return AsLogin(await sessions.BeginAsync(account, visitor, key, _ => Task.FromResult(true), cancellation));
        }
        if (account is { HasTotp: false, HasEmailFactor: true })
        {
            // A repeat sends nothing, and is answered as the first was.
            if (key is not null && await RecallAsync(account, key, cancellation) is { } replay)
            {
                return replay;
            }
            if (await letters.CountLetterAsync(account.Id, cancellation) is { } refused)
            {
                return refused;
            }
        }
        return await AskAsync(account, isMailShown: false, visitor, key, _ => Task.FromResult(true), cancellation) ?? new Error(ErrorCode.Busy);
    }

    /// <summary>
    /// Begins with an e-mail alone: a code is sent there. For an e-mail that nobody has, the same is done and the same answered, and no letter goes out.
    /// </summary>
    public async Task<Result<CodeSent>> BeginWithCodeAsync(string email, Visitor visitor, CancellationToken cancellation)
    {
        if (!isCodeLoginOffered)
        {
            return ErrorCode.NotOffered;
        }
        if (!AccountEdit.IsEmail(email))
        {
            return Error.Invalid(Field.Email, Text.Characters(email) > Limits.EmailCharacters ? FieldFault.TooLong : FieldFault.NotAnEmail, Limits.EmailCharacters);
        }
        if (await letters.CountLetterAsync(email, cancellation) is { } refused)
        {
            return refused;
        }
        // Whoever registers somebody else's e-mail must not have them sign in to an account that is not theirs alone: only an e-mail that was verified opens one.
        var account = await AccountStore.FindByEmailAsync(database, email, cancellation) is ({ IsEmailVerified: true, SuspendedAt: null } known, _) ? known : null;
        var now = time.NowUtc();
        var id = Ids.New(now);
        await using (var connection = await database.OpenAsync(CancellationToken.None))
        await using (var transaction = await connection.BeginTransactionAsync(CancellationToken.None))
        {
            await connection.ExecuteAsync(
                OneTimeSecrets.Insert,
                parameters => secrets.ParametersOf(parameters, SecretPurpose.CodeLogin, id, account?.Id, account?.Credentials ?? 0, account?.Email ?? email, now + CodesLast));
            await AddLetterAsync(connection, new Letter(id, MailKind.LoginCode, account?.Email ?? email, visitor.Language, account?.Id ?? Guid.Empty, null) { Address = visitor.Address }, now);
            await transaction.CommitAsync(CancellationToken.None);
        }
        outbox.Ring();
        return new CodeSent(secrets.TokenOf(SecretPurpose.CodeLogin, id), (int)CodesLast.TotalSeconds);
    }

    /// <summary>Sends the code of a login whose password was right once more, where codes by mail are a second factor of the account.</summary>
    public async Task<Result<bool>> SendAsync(string mfaToken, Visitor visitor, CancellationToken cancellation)
    {
        if (await OneTimeSecrets.FindAsync(database, SecretPurpose.SecondFactor, mfaToken, time.NowUtc(), cancellation) is not { Email: null } secret
            || await AccountStore.FindAsync(database, secret.UserId, cancellation) is not { } account)
        {
            return ErrorCode.MfaTokenInvalid;
        }
        if (!account.HasEmailFactor)
        {
            return ErrorCode.NoSuchFactor;
        }
        if (await letters.CountLetterAsync(account.Id, cancellation) is { } refused)
        {
            return refused;
        }
        await using (var connection = await database.OpenAsync(CancellationToken.None))
        {
            await AddLetterAsync(connection, CodeLetter(secret.Id, account, visitor), time.NowUtc());
        }
        outbox.Ring();
        return true;
    }

    /// <summary>
    /// Shows the code of a login that waits. The account's second factor may still be wanted after a code that came by mail to a login without a password:
    /// letters are one factor, however many come.
    /// </summary>
    public async Task<Result<Answered<Login>>> FinishAsync(string mfaToken, string code, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var bound = key is null ? null : secrets.Bind(key, code);
        if (await OneTimeSecrets.AttemptAsync(database, Purposes, mfaToken, now, cancellation) is not { } attempt)
        {
            return bound is null ? ErrorCode.MfaTokenInvalid : await ReplayAsync(mfaToken, visitor, bound, cancellation) ?? new Error(ErrorCode.MfaTokenInvalid);
        }
        var account = await AccountStore.FindAsync(database, attempt.UserId ?? Guid.Empty, cancellation);
        var right = await codes.VerifyAsync(LockOf(attempt, account), code, visitor, cancellation);
        if (!right.IsOk)
        {
            // The very same request may have used the code up a moment ago.
            return right.Error.Code == ErrorCode.CodeWrong && account is not null && bound is not null && await RecallAllAsync(account, bound, cancellation) is { IsOk: true } twin ? twin : right.Error;
        }
        var refusal = ErrorCode.MfaTokenInvalid;
        var isMailShown = attempt.Purpose == SecretPurpose.CodeLogin;
        var owner = right.Value.Account;
        var login = isMailShown && owner.HasSecondFactor
            ? await AskAsync(owner, isMailShown, visitor, bound, ConsumeAsync, cancellation) ?? new Error(refusal)
            : AsLogin(await sessions.BeginAsync(owner, visitor, bound, ConsumeAsync, cancellation));
        if (!login.IsOk)
        {
            return login.Error.Code == ErrorCode.WrongCredentials ? refusal : login.Error;
        }
        await codes.SucceededAsync(right.Value, visitor.Address, hasShownAll: login.Value.Value is Login.Done, cancellation);
        if (right.Value.Method == CodeMethod.RecoveryCode)
        {
            outbox.Ring();
        }
        return login;

        // The account's row comes first in every transaction that locks it and a secret of it.
        async Task<bool> ConsumeAsync(NpgsqlConnection connection)
        {
            if (!await right.Value.ConsumeAsync(connection))
            {
                refusal = ErrorCode.CodeWrong;
                return false;
            }
            return await OneTimeSecrets.TryConsumeAsync(connection, attempt.Purpose, mfaToken, now);
        }
    }

    private static CodeLock LockOf(CodeAttempt attempt, Account? account) => new(
        account?.Id, account?.Email ?? attempt.Email ?? "", attempt.Credentials,
        // Whoever has begun with a code by mail has shown the mailbox, and shows something else now.
        attempt.Purpose == SecretPurpose.CodeLogin || (account is { HasEmailFactor: true } && attempt.Email is null) ? (attempt.Purpose, attempt.SecretId) : null,
        TakesFactors: attempt.Purpose == SecretPurpose.SecondFactor);

    /// <summary>
    /// Asks for the second factor: makes the secret that waits for it, and sends its code where that is all there is. Null when what it hangs on is no
    /// longer so.
    /// </summary>
    private async Task<Result<Answered<Login>>?> AskAsync(
        Account account, bool isMailShown, Visitor visitor, IdempotencyKey? key, Func<NpgsqlConnection, Task<bool>> consumeAsync, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var id = Ids.New(now);
        var isSent = account is { HasTotp: false, HasEmailFactor: true } && !isMailShown;
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, key, new JsonObject { ["mfa_id"] = id, ["mail_shown"] = isMailShown }.ToJsonString(), now,
            async connection =>
            {
                if (!await consumeAsync(connection))
                {
                    return false;
                }
                await connection.ExecuteAsync(
                    OneTimeSecrets.Insert,
                    parameters => secrets.ParametersOf(parameters, SecretPurpose.SecondFactor, id, account.Id, account.Credentials, isMailShown ? account.Email : null, now + CodesLast));
                if (isSent)
                {
                    await AddLetterAsync(connection, CodeLetter(id, account, visitor), now);
                }
                return true;
            });
        switch (outcome)
        {
            case StepOutcome.Done:
                report(SecurityEvent.SecondFactorAsked, account.Id, visitor.Address);
                outbox.Ring();
                return new Answered<Login>(WaitsFor(account, id, isMailShown), IsReplay: false);
            case StepOutcome.KeyKnown:
                // What it remembers may be the tokens of a login before there was a second factor: they are not given without it.
                return await RecallAsync(account, key!, cancellation) ?? new Error(ErrorCode.IdempotencyMismatch);
            case StepOutcome.KeyInFlight:
                return (Result<Answered<Login>>)ErrorCode.IdempotencyInFlight;
            default:
                return null;
        }
    }

    /// <summary>
    /// A repeat of a request whose token is used up: the very same request, code included, is answered as it was. A code is looked at for that, so it is
    /// counted like any other.
    /// </summary>
    private async Task<Result<Answered<Login>>?> ReplayAsync(string mfaToken, Visitor visitor, IdempotencyKey bound, CancellationToken cancellation)
    {
        if (await OneTimeSecrets.RecallAsync(database, mfaToken, cancellation) is not { UserId: { } userId } || await AccountStore.FindAsync(database, userId, cancellation) is not { } account)
        {
            return null;
        }
        var (counted, refused) = await limits.CountCodeAsync(account.Id, AccountEdit.EmailKey(account.Email), visitor.Address, cancellation);
        if (refused is not null)
        {
            return new Error(ErrorCode.TooManyAttempts) { Exhausted = refused };
        }
        var replay = await RecallAllAsync(account, bound, cancellation);
        if (replay?.IsOk == true)
        {
            await limits.GiveBackAsync(counted, succeeded: false, cancellation);
        }
        return replay;
    }

    /// <summary>What a key remembers, whatever came of its login; null when it is unknown.</summary>
    private async Task<Result<Answered<Login>>?> RecallAllAsync(Account account, IdempotencyKey key, CancellationToken cancellation) =>
        await RecallAsync(account, key, cancellation) ?? AsLogin(await sessions.ReplayAsync(account, key, cancellation));

    /// <summary>What a key remembers of a login that was asked for its second factor; null when it is unknown, or remembers tokens.</summary>
    private async Task<Result<Answered<Login>>?> RecallAsync(Account account, IdempotencyKey key, CancellationToken cancellation)
    {
        if (await Idempotency.FindAsync(database, account.WorkspaceId, account.Id, key, cancellation) is not { } done)
        {
            return null;
        }
        if (!done.IsSameRequest(key) || done.Outcome is null)
        {
            return (Result<Answered<Login>>)ErrorCode.IdempotencyMismatch;
        }
        var outcome = JsonNode.Parse(done.Outcome)!.AsObject();
        if (outcome["mfa_id"] is not { } id)
        {
            return null;
        }
        return new Answered<Login>(WaitsFor(account, (Guid)id, (bool)outcome["mail_shown"]!), IsReplay: true);
    }

    private Login.Waits WaitsFor(Account account, Guid id, bool isMailShown)
    {
        List<CodeMethod> methods = [];
        if (account.HasTotp)
        {
            methods.Add(CodeMethod.Totp);
        }
        if (account.HasEmailFactor && !isMailShown)
        {
            methods.Add(CodeMethod.Email);
        }
        methods.Add(CodeMethod.RecoveryCode);
        return new Login.Waits(secrets.TokenOf(SecretPurpose.SecondFactor, id), (int)CodesLast.TotalSeconds, methods);
    }

    private static Letter CodeLetter(Guid secretId, Account account, Visitor visitor) =>
        new(secretId, MailKind.SecondFactorCode, account.Email, visitor.Language, account.Id, null) { Address = visitor.Address };

    /// <summary>
    /// Adds a letter to an account that there is, if it does not wait already. One statement, whether there is the account or not: it takes as long.
    /// </summary>
    private static Task<int> AddLetterAsync(NpgsqlConnection connection, Letter letter, DateTime now) =>
        connection.ExecuteAsync(Outbox.InsertOnce, parameters => Outbox.ParametersOf(parameters, letter, now, CodesLast));

    private static Result<Answered<Login>> AsLogin(Result<Answered<Tokens>> begun) =>
        begun.IsOk ? new Answered<Login>(new Login.Done(begun.Value.Value), begun.Value.IsReplay) : begun.Error;

    private static Result<Answered<Login>>? AsLogin(Result<Answered<Tokens>>? replayed) => replayed is { } known ? AsLogin(known) : (Result<Answered<Login>>?)null;
}
