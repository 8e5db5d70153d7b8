using System.Globalization;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using System.Text.RegularExpressions;
using Quehacer.Core;
using Quehacer.Core.Mail;

namespace Quehacer.Server.Mail;

/// <summary>A letter that lies in a file, as people read it.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="WrittenAt">When that happened of which it tells; UTC.</param>
internal sealed record MailFile(string Name, DateTime WrittenAt, string To, string Subject, string Text);

/// <summary>
/// Where letters go when there is no mail server: each into a file of its own in a directory that is its owner's alone, for there are tokens in them. A letter
/// that is written twice is one file still.
/// </summary>
/// <param name="directory">Made when the first letter comes.</param>
internal sealed partial class MailFiles(string directory)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string TimeFormat = "yyyyMMdd'T'HHmmss.fff'Z'";
    private const string Draft = ".new";

    /// <summary>Drafts that nobody finished are those of a server that was killed.</summary>
    private static readonly TimeSpan DraftsKeptFor = TimeSpan.FromDays(1);

    public string Directory => directory;

    /// <summary>Throws where the file cannot be written.</summary>
    /// <param name="letter">To be written.</param>
    /// <param name="from">The sender.</param>
    /// <param name="origin">Where this server is reached, without a slash at the end.</param>
    public async Task<Delivery> SendAsync(OutgoingLetter letter, MailAddress from, string origin)
    {
        using var message = Message.TryCompose(letter, origin, from, TransferEncoding.EightBit);
        if (message is null)
        {
            return Delivery.Impossible;
        }
        System.IO.Directory.CreateDirectory(directory, Private);
        File.SetUnixFileMode(directory, Private);
        var name = $"{Ids.TimeOf(letter.Letter.Id).ToString(TimeFormat, CultureInfo.InvariantCulture)}-{Message.NameOf(letter.Letter.Id)}.eml";
        var draft = Path.Combine(directory, name + Draft);
        await using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            await file.WriteAsync(await WriteAsync(message, Path.Combine(directory, name + "-parts" + Draft)));
            file.Flush(flushToDisk: true);
        }
        File.Move(draft, Path.Combine(directory, name), overwrite: true);
        return Delivery.Sent;
    }

    /// <summary>The newest first.</summary>
    /// <param name="most">How many at most.</param>
    public IReadOnlyList<MailFile> List(int most)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            return [];
        }
        return [.. System.IO.Directory.EnumerateFiles(directory, "*.eml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).Reverse()
            .Select(TryRead).OfType<MailFile>().Take(most)];
    }

    /// <summary>A letter by the name of its file; null when there is none, or the name is not that of a letter.</summary>
    public MailFile? TryRead(string name)
    {
        if (!Name().IsMatch(name) || !DateTime.TryParseExact(name[..name.IndexOf('-', StringComparison.Ordinal)], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var at))
        {
            return null;
        }
        string message;
        try
        {
            message = File.ReadAllText(Path.Combine(directory, name), Encoding.UTF8);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        var (head, body) = Split(message);
        var boundary = Boundary().Match(Header(head, "Content-Type")).Groups[1].Value;
        var text = boundary.Length == 0 ? body : Split(body.Split("--" + boundary).ElementAtOrDefault(1)?.TrimStart('\r', '\n') ?? "").Body;
        return new MailFile(name, at, Header(head, "To"), Decoded(Header(head, "Subject")), text.Replace("\r\n", "\n", StringComparison.Ordinal).Trim('\n'));
    }

    /// <summary>Removes letters that are too old, once an hour, until cancelled. These are files of this machine, so no job of all servers does it.</summary>
    /// <param name="report">Told how many were removed, when there were some, or why they could not be.</param>
    public async Task TidyAsync(TimeProvider time, Action<int, Exception?> report, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        try
        {
            do
            {
                try
                {
                    if (Tidy(time.NowUtc()) is > 0 and var removed)
                    {
                        report(removed, null);
                    }
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    report(0, exception);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // The server is stopping.
        }
    }

    /// <summary>Removes letters older than <see cref="Limits.MailFileDays"/>, and what a kill has left half written; gives how many. Other files are not ours.</summary>
    public int Tidy(DateTime now)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            return 0;
        }
        var removed = 0;
        foreach (var path in System.IO.Directory.EnumerateFileSystemEntries(directory))
        {
            var name = Path.GetFileName(path);
            var written = File.GetLastWriteTimeUtc(path);
            if (Name().IsMatch(name) && written < now.AddDays(-Limits.MailFileDays))
            {
                File.Delete(path);
                removed++;
            }
            else if (Unfinished().IsMatch(name) && written < now - DraftsKeptFor)
            {
                if (System.IO.Directory.Exists(path))
                {
                    System.IO.Directory.Delete(path, recursive: true);
                }
                else
                {
                    File.Delete(path);
                }
                removed++;
            }
        }
        return removed;
    }

    /// <summary>
    /// .NET writes a message into a directory only, under a name of its own choice and with lines above it for the service that would empty that directory;
    /// these are taken off.
    /// </summary>
    private static async Task<ReadOnlyMemory<byte>> WriteAsync(MailMessage message, string scratch)
    {
        System.IO.Directory.CreateDirectory(scratch, Private);
        try
        {
            using (var client = new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = scratch, DeliveryFormat = Message.FormatFor(message) })
            {
                await client.SendMailAsync(message, CancellationToken.None);
            }
            ReadOnlyMemory<byte> written = await File.ReadAllBytesAsync(System.IO.Directory.EnumerateFiles(scratch).Single());
            // A long address goes on in the next line, which begins with white space (RFC 5322 §2.2.3).
            for (var isWithin = false; written.Span.StartsWith("X-Sender:"u8) || written.Span.StartsWith("X-Receiver:"u8) || (isWithin && written.Span[0] is (byte)' ' or (byte)'\t'); isWithin = true)
            {
                written = written[(written.Span.IndexOf("\r\n"u8) + 2)..];
            }
            return written;
        }
        finally
        {
            System.IO.Directory.Delete(scratch, recursive: true);
        }
    }

    /// <summary>The subject behind encoded words (RFC 2047), which are as long as a line at most. The decoder that .NET has takes one at a time, by this property.</summary>
    private static string Decoded(string subject)
    {
        if (!subject.StartsWith("=?", StringComparison.Ordinal))
        {
            return subject;
        }
        return string.Concat(subject.Split(' ').Select(word =>
        {
            using var message = new MailMessage { Subject = word };
            return message.Subject;
        }));
    }

    private static (string Head, string Body) Split(string part)
    {
        var end = part.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return end < 0 ? (part, "") : (part[..end], part[(end + 4)..]);
    }

    private static string Header(string head, string name)
    {
        foreach (var line in Folded().Replace(head, " ").Split("\r\n"))
        {
            if (line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            {
                return line[(name.Length + 1)..].Trim();
            }
        }
        return "";
    }

    [GeneratedRegex(@"^\d{8}T\d{6}\.\d{3}Z-mail_[0-9a-z]{26}\.eml\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\d{8}T\d{6}\.\d{3}Z-mail_[0-9a-z]{26}\.eml(-parts)?\.new\z")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"boundary=""?([^"";]+)")]
    private static partial Regex Boundary();

    [GeneratedRegex(@"\r\n[ \t]+")]
    private static partial Regex Folded();
}
