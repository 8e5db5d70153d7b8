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

    /// <summary>The examples of the laws, pasted one after the other by somebody who has done the quick start; each says in its answer what the text promises.</summary>
    [Fact]
    public async Task The_examples_of_the_laws_of_http_work_as_they_are_written()
    {
        var user = await shared.NewUserAsync();
        var (_, made) = await user.CreateAsync(new { title = "Read the documents" });
        var transcript = await PastedAsync("http.md", ("AUTH", $"Authorization: Bearer {user.AccessToken}"), ("ID", (string)made["id"]!), ("ETAG", made.ETag!));
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

    [Fact]
    public async Task The_examples_of_the_contract_tareas_work_as_they_are_written()
    {
        var transcript = await PastedAsync("contracts/tareas.md");
        foreach (var promised in new[]
        {
            "Usuario registrado exitosamente", "Perfil obtenido exitosamente", "Tarea obtenida exitosamente", "\"category\":{\"id\":", "Tarea actualizada exitosamente", "\"description\":null", "Estado de tarea actualizado exitosamente",
            "\"total\":1,\"limit\":20,\"offset\":0", "\n204\n", "Etiquetas obtenidas exitosamente", "Categoría actualizada exitosamente", "Ya existe una categoría con ese nombre", "\"details\":[",
        })
        {
            Assert.Contains(promised, transcript);
        }
        Assert.DoesNotContain("Error interno", transcript);
    }

    /// <summary>What all examples of a page print, one after the other, for somebody with these variables.</summary>
    private async Task<string> PastedAsync(string page, params (string Name, string Value)[] variables)
    {
        var blocks = Bash().Matches(await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, "docs", page))).Select(block => block.Groups[1].Value).ToList();
        Assert.True(blocks.Count >= 4, $"docs/{page} has only {blocks.Count} examples.");
        var start = new ProcessStartInfo("bash", ["-c", $"set -euo pipefail\n{string.Join("echo ---\n", blocks)}"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables.Concat([("Q", $"http://localhost:{shared.Server.Port}"), ("JSON", "Content-Type: application/json")]))
        {
            start.Environment[name] = value;
        }
        using var bash = Process.Start(start)!;
        bash.StandardInput.Close();
        var errors = bash.StandardError.ReadToEndAsync();
        var transcript = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, $"The examples of docs/{page} ended with {bash.ExitCode}.\n{transcript}\n{await errors}");
        return transcript;
    }

    [GeneratedRegex(@"^```bash\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Bash();

    [GeneratedRegex(@"\b(GET|POST|PUT|PATCH|DELETE)\b`?[ ,]+`?""?(?:\$Q)?(/(?:api/(?:v1|auth|tareas|categorias|etiquetas)|tasks)(?:/[\w\-.{}$]+)*)")]
    private static partial Regex Endpoint();

    [GeneratedRegex(@"\{\w+\}|\$[A-Z]+")]
    private static partial Regex Variable();
}
