using Npgsql;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>What a batch came to.</summary>
internal enum BatchOutcome
{
    /// <summary>All of it is on disk.</summary>
    Committed,

    /// <summary>Nothing was done: the idempotency key is known.</summary>
    KeyKnown,

    /// <summary>Nothing was done: the first request with this key is still at work.</summary>
    KeyInFlight,

    /// <summary>Nothing was done: something that the batch took for granted is no longer so. Read again and decide again.</summary>
    Stale,
}

/// <summary>Where the workspace stands after a batch.</summary>
/// <param name="Subtasks">Of the task that was changed, if one was.</param>
internal readonly record struct Advanced(long Revision, LabelsStamp Labels, long LastTaskNumber, DateTime ChangedAt, Subtasks Subtasks = default);

/// <summary>By how much a change moves the counts on the workspace's row.</summary>
internal readonly record struct CountChange(int Numbers, int Pending, int Done, int Deleted)
{
    public static CountChange operator +(CountChange one, CountChange other) =>
        new(one.Numbers + other.Numbers, one.Pending + other.Pending, one.Done + other.Done, one.Deleted + other.Deleted);
}

/// <summary>An event on its way into the log.</summary>
/// <param name="Following">How many events of the transaction come after it.</param>
/// <param name="Number">The task's number, on <c>task.created</c> and <c>task.moved_in</c>.</param>
internal readonly record struct LoggedEvent(int Following, Guid StreamId, int Version, string Type, long? Number, string? Data, string? Before);

/// <summary>
/// The statements of one write to one workspace, sent as one packet with BEGIN and COMMIT in it. The lock order is the same everywhere:
/// idempotency key, workspace row, all else; any other order deadlocks. Of several workspaces the one with the smallest id comes first.
/// </summary>
internal sealed class WorkspaceBatch : IAsyncDisposable
{
    private const string AdvanceColumns = $"w.revision, w.last_task_number, w.changed_at, {LabelsStamp.Columns}";

    /// <summary>Of <see cref="TaskTable.SubtaskColumns"/>.</summary>
    private const int SubtaskFields = 3;

    private const string AdvanceSet = """
        UPDATE workspaces w SET revision = w.revision + $2, last_task_number = w.last_task_number + $3, pending_tasks = w.pending_tasks + $4,
               done_tasks = w.done_tasks + $5, deleted_tasks = w.deleted_tasks + $6, changed_at = greatest(w.changed_at, $7)
        """;

    /// <summary>
    /// When the caller may not enter, or the labels have changed, no row is advanced; the events that follow then collide with the last one
    /// of the workspace and abort the batch.
    /// </summary>
    private static readonly Dictionary<Permission, string> AdvanceForCaller = Enum.GetValues<Permission>().ToDictionary(permission => permission, permission => $"""
        {AdvanceSet}
          FROM sessions s
         WHERE w.workspace_id = $1 AND s.session_id = $8 AND {Access.May(permission)} AND ($9::bigint IS NULL OR w.labels_revision = $9)
        RETURNING {AdvanceColumns}
        """);

    private const string AdvanceForSystem = $"{AdvanceSet} WHERE w.workspace_id = $1 RETURNING {AdvanceColumns}";

    /// <summary>What the packet does to logs.</summary>
    private sealed class Changes
    {
        public List<Guid> Workspaces { get; } = new(1);

        /// <summary>Its last statement is the commit.</summary>
        public bool AreCommitted { get; set; }
    }

    private readonly Database database;
    private readonly NpgsqlBatch batch;
    private readonly Changes changes;
    private NpgsqlBatchCommand? keyCommand;

    /// <param name="connection">Null for what is to be sent by <see cref="SharedWrites"/>.</param>
    public WorkspaceBatch(Database database, NpgsqlConnection? connection, Guid workspaceId)
    {
        (this.database, WorkspaceId) = (database, workspaceId);
        batch = new NpgsqlBatch(connection);
        changes = new Changes();
    }

    private WorkspaceBatch(WorkspaceBatch other, Guid workspaceId)
    {
        (database, batch, changes) = (other.database, other.batch, other.changes);
        WorkspaceId = workspaceId;
    }

    public Guid WorkspaceId { get; }

    /// <summary>It advances one workspace and does nothing else, from its BEGIN to its COMMIT.</summary>
    public bool IsOfOneWorkspace => changes is { AreCommitted: true, Workspaces.Count: 1 };

    /// <summary>What is between its BEGIN and its COMMIT.</summary>
    public IReadOnlyList<NpgsqlBatchCommand> Steps => [.. ((IEnumerable<NpgsqlBatchCommand>)batch.BatchCommands).Skip(1).SkipLast(1)];

    public bool IsKey(NpgsqlBatchCommand step) => ReferenceEquals(step, keyCommand);

    /// <summary>The same packet, for statements that are about another workspace.</summary>
    public WorkspaceBatch In(Guid otherWorkspaceId) => new(this, otherWorkspaceId);

    public void Begin() => Add("BEGIN");

    /// <summary>For what reads alone: every statement sees the same moment, and nobody waits.</summary>
    public void BeginSnapshot() => Add("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

    public void Commit()
    {
        changes.AreCommitted = true;
        Add("COMMIT");
    }

    public void Key(Guid userId, IdempotencyKey key, Guid? streamId, int? version, string? outcome, DateTime now)
    {
        keyCommand = new NpgsqlBatchCommand(Idempotency.Insert);
        keyCommand.Parameters.WithKey(WorkspaceId, userId, key, streamId, version, outcome, now);
        batch.BatchCommands.Add(keyCommand);
    }

    /// <summary>Says what a key points to that was taken before that was known.</summary>
    public void FillKey(Guid userId, IdempotencyKey key, Guid? streamId, int? version, string? outcome) =>
        Add("UPDATE idempotency_keys SET stream_id = $4, version = $5, outcome = $6 WHERE workspace_id = $1 AND user_id = $2 AND key = $3")
            .With(WorkspaceId).With(userId).With(key.Value).WithId(streamId).WithNumber(version).WithJson(outcome);

    /// <param name="onlyWithLabels">Only while the labels are those of this revision; null when none were taken for granted.</param>
    /// <param name="permission">What the caller must be allowed.</param>
    public void Advance(Caller caller, int events, CountChange counts, DateTime now, long? onlyWithLabels, Permission permission = Permission.Write)
    {
        var parameters = AddAdvance(AdvanceForCaller[permission], events, counts, now);
        parameters.With(caller.SessionId);
        parameters.Add(new NpgsqlParameter { Value = (object?)onlyWithLabels ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint });
    }

    /// <summary>For the system's own work, such as a purge: nobody's rights are in question.</summary>
    public void AdvanceForTheSystem(int events, CountChange counts, DateTime now) => AddAdvance(AdvanceForSystem, events, counts, now);

    /// <param name="beforeLast">How many events of this batch follow this one.</param>
    public void Append(int beforeLast, Guid streamId, int version, string type, bool takesNumber, string? data, string? before, Guid actorId, string? requestId) =>
        Add(EventLog.Append).With(WorkspaceId).With((long)beforeLast).With(streamId).With(version).With(type).With(takesNumber)
            .WithJson(data).WithJson(before).With(actorId).WithText(requestId);

    /// <summary>Many events in one statement.</summary>
    public void AppendMany(IReadOnlyList<LoggedEvent> events, Guid actorId, string? requestId) =>
        Add(EventLog.AppendMany).With(WorkspaceId).WithEvents(events).With(actorId).WithText(requestId);

    /// <summary>Any other statement; the workspace is not among its parameters yet.</summary>
    public NpgsqlParameterCollection Add(string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command.Parameters;
    }

    /// <summary>Sends the batch. <c>Advanced</c> is meaningful only when it was committed.</summary>
    public async Task<(BatchOutcome Outcome, Advanced Advanced)> ExecuteAsync(CancellationToken cancellation)
    {
        var advanced = default(Advanced);
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            do
            {
                advanced = await ReadAsync(reader, advanced);
            }
            while (await reader.NextResultAsync(cancellation));
        }
        catch (PostgresException exception) when (Classify(exception) is { } outcome)
        {
            await RollBackAsync();
            return (outcome, default);
        }
        if (changes.AreCommitted)
        {
            TellOfChanges();
        }
        else if (changes.Workspaces.Count > 0)
        {
            // A step commits later on, and then gives the connection back.
            batch.Connection!.StateChange += (_, change) =>
            {
                if (change.CurrentState == System.Data.ConnectionState.Closed)
                {
                    TellOfChanges();
                }
            };
        }
        return (BatchOutcome.Committed, advanced);
    }

    /// <summary>Two statements of a batch return a row: the one that advances the workspace, and behind it the one that changes a task.</summary>
    /// <param name="before">What those before this one have returned.</param>
    public static async ValueTask<Advanced> ReadAsync(NpgsqlDataReader reader, Advanced before)
    {
        if (reader.FieldCount == 0 || !await reader.ReadAsync())
        {
            return before;
        }
        return IsOfTheWorkspace(reader)
            ? ReadAdvanced(reader, 0)
            : before with { Subtasks = TaskTable.ReadSubtasks(reader, 0) };
    }

    /// <summary>Reads <see cref="AdvanceColumns"/>.</summary>
    public static Advanced ReadAdvanced(NpgsqlDataReader reader, int first) =>
        new(reader.GetInt64(first), LabelsStamp.Read(reader, first + 3), reader.GetInt64(first + 1), reader.GetDateTime(first + 2));

    /// <summary>These are what the statement that advances a workspace returns.</summary>
    public static bool IsOfTheWorkspace(NpgsqlDataReader reader) => reader.FieldCount > SubtaskFields;

    /// <summary>What the failure of a statement means; null when it means nothing that can be dealt with here.</summary>
    public BatchOutcome? Classify(PostgresException exception)
    {
        var atKey = exception.BatchCommand is NpgsqlBatchCommand step && IsKey(step);
        return exception.SqlState switch
        {
            PostgresErrorCodes.UniqueViolation => atKey ? BatchOutcome.KeyKnown : BatchOutcome.Stale,
            // The version that is not written over other subtasks than those that were decided on.
            PostgresErrorCodes.NotNullViolation => BatchOutcome.Stale,
            PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled when atKey => BatchOutcome.KeyInFlight,
            PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure => BatchOutcome.Stale,
            _ => null,
        };
    }

    public NpgsqlBatch Statements => batch;

    /// <summary>The batch began a transaction that a failure has left open.</summary>
    public async Task RollBackAsync()
    {
        await using var rollback = new NpgsqlCommand("ROLLBACK", batch.Connection);
        await rollback.ExecuteNonQueryAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync() => batch.DisposeAsync();

    private void TellOfChanges()
    {
        foreach (var changed in changes.Workspaces)
        {
            database.TellCommitted(changed);
        }
    }

    private NpgsqlParameterCollection AddAdvance(string sql, int events, CountChange counts, DateTime now)
    {
        changes.Workspaces.Add(WorkspaceId);
        return Add(sql).With(WorkspaceId).With((long)events).With((long)counts.Numbers).With((long)counts.Pending).With((long)counts.Done).With((long)counts.Deleted).With(now);
    }
}
