using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.Net.Http.Headers;
using Quehacer.Core;
using Quehacer.Server.Http;
using Quehacer.Server.Mail;

namespace Quehacer.Server.Pages;

/// <summary>
/// <c>/mail</c>, in Development: the letters that lie in files, for whoever sits at the machine and nobody else, for there are tokens in them. All others are
/// told that there is no such page.
/// </summary>
internal static class MailPages
{
    private const string Path = "/mail";

    /// <summary>Letters on the page.</summary>
    private const int Most = 100;

    /// <summary>What a proxy adds, and what ours makes of it: whoever sits at the machine comes without.</summary>
    private static readonly string[] Forwarding = ["Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"];

    public static void MapMailPages(this IEndpointRouteBuilder routes, MailFiles files)
    {
        routes.Show(Path, http => IsLocal(http) ? ListAsync(http, files) : MissAsync(http));
        routes.Show(Path + "/{name}", http => IsLocal(http) && files.TryRead(http.Route("name")!) is { } file ? ShowAsync(http, file) : MissAsync(http));
    }

    /// <summary>
    /// The address says that the connection comes from this machine; the host, that no page of another name has had its name led here (DNS rebinding); the
    /// lack of an origin, that no script of another page asks; and the lack of what proxies add, that it is not one of them that sits at the machine.
    /// </summary>
    private static bool IsLocal(HttpContext http)
    {
        var request = http.Request;
        return http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && request.Host.Host.ToUpperInvariant() is "LOCALHOST" or "127.0.0.1" or "[::1]"
            && !request.Headers.ContainsKey(HeaderNames.Origin)
            && (request.Headers["Sec-Fetch-Site"].ToString() is "" or "none" or "same-origin")
            && !request.Headers.Keys.Any(name => name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase)
                || Forwarding.Contains(name, StringComparer.OrdinalIgnoreCase));
    }

    private static Task ListAsync(HttpContext http, MailFiles files)
    {
        var page = new Page(http) { IsSecret = true };
        var letters = files.List(Most);
        if (Formats.Preferred(http.Request) is not Format.Html and var format)
        {
            return page.WriteAsync(format, new JsonObject { ["letters"] = new JsonArray([.. letters.Select(letter => Entry(letter))]) });
        }
        return page.WriteAsync(
            200, page.In(new("Mail", "Correo")),
            new XElement("p", page.In(new(
                $"What this server would have sent by mail. The letters lie in {files.Directory}; to have them sent, set Mail__SmtpHost. Only this machine sees this page, and only in Development.",
                $"Lo que este servidor habría enviado por correo. Las cartas están en {files.Directory}; para que se envíen, define Mail__SmtpHost. Solo esta máquina ve esta página, y solo en Development."))),
            letters.Count == 0
                ? new XElement("p", page.In(new("There are no letters yet.", "Aún no hay cartas.")))
                : new XElement("dl", letters.Select(letter => new object[]
                {
                    new XElement("dt", page.Link($"{Path[1..]}/{letter.Name}", letter.Subject)),
                    new XElement("dd", $"{letter.To}, {Time(letter)}"),
                })));
    }

    /// <summary>The text alone, as text: nothing of a letter is ever taken for HTML.</summary>
    private static Task ShowAsync(HttpContext http, MailFile letter)
    {
        var page = new Page(http) { IsSecret = true };
        if (Formats.Preferred(http.Request) is not Format.Html and var format)
        {
            var entry = Entry(letter);
            entry["text"] = letter.Text;
            return page.WriteAsync(format, entry);
        }
        return page.WriteAsync(
            200, letter.Subject,
            new XElement("p", $"{letter.To}, {Time(letter)}"),
            letter.Text.Split("\n\n").Select(part => part.StartsWith("http", StringComparison.Ordinal) && Uri.TryCreate(part, UriKind.Absolute, out _)
                ? new XElement("p", new XElement("a", new XAttribute("href", part), part))
                : new XElement("p", part)),
            new XElement("p", page.Link(Path[1..], page.In(new("All letters", "Todas las cartas")))));
    }

    private static JsonObject Entry(MailFile letter) => new()
    {
        ["name"] = letter.Name,
        ["to"] = letter.To,
        ["subject"] = letter.Subject,
        ["at"] = letter.WrittenAt.ToString(Clock.Format, CultureInfo.InvariantCulture),
    };

    private static string Time(MailFile letter) => letter.WrittenAt.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary><see cref="Gate"/> says the rest.</summary>
    private static Task MissAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
