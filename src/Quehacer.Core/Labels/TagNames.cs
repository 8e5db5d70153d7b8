using System.Collections.Concurrent;
using System.Data.Common;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;

namespace Quehacer.Core.Labels;

/// <summary>
/// Tags by id and by name, remembered per workspace for one value of its <c>labels_revision</c>. Every rename and deletion of a tag raises
/// that number, and every statement that reads tasks reads it too, so what is remembered is used only while it is true; making a tag does
/// not raise it, because nothing that was remembered becomes wrong.
/// </summary>
public sealed class TagNames(Database database)
{
    private sealed record Known(long LabelsRevision, Dictionary<Guid, string> Names, Dictionary<string, Guid> Ids)
    {
        public static readonly Known Nothing = new(-1, [], []);
    }

    private readonly ConcurrentDictionary<Guid, Known> workspaces = new();

    /// <summary>The names of a task's tags, in its order. A tag that has been deleted meanwhile is left out.</summary>
    internal async ValueTask<IReadOnlyList<string>> OfAsync(Guid workspaceId, long labelsRevision, Guid[] tagIds, CancellationToken cancellation)
    {
        if (tagIds.Length == 0)
        {
            return [];
        }
        var known = Get(workspaceId, labelsRevision);
        if (!Array.TrueForAll(tagIds, known.Names.ContainsKey))
        {
            known = await LoadAsync(workspaceId, tagIds, cancellation);
        }
        var names = new List<string>(tagIds.Length);
        foreach (var id in tagIds)
        {
            if (known.Names.TryGetValue(id, out var name))
            {
                names.Add(name);
            }
        }
        return names;
    }

    /// <summary>Loads in one statement whatever the tasks of a page lack, so that naming each of them afterwards asks nothing.</summary>
    internal async ValueTask PrefetchAsync(Guid workspaceId, long labelsRevision, IEnumerable<TaskItem> tasks, CancellationToken cancellation)
    {
        var known = Get(workspaceId, labelsRevision);
        HashSet<Guid>? missing = null;
        foreach (var task in tasks)
        {
            foreach (var id in task.TagIds)
            {
                if (!known.Names.ContainsKey(id))
                {
                    (missing ??= []).Add(id);
                }
            }
        }
        if (missing is not null)
        {
            await LoadAsync(workspaceId, [.. missing], cancellation);
        }
    }

    /// <summary>
    /// Resolves names from memory alone. What memory lacks comes back as new, with a fresh id: whoever would write it looks again under
    /// the workspace's lock. The revision says for which labels the answer holds.
    /// </summary>
    internal (IReadOnlyList<TagRef> Tags, long LabelsRevision) Recall(Guid workspaceId, string[] names, DateTime now)
    {
        var known = workspaces.GetValueOrDefault(workspaceId, Known.Nothing);
        return (Resolve(names, known.Ids, now), known.LabelsRevision);
    }

    /// <summary>Names to tags by a dictionary of name keys; what it lacks is new. A name given twice counts once.</summary>
    internal static IReadOnlyList<TagRef> Resolve(string[] names, Dictionary<string, Guid> ids, DateTime now)
    {
        var tags = new List<TagRef>(names.Length);
        var seen = new HashSet<string>(names.Length, StringComparer.Ordinal);
        foreach (var name in names)
        {
            var key = Text.NameKey(name);
            if (seen.Add(key))
            {
                tags.Add(ids.TryGetValue(key, out var id) ? new TagRef(id, name, IsNew: false) : new TagRef(Ids.New(now), name, IsNew: true));
            }
        }
        return tags;
    }

    /// <summary>Remembers rows of <c>(tag_id, name, name_key)</c> that were read together with this labels revision.</summary>
    internal void Remember(Guid workspaceId, long labelsRevision, IReadOnlyList<(Guid Id, string Name, string Key)> tags)
    {
        if (workspaces.Count >= Limits.CachedTagWorkspaces && !workspaces.ContainsKey(workspaceId))
        {
            // Forgetting everything now and then is cheaper than knowing what was used least.
            workspaces.Clear();
        }
        workspaces.AddOrUpdate(workspaceId, _ => Merge(Known.Nothing, labelsRevision, tags), (_, known) => Merge(known, labelsRevision, tags));
    }

    private static Known Merge(Known known, long labelsRevision, IReadOnlyList<(Guid Id, string Name, string Key)> tags)
    {
        if (labelsRevision < known.LabelsRevision)
        {
            return known;
        }
        var keep = labelsRevision == known.LabelsRevision && known.Names.Count + tags.Count <= Limits.CachedTagsOfAWorkspace;
        var merged = keep
            ? new Known(labelsRevision, new Dictionary<Guid, string>(known.Names), new Dictionary<string, Guid>(known.Ids, StringComparer.Ordinal))
            : new Known(labelsRevision, [], new Dictionary<string, Guid>(StringComparer.Ordinal));
        foreach (var (id, name, key) in tags)
        {
            merged.Names[id] = name;
            merged.Ids[key] = id;
        }
        return merged;
    }

    private Known Get(Guid workspaceId, long labelsRevision) =>
        workspaces.TryGetValue(workspaceId, out var known) && known.LabelsRevision == labelsRevision ? known : Known.Nothing;

    private async Task<Known> LoadAsync(Guid workspaceId, Guid[] tagIds, CancellationToken cancellation)
    {
        await using var command = database.Command("""
            SELECT w.labels_revision, t.tag_id, t.name, t.name_key
              FROM workspaces w JOIN tags t ON t.workspace_id = w.workspace_id
             WHERE w.workspace_id = $1 AND t.tag_id = ANY ($2)
            """);
        command.Parameters.With(workspaceId).With(tagIds);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        long labelsRevision = 0;
        var tags = new List<(Guid, string, string)>(tagIds.Length);
        while (await reader.ReadAsync(cancellation))
        {
            labelsRevision = reader.GetInt64(0);
            tags.Add(ReadTag(reader, 1));
        }
        Remember(workspaceId, labelsRevision, tags);
        return Merge(Known.Nothing, labelsRevision, tags);
    }

    /// <summary>Reads <c>tag_id, name, name_key</c>.</summary>
    internal static (Guid Id, string Name, string Key) ReadTag(DbDataReader reader, int first) =>
        (reader.GetGuid(first), reader.GetString(first + 1), reader.GetString(first + 2));
}
