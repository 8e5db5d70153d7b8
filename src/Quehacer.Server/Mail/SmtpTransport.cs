using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using Quehacer.Core;
using Quehacer.Core.Mail;

namespace Quehacer.Server.Mail;

/// <summary>A mail server to hand letters to.</summary>
/// <param name="UsesTls">STARTTLS (RFC 3207) before anything is said; a server that does not offer it is told nothing.</param>
/// <param name="User">Null for a server that wants none.</param>
public sealed record SmtpServer(string Host, int Port, bool UsesTls, string? User, string? Password);

/// <summary>Hands each letter to a mail server, on a connection of its own: letters are few, and an idle connection is one that the server may have closed.</summary>
/// <param name="server">Whom to hand it to.</param>
/// <param name="from">The sender.</param>
/// <param name="origin">Where this server is reached, without a slash at the end.</param>
/// <param name="patience">How long a letter may take.</param>
internal sealed class SmtpTransport(SmtpServer server, MailAddress from, string origin, TimeSpan patience)
{
    /// <summary>Throws where the mail server cannot be reached, is too slow, or does not take the letter.</summary>
    public async Task<Delivery> SendAsync(OutgoingLetter letter)
    {
        using var message = Message.TryCompose(letter, origin, from, TransferEncoding.Base64);
        if (message is null)
        {
            return Delivery.Impossible;
        }
        using var client = new SmtpClient(server.Host, server.Port)
        {
            EnableSsl = server.UsesTls,
            DeliveryFormat = Message.FormatFor(message),
            // Never those of whoever runs the program.
            UseDefaultCredentials = false,
            Credentials = server.User is null ? null : new NetworkCredential(server.User, server.Password),
        };
        using var late = new CancellationTokenSource(patience);
        try
        {
            // The second wait is for what does not listen to the first, such as looking up a name.
            await client.SendMailAsync(message, late.Token).WaitAsync(patience + TimeSpan.FromSeconds(1), CancellationToken.None);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            throw new TimeoutException($"The mail server {server.Host}:{server.Port} did not take the letter within {patience.TotalSeconds:0} s.", exception);
        }
        return Delivery.Sent;
    }
}
