using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>What the query of a task list asks for. Parameters that are not known mean nothing.</summary>
/// <param name="Fields">Members of a task to show; null for all.</param>
internal sealed record TaskListQuery(TaskListRequest Request, IReadOnlyList<string>? Fields)
{
    public static Result<TaskListQuery> Read(IQueryCollection parameters, QueryString asSent)
    {
        var query = new QueryReader(parameters, asSent, ignoresUnknown: true);
        var page = query.Integer("page", Field.Page, int.MaxValue);
        var limit = query.Integer("limit", Field.Limit, Limits.PageTasks) ?? Envelope.PageTasksDefault;
        var cursor = query.Single("cursor", Field.Cursor);
        if (cursor is not null && query.Has("page"))
        {
            query.Refuse(Field.Page, FieldFault.Contradiction, name: "cursor");
        }
        var (sort, reversed) = query.Order("sort", "order", SortOf);
        var filter = new TaskFilter
        {
            State = ReadState(query),
            Priorities = query.Priorities("priority", Words.Priorities),
            Tags = query.TagNames("tags"),
            Words = query.SearchWords("search"),
            Sort = sort,
            Reversed = reversed,
        };
        var fields = query.Members("fields", Words.TaskMembers);
        return query.Finish() is { } error
            ? error
            : new TaskListQuery(new TaskListRequest(filter, limit, cursor is null ? page ?? 1 : null, cursor, WithTotal: true), fields);
    }

    /// <summary>The members of one task that are asked for; null for all.</summary>
    public static Result<IReadOnlyList<string>?> ReadFields(HttpRequest request)
    {
        var query = new QueryReader(request.Query, request.QueryString, ignoresUnknown: true);
        var fields = query.Members("fields", Words.TaskMembers);
        return query.Finish() is { } error ? error : (Result<IReadOnlyList<string>?>)(fields is null ? default : new List<string>(fields));
    }

    /// <summary>The same for every way to ask for the same: in whatever order, with or without what goes without saying.</summary>
    public string InOneSpelling(Caller caller) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Convert.ToHexStringLower(Request.Filter.Fingerprint(caller.WorkspaceId))}|{Request.Limit}|{Request.Page}|{Request.Cursor}|{(Fields is null ? "" : string.Join(',', Fields.Distinct().Order(StringComparer.Ordinal)))}");

    private static TaskSort? SortOf(string word) =>
        Math.Max(Words.Sorts.IndexOf(word), Words.SortMembers.IndexOf(word)) is >= 0 and var index ? (TaskSort)index : null;

    private static TaskState? ReadState(QueryReader query)
    {
        if (query.Single("status", Field.StatusFilter) is not { } word)
        {
            return null;
        }
        var index = Words.States.IndexOf(word);
        if (index < 0)
        {
            query.Refuse(Field.StatusFilter, FieldFault.NotOneOf);
            return null;
        }
        return (TaskState)index;
    }
}
