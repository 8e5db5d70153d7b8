using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quehacer.Server.Tests;

public sealed class TlsTests
{
    /// <summary>An authority, one between, and a server's own certificate, as somebody who is certified gets them: the last two in one file.</summary>
    private sealed class Files : IDisposable
    {
        private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("quehacer-tls-");
        private readonly X509Certificate2 root;
        private readonly X509Certificate2 between;

        public Files()
        {
            root = Authority("Quehacer test root", null);
            between = Authority("Quehacer test intermediate", root);
            File.WriteAllText(Root, root.ExportCertificatePem());
        }

        public string Root => In("root.pem");

        public string In(string name) => Path.Combine(directory.FullName, name);

        /// <summary>Writes a certificate with its chain, and its key, and gives its serial number.</summary>
        public string Write(string certificate, string key, int validFromDays = -1, int validToDays = 30)
        {
            using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=localhost", own, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
            using var made = request.Create(between, DateTime.UtcNow.AddDays(validFromDays), DateTime.UtcNow.AddDays(validToDays), RandomNumberGenerator.GetBytes(8).Select((octet, index) => index == 0 ? (byte)1 : octet).ToArray());
            File.WriteAllText(In(certificate), made.ExportCertificatePem() + "\n" + between.ExportCertificatePem() + "\n");
            File.WriteAllText(In(key), own.ExportPkcs8PrivateKeyPem() + "\n");
            return made.SerialNumber;
        }

        public void Dispose()
        {
            root.Dispose();
            between.Dispose();
            directory.Delete(recursive: true);
        }

        private static X509Certificate2 Authority(string name, X509Certificate2? issuer)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            if (issuer is null)
            {
                return request.CreateSelfSigned(DateTime.UtcNow.AddDays(-900), DateTime.UtcNow.AddDays(900));
            }
            using var made = request.Create(issuer, DateTime.UtcNow.AddDays(-800), DateTime.UtcNow.AddDays(800), [1, 2, 3]);
            return made.CopyWithPrivateKey(key);
        }
    }

    private static async Task<string> CurlAsync(params string[] arguments)
    {
        using var curl = Process.Start(new ProcessStartInfo("curl", ["-sS", "--max-time", "30", "--noproxy", "*", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = curl.StandardError.ReadToEndAsync();
        var output = await curl.StandardOutput.ReadToEndAsync();
        await curl.WaitForExitAsync();
        return curl.ExitCode == 0 ? output : $"{curl.ExitCode}: {await errors}";
    }

    /// <summary>The serial number of the certificate that a new connection is met with.</summary>
    private static async Task<string> MetWithAsync(QuehacerServer server)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("localhost", server.Port);
        await using var stream = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        await stream.AuthenticateAsClientAsync("localhost");
        return ((X509Certificate2)stream.RemoteCertificate!).SerialNumber;
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        for (var waited = Stopwatch.StartNew(); !await holds(); await Task.Delay(100))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), $"Waited in vain: {what}");
        }
    }

    [Fact]
    public async Task A_certificate_makes_the_server_speak_HTTPS_and_nothing_else()
    {
        using var files = new Files();
        files.Write("cert.pem", "key.pem");
        await using var server = await QuehacerServer.StartAsync(("Tls__CertificateFile", files.In("cert.pem")), ("Tls__KeyFile", files.In("key.pem")));
        var address = $"https://localhost:{server.Port}";
        foreach (var (arguments, expected) in new[] { ("--http2", "200 2"), ("--http1.1", "200 1.1"), ("--tlsv1.2 --tls-max 1.2", "200 2"), ("--tlsv1.3", "200 2") })
        {
            Assert.Equal(expected, await CurlAsync([.. arguments.Split(' '), "--cacert", files.Root, "-o", "/dev/null", "-w", "%{http_code} %{http_version}", $"{address}/health"]));
        }
        Assert.StartsWith("35: ", await CurlAsync("--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", "--cacert", files.Root, $"{address}/health"));
        Assert.StartsWith("60: ", await CurlAsync($"{address}/health"));
        // Plain HTTP is closed without a word.
        Assert.DoesNotContain("HTTP/", await server.SendRawAsync(async stream => await stream.WriteAsync("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray())));
        Assert.Contains($"serves {address}", server.Errors);
        Assert.Contains($"curl {address}/api", server.Errors);
        // Without a public address nobody has said that the whole host is https's.
        Assert.DoesNotContain("strict-transport-security", await CurlAsync("-i", "--cacert", files.Root, $"{address}/health"));
    }

    /// <summary>Where a browser has a connection of HTTP/2 already, it opens WebSockets over that (RFC 8441).</summary>
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_websocket_is_opened_over_either_HTTP(string version)
    {
        using var files = new Files();
        files.Write("cert.pem", "key.pem");
        await using var server = await QuehacerServer.StartAsync(("Tls__CertificateFile", files.In("cert.pem")), ("Tls__KeyFile", files.In("key.pem")));
        var user = await User.RegisterAsync(server);
        using var socket = new ClientWebSocket();
        (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (Version.Parse(version), HttpVersionPolicy.RequestVersionExact);
        socket.Options.SetRequestHeader("Authorization", $"Bearer {user.AccessToken}");
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        using var invoker = new HttpMessageInvoker(handler);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await socket.ConnectAsync(new Uri($"wss://localhost:{server.Port}/api/v1/ws"), invoker, patience.Token);
        var buffer = new byte[4096];
        var read = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
        Assert.Contains("\"ready\"", System.Text.Encoding.UTF8.GetString(buffer, 0, read.Count));
        await socket.SendAsync("{\"type\":\"subscribe\",\"id\":\"all\"}"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, patience.Token);
        read = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
        Assert.Contains("\"subscribed\"", System.Text.Encoding.UTF8.GetString(buffer, 0, read.Count));
        await user.CreateAsync(new { title = "Buy milk" });
        read = await socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
        Assert.Contains("task.created", System.Text.Encoding.UTF8.GetString(buffer, 0, read.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", patience.Token);
    }

    [Fact]
    public async Task Over_HTTP2_everything_is_as_over_HTTP1()
    {
        using var files = new Files();
        files.Write("cert.pem", "key.pem");
        await using var server = await QuehacerServer.StartAsync(
            ("Tls__CertificateFile", files.In("cert.pem")), ("Tls__KeyFile", files.In("key.pem")), ("Server__PublicUrl", "https://tasks.example.com"), ("Server__ShutdownSeconds", "5"));
        using var http = server.NewHttp();
        (http.DefaultRequestVersion, http.DefaultVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        var user = await User.RegisterAsync(server, http);
        var (path, made) = await user.CreateAsync(new { title = "Buy milk" });
        Assert.Equal(HttpVersion.Version20, made.Version);
        Assert.Equal("max-age=31536000", made.Header("Strict-Transport-Security"));
        // The target is read as it was sent: an escaped slash is part of the name.
        Assert.Contains("a/ñ", (await user.PutAsync($"{path}/tags/a%2F%C3%B1", new { })).Is(200)["tags"]!.AsArray().Select(tag => (string?)tag));
        (await user.PutAsync($"{path}/tags/caf%E9", new { })).Is(422);
        (await user.PatchAsync(path, new { title = "b" }, ("If-Match", made.ETag!))).IsProblem(412, "PRECONDITION_FAILED");
        (await user.PostAsync(User.Tasks, "{\"title\":\"a\"}" + new string(' ', 1024 * 1024))).IsProblem(413, "PAYLOAD_TOO_LARGE");
        (await user.GetAsync("/nope")).IsProblem(404, "RESOURCE_NOT_FOUND");
        // One connection, many streams: each gets its own answer.
        var titles = await Task.WhenAll(Enumerable.Range(0, 50).Select(async number => (string)(await user.PostAsync(User.Tasks, new { title = $"task {number}" })).Is(201)["title"]!));
        Assert.Equal(Enumerable.Range(0, 50).Select(number => $"task {number}"), titles);
        Assert.Equal(51, (int)(await user.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);
        // A stream that its client gives up harms no other.
        using var given = new CancellationTokenSource();
        var givenUp = http.GetAsync(User.Tasks, given.Token);
        await given.CancelAsync();
        await Record.ExceptionAsync(() => givenUp);
        (await user.GetAsync(path)).Is(200);
        Assert.DoesNotContain(server.Output, line => line.Contains("request failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_renewed_certificate_is_taken_without_a_restart_and_a_broken_one_is_not()
    {
        using var files = new Files();
        var first = files.Write("cert1.pem", "key1.pem");
        var (certificate, key) = (files.In("cert.pem"), files.In("key.pem"));
        File.CreateSymbolicLink(certificate, "cert1.pem");
        File.CreateSymbolicLink(key, "key1.pem");
        await using var server = await QuehacerServer.StartAsync(("Tls__CertificateFile", certificate), ("Tls__KeyFile", key));
        Assert.Equal(first, await MetWithAsync(server));

        // As renewing programs do it: new files, and links that lead to them, one after the other.
        var second = files.Write("cert2.pem", "key2.pem");
        Relink(certificate, "cert2.pem");
        Relink(key, "key2.pem");
        await UntilAsync("the renewed certificate", async () => await MetWithAsync(server) == second);
        Assert.Equal("200", await CurlAsync("--cacert", files.Root, "-o", "/dev/null", "-w", "%{http_code}", $"https://localhost:{server.Port}/health"));

        await File.WriteAllTextAsync(files.In("cert3.pem"), "-----BEGIN CERTIFICATE-----\nnonsense\n");
        Relink(certificate, "cert3.pem");
        await UntilAsync("the line about the broken file", () => Task.FromResult(server.Output.Any(line => line.Contains("certificate not taken", StringComparison.Ordinal))));
        Assert.Contains(server.Output, line => line.Contains("certificate not taken", StringComparison.Ordinal) && line.Contains("Tls__CertificateFile", StringComparison.Ordinal) && line.Contains("\"level\":\"error\"", StringComparison.Ordinal));
        Assert.Equal(second, await MetWithAsync(server));

        void Relink(string link, string target)
        {
            File.CreateSymbolicLink(link + ".new", target);
            File.Move(link + ".new", link, overwrite: true);
        }
    }

    [Fact]
    public async Task Files_that_cannot_be_used_stop_the_start_with_a_sentence_that_names_the_setting()
    {
        using var files = new Files();
        files.Write("cert.pem", "key.pem");
        files.Write("expired.pem", "expired-key.pem", -60, -1);
        files.Write("early.pem", "early-key.pem", 5, 60);
        await File.WriteAllTextAsync(files.In("nonsense.pem"), "nonsense");
        (string Certificate, string Key, string[] Says)[] cases =
        [
            ("missing.pem", "key.pem", ["Tls__CertificateFile", "missing.pem", "cannot be read"]),
            ("cert.pem", "missing.pem", ["Tls__KeyFile", "missing.pem", "cannot be read"]),
            ("nonsense.pem", "key.pem", ["Tls__CertificateFile", "no certificate in PEM form"]),
            ("cert.pem", "nonsense.pem", ["Tls__KeyFile", "not the key"]),
            ("cert.pem", "expired-key.pem", ["Tls__KeyFile", "not the key"]),
            ("expired.pem", "expired-key.pem", ["Tls__CertificateFile", "expired on"]),
            ("early.pem", "early-key.pem", ["Tls__CertificateFile", "not valid before"]),
            ("cert.pem", "", ["Tls__CertificateFile and Tls__KeyFile belong together"]),
        ];
        foreach (var (certificate, key, says) in cases)
        {
            var data = files.In("data");
            var run = await QuehacerServer.RunAsync(["serve"], [("DATA_DIR", data), ("Tls__CertificateFile", files.In(certificate)), ("Tls__KeyFile", key.Length == 0 ? "" : files.In(key))]);
            Assert.True(run.ExitCode == 78, $"{certificate}, {key}: {run.ExitCode} {run.Errors}");
            Assert.All(says, text => Assert.Contains(text, run.Errors));
            Assert.DoesNotContain("   at ", run.Errors);
            Assert.False(Directory.Exists(data), "A server that refuses its settings has touched the data directory.");
        }
    }
}
