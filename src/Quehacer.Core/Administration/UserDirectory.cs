using System.Globalization;
using System.Text;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Administration;

/// <summary>How a list of accounts is ordered.</summary>
public enum UserSort
{
    /// <summary>The newest first.</summary>
    Created,

    /// <summary>A to Z, without regard to case and accents.</summary>
    Name,

    /// <summary>A to Z.</summary>
    Email,
}

/// <summary>Which accounts are wanted; null or empty where it does not matter.</summary>
/// <param name="Words">All of them have to begin words of name or e-mail.</param>
/// <param name="Reversed">The other way round than is natural for the order.</param>
public sealed record UserFilter(IReadOnlyList<SearchWord> Words, Plan? Plan, bool? IsAdmin, bool? IsSuspended, UserSort Sort, bool Reversed);

/// <summary>An account as administrators see it.</summary>
/// <param name="WorkspacesOwned">How many workspaces are the account's, the personal one among them.</param>
/// <param name="LastSeenAt">When a session of it was seen last, to about a minute; null where there is none of the last hours that one could know it from.</param>
/// <param name="Incarnation">Of the database, for entity tags.</param>
public sealed record UserView(Account Account, int WorkspacesOwned, DateTime? LastSeenAt, string Incarnation)
{
    /// <summary>
    /// What is seen of it changes with its version, with when it was last seen, and with how many workspaces it has. A condition on a change asks of the version alone:
    /// nobody decides on the rest.
    /// </summary>
    public EntityTag Tag => new(Incarnation, Account.Version, LastSeenAt is { } seen ? (seen - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond : 0, WorkspacesOwned);

    public DateTime ChangedAt => LastSeenAt > Account.UpdatedAt ? LastSeenAt.Value : Account.UpdatedAt;
}

/// <param name="Total">How many there are in all; null when that was not asked.</param>
public sealed record UserPage(IReadOnlyList<UserView> Users, long? Total, string? NextCursor, string? PreviousCursor);

/// <summary>
/// The accounts of the installation, for its administrators, the right to see them within the same statement. How many workspaces they have is asked in another: accounts
/// and workspaces need not lie side by side.
/// </summary>
public sealed class UserDirectory(Database database, Seal seal)
{
    /// <summary>Of the account <c>a</c>. API keys are not people.</summary>
    private const string Columns =
        $"{AccountStore.Columns}, (SELECT max(greatest(v.refreshed_at, v.seen_at)) FROM sessions v WHERE v.user_id = a.user_id AND NOT v.is_key)";

    public async Task<Result<UserView>> GetAsync(Caller caller, Guid userId, CancellationToken cancellation)
    {
        UserView? found = null;
        await using (var command = database.Command($"SELECT {Columns} FROM {AdminAccess.From} JOIN accounts a ON a.user_id = $2 AND {AccountStore.IsPerson} WHERE {AdminAccess.Where}"))
        {
            command.Parameters.With(caller.SessionId).With(userId);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (await reader.ReadAsync(cancellation))
            {
                found = Read(reader);
            }
        }
        return found is not null ? (await WithWorkspacesAsync([found], cancellation))[0] : await AdminAccess.ExplainAsync(database, caller, new Error(ErrorCode.NotFound), cancellation);
    }

    /// <param name="limit">Accounts on a page, 1 to <see cref="Limits.PageUsers"/>.</param>
    /// <param name="cursor">Of a page before; null for the beginning.</param>
    public async Task<Result<UserPage>> ListAsync(Caller caller, UserFilter filter, int limit, string? cursor, bool withTotal, CancellationToken cancellation)
    {
        var list = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"users|{filter.Sort}|{filter.Reversed}|{filter.Plan}|{filter.IsAdmin}|{filter.IsSuspended}|{AccountWords.Query(filter.Words)}"));
        var opened = PlaceCursor.Open(cursor, seal, list);
        if (opened.Error is { } notThisCursor)
        {
            return await AdminAccess.ExplainAsync(database, caller, notThisCursor, cancellation);
        }
        var place = opened.Value;
        var (users, total, mayList) = (new List<UserView>(), default(long?), false);
        await using (var command = Command(caller, filter, limit, place, withTotal))
        {
            const int totalColumn = AccountStore.ColumnCount + 1;
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                (mayList, total) = (true, reader.IsDBNull(totalColumn) ? null : reader.GetInt64(totalColumn));
                if (!reader.IsDBNull(0))
                {
                    users.Add(Read(reader));
                }
            }
        }
        if (!mayList)
        {
            return await AdminAccess.ExplainAsync(database, caller, new Error(ErrorCode.NotAdministrator), cancellation);
        }
        var (next, previous) = PlaceCursor.Turn(place, users, limit, user => (KeyOf(user.Account, filter.Sort), user.Account.Id), seal, list);
        return new UserPage(await WithWorkspacesAsync(users, cancellation), total, next, previous);
    }

    /// <summary>What was wrong with a request before it came here, told to an administrator; anybody else is told that they are none.</summary>
    public Task<Error> ExplainAsync(Caller caller, Error error, CancellationToken cancellation) => AdminAccess.ExplainAsync(database, caller, error, cancellation);

    /// <summary>The one statement of a list, ready to be sent.</summary>
    internal NpgsqlCommand Command(Caller caller, UserFilter filter, int limit, PlaceCursor? place, bool withTotal)
    {
        // What a search finds, and so what its best plan is, depends on its words.
        var command = database.PlannedCommand("");
        var parameters = command.Parameters.With(caller.SessionId);
        string Add<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"${parameters.With(value).Count}");
        var where = new StringBuilder(AccountStore.IsPerson);
        void And(string condition) => where.Append(" AND ").Append(condition);
        // OFFSET has the search asked of its index first: the planner, which takes beginnings of words for frequent, would rather look at one account after the other.
        var source = AccountWords.Query(filter.Words) is { } query ? $"(SELECT * FROM accounts a WHERE a.words @@ {Add(query)}::tsquery OFFSET 0) a" : "accounts a";
        if (filter.Plan is { } plan)
        {
            And($"a.plan = {Add((short)plan)}");
        }
        if (filter.IsAdmin is { } isAdmin)
        {
            And(isAdmin ? "a.is_admin" : "NOT a.is_admin");
        }
        if (filter.IsSuspended is { } isSuspended)
        {
            And($"a.suspended_at IS {(isSuspended ? "NOT NULL" : "NULL")}");
        }
        var (key, descends) = filter.Sort switch
        {
            UserSort.Created => (null, !filter.Reversed),
            UserSort.Name => ("a.name_key", filter.Reversed),
            UserSort.Email => ("a.email_key", filter.Reversed),
            _ => throw new ArgumentOutOfRangeException(nameof(filter)),
        };
        var direction = descends != (place?.Backwards ?? false) ? "DESC" : "ASC";
        var order = key is null ? $"a.user_id {direction}" : $"{key} {direction}, a.user_id {direction}";
        var behind = place is null ? ""
            : key is null ? $"AND a.user_id {place.Comparison(descends)} {Add(place.Id)}"
            : $"AND ({key}, a.user_id) {place.Comparison(descends)} ({Add(place.Key ?? "")}, {Add(place.Id)})";
        command.CommandText = $"""
            SELECT {Columns}, {(withTotal ? $"(SELECT count(*) FROM {source} WHERE {where})" : "NULL::bigint")}
              FROM {AdminAccess.From} LEFT JOIN LATERAL (SELECT * FROM {source} WHERE {where} {behind} ORDER BY {order} LIMIT {Add((long)limit + 1)}) a ON true
             WHERE {AdminAccess.Where}
             ORDER BY {order}
            """;
        return command;
    }

    private UserView Read(NpgsqlDataReader reader) => new(
        AccountStore.Read(reader), WorkspacesOwned: 0, reader.IsDBNull(AccountStore.ColumnCount) ? null : reader.GetDateTime(AccountStore.ColumnCount), database.Incarnation);

    private async Task<List<UserView>> WithWorkspacesAsync(List<UserView> users, CancellationToken cancellation)
    {
        var owned = new Dictionary<Guid, int>();
        await using (var command = database.Command($"SELECT user_id, count(*) FROM members WHERE user_id = ANY ($1) AND role = {(short)WorkspaceRole.Owner} GROUP BY user_id"))
        {
            command.Parameters.With(users.Select(user => user.Account.Id).ToArray());
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                owned[reader.GetGuid(0)] = (int)reader.GetInt64(1);
            }
        }
        return [.. users.Select(user => user with { WorkspacesOwned = owned.GetValueOrDefault(user.Account.Id) })];
    }

    private static string? KeyOf(Account account, UserSort sort) => sort switch
    {
        UserSort.Name => Text.SortKey(account.Name),
        UserSort.Email => AccountEdit.EmailKey(account.Email),
        _ => null,
    };
}
