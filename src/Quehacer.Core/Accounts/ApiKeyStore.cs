using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <param name="Text">What programs show: told when the key is made, and never again.</param>
public sealed record IssuedApiKey(ApiKey Key, string Text);

/// <summary>Personal API keys: made by somebody who shows their password again, listed, revoked, and recognised.</summary>
public sealed class ApiKeyStore(Database database, AccountStore accounts, SigningKey signingKey, PasswordCheck check, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    private const string Insert = "INSERT INTO sessions (session_id, user_id, generation, refresh_hash, refreshed_at, expires_at, is_key)";
    private const string Columns = "k.key_id, k.name, k.scopes, s.expires_at, s.seen_at";

    /// <summary>How long what is known of a key is taken for true. Whether it is still good is asked in every statement all the same; the plan may be older.</summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(1);

    /// <summary>Long enough for a few to be looked up before it, and nothing that a crowd could wait in.</summary>
    private static readonly TimeSpan DoubtfulWait = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Guid, Known> known = [];

    /// <summary>Texts that anybody may have made up are looked up one at a time: they are counted only afterwards, and the database has others to serve.</summary>
    private readonly SemaphoreSlim doubtful = new(1);

    /// <param name="Hash">Of the key's text.</param>
    /// <param name="ReadAt">When the database said so.</param>
    private sealed record Known(byte[] Hash, Guid UserId, Guid WorkspaceId, Plan Plan, KeyScopes Scopes, DateTime ExpiresAt, DateTime ReadAt);

    /// <summary>Makes a key. A repeat under the idempotency key is given the same one.</summary>
    public async Task<Result<Answered<IssuedApiKey>>> CreateAsync(Caller caller, NewApiKey edit, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        if (edit.Check(now) is { Count: > 0 } faults)
        {
            return Error.Invalid(faults);
        }
        var found = await accounts.GetAsync(caller, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        var account = found.Value.Account;
        var verified = await check.VerifyAsync(account.Email, edit.CurrentPassword.Value, visitor.Address, cancellation);
        if (!verified.IsOk)
        {
            return verified.Error;
        }
        var id = Ids.New(now);
        var made = new ApiKey(id, edit.Name.Value, edit.Scopes.Value, edit.ExpiresAt.IsSet ? edit.ExpiresAt.Value : null, LastUsedAt: null);
        var text = ApiKeyText.Issue(signingKey, id);
        var isFull = false;
        var outcome = await AccountStep.RunAsync(database, account.WorkspaceId, account.Id, key, new JsonObject { ["key_id"] = id }.ToJsonString(), now, async connection =>
        {
            // The account's row is held, so that of many at once no more are made than there may be, and none on a password that has changed meanwhile.
            if (await connection.ExecuteAsync(
                    $"{Insert} SELECT $1, a.user_id, 0, $3, $4, $5, true FROM accounts a WHERE a.user_id = $2 AND a.credentials = $6 FOR UPDATE OF a",
                    parameters => parameters.With(id).With(account.Id).With(ApiKeyText.Hash(text)).With(now).With(made.ExpiresAt ?? DateTime.MaxValue).With(verified.Value.Credentials)) != 1)
            {
                return false;
            }
            isFull = await connection.ExecuteAsync(
                $"""
                INSERT INTO api_keys (key_id, user_id, name, scopes) SELECT $1, $2, $3, $4
                 WHERE (SELECT count(*) FROM api_keys k JOIN sessions s ON s.session_id = k.key_id WHERE k.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > $5) < {Limits.ApiKeysOfAUser}
                """,
                parameters => parameters.With(id).With(account.Id).With(made.Name).With((int)made.Scopes).With(now)) != 1;
            return !isFull && await connection.ExecuteAsync(
                "UPDATE accounts SET version = version + 1 WHERE user_id = $1", parameters => parameters.With(account.Id)) == 1
                && await connection.RecordAsync(account.Id, "account.key_made", now, visitor.RequestId) == 1;
        });
        switch (outcome)
        {
            case StepOutcome.Done:
                report(SecurityEvent.ApiKeyMade, account.Id, visitor.Address);
                return new Answered<IssuedApiKey>(new IssuedApiKey(made, text), IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.Refused:
                return isFull ? Error.Invalid(Field.Body, FieldFault.TooMany, Limits.ApiKeysOfAUser) : ErrorCode.WrongCredentials;
        }
        var done = await Idempotency.FindAsync(database, caller, key!, cancellation);
        if (!done.IsOk)
        {
            return done.Error;
        }
        if (done.Value?.Outcome is not { } remembered)
        {
            return ErrorCode.Gone;
        }
        var first = (await ReadAsync(caller, (Guid)JsonNode.Parse(remembered)!["key_id"]!, cancellation)).FirstOrDefault();
        return first is null ? ErrorCode.Gone : new Answered<IssuedApiKey>(new IssuedApiKey(first, ApiKeyText.Issue(signingKey, first.Id)), IsReplay: true);
    }

    /// <summary>The caller's keys that are not revoked, the newest first; those that have expired are among them until they are forgotten.</summary>
    public async Task<Result<List<ApiKey>>> ListAsync(Caller caller, CancellationToken cancellation) =>
        await Access.IsSessionOpenAsync(database, caller, cancellation) ? await ReadAsync(caller, null, cancellation) : ErrorCode.SessionEnded;

    public async Task<Result<ApiKey>> GetAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        var keys = await ReadAsync(caller, id, cancellation);
        return keys.Count == 1 ? keys[0] : await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>Makes a key worthless, from the next statement on, on every server.</summary>
    public async Task<Result<Answered<bool>>> RevokeAsync(Caller caller, Guid id, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var outcome = await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, outcome: null, now, async connection =>
            await connection.ExecuteAsync("UPDATE accounts SET version = version + 1 WHERE user_id = $1", parameters => parameters.With(caller.UserId)) == 1
            && await connection.ExecuteAsync(
                """
                UPDATE sessions k SET ended_at = $3 FROM sessions s
                 WHERE k.session_id = $1 AND k.is_key AND k.ended_at IS NULL AND s.session_id = $2 AND s.ended_at IS NULL AND s.user_id = k.user_id
                """,
                parameters => parameters.With(id).With(caller.SessionId).With(now)) == 1
            && await connection.RecordAsync(caller.UserId, "account.key_revoked", now, visitor.RequestId) == 1);
        switch (outcome)
        {
            case StepOutcome.Done:
                report(SecurityEvent.ApiKeyRevoked, caller.UserId, visitor.Address);
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown when await Idempotency.FindAsync(database, caller, key!, cancellation) is var done:
                return done.IsOk ? new Answered<bool>(true, IsReplay: true) : done.Error;
            default:
                return await Access.ExplainAsync(database, caller, cancellation);
        }
    }

    /// <summary>Whether a bearer token is meant to be a key.</summary>
    public static bool IsKey(ReadOnlySpan<char> token) => token.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal);

    /// <summary>
    /// Whose key a text is: <see cref="ErrorCode.SessionEnded"/> when it is nobody's, <see cref="ErrorCode.Busy"/> when too many that look made up are asked
    /// about. One that was looked at lately costs no statement.
    /// </summary>
    public async ValueTask<Result<Caller>> RecogniseAsync(string text, string requestId, CancellationToken cancellation)
    {
        if (!ApiKeyText.TryRead(text, out var id))
        {
            return ErrorCode.SessionEnded;
        }
        var now = time.NowUtc();
        if (!known.TryGetValue(id, out var key) || now - key.ReadAt > KnownFor || now < key.ReadAt)
        {
            var isDoubtful = !ApiKeyText.IsMadeBy(signingKey, id, text);
            if (isDoubtful && !await doubtful.WaitAsync(DoubtfulWait, cancellation))
            {
                return ErrorCode.Busy;
            }
            try
            {
                key = await FindAsync(id, now, cancellation);
            }
            finally
            {
                if (isDoubtful)
                {
                    doubtful.Release();
                }
            }
            if (key is null)
            {
                known.TryRemove(id, out _);
                return ErrorCode.SessionEnded;
            }
            if (known.Count >= Limits.CachedApiKeys)
            {
                known.Clear();
            }
            known[id] = key;
        }
        return key.ExpiresAt > now && CryptographicOperations.FixedTimeEquals(key.Hash, ApiKeyText.Hash(text))
            ? new Caller(key.UserId, id, key.WorkspaceId, requestId) { Plan = key.Plan, Scopes = key.Scopes }
            : ErrorCode.SessionEnded;
    }

    private async Task<Known?> FindAsync(Guid id, DateTime now, CancellationToken cancellation)
    {
        await using var command = database.Command("""
            SELECT s.refresh_hash, a.user_id, a.workspace_id, a.plan, k.scopes, s.expires_at
              FROM sessions s JOIN api_keys k ON k.key_id = s.session_id JOIN accounts a ON a.user_id = s.user_id
             WHERE s.session_id = $1 AND s.is_key AND s.ended_at IS NULL
            """);
        command.Parameters.With(id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new Known(reader.GetFieldValue<byte[]>(0), reader.GetGuid(1), reader.GetGuid(2), (Plan)reader.GetInt16(3), (KeyScopes)reader.GetInt32(4), reader.GetDateTime(5), now)
            : null;
    }

    private async Task<List<ApiKey>> ReadAsync(Caller caller, Guid? id, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT {Columns}
              FROM sessions mine JOIN api_keys k ON k.user_id = mine.user_id JOIN sessions s ON s.session_id = k.key_id
             WHERE mine.session_id = $1 AND mine.ended_at IS NULL AND s.ended_at IS NULL AND ($2::uuid IS NULL OR k.key_id = $2)
             ORDER BY k.key_id DESC
            """);
        command.Parameters.With(caller.SessionId).WithId(id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var keys = new List<ApiKey>();
        while (await reader.ReadAsync(cancellation))
        {
            var end = reader.GetDateTime(3);
            keys.Add(new ApiKey(
                reader.GetGuid(0), reader.GetString(1), (KeyScopes)reader.GetInt32(2), end == DateTime.MaxValue ? null : end, reader.IsDBNull(4) ? null : reader.GetDateTime(4)));
        }
        return keys;
    }
}
