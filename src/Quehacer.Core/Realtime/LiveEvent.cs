using Quehacer.Core.Events;

namespace Quehacer.Core.Realtime;

/// <summary>An event on its way to whoever listens. It is written out once, however many do.</summary>
public sealed class LiveEvent(EventView view)
{
    private byte[]? written;

    public EventView View => view;

    /// <summary>As a contract writes it. There is one contract that has listeners.</summary>
    public ReadOnlyMemory<byte> Written(Func<EventView, byte[]> write) => written ??= write(view);
}
