using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Quehacer.Core.Tests.Tidiness;

/// <summary>The documents say what is so. Each failure says what to change, and where.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] ChangelogSections = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

    [Fact]
    public void Every_link_within_the_documents_leads_somewhere()
    {
        var anchors = Repository.In("", ".md").ToDictionary(file => file.Path, file => Anchors(file.Text));
        var faults = new List<string>();
        foreach (var file in Repository.In("", ".md"))
        {
            foreach (Match link in Link().Matches(Fence().Replace(file.Text, "")))
            {
                var target = link.Groups[1].Value;
                if (Elsewhere().IsMatch(target))
                {
                    continue;
                }
                var parts = target.Split('#', 2);
                var path = parts[0].Length == 0
                    ? file.Path
                    : Path.GetRelativePath(Repository.Root, Path.GetFullPath(parts[0], Path.Combine(Repository.Root, Path.GetDirectoryName(file.Path)!))).Replace('\\', '/');
                if (!Path.Exists(Path.Combine(Repository.Root, path)))
                {
                    faults.Add($"{file.Path}: the link to {target} leads to nothing. Mend its path, or take it away.");
                }
                else if (parts.Length == 2 && !(anchors.TryGetValue(path, out var headings) && headings.Contains(parts[1])))
                {
                    faults.Add($"{file.Path}: {path} has no heading #{parts[1]}. It has: {string.Join(", ", headings ?? [])}.");
                }
            }
        }
        AssertNone(faults);
    }

    [Fact]
    public void Every_document_is_linked_from_the_readme()
    {
        var readme = Repository.Get("README.md").Text;
        AssertNone(Repository.In("docs/", ".md").Where(file => !file.Path.StartsWith("docs/decisions/", StringComparison.Ordinal) && !readme.Contains($"]({file.Path}", StringComparison.Ordinal))
            .Select(file => $"Nobody finds {file.Path}. Link it from README.md, under 'Where to read on'."));
    }

    [Fact]
    public void Every_test_that_the_page_on_security_names_is_there()
    {
        var methods = Repository.In("tests/", ".cs").SelectMany(file => TestMethod().Matches(file.Text).Select(match => $"{Path.GetFileNameWithoutExtension(file.Name)}.{match.Groups[1].Value}")).ToHashSet();
        var named = NamedTest().Matches(Repository.Get("docs/security.md").Text).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.True(named.Count > 50, $"Only {named.Count} tests are named.");
        AssertNone(named.Where(name => !methods.Contains(name)).Select(name => $"docs/security.md names {name}, which is no test. Name the one that there is."));
    }

    [Fact]
    public void Every_security_event_is_documented()
    {
        var documented = Repository.Get("docs/security.md").Text;
        AssertNone(Enum.GetValues<Quehacer.Core.Accounts.SecurityEvent>()
            .Where(happened => !documented.Contains($"| `{Quehacer.Core.Accounts.SecurityEventNames.Name(happened)}` | {(Quehacer.Core.Accounts.SecurityEventNames.IsSuspicious(happened) ? "warning" : "info")} |", StringComparison.Ordinal))
            .Select(happened => $"docs/security.md has no row for {Quehacer.Core.Accounts.SecurityEventNames.Name(happened)} with its level. Add one to the table of security events."));
    }

    [Fact]
    public void Every_decision_is_listed_in_order_under_its_own_title()
    {
        var pages = Repository.In("docs/decisions/", ".md").Where(file => file.Name != "README.md").ToList();
        var listed = Repository.Get("docs/decisions/README.md").Lines.Select(line => Listed().Match(line.Text)).Where(match => match.Success).ToList();
        var faults = new List<string>();
        foreach (var (page, index) in pages.Select((page, index) => (page, index)))
        {
            var number = index + 1;
            if (!page.Name.StartsWith(number.ToString("0000-", CultureInfo.InvariantCulture), StringComparison.Ordinal))
            {
                faults.Add($"{page.Path} should be number {number:0000}: numbers have no gaps and none is used twice. Rename the page.");
            }
            var title = Regex.Match(page.Text, $@"\A# {number}\. (.+)$", RegexOptions.Multiline);
            if (!title.Success)
            {
                faults.Add($"{page.Path} should begin with '# {number}. ' and its title.");
            }
            var entry = listed.ElementAtOrDefault(index);
            if (entry is null || entry.Groups[1].Value != number.ToString(CultureInfo.InvariantCulture) || entry.Groups[3].Value != page.Name)
            {
                faults.Add($"docs/decisions/README.md should have as its entry {number}: {number}. [{title.Groups[1].Value}]({page.Name})");
            }
        }
        if (listed.Count > pages.Count)
        {
            faults.Add("docs/decisions/README.md lists more decisions than there are pages. Take the others away.");
        }
        AssertNone(faults);
    }

    [Fact]
    public void Every_package_is_accounted_for_at_its_version()
    {
        var text = Repository.Get("docs/dependencies.md").Text;
        var packages = XDocument.Parse(Repository.Get("Directory.Packages.props").Text).Descendants("PackageVersion")
            .Select(package => $"{package.Attribute("Include")!.Value} {package.Attribute("Version")!.Value}").ToList();
        AssertNone(packages.Where(package => !text.Contains($"| {package} |", StringComparison.Ordinal))
            .Select(package => $"docs/dependencies.md has no line '| {package} | what for | why this one | leaving it |'. Write it, or update its version."));
        var used = Repository.In("", ".csproj").Concat(Repository.In("", ".props"))
            .SelectMany(file => XDocument.Parse(file.Text).Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value)).ToHashSet();
        AssertNone(packages.Select(package => package.Split(' ')[0]).Where(package => !used.Contains(package))
            .Select(package => $"No project uses {package}. Take it out of Directory.Packages.props and docs/dependencies.md."));
    }

    [Fact]
    public void The_changelog_keeps_its_form()
    {
        var lines = Repository.Get("CHANGELOG.md").Text.Split('\n');
        var versions = lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal)).ToList();
        Assert.Equal("# Changelog", lines[0]);
        Assert.True(versions is ["## [Unreleased]", ..], "CHANGELOG.md should have '## [Unreleased]' above all versions: what users notice is written there in the same commit.");
        AssertNone(versions.Skip(1).Where(version => !Released().IsMatch(version)).Select(version => $"CHANGELOG.md: '{version}' should read '## [1.2.3] - 2026-01-31'."));
        AssertNone(lines.Where(line => line.StartsWith("### ", StringComparison.Ordinal) && !ChangelogSections.Contains(line[4..]))
            .Select(line => $"CHANGELOG.md: '{line}' is none of {string.Join(", ", ChangelogSections)}."));
    }

    [Fact]
    public void Every_setting_is_documented_with_its_short_name_default_and_range()
    {
        var document = Repository.Get("docs/configuration.md");
        var rows = document.Lines.Select(line => Row().Match(line.Text)).Where(match => match.Success).ToDictionary(match => match.Groups["key"].Value);
        var settings = Setting().Matches(Repository.Get("src/Quehacer.Server/Settings.cs").Text).ToDictionary(match => match.Groups["key"].Value.Replace(":", "__", StringComparison.Ordinal));
        Assert.True(settings.Count >= 20, $"Only {settings.Count} settings were found in Settings.cs. Mend the test: it looks for calls such as reader.Integer(\"Server:Port\", 3000, …).");
        var faults = settings.Keys.Except(rows.Keys).Select(key => $"docs/configuration.md has no line for {key}. Write it.")
            .Concat(rows.Keys.Except(settings.Keys).Select(key => $"docs/configuration.md has a line for {key}, which Settings.cs does not read. Take it away, or mend its name.")).ToList();
        foreach (var (key, setting) in settings.Where(setting => rows.ContainsKey(setting.Key)))
        {
            var arguments = setting.Groups["rest"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(argument => !argument.StartsWith("shortName:", StringComparison.Ordinal)).Select(argument => argument.Trim('"').Replace("_", "", StringComparison.Ordinal)).ToList();
            var shortName = Regex.Match(setting.Groups["rest"].Value, "shortName: \"(\\w+)\"").Groups[1].Value;
            Compare("short name", shortName, rows[key].Groups["short"].Value);
            if (setting.Groups["kind"].Value is "Integer" or "Text" or "Flag")
            {
                Compare("default", arguments[0] == "null" ? "none" : arguments[0], rows[key].Groups["default"].Value);
            }
            if (setting.Groups["kind"].Value == "Integer" && !rows[key].Groups["range"].Value.EndsWith($"{arguments[1]} to {arguments[2]}", StringComparison.Ordinal))
            {
                faults.Add($"docs/configuration.md: the range of {key} should end with '{arguments[1]} to {arguments[2]}'.");
            }

            void Compare(string what, string expected, string written)
            {
                if (written.Trim('`') != expected)
                {
                    faults.Add($"docs/configuration.md: the {what} of {key} should be '{expected}', and is '{written}'.");
                }
            }
        }
        AssertNone(faults);
    }

    [Fact]
    public void Every_error_is_documented_as_the_catalogue_has_it()
    {
        var text = Repository.Get("docs/http.md").Text;
        var kinds = Kind().Matches(Repository.Get("src/Quehacer.Server/Http/ErrorCatalogue.cs").Text);
        Assert.True(kinds.Count > 20, $"Only {kinds.Count} errors were found in ErrorCatalogue.cs. Mend the test.");
        AssertNone(kinds
            .Select(kind => $"| `{kind.Groups["code"].Value}` | `{kind.Groups["number"].Value}` | {kind.Groups["status"].Value} | `/errors/{kind.Groups["slug"].Value}` | {kind.Groups["meaning"].Value} |")
            .Where(row => !text.Contains(row, StringComparison.Ordinal))
            .Select(row => $"docs/http.md should have the line: {row}"));
        AssertNone(FieldCode().Matches(Repository.Get("src/Quehacer.Server/Contracts/V1/FieldMessages.cs").Text).Select(match => match.Groups[1].Value)
            .Where(code => !text.Contains($"`{code}`", StringComparison.Ordinal))
            .Select(code => $"docs/http.md does not name the code `{code}`. Add it to the codes within 'errors'."));
    }

    /// <summary>The anchors that GitHub makes of headings.</summary>
    private static HashSet<string> Anchors(string text)
    {
        var anchors = new HashSet<string>();
        foreach (Match heading in Heading().Matches(Fence().Replace(text, "")))
        {
            var anchor = NoAnchor().Replace(heading.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-');
            for (var (number, unique) = (0, anchor); !anchors.Add(unique); unique = $"{anchor}-{number}")
            {
                number++;
            }
        }
        return anchors;
    }

    private static void AssertNone(IEnumerable<string> faults)
    {
        var all = faults.ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"public (?:async )?(?:Task|void) (\w+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"`(\w+Tests?\.\w+|ContractLaws\.\w+)`")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^[a-z]+:")]
    private static partial Regex Elsewhere();

    [GeneratedRegex("^#{1,6} +(.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();

    [GeneratedRegex(@"^(\d+)\. \[(.+)\]\((.+)\)$")]
    private static partial Regex Listed();

    [GeneratedRegex(@"^## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d( \[YANKED\])?$")]
    private static partial Regex Released();

    [GeneratedRegex(@"^\| `(?<key>[A-Za-z]+__[A-Za-z_]+)` \| (?<short>[^|]*?) ?\| (?<default>[^|]+) \| (?<range>[^|]+) \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"reader\.(?<kind>[A-Z]\w+)(?:<\w+>)?\(""(?<key>\w+:[\w:]+)""(?<rest>[^)]*)\)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"new\(""(?<slug>[a-z-]+)"", ""(?<code>[A-Z_]+)"", ""(?<number>[A-Z]+_\d+)"", (?<status>\d+),\s+new\(.+\),\s+new\(""(?<meaning>[^""]+)"",")]
    private static partial Regex Kind();

    [GeneratedRegex(@"FieldFault\.\w+ => ""([A-Z_]+)""")]
    private static partial Regex FieldCode();
}
