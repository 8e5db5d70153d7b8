using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Realtime;

/// <summary>Somebody who looks at a workspace.</summary>
/// <param name="Name">As they are called now; null where there is no such account any more.</param>
/// <param name="Since">Since when they have, without a break that others could have noticed.</param>
public sealed record PresentPerson(Guid UserId, string? Name, DateTime Since);

/// <summary>Who looks at a workspace, those first who have for longest.</summary>
/// <param name="People">At most <see cref="Limits.PeopleTold"/>.</param>
/// <param name="Total">How many there are.</param>
public sealed record PresentPeople(Guid WorkspaceId, IReadOnlyList<PresentPerson> People, int Total)
{
    /// <summary>The same people of the same names.</summary>
    public bool IsAs(PresentPeople? other) => other is not null && Total == other.Total && People.SequenceEqual(other.People);
}

/// <summary>
/// Who looks at which workspace, over all servers of the database. Whoever looks has a row, which their server refreshes while they are there: of a server that was
/// killed, the rows go by themselves. One worker writes for all who look on this server and reads for all of them, at once where somebody comes or goes here and every
/// few seconds for the others; who is shown, and who is told, is asked of the database each time.
/// </summary>
public sealed class Presence(Database database, TimeProvider time)
{
    /// <summary>Rows are read by the database's clock, for those of servers need not agree.</summary>
    private const string IsFresh = "p.seen_at > statement_timestamp() - interval '30 seconds'";

    private static readonly TimeSpan BetweenReadings = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenRefreshments = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Look> looks = [];
    private readonly Signal wanted = new();
    private List<Look> came = [];
    private List<Look> went = [];
    private long refreshed;

    /// <summary>Told what goes wrong, which is tried again.</summary>
    public Action<Exception>? Failed { get; set; }

    /// <summary>Somebody looks at the workspace they are in, until the look is disposed of.</summary>
    public Look Begin(Caller caller)
    {
        var now = time.NowUtc();
        var look = new Look(this, Ids.New(now), caller, now);
        lock (gate)
        {
            looks.Add(look.Id, look);
            came.Add(look);
        }
        wanted.Set();
        return look;
    }

    /// <summary>Who looks at the workspace now.</summary>
    public async Task<Result<PresentPeople>> ListAsync(Caller caller, CancellationToken cancellation)
    {
        await using (var command = database.Command($"""
            SELECT q.user_id, q.name, q.since
              FROM {Access.From}
              LEFT JOIN LATERAL ({Shown("$3")}) q ON true
             WHERE {Access.Sees}
             ORDER BY q.since, q.user_id
            """))
        {
            command.Parameters.WithCaller(caller).With(time.NowUtc());
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            var people = new List<PresentPerson>();
            var sees = false;
            while (await reader.ReadAsync(cancellation))
            {
                sees = true;
                if (!reader.IsDBNull(0))
                {
                    people.Add(Read(reader, 0));
                }
            }
            if (sees)
            {
                return Cut(caller.WorkspaceId, people);
            }
        }
        return await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>Writes and reads until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await wanted.WaitAsync(BetweenReadings, stopping);
                await TurnAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                Failed?.Invoke(exception);
                await Task.Delay(RetryAfter, time, CancellationToken.None);
            }
        }
        try
        {
            await LeaveAllAsync();
        }
        catch (Exception exception) when (Database.IsUnavailable(exception))
        {
            // They are gone in half a minute all the same.
        }
    }

    internal void End(Look look)
    {
        lock (gate)
        {
            if (!looks.Remove(look.Id))
            {
                return;
            }
            went.Add(look);
        }
        wanted.Set();
    }

    /// <summary>Writes who came and went since the last time, and tells what has changed for whatever reason.</summary>
    private async Task TurnAsync(CancellationToken stopping)
    {
        List<Look> coming, going;
        Look[] all;
        var refreshes = time.GetElapsedTime(refreshed) >= BetweenRefreshments;
        lock (gate)
        {
            (coming, came, going, went) = (came, [], went, []);
            all = [.. looks.Values];
        }
        try
        {
            foreach (var chunk in (refreshes ? all : (IEnumerable<Look>)coming).Chunk(Limits.SweptListeners))
            {
                await WriteAsync(chunk, stopping);
            }
            foreach (var chunk in going.Chunk(Limits.SweptListeners))
            {
                await EraseAsync(chunk, stopping);
            }
            if (refreshes)
            {
                await ExecuteAsync("DELETE FROM presence p WHERE NOT (p.seen_at > statement_timestamp() - interval '60 seconds')", _ => { }, stopping);
                refreshed = time.GetTimestamp();
            }
        }
        catch
        {
            lock (gate)
            {
                came.AddRange(coming.Where(look => looks.ContainsKey(look.Id)));
                went.AddRange(going);
            }
            throw;
        }
        foreach (var chunk in all.GroupBy(look => look.Caller.WorkspaceId).Chunk(Limits.SweptListeners))
        {
            await TellAsync(chunk, stopping);
        }
    }

    private Task WriteAsync(Look[] some, CancellationToken cancellation) => ExecuteAsync("""
        INSERT INTO presence AS p (workspace_id, user_id, look_id, session_id, since, seen_at)
        SELECT l.*, statement_timestamp() FROM unnest($1, $2, $3, $4, $5) l(workspace_id, user_id, look_id, session_id, since)
            ON CONFLICT (workspace_id, user_id, look_id) DO UPDATE SET seen_at = EXCLUDED.seen_at
        """, parameters => Identify(parameters, some).With(Array.ConvertAll(some, look => look.Caller.SessionId)).With(Array.ConvertAll(some, look => look.Since)), cancellation);

    private Task EraseAsync(Look[] some, CancellationToken cancellation) => ExecuteAsync("""
        DELETE FROM presence p USING unnest($1, $2, $3) l(workspace_id, user_id, look_id)
         WHERE p.workspace_id = l.workspace_id AND p.user_id = l.user_id AND p.look_id = l.look_id
        """, parameters => Identify(parameters, some), cancellation);

    private static NpgsqlParameterCollection Identify(NpgsqlParameterCollection parameters, Look[] some) => parameters
        .With(Array.ConvertAll(some, look => look.Caller.WorkspaceId)).With(Array.ConvertAll(some, look => look.Caller.UserId)).With(Array.ConvertAll(some, look => look.Id));

    private async Task ExecuteAsync(string sql, Action<NpgsqlParameterCollection> fill, CancellationToken cancellation)
    {
        await using var command = database.Command(sql);
        fill(command.Parameters);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Tells those who look at some workspaces, as far as they still may, where it is not what they were told before.</summary>
    private async Task TellAsync(IGrouping<Guid, Look>[] workspaces, CancellationToken cancellation)
    {
        var people = workspaces.ToDictionary(group => group.Key, _ => new List<PresentPerson>());
        var sessions = new HashSet<(Guid, Guid)>();
        await using (var command = database.Command($"""
            SELECT w.workspace_id, q.user_id, q.name, q.since, q.sessions
              FROM workspaces w CROSS JOIN LATERAL ({Shown("$2")}) q
             WHERE w.workspace_id = ANY ($1)
             ORDER BY q.since, q.user_id
            """))
        {
            command.Parameters.With(Array.ConvertAll(workspaces, group => group.Key)).With(time.NowUtc());
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                var workspaceId = reader.GetGuid(0);
                people[workspaceId].Add(Read(reader, 1));
                foreach (var session in reader.GetFieldValue<Guid[]>(4))
                {
                    sessions.Add((workspaceId, session));
                }
            }
        }
        foreach (var group in workspaces)
        {
            var now = Cut(group.Key, people[group.Key]);
            foreach (var look in group.Where(look => sessions.Contains((look.Caller.WorkspaceId, look.Caller.SessionId))))
            {
                look.Tell(now);
            }
        }
    }

    /// <summary>Those who look at the workspace <c>w</c> and may see it.</summary>
    /// <param name="now">The parameter that has the time.</param>
    private static string Shown(string now) => $"""
        SELECT p.user_id, (SELECT nullif(a.name, '') FROM accounts a WHERE a.user_id = p.user_id) AS name, min(p.since) AS since, array_agg(p.session_id) AS sessions
          FROM presence p JOIN sessions s ON s.session_id = p.session_id
         WHERE p.workspace_id = w.workspace_id AND {IsFresh} AND {Access.StillSees(now)}
         GROUP BY p.user_id
        """;

    private static PresentPerson Read(NpgsqlDataReader reader, int first) =>
        new(reader.GetGuid(first), reader.IsDBNull(first + 1) ? null : reader.GetString(first + 1), reader.GetDateTime(first + 2));

    private static PresentPeople Cut(Guid workspaceId, List<PresentPerson> people) =>
        new(workspaceId, people.Count > Limits.PeopleTold ? people[..Limits.PeopleTold] : people, people.Count);

    private async Task LeaveAllAsync()
    {
        Look[] all;
        lock (gate)
        {
            all = [.. looks.Values, .. went];
        }
        foreach (var chunk in all.Chunk(Limits.SweptListeners))
        {
            await EraseAsync(chunk, CancellationToken.None);
        }
    }
}
