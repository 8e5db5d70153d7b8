using System.Globalization;
using System.Text;
using System.Xml;
using Quehacer.Core;
using Quehacer.Core.Mail;
using Quehacer.Server.Http;

namespace Quehacer.Server.Mail;

/// <summary>
/// The words of every letter: what happened, when and from where, and what to do if it was somebody else. Nothing that a stranger could choose stands in
/// them, not even the name of the account: or a registration would have this server send anybody's words to anybody. An invitation is of no use without the names of
/// who invites and into what; of these as much stands there as cannot be taken for a sentence or an address (<see cref="Name"/>).
/// </summary>
internal static class LetterTexts
{
    public const string ResetPath = "/account/password-reset";
    public const string VerifyPath = "/account/verify-email";
    public const string EmailChangePath = "/account/email-change";
    public const string InvitationPath = "/account/invitation";
    public const string RestorePath = "/account/restore";

    /// <param name="outgoing">The letter, with its secret where it has one.</param>
    /// <param name="origin">Where this server is reached, without a slash at the end. Links lead nowhere else.</param>
    public static LetterText Of(OutgoingLetter outgoing, string origin)
    {
        var letter = outgoing.Letter;
        var when = Time(Ids.TimeOf(letter.Id));
        var at = letter.Address is { } address
            ? new Said($"On {when}, from the address {address}, ", $"El {when}, desde la dirección {address}, ")
            : new Said($"On {when} ", $"El {when} ");
        var detail = Plain(letter.Detail);
        var until = outgoing.GoodUntil is { } end ? Time(end) : "";
        var (subject, parts) = letter.Kind switch
        {
            MailKind.PasswordReset => Parts(
                new("Set a new password", "Pon una contraseña nueva"),
                Happened(new(
                    $"somebody asked to set a new password for the account with this e-mail at {origin}. To set one, follow this link:",
                    $"alguien pidió poner una contraseña nueva a la cuenta con este correo en {origin}. Para ponerla, sigue este enlace:")),
                Link(ResetPath),
                Once(new("A new password ends all sessions of the account.", "Una contraseña nueva cierra todas las sesiones de la cuenta.")),
                Sentence(new(
                    "If it was not you, do nothing: without the link nobody can change the password, and the one that you have goes on working.",
                    "Si no fuiste tú, no hagas nada: sin el enlace nadie puede cambiar la contraseña, y la que tienes sigue valiendo."))),
            MailKind.PasswordChanged => Parts(
                new("Your password was changed", "Tu contraseña ha cambiado"),
                Happened(new($"the password of your account at {origin} was changed.", $"se cambió la contraseña de tu cuenta en {origin}.")),
                Sentence(new(
                    "If it was you, there is nothing to do. If it was not, somebody else has your account: set a new password at once, which ends all sessions:",
                    "Si fuiste tú, no hay nada que hacer. Si no, alguien más tiene tu cuenta: pon ya una contraseña nueva, lo que cierra todas las sesiones:")),
                Link(ResetPath)),
            MailKind.EmailVerification => Parts(
                new("Confirm your e-mail", "Confirma tu correo"),
                Happened(new(
                    $"this e-mail was given as that of an account at {origin}. To confirm that it is yours, follow this link:",
                    $"se dio este correo como el de una cuenta en {origin}. Para confirmar que es tuyo, sigue este enlace:")),
                Link(VerifyPath),
                Once(default),
                Sentence(new("If it was not you, do nothing: it is not confirmed then.", "Si no fuiste tú, no hagas nada: así queda sin confirmar."))),
            MailKind.EmailChange => Parts(
                new("Confirm your new e-mail", "Confirma tu correo nuevo"),
                Happened(new(
                    $"somebody asked that an account at {origin} have this e-mail from now on. To agree, follow this link:",
                    $"alguien pidió que una cuenta en {origin} tenga este correo desde ahora. Para aceptarlo, sigue este enlace:")),
                Link(EmailChangePath),
                Once(default),
                Sentence(new("If it was not you, do nothing: the account keeps the e-mail that it has.", "Si no fuiste tú, no hagas nada: la cuenta conserva el correo que tiene."))),
            MailKind.EmailChangeAsked => Parts(
                new("Another e-mail was asked for", "Se ha pedido otro correo"),
                Happened(new(
                    $"somebody who knows your password asked that your account at {origin} have the e-mail {detail} instead of this one. It is changed as soon as that is confirmed from there.",
                    $"alguien que conoce tu contraseña pidió que tu cuenta en {origin} tenga el correo {detail} en lugar de este. Se cambia en cuanto se confirme desde allí.")),
                Sentence(new(
                    "If it was you, there is nothing to do here. If it was not, set a new password at once, which makes the request worthless:",
                    "Si fuiste tú, aquí no hay nada que hacer. Si no, pon ya una contraseña nueva, lo que deja la petición sin valor:")),
                Link(ResetPath)),
            MailKind.EmailChanged => Parts(
                new("Your e-mail was changed", "Tu correo ha cambiado"),
                Happened(new(
                    $"your account at {origin} got the e-mail {detail} instead of this one. What there is to say about the account goes there from now on.",
                    $"tu cuenta en {origin} pasó a tener el correo {detail} en lugar de este. Lo que haya que decir de la cuenta va allí desde ahora.")),
                Sentence(new(
                    "If it was you, there is nothing to do. If it was not, somebody else has your account, and this e-mail does not open it any more: tell whoever runs the server, and show them this letter.",
                    "Si fuiste tú, no hay nada que hacer. Si no, alguien más tiene tu cuenta, y este correo ya no la abre: avisa a quien opera el servidor y enséñale esta carta."))),
            MailKind.SecondFactorCode => Parts(
                new("Your login code", "Tu código de acceso"),
                Happened(new($"somebody gave your password at {origin}. To log in, type this code there:", $"alguien dio tu contraseña en {origin}. Para entrar, escribe allí este código:")),
                Code(),
                Once(Secret),
                Sentence(new("If it was not you, somebody knows your password: set a new one at once:", "Si no fuiste tú, alguien conoce tu contraseña: pon ya una nueva:")),
                Link(ResetPath)),
            MailKind.LoginCode => Parts(
                new("Your login code", "Tu código de acceso"),
                Happened(new($"somebody asked for a code to log in to your account at {origin}. It is:", $"alguien pidió un código para entrar en tu cuenta en {origin}. Es:")),
                Code(),
                Once(Secret),
                Sentence(new("If it was not you, do nothing: without the code nobody gets in.", "Si no fuiste tú, no hagas nada: sin el código no entra nadie."))),
            MailKind.EmailFactorCode => Parts(
                new("Your confirmation code", "Tu código de confirmación"),
                Happened(new(
                    $"somebody asked that logging in to your account at {origin} want a code by mail as well as the password. To confirm it, type this code there:",
                    $"alguien pidió que entrar en tu cuenta en {origin} exija un código por correo además de la contraseña. Para confirmarlo, escribe allí este código:")),
                Code(),
                Once(Secret),
                Sentence(new("If it was not you, somebody knows your password: set a new one at once:", "Si no fuiste tú, alguien conoce tu contraseña: pon ya una nueva:")),
                Link(ResetPath)),
            MailKind.SecondFactorAdded => Parts(
                new("A second factor was added", "Se ha añadido un segundo factor"),
                Happened(new(
                    $"{Factor(detail).English} became a second factor of your account at {origin}. Logging in asks for it from now on.",
                    $"{Factor(detail).Spanish} pasó a ser un segundo factor de tu cuenta en {origin}. Desde ahora se pide al entrar.")),
                Sentence(new(
                    "If it was you, there is nothing to do. If it was not, set a new password at once, and tell whoever runs the server if you cannot log in:",
                    "Si fuiste tú, no hay nada que hacer. Si no, pon ya una contraseña nueva, y avisa a quien opera el servidor si no puedes entrar:")),
                Link(ResetPath)),
            MailKind.SecondFactorRemoved => Parts(
                new("A second factor was removed", "Se ha quitado un segundo factor"),
                Happened(new(
                    $"{Factor(detail).English} ceased to be a second factor of your account at {origin}. Logging in does not ask for it any more.",
                    $"{Factor(detail).Spanish} dejó de ser un segundo factor de tu cuenta en {origin}. Ya no se pide al entrar.")),
                Sentence(new(
                    "If it was you, there is nothing to do. If it was not, set a new password at once, and add the second factor again:",
                    "Si fuiste tú, no hay nada que hacer. Si no, pon ya una contraseña nueva y añade de nuevo el segundo factor:")),
                Link(ResetPath)),
            MailKind.RecoveryCodeUsed => Parts(
                new("A recovery code was used", "Se ha usado un código de recuperación"),
                Happened(new(
                    $"a recovery code of your account at {origin} was used, and works no more. Left of them: {detail}. Make new ones before they run out.",
                    $"se usó un código de recuperación de tu cuenta en {origin}, que ya no vale. Quedan: {detail}. Haz otros nuevos antes de que se acaben.")),
                Sentence(new(
                    "If it was you, there is nothing else to do. If it was not, somebody has your codes: set a new password at once, and make new codes:",
                    "Si fuiste tú, no hay nada más que hacer. Si no, alguien tiene tus códigos: pon ya una contraseña nueva y haz códigos nuevos:")),
                Link(ResetPath)),
            MailKind.WorkspaceInvitation => Parts(
                new("You are invited into a workspace", "Te invitan a un espacio de trabajo"),
                Happened(Invitation(letter.Detail, origin)),
                Link(InvitationPath),
                Once(new("It is good for the account with this e-mail, and for no other.", "Vale para la cuenta con este correo y para ninguna otra.")),
                Sentence(new(
                    "If you do not know who this is, do nothing: you are in no workspace that you have not agreed to.",
                    "Si no sabes quién es, no hagas nada: no estás en ningún espacio que no hayas aceptado."))),
            MailKind.WorkspaceReceived => Parts(
                new("A workspace is yours now", "Un espacio de trabajo es tuyo ahora"),
                Happened(new(
                    $"the owner of the workspace \"{Name(detail)}\" at {origin} handed it on to you. You decide from now on who is in it.",
                    $"el dueño del espacio «{Name(detail)}» en {origin} te lo entregó. Desde ahora decides tú quién está en él.")),
                Sentence(new("If you do not want it, hand it on to somebody else, or archive it.", "Si no lo quieres, entrégalo a otra persona o archívalo."))),
            MailKind.WorkspaceHandedOn => Parts(
                new("You have handed on a workspace", "Has entregado un espacio de trabajo"),
                Happened(new(
                    $"your workspace \"{Name(detail)}\" at {origin} was handed on to another member, with your password. You are an editor in it now.",
                    $"tu espacio «{Name(detail)}» en {origin} se entregó a otro miembro, con tu contraseña. Ahora eres editor en él.")),
                Sentence(new(
                    "If it was you, there is nothing to do. If it was not, somebody knows your password: set a new one at once, and tell whoever has the workspace now:",
                    "Si fuiste tú, no hay nada que hacer. Si no, alguien conoce tu contraseña: pon ya una nueva, y avisa a quien tiene ahora el espacio:")),
                Link(ResetPath)),
            MailKind.AccountSuspended => Parts(
                new("Your account was suspended", "Tu cuenta ha sido suspendida"),
                Happened(new(
                    $"your account at {origin} was suspended by those who run that server. Nobody can sign in to it, and all of its sessions and API keys have ended. What is in it is kept.",
                    $"quienes operan {origin} suspendieron tu cuenta allí. Nadie puede iniciar sesión en ella, y todas sus sesiones y claves de API han terminado. Lo que hay en ella se conserva.")),
                Sentence(new("If you think that this is a mistake, ask them.", "Si crees que es un error, pregúntales."))),
            MailKind.AccountUnsuspended => Parts(
                new("Your account is no longer suspended", "Tu cuenta ya no está suspendida"),
                Happened(new(
                    $"the suspension of your account at {origin} was ended by those who run that server. You can sign in again. If programs of yours had API keys, make new ones.",
                    $"quienes operan {origin} pusieron fin a la suspensión de tu cuenta allí. Puedes iniciar sesión de nuevo. Si tus programas tenían claves de API, crea otras nuevas."))),
            MailKind.AccountDeletionAsked => Parts(
                new("Your account is to be deleted", "Tu cuenta se va a eliminar"),
                Happened(new(
                    $"it was asked that your account at {origin} be deleted, with all that is in it. That is done after {until}. All sessions and API keys have ended, and until then nobody can sign in.",
                    $"se pidió eliminar tu cuenta en {origin}, con todo lo que contiene. Se hará después del {until}. Todas las sesiones y claves de API han terminado, y hasta entonces nadie puede entrar.")),
                Sentence(new("To keep the account, follow this link:", "Para conservar la cuenta, sigue este enlace:")),
                Link(RestorePath),
                Once(default),
                Sentence(new(
                    "If it was you, there is nothing to do. If it was not, somebody knows your password: keep the account, and set a new password at once:",
                    "Si fuiste tú, no hay nada que hacer. Si no, alguien conoce tu contraseña: conserva la cuenta y pon ya una contraseña nueva:")),
                new LetterPart(LetterPartKind.Link, Address(ResetPath))),
            MailKind.AccountDeletionUndone => Parts(
                new("Your account stays", "Tu cuenta se queda"),
                Happened(new(
                    $"it was undone that your account at {origin} be deleted. It is as it was before; log in again.",
                    $"se deshizo la eliminación de tu cuenta en {origin}. Está como antes; inicia sesión de nuevo.")),
                Sentence(new(
                    "If it was you, there is nothing to do. If it was not, somebody has your password or reads your mail: set a new password at once:",
                    "Si fuiste tú, no hay nada que hacer. Si no, alguien tiene tu contraseña o lee tu correo: pon ya una contraseña nueva:")),
                Link(ResetPath)),
            MailKind.AccountDeleted => Parts(
                new("Your account was deleted", "Tu cuenta se ha eliminado"),
                Happened(new(
                    $"your account at {origin} was deleted, with all that was yours alone. Nothing brings it back. This is the last letter.",
                    $"se eliminó tu cuenta en {origin}, con todo lo que era solo tuyo. Nada la recupera. Este es el último mensaje.")),
                Sentence(new(
                    "If you want to come back, register with this e-mail at any time. If it was not you who asked for it, tell whoever runs the server, and show them this letter.",
                    "Si quieres volver, regístrate con este correo cuando quieras. Si no fuiste tú quien lo pidió, avisa a quien opera el servidor y enséñale esta carta."))),
        };
        return new LetterText(letter.Language == Language.Spanish ? "es" : "en", subject, parts);

        (string, IReadOnlyList<LetterPart>) Parts(Said title, params ReadOnlySpan<LetterPart> body) => (title.In(letter.Language), body.ToArray());

        LetterPart Sentence(Said said) => new(LetterPartKind.Paragraph, said.In(letter.Language));

        LetterPart Happened(Said what) => Sentence(new(at.English + what.English, at.Spanish + what.Spanish));

        // Behind '#': what follows it is not sent to any server, so the token is in no log and no Referer.
        LetterPart Link(string path) => new(LetterPartKind.Link, Address(path) + (outgoing.Token is { } token ? "#" + token : ""));

        string Address(string path) => $"{origin}{path}?lang={(letter.Language == Language.Spanish ? "es" : "en")}";

        LetterPart Code() => new(LetterPartKind.Code, outgoing.Code!);

        LetterPart Once(Said besides)
        {
            var once = outgoing.Code is null
                ? new Said($"The link works once, until {until}.", $"El enlace vale una vez, hasta el {until}.")
                : new Said($"The code works once, until {until}.", $"El código vale una vez, hasta el {until}.");
            return Sentence(besides == default ? once : new(once.English + " " + besides.English, once.Spanish + " " + besides.Spanish));
        }
    }

    /// <summary>Who asks for a code pretends to be the server.</summary>
    private static Said Secret => new("Give it to nobody: nobody of this server ever asks for it.", "No se lo des a nadie: nadie de este servidor lo pide nunca.");

    /// <summary>What a detail is to anybody: never a line of its own, and nothing that HTML cannot say.</summary>
    private static string Plain(string? detail) => string.Concat((detail ?? "").Where(character => !char.IsControl(character) && XmlConvert.IsXmlChar(character)));

    /// <summary>Who invites, as what they are known, and into what. The detail is as <see cref="MailKind.WorkspaceInvitation"/> says.</summary>
    private static Said Invitation(string? detail, string origin)
    {
        var lines = (detail ?? "").Split('\n');
        var (inviter, email, workspace) = (Name(lines[0]), lines.Length > 1 ? Plain(lines[1]) : "", Name(lines[^1]));
        var who = email.Length > 0 ? $"{inviter} ({email})" : inviter;
        return new(
            $"{(who.Length > 0 ? who : "somebody")} invited you into the workspace \"{workspace}\" at {origin}. To see the invitation and answer it, follow this link:",
            $"{(who.Length > 0 ? who : "alguien")} te invitó al espacio «{workspace}» en {origin}. Para ver la invitación y contestarla, sigue este enlace:");
    }

    /// <summary>
    /// What is left of a name that somebody chose in a letter to somebody else: letters, digits and single spaces, and few of them. No address survives that, so that
    /// no program makes a link of it, and no sentence of any length.
    /// </summary>
    internal static string Name(string text)
    {
        var name = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var isWord = Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
            _ = isWord ? name.Append(rune.ToString()) : name.Length > 0 && name[^1] != ' ' ? name.Append(' ') : name;
        }
        var runes = name.ToString().Trim().EnumerateRunes().ToList();
        return runes.Count <= Limits.NameInLetterCharacters ? string.Concat(runes) : string.Concat(runes.Take(Limits.NameInLetterCharacters)).TrimEnd() + "…";
    }

    private static Said Factor(string detail) => detail switch
    {
        "totp" => new("an authenticator app", "una aplicación de autenticación"),
        "email" => new("a code by mail", "un código por correo"),
        _ => new("another proof", "otra prueba"),
    };

    /// <summary>To the minute, for people all over the world.</summary>
    private static string Time(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
