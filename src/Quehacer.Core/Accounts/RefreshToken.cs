using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Quehacer.Core.Accounts;

/// <summary>
/// An opaque refresh token: session, generation, and a MAC over both. Only the hash of the newest generation is kept. The MAC tells a
/// token that was once ours (its reuse ends the session) from one that somebody made up (which ends nothing), and, since a generation's
/// token can be derived again, a repeated request under an idempotency key gets the same answer without a secret having been stored.
/// </summary>
public sealed class RefreshToken(SigningKey key)
{
    private const string Prefix = "qr_";
    private const int BodyBytes = 16 + 4;
    private const int Bytes = BodyBytes + 32;

    public string Issue(Guid sessionId, int generation)
    {
        Span<byte> token = stackalloc byte[Bytes];
        sessionId.TryWriteBytes(token, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(token[16..], generation);
        HMACSHA256.HashData(key.ForRefreshTokens, token[..BodyBytes], token[BodyBytes..]);
        return Prefix + Base64Url.EncodeToString(token);
    }

    /// <summary>Reads a token. <paramref name="authentic"/>: this key made it.</summary>
    public bool TryRead(string text, out Guid sessionId, out int generation, out bool authentic)
    {
        sessionId = default;
        generation = 0;
        authentic = false;
        Span<byte> token = stackalloc byte[Bytes];
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)
            || Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length), token, out _, out var written) != OperationStatus.Done || written != Bytes)
        {
            return false;
        }
        sessionId = new Guid(token[..16], bigEndian: true);
        generation = BinaryPrimitives.ReadInt32BigEndian(token[16..]);
        authentic = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(text), Encoding.ASCII.GetBytes(Issue(sessionId, generation)));
        return true;
    }

    /// <summary>What is kept of a token.</summary>
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.ASCII.GetBytes(text));
}
