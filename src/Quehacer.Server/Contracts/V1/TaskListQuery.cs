using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>What the query of a task list asks for.</summary>
/// <param name="Fields">Members of a task to show; null for all.</param>
/// <param name="NamesPage">A part of the list is asked for, by its page, its length or its cursor.</param>
internal sealed record TaskListQuery(TaskListRequest Request, IReadOnlyList<string>? Fields, bool NamesPage)
{
    public static Result<TaskListQuery> Read(IQueryCollection parameters, QueryString asSent)
    {
        var query = new QueryReader(parameters, asSent);
        var page = query.Integer("page", Field.Page, int.MaxValue);
        var limit = query.Integer("limit", Field.Limit, Limits.PageTasks) ?? Limits.PageTasksDefault;
        var cursor = query.Single("cursor", Field.Cursor);
        var withTotal = query.Flag("include_total", Field.IncludeTotal) ?? cursor is null;
        if (cursor is not null && query.Has("page"))
        {
            query.Refuse(Field.Page, FieldFault.Contradiction, name: "cursor");
        }
        var (sort, reversed) = ReadOrder(query);
        var filter = new TaskFilter
        {
            State = ReadState(query),
            Priorities = ReadPriorities(query),
            Category = ReadCategory(query),
            Parent = ReadParent(query),
            Tags = ReadTags(query),
            DueAfter = query.Time("due_after", Field.DueAfter),
            DueBefore = query.Time("due_before", Field.DueBefore),
            Overdue = query.Flag("overdue", Field.Overdue),
            CreatedAfter = query.Time("created_after", Field.CreatedAfter),
            CreatedBefore = query.Time("created_before", Field.CreatedBefore),
            UpdatedSince = query.Time("updated_since", Field.UpdatedSince),
            Words = ReadWords(query),
            IncludeDeleted = query.Flag("include_deleted", Field.IncludeDeleted) ?? false,
            Sort = sort,
            Reversed = reversed,
        };
        if (filter is { DueAfter: { } dueAfter, DueBefore: { } dueBefore } && dueAfter >= dueBefore)
        {
            query.Refuse(Field.DueBefore, FieldFault.Contradiction, name: "due_after");
        }
        if (filter is { CreatedAfter: { } createdAfter, CreatedBefore: { } createdBefore } && createdAfter >= createdBefore)
        {
            query.Refuse(Field.CreatedBefore, FieldFault.Contradiction, name: "created_after");
        }
        if (filter is { Overdue: true, State: TaskState.Done })
        {
            query.Refuse(Field.Overdue, FieldFault.Contradiction, name: "status");
        }
        var fields = ReadFields(query);
        return query.Finish() is { } error
            ? error
            : new TaskListQuery(new TaskListRequest(filter, limit, cursor is null ? page ?? 1 : null, cursor, withTotal), fields,
                query.Has("page") || query.Has("limit") || query.Has("cursor"));
    }

    /// <summary>The same for every way to ask for the same: in whatever order, with or without what goes without saying.</summary>
    public string InOneSpelling(Caller caller, MediaType type) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Convert.ToHexStringLower(Request.Filter.Fingerprint(caller.WorkspaceId))}|{Request.Limit}|{Request.Page}|{Request.Cursor}|{Request.WithTotal}|{type}|{type != MediaType.Json && NamesPage}|{(Fields is null ? "" : string.Join(',', type == MediaType.Csv ? Fields.Distinct() : Fields.Distinct().Order(StringComparer.Ordinal)))}");

    private static TaskState? ReadState(QueryReader query)
    {
        switch (query.Single("status", Field.StatusFilter))
        {
            case null or "all":
                return null;
            case "pending":
                return TaskState.Pending;
            case "done" or "completed":
                return TaskState.Done;
            default:
                query.Refuse(Field.StatusFilter, FieldFault.NotOneOf);
                return null;
        }
    }

    private static IReadOnlyList<TaskPriority> ReadPriorities(QueryReader query)
    {
        var priorities = new SortedSet<TaskPriority>();
        foreach (var word in query.Several("priority", Field.PriorityFilter))
        {
            var index = Words.Priorities.IndexOf(word);
            if (index < 0)
            {
                query.Refuse(Field.PriorityFilter, FieldFault.NotOneOf);
                return [];
            }
            priorities.Add((TaskPriority)index);
        }
        return [.. priorities];
    }

    private static CategoryFilter? ReadCategory(QueryReader query)
    {
        if (query.Single("category_id", Field.CategoryFilter) is not { } text)
        {
            return null;
        }
        if (text == "none")
        {
            return new CategoryFilter(Id: null);
        }
        if (Ids.TryParse(Ids.CategoryPrefix, text, out var id))
        {
            return new CategoryFilter(id);
        }
        query.Refuse(Field.CategoryFilter, FieldFault.NotAnId);
        return null;
    }

    private static ParentFilter? ReadParent(QueryReader query)
    {
        if (query.Single("parent_id", Field.ParentFilter) is not { } text)
        {
            return null;
        }
        if (text == "none")
        {
            return new ParentFilter(Task: null);
        }
        if (TaskRef.TryParse(text, out var parent))
        {
            return new ParentFilter(parent);
        }
        query.Refuse(Field.ParentFilter, FieldFault.NotAnId);
        return null;
    }

    private static IReadOnlyList<string> ReadTags(QueryReader query)
    {
        var names = query.Several("tag", Field.TagFilter);
        if (names.Count > Limits.TagsOfATask)
        {
            query.Refuse(Field.TagFilter, FieldFault.TooMany, Limits.TagsOfATask);
            return [];
        }
        if (!names.All(name => Text.IsStorable(name)))
        {
            query.Refuse(Field.TagFilter, FieldFault.NotText);
            return [];
        }
        return [.. names.Select(Text.NormaliseName)];
    }

    private static IReadOnlyList<SearchWord> ReadWords(QueryReader query)
    {
        if (query.Single("q", Field.Query) is not { } text)
        {
            return [];
        }
        if (!Text.IsStorable(text))
        {
            query.Refuse(Field.Query, FieldFault.NotText);
            return [];
        }
        if (Text.Characters(text) > Limits.SearchCharacters)
        {
            query.Refuse(Field.Query, FieldFault.TooLong, Limits.SearchCharacters);
            return [];
        }
        var words = Search.Parse(text);
        if (words.Count == 0)
        {
            query.Refuse(Field.Query, FieldFault.NothingToSearchFor);
        }
        if (words.Count(word => word.IsPrefix) > Limits.SearchPrefixes)
        {
            query.Refuse(Field.Query, FieldFault.TooMany, Limits.SearchPrefixes);
        }
        return words;
    }

    /// <summary>A bare name has its natural direction, a minus turns it round, and <c>order</c> says it outright.</summary>
    private static (TaskSort Sort, bool Reversed) ReadOrder(QueryReader query)
    {
        var text = query.Single("sort", Field.Sort) ?? Words.Sorts[0];
        var turned = text.StartsWith('-');
        var index = Words.Sorts.IndexOf(turned ? text[1..] : text);
        if (index < 0)
        {
            query.Refuse(Field.Sort, FieldFault.NotOneOf);
        }
        var sort = (TaskSort)Math.Max(index, 0);
        var naturallyDescends = sort is TaskSort.Created or TaskSort.Updated or TaskSort.Priority;
        bool? reversed = null;
        switch (query.Single("order", Field.Order))
        {
            case null:
                break;
            case "asc":
                reversed = naturallyDescends;
                break;
            case "desc":
                reversed = !naturallyDescends;
                break;
            default:
                query.Refuse(Field.Order, FieldFault.NotOneOf);
                break;
        }
        if (turned && reversed == false)
        {
            query.Refuse(Field.Order, FieldFault.Contradiction, name: "sort");
        }
        return (sort, reversed ?? turned);
    }

    private static IReadOnlyList<string>? ReadFields(QueryReader query)
    {
        var fields = query.Several("fields", Field.Fields);
        foreach (var field in fields.Where(field => !Words.TaskMembers.Contains(field)))
        {
            query.Refuse(Field.Fields, FieldFault.UnknownName, name: field, nearest: Nearest.Of(field, Words.TaskMembers));
        }
        return fields.Count > 0 ? fields : null;
    }
}
