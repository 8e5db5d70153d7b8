namespace Quehacer.Server;

/// <summary>Finds the name that was probably meant, for messages that say how to mend a misspelled one.</summary>
internal static class Nearest
{
    /// <summary>The known name with the fewest edits between, if there are few enough to be a slip.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length > 64)
        {
            return null;
        }
        var best = known.Select(candidate => (Name: candidate, Edits: Edits(name.ToLowerInvariant(), candidate.ToLowerInvariant()))).MinBy(candidate => candidate.Edits);
        return best.Name is not null && best.Edits <= Math.Max(1, name.Length / 3) ? best.Name : null;
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Edits(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }
}
