using Quehacer.Core.Labels;

namespace Quehacer.Core.Tasks;

/// <summary>One thing that a request wants done with one task: what it is about, what must still be true, and how it is decided. Pure.</summary>
public sealed record TaskOperation
{
    /// <summary>What is done with a task; null for the task when it is made.</summary>
    internal delegate Result<TaskEvent[]> Decision(TaskItem? task, ResolvedLabels labels, DateTime now);

    private TaskOperation(TaskRef? target, Precondition precondition, Decision decide)
    {
        Target = target;
        Precondition = precondition;
        Decide = decide;
    }

    /// <summary>The task to change; null to make one.</summary>
    internal TaskRef? Target { get; }

    internal Precondition Precondition { get; init; }

    internal Decision Decide { get; }

    /// <summary>Names that the decision needs resolved to tags.</summary>
    internal string[] TagNames { get; private init; } = [];

    /// <summary>The category that the decision needs to know to exist.</summary>
    internal Guid? CategoryId { get; private init; }

    internal bool ReachesDeleted { get; private init; }

    /// <summary>The decision rests on names or looks of labels.</summary>
    internal bool NeedsLabels => TagNames.Length > 0 || CategoryId is not null;

    /// <summary>Makes a task.</summary>
    public static TaskOperation Create(TaskEdit edit, TaskLimits limits) =>
        new(target: null, Precondition.None, (_, labels, now) => TaskItem.Create(edit, labels, limits, now)) { TagNames = edit.TagNames, CategoryId = edit.CategoryId.Or(null) };

    /// <summary>Changes the members that the edit names and no others.</summary>
    public static TaskOperation Change(TaskRef task, TaskEdit edit, TaskLimits limits, Precondition precondition) =>
        new(task, precondition, (before, labels, now) => before!.Change(edit, labels, limits, now)) { TagNames = edit.TagNames, CategoryId = edit.CategoryId.Or(null) };

    public static TaskOperation Complete(TaskRef task, Precondition precondition) => new(task, precondition, (before, _, _) => before!.Complete());

    public static TaskOperation Reopen(TaskRef task, Precondition precondition) => new(task, precondition, (before, _, _) => before!.Reopen());

    /// <summary>Completes what is pending and reopens what is done; of any number of these at once, each turns the task round once.</summary>
    public static TaskOperation Toggle(TaskRef task, Precondition precondition) => new(task, precondition, (before, _, _) => before!.Toggle());

    public static TaskOperation Delete(TaskRef task, Precondition precondition) => new(task, precondition, (before, _, _) => before!.Delete());

    /// <summary>Takes a deleted task back, as long as it has not been purged.</summary>
    public static TaskOperation Restore(TaskRef task, Precondition precondition) => new(task, precondition, (before, _, _) => before!.Restore()) { ReachesDeleted = true };

    /// <summary>Does nothing: what was wanted could not be read. It keeps its place among others.</summary>
    public static TaskOperation Malformed(IReadOnlyList<FieldError> faults) => new(target: null, Precondition.None, (_, _, _) => Error.Invalid(faults));

    /// <summary>Comes to the change that it makes, or to why it makes none.</summary>
    /// <param name="newId">What the task will be called if it is made.</param>
    /// <param name="found">The task as it is; null when it is to be made.</param>
    internal Result<TaskChange> On(Guid newId, TaskView? found, ResolvedLabels labels, DateTime now)
    {
        var before = found?.Task;
        if (before is { IsDeleted: true } && !ReachesDeleted)
        {
            return ErrorCode.NotFound;
        }
        if (found is not null && Precondition.Refuse(found.Tag, found.ChangedAt, now) is { } refusal)
        {
            return refusal;
        }
        var events = Decide(before, labels, now);
        return events.IsOk ? new TaskChange(before?.Id ?? newId, before, events.Value, labels) : events.Error;
    }
}
