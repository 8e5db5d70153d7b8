using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>
/// How somebody who is no account any more goes out of their workspaces: one of other people's goes on without them, one of theirs goes to another member, and
/// one that they were alone in is dropped. Each is a write under the workspace's lock like any other, so nobody comes in between.
/// </summary>
internal sealed class Departures(Database database, TimeProvider time)
{
    /// <summary>
    /// Who owns the workspace after its owner: somebody who stays comes before somebody who is to be deleted or suspended, who may do more before who may do less, and then who
    /// has been there longest. Parameters: $1 workspace, $2 the owner that goes.
    /// </summary>
    private const string Heir = """
        SELECT m.user_id, m.role, m.version FROM members m JOIN accounts a ON a.user_id = m.user_id
         WHERE m.workspace_id = $1 AND m.user_id <> $2 AND NOT a.is_service AND a.deleted_at IS NULL
         ORDER BY a.deletion_due_at IS NOT NULL, a.suspended_at IS NOT NULL, m.role DESC, m.joined_at, m.user_id LIMIT 1
        """;

    /// <summary>Takes somebody out of the next of their workspaces; false when they are in none that stays.</summary>
    public async Task<bool> LeaveNextAsync(Guid userId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        Guid workspaceId;
        await using (var next = new NpgsqlCommand(
            """
            SELECT m.workspace_id FROM members m
             WHERE m.user_id = $1 AND NOT EXISTS (SELECT FROM dropped_workspaces d WHERE d.workspace_id = m.workspace_id) ORDER BY m.workspace_id LIMIT 1
            """,
            connection))
        {
            next.Parameters.With(userId);
            if (await next.ExecuteScalarAsync(cancellation) is not Guid found)
            {
                return false;
            }
            workspaceId = found;
        }
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var ownerId = await LockAsync(connection, workspaceId, cancellation);
        if (await FindAsync(connection, "SELECT m.user_id, m.role, m.version FROM members m WHERE m.workspace_id = $1 AND m.user_id = $2", workspaceId, userId, cancellation) is not { } leaver)
        {
            // Somebody else has done it since it was looked at.
            return true;
        }
        var heir = ownerId == userId ? await FindAsync(connection, Heir, workspaceId, userId, cancellation) : null;
        if (ownerId == userId && heir is null)
        {
            var now = time.NowUtc();
            await WorkspaceDrops.AddAsync(connection, workspaceId, now);
            // Its programs are the last that could enter it.
            await connection.ExecuteAsync(
                "UPDATE sessions SET ended_at = $2 WHERE ended_at IS NULL AND user_id IN (SELECT user_id FROM accounts WHERE is_service AND workspace_id = $1)",
                parameters => parameters.With(workspaceId).With(now));
        }
        else
        {
            await using var batch = new WorkspaceBatch(database, connection, workspaceId);
            batch.AdvanceForTheSystem(events: heir is null ? 1 : 2, default, time.NowUtc());
            if (heir is { } owner)
            {
                MemberTable.AddChange(batch, workspaceId, owner.UserId, owner.Version + 1, new MemberEvent.Updated(WorkspaceRole.Owner, owner.Role), following: 1, userId, requestId: null);
            }
            MemberTable.AddChange(batch, workspaceId, userId, leaver.Version + 1, new MemberEvent.Removed(leaver.Role), following: 0, userId, requestId: null);
            await batch.Statements.ExecuteNonQueryAsync(cancellation);
        }
        await transaction.CommitAsync(cancellation);
        database.TellCommitted(workspaceId);
        return true;
    }

    private static async Task<Guid?> LockAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT owner_id FROM workspaces WHERE workspace_id = $1 FOR UPDATE", connection);
        command.Parameters.With(workspaceId);
        return await command.ExecuteScalarAsync(cancellation) as Guid?;
    }

    private static async Task<(Guid UserId, WorkspaceRole Role, int Version)?> FindAsync(NpgsqlConnection connection, string sql, Guid workspaceId, Guid userId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.With(workspaceId).With(userId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetGuid(0), (WorkspaceRole)reader.GetInt16(1), reader.GetInt32(2)) : null;
    }
}
