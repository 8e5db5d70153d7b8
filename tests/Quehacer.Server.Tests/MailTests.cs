using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Quehacer.Tests.Mail;

namespace Quehacer.Server.Tests;

/// <summary>Letters on their way out of a running server. They are put into its outbox by hand, so that none of it hangs on who writes them.</summary>
public sealed class MailTests(SharedServer shared)
{
    private const int PasswordChanged = 2;

    /// <summary>Writes a letter behind the server's back.</summary>
    internal static Task WriteAsync(QuehacerServer server, string recipient, int language = 0) =>
        server.SqlAsync(
            $"INSERT INTO mails (mail_id, kind, recipient, language, detail, due_at, expires_at) VALUES ('{Guid.CreateVersion7()}', {PasswordChanged}, '{recipient}', {language}, NULL, now(), now() + interval '1 hour')");

    private static async Task UntilAsync(Func<Task<bool>> happened, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await happened())
        {
            Assert.False(patience.IsCancellationRequested, $"It did not happen within 30 s that {what}.");
            await Task.Delay(50);
        }
    }

    /// <summary>The file of a letter to this recipient, once it is there.</summary>
    internal static async Task<string> FileToAsync(QuehacerServer server, string recipient)
    {
        var directory = Path.Combine(server.DataDirectory, "mail");
        string? found = null;
        await UntilAsync(async () =>
        {
            foreach (var file in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.eml") : [])
            {
                found = (await File.ReadAllTextAsync(file)).Contains($"\r\nTo: {recipient}\r\n") ? file : found;
            }
            return found is not null;
        }, $"a letter to {recipient} was written");
        return found!;
    }

    [Fact]
    public async Task In_Development_letters_are_files_and_a_page_shows_them_to_whoever_sits_at_the_machine()
    {
        var nobody = shared.Nobody();
        var recipient = $"{Guid.NewGuid():N}@example.com";
        await WriteAsync(shared.Server, recipient, language: 1);
        var file = await FileToAsync(shared.Server, recipient);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(file)!));
        var received = Received.Read(await File.ReadAllTextAsync(file));
        Assert.Equal("Tu contraseña ha cambiado", received.Subject);
        Assert.Contains($"http://localhost:{shared.Server.Port}/account/password-reset?lang=es", received.Text.Split("\r\n"));

        var list = (await nobody.GetAsync("/mail", ("Accept", "application/json"))).Is(200);
        var entry = Assert.Single(list["letters"]!.AsArray(), letter => (string)letter!["to"]! == recipient)!;
        Assert.Equal((received.Subject, Path.GetFileName(file)), ((string)entry["subject"]!, (string)entry["name"]!));
        var address = $"/mail/{(string)entry["name"]!}";
        Assert.Contains("se cambió la contraseña", (string)(await nobody.GetAsync(address, ("Accept", "application/json"))).Is(200)["text"]!);
        foreach (var path in new[] { "/mail", address })
        {
            var page = (await nobody.GetAsync(path, ("Accept", "text/html"))).Is(200);
            Assert.Contains(received.Subject, page.Text);
            Assert.Equal("no-store", page.Header("Cache-Control"));
            Assert.DoesNotContain("script-src", page.Header("Content-Security-Policy"));
            Assert.Null(page.Header("X-RateLimit-Limit"));
            Assert.Null(page.Header("Access-Control-Allow-Origin"));
            foreach (var host in new[] { "127.0.0.1", "localhost:9", "[::1]", "LOCALHOST" })
            {
                (await nobody.GetAsync(path, ("Host", host))).Is(200);
            }
            foreach (var (name, value) in new[]
            {
                ("Host", "evil.example"), ("Host", "localhost.evil.example"), ("Host", "127.0.0.1.nip.example"), ("Host", "10.0.0.1"), ("Origin", "http://localhost:5173"), ("Origin", "null"),
                ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "localhost"), ("X-Forwarded-Proto", "https"), ("Forwarded", "for=127.0.0.1"), ("Via", "1.1 proxy"), ("X-Real-IP", "127.0.0.1"),
                ("X-Original-For", "127.0.0.1"),
            })
            {
                (await nobody.GetAsync(path, (name, value))).IsProblem(404, "RESOURCE_NOT_FOUND");
            }
            (await nobody.PostAsync(path)).IsProblem(405, "METHOD_NOT_ALLOWED");
        }
        foreach (var path in new[] { "/mail/nope", "/mail/..%2Fsigning-key", "/mail/20261121T171000.000Z-mail_00000000000000000000000000.eml" })
        {
            (await nobody.GetAsync(path)).IsProblem(404, "RESOURCE_NOT_FOUND");
        }
    }

    /// <summary>One server in four lives, because each costs seconds.</summary>
    [Fact]
    public async Task Letters_go_where_the_settings_say_and_none_is_lost_when_the_server_is_killed()
    {
        await using var server = await QuehacerServer.StartAsync(("Server__Address", "*"));
        Assert.Contains($"shown at http://localhost:{server.Port}/mail", server.Errors);
        (await new Client(server.Http).GetAsync("/mail")).Is(200);
        // Whoever comes from this machine by its address in the network may be anybody there.
        var own = NetworkInterface.GetAllNetworkInterfaces().SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(one => one.Address)
            .FirstOrDefault(one => one.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(one));
        if (own is not null)
        {
            using var http = server.NewHttp();
            http.BaseAddress = new Uri($"http://{own}:{server.Port}");
            (await new Client(http).GetAsync("/live")).Is(200);
            (await new Client(http).GetAsync("/mail", ("Host", "localhost"))).IsProblem(404, "RESOURCE_NOT_FOUND");
        }
        await server.StopAsync();

        (string, string)[] production = [("ASPNETCORE_ENVIRONMENT", "Production"), ("Auth__SigningKey", "a key of the tests that is long enough for production"), ("Server__PublicUrl", "https://tasks.example.com/base/")];
        await server.StartAgainAsync(production);
        Assert.Contains($"WARNING: Mail__SmtpHost is not set. No mail is sent: letters are written to {Path.Combine(server.DataDirectory, "mail")}", server.Errors);
        (await new Client(server.Http).GetAsync("/mail")).IsProblem(404, "RESOURCE_NOT_FOUND");
        await WriteAsync(server, "ana@example.com");
        var written = Received.Read(await File.ReadAllTextAsync(await FileToAsync(server, "ana@example.com")));
        Assert.Contains("https://tasks.example.com/base/account/password-reset?lang=en", written.Text.Split("\r\n"));
        await server.StopAsync();

        await using var taking = new TinyMailServer(Manner.TakesByTls, "AUTH LOGIN");
        await using var silent = new TinyMailServer(Manner.SilentAfterData);
        var trusted = Path.Combine(server.DataDirectory, "mail-server.pem");
        await File.WriteAllTextAsync(trusted, taking.CertificatePem);
        (string, string)[] mail = [.. production, ("Mail__SmtpHost", "localhost"), ("Mail__From", "tasks@example.com"), ("Mail__FromName", "Tareas")];
        await server.StartAgainAsync([.. mail, ("Mail__SmtpPort", $"{silent.Port}"), ("Mail__SmtpTls", "none")]);
        await WriteAsync(server, "ben@example.com");
        await UntilAsync(() => Task.FromResult(!silent.Letters.IsEmpty), "the letter was in the hands of the mail server");
        await server.KillAsync();

        // The lease of a server that died is minutes long; here it ends at once.
        await server.StartAgainAsync([.. mail, ("Mail__SmtpPort", $"{taking.Port}"), ("Mail__SmtpUser", "tasks"), ("Mail__SmtpPassword", "secret of the mail server"), ("SSL_CERT_FILE", trusted)]);
        Assert.Equal("1", await server.SqlAsync("SELECT count(*) FROM mails"));
        await server.SqlAsync("UPDATE mails SET due_at = now()");
        await UntilAsync(() => Task.FromResult(!taking.Letters.IsEmpty), $"the letter was sent again. The log says {string.Join('\n', server.Output.TakeLast(5))}");
        var (first, again) = (Received.Read(silent.Letters.Single()), Received.Read(taking.Letters.Single()));
        Assert.Equal(first["Message-ID"], again["Message-ID"]);
        Assert.Equal((first.Text, "ben@example.com"), (again.Text, again["To"]));
        Assert.Contains("tasks@example.com", again["From"]);
        Assert.Contains("Tareas", again["From"]);
        Assert.Contains("the password secret of the mail server, by TLS", taking.Commands);
        Assert.DoesNotContain(taking.Commands.TakeWhile(command => command != "STARTTLS"), command => !command.StartsWith("EHLO", StringComparison.Ordinal));
        await UntilAsync(async () => await server.SqlAsync("SELECT count(*) FROM mails") == "0", "the letter was taken out of the outbox");
        Assert.Contains(server.Output, line => line.Contains("\"mail sent\"", StringComparison.Ordinal) && line.Contains("PasswordChanged", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Output, line => line.Contains("secret of the mail server", StringComparison.Ordinal) || line.Contains("ben@example.com", StringComparison.Ordinal));
        Assert.Equal(0, await server.StopAsync());
    }
}
