using System.Net;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;
using Quehacer.Core.Jobs;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Administrators, whatever they and others do at once.</summary>
public sealed class AdministrationTests(PostgresFixture postgres)
{
    private static readonly Visitor Desk = new(IPAddress.Parse("192.0.2.9"), "desk", Language.English, "req_desk");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<Caller> MoveInAdministratorAsync(House house, string email)
    {
        var (caller, _) = await house.MoveInAsync(email);
        Assert.True(await house.Core.Accounts.PromoteAsync(email, Cancellation));
        return caller;
    }

    private static Task<Result<Answered<UserView>>> SuspendAsync(House house, Caller caller, Guid userId, string? reason = null) =>
        house.Core.UserAdministration.SuspendAsync(caller, userId, reason, [], Desk, null, Cancellation);

    private static Task<Result<Answered<UserView>>> DemoteAsync(House house, Caller caller, Guid userId) =>
        house.Core.UserAdministration.ChangeAsync(caller, userId, new UserChange { IsAdmin = false }, Precondition.None, Desk, null, Cancellation);

    private static async Task<IReadOnlyList<RecordedAct>> TrailAsync(House house, Caller caller, AuditFilter? filter = null) =>
        House.Ok(await house.Core.AuditTrail.ListAsync(caller, filter ?? new AuditFilter(null, null, null, null, null), Limits.PageActs, null, withTotal: false, Cancellation)).Acts;

    [Fact]
    public async Task Of_administrators_who_demote_each_other_at_once_one_is_left()
    {
        await using var house = await House.BuildAsync(postgres);
        for (var round = 0; round < 8; round++)
        {
            await house.ExecuteAsync("UPDATE accounts SET is_admin = false");
            var admins = new List<Caller>();
            for (var i = 0; i < 3; i++)
            {
                admins.Add(await MoveInAdministratorAsync(house, $"admin{round}.{i}@example.com"));
            }

            // In a circle, and two of them each other.
            var results = await House.AtOnceAsync(6, index => index < 3
                ? DemoteAsync(house, admins[index], admins[(index + 1) % 3].UserId)
                : SuspendAsync(house, admins[index - 3], admins[(index - 1) % 3].UserId));

            Assert.True(await house.CountAsync("SELECT count(*) FROM accounts WHERE is_admin AND suspended_at IS NULL") >= 1);
            Assert.Contains(results, result => result.IsOk);
            Assert.All(results, result => Assert.True(result.IsOk || result.Error.Code is ErrorCode.NotAdministrator or ErrorCode.SessionEnded, $"{result.Error?.Code}"));
        }
    }

    [Fact]
    public async Task Who_is_suspended_is_not_deleted_for_nobody_could_undo_it()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        House.Ok(await house.Core.AccountDeletions.AskAsync(ana, House.Password, null, null, Precondition.None, Desk, null, Cancellation));
        House.Ok(await SuspendAsync(house, admin, ana.UserId));

        house.Time.Forward(TimeSpan.FromDays(100));
        await new JobRunner(house.Database, house.Core.CleanUp.Jobs, house.Time, (_, _, exception) => Assert.Null(exception)).RunDueAsync(Cancellation);

        Assert.Equal(OperatorOutcome.Done, await house.Core.UserAdministration.UnsuspendAsync("ana@example.com", Cancellation));
        House.Ok(await house.Core.Sessions.LoginAsync("ana@example.com", House.Password, Desk, null, Cancellation));
    }

    [Fact]
    public async Task Programs_of_a_workspace_wait_while_its_owner_is_suspended()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        var ana = await house.FoundAsync((await house.MoveInAsync("ana@example.com")).Caller);
        var program = House.Ok(await house.Core.ServiceAccounts.CreateAsync(
            ana, new ServiceAccountEdit { Name = "Build server", Role = WorkspaceRole.Editor, CurrentPassword = House.Password }, Desk, null, Cancellation)).Value.Account.Id;
        var key = House.Ok(await house.Core.ServiceAccountKeys.CreateAsync(
            ana, program, new NewApiKey { Name = "Key", Scopes = KeyScopes.ReadTasks, CurrentPassword = House.Password }, Desk, null, Cancellation)).Value.Text;
        House.Ok(await house.Core.ApiKeys.RecogniseAsync(key, "req_key", Cancellation));

        House.Ok(await SuspendAsync(house, admin, ana.UserId));
        house.Time.Forward(TimeSpan.FromSeconds(61));
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.ApiKeys.RecogniseAsync(key, "req_key", Cancellation)).Error?.Code);

        Assert.Equal(OperatorOutcome.Done, await house.Core.UserAdministration.UnsuspendAsync("ana@example.com", Cancellation));
        House.Ok(await house.Core.ApiKeys.RecogniseAsync(key, "req_key", Cancellation));
    }

    [Fact]
    public async Task The_operator_and_an_administrator_at_once_leave_an_administrator()
    {
        await using var house = await House.BuildAsync(postgres);
        for (var round = 0; round < 10; round++)
        {
            await house.ExecuteAsync("UPDATE accounts SET is_admin = false");
            var ana = await MoveInAdministratorAsync(house, $"ana{round}@example.com");
            var eva = await MoveInAdministratorAsync(house, $"eva{round}@example.com");

            await House.AtOnceAsync(3, async index => index switch
            {
                0 => (await DemoteAsync(house, ana, eva.UserId)).IsOk,
                1 => await house.Core.UserAdministration.SuspendAsync($"ana{round}@example.com", null, Cancellation) == OperatorOutcome.Done,
                _ => await house.Core.UserAdministration.SuspendAsync($"eva{round}@example.com", null, Cancellation) == OperatorOutcome.Done,
            });

            Assert.True(await house.CountAsync("SELECT count(*) FROM accounts WHERE is_admin AND suspended_at IS NULL") >= 1);
        }
        Assert.Equal(OperatorOutcome.NoSuchAccount, await house.Core.UserAdministration.SuspendAsync("nobody@example.com", null, Cancellation));
    }

    [Fact]
    public async Task No_login_and_no_key_outlives_a_suspension_that_came_while_it_was_under_way()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        for (var round = 0; round < 10; round++)
        {
            var email = $"ana{round}@example.com";
            var (ana, tokens) = await house.MoveInAsync(email);

            var results = await House.AtOnceAsync(16, async index => (index % 8) switch
            {
                0 when index == 0 => (await SuspendAsync(house, admin, ana.UserId)).Error,
                1 => (await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Desk, null, Cancellation)).Error,
                2 => (await house.Core.ApiKeys.CreateAsync(
                    ana, new NewApiKey { Name = "Script", Scopes = KeyScopes.ReadTasks, CurrentPassword = House.Password }, Visitor.Operator, null, Cancellation)).Error,
                3 => (await house.Core.PasswordResets.ChangeAsync(ana, House.Password, House.Password + "!", Desk, null, Cancellation)).Error,
                _ => (await house.Core.Sessions.LoginAsync(email, House.Password, Desk, null, Cancellation)).Error,
            });

            Assert.Null(results[0]);
            Assert.Equal(0, await house.CountAsync($"SELECT count(*) FROM sessions WHERE user_id = '{ana.UserId}' AND ended_at IS NULL"));
            Assert.All(results, error => Assert.True(error?.Code is null or ErrorCode.AccountSuspended or ErrorCode.WrongCredentials or ErrorCode.SessionEnded or ErrorCode.RefreshTokenInvalid, $"{error}"));
        }
    }

    [Fact]
    public async Task Nothing_of_a_suspended_account_lets_anybody_in_and_all_of_it_is_there_afterwards()
    {
        const string email = "ana@example.com";
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        var (ana, tokens) = await house.MoveInAsync(email);
        await house.CreateAsync(ana, new TaskEdit { Title = "task" });
        var key = House.Ok(await house.Core.ApiKeys.CreateAsync(
            ana, new NewApiKey { Name = "Script", Scopes = KeyScopes.ReadTasks, CurrentPassword = House.Password }, Visitor.Operator, null, Cancellation)).Value;
        // A reset and a login by code that were asked for before.
        var letter = new Mail.Letter(Ids.New(house.Time.NowUtc()), Mail.MailKind.PasswordReset, email, Language.English, null, null);
        Assert.NotNull(await house.Core.PasswordResets.PrepareAsync(letter, Cancellation));
        var reset = house.Core.OneTimeSecrets.TokenOf(SecretPurpose.PasswordReset, letter.Id);
        var code = House.Ok(await house.Core.Logins.BeginWithCodeAsync(email, Desk, Cancellation));

        var view = House.Ok(await SuspendAsync(house, admin, ana.UserId, "Spam.")).Value;

        Assert.NotNull(view.Account.SuspendedAt);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.Tasks.GetAsync(ana, new TaskRef(default, 1), Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.ApiKeys.RecogniseAsync(key.Text, "req_key", Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.RefreshTokenInvalid, (await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Desk, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.AccountSuspended, (await house.Core.Sessions.LoginAsync(email, House.Password, Desk, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.AccountSuspended, (await house.Core.Logins.BeginAsync(email, House.Password, Desk, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.WrongCredentials, (await house.Core.Sessions.LoginAsync(email, "another", Desk, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.PasswordResets.ConfirmAsync(reset, "another one to remember", Desk, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.MfaTokenInvalid, (await house.Core.Logins.FinishAsync(code.MfaToken, house.Core.OneTimeSecrets.CodeOf(SecretPurpose.CodeLogin, IdOf(code.MfaToken)), Desk, null, Cancellation)).Error?.Code);
        // What is asked for now is answered as ever, and is nobody's.
        Assert.Null(await house.Core.PasswordResets.PrepareAsync(letter with { Id = Ids.New(house.Time.NowUtc()) }, Cancellation));
        var late = House.Ok(await house.Core.Logins.BeginWithCodeAsync(email, Desk, Cancellation));
        Assert.Equal(ErrorCode.CodeWrong, (await house.Core.Logins.FinishAsync(late.MfaToken, house.Core.OneTimeSecrets.CodeOf(SecretPurpose.CodeLogin, IdOf(late.MfaToken)), Desk, null, Cancellation)).Error?.Code);
        Assert.Contains(house.Incidents, incident => incident == (SecurityEvent.LoginSuspended, ana.UserId));

        // Again changes nothing, and is no act.
        Assert.Equal(view.Account.Version, House.Ok(await SuspendAsync(house, admin, ana.UserId)).Value.Account.Version);
        House.Ok(await house.Core.UserAdministration.UnsuspendAsync(admin, ana.UserId, [], Desk, null, Cancellation));
        var (back, _) = await house.LogInAsync(email);
        Assert.Equal("task", House.Ok(await house.Core.Tasks.GetAsync(back, new TaskRef(default, 1), Cancellation)).Task.Title);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.ApiKeys.RecogniseAsync(key.Text, "req_key", Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.PasswordResets.ConfirmAsync(reset, "another one to remember", Desk, null, Cancellation)).Error?.Code);

        var acts = await TrailAsync(house, admin, new AuditFilter(admin.UserId, ana.UserId, null, null, null));
        Assert.Equal(["user.unsuspended", "user.suspended"], acts.Select(act => act.Act));
        Assert.Equal((new AdminActDetail { Reason = "Spam." }, "192.0.2.9", "req_desk"), (acts[1].Detail, acts[1].Address, acts[1].RequestId));
        Assert.Equal(2, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind IN (20, 21) AND recipient = '{email}'"));
        Assert.Equal(
            ["account.suspended", "account.unsuspended"],
            await house.ColumnAsync<string>("SELECT type FROM account_events WHERE user_id = (SELECT owner_id FROM workspaces WHERE workspace_id = $1) AND type LIKE '%suspended' ORDER BY version", ana.WorkspaceId));

        static Guid IdOf(string token) => OneTimeSecrets.TryRead(token, out var id) ? id : default;
    }

    [Fact]
    public async Task Nobody_does_to_themselves_what_they_may_do_to_others_and_a_right_is_lost_at_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        var other = await MoveInAdministratorAsync(house, "other@example.com");
        Assert.Equal(ErrorCode.NotOnOneself, (await SuspendAsync(house, admin, admin.UserId)).Error?.Code);
        Assert.Equal(ErrorCode.NotOnOneself, (await DemoteAsync(house, admin, admin.UserId)).Error?.Code);
        Assert.Equal(ErrorCode.NotOnOneself, (await house.Core.UserAdministration.ResetFactorsAsync(admin, admin.UserId, [], Desk, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await SuspendAsync(house, admin, Guid.NewGuid())).Error?.Code);
        Assert.Equal(OperatorOutcome.Done, await house.Core.UserAdministration.SuspendAsync("other@example.com", "Gone.", Cancellation));
        Assert.Equal(OperatorOutcome.AlreadySo, await house.Core.UserAdministration.SuspendAsync("other@example.com", null, Cancellation));
        Assert.Equal(OperatorOutcome.LastAdministrator, await house.Core.UserAdministration.SuspendAsync("ADMIN@example.com", null, Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await TryAllAsync(other))[0]);
        Assert.Equal(OperatorOutcome.Done, await house.Core.UserAdministration.UnsuspendAsync("other@example.com", Cancellation));
        Assert.Equal(OperatorOutcome.AlreadySo, await house.Core.UserAdministration.UnsuspendAsync("other@example.com", Cancellation));

        (other, _) = await house.LogInAsync("other@example.com");
        Assert.All(await TryAllAsync(other), Assert.Null);
        // What is good for one workspace alone is good for nothing here.
        await house.ExecuteAsync($"UPDATE sessions SET workspace_id = '{other.WorkspaceId}' WHERE session_id = '{other.SessionId}'");
        Assert.All(await TryAllAsync(other), code => Assert.Equal(ErrorCode.NotAdministrator, code));
        await house.ExecuteAsync($"UPDATE sessions SET workspace_id = NULL WHERE session_id = '{other.SessionId}'");
        House.Ok(await DemoteAsync(house, admin, other.UserId));
        Assert.All(await TryAllAsync(other), code => Assert.Equal(ErrorCode.NotAdministrator, code));
        Assert.Equal(
            [(null, "user.created"), (null, "user.role_changed"), (null, "user.suspended"), (null, "user.unsuspended"), (admin.UserId, "user.role_changed")],
            (await TrailAsync(house, admin, new AuditFilter(null, other.UserId, null, null, null))).Where(act => act.ActorId != other.UserId).Select(act => (act.ActorId, act.Act)).Reverse());

        async Task<List<ErrorCode?>> TryAllAsync(Caller caller) =>
        [
            (await house.Core.Users.GetAsync(caller, admin.UserId, Cancellation)).Error?.Code,
            (await house.Core.Users.ListAsync(caller, new UserFilter([], null, null, null, UserSort.Created, false), 20, null, true, Cancellation)).Error?.Code,
            (await house.Core.AuditTrail.ListAsync(caller, new AuditFilter(null, null, null, null, null), 20, null, false, Cancellation)).Error?.Code,
            (await house.Core.UserTasks.ListAsync(caller, admin.UserId, null, new TaskListRequest(new TaskFilter(), 20, 1, null, true), Desk, Cancellation)).Error?.Code,
            (await house.Core.UserAdministration.SignOutAsync(caller, caller == other ? (await house.MoveInAsync($"{Guid.NewGuid():N}@example.com")).Caller.UserId : caller.UserId, [], Desk, null, Cancellation)).Error?.Code,
        ];
    }

    /// <summary>The right to look is in the statement that reads: whoever loses it between finding the workspace and reading it reads nothing.</summary>
    [Fact]
    public async Task An_administrator_looks_into_what_an_account_owns_and_nothing_else_and_each_look_is_recorded()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");
        var task = await house.CreateAsync(ana, new TaskEdit { Title = "Ana's", Tags = new[] { "home" } });
        await house.CreateAsync(eva, new TaskEdit { Title = "Eva's" });
        var shared = House.Ok(await house.Core.WorkspaceWriter.CreateAsync(ana, new Workspaces.WorkspaceEdit { Name = "Shared" }, null, Cancellation)).Value.Workspace.Id;
        await house.CreateAsync(ana with { WorkspaceId = shared }, new TaskEdit { Title = "Shared" });
        var request = new TaskListRequest(new TaskFilter(), 20, 1, null, WithTotal: true);

        Assert.Equal("Ana's", Assert.Single(House.Ok(await house.Core.UserTasks.ListAsync(admin, ana.UserId, null, request, Desk, Cancellation)).Tasks).Task.Title);
        Assert.Equal(["home"], House.Ok(await house.Core.UserTasks.GetAsync(admin, ana.UserId, null, new TaskRef(task.Id, 0), Desk, Cancellation)).Tags);
        Assert.Equal("Shared", House.Ok(await house.Core.UserTasks.GetAsync(admin, ana.UserId, shared, new TaskRef(default, 1), Desk, Cancellation)).Task.Title);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.UserTasks.ListAsync(admin, ana.UserId, eva.WorkspaceId, request, Desk, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.UserTasks.GetAsync(admin, eva.UserId, null, new TaskRef(task.Id, 0), Desk, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.UserTasks.ListAsync(admin, Guid.NewGuid(), null, request, Desk, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotAdministrator, (await house.Core.UserTasks.ListAsync(eva, ana.UserId, null, request, Desk, Cancellation)).Error?.Code);
        // Nothing is written by it, and nothing is read by whoever has lost the right just now.
        var looking = admin with { WorkspaceId = ana.WorkspaceId, LooksInto = ana.UserId };
        Assert.Equal(ErrorCode.NotFound, (await house.Core.TaskWriter.WriteAsync(looking, TaskOperation.Complete(new TaskRef(task.Id, 0), Precondition.None), null, Cancellation)).Error?.Code);
        House.Ok(await house.Core.Tasks.GetAsync(looking, new TaskRef(task.Id, 0), Cancellation));
        foreach (var not in new[] { looking with { LooksInto = eva.UserId }, looking with { WorkspaceId = eva.WorkspaceId }, looking with { SessionId = eva.SessionId } })
        {
            var code = not.SessionId == eva.SessionId ? ErrorCode.NotAdministrator : ErrorCode.NotFound;
            Assert.Equal(code, (await house.Core.Tasks.GetAsync(not, new TaskRef(task.Id, 0), Cancellation)).Error?.Code);
            Assert.Equal(code, (await house.Core.TaskList.ListAsync(not, request, Cancellation)).Error?.Code);
        }

        var acts = await TrailAsync(house, admin, new AuditFilter(admin.UserId, null, null, null, null));
        Assert.Equal(
            [("user.task_read", shared), ("user.task_read", ana.WorkspaceId), ("user.tasks_listed", ana.WorkspaceId)], acts.Select(act => (act.Act, act.WorkspaceId!.Value)));
        Assert.Equal(task.Id, acts[1].Detail?.TaskId);
        Assert.Equal(3, House.Ok(await house.Core.Users.GetAsync(admin, ana.UserId, Cancellation)).WorkspacesOwned + House.Ok(await house.Core.Users.GetAsync(admin, eva.UserId, Cancellation)).WorkspacesOwned);
    }

    [Fact]
    public async Task Accounts_are_found_by_the_words_of_their_name_and_email_as_these_are_now()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.org");
        var (jose, _) = await house.MoveInAsync("jperez@example.com");
        House.Ok(await house.Core.Accounts.ChangeAsync(jose, new AccountEdit { Name = "José Pérez" }, Precondition.None, null, Cancellation));
        foreach (var (search, isFound) in new[] { ("jose", true), ("PÉR", true), ("perez jose", true), ("jperez@example", true), ("@", true), ("erez", false), ("somebody", false), ("jose nobody", false) })
        {
            Assert.True(isFound == (await FindAsync(search)).Contains(jose.UserId), search);
        }
        // Whatever was changed first, the words are those of both.
        for (var round = 0; round < 5; round++)
        {
            var (mail, name) = ($"moved{round}@example.net", $"Renamed{round}");
            House.Ok(await house.Core.EmailChanges.AskAsync(jose, House.Password, mail, Visitor.Operator, null, Cancellation));
            var secret = (await house.ColumnAsync<Guid>("SELECT o.secret_id FROM one_time_secrets o JOIN workspaces w ON w.owner_id = o.user_id WHERE w.workspace_id = $1 AND o.used_at IS NULL AND purpose = 2", jose.WorkspaceId))[0];
            var done = await House.AtOnceAsync(2, async index => index == 0
                ? (await house.Core.EmailChanges.ConfirmAsync(house.Core.OneTimeSecrets.TokenOf(SecretPurpose.EmailChange, secret), Visitor.Operator, null, Cancellation)).IsOk
                : (await house.Core.Accounts.ChangeAsync(jose, new AccountEdit { Name = name }, Precondition.None, null, Cancellation)).IsOk);
            if (!done[1])
            {
                // Who has lost too many races is told to come again.
                House.Ok(await house.Core.Accounts.ChangeAsync(jose, new AccountEdit { Name = name }, Precondition.None, null, Cancellation));
            }
            Assert.Equal([jose.UserId], await FindAsync($"{name} {mail}"));
            Assert.DoesNotContain(jose.UserId, await FindAsync("perez"));
        }

        async Task<List<Guid>> FindAsync(string search) => [.. House.Ok(await house.Core.Users.ListAsync(
            admin, new UserFilter(Search.Parse(search), null, null, null, UserSort.Created, false), 100, null, false, Cancellation)).Users.Select(user => user.Account.Id)];
    }

    [Fact]
    public async Task Every_order_and_filter_of_accounts_is_read_to_its_end_and_back()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "zoe@example.com");
        var people = new List<(Guid Id, string Name, string Email)> { (admin.UserId, "Somebody", "zoe@example.com") };
        foreach (var (name, index) in new[] { "Ana", "ana", "Ángel", "Bo", "Zed", "Zoë" }.Select((name, index) => (name, index)))
        {
            var account = House.Ok(await house.Core.Accounts.RegisterAsync(
                new AccountEdit { Email = $"{(char)('f' - index)}@example.com", Name = name, Password = House.Password }, Visitor.Operator, null, Cancellation)).Value;
            people.Add((account.Id, account.Name, account.Email));
        }
        await house.ExecuteAsync("UPDATE accounts SET plan = 1 WHERE email < 'c'");
        House.Ok(await SuspendAsync(house, admin, people[1].Id));
        foreach (var sort in Enum.GetValues<UserSort>())
        {
            foreach (var reversed in new[] { false, true })
            {
                var expected = (sort switch
                {
                    UserSort.Created => people.OrderByDescending(one => one.Id.ToString("N"), StringComparer.Ordinal),
                    UserSort.Name => people.OrderBy(one => Text.SortKey(one.Name), StringComparer.Ordinal).ThenBy(one => one.Id.ToString("N"), StringComparer.Ordinal),
                    _ => people.OrderBy(one => one.Email, StringComparer.Ordinal),
                }).Select(one => one.Id).ToList();
                if (reversed)
                {
                    expected.Reverse();
                }
                Assert.Equal(expected, await WalkAsync(new UserFilter([], null, null, null, sort, reversed)));
            }
        }
        var usual = new UserFilter([], null, null, null, UserSort.Email, false);
        Assert.Equal(["a@example.com", "b@example.com"], await EmailsAsync(usual with { Plan = Plan.Plus }));
        Assert.Equal(["zoe@example.com"], await EmailsAsync(usual with { IsAdmin = true }));
        Assert.Equal(["f@example.com"], await EmailsAsync(usual with { IsSuspended = true }));
        Assert.Equal(6, (await EmailsAsync(usual with { IsSuspended = false })).Count);
        var page = House.Ok(await house.Core.Users.ListAsync(admin, usual, 2, null, true, Cancellation));
        Assert.Equal((7L, null), (page.Total, page.PreviousCursor));
        Assert.Equal(FieldFault.NotThisCursor, (await house.Core.Users.ListAsync(admin, usual with { IsAdmin = false }, 2, page.NextCursor, false, Cancellation)).Error?.Fields[0].Fault);

        async Task<List<string>> EmailsAsync(UserFilter filter) => [.. House.Ok(await house.Core.Users.ListAsync(admin, filter, 100, null, false, Cancellation)).Users.Select(user => user.Account.Email)];

        async Task<List<Guid>> WalkAsync(UserFilter filter)
        {
            var (there, back, cursor) = (new List<Guid>(), new List<Guid>(), default(string));
            UserPage at;
            do
            {
                at = House.Ok(await house.Core.Users.ListAsync(admin, filter, 2, cursor, false, Cancellation));
                there.AddRange(at.Users.Select(user => user.Account.Id));
                cursor = at.NextCursor;
            }
            while (cursor is not null);
            back.InsertRange(0, at.Users.Select(user => user.Account.Id));
            for (cursor = at.PreviousCursor; cursor is not null; cursor = at.PreviousCursor)
            {
                at = House.Ok(await house.Core.Users.ListAsync(admin, filter, 2, cursor, false, Cancellation));
                back.InsertRange(0, at.Users.Select(user => user.Account.Id));
            }
            Assert.Equal(there, back);
            return there;
        }
    }

    /// <summary>Thirty thousand accounts, of which a page is found without a look at the others.</summary>
    [Fact]
    public async Task A_page_of_very_many_accounts_is_read_from_an_index()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        await house.ExecuteAsync("""
            INSERT INTO accounts (user_id, email, email_key, name, password_hash, workspace_id, version, updated_at, name_key, words)
            SELECT id, i || '@example.com', i || '@example.com', 'n' || i, '', id, 1, now(), 'n' || i, array_to_tsvector(ARRAY['n' || i, i::text, 'example', 'com'])
              FROM (SELECT i, md5(i::text)::uuid AS id FROM generate_series(1, 30000) i) made
            """);
        await house.ExecuteAsync("ANALYZE accounts");
        var all = new UserFilter([], null, null, null, UserSort.Created, false);
        var place = new PlaceCursor(Backwards: false, "n5", Guid.Empty);
        Assert.Contains("accounts_by_words", await PlanAsync(all with { Words = Search.Parse("n1234") }, null));
        Assert.Contains("accounts_by_words", await PlanAsync(all with { Words = Search.Parse("n1234 example"), Sort = UserSort.Name }, place));
        Assert.Contains("accounts_by_name", await PlanAsync(all with { Sort = UserSort.Name }, place));
        Assert.Contains("accounts_email_key_key", await PlanAsync(all with { Sort = UserSort.Email, Reversed = true }, place));
        Assert.Contains("accounts_pkey", await PlanAsync(all, place));
        Assert.Contains("accounts_suspended", await PlanAsync(all with { IsSuspended = true }, null));

        async Task<string> PlanAsync(UserFilter filter, PlaceCursor? at)
        {
            await using var command = house.Core.Users.Command(admin, filter, 20, at, withTotal: false);
            command.CommandText = "EXPLAIN " + command.CommandText;
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            var plan = new List<string>();
            while (await reader.ReadAsync(Cancellation))
            {
                plan.Add(reader.GetString(0));
            }
            return string.Join('\n', plan);
        }
    }

    [Fact]
    public async Task A_repeat_under_its_key_is_told_the_same_and_is_no_second_act()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var answers = await House.AtOnceAsync(6, _ => house.Core.UserAdministration.ChangeAsync(
            admin, ana.UserId, new UserChange { Plan = Plan.Plus, IsAdmin = true }, Precondition.None, Desk, House.Key("one"), Cancellation));
        Assert.Single(answers.Select(House.Ok), answer => !answer.IsReplay);
        Assert.Single(answers.Select(answer => House.Ok(answer).Value.Account.Version).Distinct());
        House.Ok(await DemoteAsync(house, admin, ana.UserId));
        var again = House.Ok(await house.Core.UserAdministration.ChangeAsync(
            admin, ana.UserId, new UserChange { Plan = Plan.Plus, IsAdmin = true }, Precondition.None, Desk, House.Key("one"), Cancellation));
        Assert.Equal((true, true, Plan.Plus, answers[0].Value!.Value.Account.Version), (again.IsReplay, again.Value.Account.IsAdmin, again.Value.Account.Plan, again.Value.Account.Version));
        Assert.Equal(
            ["user.role_changed", "user.role_changed", "user.plan_changed"], (await TrailAsync(house, admin, new AuditFilter(admin.UserId, null, null, null, null))).Select(act => act.Act).OrderDescending());
        Assert.Equal(
            ErrorCode.IdempotencyMismatch,
            (await house.Core.UserAdministration.SignOutAsync(admin, ana.UserId, [], Desk, House.Key("one", "another"), Cancellation)).Error?.Code);

        // One's own sessions, too, and the answer is to be had again.
        Assert.False(House.Ok(await house.Core.UserAdministration.SignOutAsync(admin, admin.UserId, [], Desk, House.Key("out"), Cancellation)).IsReplay);
        Assert.False(await house.Core.Sessions.IsOpenAsync(admin, Cancellation));
        Assert.True(House.Ok(await house.Core.UserAdministration.SignOutAsync(admin, admin.UserId, [], Desk, House.Key("out"), Cancellation)).IsReplay);
    }

    [Fact]
    public async Task A_condition_hangs_on_the_account_and_not_on_when_it_was_seen()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var seen = House.Ok(await house.Core.Users.GetAsync(admin, ana.UserId, Cancellation));
        house.Time.Forward(TimeSpan.FromMinutes(5));
        await house.LogInAsync("ana@example.com");
        var later = House.Ok(await house.Core.Users.GetAsync(admin, ana.UserId, Cancellation));
        Assert.NotEqual(seen.Tag, later.Tag);
        Assert.True(later.LastSeenAt > seen.LastSeenAt);

        var changed = House.Ok(await ChangeAsync(seen.Tag)).Value;
        Assert.Equal(ErrorCode.PreconditionFailed, (await ChangeAsync(seen.Tag)).Error?.Code);
        House.Ok(await ChangeAsync(changed.Tag));

        Task<Result<Answered<UserView>>> ChangeAsync(EntityTag tag) => house.Core.UserAdministration.ChangeAsync(
            admin, ana.UserId, new UserChange { Plan = tag == seen.Tag ? Plan.Plus : Plan.Premium }, new Precondition([tag], null), Desk, null, Cancellation);
    }

    [Fact]
    public async Task The_operators_commands_are_in_the_trail_as_acts_of_nobody()
    {
        await using var house = await House.BuildAsync(postgres);
        var admin = await MoveInAdministratorAsync(house, "admin@example.com");
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        Assert.True(await house.Core.Accounts.PutOnPlanAsync("ana@example.com", Plan.Plus, Cancellation));
        Assert.True(await house.Core.Accounts.PutOnPlanAsync("ana@example.com", Plan.Plus, Cancellation));
        await house.ExecuteAsync($"UPDATE accounts SET email_factor_at = now() WHERE user_id = '{ana.UserId}'");
        Assert.True(await house.Core.SecondFactors.RemoveAllAsync("ana@example.com", Cancellation));

        var acts = await TrailAsync(house, admin, new AuditFilter(null, ana.UserId, null, null, null));

        Assert.Equal([("user.factors_reset", null), ("user.plan_changed", new AdminActDetail { From = "standard", To = "plus" }), ("user.created", null)], acts.Select(act => (act.Act, act.Detail)));
        Assert.All(acts, act => Assert.Equal((null, null, "cli"), (act.ActorId, act.Address, act.RequestId)));
        Assert.Single(await TrailAsync(house, admin, new AuditFilter(null, ana.UserId, "user.created", acts[2].At, acts[2].At.AddMilliseconds(1))));
        Assert.Empty(await TrailAsync(house, admin, new AuditFilter(null, ana.UserId, "user.created", null, acts[2].At)));
    }
}
