using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Server.Http;
using Quehacer.Server.Pages;

namespace Quehacer.Server.Contracts.V1;

/// <summary>v1's errors: <c>application/problem+json</c>, from the catalogue.</summary>
internal sealed class Problems(Uri? publicUrl, SessionStore sessions) : Refusals(sessions)
{
    private const int ExampleRetryAfterSeconds = 37;

    private static readonly FieldError[] ExampleFaults = [new(Field.Title, FieldFault.Required), new(Field.Priority, FieldFault.NotOneOf)];

    protected override TagShape Tags => V1.Conditional.Tags;

    protected override Task SayAsync(HttpContext http, ErrorKind kind, Error error) => SendAsync(http, kind, Body(http, error));

    protected override Task SayAsync(HttpContext http, ErrorKind kind, HttpFault fault)
    {
        var language = Languages.Preferred(http.Request);
        return SendAsync(http, kind, Body(http, kind, DetailOf(fault, http).In(language), PathOf(http), null, language));
    }

    /// <summary>A refusal by the core as a part of an answer that has other parts.</summary>
    /// <param name="faultsTold">How many faults of values it names at most.</param>
    public ProblemBody Body(HttpContext http, Error error, int faultsTold = Limits.FaultsTold)
    {
        var language = Languages.Preferred(http.Request);
        var errors = error.Fields.Count == 0 ? null : error.Fields.Take(faultsTold).Select(field => FieldMessages.Of(field, language, error.Operation)).ToList();
        return Body(http, ErrorCatalogue.Of(error.Code), DetailOf(errors, DetailOf(error.Code), language), PathOf(http), errors, language) with
        {
            Operation = error.Operation,
            Workspaces = error.Workspaces.Count == 0 ? null : [.. error.Workspaces.Select(id => Ids.ToTypeId(Ids.WorkspacePrefix, id))],
        };
    }

    /// <summary>The address of this server as its clients know it.</summary>
    public string Origin(HttpRequest request) => publicUrl?.ToString().TrimEnd('/') ?? $"{request.Scheme}://{request.Host}";

    /// <summary>The address of the page that explains it, which is also its name.</summary>
    public string TypeOf(HttpRequest request, ErrorKind kind) => Origin(request) + ErrorPages.Prefix + kind.Slug;

    /// <summary>What a client would be told of such an error, for its page.</summary>
    public ProblemBody Example(HttpContext http, ErrorKind kind, Language language)
    {
        var errors = kind == ErrorCatalogue.Validation
            ? ExampleFaults.Select(fault => FieldMessages.Of(fault, language)).ToList()
            : null;
        return Body(http, kind, DetailOf(errors, Whole(kind), language), kind.Instance, errors, language);
    }

    private static Task SendAsync(HttpContext http, ErrorKind kind, ProblemBody problem)
    {
        http.Response.Headers.ContentLanguage = Languages.Preferred(http.Request) == Language.Spanish ? "es" : "en";
        return SendAsync(http, kind, kind.Status, "application/problem+json; charset=utf-8", problem, BodyJson.Default.ProblemBody);
    }

    private static string DetailOf(List<ProblemFieldBody>? errors, Said otherwise, Language language) => errors switch
    {
        null or [] => otherwise.In(language),
        [var only] => only.Message,
        [var first, ..] => first.Message + new Said($" ({errors.Count - 1} more in 'errors'.)", $" ({errors.Count - 1} más en 'errors'.)").In(language),
    };

    private ProblemBody Body(HttpContext http, ErrorKind kind, string detail, string instance, IReadOnlyList<ProblemFieldBody>? errors, Language language) => new(
        TypeOf(http.Request, kind), kind.Title.In(language), kind.Status, detail, instance, kind.Code, kind.Number, http.TraceIdentifier, DateTime.UtcNow, errors, RetryAfterOf(http, kind));

    /// <summary>Seconds; null where the error is not about a limit.</summary>
    private static int? RetryAfterOf(HttpContext http, ErrorKind kind) =>
        kind != ErrorCatalogue.RateLimitExceeded ? null : http.Features.Get<LimitReached>()?.RetryAfterSeconds ?? ExampleRetryAfterSeconds;

    /// <summary>CONNECT and "OPTIONS *" ask for no path.</summary>
    private static string PathOf(HttpContext http) => http.Request.Path.HasValue ? http.Request.PathBase + http.Request.Path : "/";

    private static Said DetailOf(ErrorCode code) => code switch
    {
        ErrorCode.EmailTaken => new("An account with this e-mail exists. Log in, or register another e-mail.", "Ya existe una cuenta con este correo. Inicia sesión o registra otro."),
        ErrorCode.NameTaken => new(
            "There is one of this name already; upper and lower case do not count. Choose another name, or use the one there is.",
            "Ya hay una con ese nombre; mayúsculas y minúsculas no cuentan. Elige otro nombre o usa la que hay."),
        ErrorCode.NothingToUndo => new(
            "You have changed nothing of this task that could be undone. What others did they undo themselves.",
            "No has cambiado nada de esta tarea que se pueda deshacer. Lo que hicieron otros lo deshacen ellos."),
        ErrorCode.SessionEnded => new("The session of this token has ended. Log in again.", "La sesión de este token terminó. Inicia sesión de nuevo."),
        ErrorCode.RefreshTokenInvalid => new("The refresh token is unknown, expired or used already. Log in again.", "El token de refresco es desconocido, expiró o ya se usó. Inicia sesión de nuevo."),
        ErrorCode.MfaTokenInvalid => new(
            "The mfa_token is unknown, used or expired, or five codes were wrong. Log in again.", "El mfa_token es desconocido, expiró o ya se usó, o cinco códigos fallaron. Inicia sesión de nuevo."),
        ErrorCode.AlreadySo => new(
            "This second factor is on already. Remove it first if you want to set it up anew.", "Este segundo factor ya está activado. Quítalo antes si quieres configurarlo de nuevo."),
        ErrorCode.AlreadyMember => new(
            "Whoever has this e-mail is in the workspace already. Change their role with PATCH /api/v1/workspaces/{id}/members/{user_id}.",
            "Quien tiene ese correo ya está en el espacio. Cambia su papel con PATCH /api/v1/workspaces/{id}/members/{user_id}."),
        ErrorCode.NoSuchFactor => new(
            "The account has no such second factor, or has not begun to set it up. See GET /api/v1/me/factors for those it has.",
            "La cuenta no tiene ese segundo factor, o no ha empezado a configurarlo. Mira en GET /api/v1/me/factors los que tiene."),
        ErrorCode.NotAdministrator => new("This is for administrators of this server. Ask one of them.", "Esto es para los administradores de este servidor. Pídeselo a uno."),
        ErrorCode.NotOnOneself => new(
            "Nobody suspends or demotes themselves, or takes their own second factors away here. Ask another administrator.",
            "Nadie se suspende ni se degrada, ni quita aquí sus propios segundos factores. Pídeselo a otro administrador."),
        ErrorCode.LastAdministrator => new(
            "This is the last administrator. Make somebody else one first, with 'quehacer user promote'.", "Es el último administrador. Nombra antes a otra persona, con 'quehacer user promote'."),
        ErrorCode.NotFound => new("There is no such thing, or you may not see it. Check the id.", "No existe, o no puedes verlo. Revisa el id."),
        _ => Whole(ErrorCatalogue.Of(code)),
    };

    private static Said DetailOf(HttpFault fault, HttpContext http) => fault switch
    {
        HttpFault.NoSuchPath => new("There is nothing at this address. Check its spelling.", "No hay nada en esta dirección. Revisa cómo está escrita."),
        HttpFault.AmbiguousFraming => new(
            "Where the body ends can be read in two ways. Send Content-Length alone, or 'Transfer-Encoding: chunked' alone.",
            "El final del cuerpo se puede leer de dos maneras. Envía solo Content-Length, o solo 'Transfer-Encoding: chunked'."),
        HttpFault.ConditionInvalid => new(
            "If-Match or If-None-Match is no list of entity tags. Send the ETag as it came, in its quotes, with commas between several, or * alone.",
            "If-Match o If-None-Match no es una lista de etiquetas de entidad. Envía el ETag tal como llegó, entre comillas, con comas entre varios, o * solo."),
        HttpFault.MethodNotAllowed => new(
            $"This address does not take {http.Request.Method}. It takes {http.Response.Headers.Allow}.",
            $"Esta dirección no acepta {http.Request.Method}. Acepta {http.Response.Headers.Allow}."),
        HttpFault.NotAcceptable when http.GetEndpoint()?.Metadata.GetMetadata<AnswersIn>() is { } answers => new(
            $"Accept or Accept-Encoding leaves out everything this address can answer in: {string.Join(", ", answers.Types)}, as it is or in the codings br and gzip. Name one of them, or leave the header out.",
            $"Accept o Accept-Encoding excluye todo en lo que esta dirección puede responder: {string.Join(", ", answers.Types)}, tal cual o con las codificaciones br y gzip. Nombra una opción o quita la cabecera."),
        HttpFault.KeyNotEnough when http.GetEndpoint()?.Metadata.GetMetadata<OpenToKeys>()?.Needed(http.Request.Method) is { } needed => new(
            $"This API key has not the scope {Words.Of(needed)}. Make one that has, or use an access token.",
            $"Esta clave de API no tiene el alcance {Words.Of(needed)}. Crea una que lo tenga, o usa un token de acceso."),
        HttpFault.KeyNotEnough => new(
            "No API key is good for this, whatever its scopes. Use the access token of a login.", "Ninguna clave de API sirve para esto, sean cuales sean sus alcances. Usa el token de acceso de un inicio de sesión."),
        HttpFault.OriginRefused => new(
            "Web pages of this origin may not open this. Whoever runs the server names the origins that may, in Cors__Origins.",
            "Las páginas web de este origen no pueden abrir esto. Quien opera el servidor nombra los orígenes que pueden, en Cors__Origins."),
        HttpFault.TooManyRequests => http.Features.Get<LimitReached>()!.Detail,
        _ => Whole(ErrorCatalogue.Of(fault)),
    };

    /// <summary>All that there is to say about errors of a kind.</summary>
    public static string WholeOf(ErrorKind kind, Language language) => Whole(kind).In(language);

    private static Said Whole(ErrorKind kind) =>
        new($"{kind.Meaning.English} {kind.Mending.English}", $"{kind.Meaning.Spanish} {kind.Mending.Spanish}");
}
