using System.Text.Json.Serialization;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;

namespace Quehacer.Server.Contracts.V1;

/// <summary>An account as administrators see it: never a secret.</summary>
internal sealed record AdminUserBody(
    string Id, string Email, bool EmailVerified, string Name, string Role, string Plan, DateTime? SuspendedAt, IReadOnlyList<string> SecondFactors, string WorkspaceId, int WorkspacesOwned, DateTime? LastSeenAt,
    int Version, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static AdminUserBody Of(UserView view)
    {
        var account = view.Account;
        List<string> factors = [];
        if (account.HasTotp)
        {
            factors.Add(Words.CodeMethods[(int)CodeMethod.Totp]);
        }
        if (account.HasEmailFactor)
        {
            factors.Add(Words.CodeMethods[(int)CodeMethod.Email]);
        }
        return new(
            Ids.ToTypeId(Ids.UserPrefix, account.Id), account.Email, account.IsEmailVerified, account.Name, Words.Roles[account.IsAdmin ? 1 : 0], Plans.NameOf(account.Plan), account.SuspendedAt, factors,
            Ids.ToTypeId(Ids.WorkspacePrefix, account.WorkspaceId), view.WorkspacesOwned, view.LastSeenAt, account.Version, account.CreatedAt, account.UpdatedAt);
    }
}

internal sealed record AdminUserListBody(IReadOnlyList<AdminUserBody> Users, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);

/// <summary>What an administrator has done.</summary>
internal sealed record AdminActBody(
    string Id, DateTime At, string? ActorId, string Act, string? UserId, string? WorkspaceId, AdminActDetailBody? Detail, string? Address, string? RequestId)
{
    public static AdminActBody Of(RecordedAct act) => new(
        Ids.ToTypeId(Ids.ActPrefix, act.Id), act.At, IdOf(Ids.UserPrefix, act.ActorId), act.Act, IdOf(Ids.UserPrefix, act.UserId), IdOf(Ids.WorkspacePrefix, act.WorkspaceId),
        act.Detail is { } detail ? new AdminActDetailBody(detail.From, detail.To, detail.Reason, IdOf(Ids.TaskPrefix, detail.TaskId)) : null, act.Address, act.RequestId);

    private static string? IdOf(string prefix, Guid? id) => id is { } known ? Ids.ToTypeId(prefix, known) : null;
}

internal sealed record AdminActDetailBody(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? From,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? To,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TaskId);

internal sealed record AdminActListBody(IReadOnlyList<AdminActBody> Acts, PaginationBody Pagination, [property: JsonPropertyName("_links")] LinksBody Links);
