using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Tasks;

/// <summary>What is to be done with all tasks that a filter chooses.</summary>
/// <param name="Filter">Which; its order does not matter, and deleted tasks are never among them.</param>
/// <param name="Edit">What is to be changed of each; null to delete them.</param>
/// <param name="EditLimits">The bounds that the contract puts on the edit.</param>
/// <param name="Limit">So many tasks at most, 1 to <see cref="Limits.BulkTasks"/>.</param>
/// <param name="Cursor">From the answer to a request of the same filter and edit, to go on where it stopped; null to begin.</param>
/// <param name="IsDryRun">Say what would be done, and do nothing.</param>
public sealed record BulkRequest(TaskFilter Filter, TaskEdit? Edit, TaskLimits EditLimits, int Limit, string? Cursor, bool IsDryRun)
{
    /// <summary>Why nothing is to be done in a workspace that stands there; null where nothing stands against it.</summary>
    public Func<WorkspaceMoment, Error?> Refuse { get; init; } = _ => null;
}

/// <summary>A chosen task that was left as it is, and why.</summary>
public sealed record SkippedTask(Guid Id, long Number, Error Error);

/// <param name="Matched">Tasks that were chosen: changed, skipped, or as they should be already.</param>
/// <param name="Skipped">Tasks that the edit could not be made to.</param>
/// <param name="SkippedTasks">The first <see cref="Limits.FaultsTold"/> of these.</param>
/// <param name="Total">Of a dry run: how many the filter chooses, the requests before and behind this one included.</param>
/// <param name="NextCursor">Where the next request goes on; null when nothing is left.</param>
/// <param name="Moment">Where the workspace stands after it.</param>
/// <param name="IsReplay">Nothing was done now: the same request had been done under its idempotency key.</param>
public sealed record BulkWritten(
    int Matched, int Changed, int Skipped, IReadOnlyList<SkippedTask> SkippedTasks, long? Total, string? NextCursor, WorkspaceMoment Moment, bool IsReplay);

/// <summary>
/// Changes or deletes what a filter chooses, a bounded number of tasks at a time, each time in one transaction under the workspace's lock. From one
/// request to the next it goes by id, from old to new, so that it meets every task once although what it does changes what the filter chooses.
/// </summary>
public sealed partial class TaskBulkWriter(Database database, LabelNames labelNames, TaskReader reader, TaskList list, Seal seal, TimeProvider time)
{
    private readonly LockedTaskWriter locked = new(database, labelNames, reader, time);

    /// <summary>How far a walk has come, and up to which number it goes: what is made after it began is none of its business.</summary>
    private sealed record Place(Guid Behind, long UpToNumber)
    {
        private const byte Version = 1;
        private const int Bytes = 1 + 16 + 8;

        public string Close(Seal seal, byte[] context)
        {
            var content = new byte[Bytes];
            content[0] = Version;
            Behind.TryWriteBytes(content.AsSpan(1), bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(17), UpToNumber);
            return seal.Close(content, context);
        }

        public static Place? Open(string text, Seal seal, byte[] context) =>
            seal.Open(text, context) is { Length: Bytes } content && content[0] == Version
                ? new Place(new Guid(content.AsSpan(1, 16), bigEndian: true), BinaryPrimitives.ReadInt64BigEndian(content.AsSpan(17)))
                : null;
    }

    /// <summary>What a key remembers.</summary>
    private sealed record Remembered(int Matched, int Changed, int Skipped, SkippedTask[] SkippedTasks, Place? Next, long Revision, DateTime ChangedAt, WorkspaceRole Role = WorkspaceRole.Owner);

    /// <summary>
    /// Does it. A task that the edit cannot be made to, such as one that would have too many tags, is skipped, told and no hindrance to the others; an edit
    /// that could be made to none is refused as a whole.
    /// </summary>
    public async Task<Result<BulkWritten>> WriteAsync(Caller caller, BulkRequest request, IdempotencyKey? key, CancellationToken cancellation)
    {
        var context = ContextOf(caller, request);
        var place = request.Cursor is { } text ? Place.Open(text, seal, context) : null;
        if (request.Cursor is not null && place is null)
        {
            return Error.Invalid(Field.Cursor, FieldFault.NotThisCursor);
        }

        var (chosen, total, next) = (new List<TaskItem>(), default(long?), default(Place));
        var written = await locked.WriteAsync(
            new TaskWork(caller, key, IsAtomic: false)
            {
                IsRehearsal = request.IsDryRun,
                Trial = request.Edit is { } edit ? TaskOperation.Try(edit, request.EditLimits) : null,
                Choose = ChooseAsync,
                Remember = done => (null, null, JsonSerializer.Serialize(Remember(done, chosen, next), BulkJson.Default.Remembered)),
            },
            cancellation);
        if (written is not { } outcome)
        {
            return await ReplayAsync(caller, key!, context, cancellation);
        }
        return outcome.IsOk ? Told(Remember(outcome.Value, chosen, next), total, context, isReplay: false) : outcome.Error;

        async Task<Result<IReadOnlyList<TaskOperation>>> ChooseAsync(Held held)
        {
            if (request.Refuse(held.Moment) is { } refusal)
            {
                return refusal;
            }
            var upTo = place?.UpToNumber ?? held.LastTaskNumber;
            var filter = request.Filter with { IncludeDeleted = false, UpToNumber = upTo };
            (chosen, total) = await list.ChooseAsync(held.Connection, caller, filter, place?.Behind, request.Limit, withTotal: request.IsDryRun, CancellationToken.None);
            if (chosen.Count > request.Limit)
            {
                chosen.RemoveAt(request.Limit);
                next = new Place(chosen[^1].Id, upTo);
            }
            return chosen.Select(task => OperationOn(new TaskRef(task.Id, 0))).ToArray();
        }

        TaskOperation OperationOn(TaskRef task) => request.Edit is { } edit
            ? TaskOperation.Change(task, edit, request.EditLimits, Precondition.None)
            : TaskOperation.Delete(task, Precondition.None);
    }

    /// <summary>A cursor goes on with what was begun: the same filter, the same edit, and a dry run with a dry run.</summary>
    private static byte[] ContextOf(Caller caller, BulkRequest request) => SHA256.HashData(Encoding.UTF8.GetBytes(
        $"bulk|{Convert.ToHexStringLower(request.Filter.Fingerprint(caller.WorkspaceId))}|{request.IsDryRun}|{(request.Edit is null ? "delete" : $"change|{request.Edit.Spelling}")}"));

    private static Remembered Remember(TaskWorkDone done, List<TaskItem> chosen, Place? next)
    {
        var skipped = chosen.Zip(done.Outcomes).Where(pair => !pair.Second.IsOk).Select(pair => new SkippedTask(pair.First.Id, pair.First.Number, pair.Second.Error!)).ToList();
        var changed = chosen.Zip(done.Outcomes).Count(pair => pair.Second.IsOk && pair.Second.Value.Task.Version != pair.First.Version);
        return new Remembered(chosen.Count, changed, skipped.Count, [.. skipped.Take(Limits.FaultsTold)], next, done.Moment.Revision, done.Moment.ChangedAt, done.Moment.Role);
    }

    private BulkWritten Told(Remembered done, long? total, byte[] context, bool isReplay) => new(
        done.Matched, done.Changed, done.Skipped, done.SkippedTasks, total, done.Next?.Close(seal, context),
        new WorkspaceMoment(database.Incarnation, done.Revision, done.ChangedAt, done.Role), isReplay);

    private async Task<Result<BulkWritten>> ReplayAsync(Caller caller, IdempotencyKey key, byte[] context, CancellationToken cancellation)
    {
        var found = await Idempotency.FindAsync(database, caller, key, cancellation);
        if (found.Error is { } error)
        {
            return error;
        }
        return found.Value?.Outcome is { } outcome
            ? Told(JsonSerializer.Deserialize(outcome, BulkJson.Default.Remembered)!, total: null, context, isReplay: true)
            : ErrorCode.Busy;
    }

    [JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(Remembered))]
    private sealed partial class BulkJson : JsonSerializerContext;
}
