using Npgsql;
using NpgsqlTypes;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>A task as its events make it, with the revision of the last of them.</summary>
internal sealed record RebuiltTask(TaskItem Task, long Revision);

/// <summary>A label as its events make it; a tag that was merged says into which.</summary>
internal sealed record RebuiltLabel(Label Label, Guid? MergedInto, long Revision);

/// <summary>A note as its events make it.</summary>
internal sealed record RebuiltNote(Note Note, long Revision);

/// <summary>A member as their events make them.</summary>
internal sealed record RebuiltMember(Member Member, long Revision);

/// <summary>
/// Fresh tables beside the live ones, which a rebuild fills from the log and compares with them. They are temporary: nobody else sees them,
/// nothing of them is logged, and they end with the connection. A purge takes the events that say when a parent's subtasks last changed, so of that
/// time it is asked only that it be no earlier than the log says. In place of the search entries they hold the words alone, because the
/// tags among the entries are those of the row that is compared.
/// </summary>
internal sealed class RebuiltTables(NpgsqlConnection connection)
{
    /// <summary>So many rows are left lying before the tables are emptied, which costs as much as a small workspace does.</summary>
    private const int RowsBeforeEmptying = 5_000;

    private const string Make = """
        DROP TABLE IF EXISTS rebuilt_tasks, rebuilt_labels, rebuilt_notes, rebuilt_members, rebuild_differences;
        CREATE TEMP TABLE rebuilt_tasks (LIKE tasks);
        ALTER TABLE rebuilt_tasks DROP COLUMN search, ADD COLUMN words text[] NOT NULL, ADD PRIMARY KEY (workspace_id, task_id);
        CREATE TEMP TABLE rebuilt_labels (LIKE labels);
        ALTER TABLE rebuilt_labels DROP COLUMN words, ADD COLUMN words text[] NOT NULL, ADD PRIMARY KEY (workspace_id, label_id);
        CREATE TEMP TABLE rebuilt_notes (LIKE notes);
        ALTER TABLE rebuilt_notes ADD PRIMARY KEY (workspace_id, note_id);
        CREATE TEMP TABLE rebuilt_members (LIKE members);
        ALTER TABLE rebuilt_members ADD PRIMARY KEY (workspace_id, user_id);
        CREATE TEMP TABLE rebuild_differences (
          workspace_id uuid NOT NULL, kind smallint NOT NULL, id uuid NOT NULL, members text[] NOT NULL, PRIMARY KEY (workspace_id, kind, id));
        """;

    /// <summary>The columns of <c>tasks</c> that have to be equal as they are, beside the keys. A test knows whether one is missing.</summary>
    internal static readonly string[] PlainTaskColumns =
        ["number", "version", "revision", "title", "description", "state", "priority", "due_date", "title_key", "created_by", "updated_at", "deleted_at",
         "parent_id", "former_parent_id", "position", "subtask_count", "subtasks_done"];

    /// <summary>The others, which are compared by what they show.</summary>
    internal static readonly string[] ShownTaskColumns = ["category_id", "tag_ids", "search", "subtasks_changed_at"];

    internal static readonly string[] PlainLabelColumns =
        ["kind", "name", "name_key", "sort_key", "color", "version", "revision", "updated_at", "merged_into"];

    internal static readonly string[] NoteColumns = ["task_id", "author_id", "text", "version", "revision", "updated_at"];

    internal static readonly string[] MemberColumns = ["role", "version", "revision", "joined_at", "updated_at"];

    private static readonly string CompareTasks = $"""
        INSERT INTO rebuild_differences (workspace_id, kind, id, members)
        SELECT $1, {(short)DifferenceKind.Task}, d.id, d.members FROM (
          SELECT coalesce(t.task_id, r.task_id) AS id,
                 CASE WHEN t.task_id IS NULL THEN ARRAY['{Difference.Missing}'] WHEN r.task_id IS NULL THEN ARRAY['{Difference.Unexpected}'] ELSE array_remove(ARRAY[
                 {Unequal("t", PlainTaskColumns)},
                 CASE WHEN t.category_id IS DISTINCT FROM r.category_id AND {ShownCategory("t")} IS DISTINCT FROM {ShownCategory("r")} THEN 'category_id' END,
                 CASE WHEN t.tag_ids IS DISTINCT FROM r.tag_ids AND {ShownTags("t")} IS DISTINCT FROM {ShownTags("r")} THEN 'tag_ids' END,
                 CASE WHEN t.search IS DISTINCT FROM {EntriesOf("t.tag_ids")} THEN 'search' END,
                 CASE WHEN coalesce(t.subtasks_changed_at, '-infinity') < r.subtasks_changed_at THEN 'subtasks_changed_at' END], NULL) END AS members
            FROM (SELECT * FROM tasks WHERE workspace_id = $1) t FULL JOIN (SELECT * FROM rebuilt_tasks WHERE workspace_id = $1) r ON t.task_id = r.task_id) d
         WHERE cardinality(d.members) > 0
        """;

    private static readonly string CompareLabels = $"""
        INSERT INTO rebuild_differences (workspace_id, kind, id, members)
        SELECT $1, d.kind, d.id, d.members FROM (
          SELECT {(short)DifferenceKind.Tag} + coalesce(r.kind, l.kind) AS kind, coalesce(l.label_id, r.label_id) AS id,
                 CASE WHEN l.label_id IS NULL THEN ARRAY['{Difference.Missing}'] WHEN r.label_id IS NULL THEN ARRAY['{Difference.Unexpected}'] ELSE array_remove(ARRAY[
                 {Unequal("l", PlainLabelColumns)},
                 CASE WHEN l.words IS DISTINCT FROM array_to_tsvector(r.words) THEN 'words' END], NULL) END AS members
            FROM (SELECT * FROM labels WHERE workspace_id = $1) l FULL JOIN (SELECT * FROM rebuilt_labels WHERE workspace_id = $1) r ON l.label_id = r.label_id) d
         WHERE cardinality(d.members) > 0
        """;

    private static readonly string CompareNotes = CompareAll("notes", "note_id", DifferenceKind.Note, NoteColumns);

    private static readonly string CompareMembers = CompareAll("members", "user_id", DifferenceKind.Member, MemberColumns);

    private static readonly string DifferentNotes = Different(DifferenceKind.Note);

    private static readonly string DifferentMembers = Different(DifferenceKind.Member);

    private static readonly string CountSubtasks = $"""
        UPDATE rebuilt_tasks p SET subtask_count = c.total, subtasks_done = c.done
          FROM (SELECT parent_id, count(*) AS total, count(*) FILTER (WHERE state = {(short)TaskState.Done}) AS done
                  FROM rebuilt_tasks WHERE workspace_id = $1 AND parent_id IS NOT NULL AND deleted_at IS NULL GROUP BY parent_id) c
         WHERE p.workspace_id = $1 AND p.task_id = c.parent_id
        """;

    private static readonly string DifferentTasks = Different(DifferenceKind.Task);

    private static readonly string DifferentLabels =
        $"SELECT id FROM rebuild_differences WHERE workspace_id = $1 AND kind IN ({(short)DifferenceKind.Tag}, {(short)DifferenceKind.Category})";

    private static readonly string InsertTasks = $"""
        INSERT INTO tasks (workspace_id, task_id, {string.Join(", ", PlainTaskColumns)}, category_id, tag_ids, search, subtasks_changed_at)
        SELECT r.workspace_id, r.task_id, {string.Join(", ", PlainTaskColumns.Select(column => "r." + column))}, {ShownCategory("r")}, s.tag_ids, {EntriesOf("s.tag_ids")}, r.subtasks_changed_at
          FROM rebuilt_tasks r CROSS JOIN LATERAL (SELECT {ShownTags("r")}) s(tag_ids)
         WHERE r.workspace_id = $1 AND r.task_id IN ({DifferentTasks})
        """;

    private static readonly string InsertLabels = $"""
        INSERT INTO labels (workspace_id, label_id, {string.Join(", ", PlainLabelColumns)}, words)
        SELECT workspace_id, label_id, {string.Join(", ", PlainLabelColumns)}, array_to_tsvector(words)
          FROM rebuilt_labels WHERE workspace_id = $1 AND label_id IN ({DifferentLabels})
        """;

    private static readonly string InsertNotes = $"""
        INSERT INTO notes (workspace_id, note_id, {string.Join(", ", NoteColumns)})
        SELECT workspace_id, note_id, {string.Join(", ", NoteColumns)} FROM rebuilt_notes WHERE workspace_id = $1 AND note_id IN ({DifferentNotes})
        """;

    private static readonly string InsertMembers = $"""
        INSERT INTO members (workspace_id, user_id, {string.Join(", ", MemberColumns)})
        SELECT workspace_id, user_id, {string.Join(", ", MemberColumns)} FROM rebuilt_members WHERE workspace_id = $1 AND user_id IN ({DifferentMembers})
        """;

    private int rows;

    public Task MakeAsync(CancellationToken cancellation) => ExecuteAsync(Make, workspaceId: null, cancellation);

    public Task DropAsync(CancellationToken cancellation) =>
        ExecuteAsync("DROP TABLE rebuilt_tasks, rebuilt_labels, rebuilt_notes, rebuilt_members, rebuild_differences", workspaceId: null, cancellation);

    /// <summary>Between workspaces: what lies there is of no use to the next.</summary>
    public async Task EmptyAsync(CancellationToken cancellation)
    {
        if (rows >= RowsBeforeEmptying)
        {
            await ExecuteAsync("TRUNCATE rebuilt_tasks, rebuilt_labels, rebuilt_notes, rebuilt_members, rebuild_differences", workspaceId: null, cancellation);
            rows = 0;
        }
    }

    /// <summary>Lets PostgreSQL know how large the tables have become; pointless for small ones.</summary>
    public Task AnalyseAsync(CancellationToken cancellation) => ExecuteAsync("ANALYZE rebuilt_tasks, rebuilt_labels, rebuilt_notes", workspaceId: null, cancellation);

    public async Task<Dictionary<Guid, RebuiltTask>> LoadTasksAsync(Guid workspaceId, Guid[] ids, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT {TaskTable.Columns}, t.revision FROM rebuilt_tasks t WHERE t.workspace_id = $1 AND t.task_id = ANY ($2)", connection);
        command.Parameters.With(workspaceId).With(ids);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var tasks = new Dictionary<Guid, RebuiltTask>();
        while (await reader.ReadAsync(cancellation))
        {
            var task = TaskTable.Read(reader, 0)!;
            tasks.Add(task.Id, new RebuiltTask(task, reader.GetInt64(reader.FieldCount - 1)));
        }
        return tasks;
    }

    public async Task<Dictionary<Guid, RebuiltLabel>> LoadLabelsAsync(Guid workspaceId, Guid[] ids, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT {LabelTable.Columns}, l.revision, l.merged_into FROM rebuilt_labels l WHERE l.workspace_id = $1 AND l.label_id = ANY ($2)", connection);
        command.Parameters.With(workspaceId).With(ids);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var labels = new Dictionary<Guid, RebuiltLabel>();
        while (await reader.ReadAsync(cancellation))
        {
            var label = LabelTable.Read(reader, 0);
            labels.Add(label.Id, new RebuiltLabel(label, reader.IsDBNull(7) ? null : reader.GetGuid(7), reader.GetInt64(6)));
        }
        return labels;
    }

    public async Task<Dictionary<Guid, RebuiltNote>> LoadNotesAsync(Guid workspaceId, Guid[] ids, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT {NoteTable.Columns}, n.revision FROM rebuilt_notes n WHERE n.workspace_id = $1 AND n.note_id = ANY ($2)", connection);
        command.Parameters.With(workspaceId).With(ids);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var notes = new Dictionary<Guid, RebuiltNote>();
        while (await reader.ReadAsync(cancellation))
        {
            var note = NoteTable.Read(reader, 0);
            notes.Add(note.Id, new RebuiltNote(note, reader.GetInt64(6)));
        }
        return notes;
    }

    /// <summary>Removes the notes of tasks.</summary>
    public Task RemoveNotesOfAsync(Guid workspaceId, Guid[] taskIds, CancellationToken cancellation) =>
        RemoveAsync("DELETE FROM rebuilt_notes WHERE workspace_id = $1 AND task_id = ANY ($2)", workspaceId, taskIds, cancellation);

    /// <summary>Turns what was merged into a tag to another one.</summary>
    public async Task TurnAsync(Guid workspaceId, Guid from, Guid to, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("UPDATE rebuilt_labels SET merged_into = $3 WHERE workspace_id = $1 AND merged_into = $2", connection);
        command.Parameters.With(workspaceId).With(from).With(to);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Removes what was merged into a label.</summary>
    public async Task RemoveMergedAsync(Guid workspaceId, Guid into, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("DELETE FROM rebuilt_labels WHERE workspace_id = $1 AND merged_into = $2", connection);
        command.Parameters.With(workspaceId).With(into);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <param name="replaced">The rows that go; null when none of them can be there.</param>
    public async Task WriteTasksAsync(Guid workspaceId, Guid[]? replaced, IReadOnlyCollection<RebuiltTask> tasks, CancellationToken cancellation)
    {
        await RemoveAsync("DELETE FROM rebuilt_tasks WHERE workspace_id = $1 AND task_id = ANY ($2)", workspaceId, replaced, cancellation);
        if (tasks.Count == 0)
        {
            return;
        }
        await using var copy = await connection.BeginBinaryImportAsync(
            """
            COPY rebuilt_tasks (workspace_id, task_id, number, version, revision, title, description, state, priority, due_date, category_id, tag_ids,
                                title_key, words, created_by, updated_at, deleted_at, parent_id, former_parent_id, position, subtask_count, subtasks_done,
                                subtasks_changed_at) FROM STDIN (FORMAT BINARY)
            """,
            cancellation);
        foreach (var (task, revision) in tasks)
        {
            await copy.StartRowAsync(cancellation);
            await copy.WriteAsync(workspaceId, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(task.Id, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(task.Number, NpgsqlDbType.Bigint, cancellation);
            await copy.WriteAsync(task.Version, NpgsqlDbType.Integer, cancellation);
            await copy.WriteAsync(revision, NpgsqlDbType.Bigint, cancellation);
            await copy.WriteAsync(task.Title, NpgsqlDbType.Text, cancellation);
            await WriteAsync(copy, task.Description, cancellation);
            await copy.WriteAsync((short)task.State, NpgsqlDbType.Smallint, cancellation);
            await copy.WriteAsync((short)task.Priority, NpgsqlDbType.Smallint, cancellation);
            await WriteAsync(copy, task.DueDate, NpgsqlDbType.TimestampTz, cancellation);
            await WriteAsync(copy, task.CategoryId, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(task.TagIds, NpgsqlDbType.Array | NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(Text.SortKey(task.Title), NpgsqlDbType.Text, cancellation);
            await copy.WriteAsync(TaskWords.Of(workspaceId, task with { TagIds = [] }), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellation);
            await copy.WriteAsync(task.CreatedBy, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(task.UpdatedAt, NpgsqlDbType.TimestampTz, cancellation);
            await WriteAsync(copy, task.DeletedAt, NpgsqlDbType.TimestampTz, cancellation);
            await WriteAsync(copy, task.ParentId, NpgsqlDbType.Uuid, cancellation);
            await WriteAsync(copy, task.FormerParentId, NpgsqlDbType.Uuid, cancellation);
            await WriteAsync(copy, task.Position, cancellation);
            // Counted when all of the log has been read.
            await copy.WriteAsync(0, NpgsqlDbType.Integer, cancellation);
            await copy.WriteAsync(0, NpgsqlDbType.Integer, cancellation);
            await WriteAsync(copy, task.Subtasks.ChangedAt, NpgsqlDbType.TimestampTz, cancellation);
        }
        await copy.CompleteAsync(cancellation);
        rows += tasks.Count;
    }

    /// <summary>Says when the subtasks of tasks that are not being written last changed their number.</summary>
    public async Task TouchAsync(Guid workspaceId, IReadOnlyDictionary<Guid, DateTime> parents, CancellationToken cancellation)
    {
        if (parents.Count == 0)
        {
            return;
        }
        await using var command = new NpgsqlCommand(
            "UPDATE rebuilt_tasks t SET subtasks_changed_at = p.at FROM unnest($2, $3) p(task_id, at) WHERE t.workspace_id = $1 AND t.task_id = p.task_id", connection);
        command.Parameters.With(workspaceId).With(parents.Keys.ToArray()).With(parents.Values.ToArray());
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <param name="replaced">The rows that go; null when none of them can be there.</param>
    public async Task WriteLabelsAsync(Guid workspaceId, Guid[]? replaced, IReadOnlyCollection<RebuiltLabel> labels, CancellationToken cancellation)
    {
        await RemoveAsync("DELETE FROM rebuilt_labels WHERE workspace_id = $1 AND label_id = ANY ($2)", workspaceId, replaced, cancellation);
        if (labels.Count == 0)
        {
            return;
        }
        await using var copy = await connection.BeginBinaryImportAsync(
            """
            COPY rebuilt_labels (workspace_id, label_id, kind, name, name_key, sort_key, words, color, version, revision, updated_at, merged_into)
            FROM STDIN (FORMAT BINARY)
            """,
            cancellation);
        foreach (var (label, mergedInto, revision) in labels)
        {
            await copy.StartRowAsync(cancellation);
            await copy.WriteAsync(workspaceId, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(label.Id, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync((short)label.Kind, NpgsqlDbType.Smallint, cancellation);
            await copy.WriteAsync(label.Name, NpgsqlDbType.Text, cancellation);
            await WriteAsync(copy, mergedInto is null ? Text.NameKey(label.Name) : null, cancellation);
            await copy.WriteAsync(Text.SortKey(label.Name), NpgsqlDbType.Text, cancellation);
            await copy.WriteAsync(Search.WordsOf(label.Name).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellation);
            await WriteAsync(copy, label.Color, cancellation);
            await copy.WriteAsync(label.Version, NpgsqlDbType.Integer, cancellation);
            await copy.WriteAsync(revision, NpgsqlDbType.Bigint, cancellation);
            await copy.WriteAsync(label.UpdatedAt, NpgsqlDbType.TimestampTz, cancellation);
            await WriteAsync(copy, mergedInto, NpgsqlDbType.Uuid, cancellation);
        }
        await copy.CompleteAsync(cancellation);
        rows += labels.Count;
    }

    /// <param name="replaced">The rows that go; null when none of them can be there.</param>
    public async Task WriteNotesAsync(Guid workspaceId, Guid[]? replaced, IReadOnlyCollection<RebuiltNote> notes, CancellationToken cancellation)
    {
        await RemoveAsync("DELETE FROM rebuilt_notes WHERE workspace_id = $1 AND note_id = ANY ($2)", workspaceId, replaced, cancellation);
        if (notes.Count == 0)
        {
            return;
        }
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY rebuilt_notes (workspace_id, note_id, task_id, author_id, text, version, revision, updated_at) FROM STDIN (FORMAT BINARY)", cancellation);
        foreach (var (note, revision) in notes)
        {
            await copy.StartRowAsync(cancellation);
            await copy.WriteAsync(workspaceId, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(note.Id, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(note.TaskId, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(note.AuthorId, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(note.Text, NpgsqlDbType.Text, cancellation);
            await copy.WriteAsync(note.Version, NpgsqlDbType.Integer, cancellation);
            await copy.WriteAsync(revision, NpgsqlDbType.Bigint, cancellation);
            await copy.WriteAsync(note.UpdatedAt, NpgsqlDbType.TimestampTz, cancellation);
        }
        await copy.CompleteAsync(cancellation);
        rows += notes.Count;
    }

    /// <summary>Puts the members in the place of those that were written before: they are known whole.</summary>
    public async Task WriteMembersAsync(Guid workspaceId, IReadOnlyCollection<RebuiltMember> members, CancellationToken cancellation)
    {
        await ExecuteAsync("DELETE FROM rebuilt_members WHERE workspace_id = $1", workspaceId, cancellation);
        await using var copy = await connection.BeginBinaryImportAsync(
            "COPY rebuilt_members (workspace_id, user_id, role, version, revision, joined_at, updated_at) FROM STDIN (FORMAT BINARY)", cancellation);
        foreach (var (member, revision) in members)
        {
            await copy.StartRowAsync(cancellation);
            await copy.WriteAsync(workspaceId, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(member.UserId, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync((short)member.Role, NpgsqlDbType.Smallint, cancellation);
            await copy.WriteAsync(member.Version, NpgsqlDbType.Integer, cancellation);
            await copy.WriteAsync(revision, NpgsqlDbType.Bigint, cancellation);
            await copy.WriteAsync(member.JoinedAt, NpgsqlDbType.TimestampTz, cancellation);
            await copy.WriteAsync(member.UpdatedAt, NpgsqlDbType.TimestampTz, cancellation);
        }
        await copy.CompleteAsync(cancellation);
        rows += members.Count;
    }

    /// <summary>What the tasks of the log come to: pending, done, deleted.</summary>
    public async Task<(long Pending, long Done, long Deleted)> CountAsync(Guid workspaceId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT count(*) FILTER (WHERE deleted_at IS NULL AND state = {(short)TaskState.Pending}), count(*) FILTER (WHERE deleted_at IS NULL AND state = {(short)TaskState.Done}),
                   count(*) FILTER (WHERE deleted_at IS NOT NULL)
              FROM rebuilt_tasks WHERE workspace_id = $1
            """,
            connection);
        command.Parameters.With(workspaceId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    /// <summary>Finds the rows of a workspace that are not what the log makes of them.</summary>
    public async Task CompareAsync(Guid workspaceId, CancellationToken cancellation)
    {
        await ExecuteAsync("DELETE FROM rebuild_differences WHERE workspace_id = $1", workspaceId, cancellation);
        await ExecuteAsync(CompareLabels, workspaceId, cancellation);
        await ExecuteAsync(CountSubtasks, workspaceId, cancellation);
        await ExecuteAsync(CompareTasks, workspaceId, cancellation);
        await ExecuteAsync(CompareNotes, workspaceId, cancellation);
        await ExecuteAsync(CompareMembers, workspaceId, cancellation);
    }

    /// <summary>How many rows differ, and the first of them.</summary>
    public async Task<(long Count, IReadOnlyList<Difference> First)> DifferencesAsync(Guid workspaceId, int limit, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "SELECT count(*) OVER (), kind, id, members FROM rebuild_differences WHERE workspace_id = $1 ORDER BY kind, id LIMIT $2", connection);
        // One at least, for the sake of the count.
        command.Parameters.With(workspaceId).With(Math.Max(1, limit));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (count, first) = (0L, new List<Difference>());
        while (await reader.ReadAsync(cancellation))
        {
            count = reader.GetInt64(0);
            first.Add(new Difference(workspaceId, (DifferenceKind)reader.GetInt16(1), reader.GetGuid(2), reader.GetFieldValue<string[]>(3)));
        }
        return (count, first);
    }

    /// <summary>Puts the rows of the log in the place of those that differ. All that differ go first, so that no two claim one number or one name.</summary>
    public async Task MendAsync(Guid workspaceId, CancellationToken cancellation)
    {
        await ExecuteAsync($"DELETE FROM labels WHERE workspace_id = $1 AND label_id IN ({DifferentLabels})", workspaceId, cancellation);
        await ExecuteAsync(InsertLabels, workspaceId, cancellation);
        await ExecuteAsync($"DELETE FROM tasks WHERE workspace_id = $1 AND task_id IN ({DifferentTasks})", workspaceId, cancellation);
        await ExecuteAsync(InsertTasks, workspaceId, cancellation);
        await ExecuteAsync($"DELETE FROM notes WHERE workspace_id = $1 AND note_id IN ({DifferentNotes})", workspaceId, cancellation);
        await ExecuteAsync(InsertNotes, workspaceId, cancellation);
        await ExecuteAsync($"DELETE FROM members WHERE workspace_id = $1 AND user_id IN ({DifferentMembers})", workspaceId, cancellation);
        await ExecuteAsync(InsertMembers, workspaceId, cancellation);
    }

    /// <summary>Compares rows whose columns have to be equal as they are.</summary>
    private static string CompareAll(string table, string id, DifferenceKind kind, string[] columns) => $"""
        INSERT INTO rebuild_differences (workspace_id, kind, id, members)
        SELECT $1, {(short)kind}, d.id, d.members FROM (
          SELECT coalesce(n.{id}, r.{id}) AS id,
                 CASE WHEN n.{id} IS NULL THEN ARRAY['{Difference.Missing}'] WHEN r.{id} IS NULL THEN ARRAY['{Difference.Unexpected}'] ELSE array_remove(ARRAY[
                 {Unequal("n", columns)}], NULL) END AS members
            FROM (SELECT * FROM {table} WHERE workspace_id = $1) n FULL JOIN (SELECT * FROM rebuilt_{table} WHERE workspace_id = $1) r ON n.{id} = r.{id}) d
         WHERE cardinality(d.members) > 0
        """;

    private static string Different(DifferenceKind kind) => $"SELECT id FROM rebuild_differences WHERE workspace_id = $1 AND kind = {(short)kind}";

    private static string Unequal(string live, string[] columns) =>
        string.Join(",\n", columns.Select(column => $"CASE WHEN {live}.{column} IS DISTINCT FROM r.{column} THEN '{column}' END"));

    /// <summary>The tags of a row as they are shown at the end of the log: what was merged is the one it was merged into, once, and what is gone is left out.</summary>
    private static string ShownTags(string row) => $"""
        (SELECT coalesce(array_agg(s.id ORDER BY s.place), ARRAY[]::uuid[]) FROM (
           SELECT coalesce(g.merged_into, g.label_id) AS id, min(o.place) AS place
             FROM unnest({row}.tag_ids) WITH ORDINALITY o(id, place)
             JOIN rebuilt_labels g ON g.workspace_id = $1 AND g.label_id = o.id AND g.kind = {(short)LabelKind.Tag} GROUP BY 1) s)
        """;

    private static string ShownCategory(string row) =>
        $"(SELECT g.label_id FROM rebuilt_labels g WHERE g.workspace_id = $1 AND g.label_id = {row}.category_id AND g.kind = {(short)LabelKind.Category})";

    /// <summary>The search entries of a rebuilt task that has these tags; <see cref="TaskWords"/> makes the same.</summary>
    private static string EntriesOf(string tagIds) =>
        $"array_to_tsvector(r.words || ARRAY(SELECT '#' || replace(tag::text, '-', '') FROM unnest({tagIds}) tag))";

    private static Task WriteAsync(NpgsqlBinaryImporter copy, string? value, CancellationToken cancellation) =>
        value is null ? copy.WriteNullAsync(cancellation) : copy.WriteAsync(value, NpgsqlDbType.Text, cancellation);

    private static Task WriteAsync<T>(NpgsqlBinaryImporter copy, T? value, NpgsqlDbType type, CancellationToken cancellation)
        where T : struct => value is { } present ? copy.WriteAsync(present, type, cancellation) : copy.WriteNullAsync(cancellation);

    private async Task RemoveAsync(string sql, Guid workspaceId, Guid[]? ids, CancellationToken cancellation)
    {
        if (ids is not { Length: > 0 })
        {
            return;
        }
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.With(workspaceId).With(ids);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task ExecuteAsync(string sql, Guid? workspaceId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (workspaceId is { } id)
        {
            command.Parameters.With(id);
        }
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
