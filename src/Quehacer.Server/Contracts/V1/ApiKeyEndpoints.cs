using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>The caller's own API keys: <c>/api/v1/me/keys</c>. No key opens them: what makes keys is a session.</summary>
internal sealed class ApiKeyEndpoints(ApiKeyStore keys, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/me/keys", ListAsync);
        routes.Post("/me/keys", CreateAsync);
        routes.Get("/me/keys/{id}", GetAsync);
        routes.Delete("/me/keys/{id}", RevokeAsync);
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        var listed = await keys.ListAsync(http.Caller(), Endpoints.Bounded);
        return ApiKeyAnswers.Listed(listed, problems);
    }

    private async Task<IResult> CreateAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        var made = await keys.CreateAsync(http.Caller(), Reading.ApiKey(request.Body), http.Visitor(), request.Key, Endpoints.Bounded);
        return ApiKeyAnswers.Made(made, "/api/v1/me/keys", problems);
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (!Ids.TryParse(Ids.KeyPrefix, http.Route("id")!, out var id))
        {
            return new Refusal(problems, new Error(ErrorCode.NotFound));
        }
        var found = await keys.GetAsync(http.Caller(), id, Endpoints.Bounded);
        return ApiKeyAnswers.Shown(found, problems);
    }

    private async Task<IResult> RevokeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, keyRequired: false, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        if (!Ids.TryParse(Ids.KeyPrefix, http.Route("id")!, out var id))
        {
            return new Refusal(problems, new Error(ErrorCode.NotFound));
        }
        var revoked = await keys.RevokeAsync(http.Caller(), id, http.Visitor(), request.Key, Endpoints.Bounded);
        return revoked.IsOk ? new NoContent(revoked.Value.IsReplay) : new Refusal(problems, revoked.Error);
    }
}

/// <summary>What is told of API keys, be they somebody's own or a service account's.</summary>
internal static class ApiKeyAnswers
{
    public static IResult Listed(Result<List<ApiKey>> listed, Problems problems) => listed.IsOk
        ? new Answer<ApiKeyListBody>(200, new ApiKeyListBody([.. listed.Value.Select(key => ApiKeyBody.Of(key))]), BodyJson.Default.ApiKeyListBody)
        : new Refusal(problems, listed.Error);

    /// <param name="made">The only answer that has the key's text.</param>
    /// <param name="place">The address of all of them.</param>
    /// <param name="problems">Of the contract.</param>
    public static IResult Made(Result<Answered<IssuedApiKey>> made, string place, Problems problems) => made.IsOk
        ? new Answer<ApiKeyBody>(201, ApiKeyBody.Of(made.Value.Value.Key, made.Value.Value.Text), BodyJson.Default.ApiKeyBody)
        {
            IsReplay = made.Value.IsReplay, IsSecret = true, Location = $"{place}/{Ids.ToTypeId(Ids.KeyPrefix, made.Value.Value.Key.Id)}",
        }
        : new Refusal(problems, made.Error);

    public static IResult Shown(Result<ApiKey> found, Problems problems) =>
        found.IsOk ? new Answer<ApiKeyBody>(200, ApiKeyBody.Of(found.Value), BodyJson.Default.ApiKeyBody) : new Refusal(problems, found.Error);
}
