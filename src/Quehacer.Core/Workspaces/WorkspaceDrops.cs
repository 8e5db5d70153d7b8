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
        if (await NextAsync(cancellation) is not { } workspaceId)
        {
            return 0;
        }
        foreach (var (table, key) in Tables)
        {
            var deleted = await ExecuteAsync(
                $"DELETE FROM {table} WHERE workspace_id = $1 AND ({key}) IN (SELECT {key} FROM {table} WHERE workspace_id = $1 ORDER BY {key} LIMIT $2)", workspaceId, cancellation);
            if (deleted > 0)
            {
                return deleted;
            }
        }
        var events = await ExecuteAsync(
            """
            DELETE FROM events WHERE workspace_id = $1
               AND revision < least((SELECT min(revision) FROM events WHERE workspace_id = $1) + $2, (SELECT max(revision) FROM events WHERE workspace_id = $1))
            """,
            workspaceId, cancellation);
        return events > 0 ? events : await FinishAsync(workspaceId, cancellation);
    }

    /// <summary>Takes the last of it away, under the lock that every writer takes: what one of them has left is gone as well.</summary>
    private async Task<int> FinishAsync(Guid workspaceId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
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
        await transaction.CommitAsync(cancellation);
        return 1;

        void Add(string sql)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.With(workspaceId);
            batch.BatchCommands.Add(command);
        }
    }

    private async Task<Guid?> NextAsync(CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT workspace_id FROM dropped_workspaces ORDER BY dropped_at, workspace_id LIMIT 1");
        return await command.ExecuteScalarAsync(cancellation) as Guid?;
    }

    private async Task<int> ExecuteAsync(string sql, Guid workspaceId, CancellationToken cancellation)
    {
        await using var command = database.Command(sql);
        command.Parameters.With(workspaceId).With((long)Limits.JobBatchRows);
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
