using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Who may do what in a workspace, asked of the stores themselves.</summary>
public sealed class WorkspaceTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Everything that the core lets somebody do in a workspace, and what it wants. A new method has a line here.</summary>
    private static IEnumerable<(string Name, Permission Permission, Func<House, Caller, TaskRef, Task<ErrorCode?>> Do)> Deeds()
    {
        yield return ("get a task", Permission.See, async (house, caller, task) => (await house.Core.Tasks.GetAsync(caller, task, Cancellation)).Error?.Code);
        yield return ("list tasks", Permission.See, async (house, caller, _) => (await house.ListAsync(caller, new TaskFilter())).Error?.Code);
        yield return ("find tasks", Permission.See, async (house, caller, _) => (await house.ListAsync(caller, new TaskFilter { Sort = TaskSort.Title, Priorities = [TaskPriority.High] })).Error?.Code);
        yield return ("see the moment", Permission.See, async (house, caller, _) => (await house.Core.Workspaces.MomentAsync(caller, Cancellation)).Error?.Code);
        yield return ("see the workspace", Permission.See, async (house, caller, _) => (await house.Core.Workspaces.GetAsync(caller, Cancellation)).Error?.Code);
        yield return ("list tags", Permission.See, async (house, caller, _) => (await house.Core.Labels.ListAsync(caller, LabelKind.Tag, 1, 20, withTaskCounts: true, Cancellation)).Error?.Code);
        yield return ("list service accounts", Permission.See, async (house, caller, _) => (await house.Core.ServiceAccounts.ListAsync(caller, Cancellation)).Error?.Code);
        yield return ("list notes", Permission.See, async (house, caller, task) => (await house.Core.Notes.ListAsync(caller, task, 1, 20, Cancellation)).Error?.Code);
        yield return ("rehearse a change of many", Permission.Write, async (house, caller, _) =>
            (await house.Core.TaskBulk.WriteAsync(caller, new BulkRequest(new TaskFilter { State = TaskState.Done }, new TaskEdit { Priority = TaskPriority.Low }, House.V1, 100, null, IsDryRun: true), null, Cancellation)).Error?.Code);
        yield return ("make a task", Permission.Write, async (house, caller, _) => (await house.Core.TaskWriter.WriteAsync(caller, TaskOperation.Create(new TaskEdit { Title = "t" }, House.V1), null, Cancellation)).Error?.Code);
        yield return ("change a task", Permission.Write, async (house, caller, task) =>
            (await house.Core.TaskWriter.WriteAsync(caller, TaskOperation.Change(task, new TaskEdit { Title = Guid.NewGuid().ToString() }, House.V1, Precondition.None), null, Cancellation)).Error?.Code);
        yield return ("tag a task", Permission.Write, async (house, caller, task) =>
            (await house.Core.TaskWriter.WriteAsync(caller, TaskOperation.Change(task, new TaskEdit { Tags = new[] { Guid.NewGuid().ToString() } }, House.V1, Precondition.None), null, Cancellation)).Error?.Code);
        yield return ("make a category", Permission.Write, async (house, caller, _) =>
            (await house.Core.LabelWriter.CreateAsync(caller, LabelKind.Category, new LabelEdit { Name = Guid.NewGuid().ToString() }, 50, null, Cancellation)).Error?.Code);
        yield return ("write a note", Permission.Write, async (house, caller, task) => (await house.Core.NoteWriter.CreateAsync(caller, task, new NoteEdit { Text = "n" }, null, Cancellation)).Error?.Code);
        yield return ("rename the workspace", Permission.Manage, async (house, caller, _) =>
            (await house.Core.WorkspaceWriter.ChangeAsync(caller, new WorkspaceEdit { Name = Guid.NewGuid().ToString() }, Precondition.None, null, Cancellation)).Error?.Code);
        yield return ("take it into use", Permission.Manage, async (house, caller, _) => (await house.Core.WorkspaceWriter.UnarchiveAsync(caller with { RequestId = "probe" }, Precondition.None, null, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Everybody_may_do_what_the_table_says_and_nothing_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var owner = await house.FoundAsync((await house.MoveInAsync("owner@example.com")).Caller);
        var task = new TaskRef((await house.CreateAsync(owner, new TaskEdit { Title = "Buy milk", State = TaskState.Done })).Id, 0);
        var editor = await house.MakeMemberAsync(owner, (await house.MoveInAsync("editor@example.com")).Caller, new MemberEvent.Added(WorkspaceRole.Editor));
        var viewer = await house.MakeMemberAsync(owner, (await house.MoveInAsync("viewer@example.com")).Caller, new MemberEvent.Added(WorkspaceRole.Viewer));
        var former = await house.MakeMemberAsync(owner, (await house.MoveInAsync("former@example.com")).Caller, new MemberEvent.Added(WorkspaceRole.Editor));
        await house.MakeMemberAsync(owner, former, new MemberEvent.Removed(WorkspaceRole.Editor));
        var stranger = (await house.MoveInAsync("stranger@example.com")).Caller with { WorkspaceId = owner.WorkspaceId };
        var left = (await house.LogInAsync("editor@example.com")).Caller with { WorkspaceId = owner.WorkspaceId };
        House.Ok(await house.Core.Sessions.LogoutAsync(left, null, Cancellation));
        foreach (var (name, permission, deed) in Deeds())
        {
            foreach (var (caller, role) in new[] { (owner, WorkspaceRole.Owner), (editor, WorkspaceRole.Editor), (viewer, WorkspaceRole.Viewer) })
            {
                Assert.Equal((name, role, role >= permission.LeastRole() ? default(ErrorCode?) : ErrorCode.Forbidden), (name, role, await deed(house, caller, task)));
            }
            Assert.Equal((name, (ErrorCode?)ErrorCode.NotFound), (name, await deed(house, stranger, task)));
            Assert.Equal((name, (ErrorCode?)ErrorCode.NotFound), (name, await deed(house, former, task)));
            Assert.Equal((name, (ErrorCode?)ErrorCode.SessionEnded), (name, await deed(house, left, task)));
        }
        // What is archived is seen and taken into use again, and nothing in it changes.
        foreach (var (name, permission, deed) in Deeds().Where(deed => deed.Name != "take it into use"))
        {
            House.Ok(await house.Core.WorkspaceWriter.ArchiveAsync(owner, Precondition.None, null, Cancellation));
            Assert.Equal((name, permission.HoldsInArchive() ? default(ErrorCode?) : ErrorCode.WorkspaceArchived), (name, await deed(house, owner, task)));
            Assert.Equal((name, permission == Permission.See ? default(ErrorCode?) : ErrorCode.Forbidden), (name, await deed(house, viewer, task)));
        }
        await house.AssertConsistentAsync(owner);
    }

    [Fact]
    public async Task A_session_that_is_for_one_workspace_is_for_no_other()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (one, other) = (await house.FoundAsync(ana, "One"), await house.FoundAsync(ana, "Other"));
        var task = new TaskRef((await house.CreateAsync(one, new TaskEdit { Title = "t" })).Id, 0);
        await house.ExecuteAsync($"UPDATE sessions SET workspace_id = '{one.WorkspaceId}'");
        foreach (var (name, _, deed) in Deeds())
        {
            Assert.Equal((name, default(ErrorCode?)), (name, await deed(house, one, task)));
            Assert.Equal((name, (ErrorCode?)ErrorCode.NotFound), (name, await deed(house, other, task)));
            Assert.Equal((name, (ErrorCode?)ErrorCode.NotFound), (name, await deed(house, ana, task)));
        }
        Assert.Equal(["One"], House.Ok(await house.Core.Workspaces.ListAsync(ana, withArchived: true, 100, null, withTotal: false, Cancellation)).Workspaces.Select(view => view.Workspace.IsPersonal ? "?" : "One"));
        Assert.Equal(ErrorCode.Forbidden, (await house.Core.WorkspaceWriter.CreateAsync(ana, new WorkspaceEdit { Name = "Third" }, null, Cancellation)).Error?.Code);
    }

    [Fact]
    public void The_numbers_of_the_statements_are_those_of_the_table()
    {
        // Constants of text cannot be made of numbers, so that the one says what the other says is for a test to know.
        foreach (var permission in Enum.GetValues<Permission>())
        {
            Assert.EndsWith($" >= {(short)permission.LeastRole()}", Access.May(permission));
            Assert.Equal(!permission.HoldsInArchive(), Access.May(permission).Contains("archived_at IS NULL", StringComparison.Ordinal));
        }
        Assert.Contains($"THEN {(short)WorkspaceRole.Owner}::smallint", Access.Role);
    }

    /// <summary>
    /// Whoever is removed writes nothing behind it, not even what had been waiting for the workspace when it happened: a statement that has waited sees its row anew
    /// and the members as they were.
    /// </summary>
    [Fact]
    public async Task Nobody_writes_behind_their_removal()
    {
        await using var house = await House.BuildAsync(postgres);
        var owner = await house.FoundAsync((await house.MoveInAsync("owner@example.com")).Caller);
        var editor = (await house.MoveInAsync("editor@example.com")).Caller;
        for (var round = 0; round < 25; round++)
        {
            var member = await house.MakeMemberAsync(owner, editor, new MemberEvent.Added(WorkspaceRole.Editor));
            var task = await house.CreateAsync(owner, new TaskEdit { Title = "t" });
            await House.AtOnceAsync<Error?>(12, async index =>
            {
                if (index == 5)
                {
                    await house.MakeMemberAsync(owner, member, new MemberEvent.Removed(WorkspaceRole.Editor));
                    return null;
                }
                return index % 2 == 0
                    ? (await house.Core.TaskWriter.WriteAsync(member, TaskOperation.Create(new TaskEdit { Title = $"{index}" }, House.V1), null, Cancellation)).Error
                    : (await house.Core.NoteWriter.CreateAsync(member, new TaskRef(task.Id, 0), new NoteEdit { Text = $"{index}" }, null, Cancellation)).Error;
            });
            Assert.Equal(0L, Assert.Single(await house.ColumnAsync<long>(
                $"SELECT count(*) FROM events e WHERE e.workspace_id = $1 AND e.actor_id = '{editor.UserId}' AND e.revision > (SELECT max(revision) FROM events r WHERE r.workspace_id = $1 AND r.type = 'member.removed')", owner.WorkspaceId)));
        }
        await house.AssertConsistentAsync(owner);
    }

    [Fact]
    public async Task Of_twenty_workspaces_made_at_once_no_more_are_made_than_one_may_own()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.ExecuteAsync($"""
            INSERT INTO members (workspace_id, user_id, role, version, revision, joined_at, updated_at)
            SELECT gen_random_uuid(), '{ana.UserId}', 30, 0, 1, now(), now() FROM generate_series(1, {Limits.WorkspacesOfAUser - 6})
            """);
        var made = await House.AtOnceAsync(20, index => house.Core.WorkspaceWriter.CreateAsync(ana, new WorkspaceEdit { Name = $"{index}" }, null, Cancellation));
        Assert.Equal(5, made.Count(answer => answer.IsOk));
        Assert.All(made.Where(answer => !answer.IsOk), answer => Assert.Equal(FieldFault.TooMany, answer.Error?.Fields.Single().Fault));
    }

    [Fact]
    public async Task What_happens_to_a_workspace_is_in_its_log_and_follows_from_it()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var home = await house.FoundAsync(ana);
        var bea = (await house.MoveInAsync("bea@example.com")).Caller;
        House.Ok(await house.Core.WorkspaceWriter.ChangeAsync(home, new WorkspaceEdit { Name = "Household" }, Precondition.None, null, Cancellation));
        House.Ok(await house.Core.WorkspaceWriter.ArchiveAsync(home, Precondition.None, null, Cancellation));
        // Archived already: nothing to do.
        House.Ok(await house.Core.WorkspaceWriter.ArchiveAsync(home, Precondition.None, null, Cancellation));
        House.Ok(await house.Core.WorkspaceWriter.UnarchiveAsync(home, Precondition.None, null, Cancellation));
        await house.MakeMemberAsync(home, bea, new MemberEvent.Added(WorkspaceRole.Viewer));
        await house.MakeMemberAsync(home, bea, new MemberEvent.Updated(WorkspaceRole.Editor, WorkspaceRole.Viewer));
        await house.MakeMemberAsync(home, bea, new MemberEvent.Removed(WorkspaceRole.Editor));
        await house.MakeMemberAsync(home, bea, new MemberEvent.Added(WorkspaceRole.Editor));
        Assert.Equal(
            ["workspace.created", "workspace.updated", "workspace.archived", "workspace.unarchived", "member.added", "member.updated", "member.removed", "member.added"],
            await house.ColumnAsync<string>("SELECT type FROM events WHERE workspace_id = $1 ORDER BY revision", home.WorkspaceId));
        Assert.Equal([1, 2, 3, 4], (await house.StreamAsync(home, bea.UserId)).Select(stored => stored.Stamp.Version));
        // Handing it on is an event of each of the two, and the workspace's row follows.
        await house.MakeMemberAsync(home, bea, new MemberEvent.Updated(WorkspaceRole.Owner, WorkspaceRole.Editor));
        var seen = House.Ok(await house.Core.Workspaces.GetAsync(bea with { WorkspaceId = home.WorkspaceId }, Cancellation));
        Assert.Equal((bea.UserId, WorkspaceRole.Owner, 2, "Household"), (seen.Workspace.OwnerId, seen.Role, seen.Workspace.Members, seen.Workspace.Name));
        var report = await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation);
        Assert.Empty(report.First);
    }

    [Fact]
    public async Task A_repeat_under_a_key_shows_what_was_done_and_does_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (makeKey, changeKey) = (new IdempotencyKey("make", [1]), new IdempotencyKey("change", [2]));
        var made = await House.AtOnceAsync(10, _ => house.Core.WorkspaceWriter.CreateAsync(ana, new WorkspaceEdit { Name = "Home" }, makeKey, Cancellation));
        var id = Assert.Single(made.Select(answer => House.Ok(answer).Value.Workspace.Id).Distinct());
        Assert.Equal(9, made.Count(answer => House.Ok(answer).IsReplay));
        var home = ana with { WorkspaceId = id };
        House.Ok(await house.Core.WorkspaceWriter.ChangeAsync(home, new WorkspaceEdit { Name = "Second" }, Precondition.None, changeKey, Cancellation));
        House.Ok(await house.Core.WorkspaceWriter.ChangeAsync(home, new WorkspaceEdit { Name = "Third" }, Precondition.None, null, Cancellation));
        var again = House.Ok(await house.Core.WorkspaceWriter.ChangeAsync(home, new WorkspaceEdit { Name = "Second" }, Precondition.None, changeKey, Cancellation));
        Assert.Equal(("Second", 2, true), (again.Value.Workspace.Name, again.Value.Workspace.Version, again.IsReplay));
        Assert.Equal("Home", House.Ok(await house.Core.WorkspaceWriter.CreateAsync(ana, new WorkspaceEdit { Name = "Home" }, makeKey, Cancellation)).Value.Workspace.Name);
        Assert.Equal("Third", House.Ok(await house.Core.Workspaces.GetAsync(home, Cancellation)).Workspace.Name);
    }

    [Fact]
    public async Task A_thousand_workspaces_are_walked_by_cursor()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.ExecuteAsync($"""
            WITH made AS (
              INSERT INTO workspaces (workspace_id, owner_id, name, is_personal, revision, labels_revision, last_task_number, pending_tasks, done_tasks, deleted_tasks, changed_at, updated_at, archived_at)
              SELECT gen_random_uuid(), '{ana.UserId}', n::text, false, 1, 0, 0, 0, 0, 0, now(), now(), CASE WHEN n % 10 = 0 THEN now() END FROM generate_series(1, 1000) n RETURNING workspace_id)
            INSERT INTO members (workspace_id, user_id, role, version, revision, joined_at, updated_at) SELECT workspace_id, '{ana.UserId}', 30, 0, 1, now(), now() FROM made
            """);
        foreach (var (withArchived, all) in new[] { (true, 1001), (false, 901) })
        {
            var (seen, cursor) = (new List<Guid>(), default(string));
            do
            {
                var page = House.Ok(await house.Core.Workspaces.ListAsync(ana, withArchived, 100, cursor, withTotal: true, Cancellation));
                Assert.Equal(all, page.Total);
                seen.AddRange(page.Workspaces.Select(view => view.Workspace.Id));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            Assert.Equal(all, seen.Distinct().Count());
            Assert.Equal(all, seen.Count);
        }
        var first = House.Ok(await house.Core.Workspaces.ListAsync(ana, withArchived: true, 10, null, withTotal: false, Cancellation));
        Assert.Null(first.Total);
        Assert.Equal(FieldFault.NotThisCursor, (await house.Core.Workspaces.ListAsync(ana, withArchived: false, 10, first.NextCursor, withTotal: false, Cancellation)).Error?.Fields.Single().Fault);
    }
}
