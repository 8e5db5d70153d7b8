namespace Quehacer.Core.Tests.Tidiness;

/// <summary>A file of the repository; its path is relative to the root, with slashes.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public IEnumerable<(int Number, string Text)> Lines => Text.Split('\n').Select((line, index) => (index + 1, line));
}

/// <summary>The repository's own texts, without what is built, installed or kept by a running server.</summary>
internal static class Repository
{
    private static readonly HashSet<string> NotOurs = ["bin", "obj", "artifacts", "data", "dist", "node_modules", "TestResults", ".git", ".vs", ".idea"];
    private static readonly HashSet<string> Texts = [".cs", ".csproj", ".props", ".slnx", ".json", ".md", ".sql", ".sh", ".py", ".mjs", ".ts", ".lua", ""];

    public static readonly string Root = Find();

    public static readonly IReadOnlyList<SourceFile> All = [.. Under(Root).Order(StringComparer.Ordinal)
        .Select(path => new SourceFile(Path.GetRelativePath(Root, path).Replace('\\', '/'), File.ReadAllText(path)))];

    public static IEnumerable<SourceFile> In(string folder, string extension) =>
        All.Where(file => file.Path.StartsWith(folder, StringComparison.Ordinal) && file.Path.EndsWith(extension, StringComparison.Ordinal));

    public static SourceFile Get(string path) => All.FirstOrDefault(file => file.Path == path)
        ?? throw new InvalidOperationException($"{path} is not there. Put it back, or mend the test that looks for it.");

    private static IEnumerable<string> Under(string directory) => Directory.EnumerateFiles(directory).Where(path => Texts.Contains(Path.GetExtension(path)))
        .Concat(Directory.EnumerateDirectories(directory).Where(path => !NotOurs.Contains(Path.GetFileName(path))).SelectMany(Under));

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Quehacer.slnx")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run from within the repository.");
        }
        return directory.FullName;
    }
}
