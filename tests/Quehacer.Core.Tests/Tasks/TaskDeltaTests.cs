using FsCheck;
using FsCheck.Fluent;
using Quehacer.Core.Events;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Tasks;

public sealed class TaskDeltaTests
{
    private static readonly Gen<bool> Coin = Gen.Elements(true, false);

    private static readonly Gen<TaskDelta> Deltas =
        from title in Optional(Properties.StorableText)
        from description in Optional(Properties.StorableText.OrNull())
        from state in Optional(Gen.Elements(Enum.GetValues<TaskState>()))
        from priority in Optional(Gen.Elements(Enum.GetValues<TaskPriority>()))
        from due in Optional(Gen.OneOf(Gen.Constant<DateTime?>(null), Properties.AnyTime.Select(time => (DateTime?)time)))
        from tags in Optional(Properties.AnyGuid.ArrayOf())
        from assignee in Optional(Ids)
        from parent in Optional(Ids)
        from former in Optional(Ids)
        from position in Optional(Gen.Elements<string?>(null, "a1i", "9fi"))
        select new TaskDelta
        {
            Title = title, Description = description!, State = state, Priority = priority, DueDate = due, TagIds = tags, AssigneeId = assignee, ParentId = parent, FormerParentId = former, Position = position,
        };

    private static Gen<Guid?> Ids => Gen.OneOf(Gen.Constant<Guid?>(null), Properties.AnyGuid.Select(id => (Guid?)id));

    [Fact]
    public void A_delta_comes_back_from_its_json() => Properties.ForAll(Deltas, delta =>
    {
        var read = TaskDelta.FromJson(delta.ToJson());
        Assert.Equal(delta.ToJson(), read.ToJson());
        Assert.Equal(delta with { TagIds = default }, read with { TagIds = default });
        Assert.Equal(delta.TagIds.IsSet, read.TagIds.IsSet);
        Assert.Equal(delta.TagIds.Or([]), read.TagIds.Or([]));
        Assert.Equal(delta.IsEmpty, read.IsEmpty);
    });

    [Fact]
    public void What_is_not_set_is_absent_and_what_is_cleared_is_null()
    {
        Assert.Equal("{}", new TaskDelta().ToJson());
        Assert.True(TaskDelta.FromJson("{}").IsEmpty);
        Assert.Equal("""{"description":null,"due_date":null}""", new TaskDelta { Description = null, DueDate = null }.ToJson());

        var cleared = TaskDelta.FromJson("""{"description":null,"due_date":null}""");
        Assert.True(cleared.Description.IsSet);
        Assert.Null(cleared.Description.Value);
        Assert.True(cleared.DueDate.IsSet);
        Assert.Null(cleared.DueDate.Value);
        Assert.False(cleared.Title.IsSet);
    }

    [Fact]
    public void A_time_comes_back_in_utc()
    {
        var time = new DateTime(2026, 3, 4, 5, 6, 7, 8, DateTimeKind.Utc);
        var read = TaskDelta.FromJson(new TaskDelta { DueDate = time }.ToJson()).DueDate.Value;

        Assert.Equal(time, read);
        Assert.Equal(DateTimeKind.Utc, read!.Value.Kind);
    }

    [Fact]
    public void The_form_of_the_log_never_changes() =>
        Assert.Equal(
            """{"title":"Milk","description":"fresh","state":1,"priority":3,"due_date":"2026-03-04T05:06:07.008Z","tag_ids":["01890a5d-ac96-774b-bcce-b302099a8057"]}""",
            new TaskDelta
            {
                Title = "Milk",
                Description = "fresh",
                State = TaskState.Done,
                Priority = TaskPriority.Critical,
                DueDate = new DateTime(2026, 3, 4, 5, 6, 7, 8, DateTimeKind.Utc),
                TagIds = new[] { Guid.Parse("01890a5d-ac96-774b-bcce-b302099a8057") },
            }.ToJson());

    [Fact]
    public void A_member_that_this_program_does_not_know_is_not_passed_over() =>
        Assert.Throws<InvalidOperationException>(() => TaskDelta.FromJson("""{"colour":"red"}"""));

    [Fact]
    public void Every_event_comes_back_from_the_log()
    {
        TaskEvent[] events =
        [
            new TaskEvent.Created(new TaskDelta { Title = "Milk" }),
            new TaskEvent.Updated(new TaskDelta { Title = "Bread" }, new TaskDelta { Title = "Milk" }),
            new TaskEvent.Completed(),
            new TaskEvent.Reopened(),
            new TaskEvent.Deleted(),
            new TaskEvent.Restored(),
        ];
        foreach (var taskEvent in events)
        {
            var (data, before) = taskEvent.ToJson();
            Assert.Equal(taskEvent, TaskEvent.FromStored(new StoredEvent(1, taskEvent.Name, data, before, default)));
        }
        Assert.Equal(["task.created", "task.updated", "task.completed", "task.reopened", "task.deleted", "task.restored"], events.Select(taskEvent => taskEvent.Name));
    }

    [Fact]
    public void An_event_that_this_program_does_not_know_is_not_passed_over() =>
        Assert.Throws<InvalidOperationException>(() => TaskEvent.FromStored(new StoredEvent(1, "task.painted", "{}", null, default)));

    private static Gen<Edit<T>> Optional<T>(Gen<T> values) => Coin.SelectMany(isSet => isSet ? values.Select(value => (Edit<T>)value) : Gen.Constant(default(Edit<T>)));
}
