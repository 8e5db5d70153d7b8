using Quehacer.Core.Postgres;

namespace Quehacer.Core.Events;

/// <summary>The ordered log of each workspace: appended within the transaction that changes the tables, read for replays and history.</summary>
internal static class EventLog
{
    /// <summary>
    /// Parameters: <c>$1</c> workspace, <c>$2</c> how far this event lies before the revision reached, <c>$3</c> stream, <c>$4</c> version,
    /// <c>$5</c> type, <c>$6</c> whether the event takes the newest task number, <c>$7</c> data, <c>$8</c> before, <c>$9</c> actor,
    /// <c>$10</c> request. <c>UNIQUE (workspace_id, stream_id, version)</c> aborts the batch when somebody else was first.
    /// </summary>
    public const string Append = """
        INSERT INTO events (workspace_id, revision, stream_id, version, type, number, data, before, actor_id, at, request_id)
        SELECT w.workspace_id, w.revision - $2, $3, $4, $5, CASE WHEN $6 THEN w.last_task_number END, $7, $8, $9, w.changed_at, $10
          FROM workspaces w WHERE w.workspace_id = $1
        """;

    /// <summary>The events of one stream up to a version, in order.</summary>
    public static async Task<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        Database database, Guid workspaceId, Guid streamId, int upToVersion, CancellationToken cancellation)
    {
        await using var command = database.Command("""
            SELECT revision, type, data, before, version, number, actor_id, at
              FROM events WHERE workspace_id = $1 AND stream_id = $2 AND version <= $3 ORDER BY version
            """);
        command.Parameters.With(workspaceId).With(streamId).With(upToVersion);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var events = new List<StoredEvent>();
        while (await reader.ReadAsync(cancellation))
        {
            events.Add(new StoredEvent(
                reader.GetInt64(0),
                reader.GetString(1),
                reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.IsDBNull(3) ? null : reader.GetString(3),
                new EventStamp(streamId, reader.GetInt32(4), reader.IsDBNull(5) ? null : reader.GetInt64(5), reader.GetGuid(6), reader.GetDateTime(7))));
        }
        return events;
    }
}
