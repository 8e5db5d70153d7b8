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

    /// <summary>Who is to do it: a member of the workspace, or somebody who was one when this was said.</summary>
    public Guid? AssigneeId { get; init; }

    /// <summary>The task that this one lies below. It is not deleted, unless this one is.</summary>
    public Guid? ParentId { get; init; }

    /// <summary>The deleted task that takes this one back below it when it is restored.</summary>
    public Guid? FormerParentId { get; init; }

    /// <summary>The place in the order by hand; null for a task that was never moved.</summary>
    public string? Position { get; init; }

    /// <summary>The key of its place: see <see cref="Tasks.Position"/>.</summary>
    public string PositionKey => Position ?? Tasks.Position.Of(Number);

    /// <summary>Of its row, not of its events: kept by those of its subtasks.</summary>
    public Subtasks Subtasks { get; init; }

    public required Guid CreatedBy { get; init; }

    public required DateTime UpdatedAt { get; init; }

    public DateTime? DeletedAt { get; init; }

    /// <summary>The time within the id: one truth, not two.</summary>
    public DateTime CreatedAt => Ids.TimeOf(Id);

    public bool IsDeleted => DeletedAt is not null;

    /// <summary>Decides a creation.</summary>
    /// <param name="labels">The labels that the edit names, resolved to ids.</param>
    /// <param name="around">The parent that the edit names.</param>
    internal static Result<TaskEvent[]> Create(TaskEdit edit, ResolvedLabels labels, TaskLimits limits, DateTime now, Surroundings? around = null)
    {
        around ??= Surroundings.None;
        var faults = new List<FieldError>(edit.Faults);
        if (!edit.Title.IsPresent)
        {
            faults.Add(new FieldError(Field.Title, FieldFault.Required, limits.TitleCharacters));
        }
        edit.Check(stored: null, labels, limits, now, faults);
        edit.CheckAssignee(stored: null, around, faults);
        edit.CheckParent(stored: null, around, faults);
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
            AssigneeId = edit.AssigneeId.Or(null) is { } assignee ? assignee : default(Edit<Guid?>),
            ParentId = edit.ParentIdAfter(stored: null, around) is { } parent ? parent : default(Edit<Guid?>),
        });
        return new[] { created };
    }

    /// <summary>Decides a change: the events that make it, none when nothing differs.</summary>
    internal Result<TaskEvent[]> Change(TaskEdit edit, ResolvedLabels labels, TaskLimits limits, DateTime now, Surroundings? around = null)
    {
        around ??= Surroundings.None;
        var faults = new List<FieldError>(edit.Faults);
        edit.Check(this, labels, limits, now, faults);
        edit.CheckAssignee(this, around, faults);
        edit.CheckParent(this, around, faults);
        if (faults.Count > 0)
        {
            return Error.Invalid(faults);
        }
        var tagIds = edit.TagIdsAfter(TagIds, labels);
        var parentId = edit.ParentIdAfter(this, around);
        var after = new TaskDelta
        {
            Title = edit.Title.IsSet && edit.Title.Value != Title ? edit.Title : default,
            Description = edit.Description.IsSet && edit.Description.Value != Description ? edit.Description : default,
            Priority = edit.PriorityAfter(Priority) != Priority ? edit.Priority : default,
            DueDate = edit.DueDate.IsSet && edit.DueDate.Value != DueDate ? edit.DueDate : default,
            CategoryId = edit.CategoryId.IsSet && edit.CategoryId.Value != CategoryId ? edit.CategoryId : default,
            TagIds = tagIds is not null && !HasTags(tagIds) ? tagIds : default(Edit<Guid[]>),
            AssigneeId = edit.AssigneeId.IsSet && edit.AssigneeId.Value != AssigneeId ? edit.AssigneeId : default,
            ParentId = parentId != ParentId ? parentId : default(Edit<Guid?>),
            // Whoever has a parent again waits for no other.
            FormerParentId = parentId != ParentId && FormerParentId is not null ? null : default(Edit<Guid?>),
        };
        var events = new List<TaskEvent>(2);
        if (!after.IsEmpty)
        {
            events.Add(Updated(after));
        }
        if (edit.State.IsSet && edit.State.Value != State)
        {
            events.Add(edit.State.Value == TaskState.Done ? new TaskEvent.Completed() : new TaskEvent.Reopened());
        }
        return events.ToArray();
    }

    /// <summary>Done already: nothing to do.</summary>
    public TaskEvent[] Complete() => State == TaskState.Done ? [] : [new TaskEvent.Completed()];

    /// <summary>Decides a completion that is also about the tasks below.</summary>
    internal Result<TaskEvent[]> Complete(SubtaskFate subtasks, Surroundings around) => subtasks switch
    {
        SubtaskFate.Keep => Complete(),
        _ when around.Below is null => Error.Invalid(Field.SubtasksOfCompletion, FieldFault.TooMany, Limits.SubtasksAtOnce),
        SubtaskFate.Refuse when around.Below.Count(task => task.State == TaskState.Pending) is > 0 and var open => Error.Invalid(Field.SubtasksOfCompletion, FieldFault.SubtasksLeft, open),
        _ => Complete(),
    };

    /// <summary>Pending already: nothing to do.</summary>
    public TaskEvent[] Reopen() => State == TaskState.Pending ? [] : [new TaskEvent.Reopened()];

    /// <summary>From either state to the other.</summary>
    public TaskEvent[] Toggle() => State == TaskState.Done ? Reopen() : Complete();

    /// <summary>Soft: the task can be restored until it is purged.</summary>
    public TaskEvent[] Delete() => [new TaskEvent.Deleted()];

    /// <summary>Decides a deletion that is also about the tasks below.</summary>
    internal Result<TaskEvent[]> Delete(SubtaskFate subtasks, Surroundings around) => subtasks switch
    {
        SubtaskFate.Refuse when Subtasks.Total > 0 => Error.Invalid(Field.SubtasksOfDeletion, FieldFault.SubtasksLeft, Subtasks.Total),
        SubtaskFate.Follow when around.Below is null => Error.Invalid(Field.SubtasksOfDeletion, FieldFault.TooMany, Limits.SubtasksAtOnce),
        _ => Delete(),
    };

    /// <summary>Its parent has been deleted: it goes on without one, and remembers it.</summary>
    public TaskEvent[] Lose() => [Updated(new TaskDelta { ParentId = default(Guid?), FormerParentId = ParentId })];

    /// <summary>
    /// Decides what it is in another workspace: itself, under the labels of that place. Its place in an order and the parent that lost it were
    /// of the workspace that it leaves.
    /// </summary>
    /// <param name="parentId">The parent that comes along.</param>
    /// <param name="isAssigneeThere">Whether whoever is to do it is in the other workspace as well.</param>
    internal TaskEvent.MovedIn MoveIn(Guid from, Guid? parentId, Guid? categoryId, Guid[] tagIds, bool isAssigneeThere) => new(
        new TaskDelta
        {
            Title = Title,
            Description = Description,
            State = State,
            Priority = Priority,
            DueDate = DueDate,
            CategoryId = categoryId,
            TagIds = tagIds,
            AssigneeId = AssigneeId is { } assignee && isAssigneeThere ? assignee : default(Edit<Guid?>),
            ParentId = parentId is { } parent ? parent : default(Edit<Guid?>),
        },
        CreatedBy,
        from);

    /// <summary>Its former parent has been restored.</summary>
    public TaskEvent[] Return() => [Updated(new TaskDelta { ParentId = FormerParentId, FormerParentId = default(Guid?) })];

    /// <summary>Not deleted: nothing to do. It comes back below its parent, if that is there and has room, and else waits for it.</summary>
    internal TaskEvent[] Restore(Surroundings around)
    {
        if (!IsDeleted)
        {
            return [];
        }
        var hasParent = around.Above.Count > 0 && around.HasRoomFor(around.Levels) && around.Above[0].Subtasks.Total < Limits.SubtasksOfATask;
        return (ParentId, FormerParentId, hasParent) switch
        {
            // A task that is not deleted never has a parent that is, not even from one event to the next.
            (not null, _, false) => [.. Lose(), new TaskEvent.Restored()],
            (null, not null, true) => [.. Return(), new TaskEvent.Restored()],
            _ => [new TaskEvent.Restored()],
        };
    }

    /// <summary>Decides a move in the order by hand: there already, nothing to do.</summary>
    internal Result<TaskEvent[]> Move(Spot spot, Surroundings around)
    {
        var field = spot.Anchor is null ? Field.To : spot.IsBehind ? Field.After : Field.Before;
        if (spot.Anchor is { } anchor && (anchor.Number > 0 ? anchor.Number == Number : anchor.Id == Id))
        {
            return Error.Invalid([new FieldError(field, FieldFault.Contradiction, Name: "id")]);
        }
        if (around.Gap is not { } gap)
        {
            return Error.Invalid(field, FieldFault.NoSuchThing);
        }
        if ((gap.Low is null || string.CompareOrdinal(gap.Low, PositionKey) < 0) && (gap.High is null || string.CompareOrdinal(PositionKey, gap.High) < 0))
        {
            return Array.Empty<TaskEvent>();
        }
        var key = gap switch
        {
            (null, { } first) => Tasks.Position.Before(first),
            ({ } last, null) => Tasks.Position.After(last, around.LastNumber),
            _ => Tasks.Position.Between(gap.Low, gap.High),
        };
        return key.Length > Limits.PositionCharacters
            ? Error.Invalid(field, FieldFault.NoRoom)
            : new TaskEvent[] { Updated(new TaskDelta { Position = key }) };
    }

    /// <summary>
    /// Decides to take back the last change of somebody's: what it made of the task must still be so, for nothing of what others have written since is
    /// overwritten. Rules that a new value obeys, such as that a due date lies in the future, do not hold for one that was there before.
    /// </summary>
    internal Result<TaskEvent[]> Undo(Surroundings around)
    {
        if (around.Own is not { } own)
        {
            return ErrorCode.NothingToUndo;
        }
        if (own.IsBehindMove)
        {
            return CannotUndo([new FieldError(Field.WorkspaceId, FieldFault.Moved)]);
        }
        if (IsDeleted && !own.Restores)
        {
            return ErrorCode.NotFound;
        }
        var faults = own.After.Unlike(Present(own.After)).Fields.Select(field => new FieldError(field, FieldFault.ChangedSince)).ToList();
        if (own.Restores && !IsDeleted)
        {
            faults.Add(new FieldError(Field.DeletedAt, FieldFault.ChangedSince));
        }
        if (own.Deletes && Version > own.Version && faults.Count == 0)
        {
            // A deletion takes everything away, whatever of it was changed.
            faults.Add(new FieldError(Field.Version, FieldFault.ChangedSince));
        }
        if (faults.Count > 0)
        {
            return CannotUndo(faults);
        }
        var back = own.Before.Unlike(Present(own.Before));
        if (own.Deletes)
        {
            // Where a deleted task lies is decided when it is restored.
            back = back with { ParentId = default, FormerParentId = default };
        }
        back = PutBack(back, around, faults);
        if (faults.Count > 0)
        {
            return CannotUndo(faults);
        }
        var events = new List<TaskEvent>();
        if (back with { State = default } is { IsEmpty: false } members)
        {
            events.Add(Updated(members));
        }
        if (back.State.IsSet)
        {
            events.Add(back.State.Value == TaskState.Done ? new TaskEvent.Completed() : new TaskEvent.Reopened());
        }
        if (own.Deletes)
        {
            events.AddRange(Delete());
        }
        if (own.Restores)
        {
            events.AddRange(back.ParentId.IsSet ? [new TaskEvent.Restored()] : Restore(around));
        }
        return events.ToArray();
    }

    private static Error CannotUndo(IReadOnlyList<FieldError> faults) => new(ErrorCode.CannotUndo) { Fields = faults };

    /// <summary>Former values as they can be put back, and what is wrong with those that cannot be.</summary>
    private TaskDelta PutBack(TaskDelta back, Surroundings around, List<FieldError> faults)
    {
        if (back.AssigneeId.Or(null) is { } assignee && !around.Members.Contains(assignee))
        {
            faults.Add(new FieldError(Field.AssigneeId, FieldFault.NotThereAnyMore));
        }
        if (back.ParentId.Or(null) is not null)
        {
            if (around.Above.Count == 0)
            {
                faults.Add(new FieldError(Field.ParentId, FieldFault.NotThereAnyMore));
            }
            else if (around.Above.Any(task => task.Id == Id))
            {
                faults.Add(new FieldError(Field.ParentId, FieldFault.Cycle));
            }
            else if (!around.HasRoomFor(around.Levels))
            {
                faults.Add(new FieldError(Field.ParentId, FieldFault.TooDeep, Limits.TaskLevels));
            }
            else if (around.Above[0].Subtasks.Total >= Limits.SubtasksOfATask)
            {
                faults.Add(new FieldError(Field.ParentId, FieldFault.TooMany, Limits.SubtasksOfATask));
            }
        }
        if (!back.Position.IsSet || around.Gap is not ({ } taken, var next))
        {
            return back;
        }
        // Somebody else stands there by now: right behind them is as near as can be.
        var key = next is null ? Tasks.Position.After(taken, around.LastNumber) : Tasks.Position.Between(taken, next);
        if (key.Length > Limits.PositionCharacters)
        {
            faults.Add(new FieldError(Field.Position, FieldFault.NoRoom));
        }
        return back with { Position = key };
    }

    /// <summary>What an event makes of a task; <paramref name="before"/> is null for the first event only.</summary>
    public static TaskItem Apply(TaskItem? before, TaskEvent taskEvent, EventStamp stamp)
    {
        if (taskEvent is TaskEvent.Created created)
        {
            return new TaskItem
            {
                Id = stamp.StreamId,
                Number = stamp.Number ?? throw new InvalidOperationException("An event that makes a task, and has no number for it."),
                Version = stamp.Version,
                Title = created.Data.Title.Value,
                Description = created.Data.Description.Or(null),
                State = created.Data.State.Or(TaskState.Pending),
                Priority = created.Data.Priority.Or(TaskPriority.Medium),
                DueDate = created.Data.DueDate.Or(null),
                CategoryId = created.Data.CategoryId.Or(null),
                TagIds = created.Data.TagIds.Or([]),
                AssigneeId = created.Data.AssigneeId.Or(null),
                ParentId = created.Data.ParentId.Or(null),
                CreatedBy = stamp.ActorId,
                UpdatedAt = stamp.At,
            };
        }
        if (taskEvent is TaskEvent.MovedIn moved)
        {
            // Whatever it was before, this says all of it.
            var made = Apply(null, new TaskEvent.Created(moved.Data), stamp);
            return made with { CreatedBy = moved.CreatedBy };
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
                AssigneeId = updated.Data.AssigneeId.Or(task.AssigneeId),
                ParentId = updated.Data.ParentId.Or(task.ParentId),
                FormerParentId = updated.Data.FormerParentId.Or(task.FormerParentId),
                Position = updated.Data.Position.Or(task.Position),
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

    private TaskEvent.Updated Updated(TaskDelta after) => new(after, Present(after));

    /// <summary>The present values of the members that a change names.</summary>
    private TaskDelta Present(TaskDelta change) => new()
    {
        Title = change.Title.IsSet ? Title : default(Edit<string>),
        Description = change.Description.IsSet ? Description : default(Edit<string?>),
        State = change.State.IsSet ? State : default(Edit<TaskState>),
        Priority = change.Priority.IsSet ? Priority : default(Edit<TaskPriority>),
        DueDate = change.DueDate.IsSet ? DueDate : default(Edit<DateTime?>),
        CategoryId = change.CategoryId.IsSet ? CategoryId : default(Edit<Guid?>),
        TagIds = change.TagIds.IsSet ? TagIds : default(Edit<Guid[]>),
        AssigneeId = change.AssigneeId.IsSet ? AssigneeId : default(Edit<Guid?>),
        ParentId = change.ParentId.IsSet ? ParentId : default(Edit<Guid?>),
        FormerParentId = change.FormerParentId.IsSet ? FormerParentId : default(Edit<Guid?>),
        Position = change.Position.IsSet ? Position : default(Edit<string?>),
    };
}
