using System.Net.Mail;
using System.Net.Sockets;
using System.Security.Authentication;
using Quehacer.Core;
using Quehacer.Core.Mail;

namespace Quehacer.Server.Mail;

/// <summary>Mail of a running server: where letters go, and what the log says of them.</summary>
internal static partial class Mailing
{
    /// <summary>How long a letter waits at most that another server, a verb or a killed server has left.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(3);

    /// <summary>Sends letters until the server stops.</summary>
    /// <param name="opened">Whose letters.</param>
    /// <param name="settings">Of mail.</param>
    /// <param name="files">Where letters go when there is no mail server.</param>
    /// <param name="origin">Where this server is reached, without a slash at the end.</param>
    /// <param name="log">Where it is said what came of each.</param>
    /// <param name="stopping">When the server stops. The letter in hand is finished.</param>
    public static Task RunAsync(Opened opened, Settings settings, MailFiles files, string origin, ILogger log, CancellationToken stopping)
    {
        var installation = opened.Installation;
        Func<OutgoingLetter, Task<Delivery>> send = settings.MailServer is { } server
            ? new SmtpTransport(server, settings.MailFrom, origin, TimeSpan.FromSeconds(Limits.MailSeconds)).SendAsync
            : letter => files.SendAsync(letter, settings.MailFrom, origin);
        var sender = new MailSender(opened.Database, installation.OneTimeSecrets, installation.PasswordResets, installation.Outbox, TimeProvider.System, send, report => Say(log, report));
        return Task.WhenAll(
            sender.RunAsync(Poll, stopping),
            files.TidyAsync(TimeProvider.System, (removed, exception) =>
            {
                if (exception is not null)
                {
                    NotTidied(log, files.Directory, exception);
                }
                else
                {
                    Tidied(log, removed, files.Directory);
                }
            }, stopping));
    }

    private static void Say(ILogger log, MailReport report)
    {
        var letter = report.LetterId is { } id ? Message.NameOf(id) : "";
        // What is expected of networks and mail servers is said in a sentence; all else is a bug, and is shown where it came from.
        var (reason, bug) = report.Reason is null ? ("", null)
            : report.Reason is SmtpException or SocketException or IOException or AuthenticationException or TimeoutException or UnauthorizedAccessException || Core.Postgres.Database.IsUnavailable(report.Reason)
                ? (Sentences(report.Reason), (Exception?)null)
                : ("It is a bug.", report.Reason);
        switch (report.Outcome)
        {
            case MailOutcome.Sent:
                Sent(log, report.Kind, letter, report.Tries);
                break;
            case MailOutcome.Failed:
                Failed(log, report.Kind, letter, report.Tries, report.NextTry, reason, bug);
                break;
            case MailOutcome.Expired:
                Expired(log, report.Kind, letter, report.Tries, reason, bug);
                break;
            case MailOutcome.Impossible:
                Impossible(log, report.Kind, letter);
                break;
            case MailOutcome.Unreadable:
                Unreadable(log, reason, bug);
                break;
        }
    }

    /// <summary>What went wrong, from the outside in: of .NET's mail the outermost says only that it went wrong.</summary>
    private static string Sentences(Exception exception)
    {
        var sentences = new List<string>();
        for (var one = exception; one is not null; one = one.InnerException)
        {
            if (!sentences.Contains(one.Message))
            {
                sentences.Add(one.Message);
            }
        }
        return string.Join(" ", sentences);
    }

    [LoggerMessage(EventId = 30, EventName = "mail sent", Level = LogLevel.Information, Message = "Sent {letter} ({kind}), try {tries}.")]
    private static partial void Sent(ILogger log, MailKind? kind, string letter, int tries);

    [LoggerMessage(EventId = 31, EventName = "mail failed", Level = LogLevel.Warning, Message = "Could not send {letter} ({kind}), try {tries}; the next is at {next_try:O}. {reason}")]
    private static partial void Failed(ILogger log, MailKind? kind, string letter, int tries, DateTime? next_try, string reason, Exception? bug);

    [LoggerMessage(EventId = 32, EventName = "mail given up", Level = LogLevel.Error, Message = "Gave up {letter} ({kind}) after {tries} tries: it would come too late to be of use. {reason}")]
    private static partial void Expired(ILogger log, MailKind? kind, string letter, int tries, string reason, Exception? bug);

    [LoggerMessage(EventId = 33, EventName = "mail impossible", Level = LogLevel.Warning, Message = "Gave up {letter} ({kind}): no mail can be sent to an address like its recipient's.")]
    private static partial void Impossible(ILogger log, MailKind? kind, string letter);

    [LoggerMessage(EventId = 34, EventName = "outbox unreadable", Level = LogLevel.Warning, Message = "Letters wait: the database cannot be asked for them. This is said once until it can. {reason}")]
    private static partial void Unreadable(ILogger log, string reason, Exception? bug);

    [LoggerMessage(EventId = 35, EventName = "mail tidied", Level = LogLevel.Information, Message = "Removed {removed} old letters from {directory}.")]
    private static partial void Tidied(ILogger log, int removed, string directory);

    [LoggerMessage(EventId = 36, EventName = "mail not tidied", Level = LogLevel.Warning, Message = "Old letters in {directory} could not be removed.")]
    private static partial void NotTidied(ILogger log, string directory, Exception reason);
}
