using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>
/// The service accounts of a workspace and their API keys: <c>/api/v1/workspaces/{id}/service-accounts</c>. Keys may look who is there; what makes, changes and
/// removes is a session.
/// </summary>
internal sealed class ServiceAccountEndpoints(ServiceAccounts accounts, ServiceAccountKeys keys, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("", ListAsync).WithMetadata(OpenToKeys.Workspaces);
        routes.Post("", CreateAsync);
        routes.Get("/{user_id}", GetAsync).WithMetadata(OpenToKeys.Workspaces);
        routes.Patch("/{user_id}", ChangeAsync);
        routes.Delete("/{user_id}", RemoveAsync);
        routes.Get("/{user_id}/keys", ListKeysAsync);
        routes.Post("/{user_id}/keys", CreateKeyAsync);
        routes.Get("/{user_id}/keys/{key_id}", GetKeyAsync);
        routes.Delete("/{user_id}/keys/{key_id}", RevokeKeyAsync);
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (WorkspaceEndpoints.CallerIn(http) is not { } caller)
        {
            return NotFound();
        }
        var listed = await accounts.ListAsync(caller, Endpoints.Bounded);
        return listed.IsOk
            ? new Answer<ServiceAccountListBody>(
                200, new ServiceAccountListBody([.. listed.Value.Select(view => ServiceAccountBody.Of(view.Account))]), BodyJson.Default.ServiceAccountListBody)
            : new Refusal(problems, listed.Error);
    }

    private async Task<IResult> CreateAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        if (!request.Conditions.AllowCreation)
        {
            return new Refusal(problems, new Error(ErrorCode.PreconditionFailed));
        }
        if (WorkspaceEndpoints.CallerIn(http) is not { } caller)
        {
            return NotFound();
        }
        var (edit, _) = Reading.ServiceAccount(request.Body, isNew: true);
        return Shown(201, await accounts.CreateAsync(caller, edit, http.Visitor(), request.Key, Endpoints.Bounded), caller);
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (!TryReadAccount(http, out var caller, out var id))
        {
            return NotFound();
        }
        var found = await accounts.GetAsync(caller, id, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(problems, found.Error);
        }
        return V1.Conditional.InPlaceOf(http, ValidatorsOf(found.Value), problems) ?? Shown(200, new Answered<ServiceAccountView>(found.Value, IsReplay: false), caller);
    }

    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadAccount(http, out var caller, out var id))
        {
            return NotFound();
        }
        var (edit, version) = Reading.ServiceAccount(request.Body, isNew: false);
        return Shown(200, await accounts.ChangeAsync(caller, id, edit, request.Precondition(version, demands.Precondition), request.Key, Endpoints.Bounded), caller);
    }

    private async Task<IResult> RemoveAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadAccount(http, out var caller, out var id))
        {
            return NotFound();
        }
        var removed = await accounts.RemoveAsync(caller, id, request.Precondition(default, demands.Precondition), http.Visitor(), request.Key, Endpoints.Bounded);
        return removed.IsOk ? new NoContent(removed.Value.IsReplay) : new Refusal(problems, removed.Error);
    }

    private async Task<IResult> ListKeysAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (!TryReadAccount(http, out var caller, out var id))
        {
            return NotFound();
        }
        var listed = await keys.ListAsync(caller, id, Endpoints.Bounded);
        return ApiKeyAnswers.Listed(listed, problems);
    }

    private async Task<IResult> CreateKeyAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadAccount(http, out var caller, out var id))
        {
            return NotFound();
        }
        var made = await keys.CreateAsync(caller, id, Reading.ApiKey(request.Body, isOfService: true), http.Visitor(), request.Key, Endpoints.Bounded);
        return ApiKeyAnswers.Made(made, $"{Address(caller, id)}/keys", problems);
    }

    private async Task<IResult> GetKeyAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (!TryReadAccount(http, out var caller, out var id) || !Ids.TryParse(Ids.KeyPrefix, http.Route("key_id")!, out var keyId))
        {
            return NotFound();
        }
        var found = await keys.GetAsync(caller, id, keyId, Endpoints.Bounded);
        return ApiKeyAnswers.Shown(found, problems);
    }

    private async Task<IResult> RevokeKeyAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, keyRequired: false, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadAccount(http, out var caller, out var id) || !Ids.TryParse(Ids.KeyPrefix, http.Route("key_id")!, out var keyId))
        {
            return NotFound();
        }
        var revoked = await keys.RevokeAsync(caller, id, keyId, http.Visitor(), request.Key, Endpoints.Bounded);
        return revoked.IsOk ? new NoContent(revoked.Value.IsReplay) : new Refusal(problems, revoked.Error);
    }

    private static bool TryReadAccount(HttpContext http, out Caller caller, out Guid id)
    {
        id = default;
        caller = WorkspaceEndpoints.CallerIn(http)!;
        return caller is not null && Ids.TryParse(Ids.UserPrefix, http.Route("user_id")!, out id);
    }

    private static string Address(Caller caller, Guid id) =>
        $"/api/v1/workspaces/{Ids.ToTypeId(Ids.WorkspacePrefix, caller.WorkspaceId)}/service-accounts/{Ids.ToTypeId(Ids.UserPrefix, id)}";

    private static Validators ValidatorsOf(ServiceAccountView view) => V1.Conditional.Of(view.Tag, view.Account.UpdatedAt);

    private IResult Shown(int status, Result<Answered<ServiceAccountView>> written, Caller caller)
    {
        if (!written.IsOk)
        {
            return new Refusal(problems, written.Error);
        }
        return new Answer<ServiceAccountBody>(status, ServiceAccountBody.Of(written.Value.Value.Account), BodyJson.Default.ServiceAccountBody)
        {
            Validators = ValidatorsOf(written.Value.Value),
            IsReplay = written.Value.IsReplay,
            Location = status == 201 ? Address(caller, written.Value.Value.Account.Id) : null,
        };
    }

    private Refusal NotFound() => new(problems, new Error(ErrorCode.NotFound));
}
