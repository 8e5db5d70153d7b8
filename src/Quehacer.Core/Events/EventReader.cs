using Npgsql;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>Which events are wanted.</summary>
/// <param name="Types">Some of <see cref="EventNames"/>; null for all.</param>
/// <param name="TaskId">Those of this task and of its notes; null for all.</param>
public sealed record EventFilter(IReadOnlyCollection<string>? Types = null, Guid? TaskId = null)
{
    public static readonly EventFilter All = new();

    /// <summary>The same for an event that is at hand.</summary>
    public bool Takes(EventView view) => (Types is null || Types.Contains(view.Type)) && (TaskId is not { } task || view.Stamp.StreamId == task || view.Subject is EventSubject.OfNote { TaskId: { } on } && on == task);
}

/// <summary>Some events in the order in which they happened.</summary>
/// <param name="Next">Where to go on: behind the last event that was looked at, whether it was wanted or not.</param>
/// <param name="HasMore">There are later ones already.</param>
public sealed record ChangePage(IReadOnlyList<EventView> Events, string Next, bool HasMore)
{
    /// <summary>The revision behind <see cref="Next"/>.</summary>
    internal long Revision { get; init; }
}

/// <summary>Some events, the latest first.</summary>
/// <param name="NextCursor">Behind the last of them, which is the oldest; null where there are no more.</param>
public sealed record EventPage(IReadOnlyList<EventView> Events, string? NextCursor);

/// <summary>
/// Reads the log for people and programs: what has happened since a place in it, what has happened at all, and what became of one task. Whether the caller may see it
/// is asked within the statement that reads.
/// </summary>
public sealed class EventReader(Database database, TaskReader tasks, Seal seal)
{
    /// <summary>Read by <see cref="ReadRow"/>; of the event <c>e</c> and the account <c>a</c> of its actor.</summary>
    private const string Columns = $"{EventLog.Columns}, e.request_id, nullif(a.name, '')";

    private const string Actors = "LEFT JOIN accounts a ON a.user_id = e.actor_id";

    private sealed record Row(StoredEvent Stored, string? RequestId, string? ActorName);

    /// <summary>What has happened after a place in the log, in order.</summary>
    /// <param name="since">A cursor; null for the beginning.</param>
    /// <param name="limit">Events at most, 1 to <see cref="Limits.PageEvents"/>.</param>
    /// <returns><see cref="ErrorCode.CursorGone"/> for a cursor of a log that has been replaced since.</returns>
    public async Task<Result<ChangePage>> ChangesAsync(Caller caller, string? since, EventFilter filter, int limit, CancellationToken cancellation)
    {
        var opened = since is null ? 0L : Open(caller.WorkspaceId, since, Field.Since);
        return opened.IsOk ? await ChangesAsync(caller, opened.Value, filter, limit, cancellation) : await RefuseAsync(caller, opened.Error, cancellation);
    }

    /// <summary>The same by a revision.</summary>
    internal async Task<Result<ChangePage>> ChangesAsync(Caller caller, long after, EventFilter filter, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        var page = await ReadAsync(connection, Select(Access.From, Access.Sees, caller, "e.revision > $3", after, filter, "ASC", limit + 1), cancellation);
        if (page is not { } found)
        {
            await connection.CloseAsync();
            return await Access.ExplainAsync(database, caller, cancellation);
        }
        if (after > found.Revision)
        {
            return ErrorCode.CursorGone;
        }
        var hasMore = found.Rows.Count > limit;
        var rows = hasMore ? found.Rows[..limit] : found.Rows;
        var reached = hasMore ? rows[^1].Stored.Revision : found.Revision;
        var views = await ViewAsync(connection, caller.WorkspaceId, rows, found.Labels, cancellation);
        return new ChangePage(views, CursorAt(caller.WorkspaceId, reached), hasMore) { Revision = reached };
    }

    /// <summary>Where the log ends now: whoever reads on from here and then reads what there is misses nothing.</summary>
    public async Task<Result<ChangePage>> NowAsync(Caller caller, CancellationToken cancellation)
    {
        await using (var command = database.Command($"SELECT w.revision FROM {Access.From} WHERE {Access.Sees}"))
        {
            command.Parameters.WithCaller(caller);
            if (await command.ExecuteScalarAsync(cancellation) is long revision)
            {
                return new ChangePage([], CursorAt(caller.WorkspaceId, revision), HasMore: false) { Revision = revision };
            }
        }
        return await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>What has happened in the workspace, the latest first.</summary>
    /// <param name="cursor">Of the page before; null for the newest.</param>
    /// <param name="limit">Events on a page, 1 to <see cref="Limits.PageEvents"/>.</param>
    public async Task<Result<EventPage>> ActivityAsync(Caller caller, string? cursor, EventFilter filter, int limit, CancellationToken cancellation)
    {
        var before = long.MaxValue;
        if (cursor is not null)
        {
            var opened = Open(caller.WorkspaceId, cursor, Field.Cursor);
            if (!opened.IsOk)
            {
                return await RefuseAsync(caller, opened.Error, cancellation);
            }
            before = opened.Value;
        }
        await using var connection = await database.OpenAsync(cancellation);
        var page = await ReadAsync(connection, Select(Access.From, Access.Sees, caller, "e.revision < $3", before, filter, "DESC", limit + 1), cancellation);
        if (page is not { } found)
        {
            await connection.CloseAsync();
            return await Access.ExplainAsync(database, caller, cancellation);
        }
        var hasMore = found.Rows.Count > limit;
        var rows = hasMore ? found.Rows[..limit] : found.Rows;
        rows.Reverse();
        var views = await ViewAsync(connection, caller.WorkspaceId, rows, found.Labels, cancellation);
        views.Reverse();
        return new EventPage(views, hasMore ? CursorAt(caller.WorkspaceId, views[^1].Revision) : null);
    }

    /// <summary>What became of a task, the latest first, what happened to it in other workspaces among it. Tasks that wait to be purged have theirs as well.</summary>
    /// <param name="cursor">Of the page before; null for the newest.</param>
    /// <param name="limit">Events on a page, 1 to <see cref="Limits.PageEvents"/>.</param>
    /// <returns><see cref="ErrorCode.Gone"/> for a task that was purged.</returns>
    public async Task<Result<EventPage>> HistoryAsync(Caller caller, TaskRef task, string? cursor, int limit, CancellationToken cancellation)
    {
        var found = await tasks.FindAsync(caller, task, cancellation);
        if (!found.IsOk)
        {
            return found.Error.Code == ErrorCode.NotFound && await EventLog.IsPurgedAsync(database, caller, task.Id, cancellation) ? ErrorCode.Gone : found.Error;
        }
        var id = found.Value.Task.Id;
        // A place in the task's own log, which goes on where the task does.
        var opened = cursor is null ? int.MaxValue : Open(id, cursor, Field.Cursor);
        if (!opened.IsOk)
        {
            return opened.Error;
        }

        // From the beginning, for that is how it is known what it was; and only what is shown is kept.
        var fold = new EventFold();
        var shown = new Queue<(Row Row, object? Before, object? After)>(limit + 2);
        var maySee = false;
        await using var connection = await database.OpenAsync(cancellation);
        await using (var command = new NpgsqlCommand(
            $"SELECT {Columns} FROM {Access.From} LEFT JOIN LATERAL ({EventLog.StreamOf("$2", "$3")}) e ON e.version < $4 {Actors} WHERE {Access.Sees} ORDER BY e.version", connection))
        {
            command.Parameters.WithCaller(caller).With(id).With(opened.Value);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                maySee = true;
                if (reader.IsDBNull(0))
                {
                    break;
                }
                var row = ReadRow(reader, 0);
                var (was, became) = fold.Apply(row.Stored);
                shown.Enqueue((row, was, became));
                if (shown.Count > limit + 1)
                {
                    shown.Dequeue();
                }
            }
        }
        await connection.CloseAsync();
        if (!maySee)
        {
            return await Access.ExplainAsync(database, caller, cancellation);
        }
        var hasMore = shown.Count > limit;
        if (hasMore)
        {
            shown.Dequeue();
        }
        var views = await ViewAsync(caller.WorkspaceId, [.. shown], new LabelsStamp(found.Value.Tag.LabelsRevision, default), cancellation);
        views.Reverse();
        return new EventPage(views, hasMore ? CursorAt(id, views[^1].Stamp.Version) : null);
    }

    /// <summary>
    /// The events behind a revision, and which of some sessions may hear them, which is asked behind them in the same packet. For the server itself. Null for the events
    /// where there is no such workspace any more.
    /// </summary>
    /// <param name="askAnyway">Where there is no event nobody is asked about, unless this says so.</param>
    internal async Task<(IReadOnlyList<EventView>? Events, HashSet<Guid> MayHear)> ReadOnAsync(
        Guid workspaceId, long after, int limit, Guid[] sessions, bool askAnyway, DateTime now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        var nobody = new Caller(Guid.Empty, Guid.Empty, workspaceId, "");
        batch.BatchCommands.Add(Select("workspaces w", "w.workspace_id = $2", nobody, "e.revision > $3", after, EventFilter.All, "ASC", limit));
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
            SELECT s.session_id FROM sessions s JOIN workspaces w ON w.workspace_id = $2
             WHERE s.session_id = ANY ($1) AND ($4 OR EXISTS (SELECT FROM events e WHERE e.workspace_id = $2 AND e.revision > $5)) AND {Access.StillSees("$3")}
            """));
        batch.BatchCommands[1].Parameters.With(sessions).With(workspaceId).With(now).With(askAnyway).With(after);
        (List<Row> Rows, long, LabelsStamp Labels)? page;
        var mayHear = new HashSet<Guid>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            page = await ReadAsync(reader, cancellation);
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                mayHear.Add(reader.GetGuid(0));
            }
        }
        return (page is { } found ? await ViewAsync(connection, workspaceId, found.Rows, found.Labels, cancellation) : null, mayHear);
    }

    /// <param name="log">Of a workspace, or of one stream.</param>
    internal string CursorAt(Guid log, long place) => EventCursor.Close(seal, log, database.Incarnation, place);

    /// <summary>The place behind a cursor.</summary>
    internal Result<long> Open(Guid log, string cursor, Field field) => EventCursor.Open(cursor, seal, log, database.Incarnation, out var place) switch
    {
        CursorFault.None => place,
        CursorFault.NotThisCursor => Error.Invalid(field, FieldFault.NotThisCursor),
        CursorFault.NoLongerThere => ErrorCode.CursorGone,
    };

    /// <summary>Whoever may not see the workspace is told that, whatever the cursor is.</summary>
    private async Task<Error> RefuseAsync(Caller caller, Error error, CancellationToken cancellation) =>
        await Access.MaySeeAsync(database, caller, cancellation) ? error : await Access.ExplainAsync(database, caller, cancellation);

    /// <summary>Of events with the workspace's row of the same moment. For <see cref="ReadAsync(NpgsqlDataReader, CancellationToken)"/>.</summary>
    private static NpgsqlBatchCommand Select(string from, string condition, Caller caller, string place, long revision, EventFilter filter, string direction, int limit)
    {
        var types = filter.Types is null ? "" : "AND e.type = ANY ($5)";
        // A note says on which task it is where it was made and where it came in.
        var task = filter.TaskId is null ? "" : $"""
            AND (e.stream_id = $6 OR (e.type LIKE 'note.%' AND EXISTS (
                SELECT FROM events n WHERE n.workspace_id = $2 AND n.stream_id = e.stream_id AND n.data ->> 'task_id' = $6::text)))
            """;
        var command = new NpgsqlBatchCommand($"""
            SELECT w.revision, {LabelsStamp.Columns}, {Columns}
              FROM {from}
              LEFT JOIN LATERAL (
                   SELECT * FROM events e WHERE e.workspace_id = $2 AND {place} {types} {task} ORDER BY e.revision {direction} LIMIT $4) e ON true
              {Actors}
             WHERE {condition}
             ORDER BY e.revision {direction}
            """);
        command.Parameters.WithCaller(caller).With(revision).With((long)limit);
        if (filter.Types is not null || filter.TaskId is not null)
        {
            command.Parameters.With(filter.Types?.ToArray() ?? []);
        }
        if (filter.TaskId is { } taskId)
        {
            command.Parameters.With(taskId);
        }
        return command;
    }

    private static async Task<(List<Row> Rows, long Revision, LabelsStamp Labels)?> ReadAsync(NpgsqlConnection connection, NpgsqlBatchCommand select, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { select } };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        return await ReadAsync(reader, cancellation);
    }

    /// <summary>Null when the statement has no row for the caller.</summary>
    private static async Task<(List<Row> Rows, long Revision, LabelsStamp Labels)?> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        (List<Row> Rows, long, LabelsStamp)? page = null;
        while (await reader.ReadAsync(cancellation))
        {
            page ??= ([], reader.GetInt64(0), LabelsStamp.Read(reader, 1));
            if (!reader.IsDBNull(3))
            {
                page.Value.Rows.Add(ReadRow(reader, 3));
            }
        }
        return page;
    }

    /// <summary>Reads <see cref="Columns"/>.</summary>
    private static Row ReadRow(NpgsqlDataReader reader, int first) => new(
        EventLog.Read(reader, first), reader.IsDBNull(first + EventLog.ColumnCount) ? null : reader.GetString(first + EventLog.ColumnCount),
        reader.IsDBNull(first + EventLog.ColumnCount + 1) ? null : reader.GetString(first + EventLog.ColumnCount + 1));

    /// <summary>What came before these events in their streams is read first, where they do not say all themselves.</summary>
    private async Task<List<EventView>> ViewAsync(NpgsqlConnection connection, Guid workspaceId, List<Row> rows, LabelsStamp labels, CancellationToken cancellation)
    {
        var fold = new EventFold();
        var unknown = new Dictionary<Guid, int>();
        foreach (var row in rows)
        {
            unknown.TryAdd(row.Stored.Stamp.StreamId, EventFold.Begins(row.Stored) ? 0 : row.Stored.Stamp.Version);
        }
        var wanted = unknown.Where(stream => stream.Value > 1).ToList();
        if (wanted.Count > 0)
        {
            await using var command = new NpgsqlCommand($"""
                SELECT {EventLog.Columns} FROM unnest($2, $3) s(stream_id, version) JOIN events e ON e.workspace_id = $1 AND e.stream_id = s.stream_id AND e.version < s.version
                 ORDER BY e.stream_id, e.version
                """, connection);
            command.Parameters.With(workspaceId).With(wanted.Select(stream => stream.Key).ToArray()).With(wanted.Select(stream => stream.Value).ToArray());
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                fold.Apply(EventLog.Read(reader, 0));
            }
        }
        await connection.CloseAsync();
        return await ViewAsync(
            workspaceId,
            rows.ConvertAll(row =>
            {
                var (before, after) = fold.Apply(row.Stored);
                return (row, before, after);
            }),
            labels, cancellation);
    }

    private async Task<List<EventView>> ViewAsync(Guid workspaceId, List<(Row Row, object? Before, object? After)> told, LabelsStamp labels, CancellationToken cancellation)
    {
        var items = new List<TaskItem>();
        foreach (var (_, before, after) in told)
        {
            items.AddRange(new[] { before, after }.OfType<TaskItem>());
        }
        var views = items.Count == 0 ? [] : (await tasks.ViewAsync(workspaceId, items, labels, cancellation)).Views;
        var next = 0;
        Func<Guid, long, string> cursorAt = CursorAt;
        return told.ConvertAll(one =>
        {
            var (row, before, after) = one;
            var stored = row.Stored;
            EventSubject subject = stored.Noun switch
            {
                EventNoun.Task => OfTask(before is TaskItem ? views[next++] : null, after is TaskItem ? views[next++] : null),
                EventNoun.Tag => new EventSubject.OfLabel(LabelKind.Tag, (Label?)after, (Label?)before, IntoOf(stored)),
                EventNoun.Category => new EventSubject.OfLabel(LabelKind.Category, (Label?)after, (Label?)before, Into: null),
                EventNoun.Note => new EventSubject.OfNote(((Note?)after ?? (Note?)before)?.TaskId ?? NoteEvent.TaskIdIn(stored), (Note?)after, (Note?)before),
                EventNoun.Member => OfMember(after),
                _ => new EventSubject.OfWorkspace((Workspace?)after, (Workspace?)before),
            };
            return new EventView(
                workspaceId, stored.Revision, cursorAt, stored.Type, stored.Stamp, subject, new EventActor(stored.Stamp.ActorId, row.ActorName), row.RequestId);
        });

        static EventSubject.OfTask OfTask(TaskView? before, TaskView? after) => new(after, before);

        static EventSubject.OfMember OfMember(object? told) => told switch
        {
            MemberEvent.Added added => new(added.Role, null),
            MemberEvent.Updated updated => new(updated.Role, updated.Before),
            MemberEvent.Removed removed => new(null, removed.Before),
            _ => new(null, null),
        };

        static Guid? IntoOf(StoredEvent stored) => stored is { Type: EventNames.TagMerged, SaysNothing: false } && LabelEvent.FromStored(stored) is LabelEvent.Merged merged ? merged.Into : null;
    }
}
