using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Quehacer.Core.Postgres;

/// <summary>Reads <c>postgres://user:password@host:port/database?sslmode=require</c>, the form that hosters hand out (libpq's connection URI).</summary>
public static class DatabaseUrl
{
    private static readonly Dictionary<string, SslMode> SslModes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["disable"] = SslMode.Disable,
        ["allow"] = SslMode.Allow,
        ["prefer"] = SslMode.Prefer,
        ["require"] = SslMode.Require,
        ["verify-ca"] = SslMode.VerifyCA,
        ["verify-full"] = SslMode.VerifyFull,
    };

    /// <summary>Gives Npgsql's connection string, or the sentence that says what is wrong. The sentence never repeats the URL: it holds a password.</summary>
    public static bool TryParse(string url, [NotNullWhen(true)] out string? connectionString, [NotNullWhen(false)] out string? fault)
    {
        connectionString = null;
        fault = null;
        // libpq lets a parameter name the host and nothing stand behind the @; Uri does not.
        var authority = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var path = url.AsSpan(Math.Min(authority, url.Length)).IndexOfAny('/', '?', '#') is >= 0 and var length ? authority + length : url.Length;
        var isHostless = path > authority && url[path - 1] == '@';
        if (!Uri.TryCreate(isHostless ? url.Insert(path, "localhost") : url, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql"))
        {
            fault = "It must look like postgres://user:password@host:5432/database.";
            return false;
        }
        var builder = new NpgsqlConnectionStringBuilder { Port = uri.Port > 0 ? uri.Port : 5432 };
        var userInfo = uri.UserInfo.Split(':', 2);
        if (userInfo[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(userInfo[0]);
        }
        if (userInfo.Length == 2)
        {
            builder.Password = Uri.UnescapeDataString(userInfo[1]);
        }
        if (uri.AbsolutePath.Length > 1)
        {
            builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        }
        var host = isHostless ? "" : Uri.UnescapeDataString(uri.Host);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var n, var v] ? (n, Uri.UnescapeDataString(v)) : (pair, "");
            switch (name)
            {
                case "host":
                    host = value;
                    break;
                case "sslmode" when SslModes.TryGetValue(value, out var mode):
                    builder.SslMode = mode;
                    break;
                case "sslrootcert":
                    builder.RootCertificate = value;
                    break;
                case "application_name" or "connect_timeout" or "channel_binding":
                    break;
                default:
                    fault = $"Its parameter '{name}' is not known or has a wrong value; known are host, sslmode and sslrootcert.";
                    return false;
            }
        }
        if (host.Length == 0)
        {
            fault = "It names no host; write postgres://user:password@host:5432/database.";
            return false;
        }
        builder.Host = host;
        connectionString = builder.ConnectionString;
        return true;
    }
}
