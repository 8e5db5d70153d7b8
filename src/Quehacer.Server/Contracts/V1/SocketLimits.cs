namespace Quehacer.Server.Contracts.V1;

/// <summary>The bounds of a conversation over a WebSocket.</summary>
internal static class SocketLimits
{
    /// <summary>Of a message of the client: the longest subscription, with every type by name, has some 2 kB.</summary>
    public const int MessageBytes = 16 * 1024;

    /// <summary>Read at a time: most messages are a few hundred bytes, and a client that says nothing has no buffer at all.</summary>
    public const int ReadBytes = 4 * 1024;

    /// <summary>Subscriptions of one connection: more than the workspaces that a person looks at.</summary>
    public const int Subscriptions = 50;

    /// <summary>The longest name that a client gives a subscription.</summary>
    public const int IdCharacters = 64;

    /// <summary>Messages that a client may send at once: all of its subscriptions twice, after it has come back.</summary>
    public const int MessagesAtOnce = 100;

    /// <summary>Messages a second that a client may go on with.</summary>
    public const int MessagesPerSecond = 10;

    /// <summary>Messages in a row that are answered with an error, before the client is taken for broken.</summary>
    public const int FaultsInARow = 20;

    /// <summary>How long nothing may be subscribed to: a connection takes memory and a place among the connections of the server.</summary>
    public static readonly TimeSpan Unused = TimeSpan.FromSeconds(60);

    /// <summary>How long a client may take to say goodbye, and the server to say what it has to say before.</summary>
    public static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);
}
