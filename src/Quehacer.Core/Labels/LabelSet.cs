using Npgsql;
using Quehacer.Core.Tasks;

namespace Quehacer.Core.Labels;

/// <summary>What a request's labels came to.</summary>
/// <param name="Tags">In the order of the names or ids, each once.</param>
/// <param name="HasCategory">The category exists, or, while <paramref name="IsComplete"/> is false, may exist.</param>
/// <param name="IsComplete">Nothing is missing: no tag would have to be made, and the category and the tags given by id are known.</param>
internal readonly record struct ResolvedLabels(IReadOnlyList<TagRef> Tags, bool HasCategory, bool IsComplete)
{
    /// <summary>Of a request that names none.</summary>
    public static readonly ResolvedLabels None = new([], HasCategory: true, IsComplete: true);

    /// <summary>The place of the first id that no tag has; null where there is none, or, while <see cref="IsComplete"/> is false, may be none.</summary>
    public int? MissingTag { get; init; }

    public Guid[] TagIds => [.. Tags.Select(tag => tag.Id)];

    /// <summary>The tags of some of the names, each once.</summary>
    public IReadOnlyList<TagRef> Of(string[] names)
    {
        if (names.Length == 0)
        {
            return [];
        }
        var keys = names.Select(Text.NameKey).ToHashSet(StringComparer.Ordinal);
        return [.. Tags.Where(tag => keys.Contains(Text.NameKey(tag.Name)))];
    }
}

/// <summary>
/// Some labels of one workspace, by the ids under which tasks carry them. A tag that was merged into another is found under its old id too;
/// an id whose label is gone is known to be gone, so that it is not looked for again.
/// </summary>
internal sealed class LabelSet
{
    /// <summary>
    /// One row for every id asked for: the label it leads to now, or nulls. Append a condition on <c>i.id</c>'s source; parameter <c>$1</c> is
    /// the workspace.
    /// </summary>
    public const string Columns = "i.id, l.label_id, l.kind, l.name, l.name_key, l.color";

    /// <summary>Joins <c>i(id)</c> to the labels it leads to; <c>$1</c> is the workspace.</summary>
    public const string Join = """
        LEFT JOIN labels o ON o.workspace_id = $1 AND o.label_id = i.id
        LEFT JOIN labels l ON l.workspace_id = $1 AND l.label_id = coalesce(o.merged_into, o.label_id)
        """;

    private readonly Dictionary<Guid, LabelFace?> byId;
    private readonly Dictionary<string, Guid> tagsByName;

    public LabelSet()
        : this([], new Dictionary<string, Guid>(StringComparer.Ordinal))
    {
    }

    private LabelSet(Dictionary<Guid, LabelFace?> byId, Dictionary<string, Guid> tagsByName)
    {
        this.byId = byId;
        this.tagsByName = tagsByName;
    }

    public int Count => byId.Count;

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public void Add(NpgsqlDataReader row, int first)
    {
        var id = row.GetGuid(first);
        if (row.IsDBNull(first + 1))
        {
            byId[id] = null;
            return;
        }
        var face = new LabelFace(row.GetGuid(first + 1), (LabelKind)row.GetInt16(first + 2), row.GetString(first + 3), row.IsDBNull(first + 5) ? null : row.GetString(first + 5));
        Add(id, face, row.GetString(first + 4));
    }

    /// <summary>A tag that has just been made.</summary>
    public void Add(TagRef tag) => Add(tag.Id, new LabelFace(tag.Id, LabelKind.Tag, tag.Name, null), Text.NameKey(tag.Name));

    /// <summary>A label that has just been made.</summary>
    public void Add(LabelFace face) => Add(face.Id, face, Text.NameKey(face.Name));

    /// <summary>The tag of a name; null where none is known.</summary>
    public Guid? TagOf(string name) => tagsByName.TryGetValue(Text.NameKey(name), out var id) ? id : null;

    /// <summary>The category of a name; null where none is known.</summary>
    public Guid? CategoryOf(string name) =>
        byId.Values.FirstOrDefault(face => face is { Kind: LabelKind.Category } && Text.NameKey(face.Name) == Text.NameKey(name))?.Id;

    /// <summary>This set and another, where both are of the same revision.</summary>
    public LabelSet With(LabelSet other)
    {
        var ids = new Dictionary<Guid, LabelFace?>(byId);
        var names = new Dictionary<string, Guid>(tagsByName, StringComparer.Ordinal);
        foreach (var (id, face) in other.byId)
        {
            ids[id] = face;
        }
        foreach (var (name, id) in other.tagsByName)
        {
            names[name] = id;
        }
        return new LabelSet(ids, names);
    }

    /// <summary>Collects the ids of the task's labels that are not known.</summary>
    public void AddUnknown(TaskItem task, ref HashSet<Guid>? unknown)
    {
        if (task.CategoryId is { } category && !byId.ContainsKey(category))
        {
            (unknown ??= []).Add(category);
        }
        foreach (var id in task.TagIds)
        {
            if (!byId.ContainsKey(id))
            {
                (unknown ??= []).Add(id);
            }
        }
    }

    /// <summary>The task with its labels as they are now: what was merged is the one it was merged into, and what is gone is left out.</summary>
    public (TaskItem Task, IReadOnlyList<string> Tags, LabelFace? Category) Show(TaskItem task)
    {
        var category = task.CategoryId is { } id && Find(id, LabelKind.Category) is { } face ? face : null;
        var names = task.TagIds.Length == 0 ? [] : new string[task.TagIds.Length];
        for (var i = 0; i < names.Length; i++)
        {
            if (Find(task.TagIds[i], LabelKind.Tag) is not { } tag || tag.Id != task.TagIds[i])
            {
                return ShowChanged(task, category);
            }
            names[i] = tag.Name;
        }
        return (category?.Id == task.CategoryId ? task : task with { CategoryId = category?.Id }, names, category);
    }

    /// <summary>The same for a task some of whose tags are not what they were.</summary>
    private (TaskItem Task, IReadOnlyList<string> Tags, LabelFace? Category) ShowChanged(TaskItem task, LabelFace? category)
    {
        var tags = task.TagIds.Select(id => Find(id, LabelKind.Tag)).OfType<LabelFace>().DistinctBy(tag => tag.Id).ToList();
        return (task with { CategoryId = category?.Id, TagIds = [.. tags.Select(tag => tag.Id)] }, [.. tags.Select(tag => tag.Name)], category);
    }

    /// <summary>The tags of a task that <see cref="Show"/> has given, as they are now and in their order.</summary>
    public IReadOnlyList<LabelFace> TagsOf(TaskItem shown) => [.. shown.TagIds.Select(id => Find(id, LabelKind.Tag)).OfType<LabelFace>()];

    /// <summary>
    /// Resolves what an operation names, from what is known here alone. A tag whose name is not known comes back as new, with a fresh id. A name or
    /// an id given twice counts once.
    /// </summary>
    /// <param name="isAll">What is not known here does not exist.</param>
    public ResolvedLabels Resolve(TaskOperation operation, bool isAll, DateTime now)
    {
        var resolved = Resolve(operation.TagNames, operation.CategoryId, isAll, now);
        return operation.TagIds.Length == 0 ? resolved : WithTags(resolved, operation.TagIds, isAll);
    }

    private ResolvedLabels WithTags(ResolvedLabels resolved, Guid[] tagIds, bool isAll)
    {
        var faces = Array.ConvertAll(tagIds, id => Find(id, LabelKind.Tag));
        var missing = Array.IndexOf(faces, null);
        return resolved with
        {
            Tags = [.. faces.OfType<LabelFace>().DistinctBy(face => face.Id).Select(face => new TagRef(face.Id, face.Name, IsNew: false))],
            IsComplete = resolved.IsComplete && missing < 0,
            MissingTag = isAll && missing >= 0 ? missing : null,
        };
    }

    private ResolvedLabels Resolve(string[] tagNames, Guid? categoryId, bool isAll, DateTime now)
    {
        var tags = tagNames.Length == 0 ? [] : new List<TagRef>(tagNames.Length);
        var seen = tagNames.Length < 2 ? null : new HashSet<string>(tagNames.Length, StringComparer.Ordinal);
        var isComplete = true;
        foreach (var name in tagNames)
        {
            var key = Text.NameKey(name);
            if (seen?.Add(key) == false)
            {
                continue;
            }
            var isKnown = tagsByName.TryGetValue(key, out var id);
            isComplete &= isKnown;
            tags.Add(isKnown ? new TagRef(id, name, IsNew: false) : new TagRef(Ids.New(now), name, IsNew: true));
        }
        var hasCategory = categoryId is null || Find(categoryId.Value, LabelKind.Category) is not null;
        return new ResolvedLabels(tags, hasCategory || !isAll, isComplete && hasCategory);
    }

    private LabelFace? Find(Guid id, LabelKind kind) => byId.TryGetValue(id, out var face) && face?.Kind == kind ? face : null;

    private void Add(Guid id, LabelFace face, string nameKey)
    {
        byId[id] = face;
        byId[face.Id] = face;
        if (face.Kind == LabelKind.Tag)
        {
            tagsByName[nameKey] = face.Id;
        }
    }
}
