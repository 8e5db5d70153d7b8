using Quehacer.Server.Contracts.V1.OpenApi;
using Quehacer.Server.OpenApi;

namespace Quehacer.Server.Contracts;

/// <summary>What all contracts say of themselves. The first is the one that is shown to whoever names none.</summary>
internal static class Descriptions
{
    public static readonly IReadOnlyList<ContractDescription> All = [V1Description.All];

    /// <summary>That of a contract, by its name; null when there is none of that name.</summary>
    public static ContractDescription? Of(string? contract) => All.FirstOrDefault(description => description.Contract == contract);
}
