using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>
/// Who may enter a workspace. The rule is part of every statement that reads or writes tenant data, so it costs no round trip, is never
/// older than what is read, and cannot be forgotten: a token whose session has ended finds nothing and changes nothing, on every server.
/// </summary>
internal static class Access
{
    /// <summary>Parameters: <c>$1</c> the session, <c>$2</c> the workspace. Yields one row, or none to somebody who may not enter.</summary>
    public const string From = "sessions s JOIN workspaces w ON w.workspace_id = $2 AND w.owner_id = s.user_id";

    public const string Where = "s.session_id = $1 AND s.ended_at IS NULL";

    public static NpgsqlParameterCollection WithCaller(this NpgsqlParameterCollection parameters, Caller caller) =>
        parameters.With(caller.SessionId).With(caller.WorkspaceId);

    /// <summary>Says why a statement guarded by <see cref="From"/> yielded no row.</summary>
    public static async Task<Error> ExplainAsync(Database database, Caller caller, CancellationToken cancellation) =>
        new(await IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.NotFound : ErrorCode.SessionEnded);

    public static async Task<bool> IsSessionOpenAsync(Database database, Caller caller, CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT EXISTS (SELECT FROM sessions WHERE session_id = $1 AND ended_at IS NULL)");
        command.Parameters.With(caller.SessionId);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
