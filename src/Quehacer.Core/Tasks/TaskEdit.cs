using System.Globalization;
using Quehacer.Core.Labels;

namespace Quehacer.Core.Tasks;

/// <summary>The bounds that the contract of a request puts on what it writes.</summary>
public sealed record TaskLimits(int TitleCharacters, int DescriptionCharacters, int Tags, int TagCharacters);

/// <summary>A tag as a task refers to it.</summary>
/// <param name="IsNew">It does not exist yet; the change makes it.</param>
public readonly record struct TagRef(Guid Id, string Name, bool IsNew);

/// <summary>What a request wants of a task. Texts are storable, normalised and trimmed; nothing else has been checked.</summary>
public sealed record TaskEdit
{
    public Edit<string> Title { get; init; }

    public Edit<string?> Description { get; init; }

    public Edit<TaskState> State { get; init; }

    public Edit<TaskPriority> Priority { get; init; }

    /// <summary>The contract has no word above high: who writes high over critical has seen it so, and leaves it as it is.</summary>
    public bool HighCoversCritical { get; init; }

    public Edit<DateTime?> DueDate { get; init; }

    public Edit<Guid?> CategoryId { get; init; }

    /// <summary>The names of all tags that the task shall have. A name given twice counts once.</summary>
    public Edit<string[]> Tags { get; init; }

    /// <summary>The ids of all tags that the task shall have, not beside any names. An id given twice counts once; the id of a tag that was merged stands for the other one.</summary>
    public Edit<Guid[]> TagIds { get; init; }

    /// <summary>Names of tags to add to those that the task has; none of them is to be taken away as well, and not beside <see cref="Tags"/>.</summary>
    public Edit<string[]> AddTags { get; init; }

    /// <summary>Names of tags to take away from those that the task has.</summary>
    public Edit<string[]> RemoveTags { get; init; }

    /// <summary>Who is to do it; null for nobody.</summary>
    public Edit<Guid?> AssigneeId { get; init; }

    /// <summary>The task that this one shall lie below, by any of its names; null for none.</summary>
    public Edit<TaskRef?> Parent { get; init; }

    /// <summary>Faults of form that no member above can carry, such as an unknown member.</summary>
    public IReadOnlyList<FieldError> Faults { get; init; } = [];

    /// <summary>Every name of a tag that is in the edit.</summary>
    internal string[] TagNames =>
        AddTags.IsPresent || RemoveTags.IsPresent ? [.. Tags.Or([]), .. AddTags.Or([]), .. RemoveTags.Or([])] : Tags.Or([]);

    /// <summary>The priority of a task after the edit.</summary>
    internal TaskPriority PriorityAfter(TaskPriority stored) =>
        HighCoversCritical && stored == TaskPriority.Critical && Priority.Or(stored) == TaskPriority.High ? stored : Priority.Or(stored);

    /// <summary>The same for edits that ask for the same. Lengths go before texts, so that no two edits run into each other.</summary>
    internal string Spelling
    {
        get
        {
            static string One<T>(char name, Edit<T> edit, Func<T, string> spelled) => edit.IsSet ? $"{name}{Measured(spelled(edit.Value))}" : "";
            static string Several(char name, Edit<string[]> edit) => One(name, edit, names => string.Concat(names.Select(Measured)));
            static string Measured(string text) => string.Create(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
            return string.Concat(
            [
                One('t', Title, title => title), One('d', Description, text => text is null ? "" : "=" + text), One('s', State, state => state.ToString()),
                One('p', Priority, priority => priority.ToString()), One('u', DueDate, due => due?.Ticks.ToString(CultureInfo.InvariantCulture) ?? ""),
                One('c', CategoryId, id => id?.ToString("N") ?? ""), Several('n', Tags), Several('a', AddTags), Several('r', RemoveTags),
                    One('i', TagIds, ids => string.Concat(ids.Select(id => id.ToString("N")))), HighCoversCritical ? "h" : "",
                    One('g', AssigneeId, id => id?.ToString("N") ?? ""),
                    One('b', Parent, parent => parent is { } task ? string.Create(CultureInfo.InvariantCulture, $"{task.Id:N}{task.Number}") : ""),
            ]);
        }
    }

    /// <summary>The tags that a task shall have: those that are named, or its own with some taken away and some added. Null when nothing is said of tags.</summary>
    internal Guid[]? TagIdsAfter(Guid[] stored, ResolvedLabels labels)
    {
        if (!AddTags.IsSet && !RemoveTags.IsSet)
        {
            return Tags.IsSet || TagIds.IsSet ? labels.TagIds : null;
        }
        var removed = labels.Of(RemoveTags.Or([])).Select(tag => tag.Id);
        return [.. stored.Except(removed).Union(labels.Of(AddTags.Or([])).Select(tag => tag.Id))];
    }

    /// <summary>The parent that a task shall have; its own when the edit names none, or one that is not there.</summary>
    internal Guid? ParentIdAfter(TaskItem? stored, Surroundings around) =>
        !Parent.IsSet || NamesParentOf(stored) ? stored?.ParentId
        : Parent.Value is null ? null
        : around.Above.Count > 0 ? around.Above[0].Id : stored?.ParentId;

    /// <summary>Adds that nobody can be told to do the task who is not in its workspace; whether there is such an account at all is not said.</summary>
    internal void CheckAssignee(TaskItem? stored, Surroundings around, List<FieldError> faults)
    {
        AddFault(Field.AssigneeId, AssigneeId, faults);
        if (AssigneeId.Or(null) is { } assignee && assignee != stored?.AssigneeId && !around.Members.Contains(assignee))
        {
            faults.Add(new FieldError(Field.AssigneeId, FieldFault.NoSuchThing));
        }
    }

    /// <summary>The edit says of the parent what is so already, as can be seen from the task alone.</summary>
    internal bool NamesParentOf(TaskItem? stored) => Parent.IsSet && (Parent.Value is { } parent ? parent.Number == 0 && parent.Id == stored?.ParentId : stored?.ParentId is null);

    /// <summary>Adds what is wrong with the parent: it is not there, or the task would lie below itself, or too deep, or among too many.</summary>
    internal void CheckParent(TaskItem? stored, Surroundings around, List<FieldError> faults)
    {
        AddFault(Field.ParentId, Parent, faults);
        if (!Parent.IsSet || Parent.Value is null || NamesParentOf(stored))
        {
            return;
        }
        if (around.Above.Count == 0)
        {
            faults.Add(new FieldError(Field.ParentId, FieldFault.NoSuchThing));
        }
        else if (around.Above[0].Id == stored?.ParentId)
        {
            // Named by its number, it is the same.
        }
        else if (stored is not null && around.Above.Any(task => task.Id == stored.Id))
        {
            faults.Add(new FieldError(Field.ParentId, FieldFault.Cycle));
        }
        else if (!around.HasRoomFor(around.Levels))
        {
            faults.Add(new FieldError(Field.ParentId, FieldFault.TooDeep, Limits.TaskLevels));
        }
        else if (around.Above[0].Subtasks.Total >= Limits.SubtasksOfATask)
        {
            faults.Add(new FieldError(Field.ParentId, FieldFault.TooMany, Limits.SubtasksOfATask));
        }
    }

    /// <summary>
    /// Adds what is wrong with the values. Limits, and the rule that due dates lie in the future, hold only for a value that differs from
    /// the stored one, so that whatever was read can be put back.
    /// </summary>
    internal void Check(TaskItem? stored, ResolvedLabels labels, TaskLimits limits, DateTime now, List<FieldError> faults)
    {
        AddFault(Field.Title, Title, faults, limits.TitleCharacters);
        if (Title.IsSet && Title.Value != stored?.Title)
        {
            if (Title.Value.Length == 0)
            {
                faults.Add(new FieldError(Field.Title, FieldFault.Required, limits.TitleCharacters));
            }
            else if (Text.Characters(Title.Value) > limits.TitleCharacters)
            {
                faults.Add(new FieldError(Field.Title, FieldFault.TooLong, limits.TitleCharacters));
            }
        }

        AddFault(Field.Description, Description, faults);
        if (Description.IsSet && Description.Value is { } description && description != stored?.Description && Text.Characters(description) > limits.DescriptionCharacters)
        {
            faults.Add(new FieldError(Field.Description, FieldFault.TooLong, limits.DescriptionCharacters));
        }

        AddFault(Field.Status, State, faults);
        AddFault(Field.Priority, Priority, faults);

        AddFault(Field.DueDate, DueDate, faults);
        if (DueDate.IsSet && DueDate.Value is { } due && due != stored?.DueDate && due <= now)
        {
            faults.Add(new FieldError(Field.DueDate, FieldFault.NotInFuture));
        }

        AddFault(Field.CategoryId, CategoryId, faults);
        if (CategoryId.IsSet && CategoryId.Value != stored?.CategoryId && !labels.HasCategory)
        {
            faults.Add(new FieldError(Field.CategoryId, FieldFault.NoSuchThing));
        }

        AddFault(Field.Tags, Tags, faults);
        AddFault(Field.TagIds, TagIds, faults);
        AddFault(Field.AddTags, AddTags, faults);
        AddFault(Field.RemoveTags, RemoveTags, faults);
        if (labels.MissingTag is { } missing)
        {
            faults.Add(new FieldError(Field.TagIds, FieldFault.NoSuchThing, Index: missing));
        }
        else if (TagIdsAfter(stored?.TagIds ?? [], labels) is { } after && stored?.HasTags(after) != true)
        {
            var (field, named) = TagIds.IsSet ? (Field.TagIds, labels.Tags) : Tags.IsSet ? (Field.Tags, labels.Tags) : (Field.AddTags, labels.Of(AddTags.Or([])));
            if (after.Length > limits.Tags && (Tags.IsSet || named.Count > 0))
            {
                faults.Add(new FieldError(field, FieldFault.TooMany, limits.Tags));
            }
            if (!TagIds.IsSet)
            {
                CheckTags(field, stored, named, limits, faults);
            }
        }
    }

    /// <summary>A tag that the task has already is not measured again: another contract may have given it a longer name.</summary>
    private static void CheckTags(Field field, TaskItem? stored, IReadOnlyList<TagRef> tags, TaskLimits limits, List<FieldError> faults)
    {
        for (var i = 0; i < tags.Count; i++)
        {
            var tag = tags[i];
            if (stored?.TagIds.Contains(tag.Id) == true)
            {
                continue;
            }
            if (tag.Name.Length == 0)
            {
                faults.Add(new FieldError(field, FieldFault.Required, limits.TagCharacters, i));
            }
            else if (Text.Characters(tag.Name) > limits.TagCharacters)
            {
                faults.Add(new FieldError(field, FieldFault.TooLong, limits.TagCharacters, i));
            }
        }
    }

    private static void AddFault<T>(Field field, Edit<T> edit, List<FieldError> faults, long? limit = null)
    {
        if (edit.Fault is { } fault)
        {
            faults.Add(new FieldError(field, fault, limit));
        }
    }
}
