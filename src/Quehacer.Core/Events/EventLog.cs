using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

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

    /// <summary>
    /// The same for many events at once, in an array for each column. Parameters: <c>$1</c> workspace, <c>$2…$8</c> the events by <see cref="WithEvents"/>,
    /// <c>$9</c> actor, <c>$10</c> request.
    /// </summary>
    public const string AppendMany = """
        INSERT INTO events (workspace_id, revision, stream_id, version, type, number, data, before, actor_id, at, request_id)
        SELECT w.workspace_id, w.revision - e.following, e.stream_id, e.version, e.type, e.number, e.data::jsonb, e.before::jsonb, $9, w.changed_at, $10
          FROM workspaces w CROSS JOIN unnest($2, $3, $4, $5, $6, $7, $8) e(following, stream_id, version, type, number, data, before)
         WHERE w.workspace_id = $1
        """;

    /// <summary>That tasks were made in many workspaces, of the rows <c>a</c> that <see cref="SharedCreates"/> has.</summary>
    public const string AppendCreated = $"""
        INSERT INTO events (workspace_id, revision, stream_id, version, type, number, data, before, actor_id, at, request_id)
        SELECT a.id, a.revision, a.task_id, 1, '{EventNames.TaskCreated}', a.number, a.data::jsonb, NULL, a.created_by, a.changed_at, a.request_id FROM a
        """;

    /// <summary>Events for <see cref="AppendMany"/>.</summary>
    public static NpgsqlParameterCollection WithEvents(this NpgsqlParameterCollection parameters, IReadOnlyList<LoggedEvent> events)
    {
        T[] Column<T>(Func<LoggedEvent, T> value) => [.. events.Select(value)];
        return parameters.With(Column(logged => (long)logged.Following)).With(Column(logged => logged.StreamId)).With(Column(logged => logged.Version)).With(Column(logged => logged.Type))
            .With(Column(logged => logged.Number)).With(Column(logged => logged.Data)).With(Column(logged => logged.Before));
    }

    /// <summary>Of the event <c>e</c>. Read by <see cref="Read"/>.</summary>
    internal const string Columns = "e.revision, e.type, e.data, e.before, e.stream_id, e.version, e.number, e.actor_id, e.at";

    /// <summary>How many columns these are.</summary>
    internal const int ColumnCount = 9;

    /// <summary>The same of an event that was carried along: null where there is none, else of no revision, for that was of another log.</summary>
    internal const string CarriedColumns = "CASE WHEN e.stream_id IS NOT NULL THEN 0::bigint END, e.type, e.data, e.before, e.stream_id, e.version, e.number, e.actor_id, e.at";

    /// <summary>
    /// What streams brought along from other workspaces, and what followed here. The events of a stream that was here before, went and came back are
    /// among those that it brought.
    /// </summary>
    internal const string Streams = $"""
        SELECT 0::bigint AS revision, type, data, before, stream_id, version, number, actor_id, at, request_id FROM carried_events WHERE workspace_id = $1 AND stream_id = ANY ($2)
        UNION ALL SELECT {Columns}, e.request_id FROM events e WHERE workspace_id = $1 AND stream_id = ANY ($2)
           AND version > coalesce((SELECT max(c.version) FROM carried_events c WHERE c.workspace_id = $1 AND c.stream_id = e.stream_id), 0)
        """;

    /// <summary>The same of one stream, within a statement that has its parameters in other places.</summary>
    internal static string StreamOf(string workspaceId, string streamId) =>
        Streams.Replace("= ANY ($2)", $"= {streamId}", StringComparison.Ordinal).Replace("$1", workspaceId, StringComparison.Ordinal);

    /// <summary>The events of one stream up to a version, in order, those that it brought along from another workspace among them.</summary>
    public static async Task<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        Database database, Guid workspaceId, Guid streamId, int upToVersion, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT {Columns} FROM ({Streams}) e WHERE version <= $3 ORDER BY version");
        command.Parameters.With(workspaceId).With(new[] { streamId }).With(upToVersion);
        return await ReadAsync(command, cancellation);
    }

    /// <summary>
    /// The same, for somebody who did something in this workspace. Where the stream has gone on to another one, and took along what it said, it is read
    /// there as far as the caller may see that; else what is left of it here says nothing, or there is nothing.
    /// </summary>
    public static async Task<IReadOnlyList<StoredEvent>> ReadStreamAsync(Database database, Caller caller, Guid streamId, int upToVersion, CancellationToken cancellation)
    {
        var left = new HashSet<Guid>();
        while (true)
        {
            var events = await ReadStreamAsync(database, caller.WorkspaceId, streamId, upToVersion, cancellation);
            if (events is [{ Data: not null }, ..] || !left.Add(caller.WorkspaceId) || await MovedToAsync(database, caller.WorkspaceId, streamId, cancellation) is not { } to)
            {
                return events;
            }
            caller = caller with { WorkspaceId = to };
            if (!await Access.MaySeeAsync(database, caller, cancellation))
            {
                return events;
            }
        }
    }

    /// <summary>The events of several streams, each stream's in order, those that they brought along from other workspaces among them.</summary>
    public static async Task<IReadOnlyList<StoredEvent>> ReadStreamsAsync(Database database, Guid workspaceId, Guid[] streamIds, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT {Columns} FROM ({Streams}) e ORDER BY stream_id, version");
        command.Parameters.With(workspaceId).With(streamIds);
        return await ReadAsync(command, cancellation);
    }

    /// <summary>
    /// Adds that streams go on in another workspace: what happened in them is carried there, and what is left here says nothing. It comes before the event
    /// by which they leave.
    /// </summary>
    public static void AddCarriage(WorkspaceBatch batch, Guid from, Guid to, Guid[] streams)
    {
        const string columns = "stream_id, version, type, number, data, before, actor_id, at, request_id";
        batch.Add($"""
            INSERT INTO carried_events (workspace_id, {columns})
            SELECT $3, {columns} FROM events e WHERE workspace_id = $1 AND stream_id = ANY ($2)
               AND version > coalesce((SELECT max(c.version) FROM carried_events c WHERE c.workspace_id = $1 AND c.stream_id = e.stream_id), 0)
            UNION ALL SELECT $3, {columns} FROM carried_events WHERE workspace_id = $1 AND stream_id = ANY ($2)
            """).With(from).With(streams).With(to);
        batch.Add("DELETE FROM carried_events WHERE workspace_id = $1 AND stream_id = ANY ($2)").With(from).With(streams);
        batch.Add("UPDATE events SET data = NULL, before = NULL WHERE workspace_id = $1 AND stream_id = ANY ($2) AND (data IS NOT NULL OR before IS NOT NULL)")
            .With(from).With(streams);
    }

    /// <summary>The workspace in which a stream goes on; null where its last event here is no move.</summary>
    private static async Task<Guid?> MovedToAsync(Database database, Guid workspaceId, Guid streamId, CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT type, data ->> 'to' FROM events WHERE workspace_id = $1 AND stream_id = $2 ORDER BY version DESC LIMIT 1");
        command.Parameters.With(workspaceId).With(streamId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) && reader.GetString(0) is EventNames.TaskMovedOut or EventNames.NoteMovedOut && !reader.IsDBNull(1) ? Guid.Parse(reader.GetString(1)) : null;
    }

    /// <summary>Whether there was a task of this id that has been deleted for good, as far as the caller sees the workspace.</summary>
    public static async Task<bool> IsPurgedAsync(Database database, Caller caller, Guid taskId, CancellationToken cancellation)
    {
        await using var command = database.Command(
            $"SELECT EXISTS (SELECT FROM {Access.From} JOIN events e ON e.workspace_id = $2 AND e.stream_id = $3 AND e.type = '{EventNames.TaskPurged}' WHERE {Access.Sees})");
        command.Parameters.WithCaller(caller).With(taskId);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The first events of a workspace after a revision, in order. Whatever had that revision or an earlier one when it was read stays as it is, save for purges.</summary>
    public static async Task<IReadOnlyList<StoredEvent>> ReadPageAsync(
        NpgsqlConnection connection, Guid workspaceId, long afterRevision, int limit, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT {Columns} FROM events e WHERE workspace_id = $1 AND revision > $2 ORDER BY revision LIMIT $3", connection);
        command.Parameters.With(workspaceId).With(afterRevision).With(limit);
        return await ReadAsync(command, cancellation);
    }

    /// <summary>
    /// The events of a statement that has a row for whoever may ask, even where there is no event: its columns are <see cref="Columns"/>, null then. Null when it has
    /// no row at all.
    /// </summary>
    internal static async Task<List<StoredEvent>?> ReadGuardedAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        List<StoredEvent>? events = null;
        while (await reader.ReadAsync(cancellation))
        {
            events ??= [];
            if (!reader.IsDBNull(0))
            {
                events.Add(Read(reader, 0));
            }
        }
        return events;
    }

    private static async Task<IReadOnlyList<StoredEvent>> ReadAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var events = new List<StoredEvent>();
        while (await reader.ReadAsync(cancellation))
        {
            events.Add(Read(reader, 0));
        }
        return events;
    }

    /// <summary>Reads <see cref="Columns"/>.</summary>
    internal static StoredEvent Read(NpgsqlDataReader reader, int first) => new(
        reader.GetInt64(first),
        reader.GetString(first + 1),
        reader.IsDBNull(first + 2) ? null : reader.GetString(first + 2),
        reader.IsDBNull(first + 3) ? null : reader.GetString(first + 3),
        new EventStamp(
            reader.GetGuid(first + 4), reader.GetInt32(first + 5), reader.IsDBNull(first + 6) ? null : reader.GetInt64(first + 6), reader.GetGuid(first + 7), reader.GetDateTime(first + 8)));
}
