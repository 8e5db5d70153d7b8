using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>
/// A write that takes the workspace's lock before it reads: what it decides on cannot change, and costs two round trips. The first takes the key and
/// the lock and reads, the second writes and commits.
/// </summary>
internal sealed class LockedWrite(Database database, NpgsqlConnection connection, Caller caller, IdempotencyKey? key) : IAsyncDisposable
{
    private readonly WorkspaceBatch opening = new(connection, caller.WorkspaceId);

    /// <summary>Nothing but looked at: all statements see the same moment, nobody waits, and no key is taken.</summary>
    public bool IsRehearsal { get; init; }

    /// <summary>What the caller must be allowed, and be told of where it is not so.</summary>
    public Permission Permission { get; init; } = Permission.Write;

    /// <summary>Gives whether it may go on: false when the key is known, an error when it is refused. Unless it may, the connection has been given back.</summary>
    /// <param name="columns">Of the workspace's row <c>w</c>, which is the first that is read.</param>
    /// <param name="addReading">Adds the statements that follow it in the same packet.</param>
    /// <param name="readAsync">Reads the results, from that row on.</param>
    public async Task<Result<bool>> OpenAsync(
        string columns, Action<WorkspaceBatch> addReading, Func<NpgsqlDataReader, Task> readAsync, DateTime now, CancellationToken cancellation)
    {
        if (IsRehearsal)
        {
            opening.BeginSnapshot();
        }
        else
        {
            opening.Begin();
            if (key is not null)
            {
                // First of all: a repeat of what succeeded finds its key before its own effect could refuse it. What it points to follows before the commit.
                opening.Key(caller.UserId, key, streamId: null, version: null, outcome: null, now);
            }
        }
        opening.Add($"SELECT {columns} FROM {Access.From} WHERE s.session_id = $1 AND {Access.May(Permission)}{(IsRehearsal ? "" : " FOR UPDATE OF w")}").WithCaller(caller);
        addReading(opening);

        var mayEnter = false;
        try
        {
            await using var rows = await opening.Statements.ExecuteReaderAsync(CancellationToken.None);
            mayEnter = await rows.ReadAsync(CancellationToken.None);
            if (mayEnter)
            {
                await readAsync(rows);
            }
        }
        catch (PostgresException exception) when (opening.Classify(exception) is { } failed)
        {
            await RollBackAsync();
            return failed switch
            {
                BatchOutcome.KeyKnown => false,
                BatchOutcome.KeyInFlight => ErrorCode.IdempotencyInFlight,
                _ => ErrorCode.Busy,
            };
        }
        if (!mayEnter)
        {
            await RollBackAsync();
            return await Access.ExplainAsync(database, caller, Permission, cancellation);
        }
        return true;
    }

    /// <summary>Says what the key points to, if there is one, writes and commits.</summary>
    public async Task<Result<Advanced>> CommitAsync((Guid? StreamId, int? Version, string? Outcome) remembered, Action<WorkspaceBatch> add, CancellationToken cancellation)
    {
        await using var closing = new WorkspaceBatch(connection, caller.WorkspaceId);
        if (key is not null)
        {
            closing.FillKey(caller.UserId, key, remembered.StreamId, remembered.Version, remembered.Outcome);
        }
        add(closing);
        closing.Commit();
        // Not cancelled with the request: once it is under way, a write is better finished than left in doubt.
        var (outcome, advanced) = await closing.ExecuteAsync(CancellationToken.None);
        await connection.CloseAsync();
        if (outcome != BatchOutcome.Committed)
        {
            // The lock keeps everybody else away, so it is the session that ended in between.
            return await Access.IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.Busy : ErrorCode.SessionEnded;
        }
        return advanced;
    }

    /// <summary>Leaves everything as it was, and gives the connection back, so that whoever has to look something up can take another.</summary>
    public async Task RollBackAsync()
    {
        await opening.RollBackAsync();
        await connection.CloseAsync();
    }

    public ValueTask DisposeAsync() => opening.DisposeAsync();
}
