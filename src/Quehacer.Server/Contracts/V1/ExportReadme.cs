using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>What is what in an export, for whoever opens it years later: in both languages, for nobody knows who that is.</summary>
internal static class ExportReadme
{
    /// <param name="at">When it was begun, UTC.</param>
    public static string Text(DateTime at) => $"""
        Quehacer: everything of your own
        ================================

        Made at {TimeConverter.Text(at)}. All texts are UTF-8, all times UTC.

        account.json           your account, its second factors, where it was signed in, its API keys; no password and no secret is in it
        account_events.json    what has happened to the account
        workspaces.json        the workspaces that you are in, and as what; of those that are other people's there is nothing else
        workspaces/ws_.../     a folder for each workspace that you own:
          tasks.json           the tasks, with their tags and the id of their category; deleted ones too, as long as they can be restored
          tasks.csv            the same as a table
          categories.json, categories.csv, tags.json, tags.csv, notes.json, notes.csv
          events.ndjson        all that has happened there, one JSON text a line, the oldest first
          carried_events.ndjson  what happened elsewhere to tasks and notes before they were moved there

        What stands in the .json files is what the API v1 shows, and what it takes: POST the categories to /api/v1/categories, the tasks to
        /api/v1/tasks in their order, and the notes to /api/v1/tasks/<task>/notes, with the new ids in the
        place of the old (a task that lies below a later one is put there when that is made). Members that nobody writes are ignored.

        In the .csv files an apostrophe stands before what a spreadsheet would take for a formula. Several tags are in one cell, as a line of CSV.


        Quehacer: todo lo tuyo
        ======================

        Hecho el {TimeConverter.Text(at)}. Todos los textos son UTF-8, todas las horas UTC.

        account.json           tu cuenta, sus segundos factores, dónde tenía sesión iniciada, sus claves de API; sin contraseñas ni secretos
        account_events.json    lo que le ha pasado a la cuenta
        workspaces.json        los espacios en los que estás, y como qué; de los que son de otras personas no hay nada más
        workspaces/ws_.../     una carpeta por cada espacio del que eres dueño:
          tasks.json           las tareas, con sus etiquetas y el id de su categoría; también las eliminadas, mientras se puedan restaurar
          tasks.csv            lo mismo como tabla
          categories.json, categories.csv, tags.json, tags.csv, notes.json, notes.csv
          events.ndjson        todo lo que ha pasado allí, un texto JSON por línea, lo más antiguo primero
          carried_events.ndjson  lo que les pasó en otro sitio a las tareas y notas antes de traerlas aquí

        Lo que hay en los .json es lo que muestra la API v1, y lo que acepta: envía con POST las categorías a /api/v1/categories, las tareas a
        /api/v1/tasks en su orden y las notas a /api/v1/tasks/<tarea>/notes, con los ids nuevos en lugar de
        los viejos (una tarea que está bajo otra posterior se pone allí cuando esta existe). Los miembros que nadie escribe se ignoran.

        En los .csv hay un apóstrofo delante de lo que una hoja de cálculo tomaría por una fórmula. Varias etiquetas van en una celda, como una línea de CSV.

        """.ReplaceLineEndings("\r\n");
}
