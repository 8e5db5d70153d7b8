using System.Text.RegularExpressions;
using Xunit;

namespace Quehacer.Core.Tests.Tidiness;

/// <summary>What STYLE.md asks of the code and no analyzer sees. Each failure names the file and the line, and says what to do.</summary>
public sealed partial class CodeTests
{
    private const string Self = "tests/Quehacer.Core.Tests/Tidiness/CodeTests.cs";

    /// <param name="Pattern">What is banned.</param>
    /// <param name="Folder">Where.</param>
    /// <param name="Instead">What to do in its place.</param>
    /// <param name="Except">Files in which there is a reason.</param>
    private sealed record Ban(string Pattern, string Folder, string Instead, params string[] Except);

    private static readonly Ban[] Bans =
    [
        new(@"\bDateTime(Offset)?\.(Now|Today)\b", "", "Take the time as an argument, or ask a TimeProvider; times are UTC."),
        new(@"\bDateTimeOffset\.UtcNow\b", "src/", "Take the time as an argument, or ask a TimeProvider; times are DateTime in UTC."),
        new(@"\bDateTime\.UtcNow\b", "src/Quehacer.Core/", "Take the time as an argument; the core asks no clock."),
        // An incarnation is no id of a thing: it only has to be another.
        new(@"\bGuid\.NewGuid\(", "src/", "Make ids with Ids.New(now): they are UUIDv7, and their time is the thing's created_at.", "Rebuild.cs", "Backup.cs"),
        new(@"\bConsole\.(Out\.|Error\.)?Write", "src/", "Log through ILogger. Only the verbs and the start speak to the terminal.", "Program.cs", "Serving.cs", "Refused.cs", "Rebuilding.cs"),
        new(@"\.Result\b(?!\s*=)", "", "Await the task instead of blocking a thread."),
        new(@"\.Wait\(|\.GetAwaiter\(\)\.GetResult\(\)", "", "Await instead of blocking a thread.", "JsonLog.cs"),
        new(@"\basync void\b", "", "Return a Task, so that somebody can await it and see it fail."),
        new(@"\bThread\.Sleep\(", "src/", "Await Task.Delay with a token, or wait for the thing itself."),
        new(@"\bnew HttpClient\(|\bnew Random\(", "src/", "Use what is shared: one client for the whole program, Random.Shared, RandomNumberGenerator for secrets."),
        new(@"\b(UPDATE|DELETE FROM|TRUNCATE)\s+admin_acts\b", "", "The trail of administrators is only added to."),
        new(@"\.ValueEquals\((?!ReadOnlySpan<byte>\.Empty)", "src/", "Compare what JsonValues reads: this throws at half of a surrogate pair."),
        new(@"#pragma warning disable(?![^\n]*//[^\n]*\w)", "", "Mend what the analyzer found, or say at the end of the line, after //, why it is wrong here."),
        new(@"\[(assembly: )?SuppressMessage\((?![^\n]*Justification)", "", "Mend what the analyzer found, or give a Justification."),
    ];

    [Fact]
    public void Banned_calls_are_not_made()
    {
        var found = from ban in Bans
                    from file in Repository.In(ban.Folder, ".cs")
                    where !file.Path.StartsWith("bench/", StringComparison.Ordinal) && file.Path != Self && !ban.Except.Contains(file.Name)
                    from line in file.Lines
                    let match = Regex.Match(line.Text, ban.Pattern)
                    where match.Success && !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)
                    select $"{file.Path}:{line.Number}: {match.Value} is banned. {ban.Instead}";
        AssertNone(found);
    }

    [Fact]
    public void Nothing_has_a_name_that_says_nothing()
    {
        var folders = Repository.In("src/", "").Concat(Repository.In("tests/", "")).SelectMany(file => file.Path.Split('/')[2..^1]).Distinct()
            .Where(name => Empty().IsMatch(name)).Select(name => $"The folder {name} says nothing. Put what is in it beside what it helps.");
        var types = from file in Repository.In("", ".cs")
                    from Match match in Declared().Matches(file.Text)
                    let name = match.Groups[1].Value
                    where Empty().IsMatch(name)
                    select $"{file.Path}: the type {name} says nothing. Name it by what it is or does, or give its methods to the thing they help (STYLE.md, Names).";
        AssertNone(folders.Concat(types));
    }

    [Fact]
    public void The_core_has_no_HTTP()
    {
        AssertNone(
            from file in Repository.In("src/Quehacer.Core/", ".cs").Concat(Repository.In("src/Quehacer.Core/", ".csproj"))
            from line in file.Lines
            where Http().IsMatch(line.Text)
            select $"{file.Path}:{line.Number}: the core has no HTTP (STYLE.md, law 2). Move this into Quehacer.Server, and refuse with an ErrorCode.");
    }

    [Fact]
    public void There_are_no_notes_about_work_still_to_be_done()
    {
        AssertNone(
            from file in Repository.All
            where file.Path != Self
            from line in file.Lines
            let match = Note().Match(line.Text)
            where match.Success
            select $"{file.Path}:{line.Number}: {match.Value}. Do it, or open an issue and take the note away.");
    }

    [Fact]
    public void Nothing_names_a_place_of_somebodys_own_machine()
    {
        AssertNone(
            from file in Repository.All
            where !file.Path.StartsWith("bench/", StringComparison.Ordinal) && file.Path != Self
            from line in file.Lines
            let match = Machine().Match(line.Text)
            where match.Success
            select $"{file.Path}:{line.Number}: '{match.Value.Trim()}' is of one machine. Make it relative to the repository or a setting; package sources belong to the machine's own configuration.");
    }

    private static void AssertNone(IEnumerable<string> faults)
    {
        var all = faults.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    [GeneratedRegex("(Helper|Util|Utilitie|Utility|Common|Manager|Service|Misc|Stuff)s?$|^(Shared|Base|Extensions)$")]
    private static partial Regex Empty();

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|protected|sealed|static|abstract|readonly|partial|ref|file)\s+)*(?:class|record(?: struct| class)?|struct|interface|enum)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex Declared();

    [GeneratedRegex(@"Microsoft\.AspNetCore|System\.Net\.Http|\bHttpContext\b|\bIResult\b")]
    private static partial Regex Http();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Note();

    [GeneratedRegex(@"(?<![\w.}])/(home|root|Users|mnt|work|tmp)/\w|\b(nuget\.org/v|registry\.npmjs|pypi\.org|artifactory|jfrog)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Machine();
}
