using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>A moment of a workspace: one of its revisions, or a time.</summary>
/// <param name="Revision">Null where it is a time.</param>
/// <param name="Time">UTC. Whatever happened at that time has happened by then.</param>
public readonly record struct Moment(long? Revision, DateTime Time);

/// <summary>
/// Shows tasks as they were, played from the log up to a moment. One statement reads the events, the right to see them and what the workspace is now; they are
/// taken in one by one, so that a task of any age takes no more room than one.
/// </summary>
public sealed class TaskPast(Database database, TaskReader tasks, TimeProvider time)
{
    private static readonly string ById = Statement("$3::uuid");
    private static readonly string ByNumber = Statement("(SELECT n.task_id FROM tasks n WHERE n.workspace_id = $2 AND n.number = $3)");

    /// <summary>
    /// The task as it was, under the number that it has now; its labels are called what they are called now, and what it had below it is not known. One that
    /// was deleted then, or was not made yet, is not found; one that is deleted now may have been there.
    /// </summary>
    public async Task<Result<TaskView>> GetAsync(Caller caller, TaskRef task, Moment moment, CancellationToken cancellation)
    {
        LabelsStamp? labelsAt = null;
        long? number = null;
        TaskItem? then = null;
        var isPurged = false;
        await using (var command = database.Command(task.Number > 0 ? ByNumber : ById))
        {
            command.Parameters.WithCaller(caller);
            _ = task.Number > 0 ? command.Parameters.With(task.Number) : command.Parameters.With(task.Id);
            command.Parameters.With(moment.Revision ?? long.MaxValue).With(moment.Revision is null ? moment.Time : DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc));
            await using var rows = await command.ExecuteReaderAsync(cancellation);
            while (await rows.ReadAsync(cancellation))
            {
                if (labelsAt is null)
                {
                    if (moment.Revision is { } wanted ? wanted > rows.GetInt64(2) : moment.Time > time.NowUtc() && moment.Time > rows.GetDateTime(3))
                    {
                        return Error.Invalid(Field.AsOf, FieldFault.NotYet, moment.Revision is null ? null : rows.GetInt64(2));
                    }
                    labelsAt = LabelsStamp.Read(rows, 0);
                    number = rows.IsDBNull(4) ? null : rows.GetInt64(4);
                }
                if (rows.IsDBNull(FirstOfEvent))
                {
                    break;
                }
                if (number is null)
                {
                    // It is not here any more: it was purged, or has gone elsewhere and took along what was said of it.
                    isPurged = !rows.IsDBNull(5) && rows.GetString(5) == EventNames.TaskPurged;
                    break;
                }
                var stored = EventLog.Read(rows, FirstOfEvent);
                if (stored.Stamp.Version != (then?.Version ?? 0) + 1)
                {
                    // The clocks of two workspaces may differ: what follows upon something later is later itself.
                    break;
                }
                then = TaskItem.Apply(then, TaskEvent.FromStored(stored), stored.Stamp);
            }
        }
        // Only now, with the connection given back, is another one taken.
        if (labelsAt is not { } labels)
        {
            return await Access.ExplainAsync(database, caller, cancellation);
        }
        if (then is not { IsDeleted: false } || number is not { } present)
        {
            return isPurged ? ErrorCode.Gone : ErrorCode.NotFound;
        }
        return await tasks.ViewAsync(caller.WorkspaceId, then with { Number = present }, labels, cancellation);
    }

    private const int FirstOfEvent = 6;

    /// <param name="id">Which task.</param>
    private static string Statement(string id) => $"""
        SELECT {LabelsStamp.Columns}, w.revision, w.changed_at, t.number,
               (SELECT l.type FROM events l WHERE l.workspace_id = $2 AND l.stream_id = i.task_id ORDER BY l.version DESC LIMIT 1), {EventLog.Columns}
          FROM {Access.From} CROSS JOIN LATERAL (SELECT {id} AS task_id) i
          LEFT JOIN tasks t ON t.workspace_id = $2 AND t.task_id = i.task_id
          LEFT JOIN LATERAL ({EventLog.StreamOf("$2", "i.task_id")}) e ON e.type LIKE 'task.%' AND e.revision <= $4 AND e.at <= $5
         WHERE {Access.Sees}
         ORDER BY e.version
        """;
}
