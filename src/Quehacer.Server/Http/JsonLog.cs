using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Quehacer.Server.Http;

/// <summary>
/// The server's log: JSON, a line each, on standard output. Lines are collected and written by one thread, many at a time, so that no
/// request ever waits for whoever reads the log; when the reader stalls, lines beyond a bound are dropped and their number is logged.
/// </summary>
internal sealed class JsonLog : ILoggerProvider
{
    /// <summary>What may wait to be written, in bytes.</summary>
    private const int PendingBytes = 4 * 1024 * 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Json)? scratch;

    private readonly Stream output;
    private readonly bool withClientAddress;
    private readonly Lock gate = new();
    private readonly SemaphoreSlim signal = new(0);
    private readonly Thread writer;
    private readonly ConcurrentDictionary<string, ILogger> loggers = new(StringComparer.Ordinal);
    private ArrayBufferWriter<byte> pending = new(64 * 1024);
    private ArrayBufferWriter<byte> writing = new(64 * 1024);
    private long dropped;
    private volatile bool closed;

    /// <param name="output">Where lines go.</param>
    /// <param name="withClientAddress">Whether the line of a request tells the address of the client. It is personal data.</param>
    public JsonLog(Stream output, bool withClientAddress)
    {
        this.output = output;
        this.withClientAddress = withClientAddress;
        writer = new Thread(WriteOut) { IsBackground = true, Name = "log" };
        writer.Start();
    }

    /// <summary>One line for one request. Never a token, a password or a body.</summary>
    /// <param name="isAborted">The client has gone, or the connection was cut: whatever was sent is not the whole answer.</param>
    public void Request(
        string method, string route, string path, int status, TimeSpan took, Guid? userId, string requestId, IPAddress? client, bool isAborted)
    {
        var (buffer, json) = Begin("info", "request");
        json.WriteString("method"u8, method);
        json.WriteString("route"u8, route);
        json.WriteString("path"u8, path);
        json.WriteNumber("status"u8, status);
        json.WriteNumber("ms"u8, Math.Round(took.TotalMilliseconds, 3));
        if (userId is { } user)
        {
            json.WriteString("user"u8, Core.Ids.ToTypeId(Core.Ids.UserPrefix, user));
        }
        json.WriteString("request_id"u8, requestId);
        if (isAborted)
        {
            json.WriteBoolean("aborted"u8, true);
        }
        if (withClientAddress && client is not null)
        {
            json.WriteString("client"u8, (client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client).ToString());
        }
        End(buffer, json);
    }

    public ILogger CreateLogger(string categoryName) => loggers.GetOrAdd(categoryName, static (name, log) => new Logger(log, name), this);

    public void Dispose()
    {
        closed = true;
        signal.Release();
        writer.Join(TimeSpan.FromSeconds(2));
    }

    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Json) Begin(string level, string name)
    {
        if (scratch is not var (buffer, json))
        {
            buffer = new ArrayBufferWriter<byte>(1024);
            json = new Utf8JsonWriter(buffer, Options);
            scratch = (buffer, json);
        }
        buffer.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
        Span<byte> time = stackalloc byte[Core.Clock.Characters];
        Core.Clock.Write(DateTime.UtcNow, time);
        json.WriteString("time"u8, time);
        json.WriteString("level"u8, level);
        json.WriteString("event"u8, name);
        return (buffer, json);
    }

    private void End(ArrayBufferWriter<byte> buffer, Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
        bool first;
        lock (gate)
        {
            if (pending.WrittenCount + buffer.WrittenCount >= PendingBytes)
            {
                dropped++;
                return;
            }
            first = pending.WrittenCount == 0;
            pending.Write(buffer.WrittenSpan);
            pending.Write("\n"u8);
        }
        if (first)
        {
            signal.Release();
        }
    }

    private void WriteOut()
    {
        while (true)
        {
            signal.Wait();
            long lost;
            lock (gate)
            {
                (pending, writing) = (writing, pending);
                (lost, dropped) = (dropped, 0);
            }
            try
            {
                output.Write(writing.WrittenSpan);
                output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads any more: a server does not stop for that.
            }
            writing.ResetWrittenCount();
            if (lost > 0)
            {
                var (buffer, json) = Begin("warning", "log lines dropped");
                json.WriteNumber("lines"u8, lost);
                End(buffer, json);
            }
            if (closed && pending.WrittenCount == 0)
            {
                return;
            }
        }
    }

    private sealed class Logger(JsonLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var level = logLevel switch
            {
                LogLevel.Trace => "trace",
                LogLevel.Debug => "debug",
                LogLevel.Information => "info",
                LogLevel.Warning => "warning",
                LogLevel.Error => "error",
                _ => "critical",
            };
            var (buffer, json) = Begin(level, eventId.Name ?? category);
            json.WriteString("category"u8, category);
            var message = formatter(state, exception);
            json.WriteString("message"u8, message);
            if (state is IReadOnlyList<KeyValuePair<string, object?>> members)
            {
                foreach (var (name, value) in members)
                {
                    // A message that is nothing but one value, as PostgreSQL's are, is not said twice.
                    if (name != "{OriginalFormat}" && value is not null && Convert.ToString(value, CultureInfo.InvariantCulture) is { } text && text != message)
                    {
                        json.WriteString(name, text);
                    }
                }
            }
            if (exception is not null)
            {
                json.WriteString("exception"u8, exception.ToString());
            }
            log.End(buffer, json);
        }
    }
}
