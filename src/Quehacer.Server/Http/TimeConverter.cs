using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>Writes times as <see cref="Clock.Format"/> says.</summary>
internal sealed class TimeConverter : JsonConverter<DateTime>
{
    public static string Text(DateTime value) => value.ToString(Clock.Format, CultureInfo.InvariantCulture);

    public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("The bodies of requests are read member by member.");

    public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[Clock.Characters];
        Clock.Write(value, text);
        writer.WriteStringValue(text);
    }
}
