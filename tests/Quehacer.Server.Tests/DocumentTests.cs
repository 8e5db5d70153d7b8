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
        foreach (var file in Directory.EnumerateFiles(Path.Combine(QuehacerServer.Repository, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(QuehacerServer.Repository, "README.md")))
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

    [Fact]
    public async Task The_examples_of_the_laws_of_http_work_as_they_are_written() => AssertPromised(
        await PastedAsync("http.md", leastExamples: 10), "VALIDATION_ERROR", "WWW-Authenticate: Bearer", "RESOURCE_NOT_FOUND", "MALFORMED_JSON", "Allow: ", "UNSUPPORTED_MEDIA_TYPE", "NOT_ACCEPTABLE",
        "BAD_REQUEST", "from-the-docs.1", "Idempotent-Replayed: true", "\n304\n", "\n412\n", "\"Errands\"", "\"ready\"", "\"alive\"");

    [Fact]
    public async Task The_examples_of_doing_many_things_at_once_work_as_they_are_written() => AssertPromised(
        await PastedAsync("many-at-once.md", leastExamples: 7), "\n200\n", "\n207\n", "operations[1].title", "\"dry_run\":true", "\"total\":2", "\"changed\":2", "\"changed\":1", "\"has_more\":true", "PRECONDITION_FAILED", "\"field\":\"filter\"");

    [Fact]
    public async Task The_examples_of_recovery_work_as_they_are_written() => AssertPromised(
        await PastedAsync("recovery.md", leastExamples: 5), "202\n---", "ONE_TIME_TOKEN_INVALID", "\n400\n---\n202\n---", "\"sessions\":[{\"id\":\"sess_", "\"current\":true", "\n204\n");

    [Fact]
    public async Task The_examples_about_workspaces_work_as_they_are_written() => AssertPromised(
        await PastedAsync("workspaces.md", leastExamples: 4), "\"title\":\"Buy milk\"", "\"role\":\"owner\"", "\"total\":1", "\"email\":\"luis@example.com\"", "\"invitations\":[]");

    [Fact]
    public async Task The_examples_of_leaving_work_as_they_are_written() => AssertPromised(
        await PastedAsync("leaving.md", leastExamples: 3), "200 application/zip\n", "\"deletion_due_at\":\"", "\n202\n---", "ONE_TIME_TOKEN_INVALID", "\n400\n204\n");

    [Fact]
    public async Task The_examples_of_what_has_happened_work_as_they_are_written() => AssertPromised(
        await PastedAsync("history.md", leastExamples: 3), "\"type\":\"task.updated\"", "\"before\":{\"title\":", "\"type\":\"task.created\"", "\"title\":\"Bake bread\"", "\"has_more\":false");

    [Fact]
    public async Task The_examples_of_listening_work_as_they_are_written() => AssertPromised(
        await PastedAsync("live.md", leastExamples: 2), "retry: ", "event: ready\nid: ", "\"type\":\"task.completed\"", "\n401\n");

    [Fact]
    public async Task The_examples_about_notes_work_as_they_are_written() => AssertPromised(
        await PastedAsync("notes.md", leastExamples: 4), "\"text\":\"It closes at eight.\"", "\n412\n---\n204\n404\n---\nid,task_id,author.id,author.name,text,version,created_at,updated_at\r\n");

    [Fact]
    public async Task The_examples_of_the_contract_tareas_work_as_they_are_written() => AssertPromised(
        await PastedAsync("contracts/tareas.md", leastExamples: 4), "Usuario registrado exitosamente", "Perfil obtenido exitosamente", "Tarea obtenida exitosamente", "\"category\":{\"id\":",
        "Tarea actualizada exitosamente", "\"description\":null", "Estado de tarea actualizado exitosamente", "\"total\":1,\"limit\":20,\"offset\":0", "\n204\n", "Etiquetas obtenidas exitosamente",
        "Categoría actualizada exitosamente", "Ya existe una categoría con ese nombre", "\"details\":[");

    [Fact]
    public async Task The_examples_of_the_envelope_work_as_they_are_written() => AssertPromised(
        await PastedAsync("contracts/envelope.md", leastExamples: 6, hasTask: false), "\"code\":201", "\"totalCount\":1", "Title is required", "There is nothing at this address", "\"done\":true",
        """{"id":2,"done":true}""", """[{"id":1,"title":"Buy milk"}]""", "\"code\":207", "Task not found", "tasks[1].title", "\n304\n200\n412\n");

    [Fact]
    public async Task The_examples_about_keys_work_as_they_are_written() => AssertPromised(
        await PastedAsync("api-keys.md", leastExamples: 4, hasTask: false), "\"key\":\"qh_", "\"title\":\"Water the plants\"", "\"kind\":\"service\",\"email\":null", "\"title\":\"Mend the build\"", "---\n204\n401\n");

    [Fact]
    public async Task The_examples_about_mail_work_as_they_are_written()
    {
        await MailTests.WriteAsync(shared.Server, "documents@example.com");
        await MailTests.FileToAsync(shared.Server, "documents@example.com");
        AssertPromised(await PastedAsync("mail.md", leastExamples: 2, hasTask: false), "\"letters\": [", "\"to\": \"documents@example.com\"", "---\n200\n");
    }

    [Fact]
    public async Task The_examples_of_second_factors_work_as_they_are_written() => AssertPromised(
        await PastedAsync("second-factor.md", leastExamples: 6, hasTask: false), "\"recovery_codes_left\":0", "\"recovery_codes\":[\"", "\"access_token\":", "\n204\n{\"totp\":{\"enabled\":false");

    [Fact]
    public async Task The_examples_of_moving_tasks_work_as_they_are_written() => AssertPromised(
        await PastedAsync("moving.md", leastExamples: 3), "\"title\":\"Go camping\",\"assignee_id\":\"user_", "\"title\":\"Read the documents\"", "\"field\":\"assignee_id\"", "Content-Location: /api/v1/tasks/task_",
        "\"version\":2", "\n404\n", "The lake, not the sea.");

    [Fact]
    public async Task The_examples_of_undo_work_as_they_are_written() => AssertPromised(
        await PastedAsync("undo.md", leastExamples: 3), "{\"title\":\"Read the documents\",\"version\":1}\n{\"title\":\"Read the documents twice\",\"version\":2}\n404\n",
        "\"version\":3", "\"version\":4", "---\n200\n");

    [Fact]
    public async Task The_examples_of_administration_work_as_they_are_written() => AssertPromised(
        await PastedAsync("administration.md", leastExamples: 4, hasTask: false, user: await shared.AdministratorAsync()), "\"total\":", "\"suspended_at\":\"20", "\"users\":[{", "\"tasks\":[]",
        "\"reason\":\"Sends spam.\"");

    private static void AssertPromised(string transcript, params string[] promises)
    {
        Assert.All(promises, promised => Assert.Contains(promised, transcript, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("INTERNAL_ERROR", transcript);
        Assert.DoesNotContain("Error interno", transcript);
    }

    /// <summary>They tell a story, and each answer is the next sentence of it.</summary>
    [Fact]
    public async Task The_examples_of_subtasks_work_as_they_are_written()
    {
        var transcript = await PastedAsync("subtasks.md", leastExamples: 7);
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
    /// <param name="hasTask">A task is there, whose id and tag the examples know.</param>
    /// <param name="user">Who it is; somebody new unless told.</param>
    private async Task<string> PastedAsync(string document, int leastExamples, bool hasTask = true, User? user = null)
    {
        var blocks = Bash().Matches(await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, "docs", document))).Select(block => block.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= leastExamples, $"docs/{document} has only {blocks.Count} examples.");
        user ??= await shared.NewUserAsync();
        var start = new ProcessStartInfo("bash", ["-c", $"set -euo pipefail\n{string.Join("echo ---\n", blocks)}"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Q"] = $"http://localhost:{shared.Server.Port}";
        start.Environment["JSON"] = "Content-Type: application/json";
        start.Environment["EMAIL"] = user.Email;
        start.Environment["PASSWORD"] = User.Password;
        start.Environment["AUTH"] = $"Authorization: Bearer {user.AccessToken}";
        if (hasTask)
        {
            var (_, made) = await user.CreateAsync(new { title = "Read the documents" });
            start.Environment["ID"] = (string)made["id"]!;
            start.Environment["ETAG"] = made.ETag!;
        }
        using var bash = Process.Start(start)!;
        bash.StandardInput.Close();
        var errors = bash.StandardError.ReadToEndAsync();
        var transcript = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, $"The examples of docs/{document} ended with {bash.ExitCode}.\n{transcript}\n{await errors}");
        return transcript;
    }

    [GeneratedRegex(@"^```bash\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Bash();

    [GeneratedRegex(@"\b(GET|POST|PUT|PATCH|DELETE)\b`?[ ,]+`?""?(?:\$Q)?(/(?:api/(?:v1|auth|tareas|categorias|etiquetas)|tasks)(?:/[\w\-.{}$]+)*)")]
    private static partial Regex Endpoint();

    [GeneratedRegex(@"\{\w+\}|\$[A-Z]+")]
    private static partial Regex Variable();
}
