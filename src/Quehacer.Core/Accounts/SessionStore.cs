using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <param name="AccessToken">Lives <see cref="Accounts.AccessToken.LifetimeSeconds"/>, or until the session ends.</param>
/// <param name="RefreshToken">Good for one use.</param>
public sealed record Tokens(string AccessToken, string RefreshToken, Account Account);

/// <summary>
/// Sessions: a login begins one, each refresh hands its only valid refresh token on, a logout ends it with all its tokens. Every step is
/// decided by one conditional statement.
/// </summary>
public sealed class SessionStore(
    Database database, PasswordCheck check, AccessToken accessTokens, RefreshToken refreshTokens, AccountStore accounts, TimeProvider time, TimeSpan lifetime,
    Action<SecurityEvent, Guid?, IPAddress?> report)
{
    private const string InsertSession = "INSERT INTO sessions (session_id, user_id, generation, refresh_hash, refreshed_at, expires_at, user_agent, address)";

    public async Task<Result<Answered<Tokens>>> LoginAsync(string email, string password, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var verified = await check.VerifyAsync(email, password, visitor.Address, cancellation);
        return verified.IsOk ? await BeginAsync(verified.Value, visitor, key, _ => Task.FromResult(true), cancellation) : verified.Error;
    }

    /// <summary>
    /// Begins a session on the credentials that the account was shown with: when they have changed since, it begins not. Whoever changes them holds the
    /// account's row, and ends what had begun before.
    /// </summary>
    /// <param name="consumeAsync">Consumes, in the same transaction, what was shown beside the password; false when somebody else already has.</param>
    internal async Task<Result<Answered<Tokens>>> BeginAsync(
        Account account, Visitor visitor, IdempotencyKey? key, Func<NpgsqlConnection, Task<bool>> consumeAsync, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var sessionId = Ids.New(now);
        var tokens = Issue(account, sessionId, generation: 0, now);
        var outcome = await AccountStep.RunAsync(
            database, account.WorkspaceId, account.Id, key, Remember(sessionId, 0, now).ToJsonString(), now,
            async connection => await consumeAsync(connection) && await connection.ExecuteAsync(
                $"{InsertSession} SELECT $1, a.user_id, 0, $3, $4, $5, $6, $7 FROM accounts a WHERE a.user_id = $2 AND a.credentials = $8 FOR SHARE OF a",
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
                return ErrorCode.WrongCredentials;
        }
    }

    /// <summary>
    /// Makes an account, as <see cref="AccountStore.RegisterAsync"/> does, and begins its first session, in one transaction: nobody who is killed on
    /// the way has one without the other. A repeat under the key is given the same tokens.
    /// </summary>
    public async Task<Result<Answered<Tokens>>> RegisterAsync(AccountEdit edit, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var sessionId = Ids.New(now);
        var registered = await accounts.RegisterAsync(
            edit, visitor, key,
            (batch, account) => NewSession(batch.Add($"{InsertSession} VALUES ($1, $2, 0, $3, $4, $5, $6, $7)"), sessionId, Issue(account, sessionId, generation: 0, now), visitor, now),
            Remember(sessionId, 0, now), cancellation);
        if (!registered.IsOk)
        {
            return registered.Error;
        }
        var (account, isReplay, outcome) = registered.Value;
        return new Answered<Tokens>(isReplay ? Reissue(account, outcome) : Issue(account, sessionId, generation: 0, now), isReplay);
    }

    /// <summary>
    /// Hands on: the token is used up and a new one given, in one conditional statement, so that of any number of uses at once one succeeds.
    /// Whoever uses a token again has it from somewhere it should not be: the session ends, for the thief and for the owner.
    /// </summary>
    public async Task<Result<Answered<Tokens>>> RefreshAsync(string token, IdempotencyKey? key, CancellationToken cancellation)
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
                UPDATE sessions SET generation = generation + 1, refresh_hash = $4, refreshed_at = $5, expires_at = $6
                 WHERE session_id = $1 AND generation = $2 AND refresh_hash = $3 AND ended_at IS NULL AND expires_at > $5
                """,
                parameters => parameters.With(sessionId).With(generation).With(RefreshToken.Hash(token)).With(RefreshToken.Hash(tokens.RefreshToken)).With(now).With(now + lifetime)) == 1);
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
            await EndIfReusedAsync(sessionId, generation, account.Id);
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

    private async Task<Account?> FindOwnerAsync(Guid sessionId, CancellationToken cancellation)
    {
        await using var command = database.Command(
            $"SELECT {AccountStore.Columns} FROM sessions s JOIN accounts a ON a.user_id = s.user_id WHERE s.session_id = $1");
        command.Parameters.With(sessionId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? AccountStore.Read(reader) : null;
    }

    private async Task EndIfReusedAsync(Guid sessionId, int generation, Guid userId)
    {
        await using var command = database.Command("UPDATE sessions SET ended_at = $3 WHERE session_id = $1 AND generation > $2 AND ended_at IS NULL");
        command.Parameters.With(sessionId).With(generation).With(time.NowUtc());
        if (await command.ExecuteNonQueryAsync(CancellationToken.None) == 1)
        {
            report(SecurityEvent.RefreshTokenReused, userId, null);
        }
    }

    private async Task<Result<Answered<Tokens>>?> ReplayAsync(Account account, IdempotencyKey key, CancellationToken cancellation)
    {
        if (await Idempotency.FindAsync(database, account.WorkspaceId, account.Id, key, cancellation) is not { } done)
        {
            return null;
        }
        if (!done.IsSameRequest(key) || done.Outcome is null)
        {
            return ErrorCode.IdempotencyMismatch;
        }
        return new Answered<Tokens>(Reissue(account, JsonNode.Parse(done.Outcome)!.AsObject()), IsReplay: true);
    }

    /// <summary>The tokens that were given, made again from what is remembered of them.</summary>
    private Tokens Reissue(Account account, JsonObject outcome) => Issue(
        account, (Guid)outcome["session_id"]!, (int)outcome["generation"]!,
        DateTime.Parse((string)outcome["at"]!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind));

    /// <summary>Parameters $1 to $7 of <see cref="InsertSession"/>; the generation is 0.</summary>
    private NpgsqlParameterCollection NewSession(NpgsqlParameterCollection parameters, Guid sessionId, Tokens tokens, Visitor visitor, DateTime now) =>
        parameters.With(sessionId).With(tokens.Account.Id).With(RefreshToken.Hash(tokens.RefreshToken)).With(now).With(now + lifetime)
            .WithText(visitor.UserAgent).WithText(visitor.Address?.ToString());

    /// <summary>From these the same tokens are made again; no token is kept.</summary>
    private static JsonObject Remember(Guid sessionId, int generation, DateTime at) => new()
    {
        ["session_id"] = sessionId,
        ["generation"] = generation,
        ["at"] = at.ToString("O", CultureInfo.InvariantCulture),
    };
}
