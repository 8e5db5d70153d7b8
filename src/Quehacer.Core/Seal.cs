using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Quehacer.Core;

/// <summary>
/// Seals small secrets that a client carries for the server and must neither read nor alter. AES-256-GCM; the nonce is a MAC of what is
/// sealed (as in RFC 5297), so that the same content gives the same text and no nonce ever comes twice for different content.
/// </summary>
/// <param name="keys">At least one, of 32 bytes or more. The first seals; every one opens.</param>
public sealed class Seal(IReadOnlyList<byte[]> keys)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int Overhead = NonceBytes + TagBytes;

    /// <summary>They are for one thread at a time, and making them costs more than sealing with them.</summary>
    private readonly (ThreadLocal<AesGcm> Cipher, ThreadLocal<IncrementalHash> Nonce)[] keys = [.. keys.Select(key => (CipherOf(Derive(key, "cipher")), MacOf(Derive(key, "nonce"))))];

    /// <param name="context">What the sealed text belongs to; it opens nowhere else.</param>
    public string Close(ReadOnlySpan<byte> content, ReadOnlySpan<byte> context)
    {
        var (cipher, nonces) = keys[0];
        Span<byte> message = stackalloc byte[Overhead + content.Length];
        var nonce = message[..NonceBytes];
        Span<byte> length = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(length, context.Length);
        var hash = nonces.Value!;
        hash.AppendData(length);
        hash.AppendData(context);
        hash.AppendData(content);
        Span<byte> mac = stackalloc byte[32];
        hash.GetHashAndReset(mac);
        mac[..NonceBytes].CopyTo(nonce);
        cipher.Value!.Encrypt(nonce, content, message[Overhead..], message[NonceBytes..Overhead], context);
        return Base64Url.EncodeToString(message);
    }

    /// <summary>Null for whatever none of the keys sealed in this context.</summary>
    public byte[]? Open(string text, ReadOnlySpan<byte> context)
    {
        var message = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, message, out var length) || length < Overhead)
        {
            return null;
        }
        var content = new byte[length - Overhead];
        foreach (var (cipher, _) in keys)
        {
            try
            {
                cipher.Value!.Decrypt(message.AsSpan(0, NonceBytes), message.AsSpan(Overhead, content.Length), message.AsSpan(NonceBytes, TagBytes), content, context);
                return content;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Perhaps another key.
            }
        }
        return null;
    }

    private static ThreadLocal<AesGcm> CipherOf(byte[] key) => new(() => new AesGcm(key, TagBytes));

    private static ThreadLocal<IncrementalHash> MacOf(byte[] key) => new(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key));

    private static byte[] Derive(byte[] key, string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, outputLength: 32, info: Encoding.ASCII.GetBytes($"quehacer seal v1 {purpose}"));
}
