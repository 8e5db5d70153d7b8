using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Quehacer.Server.Tests.Live;

/// <summary>A way to a PostgreSQL on a Unix socket that can be cut: nothing goes through, nobody is told, as when a network parts.</summary>
public sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> sockets = [];
    private readonly string path;
    private readonly Task accepting;
    private volatile TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="path">Of the socket.</param>
    public Relay(string path)
    {
        this.path = path;
        open.SetResult();
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Cut() => open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Heal() => open.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Heal();
        listener.Stop();
        foreach (var socket in sockets)
        {
            socket.Dispose();
        }
        await accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync();
                var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                sockets.Add(client);
                sockets.Add(server);
                await server.ConnectAsync(new UnixDomainSocketEndPoint(path));
                _ = CarryAsync(client, server);
                _ = CarryAsync(server, client);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The end.
        }
    }

    private async Task CarryAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                await open.Task;
                await to.SendAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One side has gone.
        }
        from.Dispose();
        to.Dispose();
    }
}
