using System.Buffers.Binary;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Realtime;

/// <param name="Text">Good for one stream.</param>
/// <param name="ExpiresAt">UTC.</param>
public sealed record StreamTicket(string Text, DateTime ExpiresAt);

/// <summary>
/// What a browser opens a stream with, whose interfaces for that send no header: a short-lived text in the address that stands for the caller once. Whoever finds it in a
/// log or a history finds it used up. It is sealed and says itself whose it is; only that it is used is written down, so that no server takes it a second time.
/// </summary>
public sealed class StreamTickets(Database database, Seal seal, TimeProvider time)
{
    public static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(30);

    private const byte Version = 1;
    private const int HasScopes = 1;
    private const int IsElsewhere = 2;
    private const int HasCounted = 4;
    private const int HasEnd = 8;
    private const int Bytes = 1 + 16 + 8 + 16 + 16 + 16 + 1 + 2 + 4 + 16 + 8;

    /// <summary>Makes one for somebody whose session is open.</summary>
    public async Task<Result<StreamTicket>> IssueAsync(Caller caller, CancellationToken cancellation)
    {
        if (!await Access.IsSessionOpenAsync(database, caller, cancellation))
        {
            return ErrorCode.SessionEnded;
        }
        var now = time.NowUtc();
        var expiresAt = now + GoodFor;
        Span<byte> content = stackalloc byte[Bytes];
        content.Clear();
        content[0] = Version;
        Ids.New(now).TryWriteBytes(content[1..]);
        WriteTime(content[17..], expiresAt);
        caller.UserId.TryWriteBytes(content[25..]);
        caller.SessionId.TryWriteBytes(content[41..]);
        caller.WorkspaceId.TryWriteBytes(content[57..]);
        content[73] = (byte)((caller.Scopes is null ? 0 : HasScopes) | (caller.IsElsewhere ? IsElsewhere : 0) | (caller.CountedWith is null ? 0 : HasCounted) | (caller.GoodUntil is null ? 0 : HasEnd));
        BinaryPrimitives.WriteInt16BigEndian(content[74..], (short)caller.Plan);
        BinaryPrimitives.WriteInt32BigEndian(content[76..], (int)(caller.Scopes ?? default));
        (caller.CountedWith ?? default).TryWriteBytes(content[80..]);
        WriteTime(content[96..], caller.GoodUntil ?? default);
        return new StreamTicket(seal.Close(content, "ticket"u8), expiresAt);
    }

    /// <summary>Uses a ticket up; <see cref="ErrorCode.SessionEnded"/> for one that is not ours, is over, or has been used.</summary>
    public async Task<Result<Caller>> RedeemAsync(string ticket, string requestId, CancellationToken cancellation)
    {
        if (ticket.Length > Limits.TicketCharacters || seal.Open(ticket, "ticket"u8) is not { Length: Bytes } content || content[0] != Version)
        {
            return ErrorCode.SessionEnded;
        }
        var expiresAt = ReadTime(content.AsSpan(17));
        if (expiresAt <= time.NowUtc())
        {
            return ErrorCode.SessionEnded;
        }
        await using var command = database.Command("INSERT INTO used_tickets (ticket_id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        command.Parameters.With(new Guid(content.AsSpan(1, 16))).With(expiresAt);
        if (await command.ExecuteNonQueryAsync(cancellation) != 1)
        {
            return ErrorCode.SessionEnded;
        }
        var has = content[73];
        return new Caller(new Guid(content.AsSpan(25, 16)), new Guid(content.AsSpan(41, 16)), new Guid(content.AsSpan(57, 16)), requestId)
        {
            Plan = (Plan)BinaryPrimitives.ReadInt16BigEndian(content.AsSpan(74)),
            Scopes = (has & HasScopes) == 0 ? null : (KeyScopes)BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(76)),
            IsElsewhere = (has & IsElsewhere) != 0,
            CountedWith = (has & HasCounted) == 0 ? null : new Guid(content.AsSpan(80, 16)),
            GoodUntil = (has & HasEnd) == 0 ? null : ReadTime(content.AsSpan(96)),
        };
    }

    private static void WriteTime(Span<byte> into, DateTime value) => BinaryPrimitives.WriteInt64BigEndian(into, value.Ticks);

    private static DateTime ReadTime(ReadOnlySpan<byte> from) => new(BinaryPrimitives.ReadInt64BigEndian(from), DateTimeKind.Utc);
}
