using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>A moment in the life of a workspace: two lists of equal moments, asked for in the same way, are the same.</summary>
/// <param name="Incarnation">Of the database: a restored backup may hand out a revision twice.</param>
/// <param name="Revision">Rises with everything that happens in the workspace.</param>
/// <param name="ChangedAt">When that last was, UTC.</param>
/// <param name="Role">Of whoever asks: others may be shown something else.</param>
public readonly record struct WorkspaceMoment(string Incarnation, long Revision, DateTime ChangedAt, WorkspaceRole Role)
{
    /// <summary>Read by <see cref="Read"/>, of <see cref="Access.From"/>.</summary>
    internal const string Columns = $"w.revision, w.changed_at, {Access.Role}";

    /// <summary>The same for somebody who is nothing in the workspace, and sees what a viewer does.</summary>
    internal const string ColumnsOfViewer = "w.revision, w.changed_at, 10::smallint";

    internal static WorkspaceMoment Read(NpgsqlDataReader reader, int first, Database database) =>
        new(database.Incarnation, reader.GetInt64(first), reader.GetDateTime(first + 1), (WorkspaceRole)reader.GetInt16(first + 2));
}

/// <param name="NextCursor">Behind the last of them; null where there are no more.</param>
public sealed record WorkspacePage(IReadOnlyList<WorkspaceView> Workspaces, long? Total, string? NextCursor);

/// <summary>Reads workspaces, and of each the one row that orders it.</summary>
public sealed class WorkspaceReader(Database database, Seal seal)
{
    /// <summary>The workspace <see cref="Caller.WorkspaceId"/>.</summary>
    public async Task<Result<WorkspaceView>> GetAsync(Caller caller, CancellationToken cancellation)
    {
        await using (var command = database.Command($"SELECT {WorkspaceTable.Columns}, {Access.Role} FROM {Access.From} WHERE {Access.Sees}"))
        {
            command.Parameters.WithCaller(caller);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (await reader.ReadAsync(cancellation))
            {
                return View(WorkspaceTable.Read(reader, 0), (WorkspaceRole)reader.GetInt16(WorkspaceTable.ColumnCount));
            }
        }
        return await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>The workspaces that the caller is in, the oldest first, which is the personal one.</summary>
    /// <param name="withArchived">Those that are out of use as well.</param>
    /// <param name="limit">Workspaces on a page, 1 to <see cref="Limits.PageWorkspaces"/>.</param>
    /// <param name="cursor">Of the page before; null for the beginning. <see cref="FieldFault.NotThisCursor"/> for one that is not of this list.</param>
    /// <param name="withTotal">Count them all.</param>
    public async Task<Result<WorkspacePage>> ListAsync(Caller caller, bool withArchived, int limit, string? cursor, bool withTotal, CancellationToken cancellation)
    {
        var list = $"workspaces|{caller.UserId:N}|{withArchived}";
        if (!IdCursor.TryOpen(cursor, seal, list, out var behind))
        {
            return Error.Invalid(Field.Cursor, FieldFault.NotThisCursor);
        }
        // Members and workspaces lie side by side, so that a database of several machines joins them where they are.
        const string theirs = "members m JOIN workspaces w ON w.workspace_id = m.workspace_id WHERE m.user_id = s.user_id AND (s.workspace_id IS NULL OR s.workspace_id = w.workspace_id) AND ($2 OR w.archived_at IS NULL)";
        var (workspaces, isOpen, total) = (new List<WorkspaceView>(), false, default(long?));
        await using (var command = database.Command($"""
            SELECT t.total, w.*
              FROM sessions s CROSS JOIN LATERAL (SELECT CASE WHEN $5 THEN (SELECT count(*) FROM {theirs}) END AS total OFFSET 0) t
              LEFT JOIN LATERAL (
                   SELECT {WorkspaceTable.Columns}, m.role FROM {theirs} AND m.workspace_id > $3 ORDER BY m.workspace_id LIMIT $4) w ON true
             WHERE s.session_id = $1 AND s.ended_at IS NULL
             ORDER BY w.workspace_id
            """))
        {
            command.Parameters.With(caller.SessionId).With(withArchived).With(behind).With(limit + 1L).With(withTotal);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                (isOpen, total) = (true, reader.IsDBNull(0) ? null : reader.GetInt64(0));
                if (!reader.IsDBNull(1))
                {
                    workspaces.Add(View(WorkspaceTable.Read(reader, 1), (WorkspaceRole)reader.GetInt16(1 + WorkspaceTable.ColumnCount)));
                }
            }
        }
        if (!isOpen)
        {
            return ErrorCode.SessionEnded;
        }
        var hasMore = workspaces.Count > limit;
        if (hasMore)
        {
            workspaces.RemoveAt(limit);
        }
        return new WorkspacePage(workspaces, total, hasMore ? IdCursor.Close(workspaces[^1].Workspace.Id, seal, list) : null);
    }

    internal WorkspaceView View(Workspace workspace, WorkspaceRole role) =>
        new(workspace, role, new EntityTag(database.Incarnation, workspace.Version, LabelsRevision: workspace.MembersRevision));

    /// <summary>
    /// Where the workspace stands now: a row by its key, whatever the workspace holds. Whoever has a list of this moment needs no other.
    /// </summary>
    public async Task<Result<WorkspaceMoment>> MomentAsync(Caller caller, CancellationToken cancellation)
    {
        var moment = await database.ReadAsync(
            parameters =>
            {
                parameters.WithCaller(caller);
                return $"SELECT {WorkspaceMoment.Columns} FROM {Access.From} WHERE {Access.Sees}";
            },
            async reader => await reader.ReadAsync() ? WorkspaceMoment.Read(reader, 0, database) : default(WorkspaceMoment?));
        if (moment is { } at)
        {
            return at;
        }
        return await Access.ExplainAsync(database, caller, cancellation);
    }
}
