using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class UndoTests(PostgresFixture postgres)
{
    private static int requests;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static TaskRef ById(TaskItem task) => new(task.Id, 0);

    /// <summary>Each in a request of its own.</summary>
    private static Task<Result<Written>> WriteAsync(House house, Caller caller, TaskOperation operation, IdempotencyKey? key = null) =>
        house.Core.TaskWriter.WriteAsync(caller with { RequestId = $"req_{Interlocked.Increment(ref requests)}" }, operation, key, Cancellation);

    private static Task<Result<Written>> EditAsync(House house, Caller caller, TaskItem task, TaskEdit edit) =>
        WriteAsync(house, caller, TaskOperation.Change(ById(task), edit, House.V1, Precondition.None));

    private static Task<Result<Written>> UndoAsync(House house, Caller caller, TaskItem task, Precondition? precondition = null, IdempotencyKey? key = null) =>
        WriteAsync(house, caller, TaskOperation.Undo(ById(task), precondition ?? Precondition.None), key);

    private static async Task<TaskItem> UndoneAsync(House house, Caller caller, TaskItem task) => House.Ok(await UndoAsync(house, caller, task)).View.Task;

    private static async Task<TaskItem> BelowAsync(House house, Caller caller, string title, TaskItem? parent) =>
        House.Ok(await WriteAsync(house, caller, TaskOperation.Create(new TaskEdit { Title = title, Parent = parent is null ? default(TaskRef?) : ById(parent) }, House.V1))).View.Task;

    private static FieldError FaultOf(Result<Written> refused)
    {
        Assert.Equal(ErrorCode.CannotUndo, refused.Error?.Code);
        return Assert.Single(refused.Error!.Fields);
    }

    /// <summary>The same members, whenever they came about.</summary>
    private static void AssertSame(TaskItem expected, TaskItem actual)
    {
        Assert.Equal(expected.IsDeleted, actual.IsDeleted);
        House.AssertSame(expected with { Version = 0, UpdatedAt = default, DeletedAt = null, Subtasks = default }, actual with { Version = 0, UpdatedAt = default, DeletedAt = null, Subtasks = default });
    }

    /// <summary>Ana's workspace, in which Ben is an editor.</summary>
    private async Task<(House House, Caller Ana, Caller Ben)> TwoAsync()
    {
        var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (ben, _) = await house.MoveInAsync("ben@example.com");
        var home = await house.FoundAsync(ana);
        return (house, home, await house.MakeMemberAsync(home, ben, new MemberEvent.Added(WorkspaceRole.Editor)));
    }

    [Fact]
    public async Task Whatever_somebody_did_last_is_taken_back_and_done_again()
    {
        var (house, ana, ben) = await TwoAsync();
        await using var _ = house;
        var category = House.Ok(await house.Core.LabelWriter.CreateAsync(ana, LabelKind.Category, new LabelEdit { Name = "Food" }, 50, null, Cancellation)).Value.Label;
        var (list, other) = (await BelowAsync(house, ana, "list", null), await BelowAsync(house, ana, "other", null));
        var milk = await BelowAsync(house, ana, "milk", list);
        TaskOperation[] requests =
        [
            TaskOperation.Change(ById(milk), new TaskEdit { Title = "oats", State = TaskState.Done, DueDate = house.Time.NowUtc().AddDays(1), Tags = new[] { "a", "b" } }, House.V1, Precondition.None),
            TaskOperation.Change(
                ById(milk), new TaskEdit { CategoryId = category.Id, AssigneeId = ben.UserId, RemoveTags = new[] { "a" }, Parent = (TaskRef?)ById(other), State = TaskState.Pending, Description = "x", DueDate = default(DateTime?) },
                House.V1, Precondition.None),
            TaskOperation.Complete(ById(milk), Precondition.None),
            TaskOperation.Reopen(ById(milk), Precondition.None),
            TaskOperation.Move(ById(milk), new Spot(null, IsBehind: false), Precondition.None),
            TaskOperation.Change(ById(milk), new TaskEdit { AssigneeId = default(Guid?), CategoryId = default(Guid?), Parent = default(TaskRef?), Tags = Array.Empty<string>() }, House.V1, Precondition.None),
            TaskOperation.Delete(ById(milk), Precondition.None),
            TaskOperation.Restore(ById(milk), Precondition.None),
        ];
        foreach (var request in requests)
        {
            var before = await house.RowAsync(ana, milk.Id);
            var changed = House.Ok(await WriteAsync(house, ana, request)).View.Task;
            // What is due is past by the time that it is put back.
            house.Time.Forward(TimeSpan.FromDays(2));
            var back = await UndoneAsync(house, ana, milk);
            AssertSame(before, back);
            Assert.Equal(changed.Version + (changed.Version - before.Version), back.Version);
            var again = await UndoneAsync(house, ana, milk);
            AssertSame(changed, again);
            House.AssertSame(await house.RowAsync(ana, milk.Id), again);
            await house.AssertConsistentAsync(ana);
        }
        // Whoever has only looked on has nothing to take back.
        Assert.Equal(ErrorCode.NothingToUndo, (await UndoAsync(house, ben, milk)).Error?.Code);
        await house.AssertWholeAsync(ana);
    }

    [Fact]
    public async Task What_others_wrote_is_never_overwritten_and_stands_in_the_way_only_where_it_is_of_the_same()
    {
        var (house, ana, ben) = await TwoAsync();
        await using var _ = house;
        var milk = await BelowAsync(house, ana, "milk", null);
        House.Ok(await EditAsync(house, ana, milk, new TaskEdit { Title = "oats", Priority = TaskPriority.High }));
        House.Ok(await EditAsync(house, ben, milk, new TaskEdit { Description = "Ben was here", State = TaskState.Done }));
        var back = await UndoneAsync(house, ana, milk);
        Assert.Equal(("milk", TaskPriority.Medium, "Ben was here", TaskState.Done), (back.Title, back.Priority, back.Description, back.State));
        // Ben's own is his last, whatever Ana did meanwhile.
        Assert.Equal((null, TaskState.Pending), await UndoneAsync(house, ben, milk) is var task ? (task.Description, task.State) : default);

        House.Ok(await EditAsync(house, ana, milk, new TaskEdit { Title = "rice", Priority = TaskPriority.Low }));
        House.Ok(await EditAsync(house, ben, milk, new TaskEdit { Title = "bread" }));
        var before = await house.RowAsync(ana, milk.Id);
        Assert.Equal(new FieldError(Field.Title, FieldFault.ChangedSince), FaultOf(await UndoAsync(house, ana, milk)));
        House.AssertSame(before, await house.RowAsync(ana, milk.Id));
        // Once it is what it was, nothing is in the way.
        await UndoneAsync(house, ben, milk);
        Assert.Equal(("milk", TaskPriority.Medium), await UndoneAsync(house, ana, milk) is var again ? (again.Title, again.Priority) : default);

        // Deleted by another it is not there; restored by another it is not to be restored.
        House.Ok(await WriteAsync(house, ben, TaskOperation.Delete(ById(milk), Precondition.None)));
        Assert.Equal(ErrorCode.NotFound, (await UndoAsync(house, ana, milk)).Error?.Code);
        House.Ok(await WriteAsync(house, ana, TaskOperation.Restore(ById(milk), Precondition.None)));
        Assert.Equal(new FieldError(Field.DeletedAt, FieldFault.ChangedSince), FaultOf(await UndoAsync(house, ben, milk)));
        House.Ok(await EditAsync(house, ben, milk, new TaskEdit { Title = "flour" }));
        Assert.Equal(new FieldError(Field.Version, FieldFault.ChangedSince), FaultOf(await UndoAsync(house, ana, milk)));
        await house.AssertWholeAsync(ana);
    }

    [Fact]
    public async Task A_creation_is_undone_with_what_a_deletion_does_to_those_below_and_they_return()
    {
        var (house, ana, ben) = await TwoAsync();
        await using var _ = house;
        var trip = await BelowAsync(house, ana, "trip", null);
        var tent = await BelowAsync(house, ben, "tent", trip);
        Assert.NotNull((await UndoneAsync(house, ana, trip)).DeletedAt);
        Assert.Equal((null, trip.Id), await house.RowAsync(ana, tent.Id) is var row ? (row.ParentId, row.FormerParentId) : default);
        Assert.Equal(1, (await UndoneAsync(house, ana, trip)).Subtasks.Total);
        Assert.Equal((trip.Id, null), await house.RowAsync(ana, tent.Id) is var back ? (back.ParentId, back.FormerParentId) : default);
        await house.AssertWholeAsync(ana);

        // Deleted with all below it, only it comes back itself: each is taken back by itself.
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(trip), Precondition.None, SubtaskFate.Follow)));
        Assert.Null((await UndoneAsync(house, ana, trip)).DeletedAt);
        Assert.NotNull((await house.RowAsync(ana, tent.Id)).DeletedAt);
        Assert.Equal(trip.Id, (await UndoneAsync(house, ana, tent)).ParentId);
        Assert.Equal(1, (await house.RowAsync(ana, trip.Id)).Subtasks.Total);

        // Whoever lost a parent by Ana's hand gets it back with the parent, and not before.
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(trip), Precondition.None)));
        Assert.Equal(new FieldError(Field.ParentId, FieldFault.NotThereAnyMore), FaultOf(await UndoAsync(house, ana, tent)));
        await UndoneAsync(house, ana, trip);
        Assert.Equal(trip.Id, (await house.RowAsync(ana, tent.Id)).ParentId);
        await house.AssertWholeAsync(ana);
    }

    [Fact]
    public async Task Labels_are_put_back_as_they_are_now_and_those_that_are_gone_are_left_out()
    {
        var (house, ana, _) = await TwoAsync();
        await using var home = house;
        var labels = house.Core.LabelWriter;
        async Task<Guid> TagAsync(string name) => House.Ok(await labels.CreateAsync(ana, LabelKind.Tag, new LabelEdit { Name = name }, 50, null, Cancellation)).Value.Label.Id;
        var (kept, gone, merged, into) = (await TagAsync("kept"), await TagAsync("gone"), await TagAsync("merged"), await TagAsync("into"));
        var category = House.Ok(await labels.CreateAsync(ana, LabelKind.Category, new LabelEdit { Name = "Food" }, 50, null, Cancellation)).Value.Label;
        var task = House.Ok(await WriteAsync(house, ana, TaskOperation.Create(new TaskEdit { Title = "milk", TagIds = new[] { kept, gone, merged }, CategoryId = category.Id }, House.V1))).View.Task;
        House.Ok(await EditAsync(house, ana, task, new TaskEdit { TagIds = Array.Empty<Guid>(), CategoryId = default(Guid?), Title = "oats" }));
        House.Ok(await labels.DeleteAsync(ana, LabelKind.Tag, gone, Precondition.None, null, Cancellation));
        House.Ok(await labels.MergeAsync(ana, merged, into, Precondition.None, null, Cancellation));
        House.Ok(await labels.DeleteAsync(ana, LabelKind.Category, category.Id, Precondition.None, null, Cancellation));
        var back = House.Ok(await UndoAsync(house, ana, task)).View;
        Assert.Equal(("milk", null), (back.Task.Title, back.Task.CategoryId));
        Assert.Equal([kept, into], back.Task.TagIds);
        Assert.Equal(["kept", "into"], back.Tags);
        await house.AssertWholeAsync(ana);
        // A label that is merged is no change of anybody's task.
        House.Ok(await labels.MergeAsync(ana, kept, into, Precondition.None, null, Cancellation));
        Assert.Equal("oats", (await UndoneAsync(house, ana, task)).Title);
        await house.AssertWholeAsync(ana);
    }

    [Fact]
    public async Task Who_has_left_is_not_given_the_task_again()
    {
        var (house, ana, ben) = await TwoAsync();
        await using var _ = house;
        var milk = await BelowAsync(house, ana, "milk", null);
        House.Ok(await EditAsync(house, ana, milk, new TaskEdit { AssigneeId = ben.UserId }));
        House.Ok(await EditAsync(house, ana, milk, new TaskEdit { AssigneeId = ana.UserId, Title = "oats" }));
        await house.MakeMemberAsync(ana, ben, new MemberEvent.Removed(WorkspaceRole.Editor));
        Assert.Equal(new FieldError(Field.AssigneeId, FieldFault.NotThereAnyMore), FaultOf(await UndoAsync(house, ana, milk)));
        Assert.Equal("oats", (await house.RowAsync(ana, milk.Id)).Title);
        Assert.Equal(ErrorCode.NotFound, (await UndoAsync(house, ben, milk)).Error?.Code);
    }

    [Fact]
    public async Task No_two_tasks_have_one_place_however_they_come_by_it()
    {
        var (house, ana, _) = await TwoAsync();
        await using var home = house;
        var tasks = new List<TaskItem>();
        for (var i = 0; i < 5; i++)
        {
            tasks.Add(await BelowAsync(house, ana, $"{i}", null));
        }
        // One goes behind the first and on to the end, and another to where it was.
        House.Ok(await WriteAsync(house, ana, TaskOperation.Move(ById(tasks[3]), new Spot(ById(tasks[0]), IsBehind: true), Precondition.None)));
        var place = (await house.RowAsync(ana, tasks[3].Id)).PositionKey;
        House.Ok(await WriteAsync(house, ana, TaskOperation.Move(ById(tasks[3]), new Spot(null, IsBehind: true), Precondition.None)));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Move(ById(tasks[4]), new Spot(ById(tasks[0]), IsBehind: true), Precondition.None)));
        Assert.Equal(place, (await house.RowAsync(ana, tasks[4].Id)).PositionKey);
        await UndoneAsync(house, ana, tasks[3]);
        var page = House.Ok(await house.ListAsync(ana, new TaskFilter { Sort = TaskSort.Position }));
        Assert.Equal("04312", string.Concat(page.Tasks.Select(view => view.Task.Title)));
        Assert.Distinct(page.Tasks.Select(view => view.Task.PositionKey));
        await house.AssertWholeAsync(ana);
    }

    [Fact]
    public async Task A_move_between_workspaces_is_not_undone_and_neither_is_what_was_before_it()
    {
        var (house, ana, ben) = await TwoAsync();
        await using var _ = house;
        var there = await house.FoundAsync(ana, "There");
        var benThere = await house.MakeMemberAsync(there, ben, new MemberEvent.Added(WorkspaceRole.Editor));
        var milk = await BelowAsync(house, ana, "milk", null);
        House.Ok(await EditAsync(house, ben, milk, new TaskEdit { Title = "oats" }));
        House.Ok(await house.Core.TaskTransfers.TransferAsync(ana, ById(milk), there.WorkspaceId, SubtaskFate.Follow, Precondition.None, null, Cancellation));
        var moved = new FieldError(Field.WorkspaceId, FieldFault.Moved);
        Assert.Equal((moved, moved), (FaultOf(await UndoAsync(house, there, milk)), FaultOf(await UndoAsync(house, benThere, milk))));
        Assert.Equal(ErrorCode.NotFound, (await UndoAsync(house, ana, milk)).Error?.Code);
        // And back: what was said here before is silent, and what is done from now on can be undone.
        House.Ok(await house.Core.TaskTransfers.TransferAsync(there, ById(milk), ana.WorkspaceId, SubtaskFate.Follow, Precondition.None, null, Cancellation));
        Assert.Equal((moved, moved), (FaultOf(await UndoAsync(house, ana, milk)), FaultOf(await UndoAsync(house, ben, milk))));
        House.Ok(await EditAsync(house, ben, milk, new TaskEdit { Title = "rice" }));
        Assert.Equal("oats", (await UndoneAsync(house, ben, milk)).Title);
        await house.AssertWholeAsync(ana, there);
    }

    [Fact]
    public async Task What_is_purged_is_gone_and_a_repeat_under_a_key_undoes_once()
    {
        var (house, ana, _) = await TwoAsync();
        await using var home = house;
        var milk = await BelowAsync(house, ana, "milk", null);
        House.Ok(await EditAsync(house, ana, milk, new TaskEdit { Title = "oats" }));
        var first = House.Ok(await UndoAsync(house, ana, milk, key: House.Key("undo")));
        var repeat = House.Ok(await UndoAsync(house, ana, milk, key: House.Key("undo")));
        Assert.Equal((false, true, "milk", 3), (first.IsReplay, repeat.IsReplay, repeat.View.Task.Title, repeat.View.Task.Version));
        Assert.Equal(ErrorCode.PreconditionFailed, (await UndoAsync(house, ana, milk, new Precondition(null, 2))).Error?.Code);
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(milk), Precondition.None)));
        house.Time.Forward(TimeSpan.FromDays(31));
        await house.Core.CleanUp.Jobs.Single(job => job.Name == "purge-deleted-tasks").RunAsync(Cancellation);
        Assert.Equal(ErrorCode.Gone, (await UndoAsync(house, ana, milk)).Error?.Code);
        Assert.Equal(ErrorCode.Gone, (await UndoAsync(house, ana, milk, key: House.Key("undo"))).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await UndoAsync(house, ana, milk with { Id = Ids.New(house.Time.NowUtc()) })).Error?.Code);
    }

    [Fact]
    public async Task Of_many_who_undo_one_version_at_once_one_does_and_of_many_undos_each_turns_it_round()
    {
        var (house, ana, _) = await TwoAsync();
        await using var home = house;
        var milk = await BelowAsync(house, ana, "milk", null);
        House.Ok(await EditAsync(house, ana, milk, new TaskEdit { Title = "oats" }));
        var results = await House.AtOnceAsync(8, _ => UndoAsync(house, ana, milk, new Precondition(null, 2)));
        Assert.Equal("milk", House.Ok(Assert.Single(results, result => result.IsOk)).View.Task.Title);
        Assert.All(results.Where(result => !result.IsOk), result => Assert.Equal(ErrorCode.PreconditionFailed, result.Error?.Code));

        var turns = await House.AtOnceAsync(9, _ => UndoAsync(house, ana, milk));
        Assert.Equal(Enumerable.Range(4, 9), turns.Select(turn => House.Ok(turn).View.Task.Version).Order());
        Assert.All(turns.Select(turn => House.Ok(turn).View.Task), task => Assert.Equal(task.Version % 2 == 0 ? "oats" : "milk", task.Title));
        await house.AssertWholeAsync(ana);
    }

    [Fact]
    public async Task An_undo_and_what_somebody_else_writes_at_once_lose_nothing()
    {
        var (house, ana, ben) = await TwoAsync();
        await using var _ = house;
        var milk = await BelowAsync(house, ana, "milk", null);
        for (var round = 0; round < 40; round++)
        {
            House.Ok(await EditAsync(house, ana, milk, new TaskEdit { Title = $"Ana's {round}", Priority = TaskPriority.High }));
            var before = await house.RowAsync(ana, milk.Id);
            var isSame = round % 2 == 0;
            var results = await House.AtOnceAsync(
                2, who => who == 0 ? UndoAsync(house, ana, milk) : EditAsync(house, ben, milk, isSame ? new TaskEdit { Title = $"Ben's {round}" } : new TaskEdit { Description = $"Ben's {round}" }));
            var after = await house.RowAsync(ana, milk.Id);
            House.Ok(results[1]);
            if (isSame)
            {
                // Whoever was first, what Ben wrote is there.
                Assert.Equal($"Ben's {round}", after.Title);
                Assert.True(results[0].IsOk ? after.Priority == TaskPriority.Medium : FaultOf(results[0]) == new FieldError(Field.Title, FieldFault.ChangedSince));
            }
            else
            {
                Assert.NotEqual(before.Title, House.Ok(results[0]).View.Task.Title);
                Assert.Equal(($"Ben's {round}", TaskPriority.Medium), (after.Description, after.Priority));
            }
            Assert.Equal(before.Version + results.Count(result => result.IsOk), after.Version);
            House.Ok(await EditAsync(house, ben, milk, new TaskEdit { Priority = TaskPriority.Medium }));
        }
        await house.AssertWholeAsync(ana);
    }

    [Fact]
    public async Task Whatever_many_do_and_undo_at_once_the_house_is_whole()
    {
        var (house, ana, ben) = await TwoAsync();
        await using var _ = house;
        var tasks = new List<TaskItem>();
        for (var i = 0; i < 8; i++)
        {
            tasks.Add(await BelowAsync(house, i % 2 == 0 ? ana : ben, $"{i}", i < 3 ? null : tasks[i % 3]));
        }
        var undone = await House.AtOnceAsync(8, async writer =>
        {
            var (dice, who, undone) = (new Random(writer), writer % 2 == 0 ? ana : ben, 0);
            // Whom the others leave something to undo is chance, so whoever had too little of it goes on.
            for (var i = 0; i < 30 || (undone <= 2 && i < 300); i++)
            {
                var (task, other) = (ById(tasks[dice.Next(8)]), ById(tasks[dice.Next(8)]));
                var isUndo = dice.Next(2) == 0;
                var result = await WriteAsync(house, who, isUndo ? TaskOperation.Undo(task, Precondition.None) : dice.Next(7) switch
                {
                    0 => TaskOperation.Toggle(task, Precondition.None),
                    1 => TaskOperation.Delete(task, Precondition.None, (SubtaskFate)dice.Next(2)),
                    2 => TaskOperation.Restore(task, Precondition.None),
                    3 => TaskOperation.Change(task, new TaskEdit { Parent = dice.Next(3) == 0 ? default(TaskRef?) : other, State = TaskState.Done }, House.V1, Precondition.None),
                    4 => TaskOperation.Move(task, new Spot(dice.Next(2) == 0 ? null : other, dice.Next(2) == 0), Precondition.None),
                    _ => TaskOperation.Change(task, new TaskEdit { Title = $"{writer} {i}", Tags = new[] { $"{dice.Next(4)}" } }, House.V1, Precondition.None),
                });
                Assert.True(result.IsOk || result.Error.Code is ErrorCode.NotFound or ErrorCode.Invalid or ErrorCode.CannotUndo or ErrorCode.NothingToUndo, $"{result.Error?.Code}");
                undone += isUndo && result.IsOk ? 1 : 0;
            }
            return undone;
        });
        Assert.All(undone, count => Assert.True(count > 2, "Hardly anything was undone: the race was not run."));
        await house.AssertWholeAsync(ana);
        Assert.Empty(await house.ColumnAsync<string>(
            "SELECT position FROM tasks WHERE workspace_id = $1 AND position IS NOT NULL GROUP BY position HAVING count(*) > 1", ana.WorkspaceId));
    }
}
