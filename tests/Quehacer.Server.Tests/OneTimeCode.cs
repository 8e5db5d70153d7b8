using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>An authenticator and a mailbox: what a person reads a code from, reckoned here on its own.</summary>
public static class OneTimeCode
{
    public const int ForSecondFactor = 4;
    public const int ForCodeLogin = 5;
    public const int ForEmailFactor = 6;

    /// <summary>RFC 6238, so many steps of half a minute from now.</summary>
    public static string OfAuthenticator(string secret, int steps = 0)
    {
        var bits = string.Concat(secret.Select(character => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(character), 2).PadLeft(5, '0')));
        var key = bits.Chunk(8).Where(chunk => chunk.Length == 8).Select(chunk => Convert.ToByte(new string(chunk), 2)).ToArray();
        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 30) + steps);
        var mac = HMACSHA1.HashData(key, counter);
        return $"{(BinaryPrimitives.ReadInt32BigEndian(mac.AsSpan(mac[19] & 15)) & int.MaxValue) % 1_000_000:000000}";
    }

    /// <summary>What the letter says that was sent for a token: it follows from the id within the token and the server's key.</summary>
    public static string Mailed(QuehacerServer server, string token, int purpose)
    {
        var id = Base64Url.DecodeFromChars(token.AsSpan("qo_".Length))[..16];
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(server.SigningKey), 32, info: "quehacer one-time secrets v1"u8.ToArray());
        byte[] message = [(byte)purpose, .. id, .. "code"u8];
        var mac = HMACSHA256.HashData(key, message);
        return $"{BinaryPrimitives.ReadUInt64BigEndian(mac) % 1_000_000:000000}";
    }

    /// <summary>Gives the user an authenticator; its secret, and the recovery codes.</summary>
    public static async Task<(string Secret, string[] Codes)> AddAuthenticatorAsync(User user)
    {
        var secret = (string)(await user.PostAsync("/api/v1/me/factors/totp", new { current_password = User.Password })).Is(200)["secret"]!;
        var confirmed = (await user.PostAsync("/api/v1/me/factors/totp/confirm", new { code = OfAuthenticator(secret) })).Is(200);
        return (secret, [.. confirmed["recovery_codes"]!.AsArray().Select(code => (string)code!)]);
    }

    /// <summary>Has codes by mail be a factor of the user; the recovery codes.</summary>
    public static async Task<string[]> AddMailboxAsync(QuehacerServer server, User user)
    {
        var token = (string)(await user.PostAsync("/api/v1/me/factors/email", new { current_password = User.Password })).Is(202)["mfa_token"]!;
        var confirmed = (await user.PostAsync("/api/v1/me/factors/email/confirm", new { mfa_token = token, code = Mailed(server, token, ForEmailFactor) })).Is(200);
        return [.. confirmed["recovery_codes"]!.AsArray().Select(code => (string)code!)];
    }

    /// <summary>Logs in with the password, up to the code.</summary>
    public static async Task<string> AskedAsync(Client client, string email)
    {
        var asked = (await client.PostAsync("/api/v1/auth/login", new { email, password = User.Password })).Is(200);
        Assert.True((bool)asked["mfa_required"]!, asked.Text);
        return (string)asked["mfa_token"]!;
    }

    /// <summary>An example of the description with what is there in place of what it makes up, for operations that are about codes.</summary>
    public static async Task<JsonNode?> FilledAsync(QuehacerServer server, User user, string operationId, JsonNode? body)
    {
        if (body is not JsonObject filled)
        {
            return body;
        }
        if (filled.ContainsKey("current_password"))
        {
            filled["current_password"] = User.Password;
        }
        switch (operationId)
        {
            case "finishLogin":
                var (_, codes) = await AddAuthenticatorAsync(user);
                filled["mfa_token"] = await AskedAsync(user, user.Email);
                filled["code"] = codes[0];
                break;
            case "sendLoginCode":
                await AddMailboxAsync(server, user);
                filled["mfa_token"] = await AskedAsync(user, user.Email);
                break;
            case "confirmTotp":
                filled["code"] = OfAuthenticator((string)(await user.PostAsync("/api/v1/me/factors/totp", new { current_password = User.Password })).Is(200)["secret"]!);
                break;
            case "removeTotp" or "makeRecoveryCodes":
                codes = (await AddAuthenticatorAsync(user)).Codes;
                if (filled.ContainsKey("code"))
                {
                    filled["code"] = codes[0];
                }
                break;
            case "confirmEmailFactor":
                var token = (string)(await user.PostAsync("/api/v1/me/factors/email", new { current_password = User.Password })).Is(202)["mfa_token"]!;
                (filled["mfa_token"], filled["code"]) = (token, Mailed(server, token, ForEmailFactor));
                break;
            case "removeEmailFactor":
                filled["code"] = (await AddMailboxAsync(server, user))[0];
                break;
        }
        return filled;
    }
}

/// <summary>
/// Requests over sockets of their own, released together: each is sent but for its last byte, and when all of them wait so, the last bytes go out at once. What
/// is left between them is what the server does.
/// </summary>
public static class Salvo
{
    /// <summary>The status of each and its body, in the order of the requests.</summary>
    public static async Task<(int Status, JsonNode? Json)[]> PostAsync(int port, string path, IReadOnlyList<object> bodies)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var sockets = new List<(TcpClient Client, byte Last)>();
        try
        {
            foreach (var body in bodies)
            {
                var json = JsonSerializer.SerializeToUtf8Bytes(body);
                var head = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n";
                byte[] request = [.. Encoding.ASCII.GetBytes(head), .. json];
                var client = new TcpClient { NoDelay = true };
                sockets.Add((client, request[^1]));
                await client.ConnectAsync("localhost", port, patience.Token);
                await client.GetStream().WriteAsync(request.AsMemory(0, request.Length - 1), patience.Token);
            }
            foreach (var (client, last) in sockets)
            {
                client.GetStream().WriteByte(last);
            }
            return await Task.WhenAll(sockets.Select(async socket =>
            {
                using var reader = new StreamReader(socket.Client.GetStream(), Encoding.UTF8);
                var answer = await reader.ReadToEndAsync(patience.Token);
                var text = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
                return (int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), text.StartsWith('{') ? JsonNode.Parse(text) : null);
            }));
        }
        finally
        {
            foreach (var (client, _) in sockets)
            {
                client.Dispose();
            }
        }
    }
}
