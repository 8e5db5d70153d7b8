using Quehacer.Core;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Marks endpoints that work in a workspace: the caller's personal one, unless the query names another.</summary>
internal sealed class TakesWorkspace;

/// <summary>The workspace that the query named, which links of the answer have to name again.</summary>
internal sealed record ChosenWorkspace(Guid Id);

/// <summary>
/// Puts the workspace that <c>workspace_id</c> names in the place of the caller's own, before anything is read. Whether the caller may enter it is for every statement to
/// say. The parameter is taken out of the query, which is the endpoint's from there on.
/// </summary>
internal sealed class WorkspaceChoice(RequestDelegate next, Problems problems)
{
    public const string Parameter = "workspace_id";

    public Task InvokeAsync(HttpContext http)
    {
        if (!http.Request.QueryString.HasValue || http.GetEndpoint()?.Metadata.GetMetadata<TakesWorkspace>() is null
            || http.Features.Get<Caller>() is not { } caller || !http.Request.Query.TryGetValue(Parameter, out var values))
        {
            return next(http);
        }
        if (values.Count != 1)
        {
            return new Refusal(problems, Error.Invalid(Field.WorkspaceId, FieldFault.Repeated)).ExecuteAsync(http);
        }
        if (!Ids.TryParse(Ids.WorkspacePrefix, values[0] ?? "", out var id))
        {
            return new Refusal(problems, Error.Invalid(Field.WorkspaceId, FieldFault.NotAnId)).ExecuteAsync(http);
        }
        http.ChooseWorkspace(caller, id);
        http.DropFromQuery(Parameter);
        return next(http);
    }
}

internal static class ChosenWorkspaces
{
    /// <summary>The request works in this workspace, which links of its answer name.</summary>
    public static void ChooseWorkspace(this HttpContext http, Caller caller, Guid id)
    {
        http.Features.Set(caller with { WorkspaceId = id });
        http.Features.Set(new ChosenWorkspace(id));
    }

    /// <summary>What an address within the workspace ends with: nothing for the caller's own.</summary>
    public static string InWorkspace(this HttpContext http) => string.Concat(http.WorkspaceParameter().Select(parameter => $"?{parameter.Key}={parameter.Value}"));

    /// <summary>The parameter that names the workspace, if the request had one.</summary>
    public static IEnumerable<KeyValuePair<string, string>> WorkspaceParameter(this HttpContext http) =>
        http.Features.Get<ChosenWorkspace>() is { } chosen ? [KeyValuePair.Create(WorkspaceChoice.Parameter, Ids.ToTypeId(Ids.WorkspacePrefix, chosen.Id))] : [];
}
