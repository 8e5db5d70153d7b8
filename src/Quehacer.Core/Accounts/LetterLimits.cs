using System.Security.Cryptography;
using System.Text;
using Quehacer.Core.Limiting;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <param name="PasswordResetsPerHour">For one e-mail, from wherever they are asked for.</param>
/// <param name="Letters">Other letters for one e-mail, or that one account has sent, in <see cref="Limits.LetterWindowMinutes"/>.</param>
/// <param name="InvitationsPerHour">Into workspaces, that one account sends out.</param>
public sealed record LetterLimits(int PasswordResetsPerHour, int Letters, int InvitationsPerHour = 50);

/// <summary>
/// Counts the letters that are asked for, before anybody is looked up, so that nobody's mailbox is filled by way of this server and a refusal tells nothing
/// about who exists.
/// </summary>
/// <param name="limits">Null for none.</param>
internal sealed class LetterCount(Database database, SigningKey key, LetterLimits? limits, TimeProvider time)
{
    private readonly Attempts attempts = new(database, time);

    /// <summary>Counts a password reset of one e-mail; the refusal where there were too many.</summary>
    public Task<Error?> CountResetAsync(string email, CancellationToken cancellation) =>
        CountAsync(AttemptKind.PasswordReset, $"reset\0{AccountEdit.EmailKey(email)}", limits?.PasswordResetsPerHour, TimeSpan.FromHours(1), cancellation);

    /// <summary>Counts a letter to one e-mail; the refusal where there were too many.</summary>
    public Task<Error?> CountLetterAsync(string email, CancellationToken cancellation) => CountLetterOfAsync($"letter\0{AccountEdit.EmailKey(email)}", cancellation);

    /// <summary>Counts a letter that an account has sent, to whomever; the refusal where there were too many.</summary>
    public Task<Error?> CountLetterAsync(Guid userId, CancellationToken cancellation) => CountLetterOfAsync($"own letter\0{userId:N}", cancellation);

    /// <summary>Counts an invitation that an account sends; the refusal where there were too many.</summary>
    public Task<Error?> CountInvitationAsync(Guid userId, CancellationToken cancellation) =>
        CountAsync(AttemptKind.Invitation, $"invitation\0{userId:N}", limits?.InvitationsPerHour, TimeSpan.FromHours(1), cancellation);

    private Task<Error?> CountLetterOfAsync(string text, CancellationToken cancellation) =>
        CountAsync(AttemptKind.Letter, text, limits?.Letters, TimeSpan.FromMinutes(Limits.LetterWindowMinutes), cancellation);

    /// <param name="kind">What is counted.</param>
    /// <param name="text">For whom; kept as a keyed hash, so that who reads the table cannot try e-mails on it.</param>
    /// <param name="quota">Null for none.</param>
    /// <param name="window">In which.</param>
    /// <param name="cancellation">Of the statements.</param>
    private async Task<Error?> CountAsync(AttemptKind kind, string text, int? quota, TimeSpan window, CancellationToken cancellation)
    {
        if (quota is not { } most)
        {
            return null;
        }
        var (_, exhausted) = await attempts.TryAsync(kind, HMACSHA256.HashData(key.ForAttempts, Encoding.UTF8.GetBytes(text)), most, window, grows: false, cancellation);
        return exhausted is null ? null : new Error(ErrorCode.TooManyAttempts) { Exhausted = exhausted };
    }
}
