using System.Net;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;

namespace Quehacer.Core.Administration;

/// <summary>
/// The tasks of somebody else, for an administrator who has to look: read and never written. Every look is in the <see cref="AuditTrail"/> before anything of it is shown.
/// </summary>
public sealed class UserTasks(Database database, TaskList list, TaskReader tasks, AuditTrail trail, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <param name="workspaceId">One that the user owns; null for the personal one.</param>
    public async Task<Result<TaskPage>> ListAsync(Caller caller, Guid userId, Guid? workspaceId, TaskListRequest request, Visitor visitor, CancellationToken cancellation)
    {
        var looking = await LookAsync(caller, userId, workspaceId, cancellation);
        if (!looking.IsOk)
        {
            return looking.Error;
        }
        var page = await list.ListAsync(looking.Value, request, cancellation);
        return page.IsOk && await RecordAsync(looking.Value, AdminActKind.TasksListed, detail: null, visitor, cancellation) is { } error ? error : page;
    }

    /// <param name="workspaceId">One that the user owns; null for the personal one.</param>
    public async Task<Result<TaskView>> GetAsync(Caller caller, Guid userId, Guid? workspaceId, TaskRef task, Visitor visitor, CancellationToken cancellation)
    {
        var looking = await LookAsync(caller, userId, workspaceId, cancellation);
        if (!looking.IsOk)
        {
            return looking.Error;
        }
        var found = await tasks.GetAsync(looking.Value, task, cancellation);
        return found.IsOk && await RecordAsync(looking.Value, AdminActKind.TaskRead, new AdminActDetail { TaskId = found.Value.Task.Id }, visitor, cancellation) is { } error ? error : found;
    }

    /// <summary>
    /// The caller as one who looks into that workspace. Only where it is found out here: the right to look is asked again by the very statement that reads.
    /// </summary>
    private async Task<Result<Caller>> LookAsync(Caller caller, Guid userId, Guid? workspaceId, CancellationToken cancellation)
    {
        await using (var command = database.Command($"""
            SELECT w.workspace_id FROM {AdminAccess.From} JOIN accounts a ON a.user_id = $2 JOIN workspaces w ON w.workspace_id = coalesce($3, a.workspace_id) AND w.owner_id = a.user_id
             WHERE {AdminAccess.Where}
            """))
        {
            command.Parameters.With(caller.SessionId).With(userId).WithId(workspaceId);
            if (await command.ExecuteScalarAsync(cancellation) is Guid found)
            {
                return caller with { WorkspaceId = found, LooksInto = userId };
            }
        }
        return await AdminAccess.ExplainAsync(database, caller, new Error(ErrorCode.NotFound), cancellation);
    }

    /// <summary>Why what was read is not to be shown after all; null when it is.</summary>
    private async Task<Error?> RecordAsync(Caller looking, AdminActKind kind, AdminActDetail? detail, Visitor visitor, CancellationToken cancellation)
    {
        var act = new AdminAct(kind, looking.LooksInto!.Value) { WorkspaceId = looking.WorkspaceId, Detail = detail };
        if (!await trail.TryAddAsync(looking, act, visitor, time.NowUtc(), cancellation))
        {
            return await AdminAccess.ExplainAsync(database, looking, new Error(ErrorCode.NotFound), cancellation);
        }
        report(SecurityEvent.TasksReadByAdministrator, looking.LooksInto, visitor.Address);
        return null;
    }
}
