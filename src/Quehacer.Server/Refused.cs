using Quehacer.Core.Postgres;

namespace Quehacer.Server;

/// <summary>The data directory is in use.</summary>
internal sealed class DirectoryHeld(string message) : Exception(message);

/// <summary>The tables are not what the event log makes of them.</summary>
internal sealed class TablesDiffer(string message) : Exception(message);

/// <summary>Turns what stops the program into a sentence on standard error and an exit code of sysexits.h.</summary>
internal static class Refused
{
    private const int Data = 65;
    private const int Software = 70;
    private const int TemporaryFailure = 75;
    private const int Configuration = 78;

    public static async Task<int> WatchAsync(Func<Task> work)
    {
        try
        {
            await work();
            return 0;
        }
        catch (SettingsRefused refused)
        {
            return await SayAsync(refused, Configuration);
        }
        catch (DirectoryHeld held)
        {
            return await SayAsync(held, TemporaryFailure);
        }
        catch (TablesDiffer differ)
        {
            return await SayAsync(differ, Data);
        }
        catch (DatabaseRefused refused)
        {
            return await SayAsync(refused, Software);
        }
        catch (IOException exception)
        {
            // A port in use, a directory that may not be written: the system's own sentence names it.
            return await SayAsync(exception, Software);
        }
        catch (UnauthorizedAccessException exception)
        {
            return await SayAsync(exception, Software);
        }
    }

    private static async Task<int> SayAsync(Exception exception, int code)
    {
        await Console.Error.WriteLineAsync(exception.Message);
        return code;
    }
}
