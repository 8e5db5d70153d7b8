using System.Text.Json.Nodes;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts.V1.OpenApi;

/// <summary>The operations on workspaces.</summary>
internal static class WorkspaceOperations
{
    public static IEnumerable<Operation> All()
    {
        const string workspaces = "/api/v1/workspaces";
        const string one = workspaces + "/{id}";
        yield return new("GET", workspaces, "listWorkspaces", "workspaces", "List workspaces", "The workspaces that you are in, the oldest first, which is your personal one.")
        {
            IsOfItsMoment = true,
            Query = Parameters.WorkspaceQuery,
            Success = new(200, "A page of workspaces.", "WorkspaceList", Samples.Workspaces, "Link"),
        };
        yield return new("POST", workspaces, "createWorkspace", "workspaces", "Make a workspace", "Makes a workspace that is yours, and in which nobody else is yet.")
        {
            Body = "NewWorkspace",
            Requests = [new("home", "One for the household", () => JsonNode.Parse("""{"name":"Home"}""")!)],
            Success = new(201, "The workspace.", "Workspace", Samples.Workspace, "Location", "ETag", "Idempotent-Replayed"),
        };
        yield return new("GET", one, "getWorkspace", "workspaces", "Show a workspace", "A workspace that you are in.")
        {
            Success = new(200, "The workspace.", "Workspace", Samples.Workspace),
        };
        yield return new("PATCH", one, "changeWorkspace", "workspaces", "Change a workspace", "Changes the name. Its owner may. What the body does not name stays as it is.")
        {
            IsConditional = true,
            Body = "WorkspaceChange",
            Requests = [new("name", "Another name", () => JsonNode.Parse("""{"name":"Household"}""")!)],
            Success = new(200, "The workspace as it is now.", "Workspace", Samples.ChangedWorkspace, "ETag", "Idempotent-Replayed"),
        };
        yield return new(
            "POST", one + "/archive", "archiveWorkspace", "workspaces", "Archive a workspace",
            "Takes a workspace out of use: what is in it is seen by its members, and changed by nobody. Its owner may; a personal one is not archived.")
        {
            IsConditional = true,
            Body = "WorkspaceCondition",
            BodyIsOptional = true,
            Requests = [new("condition", "Only while the workspace is as you saw it", () => JsonNode.Parse("""{"version":1}""")!)],
            Success = new(200, "The workspace as it is now.", "Workspace", Samples.ArchivedWorkspace, "ETag", "Idempotent-Replayed"),
            Special = [ErrorResponse.PersonalWorkspace],
        };
        yield return new("POST", one + "/unarchive", "unarchiveWorkspace", "workspaces", "Use a workspace again", "Takes an archived workspace into use again. Its owner may.")
        {
            IsConditional = true,
            Body = "WorkspaceCondition",
            BodyIsOptional = true,
            Requests = [new("condition", "Only while the workspace is as you saw it", () => JsonNode.Parse("""{"version":1}""")!)],
            Success = new(200, "The workspace as it is now.", "Workspace", Samples.ChangedWorkspace, "ETag", "Idempotent-Replayed"),
        };
        yield return new(
            "GET", "/api/v1/workspaces/{id}/presence", "getPresence", "workspaces", "Show who looks at a workspace",
            "Those who have it open now, over a WebSocket, and let others know: people and programs, each once, at whichever server.")
        {
            IsOfItsMoment = true,
            Success = new(200, "Who they are.", "Presence", Samples.Presence),
        };
    }
}
