using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Workspaces;

/// <summary>
/// Invitations into workspaces, by e-mail. Whoever is invited is nobody yet, or anybody: nothing here says which. Accepted is one by the account that has the
/// e-mail it was sent to: for whoever shows the token of the letter, which proves the mailbox, or for whose e-mail that was proven before.
/// </summary>
public sealed class Invitations
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromDays(Limits.InvitationDays);

    private readonly Database database;
    private readonly WorkspaceReader workspaces;
    private readonly OneTimeSecrets secrets;
    private readonly LetterCount letters;
    private readonly Outbox outbox;
    private readonly Seal seal;
    private readonly TimeProvider time;
    private readonly Action<SecurityEvent, Guid?, IPAddress?> report;

    internal Invitations(
        Database database, WorkspaceReader workspaces, OneTimeSecrets secrets, LetterCount letters, Outbox outbox, Seal seal, TimeProvider time,
        Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        this.database = database;
        this.workspaces = workspaces;
        this.secrets = secrets;
        this.letters = letters;
        this.outbox = outbox;
        this.seal = seal;
        this.time = time;
        this.report = report;
    }

    /// <summary>
    /// Invites whoever has an e-mail into the caller's workspace, and sends the letter. One that is open for that e-mail ends, and its letter is worth nothing any more.
    /// </summary>
    /// <param name="email">Normalised and trimmed.</param>
    /// <param name="role">What they will be; not the owner.</param>
    /// <param name="visitor">From where it is asked, and in which language the letter is.</param>
    /// <param name="key">Null without one.</param>
    /// <param name="cancellation">Of what is read; what is written is finished.</param>
    public async Task<Result<Answered<Invitation>>> InviteAsync(
        Caller caller, string email, WorkspaceRole role, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (AccountEdit.CheckEmail(email) is { } fault)
        {
            return Error.Invalid([fault]);
        }
        if (role == WorkspaceRole.Owner)
        {
            return Error.Invalid(Field.Role, FieldFault.NotOneOf);
        }
        // Who may not invite uses up nobody's letters, and neither does a repeat.
        var seen = await workspaces.GetAsync(caller, cancellation);
        if (!seen.IsOk)
        {
            return seen.Error;
        }
        if (seen.Value.Role < Permission.Manage.LeastRole())
        {
            return ErrorCode.Forbidden;
        }
        if (key is not null && await ReplayInvitationAsync(caller, key, cancellation) is { } done)
        {
            return done;
        }
        if (Refuse(seen.Value.Workspace) is { } takesNobody)
        {
            return takesNobody;
        }
        if ((await letters.CountInvitationAsync(caller.UserId, cancellation) ?? await letters.CountLetterAsync(email, cancellation)) is { } refused)
        {
            return refused;
        }
        var now = time.NowUtc();
        var id = Ids.New(now);
        var emailKey = AccountEdit.EmailKey(email);
        await using var connection = await database.OpenAsync(cancellation);
        await using var write = new LockedWrite(database, connection, caller, key) { Permission = Permission.Manage };
        var (workspace, open, isMember, isOpen) = (default(Workspace), 0L, false, false);
        var opened = await write.OpenAsync(WorkspaceTable.Columns, AddReading, ReadAsync, now, cancellation);
        if (!opened.IsOk)
        {
            return opened.Error;
        }
        if (!opened.Value)
        {
            return await ReplayInvitationAsync(caller, key!, cancellation) ?? new Error(ErrorCode.Busy);
        }
        // The lock may have been waited for, and the session ended meanwhile.
        var refusal = (isOpen ? Refuse(workspace!) : new Error(ErrorCode.SessionEnded))
            ?? (isMember ? new Error(ErrorCode.AlreadyMember)
            : workspace!.Members >= Limits.MembersOfAWorkspace ? Error.Invalid(Field.WorkspaceId, FieldFault.TooMany, Limits.MembersOfAWorkspace)
            : open >= Limits.OpenInvitations ? Error.Invalid(Field.Email, FieldFault.TooMany, Limits.OpenInvitations)
            : null);
        if (refusal is not null)
        {
            await write.RollBackAsync();
            return refusal;
        }
        var written = await write.CommitAsync((null, null, new JsonObject { ["invitation_id"] = id }.ToJsonString()), AddWriting, cancellation);
        if (!written.IsOk)
        {
            return written.Error;
        }
        outbox.Ring();
        report(SecurityEvent.InvitationMade, caller.UserId, visitor.Address);
        return await FindMadeAsync(caller, id, isReplay: false, cancellation);

        void AddReading(WorkspaceBatch batch)
        {
            // Whoever is in the workspace is known to its owner by the same e-mail, so saying so tells nothing.
            batch.Add($"""
                SELECT (SELECT count(*) FROM invitations i WHERE i.workspace_id = $1 AND i.email_key <> $2 AND {InvitationTable.IsOpen("$3")}),
                       EXISTS (SELECT FROM accounts a JOIN members m ON m.workspace_id = $1 AND m.user_id = a.user_id WHERE a.email_key = $2),
                       EXISTS (SELECT FROM sessions WHERE session_id = $4 AND ended_at IS NULL)
                """).With(caller.WorkspaceId).With(emailKey).With(now).With(caller.SessionId);
        }

        async Task ReadAsync(NpgsqlDataReader rows)
        {
            workspace = WorkspaceTable.Read(rows, 0);
            await rows.NextResultAsync(CancellationToken.None);
            await rows.ReadAsync(CancellationToken.None);
            (open, isMember, isOpen) = (rows.GetInt64(0), rows.GetBoolean(1), rows.GetBoolean(2));
        }

        void AddWriting(WorkspaceBatch batch)
        {
            batch.Add(InvitationTable.Supersede).With(caller.WorkspaceId).With(emailKey).With(now).With(caller.UserId);
            batch.Add(InvitationTable.Insert).With(caller.WorkspaceId).With(id).With(email).With(emailKey).With((short)role).With(caller.UserId)
                .With(OneTimeSecrets.Hash(secrets.TokenOf(SecretPurpose.Invitation, id))).With(now + GoodFor);
            // From where it was asked is the inviter's own.
            Outbox.ParametersOf(
                batch.Add(Outbox.Insert), new Letter(id, MailKind.WorkspaceInvitation, email, visitor.Language, caller.UserId, Detail: null), now, GoodFor);
        }
    }

    /// <summary>The open invitations into the caller's workspace, the oldest first; for its owner.</summary>
    /// <param name="limit">Invitations on a page, 1 to <see cref="Limits.PageInvitations"/>.</param>
    /// <param name="cursor">Of the page before; null for the beginning. <see cref="FieldFault.NotThisCursor"/> for one that is not of this list.</param>
    /// <param name="withTotal">Count them all.</param>
    public async Task<Result<InvitationPage>> ListAsync(Caller caller, int limit, string? cursor, bool withTotal, CancellationToken cancellation)
    {
        var list = $"invitations|{caller.WorkspaceId:N}";
        if (!IdCursor.TryOpen(cursor, seal, list, out var behind))
        {
            return Error.Invalid(Field.Cursor, FieldFault.NotThisCursor);
        }
        var theirs = $"i.workspace_id = $2 AND {InvitationTable.IsOpen("$3")}";
        return await ReadPageAsync(
            $"""
            SELECT CASE WHEN $6 THEN (SELECT count(*) FROM invitations i WHERE {theirs}) END, NULL::text, i.*
              FROM {Access.From}
              LEFT JOIN LATERAL (
                   SELECT {InvitationTable.Columns} FROM {InvitationTable.From} WHERE {theirs} AND i.invitation_id > $4 ORDER BY i.invitation_id LIMIT $5) i ON true
             WHERE s.session_id = $1 AND {Access.MayManage}
             ORDER BY i.invitation_id
            """,
            parameters => parameters.WithCaller(caller).With(time.NowUtc()).With(behind).With(limit + 1L).With(withTotal),
            limit, list, () => Access.ExplainAsync(database, caller, Permission.Manage, cancellation), cancellation);
    }

    /// <summary>One that is open, for the owner of its workspace, the caller's.</summary>
    public async Task<Result<Invitation>> GetAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        var mayEnter = false;
        await using (var command = database.Command($"""
            SELECT i.* FROM {Access.From}
              LEFT JOIN LATERAL (
                   SELECT {InvitationTable.Columns} FROM {InvitationTable.From} WHERE i.workspace_id = $2 AND i.invitation_id = $3 AND {InvitationTable.IsOpen("$4")}) i ON true
             WHERE s.session_id = $1 AND {Access.MayManage}
            """))
        {
            command.Parameters.WithCaller(caller).With(id).With(time.NowUtc());
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (await reader.ReadAsync(cancellation))
            {
                mayEnter = true;
                if (!reader.IsDBNull(0))
                {
                    return InvitationTable.Read(reader, 0);
                }
            }
        }
        return mayEnter ? ErrorCode.NotFound : await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
    }

    /// <summary>Takes an invitation back, for the owner of its workspace: its letter is worth nothing any more.</summary>
    public async Task<Result<Answered<bool>>> RevokeAsync(Caller caller, Guid id, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var outcome = await AccountStep.RunAsync(
            database, caller.WorkspaceId, caller.UserId, key, outcome: null, now,
            async connection => await connection.ExecuteAsync(
                $"""
                UPDATE invitations i SET closed_at = $4, outcome = {(short)InvitationOutcome.Revoked}, closed_by = s.user_id
                  FROM {Access.From}
                 WHERE i.workspace_id = w.workspace_id AND i.invitation_id = $3 AND {InvitationTable.IsOpen("$4")} AND s.session_id = $1 AND {Access.MayManage}
                """,
                parameters => parameters.WithCaller(caller).With(id).With(now)) == 1);
        switch (outcome)
        {
            case StepOutcome.Done:
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown:
                var done = await Idempotency.FindAsync(database, caller, key!, cancellation);
                return !done.IsOk ? done.Error : done.Value is null ? ErrorCode.Busy : new Answered<bool>(true, IsReplay: true);
            default:
                return await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
        }
    }

    /// <summary>
    /// The invitation of a letter, for whoever shows its token: into which workspace, as what, by whom. <see cref="ErrorCode.OneTimeTokenInvalid"/> when it
    /// cannot be answered any more.
    /// </summary>
    public async Task<Result<Invitation>> LookAsync(string token, Visitor visitor, CancellationToken cancellation)
    {
        if (await InvitationTable.FindByTokenAsync(database, token, time.NowUtc(), cancellation) is { } found)
        {
            return found;
        }
        report(SecurityEvent.OneTimeTokenRefused, null, visitor.Address);
        return ErrorCode.OneTimeTokenInvalid;
    }

    /// <summary>The open invitations that were sent to the caller's e-mail, the oldest first. Whose e-mail is not verified has none: it may be somebody else's.</summary>
    /// <param name="limit">Invitations on a page, 1 to <see cref="Limits.PageInvitations"/>.</param>
    /// <param name="cursor">Of the page before; null for the beginning. <see cref="FieldFault.NotThisCursor"/> for one that is not of this list.</param>
    /// <param name="withTotal">Count them all.</param>
    public async Task<Result<InvitationPage>> ListOwnAsync(Caller caller, int limit, string? cursor, bool withTotal, CancellationToken cancellation)
    {
        var list = $"own invitations|{caller.UserId:N}";
        if (!IdCursor.TryOpen(cursor, seal, list, out var behind))
        {
            return Error.Invalid(Field.Cursor, FieldFault.NotThisCursor);
        }
        var theirs = $"i.email_key = a.email_key AND a.email_verified_at IS NOT NULL AND {InvitationTable.IsOpen("$2")}";
        return await ReadPageAsync(
            $"""
            SELECT CASE WHEN $5 THEN (SELECT count(*) FROM invitations i WHERE {theirs}) END, a.email, i.*
              FROM sessions s JOIN accounts a ON a.user_id = s.user_id
              LEFT JOIN LATERAL (
                   SELECT {InvitationTable.Columns} FROM {InvitationTable.From} WHERE {theirs} AND i.invitation_id > $3 ORDER BY i.invitation_id LIMIT $4) i ON true
             WHERE s.session_id = $1 AND s.ended_at IS NULL
             ORDER BY i.invitation_id
            """,
            parameters => parameters.With(caller.SessionId).With(time.NowUtc()).With(behind).With(limit + 1L).With(withTotal),
            limit, list, () => Task.FromResult(new Error(ErrorCode.SessionEnded)), cancellation);
    }

    /// <summary>
    /// Lets the caller in, whose account must have the e-mail that the token was sent to, and takes that e-mail for theirs: the token came from there.
    /// </summary>
    public async Task<Result<Answered<WorkspaceView>>> AcceptAsync(Caller caller, string token, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var found = await InvitationTable.FindByTokenAsync(database, token, time.NowUtc(), cancellation);
        var accepted = await AcceptAsync(caller, found, isProven: true, visitor, key, cancellation);
        if (accepted.IsOk || accepted.Error.Code != ErrorCode.NotFound)
        {
            return accepted;
        }
        report(SecurityEvent.OneTimeTokenRefused, caller.UserId, visitor.Address);
        return ErrorCode.OneTimeTokenInvalid;
    }

    /// <summary>The same by the id of one of <see cref="ListOwnAsync"/>; <see cref="ErrorCode.NotFound"/> where there is none.</summary>
    public async Task<Result<Answered<WorkspaceView>>> AcceptAsync(Caller caller, Guid id, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var accepted = await AcceptAsync(caller, await FindOwnAsync(caller, id, cancellation), isProven: false, visitor, key, cancellation);
        return accepted is { IsOk: false, Error.Code: ErrorCode.InvitedAnother } ? ErrorCode.NotFound : accepted;
    }

    /// <summary>Says no, for whoever shows the token of the letter, with or without an account.</summary>
    public async Task<Result<Answered<bool>>> DeclineAsync(string token, Visitor visitor, CancellationToken cancellation)
    {
        var found = await InvitationTable.FindByTokenAsync(database, token, time.NowUtc(), cancellation);
        if (found is not null && await CloseAsync(found, InvitationOutcome.Declined, closedBy: null, cancellation))
        {
            return new Answered<bool>(true, IsReplay: false);
        }
        // It is declined already: a repeat is no error, with or without a key.
        if (await WasDeclinedAsync(token, cancellation))
        {
            return new Answered<bool>(true, IsReplay: true);
        }
        report(SecurityEvent.OneTimeTokenRefused, null, visitor.Address);
        return ErrorCode.OneTimeTokenInvalid;
    }

    /// <summary>The same by the id of one of <see cref="ListOwnAsync"/>; <see cref="ErrorCode.NotFound"/> where there is none.</summary>
    public async Task<Result<Answered<bool>>> DeclineAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        if (!await Access.IsSessionOpenAsync(database, caller, cancellation))
        {
            return ErrorCode.SessionEnded;
        }
        if (await FindOwnAsync(caller, id, cancellation) is { } found && await CloseAsync(found, InvitationOutcome.Declined, caller.UserId, cancellation))
        {
            return new Answered<bool>(true, IsReplay: false);
        }
        await using var command = database.Command($"SELECT EXISTS (SELECT FROM invitations WHERE invitation_id = $1 AND outcome = {(short)InvitationOutcome.Declined} AND closed_by = $2)");
        command.Parameters.With(id).With(caller.UserId);
        return (bool)(await command.ExecuteScalarAsync(cancellation))! ? new Answered<bool>(true, IsReplay: true) : ErrorCode.NotFound;
    }

    /// <summary>
    /// The account's row is locked first, so that it keeps its e-mail meanwhile, then the workspace's, so that it is in use and not full; the invitation is closed by
    /// one statement, so that of any number at once one accepts it.
    /// </summary>
    /// <param name="found">Null where there is none; a key may know why.</param>
    /// <param name="isProven">The token has come from the mailbox that was invited; otherwise that e-mail has to be verified.</param>
    private async Task<Result<Answered<WorkspaceView>>> AcceptAsync(
        Caller caller, Invitation? found, bool isProven, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        if (found is null)
        {
            return key is not null && await ReplayAcceptanceAsync(caller, key, cancellation) is { } before ? before
                : await Access.IsSessionOpenAsync(database, caller, cancellation) ? ErrorCode.NotFound : ErrorCode.SessionEnded;
        }
        var now = time.NowUtc();
        Error? refusal = null;
        var outcome = await AccountStep.RunAsync(
            database, caller.WorkspaceId, caller.UserId, key, new JsonObject { ["workspace_id"] = found.WorkspaceId }.ToJsonString(), now,
            async connection =>
                (refusal = await AcceptWithinAsync(connection, caller, found, isProven, visitor, now)) is null);
        switch (outcome)
        {
            case StepOutcome.Done:
                report(SecurityEvent.InvitationAccepted, caller.UserId, visitor.Address);
                return await ShowAsync(caller, found.WorkspaceId, isReplay: false, cancellation);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown:
                return await ReplayAcceptanceAsync(caller, key!, cancellation) ?? new Error(ErrorCode.Busy);
            default:
                return refusal!;
        }
    }

    private async Task<Error?> AcceptWithinAsync(NpgsqlConnection connection, Caller caller, Invitation found, bool isProven, Visitor visitor, DateTime now)
    {
        Account account;
        await using (var command = new NpgsqlCommand(
            $"SELECT {AccountStore.Columns} FROM sessions s JOIN accounts a ON a.user_id = s.user_id WHERE s.session_id = $1 AND s.ended_at IS NULL FOR NO KEY UPDATE OF a", connection))
        {
            command.Parameters.With(caller.SessionId);
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            if (!await reader.ReadAsync(CancellationToken.None))
            {
                return new Error(ErrorCode.SessionEnded);
            }
            account = AccountStore.Read(reader);
        }
        if (!Invitation.IsSameMailbox(account.Email, found.Email) || (!isProven && !account.IsEmailVerified))
        {
            return new Error(ErrorCode.InvitedAnother);
        }
        Workspace workspace;
        await using (var command = new NpgsqlCommand($"SELECT {WorkspaceTable.Columns} FROM workspaces w WHERE w.workspace_id = $1 FOR UPDATE", connection))
        {
            command.Parameters.With(found.WorkspaceId);
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            if (!await reader.ReadAsync(CancellationToken.None))
            {
                return new Error(ErrorCode.NotFound);
            }
            workspace = WorkspaceTable.Read(reader, 0);
        }
        if (!await Access.IsSessionOpenAsync(connection, caller))
        {
            return new Error(ErrorCode.SessionEnded);
        }
        if (await connection.ExecuteAsync(
            InvitationTable.Close,
            parameters => parameters.With(workspace.Id).With(found.Id).With(now).With((short)InvitationOutcome.Accepted).With(account.Id)) != 1)
        {
            return new Error(ErrorCode.NotFound);
        }
        // Behind the statement that closes it, so that whoever comes too late is told that, and nothing of the workspace. All of it is undone with the transaction.
        if (Refuse(workspace) is { } refusal)
        {
            return refusal;
        }
        var (isMember, version) = (false, 0);
        await using (var command = new NpgsqlCommand(
            $"SELECT EXISTS (SELECT FROM members m WHERE m.workspace_id = $1 AND m.user_id = $2), {MemberTable.NextVersionOf("$2")}", connection))
        {
            command.Parameters.With(workspace.Id).With(account.Id);
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            await reader.ReadAsync(CancellationToken.None);
            (isMember, version) = (reader.GetBoolean(0), reader.GetInt32(1));
        }
        // Whoever is in already, by an e-mail that they have had since, is what they are.
        if (!isMember)
        {
            if (workspace.Members >= Limits.MembersOfAWorkspace)
            {
                return Error.Invalid(Field.WorkspaceId, FieldFault.TooMany, Limits.MembersOfAWorkspace);
            }
            await using var batch = new WorkspaceBatch(database, connection, workspace.Id);
            batch.AdvanceForTheSystem(events: 1, default, now);
            MemberTable.AddChange(batch, workspace.Id, account.Id, version, new MemberEvent.Added(found.Role), following: 0, account.Id, caller.RequestId);
            if ((await batch.ExecuteAsync(CancellationToken.None)).Outcome != BatchOutcome.Committed)
            {
                return new Error(ErrorCode.Busy);
            }
        }
        if (isProven && await connection.ExecuteAsync(
            "UPDATE accounts SET email_verified_at = $2, version = version + 1, updated_at = greatest(updated_at, $2) WHERE user_id = $1 AND email_verified_at IS NULL",
            parameters => parameters.With(account.Id).With(now)) == 1)
        {
            await connection.RecordAsync(account.Id, "account.email_verified", now, visitor.RequestId);
        }
        return null;
    }

    /// <summary>What takes nobody in, whoever they are.</summary>
    private static Error? Refuse(Workspace workspace) =>
        workspace.IsPersonal ? new Error(ErrorCode.WorkspaceIsPersonal) : workspace.ArchivedAt is not null ? new Error(ErrorCode.WorkspaceArchived) : null;

    private async Task<bool> CloseAsync(Invitation invitation, InvitationOutcome outcome, Guid? closedBy, CancellationToken cancellation)
    {
        await using var command = database.Command(InvitationTable.Close);
        command.Parameters.With(invitation.WorkspaceId).With(invitation.Id).With(time.NowUtc()).With((short)outcome).WithId(closedBy);
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    private async Task<bool> WasDeclinedAsync(string token, CancellationToken cancellation)
    {
        if (!OneTimeSecrets.TryRead(token, out var id))
        {
            return false;
        }
        await using var command = database.Command($"SELECT EXISTS (SELECT FROM invitations WHERE invitation_id = $1 AND hash = $2 AND outcome = {(short)InvitationOutcome.Declined})");
        command.Parameters.With(id).With(OneTimeSecrets.Hash(token));
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>One of those that were sent to the caller's e-mail, as far as it is theirs.</summary>
    private async Task<Invitation?> FindOwnAsync(Caller caller, Guid id, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT {InvitationTable.Columns}, a.email
              FROM sessions s JOIN accounts a ON a.user_id = s.user_id AND a.email_verified_at IS NOT NULL
              JOIN {InvitationTable.From} ON i.email_key = a.email_key AND i.invitation_id = $2
             WHERE s.session_id = $1 AND s.ended_at IS NULL AND {InvitationTable.IsOpen("$3")}
            """);
        command.Parameters.With(caller.SessionId).With(id).With(time.NowUtc());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) && InvitationTable.Read(reader, 0) is var found && Invitation.IsSameMailbox(reader.GetString(InvitationTable.ColumnCount), found.Email)
            ? found
            : null;
    }

    /// <param name="sql">
    /// Yields the total, the mailbox that all of them have to be for, or nothing, and <see cref="InvitationTable.Columns"/>: one row at least for whoever may look.
    /// </param>
    private async Task<Result<InvitationPage>> ReadPageAsync(
        string sql, Action<NpgsqlParameterCollection> parameters, int limit, string list, Func<Task<Error>> explainAsync, CancellationToken cancellation)
    {
        var (invitations, mayEnter, total, mailbox) = (new List<Invitation>(), false, default(long?), default(string?));
        await using (var command = database.Command(sql))
        {
            parameters(command.Parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                (mayEnter, total) = (true, reader.IsDBNull(0) ? null : reader.GetInt64(0));
                mailbox = reader.IsDBNull(1) ? null : reader.GetString(1);
                if (!reader.IsDBNull(2))
                {
                    invitations.Add(InvitationTable.Read(reader, 2));
                }
            }
        }
        if (!mayEnter)
        {
            return await explainAsync();
        }
        var page = invitations.Count > limit ? invitations[..limit] : invitations;
        return new InvitationPage(
            [.. page.Where(invitation => mailbox is null || Invitation.IsSameMailbox(mailbox, invitation.Email))], total,
            invitations.Count > limit ? IdCursor.Close(page[^1].Id, seal, list) : null);
    }

    private async Task<Result<Answered<Invitation>>?> ReplayInvitationAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation)
    {
        var done = await Idempotency.FindAsync(database, caller, key, cancellation);
        if (!done.IsOk)
        {
            return done.Error;
        }
        if (done.Value is null)
        {
            return null;
        }
        if (done.Value.Outcome is not { } outcome || (Guid?)JsonNode.Parse(outcome)!["invitation_id"] is not { } id)
        {
            return ErrorCode.IdempotencyMismatch;
        }
        return await FindMadeAsync(caller, id, isReplay: true, cancellation);
    }

    /// <summary>An invitation as it was made, whatever has come of it.</summary>
    private async Task<Result<Answered<Invitation>>> FindMadeAsync(Caller caller, Guid id, bool isReplay, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT {InvitationTable.Columns} FROM {InvitationTable.From} WHERE i.workspace_id = $1 AND i.invitation_id = $2");
        command.Parameters.With(caller.WorkspaceId).With(id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new Answered<Invitation>(InvitationTable.Read(reader, 0), isReplay) : ErrorCode.Gone;
    }

    private async Task<Result<Answered<WorkspaceView>>?> ReplayAcceptanceAsync(Caller caller, IdempotencyKey key, CancellationToken cancellation)
    {
        var done = await Idempotency.FindAsync(database, caller, key, cancellation);
        if (!done.IsOk)
        {
            return done.Error;
        }
        if (done.Value is null)
        {
            return null;
        }
        return done.Value.Outcome is { } outcome && (Guid?)JsonNode.Parse(outcome)!["workspace_id"] is { } workspaceId
            ? await ShowAsync(caller, workspaceId, isReplay: true, cancellation)
            : ErrorCode.IdempotencyMismatch;
    }

    private async Task<Result<Answered<WorkspaceView>>> ShowAsync(Caller caller, Guid workspaceId, bool isReplay, CancellationToken cancellation)
    {
        var shown = await workspaces.GetAsync(caller with { WorkspaceId = workspaceId }, cancellation);
        return shown.IsOk ? new Answered<WorkspaceView>(shown.Value, isReplay) : shown.Error;
    }
}
