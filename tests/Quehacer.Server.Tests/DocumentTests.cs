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

    [GeneratedRegex(@"\b(GET|POST|PUT|PATCH|DELETE)\b`?[ ,]+`?""?(?:\$Q)?(/(?:api/v1|tasks)(?:/[\w\-.{}$]+)*)")]
    private static partial Regex Endpoint();

    [GeneratedRegex(@"\{\w+\}|\$[A-Z]+")]
    private static partial Regex Variable();
}
