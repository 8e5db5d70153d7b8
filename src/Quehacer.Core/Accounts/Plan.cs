namespace Quehacer.Core.Accounts;

/// <summary>What an account may ask of the server in a minute. The numbers are stored.</summary>
public enum Plan : short
{
    Standard = 0,
    Plus = 1,
    Premium = 2,
}

/// <summary>The names of plans, in tokens, headers and commands.</summary>
public static class Plans
{
    public static readonly IReadOnlyList<string> Names = ["standard", "plus", "premium"];

    public static string NameOf(Plan plan) => Names[(int)plan];

    /// <summary>Null when no plan has this name.</summary>
    public static Plan? Named(string? name) => name is null || Names.ToList().IndexOf(name) is not (>= 0 and var index) ? null : (Plan)index;
}
