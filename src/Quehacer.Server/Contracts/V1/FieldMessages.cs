using System.Globalization;
using Quehacer.Core;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>v1's words for what can be wrong with a value: a code for programs, a sentence for people.</summary>
internal static class FieldMessages
{
    /// <param name="operation">The place of the operation in its batch that the fault belongs to.</param>
    public static ProblemFieldBody Of(FieldError error, Language language, int? operation = null)
    {
        error = error with { Name = Shortened(error.Name) };
        var name = NameOf(error);
        if (operation is { } place)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"operations[{place}].{name}");
        }
        var allowed = error.Fault == FieldFault.NotOneOf ? AllowedFor(error.Field) : null;
        return new ProblemFieldBody(name, CodeOf(error.Fault), MessageOf(error, name, allowed).In(language), allowed);
    }

    private static string? Shortened(string? name) => name is { Length: > Limits.NameToldLength }
        ? name[..(char.IsHighSurrogate(name[Limits.NameToldLength - 1]) ? Limits.NameToldLength - 1 : Limits.NameToldLength)] + "…"
        : name;

    private static string NameOf(FieldError error)
    {
        var name = error.Field switch
        {
            Field.Title => "title",
            Field.Description => "description",
            Field.Status => "status",
            Field.Priority => "priority",
            Field.DueDate => "due_date",
            Field.CategoryId => "category_id",
            Field.Tags => "tags",
            Field.AddTags => "add_tags",
            Field.RemoveTags => "remove_tags",
            Field.TagIds => "tag_ids",
            Field.Version => "version",
            Field.Email => "email",
            Field.Name => "name",
            Field.Password => "password",
            Field.RefreshToken => "refresh_token",
            Field.CurrentPassword => "current_password",
            Field.Token => "token",
            Field.MfaToken => "mfa_token",
            Field.Code => "code",
            Field.Scopes or Field.ServiceScopes => "scopes",
            Field.ExpiresAt => "expires_at",
            Field.WorkspaceId => "workspace_id",
            Field.IncludeArchived => "include_archived",
            Field.KeepCurrent => "keep_current",
            Field.Unknown => error.Name ?? "",
            Field.Page => "page",
            Field.Limit => "limit",
            Field.StatusFilter => "status",
            Field.PriorityFilter => "priority",
            Field.CategoryFilter => "category_id",
            Field.TagFilter => "tag",
            Field.DueAfter => "due_after",
            Field.DueBefore => "due_before",
            Field.Overdue => "overdue",
            Field.CreatedAfter => "created_after",
            Field.CreatedBefore => "created_before",
            Field.UpdatedSince => "updated_since",
            Field.Query => "q",
            Field.Sort => "sort",
            Field.Order => "order",
            Field.Fields => "fields",
            Field.IncludeDeleted => "include_deleted",
            Field.Cursor => "cursor",
            Field.Offset => "offset",
            Field.IncludeTotal => "include_total",
            Field.Counts => "counts",
            Field.Color => "color",
            Field.Into => "into",
            Field.Body => "body",
            Field.Filter => "filter",
            Field.DryRun => "dry_run",
            Field.Atomic => "atomic",
            Field.Operations => "operations",
            Field.Op => "op",
            Field.Id => "id",
            Field.TaskMembers => "task",
            Field.Text => "text",
            Field.Expand => "expand",
            Field.AssigneeId => "assignee_id",
            Field.AssigneeFilter => "assignee_id",
            Field.ParentId => "parent_id",
            Field.ParentFilter => "parent_id",
            Field.SubtasksOfCompletion => "subtasks",
            Field.SubtasksOfDeletion => "subtasks",
            Field.SubtasksOfTransfer => "subtasks",
            Field.ToWorkspace => "workspace_id",
            Field.Plan => "plan",
            Field.InstallationRole => "role",
            Field.Suspended => "suspended",
            Field.Reason => "reason",
            Field.Search => "search",
            Field.UserSort => "sort",
            Field.ActorId => "actor_id",
            Field.UserId => "user_id",
            Field.AsOf => "as_of",
            Field.DeletedAt => "deleted_at",
            Field.Position => "position",
            Field.Act => "act",
            Field.Since => "since",
            Field.Until => "until",
            Field.After => "after",
            Field.Before => "before",
            Field.To => "to",
            Field.Role or Field.RoleFilter => "role",
            Field.EventType or Field.MessageType => "type",
            Field.EventTypes => "types",
            Field.Presence => "presence",
            Field.TaskId => "task_id",
        };
        return error.Index is { } index ? string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]") : name;
    }

    private static string CodeOf(FieldFault fault) => fault switch
    {
        FieldFault.Required => "REQUIRED",
        FieldFault.TooShort => "TOO_SHORT",
        FieldFault.TooLong => "TOO_LONG",
        FieldFault.TooMany => "TOO_MANY",
        FieldFault.NotAString => "NOT_A_STRING",
        FieldFault.NotAnInteger => "NOT_AN_INTEGER",
        FieldFault.NotAnArrayOfStrings => "NOT_AN_ARRAY_OF_STRINGS",
        FieldFault.NotText => "NOT_TEXT",
        FieldFault.NotOneOf => "NOT_ONE_OF",
        FieldFault.NotADate => "NOT_A_DATE",
        FieldFault.NotInFuture => "NOT_IN_FUTURE",
        FieldFault.NotAnEmail => "NOT_AN_EMAIL",
        FieldFault.OutOfRange => "OUT_OF_RANGE",
        FieldFault.TooCommon => "TOO_COMMON",
        FieldFault.UnknownName => "UNKNOWN",
        FieldFault.Repeated => "REPEATED",
        FieldFault.NotAnObject => "NOT_AN_OBJECT",
        FieldFault.NotAnArray => "NOT_AN_ARRAY",
        FieldFault.NotABoolean => "NOT_A_BOOLEAN",
        FieldFault.NotAnId => "NOT_AN_ID",
        FieldFault.NotAColor => "NOT_A_COLOR",
        FieldFault.NoSuchThing => "NO_SUCH_THING",
        FieldFault.Contradiction => "CONTRADICTION",
        FieldFault.NothingToSearchFor => "NOTHING_TO_SEARCH_FOR",
        FieldFault.NotForMany => "NOT_FOR_MANY",
        FieldFault.NotThisCursor => "INVALID_CURSOR",
        FieldFault.Cycle => "CYCLE",
        FieldFault.TooDeep => "TOO_DEEP",
        FieldFault.SubtasksLeft => "SUBTASKS_LEFT",
        FieldFault.NoRoom => "NO_ROOM",
        FieldFault.OtherWorkspace => "OTHER_WORKSPACE",
        FieldFault.MailboxIsFactor => "MAILBOX_IS_FACTOR",
        FieldFault.ForAdministrators => "FOR_ADMINISTRATORS",
        FieldFault.NotYet => "NOT_YET",
        FieldFault.NotOfThePast => "NOT_OF_THE_PAST",
        FieldFault.ChangedSince => "CHANGED_SINCE",
        FieldFault.NotThereAnyMore => "NOT_THERE_ANY_MORE",
        FieldFault.Moved => "MOVED",
        FieldFault.NotLetters or FieldFault.TooSimple => throw OfAnotherContract(fault),
    };

    /// <summary>What only another contract ever decides has no words here.</summary>
    private static InvalidOperationException OfAnotherContract(FieldFault fault) => new($"v1 has no rule that {fault} breaks.");

    private static Said MessageOf(FieldError error, string name, IReadOnlyList<string>? allowed) => error.Fault switch
    {
        FieldFault.Required when error.Field == Field.Filter => new(
            "No filter is named that leaves anything out. Name at least one, such as status=done or tag=home; for all tasks there are, created_before with the time of now.",
            "Ningún filtro de los nombrados excluye algo. Nombra al menos uno, como status=done o tag=home; para todas las tareas que hay, created_before con la hora actual."),
        FieldFault.Required when error.Field == Field.Body => new(
            $"The body changes nothing. Name at least one of: {string.Join(", ", Words.BulkChangeMembers)}.",
            $"El cuerpo no cambia nada. Nombra al menos uno de: {string.Join(", ", Words.BulkChangeMembers)}."),
        FieldFault.Required when error.Field == Field.To => new(
            "Say where the task goes: 'after' or 'before' with the id of a task, or 'to' with first or last.",
            "Indica adónde va la tarea: 'after' o 'before' con el id de una tarea, o 'to' con first o last."),
        FieldFault.Required => new($"Field '{name}' is required and cannot be empty.", $"El campo '{name}' es obligatorio y no puede estar vacío."),
        FieldFault.TooShort => new($"Field '{name}' must have at least {error.Limit} characters.", $"El campo '{name}' debe tener al menos {error.Limit} caracteres."),
        FieldFault.TooLong => new($"Field '{name}' cannot have more than {error.Limit} characters.", $"El campo '{name}' no puede tener más de {error.Limit} caracteres."),
        FieldFault.TooMany when error.Field == Field.WorkspaceId => new(
            $"The workspace has {error.Limit} members, and can have no more. Its owner can remove some.", $"El espacio tiene {error.Limit} miembros, y no puede tener más. Su dueño puede quitar a algunos."),
        FieldFault.TooMany when error.Field == Field.UserId => new(
            $"That member owns {error.Limit} workspaces, and nobody can own more. Choose somebody else.", $"Ese miembro es dueño de {error.Limit} espacios, y nadie puede serlo de más. Elige a otra persona."),
        FieldFault.TooMany when error.Field == Field.Email => new(
            $"{error.Limit} invitations into the workspace are open, and no more can be. Revoke some, or wait for answers.",
            $"Hay {error.Limit} invitaciones abiertas al espacio, y no puede haber más. Retira algunas, o espera respuestas."),
        FieldFault.TooMany when error.Field is Field.Query or Field.Search => new($"'{name}' cannot have more than {error.Limit} words.", $"'{name}' no puede tener más de {error.Limit} palabras."),
        FieldFault.TooMany when error.Field == Field.ParentId => new(
            $"That task has {error.Limit} subtasks already, and no task can have more. Choose another parent, or put a task between.",
            $"Esa tarea ya tiene {error.Limit} subtareas, y ninguna puede tener más. Elige otra tarea superior o pon una intermedia."),
        FieldFault.TooMany when error.Field == Field.SubtasksOfTransfer => new(
            $"There are more than {error.Limit} subtasks below, which is more than is moved at once. Move some of the subtasks first.",
            $"Hay más de {error.Limit} subtareas por debajo, más de las que se mueven de una vez. Mueve antes algunas de las subtareas."),
        FieldFault.TooMany when error.Field == Field.ToWorkspace => new(
            $"With its subtasks and notes more than {error.Limit} notes or changes would have to go along, which is more than is moved at once. Move some of the subtasks first.",
            $"Con sus subtareas y notas tendrían que ir más de {error.Limit} notas o cambios, más de lo que se mueve de una vez. Mueve antes algunas de las subtareas."),
        FieldFault.TooMany when error.Field is Field.SubtasksOfCompletion or Field.SubtasksOfDeletion => new(
            $"There are more than {error.Limit} subtasks below, which is more than is done at once. Do it with the subtasks first.",
            $"Hay más de {error.Limit} subtareas por debajo, más de las que se hacen de una vez. Hazlo primero con las subtareas."),
        FieldFault.TooMany => new($"Field '{name}' cannot have more than {error.Limit} entries.", $"El campo '{name}' no puede tener más de {error.Limit} elementos."),
        FieldFault.NotAString => new($"Field '{name}' must be a string.", $"El campo '{name}' debe ser una cadena."),
        FieldFault.NotAnInteger => new($"'{name}' must be a whole number.", $"'{name}' debe ser un número entero."),
        FieldFault.NotAnArrayOfStrings => new($"Field '{name}' must be an array of strings.", $"El campo '{name}' debe ser un array de cadenas."),
        FieldFault.NotText => new(
            $"Field '{name}' has a character that is not text: U+0000, half of a surrogate pair, or bytes that are not UTF-8. Remove it.",
            $"El campo '{name}' tiene un carácter que no es texto: U+0000, medio par sustituto o bytes que no son UTF-8. Quítalo."),
        FieldFault.NotOneOf => new($"'{name}' must be one of: {string.Join(", ", allowed!)}.", $"'{name}' debe ser uno de: {string.Join(", ", allowed!)}."),
        FieldFault.NotADate when error.Field == Field.AsOf => new(
            "'as_of' must be a date and time with offset as in RFC 3339, such as 2026-01-31T17:00:00Z, or a revision of the workspace, which is a whole number.",
            "'as_of' debe ser fecha y hora con desfase según RFC 3339, como 2026-01-31T17:00:00Z, o una revisión del espacio de trabajo, que es un número entero."),
        FieldFault.NotADate => new(
            $"Field '{name}' must be a date and time with offset as in RFC 3339, such as 2030-01-31T17:00:00Z.",
            $"El campo '{name}' debe ser fecha y hora con desfase según RFC 3339, como 2030-01-31T17:00:00Z."),
        FieldFault.NotInFuture => new($"Field '{name}' must lie in the future.", $"El campo '{name}' debe estar en el futuro."),
        FieldFault.NotAnEmail => new($"Field '{name}' must be an e-mail address, such as ana@example.com.", $"El campo '{name}' debe ser un correo, como ana@example.com."),
        FieldFault.OutOfRange => RangeOf(error, name),
        FieldFault.TooCommon => new(
            $"Field '{name}' is one of the passwords that everybody tries first. Choose another; a few words in a row make a good one.",
            $"El campo '{name}' es una de las contraseñas que todos prueban primero. Elige otra; unas palabras seguidas son una buena."),
        FieldFault.UnknownName => error.Nearest is { } nearest
            ? new($"'{error.Name}' is not known here. Did you mean '{nearest}'?", $"'{error.Name}' no se conoce aquí. ¿Querías decir '{nearest}'?")
            : new($"'{error.Name}' is not known here. Remove it.", $"'{error.Name}' no se conoce aquí. Quítalo."),
        FieldFault.Repeated => new($"'{name}' is given more than once. Send it once.", $"'{name}' aparece más de una vez. Envíalo una sola vez."),
        FieldFault.NotABoolean => new($"'{name}' must be true or false.", $"'{name}' debe ser true o false."),
        FieldFault.NotAnId => new($"'{name}' must be an id, such as {ExampleOf(error.Field)}.", $"'{name}' debe ser un id, como {ExampleOf(error.Field)}."),
        FieldFault.NotAColor => new($"Field '{name}' must be a colour such as #FF5733.", $"El campo '{name}' debe ser un color, como #FF5733."),
        FieldFault.NoSuchThing when error.Field == Field.AssigneeId => new(
            "'assignee_id' names nobody who is in the workspace. Name one of its members, or null for nobody.",
            "'assignee_id' no nombra a nadie que esté en el espacio de trabajo. Nombra a uno de sus miembros, o null para nadie."),
        FieldFault.NoSuchThing => new($"'{name}' names something that does not exist. Check the id.", $"'{name}' nombra algo que no existe. Revisa el id."),
        FieldFault.Contradiction when error.Field == Field.ToWorkspace => new(
            "The task is in that workspace already. Name the one that it shall go into.",
            "La tarea ya está en ese espacio de trabajo. Nombra aquel al que debe ir."),
        FieldFault.Contradiction when error.Field == Field.WorkspaceId => new(
            "'workspace_id' is not the workspace in which the request works, which is that of the query or your personal one. Name one workspace, in the query.",
            "'workspace_id' no es el espacio de trabajo de la petición, que es el de la consulta o el tuyo personal. Nombra uno solo, en la consulta."),
        FieldFault.Contradiction => new($"'{name}' contradicts '{error.Name}'. Change or remove one of them.", $"'{name}' contradice a '{error.Name}'. Cambia o quita uno de los dos."),
        FieldFault.NothingToSearchFor => new($"'{name}' has nothing to search for. Send a word, or remove it.", $"'{name}' no tiene nada que buscar. Envía una palabra o quítalo."),
        FieldFault.NotForMany => new(
            $"'{name}' is of one task alone and cannot be written to many at once. Remove it, or change that task at its own address.",
            $"'{name}' es de una sola tarea y no se puede escribir en muchas a la vez. Quítalo, o cambia esa tarea en su propia dirección."),
        FieldFault.NotThisCursor => new(
            $"'{name}' does not belong to this request: it was altered, its key is no longer known, or filters, sort or body have changed since. Begin again without it.",
            $"'{name}' no es de esta petición: fue alterado, su clave ya no se conoce o cambiaron los filtros, el orden o el cuerpo. Empieza de nuevo sin él."),
        FieldFault.Cycle => new(
            "A task cannot lie below itself or below one of its own subtasks. Choose another parent.",
            "Una tarea no puede estar debajo de sí misma ni de una de sus subtareas. Elige otra tarea superior."),
        FieldFault.TooDeep => new(
            $"Tasks can have {error.Limit} levels, and with its own subtasks the task would lie deeper there. Choose a parent further up.",
            $"Las tareas pueden tener {error.Limit} niveles, y con sus subtareas la tarea quedaría más abajo. Elige una tarea superior más arriba."),
        FieldFault.SubtasksLeft when error.Field == Field.SubtasksOfCompletion => new(
            $"Subtasks that are not done: {error.Limit}. Complete them first, or send 'subtasks' as complete or keep.",
            $"Subtareas sin terminar: {error.Limit}. Termínalas primero, o envía 'subtasks' como complete o keep."),
        FieldFault.SubtasksLeft when error.Field == Field.SubtasksOfTransfer => new(
            $"Subtasks of the task: {error.Limit}. Move them elsewhere first, or send 'subtasks' as follow.",
            $"Subtareas de la tarea: {error.Limit}. Muévelas antes a otro lugar, o envía 'subtasks' como follow."),
        FieldFault.SubtasksLeft => new(
            $"Subtasks of the task: {error.Limit}. Delete or move them first, or send 'subtasks' as delete or keep.",
            $"Subtareas de la tarea: {error.Limit}. Bórralas o muévelas primero, o envía 'subtasks' como delete o keep."),
        FieldFault.OtherWorkspace => new(
            "'workspace_id' is another workspace than the task's, and a change does not move it. POST to its address followed by /transfer does.",
            "'workspace_id' es otro espacio de trabajo que el de la tarea, y un cambio no la mueve. Lo hace un POST a su dirección seguida de /transfer."),
        FieldFault.MailboxIsFactor => new(
            "Codes by mail are a second factor of the account and go to its present e-mail. Remove that factor first, which wants a code.",
            "Los códigos por correo son un segundo factor de la cuenta y llegan a su correo actual. Quita antes ese factor, para lo que se pide un código."),
        FieldFault.ForAdministrators => new(
            $"'{name}' names admin, which only administrators of this installation may give a key. Leave it out.",
            $"'{name}' nombra admin, que solo quienes administran esta instalación pueden dar a una clave. Quítalo."),
        FieldFault.NotYet when error.Limit is { } last => new(
            $"'{name}' is a revision that the workspace has not reached; the last one is {last}.",
            $"'{name}' es una revisión a la que el espacio de trabajo no ha llegado; la última es {last}."),
        FieldFault.NotYet => new($"'{name}' lies in the future. Name a time that has passed.", $"'{name}' está en el futuro. Nombra una hora que ya haya pasado."),
        FieldFault.NotOfThePast => new(
            $"'{error.Name}' is known of a task as it is now, and not as of a moment that is past. Leave it out, or leave 'as_of' out.",
            $"'{error.Name}' se sabe de una tarea tal como es ahora, y no de un momento pasado. Quítalo, o quita 'as_of'."),
        FieldFault.ChangedSince when error.Field == Field.DeletedAt => new(
            "The task has been restored by somebody else since you deleted it.", "Otra persona restauró la tarea después de que la borraras."),
        FieldFault.ChangedSince when error.Field == Field.Version => new(
            "Somebody else has changed the task since, and to undo what you did is to delete it. Delete it outright if you mean that.",
            "Otra persona ha cambiado la tarea desde entonces, y deshacer lo que hiciste sería borrarla. Bórrala directamente si es lo que quieres."),
        FieldFault.ChangedSince => new(
            $"Somebody else has changed '{name}' since. Undoing would overwrite it: look at the task, and change what you want changed.",
            $"Otra persona ha cambiado '{name}' desde entonces. Deshacer lo sobrescribiría: mira la tarea y cambia lo que quieras cambiar."),
        FieldFault.NotThereAnyMore when error.Field == Field.AssigneeId => new(
            "Whoever was to do the task before is no longer in the workspace, and cannot be given it again.",
            "Quien debía hacer la tarea antes ya no está en el espacio de trabajo, y no se le puede volver a asignar."),
        FieldFault.NotThereAnyMore => new(
            "The task that it lay below before is deleted, or gone. Restore that one first.", "La tarea de la que colgaba antes está borrada, o ya no existe. Restaura antes aquella."),
        FieldFault.Moved => new(
            "The task has come from another workspace since you last changed it, or by that change. A move is not undone: move it back.",
            "La tarea llegó de otro espacio de trabajo después de tu último cambio, o con él. Un traslado no se deshace: trasládala de vuelta."),
        FieldFault.NoRoom when error.Field == Field.Position => new(
            "Others have been moved to the place that the task had, and none is left there. Move it by hand.", "Otras ocuparon el lugar que tenía la tarea y ya no cabe. Muévela a mano."),
        FieldFault.NoRoom => new(
            "Too many tasks have been moved into this one gap, and there is no place left in it. Move one of its two neighbours away and back, then try again.",
            "Se movieron demasiadas tareas a este mismo hueco y ya no cabe otra. Mueve una de sus dos vecinas a otro lugar y de vuelta, e inténtalo de nuevo."),
        FieldFault.NotAnObject when error.Field == Field.Body => new("The body must be one JSON object.", "El cuerpo debe ser un objeto JSON."),
        FieldFault.NotAnObject => new($"'{name}' must be a JSON object.", $"'{name}' debe ser un objeto JSON."),
        FieldFault.NotAnArray => new($"'{name}' must be an array.", $"'{name}' debe ser un array."),
        FieldFault.NotLetters or FieldFault.TooSimple => throw OfAnotherContract(error.Fault),
    };

    /// <summary>An id of the kind that the field wants, as the documentation has it.</summary>
    private static string ExampleOf(Field field) => field switch
    {
        Field.Into => "tag_01h455vb4pex5vsknk084sn02q",
        Field.Id or Field.TaskId or Field.ParentId or Field.After or Field.Before => "task_01h455vb4pex5vsknk084sn02q",
        Field.ParentFilter => "task_01h455vb4pex5vsknk084sn02q or none",
        Field.CategoryFilter => "cat_01h455vb4pex5vsknk084sn02q or none",
        Field.WorkspaceId or Field.ToWorkspace => "ws_01h455vb4pex5vsknk084sn02q",
        Field.ActorId or Field.UserId or Field.AssigneeId => "user_01h455vb4pex5vsknk084sn02q",
        Field.AssigneeFilter => "user_01h455vb4pex5vsknk084sn02q, me or none",
        _ => "cat_01h455vb4pex5vsknk084sn02q",
    };

    private static Said RangeOf(FieldError error, string name) => error.Field switch
    {
        Field.Limit => new($"'limit' must be from 1 to {error.Limit}.", $"'limit' debe estar entre 1 y {error.Limit}."),
        Field.Page => new($"'page' must be from 1 to {int.MaxValue}.", $"'page' debe estar entre 1 y {int.MaxValue}."),
        _ => new($"'{name}' must be from 1 to {int.MaxValue}.", $"'{name}' debe estar entre 1 y {int.MaxValue}."),
    };

    private static IReadOnlyList<string> AllowedFor(Field field) => field switch
    {
        Field.Status => Words.States,
        Field.Priority => Words.Priorities,
        Field.StatusFilter => Words.StatusFilters,
        Field.PriorityFilter => Words.Priorities,
        Field.Sort => Words.Sorts,
        Field.Order => Words.Orders,
        Field.Op => Words.BatchOps,
        Field.SubtasksOfCompletion => Words.FatesOfCompletion,
        Field.SubtasksOfDeletion => Words.FatesOfDeletion,
        Field.SubtasksOfTransfer => Words.FatesOfTransfer,
        Field.To => Words.Ends,
        Field.Scopes => Words.KeyScopes,
        Field.ServiceScopes => Words.ServiceKeyScopes,
        Field.Role => Words.GivenRoles,
        Field.RoleFilter => Words.WorkspaceRoles,
        Field.Plan => Core.Accounts.Plans.Names,
        Field.InstallationRole => Words.Roles,
        Field.UserSort => Words.UserSorts,
        Field.Act => Core.Administration.AdminActKinds.Names,
        Field.MessageType => Words.SocketMessages,
        _ => [],
    };
}
