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
    private WorkspaceBatch opening = new(database, connection, caller.WorkspaceId);

    /// <summary>Nothing but looked at: all statements see the same moment, nobody waits, and no key is taken.</summary>
    public bool IsRehearsal { get; init; }

    /// <summary>Another workspace that is locked as well, in which the caller must be allowed the same.</summary>
    public Guid? Other { get; init; }

    /// <summary>What the caller must be allowed, and be told of where it is not so.</summary>
    public Permission Permission { get; init; } = Permission.Write;

    /// <summary>Gives whether it may go on: false when the key is known, an error when it is refused. Unless it may, the connection has been given back.</summary>
    /// <param name="columns">Of the workspace's row <c>w</c>, which is the first that is read.</param>
    /// <param name="addReading">Adds the statements that follow it in the same packet.</param>
    /// <param name="readAsync">Reads the results, from that row on.</param>
    public async Task<Result<bool>> OpenAsync(
        string columns, Action<WorkspaceBatch> addReading, Func<NpgsqlDataReader, Task> readAsync, DateTime now, CancellationToken cancellation)
    {
        // Whoever waited while the members changed finds nothing (Access.Role), although they may be one. The second time the lock comes in a statement of its
        // own, and the one behind it sees the members as they are then.
        for (var locksFirst = false; ; locksFirst = true)
        {
            if (locksFirst)
            {
                await opening.RollBackAsync();
                await opening.DisposeAsync();
                opening = new WorkspaceBatch(database, connection, caller.WorkspaceId);
            }
            Caller? refusedIn;
            try
            {
                refusedIn = await TryOpenAsync(columns, addReading, readAsync, locksFirst, now);
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
            if (refusedIn is null)
            {
                return true;
            }
            if (locksFirst || IsRehearsal)
            {
                await RollBackAsync();
                return await Access.ExplainAsync(database, refusedIn, Permission, cancellation);
            }
        }
    }

    /// <summary>Gives in which workspace the caller may not; null when all is open.</summary>
    private async Task<Caller?> TryOpenAsync(string columns, Action<WorkspaceBatch> addReading, Func<NpgsqlDataReader, Task> readAsync, bool locksFirst, DateTime now)
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
        // Two that want the same two workspaces, one from here to there and one back, lock them in the same order.
        Caller[] places = Other is { } other ? [.. new[] { caller, caller with { WorkspaceId = other } }.OrderBy(place => place.WorkspaceId)] : [caller];
        foreach (var place in locksFirst ? places : [])
        {
            opening.Add(Access.Lock).WithCaller(place);
        }
        foreach (var place in Other is null ? [] : places)
        {
            opening.Add($"SELECT w.workspace_id FROM {Access.From} WHERE s.session_id = $1 AND {Access.May(Permission)} FOR UPDATE OF w").WithCaller(place);
        }
        opening.Add($"SELECT {columns} FROM {Access.From} WHERE s.session_id = $1 AND {Access.May(Permission)}{(IsRehearsal ? "" : " FOR UPDATE OF w")}").WithCaller(caller);
        addReading(opening);
        await using var rows = await opening.Statements.ExecuteReaderAsync(CancellationToken.None);
        foreach (var _ in locksFirst ? places : [])
        {
            await rows.NextResultAsync(CancellationToken.None);
        }
        foreach (var place in Other is null ? [] : places)
        {
            if (!await rows.ReadAsync(CancellationToken.None))
            {
                return place;
            }
            await rows.NextResultAsync(CancellationToken.None);
        }
        if (!await rows.ReadAsync(CancellationToken.None))
        {
            return caller;
        }
        await readAsync(rows);
        return null;
    }

    /// <summary>Says what the key points to, if there is one, writes and commits.</summary>
    public async Task<Result<Advanced>> CommitAsync((Guid? StreamId, int? Version, string? Outcome) remembered, Action<WorkspaceBatch> add, CancellationToken cancellation)
    {
        await using var closing = new WorkspaceBatch(database, connection, caller.WorkspaceId);
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
