using System.Text.Json.Nodes;
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
        var type = kind == LabelKind.Tag ? EventNames.TagCreated : EventNames.CategoryCreated;
        batch.Append(following, id, 1, type, takesNumber: false, Data(name, color).ToJsonString(), before: null, caller.UserId, caller.RequestId);
    }

    /// <summary>A name and what is derived from it: <c>name, name_key, sort_key</c>, and the words for <c>array_to_tsvector</c>.</summary>
    public static NpgsqlParameterCollection WithName(this NpgsqlParameterCollection parameters, string name) =>
        parameters.With(name).With(Text.NameKey(name)).With(Text.SortKey(name)).With(Search.WordsOf(name).ToArray());

    private static JsonObject Data(string name, string? color)
    {
        var data = new JsonObject { ["name"] = name };
        if (color is not null)
        {
            data["color"] = color;
        }
        return data;
    }
}
