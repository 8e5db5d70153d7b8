using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Events;

/// <summary>
/// Writes of many requests, in one packet and one transaction: they wait for the disk once. Each is as it would have been alone: where one of
/// them finds that it has to be decided anew, or would wait for somebody else, nothing of the packet is done, and each goes on its own.
/// </summary>
internal sealed class SharedWrites(Database database) : Lanes<SharedWrites.Write>(2 * database.Lanes, most: 32, beside: 16, Database.Patience)
{
    /// <summary>Whoever waits for a lock longer makes too many others wait with them.</summary>
    private const string LockMilliseconds = "20";

    private const string WaitForNobody = $"SET LOCAL lock_timeout = {LockMilliseconds}";

    /// <summary>The same of one statement, which is its own transaction: something to select from.</summary>
    public const string WaitForNobodyWithin = $"SELECT set_config('lock_timeout', '{LockMilliseconds}', true)";

    /// <summary>For how long a workspace's writes go on their own behind one that others had to be saved from.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(1);

    private const int MostApart = 1000;

    private readonly ConcurrentDictionary<Guid, long> apart = new();

    /// <summary>Does what a batch says from its BEGIN to its COMMIT.</summary>
    /// <param name="say">Makes the batch, once for each time that it is sent.</param>
    /// <param name="claims">What it takes for granted that others may change: of two with the same claim the second would find that the first was there, which undoes both.</param>
    public async Task<(BatchOutcome Outcome, Advanced Advanced)> WriteAsync(Func<NpgsqlConnection?, WorkspaceBatch> say, IReadOnlyList<object> claims)
    {
        var batch = say(null);
        if (batch.IsOfOneWorkspace && !IsApart(batch.WorkspaceId))
        {
            var write = new Write(batch, claims);
            Send(write);
            if (await write.Task is { } done)
            {
                return done;
            }
        }
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var alone = say(connection);
        return await alone.ExecuteAsync(CancellationToken.None);
    }

    protected override Guid? Holds(Write write) => write.Batch.WorkspaceId;

    protected override Task TravelAsync(List<Write> together) => TravelInOrderAsync(together, write => write.Batch.WorkspaceId, write => write.Claims, CommitAsync);

    /// <summary>One packet with a transaction that waits for nobody.</summary>
    private static NpgsqlBatch Transaction(NpgsqlConnection connection, IEnumerable<NpgsqlBatchCommand> steps)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var command in (IEnumerable<NpgsqlBatchCommand>)[new("BEGIN"), new(WaitForNobody), .. steps, new("COMMIT")])
        {
            batch.BatchCommands.Add(command);
        }
        return batch;
    }

    private static async Task RollBackAsync(NpgsqlConnection connection)
    {
        await using var rollback = new NpgsqlCommand("ROLLBACK", connection);
        await rollback.ExecuteNonQueryAsync();
    }

    private async Task CommitAsync(List<Write> packet)
    {
        var advanced = new Advanced[packet.Count];
        await using (var connection = await database.OpenAsync(CancellationToken.None))
        {
            // All keys before the first workspace, as everywhere: whoever holds one of them may be waiting for a workspace of this packet.
            var steps = packet.SelectMany(write => write.Batch.Steps, (write, step) => (Step: step, IsKey: write.Batch.IsKey(step))).OrderByDescending(one => one.IsKey);
            await using var batch = Transaction(connection, steps.Select(one => one.Step));
            try
            {
                await using var reader = await batch.ExecuteReaderAsync();
                var at = -1;
                do
                {
                    // The first row that each of them returns is the workspace's.
                    at += WorkspaceBatch.IsOfTheWorkspace(reader) ? 1 : 0;
                    advanced[at] = await WorkspaceBatch.ReadAsync(reader, advanced[at]);
                }
                while (await reader.NextResultAsync());
            }
            catch (PostgresException exception)
            {
                await RollBackAsync(connection);
                SetApart(packet.FirstOrDefault(write => write.Batch.Steps.Contains(exception.BatchCommand)));
                packet.ForEach(write => write.Done(null));
                return;
            }
        }
        foreach (var workspaceId in packet.Select(write => write.Batch.WorkspaceId).Distinct())
        {
            database.TellCommitted(workspaceId);
        }
        foreach (var (write, reached) in packet.Zip(advanced))
        {
            write.Done((BatchOutcome.Committed, reached));
        }
    }

    private bool IsApart(Guid workspaceId) =>
        !apart.IsEmpty && apart.TryGetValue(workspaceId, out var since) && (Stopwatch.GetElapsedTime(since) < Apart || !apart.TryRemove(KeyValuePair.Create(workspaceId, since)));

    private void SetApart(Write? write)
    {
        if (write is not null)
        {
            if (apart.Count >= MostApart)
            {
                apart.Clear();
            }
            apart[write.Batch.WorkspaceId] = Stopwatch.GetTimestamp();
        }
    }

    internal sealed class Write(WorkspaceBatch batch, IReadOnlyList<object> claims) : Passenger
    {
        private readonly TaskCompletionSource<(BatchOutcome, Advanced)?> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WorkspaceBatch Batch => batch;

        public IReadOnlyList<object> Claims => claims;

        /// <summary>Null where it is to be sent alone.</summary>
        public Task<(BatchOutcome Outcome, Advanced Advanced)?> Task => done.Task;

        public void Done((BatchOutcome, Advanced)? outcome) => done.SetResult(outcome);

        public override void Fail(Exception exception) => done.TrySetException(exception);
    }
}
