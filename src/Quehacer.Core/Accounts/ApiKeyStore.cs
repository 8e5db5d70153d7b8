using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <param name="Text">What programs show: told when the key is made, and never again.</param>
public sealed record IssuedApiKey(ApiKey Key, string Text);

/// <summary>Personal API keys: made by somebody who shows their password again, listed, revoked, and recognised.</summary>
public sealed class ApiKeyStore(Database database, AccountStore accounts, SigningKey signingKey, PasswordCheck check, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <summary>Of the rows <c>k</c> of a key and <c>t</c> of its session. Read by <see cref="ReadAllAsync"/>.</summary>
    internal const string Columns = "k.key_id, k.name, k.scopes, t.workspace_id, t.expires_at, t.seen_at";

    /// <summary>The session of a key. Parameters: $1 key, $2 account, $3 hash, $4 now, $5 its end, $6 its workspace, or null for none.</summary>
    internal const string InsertSession = "INSERT INTO sessions (session_id, user_id, generation, refresh_hash, refreshed_at, expires_at, is_key, workspace_id) SELECT $1, a.user_id, 0, $3, $4, $5, true, $6";

    /// <summary>
    /// The key itself, while there are fewer that are good than there may be: behind a statement that holds the account's row. Parameters: $1 key, $2 account, $3 name,
    /// $4 scopes, $5 now, $6 how many there may be.
    /// </summary>
    internal const string Insert = """
        INSERT INTO api_keys (key_id, user_id, name, scopes) SELECT $1, $2, $3, $4
         WHERE (SELECT count(*) FROM api_keys k JOIN sessions t ON t.session_id = k.key_id WHERE k.user_id = $2 AND t.ended_at IS NULL AND t.expires_at > $5) < $6
        """;

    /// <summary>How long what is known of a key is taken for true. Whether it is still good is asked in every statement all the same; the plan may be older.</summary>
    private static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(1);

    /// <summary>Long enough for a few to be looked up before it, and nothing that a crowd could wait in.</summary>
    private static readonly TimeSpan DoubtfulWait = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Guid, Known> known = [];

    /// <summary>Texts that anybody may have made up are looked up one at a time: they are counted only afterwards, and the database has others to serve.</summary>
    private readonly SemaphoreSlim doubtful = new(1);

    /// <param name="Hash">Of the key's text.</param>
    /// <param name="WorkspaceId">The one that it is bound to, or the account's.</param>
    /// <param name="ReadAt">When the database said so.</param>
    private sealed record Known(
        byte[] Hash, Guid UserId, Guid WorkspaceId, bool IsElsewhere, Guid? CountedWith, Plan Plan, KeyScopes Scopes, DateTime ExpiresAt, DateTime ReadAt);

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
        var made = New(id, edit, edit.WorkspaceId.IsSet ? edit.WorkspaceId.Value : null);
        var text = ApiKeyText.Issue(signingKey, id);
        Error refusal = new(ErrorCode.WrongCredentials);
        var outcome = await AccountStep.RunAsync(database, account.WorkspaceId, account.Id, key, new JsonObject { ["key_id"] = id }.ToJsonString(), now, async connection =>
        {
            // The account's row is held, so that of many at once no more are made than there may be, and none on a password that has changed meanwhile.
            if (await connection.ExecuteAsync(
                    $"{InsertSession} FROM accounts a WHERE a.user_id = $2 AND a.credentials = $7 FOR UPDATE OF a",
                    parameters => parameters.WithSession(account.Id, made, text, now).With(verified.Value.Credentials)) != 1)
            {
                return false;
            }
            // The password may have been looked at behind an end of all sessions, and be right as ever.
            if (!await Access.IsSessionOpenAsync(connection, caller))
            {
                refusal = new Error(ErrorCode.SessionEnded);
                return false;
            }
            if (made.Scopes.HasFlag(KeyScopes.Administer)
                && !await connection.FindsAsync("SELECT 1 FROM accounts WHERE user_id = $1 AND is_admin", parameters => parameters.With(account.Id)))
            {
                refusal = Error.Invalid(Field.Scopes, FieldFault.ForAdministrators);
                return false;
            }
            if (made.WorkspaceId is { } workspaceId
                && !await connection.FindsAsync($"SELECT 1 FROM {Access.From} WHERE {Access.Sees}", parameters => parameters.WithCaller(caller with { WorkspaceId = workspaceId })))
            {
                refusal = Error.Invalid(Field.WorkspaceId, FieldFault.NoSuchThing);
                return false;
            }
            if (await connection.ExecuteAsync(Insert, parameters => parameters.WithKey(account.Id, made, now, Limits.ApiKeysOfAUser)) != 1)
            {
                refusal = Error.Invalid(Field.Body, FieldFault.TooMany, Limits.ApiKeysOfAUser);
                return false;
            }
            return await connection.ExecuteAsync("UPDATE accounts SET version = version + 1 WHERE user_id = $1", parameters => parameters.With(account.Id)) == 1
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
                return refusal;
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
            ? new Caller(key.UserId, id, key.WorkspaceId, requestId) { Plan = key.Plan, Scopes = key.Scopes, IsElsewhere = key.IsElsewhere, CountedWith = key.CountedWith }
            : ErrorCode.SessionEnded;
    }

    /// <summary>What is to be known of a key; null for one that is no good, among them those of service accounts whose owner is let in no more.</summary>
    private async Task<Known?> FindAsync(Guid id, DateTime now, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT s.refresh_hash, a.user_id, coalesce(s.workspace_id, a.workspace_id), coalesce(a.is_service OR s.workspace_id <> a.workspace_id, false),
                   CASE WHEN a.is_service THEN a.workspace_id END, coalesce(o.plan, a.plan), k.scopes, s.expires_at
              FROM sessions s JOIN api_keys k ON k.key_id = s.session_id JOIN accounts a ON a.user_id = s.user_id
              LEFT JOIN workspaces w ON a.is_service AND w.workspace_id = a.workspace_id LEFT JOIN accounts o ON o.user_id = w.owner_id
             WHERE s.session_id = $1 AND s.is_key AND s.ended_at IS NULL
               AND (NOT a.is_service OR {Access.OwnerIsLetIn})
            """);
        command.Parameters.With(id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new Known(
                reader.GetFieldValue<byte[]>(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetBoolean(3), reader.IsDBNull(4) ? null : reader.GetGuid(4), (Plan)reader.GetInt16(5),
                (KeyScopes)reader.GetInt32(6), reader.GetDateTime(7), now)
            : null;
    }

    private async Task<List<ApiKey>> ReadAsync(Caller caller, Guid? id, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT {Columns}
              FROM sessions s JOIN api_keys k ON k.user_id = s.user_id JOIN sessions t ON t.session_id = k.key_id
             WHERE s.session_id = $1 AND s.ended_at IS NULL AND t.ended_at IS NULL AND ($2::uuid IS NULL OR k.key_id = $2)
             ORDER BY k.key_id DESC
            """);
        command.Parameters.With(caller.SessionId).WithId(id);
        return await ReadAllAsync(command, cancellation);
    }

    /// <summary>A key as a request wants it.</summary>
    /// <param name="id">Whose time is when it is made.</param>
    /// <param name="edit">Without faults.</param>
    /// <param name="workspaceId">The one that it is bound to; null for none.</param>
    internal static ApiKey New(Guid id, NewApiKey edit, Guid? workspaceId) =>
        new(id, edit.Name.Value, edit.Scopes.Value, workspaceId, edit.ExpiresAt.IsSet ? edit.ExpiresAt.Value : null, LastUsedAt: null);

    /// <summary>The keys of a command that reads <see cref="Columns"/>.</summary>
    internal static async Task<List<ApiKey>> ReadAllAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var keys = new List<ApiKey>();
        while (await reader.ReadAsync(cancellation))
        {
            var end = reader.GetDateTime(4);
            keys.Add(new ApiKey(
                reader.GetGuid(0), reader.GetString(1), (KeyScopes)reader.GetInt32(2), reader.IsDBNull(3) ? null : reader.GetGuid(3), end == DateTime.MaxValue ? null : end,
                reader.IsDBNull(5) ? null : reader.GetDateTime(5)));
        }
        return keys;
    }
}

/// <summary>What the statements of <see cref="ApiKeyStore"/> that make a key are told.</summary>
internal static class ApiKeyParameters
{
    /// <summary>Of <see cref="ApiKeyStore.InsertSession"/>.</summary>
    public static NpgsqlParameterCollection WithSession(this NpgsqlParameterCollection parameters, Guid userId, ApiKey key, string text, DateTime now) =>
        parameters.With(key.Id).With(userId).With(ApiKeyText.Hash(text)).With(now).With(key.ExpiresAt ?? DateTime.MaxValue).WithId(key.WorkspaceId);

    /// <summary>Of <see cref="ApiKeyStore.Insert"/>.</summary>
    public static NpgsqlParameterCollection WithKey(this NpgsqlParameterCollection parameters, Guid userId, ApiKey key, DateTime now, int most) =>
        parameters.With(key.Id).With(userId).With(key.Name).With((int)key.Scopes).With(now).With((long)most);
}
