using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>What the query of a task list asks for.</summary>
/// <param name="Shape">Which members of a task to show.</param>
/// <param name="NamesPage">A part of the list is asked for, by its page, its length or its cursor.</param>
internal sealed record TaskListQuery(TaskListRequest Request, TaskShape Shape, bool NamesPage)
{
    public static Result<TaskListQuery> Read(IQueryCollection parameters, QueryString asSent, Caller caller) => Read(new QueryReader(parameters, asSent), caller);

    /// <param name="query">From which other parameters may have been read.</param>
    /// <param name="caller">Who asks, which some filters mean.</param>
    public static Result<TaskListQuery> Read(QueryReader query, Caller caller)
    {
        var page = query.Integer("page", Field.Page, int.MaxValue);
        var limit = query.Integer("limit", Field.Limit, Limits.PageTasks) ?? Limits.PageTasksDefault;
        var cursor = query.Single("cursor", Field.Cursor);
        var withTotal = query.Flag("include_total", Field.IncludeTotal) ?? cursor is null;
        if (cursor is not null && query.Has("page"))
        {
            query.Refuse(Field.Page, FieldFault.Contradiction, name: "cursor");
        }
        var (sort, reversed) = query.Order("sort", "order", word => Words.Sorts.IndexOf(word) is >= 0 and var index ? (TaskSort)index : null);
        var filter = ReadFilter(query, caller) with
        {
            IncludeDeleted = query.Flag("include_deleted", Field.IncludeDeleted) ?? false,
            Sort = sort,
            Reversed = reversed,
        };
        var shape = TaskShape.Read(query);
        return query.Finish() is { } error
            ? error
            : new TaskListQuery(new TaskListRequest(filter, limit, cursor is null ? page ?? 1 : null, cursor, withTotal), shape,
                query.Has("page") || query.Has("limit") || query.Has("cursor"));
    }

    /// <summary>
    /// What the query of a change of many tasks asks for: the filters of a list, of which one has to choose so that nobody means all tasks by accident, and
    /// nothing of what a list is shown by.
    /// </summary>
    public static (TaskFilter Filter, int Limit, string? Cursor, bool IsDryRun) ReadMany(QueryReader query, Caller caller)
    {
        var filter = ReadFilter(query, caller);
        if (filter.ChoosesAll)
        {
            query.Refuse(Field.Filter, FieldFault.Required);
        }
        var limit = query.Integer("limit", Field.Limit, Limits.BulkTasks) ?? Limits.BulkTasksDefault;
        var cursor = query.Single("cursor", Field.Cursor);
        var isDryRun = query.Flag("dry_run", Field.DryRun) ?? false;
        return (filter, limit, cursor, isDryRun);
    }

    private static TaskFilter ReadFilter(QueryReader query, Caller caller)
    {
        var filter = new TaskFilter
        {
            State = ReadState(query),
            Priorities = query.Priorities("priority", Words.Priorities),
            Category = ReadCategory(query),
            Assignee = ReadAssignee(query, caller),
            Parent = ReadParent(query),
            Tags = query.TagNames("tag"),
            DueAfter = query.Time("due_after", Field.DueAfter),
            DueBefore = query.Time("due_before", Field.DueBefore),
            Overdue = query.Flag("overdue", Field.Overdue),
            CreatedAfter = query.Time("created_after", Field.CreatedAfter),
            CreatedBefore = query.Time("created_before", Field.CreatedBefore),
            UpdatedSince = query.Time("updated_since", Field.UpdatedSince),
            Words = query.SearchWords("q"),
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
        return filter;
    }

    /// <summary>The same for every way to ask for the same: in whatever order, with or without what goes without saying.</summary>
    public string InOneSpelling(Caller caller, MediaType type) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Convert.ToHexStringLower(Request.Filter.Fingerprint(caller.WorkspaceId))}|{Request.Limit}|{Request.Page}|{Request.Cursor}|{Request.WithTotal}|{type}|{type != MediaType.Json && NamesPage}|{Shape.InOneSpelling(isOrdered: type == MediaType.Csv)}");

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

    private static AssigneeFilter? ReadAssignee(QueryReader query, Caller caller)
    {
        switch (query.Single("assignee_id", Field.AssigneeFilter))
        {
            case null:
                return null;
            case "none":
                return new AssigneeFilter(Id: null);
            case "me":
                return new AssigneeFilter(caller.UserId);
            case { } text when Ids.TryParse(Ids.UserPrefix, text, out var id):
                return new AssigneeFilter(id);
            default:
                query.Refuse(Field.AssigneeFilter, FieldFault.NotAnId);
                return null;
        }
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
}
