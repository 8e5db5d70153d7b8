using Quehacer.Core.Events;
using Quehacer.Core.Labels;

namespace Quehacer.Core.Tasks;

/// <summary>The numbers are stored; they never change their meaning.</summary>
public enum TaskState : short
{
    Pending = 0,
    Done = 1,
}

/// <summary>The numbers are stored and order the tasks; they never change their meaning.</summary>
public enum TaskPriority : short
{
    Low = 0,
    Medium = 1,
    High = 2,
    Critical = 3,
}

/// <summary>
/// A task: its state, the decisions about it and what its events do to it. All of it is pure: ids and times arrive as arguments.
/// (Not called Task, because a type of that name breaks <c>async Task</c>.)
/// </summary>
public sealed record TaskItem
{
    public required Guid Id { get; init; }

    /// <summary>1, 2, 3… in its workspace, never reused.</summary>
    public required long Number { get; init; }

    /// <summary>Rises by one with every event of the task.</summary>
    public required int Version { get; init; }

    public required string Title { get; init; }

    public string? Description { get; init; }

    public TaskState State { get; init; }

    public TaskPriority Priority { get; init; } = TaskPriority.Medium;

    /// <summary>UTC, to the millisecond.</summary>
    public DateTime? DueDate { get; init; }

    /// <summary>The category by id; it may be gone by now, and then the task has none.</summary>
    public Guid? CategoryId { get; init; }

    /// <summary>Tags by id, in the order they were given: a renamed tag is renamed everywhere at once.</summary>
    public Guid[] TagIds { get; init; } = [];

    public required Guid CreatedBy { get; init; }

    public required DateTime UpdatedAt { get; init; }

    public DateTime? DeletedAt { get; init; }

    /// <summary>The time within the id: one truth, not two.</summary>
    public DateTime CreatedAt => Ids.TimeOf(Id);

    public bool IsDeleted => DeletedAt is not null;

    /// <summary>Decides a creation.</summary>
    /// <param name="labels">The labels that the edit names, resolved to ids.</param>
    internal static Result<TaskEvent[]> Create(TaskEdit edit, ResolvedLabels labels, TaskLimits limits, DateTime now)
    {
        var faults = new List<FieldError>(edit.Faults);
        if (!edit.Title.IsPresent)
        {
            faults.Add(new FieldError(Field.Title, FieldFault.Required, limits.TitleCharacters));
        }
        edit.Check(stored: null, labels, limits, now, faults);
        if (faults.Count > 0)
        {
            return Error.Invalid(faults);
        }
        TaskEvent created = new TaskEvent.Created(new TaskDelta
        {
            Title = edit.Title.Value,
            Description = edit.Description.Or(null),
            State = edit.State.Or(TaskState.Pending),
            Priority = edit.Priority.Or(TaskPriority.Medium),
            DueDate = edit.DueDate.Or(null),
            CategoryId = edit.CategoryId.Or(null),
            TagIds = labels.TagIds,
        });
        return new[] { created };
    }

    /// <summary>Decides a change: the events that make it, none when nothing differs.</summary>
    internal Result<TaskEvent[]> Change(TaskEdit edit, ResolvedLabels labels, TaskLimits limits, DateTime now)
    {
        var faults = new List<FieldError>(edit.Faults);
        edit.Check(this, labels, limits, now, faults);
        if (faults.Count > 0)
        {
            return Error.Invalid(faults);
        }
        var tagIds = edit.TagIdsAfter(TagIds, labels);
        var after = new TaskDelta
        {
            Title = edit.Title.IsSet && edit.Title.Value != Title ? edit.Title : default,
            Description = edit.Description.IsSet && edit.Description.Value != Description ? edit.Description : default,
            Priority = edit.Priority.IsSet && edit.Priority.Value != Priority ? edit.Priority : default,
            DueDate = edit.DueDate.IsSet && edit.DueDate.Value != DueDate ? edit.DueDate : default,
            CategoryId = edit.CategoryId.IsSet && edit.CategoryId.Value != CategoryId ? edit.CategoryId : default,
            TagIds = tagIds is not null && !HasTags(tagIds) ? tagIds : default(Edit<Guid[]>),
        };
        var events = new List<TaskEvent>(2);
        if (!after.IsEmpty)
        {
            events.Add(new TaskEvent.Updated(after, Present(after)));
        }
        if (edit.State.IsSet && edit.State.Value != State)
        {
            events.Add(edit.State.Value == TaskState.Done ? new TaskEvent.Completed() : new TaskEvent.Reopened());
        }
        return events.ToArray();
    }

    /// <summary>Done already: nothing to do.</summary>
    public TaskEvent[] Complete() => State == TaskState.Done ? [] : [new TaskEvent.Completed()];

    /// <summary>Pending already: nothing to do.</summary>
    public TaskEvent[] Reopen() => State == TaskState.Pending ? [] : [new TaskEvent.Reopened()];

    /// <summary>From either state to the other.</summary>
    public TaskEvent[] Toggle() => State == TaskState.Done ? Reopen() : Complete();

    /// <summary>Soft: the task can be restored until it is purged.</summary>
    public TaskEvent[] Delete() => [new TaskEvent.Deleted()];

    /// <summary>Not deleted: nothing to do.</summary>
    public TaskEvent[] Restore() => IsDeleted ? [new TaskEvent.Restored()] : [];

    /// <summary>What an event makes of a task; <paramref name="before"/> is null for the first event only.</summary>
    public static TaskItem Apply(TaskItem? before, TaskEvent taskEvent, EventStamp stamp)
    {
        if (taskEvent is TaskEvent.Created created)
        {
            return new TaskItem
            {
                Id = stamp.StreamId,
                Number = stamp.Number ?? throw new InvalidOperationException("A task.created event without a number."),
                Version = stamp.Version,
                Title = created.Data.Title.Value,
                Description = created.Data.Description.Or(null),
                State = created.Data.State.Or(TaskState.Pending),
                Priority = created.Data.Priority.Or(TaskPriority.Medium),
                DueDate = created.Data.DueDate.Or(null),
                CategoryId = created.Data.CategoryId.Or(null),
                TagIds = created.Data.TagIds.Or([]),
                CreatedBy = stamp.ActorId,
                UpdatedAt = stamp.At,
            };
        }
        var task = before ?? throw new InvalidOperationException("A stream of a task that does not begin with task.created.");
        task = task with { Version = stamp.Version, UpdatedAt = stamp.At };
        return taskEvent switch
        {
            TaskEvent.Updated updated => task with
            {
                Title = updated.Data.Title.Or(task.Title),
                Description = updated.Data.Description.Or(task.Description),
                Priority = updated.Data.Priority.Or(task.Priority),
                DueDate = updated.Data.DueDate.Or(task.DueDate),
                CategoryId = updated.Data.CategoryId.Or(task.CategoryId),
                TagIds = updated.Data.TagIds.Or(task.TagIds),
            },
            TaskEvent.Completed => task with { State = TaskState.Done },
            TaskEvent.Reopened => task with { State = TaskState.Pending },
            TaskEvent.Deleted => task with { DeletedAt = stamp.At },
            TaskEvent.Restored => task with { DeletedAt = null },
            _ => throw new InvalidOperationException($"An event that a task does not have: {taskEvent.GetType().Name}."),
        };
    }

    /// <summary>These tags, in this order, are the task's already.</summary>
    internal bool HasTags(Guid[] tagIds) => tagIds.AsSpan().SequenceEqual(TagIds);

    /// <summary>The present values of the members that a change names.</summary>
    private TaskDelta Present(TaskDelta change) => new()
    {
        Title = change.Title.IsSet ? Title : default(Edit<string>),
        Description = change.Description.IsSet ? Description : default(Edit<string?>),
        Priority = change.Priority.IsSet ? Priority : default(Edit<TaskPriority>),
        DueDate = change.DueDate.IsSet ? DueDate : default(Edit<DateTime?>),
        CategoryId = change.CategoryId.IsSet ? CategoryId : default(Edit<Guid?>),
        TagIds = change.TagIds.IsSet ? TagIds : default(Edit<Guid[]>),
    };
}
