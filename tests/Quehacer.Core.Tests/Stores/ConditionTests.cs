using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Conditions and dates against a real database: what is compared is what is written over.</summary>
public sealed class ConditionTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<Label> TagAsync(House house, Caller caller, string name) =>
        House.Ok(await house.Core.LabelWriter.CreateAsync(caller, LabelKind.Tag, new LabelEdit { Name = name }, 50, null, Cancellation)).Value.Label;

    private static Task<Result<Answered<LabelView>>> RenameAsync(House house, Caller caller, Label label, string name) =>
        house.Core.LabelWriter.ChangeAsync(caller, label.Kind, label.Id, new LabelEdit { Name = name }, 50, Precondition.None, null, Cancellation);

    /// <summary>A rename changes what the task looks like: whoever names the look from before it writes before it, or not at all.</summary>
    [Fact]
    public async Task A_change_on_a_tag_never_comes_after_a_rename_that_its_tag_does_not_know()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var tag = await TagAsync(house, ana, "start");
        var task = new TaskRef((await house.CreateAsync(ana, new TaskEdit { Title = "a", Tags = new[] { "start" } })).Id, 0);
        var (written, refused) = (0, 0);
        for (var turn = 0; turn < 60; turn++)
        {
            var seen = House.Ok(await house.Core.Tasks.GetAsync(ana, task, Cancellation));
            var edit = new TaskEdit { Title = $"title {turn}" };
            // With and without names of tags: these are compared with what is remembered of labels.
            edit = turn % 2 == 0 ? edit : edit with { Tags = new[] { seen.Tags[0], "other" } };
            var renaming = Task.Run(() => RenameAsync(house, ana, tag, $"name {turn}"), Cancellation);
            var changing = Task.Run(() => house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Change(task, edit, House.V1, new Precondition([seen.Tag], null)), null, Cancellation), Cancellation);
            House.Ok(await renaming);
            var changed = await changing;
            if (!changed.IsOk)
            {
                Assert.Equal(ErrorCode.PreconditionFailed, changed.Error.Code);
                refused++;
                continue;
            }
            written++;
            Assert.True(
                (await RevisionAsync(house, ana, EventNames.TaskUpdated)) < await RevisionAsync(house, ana, EventNames.TagUpdated),
                $"Turn {turn}: the change was made after the rename, on the tag from before it.");
        }
        Assert.Equal(60, written + refused);
        await house.AssertConsistentAsync(ana);
    }

    [Fact]
    public async Task A_task_looks_changed_when_its_labels_do_and_keeps_its_own_time()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var tag = await TagAsync(house, ana, "a");
        var made = await house.CreateAsync(ana, new TaskEdit { Title = "a", Tags = new[] { "a" } });
        var task = new TaskRef(made.Id, 0);
        Assert.Equal(made.UpdatedAt, House.Ok(await house.Core.Tasks.GetAsync(ana, task, Cancellation)).ChangedAt);

        house.Time.Forward(TimeSpan.FromMinutes(1));
        var renamed = House.Ok(await RenameAsync(house, ana, tag, "b")).Value.Label;
        var seen = House.Ok(await house.Core.Tasks.GetAsync(ana, task, Cancellation));
        Assert.Equal((renamed.UpdatedAt, made.UpdatedAt), (seen.ChangedAt, seen.Task.UpdatedAt));

        // Making a label changes the look of no task.
        house.Time.Forward(TimeSpan.FromMinutes(1));
        await TagAsync(house, ana, "c");
        Assert.Equal(seen.ChangedAt, House.Ok(await house.Core.Tasks.GetAsync(ana, task, Cancellation)).ChangedAt);
        var written = House.Ok(await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Complete(task, Precondition.None), null, Cancellation)).View;
        Assert.Equal(written.Task.UpdatedAt, written.ChangedAt);
    }

    [Fact]
    public async Task A_database_from_before_learns_when_its_labels_changed()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        House.Ok(await RenameAsync(house, ana, await TagAsync(house, ana, "a"), "b"));
        var before = await house.ColumnAsync<DateTime>("SELECT labels_changed_at FROM workspaces WHERE workspace_id = $1", ana.WorkspaceId);

        await house.ExecuteAsync("ALTER TABLE workspaces DROP COLUMN labels_changed_at");
        await house.ExecuteAsync("DELETE FROM schema_migrations WHERE version = 4");
        Assert.Contains("0004_labels_changed_at", await new Migrator(house.ConnectionString).MigrateAsync(Cancellation));

        Assert.Equal(before, await house.ColumnAsync<DateTime>("SELECT labels_changed_at FROM workspaces WHERE workspace_id = $1", ana.WorkspaceId));
        Assert.Equal([true], await house.ColumnAsync<bool>("SELECT labels_changed_at IS NULL FROM workspaces WHERE workspace_id = $1", eva.WorkspaceId));
    }

    private static async Task<long> RevisionAsync(House house, Caller caller, string type) =>
        (await house.ColumnAsync<long>($"SELECT max(revision) FROM events WHERE workspace_id = $1 AND type = '{type}'", caller.WorkspaceId))[0];
}
