using System.Text.Json.Nodes;
using Quehacer.Core.Events;

namespace Quehacer.Core.Workspaces;

/// <summary>What happened to a workspace itself. Old events are read for ever: a changed event gets a new name or an upcaster, never a new meaning.</summary>
public abstract record WorkspaceEvent
{
    /// <summary>What a personal workspace is called until somebody calls it something else. It is not written down.</summary>
    public const string PersonalName = "Personal";

    private WorkspaceEvent()
    {
    }

    /// <summary>Whoever made it owns it.</summary>
    /// <param name="Name">Null for a personal one.</param>
    public sealed record Created(string? Name) : WorkspaceEvent;

    /// <param name="Name">As it is now.</param>
    /// <param name="Before">As it was.</param>
    public sealed record Updated(string Name, string Before) : WorkspaceEvent;

    public sealed record Archived : WorkspaceEvent;

    public sealed record Unarchived : WorkspaceEvent;

    /// <summary>The name in the log.</summary>
    public string NameInLog => this switch
    {
        Created => EventNames.WorkspaceCreated,
        Updated => EventNames.WorkspaceUpdated,
        Archived => EventNames.WorkspaceArchived,
        Unarchived => EventNames.WorkspaceUnarchived,
        _ => throw new InvalidOperationException($"An event without a name: {GetType().Name}."),
    };

    /// <summary>The JSON of the event and of the members as they were before; null where an event has none.</summary>
    public (string? Data, string? Before) ToJson() => this switch
    {
        Created { Name: { } name } => (Called(name), null),
        Updated updated => (Called(updated.Name), Called(updated.Before)),
        _ => (null, null),
    };

    public static WorkspaceEvent FromStored(StoredEvent stored) => stored.Type switch
    {
        EventNames.WorkspaceCreated => new Created(stored.Data is null ? null : NameIn(stored.Data)),
        EventNames.WorkspaceUpdated => new Updated(NameIn(stored.Data!), NameIn(stored.Before!)),
        EventNames.WorkspaceArchived => new Archived(),
        EventNames.WorkspaceUnarchived => new Unarchived(),
        _ => throw new InvalidOperationException($"The log has an event of a workspace that this program does not know: {stored.Type}."),
    };

    private static string Called(string name) => JsonText.Object(json => json.WriteString("name"u8, name));

    private static string NameIn(string json) =>
        (string?)JsonNode.Parse(json)!["name"] ?? throw new InvalidOperationException("The log has an event of a workspace without its name.");
}
