using System.Collections.Concurrent;
using System.Globalization;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>
/// Records what writers did to the tasks of one workspace at the same time, and finds the order, one request after the other, that explains all
/// of it: every answer is what its request alone would have come to on what the requests before it had left, what was written together stands
/// together in the log, and no request is explained by a moment before it began or after it had ended. Each request has an id of its own, so that
/// the log says whose an event is.
/// </summary>
internal sealed class SerialOrder(House house, Caller caller)
{
    private readonly ConcurrentQueue<Request> requests = new();
    private int seeded;

    /// <param name="Id">Of the request, as the log has it.</param>
    /// <param name="From">The revision before the request began.</param>
    /// <param name="To">The revision after it had ended.</param>
    /// <param name="Operations">What is asked for, which may depend on the tasks that there are.</param>
    private sealed record Request(
        string Id, long From, long To, Func<IReadOnlyDictionary<Guid, TaskItem>, IReadOnlyList<TaskOperation>> Operations, bool IsAtomic, IReadOnlyList<Result<TaskView>> Outcomes, Error? Refusal)
    {
        /// <summary>Where it is told of no operation what became of it: how many there were, how many changed something and how many were refused.</summary>
        public (int Matched, int Changed, int Skipped)? Counts { get; init; }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task WriteAsync(TaskOperation operation)
    {
        var (from, mine) = (await RevisionAsync(), Anew());
        var written = await house.Core.TaskWriter.WriteAsync(mine, operation, null, Cancellation);
        requests.Enqueue(new(mine.RequestId, from, await RevisionAsync(), _ => [operation], IsAtomic: true, written.IsOk ? [written.Value.View] : [], written.Error));
    }

    public async Task WriteAsync(IReadOnlyList<TaskOperation> operations, bool isAtomic)
    {
        var (from, mine) = (await RevisionAsync(), Anew());
        var written = await house.Core.TaskBatches.WriteAsync(mine, operations, isAtomic, null, Cancellation);
        requests.Enqueue(new(mine.RequestId, from, await RevisionAsync(), _ => operations, isAtomic, written.IsOk ? written.Value.Outcomes : [], written.Error is { } error ? error with { Operation = null } : null));
    }

    /// <param name="passes">What the filter of the request lets through, in plain words.</param>
    public async Task WriteAsync(BulkRequest request, Func<TaskItem, bool> passes)
    {
        var (from, mine) = (await RevisionAsync(), Anew());
        var written = await house.Core.TaskBulk.WriteAsync(mine, request, null, Cancellation);
        requests.Enqueue(new(mine.RequestId, from, await RevisionAsync(), Operations, IsAtomic: false, [], written.Error)
        {
            Counts = written.IsOk ? (written.Value.Matched, written.Value.Changed, written.Value.Skipped) : null,
        });

        IReadOnlyList<TaskOperation> Operations(IReadOnlyDictionary<Guid, TaskItem> tasks) =>
        [
            .. tasks.Values.Where(task => !task.IsDeleted && passes(task)).OrderBy(task => task.Id.ToString("N"), StringComparer.Ordinal).Take(request.Limit)
                .Select(task => request.Edit is { } edit
                    ? TaskOperation.Change(new TaskRef(task.Id, 0), edit, House.V1, Precondition.None)
                    : TaskOperation.Delete(new TaskRef(task.Id, 0), Precondition.None)),
        ];
    }

    /// <summary>Fails when no order explains what happened. Gives how many requests wrote something, and how many were refused.</summary>
    public async Task<(int Wrote, int Refused)> ExplainAsync()
    {
        var log = new List<StoredEvent>();
        await using (var connection = await house.Database.OpenAsync(Cancellation))
        {
            while (await EventLog.ReadPageAsync(connection, caller.WorkspaceId, log.Count, 1_000, Cancellation) is { Count: > 0 } page)
            {
                log.AddRange(page);
            }
        }
        // The states of all tasks after each revision.
        var states = new List<IReadOnlyDictionary<Guid, TaskItem>> { new Dictionary<Guid, TaskItem>() };
        foreach (var stored in log)
        {
            var after = new Dictionary<Guid, TaskItem>(states[^1]);
            if (stored.Type.StartsWith("task.", StringComparison.Ordinal))
            {
                after[stored.Stamp.StreamId] = TaskItem.Apply(after.GetValueOrDefault(stored.Stamp.StreamId), TaskEvent.FromStored(stored), stored.Stamp);
            }
            states.Add(after);
        }

        // Whose each event is, in the order of the log.
        var owners = await house.ColumnAsync<string>("SELECT coalesce(request_id, '') FROM events WHERE workspace_id = $1 ORDER BY revision", caller.WorkspaceId);
        var (wrote, explained) = (0, 0);
        foreach (var request in requests)
        {
            var own = Enumerable.Range(0, owners.Count).Where(index => owners[index] == request.Id).ToList();
            if (own.Count == 0)
            {
                Assert.True(
                    Enumerable.Range((int)request.From, (int)(request.To - request.From) + 1).Any(moment => Explains(log, states, request, moment, out var steps) && steps == 0),
                    $"No moment from revision {request.From} to {request.To} explains {Describe(request)}, which wrote nothing.");
                continue;
            }
            Assert.True(
                own[0] >= request.From && own[0] < request.To && Explains(log, states, request, own[0], out var written) && own.SequenceEqual(Enumerable.Range(own[0], written)),
                $"The revisions {string.Join(", ", own.Select(index => index + 1))} do not explain {Describe(request)}, which was asked between {request.From} and {request.To}.");
            wrote++;
            explained += own.Count;
        }
        Assert.Equal(seeded + explained, log.Count(stored => stored.Type.StartsWith("task.", StringComparison.Ordinal)));
        return (wrote, requests.Count(request => request.Refusal is not null || request.Outcomes.Any(outcome => !outcome.IsOk)));
    }

    /// <summary>Makes a task before the writers begin.</summary>
    public async Task<TaskItem> SeedAsync(string title)
    {
        var task = await house.CreateAsync(caller, new TaskEdit { Title = title });
        seeded++;
        return task;
    }

    /// <summary>The request, done alone on the state of this moment, comes to what it came to, by the events that follow in the log.</summary>
    private bool Explains(List<StoredEvent> log, List<IReadOnlyDictionary<Guid, TaskItem>> states, Request request, int moment, out int steps)
    {
        steps = 0;
        var tasks = new Dictionary<Guid, TaskItem>(states[moment]);
        var written = new List<(Guid Stream, int Version, string Type)>();
        var outcomes = new List<Result<TaskItem>>();
        foreach (var operation in request.Operations(states[moment]))
        {
            var outcome = Do(operation);
            outcomes.Add(outcome);
            if (request.IsAtomic && outcome.Error is { } refused)
            {
                return request.Refusal is { } said && Same(said, refused);
            }
        }
        steps = written.Count;
        // All of it stands together in the log.
        return log.Skip(moment).Take(steps).Select(stored => (stored.Stamp.StreamId, stored.Stamp.Version, stored.Type)).SequenceEqual(written)
            && request.Refusal is null
            && (request.Counts is { } counts ? counts == (outcomes.Count, outcomes.Count(outcome => outcome.IsOk && HasChanged(outcome.Value)), outcomes.Count(outcome => !outcome.IsOk)) : AreTold());

        bool HasChanged(TaskItem task) => states[moment].GetValueOrDefault(task.Id)?.Version != task.Version;

        bool AreTold() => request.Outcomes.Count == outcomes.Count
            && request.Outcomes.Zip(outcomes).All(pair => pair.First.IsOk ? pair.Second.IsOk && Same(pair.First.Value.Task, pair.Second.Value) : pair.Second.Error is { } error && Same(pair.First.Error!, error));

        Result<TaskItem> Do(TaskOperation operation)
        {
            var before = operation.Target is not { } target ? null
                : target.Number > 0 ? tasks.Values.FirstOrDefault(task => task.Number == target.Number) : tasks.GetValueOrDefault(target.Id);
            if (operation.Target is not null && before is null)
            {
                return ErrorCode.NotFound;
            }
            var found = before is null ? null : new TaskView(before, [], null, new EntityTag(house.Database.Incarnation, before.Version, 0), before.UpdatedAt);
            var decision = operation.On(Guid.Empty, found, new ResolvedLabels([], true, true), house.Time.NowUtc());
            if (decision.Error is { } refused)
            {
                return refused;
            }
            var change = decision.Value!;
            if (change.Events.Length == 0)
            {
                return before!;
            }
            // A new task has the id and the number that the log gave it. Where the request wrote nothing, what follows in the log is another's, and may
            // be about a task that is there already.
            var first = log.ElementAtOrDefault(moment + written.Count) is { Type: EventNames.TaskCreated } created && !tasks.ContainsKey(created.Stamp.StreamId) ? created : null;
            var id = before?.Id ?? first?.Stamp.StreamId ?? Guid.NewGuid();
            var after = (change with { StreamId = id }).After(caller.UserId, before?.Number ?? first?.Stamp.Number ?? 0, first?.Stamp.At ?? default);
            tasks[id] = after;
            written.AddRange(change.Events.Select((taskEvent, i) => (id, change.ExpectedVersion + i + 1, taskEvent.Name)));
            return after;
        }
    }

    private static bool Same(Error one, Error other) =>
        one.Code == other.Code && one.Current?.Version == other.Current?.Version && one.Fields.SequenceEqual(other.Fields);

    private static bool Same(TaskItem one, TaskItem other) =>
        Bare(one) == Bare(other) && one.IsDeleted == other.IsDeleted;

    private static TaskItem Bare(TaskItem task) => task with { TagIds = [], UpdatedAt = default, DeletedAt = null, Subtasks = default };

    private static string Describe(Request request) => string.Create(
        CultureInfo.InvariantCulture, $"a {(request.IsAtomic ? "whole" : "free")} request that came to {request.Counts?.ToString() ?? request.Refusal?.ToString() ?? string.Join(", ", request.Outcomes.Select(outcome => outcome.Error?.Code.ToString() ?? $"version {outcome.Value!.Task.Version}"))}");

    private Caller Anew() => caller with { RequestId = $"{Guid.NewGuid():N}" };

    private async Task<long> RevisionAsync() => (await house.ColumnAsync<long>("SELECT revision FROM workspaces WHERE workspace_id = $1", caller.WorkspaceId))[0];
}
