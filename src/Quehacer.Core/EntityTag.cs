namespace Quehacer.Core;

/// <summary>
/// What a strong tag of one thing is made of: the database's incarnation (a restored backup may hand out a version twice), the thing's
/// version, and its workspace's label revision (renaming a tag changes what a task looks like without touching its version).
/// A contract adds the name of its shape.
/// </summary>
public readonly record struct EntityTag(string Incarnation, int Version, long LabelsRevision);

/// <summary>What must still be true for a change to be made.</summary>
/// <param name="AnyOf">The thing's tag is one of these (<c>If-Match</c>); null for no such condition, empty when none can match.</param>
/// <param name="Version">The thing has this version (a <c>version</c> in the body).</param>
public sealed record Precondition(IReadOnlyList<EntityTag>? AnyOf, int? Version)
{
    public static readonly Precondition None = new(null, null);

    public bool Holds(EntityTag current) => (AnyOf is null || AnyOf.Contains(current)) && (Version is null || Version == current.Version);
}
