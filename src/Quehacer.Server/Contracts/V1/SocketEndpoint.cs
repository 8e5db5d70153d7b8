using Quehacer.Core;
using Quehacer.Core.Realtime;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>
/// Marks the endpoint of WebSockets. It answers no request: what is said over it is described in AsyncAPI (<see cref="OpenApi.Conversations"/>), and OpenAPI, which
/// has no words for that, leaves it out.
/// </summary>
internal sealed class SpeaksWebSocket;

/// <summary>The door to conversations over WebSockets (RFC 6455).</summary>
internal sealed class SocketEndpoint(LiveFeed feed, Presence presence, Problems problems, SocketManners manners)
{
    /// <summary>Over HTTP/2 a WebSocket is opened with CONNECT (RFC 8441).</summary>
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Connect];

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/ws", Methods, (RequestDelegate)(http => Open(http).ExecuteAsync(http))).WithMetadata(new SpeaksWebSocket(), new TakesTicket());

    private IResult Open(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } error)
        {
            return new Refusal(problems, error);
        }
        // Browsers open a WebSocket for the page of any origin, and say for which (RFC 6455 §10.2). What is no browser says nothing, and has shown a token.
        if (http.Request.Headers.Origin is { Count: > 0 } origin && (origin.Count > 1 || !manners.MayOpen(origin[0]!, http.Request)))
        {
            return new Refusal(problems, HttpFault.OriginRefused);
        }
        if (!http.WebSockets.IsWebSocketRequest)
        {
            // RFC 9110 §15.5.22 and RFC 6455 §4.4. HTTP/2 has no such headers.
            if (HttpProtocol.IsHttp11(http.Request.Protocol))
            {
                http.Response.Headers.Upgrade = "websocket";
                http.Response.Headers.Connection = "Upgrade";
            }
            http.Response.Headers.SecWebSocketVersion = "13";
            return new Refusal(problems, HttpFault.UpgradeRequired);
        }
        return new Conversation(feed, presence, problems, manners);
    }

    private sealed class Conversation(LiveFeed feed, Presence presence, Problems problems, SocketManners manners) : IResult
    {
        public async Task ExecuteAsync(HttpContext http)
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                // What is said is short, and a context for compression would take more memory than all the rest of a connection.
                DangerousEnableCompression = false,
                KeepAliveInterval = manners.Heartbeat,
                KeepAliveTimeout = manners.Slow,
            });
            // A line that is open is not worked on.
            http.Features.Get<Shedding.Place>()?.Leave();
            using var line = new SocketLine(http, socket, feed, presence, problems, manners);
            await line.RunAsync();
        }
    }
}
