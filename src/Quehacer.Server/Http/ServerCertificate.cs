using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quehacer.Server.Http;

/// <summary>
/// The certificate for TLS and its key, from two PEM files that are read again when their content changes, as it does when they are renewed. What
/// cannot be used is logged, and the certificate before stays in use.
/// </summary>
internal sealed partial class ServerCertificate
{
    /// <summary>The files are small and are compared by content, so that links that are changed to lead elsewhere are noticed as well.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    private readonly string certificateFile;
    private readonly string keyFile;
    private Files tried;
    private volatile SslServerAuthenticationOptions options;

    /// <exception cref="SettingsRefused">The files cannot be used; the sentence names the setting.</exception>
    public ServerCertificate(string certificateFile, string keyFile)
    {
        (this.certificateFile, this.keyFile) = (certificateFile, keyFile);
        tried = Read();
        options = TryLoad(tried, out var fault) ?? throw new SettingsRefused([fault]);
    }

    /// <summary>What the next connection is to be met with: TLS 1.2 or 1.3, HTTP/2 or HTTP/1.1 as the client prefers (RFC 7301).</summary>
    public SslServerAuthenticationOptions Options => options;

    /// <summary>Looks after the files until it is cancelled.</summary>
    public async Task WatchAsync(ILogger log, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Poll);
        var seen = tried;
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                var (before, now) = (seen, Read());
                seen = now;
                // The two files are not changed at once: only what has stayed the same for a while is taken.
                if (now == tried || now != before)
                {
                    continue;
                }
                tried = now;
                if (TryLoad(now, out var fault) is { } renewed)
                {
                    options = renewed;
                    Renewed(log, certificateFile);
                }
                else
                {
                    Broken(log, fault);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private Files Read()
    {
        var certificate = TryRead("Tls__CertificateFile", certificateFile, out var fault);
        return certificate is null ? new Files("", "", fault) : TryRead("Tls__KeyFile", keyFile, out fault) is { } key ? new Files(certificate, key, null) : new Files("", "", fault);
    }

    private static string? TryRead(string setting, string file, out string? fault)
    {
        try
        {
            fault = null;
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fault = $"{setting} is '{file}', which cannot be read: {exception.Message} Name a PEM file that the server's user may read.";
            return null;
        }
    }

    private SslServerAuthenticationOptions? TryLoad(Files files, out string fault)
    {
        fault = files.Fault ?? "";
        if (files.Fault is not null)
        {
            return null;
        }
        X509Certificate2 certificate;
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(files.Certificate);
            using var own = X509Certificate2.CreateFromPem(files.Certificate);
            if (own.NotAfter.ToUniversalTime() is var end && end <= DateTime.UtcNow)
            {
                fault = $"Tls__CertificateFile is '{certificateFile}', whose certificate expired on {end:yyyy-MM-dd'T'HH:mm:ss'Z'}. Renew it.";
                return null;
            }
            if (own.NotBefore.ToUniversalTime() is var begin && begin > DateTime.UtcNow)
            {
                fault = $"Tls__CertificateFile is '{certificateFile}', whose certificate is not valid before {begin:yyyy-MM-dd'T'HH:mm:ss'Z'}. Use another, or set the clock of this machine.";
                return null;
            }
        }
        catch (CryptographicException)
        {
            fault = $"Tls__CertificateFile is '{certificateFile}', which holds no certificate in PEM form. It should begin with -----BEGIN CERTIFICATE-----, and hold the server's own certificate first and then those of its chain.";
            return null;
        }
        try
        {
            certificate = X509Certificate2.CreateFromPem(files.Certificate, files.Key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            fault = $"Tls__KeyFile is '{keyFile}', which is not the key of the certificate in '{certificateFile}'. Name the private key that belongs to it, in PEM form and without a passphrase.";
            return null;
        }
        return new SslServerAuthenticationOptions
        {
            // Offline: the chain is what the file holds, and no start or handshake waits for somebody else's server.
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, [.. chain.Skip(1)], offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
    }

    [LoggerMessage(EventId = 20, EventName = "certificate renewed", Level = LogLevel.Information, Message = "New connections are met with the new certificate in {file}.")]
    private static partial void Renewed(ILogger log, string file);

    [LoggerMessage(EventId = 21, EventName = "certificate not taken", Level = LogLevel.Error, Message = "The certificate before stays in use: {fault}")]
    private static partial void Broken(ILogger log, string fault);

    /// <summary>What is in the two files, or why they cannot be read.</summary>
    private sealed record Files(string Certificate, string Key, string? Fault);
}
