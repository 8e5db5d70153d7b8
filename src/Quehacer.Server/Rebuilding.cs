using System.Diagnostics;
using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Server;

/// <summary>The verb <c>rebuild</c>: what it found goes to standard output, how far it is to standard error.</summary>
internal static class Rebuilding
{
    private const int BarWidth = 30;

    public static async Task RunAsync(Database database, bool write, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var progress = new Progress(clock);
        RebuildReport report;
        try
        {
            report = await new Rebuild(database).RunAsync(write, progress.Show, cancellation);
        }
        catch (Exception exception) when (Database.IsUnavailable(exception))
        {
            throw new DatabaseRefused($"The database went away, or kept a lock for too long: {exception.Message} Every workspace is as it was or wholly mended. Run this again.");
        }
        finally
        {
            progress.Clear();
        }
        foreach (var difference in report.First)
        {
            await Console.Out.WriteLineAsync($"{Ids.ToTypeId(Ids.WorkspacePrefix, difference.WorkspaceId)} {Name(difference)}: {string.Join(", ", difference.Members)}");
        }
        if (report.Differences > report.First.Count)
        {
            await Console.Out.WriteLineAsync(Invariant($"… and {report.Differences - report.First.Count} more."));
        }
        var read = Invariant($"{report.Events} events of {report.Workspaces} workspaces in {clock.Elapsed.TotalSeconds:0.0} s, {report.Events / clock.Elapsed.TotalSeconds:0} a second");
        if (report.Workspaces == 0)
        {
            throw new DatabaseRefused("There is nothing in the database. Check DATA_DIR or DATABASE_URL: this may not be the one you mean.");
        }
        if (report.IsEqual)
        {
            await Console.Out.WriteLineAsync($"The tables are what the event log makes of them. ({read})");
            return;
        }
        if (report.Mended > 0)
        {
            await Console.Out.WriteLineAsync(
                Invariant($"Mended {report.Mended} of {report.Differences} rows. ({read}) Start servers of this database again: they may remember what the rows were."));
        }
        if (report.Mended < report.Differences)
        {
            throw new TablesDiffer(write
                ? Invariant($"{report.Differences - report.Mended} rows could not be mended: the event log says nothing about them, or is not whole where 'log' stands above. Restore a backup of before.")
                : Invariant($"{report.Differences} rows are not what the event log makes of them. ({read}) Make a backup, then run 'quehacer rebuild --write' to mend them."));
        }
    }

    private static string Name(Difference difference) => difference.Kind switch
    {
        DifferenceKind.Log => $"log {difference.Id}",
        DifferenceKind.Workspace => "workspace",
        DifferenceKind.Tag => $"tag {Ids.ToTypeId(Ids.TagPrefix, difference.Id)}",
        DifferenceKind.Category => $"category {Ids.ToTypeId(Ids.CategoryPrefix, difference.Id)}",
        DifferenceKind.Task => $"task {Ids.ToTypeId(Ids.TaskPrefix, difference.Id)}",
        DifferenceKind.Member => $"member {Ids.ToTypeId(Ids.UserPrefix, difference.Id)}",
        DifferenceKind.Note => $"note {Ids.ToTypeId(Ids.NotePrefix, difference.Id)}",
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A bar that moves where a person looks on, and a line now and then where a file does.</summary>
    private sealed class Progress(Stopwatch clock)
    {
        private static readonly bool IsTerminal = !Console.IsErrorRedirected;
        private static readonly TimeSpan Pause = IsTerminal ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(10);

        private TimeSpan shown;
        private int width;

        public void Show(RebuildProgress progress)
        {
            if (clock.Elapsed - shown < Pause)
            {
                return;
            }
            shown = clock.Elapsed;
            var share = progress.AllEvents == 0 ? 1 : Math.Min(1, (double)progress.Events / progress.AllEvents);
            var text = Invariant($"{share * 100:0} %, {progress.Events} of {progress.AllEvents} events, {progress.Workspaces} workspaces, {progress.Events / clock.Elapsed.TotalSeconds:0} events a second");
            if (!IsTerminal)
            {
                Console.Error.WriteLine(text);
                return;
            }
            var full = (int)(share * BarWidth);
            text = $"[{new string('#', full)}{new string('.', BarWidth - full)}] {text}";
            Console.Error.Write($"\r{text.PadRight(width)}");
            width = text.Length;
        }

        public void Clear()
        {
            if (width > 0)
            {
                Console.Error.Write($"\r{new string(' ', width)}\r");
            }
        }
    }
}
