using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using Quehacer.Core;
using Quehacer.Core.Mail;
using Quehacer.Server.Mail;
using Quehacer.Tests.Mail;
using Xunit;

namespace Quehacer.Http.Tests.Mail;

public sealed class LetterTests
{
    private const string Origin = "https://tasks.example.com";
    private const string Token = "qo_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdEfGhIjKlMnOpQrStUvWxYz";

    private static readonly DateTime At = new(2026, 11, 21, 17, 10, 0, DateTimeKind.Utc);
    private static readonly MailKind[] WithToken = [MailKind.PasswordReset, MailKind.EmailVerification, MailKind.EmailChange, MailKind.WorkspaceInvitation, MailKind.AccountDeletionAsked];
    private static readonly MailKind[] WithCode = [MailKind.SecondFactorCode, MailKind.LoginCode, MailKind.EmailFactorCode];

    internal static readonly MailAddress From = new("tasks@example.com", "Quehacer", Encoding.UTF8);

    internal static OutgoingLetter Outgoing(MailKind kind, Language language = Language.English, string recipient = "ana@example.com", string? detail = "totp", IPAddress? address = null)
    {
        var hasToken = WithToken.Contains(kind);
        var hasCode = WithCode.Contains(kind);
        return new OutgoingLetter(
            new Letter(Ids.New(At), kind, recipient, language, Guid.NewGuid(), detail) { Address = address },
            hasToken ? Token : null, hasCode ? "908070" : null, hasToken || hasCode ? At.AddHours(1) : null);
    }

    public static TheoryData<MailKind> Kinds => [.. Enum.GetValues<MailKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_letter_says_what_happened_when_and_from_where_and_leads_to_this_server_alone(MailKind kind)
    {
        var said = new List<string>();
        foreach (var language in Enum.GetValues<Language>())
        {
            var text = LetterTexts.Of(Outgoing(kind, language, address: IPAddress.Parse("203.0.113.7")), Origin);
            var plain = text.AsText();
            Assert.Equal(language == Language.Spanish ? "es" : "en", text.Tag);
            Assert.Contains("2026-11-21 17:10 UTC", plain);
            Assert.Contains("203.0.113.7", plain);
            Assert.Contains(Origin, plain);
            Assert.Contains(language == Language.Spanish ? "Si " : "If ", plain);
            Assert.InRange(text.Subject.Length, 10, 50);
            Assert.DoesNotContain("908070", text.Subject);
            Assert.DoesNotContain(Token, text.Subject);

            var lines = plain.Split("\r\n");
            Assert.Equal(WithCode.Contains(kind) ? 1 : 0, lines.Count(line => line.Contains("908070")));
            Assert.Equal(WithCode.Contains(kind), lines.Contains("908070"));
            var links = lines.Where(line => line.StartsWith("http", StringComparison.Ordinal)).ToList();
            Assert.All(links, link => Assert.StartsWith($"{Origin}/account/", link));
            Assert.Equal(WithToken.Contains(kind) ? 1 : 0, lines.Count(line => line.Contains(Token)));
            if (WithToken.Contains(kind))
            {
                // Behind '#', which no browser sends to a server.
                Assert.EndsWith("#" + Token, Assert.Single(links, link => link.Contains(Token)));
            }
            Assert.Equal(WithToken.Contains(kind) || WithCode.Contains(kind), plain.Contains("2026-11-21 18:10 UTC"));

            var html = XDocument.Parse(text.AsHtml()).Root!;
            Assert.Equal(text.Tag, html.Attribute("lang")!.Value);
            Assert.Equal(text.Parts.Select(part => part.Text), html.Descendants("p").Select(paragraph => paragraph.Value.Trim()));
            Assert.Equal(links, html.Descendants("a").Select(link => link.Attribute("href")!.Value));
            Assert.DoesNotContain(html.Descendants().Attributes(), attribute => attribute.Name == "src");
            said.Add(text.Subject);
            said.Add(plain);
            Assert.DoesNotContain("desde la dirección", LetterTexts.Of(Outgoing(kind, language), Origin).AsText());
        }
        Assert.Equal(said.Distinct(), said);
    }

    [Fact]
    public void What_a_letter_tells_besides_stands_in_it()
    {
        string Text(MailKind kind, string? detail, Language language = Language.English) => LetterTexts.Of(Outgoing(kind, language, detail: detail), Origin).AsText();
        Assert.Contains("an authenticator app became", Text(MailKind.SecondFactorAdded, "totp"));
        Assert.Contains("a code by mail ceased", Text(MailKind.SecondFactorRemoved, "email"));
        Assert.Contains("un código por correo pasó", Text(MailKind.SecondFactorAdded, "email", Language.Spanish));
        Assert.Contains("Left of them: 3.", Text(MailKind.RecoveryCodeUsed, "3"));
        Assert.Contains("the e-mail new@example.com instead", Text(MailKind.EmailChangeAsked, "new@example.com"));
        Assert.Contains("got the e-mail new@example.com", Text(MailKind.EmailChanged, "new@example.com"));
        Assert.Contains("Ana María (ana@example.com) invited you into the workspace \"Home sweet home\" at", Text(MailKind.WorkspaceInvitation, "Ana María\nana@example.com\nHome, sweet home!"));
        Assert.Contains("Ana te invitó al espacio «Casa» en", Text(MailKind.WorkspaceInvitation, "Ana\n\nCasa", Language.Spanish));
        Assert.Contains("somebody invited you into", Text(MailKind.WorkspaceInvitation, "\n\nHome"));
        Assert.Contains("the workspace \"Home\" at", Text(MailKind.WorkspaceReceived, "Home"));
    }

    /// <summary>Names that strangers choose are in letters to others here alone: what is left of them is no address, no mark-up and no text of any length.</summary>
    [Fact]
    public void Of_a_name_that_somebody_chose_no_link_and_no_sentence_is_left()
    {
        foreach (var (name, left) in new[]
        {
            ("https://evil.example/win?a=1", "https evil example win a 1"), ("evil.example", "evil example"), ("eve@evil.example", "eve evil example"), ("<a href=\"x\">y</a>", "a href x y a"),
            ("  Équipe  №1 – «été» ", "Équipe 1 été"), ("हिन्दी", "हिन्दी"), ("\u202Eevil", "evil"), ("…", ""),
            (new string('a', 41), new string('a', 40) + "…"),
        })
        {
            Assert.Equal(left, LetterTexts.Name(name));
            var parts = LetterTexts.Of(Outgoing(MailKind.WorkspaceInvitation, detail: $"{name}\n\n{name}"), Origin).Parts;
            Assert.Single(parts, part => part.Kind == LetterPartKind.Link);
            Assert.DoesNotContain(parts.Where(part => part.Kind != LetterPartKind.Link), part => part.Text.Contains("evil.example", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_kind_that_this_version_does_not_know_is_not_written()
    {
        Assert.ThrowsAny<Exception>(() => LetterTexts.Of(Outgoing((MailKind)999), Origin));
    }

    /// <summary>Whatever a recipient, a detail or an operator's name holds: either no message is made, or it has these headers, each once, and one recipient.</summary>
    [Fact]
    public async Task Nothing_that_is_put_into_a_letter_adds_a_header_or_a_recipient()
    {
        var directory = Directory.CreateTempSubdirectory("quehacer-mail-");
        try
        {
            var nasty = Gen.Frequency(
                (5, Gen.Elements("a", "b.c", "ana", "example", "é", "ñ")), (3, Gen.Elements("\r\n", "\n", "\r", "\0", "\u0085", "\u2028", " ", "\t")),
                (3, Gen.Elements("\"", "<", ">", ",", ";", ":", "(", ")", "\\", "@", "=?utf-8?Q?=0D=0ABcc:_x@y.example?=")), (2, Gen.Elements("Bcc: eve@example.com", "\r\nBcc: eve@example.com", "%0d%0a", "\r\n\r\n", ".", "\r\n.\r\n")));
            var text = nasty.ArrayOf(6).Select(string.Concat);
            var threes = from local in text from host in text from detail in text select (local, host, detail);
            var cases = threes.Sample(6, 120).ToList();
            // So long that its line is folded.
            cases.Add((new string('é', 100), "example.com", "x"));
            var written = 0;
            var lines = LetterTexts.Of(Outgoing(MailKind.EmailChanged, detail: "new@example.com"), Origin).AsText().Split("\r\n").Length;
            foreach (var (local, host, detail) in cases)
            {
                foreach (var recipient in new[] { local + "@example.com", "ana@" + host, local, "ana@example.com" })
                {
                    var letter = Outgoing(MailKind.EmailChanged, recipient: recipient, detail: detail);
                    var from = Message.TryRead("tasks@example.com", local) ?? From;
                    var files = new MailFiles(Path.Combine(directory.FullName, written.ToString()));
                    if (await files.SendAsync(letter, from, Origin) == Delivery.Impossible)
                    {
                        Assert.NotEqual("ana@example.com", recipient);
                        continue;
                    }
                    written++;
                    var message = await File.ReadAllTextAsync(Directory.EnumerateFiles(files.Directory).Single());
                    var end = message.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                    var names = message[..end].Split("\r\n").Where(line => line[0] is not (' ' or '\t')).Select(line => line.Split(':')[0]).Order(StringComparer.Ordinal).ToList();
                    Assert.Equal(["Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"], names);
                    Assert.DoesNotContain("\nBcc:", message[..end], StringComparison.OrdinalIgnoreCase);
                    var received = Received.Read(message);
                    Assert.Equal(1, received["To"].Count(character => character == '@'));
                    Assert.Equal(lines, received.Text.TrimEnd().Split("\r\n").Length + 1);
                    Assert.Equal(2, XDocument.Parse(received.Html).Descendants("p").Count());
                }
            }
            Assert.True(written >= cases.Count, "Hardly anything was written.");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("ana@example.com", true)]
    [InlineData("josé@example.com", true)]
    [InlineData("ana@bücher.example", true)]
    [InlineData("a'b+c=d@example.com", true)]
    [InlineData("a..b@example.com", false)]
    [InlineData("a@example.com\r\n", false)]
    [InlineData("Ana <ana@example.com>", false)]
    [InlineData("\"ana\"@example.com, eve@example.com", false)]
    [InlineData("ana@xn--a", false)]
    [InlineData("", false)]
    public void Only_an_address_alone_is_written_to(string address, bool isTaken) =>
        Assert.Equal(isTaken, Message.TryRead(address) is not null);

    [Fact]
    public void A_message_wants_a_server_for_other_letters_than_ASCII_only_where_its_recipient_does()
    {
        SmtpDeliveryFormat Format(string recipient)
        {
            using var message = Message.TryCompose(Outgoing(MailKind.PasswordChanged, Language.Spanish, recipient), Origin, From, TransferEncoding.Base64);
            return Message.FormatFor(message!);
        }
        Assert.Equal(SmtpDeliveryFormat.SevenBit, Format("ana@example.com"));
        Assert.Equal(SmtpDeliveryFormat.SevenBit, Format("ana@bücher.example"));
        Assert.Equal(SmtpDeliveryFormat.International, Format("josé@example.com"));
    }
}
