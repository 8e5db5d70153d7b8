using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>
/// A client's name for one request (draft-ietf-httpapi-idempotency-key-header-07). It belongs to a workspace and a user; the fingerprint
/// is a SHA-256 over method, path, query and body, without secrets.
/// </summary>
public sealed record IdempotencyKey(string Value, byte[] Fingerprint)
{
    /// <summary>What this key is among those of all workspaces and users.</summary>
    internal object Of(Caller caller) => (caller.WorkspaceId, caller.UserId, Value);
}

/// <summary>What was done under a key: the thing as of a version, or, for what has no stream, the outcome as JSON.</summary>
public sealed record DoneBefore(byte[] Fingerprint, Guid? StreamId, int? Version, string? Outcome)
{
    public bool IsSameRequest(IdempotencyKey key) => Fingerprint.AsSpan().SequenceEqual(key.Fingerprint);
}

/// <summary>
/// The rows of the keys. A key is inserted first in the transaction that does its work, so that all of it is there or none after a kill at
/// any instant; a second request under the same key waits for the first on that row. Only what succeeded is remembered.
/// </summary>
internal static class Idempotency
{
    /// <summary>Plain: a known key must abort the batch (23505). Parameters by <see cref="WithKey"/>.</summary>
    public const string Insert =
        "INSERT INTO idempotency_keys (workspace_id, user_id, key, fingerprint, stream_id, version, outcome, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

    /// <summary>The same for tasks that were made in many workspaces, of the rows <c>a</c> that <see cref="SharedCreates"/> has.</summary>
    public const string InsertCreated = """
        INSERT INTO idempotency_keys (workspace_id, user_id, key, fingerprint, stream_id, version, outcome, created_at)
        SELECT a.id, a.created_by, a.key, a.fingerprint, a.task_id, 1, NULL, a.now FROM a WHERE a.key IS NOT NULL
        """;

    public static void WithKey(
        this NpgsqlParameterCollection parameters, Guid workspaceId, Guid userId, IdempotencyKey key, Guid? streamId, int? version, string? outcome, DateTime now)
    {
        parameters.With(workspaceId).With(userId).With(key.Value).With(key.Fingerprint).WithId(streamId).WithNumber(version).WithJson(outcome).With(now);
    }

    /// <summary>
    /// What the caller did under the key, as far as the caller may still enter; null when nothing was done, and
    /// <see cref="ErrorCode.IdempotencyMismatch"/> when it was another request.
    /// </summary>
    public static async Task<Result<DoneBefore?>> FindAsync(Database database, Caller caller, IdempotencyKey key, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT k.fingerprint, k.stream_id, k.version, k.outcome
              FROM {Access.From} LEFT JOIN idempotency_keys k ON k.workspace_id = $2 AND k.user_id = s.user_id AND k.key = $3
             WHERE {Access.Sees}
            """);
        command.Parameters.WithCaller(caller).With(key.Value);
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            if (await reader.ReadAsync(cancellation))
            {
                var done = Read(reader);
                return done?.IsSameRequest(key) == false ? ErrorCode.IdempotencyMismatch : done;
            }
        }
        return await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>The same for somebody who has shown who they are in another way than by a session: a password, a refresh token.</summary>
    public static async Task<DoneBefore?> FindAsync(Database database, Guid workspaceId, Guid userId, IdempotencyKey key, CancellationToken cancellation)
    {
        await using var command = database.Command(
            "SELECT fingerprint, stream_id, version, outcome FROM idempotency_keys WHERE workspace_id = $1 AND user_id = $2 AND key = $3");
        command.Parameters.With(workspaceId).With(userId).With(key.Value);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader) : null;
    }

    private static DoneBefore? Read(NpgsqlDataReader reader) => reader.IsDBNull(0)
        ? null
        : new DoneBefore(
            reader.GetFieldValue<byte[]>(0),
            reader.IsDBNull(1) ? null : reader.GetGuid(1),
            reader.IsDBNull(2) ? null : reader.GetInt32(2),
            reader.IsDBNull(3) ? null : reader.GetString(3));
}
