using System.Buffers;
using System.Net.WebSockets;

namespace Quehacer.Server.Contracts.V1;

/// <summary>A message of a client while it comes in. It grows with what has come, not with what was announced; of one that is too long nothing more is kept.</summary>
internal sealed class SocketText(WebSocketMessageType type) : IDisposable
{
    private byte[] buffer = [];
    private int length;

    public WebSocketMessageType Type => type;

    public bool IsTooLong { get; private set; }

    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, length);

    /// <summary>Where the next part goes; never empty.</summary>
    public Memory<byte> Room()
    {
        if (length == buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SocketLimits.ReadBytes, length * 2));
            Written.CopyTo(larger);
            Return();
            buffer = larger;
        }
        return buffer.AsMemory(length);
    }

    public void Take(int count)
    {
        length += count;
        if (length > SocketLimits.MessageBytes)
        {
            IsTooLong = true;
            length = 0;
        }
    }

    public void Dispose()
    {
        Return();
        (buffer, length) = ([], 0);
    }

    private void Return()
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>How fast a client talks, and how well: some messages at once, then so many a second, and not one fault after the other.</summary>
internal sealed class SocketPace
{
    private double left = SocketLimits.MessagesAtOnce;
    private long last = Environment.TickCount64;
    private int faults;

    public bool TryTake()
    {
        var now = Environment.TickCount64;
        left = Math.Min(SocketLimits.MessagesAtOnce, left + ((now - last) * SocketLimits.MessagesPerSecond / 1000.0));
        last = now;
        return --left >= 0;
    }

    public void Understood() => faults = 0;

    /// <summary>False when there has been one too many.</summary>
    public bool TryErr() => ++faults < SocketLimits.FaultsInARow;
}
