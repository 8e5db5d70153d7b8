using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Notes;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>The notes of a task, below its address.</summary>
internal sealed class NoteEndpoints(NoteReader notes, NoteWriter writer, Problems problems, WriteDemands demands)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/{id}/notes", ListAsync).WithMetadata(AnswersIn.Rows);
        routes.Post("/{id}/notes", CreateAsync);
        routes.Get("/{id}/notes/{note_id}", GetAsync);
        routes.Put("/{id}/notes/{note_id}", ChangeAsync);
        routes.Patch("/{id}/notes/{note_id}", ChangeAsync);
        routes.Delete("/{id}/notes/{note_id}", DeleteAsync);
    }

    private async Task<IResult> ListAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query);
        var page = query.Integer("page", Field.Page, int.MaxValue) ?? 1;
        var limit = query.Integer("limit", Field.Limit, Limits.PageNotes) ?? Limits.PageNotesDefault;
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        var isRows = http.AnswerType() != MediaType.Json;
        var isWhole = isRows && !query.Has("page") && !query.Has("limit");
        var listed = await notes.ListAsync(http.Caller(), task, page, isWhole ? Limits.PageNotes : limit, Endpoints.Bounded);
        if (!listed.IsOk)
        {
            return new Refusal(problems, listed.Error);
        }
        var total = listed.Value.Total;
        var links = LinksBody.Of(http.Request, PaginationBody.Of(page, limit, total));
        // The rows behind the first page may be of authors whose names nobody has looked at yet.
        var isAllSeen = !isWhole || listed.Value.Notes.Count < Limits.PageNotes;
        var validators = isAllSeen ? ValidatorsOf(listed.Value) : Validators.None;
        if (V1.Conditional.InPlaceOf(http, validators, problems) is { } other)
        {
            return other;
        }
        if (isRows)
        {
            return new RowsAnswer<NoteBody>(NoteRows.In(http.AnswerType()), Page(listed.Value)) { Link = isWhole ? null : links.ToHeader(), Total = total, Validators = validators };
        }
        return new Answer<NoteListBody>(
            200, new NoteListBody([.. listed.Value.Notes.Select(NoteBody.Of)], PaginationBody.Of(page, limit, total), links), BodyJson.Default.NoteListBody)
        {
            Link = links.ToHeader(), Total = total, Validators = validators,
        };

        // Names of authors change without the workspace, so they are a part of what the tag is of, and a list is read before its tag is known.
        Validators ValidatorsOf(NotePage shown)
        {
            var authors = string.Join(',', shown.Notes.Select(view => string.Create(CultureInfo.InvariantCulture, $"{view.Author.Id:N}.{view.Author.Version}")).Distinct());
            var validators = V1.Conditional.OfList(
                shown.Moment, string.Create(CultureInfo.InvariantCulture, $"{http.Caller().WorkspaceId:N}|notes|{task.Id:N}|{task.Number}|{page}|{limit}|{http.AnswerType()}|{isWhole}|{authors}"));
            var renamed = shown.Notes.Select(view => view.Author.ChangedAt).DefaultIfEmpty().Max();
            return renamed > validators.ChangedAt ? validators with { ChangedAt = renamed } : validators;
        }

        RowPage<NoteBody> Page(NotePage shown) => new(
            [.. shown.Notes.Select(NoteBody.Of)], isWhole && shown.Notes.Count == Limits.PageNotes ? () => NextAsync(shown.Notes[^1].Note.Id) : null);

        async Task<Result<RowPage<NoteBody>>> NextAsync(Guid last)
        {
            var behind = await notes.ListBehindAsync(http.Caller(), task, last, Limits.PageNotes, Endpoints.Bounded);
            return behind.IsOk ? Page(behind.Value) : behind.Error;
        }
    }

    private async Task<IResult> GetAsync(HttpContext http)
    {
        if (QueryReader.RefuseAny(http.Request.Query) is { } unknown)
        {
            return new Refusal(problems, unknown);
        }
        if (!TryReadIds(http, out var task, out var noteId))
        {
            return NotFound();
        }
        var found = await notes.GetAsync(http.Caller(), task, noteId, Endpoints.Bounded);
        if (!found.IsOk)
        {
            return new Refusal(problems, found.Error);
        }
        var validators = ValidatorsOf(found.Value);
        return V1.Conditional.InPlaceOf(http, validators, problems) ?? new Answer<NoteBody>(200, NoteBody.Of(found.Value), BodyJson.Default.NoteBody) { Validators = validators };
    }

    private async Task<IResult> CreateAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!request.Conditions.AllowCreation)
        {
            return new Refusal(problems, new Error(ErrorCode.PreconditionFailed));
        }
        if (!TaskRef.TryParse(http.Route("id"), out var task))
        {
            return NotFound();
        }
        var (edit, _) = Reading.Note(request.Body, isNew: true);
        return Shown(201, await writer.CreateAsync(http.Caller(), task, edit, request.Key, Endpoints.Bounded), http);
    }

    /// <summary>PUT and PATCH are the same, as with tasks: what the body names is changed, and nothing else.</summary>
    private async Task<IResult> ChangeAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadIds(http, out var task, out var noteId))
        {
            return NotFound();
        }
        var (edit, version) = Reading.Note(request.Body, isNew: false);
        return Shown(200, await writer.ChangeAsync(http.Caller(), task, noteId, edit, request.Precondition(version, demands.Precondition), request.Key, Endpoints.Bounded));
    }

    private async Task<IResult> DeleteAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, demands.IdempotencyKey, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        if (!TryReadIds(http, out var task, out var noteId))
        {
            return NotFound();
        }
        var deleted = await writer.DeleteAsync(http.Caller(), task, noteId, request.Precondition(default, demands.Precondition), request.Key, Endpoints.Bounded);
        return deleted.IsOk ? new NoContent(deleted.Value.IsReplay) : new Refusal(problems, deleted.Error);
    }

    private static Validators ValidatorsOf(NoteView view) => V1.Conditional.Of(view.Tag, view.ChangedAt);

    /// <summary>Anything else than a task's name and a note's id names nothing.</summary>
    private static bool TryReadIds(HttpContext http, out TaskRef task, out Guid noteId)
    {
        noteId = default;
        return TaskRef.TryParse(http.Route("id"), out task) && Ids.TryParse(Ids.NotePrefix, http.Route("note_id"), out noteId);
    }

    /// <param name="collection">Where the note was made: its own address lies below.</param>
    private IResult Shown(int status, Result<Answered<NoteView>> written, HttpContext? collection = null)
    {
        if (!written.IsOk)
        {
            return new Refusal(problems, written.Error);
        }
        var body = NoteBody.Of(written.Value.Value);
        return new Answer<NoteBody>(status, body, BodyJson.Default.NoteBody)
        {
            Validators = ValidatorsOf(written.Value.Value),
            IsReplay = written.Value.IsReplay,
            Location = collection is null ? null : $"{collection.Request.Path.Value!.TrimEnd('/')}/{body.Id}{collection.InWorkspace()}",
        };
    }

    private Refusal NotFound() => new(problems, new Error(ErrorCode.NotFound));
}
