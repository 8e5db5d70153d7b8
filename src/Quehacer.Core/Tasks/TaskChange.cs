using Quehacer.Core.Events;
using Quehacer.Core.Labels;

namespace Quehacer.Core.Tasks;

/// <summary>A decision about one task, with all that is needed to write it.</summary>
/// <param name="Before">The task as it was; null when it is made.</param>
internal sealed record TaskChange(Guid StreamId, TaskItem? Before, TaskEvent[] Events, ResolvedLabels Labels)
{
    public int ExpectedVersion => Before?.Version ?? 0;

    public int VersionAfter => ExpectedVersion + Events.Length;

    /// <summary>The tags to be made: those that the change puts on the task and nobody has made yet.</summary>
    public IReadOnlyList<TagRef> NewTags => Events.Length == 0 ? [] : [.. Labels.Tags.Where(tag => tag.IsNew && Carries(tag.Id))];

    /// <summary>The task after the change, as far as it is known: number and time are the workspace's to give.</summary>
    public TaskItem After(Guid actorId, long number, DateTime at)
    {
        var task = Before;
        var version = ExpectedVersion;
        foreach (var taskEvent in Events)
        {
            task = TaskItem.Apply(task, taskEvent, new EventStamp(StreamId, ++version, number, actorId, at));
        }
        return task!;
    }

    /// <summary>What each of its events does to the counts of the tasks above.</summary>
    public IEnumerable<SubtaskChange> SubtaskChanges()
    {
        var task = Before;
        foreach (var taskEvent in Events)
        {
            var before = task;
            task = TaskItem.Apply(before, taskEvent, new EventStamp(StreamId, ExpectedVersion, 0, default, default));
            foreach (var change in SubtaskChange.Of(before, task))
            {
                yield return change;
            }
        }
    }

    /// <summary>By how much the change moves the counts of its workspace.</summary>
    public CountChange Counts(TaskItem after)
    {
        static (int Pending, int Done, int Deleted) Of(TaskItem? task) => task switch
        {
            null => (0, 0, 0),
            { IsDeleted: true } => (0, 0, 1),
            { State: TaskState.Done } => (0, 1, 0),
            _ => (1, 0, 0),
        };
        var (was, @is) = (Of(Before), Of(after));
        return new CountChange(Before is null ? 1 : 0, @is.Pending - was.Pending, @is.Done - was.Done, @is.Deleted - was.Deleted);
    }

    private bool Carries(Guid tagId) => Array.Exists(Events, taskEvent =>
        taskEvent is TaskEvent.Created { Data.TagIds: var made } && made.Or([]).Contains(tagId)
        || taskEvent is TaskEvent.Updated { Data.TagIds: var changed } && changed.Or([]).Contains(tagId));
}
