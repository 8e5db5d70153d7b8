using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Accounts and sessions over v1: <c>/api/v1/auth/…</c> and <c>/api/v1/me</c>.</summary>
internal sealed class AccountEndpoints(AccountStore accounts, SessionStore sessions, Problems problems, WriteDemands demands)
{
    public void MapAnonymous(IEndpointRouteBuilder routes)
    {
        routes.Post("/auth/register", RegisterAsync);
        routes.Post("/auth/login", LoginAsync);
        routes.Post("/auth/refresh", RefreshAsync);
    }

    public void MapForCaller(IEndpointRouteBuilder routes)
    {
        routes.Post("/auth/logout", LogoutAsync);
        routes.Get("/me", MeAsync);
        routes.Patch("/me", ChangeMeAsync);
    }

    private async Task<IResult> RegisterAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        var registered = await accounts.RegisterAsync(Reading.Account(request.Body, isNew: true).Edit, http.Visitor(), request.Key, Endpoints.Bounded);
        return registered.IsOk
            ? new Answer<UserBody>(201, UserBody.Of(registered.Value.Value), BodyJson.Default.UserBody) { IsReplay = registered.Value.IsReplay, Location = "/api/v1/me" }
            : new Refusal(problems, registered.Error);
    }

    private async Task<IResult> LoginAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, values) = Reading.Strings(request.Body, ("email", Field.Email), ("password", Field.Password));
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        if (!Text.IsStorable(values[0]))
        {
            return new Refusal(problems, Error.Invalid(Field.Email, FieldFault.NotText));
        }
        var tokens = await sessions.LoginAsync(Text.NormaliseName(values[0]), values[1], http.Visitor(), request.Key, Endpoints.Bounded);
        return Shown(tokens);
    }

    private async Task<IResult> RefreshAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, values) = Reading.Strings(request.Body, ("refresh_token", Field.RefreshToken));
        return faults.Count > 0
            ? new Refusal(problems, Error.Invalid(faults))
            : Shown(await sessions.RefreshAsync(values[0], request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> LogoutAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, keyRequired: false, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        var ended = await sessions.LogoutAsync(http.Caller(), request.Key, Endpoints.Bounded);
        return ended.IsOk ? new NoContent(ended.Value.IsReplay) : new Refusal(problems, ended.Error);
    }

    private async Task<IResult> MeAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        var me = await accounts.GetAsync(http.Caller(), Endpoints.Bounded);
        if (!me.IsOk)
        {
            return new Refusal(problems, me.Error);
        }
        return V1.Conditional.InPlaceOf(http, ValidatorsOf(me.Value), problems) ?? Shown(me.Value, isReplay: false);
    }

    private async Task<IResult> ChangeMeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        var (edit, version) = Reading.Account(request.Body, isNew: false);
        var changed = await accounts.ChangeAsync(http.Caller(), edit, request.Precondition(version, isDemanded: false), request.Key, Endpoints.Bounded);
        return changed.IsOk ? Shown(changed.Value.Value, changed.Value.IsReplay) : new Refusal(problems, changed.Error);
    }

    private IResult Shown(Result<Answered<Tokens>> tokens) => tokens.IsOk
        ? new Answer<TokensBody>(200, TokensBody.Of(tokens.Value.Value), BodyJson.Default.TokensBody) { IsReplay = tokens.Value.IsReplay, IsSecret = true }
        : new Refusal(problems, tokens.Error);

    private static Answer<UserBody> Shown(AccountView view, bool isReplay) =>
        new(200, UserBody.Of(view.Account), BodyJson.Default.UserBody) { Validators = ValidatorsOf(view), IsReplay = isReplay };

    private static Validators ValidatorsOf(AccountView view) => V1.Conditional.Of(view.Tag, view.Account.UpdatedAt);
}
