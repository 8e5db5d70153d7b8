using System.Net.WebSockets;
using System.Runtime.ExceptionServices;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Realtime;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>How a server deals with those who talk to it over WebSockets.</summary>
/// <param name="Slow">How long somebody may take nothing of what is sent to them.</param>
/// <param name="Heartbeat">How often the server asks whether they are there.</param>
/// <param name="MayOpen">Whether web pages of an origin may.</param>
/// <param name="Stopping">The server goes down: nobody is kept.</param>
internal sealed record SocketManners(TimeSpan Slow, TimeSpan Heartbeat, Func<string, HttpRequest, bool> MayOpen, CancellationToken Stopping);

/// <summary>Why a connection ends, in words of RFC 6455 §7.4 and for people who read logs.</summary>
/// <param name="Told">What subscriptions are told before; null where nobody is there to be told.</param>
internal sealed record SocketEnd(WebSocketCloseStatus Status, string Reason, ErrorKind? Told)
{
    /// <summary>RFC 6455 §7.4.2: 4000 to 4999 are for those who agree on them.</summary>
    private const WebSocketCloseStatus TokenOverStatus = (WebSocketCloseStatus)4401;

    private const WebSocketCloseStatus UnusedStatus = (WebSocketCloseStatus)4408;

    public static readonly SocketEnd Left = new(WebSocketCloseStatus.NormalClosure, "", null);
    public static readonly SocketEnd Stopping = new(WebSocketCloseStatus.EndpointUnavailable, "The server stops. Come back in a moment.", ErrorCatalogue.Unavailable);
    public static readonly SocketEnd TokenOver = new(TokenOverStatus, "The token is over. Come back with a new one.", ErrorCatalogue.TokenExpired);
    public static readonly SocketEnd SessionOver = new(TokenOverStatus, "The session has ended. Log in again.", ErrorCatalogue.TokenInvalid);
    public static readonly SocketEnd Unused = new(UnusedStatus, "Nothing was subscribed to for a minute.", null);
    public static readonly SocketEnd TooFast = new(WebSocketCloseStatus.PolicyViolation, "Too many messages in a second.", ErrorCatalogue.RateLimitExceeded);
    public static readonly SocketEnd TooManyFaults = new(WebSocketCloseStatus.PolicyViolation, "Too many messages that were not understood.", ErrorCatalogue.BadRequest);
    public static readonly SocketEnd TooLong = new(WebSocketCloseStatus.MessageTooBig, "A message of more than 16 KiB.", ErrorCatalogue.PayloadTooLarge);
    public static readonly SocketEnd Failed = new(WebSocketCloseStatus.InternalServerError, "Something went wrong in the server.", ErrorCatalogue.Internal);
}

/// <summary>
/// A conversation over one WebSocket: it reads what the client says, one message at a time, and keeps the subscriptions, each of which sends for itself. It ends once,
/// for one reason, and what is open then is told where to go on before the goodbye.
/// </summary>
internal sealed class SocketLine : IDisposable
{
    private readonly HttpContext http;
    private readonly WebSocket socket;
    private readonly LiveFeed feed;
    private readonly Presence presence;
    private readonly Problems problems;
    private readonly SocketManners manners;
    private readonly SocketOutput output;
    private readonly Language language;
    private readonly Lock gate = new();
    private readonly Dictionary<string, SocketSubscription> subscriptions = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource listening = new();
    private readonly TaskCompletionSource<SocketEnd> ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SocketPace pace = new();
    private readonly Timer unused;
    private ExceptionDispatchInfo? failure;

    public SocketLine(HttpContext http, WebSocket socket, LiveFeed feed, Presence presence, Problems problems, SocketManners manners)
    {
        (this.http, this.socket, this.feed, this.presence, this.problems, this.manners) = (http, socket, feed, presence, problems, manners);
        output = new SocketOutput(socket, manners.Slow, http.Abort);
        language = Languages.Preferred(http.Request);
        unused = new Timer(line => ((SocketLine)line!).End(SocketEnd.Unused), this, SocketLimits.Unused, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Until either side has had enough.</summary>
    public async Task RunAsync()
    {
        using var stopping = manners.Stopping.UnsafeRegister(line => ((SocketLine)line!).End(SocketEnd.Stopping), this);
        await using var over = http.Caller().GoodUntil is { } until
            ? new Timer(line => ((SocketLine)line!).End(SocketEnd.TokenOver), this, until > DateTime.UtcNow ? until - DateTime.UtcNow : TimeSpan.Zero, Timeout.InfiniteTimeSpan)
            : null;
        var receiving = ReceiveAsync();
        var ended = await ending.Task;
        await EndAsync(ended, receiving);
        if (output.IsCut)
        {
            throw new CutOffException($"Who listens took nothing for {manners.Slow.TotalSeconds:0} seconds.");
        }
        // What is a bug is for the log.
        failure?.Throw();
    }

    public void Dispose()
    {
        unused.Dispose();
        listening.Dispose();
        output.Dispose();
    }

    /// <summary>The first reason is the one.</summary>
    private void End(SocketEnd end) => ending.TrySetResult(end);

    /// <summary>What is expected of a connection whose other side has gone, or was cut off.</summary>
    private static bool IsGone(Exception exception) => exception is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException;

    private void Fail(Exception exception)
    {
        failure ??= ExceptionDispatchInfo.Capture(exception);
        End(SocketEnd.Failed);
    }

    private async Task EndAsync(SocketEnd end, Task receiving)
    {
        foreach (var subscription in Open())
        {
            subscription.EndBecause(end.Told);
        }
        await listening.CancelAsync();
        var parting = PartAsync(end, receiving);
        try
        {
            await parting.WaitAsync(SocketLimits.Goodbye, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            http.Abort();
            await parting;
        }
    }

    private async Task PartAsync(SocketEnd end, Task receiving)
    {
        await Task.WhenAll(Open().Select(subscription => subscription.Listening));
        try
        {
            await output.CloseAsync(end.Status, end.Reason);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            // They have gone before.
        }
        // Their goodbye comes last, if it has not come first.
        await receiving;
        // One may have begun while all others ended.
        await Task.WhenAll(Open().Select(subscription => subscription.Listening));
    }

    private SocketSubscription[] Open()
    {
        lock (gate)
        {
            return [.. subscriptions.Values];
        }
    }

    /// <summary>Reads until the client says goodbye or has gone. What comes behind the end is thrown away.</summary>
    private async Task ReceiveAsync()
    {
        try
        {
            await output.SendAsync(new SocketReadyBody(DateTime.UtcNow, (int)manners.Heartbeat.TotalSeconds), BodyJson.Default.SocketReadyBody);
            while (await ReadAsync() is { } message)
            {
                using (message)
                {
                    if (!ending.Task.IsCompleted)
                    {
                        await HearAsync(message);
                    }
                }
            }
            End(SocketEnd.Left);
        }
        catch (WebSocketException exception) when (exception.WebSocketErrorCode is WebSocketError.Faulted or WebSocketError.InvalidMessageType or WebSocketError.HeaderError)
        {
            // What breaks RFC 6455 has been answered with a goodbye, which they are to read before the connection is gone.
            await Task.Delay(SocketLimits.Goodbye, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            End(SocketEnd.Left);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            End(SocketEnd.Left);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>One message, or as much of it as is taken; null for the goodbye.</summary>
    private async Task<SocketText?> ReadAsync()
    {
        // Whoever says nothing has no buffer.
        var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
        if (first.MessageType == WebSocketMessageType.Close)
        {
            return null;
        }
        var text = new SocketText(first.MessageType);
        try
        {
            for (var isWhole = first.EndOfMessage; !isWhole;)
            {
                var read = await socket.ReceiveAsync(text.Room(), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    text.Dispose();
                    return null;
                }
                text.Take(read.Count);
                isWhole = read.EndOfMessage;
            }
            return text;
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    private async Task HearAsync(SocketText text)
    {
        if (!pace.TryTake())
        {
            End(SocketEnd.TooFast);
        }
        else if (text.IsTooLong)
        {
            End(SocketEnd.TooLong);
        }
        else if (await AnswerAsync(text))
        {
            pace.Understood();
        }
        else if (!pace.TryErr())
        {
            End(SocketEnd.TooManyFaults);
        }
    }

    /// <summary>Does what the message says; false where it was answered with an error.</summary>
    private async Task<bool> AnswerAsync(SocketText text)
    {
        if (text.Type != WebSocketMessageType.Text)
        {
            return await RefuseAsync(null, ErrorCatalogue.UnsupportedMediaType, new("Messages are text. Send JSON in text frames.", "Los mensajes son texto. Envía JSON en tramas de texto."));
        }
        using var json = RequestBody.Parse(text.Written);
        if (json is null)
        {
            return await RefuseAsync(null, ErrorCatalogue.MalformedJson);
        }
        var message = SocketMessages.Read(json.RootElement);
        if (message.Faults.Count > 0)
        {
            return await RefuseAsync(message.Id, Error.Invalid(message.Faults));
        }
        switch (message.Type)
        {
            case "subscribe":
                return await SubscribeAsync(message);
            case "unsubscribe":
                return await UnsubscribeAsync(message.Id!);
            default:
                await output.SendAsync(new SocketPongBody(message.Id), BodyJson.Default.SocketPongBody);
                return true;
        }
    }

    private async Task<bool> SubscribeAsync(SocketMessage message)
    {
        var id = message.Id!;
        int count;
        lock (gate)
        {
            count = subscriptions.ContainsKey(id) ? -1 : subscriptions.Count;
        }
        if (count < 0)
        {
            return await RefuseAsync(id, ErrorCatalogue.AlreadyExists, new(
                "There is a subscription of this id on this connection. Choose another id, or unsubscribe first.", "Ya hay una suscripción con ese id en esta conexión. Elige otro id, o cancela antes la suscripción."));
        }
        if (count >= SocketLimits.Subscriptions)
        {
            return await RefuseAsync(id, ErrorCatalogue.TooManyListeners, new(
                $"A connection has {SocketLimits.Subscriptions} subscriptions at most. Unsubscribe from one, or open another connection.",
                $"Una conexión tiene {SocketLimits.Subscriptions} suscripciones como mucho. Cancela alguna, o abre otra conexión."));
        }
        if (message.Presence && http.Caller().Scopes is { } scopes && !scopes.HasFlag(KeyScopes.ReadWorkspaces))
        {
            return await RefuseAsync(id, ErrorCatalogue.Forbidden, new(
                $"This API key has not the scope {Words.Of(KeyScopes.ReadWorkspaces)}, which 'presence' needs. Make one that has, or use an access token.",
                $"Esta clave de API no tiene el alcance {Words.Of(KeyScopes.ReadWorkspaces)}, que 'presence' necesita. Crea una que lo tenga, o usa un token de acceso."));
        }
        var caller = message.WorkspaceId is { } workspaceId ? http.Caller() with { WorkspaceId = workspaceId } : http.Caller();
        var filter = new EventFilter(EventEndpoints.TypesFor(caller, message.Types), message.TaskId);
        Result<Listener> listener;
        try
        {
            listener = await feed.ListenAsync(caller, message.Since, filter, Endpoints.Bounded);
        }
        catch (Exception exception) when (Core.Postgres.Database.IsUnavailable(exception))
        {
            return await RefuseAsync(id, ErrorCatalogue.Unavailable);
        }
        if (!listener.IsOk)
        {
            if (listener.Error.Code == ErrorCode.SessionEnded)
            {
                End(SocketEnd.SessionOver);
            }
            return await RefuseAsync(id, listener.Error);
        }
        await BeginAsync(new SocketSubscription(id, listener.Value, message.Presence ? presence.Begin(caller) : null, listening.Token));
        return true;
    }

    private async Task BeginAsync(SocketSubscription subscription)
    {
        lock (gate)
        {
            subscriptions.Add(subscription.Id, subscription);
            unused.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        var hasBegun = false;
        try
        {
            await output.SendAsync(new SocketSubscribedBody(subscription.Id, Ids.ToTypeId(Ids.WorkspacePrefix, subscription.WorkspaceId), subscription.Cursor), BodyJson.Default.SocketSubscribedBody);
            if (subscription.IsLost)
            {
                var gone = ErrorCatalogue.CursorGone;
                await output.SendAsync(new SocketResyncBody(subscription.Id, gone.Code, Problems.WholeOf(gone, language), subscription.Cursor), BodyJson.Default.SocketResyncBody);
            }
            subscription.Begin(ListenAsync);
            hasBegun = true;
        }
        finally
        {
            if (!hasBegun)
            {
                Remove(subscription);
            }
        }
    }

    private async Task ListenAsync(SocketSubscription subscription)
    {
        // Off the stack of whoever reads: there may be much to send before the first wait.
        await Task.Yield();
        try
        {
            var refused = await subscription.ListenAsync(output, language);
            if (refused == ErrorCatalogue.TokenInvalid)
            {
                // The session has ended, and with it all that was opened in it.
                End(SocketEnd.SessionOver);
            }
            else if (refused == ErrorCatalogue.TokenExpired)
            {
                End(SocketEnd.TokenOver);
            }
        }
        catch (Exception exception) when (IsGone(exception))
        {
            End(SocketEnd.Left);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
        finally
        {
            Remove(subscription);
        }
    }

    private async Task<bool> UnsubscribeAsync(string id)
    {
        SocketSubscription? subscription;
        Task stopping;
        lock (gate)
        {
            subscription = subscriptions.GetValueOrDefault(id);
            stopping = subscription?.UnsubscribeAsync() ?? Task.CompletedTask;
        }
        if (subscription is null)
        {
            return await RefuseAsync(id, ErrorCatalogue.NotFound, new(
                "There is no subscription of this id on this connection; it may have ended.", "No hay ninguna suscripción con ese id en esta conexión; puede haber terminado."));
        }
        await stopping;
        // Whatever is said next, the id is free then.
        await subscription.Listening;
        return true;
    }

    private void Remove(SocketSubscription subscription)
    {
        lock (gate)
        {
            subscriptions.Remove(subscription.Id);
            subscription.Dispose();
            if (subscriptions.Count == 0 && !ending.Task.IsCompleted)
            {
                unused.Change(SocketLimits.Unused, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private Task<bool> RefuseAsync(string? id, Error error)
    {
        var problem = problems.Body(http, error);
        return RefuseAsync(new SocketErrorBody(id, problem.Code, problem.Detail, problem.Errors));
    }

    private Task<bool> RefuseAsync(string? id, ErrorKind kind, Said? detail = null) =>
        RefuseAsync(new SocketErrorBody(id, kind.Code, detail?.In(language) ?? Problems.WholeOf(kind, language), null));

    private async Task<bool> RefuseAsync(SocketErrorBody error)
    {
        await output.SendAsync(error, BodyJson.Default.SocketErrorBody);
        return false;
    }
}
