using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Quehacer.Tests.Mail;

/// <summary>How a mail server behaves towards those who bring it letters.</summary>
internal enum Manner
{
    Takes,

    /// <summary>Says nothing at all.</summary>
    Silent,

    /// <summary>Says nothing more once it has the letter.</summary>
    SilentAfterData,

    /// <summary>Takes no letter for anybody.</summary>
    RefusesRecipients,

    /// <summary>Closes the connection in the middle.</summary>
    HangsUp,

    /// <summary>Takes letters by STARTTLS, and from nobody who has not logged in.</summary>
    TakesByTls,
}

/// <summary>As little of RFC 5321 as a letter needs. What it was told, and what it took, is kept.</summary>
internal sealed class TinyMailServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly Manner manner;
    private readonly X509Certificate2 certificate = Made();
    private readonly string extensions;
    private readonly Task serving;

    public TinyMailServer(Manner manner, params string[] extensions)
    {
        this.manner = manner;
        this.extensions = string.Concat(extensions.Select(extension => $"250-{extension}\r\n"));
        listener.Start();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Nobody has vouched for it.</summary>
    public string CertificatePem => certificate.ExportCertificatePem();

    public ConcurrentQueue<string> Commands { get; } = new();

    public ConcurrentQueue<string> Letters { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        listener.Stop();
        await serving;
        closing.Dispose();
        certificate.Dispose();
    }

    private async Task ServeAsync()
    {
        var conversations = new List<Task>();
        try
        {
            while (true)
            {
                conversations.Add(ConverseAsync(await listener.AcceptTcpClientAsync(closing.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(conversations);
        }
    }

    private async Task ConverseAsync(TcpClient client)
    {
        using var _ = client;
        Stream stream = client.GetStream();
        try
        {
            if (manner == Manner.Silent)
            {
                await Task.Delay(Timeout.Infinite, closing.Token);
            }
            await SayAsync("220 tiny.example ESMTP");
            while (await LineAsync() is { } command)
            {
                Commands.Enqueue(command);
                switch (command.Split(' ')[0].ToUpperInvariant())
                {
                    case "EHLO":
                        await SayAsync($"250-tiny.example\r\n{(manner == Manner.TakesByTls && stream is not SslStream ? "250-STARTTLS\r\n" : "")}{extensions}250 SIZE 1000000");
                        break;
                    case "STARTTLS":
                        await SayAsync("220 go ahead");
                        var tls = new SslStream(stream);
                        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, closing.Token);
                        stream = tls;
                        break;
                    case "RCPT" when manner == Manner.RefusesRecipients:
                        await SayAsync("550 5.1.1 nobody of that name");
                        break;
                    case "DATA" when manner == Manner.HangsUp:
                        return;
                    case "DATA":
                        await SayAsync("354 go ahead");
                        var letter = new StringBuilder();
                        while (await LineAsync() is { } line && line != ".")
                        {
                            letter.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
                        }
                        Letters.Enqueue(letter.ToString());
                        if (manner == Manner.SilentAfterData)
                        {
                            await Task.Delay(Timeout.Infinite, closing.Token);
                        }
                        await SayAsync("250 taken");
                        break;
                    case "AUTH":
                        await SayAsync("334 UGFzc3dvcmQ6");
                        Commands.Enqueue($"the password {Encoding.UTF8.GetString(Convert.FromBase64String(await LineAsync() ?? ""))}, {(stream is SslStream ? "by TLS" : "in clear")}");
                        await SayAsync("235 welcome");
                        break;
                    case "QUIT":
                        await SayAsync("221 bye");
                        return;
                    default:
                        await SayAsync("250 fine");
                        break;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or the server is closing.
        }

        Task SayAsync(string line) => stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"), closing.Token).AsTask();

        async Task<string?> LineAsync()
        {
            var line = new List<byte>();
            var octet = new byte[1];
            while (await stream.ReadAsync(octet, closing.Token) == 1)
            {
                if (octet[0] == '\n' && line is [.., (byte)'\r'])
                {
                    return Encoding.UTF8.GetString([.. line[..^1]]);
                }
                line.Add(octet[0]);
            }
            return null;
        }
    }

    private static X509Certificate2 Made()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTime.UtcNow.AddDays(-1), DateTime.UtcNow.AddDays(1));
    }
}
