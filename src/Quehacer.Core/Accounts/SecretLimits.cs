using System.Net;
using System.Security.Cryptography;
using System.Text;
using Quehacer.Core.Limiting;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <param name="Failures">With one e-mail from one address, in <paramref name="Window"/>; the same for the codes of one account.</param>
/// <param name="Window">Of the first failures; it doubles when they are used up again and again.</param>
/// <param name="FailuresPerDay">With one e-mail, or codes of one account, over all addresses that it has not signed in from.</param>
public sealed record LoginLimits(int Failures, TimeSpan Window, int FailuresPerDay);

/// <summary>
/// How often a secret of an account may be tried, whether it is a password or a code. An attempt is counted before anything is looked at, the same for
/// those who do not exist. Whoever guesses from elsewhere cannot lock the owner out: an address that the account has signed in from does not share the
/// daily count. Passwords and codes are counted apart, so that nobody uses up the one with the other.
/// </summary>
/// <param name="limits">Null for none.</param>
internal sealed class SecretLimits(Database database, SigningKey key, LoginLimits? limits, TimeProvider time)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly Attempts attempts = new(database, time);

    /// <summary>Counts an attempt at the password of an e-mail; the bound that it met when it is not to be looked at.</summary>
    public Task<(IReadOnlyList<Attempt> Counted, Exhausted? Refused)> CountPasswordAsync(string emailKey, IPAddress? from, CancellationToken cancellation) =>
        CountAsync("login", AttemptKind.LoginFromAddress, AttemptKind.LoginOfEmail, emailKey, emailKey, from, cancellation);

    /// <summary>Counts an attempt at a code.</summary>
    /// <param name="userId">Whose; null where nobody has the e-mail.</param>
    /// <param name="emailKey">Of the e-mail that the account has, or that was named.</param>
    /// <param name="from">Null for whoever sits at the machine.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public Task<(IReadOnlyList<Attempt> Counted, Exhausted? Refused)> CountCodeAsync(Guid? userId, string emailKey, IPAddress? from, CancellationToken cancellation) =>
        CountAsync("code", AttemptKind.CodeFromAddress, AttemptKind.CodeOfAccount, userId is { } id ? $"{id:N}" : emailKey, emailKey, from, cancellation);

    /// <summary>Forgets the attempts at the password of an e-mail that were counted from there.</summary>
    public Task ForgetPasswordsAsync(string emailKey, IPAddress? from, CancellationToken cancellation) =>
        attempts.ForgetAsync(AttemptKind.LoginFromAddress, Hash("login", emailKey, from), cancellation);

    /// <inheritdoc cref="Attempts.GiveBackAsync"/>
    public Task GiveBackAsync(IReadOnlyList<Attempt> counted, bool succeeded, CancellationToken cancellation) => attempts.GiveBackAsync(counted, succeeded, cancellation);

    /// <summary>From now on the account is known there: everything that was asked for has been shown.</summary>
    public async Task RememberDeviceAsync(Account account, IPAddress? from, CancellationToken cancellation)
    {
        await using var command = database.Command("""
            INSERT INTO known_devices (user_id, device, seen_at) VALUES ($1, $2, $3)
            ON CONFLICT (user_id, device) DO UPDATE SET seen_at = excluded.seen_at
            """);
        command.Parameters.With(account.Id).With(DeviceOf(AccountEdit.EmailKey(account.Email), from)).With(time.NowUtc());
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<(IReadOnlyList<Attempt> Counted, Exhausted? Refused)> CountAsync(
        string purpose, AttemptKind fromAddress, AttemptKind overall, string subject, string emailKey, IPAddress? from, CancellationToken cancellation)
    {
        if (limits is null)
        {
            return ([], null);
        }
        var (here, refused) = await attempts.TryAsync(fromAddress, Hash(purpose, subject, from), limits.Failures, limits.Window, grows: true, cancellation);
        if (here is null)
        {
            return ([], refused);
        }
        if (await IsKnownAsync(emailKey, from, cancellation))
        {
            return ([here], null);
        }
        (var anywhere, refused) = await attempts.TryAsync(overall, Hash(purpose, subject), limits.FailuresPerDay, Day, grows: false, cancellation);
        if (anywhere is null)
        {
            await attempts.GiveBackAsync([here], succeeded: false, cancellation);
            return ([], refused);
        }
        return ([here, anywhere], null);
    }

    private async Task<bool> IsKnownAsync(string emailKey, IPAddress? from, CancellationToken cancellation)
    {
        await using var command = database.Command(
            "SELECT EXISTS (SELECT FROM known_devices d JOIN accounts a ON a.user_id = d.user_id WHERE a.email_key = $1 AND d.device = $2 AND d.seen_at > $3)");
        command.Parameters.With(emailKey).With(DeviceOf(emailKey, from)).With(time.NowUtc() - TimeSpan.FromDays(Limits.KnownDeviceDays));
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private byte[] DeviceOf(string emailKey, IPAddress? from) => Hash("device", emailKey, from);

    /// <summary>Keyed, so that who reads the table cannot try e-mails and addresses on it.</summary>
    private byte[] Hash(string purpose, string subject, IPAddress? from) => Hash(purpose, $"{subject}\0{AddressBlock.Of(from):x32}");

    private byte[] Hash(string purpose, string text) => HMACSHA256.HashData(key.ForAttempts, Encoding.UTF8.GetBytes($"{purpose}\0{text}"));
}
