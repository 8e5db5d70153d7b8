using System.Diagnostics;

namespace Quehacer.Server.Tests;

/// <summary>The client in <c>clients/typescript</c>, made from the description and used against a real server as its readers would use it.</summary>
public sealed class TypeScriptClientTests(SharedServer shared)
{
    internal static readonly string Folder = Path.Combine(QuehacerServer.Repository, "clients", "typescript");

    /// <summary>One test, because the programs are there once they are compiled, and compiled once.</summary>
    [Fact]
    public async Task The_TypeScript_client_is_that_of_the_description_compiles_and_works()
    {
        await IsWhatTheGeneratorMakesAsync();
        Assert.Equal("", await RunAsync(Installed("tsc"), "--project", Folder));
        var address = shared.Server.Address.ToString();
        Assert.Equal(
            """
            logged in: Ana
            listed: Buy milk
            listed: Order beans
            changed: Buy two bottles of milk
            refused: 412 PRECONDITION_FAILED
            completed: done
            deleted: 204
            looked for: 404
            restored: Buy two bottles of milk

            """,
            await RunAsync("node", Path.Combine(Folder, "dist", "example.js"), address));
        Assert.Equal("each was done once\n", await RunAsync("node", Path.Combine(Folder, "dist", "lost.js"), address));
    }

    private static async Task IsWhatTheGeneratorMakesAsync()
    {
        var directory = Directory.CreateTempSubdirectory("quehacer-client-");
        try
        {
            var made = Path.Combine(directory.FullName, "v1.ts");
            await RunAsync(Installed("openapi-typescript"), Description.FileOf("v1"), "--output", made);
            Assert.True(
                await File.ReadAllTextAsync(made) == await File.ReadAllTextAsync(Path.Combine(Folder, "src", "v1.ts")),
                "clients/typescript/src/v1.ts is not what openapi/v1.json makes. Make it anew: npm run generate --prefix clients/typescript");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    internal static string Installed(string program)
    {
        var file = Path.Combine(Folder, "node_modules", ".bin", program);
        Assert.True(File.Exists(file), $"{program} is not installed. ./test does that, or: npm ci --prefix clients/typescript --ignore-scripts");
        return file;
    }

    /// <summary>What a program prints that ends well.</summary>
    internal static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var printed = run.StandardOutput.ReadToEndAsync();
        var complained = run.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            await run.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            run.Kill(entireProcessTree: true);
            throw;
        }
        Assert.True(run.ExitCode == 0, $"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {run.ExitCode}.\n{await printed}\n{await complained}");
        return await printed;
    }
}
