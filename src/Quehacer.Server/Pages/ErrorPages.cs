using System.Net;
using Quehacer.Server.Http;

namespace Quehacer.Server.Pages;

/// <summary>Where the <c>type</c> of a problem leads: what happened, and how to mend it, from the catalogue.</summary>
internal static class ErrorPages
{
    public const string Prefix = "/errors/";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapErrorPages(this IEndpointRouteBuilder routes)
    {
        foreach (var kind in ErrorCatalogue.All)
        {
            routes.MapMethods(Prefix + kind.Slug, Methods, (RequestDelegate)(http => WriteAsync(http, kind)));
        }
    }

    private static Task WriteAsync(HttpContext http, ErrorKind kind)
    {
        var language = Languages.Preferred(http.Request);
        var (mend, tag) = language == Language.Spanish ? ("Cómo resolverlo", "es") : ("How to mend it", "en");
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.Headers.Vary = "Accept-Language";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        return http.Response.WriteAsync($"""
            <!doctype html>
            <html lang="{tag}">
            <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(kind.Title)} · Quehacer</title>
            <style>body{"{"}font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem{"}"} code{"{"}background:#eee;padding:.1em .3em{"}"}</style>
            <h1>{Text(kind.Title)}</h1>
            <p><code>{kind.Status}</code> <code>{kind.Code}</code> <code>{kind.Number}</code></p>
            <p>{Text(kind.Meaning)}</p>
            <h2>{mend}</h2>
            <p>{Text(kind.Mending)}</p>
            </html>
            """);

        string Text(Said said) => WebUtility.HtmlEncode(said.In(language));
    }
}
