using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Quehacer.Server.Contracts.V1;
using Quehacer.Server.Http;

namespace Quehacer.Server.Pages;

/// <summary>Where the <c>type</c> of a problem leads: what happened, why, and how to mend it, from the catalogue; and the list of all.</summary>
internal static class ErrorPages
{
    public const string Prefix = "/errors/";

    private static readonly Dictionary<string, ErrorKind> BySlug = ErrorCatalogue.All.ToDictionary(kind => kind.Slug, StringComparer.Ordinal);

    public static void MapErrorPages(this IEndpointRouteBuilder routes, Problems problems)
    {
        routes.Show("/errors", http => ListAsync(http, problems));
        routes.Show(Prefix + "{slug}", http => BySlug.TryGetValue(http.Route("slug")!, out var kind) ? ExplainAsync(http, problems, kind) : RefuseAsync(http, problems));
    }

    private static Task ListAsync(HttpContext http, Problems problems)
    {
        var page = new Page(http);
        if (Formats.Preferred(http.Request) is not Format.Html and var format)
        {
            return page.WriteAsync(format, new JsonObject { ["errors"] = new JsonArray([.. ErrorCatalogue.All.Select(kind => Entry(http, problems, page, kind))]) });
        }
        return page.WriteAsync(
            200, page.In(new("Errors", "Errores")),
            new XElement("p", page.In(new(
                "Every refusal of this server is one of these. Its 'type' is the address of a page here, its 'code' is for programs and never changes.",
                "Cada rechazo de este servidor es uno de estos. Su 'type' es la dirección de una de estas páginas, su 'code' es para programas y nunca cambia."))),
            new XElement("dl", ErrorCatalogue.All.Select(kind => new object[]
            {
                new XElement("dt", page.Link(Prefix[1..] + kind.Slug, page.In(kind.Title)), " ", Page.Code(Status(kind)), " ", Page.Code(kind.Code)),
                new XElement("dd", page.In(kind.Meaning)),
            })));
    }

    private static Task ExplainAsync(HttpContext http, Problems problems, ErrorKind kind)
    {
        var page = new Page(http);
        var example = JsonSerializer.SerializeToNode(problems.Example(http, kind, page.Language), BodyJson.Default.ProblemBody)!;
        var curl = kind.Curl?.Replace(ErrorKind.Origin, problems.Origin(http.Request), StringComparison.Ordinal);
        if (Formats.Preferred(http.Request) is not Format.Html and var format)
        {
            var entry = Entry(http, problems, page, kind);
            entry["cause"] = page.In(kind.Cause);
            entry["mending"] = page.In(kind.Mending);
            if (curl is not null)
            {
                entry["curl"] = curl;
            }
            entry["example"] = example;
            return page.WriteAsync(format, entry);
        }
        return page.WriteAsync(
            200, page.In(kind.Title),
            new XElement("p", Page.Code(Status(kind)), " ", Page.Code(kind.Code), " ", Page.Code(kind.Number)),
            Page.Section(page.In(new("What happened", "Qué pasó")), new XElement("p", page.In(kind.Meaning))),
            Page.Section(page.In(new("Why", "Por qué")), new XElement("p", page.In(kind.Cause))),
            Page.Section(
                page.In(new("How to mend it", "Cómo resolverlo")),
                [new XElement("p", page.In(kind.Mending)), .. curl is null ? Array.Empty<object>() : [Page.Block(curl)]]),
            Page.Section(
                page.In(new("What a program is told", "Lo que recibe un programa")),
                new XElement("p", page.In(new(
                    "An example. 'code' is for programs; 'title' and 'detail' are for people and may be worded otherwise. Give 'request_id' to whoever runs this server.",
                    "Un ejemplo. 'code' es para programas; 'title' y 'detail' son para personas y pueden cambiar de redacción. Comunica 'request_id' a quien opera este servidor."))),
                Page.Block(Encoding.UTF8.GetString(Page.Indented(example)).TrimEnd())),
            new XElement("p", page.Link("errors", page.In(new("All errors", "Todos los errores")))));
    }

    /// <summary>A browser gets a page; a program gets the problem that any unknown address gets.</summary>
    private static Task RefuseAsync(HttpContext http, Problems problems)
    {
        if (!Formats.NamesHtml(http.Request))
        {
            return problems.RefuseAsync(http, HttpFault.NoSuchPath);
        }
        var page = new Page(http);
        return page.WriteAsync(
            404, page.In(new("No such error", "No existe ese error")),
            new XElement("p", page.In(new("No error of this server has this address. Check its spelling, or look for it in the list.", "Ningún error de este servidor tiene esta dirección. Revisa cómo está escrita o búscalo en la lista."))),
            new XElement("p", page.Link("errors", page.In(new("All errors", "Todos los errores")))));
    }

    private static JsonObject Entry(HttpContext http, Problems problems, Page page, ErrorKind kind) => new()
    {
        ["type"] = problems.TypeOf(http.Request, kind),
        ["title"] = page.In(kind.Title),
        ["status"] = kind.Status,
        ["code"] = kind.Code,
        ["number"] = kind.Number,
        ["meaning"] = page.In(kind.Meaning),
    };

    private static string Status(ErrorKind kind) => kind.Status.ToString(CultureInfo.InvariantCulture);
}
