namespace Quehacer.Server;

/// <summary>Finds the name that was probably meant, for messages that say how to mend a misspelled one.</summary>
internal static class Nearest
{
    /// <summary>The known name with the fewest edits between, if there are few enough to be a slip. Where nothing is known, there is none.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length > 64)
        {
            return null;
        }
        var best = known.Select(candidate => (Name: candidate, Edits: Edits(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .DefaultIfEmpty((Name: "", Edits: int.MaxValue)).MinBy(candidate => candidate.Edits);
        return best.Edits <= Math.Max(1, name.Length / 3) ? best.Name : null;
    }

    /// <summary>Levenshtein's distance, two neighbours that changed places counted as one slip (optimal string alignment).</summary>
    private static int Edits(string one, string other)
    {
        var edits = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }
                var replaced = edits[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                edits[i, j] = Math.Min(replaced, Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
                }
            }
        }
        return edits[one.Length, other.Length];
    }
}
