namespace Quehacer.Server.Http;

/// <summary>Counts requests, so that the log can say what became of those that were in flight when the server was stopped.</summary>
internal sealed class InFlight
{
    private long now;
    private long finished;
    private long cut;

    /// <summary>Requests that have begun and not ended.</summary>
    public long Now => Interlocked.Read(ref now);

    /// <summary>Requests that have been answered.</summary>
    public long Finished => Interlocked.Read(ref finished);

    /// <summary>Requests whose connection was gone before they were answered.</summary>
    public long Cut => Interlocked.Read(ref cut);

    public RequestDelegate Count(RequestDelegate next) => async http =>
    {
        Interlocked.Increment(ref now);
        try
        {
            await next(http);
        }
        finally
        {
            Interlocked.Increment(ref http.RequestAborted.IsCancellationRequested ? ref cut : ref finished);
            Interlocked.Decrement(ref now);
        }
    };
}
