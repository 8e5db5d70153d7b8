using System.Globalization;

namespace Quehacer.Core.Tasks;

/// <summary>
/// The entries of a task in the search index: its words, each behind eight hex digits of its workspace, and its tags by id. Searching by the
/// name of a tag is searching for its id, so renaming or merging tags leaves the index as it is.
/// </summary>
internal static class TaskWords
{
    /// <summary>For the column <c>search</c>, through <c>array_to_tsvector</c>.</summary>
    public static string[] Of(Guid workspaceId, TaskItem task)
    {
        var words = Search.WordsOf(task.Title, task.Description);
        var entries = new string[words.Count + task.TagIds.Length];
        var prefix = Prefix(workspaceId);
        var at = 0;
        foreach (var word in words)
        {
            entries[at++] = prefix + word;
        }
        foreach (var tag in task.TagIds)
        {
            entries[at++] = OfTag(tag);
        }
        return entries;
    }

    /// <summary>A <c>tsquery</c> for one word of a search: in title or description, or in the name of one of these tags.</summary>
    public static string Query(Guid workspaceId, SearchWord word, IEnumerable<Guid> tags) =>
        string.Join('|', tags.Select(Query).Prepend(Quote(Prefix(workspaceId) + word.Text) + (word.IsPrefix ? ":*" : "")));

    /// <summary>A <c>tsquery</c> for a tag.</summary>
    public static string Query(Guid tag) => Quote(OfTag(tag));

    /// <summary>A word as a <c>tsquery</c> takes it literally, whatever characters it has.</summary>
    public static string Quote(string word) => $"'{word.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>No word begins so: theirs begin with a hex digit.</summary>
    private static string OfTag(Guid tag) => string.Create(CultureInfo.InvariantCulture, $"#{tag:N}");

    /// <summary>The last digits of a UUIDv7 are random.</summary>
    private static string Prefix(Guid workspaceId) => workspaceId.ToString("N", CultureInfo.InvariantCulture)[^8..];
}
