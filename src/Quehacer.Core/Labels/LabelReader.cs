using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Labels;

/// <summary>Reads categories and tags: one round trip each, the caller's right to read within the same statement. Merged tags are not there.</summary>
public sealed class LabelReader(Database database)
{
    /// <summary>How many tasks carry the label <c>l</c>; <c>$2</c> is the workspace. Deleted tasks do not count.</summary>
    private const string TasksOfCategory = """
        LEFT JOIN LATERAL (SELECT count(*) FROM tasks t WHERE t.workspace_id = $2 AND t.category_id = l.label_id AND t.deleted_at IS NULL) c(tasks) ON true
        """;

    /// <summary>The same through the index of words, which has the tags of a task under their ids: a task that has several of them is found once.</summary>
    private static readonly string TasksOfTag = $"""
        LEFT JOIN LATERAL (SELECT (SELECT count(*) FROM {TaskList.FirstTasks(CarriesTag)}) + (SELECT count(*) FROM {TaskList.LaterTasks(CarriesTag)})) c(tasks) ON true
        """;

    private const string CarriesTag = """
        t.workspace_id = $2 AND t.deleted_at IS NULL
        AND t.search @@ (SELECT string_agg('''#' || replace(m.label_id::text, '-', '') || '''', '|')::tsquery
                           FROM labels m WHERE m.workspace_id = $2 AND (m.label_id = l.label_id OR m.merged_into = l.label_id))
        """;

    /// <summary>One label; <see cref="ErrorCode.NotFound"/> when there is none of this kind and id, or it was merged into another.</summary>
    public async Task<Result<LabelView>> GetAsync(Caller caller, LabelKind kind, Guid id, bool withTaskCount, CancellationToken cancellation)
    {
        var mayEnter = false;
        LabelView? found = null;
        await using (var command = Command(withTaskCount, $"""
            SELECT {LabelTable.Columns}, {(withTaskCount ? "c.tasks" : "NULL::bigint")}
              FROM {Access.From}
              LEFT JOIN labels l ON l.workspace_id = $2 AND l.kind = $3 AND l.label_id = $4 AND l.merged_into IS NULL
              {(withTaskCount ? TasksOf(kind) : "")}
             WHERE {Access.Sees}
            """))
        {
            command.Parameters.WithCaller(caller).With((short)kind).With(id);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (await reader.ReadAsync(cancellation))
            {
                mayEnter = true;
                found = reader.IsDBNull(0) ? null : View(LabelTable.Read(reader, 0), reader.IsDBNull(6) ? null : reader.GetInt64(6));
            }
        }
        // Only now, with the connection given back, is another one taken.
        return found is not null ? found : mayEnter ? ErrorCode.NotFound : await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>A page of the labels of one kind, by <see cref="Text.SortKey"/> of their names, then by id. A page past the end is empty.</summary>
    /// <param name="page">From 1.</param>
    /// <param name="limit">Labels on a page, 1 to <see cref="Limits.WalkPageLabels"/>.</param>
    public Task<Result<LabelPage>> ListAsync(Caller caller, LabelKind kind, int page, int limit, bool withTaskCounts, CancellationToken cancellation) =>
        ListAsync(caller, kind, limit, withTaskCounts, "", "OFFSET $5", parameters => parameters.With((page - 1L) * limit), cancellation);

    /// <summary>
    /// The labels behind one that was shown, in the same order: what is made, renamed or deleted elsewhere makes no other one come twice or not
    /// at all.
    /// </summary>
    /// <param name="last">The last one of the page before, as it was shown; it need not be there any more.</param>
    /// <param name="limit">Labels on a page, 1 to <see cref="Limits.WalkPageLabels"/>.</param>
    public Task<Result<LabelPage>> ListBehindAsync(Caller caller, LabelKind kind, Label last, int limit, bool withTaskCounts, CancellationToken cancellation) =>
        ListAsync(
            caller, kind, limit, withTaskCounts, "AND (l.sort_key, l.label_id) > ($5, $6)", "",
            parameters => parameters.WithText(Text.SortKey(last.Name)).With(last.Id), cancellation);

    /// <param name="behind">Where the page begins, as a condition.</param>
    /// <param name="offset">The same as a number of labels.</param>
    /// <param name="place">Adds the parameters of either, from <c>$5</c> on.</param>
    private async Task<Result<LabelPage>> ListAsync(
        Caller caller, LabelKind kind, int limit, bool withTaskCounts, string behind, string offset, Action<NpgsqlParameterCollection> place, CancellationToken cancellation)
    {
        var (moment, total) = (default(WorkspaceMoment?), 0L);
        var labels = new List<LabelView>();
        await using (var command = Command(withTaskCounts, $"""
            SELECT {WorkspaceMoment.Columns}, (SELECT count(*) FROM labels a WHERE a.workspace_id = $2 AND a.kind = $3 AND a.merged_into IS NULL),
                   {LabelTable.Columns}, {(withTaskCounts ? "c.tasks" : "NULL::bigint")}
              FROM {Access.From} LEFT JOIN LATERAL (
                   SELECT {LabelTable.Columns}, l.sort_key FROM labels l WHERE l.workspace_id = $2 AND l.kind = $3 AND l.merged_into IS NULL {behind}
                    ORDER BY l.sort_key, l.label_id LIMIT $4 {offset}) l ON true
              {(withTaskCounts ? TasksOf(kind) : "")}
             WHERE {Access.Sees}
             ORDER BY l.sort_key, l.label_id
            """))
        {
            place(command.Parameters.WithCaller(caller).With((short)kind).With((long)limit));
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                (moment, total) = (WorkspaceMoment.Read(reader, 0, database), reader.GetInt64(3));
                if (!reader.IsDBNull(4))
                {
                    labels.Add(View(LabelTable.Read(reader, 4), reader.IsDBNull(10) ? null : reader.GetInt64(10)));
                }
            }
        }
        return moment is { } at ? new LabelPage(labels, total, at) : await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>What a label looks like depends on its own version alone, so its tag has no part in the labels revision, which any other label raises.</summary>
    internal LabelView View(Label label, long? taskCount = null) => new(label, taskCount, new EntityTag(database.Incarnation, label.Version, LabelsRevision: 0));

    /// <summary>Whether a label is on ten tasks or on ten thousand decides how they are best counted, so a count is planned with its values.</summary>
    private NpgsqlCommand Command(bool counts, string sql) => counts ? database.PlannedCommand(sql) : database.Command(sql);

    private static string TasksOf(LabelKind kind) => kind == LabelKind.Tag ? TasksOfTag : TasksOfCategory;
}
