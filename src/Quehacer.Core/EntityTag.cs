namespace Quehacer.Core;

/// <summary>
/// What a strong tag of one thing is made of: the database's incarnation (a restored backup may hand out a version twice), the thing's
/// version, and its workspace's label revision (renaming a tag changes what a task looks like without touching its version).
/// A note has the version of its author's account in the place of the latter, for the same reason. A contract adds the name of its shape.
/// </summary>
public readonly record struct EntityTag(string Incarnation, int Version, long LabelsRevision);
