using System.Net;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Quehacer.Core.Limiting;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>By what a code shows who somebody is, beside the password.</summary>
public enum CodeMethod
{
    /// <summary>An authenticator.</summary>
    Totp,

    /// <summary>A letter to the e-mail of the account.</summary>
    Email,

    /// <summary>One of the recovery codes.</summary>
    RecoveryCode,
}

/// <summary>Against what a code is held.</summary>
/// <param name="UserId">Whose code it has to be; null where nobody has the e-mail, and no code is right.</param>
/// <param name="Email">Of the account, or as it was named.</param>
/// <param name="Credentials">Of the account, as they were shown.</param>
/// <param name="Mailed">The secret whose code was sent; null where none is taken.</param>
/// <param name="TakesFactors">Codes of authenticators and recovery codes are taken.</param>
internal sealed record CodeLock(Guid? UserId, string Email, int Credentials, (SecretPurpose Purpose, Guid SecretId)? Mailed, bool TakesFactors);

/// <summary>A code that is right, and is used up by nobody yet.</summary>
/// <param name="Account">Whose it is.</param>
/// <param name="Counted">The attempt, to be given back once it has led to something.</param>
/// <param name="ConsumeAsync">
/// Uses it up in the transaction of the connection, whose first lock is that of the account's row; false when somebody else already has.
/// </param>
internal sealed record RightCode(Account Account, CodeMethod Method, IReadOnlyList<Attempt> Counted, Func<NpgsqlConnection, Task<bool>> ConsumeAsync);

/// <summary>
/// The one place where a one-time code is held against an account, so that there is no way round its <see cref="SecretLimits"/>. The attempt is counted,
/// and committed, before the code is looked at.
/// </summary>
internal sealed class CodeCheck(
    Database database, OneTimeSecrets secrets, TotpSecrets totpSecrets, SecretLimits limits, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <summary>Locks the account's row in front of whatever else a step locks, so that no two steps wait for each other.</summary>
    private const string LockAccount = "SELECT credentials = $2 FROM accounts WHERE user_id = $1 FOR NO KEY UPDATE";

    /// <summary>The code, if it is right; refused when it is not, or when there were too many failures.</summary>
    public async Task<Result<RightCode>> VerifyAsync(CodeLock held, string code, Visitor visitor, CancellationToken cancellation)
    {
        var (counted, refused) = await limits.CountCodeAsync(held.UserId, AccountEdit.EmailKey(held.Email), visitor.Address, cancellation);
        if (refused is not null)
        {
            report(SecurityEvent.SecondFactorLimited, held.UserId, visitor.Address);
            return new Error(ErrorCode.TooManyAttempts) { Exhausted = refused };
        }
        if (await FindAsync(held.UserId ?? Guid.Empty, held.Credentials, cancellation) is var (account, sealedSecret) && Look() is { } found)
        {
            return found;
        }
        // Recovery codes are looked up where there is nobody as well.
        if (held.TakesFactors && RecoveryCodes.HashOf(code) is { } hash && await RecoveryCodes.IsLeftAsync(database, held.UserId ?? Guid.Empty, hash, cancellation)
            && await FindAsync(held.UserId ?? Guid.Empty, held.Credentials, cancellation) is var (owner, _))
        {
            var now = time.NowUtc();
            return new RightCode(
                owner with { Version = owner.Version + 1, UpdatedAt = now > owner.UpdatedAt ? now : owner.UpdatedAt }, CodeMethod.RecoveryCode, counted,
                connection => UseRecoveryCodeAsync(connection, owner, hash, visitor, now));
        }
        report(SecurityEvent.SecondFactorFailed, held.UserId, visitor.Address);
        return ErrorCode.CodeWrong;

        RightCode? Look()
        {
            var now = time.NowUtc();
            var digits = string.Concat(code.Where(character => character is not (' ' or '-')));
            if (held.Mailed is var (purpose, secretId)
                && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(digits), Encoding.ASCII.GetBytes(secrets.CodeOf(purpose, secretId))))
            {
                return new RightCode(account, CodeMethod.Email, counted, connection => HoldsAsync(connection, account));
            }
            if (held.TakesFactors && account.HasTotp && sealedSecret is not null && totpSecrets.Open(account.Id, sealedSecret) is { } secret && Totp.Find(secret, digits, now) is { } step)
            {
                // Sealed anew, so that the signing key before can be forgotten one day.
                return new RightCode(account, CodeMethod.Totp, counted, connection => UseStepAsync(connection, account, sealedSecret, totpSecrets.Close(account.Id, secret), step));
            }
            return null;
        }
    }

    /// <summary>Gives the attempt back, and tells of a recovery code: the code has led to something.</summary>
    /// <param name="right">The code.</param>
    /// <param name="from">From where it came.</param>
    /// <param name="hasShownAll">Nothing else was wanted: the account is known there from now on.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task SucceededAsync(RightCode right, IPAddress? from, bool hasShownAll, CancellationToken cancellation)
    {
        await limits.GiveBackAsync(right.Counted, succeeded: true, cancellation);
        if (hasShownAll)
        {
            await limits.RememberDeviceAsync(right.Account, from, cancellation);
        }
        if (right.Method == CodeMethod.RecoveryCode)
        {
            report(SecurityEvent.RecoveryCodeUsed, right.Account.Id, from);
        }
    }

    /// <summary>A step of an authenticator is taken once, and none that is older than one that was taken.</summary>
    private static async Task<bool> UseStepAsync(NpgsqlConnection connection, Account account, string seen, string anew, long step) => await connection.ExecuteAsync(
        "UPDATE accounts SET totp_step = $4, totp_secret = $5 WHERE user_id = $1 AND credentials = $2 AND totp_secret = $3 AND totp_confirmed_at IS NOT NULL AND totp_step < $4",
        parameters => parameters.With(account.Id).With(account.Credentials).With(seen).With(step).With(anew)) == 1;

    /// <summary>How many are left is shown, so it is a change of the account.</summary>
    private static async Task<bool> UseRecoveryCodeAsync(NpgsqlConnection connection, Account account, byte[] hash, Visitor visitor, DateTime now)
    {
        if (await connection.ExecuteAsync(
                "UPDATE accounts SET version = version + 1, updated_at = greatest(updated_at, $3) WHERE user_id = $1 AND credentials = $2",
                parameters => parameters.With(account.Id).With(account.Credentials).With(now)) != 1
            || !await RecoveryCodes.TryUseAsync(connection, account.Id, hash, now))
        {
            return false;
        }
        await connection.RecordAsync(account.Id, "account.recovery_code_used", now, visitor.RequestId);
        var left = await RecoveryCodes.LeftAsync(connection, account.Id);
        await Outbox.AddAsync(
            connection,
            new Letter(Ids.New(now), MailKind.RecoveryCodeUsed, account.Email, visitor.Language, account.Id, left.ToString(System.Globalization.CultureInfo.InvariantCulture)) { Address = visitor.Address },
            now, NoticesUsefulFor);
        return true;
    }

    /// <summary>A notice is worth reading for days.</summary>
    internal static readonly TimeSpan NoticesUsefulFor = TimeSpan.FromDays(3);

    private static async Task<bool> HoldsAsync(NpgsqlConnection connection, Account account)
    {
        await using var command = new NpgsqlCommand(LockAccount, connection);
        command.Parameters.With(account.Id).With(account.Credentials);
        return await command.ExecuteScalarAsync(CancellationToken.None) is true;
    }

    private async Task<(Account Account, string? TotpSecret)?> FindAsync(Guid userId, int credentials, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT {AccountStore.Columns}, a.totp_secret FROM accounts a WHERE a.user_id = $1 AND a.credentials = $2");
        command.Parameters.With(userId).With(credentials);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? (AccountStore.Read(reader), reader.IsDBNull(AccountStore.ColumnCount) ? null : reader.GetString(AccountStore.ColumnCount))
            : null;
    }
}
