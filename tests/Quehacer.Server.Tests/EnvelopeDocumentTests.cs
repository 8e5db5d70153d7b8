using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

public sealed partial class EnvelopeDocumentTests(SharedServer shared)
{
    /// <summary>The examples of the page, pasted one after the other; each says in its answer what the text promises.</summary>
    [Fact]
    public async Task The_examples_of_the_envelopes_page_work_as_they_are_written()
    {
        var blocks = Bash().Matches(await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, "docs", "contracts", "envelope.md"))).Select(block => block.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= 6, $"docs/contracts/envelope.md has only {blocks.Count} examples.");
        var user = await shared.NewUserAsync();
        var start = new ProcessStartInfo("bash", ["-c", $"set -euo pipefail\n{string.Join("echo ---\n", blocks)}"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in new[] { ("Q", $"http://localhost:{shared.Server.Port}"), ("JSON", "Content-Type: application/json"), ("AUTH", $"Authorization: Bearer {user.AccessToken}") })
        {
            start.Environment[name] = value;
        }
        using var bash = Process.Start(start)!;
        bash.StandardInput.Close();
        var errors = bash.StandardError.ReadToEndAsync();
        var transcript = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, $"The examples ended with {bash.ExitCode}.\n{transcript}\n{await errors}");
        foreach (var promised in new[]
        {
            "\"code\":201", "\"totalCount\":1", "Title is required", "There is nothing at this address", "\"done\":true", """{"id":2,"done":true}""", """[{"id":1,"title":"Buy milk"}]""",
            "\"code\":207", "Task not found", "tasks[1].title", "\n304\n200\n412\n",
        })
        {
            Assert.Contains(promised, transcript);
        }
        Assert.DoesNotContain("INTERNAL_ERROR", transcript);
    }

    [GeneratedRegex(@"^```bash\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Bash();
}
