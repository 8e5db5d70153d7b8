using Quehacer.Core.Events;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Labels;

/// <summary>The numbers are stored; they never change their meaning.</summary>
public enum LabelKind : short
{
    Tag = 0,
    Category = 1,
}

/// <summary>
/// A category or a tag: a name, perhaps a colour. Tasks refer to it by id. Here are the decisions about it and what its events do to it; all
/// of it is pure.
/// </summary>
/// <param name="Color"><c>#RRGGBB</c> in upper case, or null.</param>
/// <param name="Version">Rises by one with every event of the label.</param>
public sealed record Label(Guid Id, LabelKind Kind, string Name, string? Color, int Version, DateTime UpdatedAt)
{
    /// <summary>The time within the id.</summary>
    public DateTime CreatedAt => Ids.TimeOf(Id);

    /// <summary>Decides a creation.</summary>
    /// <param name="nameCharacters">The longest name that the contract of the request takes.</param>
    /// <param name="namesake">The label of this kind that has the name now.</param>
    internal static Result<LabelEvent[]> Create(LabelEdit edit, int nameCharacters, Label? namesake)
    {
        var faults = new List<FieldError>(edit.Faults);
        if (!edit.Name.IsPresent)
        {
            faults.Add(new FieldError(Field.Name, FieldFault.Required, nameCharacters));
        }
        edit.Check(stored: null, nameCharacters, faults);
        if (faults.Count > 0)
        {
            return Error.Invalid(faults);
        }
        return namesake is null ? new LabelEvent[] { LabelEvent.Created.Of(edit.Name.Value, edit.Color.Or(null)) } : ErrorCode.NameTaken;
    }

    /// <summary>Decides a change: the event that makes it, none when nothing differs.</summary>
    /// <param name="nameCharacters">The longest name that the contract of the request takes.</param>
    /// <param name="namesake">The label of this kind that has the wanted name now; it may be this one, which is how a name gets another casing.</param>
    internal Result<LabelEvent[]> Change(LabelEdit edit, int nameCharacters, Label? namesake)
    {
        var faults = new List<FieldError>(edit.Faults);
        edit.Check(this, nameCharacters, faults);
        if (faults.Count > 0)
        {
            return Error.Invalid(faults);
        }
        if (namesake is not null && namesake.Id != Id)
        {
            return ErrorCode.NameTaken;
        }
        var after = new LabelDelta
        {
            Name = edit.Name.IsSet && edit.Name.Value != Name ? edit.Name : default,
            Color = edit.Color.IsSet && edit.Color.Value != Color ? edit.Color : default,
        };
        var before = new LabelDelta
        {
            Name = after.Name.IsSet ? Name : default(Edit<string>),
            Color = after.Color.IsSet ? Color : default(Edit<string?>),
        };
        return after.IsEmpty ? Array.Empty<LabelEvent>() : new LabelEvent[] { new LabelEvent.Updated(after, before) };
    }

    /// <summary>Decides that this tag becomes another one.</summary>
    /// <param name="target">Null when the request names no tag of this workspace.</param>
    internal Result<LabelEvent[]> MergeInto(Label? target)
    {
        if (target is null)
        {
            return Error.Invalid(Field.Into, FieldFault.NoSuchThing);
        }
        return target.Id == Id
            ? Error.Invalid([new FieldError(Field.Into, FieldFault.Contradiction, Name: "id")])
            : new LabelEvent[] { new LabelEvent.Merged(target.Id) };
    }

    /// <summary>What an event makes of a label; <paramref name="before"/> is null for the first event only. What was merged or deleted keeps its last face.</summary>
    internal static Label Apply(Label? before, LabelKind kind, LabelEvent labelEvent, EventStamp stamp)
    {
        if (labelEvent is LabelEvent.Created created)
        {
            return new Label(stamp.StreamId, kind, created.Data.Name.Value, created.Data.Color.Or(null), stamp.Version, stamp.At);
        }
        var label = before ?? throw new InvalidOperationException("A stream of a label that does not begin with its creation.");
        label = label with { Version = stamp.Version, UpdatedAt = stamp.At };
        return labelEvent is LabelEvent.Updated updated
            ? label with { Name = updated.Data.Name.Or(label.Name), Color = updated.Data.Color.Or(label.Color) }
            : label;
    }
}

/// <summary>What a label looks like on a task.</summary>
public sealed record LabelFace(Guid Id, LabelKind Kind, string Name, string? Color);

/// <summary>A label as a contract shows it, and what its entity tag is made of.</summary>
/// <param name="TaskCount">
/// Tasks that carry it and are not deleted, each once, even where it carries a tag under several ids; null when nobody asked.
/// </param>
public sealed record LabelView(Label Label, long? TaskCount, EntityTag Tag);

/// <param name="Total">Labels on all pages.</param>
/// <param name="Moment">Of which the page is.</param>
public sealed record LabelPage(IReadOnlyList<LabelView> Labels, long Total, WorkspaceMoment Moment);

/// <summary>What a request wants of a label. Its name is storable, normalised and trimmed, its colour in upper case; nothing else has been checked.</summary>
public sealed record LabelEdit
{
    public Edit<string> Name { get; init; }

    /// <summary><c>#RRGGBB</c>, or null for none.</summary>
    public Edit<string?> Color { get; init; }

    /// <summary>Faults of form that no member above can carry, such as an unknown member.</summary>
    public IReadOnlyList<FieldError> Faults { get; init; } = [];

    /// <summary>Adds what is wrong with the values. A name that is the stored one is not measured, so that whatever was read can be put back.</summary>
    internal void Check(Label? stored, int nameCharacters, List<FieldError> faults)
    {
        if (Name.Fault is { } nameFault)
        {
            faults.Add(new FieldError(Field.Name, nameFault, nameCharacters));
        }
        else if (Name.IsSet && Name.Value != stored?.Name)
        {
            if (Name.Value.Length == 0)
            {
                faults.Add(new FieldError(Field.Name, FieldFault.Required, nameCharacters));
            }
            else if (Text.Characters(Name.Value) > nameCharacters)
            {
                faults.Add(new FieldError(Field.Name, FieldFault.TooLong, nameCharacters));
            }
        }
        if (Color.Fault is { } colorFault)
        {
            faults.Add(new FieldError(Field.Color, colorFault));
        }
    }
}
