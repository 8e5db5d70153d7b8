using FsCheck;
using FsCheck.Fluent;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Tasks;

/// <summary>Given what somebody did last, when it is undone, then events.</summary>
public sealed class UndoTests
{
    private static readonly TaskLimits V1 = new(TitleCharacters: 200, DescriptionCharacters: 10_000, Tags: 10, TagCharacters: 50);
    private static readonly DateTime Now = new(2026, 3, 4, 5, 6, 7, 8, DateTimeKind.Utc);
    private static readonly Guid TaskId = Ids.New(Now);
    private static readonly Guid Ana = Ids.New(Now);
    private static readonly Guid Ben = Ids.New(Now);
    private static readonly Guid Category = Ids.New(Now);
    private static readonly TagRef[] Tags = [.. new[] { "home", "work", "garden" }.Select(name => new TagRef(Ids.New(Now), name, IsNew: false))];
    private static readonly TaskItem Milk = After(null, [new TaskEvent.Created(new TaskDelta { Title = "Milk", TagIds = Array.Empty<Guid>() })]);

    /// <summary>The members, by which version they came about aside.</summary>
    private static TaskItem Members(TaskItem task) => task with { Version = 0, UpdatedAt = default, DeletedAt = task.DeletedAt is null ? null : Now, TagIds = [] };

    private static bool Same(TaskItem one, TaskItem other) => Members(one) == Members(other) && one.TagIds.SequenceEqual(other.TagIds);

    [Fact]
    public void Undo_of_anything_gives_back_what_was_before_it_and_undo_of_that_what_was_before_that() => Properties.ForAll(
        AnyRequest.ArrayOf().Where(requests => requests.Length > 0),
        requests =>
        {
            var task = Milk;
            foreach (var request in requests)
            {
                var before = task;
                var events = Decided(before, request);
                if (events.Length == 0)
                {
                    continue;
                }
                var changed = After(before, events);
                var undoing = Undone(changed, events);
                var back = After(changed, undoing);
                Assert.True(Same(before, back), $"{request} made {changed} of {before}, and undone it is {back}.");
                var again = After(back, Undone(back, undoing));
                Assert.True(Same(changed, again), $"{request} made {changed}, and undone twice it is {again}.");
                task = changed;
            }
        });

    [Fact]
    public void A_change_of_others_stands_in_the_way_only_where_it_is_of_the_same_member() => Properties.ForAll(
        from mine in AnyRequest
        from theirs in AnyEdit
        select (mine, theirs),
        both =>
        {
            var mine = Decided(Milk, both.mine);
            var changed = After(Milk, mine);
            if (mine.Length == 0 || changed.IsDeleted)
            {
                return;
            }
            var own = OwnChange.Of(mine, changed.Version);
            var theirs = Accepted(changed.Change(both.theirs, Labels(both.theirs), V1, Now, new Surroundings { Members = Members() }));
            var later = After(changed, theirs);
            var result = later.Undo(Around(own));
            var inTheWay = own.After.Unlike(Values(later)).Fields.ToList();

            Assert.Equal(inTheWay.Select(field => new FieldError(field, FieldFault.ChangedSince)), result.Error?.Fields ?? []);
            if (!result.IsOk)
            {
                Assert.Equal(ErrorCode.CannotUndo, result.Error.Code);
                return;
            }
            // What they wrote is there still, and what was mine is as it was.
            var back = Values(After(later, result.Value));
            Assert.True(own.Before.Unlike(back).IsEmpty);
            Assert.True(theirs.Length == 0 || OwnChange.Of(theirs, later.Version).After.Unlike(back).IsEmpty);
        });

    [Fact]
    public void A_due_date_that_is_past_by_now_is_put_back()
    {
        var dated = After(Milk, [Updated(new TaskDelta { DueDate = Now.AddYears(-10) }, new TaskDelta { DueDate = default(DateTime?) })]);
        TaskEvent[] cleared = [Updated(new TaskDelta { DueDate = default(DateTime?) }, new TaskDelta { DueDate = dated.DueDate })];
        Assert.Equal(dated.DueDate, After(After(dated, cleared), Undone(After(dated, cleared), cleared)).DueDate);
    }

    [Fact]
    public void Undone_a_creation_is_a_deletion_unless_somebody_else_has_changed_anything()
    {
        TaskEvent[] created = [new TaskEvent.Created(new TaskDelta { Title = "Milk", TagIds = Array.Empty<Guid>() })];
        Assert.IsType<TaskEvent.Deleted>(Assert.Single(Undone(Milk, created)));
        var theirs = After(Milk, [new TaskEvent.Completed()]);
        Assert.Equal([new FieldError(Field.Status, FieldFault.ChangedSince)], theirs.Undo(Around(OwnChange.Of(created, 1))).Error!.Fields);
        // There and back again, and still it is theirs as well.
        var reopened = After(theirs, [new TaskEvent.Reopened()]);
        Assert.Equal([new FieldError(Field.Version, FieldFault.ChangedSince)], reopened.Undo(Around(OwnChange.Of(created, 1))).Error!.Fields);
    }

    [Fact]
    public void A_deletion_that_somebody_else_took_back_is_not_undone_and_what_they_deleted_is_not_there()
    {
        TaskEvent[] deleted = [new TaskEvent.Deleted()];
        var gone = After(Milk, deleted);
        Assert.Equal([new FieldError(Field.DeletedAt, FieldFault.ChangedSince)], After(gone, [new TaskEvent.Restored()]).Undo(Around(OwnChange.Of(deleted, 2))).Error!.Fields);
        TaskEvent[] completed = [new TaskEvent.Completed()];
        Assert.Equal(ErrorCode.NotFound, After(After(Milk, completed), deleted).Undo(Around(OwnChange.Of(completed, 2))).Error?.Code);
        // Taken back, it is deleted again, but not with what somebody else wrote meanwhile.
        TaskEvent[] restored = [new TaskEvent.Restored()];
        var back = After(gone, restored);
        Assert.IsType<TaskEvent.Deleted>(Assert.Single(Undone(back, restored)));
        Assert.Equal([new FieldError(Field.Version, FieldFault.ChangedSince)], After(back, completed).Undo(Around(OwnChange.Of(restored, 3))).Error!.Fields);
    }

    [Fact]
    public void What_a_request_did_in_several_events_is_undone_as_one()
    {
        TaskEvent[] request =
        [
            Updated(new TaskDelta { Title = "Oats" }, new TaskDelta { Title = "Milk" }), new TaskEvent.Completed(),
            Updated(new TaskDelta { Title = "Bread" }, new TaskDelta { Title = "Oats" }), new TaskEvent.Deleted(),
        ];
        var task = After(Milk, request);
        var undoing = Undone(task, request);
        Assert.Equal([EventNames.TaskUpdated, EventNames.TaskReopened, EventNames.TaskRestored], undoing.Select(taskEvent => taskEvent.Name));
        Assert.True(Same(Milk, After(task, undoing)));
    }

    [Fact]
    public void Whoever_is_gone_is_not_put_back_and_neither_is_a_parent_that_is_deleted_full_or_below()
    {
        var (parent, other) = (Milk with { Id = Ids.New(Now) }, Ids.New(Now));
        TaskEvent[] moved = [Updated(new TaskDelta { ParentId = other, AssigneeId = default(Guid?) }, new TaskDelta { ParentId = parent.Id, AssigneeId = Ben })];
        var task = After(Milk, moved);
        var around = Around(OwnChange.Of(moved, task.Version)) with { Members = new HashSet<Guid> { Ana } };
        Assert.Equal(
            [new FieldError(Field.AssigneeId, FieldFault.NotThereAnyMore), new FieldError(Field.ParentId, FieldFault.NotThereAnyMore)], task.Undo(around).Error!.Fields);
        around = around with { Members = new HashSet<Guid> { Ben } };
        Assert.Equal([new FieldError(Field.ParentId, FieldFault.Cycle)], task.Undo(around with { Above = [parent, task] }).Error!.Fields);
        Assert.Equal([new FieldError(Field.ParentId, FieldFault.TooDeep, 5)], task.Undo(around with { Above = [parent], Levels = 5 }).Error!.Fields);
        Assert.Equal(
            [new FieldError(Field.ParentId, FieldFault.TooMany, 1000)], task.Undo(around with { Above = [parent with { Subtasks = new(1000, 0, Now) }] }).Error!.Fields);
        var back = After(task, Accepted(task.Undo(around with { Above = [parent], Levels = 4 })));
        Assert.Equal((parent.Id, Ben), (back.ParentId, back.AssigneeId));
    }

    [Fact]
    public void A_place_that_somebody_else_has_by_now_is_gone_back_to_right_behind_them()
    {
        TaskEvent[] moved = [Updated(new TaskDelta { Position = "z" }, new TaskDelta { Position = default(string) })];
        var task = After(Milk, moved);
        var own = Around(OwnChange.Of(moved, task.Version));
        Assert.Equal(Position.Of(17), After(task, Accepted(task.Undo(own))).PositionKey);
        var between = After(task, Accepted(task.Undo(own with { Gap = ("b11i", "b12i") }))).PositionKey;
        Assert.True(string.CompareOrdinal("b11i", between) < 0 && string.CompareOrdinal(between, "b12i") < 0, between);
        var last = After(task, Accepted(task.Undo(own with { Gap = ("b11i", null), LastNumber = 17 }))).PositionKey;
        Assert.True(string.CompareOrdinal("b11i", last) < 0 && string.CompareOrdinal(last, Position.Of(18)) < 0, last);
        var (low, high) = (new string('b', Limits.PositionCharacters), new string('b', Limits.PositionCharacters) + "1");
        Assert.Equal([new FieldError(Field.Position, FieldFault.NoRoom)], task.Undo(own with { Gap = (low, high) }).Error!.Fields);
    }

    [Fact]
    public void Who_has_changed_nothing_and_whoever_has_moved_the_task_are_told_so()
    {
        Assert.Equal(ErrorCode.NothingToUndo, Milk.Undo(Surroundings.None).Error?.Code);
        TaskEvent[] moved = [new TaskEvent.MovedIn(new TaskDelta { Title = "Milk", TagIds = Array.Empty<Guid>() }, Ana, Ids.New(Now))];
        Assert.Equal([new FieldError(Field.WorkspaceId, FieldFault.Moved)], Milk.Undo(Around(OwnChange.Of(moved, 1))).Error!.Fields);
    }

    /// <summary>Something that somebody asks of a task in one request.</summary>
    private abstract record Request
    {
        public sealed record Edit(TaskEdit Wanted) : Request
        {
            public override string ToString() => Wanted.Spelling;
        }

        public sealed record Toggle : Request;

        public sealed record Delete : Request;

        public sealed record Restore : Request;
    }

    private static readonly Gen<TaskEdit> AnyEdit =
        from title in Maybe(Gen.Elements("Milk", "Oats", "Bread"))
        from description in Maybe(Gen.Elements(null, "two litres", "", "fresh"))
        from state in Maybe(Gen.Elements(TaskState.Pending, TaskState.Done))
        from priority in Maybe(Gen.Elements(TaskPriority.Low, TaskPriority.Medium, TaskPriority.Critical))
        from due in Maybe(Gen.Elements(default(DateTime?), Now.AddDays(1), Now.AddDays(2)))
        from category in Maybe(Gen.Elements(default(Guid?), Category))
        from tags in Maybe(Gen.SubListOf(Tags.Select(tag => tag.Name)).Select(names => names.ToArray()))
        from assignee in Maybe(Gen.Elements(default(Guid?), Ana, Ben))
        select new TaskEdit { Title = title, Description = description, State = state, Priority = priority, DueDate = due, CategoryId = category, Tags = tags, AssigneeId = assignee };

    private static readonly Gen<Request> AnyRequest = Gen.Frequency(
        (5, AnyEdit.Select(edit => (Request)new Request.Edit(edit))), (1, Gen.Constant((Request)new Request.Toggle())), (1, Gen.Constant((Request)new Request.Delete())),
        (2, Gen.Constant((Request)new Request.Restore())));

    private static Gen<Edit<T>> Maybe<T>(Gen<T> values) => Gen.Frequency((2, Gen.Constant(default(Edit<T>))), (1, values.Select(value => (Edit<T>)value)));

    private static TaskEvent[] Decided(TaskItem task, Request request) => request switch
    {
        Request.Restore => task.Restore(Surroundings.None),
        _ when task.IsDeleted => [],
        Request.Edit(var edit) => Accepted(task.Change(edit, Labels(edit), V1, Now, new Surroundings { Members = Members() })),
        Request.Toggle => task.Toggle(),
        _ => task.Delete(),
    };

    private static ResolvedLabels Labels(TaskEdit edit) => new([.. Tags.Where(tag => edit.Tags.Or([]).Contains(tag.Name))], HasCategory: true, IsComplete: true);

    private static HashSet<Guid> Members() => [Ana, Ben];

    private static Surroundings Around(OwnChange own) => new() { Own = own, Members = Members(), LastNumber = 17 };

    private static TaskEvent[] Undone(TaskItem task, TaskEvent[] last) => Accepted(task.Undo(Around(OwnChange.Of(last, task.Version))));

    /// <summary>All that a change could name.</summary>
    private static TaskDelta Values(TaskItem task) => new()
    {
        Title = task.Title, Description = task.Description, State = task.State, Priority = task.Priority, DueDate = task.DueDate, CategoryId = task.CategoryId, TagIds = task.TagIds,
        AssigneeId = task.AssigneeId, ParentId = task.ParentId, FormerParentId = task.FormerParentId, Position = task.Position,
    };

    private static TaskEvent Updated(TaskDelta data, TaskDelta before) => new TaskEvent.Updated(data, before);

    private static TaskItem After(TaskItem? task, TaskEvent[] events)
    {
        foreach (var taskEvent in events)
        {
            var version = (task?.Version ?? 0) + 1;
            task = TaskItem.Apply(task, taskEvent, new EventStamp(TaskId, version, 17, Ana, Now.AddMinutes(version)));
        }
        return task!;
    }

    private static TaskEvent[] Accepted(Result<TaskEvent[]> result)
    {
        Assert.True(result.IsOk, $"{result.Error?.Code} {string.Join(", ", result.Error?.Fields ?? [])}");
        return result.Value;
    }
}
