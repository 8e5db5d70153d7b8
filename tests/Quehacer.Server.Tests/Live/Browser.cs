using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Quehacer.Server.Tests.Live;

/// <param name="Fresh">Marked as just changed.</param>
/// <param name="Markup">Elements within the title, of which there are to be none.</param>
public sealed record SeenTask(string Title, string About, bool Ticked, bool Fresh, int Markup);

/// <summary>What somebody sees who looks at <c>/live</c>.</summary>
public sealed record Seen(JsonNode Node)
{
    public bool AsksToSignIn => (bool)Node["login"]!;

    public bool CanAdd => (bool)Node["add"]!;

    /// <summary>How the line is: loading, up, cut, away.</summary>
    public string? Line => (string?)Node["line"];

    public string Said => (string)Node["said"]!;

    public string Problem => (string)Node["problem"]!;

    public string News => (string)Node["news"]!;

    public string Focus => (string)Node["focus"]!;

    public string Chosen => (string)Node["chosen"]!;

    public IReadOnlyList<string> Workspaces => [.. Node["workspaces"]!.AsArray().Select(name => (string)name!)];

    public IReadOnlyList<SeenTask> Pending => Tasks("pending");

    public IReadOnlyList<SeenTask> Done => Tasks("done");

    public bool Shows(params string[] pending) => Pending.Select(task => task.Title).SequenceEqual(pending);

    private List<SeenTask> Tasks(string list) => [.. Node[list]!.AsArray().Select(task =>
        new SeenTask((string)task!["title"]!, (string)task["about"]!, (bool)task["ticked"]!, (bool)task["fresh"]!, (int)task["markup"]!))];
}

/// <summary>Chromium with pages of a server, driven by <c>tests/browser/pages.mjs</c>. Each page has a context of its own, as somebody else's browser.</summary>
public sealed class Browser : IAsyncDisposable
{
    /// <summary>A path below which the server can be found as well, as if a proxy were before it that takes the path away.</summary>
    public const string Behind = "/behind/a/proxy";

    private static readonly string Folder = Path.Combine(QuehacerServer.Repository, "tests", "browser");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process process;
    private readonly Task reading;
    private readonly Channel<JsonNode> carriedOut = Channel.CreateUnbounded<JsonNode>();
    private readonly Dictionary<string, Seen> seen = [];
    private readonly List<string> wrong = [];
    private readonly List<string> asked = [];
    private readonly List<string> complaints = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Browser(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (seen)
            {
                complaints.Add(line.Data ?? "");
            }
        };
        process.BeginErrorReadLine();
        reading = ReadAsync();
    }

    /// <summary>What went wrong in pages: errors on the console, what was thrown, dialogs, what the policy forbids, requests to another server.</summary>
    public IReadOnlyList<string> Wrong
    {
        get
        {
            lock (seen)
            {
                return [.. wrong];
            }
        }
    }

    public static Browser Start(QuehacerServer server)
    {
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules", "playwright-core")), "playwright-core is not installed. ./test does that, or: npm ci --prefix tests/browser --ignore-scripts");
        var program = Environment.GetEnvironmentVariable("QUEHACER_TEST_CHROMIUM") is { Length: > 0 } named ? named : "/usr/bin/chromium";
        Assert.True(File.Exists(program), $"There is no {program}. Install Chromium (Debian: apt-get install chromium), or name it with QUEHACER_TEST_CHROMIUM.");
        return new Browser(Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, "pages.mjs"), server.Address.ToString().TrimEnd('/'), Behind, program])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    /// <summary>How often pages have asked for a path.</summary>
    public int Asked(string request)
    {
        lock (seen)
        {
            return asked.Count(one => one.StartsWith(request, StringComparison.Ordinal));
        }
    }

    public Task OpenAsync(string page, string path = "/live", string language = "en") => DoAsync("open", new { page, path, language });

    /// <summary>Opens the page and signs in, and waits until it is live.</summary>
    public async Task OpenAsync(string page, User user, string path = "/live", string language = "en")
    {
        await OpenAsync(page, path, language);
        await SignInAsync(page, user.Email, User.Password);
        await UntilAsync(page, "live", now => now.Line == "up");
    }

    public Task SignInAsync(string page, string email, string password) => DoAsync("signIn", new { page, email, password });

    /// <summary>Has something done in a page, and gives what came of it.</summary>
    public async Task<JsonNode?> DoAsync(string order, object details)
    {
        var line = System.Text.Json.JsonSerializer.SerializeToNode(details)!;
        line["order"] = order;
        await process.StandardInput.WriteLineAsync(line.ToJsonString());
        await process.StandardInput.FlushAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var answer = await carriedOut.Reader.ReadAsync(patience.Token);
            Assert.True(answer["failed"] is null, $"{order}: {(string?)answer["failed"]}");
            return answer["result"];
        }
        catch (ChannelClosedException)
        {
            throw new InvalidOperationException($"The browser has ended: {string.Join('\n', complaints)}");
        }
    }

    /// <summary>Waits until somebody sees in a page what they should.</summary>
    public async Task<Seen> UntilAsync(string page, string what, Func<Seen, bool> isSo)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            Task next;
            Seen? now;
            lock (seen)
            {
                now = seen.GetValueOrDefault(page);
                next = changed.Task;
            }
            if (now is not null && isSo(now))
            {
                return now;
            }
            try
            {
                await next.WaitAsync(Patience - waited.Elapsed is { Ticks: > 0 } left ? left : TimeSpan.Zero);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"After {Patience.TotalSeconds:0} seconds the page '{page}' does not show: {what}. It shows {now?.Node.ToJsonString()}\n{string.Join('\n', Wrong)}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
        await reading;
        process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var told = JsonNode.Parse(line)!;
            if (told["done"] is not null)
            {
                carriedOut.Writer.TryWrite(told);
                continue;
            }
            lock (seen)
            {
                if (told["saw"] is { } saw)
                {
                    seen[(string)told["page"]!] = new Seen(saw);
                }
                if ((string?)told["wrong"] is { } fault)
                {
                    wrong.Add(fault);
                }
                if ((string?)told["asked"] is { } request)
                {
                    asked.Add(request);
                }
                changed.TrySetResult();
                changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
        carriedOut.Writer.TryComplete();
    }
}
