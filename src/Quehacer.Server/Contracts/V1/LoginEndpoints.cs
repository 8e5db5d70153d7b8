using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Logins over v1, step by step: <c>/api/v1/auth/login…</c></summary>
internal sealed class LoginEndpoints(Logins logins, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/login", BeginAsync);
        routes.Post("/login/otp", FinishAsync);
        routes.Post("/login/otp/send", SendAsync);
        routes.Post("/login/code", BeginWithCodeAsync);
    }

    private async Task<IResult> BeginAsync(HttpContext http)
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
        return Text.IsStorable(values[0])
            ? Shown(await logins.BeginAsync(Text.NormaliseName(values[0]), values[1], http.Visitor(), request.Key, Endpoints.Bounded))
            : new Refusal(problems, Error.Invalid(Field.Email, FieldFault.NotText));
    }

    private async Task<IResult> FinishAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, values) = Reading.Strings(request.Body, ("mfa_token", Field.MfaToken), ("code", Field.Code));
        return faults.Count > 0
            ? new Refusal(problems, Error.Invalid(faults))
            : Shown(await logins.FinishAsync(values[0], values[1], http.Visitor(), request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> SendAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, values) = Reading.Strings(request.Body, ("mfa_token", Field.MfaToken));
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        var sent = await logins.SendAsync(values[0], http.Visitor(), Endpoints.Bounded);
        return sent.IsOk ? new Accepted(isReplay: false) : new Refusal(problems, sent.Error);
    }

    private async Task<IResult> BeginWithCodeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, values) = Reading.Strings(request.Body, ("email", Field.Email));
        if (faults.Count == 0 && !Text.IsStorable(values[0]))
        {
            faults.Add(new FieldError(Field.Email, FieldFault.NotText));
        }
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        var begun = await logins.BeginWithCodeAsync(Text.NormaliseName(values[0]), http.Visitor(), Endpoints.Bounded);
        return begun.IsOk
            ? new Answer<CodeSentBody>(202, new CodeSentBody(begun.Value.MfaToken, begun.Value.ExpiresInSeconds), BodyJson.Default.CodeSentBody) { IsSecret = true }
            : new Refusal(problems, begun.Error);
    }

    private IResult Shown(Result<Answered<Login>> login) => login switch
    {
        { Error: { } error } => new Refusal(problems, error),
        { Value: { Value: Login.Done done, IsReplay: var isReplay } } =>
            new Answer<TokensBody>(200, TokensBody.Of(done.Tokens), BodyJson.Default.TokensBody) { IsReplay = isReplay, IsSecret = true },
        { Value: { Value: Login.Waits waits, IsReplay: var isReplay } } =>
            new Answer<MfaRequiredBody>(200, MfaRequiredBody.Of(waits), BodyJson.Default.MfaRequiredBody) { IsReplay = isReplay, IsSecret = true },
        _ => throw new InvalidOperationException("There is no other way for a login to go on."),
    };
}
