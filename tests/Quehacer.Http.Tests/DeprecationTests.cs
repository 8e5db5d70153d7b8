using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Quehacer.Server.Contracts.V1.OpenApi;
using Quehacer.Server.OpenApi;
using Quehacer.Server.Http;
using Xunit;

namespace Quehacer.Http.Tests;

public sealed class DeprecationTests
{
    private static readonly DateTime Since = new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Sunset = new(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly Deprecations Table = new(
        new Deprecation("/api/v1/tasks/{id}/complete", Since, "/docs") { Method = "POST", Successor = "/api/v1/tasks/{id}" },
        new Deprecation("/api/v1/tasks", Since.AddDays(1), "https://example.com/leaving") { Method = "GET", Parameter = "page", Sunset = Sunset.AddDays(1) },
        new Deprecation("/api/v1/tasks", Since, "/docs") { Method = "GET", Parameter = "limit" },
        new Deprecation("/api/old", Since, "/docs") { IsContract = true, Sunset = Sunset, Successor = "/api/v1" },
        new Deprecation("/api/ended", Since, "/docs") { IsContract = true, Sunset = Sunset, EndsAtSunset = true, Successor = "/api/v1" });

    private sealed class Clock(DateTime now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    /// <summary>A real server with endpoints of all kinds behind the table, at a time of its own.</summary>
    private static async Task<List<HttpResponseMessage>> AskAsync(DateTime now, params (string Method, string Path)[] requests)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        var contracts = new Contracts(new Contract("test", ["/"], (http, fault) =>
        {
            http.Response.Clear();
            http.Response.StatusCode = fault == HttpFault.Ended ? 410 : 500;
            return http.Response.WriteAsync(fault.ToString());
        }));
        app.UseRouting();
        app.UseMiddleware<DeprecationHeaders>(contracts, Table, new Clock(now));
        app.MapMethods("/api/v1/tasks/", ["GET", "HEAD"], (RequestDelegate)(http =>
        {
            http.Response.Headers.Link = "</api/v1/tasks?page=2>; rel=\"next\"";
            return http.Response.WriteAsync("[]");
        }));
        app.MapPost("/api/v1/tasks/{id}/complete", (RequestDelegate)(http =>
        {
            http.Response.StatusCode = 401;
            return Task.CompletedTask;
        }));
        app.MapGet("/api/old/{any}", (RequestDelegate)(http => http.Response.WriteAsync("old")));
        app.MapGet("/api/ended/{any}", (RequestDelegate)(http => http.Response.WriteAsync("ended")));
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var answers = new List<HttpResponseMessage>();
        foreach (var (method, path) in requests)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            answers.Add(await client.SendAsync(request));
        }
        await app.StopAsync();
        return answers;
    }

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    [Fact]
    public async Task An_endpoint_in_the_table_says_so_on_every_answer_and_another_says_nothing()
    {
        var answers = await AskAsync(Since, ("POST", "/api/v1/tasks/7/complete"), ("GET", "/api/v1/tasks"), ("GET", "/api/v1/tasks?status=done"), ("GET", "/nowhere"));
        Assert.Equal(HttpStatusCode.Unauthorized, answers[0].StatusCode);
        Assert.Equal("@1893456000", Header(answers[0], "Deprecation"));
        Assert.Null(Header(answers[0], "Sunset"));
        Assert.Equal("</docs>; rel=\"deprecation\"; type=\"text/html\", </api/v1/tasks/{id}>; rel=\"successor-version\"", Header(answers[0], "Link"));
        Assert.All(answers[1..], answer => Assert.Null(Header(answer, "Deprecation")));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task A_parameter_in_the_table_counts_where_it_is_used_and_the_other_links_stay(string method)
    {
        var answers = await AskAsync(Since, (method, "/api/v1/tasks?page=2"), (method, "/api/v1/tasks?page=2&limit=3"));
        Assert.Equal("@1893542400", Header(answers[0], "Deprecation"));
        Assert.Equal("Thu, 02 Jan 2031 00:00:00 GMT", Header(answers[0], "Sunset"));
        Assert.Equal(
            "</api/v1/tasks?page=2>; rel=\"next\", <https://example.com/leaving>; rel=\"deprecation\"; type=\"text/html\", <https://example.com/leaving>; rel=\"sunset\"; type=\"text/html\"",
            Header(answers[0], "Link"));
        // Of two, the earlier day counts, and both pages are named.
        Assert.Equal("@1893456000", Header(answers[1], "Deprecation"));
        Assert.Equal("Thu, 02 Jan 2031 00:00:00 GMT", Header(answers[1], "Sunset"));
        Assert.Contains("<https://example.com/leaving>; rel=\"deprecation\"", Header(answers[1], "Link"));
        Assert.Contains("</docs>; rel=\"deprecation\"", Header(answers[1], "Link"));
    }

    [Fact]
    public async Task A_contract_in_the_table_says_so_everywhere_below_its_path()
    {
        var answers = await AskAsync(Sunset.AddYears(1), ("GET", "/api/old/a"), ("GET", "/api/old/a/b/c"), ("DELETE", "/api/old/a"), ("GET", "/api/older/a"));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound], answers.Select(answer => answer.StatusCode));
        Assert.All(answers[..3], answer =>
        {
            Assert.Equal(("@1893456000", "Wed, 01 Jan 2031 00:00:00 GMT"), (Header(answer, "Deprecation"), Header(answer, "Sunset")));
            Assert.Contains("</api/v1>; rel=\"successor-version\"", Header(answer, "Link"));
        });
        Assert.Null(Header(answers[3], "Deprecation"));
    }

    [Fact]
    public async Task What_ends_is_answered_until_its_sunset_and_with_410_from_then_on()
    {
        var before = Assert.Single(await AskAsync(Sunset.AddSeconds(-1), ("GET", "/api/ended/a")));
        var after = Assert.Single(await AskAsync(Sunset, ("GET", "/api/ended/a")));
        Assert.Equal((HttpStatusCode.OK, "ended"), (before.StatusCode, await before.Content.ReadAsStringAsync()));
        Assert.Equal((HttpStatusCode.Gone, "Ended"), (after.StatusCode, await after.Content.ReadAsStringAsync()));
        Assert.All(new[] { before, after }, answer => Assert.Equal("Wed, 01 Jan 2031 00:00:00 GMT", Header(answer, "Sunset")));
    }

    [Fact]
    public void A_table_that_breaks_its_promises_is_refused()
    {
        Deprecation[] broken =
        [
            new("/api/v1", Since, "/docs") { IsContract = true, Sunset = Since.AddDays(364) },
            new("/api/v1", Since, "/docs") { IsContract = true, Sunset = Since.AddDays(-1) },
            new("/api/v1", Since, "/docs") { IsContract = true, EndsAtSunset = true },
            new("/api/v1", Since, "/docs") { IsContract = true, Method = "GET" },
            new("/api/v1", Since, "/docs") { Parameter = "page", Sunset = Sunset, EndsAtSunset = true },
            new("api/v1", Since, "/docs"),
            new("/api/v1", DateTime.SpecifyKind(Since, DateTimeKind.Local), "/docs"),
        ];
        Assert.All(broken, one => Assert.Contains(one.Path, Assert.Throws<ArgumentException>(() => new Deprecations(one)).Message));
    }

    [Fact]
    public void The_description_marks_what_the_table_names_and_nothing_else()
    {
        var document = JsonNode.Parse(new OpenApiDocument(V1Description.All).Of(Operations.All, Table))!;
        var marked = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject(), (path, operation) => (path.Key, operation))
            .Where(one => one.operation.Value is JsonObject operation && (bool?)operation["deprecated"] == true).Select(one => $"{one.operation.Key} {one.Key}");
        Assert.Equal(["post /api/v1/tasks/{id}/complete"], marked);
        var headers = document["paths"]!["/api/v1/tasks/{id}/complete"]!["post"]!["responses"]!["200"]!["headers"]!.AsObject();
        Assert.All(new[] { "Deprecation", "Sunset" }, name => Assert.NotNull(headers[name]));
        var parameters = document["paths"]!["/api/v1/tasks"]!["get"]!["parameters"]!.AsArray();
        Assert.Equal(["page", "limit"], parameters.Where(parameter => (bool?)parameter!["deprecated"] == true).Select(parameter => (string?)parameter!["name"]));
        Assert.Contains(parameters, parameter => (string?)parameter!["$ref"] == "#/components/parameters/status");
        Assert.DoesNotContain("\"deprecated\"", System.Text.Encoding.UTF8.GetString(new OpenApiDocument(V1Description.All).Of(Operations.All, new Deprecations())));
    }
}
