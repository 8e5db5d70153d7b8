using System.Net;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>
/// What the token of a letter is good for, done once: of any number of uses at once, the one that consumes the token does it, and whoever repeats that request
/// under its key is told the same again.
/// </summary>
internal sealed class Confirmations(Database database, Outbox outbox, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <param name="purpose">What the token must have been made for.</param>
    /// <param name="token">As it was sent.</param>
    /// <param name="visitor">Who asks.</param>
    /// <param name="key">Null without one.</param>
    /// <param name="doneAs">What is reported when it is done.</param>
    /// <param name="decideAsync">
    /// What is done in the transaction that has consumed the token, on the account whose credentials are those that the token was made for; false when
    /// these have changed meanwhile.
    /// </param>
    /// <param name="cancellation">Of what is read; what is written is finished.</param>
    /// <returns>The account as it was before.</returns>
    public async Task<Result<Answered<Account>>> ConfirmAsync(
        SecretPurpose purpose, string token, Visitor visitor, IdempotencyKey? key, SecurityEvent doneAs,
        Func<NpgsqlConnection, OneTimeSecret, Account, DateTime, Task<bool>> decideAsync, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        if (await OneTimeSecrets.FindAsync(database, purpose, token, now, cancellation) is { } secret
            && await AccountStore.FindAsync(database, secret.UserId, cancellation) is { } account)
        {
            var outcome = await AccountStep.RunAsync(
                database, account.WorkspaceId, account.Id, key, OneTimeSecrets.Remember(secret.Id), now,
                async connection =>
                    await connection.ExecuteAsync(
                        OneTimeSecrets.Consume, parameters => parameters.With(secret.Id).With((short)purpose).With(OneTimeSecrets.Hash(token)).With(now)) == 1
                    && await decideAsync(connection, secret, account, now));
            switch (outcome)
            {
                case StepOutcome.Done:
                    outbox.Ring();
                    report(doneAs, account.Id, visitor.Address);
                    return new Answered<Account>(account, IsReplay: false);
                case StepOutcome.KeyInFlight:
                    return ErrorCode.IdempotencyInFlight;
            }
        }
        if (await OneTimeSecrets.RecallAsync(database, purpose, token, key, cancellation) is { } recalled)
        {
            return recalled.IsOk ? new Answered<Account>(recalled.Value, IsReplay: true) : recalled.Error;
        }
        report(SecurityEvent.OneTimeTokenRefused, null, visitor.Address);
        return ErrorCode.OneTimeTokenInvalid;
    }

    /// <summary>Tells an owner what was done to the account, in the transaction that does it.</summary>
    public static Task TellAsync(NpgsqlConnection connection, MailKind kind, Account owner, string? detail, Visitor visitor, DateTime now) =>
        Outbox.AddAsync(connection, new Letter(Ids.New(now), kind, owner.Email, visitor.Language, owner.Id, detail) { Address = visitor.Address }, now, TimeSpan.FromHours(Limits.NoticeHours));
}
