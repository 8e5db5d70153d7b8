using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>A moment in the life of a workspace: two lists of equal moments, asked for in the same way, are the same.</summary>
/// <param name="Incarnation">Of the database: a restored backup may hand out a revision twice.</param>
/// <param name="Revision">Rises with everything that happens in the workspace.</param>
/// <param name="ChangedAt">When that last was, UTC.</param>
public readonly record struct WorkspaceMoment(string Incarnation, long Revision, DateTime ChangedAt);

/// <summary>Reads the one row that orders a workspace.</summary>
public sealed class WorkspaceReader(Database database)
{
    /// <summary>
    /// Where the workspace stands now: a row by its key, whatever the workspace holds. Whoever has a list of this moment needs no other.
    /// </summary>
    public async Task<Result<WorkspaceMoment>> MomentAsync(Caller caller, CancellationToken cancellation)
    {
        await using (var command = database.Command($"SELECT w.revision, w.changed_at FROM {Access.From} WHERE {Access.Where}"))
        {
            command.Parameters.WithCaller(caller);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (await reader.ReadAsync(cancellation))
            {
                return new WorkspaceMoment(database.Incarnation, reader.GetInt64(0), reader.GetDateTime(1));
            }
        }
        return await Access.ExplainAsync(database, caller, cancellation);
    }
}
