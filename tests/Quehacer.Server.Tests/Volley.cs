using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Quehacer.Server.Tests;

/// <summary>
/// Requests that arrive together: each has a connection of its own, over which all but the last byte has been sent before the last bytes of all are, one behind
/// the other. So they begin within a millisecond, and a race that lasts no longer is run.
/// </summary>
public static class Volley
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A POST, whole.</summary>
    public static byte[] Post(QuehacerServer server, string path, object body, params (string Name, string Value)[] headers)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, Client.Plain);
        var head = new StringBuilder($"POST {path} HTTP/1.1\r\nHost: localhost:{server.Port}\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\nConnection: close\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append($"{name}: {value}\r\n");
        }
        return [.. Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), .. json];
    }

    /// <summary>Sends them, and gives the statuses and bodies of the answers in the order of the requests.</summary>
    public static async Task<IReadOnlyList<(int Status, string Body)>> FireAsync(QuehacerServer server, IReadOnlyList<byte[]> requests)
    {
        using var patience = new CancellationTokenSource(Patience);
        var sockets = requests.Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }).ToList();
        try
        {
            for (var i = 0; i < sockets.Count; i++)
            {
                await sockets[i].ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), patience.Token);
                await sockets[i].SendAsync(requests[i].AsMemory(..^1), patience.Token);
            }
            foreach (var (socket, request) in sockets.Zip(requests))
            {
                socket.Send(request.AsSpan(^1..));
            }
            return await Task.WhenAll(sockets.Select(async socket =>
            {
                await using var stream = new NetworkStream(socket);
                using var reader = new StreamReader(stream, Encoding.UTF8);
                var answer = await reader.ReadToEndAsync(patience.Token);
                return (int.Parse(answer.AsSpan(9, 3)), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
            }));
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }
}
