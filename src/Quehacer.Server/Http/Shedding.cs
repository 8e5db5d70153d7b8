namespace Quehacer.Server.Http;

/// <summary>
/// A bound on what is worked on at once: what comes beyond it is refused at once with 503, so that what has been taken on is finished, and soon.
/// A request that waits for its client is not worked on and holds no place; how many of those there are is for the bound on connections.
/// </summary>
internal sealed partial class Shedding(RequestDelegate next, Contracts contracts, int most, ILogger<Shedding> logger)
{
    private const int MsBetweenLogLines = 1000;

    private int atWork;
    private long lastLogged = -MsBetweenLogLines;

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<AlwaysAnswered>() is not null)
        {
            await next(http);
            return;
        }
        var place = new Place(this);
        if (!place.TryTake())
        {
            await contracts.OwnerOf(http.Request.Path).RefuseAsync(http, HttpFault.Overloaded);
            return;
        }
        http.Features.Set(place);
        try
        {
            await next(http);
        }
        finally
        {
            place.Leave();
        }
    }

    private bool TryEnter()
    {
        if (Interlocked.Increment(ref atWork) <= most)
        {
            return true;
        }
        Interlocked.Decrement(ref atWork);
        var (now, last) = (Environment.TickCount64, Interlocked.Read(ref lastLogged));
        if (now - last >= MsBetweenLogLines && Interlocked.CompareExchange(ref lastLogged, now, last) == last)
        {
            Overloaded(most);
        }
        return false;
    }

    [LoggerMessage(EventId = 3, EventName = "overloaded", Level = LogLevel.Warning,
        Message = "Requests are refused with 503: {most} are being worked on, which is Server__MaxConcurrentRequests.")]
    private partial void Overloaded(int most);

    /// <summary>A request's place among those that are worked on. It is used by one request, one step at a time.</summary>
    internal sealed class Place(Shedding shedding)
    {
        private bool isHeld;

        public bool TryTake() => isHeld = shedding.TryEnter();

        /// <summary>Goes on with what was begun, whether there is room or not.</summary>
        public void TakeAgain()
        {
            if (!isHeld)
            {
                isHeld = true;
                Interlocked.Increment(ref shedding.atWork);
            }
        }

        public void Leave()
        {
            if (isHeld)
            {
                isHeld = false;
                Interlocked.Decrement(ref shedding.atWork);
            }
        }
    }
}
