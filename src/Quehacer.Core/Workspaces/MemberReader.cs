using System.Globalization;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>Somebody in a workspace as one of its members sees them.</summary>
/// <param name="Name">As they are called now; null where there is no such account any more.</param>
/// <param name="Email">Null for whoever is not told: it is for the owner and for themselves; and of a service account, which has none.</param>
/// <param name="IsService">The account belongs to the workspace and to no person.</param>
/// <param name="Tag">Its version is one more than that of the last event, of which whoever made the workspace has none: versions that people see begin at 1.</param>
public sealed record MemberView(Member Member, string? Name, string? Email, bool IsService, EntityTag Tag);

/// <param name="NextCursor">Behind the last of them; null where there are no more.</param>
public sealed record MemberPage(IReadOnlyList<MemberView> Members, long? Total, string? NextCursor);

/// <summary>By what a list of members is chosen.</summary>
/// <param name="Role">Null for all.</param>
/// <param name="Search">Every word of it begins a word of the name, or all of it begins the e-mail, where the caller is told that; null for all.</param>
public sealed record MemberFilter(WorkspaceRole? Role, string? Search);

/// <summary>Reads who is in a workspace, with the names that people have now.</summary>
public sealed class MemberReader(Database database, Seal seal)
{
    /// <summary>Of the account <c>a</c> of the member <c>m</c>, read behind <see cref="MemberTable.Columns"/>.</summary>
    internal const string AccountColumns = "a.name, a.email, a.version, a.is_service";

    /// <summary>
    /// The account of the row <c>m</c>, looked up by its key. OFFSET keeps it a lookup for each row: of a thousand members the planner would rather read all accounts,
    /// of which an installation may have millions.
    /// </summary>
    internal const string AccountByKey = "SELECT a.name, a.email, a.version, a.is_service FROM accounts a WHERE a.user_id = m.user_id OFFSET 0";

    private const int MemberColumnCount = 5;

    /// <summary>One of them; <see cref="ErrorCode.NotFound"/> for somebody who is not in the workspace.</summary>
    public async Task<Result<MemberView>> GetAsync(Caller caller, Guid userId, CancellationToken cancellation)
    {
        var mayEnter = false;
        await using (var command = database.Command($"""
            SELECT {Access.Role}, {MemberTable.Columns}, {AccountColumns}
              FROM {Access.From} LEFT JOIN members m ON m.workspace_id = w.workspace_id AND m.user_id = $3 LEFT JOIN accounts a ON a.user_id = m.user_id
             WHERE {Access.Sees}
            """))
        {
            command.Parameters.WithCaller(caller).With(userId);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (await reader.ReadAsync(cancellation))
            {
                mayEnter = true;
                if (!reader.IsDBNull(1))
                {
                    return Read(reader, 1, caller, (WorkspaceRole)reader.GetInt16(0));
                }
            }
        }
        return mayEnter ? ErrorCode.NotFound : await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>A page of the members, in the order of their accounts' ids, which is that of their registration.</summary>
    /// <param name="limit">Members on a page, 1 to <see cref="Limits.PageMembers"/>.</param>
    /// <param name="cursor">Of the page before; null for the beginning. <see cref="FieldFault.NotThisCursor"/> for one that is not of this list.</param>
    /// <param name="withTotal">Count all that the filter chooses.</param>
    public async Task<Result<MemberPage>> ListAsync(Caller caller, MemberFilter filter, int limit, string? cursor, bool withTotal, CancellationToken cancellation)
    {
        IReadOnlyList<SearchWord>? words = null;
        if (filter.Search is { } search)
        {
            words = Search.Parse(search);
            if (Refuse(search, words) is { } fault)
            {
                return Error.Invalid([fault]);
            }
        }
        var list = string.Create(CultureInfo.InvariantCulture, $"members|{caller.WorkspaceId:N}|{caller.UserId:N}|{(short?)filter.Role}|{filter.Search}");
        if (!IdCursor.TryOpen(cursor, seal, list, out var behind))
        {
            return Error.Invalid(Field.Cursor, FieldFault.NotThisCursor);
        }
        var found = words is null
            ? await ReadAsync(caller, filter.Role, behind, limit + 1, withTotal, cancellation)
            : await WalkAsync(caller, filter, words, behind, limit + 1, withTotal, cancellation);
        if (!found.IsOk)
        {
            return found.Error;
        }
        var (members, total) = found.Value;
        return new MemberPage(
            members.Count > limit ? members[..limit] : members, total, members.Count > limit ? IdCursor.Close(members[limit - 1].Member.UserId, seal, list) : null);
    }

    internal MemberView View(Member member, string? name, string? email, int accountVersion, bool isService, bool isTold) => new(
        member, name, isTold && !isService ? email : null, isService,
        // What is shown is of the account as well, and of who looks.
        new EntityTag(database.Incarnation, member.Version + 1, LabelsRevision: 2L * accountVersion + (isTold ? 1 : 0)));

    /// <summary>Reads <see cref="MemberTable.Columns"/> and <see cref="AccountColumns"/> behind them.</summary>
    internal MemberView Read(NpgsqlDataReader row, int first, Caller caller, WorkspaceRole role)
    {
        var member = MemberTable.Read(row, first);
        var account = first + MemberColumnCount;
        return row.IsDBNull(account)
            ? View(member, name: null, email: null, accountVersion: 0, isService: false, isTold: false)
            : View(member, row.GetString(account), row.GetString(account + 1), row.GetInt32(account + 2), row.GetBoolean(account + 3), isTold: role == WorkspaceRole.Owner || member.UserId == caller.UserId);
    }

    private static FieldError? Refuse(string search, IReadOnlyList<SearchWord> words) =>
        Text.Characters(search) > Limits.SearchCharacters ? new FieldError(Field.Search, FieldFault.TooLong, Limits.SearchCharacters)
        : words.Count == 0 ? new FieldError(Field.Search, FieldFault.NothingToSearchFor)
        : words.Count(word => word.IsPrefix) > Limits.SearchPrefixes ? new FieldError(Field.Search, FieldFault.TooMany, Limits.SearchPrefixes)
        : null;

    private async Task<Result<(List<MemberView> Members, long? Total)>> ReadAsync(
        Caller caller, WorkspaceRole? role, Guid behind, int count, bool withTotal, CancellationToken cancellation)
    {
        // The parameter and not the row's column, so that all are counted once, and not once for each that is shown.
        const string theirs = "m.workspace_id = $2 AND ($3::smallint IS NULL OR m.role = $3)";
        var (members, mayEnter, total) = (new List<MemberView>(), false, default(long?));
        await using (var command = database.Command($"""
            SELECT {Access.Role}, CASE WHEN $6 THEN (SELECT count(*) FROM members m WHERE {theirs}) END, {MemberTable.Columns}, {AccountColumns}
              FROM {Access.From}
              LEFT JOIN LATERAL (SELECT {MemberTable.Columns} FROM members m WHERE {theirs} AND m.user_id > $4 ORDER BY m.user_id LIMIT $5) m ON true
              LEFT JOIN LATERAL ({AccountByKey}) a ON true
             WHERE {Access.Sees}
             ORDER BY m.user_id
            """))
        {
            command.Parameters.WithCaller(caller);
            command.Parameters.Add(new NpgsqlParameter { Value = role is { } only ? (short)only : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Smallint });
            command.Parameters.With(behind).With((long)count).With(withTotal);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                (mayEnter, total) = (true, reader.IsDBNull(1) ? null : reader.GetInt64(1));
                if (!reader.IsDBNull(2))
                {
                    members.Add(Read(reader, 2, caller, (WorkspaceRole)reader.GetInt16(0)));
                }
            }
        }
        return mayEnter ? (members, total) : await Access.ExplainAsync(database, caller, cancellation);
    }

    /// <summary>
    /// Looks for names page by page. How texts are folded is the program's to say, and people rename themselves without any workspace knowing, so no index of
    /// names could be right; a workspace has so few members that all of them are looked at in some tens of milliseconds.
    /// </summary>
    private async Task<Result<(List<MemberView> Members, long? Total)>> WalkAsync(
        Caller caller, MemberFilter filter, IReadOnlyList<SearchWord> words, Guid behind, int count, bool withTotal, CancellationToken cancellation)
    {
        var emailPrefix = AccountEdit.EmailKey(Text.NormaliseName(filter.Search!));
        var (found, total) = (new List<MemberView>(), 0L);
        var last = withTotal ? Guid.Empty : behind;
        while (true)
        {
            var page = await ReadAsync(caller, filter.Role, last, Limits.WalkPageMembers, withTotal: false, cancellation);
            if (!page.IsOk)
            {
                return page.Error;
            }
            foreach (var view in page.Value.Members.Where(Matches))
            {
                total++;
                if (found.Count < count && view.Member.UserId.CompareTo(behind) > 0)
                {
                    found.Add(view);
                }
            }
            if (page.Value.Members.Count < Limits.WalkPageMembers || (!withTotal && found.Count == count))
            {
                return (found, withTotal ? total : null);
            }
            last = page.Value.Members[^1].Member.UserId;
        }

        bool Matches(MemberView view)
        {
            if (view.Email is { } email && AccountEdit.EmailKey(email).StartsWith(emailPrefix, StringComparison.Ordinal))
            {
                return true;
            }
            var names = Search.WordsOf(view.Name);
            return words.All(word => word.IsPrefix ? names.Any(name => name.StartsWith(word.Text, StringComparison.Ordinal)) : names.Contains(word.Text));
        }
    }
}
