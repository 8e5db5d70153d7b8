using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Quehacer.Client;

/// <summary>The query of an address. What is null is left out.</summary>
internal sealed class Query
{
    private readonly StringBuilder text = new();

    public Query Add(string name, string? value)
    {
        if (value is not null)
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
        return this;
    }

    public Query Add(string name, int? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public Query Add(string name, bool? value) => Add(name, value switch { true => "true", false => "false", null => null });

    public Query Add(string name, DateTimeOffset? value) => Add(name, value?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));

    public Query Add<T>(string name, T? value)
        where T : struct, Enum => Add(name, value is { } word ? Word(word) : null);

    public Query Add<T>(string name, IReadOnlyList<T>? values)
        where T : struct, Enum => Add(name, values?.Select(Word).ToList());

    /// <summary>Each by itself, which means the same as one list with commas.</summary>
    public Query Add(string name, IReadOnlyList<string>? values)
    {
        foreach (var value in values ?? [])
        {
            Add(name, value);
        }
        return this;
    }

    public override string ToString() => text.ToString();

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
