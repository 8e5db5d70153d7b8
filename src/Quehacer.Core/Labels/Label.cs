namespace Quehacer.Core.Labels;

/// <summary>The numbers are stored; they never change their meaning.</summary>
public enum LabelKind : short
{
    Tag = 0,
    Category = 1,
}

/// <summary>A category or a tag: a name, perhaps a colour. Tasks refer to it by id.</summary>
/// <param name="Color"><c>#RRGGBB</c> in upper case, or null.</param>
public sealed record Label(Guid Id, LabelKind Kind, string Name, string? Color, int Version, DateTime UpdatedAt)
{
    /// <summary>The time within the id.</summary>
    public DateTime CreatedAt => Ids.TimeOf(Id);
}

/// <summary>What a label looks like on a task.</summary>
public sealed record LabelFace(Guid Id, LabelKind Kind, string Name, string? Color);
