using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class TaskBatchTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static TaskOperation Create(string title, params string[] tags) => TaskOperation.Create(new TaskEdit { Title = title, Tags = tags }, House.V1);

    private static TaskOperation Change(TaskRef task, TaskEdit edit, int? version = null) => TaskOperation.Change(task, edit, House.V1, new Precondition(null, version));

    private static TaskRef ByNumber(long number) => new(default, number);

    private static async Task<IReadOnlyList<Result<TaskView>>> WriteAsync(House house, Caller caller, bool isAtomic, params TaskOperation[] operations) =>
        House.Ok(await house.Core.TaskBatches.WriteAsync(caller, operations, isAtomic, null, Cancellation)).Outcomes;

    [Fact]
    public async Task A_batch_is_done_in_its_order_one_step_an_event_and_each_operation_sees_what_those_before_it_left()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.CreateAsync(ana, new TaskEdit { Title = "first" });
        var before = (await house.ColumnAsync<long>("SELECT revision FROM workspaces WHERE workspace_id = $1", ana.WorkspaceId))[0];

        var outcomes = await WriteAsync(
            house, ana, isAtomic: true,
            Create("second", "home", "urgent"), Create("third", "HOME"), TaskOperation.Complete(ByNumber(2), Precondition.None),
            Change(ByNumber(2), new TaskEdit { AddTags = new[] { "late" }, RemoveTags = new[] { "urgent" } }, version: 2), TaskOperation.Delete(ByNumber(1), Precondition.None),
            TaskOperation.Restore(ByNumber(1), Precondition.None), TaskOperation.Reopen(ByNumber(1), Precondition.None));

        Assert.Equal([1, 1, 2, 3, 2, 3, 3], outcomes.Select(outcome => House.Ok(outcome).Task.Version));
        Assert.Equal([2, 3, 2, 2, 1, 1, 1], outcomes.Select(outcome => House.Ok(outcome).Task.Number));
        Assert.Equal(["home", "urgent"], outcomes[0].Value!.Tags);
        // A tag is called what it was called first, whatever the casing.
        Assert.Equal(["home"], outcomes[1].Value!.Tags);
        Assert.Equal(["home", "late"], outcomes[3].Value!.Tags);
        var events = await house.ColumnAsync<string>($"SELECT type FROM events WHERE workspace_id = $1 AND revision > {before} ORDER BY revision", ana.WorkspaceId);
        Assert.Equal(
            ["tag.created", "tag.created", "task.created", "task.created", "task.completed", "tag.created", "task.updated", "task.deleted", "task.restored"], events);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task What_is_made_together_keeps_its_order()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await WriteAsync(house, ana, isAtomic: true, [.. Enumerable.Range(1, 100).Select(number => Create($"task {number}"))]);

        var tasks = House.Ok(await house.ListAsync(ana, TaskFilter.All, limit: 100)).Tasks;
        Assert.Equal(Enumerable.Range(1, 100).Reverse().Select(number => $"task {number}"), tasks.Select(task => task.Task.Title));
        Assert.Equal(Enumerable.Range(1, 100).Reverse().Select(number => (long)number), tasks.Select(task => task.Task.Number));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Of_a_whole_batch_the_first_refusal_undoes_all()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.CreateAsync(ana, new TaskEdit { Title = "first" });
        TaskOperation[] fine = [Create("second", "new tag"), TaskOperation.Complete(ByNumber(1), Precondition.None)];
        foreach (var (refused, code) in new[]
        {
            (Create(""), ErrorCode.Invalid), (TaskOperation.Complete(ByNumber(7), Precondition.None), ErrorCode.NotFound),
            (Change(ByNumber(1), new TaskEdit { Title = "x" }, version: 1), ErrorCode.PreconditionFailed),
            (TaskOperation.Malformed([new FieldError(Field.Op, FieldFault.Required)]), ErrorCode.Invalid),
        })
        {
            var written = await house.Core.TaskBatches.WriteAsync(ana, [.. fine, refused, Create("never")], isAtomic: true, House.Key("k"), Cancellation);
            Assert.Equal((code, 2), (written.Error!.Code, written.Error.Operation));
        }
        Assert.Equal(["first"], House.Ok(await house.ListAsync(ana, TaskFilter.All)).Tasks.Select(task => task.Task.Title));
        Assert.Equal([0L], await house.ColumnAsync<long>("SELECT count(*) FROM labels WHERE workspace_id = $1", ana.WorkspaceId));
        // A key whose request was refused is free.
        Assert.False(House.Ok(await house.Core.TaskBatches.WriteAsync(ana, fine, isAtomic: true, House.Key("k"), Cancellation)).IsReplay);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Otherwise_what_can_be_done_is_done()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var outcomes = await WriteAsync(
            house, ana, isAtomic: false,
            Create("first"), Create("", "not made"), TaskOperation.Delete(ByNumber(1), Precondition.None), TaskOperation.Complete(ByNumber(1), Precondition.None), Create("second"));

        Assert.Equal([null, ErrorCode.Invalid, null, ErrorCode.NotFound, null], outcomes.Select(outcome => outcome.Error?.Code));
        Assert.Equal(2, outcomes[4].Value!.Task.Number);
        Assert.Equal([0L], await house.ColumnAsync<long>("SELECT count(*) FROM labels WHERE workspace_id = $1", ana.WorkspaceId));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_batch_under_a_key_is_done_once_and_answered_alike_ever_after()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        TaskOperation[] operations =
        [
            Create("first", "home"), TaskOperation.Complete(ByNumber(1), Precondition.None), TaskOperation.Complete(ByNumber(9), Precondition.None), Create("second"),
            Change(ByNumber(1), new TaskEdit { Title = "" }),
        ];
        var answers = await House.AtOnceAsync(20, _ => house.Core.TaskBatches.WriteAsync(ana, operations, isAtomic: false, House.Key("k"), Cancellation));
        Assert.Single(answers, answer => !House.Ok(answer).IsReplay);
        Assert.Equal(2, House.Ok(await house.ListAsync(ana, TaskFilter.All)).Total);

        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(ByNumber(1), Precondition.None), null, Cancellation));
        var again = await house.Core.TaskBatches.WriteAsync(ana, operations, isAtomic: false, House.Key("k"), Cancellation);
        var first = House.Ok(answers.First(answer => !answer.Value!.IsReplay)).Outcomes;
        foreach (var answer in answers.Append(again))
        {
            Assert.Equal(first.Select(Shown), House.Ok(answer).Outcomes.Select(Shown));
        }
        Assert.Equal(
            ErrorCode.IdempotencyMismatch, (await house.Core.TaskBatches.WriteAsync(ana, operations, isAtomic: false, House.Key("k", "another request"), Cancellation)).Error?.Code);

        static string Shown(Result<TaskView> outcome) => outcome.IsOk
            ? $"{outcome.Value.Task.Id} {outcome.Value.Task.Version} {outcome.Value.Task.State} {string.Join(',', outcome.Value.Tags)}"
            : $"{outcome.Error.Code} {string.Join(',', outcome.Error.Fields)}";
    }

    [Fact]
    public async Task A_purged_task_of_a_repeated_batch_is_gone_and_the_others_are_shown()
    {
        await using var house = await House.BuildAsync(postgres, keysKeptForDays: 60, tasksKeptForDays: 1);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        TaskOperation[] operations = [Create("first"), Create("second")];
        House.Ok(await house.Core.TaskBatches.WriteAsync(ana, operations, isAtomic: true, House.Key("k"), Cancellation));
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(ByNumber(1), Precondition.None), null, Cancellation));
        house.Time.Forward(TimeSpan.FromDays(2));
        foreach (var job in house.Core.CleanUp.Jobs)
        {
            await job.RunAsync(Cancellation);
        }
        (ana, _) = await house.LogInAsync("ana@example.com");
        var again = House.Ok(await house.Core.TaskBatches.WriteAsync(ana, operations, isAtomic: true, House.Key("k"), Cancellation));
        Assert.True(again.IsReplay);
        Assert.Equal(ErrorCode.Gone, again.Outcomes[0].Error?.Code);
        Assert.Equal("second", again.Outcomes[1].Value!.Task.Title);
    }

    [Fact]
    public async Task Whoever_may_not_enter_changes_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "private" });
        var outcomes = await WriteAsync(
            house, eva, isAtomic: false, TaskOperation.Complete(new TaskRef(task.Id, 0), Precondition.None), TaskOperation.Delete(ByNumber(1), Precondition.None), Create("own"));
        Assert.Equal([ErrorCode.NotFound, ErrorCode.NotFound, null], outcomes.Select(outcome => outcome.Error?.Code));

        House.Ok(await house.Core.Sessions.LogoutAsync(eva, null, Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.TaskBatches.WriteAsync(eva, [Create("late")], isAtomic: false, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.TaskBatches.WriteAsync(eva, [Create("late")], isAtomic: false, House.Key("k"), Cancellation)).Error?.Code);
        House.AssertSame(task, await house.RowAsync(ana, task.Id));
    }

    [Fact]
    public async Task Batches_and_single_writes_at_once_end_as_if_they_had_been_done_one_after_the_other()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var order = new SerialOrder(house, ana);
        var tasks = new List<TaskRef>();
        for (var i = 0; i < 6; i++)
        {
            tasks.Add(new TaskRef((await order.SeedAsync($"task {i}")).Id, 0));
        }

        await House.AtOnceAsync(8, async writer =>
        {
            var random = new Random(writer);
            for (var i = 0; i < 12; i++)
            {
                if (writer < 4)
                {
                    await order.WriteAsync(Any(random, writer));
                }
                else
                {
                    await order.WriteAsync([.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => Any(random, writer))], isAtomic: writer % 2 == 0);
                }
            }
            return true;
        });

        var (wrote, refused) = await order.ExplainAsync();
        Assert.True(wrote > 40 && refused > 10, $"Too little happened to be worth explaining: {wrote} wrote, {refused} were refused.");
        await house.AssertConsistentAsync(ana);

        TaskOperation Any(Random random, int writer)
        {
            var task = tasks[random.Next(tasks.Count)];
            var condition = random.Next(6) == 0 ? new Precondition(null, random.Next(1, 30)) : Precondition.None;
            return random.Next(30) switch
            {
                0 => Create(""),
                1 => TaskOperation.Delete(task, condition),
                2 or 3 or 4 => TaskOperation.Restore(task, condition),
                5 or 6 or 7 => Create($"made by {writer}, {random.Next()}"),
                < 14 => TaskOperation.Complete(task, condition),
                < 20 => TaskOperation.Reopen(task, condition),
                _ => Change(task, new TaskEdit { Title = $"changed by {writer}, {random.Next()}", Priority = (TaskPriority)random.Next(4) }, condition.Version),
            };
        }
    }
}
