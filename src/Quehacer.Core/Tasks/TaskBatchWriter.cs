using System.Text.Json;
using System.Text.Json.Serialization;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Tasks;

/// <param name="Outcomes">For each operation the task after it, or why it was refused.</param>
/// <param name="IsReplay">Nothing was done now: the same request had been done under its idempotency key.</param>
public sealed record BatchWritten(IReadOnlyList<Result<TaskView>> Outcomes, bool IsReplay);

/// <summary>Does many operations as one: in their order, one revision step an event, in one transaction.</summary>
public sealed partial class TaskBatchWriter(Database database, LabelNames labelNames, TaskReader reader, TimeProvider time)
{
    private readonly LockedTaskWriter locked = new(database, labelNames, reader, time);

    /// <summary>What a key remembers of an operation: the task as of a version, or why there is none.</summary>
    private sealed record Remembered(Guid? Stream, int? Version, Error? Error);

    /// <param name="isAtomic">
    /// All or nothing: the first operation that is refused is the answer, with its place in <see cref="Error.Operation"/>. Otherwise each
    /// operation is done or refused on its own, on what those before it have left.
    /// </param>
    public async Task<Result<BatchWritten>> WriteAsync(
        Caller caller, IReadOnlyList<TaskOperation> operations, bool isAtomic, IdempotencyKey? key, CancellationToken cancellation)
    {
        var written = await locked.WriteAsync(
            new TaskWork(caller, key, isAtomic)
            {
                Operations = operations,
                Remember = done => (null, null, JsonSerializer.Serialize([.. done.Outcomes.Select(Remember)], RememberedJson.Default.RememberedArray)),
            },
            cancellation);
        if (written is not { } done)
        {
            return await ReplayAsync(caller, key!, cancellation);
        }
        if (!done.IsOk)
        {
            return done.Error;
        }
        var outcomes = done.Value.Outcomes;
        return isAtomic && outcomes is [.., { Error: { } refused }]
            ? refused with { Operation = outcomes.Count - 1 }
            : new BatchWritten(outcomes, IsReplay: false);
    }

    private static Remembered Remember(Result<TaskView> outcome) =>
        outcome.IsOk ? new Remembered(outcome.Value.Task.Id, outcome.Value.Task.Version, null) : new Remembered(null, null, outcome.Error with { Fields = [.. outcome.Error.Fields.Take(Limits.FaultsTold)] });

    /// <summary>What the operations came to, rendered from the log as of then.</summary>
    private async Task<Result<BatchWritten>> ReplayAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, caller, key, cancellation);
        if (found.Error is { } error)
        {
            return error;
        }
        if (found.Value?.Outcome is not { } outcome)
        {
            return ErrorCode.Busy;
        }
        var remembered = JsonSerializer.Deserialize(outcome, RememberedJson.Default.RememberedArray)!;
        var wanted = remembered.Where(one => one.Error is null).Select(one => (one.Stream!.Value, one.Version!.Value)).ToHashSet();
        var tasks = new Dictionary<(Guid Stream, int Version), TaskItem>();
        var streams = (await EventLog.ReadStreamsAsync(database, caller.WorkspaceId, [.. wanted.Select(one => one.Item1).Distinct()], cancellation)).ToLookup(stored => stored.Stamp.StreamId);
        foreach (var versions in wanted.GroupBy(one => one.Item1, one => one.Item2))
        {
            IReadOnlyList<StoredEvent> stream = [.. streams[versions.Key].TakeWhile(stored => stored.Stamp.Version <= versions.Max())];
            if (stream is not [{ Data: not null }, ..])
            {
                // Purged, or gone on in another workspace.
                stream = await EventLog.ReadStreamAsync(database, caller, versions.Key, versions.Max(), cancellation);
            }
            if (stream is not [{ Data: not null }, ..])
            {
                continue;
            }
            TaskItem? task = null;
            foreach (var stored in stream)
            {
                task = TaskItem.Apply(task, TaskEvent.FromStored(stored), stored.Stamp);
                if (versions.Contains(task.Version))
                {
                    tasks[(task.Id, task.Version)] = task;
                }
            }
        }
        var views = (await reader.ViewAsOfNowAsync(caller.WorkspaceId, [.. tasks.Values], cancellation)).ToDictionary(view => (view.Task.Id, view.Task.Version));
        return new BatchWritten(
            [.. remembered.Select(one => one.Error is { } refused ? refused
                : views.TryGetValue((one.Stream!.Value, one.Version!.Value), out var view) ? (Result<TaskView>)view
                : ErrorCode.Gone)],
            IsReplay: true);
    }

    [JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Remembered[]))]
    private sealed partial class RememberedJson : JsonSerializerContext;
}
