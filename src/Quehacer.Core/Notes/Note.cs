using Quehacer.Core.Events;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Notes;

/// <summary>What somebody has said about a task. Here are the decisions about it and what its events do to it; all of it is pure.</summary>
/// <param name="AuthorId">Who has written it. It stays theirs, whoever owns the task.</param>
/// <param name="Text">1 to <see cref="Limits.NoteCharacters"/> characters, normalised, without white space around it.</param>
/// <param name="Version">Rises by one with every event of the note.</param>
public sealed record Note(Guid Id, Guid TaskId, Guid AuthorId, string Text, int Version, DateTime UpdatedAt)
{
    /// <summary>The time within the id.</summary>
    public DateTime CreatedAt => Ids.TimeOf(Id);

    /// <summary>Who sees a task sees its notes; whose words they are alone may change or remove them.</summary>
    internal bool MayBeChangedBy(Caller caller) => AuthorId == caller.UserId;

    /// <summary>Decides that there is a new note on a task.</summary>
    internal static Result<NoteEvent[]> Create(Guid taskId, NoteEdit edit)
    {
        var faults = new List<FieldError>(edit.Faults);
        if (!edit.Text.IsPresent)
        {
            faults.Add(new FieldError(Field.Text, FieldFault.Required, Limits.NoteCharacters));
        }
        edit.Check(stored: null, faults);
        return faults.Count > 0 ? Error.Invalid(faults) : new NoteEvent[] { new NoteEvent.Created(taskId, edit.Text.Value) };
    }

    /// <summary>Decides a change: the event that makes it, none when nothing differs.</summary>
    internal Result<NoteEvent[]> Change(NoteEdit edit)
    {
        var faults = new List<FieldError>(edit.Faults);
        edit.Check(this, faults);
        if (faults.Count > 0)
        {
            return Error.Invalid(faults);
        }
        return edit.Text.Or(Text) == Text ? Array.Empty<NoteEvent>() : new NoteEvent[] { new NoteEvent.Updated(edit.Text.Value, Text) };
    }

    /// <summary>What an event makes of a note; <paramref name="before"/> is null for the first event only. What was deleted keeps its last face.</summary>
    internal static Note Apply(Note? before, NoteEvent noteEvent, EventStamp stamp)
    {
        if (noteEvent is NoteEvent.Created created)
        {
            return new Note(stamp.StreamId, created.TaskId, stamp.ActorId, created.Text, stamp.Version, stamp.At);
        }
        if (noteEvent is NoteEvent.MovedIn moved)
        {
            return new Note(stamp.StreamId, moved.TaskId, moved.AuthorId, moved.Text, stamp.Version, moved.UpdatedAt);
        }
        var note = before ?? throw new InvalidOperationException("A stream of a note that does not begin with its creation.");
        return note with { Text = noteEvent is NoteEvent.Updated updated ? updated.Text : note.Text, Version = stamp.Version, UpdatedAt = stamp.At };
    }
}

/// <summary>Who wrote a note, as they are called now.</summary>
/// <param name="Name">Null where there is no such account any more.</param>
/// <param name="Version">Of the account; 0 where there is none.</param>
/// <param name="ChangedAt">When the account last changed, UTC.</param>
public sealed record NoteAuthor(Guid Id, string? Name, int Version, DateTime ChangedAt);

/// <summary>A note as a contract shows it, and what its entity tag is made of: its own version and that of its author's account, which may be renamed.</summary>
/// <param name="ChangedAt">When it last looked different: its own change, or that of its author's name, UTC.</param>
public sealed record NoteView(Note Note, NoteAuthor Author, EntityTag Tag, DateTime ChangedAt);

/// <param name="Total">Notes on all pages.</param>
/// <param name="Moment">Of which the page is.</param>
public sealed record NotePage(IReadOnlyList<NoteView> Notes, long Total, WorkspaceMoment Moment);

/// <summary>What a request wants of a note. Its text is storable, normalised and trimmed; nothing else has been checked.</summary>
public sealed record NoteEdit
{
    public Edit<string> Text { get; init; }

    /// <summary>Faults of form that no member above can carry, such as an unknown member.</summary>
    public IReadOnlyList<FieldError> Faults { get; init; } = [];

    /// <summary>Adds what is wrong with the values. A text that is the stored one is not measured, so that whatever was read can be put back.</summary>
    internal void Check(Note? stored, List<FieldError> faults)
    {
        if (Text.Fault is { } fault)
        {
            faults.Add(new FieldError(Field.Text, fault, Limits.NoteCharacters));
        }
        else if (Text.IsSet && Text.Value != stored?.Text)
        {
            if (Text.Value.Length == 0)
            {
                faults.Add(new FieldError(Field.Text, FieldFault.Required, Limits.NoteCharacters));
            }
            else if (Core.Text.Characters(Text.Value) > Limits.NoteCharacters)
            {
                faults.Add(new FieldError(Field.Text, FieldFault.TooLong, Limits.NoteCharacters));
            }
        }
    }
}
