using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Passwords and e-mails over v1: set anew by a letter, changed by whoever knows the password, verified.</summary>
internal sealed class RecoveryEndpoints(PasswordResets resets, EmailChanges emails, Problems problems, WriteDemands demands)
{
    public void MapAnonymous(IEndpointRouteBuilder routes)
    {
        routes.Post("/auth/password-reset", AskForResetAsync);
        routes.Post("/auth/password-reset/confirm", ConfirmResetAsync);
        routes.Post("/auth/email-change/confirm", ConfirmEmailAsync);
        routes.Post("/auth/verify-email", VerifyAsync);
        routes.Post("/auth/verify-email/resend", AskForVerificationAsync);
    }

    public void MapForCaller(IEndpointRouteBuilder routes)
    {
        routes.Post("/me/password", ChangePasswordAsync);
        routes.Post("/me/email", AskForEmailAsync);
    }

    /// <summary>A repeat has another letter sent, with or without a key: nobody can be told from it whether there was a first.</summary>
    private Task<IResult> AskForResetAsync(HttpContext http) => AnswerAsync(http, [("email", Field.Email)], async (values, _) =>
        Accepted(await resets.AskAsync(Text.NormaliseName(values[0]), http.Visitor(), Endpoints.Bounded)));

    private Task<IResult> ConfirmResetAsync(HttpContext http) => AnswerAsync(http, [("token", Field.Token), ("password", Field.Password)], async (values, request) =>
        NoContent(await resets.ConfirmAsync(values[0], values[1], http.Visitor(), request.Key, Endpoints.Bounded)));

    private Task<IResult> ConfirmEmailAsync(HttpContext http) => AnswerAsync(http, [("token", Field.Token)], async (values, request) =>
        NoContent(await emails.ConfirmAsync(values[0], http.Visitor(), request.Key, Endpoints.Bounded)));

    private Task<IResult> VerifyAsync(HttpContext http) => AnswerAsync(http, [("token", Field.Token)], async (values, request) =>
        NoContent(await emails.VerifyAsync(values[0], http.Visitor(), request.Key, Endpoints.Bounded)));

    private Task<IResult> AskForVerificationAsync(HttpContext http) => AnswerAsync(http, [("email", Field.Email)], async (values, _) =>
        Accepted(await emails.AskForVerificationAsync(Text.NormaliseName(values[0]), http.Visitor(), Endpoints.Bounded)));

    private Task<IResult> ChangePasswordAsync(HttpContext http) =>
        AnswerAsync(http, [("current_password", Field.CurrentPassword), ("password", Field.Password)], async (values, request) =>
            NoContent(await resets.ChangeAsync(http.Caller(), values[0], values[1], http.Visitor(), request.Key, Endpoints.Bounded)));

    private Task<IResult> AskForEmailAsync(HttpContext http) =>
        AnswerAsync(http, [("current_password", Field.CurrentPassword), ("email", Field.Email)], async (values, request) =>
        {
            var asked = await emails.AskAsync(http.Caller(), values[0], Text.NormaliseName(values[1]), http.Visitor(), request.Key, Endpoints.Bounded);
            return asked.IsOk ? new Accepted(asked.Value.IsReplay) : new Refusal(problems, asked.Error);
        });

    /// <param name="http">The request.</param>
    /// <param name="members">The members that its body must have, and no others.</param>
    /// <param name="answerAsync">Given their values, as they came.</param>
    private async Task<IResult> AnswerAsync(HttpContext http, (string Name, Field Field)[] members, Func<string[], WriteRequest, Task<IResult>> answerAsync)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, identity: WriteRequest.WithoutPassword);
        if (request is null)
        {
            return refusal!;
        }
        var (faults, values) = Reading.Strings(request.Body, members);
        // What cannot be stored cannot be normalised either; a password says that of itself.
        for (var i = 0; faults.Count == 0 && i < members.Length; i++)
        {
            if (members[i].Field == Field.Email && !Text.IsStorable(values[i]))
            {
                faults.Add(new FieldError(Field.Email, FieldFault.NotText));
            }
        }
        return faults.Count > 0 ? new Refusal(problems, Error.Invalid(faults)) : await answerAsync(values, request);
    }

    private IResult Accepted(Error? refused) => refused is null ? new Accepted(isReplay: false) : new Refusal(problems, refused);

    private IResult NoContent(Result<Answered<bool>> done) => done.IsOk ? new NoContent(done.Value.IsReplay) : new Refusal(problems, done.Error);
}
