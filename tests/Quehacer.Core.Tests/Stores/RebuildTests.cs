using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>A workspace that everything has happened to, once for all tests that begin with one: each gets a copy of its database.</summary>
public sealed class LivedIn(PostgresFixture postgres) : IDisposable
{
    private const string Email = "ana@example.com";

    private readonly SemaphoreSlim once = new(1);
    private (string ConnectionString, TimeSpan Ahead)? lived;

    internal async Task<(House House, Caller Ana)> MoveInAsync()
    {
        await once.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (lived is null)
            {
                await using var first = await House.BuildAsync(postgres);
                await RebuildTests.LiveAsync(first, Email);
                lived = (first.ConnectionString, first.Time.Ahead);
            }
        }
        finally
        {
            once.Release();
        }
        var house = await House.BuildOnAsync(await postgres.CopyAsync(lived.Value.ConnectionString));
        house.Time.Forward(lived.Value.Ahead);
        return (house, (await house.LogInAsync(Email)).Caller);
    }

    public void Dispose() => once.Dispose();
}

public sealed class RebuildTests(PostgresFixture postgres, LivedIn livedIn) : IClassFixture<LivedIn>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task<RebuildReport> RunAsync(House house, bool write = false) => new Rebuild(house.Database).RunAsync(write, _ => { }, Cancellation);

    private static async Task<Label> MakeAsync(House house, Caller caller, string name, LabelKind kind, string? color = null) =>
        House.Ok(await house.Core.LabelWriter.CreateAsync(caller, kind, new LabelEdit { Name = name, Color = color }, 50, null, Cancellation)).Value.Label;

    private static async Task<Label> TagAsync(House house, Caller caller, string name) =>
        House.Ok(await house.Core.Labels.ListAsync(caller, LabelKind.Tag, 1, 100, withTaskCounts: false, Cancellation)).Labels.Single(view => view.Label.Name == name).Label;

    /// <summary>Everything that can happen to a workspace has happened to this one.</summary>
    internal static async Task<Caller> LiveAsync(House house, string email)
    {
        var (ana, _) = await house.MoveInAsync(email);
        var (tasks, labels) = (house.Core.TaskWriter, house.Core.LabelWriter);
        var home = await MakeAsync(house, ana, "Hogar", LabelKind.Category, "#FF5733");
        var gone = await MakeAsync(house, ana, "gone", LabelKind.Category);
        var made = new List<TaskRef>();
        for (var number = 1; number <= 12; number++)
        {
            var task = await house.CreateAsync(ana, new TaskEdit
            {
                Title = $"Tarea {number}: ¡Ñandú!",
                Description = number % 2 == 0 ? "line\nline" : null,
                Priority = (TaskPriority)(number % 4),
                State = number % 5 == 0 ? TaskState.Done : TaskState.Pending,
                DueDate = number % 3 == 0 ? house.Time.NowUtc().AddDays(number) : (DateTime?)null,
                CategoryId = number % 4 == 0 ? gone.Id : number % 2 == 0 ? home.Id : (Guid?)null,
                Tags = new[] { "a", "b", "c", "d", "e" }[..(number % 6)],
            });
            made.Add(new TaskRef(task.Id, 0));
        }
        await tasks.WriteAsync(ana, TaskOperation.Change(made[0], new TaskEdit { Title = "otra", Description = "y más", State = TaskState.Done, Tags = new[] { "b", "f" } }, House.V1, Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Complete(made[1], Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Reopen(made[1], Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Change(made[2], new TaskEdit { AddTags = new[] { "new" } }, House.V1, Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Change(made[3], new TaskEdit { RemoveTags = new[] { "a" } }, House.V1, Precondition.None), null, Cancellation);

        // Chains of merges; some tasks are written after a merge and so take on what it came to, others are not.
        var (a, b, c, d, e) = (await TagAsync(house, ana, "a"), await TagAsync(house, ana, "b"), await TagAsync(house, ana, "c"), await TagAsync(house, ana, "d"), await TagAsync(house, ana, "e"));
        await labels.MergeAsync(ana, a.Id, b.Id, Precondition.None, null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Complete(made[3], Precondition.None), null, Cancellation);
        await labels.MergeAsync(ana, b.Id, c.Id, Precondition.None, null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Complete(made[5], Precondition.None), null, Cancellation);
        await labels.ChangeAsync(ana, LabelKind.Tag, c.Id, new LabelEdit { Name = "Ç c", Color = "#000000" }, 50, Precondition.None, null, Cancellation);
        await labels.MergeAsync(ana, d.Id, e.Id, Precondition.None, null, Cancellation);
        await labels.DeleteAsync(ana, LabelKind.Tag, e.Id, Precondition.None, null, Cancellation);
        await labels.DeleteAsync(ana, LabelKind.Category, gone.Id, Precondition.None, null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Change(made[10], new TaskEdit { Title = "nach dem Löschen" }, House.V1, Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Complete(made[7], Precondition.None), null, Cancellation);
        await MakeAsync(house, ana, "a", LabelKind.Tag);

        // Notes that stay, that are changed, that are removed, and that go with their task.
        async Task<Guid> SayAsync(TaskRef task, string text) =>
            House.Ok(await house.Core.NoteWriter.CreateAsync(ana, task, new NoteEdit { Text = text }, null, Cancellation)).Value.Note.Id;
        var (kept, removed, purged) = (await SayAsync(made[0], "dicho"), await SayAsync(made[0], "retirado"), await SayAsync(made[8], "con su tarea"));
        await SayAsync(made[9], "en una borrada");
        foreach (var (task, note) in new[] { (made[0], kept), (made[0], removed), (made[8], purged) })
        {
            House.Ok(await house.Core.NoteWriter.ChangeAsync(ana, task, note, new NoteEdit { Text = "dicho de otra manera" }, Precondition.None, null, Cancellation));
        }
        House.Ok(await house.Core.NoteWriter.DeleteAsync(ana, made[0], removed, Precondition.None, null, Cancellation));

        // A tree that is purged in part, one that loses its root, and places by hand.
        foreach (var (child, parent) in new[] { (1, 0), (8, 0), (2, 1), (3, 4), (5, 4) })
        {
            House.Ok(await tasks.WriteAsync(ana, TaskOperation.Change(made[child], new TaskEdit { Parent = made[parent] }, House.V1, Precondition.None), null, Cancellation));
        }
        await tasks.WriteAsync(ana, TaskOperation.Delete(made[4], Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Restore(made[4], Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Move(made[6], new Spot(made[2], IsBehind: true), Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Move(made[7], new Spot(null, IsBehind: false), Precondition.None), null, Cancellation);

        await tasks.WriteAsync(ana, TaskOperation.Delete(made[8], Precondition.None), null, Cancellation);
        house.Time.Forward(TimeSpan.FromDays(31));
        foreach (var job in house.Core.CleanUp.Jobs.Where(job => job.Name == "purge-deleted-tasks"))
        {
            Assert.True(await job.RunAsync(Cancellation) > 0);
        }
        (ana, _) = await house.LogInAsync(email);
        await tasks.WriteAsync(ana, TaskOperation.Delete(made[9], Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Delete(made[11], Precondition.None), null, Cancellation);
        await tasks.WriteAsync(ana, TaskOperation.Restore(made[11], Precondition.None), null, Cancellation);
        return ana;
    }

    [Fact]
    public async Task Whatever_happened_the_tables_are_what_the_log_makes_of_them()
    {
        await using var house = await House.BuildAsync(postgres);
        Assert.True((await RunAsync(house)).IsEqual);
        var ana = await LiveAsync(house, "ana@example.com");
        await LiveAsync(house, "eva@example.com");
        await house.AssertConsistentAsync(ana);

        var seen = new List<RebuildProgress>();
        var report = await new Rebuild(house.Database).RunAsync(write: false, seen.Add, Cancellation);

        Assert.Empty(report.First);
        Assert.Equal((2, await house.CountAsync("SELECT count(*) FROM events"), 0, 0), (report.Workspaces, report.Events, report.Differences, report.Mended));
        Assert.Equal(new RebuildProgress(2, report.Events, report.Events), seen[^1]);
        // Having found nothing it has changed nothing, whatever it was allowed to.
        var incarnation = await house.ColumnAsync<Guid>("SELECT incarnation FROM installation WHERE $1::uuid IS NOT NULL", ana.WorkspaceId);
        Assert.True((await RunAsync(house, write: true)).IsEqual);
        Assert.Equal(incarnation, await house.ColumnAsync<Guid>("SELECT incarnation FROM installation WHERE $1::uuid IS NOT NULL", ana.WorkspaceId));
    }

    [Theory]
    [InlineData("UPDATE tasks SET title = 'x' WHERE number = 3", "Task title")]
    [InlineData("UPDATE tasks SET title = 'x', title_key = 'x' WHERE number = 3", "Task title,title_key")]
    [InlineData("UPDATE tasks SET description = 'x' WHERE number = 3", "Task description")]
    [InlineData("UPDATE tasks SET description = NULL WHERE number = 4", "Task description")]
    [InlineData("UPDATE tasks SET state = 1 - state WHERE number = 3", "Task state")]
    [InlineData("UPDATE tasks SET priority = 3 - priority WHERE number = 3", "Task priority")]
    [InlineData("UPDATE tasks SET due_date = due_date + interval '1 ms' WHERE number = 3", "Task due_date")]
    [InlineData("UPDATE tasks SET due_date = NULL WHERE number = 3", "Task due_date")]
    [InlineData("UPDATE tasks SET category_id = NULL WHERE number = 6", "Task category_id")]
    [InlineData("UPDATE tasks SET tag_ids = '{}' WHERE number = 3", "Task tag_ids,search")]
    [InlineData("UPDATE tasks SET search = 'x' WHERE number = 3", "Task search")]
    [InlineData("UPDATE tasks SET version = version + 1, revision = revision - 1 WHERE number = 3", "Task version,revision")]
    [InlineData("UPDATE tasks SET parent_id = NULL, position = 'a1' WHERE number = 3", "Task parent_id,position")]
    [InlineData("UPDATE tasks SET former_parent_id = task_id WHERE number = 3", "Task former_parent_id")]
    [InlineData("UPDATE tasks SET subtask_count = subtask_count + 1, subtasks_done = subtasks_done + 1 WHERE number = 5", "Task subtask_count,subtasks_done")]
    [InlineData("UPDATE tasks SET subtasks_changed_at = subtasks_changed_at - interval '1 ms' WHERE number = 5", "Task subtasks_changed_at")]
    [InlineData("UPDATE tasks SET created_by = workspace_id WHERE number = 3", "Task created_by")]
    [InlineData("UPDATE tasks SET updated_at = updated_at + interval '1 ms', deleted_at = NULL WHERE number = 10", "Task updated_at,deleted_at")]
    [InlineData("UPDATE tasks SET deleted_at = updated_at WHERE number = 3", "Task deleted_at")]
    [InlineData("UPDATE tasks SET number = 999 WHERE number = 3", "Task number")]
    [InlineData("UPDATE tasks SET number = -number WHERE number IN (3, 4); UPDATE tasks SET number = 7 + number WHERE number < 0", "Task number|Task number")]
    [InlineData("DELETE FROM tasks WHERE number = 3", "Task missing")]
    [InlineData("INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object('task_id', gen_random_uuid(), 'number', 99))).* FROM tasks t WHERE number = 3", "Task unexpected")]
    [InlineData("UPDATE labels SET name = 'x' WHERE name = 'f'", "Tag name")]
    [InlineData("UPDATE labels SET name_key = 'x', sort_key = 'x', words = 'x' WHERE name = 'f'", "Tag name_key,sort_key,words")]
    [InlineData("UPDATE labels SET color = '#111111' WHERE kind = 1", "Category color")]
    [InlineData("UPDATE labels SET color = NULL, version = 7, updated_at = now() WHERE kind = 1", "Category color,version,updated_at")]
    [InlineData("UPDATE labels l SET merged_into = f.label_id FROM labels f WHERE l.name = 'b' AND f.name = 'f'", "Tag merged_into")]
    [InlineData("UPDATE labels SET revision = 1, kind = 0 WHERE kind = 1", "Category kind,revision")]
    [InlineData("DELETE FROM labels WHERE name = 'f'", "Tag missing")]
    [InlineData("INSERT INTO labels SELECT (jsonb_populate_record(l, jsonb_build_object('label_id', gen_random_uuid(), 'name_key', 'y'))).* FROM labels l WHERE name = 'f'", "Tag unexpected")]
    [InlineData("UPDATE notes SET text = 'x' WHERE version = 2", "Note text")]
    [InlineData("UPDATE notes SET task_id = workspace_id, author_id = workspace_id, version = 9, revision = 1, updated_at = now() WHERE version = 2", "Note task_id,author_id,version,revision,updated_at")]
    [InlineData("DELETE FROM notes WHERE version = 2", "Note missing")]
    [InlineData("INSERT INTO notes SELECT (jsonb_populate_record(n, jsonb_build_object('note_id', gen_random_uuid()))).* FROM notes n WHERE version = 2", "Note unexpected")]
    [InlineData("UPDATE workspaces SET revision = revision + 1", "Workspace revision")]
    [InlineData("UPDATE workspaces SET labels_revision = 1, labels_changed_at = NULL, last_task_number = 1, changed_at = now() - interval '1 year'", "Workspace labels_revision,labels_changed_at,last_task_number,changed_at")]
    [InlineData("UPDATE workspaces SET pending_tasks = -1, done_tasks = -1, deleted_tasks = -1", "Workspace pending_tasks,done_tasks,deleted_tasks")]
    [InlineData("UPDATE workspaces SET name = 'x', is_personal = false, archived_at = now(), version = 9, updated_at = now()", "Workspace name,is_personal,archived_at,version,updated_at")]
    [InlineData("UPDATE workspaces SET owner_id = workspace_id, member_count = 9, members_revision = 9", "Workspace owner_id,member_count,members_revision")]
    [InlineData("UPDATE members SET role = 10, version = 3, revision = 3, joined_at = now(), updated_at = now()", "Member role,version,revision,joined_at,updated_at")]
    [InlineData("DELETE FROM members", "Member missing")]
    [InlineData("INSERT INTO members SELECT (jsonb_populate_record(m, jsonb_build_object('user_id', gen_random_uuid()))).* FROM members m", "Member unexpected")]
    [InlineData("DELETE FROM workspaces", "Workspace missing")]
    [InlineData("TRUNCATE tasks, labels, notes, members, workspaces", null)]
    public async Task Whatever_is_altered_behind_the_log_is_named_and_mended(string tampering, string? named)
    {
        var (house, ana) = await livedIn.MoveInAsync();
        await using var home = house;
        var incarnation = await house.ColumnAsync<Guid>("SELECT incarnation FROM installation WHERE $1::uuid IS NOT NULL", ana.WorkspaceId);
        await house.ExecuteAsync(tampering);

        var report = await RunAsync(house);

        var found = report.First.Select(difference => $"{difference.Kind} {string.Join(',', difference.Members)}").ToList();
        if (named is not null)
        {
            Assert.Equal(named.Split('|'), found);
        }
        Assert.Equal((found.Count, 0), (report.Differences, report.Mended));
        Assert.All(report.First, difference => Assert.Equal(ana.WorkspaceId, difference.WorkspaceId));
        var mended = await RunAsync(house, write: true);
        Assert.Equal((report.Differences, report.Differences), (mended.Differences, mended.Mended));
        Assert.True((await RunAsync(house)).IsEqual);
        await house.AssertConsistentAsync(ana);
        Assert.NotEqual(incarnation, await house.ColumnAsync<Guid>("SELECT incarnation FROM installation WHERE $1::uuid IS NOT NULL", ana.WorkspaceId));
        await house.CreateAsync(ana, new TaskEdit { Title = "and on it goes", Tags = new[] { "f" } });
        Assert.True((await RunAsync(house)).IsEqual);
    }

    [Theory]
    [InlineData("DELETE FROM events WHERE revision = 9", "revision 9 is missing")]
    [InlineData("DELETE FROM events WHERE revision = 1", "revision 1 is missing")]
    [InlineData("DELETE FROM events", "there are no events")]
    [InlineData("UPDATE events SET data = NULL WHERE type = 'task.created' AND number = 1", "it says nothing, and its task was not purged")]
    [InlineData("UPDATE events SET data = NULL WHERE type = 'tag.updated'", "it says nothing")]
    [InlineData("UPDATE events SET data = data - 'text' WHERE type = 'note.created' AND data ->> 'text' = 'dicho'", "it says nothing, and neither the note was deleted nor its task purged")]
    [InlineData("UPDATE events SET data = data - 'text' || '{\"task_id\": \"x\"}' WHERE type = 'note.created' AND data ->> 'text' = 'dicho'", "it says nothing, and neither the note was deleted nor its task purged")]
    [InlineData("UPDATE events SET data = data - 'task_id' WHERE type = 'note.created' AND data ->> 'text' = 'dicho'", "an event that cannot be read (note.created)")]
    [InlineData("UPDATE events SET before = NULL WHERE type = 'note.updated' AND before IS NOT NULL", "an event that cannot be read (note.updated)")]
    [InlineData("UPDATE events SET version = 7 WHERE type = 'note.updated' AND before IS NOT NULL", "version 7 follows version 1")]
    [InlineData("UPDATE events SET type = 'task.flown' WHERE type = 'task.restored'", "an event that cannot be read (task.flown)")]
    [InlineData("UPDATE events SET type = 'moon.risen' WHERE type = 'task.restored'", "an event that this program does not know (moon.risen)")]
    [InlineData("UPDATE events SET data = '{\"colour\": 1}' WHERE type = 'tag.updated'", "an event that cannot be read (tag.updated)")]
    [InlineData("UPDATE events SET number = 40 WHERE number = 4", "the task should have the number 4")]
    [InlineData("UPDATE events SET version = 9 WHERE type = 'task.restored'", "version 9 follows version 2")]
    public async Task A_log_that_is_not_whole_is_told_and_nothing_is_thrown_away_for_it(string tampering, string told)
    {
        var (house, ana) = await livedIn.MoveInAsync();
        await using var home = house;
        await house.ExecuteAsync(tampering);
        await house.ExecuteAsync("UPDATE tasks SET title = 'still here'");
        var tasks = await house.CountAsync("SELECT count(*) FROM tasks");

        var report = await RunAsync(house, write: true);

        var fault = Assert.Single(report.First);
        Assert.Equal((ana.WorkspaceId, DifferenceKind.Log), (fault.WorkspaceId, fault.Kind));
        Assert.EndsWith(told, Assert.Single(fault.Members));
        Assert.Equal((1, 0), (report.Differences, report.Mended));
        Assert.Equal(tasks, await house.CountAsync("SELECT count(*) FROM tasks WHERE title = 'still here'"));
    }

    [Fact]
    public async Task Rows_of_a_workspace_of_which_the_log_knows_nothing_are_named_and_left()
    {
        var (house, _) = await livedIn.MoveInAsync();
        await using var home = house;
        await house.ExecuteAsync("INSERT INTO labels SELECT (jsonb_populate_record(l, jsonb_build_object('workspace_id', gen_random_uuid()))).* FROM labels l WHERE name = 'f'");
        var report = await RunAsync(house, write: true);
        Assert.Equal((DifferenceKind.Tag, Difference.Unexpected), (report.First.Single().Kind, report.First.Single().Members.Single()));
        Assert.Equal((2, 1, 0), (report.Workspaces, report.Differences, report.Mended));
        Assert.Equal(2, await house.CountAsync("SELECT count(*) FROM labels WHERE name = 'f'"));
    }

    [Fact]
    public async Task Rows_that_show_the_same_are_equal_whatever_ids_they_hold()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "t", Tags = new[] { "a", "b", "c" } });
        var (a, b, c) = (task.TagIds[0], task.TagIds[1], task.TagIds[2]);
        House.Ok(await house.Core.LabelWriter.MergeAsync(ana, a, c, Precondition.None, null, Cancellation));
        House.Ok(await house.Core.LabelWriter.DeleteAsync(ana, LabelKind.Tag, b, Precondition.None, null, Cancellation));
        Assert.True((await RunAsync(house)).IsEqual);
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Complete(new TaskRef(task.Id, 0), Precondition.None), null, Cancellation));
        Assert.Equal([c], Assert.Single(await house.ColumnAsync<Guid[]>("SELECT tag_ids FROM tasks WHERE workspace_id = $1", ana.WorkspaceId)));
        Assert.True((await RunAsync(house)).IsEqual);

        await house.ExecuteAsync("UPDATE tasks SET title = 'x'");
        Assert.Equal(1, (await RunAsync(house, write: true)).Mended);
        Assert.Equal([c], Assert.Single(await house.ColumnAsync<Guid[]>("SELECT tag_ids FROM tasks WHERE workspace_id = $1", ana.WorkspaceId)));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Writers_at_work_make_no_difference_and_lose_nothing_to_a_mending()
    {
        var (house, ana) = await livedIn.MoveInAsync();
        await using var home = house;
        // A log of several pages from the first run on, of which only the last one is read under the lock.
        while (await house.CountAsync("SELECT max(revision) FROM workspaces") < 2 * Limits.RebuildPageEvents)
        {
            var many = Enumerable.Range(0, Limits.BatchOperations).Select(number => TaskOperation.Create(new TaskEdit { Title = $"before {number}", Tags = new[] { "a" } }, House.V1));
            House.Ok(await house.Core.TaskBatches.WriteAsync(ana, [.. many], isAtomic: true, null, Cancellation));
        }
        using var enough = new CancellationTokenSource();
        async Task<int> WriteAsync(int writer)
        {
            var written = 0;
            while (!enough.IsCancellationRequested)
            {
                var task = await house.CreateAsync(ana, new TaskEdit { Title = $"{writer} {written}", Tags = new[] { $"w{written % 7}", "a" } });
                var reference = new TaskRef(task.Id, 0);
                House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Complete(reference, Precondition.None), null, Cancellation));
                if (written % 5 == 4)
                {
                    var (from, to) = (await MakeAsync(house, ana, $"{writer} from {written}", LabelKind.Tag), await MakeAsync(house, ana, $"{writer} to {written}", LabelKind.Tag));
                    House.Ok(await house.Core.LabelWriter.MergeAsync(ana, from.Id, to.Id, Precondition.None, null, Cancellation));
                    House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(reference, Precondition.None), null, Cancellation));
                }
                written++;
            }
            return written;
        }
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(() => WriteAsync(writer))).ToList();
        try
        {
            var before = await house.CountAsync("SELECT max(revision) FROM workspaces");
            for (var run = 0; run < 6 || await house.CountAsync("SELECT max(revision) FROM workspaces") < before + 500; run++)
            {
                Assert.Empty((await RunAsync(house)).First);
            }
            for (var run = 0; run < 3; run++)
            {
                await house.ExecuteAsync("UPDATE tasks SET title = 'tampered' WHERE number IN (1, 2)");
                Assert.Equal(2, (await RunAsync(house, write: true)).Mended);
            }
        }
        finally
        {
            await enough.CancelAsync();
        }
        Assert.All(await Task.WhenAll(writers), written => Assert.True(written > 0));
        Assert.True((await RunAsync(house)).IsEqual);
        Assert.True(await house.CountAsync("SELECT max(revision) FROM workspaces") > 2 * Limits.RebuildPageEvents);
    }

    /// <summary>Most of a log is read without a snapshot: what is purged behind the page that has been read was there, and is not.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_removed_while_its_log_is_being_read_is_no_difference(bool alone)
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = new TaskRef((await house.CreateAsync(ana, new TaskEdit { Title = "t" })).Id, 0);
        var note = House.Ok(await house.Core.NoteWriter.CreateAsync(ana, task, new NoteEdit { Text = "0" }, null, Cancellation)).Value.Note;
        // Somebody has changed it more often than a page has events.
        const int changes = Limits.RebuildPageEvents + 10;
        await house.ExecuteAsync($$"""
            INSERT INTO events (workspace_id, revision, stream_id, version, type, data, before, actor_id, at)
            SELECT e.workspace_id, e.revision + n, e.stream_id, 1 + n, 'note.updated', jsonb_build_object('text', n::text), jsonb_build_object('text', (n - 1)::text), e.actor_id, e.at
              FROM events e CROSS JOIN generate_series(1, {{changes}}) n WHERE e.type = 'note.created';
            UPDATE workspaces SET revision = revision + {{changes}};
            UPDATE notes SET text = '{{changes}}', version = version + {{changes}}, revision = revision + {{changes}};
            """);
        Assert.Empty((await RunAsync(house)).First);

        await using var connection = await house.Database.OpenPlannedAsync(Cancellation);
        var tables = new RebuiltTables(connection);
        await tables.MakeAsync(Cancellation);
        var replay = new Replay(connection, tables, ana.WorkspaceId);
        Assert.True(await replay.ReadPageAsync(Cancellation));
        if (alone)
        {
            House.Ok(await house.Core.NoteWriter.DeleteAsync(ana, task, note.Id, Precondition.None, null, Cancellation));
        }
        else
        {
            House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), null, Cancellation));
            house.Time.Forward(TimeSpan.FromDays(31));
            Assert.Equal(1, await house.Core.CleanUp.Jobs.Single(job => job.Name == "purge-deleted-tasks").RunAsync(Cancellation));
        }
        while (await replay.ReadPageAsync(Cancellation))
        {
            // To the end.
        }
        Assert.Null(replay.Fault);
        await tables.WriteMembersAsync(ana.WorkspaceId, replay.Members.Values, Cancellation);
        await tables.CompareAsync(ana.WorkspaceId, Cancellation);
        Assert.Equal(0, (await tables.DifferencesAsync(ana.WorkspaceId, 10, Cancellation)).Count);
        Assert.Empty((await RunAsync(house)).First);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Every_column_of_the_tables_is_compared()
    {
        await using var house = await House.BuildAsync(postgres);
        async Task<IEnumerable<string>> ColumnsAsync(string table) => (await house.ColumnAsync<string>(
            $"SELECT attname::text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND $1::uuid IS NOT NULL", Guid.Empty)).Order(StringComparer.Ordinal);
        Assert.Equal(
            RebuiltTables.PlainTaskColumns.Concat(RebuiltTables.ShownTaskColumns).Concat(["workspace_id", "task_id"]).Order(StringComparer.Ordinal), await ColumnsAsync("tasks"));
        Assert.Equal(RebuiltTables.PlainLabelColumns.Concat(["workspace_id", "label_id", "words"]).Order(StringComparer.Ordinal), await ColumnsAsync("labels"));
        Assert.Equal(RebuiltTables.NoteColumns.Concat(["workspace_id", "note_id"]).Order(StringComparer.Ordinal), await ColumnsAsync("notes"));
        Assert.Equal(RebuiltTables.MemberColumns.Concat(["workspace_id", "user_id"]).Order(StringComparer.Ordinal), await ColumnsAsync("members"));
    }

    [Fact]
    public async Task More_differences_than_are_named_are_counted()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        foreach (var caller in new[] { ana, eva })
        {
            for (var number = 0; number < 60; number++)
            {
                await house.CreateAsync(caller, new TaskEdit { Title = "t" });
            }
        }
        await house.ExecuteAsync("UPDATE tasks SET title = 'x'; UPDATE workspaces SET done_tasks = 7");
        var report = await RunAsync(house);
        Assert.Equal((122, Limits.RebuildDifferences), (report.Differences, report.First.Count));
    }
}
