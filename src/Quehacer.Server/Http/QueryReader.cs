using System.Globalization;
using Microsoft.Extensions.Primitives;
using Quehacer.Core;

namespace Quehacer.Server.Http;

internal static class Queries
{
    /// <summary>Takes a parameter that has been dealt with out of the query. The rest stays as it was sent: what is not UTF-8 is for the endpoint to see.</summary>
    public static void DropFromQuery(this HttpContext http, string name)
    {
        var others = http.Request.QueryString.Value![1..].Split('&').Where(parameter => Uri.UnescapeDataString(parameter.Split('=')[0].Replace('+', ' ')) != name).ToList();
        http.Request.QueryString = others.Count == 0 ? QueryString.Empty : new QueryString("?" + string.Join('&', others));
    }
}

/// <summary>
/// Reads query parameters and collects what is wrong with them. A parameter that was not asked for is unknown and refused with the name that
/// was probably meant, save names that begin with <c>_</c> or <c>utm_</c>, which caches and trackers add. Names are compared to the letter.
/// </summary>
/// <param name="sent">The parameters.</param>
/// <param name="asSent">The same as they came: what decoding left as it was, because its bytes are no UTF-8, is refused rather than taken for its own escapes.</param>
/// <param name="ignoresUnknown">The contract's clients send what it does not know, and the empty fields of forms, and expect both to mean nothing.</param>
internal sealed class QueryReader(IQueryCollection sent, QueryString asSent = default, bool ignoresUnknown = false)
{
    private readonly IQueryCollection query = ignoresUnknown && sent.Any(parameter => IsEmpty(parameter.Value))
        ? new QueryCollection(sent.Where(parameter => !IsEmpty(parameter.Value)).ToDictionary())
        : sent;

    private readonly List<string> known = [];
    private readonly List<FieldError> faults = [];

    /// <summary>What is wrong with the query of an address that takes no parameters.</summary>
    public static Error? RefuseAny(IQueryCollection query) => query.Count == 0 ? null : new QueryReader(query).Finish();

    /// <summary>A parameter of caches and trackers: it is no fault, and means nothing here.</summary>
    public static bool IsForeign(string name) => name.StartsWith('_') || name.StartsWith("utm_", StringComparison.Ordinal);

    /// <summary>Everything that is wrong; null when nothing is. To be asked last.</summary>
    public Error? Finish()
    {
        foreach (var name in query.Keys)
        {
            if (!ignoresUnknown && !known.Contains(name) && !IsForeign(name))
            {
                faults.Add(new FieldError(Field.Unknown, FieldFault.UnknownName, Name: name, Nearest: Nearest.Of(name, known)));
            }
        }
        foreach (var parameter in asSent.Value?.TrimStart('?').Split('&').Where(parameter => !PercentEncoding.IsUtf8(parameter)) ?? [])
        {
            var name = Uri.UnescapeDataString(parameter.Split('=')[0]);
            if (known.Contains(name))
            {
                faults.Add(new FieldError(Field.Unknown, FieldFault.NotText, Name: name));
            }
        }
        return faults.Count > 0 ? Error.Invalid(faults) : null;
    }

    /// <summary>Nothing but empty values.</summary>
    public static bool IsEmpty(StringValues values) => values.All(string.IsNullOrEmpty);

    public void Refuse(Field field, FieldFault fault, long? limit = null, string? name = null, string? nearest = null) =>
        faults.Add(new FieldError(field, fault, limit, Name: name, Nearest: nearest));

    public bool Has(string name) => query.ContainsKey(name);

    /// <summary>A value that can be given once; null when it is absent, or given more than once, which is a fault.</summary>
    public string? Single(string name, Field field)
    {
        known.Add(name);
        if (!query.TryGetValue(name, out var values) || values.Count == 0)
        {
            return null;
        }
        if (values.Count > 1)
        {
            Refuse(field, FieldFault.Repeated);
            return null;
        }
        return values[0];
    }

    /// <summary>Values given by repetition, by commas, or both; empty when absent. An empty one among them is a fault.</summary>
    public IReadOnlyList<string> Several(string name, Field field)
    {
        known.Add(name);
        if (!query.TryGetValue(name, out var values))
        {
            return [];
        }
        var all = values.SelectMany(value => (value ?? "").Split(',')).Select(value => value.Trim()).ToList();
        if (all.Contains(""))
        {
            Refuse(field, FieldFault.Required);
            return [];
        }
        return all;
    }

    public int? Integer(string name, Field field, int most, int least = 1)
    {
        if (Single(name, field) is not { } text)
        {
            return null;
        }
        var digits = text.StartsWith('-') ? text.AsSpan(1) : text.AsSpan();
        if (digits.IsEmpty || digits.IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            Refuse(field, FieldFault.NotAnInteger);
            return null;
        }
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < least || value > most)
        {
            Refuse(field, FieldFault.OutOfRange, most);
            return null;
        }
        return value;
    }

    public bool? Flag(string name, Field field)
    {
        switch (Single(name, field))
        {
            case null:
                return null;
            case "true":
                return true;
            case "false":
                return false;
            default:
                Refuse(field, FieldFault.NotABoolean);
                return null;
        }
    }

    /// <summary>A time, or a date for its first moment in UTC.</summary>
    public DateTime? Time(string name, Field field)
    {
        if (Single(name, field) is not { } text)
        {
            return null;
        }
        // In a query a plus that was not escaped arrives as a space.
        if (text.Length > 6 && text[^6] == ' ' && text.Contains(':', StringComparison.Ordinal))
        {
            text = $"{text.AsSpan(0, text.Length - 6)}+{text.AsSpan(text.Length - 5)}";
        }
        if (Rfc3339.TryParse(text, out var time) || Rfc3339.TryParse(text + "T00:00:00Z", out time))
        {
            return time;
        }
        Refuse(field, FieldFault.NotADate);
        return null;
    }
}
