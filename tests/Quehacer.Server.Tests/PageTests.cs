using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Quehacer.Server.Tests;

public sealed partial class PageTests(SharedServer shared)
{
    private const string Browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

    private static readonly string[] Pages = ["/", "/docs", "/errors", "/errors/validation", "/live"];

    private Task<Answer> BrowseAsync(string path, string language = "en") =>
        shared.Nobody().GetAsync(path, ("Accept", Browser), ("Accept-Language", language));

    /// <summary>What stands in the catalogue, read from the server.</summary>
    private async Task<List<JsonNode>> CatalogueAsync() =>
        [.. (await shared.Nobody().GetAsync("/errors", ("Accept", "application/json"))).Is(200)["errors"]!.AsArray().Select(entry => entry!)];

    private static string PathOf(JsonNode entry) => new Uri((string)entry["type"]!).AbsolutePath;

    /// <summary>Fails where the page is no well-formed document, lacks what readers need, or loads something from elsewhere.</summary>
    private static XElement Html(Answer answer, string language)
    {
        Assert.Equal("text/html; charset=utf-8", answer.Header("Content-Type"));
        Assert.StartsWith("<!DOCTYPE html>", answer.Text);
        var html = XDocument.Parse(answer.Text).Root!;
        Assert.Equal(("html", language), (html.Name.LocalName, html.Attribute("lang")!.Value));
        Assert.Equal(language, answer.Header("Content-Language"));
        Assert.NotEmpty(html.Element("head")!.Element("title")!.Value);
        Assert.Contains(html.Element("head")!.Elements("meta"), meta => meta.Attribute("name")?.Value == "viewport");
        Assert.Single(html.Descendants("h1"));
        Assert.Single(html.Descendants("main"));
        var addresses = html.Descendants().Attributes().Where(attribute => attribute.Name.LocalName is "href" or "src" or "data-description").ToList();
        Assert.All(addresses, address => Assert.DoesNotMatch("^([a-z]+:|//)", address.Value));
        Assert.DoesNotContain(html.Descendants().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || attribute.Name == "style");
        var ids = html.Descendants().Attributes("id").Select(id => id.Value).ToList();
        Assert.Equal(ids.Distinct(), ids);
        Assert.Contains(html.Descendants("a"), link => link.Attribute("hreflang")?.Value == (language == "es" ? "en" : "es"));
        return html;
    }

    [Theory]
    [InlineData(null, "text/html")]
    [InlineData("*/*", "text/html")]
    [InlineData(Browser, "text/html")]
    [InlineData("text/html;q=0.5, application/json;q=0.5", "text/html")]
    [InlineData("application/json;q=0.2, text/html;q=0.9", "text/html")]
    [InlineData("application/json;q=0, */*", "text/html")]
    [InlineData("image/png", "text/html")]
    [InlineData("nonsense", "text/html")]
    [InlineData("application/json", "application/json")]
    [InlineData("APPLICATION/JSON", "application/json")]
    [InlineData("application/*", "application/json")]
    [InlineData("text/html;q=0.5, application/json", "application/json")]
    [InlineData("application/json, */*;q=0.1", "application/json")]
    [InlineData("text/html;q=0, */*", "application/json")]
    [InlineData("application/problem+json", "application/problem+json")]
    [InlineData("application/problem+json, application/json;q=0.9", "application/problem+json")]
    [InlineData("application/problem+json;q=0.9, application/json", "application/json")]
    public async Task A_page_has_the_format_that_Accept_prefers(string? accept, string type)
    {
        foreach (var path in new[] { "/", "/errors", "/errors/gone" })
        {
            var answer = (await shared.Nobody().GetAsync(path, accept is null ? [] : [("Accept", accept)])).Is(200);
            Assert.Equal(type + "; charset=utf-8", answer.Header("Content-Type"));
            Assert.Contains("Accept", answer.Header("Vary")!.Split(", "));
            if (type != "text/html")
            {
                Assert.IsType<JsonObject>(answer.Json);
            }
        }
    }

    [Fact]
    public async Task Every_error_of_the_catalogue_has_its_page_in_both_languages_and_both_formats()
    {
        var catalogue = await CatalogueAsync();
        Assert.True(catalogue.Count > 20, $"The catalogue has {catalogue.Count} entries.");
        foreach (var path in catalogue.Select(PathOf))
        {
            var said = new List<string>();
            foreach (var (language, headings) in new[]
            {
                ("en", new[] { "What happened", "Why", "How to mend it", "What a program is told" }), ("es", ["Qué pasó", "Por qué", "Cómo resolverlo", "Lo que recibe un programa"]),
            })
            {
                var html = Html((await BrowseAsync(path, language)).Is(200), language);
                Assert.Equal(headings, html.Descendants("h2").Select(heading => heading.Value));
                var entry = (await shared.Nobody().GetAsync(path, ("Accept", "application/json"), ("Accept-Language", language))).Is(200);
                var example = entry["example"]!;
                Assert.Equal(path, PathOf(entry.Json));
                foreach (var member in new[] { "type", "title", "status", "code", "number" })
                {
                    Assert.Equal(entry[member]!.ToJsonString(), example[member]!.ToJsonString());
                }
                Assert.NotEmpty((string)example["detail"]!);
                foreach (var member in new[] { "title", "meaning", "cause", "mending", "code" })
                {
                    Assert.Contains((string)entry[member]!, html.Element("body")!.Value);
                }
                Assert.Contains($"\"{(string)entry["code"]!}\"", html.Descendants("pre").Last().Value);
                if (entry["curl"] is { } curl)
                {
                    Assert.StartsWith("curl ", (string)curl!);
                    Assert.Contains(shared.Server.Address.ToString(), (string)curl!);
                    Assert.Contains((string)curl!, html.Element("body")!.Value);
                }
                said.Add((string)entry["title"]! + (string)entry["cause"]! + (string)entry["mending"]!);
            }
            Assert.True(said[0] != said[1], $"{path} says the same in both languages.");
        }
    }

    [Fact]
    public async Task The_list_of_errors_leads_to_each_of_them()
    {
        var html = Html(await BrowseAsync("/errors"), "en");
        var links = html.Descendants("dt").Select(term => new Uri(new Uri(shared.Server.Address, "/errors"), term.Element("a")!.Attribute("href")!.Value).AbsolutePath).ToList();
        Assert.Equal((await CatalogueAsync()).Select(PathOf), links);
    }

    [Fact]
    public async Task Every_link_of_a_page_leads_somewhere_with_and_without_a_slash_at_the_end()
    {
        foreach (var path in Pages.Concat(["/live/", "/live?lang=es", "/errors/", "/docs/", "/errors/gone/", "/docs?lang=es", "/errors/gone?lang=es"]))
        {
            var html = Html((await BrowseAsync(path)).Is(200), path.Contains("lang=es") ? "es" : "en");
            var addresses = html.Descendants().Attributes().Where(attribute => attribute.Name.LocalName is "href" or "src").Select(attribute => attribute.Value);
            foreach (var address in addresses.Select(address => new Uri(new Uri(shared.Server.Address, path), address).PathAndQuery).Distinct())
            {
                // The description has tests of its own.
                if (!address.StartsWith("/openapi/", StringComparison.Ordinal))
                {
                    (await shared.Nobody().SendAsync("HEAD", address, null, ("Accept", Browser))).Is(200);
                }
            }
        }
    }

    [Fact]
    public async Task The_language_is_that_of_the_address_before_that_of_the_browser()
    {
        foreach (var path in Pages)
        {
            Html(await BrowseAsync(path, "es-MX,es;q=0.9,en;q=0.8"), "es");
            Html(await BrowseAsync(path, "fr"), "en");
            Html(await BrowseAsync(path + "?lang=es", "en"), "es");
            Html(await BrowseAsync(path + "?lang=en", "es"), "en");
            Html(await BrowseAsync(path + "?lang=tlh", "es"), "es");
            var spanish = Html(await BrowseAsync(path + "?lang=es", "en"), "es");
            Assert.Contains(spanish.Descendants("nav").Elements("a"), link => link.Attribute("href")!.Value.EndsWith("errors?lang=es", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_type_of_a_real_problem_leads_to_its_page()
    {
        var problem = (await shared.Nobody().GetAsync(User.Tasks)).IsProblem(401, "UNAUTHORIZED");
        var page = Html((await BrowseAsync(new Uri((string)problem["type"]!).PathAndQuery)).Is(200), "en");
        Assert.Equal((string)problem["title"]!, page.Descendants("h1").Single().Value);
    }

    [Fact]
    public async Task An_unknown_error_is_a_404_as_a_page_for_browsers_and_as_a_problem_for_programs()
    {
        foreach (var path in new[] { "/errors/nope", "/errors/Validation", "/errors/%3Cscript%3E" })
        {
            Assert.Equal("No such error", Html((await BrowseAsync(path)).Is(404), "en").Descendants("h1").Single().Value);
            Html((await BrowseAsync(path + "?lang=es")).Is(404), "es");
            foreach (var accept in new[] { "application/json", "application/problem+json", "*/*" })
            {
                (await shared.Nobody().GetAsync(path, ("Accept", accept))).IsProblem(404, "RESOURCE_NOT_FOUND");
            }
        }
        (await shared.Nobody().GetAsync("/docs/nope.js")).IsProblem(404, "RESOURCE_NOT_FOUND");
    }

    [Fact]
    public async Task The_start_page_says_where_to_go_and_how_to_begin()
    {
        var html = Html(await BrowseAsync("/"), "en");
        var links = html.Descendants("dt").Elements("a").Select(link => link.Attribute("href")!.Value).ToList();
        Assert.Equal(["./docs", "./openapi/v1.json", "./live", "./errors", "./health"], links);
        Assert.Contains($"{shared.Server.Address}api/v1/auth/register", html.Element("body")!.Value);
        var json = (await shared.Nobody().GetAsync("/", ("Accept", "application/json"))).Is(200);
        Assert.Equal(["service", "description", "version", "api", "openapi", "docs", "errors", "health"], json.Json.AsObject().Select(member => member.Key));
        foreach (var member in new[] { "docs", "errors", "health" })
        {
            (await shared.Nobody().GetAsync(new Uri((string)json[member]!).PathAndQuery)).Is(200);
        }
        var spanish = await shared.Nobody().GetAsync("/", ("Accept", "application/json"), ("Accept-Language", "es"));
        Assert.NotEqual((string)json["description"]!, (string)spanish["description"]!);
    }

    [Fact]
    public async Task Pages_may_load_nothing_and_be_framed_by_nobody()
    {
        foreach (var path in Pages)
        {
            var answer = await BrowseAsync(path);
            var policy = answer.Header("Content-Security-Policy")!;
            Assert.StartsWith("default-src 'none'; ", policy);
            Assert.Contains("frame-ancestors 'none'", policy);
            Assert.DoesNotContain("http", policy);
            Assert.DoesNotContain("unsafe-eval", policy);
            Assert.Equal(path is "/docs" or "/live", policy.Contains("script-src 'self'") && policy.Contains("connect-src 'self'"));
            Assert.Equal(("nosniff", "no-referrer"), (answer.Header("X-Content-Type-Options"), answer.Header("Referrer-Policy")));
            Assert.Equal(path is "/docs" or "/live", XDocument.Parse(answer.Text).Descendants("script").Any());
            Assert.All(XDocument.Parse(answer.Text).Descendants("script"), script => Assert.Equal("", script.Value));
        }
    }

    [Fact]
    public async Task HEAD_answers_as_GET_and_other_methods_are_refused()
    {
        foreach (var path in Pages.Append("/docs/viewer.js"))
        {
            var (get, head) = (await BrowseAsync(path), await shared.Nobody().SendAsync("HEAD", path, null, ("Accept", Browser)));
            Assert.Equal("", head.Is(200).Text);
            Assert.Equal((get.Header("Content-Type"), get.Header("Content-Length")), (head.Header("Content-Type"), head.Header("Content-Length")));
            Assert.Equal("GET, HEAD", (await shared.Nobody().PostAsync(path)).IsProblem(405, "METHOD_NOT_ALLOWED").Header("Allow"));
        }
    }

    [Fact]
    public async Task The_reference_brings_all_its_files_along()
    {
        var html = Html(await BrowseAsync("/docs"), "en");
        Assert.Equal("./openapi/v1.json", html.Descendants("div").Single(div => div.Attribute("id")?.Value == "viewer").Attribute("data-description")!.Value);
        foreach (var contract in Description.Contracts)
        {
            var page = Html(await BrowseAsync("/docs/" + contract), "en");
            Assert.Equal($"./../openapi/{contract}.json", page.Descendants("div").Single(div => div.Attribute("id")?.Value == "viewer").Attribute("data-description")!.Value);
            Assert.Equal(Description.Contracts.Length - 1, page.Descendants("strong").Single().Parent!.Elements("a").Count());
        }
        using var browser = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, UseProxy = false });
        foreach (var (file, type, least) in new[]
        {
            ("swagger-ui.css", "text/css", 100_000), ("swagger-ui-bundle.js", "text/javascript", 1_000_000), ("viewer.js", "text/javascript", 300), ("viewer.css", "text/css", 300),
            ("favicon-32x32.png", "image/png", 100), ("LICENSE", "text/plain", 10_000), ("NOTICE", "text/plain", 10),
        })
        {
            using var plain = await browser.GetAsync(new Uri(shared.Server.Address, "/docs/" + file));
            Assert.Equal((HttpStatusCode.OK, type), (plain.StatusCode, plain.Content.Headers.ContentType!.MediaType));
            Assert.Empty(plain.Content.Headers.ContentEncoding);
            Assert.True((await plain.Content.ReadAsByteArrayAsync()).Length >= least, $"/docs/{file} has fewer than {least} bytes.");
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shared.Server.Address, "/docs/swagger-ui-bundle.js"));
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");
        using var compressed = await browser.SendAsync(request);
        Assert.Equal(["gzip"], compressed.Content.Headers.ContentEncoding);
        Assert.InRange((await compressed.Content.ReadAsByteArrayAsync()).Length, 100_000, 700_000);
        var starter = (await shared.Nobody().GetAsync("/docs/viewer.js")).Is(200).Text;
        foreach (var option in new[] { "tryItOutEnabled: true", "requestSnippetsEnabled: true", "persistAuthorization: false", "validatorUrl: null" })
        {
            Assert.Contains(option, starter);
        }
        Assert.Contains("'x-codeSamples'", starter);
        Assert.DoesNotMatch(ElsewhereInScript(), starter);
    }

    [GeneratedRegex("https?://")]
    private static partial Regex ElsewhereInScript();
}
