using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Writes to different workspaces that travel together, each of which is to come out as if it had travelled alone.</summary>
public sealed class SharedWritesTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<Caller[]> MoveInAsync(House house, int count)
    {
        var callers = new List<Caller>();
        for (var i = 0; i < count; i++)
        {
            callers.Add((await house.MoveInAsync($"user{i}@example.com")).Caller);
        }
        return [.. callers];
    }

    private static Task<Result<Written>> WriteAsync(House house, Caller caller, string title, IdempotencyKey? key = null) => house.Core.TaskWriter.WriteAsync(
        caller, TaskOperation.Create(new TaskEdit { Title = title }, House.V1), key, Cancellation);

    private static Task<Result<Written>> ChangeAsync(House house, Caller caller, Guid task, string title) => house.Core.TaskWriter.WriteAsync(
        caller, TaskOperation.Change(new TaskRef(task, 0), new TaskEdit { Title = title }, House.V1, Precondition.None), null, Cancellation);

    /// <summary>Some of the rows, but not each alone, were written by the same transaction as others.</summary>
    private static async Task AssertSharedAsync(House house) =>
        Assert.InRange(await house.CountAsync("SELECT count(DISTINCT xmin::text) FROM tasks"), 1, await house.CountAsync("SELECT count(*) FROM tasks") - 1);

    [Fact]
    public async Task Many_users_at_once_share_transactions_and_nothing_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var callers = await MoveInAsync(house, 30);
        const int each = 6;
        for (var round = 0; round < 3; round++)
        {
            var written = await House.AtOnceAsync(callers.Length * each, index => WriteAsync(house, callers[index % callers.Length], $"Task {index}", House.Key($"{round}/{index}")));
            Assert.All(written, (one, index) => Assert.Equal($"Task {index}", House.Ok(one).View.Task.Title));
        }
        await AssertSharedAsync(house);
        var tasks = new Dictionary<Guid, IReadOnlyList<Guid>>();
        foreach (var caller in callers)
        {
            Assert.Equal(Enumerable.Range(1, 3 * each).Select(number => (long)number), (await house.ColumnAsync<long>("SELECT number FROM tasks WHERE workspace_id = $1", caller.WorkspaceId)).Order());
            tasks[caller.WorkspaceId] = await house.ColumnAsync<Guid>("SELECT task_id FROM tasks WHERE workspace_id = $1", caller.WorkspaceId);
        }

        // All of them again, and each once.
        var changed = await House.AtOnceAsync(callers.Length * 3 * each, index =>
        {
            var caller = callers[index % callers.Length];
            return ChangeAsync(house, caller, tasks[caller.WorkspaceId][index / callers.Length], $"Changed {index}");
        });
        Assert.All(changed, (one, index) => Assert.Equal(($"Changed {index}", 2), (House.Ok(one).View.Task.Title, House.Ok(one).View.Task.Version)));
        await AssertSharedAsync(house);
        foreach (var caller in callers)
        {
            await house.AssertConsistentAsync(caller);
        }
    }

    [Fact]
    public async Task Tasks_for_one_workspace_are_made_together_and_in_a_row()
    {
        await using var house = await House.BuildAsync(postgres);
        var caller = (await MoveInAsync(house, 1))[0];
        var other = (await house.MoveInAsync("other@example.com")).Caller;
        var known = House.Ok(await WriteAsync(house, caller, "Known", House.Key("known"))).View.Task.Id;
        // Among them are a stranger, one that was made already, and one that is asked for again and again.
        var outcomes = await House.AtOnceAsync(200, index => (index % 10) switch
        {
            3 => WriteAsync(house, other with { WorkspaceId = caller.WorkspaceId }, "Never"),
            5 => WriteAsync(house, caller, "Known", House.Key("known")),
            7 => WriteAsync(house, caller, "Twenty times", House.Key("twenty")),
            _ => WriteAsync(house, caller, $"Task {index}", index % 2 == 0 ? House.Key($"{index}") : null),
        });
        for (var index = 0; index < outcomes.Length; index++)
        {
            switch (index % 10)
            {
                case 3:
                    Assert.Equal(ErrorCode.NotFound, outcomes[index].Error?.Code);
                    break;
                case 5:
                    Assert.Equal((true, known), (House.Ok(outcomes[index]).IsReplay, House.Ok(outcomes[index]).View.Task.Id));
                    break;
                case 7:
                    Assert.True(outcomes[index].Error is null or { Code: ErrorCode.IdempotencyInFlight or ErrorCode.Busy });
                    break;
                default:
                    Assert.Equal($"Task {index}", House.Ok(outcomes[index]).View.Task.Title);
                    break;
            }
        }
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM tasks WHERE title = 'Never'"));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM tasks WHERE title = 'Twenty times'"));
        Assert.Equal(Enumerable.Range(1, 142).Select(number => (long)number), (await house.ColumnAsync<long>("SELECT number FROM tasks WHERE workspace_id = $1", caller.WorkspaceId)).Order());
        var rows = await house.ColumnAsync<string>("SELECT number || ' ' || title FROM tasks WHERE workspace_id = $1", caller.WorkspaceId);
        Assert.All(outcomes.Where(one => one.Error is null).Select(one => House.Ok(one).View.Task), made => Assert.Contains($"{made.Number} {made.Title}", rows));
        Assert.InRange(await house.CountAsync("SELECT count(DISTINCT xmin::text) FROM tasks"), 1, 71);
        await house.AssertConsistentAsync(caller);
    }

    [Fact]
    public async Task Changes_in_one_workspace_travel_together_and_of_one_task_one_after_the_other()
    {
        await using var house = await House.BuildAsync(postgres);
        var caller = (await MoveInAsync(house, 1))[0];
        var tasks = (await House.AtOnceAsync(60, index => WriteAsync(house, caller, $"Task {index}"))).Select(one => House.Ok(one).View.Task.Id).ToList();
        var changed = await House.AtOnceAsync(60, index => ChangeAsync(house, caller, tasks[index], $"Changed {index}"));
        Assert.All(changed, (one, index) => Assert.Equal(($"Changed {index}", 2), (House.Ok(one).View.Task.Title, House.Ok(one).View.Task.Version)));
        Assert.All(await house.ColumnAsync<int>("SELECT version FROM tasks WHERE workspace_id = $1", caller.WorkspaceId), version => Assert.Equal(2, version));
        Assert.Equal(60, await house.CountAsync("SELECT count(*) FROM tasks WHERE title LIKE 'Changed %' AND revision > 61"));
        Assert.Equal(121, await house.CountAsync("SELECT max(revision) FROM events"));
        Assert.InRange(await house.CountAsync("SELECT count(DISTINCT xmin::text) FROM tasks"), 1, 30);

        // Of twenty who change the same, each finds what the one before has written.
        var contested = await House.AtOnceAsync(40, index => ChangeAsync(house, caller, index % 2 == 0 ? tasks[0] : tasks[index], $"Again {index}"));
        Assert.All(contested, one => House.Ok(one));
        Assert.Equal(22, (await house.RowAsync(caller, tasks[0])).Version);
        await house.AssertConsistentAsync(caller);
    }

    [Fact]
    public async Task Whoever_may_not_or_has_done_it_already_or_comes_too_late_keeps_nobody_else_from_it()
    {
        await using var house = await House.BuildAsync(postgres);
        var callers = await MoveInAsync(house, 24);
        var (logged, repeated, late) = (callers[0], callers[1], callers[2]);
        House.Ok(await WriteAsync(house, repeated, "Once", House.Key("known", "another request")));
        var once = House.Ok(await WriteAsync(house, repeated, "Once", House.Key("again"))).View.Task.Id;
        var contested = (await house.CreateAsync(late, new TaskEdit { Title = "Contested" })).Id;
        await house.ExecuteAsync($"UPDATE sessions SET ended_at = now() WHERE session_id = '{logged.SessionId}'");
        for (var round = 0; round < 4; round++)
        {
            var outcomes = await House.AtOnceAsync(96, index => (index % 24) switch
            {
                0 => WriteAsync(house, logged, "Never"),
                1 => index > 24 ? WriteAsync(house, repeated, "Never", House.Key("known", "this request")) : WriteAsync(house, repeated, "Once", House.Key("again")),
                2 => ChangeAsync(house, late, contested, $"Change {round} {index}"),
                3 => WriteAsync(house, callers[3], $"Task {round}", House.Key($"new {round}")),
                var user => WriteAsync(house, callers[user], $"Task {round} {index}"),
            });
            for (var i = 0; i < outcomes.Length; i++)
            {
                switch (i % 24)
                {
                    case 0:
                        Assert.Equal(ErrorCode.SessionEnded, outcomes[i].Error?.Code);
                        break;
                    case 1 when i > 24:
                        Assert.Equal(ErrorCode.IdempotencyMismatch, outcomes[i].Error?.Code);
                        break;
                    case 1:
                        Assert.Equal((true, once), (House.Ok(outcomes[i]).IsReplay, House.Ok(outcomes[i]).View.Task.Id));
                        break;
                    case 3:
                        // The first of four with one key makes it, whichever that is; the others are told of it, or to ask again.
                        Assert.True(outcomes[i].Error is null or { Code: ErrorCode.IdempotencyInFlight or ErrorCode.Busy });
                        break;
                    default:
                        House.Ok(outcomes[i]);
                        break;
                }
            }
        }
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM tasks WHERE title = 'Never'"));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM tasks WHERE title = 'Once' AND version = 1 AND number = 2"));
        Assert.Equal(20 * 16 + 4, await house.CountAsync("SELECT count(*) FROM tasks WHERE title LIKE 'Task %'"));
        Assert.Equal(17, (await house.RowAsync(late, contested)).Version);
        foreach (var caller in callers[1..])
        {
            await house.AssertConsistentAsync(caller);
        }
    }

    [Fact]
    public async Task A_workspace_that_somebody_holds_makes_no_other_wait()
    {
        await using var house = await House.BuildAsync(postgres);
        var callers = await MoveInAsync(house, 12);
        await using var holder = new NpgsqlConnection(house.ConnectionString);
        await holder.OpenAsync(Cancellation);
        await using (var hold = new NpgsqlCommand($"BEGIN; SELECT 1 FROM workspaces WHERE workspace_id = '{callers[0].WorkspaceId}' FOR UPDATE", holder))
        {
            await hold.ExecuteNonQueryAsync(Cancellation);
        }
        var held = Enumerable.Range(0, 6).Select(index => WriteAsync(house, callers[0], $"Held {index}")).ToList();
        for (var round = 0; round < 5; round++)
        {
            Assert.All(await House.AtOnceAsync(33, index => WriteAsync(house, callers[1 + index % 11], $"Free {index}")), one => House.Ok(one));
        }
        Assert.All(held, one => Assert.False(one.IsCompleted));
        await using (var release = new NpgsqlCommand("ROLLBACK", holder))
        {
            await release.ExecuteNonQueryAsync(Cancellation);
        }
        Assert.All(await Task.WhenAll(held), one => House.Ok(one));
        foreach (var caller in callers)
        {
            await house.AssertConsistentAsync(caller);
        }
    }
}
