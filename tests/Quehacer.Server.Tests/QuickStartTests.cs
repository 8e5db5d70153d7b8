using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

public sealed partial class QuickStartTests
{
    private const string NotExecuted = "<!-- not executed -->";
    private const string Restart = "<!-- restart -->";
    private const string Restarted = "== the server has been restarted ==";

    /// <summary>What a newcomer pastes, pasted: the blocks of the section run in order in one shell, against a fresh server.</summary>
    [Fact]
    public async Task The_quick_start_of_the_readme_works_as_it_is_written()
    {
        var blocks = Blocks(await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, "README.md")));
        Assert.Contains(blocks, block => block is null);
        await using var server = await QuehacerServer.StartFromNothingAsync(QuehacerServer.UsualLimits, QuehacerServer.UsualPasswords);
        var directory = Directory.CreateTempSubdirectory("quehacer-readme-");
        try
        {
            var (wanted, done) = (Path.Combine(directory.FullName, "wanted"), Path.Combine(directory.FullName, "done"));
            var script = new StringBuilder($$"""
                set -eu
                restart() { touch {{wanted}}; until [ -e {{done}} ]; do sleep 0.05; done; rm {{done}}; echo; echo "{{Restarted}}"; }

                """);
            foreach (var block in blocks)
            {
                script.AppendLine(block ?? "restart");
            }
            var start = new ProcessStartInfo("bash", ["-c", script.ToString()])
            {
                WorkingDirectory = directory.FullName,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["Q"] = $"http://localhost:{server.Port}";
            using var bash = Process.Start(start)!;
            bash.StandardInput.Close();
            var output = bash.StandardOutput.ReadToEndAsync();
            var errors = bash.StandardError.ReadToEndAsync();
            var waited = Stopwatch.StartNew();
            while (!bash.HasExited)
            {
                if (waited.Elapsed > TimeSpan.FromSeconds(60))
                {
                    bash.Kill(entireProcessTree: true);
                }
                if (File.Exists(wanted))
                {
                    File.Delete(wanted);
                    Assert.Equal(0, await server.StopAsync());
                    await server.StartAgainAsync();
                    await File.WriteAllTextAsync(done, "");
                }
                await Task.Delay(20);
            }
            var transcript = await output;
            Assert.True(bash.ExitCode == 0, $"The quick start ended with {bash.ExitCode}.\n{transcript}\n{await errors}");
            var parts = transcript.Split(Restarted);
            // The statuses it promises: the refused change, the deletion, the look at what is deleted.
            Assert.Equal(["412", "204", "404"], parts[0].Split('\n').Where(line => Status().IsMatch(line)));
            var titles = Title().Matches(string.Concat(blocks)).Select(match => match.Groups[1].Value).Distinct().ToList();
            Assert.NotEmpty(titles);
            Assert.True(titles.Any(parts[^1].Contains), $"No task of the quick start is shown after the restart.\n{transcript}");
            Assert.DoesNotContain("INTERNAL_ERROR", transcript);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>The bash blocks of the section; null stands for the restart.</summary>
    private static List<string?> Blocks(string readme)
    {
        var lines = readme.Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        var begin = lines.FindIndex(line => Heading().IsMatch(line));
        Assert.True(begin >= 0, "README.md has no section 'Quick start'.");
        var level = lines[begin].TakeWhile(character => character == '#').Count();
        var blocks = new List<string?>();
        var marks = new List<string>();
        List<string>? block = null;
        var isBash = false;
        foreach (var line in lines.Skip(begin + 1))
        {
            if (block is not null)
            {
                if (line.Trim() != "```")
                {
                    block.Add(line);
                    continue;
                }
                if (marks.Contains(Restart))
                {
                    blocks.Add(null);
                }
                else if (isBash && !marks.Contains(NotExecuted))
                {
                    blocks.Add(string.Join('\n', block));
                }
                block = null;
                marks.Clear();
                continue;
            }
            if (line.StartsWith('#') && line.TakeWhile(character => character == '#').Count() <= level)
            {
                break;
            }
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                (block, isBash) = ([], line.Trim() == "```bash");
            }
            else if (line.Trim() is { Length: > 0 } text)
            {
                // Marks stand right above a block, one or several; any other text in between takes them away.
                if (text is not (NotExecuted or Restart))
                {
                    marks.Clear();
                }
                marks.Add(text);
            }
        }
        return blocks;
    }

    [GeneratedRegex("^[1-5][0-9][0-9]$")]
    private static partial Regex Status();

    [GeneratedRegex("^#+ +Quick start", RegexOptions.IgnoreCase)]
    private static partial Regex Heading();

    [GeneratedRegex("""
        "title": *"([^"]+)"
        """)]
    private static partial Regex Title();
}
