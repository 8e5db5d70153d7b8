using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Quehacer.Core;
using Quehacer.Core.Events;
using Quehacer.Core.Realtime;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Where a listener stands, before the first event and where the line ends.</summary>
/// <param name="Cursor">For whoever comes back.</param>
internal sealed record StreamPlaceBody(string Cursor);

/// <summary>Why a line ends, or cannot go on where it was.</summary>
/// <param name="Code">Of the catalogue of errors.</param>
internal sealed record StreamEndBody(string Code, string Detail, string Cursor);

/// <summary>A ticket for one stream.</summary>
internal sealed record StreamTicketBody(string Ticket, DateTime ExpiresAt);

/// <summary>How long the server waits for those who listen.</summary>
/// <param name="Slow">How long somebody may take nothing of what is sent to them.</param>
/// <param name="Stopping">The server goes down: nobody is kept.</param>
internal sealed record StreamManners(TimeSpan Slow, CancellationToken Stopping);

/// <summary>The log as it grows, as Server-Sent Events (HTML Living Standard §9.2), and tickets for those who cannot send a header.</summary>
internal sealed class StreamEndpoints(LiveFeed feed, StreamTickets tickets, Problems problems, StreamManners manners)
{
    private const int FlushBytes = 32 * 1024;

    /// <summary>HTML Living Standard §9.2.5.</summary>
    public static readonly MediaType EventStream = new("text", "event-stream");

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/stream", StreamAsync).WithMetadata(new AnswersIn(EventStream), new TakesTicket());
        routes.Post("/stream/ticket", IssueAsync).WithMetadata(AnswersIn.Json);
    }

    private async Task<IResult> IssueAsync(HttpContext http)
    {
        var (request, refusal) = await V1Request.ReadAsync(http, problems, keyRequired: false, bodyIsOptional: true);
        if (request is null)
        {
            return refusal!;
        }
        var ticket = await tickets.IssueAsync(http.Caller(), Endpoints.Bounded);
        return ticket.IsOk
            ? new Answer<StreamTicketBody>(201, new StreamTicketBody(ticket.Value.Text, ticket.Value.ExpiresAt), BodyJson.Default.StreamTicketBody) { IsSecret = true }
            : new Refusal(problems, ticket.Error);
    }

    private async Task<IResult> StreamAsync(HttpContext http)
    {
        var query = new QueryReader(http.Request.Query, http.Request.QueryString);
        var since = query.Single("since", Field.Since);
        var filter = EventEndpoints.ReadFilter(query, http.Caller());
        if (query.Finish() is { } error)
        {
            return new Refusal(problems, error);
        }
        // What a browser sends when it comes back is later than the address that it was given.
        if (http.Request.Headers["Last-Event-ID"] is [{ Length: > 0 } last])
        {
            since = last;
        }
        var listener = await feed.ListenAsync(http.Caller(), since == EventEndpoints.Now ? null : since, filter, Endpoints.Bounded);
        return listener.IsOk ? new Stream(listener.Value, manners) : new Refusal(problems, listener.Error);
    }

    /// <summary>Why a line ends, in words.</summary>
    public static StreamEndBody EndOf(ErrorKind kind, Language language, string cursor) => new(kind.Code, kind.Meaning.In(language), cursor);

    private sealed class Stream(Listener listener, StreamManners manners) : IResult
    {
        public async Task ExecuteAsync(HttpContext http)
        {
            using var _ = listener;
            var headers = http.Response.Headers;
            http.Response.ContentType = "text/event-stream; charset=utf-8";
            headers.CacheControl = Caching.Never;
            // Asks proxies not to collect what is sent; nginx knows it.
            headers["X-Accel-Buffering"] = "no";
            if (HttpMethods.IsHead(http.Request.Method))
            {
                return;
            }
            // A line that is open is not worked on.
            http.Features.Get<Shedding.Place>()?.Leave();
            var language = Languages.Preferred(http.Request);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, manners.Stopping);
            var output = http.Response.BodyWriter;
            // When a server goes down, its listeners do not all come back in the same moment.
            Line(output, $"retry: {Random.Shared.Next(1_000, 4_000)}");
            Line(output, "");
            if (listener.IsLost)
            {
                // A refusal would stop a browser for good.
                Named(output, "resync", JsonSerializer.SerializeToUtf8Bytes(EndOf(ErrorCatalogue.CursorGone, language, listener.Cursor), BodyJson.Default.StreamEndBody));
            }
            Named(output, "ready", JsonSerializer.SerializeToUtf8Bytes(new StreamPlaceBody(listener.Cursor), BodyJson.Default.StreamPlaceBody));
            try
            {
                await FlushAsync(output, end.Token);
                while (true)
                {
                    var heard = await listener.NextAsync(end.Token);
                    if (heard.End is null && listener.Caller.GoodUntil is { } until && DateTime.UtcNow >= until)
                    {
                        await EndAsync(output, EndOf(ErrorCatalogue.TokenExpired, language, listener.Cursor), end.Token);
                        return;
                    }
                    if (heard.End is { } refused)
                    {
                        await EndAsync(output, EndOf(ErrorCatalogue.Of(refused.Code), language, listener.Cursor), end.Token);
                        return;
                    }
                    if (heard.Events.Count == 0)
                    {
                        Line(output, ":");
                        Line(output, "");
                    }
                    WrittenEvent.Frames(heard.Events);
                    foreach (var held in heard.Events)
                    {
                        output.Write(held.In(WrittenEvent.Frame).Span);
                        if (output.UnflushedBytes > FlushBytes)
                        {
                            await FlushAsync(output, end.Token);
                        }
                    }
                    await FlushAsync(output, end.Token);
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // They have gone, or the server goes: either way they know where they are.
            }
        }

        /// <summary>An event of the line itself; with the cursor as its id, so that a browser that has heard nothing yet knows where it is.</summary>
        private void Named(PipeWriter output, string name, ReadOnlySpan<byte> data)
        {
            Line(output, $"event: {name}");
            Line(output, $"id: {listener.Cursor}");
            output.Write("data: "u8);
            output.Write(data);
            output.Write("\n\n"u8);
        }

        private async Task EndAsync(PipeWriter output, StreamEndBody end, CancellationToken cancellation)
        {
            Named(output, "end", JsonSerializer.SerializeToUtf8Bytes(end, BodyJson.Default.StreamEndBody));
            await FlushAsync(output, cancellation);
        }

        private async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellation)
        {
            // A place where it could be cancelled is only wanted where it waits.
            var flushing = output.FlushAsync(CancellationToken.None);
            if (flushing.IsCompleted)
            {
                await flushing;
                cancellation.ThrowIfCancellationRequested();
                return;
            }
            try
            {
                await flushing.AsTask().WaitAsync(manners.Slow, cancellation);
            }
            catch (TimeoutException)
            {
                // The last id that they have is where they go on; nothing piles up for them here.
                throw new CutOffException($"Who listens took nothing for {manners.Slow.TotalSeconds:0} seconds.");
            }
        }

        private static void Line(PipeWriter output, string line)
        {
            output.Write(Encoding.UTF8.GetBytes(line));
            output.Write("\n"u8);
        }
    }
}
