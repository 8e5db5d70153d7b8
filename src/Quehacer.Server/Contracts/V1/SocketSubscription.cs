using System.Net.WebSockets;
using Quehacer.Core;
using Quehacer.Core.Realtime;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>
/// One of the things that a client listens to over its connection. Its own task takes what there is and sends it, and says the last word about it: whatever that is,
/// no event comes behind it.
/// </summary>
internal sealed class SocketSubscription : IDisposable
{
    private readonly Listener listener;
    private readonly Look? look;
    private readonly byte[] beforeEvent;
    private readonly CancellationTokenSource stop;
    private string? place;
    private volatile ErrorKind? because;
    private volatile bool isUnwanted;
    private bool hasLeft;

    /// <param name="look">Shows the client to others who look at the workspace; null where it is not to be shown.</param>
    /// <param name="line">Cancelled when the connection ends.</param>
    public SocketSubscription(string id, Listener listener, Look? look, CancellationToken line)
    {
        (Id, this.listener, this.look) = (id, listener, look);
        beforeEvent = SocketMessages.BeforeEvent(id);
        stop = CancellationTokenSource.CreateLinkedTokenSource(line);
    }

    public string Id { get; }

    public Guid WorkspaceId => listener.Caller.WorkspaceId;

    /// <inheritdoc cref="Listener.IsLost"/>
    public bool IsLost => listener.IsLost;

    /// <summary>Behind the last event that was sent, and behind all that was looked at and not wanted.</summary>
    public string Cursor => place ?? listener.Cursor;

    /// <summary>Completed when the last word has been said.</summary>
    public Task Listening { get; private set; } = Task.CompletedTask;

    public void Begin(Func<SocketSubscription, Task> listen) => Listening = listen(this);

    /// <summary>The client wants no more of it. To be asked while it is known to be there.</summary>
    public Task UnsubscribeAsync()
    {
        isUnwanted = true;
        return stop.CancelAsync();
    }

    /// <summary>The connection ends.</summary>
    /// <param name="why">Null where nobody is there to be told.</param>
    public void EndBecause(ErrorKind? why) => because = why;

    /// <summary>Sends events until there are no more to be sent, and says why, where that is not for the connection to say.</summary>
    /// <returns>The refusal that ended it; null where the client or the connection did.</returns>
    public async Task<ErrorKind?> ListenAsync(SocketOutput output, Language language)
    {
        var refused = default(ErrorKind);
        var looking = look is null ? Task.CompletedTask : LookAsync(look, output);
        try
        {
            while (refused is null && !stop.IsCancellationRequested)
            {
                var before = listener.Cursor;
                var heard = await listener.NextAsync(stop.Token);
                // Until the first of them is sent, the place is the one before.
                place = before;
                refused = heard.End is { } end ? ErrorCatalogue.Of(end.Code) : null;
                var left = heard.Events.Count;
                foreach (var held in heard.Events)
                {
                    if (stop.IsCancellationRequested)
                    {
                        break;
                    }
                    if (listener.Caller.GoodUntil is { } until && DateTime.UtcNow >= until)
                    {
                        refused = ErrorCatalogue.TokenExpired;
                        break;
                    }
                    await output.SendAsync(beforeEvent, held);
                    place = held.View.Cursor;
                    left--;
                }
                if (left == 0)
                {
                    place = null;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As wanted.
        }
        catch (Exception exception) when (Core.Postgres.Database.IsUnavailable(exception))
        {
            refused = ErrorCatalogue.Unavailable;
        }
        finally
        {
            // Behind the last word nothing is told of others either.
            await stop.CancelAsync();
            await looking;
        }
        var cursor = Cursor;
        // Whoever hears the last word can subscribe anew: the place among those who listen is free.
        Leave();
        if (isUnwanted)
        {
            await output.SendAsync(new SocketUnsubscribedBody(Id, cursor), BodyJson.Default.SocketUnsubscribedBody);
        }
        else if ((refused ?? because) is { } why)
        {
            await output.SendAsync(new SocketEndedBody(Id, why.Code, Problems.WholeOf(why, language), cursor), BodyJson.Default.SocketEndedBody);
        }
        return refused;
    }

    /// <summary>Tells who else looks, whenever that has changed.</summary>
    private async Task LookAsync(Look at, SocketOutput output)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var people = await at.NextAsync(stop.Token);
                await output.SendAsync(SocketPresenceBody.Of(Id, people), BodyJson.Default.SocketPresenceBody);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As wanted.
        }
        catch (WebSocketException)
        {
            // They have gone, which whoever reads has found out, too.
        }
    }

    public void Dispose()
    {
        Leave();
        stop.Dispose();
    }

    private void Leave()
    {
        if (Interlocked.Exchange(ref hasLeft, true))
        {
            return;
        }
        look?.Dispose();
        listener.Dispose();
    }
}
