using System.Globalization;

namespace Quehacer.Tests;

/// <summary>
/// Where the clusters of tests have their data: in memory where the machine has enough of it, for a cluster spends more of the processor on the
/// file system of a disk than on its statements. PostgreSQL runs with the same settings there, and what a killed process leaves behind is the
/// same: only a fall of the machine would tell the two apart.
/// </summary>
internal static class Scratch
{
    private const string Memory = "/dev/shm";

    /// <summary>What must be free, in memory and in its file system. A run of all suites takes about two gibibytes of it.</summary>
    private const long EnoughBytes = 4L << 30;

    /// <summary>A new directory of this process, in memory or else among the temporary files. Who makes it deletes it.</summary>
    public static DirectoryInfo Create(string prefix)
    {
        if (!HasMemory())
        {
            return Directory.CreateTempSubdirectory(prefix);
        }
        var directory = new DirectoryInfo(Path.Combine(Memory, prefix + Guid.NewGuid().ToString("N")));
        return Directory.CreateDirectory(directory.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static bool HasMemory()
    {
        try
        {
            // "MemAvailable:   22806344 kB"
            var available = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            return long.Parse(available, CultureInfo.InvariantCulture) * 1024 >= EnoughBytes && new DriveInfo(Memory).AvailableFreeSpace >= EnoughBytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            // Not a Linux, or one without.
            return false;
        }
    }
}
