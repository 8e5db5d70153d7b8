using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Quehacer.Core.Accounts;

/// <summary>Why an access token is not accepted.</summary>
public enum TokenFault
{
    Invalid,
    Expired,
}

/// <summary>What a token says. Its roles are information for clients; what a caller may do is looked up.</summary>
/// <param name="Plan">Standard where the token, of an older server, says nothing.</param>
public readonly record struct TokenClaims(Guid UserId, Guid SessionId, Guid WorkspaceId, Plan Plan, long IssuedAt, long ExpiresAt);

/// <summary>
/// JSON Web Tokens (RFC 7519) signed with HMAC SHA-256, by hand: the package that does it cannot be had, and what is needed of the standard
/// is small. RFC 8725 is kept: the algorithm is fixed, the key has 32 bytes or more, every claim must be there, and nothing in the header
/// chooses anything.
/// </summary>
public sealed class AccessToken(SigningKey key)
{
    /// <summary>Seconds: 004 says an hour.</summary>
    public const int LifetimeSeconds = 3600;

    private const int SignatureBytes = 32;
    private const int SignatureCharacters = 43;

    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    /// <summary>Signs a token. The same arguments give the same token, so an answer can be given again without having been stored.</summary>
    public string Issue(Account account, Guid sessionId, DateTime issuedAt)
    {
        var seconds = new DateTimeOffset(issuedAt, TimeSpan.Zero).ToUnixTimeSeconds();
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("sub"u8, Ids.ToTypeId(Ids.UserPrefix, account.Id));
            json.WriteNumber("iat"u8, seconds);
            json.WriteNumber("exp"u8, seconds + LifetimeSeconds);
            json.WriteStartArray("roles"u8);
            foreach (var role in account.Roles)
            {
                json.WriteStringValue(role);
            }
            json.WriteEndArray();
            json.WriteString("sid"u8, Ids.ToTypeId(Ids.SessionPrefix, sessionId));
            json.WriteString("ws"u8, Ids.ToTypeId(Ids.WorkspacePrefix, account.WorkspaceId));
            json.WriteString("plan"u8, Plans.NameOf(account.Plan));
            json.WriteEndObject();
        }
        var signed = $"{Header}.{Base64Url.EncodeToString(buffer.WrittenSpan)}";
        Span<byte> signature = stackalloc byte[SignatureBytes];
        HMACSHA256.HashData(key.ForAccessTokens, Encoding.ASCII.GetBytes(signed), signature);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>Gives the claims of a token that is ours and in force; otherwise why it is not.</summary>
    public TokenFault? Verify(ReadOnlySpan<char> token, DateTime now, out TokenClaims claims)
    {
        claims = default;
        if (token.Length > Limits.AccessTokenBytes || !Ascii.IsValid(token))
        {
            return TokenFault.Invalid;
        }
        Span<byte> bytes = stackalloc byte[token.Length];
        Encoding.ASCII.GetBytes(token, bytes);
        var firstDot = bytes.IndexOf((byte)'.');
        var lastDot = bytes.LastIndexOf((byte)'.');
        if (firstDot <= 0 || lastDot <= firstDot || bytes[(firstDot + 1)..lastDot].Contains((byte)'.'))
        {
            return TokenFault.Invalid;
        }

        // The signature first: nothing of an unsigned text is looked at.
        // The texts are compared, not the bytes they stand for: base 64 has several texts for the same bytes, and only ours is accepted.
        Span<byte> signature = stackalloc byte[SignatureBytes];
        HMACSHA256.HashData(key.ForAccessTokens, bytes[..lastDot], signature);
        Span<byte> expected = stackalloc byte[SignatureCharacters];
        Base64Url.EncodeToUtf8(signature, expected);
        if (!CryptographicOperations.FixedTimeEquals(bytes[(lastDot + 1)..], expected))
        {
            return TokenFault.Invalid;
        }

        Span<byte> json = stackalloc byte[token.Length];
        if (!TryDecode(bytes[..firstDot], json, out var headerLength) || !IsOurHeader(json[..headerLength])
            || !TryDecode(bytes[(firstDot + 1)..lastDot], json, out var payloadLength) || !TryRead(json[..payloadLength], out claims))
        {
            return TokenFault.Invalid;
        }
        var seconds = new DateTimeOffset(now, TimeSpan.Zero).ToUnixTimeSeconds();
        if (claims.IssuedAt > seconds + Limits.TokenClockSkewSeconds)
        {
            return TokenFault.Invalid;
        }
        return claims.ExpiresAt <= seconds ? TokenFault.Expired : null;
    }

    private static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> into, out int written)
    {
        written = 0;
        return Base64Url.GetMaxDecodedLength(text.Length) <= into.Length
            && Base64Url.DecodeFromUtf8(text, into, out _, out written) == OperationStatus.Done;
    }

    private static bool IsOurHeader(ReadOnlySpan<byte> json)
    {
        var algorithm = false;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                {
                    continue;
                }
                if (reader.ValueTextEquals("alg"u8))
                {
                    reader.Read();
                    algorithm = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("HS256"u8);
                }
                else if (reader.ValueTextEquals("crit"u8))
                {
                    // RFC 7515 §4.1.11: an extension that is not understood makes the token invalid.
                    return false;
                }
            }
        }
        catch (JsonException)
        {
            return false;
        }
        return algorithm;
    }

    private static bool TryRead(ReadOnlySpan<byte> json, out TokenClaims claims)
    {
        Guid user = default, session = default, workspace = default;
        long issuedAt = 0, expiresAt = 0;
        var roles = false;
        var plan = Plan.Standard;
        claims = default;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                {
                    continue;
                }
                if (reader.ValueTextEquals("sub"u8))
                {
                    user = ReadId(ref reader, Ids.UserPrefix);
                }
                else if (reader.ValueTextEquals("sid"u8))
                {
                    session = ReadId(ref reader, Ids.SessionPrefix);
                }
                else if (reader.ValueTextEquals("ws"u8))
                {
                    workspace = ReadId(ref reader, Ids.WorkspacePrefix);
                }
                else if (reader.ValueTextEquals("plan"u8))
                {
                    reader.Read();
                    plan = reader.TokenType == JsonTokenType.String ? Plans.Named(reader.GetString()) ?? Plan.Standard : Plan.Standard;
                }
                else if (reader.ValueTextEquals("iat"u8))
                {
                    reader.Read();
                    issuedAt = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) ? value : 0;
                }
                else if (reader.ValueTextEquals("exp"u8))
                {
                    reader.Read();
                    expiresAt = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) ? value : 0;
                }
                else if (reader.ValueTextEquals("roles"u8))
                {
                    reader.Read();
                    roles = reader.TokenType == JsonTokenType.StartArray;
                }
            }
        }
        catch (JsonException)
        {
            return false;
        }
        claims = new TokenClaims(user, session, workspace, plan, issuedAt, expiresAt);
        return user != default && session != default && workspace != default && issuedAt > 0 && expiresAt > 0 && roles;
    }

    private static Guid ReadId(ref Utf8JsonReader reader, string prefix)
    {
        reader.Read();
        Span<char> text = stackalloc char[64];
        return reader.TokenType == JsonTokenType.String && !reader.HasValueSequence && reader.ValueSpan.Length <= text.Length
            && Ids.TryParseTypeId(prefix, text[..reader.CopyString(text)], out var id) ? id : default;
    }
}
