using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>
/// Everything of somebody's own as a ZIP. What stands in its JSON are v1's own bodies, so that they can be put back through v1; its CSV is that of the lists. Each
/// page is of its own moment: what is changed while it is read may be there in one file and not in another.
/// </summary>
internal sealed class AccountExport(
    AccountStore accounts, SecondFactors factors, SessionList sessions, ApiKeyStore keys, AccountExports exports, WorkspaceReader workspaces, TaskList tasks, LabelReader labels, NoteReader notes,
    TimeProvider time)
{
    /// <summary>What is read before the first byte is sent, so that what can be refused is refused in the usual way.</summary>
    private sealed record Begun(Account Account, Factors Factors, IReadOnlyList<SessionView> Sessions, IReadOnlyList<ApiKey> Keys, List<AccountEvent> History);

    public async Task<Result<IResult>> BeginAsync(Caller caller, CancellationToken cancellation)
    {
        var (account, shown) = (await accounts.GetAsync(caller, cancellation), await factors.GetAsync(caller, cancellation));
        var (open, made, history) = (await sessions.ListAsync(caller, cancellation), await keys.ListAsync(caller, cancellation), await exports.HistoryAsync(caller, 0, cancellation));
        return (account.Error ?? shown.Error ?? open.Error ?? made.Error ?? history.Error) is { } refused
            ? refused
            : new Sending(this, caller, new Begun(account.Value!.Account, shown.Value.Factors, open.Value!, made.Value!, history.Value!));
    }

    private sealed class Sending(AccountExport export, Caller caller, Begun begun) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => export.SendAsync(httpContext, caller, begun);
    }

    private async Task SendAsync(HttpContext http, Caller caller, Begun begun)
    {
        var now = time.NowUtc();
        using var zip = new ZipBody(http, string.Create(CultureInfo.InvariantCulture, $"quehacer-{now:yyyy-MM-dd}.zip"), now);
        if (HttpMethods.IsHead(http.Request.Method))
        {
            return;
        }
        await zip.AddAsync("README.txt", ExportReadme.Text(now));
        await zip.AddAsync("account.json", json => WriteAccount(json, begun));
        await zip.AddAsync(
            "account_events.json", "events", WriteHistory,
            PageOf(begun.History, Limits.WalkPageEvents, last => exports.HistoryAsync(caller, last.Version, Endpoints.Bounded)));
        // All of them are told, and whose they are; what is in those of others is not this person's to take along.
        var owned = new List<Guid>();
        await zip.AddAsync("workspaces.json", "workspaces", As(BodyJson.Default.WorkspaceBody), await WorkspacesAsync(caller, owned));
        foreach (var workspaceId in owned)
        {
            await AddWorkspaceAsync(zip, caller with { WorkspaceId = workspaceId });
        }
        await zip.FinishAsync();
    }

    private async Task AddWorkspaceAsync(ZipBody zip, Caller caller)
    {
        var folder = $"workspaces/{Ids.ToTypeId(Ids.WorkspacePrefix, caller.WorkspaceId)}/";
        await zip.AddAsync(folder + "tasks.json", "tasks", As(BodyJson.Default.TaskBody), await TasksAsync(caller));
        await zip.AddAsync(folder + "tasks.csv", TaskRows.In(MediaType.Csv, withDeleted: true), await TasksAsync(caller));
        foreach (var (kind, name) in new[] { (LabelKind.Category, "categories"), (LabelKind.Tag, "tags") })
        {
            await zip.AddAsync($"{folder}{name}.json", name, As(BodyJson.Default.LabelBody), await LabelsAsync(caller, kind));
            await zip.AddAsync($"{folder}{name}.csv", LabelRows.In(MediaType.Csv, kind), await LabelsAsync(caller, kind));
        }
        await zip.AddAsync(folder + "notes.json", "notes", As(BodyJson.Default.NoteBody), await NotesAsync(caller));
        await zip.AddAsync(folder + "notes.csv", NoteRows.In(MediaType.Csv), await NotesAsync(caller));
        await zip.AddAsync(folder + "events.ndjson", Rows.Ndjson<StoredEvent>(WriteEvent), await EventsAsync(caller));
        await zip.AddAsync(folder + "carried_events.ndjson", Rows.Ndjson<StoredEvent>(WriteEvent), await CarriedEventsAsync(caller));
    }

    /// <param name="caller">Whose.</param>
    /// <param name="owned">Where those are collected that are the caller's own: at most <see cref="Limits.WorkspacesOfAUser"/>.</param>
    private async Task<RowPage<WorkspaceBody>> WorkspacesAsync(Caller caller, List<Guid> owned)
    {
        return await ReadAsync(null);

        async Task<RowPage<WorkspaceBody>> ReadAsync(string? cursor)
        {
            var page = Whole(await workspaces.ListAsync(caller, withArchived: true, Limits.PageWorkspaces, cursor, withTotal: false, Endpoints.Bounded));
            owned.AddRange(page.Workspaces.Where(view => view.Role == WorkspaceRole.Owner).Select(view => view.Workspace.Id));
            return new([.. page.Workspaces.Select(WorkspaceBody.Of)], page.NextCursor is { } next ? async () => await ReadAsync(next) : null);
        }
    }

    /// <summary>Deleted ones as well, as long as they can be restored; in the order of their making.</summary>
    private async Task<RowPage<TaskBody>> TasksAsync(Caller caller)
    {
        var filter = TaskFilter.All with { IncludeDeleted = true, Sort = TaskSort.Number };
        return await ReadAsync(null);

        async Task<RowPage<TaskBody>> ReadAsync(string? cursor)
        {
            var page = Whole(await tasks.ListAsync(caller, new TaskListRequest(filter, Limits.WalkPageTasks, cursor is null ? 1 : null, cursor, WithTotal: false), Endpoints.Bounded));
            return new([.. page.Tasks.Select(task => TaskBody.Of(task, caller.WorkspaceId))], page.NextCursor is { } next ? async () => await ReadAsync(next) : null);
        }
    }

    private async Task<RowPage<LabelBody>> LabelsAsync(Caller caller, LabelKind kind)
    {
        return Page(Whole(await labels.ListAsync(caller, kind, 1, Limits.WalkPageLabels, withTaskCounts: false, Endpoints.Bounded)));

        RowPage<LabelBody> Page(LabelPage page) => new(
            [.. page.Labels.Select(LabelBody.Of)],
            page.Labels.Count < Limits.WalkPageLabels
                ? null
                : async () => Page(Whole(await labels.ListBehindAsync(caller, kind, page.Labels[^1].Label, Limits.WalkPageLabels, withTaskCounts: false, Endpoints.Bounded))));
    }

    private async Task<RowPage<NoteBody>> NotesAsync(Caller caller)
    {
        return Page(Whole(await notes.WalkAsync(caller, null, Endpoints.Bounded)));

        RowPage<NoteBody> Page(List<NoteView> read) => new(
            [.. read.Select(NoteBody.Of)], read.Count < Limits.WalkPageNotes ? null : async () => Page(Whole(await notes.WalkAsync(caller, read[^1].Note.Id, Endpoints.Bounded))));
    }

    private async Task<RowPage<StoredEvent>> EventsAsync(Caller caller) => PageOf(
        Whole(await exports.EventsAsync(caller, 0, Endpoints.Bounded)), Limits.WalkPageEvents, last => exports.EventsAsync(caller, last.Revision, Endpoints.Bounded));

    private async Task<RowPage<StoredEvent>> CarriedEventsAsync(Caller caller) => PageOf(
        Whole(await exports.CarriedEventsAsync(caller, null, Endpoints.Bounded)), Limits.WalkPageEvents, last => exports.CarriedEventsAsync(caller, last.Stamp, Endpoints.Bounded));

    /// <summary>What was read together, and what lies behind its last.</summary>
    private static RowPage<T> PageOf<T>(List<T> read, int whole, Func<T, Task<Result<List<T>>>> readBehindAsync) =>
        new(read, read.Count < whole ? null : async () => PageOf(Whole(await readBehindAsync(read[^1])), whole, readBehindAsync));

    /// <summary>The answer has begun: what is refused now, as to a session that has ended, cuts it off.</summary>
    private static T Whole<T>(Result<T> read) => read.IsOk ? read.Value : throw new CutOffException(read.Error);

    private static Action<Utf8JsonWriter, T> As<T>(JsonTypeInfo<T> type) => (json, body) => JsonSerializer.Serialize(json, body, type);

    private static void WriteAccount(Utf8JsonWriter json, Begun begun)
    {
        json.WriteStartObject();
        Write("account", UserBody.Of(begun.Account), BodyJson.Default.UserBody);
        Write("factors", FactorsBody.Of(begun.Factors), BodyJson.Default.FactorsBody);
        Write("sessions", new SessionListBody([.. begun.Sessions.Select(SessionBody.Of)]).Sessions, BodyJson.Default.IReadOnlyListSessionBody);
        Write("keys", [.. begun.Keys.Select(key => ApiKeyBody.Of(key))], BodyJson.Default.IReadOnlyListApiKeyBody);
        json.WriteEndObject();

        void Write<T>(string name, T body, JsonTypeInfo<T> type)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, body, type);
        }
    }

    private static void WriteHistory(Utf8JsonWriter json, AccountEvent happened)
    {
        json.WriteStartObject();
        json.WriteString("type", happened.Type);
        json.WriteNumber("version", happened.Version);
        WriteId(json, "actor_id", Ids.UserPrefix, happened.ActorId);
        json.WriteString("at", TimeConverter.Text(happened.At));
        json.WriteEndObject();
    }

    /// <summary>As it is stored: what is within <c>data</c> and <c>before</c> is the log's own, and names things by their UUIDs.</summary>
    private static void WriteEvent(Utf8JsonWriter json, StoredEvent stored)
    {
        json.WriteStartObject();
        if (stored.Revision > 0)
        {
            json.WriteNumber("revision", stored.Revision);
        }
        json.WriteString("type", stored.Type);
        json.WriteString("stream_id", stored.Stamp.StreamId);
        json.WriteNumber("version", stored.Stamp.Version);
        if (stored.Stamp.Number is { } number)
        {
            json.WriteNumber("number", number);
        }
        // The system's own work, such as a purge, is nobody's.
        WriteId(json, "actor_id", Ids.UserPrefix, stored.Stamp.ActorId == Guid.Empty ? null : stored.Stamp.ActorId);
        json.WriteString("at", TimeConverter.Text(stored.Stamp.At));
        WriteRaw("data", stored.Data);
        WriteRaw("before", stored.Before);
        json.WriteEndObject();

        void WriteRaw(string name, string? value)
        {
            if (value is not null)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value);
            }
        }
    }

    private static void WriteId(Utf8JsonWriter json, string name, string prefix, Guid? id)
    {
        if (id is { } known)
        {
            json.WriteString(name, Ids.ToTypeId(prefix, known));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
