using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Where an account is signed in, over v1: <c>/api/v1/me/sessions</c>.</summary>
internal sealed class SessionEndpoints(SessionList sessions, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/me/sessions", ListAsync);
        routes.Delete("/me/sessions", EndAllAsync);
        routes.Delete("/me/sessions/{id}", EndAsync);
    }

    /// <summary>What it shows is of its moment: it has no tag, and is kept by nobody.</summary>
    private async Task<IResult> ListAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        var listed = await sessions.ListAsync(http.Caller(), Endpoints.Bounded);
        return listed.IsOk
            ? new Answer<SessionListBody>(200, new SessionListBody([.. listed.Value.Select(SessionBody.Of)]), BodyJson.Default.SessionListBody) { IsSecret = true }
            : new Refusal(problems, listed.Error);
    }

    private async Task<IResult> EndAllAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var keepsCurrent = query.Flag("keep_current", Field.KeepCurrent) ?? false;
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true, query: query);
        if (request is null)
        {
            return refusal!;
        }
        if (Reading.Nothing(request.Body) is { Count: > 0 } faults)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        return Ended(await sessions.EndAllAsync(http.Caller(), keepsCurrent, request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> EndAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        if (!Ids.TryParse(Ids.SessionPrefix, http.Route("id"), out var sessionId))
        {
            return new Refusal(problems, new Error(ErrorCode.NotFound));
        }
        if (Reading.Nothing(request.Body) is { Count: > 0 } faults)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        return Ended(await sessions.EndAsync(http.Caller(), sessionId, request.Key, Endpoints.Bounded));
    }

    private IResult Ended(Result<Answered<bool>> ended) => ended.IsOk ? new NoContent(ended.Value.IsReplay) : new Refusal(problems, ended.Error);
}
