namespace Quehacer.Core;

/// <summary>Wakes the one who waits for it. However often it is set before they wait, it lets them through once.</summary>
public sealed class Signal
{
    private readonly SemaphoreSlim isSet = new(0, 1);

    public void Set()
    {
        // Nearly always it is enough to look: an exception costs more than whatever is signalled.
        if (isSet.CurrentCount == 0)
        {
            try
            {
                isSet.Release();
            }
            catch (SemaphoreFullException)
            {
                // Somebody else was first.
            }
        }
    }

    public Task WaitAsync(CancellationToken cancellation) => isSet.WaitAsync(cancellation);

    /// <summary>Waits no longer than that.</summary>
    public Task WaitAsync(TimeSpan longest, CancellationToken cancellation) => isSet.WaitAsync(longest, cancellation);
}
