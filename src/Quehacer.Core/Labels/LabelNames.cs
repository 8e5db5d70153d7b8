using System.Collections.Concurrent;
using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;

namespace Quehacer.Core.Labels;

/// <summary>The last change of labels that is to be seen on tasks.</summary>
/// <param name="Revision">The workspace's <c>labels_revision</c>; 0 where there has been none.</param>
/// <param name="ChangedAt">Its time, UTC; the beginning of time where there has been none.</param>
internal readonly record struct LabelsStamp(long Revision, DateTime ChangedAt)
{
    public const string Columns = "w.labels_revision, w.labels_changed_at";

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static LabelsStamp Read(NpgsqlDataReader row, int first) => new(row.GetInt64(first), row.IsDBNull(first + 1) ? default : row.GetDateTime(first + 1));
}

/// <summary>
/// The labels of tasks, remembered per workspace for one value of its <c>labels_revision</c>. Every change, merge and deletion of a label
/// raises that number, and every statement that reads tasks reads it too, so what is remembered is used only while it is true; making a
/// label does not raise it, because nothing that was remembered becomes wrong.
/// </summary>
public sealed class LabelNames(Database database)
{
    private sealed record Known(long LabelsRevision, LabelSet Labels)
    {
        public static readonly Known Nothing = new(-1, new LabelSet());
    }

    /// <summary>
    /// Two generations. What is used moves into the younger one; when that is full it becomes the older one, and what nobody used meanwhile
    /// is gone.
    /// </summary>
    private volatile ConcurrentDictionary<Guid, Known> young = new();
    private volatile ConcurrentDictionary<Guid, Known> old = new();

    /// <summary>
    /// The labels of these tasks and perhaps others, all of one moment: one statement for whatever is not remembered, none when nothing is
    /// missing. The moment is that of the tasks, or a later one where labels have changed since the tasks were read.
    /// </summary>
    /// <param name="at">What was read together with the tasks.</param>
    internal async ValueTask<(LabelSet Labels, LabelsStamp At)> OfAsync(Guid workspaceId, LabelsStamp at, IReadOnlyList<TaskItem> tasks, CancellationToken cancellation)
    {
        var known = Recall(workspaceId) is { } remembered && remembered.LabelsRevision == at.Revision ? remembered.Labels : Known.Nothing.Labels;
        if (UnknownOf(tasks, known) is not { } unknown)
        {
            return (known, at);
        }
        var (loaded, loadedAt) = await LoadAsync(workspaceId, unknown, cancellation);
        if (loadedAt.Revision == at.Revision || known.Count == 0)
        {
            return (known.With(loaded), loadedAt);
        }
        // What was remembered is out of date by now, and new names must not stand beside old ones.
        return await LoadAsync(workspaceId, UnknownOf(tasks, Known.Nothing.Labels)!, cancellation);
    }

    /// <summary>
    /// Resolves what a request names, from memory alone: whoever would act on what memory lacks looks again under the workspace's lock. The
    /// revision says for which labels the answer holds.
    /// </summary>
    internal (ResolvedLabels Labels, long LabelsRevision) Recall(Guid workspaceId, TaskOperation operation, DateTime now)
    {
        var known = Recall(workspaceId);
        return (known.Labels.Resolve(operation, isAll: false, now), known.LabelsRevision);
    }

    /// <summary>Remembers labels that were read together with this labels revision.</summary>
    internal void Remember(Guid workspaceId, long labelsRevision, LabelSet labels)
    {
        Recall(workspaceId);
        Keep(
            workspaceId,
            _ => new Known(labelsRevision, labels),
            (_, known) => labelsRevision < known.LabelsRevision ? known
                : labelsRevision == known.LabelsRevision && known.Labels.Count + labels.Count <= Limits.CachedLabelsOfAWorkspace ? known with { Labels = known.Labels.With(labels) }
                : new Known(labelsRevision, labels));
    }

    private Known Recall(Guid workspaceId)
    {
        if (young.TryGetValue(workspaceId, out var known))
        {
            return known;
        }
        return old.TryRemove(workspaceId, out known) ? Keep(workspaceId, _ => known, (_, newer) => newer) : Known.Nothing;
    }

    private Known Keep(Guid workspaceId, Func<Guid, Known> add, Func<Guid, Known, Known> update)
    {
        if (young.Count >= Limits.CachedLabelWorkspaces / 2)
        {
            // Two requests that do this at once forget more than they need to, which costs a few reads.
            (old, young) = (young, new());
        }
        return young.AddOrUpdate(workspaceId, add, update);
    }

    /// <summary>Null when none is unknown.</summary>
    private static Guid[]? UnknownOf(IReadOnlyList<TaskItem> tasks, LabelSet known)
    {
        HashSet<Guid>? unknown = null;
        foreach (var task in tasks)
        {
            known.AddUnknown(task, ref unknown);
        }
        return unknown is null ? null : [.. unknown];
    }

    private async Task<(LabelSet Labels, LabelsStamp At)> LoadAsync(Guid workspaceId, Guid[] ids, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT {LabelsStamp.Columns}, {LabelSet.Columns}
              FROM workspaces w CROSS JOIN unnest($2) i(id)
            {LabelSet.Join}
             WHERE w.workspace_id = $1
            """);
        command.Parameters.With(workspaceId).With(ids);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var labels = new LabelSet();
        var at = new LabelsStamp(Known.Nothing.LabelsRevision, default);
        while (await reader.ReadAsync(cancellation))
        {
            at = LabelsStamp.Read(reader, 0);
            labels.Add(reader, 2);
        }
        if (labels.Count > 0)
        {
            Remember(workspaceId, at.Revision, labels);
        }
        return (labels, at);
    }
}
