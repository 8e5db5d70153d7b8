using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Notes;

/// <summary>The rows of notes and what is written into the log with them.</summary>
internal static class NoteTable
{
    public const string Columns = "n.note_id, n.task_id, n.author_id, n.text, n.version, n.updated_at";

    /// <summary>
    /// Takes from events of notes what they said. That there was a note, of whom, on which task and when, stays, and so the log can tell what
    /// was taken from what was lost. Append which streams.
    /// </summary>
    private const string Silence = "UPDATE events SET data = nullif(data - 'text', '{}'::jsonb), before = NULL WHERE workspace_id = $1 AND data ? 'text' AND stream_id ";

    /// <summary>The same of what notes brought along from another workspace. Append which streams.</summary>
    private const string SilenceCarried = "UPDATE carried_events SET data = NULL, before = NULL WHERE workspace_id = $1 AND data IS NOT NULL AND stream_id ";

    /// <summary>An array, so that it is a few steps in the index of streams whatever PostgreSQL thinks of how many notes there are.</summary>
    private const string OfTask = "= ANY (ARRAY(SELECT note_id FROM notes WHERE workspace_id = $1 AND task_id = $2))";

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static Note Read(NpgsqlDataReader row, int first) =>
        new(row.GetGuid(first), row.GetGuid(first + 1), row.GetGuid(first + 2), row.GetString(first + 3), row.GetInt32(first + 4), row.GetDateTime(first + 5));

    /// <summary>Adds what an event does to the row, and the event, which is the last of the batch.</summary>
    /// <param name="after">The note after the event, with the version that the event gives it.</param>
    public static void AddChange(WorkspaceBatch batch, Caller caller, Note after, NoteEvent change)
    {
        switch (change)
        {
            case NoteEvent.Created:
                batch.Add("""
                    INSERT INTO notes (workspace_id, note_id, task_id, author_id, text, version, revision, updated_at)
                    SELECT w.workspace_id, $2, $3, $4, $5, $6, w.revision, w.changed_at FROM workspaces w WHERE w.workspace_id = $1
                    """).With(caller.WorkspaceId).With(after.Id).With(after.TaskId).With(after.AuthorId).With(after.Text).With(after.Version);
                break;
            case NoteEvent.Updated:
                batch.Add("""
                    UPDATE notes n SET text = $3, version = $4, revision = w.revision, updated_at = w.changed_at
                      FROM workspaces w WHERE w.workspace_id = $1 AND n.workspace_id = $1 AND n.note_id = $2
                    """).With(caller.WorkspaceId).With(after.Id).With(after.Text).With(after.Version);
                break;
            case NoteEvent.Deleted:
                batch.Add("DELETE FROM notes WHERE workspace_id = $1 AND note_id = $2").With(caller.WorkspaceId).With(after.Id);
                batch.Add(Silence + "= $2").With(caller.WorkspaceId).With(after.Id);
                batch.Add(SilenceCarried + "= $2").With(caller.WorkspaceId).With(after.Id);
                break;
            default:
                throw new InvalidOperationException($"An event that no row follows: {change.GetType().Name}.");
        }
        var (data, before) = change.ToJson();
        batch.Append(0, after.Id, after.Version, change.Name, takesNumber: false, data, before, caller.UserId, caller.RequestId);
    }

    /// <summary>Adds the rows of notes that have come from another workspace, each with how many events of the transaction follow its own.</summary>
    public static void AddMany(WorkspaceBatch batch, Guid workspaceId, IReadOnlyList<(Note Note, int Following)> rows)
    {
        T[] Column<T>(Func<Note, T> value) => [.. rows.Select(row => value(row.Note))];
        batch.Add("""
            INSERT INTO notes (workspace_id, note_id, task_id, author_id, text, version, revision, updated_at)
            SELECT w.workspace_id, r.note_id, r.task_id, r.author_id, r.text, r.version, w.revision - r.following, r.updated_at
              FROM workspaces w CROSS JOIN unnest($2, $3, $4, $5, $6, $7, $8) r(note_id, task_id, author_id, text, version, following, updated_at)
             WHERE w.workspace_id = $1
            """).With(workspaceId).With(Column(note => note.Id)).With(Column(note => note.TaskId)).With(Column(note => note.AuthorId)).With(Column(note => note.Text))
            .With(Column(note => note.Version)).With(rows.Select(row => (long)row.Following).ToArray()).With(Column(note => note.UpdatedAt));
    }

    /// <summary>Adds that the notes of a task go with it.</summary>
    public static void AddPurged(WorkspaceBatch batch, Guid workspaceId, Guid taskId)
    {
        batch.Add(Silence + OfTask).With(workspaceId).With(taskId);
        batch.Add(SilenceCarried + OfTask).With(workspaceId).With(taskId);
        batch.Add("DELETE FROM notes WHERE workspace_id = $1 AND task_id = $2").With(workspaceId).With(taskId);
    }
}
