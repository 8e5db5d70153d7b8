using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>
/// New tasks of many requests, by one statement, which is a transaction of its own. It takes the workspaces that are free, their callers may write in and
/// have the labels that were decided on; what it leaves out, and all of it where it fails, goes on alone. Whoever wants a workspace that is under way leaves behind it.
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
            WITH ORDINALITY
              c(workspace_id, session_id, pending, done, labels_revision, now, task_id, title, description, state, priority, due_date, category_id, tag_ids, title_key, search,
                assignee_id, created_by, data, request_id, key, fingerprint, place)),
        free AS (
          SELECT w.workspace_id, w.owner_id, w.members_revision, w.archived_at, w.labels_revision
            FROM workspaces w WHERE w.workspace_id = ANY ($1) ORDER BY w.workspace_id FOR NO KEY UPDATE SKIP LOCKED),
        fit AS (
          SELECT c.*, row_number() OVER (PARTITION BY c.workspace_id ORDER BY c.place) AS nth
            FROM c JOIN free w ON w.workspace_id = c.workspace_id JOIN sessions s ON s.session_id = c.session_id
           WHERE {Access.MayWrite} AND (c.labels_revision IS NULL OR w.labels_revision = c.labels_revision)
             AND NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.workspace_id = c.workspace_id AND k.user_id = c.created_by AND k.key = c.key)),
        crowds AS (
          SELECT workspace_id, count(*) AS tasks, sum(pending) AS pending, sum(done) AS done, max(now) AS now FROM fit GROUP BY workspace_id),
        advanced AS (
          UPDATE workspaces w SET revision = w.revision + c.tasks, last_task_number = w.last_task_number + c.tasks, pending_tasks = w.pending_tasks + c.pending,
                 done_tasks = w.done_tasks + c.done, changed_at = greatest(w.changed_at, c.now)
            FROM crowds c WHERE w.workspace_id = c.workspace_id
          RETURNING w.workspace_id AS id, w.revision - c.tasks AS revision_before, w.last_task_number - c.tasks AS number_before, w.changed_at, w.labels_revision AS labels_at, w.labels_changed_at),
        a AS (
          SELECT w.*, w.revision_before + fit.nth AS revision, w.number_before + fit.nth AS number, fit.* FROM advanced w JOIN fit ON fit.workspace_id = w.id),
        tasks_made AS ({TaskTable.InsertCreated}),
        events_made AS ({EventLog.AppendCreated}),
        keys_made AS ({Idempotency.InsertCreated})
        SELECT place, revision, number, changed_at, labels_at, labels_changed_at FROM a
        """;

    /// <summary>Null where it is to be made alone.</summary>
    public Task<Advanced?> TryAsync(Creation creation)
    {
        Send(creation);
        return creation.Task;
    }

    protected override Guid? Holds(Creation creation) => creation.Caller.WorkspaceId;

    /// <summary>What was asked for twice under one key is not made by one statement, which would find out only by failing.</summary>
    protected override Task TravelAsync(List<Creation> together) => TravelInOrderAsync(
        together, creation => creation.Caller.WorkspaceId, creation => creation.Key is { } key ? [key.Of(creation.Caller)] : [], CommitAsync);

    private async Task CommitAsync(List<Creation> packet)
    {
        var made = new Advanced?[packet.Count];
        await using (var connection = await database.OpenAsync(CancellationToken.None))
        {
            await using var command = Command(packet, connection);
            try
            {
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync())
                {
                    made[reader.GetInt64(0) - 1] = WorkspaceBatch.ReadAdvanced(reader, 1);
                }
                // Its rows come before it is committed, and whether it was comes behind them.
                await reader.NextResultAsync();
            }
            catch (PostgresException)
            {
                Array.Clear(made);
            }
        }
        foreach (var workspaceId in packet.Where((_, place) => made[place] is not null).Select(creation => creation.Caller.WorkspaceId).Distinct())
        {
            database.TellCommitted(workspaceId);
        }
        foreach (var (creation, advanced) in packet.Zip(made))
        {
            creation.Done(advanced);
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
