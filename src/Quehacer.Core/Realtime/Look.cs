namespace Quehacer.Core.Realtime;

/// <summary>
/// Somebody's look at a workspace: it shows them to others while it lasts, and says who else looks. What they have not taken yet is replaced by what is so now: nothing
/// piles up for whoever is slow.
/// </summary>
public sealed class Look : IDisposable
{
    private readonly Presence owner;
    private readonly Lock gate = new();
    private PresentPeople? latest;
    private PresentPeople? taken;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Look(Presence owner, Guid id, Caller caller, DateTime since) => (this.owner, Id, Caller, Since) = (owner, id, caller, since);

    internal Guid Id { get; }

    internal Caller Caller { get; }

    internal DateTime Since { get; }

    /// <summary>Waits until others are there than it was told of before.</summary>
    public async Task<PresentPeople> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (latest is { } now && !now.IsAs(taken))
                {
                    return taken = now;
                }
                wait = changed.Task;
            }
            await wait.WaitAsync(cancellation);
        }
    }

    public void Dispose() => owner.End(this);

    internal void Tell(PresentPeople people)
    {
        TaskCompletionSource? told = null;
        lock (gate)
        {
            if (!people.IsAs(latest))
            {
                latest = people;
                (told, changed) = (changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
        }
        told?.SetResult();
    }
}
