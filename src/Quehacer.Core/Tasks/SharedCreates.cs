using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>
/// New tasks of many requests in different workspaces, by one statement, which is a transaction of its own. It takes the workspaces that are free, their callers may write in and
/// have the labels that were decided on; what it leaves out, and all of it where it fails, goes on alone.
/// </summary>
internal sealed class SharedCreates(Database database) : Lanes<SharedCreates.Creation>(database.Lanes, most: 32, beside: 16, Database.Patience)
{
    /// <summary>
    /// Locks are taken in the order of the workspaces, and none is waited for. A key that is known leaves its request out; one that is at work just now makes
    /// this fail, as <see cref="SharedWrites.WaitForNobodyWithin"/> has it.
    /// </summary>
    private static readonly string Create = $"""
        WITH c AS MATERIALIZED (
          SELECT c.* FROM ({SharedWrites.WaitForNobodyWithin}) nobody, unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
              c(workspace_id, session_id, pending, done, labels_revision, now, task_id, title, description, state, priority, due_date, category_id, tag_ids, title_key, search,
                assignee_id, created_by, data, request_id, key, fingerprint)),
        free AS (
          SELECT w.workspace_id FROM workspaces w WHERE w.workspace_id = ANY ($1) ORDER BY w.workspace_id FOR NO KEY UPDATE SKIP LOCKED),
        a AS (
          UPDATE workspaces w SET revision = w.revision + 1, last_task_number = w.last_task_number + 1, pending_tasks = w.pending_tasks + c.pending,
                 done_tasks = w.done_tasks + c.done, changed_at = greatest(w.changed_at, c.now)
            FROM c JOIN free f ON f.workspace_id = c.workspace_id JOIN sessions s ON s.session_id = c.session_id
           WHERE w.workspace_id = c.workspace_id AND {Access.MayWrite} AND (c.labels_revision IS NULL OR w.labels_revision = c.labels_revision)
             AND NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.workspace_id = c.workspace_id AND k.user_id = c.created_by AND k.key = c.key)
          RETURNING w.workspace_id AS id, w.revision, w.last_task_number AS number, w.changed_at, w.labels_revision AS labels_at, w.labels_changed_at, c.*),
        tasks_made AS ({TaskTable.InsertCreated}),
        events_made AS ({EventLog.AppendCreated}),
        keys_made AS ({Idempotency.InsertCreated})
        SELECT id, revision, number, changed_at, labels_at, labels_changed_at FROM a
        """;

    /// <summary>Null where it is to be made alone.</summary>
    public Task<Advanced?> TryAsync(Creation creation)
    {
        Send(creation);
        return creation.Task;
    }

    protected override Task TravelAsync(List<Creation> together) => TravelByWorkspaceAsync(together, creation => creation.Caller.WorkspaceId, CommitAsync);

    private async Task CommitAsync(List<Creation> packet)
    {
        var made = new Dictionary<Guid, Advanced>(packet.Count);
        await using (var connection = await database.OpenAsync(CancellationToken.None))
        {
            await using var command = Command(packet, connection);
            try
            {
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync())
                {
                    made.Add(reader.GetGuid(0), WorkspaceBatch.ReadAdvanced(reader, 1));
                }
                // Its rows come before it is committed, and whether it was comes behind them.
                await reader.NextResultAsync();
            }
            catch (PostgresException)
            {
                made.Clear();
            }
        }
        foreach (var creation in packet)
        {
            if (made.TryGetValue(creation.Caller.WorkspaceId, out var advanced))
            {
                database.TellCommitted(creation.Caller.WorkspaceId);
                creation.Done(advanced);
            }
            else
            {
                creation.Done(null);
            }
        }
    }

    private static NpgsqlCommand Command(List<Creation> packet, NpgsqlConnection connection)
    {
        T[] Column<T>(Func<Creation, T> value) => [.. packet.Select(value)];
        var command = new NpgsqlCommand(Create, connection);
        command.Parameters.With(Column(one => one.Caller.WorkspaceId)).With(Column(one => one.Caller.SessionId)).With(Column(one => one.Counts.Pending)).With(Column(one => one.Counts.Done))
            .With(Column(one => one.OnlyWithLabels)).With(Column(one => one.Now));
        TaskTable.WithCreated(command.Parameters, Column(one => one.Row));
        command.Parameters.With(Column(one => one.Data)).With(Column(one => one.Caller.RequestId)).With(Column(one => one.Key?.Value)).With(Column(one => one.Key?.Fingerprint));
        return command;
    }

    /// <param name="After">The task, of which number and time are the workspace's to give.</param>
    /// <param name="Data">Of its event.</param>
    /// <param name="OnlyWithLabels">Only while the labels are those of this revision; null when none were taken for granted.</param>
    internal sealed class Creation(Caller caller, TaskItem after, CountChange counts, string data, long? onlyWithLabels, IdempotencyKey? key, DateTime now) : Passenger
    {
        private readonly TaskCompletionSource<Advanced?> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Caller Caller => caller;

        public TaskTable.CreatedRow Row { get; } = new(caller.WorkspaceId, after);

        public CountChange Counts => counts;

        public string Data => data;

        public long? OnlyWithLabels => onlyWithLabels;

        public IdempotencyKey? Key => key;

        public DateTime Now => now;

        public Task<Advanced?> Task => done.Task;

        public void Done(Advanced? advanced) => done.SetResult(advanced);

        public override void Fail(Exception exception) => done.TrySetException(exception);
    }
}
