namespace Quehacer.Server.Http;

/// <summary>Counts requests, so that the log can say what became of those that were in flight when the server was stopped.</summary>
internal sealed class InFlight
{
    private long now;
    private long finished;
    private long cut;
    private volatile bool stopping;

    /// <summary>Requests that have begun and not ended.</summary>
    public long Now => Interlocked.Read(ref now);

    /// <summary>Requests that have been answered since <see cref="Stop"/>.</summary>
    public long Finished => Interlocked.Read(ref finished);

    /// <summary>Requests that have not been answered since <see cref="Stop"/>: their connections were closed first.</summary>
    public long Cut => Interlocked.Read(ref cut) + Now;

    /// <summary>From now on it matters how requests end; asking it of each costs an allocation.</summary>
    public void Stop() => stopping = true;

    public RequestDelegate Count(RequestDelegate next) => async http =>
    {
        Interlocked.Increment(ref now);
        try
        {
            await next(http);
        }
        finally
        {
            if (stopping)
            {
                Interlocked.Increment(ref http.RequestAborted.IsCancellationRequested ? ref cut : ref finished);
            }
            Interlocked.Decrement(ref now);
        }
    };
}
