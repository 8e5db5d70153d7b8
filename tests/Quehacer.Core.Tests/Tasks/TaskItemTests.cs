using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Tasks;

/// <summary>Given events, when a verb, then events.</summary>
public sealed class TaskItemTests
{
    private static readonly TaskLimits V1 = new(TitleCharacters: 200, DescriptionCharacters: 10_000, Tags: 10, TagCharacters: 50);
    private static readonly DateTime Now = new(2026, 3, 4, 5, 6, 7, 8, DateTimeKind.Utc);
    private static readonly DateTime Tomorrow = Now.AddDays(1);
    private static readonly Guid TaskId = Ids.New(Now);
    private static readonly Guid Ana = Ids.New(Now);
    private static readonly TagRef Home = new(Ids.New(Now), "home", IsNew: false);
    private static readonly TagRef Work = new(Ids.New(Now), "work", IsNew: false);
    private static readonly TaskEvent Milk = new TaskEvent.Created(new TaskDelta { Title = "Milk", TagIds = Array.Empty<Guid>() });

    [Fact]
    public void A_creation_fills_in_what_was_not_said()
    {
        var created = Assert.IsType<TaskEvent.Created>(Assert.Single(Created(new TaskEdit { Title = "Milk" })));

        Assert.Equal("Milk", created.Data.Title.Value);
        Assert.Null(created.Data.Description.Value);
        Assert.Equal(TaskState.Pending, created.Data.State.Value);
        Assert.Equal(TaskPriority.Medium, created.Data.Priority.Value);
        Assert.Null(created.Data.DueDate.Value);
        Assert.Empty(created.Data.TagIds.Value);
    }

    [Fact]
    public void A_creation_keeps_everything_that_was_said()
    {
        var edit = new TaskEdit
        {
            Title = "Milk",
            Description = "two litres",
            State = TaskState.Done,
            Priority = TaskPriority.Critical,
            DueDate = Tomorrow,
            Tags = new[] { "work", "home" },
        };
        var task = TaskItem.Apply(null, Created(edit, Work, Home).Single(), Stamp(1));

        Assert.Equal("Milk", task.Title);
        Assert.Equal("two litres", task.Description);
        Assert.Equal(TaskState.Done, task.State);
        Assert.Equal(TaskPriority.Critical, task.Priority);
        Assert.Equal(Tomorrow, task.DueDate);
        Assert.Equal([Work.Id, Home.Id], task.TagIds);
    }

    [Fact]
    public void A_creation_needs_a_title()
    {
        Assert.Equal([new FieldError(Field.Title, FieldFault.Required, 200)], Refused(Decide.Create(new TaskEdit(), [], V1, Now)));
        Assert.Equal([new FieldError(Field.Title, FieldFault.Required, 200)], Refused(Decide.Create(new TaskEdit { Title = "" }, [], V1, Now)));
    }

    [Fact]
    public void All_faults_of_a_creation_are_said_at_once()
    {
        var unknown = new FieldError(Field.Unknown, FieldFault.UnknownName, Name: "titel", Nearest: "title");
        var edit = new TaskEdit
        {
            Title = new string('x', 201),
            Description = new string('x', 10_001),
            State = Edit<TaskState>.Malformed(FieldFault.NotOneOf),
            Priority = Edit<TaskPriority>.Malformed(FieldFault.NotAString),
            DueDate = Now,
            Tags = Edit<string[]>.Malformed(FieldFault.NotAnArrayOfStrings),
            Faults = [unknown],
        };

        Assert.Equal(
            [
                unknown,
                new FieldError(Field.Title, FieldFault.TooLong, 200),
                new FieldError(Field.Description, FieldFault.TooLong, 10_000),
                new FieldError(Field.Status, FieldFault.NotOneOf),
                new FieldError(Field.Priority, FieldFault.NotAString),
                new FieldError(Field.DueDate, FieldFault.NotInFuture),
                new FieldError(Field.Tags, FieldFault.NotAnArrayOfStrings),
            ],
            Refused(Decide.Create(edit, [], V1, Now)));
    }

    [Fact]
    public void Lengths_are_counted_in_characters_and_the_bound_itself_is_allowed()
    {
        Assert.Single(Created(new TaskEdit { Title = Thumbs(200), Description = Thumbs(10_000) }));
        Assert.Equal([new FieldError(Field.Title, FieldFault.TooLong, 200)], Refused(Decide.Create(new TaskEdit { Title = Thumbs(201) }, [], V1, Now)));
    }

    [Fact]
    public void A_due_date_lies_in_the_future()
    {
        Assert.Equal([new FieldError(Field.DueDate, FieldFault.NotInFuture)], Refused(Decide.Create(new TaskEdit { Title = "x", DueDate = Now }, [], V1, Now)));
        Assert.Single(Created(new TaskEdit { Title = "x", DueDate = Now.AddMilliseconds(1) }));
        Assert.Single(Created(new TaskEdit { Title = "x", DueDate = null }));
    }

    [Fact]
    public void Tags_are_bounded_in_number_and_length()
    {
        Assert.Single(Created(new TaskEdit { Title = "x", Tags = new string[10] }, [.. NewTags(10)]));
        Assert.Equal([new FieldError(Field.Tags, FieldFault.TooMany, 10)], Refused(Decide.Create(new TaskEdit { Title = "x", Tags = new string[11] }, NewTags(11), V1, Now)));
        Assert.Equal(
            [new FieldError(Field.Tags, FieldFault.Required, 50, 0), new FieldError(Field.Tags, FieldFault.TooLong, 50, 2)],
            Refused(Decide.Create(
                new TaskEdit { Title = "x", Tags = new string[3] },
                [new TagRef(Guid.NewGuid(), "", true), new TagRef(Guid.NewGuid(), Thumbs(50), true), new TagRef(Guid.NewGuid(), Thumbs(51), true)],
                V1,
                Now)));
    }

    [Fact]
    public void A_change_says_what_was_and_what_is_of_the_changed_members_alone()
    {
        var task = Given(Milk);
        var updated = Assert.IsType<TaskEvent.Updated>(Assert.Single(Changed(task, new TaskEdit { Title = "Bread", Description = null, Priority = TaskPriority.High })));

        Assert.Equal("""{"title":"Bread","priority":2}""", updated.Data.ToJson());
        Assert.Equal("""{"title":"Milk","priority":1}""", updated.Before.ToJson());
    }

    [Fact]
    public void A_change_that_changes_nothing_is_no_event()
    {
        var task = Given(
            new TaskEvent.Created(new TaskDelta { Title = "Milk", Description = "fresh", Priority = TaskPriority.Low, DueDate = Tomorrow, TagIds = new[] { Home.Id, Work.Id } }),
            new TaskEvent.Completed());
        var same = new TaskEdit
        {
            Title = "Milk",
            Description = "fresh",
            State = TaskState.Done,
            Priority = TaskPriority.Low,
            DueDate = Tomorrow,
            Tags = new[] { "home", "work" },
        };

        Assert.Empty(Changed(task, same, Home, Work));
        Assert.Empty(Changed(task, new TaskEdit()));
    }

    [Fact]
    public void Null_clears_an_optional_member()
    {
        var created = new TaskEvent.Created(new TaskDelta { Title = "Milk", Description = "fresh", DueDate = Tomorrow });
        var events = Changed(Given(created), new TaskEdit { Description = null, DueDate = null });

        Assert.Equal("""{"description":null,"due_date":null}""", Assert.IsType<TaskEvent.Updated>(Assert.Single(events)).Data.ToJson());
        var after = Given([created, .. events]);
        Assert.Null(after.Description);
        Assert.Null(after.DueDate);
        Assert.Equal("Milk", after.Title);
    }

    [Fact]
    public void A_change_of_state_is_an_event_of_its_own_behind_the_others()
    {
        var events = Changed(Given(Milk), new TaskEdit { Title = "Bread", State = TaskState.Done });

        Assert.Equal([EventNames.TaskUpdated, EventNames.TaskCompleted], events.Select(taskEvent => taskEvent.Name));
        Assert.Equal([EventNames.TaskReopened], Changed(Given(Milk, new TaskEvent.Completed()), new TaskEdit { State = TaskState.Pending }).Select(taskEvent => taskEvent.Name));
    }

    [Fact]
    public void Limits_hold_for_changed_values_only()
    {
        var yesterday = Now.AddDays(-1);
        var tags = NewTags(12).Select(tag => tag with { Name = new string('t', 60), IsNew = false }).ToArray();
        var task = Given(new TaskEvent.Created(new TaskDelta
        {
            Title = new string('x', 255),
            Description = new string('x', 20_000),
            DueDate = yesterday,
            TagIds = tags.Select(tag => tag.Id).ToArray(),
        }));
        var same = new TaskEdit { Title = task.Title, Description = task.Description, DueDate = yesterday, Tags = tags.Select(tag => tag.Name).ToArray(), Priority = TaskPriority.High };

        Assert.Single(Changed(task, same, tags));
        Assert.Equal([new FieldError(Field.Title, FieldFault.TooLong, 200)], Refused(task.Change(new TaskEdit { Title = new string('y', 255) }, [], V1, Now)));
        Assert.Equal([new FieldError(Field.Description, FieldFault.TooLong, 10_000)], Refused(task.Change(new TaskEdit { Description = new string('y', 20_000) }, [], V1, Now)));
        Assert.Equal([new FieldError(Field.DueDate, FieldFault.NotInFuture)], Refused(task.Change(new TaskEdit { DueDate = yesterday.AddHours(1) }, [], V1, Now)));
    }

    [Fact]
    public void A_tag_that_the_task_has_is_not_measured_again_but_a_new_one_is()
    {
        var old = new TagRef(Guid.NewGuid(), new string('t', 60), IsNew: false);
        var task = Given(new TaskEvent.Created(new TaskDelta { Title = "x", TagIds = new[] { old.Id } }));
        var another = new TagRef(Guid.NewGuid(), new string('u', 60), IsNew: true);

        Assert.Single(Changed(task, new TaskEdit { Tags = new[] { "home", old.Name } }, Home, old));
        Assert.Equal([new FieldError(Field.Tags, FieldFault.TooLong, 50, 1)], Refused(task.Change(new TaskEdit { Tags = new[] { old.Name, another.Name } }, [old, another], V1, Now)));
    }

    [Fact]
    public void The_order_of_tags_is_part_of_a_task()
    {
        var task = Given(new TaskEvent.Created(new TaskDelta { Title = "x", TagIds = new[] { Home.Id, Work.Id } }));
        var updated = Assert.IsType<TaskEvent.Updated>(Assert.Single(Changed(task, new TaskEdit { Tags = new[] { "work", "home" } }, Work, Home)));

        Assert.Equal([Work.Id, Home.Id], updated.Data.TagIds.Value);
        Assert.Equal([Home.Id, Work.Id], updated.Before.TagIds.Value);
    }

    [Fact]
    public void Tags_that_are_not_mentioned_stay()
    {
        var task = Given(new TaskEvent.Created(new TaskDelta { Title = "x", TagIds = new[] { Home.Id } }));

        Assert.False(Assert.IsType<TaskEvent.Updated>(Assert.Single(Changed(task, new TaskEdit { Title = "y" }))).Data.TagIds.IsSet);
    }

    [Fact]
    public void An_empty_title_is_refused_in_a_change_as_well() =>
        Assert.Equal([new FieldError(Field.Title, FieldFault.Required, 200)], Refused(Given(Milk).Change(new TaskEdit { Title = "" }, [], V1, Now)));

    [Fact]
    public void Completing_and_reopening_happen_once()
    {
        var pending = Given(Milk);
        var done = Given(Milk, new TaskEvent.Completed());

        Assert.IsType<TaskEvent.Completed>(Assert.Single(pending.Complete()));
        Assert.Empty(done.Complete());
        Assert.IsType<TaskEvent.Reopened>(Assert.Single(done.Reopen()));
        Assert.Empty(pending.Reopen());
        Assert.IsType<TaskEvent.Completed>(Assert.Single(pending.Toggle()));
        Assert.IsType<TaskEvent.Reopened>(Assert.Single(done.Toggle()));
    }

    [Fact]
    public void High_leaves_critical_alone_for_whoever_has_no_word_for_it()
    {
        TaskItem Of(TaskPriority priority) => Given(new TaskEvent.Created(new TaskDelta { Title = "Milk", Priority = priority }));
        TaskEdit Wanting(TaskPriority priority) => new() { Priority = priority, HighCoversCritical = true };

        Assert.Empty(Changed(Of(TaskPriority.Critical), Wanting(TaskPriority.High)));
        var lowered = Assert.IsType<TaskEvent.Updated>(Assert.Single(Changed(Of(TaskPriority.Critical), Wanting(TaskPriority.Medium))));
        Assert.Equal((TaskPriority.Medium, TaskPriority.Critical), (lowered.Data.Priority.Value, lowered.Before.Priority.Value));
        var raised = Assert.IsType<TaskEvent.Updated>(Assert.Single(Changed(Of(TaskPriority.Low), Wanting(TaskPriority.High))));
        Assert.Equal(TaskPriority.High, raised.Data.Priority.Value);
        Assert.Single(Changed(Of(TaskPriority.Critical), new TaskEdit { Priority = TaskPriority.High }));
        Assert.Empty(Changed(Of(TaskPriority.Critical), new TaskEdit { HighCoversCritical = true }));
    }

    [Fact]
    public void Tags_given_by_id_are_those_that_the_task_has_and_one_that_is_not_there_is_a_fault()
    {
        var byId = new TaskEdit { TagIds = new[] { Home.Id, Work.Id } };
        var tagged = Assert.IsType<TaskEvent.Updated>(Assert.Single(Changed(Given(Milk), byId, Home, Work)));
        Assert.Equal([Home.Id, Work.Id], tagged.Data.TagIds.Value);
        Assert.Empty(Changed(Given(Milk, tagged), byId, Home, Work));
        Assert.Equal([], Assert.IsType<TaskEvent.Updated>(Assert.Single(Changed(Given(Milk, tagged), new TaskEdit { TagIds = Array.Empty<Guid>() }))).Data.TagIds.Value);

        var missing = new ResolvedLabels([Home], HasCategory: true, IsComplete: false) { MissingTag = 1 };
        Assert.Equal([new FieldError(Field.TagIds, FieldFault.NoSuchThing, Index: 1)], Refused(Given(Milk).Change(byId, missing, V1, Now)));
        var eleven = NewTags(11);
        Assert.Equal(
            [new FieldError(Field.TagIds, FieldFault.TooMany, 10)],
            Refused(Given(Milk).Change(new TaskEdit { TagIds = eleven.Select(tag => tag.Id).ToArray() }, eleven, V1, Now)));
    }

    [Fact]
    public void A_deleted_task_can_be_restored_and_is_what_it_was()
    {
        var before = Given(Milk, new TaskEvent.Completed());
        var deleted = Given([Milk, new TaskEvent.Completed(), .. before.Delete()]);

        Assert.True(deleted.IsDeleted);
        Assert.Equal(deleted.UpdatedAt, deleted.DeletedAt);
        var restored = Given([Milk, new TaskEvent.Completed(), new TaskEvent.Deleted(), .. deleted.Restore(Surroundings.None)]);
        Assert.False(restored.IsDeleted);
        Assert.Equal(TaskState.Done, restored.State);
        Assert.Empty(restored.Restore(Surroundings.None));
    }

    [Fact]
    public void A_replay_gives_number_times_and_version()
    {
        var task = Given(Milk, new TaskEvent.Completed(), new TaskEvent.Reopened());

        Assert.Equal(TaskId, task.Id);
        Assert.Equal(17, task.Number);
        Assert.Equal(3, task.Version);
        Assert.Equal(Ana, task.CreatedBy);
        Assert.Equal(Now, task.CreatedAt);
        Assert.Equal(Now.AddMinutes(3), task.UpdatedAt);
        Assert.Equal(TaskState.Pending, task.State);
    }

    [Fact]
    public void Events_in_an_impossible_order_are_a_bug()
    {
        Assert.Throws<InvalidOperationException>(() => TaskItem.Apply(null, new TaskEvent.Completed(), Stamp(1)));
        Assert.Throws<InvalidOperationException>(() => TaskItem.Apply(null, Milk, Stamp(1) with { Number = null }));
    }

    private static TaskItem Given(params TaskEvent[] events)
    {
        TaskItem? task = null;
        var version = 0;
        foreach (var taskEvent in events)
        {
            task = TaskItem.Apply(task, taskEvent, Stamp(++version));
        }
        return task!;
    }

    private static EventStamp Stamp(int version) => new(TaskId, version, version == 1 ? 17 : null, Ana, Now.AddMinutes(version));

    private static TaskEvent[] Created(TaskEdit edit, params TagRef[] tags) => Accepted(Decide.Create(edit, tags, V1, Now));

    private static TaskEvent[] Changed(TaskItem task, TaskEdit edit, params TagRef[] tags) => Accepted(task.Change(edit, tags, V1, Now));

    private static TaskEvent[] Accepted(Result<TaskEvent[]> result)
    {
        Assert.True(result.IsOk, string.Join(", ", result.Error?.Fields ?? []));
        return result.Value;
    }

    private static IReadOnlyList<FieldError> Refused(Result<TaskEvent[]> result)
    {
        Assert.Equal(ErrorCode.Invalid, result.Error?.Code);
        return result.Error!.Fields;
    }

    private static List<TagRef> NewTags(int count) => [.. Enumerable.Range(0, count).Select(index => new TagRef(Guid.NewGuid(), $"tag {index}", IsNew: true))];

    private static string Thumbs(int count) => string.Concat(Enumerable.Repeat("👍", count));
}

/// <summary>The decisions with labels that are all known.</summary>
file static class Decide
{
    public static Result<TaskEvent[]> Create(TaskEdit edit, IReadOnlyList<TagRef> tags, TaskLimits limits, DateTime now) =>
        TaskItem.Create(edit, new ResolvedLabels(tags, HasCategory: true, IsComplete: true), limits, now);

    public static Result<TaskEvent[]> Change(this TaskItem task, TaskEdit edit, IReadOnlyList<TagRef> tags, TaskLimits limits, DateTime now) =>
        task.Change(edit, new ResolvedLabels(tags, HasCategory: true, IsComplete: true), limits, now);
}
