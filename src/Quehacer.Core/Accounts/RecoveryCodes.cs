using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>
/// The way in for whoever has lost the other second factor: ten codes of 80 bits, each good once. They are derived from the id of their making
/// (docs/decisions/0003), so that a repeated request is answered with the same; only hashes are kept.
/// </summary>
internal sealed class RecoveryCodes(SigningKey key)
{
    public const int Count = 10;

    /// <summary>NIST SP 800-63B-4 §3.1.2.2 asks for 64 bits where a code is to be kept as a plain hash.</summary>
    private const int Bytes = 10;

    /// <summary>As base 32.</summary>
    private const int Characters = 16;

    private const int GroupCharacters = 4;

    /// <summary>Makes the new ones and takes all others away. The account's row is locked before. Gives them as people read them.</summary>
    public async Task<IReadOnlyList<string>> ReplaceAsync(NpgsqlConnection connection, Guid userId, Guid makingId)
    {
        var codes = Of(userId, makingId);
        await DeleteAsync(connection, userId);
        await connection.ExecuteAsync(
            "INSERT INTO recovery_codes (user_id, hash) SELECT $1, unnest($2)", parameters => parameters.With(userId).With(codes.Select(code => HashOf(code)!).ToArray()));
        return codes;
    }

    public static Task<int> DeleteAsync(NpgsqlConnection connection, Guid userId) =>
        connection.ExecuteAsync("DELETE FROM recovery_codes WHERE user_id = $1", parameters => parameters.With(userId));

    /// <summary>How many are left, as the transaction of the connection sees it.</summary>
    public static async Task<int> LeftAsync(NpgsqlConnection connection, Guid userId)
    {
        await using var command = new NpgsqlCommand("SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL", connection);
        command.Parameters.With(userId);
        return (int)(long)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    /// <summary>The codes of a making, as they were shown.</summary>
    public IReadOnlyList<string> Of(Guid userId, Guid makingId) =>
    [
        .. Enumerable.Range(0, Count).Select(index =>
        {
            var mac = HMACSHA256.HashData(key.ForOneTimeSecrets, [.. "recovery code\0"u8, .. userId.ToByteArray(bigEndian: true), .. makingId.ToByteArray(bigEndian: true), (byte)index]);
            var text = Base32.Encode(mac.AsSpan(0, Bytes)).ToLowerInvariant();
            return string.Join('-', text.Chunk(GroupCharacters).Select(group => new string(group)));
        }),
    ];

    /// <summary>What is kept of a code; null for a text that cannot be one. Case, spaces and hyphens do not count.</summary>
    public static byte[]? HashOf(string code)
    {
        var text = string.Concat(code.Where(character => character is not ('-' or ' '))).ToUpperInvariant();
        return text.Length == Characters && Base32.Decode(text) is { } bytes ? SHA256.HashData(bytes) : null;
    }

    /// <summary>Whether it is one that is left: a look that uses nothing up.</summary>
    public static async Task<bool> IsLeftAsync(Database database, Guid userId, byte[] hash, CancellationToken cancellation)
    {
        await using var command = database.Command("SELECT EXISTS (SELECT FROM recovery_codes WHERE user_id = $1 AND hash = $2 AND used_at IS NULL)");
        command.Parameters.With(userId).With(hash);
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Uses one up; false when somebody else already has.</summary>
    public static async Task<bool> TryUseAsync(NpgsqlConnection connection, Guid userId, byte[] hash, DateTime now) => await connection.ExecuteAsync(
        "UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL", parameters => parameters.With(userId).With(hash).With(now)) == 1;
}
