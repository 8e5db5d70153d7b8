using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class NoteStoreTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<TaskRef> TaskAsync(House house, Caller caller) => new((await house.CreateAsync(caller, new TaskEdit { Title = "Milk" })).Id, 0);

    private static Task<Result<Answered<NoteView>>> SayAsync(House house, Caller caller, TaskRef task, string text, IdempotencyKey? key = null) =>
        house.Core.NoteWriter.CreateAsync(caller, task, new NoteEdit { Text = text }, key, Cancellation);

    private static Task<Result<Answered<NoteView>>> ChangeAsync(House house, Caller caller, TaskRef task, Guid note, string text, Precondition? precondition = null, IdempotencyKey? key = null) =>
        house.Core.NoteWriter.ChangeAsync(caller, task, note, new NoteEdit { Text = text }, precondition ?? Precondition.None, key, Cancellation);

    private static Task<Result<Answered<NoteView?>>> RemoveAsync(House house, Caller caller, TaskRef task, Guid note, Precondition? precondition = null, IdempotencyKey? key = null) =>
        house.Core.NoteWriter.DeleteAsync(caller, task, note, precondition ?? Precondition.None, key, Cancellation);

    private static async Task<IReadOnlyList<string>> TextsAsync(House house, Caller caller, TaskRef task) =>
        [.. House.Ok(await house.Core.Notes.ListAsync(caller, task, 1, 100, Cancellation)).Notes.Select(view => view.Note.Text)];

    [Fact]
    public async Task A_note_is_written_changed_and_removed_and_its_task_stays_as_it_is()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await TaskAsync(house, ana);
        var byNumber = new TaskRef(default, 1);
        var made = House.Ok(await SayAsync(house, ana, byNumber, "The shop closes at nine.")).Value;
        Assert.Equal((task.Id, ana.UserId, "The shop closes at nine.", 1), (made.Note.TaskId, made.Note.AuthorId, made.Note.Text, made.Note.Version));
        Assert.Equal((ana.UserId, "Somebody"), (made.Author.Id, made.Author.Name));
        Assert.Equal(made, House.Ok(await house.Core.Notes.GetAsync(ana, task, made.Note.Id, Cancellation)));
        Assert.Equal(made, House.Ok(await house.Core.Notes.GetAsync(ana, byNumber, made.Note.Id, Cancellation)));

        var changed = House.Ok(await ChangeAsync(house, ana, byNumber, made.Note.Id, "It closes at eight.")).Value;
        Assert.Equal(("It closes at eight.", 2), (changed.Note.Text, changed.Note.Version));
        Assert.Equal(changed, House.Ok(await ChangeAsync(house, ana, task, made.Note.Id, "It closes at eight.")).Value);
        // Of the workspace, the task, the note and its change.
        Assert.Equal(4, await house.CountAsync("SELECT max(revision) FROM workspaces"));
        Assert.Equal(1, (await house.RowAsync(ana, task.Id)).Version);

        House.Ok(await RemoveAsync(house, ana, task, made.Note.Id));
        Assert.Empty(await TextsAsync(house, ana, task));
        foreach (var gone in new[] { (await ChangeAsync(house, ana, task, made.Note.Id, "x")).Error, (await RemoveAsync(house, ana, task, made.Note.Id)).Error, (await house.Core.Notes.GetAsync(ana, task, made.Note.Id, Cancellation)).Error })
        {
            Assert.Equal(ErrorCode.NotFound, gone?.Code);
        }
        // What was said is nowhere any more; that something was is.
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM events WHERE coalesce(data::text, '') || coalesce(before::text, '') LIKE '%closes%'"));
        Assert.Equal(
            [EventNames.NoteCreated, EventNames.NoteUpdated, EventNames.NoteDeleted], (await house.StreamAsync(ana, made.Note.Id)).Select(stored => stored.Type));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_note_is_of_its_task_and_of_its_workspace()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var (task, other) = (await TaskAsync(house, ana), await TaskAsync(house, ana));
        var note = House.Ok(await SayAsync(house, ana, task, "mine")).Value.Note;
        foreach (var (caller, place) in new[] { (ana, other), (ana, new TaskRef(Guid.NewGuid(), 0)), (eva, task), (eva, new TaskRef(default, 1)), (ana with { WorkspaceId = eva.WorkspaceId }, task) })
        {
            Assert.Equal(ErrorCode.NotFound, (await house.Core.Notes.GetAsync(caller, place, note.Id, Cancellation)).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await ChangeAsync(house, caller, place, note.Id, "not mine")).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await RemoveAsync(house, caller, place, note.Id)).Error?.Code);
        }
        Assert.Equal(ErrorCode.NotFound, (await SayAsync(house, eva, task, "x")).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Notes.ListAsync(eva, task, 1, 20, Cancellation)).Error?.Code);
        Assert.Equal(["mine"], await TextsAsync(house, ana, task));
        Assert.Empty(await TextsAsync(house, ana, other));
    }

    [Fact]
    public async Task Whose_words_they_are_alone_may_change_or_remove_them()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var task = await TaskAsync(house, ana);
        var note = House.Ok(await SayAsync(house, ana, task, "hers")).Value.Note;
        // There is one member to a workspace yet, so somebody else's note has to be put there by hand.
        foreach (var (author, name) in new[] { (eva.UserId, "Somebody"), (Guid.NewGuid(), null) })
        {
            await house.ExecuteAsync($"UPDATE notes SET author_id = '{author}'");
            Assert.Equal((author, name), House.Ok(await house.Core.Notes.GetAsync(ana, task, note.Id, Cancellation)) is var seen ? (seen.Author.Id, seen.Author.Name) : default);
            Assert.Equal(ErrorCode.Forbidden, (await ChangeAsync(house, ana, task, note.Id, "not hers")).Error?.Code);
            Assert.Equal(ErrorCode.Forbidden, (await RemoveAsync(house, ana, task, note.Id, new Precondition(null, 99))).Error?.Code);
        }
        Assert.Equal(["hers"], await TextsAsync(house, ana, task));
    }

    [Fact]
    public async Task A_deleted_task_shows_and_takes_no_notes_until_it_is_restored()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await TaskAsync(house, ana);
        var note = House.Ok(await SayAsync(house, ana, task, "first")).Value.Note;
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), null, Cancellation));
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Notes.ListAsync(ana, task, 1, 20, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Notes.GetAsync(ana, task, note.Id, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await SayAsync(house, ana, task, "second")).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await ChangeAsync(house, ana, task, note.Id, "x")).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await RemoveAsync(house, ana, task, note.Id)).Error?.Code);
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Restore(task, Precondition.None), null, Cancellation));
        Assert.Equal(["first"], await TextsAsync(house, ana, task));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_task_that_is_purged_takes_its_notes_along()
    {
        await using var house = await House.BuildAsync(postgres, keysKeptForDays: 365);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (task, kept) = (await TaskAsync(house, ana), await TaskAsync(house, ana));
        var note = House.Ok(await SayAsync(house, ana, task, "a secret", House.Key("say"))).Value.Note;
        House.Ok(await ChangeAsync(house, ana, task, note.Id, "another secret", key: House.Key("change")));
        House.Ok(await RemoveAsync(house, ana, task, House.Ok(await SayAsync(house, ana, task, "a third secret")).Value.Note.Id, key: House.Key("remove")));
        House.Ok(await SayAsync(house, ana, kept, "no mystery"));
        House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), null, Cancellation));
        house.Time.Forward(TimeSpan.FromDays(31));
        Assert.Equal(1, await house.Core.CleanUp.Jobs.Single(job => job.Name == "purge-deleted-tasks").RunAsync(Cancellation));
        (ana, _) = await house.LogInAsync("ana@example.com");

        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM notes"));
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM events WHERE coalesce(data::text, '') || coalesce(before::text, '') LIKE '%secret%'"));
        Assert.Equal(["no mystery"], await TextsAsync(house, ana, kept));
        Assert.Equal(ErrorCode.Gone, (await SayAsync(house, ana, task, "a secret", House.Key("say"))).Error?.Code);
        Assert.Equal(ErrorCode.Gone, (await ChangeAsync(house, ana, task, note.Id, "another secret", key: House.Key("change"))).Error?.Code);
        Assert.True(House.Ok(await RemoveAsync(house, ana, task, note.Id, key: House.Key("remove"))).IsReplay);
        await house.AssertConsistentAsync(ana);
        Assert.Empty((await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation)).First);
    }

    [Fact]
    public async Task A_repeat_is_answered_as_it_was_and_nothing_is_said_twice()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await TaskAsync(house, ana);
        var said = await House.AtOnceAsync(8, async _ => House.Ok(await SayAsync(house, ana, task, "once", House.Key("say"))));
        var first = Assert.Single(said, answer => !answer.IsReplay).Value;
        Assert.All(said, answer => Assert.Equal(first, answer.Value));
        var changed = House.Ok(await ChangeAsync(house, ana, task, first.Note.Id, "twice", new Precondition([first.Tag], null), House.Key("change")));
        Assert.Equal((changed.Value, true), House.Ok(await ChangeAsync(house, ana, task, first.Note.Id, "twice", new Precondition([first.Tag], null), House.Key("change"))) is var repeat ? (repeat.Value, repeat.IsReplay) : default);
        Assert.Equal(first, House.Ok(await SayAsync(house, ana, task, "once", House.Key("say"))).Value);
        Assert.Equal(ErrorCode.IdempotencyMismatch, (await SayAsync(house, ana, task, "else", House.Key("say", "another"))).Error?.Code);
        // A change to what it is already is remembered as well.
        House.Ok(await ChangeAsync(house, ana, task, first.Note.Id, "twice", key: House.Key("same")));
        Assert.True(House.Ok(await ChangeAsync(house, ana, task, first.Note.Id, "twice", key: House.Key("same"))).IsReplay);
        // What was refused is not.
        Assert.Equal(ErrorCode.Invalid, (await SayAsync(house, ana, task, "", House.Key("mended"))).Error?.Code);
        Assert.False(House.Ok(await SayAsync(house, ana, task, "mended", House.Key("mended"))).IsReplay);

        Assert.False(House.Ok(await RemoveAsync(house, ana, task, first.Note.Id, key: House.Key("remove"))).IsReplay);
        Assert.True(House.Ok(await RemoveAsync(house, ana, task, first.Note.Id, key: House.Key("remove"))).IsReplay);
        Assert.Equal(ErrorCode.Gone, (await SayAsync(house, ana, task, "once", House.Key("say"))).Error?.Code);
        Assert.Equal(["mended"], await TextsAsync(house, ana, task));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Writers_who_name_what_they_have_seen_lose_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await TaskAsync(house, ana);
        var note = House.Ok(await SayAsync(house, ana, task, "-")).Value.Note;
        await House.AtOnceAsync(8, async writer =>
        {
            for (var written = 0; written < 5;)
            {
                var seen = House.Ok(await house.Core.Notes.GetAsync(ana, task, note.Id, Cancellation));
                var changed = await ChangeAsync(house, ana, task, note.Id, $"{seen.Note.Text}{writer}", new Precondition([seen.Tag], null));
                Assert.True(changed.IsOk || changed.Error.Code == ErrorCode.PreconditionFailed, changed.Error?.Code.ToString());
                written += changed.IsOk ? 1 : 0;
            }
            return writer;
        });
        var last = House.Ok(await house.Core.Notes.GetAsync(ana, task, note.Id, Cancellation)).Note;
        Assert.Equal(41, last.Version);
        Assert.Equal("-" + string.Concat(Enumerable.Range(0, 8).Select(writer => new string((char)('0' + writer), 5))), string.Concat(last.Text.Order()));
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task Nothing_is_said_on_a_task_that_is_deleted_at_the_same_time()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await TaskAsync(house, ana);
        var said = await House.AtOnceAsync(8, async writer =>
        {
            var count = 0;
            for (var round = 0; round < 8; round++)
            {
                if (writer == 0)
                {
                    House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Delete(task, Precondition.None), null, Cancellation));
                    House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Restore(task, Precondition.None), null, Cancellation));
                    continue;
                }
                var note = await SayAsync(house, ana, task, $"{writer} {round}");
                Assert.True(note.IsOk || note.Error.Code == ErrorCode.NotFound, note.Error?.Code.ToString());
                count += note.IsOk ? 1 : 0;
            }
            return count;
        });
        Assert.Equal(said.Sum(), (await TextsAsync(house, ana, task)).Count);
        // Says also that none was added between a deletion and a restoration.
        await house.AssertConsistentAsync(ana);
        Assert.Empty((await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation)).First);
    }

    [Fact]
    public async Task A_note_looks_different_when_its_author_is_called_otherwise()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await TaskAsync(house, ana);
        var seen = House.Ok(await SayAsync(house, ana, task, "said")).Value;
        House.Ok(await house.Core.Accounts.ChangeAsync(ana, new AccountEdit { Name = "Ana María" }, Precondition.None, null, Cancellation));
        var renamed = House.Ok(await house.Core.Notes.GetAsync(ana, task, seen.Note.Id, Cancellation));
        Assert.Equal((seen.Note, "Ana María"), (renamed.Note, renamed.Author.Name));
        Assert.NotEqual(seen.Tag, renamed.Tag);
        Assert.True(renamed.ChangedAt >= seen.ChangedAt);
        Assert.Equal(renamed.Tag, (await ChangeAsync(house, ana, task, seen.Note.Id, "x", new Precondition([seen.Tag], null))).Error?.Current);
        House.Ok(await ChangeAsync(house, ana, task, seen.Note.Id, "x", new Precondition([renamed.Tag], null)));
    }

    [Fact]
    public async Task A_list_is_in_the_order_of_their_making_page_by_page()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var task = await TaskAsync(house, ana);
        for (var count = 1; count <= 7; count++)
        {
            // Ids of one millisecond have no order.
            house.Time.Forward(TimeSpan.FromMilliseconds(2));
            House.Ok(await SayAsync(house, ana, task, $"{count}"));
        }
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], await TextsAsync(house, ana, task));
        var second = House.Ok(await house.Core.Notes.ListAsync(ana, task, 2, 3, Cancellation));
        Assert.Equal(["4", "5", "6"], second.Notes.Select(view => view.Note.Text));
        Assert.Equal(7, second.Total);
        var behind = House.Ok(await house.Core.Notes.ListBehindAsync(ana, task, second.Notes[^1].Note.Id, 3, Cancellation));
        Assert.Equal("7", Assert.Single(behind.Notes).Note.Text);
        var past = House.Ok(await house.Core.Notes.ListAsync(ana, task, int.MaxValue, 100, Cancellation));
        Assert.Equal((0, 7), (past.Notes.Count, past.Total));
    }
}
