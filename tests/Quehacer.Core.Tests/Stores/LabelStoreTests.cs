using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class LabelStoreTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<Label> MakeAsync(House house, Caller caller, string name, LabelKind kind = LabelKind.Tag, string? color = null) =>
        House.Ok(await house.Core.LabelWriter.CreateAsync(caller, kind, new LabelEdit { Name = name, Color = color }, 50, null, Cancellation)).Value.Label;

    private static Task<Result<Answered<LabelView>>> ChangeAsync(House house, Caller caller, Label label, LabelEdit edit, IdempotencyKey? key = null, Precondition? precondition = null) =>
        house.Core.LabelWriter.ChangeAsync(caller, label.Kind, label.Id, edit, 50, precondition ?? Precondition.None, key, Cancellation);

    private static Task<Result<Answered<LabelView>>> MergeAsync(House house, Caller caller, Label label, Label into, IdempotencyKey? key = null) =>
        house.Core.LabelWriter.MergeAsync(caller, label.Id, into.Id, Precondition.None, key, Cancellation);

    private static Task<Result<Answered<LabelView>>> DeleteAsync(House house, Caller caller, Label label, IdempotencyKey? key = null) =>
        house.Core.LabelWriter.DeleteAsync(caller, label.Kind, label.Id, Precondition.None, key, Cancellation);

    private static async Task<IReadOnlyList<LabelView>> ListAsync(House house, Caller caller, LabelKind kind = LabelKind.Tag) =>
        House.Ok(await house.Core.Labels.ListAsync(caller, kind, 1, 100, withTaskCounts: true, Cancellation)).Labels;

    private static async Task<TaskView> ShowAsync(House house, Caller caller, TaskItem task) =>
        House.Ok(await house.Core.Tasks.GetAsync(caller, new TaskRef(task.Id, 0), Cancellation));

    private static Task<long> LabelsRevisionAsync(House house) => house.CountAsync("SELECT max(labels_revision) FROM workspaces");

    [Theory]
    [InlineData(LabelKind.Tag, "tag")]
    [InlineData(LabelKind.Category, "category")]
    public async Task A_label_has_an_event_for_every_change_and_none_for_none(LabelKind kind, string name)
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");

        var made = await MakeAsync(house, ana, "Home", kind, "#FF5733");
        Assert.Equal((kind, "Home", "#FF5733", 1), (made.Kind, made.Name, made.Color, made.Version));
        Assert.Equal(0, await LabelsRevisionAsync(house));
        var renamed = House.Ok(await ChangeAsync(house, ana, made, new LabelEdit { Name = "HOME" })).Value.Label;
        Assert.Equal(made with { Name = "HOME", Version = 2, UpdatedAt = renamed.UpdatedAt }, renamed);
        var bleached = House.Ok(await ChangeAsync(house, ana, made, new LabelEdit { Name = "HOME", Color = (string?)null })).Value.Label;
        Assert.Equal(renamed with { Color = null, Version = 3, UpdatedAt = bleached.UpdatedAt }, bleached);
        Assert.Equal(bleached, House.Ok(await ChangeAsync(house, ana, made, new LabelEdit { Name = "HOME", Color = (string?)null })).Value.Label);
        Assert.Equal(bleached, House.Ok(await house.Core.Labels.GetAsync(ana, kind, made.Id, withTaskCount: false, Cancellation)).Label);
        Assert.Equal(await house.CountAsync("SELECT max(revision) FROM workspaces"), await LabelsRevisionAsync(house));
        await house.AssertConsistentAsync(ana);
        House.Ok(await DeleteAsync(house, ana, made));

        Assert.Equal(
            [
                ($"{name}.created", """{"name": "Home", "color": "#FF5733"}""", null), ($"{name}.updated", """{"name": "HOME"}""", """{"name": "Home"}"""),
                ($"{name}.updated", """{"color": null}""", """{"color": "#FF5733"}"""), ($"{name}.deleted", null, null),
            ],
            (await house.StreamAsync(ana, made.Id)).Select(stored => (stored.Type, stored.Data, stored.Before)));
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Labels.GetAsync(ana, kind, made.Id, withTaskCount: false, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await DeleteAsync(house, ana, made)).Error?.Code);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_name_is_measured_only_where_it_differs_from_the_stored_one()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var writer = house.Core.LabelWriter;
        var longName = new string('a', 60);
        var tag = House.Ok(await writer.CreateAsync(ana, LabelKind.Tag, new LabelEdit { Name = longName }, 255, null, Cancellation)).Value.Label;

        Assert.Equal("#000000", House.Ok(await ChangeAsync(house, ana, tag, new LabelEdit { Name = longName, Color = "#000000" })).Value.Label.Color);
        Assert.Equal(new FieldError(Field.Name, FieldFault.TooLong, 50), Assert.Single((await ChangeAsync(house, ana, tag, new LabelEdit { Name = longName + "b" })).Error!.Fields));
        foreach (var (edit, fault) in new[]
        {
            (new LabelEdit(), FieldFault.Required), (new LabelEdit { Name = "" }, FieldFault.Required), (new LabelEdit { Name = string.Concat(Enumerable.Repeat("😀", 51)) }, FieldFault.TooLong),
            (new LabelEdit { Name = Edit<string>.Malformed(FieldFault.NotText) }, FieldFault.NotText),
        })
        {
            var error = (await writer.CreateAsync(ana, LabelKind.Tag, edit, 50, null, Cancellation)).Error;
            Assert.Equal((Field.Name, fault), (error!.Fields.Single().Field, error.Fields.Single().Fault));
        }
        House.Ok(await writer.CreateAsync(ana, LabelKind.Tag, new LabelEdit { Name = string.Concat(Enumerable.Repeat("😀", 50)) }, 50, null, Cancellation));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_name_is_there_once_for_each_kind_whatever_its_case_and_with_its_accents()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var home = await MakeAsync(house, ana, "Árbol");
        await MakeAsync(house, ana, "Arbol");
        await MakeAsync(house, ana, "ÁRBOL", LabelKind.Category);
        await MakeAsync(house, eva, "árbol");
        var work = await MakeAsync(house, ana, "work");

        Assert.Equal(ErrorCode.NameTaken, (await house.Core.LabelWriter.CreateAsync(ana, LabelKind.Tag, new LabelEdit { Name = "áRBOL" }, 50, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NameTaken, (await ChangeAsync(house, ana, work, new LabelEdit { Name = "ÁRBOL" })).Error?.Code);
        House.Ok(await ChangeAsync(house, ana, home, new LabelEdit { Name = "ÁRBOL" }));
        House.Ok(await DeleteAsync(house, ana, home));
        House.Ok(await ChangeAsync(house, ana, work, new LabelEdit { Name = "ÁRBOL" }));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Of_twenty_creations_of_one_name_at_once_one_succeeds()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");

        var results = await House.AtOnceAsync(20, index => house.Core.LabelWriter.CreateAsync(
            ana, LabelKind.Tag, new LabelEdit { Name = index % 2 == 0 ? "Home" : "hOME" }, 50, index % 4 == 0 ? House.Key($"{index}") : null, Cancellation));

        Assert.Single(results, result => result.IsOk);
        Assert.All(results.Where(result => !result.IsOk), result => Assert.Equal(ErrorCode.NameTaken, result.Error!.Code));
        Assert.Equal([1L], await house.ColumnAsync<long>("SELECT count(*) FROM labels WHERE workspace_id = $1", ana.WorkspaceId));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Of_many_renamings_to_one_name_at_once_one_succeeds()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var tags = new List<Label>();
        for (var index = 0; index < 10; index++)
        {
            tags.Add(await MakeAsync(house, ana, $"tag {index}"));
        }

        var results = await House.AtOnceAsync(10, index => ChangeAsync(house, ana, tags[index], new LabelEdit { Name = "Home" }));

        Assert.Single(results, result => result.IsOk);
        Assert.Equal(9, results.Count(result => result.Error?.Code == ErrorCode.NameTaken));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Of_two_who_read_the_same_version_one_is_refused()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var tag = await MakeAsync(house, ana, "0");
        var refusals = await House.AtOnceAsync(8, async writer =>
        {
            var refused = 0;
            for (var done = 0; done < 5;)
            {
                var read = House.Ok(await house.Core.Labels.GetAsync(ana, LabelKind.Tag, tag.Id, withTaskCount: false, Cancellation));
                var precondition = writer % 2 == 0 ? new Precondition(null, read.Label.Version) : new Precondition([read.Tag], null);
                var result = await ChangeAsync(house, ana, tag, new LabelEdit { Name = $"{int.Parse(read.Label.Name) + 1}" }, precondition: precondition);
                if (result.IsOk)
                {
                    done++;
                    continue;
                }
                Assert.Equal(ErrorCode.PreconditionFailed, result.Error.Code);
                Assert.NotEqual(read.Tag, result.Error.Current);
                refused++;
            }
            return refused;
        });

        Assert.Equal("40", House.Ok(await house.Core.Labels.GetAsync(ana, LabelKind.Tag, tag.Id, withTaskCount: false, Cancellation)).Label.Name);
        Assert.True(refusals.Sum() > 0, "Nobody ever met anybody: the race was not run.");
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_merge_carries_along_what_was_merged_before_and_frees_the_name()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (a, b, c) = (await MakeAsync(house, ana, "a"), await MakeAsync(house, ana, "b"), await MakeAsync(house, ana, "c"));
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "all", Tags = new[] { "a", "b", "c" } });
        var other = await house.CreateAsync(ana, new TaskEdit { Title = "one", Tags = new[] { "a" } });

        Assert.Equal(b, House.Ok(await MergeAsync(house, ana, a, b)).Value.Label);
        Assert.Equal(["b", "c"], (await ShowAsync(house, ana, task)).Tags);
        Assert.Equal([("b", 2L), ("c", 1L)], (await ListAsync(house, ana)).Select(view => (view.Label.Name, view.TaskCount!.Value)));
        Assert.Equal(c, House.Ok(await MergeAsync(house, ana, b, c)).Value.Label);
        Assert.Equal(["c"], (await ShowAsync(house, ana, task)).Tags);
        Assert.Equal(["c"], (await ShowAsync(house, ana, other)).Tags);
        Assert.Equal([("c", 2L)], (await ListAsync(house, ana)).Select(view => (view.Label.Name, view.TaskCount!.Value)));
        Assert.Equal(2, House.Ok(await house.ListAsync(ana, new TaskFilter { Tags = ["C"] })).Total);
        Assert.Equal(("""{"into": """ + $"\"{c.Id}\"}}", null), (await house.StreamAsync(ana, b.Id)).Select(stored => (stored.Data, stored.Before)).Last());
        await house.AssertConsistentAsync(ana);

        var newer = House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Change(new TaskRef(other.Id, 0), new TaskEdit { AddTags = new[] { "A" } }, House.V1, Precondition.None), null, Cancellation)).View;
        Assert.Equal(["c", "A"], newer.Tags);
        Assert.NotEqual(a.Id, newer.Task.TagIds[1]);
        await house.AssertConsistentAsync(ana);

        House.Ok(await DeleteAsync(house, ana, c));
        Assert.Empty((await ShowAsync(house, ana, task)).Tags);
        Assert.Equal(["A"], await house.ColumnAsync<string>("SELECT name FROM labels WHERE workspace_id = $1", ana.WorkspaceId));
        Assert.Equal(1, (await ShowAsync(house, ana, task)).Task.Version);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_tag_goes_into_another_tag_of_its_workspace_and_into_nothing_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var (a, b, merged) = (await MakeAsync(house, ana, "a"), await MakeAsync(house, ana, "b"), await MakeAsync(house, ana, "merged"));
        House.Ok(await MergeAsync(house, ana, merged, b));
        foreach (var nothing in new[] { await MakeAsync(house, eva, "theirs"), await MakeAsync(house, ana, "category", LabelKind.Category), merged, a with { Id = Guid.NewGuid() } })
        {
            Assert.Equal(new FieldError(Field.Into, FieldFault.NoSuchThing), Assert.Single((await MergeAsync(house, ana, a, nothing)).Error!.Fields));
            Assert.Equal(ErrorCode.NotFound, (await MergeAsync(house, ana, nothing, a)).Error?.Code);
        }
        Assert.Equal(FieldFault.Contradiction, Assert.Single((await MergeAsync(house, ana, a, a)).Error!.Fields).Fault);
        Assert.Equal(ErrorCode.NotFound, (await ChangeAsync(house, ana, merged, new LabelEdit { Name = "x" })).Error?.Code);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Merges_in_a_circle_at_once_close_no_circle_and_lose_no_tag_of_a_task()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var tags = new List<Label>();
        for (var index = 0; index < 8; index++)
        {
            tags.Add(await MakeAsync(house, ana, $"tag {index}"));
        }
        for (var index = 0; index < 8; index++)
        {
            await house.CreateAsync(ana, new TaskEdit { Title = $"task {index}", Tags = new[] { $"tag {index}", $"tag {(index + 3) % 8}" } });
        }

        var results = await House.AtOnceAsync(8, index => MergeAsync(house, ana, tags[index], tags[(index + 1) % 8]));

        // Whoever comes when the next tag is merged already is refused; so some remain, but nothing is lost and no circle is closed.
        Assert.All(results.Where(result => !result.IsOk), result => Assert.Equal(FieldFault.NoSuchThing, result.Error!.Fields.Single().Fault));
        var left = await ListAsync(house, ana);
        Assert.Equal(8 - results.Count(result => result.IsOk), left.Count);
        var tasks = House.Ok(await house.ListAsync(ana, TaskFilter.All)).Tasks;
        Assert.All(tasks, task => Assert.NotEmpty(task.Tags));
        Assert.All(left, tag => Assert.Equal(tasks.Count(task => task.Tags.Contains(tag.Label.Name)), tag.TaskCount));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_repeat_under_a_key_shows_what_the_first_request_came_to()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var writer = house.Core.LabelWriter;
        var into = await MakeAsync(house, ana, "into", color: "#ABCDEF");
        Task<Result<Answered<LabelView>>> Create() => writer.CreateAsync(ana, LabelKind.Tag, new LabelEdit { Name = "a", Color = "#000000" }, 50, House.Key("create"), Cancellation);
        var created = House.Ok(await Create());
        var tag = created.Value.Label;
        Task<Result<Answered<LabelView>>> Change() => ChangeAsync(house, ana, tag, new LabelEdit { Name = "b" }, House.Key("change"), new Precondition(null, 1));
        Task<Result<Answered<LabelView>>> Nothing() => ChangeAsync(house, ana, tag, new LabelEdit { Name = "b" }, House.Key("nothing"));
        Task<Result<Answered<LabelView>>> Merge() => MergeAsync(house, ana, tag, into, House.Key("merge"));
        Task<Result<Answered<LabelView>>> Delete() => DeleteAsync(house, ana, into, House.Key("delete"));
        var firsts = new[] { created, House.Ok(await Change()), House.Ok(await Nothing()), House.Ok(await Merge()) };
        House.Ok(await ChangeAsync(house, ana, into, new LabelEdit { Name = "renamed" }));
        var deleted = House.Ok(await Delete());

        var repeats = new[] { await Create(), await Change(), await Nothing(), await Merge(), await Delete() };
        Assert.All(firsts.Append(deleted).Zip(repeats), pair =>
        {
            Assert.False(pair.First.IsReplay);
            Assert.True(House.Ok(pair.Second).IsReplay);
            Assert.Equal(pair.First.Value, pair.Second.Value!.Value);
        });
        Assert.Equal(ErrorCode.IdempotencyMismatch,
            (await writer.CreateAsync(ana, LabelKind.Tag, new LabelEdit { Name = "c" }, 50, House.Key("create", "another request"), Cancellation)).Error?.Code);
        Assert.Empty(await ListAsync(house, ana));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Fifty_requests_at_once_under_one_key_do_the_work_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (tag, into) = (await MakeAsync(house, ana, "a"), await MakeAsync(house, ana, "into"));

        var made = (await House.AtOnceAsync(50, _ =>
            house.Core.LabelWriter.CreateAsync(ana, LabelKind.Category, new LabelEdit { Name = "Home" }, 50, House.Key("make"), Cancellation))).Select(House.Ok).ToList();
        var merged = (await House.AtOnceAsync(50, _ => MergeAsync(house, ana, tag, into, House.Key("merge")))).Select(House.Ok).ToList();
        var deleted = (await House.AtOnceAsync(50, _ => DeleteAsync(house, ana, into, House.Key("delete")))).Select(House.Ok).ToList();

        Assert.All(new[] { made, merged, deleted }, answers =>
        {
            Assert.Single(answers, answer => !answer.IsReplay);
            Assert.Single(answers.Select(answer => answer.Value).Distinct());
        });
        Assert.Equal([1L], await house.ColumnAsync<long>("SELECT count(*) FROM labels WHERE workspace_id = $1", ana.WorkspaceId));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_request_whose_key_is_still_at_work_is_told_so()
    {
        await using var house = await House.BuildAsync(postgres, lockTimeoutMs: 300);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        Task<Result<Answered<LabelView>>> Create() => house.Core.LabelWriter.CreateAsync(ana, LabelKind.Tag, new LabelEdit { Name = "a" }, 50, House.Key("k"), Cancellation);
        await using (var connection = await house.Database.OpenAsync(Cancellation))
        {
            await using var transaction = await connection.BeginTransactionAsync(Cancellation);
            await using var first = new NpgsqlCommand(Idempotency.Insert, connection);
            first.Parameters.WithKey(ana.WorkspaceId, ana.UserId, House.Key("k"), Guid.NewGuid(), 1, outcome: null, house.Time.NowUtc());
            await first.ExecuteNonQueryAsync(Cancellation);
            Assert.Equal(ErrorCode.IdempotencyInFlight, (await Create()).Error?.Code);
        }
        Assert.False(House.Ok(await Create()).IsReplay);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Nobody_reads_or_writes_the_labels_of_somebody_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var (tag, other) = (await MakeAsync(house, ana, "a"), await MakeAsync(house, ana, "b"));

        foreach (var intruder in new[] { eva, eva with { WorkspaceId = ana.WorkspaceId } })
        {
            Assert.Equal(ErrorCode.NotFound, (await house.Core.Labels.GetAsync(intruder, LabelKind.Tag, tag.Id, withTaskCount: true, Cancellation)).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await ChangeAsync(house, intruder, tag, new LabelEdit { Name = "x" }, House.Key("k"))).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await MergeAsync(house, intruder, tag, other)).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await DeleteAsync(house, intruder, tag, House.Key("k"))).Error?.Code);
        }
        var inside = eva with { WorkspaceId = ana.WorkspaceId };
        Assert.Equal(ErrorCode.NotFound, (await house.Core.LabelWriter.CreateAsync(inside, LabelKind.Tag, new LabelEdit { Name = "x" }, 50, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Labels.ListAsync(inside, LabelKind.Tag, 1, 10, withTaskCounts: false, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Labels.GetAsync(ana, LabelKind.Category, tag.Id, withTaskCount: true, Cancellation)).Error?.Code);
        House.Ok(await house.Core.Sessions.LogoutAsync(ana, null, Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await DeleteAsync(house, ana, tag)).Error?.Code);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.Labels.ListAsync(ana, LabelKind.Tag, 1, 10, withTaskCounts: false, Cancellation)).Error?.Code);
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM idempotency_keys"));
    }

    [Fact]
    public async Task Tasks_are_tagged_while_the_tag_is_deleted_and_made_again()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await House.AtOnceAsync(8, async index =>
        {
            for (var turn = 0; turn < 10; turn++)
            {
                if (index < 2)
                {
                    foreach (var tag in await ListAsync(house, ana))
                    {
                        var result = await DeleteAsync(house, ana, tag.Label);
                        Assert.True(result.IsOk || result.Error.Code == ErrorCode.NotFound);
                    }
                    continue;
                }
                var written = House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = $"{index} {turn}", Tags = new[] { "Home" } }, House.V1), null, Cancellation));
                Assert.True(written.View.Tags is ["Home"] or [], string.Join(',', written.View.Tags));
            }
            return true;
        });

        // A task carries a tag that was there when the task was written: one that is gone now was deleted after that.
        Assert.Empty(await house.ColumnAsync<Guid>(
            """
            SELECT t.task_id FROM tasks t CROSS JOIN unnest(t.tag_ids) i(id) JOIN events e ON e.workspace_id = $1 AND e.stream_id = i.id AND e.type = 'tag.deleted'
             WHERE t.workspace_id = $1 AND e.revision < t.revision
            """,
            ana.WorkspaceId));
        Assert.True(await house.CountAsync("SELECT count(*) FROM events WHERE type = 'tag.deleted'") > 0, "Nothing was ever deleted: the race was not run.");
        Assert.Equal(60, House.Ok(await house.ListAsync(ana, TaskFilter.All)).Total);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Tasks_are_put_into_a_category_while_it_is_deleted()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        for (var round = 0; round < 5; round++)
        {
            var category = await MakeAsync(house, ana, $"category {round}", LabelKind.Category);
            var kept = await house.CreateAsync(ana, new TaskEdit { Title = "before", CategoryId = category.Id });
            var results = await House.AtOnceAsync(12, async index =>
            {
                if (index == 6)
                {
                    House.Ok(await DeleteAsync(house, ana, category));
                    return default;
                }
                return await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = $"{index}", CategoryId = category.Id }, House.V1), null, Cancellation);
            });

            Assert.All(results.Where((_, index) => index != 6 && !results[index].IsOk), result => Assert.Equal(
                new FieldError(Field.CategoryId, FieldFault.NoSuchThing), Assert.Single(result.Error!.Fields)));
            var shown = await ShowAsync(house, ana, kept);
            Assert.Null(shown.Category);
            Assert.Null(shown.Task.CategoryId);
            Assert.Equal(1, shown.Task.Version);
        }
        Assert.Empty(await house.ColumnAsync<Guid>(
            "SELECT t.task_id FROM tasks t JOIN events e ON e.workspace_id = $1 AND e.stream_id = t.category_id AND e.type = 'category.deleted' WHERE t.workspace_id = $1 AND e.revision < t.revision",
            ana.WorkspaceId));
        var all = House.Ok(await house.ListAsync(ana, TaskFilter.All)).Total;
        Assert.Equal(all, House.Ok(await house.ListAsync(ana, new TaskFilter { Category = new CategoryFilter(Id: null) })).Total);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_label_that_changes_shows_at_once_on_every_server()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var elsewhere = new LabelNames(house.Database);
        var otherReader = new TaskReader(house.Database, elsewhere);
        var otherWriter = new TaskWriter(house.Database, elsewhere, otherReader, house.Time);
        var category = await MakeAsync(house, ana, "Errands", LabelKind.Category);
        var task = new TaskRef((await house.CreateAsync(ana, new TaskEdit { Title = "Milk", Tags = new[] { "home" }, CategoryId = category.Id })).Id, 0);
        var tag = (await ListAsync(house, ana)).Single().Label;
        var before = House.Ok(await otherReader.GetAsync(ana, task, Cancellation));
        Assert.Equal(("home", "Errands"), (before.Tags.Single(), before.Category!.Name));

        House.Ok(await ChangeAsync(house, ana, tag, new LabelEdit { Name = "casa" }));
        House.Ok(await ChangeAsync(house, ana, category, new LabelEdit { Name = "Recados", Color = "#112233" }));
        var after = House.Ok(await otherReader.GetAsync(ana, task, Cancellation));
        Assert.Equal(("casa", "Recados", "#112233"), (after.Tags.Single(), after.Category!.Name, after.Category.Color));
        Assert.Equal(before.Task.Version, after.Task.Version);
        Assert.NotEqual(before.Tag, after.Tag);

        // What the other server remembers of the old name must not be written.
        var tagged = House.Ok(await otherWriter.WriteAsync(ana, TaskOperation.Change(task, new TaskEdit { AddTags = new[] { "home" } }, House.V1, Precondition.None), null, Cancellation)).View;
        Assert.Equal(["casa", "home"], tagged.Tags);
        Assert.NotEqual(tag.Id, tagged.Task.TagIds[1]);
        House.Ok(await DeleteAsync(house, ana, category));
        var refused = await otherWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "x", CategoryId = category.Id }, House.V1), null, Cancellation);
        Assert.Equal(new FieldError(Field.CategoryId, FieldFault.NoSuchThing), Assert.Single(refused.Error!.Fields));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Counts_leave_out_deleted_tasks_and_count_each_task_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var category = await MakeAsync(house, ana, "Errands", LabelKind.Category);
        await MakeAsync(house, ana, "Empty", LabelKind.Category);
        await MakeAsync(house, ana, "empty");
        await house.CreateAsync(ana, new TaskEdit { Title = "both", Tags = new[] { "a", "b" }, CategoryId = category.Id });
        // The tasks that come now are in the partial indexes, the one before is not.
        await house.ExecuteAsync("UPDATE workspaces SET last_task_number = 500");
        await house.CreateAsync(ana, new TaskEdit { Title = "one", Tags = new[] { "a" } });
        var gone = await house.CreateAsync(ana, new TaskEdit { Title = "gone", Tags = new[] { "b" }, CategoryId = category.Id });
        await house.CreateAsync(eva, new TaskEdit { Title = "theirs", Tags = new[] { "a" } });
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(new TaskRef(gone.Id, 0), Precondition.None), null, Cancellation));

        Assert.Equal([("a", 2L), ("b", 1L), ("empty", 0L)], (await ListAsync(house, ana)).Select(view => (view.Label.Name, view.TaskCount!.Value)));
        Assert.Equal([("Empty", 0L), ("Errands", 1L)], (await ListAsync(house, ana, LabelKind.Category)).Select(view => (view.Label.Name, view.TaskCount!.Value)));
        var tags = (await ListAsync(house, ana)).Select(view => view.Label).ToList();
        House.Ok(await MergeAsync(house, ana, tags[0], tags[1]));
        Assert.Equal([("b", 2L), ("empty", 0L)], (await ListAsync(house, ana)).Select(view => (view.Label.Name, view.TaskCount!.Value)));
        Assert.Equal(2, House.Ok(await house.Core.Labels.GetAsync(ana, LabelKind.Tag, tags[1].Id, withTaskCount: true, Cancellation)).TaskCount);
        Assert.Null(House.Ok(await house.Core.Labels.GetAsync(ana, LabelKind.Tag, tags[1].Id, withTaskCount: false, Cancellation)).TaskCount);
    }

    /// <summary>A total is remembered for the revision that it was counted at, and names of tags may have been looked up at an earlier one.</summary>
    [Fact]
    public async Task A_total_with_a_tag_that_was_renamed_meanwhile_is_remembered_for_nobody()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var blue = await MakeAsync(house, ana, "blue");
        await house.CreateAsync(ana, new TaskEdit { Title = "a", Tags = new[] { "blue" } });
        var ofBlue = new TaskFilter { Tags = ["blue"] };

        await using var holder = new NpgsqlConnection(house.ConnectionString);
        await holder.OpenAsync(Cancellation);
        await using (var hold = new NpgsqlCommand("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE", holder))
        {
            await hold.ExecuteNonQueryAsync(Cancellation);
        }
        var listing = house.ListAsync(ana, ofBlue);
        // It knows what blue stands for, and waits for the tasks.
        while (await house.CountAsync("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
        {
            await Task.Delay(10, Cancellation);
        }
        House.Ok(await ChangeAsync(house, ana, blue, new LabelEdit { Name = "green" }));
        await using (var release = new NpgsqlCommand("ROLLBACK", holder))
        {
            await release.ExecuteNonQueryAsync(Cancellation);
        }

        // Of two moments, and so with no tag that could be believed.
        Assert.Null(House.Ok(await listing).Moment);
        var now = House.Ok(await house.ListAsync(ana, ofBlue));
        Assert.Equal((0, 0L, true), (now.Tasks.Count, now.Total, now.Moment is not null));
    }
}
