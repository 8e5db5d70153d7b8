using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Tasks;

namespace Quehacer.Server.Http;

/// <summary>Query parameters of task lists that mean the same in every contract that has them, whatever it calls them.</summary>
internal static class TaskParameters
{
    /// <param name="words">For the priorities, in the order of <see cref="TaskPriority"/>.</param>
    public static IReadOnlyList<TaskPriority> Priorities(this QueryReader query, string name, string[] words)
    {
        var priorities = new SortedSet<TaskPriority>();
        foreach (var word in query.Several(name, Field.PriorityFilter))
        {
            var index = words.IndexOf(word);
            if (index < 0)
            {
                query.Refuse(Field.PriorityFilter, FieldFault.NotOneOf);
                return [];
            }
            priorities.Add((TaskPriority)index);
        }
        return [.. priorities];
    }

    /// <summary>A revision, or a time as <see cref="QueryReader.Time"/> reads it.</summary>
    public static Moment? Moment(this QueryReader query, string name, Field field)
    {
        if (query.Single(name, field) is not { } text)
        {
            return null;
        }
        if (text.Length > 0 && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0)
        {
            // More digits than a number has are a revision that nobody reaches.
            return new Moment(long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? revision : long.MaxValue, default);
        }
        return query.Time(name, field) is { } time ? new Moment(null, time) : null;
    }

    public static IReadOnlyList<string> TagNames(this QueryReader query, string name)
    {
        var names = query.Several(name, Field.TagFilter);
        if (names.Count > Limits.TagsOfATask)
        {
            query.Refuse(Field.TagFilter, FieldFault.TooMany, Limits.TagsOfATask);
            return [];
        }
        if (!names.All(name => Text.IsStorable(name)))
        {
            query.Refuse(Field.TagFilter, FieldFault.NotText);
            return [];
        }
        return [.. names.Select(Text.NormaliseName)];
    }

    public static IReadOnlyList<SearchWord> SearchWords(this QueryReader query, string name, Field field = Field.Query)
    {
        if (query.Single(name, field) is not { } text)
        {
            return [];
        }
        if (!Text.IsStorable(text))
        {
            query.Refuse(field, FieldFault.NotText);
            return [];
        }
        if (Text.Characters(text) > Limits.SearchCharacters)
        {
            query.Refuse(field, FieldFault.TooLong, Limits.SearchCharacters);
            return [];
        }
        var words = Search.Parse(text);
        if (words.Count == 0)
        {
            query.Refuse(field, FieldFault.NothingToSearchFor);
        }
        if (words.Count(word => word.IsPrefix) > Limits.SearchPrefixes)
        {
            query.Refuse(field, FieldFault.TooMany, Limits.SearchPrefixes);
        }
        return words;
    }

    /// <summary>A bare name has its natural direction, a minus turns it round, and a second parameter says it outright: <c>asc</c> or <c>desc</c>.</summary>
    /// <param name="named">The order of this name; null where there is none.</param>
    public static (TaskSort Sort, bool Reversed) Order(this QueryReader query, string sortName, string orderName, Func<string, TaskSort?> named) =>
        query.Order(sortName, Field.Sort, orderName, named, TaskSort.Created, sort => sort is TaskSort.Created or TaskSort.Updated or TaskSort.Priority);

    /// <summary>The same of a list of other things.</summary>
    /// <param name="usual">The order where none is named.</param>
    /// <param name="descendsNaturally">Whether an order descends unless it is turned round.</param>
    public static (TSort Sort, bool Reversed) Order<TSort>(
        this QueryReader query, string sortName, Field sortField, string orderName, Func<string, TSort?> named, TSort usual, Func<TSort, bool> descendsNaturally)
        where TSort : struct, Enum
    {
        var text = query.Single(sortName, sortField);
        var turned = text is ['-', ..];
        var found = text is null ? usual : named(turned ? text[1..] : text);
        if (found is null)
        {
            query.Refuse(sortField, FieldFault.NotOneOf);
        }
        var sort = found ?? usual;
        var naturallyDescends = descendsNaturally(sort);
        bool? reversed = null;
        switch (query.Single(orderName, Field.Order))
        {
            case null:
                break;
            case "asc":
                reversed = naturallyDescends;
                break;
            case "desc":
                reversed = !naturallyDescends;
                break;
            default:
                query.Refuse(Field.Order, FieldFault.NotOneOf);
                break;
        }
        if (turned && reversed == false)
        {
            query.Refuse(Field.Order, FieldFault.Contradiction, name: sortName);
        }
        return (sort, reversed ?? turned);
    }

    /// <summary>Members of a task to show; null for all.</summary>
    /// <param name="known">Every member that a task of the contract has.</param>
    public static IReadOnlyList<string>? Members(this QueryReader query, string name, string[] known)
    {
        var fields = query.Several(name, Field.Fields);
        foreach (var field in fields.Where(field => !known.Contains(field)))
        {
            query.Refuse(Field.Fields, FieldFault.UnknownName, name: field, nearest: Nearest.Of(field, known));
        }
        return fields.Count > 0 ? fields : null;
    }
}
