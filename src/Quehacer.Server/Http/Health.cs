using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using Quehacer.Core;
using Quehacer.Core.Postgres;
using Quehacer.Server.Pages;

namespace Quehacer.Server.Http;

/// <summary>003's health addresses, at the root and under <c>/api</c>: for people, for monitors, and for orchestrators.</summary>
internal static class Health
{
    public static readonly string Version = typeof(Health).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>What 003 calls the program.</summary>
    public const string Name = "Task Management API";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <param name="routes">Where they are mapped.</param>
    /// <param name="database">What a server needs to be ready.</param>
    /// <param name="livePage">What browsers are shown at <c>/live</c>, which asks for HTML by name as no orchestrator does.</param>
    public static void MapHealth(this IEndpointRouteBuilder routes, Database database, RequestDelegate livePage)
    {
        foreach (var prefix in new[] { "", "/api" })
        {
            Map(prefix + "/health", http => WriteAsync(http, 200, Healthy()));
            Map(prefix + "/live", http => prefix.Length == 0 && Formats.NamesHtml(http.Request) ? livePage(http) : AliveAsync(http));
            Map(prefix + "/ready", async http =>
            {
                var ready = await IsConnectedAsync(database, Endpoints.Bounded);
                await WriteAsync(http, ready ? 200 : 503, new JsonObject { ["status"] = ready ? "ready" : "not_ready" });
            });
            Map(prefix + "/health/detailed", async http =>
            {
                var connected = await IsConnectedAsync(database, Endpoints.Bounded);
                await WriteAsync(http, connected ? 200 : 503, new JsonObject
                {
                    ["status"] = connected ? "healthy" : "unhealthy",
                    ["timestamp"] = Now(),
                    ["database"] = connected ? "connected" : "disconnected",
                    ["memory"] = new JsonObject
                    {
                        ["used"] = Megabytes(Environment.WorkingSet),
                        ["total"] = Megabytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
                    },
                });
            });
        }

        void Map(string pattern, RequestDelegate handler) => routes.MapMethods(pattern, Methods, handler).WithMetadata(new AlwaysAnswered());
    }

    private static Task AliveAsync(HttpContext http)
    {
        http.Response.VariesBy(HeaderNames.Accept);
        return WriteAsync(http, 200, new JsonObject { ["status"] = "alive" });
    }

    private static JsonObject Healthy() => new()
    {
        ["status"] = "healthy",
        ["timestamp"] = Now(),
        ["service"] = Name,
        ["version"] = Version,
    };

    private static string Now() => DateTime.UtcNow.ToString(Clock.Format, CultureInfo.InvariantCulture);

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MB");

    /// <summary>Whether the database answers; it is waited for two seconds at most.</summary>
    public static async Task<bool> IsConnectedAsync(Database database, CancellationToken cancellation)
    {
        try
        {
            await database.PingAsync(cancellation);
            return true;
        }
        catch (Exception exception) when (Database.IsUnavailable(exception))
        {
            return false;
        }
    }

    private static Task WriteAsync(HttpContext http, int status, JsonObject body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.Headers.CacheControl = Caching.Never;
        return http.Response.WriteAsync(body.ToJsonString());
    }
}
