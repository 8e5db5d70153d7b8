using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Leaving over v1: taking along everything of one's own, having the account deleted, and having it stay after all.</summary>
internal sealed class LeavingEndpoints(AccountDeletions deletions, AccountExport export, Problems problems, WriteDemands demands, RateLimit exportLimit)
{
    /// <summary>More than any code of ours has: where the account has no second factor, nobody else looks at it.</summary>
    private const int CodeCharacters = 64;

    private const int TokenCharacters = 255;

    public void MapAnonymous(IEndpointRouteBuilder routes) => routes.Post("/auth/restore-account", RestoreAsync);

    public void MapForCaller(IEndpointRouteBuilder routes)
    {
        routes.Delete("/me", DeleteAsync);
        routes.Get("/me/export", ExportAsync).WithMetadata(AnswersIn.Zip, exportLimit);
    }

    private async Task<IResult> DeleteAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, keyRequired: false, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, values) = Reading.StringsAndMore(request.Body, [("code", Field.Code), ("mfa_token", Field.MfaToken)], ("current_password", Field.CurrentPassword));
        RefuseLong(values[1], Field.Code, CodeCharacters, faults);
        RefuseLong(values[2], Field.MfaToken, TokenCharacters, faults);
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        var asked = await deletions.AskAsync(
            http.Caller(), values[0], values[1], values[2], request.Precondition(default, isDemanded: false), http.Visitor(), request.Key, Endpoints.Bounded);
        return asked.IsOk
            ? new Answer<AccountDeletionBody>(202, new AccountDeletionBody(asked.Value.Value), BodyJson.Default.AccountDeletionBody) { IsReplay = asked.Value.IsReplay, IsSecret = true }
            : new Refusal(problems, asked.Error);
    }

    /// <summary>With the token of the letter alone, or with what a login wants.</summary>
    private async Task<IResult> RestoreAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        (string Name, Field Field)[] ofLogin = [("email", Field.Email), ("password", Field.Password), ("code", Field.Code), ("mfa_token", Field.MfaToken)];
        var (faults, values) = Reading.StringsAndMore(request.Body, [.. ofLogin, ("token", Field.Token)]);
        if (faults.Count == 0 && values[^1] is not null)
        {
            faults.AddRange(ofLogin.Where((_, i) => values[i] is not null).Select(member => new FieldError(member.Field, FieldFault.Contradiction, Name: "token")));
        }
        else if (faults.Count == 0)
        {
            faults.AddRange(ofLogin[..2].Where((_, i) => values[i] is null).Select(member => new FieldError(member.Field, FieldFault.Required)));
        }
        if (faults.Count == 0 && values[0] is not null && !Text.IsStorable(values[0]))
        {
            faults.Add(new FieldError(Field.Email, FieldFault.NotText));
        }
        if (faults.Count > 0)
        {
            return new Refusal(problems, Error.Invalid(faults));
        }
        var undone = values[^1] is { } token
            ? await deletions.UndoAsync(token, http.Visitor(), request.Key, Endpoints.Bounded)
            : await deletions.UndoAsync(Text.NormaliseName(values[0]), values[1], values[2], values[3], http.Visitor(), request.Key, Endpoints.Bounded);
        return undone.IsOk ? new NoContent(undone.Value.IsReplay) : new Refusal(problems, undone.Error);
    }

    private static void RefuseLong(string? value, Field field, int most, List<FieldError> faults)
    {
        if (value?.Length > most)
        {
            faults.Add(new FieldError(field, FieldFault.TooLong, most));
        }
    }

    private async Task<IResult> ExportAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        var begun = await export.BeginAsync(http.Caller(), Endpoints.Bounded);
        return begun.IsOk ? begun.Value : new Refusal(problems, begun.Error);
    }
}
