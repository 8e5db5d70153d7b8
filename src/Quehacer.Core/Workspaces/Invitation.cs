using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>Somebody asked into a workspace, who has not answered yet.</summary>
/// <param name="WorkspaceName">As it is called now.</param>
/// <param name="Email">As it was typed, which is where the letter went.</param>
/// <param name="Role">What they will be: never the owner.</param>
/// <param name="InvitedBy">The account of whoever asks.</param>
/// <param name="InviterName">As they are called now; null where there is no such account any more.</param>
/// <param name="InviterEmail">Only where it is shown to be theirs: a name is anybody's to choose.</param>
/// <param name="ExpiresAt">UTC.</param>
public sealed record Invitation(
    Guid Id, Guid WorkspaceId, string WorkspaceName, string Email, WorkspaceRole Role, Guid InvitedBy, string? InviterName, string? InviterEmail, DateTime ExpiresAt)
{
    public DateTime CreatedAt => Ids.TimeOf(Id);

    /// <summary>
    /// Whether an e-mail is the mailbox that was invited. What the index takes for equal may be two mailboxes, <c>strasse</c> and <c>straße</c>: a letter to the one
    /// says nothing of whoever has the other.
    /// </summary>
    internal static bool IsSameMailbox(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}

/// <param name="NextCursor">Behind the last of them; null where there are no more.</param>
public sealed record InvitationPage(IReadOnlyList<Invitation> Invitations, long? Total, string? NextCursor);

/// <summary>How an invitation came to its end. The numbers are stored.</summary>
internal enum InvitationOutcome : short
{
    Accepted = 1,
    Declined = 2,
    Revoked = 3,

    /// <summary>Another one for the same e-mail took its place.</summary>
    Superseded = 4,
}

/// <summary>The rows of invitations. Whatever can be raced is one conditional statement: whoever closes an open row has decided it.</summary>
internal static class InvitationTable
{
    /// <summary>Of <see cref="From"/>. Read by <see cref="Read"/>.</summary>
    public const string Columns =
        "i.invitation_id, i.workspace_id, w.name, i.email, i.role, i.invited_by, nullif(u.name, ''), CASE WHEN u.email_verified_at IS NOT NULL THEN u.email END, i.expires_at";

    /// <summary>How many columns these are.</summary>
    public const int ColumnCount = 9;

    /// <summary>The invitation <c>i</c> with its workspace <c>w</c>, beside which it lies, and whoever invites.</summary>
    public const string From = "invitations i JOIN workspaces w ON w.workspace_id = i.workspace_id LEFT JOIN accounts u ON u.user_id = i.invited_by";

    /// <summary>The condition of one that can be answered. <paramref name="now"/> is the SQL of a parameter.</summary>
    public static string IsOpen(string now) => $"i.closed_at IS NULL AND i.expires_at > {now}";

    /// <summary>Parameters: $1 workspace, $2 id, $3 e-mail, $4 its key, $5 role, $6 who invites, $7 hash, $8 when it expires.</summary>
    public const string Insert = """
        INSERT INTO invitations (workspace_id, invitation_id, email, email_key, role, invited_by, hash, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """;

    /// <summary>Closes what is open for an e-mail, expired or not, so that another can take its place. Parameters: $1 workspace, $2 key of the e-mail, $3 now, $4 by whom.</summary>
    public static readonly string Supersede =
        $"UPDATE invitations SET closed_at = $3, outcome = {(short)InvitationOutcome.Superseded}, closed_by = $4 WHERE workspace_id = $1 AND email_key = $2 AND closed_at IS NULL";

    /// <summary>Closes one that is open. Parameters: $1 workspace, $2 id, $3 now, $4 outcome, $5 by whom.</summary>
    public static readonly string Close =
        $"UPDATE invitations i SET closed_at = $3, outcome = $4, closed_by = $5 WHERE i.workspace_id = $1 AND i.invitation_id = $2 AND {IsOpen("$3")} AND NOT EXISTS (SELECT FROM dropped_workspaces d WHERE d.workspace_id = $1)";

    public static Invitation Read(NpgsqlDataReader row, int first) => new(
        row.GetGuid(first), row.GetGuid(first + 1), row.GetString(first + 2), row.GetString(first + 3), (WorkspaceRole)row.GetInt16(first + 4), row.GetGuid(first + 5),
        row.IsDBNull(first + 6) ? null : row.GetString(first + 6), row.IsDBNull(first + 7) ? null : row.GetString(first + 7), row.GetDateTime(first + 8));

    /// <summary>The open invitation of a token; null where there is none.</summary>
    public static async Task<Invitation?> FindByTokenAsync(Database database, string token, DateTime now, CancellationToken cancellation)
    {
        if (!OneTimeSecrets.TryRead(token, out var id))
        {
            return null;
        }
        await using var command = database.Command($"SELECT {Columns} FROM {From} WHERE i.invitation_id = $1 AND i.hash = $2 AND {IsOpen("$3")}");
        command.Parameters.With(id).With(OneTimeSecrets.Hash(token)).With(now);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader, 0) : null;
    }

    /// <summary>What the letter says of the invitation (<see cref="Mail.MailKind.WorkspaceInvitation"/>), and until when; null when it can be answered no more.</summary>
    public static async Task<(string Detail, DateTime GoodUntil)?> FindForLetterAsync(Database database, Guid id, DateTime now)
    {
        await using var command = database.Command($"SELECT {Columns} FROM {From} WHERE i.invitation_id = $1 AND w.archived_at IS NULL AND {IsOpen("$2")}");
        command.Parameters.With(id).With(now);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(CancellationToken.None))
        {
            return null;
        }
        var invitation = Read(reader, 0);
        static string Line(string? text) => (text ?? "").ReplaceLineEndings(" ");
        return ($"{Line(invitation.InviterName)}\n{Line(invitation.InviterEmail)}\n{Line(invitation.WorkspaceName)}", invitation.ExpiresAt);
    }
}
