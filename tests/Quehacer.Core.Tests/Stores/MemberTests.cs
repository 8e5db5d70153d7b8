using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Limiting;
using Quehacer.Core.Mail;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Who is in a workspace, by whose word, and what holds when several people change it at once.</summary>
public sealed class MemberTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<Caller> JoinAsync(House house, Caller owner, string email, WorkspaceRole role = WorkspaceRole.Editor) =>
        await house.MakeMemberAsync(owner, (await house.MoveInAsync(email)).Caller, new MemberEvent.Added(role));

    private static async Task<(House House, Caller Owner)> FoundAsync(PostgresFixture postgres)
    {
        var house = await House.BuildAsync(postgres);
        return (house, await house.FoundAsync((await house.MoveInAsync("owner@example.com")).Caller));
    }

    private static Task<Result<Answered<MemberView>>> ChangeAsync(House house, Caller caller, Guid userId, WorkspaceRole role, IdempotencyKey? key = null) =>
        house.Core.MemberWriter.ChangeAsync(caller, userId, role, Precondition.None, Visitor.Operator, key, Cancellation);

    private static Task<Result<Answered<bool>>> RemoveAsync(House house, Caller caller, Guid userId, IdempotencyKey? key = null) =>
        house.Core.MemberWriter.RemoveAsync(caller, userId, Precondition.None, Visitor.Operator, key, Cancellation);

    private static Task<Result<Answered<WorkspaceView>>> TransferAsync(House house, Caller caller, Guid userId, IdempotencyKey? key = null, string password = House.Password) =>
        house.Core.MemberWriter.TransferAsync(caller, userId, password, Visitor.Operator, key, Cancellation);

    private static Task<Result<Answered<Invitation>>> InviteAsync(House house, Caller owner, string email, WorkspaceRole role = WorkspaceRole.Editor, IdempotencyKey? key = null) =>
        house.Core.Invitations.InviteAsync(owner, email, role, Visitor.Operator, key, Cancellation);

    private static string TokenOf(House house, Invitation invitation) => house.Core.OneTimeSecrets.TokenOf(SecretPurpose.Invitation, invitation.Id);

    private static Task<Result<Answered<WorkspaceView>>> AcceptAsync(House house, Caller caller, string token, IdempotencyKey? key = null) =>
        house.Core.Invitations.AcceptAsync(caller, token, Visitor.Operator, key, Cancellation);

    /// <summary>The log makes of the workspace what its rows say, there is one owner, and members are counted right.</summary>
    private static async Task AssertWholeAsync(House house, Caller owner)
    {
        Assert.Equal(
            [true],
            await house.ColumnAsync<bool>(
                """
                SELECT w.member_count = (SELECT count(*) FROM members m WHERE m.workspace_id = $1)
                   AND w.owner_id = (SELECT m.user_id FROM members m WHERE m.workspace_id = $1 AND m.role = 30)
                   AND w.revision = (SELECT count(*) FROM events e WHERE e.workspace_id = $1)
                  FROM workspaces w WHERE w.workspace_id = $1
                """,
                owner.WorkspaceId));
        Assert.Empty((await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation)).First);
    }

    [Fact]
    public async Task The_owner_changes_and_removes_members_and_nobody_changes_the_owner()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var bea = await JoinAsync(house, owner, "bea@example.com", WorkspaceRole.Viewer);
        var carl = await JoinAsync(house, owner, "carl@example.com");
        var stranger = (await house.MoveInAsync("stranger@example.com")).Caller with { WorkspaceId = owner.WorkspaceId };

        var changed = House.Ok(await ChangeAsync(house, owner, bea.UserId, WorkspaceRole.Editor));
        Assert.Equal((WorkspaceRole.Editor, "bea@example.com", 3), (changed.Value.Member.Role, changed.Value.Email, changed.Value.Tag.Version));
        Assert.Equal(changed.Value, House.Ok(await house.Core.Members.GetAsync(owner, bea.UserId, Cancellation)));
        // What they are already is no event.
        House.Ok(await ChangeAsync(house, owner, bea.UserId, WorkspaceRole.Editor));
        Assert.Equal(2, (await house.StreamAsync(owner, bea.UserId)).Count);

        Assert.Equal(ErrorCode.Forbidden, (await ChangeAsync(house, bea, carl.UserId, WorkspaceRole.Viewer)).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, (await ChangeAsync(house, bea, bea.UserId, WorkspaceRole.Viewer)).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, (await RemoveAsync(house, bea, carl.UserId)).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, (await RemoveAsync(house, bea, owner.UserId)).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, (await TransferAsync(house, bea, bea.UserId)).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, (await InviteAsync(house, bea, "new@example.com")).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await ChangeAsync(house, stranger, bea.UserId, WorkspaceRole.Viewer)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await RemoveAsync(house, stranger, stranger.UserId)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Members.GetAsync(stranger, bea.UserId, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await ChangeAsync(house, owner, stranger.UserId, WorkspaceRole.Viewer)).Error?.Code);
        Assert.Equal(ErrorCode.OwnerStays, (await ChangeAsync(house, owner, owner.UserId, WorkspaceRole.Editor)).Error?.Code);
        Assert.Equal(ErrorCode.OwnerStays, (await RemoveAsync(house, owner, owner.UserId)).Error?.Code);
        Assert.Equal((Field.Role, FieldFault.NotOneOf), (await ChangeAsync(house, owner, bea.UserId, WorkspaceRole.Owner)).Error!.Fields.Select(fault => (fault.Field, fault.Fault)).Single());
        House.Ok(await ChangeAsync(house, owner, owner.UserId, WorkspaceRole.Owner));

        // An archived workspace lets people go.
        House.Ok(await house.Core.WorkspaceWriter.ArchiveAsync(owner, Precondition.None, null, Cancellation));
        House.Ok(await RemoveAsync(house, owner, carl.UserId));
        House.Ok(await RemoveAsync(house, bea, bea.UserId));
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Workspaces.GetAsync(bea, Cancellation)).Error?.Code);
        Assert.Equal(["member.added", "member.updated", "member.removed"], (await house.StreamAsync(owner, bea.UserId)).Select(stored => stored.Type));
        Assert.Equal(
            [(SecurityEvent.MemberRoleChanged, owner.UserId), (SecurityEvent.MemberRemoved, owner.UserId), (SecurityEvent.MemberRemoved, bea.UserId)],
            house.Incidents.Where(incident => incident.Incident is SecurityEvent.MemberRoleChanged or SecurityEvent.MemberRemoved).Select(incident => (incident.Incident, incident.UserId!.Value)));
        await AssertWholeAsync(house, owner);
    }

    [Fact]
    public async Task A_personal_workspace_is_shared_with_nobody()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (bea, _) = await house.MoveInAsync("bea@example.com");
        Assert.Equal(ErrorCode.WorkspaceIsPersonal, (await InviteAsync(house, ana, "bea@example.com")).Error?.Code);
        Assert.Equal(ErrorCode.WorkspaceIsPersonal, (await TransferAsync(house, ana, bea.UserId)).Error?.Code);
        Assert.Equal(ErrorCode.WorkspaceIsPersonal, (await RemoveAsync(house, ana, ana.UserId)).Error?.Code);
        Assert.Equal(ErrorCode.WorkspaceIsPersonal, (await ChangeAsync(house, ana, ana.UserId, WorkspaceRole.Viewer)).Error?.Code);
    }

    [Fact]
    public async Task E_mails_are_for_the_owner_and_for_themselves()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var bea = await JoinAsync(house, owner, "bea@example.com");
        string Seen(MemberPage page) => string.Join(" ", page.Members.Select(view => view.Email ?? "-"));
        Assert.Equal("owner@example.com bea@example.com", Seen(House.Ok(await house.Core.Members.ListAsync(owner, new MemberFilter(null, null), 20, null, false, Cancellation))));
        Assert.Equal("- bea@example.com", Seen(House.Ok(await house.Core.Members.ListAsync(bea, new MemberFilter(null, null), 20, null, false, Cancellation))));
        Assert.Equal(1, House.Ok(await house.Core.Members.ListAsync(owner, new MemberFilter(null, "bea@ex"), 20, null, true, Cancellation)).Total);
        Assert.Equal(0, House.Ok(await house.Core.Members.ListAsync(bea, new MemberFilter(null, "owner@ex"), 20, null, true, Cancellation)).Total);
        Assert.NotEqual(
            House.Ok(await house.Core.Members.GetAsync(owner, owner.UserId, Cancellation)).Tag, House.Ok(await house.Core.Members.GetAsync(bea, owner.UserId, Cancellation)).Tag);
    }

    /// <summary>Ten thousand are walked page by page and searched by name, and nothing reads accounts but by their keys.</summary>
    [Fact]
    public async Task Ten_thousand_members_are_walked_and_searched()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        await house.ExecuteAsync($"""
            WITH made AS (
              INSERT INTO accounts (user_id, email, email_key, name, password_hash, workspace_id, version, updated_at, name_key, words)
              SELECT gen_random_uuid(), n || '@many.example', n || '@many.example', CASE WHEN n % 1000 = 0 THEN 'Íñigo Montoya ' || n ELSE 'Somebody ' || n END, '', gen_random_uuid(), 1, now(), '', ''
                FROM generate_series(1, 30000) n RETURNING user_id, email)
            INSERT INTO members (workspace_id, user_id, role, version, revision, joined_at, updated_at)
            SELECT '{owner.WorkspaceId}', user_id, 10, 1, 1, now(), now() FROM made WHERE split_part(email, '@', 1)::int <= 10000;
            """);
        await house.ExecuteAsync("ANALYZE accounts, members");
        async Task<List<Guid>> WalkAsync(MemberFilter filter, int limit, long total)
        {
            var (seen, cursor) = (new List<Guid>(), default(string));
            do
            {
                var page = House.Ok(await house.Core.Members.ListAsync(owner, filter, limit, cursor, withTotal: true, Cancellation));
                Assert.Equal(total, page.Total);
                seen.AddRange(page.Members.Select(view => view.Member.UserId));
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            Assert.Equal(seen.Distinct().OrderBy(id => id), seen);
            return seen;
        }
        Assert.Equal(10_001, (await WalkAsync(new MemberFilter(null, null), 100, 10_001)).Count);
        Assert.Equal([owner.UserId], await WalkAsync(new MemberFilter(WorkspaceRole.Owner, null), 100, 1));
        Assert.Equal(10, (await WalkAsync(new MemberFilter(null, "mont inigo"), 3, 10)).Count);
        Assert.Single(await WalkAsync(new MemberFilter(WorkspaceRole.Viewer, "777@MANY"), 3, 1));
        Assert.Equal(FieldFault.NothingToSearchFor, (await house.Core.Members.ListAsync(owner, new MemberFilter(null, " , "), 20, null, false, Cancellation)).Error?.Fields.Single().Fault);
        var first = House.Ok(await house.Core.Members.ListAsync(owner, new MemberFilter(null, "mont"), 3, null, false, Cancellation));
        Assert.Equal(FieldFault.NotThisCursor, (await house.Core.Members.ListAsync(owner, new MemberFilter(null, "inigo"), 3, first.NextCursor, false, Cancellation)).Error?.Fields.Single().Fault);
        var plan = await house.ColumnAsync<string>(
            $"""
            EXPLAIN SELECT m.user_id, a.name FROM (SELECT * FROM members m WHERE m.workspace_id = $1 AND m.user_id > '{Guid.Empty}' ORDER BY m.user_id LIMIT 1000) m
              LEFT JOIN LATERAL ({MemberReader.AccountByKey}) a ON true
            """,
            owner.WorkspaceId);
        Assert.DoesNotContain(plan, line => line.Contains("Seq Scan", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_invitation_lets_in_the_account_of_its_e_mail_once()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var (bea, _) = await house.MoveInAsync("bea@example.com");
        var (carl, _) = await house.MoveInAsync("carl@example.com");
        await house.ExecuteAsync("UPDATE accounts SET email_verified_at = NULL WHERE email_key = 'bea@example.com'");
        var first = House.Ok(await InviteAsync(house, owner, "BEA@example.com", WorkspaceRole.Viewer)).Value;
        var second = House.Ok(await InviteAsync(house, owner, "bea@example.com")).Value;
        Assert.Equal(("Home", WorkspaceRole.Editor, owner.UserId, "Somebody", "owner@example.com"), (second.WorkspaceName, second.Role, second.InvitedBy, second.InviterName, second.InviterEmail));

        // Another one for the same e-mail takes the place of the first.
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await AcceptAsync(house, bea, TokenOf(house, first))).Error?.Code);
        Assert.Equal([second.Id], House.Ok(await house.Core.Invitations.ListAsync(owner, 20, null, true, Cancellation)).Invitations.Select(invitation => invitation.Id));
        // While the e-mail is not verified it may be somebody else's, and a token is not anybody's.
        Assert.Empty(House.Ok(await house.Core.Invitations.ListOwnAsync(bea, 20, null, true, Cancellation)).Invitations);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Invitations.AcceptAsync(bea, second.Id, Visitor.Operator, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.InvitedAnother, (await AcceptAsync(house, carl, TokenOf(house, second))).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Invitations.AcceptAsync(carl, second.Id, Visitor.Operator, null, Cancellation)).Error?.Code);

        var accepted = House.Ok(await AcceptAsync(house, bea, TokenOf(house, second), House.Key("accept")));
        Assert.Equal((owner.WorkspaceId, WorkspaceRole.Editor, 2, false), (accepted.Value.Workspace.Id, accepted.Value.Role, accepted.Value.Workspace.Members, accepted.IsReplay));
        Assert.True(House.Ok(await AcceptAsync(house, bea, TokenOf(house, second), House.Key("accept"))).IsReplay);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await AcceptAsync(house, bea, TokenOf(house, second))).Error?.Code);
        // The token came from the mailbox.
        Assert.True(House.Ok(await house.Core.Accounts.GetAsync(bea, Cancellation)).Account.IsEmailVerified);
        Assert.Equal(ErrorCode.AlreadyMember, (await InviteAsync(house, owner, "Bea@Example.com")).Error?.Code);

        // Whoever comes back goes on where they were in the log.
        House.Ok(await RemoveAsync(house, owner, bea.UserId));
        var third = House.Ok(await InviteAsync(house, owner, "bea@example.com", WorkspaceRole.Viewer)).Value;
        Assert.Equal([third.Id], House.Ok(await house.Core.Invitations.ListOwnAsync(bea, 20, null, true, Cancellation)).Invitations.Select(invitation => invitation.Id));
        House.Ok(await house.Core.Invitations.AcceptAsync(bea, third.Id, Visitor.Operator, null, Cancellation));
        Assert.Equal([1, 2, 3], (await house.StreamAsync(owner, bea.UserId)).Select(stored => stored.Stamp.Version));
        Assert.Equal(2, house.Incidents.Count(incident => incident == (SecurityEvent.InvitationAccepted, bea.UserId)));
        await AssertWholeAsync(house, owner);
    }

    [Fact]
    public async Task Two_mailboxes_that_the_index_takes_for_one_are_two()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var (other, _) = await house.MoveInAsync("strasse@example.com");
        var invitation = House.Ok(await InviteAsync(house, owner, "straße@example.com")).Value;
        Assert.Empty(House.Ok(await house.Core.Invitations.ListOwnAsync(other, 20, null, false, Cancellation)).Invitations);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Invitations.AcceptAsync(other, invitation.Id, Visitor.Operator, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.InvitedAnother, (await AcceptAsync(house, other, TokenOf(house, invitation))).Error?.Code);
    }

    [Fact]
    public async Task What_is_declined_revoked_or_expired_lets_nobody_in_and_is_not_listed()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var (bea, _) = await house.MoveInAsync("bea@example.com");
        async Task AssertWorthlessAsync(Invitation invitation)
        {
            Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await AcceptAsync(house, bea, TokenOf(house, invitation))).Error?.Code);
            Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.Invitations.LookAsync(TokenOf(house, invitation), Visitor.Operator, Cancellation)).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await house.Core.Invitations.AcceptAsync(bea, invitation.Id, Visitor.Operator, null, Cancellation)).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await house.Core.Invitations.GetAsync(owner, invitation.Id, Cancellation)).Error?.Code);
            Assert.Equal(0, House.Ok(await house.Core.Invitations.ListAsync(owner, 20, null, true, Cancellation)).Total);
        }
        var declined = House.Ok(await InviteAsync(house, owner, "bea@example.com")).Value;
        Assert.Equal(declined, House.Ok(await house.Core.Invitations.LookAsync(TokenOf(house, declined), Visitor.Operator, Cancellation)));
        Assert.False(House.Ok(await house.Core.Invitations.DeclineAsync(TokenOf(house, declined), Visitor.Operator, Cancellation)).IsReplay);
        Assert.True(House.Ok(await house.Core.Invitations.DeclineAsync(TokenOf(house, declined), Visitor.Operator, Cancellation)).IsReplay);
        await AssertWorthlessAsync(declined);

        var own = House.Ok(await InviteAsync(house, owner, "bea@example.com")).Value;
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Invitations.DeclineAsync(owner, own.Id, Cancellation)).Error?.Code);
        Assert.False(House.Ok(await house.Core.Invitations.DeclineAsync(bea, own.Id, Cancellation)).IsReplay);
        Assert.True(House.Ok(await house.Core.Invitations.DeclineAsync(bea, own.Id, Cancellation)).IsReplay);
        await AssertWorthlessAsync(own);

        var revoked = House.Ok(await InviteAsync(house, owner, "bea@example.com")).Value;
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Invitations.RevokeAsync(bea with { WorkspaceId = owner.WorkspaceId }, revoked.Id, null, Cancellation)).Error?.Code);
        Assert.False(House.Ok(await house.Core.Invitations.RevokeAsync(owner, revoked.Id, House.Key("revoke"), Cancellation)).IsReplay);
        Assert.True(House.Ok(await house.Core.Invitations.RevokeAsync(owner, revoked.Id, House.Key("revoke"), Cancellation)).IsReplay);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.Invitations.RevokeAsync(owner, revoked.Id, null, Cancellation)).Error?.Code);
        await AssertWorthlessAsync(revoked);

        var expired = House.Ok(await InviteAsync(house, owner, "bea@example.com")).Value;
        house.Time.Forward(TimeSpan.FromDays(Limits.InvitationDays));
        await AssertWorthlessAsync(expired);
        // One that has expired stands in nobody's way, and all of them go when their keys do.
        House.Ok(await InviteAsync(house, owner, "bea@example.com"));
        house.Time.Forward(TimeSpan.FromDays(2));
        await house.Core.CleanUp.Jobs.Single(job => job.Name == "delete-expired-invitations").RunAsync(Cancellation);
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM invitations"));
    }

    [Fact]
    public async Task Of_fifty_acceptances_at_once_one_lets_in()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var (bea, _) = await house.MoveInAsync("bea@example.com");
        var invitation = House.Ok(await InviteAsync(house, owner, "bea@example.com")).Value;
        var answers = await House.AtOnceAsync(50, index => index % 2 == 0
            ? AcceptAsync(house, bea, TokenOf(house, invitation))
            : house.Core.Invitations.AcceptAsync(bea, invitation.Id, Visitor.Operator, null, Cancellation));
        Assert.Single(answers, answer => answer.IsOk);
        Assert.All(answers.Where(answer => !answer.IsOk), answer => Assert.Contains(answer.Error!.Code, new[] { ErrorCode.OneTimeTokenInvalid, ErrorCode.NotFound }));
        Assert.Single(await house.StreamAsync(owner, bea.UserId));
        await AssertWholeAsync(house, owner);
    }

    [Fact]
    public async Task What_is_revoked_or_archived_at_the_same_time_lets_in_before_it_or_not_at_all()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var (bea, _) = await house.MoveInAsync("bea@example.com");
        var accepted = 0;
        // How long the other holds back follows what came of it last, so that the rounds keep close to where it tips over on any machine.
        var held = new int[2];
        for (var round = 0; round < 30; round++)
        {
            var invitation = House.Ok(await InviteAsync(house, owner, "bea@example.com")).Value;
            var before = (await house.StreamAsync(owner, bea.UserId)).Count;
            var kind = round % 2;
            var answers = await House.AtOnceAsync<Error?>(2, async index =>
            {
                if (index == 0)
                {
                    return (await AcceptAsync(house, bea, TokenOf(house, invitation))).Error;
                }
                for (var wait = 0; wait < held[kind]; wait++)
                {
                    await house.CountAsync("SELECT 1::bigint");
                }
                return kind == 0
                    ? (await house.Core.Invitations.RevokeAsync(owner, invitation.Id, null, Cancellation)).Error
                    : (await house.Core.WorkspaceWriter.ArchiveAsync(owner, Precondition.None, null, Cancellation)).Error;
            });
            Assert.Equal(before + (answers[0] is null ? 1 : 0), (await house.StreamAsync(owner, bea.UserId)).Count);
            held[kind] = answers[0] is null ? held[kind] / 2 : (held[kind] * 2) + 4;
            if (kind == 0)
            {
                // One of the two has closed it.
                Assert.Single(answers, answer => answer is null);
            }
            else
            {
                Assert.Null(answers[1]);
                var types = await house.ColumnAsync<string>("SELECT type FROM events WHERE workspace_id = $1 ORDER BY revision DESC LIMIT 1", owner.WorkspaceId);
                Assert.Equal("workspace.archived", Assert.Single(types));
                House.Ok(await house.Core.WorkspaceWriter.UnarchiveAsync(owner, Precondition.None, null, Cancellation));
            }
            if (answers[0] is null)
            {
                accepted++;
                House.Ok(await RemoveAsync(house, owner, bea.UserId));
            }
        }
        // Neither of them always comes first, or this proves nothing.
        Assert.InRange(accepted, 1, 29);
        // An archived workspace takes nobody in, and the invitation is as good as before.
        var last = House.Ok(await InviteAsync(house, owner, "bea@example.com")).Value;
        House.Ok(await house.Core.WorkspaceWriter.ArchiveAsync(owner, Precondition.None, null, Cancellation));
        Assert.Equal(ErrorCode.WorkspaceArchived, (await AcceptAsync(house, bea, TokenOf(house, last))).Error?.Code);
        Assert.Equal(ErrorCode.WorkspaceArchived, (await InviteAsync(house, owner, "carl@example.com")).Error?.Code);
        House.Ok(await house.Core.WorkspaceWriter.UnarchiveAsync(owner, Precondition.None, null, Cancellation));
        House.Ok(await AcceptAsync(house, bea, TokenOf(house, last)));
        await AssertWholeAsync(house, owner);
    }

    [Fact]
    public async Task Two_transfers_at_once_leave_one_owner()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        Caller[] members = [owner, await JoinAsync(house, owner, "bea@example.com"), await JoinAsync(house, owner, "carl@example.com")];
        for (var round = 0; round < 12; round++)
        {
            var now = members[0];
            var answers = await House.AtOnceAsync(4, index => TransferAsync(house, now, members[1 + index % 2].UserId));
            var heir = Assert.Single(answers, answer => answer.IsOk).Value!.Value.Workspace.OwnerId;
            Assert.All(answers.Where(answer => !answer.IsOk), answer => Assert.Equal(ErrorCode.Forbidden, answer.Error!.Code));
            members = [.. members.OrderByDescending(member => member.UserId == heir)];
            Assert.Equal(WorkspaceRole.Editor, House.Ok(await house.Core.Members.GetAsync(now, now.UserId, Cancellation)).Member.Role);
        }
        // Both events of each, and two letters.
        Assert.Equal(24, (await house.ColumnAsync<long>("SELECT revision FROM events WHERE workspace_id = $1 AND type = 'member.updated'", owner.WorkspaceId)).Count);
        Assert.Equal(12, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)MailKind.WorkspaceReceived}"));
        Assert.Equal(12, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)MailKind.WorkspaceHandedOn}"));
        await AssertWholeAsync(house, members[0]);
    }

    [Fact]
    public async Task Whoever_leaves_while_it_is_handed_on_to_them_has_left_or_owns_it()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var bea = (await house.MoveInAsync("bea@example.com")).Caller with { WorkspaceId = owner.WorkspaceId };
        for (var round = 0; round < 12; round++)
        {
            await house.MakeMemberAsync(owner, bea, new MemberEvent.Added(WorkspaceRole.Viewer));
            var answers = await House.AtOnceAsync(2, async index => index == 0 ? (await TransferAsync(house, owner, bea.UserId)).Error?.Code : (await RemoveAsync(house, bea, bea.UserId)).Error?.Code);
            if (answers[0] is null)
            {
                Assert.Equal(ErrorCode.OwnerStays, answers[1]);
                House.Ok(await TransferAsync(house, bea, owner.UserId));
                House.Ok(await RemoveAsync(house, bea, bea.UserId));
            }
            else
            {
                Assert.Equal((ErrorCode.Invalid, null), (answers[0]!.Value, answers[1]));
            }
        }
        await AssertWholeAsync(house, owner);
    }

    /// <summary>Each waits for the workspace while the one before changes who is in it, and is one of them all the same.</summary>
    [Fact]
    public async Task Twenty_who_leave_at_once_have_all_left()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var members = new List<Caller>();
        for (var i = 0; i < 20; i++)
        {
            members.Add(await JoinAsync(house, owner, $"{i}@example.com"));
        }
        var answers = await House.AtOnceAsync(20, index => RemoveAsync(house, members[index], members[index].UserId, House.Key("leave")));
        Assert.All(answers, answer => House.Ok(answer));
        Assert.Equal(1, House.Ok(await house.Core.Workspaces.GetAsync(owner, Cancellation)).Workspace.Members);
        // Whoever has left asks about their own key, and is told.
        Assert.True(House.Ok(await RemoveAsync(house, members[0], members[0].UserId, House.Key("leave"))).IsReplay);
        Assert.Equal(ErrorCode.NotFound, (await RemoveAsync(house, members[0], members[0].UserId, House.Key("leave", "another request"))).Error?.Code);
        await AssertWholeAsync(house, owner);
    }

    [Fact]
    public async Task Of_many_who_accept_at_once_no_more_come_in_than_there_may_be()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var invited = new List<(Caller Caller, string Token)>();
        for (var i = 0; i < 12; i++)
        {
            var (caller, _) = await house.MoveInAsync($"{i}@example.com");
            invited.Add((caller, TokenOf(house, House.Ok(await InviteAsync(house, owner, $"{i}@example.com")).Value)));
        }
        await house.ExecuteAsync($"UPDATE workspaces SET member_count = {Limits.MembersOfAWorkspace - 5} WHERE workspace_id = '{owner.WorkspaceId}'");
        var answers = await House.AtOnceAsync(12, index => AcceptAsync(house, invited[index].Caller, invited[index].Token));
        Assert.Equal(5, answers.Count(answer => answer.IsOk));
        Assert.All(answers.Where(answer => !answer.IsOk), answer => Assert.Equal((Field.WorkspaceId, FieldFault.TooMany), answer.Error!.Fields.Select(fault => (fault.Field, fault.Fault)).Single()));
        Assert.Equal(6, await house.CountAsync($"SELECT count(*) FROM members WHERE workspace_id = '{owner.WorkspaceId}'"));
        Assert.Equal(FieldFault.TooMany, (await InviteAsync(house, owner, "more@example.com")).Error?.Fields.Single().Fault);
    }

    [Fact]
    public async Task A_transfer_wants_the_password_a_member_and_room_among_what_they_own()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var bea = await JoinAsync(house, owner, "bea@example.com");
        var (stranger, _) = await house.MoveInAsync("stranger@example.com");
        Assert.Equal(ErrorCode.WrongCredentials, (await TransferAsync(house, owner, bea.UserId, password: "wrong")).Error?.Code);
        foreach (var nobody in new[] { stranger.UserId, owner.UserId, Guid.NewGuid() })
        {
            Assert.Equal((Field.UserId, FieldFault.NoSuchThing), (await TransferAsync(house, owner, nobody)).Error!.Fields.Select(fault => (fault.Field, fault.Fault)).Single());
        }
        await house.ExecuteAsync($"""
            INSERT INTO members (workspace_id, user_id, role, version, revision, joined_at, updated_at)
            SELECT gen_random_uuid(), '{bea.UserId}', 30, 0, 1, now(), now() FROM generate_series(1, {Limits.WorkspacesOfAUser - 1})
            """);
        Assert.Equal((Field.UserId, FieldFault.TooMany), (await TransferAsync(house, owner, bea.UserId)).Error!.Fields.Select(fault => (fault.Field, fault.Fault)).Single());
        await house.ExecuteAsync($"DELETE FROM members m WHERE m.user_id = '{bea.UserId}' AND NOT EXISTS (SELECT FROM workspaces w WHERE w.workspace_id = m.workspace_id)");
        var done = House.Ok(await TransferAsync(house, owner, bea.UserId, House.Key("transfer")));
        Assert.Equal((bea.UserId, WorkspaceRole.Editor, false), (done.Value.Workspace.OwnerId, done.Value.Role, done.IsReplay));
        Assert.True(House.Ok(await TransferAsync(house, owner, bea.UserId, House.Key("transfer"))).IsReplay);
        Assert.Contains((SecurityEvent.WorkspaceTransferred, owner.UserId), house.Incidents.Select(incident => (incident.Incident, incident.UserId ?? default)));
        await AssertWholeAsync(house, bea);
    }

    [Fact]
    public async Task Invitations_are_counted_before_anything_is_looked_up()
    {
        await using var house = await House.BuildAsync(postgres, letterLimits: new LetterLimits(PasswordResetsPerHour: 3, Letters: 2, InvitationsPerHour: 4));
        var owner = await house.FoundAsync((await house.MoveInAsync("owner@example.com")).Caller);
        var stranger = (await house.MoveInAsync("stranger@example.com")).Caller with { WorkspaceId = owner.WorkspaceId };
        // Whoever may not invite uses up nobody's letters.
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(ErrorCode.NotFound, (await InviteAsync(house, stranger, "one@example.com")).Error?.Code);
        }
        House.Ok(await InviteAsync(house, owner, "one@example.com", key: House.Key("one")));
        // A repeat sends nothing, and counts for nothing.
        Assert.True(House.Ok(await InviteAsync(house, owner, "one@example.com", key: House.Key("one"))).IsReplay);
        House.Ok(await InviteAsync(house, owner, "one@example.com"));
        Assert.Equal(AttemptKind.Letter, (await InviteAsync(house, owner, "ONE@example.com")).Error?.Exhausted?.Kind);
        House.Ok(await InviteAsync(house, owner, "two@example.com"));
        Assert.Equal(AttemptKind.Invitation, (await InviteAsync(house, owner, "three@example.com")).Error?.Exhausted?.Kind);
        // The letters of the first and of the second, which took its place, and that of the other.
        Assert.Equal(3, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)MailKind.WorkspaceInvitation}"));

        await house.ExecuteAsync($"""
            INSERT INTO invitations (workspace_id, invitation_id, email, email_key, role, invited_by, hash, expires_at)
            SELECT '{owner.WorkspaceId}', gen_random_uuid(), n || '@many.example', n || '@many.example', 10, '{owner.UserId}', '', now() + interval '1 day' FROM generate_series(1, {Limits.OpenInvitations - 2}) n
            """);
        house.Time.Forward(TimeSpan.FromHours(2));
        Assert.Equal((Field.Email, FieldFault.TooMany), (await InviteAsync(house, owner, "four@example.com")).Error!.Fields.Select(fault => (fault.Field, fault.Fault)).Single());
        // Another for the same e-mail is no more than there were.
        House.Ok(await InviteAsync(house, owner, "two@example.com"));
    }

    [Fact]
    public async Task Of_many_invitations_to_one_e_mail_at_once_one_is_open()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var made = await House.AtOnceAsync(20, index => InviteAsync(house, owner, "luis@example.com", index % 2 == 0 ? WorkspaceRole.Viewer : WorkspaceRole.Editor));
        Assert.Equal(20, made.Select(answer => House.Ok(answer).Value.Id).Distinct().Count());
        Assert.Contains(Assert.Single(House.Ok(await house.Core.Invitations.ListAsync(owner, 20, null, true, Cancellation)).Invitations), made.Select(answer => House.Ok(answer).Value));
    }

    [Fact]
    public async Task The_letter_has_a_token_as_long_as_the_invitation_is_open()
    {
        var (house, owner) = await FoundAsync(postgres);
        await using var _ = house;
        var sent = new List<OutgoingLetter>();
        var sender = new MailSender(house.Database, house.Core.OneTimeSecrets, house.Core.PasswordResets, house.Core.Outbox, house.Time, letter =>
        {
            sent.Add(letter);
            return Task.FromResult(Delivery.Sent);
        }, _ => { });
        var first = House.Ok(await InviteAsync(house, owner, "Luis@example.com")).Value;
        var second = House.Ok(await InviteAsync(house, owner, "luis@example.com")).Value;
        while (await sender.SendNextAsync())
        {
        }
        // The one whose place was taken is not sent any more.
        var letter = Assert.Single(sent);
        Assert.Equal((second.Id, "luis@example.com", "Somebody\nowner@example.com\nHome"), (letter.Letter.Id, letter.Letter.Recipient, letter.Letter.Detail));
        Assert.Equal((TokenOf(house, second), second.ExpiresAt), (letter.Token, letter.GoodUntil!.Value));
        Assert.NotEqual(TokenOf(house, first), letter.Token);
        // Nothing that is stored opens anything.
        Assert.Equal(0, await house.CountAsync($"SELECT count(*) FROM invitations i WHERE i::text LIKE '%{letter.Token![3..20]}%'"));
    }
}
