using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Quehacer.Client;

namespace Quehacer.Server.Tests;

/// <summary>The samples of the description are programs. Those of curl are run in <see cref="OpenApiTests"/>; here the others are compiled.</summary>
public sealed class CodeSampleTests
{
    internal static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Description description = new();

    internal static string SourceOf(DescribedOperation operation, string label) =>
        (string)operation.Node["x-codeSamples"]!.AsArray().Single(sample => (string)sample!["label"]! == label)!["source"]!;

    [Fact]
    public void Every_operation_has_a_sample_in_every_language()
    {
        Assert.All(description.Operations, operation => Assert.Equal(
            [("Shell", "curl"), ("TypeScript", "TypeScript"), ("C#", "C#")],
            operation.Node["x-codeSamples"]!.AsArray().Select(sample => ((string)sample!["lang"]!, (string)sample["label"]!))));
        Assert.All(description.Operations, operation => Assert.Contains($"{operation.Method}(\"{operation.Path}\"", SourceOf(operation, "TypeScript")));
    }

    [Fact]
    public async Task Every_TypeScript_sample_compiles_with_the_client()
    {
        var directory = Directory.CreateTempSubdirectory("quehacer-samples-");
        try
        {
            foreach (var operation in description.Operations)
            {
                await File.WriteAllTextAsync(Path.Combine(directory.FullName, operation.Id + ".ts"), SourceOf(operation, "TypeScript"));
            }
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "package.json"), """{ "type": "module" }""");
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "tsconfig.json"), $$"""
                {
                  "extends": {{JsonSerializer.Serialize(Path.Combine(TypeScriptClientTests.Folder, "tsconfig.json"))}},
                  "compilerOptions": {
                    "noEmit": true, "rootDir": "/", "typeRoots": [{{JsonSerializer.Serialize(Path.Combine(TypeScriptClientTests.Folder, "node_modules", "@types"))}}],
                    "paths": { "quehacer-client": [{{JsonSerializer.Serialize(Path.Combine(TypeScriptClientTests.Folder, "src", "index.ts"))}}] }
                  },
                  "include": ["*.ts"]
                }
                """);
            Assert.Equal("", await TypeScriptClientTests.RunAsync(TypeScriptClientTests.Installed("tsc"), "--project", directory.FullName));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>All in one file, each as the body of a method: the compiler of the SDK takes a second for it.</summary>
    [Fact]
    public async Task Every_CSharp_sample_compiles_with_the_client()
    {
        var file = new StringBuilder("using System;\nusing System.IO;\nusing System.Threading.Tasks;\nusing Quehacer.Client;\n");
        foreach (var operation in description.Operations)
        {
            const string Begins = "using Quehacer.Client;\n";
            var source = SourceOf(operation, "C#");
            Assert.StartsWith(Begins, source);
            file.Append($"static class Sample_{operation.Id}\n{{\n    static async Task RunAsync()\n    {{\n{source[Begins.Length..]}\n    }}\n}}\n");
        }
        var directory = Directory.CreateTempSubdirectory("quehacer-samples-");
        try
        {
            var samples = Path.Combine(directory.FullName, "Samples.cs");
            await File.WriteAllTextAsync(samples, file.ToString());
            var compiler = Path.Combine((await TypeScriptClientTests.RunAsync("dotnet", "--list-sdks")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(line => line.StartsWith("10.", StringComparison.Ordinal)).Select(line => Path.Combine(line[(line.IndexOf('[') + 1)..line.LastIndexOf(']')], line.Split(' ')[0])).Last(), "Roslyn", "bincore", "csc.dll");
            var references = Directory.EnumerateFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "*.dll")
                .Where(IsManaged).Append(typeof(QuehacerClient).Assembly.Location).Select(reference => "-r:" + reference);
            Assert.Equal(
                "",
                await TypeScriptClientTests.RunAsync(
                    "dotnet", ["exec", compiler, "-nologo", "-nullable:enable", "-warnaserror+", "-target:library", $"-out:{samples}.dll", .. references, samples]));
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        static bool IsManaged(string file) => Path.GetFileName(file) is var name
            && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "mscorlib.dll") && !name.Contains("Native", StringComparison.Ordinal);
    }
}
