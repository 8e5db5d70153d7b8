using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Quehacer.Core.Accounts;

/// <summary>
/// Codes of authenticators: RFC 6238 over RFC 4226 with SHA-1, six digits and steps of 30 seconds, which is what every authenticator can do. SHA-1 is
/// as good as any here: HMAC asks nothing of it that has been broken (RFC 6238 §1.2, RFC 4226 B.2).
/// </summary>
internal static class Totp
{
    /// <summary>RFC 4226 §4 recommends 160 bits.</summary>
    public const int SecretBytes = 20;

    public const int Digits = 6;

    public const int StepSeconds = 30;

    /// <summary>Steps that a clock may be off, either way (RFC 6238 §5.2 recommends one for what the network takes).</summary>
    private const int StepsOff = 1;

    private const string Issuer = "Quehacer";

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static long StepOf(DateTime now) => (long)Math.Floor((now - DateTime.UnixEpoch).TotalSeconds / StepSeconds);

    public static string CodeOf(ReadOnlySpan<byte> secret, long step, int digits = Digits)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6238 §1.2: HMAC-SHA-1 is what authenticators compute, and its weakness is none of HMAC's.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        var offset = mac[^1] & 15;
        var number = BinaryPrimitives.ReadUInt32BigEndian(mac[offset..]) & 0x7FFF_FFFF;
        return (number % (uint)Math.Pow(10, digits)).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>The step whose code it is, of those around now; null when it is none's. All of them are compared, whichever is the one.</summary>
    public static long? Find(ReadOnlySpan<byte> secret, string code, DateTime now)
    {
        var shown = Encoding.UTF8.GetBytes(code);
        long? found = null;
        for (var step = StepOf(now) - StepsOff; step <= StepOf(now) + StepsOff; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(shown, Encoding.ASCII.GetBytes(CodeOf(secret, step))))
            {
                found = step;
            }
        }
        return found;
    }

    /// <summary>What authenticators read from a QR code (the form that Google Authenticator has documented and all others take).</summary>
    public static string UriOf(string email, ReadOnlySpan<byte> secret) =>
        $"otpauth://totp/{Issuer}:{Uri.EscapeDataString(email)}?secret={Base32.Encode(secret)}&issuer={Issuer}&algorithm=SHA1&digits={Digits}&period={StepSeconds}";
}

/// <summary>
/// The secrets of authenticators as they lie in the database: sealed to their account, under a key that follows from the signing key. What the signing key
/// before sealed is still opened.
/// </summary>
internal sealed class TotpSecrets(SigningKey key, SigningKey? previous)
{
    private readonly Seal seal = new([key.ForSecondFactors, .. previous is null ? Array.Empty<byte[]>() : [previous.ForSecondFactors]]);

    public string Close(Guid userId, ReadOnlySpan<byte> secret) => seal.Close(secret, ContextOf(userId));

    /// <summary>Null when neither key has sealed it, or not for this account.</summary>
    public byte[]? Open(Guid userId, string text) => seal.Open(text, ContextOf(userId));

    private static byte[] ContextOf(Guid userId) => [.. "totp"u8, .. userId.ToByteArray(bigEndian: true)];
}
