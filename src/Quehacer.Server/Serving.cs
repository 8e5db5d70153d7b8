using System.Net;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Quehacer.Core;
using Quehacer.Core.Jobs;
using Quehacer.Core.Postgres;
using Quehacer.Server.Contracts;
using Quehacer.Server.Contracts.Envelope;
using Quehacer.Server.Contracts.Tareas;
using Quehacer.Server.Contracts.V1;
using Quehacer.Server.Http;
using Quehacer.Server.Mail;
using Quehacer.Server.OpenApi;
using Quehacer.Server.Pages;
using IPNetwork = System.Net.IPNetwork;

namespace Quehacer.Server;

/// <summary>The server, from start to stop. The pipeline reads top to bottom; a contract is one line.</summary>
internal static class Serving
{
    private static readonly TimeSpan JobPoll = TimeSpan.FromSeconds(30);

    private const int MsBetweenComplaints = 60_000;

    private static readonly TimeSpan SightingsHeldFor = TimeSpan.FromMinutes(1);

    public static async Task RunAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Opened.EnvironmentName, ContentRootPath = AppContext.BaseDirectory });
        var settings = Settings.Read(builder.Configuration, builder.Environment.EnvironmentName);
        var certificate = settings.TlsCertificateFile is null ? null : new ServerCertificate(settings.TlsCertificateFile, settings.TlsKeyFile!);
        using var log = new JsonLog(Console.OpenStandardOutput(), settings.LogClientAddress);
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // What it says of a failed start is said in a sentence by whoever catches it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        Configure(builder, settings, certificate);

        using var logs = LoggerFactory.Create(logging => logging.AddProvider(log));
        await using var opened = await Opened.OpenAsync(settings, logs, cancellation);
        var installation = opened.Installation;
        var logger = logs.CreateLogger("quehacer");
        foreach (var notice in settings.Notices)
        {
            Log.DeprecatedSetting(logger, notice);
        }
        await PrepareAsync(opened, settings, logger, cancellation);

        await using var app = builder.Build();
        var problems = new Problems(settings.PublicUrl, installation.Sessions);
        var errors = new Errors(installation.Sessions);
        var faults = new Faults(installation.Sessions);
        var contracts = new Http.Contracts(V1.Contract(problems), Tareas.Contract(errors), Envelope.Contract(faults));
        var requests = new InFlight();
        app.Use(requests.Count);
        if (settings.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders(Forwarded(settings.TrustedProxies));
        }
        app.UseMiddleware<SecurityHeaders>(settings);
        app.UseMiddleware<Gate>(contracts, log);
        app.UseCrossOrigin(settings);
        app.UseRouting();
        if (!Deprecations.Current.IsEmpty)
        {
            app.UseMiddleware<DeprecationHeaders>(contracts, Deprecations.Current, TimeProvider.System);
        }
        app.UseMiddleware<Shedding>(contracts, settings.MaxConcurrentRequests);
        app.UseMiddleware<Authentication>(installation.AccessToken, installation.ApiKeys, installation.StreamTickets, installation.SessionSightings, TimeProvider.System);
        if (settings.RateLimitsEnabled)
        {
            app.UseMiddleware<RateLimits>(contracts, settings);
        }
        app.UseMiddleware<Admission>(contracts);
        app.UseMiddleware<Negotiation>(contracts);
        app.UseMiddleware<WorkspaceChoice>(problems);
        app.UseWhen(http => http.GetEndpoint()?.Metadata.GetMetadata<SpeaksWebSocket>() is not null, sockets => sockets.UseWebSockets());
        app.UseMiddleware<ResponseCompressionMiddleware>(new Compression());
        app.MapHealth(opened.Database, LivePage.Showing(settings.HeartbeatSeconds));
        app.MapLiveScripts();
        app.MapStartPage(problems);
        app.MapErrorPages(problems);
        app.MapReference();
        app.MapAccountPages();
        var files = new MailFiles(settings.MailDirectory);
        if (settings.MailServer is null && settings.Environment == "Development")
        {
            app.MapMailPages(files);
        }
        var (demands, batchLimit) = (new WriteDemands(settings.IdempotencyKeyRequired, settings.PreconditionRequired), RateLimits.OfBatches(settings));
        var (slow, stopped) = (TimeSpan.FromSeconds(settings.SlowListenerSeconds), app.Lifetime.ApplicationStopping);
        app.MapV1(
            installation, problems, demands, batchLimit, RateLimits.OfExports(settings), new StreamManners(slow, stopped),
            new SocketManners(slow, TimeSpan.FromSeconds(settings.HeartbeatSeconds), (origin, request) => CrossOrigin.MayOpen(origin, request, settings), stopped));
        app.MapTareas(installation, errors, demands);
        app.MapEnvelope(installation, opened.Database, faults, demands, batchLimit, settings);
        foreach (var description in Descriptions.All)
        {
            new OpenApiDocument(description).Map(app, contracts);
        }
        OpenApiDocument.Map(app, Contracts.V1.OpenApi.Conversations.Address, Contracts.V1.OpenApi.Conversations.Document);

        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            throw new SettingsRefused([$"Port {settings.Port} is in use. Stop what uses it, or choose another with PORT."]);
        }
        var address = app.Urls.First();
        Log.Serving(logger, address, settings.Environment);
        // Every address of this machine is written as one that nobody can ask for. What clients call this server in their requests is theirs to make up:
        // no link of a letter is made from it.
        var origin = settings.PublicUrl?.ToString().TrimEnd('/') ?? address.Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal);
        await GreetAsync(origin, settings);
        app.Lifetime.ApplicationStopping.Register(() =>
        {
            requests.Stop();
            Console.Error.WriteLine("Stopping; requests in flight are finished first.");
            Log.Stopping(logger, requests.Now);
        });

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(app.Lifetime.ApplicationStopping);
        var jobs = new JobRunner(opened.Database, installation.CleanUp.Jobs, TimeProvider.System, (job, rows, exception) =>
        {
            if (exception is not null)
            {
                Log.JobFailed(logger, job, exception);
            }
            else if (rows > 0)
            {
                Log.JobDone(logger, job, rows);
            }
        }).RunAsync(JobPoll, stopping.Token);
        var sighting = installation.SessionSightings.RunAsync(SightingsHeldFor, exception => Log.SightingsLost(logger, exception), stopping.Token);
        var watching = certificate?.WatchAsync(logs.CreateLogger("tls"), stopping.Token) ?? Task.CompletedTask;
        var mailing = Mailing.RunAsync(opened, settings, files, origin, logs.CreateLogger("mail"), stopping.Token);
        var live = RunLiveAsync(installation, settings, logger, stopping.Token);
        await app.WaitForShutdownAsync(CancellationToken.None);
        await Console.Error.WriteLineAsync("Stopped.");
        Log.Stopped(logger, requests.Finished, requests.Cut);
        await Task.WhenAll(jobs, watching, sighting, live);
        try
        {
            await installation.SessionSightings.WriteAsync(CancellationToken.None);
        }
        catch (Exception exception) when (Database.IsUnavailable(exception))
        {
            Log.SightingsLost(logger, exception);
        }
        // A mail server that keeps us waiting does not keep us from stopping: the letter is sent again at the next start.
        await Task.WhenAny(mailing, Task.Delay(TimeSpan.FromSeconds(settings.ShutdownSeconds), CancellationToken.None));
    }

    /// <summary>Says at most once a minute what happens again and again.</summary>
    private static Action<Exception> NowAndThen(Action<Exception> say)
    {
        var next = 0L;
        return exception =>
        {
            var now = Environment.TickCount64;
            if (Interlocked.Read(ref next) is var due && now >= due && Interlocked.CompareExchange(ref next, now + MsBetweenComplaints, due) == due)
            {
                say(exception);
            }
        };
    }

    /// <summary>Those who listen, and the other servers of the database.</summary>
    private static Task RunLiveAsync(Installation installation, Settings settings, ILogger logger, CancellationToken stopping)
    {
        // Each is tried again within a second or two, for as long as a database is away.
        installation.Live.Failed = NowAndThen(exception => Log.LiveDelayed(logger, exception.Message));
        installation.Peers.Failed = NowAndThen(exception => Log.PeersUnheard(logger, exception.Message));
        installation.Presence.Failed = NowAndThen(exception => Log.PresenceDelayed(logger, exception.Message));
        return Task.WhenAll(installation.Live.RunAsync(stopping), installation.Presence.RunAsync(stopping), settings.NotifyPeers ? installation.Peers.RunAsync(stopping) : Task.CompletedTask);
    }

    /// <summary>
    /// From right to left, as far as the proxies are ours (ASVS 5.0 §4.1.3). The host is not among what they may say: <c>Server__PublicUrl</c> says it
    /// once for all.
    /// </summary>
    private static ForwardedHeadersOptions Forwarded(IReadOnlyList<IPNetwork> proxies)
    {
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            options.KnownIPNetworks.Add(proxy);
        }
        return options;
    }

    private static void Configure(WebApplicationBuilder builder, Settings settings, ServerCertificate? certificate)
    {
        builder.Services.AddCors();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(settings.ShutdownSeconds));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = settings.MaxConnections;
            // RequestBody has the limit. With one here the connection would be closed while its client still sends, and a client to which that happens hears
            // of a broken connection and not of its fault. So the answer goes out, and Kestrel takes what comes for five seconds more and throws it away.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            // A rate would be an average over the whole connection: who has read 100 MB fast could then stand still for days. With one that nobody
            // misses, what counts is the grace that each write has.
            kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: int.MaxValue, gracePeriod: TimeSpan.FromSeconds(settings.StalledReaderSeconds));
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 64;
            if (settings.Address == "localhost" && settings.Port != 0)
            {
                kestrel.ListenLocalhost(settings.Port, Speak);
            }
            else
            {
                var address = settings.Address switch
                {
                    "localhost" => IPAddress.Loopback,
                    "*" => IPAddress.IPv6Any,
                    _ => IPAddress.TryParse(settings.Address, out var parsed)
                        ? parsed
                        : throw new SettingsRefused([$"Server__Address is '{settings.Address}'. Set it to localhost, to * for every address, or to one IP address of this machine."]),
                };
                kestrel.Listen(address, settings.Port, Speak);
            }
        });

        void Speak(ListenOptions listen)
        {
            listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (certificate is not null)
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificate.Options) });
            }
        }
    }

    private static async Task PrepareAsync(Opened opened, Settings settings, ILogger logger, CancellationToken cancellation)
    {
        if (opened.Migrations.Count > 0)
        {
            Log.Migrated(logger, string.Join(", ", opened.Migrations));
        }
        foreach (var setting in await opened.Database.UnsafeSettingsAsync(cancellation))
        {
            Log.UnsafeSetting(logger, setting);
            await Console.Error.WriteLineAsync($"WARNING: PostgreSQL runs with {setting} off. A crash can lose writes that clients were told are safe.");
        }
        if (!settings.RateLimitsEnabled)
        {
            Log.RateLimitsOff(logger);
            await Console.Error.WriteLineAsync("WARNING: RateLimits__Enabled is false. There are no rate limits, not even for guessing passwords.");
        }
        if (settings.MailServer is null && settings.Environment == "Production")
        {
            Log.MailToFiles(logger, settings.MailDirectory);
            await Console.Error.WriteLineAsync($"WARNING: Mail__SmtpHost is not set. No mail is sent: letters are written to {settings.MailDirectory}, where only this machine's administrators see them.");
        }
        var (renewed, lost) = await opened.Installation.SecondFactors.SealAnewAsync(cancellation);
        if (renewed > 0)
        {
            Log.SealedAnew(logger, renewed);
        }
        if (lost > 0)
        {
            Log.SecondFactorsLost(logger, lost);
            await Console.Error.WriteLineAsync($"WARNING: {lost} authenticators were sealed under another signing key. Set Auth__PreviousSigningKey to the key before and start again.");
        }
        if (settings.PasswordIterations < Settings.UsualPasswordIterations)
        {
            Log.QuickPasswords(logger, settings.PasswordIterations);
            await Console.Error.WriteLineAsync("WARNING: Auth__PasswordIterations is low. Whoever reads the database can guess passwords fast.");
        }
        if (settings.AdminEmail is { } email && !await opened.Installation.Accounts.PromoteAsync(Text.NormaliseName(email), cancellation))
        {
            Log.AdminMissing(logger);
        }
    }

    /// <summary>For the person at the terminal; the log goes to standard output.</summary>
    private static Task GreetAsync(string address, Settings settings) => Console.Error.WriteLineAsync($$"""

        Quehacer serves {{address}} ({{settings.Environment}}, data in {{(settings.DatabaseConnectionString is null ? Path.GetFullPath(settings.DataDirectory) : "the server of DATABASE_URL")}}).
        A first request:
          curl {{address}}/api/v1/auth/register -H 'Content-Type: application/json' \
               -d '{"email":"ana@example.com","name":"Ana","password":"long enough to remember"}'
        {{(settings.MailServer is null && settings.Environment == "Development" ? $"Mail is not sent but shown at {address}/mail, to this machine only. " : "")}}The reference is at {{address}}/docs. Stop with Ctrl-C. The README has the rest.

        """);
}
