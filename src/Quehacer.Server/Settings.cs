using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Text;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;
using Quehacer.Server.Http;
using Quehacer.Server.Mail;

namespace Quehacer.Server;

/// <summary>A setting is missing or wrong; each sentence names its key and mends it.</summary>
public sealed class SettingsRefused(IReadOnlyList<string> sentences) : Exception(string.Join(Environment.NewLine, sentences));

/// <summary>A setting as documentation knows it.</summary>
public sealed record SettingInfo(string Key, string Default, string? ShortName);

/// <summary>A setting that has another name now. The old one works until a major version takes it away, and the log says so.</summary>
public sealed record RenamedSetting(string Old, string New);

/// <summary>
/// All configuration, read once at the start, checked whole, and typed from then on. Keys are those of ASP.NET Core: <c>Section__Key</c>
/// as an environment variable. <c>docs/configuration.md</c> lists them; a test compares it with this class.
/// </summary>
public sealed record Settings
{
    private const string CorsMethodsDefault = "GET, HEAD, POST, PUT, PATCH, DELETE";

    private const string CorsHeadersDefault =
        "Accept, Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, X-Request-Id";

    private const string CorsExposedHeadersDefault =
        "Allow, Content-Disposition, Content-Location, Deprecation, ETag, Idempotent-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Sunset, WWW-Authenticate, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, X-Total-Count";

    /// <summary>The names that settings had in earlier versions. Nothing has been renamed yet.</summary>
    private static readonly RenamedSetting[] Renamed = [];

    public required string Environment { get; init; }
    public required int Port { get; init; }
    public required string Address { get; init; }
    public required Uri? PublicUrl { get; init; }
    public required string DataDirectory { get; init; }
    public required int MaxConnections { get; init; }
    public required int MaxConcurrentRequests { get; init; }
    public required int ShutdownSeconds { get; init; }
    public required int StalledReaderSeconds { get; init; }

    /// <summary>Whose word about the client's address and scheme is taken; nobody's when empty.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    /// <summary>PEM files, both or neither; null for plain HTTP.</summary>
    public required string? TlsCertificateFile { get; init; }
    public required string? TlsKeyFile { get; init; }
    public required int HstsSeconds { get; init; }

    /// <summary>Whose pages may use the API; <see cref="CrossOrigin.Any"/> alone for everybody's. In Development, none stands for those of this machine.</summary>
    public required IReadOnlyList<string> CorsOrigins { get; init; }
    public required IReadOnlyList<string> CorsMethods { get; init; }
    public required IReadOnlyList<string> CorsHeaders { get; init; }
    public required IReadOnlyList<string> CorsExposedHeaders { get; init; }
    public required bool CorsCredentials { get; init; }
    public required int CorsMaxAgeSeconds { get; init; }
    public required bool LogClientAddress { get; init; }

    /// <summary>A sentence for each setting that is set under an old name.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Npgsql's connection string for the server of <c>DATABASE_URL</c>; null for the embedded cluster.</summary>
    public required string? DatabaseConnectionString { get; init; }
    public required string? DatabaseBinDirectory { get; init; }
    public required int DatabasePoolSize { get; init; }
    public required int DatabaseStatementTimeoutMs { get; init; }
    public required int DatabaseLockTimeoutMs { get; init; }
    public required int DatabaseStartupWaitSeconds { get; init; }

    /// <summary>Null when one is to be made and kept in the data directory.</summary>
    public required string? SigningKey { get; init; }

    /// <summary>The key before, which opens what is sealed to last; null for none.</summary>
    public required string? PreviousSigningKey { get; init; }
    public required int SessionDays { get; init; }
    public required int LongestSessionDays { get; init; }

    /// <summary>What becomes of accounts whose e-mail nobody has shown to be theirs.</summary>
    public required EmailVerification EmailVerification { get; init; }

    /// <summary>Whether anybody may sign in with a code by mail in place of a password.</summary>
    public required bool CodeLogin { get; init; }

    /// <summary>How many passwords are hashed at a time; 0 for half of the processors.</summary>
    public required int ParallelPasswords { get; init; }

    /// <summary>How often a password is hashed over and over; fewer than <see cref="UsualPasswordIterations"/> only in Development.</summary>
    public required int PasswordIterations { get; init; }

    /// <summary>What seals the cursors of lists; null for a key that follows from the signing key.</summary>
    public required string? CursorKey { get; init; }

    /// <summary>The key before, whose cursors are still accepted.</summary>
    public required string? PreviousCursorKey { get; init; }
    public required string? AdminEmail { get; init; }

    /// <summary>How long after it was asked for an account is deleted; 0 for at once.</summary>
    public required int DeletionGraceDays { get; init; }

    /// <summary>Null where letters are written to files.</summary>
    public required SmtpServer? MailServer { get; init; }

    /// <summary>Where letters are written when there is no mail server. Absolute.</summary>
    public string MailDirectory => Path.Combine(Path.GetFullPath(DataDirectory), "mail");

    /// <summary>From whom letters come.</summary>
    public required MailAddress MailFrom { get; init; }

    /// <summary>How many may listen: of one account, and in all, on this server.</summary>
    public required int ListenersPerUser { get; init; }
    public required int Listeners { get; init; }

    /// <summary>After how long a line on which nothing happens says that it is there.</summary>
    public required int HeartbeatSeconds { get; init; }
    public required int SlowListenerSeconds { get; init; }

    /// <summary>Whether servers of one database tell each other at once what has changed.</summary>
    public required bool NotifyPeers { get; init; }
    public required int DeletedTaskDays { get; init; }
    public required bool PreconditionRequired { get; init; }
    public required int IdempotencyKeyHours { get; init; }
    public required bool IdempotencyKeyRequired { get; init; }

    /// <summary>How long clients of the envelope may take an answer for true without asking again; 0 for not at all.</summary>
    public required int EnvelopeCacheSeconds { get; init; }

    /// <summary>False turns all limits off, those of logins included.</summary>
    public required bool RateLimitsEnabled { get; init; }
    public required int StandardPerMinute { get; init; }
    public required int PlusPerMinute { get; init; }
    public required int PremiumPerMinute { get; init; }
    public required int AnonymousPerMinute { get; init; }
    public required int BatchesPerMinute { get; init; }
    public required int EnvelopeWritesPerMinute { get; init; }
    public required int ExportsPerHour { get; init; }
    public required int LoginFailures { get; init; }
    public required int LoginWindowMinutes { get; init; }
    public required int LoginFailuresPerDay { get; init; }
    public required int Letters { get; init; }

    /// <summary>Into workspaces, that one account sends out.</summary>
    public required int InvitationsPerHour { get; init; }

    /// <summary>Letters for one e-mail.</summary>
    public required int PasswordResetsPerHour { get; init; }

    /// <summary>OWASP Password Storage Cheat Sheet: PBKDF2-HMAC-SHA512 with at least 210 000, of late 220 000 iterations.</summary>
    public const int UsualPasswordIterations = 220_000;

    /// <summary>Every key there is, with its default.</summary>
    public static IReadOnlyList<SettingInfo> Known
    {
        get
        {
            var reader = new Reader(new ConfigurationBuilder().Build(), Renamed);
            Read(reader, "Development");
            return reader.Known;
        }
    }

    /// <exception cref="SettingsRefused">A value is missing or wrong, or a key is not known.</exception>
    public static Settings Read(IConfiguration configuration, string environment) => Read(configuration, environment, Renamed);

    internal static Settings Read(IConfiguration configuration, string environment, IReadOnlyList<RenamedSetting> renamed)
    {
        var reader = new Reader(configuration, renamed);
        var settings = Read(reader, environment);
        if (configuration["ForwardedHeaders_Enabled"] is { Length: > 0 })
        {
            // ASP.NET Core's own switch takes everybody's word.
            reader.Refuse("ASPNETCORE_FORWARDEDHEADERS_ENABLED is set, with which anybody could say to be anywhere. Remove it, and name your proxies in Server__TrustedProxies.");
        }
        reader.ThrowIfAnythingIsWrong();
        return settings with { Notices = reader.Notices };
    }

    private static Settings Read(Reader reader, string environment)
    {
        if (environment is not ("Development" or "Staging" or "Production"))
        {
            reader.Refuse($"ASPNETCORE_ENVIRONMENT is '{environment}'. It is one of Development, Staging, Production; unset, it is Development.");
        }
        var settings = new Settings
        {
            Environment = environment,
            Port = reader.Integer("Server:Port", 3000, 0, 65535, shortName: "PORT"),
            Address = reader.Text("Server:Address", "localhost")!,
            PublicUrl = reader.Url("Server:PublicUrl"),
            DataDirectory = reader.Text("Server:DataDirectory", "./data", shortName: "DATA_DIR")!,
            MaxConnections = reader.Integer("Server:MaxConnections", 5000, 1, 1_000_000),
            MaxConcurrentRequests = reader.Integer("Server:MaxConcurrentRequests", 1000, 1, 1_000_000),
            ShutdownSeconds = reader.Integer("Server:ShutdownSeconds", 20, 1, 600),
            StalledReaderSeconds = reader.Integer("Server:StalledReaderSeconds", 300, 2, 86_400),
            TrustedProxies = reader.List<IPNetwork>("Server:TrustedProxies", "", TryReadNetwork, "Set it to addresses and networks with commas between them, such as 127.0.0.1, 10.0.0.0/8, or remove it"),
            TlsCertificateFile = reader.Text("Tls:CertificateFile", null),
            TlsKeyFile = reader.Text("Tls:KeyFile", null),
            HstsSeconds = reader.Integer("Tls:HstsSeconds", 31_536_000, 0, 63_072_000),
            CorsOrigins = reader.List<string>("Cors:Origins", "", CrossOrigin.TryReadOrigin, "Set it to origins with commas between them, such as https://app.example.com, each a scheme, a host and perhaps a port and nothing behind it, or remove it"),
            CorsMethods = reader.List<string>("Cors:Methods", CorsMethodsDefault, TryReadToken, "Set it to methods with commas between them, or remove it"),
            CorsHeaders = reader.List<string>("Cors:Headers", CorsHeadersDefault, TryReadToken, "Set it to names of headers with commas between them, or remove it"),
            CorsExposedHeaders = reader.List<string>("Cors:ExposedHeaders", CorsExposedHeadersDefault, TryReadToken, "Set it to names of headers with commas between them, or remove it"),
            CorsCredentials = reader.Flag("Cors:Credentials", true),
            CorsMaxAgeSeconds = reader.Integer("Cors:MaxAgeSeconds", 86_400, 0, 86_400),
            LogClientAddress = reader.Flag("Log:ClientAddress", false),
            DatabaseConnectionString = reader.DatabaseUrl("Database:Url", shortName: "DATABASE_URL"),
            DatabaseBinDirectory = reader.Text("Database:BinDirectory", null),
            DatabasePoolSize = reader.Integer("Database:PoolSize", 16, 2, 1000),
            DatabaseStatementTimeoutMs = reader.Integer("Database:StatementTimeoutMs", 10_000, 100, 600_000),
            DatabaseLockTimeoutMs = reader.Integer("Database:LockTimeoutMs", 5_000, 100, 600_000),
            DatabaseStartupWaitSeconds = reader.Integer("Database:StartupWaitSeconds", 60, 0, 3600),
            SigningKey = reader.Secret("Auth:SigningKey", Core.Accounts.SigningKey.MinBytes),
            PreviousSigningKey = reader.Secret("Auth:PreviousSigningKey", Core.Accounts.SigningKey.MinBytes),
            SessionDays = reader.Integer("Auth:SessionDays", 30, 1, 365),
            LongestSessionDays = reader.Integer("Auth:LongestSessionDays", 365, 1, 3650),
            EmailVerification = reader.OneOf("Auth:EmailVerification", EmailVerification.Optional),
            CodeLogin = reader.Flag("Auth:CodeLogin", false),
            ParallelPasswords = reader.Integer("Auth:ParallelPasswords", 0, 0, 1000),
            PasswordIterations = reader.Integer("Auth:PasswordIterations", 220_000, 1000, 10_000_000),
            CursorKey = reader.Secret("Cursors:Key", Core.Accounts.SigningKey.MinBytes),
            PreviousCursorKey = reader.Secret("Cursors:PreviousKey", Core.Accounts.SigningKey.MinBytes),
            AdminEmail = reader.Text("Admin:Email", null),
            DeletionGraceDays = reader.Integer("Accounts:DeletionGraceDays", 14, 0, 90),
            MailServer = ReadMailServer(reader),
            MailFrom = ReadMailFrom(reader),
            ListenersPerUser = reader.Integer("Live:ListenersPerUser", 100, 1, 1_000_000),
            Listeners = reader.Integer("Live:Listeners", 20_000, 1, 1_000_000),
            HeartbeatSeconds = reader.Integer("Live:HeartbeatSeconds", 15, 1, 600),
            SlowListenerSeconds = reader.Integer("Live:SlowListenerSeconds", 30, 1, 600),
            NotifyPeers = reader.Flag("Live:Notify", true),
            DeletedTaskDays = reader.Integer("Tasks:DeletedTaskDays", 30, 1, 3650),
            PreconditionRequired = reader.Flag("Tasks:RequireIfMatch", false),
            IdempotencyKeyHours = reader.Integer("Idempotency:KeyHours", 24, 24, 8760),
            IdempotencyKeyRequired = reader.Flag("Idempotency:Required", false),
            EnvelopeCacheSeconds = reader.ByEnvironment("Envelope:CacheSeconds", environment == "Development" ? 10 : 60, 0, 86_400),
            RateLimitsEnabled = reader.Flag("RateLimits:Enabled", true),
            StandardPerMinute = reader.Integer("RateLimits:StandardPerMinute", 100, 1, 1_000_000_000),
            PlusPerMinute = reader.Integer("RateLimits:PlusPerMinute", 1000, 1, 1_000_000_000),
            PremiumPerMinute = reader.Integer("RateLimits:PremiumPerMinute", 10_000, 1, 1_000_000_000),
            AnonymousPerMinute = reader.Integer("RateLimits:AnonymousPerMinute", 20, 1, 1_000_000_000),
            BatchesPerMinute = reader.Integer("RateLimits:BatchesPerMinute", 100, 1, 1_000_000_000),
            EnvelopeWritesPerMinute = reader.Integer("RateLimits:EnvelopeWritesPerMinute", 30, 1, 1_000_000_000),
            ExportsPerHour = reader.Integer("RateLimits:ExportsPerHour", 5, 1, 1_000_000),
            LoginFailures = reader.Integer("RateLimits:LoginFailures", 5, 1, 1_000_000),
            LoginWindowMinutes = reader.Integer("RateLimits:LoginWindowMinutes", 15, 1, 1440),
            LoginFailuresPerDay = reader.Integer("RateLimits:LoginFailuresPerDay", 100, 1, 1_000_000_000),
            PasswordResetsPerHour = reader.Integer("RateLimits:PasswordResetsPerHour", 3, 1, 1_000_000),
            Letters = reader.Integer("RateLimits:Letters", 5, 1, 1_000_000),
            InvitationsPerHour = reader.Integer("RateLimits:InvitationsPerHour", 50, 1, 1_000_000),
        };
        if (settings.TlsCertificateFile is null != settings.TlsKeyFile is null)
        {
            reader.Refuse("Tls__CertificateFile and Tls__KeyFile belong together, and only one of them is set. Set both to serve HTTPS, or neither to serve HTTP.");
        }
        if (settings.CorsOrigins.Contains(CrossOrigin.Any) && (settings.CorsCredentials || settings.CorsOrigins.Count > 1))
        {
            reader.Refuse("Cors__Origins is '*', every page there is, which browsers do not allow together with credentials. Name the origins, or set it to '*' alone with Cors__Credentials=false.");
        }
        if (settings.TrustedProxies.Any(network => network.PrefixLength == 0))
        {
            reader.Refuse("Server__TrustedProxies holds every address there is, with which anybody could say to be anywhere. Name the addresses or networks of your proxies.");
        }
        if (settings.MailServer is not null && settings.MailFrom.Host == "localhost")
        {
            reader.Refuse("Mail__SmtpHost is set and Mail__From is not, or is of localhost, which no mail server takes letters from. Set it to an address that your mail server sends for, such as tasks@example.com.");
        }
        if (environment != "Development" && settings.PasswordIterations < UsualPasswordIterations)
        {
            reader.Refuse($"Auth__PasswordIterations is {settings.PasswordIterations}. Fewer than {UsualPasswordIterations} are for Development alone: whoever steals the hashes must not guess fast. Remove it.");
        }
        if (environment == "Production")
        {
            if (settings.SigningKey is null)
            {
                reader.Refuse(
                    $"Auth__SigningKey is not set. Production does not use a key that was made up: set it to at least {Core.Accounts.SigningKey.MinBytes} random bytes, the same on every server (openssl rand -base64 48).");
            }
            else if (settings.SigningKey.StartsWith(Core.Accounts.SigningKey.DevelopmentPrefix, StringComparison.Ordinal))
            {
                reader.Refuse("Auth__SigningKey is a key that was made up for development. Production wants its own: openssl rand -base64 48 makes one.");
            }
        }
        return settings;
    }

    /// <summary>Null without a host. What is set of the rest must fit together, or a letter would be lost, or a password shown, long after the start.</summary>
    private static SmtpServer? ReadMailServer(Reader reader)
    {
        var host = reader.Text("Mail:SmtpHost", null);
        var port = reader.Integer("Mail:SmtpPort", 587, 1, 65_535);
        var user = reader.Text("Mail:SmtpUser", null);
        var password = reader.Text("Mail:SmtpPassword", null);
        var tls = reader.Text("Mail:SmtpTls", "starttls")!;
        if (tls is not ("starttls" or "none"))
        {
            reader.Refuse($"Mail__SmtpTls is '{tls}'. Set it to starttls, or to none for a mail server on this machine or in a network of your own.");
        }
        if (host is not null && Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            reader.Refuse($"Mail__SmtpHost is '{host}'. Set it to the name or address of a mail server alone, such as smtp.example.com; its port is Mail__SmtpPort.");
        }
        if (user is null != password is null)
        {
            reader.Refuse("Mail__SmtpUser and Mail__SmtpPassword belong together, and only one of them is set. Set both, or neither for a mail server that wants none.");
        }
        if (host is null && (user ?? password) is not null)
        {
            reader.Refuse("Mail__SmtpUser or Mail__SmtpPassword is set, and no mail server to log in to. Set Mail__SmtpHost, or remove them.");
        }
        if (user is not null && tls == "none")
        {
            reader.Refuse("Mail__SmtpTls is none, with which the password would go over the network for everybody to read. Set it to starttls, or remove Mail__SmtpUser and Mail__SmtpPassword.");
        }
        if (host is not null && port == 465)
        {
            reader.Refuse("Mail__SmtpPort is 465, where mail servers speak TLS from the first byte, which this server does not. Set it to 587, where they begin it with STARTTLS.");
        }
        return host is null ? null : new SmtpServer(host, port, tls == "starttls", user, password);
    }

    private static MailAddress ReadMailFrom(Reader reader)
    {
        var name = reader.Text("Mail:FromName", "Quehacer")!;
        return reader.Mailbox("Mail:From", "quehacer@localhost", name);
    }

    /// <summary>An address with all its parts, or a network as RFC 4632 §3.1 writes it.</summary>
    private static bool TryReadNetwork(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network))
        {
            return true;
        }
        if (!IPAddress.TryParse(text, out var address) || !(text.Contains('.', StringComparison.Ordinal) || text.Contains(':', StringComparison.Ordinal)))
        {
            return false;
        }
        network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    /// <summary>RFC 9110 §5.6.2.</summary>
    private static bool TryReadToken(string text, out string token)
    {
        token = text;
        return text.AsSpan().IndexOfAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~") < 0;
    }

    private delegate bool TryRead<T>(string text, [MaybeNullWhen(false)] out T value);

    /// <summary>Reads values, remembers which keys there are, and collects what is wrong so that all of it is said at once.</summary>
    private sealed class Reader(IConfiguration configuration, IReadOnlyList<RenamedSetting> renamed)
    {
        private readonly List<string> wrong = [];

        public List<string> Notices { get; } = [];

        public List<SettingInfo> Known { get; } = [];

        public void Refuse(string sentence) => wrong.Add(sentence);

        public int Integer(string key, int otherwise, int least, int most, string? shortName = null)
        {
            var text = Value(key, otherwise.ToString(CultureInfo.InvariantCulture), shortName, out var name);
            if (text is null)
            {
                return otherwise;
            }
            if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            {
                return value;
            }
            wrong.Add($"{name} is '{text}'. Set it to a whole number from {least} to {most}, or remove it for {otherwise}.");
            return otherwise;
        }

        /// <summary>A number whose default is another in Development.</summary>
        public int ByEnvironment(string key, int otherwise, int least, int most) => Integer(key, otherwise, least, most);

        public bool Flag(string key, bool otherwise)
        {
            var text = Value(key, otherwise ? "true" : "false", null, out var name);
            switch (text?.ToLowerInvariant())
            {
                case null:
                    return otherwise;
                case "true":
                    return true;
                case "false":
                    return false;
                default:
                    wrong.Add($"{name} is '{text}'. Set it to true or false.");
                    return otherwise;
            }
        }

        /// <summary>One of the words of an enum, in small letters.</summary>
        public T OneOf<T>(string key, T otherwise)
            where T : struct, Enum
        {
            var words = Enum.GetValues<T>().ToDictionary(value => value.ToString().ToLowerInvariant());
            var text = Value(key, otherwise.ToString().ToLowerInvariant(), null, out var name);
            if (text is null)
            {
                return otherwise;
            }
            if (words.TryGetValue(text.ToLowerInvariant(), out var chosen))
            {
                return chosen;
            }
            wrong.Add($"{name} is '{text}'. Set it to one of {string.Join(", ", words.Keys)}.");
            return otherwise;
        }

        public string? Text(string key, string? otherwise, string? shortName = null) => Value(key, otherwise ?? "", shortName, out _) ?? otherwise;

        /// <summary>Values with commas between them.</summary>
        /// <param name="key">The setting.</param>
        /// <param name="otherwise">What holds when it is not set.</param>
        /// <param name="tryRead">Reads one of them.</param>
        /// <param name="mending">What to do about one that cannot be read, without the full stop.</param>
        public IReadOnlyList<T> List<T>(string key, string otherwise, TryRead<T> tryRead, string mending)
        {
            var values = new List<T>();
            foreach (var text in (Value(key, otherwise, null, out var name) ?? otherwise).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (tryRead(text, out var value))
                {
                    values.Add(value);
                }
                else
                {
                    wrong.Add($"{name} holds '{text}'. {mending}.");
                }
            }
            return values;
        }

        public string? Secret(string key, int leastBytes)
        {
            var text = Value(key, "", null, out var name);
            if (text is not null && Encoding.UTF8.GetByteCount(text) < leastBytes)
            {
                wrong.Add($"{name} has {Encoding.UTF8.GetByteCount(text)} bytes. Set it to at least {leastBytes} random bytes (openssl rand -base64 48), or remove it.");
                return null;
            }
            return text;
        }

        public Uri? Url(string key)
        {
            var text = Value(key, "", null, out var name);
            if (text is null)
            {
                return null;
            }
            if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0)
            {
                return url;
            }
            wrong.Add($"{name} is '{text}'. Set it to the address that clients use, such as https://tasks.example.com, or remove it.");
            return null;
        }

        /// <summary>An e-mail, with what people read beside it.</summary>
        public MailAddress Mailbox(string key, string otherwise, string displayName)
        {
            var text = Value(key, otherwise, null, out var name) ?? otherwise;
            if (Message.TryRead(text) is null)
            {
                wrong.Add($"{name} is '{text}'. Set it to an e-mail alone, such as tasks@example.com; what people read beside it is {name}Name.");
            }
            else if (Message.TryRead(text, displayName) is not { } mailbox)
            {
                wrong.Add($"{name}Name is not a name that can stand in a letter: it holds a control character, such as the end of a line. Set it to a few words.");
            }
            else
            {
                return mailbox;
            }
            return new MailAddress(otherwise);
        }

        public string? DatabaseUrl(string key, string shortName)
        {
            var text = Value(key, "", shortName, out var name);
            if (text is null)
            {
                return null;
            }
            if (Core.Postgres.DatabaseUrl.TryParse(text, out var connectionString, out var fault))
            {
                return connectionString;
            }
            wrong.Add($"{name} is not a PostgreSQL address. {fault}");
            return null;
        }

        public void ThrowIfAnythingIsWrong()
        {
            var sections = Known.Select(setting => setting.Key.Split("__")[0]).Distinct().ToList();
            foreach (var section in sections)
            {
                foreach (var child in configuration.GetSection(section).GetChildren())
                {
                    var key = $"{section}__{child.Key}";
                    if (!Known.Any(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase)) && !renamed.Any(rename => rename.Old.Equals(key, StringComparison.OrdinalIgnoreCase)))
                    {
                        var nearest = Nearest.Of(key, Known.Select(setting => setting.Key));
                        wrong.Add($"{key} is not a setting. " + (nearest is null ? "Remove it; docs/configuration.md lists those there are." : $"Did you mean {nearest}?"));
                    }
                }
            }
            if (wrong.Count > 0)
            {
                throw new SettingsRefused(wrong);
            }
        }

        /// <summary>The short name (PORT) wins over the long one, and that over an old one; an empty value is no value.</summary>
        private string? Value(string key, string otherwise, string? shortName, out string name)
        {
            name = key.Replace(":", "__", StringComparison.Ordinal);
            Known.Add(new SettingInfo(name, otherwise, shortName));
            if (shortName is not null && configuration[shortName] is { Length: > 0 } brief)
            {
                name = shortName;
                return brief;
            }
            var value = configuration[key] is { Length: > 0 } text ? text : null;
            foreach (var rename in renamed)
            {
                if (rename.New == name && configuration[rename.Old.Replace("__", ":", StringComparison.Ordinal)] is { Length: > 0 } old)
                {
                    Notices.Add(value is null
                        ? $"{rename.Old} is called {rename.New} now. The old name works for now: rename it."
                        : $"{rename.Old} is called {rename.New} now, which is set as well and counts. Remove {rename.Old}.");
                    (value, name) = value is null ? (old, rename.Old) : (value, name);
                }
            }
            return value;
        }
    }
}
