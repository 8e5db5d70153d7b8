using Quehacer.Core.Labels;

namespace Quehacer.Core.Tasks;

/// <summary>One thing that a request wants done with one task: what it is about, what must still be true, and how it is decided. Pure.</summary>
public sealed record TaskOperation
{
    /// <summary>What is done with a task; null for the task when it is made.</summary>
    internal delegate Result<TaskEvent[]> Decision(TaskItem? task, Surroundings around, ResolvedLabels labels, DateTime now);

    /// <summary>What the operation does, as far as others are concerned.</summary>
    internal enum Verb
    {
        Edit,
        Complete,
        Delete,
        Restore,
        Move,
        Undo,
    }

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

    /// <summary>Tags that the decision needs to know to exist.</summary>
    internal Guid[] TagIds { get; private init; } = [];

    /// <summary>The category that the decision needs to know to exist.</summary>
    internal Guid? CategoryId { get; private init; }

    internal bool ReachesDeleted { get; private init; }

    internal Verb Kind { get; private init; }

    /// <summary>Whom the decision needs to know to be in the workspace, unless it is said of the task already.</summary>
    internal Guid? AssigneeId { get; private init; }

    /// <summary>The parent that the task shall have.</summary>
    internal Edit<TaskRef?> Parent { get; private init; }

    /// <summary>What becomes of the tasks below, where it completes or deletes one.</summary>
    internal SubtaskFate Subtasks { get; private init; }

    /// <summary>Where the task goes, where it is moved.</summary>
    internal Spot? Spot { get; private init; }

    /// <summary>Tasks beside the target that the decision looks at.</summary>
    internal IEnumerable<TaskRef> Others => new[] { Parent.Or(null), Spot?.Anchor }.OfType<TaskRef>();

    /// <summary>The decision rests on names or looks of labels.</summary>
    internal bool NeedsLabels => TagNames.Length > 0 || TagIds.Length > 0 || CategoryId is not null;

    /// <summary>The decision rests on how many subtasks there are.</summary>
    internal bool RestsOnSubtasks => Kind == Verb.Delete;

    /// <summary>
    /// The decision is about more tasks than one, or about who is in the workspace, so nobody else may write while it is made. Whoever takes a task upon
    /// themselves is there: the statement that writes says so.
    /// </summary>
    internal bool IsDecidedUnderLock(TaskItem? before, Caller caller) => Kind switch
    {
        Verb.Edit when AssigneeId is { } assignee && assignee != before?.AssigneeId && assignee != caller.UserId => true,
        Verb.Edit => Parent.IsSet && !new TaskEdit { Parent = Parent }.NamesParentOf(before),
        Verb.Complete => Subtasks != SubtaskFate.Keep,
        Verb.Delete => Subtasks != SubtaskFate.Keep || before is { Subtasks.Total: > 0 },
        _ => true,
    };

    /// <summary>Makes a task.</summary>
    public static TaskOperation Create(TaskEdit edit, TaskLimits limits) =>
        new(target: null, Precondition.None, (_, around, labels, now) => TaskItem.Create(edit, labels, limits, now, around))
        {
            TagNames = edit.TagNames, TagIds = edit.TagIds.Or([]), CategoryId = edit.CategoryId.Or(null), AssigneeId = edit.AssigneeId.Or(null), Parent = edit.Parent,
        };

    /// <summary>Changes the members that the edit names and no others.</summary>
    public static TaskOperation Change(TaskRef task, TaskEdit edit, TaskLimits limits, Precondition precondition) =>
        new(task, precondition, (before, around, labels, now) => before!.Change(edit, labels, limits, now, around))
        {
            TagNames = edit.TagNames, TagIds = edit.TagIds.Or([]), CategoryId = edit.CategoryId.Or(null), AssigneeId = edit.AssigneeId.Or(null), Parent = edit.Parent,
        };

    public static TaskOperation Complete(TaskRef task, Precondition precondition, SubtaskFate subtasks = SubtaskFate.Keep) =>
        new(task, precondition, (before, around, _, _) => before!.Complete(subtasks, around)) { Kind = Verb.Complete, Subtasks = subtasks };

    public static TaskOperation Reopen(TaskRef task, Precondition precondition) => new(task, precondition, (before, _, _, _) => before!.Reopen());

    /// <summary>Completes what is pending and reopens what is done; of any number of these at once, each turns the task round once.</summary>
    public static TaskOperation Toggle(TaskRef task, Precondition precondition) => new(task, precondition, (before, _, _, _) => before!.Toggle());

    public static TaskOperation Delete(TaskRef task, Precondition precondition, SubtaskFate subtasks = SubtaskFate.Keep) =>
        new(task, precondition, (before, around, _, _) => before!.Delete(subtasks, around)) { Kind = Verb.Delete, Subtasks = subtasks };

    /// <summary>Takes a deleted task back, as long as it has not been purged.</summary>
    public static TaskOperation Restore(TaskRef task, Precondition precondition) =>
        new(task, precondition, (before, around, _, _) => before!.Restore(around)) { Kind = Verb.Restore, ReachesDeleted = true };

    /// <summary>Moves a task in the order by hand.</summary>
    public static TaskOperation Move(TaskRef task, Spot spot, Precondition precondition) =>
        new(task, precondition, (before, around, _, _) => before!.Move(spot, around)) { Kind = Verb.Move, Spot = spot };

    /// <summary>Takes back the caller's own last change of the task, whatever it was.</summary>
    public static TaskOperation Undo(TaskRef task, Precondition precondition) =>
        new(task, precondition, (before, around, _, _) => before!.Undo(around)) { Kind = Verb.Undo, ReachesDeleted = true };

    /// <summary>Changes no task, and is refused where the edit can be made to none: what is wrong with it is not the fault of the task that it meets.</summary>
    internal static TaskOperation Try(TaskEdit edit, TaskLimits limits) => new(target: null, Precondition.None, (_, around, labels, now) =>
    {
        var faults = new List<FieldError>(edit.Faults);
        edit.Check(stored: null, labels, limits, now, faults);
        edit.CheckAssignee(stored: null, around, faults);
        return faults.Count > 0 ? Error.Invalid(faults) : Array.Empty<TaskEvent>();
    })
    {
        TagNames = edit.TagNames,
        TagIds = edit.TagIds.Or([]),
        CategoryId = edit.CategoryId.Or(null),
        AssigneeId = edit.AssigneeId.Or(null),
    };

    /// <summary>Does nothing: what was wanted could not be read. It keeps its place among others.</summary>
    public static TaskOperation Malformed(IReadOnlyList<FieldError> faults) => new(target: null, Precondition.None, (_, _, _, _) => Error.Invalid(faults));

    /// <summary>Comes to the change that it makes, or to why it makes none.</summary>
    /// <param name="newId">What the task will be called if it is made.</param>
    /// <param name="found">The task as it is; null when it is to be made.</param>
    /// <param name="around">Needed where it <see cref="IsDecidedUnderLock"/>, and where it names somebody.</param>
    internal Result<TaskChange> On(Guid newId, TaskView? found, ResolvedLabels labels, DateTime now, Surroundings? around = null)
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
        var events = Decide(before, around ?? Surroundings.None, labels, now);
        return events.IsOk ? new TaskChange(before?.Id ?? newId, before, events.Value, labels) : events.Error;
    }

    /// <summary>
    /// What the operation does to other tasks before it does what it does to its own: those below are completed, deleted or left without a parent
    /// first, the lowest before those above them, so that at no revision a task has a parent that is deleted.
    /// </summary>
    internal IEnumerable<(TaskItem Task, TaskEvent[] Events)> OnThoseBelow(Surroundings around) => (Kind, Subtasks) switch
    {
        (Verb.Complete, SubtaskFate.Follow) => around.Below!.Reverse().Select(task => (task, task.Complete())),
        (Verb.Delete, SubtaskFate.Follow) => around.Below!.Reverse().Select(task => (task, task.Delete())),
        (Verb.Delete, SubtaskFate.Keep) or (Verb.Undo, _) => around.Below!.Select(task => (task, task.Lose())),
        _ => [],
    };

    /// <summary>What it does to others afterwards: those that lost a parent return to it, as far as that makes no circle and leaves room.</summary>
    /// <param name="restored">The parent, restored.</param>
    internal IEnumerable<(TaskItem Task, TaskEvent[] Events)> OnThoseThatReturn(TaskItem restored, Surroundings around)
    {
        var above = restored.ParentId is null ? [] : around.Above;
        return around.Former
            .Where(former => above.Count + 1 + former.Levels <= Limits.TaskLevels && above.All(task => task.Id != former.Task.Id))
            .Take(Limits.SubtasksOfATask - restored.Subtasks.Total)
            .Select(former => (former.Task, former.Task.Return()));
    }
}
