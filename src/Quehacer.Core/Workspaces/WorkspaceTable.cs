using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>The rows of workspaces, as far as they are about the workspace itself, and what is written into the log with them.</summary>
internal static class WorkspaceTable
{
    /// <summary>Of the row <c>w</c>. Read by <see cref="Read"/>.</summary>
    public const string Columns = "w.workspace_id, w.name, w.is_personal, w.owner_id, w.archived_at, w.version, w.member_count, w.members_revision, w.updated_at";

    /// <summary>How many columns these are.</summary>
    public const int ColumnCount = 9;

    /// <summary>
    /// A new workspace, which is all its owner's. Parameters: $1 workspace, $2 owner, $3 name, $4 whether it is personal, $5 now. Its event comes behind it.
    /// </summary>
    public const string Insert = """
        INSERT INTO workspaces (workspace_id, owner_id, name, is_personal, revision, labels_revision, last_task_number, pending_tasks, done_tasks, deleted_tasks, changed_at, updated_at)
        VALUES ($1, $2, $3, $4, 1, 0, 0, 0, 0, 0, $5, $5)
        """;

    /// <summary>Its owner among its members. Parameters: $1 workspace, $2 owner, $3 now.</summary>
    public static readonly string InsertOwner =
        $"INSERT INTO members (workspace_id, user_id, role, version, revision, joined_at, updated_at) VALUES ($1, $2, {(short)WorkspaceRole.Owner}, 0, 1, $3, $3)";

    public static Workspace Read(NpgsqlDataReader row, int first) => new(
        row.GetGuid(first), row.GetString(first + 1), row.GetBoolean(first + 2), row.GetGuid(first + 3), row.IsDBNull(first + 4) ? null : row.GetDateTime(first + 4), row.GetInt32(first + 5),
        row.GetInt32(first + 6), row.GetInt64(first + 7), row.GetDateTime(first + 8));

    /// <summary>Adds a new workspace, its owner and its first event.</summary>
    /// <param name="name">Null for a personal one.</param>
    public static void AddNew(WorkspaceBatch batch, Guid workspaceId, Guid ownerId, string? name, DateTime now, string? requestId)
    {
        var created = new WorkspaceEvent.Created(name);
        var (data, before) = created.ToJson();
        batch.Add(Insert).With(workspaceId).With(ownerId).With(name ?? WorkspaceEvent.PersonalName).With(name is null).With(now);
        batch.Add(InsertOwner).With(workspaceId).With(ownerId).With(now);
        batch.Append(0, workspaceId, 1, created.NameInLog, takesNumber: false, data, before, ownerId, requestId);
    }

    /// <summary>Adds what an event of the workspace itself does to its row, and the event, behind the statement that advances it.</summary>
    /// <param name="after">The workspace after the event, with the version that the event gives it.</param>
    public static void AddChange(WorkspaceBatch batch, Caller caller, Workspace after, WorkspaceEvent change)
    {
        batch.Add("""
            UPDATE workspaces SET name = $2, archived_at = CASE WHEN $3 THEN coalesce(archived_at, changed_at) END, version = $4, updated_at = changed_at WHERE workspace_id = $1
            """).With(after.Id).With(after.Name).With(after.ArchivedAt is not null).With(after.Version);
        var (data, before) = change.ToJson();
        batch.Append(0, after.Id, after.Version, change.NameInLog, takesNumber: false, data, before, caller.UserId, caller.RequestId);
    }
}

/// <summary>The rows of members and what is written into the log with them.</summary>
internal static class MemberTable
{
    /// <summary>Of the row <c>m</c>. Read by <see cref="Read"/>.</summary>
    public const string Columns = "m.user_id, m.role, m.version, m.joined_at, m.updated_at";

    public static Member Read(NpgsqlDataReader row, int first) =>
        new(row.GetGuid(first), (WorkspaceRole)row.GetInt16(first + 1), row.GetInt32(first + 2), row.GetDateTime(first + 3), row.GetDateTime(first + 4));

    /// <summary>
    /// The version that the next event of somebody has, who may have been here before. A subquery; <c>$1</c> is the workspace.
    /// </summary>
    /// <param name="user">SQL of the account's id.</param>
    public static string NextVersionOf(string user) => $"(SELECT coalesce(max(e.version), 0) + 1 FROM events e WHERE e.workspace_id = $1 AND e.stream_id = {user})";

    /// <summary>Whether somebody owns as many workspaces as they may. Behind a statement that holds the row of their account, so that of many at once no more come to be theirs.</summary>
    public static Task<bool> OwnsAllTheyMayAsync(NpgsqlConnection connection, Guid userId) => connection.FindsAsync(
        "SELECT 1 FROM members WHERE user_id = $1 AND role = $2 HAVING count(*) >= $3",
        parameters => parameters.With(userId).With((short)WorkspaceRole.Owner).With((long)Limits.WorkspacesOfAUser));

    /// <summary>
    /// Adds what an event of a member does to the rows, and the event, behind the statement that advances the workspace. Who owns the workspace is said by the
    /// event that makes somebody its owner.
    /// </summary>
    /// <param name="version">That the event gives the member.</param>
    /// <param name="following">How many events of the transaction come after it.</param>
    public static void AddChange(WorkspaceBatch batch, Guid workspaceId, Guid userId, int version, MemberEvent change, int following, Guid actorId, string? requestId)
    {
        var (role, more) = change switch
        {
            MemberEvent.Added added => (added.Role, 1),
            MemberEvent.Updated updated => (updated.Role, 0),
            MemberEvent.Removed => (default(WorkspaceRole?), -1),
            _ => throw new InvalidOperationException($"An event that no row follows: {change.GetType().Name}."),
        };
        _ = role is { } present
            ? batch.Add("""
                INSERT INTO members (workspace_id, user_id, role, version, revision, joined_at, updated_at)
                SELECT w.workspace_id, $2, $3, $4, w.revision - $5, w.changed_at, w.changed_at FROM workspaces w WHERE w.workspace_id = $1
                ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role, version = excluded.version, revision = excluded.revision, updated_at = excluded.updated_at
                """).With(workspaceId).With(userId).With((short)present).With(version).With((long)following)
            : batch.Add("DELETE FROM members WHERE workspace_id = $1 AND user_id = $2").With(workspaceId).With(userId);
        batch.Add("""
            UPDATE workspaces SET members_revision = revision - $2, member_count = member_count + $3, updated_at = changed_at, owner_id = coalesce($4, owner_id) WHERE workspace_id = $1
            """).With(workspaceId).With((long)following).With(more).WithId(role == WorkspaceRole.Owner ? userId : null);
        var (data, before) = change.ToJson();
        batch.Append(following, userId, version, change.Name, takesNumber: false, data, before, actorId, requestId);
    }
}
