using Quehacer.Core;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>The sentences for what can be wrong with a value: 003 has one or two for each, whatever is wrong with it.</summary>
internal static class FieldMessages
{
    public static ErrorDetailBody Of(FieldError error, HttpContext http)
    {
        var field = NameOf(error, http.Request.Query);
        return new ErrorDetailBody(field, error.Fault == FieldFault.NotText
            ? $"{field} contiene caracteres que no son texto: U+0000, medio par sustituto o bytes que no son UTF-8"
            : MessageOf(error, http));
    }

    /// <summary>As the request spells it, where it can be spelled in several ways.</summary>
    private static string NameOf(FieldError error, IQueryCollection query) => error.Field switch
    {
        Field.Title => "title",
        Field.Description => "description",
        Field.Status or Field.StatusFilter => "completed",
        Field.Priority => "priority",
        Field.DueDate => "dueDate",
        Field.CategoryId => "categoryId",
        Field.TagIds => "tagsId",
        Field.Email => "email",
        Field.Name => "name",
        Field.Password => "password",
        Field.Color => "color",
        Field.Id => "id",
        Field.Body => "body",
        Field.Unknown => error.Name ?? "",
        Field.PriorityFilter => Spelling.In(query, Spelling.Priority),
        Field.CategoryFilter => Spelling.In(query, Spelling.Category),
        Field.TagFilter => Spelling.In(query, Spelling.Tags),
        Field.DueAfter => Spelling.In(query, Spelling.DueFrom),
        Field.DueBefore => Spelling.In(query, Spelling.DueUntil),
        Field.CreatedAfter => "sinceDate",
        Field.CreatedBefore => "untilDate",
        Field.Query => Spelling.In(query, Spelling.Search),
        Field.Sort => Spelling.In(query, Spelling.Sort),
        Field.Order => "direccion",
        Field.Limit => "limit",
        Field.Offset => "offset",
        _ => "body",
    };

    private static string MessageOf(FieldError error, HttpContext http) => (error.Field, error.Fault) switch
    {
        (Field.Title, _) => HttpMethods.IsPost(http.Request.Method)
            ? "Título es requerido y no puede exceder 255 caracteres"
            : "Título no puede estar vacío y no puede exceder 255 caracteres",
        (Field.Description, _) => "Descripción no puede exceder 1000 caracteres",
        (Field.Status or Field.StatusFilter, _) => "Completada debe ser true o false",
        (Field.Priority or Field.PriorityFilter, _) => "Prioridad debe ser uno de: baja, media, alta",
        (Field.DueDate, FieldFault.NotInFuture) => "Fecha de vencimiento debe ser en el futuro",
        (Field.DueDate or Field.DueAfter or Field.DueBefore, _) => "Fecha de vencimiento debe ser una fecha válida en formato ISO 8601",
        (Field.CreatedAfter or Field.CreatedBefore, _) => "Fecha de creación debe ser una fecha válida en formato ISO 8601",
        (Field.CategoryId, FieldFault.NoSuchThing) => Thing.Category.IsNotThere,
        (Field.CategoryId or Field.CategoryFilter, _) => Thing.Category.IdIsMalformed,
        (Field.TagIds, FieldFault.NoSuchThing) => Thing.Tag.IsNotThere,
        (Field.TagIds, FieldFault.NotAnArray) => "Etiquetas debe ser un array",
        (Field.TagIds or Field.TagFilter, FieldFault.TooMany) => $"Etiquetas no puede tener más de {Tareas.TaskLimits.Tags} elementos",
        (Field.TagIds or Field.TagFilter, _) => "Todos los IDs de etiquetas deben ser UUIDs válidos",
        (Field.Email, FieldFault.TooLong) => "Email no puede exceder 255 caracteres",
        (Field.Email, _) => "Email debe ser válido",
        (Field.Name, FieldFault.NotLetters) => "Nombre solo puede contener letras y espacios",
        (Field.Name, _) => "Nombre es requerido y no puede exceder 255 caracteres",
        (Field.Password, FieldFault.Required) => "Contraseña es requerida",
        (Field.Password, FieldFault.TooSimple) => "Contraseña debe contener al menos una minúscula, una mayúscula y un número",
        (Field.Password, FieldFault.TooCommon) => "Contraseña es una de las que todos prueban primero; elige otra",
        (Field.Password, FieldFault.TooLong) => $"Contraseña no puede exceder {Limits.PasswordMaxCharacters} caracteres",
        (Field.Password, _) => $"Contraseña debe tener al menos {Limits.PasswordMinCharacters} caracteres",
        (Field.Color, _) => "Color debe ser un código hexadecimal válido (ej: #FF5733)",
        (Field.Id, _) => Errors.ThingOf(http).IdIsMalformed,
        (Field.Body, _) => "El cuerpo de la petición debe ser un objeto JSON",
        (Field.Query, FieldFault.TooLong) => $"Búsqueda no puede exceder {Limits.SearchCharacters} caracteres",
        (Field.Query, FieldFault.TooMany) => $"Búsqueda no puede tener más de {Limits.SearchPrefixes} palabras",
        (Field.Query, _) => "Búsqueda debe tener al menos una palabra",
        (Field.Sort, _) when Spelling.In(http.Request.Query, Spelling.Sort) == Spelling.Sort[1] => "OrdenarPor debe ser uno de: createdAt, dueDate, priority, title",
        (Field.Sort, _) => "Ordenar debe ser uno de: creado_en, fecha_vencimiento, prioridad, titulo",
        (Field.Order, _) => "Dirección debe ser asc o desc",
        (Field.Limit, _) => "Límite debe ser un número entre 1 y 100",
        (Field.Offset, _) => "Offset debe ser un número mayor o igual a 0",
        _ => "La petición tiene un valor que no se puede aceptar",
    };
}
