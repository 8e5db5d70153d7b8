using QRCoder;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>The second factors of one's own account over v1: <c>/api/v1/me/factors…</c></summary>
internal sealed class FactorEndpoints(SecondFactors factors, Problems problems, WriteDemands demands)
{
    /// <summary>Pixels of a module: some 300 for the whole, which a phone reads from a screen at arm's length.</summary>
    private const int PixelsPerModule = 6;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("", ShowAsync);
        routes.Post("/totp", BeginTotpAsync);
        routes.Post("/totp/confirm", ConfirmTotpAsync);
        routes.Post("/totp/remove", http => RemoveAsync(http, factors.RemoveTotpAsync));
        routes.Post("/email", BeginEmailAsync);
        routes.Post("/email/confirm", ConfirmEmailAsync);
        routes.Post("/email/remove", http => RemoveAsync(http, factors.RemoveEmailAsync));
        routes.Post("/recovery-codes", MakeRecoveryCodesAsync);
    }

    private async Task<IResult> ShowAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        var shown = await factors.GetAsync(http.Caller(), Endpoints.Bounded);
        if (!shown.IsOk)
        {
            return new Refusal(problems, shown.Error);
        }
        var validators = V1.Conditional.Of(shown.Value.Account.Tag, shown.Value.Account.Account.UpdatedAt);
        return V1.Conditional.InPlaceOf(http, validators, problems)
            ?? new Answer<FactorsBody>(200, FactorsBody.Of(shown.Value.Factors), BodyJson.Default.FactorsBody) { Validators = validators };
    }

    private async Task<IResult> BeginTotpAsync(HttpContext http)
    {
        var (request, values, refusal) = await ReadAsync(http, ("current_password", Field.CurrentPassword));
        if (request is null)
        {
            return refusal!;
        }
        var begun = await factors.BeginTotpAsync(http.Caller(), values[0], http.Visitor(), request.Key, Endpoints.Bounded);
        if (!begun.IsOk)
        {
            return new Refusal(problems, begun.Error);
        }
        var setup = begun.Value.Value;
        return new Answer<TotpSetupBody>(200, new TotpSetupBody(setup.Secret, setup.Uri, QrCodeOf(setup.Uri)), BodyJson.Default.TotpSetupBody) { IsReplay = begun.Value.IsReplay, IsSecret = true };
    }

    private async Task<IResult> ConfirmTotpAsync(HttpContext http)
    {
        var (request, values, refusal) = await ReadAsync(http, ("code", Field.Code));
        return request is null ? refusal! : Shown(await factors.ConfirmTotpAsync(http.Caller(), values[0], http.Visitor(), request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> BeginEmailAsync(HttpContext http)
    {
        var (request, values, refusal) = await ReadAsync(http, ("current_password", Field.CurrentPassword));
        if (request is null)
        {
            return refusal!;
        }
        var sent = await factors.BeginEmailAsync(http.Caller(), values[0], http.Visitor(), Endpoints.Bounded);
        return sent.IsOk
            ? new Answer<CodeSentBody>(202, new CodeSentBody(sent.Value.MfaToken, sent.Value.ExpiresInSeconds), BodyJson.Default.CodeSentBody) { IsSecret = true }
            : new Refusal(problems, sent.Error);
    }

    private async Task<IResult> ConfirmEmailAsync(HttpContext http)
    {
        var (request, values, refusal) = await ReadAsync(http, ("mfa_token", Field.MfaToken), ("code", Field.Code));
        return request is null ? refusal! : Shown(await factors.ConfirmEmailAsync(http.Caller(), values[0], values[1], http.Visitor(), request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> MakeRecoveryCodesAsync(HttpContext http)
    {
        var (request, values, mfaToken, refusal) = await ReadProofAsync(http);
        return request is null ? refusal! : Shown(await factors.MakeRecoveryCodesAsync(http.Caller(), values[0], values[1], mfaToken, http.Visitor(), request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> RemoveAsync(
        HttpContext http, Func<Caller, string, string, string?, Visitor, Core.Events.IdempotencyKey?, CancellationToken, Task<Result<Answered<bool>>>> removeAsync)
    {
        var (request, values, mfaToken, refusal) = await ReadProofAsync(http);
        if (request is null)
        {
            return refusal!;
        }
        var removed = await removeAsync(http.Caller(), values[0], values[1], mfaToken, http.Visitor(), request.Key, Endpoints.Bounded);
        return removed.IsOk ? new NoContent(removed.Value.IsReplay) : new Refusal(problems, removed.Error);
    }

    /// <summary>The password of the account, and a code of any factor of it.</summary>
    private async Task<(WriteRequest? Request, string[] Values, string? MfaToken, IResult? Refusal)> ReadProofAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return (null, [], null, refusal);
        }
        var (faults, values, mfaToken) = Reading.StringsAndOne(request.Body, ("mfa_token", Field.MfaToken), ("current_password", Field.CurrentPassword), ("code", Field.Code));
        return faults.Count > 0 ? (null, [], null, new Refusal(problems, Error.Invalid(faults))) : (request, values, mfaToken, null);
    }

    private async Task<(WriteRequest? Request, string[] Values, IResult? Refusal)> ReadAsync(HttpContext http, params (string Name, Field Field)[] members)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return (null, [], refusal);
        }
        var (faults, values) = Reading.Strings(request.Body, members);
        return faults.Count == 0 ? (request, values, null) : (null, [], new Refusal(problems, Error.Invalid(faults)));
    }

    private IResult Shown(Result<Answered<IReadOnlyList<string>>> codes) => codes.IsOk
        ? new Answer<RecoveryCodesBody>(200, new RecoveryCodesBody(codes.Value.Value), BodyJson.Default.RecoveryCodesBody) { IsReplay = codes.Value.IsReplay, IsSecret = true }
        : new Refusal(problems, codes.Error);

    private static string QrCodeOf(string uri)
    {
        using var data = QRCodeGenerator.GenerateQrCode(uri, QRCodeGenerator.ECCLevel.M);
        using var code = new PngByteQRCode(data);
        return "data:image/png;base64," + Convert.ToBase64String(code.GetGraphic(PixelsPerModule));
    }
}
