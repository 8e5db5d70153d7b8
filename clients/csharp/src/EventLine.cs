using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Quehacer.Client;

/// <summary>One line of Server-Sent Events. However it ends, whoever reads it comes back behind the last event.</summary>
internal sealed class EventLine(HttpClient http, HttpRequestMessage message) : IAsyncDisposable
{
    /// <summary>Three times as long as the server stays silent.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    private HttpResponseMessage? answer;
    private IAsyncEnumerator<SseItem<string>>? items;

    /// <summary>The next event; null when the line has ended.</summary>
    public async Task<Event?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (items is null)
            {
                answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
                if (!answer.IsSuccessStatusCode)
                {
                    // Why, the next request says, which is asked in the usual way.
                    return null;
                }
                items = SseParser.Create(await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            }
            while (await items.MoveNextAsync().AsTask().WaitAsync(Silence, cancellationToken).ConfigureAwait(false))
            {
                if (items.Current.EventType == SseParser.EventTypeDefault)
                {
                    return JsonSerializer.Deserialize(items.Current.Data, QuehacerJson.Default.Event);
                }
            }
            return null;
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException or TimeoutException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync()
    {
        // What is being waited for ends with it.
        answer?.Dispose();
        return default;
    }
}
