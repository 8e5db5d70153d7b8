using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Limiting;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <param name="AccessToken">Lives <see cref="Accounts.AccessToken.LifetimeSeconds"/>, or until the session ends.</param>
/// <param name="RefreshToken">Good for one use.</param>
public sealed record Tokens(string AccessToken, string RefreshToken, Account Account);

/// <summary>Who has just registered.</summary>
/// <param name="Tokens">Of the first session; null where the e-mail must be verified before there is one.</param>
public sealed record Newcomer(Account Account, Tokens? Tokens);

/// <summary>
/// Sessions: a login begins one, each refresh hands its only valid refresh token on, a logout ends it with all its tokens. Every step is
/// decided by one conditional statement.
/// </summary>
public sealed class SessionStore(
    Database database, PasswordCheck check, AccessToken accessTokens, RefreshToken refreshTokens, AccountStore accounts, EmailVerification emailVerification, TimeProvider time,
    TimeSpan lifetime, TimeSpan longest, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <summary>
    /// Ends the open sessions of an account, in the order of their ids, so that nobody waits for somebody who waits for them. Parameters: $1 account, $2 now, $3 the
    /// one that is kept, or null, $4 whether API keys end as well.
    /// </summary>
    internal const string EndAll = """
        UPDATE sessions s SET ended_at = $2
          FROM (SELECT session_id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND session_id IS DISTINCT FROM $3 AND ($4 OR NOT is_key) ORDER BY session_id FOR UPDATE) open
         WHERE s.session_id = open.session_id
        """;

    private const string InsertSession = "INSERT INTO sessions (session_id, user_id, generation, refresh_hash, refreshed_at, expires_at, user_agent, address, client)";

    /// <summary>Logs in with a password alone, for those who can show nothing else: an account with a second factor is refused. <see cref="Logins"/> asks for it.</summary>
    public async Task<Result<Answered<Tokens>>> LoginAsync(string email, string password, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var verified = await VerifyAsync(email, password, visitor, cancellation);
        return !verified.IsOk ? verified.Error
            : verified.Value.HasSecondFactor ? ErrorCode.SecondFactorNeeded
            : await BeginAsync(verified.Value, visitor, key, _ => Task.FromResult(true), cancellation);
    }

    /// <summary>The account of e-mail and password, if it may sign in: what every login begins with, whatever else is wanted of it then.</summary>
    internal Task<Result<Account>> VerifyAsync(string email, string password, Visitor visitor, CancellationToken cancellation) =>
        check.VerifyAsync(email, password, visitor.Address, cancellation);

    /// <summary>
    /// Begins a session on the credentials that the account was shown with: when they have changed since, it begins not. Whoever changes them holds the
    /// account's row, and ends what had begun before.
    /// </summary>
    /// <param name="consumeAsync">Consumes, in the same transaction, what was shown beside the password; false when somebody else already has.</param>
    internal async Task<Result<Answered<Tokens>>> BeginAsync(
        Account account, Visitor visitor, IdempotencyKey? key, Func<NpgsqlConnection, Task<bool>> consumeAsync, CancellationToken cancellation)
    {
        if (account.SuspendedAt is not null)
        {
            return ErrorCode.AccountSuspended;
        }
        if (account.DeletionDueAt is not null)
        {
            return ErrorCode.AccountDeletionPending;
        }
        if (emailVerification == EmailVerification.Required && !account.IsEmailVerified)
        {
            return ErrorCode.EmailNotVerified;
        }
        var now = time.NowUtc();
        var sessionId = Ids.New(now);
        var tokens = Issue(account, sessionId, generation: 0, now);
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, key, Remember(sessionId, 0, now).ToJsonString(), now,
            async connection => await consumeAsync(connection) && await connection.ExecuteAsync(
                $"{InsertSession} SELECT $1, a.user_id, 0, $3, $4, $5, $6, $7, $8 FROM accounts a WHERE a.user_id = $2 AND a.credentials = $9 AND a.suspended_at IS NULL FOR SHARE OF a",
                parameters => NewSession(parameters, sessionId, tokens, visitor, now).With(account.Credentials)) == 1);
        switch (outcome)
        {
            case StepOutcome.Done:
                report(SecurityEvent.LoginSucceeded, account.Id, visitor.Address);
                return new Answered<Tokens>(tokens, IsReplay: false);
            case StepOutcome.KeyKnown:
                return await ReplayAsync(account, key!, cancellation) ?? new Error(ErrorCode.Busy);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            default:
                return await AccountStore.FindAsync(database, account.Id, cancellation) is { SuspendedAt: not null } ? ErrorCode.AccountSuspended : ErrorCode.WrongCredentials;
        }
    }

    /// <summary>
    /// Makes an account, as <see cref="AccountStore.RegisterAsync"/> does, and begins its first session, in one transaction: nobody who is killed on
    /// the way has one without the other. A repeat under the key is given the same tokens. Where nobody signs in before their e-mail is verified, there is an
    /// account and no session.
    /// </summary>
    public async Task<Result<Answered<Newcomer>>> RegisterAsync(AccountEdit edit, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (emailVerification == EmailVerification.Required)
        {
            var made = await accounts.RegisterAsync(edit, visitor, key, (_, _) => { }, [], cancellation);
            return made.IsOk ? Welcome(made.Value, tokens: null) : made.Error;
        }
        var now = time.NowUtc();
        var sessionId = Ids.New(now);
        var registered = await accounts.RegisterAsync(
            edit, visitor, key,
            (batch, account) => NewSession(batch.Add($"{InsertSession} VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8)"), sessionId, Issue(account, sessionId, generation: 0, now), visitor, now),
            Remember(sessionId, 0, now), cancellation);
        return registered.IsOk ? Welcome(registered.Value, Issue(registered.Value.Account, sessionId, generation: 0, now)) : registered.Error;
    }

    /// <summary>
    /// Hands on: the token is used up and a new one given, in one conditional statement, so that of any number of uses at once one succeeds.
    /// Whoever uses a token again has it from somewhere it should not be: the session ends, for the thief and for the owner. Only the client that has just
    /// used it is refused and nothing else: it has sent its request twice, or lost the answer.
    /// </summary>
    public async Task<Result<Answered<Tokens>>> RefreshAsync(string token, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (!refreshTokens.TryRead(token, out var sessionId, out var generation, out var authentic)
            || await FindOwnerAsync(sessionId, cancellation) is not { } account)
        {
            return ErrorCode.RefreshTokenInvalid;
        }
        var now = time.NowUtc();
        var tokens = Issue(account, sessionId, generation + 1, now);
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, key, Remember(sessionId, generation + 1, now).ToJsonString(), now,
            async connection => await connection.ExecuteAsync(
                """
                UPDATE sessions SET generation = generation + 1, refresh_hash = $4, refreshed_at = $5, expires_at = $6, user_agent = $7, address = $8, client = $9, seen_at = NULL
                 WHERE session_id = $1 AND generation = $2 AND refresh_hash = $3 AND ended_at IS NULL AND expires_at > $5
                """,
                parameters => parameters.With(sessionId).With(generation).With(RefreshToken.Hash(token)).With(RefreshToken.Hash(tokens.RefreshToken)).With(now).With(EndOf(sessionId, now))
                    .WithText(visitor.UserAgent).WithText(visitor.Address?.ToString()).With(ClientOf(visitor))) == 1);
        if (outcome == StepOutcome.Done)
        {
            return new Answered<Tokens>(tokens, IsReplay: false);
        }
        if (outcome == StepOutcome.KeyInFlight)
        {
            return ErrorCode.IdempotencyInFlight;
        }
        if (key is not null && await ReplayAsync(account, key, cancellation) is { } replay)
        {
            return replay;
        }
        if (authentic)
        {
            await EndUnlessRepeatedAsync(sessionId, generation, account.Id, visitor);
        }
        return ErrorCode.RefreshTokenInvalid;
    }

    /// <summary>Ends the caller's session: its access tokens are worth nothing from the next request on, on every server.</summary>
    public async Task<Result<Answered<bool>>> LogoutAsync(Caller caller, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var outcome = await AccountStep.RunAsync(
            database, caller.WorkspaceId, caller.UserId, key, outcome: null, now,
            async connection => await connection.ExecuteAsync(
                "UPDATE sessions SET ended_at = $2 WHERE session_id = $1 AND ended_at IS NULL", parameters => parameters.With(caller.SessionId).With(now)) == 1);
        switch (outcome)
        {
            case StepOutcome.Done:
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.Refused:
                return ErrorCode.SessionEnded;
            default:
                // The session may have ended by this very request: that answer is given again, and nothing else is to be had.
                var done = await Idempotency.FindAsync(database, caller.WorkspaceId, caller.UserId, key!, cancellation);
                return done?.IsSameRequest(key!) == true ? new Answered<bool>(true, IsReplay: true) : ErrorCode.SessionEnded;
        }
    }

    /// <summary>Whether the caller's session is still open.</summary>
    public Task<bool> IsOpenAsync(Caller caller, CancellationToken cancellation) => Access.IsSessionOpenAsync(database, caller, cancellation);

    private Tokens Issue(Account account, Guid sessionId, int generation, DateTime at) =>
        new(accessTokens.Issue(account, sessionId, at), refreshTokens.Issue(sessionId, generation), account);

    /// <summary>Each refresh begins the lifetime anew, but no session goes on for ever (ASVS 5.0 §7.3.2).</summary>
    private DateTime EndOf(Guid sessionId, DateTime now)
    {
        var (next, last) = (now + lifetime, Ids.TimeOf(sessionId) + longest);
        return next < last ? next : last;
    }

    private async Task<Account?> FindOwnerAsync(Guid sessionId, CancellationToken cancellation)
    {
        await using var command = database.Command(
            $"SELECT {AccountStore.Columns} FROM sessions s JOIN accounts a ON a.user_id = s.user_id WHERE s.session_id = $1");
        command.Parameters.With(sessionId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? AccountStore.Read(reader) : null;
    }

    /// <summary>
    /// Forgiven is the token just before the present one, for a moment, to the very client that used it up: the statement that ends the session asks all of that
    /// of the row as it is then (docs/decisions/0031).
    /// </summary>
    private async Task EndUnlessRepeatedAsync(Guid sessionId, int generation, Guid userId, Visitor visitor)
    {
        var now = time.NowUtc();
        await using (var command = database.Command("""
            UPDATE sessions SET ended_at = $3
             WHERE session_id = $1 AND generation > $2 AND ended_at IS NULL AND (generation = $2 + 1 AND refreshed_at > $4 AND client = $5) IS NOT TRUE
            """))
        {
            command.Parameters.With(sessionId).With(generation).With(now).With(now - TimeSpan.FromSeconds(Limits.RefreshGraceSeconds)).With(ClientOf(visitor));
            if (await command.ExecuteNonQueryAsync(CancellationToken.None) == 1)
            {
                report(SecurityEvent.RefreshTokenReused, userId, visitor.Address);
                return;
            }
        }
        // Nothing hangs on what is told here: the session is open still where the use was forgiven, and had ended where it was not.
        await using var open = database.Command("SELECT EXISTS (SELECT FROM sessions WHERE session_id = $1 AND generation > $2 AND ended_at IS NULL)");
        open.Parameters.With(sessionId).With(generation);
        if ((bool)(await open.ExecuteScalarAsync(CancellationToken.None))!)
        {
            report(SecurityEvent.RefreshTokenRepeated, userId, visitor.Address);
        }
    }

    /// <param name="registered">Who has registered.</param>
    /// <param name="tokens">Of the session that was begun now; a repeat is given what its key remembers.</param>
    private Answered<Newcomer> Welcome(Registered registered, Tokens? tokens)
    {
        var (account, isReplay, outcome) = registered;
        return new Answered<Newcomer>(new Newcomer(account, !isReplay ? tokens : outcome.ContainsKey("session_id") ? Reissue(account, outcome) : null), isReplay);
    }

    /// <summary>The tokens that were given under a key; null when it is unknown.</summary>
    internal async Task<Result<Answered<Tokens>>?> ReplayAsync(Account account, IdempotencyKey key, CancellationToken cancellation)
    {
        if (await Idempotency.FindAsync(database, account.WorkspaceId, account.Id, key, cancellation) is not { } done)
        {
            return null;
        }
        if (!done.IsSameRequest(key) || done.Outcome is null)
        {
            return ErrorCode.IdempotencyMismatch;
        }
        // A login that was asked for its second factor has given none.
        return JsonNode.Parse(done.Outcome)!.AsObject() is { } outcome && outcome.ContainsKey("session_id")
            ? new Answered<Tokens>(Reissue(account, outcome), IsReplay: true)
            : ErrorCode.IdempotencyMismatch;
    }

    /// <summary>The tokens that were given, made again from what is remembered of them.</summary>
    private Tokens Reissue(Account account, JsonObject outcome) => Issue(
        account, (Guid)outcome["session_id"]!, (int)outcome["generation"]!,
        DateTime.Parse((string)outcome["at"]!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind));

    /// <summary>What the requests of one client have in common, and those of two hardly ever: what it calls itself, and where it is.</summary>
    private static byte[] ClientOf(Visitor visitor) => SHA256.HashData(Encoding.UTF8.GetBytes($"{AddressBlock.Of(visitor.Address):x32}\0{visitor.UserAgent}"));

    /// <summary>Parameters $1 to $8 of <see cref="InsertSession"/>; the generation is 0.</summary>
    private NpgsqlParameterCollection NewSession(NpgsqlParameterCollection parameters, Guid sessionId, Tokens tokens, Visitor visitor, DateTime now) =>
        parameters.With(sessionId).With(tokens.Account.Id).With(RefreshToken.Hash(tokens.RefreshToken)).With(now).With(EndOf(sessionId, now))
            .WithText(visitor.UserAgent).WithText(visitor.Address?.ToString()).With(ClientOf(visitor));

    /// <summary>From these the same tokens are made again; no token is kept.</summary>
    private static JsonObject Remember(Guid sessionId, int generation, DateTime at) => new()
    {
        ["session_id"] = sessionId,
        ["generation"] = generation,
        ["at"] = at.ToString("O", CultureInfo.InvariantCulture),
    };
}
