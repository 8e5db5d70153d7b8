using System.Security.Cryptography;
using System.Text;

namespace Quehacer.Core.Accounts;

/// <summary>The secret from which access tokens are signed and refresh tokens are derived: at least 32 bytes (RFC 7518 §3.2, RFC 8725 §3.5).</summary>
public sealed class SigningKey
{
    public const int MinBytes = 32;

    /// <summary>A key that was made up for development says so, and Production refuses it wherever it turns up.</summary>
    public const string DevelopmentPrefix = "dev_";

    private readonly byte[] key;
    private readonly byte[] refreshKey;
    private readonly byte[] attemptsKey;
    private readonly byte[] oneTimeKey;

    public SigningKey(string secret)
    {
        key = Encoding.UTF8.GetBytes(secret);
        if (key.Length < MinBytes)
        {
            throw new ArgumentException($"A signing key has at least {MinBytes} bytes.", nameof(secret));
        }
        refreshKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, outputLength: 32, info: "quehacer refresh token v1"u8.ToArray());
        attemptsKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, outputLength: 32, info: "quehacer attempts v1"u8.ToArray());
        oneTimeKey = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, outputLength: 32, info: "quehacer one-time secrets v1"u8.ToArray());
    }

    internal ReadOnlySpan<byte> ForAccessTokens => key;

    internal ReadOnlySpan<byte> ForRefreshTokens => refreshKey;

    /// <summary>What hashes the e-mails and addresses that attempts are counted by.</summary>
    internal ReadOnlySpan<byte> ForAttempts => attemptsKey;

    /// <summary>From what the tokens and codes of letters and logins are derived.</summary>
    internal ReadOnlySpan<byte> ForOneTimeSecrets => oneTimeKey;

    /// <summary>What seals cursors where no key of their own is configured: it changes with the signing key.</summary>
    public byte[] ForCursors => HKDF.DeriveKey(HashAlgorithmName.SHA256, key, outputLength: 32, info: "quehacer cursors v1"u8.ToArray());

    /// <summary>The key of a data directory, made once, readable by its owner alone.</summary>
    /// <exception cref="IOException">The file cannot be read or made.</exception>
    public static string ReadOrMake(string file)
    {
        if (!File.Exists(file))
        {
            var draft = file + ".new";
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var stream = new FileStream(draft, options))
            {
                stream.Write(Encoding.ASCII.GetBytes(DevelopmentPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n"));
                stream.Flush(flushToDisk: true);
            }
            File.Move(draft, file);
        }
        return File.ReadAllText(file).Trim();
    }
}
