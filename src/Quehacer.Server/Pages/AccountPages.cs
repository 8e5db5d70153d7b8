using System.Text;
using System.Xml.Linq;
using Quehacer.Core;
using Quehacer.Server.Http;
using Quehacer.Server.Mail;

namespace Quehacer.Server.Pages;

/// <summary>
/// Where the links of letters lead. The token stands behind '#' and never reaches this server with the page: it is in no log, and a mail scanner that opens
/// the link uses nothing up. The page's script sends it to the API when somebody presses the button.
/// </summary>
internal static class AccountPages
{
    private const string ScriptPath = "/account/account.js";

    // All texts are in the page, in its language.
    private const string Script = """
        'use strict';
        const token = location.hash.slice(1);
        // Another letter's link differs in nothing else, and loads no new page by itself.
        addEventListener('hashchange', () => location.reload());
        for (const link of document.querySelectorAll('nav a[hreflang]')) link.hash = location.hash;
        for (const part of document.querySelectorAll('[data-when]')) part.hidden = (part.dataset.when === 'token') !== (token !== '');
        const send = (address, body, more) => fetch(address, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'Accept-Language': document.documentElement.lang, ...more },
          body,
          credentials: 'omit',
          redirect: 'error',
        });
        const problemOf = async (answer, failed) => {
          const problem = await answer.json().catch(() => ({}));
          return [problem.detail ?? `${failed} (${answer.status})`, ...(problem.errors ?? []).map(error => error.message)].join(' ');
        };
        for (const part of document.querySelectorAll('[data-look]')) if (token !== '') (async () => {
          const answer = await send(part.dataset.look, JSON.stringify({ token }), {});
          if (!answer.ok) {
            part.textContent = await problemOf(answer, '');
            return;
          }
          const { workspace, role, invited_by: by } = await answer.json();
          const words = { name: by.name ?? '', email: by.email ? `(${by.email})` : '', workspace: workspace.name, role: part.dataset[role] };
          part.textContent = part.dataset.text.replace(/\{(\w+)\}/g, (_, word) => words[word]).replace(/ +/g, ' ').trim();
        })().catch(() => {});
        // A form that needs somebody signed in signs them in for as long as that takes, and no longer.
        const submit = async (form, body, key) => {
          if (!form.dataset.then) return send(form.dataset.post, body, { 'Idempotency-Key': key });
          const { token: shown, ...credentials } = JSON.parse(body);
          const login = await send(form.dataset.post, JSON.stringify(credentials), {});
          if (!login.ok) return login;
          const { access_token } = await login.json();
          if (!access_token) return { ok: false, status: 403, json: async () => ({ detail: form.dataset.factor }) };
          const session = { 'Authorization': `Bearer ${access_token}` };
          try {
            return await send(form.dataset.then, JSON.stringify({ token: shown }), { 'Idempotency-Key': key, ...session });
          } finally {
            await send(form.dataset.end, '{}', session).catch(() => {});
          }
        };
        const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
        for (const form of document.forms) {
          const button = form.querySelector('button');
          const status = form.nextElementSibling;
          let key, sent;
          const say = text => {
            status.textContent = text;
            status.focus();
          };
          form.addEventListener('submit', async event => {
            event.preventDefault();
            const body = JSON.stringify({ ...(form.dataset.when === 'token' ? { token } : {}), ...Object.fromEntries(new FormData(form)) });
            // An answer that was lost is asked for again, under the same key; any other request is a new one.
            if (body !== sent) key = newKey();
            sent = body;
            button.disabled = true;
            try {
              const answer = await submit(form, body, key);
              sent = undefined;
              if (answer.ok) {
                if (form.dataset.when === 'token') history.replaceState(null, '', location.pathname + location.search);
                // A token is used up, whichever form has used it.
                for (const other of document.forms) other.hidden ||= other === form || (form.dataset.when === 'token' && other.dataset.when === 'token');
                say(form.dataset.done);
                return;
              }
              say(await problemOf(answer, form.dataset.failed));
            } catch {
              say(form.dataset.failed);
            }
            button.disabled = false;
          });
        }
        """;

    public static void MapAccountPages(this IEndpointRouteBuilder routes)
    {
        routes.Show(LetterTexts.ResetPath, ResetAsync);
        routes.Show(LetterTexts.VerifyPath, VerifyAsync);
        routes.Show(LetterTexts.EmailChangePath, EmailChangeAsync);
        routes.Show(LetterTexts.InvitationPath, InvitationAsync);
        routes.Show(LetterTexts.RestorePath, RestoreAsync);
        routes.Show(ScriptPath, ScriptAsync);
    }

    private static Task ResetAsync(HttpContext http)
    {
        var page = new Page(http);
        return WriteAsync(
            page, new("A new password", "Una contraseña nueva"),
            Form(
                page, withToken: true, "api/v1/auth/password-reset/confirm",
                new("Choose the password that your account has from now on. All sessions of the account end.", "Elige la contraseña que tu cuenta tendrá desde ahora. Todas las sesiones de la cuenta se cierran."),
                new("Set the password", "Poner la contraseña"),
                new("The password is set. Log in with it.", "La contraseña está puesta. Inicia sesión con ella."),
                Input("password", "password", "new-password", page.In(new(
                    $"New password, of at least {Limits.PasswordMinCharacters} characters", $"Contraseña nueva, de al menos {Limits.PasswordMinCharacters} caracteres")))),
            Form(
                page, withToken: false, "api/v1/auth/password-reset",
                new("Give the e-mail of your account. A letter with a link is sent there.", "Da el correo de tu cuenta. Se envía allí una carta con un enlace."),
                new("Send the letter", "Enviar la carta"),
                new(
                    "If there is an account with this e-mail, a letter is on its way. Its link works for an hour.",
                    "Si hay una cuenta con este correo, la carta está en camino. Su enlace vale una hora."),
                Input("email", "email", "email", page.In(new("E-mail", "Correo")))));
    }

    private static Task VerifyAsync(HttpContext http)
    {
        var page = new Page(http);
        return WriteAsync(
            page, new("Confirm your e-mail", "Confirma tu correo"),
            Form(
                page, withToken: true, "api/v1/auth/verify-email",
                new("Press the button to confirm that this e-mail is yours.", "Pulsa el botón para confirmar que este correo es tuyo."),
                new("Confirm", "Confirmar"),
                new("Your e-mail is confirmed.", "Tu correo está confirmado.")),
            Form(
                page, withToken: false, "api/v1/auth/verify-email/resend",
                new(
                    "The address of this page is not whole: follow the link of the letter again, or have another letter sent.",
                    "La dirección de esta página no está completa: sigue otra vez el enlace de la carta, o pide otra carta."),
                new("Send the letter", "Enviar la carta"),
                new(
                    "If there is an account with this e-mail that is not confirmed yet, a letter is on its way.",
                    "Si hay una cuenta con este correo que no está confirmado aún, la carta está en camino."),
                Input("email", "email", "email", page.In(new("E-mail", "Correo")))));
    }

    private static Task EmailChangeAsync(HttpContext http)
    {
        var page = new Page(http);
        return WriteAsync(
            page, new("Confirm your new e-mail", "Confirma tu correo nuevo"),
            Form(
                page, withToken: true, "api/v1/auth/email-change/confirm",
                new(
                    "Press the button, and the account has this e-mail from now on: you log in with it.",
                    "Pulsa el botón, y la cuenta tendrá este correo desde ahora: con él inicias sesión."),
                new("Confirm", "Confirmar"),
                new("Your account has the new e-mail now.", "Tu cuenta ya tiene el correo nuevo.")),
            new XElement("p", new XAttribute("data-when", "nothing"), new XAttribute("hidden", "hidden"), page.In(new(
                "The address of this page is not whole: follow the link of the letter again.", "La dirección de esta página no está completa: sigue otra vez el enlace de la carta."))));
    }

    /// <summary>What somebody is invited to is asked of the API with the token, and stands in the page as text, whatever it is called.</summary>
    private static Task InvitationAsync(HttpContext http)
    {
        var page = new Page(http);
        return WriteAsync(
            page, new("You are invited", "Tienes una invitación"),
            new XElement(
                "p", new XAttribute("data-look", page.Root + "api/v1/invitations/look"), new XAttribute("role", "status"),
                new XAttribute("data-text", page.In(new(
                    "{name} {email} invites you into the workspace “{workspace}” as {role}.", "{name} {email} te invita al espacio «{workspace}» como {role}."))),
                new XAttribute("data-viewer", page.In(new("a viewer: you see everything in it", "lector: ves todo lo que hay"))),
                new XAttribute("data-editor", page.In(new("an editor: you see and change what is in it", "editor: ves y cambias lo que hay"))), ""),
            Form(
                page, withToken: true, "api/v1/auth/login",
                new(
                    "To accept, give the e-mail that the letter came to and the password of your account. If you have no account yet, register one with that e-mail first.",
                    "Para aceptar, da el correo al que llegó la carta y la contraseña de tu cuenta. Si aún no tienes cuenta, registra antes una con ese correo."),
                new("Accept", "Aceptar"),
                new("You are in the workspace now.", "Ya estás en el espacio."),
                new XAttribute("data-then", page.Root + "api/v1/invitations/accept"),
                new XAttribute("data-end", page.Root + "api/v1/auth/logout"),
                new XAttribute("data-factor", page.In(new(
                    "Your account asks for a second factor, which this page cannot. Log in with your own program and accept there: GET /api/v1/me/invitations lists the invitation.",
                    "Tu cuenta pide un segundo factor, y esta página no puede. Inicia sesión con tu programa y acepta allí: GET /api/v1/me/invitations muestra la invitación."))),
                Input("email", "email", "username", page.In(new("E-mail", "Correo"))),
                Input("password", "password", "current-password", page.In(new("Password", "Contraseña")))),
            Form(
                page, withToken: true, "api/v1/invitations/decline",
                new("Or say no. Nobody is told.", "O di que no. No se avisa a nadie."),
                new("Decline", "Rechazar"),
                new("You have declined the invitation.", "Has rechazado la invitación.")),
            new XElement("p", new XAttribute("data-when", "nothing"), new XAttribute("hidden", "hidden"), page.In(new(
                "The address of this page is not whole: follow the link of the letter again.", "La dirección de esta página no está completa: sigue otra vez el enlace de la carta."))));
    }

    private static Task RestoreAsync(HttpContext http)
    {
        var page = new Page(http);
        return WriteAsync(
            page, new("Keep your account", "Conserva tu cuenta"),
            Form(
                page, withToken: true, "api/v1/auth/restore-account",
                new("Press the button, and the account is not deleted.", "Pulsa el botón, y la cuenta no se elimina."),
                new("Keep the account", "Conservar la cuenta"),
                new("The account stays as it was. Log in again.", "La cuenta se queda como estaba. Inicia sesión de nuevo.")),
            Form(
                page, withToken: false, "api/v1/auth/restore-account",
                new("Give e-mail and password of the account that is to be deleted.", "Da el correo y la contraseña de la cuenta que se va a eliminar."),
                new("Keep the account", "Conservar la cuenta"),
                new("The account stays as it was. Log in again.", "La cuenta se queda como estaba. Inicia sesión de nuevo."),
                Input("email", "email", "email", page.In(new("E-mail", "Correo"))),
                Input("password", "password", "current-password", page.In(new("Password", "Contraseña")))));
    }

    private static Task WriteAsync(Page page, Said title, params object[] content) => page.WriteWithScriptAsync(
        ScriptPath[1..], page.In(title),
        [
            new XElement("noscript", new XElement("p", page.In(new("This page needs JavaScript to speak to the server.", "Esta página necesita JavaScript para hablar con el servidor.")))),
            .. content,
        ]);

    /// <summary>What is posted as JSON, with the token where there is one; below it stands what came of it, where a screen reader says it.</summary>
    /// <param name="fields">Inputs, and attributes of the form itself.</param>
    private static XElement Form(Page page, bool withToken, string post, Said what, Said button, Said done, params object[] fields)
    {
        var when = new XAttribute("data-when", withToken ? "token" : "nothing");
        return new XElement(
            "div",
            new XElement(
                "form", when, new XAttribute("hidden", "hidden"), new XAttribute("data-post", page.Root + post), new XAttribute("data-done", page.In(done)),
                new XAttribute("data-failed", page.In(new(
                    "The server cannot be reached, or has not understood. Try it again in a moment.", "No se puede contactar con el servidor, o no ha entendido. Inténtalo de nuevo en un momento."))),
                fields.Where(field => field is XAttribute), new XElement("p", page.In(what)), fields.Where(field => field is not XAttribute), new XElement("button", new XAttribute("type", "submit"), page.In(button))),
            new XElement("p", new XAttribute("role", "status"), new XAttribute("tabindex", "-1"), ""));
    }

    private static object[] Input(string name, string type, string completion, string label) =>
    [
        new XElement("label", new XAttribute("for", name), label),
        new XElement(
            "input", new XAttribute("id", name), new XAttribute("name", name), new XAttribute("type", type), new XAttribute("autocomplete", completion), new XAttribute("required", "required")),
    ];

    private static async Task ScriptAsync(HttpContext http)
    {
        var body = Encoding.UTF8.GetBytes(Script);
        http.Response.ContentType = "text/javascript; charset=utf-8";
        http.Response.ContentLength = body.Length;
        // It changes with the server, and is so small that it is better asked for than out of date.
        http.Response.Headers.CacheControl = "no-cache";
        await http.Response.Body.WriteAsync(body, Endpoints.Bounded);
    }
}
