using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>A client of the WebSocket: it says what it is told to, and hands out what it hears in order.</summary>
public sealed class Conversation : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static readonly string File = Path.Combine(QuehacerServer.Repository, "asyncapi", "v1.json");

    private static readonly Description Described = new(file: File);

    private readonly ClientWebSocket socket = new();

    private Conversation()
    {
    }

    public WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public string? CloseReason => socket.CloseStatusDescription;

    public static Uri AddressOf(QuehacerServer server, string query = "") => new($"ws://localhost:{server.Port}/api/v1/ws{query}");

    /// <summary>Opens one with the token of a user, and hears the greeting.</summary>
    public static async Task<Conversation> OpenAsync(QuehacerServer server, Client user, params (string Name, string Value)[] headers)
    {
        var conversation = await ConnectAsync(AddressOf(server), [("Authorization", $"Bearer {user.AccessToken}"), .. headers]);
        var ready = await conversation.HearAsync("ready");
        Assert.True((int)ready["heartbeat_seconds"]! > 0);
        return conversation;
    }

    public static async Task<Conversation> ConnectAsync(Uri address, params (string Name, string Value)[] headers)
    {
        var conversation = new Conversation();
        foreach (var (name, value) in headers)
        {
            conversation.socket.Options.SetRequestHeader(name, value);
        }
        conversation.socket.Options.CollectHttpResponseDetails = true;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await conversation.socket.ConnectAsync(address, patience.Token);
        }
        catch (WebSocketException)
        {
            var status = (int)conversation.socket.HttpStatusCode;
            await conversation.DisposeAsync();
            throw new Refused(status);
        }
        return conversation;
    }

    /// <summary>The server did not take it.</summary>
    public sealed class Refused(int status) : Exception($"The WebSocket was refused with {status}.")
    {
        public int Status => status;
    }

    public Task SayAsync(object message) => SayAsync(message as string ?? JsonSerializer.Serialize(message, Client.Plain));

    public Task SayAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public async Task SendAsync(byte[] bytes, WebSocketMessageType type)
    {
        using var patience = new CancellationTokenSource(Patience);
        await socket.SendAsync(bytes, type, endOfMessage: true, patience.Token);
    }

    /// <summary>What comes next; null for the goodbye.</summary>
    public async Task<string?> NextTextAsync(TimeSpan? within = null)
    {
        using var patience = new CancellationTokenSource(within ?? Patience);
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }
            Assert.Equal(WebSocketMessageType.Text, read.MessageType);
            all.Write(buffer, 0, read.Count);
            if (read.EndOfMessage)
            {
                return Encoding.UTF8.GetString(all.ToArray());
            }
        }
    }

    public async Task<JsonNode?> NextAsync(TimeSpan? within = null)
    {
        if (await NextTextAsync(within) is not { } text)
        {
            return null;
        }
        var message = JsonNode.Parse(text)!;
        Holds((string)message["type"]!, message);
        return message;
    }

    /// <summary>A message is what the description says of its type.</summary>
    public static void Holds(string name, JsonNode message) =>
        Described.IsValid($"The message '{name}'", Described.Resolve(JsonNode.Parse($$"""{"$ref":"#/components/messages/{{name}}"}""")!)["payload"]!, message);

    /// <summary>What comes next, which is of this type.</summary>
    public async Task<JsonNode> HearAsync(string type)
    {
        var message = await NextAsync();
        Assert.True(message is not null, $"A message '{type}' was expected, and the server said goodbye: {CloseStatus} {CloseReason}");
        Assert.True((string)message["type"]! == type, $"A message '{type}' was expected, and what came is {message.ToJsonString()}");
        return message;
    }

    /// <summary>The first message of this type; what comes before is passed over.</summary>
    public async Task<JsonNode> UntilAsync(string type, Func<JsonNode, bool>? which = null)
    {
        while (true)
        {
            var message = await NextAsync();
            Assert.True(message is not null, $"A message '{type}' was expected, and the server said goodbye: {CloseStatus} {CloseReason}");
            if ((string)message["type"]! == type && which?.Invoke(message) != false)
            {
                return message;
            }
        }
    }

    /// <summary>Subscribes, and gives the answer.</summary>
    public async Task<JsonNode> SubscribeAsync(string id, object? more = null)
    {
        var message = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        (message["type"], message["id"]) = ("subscribe", id);
        await SayAsync(message.ToJsonString());
        JsonNode? subscribed;
        do
        {
            // Others may come and go at any time.
            subscribed = await NextAsync();
        }
        while ((string?)subscribed?["type"] == "presence");
        Assert.True((string?)subscribed?["type"] == "subscribed", $"A message 'subscribed' was expected, and what came is {subscribed?.ToJsonString()}");
        Assert.Equal(id, (string)subscribed!["id"]!);
        return subscribed;
    }

    /// <summary>The next message, which is an event for this subscription.</summary>
    public async Task<JsonNode> EventAsync(string id, string type)
    {
        var message = await HearAsync("event");
        Assert.Equal((id, type), ((string)message["id"]!, (string)message["event"]!["type"]!));
        return message["event"]!;
    }

    /// <summary>The error that the next message is.</summary>
    public async Task<JsonNode> ErrorAsync(string code)
    {
        var message = await HearAsync("error");
        Assert.True((string)message["code"]! == code, $"{code} was expected, and what came is {message.ToJsonString()}");
        Assert.NotEmpty((string)message["detail"]!);
        return message;
    }

    /// <summary>All that comes until the goodbye, whose status is given.</summary>
    public async Task<List<JsonNode>> ToEndAsync(int status, TimeSpan? within = null)
    {
        var messages = new List<JsonNode>();
        while (await NextAsync(within) is { } message)
        {
            messages.Add(message);
        }
        Assert.True((int?)CloseStatus == status, $"{status} was expected, and the server closed with {(int?)CloseStatus} {CloseReason} behind {messages.LastOrDefault()?.ToJsonString()}");
        return messages;
    }

    /// <summary>A goodbye that is answered.</summary>
    public async Task LeaveAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
    }

    public void Abort() => socket.Abort();

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
