using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.Net.Http.Headers;
using Quehacer.Core;
using Quehacer.Server.Http;

namespace Quehacer.Server.Pages;

/// <summary>
/// One answer to a request for a page: its language, its links, and the frame that every page stands in. Pages are built as elements and
/// not as texts, so that they are well formed and nothing in them needs escaping by hand. They load nothing but, where they must, a script of this server's.
/// </summary>
internal sealed class Page(HttpContext http)
{
    // No '<', '>' or '&': a browser reads the text of a style element as it stands, and XML would write them as entities.
    private const string Style = """
        :root{color-scheme:light dark;--text:#1b1b1f;--back:#fff;--soft:#f1f1f4;--line:#c8c8d0;--link:#0b57d0;--quiet:#55555f}
        @media (prefers-color-scheme:dark){:root{--text:#e6e6ea;--back:#17171a;--soft:#24242a;--line:#45454f;--link:#9ec3ff;--quiet:#b4b4be}}
        *{box-sizing:border-box}
        body{font:1.05rem/1.55 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:48rem;margin:0 auto;padding:1.5rem 1rem 3rem}
        nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;border-bottom:1px solid var(--line);padding-bottom:.75rem}
        nav :last-child{margin-left:auto}
        a{color:var(--link)}
        h1{line-height:1.2;margin:1.5rem 0 .5rem}
        h2{margin:1.75rem 0 .25rem;font-size:1.2rem}
        code,pre{font-family:ui-monospace,monospace;font-size:.92em;background:var(--soft);border-radius:.25rem}
        code{padding:.1em .3em;overflow-wrap:anywhere}
        pre{padding:.75rem 1rem;overflow-x:auto;white-space:pre-wrap;border:1px solid var(--line)}
        pre code{padding:0}
        dt{margin-top:.9rem}
        dd{margin:0;color:var(--quiet)}
        label{display:block;margin:1rem 0 .25rem}
        input{font:inherit;width:100%;max-width:26rem;padding:.5rem .6rem;color:inherit;background:var(--back);border:1px solid var(--quiet);border-radius:.25rem}
        button{font:inherit;display:block;margin:1rem 0;padding:.5rem 1.1rem;color:var(--back);background:var(--link);border:1px solid var(--link);border-radius:.25rem;cursor:pointer}
        button:disabled{opacity:.6;cursor:default}
        [hidden]{display:none}
        """;

    private static readonly string Policy = PolicyOf(Style);

    /// <summary>For pages that do something: their script comes from this server and speaks to no other.</summary>
    private const string OwnScripts = "; script-src 'self'; connect-src 'self'";

    /// <summary>The page shows what nobody else is to find in a browser's store.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The language that <c>?lang=</c> names, else the one that <c>Accept-Language</c> prefers.</summary>
    public Language Language { get; } = Chosen(http.Request) ?? Languages.Preferred(http.Request);

    /// <summary>The way to the root of this server from the page, as a relative reference, so that it holds behind any proxy.</summary>
    public string Root { get; } = "./" + string.Concat(Enumerable.Repeat("../", http.Request.Path.Value!.Count(character => character == '/') - 1));

    public string Tag => Language == Language.Spanish ? "es" : "en";

    public string In(Said said) => said.In(Language);

    /// <summary>A link within this server. A language that was chosen by hand goes along.</summary>
    public XElement Link(string path, string text) => new(
        "a", new XAttribute("href", Root + path + (Chosen(http.Request) is null || path.Contains('.', StringComparison.Ordinal) ? "" : "?lang=" + Tag)), text);

    public static XElement Code(string text) => new("code", text);

    public static XElement Block(string text) => new("pre", new XAttribute("tabindex", "0"), Code(text));

    public static XElement Section(string heading, params object[] content) => new("section", new XElement("h2", heading), content);

    public Task WriteAsync(int status, string title, params object[] content) => WriteAsync(status, title, Policy, [new XElement("style", Style)], content);

    /// <summary>A page with a script.</summary>
    /// <param name="script">The script's path, without a slash at the beginning.</param>
    /// <param name="title">What the page is about.</param>
    /// <param name="content">What stands below the heading.</param>
    public Task WriteWithScriptAsync(string script, string title, params object[] content) => WriteAsync(
        200, title, Policy + OwnScripts, [new XElement("style", Style), new XElement("script", new XAttribute("src", Root + script), new XAttribute("defer", "defer"), "")], content);

    /// <summary>A page whose script is a module, and which has rules of its own for how it looks. Where a browser can see to it, no text becomes markup or code.</summary>
    /// <param name="module">The module's path, without a slash at the beginning.</param>
    /// <param name="style">The rules; no '&lt;', '&gt;' or '&amp;' in them.</param>
    /// <param name="title">What the page is about.</param>
    /// <param name="content">What stands below the heading.</param>
    public Task WriteWithModuleAsync(string module, string style, string title, params object[] content) => WriteAsync(
        200, title, PolicyOf(Style + style) + OwnScripts + "; require-trusted-types-for 'script'",
        [new XElement("style", Style + style), new XElement("script", new XAttribute("type", "module"), new XAttribute("src", Root + module), "")], content);

    /// <param name="status">The status of the answer.</param>
    /// <param name="title">What the page is about.</param>
    /// <param name="policy">What the browser may load for it.</param>
    /// <param name="head">What the head holds besides.</param>
    /// <param name="content">What stands below the heading.</param>
    public Task WriteAsync(int status, string title, string policy, object[] head, object[] content)
    {
        var isSpanish = Language == Language.Spanish;
        var other = isSpanish ? "en" : "es";
        var html = new XElement(
            "html", new XAttribute("lang", Tag),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("title", title == "Quehacer" ? title : $"{title} · Quehacer"),
                head),
            new XElement(
                "body",
                new XElement(
                    "nav", new XAttribute("aria-label", isSpanish ? "Páginas" : "Pages"),
                    Link("", "Quehacer"), Link("docs", isSpanish ? "Referencia de la API" : "API reference"), Link("errors", isSpanish ? "Errores" : "Errors"),
                    new XElement(
                        "a", new XAttribute("href", "?lang=" + other), new XAttribute("lang", other), new XAttribute("hreflang", other), new XAttribute("rel", "alternate"),
                        isSpanish ? "English" : "Español")),
                new XElement("main", new XElement("h1", title), content)));
        http.Response.Headers.ContentSecurityPolicy = policy;
        return WriteAsync(status, "text/html; charset=utf-8", Encoding.UTF8.GetBytes("<!DOCTYPE html>\n" + html.ToString(SaveOptions.DisableFormatting) + "\n"));
    }

    public Task WriteAsync(Format format, JsonObject body) =>
        WriteAsync(200, format == Format.ProblemJson ? "application/problem+json; charset=utf-8" : "application/json; charset=utf-8", Indented(body));

    /// <summary>JSON for people's eyes: indented, and with the letters of every language as they are.</summary>
    public static byte[] Indented(JsonNode body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            body.WriteTo(json);
        }
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static string PolicyOf(string style) =>
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static Language? Chosen(HttpRequest request) => request.Query["lang"] is [var tag]
        ? tag switch { "en" => Language.English, "es" => Language.Spanish, _ => null }
        : null;

    private async Task WriteAsync(int status, string type, byte[] body)
    {
        var headers = http.Response.Headers;
        http.Response.VariesBy(HeaderNames.Accept);
        http.Response.VariesBy(HeaderNames.AcceptLanguage);
        headers.ContentLanguage = Tag;
        headers.CacheControl = IsSecret ? Caching.Never : "no-cache";
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, Endpoints.Bounded);
    }
}
