using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Tasks;

namespace Quehacer.Server.Contracts.V1;

/// <summary>
/// Reads v1's query parameters. An unknown one is refused with the name that was probably meant, save names that begin with <c>_</c> or
/// <c>utm_</c>, which caches and trackers add.
/// </summary>
internal static class Query
{
    private static readonly string[] ListParameters = ["page", "limit", "status", "sort"];

    /// <summary>What is wrong with the query of an address that takes no parameters.</summary>
    public static Error? RefuseAny(IQueryCollection query)
    {
        if (query.Count == 0)
        {
            return null;
        }
        var faults = new List<FieldError>();
        RefuseUnknown(query, [], faults);
        return faults.Count > 0 ? Error.Invalid(faults) : null;
    }

    public static Result<TaskFilter> TaskList(IQueryCollection query)
    {
        var faults = new List<FieldError>();
        RefuseUnknown(query, ListParameters, faults);
        var page = Integer(query, "page", Field.Page, 1, int.MaxValue, faults);
        var limit = Integer(query, "limit", Field.Limit, Limits.PageTasksDefault, Limits.PageTasks, faults);

        TaskState? state = null;
        if (Single(query, "status", Field.StatusFilter, faults) is { } status)
        {
            switch (status)
            {
                case "pending":
                    state = TaskState.Pending;
                    break;
                case "done":
                    state = TaskState.Done;
                    break;
                case "all":
                    break;
                default:
                    faults.Add(new FieldError(Field.StatusFilter, FieldFault.NotOneOf));
                    break;
            }
        }

        var sort = TaskSort.Created;
        var reversed = false;
        if (Single(query, "sort", Field.Sort, faults) is { } order)
        {
            reversed = order.StartsWith('-');
            switch (order.AsSpan(reversed ? 1 : 0))
            {
                case "created":
                    break;
                case "updated":
                    sort = TaskSort.Updated;
                    break;
                case "priority":
                    sort = TaskSort.Priority;
                    break;
                default:
                    faults.Add(new FieldError(Field.Sort, FieldFault.NotOneOf));
                    break;
            }
        }
        return faults.Count > 0 ? Error.Invalid(faults) : new TaskFilter(state, sort, reversed, page, limit);
    }

    private static void RefuseUnknown(IQueryCollection query, string[] known, List<FieldError> faults)
    {
        foreach (var name in query.Keys)
        {
            if (Array.IndexOf(known, name) < 0 && !name.StartsWith('_') && !name.StartsWith("utm_", StringComparison.Ordinal))
            {
                faults.Add(new FieldError(Field.Unknown, FieldFault.UnknownName, Name: name, Nearest: Nearest.Of(name, known)));
            }
        }
    }

    private static string? Single(IQueryCollection query, string name, Field field, List<FieldError> faults)
    {
        // Names are compared to the letter: ?PAGE=2 is not page 2, and says so above.
        if (!query.TryGetValue(name, out var values) || values.Count == 0)
        {
            return null;
        }
        if (values.Count > 1)
        {
            faults.Add(new FieldError(field, FieldFault.Repeated));
            return null;
        }
        return values[0];
    }

    private static int Integer(IQueryCollection query, string name, Field field, int otherwise, int most, List<FieldError> faults)
    {
        if (Single(query, name, field, faults) is not { } text)
        {
            return otherwise;
        }
        var digits = text.StartsWith('-') ? text.AsSpan(1) : text.AsSpan();
        if (digits.IsEmpty || digits.IndexOfAnyExceptInRange('0', '9') >= 0)
        {
            faults.Add(new FieldError(field, FieldFault.NotAnInteger));
            return otherwise;
        }
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < 1 || value > most)
        {
            faults.Add(new FieldError(field, FieldFault.OutOfRange, most));
            return otherwise;
        }
        return value;
    }
}
