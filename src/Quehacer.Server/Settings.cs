using System.Globalization;
using System.Text;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;

namespace Quehacer.Server;

/// <summary>A setting is missing or wrong; each sentence names its key and mends it.</summary>
public sealed class SettingsRefused(IReadOnlyList<string> sentences) : Exception(string.Join(Environment.NewLine, sentences));

/// <summary>A setting as documentation knows it.</summary>
public sealed record SettingInfo(string Key, string Default, string? ShortName);

/// <summary>
/// All configuration, read once at the start, checked whole, and typed from then on. Keys are those of ASP.NET Core: <c>Section__Key</c>
/// as an environment variable. <c>docs/configuration.md</c> lists them; a test compares it with this class.
/// </summary>
public sealed record Settings
{
    public required string Environment { get; init; }
    public required int Port { get; init; }
    public required string Address { get; init; }
    public required Uri? PublicUrl { get; init; }
    public required string DataDirectory { get; init; }
    public required int MaxConnections { get; init; }
    public required int MaxConcurrentRequests { get; init; }
    public required int ShutdownSeconds { get; init; }

    /// <summary>Npgsql's connection string for the server of <c>DATABASE_URL</c>; null for the embedded cluster.</summary>
    public required string? DatabaseConnectionString { get; init; }
    public required string? DatabaseBinDirectory { get; init; }
    public required int DatabasePoolSize { get; init; }
    public required int DatabaseStatementTimeoutMs { get; init; }
    public required int DatabaseLockTimeoutMs { get; init; }
    public required int DatabaseStartupWaitSeconds { get; init; }

    /// <summary>Null when one is to be made and kept in the data directory.</summary>
    public required string? SigningKey { get; init; }
    public required int SessionDays { get; init; }

    /// <summary>How many passwords are hashed at a time; 0 for half of the processors.</summary>
    public required int ParallelPasswords { get; init; }

    /// <summary>What seals the cursors of lists; null for a key that follows from the signing key.</summary>
    public required string? CursorKey { get; init; }

    /// <summary>The key before, whose cursors are still accepted.</summary>
    public required string? PreviousCursorKey { get; init; }
    public required string? AdminEmail { get; init; }
    public required int DeletedTaskDays { get; init; }
    public required int IdempotencyKeyHours { get; init; }
    public required bool IdempotencyKeyRequired { get; init; }

    /// <summary>False turns all limits off, those of logins included.</summary>
    public required bool RateLimitsEnabled { get; init; }
    public required int StandardPerMinute { get; init; }
    public required int PlusPerMinute { get; init; }
    public required int PremiumPerMinute { get; init; }
    public required int AnonymousPerMinute { get; init; }
    public required int LoginFailures { get; init; }
    public required int LoginWindowMinutes { get; init; }
    public required int LoginFailuresPerDay { get; init; }

    /// <summary>Every key there is, with its default.</summary>
    public static IReadOnlyList<SettingInfo> Known
    {
        get
        {
            var reader = new Reader(new ConfigurationBuilder().Build());
            Read(reader, "Development");
            return reader.Known;
        }
    }

    /// <exception cref="SettingsRefused">A value is missing or wrong, or a key is not known.</exception>
    public static Settings Read(IConfiguration configuration, string environment)
    {
        var reader = new Reader(configuration);
        var settings = Read(reader, environment);
        reader.ThrowIfAnythingIsWrong();
        return settings;
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
            DatabaseConnectionString = reader.DatabaseUrl("Database:Url", shortName: "DATABASE_URL"),
            DatabaseBinDirectory = reader.Text("Database:BinDirectory", null),
            DatabasePoolSize = reader.Integer("Database:PoolSize", 16, 2, 1000),
            DatabaseStatementTimeoutMs = reader.Integer("Database:StatementTimeoutMs", 10_000, 100, 600_000),
            DatabaseLockTimeoutMs = reader.Integer("Database:LockTimeoutMs", 5_000, 100, 600_000),
            DatabaseStartupWaitSeconds = reader.Integer("Database:StartupWaitSeconds", 60, 0, 3600),
            SigningKey = reader.Secret("Auth:SigningKey", Core.Accounts.SigningKey.MinBytes),
            SessionDays = reader.Integer("Auth:SessionDays", 30, 1, 365),
            ParallelPasswords = reader.Integer("Auth:ParallelPasswords", 0, 0, 1000),
            CursorKey = reader.Secret("Cursors:Key", Core.Accounts.SigningKey.MinBytes),
            PreviousCursorKey = reader.Secret("Cursors:PreviousKey", Core.Accounts.SigningKey.MinBytes),
            AdminEmail = reader.Text("Admin:Email", null),
            DeletedTaskDays = reader.Integer("Tasks:DeletedTaskDays", 30, 1, 3650),
            IdempotencyKeyHours = reader.Integer("Idempotency:KeyHours", 24, 24, 8760),
            IdempotencyKeyRequired = reader.Flag("Idempotency:Required", false),
            RateLimitsEnabled = reader.Flag("RateLimits:Enabled", true),
            StandardPerMinute = reader.Integer("RateLimits:StandardPerMinute", 100, 1, 1_000_000_000),
            PlusPerMinute = reader.Integer("RateLimits:PlusPerMinute", 1000, 1, 1_000_000_000),
            PremiumPerMinute = reader.Integer("RateLimits:PremiumPerMinute", 10_000, 1, 1_000_000_000),
            AnonymousPerMinute = reader.Integer("RateLimits:AnonymousPerMinute", 20, 1, 1_000_000_000),
            LoginFailures = reader.Integer("RateLimits:LoginFailures", 5, 1, 1_000_000),
            LoginWindowMinutes = reader.Integer("RateLimits:LoginWindowMinutes", 15, 1, 1440),
            LoginFailuresPerDay = reader.Integer("RateLimits:LoginFailuresPerDay", 100, 1, 1_000_000_000),
        };
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

    /// <summary>Reads values, remembers which keys there are, and collects what is wrong so that all of it is said at once.</summary>
    private sealed class Reader(IConfiguration configuration)
    {
        private readonly List<string> wrong = [];

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

        public string? Text(string key, string? otherwise, string? shortName = null) => Value(key, otherwise ?? "", shortName, out _) ?? otherwise;

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
                    if (!Known.Any(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase)))
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

        /// <summary>The short name (PORT) wins over the long one; an empty value is no value.</summary>
        private string? Value(string key, string otherwise, string? shortName, out string name)
        {
            name = key.Replace(":", "__", StringComparison.Ordinal);
            Known.Add(new SettingInfo(name, otherwise, shortName));
            if (shortName is not null && configuration[shortName] is { Length: > 0 } brief)
            {
                name = shortName;
                return brief;
            }
            return configuration[key] is { Length: > 0 } text ? text : null;
        }
    }
}
