using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class TaskTransferTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static TaskRef ById(TaskItem task) => new(task.Id, 0);

    private static Task<Result<Written>> MoveAsync(
        House house, Caller from, TaskItem task, Caller to, SubtaskFate subtasks = SubtaskFate.Follow, Precondition? precondition = null, IdempotencyKey? key = null) =>
        house.Core.TaskTransfers.TransferAsync(from, ById(task), to.WorkspaceId, subtasks, precondition ?? Precondition.None, key, Cancellation);

    private static Task<TaskItem> BelowAsync(House house, Caller caller, string title, TaskItem parent) => house.CreateAsync(caller, new TaskEdit { Title = title, Parent = ById(parent) });

    private static Task<Result<Written>> EditAsync(House house, Caller caller, TaskItem task, TaskEdit edit) =>
        house.Core.TaskWriter.WriteAsync(caller, TaskOperation.Change(ById(task), edit, House.V1, Precondition.None), null, Cancellation);

    private static Task<Result<Answered<NoteView>>> SayAsync(House house, Caller caller, TaskItem task, string text, IdempotencyKey? key = null) =>
        house.Core.NoteWriter.CreateAsync(caller, ById(task), new NoteEdit { Text = text }, key, Cancellation);

    private static async Task<bool> IsThereAsync(House house, Caller caller, TaskItem task) => (await house.Core.Tasks.GetAsync(caller, ById(task), Cancellation)).IsOk;

    private static Task<IReadOnlyList<string>> LogAsync(House house, Caller caller) =>
        house.ColumnAsync<string>("SELECT type FROM events WHERE workspace_id = $1 AND type ~ '^(task|note)' ORDER BY revision", caller.WorkspaceId);

    /// <summary>Two workspaces of one person.</summary>
    private async Task<(House House, Caller Here, Caller There)> TwoAsync()
    {
        var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        return (house, ana, await house.FoundAsync(ana, "There"));
    }

    [Fact]
    public async Task A_task_goes_with_all_that_belongs_to_it_and_goes_on_where_it_was()
    {
        var (house, ana, there) = await TwoAsync();
        await using var home = house;
        var (bob, _) = await house.MoveInAsync("bob@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var here = await house.FoundAsync(ana, "Here");
        var bobHere = await house.MakeMemberAsync(here, bob, new MemberEvent.Added(WorkspaceRole.Editor));
        await house.MakeMemberAsync(here, eva, new MemberEvent.Added(WorkspaceRole.Editor));
        await house.MakeMemberAsync(there, bob, new MemberEvent.Added(WorkspaceRole.Viewer));
        await house.CreateAsync(there, new TaskEdit { Title = "there before", Tags = new[] { "Travel" } });
        var category = House.Ok(await house.Core.LabelWriter.CreateAsync(here, LabelKind.Category, new LabelEdit { Name = "Holidays", Color = "#33AA57" }, 50, null, Cancellation)).Value.Label;

        var summer = await house.CreateAsync(here, new TaskEdit { Title = "summer" });
        var trip = await house.CreateAsync(bobHere, new TaskEdit
        {
            Title = "trip", Description = "to the sea", Priority = TaskPriority.High, CategoryId = category.Id, Tags = new[] { "travel", "sea" }, AssigneeId = bob.UserId, Parent = ById(summer),
            DueDate = house.Time.NowUtc().AddDays(9),
        });
        var tent = await house.CreateAsync(here, new TaskEdit { Title = "tent", Parent = ById(trip), AssigneeId = eva.UserId, Tags = new[] { "sea" }, State = TaskState.Done });
        var pegs = await BelowAsync(house, here, "pegs", tent);
        var lost = await BelowAsync(house, here, "lost", trip);
        House.Ok(await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Delete(ById(lost), Precondition.None), null, Cancellation));
        House.Ok(await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Move(ById(trip), new Spot(null, IsBehind: false), Precondition.None), null, Cancellation));
        var note = House.Ok(await SayAsync(house, bobHere, tent, "the green one")).Value.Note;
        House.Ok(await house.Core.NoteWriter.ChangeAsync(bobHere, ById(tent), note.Id, new NoteEdit { Text = "the big green one" }, Precondition.None, null, Cancellation));
        var history = await house.StreamAsync(here, trip.Id);
        var before = await house.RowAsync(here, trip.Id);
        var said = House.Ok(await house.Core.Notes.GetAsync(here, ById(tent), note.Id, Cancellation)).Note;

        var moved = House.Ok(await MoveAsync(house, here, trip, there)).View;

        Assert.Equal(moved.Task with { TagIds = [] }, (await house.RowAsync(there, trip.Id)) with { TagIds = [] });
        Assert.Equal((trip.Id, before.Version + 1, 2, bob.UserId, bob.UserId), (moved.Task.Id, moved.Task.Version, moved.Task.Number, moved.Task.CreatedBy, moved.Task.AssigneeId));
        Assert.Equal(
            ("trip", "to the sea", TaskPriority.High, before.DueDate, null, null, null, (1, 1)),
            (moved.Task.Title, moved.Task.Description, moved.Task.Priority, moved.Task.DueDate, moved.Task.ParentId, moved.Task.FormerParentId, moved.Task.Position, (moved.Task.Subtasks.Total, moved.Task.Subtasks.Done)));
        // The tag that was there keeps its spelling, the others are made, the category with its colour.
        Assert.Equal(["Travel", "sea"], moved.Tags);
        Assert.Equal(("Holidays", "#33AA57"), (moved.Category!.Name, moved.Category.Color));
        Assert.NotEqual(category.Id, moved.Category.Id);
        var tentThere = await house.RowAsync(there, tent.Id);
        Assert.Equal((trip.Id, null, TaskState.Done, 3), (tentThere.ParentId, tentThere.AssigneeId, tentThere.State, tentThere.Number));
        Assert.Equal(tent.Id, (await house.RowAsync(there, pegs.Id)).ParentId);
        var noteThere = House.Ok(await house.Core.Notes.GetAsync(there, ById(tent), note.Id, Cancellation)).Note;
        Assert.Equal(said with { Version = 3 }, noteThere);

        // Here nothing is left of it but that it was.
        foreach (var gone in new[] { trip, tent, pegs })
        {
            Assert.False(await IsThereAsync(house, here, gone));
        }
        Assert.Equal((0, 0), (await house.RowAsync(here, summer.Id)).Subtasks is var counts ? (counts.Total, counts.Done) : default);
        Assert.True((await house.RowAsync(here, lost.Id)).IsDeleted);
        Assert.Equal(
            [0L], await house.ColumnAsync<long>("SELECT count(*) FROM events WHERE workspace_id = $1 AND type !~ '^tag' AND concat(data, before) ~ 'sea|tent|pegs|green'", here.WorkspaceId));
        Assert.Equal(["note.moved_out", "task.moved_out", "task.moved_out", "task.moved_out"], (await LogAsync(house, here)).TakeLast(4));
        Assert.Equal(["task.moved_in", "task.moved_in", "task.moved_in", "note.moved_in"], (await LogAsync(house, there)).TakeLast(4));

        // What happened to it before is there, as it was.
        var carried = await house.StreamAsync(there, trip.Id);
        Assert.Equal(
            history.Select(stored => (stored.Type, stored.Data, stored.Before, stored.Stamp)), carried.SkipLast(1).Select(stored => (stored.Type, stored.Data, stored.Before, stored.Stamp)));
        Assert.Equal((EventNames.TaskMovedIn, ana.UserId), (carried[^1].Type, carried[^1].Stamp.ActorId));
        // What was left behind can be taken back, and lies below nothing.
        Assert.Null(House.Ok(await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Restore(ById(lost), Precondition.None), null, Cancellation)).View.Task.ParentId);
        await house.AssertWholeAsync(here, there);
    }

    [Fact]
    public async Task A_task_that_comes_and_goes_keeps_its_versions_and_its_history_and_nothing_collides()
    {
        var (house, here, there) = await TwoAsync();
        await using var home = house;
        var third = await house.FoundAsync(here, "Third");
        var task = await house.CreateAsync(here, new TaskEdit { Title = "ball", Tags = new[] { "a" } });
        var note = House.Ok(await SayAsync(house, here, task, "said")).Value.Note;
        var types = new List<string> { "task.created" };
        var places = new[] { here, there, here, third, there, here, third, here };
        for (var i = 1; i < places.Length; i++)
        {
            if (i % 3 == 0)
            {
                House.Ok(await EditAsync(house, places[i - 1], task, new TaskEdit { Title = $"ball {i}" }));
                House.Ok(await house.Core.NoteWriter.ChangeAsync(places[i - 1], ById(task), note.Id, new NoteEdit { Text = $"said {i}" }, Precondition.None, null, Cancellation));
                types.Add("task.updated");
            }
            House.Ok(await MoveAsync(house, places[i - 1], task, places[i]));
            types.Add("task.moved_in");
            Assert.Equal(types, (await house.StreamAsync(places[i], task.Id)).Select(stored => stored.Type));
            Assert.Equal([types.Count], await house.ColumnAsync<int>("SELECT version FROM tasks WHERE workspace_id = $1", places[i].WorkspaceId));
            foreach (var other in new[] { here, there, third })
            {
                Assert.Equal(other == places[i], await IsThereAsync(house, other, task));
                Assert.Equal(
                    other == places[i] ? 1 : 0, (await house.ColumnAsync<long>("SELECT count(DISTINCT stream_id) FROM carried_events WHERE workspace_id = $1 AND type LIKE 'task%'", other.WorkspaceId))[0]);
            }
            await house.AssertWholeAsync(here, there, third);
        }
        // Numbers are never used twice: the next one is behind all that were.
        Assert.Equal(5, (await house.CreateAsync(here, new TaskEdit { Title = "next" })).Number);

        // And what was altered behind the logs is found and mended, wherever it came from.
        await house.ExecuteAsync("UPDATE tasks SET created_by = workspace_id, assignee_id = workspace_id WHERE title LIKE 'ball%'; UPDATE notes SET updated_at = now(), text = 'x'");
        var report = await new Rebuild(house.Database).RunAsync(write: true, _ => { }, Cancellation);
        Assert.Equal(["Task created_by,assignee_id", "Note text,updated_at"], report.First.Select(difference => $"{difference.Kind} {string.Join(',', difference.Members)}"));
        Assert.Equal(2, report.Mended);
        await house.AssertWholeAsync(here, there, third);
    }

    [Fact]
    public async Task What_was_done_under_a_key_is_told_again_wherever_the_task_is_by_now()
    {
        var (house, here, there) = await TwoAsync();
        await using var home = house;
        var third = await house.FoundAsync(here, "Third");
        var edit = new TaskEdit { Title = "milk", Tags = new[] { "a" } };
        var task = await house.CreateAsync(here, edit, House.Key("make"));
        var note = House.Ok(await SayAsync(house, here, task, "said", House.Key("note"))).Value;
        var many = new[] { TaskOperation.Create(new TaskEdit { Title = "second" }, House.V1), TaskOperation.Complete(ById(task), Precondition.None) };
        var batch = House.Ok(await house.Core.TaskBatches.WriteAsync(here, many, isAtomic: true, House.Key("batch"), Cancellation));
        var moved = House.Ok(await MoveAsync(house, here, task, there, key: House.Key("move")));
        Assert.False(moved.IsReplay);
        await AssertToldAsync();
        House.Ok(await EditAsync(house, there, task, new TaskEdit { Title = "oat milk" }));
        House.Ok(await MoveAsync(house, there, task, third));
        await AssertToldAsync();
        House.Ok(await MoveAsync(house, third, task, here));
        await AssertToldAsync();
        Assert.Equal(4, await house.CountAsync("SELECT count(*) FROM idempotency_keys WHERE key IN ('make', 'note', 'batch', 'move')"));
        Assert.Equal(ErrorCode.IdempotencyMismatch, (await MoveAsync(house, here, task, third, key: House.Key("move", "another"))).Error?.Code);

        // Whoever does not see where it is now is told that it is gone.
        var (bob, _) = await house.MoveInAsync("bob@example.com");
        var guest = await house.MakeMemberAsync(here, bob, new MemberEvent.Added(WorkspaceRole.Editor));
        var theirs = await house.CreateAsync(guest, new TaskEdit { Title = "theirs" }, House.Key("make"));
        House.Ok(await MoveAsync(house, here, theirs, third));
        Assert.Equal(ErrorCode.Gone, (await house.Core.TaskWriter.WriteAsync(guest, TaskOperation.Create(new TaskEdit { Title = "theirs" }, House.V1), House.Key("make"), Cancellation)).Error?.Code);

        async Task AssertToldAsync()
        {
            var made = House.Ok(await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Create(edit, House.V1), House.Key("make"), Cancellation));
            Assert.Equal((true, "milk", 1, 1), (made.IsReplay, made.View.Task.Title, made.View.Task.Version, made.View.Task.Number));
            var noted = House.Ok(await SayAsync(house, here, task, "said", House.Key("note")));
            Assert.Equal((true, "said", note.Note.Id), (noted.IsReplay, noted.Value.Note.Text, noted.Value.Note.Id));
            var done = House.Ok(await house.Core.TaskBatches.WriteAsync(here, many, isAtomic: true, House.Key("batch"), Cancellation));
            Assert.True(done.IsReplay);
            Assert.Equal(batch.Outcomes.Select(outcome => outcome.Value!.Task.Version), done.Outcomes.Select(outcome => House.Ok(outcome).Task.Version));
            var again = House.Ok(await MoveAsync(house, here, task, there, key: House.Key("move")));
            Assert.Equal((true, "milk", moved.View.Task.Version, moved.View.Task.Number), (again.IsReplay, again.View.Task.Title, again.View.Task.Version, again.View.Task.Number));
        }
    }

    [Fact]
    public async Task Nothing_is_moved_by_whom_or_where_or_when_it_may_not_be()
    {
        var (house, here, there) = await TwoAsync();
        await using var home = house;
        var (bob, _) = await house.MoveInAsync("bob@example.com");
        var shared = await house.FoundAsync(here, "Shared");
        var guest = await house.MakeMemberAsync(shared, bob, new MemberEvent.Added(WorkspaceRole.Viewer));
        var task = await house.CreateAsync(here, new TaskEdit { Title = "t" });
        var sub = await BelowAsync(house, here, "sub", task);
        var other = await house.CreateAsync(shared, new TaskEdit { Title = "o" });
        var own = await house.CreateAsync(bob, new TaskEdit { Title = "own" });
        async Task<ErrorCode?> Code(Task<Result<Written>> attempt) => (await attempt).Error?.Code;
        async Task<FieldError> Fault(Task<Result<Written>> attempt) => Assert.Single((await attempt).Error!.Fields);

        Assert.Equal(new FieldError(Field.ToWorkspace, FieldFault.Contradiction, Name: "id"), await Fault(MoveAsync(house, here, task, here)));
        // Into what one does not see, or does not know; out of it; and as one who only sees, either way.
        Assert.Equal(ErrorCode.NotFound, await Code(MoveAsync(house, bob, own, here)));
        Assert.Equal(ErrorCode.NotFound, await Code(MoveAsync(house, bob, own, bob with { WorkspaceId = Guid.CreateVersion7() })));
        Assert.Equal(ErrorCode.NotFound, await Code(MoveAsync(house, bob with { WorkspaceId = here.WorkspaceId }, task, bob)));
        Assert.Equal(ErrorCode.Forbidden, await Code(MoveAsync(house, bob, own, guest)));
        Assert.Equal(ErrorCode.Forbidden, await Code(MoveAsync(house, guest, other, bob)));
        // What is not there, or deleted.
        Assert.Equal(ErrorCode.NotFound, await Code(MoveAsync(house, here, other, there)));
        var deleted = await house.CreateAsync(here, new TaskEdit { Title = "deleted" });
        House.Ok(await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Delete(ById(deleted), Precondition.None), null, Cancellation));
        Assert.Equal(ErrorCode.NotFound, await Code(MoveAsync(house, here, deleted, there)));
        // On a condition, and with subtasks that are in the way.
        Assert.Equal(ErrorCode.PreconditionFailed, await Code(MoveAsync(house, here, task, there, precondition: new Precondition(null, 2))));
        Assert.Equal(new FieldError(Field.SubtasksOfTransfer, FieldFault.SubtasksLeft, 1), await Fault(MoveAsync(house, here, task, there, SubtaskFate.Refuse)));
        // Archived, either way.
        House.Ok(await house.Core.WorkspaceWriter.ArchiveAsync(shared, Precondition.None, null, Cancellation));
        Assert.Equal(ErrorCode.WorkspaceArchived, await Code(MoveAsync(house, here, task, shared)));
        Assert.Equal(ErrorCode.WorkspaceArchived, await Code(MoveAsync(house, shared, other, here)));
        // More than is moved at once.
        await house.ExecuteAsync($"UPDATE tasks SET subtask_count = {Limits.SubtasksAtOnce + 1} WHERE task_id = '{task.Id}'");
        Assert.Equal(new FieldError(Field.SubtasksOfTransfer, FieldFault.TooMany, Limits.SubtasksAtOnce), await Fault(MoveAsync(house, here, task, there)));
        await house.ExecuteAsync($"""
            INSERT INTO notes (workspace_id, note_id, task_id, author_id, text, version, revision, updated_at)
            SELECT workspace_id, gen_random_uuid(), task_id, created_by, 'x', 1, 1, now() FROM tasks, generate_series(0, {Limits.NotesOfATransfer}) WHERE task_id = '{sub.Id}'
            """);
        Assert.Equal(new FieldError(Field.ToWorkspace, FieldFault.TooMany, Limits.NotesOfATransfer), await Fault(MoveAsync(house, here, sub, there)));
        await house.ExecuteAsync($"""
            DELETE FROM notes;
            INSERT INTO events (workspace_id, revision, stream_id, version, type, actor_id, at)
            SELECT workspace_id, 1000 + n, task_id, 1 + n, 'task.completed', created_by, now() FROM tasks, generate_series(1, {Limits.EventsOfATransfer}) n WHERE task_id = '{sub.Id}'
            """);
        Assert.Equal(new FieldError(Field.ToWorkspace, FieldFault.TooMany, Limits.EventsOfATransfer), await Fault(MoveAsync(house, here, sub, there)));
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM events WHERE type LIKE '%.moved_%'"));
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM carried_events"));
    }

    /// <summary>Most of a log is read without a snapshot: what is moved behind the page that has been read was there, and is not, or is anew.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task What_is_moved_while_a_log_is_being_read_is_no_difference(int moves)
    {
        var (house, here, there) = await TwoAsync();
        await using var home = house;
        var task = await house.CreateAsync(here, new TaskEdit { Title = "t" });
        var note = House.Ok(await SayAsync(house, here, task, "0")).Value.Note;
        // Somebody has changed it more often than a page has events.
        const int changes = Limits.RebuildPageEvents + 10;
        await house.ExecuteAsync($$"""
            INSERT INTO events (workspace_id, revision, stream_id, version, type, data, before, actor_id, at)
            SELECT e.workspace_id, e.revision + n, e.stream_id, 1 + n, 'note.updated', jsonb_build_object('text', n::text), jsonb_build_object('text', (n - 1)::text), e.actor_id, e.at
              FROM events e CROSS JOIN generate_series(1, {{changes}}) n WHERE e.type = 'note.created';
            UPDATE workspaces SET revision = revision + {{changes}} WHERE workspace_id = '{{here.WorkspaceId}}';
            UPDATE notes SET text = '{{changes}}', version = version + {{changes}}, revision = revision + {{changes}};
            """);
        await using var connection = await house.Database.OpenPlannedAsync(Cancellation);
        var tables = new RebuiltTables(connection);
        await tables.MakeAsync(Cancellation);
        var replay = new Replay(connection, tables, here.WorkspaceId);
        Assert.True(await replay.ReadPageAsync(Cancellation));
        for (var move = 0; move < moves; move++)
        {
            House.Ok(await (move % 2 == 0 ? MoveAsync(house, here, task, there) : MoveAsync(house, there, task, here)));
        }
        while (await replay.ReadPageAsync(Cancellation))
        {
            // To the end.
        }
        Assert.Null(replay.Fault);
        await tables.WriteMembersAsync(here.WorkspaceId, replay.Members.Values, Cancellation);
        await tables.CompareAsync(here.WorkspaceId, Cancellation);
        Assert.Empty((await tables.DifferencesAsync(here.WorkspaceId, 10, Cancellation)).First.Select(difference => $"{difference.Kind} {string.Join(',', difference.Members)}"));
        await house.AssertWholeAsync(here, there);
        Assert.Equal(1 + changes + moves, House.Ok(await house.Core.Notes.GetAsync(moves % 2 == 0 ? here : there, ById(task), note.Id, Cancellation)).Note.Version);
    }

    [Fact]
    public async Task What_is_deleted_for_good_later_is_gone_from_everywhere_it_has_been()
    {
        var (house, here, there) = await TwoAsync();
        await using var home = house;
        var task = await house.CreateAsync(here, new TaskEdit { Title = "secret plan" });
        var note = House.Ok(await SayAsync(house, here, task, "secret note")).Value.Note;
        House.Ok(await SayAsync(house, here, task, "another secret"));
        House.Ok(await EditAsync(house, here, task, new TaskEdit { Title = "more secret plan" }));
        House.Ok(await MoveAsync(house, here, task, there));
        House.Ok(await house.Core.NoteWriter.DeleteAsync(there, ById(task), note.Id, Precondition.None, null, Cancellation));
        Task<long> KnownAsync(string what) => house.CountAsync(
            $"SELECT (SELECT count(*) FROM events WHERE concat(data, before) LIKE '%{what}%') + (SELECT count(*) FROM carried_events WHERE concat(data, before) LIKE '%{what}%')");
        Assert.Equal(0, await KnownAsync("secret note"));
        Assert.Equal(2, await KnownAsync("another secret"));
        await house.AssertWholeAsync(here, there);

        House.Ok(await house.Core.TaskWriter.WriteAsync(there, TaskOperation.Delete(ById(task), Precondition.None), null, Cancellation));
        house.Time.Forward(TimeSpan.FromDays(31));
        Assert.Equal(1, await house.Core.CleanUp.Jobs.Single(job => job.Name == "purge-deleted-tasks").RunAsync(Cancellation));
        Assert.Equal(0, await KnownAsync("secret"));
        var (ana, _) = await house.LogInAsync("ana@example.com");
        await house.AssertWholeAsync(ana, ana with { WorkspaceId = there.WorkspaceId });
    }

    [Fact]
    public async Task Of_many_who_move_one_task_to_two_places_at_once_one_does_and_it_is_in_one_place()
    {
        var (house, here, there) = await TwoAsync();
        await using var home = house;
        var third = await house.FoundAsync(here, "Third");
        for (var round = 0; round < 3; round++)
        {
            var task = await house.CreateAsync(here, new TaskEdit { Title = $"{round}", Tags = new[] { "a" } });
            var outcomes = await House.AtOnceAsync(50, index => MoveAsync(house, here, task, index % 2 == 0 ? there : third));
            Assert.Single(outcomes, outcome => outcome.IsOk);
            Assert.All(outcomes, outcome => Assert.True(outcome.IsOk || outcome.Error.Code == ErrorCode.NotFound, $"{outcome.Error?.Code}"));
            Assert.Equal(1, await house.CountAsync($"SELECT count(*) FROM tasks WHERE task_id = '{task.Id}'"));
        }
        await house.AssertWholeAsync(here, there, third);
    }

    [Fact]
    public async Task Whatever_is_done_to_a_task_while_it_is_moved_is_done_before_or_not_at_all()
    {
        var (house, here, there) = await TwoAsync();
        await using var home = house;
        var (went, missed) = (0, 0);
        for (var round = 0; round < 10; round++)
        {
            var task = await house.CreateAsync(here, new TaskEdit { Title = $"{round}" });
            var child = await BelowAsync(house, here, "child", task);
            House.Ok(await SayAsync(house, here, child, "said"));
            var outcomes = await House.AtOnceAsync(10, async index => index switch
            {
                5 => (await MoveAsync(house, here, task, there)).Error?.Code,
                0 or 6 => (await EditAsync(house, here, task, new TaskEdit { Title = $"{round} {index}", Tags = new[] { $"tag {round} {index}" } })).Error?.Code,
                1 => (await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Complete(ById(task), Precondition.None, SubtaskFate.Follow), null, Cancellation)).Error?.Code,
                2 or 7 => (await SayAsync(house, here, task, $"note {index}")).Error?.Code,
                3 => (await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Create(new TaskEdit { Title = "new child", Parent = ById(task) }, House.V1), null, Cancellation)).Error?.Code,
                4 => (await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Delete(ById(child), Precondition.None), null, Cancellation)).Error?.Code,
                8 => (await EditAsync(house, here, child, new TaskEdit { Parent = (TaskRef?)null })).Error?.Code,
                _ => round % 2 == 0 ? (await house.Core.TaskWriter.WriteAsync(here, TaskOperation.Delete(ById(task), Precondition.None, SubtaskFate.Follow), null, Cancellation)).Error?.Code : null,
            });
            // A parent that is not there is a fault of the field, a task that is not there is not found.
            Assert.All(outcomes, outcome => Assert.True(outcome is null or ErrorCode.NotFound or ErrorCode.Invalid, $"{outcome}"));
            _ = outcomes[5] is null ? went++ : missed++;
            Assert.Equal(1, await house.CountAsync($"SELECT count(*) FROM tasks WHERE task_id = '{task.Id}'"));
            Assert.Equal(outcomes[5] is null ? 1 : 0, await house.CountAsync($"SELECT count(*) FROM tasks WHERE task_id = '{task.Id}' AND workspace_id = '{there.WorkspaceId}'"));
        }
        Assert.True(went > 0, $"{went} moved, {missed} not.");
        await house.AssertWholeAsync(here, there);
    }

    [Fact]
    public async Task Moves_both_ways_at_once_never_wait_for_each_other_for_good()
    {
        var (house, here, there) = await TwoAsync();
        await using var home = house;
        var places = new[] { here, there };
        var tasks = new List<TaskItem>();
        for (var number = 0; number < 8; number++)
        {
            tasks.Add(await house.CreateAsync(places[number % 2], new TaskEdit { Title = $"{number}", Tags = new[] { $"{number}" } }));
        }
        var refused = await House.AtOnceAsync(tasks.Count, async index =>
        {
            var codes = new List<ErrorCode>();
            for (var turn = 0; turn < 12; turn++)
            {
                var (from, to) = (places[(index + turn) % 2], places[(index + turn + 1) % 2]);
                if ((await MoveAsync(house, from, tasks[index], to)).Error is { } error)
                {
                    codes.Add(error.Code);
                }
            }
            return codes;
        });
        Assert.All(refused, Assert.Empty);
        Assert.Equal(8, await house.CountAsync("SELECT count(*) FROM tasks"));
        Assert.Equal(2 * 8 * 12, await house.CountAsync("SELECT count(*) FROM events WHERE type LIKE 'task.moved_%'"));
        await house.AssertWholeAsync(here, there);
    }

    [Fact]
    public async Task Whoever_is_removed_from_either_side_moves_nothing_afterwards_and_is_given_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (bob, _) = await house.MoveInAsync("bob@example.com");
        var (here, there) = (await house.FoundAsync(ana, "Here"), await house.FoundAsync(ana, "There"));
        await house.MakeMemberAsync(here, bob, new MemberEvent.Added(WorkspaceRole.Editor));
        await house.MakeMemberAsync(there, bob, new MemberEvent.Added(WorkspaceRole.Editor));
        var (moved, refused) = (0, 0);
        for (var round = 0; round < 12; round++)
        {
            var left = round % 2 == 0 ? there : here;
            var (theirs, given) = (await house.CreateAsync(here, new TaskEdit { Title = $"{round}" }), await house.CreateAsync(here, new TaskEdit { Title = $"{round} given", AssigneeId = bob.UserId }));
            var outcomes = await House.AtOnceAsync(3, async index => index switch
            {
                0 => (await MoveAsync(house, bob with { WorkspaceId = here.WorkspaceId }, theirs, there)).Error?.Code,
                1 => (await MoveAsync(house, here, given, there)).Error?.Code,
                _ => await LeaveAsync(left),
            });
            Assert.True(outcomes[0] is null or ErrorCode.NotFound, $"{outcomes[0]}");
            Assert.Null(outcomes[1]);
            _ = outcomes[0] is null ? moved++ : refused++;
            await house.MakeMemberAsync(left, bob, new MemberEvent.Added(WorkspaceRole.Editor));
        }
        async Task<ErrorCode?> LeaveAsync(Caller side)
        {
            await house.MakeMemberAsync(side, bob, new MemberEvent.Removed(WorkspaceRole.Editor));
            return null;
        }
        foreach (var side in new[] { here, there })
        {
            Assert.Empty(await house.ColumnAsync<long>(
                $"""
                SELECT e.revision FROM events e
                 WHERE e.workspace_id = $1 AND e.type LIKE 'task.moved_%' AND '{bob.UserId}' IN (e.actor_id::text, e.data -> 'task' ->> 'assignee_id')
                   AND (SELECT m.type FROM events m WHERE m.workspace_id = $1 AND m.stream_id = '{bob.UserId}' AND m.revision < e.revision ORDER BY m.revision DESC LIMIT 1) = 'member.removed'
                """,
                side.WorkspaceId));
        }
        Assert.True(moved > 0, $"{moved} moved, {refused} refused.");
        await house.AssertWholeAsync(here, there);
    }
}
