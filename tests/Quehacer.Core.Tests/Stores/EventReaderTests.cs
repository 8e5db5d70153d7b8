using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class EventReaderTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static TaskRef ById(TaskItem task) => new(task.Id, 0);

    private static async Task ChangeAsync(House house, Caller caller, TaskItem task, string title) =>
        House.Ok(await house.Core.TaskWriter.WriteAsync(caller, TaskOperation.Change(ById(task), new TaskEdit { Title = title }, House.V1, Precondition.None), null, Cancellation));

    private static async Task DeleteAsync(House house, Caller caller, TaskItem task) =>
        House.Ok(await house.Core.TaskWriter.WriteAsync(caller, TaskOperation.Delete(ById(task), Precondition.None), null, Cancellation));

    private static async Task<List<EventView>> HistoryAsync(House house, Caller caller, TaskItem task, int limit = 100)
    {
        var (all, cursor) = (new List<EventView>(), default(string));
        do
        {
            var page = House.Ok(await house.Core.Events.HistoryAsync(caller, ById(task), cursor, limit, Cancellation));
            Assert.InRange(page.Events.Count, 1, limit);
            all.AddRange(page.Events);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return all;
    }

    private static async Task<List<EventView>> ChangesAsync(House house, Caller caller, int limit = 500)
    {
        var (all, page) = (new List<EventView>(), default(ChangePage));
        do
        {
            page = House.Ok(await house.Core.Events.ChangesAsync(caller, page?.Next, EventFilter.All, limit, Cancellation));
            Assert.InRange(page.Events.Count, 0, limit);
            all.AddRange(page.Events);
        }
        while (page.HasMore);
        return all;
    }

    private static TaskItem? After(EventView view) => (view.Subject as EventSubject.OfTask)?.After?.Task;

    private static TaskItem? Before(EventView view) => (view.Subject as EventSubject.OfTask)?.Before?.Task;

    private static Task PurgeAsync(House house)
    {
        house.Time.Forward(TimeSpan.FromDays(31));
        return house.Core.CleanUp.Jobs.Single(job => job.Name == "purge-deleted-tasks").RunAsync(Cancellation);
    }

    [Fact]
    public async Task What_happened_elsewhere_is_told_as_the_beginning_under_the_same_ids()
    {
        await using var house = await House.BuildAsync(postgres);
        var (here, _) = await house.MoveInAsync("ana@example.com");
        var there = await house.FoundAsync(here, "There");
        var task = await house.CreateAsync(here, new TaskEdit { Title = "one" });
        await ChangeAsync(house, here, task, "two");
        var before = await HistoryAsync(house, here, task);
        Assert.Equal([EventNames.TaskUpdated, EventNames.TaskCreated], before.Select(view => view.Type));

        House.Ok(await house.Core.TaskTransfers.TransferAsync(here, ById(task), there.WorkspaceId, SubtaskFate.Follow, Precondition.None, null, Cancellation));
        await ChangeAsync(house, there, task, "three");
        foreach (var limit in new[] { 1, 2, 3, 100 })
        {
            var after = await HistoryAsync(house, there, task, limit);
            Assert.Equal([EventNames.TaskUpdated, EventNames.TaskMovedIn, EventNames.TaskUpdated, EventNames.TaskCreated], after.Select(view => view.Type));
            Assert.Equal(["three", "two", "two", "one"], after.Select(view => After(view)!.Title));
            Assert.Equal(["two", "two", "one", null], after.Select(view => Before(view)?.Title));
            Assert.Equal(before.Select(view => view.Id), after.Skip(2).Select(view => view.Id));
            Assert.Equal([false, false, true, true], after.Select(view => view.Cursor is null));
        }
        // Here is left that there was something, and by whom, and nothing of what.
        var left = (await ChangesAsync(house, here)).Where(view => view.Stamp.StreamId == task.Id).ToList();
        Assert.Equal([EventNames.TaskCreated, EventNames.TaskUpdated, EventNames.TaskMovedOut], left.Select(view => view.Type));
        Assert.All(left, view => Assert.Equal((null, null), (After(view), Before(view))));
        Assert.Equal(before.Select(view => view.Id).Reverse(), left.Take(2).Select(view => view.Id));
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Events.HistoryAsync(here, ById(task), null, 10, Cancellation)).Error?.Code);

        // And back: the log of this place has it twice, once without words.
        House.Ok(await house.Core.TaskTransfers.TransferAsync(there, ById(task), here.WorkspaceId, SubtaskFate.Follow, Precondition.None, null, Cancellation));
        await ChangeAsync(house, here, task, "four");
        var back = (await ChangesAsync(house, here)).Where(view => view.Stamp.StreamId == task.Id).ToList();
        Assert.Equal([null, null, null, "three", "four"], back.Select(view => After(view)?.Title));
        Assert.Equal(back.Count, back.Select(view => view.Id).Distinct().Count());
        Assert.Equal(["four", "three", "three"], (await HistoryAsync(house, here, task)).Take(3).Select(view => After(view)!.Title));
    }

    [Fact]
    public async Task Of_what_was_purged_or_removed_nothing_is_told_but_that_it_was()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "secret" });
        var other = await house.CreateAsync(ana, new TaskEdit { Title = "kept" });
        var note = House.Ok(await house.Core.NoteWriter.CreateAsync(ana, ById(other), new NoteEdit { Text = "whispered" }, null, Cancellation)).Value.Note;
        House.Ok(await house.Core.NoteWriter.ChangeAsync(ana, ById(other), note.Id, new NoteEdit { Text = "said" }, Precondition.None, null, Cancellation));
        var told = (await ChangesAsync(house, ana)).Where(view => view.Stamp.StreamId == note.Id).Select(view => (EventSubject.OfNote)view.Subject).ToList();
        Assert.Equal([("whispered", null), ("said", "whispered")], told.Select(subject => (subject.After?.Text, subject.Before?.Text)));
        House.Ok(await house.Core.NoteWriter.DeleteAsync(ana, ById(other), note.Id, Precondition.None, null, Cancellation));
        await DeleteAsync(house, ana, task);
        Assert.Equal(2, (await HistoryAsync(house, ana, task)).Count);
        await PurgeAsync(house);
        Assert.Equal(ErrorCode.Gone, (await house.Core.Events.HistoryAsync((await house.LogInAsync("ana@example.com")).Caller, ById(task), null, 10, Cancellation)).Error?.Code);

        var (again, _) = await house.LogInAsync("ana@example.com");
        var changes = await ChangesAsync(house, again);
        Assert.All(changes.Where(view => view.Stamp.StreamId == task.Id), view => Assert.Equal((null, null), (After(view), Before(view))));
        Assert.All(
            changes.Where(view => view.Stamp.StreamId == note.Id).Select(view => (EventSubject.OfNote)view.Subject), subject => Assert.Equal((null, null), (subject.After, subject.Before)));
        Assert.Equal(EventNames.TaskPurged, changes[^1].Type);
        Assert.Equal("kept", After(changes.Single(view => view.Stamp.StreamId == other.Id))!.Title);
    }

    /// <summary>Where a page begins is none of an event's business: what came before it is looked up.</summary>
    [Fact]
    public async Task Pages_of_any_size_tell_the_same_and_activity_tells_it_backwards()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var tasks = new List<TaskItem>();
        for (var i = 0; i < 4; i++)
        {
            tasks.Add(await house.CreateAsync(ana, new TaskEdit { Title = $"{i}", Tags = new[] { "a", $"b{i}" } }));
        }
        for (var turn = 0; turn < 12; turn++)
        {
            await ChangeAsync(house, ana, tasks[turn % 4], $"{turn}");
        }
        var tag = (await house.ColumnAsync<Guid>("SELECT label_id FROM labels WHERE workspace_id = $1 AND name = 'a'", ana.WorkspaceId))[0];
        House.Ok(await house.Core.LabelWriter.ChangeAsync(ana, LabelKind.Tag, tag, new LabelEdit { Name = "c" }, 50, Precondition.None, null, Cancellation));
        static string Spell(EventView view) => $"{view.Id} {view.Cursor} {view.Type} {After(view)?.Title} {After(view)?.Version} {Before(view)?.Title} {string.Join(',', (view.Subject as EventSubject.OfTask)?.After?.Tags ?? [])}";
        var whole = (await ChangesAsync(house, ana)).ConvertAll(Spell);
        Assert.Contains(whole, line => line.EndsWith("c,b3", StringComparison.Ordinal));
        Assert.DoesNotContain(whole, line => line.EndsWith("a,b3", StringComparison.Ordinal));
        foreach (var limit in new[] { 1, 2, 3, 7 })
        {
            Assert.Equal(whole, (await ChangesAsync(house, ana, limit)).ConvertAll(Spell));
            var (backwards, cursor) = (new List<string>(), default(string));
            do
            {
                var page = House.Ok(await house.Core.Events.ActivityAsync(ana, cursor, EventFilter.All, limit, Cancellation));
                backwards.AddRange(page.Events.Select(Spell));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            backwards.Reverse();
            Assert.Equal(whole, backwards);
        }
    }

    [Fact]
    public async Task A_ticket_is_over_after_its_time_and_says_all_of_whose_it_is()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var caller = ana with { GoodUntil = house.Time.NowUtc().AddMinutes(5), Scopes = Quehacer.Core.Accounts.KeyScopes.ReadTasks, IsElsewhere = true, CountedWith = Guid.CreateVersion7(), Plan = Quehacer.Core.Accounts.Plan.Plus };
        foreach (var one in new[] { ana, caller })
        {
            var opened = House.Ok(await house.Core.StreamTickets.RedeemAsync(House.Ok(await house.Core.StreamTickets.IssueAsync(one, Cancellation)).Text, "req_other", Cancellation));
            Assert.Equal(one with { RequestId = "req_other" }, opened);
        }
        var late = House.Ok(await house.Core.StreamTickets.IssueAsync(ana, Cancellation));
        house.Time.Forward(late.ExpiresAt - house.Time.NowUtc());
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.StreamTickets.RedeemAsync(late.Text, "req_other", Cancellation)).Error?.Code);
        Assert.Equal(2, await house.CountAsync("SELECT count(*) FROM used_tickets"));
        await house.Core.CleanUp.Jobs.Single(job => job.Name == "delete-used-tickets").RunAsync(Cancellation);
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM used_tickets"));
    }

    [Fact]
    public async Task Members_are_told_by_what_they_are_and_were()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (bob, _) = await house.MoveInAsync("bob@example.com");
        var home = await house.FoundAsync(ana);
        await house.MakeMemberAsync(home, bob, new MemberEvent.Added(WorkspaceRole.Viewer));
        await house.MakeMemberAsync(home, bob, new MemberEvent.Updated(WorkspaceRole.Editor, WorkspaceRole.Viewer));
        await house.MakeMemberAsync(home, bob, new MemberEvent.Removed(WorkspaceRole.Editor));
        Assert.Equal(
            [(WorkspaceRole.Viewer, null), (WorkspaceRole.Editor, WorkspaceRole.Viewer), (null, WorkspaceRole.Editor)],
            (await ChangesAsync(house, home)).Select(view => view.Subject).OfType<EventSubject.OfMember>().Select(subject => ((WorkspaceRole?, WorkspaceRole?))(subject.After, subject.Before)));
    }
}
