using System.Data;
using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>What kind of thing differs. The numbers are those of the rebuild's own temporary table.</summary>
public enum DifferenceKind : short
{
    /// <summary>The log itself is not whole, so there is nothing to compare its workspace with.</summary>
    Log = 0,
    Workspace = 1,
    Tag = 2,
    Category = 3,
    Task = 4,
    Note = 5,
    Member = 6,
}

/// <summary>A row that is not what the log makes of it.</summary>
/// <param name="Id">Of the task, the label, the note, the workspace or the account of the member; of the stream, where the log is at fault.</param>
/// <param name="Members">The columns that differ, or that the row is missing or not expected; never what is in them. For the log, what is wrong with it.</param>
public sealed record Difference(Guid WorkspaceId, DifferenceKind Kind, Guid Id, IReadOnlyList<string> Members)
{
    public const string Missing = "missing";

    public const string Unexpected = "unexpected";
}

/// <param name="Events">Read so far.</param>
/// <param name="AllEvents">There were when the rebuild began.</param>
public readonly record struct RebuildProgress(long Workspaces, long Events, long AllEvents);

/// <param name="Differences">How many rows differ, those of <paramref name="Mended"/> included.</param>
/// <param name="First">The first of them, at most <see cref="Limits.RebuildDifferences"/>.</param>
/// <param name="Mended">How many of them were put right.</param>
public sealed record RebuildReport(long Workspaces, long Events, long Differences, IReadOnlyList<Difference> First, long Mended)
{
    public bool IsEqual => Differences == 0;
}

/// <summary>
/// Proves that the tables are what the log makes of them: it replays the log into fresh tables and compares. A workspace at a time, its log
/// in pages without a snapshot; only the last page and the comparison share one, so that writers are never waited for and never make a
/// difference. Where it writes, it takes the workspace's lock, reads on to the end, compares again and replaces what differs.
/// </summary>
/// <remarks>
/// A task is compared through the labels as they are at the end of the log. Whenever a row is written, its labels are stored as they were shown
/// then (what was merged resolved, what was deleted dropped), which is no event of the task; so rows that show the same are equal.
/// </remarks>
public sealed class Rebuild(Database database)
{
    private readonly List<Difference> first = [];
    private long workspaces;
    private long events;
    private long differences;
    private long mended;

    /// <param name="write">Replace what differs by what the log says. A workspace whose log is not whole is left as it is.</param>
    /// <param name="report">Is told after every page and every workspace.</param>
    public async Task<RebuildReport> RunAsync(bool write, Action<RebuildProgress> report, CancellationToken cancellation)
    {
        (workspaces, events, differences, mended) = (0, 0, 0, 0);
        first.Clear();
        await using var connection = await database.OpenPlannedAsync(cancellation);
        var tables = new RebuiltTables(connection);
        await tables.MakeAsync(cancellation);
        var allEvents = await AllEventsAsync(connection, cancellation);
        for (var workspaceId = await NextAsync(connection, Guid.Empty, cancellation); workspaceId is { } id; workspaceId = await NextAsync(connection, id, cancellation))
        {
            await tables.EmptyAsync(cancellation);
            var replay = new Replay(connection, tables, id);
            var isLarge = false;
            while (await replay.ReadPageAsync(cancellation))
            {
                isLarge = true;
                report(new RebuildProgress(workspaces, events + replay.Revision, allEvents));
            }
            if (isLarge)
            {
                await tables.AnalyseAsync(cancellation);
            }
            var found = await CompareAsync(connection, tables, replay, mend: false, cancellation);
            // Rows of a workspace of which the log knows nothing are left as well: nothing says that it is they who are wrong.
            if (write && found.Count > 0 && replay is { Fault: null, Revision: > 0 })
            {
                found = await CompareAsync(connection, tables, replay, mend: true, cancellation);
                mended += replay.Fault is null ? found.Count : 0;
            }
            differences += found.Count;
            first.AddRange(found.First.Take(Limits.RebuildDifferences - first.Count));
            workspaces++;
            events += replay.Revision;
            report(new RebuildProgress(workspaces, events, Math.Max(allEvents, events)));
        }
        await tables.DropAsync(cancellation);
        if (mended > 0)
        {
            await RenewAsync(connection, cancellation);
        }
        return new RebuildReport(workspaces, events, differences, [.. first], mended);
    }

    private async Task<(long Count, IReadOnlyList<Difference> First)> CompareAsync(
        NpgsqlConnection connection, RebuiltTables tables, Replay replay, bool mend, CancellationToken cancellation)
    {
        // One snapshot for the last events and for the rows; or, where they are to be written, the lock that every writer takes first.
        await using var transaction = await connection.BeginTransactionAsync(mend ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead, cancellation);
        await using (var settings = new NpgsqlCommand("SET LOCAL statement_timeout = 0", connection))
        {
            await settings.ExecuteNonQueryAsync(cancellation);
        }
        var live = await ReadWorkspaceAsync(connection, replay.WorkspaceId, forUpdate: mend, cancellation);
        while (await replay.ReadPageAsync(cancellation))
        {
            // To the end.
        }
        var found = await FindAsync(connection, tables, replay, live, mend, cancellation);
        await transaction.CommitAsync(cancellation);
        return found;
    }

    private async Task<(long Count, IReadOnlyList<Difference> First)> FindAsync(
        NpgsqlConnection connection, RebuiltTables tables, Replay replay, WorkspaceRow? live, bool mend, CancellationToken cancellation)
    {
        if (await IsBeingDroppedAsync(connection, replay.WorkspaceId, cancellation))
        {
            // A part of it is gone already, and the rest is going.
            return (0, []);
        }
        if (live is null && replay.Revision > 0 && !await replay.IsThereAsync(cancellation))
        {
            // It was deleted, log and all, while its log was being read.
            return (0, []);
        }
        if (live is not null && replay.Revision == 0 && replay.Fault is null)
        {
            replay.Accuse(replay.WorkspaceId, "there are no events");
        }
        if (replay.Fault is { } fault)
        {
            return (1, [fault]);
        }
        await tables.WriteMembersAsync(replay.WorkspaceId, replay.Members.Values, cancellation);
        await tables.CompareAsync(replay.WorkspaceId, cancellation);
        var (count, rows) = await tables.DifferencesAsync(replay.WorkspaceId, Limits.RebuildDifferences - first.Count, cancellation);
        if (replay.Revision == 0)
        {
            return (count, rows);
        }
        var (pending, done, deleted) = await tables.CountAsync(replay.WorkspaceId, cancellation);
        var rebuilt = new WorkspaceRow(replay.Revision, replay.LabelsRevision, replay.LabelsChangedAt, replay.LastTaskNumber, pending, done, deleted, replay.ChangedAt, replay.Workspace!);
        var members = rebuilt.Unequal(live);
        if (mend)
        {
            await tables.MendAsync(replay.WorkspaceId, cancellation);
            await WriteWorkspaceAsync(connection, replay, rebuilt, cancellation);
        }
        return members.Count == 0
            ? (count, rows)
            : (count + 1, [new Difference(replay.WorkspaceId, DifferenceKind.Workspace, replay.WorkspaceId, members), .. rows]);
    }

    /// <summary>The row of a workspace, as far as events make it.</summary>
    private sealed record WorkspaceRow(long Revision, long LabelsRevision, DateTime? LabelsChangedAt, long LastTaskNumber, long Pending, long Done, long Deleted, DateTime ChangedAt, Workspace Itself)
    {
        public IReadOnlyList<string> Unequal(WorkspaceRow? live)
        {
            if (live is null)
            {
                return [Difference.Missing];
            }
            var members = new List<string>();
            Add(Revision == live.Revision, "revision");
            Add(LabelsRevision == live.LabelsRevision, "labels_revision");
            Add(LabelsChangedAt == live.LabelsChangedAt, "labels_changed_at");
            Add(LastTaskNumber == live.LastTaskNumber, "last_task_number");
            Add(Pending == live.Pending, "pending_tasks");
            Add(Done == live.Done, "done_tasks");
            Add(Deleted == live.Deleted, "deleted_tasks");
            Add(ChangedAt == live.ChangedAt, "changed_at");
            Add(Itself.OwnerId == live.Itself.OwnerId, "owner_id");
            Add(Itself.Name == live.Itself.Name, "name");
            Add(Itself.IsPersonal == live.Itself.IsPersonal, "is_personal");
            Add(Itself.ArchivedAt == live.Itself.ArchivedAt, "archived_at");
            Add(Itself.Version == live.Itself.Version, "version");
            Add(Itself.Members == live.Itself.Members, "member_count");
            Add(Itself.MembersRevision == live.Itself.MembersRevision, "members_revision");
            Add(Itself.UpdatedAt == live.Itself.UpdatedAt, "updated_at");
            return members;

            void Add(bool isEqual, string member)
            {
                if (!isEqual)
                {
                    members.Add(member);
                }
            }
        }
    }

    private static async Task<WorkspaceRow?> ReadWorkspaceAsync(NpgsqlConnection connection, Guid workspaceId, bool forUpdate, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT w.revision, w.labels_revision, w.labels_changed_at, w.last_task_number, w.pending_tasks, w.done_tasks, w.deleted_tasks, w.changed_at, {WorkspaceTable.Columns}
              FROM workspaces w WHERE w.workspace_id = $1 {(forUpdate ? "FOR UPDATE" : "")}
            """,
            connection);
        command.Parameters.With(workspaceId);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new WorkspaceRow(
                reader.GetInt64(0), reader.GetInt64(1), reader.IsDBNull(2) ? null : reader.GetDateTime(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6),
                reader.GetDateTime(7), WorkspaceTable.Read(reader, 8))
            : null;
    }

    private static async Task<bool> IsBeingDroppedAsync(NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT FROM dropped_workspaces WHERE workspace_id = $1)", connection);
        command.Parameters.With(workspaceId);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task WriteWorkspaceAsync(NpgsqlConnection connection, Replay replay, WorkspaceRow row, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO workspaces (workspace_id, owner_id, revision, labels_revision, last_task_number, pending_tasks, done_tasks, deleted_tasks, changed_at, labels_changed_at,
                                    name, is_personal, archived_at, version, member_count, members_revision, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            ON CONFLICT (workspace_id) DO UPDATE SET owner_id = $2, revision = $3, labels_revision = $4, last_task_number = $5, pending_tasks = $6, done_tasks = $7,
                   deleted_tasks = $8, changed_at = $9, labels_changed_at = $10, name = $11, is_personal = $12, archived_at = $13, version = $14, member_count = $15,
                   members_revision = $16, updated_at = $17
            """,
            connection);
        command.Parameters.With(replay.WorkspaceId).With(row.Itself.OwnerId).With(row.Revision).With(row.LabelsRevision).With(row.LastTaskNumber)
            .With(row.Pending).With(row.Done).With(row.Deleted).With(row.ChangedAt).WithTime(row.LabelsChangedAt)
            .With(row.Itself.Name).With(row.Itself.IsPersonal).WithTime(row.Itself.ArchivedAt).With(row.Itself.Version).With(row.Itself.Members).With(row.Itself.MembersRevision)
            .With(row.Itself.UpdatedAt);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The next workspace that any table knows: each probe is one step in an index, however many rows there are.</summary>
    private static async Task<Guid?> NextAsync(NpgsqlConnection connection, Guid after, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT least({string.Join(", ", new[] { "workspaces", "events", "tasks", "labels", "notes", "members" }.Select(table =>
                $"(SELECT workspace_id FROM {table} WHERE workspace_id > $1 ORDER BY workspace_id LIMIT 1)"))})",
            connection);
        command.Parameters.With(after);
        return await command.ExecuteScalarAsync(cancellation) as Guid?;
    }

    /// <summary>Revisions have no gaps, so the sum of them is the number of events.</summary>
    private static async Task<long> AllEventsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT coalesce(sum(revision), 0)::bigint FROM workspaces", connection);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>A mended row has the version it had, and another content: only a new incarnation tells the old entity tags from the new.</summary>
    private static async Task RenewAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("UPDATE installation SET incarnation = $1", connection);
        command.Parameters.With(Guid.NewGuid());
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
