using Quehacer.Core.Events;

namespace Quehacer.Core.Realtime;

/// <summary>An event on its way to whoever listens. Each form in which it is sent is written once, however many it is sent to.</summary>
public sealed class LiveEvent(EventView view)
{
    private volatile (Func<EventView, byte[]> Form, byte[] Written)[] forms = [];

    public EventView View => view;

    /// <summary>The event in a form, which is always the same function.</summary>
    public ReadOnlyMemory<byte> In(Func<EventView, byte[]> form)
    {
        foreach (var (known, written) in forms)
        {
            if (known == form)
            {
                return written;
            }
        }
        // Two who come at once write it twice, which is as right.
        var made = form(view);
        forms = [.. forms, (form, made)];
        return made;
    }
}
