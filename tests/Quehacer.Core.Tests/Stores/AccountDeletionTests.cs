using System.Net;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Jobs;
using Quehacer.Core.Labels;
using Quehacer.Core.Mail;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Accounts that are to be deleted, that stay after all, and of which nothing is left.</summary>
public sealed class AccountDeletionTests(PostgresFixture postgres)
{
    private const string Email = "ana.perez@example.com";

    private static readonly TimeSpan Grace = TimeSpan.FromDays(14);

    private static readonly Visitor Somewhere = new(IPAddress.Parse("192.0.2.7"), "phone", Language.Spanish, "req_somewhere");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asking_for_it_ends_all_that_opens_the_account_and_tells_its_owner()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, tokens) = await house.MoveInAsync(Email);
        var (elsewhere, _) = await house.LogInAsync(Email);
        var key = House.Ok(await house.Core.ApiKeys.CreateAsync(ana, new NewApiKey { Name = "Script", Scopes = KeyScopes.ReadTasks, CurrentPassword = House.Password }, Somewhere, null, Cancellation));
        Assert.Null(await house.Core.PasswordResets.AskAsync(Email, Somewhere, Cancellation));
        var reset = await LetterAsync(house, MailKind.PasswordReset);
        await house.Core.PasswordResets.PrepareAsync(reset, Cancellation);
        var now = house.Time.NowUtc();

        Assert.Equal(ErrorCode.WrongCredentials, (await AskAsync(house, ana, password: "not the password")).Error?.Code);
        var dueAt = House.Ok(await AskAsync(house, ana)).Value;

        Assert.InRange(dueAt, now + Grace, house.Time.NowUtc() + Grace);
        Assert.False(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        Assert.False(await house.Core.Sessions.IsOpenAsync(elsewhere, Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.ApiKeys.RecogniseAsync(key.Value.Text, "req", Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.RefreshTokenInvalid, (await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Somewhere, null, Cancellation)).Error?.Code);
        // Whoever has the password is told why; whoever has not, nothing.
        Assert.Equal(ErrorCode.AccountDeletionPending, (await LogInAsync(house)).Error?.Code);
        Assert.Equal(ErrorCode.AccountDeletionPending, (await house.Core.Logins.BeginAsync(Email, House.Password, Somewhere, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.WrongCredentials, (await house.Core.Sessions.LoginAsync(Email, "not the password", Somewhere, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.EmailTaken, (await RegisterAsync(house)).Error?.Code);
        // Letters that were sent before, and letters that are asked for now, change nothing.
        Assert.Equal(
            ErrorCode.OneTimeTokenInvalid,
            (await house.Core.PasswordResets.ConfirmAsync(house.Core.OneTimeSecrets.TokenOf(SecretPurpose.PasswordReset, reset.Id), "another one to remember", Somewhere, null, Cancellation)).Error?.Code);
        Assert.Null(await house.Core.PasswordResets.PrepareAsync(new Letter(Ids.New(now), MailKind.PasswordReset, Email, Language.Spanish, null, null), Cancellation));
        Assert.Equal(1, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)MailKind.AccountDeletionAsked} AND recipient = '{Email}' AND language = 1 AND address = '192.0.2.7'"));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM account_events WHERE type = 'account.deletion_asked' AND request_id = 'req_somewhere'"));
        Assert.Contains((SecurityEvent.AccountDeletionAsked, ana.UserId), house.Incidents);
        // Until it is due, nothing happens.
        house.Time.Forward(Grace - TimeSpan.FromMinutes(1));
        Assert.Equal(0, await house.Core.AccountDeletions.DeleteDueAsync(Cancellation));
        Assert.Equal(ErrorCode.AccountDeletionPending, (await LogInAsync(house)).Error?.Code);
    }

    [Fact]
    public async Task When_it_is_due_nothing_of_the_person_is_left_and_the_email_is_free()
    {
        await using var house = await House.BuildAsync(postgres);
        var bea = await RebuildTests.LiveAsync(house, "bea@example.com");
        var ana = await RebuildTests.LiveAsync(house, Email);
        await house.ExecuteAsync($"UPDATE accounts SET name = 'Ana María Pérez' WHERE email = '{Email}'");
        await house.CreateAsync(ana, new TaskEdit { Title = "Call the notary", Tags = new[] { "paperwork" } }, House.Key("notary"));
        Assert.Null(await house.Core.PasswordResets.AskAsync(Email, Somewhere, Cancellation));
        House.Ok(await house.Core.EmailChanges.AskAsync(ana, House.Password, "ana.new@example.org", Somewhere, null, Cancellation));
        var before = await house.DumpAsync();
        Assert.All(["ana.perez", "ana.new", "María", "notary", "paperwork"], text => Assert.Contains(text, before, StringComparison.Ordinal));
        var beas = Lines(before, bea);

        House.Ok(await AskAsync(house, ana));
        house.Time.Forward(Grace);
        await RunJobsAsync(house);
        // Nothing but that there was an event is left for the writes that may be under way.
        Assert.Equal(1, await house.CountAsync($"SELECT count(*) FROM events WHERE workspace_id = '{ana.WorkspaceId}' AND data IS NULL AND before IS NULL"));
        await SweepAsync(house);

        Assert.Equal(1, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)MailKind.AccountDeleted} AND recipient = '{Email}' AND language = 1"));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM mails"));
        await house.ExecuteAsync("DELETE FROM mails");
        var after = await house.DumpAsync();
        Assert.All(["ana.perez", "ana.new", "María", "notary", "paperwork"], text => Assert.DoesNotContain(text, after, StringComparison.Ordinal));
        Assert.Single(after.Split('\n'), line => line.Contains($"{ana.WorkspaceId}", StringComparison.Ordinal));
        // The row says who was here, and nothing of them; what happened last is all that its history says.
        Assert.Equal(1, await house.CountAsync(
            $"""
            SELECT count(*) FROM accounts
             WHERE user_id = '{ana.UserId}' AND deleted_at IS NOT NULL AND deletion_due_at IS NULL AND email = '' AND name = '' AND password_hash = '' AND NOT is_admin AND totp_secret IS NULL
            """));
        Assert.Equal(["account.deleted"], await house.ColumnAsync<string>("SELECT type FROM account_events WHERE user_id = $1", ana.UserId));
        Assert.Equal(beas, Lines(after, bea));
        Assert.Contains((SecurityEvent.AccountDeleted, ana.UserId), house.Incidents);
        Assert.True((await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation)).IsEqual);
        Assert.Equal(0, await house.Core.AccountDeletions.DeleteDueAsync(Cancellation));

        // Whoever comes next with the e-mail is somebody else.
        Assert.Equal(ErrorCode.WrongCredentials, (await LogInAsync(house)).Error?.Code);
        var (again, _) = await house.MoveInAsync(Email);
        Assert.NotEqual((ana.UserId, ana.WorkspaceId), (again.UserId, again.WorkspaceId));
        await house.AssertConsistentAsync(again);

        static List<string> Lines(string dump, Caller of) =>
            [.. dump.Split('\n').Where(line => line.Contains($"{of.WorkspaceId},", StringComparison.Ordinal) && !line.StartsWith("idempotency_keys", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task Whoever_has_the_letter_or_the_password_can_change_their_mind_and_then_it_is_as_it_was()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        await house.CreateAsync(ana, new TaskEdit { Title = "Milk" });
        House.Ok(await AskAsync(house, ana));
        var token = await TokenAsync(house);

        House.Ok(await house.Core.AccountDeletions.UndoAsync(token, Somewhere, House.Key("undo"), Cancellation));
        Assert.True(House.Ok(await house.Core.AccountDeletions.UndoAsync(token, Somewhere, House.Key("undo"), Cancellation)).IsReplay);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.AccountDeletions.UndoAsync(token, Somewhere, null, Cancellation)).Error?.Code);
        (ana, _) = await house.LogInAsync(Email);
        Assert.Single(House.Ok(await house.ListAsync(ana, TaskFilter.All)).Tasks);

        House.Ok(await AskAsync(house, ana));
        Assert.Equal(ErrorCode.WrongCredentials, (await UndoAsync(house, password: "not the password")).Error?.Code);
        House.Ok(await UndoAsync(house));
        // It is so already.
        House.Ok(await UndoAsync(house));
        (ana, _) = await house.LogInAsync(Email);
        // The letter of a deletion that was undone in another way is worth nothing for the next.
        var old = await TokenAsync(house);
        House.Ok(await AskAsync(house, ana));
        Assert.NotEqual(old, await TokenAsync(house));
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.AccountDeletions.UndoAsync(old, Somewhere, null, Cancellation)).Error?.Code);
        Assert.Equal(2, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)MailKind.AccountDeletionUndone}"));
        house.Time.Forward(Grace);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.AccountDeletions.UndoAsync(await TokenAsync(house), Somewhere, null, Cancellation)).Error?.Code);
        // As long as it has not been done, the password still has it undone.
        House.Ok(await UndoAsync(house));
        Assert.Equal(0, await house.Core.AccountDeletions.DeleteDueAsync(Cancellation));
    }

    [Fact]
    public async Task Where_there_is_a_second_factor_a_code_of_it_is_wanted_to_delete_and_to_keep()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        var secret = Base32.Decode(House.Ok(await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Somewhere, null, Cancellation)).Value.Secret)!;
        var codes = House.Ok(await house.Core.SecondFactors.ConfirmTotpAsync(ana, Totp.CodeOf(secret, Totp.StepOf(house.Time.NowUtc())), Somewhere, null, Cancellation)).Value;

        Assert.Equal((Field.Code, FieldFault.Required), Fault(await AskAsync(house, ana)));
        Assert.Equal(ErrorCode.CodeWrong, (await AskAsync(house, ana, code: "000000")).Error?.Code);
        Assert.True(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        House.Ok(await AskAsync(house, ana, code: codes[0]));
        Assert.IsType<Login.Waits>(House.Ok(await house.Core.Logins.BeginAsync(Email, House.Password, Somewhere, null, Cancellation)).Value);
        Assert.Equal((Field.Code, FieldFault.Required), Fault(await UndoAsync(house)));
        Assert.Equal(ErrorCode.CodeWrong, (await UndoAsync(house, code: codes[0])).Error?.Code);
        Assert.Equal(ErrorCode.AccountDeletionPending, (await FinishAsync(codes[1])).Error?.Code);
        House.Ok(await UndoAsync(house, code: codes[1]));
        Assert.IsType<Login.Done>(House.Ok(await FinishAsync(codes[2])).Value);

        async Task<Result<Answered<Login>>> FinishAsync(string code)
        {
            var waits = Assert.IsType<Login.Waits>(House.Ok(await house.Core.Logins.BeginAsync(Email, House.Password, Somewhere, null, Cancellation)).Value);
            return await house.Core.Logins.FinishAsync(waits.MfaToken, code, Somewhere, null, Cancellation);
        }

        static (Field, FieldFault)? Fault<T>(Result<T> refused) => refused.Error?.Fields is [var only] ? (only.Field, only.Fault) : null;
    }

    [Fact]
    public async Task Of_fifty_deletions_asked_for_at_once_one_is_and_a_repeat_is_told_the_same_though_its_session_has_ended()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        for (var round = 0; round < 3; round++)
        {
            var asked = await House.AtOnceAsync(50, index => AskAsync(house, ana, key: index % 2 == 0 ? House.Key("the same") : null));

            var done = Assert.Single(asked, answer => answer is { IsOk: true, Value.IsReplay: false }).Value!.Value;
            Assert.All(asked, answer => Assert.True(answer.IsOk ? answer.Value.Value == done : answer.Error.Code is ErrorCode.SessionEnded or ErrorCode.WrongCredentials, $"{answer.Error}"));
            Assert.Equal(round + 1, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)MailKind.AccountDeletionAsked}"));
            Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM sessions WHERE ended_at IS NULL"));
            var repeated = await AskAsync(house, ana, key: House.Key("the same"));
            Assert.Equal(asked.Any(answer => answer is { IsOk: true, Value.IsReplay: true }), repeated.IsOk);
            Assert.Equal(ErrorCode.SessionEnded, (await AskAsync(house, ana, key: House.Key("the same", "another request"))).Error?.Code);
            House.Ok(await UndoAsync(house));
            await house.ExecuteAsync("DELETE FROM idempotency_keys");
            (ana, _) = await house.LogInAsync(Email);
        }
    }

    [Fact]
    public async Task No_session_or_key_outlives_a_deletion_that_was_asked_for_while_it_began()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        var begun = 0;
        for (var round = 0; round < 30; round++)
        {
            var asking = ana;
            var results = await House.AtOnceAsync(41, async index => index switch
            {
                20 => (await AskAsync(house, asking)).IsOk,
                < 30 => (await LogInAsync(house)).IsOk,
                _ => (await house.Core.ApiKeys.CreateAsync(asking, new NewApiKey { Name = "Script", Scopes = KeyScopes.ReadTasks, CurrentPassword = House.Password }, Somewhere, null, Cancellation)).IsOk,
            });

            Assert.True(results[20]);
            begun += results.Count(isOk => isOk) - 1;
            Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM sessions WHERE ended_at IS NULL"));
            House.Ok(await UndoAsync(house));
            (ana, _) = await house.LogInAsync(Email);
        }
        Assert.NotEqual(0, begun);
    }

    [Fact]
    public async Task An_account_is_deleted_or_stays_whoever_asks_at_the_last_moment()
    {
        await using var house = await House.BuildAsync(postgres);
        var (stayed, gone) = (0, 0);
        // The one who won gives the other a start of some statements, so that they come closer to each other on any machine.
        var start = 1;
        for (var round = 0; round < 16; round++)
        {
            var email = $"somebody{round}@example.com";
            var (somebody, _) = await house.MoveInAsync(email);
            House.Ok(await AskAsync(house, somebody));
            house.Time.Forward(Grace);

            var results = await House.AtOnceAsync(8, async index =>
            {
                if (index < 4)
                {
                    return (await house.Core.AccountDeletions.UndoAsync(email, House.Password, null, null, Somewhere, null, Cancellation)).IsOk;
                }
                for (var wait = 0; wait < start; wait++)
                {
                    await house.CountAsync("SELECT 1::bigint");
                }
                return await house.Core.AccountDeletions.DeleteDueAsync(Cancellation) == 1;
            });

            var isGone = await house.CountAsync($"SELECT count(*) FROM accounts WHERE user_id = '{somebody.UserId}' AND deleted_at IS NOT NULL") == 1;
            Assert.Equal(!isGone, (await house.Core.Sessions.LoginAsync(email, House.Password, Somewhere, null, Cancellation)).IsOk);
            Assert.Equal(!isGone, results[..4].Any(isOk => isOk));
            Assert.Equal(isGone ? 1 : 0, house.Incidents.Count(incident => incident == (SecurityEvent.AccountDeleted, somebody.UserId)));
            Assert.Equal(isGone ? 0 : 1, house.Incidents.Count(incident => incident == (SecurityEvent.AccountDeletionUndone, somebody.UserId)));
            (stayed, gone) = (stayed + (isGone ? 0 : 1), gone + (isGone ? 1 : 0));
            start = isGone ? (start * 2) + 1 : start / 2;
            await RunJobsAsync(house);
        }
        Assert.True(stayed > 0 && gone > 0, $"{stayed} stayed and {gone} went: there was no race.");
    }

    [Fact]
    public async Task A_deletion_that_is_killed_at_any_step_leaves_nobody_half_there_and_is_gone_on_with()
    {
        await using var house = await House.BuildAsync(postgres);
        var ana = await RebuildTests.LiveAsync(house, Email);
        await house.CreateAsync(ana, new TaskEdit { Title = "Milk" }, House.Key("milk"));
        // So much that it takes several pieces.
        await house.ExecuteAsync($"""
            INSERT INTO idempotency_keys (workspace_id, user_id, key, fingerprint, created_at) SELECT '{ana.WorkspaceId}', gen_random_uuid(), n::text, '\x', now() FROM generate_series(1, 2500) n;
            INSERT INTO events (workspace_id, revision, stream_id, version, type, actor_id, at)
            SELECT '{ana.WorkspaceId}', w.revision + n, gen_random_uuid(), 1, 'task.purged', w.owner_id, now() FROM workspaces w, generate_series(1, 2500) n WHERE w.workspace_id = '{ana.WorkspaceId}';
            UPDATE workspaces SET revision = revision + 2500 WHERE workspace_id = '{ana.WorkspaceId}';
            """);
        House.Ok(await AskAsync(house, ana));
        house.Time.Forward(Grace);

        var steps = new List<int>();
        for (var isAtWork = true; isAtWork;)
        {
            // What the job does between two looks at its lease; nothing is kept in memory from one to the next.
            var job = house.WithGrace(Grace).CleanUp.Jobs.Single(job => job.Name == "delete-accounts");
            steps.Add(await job.RunAsync(Cancellation));
            isAtWork = steps[^1] > 0;
            Assert.Equal(ErrorCode.WrongCredentials, (await LogInAsync(house)).Error?.Code);
            Assert.Equal(ErrorCode.WrongCredentials, (await UndoAsync(house)).Error?.Code);
            Assert.Equal(ErrorCode.SessionEnded, (await house.ListAsync(ana, TaskFilter.All)).Error?.Code);
            // Whoever rebuilds meanwhile brings nothing back.
            Assert.True((await new Rebuild(house.Database).RunAsync(write: true, _ => { }, Cancellation)).IsEqual);
        }

        Assert.All(steps, rows => Assert.InRange(rows, 0, Limits.JobBatchRows));
        Assert.True(steps.Count(rows => rows == Limits.JobBatchRows) >= 4, string.Join(", ", steps));
        await SweepAsync(house);
        Assert.Single((await house.DumpAsync()).Split('\n'), line => line.Contains($"{ana.WorkspaceId}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_written_while_an_account_is_deleted_at_once_is_gone_as_well()
    {
        await using var house = await House.BuildAsync(postgres);
        for (var round = 0; round < 4; round++)
        {
            var (ana, _) = await house.MoveInAsync(Email);
            var results = await House.AtOnceAsync(30, async index =>
            {
                if (index is 14 or 15 or 16)
                {
                    // One of them finds the account; all of them clear away.
                    await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: true, Cancellation);
                    await RunJobsAsync(house);
                    return null;
                }
                return (await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = $"task {index}" }, House.V1), null, Cancellation)).Error;
            });

            Assert.All(results, error => Assert.True(error is null or { Code: ErrorCode.SessionEnded or ErrorCode.NotFound }, $"{error}"));
            // A write that was on its way when the session ended may have come after the last look.
            await SweepAsync(house);
            Assert.Single((await house.DumpAsync()).Split('\n'), line => line.Contains($"{ana.WorkspaceId}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Whoever_runs_the_installation_can_have_an_account_deleted_later_or_at_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);

        Assert.Null(await house.Core.AccountDeletions.DeleteAsync("nobody@example.com", atOnce: true, Cancellation));
        var dueAt = await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: false, Cancellation);
        Assert.InRange(dueAt!.Value, house.Time.NowUtc() + Grace - TimeSpan.FromMinutes(1), house.Time.NowUtc() + Grace);
        Assert.Equal(dueAt, await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: false, Cancellation));
        Assert.False(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        House.Ok(await house.Core.AccountDeletions.UndoAsync(await TokenAsync(house), Somewhere, null, Cancellation));
        await house.LogInAsync(Email);

        await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: false, Cancellation);
        Assert.NotNull(await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: true, Cancellation));
        Assert.Equal(0, await house.CountAsync($"SELECT count(*) FROM workspaces WHERE workspace_id = '{ana.WorkspaceId}'"));
        Assert.Null(await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: true, Cancellation));
    }

    [Fact]
    public async Task Without_a_time_of_grace_an_account_goes_with_the_next_run_of_the_job_and_no_letter_promises_a_way_back()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        var core = house.WithGrace(TimeSpan.Zero);
        House.Ok(await core.AccountDeletions.AskAsync(ana, House.Password, null, null, Precondition.None, Somewhere, null, Cancellation));
        await RunJobsAsync(house);
        Assert.Equal([(short)MailKind.AccountDeleted], await house.ColumnAsync<short>("SELECT kind FROM mails WHERE $1 IS NOT NULL", Guid.Empty));
        Assert.Equal(ErrorCode.WrongCredentials, (await LogInAsync(house)).Error?.Code);
    }

    [Fact]
    public async Task What_somebody_said_who_has_left_is_shown_without_a_name()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        var (bea, _) = await house.MoveInAsync("bea@example.com");
        var task = await house.CreateAsync(bea, new TaskEdit { Title = "Milk" });
        House.Ok(await house.Core.NoteWriter.CreateAsync(bea, new TaskRef(task.Id, 0), new NoteEdit { Text = "The shop closes at nine." }, null, Cancellation));
        await house.ExecuteAsync($"UPDATE notes SET author_id = '{ana.UserId}'");
        await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: true, Cancellation);

        var shown = Assert.Single(House.Ok(await house.Core.Notes.ListAsync(bea, new TaskRef(task.Id, 0), 1, 20, Cancellation)).Notes);
        Assert.Equal((ana.UserId, null), (shown.Author.Id, shown.Author.Name));
        Assert.Single(House.Ok(await house.Core.Notes.WalkAsync(bea, null, Cancellation)));
    }

    [Fact]
    public async Task Whoever_owns_what_others_are_in_hands_it_over_first_or_it_goes_to_who_has_been_in_it_longest_of_those_who_may_do_most()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        var people = new List<Caller>();
        foreach (var name in new[] { "viewer", "editor", "later", "gone", "leaving" })
        {
            people.Add((await house.MoveInAsync($"{name}@example.com")).Caller);
        }
        var (viewer, editor, later, gone, leaving) = (people[0], people[1], people[2], people[3], people[4]);
        var (team, watched, alone, others) = (await MakeAsync(house, ana, "Team"), await MakeAsync(house, ana, "Watched"), await MakeAsync(house, ana, "Alone"), await MakeAsync(house, editor, "Other people's"));
        await JoinAsync(house, team, leaving, WorkspaceRole.Editor);
        await JoinAsync(house, team, gone, WorkspaceRole.Editor);
        await JoinAsync(house, team, viewer, WorkspaceRole.Viewer);
        await JoinAsync(house, team, editor, WorkspaceRole.Editor);
        await JoinAsync(house, team, later, WorkspaceRole.Editor);
        await JoinAsync(house, watched, viewer, WorkspaceRole.Viewer);
        await JoinAsync(house, others, ana, WorkspaceRole.Editor);
        var task = await house.CreateAsync(ana with { WorkspaceId = others }, new TaskEdit { Title = "Stays" });
        await house.CreateAsync(ana with { WorkspaceId = team }, new TaskEdit { Title = "Stays as well" });
        await house.CreateAsync(ana with { WorkspaceId = alone }, new TaskEdit { Title = "Goes" });

        var refused = (await AskAsync(house, ana)).Error!;
        Assert.Equal(ErrorCode.OwnsSharedWorkspaces, refused.Code);
        Assert.Equal([team, watched], refused.Workspaces);
        Assert.True(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        // Whoever runs the installation is not held up by that.
        await house.ExecuteAsync($"UPDATE accounts SET deleted_at = now() WHERE user_id = '{gone.UserId}'");
        House.Ok(await AskAsync(house, leaving));
        Assert.NotNull(await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: true, Cancellation));

        Assert.Equal([editor.UserId], await house.ColumnAsync<Guid>("SELECT owner_id FROM workspaces WHERE workspace_id = $1", team));
        Assert.Equal([viewer.UserId], await house.ColumnAsync<Guid>("SELECT owner_id FROM workspaces WHERE workspace_id = $1", watched));
        Assert.Equal([30], await house.ColumnAsync<short>($"SELECT role FROM members WHERE workspace_id = $1 AND user_id = '{editor.UserId}'", team));
        Assert.Equal(["member.updated", "member.removed"], (await house.ColumnAsync<string>("SELECT type FROM events WHERE workspace_id = $1 ORDER BY revision", team)).TakeLast(2));
        Assert.Equal(["member.removed"], (await house.ColumnAsync<string>("SELECT type FROM events WHERE workspace_id = $1 ORDER BY revision", others)).TakeLast(1));
        Assert.Equal(0, await house.CountAsync($"SELECT count(*) FROM members WHERE user_id = '{ana.UserId}'"));
        await SweepAsync(house);
        Assert.Equal(0, await house.CountAsync($"SELECT count(*) FROM events WHERE workspace_id = '{alone}'"));
        Assert.Equal("Stays", House.Ok(await house.Core.Tasks.GetAsync(editor with { WorkspaceId = others }, new TaskRef(task.Id, 0), Cancellation)).Task.Title);
        House.Ok(await house.Core.WorkspaceWriter.ChangeAsync(editor with { WorkspaceId = team }, new WorkspaceEdit { Name = "Our team" }, Precondition.None, null, Cancellation));
        Assert.True((await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation)).IsEqual);
    }

    [Fact]
    public async Task Whoever_joins_while_the_owner_is_deleted_has_a_workspace_with_an_owner_or_none()
    {
        await using var house = await House.BuildAsync(postgres);
        var friends = new List<Caller>();
        for (var i = 0; i < 6; i++)
        {
            friends.Add((await house.MoveInAsync($"friend{i}@example.com")).Caller);
        }
        var (dropped, handedOver) = (0, 0);
        // How long the others hold back follows what came of it last, so that the rounds keep close to where it tips over on any machine.
        var held = 0;
        for (var round = 0; round < 16; round++)
        {
            var (ana, _) = await house.MoveInAsync(Email);
            var team = await MakeAsync(house, ana, "Team");

            await House.AtOnceAsync(friends.Count + 1, async index =>
            {
                if (index == friends.Count)
                {
                    return await house.Core.AccountDeletions.DeleteAsync(Email, atOnce: true, Cancellation) is not null;
                }
                for (var wait = 0; wait < held; wait++)
                {
                    await house.CountAsync("SELECT 1::bigint");
                }
                return await JoinAsync(house, team, friends[index], WorkspaceRole.Editor);
            });

            var owners = await house.ColumnAsync<Guid>("SELECT owner_id FROM workspaces WHERE workspace_id = $1", team);
            var members = await house.ColumnAsync<Guid>("SELECT user_id FROM members WHERE workspace_id = $1", team);
            Assert.DoesNotContain(ana.UserId, members);
            Assert.Equal(owners.Count == 0, members.Count == 0);
            Assert.All(owners, owner => Assert.Contains(owner, members));
            Assert.Equal(owners.Count, await house.CountAsync($"SELECT count(*) FROM members WHERE workspace_id = '{team}' AND role = 30"));
            await SweepAsync(house);
            Assert.Equal(owners.Count == 0, await house.CountAsync($"SELECT count(*) FROM events WHERE workspace_id = '{team}'") == 0);
            (dropped, handedOver) = (dropped + (owners.Count == 0 ? 1 : 0), handedOver + owners.Count);
            held = owners.Count == 0 ? held / 2 : (held * 2) + 8;
        }
        Assert.True(dropped > 0 && handedOver > 0, $"{dropped} dropped and {handedOver} handed over: there was no race.");
        Assert.True((await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation)).IsEqual);
    }

    [Fact]
    public async Task Whoever_is_just_coming_in_when_the_owner_goes_is_waited_for_and_has_the_workspace()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        var (bea, _) = await house.MoveInAsync("bea@example.com");
        var team = await MakeAsync(house, ana, "Team");
        Task<DateTime?> deleting;
        await using (var connection = await house.Database.OpenAsync(Cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            Assert.True(await JoinAsync(house, connection, team, bea, WorkspaceRole.Viewer));
            deleting = house.Core.AccountDeletions.DeleteAsync(Email, atOnce: true, Cancellation);
            while (!deleting.IsCompleted && await house.CountAsync("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0)
            {
                await Task.Yield();
            }
            Assert.False(deleting.IsCompleted, "Nobody waited for whoever was coming in.");
            await transaction.CommitAsync(Cancellation);
        }
        Assert.NotNull(await deleting);
        Assert.Equal([bea.UserId], await house.ColumnAsync<Guid>("SELECT owner_id FROM workspaces WHERE workspace_id = $1", team));
        Assert.True((await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation)).IsEqual);
    }

    [Fact]
    public async Task No_table_is_forgotten()
    {
        await using var house = await House.BuildAsync(postgres);
        Assert.Equal(
            // What administrators have done names ids alone, and is kept.
            [.. WorkspaceDrops.Tables.Select(table => table.Table).Concat(["events", "workspaces", "dropped_workspaces", "accounts", "sessions", "admin_acts"]).Order(StringComparer.Ordinal)],
            await TablesWithAsync("workspace_id"));
        // API keys go with their sessions; idempotency keys and members with their workspaces.
        Assert.Equal(
            [.. AccountDeletions.Belongings.Concat(["accounts", "api_keys", "idempotency_keys", "members", "admin_acts"]).Order(StringComparer.Ordinal)],
            await TablesWithAsync("user_id"));

        async Task<IReadOnlyList<string>> TablesWithAsync(string column) => [.. (await house.ColumnAsync<string>(
            $"SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' AND column_name = '{column}' AND $1 IS NOT NULL", Guid.Empty)).Order(StringComparer.Ordinal)];
    }

    private static async Task<Guid> MakeAsync(House house, Caller caller, string name) =>
        House.Ok(await house.Core.WorkspaceWriter.CreateAsync(caller, new WorkspaceEdit { Name = name }, null, Cancellation)).Value.Workspace.Id;

    /// <summary>Has somebody be a member, if the workspace is there and is not being dropped, as every change of members is made: under its lock.</summary>
    private static async Task<bool> JoinAsync(House house, Guid workspaceId, Caller who, WorkspaceRole role)
    {
        await using var connection = await house.Database.OpenAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        if (!await JoinAsync(house, connection, workspaceId, who, role))
        {
            return false;
        }
        await transaction.CommitAsync(Cancellation);
        return true;
    }

    private static async Task<bool> JoinAsync(House house, NpgsqlConnection connection, Guid workspaceId, Caller who, WorkspaceRole role)
    {
        if (!await connection.FindsAsync("SELECT 1 FROM workspaces WHERE workspace_id = $1 FOR UPDATE", parameters => parameters.AddWithValue(workspaceId))
            || await connection.FindsAsync("SELECT 1 FROM dropped_workspaces WHERE workspace_id = $1", parameters => parameters.AddWithValue(workspaceId)))
        {
            return false;
        }
        await using var batch = new WorkspaceBatch(house.Database, connection, workspaceId);
        batch.AdvanceForTheSystem(events: 1, default, house.Time.NowUtc());
        MemberTable.AddChange(batch, workspaceId, who.UserId, version: 1, new MemberEvent.Added(role), following: 0, who.UserId, requestId: null);
        await batch.Statements.ExecuteNonQueryAsync(Cancellation);
        return true;
    }

    private static Task<Result<Answered<DateTime>>> AskAsync(House house, Caller caller, string password = House.Password, string? code = null, IdempotencyKey? key = null) =>
        house.Core.AccountDeletions.AskAsync(caller, password, code, null, Precondition.None, Somewhere, key, Cancellation);

    private static Task<Result<Answered<bool>>> UndoAsync(House house, string password = House.Password, string? code = null) =>
        house.Core.AccountDeletions.UndoAsync(Email, password, code, null, Somewhere, null, Cancellation);

    private static Task<Result<Answered<Tokens>>> LogInAsync(House house) => house.Core.Sessions.LoginAsync(Email, House.Password, Somewhere, null, Cancellation);

    private static Task<Result<Answered<Account>>> RegisterAsync(House house) =>
        house.Core.Accounts.RegisterAsync(new AccountEdit { Email = Email, Name = "Ana", Password = House.Password }, Somewhere, null, Cancellation);

    private static async Task<string> TokenAsync(House house) =>
        house.Core.OneTimeSecrets.TokenOf(SecretPurpose.AccountRestoration, (await LetterAsync(house, MailKind.AccountDeletionAsked)).Id);

    /// <summary>The newest letter of the kind.</summary>
    private static async Task<Letter> LetterAsync(House house, MailKind kind) => new(
        (await house.ColumnAsync<Guid>($"SELECT mail_id FROM mails WHERE kind = {(short)kind} AND $1 IS NOT NULL ORDER BY mail_id DESC LIMIT 1", Guid.Empty)).Single(),
        kind, Email, Language.Spanish, null, null);

    /// <summary>Some minutes later nothing is under way any more.</summary>
    private static async Task SweepAsync(House house)
    {
        house.Time.Forward(TimeSpan.FromMinutes(Limits.DroppedSweepMinutes + 1));
        await RunJobsAsync(house);
    }

    private static async Task RunJobsAsync(House house) =>
        await new JobRunner(house.Database, house.Core.CleanUp.Jobs, house.Time, (_, _, exception) => Assert.Null(exception)).RunDueAsync(Cancellation);
}
