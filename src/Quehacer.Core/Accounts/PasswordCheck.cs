using System.Net;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>
/// The one place where a password is held against an account, so that there is no way round its <see cref="SecretLimits"/>. Success gives its count
/// back.
/// </summary>
public sealed class PasswordCheck
{
    private const string BelongToNoAccount = "";

    private readonly Database database;
    private readonly Passwords passwords;
    private readonly SecretLimits limits;
    private readonly Action<SecurityEvent, Guid?, IPAddress?> report;

    internal PasswordCheck(Database database, Passwords passwords, SecretLimits limits, Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        this.database = database;
        this.passwords = passwords;
        this.limits = limits;
        this.report = report;
    }

    /// <summary>
    /// Lets whoever has just set the password with a letter's token sign in from where they are: the failures that were counted there were theirs, or are nothing
    /// to them, and a stranger's guesses elsewhere do not keep them waiting.
    /// </summary>
    internal async Task ForgiveAsync(Account account, IPAddress? from, CancellationToken cancellation)
    {
        await limits.ForgetPasswordsAsync(AccountEdit.EmailKey(account.Email), from, cancellation);
        if (!account.HasSecondFactor)
        {
            await limits.RememberDeviceAsync(account, from, cancellation);
        }
    }

    /// <summary>The account that the two belong to; refused when there is none, when it is suspended, or when there were too many failures.</summary>
    /// <param name="email">As it was typed.</param>
    /// <param name="password">As it was typed.</param>
    /// <param name="from">Null for whoever sits at the machine.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<Result<Account>> VerifyAsync(string email, string password, IPAddress? from, CancellationToken cancellation)
    {
        var (counted, refused) = await limits.CountPasswordAsync(AccountEdit.EmailKey(email), from, cancellation);
        if (refused is not null)
        {
            report(SecurityEvent.LoginLimited, null, from);
            return new Error(ErrorCode.TooManyAttempts) { Exhausted = refused };
        }
        var found = Text.IsStorable(password) ? await AccountStore.FindByEmailAsync(database, email, cancellation) : null;
        switch (await passwords.VerifyAsync(found?.PasswordHash, Text.IsStorable(password) ? password : BelongToNoAccount, cancellation))
        {
            case null:
                // The password has not been looked at.
                await limits.GiveBackAsync(counted, succeeded: false, cancellation);
                return ErrorCode.Busy;
            case false:
                report(SecurityEvent.LoginFailed, found?.Account.Id, from);
                return ErrorCode.WrongCredentials;
            case true:
                var account = found!.Value.Account;
                await limits.GiveBackAsync(counted, succeeded: true, cancellation);
                if (account.SuspendedAt is not null)
                {
                    // Told to whoever has the password, and to nobody else: it says that there is the account.
                    report(SecurityEvent.LoginSuspended, account.Id, from);
                    return ErrorCode.AccountSuspended;
                }
                if (!account.HasSecondFactor)
                {
                    // Who has the password alone is not known yet, where more is wanted: a thief of it would get out of the daily count.
                    await limits.RememberDeviceAsync(account, from, cancellation);
                }
                return account;
        }
    }
}
