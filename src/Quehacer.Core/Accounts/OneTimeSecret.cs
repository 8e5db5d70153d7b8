using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
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

    /// <summary>An invitation into a workspace, which has a table of its own: there may be nobody yet whose it is.</summary>
    Invitation = 20,

    /// <summary>An account that is to be deleted stays.</summary>
    AccountRestoration = 21,
}

/// <param name="UserId">Whose it is.</param>
/// <param name="Credentials">Of the account, when it was made.</param>
/// <param name="Email">The e-mail that it proves, where it proves one.</param>
internal sealed record OneTimeSecret(Guid Id, Guid UserId, int Credentials, string? Email);

/// <summary>An attempt at a code that was counted.</summary>
/// <param name="UserId">Null where nobody has the e-mail that was named: then no code is right.</param>
/// <param name="Email">The e-mail that it proves, where it proves one.</param>
internal sealed record CodeAttempt(Guid SecretId, SecretPurpose Purpose, Guid? UserId, int Credentials, string? Email);

/// <summary>
/// Secrets that are good once and not for long. Token and code are derived from the row's id (docs/decisions/0003), so that a letter can be written from
/// its row without a secret in it; the row keeps the token's hash. Whatever can be raced is one conditional statement: an attempt is counted before
/// the code is looked at, and a secret is consumed by whoever changes its row.
/// </summary>
public sealed class OneTimeSecrets(SigningKey signingKey)
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
    /// Consumes one, if it is there, unused, in time, and the account is not suspended and its credentials still those it was made for; yields its account and e-mail.
    /// Parameters: $1 id, $2 purpose, $3 hash, $4 now. Within the transaction of what it is good for.
    /// </summary>
    internal const string Consume = """
        UPDATE one_time_secrets o SET used_at = $4
          FROM accounts a
         WHERE o.secret_id = $1 AND o.purpose = $2 AND o.hash = $3 AND o.used_at IS NULL AND o.expires_at > $4
           AND a.user_id = o.user_id AND a.credentials = o.credentials AND a.suspended_at IS NULL
        RETURNING o.user_id, o.email
        """;

    /// <summary>
    /// Consumes all open secrets of an account; behind the statement that has raised its credentials, which has made them worthless already. One that
    /// somebody is consuming just now is passed over and not waited for: they wait for the account, and find its credentials changed.
    /// Parameters: $1 account, $2 now.
    /// </summary>
    internal const string ConsumeAll = """
        UPDATE one_time_secrets o SET used_at = $2
          FROM (SELECT secret_id FROM one_time_secrets WHERE user_id = $1 AND used_at IS NULL FOR UPDATE SKIP LOCKED) open
         WHERE o.secret_id = open.secret_id
        """;

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
    /// expired, older than the account's credentials, of an account that is suspended, or has no attempt left. One of nobody is counted like any other.
    /// </summary>
    internal static async Task<CodeAttempt?> AttemptAsync(
        Database database, IReadOnlyList<SecretPurpose> purposes, string token, DateTime now, CancellationToken cancellation)
    {
        if (!TryRead(token, out var id))
        {
            return null;
        }
        await using var command = database.Command($"""
            UPDATE one_time_secrets o SET attempts = o.attempts + 1
             WHERE o.secret_id = $1 AND o.purpose = ANY ($2) AND o.hash = $3 AND o.used_at IS NULL AND o.expires_at > $4 AND o.attempts < {Limits.CodeAttempts}
               AND (o.user_id IS NULL OR EXISTS (SELECT FROM accounts a WHERE a.user_id = o.user_id AND a.credentials = o.credentials AND a.suspended_at IS NULL))
            RETURNING o.purpose, o.user_id, o.credentials, o.email
            """);
        command.Parameters.With(id).With(purposes.Select(purpose => (short)purpose).ToArray()).With(Hash(token)).With(now);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? ReadAttempt(id, reader) : null;
    }

    /// <summary>Consumes one in the transaction of the connection; false when it is worth nothing any more.</summary>
    internal static async Task<bool> TryConsumeAsync(NpgsqlConnection connection, SecretPurpose purpose, string token, DateTime now) =>
        TryRead(token, out var id)
        && await connection.ExecuteAsync(Consume, parameters => parameters.With(id).With((short)purpose).With(Hash(token)).With(now)) == 1;

    /// <summary>The secret of a token whatever has become of it, for a repeat of the request that has used it; null when the token is not ours.</summary>
    internal static async Task<CodeAttempt?> RecallAsync(Database database, string token, CancellationToken cancellation)
    {
        if (!TryRead(token, out var id))
        {
            return null;
        }
        await using var command = database.Command("SELECT purpose, user_id, credentials, email FROM one_time_secrets WHERE secret_id = $1 AND hash = $2");
        command.Parameters.With(id).With(Hash(token));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? ReadAttempt(id, reader) : null;
    }

    /// <summary>
    /// The key of a request that shows a code. The code belongs to what makes two requests the same; a plain hash of six digits would tell them to whoever
    /// reads the table, so this one is keyed.
    /// </summary>
    internal IdempotencyKey Bind(IdempotencyKey key, string code) =>
        key with { Fingerprint = HMACSHA256.HashData(signingKey.ForOneTimeSecrets, [.. "request\0"u8, .. key.Fingerprint, .. Encoding.UTF8.GetBytes(code)]) };

    private static CodeAttempt ReadAttempt(Guid id, NpgsqlDataReader reader) => new(
        id, (SecretPurpose)reader.GetInt16(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.GetInt32(2), reader.IsDBNull(3) ? null : reader.GetString(3));

    /// <summary>Whether a token would be taken now: so that a bad password is told before the token is used up. It proves nothing for later.</summary>
    internal static async Task<OneTimeSecret?> FindAsync(Database database, SecretPurpose purpose, string token, DateTime now, CancellationToken cancellation)
    {
        if (!TryRead(token, out var id))
        {
            return null;
        }
        await using var command = database.Command("""
            SELECT o.user_id, o.credentials, o.email FROM one_time_secrets o JOIN accounts a ON a.user_id = o.user_id AND a.credentials = o.credentials AND a.suspended_at IS NULL
             WHERE o.secret_id = $1 AND o.purpose = $2 AND o.hash = $3 AND o.used_at IS NULL AND o.expires_at > $4
            """);
        command.Parameters.With(id).With((short)purpose).With(Hash(token)).With(now);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new OneTimeSecret(id, reader.GetGuid(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetString(2))
            : null;
    }

    /// <summary>
    /// Whose token it was with which the request was done that the key stands for; null when nothing was done under it, and
    /// <see cref="ErrorCode.IdempotencyMismatch"/> when it was something else, or done with another token. What the key remembers is by <see cref="Remember"/>.
    /// </summary>
    internal static async Task<Result<Account>?> RecallAsync(Database database, SecretPurpose purpose, string token, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (key is null || !TryRead(token, out var id))
        {
            return null;
        }
        Account account;
        await using (var command = database.Command(
            $"SELECT {AccountStore.Columns} FROM one_time_secrets o JOIN accounts a ON a.user_id = o.user_id WHERE o.secret_id = $1 AND o.purpose = $2 AND o.hash = $3"))
        {
            command.Parameters.With(id).With((short)purpose).With(Hash(token));
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation))
            {
                return null;
            }
            account = AccountStore.Read(reader);
        }
        var done = await Idempotency.FindAsync(database, account.WorkspaceId, account.Id, key, cancellation);
        if (done is null)
        {
            return null;
        }
        var isSame = done.IsSameRequest(key) && done.Outcome is not null && (Guid?)JsonNode.Parse(done.Outcome)!["secret_id"] == id;
        return isSame ? account : (Result<Account>)ErrorCode.IdempotencyMismatch;
    }

    /// <summary>What a key remembers of a confirmation: with which secret it was done, and no secret.</summary>
    internal static string Remember(Guid id) => new JsonObject { ["secret_id"] = id }.ToJsonString();

    private void Mac(SecretPurpose purpose, Guid id, string use, Span<byte> mac)
    {
        Span<byte> message = stackalloc byte[1 + IdBytes + 8];
        message[0] = (byte)purpose;
        id.TryWriteBytes(message[1..], bigEndian: true, out _);
        var length = 1 + IdBytes + Encoding.ASCII.GetBytes(use, message[(1 + IdBytes)..]);
        HMACSHA256.HashData(signingKey.ForOneTimeSecrets, message[..length], mac);
    }
}
