using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Limiting;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Jobs;

/// <summary>What is thrown away when its time has come. Each step touches a bounded number of rows and gives how many.</summary>
/// <param name="idempotencyKeysKeptFor">At least 24 hours, which is what clients are promised.</param>
/// <param name="deletedTasksKeptFor">How long a deleted task can be restored.</param>
/// <param name="deletions">Of accounts whose time of grace is over.</param>
/// <param name="drops">Of workspaces that nobody has any more.</param>
public sealed class CleanUp(Database database, TimeProvider time, TimeSpan idempotencyKeysKeptFor, TimeSpan deletedTasksKeptFor, AccountDeletions deletions, WorkspaceDrops drops)
{
    /// <summary>Ended and expired sessions are kept as long as an access token of theirs could still be shown.</summary>
    private static readonly TimeSpan SessionsKeptFor = TimeSpan.FromHours(2);

    public IReadOnlyList<Job> Jobs =>
    [
        new("delete-expired-idempotency-keys", TimeSpan.FromMinutes(10), DeleteExpiredKeysAsync),
        new("delete-ended-sessions", TimeSpan.FromMinutes(10), DeleteEndedSessionsAsync),
        new("delete-ended-attempts", TimeSpan.FromMinutes(10), DeleteEndedAttemptsAsync),
        new("delete-expired-one-time-secrets", TimeSpan.FromMinutes(10), DeleteExpiredSecretsAsync),
        new("delete-expired-invitations", TimeSpan.FromMinutes(10), DeleteExpiredInvitationsAsync),
        new("delete-used-tickets", TimeSpan.FromMinutes(10), DeleteUsedTicketsAsync),
        new("delete-forgotten-devices", TimeSpan.FromMinutes(10), DeleteForgottenDevicesAsync),
        new("purge-deleted-tasks", TimeSpan.FromMinutes(10), PurgeDeletedTasksAsync),
        new("delete-accounts", TimeSpan.FromMinutes(1), DeleteAccountsAsync),
    ];

    private Task<int> DeleteExpiredKeysAsync(CancellationToken cancellation) => ExecuteAsync("""
        DELETE FROM idempotency_keys k USING (SELECT workspace_id, user_id, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2) old
         WHERE k.workspace_id = old.workspace_id AND k.user_id = old.user_id AND k.key = old.key
        """, time.NowUtc() - idempotencyKeysKeptFor, cancellation);

    private Task<int> DeleteEndedSessionsAsync(CancellationToken cancellation) => ExecuteAsync("""
        DELETE FROM sessions WHERE session_id IN (
          (SELECT session_id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)
          UNION ALL (SELECT session_id FROM sessions WHERE ended_at < $1 LIMIT $2))
        """, time.NowUtc() - SessionsKeptFor, cancellation);

    private Task<int> DeleteEndedAttemptsAsync(CancellationToken cancellation) => ExecuteAsync("""
        DELETE FROM attempts a USING (SELECT kind, key FROM attempts WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2 FOR UPDATE SKIP LOCKED) ended
         WHERE a.kind = ended.kind AND a.key = ended.key
        """, time.NowUtc() - Attempts.StrikesKeptFor, cancellation);

    /// <summary>A used one is kept as long as the key under which it was used: a repeat is still told what came of it.</summary>
    private Task<int> DeleteExpiredSecretsAsync(CancellationToken cancellation) => ExecuteAsync("""
        DELETE FROM one_time_secrets o USING (SELECT secret_id FROM one_time_secrets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) expired
         WHERE o.secret_id = expired.secret_id
        """, time.NowUtc() - idempotencyKeysKeptFor, cancellation);

    /// <summary>Whatever came of them, and as late as secrets are, for the same reason.</summary>
    private Task<int> DeleteExpiredInvitationsAsync(CancellationToken cancellation) => ExecuteAsync("""
        DELETE FROM invitations i
         USING (SELECT workspace_id, invitation_id FROM invitations WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) expired
         WHERE i.workspace_id = expired.workspace_id AND i.invitation_id = expired.invitation_id
        """, time.NowUtc() - idempotencyKeysKeptFor, cancellation);

    private Task<int> DeleteUsedTicketsAsync(CancellationToken cancellation) => ExecuteAsync("""
        DELETE FROM used_tickets u
         USING (SELECT ticket_id FROM used_tickets WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) expired
         WHERE u.ticket_id = expired.ticket_id
        """, time.NowUtc(), cancellation);

    private Task<int> DeleteForgottenDevicesAsync(CancellationToken cancellation) => ExecuteAsync("""
        DELETE FROM known_devices d USING (SELECT user_id, device FROM known_devices WHERE seen_at <= $1 ORDER BY seen_at LIMIT $2 FOR UPDATE SKIP LOCKED) old
         WHERE d.user_id = old.user_id AND d.device = old.device
        """, time.NowUtc() - TimeSpan.FromDays(Limits.KnownDeviceDays), cancellation);

    /// <summary>
    /// A purge leaves the skeleton of the task's events (that something was there, when, its number) and takes what it was, and what its notes
    /// said. Each task is a write like any other: in its workspace's order, with an event of its own.
    /// </summary>
    private async Task<int> PurgeDeletedTasksAsync(CancellationToken cancellation)
    {
        var due = new List<(Guid WorkspaceId, Guid TaskId, int Version)>();
        await using (var command = database.Command("SELECT workspace_id, task_id, version FROM tasks WHERE deleted_at < $1 ORDER BY deleted_at LIMIT $2"))
        {
            command.Parameters.With(time.NowUtc() - deletedTasksKeptFor).With(Limits.JobBatchRows);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                due.Add((reader.GetGuid(0), reader.GetGuid(1), reader.GetInt32(2)));
            }
        }
        var purged = 0;
        foreach (var (workspaceId, taskId, version) in due)
        {
            await using var connection = await database.OpenAsync(cancellation);
            await using var batch = new WorkspaceBatch(database, connection, workspaceId);
            batch.Begin();
            batch.AdvanceForTheSystem(events: 1, new CountChange(Numbers: 0, Pending: 0, Done: 0, Deleted: -1), time.NowUtc());
            // Collides, and voids the batch, when the task was restored meanwhile.
            batch.Append(0, taskId, version + 1, EventNames.TaskPurged, takesNumber: false, data: null, before: null, Guid.Empty, requestId: null);
            batch.Add("UPDATE events SET data = NULL, before = NULL WHERE workspace_id = $1 AND stream_id = $2 AND (data IS NOT NULL OR before IS NOT NULL)")
                .With(workspaceId).With(taskId);
            batch.Add("UPDATE carried_events SET data = NULL, before = NULL WHERE workspace_id = $1 AND stream_id = $2").With(workspaceId).With(taskId);
            batch.Add("DELETE FROM tasks WHERE workspace_id = $1 AND task_id = $2").With(workspaceId).With(taskId);
            NoteTable.AddPurged(batch, workspaceId, taskId);
            batch.Commit();
            if ((await batch.ExecuteAsync(cancellation)).Outcome == BatchOutcome.Committed)
            {
                purged++;
            }
        }
        return purged;
    }

    /// <summary>Accounts first: what they leave is then dropped in the same run.</summary>
    private async Task<int> DeleteAccountsAsync(CancellationToken cancellation) =>
        await deletions.DeleteDueAsync(cancellation) is > 0 and var steps ? steps : await drops.DropAsync(cancellation);

    private async Task<int> ExecuteAsync(string sql, DateTime before, CancellationToken cancellation)
    {
        await using var command = database.Command(sql);
        command.Parameters.With(before).With(Limits.JobBatchRows);
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
