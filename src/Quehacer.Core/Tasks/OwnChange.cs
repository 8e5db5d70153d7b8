using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Tasks;

/// <summary>
/// The last change that somebody made to a task, which is all that one request of theirs did to it: what it made of the members that it changed, and
/// what they were before. It says nothing of what others have done since.
/// </summary>
internal sealed record OwnChange
{
    /// <summary>What the members were before; those that the change left as they were in the end are not among them.</summary>
    public TaskDelta Before { get; init; } = new();

    /// <summary>What the change made of the same members.</summary>
    public TaskDelta After { get; init; } = new();

    /// <summary>It brought the task here from another workspace, or was made before that.</summary>
    public bool IsBehindMove { get; private init; }

    /// <summary>The task's version after it.</summary>
    public int Version { get; private init; }

    /// <summary>It deleted the task: undone, the task is there again.</summary>
    public bool Restores { get; private init; }

    /// <summary>It made the task, or took it back: undone, the task is deleted.</summary>
    public bool Deletes { get; private init; }

    /// <summary>A change that a move between workspaces has put out of reach.</summary>
    public static readonly OwnChange BehindMove = new() { IsBehindMove = true };

    /// <summary>What the events of one request come to.</summary>
    /// <param name="events">In their order; at least one.</param>
    /// <param name="version">That of the last of them.</param>
    public static OwnChange Of(IReadOnlyList<TaskEvent> events, int version)
    {
        if (events.Any(taskEvent => taskEvent is TaskEvent.MovedIn))
        {
            return BehindMove;
        }
        var (before, after) = (new TaskDelta(), new TaskDelta());
        bool? wasDeleted = null;
        var isDeleted = false;
        foreach (var taskEvent in events)
        {
            var (was, @is) = taskEvent switch
            {
                // What it says nothing of is empty.
                TaskEvent.Created created => (new TaskDelta(), created.Data.Over(Nothing)),
                TaskEvent.Updated updated => (updated.Before, updated.Data),
                TaskEvent.Completed => (new TaskDelta { State = TaskState.Pending }, new TaskDelta { State = TaskState.Done }),
                TaskEvent.Reopened => (new TaskDelta { State = TaskState.Done }, new TaskDelta { State = TaskState.Pending }),
                _ => (new TaskDelta(), new TaskDelta()),
            };
            (before, after) = (before.Over(was), @is.Over(after));
            if (taskEvent is TaskEvent.Deleted or TaskEvent.Restored)
            {
                isDeleted = taskEvent is TaskEvent.Deleted;
                wasDeleted ??= !isDeleted;
            }
        }
        var isCreation = events[0] is TaskEvent.Created;
        return new OwnChange
        {
            Before = isCreation ? new TaskDelta() : before.Unlike(after),
            After = isCreation ? after : after.Unlike(before),
            Version = version,
            Restores = !isCreation && wasDeleted == false && isDeleted,
            Deletes = isCreation ? !isDeleted : wasDeleted == true && !isDeleted,
        };
    }

    /// <summary>
    /// Reads what the caller did last to a task that is in the caller's workspace; null where that is nothing. What was changed before the task came here is
    /// carried along, and was of another workspace.
    /// </summary>
    public static async Task<OwnChange?> ReadAsync(NpgsqlConnection connection, Caller caller, Guid taskId)
    {
        var events = new List<StoredEvent>();
        await using (var command = new NpgsqlCommand(
            $"""
            WITH came AS (SELECT coalesce(max(version), 0) + 1 AS version FROM carried_events WHERE workspace_id = $1 AND stream_id = $2),
                 own AS (SELECT o.version, o.at, o.request_id FROM events o CROSS JOIN came
                          WHERE o.workspace_id = $1 AND o.stream_id = $2 AND o.actor_id = $3 AND o.version >= came.version ORDER BY o.version DESC LIMIT 1)
            SELECT {EventLog.Columns} FROM events e CROSS JOIN own CROSS JOIN came
             WHERE e.workspace_id = $1 AND e.stream_id = $2 AND e.actor_id = $3 AND e.version BETWEEN came.version AND own.version
               AND e.at = own.at AND e.request_id IS NOT DISTINCT FROM own.request_id
             ORDER BY e.version DESC
            """,
            connection))
        {
            command.Parameters.With(caller.WorkspaceId).With(taskId).With(caller.UserId);
            await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
            while (await rows.ReadAsync(CancellationToken.None) && EventLog.Read(rows, 0) is var stored && (events.Count == 0 || stored.Stamp.Version == events[^1].Stamp.Version - 1))
            {
                events.Add(stored);
            }
        }
        if (events.Count > 0)
        {
            return Of([.. Enumerable.Reverse(events).Select(TaskEvent.FromStored)], events[0].Stamp.Version);
        }
        var isCarried = await connection.FindsAsync(
            "SELECT 1 FROM carried_events WHERE workspace_id = $1 AND stream_id = $2 AND actor_id = $3 LIMIT 1", parameters => parameters.With(caller.WorkspaceId).With(taskId).With(caller.UserId));
        return isCarried ? BehindMove : null;
    }

    private static readonly TaskDelta Nothing = new()
    {
        Description = default(string),
        State = TaskState.Pending,
        Priority = TaskPriority.Medium,
        DueDate = default(DateTime?),
        CategoryId = default(Guid?),
        TagIds = Array.Empty<Guid>(),
        AssigneeId = default(Guid?),
        ParentId = default(Guid?),
        FormerParentId = default(Guid?),
        Position = default(string),
    };
}
