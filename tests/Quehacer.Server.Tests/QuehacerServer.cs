using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Quehacer.Tests;

namespace Quehacer.Server.Tests;

/// <summary>How a run of the program ended, and what it said.</summary>
public sealed record Run(int ExitCode, string Output, string Errors);

/// <summary>
/// The real server as its own process, with its own data directory, cluster and port. It can be stopped, killed and started again on the
/// same data; what it prints is kept over all of its lives.
/// </summary>
public sealed partial class QuehacerServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] OwnSettings = ["PORT", "DATA_DIR", "DATABASE_URL", "DOTNET_ENVIRONMENT"];
    private static readonly string[] OwnSections = ["ASPNETCORE_", "Server__", "Database__", "Auth__", "Tasks__", "Idempotency__", "Cursors__", "Admin__", "Mail__", "Cors__", "Tls__", "Log__", "Envelope__", "RateLimits__", "Live__"];

    /// <summary>One test is many users of one address: a server that is not tried for its limits has none.</summary>
    private static readonly (string Name, string Value) NoLimits = ("RateLimits__Enabled", "false");

    /// <summary>For a server with the limits that it has when nobody says anything: an empty value is none.</summary>
    public static readonly (string Name, string Value) UsualLimits = ("RateLimits__Enabled", "");

    /// <summary>Most of what the tests cost was passwords: registering and logging in are slow on purpose.</summary>
    private static readonly (string Name, string Value) QuickPasswords = ("Auth__PasswordIterations", "1000");

    /// <summary>For a server whose passwords are as slow as everybody's.</summary>
    public static readonly (string Name, string Value) UsualPasswords = ("Auth__PasswordIterations", "");

    private static readonly Lazy<Task<DirectoryInfo>> Prepared = new(PrepareAsync);

    private readonly DirectoryInfo home;
    private (string Name, string Value)[] settings;
    private readonly List<string> output = [];
    private readonly List<string> errors = [];
    private Process? process;

    private QuehacerServer(DirectoryInfo home, (string, string)[] settings)
    {
        this.home = home;
        this.settings = settings;
        Port = FreePort();
        Http = NewHttp();
    }

    public int Port { get; }

    public HttpClient Http { get; }

    public Uri Address => new($"{(settings.Any(setting => setting.Name == "Tls__CertificateFile") ? "https" : "http")}://localhost:{Port}");

    public string DataDirectory => Path.Combine(home.FullName, "data");

    public string SigningKey => File.ReadAllText(Path.Combine(DataDirectory, "signing-key")).Trim();

    /// <summary>What the server holds in memory, in bytes; the cluster is another process.</summary>
    public long ResidentBytes
    {
        get
        {
            process!.Refresh();
            return process.WorkingSet64;
        }
    }

    public bool IsRunning => process is { HasExited: false };

    /// <summary>The repository, found from where this assembly was built to.</summary>
    public static string Repository
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(directory.FullName, "Quehacer.slnx")))
            {
                directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run from within the repository.");
            }
            return directory.FullName;
        }
    }

    public IReadOnlyList<string> Output
    {
        get
        {
            lock (output)
            {
                return [.. output];
            }
        }
    }

    public string Errors
    {
        get
        {
            lock (errors)
            {
                return string.Join('\n', errors);
            }
        }
    }

    /// <summary>
    /// A server that finds a cluster in its data directory, which it has not to make first: a copy of one that a server has made. Its data are
    /// in memory where there is enough of it.
    /// </summary>
    public static async Task<QuehacerServer> StartAsync(params (string Name, string Value)[] settings)
    {
        var home = Scratch.Create("quehacer-test-");
        await CopyAsync(await Prepared.Value, home);
        return await StartAsync(home, settings);
    }

    /// <summary>A server with nothing but its settings, as somebody starts it for the first time, with its data on a disk.</summary>
    public static Task<QuehacerServer> StartFromNothingAsync(params (string Name, string Value)[] settings) => StartAsync(Directory.CreateTempSubdirectory("quehacer-test-"), settings);

    /// <summary>For the end of all tests.</summary>
    public static async Task ForgetPreparedAsync()
    {
        if (Prepared.IsValueCreated)
        {
            (await Prepared.Value).Delete(recursive: true);
        }
    }

    /// <summary>Starts the server on its data directory and port, and returns when it is ready.</summary>
    public async Task StartAgainAsync()
    {
        process?.Dispose();
        process = Process.Start(Command(["serve"], [("PORT", Port.ToString(CultureInfo.InvariantCulture)), ("DATA_DIR", DataDirectory), NoLimits, .. QuickInDevelopment(), .. settings]))!;
        process.StandardInput.Close();
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await UntilReadyAsync();
    }

    /// <summary>The same with other settings from now on.</summary>
    public Task StartAgainAsync((string Name, string Value)[] otherSettings)
    {
        settings = otherSettings;
        return StartAgainAsync();
    }

    public async Task UntilReadyAsync()
    {
        var waited = Stopwatch.StartNew();
        while (await ReadinessAsync() != HttpStatusCode.OK)
        {
            if (!IsRunning || waited.Elapsed > Patience)
            {
                throw new InvalidOperationException(
                    $"The server is not ready after {waited.Elapsed.TotalSeconds:0} s ({(IsRunning ? "it runs" : $"it ended with {process!.ExitCode}")}).\n{Errors}\n{string.Join('\n', Output.TakeLast(20))}");
            }
            await Task.Delay(20);
        }
    }

    /// <summary>What <c>/ready</c> says; null when nobody answers.</summary>
    public async Task<HttpStatusCode?> ReadinessAsync()
    {
        try
        {
            using var answer = await Http.GetAsync("/ready");
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Asks the server to end and gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        Terminate();
        return await EndedAsync();
    }

    /// <summary>Sends SIGTERM and does not wait.</summary>
    public void Terminate() => Assert.Equal(0, Signal(process!.Id, 15));

    public async Task<int> EndedAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await process!.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    public async Task KillAsync()
    {
        process!.Kill();
        await EndedAsync();
    }

    /// <summary>Stops the server's process where it is, and lets it go on.</summary>
    public void Freeze() => Assert.Equal(0, Signal(process!.Id, 19));

    public void Thaw() => Assert.Equal(0, Signal(process!.Id, 18));

    /// <summary>Kills the postmaster of the server's cluster, and nothing else: a pid that is not its own any more is left alone.</summary>
    public void KillPostgres()
    {
        var directory = Path.Combine(DataDirectory, "postgres");
        try
        {
            var first = File.ReadLines(Path.Combine(directory, "postmaster.pid")).FirstOrDefault();
            if (int.TryParse(first, CultureInfo.InvariantCulture, out var pid)
                && File.ResolveLinkTarget($"/proc/{pid}/cwd", returnFinalTarget: false)?.FullName == directory)
            {
                _ = Signal(pid, 9);
            }
        }
        catch (IOException)
        {
            // There is no cluster, or its process has ended.
        }
    }

    /// <summary>Stops all processes of the cluster where they are, as a disk that hangs would; and lets them go on.</summary>
    public void FreezePostgres() => SignalCluster(19);

    public void ThawPostgres() => SignalCluster(18);

    /// <summary>The private cluster of the running server as a server of one's own: its socket is in line 5 of <c>postmaster.pid</c>.</summary>
    public string DatabaseUrl(string database = "postgres") =>
        $"postgres://quehacer@/{database}?host={Uri.EscapeDataString(File.ReadLines(Path.Combine(DataDirectory, "postgres", "postmaster.pid")).ElementAt(4).Trim())}";

    /// <summary>Says something to the database of the running server behind its back, with the <c>psql</c> of its PostgreSQL.</summary>
    public async Task<string> SqlAsync(string sql, string database = "postgres")
    {
        var pid = File.ReadLines(Path.Combine(DataDirectory, "postgres", "postmaster.pid")).First().Trim();
        var binaries = Path.GetDirectoryName(File.ResolveLinkTarget($"/proc/{pid}/exe", returnFinalTarget: false)!.FullName)!;
        using var psql = Process.Start(new ProcessStartInfo(Path.Combine(binaries, "psql"), ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, DatabaseUrl(database)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var printed = psql.StandardOutput.ReadToEndAsync();
        var complained = await psql.StandardError.ReadToEndAsync();
        await psql.WaitForExitAsync();
        Assert.True(psql.ExitCode == 0, complained);
        return (await printed).Trim();
    }

    /// <summary>Runs a verb of the program on this server's data directory.</summary>
    public Task<Run> RunAsync(string[] arguments, string input = "") => RunAsync(arguments, [("DATA_DIR", DataDirectory), .. settings], input);

    public static async Task<Run> RunAsync(string[] arguments, (string Name, string Value)[] settings, string input = "")
    {
        using var run = Process.Start(Command(arguments, settings))!;
        var printed = run.StandardOutput.ReadToEndAsync();
        var complained = run.StandardError.ReadToEndAsync();
        await run.StandardInput.WriteAsync(input);
        run.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await run.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            run.Kill();
            throw;
        }
        return new Run(run.ExitCode, await printed, await complained);
    }

    public HttpClient NewHttp() => NewHttp(NewHandler());

    /// <summary>
    /// One whose connections hold little of what nobody has read yet. The system gives a connection on which much has been read fast tens of megabytes.
    /// </summary>
    public HttpClient NewNarrowHttp()
    {
        var handler = NewHandler();
        handler.ConnectCallback = async (connection, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 256 * 1024 };
            try
            {
                await socket.ConnectAsync(connection.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };
        return NewHttp(handler);
    }

    private HttpClient NewHttp(SocketsHttpHandler handler) => new(handler) { BaseAddress = Address, Timeout = Patience };

    private static SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        // A certificate of the tests is nobody else's business; whether it is in order, curl says.
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    };

    /// <summary>A request as bytes, for what no HTTP library would send. Gives the answer as it came; the request must ask to close.</summary>
    public async Task<string> SendRawAsync(Func<Stream, Task> send)
    {
        using var client = new TcpClient();
        using var patience = new CancellationTokenSource(Patience);
        await client.ConnectAsync("localhost", Port, patience.Token);
        await using var stream = client.GetStream();
        var answer = new StringBuilder();
        var reading = Task.Run(async () =>
        {
            var buffer = new byte[16384];
            try
            {
                while (await stream.ReadAsync(buffer, patience.Token) is > 0 and var count)
                {
                    answer.Append(Encoding.UTF8.GetString(buffer, 0, count));
                }
            }
            catch (IOException)
            {
                // A server that has refused a body may close while it is still being sent.
            }
        });
        try
        {
            await send(stream);
        }
        catch (IOException)
        {
            // The same.
        }
        await reading;
        return answer.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            if (IsRunning)
            {
                try
                {
                    await StopAsync();
                }
                catch (OperationCanceledException)
                {
                    await KillAsync();
                }
            }
            KillPostgres();
            process.Dispose();
        }
        Http.Dispose();
        for (var attempt = 1; home.Exists; attempt++)
        {
            try
            {
                home.Delete(recursive: true);
                break;
            }
            catch (IOException) when (attempt < 50)
            {
                // The processes of a killed cluster need a moment to end, and write until then.
                await Task.Delay(100);
                home.Refresh();
            }
        }
    }

    private void SignalCluster(int signal)
    {
        var postmaster = int.Parse(File.ReadLines(Path.Combine(DataDirectory, "postgres", "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        foreach (var pid in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture)))
        {
            try
            {
                // The fourth field is the parent; the second, in brackets, may hold anything.
                var parent = File.ReadAllText($"/proc/{pid}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
                if (pid == postmaster || parent == postmaster.ToString(CultureInfo.InvariantCulture))
                {
                    Assert.Equal(0, Signal(pid, signal));
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
    }

    private static ProcessStartInfo Command(string[] arguments, (string Name, string Value)[] settings)
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Repository, "artifacts", "bin", "Quehacer.Server", built, "quehacer.dll"), .. arguments])
        {
            WorkingDirectory = Path.GetTempPath(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var inherited = start.Environment.Keys.Where(name => OwnSettings.Contains(name)
            || OwnSections.Any(section => name.StartsWith(section, StringComparison.OrdinalIgnoreCase)));
        foreach (var name in inherited.ToList())
        {
            start.Environment.Remove(name);
        }
        // A server of a test lives for seconds: code compiled from a profile would not pay for the profile, and a thread that waits for work by
        // spinning takes the processor from the next test.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }
        return start;
    }

    private static async Task<QuehacerServer> StartAsync(DirectoryInfo home, (string, string)[] settings)
    {
        var server = new QuehacerServer(home, settings);
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Outside of Development the server refuses them.</summary>
    private (string, string)[] QuickInDevelopment() => settings.Any(setting => setting.Name is "ASPNETCORE_ENVIRONMENT" or "DOTNET_ENVIRONMENT") ? [] : [QuickPasswords];

    /// <summary>A data directory that a server has made and left, without the key, which each server makes for itself.</summary>
    private static async Task<DirectoryInfo> PrepareAsync()
    {
        var prepared = Scratch.Create("quehacer-test-prepared-");
        await using var server = await StartAsync(Scratch.Create("quehacer-test-"), []);
        Assert.Equal(0, await server.StopAsync());
        File.Delete(Path.Combine(server.DataDirectory, "signing-key"));
        await CopyAsync(server.home, prepared);
        return prepared;
    }

    /// <summary>With owners and modes: the cluster may belong to another user.</summary>
    private static async Task CopyAsync(DirectoryInfo from, DirectoryInfo to)
    {
        using var copy = Process.Start("cp", ["-a", Path.Combine(from.FullName, "."), to.FullName]);
        await copy.WaitForExitAsync();
        Assert.Equal(0, copy.ExitCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Keep(List<string> lines, string? line)
    {
        if (line is not null)
        {
            lock (lines)
            {
                lines.Add(line);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
