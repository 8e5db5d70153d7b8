using System.Net;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Mail;

/// <summary>A letter as it goes out, with the secret that it carries.</summary>
/// <param name="Letter">What it says, and to whom.</param>
/// <param name="Token">For the link in it; null where there is none.</param>
/// <param name="Code">For people to type; null where there is none.</param>
/// <param name="GoodUntil">When token and code end; null where there are none.</param>
public sealed record OutgoingLetter(Letter Letter, string? Token, string? Code, DateTime? GoodUntil);

/// <summary>What a way of sending did with a letter. It throws where another try may go better.</summary>
public enum Delivery
{
    /// <summary>Whoever carries it on has taken it.</summary>
    Sent,

    /// <summary>No mail can be sent to this recipient, however often it is tried.</summary>
    Impossible,
}

/// <summary>What the operator hears of the sender.</summary>
public enum MailOutcome
{
    Sent,

    /// <summary>It was not sent, and will be tried again.</summary>
    Failed,

    /// <summary>It was given up: when the next try would come, it is of no use any more.</summary>
    Expired,

    /// <summary>It was given up: nothing can be sent to its recipient.</summary>
    Impossible,

    /// <summary>The outbox cannot be read. Said once, until it can be again.</summary>
    Unreadable,
}

/// <param name="LetterId">Null where no letter was in hand.</param>
/// <param name="Kind">Null where no letter was in hand.</param>
/// <param name="Tries">How often it has been tried, this time included.</param>
/// <param name="NextTry">When it is tried again; null where it is not.</param>
/// <param name="Reason">Why it failed; null where nothing did.</param>
public sealed record MailReport(MailOutcome Outcome, Guid? LetterId, MailKind? Kind, int Tries, DateTime? NextTry, Exception? Reason);

/// <summary>
/// Sends the letters of the <see cref="Outbox"/>, one after the other: it takes one that is due by moving <c>due_at</c> away (a lease, in a statement of
/// its own), sends it with no transaction open, and deletes it. So servers share the work, and a letter is sent once where nothing fails; a server that dies
/// between sending and deleting has it sent again when its lease runs out, for a letter that comes twice is better than one that never comes.
/// </summary>
/// <param name="send">Carries a letter on; it ends within <see cref="Limits.MailSeconds"/>.</param>
/// <param name="report">Told of whatever comes of a letter; never given a token, a code or an address.</param>
public sealed class MailSender(
    Database database, OneTimeSecrets secrets, PasswordResets resets, Outbox outbox, TimeProvider time, Func<OutgoingLetter, Task<Delivery>> send, Action<MailReport> report)
{
    /// <summary>Longer than a letter is ever in hand.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(4 * Limits.MailSeconds);

    /// <summary>What has been sent and could not be deleted: that comes first, when the database is back.</summary>
    private Guid? sent;

    private sealed record Taken(Letter Letter, int Tries, DateTime LeasedUntil, DateTime ExpiresAt);

    /// <summary>Sends what is due until cancelled, and finishes the letter in hand then.</summary>
    /// <param name="poll">How often to look for letters that nobody has rung for: those of other servers, and those whose time for another try has come.</param>
    public async Task RunAsync(TimeSpan poll, CancellationToken cancellation)
    {
        var isReadable = true;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                while (!cancellation.IsCancellationRequested && await SendNextAsync())
                {
                    isReadable = true;
                }
                isReadable = true;
            }
            catch (Exception exception)
            {
                if (isReadable)
                {
                    report(new MailReport(MailOutcome.Unreadable, LetterId: null, Kind: null, Tries: 0, NextTry: null, exception));
                }
                isReadable = false;
            }
            try
            {
                await outbox.WaitAsync(poll, cancellation);
            }
            catch (OperationCanceledException)
            {
                // The server is stopping.
            }
        }
    }

    /// <summary>Deals with one letter that is due; false when there is none.</summary>
    public async Task<bool> SendNextAsync()
    {
        if (sent is { } last)
        {
            await DeleteAsync(last);
            sent = null;
        }
        var now = time.NowUtc();
        if (await TakeAsync(now) is not { } taken)
        {
            return false;
        }
        var letter = taken.Letter;
        if (taken.ExpiresAt <= now)
        {
            await GiveUpAsync(taken, reason: null);
            return true;
        }
        Delivery? delivery;
        try
        {
            // Where nobody has the e-mail, or what the letter would open is open no more, there is nothing to send.
            delivery = await PrepareAsync(letter, now) is { } outgoing ? await send(outgoing) : null;
        }
        catch (Exception exception)
        {
            await FailAsync(taken, exception);
            return true;
        }
        sent = letter.Id;
        await DeleteAsync(letter.Id);
        sent = null;
        if (delivery is not null)
        {
            report(new MailReport(delivery == Delivery.Sent ? MailOutcome.Sent : MailOutcome.Impossible, letter.Id, letter.Kind, taken.Tries, NextTry: null, Reason: null));
        }
        return true;
    }

    /// <summary>How long after a try the next one comes: five seconds, and twice as long each time, up to an hour.</summary>
    /// <param name="tries">How often it has been tried: 1 or more.</param>
    internal static TimeSpan DelayAfter(int tries) => TimeSpan.FromSeconds(Math.Min(Limits.MailRetrySecondsMost, Limits.MailRetrySeconds * Math.Pow(2, Math.Min(tries, 30) - 1)));

    /// <summary>The try is counted here, so that a letter that brings a server down is not the first one again after every start.</summary>
    private async Task<Taken?> TakeAsync(DateTime now)
    {
        await using var command = database.Command("""
            UPDATE mails SET due_at = $2, tries = tries + 1
             WHERE mail_id = (SELECT mail_id FROM mails WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING mail_id, kind, recipient, language, user_id, detail, address, tries, expires_at
            """);
        command.Parameters.With(now).With(now + Lease);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(CancellationToken.None))
        {
            return null;
        }
        var letter = new Letter(
            reader.GetGuid(0), (MailKind)reader.GetInt16(1), reader.GetString(2), (Language)reader.GetInt16(3),
            reader.IsDBNull(4) ? null : reader.GetGuid(4), reader.IsDBNull(5) ? null : reader.GetString(5))
        {
            Address = reader.IsDBNull(6) ? null : IPAddress.Parse(reader.GetString(6)),
        };
        return new Taken(letter, reader.GetInt16(7), now + Lease, reader.GetDateTime(8));
    }

    /// <summary>
    /// The letter with its secret, which is derived only now; null when it is of no use. It goes to the account's e-mail as the account has it: what was
    /// asked with may be equal to it only as <see cref="Account.EmailKey"/> has it, and be somebody else's mailbox.
    /// </summary>
    private async Task<OutgoingLetter?> PrepareAsync(Letter letter, DateTime now)
    {
        if (PurposeOf(letter.Kind) is not { } purpose)
        {
            return new OutgoingLetter(letter, Token: null, Code: null, GoodUntil: null);
        }
        if (letter.Kind == MailKind.WorkspaceInvitation)
        {
            return await InvitationTable.FindForLetterAsync(database, letter.Id, now) is var (detail, goodUntil)
                ? new OutgoingLetter(letter with { Detail = detail }, secrets.TokenOf(purpose, letter.Id), Code: null, goodUntil)
                : null;
        }
        if (letter.Kind == MailKind.PasswordReset && await resets.PrepareAsync(letter, CancellationToken.None) is null)
        {
            return null;
        }
        await using var command = database.Command("""
            SELECT o.expires_at, o.user_id, a.email FROM one_time_secrets o JOIN accounts a ON a.user_id = o.user_id AND a.credentials = o.credentials
             WHERE o.secret_id = $1 AND o.purpose = $2 AND o.used_at IS NULL AND o.expires_at > $3
            """);
        command.Parameters.With(letter.Id).With((short)purpose).With(now);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(CancellationToken.None))
        {
            return null;
        }
        var isCode = letter.Kind is MailKind.SecondFactorCode or MailKind.LoginCode or MailKind.EmailFactorCode;
        return new OutgoingLetter(
            letter with { UserId = reader.GetGuid(1), Recipient = letter.Kind == MailKind.EmailChange ? letter.Recipient : reader.GetString(2) },
            isCode ? null : secrets.TokenOf(purpose, letter.Id),
            isCode ? secrets.CodeOf(purpose, letter.Id) : null,
            reader.GetDateTime(0));
    }

    /// <summary>What the letter's secret is good for; null where it carries none.</summary>
    private static SecretPurpose? PurposeOf(MailKind kind) => kind switch
    {
        MailKind.PasswordReset => SecretPurpose.PasswordReset,
        MailKind.EmailVerification => SecretPurpose.EmailVerification,
        MailKind.EmailChange => SecretPurpose.EmailChange,
        MailKind.SecondFactorCode => SecretPurpose.SecondFactor,
        MailKind.LoginCode => SecretPurpose.CodeLogin,
        MailKind.EmailFactorCode => SecretPurpose.EmailFactor,
        MailKind.WorkspaceInvitation => SecretPurpose.Invitation,
        MailKind.AccountDeletionAsked => SecretPurpose.AccountRestoration,
        MailKind.PasswordChanged or MailKind.EmailChangeAsked or MailKind.EmailChanged or MailKind.SecondFactorAdded or MailKind.SecondFactorRemoved
            or MailKind.RecoveryCodeUsed or MailKind.WorkspaceReceived or MailKind.WorkspaceHandedOn or MailKind.AccountSuspended or MailKind.AccountUnsuspended
            or MailKind.AccountDeletionUndone or MailKind.AccountDeleted => null,
    };

    private async Task GiveUpAsync(Taken taken, Exception? reason)
    {
        await DeleteAsync(taken.Letter.Id);
        report(new MailReport(MailOutcome.Expired, taken.Letter.Id, taken.Letter.Kind, taken.Tries, NextTry: null, reason));
    }

    /// <summary>A letter that is done with is gone, whoever has it in hand meanwhile.</summary>
    private async Task DeleteAsync(Guid letterId)
    {
        await using var command = database.Command("DELETE FROM mails WHERE mail_id = $1");
        command.Parameters.With(letterId);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private async Task FailAsync(Taken taken, Exception reason)
    {
        var next = time.NowUtc() + DelayAfter(taken.Tries);
        if (next >= taken.ExpiresAt)
        {
            await GiveUpAsync(taken, reason);
            return;
        }
        await using var command = database.Command("UPDATE mails SET due_at = $2 WHERE mail_id = $1 AND due_at = $3");
        command.Parameters.With(taken.Letter.Id).With(next).With(taken.LeasedUntil);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
        report(new MailReport(MailOutcome.Failed, taken.Letter.Id, taken.Letter.Kind, taken.Tries, next, reason));
    }
}
