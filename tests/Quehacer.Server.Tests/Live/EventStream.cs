using System.Net;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Live;

/// <param name="Id">As the last line <c>id:</c> before it said.</param>
/// <param name="Name">Of the line's own events; null for those of the log.</param>
public sealed record Sent(string? Id, string? Name, JsonNode Data)
{
    /// <summary>The data as they came.</summary>
    public required string Text { get; init; }

    public string Type => (string)Data["type"]!;
}

/// <summary>A line of Server-Sent Events, read as the HTML standard says (§9.2.6).</summary>
public sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpResponseMessage response;
    private readonly StreamReader reader;

    private EventStream(HttpResponseMessage response, StreamReader reader) => (this.response, this.reader) = (response, reader);

    /// <summary>Comments that have come.</summary>
    public int Heartbeats { get; private set; }

    public HttpResponseMessage Response => response;

    /// <summary>Opens one; null when the server refuses, whose answer is given then.</summary>
    public static async Task<(EventStream? Stream, HttpStatusCode Status, string Refusal)> TryOpenAsync(
        HttpClient http, string? token, string query = "", string? lastId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/stream{query}");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }
        if (lastId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastId);
        }
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            using (response)
            {
                return (null, response.StatusCode, await response.Content.ReadAsStringAsync());
            }
        }
        return (new EventStream(response, new StreamReader(await response.Content.ReadAsStreamAsync())), response.StatusCode, "");
    }

    public static async Task<EventStream> OpenAsync(HttpClient http, string? token, string query = "", string? lastId = null)
    {
        var (stream, status, refusal) = await TryOpenAsync(http, token, query, lastId);
        return stream ?? throw new InvalidOperationException($"The stream was refused: {status} {refusal}");
    }

    /// <summary>The next event; null at the end of the line.</summary>
    public async Task<Sent?> NextAsync(TimeSpan? patience = null)
    {
        using var enough = new CancellationTokenSource(patience ?? Patience);
        string? id = null, name = null, data = null;
        while (await reader.ReadLineAsync(enough.Token) is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null)
                {
                    return new Sent(id, name, JsonNode.Parse(data)!) { Text = data };
                }
                continue;
            }
            if (line[0] == ':')
            {
                Heartbeats++;
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(colon + 1)..].TrimStart(' ');
            switch (line[..colon])
            {
                case "id":
                    id = value;
                    break;
                case "event":
                    name = value;
                    break;
                case "data":
                    data = data is null ? value : $"{data}\n{value}";
                    break;
            }
        }
        return null;
    }

    /// <summary>The next one of this name or type.</summary>
    public async Task<Sent> UntilAsync(string what)
    {
        while (await NextAsync() is { } sent)
        {
            if (sent.Name == what || (sent.Name is null && sent.Type == what))
            {
                return sent;
            }
        }
        throw new InvalidOperationException($"The line ended without {what}.");
    }

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}
