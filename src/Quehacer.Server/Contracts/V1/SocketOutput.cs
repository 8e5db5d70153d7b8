using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Core.Realtime;

namespace Quehacer.Server.Contracts.V1;

/// <summary>
/// What goes out over a WebSocket, one message after the other, whoever sends them. Nothing waits here but the senders themselves: while a client takes nothing, nothing
/// more is read for it, and after a while it is cut off.
/// </summary>
internal sealed class SocketOutput(WebSocket socket, TimeSpan slow, Action abort) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>The client took nothing for too long, and the connection was cut.</summary>
    public bool IsCut { get; private set; }

    public async Task SendAsync<T>(T body, JsonTypeInfo<T> type) => await SendAsync(JsonSerializer.SerializeToUtf8Bytes(body, type));

    /// <param name="before">What <see cref="SocketMessages.BeforeEvent"/> gives.</param>
    public async Task SendAsync(byte[] before, LiveEvent held)
    {
        var written = held.In(WrittenEvent.Of);
        var length = SocketMessages.LengthOf(before, written.Span);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            SocketMessages.WriteEvent(before, written.Span, buffer);
            await SendAsync(buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Says goodbye, behind whatever is being sent.</summary>
    public async Task CloseAsync(WebSocketCloseStatus status, string reason)
    {
        await turn.WaitAsync(CancellationToken.None);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(status, reason, CancellationToken.None);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        await turn.WaitAsync(CancellationToken.None);
        try
        {
            // A client that has gone is found out by whoever reads.
            if (IsCut || socket.State != WebSocketState.Open)
            {
                throw new WebSocketException(WebSocketError.InvalidState);
            }
            var sending = socket.SendAsync(message, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage | WebSocketMessageFlags.DisableCompression, CancellationToken.None);
            if (sending.IsCompleted)
            {
                await sending;
                return;
            }
            var all = sending.AsTask();
            try
            {
                await all.WaitAsync(slow);
            }
            catch (TimeoutException)
            {
                IsCut = true;
                abort();
                // The buffer of the message is in use until the abort has come through.
                await all;
            }
        }
        finally
        {
            turn.Release();
        }
    }
}
