using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>
/// Workspaces that nobody has any more, taken away a piece at a time, so that however large one is, nothing is locked for long. Whoever is killed on the way has
/// the next one go on: what is to go stands in <c>dropped_workspaces</c> until all of it is gone. Nobody can enter meanwhile, for those who could have no session.
/// </summary>
/// <remarks>
/// The row of the workspace and its last event go last, and together: a write that was on its way when the session ended collides with that event, as
/// every write without the right to enter does.
/// </remarks>
public sealed class WorkspaceDrops(Database database)
{
    /// <summary>The tables of tenants, each with the rest of its key; the log aside. A test knows whether one is missing.</summary>
    internal static readonly (string Table, string Key)[] Tables =
        [("notes", "note_id"), ("tasks", "task_id"), ("labels", "label_id"), ("carried_events", "stream_id, version"), ("invitations", "invitation_id"), ("idempotency_keys", "user_id, key"),
         ("members", "user_id")];

    /// <summary>Says, in the transaction of the connection, that a workspace is to go. <see cref="DropAsync"/> does it.</summary>
    internal static Task<int> AddAsync(NpgsqlConnection connection, Guid workspaceId, DateTime now) => connection.ExecuteAsync(
        "INSERT INTO dropped_workspaces (workspace_id, dropped_at) VALUES ($1, $2) ON CONFLICT (workspace_id) DO NOTHING", parameters => parameters.With(workspaceId).With(now));

    /// <summary>Deletes at most <see cref="Limits.JobBatchRows"/> rows; gives how many, and 0 when nothing is left to be dropped.</summary>
    public async Task<int> DropAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        if (await NextAsync(connection, cancellation) is not { } workspaceId)
        {
            return 0;
        }
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Held for a piece: two that took away the same rows, each in its own order, would wait for each other.
        if (!await connection.FindsAsync("SELECT 1 FROM dropped_workspaces WHERE workspace_id = $1 FOR UPDATE", parameters => parameters.With(workspaceId)))
        {
            // Somebody else has taken the last of it away.
            return 1;
        }
        var deleted = await DeleteAsync(connection, workspaceId, cancellation);
        await transaction.CommitAsync(cancellation);
        return deleted;
    }

    private static async Task<int> DeleteAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellation)
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
        return events > 0 ? events : await FinishAsync(connection, workspaceId, cancellation);
    }

    /// <summary>Takes the last of it away, under the lock that every writer takes: what one of them has left is gone as well.</summary>
    private static async Task<int> FinishAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        Add("SELECT 1 FROM workspaces WHERE workspace_id = $1 FOR UPDATE");
        foreach (var (table, _) in Tables)
        {
            Add($"DELETE FROM {table} WHERE workspace_id = $1");
        }
        Add("DELETE FROM events WHERE workspace_id = $1");
        // Nobody else has seen them, and no other log names them.
        Add("DELETE FROM accounts WHERE workspace_id = $1 AND is_service");
        Add("DELETE FROM workspaces WHERE workspace_id = $1");
        Add("DELETE FROM dropped_workspaces WHERE workspace_id = $1");
        await batch.ExecuteNonQueryAsync(cancellation);
        return 1;

        void Add(string sql)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.With(workspaceId);
            batch.BatchCommands.Add(command);
        }
    }

    private static async Task<Guid?> NextAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT workspace_id FROM dropped_workspaces ORDER BY dropped_at, workspace_id LIMIT 1", connection);
        return await command.ExecuteScalarAsync(cancellation) as Guid?;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, Guid workspaceId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.With(workspaceId).With((long)Limits.JobBatchRows);
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
