using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using Microsoft.Net.Http.Headers;
using Quehacer.Server.Contracts;
using Quehacer.Server.Http;
using Quehacer.Server.OpenApi;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace Quehacer.Server.Pages;

/// <summary>
/// <c>/docs</c>: the API to read and to try out, shown by Swagger UI from the description that this server gives. Its files lie in the
/// package, compressed, and are read when they are asked for: the start does nothing for them, and no network is needed.
/// </summary>
internal static class Reference
{
    public const string Path = "/docs";

    private const string Folder = "Swashbuckle.AspNetCore.SwaggerUI.node_modules.swagger_ui_dist.";

    // Swagger UI sets styles on elements, hence 'unsafe-inline' for them; scripts come from this server and nowhere else.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>
    /// No validator of somebody else's is asked. Whoever logs in within the viewer is authorized from then on; the token is forgotten with the
    /// page.
    /// </summary>
    private const string Starter = """
        'use strict';
        const dark = matchMedia('(prefers-color-scheme: dark)');
        const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
        dark.addEventListener('change', follow);
        follow();
        // What the description calls a server that was just started is, on this page, the one that shows it.
        const viewer = document.getElementById('viewer').dataset;
        const here = new URL(viewer.root, location).href.replace(/\/$/, '');
        // Between a request and its answers: how to ask the same with curl and with the clients.
        const samples = (Responses, { React: { createElement, Fragment }, specSelectors }) => props => createElement(Fragment, null,
          createElement('div', { className: 'opblock-section-header' }, createElement('h4', null, 'Samples')),
          createElement('div', { className: 'samples' },
            ...specSelectors.specJson().getIn(['paths', props.path, props.method, 'x-codeSamples'], []).map(sample =>
              createElement('details', { key: sample.get('label') },
                createElement('summary', null, sample.get('label')),
                createElement('pre', null, sample.get('source').replaceAll(/http:[/]{2}localhost:3000/g, here))))),
          createElement(Responses, props));
        window.ui = SwaggerUIBundle({
          url: viewer.description,
          dom_id: '#viewer',
          presets: [SwaggerUIBundle.presets.apis],
          plugins: [() => ({ wrapComponents: { responses: samples } })],
          layout: 'BaseLayout',
          deepLinking: true,
          filter: true,
          tryItOutEnabled: true,
          displayRequestDuration: true,
          requestSnippetsEnabled: true,
          requestSnippets: { defaultExpanded: true },
          persistAuthorization: false,
          validatorUrl: null,
          responseInterceptor: answer => {
            if (answer.ok && /\/auth\/(login|refresh)$/.test(new URL(answer.url, location).pathname)) {
              const { access_token, token = access_token } = JSON.parse(answer.text);
              for (const scheme of ui.specSelectors.specJson().getIn(['components', 'securitySchemes'], new Map()).keys()) {
                ui.preauthorizeApiKey(scheme, token);
              }
            }
            return answer;
          }
        });
        """;

    /// <summary>The frame around the viewer only: what is within it is the viewer's.</summary>
    private const string Frame = """
        :root{color-scheme:light dark;--text:#1b1b1f;--back:#fff;--line:#c8c8d0;--link:#0b57d0}
        @media (prefers-color-scheme:dark){:root{--text:#e6e6ea;--back:#1c2022;--line:#45454f;--link:#9ec3ff}}
        body{font:1.05rem/1.55 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:90rem;margin:0 auto;padding:1.5rem 1rem 3rem}
        nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;border-bottom:1px solid var(--line);padding-bottom:.75rem}
        nav :last-child{margin-left:auto}
        nav a,main>p>a{color:var(--link)}
        main>h1{line-height:1.2;margin:1.5rem 0 .5rem}
        .samples{padding:8px 20px 12px}
        .samples summary{cursor:pointer;padding:4px 0}
        .samples pre{background:#22262b;color:#f2f2f5;padding:12px;border-radius:4px;overflow:auto;margin:4px 0 8px}
        """;

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        ["swagger-ui.css"] = "text/css; charset=utf-8",
        ["swagger-ui-bundle.js"] = "text/javascript; charset=utf-8",
        ["favicon-32x32.png"] = "image/png",
        ["LICENSE"] = "text/plain; charset=utf-8",
        ["NOTICE"] = "text/plain; charset=utf-8",
    };

    public static void MapReference(this IEndpointRouteBuilder routes)
    {
        routes.Show(Path, http => PageAsync(http, Descriptions.All[0]));
        routes.Show(Path + "/{file}", FileAsync);
    }

    private static Task PageAsync(HttpContext http, ContractDescription shown)
    {
        var page = new Page(http);
        var files = page.Root + Path[1..] + "/";
        XElement Script(string file) => new("script", new XAttribute("src", files + file), new XAttribute("defer", "defer"), "");
        return page.WriteAsync(
            200, page.In(new("API reference", "Referencia de la API")), Policy,
            [
                new XElement("link", new XAttribute("rel", "stylesheet"), new XAttribute("href", files + "swagger-ui.css")),
                new XElement("link", new XAttribute("rel", "stylesheet"), new XAttribute("href", files + "viewer.css")),
                new XElement("link", new XAttribute("rel", "icon"), new XAttribute("href", files + "favicon-32x32.png")),
                Script("swagger-ui-bundle.js"), Script("viewer.js"),
            ],
            [
                Choice(page, shown),
                new XElement("p", page.In(new(
                    $"To try requests out, {(shown.LogIn is null ? "" : $"log in here with {shown.LogIn}, or ")}give a token that you have to 'Authorize'. The token is forgotten when the page is closed. The description that is shown is at ",
                    $"Para probar peticiones, {(shown.LogIn is null ? "" : $"inicia sesión aquí con {shown.LogIn}, o ")}pon en 'Authorize' un token que tengas. El token se olvida al cerrar la página. El visor está en inglés. La descripción que muestra está en ")),
                    page.Link(shown.Address[1..], shown.Address), "."),
                new XElement("noscript", new XElement("p", page.In(new("The viewer needs JavaScript; the description does not.", "El visor necesita JavaScript; la descripción no.")))),
                new XElement("div", new XAttribute("id", "viewer"), new XAttribute("data-root", page.Root), new XAttribute("data-description", page.Root + shown.Address[1..]), ""),
            ]);
    }

    /// <summary>The contracts, each with its page. The one that is shown is no link.</summary>
    private static XElement Choice(Page page, ContractDescription shown) => new("p", page.In(new("Contract: ", "Contrato: ")), Descriptions.All.SelectMany((one, index) => new object[]
    {
        index == 0 ? "" : " · ",
        one == shown ? new XElement("strong", one.Title) : page.Link(one == Descriptions.All[0] ? Path[1..] : $"{Path[1..]}/{one.Contract}", one.Title),
    }));

    private static Task FileAsync(HttpContext http) => http.Route("file") switch
    {
        { } name when Descriptions.Of(name) is { } description => PageAsync(http, description),
        "viewer.js" => WriteAsync(http, "text/javascript; charset=utf-8", Encoding.UTF8.GetBytes(Starter)),
        "viewer.css" => WriteAsync(http, "text/css; charset=utf-8", Encoding.UTF8.GetBytes(Frame)),
        { } file when Types.TryGetValue(file, out var type) => FileAsync(http, file, type),
        _ => MissAsync(http),
    };

    private static Task FileAsync(HttpContext http, string file, string type)
    {
        var stream = typeof(SwaggerUIOptions).Assembly.GetManifestResourceStream(Folder + file)
            ?? throw new InvalidOperationException($"Swagger UI's package has no file '{file}' any more.");
        using var compressed = new MemoryStream();
        using (stream)
        {
            stream.CopyTo(compressed);
        }
        http.Response.VariesBy(HeaderNames.AcceptEncoding);
        if (ContentCoding.Preferred(http.Request) is not null && ContentCoding.Accepts(http.Request, ContentCoding.Gzip))
        {
            http.Response.Headers.ContentEncoding = ContentCoding.Gzip;
            return WriteAsync(http, type, compressed.ToArray());
        }
        compressed.Position = 0;
        using var plain = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionMode.Decompress))
        {
            gzip.CopyTo(plain);
        }
        return WriteAsync(http, type, plain.ToArray());
    }

    private static async Task WriteAsync(HttpContext http, string type, byte[] body)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "public, max-age=3600";
        await http.Response.Body.WriteAsync(body, Endpoints.Bounded);
    }

    /// <summary><see cref="Gate"/> says the rest.</summary>
    private static Task MissAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
