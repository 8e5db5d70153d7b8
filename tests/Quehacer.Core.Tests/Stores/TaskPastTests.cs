using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class TaskPastTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static TaskRef ById(TaskItem task) => new(task.Id, 0);

    private static async Task<TaskItem> WriteAsync(House house, Caller caller, TaskOperation operation) =>
        House.Ok(await house.Core.TaskWriter.WriteAsync(caller, operation, null, Cancellation)).View.Task;

    private static Task<TaskItem> EditAsync(House house, Caller caller, TaskItem task, TaskEdit edit) => WriteAsync(house, caller, TaskOperation.Change(ById(task), edit, House.V1, Precondition.None));

    private static Task<Result<TaskView>> AtAsync(House house, Caller caller, TaskItem task, long revision) => house.Core.TaskPast.GetAsync(caller, ById(task), new Moment(revision, default), Cancellation);

    private static Task<Result<TaskView>> AtAsync(House house, Caller caller, TaskItem task, DateTime time) => house.Core.TaskPast.GetAsync(caller, ById(task), new Moment(null, time), Cancellation);

    private static async Task<long> RevisionAsync(House house, Caller caller) => (await house.ColumnAsync<long>("SELECT revision FROM workspaces WHERE workspace_id = $1", caller.WorkspaceId))[0];

    [Fact]
    public async Task A_task_is_shown_as_it_was_at_every_revision_and_at_every_time()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var other = await house.CreateAsync(ana, new TaskEdit { Title = "other" });
        var states = new List<(long Revision, DateTime At, TaskItem Task)>();
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "0", Tags = new[] { "a" } });
        for (var i = 1; i <= 30; i++)
        {
            states.Add((await RevisionAsync(house, ana), task.UpdatedAt, task));
            // So that no two of them are of one millisecond.
            house.Time.Forward(TimeSpan.FromSeconds(1));
            await EditAsync(house, ana, other, new TaskEdit { Title = $"other {i}" });
            task = (i % 6) switch
            {
                1 => await WriteAsync(house, ana, TaskOperation.Toggle(ById(task), Precondition.None)),
                2 => await WriteAsync(house, ana, TaskOperation.Move(ById(task), new Spot(null, i % 4 == 0), Precondition.None)),
                3 => await WriteAsync(house, ana, TaskOperation.Delete(ById(task), Precondition.None)),
                4 => await WriteAsync(house, ana, TaskOperation.Restore(ById(task), Precondition.None)),
                5 => await EditAsync(house, ana, task, new TaskEdit { Parent = i % 4 == 1 ? default(TaskRef?) : ById(other), AssigneeId = ana.UserId }),
                _ => await EditAsync(house, ana, task, new TaskEdit { Title = $"{i}", DueDate = house.Time.NowUtc().AddDays(1), Tags = new[] { "a", $"{i}" } }),
            };
        }
        states.Add((await RevisionAsync(house, ana), task.UpdatedAt, task));
        for (var i = 0; i < states.Count; i++)
        {
            var (revision, at, expected) = states[i];
            expected = expected with { Subtasks = default };
            var until = i + 1 < states.Count ? states[i + 1].At.AddMilliseconds(-1) : at;
            foreach (var result in new[] { await AtAsync(house, ana, task, revision), await AtAsync(house, ana, task, at), await AtAsync(house, ana, task, until) })
            {
                if (expected.IsDeleted)
                {
                    Assert.Equal(ErrorCode.NotFound, result.Error?.Code);
                }
                else
                {
                    House.AssertSame(expected, House.Ok(result).Task);
                }
            }
        }
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, ana, task, states[0].Revision - 1)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, ana, task, 0)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, ana, task, states[0].At.AddMilliseconds(-1))).Error?.Code);
        Assert.Equal("0", House.Ok(await house.Core.TaskPast.GetAsync(ana, new TaskRef(default, task.Number), new Moment(states[0].Revision, default), Cancellation)).Task.Title);
    }

    [Fact]
    public async Task What_has_not_come_is_refused_and_what_is_deleted_or_purged_by_now_is_told_apart()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var milk = await house.CreateAsync(ana, new TaskEdit { Title = "milk", Tags = new[] { "home" } });
        var (revision, at) = (await RevisionAsync(house, ana), milk.UpdatedAt);
        Assert.Equal([new FieldError(Field.AsOf, FieldFault.NotYet, revision)], (await AtAsync(house, ana, milk, revision + 1)).Error!.Fields);
        Assert.Equal([new FieldError(Field.AsOf, FieldFault.NotYet)], (await AtAsync(house, ana, milk, house.Time.NowUtc().AddHours(1))).Error!.Fields);

        // Deleted later, it was there then; its tag has the name of now.
        house.Time.Forward(TimeSpan.FromSeconds(1));
        var tag = Assert.Single(milk.TagIds);
        House.Ok(await house.Core.LabelWriter.ChangeAsync(ana, Labels.LabelKind.Tag, tag, new Labels.LabelEdit { Name = "house" }, 50, Precondition.None, null, Cancellation));
        await WriteAsync(house, ana, TaskOperation.Delete(ById(milk), Precondition.None));
        Assert.Equal(("milk", "house"), House.Ok(await AtAsync(house, ana, milk, revision)) is var view ? (view.Task.Title, view.Tags[0]) : default);
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, ana, milk, await RevisionAsync(house, ana))).Error?.Code);

        house.Time.Forward(TimeSpan.FromDays(31));
        await house.Core.CleanUp.Jobs.Single(job => job.Name == "purge-deleted-tasks").RunAsync(Cancellation);
        Assert.Equal((ErrorCode.Gone, ErrorCode.Gone), ((await AtAsync(house, ana, milk, revision)).Error?.Code, (await AtAsync(house, ana, milk, at)).Error?.Code));
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, ana, milk, at.AddMilliseconds(-1))).Error?.Code);
    }

    [Fact]
    public async Task Whoever_sees_the_workspace_sees_its_past_and_nobody_else_does()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (ben, _) = await house.MoveInAsync("ben@example.com");
        var home = await house.FoundAsync(ana);
        var milk = await house.CreateAsync(home, new TaskEdit { Title = "milk" });
        var note = House.Ok(await house.Core.NoteWriter.CreateAsync(home, ById(milk), new NoteEdit { Text = "said" }, null, Cancellation)).Value.Note;
        var revision = await RevisionAsync(house, home);
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, ben with { WorkspaceId = home.WorkspaceId }, milk, revision)).Error?.Code);
        // In another workspace there is no such task, whatever its moment is called.
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, ana, milk, 1)).Error?.Code);
        // What is no task has no past as one.
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, home, milk with { Id = note.Id }, revision)).Error?.Code);
        var viewer = await house.MakeMemberAsync(home, ben, new MemberEvent.Added(WorkspaceRole.Viewer));
        Assert.Equal("milk", House.Ok(await AtAsync(house, viewer, milk, revision)).Task.Title);
        await house.MakeMemberAsync(home, ben, new MemberEvent.Removed(WorkspaceRole.Viewer));
        Assert.Equal(ErrorCode.NotFound, (await AtAsync(house, viewer, milk, revision)).Error?.Code);
    }

    [Fact]
    public async Task The_past_goes_along_into_another_workspace_and_is_before_everything_there()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var there = await house.FoundAsync(ana, "There");
        await house.CreateAsync(ana, new TaskEdit { Title = "first" });
        var milk = await house.CreateAsync(ana, new TaskEdit { Title = "milk", Tags = new[] { "home" } });
        house.Time.Forward(TimeSpan.FromSeconds(1));
        var oats = await EditAsync(house, ana, milk, new TaskEdit { Title = "oats" });
        house.Time.Forward(TimeSpan.FromSeconds(1));
        var here = await RevisionAsync(house, ana);
        House.Ok(await house.Core.TaskTransfers.TransferAsync(ana, ById(milk), there.WorkspaceId, SubtaskFate.Follow, Precondition.None, null, Cancellation));
        var arrived = await RevisionAsync(house, there);
        house.Time.Forward(TimeSpan.FromSeconds(1));
        await EditAsync(house, there, milk, new TaskEdit { Title = "rice" });

        // It is called by the number that it has, and what its labels were is known where they are.
        Assert.Equal(("milk", 1, 0), House.Ok(await AtAsync(house, there, milk, milk.UpdatedAt)) is var first ? (first.Task.Title, first.Task.Number, first.Tags.Count) : default);
        Assert.Equal(("oats", 2), House.Ok(await AtAsync(house, there, milk, oats.UpdatedAt)) is var second ? (second.Task.Title, second.Task.Version) : default);
        Assert.Equal(("oats", 2), House.Ok(await AtAsync(house, there, milk, 0)) is var before ? (before.Task.Title, before.Task.Version) : default);
        Assert.Equal(("oats", "home"), House.Ok(await AtAsync(house, there, milk, arrived)) is var then ? (then.Task.Title, then.Tags[0]) : default);
        Assert.Equal("rice", House.Ok(await AtAsync(house, there, milk, arrived + 1)).Task.Title);
        // Where it was, nothing is left of it.
        Assert.Equal((ErrorCode.NotFound, ErrorCode.NotFound), ((await AtAsync(house, ana, milk, here)).Error?.Code, (await AtAsync(house, ana, milk, milk.UpdatedAt)).Error?.Code));
        // It comes back with all of it.
        House.Ok(await house.Core.TaskTransfers.TransferAsync(there, ById(milk), ana.WorkspaceId, SubtaskFate.Follow, Precondition.None, null, Cancellation));
        Assert.Equal("milk", House.Ok(await AtAsync(house, ana, milk, milk.UpdatedAt)).Task.Title);
        Assert.Equal("rice", House.Ok(await AtAsync(house, ana, milk, await RevisionAsync(house, ana))).Task.Title);
    }
}
