using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>An error that people may meet: the pages under <c>/errors/</c> and the v1 contract's problems are made from this.</summary>
/// <param name="Slug">The last part of the address of its page.</param>
/// <param name="Code">For programs; never changes.</param>
/// <param name="Number">001's registry, continued.</param>
internal sealed record ErrorKind(string Slug, string Code, string Number, int Status, Said Title, Said Meaning, Said Mending)
{
    /// <summary>The server's own address in <see cref="Curl"/>.</summary>
    public const string Origin = "{origin}";

    /// <summary>What usually leads to it.</summary>
    public required Said Cause { get; init; }

    /// <summary>The path that the example on its page was asked at.</summary>
    public string Instance { get; init; } = "/api/v1/tasks";

    /// <summary>A command that shows the way out, where there is one.</summary>
    public string? Curl { get; init; }
}

/// <summary>The one table of errors.</summary>
internal static class ErrorCatalogue
{
    public static readonly ErrorKind Unauthorized = new("unauthorized", "UNAUTHORIZED", "AUTH_1001", 401,
        new("Authentication Required", "Autenticación requerida"),
        new("The request needs an access token and carries none.", "La petición necesita un token de acceso y no lleva ninguno."),
        new("Log in at POST /api/v1/auth/login and send the header 'Authorization: Bearer <access_token>'.", "Inicia sesión en POST /api/v1/auth/login y envía la cabecera 'Authorization: Bearer <access_token>'."))
    {
        Cause = new("The header Authorization was not sent: the program has not logged in, or a proxy has taken the header away.", "No se envió la cabecera Authorization: el programa no ha iniciado sesión, o un proxy quitó la cabecera."),
        Curl = """
            curl {origin}/api/v1/tasks -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind TokenExpired = new("token-expired", "TOKEN_EXPIRED", "AUTH_1002", 401,
        new("Token Expired", "Token expirado"),
        new("The access token was valid and its hour is over.", "El token de acceso era válido y su hora ha pasado."),
        new("Get a new one at POST /api/v1/auth/refresh with your refresh token, or log in again.", "Obtén otro en POST /api/v1/auth/refresh con tu token de refresco, o inicia sesión de nuevo."))
    {
        Cause = new("Access tokens live for an hour. The program kept this one longer and did not refresh it.", "Los tokens de acceso duran una hora. El programa guardó este más tiempo y no lo renovó."),
        Curl = """curl {origin}/api/v1/auth/refresh -H 'Content-Type: application/json' -d '{"refresh_token":"…"}'""",
    };

    public static readonly ErrorKind TokenInvalid = new("token-invalid", "TOKEN_INVALID", "AUTH_1003", 401,
        new("Token Invalid", "Token inválido"),
        new("The token was not issued by this server, has been altered, has been used up, or belongs to a session that has ended.", "El token no fue emitido por este servidor, fue alterado, ya se usó o pertenece a una sesión terminada."),
        new("Log in again at POST /api/v1/auth/login.", "Inicia sesión de nuevo en POST /api/v1/auth/login."))
    {
        Cause = new("The token was cut off while it was copied, the session was logged out, a refresh token was used twice, or the server got another signing key.", "El token se cortó al copiarlo, la sesión se cerró, un token de refresco se usó dos veces o el servidor cambió de clave de firma."),
        Curl = """curl {origin}/api/v1/auth/login -H 'Content-Type: application/json' -d '{"email":"ana@example.com","password":"…"}'""",
    };

    public static readonly ErrorKind Forbidden = new("forbidden", "INSUFFICIENT_PERMISSIONS", "AUTH_1004", 403,
        new("Forbidden", "Prohibido"),
        new("You may see this, and may not change it.", "Puedes verlo, pero no cambiarlo."),
        new(
            "Ask whoever may to do it: a note is changed and removed by its author alone, what is in a workspace by its editors, and the workspace by its owner. An API key does what its scopes name, in the workspace that it is bound to.",
            "Pídeselo a quien pueda: una nota solo la cambia y la quita quien la escribió, lo que hay en un espacio, quienes lo editan, y el espacio, su dueño. Una clave de API hace lo que nombran sus alcances, en el espacio al que está ligada."))
    {
        Cause = new(
            "The thing is somebody else's, and you have been let in to look at it; or an API key without the scope for it, or of another workspace, was used.",
            "La cosa es de otra persona, y tienes permiso para verla; o se usó una clave de API sin el alcance necesario, o de otro espacio."),
        Instance = "/api/v1/tasks/task_01h455vb4pex5vsknk084sn02q/notes/note_01h455vb4pex5vsknk084sn02q",
        Curl = """
            curl {origin}/api/v1/me -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind InvalidCredentials = new("invalid-credentials", "INVALID_CREDENTIALS", "AUTH_1005", 401,
        new("Invalid Credentials", "Credenciales inválidas"),
        new("E-mail and password do not belong together. Which of them is wrong is never said.", "El correo y la contraseña no corresponden. Nunca se dice cuál de los dos falla."),
        new("Check both and try again.", "Revisa ambos e inténtalo de nuevo."))
    {
        Cause = new("One of the two is mistyped, or no account has this e-mail.", "Uno de los dos está mal escrito, o ninguna cuenta tiene ese correo."),
        Instance = "/api/v1/auth/login",
        Curl = """curl {origin}/api/v1/auth/login -H 'Content-Type: application/json' -d '{"email":"ana@example.com","password":"…"}'""",
    };

    public static readonly ErrorKind InvalidCode = new("invalid-code", "INVALID_CODE", "AUTH_1006", 401,
        new("Invalid Code", "Código inválido"),
        new("The one-time code is not the right one, or has been used before.", "El código de un solo uso no es el correcto, o ya se usó."),
        new("Wait for the next code of your authenticator, or use the newest letter; each code counts once.", "Espera el siguiente código de tu autenticador, o usa el mensaje más reciente; cada código vale una vez."))
    {
        Cause = new(
            "The code is mistyped, its half minute is over, the clock of the phone is wrong, or the same code was sent twice.",
            "El código está mal escrito, pasó su medio minuto, el reloj del teléfono va mal, o se envió dos veces el mismo código."),
        Instance = "/api/v1/auth/login/otp",
        Curl = """curl {origin}/api/v1/auth/login/otp -H 'Content-Type: application/json' -d '{"mfa_token":"…","code":"123456"}'""",
    };

    public static readonly ErrorKind OneTimeTokenInvalid = new("one-time-token-invalid", "ONE_TIME_TOKEN_INVALID", "AUTH_1007", 400,
        new("One-Time Token Invalid", "Token de un solo uso inválido"),
        new("The token of the letter is unknown, has been used, has expired, or something has happened to the account since that made it worthless.", "El token del mensaje es desconocido, ya se usó, expiró, o desde entonces ocurrió algo en la cuenta que lo anuló."),
        new("Ask for a new letter and use its link.", "Pide un mensaje nuevo y usa su enlace."))
    {
        Cause = new(
            "The link was opened a second time or after its hour, the link of an older letter was used, or the token was cut off while it was copied.",
            "El enlace se abrió por segunda vez o pasada su hora, se usó el enlace de un mensaje anterior, o el token se cortó al copiarlo."),
        Instance = "/api/v1/auth/password-reset/confirm",
        Curl = """curl {origin}/api/v1/auth/password-reset -H 'Content-Type: application/json' -d '{"email":"ana@example.com"}'""",
    };

    public static readonly ErrorKind EmailNotVerified = new("email-not-verified", "EMAIL_NOT_VERIFIED", "AUTH_1008", 403,
        new("E-mail Not Verified", "Correo sin verificar"),
        new("This server lets nobody sign in whose e-mail has not been verified.", "Este servidor no deja iniciar sesión sin haber verificado el correo."),
        new("Open the link of the letter that was sent at registration, or ask for another.", "Abre el enlace del mensaje que se envió al registrarte, o pide otro."))
    {
        Cause = new("The letter has not been opened yet, or lies among the unwanted ones.", "El mensaje no se ha abierto todavía, o está entre los no deseados."),
        Instance = "/api/v1/auth/login",
        Curl = """curl {origin}/api/v1/auth/verify-email/resend -H 'Content-Type: application/json' -d '{"email":"ana@example.com"}'""",
    };

    public static readonly ErrorKind SecondFactorNeeded = new("second-factor-required", "SECOND_FACTOR_REQUIRED", "AUTH_1009", 403,
        new("Second Factor Required", "Se requiere un segundo factor"),
        new("The account has a second factor, and this contract has no way to ask for it.", "La cuenta tiene un segundo factor, y este contrato no tiene manera de pedirlo."),
        new(
            "Make an API key for the program at POST /api/v1/me/keys, or log in at POST /api/v1/auth/login and POST /api/v1/auth/login/otp: both the key and the token are good for every contract.",
            "Crea una clave de API para el programa en POST /api/v1/me/keys, o inicia sesión en POST /api/v1/auth/login y POST /api/v1/auth/login/otp: la clave y el token valen para todos los contratos."))
    {
        Cause = new("A program that knows only e-mail and password logs in to an account that has turned on a second factor.", "Un programa que solo conoce correo y contraseña inicia sesión en una cuenta que activó un segundo factor."),
        Instance = "/api/auth/login",
        Curl = """curl {origin}/api/v1/auth/login -H 'Content-Type: application/json' -d '{"email":"ana@example.com","password":"…"}'""",
    };

    public static readonly ErrorKind NotOffered = new("not-offered", "NOT_OFFERED", "AUTH_1010", 403,
        new("Not Offered", "No disponible"),
        new("Whoever runs this server has not turned this on.", "Quien opera este servidor no lo ha activado."),
        new(
            "Ask whoever runs the server to turn it on: Auth__CodeLogin=true for signing in with a code by mail, Auth__EmailVerification=optional for letters that verify an e-mail. Until then, sign in with the password.",
            "Pide a quien opera el servidor que lo active: Auth__CodeLogin=true para iniciar sesión con un código por correo, Auth__EmailVerification=optional para los mensajes que verifican un correo. Mientras tanto, inicia sesión con la contraseña."))
    {
        Cause = new(
            "Signing in with a code by mail alone is off unless it is configured, and verification of e-mails can be turned off.",
            "Iniciar sesión solo con un código por correo está desactivado si no se configura, y la verificación de correos se puede desactivar."),
        Instance = "/api/v1/auth/login/code",
        Curl = """curl {origin}/api/v1/auth/login -H 'Content-Type: application/json' -d '{"email":"ana@example.com","password":"…"}'""",
    };

    public static readonly ErrorKind AccountSuspended = new("account-suspended", "ACCOUNT_SUSPENDED", "AUTH_1011", 403,
        new("Account Suspended", "Cuenta suspendida"),
        new("The password is right, and the account is suspended: nobody signs in to it.", "La contraseña es correcta, y la cuenta está suspendida: nadie puede iniciar sesión en ella."),
        new(
            "Ask whoever runs the server, or one of its administrators. What is in the account is kept, and is there again when the suspension is over.",
            "Pregunta a quien opera el servidor, o a uno de sus administradores. Lo que hay en la cuenta se conserva, y vuelve a estar cuando acaba la suspensión."))
    {
        Cause = new("An administrator has suspended the account, and a letter was sent to its e-mail then.", "Un administrador suspendió la cuenta, y entonces se envió un mensaje a su correo."),
        Instance = "/api/v1/auth/login",
    };

    public static readonly ErrorKind AccountDeletionPending = new("account-deletion-pending", "ACCOUNT_DELETION_PENDING", "AUTH_1013", 403,
        new("Account Deletion Pending", "Eliminación de la cuenta pendiente"),
        new("The account is to be deleted, as its owner has asked, and until then nobody signs in to it.", "La cuenta se va a eliminar, como pidió su dueño, y hasta entonces nadie inicia sesión en ella."),
        new(
            "To keep the account, open the link of the letter that told of it, or send e-mail and password (and a code, where the account has a second factor) to POST /api/v1/auth/restore-account, and log in again.",
            "Para conservar la cuenta, abre el enlace del mensaje que lo avisó, o envía correo y contraseña (y un código, si la cuenta tiene un segundo factor) a POST /api/v1/auth/restore-account, e inicia sesión de nuevo."))
    {
        Cause = new("Somebody who knows the password asked for the account to be deleted, or whoever runs the server did.", "Alguien que conoce la contraseña pidió eliminar la cuenta, o lo hizo quien opera el servidor."),
        Instance = "/api/v1/auth/login",
        Curl = """curl {origin}/api/v1/auth/restore-account -H 'Content-Type: application/json' -d '{"email":"ana@example.com","password":"…"}'""",
    };

    public static readonly ErrorKind OwnsSharedWorkspaces = new("owns-shared-workspaces", "OWNS_SHARED_WORKSPACES", "BIZ_3014", 409,
        new("Owns Shared Workspaces", "Tiene espacios compartidos"),
        new("You own workspaces that others are in as well; 'workspaces' lists them. They would be left without an owner.", "Tienes espacios en los que hay también otras personas; 'workspaces' los enumera. Se quedarían sin dueño."),
        new(
            "Hand each over to one of its members, or remove the members, and ask again.",
            "Entrega cada uno a alguno de sus miembros, o quita a los miembros, y pídelo de nuevo."))
    {
        Cause = new("The account is to be deleted, and others work in workspaces of its owner's.", "Se pidió eliminar la cuenta, y otras personas trabajan en espacios de su dueño."),
        Instance = "/api/v1/me",
    };

    public static readonly ErrorKind CannotUndo = new("cannot-undo", "CANNOT_UNDO", "BIZ_3015", 409,
        new("Cannot Undo", "No se puede deshacer"),
        new(
            "Your last change of the task cannot be undone: somebody else has changed the same since, what was there before is gone, or there is no change of yours.",
            "Tu último cambio de la tarea no se puede deshacer: otra persona cambió lo mismo después, lo que había antes ya no está, o no hay ningún cambio tuyo."),
        new(
            "'errors' names what stands in the way. Look at the task as it is, and change it to what you want.",
            "'errors' nombra lo que lo impide. Mira la tarea tal como es, y cámbiala a lo que quieras."))
    {
        Cause = new(
            "Somebody wrote over the change after it was made, the task came from another workspace, or the parent or assignee that it had is not there any more.",
            "Alguien escribió encima del cambio después de hacerse, la tarea llegó de otro espacio de trabajo, o la tarea superior o la persona asignada que tenía ya no están."),
        Instance = "/api/v1/tasks/7/undo",
        Curl = """
            curl {origin}/api/v1/tasks/7 -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind Validation = new("validation", "VALIDATION_ERROR", "VAL_2001", 422,
        new("Validation Error", "Error de validación"),
        new("The request was understood, but some of its values cannot be accepted. 'errors' lists each with its field, a code and a message.", "La petición se entendió, pero algunos valores no son aceptables. 'errors' enumera cada uno con su campo, un código y un mensaje."),
        new("Correct the fields that 'errors' names and send the request again.", "Corrige los campos que 'errors' nombra y envía la petición de nuevo."))
    {
        Cause = new("A value is missing, too long, of another type or not one of those allowed, or a member or parameter is misspelled.", "Un valor falta, es demasiado largo, es de otro tipo o no está entre los permitidos, o un miembro o parámetro está mal escrito."),
        Curl = """curl {origin}/api/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"title":"Buy milk","priority":"high"}'""",
    };

    public static readonly ErrorKind MalformedJson = new("malformed-json", "MALFORMED_JSON", "VAL_2005", 400,
        new("Malformed JSON", "JSON mal formado"),
        new("The body is not JSON as RFC 8259 defines it, is empty, names a member twice, or nests deeper than 32 levels.", "El cuerpo no es JSON según RFC 8259, está vacío, repite un miembro o anida más de 32 niveles."),
        new("Send one JSON object in UTF-8, each member once.", "Envía un objeto JSON en UTF-8, cada miembro una sola vez."))
    {
        Cause = new("Most often a comma too many, single quotes, a comment, or a body that was cut off; in a shell, quotes that the shell took away.", "Casi siempre una coma de más, comillas simples, un comentario o un cuerpo cortado; en una consola, comillas que la consola se llevó."),
        Curl = """curl {origin}/api/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"title":"Buy milk"}'""",
    };

    public static readonly ErrorKind BadRequest = new("bad-request", "BAD_REQUEST", "VAL_2006", 400,
        new("Bad Request", "Petición incorrecta"),
        new("The request breaks the rules of HTTP: a header, its target or its framing cannot be read.", "La petición incumple las reglas de HTTP: una cabecera, su destino o su formato no se pueden leer."),
        new("Correct it and send the request again.", "Corrígela y envíala de nuevo."))
    {
        Cause = new("A program wrote HTTP by hand, or something on the way has altered the request.", "Un programa escribió HTTP a mano, o algo en el camino alteró la petición."),
    };

    public static readonly ErrorKind IdempotencyKeyInvalid = new("idempotency-key-invalid", "IDEMPOTENCY_KEY_INVALID", "VAL_2007", 400,
        new("Idempotency-Key Invalid", "Idempotency-Key inválida"),
        new("The Idempotency-Key header cannot be read as one string of 1 to 255 printable ASCII characters.", "La cabecera Idempotency-Key no es una cadena de 1 a 255 caracteres ASCII imprimibles."),
        new("Send one, in quotes, such as Idempotency-Key: \"8e03978e-40d5-43dd-bc93-6894a57f9324\".", "Envía una, entre comillas, como Idempotency-Key: \"8e03978e-40d5-43dd-bc93-6894a57f9324\"."))
    {
        Cause = new("The header is empty, was sent twice, is longer than 255 characters or holds other characters.", "La cabecera está vacía, se envió dos veces, supera 255 caracteres o contiene otros caracteres."),
        Curl = """curl {origin}/api/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"' -d '{"title":"Buy milk"}'""",
    };

    public static readonly ErrorKind IdempotencyKeyMissing = new("idempotency-key-missing", "MISSING_IDEMPOTENCY_KEY", "VAL_2008", 400,
        new("Idempotency-Key Missing", "Falta Idempotency-Key"),
        new("This server is configured to demand an Idempotency-Key with every POST.", "Este servidor está configurado para exigir Idempotency-Key en cada POST."),
        new("Send a fresh random key with each new request, and the same key when you repeat one.", "Envía una clave aleatoria nueva con cada petición, y la misma cuando la repitas."))
    {
        Cause = new("Whoever runs this server has set Idempotency__Required, so that no request is done twice by accident.", "Quien opera este servidor activó Idempotency__Required, para que ninguna petición se haga dos veces por accidente."),
        Curl = """curl {origin}/api/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"' -d '{"title":"Buy milk"}'""",
    };

    public static readonly ErrorKind NotFound = new("not-found", "RESOURCE_NOT_FOUND", "BIZ_3001", 404,
        new("Not Found", "No encontrado"),
        new("There is nothing at this address, or nothing that you may see.", "No hay nada en esta dirección, o nada que puedas ver."),
        new("Check the address and the id. A deleted task can be brought back with POST /api/v1/tasks/{id}/restore.", "Revisa la dirección y el id. Una tarea borrada se recupera con POST /api/v1/tasks/{id}/restore."))
    {
        Cause = new("The address is misspelled, the thing has been deleted, or it belongs to somebody else: which of them is never said.", "La dirección está mal escrita, la cosa fue borrada o es de otra persona: nunca se dice cuál."),
        Instance = "/api/v1/tasks/7",
        Curl = """
            curl -X POST {origin}/api/v1/tasks/7/restore -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind AlreadyExists = new("already-exists", "RESOURCE_ALREADY_EXISTS", "BIZ_3002", 409,
        new("Already Exists", "Ya existe"),
        new("There is one of these with the same unique value already.", "Ya hay uno con el mismo valor único."),
        new("Use the one there is, or choose another value.", "Usa el existente o elige otro valor."))
    {
        Cause = new("An account has this e-mail, or a category or tag has this name; upper and lower case do not count.", "Una cuenta tiene ese correo, o una categoría o etiqueta tiene ese nombre; mayúsculas y minúsculas no cuentan."),
        Instance = "/api/v1/categories",
        Curl = """
            curl {origin}/api/v1/categories -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind PreconditionFailed = new("precondition-failed", "PRECONDITION_FAILED", "BIZ_3005", 412,
        new("Precondition Failed", "Precondición fallida"),
        new("Somebody has changed it since you read it: your conditions name another state than the present one. Nothing was overwritten.", "Alguien lo cambió desde que lo leíste: tus condiciones nombran otro estado que el actual. No se sobrescribió nada."),
        new("Read it again, apply your change to what you find, and send it with the new ETag.", "Léelo de nuevo, aplica tu cambio a lo que encuentres y envíalo con el nuevo ETag."))
    {
        Cause = new("Two programs or people changed the same thing at the same time, and the other one was first.", "Dos programas o personas cambiaron lo mismo a la vez, y el otro llegó primero."),
        Instance = "/api/v1/tasks/7",
        Curl = """
            curl -i {origin}/api/v1/tasks/7 -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind PreconditionRequired = new("precondition-required", "PRECONDITION_REQUIRED", "BIZ_3009", 428,
        new("Precondition Required", "Precondición requerida"),
        new("This server makes a change only when it says which state it was decided on, so that nobody overwrites what they have not seen.", "Este servidor solo hace un cambio si este dice sobre qué estado se decidió, para que nadie sobrescriba lo que no ha visto."),
        new("Read the thing, and send the change with its ETag in If-Match, or with its 'version' in the body.", "Lee el recurso y envía el cambio con su ETag en If-Match, o con su 'version' en el cuerpo."))
    {
        Cause = new("The request has neither If-Match nor If-Unmodified-Since nor 'version', and the server is set to Tasks__RequireIfMatch=true.", "La petición no lleva If-Match, ni If-Unmodified-Since, ni 'version', y el servidor tiene Tasks__RequireIfMatch=true."),
        Instance = "/api/v1/tasks/7",
        Curl = """
            curl -i {origin}/api/v1/tasks/7 -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind IdempotencyMismatch = new("idempotency-mismatch", "IDEMPOTENCY_MISMATCH", "BIZ_3006", 422,
        new("Idempotency-Key Reused", "Idempotency-Key reutilizada"),
        new("Another request was done under this Idempotency-Key.", "Ya se hizo otra petición con esta Idempotency-Key."),
        new("Make a new key for each new request; repeat a key only with exactly the same request.", "Usa una clave nueva para cada petición; repite una clave solo con exactamente la misma petición."))
    {
        Cause = new("The program uses one key for several requests, or has changed the body between two attempts.", "El programa usa una clave para varias peticiones, o cambió el cuerpo entre dos intentos."),
    };

    public static readonly ErrorKind IdempotencyInFlight = new("idempotency-in-flight", "IDEMPOTENCY_IN_FLIGHT", "BIZ_3007", 409,
        new("Request In Flight", "Petición en curso"),
        new("The first request with this Idempotency-Key is still being worked on.", "La primera petición con esta Idempotency-Key sigue en curso."),
        new("Wait a moment and send the same request with the same key again.", "Espera un momento y repite la misma petición con la misma clave."))
    {
        Cause = new("A request was repeated before the first one was answered, and the first one takes unusually long.", "Una petición se repitió antes de que se respondiera la primera, y la primera tarda más de lo normal."),
    };

    public static readonly ErrorKind Gone = new("gone", "GONE", "BIZ_3008", 410,
        new("Gone", "Eliminado definitivamente"),
        new("It was here and has been removed for good, its history with it.", "Estaba aquí y se eliminó definitivamente, con su historial."),
        new("Nothing brings it back; make a new one.", "Nada lo recupera; crea uno nuevo."))
    {
        Cause = new("A deleted task is kept for some days, 30 unless this server is set otherwise, and that time is over; or a note was removed, which is for good.", "Una tarea borrada se conserva unos días, 30 salvo otra configuración, y ese plazo terminó; o se quitó una nota, lo que es definitivo."),
        Instance = "/api/v1/tasks/7/restore",
    };

    public static readonly ErrorKind CursorGone = new("cursor-gone", "CURSOR_GONE", "BIZ_3016", 410,
        new("Cursor Gone", "El cursor ya no vale"),
        new(
            "The cursor is a place in a log that has been replaced since. What happened between it and now is not known any more.",
            "El cursor es un lugar de un historial que se reemplazó. Ya no se sabe lo que pasó entre él y ahora."),
        new(
            "Begin anew: ask GET /api/v1/changes?since=now for a cursor, read everything that you show, and go on from that cursor.",
            "Empieza de nuevo: pide un cursor en GET /api/v1/changes?since=now, lee todo lo que muestras y sigue desde ese cursor."))
    {
        Cause = new(
            "The database was restored from a backup, or another one that lacked the last moments took over. No cursor grows too old: the log is kept whole.",
            "La base de datos se restauró desde una copia, o tomó el relevo otra a la que le faltaban los últimos momentos. Ningún cursor envejece: el historial se conserva entero."),
        Instance = "/api/v1/changes",
        Curl = """
            curl "{origin}/api/v1/changes?since=now" -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind WorkspaceArchived = new("workspace-archived", "WORKSPACE_ARCHIVED", "BIZ_3010", 409,
        new("Workspace Archived", "Espacio archivado"),
        new("The workspace is archived: what is in it is seen, and not changed.", "El espacio está archivado: lo que hay en él se ve, pero no se cambia."),
        new("Ask its owner to take it into use again, or work in another workspace.", "Pide a quien es su dueño que lo vuelva a poner en uso, o trabaja en otro espacio."))
    {
        Cause = new("The owner of a workspace has archived it, and somebody changes something in it.", "La persona dueña de un espacio lo archivó, y alguien cambia algo en él."),
        Instance = "/api/v1/tasks",
    };

    public static readonly ErrorKind WorkspaceIsPersonal = new("workspace-is-personal", "WORKSPACE_IS_PERSONAL", "BIZ_3011", 409,
        new("Personal Workspace", "Espacio personal"),
        new("A personal workspace is its owner's alone: it is not shared, archived, left or handed on.", "Un espacio personal es solo de su dueño: no se comparte, ni se archiva, ni se deja, ni se entrega."),
        new("Make a workspace for it with POST /api/v1/workspaces.", "Crea un espacio para ello con POST /api/v1/workspaces."))
    {
        Cause = new("Somebody shares, archives, leaves or hands on the workspace that was made with their account.", "Alguien comparte, archiva, deja o entrega el espacio que se creó con su cuenta."),
        Instance = "/api/v1/workspaces/ws_01h455vb4pex5vsknk084sn02q/archive",
    };

    public static readonly ErrorKind WorkspaceNeedsOwner = new("workspace-needs-owner", "WORKSPACE_NEEDS_OWNER", "BIZ_3012", 409,
        new("Workspace Needs Its Owner", "El espacio necesita a su dueño"),
        new("The owner of a workspace does not leave it, is not removed, and is not made less: it would be nobody's.", "El dueño de un espacio no lo deja, no se le quita ni se le rebaja: el espacio no sería de nadie."),
        new("Hand the workspace on with POST /api/v1/workspaces/{id}/transfer, and leave then.", "Entrega el espacio con POST /api/v1/workspaces/{id}/transfer, y déjalo después."))
    {
        Cause = new("The owner leaves the workspace, or takes the owner's role from themselves.", "El dueño deja el espacio, o se quita a sí mismo el papel de dueño."),
        Instance = "/api/v1/workspaces/ws_01h455vb4pex5vsknk084sn02q/leave",
    };

    public static readonly ErrorKind InvitedAnother = new("invited-another", "INVITED_ANOTHER", "BIZ_3013", 403,
        new("Invitation For Another E-mail", "Invitación para otro correo"),
        new("The invitation was sent to another e-mail than your account has, and is good for that one alone.", "La invitación se envió a otro correo distinto del de tu cuenta, y solo vale para ese."),
        new("Sign in with the account of that e-mail, or register it; or ask for an invitation to the e-mail that you have.", "Inicia sesión con la cuenta de ese correo, o regístralo; o pide una invitación al correo que tienes."))
    {
        Cause = new("A letter was forwarded, or somebody has several e-mails and is signed in with another one.", "Se reenvió un mensaje, o alguien tiene varios correos y ha iniciado sesión con otro."),
        Instance = "/api/v1/invitations/accept",
    };

    public static readonly ErrorKind MethodNotAllowed = new("method-not-allowed", "METHOD_NOT_ALLOWED", "HTTP_6001", 405,
        new("Method Not Allowed", "Método no permitido"),
        new("This address exists but does not take this method.", "Esta dirección existe pero no acepta este método."),
        new("Use one of the methods that the Allow header lists.", "Usa uno de los métodos que enumera la cabecera Allow."))
    {
        Cause = new("The method is mistaken, or the address is: POST makes a task at /api/v1/tasks, PATCH changes one at /api/v1/tasks/{id}.", "El método está equivocado, o la dirección: POST crea una tarea en /api/v1/tasks, PATCH cambia una en /api/v1/tasks/{id}."),
    };

    public static readonly ErrorKind NotAcceptable = new("not-acceptable", "NOT_ACCEPTABLE", "HTTP_6002", 406,
        new("Not Acceptable", "No aceptable"),
        new("The Accept or Accept-Encoding header leaves out everything this address can answer in.", "La cabecera Accept o Accept-Encoding excluye todo en lo que esta dirección puede responder."),
        new("Accept application/json; lists come as text/csv and application/x-ndjson as well. In Accept-Encoding leave one of br, gzip and identity.", "Acepta application/json; las listas también se dan en text/csv y application/x-ndjson. En Accept-Encoding deja uno de br, gzip e identity."))
    {
        Cause = new("The header asks for HTML, XML or another format. The API speaks JSON, and only lists can be had otherwise.", "La cabecera pide HTML, XML u otro formato. La API habla JSON, y solo las listas se dan de otra forma."),
        Curl = """curl {origin}/api/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Accept: application/json'""",
    };

    public static readonly ErrorKind RequestTimeout = new("request-timeout", "REQUEST_TIMEOUT", "HTTP_6003", 408,
        new("Request Timeout", "Tiempo de petición agotado"),
        new("The request arrived too slowly and was given up.", "La petición llegó demasiado despacio y se abandonó."),
        new("Send it again over a better connection.", "Envíala de nuevo con una conexión mejor."))
    {
        Cause = new("The connection is slow or was interrupted while the body was being sent.", "La conexión es lenta o se interrumpió mientras se enviaba el cuerpo."),
    };

    public static readonly ErrorKind PayloadTooLarge = new("payload-too-large", "PAYLOAD_TOO_LARGE", "HTTP_6004", 413,
        new("Payload Too Large", "Cuerpo demasiado grande"),
        new("The body has more than 1 MiB (1048576 bytes).", "El cuerpo tiene más de 1 MiB (1048576 bytes)."),
        new("Send less at a time.", "Envía menos de una vez."))
    {
        Cause = new("A description is far beyond its 10000 characters, or a file was sent in place of JSON.", "Una descripción supera con mucho sus 10000 caracteres, o se envió un archivo en lugar de JSON."),
    };

    public static readonly ErrorKind UnsupportedMediaType = new("unsupported-media-type", "UNSUPPORTED_MEDIA_TYPE", "HTTP_6005", 415,
        new("Unsupported Media Type", "Tipo de contenido no admitido"),
        new("The body is of a type or in an encoding that this address does not read.", "El cuerpo es de un tipo o codificación que esta dirección no lee."),
        new("Send 'Content-Type: application/json' (for PATCH also application/merge-patch+json), uncompressed, in UTF-8.", "Envía 'Content-Type: application/json' (en PATCH también application/merge-patch+json), sin comprimir, en UTF-8."))
    {
        Cause = new("curl -d sends a form unless it is told otherwise, and some libraries send text/plain or compress what they send.", "curl -d envía un formulario si no se le dice otra cosa, y algunas bibliotecas envían text/plain o comprimen lo que envían."),
        Curl = """curl {origin}/api/v1/tasks -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"title":"Buy milk"}'""",
    };

    public static readonly ErrorKind Ended = new("ended", "ENDED", "HTTP_6010", 410,
        new("Ended", "Retirado"),
        new("This part of the API was announced to end, and has ended.", "Se anunció el fin de esta parte de la API, y ha terminado."),
        new("Use what the Link header names as its successor, or read the page that it names.", "Usa lo que la cabecera Link nombra como sucesor, o lee la página que indica."))
    {
        Cause = new(
            "The program was written for an older version of the API. Its answers carried the headers Deprecation and Sunset for at least a year.",
            "El programa se escribió para una versión anterior de la API. Durante al menos un año sus respuestas llevaron las cabeceras Deprecation y Sunset."),
    };

    public static readonly ErrorKind RateLimitExceeded = new("rate-limit-exceeded", "RATE_LIMIT_EXCEEDED", "HTTP_6006", 429,
        new("Rate Limit Exceeded", "Límite de peticiones superado"),
        new("More was asked in a while than a limit allows; 'detail' and the header RateLimit say which limit.", "Se hicieron más peticiones de las que permite un límite; 'detail' y la cabecera RateLimit dicen cuál."),
        new("Wait for the seconds that Retry-After and 'retry_after' give, and try again.", "Espera los segundos que indican Retry-After y 'retry_after' e inténtalo de nuevo."))
    {
        Cause = new(
            "A program asks in a loop where it could wait, several programs share an account or an address, or logins with one e-mail have failed too often.",
            "Un programa pregunta en bucle en lugar de esperar, varios programas comparten una cuenta o una dirección, o han fallado demasiados inicios de sesión con un correo."),
        Curl = """curl -i {origin}/api/v1/tasks -H "Authorization: Bearer $TOKEN" | grep -i ratelimit""",
    };

    public static readonly ErrorKind TooManyListeners = new("too-many-listeners", "TOO_MANY_LISTENERS", "HTTP_6007", 429,
        new("Too Many Listeners", "Demasiadas conexiones en vivo"),
        new("As many streams are open as one account, or this server, may have.", "Hay tantas conexiones en vivo abiertas como puede tener una cuenta, o este servidor."),
        new("Close one that you do not need, or share one between the parts of a program; then try again.", "Cierra alguna que no necesites, o comparte una entre las partes de un programa; luego inténtalo de nuevo."))
    {
        Cause = new(
            "A program opens streams and closes none, each tab of a browser has its own, or more people listen than the server is set for (Live__Listeners, Live__ListenersPerUser).",
            "Un programa abre conexiones y no cierra ninguna, cada pestaña del navegador tiene la suya, o escucha más gente de la prevista (Live__Listeners, Live__ListenersPerUser)."),
        Instance = "/api/v1/stream",
    };

    public static readonly ErrorKind UpgradeRequired = new("upgrade-required", "UPGRADE_REQUIRED", "HTTP_6008", 426,
        new("Upgrade Required", "Se requiere WebSocket"),
        new("This address speaks WebSocket (RFC 6455, version 13), and the request does not ask for that.", "Esta dirección habla WebSocket (RFC 6455, versión 13), y la petición no lo pide."),
        new(
            "Open it with a WebSocket client, at ws:// or wss:// in place of http:// or https://. For events over plain HTTP, use GET /api/v1/stream.",
            "Ábrela con un cliente de WebSocket, con ws:// o wss:// en lugar de http:// o https://. Para recibir eventos por HTTP sin más, usa GET /api/v1/stream."))
    {
        Cause = new(
            "A program without WebSocket asked for the address, or a proxy does not pass on the headers Upgrade and Connection.",
            "Un programa sin WebSocket pidió la dirección, o un proxy no deja pasar las cabeceras Upgrade y Connection."),
        Instance = "/api/v1/ws",
        Curl = """
            curl -N {origin}/api/v1/stream -H "Authorization: Bearer $TOKEN"
            """,
    };

    public static readonly ErrorKind Internal = new("internal", "INTERNAL_ERROR", "SRV_5001", 500,
        new("Internal Error", "Error interno"),
        new("Something went wrong in the server. It has been logged under the request id.", "Algo falló en el servidor. Quedó registrado con el id de la petición."),
        new("Try again; if it happens again, tell whoever runs this server the request id.", "Inténtalo de nuevo; si se repite, comunica el id de la petición a quien opera este servidor."))
    {
        Cause = new("A fault in the program. It is never the fault of the request.", "Un fallo del programa. Nunca es culpa de la petición."),
        Curl = "curl {origin}/health/detailed",
    };

    public static readonly ErrorKind Unavailable = new("unavailable", "SERVICE_UNAVAILABLE", "SRV_5002", 503,
        new("Service Unavailable", "Servicio no disponible"),
        new("The server has more to do than it can at the moment, or its database cannot be reached.", "El servidor tiene en este momento más trabajo del que puede hacer, o su base de datos no está disponible."),
        new("Try again after the seconds that Retry-After gives; with an Idempotency-Key it is safe to repeat any request.", "Inténtalo tras los segundos que indica Retry-After; con una Idempotency-Key se puede repetir cualquier petición sin riesgo."))
    {
        Cause = new("Too many requests or logins come at once, or the database is starting, has been stopped, or is overloaded.", "Llegan demasiadas peticiones o inicios de sesión a la vez, o la base de datos está arrancando, se detuvo o está sobrecargada."),
        Curl = "curl {origin}/ready",
    };

    public static readonly IReadOnlyList<ErrorKind> All =
    [
        Unauthorized, TokenExpired, TokenInvalid, Forbidden, InvalidCredentials, InvalidCode, OneTimeTokenInvalid, EmailNotVerified, SecondFactorNeeded, NotOffered, AccountSuspended, AccountDeletionPending,
        Validation, MalformedJson, BadRequest, IdempotencyKeyInvalid, IdempotencyKeyMissing, NotFound, AlreadyExists, PreconditionFailed, PreconditionRequired, IdempotencyMismatch,
        IdempotencyInFlight, Gone, CursorGone, WorkspaceArchived, WorkspaceIsPersonal, WorkspaceNeedsOwner, InvitedAnother, OwnsSharedWorkspaces, CannotUndo, MethodNotAllowed, NotAcceptable, RequestTimeout,
        PayloadTooLarge, UnsupportedMediaType, RateLimitExceeded, TooManyListeners, UpgradeRequired, Ended, Internal, Unavailable,
    ];

    /// <summary>What the core's refusals are called.</summary>
    public static ErrorKind Of(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => Validation,
        ErrorCode.NotFound => NotFound,
        ErrorCode.Forbidden => Forbidden,
        ErrorCode.WorkspaceArchived => WorkspaceArchived,
        ErrorCode.WorkspaceIsPersonal => WorkspaceIsPersonal,
        ErrorCode.OwnerStays => WorkspaceNeedsOwner,
        ErrorCode.AlreadyMember => AlreadyExists,
        ErrorCode.InvitedAnother => InvitedAnother,
        ErrorCode.Gone => Gone,
        ErrorCode.CursorGone => CursorGone,
        ErrorCode.TooManyListeners => TooManyListeners,
        ErrorCode.PreconditionFailed => PreconditionFailed,
        ErrorCode.PreconditionRequired => PreconditionRequired,
        ErrorCode.EmailTaken => AlreadyExists,
        ErrorCode.NameTaken => AlreadyExists,
        ErrorCode.WrongCredentials => InvalidCredentials,
        ErrorCode.TooManyAttempts => RateLimitExceeded,
        ErrorCode.SecondFactorNeeded => SecondFactorNeeded,
        ErrorCode.MfaTokenInvalid => TokenInvalid,
        ErrorCode.CodeWrong => InvalidCode,
        ErrorCode.OneTimeTokenInvalid => OneTimeTokenInvalid,
        ErrorCode.EmailNotVerified => EmailNotVerified,
        ErrorCode.AccountDeletionPending => AccountDeletionPending,
        ErrorCode.OwnsSharedWorkspaces => OwnsSharedWorkspaces,
        ErrorCode.CannotUndo or ErrorCode.NothingToUndo => CannotUndo,
        ErrorCode.NotOffered => NotOffered,
        ErrorCode.AccountSuspended => AccountSuspended,
        ErrorCode.NotAdministrator or ErrorCode.NotOnOneself or ErrorCode.LastAdministrator => Forbidden,
        ErrorCode.AlreadySo => AlreadyExists,
        ErrorCode.NoSuchFactor => NotFound,
        ErrorCode.SessionEnded => TokenInvalid,
        ErrorCode.RefreshTokenInvalid => TokenInvalid,
        ErrorCode.IdempotencyMismatch => IdempotencyMismatch,
        ErrorCode.IdempotencyInFlight => IdempotencyInFlight,
        ErrorCode.Busy => Unavailable,
    };

    /// <summary>What is called what never reaches the core.</summary>
    public static ErrorKind Of(HttpFault fault) => fault switch
    {
        HttpFault.BadRequest or HttpFault.AmbiguousFraming or HttpFault.ConditionInvalid => BadRequest,
        HttpFault.MalformedJson => MalformedJson,
        HttpFault.BodyTooLarge => PayloadTooLarge,
        HttpFault.UnsupportedMediaType => UnsupportedMediaType,
        HttpFault.NotAcceptable => NotAcceptable,
        HttpFault.UpgradeRequired => UpgradeRequired,
        HttpFault.OriginRefused => Forbidden,
        HttpFault.NoSuchPath => NotFound,
        HttpFault.MethodNotAllowed => MethodNotAllowed,
        HttpFault.Ended => Ended,
        HttpFault.RequestTimeout => RequestTimeout,
        HttpFault.TokenMissing => Unauthorized,
        HttpFault.TokenInvalid => TokenInvalid,
        HttpFault.TokenExpired => TokenExpired,
        HttpFault.KeyNotEnough or HttpFault.KeyElsewhere => Forbidden,
        HttpFault.IdempotencyKeyInvalid => IdempotencyKeyInvalid,
        HttpFault.IdempotencyKeyMissing => IdempotencyKeyMissing,
        HttpFault.TooManyRequests => RateLimitExceeded,
        HttpFault.Overloaded => Unavailable,
        HttpFault.Unavailable => Unavailable,
        HttpFault.Internal => Internal,
    };
}
