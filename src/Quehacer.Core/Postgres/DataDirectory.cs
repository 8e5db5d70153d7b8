namespace Quehacer.Core.Postgres;

/// <summary>
/// The directory in which an installation keeps what it has on this machine: the private cluster, the signing key, mail. One server at a
/// time: the kernel holds the lock (<c>flock</c>) until the process ends, however it ends, so there is no stale lock to clean up.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    /// <summary>EWOULDBLOCK, of Linux and of macOS: what <c>flock</c> says when another process has the lock. A full disk and the like are other failures.</summary>
    private static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11;

    private readonly FileStream held;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Takes the directory, making it if there is none; null when another process has it.</summary>
    public static DataDirectory? TryTake(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path))
        {
            // Others may pass through (the cluster may run as another user), but not look around.
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
        try
        {
            return new DataDirectory(path, new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            return null;
        }
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => held.Dispose();
}
