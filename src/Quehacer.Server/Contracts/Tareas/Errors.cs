using Microsoft.AspNetCore.WebUtilities;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>
/// 003's errors: <c>{error, message, field?}</c>. The first is the name of the status in HTTP, save for values, where 003 has a name of its own; the
/// second is a sentence in Spanish, but for the two that 003 has in English.
/// </summary>
internal sealed class Errors(SessionStore sessions) : Refusals(sessions)
{
    private const string Validation = "Validation Error";

    protected override TagShape Tags => Tareas.Conditional.Tags;

    protected override Task SayAsync(HttpContext http, ErrorKind kind, Error error)
    {
        if (error.Code != ErrorCode.Invalid)
        {
            return SendAsync(http, kind, kind.Status, ReasonPhrases.GetReasonPhrase(kind.Status), MessageOf(error.Code, ThingOf(http)));
        }
        // Where there are no members, none is missing.
        var faults = error.Fields.Any(fault => fault.Field == Field.Body) ? error.Fields.Where(fault => fault.Field == Field.Body) : error.Fields;
        // The first is told alone as well: in the order of the form, whatever order they were found in.
        var details = faults.OrderBy(fault => fault.Field).Take(Limits.FaultsTold).Select(fault => FieldMessages.Of(fault, http)).ToList();
        return SendAsync(http, kind, 400, Validation, details[0].Message, details[0].Field, details.Count > 1 ? details : null);
    }

    protected override Task SayAsync(HttpContext http, ErrorKind kind, HttpFault fault) => fault == HttpFault.MalformedJson
        ? SendAsync(http, kind, kind.Status, Validation, MessageOf(fault), "body")
        : SendAsync(http, kind, kind.Status, ReasonPhrases.GetReasonPhrase(kind.Status), MessageOf(fault));

    private static Task SendAsync(HttpContext http, ErrorKind kind, int status, string error, string message, string? field = null, IReadOnlyList<ErrorDetailBody>? details = null) =>
        SendAsync(http, kind, status, "application/json; charset=utf-8", new ErrorBody(error, message, field, details), TareasJson.Default.ErrorBody);

    /// <summary>An error of its kind, for the description.</summary>
    public static ErrorBody Example(ErrorKind kind)
    {
        if (kind == ErrorCatalogue.Validation)
        {
            return new ErrorBody(Validation, "Título es requerido y no puede exceder 255 caracteres", "title");
        }
        if (kind == ErrorCatalogue.MalformedJson)
        {
            return new ErrorBody(Validation, MessageOf(HttpFault.MalformedJson), "body");
        }
        var message = Enum.GetValues<ErrorCode>().Where(code => ErrorCatalogue.Of(code) == kind).Select(code => MessageOf(code, kind == ErrorCatalogue.AlreadyExists ? Thing.Category : Thing.Task)).LastOrDefault()
            ?? Enum.GetValues<HttpFault>().Where(fault => ErrorCatalogue.Of(fault) == kind).Select(fault => MessageOf(fault)).First();
        return new ErrorBody(ReasonPhrases.GetReasonPhrase(kind.Status), message);
    }

    private static string MessageOf(ErrorCode code, Thing thing) => code switch
    {
        ErrorCode.Invalid => "La petición tiene valores que no se pueden aceptar",
        ErrorCode.NotFound or ErrorCode.NoSuchFactor => thing.IsNotThere,
        ErrorCode.Gone => "El recurso se eliminó definitivamente",
        ErrorCode.TooManyListeners => "Hay demasiadas conexiones en vivo abiertas; cierra alguna",
        ErrorCode.CursorGone => "El cursor ya no vale; empieza de nuevo sin él",
        ErrorCode.Forbidden => "No tienes permisos para acceder a este recurso",
        ErrorCode.WorkspaceArchived => "El espacio está archivado: lo que hay en él se ve, pero no se cambia",
        ErrorCode.WorkspaceIsPersonal => "Un espacio personal es solo de su dueño",
        ErrorCode.OwnerStays => "El espacio necesita a su dueño; entrégalo antes",
        ErrorCode.AlreadyMember => "Quien tiene ese correo ya está en el espacio",
        ErrorCode.InvitedAnother => "La invitación se envió a otro correo distinto del de tu cuenta",
        ErrorCode.PreconditionFailed => "El recurso cambió desde que lo leíste; léelo de nuevo y repite el cambio con su nuevo ETag",
        ErrorCode.PreconditionRequired => "Este servidor exige que cada cambio lleve en If-Match el ETag del estado que leíste",
        ErrorCode.EmailTaken => "User with this email already exists",
        ErrorCode.NameTaken => thing.NameIsTaken,
        ErrorCode.WrongCredentials => "Invalid credentials",
        ErrorCode.TooManyAttempts => MessageOf(HttpFault.TooManyRequests),
        ErrorCode.SecondFactorNeeded => "Esta cuenta tiene un segundo factor; usa una clave de API, o inicia sesión en POST /api/v1/auth/login: su token vale también aquí",
        ErrorCode.EmailNotVerified => "Verifica tu correo antes de iniciar sesión: abre el enlace del mensaje que te enviamos",
        ErrorCode.AccountSuspended => "Esta cuenta está suspendida; pregunta a quien opera el servidor",
        ErrorCode.NotAdministrator or ErrorCode.NotOnOneself or ErrorCode.LastAdministrator => "No tienes permisos para acceder a este recurso",
        ErrorCode.MfaTokenInvalid or ErrorCode.OneTimeTokenInvalid => MessageOf(HttpFault.TokenInvalid),
        ErrorCode.CodeWrong => "Código inválido",
        ErrorCode.AccountDeletionPending => "Esta cuenta se va a eliminar; para conservarla, abre el enlace del mensaje que te enviamos o usa POST /api/v1/auth/restore-account",
        ErrorCode.OwnsSharedWorkspaces => "Tienes espacios en los que hay también otras personas; entrégalos antes",
        ErrorCode.CannotUndo or ErrorCode.NothingToUndo => "Tu último cambio no se puede deshacer",
        ErrorCode.NotOffered => "Este servidor no lo ofrece",
        ErrorCode.AlreadySo => "Ya está activado",
        ErrorCode.SessionEnded or ErrorCode.RefreshTokenInvalid => MessageOf(HttpFault.TokenInvalid),
        ErrorCode.IdempotencyMismatch => "Esta Idempotency-Key ya se usó con otra petición; usa una clave nueva para cada petición",
        ErrorCode.IdempotencyInFlight => "La primera petición con esta Idempotency-Key sigue en curso; repítela en un momento",
        ErrorCode.Busy => MessageOf(HttpFault.Unavailable),
    };

    private static string MessageOf(HttpFault fault) => fault switch
    {
        HttpFault.BadRequest => "La petición no cumple las reglas de HTTP; corrígela y envíala de nuevo",
        HttpFault.AmbiguousFraming => "El final del cuerpo se puede leer de dos maneras; envía solo Content-Length o solo 'Transfer-Encoding: chunked'",
        HttpFault.ConditionInvalid => "If-Match o If-None-Match no es una lista de etiquetas de entidad; envía el ETag tal como llegó, entre comillas",
        HttpFault.MalformedJson => "El cuerpo de la petición no es JSON válido",
        HttpFault.BodyTooLarge => "El cuerpo de la petición tiene más de 1 MiB; envía menos de una vez",
        HttpFault.UnsupportedMediaType => "El cuerpo de la petición debe ser application/json, en UTF-8 y sin comprimir",
        HttpFault.NotAcceptable => "Accept o Accept-Encoding excluye todo lo que esta ruta responde; acepta application/json",
        HttpFault.UpgradeRequired => "Esta ruta habla WebSocket; ábrela con un cliente de WebSocket",
        HttpFault.OriginRefused => "Las páginas web de este origen no pueden abrir esto",
        HttpFault.NoSuchPath => "Ruta no encontrada",
        HttpFault.MethodNotAllowed => "Esta ruta no acepta ese método; la cabecera Allow enumera los que acepta",
        HttpFault.Ended => "Esta parte de la API fue retirada; usa lo que la cabecera Link nombra",
        HttpFault.RequestTimeout => "La petición llegó demasiado despacio; envíala de nuevo",
        HttpFault.TokenMissing => "Usuario no autenticado",
        HttpFault.TokenInvalid => "Token inválido",
        HttpFault.TokenExpired => "Token expirado",
        HttpFault.KeyNotEnough => "Esta clave de API no tiene el alcance necesario; usa otra, o un token de acceso",
        HttpFault.KeyElsewhere => "Esta clave de API es de otro espacio, y aquí se trabaja en el espacio personal; úsala en /api/v1",
        HttpFault.IdempotencyKeyInvalid => "Idempotency-Key debe ser una cadena de 1 a 255 caracteres ASCII imprimibles",
        HttpFault.IdempotencyKeyMissing => "Este servidor exige una Idempotency-Key en cada POST; envía una clave nueva con cada petición",
        HttpFault.TooManyRequests => "Demasiadas solicitudes. Intenta de nuevo más tarde.",
        HttpFault.Overloaded or HttpFault.Unavailable => "El servicio no está disponible en este momento; intenta de nuevo en unos segundos",
        HttpFault.Internal => "Error interno del servidor",
    };

    public static Thing ThingOf(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<Thing>() ?? Thing.Task;
}
