using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Notes;

/// <summary>
/// Writes notes, a method per verb. A verb takes the workspace's lock before it reads, so that nobody deletes the task while a note is added to
/// it: what it decides on cannot change, and costs two round trips. The task itself, and its version, stay as they are.
/// </summary>
public sealed class NoteWriter(Database database, NoteReader reader, TimeProvider time)
{
    /// <summary>What a verb finds under the lock.</summary>
    /// <param name="TaskId">The task, where it is there and not deleted.</param>
    /// <param name="Note">The note to change.</param>
    /// <param name="Author">Of that note, or of the one to be made.</param>
    private readonly record struct Found(Guid? TaskId, Note? Note, NoteAuthor? Author);

    /// <param name="Target">The note to change; null to make one.</param>
    private sealed record Verb(Caller Caller, TaskRef Task, Guid? Target, Precondition Precondition, IdempotencyKey? Key, Func<Found, Result<NoteEvent[]>> Decide);

    /// <summary>Adds a note to a task, which must be there and not deleted (<see cref="ErrorCode.NotFound"/>).</summary>
    public async Task<Result<Answered<NoteView>>> CreateAsync(Caller caller, TaskRef task, NoteEdit edit, IdempotencyKey? key, CancellationToken cancellation) =>
        Shown(await WriteAsync(new Verb(caller, task, Target: null, Precondition.None, key, found => Note.Create(found.TaskId!.Value, edit)), cancellation));

    /// <summary>Changes the text. Its author alone may (<see cref="ErrorCode.Forbidden"/>).</summary>
    public async Task<Result<Answered<NoteView>>> ChangeAsync(
        Caller caller, TaskRef task, Guid noteId, NoteEdit edit, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        Shown(await WriteAsync(new Verb(caller, task, noteId, precondition, key, found => found.Note!.Change(edit)), cancellation));

    /// <summary>Removes a note for good, and what the log says of its words. Its author alone may (<see cref="ErrorCode.Forbidden"/>).</summary>
    /// <returns>The note as it was; null for a repeat, since nothing is left of it.</returns>
    public Task<Result<Answered<NoteView?>>> DeleteAsync(
        Caller caller, TaskRef task, Guid noteId, Precondition precondition, IdempotencyKey? key, CancellationToken cancellation) =>
        WriteAsync(new Verb(caller, task, noteId, precondition, key, _ => new NoteEvent[] { new NoteEvent.Deleted() }), cancellation);

    private static Result<Answered<NoteView>> Shown(Result<Answered<NoteView?>> written) =>
        written.IsOk ? new Answered<NoteView>(written.Value.Value!, written.Value.IsReplay) : written.Error;

    private async Task<Result<Answered<NoteView?>>> WriteAsync(Verb verb, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var newId = Ids.New(now);
        var caller = verb.Caller;
        await using var connection = await database.OpenAsync(cancellation);
        await using var opening = new WorkspaceBatch(connection, caller.WorkspaceId);
        opening.Begin();
        if (verb.Key is { } key)
        {
            // First of all: a repeat of what succeeded finds its key before its own effect could refuse it. What it points to follows before the commit.
            opening.Key(caller.UserId, key, streamId: null, version: null, outcome: null, now);
        }
        opening.Add($"SELECT w.revision FROM {Access.From} WHERE {Access.Where} FOR UPDATE OF w").WithCaller(caller);
        NoteReader.WithTask(
            opening.Add($"""
                SELECT t.task_id, {NoteReader.AuthorColumns}, {NoteTable.Columns}
                  FROM tasks t LEFT JOIN notes n ON n.workspace_id = $1 AND n.task_id = t.task_id AND n.note_id = $2
                  LEFT JOIN accounts a ON a.user_id = coalesce(n.author_id, $3)
                 WHERE t.workspace_id = $1 AND t.{(verb.Task.Number > 0 ? "number" : "task_id")} = $4 AND t.deleted_at IS NULL
                """).With(caller.WorkspaceId).WithId(verb.Target).With(caller.UserId),
            verb.Task);

        var mayEnter = false;
        var found = default(Found);
        try
        {
            await using var rows = await opening.Statements.ExecuteReaderAsync(CancellationToken.None);
            mayEnter = await rows.ReadAsync(CancellationToken.None);
            await rows.NextResultAsync(CancellationToken.None);
            if (await rows.ReadAsync(CancellationToken.None))
            {
                var note = rows.IsDBNull(4) ? null : NoteTable.Read(rows, 4);
                found = new Found(rows.GetGuid(0), note, NoteReader.ReadAuthor(rows, 1, note?.AuthorId ?? caller.UserId));
            }
        }
        catch (PostgresException exception) when (opening.Classify(exception) is { } failed)
        {
            await opening.RollBackAsync();
            await connection.CloseAsync();
            return failed switch
            {
                BatchOutcome.KeyKnown => await ReplayAsync(verb, cancellation) ?? new Error(ErrorCode.Busy),
                BatchOutcome.KeyInFlight => ErrorCode.IdempotencyInFlight,
                _ => ErrorCode.Busy,
            };
        }
        if (!mayEnter)
        {
            await opening.RollBackAsync();
            await connection.CloseAsync();
            return await Access.ExplainAsync(database, caller, cancellation);
        }
        var decision = Decide(verb, found, now);
        if (!decision.IsOk)
        {
            await opening.RollBackAsync();
            return decision.Error;
        }

        Note After(NoteEvent noteEvent, DateTime at) => Note.Apply(
            found.Note, noteEvent, new EventStamp(found.Note?.Id ?? newId, (found.Note?.Version ?? 0) + 1, Number: null, caller.UserId, at));
        // A decision about a note has one event or none.
        var change = decision.Value.SingleOrDefault();
        var after = change is null ? found.Note! : After(change, now);
        await using var closing = new WorkspaceBatch(connection, caller.WorkspaceId);
        if (verb.Key is not null)
        {
            closing.FillKey(caller.UserId, verb.Key, after.Id, after.Version, outcome: null);
        }
        if (change is not null)
        {
            closing.Advance(caller, events: 1, default, now, onlyWithLabels: null);
            NoteTable.AddChange(closing, caller, after, change);
        }
        closing.Commit();
        // Not cancelled with the request: once it is under way, a write is better finished than left in doubt.
        var (outcome, advanced) = await closing.ExecuteAsync(CancellationToken.None);
        await connection.CloseAsync();
        if (outcome != BatchOutcome.Committed)
        {
            // The lock keeps everybody else away, so it is the session that ended in between.
            return await Access.IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.Busy : ErrorCode.SessionEnded;
        }
        return new Answered<NoteView?>(reader.View(change is null ? after : After(change, advanced.ChangedAt), found.Author!), IsReplay: false);
    }

    private Result<NoteEvent[]> Decide(Verb verb, Found found, DateTime now)
    {
        if (found.TaskId is null)
        {
            return ErrorCode.NotFound;
        }
        if (verb.Target is not null)
        {
            if (found.Note is not { } note)
            {
                return ErrorCode.NotFound;
            }
            if (!note.MayBeChangedBy(verb.Caller))
            {
                return ErrorCode.Forbidden;
            }
            var view = reader.View(note, found.Author!);
            if (verb.Precondition.Refuse(view.Tag, view.ChangedAt, now) is { } refusal)
            {
                return refusal;
            }
        }
        return verb.Decide(found);
    }

    /// <summary>
    /// What was done under the key: the note that was answered, rendered from the log as of the version it had, and nothing for a removal; null
    /// when nothing was done. Of a note that has been removed since, alone or with its task, nothing is left to show.
    /// </summary>
    private async Task<Result<Answered<NoteView?>>?> ReplayAsync(Verb verb, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, verb.Caller, verb.Key!, cancellation);
        if (found.Error is { } error)
        {
            return error;
        }
        if (found.Value is not { } done)
        {
            return null;
        }
        var stream = await EventLog.ReadStreamAsync(database, verb.Caller.WorkspaceId, done.StreamId!.Value, done.Version!.Value, cancellation);
        if (stream[^1].Type == EventNames.NoteDeleted)
        {
            return new Answered<NoteView?>(null, IsReplay: true);
        }
        if (stream.Any(NoteEvent.SaysNothing))
        {
            return new Error(ErrorCode.Gone);
        }
        var note = stream.Aggregate(default(Note), (note, stored) => Note.Apply(note, NoteEvent.FromStored(stored), stored.Stamp))!;
        return new Answered<NoteView?>(reader.View(note, await reader.AuthorAsync(note.AuthorId, cancellation)), IsReplay: true);
    }
}
