using System.Collections.Concurrent;
using Quehacer.Core.Jobs;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class CleanUpTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_purge_leaves_the_skeleton_of_a_task_and_takes_what_it_was()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var kept = await house.CreateAsync(ana, new TaskEdit { Title = "kept" });
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "secret", Description = "very", Tags = new[] { "home" } });
        var reference = new TaskRef(task.Id, 0);
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Change(reference, new TaskEdit { Title = "still secret" }, House.V1, Precondition.None), null, Cancellation));
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(reference, Precondition.None), null, Cancellation));

        house.Time.Forward(TimeSpan.FromDays(29));
        await RunAsync(house);
        Assert.True((await house.RowAsync(ana, task.Id)).IsDeleted);
        house.Time.Forward(TimeSpan.FromDays(2));
        var done = await RunAsync(house);
        (ana, _) = await house.LogInAsync("ana@example.com");

        Assert.Equal(1, done["purge-deleted-tasks"]);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Tasks.FindAsync(ana, reference, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Restore(reference, Precondition.None), null, Cancellation)).Error?.Code);
        var stream = await house.StreamAsync(ana, task.Id);
        Assert.Equal(["task.created", "task.updated", "task.deleted", "task.purged"], stream.Select(stored => stored.Type));
        Assert.Equal([1, 2, 3, 4], stream.Select(stored => stored.Stamp.Version));
        Assert.Equal(task.Number, stream[0].Stamp.Number);
        Assert.Equal(Guid.Empty, stream[3].Stamp.ActorId);
        Assert.All(stream, stored => Assert.True(stored is { Data: null, Before: null }));
        Assert.Equal([0L], await house.ColumnAsync<long>("SELECT count(*) FROM events WHERE workspace_id = $1 AND (data::text || coalesce(before::text, '')) LIKE '%secret%'", ana.WorkspaceId));
        Assert.Equal("kept", (await house.RowAsync(ana, kept.Id)).Title);
        Assert.Equal(task.Number + 1, (await house.CreateAsync(ana, new TaskEdit { Title = "next" })).Number);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_restored_task_is_not_purged()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "Milk" });
        var reference = new TaskRef(task.Id, 0);
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(reference, Precondition.None), null, Cancellation));
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Restore(reference, Precondition.None), null, Cancellation));

        house.Time.Forward(TimeSpan.FromDays(100));
        Assert.Equal(0, (await RunAsync(house))["purge-deleted-tasks"]);
        (ana, _) = await house.LogInAsync("ana@example.com");
        Assert.Equal("Milk", House.Ok(await house.Core.Tasks.GetAsync(ana, reference, Cancellation)).Task.Title);
    }

    [Fact]
    public async Task A_repeat_of_what_made_a_purged_task_says_that_it_is_gone()
    {
        await using var house = await House.BuildAsync(postgres, keysKeptForDays: 365);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "Milk" }, House.Key("create"));
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(new TaskRef(task.Id, 0), Precondition.None), House.Key("delete"), Cancellation));
        house.Time.Forward(TimeSpan.FromDays(31));
        await RunAsync(house);
        (ana, _) = await house.LogInAsync("ana@example.com");

        var create = await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "Milk" }, House.V1), House.Key("create"), Cancellation);
        Assert.Equal(ErrorCode.Gone, create.Error?.Code);
        var delete = await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(new TaskRef(task.Id, 0), Precondition.None), House.Key("delete"), Cancellation);
        Assert.Equal(ErrorCode.Gone, delete.Error?.Code);
    }

    [Fact]
    public async Task Many_tasks_are_purged_in_one_run()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await House.AtOnceAsync(8, async index =>
        {
            for (var count = 0; count < 5; count++)
            {
                var task = await house.CreateAsync(ana, new TaskEdit { Title = $"task {index}.{count}" });
                House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(new TaskRef(task.Id, 0), Precondition.None), null, Cancellation));
            }
            return index;
        });
        house.Time.Forward(TimeSpan.FromDays(31));

        Assert.Equal(40, (await RunAsync(house))["purge-deleted-tasks"]);
        (ana, _) = await house.LogInAsync("ana@example.com");
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM tasks"));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Keys_are_forgotten_after_their_time_and_not_before()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.CreateAsync(ana, new TaskEdit { Title = "Milk" }, House.Key("old"));
        house.Time.Forward(TimeSpan.FromHours(23));
        await house.CreateAsync(ana, new TaskEdit { Title = "Bread" }, House.Key("new"));
        Assert.Equal(0, (await RunAsync(house))["delete-expired-idempotency-keys"]);

        house.Time.Forward(TimeSpan.FromHours(2));
        Assert.Equal(1, (await RunAsync(house))["delete-expired-idempotency-keys"]);

        Assert.Equal(["new"], await house.ColumnAsync<string>("SELECT key FROM idempotency_keys WHERE workspace_id = $1", ana.WorkspaceId));
        Assert.False(House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "Milk" }, House.V1), House.Key("old"), Cancellation)).IsReplay);
    }

    [Fact]
    public async Task Ended_and_expired_sessions_are_deleted_when_no_access_token_of_theirs_is_left()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (elsewhere, _) = await house.LogInAsync("ana@example.com");
        House.Ok(await house.Core.Sessions.LogoutAsync(ana, null, Cancellation));

        house.Time.Forward(TimeSpan.FromMinutes(70));
        Assert.Equal(0, (await RunAsync(house))["delete-ended-sessions"]);
        house.Time.Forward(TimeSpan.FromMinutes(60));
        Assert.Equal(1, (await RunAsync(house))["delete-ended-sessions"]);
        Assert.True(await house.Core.Sessions.IsOpenAsync(elsewhere, Cancellation));
        house.Time.Forward(TimeSpan.FromDays(31));
        Assert.Equal(1, (await RunAsync(house))["delete-ended-sessions"]);
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM sessions"));
    }

    /// <summary>Runs every job that is due and gives how much each did.</summary>
    private static async Task<Dictionary<string, int>> RunAsync(House house)
    {
        var done = new Dictionary<string, int>();
        await new JobRunner(house.Database, house.Core.CleanUp.Jobs, house.Time, (name, count, exception) =>
        {
            Assert.Null(exception);
            done.Add(name, count);
        }).RunDueAsync(Cancellation);
        return done;
    }
}

public sealed class JobRunnerTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_that_is_due_is_run_by_one_of_the_servers()
    {
        await using var house = await House.BuildAsync(postgres);
        var runs = 0;
        var job = new Job("count", TimeSpan.FromMinutes(10), async cancellation =>
        {
            Interlocked.Increment(ref runs);
            await Task.Delay(100, cancellation);
            return 0;
        });
        JobRunner Server() => new(house.Database, [job], house.Time, (_, _, exception) => Assert.Null(exception));

        await Task.WhenAll(Server().RunDueAsync(Cancellation), Server().RunDueAsync(Cancellation));
        Assert.Equal(1, runs);
        await Task.WhenAll(Server().RunDueAsync(Cancellation), Server().RunDueAsync(Cancellation));
        Assert.Equal(1, runs);

        for (var round = 2; round <= 6; round++)
        {
            house.Time.Forward(TimeSpan.FromMinutes(11));
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Server().RunDueAsync(Cancellation)));
            Assert.Equal(round, runs);
        }
    }

    [Fact]
    public async Task A_job_is_called_until_there_is_nothing_left_to_do()
    {
        await using var house = await House.BuildAsync(postgres);
        var left = 5;
        var reported = new ConcurrentQueue<(string, int, Exception?)>();
        var job = new Job("empty", TimeSpan.FromMinutes(10), _ => Task.FromResult(left > 0 ? left-- : 0));

        await new JobRunner(house.Database, [job], house.Time, (name, done, exception) => reported.Enqueue((name, done, exception))).RunDueAsync(Cancellation);

        Assert.Equal([("empty", 15, null)], reported);
    }

    [Fact]
    public async Task A_job_that_fails_is_tried_again_when_its_lease_runs_out_and_holds_up_no_other()
    {
        await using var house = await House.BuildAsync(postgres);
        int failures = 0, others = 0;
        var reported = new ConcurrentQueue<Exception?>();
        Job[] jobs =
        [
            new("failing", TimeSpan.FromMinutes(10), _ =>
            {
                failures++;
                throw new InvalidOperationException("broken");
            }),
            new("other", TimeSpan.FromMinutes(10), _ =>
            {
                others++;
                return Task.FromResult(0);
            }),
        ];
        var runner = new JobRunner(house.Database, jobs, house.Time, (_, _, exception) => reported.Enqueue(exception));

        await runner.RunDueAsync(Cancellation);
        await runner.RunDueAsync(Cancellation);
        Assert.Equal((1, 1), (failures, others));
        Assert.Equal("broken", reported.First()?.Message);

        house.Time.Forward(TimeSpan.FromMinutes(3));
        await runner.RunDueAsync(Cancellation);
        Assert.Equal((2, 1), (failures, others));
    }

    [Fact]
    public async Task A_runner_stops_when_it_is_told_to()
    {
        await using var house = await House.BuildAsync(postgres);
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var job = new Job("once", TimeSpan.FromMinutes(10), _ =>
        {
            ran.TrySetResult();
            return Task.FromResult(0);
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = new JobRunner(house.Database, [job], TimeProvider.System, (_, _, _) => { }).RunAsync(TimeSpan.FromMilliseconds(20), stop.Token);

        await ran.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }
}
