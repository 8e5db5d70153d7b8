using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Tareas;

/// <summary>The parameters that have several names: 003's first, then those that its clients send besides. The first that has a value counts.</summary>
internal static class Spelling
{
    public static readonly string[] Priority = ["prioridad", "priority"];
    public static readonly string[] Category = ["categoria", "categoryId"];
    public static readonly string[] Search = ["busqueda", "search"];

    /// <summary>Some libraries put brackets behind the name of an array.</summary>
    public static readonly string[] Tags = ["etiquetas", "etiquetas[]", "tagId", "tagId[]"];

    /// <summary>Some libraries write nested members with brackets.</summary>
    public static readonly string[] DueFrom = ["fechaVencimiento.desde", "fechaVencimiento[desde]"];
    public static readonly string[] DueUntil = ["fechaVencimiento.hasta", "fechaVencimiento[hasta]"];
    public static readonly string[] Sort = ["ordenar", "ordenarPor"];

    public static string In(IQueryCollection query, string[] names) => Array.Find(names, name => query.TryGetValue(name, out var values) && !QueryReader.IsEmpty(values)) ?? names[0];
}

/// <summary>What the query of a task list asks for. A parameter without a value is as if it were not there: forms send their empty fields.</summary>
internal sealed record TaskListQuery(TaskFilter Filter, int Limit, int Offset)
{
    public static readonly string[] Sorts = ["creado_en", "fecha_vencimiento", "prioridad", "titulo"];
    private static readonly string[] OtherSorts = ["createdAt", "dueDate", "priority", "title"];

    /// <summary>What the words of both lists mean, in their order.</summary>
    private static readonly TaskSort[] SortsMeant = [TaskSort.Created, TaskSort.Due, TaskSort.Priority, TaskSort.Title];

    public TaskListRequest Request => new(Filter, Limit, Page: null, Cursor: null, WithTotal: true) { Offset = Offset };

    public static Result<TaskListQuery> Read(IQueryCollection parameters, QueryString asSent)
    {
        var query = new QueryReader(parameters, asSent, ignoresUnknown: true);
        string Named(string[] names) => Spelling.In(parameters, names);

        var limit = query.Integer("limit", Field.Limit, Limits.PageTasks) ?? Tareas.PageTasksDefault;
        var offset = query.Integer("offset", Field.Offset, int.MaxValue, least: 0) ?? 0;
        var (sort, reversed) = ReadOrder(query, Named(Spelling.Sort));
        var filter = new TaskFilter
        {
            State = query.Flag("completed", Field.StatusFilter) switch
            {
                null => null,
                true => TaskState.Done,
                false => TaskState.Pending,
            },
            Priorities = ReadPriorities(query, Named(Spelling.Priority)),
            Category = ReadCategory(query, Named(Spelling.Category)),
            TagIds = ReadTags(query, Named(Spelling.Tags)),
            DueAfter = Before(ReadTime(query, Named(Spelling.DueFrom), Field.DueAfter, Iso8601.TryParse)),
            DueBefore = Behind(ReadTime(query, Named(Spelling.DueUntil), Field.DueBefore, Iso8601.TryParseEnd)),
            CreatedAfter = Before(ReadTime(query, "sinceDate", Field.CreatedAfter, Iso8601.TryParse)),
            CreatedBefore = Behind(ReadTime(query, "untilDate", Field.CreatedBefore, Iso8601.TryParseEnd)),
            Words = query.SearchWords(Named(Spelling.Search)),
            Sort = sort,
            Reversed = reversed,
        };
        return query.Finish() is { } error ? error : new TaskListQuery(filter, limit, offset);
    }

    /// <summary>The same for every way to ask for the same.</summary>
    public string InOneSpelling(Caller caller) => string.Create(
        CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(Filter.Fingerprint(caller.WorkspaceId))}|{Limit}|{Offset}");

    private delegate bool Parser(string text, out DateTime utc);

    private static DateTime? ReadTime(QueryReader query, string name, Field field, Parser tryParse)
    {
        if (query.Single(name, field) is not { } text)
        {
            return null;
        }
        // In a query a plus that was not escaped arrives as a space.
        if (text.Length > 16 && text[^6] == ' ')
        {
            text = $"{text.AsSpan(0, text.Length - 6)}+{text.AsSpan(text.Length - 5)}";
        }
        if (tryParse(text, out var time))
        {
            return time;
        }
        query.Refuse(field, FieldFault.NotADate);
        return null;
    }

    /// <summary>003's spans have both their ends, the core's have neither.</summary>
    private static DateTime? Before(DateTime? time) => time > DateTime.UnixEpoch ? time.Value.AddMilliseconds(-1) : time;

    private static DateTime? Behind(DateTime? time) => time < DateTime.MaxValue.AddMilliseconds(-1) ? time.Value.AddMilliseconds(1) : time;

    private static IReadOnlyList<TaskPriority> ReadPriorities(QueryReader query, string name)
    {
        var priorities = new SortedSet<TaskPriority>();
        foreach (var word in query.Several(name, Field.PriorityFilter))
        {
            var index = Words.Priorities.IndexOf(word);
            if (index < 0)
            {
                query.Refuse(Field.PriorityFilter, FieldFault.NotOneOf);
                return [];
            }
            priorities.UnionWith(Words.Meant(index));
        }
        return [.. priorities];
    }

    private static CategoryFilter? ReadCategory(QueryReader query, string name)
    {
        if (query.Single(name, Field.CategoryFilter) is not { } text)
        {
            return null;
        }
        if (Ids.TryParse(Ids.CategoryPrefix, text, out var id))
        {
            return new CategoryFilter(id);
        }
        query.Refuse(Field.CategoryFilter, FieldFault.NotAnId);
        return null;
    }

    private static IReadOnlyList<Guid> ReadTags(QueryReader query, string name)
    {
        var ids = new HashSet<Guid>();
        foreach (var text in query.Several(name, Field.TagFilter))
        {
            if (!Ids.TryParse(Ids.TagPrefix, text, out var id))
            {
                query.Refuse(Field.TagFilter, FieldFault.NotAnId);
                return [];
            }
            ids.Add(id);
        }
        if (ids.Count > Tareas.TaskLimits.Tags)
        {
            query.Refuse(Field.TagFilter, FieldFault.TooMany);
            return [];
        }
        return [.. ids];
    }

    /// <summary>Newest first unless told; every order descends unless told.</summary>
    private static (TaskSort Sort, bool Reversed) ReadOrder(QueryReader query, string name)
    {
        var words = name == Spelling.Sort[0] ? Sorts : OtherSorts;
        var index = words.IndexOf(query.Single(name, Field.Sort) ?? words[0]);
        if (index < 0)
        {
            query.Refuse(Field.Sort, FieldFault.NotOneOf);
        }
        var sort = SortsMeant[Math.Max(index, 0)];
        var naturallyDescends = sort is TaskSort.Created or TaskSort.Priority;
        switch (query.Single("direccion", Field.Order))
        {
            case null or "desc":
                return (sort, !naturallyDescends);
            case "asc":
                return (sort, naturallyDescends);
            default:
                query.Refuse(Field.Order, FieldFault.NotOneOf);
                return (sort, false);
        }
    }
}
