using System.Globalization;
using System.Net;
using System.Text;
using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Administration;

/// <summary>What is wanted of the trail; null where everything is.</summary>
/// <param name="ActorId">Who has done it.</param>
/// <param name="UserId">To whose account.</param>
/// <param name="Act">One of <see cref="AdminActKinds.Names"/>.</param>
/// <param name="Since">At this time or later, UTC.</param>
/// <param name="Until">Before this time, UTC.</param>
public sealed record AuditFilter(Guid? ActorId, Guid? UserId, string? Act, DateTime? Since, DateTime? Until);

/// <param name="Total">How many there are in all; null when that was not asked.</param>
public sealed record AuditPage(IReadOnlyList<RecordedAct> Acts, long? Total, string? NextCursor, string? PreviousCursor);

/// <summary>
/// What administrators have done, each in the transaction that did it. It is only ever added to. It has ids and no names, save for what somebody writes into a reason.
/// </summary>
public sealed class AuditTrail(Database database, Seal seal)
{
    /// <summary>Parameters by <see cref="ParametersOf"/>.</summary>
    internal const string Insert =
        "INSERT INTO admin_acts (act_id, at, actor_id, act, user_id, workspace_id, detail, address, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    /// <summary>The same for somebody who is an administrator at that moment, with the session as $10; nothing is added for anybody else.</summary>
    private const string InsertForAdmin = $"""
        INSERT INTO admin_acts (act_id, at, actor_id, act, user_id, workspace_id, detail, address, request_id)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE EXISTS (SELECT FROM {AdminAccess.From} WHERE s.session_id = $10 AND {AdminAccess.IsOpen})
        """;

    internal static NpgsqlParameterCollection ParametersOf(NpgsqlParameterCollection parameters, AdminAct act, Guid? actorId, Visitor visitor, DateTime now) =>
        parameters.With(Ids.New(now)).With(now).WithId(actorId).With(AdminActKinds.NameOf(act.Kind)).With(act.UserId).WithId(act.WorkspaceId).WithJson(AdminActJson.Write(act.Detail))
            .WithText(Plain(visitor.Address)).WithText(visitor.RequestId);

    /// <summary>Records what is done in the transaction of the connection.</summary>
    internal static Task AddAsync(NpgsqlConnection connection, AdminAct act, Guid? actorId, Visitor visitor, DateTime now) =>
        Accounts.AccountStep.ExecuteAsync(connection, Insert, parameters => ParametersOf(parameters, act, actorId, visitor, now));

    /// <summary>Records that an administrator has read something, before it is shown. False when the caller is none any more, and then nothing must be shown.</summary>
    internal async Task<bool> TryAddAsync(Caller caller, AdminAct act, Visitor visitor, DateTime now, CancellationToken cancellation)
    {
        await using var command = database.Command(InsertForAdmin);
        ParametersOf(command.Parameters, act, caller.UserId, visitor, now).With(caller.SessionId);
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>A page of the trail for an administrator, the newest first.</summary>
    /// <param name="limit">Acts on a page, 1 to <see cref="Limits.PageActs"/>.</param>
    /// <param name="cursor">Of a page before; null for the beginning.</param>
    public async Task<Result<AuditPage>> ListAsync(Caller caller, AuditFilter filter, int limit, string? cursor, bool withTotal, CancellationToken cancellation)
    {
        var list = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"acts|{filter.ActorId:N}|{filter.UserId:N}|{filter.Act}|{filter.Since:O}|{filter.Until:O}"));
        var opened = PlaceCursor.Open(cursor, seal, list);
        if (!opened.IsOk && opened.Error is { } notThisCursor)
        {
            return await AdminAccess.ExplainAsync(database, caller, notThisCursor, cancellation);
        }
        var place = opened.Value;
        await using var command = database.PlannedCommand("");
        var parameters = command.Parameters.With(caller.SessionId);
        string Add<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"${parameters.With(value).Count}");
        var where = new StringBuilder("true");
        void And(string condition) => where.Append(" AND ").Append(condition);
        if (filter.ActorId is { } actorId)
        {
            And($"t.actor_id = {Add(actorId)}");
        }
        if (filter.UserId is { } userId)
        {
            And($"t.user_id = {Add(userId)}");
        }
        if (filter.Act is { } act)
        {
            And($"t.act = {Add(act)}");
        }
        if (filter.Since is { } since)
        {
            And($"t.act_id >= {Add(Ids.FirstAt(since))}");
        }
        if (filter.Until is { } until)
        {
            And($"t.act_id < {Add(Ids.FirstAt(until))}");
        }
        var direction = place is { Backwards: true } ? "ASC" : "DESC";
        var behind = place is null ? "" : $"AND t.act_id {place.Comparison(descends: true)} {Add(place.Id)}";
        command.CommandText = $"""
            SELECT {(withTotal ? $"(SELECT count(*) FROM admin_acts t WHERE {where})" : "NULL::bigint")},
                   t.act_id, t.actor_id, t.act, t.user_id, t.workspace_id, t.detail, t.address, t.request_id
              FROM {AdminAccess.From}
              LEFT JOIN LATERAL (SELECT * FROM admin_acts t WHERE {where} {behind} ORDER BY t.act_id {direction} LIMIT {Add((long)limit + 1)}) t ON true
             WHERE {AdminAccess.Where}
             ORDER BY t.act_id {direction}
            """;
        var (acts, total, isAdmin) = (new List<RecordedAct>(), default(long?), false);
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                (isAdmin, total) = (true, reader.IsDBNull(0) ? null : reader.GetInt64(0));
                if (!reader.IsDBNull(1))
                {
                    acts.Add(new RecordedAct(
                        reader.GetGuid(1), Id(2), reader.GetString(3), Id(4), Id(5), reader.IsDBNull(6) ? null : AdminActJson.Read(reader.GetString(6)), Words(7), Words(8)));
                }
            }

            Guid? Id(int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);

            string? Words(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        }
        if (!isAdmin)
        {
            return await AdminAccess.ExplainAsync(database, caller, new Error(ErrorCode.NotAdministrator), cancellation);
        }
        var (next, previous) = PlaceCursor.Turn(place, acts, limit, act => (null, act.Id), seal, list);
        return new AuditPage(acts, total, next, previous);
    }

    /// <summary>As letters and logs have it.</summary>
    private static string? Plain(IPAddress? address) => (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
}
