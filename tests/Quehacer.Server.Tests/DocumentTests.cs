using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

public sealed partial class DocumentTests(SharedServer shared)
{
    /// <summary>Without a token, an endpoint that exists asks for one or finds fault with the missing body; 404 and 405 are for what does not exist.</summary>
    [Fact]
    public async Task Every_endpoint_that_the_documents_name_exists()
    {
        var faults = new List<string>();
        var checkedAlready = new HashSet<string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(QuehacerServer.Repository, "docs"), "*.md").Append(Path.Combine(QuehacerServer.Repository, "README.md")))
        {
            foreach (Match named in Endpoint().Matches(await File.ReadAllTextAsync(file)))
            {
                var (method, path) = (named.Groups[1].Value, named.Groups[2].Value.TrimEnd('.', '/'));
                if (checkedAlready.Add($"{method} {path}") && await shared.Nobody().SendAsync(method, Variable().Replace(path, "1")) is { Status: 404 or 405 } answer)
                {
                    faults.Add($"{Path.GetRelativePath(QuehacerServer.Repository, file)} names {method} {path}, and the server answers {answer.Status}. Mend the document, or the route.");
                }
            }
        }
        Assert.True(checkedAlready.Count >= 20, $"Only {checkedAlready.Count} endpoints were found in the documents. Mend the test: it looks for a method, a space and a path.");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    /// <summary>The examples of the laws, pasted one after the other by somebody who has done the quick start; each says in its answer what the text promises.</summary>
    [Fact]
    public async Task The_examples_of_the_laws_of_http_work_as_they_are_written()
    {
        var transcript = await PasteAsync("http.md", leastBlocks: 10);
        foreach (var promised in new[]
        {
            "VALIDATION_ERROR", "WWW-Authenticate: Bearer", "RESOURCE_NOT_FOUND", "MALFORMED_JSON", "Allow: ", "UNSUPPORTED_MEDIA_TYPE", "NOT_ACCEPTABLE", "BAD_REQUEST", "from-the-docs.1", "Idempotent-Replayed: true", "\n304\n", "\n412\n", "\n207\n", "operations[1].title",
            "\"Errands\"", "\"ready\"", "\"alive\"",
        })
        {
            Assert.Contains(promised, transcript, StringComparison.OrdinalIgnoreCase);
        }
        Assert.DoesNotContain("INTERNAL_ERROR", transcript);
    }

    /// <summary>They tell a story, and each answer is the next sentence of it.</summary>
    [Fact]
    public async Task The_examples_of_subtasks_work_as_they_are_written()
    {
        var transcript = await PasteAsync("subtasks.md", leastBlocks: 7);
        var at = 0;
        foreach (var promised in new[]
        {
            "\"title\":\"Bake bread\"", "\"parent_id\":\"task_", "\"code\":\"CYCLE\"", "Buy food", "\"total\":2", "Go camping", "\"subtask_count\":2,\"subtasks_done\":0", "ETag: ", ".2-1\"",
            "\"subtask_count\":2,\"subtasks_done\":1", "SUBTASKS_LEFT", "\"status\":\"done\"", "204", "Bake bread", "Bake bread", "Bake bread", "Air the tent", "Go camping",
        })
        {
            var found = transcript.IndexOf(promised, at, StringComparison.OrdinalIgnoreCase);
            Assert.True(found >= 0, $"'{promised}' does not follow in:\n{transcript[at..]}");
            at = found + promised.Length;
        }
        Assert.DoesNotContain("INTERNAL_ERROR", transcript);
    }

    /// <summary>What the examples of a document print, pasted one after the other by somebody who has done the quick start.</summary>
    private async Task<string> PasteAsync(string document, int leastBlocks)
    {
        var blocks = Bash().Matches(await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, "docs", document))).Select(block => block.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= leastBlocks, $"docs/{document} has only {blocks.Count} examples.");
        var user = await shared.NewUserAsync();
        var (_, made) = await user.CreateAsync(new { title = "Read the documents" });
        var start = new ProcessStartInfo("bash", ["-c", $"set -euo pipefail\n{string.Join("echo ---\n", blocks)}"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in new[] { ("Q", $"http://localhost:{shared.Server.Port}"), ("JSON", "Content-Type: application/json"), ("AUTH", $"Authorization: Bearer {user.AccessToken}"), ("ID", (string)made["id"]!), ("ETAG", made.ETag!) })
        {
            start.Environment[name] = value;
        }
        using var bash = Process.Start(start)!;
        bash.StandardInput.Close();
        var errors = bash.StandardError.ReadToEndAsync();
        var transcript = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, $"The examples ended with {bash.ExitCode}.\n{transcript}\n{await errors}");
        return transcript;
    }

    [GeneratedRegex(@"^```bash\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Bash();

    [GeneratedRegex(@"\b(GET|POST|PUT|PATCH|DELETE)\b`?[ ,]+`?""?(?:\$Q)?(/(?:api/v1|tasks)(?:/[\w\-.{}$]+)*)")]
    private static partial Regex Endpoint();

    [GeneratedRegex(@"\{\w+\}|\$[A-Z]+")]
    private static partial Regex Variable();
}
