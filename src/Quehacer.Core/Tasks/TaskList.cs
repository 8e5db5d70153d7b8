using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Npgsql;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>
/// Lists tasks. A statement is put together from fixed parts, chosen by the filter and never written from it. Page, total and the caller's
/// right to see them come from one statement and so from one moment.
/// </summary>
public sealed class TaskList(Database database, TaskReader tasks, Seal seal, TimeProvider time)
{
    /// <summary>A total that had to be counted, and the revision it is true for.</summary>
    internal sealed record Counted(string Incarnation, long Revision, long Total);

    private readonly ConcurrentDictionary<UInt128, Counted> totals = new();

    public async Task<Result<TaskPage>> ListAsync(Caller caller, TaskListRequest request, CancellationToken cancellation)
    {
        var fingerprint = request.Filter.Fingerprint(caller.WorkspaceId);
        var opened = Open(request, fingerprint);
        if (opened.Error is { } notThisCursor)
        {
            return notThisCursor;
        }
        var cursor = opened.Value;
        var remembered = request.WithTotal && !request.Filter.IsCounted && !request.Filter.DependsOnTime;
        var counted = remembered && totals.TryGetValue(BitConverter.ToUInt128(fingerprint), out var known) && known.Incarnation == database.Incarnation ? known : null;

        var ((moment, labelsAt, total, rows), lookedUpAt) = await FindAsync(caller, request, cursor, counted, cancellation);
        if (moment is not { } at)
        {
            return await Access.ExplainAsync(database, caller, cancellation);
        }
        var areTagsOfThen = (lookedUpAt ?? at.Revision) == at.Revision;
        if (remembered && areTagsOfThen)
        {
            Remember(fingerprint, new Counted(at.Incarnation, at.Revision, total!.Value));
        }

        var hasMore = rows.Count > request.Limit;
        if (hasMore)
        {
            rows.RemoveAt(request.Limit);
        }
        if (cursor is { Backwards: true })
        {
            rows.Reverse();
        }
        var (next, previous) = request.Offset is null ? Around(request, cursor, rows, hasMore, fingerprint) : (null, null);
        var (views, shownAt) = await tasks.ViewAsync(caller.WorkspaceId, rows, labelsAt, cancellation);
        // Three statements may have been needed: for tags by name, for the tasks, for names of tags. Whatever happened between them makes the
        // page one of no moment, and nobody must believe that it is what the workspace looked like.
        return new TaskPage(views, total, next, previous, areTagsOfThen && shownAt.Revision == labelsAt.Revision ? at : null);
    }

    /// <summary>What is wrong with the cursor of a request; null when nothing is.</summary>
    public Error? Refuse(Caller caller, TaskListRequest request) =>
        request.Cursor is null ? null : Open(request, request.Filter.Fingerprint(caller.WorkspaceId)).Error;

    /// <summary>
    /// The tasks that a filter chooses, oldest first whatever its order, on a connection whose transaction holds the workspace's lock or a snapshot: what is
    /// chosen stays chosen. Where there are more than the limit, one more is given.
    /// </summary>
    /// <param name="behind">The task behind which they begin; null for the beginning.</param>
    /// <param name="withTotal">Count all that the filter chooses, wherever they begin.</param>
    internal async Task<(List<TaskItem> Tasks, long? Total)> ChooseAsync(
        NpgsqlConnection connection, Caller caller, TaskFilter filter, Guid? behind, int limit, bool withTotal, CancellationToken cancellation)
    {
        var request = new TaskListRequest(filter with { Sort = TaskSort.Created, Reversed = true }, limit, Page: null, Cursor: null, withTotal);
        var cursor = behind is { } id ? new TaskCursor(Backwards: false, Key: null, id) : null;
        var tags = NamesTags(filter) ? await FindTagsAsync(sql => new NpgsqlCommand(sql, connection), caller.WorkspaceId, filter, cancellation) : null;
        await using var command = new NpgsqlCommand("", connection);
        command.CommandText = Statement(command.Parameters, caller, request, cursor, tags, counted: null);
        var (chosen, total) = (new List<TaskItem>(), default(long?));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            total = reader.IsDBNull(5) ? null : reader.GetInt64(5);
            if (TaskTable.Read(reader, 6) is { } task)
            {
                chosen.Add(task);
            }
        }
        return (chosen, total);
    }

    /// <summary>What the statement of a list has found.</summary>
    /// <param name="Moment">Null where the caller may not see the workspace.</param>
    private readonly record struct Found(WorkspaceMoment? Moment, LabelsStamp LabelsAt, long? Total, List<TaskItem> Tasks);

    private async Task<(Found Found, long? LookedUpAt)> FindAsync(Caller caller, TaskListRequest request, TaskCursor? cursor, Counted? counted, CancellationToken cancellation)
    {
        if (request.Filter.IsCounted && request.Limit <= Limits.PageTasks && request.Skipped <= Limits.PageTasks)
        {
            return (await database.ReadAsync(parameters => Statement(parameters, caller, request, cursor, tags: null, counted), reader => TakeAsync(reader, request)), null);
        }
        var (prepared, lookedUpAt) = await CommandAsync(caller, request, cursor, counted, cancellation);
        await using var command = prepared;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return (await TakeAsync(reader, request), lookedUpAt);
    }

    private async ValueTask<Found> TakeAsync(NpgsqlDataReader reader, TaskListRequest request)
    {
        var found = new Found(null, default, null, new List<TaskItem>(request.Limit + 1));
        while (await reader.ReadAsync())
        {
            if (found.Moment is null)
            {
                found = found with { Moment = WorkspaceMoment.Read(reader, 0, database), LabelsAt = LabelsStamp.Read(reader, 3), Total = reader.IsDBNull(5) ? null : reader.GetInt64(5) };
            }
            if (TaskTable.Read(reader, 6) is { } task)
            {
                found.Tasks.Add(task);
            }
        }
        return found;
    }

    /// <summary>The one statement of a list, ready to be sent, and the revision at which names of tags were looked up for it; null where that was not needed.</summary>
    internal async Task<(NpgsqlCommand Command, long? LookedUpAt)> CommandAsync(Caller caller, TaskListRequest request, TaskCursor? cursor, Counted? counted, CancellationToken cancellation)
    {
        var filter = request.Filter;
        var tags = NamesTags(filter) ? await FindTagsAsync(database.Command, caller.WorkspaceId, filter, cancellation) : null;
        // The common lists have one good plan whatever their values are.
        var command = filter.IsCounted ? database.Command("") : database.PlannedCommand("");
        command.CommandText = Statement(command.Parameters, caller, request, cursor, tags, counted);
        return (command, tags?.Revision);
    }

    private static bool NamesTags(TaskFilter filter) => filter.Tags.Count > 0 || filter.TagIds.Count > 0 || filter.Words.Count > 0;

    private Result<TaskCursor?> Open(TaskListRequest request, byte[] fingerprint)
    {
        if (request.Cursor is not { } text)
        {
            return default(Result<TaskCursor?>);
        }
        return TaskCursor.Open(text, seal, fingerprint, request.Filter.Sort) is { } cursor ? cursor : Error.Invalid(Field.Cursor, FieldFault.NotThisCursor);
    }

    /// <summary>Cursors for the pages on both sides of this one. Where a cursor came from, there is another page.</summary>
    private (string? Next, string? Previous) Around(TaskListRequest request, TaskCursor? cursor, List<TaskItem> rows, bool hasMore, byte[] fingerprint)
    {
        var filter = request.Filter;
        if (rows.Count == 0)
        {
            // Nothing is left on this side of the place; the other side begins at the place itself.
            var turned = cursor?.Turned.Close(seal, fingerprint);
            return cursor is { Backwards: true } ? (turned, null) : (null, turned);
        }
        string Place(TaskItem task, bool backwards) => TaskCursor.At(task, filter.Sort, filter.Reversed, backwards).Close(seal, fingerprint);
        var hasNext = cursor is { Backwards: true } || hasMore;
        var hasPrevious = cursor is { Backwards: true } ? hasMore : cursor is not null || request.Page > 1;
        return (hasNext ? Place(rows[^1], backwards: false) : null, hasPrevious ? Place(rows[0], backwards: true) : null);
    }

    /// <summary>What a word or a tag of the filter stands for.</summary>
    /// <param name="OfFilter">The tags of the filter, those given by name and then those given by id, each under all the ids it goes by; a name or id that no tag has gives none.</param>
    /// <param name="OfWords">For each word of the search, the tags in whose names it occurs.</param>
    private sealed record FoundTags(IReadOnlyList<List<Guid>> OfFilter, IReadOnlyList<List<Guid>> OfWords)
    {
        /// <summary>The workspace's revision when this was so; null where there is no such workspace.</summary>
        public long? Revision { get; set; }
    }

    /// <summary>
    /// Tasks carry tags by id, so names are turned into ids first. Ids of tags that were merged into a tag count as that tag's, and the id of one
    /// that was merged stands for all of them.
    /// </summary>
    private static async Task<FoundTags> FindTagsAsync(Func<string, NpgsqlCommand> commandOf, Guid workspaceId, TaskFilter filter, CancellationToken cancellation)
    {
        var found = new FoundTags([.. Enumerable.Range(0, filter.Tags.Count + filter.TagIds.Count).Select(_ => new List<Guid>())], [.. filter.Words.Select(_ => new List<Guid>())]);
        await using var command = commandOf($"""
            SELECT w.revision, f.place, f.is_name, f.label_id FROM workspaces w LEFT JOIN (
            SELECT q.place, q.is_name, l.label_id
              FROM (SELECT n.place, true, n.name_key, NULL::tsquery FROM unnest($2) WITH ORDINALITY n(name_key, place)
                    UNION ALL SELECT w.place, false, NULL, w.query::tsquery FROM unnest($3) WITH ORDINALITY w(query, place)) q(place, is_name, name_key, query)
              JOIN labels t ON t.workspace_id = $1 AND t.kind = {(short)LabelKind.Tag} AND t.merged_into IS NULL AND (t.name_key = q.name_key OR t.words @@ q.query)
              JOIN labels l ON l.workspace_id = $1 AND (l.label_id = t.label_id OR l.merged_into = t.label_id)
            {(filter.TagIds.Count > 0 ? ById : "")}) f ON true
             WHERE w.workspace_id = $1
            """);
        command.Parameters.With(workspaceId).With(filter.Tags.Select(Text.NameKey).ToArray())
            .With(filter.Words.Select(word => TaskWords.Quote(word.Text) + (word.IsPrefix ? ":*" : "")).ToArray());
        if (filter.TagIds.Count > 0)
        {
            command.Parameters.With(filter.TagIds.ToArray()).With((long)filter.Tags.Count);
        }
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            found.Revision = reader.GetInt64(0);
            if (!reader.IsDBNull(1))
            {
                (reader.GetBoolean(2) ? found.OfFilter : found.OfWords)[(int)reader.GetInt64(1) - 1].Add(reader.GetGuid(3));
            }
        }
        return found;
    }

    /// <summary>The places of tags given by id are behind those of the names.</summary>
    private static readonly string ById = $"""
        UNION ALL
        SELECT $5 + i.place, true, l.label_id
          FROM unnest($4) WITH ORDINALITY i(id, place)
          JOIN labels o ON o.workspace_id = $1 AND o.kind = {(short)LabelKind.Tag} AND o.label_id = i.id
          JOIN labels l ON l.workspace_id = $1 AND (l.label_id = coalesce(o.merged_into, o.label_id) OR l.merged_into = coalesce(o.merged_into, o.label_id))
        """;

    /// <summary>The statement, whose parameters it adds.</summary>
    private string Statement(NpgsqlParameterCollection parameters, Caller caller, TaskListRequest request, TaskCursor? cursor, FoundTags? tags, Counted? counted)
    {
        var filter = request.Filter;
        parameters.WithCaller(caller);
        string Add(object value)
        {
            parameters.Add(value is NpgsqlParameter typed ? typed : new NpgsqlParameter { Value = value });
            return string.Create(CultureInfo.InvariantCulture, $"${parameters.Count}");
        }

        var (key, descends, isPartial) = Order(filter);
        var where = Conditions(caller.WorkspaceId, filter, tags, time.NowUtc(), Add);
        string InState(TaskState state) => $"{where} AND t.state = {Add((short)state)}";
        var whole = filter.State is { } only ? InState(only) : where;
        // The children of one task are few, and have an index of their own, whatever their order.
        var isOfParent = filter.Parent is { Task: not null };
        var isByHand = filter.Sort == TaskSort.Position && tags is null && !isOfParent;
        IReadOnlyList<string> sources =
            isPartial && !isOfParent && filter.State is null ? [FirstTasks(where), LaterTasks(InState(TaskState.Pending)), LaterTasks(InState(TaskState.Done))]
            : (isPartial || tags is not null) && !isOfParent ? [FirstTasks(whole), LaterTasks(whole)]
            : isByHand && filter.State is null ? [Moved(InState(TaskState.Pending)), Moved(InState(TaskState.Done)), Unmoved(where)]
            : isByHand ? [Moved(whole), Unmoved(whole)]
            : [$"tasks t WHERE {whole}"];
        string Count() => $"({string.Join(" + ", sources.Select(source => $"(SELECT count(*) FROM {source})"))})";
        var total = !request.WithTotal ? "NULL::bigint"
            : filter.IsCounted ? TotalOf(filter)
            : counted is null ? Count()
            : $"CASE WHEN w.revision = {Add(counted.Revision)} THEN {Add(counted.Total)} ELSE {Count()} END";

        var backwards = cursor is { Backwards: true };
        var direction = descends != backwards ? "DESC" : "ASC";
        var place = "";
        if (cursor is not null)
        {
            var comparison = (descends != backwards ? "<" : ">") + (cursor.IsInclusive ? "=" : "");
            place = cursor.Key is null
                ? $"AND t.task_id {comparison} {Add(cursor.Id)}"
                : $"AND ({(isByHand ? "t.position" : key)}, t.task_id) {comparison} ({Add(cursor.Parameter(filter.Sort)!)}, {Add(cursor.Id)})";
        }
        var placeOfUnmoved = "";
        if (isByHand && cursor is { Key: string at })
        {
            var isUp = direction == "ASC";
            placeOfUnmoved = $"AND t.number {(isUp ? ">" : "<=")} {Add(Position.NumberUpTo(at, orAt: isUp != cursor.IsInclusive))}";
        }
        var (offset, upTo, limit) = ("", request.Limit + 1L, Add(request.Limit + 1L));
        if (request.Skipped is var skipped and > 0)
        {
            (offset, upTo) = ($"OFFSET {Add(skipped)}", upTo + skipped);
            if (request.WithTotal && filter.IsCounted)
            {
                // A page past the end is known to be empty without reading up to it.
                var isThere = $" AND {total} > {Add(skipped)}";
                (place, placeOfUnmoved) = (place + isThere, placeOfUnmoved + isThere);
            }
        }
        var most = sources.Count > 1 && upTo > request.Limit + 1L ? Add(upTo) : limit;
        var parts = sources.Count == 1
            ? $"SELECT {TaskTable.Columns}, {key} AS key FROM {sources[0]} {place}"
            : string.Join(" UNION ALL ", sources.Select((source, i) => !isByHand
                ? $"(SELECT {TaskTable.Columns}, {key} AS key FROM {source} {place} ORDER BY {key} {direction}, t.task_id {direction} LIMIT {most})"
                : i < sources.Count - 1
                ? $"(SELECT {TaskTable.Columns}, t.position AS key FROM {source} {place} ORDER BY t.position {direction}, t.task_id {direction} LIMIT {most})"
                : $"(SELECT {TaskTable.Columns}, {key} AS key FROM {source} {placeOfUnmoved} ORDER BY t.number {direction} LIMIT {most})"));

        var (moment, sees) = caller.LooksInto is { } owner ? (WorkspaceMoment.ColumnsOfViewer, Access.SeesAsAdministrator(Add(owner))) : (WorkspaceMoment.Columns, Access.Sees);
        // The joins have one row on their left side and no condition, so they are nested loops, which keep the order of the right side.
        return $"""
            SELECT {moment}, {LabelsStamp.Columns}, {total}, {TaskTable.Columns}
              FROM {Access.From} LEFT JOIN LATERAL (SELECT * FROM ({parts}) t ORDER BY t.key {direction}, t.task_id {direction} LIMIT {limit} {offset}) t ON true
             WHERE {sees}
            """;
    }

    /// <summary>
    /// The tasks that are in no partial index: few enough to be looked at one by one. OFFSET keeps the planner from the wrong index, for it
    /// thinks that such low numbers are nearly all tasks, which is true of all workspaces together and false of a large one.
    /// </summary>
    internal static string FirstTasks(string where) =>
        string.Create(CultureInfo.InvariantCulture, $"(SELECT * FROM tasks t WHERE t.workspace_id = $2 AND t.number <= {Limits.TasksWithoutIndex} OFFSET 0) t WHERE {where}");

    /// <summary>All others, by whichever index.</summary>
    internal static string LaterTasks(string where) => string.Create(CultureInfo.InvariantCulture, $"tasks t WHERE t.number > {Limits.TasksWithoutIndex} AND {where}");

    /// <summary>The tasks that were put somewhere by hand, which have an index of their own.</summary>
    private static string Moved(string where) => $"tasks t WHERE t.position IS NOT NULL AND {where}";

    /// <summary>All others, which stand by their numbers.</summary>
    private static string Unmoved(string where) => $"tasks t WHERE t.position IS NULL AND {where}";

    /// <summary>The column or expression that has an index in this order, the direction, and whether that index is partial and begins with the state.</summary>
    private static (string Key, bool Descends, bool IsPartial) Order(TaskFilter filter) => filter.Sort switch
    {
        TaskSort.Created => ("t.task_id", !filter.Reversed, false),
        TaskSort.Updated => ("t.updated_at", !filter.Reversed, true),
        TaskSort.Priority => ("t.priority", !filter.Reversed, true),
        TaskSort.Due when filter.Reversed => (DueFirst, true, true),
        TaskSort.Due => (DueLast, false, true),
        TaskSort.Title => ("t.title_key", filter.Reversed, true),
        TaskSort.Number => ("t.number", filter.Reversed, false),
        TaskSort.Position => (PositionKey, filter.Reversed, false),
        _ => throw new ArgumentOutOfRangeException(nameof(filter)),
    };

    /// <summary>As the indexes <c>tasks_by_due</c> and <c>tasks_by_due_last</c> have it.</summary>
    private const string DueLast = "coalesce(t.due_date, 'infinity'::timestamptz)";
    private const string DueFirst = "coalesce(t.due_date, '-infinity'::timestamptz)";

    private const string PositionKey = $"coalesce(t.position, {Position.OfNumberSql}) COLLATE \"C\"";

    /// <summary>Totals by state ride on the workspace's row.</summary>
    private static string TotalOf(TaskFilter filter) => filter.State switch
    {
        TaskState.Pending => "w.pending_tasks",
        TaskState.Done => "w.done_tasks",
        _ when filter.IncludeDeleted => "(w.pending_tasks + w.done_tasks + w.deleted_tasks)",
        _ => "(w.pending_tasks + w.done_tasks)",
    };

    /// <summary>What the filter asks for, the state excepted.</summary>
    private static string Conditions(Guid workspaceId, TaskFilter filter, FoundTags? tags, DateTime now, Func<object, string> add)
    {
        var where = new StringBuilder("t.workspace_id = $2");
        void And(string condition) => where.Append(" AND ").Append(condition);

        if (!filter.IncludeDeleted)
        {
            And("t.deleted_at IS NULL");
        }
        if (filter.Priorities.Count > 0)
        {
            And($"t.priority = ANY ({add(filter.Priorities.Select(priority => (short)priority).ToArray())})");
        }
        if (filter.Category is { Id: { } category })
        {
            var id = add(category);
            And($"t.category_id = {id}");
            And($"EXISTS (SELECT FROM labels c WHERE c.workspace_id = $2 AND c.label_id = {id})");
        }
        else if (filter.Category is not null)
        {
            And($"(t.category_id IS NULL OR t.category_id <> ALL (ARRAY(SELECT c.label_id FROM labels c WHERE c.workspace_id = $2 AND c.kind = {(short)LabelKind.Category})))");
        }
        if (filter.Assignee is not null)
        {
            And(filter.Assignee.Id is { } assignee ? $"t.assignee_id = {add(assignee)}" : "t.assignee_id IS NULL");
        }
        if (filter.Parent is { Task: { } parent })
        {
            And($"t.parent_id = {(parent.Number == 0 ? add(parent.Id) : $"(SELECT p.task_id FROM tasks p WHERE p.workspace_id = $2 AND p.number = {add(parent.Number)})")}");
        }
        else if (filter.Parent is not null)
        {
            And("t.parent_id IS NULL");
        }
        if (filter.DueAfter is { } dueAfter)
        {
            And($"{DueFirst} > {add(dueAfter)}");
        }
        if (filter.DueBefore is { } dueBefore)
        {
            And($"{DueLast} < {add(dueBefore)}");
        }
        if (filter.Overdue is { } overdue)
        {
            And($"{(overdue ? "" : "NOT ")}(t.state = {(short)TaskState.Pending} AND {DueLast} < {add(now)})");
        }
        if (filter.CreatedAfter is { } createdAfter)
        {
            And($"t.task_id >= {add(Ids.FirstAfter(createdAfter))}");
        }
        if (filter.CreatedBefore is { } createdBefore)
        {
            And($"t.task_id < {add(Ids.FirstAt(createdBefore))}");
        }
        if (filter.UpdatedSince is { } updatedSince)
        {
            And($"t.updated_at >= {add(updatedSince)}");
        }
        if (filter.UpToNumber is { } upToNumber)
        {
            And($"t.number <= {add(upToNumber)}");
        }
        if (tags is not null)
        {
            var queries = tags.OfFilter.Select(ids => string.Join('|', ids.Select(TaskWords.Query)))
                .Concat(filter.Words.Select((word, i) => TaskWords.Query(workspaceId, word, tags.OfWords[i]))).ToList();
            And(queries.Contains("") ? "false" : $"t.search @@ {add(string.Join('&', queries.Select(query => $"({query})")))}::tsquery");
        }
        return where.ToString();
    }

    private void Remember(byte[] fingerprint, Counted counted)
    {
        var key = BitConverter.ToUInt128(fingerprint);
        if (totals.Count >= Limits.CachedTotals && !totals.ContainsKey(key))
        {
            totals.Clear();
        }
        totals[key] = counted;
    }
}
