using System.Diagnostics;
using System.Net.Mail;
using System.Net.Sockets;
using Quehacer.Core;
using Quehacer.Core.Mail;
using Quehacer.Server.Mail;
using Quehacer.Tests.Mail;
using Xunit;

namespace Quehacer.Http.Tests.Mail;

public sealed class SmtpTests
{
    private const string Origin = "https://tasks.example.com";

    private static SmtpTransport To(int port, bool usesTls = false, string? user = null, string? password = null, double patience = 20) =>
        new(new SmtpServer("localhost", port, usesTls, user, password), LetterTests.From, Origin, TimeSpan.FromSeconds(patience));

    [Fact]
    public async Task A_letter_arrives_as_it_was_written()
    {
        await using var server = new TinyMailServer(Manner.Takes);
        var letter = LetterTests.Outgoing(MailKind.SecondFactorCode, Language.Spanish);
        Assert.Equal(Delivery.Sent, await To(server.Port).SendAsync(letter));

        var received = Received.Read(Assert.Single(server.Letters));
        var text = LetterTexts.Of(letter, Origin);
        Assert.Equal((text.Subject, text.AsText(), text.AsHtml()), (received.Subject, received.Text, received.Html));
        Assert.Equal(["text/plain", "text/html"], received.Parts.Keys);
        Assert.Equal(("\"Quehacer\" <tasks@example.com>", "ana@example.com"), (received["From"].Replace("Quehacer <", "\"Quehacer\" <"), received["To"]));
        Assert.Equal(("auto-generated", "es", "1.0"), (received["Auto-Submitted"], received["Content-Language"], received["MIME-Version"]));
        Assert.Equal($"<{Message.NameOf(letter.Letter.Id)}@example.com>", received["Message-ID"]);
        Assert.Matches(@"^\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$", received["Date"]);
        Assert.Contains("MAIL FROM:<tasks@example.com>", server.Commands);
        Assert.Contains("RCPT TO:<ana@example.com>", server.Commands);
        Assert.DoesNotContain(server.Commands, command => command.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_letter_that_is_sent_again_has_the_id_that_it_had()
    {
        await using var server = new TinyMailServer(Manner.Takes);
        var letter = LetterTests.Outgoing(MailKind.PasswordReset);
        await To(server.Port).SendAsync(letter);
        await To(server.Port).SendAsync(letter);
        Assert.Single(server.Letters.Select(message => Received.Read(message)["Message-ID"]).Distinct());
    }

    [Theory]
    [InlineData("ana@bücher.example", "ana@xn--bcher-kva.example", true)]
    [InlineData("josé@example.com", "josé@example.com", true)]
    [InlineData("josé@example.com", "", false)]
    public async Task Other_letters_than_ASCII_arrive_where_the_mail_server_knows_them(string recipient, string named, bool knows)
    {
        await using var server = new TinyMailServer(Manner.Takes, knows ? ["8BITMIME", "SMTPUTF8"] : []);
        var letter = LetterTests.Outgoing(MailKind.PasswordChanged, recipient: recipient);
        if (named.Length == 0)
        {
            await Assert.ThrowsAnyAsync<SmtpException>(() => To(server.Port).SendAsync(letter));
            Assert.Empty(server.Letters);
            return;
        }
        Assert.Equal(Delivery.Sent, await To(server.Port).SendAsync(letter));
        Assert.Contains($"RCPT TO:<{named}>", server.Commands);
        Received.Read(Assert.Single(server.Letters));
    }

    [Fact]
    public async Task An_address_that_nothing_can_be_sent_to_is_told_without_asking_the_mail_server()
    {
        await using var server = new TinyMailServer(Manner.Takes);
        Assert.Equal(Delivery.Impossible, await To(server.Port).SendAsync(LetterTests.Outgoing(MailKind.PasswordChanged, recipient: "a..b@example.com")));
        Assert.Empty(server.Commands);
    }

    [Theory]
    [InlineData(nameof(Manner.Silent))]
    [InlineData(nameof(Manner.SilentAfterData))]
    public async Task A_mail_server_that_hangs_is_left_after_a_while(string manner)
    {
        await using var server = new TinyMailServer(Enum.Parse<Manner>(manner));
        var began = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => To(server.Port, patience: 0.5).SendAsync(LetterTests.Outgoing(MailKind.PasswordChanged)));
        Assert.Contains($"localhost:{server.Port}", failure.Message);
        Assert.InRange(began.Elapsed.TotalSeconds, 0.4, 15);
    }

    [Theory]
    [InlineData(nameof(Manner.RefusesRecipients))]
    [InlineData(nameof(Manner.HangsUp))]
    public async Task A_mail_server_that_takes_nothing_is_a_failure(string manner)
    {
        await using var server = new TinyMailServer(Enum.Parse<Manner>(manner));
        await Assert.ThrowsAnyAsync<SmtpException>(() => To(server.Port).SendAsync(LetterTests.Outgoing(MailKind.PasswordChanged)));
        Assert.Empty(server.Letters);
    }

    [Fact]
    public async Task Nobody_at_the_port_is_a_failure()
    {
        var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await Assert.ThrowsAnyAsync<SmtpException>(() => To(port).SendAsync(LetterTests.Outgoing(MailKind.PasswordChanged)));
    }

    [Theory]
    [InlineData(nameof(Manner.Takes))]
    [InlineData(nameof(Manner.TakesByTls))]
    public async Task Neither_a_letter_nor_a_password_goes_to_a_server_without_TLS_that_can_be_trusted(string manner)
    {
        await using var server = new TinyMailServer(Enum.Parse<Manner>(manner), "AUTH LOGIN PLAIN");
        await Assert.ThrowsAnyAsync<Exception>(() => To(server.Port, usesTls: true, user: "tasks", password: "secret of the mail server").SendAsync(LetterTests.Outgoing(MailKind.PasswordChanged)));
        Assert.All(server.Commands, command => Assert.Matches("^(EHLO|STARTTLS|QUIT)", command));
        Assert.Empty(server.Letters);
    }
}

public sealed class MailFileTests : IDisposable
{
    private const string Origin = "https://tasks.example.com";

    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("quehacer-mail-");

    private string Within => Path.Combine(home.FullName, "mail");

    public void Dispose() => home.Delete(recursive: true);

    [Fact]
    public async Task A_letter_is_one_file_that_its_owner_alone_can_read_however_often_it_is_written()
    {
        var files = new MailFiles(Within);
        Assert.Empty(files.List(10));
        var letter = LetterTests.Outgoing(MailKind.PasswordReset, Language.Spanish);
        await files.SendAsync(letter, LetterTests.From, Origin);
        await files.SendAsync(letter, LetterTests.From, Origin);

        var path = Assert.Single(Directory.EnumerateFileSystemEntries(Within));
        Assert.Equal($"20261121T171000.000Z-{Message.NameOf(letter.Letter.Id)}.eml", Path.GetFileName(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Within));

        var received = Received.Read(await File.ReadAllTextAsync(path));
        var text = LetterTexts.Of(letter, Origin);
        // The line break before a boundary belongs to the boundary (RFC 2046 §5.1.1).
        Assert.Equal((text.Subject, text.AsText(), text.AsHtml()), (received.Subject, received.Text.TrimEnd() + "\r\n", received.Html.TrimEnd() + "\r\n"));
        Assert.DoesNotContain(received.Headers, header => header.Key.StartsWith("X-", StringComparison.Ordinal));

        var shown = Assert.Single(files.List(10));
        Assert.Equal((Path.GetFileName(path), "ana@example.com", text.Subject, text.AsText().Replace("\r\n", "\n").Trim('\n')), (shown.Name, shown.To, shown.Subject, shown.Text));
        Assert.Contains(letter.Token!, shown.Text);
    }

    [Fact]
    public async Task A_directory_that_others_could_look_into_is_closed()
    {
        Directory.CreateDirectory(Within, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        await new MailFiles(Within).SendAsync(LetterTests.Outgoing(MailKind.PasswordReset), LetterTests.From, Origin);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Within));
    }

    [Fact]
    public async Task Every_subject_can_be_read_back_in_both_languages()
    {
        var files = new MailFiles(Within);
        foreach (var kind in Enum.GetValues<MailKind>())
        {
            foreach (var language in Enum.GetValues<Language>())
            {
                var letter = LetterTests.Outgoing(kind, language);
                await files.SendAsync(letter, LetterTests.From, Origin);
                var name = $"20261121T171000.000Z-{Message.NameOf(letter.Letter.Id)}.eml";
                Assert.Equal(LetterTexts.Of(letter, Origin).Subject, files.TryRead(name)!.Subject);
            }
        }
    }

    [Theory]
    [InlineData("../signing-key")]
    [InlineData("..")]
    [InlineData("20261121T171000.000Z-mail_00000000000000000000000000.eml")]
    [InlineData("20261121T171000.000Z-mail_00000000000000000000000000.eml\n")]
    [InlineData("99999999T999999.999Z-mail_00000000000000000000000000.eml")]
    [InlineData("note.eml")]
    [InlineData("")]
    public async Task Only_letters_are_read(string name)
    {
        await new MailFiles(Within).SendAsync(LetterTests.Outgoing(MailKind.PasswordReset), LetterTests.From, Origin);
        File.WriteAllText(Path.Combine(home.FullName, "signing-key"), "secret");
        File.WriteAllText(Path.Combine(Within, "note.eml"), "To: nobody\r\n\r\nhello");
        Assert.Null(new MailFiles(Within).TryRead(name));
        Assert.Single(new MailFiles(Within).List(10));
    }

    [Fact]
    public async Task Old_letters_and_what_was_left_half_written_are_removed_and_nothing_else()
    {
        var files = new MailFiles(Within);
        Assert.Equal(0, files.Tidy(DateTime.UtcNow));
        await files.SendAsync(LetterTests.Outgoing(MailKind.PasswordReset), LetterTests.From, Origin);
        var letter = Directory.EnumerateFiles(Within).Single();
        File.WriteAllText(letter + ".new", "half");
        Directory.CreateDirectory(letter + "-parts.new");
        File.WriteAllText(Path.Combine(Within, "note.txt"), "mine");
        File.WriteAllText(Path.Combine(Within, "note.new"), "mine");
        var now = DateTime.UtcNow;

        Assert.Equal(0, files.Tidy(now.AddHours(23)));
        Assert.Equal(2, files.Tidy(now.AddDays(2)));
        Assert.Equal(0, files.Tidy(now.AddDays(Limits.MailFileDays - 1)));
        Assert.Equal(1, files.Tidy(now.AddDays(Limits.MailFileDays + 1)));
        Assert.Equal(["note.new", "note.txt"], Directory.EnumerateFileSystemEntries(Within).Select(Path.GetFileName).Order());
    }
}
