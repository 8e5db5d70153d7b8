using System.Security.Authentication;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Npgsql;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;
using Quehacer.Core.Realtime;

namespace Quehacer.Server;

/// <summary>An installation that is open for use: its directory taken, its database up and migrated. Closing it closes all of that.</summary>
internal sealed class Opened : IAsyncDisposable
{
    private readonly DataDirectory directory;
    private readonly LocalCluster? cluster;

    private Opened(DataDirectory directory, LocalCluster? cluster, Database database, Installation installation, IReadOnlyList<string> migrations)
    {
        this.directory = directory;
        this.cluster = cluster;
        Database = database;
        Installation = installation;
        Migrations = migrations;
    }

    public Database Database { get; }

    public Installation Installation { get; }

    /// <summary>The migrations that were applied now.</summary>
    public IReadOnlyList<string> Migrations { get; }

    /// <summary>The environment's name; Development when nothing says otherwise, so that a first start needs nothing configured.</summary>
    public static string EnvironmentName =>
        Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") is { Length: > 0 } aspnet ? aspnet
        : Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") is { Length: > 0 } dotnet ? dotnet
        : "Development";

    public static async Task<Opened> OpenAsync(Settings settings, ILoggerFactory logs, CancellationToken cancellation)
    {
        var directory = Take(settings);
        LocalCluster? cluster = null;
        try
        {
            if (settings.DatabaseConnectionString is null)
            {
                cluster = await StartClusterAsync(directory, settings, logs, cancellation);
            }
            var connectionString = settings.DatabaseConnectionString ?? cluster!.ConnectionString;
            var migrations = await MigrateAsync(connectionString, settings.DatabaseStartupWaitSeconds, logs, cancellation);
            var database = Connect(connectionString, settings);
            var installation = Install(database, directory.Path, settings, logs);
            return new Opened(directory, cluster, database, installation, migrations);
        }
        catch
        {
            if (cluster is not null)
            {
                await cluster.DisposeAsync();
            }
            directory.Dispose();
            throw;
        }
    }

    /// <summary>For a command that must be alone with the installation.</summary>
    public static async Task UseAloneAsync(Func<IReadOnlyList<string>, Task> work, CancellationToken cancellation)
    {
        using var logs = LoggerFactory.Create(_ => { });
        await using var opened = await OpenAsync(FromEnvironment(), logs, cancellation);
        await work(opened.Migrations);
    }

    /// <summary>For a command that does one thing with the installation and ends. Where a server is at work, it is done beside it.</summary>
    public static async Task UseAsync(Func<Installation, Task> work, CancellationToken cancellation)
    {
        var settings = FromEnvironment();
        using var logs = LoggerFactory.Create(_ => { });
        if (await ReachServerAsync(settings, cancellation) is not { } reached)
        {
            await using var opened = await OpenAsync(settings, logs, cancellation);
            await work(opened.Installation);
            return;
        }
        await RefuseOlderAsync(reached.ConnectionString, cancellation);
        await using var database = Connect(reached.ConnectionString, settings);
        await work(Install(database, Path.GetFullPath(settings.DataDirectory), settings, logs));
    }

    /// <summary>For a command that needs the database alone: with <c>DATABASE_URL</c> it runs beside servers, without the data directory.</summary>
    /// <param name="besideServer">It does not matter to the work that a server has the private cluster up.</param>
    public static async Task UseDatabaseAsync(bool besideServer, Func<Database, Task> work, CancellationToken cancellation)
    {
        var settings = FromEnvironment();
        using var logs = LoggerFactory.Create(_ => { });
        string connectionString;
        if (settings.DatabaseConnectionString is { } own)
        {
            await MigrateAsync(own, settings.DatabaseStartupWaitSeconds, logs, cancellation);
            connectionString = own;
        }
        else if (besideServer && await ReachServerAsync(settings, cancellation) is { } reached)
        {
            await RefuseOlderAsync(reached.ConnectionString, cancellation);
            connectionString = reached.ConnectionString;
        }
        else
        {
            await using var opened = await OpenAsync(settings, logs, cancellation);
            await work(opened.Database);
            return;
        }
        await using var database = Connect(connectionString, settings);
        await work(database);
    }

    /// <summary>
    /// For a command that works on the database as a whole: it is not migrated. The work is given the connection string and the directory of
    /// PostgreSQL's programs.
    /// </summary>
    /// <param name="besideServer">It does not matter to the work that a server has the private cluster up.</param>
    public static async Task UseClusterAsync(bool besideServer, Func<string, string, Task> work, CancellationToken cancellation)
    {
        var settings = FromEnvironment();
        if (settings.DatabaseConnectionString is { } connectionString)
        {
            await work(connectionString, LocalCluster.FindClientPrograms(settings.DatabaseBinDirectory));
            return;
        }
        if (besideServer && await ReachServerAsync(settings, cancellation) is { } reached)
        {
            await work(reached.ConnectionString, reached.BinDirectory);
            return;
        }
        using var logs = LoggerFactory.Create(_ => { });
        using var directory = Take(settings);
        await using var cluster = await StartClusterAsync(directory, settings, logs, cancellation);
        await work(cluster.ConnectionString, cluster.BinDirectory);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }
        directory.Dispose();
    }

    private static Settings FromEnvironment() => Settings.Read(new ConfigurationBuilder().AddEnvironmentVariables().Build(), EnvironmentName);

    /// <summary>The database of the server that has the data directory; null when none has it. One that is starting is waited for.</summary>
    private static async Task<(string ConnectionString, string BinDirectory)?> ReachServerAsync(Settings settings, CancellationToken cancellation)
    {
        var giveUp = DateTime.UtcNow.AddSeconds(settings.DatabaseStartupWaitSeconds);
        while (true)
        {
            using (var free = DataDirectory.TryTake(settings.DataDirectory))
            {
                if (free is not null)
                {
                    return null;
                }
            }
            if (settings.DatabaseConnectionString is { } own)
            {
                return (own, "");
            }
            if (LocalCluster.FindRunning(settings.DataDirectory, settings.DatabaseBinDirectory) is { } running)
            {
                return running;
            }
            if (DateTime.UtcNow >= giveUp)
            {
                throw Held(settings);
            }
            await Task.Delay(100, cancellation);
        }
    }

    /// <summary>A schema is never brought forward under a server that does not know the new one.</summary>
    private static async Task RefuseOlderAsync(string connectionString, CancellationToken cancellation)
    {
        if (await new Migrator(connectionString).MissingAsync(cancellation) is { Count: > 0 } missing)
        {
            throw new DatabaseRefused($"The server at work is older than this program: its database has not had {string.Join(", ", missing)}. Start the server with this program, and try again.");
        }
    }

    private static Installation Install(Database database, string dataDirectory, Settings settings, ILoggerFactory logs)
    {
        var security = logs.CreateLogger("security");
        var signingKey = new SigningKey(settings.SigningKey ?? SigningKey.ReadOrMake(Path.Combine(dataDirectory, "signing-key")));
        return new Installation(
            database,
            new InstallationOptions(
                signingKey,
                CursorKeys(settings, signingKey),
                Hashing(settings.PasswordIterations),
                settings.ParallelPasswords == 0 ? Passwords.UsualParallel : settings.ParallelPasswords,
                settings.RateLimitsEnabled ? new LoginLimits(settings.LoginFailures, TimeSpan.FromMinutes(settings.LoginWindowMinutes), settings.LoginFailuresPerDay) : null,
                TimeSpan.FromDays(settings.SessionDays),
                TimeSpan.FromHours(settings.IdempotencyKeyHours),
                TimeSpan.FromDays(settings.DeletedTaskDays))
            {
                Live = new LiveOptions(
                    settings.ListenersPerUser, settings.Listeners, TimeSpan.FromSeconds(settings.HeartbeatSeconds),
                    // Where nobody tells us, we ask more often.
                    settings.NotifyPeers ? LiveOptions.Usual.Sweep : TimeSpan.FromMilliseconds(250)),
                LongestSession = TimeSpan.FromDays(settings.LongestSessionDays),
                EmailVerification = settings.EmailVerification,
                LetterLimits = settings.RateLimitsEnabled ? new LetterLimits(settings.PasswordResetsPerHour, settings.Letters, settings.InvitationsPerHour) : null,
                PreviousSigningKey = settings.PreviousSigningKey is { } previous ? new SigningKey(previous) : null,
                IsCodeLoginOffered = settings.CodeLogin,
                DeletionGrace = TimeSpan.FromDays(settings.DeletionGraceDays),
            },
            TimeProvider.System,
            (securityEvent, userId, from) =>
            {
                var user = userId is { } id ? Ids.ToTypeId(Ids.UserPrefix, id) : "nobody known";
                Log.SecurityEvent(security, securityEvent.IsSuspicious() ? LogLevel.Warning : LogLevel.Information, securityEvent.Name(), user, from);
            });
    }

    private static Database Connect(string connectionString, Settings settings) =>
        new(new DatabaseOptions(connectionString, settings.DatabasePoolSize, settings.DatabaseStatementTimeoutMs, settings.DatabaseLockTimeoutMs));

    private static DataDirectory Take(Settings settings) => DataDirectory.TryTake(settings.DataDirectory) ?? throw Held(settings);

    private static DirectoryHeld Held(Settings settings) => new(
        $"Another Quehacer server is using {Path.GetFullPath(settings.DataDirectory)}. Stop it first (this command must be alone), or choose another directory with DATA_DIR.");

    private static async Task<LocalCluster> StartClusterAsync(DataDirectory directory, Settings settings, ILoggerFactory logs, CancellationToken cancellation)
    {
        var log = logs.CreateLogger("postgres");
        return await LocalCluster.StartAsync(
            directory, settings.DatabaseBinDirectory, Database.ConnectionsOf(settings.DatabasePoolSize) + 10, line => Log.PostgresSays(log, line), cancellation);
    }

    /// <summary>A server may be started before its database: it waits a while.</summary>
    private static async Task<IReadOnlyList<string>> MigrateAsync(string connectionString, int waitSeconds, ILoggerFactory logs, CancellationToken cancellation)
    {
        var log = logs.CreateLogger<Opened>();
        var giveUp = DateTime.UtcNow.AddSeconds(waitSeconds);
        while (true)
        {
            try
            {
                return await new Migrator(connectionString).MigrateAsync(cancellation);
            }
            catch (NpgsqlException exception) when (exception.InnerException is AuthenticationException)
            {
                // Waiting makes no certificate good.
                throw new DatabaseRefused(
                    "The database's certificate is not accepted: nobody who is known here has signed it, or it is made out for another host. Name the file of the certificate that it was signed with as sslrootcert in DATABASE_URL, and the host as the certificate has it, then start again.");
            }
            catch (Exception exception) when (Database.IsUnavailable(exception) || exception is System.Net.Sockets.SocketException)
            {
                if (exception is PostgresException { SqlState: not "57P03" } || DateTime.UtcNow >= giveUp)
                {
                    throw new DatabaseRefused($"The database cannot be used: {exception.Message.TrimEnd('.')}. Check DATABASE_URL and that the server runs, then start again.");
                }
                Log.WaitingForDatabase(log, exception.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            }
            catch (PostgresException exception)
            {
                throw new DatabaseRefused($"The database refuses: {exception.MessageText}. Check user, password, database name and rights in DATABASE_URL, then start again.");
            }
        }
    }

    /// <summary>The first seals; every one opens. The key that follows from the signing key is always among them, so that setting one's own loses no cursor.</summary>
    private static List<byte[]> CursorKeys(Settings settings, SigningKey signingKey) =>
        [.. new[] { settings.CursorKey, settings.PreviousCursorKey }.OfType<string>().Select(Encoding.UTF8.GetBytes), signingKey.ForCursors];

    private static PasswordHashing Hashing(int iterations)
    {
        var hasher = new PasswordHasher<object>(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
        var nobody = new object();
        return new PasswordHashing(
            password => hasher.HashPassword(nobody, password),
            (hash, password) => hasher.VerifyHashedPassword(nobody, hash, password) != PasswordVerificationResult.Failed);
    }
}

internal static partial class Log
{
    [LoggerMessage(EventId = 10, EventName = "postgres", Level = LogLevel.Information, Message = "{line}")]
    public static partial void PostgresSays(ILogger log, string line);

    [LoggerMessage(EventId = 11, EventName = "waiting for database", Level = LogLevel.Warning, Message = "The database is not there yet; trying again: {reason}")]
    public static partial void WaitingForDatabase(ILogger log, string reason);

    [LoggerMessage(EventId = 12, EventName = "security event", Message = "{security_event}: {user}, from {address}.")]
    public static partial void SecurityEvent(ILogger log, LogLevel level, string security_event, string user, System.Net.IPAddress? address);

    [LoggerMessage(EventId = 13, EventName = "unsafe database setting", Level = LogLevel.Critical,
        Message = "The database runs with {setting} off: a crash can lose writes that clients were told are safe. Set {setting} = on in postgresql.conf and reload it.")]
    public static partial void UnsafeSetting(ILogger log, string setting);

    [LoggerMessage(EventId = 14, EventName = "migrated", Level = LogLevel.Information, Message = "Applied {migrations}.")]
    public static partial void Migrated(ILogger log, string migrations);

    [LoggerMessage(EventId = 15, EventName = "serving", Level = LogLevel.Information, Message = "Serving {address} in {environment}.")]
    public static partial void Serving(ILogger log, string address, string environment);

    [LoggerMessage(EventId = 16, EventName = "admin missing", Level = LogLevel.Warning,
        Message = "Admin__Email names no account. Register it and start the server again, or use 'user promote'.")]
    public static partial void AdminMissing(ILogger log);

    [LoggerMessage(EventId = 19, EventName = "rate limits off", Level = LogLevel.Critical,
        Message = "There are no rate limits, not even for guessing passwords: RateLimits__Enabled is false. Set it to true, or let nobody but friends reach this server.")]
    public static partial void RateLimitsOff(ILogger log);

    [LoggerMessage(EventId = 25, EventName = "mail to files", Level = LogLevel.Warning,
        Message = "No mail is sent: Mail__SmtpHost is not set, and letters are written to {directory}. Set it, and what goes with it, to have them sent.")]
    public static partial void MailToFiles(ILogger log, string directory);

    [LoggerMessage(EventId = 26, EventName = "second factors sealed anew", Level = LogLevel.Information,
        Message = "{renewed} authenticators that the signing key before had sealed are sealed under the key of now.")]
    public static partial void SealedAnew(ILogger log, int renewed);

    [LoggerMessage(EventId = 27, EventName = "second factors lost", Level = LogLevel.Critical,
        Message = "{lost} authenticators were sealed under another signing key, and their codes cannot be checked. Set Auth__PreviousSigningKey to the key before and start again.")]
    public static partial void SecondFactorsLost(ILogger log, int lost);

    [LoggerMessage(EventId = 29, EventName = "quick passwords", Level = LogLevel.Critical,
        Message = "Passwords are hashed with {iterations} iterations: whoever reads the database can guess them fast. Remove Auth__PasswordIterations where they belong to people.")]
    public static partial void QuickPasswords(ILogger log, int iterations);

    [LoggerMessage(EventId = 17, EventName = "job done", Level = LogLevel.Information, Message = "{job}: {rows} rows.")]
    public static partial void JobDone(ILogger log, string job, int rows);

    [LoggerMessage(EventId = 24, EventName = "deprecated setting", Level = LogLevel.Warning, Message = "{notice}")]
    public static partial void DeprecatedSetting(ILogger log, string notice);

    [LoggerMessage(EventId = 22, EventName = "stopping", Level = LogLevel.Information, Message = "Stopping: {in_flight} requests are in flight.")]
    public static partial void Stopping(ILogger log, long in_flight);

    [LoggerMessage(EventId = 23, EventName = "stopped", Level = LogLevel.Information, Message = "Stopped: {finished} requests were finished, and {cut} were cut off.")]
    public static partial void Stopped(ILogger log, long finished, long cut);

    [LoggerMessage(EventId = 28, EventName = "sightings lost", Level = LogLevel.Warning, Message = "When sessions were last seen could not be written, and up to a minute of it is lost.")]
    public static partial void SightingsLost(ILogger log, Exception exception);

    [LoggerMessage(EventId = 37, EventName = "live delayed", Level = LogLevel.Warning, Message = "Those who listen are told later: the log could not be read, and is tried again. {reason}")]
    public static partial void LiveDelayed(ILogger log, string reason);

    [LoggerMessage(EventId = 38, EventName = "peers unheard", Level = LogLevel.Warning, Message = "Other servers of this database are not heard, or do not hear of us; changes of theirs are found every two seconds until they are. {reason}")]
    public static partial void PeersUnheard(ILogger log, string reason);

    [LoggerMessage(EventId = 39, EventName = "presence delayed", Level = LogLevel.Warning, Message = "Who looks at a workspace is told later: it could not be written or read, and is tried again. {reason}")]
    public static partial void PresenceDelayed(ILogger log, string reason);

    [LoggerMessage(EventId = 18, EventName = "job failed", Level = LogLevel.Error, Message = "{job} failed and will be tried again.")]
    public static partial void JobFailed(ILogger log, string job, Exception exception);
}
