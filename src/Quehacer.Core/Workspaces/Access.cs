using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>
/// Who may do what in a workspace. The rule is part of every statement that reads or writes tenant data, so it costs no round trip, is never
/// older than what is read, and cannot be forgotten: a token whose session has ended finds nothing and changes nothing, on every server, and so does
/// somebody who is no member any more.
/// </summary>
internal static class Access
{
    /// <summary>Parameters: <c>$1</c> the session, <c>$2</c> the workspace. Yields one row, or, with one of the conditions below, none to somebody who may not.</summary>
    public const string From = "sessions s JOIN workspaces w ON w.workspace_id = $2";

    /// <summary>
    /// What the session's account is in the workspace; null for a stranger. Whose it is stands on its own row, so nothing else is read for an owner. Of everybody
    /// else the role counts only while it is of the members that the row knows: a statement that has waited for the row while somebody was
    /// removed sees the row anew and the members as they were, and finds nothing.
    /// </summary>
    public const string Role =
        "(CASE WHEN w.owner_id = s.user_id THEN 30::smallint ELSE ("
        + "SELECT m.role FROM members m JOIN workspaces o ON o.workspace_id = m.workspace_id AND o.members_revision = w.members_revision "
        + "WHERE m.workspace_id = w.workspace_id AND m.user_id = s.user_id) END)";

    /// <summary>What <see cref="Permissions"/> says, of the session <c>s</c> and the workspace <c>w</c>.</summary>
    public const string MaySee = $"{IsOpen} AND {Role} >= 10";

    /// <inheritdoc cref="MaySee"/>
    public const string MayWrite = $"{IsOpen} AND w.archived_at IS NULL AND {Role} >= 20";

    /// <inheritdoc cref="MaySee"/>
    public const string MayManage = $"{IsOpen} AND {Role} >= 30";

    /// <summary>The condition behind <see cref="From"/> of whatever reads.</summary>
    public const string Sees = $"s.session_id = $1 AND {MaySee}";

    /// <summary>The same of whatever reads what is to be changed.</summary>
    public const string Writes = $"s.session_id = $1 AND {MayWrite}";

    /// <summary>
    /// The condition of who goes on hearing or being shown without asking again, of statements that lock nothing: nobody has looked at their token, so whether the session
    /// lasts is looked at here. It is asked of a thousand at once, many times a second, and what has waited for nobody sees members and workspace of one moment, so
    /// it goes without what <see cref="Role"/> compares.
    /// </summary>
    /// <param name="now">The parameter that has the time.</param>
    public static string StillSees(string now) =>
        $"{IsOpen} AND s.expires_at > {now} AND (NOT s.is_key OR NOT EXISTS (SELECT FROM accounts a JOIN accounts o ON o.user_id = w.owner_id WHERE a.user_id = s.user_id AND a.is_service AND NOT {OwnerIsLetIn})) "
        + "AND (w.owner_id = s.user_id OR EXISTS (SELECT FROM members m WHERE m.workspace_id = w.workspace_id AND m.user_id = s.user_id AND m.role >= 10))";

    /// <summary>Whether the owner <c>o</c> of a workspace is let in. While they are not, nor are its service accounts.</summary>
    public const string OwnerIsLetIn = "(o.suspended_at IS NULL AND o.deletion_due_at IS NULL AND o.deleted_at IS NULL)";

    /// <summary>
    /// Takes the workspace's lock for somebody who is in it, or was when the wait began, and reads nothing: the statement behind it sees what there is once the
    /// lock is had. A stranger makes nobody wait. Parameters as of <see cref="From"/>.
    /// </summary>
    public const string Lock = """
        SELECT 1 FROM sessions s JOIN workspaces w ON w.workspace_id = $2
         WHERE s.session_id = $1 AND s.ended_at IS NULL
           AND (w.owner_id = s.user_id OR EXISTS (SELECT FROM members m WHERE m.workspace_id = w.workspace_id AND m.user_id = s.user_id)) FOR UPDATE OF w
        """;

    /// <summary>
    /// The same for an administrator of the installation who looks into a workspace of somebody else. An API key that is good for one workspace alone looks into none.
    /// </summary>
    /// <param name="owner">The parameter that has <see cref="Caller.LooksInto"/>.</param>
    public static string SeesAsAdministrator(string owner) =>
        $"s.session_id = $1 AND s.ended_at IS NULL AND s.workspace_id IS NULL AND w.owner_id = {owner} AND EXISTS (SELECT FROM accounts me WHERE me.user_id = s.user_id AND me.is_admin)";

    private const string IsOpen = "s.ended_at IS NULL AND (s.workspace_id IS NULL OR s.workspace_id = w.workspace_id)";

    /// <summary>The condition of a permission, of the session <c>s</c> and the workspace <c>w</c>.</summary>
    public static string May(Permission permission) => permission switch
    {
        Permission.See => MaySee,
        Permission.Write => MayWrite,
        Permission.Manage => MayManage,
        _ => throw new ArgumentOutOfRangeException(nameof(permission)),
    };

    public static NpgsqlParameterCollection WithCaller(this NpgsqlParameterCollection parameters, Caller caller) =>
        parameters.With(caller.SessionId).With(caller.WorkspaceId);

    /// <summary>
    /// Says why a statement that wants a permission found nothing: the session has ended, the workspace is not there for the caller, it is archived, or the
    /// caller is too little in it. Where nothing of that is so, it is the thing itself that is not there.
    /// </summary>
    public static async Task<Error> ExplainAsync(Database database, Caller caller, Permission permission, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT coalesce({MaySee}, false), coalesce({Role}, 0::smallint), w.archived_at IS NOT NULL
              FROM sessions s LEFT JOIN workspaces w ON w.workspace_id = $2 WHERE s.session_id = $1 AND s.ended_at IS NULL
            """);
        command.Parameters.WithCaller(caller);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
        {
            return new Error(ErrorCode.SessionEnded);
        }
        return new Error(
            !reader.GetBoolean(0) ? ErrorCode.NotFound
            : reader.GetInt16(1) < (short)permission.LeastRole() ? ErrorCode.Forbidden
            : reader.GetBoolean(2) && !permission.HoldsInArchive() ? ErrorCode.WorkspaceArchived
            : ErrorCode.NotFound);
    }

    /// <summary>The same of a statement that wants to see.</summary>
    public static Task<Error> ExplainAsync(Database database, Caller caller, CancellationToken cancellation) => caller.LooksInto is null
        ? ExplainAsync(database, caller, Permission.See, cancellation)
        : AdminAccess.ExplainAsync(database, caller, new Error(ErrorCode.NotFound), cancellation);

    /// <summary>Whether the caller sees the workspace at all.</summary>
    public static async Task<bool> MaySeeAsync(Database database, Caller caller, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT EXISTS (SELECT FROM {From} WHERE {Sees})");
        command.Parameters.WithCaller(caller);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    public static async Task<bool> IsSessionOpenAsync(Database database, Caller caller, CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT EXISTS (SELECT FROM sessions WHERE session_id = $1 AND ended_at IS NULL)");
        command.Parameters.With(caller.SessionId);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The same within a transaction, behind a lock that may have been waited for: the session can have ended meanwhile.</summary>
    public static Task<bool> IsSessionOpenAsync(NpgsqlConnection connection, Caller caller) =>
        connection.FindsAsync("SELECT 1 FROM sessions WHERE session_id = $1 AND ended_at IS NULL", parameters => parameters.With(caller.SessionId));
}
