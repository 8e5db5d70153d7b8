using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Notes;

/// <summary>
/// Reads the notes of a task: one round trip each, the caller's right to read within the same statement. A deleted task has none to show until
/// it is restored.
/// </summary>
public sealed class NoteReader(Database database)
{
    /// <summary>What is read of the account <c>a</c> of an author; one that was deleted has no name.</summary>
    internal const string AuthorColumns = "nullif(a.name, ''), a.version, a.updated_at";

    private const string Authors = "LEFT JOIN accounts a ON a.user_id = n.author_id";

    /// <summary>The task <c>t</c> that somebody names; <c>$2</c> is the workspace, <c>$3</c> the id or the number.</summary>
    private static string TaskBy(TaskRef task) => $"LEFT JOIN tasks t ON t.workspace_id = $2 AND t.{(task.Number > 0 ? "number" : "task_id")} = $3 AND t.deleted_at IS NULL";

    /// <summary>One note; <see cref="ErrorCode.NotFound"/> when the task has none of this id.</summary>
    public async Task<Result<NoteView>> GetAsync(Caller caller, TaskRef task, Guid noteId, CancellationToken cancellation)
    {
        var mayEnter = false;
        NoteView? found = null;
        await using (var command = database.Command($"""
            SELECT {NoteTable.Columns}, {AuthorColumns}
              FROM {Access.From} {TaskBy(task)}
              LEFT JOIN notes n ON n.workspace_id = $2 AND n.task_id = t.task_id AND n.note_id = $4
              {Authors}
             WHERE {Access.Sees}
            """))
        {
            WithTask(command.Parameters.WithCaller(caller), task).With(noteId);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (await reader.ReadAsync(cancellation))
            {
                mayEnter = true;
                found = reader.IsDBNull(0) ? null : Read(reader, 0);
            }
        }
        // Only now, with the connection given back, is another one taken.
        return found is not null ? found : mayEnter ? ErrorCode.NotFound : await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>A page of the notes of a task, the oldest first. A page past the end is empty.</summary>
    /// <param name="page">From 1.</param>
    /// <param name="limit">Notes on a page, 1 to <see cref="Limits.PageNotes"/>.</param>
    public Task<Result<NotePage>> ListAsync(Caller caller, TaskRef task, int page, int limit, CancellationToken cancellation) =>
        ListAsync(caller, task, limit, "", "OFFSET $5", parameters => parameters.With((page - 1L) * limit), cancellation);

    /// <summary>The notes behind one that was shown: what is written or removed elsewhere makes no other one come twice or not at all.</summary>
    /// <param name="last">The last one of the page before; it need not be there any more.</param>
    /// <param name="limit">Notes on a page, 1 to <see cref="Limits.PageNotes"/>.</param>
    public Task<Result<NotePage>> ListBehindAsync(Caller caller, TaskRef task, Guid last, int limit, CancellationToken cancellation) =>
        ListAsync(caller, task, limit, "AND n.note_id > $5", "", parameters => parameters.With(last), cancellation);

    /// <summary>The notes of all tasks of the workspace, those of deleted tasks as well, the oldest first: for whoever takes all of it along.</summary>
    /// <param name="caller">Who asks, in which workspace.</param>
    /// <param name="last">The last one of the page before; null for the beginning.</param>
    /// <param name="cancellation">Of the statement.</param>
    /// <returns>At most <see cref="Limits.WalkPageNotes"/>; fewer at the end.</returns>
    public async Task<Result<List<NoteView>>> WalkAsync(Caller caller, Guid? last, CancellationToken cancellation)
    {
        var (mayEnter, notes) = (false, new List<NoteView>());
        await using (var command = database.Command($"""
            SELECT {NoteTable.Columns}, {AuthorColumns}
              FROM {Access.From}
              LEFT JOIN LATERAL (SELECT {NoteTable.Columns} FROM notes n WHERE n.workspace_id = $2 AND n.note_id > $3 ORDER BY n.note_id LIMIT $4) n ON true
              {Authors}
             WHERE {Access.Sees}
             ORDER BY n.note_id
            """))
        {
            command.Parameters.WithCaller(caller).With(last ?? Guid.Empty).With((long)Limits.WalkPageNotes);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                mayEnter = true;
                if (!reader.IsDBNull(0))
                {
                    notes.Add(Read(reader, 0));
                }
            }
        }
        return mayEnter ? notes : await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <param name="behind">Where the page begins, as a condition.</param>
    /// <param name="offset">The same as a number of notes.</param>
    /// <param name="place">Adds the parameter of either.</param>
    private async Task<Result<NotePage>> ListAsync(
        Caller caller, TaskRef task, int limit, string behind, string offset, Action<NpgsqlParameterCollection> place, CancellationToken cancellation)
    {
        var (moment, isThere, total) = (default(WorkspaceMoment?), false, 0L);
        var notes = new List<NoteView>();
        await using (var command = database.Command($"""
            SELECT {WorkspaceMoment.Columns}, t.task_id IS NOT NULL, (SELECT count(*) FROM notes o WHERE o.workspace_id = $2 AND o.task_id = t.task_id),
                   {NoteTable.Columns}, {AuthorColumns}
              FROM {Access.From} {TaskBy(task)}
              LEFT JOIN LATERAL (
                   SELECT {NoteTable.Columns} FROM notes n WHERE n.workspace_id = $2 AND n.task_id = t.task_id {behind}
                    ORDER BY n.note_id LIMIT $4 {offset}) n ON true
              {Authors}
             WHERE {Access.Sees}
             ORDER BY n.note_id
            """))
        {
            place(WithTask(command.Parameters.WithCaller(caller), task).With((long)limit));
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                (moment, isThere, total) = (WorkspaceMoment.Read(reader, 0, database), reader.GetBoolean(3), reader.GetInt64(4));
                if (!reader.IsDBNull(5))
                {
                    notes.Add(Read(reader, 5));
                }
            }
        }
        return moment is not { } at ? await Access.ExplainAsync(database, caller, cancellation) : isThere ? new NotePage(notes, total, at) : ErrorCode.NotFound;
    }

    /// <summary>Who somebody is now.</summary>
    internal async Task<NoteAuthor> AuthorAsync(Guid userId, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT {AuthorColumns} FROM (VALUES ($1)) u(user_id) LEFT JOIN accounts a ON a.user_id = u.user_id");
        command.Parameters.With(userId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return ReadAuthor(reader, 0, userId);
    }

    internal NoteView View(Note note, NoteAuthor author) => new(
        note, author, new EntityTag(database.Incarnation, note.Version, LabelsRevision: author.Version), note.UpdatedAt > author.ChangedAt ? note.UpdatedAt : author.ChangedAt);

    /// <summary>Reads <see cref="AuthorColumns"/>.</summary>
    internal static NoteAuthor ReadAuthor(NpgsqlDataReader row, int first, Guid id) =>
        row.IsDBNull(first + 1)
        ? new NoteAuthor(id, Name: null, Version: 0, default)
        : new NoteAuthor(id, row.IsDBNull(first) ? null : row.GetString(first), row.GetInt32(first + 1), row.GetDateTime(first + 2));

    internal static NpgsqlParameterCollection WithTask(NpgsqlParameterCollection parameters, TaskRef task) =>
        task.Number > 0 ? parameters.With(task.Number) : parameters.With(task.Id);

    /// <summary>Reads <see cref="NoteTable.Columns"/> and <see cref="AuthorColumns"/> behind them.</summary>
    private NoteView Read(NpgsqlDataReader row, int first)
    {
        var note = NoteTable.Read(row, first);
        return View(note, ReadAuthor(row, first + 6, note.AuthorId));
    }
}
