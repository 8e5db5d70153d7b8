using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>What a one-time secret is good for. The numbers are stored.</summary>
public enum SecretPurpose : short
{
    PasswordReset = 1,

    /// <summary>The new address of an account is its owner's.</summary>
    EmailChange = 2,

    /// <summary>The address of an account is its owner's.</summary>
    EmailVerification = 3,

    /// <summary>A login whose password was right, and which waits for the second factor.</summary>
    SecondFactor = 4,

    /// <summary>A login that has begun with an e-mail alone, and which waits for the code that was sent there.</summary>
    CodeLogin = 5,

    /// <summary>Codes by mail are to become a second factor, as soon as one that was sent has come back.</summary>
    EmailFactor = 6,
}

/// <param name="UserId">Whose it is.</param>
/// <param name="Credentials">Of the account, when it was made.</param>
/// <param name="Email">The e-mail that it proves, where it proves one.</param>
internal sealed record OneTimeSecret(Guid Id, Guid UserId, int Credentials, string? Email);

/// <summary>
/// Secrets that are good once and not for long. Token and code are derived from the row's id (docs/decisions/0003), so that a letter can be written from
/// its row without a secret in it; the row keeps the token's hash. Whatever can be raced is one conditional statement: an attempt is counted before
/// the code is looked at, and a secret is consumed by whoever changes its row.
/// </summary>
public sealed class OneTimeSecrets(SigningKey key)
{
    /// <summary>Codes that people read and type (RFC 4226 §5.3: at least six digits).</summary>
    public const int CodeDigits = 6;

    private const string Prefix = "qo_";
    private const int IdBytes = 16;
    private const int Bytes = IdBytes + 32;

    /// <summary>
    /// Parameters by <see cref="ParametersOf"/>. Nobody's where no account has the e-mail: it takes as long, and works never.
    /// </summary>
    internal const string Insert =
        "INSERT INTO one_time_secrets (secret_id, user_id, purpose, hash, credentials, email, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (secret_id) DO NOTHING";

    /// <summary>
    /// Consumes one, if it is there, unused, in time, and the account's credentials are still those it was made for; yields its account and e-mail.
    /// Parameters: $1 id, $2 purpose, $3 hash, $4 now. Within the transaction of what it is good for.
    /// </summary>
    internal const string Consume = """
        UPDATE one_time_secrets o SET used_at = $4
          FROM accounts a
         WHERE o.secret_id = $1 AND o.purpose = $2 AND o.hash = $3 AND o.used_at IS NULL AND o.expires_at > $4
           AND a.user_id = o.user_id AND a.credentials = o.credentials
        RETURNING o.user_id, o.email
        """;

    /// <summary>Makes all open secrets of an account worthless. Parameters: $1 account, $2 now.</summary>
    internal const string ConsumeAll = "UPDATE one_time_secrets SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL";

    /// <summary>The token that opens what the row is good for: 67 characters.</summary>
    public string TokenOf(SecretPurpose purpose, Guid id)
    {
        Span<byte> token = stackalloc byte[Bytes];
        id.TryWriteBytes(token, bigEndian: true, out _);
        Mac(purpose, id, "token", token[IdBytes..]);
        return Prefix + Base64Url.EncodeToString(token);
    }

    /// <summary>The code that was sent for the row, <see cref="CodeDigits"/> digits.</summary>
    public string CodeOf(SecretPurpose purpose, Guid id)
    {
        Span<byte> mac = stackalloc byte[32];
        Mac(purpose, id, "code", mac);
        // 2^64 is so much more than 10^6 that no code is noticeably likelier than another.
        return (BinaryPrimitives.ReadUInt64BigEndian(mac) % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the text has the form of a token of ours, and of which row. It proves nothing yet.</summary>
    public static bool TryRead(string token, out Guid id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Bytes];
        if (!token.StartsWith(Prefix, StringComparison.Ordinal)
            || Base64Url.DecodeFromChars(token.AsSpan(Prefix.Length), bytes, out _, out var written) != System.Buffers.OperationStatus.Done || written != Bytes)
        {
            return false;
        }
        id = new Guid(bytes[..IdBytes], bigEndian: true);
        return true;
    }

    /// <summary>What is kept of a token.</summary>
    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.ASCII.GetBytes(token));

    /// <summary>The parameters of <see cref="Insert"/>.</summary>
    internal void ParametersOf(
        NpgsqlParameterCollection parameters, SecretPurpose purpose, Guid id, Guid? userId, int credentials, string? email, DateTime expiresAt) =>
        parameters.With(id).WithId(userId).With((short)purpose).With(Hash(TokenOf(purpose, id))).With(credentials).WithText(email).With(expiresAt);

    /// <summary>
    /// Counts an attempt at the code of a secret, in a transaction of its own and before anything is looked at; null when the secret is unknown, used,
    /// expired, older than the account's credentials, or has no attempt left.
    /// </summary>
    internal static async Task<OneTimeSecret?> AttemptAsync(Database database, SecretPurpose purpose, string token, DateTime now, CancellationToken cancellation)
    {
        if (!TryRead(token, out var id))
        {
            return null;
        }
        await using var command = database.Command($"""
            UPDATE one_time_secrets o SET attempts = o.attempts + 1
              FROM accounts a
             WHERE o.secret_id = $1 AND o.purpose = $2 AND o.hash = $3 AND o.used_at IS NULL AND o.expires_at > $4 AND o.attempts < {Limits.CodeAttempts}
               AND a.user_id = o.user_id AND a.credentials = o.credentials
            RETURNING o.user_id, o.credentials, o.email
            """);
        command.Parameters.With(id).With((short)purpose).With(Hash(token)).With(now);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new OneTimeSecret(id, reader.GetGuid(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetString(2))
            : null;
    }

    /// <summary>Whether a token would be taken now: so that a bad password is told before the token is used up. It proves nothing for later.</summary>
    internal static async Task<OneTimeSecret?> FindAsync(Database database, SecretPurpose purpose, string token, DateTime now, CancellationToken cancellation)
    {
        if (!TryRead(token, out var id))
        {
            return null;
        }
        await using var command = database.Command("""
            SELECT o.user_id, o.credentials, o.email FROM one_time_secrets o JOIN accounts a ON a.user_id = o.user_id AND a.credentials = o.credentials
             WHERE o.secret_id = $1 AND o.purpose = $2 AND o.hash = $3 AND o.used_at IS NULL AND o.expires_at > $4
            """);
        command.Parameters.With(id).With((short)purpose).With(Hash(token)).With(now);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new OneTimeSecret(id, reader.GetGuid(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetString(2))
            : null;
    }

    private void Mac(SecretPurpose purpose, Guid id, string use, Span<byte> mac)
    {
        Span<byte> message = stackalloc byte[1 + IdBytes + 8];
        message[0] = (byte)purpose;
        id.TryWriteBytes(message[1..], bigEndian: true, out _);
        var length = 1 + IdBytes + Encoding.ASCII.GetBytes(use, message[(1 + IdBytes)..]);
        HMACSHA256.HashData(key.ForOneTimeSecrets, message[..length], mac);
    }
}
