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
    public Task The_examples_of_the_laws_of_http_work_as_they_are_written() => WorksAsWrittenAsync(
        "http.md", leastExamples: 10, "VALIDATION_ERROR", "WWW-Authenticate: Bearer", "RESOURCE_NOT_FOUND", "MALFORMED_JSON", "Allow: ", "UNSUPPORTED_MEDIA_TYPE", "NOT_ACCEPTABLE", "BAD_REQUEST",
        "from-the-docs.1", "Idempotent-Replayed: true", "\n304\n", "\n412\n", "\"Errands\"", "\"ready\"", "\"alive\"");

    [Fact]
    public Task The_examples_of_doing_many_things_at_once_work_as_they_are_written() => WorksAsWrittenAsync(
        "many-at-once.md", leastExamples: 7, "\n200\n", "\n207\n", "operations[1].title", "\"dry_run\":true", "\"total\":2", "\"changed\":2", "\"changed\":1", "\"has_more\":true", "PRECONDITION_FAILED", "\"field\":\"filter\"");

    [Fact]
    public Task The_examples_about_notes_work_as_they_are_written() => WorksAsWrittenAsync(
        "notes.md", leastExamples: 4, "\"text\":\"It closes at eight.\"", "\n412\n---\n204\n404\n---\nid,task_id,author.id,author.name,text,version,created_at,updated_at\r\n");

    private async Task WorksAsWrittenAsync(string document, int leastExamples, params string[] promises)
    {
        var blocks = Bash().Matches(await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, "docs", document))).Select(block => block.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= leastExamples, $"docs/{document} has only {blocks.Count} examples.");
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
        foreach (var promised in promises)
        {
            Assert.Contains(promised, transcript, StringComparison.OrdinalIgnoreCase);
        }
        Assert.DoesNotContain("INTERNAL_ERROR", transcript);
    }

    [GeneratedRegex(@"^```bash\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Bash();

    [GeneratedRegex(@"\b(GET|POST|PUT|PATCH|DELETE)\b`?[ ,]+`?""?(?:\$Q)?(/(?:api/v1|tasks)(?:/[\w\-.{}$]+)*)")]
    private static partial Regex Endpoint();

    [GeneratedRegex(@"\{\w+\}|\$[A-Z]+")]
    private static partial Regex Variable();
}
