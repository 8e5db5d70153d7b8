using Quehacer.Core.Events;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Workspaces that several are in, for tests that are not about how they came there.</summary>
internal static class Shared
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The caller, in a new workspace that is theirs.</summary>
    public static async Task<Caller> OpenAsync(House house, Caller owner, string name) => owner with
    {
        WorkspaceId = House.Ok(await house.Core.WorkspaceWriter.CreateAsync(owner, new WorkspaceEdit { Name = name }, null, Cancellation)).Value.Workspace.Id,
    };

    /// <summary>Somebody, in the workspace that the host is in, where they are from now on.</summary>
    public static async Task<Caller> JoinAsync(House house, Caller host, Caller guest, WorkspaceRole role = WorkspaceRole.Editor)
    {
        await ChangeAsync(house, host, guest, new MemberEvent.Added(role));
        return guest with { WorkspaceId = host.WorkspaceId };
    }

    public static Task LeaveAsync(House house, Caller host, Caller guest, WorkspaceRole role = WorkspaceRole.Editor) => ChangeAsync(house, host, guest, new MemberEvent.Removed(role));

    private static async Task ChangeAsync(House house, Caller host, Caller guest, MemberEvent change)
    {
        var version = (await house.ColumnAsync<int>($"SELECT coalesce(max(version), 0) + 1 FROM events WHERE workspace_id = $1 AND stream_id = '{guest.UserId}'", host.WorkspaceId))[0];
        await using var connection = await house.Database.OpenAsync(Cancellation);
        await using var batch = new WorkspaceBatch(connection, host.WorkspaceId);
        batch.Begin();
        batch.AdvanceForTheSystem(events: 1, default, house.Time.NowUtc());
        MemberTable.AddChange(batch, host.WorkspaceId, guest.UserId, version, change, following: 0, host.UserId, host.RequestId);
        batch.Commit();
        Assert.Equal(BatchOutcome.Committed, (await batch.ExecuteAsync(Cancellation)).Outcome);
    }

    /// <summary>Rows, counts and logs of all of these agree, and of every other workspace, too.</summary>
    public static async Task AssertWholeAsync(House house, params Caller[] callers)
    {
        foreach (var caller in callers)
        {
            await house.AssertConsistentAsync(caller);
        }
        var report = await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation);
        Assert.True(report.IsEqual, string.Join('\n', report.First.Select(difference => $"{difference.Kind} {difference.Id} {string.Join(',', difference.Members)}")));
    }
}
