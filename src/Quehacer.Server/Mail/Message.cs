using System.Globalization;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Quehacer.Core;
using Quehacer.Core.Mail;

namespace Quehacer.Server.Mail;

/// <summary>A letter as a message of RFC 5322: text, and HTML for those who want it.</summary>
internal static class Message
{
    /// <summary>What a letter is called in logs, in its Message-ID and in the name of its file.</summary>
    public static string NameOf(Guid letterId) => Ids.ToTypeId("mail", letterId);

    /// <summary>Null when no mail can be sent to the recipient: not every e-mail that an account can have is one that .NET's mail knows to send to.</summary>
    /// <param name="outgoing">The letter.</param>
    /// <param name="origin">Where this server is reached, without a slash at the end.</param>
    /// <param name="from">The sender.</param>
    /// <param name="encoding">How the bodies are written: base 64 passes everywhere, eight bits can be read as they are.</param>
    public static MailMessage? TryCompose(OutgoingLetter outgoing, string origin, MailAddress from, TransferEncoding encoding)
    {
        if (TryRead(outgoing.Letter.Recipient) is not { } recipient)
        {
            return null;
        }
        var text = LetterTexts.Of(outgoing, origin);
        var message = new MailMessage { From = from, Subject = text.Subject, SubjectEncoding = Encoding.UTF8, HeadersEncoding = Encoding.UTF8 };
        message.To.Add(recipient);
        // By its id whoever gets a letter twice can tell that it is one.
        message.Headers.Add("Message-ID", $"<{NameOf(outgoing.Letter.Id)}@{HostOf(from)}>");
        // RFC 3834 §5: no holiday reply comes back.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Headers.Add("Content-Language", text.Tag);
        message.AlternateViews.Add(View(text.AsText(), MediaTypeNames.Text.Plain, encoding));
        message.AlternateViews.Add(View(text.AsHtml(), MediaTypeNames.Text.Html, encoding));
        return message;
    }

    /// <summary>
    /// How addresses and headers go out. Only a recipient whose own name has other letters than ASCII wants a mail server that knows RFC 6531; all else is
    /// written so that every server takes it.
    /// </summary>
    public static SmtpDeliveryFormat FormatFor(MailMessage message) =>
        Ascii.IsValid(message.To[0].User) && Ascii.IsValid(message.From!.User) ? SmtpDeliveryFormat.SevenBit : SmtpDeliveryFormat.International;

    /// <summary>An address alone, and nothing that would be read as something else than it says.</summary>
    public static MailAddress? TryRead(string address, string? displayName = null) =>
        !address.AsSpan().ContainsAnyInRange('\0', ' ') && !(displayName ?? "").Any(char.IsControl)
            && MailAddress.TryCreate(address, displayName, Encoding.UTF8, out var read) && read.Address == address && IsHost(read.Host)
            ? read
            : null;

    private static string HostOf(MailAddress from) => new IdnMapping().GetAscii(from.Host);

    private static bool IsHost(string host)
    {
        try
        {
            return new IdnMapping().GetAscii(host).Length > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static AlternateView View(string content, string type, TransferEncoding encoding)
    {
        var view = AlternateView.CreateAlternateViewFromString(content, new ContentType(type) { CharSet = "utf-8" });
        view.TransferEncoding = encoding;
        return view;
    }
}
