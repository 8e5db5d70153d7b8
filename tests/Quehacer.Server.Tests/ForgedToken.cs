using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Access tokens as only the server makes them (RFC 7519), for who knows its key.</summary>
public static class ForgedToken
{
    public const string Header = """{"alg":"HS256","typ":"JWT"}""";

    public static JsonObject ClaimsOf(string token) => JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!.AsObject();

    public static string Sign(string header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>The user's token, with another end.</summary>
    public static string Until(QuehacerServer server, User user, DateTimeOffset end)
    {
        var claims = ClaimsOf(user.AccessToken!);
        claims["exp"] = end.ToUnixTimeSeconds();
        return Sign(Header, claims, bytes => HMACSHA256.HashData(Encoding.UTF8.GetBytes(server.SigningKey), bytes));
    }
}
