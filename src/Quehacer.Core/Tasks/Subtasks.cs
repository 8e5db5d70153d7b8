using System.Collections.Frozen;

namespace Quehacer.Core.Tasks;

/// <summary>How far the tasks directly below a task are. Deleted ones do not count.</summary>
/// <param name="ChangedAt">When these numbers last changed, UTC; null where they never did.</param>
public readonly record struct Subtasks(int Total, int Done, DateTime? ChangedAt);

/// <summary>What becomes of the tasks below one that is completed or deleted.</summary>
public enum SubtaskFate
{
    /// <summary>They stay as they are. Those below a deleted task have no parent until it is restored.</summary>
    Keep,

    /// <summary>All of them, down to the last level, are completed or deleted as well.</summary>
    Follow,

    /// <summary>They stand against it: nothing is done where there are any, or, for a completion, any that are not done.</summary>
    Refuse,
}

/// <summary>By how much an event moves the counts of a parent.</summary>
internal readonly record struct SubtaskChange(Guid ParentId, int Total, int Done)
{
    /// <summary>What turns a task from one state into another does to those above it; nothing where it counts as before.</summary>
    /// <param name="after">Null where the task is there no more.</param>
    public static IEnumerable<SubtaskChange> Of(TaskItem? before, TaskItem? after)
    {
        var (was, @is) = (Counted(before), Counted(after));
        if (was == @is)
        {
            yield break;
        }
        if (was is { } old)
        {
            yield return new SubtaskChange(old.ParentId, -old.Total, -old.Done);
        }
        if (@is is { } now)
        {
            yield return now;
        }
    }

    private static SubtaskChange? Counted(TaskItem? task) =>
        task is { ParentId: { } parent, IsDeleted: false } ? new SubtaskChange(parent, 1, task.State == TaskState.Done ? 1 : 0) : null;
}

/// <summary>Where a task is moved to in the order by hand.</summary>
/// <param name="Anchor">The task that it shall stand next to; null for an end of the order.</param>
/// <param name="IsBehind">Behind the anchor, or at the end; else before it, or at the beginning.</param>
public sealed record Spot(TaskRef? Anchor, bool IsBehind);

/// <summary>
/// What a decision has to know of other tasks. It is read under the workspace's lock, because it must still be so when the decision is written;
/// decisions that need none of it are made without.
/// </summary>
internal sealed record Surroundings
{
    public static readonly Surroundings None = new();

    /// <summary>Of those whom the operation names, who is in the workspace.</summary>
    public IReadOnlySet<Guid> Members { get; init; } = FrozenSet<Guid>.Empty;

    /// <summary>The task that shall be the parent, and those above it, the nearest first; empty where there is no such task.</summary>
    public IReadOnlyList<TaskItem> Above { get; init; } = [];

    /// <summary>The levels that the task takes with all that is below it: 1 for one without subtasks.</summary>
    public int Levels { get; init; } = 1;

    /// <summary>The tasks below, each behind its parent, as far as the operation is about them; null where there are more than are done at once.</summary>
    public IReadOnlyList<TaskItem>? Below { get; init; } = [];

    /// <summary>Those that lost this parent when it was deleted, each with the levels that it takes.</summary>
    public IReadOnlyList<(TaskItem Task, int Levels)> Former { get; init; } = [];

    /// <summary>
    /// The keys around the place that a task is moved to, null for an end; null where the task is not there that it shall stand next to. Of an undo: the place to be
    /// gone back to and the next one, where another task stands there by now, else null.
    /// </summary>
    public (string? Low, string? High)? Gap { get; init; }

    /// <summary>What the caller did to the task last, with its labels as they are now; null where that is nothing.</summary>
    public OwnChange? Own { get; init; }

    /// <summary>The number of the task that was made last.</summary>
    public long LastNumber { get; init; }

    /// <summary>Whether a task with so many levels fits below the parent.</summary>
    public bool HasRoomFor(int levels) => Above.Count + levels <= Limits.TaskLevels;
}
