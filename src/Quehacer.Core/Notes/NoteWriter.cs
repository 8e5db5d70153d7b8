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
        await using var write = new LockedWrite(database, connection, caller, verb.Key);
        var found = default(Found);
        var opened = await write.OpenAsync("w.revision", AddReading, ReadAsync, now, cancellation);
        if (!opened.IsOk)
        {
            return opened.Error;
        }
        if (!opened.Value)
        {
            return await ReplayAsync(verb, cancellation) ?? new Error(ErrorCode.Busy);
        }
        var decision = Decide(verb, found, now);
        if (!decision.IsOk)
        {
            await write.RollBackAsync();
            return decision.Error;
        }

        Note After(NoteEvent noteEvent, DateTime at) => Note.Apply(
            found.Note, noteEvent, new EventStamp(found.Note?.Id ?? newId, (found.Note?.Version ?? 0) + 1, Number: null, caller.UserId, at));
        // A decision about a note has one event or none.
        var change = decision.Value.SingleOrDefault();
        var after = change is null ? found.Note! : After(change, now);
        var written = await write.CommitAsync((after.Id, after.Version, null), AddWriting, cancellation);
        if (!written.IsOk)
        {
            return written.Error;
        }
        return new Answered<NoteView?>(reader.View(change is null ? after : After(change, written.Value.ChangedAt), found.Author!), IsReplay: false);

        void AddReading(WorkspaceBatch batch) => NoteReader.WithTask(
            batch.Add($"""
                SELECT t.task_id, {NoteReader.AuthorColumns}, {NoteTable.Columns}
                  FROM tasks t LEFT JOIN notes n ON n.workspace_id = $1 AND n.task_id = t.task_id AND n.note_id = $2
                  LEFT JOIN accounts a ON a.user_id = coalesce(n.author_id, $3)
                 WHERE t.workspace_id = $1 AND t.{(verb.Task.Number > 0 ? "number" : "task_id")} = $4 AND t.deleted_at IS NULL
                """).With(caller.WorkspaceId).WithId(verb.Target).With(caller.UserId),
            verb.Task);

        async Task ReadAsync(NpgsqlDataReader rows)
        {
            await rows.NextResultAsync(CancellationToken.None);
            if (await rows.ReadAsync(CancellationToken.None))
            {
                var note = rows.IsDBNull(4) ? null : NoteTable.Read(rows, 4);
                found = new Found(rows.GetGuid(0), note, NoteReader.ReadAuthor(rows, 1, note?.AuthorId ?? caller.UserId));
            }
        }

        void AddWriting(WorkspaceBatch batch)
        {
            if (change is not null)
            {
                batch.Advance(caller, events: 1, default, now, onlyWithLabels: null);
                NoteTable.AddChange(batch, caller, after, change);
            }
        }
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
        var stream = await EventLog.ReadStreamAsync(database, verb.Caller, done.StreamId!.Value, done.Version!.Value, cancellation);
        if (stream is [.., { Type: EventNames.NoteDeleted }])
        {
            return new Answered<NoteView?>(null, IsReplay: true);
        }
        if (stream.Count == 0 || stream.Any(NoteEvent.SaysNothing))
        {
            return new Error(ErrorCode.Gone);
        }
        var note = stream.Aggregate(default(Note), (note, stored) => Note.Apply(note, NoteEvent.FromStored(stored), stored.Stamp))!;
        return new Answered<NoteView?>(reader.View(note, await reader.AuthorAsync(note.AuthorId, cancellation)), IsReplay: true);
    }
}
