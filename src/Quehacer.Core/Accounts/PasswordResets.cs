using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>
/// Another password for whoever has lost theirs, by a letter to the e-mail of the account.
/// </summary>
public sealed class PasswordResets(Database database, OneTimeSecrets secrets, TimeProvider time)
{
    /// <summary>
    /// Makes the secret of a letter of <see cref="MailKind.PasswordReset"/>, just before it is sent: the request itself looks nobody up, so that it does
    /// the same whoever is named. Done again for the same letter, it changes nothing.
    /// </summary>
    /// <returns>
    /// Whose the e-mail is; null when it is nobody's, and then nothing is to be sent. The letter goes to the account's own e-mail and not to the one that
    /// was typed: these two may differ, although they count as equal, and only the former is its owner's for sure.
    /// </returns>
    public async Task<Account?> PrepareAsync(Letter letter, CancellationToken cancellation)
    {
        if (await AccountStore.FindByEmailAsync(database, letter.Recipient, cancellation) is not var (account, _))
        {
            return null;
        }
        await using var command = database.Command(OneTimeSecrets.Insert);
        secrets.ParametersOf(
            command.Parameters, SecretPurpose.PasswordReset, letter.Id, account.Id, account.Credentials, account.Email, time.NowUtc() + TimeSpan.FromMinutes(Limits.LinkMinutes));
        await command.ExecuteNonQueryAsync(cancellation);
        return account;
    }
}
