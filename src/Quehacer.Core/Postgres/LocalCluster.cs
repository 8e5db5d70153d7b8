using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Npgsql;

namespace Quehacer.Core.Postgres;

/// <summary>
/// The embedded default: a private PostgreSQL cluster in the data directory. Its binaries are the machine's; it listens on a Unix socket
/// in a private directory only, runs as an unprivileged user, is started again when it falls, and never outlives the server: a shell
/// between the two sends it SIGINT when the pipe from the server closes, even after <c>kill -9</c> of the server.
/// </summary>
public sealed partial class LocalCluster : IAsyncDisposable
{
    private const string User = "quehacer";

    /// <summary>
    /// Arguments: what to do (init, serve), the user to become (or empty), the directory of the binaries, the data directory, the socket
    /// directory (or empty), settings. PostgreSQL refuses to be root. When the data directory lies below one that the other user may not
    /// pass (a root's home, a private temporary directory), it is reached through a descriptor that was opened before root was given up.
    /// </summary>
    private const string Script = """
        task=$1 user=$2 bin=$3 data=$4 socket=$5; shift 5
        become=
        if [ -n "$user" ]; then
          chown "$user" "$data" ${socket:+"$socket"} || exit 1
          become="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups"
          exec 9<"$data"
          $become test -x "$data/." || data=/proc/self/fd/9
        fi
        cd /
        if [ "$task" = init ]; then
          exec $become "$bin/initdb" -D "$data" "$@"
        fi
        exec 8<&0
        $become "$bin/postgres" -D "$data" -c unix_socket_directories="$socket" "$@" </dev/null 8<&- &
        postgres=$!
        { cat <&8; kill -INT $postgres; } >/dev/null 2>&1 &
        watch=$!
        wait $postgres; code=$?
        kill $watch 2>/dev/null
        rm -rf "$socket"
        exit $code
        """;

    private readonly string directory;
    private readonly string binaries;
    private readonly string unprivileged;
    private readonly int maxConnections;
    private readonly Action<string> log;
    private readonly CancellationTokenSource stopping = new();
    private readonly string socket;
    private Task supervision = Task.CompletedTask;
    private volatile Process? process;

    private LocalCluster(string directory, string binaries, string unprivileged, int maxConnections, Action<string> log)
    {
        this.directory = directory;
        this.binaries = binaries;
        this.unprivileged = unprivileged;
        this.maxConnections = maxConnections;
        this.log = log;
        // Not within the data directory: the path of a socket has 107 bytes at most.
        socket = Directory.CreateTempSubdirectory("quehacer-").FullName;
    }

    public string ConnectionString => ConnectionStringOf(socket);

    /// <summary>Where the cluster's binaries are, and PostgreSQL's other programs, if they are installed.</summary>
    public string BinDirectory => binaries;

    /// <summary>The directory with the newest of PostgreSQL's client programs, for a server that is not ours.</summary>
    /// <param name="binDirectory">Where to look; null for the usual places.</param>
    /// <exception cref="DatabaseRefused">There are none.</exception>
    public static string FindClientPrograms(string? binDirectory) =>
        (binDirectory is not null ? [binDirectory] : UsualPlaces()).Where(place => File.Exists(Path.Combine(place, "pg_dump")))
            .OrderByDescending(place => int.TryParse(VersionOf(place, "pg_dump"), CultureInfo.InvariantCulture, out var version) ? version : 0)
            .FirstOrDefault()
        ?? throw new DatabaseRefused(
            "PostgreSQL's pg_dump was not found on this machine. Install it (Debian: apt-get install postgresql-client), or set Database__BinDirectory to the directory it is in.");

    /// <summary>Starts the cluster of a data directory, made if there is none, and returns when it accepts connections.</summary>
    /// <param name="binDirectory">Where the binaries are; null to look in the usual places.</param>
    /// <param name="log">Takes lines of the cluster's own log.</param>
    /// <exception cref="DatabaseRefused">There are no fitting binaries, or the cluster does not start.</exception>
    public static async Task<LocalCluster> StartAsync(DataDirectory data, string? binDirectory, int maxConnections, Action<string> log, CancellationToken cancellation)
    {
        var directory = data.File("postgres");
        var versionFile = Path.Combine(directory, "PG_VERSION");
        var wanted = File.Exists(versionFile) ? (await File.ReadAllTextAsync(versionFile, cancellation)).Trim() : null;
        var binaries = Find(binDirectory, wanted);
        var cluster = new LocalCluster(directory, binaries, UnprivilegedUser(), maxConnections, log);
        try
        {
            if (wanted is null)
            {
                await cluster.InitialiseAsync(cancellation);
            }
            await cluster.LaunchAsync(cancellation);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
        cluster.supervision = cluster.SuperviseAsync();
        return cluster;
    }

    /// <summary>The cluster of a data directory that a server on this machine has up; null when none is up, or not ready yet.</summary>
    /// <param name="dataDirectory">The server's.</param>
    /// <param name="binDirectory">Where the binaries are; null to look in the usual places.</param>
    /// <exception cref="DatabaseRefused">It is up, and there are no fitting binaries here.</exception>
    public static (string ConnectionString, string BinDirectory)? FindRunning(string dataDirectory, string? binDirectory)
    {
        var directory = Path.Combine(Path.GetFullPath(dataDirectory), "postgres");
        return SocketOfReady(directory) is { } socket
            ? (ConnectionStringOf(socket), Find(binDirectory, File.ReadAllText(Path.Combine(directory, "PG_VERSION")).Trim()))
            : null;
    }

    /// <summary>A fast shutdown (SIGINT): open transactions are rolled back, everything acknowledged is on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        if (process is { } running)
        {
            running.StandardInput.Close();
            await running.WaitForExitAsync();
        }
        await supervision;
        if (Directory.Exists(socket))
        {
            Directory.Delete(socket, recursive: true);
        }
        stopping.Dispose();
    }

    /// <summary>Made beside and moved into place: a kill in the middle leaves no half cluster.</summary>
    private async Task InitialiseAsync(CancellationToken cancellation)
    {
        var draft = directory + ".new";
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }
        Directory.CreateDirectory(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var initdb = Spawn("init", draft, "", ["-U", User, "-A", "trust", "--auth-host=reject", "--no-locale", "-E", "UTF8"]);
        initdb.StandardInput.Close();
        var output = initdb.StandardOutput.ReadToEndAsync(cancellation);
        var errors = await initdb.StandardError.ReadToEndAsync(cancellation);
        await initdb.WaitForExitAsync(cancellation);
        if (initdb.ExitCode != 0)
        {
            throw new DatabaseRefused($"The private PostgreSQL cluster could not be made in {directory}: {errors.Trim()} {(await output).Trim()}");
        }
        Directory.Move(draft, directory);
    }

    private async Task LaunchAsync(CancellationToken cancellation)
    {
        await ClearStaleLockAsync(cancellation);
        Directory.CreateDirectory(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var started = Spawn("serve", directory, socket,
        [
            "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", "cluster_name=quehacer",
            "-c", "shared_buffers=64MB", "-c", $"max_connections={maxConnections}", "-c", "jit=off", "-c", "random_page_cost=1.1",
            "-c", "fsync=on", "-c", "full_page_writes=on", "-c", "synchronous_commit=on",
            // Refused statements are the program's business (and their text may hold what no log should).
            "-c", "log_line_prefix=[%p] ", "-c", "log_min_messages=log", "-c", "log_min_error_statement=panic", "-c", "log_checkpoints=off", "-c", "timezone=UTC",
        ]);
        started.OutputDataReceived += (_, line) => Report(line.Data);
        started.ErrorDataReceived += (_, line) => Report(line.Data);
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        process = started;

        // Recovery after a crash may take its time, so there is no limit while the process lives.
        while (SocketOfReady(directory) != socket)
        {
            if (started.HasExited)
            {
                throw new DatabaseRefused($"The private PostgreSQL cluster in {directory} did not start; its last words are in the log above.");
            }
            await Task.Delay(5, cancellation);
        }
    }

    private async Task SuperviseAsync()
    {
        while (true)
        {
            await process!.WaitForExitAsync();
            var delay = TimeSpan.FromMilliseconds(100);
            while (true)
            {
                if (stopping.IsCancellationRequested)
                {
                    return;
                }
                process!.StandardInput.Close();
                Report("the private PostgreSQL cluster has stopped; starting it again");
                try
                {
                    await LaunchAsync(stopping.Token);
                    break;
                }
                catch (Exception exception) when (exception is DatabaseRefused or IOException or OperationCanceledException)
                {
                    // Processes of the fallen cluster may need a moment to end: until then PostgreSQL refuses to start.
                    await Task.Delay(delay, CancellationToken.None);
                    delay = TimeSpan.FromMilliseconds(Math.Min(5_000, delay.TotalMilliseconds * 2));
                }
            }
        }
    }

    /// <summary>The directory of the socket that a cluster listens on, once it does. Line 8 of <c>postmaster.pid</c> says what the postmaster is doing; <c>pg_ctl</c> waits the same way.</summary>
    private static string? SocketOfReady(string directory)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(directory, "postmaster.pid")) is [_, _, _, _, var socket, _, _, var state, ..] && state.Trim() == "ready" ? socket.Trim() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string ConnectionStringOf(string socket) => new NpgsqlConnectionStringBuilder { Host = socket, Username = User, Database = "postgres" }.ConnectionString;

    /// <summary>
    /// After a crash of the machine the pid in <c>postmaster.pid</c> may belong to any process, and PostgreSQL would refuse to start for as
    /// long as that one lives. When it is ours still (the server was killed a moment ago), it is asked to stop and waited for.
    /// </summary>
    private async Task ClearStaleLockAsync(CancellationToken cancellation)
    {
        var file = Path.Combine(directory, "postmaster.pid");
        while (File.Exists(file))
        {
            string? first;
            try
            {
                first = File.ReadLines(file).FirstOrDefault();
            }
            catch (FileNotFoundException)
            {
                return;
            }
            if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || !Directory.Exists($"/proc/{pid}"))
            {
                return;
            }
            var executable = File.ResolveLinkTarget($"/proc/{pid}/exe", returnFinalTarget: false)?.FullName;
            var workingDirectory = File.ResolveLinkTarget($"/proc/{pid}/cwd", returnFinalTarget: false)?.FullName;
            var ours = executable is not null && Path.GetFileName(executable).StartsWith("postgres", StringComparison.Ordinal)
                && workingDirectory == new DirectoryInfo(directory).FullName;
            if (!ours)
            {
                File.Delete(file);
                return;
            }
            _ = Signal(pid, SigInt);
            await Task.Delay(50, cancellation);
        }
    }

    private Process Spawn(string task, string data, string socketDirectory, string[] arguments)
    {
        // A session of its own: Ctrl-C in the terminal is for the server, which then stops the cluster last.
        var start = new ProcessStartInfo("setsid")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
            ArgumentList = { "sh", "-c", Script, "quehacer-postgres", task, unprivileged, binaries, data, socketDirectory },
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var inherited in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal) || name.StartsWith("LC_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(inherited);
        }
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TZ"] = "UTC";
        return Process.Start(start)!;
    }

    private void Report(string? line)
    {
        if (!string.IsNullOrWhiteSpace(line))
        {
            log(line);
        }
    }

    private static string Find(string? binDirectory, string? wantedVersion)
    {
        var candidates = binDirectory is not null ? [binDirectory] : UsualPlaces();
        var found = candidates.Where(place => File.Exists(Path.Combine(place, "initdb")) && File.Exists(Path.Combine(place, "postgres")))
            .Select(place => (Place: place, Version: VersionOf(place)))
            .Where(candidate => candidate.Version is not null)
            .OrderByDescending(candidate => int.Parse(candidate.Version!, CultureInfo.InvariantCulture))
            .ToList();
        if (found.Count == 0)
        {
            throw new DatabaseRefused(binDirectory is null
                ? "No PostgreSQL was found on this machine. Install it (Debian: apt-get install postgresql), set Database__BinDirectory to the directory of its binaries, or set DATABASE_URL to a server."
                : $"Database__BinDirectory is {binDirectory}, but there are no initdb and postgres in it. Set it to the directory of PostgreSQL's binaries, or remove it.");
        }
        if (wantedVersion is null)
        {
            return found[0].Place;
        }
        return found.FirstOrDefault(candidate => candidate.Version == wantedVersion).Place
            ?? throw new DatabaseRefused(
                $"The data directory was made by PostgreSQL {wantedVersion}, and this machine has {string.Join(", ", found.Select(candidate => candidate.Version).Distinct())}. "
                + $"Install PostgreSQL {wantedVersion}, or move the data with pg_upgrade.");
    }

    private static List<string> UsualPlaces()
    {
        var places = new List<string>();
        foreach (var (parent, pattern) in new[] { ("/usr/lib/postgresql", "*"), ("/usr", "pgsql-*"), ("/opt/homebrew/opt", "postgresql*"), ("/usr/local/opt", "postgresql*"), ("/usr/local", "pgsql*") })
        {
            if (Directory.Exists(parent))
            {
                places.AddRange(Directory.GetDirectories(parent, pattern).Select(place => Path.Combine(place, "bin")));
            }
        }
        places.AddRange((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries));
        return places;
    }

    /// <summary>The major version. Debian's places name it; asking costs a process.</summary>
    private static string? VersionOf(string place, string program = "postgres")
    {
        if (DebianPlace().Match(place) is { Success: true } debian)
        {
            return debian.Groups[1].Value;
        }
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(place, program), "--version") { RedirectStandardOutput = true });
        var match = MajorVersion().Match(process?.StandardOutput.ReadToEnd() ?? "");
        return match.Success ? match.Groups[1].Value : null;
    }

    /// <summary>Empty when this process is not root and need not become anybody.</summary>
    private static string UnprivilegedUser()
    {
        if (GetEffectiveUserId() != 0)
        {
            return "";
        }
        return File.ReadLines("/etc/passwd").Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
    }

    private const int SigInt = 2;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);

    [GeneratedRegex(@"^/usr/lib/postgresql/(\d+)/bin$", RegexOptions.CultureInvariant)]
    private static partial Regex DebianPlace();

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex MajorVersion();
}
