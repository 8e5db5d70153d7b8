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
            SampleQuery = ["since", "event_limit"],
            Success = new(200, "What has changed, and where to go on.", "Changes", Samples.Changes),
            Special = [ErrorResponse.CursorGone],
        };
    }
}
