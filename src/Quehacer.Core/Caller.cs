using Quehacer.Core.Accounts;

namespace Quehacer.Core;

/// <summary>Who asks, in which session, in which workspace, under which request id. The first parameter of everything; nothing is ambient.</summary>
/// <param name="RequestId">Goes into the event log, so that a line of the server's log and an event can be laid side by side.</param>
public sealed record Caller(Guid UserId, Guid SessionId, Guid WorkspaceId, string RequestId)
{
    /// <summary>As the access token has it: a change holds from the next token on.</summary>
    public Plan Plan { get; init; }

    /// <summary>What the API key is good for that the caller shows; null for the access token of a session, which is good for everything.</summary>
    public KeyScopes? Scopes { get; init; }

    /// <summary>The API key is bound to a workspace that is nobody's personal one, which <see cref="WorkspaceId"/> is: nothing else is there for it.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>With whom the requests are counted; null for the account alone. Service accounts of a workspace share what it may ask.</summary>
    public Guid? CountedWith { get; init; }

    /// <summary>When what the caller has shown is good no more, UTC; null where the database says that of their session.</summary>
    public DateTime? GoodUntil { get; init; }

    /// <summary>
    /// Whose workspace an administrator of the installation looks into, to read tasks and nothing else (<see cref="Administration.UserTasks"/>); null for whoever comes in
    /// their own right.
    /// </summary>
    internal Guid? LooksInto { get; init; }
}
