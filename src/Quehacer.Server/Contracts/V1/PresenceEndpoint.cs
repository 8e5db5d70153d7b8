using System.Text.Json.Serialization;
using Quehacer.Core;
using Quehacer.Core.Realtime;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Somebody who looks at a workspace.</summary>
internal sealed record PresentPersonBody(string UserId, string? Name, DateTime Since)
{
    public static PresentPersonBody Of(PresentPerson person) => new(Ids.ToTypeId(Ids.UserPrefix, person.UserId), person.Name, person.Since);
}

/// <summary>Who looks at a workspace.</summary>
internal sealed record PresenceBody(string WorkspaceId, IReadOnlyList<PresentPersonBody> People, int Total)
{
    public static PresenceBody Of(PresentPeople people) =>
        new(Ids.ToTypeId(Ids.WorkspacePrefix, people.WorkspaceId), [.. people.People.Select(PresentPersonBody.Of)], people.Total);
}

/// <summary>The same as a message of a conversation.</summary>
internal sealed record SocketPresenceBody(string Id, string WorkspaceId, IReadOnlyList<PresentPersonBody> People, int Total)
{
    [JsonPropertyOrder(-1)]
    public string Type => "presence";

    public static SocketPresenceBody Of(string id, PresentPeople people)
    {
        var body = PresenceBody.Of(people);
        return new(id, body.WorkspaceId, body.People, body.Total);
    }
}

/// <summary>Who looks at a workspace just now, for whoever does not listen.</summary>
internal sealed class PresenceEndpoint(Presence presence, Problems problems)
{
    public void Map(IEndpointRouteBuilder workspace) => workspace.Get("/presence", ListAsync);

    private async Task<IResult> ListAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } error)
        {
            return new Refusal(problems, error);
        }
        if (WorkspaceEndpoints.CallerIn(http) is not { } caller)
        {
            return new Refusal(problems, new Error(ErrorCode.NotFound));
        }
        var people = await presence.ListAsync(caller, Endpoints.Bounded);
        return people.IsOk
            ? new Answer<PresenceBody>(200, PresenceBody.Of(people.Value), BodyJson.Default.PresenceBody) { IsSecret = true }
            : new Refusal(problems, people.Error);
    }
}
