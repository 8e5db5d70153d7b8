using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class TaskWriterTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Eight_writers_of_one_task_lose_nothing_and_double_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "start" });
        var reference = new TaskRef(task.Id, 0);

        const int changes = 12;
        var acknowledged = await House.AtOnceAsync(8, async writer =>
        {
            var written = new List<(TaskItem Task, string Title)>();
            for (var change = 0; change < changes; change++)
            {
                var title = $"writer {writer}, change {change}";
                var edit = new TaskEdit { Title = title, State = change % 2 == 0 ? TaskState.Done : TaskState.Pending };
                var result = await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Change(reference, edit, House.V1, Precondition.None), null, Cancellation);
                written.Add((House.Ok(result).View.Task, title));
            }
            return written;
        });

        var stream = await house.StreamAsync(ana, task.Id);
        var titles = stream.Select(stored => TaskEvent.FromStored(stored)).OfType<TaskEvent.Updated>().Select(updated => updated.Data.Title.Value).ToList();
        Assert.Equal(8 * changes, titles.Count);
        Assert.Equal(titles.Order(StringComparer.Ordinal), acknowledged.SelectMany(written => written).Select(written => written.Title).Order(StringComparer.Ordinal));
        foreach (var (answered, title) in acknowledged.SelectMany(written => written))
        {
            TaskItem? replayed = null;
            foreach (var stored in stream.TakeWhile(stored => stored.Stamp.Version <= answered.Version))
            {
                replayed = TaskItem.Apply(replayed, TaskEvent.FromStored(stored), stored.Stamp);
            }
            Assert.Equal(title, answered.Title);
            House.AssertSame(replayed!, answered);
        }
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Of_two_who_read_the_same_version_one_is_refused_so_that_a_count_is_right()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "0" });
        var reference = new TaskRef(task.Id, 0);

        var refusals = await House.AtOnceAsync(8, async writer =>
        {
            var refused = 0;
            for (var done = 0; done < 5;)
            {
                var read = House.Ok(await house.Core.Tasks.GetAsync(ana, reference, Cancellation));
                var edit = new TaskEdit { Title = (int.Parse(read.Task.Title) + 1).ToString() };
                var precondition = writer % 2 == 0 ? new Precondition(null, read.Task.Version) : new Precondition([read.Tag], null);
                var result = await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Change(reference, edit, House.V1, precondition), null, Cancellation);
                if (result.IsOk)
                {
                    done++;
                }
                else
                {
                    Assert.Equal(ErrorCode.PreconditionFailed, result.Error.Code);
                    Assert.NotEqual(read.Tag, result.Error.Current);
                    refused++;
                }
            }
            return refused;
        });

        Assert.Equal("40", (await house.RowAsync(ana, task.Id)).Title);
        Assert.True(refusals.Sum() > 0, "Nobody ever met anybody: the race was not run.");
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Fifty_creations_under_one_key_make_one_task()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");

        var results = await House.AtOnceAsync(50, _ =>
            house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "Milk", Tags = new[] { "home" } }, House.V1), House.Key("k"), Cancellation));

        var written = results.Select(House.Ok).ToList();
        Assert.Single(written, result => !result.IsReplay);
        Assert.Equal(49, written.Count(result => result.IsReplay));
        Assert.Single(written.Select(result => result.View.Task.Id).Distinct());
        Assert.All(written, result => House.AssertSame(written[0].View.Task, result.View.Task));
        Assert.All(written, result => Assert.Equal(["home"], result.View.Tags));
        Assert.Equal([1L], await house.ColumnAsync<long>("SELECT count(*) FROM tasks WHERE workspace_id = $1", ana.WorkspaceId));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Fifty_creations_without_tags_under_one_key_make_one_task()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");

        var results = await House.AtOnceAsync(50, _ => house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "Milk" }, House.V1), House.Key("k"), Cancellation));

        Assert.Single(results.Select(House.Ok), result => !result.IsReplay);
        Assert.Equal([1L], await house.ColumnAsync<long>("SELECT count(*) FROM tasks WHERE workspace_id = $1", ana.WorkspaceId));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_repeat_shows_the_task_as_it_was_then_and_changes_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var writer = house.Core.TaskWriter;
        var created = House.Ok(await writer.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "Milk" }, House.V1), House.Key("create"), Cancellation));
        var task = new TaskRef(created.View.Task.Id, 0);
        var changed = House.Ok(await writer.WriteAsync(ana, TaskOperation.Change(task, new TaskEdit { Title = "Bread" }, House.V1, new Precondition(null, 1)), House.Key("change"), Cancellation));
        var deleted = House.Ok(await writer.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), House.Key("delete"), Cancellation));

        var again = new[]
        {
            (created, await writer.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "Milk" }, House.V1), House.Key("create"), Cancellation)),
            (changed, await writer.WriteAsync(ana, TaskOperation.Change(task, new TaskEdit { Title = "Bread" }, House.V1, new Precondition(null, 1)), House.Key("change"), Cancellation)),
            (deleted, await writer.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), House.Key("delete"), Cancellation)),
        };

        foreach (var (first, repeat) in again)
        {
            Assert.True(House.Ok(repeat).IsReplay);
            House.AssertSame(first.View.Task, repeat.Value!.View.Task);
            Assert.Equal(first.View.Tag, repeat.Value.View.Tag);
        }
        Assert.Equal(3, (await house.StreamAsync(ana, created.View.Task.Id)).Count);
    }

    [Fact]
    public async Task Another_request_under_a_known_key_is_refused()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        await house.CreateAsync(ana, new TaskEdit { Title = "Milk" }, House.Key("k"));

        var other = await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "Bread" }, House.V1), House.Key("k", "another request"), Cancellation);
        Assert.Equal(ErrorCode.IdempotencyMismatch, other.Error?.Code);
        Assert.False(House.Ok(await house.Core.TaskWriter.WriteAsync(eva, TaskOperation.Create(new TaskEdit { Title = "Milk" }, House.V1), House.Key("k"), Cancellation)).IsReplay);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_whose_key_is_still_at_work_is_told_so(bool withNewTags)
    {
        await using var house = await House.BuildAsync(postgres, lockTimeoutMs: 300);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var edit = withNewTags ? new TaskEdit { Title = "Milk", Tags = new[] { "home" } } : new TaskEdit { Title = "Milk" };
        await using (var connection = await house.Database.OpenAsync(Cancellation))
        {
            await using var transaction = await connection.BeginTransactionAsync(Cancellation);
            await using var first = new NpgsqlCommand(Idempotency.Insert, connection);
            first.Parameters.WithKey(ana.WorkspaceId, ana.UserId, House.Key("k"), Guid.NewGuid(), 1, outcome: null, house.Time.NowUtc());
            await first.ExecuteNonQueryAsync(Cancellation);

            Assert.Equal(ErrorCode.IdempotencyInFlight, (await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(edit, House.V1), House.Key("k"), Cancellation)).Error?.Code);
        }
        Assert.False(House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(edit, House.V1), House.Key("k"), Cancellation)).IsReplay);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task What_was_refused_is_not_remembered_under_its_key()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");

        Assert.Equal(ErrorCode.Invalid, (await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "" }, House.V1), House.Key("k"), Cancellation)).Error?.Code);
        Assert.False(House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "Milk" }, House.V1), House.Key("k"), Cancellation)).IsReplay);
    }

    [Fact]
    public async Task Creations_that_bring_the_same_new_tags_make_each_tag_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        string[][] spellings = [["Home", "work"], ["work", "HOME"], ["home", "WORK", "urgent"], ["Urgent", "home"]];

        var results = await House.AtOnceAsync(16, index =>
            house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = $"task {index}", Tags = spellings[index % 4] }, House.V1), null, Cancellation));

        Assert.All(results, result => House.Ok(result));
        Assert.Equal(["home", "urgent", "work"], await house.ColumnAsync<string>("SELECT name_key FROM labels WHERE workspace_id = $1 ORDER BY name_key", ana.WorkspaceId));
        Assert.Equal([3L], await house.ColumnAsync<long>("SELECT count(*) FROM events WHERE workspace_id = $1 AND type = 'tag.created'", ana.WorkspaceId));
        Assert.Empty(await house.ColumnAsync<Guid>(
            "SELECT unnest(tag_ids) FROM tasks WHERE workspace_id = $1 EXCEPT SELECT label_id FROM labels WHERE workspace_id = $1", ana.WorkspaceId));
        Assert.Empty(await house.ColumnAsync<Guid>(
            "SELECT t.label_id FROM labels t LEFT JOIN events e ON e.workspace_id = t.workspace_id AND e.revision = t.revision AND e.stream_id = t.label_id WHERE t.workspace_id = $1 AND e.revision IS NULL",
            ana.WorkspaceId));
        Assert.Equal(Enumerable.Range(1, 16).Select(number => (long)number), results.Select(result => result.Value!.View.Task.Number).Order());
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Counts_are_right_after_everything_that_can_be_done_at_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var writer = house.Core.TaskWriter;
        var shared = await house.CreateAsync(ana, new TaskEdit { Title = "everybody's" });

        await House.AtOnceAsync(8, async index =>
        {
            var own = new TaskRef((await house.CreateAsync(ana, new TaskEdit { Title = $"task {index}", State = index % 2 == 0 ? TaskState.Done : TaskState.Pending })).Id, 0);
            foreach (var task in new[] { own, new TaskRef(default, shared.Number) })
            {
                await writer.WriteAsync(ana, TaskOperation.Complete(task, Precondition.None), null, Cancellation);
                await writer.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), null, Cancellation);
                await writer.WriteAsync(ana, TaskOperation.Restore(task, Precondition.None), null, Cancellation);
                await writer.WriteAsync(ana, TaskOperation.Reopen(task, Precondition.None), null, Cancellation);
            }
            return index % 3 == 0 ? await writer.WriteAsync(ana, TaskOperation.Delete(own, Precondition.None), null, Cancellation) : default;
        });

        await house.AssertConsistentAsync(ana);
        var listed = House.Ok(await house.ListAsync(ana, TaskFilter.All, limit: 100));
        Assert.Equal(listed.Total, listed.Tasks.Count);
    }

    [Fact]
    public async Task A_deleted_task_is_not_found_until_it_is_restored()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = new TaskRef((await house.CreateAsync(ana, new TaskEdit { Title = "Milk" })).Id, 0);
        var writer = house.Core.TaskWriter;
        House.Ok(await writer.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), null, Cancellation));

        Assert.Equal(ErrorCode.NotFound, (await house.Core.Tasks.GetAsync(ana, task, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await writer.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await writer.WriteAsync(ana, TaskOperation.Complete(task, Precondition.None), null, Cancellation)).Error?.Code);
        Assert.Equal(3, House.Ok(await writer.WriteAsync(ana, TaskOperation.Restore(task, Precondition.None), null, Cancellation)).View.Task.Version);
        Assert.Equal("Milk", House.Ok(await house.Core.Tasks.GetAsync(ana, task, Cancellation)).Task.Title);
    }

    [Fact]
    public async Task Nobody_reads_or_writes_in_the_workspace_of_somebody_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "Milk", Tags = new[] { "home" } });
        var intruder = eva with { WorkspaceId = ana.WorkspaceId };
        var writer = house.Core.TaskWriter;

        foreach (var reference in new[] { new TaskRef(task.Id, 0), new TaskRef(default, 1) })
        {
            Assert.Equal(ErrorCode.NotFound, (await house.Core.Tasks.GetAsync(eva, reference, Cancellation)).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await house.Core.Tasks.GetAsync(intruder, reference, Cancellation)).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await writer.WriteAsync(intruder, TaskOperation.Delete(reference, Precondition.None), House.Key("k"), Cancellation)).Error?.Code);
        }
        Assert.Equal(ErrorCode.NotFound, (await house.ListAsync(intruder, TaskFilter.All, limit: 20)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await writer.WriteAsync(intruder, TaskOperation.Create(new TaskEdit { Title = "x" }, House.V1), House.Key("k"), Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await writer.WriteAsync(intruder, TaskOperation.Create(new TaskEdit { Title = "x", Tags = new[] { "home" } }, House.V1), null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await writer.WriteAsync(intruder, TaskOperation.Create(new TaskEdit { Title = "x", Tags = new[] { "new" } }, House.V1), null, Cancellation)).Error?.Code);
        Assert.Single(await house.StreamAsync(ana, task.Id));
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM idempotency_keys"));
        await house.AssertConsistentAsync(ana);
    }

    /// <summary>A token may outlive its database: a key that is configured, and a database that was made anew.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_creation_in_a_workspace_that_is_not_there_is_never_acknowledged(bool underAKey)
    {
        await using var house = await House.BuildAsync(postgres);
        var nobody = new Caller(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), "req_test");

        var result = await house.Core.TaskWriter.WriteAsync(nobody, TaskOperation.Create(new TaskEdit { Title = "lost" }, House.V1), underAKey ? House.Key("k") : null, Cancellation);

        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM tasks"));
        Assert.Equal(ErrorCode.SessionEnded, result.Error?.Code);
    }

    [Fact]
    public async Task Lists_are_sorted_filtered_and_counted()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        foreach (var (title, priority) in new[] { ("a", TaskPriority.Low), ("b", TaskPriority.Critical), ("c", TaskPriority.Medium), ("d", TaskPriority.High) })
        {
            await house.CreateAsync(ana, new TaskEdit { Title = title, Priority = priority });
            house.Time.Forward(TimeSpan.FromSeconds(1));
        }
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Complete(new TaskRef(default, 2), Precondition.None), null, Cancellation));

        async Task<(string Titles, long? Total)> List(TaskFilter filter, int number = 1, int limit = 20)
        {
            var page = House.Ok(await house.ListAsync(ana, filter, number, limit));
            return (string.Concat(page.Tasks.Select(view => view.Task.Title)), page.Total);
        }
        Assert.Equal(("dcba", 4), await List(TaskFilter.All));
        Assert.Equal(("abcd", 4), await List(new TaskFilter { Reversed = true }));
        Assert.Equal(("bdca", 4), await List(new TaskFilter { Sort = TaskSort.Updated }));
        Assert.Equal(("bdca", 4), await List(new TaskFilter { Sort = TaskSort.Priority }));
        Assert.Equal(("acdb", 4), await List(new TaskFilter { Sort = TaskSort.Priority, Reversed = true }));
        Assert.Equal(("b", 1), await List(new TaskFilter { State = TaskState.Done }));
        Assert.Equal(("dca", 3), await List(new TaskFilter { State = TaskState.Pending }));
        Assert.Equal(("ba", 4), await List(TaskFilter.All, 2, 2));
        Assert.Equal(("", 4), await List(TaskFilter.All, int.MaxValue, 100));
    }
}
