using System.Text.Json.Serialization;

namespace Quehacer.Server.Contracts.V1;

/// <summary>The first message of a conversation.</summary>
/// <param name="Now">By the server's clock.</param>
/// <param name="HeartbeatSeconds">How often the server asks whether the client is there.</param>
internal sealed record SocketReadyBody(DateTime Now, int HeartbeatSeconds)
{
    [JsonPropertyOrder(-1)]
    public string Type => "ready";
}

/// <summary>A subscription begins: every event behind the cursor follows.</summary>
internal sealed record SocketSubscribedBody(string Id, string WorkspaceId, string Cursor)
{
    [JsonPropertyOrder(-1)]
    public string Type => "subscribed";
}

/// <summary>An event, for a subscription. <see cref="SocketMessages.WriteEvent"/> writes it around what all channels send of the event; this says what comes of it.</summary>
internal sealed record SocketEventBody(string Id, EventBody Event)
{
    [JsonPropertyOrder(-1)]
    public string Type => SocketMessages.EventType;
}

/// <summary>The cursor is a place no more: what is shown is to be read anew, and what happens from here on follows.</summary>
internal sealed record SocketResyncBody(string Id, string Code, string Detail, string Cursor)
{
    [JsonPropertyOrder(-1)]
    public string Type => "resync";
}

/// <summary>Nothing more comes for a subscription, though the client has not asked for that.</summary>
internal sealed record SocketEndedBody(string Id, string Code, string Detail, string Cursor)
{
    [JsonPropertyOrder(-1)]
    public string Type => "ended";
}

/// <summary>Nothing more comes for a subscription, as was wanted.</summary>
internal sealed record SocketUnsubscribedBody(string Id, string Cursor)
{
    [JsonPropertyOrder(-1)]
    public string Type => "unsubscribed";
}

/// <summary>The answer to a ping.</summary>
internal sealed record SocketPongBody([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id)
{
    [JsonPropertyOrder(-1)]
    public string Type => "pong";
}

/// <summary>A message that was not understood, or not done.</summary>
/// <param name="Id">What the message named, where that can be read.</param>
/// <param name="Code">Of the catalogue of errors.</param>
internal sealed record SocketErrorBody(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id, string Code, string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ProblemFieldBody>? Errors)
{
    [JsonPropertyOrder(-1)]
    public string Type => "error";
}
