using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Quehacer.Client;

/// <summary>
/// A member of a change (RFC 7396): left alone unless it is set, and set to null it clears what can be empty. A value, or null, is assigned to it as
/// to a member of its own type: <c>new TaskChange { DueDate = null }</c> takes the date away, <c>new TaskChange()</c> leaves it.
/// </summary>
public readonly record struct Optional<T>
{
    private Optional(T value)
    {
        IsSet = true;
        Value = value;
    }

    /// <summary>Whether the change names the member.</summary>
    public bool IsSet { get; }

    /// <summary>What the member becomes; without meaning unless <see cref="IsSet"/>.</summary>
    public T Value { get; }

    /// <summary>A member that is set.</summary>
    public static implicit operator Optional<T>(T value) => new(value);
}

/// <summary>Writes the value alone. A member that is not set is left out where it stands.</summary>
internal sealed class OptionalConverter<T> : JsonConverter<Optional<T>>
{
    public override Optional<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Changes are written and never read.");

    public override void Write(Utf8JsonWriter writer, Optional<T> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value.Value, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
}
