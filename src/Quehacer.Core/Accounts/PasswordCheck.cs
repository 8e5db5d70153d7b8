using System.Net;
using System.Security.Cryptography;
using System.Text;
using Quehacer.Core.Limiting;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <param name="Failures">With one e-mail from one address, in <paramref name="Window"/>.</param>
/// <param name="FailuresPerDay">With one e-mail over all addresses that it has not signed in from.</param>
public sealed record LoginLimits(int Failures, TimeSpan Window, int FailuresPerDay);

/// <summary>
/// The one place where a password is held against an account, so that there is no way round the limits. An attempt is counted before anything
/// is looked at, the same for e-mails that nobody has; success gives its count back. Whoever guesses from elsewhere cannot lock the owner out:
/// an address that the account has signed in from does not share the daily count.
/// </summary>
/// <param name="limits">Null for none.</param>
public sealed class PasswordCheck(
    Database database, Passwords passwords, SigningKey key, LoginLimits? limits, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    private const string BelongToNoAccount = "";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly Attempts attempts = new(database, time);

    /// <summary>The account that the two belong to; refused when there is none, or when there were too many failures.</summary>
    /// <param name="from">Null for whoever sits at the machine.</param>
    public async Task<Result<Account>> VerifyAsync(string email, string password, IPAddress? from, CancellationToken cancellation)
    {
        var emailKey = AccountEdit.EmailKey(email);
        var device = Hash("device", emailKey, from);
        var (counted, refused) = limits is null ? ([], null) : await CountAsync(limits, emailKey, device, from, cancellation);
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
                await attempts.GiveBackAsync(counted, cancellation);
                return ErrorCode.Busy;
            case false:
                report(SecurityEvent.LoginFailed, found?.Account.Id, from);
                return ErrorCode.WrongCredentials;
            case true:
                await attempts.GiveBackAsync(counted, cancellation);
                await RememberAsync(found!.Value.Account.Id, device, cancellation);
                return found.Value.Account;
        }
    }

    private async Task<(List<Attempt> Counted, Exhausted? Refused)> CountAsync(
        LoginLimits limits, string emailKey, byte[] device, IPAddress? from, CancellationToken cancellation)
    {
        var (here, refused) = await attempts.TryAsync(AttemptKind.LoginFromAddress, Hash("login", emailKey, from), limits.Failures, limits.Window, cancellation);
        if (here is null)
        {
            return ([], refused);
        }
        if (await IsKnownAsync(emailKey, device, cancellation))
        {
            return ([here], null);
        }
        (var anywhere, refused) = await attempts.TryAsync(AttemptKind.LoginOfEmail, Hash("login", emailKey), limits.FailuresPerDay, Day, cancellation);
        if (anywhere is null)
        {
            await attempts.GiveBackAsync([here], cancellation);
            return ([], refused);
        }
        return ([here, anywhere], null);
    }

    private async Task<bool> IsKnownAsync(string emailKey, byte[] device, CancellationToken cancellation)
    {
        await using var command = database.Command(
            "SELECT EXISTS (SELECT FROM known_devices d JOIN accounts a ON a.user_id = d.user_id WHERE a.email_key = $1 AND d.device = $2 AND d.seen_at > $3)");
        command.Parameters.With(emailKey).With(device).With(time.NowUtc() - TimeSpan.FromDays(Limits.KnownDeviceDays));
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private async Task RememberAsync(Guid userId, byte[] device, CancellationToken cancellation)
    {
        await using var command = database.Command("""
            INSERT INTO known_devices (user_id, device, seen_at) VALUES ($1, $2, $3)
            ON CONFLICT (user_id, device) DO UPDATE SET seen_at = excluded.seen_at
            """);
        command.Parameters.With(userId).With(device).With(time.NowUtc());
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Keyed, so that who reads the table cannot try e-mails and addresses on it.</summary>
    private byte[] Hash(string purpose, string emailKey, IPAddress? from) => Hash(purpose, $"{emailKey}\0{AddressBlock.Of(from):x32}");

    private byte[] Hash(string purpose, string text) => HMACSHA256.HashData(key.ForAttempts, Encoding.UTF8.GetBytes($"{purpose}\0{text}"));
}
