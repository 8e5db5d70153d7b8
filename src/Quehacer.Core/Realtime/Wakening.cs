using System.Threading.Tasks.Sources;

namespace Quehacer.Core.Realtime;

/// <summary>One who waits to be woken, again and again, without a new object each time. Whoever is woken before they wait does not wait.</summary>
internal sealed class Wakening : IValueTaskSource
{
    private readonly Lock gate = new();
    private ManualResetValueTaskSourceCore<bool> source = new() { RunContinuationsAsynchronously = true };
    private bool isWaiting;
    private bool isWoken;

    /// <summary>Waits for the next <see cref="Wake"/>. By one at a time.</summary>
    public ValueTask WaitAsync()
    {
        lock (gate)
        {
            if (isWoken)
            {
                isWoken = false;
                return ValueTask.CompletedTask;
            }
            isWaiting = true;
            source.Reset();
            return new ValueTask(this, source.Version);
        }
    }

    public void Wake()
    {
        lock (gate)
        {
            if (!isWaiting)
            {
                isWoken = true;
                return;
            }
            isWaiting = false;
        }
        source.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}
