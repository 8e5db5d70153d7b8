using Quehacer.Core.Events;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Changes of all that a filter chooses. That they choose what a list shows is tried in <see cref="TaskListModelTests"/>.</summary>
public sealed class TaskBulkTests(PostgresFixture postgres)
{
    private static readonly TaskFilter Pending = new() { State = TaskState.Pending };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static BulkRequest Change(TaskFilter filter, TaskEdit edit, int limit = Limits.BulkTasks, string? cursor = null) => new(filter, edit, House.V1, limit, cursor, IsDryRun: false);

    private static BulkRequest Delete(TaskFilter filter, int limit = Limits.BulkTasks, string? cursor = null) => new(filter, Edit: null, House.V1, limit, cursor, IsDryRun: false);

    private static async Task<BulkWritten> WriteAsync(House house, Caller caller, BulkRequest request, IdempotencyKey? key = null) =>
        House.Ok(await house.Core.TaskBulk.WriteAsync(caller, request, key, Cancellation));

    private static async Task<Error> RefusedAsync(House house, Caller caller, BulkRequest request, IdempotencyKey? key = null)
    {
        var written = await house.Core.TaskBulk.WriteAsync(caller, request, key, Cancellation);
        Assert.False(written.IsOk, $"It should have been refused, and came to {written.Value}.");
        return written.Error;
    }

    private static async Task<long> RevisionAsync(House house, Caller caller) => (await house.ColumnAsync<long>("SELECT revision FROM workspaces WHERE workspace_id = $1", caller.WorkspaceId))[0];

    /// <summary>So many pending tasks.</summary>
    private static async Task FillAsync(House house, Caller caller, int count)
    {
        foreach (var some in Enumerable.Range(1, count).Chunk(Limits.BatchOperations))
        {
            House.Ok(await house.Core.TaskBatches.WriteAsync(
                caller, [.. some.Select(number => TaskOperation.Create(new TaskEdit { Title = $"task {number}" }, House.V1))], isAtomic: true, null, Cancellation));
        }
    }

    private static async Task AssertRebuiltEqualAsync(House house)
    {
        var report = await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation);
        Assert.True(report.Differences == 0, string.Join('\n', report.First));
    }

    [Fact]
    public async Task A_dry_run_says_what_then_happens_and_does_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await FillAsync(house, ana, 7);
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Complete(new TaskRef(default, 3), Precondition.None), null, Cancellation));
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Change(new TaskRef(default, 4), new TaskEdit { Priority = TaskPriority.High }, House.V1, Precondition.None), null, Cancellation));
        var before = await RevisionAsync(house, ana);
        var request = Change(Pending, new TaskEdit { Priority = TaskPriority.High, AddTags = new[] { "new" }, State = TaskState.Done }, limit: 4);

        var dry = await WriteAsync(house, ana, request with { IsDryRun = true }, House.Key("k"));
        Assert.Equal((4, 4, 0, 6L, before), (dry.Matched, dry.Changed, dry.Skipped, dry.Total, dry.Moment.Revision));
        Assert.Equal(before, await RevisionAsync(house, ana));
        Assert.Equal([0L], await house.ColumnAsync<long>("SELECT count(*) FROM labels WHERE workspace_id = $1", ana.WorkspaceId));

        // A dry run leaves its key to whoever means it.
        var wet = await WriteAsync(house, ana, request, House.Key("k"));
        Assert.Equal((dry.Matched, dry.Changed, dry.Skipped, dry.NextCursor is null, default(long?)), (wet.Matched, wet.Changed, wet.Skipped, wet.NextCursor is null, wet.Total));
        // A tag, and two events of each task, one of the task that is urgent already: it gets the tag.
        Assert.Equal((before + 1 + 8, before + 9), (wet.Moment.Revision, await RevisionAsync(house, ana)));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task What_is_so_already_is_matched_and_not_changed()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await FillAsync(house, ana, 3);
        var request = Change(TaskFilter.All, new TaskEdit { Priority = TaskPriority.Low });
        Assert.Equal((3, 3), await Counts(request));
        Assert.Equal((3, 0), await Counts(request));
        Assert.Equal((3, 3), await Counts(Delete(TaskFilter.All)));
        Assert.Equal((0, 0), await Counts(Delete(TaskFilter.All with { IncludeDeleted = true })));
        Assert.Equal((0, 0), await Counts(request));
        await house.AssertConsistentAsync(ana);

        async Task<(int, int)> Counts(BulkRequest asked) => await WriteAsync(house, ana, asked) is var written ? (written.Matched, written.Changed) : default;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(11)]
    public async Task A_walk_meets_every_task_once_though_it_changes_what_the_filter_asks_for_and_new_tasks_come(int limit)
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await FillAsync(house, ana, 10);
        var (met, requests, cursor) = (0, 0, default(string));
        do
        {
            var written = await WriteAsync(house, ana, Change(Pending, new TaskEdit { State = TaskState.Done }, limit, cursor));
            (met, cursor) = (met + written.Changed, written.NextCursor);
            await house.CreateAsync(ana, new TaskEdit { Title = $"made after request {++requests}" });
        }
        while (cursor is not null);
        Assert.Equal((10, (10 + limit - 1) / limit), (met, requests));
        var left = House.Ok(await house.ListAsync(ana, Pending)).Tasks;
        Assert.Equal(requests, left.Count);
        Assert.All(left, task => Assert.StartsWith("made after", task.Task.Title));
        await house.AssertConsistentAsync(ana);
        await AssertRebuiltEqualAsync(house);
    }

    [Fact]
    public async Task A_cursor_goes_on_with_what_it_began_and_nothing_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        await FillAsync(house, ana, 5);
        await FillAsync(house, eva, 5);
        var edit = new TaskEdit { Priority = TaskPriority.High, Tags = new[] { "a", "b" } };
        var begun = Change(Pending, edit, limit: 2);
        var cursor = (await WriteAsync(house, ana, begun)).NextCursor!;
        var deleting = (await WriteAsync(house, ana, Delete(Pending, limit: 1))).NextCursor!;
        var listed = House.Ok(await house.ListAsync(ana, Pending, limit: 1)).NextCursor!;
        foreach (var (caller, other) in new[]
        {
            (ana, begun with { Cursor = (cursor[0] == 'A' ? 'B' : 'A') + cursor[1..] }), (ana, begun with { Cursor = "" }), (ana, begun with { Cursor = listed }), (ana, begun with { Cursor = deleting }),
            (eva, begun with { Cursor = cursor }), (ana, begun with { Cursor = cursor, IsDryRun = true }), (ana, begun with { Cursor = cursor, Edit = null }),
            (ana, begun with { Cursor = cursor, Filter = TaskFilter.All }), (ana, begun with { Cursor = cursor, Edit = edit with { Priority = TaskPriority.Low } }),
            (ana, begun with { Cursor = cursor, Edit = edit with { Tags = new[] { "a" } } }), (ana, begun with { Cursor = cursor, Edit = edit with { Tags = new[] { "a1:b" } } }),
            (ana, begun with { Cursor = cursor, Edit = edit with { Description = default(string?) } }), (ana, begun with { Cursor = cursor, Edit = edit with { Tags = default, AddTags = new[] { "a", "b" } } }),
        })
        {
            Assert.Equal([new FieldError(Field.Cursor, FieldFault.NotThisCursor)], (await RefusedAsync(house, caller, other)).Fields);
        }
        // Another limit is the same request, at another pace.
        var last = await WriteAsync(house, ana, begun with { Cursor = cursor, Limit = 100 });
        Assert.Equal((3, null), (last.Changed, last.NextCursor));
    }

    [Fact]
    public async Task A_task_that_the_change_does_not_fit_is_skipped_and_told()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.CreateAsync(ana, new TaskEdit { Title = "full", Tags = Enumerable.Range(1, 10).Select(number => $"tag {number}").ToArray() });
        await house.CreateAsync(ana, new TaskEdit { Title = "nearly full", Tags = Enumerable.Range(1, 9).Select(number => $"tag {number}").ToArray() });
        await house.CreateAsync(ana, new TaskEdit { Title = "empty" });

        var written = await WriteAsync(house, ana, Change(TaskFilter.All, new TaskEdit { AddTags = new[] { "one more" }, State = TaskState.Done }));
        Assert.Equal((3, 2, 1), (written.Matched, written.Changed, written.Skipped));
        var skipped = Assert.Single(written.SkippedTasks);
        Assert.Equal((1L, ErrorCode.Invalid), (skipped.Number, skipped.Error.Code));
        Assert.Equal([new FieldError(Field.AddTags, FieldFault.TooMany, 10)], skipped.Error.Fields);
        Assert.Equal([TaskState.Pending, TaskState.Done, TaskState.Done], House.Ok(await house.ListAsync(ana, new TaskFilter { Sort = TaskSort.Number })).Tasks.Select(task => task.Task.State));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_change_that_fits_no_task_is_refused_as_a_whole_even_where_there_is_none()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var stood = await RevisionAsync(house, ana);
        foreach (var _ in new[] { "without tasks", "with tasks" })
        {
            foreach (var (edit, field, fault) in new[]
            {
                (new TaskEdit { DueDate = house.Time.NowUtc().AddDays(-1) }, Field.DueDate, FieldFault.NotInFuture),
                (new TaskEdit { CategoryId = Guid.CreateVersion7() }, Field.CategoryId, FieldFault.NoSuchThing),
                (new TaskEdit { Description = new string('x', 10_001) }, Field.Description, FieldFault.TooLong),
                (new TaskEdit { Tags = Enumerable.Range(1, 11).Select(number => $"tag {number}").ToArray() }, Field.Tags, FieldFault.TooMany),
                (new TaskEdit { AddTags = Enumerable.Range(1, 11).Select(number => $"tag {number}").ToArray() }, Field.AddTags, FieldFault.TooMany),
                (new TaskEdit { AddTags = new[] { new string('x', 51) } }, Field.AddTags, FieldFault.TooLong),
                (new TaskEdit { State = Edit<TaskState>.Malformed(FieldFault.NotOneOf) }, Field.Status, FieldFault.NotOneOf),
            })
            {
                foreach (var isDryRun in new[] { true, false })
                {
                    var error = await RefusedAsync(house, ana, Change(TaskFilter.All, edit) with { IsDryRun = isDryRun }, House.Key("k"));
                    Assert.Equal((field, fault), (error.Fields[0].Field, error.Fields[0].Fault));
                }
            }
            await FillAsync(house, ana, 2);
        }
        Assert.Equal(stood + 4, await RevisionAsync(house, ana));
    }

    [Fact]
    public async Task Under_a_key_it_is_done_once_and_answered_alike_ever_after()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.CreateAsync(ana, new TaskEdit { Title = "full", Tags = Enumerable.Range(1, 10).Select(number => $"tag {number}").ToArray() });
        await FillAsync(house, ana, 8);
        var request = Change(Pending, new TaskEdit { State = TaskState.Done, AddTags = new[] { "seen" }, DueDate = house.Time.NowUtc().AddDays(1) }, limit: 4);
        var answers = await House.AtOnceAsync(8, _ => WriteAsync(house, ana, request, House.Key("k")));
        Assert.Single(answers, answer => !answer.IsReplay);
        var stands = await RevisionAsync(house, ana);

        // What lay in the future is past, and what was asked for is done: a repeat is answered all the same.
        house.Time.Forward(TimeSpan.FromDays(2));
        (ana, _) = await house.LogInAsync("ana@example.com");
        var later = await WriteAsync(house, ana, request with { Refuse = _ => new Error(ErrorCode.PreconditionFailed) }, House.Key("k"));
        Assert.True(later.IsReplay);
        foreach (var answer in answers.Append(later))
        {
            Assert.Equal((4, 3, 1, 1L, stands, answers[0].NextCursor), (answer.Matched, answer.Changed, answer.Skipped, answer.SkippedTasks[0].Number, answer.Moment.Revision, answer.NextCursor));
            Assert.Equal(answers[0].SkippedTasks[0].Error.Fields, answer.SkippedTasks[0].Error.Fields);
        }
        Assert.Equal(stands, await RevisionAsync(house, ana));
        Assert.Equal(ErrorCode.IdempotencyMismatch, (await RefusedAsync(house, ana, request, House.Key("k", "another"))).Code);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_condition_is_on_the_moment_of_the_write()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await FillAsync(house, ana, 2);
        var seen = (await WriteAsync(house, ana, Delete(Pending) with { IsDryRun = true })).Moment;
        var request = Delete(Pending) with { Refuse = moment => moment == seen ? null : new Error(ErrorCode.PreconditionFailed) };
        var outcomes = await House.AtOnceAsync(6, _ => house.Core.TaskBulk.WriteAsync(ana, request, null, Cancellation));
        Assert.Equal(2, Assert.Single(outcomes, outcome => outcome.IsOk).Value!.Changed);
        Assert.All(outcomes.Where(outcome => !outcome.IsOk), outcome => Assert.Equal(ErrorCode.PreconditionFailed, outcome.Error!.Code));
    }

    [Fact]
    public async Task Whoever_may_not_enter_changes_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        await FillAsync(house, ana, 2);
        var stood = await RevisionAsync(house, ana);
        Assert.Equal(0, (await WriteAsync(house, eva, Delete(TaskFilter.All))).Matched);
        House.Ok(await house.Core.Sessions.LogoutAsync(eva, null, Cancellation));
        foreach (var isDryRun in new[] { true, false })
        {
            Assert.Equal(ErrorCode.SessionEnded, (await RefusedAsync(house, eva, Delete(TaskFilter.All) with { IsDryRun = isDryRun }, House.Key("k"))).Code);
        }
        Assert.Equal(stood, await RevisionAsync(house, ana));
    }

    [Fact]
    public async Task Changes_of_many_batches_and_single_writes_at_once_end_as_if_they_had_been_done_one_after_the_other()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var order = new SerialOrder(house, ana);
        var tasks = new List<TaskRef>();
        for (var i = 0; i < 8; i++)
        {
            tasks.Add(new TaskRef((await order.SeedAsync($"task {i}")).Id, 0));
        }

        await House.AtOnceAsync(9, async writer =>
        {
            var random = new Random(writer);
            for (var i = 0; i < 10; i++)
            {
                if (writer < 3)
                {
                    await order.WriteAsync(Any(random));
                }
                else if (writer < 6)
                {
                    await order.WriteAsync([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Any(random))], isAtomic: writer % 2 == 0);
                }
                else
                {
                    var (state, priority) = ((TaskState)random.Next(2), (TaskPriority)random.Next(4));
                    var (filter, passes) = random.Next(2) == 0
                        ? (new TaskFilter { State = state }, (Func<TaskItem, bool>)(task => task.State == state))
                        : (new TaskFilter { Priorities = [priority] }, task => task.Priority == priority);
                    var limit = random.Next(1, 8);
                    var request = random.Next(6) == 0
                        ? Delete(filter, Math.Min(limit, 2))
                        : Change(filter, new TaskEdit { State = (TaskState)random.Next(2), Priority = (TaskPriority)random.Next(4), Description = $"changed by {writer}, {i}" }, limit);
                    await order.WriteAsync(request, passes);
                }
            }
            return true;
        });

        var (wrote, _) = await order.ExplainAsync();
        Assert.True(wrote > 40, $"Too little happened to be worth explaining: {wrote} wrote.");
        await house.AssertConsistentAsync(ana);
        await AssertRebuiltEqualAsync(house);

        TaskOperation Any(Random random)
        {
            var task = tasks[random.Next(tasks.Count)];
            return random.Next(12) switch
            {
                0 => TaskOperation.Delete(task, Precondition.None),
                < 4 => TaskOperation.Restore(task, Precondition.None),
                4 => TaskOperation.Create(new TaskEdit { Title = "another", Priority = (TaskPriority)random.Next(4) }, House.V1),
                < 7 => TaskOperation.Complete(task, Precondition.None),
                < 9 => TaskOperation.Reopen(task, Precondition.None),
                _ => TaskOperation.Change(task, new TaskEdit { Priority = (TaskPriority)random.Next(4) }, House.V1, Precondition.None),
            };
        }
    }
}
