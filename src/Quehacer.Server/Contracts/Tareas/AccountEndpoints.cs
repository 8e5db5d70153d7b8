using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>Accounts and sessions: <c>/api/auth/…</c></summary>
internal sealed class AccountEndpoints(AccountStore accounts, SessionStore sessions, Errors errors, WriteDemands demands)
{
    public void MapAnonymous(IEndpointRouteBuilder routes)
    {
        routes.Post("/registro", RegisterAsync);
        routes.Post("/register", RegisterAsync);
        routes.Post("/login", LoginAsync);
    }

    public void MapForCaller(IEndpointRouteBuilder routes)
    {
        routes.Get("/perfil", ProfileAsync).WithMetadata(OpenToKeys.Any with { IsPersonal = true });
        routes.Post("/logout", LogoutAsync);
    }

    private async Task<IResult> RegisterAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        // This contract speaks Spanish, and so do the letters that it brings about.
        var registered = await sessions.RegisterAsync(Reading.Registration(request.Body), http.Visitor() with { Language = Language.Spanish }, request.Key, Endpoints.Bounded);
        return registered.IsOk
            ? Shown(201, "Usuario registrado exitosamente", registered.Value.Value.Account, registered.Value.Value.Tokens, registered.Value.IsReplay)
            : new Refusal(errors, registered.Error);
    }

    private async Task<IResult> LoginAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        var login = Reading.Login(request.Body);
        if (!login.IsOk)
        {
            return new Refusal(errors, login.Error);
        }
        var begun = await sessions.LoginAsync(login.Value.Email, login.Value.Password, http.Visitor(), request.Key, Endpoints.Bounded);
        return begun.IsOk
            ? Shown(200, "Login exitoso", begun.Value.Value.Account, begun.Value.Value, begun.Value.IsReplay)
            : new Refusal(errors, begun.Error);
    }

    private async Task<IResult> ProfileAsync(HttpContext http)
    {
        var me = await accounts.GetAsync(http.Caller(), Endpoints.Bounded);
        if (!me.IsOk)
        {
            return new Refusal(errors, me.Error);
        }
        var validators = Tareas.Conditional.Of(me.Value.Tag, me.Value.Account.UpdatedAt);
        return Tareas.Conditional.InPlaceOf(http, validators, errors)
            ?? new Answer<UserAnswerBody>(200, new UserAnswerBody("Perfil obtenido exitosamente", UserBody.Of(me.Value.Account)), TareasJson.Default.UserAnswerBody) { Validators = validators };
    }

    private async Task<IResult> LogoutAsync(HttpContext http)
    {
        var (request, fault) = await WriteRequest.ReadAsync(http, keyRequired: false, bodyIsOptional: true);
        if (request is null)
        {
            return new Refusal(errors, fault!.Value);
        }
        var ended = await sessions.LogoutAsync(http.Caller(), request.Key, Endpoints.Bounded);
        return ended.IsOk
            ? new Answer<MessageBody>(200, new MessageBody("Sesión cerrada exitosamente"), TareasJson.Default.MessageBody) { IsReplay = ended.Value.IsReplay }
            : new Refusal(errors, ended.Error);
    }

    private static Answer<SessionBody> Shown(int status, string message, Account account, Tokens? tokens, bool isReplay) =>
        new(status, new SessionBody(message, UserBody.Of(account), tokens?.AccessToken), TareasJson.Default.SessionBody) { IsReplay = isReplay, IsSecret = true };
}
