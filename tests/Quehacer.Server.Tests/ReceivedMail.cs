using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

/// <summary>The letters that a server without a mail server has written to files, as their recipients would read them.</summary>
public static partial class ReceivedMail
{
    public const string PasswordReset = "/account/password-reset";
    public const string EmailChange = "/account/email-change";
    public const string RestoreAccount = "/account/restore";
    public const string VerifyEmail = "/account/verify-email";
    public const string Invitation = "/account/invitation";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The tokens of all letters to the e-mail whose link leads there, the oldest first.</summary>
    public static IReadOnlyList<string> Tokens(QuehacerServer server, string recipient, string path) =>
        [.. Letters(server, recipient).Where(letter => letter.Contains(path, StringComparison.Ordinal)).Select(letter => Token().Match(letter).Value).Where(token => token.Length > 0)];

    /// <summary>The token of a letter that has not been there before, once it has come.</summary>
    public static async Task<string> TokenAsync(QuehacerServer server, string recipient, string path, IReadOnlyList<string>? before = null)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < Patience)
        {
            if (Tokens(server, recipient, path).Except(before ?? []).FirstOrDefault() is { } token)
            {
                return token;
            }
            await Task.Delay(20);
        }
        throw new TimeoutException($"No letter to {recipient} with a link to {path} has come; there are {Letters(server, recipient).Count} others.");
    }

    /// <summary>Whole letters to an e-mail, the oldest first.</summary>
    public static IReadOnlyList<string> Letters(QuehacerServer server, string recipient)
    {
        var directory = Path.Combine(server.DataDirectory, "mail");
        return !Directory.Exists(directory)
            ? []
            : [.. Directory.EnumerateFiles(directory, "*.eml").Order(StringComparer.Ordinal).Select(File.ReadAllText).Where(letter => Recipient().Match(letter).Value.Contains(recipient, StringComparison.OrdinalIgnoreCase))];
    }

    [GeneratedRegex("qo_[A-Za-z0-9_-]{64}", RegexOptions.CultureInvariant)]
    private static partial Regex Token();

    [GeneratedRegex("^To: .*", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Recipient();
}
