using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>
/// A ZIP that is sent while it is made: of what is in it no more is in memory than a page of rows and what the compression holds. Where it cannot be finished
/// it is cut off before the directory at its end, without which no reader takes it for whole.
/// </summary>
internal sealed class ZipBody : IDisposable
{
    // As in all answers: letters of every language stay readable.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ChunkedBody body;
    private readonly ZipArchive archive;
    private readonly DateTimeOffset at;
    private readonly ArrayBufferWriter<byte> written = new();
    private readonly Utf8JsonWriter json;

    /// <param name="http">The request that is answered; its headers have not been sent.</param>
    /// <param name="fileName">Under which a browser is to keep it: ASCII, without quotes.</param>
    /// <param name="at">What its files say when they were made, UTC.</param>
    public ZipBody(HttpContext http, string fileName, DateTime at)
    {
        http.Response.ContentType = MediaType.Zip.ToString();
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{fileName}\"";
        http.Response.Headers.CacheControl = Caching.Never;
        this.at = at;
        body = new ChunkedBody(http);
        archive = new ZipArchive(new Collected(body.Buffer), ZipArchiveMode.Create);
        json = new Utf8JsonWriter(written, Readable);
    }

    public Task AddAsync(string name, string text) => AddAsync(name, file => file.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Adds a file of one JSON text.</summary>
    public Task AddAsync(string name, Action<Utf8JsonWriter> write) => AddAsync(name, file =>
    {
        Write(write, file);
        file.Write("\n"u8);
    });

    /// <summary>Adds a file of rows, a page and all that lie behind it.</summary>
    public Task AddAsync<T>(string name, RowFormat<T> format, RowPage<T> first) => AddAsync(
        name, first,
        file =>
        {
            format.WriteHead(written);
            Empty(file);
        },
        (file, row, _) =>
        {
            format.WriteRow(written, row);
            Empty(file);
        },
        _ => { });

    /// <summary>Adds a file of one JSON object with one member, an array of rows, each on its line.</summary>
    public Task AddAsync<T>(string name, string member, Action<Utf8JsonWriter, T> write, RowPage<T> first) => AddAsync(
        name, first,
        file => file.Write(Encoding.UTF8.GetBytes($"{{\"{member}\":[")),
        (file, row, isFirst) =>
        {
            file.Write(isFirst ? "\n"u8 : ",\n"u8);
            Write(writer => write(writer, row), file);
        },
        file => file.Write("\n]}\n"u8));

    /// <summary>Ends it, and sends what has not been sent.</summary>
    public Task FinishAsync()
    {
        archive.Dispose();
        return body.SendAsync();
    }

    public void Dispose()
    {
        archive.Dispose();
        json.Dispose();
    }

    private async Task AddAsync(string name, Action<Stream> write)
    {
        using (var file = Open(name))
        {
            write(file);
        }
        await SendWhatIsFullAsync();
    }

    private async Task AddAsync<T>(string name, RowPage<T> first, Action<Stream> begin, Action<Stream, T, bool> add, Action<Stream> end)
    {
        using (var file = Open(name))
        {
            begin(file);
            var isFirst = true;
            for (var page = first; ;)
            {
                foreach (var row in page.Rows)
                {
                    add(file, row, isFirst);
                    isFirst = false;
                    await SendWhatIsFullAsync();
                }
                if (page.Next is null)
                {
                    break;
                }
                await body.FlushAsync();
                var next = await page.Next();
                page = next.IsOk ? next.Value : throw new CutOffException(next.Error);
            }
            end(file);
        }
        await SendWhatIsFullAsync();
    }

    private Stream Open(string name)
    {
        var entry = archive.CreateEntry(name, CompressionLevel.Fastest);
        entry.LastWriteTime = at;
        return entry.Open();
    }

    private void Write(Action<Utf8JsonWriter> write, Stream file)
    {
        json.Reset();
        write(json);
        json.Flush();
        Empty(file);
    }

    private void Empty(Stream file)
    {
        file.Write(written.WrittenSpan);
        written.ResetWrittenCount();
    }

    private Task SendWhatIsFullAsync() => body.IsFull ? body.SendAsync() : Task.CompletedTask;

    /// <summary>Takes what the archive writes, so that it writes without waiting, and never reads or goes back.</summary>
    private sealed class Collected(ArrayBufferWriter<byte> into) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer) => into.Write(buffer);

        public override void Write(byte[] buffer, int offset, int count) => into.Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // Nothing waits here.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
