using FsCheck;
using FsCheck.Fluent;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Tasks;

public sealed class TaskCursorTests
{
    private static readonly byte[] Fingerprint = [.. Enumerable.Range(0, 16).Select(value => (byte)value)];
    private static readonly Seal Seal = new([new byte[32]]);
    private static readonly TaskSort[] Sorts = Enum.GetValues<TaskSort>();

    private static readonly Gen<DateTime> WideTime = Gen.Frequency(
        (4, Properties.AnyTime),
        (1, Gen.Choose(1, 10_000).Select(value => DateTime.UnixEpoch.AddMilliseconds(-value))),
        (1, Gen.Elements(
            DateTime.UnixEpoch, new DateTime(1, 1, 1, 0, 0, 0, 1, DateTimeKind.Utc), new DateTime(1969, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc),
            new DateTime(9999, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc))));

    private static readonly Gen<TaskItem> AnyTask =
        from id in Properties.AnyGuid
        from title in Properties.StorableText
        from number in Gen.Choose(1, int.MaxValue)
        from priority in Gen.Elements(Enum.GetValues<TaskPriority>())
        from updated in WideTime
        from due in WideTime
        from isDated in Gen.Elements(true, false)
        select Task(id, title, number, priority, updated, isDated ? due : null);

    private static TaskItem Task(Guid id, string title, long number = 1, TaskPriority priority = TaskPriority.Low, DateTime updated = default, DateTime? due = null) => new()
    {
        Id = id, Title = title, Number = number, Priority = priority, UpdatedAt = updated == default ? DateTime.UnixEpoch : updated, DueDate = due, Version = 1, CreatedBy = Guid.Empty,
    };

    [Fact]
    public void A_cursor_is_read_as_it_was_written_whatever_the_sort() => Properties.ForAll(
        from task in AnyTask from sort in Gen.Elements(Sorts) from reversed in Gen.Elements(true, false) from backwards in Gen.Elements(true, false) from isInclusive in Gen.Elements(true, false)
        select (task, sort, reversed, backwards, isInclusive), sample =>
        {
            var cursor = TaskCursor.At(sample.task, sample.sort, sample.reversed, sample.backwards) with { IsInclusive = sample.isInclusive };
            var text = cursor.Close(Seal, Fingerprint);
            Assert.Equal(cursor, TaskCursor.Open(text, Seal, Fingerprint, sample.sort));
            Assert.Equal((sample.backwards, sample.task.Id), (cursor.Backwards, cursor.Id));
            Assert.Equal((!sample.backwards, !sample.isInclusive, cursor), (cursor.Turned.Backwards, cursor.Turned.IsInclusive, cursor.Turned.Turned));
            Assert.Equal(text, cursor.Close(Seal, Fingerprint));
        });

    [Fact]
    public void The_parameter_is_the_value_of_the_column() => Properties.ForAll(AnyTask, task =>
    {
        foreach (var reversed in new[] { false, true })
        {
            object? Of(TaskSort sort) => TaskCursor.Open(TaskCursor.At(task, sort, reversed, backwards: false).Close(Seal, Fingerprint), Seal, Fingerprint, sort)!.Parameter(sort);
            Assert.Null(Of(TaskSort.Created));
            Assert.Equal(task.UpdatedAt, Of(TaskSort.Updated));
            Assert.Equal((short)task.Priority, Of(TaskSort.Priority));
            Assert.Equal(task.DueDate ?? (reversed ? DateTime.MinValue : DateTime.MaxValue), Of(TaskSort.Due));
            Assert.Equal(DateTimeKind.Utc, ((DateTime)Of(TaskSort.Due)!).Kind);
            Assert.Equal(Text.SortKey(task.Title), Of(TaskSort.Title));
            Assert.Equal(task.Number, Of(TaskSort.Number));
        }
    });

    [Fact]
    public void The_last_moment_that_can_be_told_is_not_the_place_of_undated_tasks()
    {
        var last = new DateTime(9999, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc);
        Assert.NotEqual(
            TaskCursor.At(Task(Guid.Empty, "a", due: last), TaskSort.Due, reversed: false, backwards: false),
            TaskCursor.At(Task(Guid.Empty, "a"), TaskSort.Due, reversed: false, backwards: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("\uFFFF")]
    public void Titles_of_all_lengths_are_carried(string first)
    {
        foreach (var emoji in new[] { 0, 1, 127, 128, 255 })
        {
            var title = first + string.Concat(Enumerable.Repeat("😀", emoji));
            var text = TaskCursor.At(Task(Guid.Empty, title), TaskSort.Title, reversed: false, backwards: false).Close(Seal, Fingerprint);
            Assert.Equal(Text.SortKey(title), TaskCursor.Open(text, Seal, Fingerprint, TaskSort.Title)!.Parameter(TaskSort.Title));
            Assert.InRange(text.Length, 1, 1_200);
        }
        var numbers = TaskCursor.At(Task(Guid.Empty, first, number: long.MaxValue), TaskSort.Number, reversed: true, backwards: true);
        Assert.Equal(long.MaxValue, TaskCursor.Open(numbers.Close(Seal, Fingerprint), Seal, Fingerprint, TaskSort.Number)!.Key);
    }

    [Fact]
    public void A_cursor_of_another_list_or_of_another_server_is_none() => Properties.ForAll(
        from task in AnyTask from sort in Gen.Elements(Sorts) select (task, sort), sample =>
        {
            var text = TaskCursor.At(sample.task, sample.sort, reversed: false, backwards: false).Close(Seal, Fingerprint);
            Assert.Null(TaskCursor.Open(text, Seal, [.. Fingerprint.Reverse()], sample.sort));
            Assert.Null(TaskCursor.Open(text, new Seal([[.. Fingerprint, .. Fingerprint]]), Fingerprint, sample.sort));
        });

    [Fact]
    public void Any_text_that_is_no_cursor_is_none() => Properties.ForAll(
        from text in Properties.AnyText from sort in Gen.Elements(Sorts) select (text, sort), sample => TaskCursor.Open(sample.text, Seal, Fingerprint, sample.sort) is null);

    [Fact]
    public void Filters_that_differ_in_anything_have_different_fingerprints_and_the_order_of_values_counts_for_nothing()
    {
        var (workspace, id, time) = (Guid.NewGuid(), Guid.NewGuid(), DateTime.UnixEpoch);
        TaskFilter[] filters =
        [
            TaskFilter.All, new() { State = TaskState.Pending }, new() { State = TaskState.Done }, new() { Priorities = [TaskPriority.Low] },
            new() { Priorities = [TaskPriority.Low, TaskPriority.High] }, new() { Category = new CategoryFilter(null) }, new() { Category = new CategoryFilter(id) },
            new() { Tags = ["a"] }, new() { Tags = ["b"] }, new() { Tags = ["a", "b"] }, new() { Tags = ["a|t1:b"] }, new() { Tags = ["ab"] }, new() { DueAfter = time },
            new() { DueBefore = time }, new() { DueAfter = time.AddMilliseconds(1) }, new() { Overdue = true }, new() { Overdue = false }, new() { CreatedAfter = time },
            new() { CreatedBefore = time }, new() { UpdatedSince = time }, new() { Words = Search.Parse("a") }, new() { Words = Search.Parse("a b") },
            new() { Words = [new SearchWord("a", IsPrefix: false)] }, new() { IncludeDeleted = true }, new() { Reversed = true }, .. Sorts.Skip(1).Select(sort => new TaskFilter { Sort = sort }),
        ];
        var fingerprints = filters.Select(filter => Convert.ToHexString(filter.Fingerprint(workspace))).ToList();
        Assert.Equal(fingerprints.Count, fingerprints.Distinct().Count());
        Assert.DoesNotContain(Convert.ToHexString(TaskFilter.All.Fingerprint(Guid.NewGuid())), fingerprints);
        Assert.Equal(
            new TaskFilter { Tags = ["Á", "b", "B"], Words = Search.Parse("x y"), Priorities = [TaskPriority.Low, TaskPriority.High] }.Fingerprint(workspace),
            new TaskFilter { Tags = ["b", "á"], Words = Search.Parse("y x"), Priorities = [TaskPriority.High, TaskPriority.Low] }.Fingerprint(workspace));
    }
}
