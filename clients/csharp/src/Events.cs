using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>Something that has happened in a workspace: the same wherever it is read.</summary>
public sealed record Event
{
    /// <summary>A TypeID (<c>evt_</c>), of this event and no other.</summary>
    public required string Id { get; init; }

    /// <summary>Its place in the log of the workspace, for <c>since</c>; null of what a task brought along from another workspace.</summary>
    public required string? Cursor { get; init; }

    /// <summary>What has happened, such as <c>task.updated</c>. A newer server may know more.</summary>
    public required string Type { get; init; }

    /// <summary>Where.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>To what: the id of the task, note, tag, category, account or workspace.</summary>
    public required string SubjectId { get; init; }

    /// <summary>The task behind the event; null of other events, and where nobody knows any more.</summary>
    public EventTask? Task { get; init; }

    /// <summary>The note behind the event; null of other events, and where it is gone.</summary>
    public EventNote? Note { get; init; }

    /// <summary>The tag behind the event, of a deleted one as it was last; null of other events.</summary>
    public Label? Tag { get; init; }

    /// <summary>The category behind the event, of a deleted one as it was last; null of other events.</summary>
    public Label? Category { get; init; }

    /// <summary>What somebody is in the workspace behind the event; null of other events, and of somebody who is nothing there any more.</summary>
    public EventMember? Member { get; init; }

    /// <summary>The workspace behind an event of its own; null of other events.</summary>
    public EventWorkspace? Workspace { get; init; }

    /// <summary>The tag that this one became. Of <c>tag.merged</c> only.</summary>
    public string? Into { get; init; }

    /// <summary>The members that the event changed, as they were; null where it made something, or nobody knows.</summary>
    public required JsonObject? Before { get; init; }

    /// <summary>Who has done it.</summary>
    public required NoteAuthor Actor { get; init; }

    /// <summary>When. Never earlier than what came before it in the workspace.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Of the request that did it; null where the server did it by itself.</summary>
    public required string? RequestId { get; init; }
}

/// <summary>A task as it was behind an event, its labels under the names that they have now.</summary>
public sealed record EventTask
{
    /// <summary>A TypeID (<c>task_</c>).</summary>
    public required string Id { get; init; }

    /// <summary>1, 2, 3… in the workspace, never used again.</summary>
    public required long Number { get; init; }

    /// <summary>What is to be done.</summary>
    public required string Title { get; init; }

    /// <summary>Free text.</summary>
    public required string? Description { get; init; }

    /// <summary>Its state.</summary>
    public required TaskState Status { get; init; }

    /// <summary>How urgent it is.</summary>
    public required TaskPriority Priority { get; init; }

    /// <summary>When it is due.</summary>
    public required DateTimeOffset? DueDate { get; init; }

    /// <summary>Its category, if it has one that is there still.</summary>
    public required string? CategoryId { get; init; }

    /// <summary>The names of its tags now, in the order they were given.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>The same tags by id.</summary>
    public required IReadOnlyList<string> TagIds { get; init; }

    /// <summary>Who is to do it, if anybody is.</summary>
    public required string? AssigneeId { get; init; }

    /// <summary>The task that it lies below, if there is one.</summary>
    public required string? ParentId { get; init; }

    /// <summary>Its place in the order by hand, to be compared byte by byte.</summary>
    public required string Position { get; init; }

    /// <summary>Where it is.</summary>
    public required string WorkspaceId { get; init; }

    /// <summary>Rises by one with every change.</summary>
    public required int Version { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When of the event.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it was deleted; null while it is not.</summary>
    public required DateTimeOffset? DeletedAt { get; init; }
}

/// <summary>A note as it was behind an event.</summary>
public sealed record EventNote
{
    /// <summary>A TypeID (<c>note_</c>).</summary>
    public required string Id { get; init; }

    /// <summary>The task that it is about.</summary>
    public required string TaskId { get; init; }

    /// <summary>Who has written it.</summary>
    public required string AuthorId { get; init; }

    /// <summary>What was said.</summary>
    public required string Text { get; init; }

    /// <summary>Rises by one with every change.</summary>
    public required int Version { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>What somebody was in the workspace behind an event.</summary>
public sealed record EventMember
{
    /// <summary>The account.</summary>
    public required string UserId { get; init; }

    /// <summary><c>viewer</c>, <c>editor</c> or <c>owner</c>.</summary>
    public required string Role { get; init; }
}

/// <summary>A workspace as it was behind an event of its own.</summary>
public sealed record EventWorkspace
{
    /// <summary>A TypeID (<c>ws_</c>).</summary>
    public required string Id { get; init; }

    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it was made with its owner's account.</summary>
    public required bool Personal { get; init; }

    /// <summary>Since when it is out of use; null while it is in use.</summary>
    public required DateTimeOffset? ArchivedAt { get; init; }

    /// <summary>Rises by one with every change.</summary>
    public required int Version { get; init; }
}

/// <summary>A page of events, the latest first.</summary>
public sealed record EventList
{
    /// <summary>The events of the page.</summary>
    public required IReadOnlyList<Event> Events { get; init; }

    /// <summary>Where the page lies.</summary>
    public required Pagination Pagination { get; init; }

    /// <summary>The pages around it.</summary>
    [JsonPropertyName("_links")]
    public required Links Links { get; init; }
}

/// <summary>What has happened since a place in the log.</summary>
public sealed record Changes
{
    /// <summary>What has happened, in order.</summary>
    public required IReadOnlyList<Event> Events { get; init; }

    /// <summary>Where to go on: behind the last of them.</summary>
    public required string Cursor { get; init; }

    /// <summary>Whether there is more already.</summary>
    public required bool HasMore { get; init; }
}

/// <summary>A ticket that opens one stream.</summary>
public sealed record StreamTicket
{
    /// <summary>For <c>ticket</c> in the address of a stream.</summary>
    public required string Ticket { get; init; }

    /// <summary>Until when it opens one.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
