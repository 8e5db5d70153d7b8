using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class SubtaskTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static TaskRef ById(TaskItem task) => new(task.Id, 0);

    private static Task<TaskItem> BelowAsync(House house, Caller caller, string title, TaskItem? parent) =>
        house.CreateAsync(caller, new TaskEdit { Title = title, Parent = parent is null ? default(TaskRef?) : ById(parent) });

    private static Task<Result<Written>> PutAsync(House house, Caller caller, TaskItem task, TaskItem? parent) =>
        WriteAsync(house, caller, TaskOperation.Change(ById(task), new TaskEdit { Parent = parent is null ? default(TaskRef?) : ById(parent) }, House.V1, Precondition.None));

    private static Task<Result<Written>> WriteAsync(House house, Caller caller, TaskOperation operation) => house.Core.TaskWriter.WriteAsync(caller, operation, null, Cancellation);

    private static Task<Result<Written>> MoveAsync(House house, Caller caller, TaskItem task, TaskItem? anchor, bool isBehind) =>
        WriteAsync(house, caller, TaskOperation.Move(ById(task), new Spot(anchor is null ? null : ById(anchor), isBehind), Precondition.None));

    private static FieldError FaultOf(Result<Written> refused) => Assert.Single(refused.Error!.Fields);

    private static async Task AssertWholeAsync(House house, Caller caller)
    {
        await house.AssertConsistentAsync(caller);
        var report = await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation);
        Assert.True(report.IsEqual, string.Join('\n', report.First.Select(difference => $"{difference.Kind} {difference.Id} {string.Join(',', difference.Members)}")));
    }

    private static async Task<string> OrderAsync(House house, Caller caller, bool reversed = false)
    {
        var (titles, cursor) = (new List<string>(), default(string));
        do
        {
            var filter = new TaskFilter { Sort = TaskSort.Position, Reversed = reversed };
            var page = House.Ok(await house.Core.TaskList.ListAsync(caller, new TaskListRequest(filter, 3, null, cursor, WithTotal: false), Cancellation));
            titles.AddRange(page.Tasks.Select(view => view.Task.Title));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return string.Concat(titles);
    }

    [Fact]
    public async Task A_parent_counts_its_own_subtasks_whatever_happens_to_them()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (trip, other) = (await BelowAsync(house, ana, "trip", null), await BelowAsync(house, ana, "other", null));
        var (tent, food) = (await BelowAsync(house, ana, "tent", trip), await BelowAsync(house, ana, "food", trip));
        var bread = await BelowAsync(house, ana, "bread", food);
        async Task<(int, int)> Counts(TaskItem task) => (await house.RowAsync(ana, task.Id)).Subtasks is var counts ? (counts.Total, counts.Done) : default;

        Assert.Equal((2, 0), await Counts(trip));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Complete(ById(tent), Precondition.None)));
        Assert.Equal((2, 1), await Counts(trip));
        // The version of the parent has not risen, and what changed is known by its counts and their time.
        Assert.Equal((1, (await house.RowAsync(ana, tent.Id)).UpdatedAt), ((await house.RowAsync(ana, trip.Id)).Version, (await house.RowAsync(ana, trip.Id)).Subtasks.ChangedAt));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Reopen(ById(tent), Precondition.None)));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Change(ById(tent), new TaskEdit { State = TaskState.Done, Title = "big tent" }, House.V1, Precondition.None)));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(tent), Precondition.None)));
        Assert.Equal((1, 0), await Counts(trip));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Restore(ById(tent), Precondition.None)));
        Assert.Equal((2, 1), await Counts(trip));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Change(ById(tent), new TaskEdit { Parent = ById(other), State = TaskState.Pending }, House.V1, Precondition.None)));
        Assert.Equal(((1, 0), (1, 0), (1, 0)), (await Counts(trip), await Counts(other), await Counts(food)));
        House.Ok(await PutAsync(house, ana, bread, null));
        Assert.Equal((0, 0), await Counts(food));
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task A_parent_has_to_be_there_and_no_task_lies_below_itself_or_too_deep()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (bob, _) = await house.MoveInAsync("bob@example.com");
        var strange = await BelowAsync(house, bob, "strange", null);
        var levels = new List<TaskItem>();
        for (var level = 0; level < Limits.TaskLevels; level++)
        {
            levels.Add(await BelowAsync(house, ana, $"level {level}", levels.LastOrDefault()));
        }
        var gone = await BelowAsync(house, ana, "gone", null);
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(gone), Precondition.None)));
        Task<Result<Written>> Create(TaskRef parent) => WriteAsync(house, ana, TaskOperation.Create(new TaskEdit { Title = "x", Parent = parent }, House.V1));

        foreach (var nowhere in new[] { ById(strange), ById(gone), new TaskRef(Guid.CreateVersion7(), 0), new TaskRef(default, 999) })
        {
            Assert.Equal(new FieldError(Field.ParentId, FieldFault.NoSuchThing), FaultOf(await Create(nowhere)));
        }
        Assert.Equal(new FieldError(Field.ParentId, FieldFault.TooDeep, Limits.TaskLevels), FaultOf(await Create(ById(levels[^1]))));
        foreach (var below in levels)
        {
            Assert.Equal(new FieldError(Field.ParentId, FieldFault.Cycle), FaultOf(await PutAsync(house, ana, levels[0], below)));
        }
        var (pair, half) = (await BelowAsync(house, ana, "pair", null), await BelowAsync(house, ana, "free", null));
        await PutAsync(house, ana, half, pair);
        Assert.Equal(new FieldError(Field.ParentId, FieldFault.TooDeep, Limits.TaskLevels), FaultOf(await PutAsync(house, ana, pair, levels[^2])));
        Assert.Equal(levels[^3].Id, House.Ok(await PutAsync(house, ana, pair, levels[^3])).View.Task.ParentId);
        // By its number, and once more what is so already.
        Assert.Equal(3, House.Ok(await WriteAsync(house, ana, TaskOperation.Change(ById(half), new TaskEdit { Parent = new TaskRef(default, 1) }, House.V1, Precondition.None))).View.Task.Version);
        Assert.Equal(3, House.Ok(await WriteAsync(house, ana, TaskOperation.Change(ById(half), new TaskEdit { Parent = new TaskRef(default, 1) }, House.V1, Precondition.None))).View.Task.Version);
        Assert.Equal(3, House.Ok(await PutAsync(house, ana, half, levels[0])).View.Task.Version);
        await house.ExecuteAsync($"UPDATE tasks SET subtask_count = {Limits.SubtasksOfATask} WHERE task_id = '{gone.Id}' OR task_id = '{half.Id}'");
        Assert.Equal(new FieldError(Field.ParentId, FieldFault.TooMany, Limits.SubtasksOfATask), FaultOf(await Create(ById(half))));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task However_tasks_are_put_below_each_other_at_once_they_make_no_circle(int size)
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        for (var round = 0; round < 8; round++)
        {
            var circle = new List<TaskItem>();
            for (var i = 0; i < size; i++)
            {
                circle.Add(await BelowAsync(house, ana, $"{round}.{i}", null));
            }
            var results = await House.AtOnceAsync(size, i => PutAsync(house, ana, circle[i], circle[(i + 1) % size]));
            Assert.Equal(FieldFault.Cycle, FaultOf(Assert.Single(results, result => !result.IsOk)).Fault);
        }
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task However_trees_are_put_together_at_once_none_gets_too_deep()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        // Six tasks, each to be put below the one before: one of the five moves must be refused, whatever their order.
        for (var round = 0; round < 5; round++)
        {
            var chain = new List<TaskItem>();
            for (var i = 0; i <= Limits.TaskLevels; i++)
            {
                chain.Add(await BelowAsync(house, ana, $"{round}.{i}", null));
            }
            var results = await House.AtOnceAsync(Limits.TaskLevels, i => PutAsync(house, ana, chain[i + 1], chain[i]));
            Assert.Equal(FieldFault.TooDeep, FaultOf(Assert.Single(results, result => !result.IsOk)).Fault);
        }
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task Counts_are_right_whoever_changes_the_subtasks_at_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var parents = new[] { await BelowAsync(house, ana, "one", null), await BelowAsync(house, ana, "two", null), await BelowAsync(house, ana, "three", null) };
        var children = new List<TaskItem>();
        for (var i = 0; i < 12; i++)
        {
            children.Add(await BelowAsync(house, ana, $"child {i}", parents[i % 3]));
        }
        var done = await House.AtOnceAsync(8, async writer =>
        {
            var dice = new Random(writer);
            var done = 0;
            for (var i = 0; i < 25; i++)
            {
                var (child, parent) = (ById(children[dice.Next(children.Count)]), parents[dice.Next(3)]);
                var result = await WriteAsync(house, ana, dice.Next(9) switch
                {
                    0 or 1 => TaskOperation.Complete(child, Precondition.None),
                    2 => TaskOperation.Reopen(child, Precondition.None),
                    3 => TaskOperation.Delete(child, Precondition.None),
                    4 => TaskOperation.Restore(child, Precondition.None),
                    5 => TaskOperation.Change(child, new TaskEdit { Parent = ById(parent), State = TaskState.Done }, House.V1, Precondition.None),
                    6 => TaskOperation.Complete(ById(parent), Precondition.None, SubtaskFate.Follow),
                    7 => TaskOperation.Delete(ById(parent), Precondition.None, (SubtaskFate)dice.Next(2)),
                    _ => TaskOperation.Restore(ById(parent), Precondition.None),
                });
                Assert.True(result.IsOk || result.Error.Code is ErrorCode.NotFound or ErrorCode.Invalid, $"{result.Error?.Code}");
                done += result.IsOk ? 1 : 0;
            }
            return done;
        });
        Assert.All(done, count => Assert.True(count > 5, "Hardly anything was done: the race was not run."));
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task A_completion_says_what_becomes_of_all_that_lies_below()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var trip = await BelowAsync(house, ana, "trip", null);
        var food = await BelowAsync(house, ana, "food", trip);
        var bread = await BelowAsync(house, ana, "bread", food);

        House.Ok(await WriteAsync(house, ana, TaskOperation.Complete(ById(food), Precondition.None)));
        Assert.Equal(TaskState.Pending, (await house.RowAsync(ana, bread.Id)).State);
        // All levels count: the only one below that is not done lies below one that is.
        Assert.Equal(
            new FieldError(Field.SubtasksOfCompletion, FieldFault.SubtasksLeft, 1), FaultOf(await WriteAsync(house, ana, TaskOperation.Complete(ById(trip), Precondition.None, SubtaskFate.Refuse))));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Reopen(ById(food), Precondition.None)));
        var view = House.Ok(await WriteAsync(house, ana, TaskOperation.Complete(ById(trip), Precondition.None, SubtaskFate.Follow))).View;
        Assert.Equal((TaskState.Done, 1, 1), (view.Task.State, view.Task.Subtasks.Total, view.Task.Subtasks.Done));
        Assert.Equal((view.Tag, view.Task), (House.Ok(await house.Core.Tasks.GetAsync(ana, ById(trip), Cancellation)).Tag, (await house.RowAsync(ana, trip.Id)) with { TagIds = view.Task.TagIds }));
        foreach (var task in new[] { trip, food, bread })
        {
            Assert.Equal(TaskState.Done, (await house.RowAsync(ana, task.Id)).State);
        }
        Assert.Equal(
            ["task.completed", "task.completed", "task.completed"], (await house.ColumnAsync<string>("SELECT type FROM events WHERE workspace_id = $1 ORDER BY revision", ana.WorkspaceId)).TakeLast(3));
        // A task that is done already still takes along what is not.
        House.Ok(await WriteAsync(house, ana, TaskOperation.Reopen(ById(bread), Precondition.None)));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Complete(ById(trip), Precondition.None, SubtaskFate.Follow)));
        Assert.Equal(TaskState.Done, (await house.RowAsync(ana, bread.Id)).State);
        House.Ok(await WriteAsync(house, ana, TaskOperation.Complete(ById(trip), Precondition.None, SubtaskFate.Refuse)));
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task A_deleted_parent_leaves_its_subtasks_without_one_and_gets_them_back()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (trip, other) = (await BelowAsync(house, ana, "trip", null), await BelowAsync(house, ana, "other", null));
        var (tent, food, map) = (await BelowAsync(house, ana, "tent", trip), await BelowAsync(house, ana, "food", trip), await BelowAsync(house, ana, "map", trip));
        var bread = await BelowAsync(house, ana, "bread", food);
        async Task<Guid?> ParentOf(TaskItem task) => (await house.RowAsync(ana, task.Id)).ParentId;

        Assert.Equal(
            new FieldError(Field.SubtasksOfDeletion, FieldFault.SubtasksLeft, 3), FaultOf(await WriteAsync(house, ana, TaskOperation.Delete(ById(trip), Precondition.None, SubtaskFate.Refuse))));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(map), Precondition.None)));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(trip), Precondition.None)));
        Assert.Equal((null, null, food.Id), (await ParentOf(tent), await ParentOf(food), await ParentOf(bread)));
        // One that was deleted before comes back without a parent, one finds another parent, and one waits.
        House.Ok(await WriteAsync(house, ana, TaskOperation.Restore(ById(map), Precondition.None)));
        House.Ok(await PutAsync(house, ana, tent, other));
        Assert.Null(await ParentOf(map));
        await AssertWholeAsync(house, ana);

        // What is below has meanwhile been put above: the circle is not closed.
        House.Ok(await WriteAsync(house, ana, TaskOperation.Restore(ById(trip), Precondition.None)));
        Assert.Equal((other.Id, trip.Id, trip.Id), (await ParentOf(tent), await ParentOf(food), await ParentOf(map)));
        House.Ok(await PutAsync(house, ana, trip, other));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(trip), Precondition.None)));
        House.Ok(await PutAsync(house, ana, other, food));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Restore(ById(trip), Precondition.None)));
        Assert.Equal((other.Id, null, trip.Id), (await ParentOf(trip), await ParentOf(food), await ParentOf(map)));
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task A_tree_is_deleted_as_a_whole_comes_back_in_any_order_and_a_purge_leaves_nothing_dangling()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var trip = await BelowAsync(house, ana, "trip", null);
        var food = await BelowAsync(house, ana, "food", trip);
        var bread = await BelowAsync(house, ana, "bread", food);
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(trip), Precondition.None, SubtaskFate.Follow)));
        Assert.Equal([0L], await house.ColumnAsync<long>("SELECT count(*) FROM tasks WHERE workspace_id = $1 AND deleted_at IS NULL", ana.WorkspaceId));
        foreach (var task in new[] { bread, trip, food })
        {
            House.Ok(await WriteAsync(house, ana, TaskOperation.Restore(ById(task), Precondition.None)));
            await AssertWholeAsync(house, ana);
        }
        Assert.Equal((food.Id, trip.Id), ((await house.RowAsync(ana, bread.Id)).ParentId, (await house.RowAsync(ana, food.Id)).ParentId));

        // Above and below what is purged.
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(food), Precondition.None)));
        house.Time.Forward(TimeSpan.FromDays(31));
        Assert.Equal(1, await house.Core.CleanUp.Jobs.Single(job => job.Name == "purge-deleted-tasks").RunAsync(Cancellation));
        (ana, _) = await house.LogInAsync("ana@example.com");
        Assert.Equal((null, 0), ((await house.RowAsync(ana, bread.Id)).ParentId, (await house.RowAsync(ana, trip.Id)).Subtasks.Total));
        House.Ok(await PutAsync(house, ana, bread, trip));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(bread), Precondition.None)));
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(trip), Precondition.None)));
        await house.ExecuteAsync($"UPDATE tasks SET deleted_at = deleted_at + interval '40 days' WHERE task_id = '{bread.Id}'");
        house.Time.Forward(TimeSpan.FromDays(31));
        Assert.Equal(1, await house.Core.CleanUp.Jobs.Single(job => job.Name == "purge-deleted-tasks").RunAsync(Cancellation));
        (ana, _) = await house.LogInAsync("ana@example.com");
        House.Ok(await WriteAsync(house, ana, TaskOperation.Restore(ById(bread), Precondition.None)));
        Assert.Null((await house.RowAsync(ana, bread.Id)).ParentId);
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task A_condition_on_what_a_parent_looks_like_sees_its_subtasks()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var trip = await BelowAsync(house, ana, "trip", null);
        for (var round = 0; round < 12; round++)
        {
            // Both rest on the tag that was read: the new subtask changes it, so whoever comes second is refused.
            var seen = House.Ok(await house.Core.Tasks.GetAsync(ana, ById(trip), Cancellation));
            var before = (await house.ColumnAsync<long>("SELECT revision FROM workspaces WHERE workspace_id = $1", ana.WorkspaceId))[0];
            var results = await House.AtOnceAsync(2, i => WriteAsync(house, ana, i == 0
                ? TaskOperation.Create(new TaskEdit { Title = "tent", Parent = ById(trip) }, House.V1)
                : TaskOperation.Change(ById(trip), new TaskEdit { Title = $"trip {round}" }, House.V1, new Precondition([seen.Tag], null))));
            var order = await house.ColumnAsync<string>($"SELECT type FROM events WHERE workspace_id = $1 AND revision > {before} ORDER BY revision", ana.WorkspaceId);
            House.Ok(results[0]);
            Assert.Equal(results[1].IsOk ? ["task.updated", "task.created"] : ["task.created"], order);
            Assert.Equal(seen.Tag with { Subtasks = round + 1, Version = seen.Tag.Version + (results[1].IsOk ? 1 : 0) }, House.Ok(await house.Core.Tasks.GetAsync(ana, ById(trip), Cancellation)).Tag);
        }
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task Within_a_batch_parents_and_places_are_those_that_the_operations_before_have_left()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        TaskRef Number(long number) => new(default, number);
        TaskOperation Put(long task, long parent) => TaskOperation.Change(Number(task), new TaskEdit { Parent = Number(parent) }, House.V1, Precondition.None);
        TaskOperation Create(string title, long? parent = null) => TaskOperation.Create(new TaskEdit { Title = title, Parent = parent is { } number ? Number(number) : default(TaskRef?) }, House.V1);
        var outcomes = House.Ok(await house.Core.TaskBatches.WriteAsync(
            ana,
            [
                Create("a"), Create("b", 1), Create("c", 2), Put(1, 3), TaskOperation.Complete(Number(3), Precondition.None), TaskOperation.Complete(Number(1), Precondition.None, SubtaskFate.Follow),
                Create("d"), TaskOperation.Move(Number(4), new Spot(null, IsBehind: false), Precondition.None), TaskOperation.Move(Number(1), new Spot(Number(2), IsBehind: true), Precondition.None),
                TaskOperation.Delete(Number(2), Precondition.None), Put(1, 3), TaskOperation.Restore(Number(2), Precondition.None), Create("e"), TaskOperation.Move(Number(2), new Spot(null, IsBehind: true), Precondition.None),
            ],
            isAtomic: false, null, Cancellation)).Outcomes;
        Assert.Equal([3], outcomes.Index().Where(outcome => !outcome.Item.IsOk).Select(outcome => outcome.Index));
        Assert.Equal(FieldFault.Cycle, outcomes[3].Error!.Fields[0].Fault);
        Assert.Equal((1, 1), (outcomes[5].Value!.Task.Subtasks.Total, outcomes[5].Value!.Task.Subtasks.Done));
        Assert.Equal("dac" + "eb", await OrderAsync(house, ana));
        // Restored below its parent, which now lies below the task that it had above: that one does not return.
        Assert.Equal(
            [("a", 3L), ("b", 1L), ("c", null)],
            (await Task.WhenAll(outcomes.Take(3).Select(outcome => house.RowAsync(ana, outcome.Value!.Task.Id)))).Select(
                task => (task.Title, task.ParentId is { } parent ? outcomes.Take(3).Single(outcome => outcome.Value!.Task.Id == parent).Value!.Task.Number : (long?)null)));
        await AssertWholeAsync(house, ana);
    }

    [Fact]
    public async Task Tasks_stand_where_they_are_moved_and_new_ones_come_last()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var tasks = new Dictionary<char, TaskItem>();
        foreach (var title in "abcde")
        {
            tasks[title] = await BelowAsync(house, ana, title.ToString(), null);
        }
        async Task Move(char task, char? anchor, bool isBehind, string expected)
        {
            var view = House.Ok(await MoveAsync(house, ana, tasks[task], anchor is { } name ? tasks[name] : null, isBehind)).View;
            Assert.Equal(expected, await OrderAsync(house, ana));
            Assert.Equal(string.Concat(expected.Reverse()), await OrderAsync(house, ana, reversed: true));
            Assert.Equal(view.Task.PositionKey, (await house.RowAsync(ana, tasks[task].Id)).PositionKey);
        }
        await Move('e', null, isBehind: false, "eabcd");
        await Move('a', null, isBehind: true, "ebcda");
        await Move('d', 'e', isBehind: true, "edbca");
        await Move('a', 'b', isBehind: false, "edabc");
        var row = await house.RowAsync(ana, tasks['a'].Id);
        await Move('a', 'd', isBehind: true, "edabc");
        await Move('c', null, isBehind: true, "edabc");
        await Move('e', null, isBehind: false, "edabc");
        Assert.Equal(row, (await house.RowAsync(ana, tasks['a'].Id)) with { TagIds = row.TagIds });
        tasks['f'] = await BelowAsync(house, ana, "f", null);
        Assert.Equal("edabcf", await OrderAsync(house, ana));
        await Move('c', null, isBehind: true, "edabfc");
        tasks['g'] = await BelowAsync(house, ana, "g", null);
        // A deleted task keeps its place.
        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(tasks['f']), Precondition.None)));
        await Move('g', 'b', isBehind: true, "edabgc");
        House.Ok(await WriteAsync(house, ana, TaskOperation.Restore(ById(tasks['f']), Precondition.None)));
        Assert.Equal("edabgfc", await OrderAsync(house, ana));
        Assert.Equal(
            await house.ColumnAsync<string>($"SELECT coalesce(position, {Position.OfNumberSql}) FROM tasks t WHERE workspace_id = $1 ORDER BY number", ana.WorkspaceId),
            (await Task.WhenAll(tasks.Values.OrderBy(task => task.Number).Select(task => house.RowAsync(ana, task.Id)))).Select(task => task.PositionKey));

        House.Ok(await WriteAsync(house, ana, TaskOperation.Delete(ById(tasks['g']), Precondition.None)));
        Assert.Equal(new FieldError(Field.After, FieldFault.NoSuchThing), FaultOf(await MoveAsync(house, ana, tasks['a'], tasks['g'], isBehind: true)));
        // Where nothing fits between two neighbours any more the move is refused, and one of them moved makes room.
        await house.ExecuteAsync($"UPDATE tasks SET position = 'b' || repeat('z', {Limits.PositionCharacters - 2}) || CASE title WHEN 'b' THEN 'i' ELSE 'j' END WHERE title IN ('b', 'f')");
        Assert.Equal(new FieldError(Field.After, FieldFault.NoRoom), FaultOf(await MoveAsync(house, ana, tasks['a'], tasks['b'], isBehind: true)));
    }

    [Fact]
    public async Task Moves_at_once_all_hold_and_end_in_an_order_that_one_after_the_other_explains()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var tasks = new List<TaskItem>();
        for (var i = 0; i < 10; i++)
        {
            tasks.Add(await BelowAsync(house, ana, ((char)('a' + i)).ToString(), null));
        }
        var moves = new System.Collections.Concurrent.ConcurrentDictionary<(Guid, int), (TaskItem Task, TaskItem? Anchor, bool IsBehind)>();
        await House.AtOnceAsync(6, async writer =>
        {
            var dice = new Random(writer);
            for (var i = 0; i < 20; i++)
            {
                var (task, anchor, isBehind) = (tasks[dice.Next(10)], dice.Next(4) == 0 ? null : tasks[dice.Next(10)], dice.Next(2) == 0);
                if (anchor?.Id != task.Id)
                {
                    var view = House.Ok(await MoveAsync(house, ana, task, anchor, isBehind)).View;
                    moves.TryAdd((task.Id, view.Task.Version), (task, anchor, isBehind));
                }
            }
            return true;
        });
        // The log has them one after the other; done to a plain list in that order, they come to the same.
        var order = tasks.Select(task => task.Id).ToList();
        await using (var command = house.Database.Command("SELECT stream_id, version FROM events WHERE workspace_id = $1 AND type = 'task.updated' ORDER BY revision"))
        {
            command.Parameters.With(ana.WorkspaceId);
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                var (task, anchor, isBehind) = moves[(reader.GetGuid(0), reader.GetInt32(1))];
                order.Remove(task.Id);
                order.Insert(anchor is null ? (isBehind ? order.Count : 0) : order.IndexOf(anchor.Id) + (isBehind ? 1 : 0), task.Id);
            }
        }
        Assert.Equal(string.Concat(order.Select(id => tasks.Single(task => task.Id == id).Title)), await OrderAsync(house, ana));
        await AssertWholeAsync(house, ana);
    }
}
