using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>The log, read: what has changed since a place in it, what has happened in a workspace, what became of a task.</summary>
internal sealed class EventEndpoints(EventReader events, Problems problems)
{
    /// <summary>Begins a list of changes where the log ends, for whoever reads what there is next.</summary>
    public const string Now = "now";

    public void Map(IEndpointRouteBuilder routes) => routes.Get("/changes", ChangesAsync);

    public void MapOfTask(IEndpointRouteBuilder tasks) => tasks.Get("/{id}/history", HistoryAsync);

    public void MapOfWorkspace(IEndpointRouteBuilder workspace) => workspace.Get("/activity", ActivityAsync);

    private async Task<IResult> ChangesAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var since = query.Single("since", Field.Since);
        var limit = query.Integer("limit", Field.Limit, Limits.PageEvents) ?? Limits.PageEventsDefault;
        var filter = ReadFilter(query, http.Caller());
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        var page = since == Now ? await events.NowAsync(http.Caller(), Endpoints.Bounded) : await events.ChangesAsync(http.Caller(), since, filter, limit, Endpoints.Bounded);
        return page.IsOk
            ? new Answer<ChangesBody>(200, new ChangesBody(WrittenEvent.All(page.Value.Events), page.Value.Next, page.Value.HasMore), BodyJson.Default.ChangesBody) { IsSecret = true }
            : new Refusal(problems, page.Error);
    }

    private async Task<IResult> HistoryAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var asked = CursorQuery.Read(query, Limits.PageEvents, Limits.PageEventsDefault, isCounted: false);
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return new Refusal(problems, new Error(ErrorCode.NotFound));
        }
        return Shown(http, asked, await events.HistoryAsync(http.Caller(), task, asked.Cursor, asked.Limit, Endpoints.Bounded));
    }

    private async Task<IResult> ActivityAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var asked = CursorQuery.Read(query, Limits.PageEvents, Limits.PageEventsDefault, isCounted: false);
        var filter = ReadFilter(query, http.Caller());
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        return WorkspaceEndpoints.CallerIn(http) is { } caller
            ? Shown(http, asked, await events.ActivityAsync(caller, asked.Cursor, filter, asked.Limit, Endpoints.Bounded))
            : new Refusal(problems, new Error(ErrorCode.NotFound));
    }

    private IResult Shown(HttpContext http, CursorQuery asked, Result<EventPage> page) => page.IsOk
        ? asked.Answer(
            http, total: null, page.Value.NextCursor, previous: null, (pagination, links) => new EventListBody(WrittenEvent.All(page.Value.Events), pagination, links),
            BodyJson.Default.EventListBody, isSecret: true)
        : new Refusal(problems, page.Error);

    /// <summary>Which events are wanted: by type, all of a noun with an asterisk, and by task.</summary>
    public static EventFilter ReadFilter(QueryReader query, Caller caller)
    {
        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in query.Several("type", Field.EventType))
        {
            if (!TryAdd(name, wanted))
            {
                query.Refuse(Field.EventType, FieldFault.UnknownName, name: name, nearest: Nearest.Of(name, Words.EventTypes));
            }
        }
        var task = query.Single("task_id", Field.TaskId) is { } text ? Ids.TryParse(Ids.TaskPrefix, text, out var id) ? id : Refused() : default(Guid?);
        return TypesFor(caller, wanted.Count == 0 ? null : wanted) is { } types ? new EventFilter(types, task) : new EventFilter(null, task);

        Guid? Refused()
        {
            query.Refuse(Field.TaskId, FieldFault.NotAnId);
            return null;
        }
    }

    /// <summary>Adds the types that a word of <see cref="Words.EventTypes"/> stands for; false for any other.</summary>
    public static bool TryAdd(string word, HashSet<string> wanted)
    {
        if (!Words.EventTypes.Contains(word))
        {
            return false;
        }
        wanted.UnionWith(word.EndsWith(".*", StringComparison.Ordinal) ? EventNames.All.Where(type => type.StartsWith(word[..^1], StringComparison.Ordinal)) : [word]);
        return true;
    }

    /// <summary>What is wanted, as far as the caller's key is good for it: who is in the workspace is not told to one that is good for tasks alone.</summary>
    /// <param name="wanted">Null for all.</param>
    public static IReadOnlyCollection<string>? TypesFor(Caller caller, IReadOnlyCollection<string>? wanted) =>
        caller.Scopes is not { } scopes || scopes.HasFlag(KeyScopes.ReadWorkspaces)
            ? wanted
            : [.. (wanted ?? EventNames.All).Where(type => !type.StartsWith("member.", StringComparison.Ordinal) && !type.StartsWith("workspace.", StringComparison.Ordinal))];
}
