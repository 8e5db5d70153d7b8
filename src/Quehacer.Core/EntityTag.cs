namespace Quehacer.Core;

/// <summary>
/// What a strong tag of one thing is made of: the database's incarnation (a restored backup may hand out a version twice), the thing's
/// version, its workspace's label revision (renaming a tag changes what a task looks like without touching its version), and how far its
/// subtasks are, which is shown on it and changed by them. A note has the version of its author's account in the place of the labels' revision,
/// for the same reason. A contract adds the name of its shape.
/// </summary>
/// <param name="Subtasks">How many there are, of a task that has any.</param>
/// <param name="SubtasksDone">How many of them are done.</param>
public readonly record struct EntityTag(string Incarnation, int Version, long LabelsRevision, int Subtasks = 0, int SubtasksDone = 0);
