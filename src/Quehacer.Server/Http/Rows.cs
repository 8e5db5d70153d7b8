using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>Rows that were read together, and how to read those behind them; null where there are none, or none are wanted.</summary>
internal sealed record RowPage<T>(IReadOnlyList<T> Rows, Func<Task<Result<RowPage<T>>>>? Next);

/// <summary>A format that has a row for each thing, for one answer.</summary>
/// <param name="Type">As it is sent.</param>
/// <param name="WriteHead">Writes what comes before the rows.</param>
/// <param name="FileName">Under which a browser is to keep it; null where it need not.</param>
internal sealed record RowFormat<T>(string Type, Action<IBufferWriter<byte>> WriteHead, Action<IBufferWriter<byte>, T> WriteRow, string? FileName = null);

internal static class Rows
{
    // As in all answers: letters of every language stay readable.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="name">Of the file, without its ending.</param>
    public static RowFormat<T> Csv<T>(string name, IReadOnlyList<Column<T>> columns) => new(
        "text/csv; charset=utf-8; header=present",
        output => Http.Csv.WriteRow(output, [.. columns.Select(column => column.Name)]),
        (output, row) => Http.Csv.WriteRow(output, [.. columns.Select(column => column.Cell(row))]),
        name + ".csv");

    /// <param name="write">Writes the JSON of one row.</param>
    public static RowFormat<T> Ndjson<T>(Action<Utf8JsonWriter, T> write)
    {
        var json = new Utf8JsonWriter(Stream.Null, Readable);
        return new("application/x-ndjson", _ => { }, (output, row) =>
        {
            json.Reset(output);
            write(json, row);
            json.Flush();
            output.Write("\n"u8);
        });
    }

    /// <summary>
    /// Sends a page and all that lie behind it, each read when the one before it is on its way: the size of the list costs no memory, and
    /// no connection to the database is held while a client reads. What cannot be finished is cut off, so that it never looks whole.
    /// </summary>
    public static async Task WriteAsync<T>(HttpContext http, RowFormat<T> format, RowPage<T> first)
    {
        http.Response.ContentType = format.Type;
        if (format.FileName is not null)
        {
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"{format.FileName}\"";
        }
        var body = new ChunkedBody(http);
        var buffer = body.Buffer;
        var isWhole = true;

        format.WriteHead(buffer);
        for (var page = first; ;)
        {
            foreach (var row in page.Rows)
            {
                format.WriteRow(buffer, row);
                if (body.IsFull)
                {
                    isWhole = false;
                    await body.SendAsync();
                }
            }
            if (isWhole && page.Next is null)
            {
                http.Response.ContentLength = buffer.WrittenCount;
            }
            isWhole = false;
            await body.SendAsync();
            if (page.Next is null || HttpMethods.IsHead(http.Request.Method))
            {
                return;
            }
            await body.FlushAsync();
            var next = await page.Next();
            page = next.IsOk ? next.Value : throw new CutOffException(next.Error);
        }
    }
}

/// <summary>
/// The body of an answer that is sent while it is made: what is written is collected, and sent in chunks. A slow reader is waited for with no more than one chunk,
/// and whatever it is made from, in hand.
/// </summary>
internal sealed class ChunkedBody(HttpContext http)
{
    private const int ChunkBytes = 16 * 1024;

    private readonly Shedding.Place? place = http.Features.Get<Shedding.Place>();

    public ArrayBufferWriter<byte> Buffer { get; } = new(2 * ChunkBytes);

    /// <summary>It is time for <see cref="SendAsync"/>.</summary>
    public bool IsFull => Buffer.WrittenCount >= ChunkBytes;

    public async Task SendAsync()
    {
        var sending = http.Response.Body.WriteAsync(Buffer.WrittenMemory, http.RequestAborted);
        if (!sending.IsCompleted)
        {
            // A slow reader takes nobody's place.
            place?.Leave();
        }
        await sending;
        place?.TakeAgain();
        Buffer.ResetWrittenCount();
    }

    /// <summary>Has what was sent go out, before more is read.</summary>
    public async Task FlushAsync()
    {
        await http.Response.Body.FlushAsync(http.RequestAborted);
        http.RequestAborted.ThrowIfCancellationRequested();
    }
}

/// <summary>The rest of an answer that has begun cannot be given any more, as when a session has ended. The connection is the only place left to say so.</summary>
internal sealed class CutOffException(string reason) : Exception(reason)
{
    public CutOffException(Error error)
        : this($"The rest of the answer was refused: {error.Code}.")
    {
    }
}
