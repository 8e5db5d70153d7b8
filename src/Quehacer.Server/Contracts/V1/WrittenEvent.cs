using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Quehacer.Core.Events;
using Quehacer.Core.Realtime;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>The JSON of an event, written once for whatever channel sends it.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct WrittenEvent(byte[] Json) : IWritten<EventBody>
{
    /// <summary>With fewer, calling another processor takes longer than it helps.</summary>
    private const int WorthSharing = 32;

    /// <summary>Letters of every language stay readable, as in every answer.</summary>
    private static readonly BodyJson Readable = new(new JsonSerializerOptions(BodyJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static readonly Func<EventView, byte[]> Of = view => Write(EventBody.Of(view));

    /// <summary>The same as one of Server-Sent Events. There is no end of a line within its JSON.</summary>
    public static readonly Func<EventView, byte[]> Frame = view => [.. "id: "u8, .. Encoding.ASCII.GetBytes(view.Cursor!), .. "\ndata: "u8, .. Of(view), .. "\n\n"u8];

    public static byte[] Write(EventBody body) => JsonSerializer.SerializeToUtf8Bytes(body, Readable.EventBody);

    /// <summary>All of a page.</summary>
    public static IReadOnlyList<WrittenEvent> All(IReadOnlyList<EventView> views)
    {
        var written = new WrittenEvent[views.Count];
        Each(views, (views, at) => written[at] = new WrittenEvent(Of(views[at])));
        return written;
    }

    /// <summary>Writes the frames of these, which keep them.</summary>
    public static void Frames(IReadOnlyList<LiveEvent> events) => Each(events, static (events, at) => events[at].In(Frame));

    /// <summary>
    /// Writes events on every processor that has nothing else to do. Whoever catches up asks for one page after another, so a page is as fast as it is written.
    /// </summary>
    private static void Each<T>(IReadOnlyList<T> events, Action<IReadOnlyList<T>, int> write)
    {
        if (events.Count >= WorthSharing)
        {
            Share(events, write);
            return;
        }
        for (var at = 0; at < events.Count; at++)
        {
            write(events, at);
        }
    }

    /// <summary>On its own, so that few events, of which a line is told all the time, need no closure.</summary>
    private static void Share<T>(IReadOnlyList<T> events, Action<IReadOnlyList<T>, int> write) => Parallel.For(0, events.Count, at => write(events, at));

    internal sealed class Converter : JsonConverter<WrittenEvent>
    {
        public override WrittenEvent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("Events are only told.");

        public override void Write(Utf8JsonWriter writer, WrittenEvent value, JsonSerializerOptions options) => writer.WriteRawValue(value.Json, skipInputValidation: true);
    }
}
