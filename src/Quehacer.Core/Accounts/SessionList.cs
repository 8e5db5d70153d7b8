using System.Net;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <summary>A session as its owner recognises it.</summary>
/// <param name="IsCurrent">It is the one that asks.</param>
/// <param name="UserAgent">Of the client at its login or last refresh; null when it does not say.</param>
/// <param name="Address">From where that came; null where there is none.</param>
/// <param name="SeenAt">To about a minute.</param>
/// <param name="ExpiresAt">Unless it is refreshed before.</param>
public sealed record SessionView(Guid Id, bool IsCurrent, string? UserAgent, string? Address, DateTime SeenAt, DateTime ExpiresAt)
{
    public DateTime CreatedAt => Ids.TimeOf(Id);
}

/// <summary>Where an account is signed in: its owner sees that, and ends what should not be.</summary>
public sealed class SessionList(Database database, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <summary>The open sessions of the caller's account, the caller's own first and then those that were seen last; at most <see cref="Limits.SessionsShown"/>.</summary>
    public async Task<Result<IReadOnlyList<SessionView>>> ListAsync(Caller caller, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT s.session_id, s.user_agent, s.address, greatest(s.refreshed_at, s.seen_at) AS last_seen_at, s.expires_at
              FROM sessions c JOIN sessions s ON s.user_id = c.user_id AND NOT s.is_key AND s.ended_at IS NULL AND (s.expires_at > $2 OR s.session_id = $1)
             WHERE c.session_id = $1 AND c.ended_at IS NULL
             ORDER BY (s.session_id = $1) DESC, last_seen_at DESC, s.session_id DESC LIMIT {Limits.SessionsShown}
            """);
        command.Parameters.With(caller.SessionId).With(time.NowUtc());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var sessions = new List<SessionView>();
        while (await reader.ReadAsync(cancellation))
        {
            var id = reader.GetGuid(0);
            sessions.Add(new SessionView(
                id, id == caller.SessionId, reader.IsDBNull(1) ? null : reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.GetDateTime(3), reader.GetDateTime(4)));
        }
        return sessions.Count > 0 ? sessions : ErrorCode.SessionEnded;
    }

    /// <summary>Ends one session of the caller's account, perhaps the caller's own, with all of its tokens. Somebody else's is not there.</summary>
    public Task<Result<Answered<bool>>> EndAsync(Caller caller, Guid sessionId, IdempotencyKey? key, CancellationToken cancellation) => EndAsync(
        caller, key, SecurityEvent.SessionEnded,
        async (connection, now) => await connection.ExecuteAsync(
            """
            UPDATE sessions s SET ended_at = $3
              FROM sessions c
             WHERE c.session_id = $1 AND c.ended_at IS NULL AND s.session_id = $2 AND NOT s.is_key AND s.user_id = c.user_id AND s.ended_at IS NULL
            """,
            parameters => parameters.With(caller.SessionId).With(sessionId).With(now)) == 1,
        cancellation);

    /// <summary>Ends all sessions of the caller's account, or all but the caller's own.</summary>
    public Task<Result<Answered<bool>>> EndAllAsync(Caller caller, bool keepsCurrent, IdempotencyKey? key, CancellationToken cancellation) => EndAsync(
        caller, key, SecurityEvent.SessionsEnded,
        async (connection, now) =>
        {
            if (!await connection.FindsAsync("SELECT 1 FROM sessions WHERE session_id = $1 AND ended_at IS NULL", parameters => parameters.With(caller.SessionId)))
            {
                return false;
            }
            await connection.ExecuteAsync(SessionStore.EndAll, parameters => parameters.With(caller.UserId).With(now).WithId(keepsCurrent ? caller.SessionId : null).With(false));
            return true;
        },
        cancellation);

    private async Task<Result<Answered<bool>>> EndAsync(
        Caller caller, IdempotencyKey? key, SecurityEvent doneAs, Func<NpgsqlConnection, DateTime, Task<bool>> endAsync, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        switch (await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, outcome: null, now, connection => endAsync(connection, now)))
        {
            case StepOutcome.Done:
                report(doneAs, caller.UserId, null);
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.Refused:
                return await Access.ExplainAsync(database, caller, cancellation);
            default:
                // The caller's own session may have ended by this very request: that answer is given again, and nothing else is to be had.
                var done = await Idempotency.FindAsync(database, caller.WorkspaceId, caller.UserId, key!, cancellation);
                return done?.IsSameRequest(key!) == true ? new Answered<bool>(true, IsReplay: true)
                    : await Access.IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.IdempotencyMismatch
                    : ErrorCode.SessionEnded;
        }
    }
}
