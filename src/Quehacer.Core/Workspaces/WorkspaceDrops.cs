using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>
/// Workspaces that nobody has any more, taken away a piece at a time, so that however large one is, nothing is locked for long. Whoever is killed on the way has
/// the next one go on: what is to go stands in <c>dropped_workspaces</c> until all of it is gone. Nobody can enter meanwhile, for those who could have no session.
/// </summary>
/// <remarks>
/// A write that was on its way when its session ended advances nothing, and collides with the last event of the workspace, as every write without the right to
/// enter does. So the row of the workspace goes first and that event, which says nothing any more, some minutes later: until then it stands in the way of whoever has seen
/// the row still, and behind it nobody has. What such a write has left between the two goes with it.
/// </remarks>
public sealed class WorkspaceDrops(Database database, TimeProvider time)
{
    /// <summary>The tables of tenants, each with the rest of its key; the log aside. A test knows whether one is missing.</summary>
    internal static readonly (string Table, string Key)[] Tables =
        [("notes", "note_id"), ("tasks", "task_id"), ("labels", "label_id"), ("carried_events", "stream_id, version"), ("invitations", "invitation_id"), ("idempotency_keys", "user_id, key"),
         ("members", "user_id"), ("presence", "user_id, look_id")];

    /// <summary>Says, in the transaction of the connection, that a workspace is to go. <see cref="DropAsync"/> does it.</summary>
    internal static Task<int> AddAsync(NpgsqlConnection connection, Guid workspaceId, DateTime now) => connection.ExecuteAsync(
        "INSERT INTO dropped_workspaces (workspace_id, dropped_at) VALUES ($1, $2) ON CONFLICT (workspace_id) DO NOTHING", parameters => parameters.With(workspaceId).With(now));

    /// <summary>Deletes at most <see cref="Limits.JobBatchRows"/> rows; gives how many, and 0 when nothing is left to be dropped.</summary>
    public async Task<int> DropAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var now = time.NowUtc();
        if (await NextAsync(connection, now, cancellation) is not var (workspaceId, isGone))
        {
            return 0;
        }
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Held for a piece: two that took away the same rows, each in its own order, would wait for each other.
        if (!await connection.FindsAsync(
            "SELECT 1 FROM dropped_workspaces WHERE workspace_id = $1 AND (gone_at IS NOT NULL) = $2 FOR UPDATE", parameters => parameters.With(workspaceId).With(isGone)))
        {
            // Somebody else was quicker.
            return 1;
        }
        var deleted = isGone ? await SweepAsync(connection, workspaceId, cancellation) : await DeleteAsync(connection, workspaceId, now, cancellation);
        await transaction.CommitAsync(cancellation);
        return deleted;
    }

    private static async Task<int> DeleteAsync(NpgsqlConnection connection, Guid workspaceId, DateTime now, CancellationToken cancellation)
    {
        foreach (var (table, key) in Tables)
        {
            var deleted = await ExecuteAsync(
                connection, $"DELETE FROM {table} WHERE workspace_id = $1 AND ({key}) IN (SELECT {key} FROM {table} WHERE workspace_id = $1 ORDER BY {key} LIMIT $2)", workspaceId, cancellation);
            if (deleted > 0)
            {
                return deleted;
            }
        }
        var events = await ExecuteAsync(
            connection,
            """
            DELETE FROM events WHERE workspace_id = $1
               AND revision < least((SELECT min(revision) FROM events WHERE workspace_id = $1) + $2, (SELECT max(revision) FROM events WHERE workspace_id = $1))
            """,
            workspaceId, cancellation);
        return events > 0 ? events : await FinishAsync(connection, workspaceId, now, cancellation);
    }

    /// <summary>Takes the row of the workspace away, under the lock that every writer takes: what one of them has left is gone as well, but for an event that says nothing.</summary>
    private static async Task<int> FinishAsync(NpgsqlConnection connection, Guid workspaceId, DateTime now, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        Add(batch, "SELECT 1 FROM workspaces WHERE workspace_id = $1 FOR UPDATE", workspaceId);
        AddTables(batch, workspaceId);
        Add(batch, "DELETE FROM events WHERE workspace_id = $1 AND revision < (SELECT max(revision) FROM events WHERE workspace_id = $1)", workspaceId);
        Add(batch, "UPDATE events SET data = NULL, before = NULL WHERE workspace_id = $1", workspaceId);
        // A task that was moved on may still say that one of them made it: who that was is told to nobody any more, as of people who have gone.
        Add(batch, "DELETE FROM accounts WHERE workspace_id = $1 AND is_service", workspaceId);
        Add(batch, "DELETE FROM workspaces WHERE workspace_id = $1", workspaceId);
        Add(batch, "UPDATE dropped_workspaces SET gone_at = $2 WHERE workspace_id = $1", workspaceId).With(now);
        await batch.ExecuteNonQueryAsync(cancellation);
        return 1;
    }

    /// <summary>Takes away what is left when nothing is under way any more that could leave something.</summary>
    private static async Task<int> SweepAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        AddTables(batch, workspaceId);
        Add(batch, "DELETE FROM events WHERE workspace_id = $1", workspaceId);
        Add(batch, "DELETE FROM dropped_workspaces WHERE workspace_id = $1", workspaceId);
        await batch.ExecuteNonQueryAsync(cancellation);
        return 1;
    }

    private static void AddTables(NpgsqlBatch batch, Guid workspaceId)
    {
        foreach (var (table, _) in Tables)
        {
            Add(batch, $"DELETE FROM {table} WHERE workspace_id = $1", workspaceId);
        }
    }

    private static NpgsqlParameterCollection Add(NpgsqlBatch batch, string sql, Guid workspaceId)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command.Parameters.With(workspaceId);
    }

    /// <summary>The next of which something is to be taken away, and whether its row is gone.</summary>
    private static async Task<(Guid WorkspaceId, bool IsGone)?> NextAsync(NpgsqlConnection connection, DateTime now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "SELECT workspace_id, gone_at IS NOT NULL FROM dropped_workspaces WHERE gone_at IS NULL OR gone_at < $1 ORDER BY dropped_at, workspace_id LIMIT 1", connection);
        command.Parameters.With(now.AddMinutes(-Limits.DroppedSweepMinutes));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetGuid(0), reader.GetBoolean(1)) : null;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, Guid workspaceId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.With(workspaceId).With((long)Limits.JobBatchRows);
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
