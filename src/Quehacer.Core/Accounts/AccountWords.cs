using Quehacer.Core.Tasks;

namespace Quehacer.Core.Accounts;

/// <summary>
/// By which words an account is found: those of its name and its e-mail, folded as those of tasks are. The @ is none of them, for every e-mail has it.
/// </summary>
internal static class AccountWords
{
    private const string At = "@";

    /// <summary>For the column <c>words</c>, through <c>array_to_tsvector</c>.</summary>
    public static string[] Of(string name, string email)
    {
        var words = Search.WordsOf(name, email);
        words.Remove(At);
        return [.. words];
    }

    /// <summary>A <c>tsquery</c> for all words of a search; null where every account has them.</summary>
    public static string? Query(IReadOnlyList<SearchWord> words)
    {
        var query = string.Join('&', words.Where(word => word.Text != At).Select(word => TaskWords.Quote(word.Text) + (word.IsPrefix ? ":*" : "")));
        return query.Length == 0 ? null : query;
    }
}
