using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Quehacer.Core;

/// <summary>JSON for the database: for events, and for rows that are written many at a time.</summary>
internal static class JsonText
{
    public static string Object(Action<Utf8JsonWriter> members) => Write(512, json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });

    /// <summary>An array with an object for each item.</summary>
    public static string Array<T>(IEnumerable<T> items, Action<Utf8JsonWriter, T> members) => Write(16 * 1024, json =>
    {
        json.WriteStartArray();
        foreach (var item in items)
        {
            json.WriteStartObject();
            members(json, item);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    /// <summary>Null where there is none.</summary>
    public static void WriteTime(this Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTime? value)
    {
        if (value is { } time)
        {
            json.WriteString(name, time);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>Null where there is none.</summary>
    public static void WriteId(this Utf8JsonWriter json, ReadOnlySpan<byte> name, Guid? value)
    {
        if (value is { } id)
        {
            json.WriteString(name, id);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string Write(int bytes, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(bytes);
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
