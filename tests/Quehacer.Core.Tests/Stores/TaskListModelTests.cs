using Quehacer.Core.Events;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Lists against a plain model of them: random workspaces, random filters, every way through the pages.</summary>
public sealed class TaskListModelTests(PostgresFixture postgres)
{
    /// <summary>Equal but for case and accents, beginnings of each other, and two whose order in UTF-16 is not that of their code points.</summary>
    private static readonly string[] Vocabulary =
        ["Café", "cafe", "CAFÉ", "cafes", "año", "Ano", "anoche", "zebra", "Ñandú", "nandu", "Über", "ubermut", "a", "b", "Zoë", "\uE000", "😀", "milk", "Milch", "x1", "10", "9"];

    private static readonly string[] TagNames = ["home", "Work", "café", "red", "blue", "old house"];

    /// <summary>How a page is asked for.</summary>
    private sealed record Question(TaskFilter Filter, string? Search, int Limit)
    {
        public override string ToString() =>
            $"{Filter} priorities [{string.Join(',', Filter.Priorities)}] tags [{string.Join(',', Filter.Tags)}] by id [{string.Join(',', Filter.TagIds)}] search '{Search}' limit {Limit}";
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_list_is_what_the_model_says_by_page_and_by_cursor_there_and_back(int seed)
    {
        var random = new Random(seed);
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (bob, _) = await house.MoveInAsync("bob@example.com");
        await house.CreateAsync(bob, new TaskEdit { Title = "Café of somebody else", Tags = new[] { "home", "red" } });
        var world = new TaskWorld(house, ana);
        var (dues, categories) = await FillAsync(house, ana, random);
        // Some of what lay ahead is past by now.
        house.Time.Forward(TimeSpan.FromDays(3));
        var asked = new List<Question>();
        var shown = 0;
        for (var round = 0; round < 4; round++)
        {
            await world.ReadAsync();
            foreach (var question in asked)
            {
                await CheckPageAsync(house, ana, world, question, page: 1);
            }
            for (var i = 0; i < 40; i++)
            {
                var question = Ask(random, world, dues, categories);
                asked.Add(question);
                shown += await CheckPagesAsync(house, ana, world, question);
                await CheckCursorsAsync(house, ana, world, question, random);
            }
            await ChangeAsync(house, ana, world, random, round);
        }
        Assert.True(shown > 500, $"The filters let only {shown} tasks pass in all: they test nothing.");
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_change_of_many_reaches_what_the_list_shows_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var world = new TaskWorld(house, ana);
        var (dues, categories) = await FillAsync(house, ana, random);
        house.Time.Forward(TimeSpan.FromDays(3));
        var reached = 0;
        for (var i = 0; i < 60; i++)
        {
            await world.ReadAsync();
            var question = Ask(random, world, dues, categories);
            var expected = world.List(question.Filter with { IncludeDeleted = false, Sort = TaskSort.Created, Reversed = true }, question.Search, house.Time.NowUtc());
            // What is written may be what the filter asks for, such as a word, the priority or the time of the change.
            var edit = new TaskEdit { Description = $"mark {i}", Priority = (TaskPriority)random.Next(4) };
            var request = new BulkRequest(question.Filter, edit, House.V1, Math.Max(question.Limit, expected.Count / 6 + 1), Cursor: null, IsDryRun: true);
            var (dry, wet) = (await WalkAsync(request), await WalkAsync(request with { IsDryRun = false }));
            await world.ReadAsync();
            Assert.True(
                expected.Select(task => task.Number).Order().SequenceEqual(world.Tasks.Where(task => task.Description == $"mark {i}").Select(task => task.Number).Order()),
                $"{question}: {expected.Count} tasks should have been changed.");
            Assert.Equal((expected.Count, expected.Count, 0), wet);
            Assert.Equal(wet, dry);
            reached += expected.Count;
        }
        Assert.True(reached > 200, $"The filters let only {reached} tasks pass in all: they test nothing.");

        async Task<(int Matched, int Changed, int Skipped)> WalkAsync(BulkRequest request)
        {
            var sum = (Matched: 0, Changed: 0, Skipped: 0);
            long? total = null;
            do
            {
                var written = House.Ok(await house.Core.TaskBulk.WriteAsync(ana, request, null, Cancellation));
                sum = (sum.Matched + written.Matched, sum.Changed + written.Changed, sum.Skipped + written.Skipped);
                Assert.Equal(request.IsDryRun, written.Total is not null);
                total ??= written.Total;
                request = request with { Cursor = written.NextCursor };
            }
            while (request.Cursor is not null);
            Assert.Equal(total ?? sum.Matched, sum.Matched);
            return sum;
        }
    }

    [Fact]
    public async Task What_nobody_touches_is_listed_once_and_in_order_while_all_else_changes()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await NumberFromAsync(house, ana, Limits.TasksWithoutIndex - 25);
        var random = new Random(4);
        var due = house.Time.NowUtc().AddDays(10);
        TaskEdit Any(Random dice) => new()
        {
            Title = Vocabulary[dice.Next(Vocabulary.Length)], Priority = (TaskPriority)dice.Next(4), DueDate = dice.Next(3) == 0 ? default(DateTime?) : due.AddDays(dice.Next(5)),
        };

        var (untouched, others) = (new HashSet<Guid>(), new List<Guid>());
        for (var i = 0; i < 50; i++)
        {
            var task = await house.CreateAsync(ana, Any(random));
            if (i % 2 == 0)
            {
                untouched.Add(task.Id);
            }
            else
            {
                others.Add(task.Id);
            }
        }
        var world = new TaskWorld(house, ana);
        await world.ReadAsync();
        var expected = world.Tasks.Where(task => untouched.Contains(task.Id)).ToList();

        var (changes, reading) = (0, 1);
        const int enough = 1_500;
        async Task<bool> WriteAsync(int number)
        {
            var dice = new Random(number);
            var mine = others.Where((_, i) => i % 4 == number).ToList();
            var writer = house.Core.TaskWriter;
            while (Volatile.Read(ref reading) > 0 && Volatile.Read(ref changes) < enough)
            {
                var at = dice.Next(mine.Count);
                var task = new TaskRef(mine[at], 0);
                switch (dice.Next(5))
                {
                    case 0:
                        mine.Add((await house.CreateAsync(ana, Any(dice))).Id);
                        break;
                    case 1 when mine.Count > 5:
                        House.Ok(await writer.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), null, Cancellation));
                        mine.RemoveAt(at);
                        break;
                    case 2:
                        House.Ok(await writer.WriteAsync(ana, TaskOperation.Complete(task, Precondition.None), null, Cancellation));
                        break;
                    default:
                        House.Ok(await writer.WriteAsync(ana, TaskOperation.Change(task, Any(dice), House.V1, Precondition.None), null, Cancellation));
                        break;
                }
                Interlocked.Increment(ref changes);
            }
            return true;
        }

        async Task<int> WalkAsync(TaskSort sort, bool reversed)
        {
            var filter = new TaskFilter { Sort = sort, Reversed = reversed };
            var order = TaskWorld.Ordered(expected, sort, reversed).Select(task => task.Title + task.Number).ToList();
            var (there, back) = (new List<TaskView>(), new List<TaskView>());
            var between = 0;
            string? cursor = null;
            TaskPage page;
            do
            {
                page = House.Ok(await house.Core.TaskList.ListAsync(ana, new TaskListRequest(filter, 4, null, cursor, WithTotal: false), Cancellation));
                there.AddRange(page.Tasks);
                cursor = page.NextCursor;
                var before = Volatile.Read(ref changes);
                while (before < enough && Volatile.Read(ref changes) == before)
                {
                    await Task.Delay(1, Cancellation);
                }
                between += Volatile.Read(ref changes) - before;
            }
            while (cursor is not null);
            back.AddRange(page.Tasks);
            for (cursor = page.PreviousCursor; cursor is not null; cursor = page.PreviousCursor)
            {
                page = House.Ok(await house.Core.TaskList.ListAsync(ana, new TaskListRequest(filter, 4, null, cursor, WithTotal: false), Cancellation));
                back.InsertRange(0, page.Tasks);
            }
            Assert.Equal(order, Untouched(there));
            Assert.Equal(order, Untouched(back));
            return between;
        }

        IEnumerable<string> Untouched(List<TaskView> seen) => seen.Where(view => untouched.Contains(view.Task.Id)).Select(view => view.Task.Title + view.Task.Number);

        var writers = Enumerable.Range(0, 4).Select(WriteAsync).ToList();
        int[] met;
        try
        {
            met = await House.AtOnceAsync(2 * Enum.GetValues<TaskSort>().Length, walk => WalkAsync((TaskSort)(walk / 2), reversed: walk % 2 == 1));
        }
        finally
        {
            Interlocked.Exchange(ref reading, 0);
            await Task.WhenAll(writers);
        }
        Assert.All(met, between => Assert.True(between > 0, "Nothing changed during a walk: the race was not run."));
    }

    private static async Task<(DateTime[] Dues, Guid[] Categories)> FillAsync(House house, Caller ana, Random random)
    {
        Guid[] categories = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];
        foreach (var (category, i) in categories.Select((category, i) => (category, i)))
        {
            // One is called as a tag is: a search finds tags by their names, never categories.
            var name = i == 0 ? "red" : $"category{i}";
            await house.ExecuteAsync($"""
                INSERT INTO labels (workspace_id, label_id, kind, name, name_key, sort_key, words, version, revision, updated_at)
                VALUES ('{ana.WorkspaceId}', '{category}', 1, '{name}', '{name}', '{name}', '{name}', 1, 0, now())
                """);
        }
        var now = house.Time.NowUtc();
        DateTime[] dues = [.. Enumerable.Range(1, 6).Select(day => now.AddDays(day)), new DateTime(9999, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc)];
        var count = random.Next(40, 81);
        await NumberFromAsync(house, ana, Limits.TasksWithoutIndex - random.Next(count));
        var made = new List<Guid>();
        for (var i = 0; i < count; i++)
        {
            house.Time.Forward(TimeSpan.FromMilliseconds(random.Next(3) * 40));
            var task = await house.CreateAsync(ana, Edit(random, dues, categories) with { AssigneeId = random.Next(3) == 0 ? ana.UserId : (Guid?)null });
            made.Add(task.Id);
            var reference = new TaskRef(made[random.Next(made.Count)], 0);
            if (random.Next(3) == 0)
            {
                // Some are deleted by now, some lie below the task that is to go below them.
                await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Change(new TaskRef(task.Id, 0), new TaskEdit { Parent = reference }, House.V1, Precondition.None), null, Cancellation);
            }
            if (random.Next(3) == 0)
            {
                var spot = new Spot(random.Next(3) == 0 ? null : reference, random.Next(2) == 0);
                await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Move(new TaskRef(made[random.Next(made.Count)], 0), spot, Precondition.None), null, Cancellation);
            }
            if (random.Next(6) == 0)
            {
                House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(new TaskRef(task.Id, 0), Precondition.None), null, Cancellation));
            }
        }
        // Many that were changed at the same time.
        await house.ExecuteAsync($"UPDATE tasks SET updated_at = date_trunc('second', updated_at) WHERE workspace_id = '{ana.WorkspaceId}'");
        return (dues, categories);
    }

    /// <summary>So that some tasks are in the indexes that leave the first tasks out, and some are not.</summary>
    private static Task NumberFromAsync(House house, Caller ana, int number) =>
        house.ExecuteAsync($"UPDATE workspaces SET last_task_number = {number} WHERE workspace_id = '{ana.WorkspaceId}'");

    private static string Words(Random random, int least, int most) =>
        string.Join(' ', Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => Vocabulary[random.Next(Vocabulary.Length)]));

    private static TaskEdit Edit(Random random, DateTime[] dues, Guid[] categories) => new()
    {
        Title = Words(random, 1, 3),
        Description = random.Next(3) == 0 ? Words(random, 0, 4) : default(string?),
        State = (TaskState)random.Next(2),
        Priority = (TaskPriority)random.Next(4),
        DueDate = random.Next(3) == 0 ? default(DateTime?) : dues[random.Next(dues.Length)],
        CategoryId = random.Next(2) == 0 ? default(Guid?) : categories[random.Next(categories.Length)],
        Tags = TagNames.Where(_ => random.Next(3) == 0).OrderBy(_ => random.Next()).ToArray(),
    };

    private static Question Ask(Random random, TaskWorld world, DateTime[] dues, Guid[] categories)
    {
        bool Perhaps(int oneIn = 5) => random.Next(oneIn) == 0;
        T OneOf<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];
        DateTime Near(DateTime time) => time.Year < 9999 ? time.AddMilliseconds(random.Next(-1, 2)) : time;

        string? search = null;
        if (Perhaps(3))
        {
            search = string.Join(' ', Enumerable.Range(0, random.Next(1, 3)).Select(_ =>
            {
                var word = Perhaps(3) ? OneOf([.. TagNames, "house", "garden", "tañ"]) : OneOf(Vocabulary);
                word = Perhaps(2) ? TaskWorld.Fold(word) : Perhaps(2) ? word.ToUpperInvariant() : word;
                return char.IsAsciiLetterOrDigit(TaskWorld.Fold(word)[0]) ? word[..random.Next(1, word.Length + 1)].Trim() : word;
            }));
        }
        var filter = new TaskFilter
        {
            State = Perhaps() ? (TaskState)random.Next(2) : null,
            Priorities = Perhaps() ? [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (TaskPriority)random.Next(4))] : [],
            Category = Perhaps() ? new CategoryFilter(Perhaps(3) ? null : Perhaps(6) ? Guid.CreateVersion7() : OneOf(categories)) : null,
            Tags = Perhaps(4) ? [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => OneOf<string>([.. TagNames, "WORK", "RED", "garden", "nobody has it"]))] : [],
            TagIds = Perhaps() ? [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => OneOf(world.TagIds))] : [],
            DueAfter = Perhaps() ? Near(OneOf(dues)) : null,
            DueBefore = Perhaps() ? Near(OneOf(dues)) : null,
            Overdue = Perhaps() ? random.Next(2) == 0 : null,
            CreatedAfter = Perhaps(6) ? Near(OneOf(world.Tasks).CreatedAt) : null,
            CreatedBefore = Perhaps(6) ? Near(OneOf(world.Tasks).CreatedAt) : null,
            UpdatedSince = Perhaps(6) ? Near(OneOf(world.Tasks).UpdatedAt) : null,
            Words = search is null ? [] : Search.Parse(search),
            IncludeDeleted = Perhaps(3),
            Parent = Perhaps(6) ? new ParentFilter(Perhaps(3) ? null : OneOf(world.Tasks) is var parent && Perhaps(2) ? new TaskRef(default, parent.Number) : new TaskRef(OneOf(world.Tasks).ParentId ?? parent.Id, 0)) : null,
            Assignee = Perhaps(6) ? new AssigneeFilter(Perhaps(3) ? null : Perhaps(6) ? Guid.CreateVersion7() : world.Caller.UserId) : null,
            Sort = (TaskSort)random.Next(Enum.GetValues<TaskSort>().Length),
            Reversed = random.Next(2) == 0,
        };
        return new Question(filter, search, OneOf<int>([1, 2, 3, 5, 7, 10, 20, 40, 100]));
    }

    private static async Task<int> CheckPagesAsync(House house, Caller ana, TaskWorld world, Question question)
    {
        var count = world.List(question.Filter, question.Search, house.Time.NowUtc()).Count;
        // Twice page 1: the second time its total may be remembered.
        await CheckPageAsync(house, ana, world, question, page: 1);
        for (var page = 1; page <= count / question.Limit + 1; page += count > 20 * question.Limit ? 7 : 1)
        {
            await CheckPageAsync(house, ana, world, question, page);
        }
        await CheckPageAsync(house, ana, world, question, page: count / question.Limit + 2);
        await CheckPageAsync(house, ana, world, question, page: int.MaxValue);
        foreach (var offset in new[] { 0, 1, count / 2, count, int.MaxValue })
        {
            await CheckOffsetAsync(house, ana, world, question, offset);
        }
        return count;
    }

    private static async Task CheckOffsetAsync(House house, Caller ana, TaskWorld world, Question question, int offset)
    {
        var expected = world.List(question.Filter, question.Search, house.Time.NowUtc());
        var request = new TaskListRequest(question.Filter, question.Limit, Page: null, Cursor: null, WithTotal: true) { Offset = offset };
        var shown = House.Ok(await house.Core.TaskList.ListAsync(ana, request, Cancellation));
        AssertRows(world, expected.Skip(offset).Take(question.Limit), shown.Tasks, $"behind {offset} of {question}");
        Assert.Equal((expected.Count, null, null), (shown.Total, shown.NextCursor, shown.PreviousCursor));
    }

    private static async Task CheckPageAsync(House house, Caller ana, TaskWorld world, Question question, int page)
    {
        var expected = world.List(question.Filter, question.Search, house.Time.NowUtc());
        var shown = House.Ok(await house.ListAsync(ana, question.Filter, page, question.Limit));
        var about = $"page {page} of {question}";
        AssertRows(world, expected.Skip((int)Math.Min((page - 1L) * question.Limit, int.MaxValue)).Take(question.Limit), shown.Tasks, about);
        Assert.True(shown.Total == expected.Count, $"{about}: {expected.Count} in all expected, and it says {shown.Total}.");
        Assert.True(shown.NextCursor is not null == (long)page * question.Limit < expected.Count, $"{about} of {expected.Count}: the next cursor is {shown.NextCursor}.");
        Assert.True(shown.PreviousCursor is not null == (page > 1 && shown.Tasks.Count > 0), $"{about}: the previous cursor is {shown.PreviousCursor}.");
    }

    private static async Task CheckCursorsAsync(House house, Caller ana, TaskWorld world, Question question, Random random)
    {
        var expected = world.List(question.Filter, question.Search, house.Time.NowUtc());
        var limit = Math.Max(question.Limit, expected.Count / 12 + 1);
        var withTotal = random.Next(2) == 0;
        var about = $"by cursor {question}";
        async Task<TaskPage> Ask(string? cursor)
        {
            var page = House.Ok(await house.Core.TaskList.ListAsync(ana, new TaskListRequest(question.Filter, limit, Page: null, cursor, withTotal), Cancellation));
            Assert.True(page.Total == (withTotal ? expected.Count : null), $"{about}: {expected.Count} in all expected, and it says {page.Total}.");
            return page;
        }

        var page = await Ask(null);
        Assert.True(page.PreviousCursor is null, $"{about}: there is something before the first page.");
        var there = page.Tasks.ToList();
        while (page.NextCursor is { } next)
        {
            page = await Ask(next);
            Assert.True(page.Tasks.Count > 0 && page.PreviousCursor is not null, $"{about}: a page behind another is empty, or knows nothing before it.");
            there.AddRange(page.Tasks);
            Assert.True(there.Count <= expected.Count, $"{about}: there are more tasks than {expected.Count}.");
        }
        AssertRows(world, expected, there, about + " there");
        var back = page.Tasks.ToList();
        while (page.PreviousCursor is { } previous)
        {
            page = await Ask(previous);
            Assert.True(page.Tasks.Count > 0 && page.NextCursor is not null, $"{about}: a page before another is empty, or knows nothing behind it.");
            back.InsertRange(0, page.Tasks);
            Assert.True(back.Count <= expected.Count, $"{about}: there are more tasks than {expected.Count}.");
        }
        AssertRows(world, expected, back, about + " back");
    }

    private static void AssertRows(TaskWorld world, IEnumerable<TaskItem> expected, IEnumerable<TaskView> shown, string about)
    {
        var (wanted, came) = (expected.ToList(), shown.ToList());
        Assert.True(wanted.Select(task => task.Id).SequenceEqual(came.Select(view => view.Task.Id)),
            $"{about}:\n{string.Join('\n', wanted.Select(Describe))}\nexpected, and there came\n{string.Join('\n', came.Select(view => Describe(view.Task)))}");
        foreach (var (task, view) in wanted.Zip(came))
        {
            Assert.Equal(world.TagsOf(task), view.Tags);
            Assert.Equal(world.CategoryOf(task), view.Category?.Id);
            House.AssertSame(task with { TagIds = view.Task.TagIds, CategoryId = world.CategoryOf(task) }, view.Task);
        }

        static string Describe(TaskItem task) => $"  {task.Number} {task.Title} {task.State} {task.Priority} {task.DueDate:O} {task.UpdatedAt:O} {task.DeletedAt:O} {task.Id}";
    }

    /// <summary>Changes what changes lists: tasks, and tags and categories behind the tasks' backs.</summary>
    private static async Task ChangeAsync(House house, Caller ana, TaskWorld world, Random random, int round)
    {
        var writer = house.Core.TaskWriter;
        foreach (var task in world.Tasks.OrderBy(_ => random.Next()).Take(12))
        {
            var reference = new TaskRef(task.Id, 0);
            if (random.Next(3) == 0 && !task.IsDeleted)
            {
                var others = world.Tasks.Where(other => !other.IsDeleted && other.Id != task.Id).ToList();
                var spot = new Spot(new TaskRef(others[random.Next(others.Count)].Id, 0), random.Next(2) == 0);
                await writer.WriteAsync(ana, TaskOperation.Move(reference, spot, Precondition.None), null, Cancellation);
            }
            House.Ok(task.IsDeleted ? await writer.WriteAsync(ana, TaskOperation.Restore(reference, Precondition.None), null, Cancellation)
                : random.Next(4) switch
                {
                    0 => await writer.WriteAsync(ana, TaskOperation.Delete(reference, Precondition.None), null, Cancellation),
                    1 => await writer.WriteAsync(ana, TaskOperation.Complete(reference, Precondition.None), null, Cancellation),
                    2 => await writer.WriteAsync(ana, TaskOperation.Change(reference, new TaskEdit { AddTags = new[] { "blue" } }, House.V1, Precondition.None), null, Cancellation),
                    _ => await writer.WriteAsync(ana, TaskOperation.Change(reference, new TaskEdit { Title = Words(random, 1, 3) }, House.V1, Precondition.None), null, Cancellation),
                });
        }
        var change = round switch
        {
            0 => "UPDATE labels SET name = 'Garden', name_key = 'garden', sort_key = 'garden', words = 'garden' WHERE name_key = 'red' AND kind = 0",
            1 => "UPDATE labels l SET merged_into = i.label_id, name_key = NULL FROM labels i WHERE i.name_key = 'work' AND i.workspace_id = l.workspace_id AND l.name_key = 'home' AND l.kind = 0",
            _ => "DELETE FROM labels l WHERE l.name = 'category1' AND l.kind = 1",
        };
        await house.ExecuteAsync(round == 1 ? $"{change} AND l.workspace_id = '{ana.WorkspaceId}'" : $"{change} AND workspace_id = '{ana.WorkspaceId}'");
        await house.ExecuteAsync($"""
            WITH w AS (UPDATE workspaces SET revision = revision + 1, labels_revision = revision + 1 WHERE workspace_id = '{ana.WorkspaceId}' RETURNING *)
            INSERT INTO events (workspace_id, revision, stream_id, version, type, actor_id, at)
            SELECT workspace_id, revision, gen_random_uuid(), 1, 'tag.renamed', owner_id, changed_at FROM w
            """);
    }
}
