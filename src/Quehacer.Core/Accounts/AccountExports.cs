using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <summary>Something that happened to an account.</summary>
/// <param name="Version">Of the account, from then on.</param>
/// <param name="ActorId">Who did it; null for whoever runs the installation.</param>
/// <param name="At">When, UTC.</param>
public sealed record AccountEvent(int Version, string Type, Guid? ActorId, DateTime At);

/// <summary>
/// What somebody takes along who leaves, and no list shows. It is read in pages, each of its own moment and with the caller's right within the statement, so that
/// no snapshot and no connection is held for as long as somebody reads (docs/decisions/0020).
/// </summary>
public sealed class AccountExports(Database database)
{
    /// <summary>What has happened to the caller's account, the oldest first.</summary>
    /// <param name="caller">Whose.</param>
    /// <param name="behind">The version behind which the page begins, 0 for the beginning.</param>
    /// <param name="cancellation">Of the statement.</param>
    /// <returns>At most <see cref="Limits.WalkPageEvents"/>; fewer at the end.</returns>
    public async Task<Result<List<AccountEvent>>> HistoryAsync(Caller caller, int behind, CancellationToken cancellation)
    {
        var history = new List<AccountEvent>();
        var isOpen = false;
        await using (var command = database.Command("""
            SELECT e.version, e.type, e.actor_id, e.at
              FROM sessions s LEFT JOIN LATERAL (SELECT * FROM account_events h WHERE h.user_id = s.user_id AND h.version > $2 ORDER BY h.version LIMIT $3) e ON true
             WHERE s.session_id = $1 AND s.ended_at IS NULL
             ORDER BY e.version
            """))
        {
            command.Parameters.With(caller.SessionId).With(behind).With((long)Limits.WalkPageEvents);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                isOpen = true;
                if (!reader.IsDBNull(0))
                {
                    history.Add(new AccountEvent(reader.GetInt32(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetGuid(2), reader.GetDateTime(3)));
                }
            }
        }
        return isOpen ? history : ErrorCode.SessionEnded;
    }

    /// <summary>The log of the caller's workspace, the oldest first.</summary>
    /// <param name="caller">Who asks, in which workspace.</param>
    /// <param name="behind">The revision behind which the page begins, 0 for the beginning.</param>
    /// <param name="cancellation">Of the statement.</param>
    /// <returns>At most <see cref="Limits.WalkPageEvents"/>; fewer at the end.</returns>
    public async Task<Result<List<StoredEvent>>> EventsAsync(Caller caller, long behind, CancellationToken cancellation)
    {
        await using (var command = database.Command($"""
            SELECT {EventLog.Columns}
              FROM {Access.From} LEFT JOIN LATERAL (SELECT * FROM events l WHERE l.workspace_id = $2 AND l.revision > $3 ORDER BY l.revision LIMIT $4) e ON true
             WHERE {Access.Sees}
             ORDER BY e.revision
            """))
        {
            command.Parameters.WithCaller(caller).With(behind).With((long)Limits.WalkPageEvents);
            if (await EventLog.ReadGuardedAsync(command, cancellation) is { } events)
            {
                return events;
            }
        }
        return await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>What happened elsewhere to the tasks and notes that were moved into the caller's workspace, each from its beginning. Their revision, which was another log's, is 0.</summary>
    /// <param name="caller">Who asks, in which workspace.</param>
    /// <param name="behind">The last event of the page before; null for the beginning.</param>
    /// <param name="cancellation">Of the statement.</param>
    /// <returns>At most <see cref="Limits.WalkPageEvents"/>; fewer at the end.</returns>
    public async Task<Result<List<StoredEvent>>> CarriedEventsAsync(Caller caller, EventStamp? behind, CancellationToken cancellation)
    {
        await using (var command = database.Command($"""
            SELECT {EventLog.CarriedColumns}
              FROM {Access.From} LEFT JOIN LATERAL (
                   SELECT * FROM carried_events l WHERE l.workspace_id = $2 AND (l.stream_id, l.version) > ($3, $4) ORDER BY l.stream_id, l.version LIMIT $5) e ON true
             WHERE {Access.Sees}
             ORDER BY e.stream_id, e.version
            """))
        {
            command.Parameters.WithCaller(caller).With(behind?.StreamId ?? Guid.Empty).With(behind?.Version ?? 0).With((long)Limits.WalkPageEvents);
            if (await EventLog.ReadGuardedAsync(command, cancellation) is { } events)
            {
                return events;
            }
        }
        return await Access.ExplainAsync(database, caller, cancellation);
    }
}
