using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Administration;

/// <summary>
/// Who is an administrator of the installation. As with <see cref="Access"/>, the rule is part of every statement that hangs on it: whoever is one no more finds
/// nothing and changes nothing from the next statement on, whatever their token says.
/// </summary>
internal static class AdminAccess
{
    /// <summary>Parameter: <c>$1</c> the session. Yields one row, the administrator <c>me</c>, or none to anybody else.</summary>
    public const string From = "sessions s JOIN accounts me ON me.user_id = s.user_id AND me.is_admin";

    public const string Where = $"s.session_id = $1 AND {IsOpen}";

    /// <summary>Of the session <c>s</c>. An API key that is good for one workspace alone administers nothing.</summary>
    public const string IsOpen = "s.ended_at IS NULL AND s.workspace_id IS NULL";

    /// <summary>
    /// Says why a statement guarded by <see cref="From"/> yielded no row: the session has ended, its account is no administrator, or what else there was to say.
    /// </summary>
    public static async Task<Error> ExplainAsync(Database database, Caller caller, Error otherwise, CancellationToken cancellation)
    {
        await using (var command = database.Command($"SELECT 1 FROM {From} WHERE {Where}"))
        {
            command.Parameters.With(caller.SessionId);
            if (await command.ExecuteScalarAsync(cancellation) is not null)
            {
                return otherwise;
            }
        }
        return new Error(await Access.IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.NotAdministrator : ErrorCode.SessionEnded);
    }
}
