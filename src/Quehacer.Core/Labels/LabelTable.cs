using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Labels;

/// <summary>The rows of labels and what is written into the log with them. Columns are named here and in <see cref="LabelSet"/>.</summary>
internal static class LabelTable
{
    public const string Columns = "l.label_id, l.kind, l.name, l.color, l.version, l.updated_at";

    /// <summary>Reads <see cref="Columns"/>.</summary>
    public static Label Read(NpgsqlDataReader row, int first) => new(
        row.GetGuid(first), (LabelKind)row.GetInt16(first + 1), row.GetString(first + 2), row.IsDBNull(first + 3) ? null : row.GetString(first + 3),
        row.GetInt32(first + 4), row.GetDateTime(first + 5));

    /// <summary>Adds the row of a new label and its event, which are <paramref name="following"/> events before the last of the batch.</summary>
    public static void AddNew(WorkspaceBatch batch, Caller caller, Guid id, LabelKind kind, string name, string? color, int following)
    {
        batch.Add("""
            INSERT INTO labels (workspace_id, label_id, kind, name, name_key, sort_key, words, color, version, revision, updated_at)
            SELECT w.workspace_id, $2, $3, $4, $5, $6, array_to_tsvector($7), $8, 1, w.revision - $9, w.changed_at FROM workspaces w WHERE w.workspace_id = $1
            """).With(caller.WorkspaceId).With(id).With((short)kind).WithName(name).WithText(color).With((long)following);
        Append(batch, caller, id, kind, 1, LabelEvent.Created.Of(name, color), following);
    }

    /// <summary>Adds the row of a changed label and its event, the last of the batch.</summary>
    /// <param name="after">The label after the change, with the version that the change gives it.</param>
    public static void AddChanged(WorkspaceBatch batch, Caller caller, Label after, LabelEvent.Updated updated)
    {
        batch.Add("""
            UPDATE labels l SET name = $3, name_key = $4, sort_key = $5, words = array_to_tsvector($6), color = $7, version = $8, revision = w.revision, updated_at = w.changed_at
              FROM workspaces w WHERE w.workspace_id = $1 AND l.workspace_id = $1 AND l.label_id = $2
            """).With(caller.WorkspaceId).With(after.Id).WithName(after.Name).WithText(after.Color).With(after.Version);
        Append(batch, caller, after.Id, after.Kind, after.Version, updated, following: 0);
        Reface(batch, caller);
    }

    /// <summary>
    /// Makes a tag a pointer to another one, which is free of its name. What points to it already is turned to the same end, so that a pointer
    /// never leads to a pointer.
    /// </summary>
    public static void AddMerged(WorkspaceBatch batch, Caller caller, Label after, LabelEvent.Merged merged)
    {
        batch.Add("UPDATE labels SET merged_into = $3 WHERE workspace_id = $1 AND merged_into = $2").With(caller.WorkspaceId).With(after.Id).With(merged.Into);
        batch.Add("""
            UPDATE labels l SET merged_into = $3, name_key = NULL, version = $4, revision = w.revision, updated_at = w.changed_at
              FROM workspaces w WHERE w.workspace_id = $1 AND l.workspace_id = $1 AND l.label_id = $2
            """).With(caller.WorkspaceId).With(after.Id).With(merged.Into).With(after.Version);
        Append(batch, caller, after.Id, after.Kind, after.Version, merged, following: 0);
        Reface(batch, caller);
    }

    /// <summary>Removes a label and what was merged into it. The tasks keep its id, which from now on leads nowhere.</summary>
    public static void AddDeleted(WorkspaceBatch batch, Caller caller, Label after, LabelEvent.Deleted deleted)
    {
        batch.Add("DELETE FROM labels WHERE workspace_id = $1 AND (label_id = $2 OR merged_into = $2)").With(caller.WorkspaceId).With(after.Id);
        Append(batch, caller, after.Id, after.Kind, after.Version, deleted, following: 0);
        Reface(batch, caller);
    }

    /// <summary>A name and what is derived from it: <c>name, name_key, sort_key</c>, and the words for <c>array_to_tsvector</c>.</summary>
    public static NpgsqlParameterCollection WithName(this NpgsqlParameterCollection parameters, string name) =>
        parameters.With(name).With(Text.NameKey(name)).With(Text.SortKey(name)).With(Search.WordsOf(name).ToArray());

    /// <summary>Says that tasks look different from this revision on: what anybody remembers of labels is out of date.</summary>
    private static void Reface(WorkspaceBatch batch, Caller caller) =>
        batch.Add("UPDATE workspaces SET labels_revision = revision, labels_changed_at = changed_at WHERE workspace_id = $1").With(caller.WorkspaceId);

    private static void Append(WorkspaceBatch batch, Caller caller, Guid id, LabelKind kind, int version, LabelEvent labelEvent, int following)
    {
        var (data, before) = labelEvent.ToJson();
        batch.Append(following, id, version, labelEvent.NameFor(kind), takesNumber: false, data, before, caller.UserId, caller.RequestId);
    }
}
