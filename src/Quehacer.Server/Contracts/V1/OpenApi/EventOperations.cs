using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The operations on the log.</summary>
internal static class EventOperations
{
    public static IEnumerable<Operation> All()
    {
        yield return new(
            "GET", "/api/v1/tasks/{id}/history", "listTaskHistory", "events", "Show what became of a task",
            "Who has changed it, when, and from what to what, the latest first, in other workspaces as well. A deleted task has it as long as it can be restored; of a purged one it is 410.")
        {
            IsOfItsMoment = true,
            Query = Parameters.HistoryQuery,
            Success = new(200, "A page of its events.", "EventList", Samples.TaskHistory, "Link"),
            Special = [ErrorResponse.GoneOrCursorGone],
        };
        yield return new(
            "GET", "/api/v1/workspaces/{id}/activity", "listActivity", "events", "Show what has happened in a workspace", "Everything that has happened in it, the latest first.")
        {
            IsOfItsMoment = true,
            Query = Parameters.ActivityQuery,
            Success = new(200, "A page of events.", "EventList", Samples.Activity, "Link"),
            Special = [ErrorResponse.CursorGone],
        };
        yield return new(
            "GET", "/api/v1/changes", "listChanges", "events", "Show what has changed since",
            "Every event behind a place in the log of the workspace, deletions too, the earliest first, with a cursor for next time. Whoever does nothing but this, from the beginning or from a cursor that they took before they read what there is, ends with what the server has.")
        {
            IsOfItsMoment = true,
            Query = Parameters.ChangesQuery,
            SampleQuery = ["event_since", "event_limit"],
            Success = new(200, "What has changed, and where to go on.", "Changes", Samples.Changes),
            Special = [ErrorResponse.CursorGone],
        };
        yield return new(
            "GET", "/api/v1/stream", "streamEvents", "events", "Listen to a workspace",
            "Sends each event as it happens, as Server-Sent Events: `id` is its cursor, `data` the same JSON as everywhere. `Last-Event-ID`, which browsers send when they come back, goes on behind that event, and so does `since`; without either it begins now. Before anything else comes an event `ready` with the place where it begins. Of a cursor that is a place no more an event `resync` says so: read anew what you show. An event `end` says why the server ends the line; it ends at the latest with the access token. A line on which nothing happens has a comment now and then.")
        {
            IsOfItsMoment = true,
            Query = Parameters.StreamQuery,
            SampleQuery = ["event_type"],
            Success = new(200, "Events, until the line ends.") { File = StreamEndpoints.EventStream },
            Special = [ErrorResponse.TooManyOrListening],
        };
        yield return new(
            "POST", "/api/v1/stream/ticket", "createStreamTicket", "events", "Get a ticket for a stream",
            "Makes a text for `ticket` in the address of a stream, for browsers, whose interfaces for that send no header. It is good once and for half a minute, in your name and in the workspace that the stream names.")
        {
            BodyIsOptional = true,
            Success = new(201, "The ticket.", "StreamTicket", Samples.StreamTicket),
        };
    }
}
