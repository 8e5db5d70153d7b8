using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Administration;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <param name="TotpSince">Since when an authenticator is a second factor; null when it is none.</param>
/// <param name="EmailSince">The same of codes by mail.</param>
/// <param name="RecoveryCodesLeft">How many have not been used.</param>
public sealed record Factors(DateTime? TotpSince, DateTime? EmailSince, int RecoveryCodesLeft);

/// <summary>What an authenticator is told once, and is never shown again.</summary>
/// <param name="Secret">Base 32, for typing.</param>
/// <param name="Uri">For a QR code.</param>
public sealed record TotpSetup(string Secret, string Uri);

/// <param name="MfaToken">With which the code is shown.</param>
/// <param name="ExpiresInSeconds">How long that is taken.</param>
public sealed record CodeSent(string MfaToken, int ExpiresInSeconds);

/// <summary>
/// The second factors of an account. Every change wants the password anew and is one conditional statement on the account's row, which raises its
/// credentials: logins under way begin anew, and sessions go on (docs/decisions/0030). The owner is told by letter.
/// </summary>
public sealed class SecondFactors
{
    private static readonly TimeSpan CodesLast = TimeSpan.FromMinutes(Limits.CodeMinutes);

    /// <summary>Of a change that makes older proofs worthless. The account is $1, the credentials that were shown $2, now $3, the caller's session $4.</summary>
    private const string Change = "UPDATE accounts a SET credentials = a.credentials + 1, version = a.version + 1, updated_at = greatest(a.updated_at, $3)";

    /// <summary>The account as it was shown, in a session that is open.</summary>
    private const string OfCaller =
        "FROM sessions s WHERE a.user_id = $1 AND a.credentials = $2 AND s.session_id = $4 AND s.user_id = a.user_id AND s.ended_at IS NULL";

    private readonly Database database;
    private readonly AccountStore accounts;
    private readonly PasswordCheck check;
    private readonly OneTimeSecrets secrets;
    private readonly RecoveryCodes recoveryCodes;
    private readonly TotpSecrets totpSecrets;
    private readonly CodeCheck codes;
    private readonly SecretLimits limits;
    private readonly LetterCount letters;
    private readonly Outbox outbox;
    private readonly TimeProvider time;
    private readonly Action<SecurityEvent, Guid?, IPAddress?> report;

    internal SecondFactors(
        Database database, AccountStore accounts, PasswordCheck check, OneTimeSecrets secrets, RecoveryCodes recoveryCodes, TotpSecrets totpSecrets, CodeCheck codes,
        SecretLimits limits, LetterCount letters, Outbox outbox, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        this.database = database;
        this.accounts = accounts;
        this.check = check;
        this.secrets = secrets;
        this.recoveryCodes = recoveryCodes;
        this.totpSecrets = totpSecrets;
        this.codes = codes;
        this.limits = limits;
        this.letters = letters;
        this.outbox = outbox;
        this.time = time;
        this.report = report;
    }

    /// <summary>What the caller has.</summary>
    public async Task<Result<(Factors Factors, AccountView Account)>> GetAsync(Caller caller, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT {AccountStore.Columns}, a.totp_confirmed_at, a.email_factor_at, (SELECT count(*) FROM recovery_codes c WHERE c.user_id = a.user_id AND c.used_at IS NULL)
              FROM sessions s JOIN accounts a ON a.user_id = s.user_id WHERE s.session_id = $1 AND s.ended_at IS NULL
            """);
        command.Parameters.With(caller.SessionId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
        {
            return ErrorCode.SessionEnded;
        }
        const int first = AccountStore.ColumnCount;
        return (new Factors(TimeAt(first), TimeAt(first + 1), (int)reader.GetInt64(first + 2)), accounts.View(AccountStore.Read(reader)));

        DateTime? TimeAt(int column) => reader.IsDBNull(column) ? null : reader.GetDateTime(column);
    }

    /// <summary>Begins with an authenticator: gives the secret that it is to know. It is no factor before a code of it has come back; beginning again makes another.</summary>
    public async Task<Result<Answered<TotpSetup>>> BeginTotpAsync(Caller caller, string password, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var verified = await VerifyAsync(caller, password, visitor, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        var account = verified.Value;
        var secret = Totp.NewSecret();
        var closed = totpSecrets.Close(account.Id, secret);
        var now = time.NowUtc();
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, key, new JsonObject { ["totp"] = closed }.ToJsonString(), now,
            async connection => await connection.ExecuteAsync(
                $"""
                UPDATE accounts a SET totp_secret = $5, totp_step = 0, version = a.version + 1, updated_at = greatest(a.updated_at, $3)
                {OfCaller} AND a.totp_confirmed_at IS NULL
                """,
                parameters => OfCallerParameters(parameters, account, caller, now).With(closed)) == 1 && await connection.RecordAsync(account.Id, "account.totp_begun", now, caller.RequestId) == 1);
        switch (outcome)
        {
            case StepOutcome.Done:
                return new Answered<TotpSetup>(SetupOf(account, secret), IsReplay: false);
            case StepOutcome.KeyKnown:
                return await RecallAsync(caller, key!, cancellation) switch
                {
                    // The secret is shown as long as it is still being set up.
                    { Error: { } error } => error,
                    { Value: { } done } when (string?)done["totp"] is { } begun && begun == await PendingTotpAsync(account.Id, cancellation)
                        && totpSecrets.Open(account.Id, begun) is { } again => new Answered<TotpSetup>(SetupOf(account, again), IsReplay: true),
                    _ => account.HasTotp ? ErrorCode.AlreadySo : ErrorCode.NoSuchFactor,
                };
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            default:
                return await ExplainAsync(caller, now => now.HasTotp ? ErrorCode.AlreadySo : null, cancellation);
        }
    }

    /// <summary>Makes the authenticator a factor, with a code of it. Gives recovery codes when the account has none left, and otherwise none.</summary>
    public async Task<Result<Answered<IReadOnlyList<string>>>> ConfirmTotpAsync(Caller caller, string code, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var found = await accounts.GetAsync(caller, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        var account = found.Value.Account;
        var bound = key is null ? null : secrets.Bind(key, code);
        var pending = account.HasTotp ? null : await PendingTotpAsync(account.Id, cancellation);
        var (counted, refused) = await limits.CountCodeAsync(account.Id, AccountEdit.EmailKey(account.Email), visitor.Address, cancellation);
        if (refused is not null)
        {
            report(SecurityEvent.SecondFactorLimited, account.Id, visitor.Address);
            return new Error(ErrorCode.TooManyAttempts) { Exhausted = refused };
        }
        if (pending is null || totpSecrets.Open(account.Id, pending) is not { } secret)
        {
            // A repeat finds it done already; whether it is one, its code says as well.
            var replay = bound is null ? null : await ReplayCodesAsync(caller, bound, cancellation);
            await limits.GiveBackAsync(counted, succeeded: false, cancellation);
            return replay ?? await ExplainAsync(caller, now => now.HasTotp ? ErrorCode.AlreadySo : ErrorCode.NoSuchFactor, cancellation);
        }
        var now = time.NowUtc();
        if (Totp.Find(secret, string.Concat(code.Where(character => character is not (' ' or '-'))), now) is not { } step)
        {
            report(SecurityEvent.SecondFactorFailed, account.Id, visitor.Address);
            return ErrorCode.CodeWrong;
        }
        return await AddAsync(
            caller, account, "totp", visitor, bound, now, counted,
            async connection => await connection.ExecuteAsync(
                $"{Change}, totp_confirmed_at = $3, totp_step = $6 {OfCaller} AND a.totp_confirmed_at IS NULL AND a.totp_secret = $5",
                parameters => OfCallerParameters(parameters, account, caller, now).With(pending).With(step)) == 1,
            cancellation);
    }

    /// <summary>Takes the authenticator away, with the password and a code. The last factor takes the recovery codes with it.</summary>
    public Task<Result<Answered<bool>>> RemoveTotpAsync(
        Caller caller, string password, string code, string? mfaToken, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation) =>
        RemoveAsync(
            caller, password, code, mfaToken, "totp", account => account.HasTotp, "totp_secret = NULL, totp_confirmed_at = NULL, totp_step = 0", "a.totp_confirmed_at IS NOT NULL", visitor, key, cancellation);

    /// <summary>Begins with codes by mail: sends one. They are no factor before it has come back.</summary>
    public async Task<Result<CodeSent>> BeginEmailAsync(Caller caller, string password, Visitor visitor, CancellationToken cancellation)
    {
        var verified = await VerifyAsync(caller, password, visitor, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        var account = verified.Value;
        if (account.HasEmailFactor)
        {
            return ErrorCode.AlreadySo;
        }
        if (await letters.CountLetterAsync(account.Id, cancellation) is { } refused)
        {
            return refused;
        }
        var now = time.NowUtc();
        var id = Ids.New(now);
        await using (var connection = await database.OpenAsync(CancellationToken.None))
        await using (var transaction = await connection.BeginTransactionAsync(CancellationToken.None))
        {
            await connection.ExecuteAsync(
                OneTimeSecrets.Insert,
                parameters => secrets.ParametersOf(parameters, SecretPurpose.EmailFactor, id, account.Id, account.Credentials, account.Email, now + CodesLast));
            await Outbox.AddAsync(
                connection, new Letter(id, MailKind.EmailFactorCode, account.Email, visitor.Language, account.Id, null) { Address = visitor.Address }, now, CodesLast);
            await transaction.CommitAsync(CancellationToken.None);
        }
        outbox.Ring();
        return new CodeSent(secrets.TokenOf(SecretPurpose.EmailFactor, id), (int)CodesLast.TotalSeconds);
    }

    /// <summary>Makes codes by mail a factor, with the one that was sent. Gives recovery codes when the account has none left, and otherwise none.</summary>
    public async Task<Result<Answered<IReadOnlyList<string>>>> ConfirmEmailAsync(
        Caller caller, string mfaToken, string code, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var found = await accounts.GetAsync(caller, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        var account = found.Value.Account;
        var bound = key is null ? null : secrets.Bind(key, code);
        var now = time.NowUtc();
        if (await OneTimeSecrets.AttemptAsync(database, [SecretPurpose.EmailFactor], mfaToken, now, cancellation) is not { } attempt || attempt.UserId != account.Id)
        {
            return (bound is null ? null : await ReplayCodesAsync(caller, bound, cancellation)) ?? ErrorCode.MfaTokenInvalid;
        }
        var right = await codes.VerifyAsync(
            new CodeLock(account.Id, account.Email, attempt.Credentials, (SecretPurpose.EmailFactor, attempt.SecretId), TakesFactors: false), code, visitor, cancellation);
        if (!right.IsOk)
        {
            return right.Error;
        }
        return await AddAsync(
            caller, account, "email", visitor, bound, now, right.Value.Counted,
            async connection => await connection.ExecuteAsync(
                    $"{Change}, email_factor_at = $3 {OfCaller} AND a.email_factor_at IS NULL", parameters => OfCallerParameters(parameters, account, caller, now)) == 1
                && await connection.ExecuteAsync(
                    "UPDATE one_time_secrets SET used_at = $2 WHERE secret_id = $1 AND used_at IS NULL", parameters => parameters.With(attempt.SecretId).With(now)) == 1,
            cancellation);
    }

    /// <summary>Has codes by mail be no factor any more, with the password and a code of any factor. The last factor takes the recovery codes with it.</summary>
    public Task<Result<Answered<bool>>> RemoveEmailAsync(
        Caller caller, string password, string code, string? mfaToken, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation) =>
        RemoveAsync(caller, password, code, mfaToken, "email", account => account.HasEmailFactor, "email_factor_at = NULL", "a.email_factor_at IS NOT NULL", visitor, key, cancellation);

    /// <summary>
    /// Ten new recovery codes; those before are worth nothing from then on. They open what a factor opens, so a code of one is wanted for them.
    /// </summary>
    public async Task<Result<Answered<IReadOnlyList<string>>>> MakeRecoveryCodesAsync(
        Caller caller, string password, string code, string? mfaToken, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var verified = await VerifyAsync(caller, password, visitor, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        var account = verified.Value;
        if (!account.HasSecondFactor)
        {
            return ErrorCode.NoSuchFactor;
        }
        var bound = key is null ? null : secrets.Bind(key, code);
        var right = await ProveAsync(account, code, mfaToken, visitor, cancellation);
        if (!right.IsOk)
        {
            // The very same request may have used the code up a moment ago.
            return right.Error.Code is ErrorCode.CodeWrong or ErrorCode.MfaTokenInvalid && bound is not null && await ReplayCodesAsync(caller, bound, cancellation) is { IsOk: true } twin ? twin : right.Error;
        }
        var now = time.NowUtc();
        var making = Ids.New(now);
        var refusal = ErrorCode.CodeWrong;
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, bound, new JsonObject { ["recovery_codes"] = making }.ToJsonString(), now,
            async connection =>
            {
                if (!await ConsumeProofAsync(connection, right.Value, mfaToken, now))
                {
                    return false;
                }
                refusal = ErrorCode.SessionEnded;
                var isChanged = await connection.ExecuteAsync(
                    $"UPDATE accounts a SET version = a.version + 1, updated_at = greatest(a.updated_at, $3) {OfCaller}", parameters => OfCallerParameters(parameters, account, caller, now)) == 1;
                if (isChanged)
                {
                    await connection.RecordAsync(account.Id, "account.recovery_codes_made", now, caller.RequestId);
                    await recoveryCodes.ReplaceAsync(connection, account.Id, making);
                }
                return isChanged;
            });
        switch (outcome)
        {
            case StepOutcome.Done:
                await codes.SucceededAsync(right.Value, visitor.Address, hasShownAll: true, cancellation);
                report(SecurityEvent.RecoveryCodesMade, account.Id, visitor.Address);
                outbox.Ring();
                return new Answered<IReadOnlyList<string>>(recoveryCodes.Of(account.Id, making), IsReplay: false);
            case StepOutcome.KeyKnown:
                return await ReplayCodesAsync(caller, bound!, cancellation) ?? ErrorCode.Busy;
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            default:
                return refusal == ErrorCode.CodeWrong ? refusal : await ExplainAsync(caller, _ => null, cancellation);
        }
    }

    /// <summary>
    /// Takes all second factors of an account away, for whoever runs the installation and has seen for themselves who asks: the way out for those who have lost
    /// all of them. All sessions end. Null when there is no such account, false when it has none.
    /// </summary>
    public async Task<bool?> RemoveAllAsync(string email, CancellationToken cancellation)
    {
        if (await AccountStore.FindByEmailAsync(database, email, cancellation) is not var (account, _))
        {
            return null;
        }
        var now = time.NowUtc();
        await using (var connection = await database.OpenAsync(CancellationToken.None))
        await using (var transaction = await connection.BeginTransactionAsync(CancellationToken.None))
        {
            if (!await RemoveAllAsync(connection, account, actorId: null, Visitor.Operator, now))
            {
                return false;
            }
            await transaction.CommitAsync(CancellationToken.None);
        }
        outbox.Ring();
        report(SecurityEvent.SecondFactorRemoved, account.Id, null);
        report(SecurityEvent.SessionsEnded, account.Id, null);
        return true;
    }

    /// <summary>The same in the transaction of the connection, for an administrator or, where there is no actor, for whoever runs the installation; recorded in their trail.</summary>
    internal static async Task<bool> RemoveAllAsync(NpgsqlConnection connection, Account account, Guid? actorId, Visitor visitor, DateTime now)
    {
        var changed = await connection.ExecuteAsync(
            $"""
            {Change}, totp_secret = NULL, totp_confirmed_at = NULL, totp_step = 0, email_factor_at = NULL
             WHERE a.user_id = $1 AND (a.totp_confirmed_at IS NOT NULL OR a.email_factor_at IS NOT NULL) AND $2 > 0
            """,
            parameters => parameters.With(account.Id).With(account.Credentials).With(now));
        if (changed == 0)
        {
            return false;
        }
        await connection.RecordAsync(account.Id, actorId, "account.second_factors_removed", now, actorId is null ? null : visitor.RequestId);
        await RecoveryCodes.DeleteAsync(connection, account.Id);
        await connection.ExecuteAsync(SessionStore.EndAll, parameters => parameters.With(account.Id).With(now).WithId(null).With(true));
        foreach (var (had, detail) in new[] { (account.HasTotp, "totp"), (account.HasEmailFactor, "email") })
        {
            if (had)
            {
                await Outbox.AddAsync(
                    connection, new Letter(Ids.New(now), MailKind.SecondFactorRemoved, account.Email, visitor.Language, account.Id, detail), now, CodeCheck.NoticesUsefulFor);
            }
        }
        await AuditTrail.AddAsync(connection, new AdminAct(AdminActKind.FactorsReset, account.Id), actorId, visitor, now);
        return true;
    }

    /// <summary>
    /// Seals under the signing key of now what the one before has sealed, so that the one before can be forgotten. Done at the start; whatever is used
    /// meanwhile is sealed anew by its use. Gives how many were sealed anew, and how many no known key opens.
    /// </summary>
    public async Task<(int Renewed, int Lost)> SealAnewAsync(CancellationToken cancellation)
    {
        var (renewed, lost) = (0, 0);
        for (var after = Guid.Empty; ;)
        {
            var page = new List<(Guid UserId, string Sealed)>();
            await using (var command = database.Command("SELECT user_id, totp_secret FROM accounts WHERE user_id > $1 AND totp_secret IS NOT NULL ORDER BY user_id LIMIT $2"))
            {
                command.Parameters.With(after).With(Limits.JobBatchRows);
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                {
                    page.Add((reader.GetGuid(0), reader.GetString(1)));
                }
            }
            foreach (var (userId, closed) in page)
            {
                if (totpSecrets.Open(userId, closed) is not { } secret)
                {
                    lost++;
                }
                else if (totpSecrets.Close(userId, secret) is var anew && anew != closed)
                {
                    await using var command = database.Command("UPDATE accounts SET totp_secret = $3 WHERE user_id = $1 AND totp_secret = $2");
                    command.Parameters.With(userId).With(closed).With(anew);
                    renewed += await command.ExecuteNonQueryAsync(cancellation);
                }
            }
            if (page.Count < Limits.JobBatchRows)
            {
                return (renewed, lost);
            }
            after = page[^1].UserId;
        }
    }

    /// <summary>The caller's account, whose password this is.</summary>
    private async Task<Result<Account>> VerifyAsync(Caller caller, string password, Visitor visitor, CancellationToken cancellation)
    {
        var found = await accounts.GetAsync(caller, cancellation);
        return found.IsOk ? await check.VerifyAsync(found.Value.Account.Email, password, visitor.Address, cancellation) : found.Error;
    }

    /// <summary>Adds a factor by <paramref name="changeAsync"/>, which is the conditional statement; and what comes with it.</summary>
    private async Task<Result<Answered<IReadOnlyList<string>>>> AddAsync(
        Caller caller, Account account, string factor, Visitor visitor, IdempotencyKey? key, DateTime now, IReadOnlyList<Limiting.Attempt> counted,
        Func<NpgsqlConnection, Task<bool>> changeAsync, CancellationToken cancellation)
    {
        var making = Ids.New(now);
        IReadOnlyList<string> made = [];
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, key, outcome: "{}", now,
            async connection =>
            {
                if (!await changeAsync(connection))
                {
                    return false;
                }
                await connection.RecordAsync(account.Id, $"account.{factor}_added", now, caller.RequestId);
                await NotifyAsync(connection, MailKind.SecondFactorAdded, account, factor, visitor, now);
                if (await RecoveryCodes.LeftAsync(connection, account.Id) == 0)
                {
                    made = await recoveryCodes.ReplaceAsync(connection, account.Id, making);
                    if (key is not null)
                    {
                        await connection.RememberAsync(account.WorkspaceId, account.Id, key, new JsonObject { ["recovery_codes"] = making }.ToJsonString());
                    }
                }
                return true;
            });
        switch (outcome)
        {
            case StepOutcome.Done:
                await limits.GiveBackAsync(counted, succeeded: true, cancellation);
                report(SecurityEvent.SecondFactorAdded, account.Id, visitor.Address);
                if (made.Count > 0)
                {
                    report(SecurityEvent.RecoveryCodesMade, account.Id, visitor.Address);
                }
                outbox.Ring();
                return new Answered<IReadOnlyList<string>>(made, IsReplay: false);
            case StepOutcome.KeyKnown:
                return await ReplayCodesAsync(caller, key!, cancellation) ?? ErrorCode.Busy;
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            default:
                return await ExplainAsync(caller, now => (factor == "totp" ? now.HasTotp : now.HasEmailFactor) ? ErrorCode.AlreadySo : null, cancellation);
        }
    }

    /// <summary>A code of any factor of the account: of an authenticator, a recovery code, or one that was mailed for a login that waits, with its token.</summary>
    internal async Task<Result<RightCode>> ProveAsync(Account account, string code, string? mfaToken, Visitor visitor, CancellationToken cancellation)
    {
        (SecretPurpose, Guid)? mailed = null;
        if (mfaToken is not null)
        {
            if (!account.HasEmailFactor || await OneTimeSecrets.AttemptAsync(database, [SecretPurpose.SecondFactor], mfaToken, time.NowUtc(), cancellation) is not { Email: null } attempt
                || attempt.UserId != account.Id)
            {
                return ErrorCode.MfaTokenInvalid;
            }
            mailed = (SecretPurpose.SecondFactor, attempt.SecretId);
        }
        return await codes.VerifyAsync(new CodeLock(account.Id, account.Email, account.Credentials, mailed, TakesFactors: true), code, visitor, cancellation);
    }

    /// <summary>Uses up what <see cref="ProveAsync"/> has found right.</summary>
    internal static async Task<bool> ConsumeProofAsync(NpgsqlConnection connection, RightCode right, string? mfaToken, DateTime now) =>
        await right.ConsumeAsync(connection)
        && (right.Method != CodeMethod.Email || await OneTimeSecrets.TryConsumeAsync(connection, SecretPurpose.SecondFactor, mfaToken!, now));

    /// <param name="caller">Whose factor.</param>
    /// <param name="password">The account's.</param>
    /// <param name="code">Of an authenticator, a recovery code, or by mail.</param>
    /// <param name="mfaToken">Of a login that waits for its code, where the code is the one that was sent for it; null for another.</param>
    /// <param name="factor">A constant of ours.</param>
    /// <param name="has">Whether the account has it.</param>
    /// <param name="assignments">SQL that takes it away.</param>
    /// <param name="condition">SQL that holds while it is there.</param>
    /// <param name="visitor">From where it is asked.</param>
    /// <param name="key">Null without one.</param>
    /// <param name="cancellation">Ends the wait.</param>
    private async Task<Result<Answered<bool>>> RemoveAsync(
        Caller caller, string password, string code, string? mfaToken, string factor, Func<Account, bool> has, string assignments, string condition, Visitor visitor,
        IdempotencyKey? key, CancellationToken cancellation)
    {
        var verified = await VerifyAsync(caller, password, visitor, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        var account = verified.Value;
        var bound = key is null ? null : secrets.Bind(key, code);
        if (!has(account))
        {
            return (bound is null ? null : await ReplayRemovalAsync(caller, bound, cancellation)) ?? ErrorCode.NoSuchFactor;
        }
        var now = time.NowUtc();
        var right = await ProveAsync(account, code, mfaToken, visitor, cancellation);
        if (!right.IsOk)
        {
            // The very same request may have used the code up a moment ago.
            return right.Error.Code == ErrorCode.CodeWrong && bound is not null && await ReplayRemovalAsync(caller, bound, cancellation) is { IsOk: true } twin ? twin : right.Error;
        }
        var refusal = ErrorCode.CodeWrong;
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, bound, outcome: "{}", now,
            async connection =>
            {
                if (!await ConsumeProofAsync(connection, right.Value, mfaToken, now))
                {
                    return false;
                }
                if (await connection.ExecuteAsync($"{Change}, {assignments} {OfCaller} AND {condition}", parameters => OfCallerParameters(parameters, account, caller, now)) != 1)
                {
                    refusal = ErrorCode.SessionEnded;
                    return false;
                }
                await connection.RecordAsync(account.Id, $"account.{factor}_removed", now, caller.RequestId);
                await connection.ExecuteAsync(
                    "DELETE FROM recovery_codes c USING accounts a WHERE c.user_id = $1 AND a.user_id = $1 AND a.totp_confirmed_at IS NULL AND a.email_factor_at IS NULL",
                    parameters => parameters.With(account.Id));
                await NotifyAsync(connection, MailKind.SecondFactorRemoved, account, factor, visitor, now);
                return true;
            });
        switch (outcome)
        {
            case StepOutcome.Done:
                await codes.SucceededAsync(right.Value, visitor.Address, hasShownAll: true, cancellation);
                report(SecurityEvent.SecondFactorRemoved, account.Id, visitor.Address);
                outbox.Ring();
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyKnown:
                return await ReplayRemovalAsync(caller, bound!, cancellation) ?? ErrorCode.Busy;
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            default:
                return await ExplainAsync(caller, now => has(now) ? refusal : ErrorCode.NoSuchFactor, cancellation);
        }
    }

    private static NpgsqlParameterCollection OfCallerParameters(NpgsqlParameterCollection parameters, Account account, Caller caller, DateTime now) =>
        parameters.With(account.Id).With(account.Credentials).With(now).With(caller.SessionId);

    private static Task NotifyAsync(NpgsqlConnection connection, MailKind kind, Account account, string factor, Visitor visitor, DateTime now) => Outbox.AddAsync(
        connection, new Letter(Ids.New(now), kind, account.Email, visitor.Language, account.Id, factor) { Address = visitor.Address }, now, CodeCheck.NoticesUsefulFor);

    private static TotpSetup SetupOf(Account account, byte[] secret) => new(Base32.Encode(secret), Totp.UriOf(account.Email, secret));

    private async Task<string?> PendingTotpAsync(Guid userId, CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT totp_secret FROM accounts WHERE user_id = $1 AND totp_confirmed_at IS NULL");
        command.Parameters.With(userId);
        return await command.ExecuteScalarAsync(cancellation) as string;
    }

    /// <summary>Why a statement of the caller's has found nothing: the session has ended, or what <paramref name="why"/> says of the account as it is now.</summary>
    private async Task<Error> ExplainAsync(Caller caller, Func<Account, ErrorCode?> why, CancellationToken cancellation)
    {
        var found = await accounts.GetAsync(caller, cancellation);
        // Somebody else has changed what the account is opened with, between two of our statements: trying again decides on that.
        return found.IsOk ? new Error(why(found.Value.Account) ?? ErrorCode.Busy) : found.Error;
    }

    /// <summary>What a key of the caller's remembers; null when it is unknown.</summary>
    private async Task<Result<JsonObject?>> RecallAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation) =>
        await Idempotency.FindAsync(database, caller, key, cancellation) switch
        {
            { Error: { } error } => error,
            { Value: null } => (JsonObject?)null,
            { Value.Outcome: { } outcome } => JsonNode.Parse(outcome)!.AsObject(),
            _ => ErrorCode.IdempotencyMismatch,
        };

    /// <summary>The recovery codes that were given under a key; null when it is unknown.</summary>
    private async Task<Result<Answered<IReadOnlyList<string>>>?> ReplayCodesAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation) =>
        await RecallAsync(caller, key, cancellation) switch
        {
            { Error: { } error } => error,
            { Value: { } done } => new Answered<IReadOnlyList<string>>(done["recovery_codes"] is { } making ? recoveryCodes.Of(caller.UserId, (Guid)making) : [], IsReplay: true),
            _ => null,
        };

    private async Task<Result<Answered<bool>>?> ReplayRemovalAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation) =>
        await RecallAsync(caller, key, cancellation) switch
        {
            { Error: { } error } => error,
            { Value: not null } => new Answered<bool>(true, IsReplay: true),
            _ => null,
        };
}
