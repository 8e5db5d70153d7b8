using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Mail;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Service accounts as the store knows them, whatever happens at the same time.</summary>
public sealed class ServiceAccountTests(PostgresFixture postgres)
{
    private static readonly ServiceAccountEdit Builder = new() { Name = "Build server", Role = WorkspaceRole.Editor, CurrentPassword = House.Password };

    private static readonly NewApiKey Key = new() { Name = "Key", Scopes = KeyScopes.ReadTasks | KeyScopes.WriteTasks, CurrentPassword = House.Password };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<Guid> MakeAsync(House house, Caller owner, ServiceAccountEdit? edit = null) =>
        House.Ok(await house.Core.ServiceAccounts.CreateAsync(owner, edit ?? Builder, Visitor.Operator, null, Cancellation)).Value.Account.Id;

    private static async Task<(Caller Caller, Guid KeyId)> WithKeyAsync(House house, Caller owner, Guid accountId)
    {
        var made = House.Ok(await house.Core.ServiceAccountKeys.CreateAsync(owner, accountId, Key, Visitor.Operator, null, Cancellation)).Value;
        return (House.Ok(await house.Core.ApiKeys.RecogniseAsync(made.Text, "req_key", Cancellation)), made.Key.Id);
    }

    private static async Task<Error?> WriteAsync(House house, Caller caller, string title = "t") =>
        (await house.Core.TaskWriter.WriteAsync(caller, TaskOperation.Create(new TaskEdit { Title = title }, House.V1), null, Cancellation)).Error;

    [Fact]
    public async Task A_service_account_works_in_its_workspace_alone_and_is_the_actor_of_what_it_does()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (home, other) = (await house.FoundAsync(ana), await house.FoundAsync(ana, "Other"));
        var id = await MakeAsync(house, home);
        var (program, _) = await WithKeyAsync(house, home, id);

        Assert.Equal((id, home.WorkspaceId, true, (Guid?)home.WorkspaceId), (program.UserId, program.WorkspaceId, program.IsElsewhere, program.CountedWith));
        var task = await house.CreateAsync(program, new TaskEdit { Title = "Made by a program" });
        Assert.Equal([id], await house.ColumnAsync<Guid>("SELECT actor_id FROM events WHERE workspace_id = $1 AND type = 'task.created'", home.WorkspaceId));
        House.Ok(await house.Core.NoteWriter.CreateAsync(program, new TaskRef(task.Id, 0), new NoteEdit { Text = "Said" }, null, Cancellation));
        foreach (var elsewhere in new[] { other.WorkspaceId, ana.WorkspaceId, Guid.NewGuid() })
        {
            Assert.Equal(ErrorCode.NotFound, (await house.Core.TaskList.ListAsync(program with { WorkspaceId = elsewhere }, new TaskListRequest(new TaskFilter(), 20, 1, null, true), Cancellation)).Error?.Code);
            Assert.Equal(ErrorCode.NotFound, (await WriteAsync(house, program with { WorkspaceId = elsewhere }))?.Code);
        }
        Assert.Equal(ErrorCode.Forbidden, (await house.Core.WorkspaceWriter.ChangeAsync(program, new WorkspaceEdit { Name = "Mine" }, Precondition.None, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, (await house.Core.WorkspaceWriter.CreateAsync(program, new WorkspaceEdit { Name = "Mine" }, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.Forbidden, (await house.Core.ServiceAccounts.CreateAsync(program, Builder, Visitor.Operator, null, Cancellation)).Error?.Code);
        Assert.Equal([home.WorkspaceId], House.Ok(await house.Core.Workspaces.ListAsync(program, true, 100, null, false, Cancellation)).Workspaces.Select(view => view.Workspace.Id));

        // Who is in the workspace says so of people: an account without its place would leave keys that nobody could see.
        Assert.Equal(ErrorCode.Forbidden, (await house.Core.MemberWriter.ChangeAsync(home, id, WorkspaceRole.Viewer, Precondition.None, Visitor.Operator, null, Cancellation)).Error?.Code);
        foreach (var caller in new[] { home, program })
        {
            Assert.Equal(ErrorCode.Forbidden, (await house.Core.MemberWriter.RemoveAsync(caller, id, Precondition.None, Visitor.Operator, null, Cancellation)).Error?.Code);
        }

        // A viewer reads, from the next statement on; an archived workspace is read and not written.
        var viewer = House.Ok(await house.Core.ServiceAccounts.ChangeAsync(home, id, new ServiceAccountEdit { Role = WorkspaceRole.Viewer }, Precondition.None, null, Cancellation)).Value;
        Assert.Equal(WorkspaceRole.Viewer, viewer.Account.Role);
        House.Ok(await house.ListAsync(program, new TaskFilter()));
        Assert.Equal(ErrorCode.Forbidden, (await WriteAsync(house, program))?.Code);
        House.Ok(await house.Core.ServiceAccounts.ChangeAsync(home, id, new ServiceAccountEdit { Role = WorkspaceRole.Editor, Name = "Builder" }, Precondition.None, null, Cancellation));
        House.Ok(await house.Core.WorkspaceWriter.ArchiveAsync(home, Precondition.None, null, Cancellation));
        Assert.Equal(ErrorCode.WorkspaceArchived, (await WriteAsync(house, program))?.Code);
        Assert.Equal(ErrorCode.WorkspaceArchived, (await house.Core.ServiceAccounts.CreateAsync(home, Builder, Visitor.Operator, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.WorkspaceArchived, (await house.Core.ServiceAccountKeys.CreateAsync(home, id, Key, Visitor.Operator, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.WorkspaceIsPersonal, (await house.Core.ServiceAccounts.CreateAsync(ana, Builder, Visitor.Operator, null, Cancellation)).Error?.Code);

        House.Ok(await house.Core.ServiceAccounts.RemoveAsync(home, id, Precondition.None, Visitor.Operator, null, Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await house.ListAsync(program, new TaskFilter())).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.ServiceAccounts.GetAsync(home, id, Cancellation)).Error?.Code);
        Assert.Empty(House.Ok(await house.Core.ServiceAccounts.ListAsync(home, Cancellation)));
        Assert.Equal("Builder", Assert.Single(House.Ok(await house.Core.Notes.ListAsync(home, new TaskRef(task.Id, 0), 1, 20, Cancellation)).Notes).Author.Name);
        await house.AssertConsistentAsync(home);
        Assert.True((await new Rebuild(house.Database).RunAsync(write: false, _ => { }, Cancellation)).IsEqual);
    }

    [Fact]
    public async Task Nothing_that_begins_with_an_email_finds_a_service_account()
    {
        await using var house = await House.BuildAsync(postgres);
        var home = await house.FoundAsync((await house.MoveInAsync("ana@example.com")).Caller);
        var id = await MakeAsync(house, home);
        foreach (var email in new[] { "", AccountEdit.KeyOfService(id), AccountEdit.KeyOfService(id).ToLowerInvariant(), "Build server" })
        {
            foreach (var password in new[] { "", House.Password, "plain:" })
            {
                Assert.Equal(ErrorCode.WrongCredentials, (await house.Core.Sessions.LoginAsync(email, password, Visitor.Operator, null, Cancellation)).Error?.Code);
            }
            Assert.Equal(ErrorCode.Invalid, (await house.Core.PasswordResets.AskAsync(email, Visitor.Operator, Cancellation))?.Code);
            Assert.Equal(ErrorCode.Invalid, (await house.Core.EmailChanges.AskForVerificationAsync(email, Visitor.Operator, Cancellation))?.Code);
            Assert.Equal(ErrorCode.Invalid, (await house.Core.Logins.BeginWithCodeAsync(email, Visitor.Operator, Cancellation)).Error?.Code);
            Assert.Equal(
                ErrorCode.Invalid,
                (await house.Core.Accounts.RegisterAsync(new AccountEdit { Email = email, Name = "x", Password = House.Password }, Visitor.Operator, null, Cancellation)).Error?.Code);
            Assert.False(await house.Core.Accounts.PromoteAsync(email, Cancellation));
            Assert.False(await house.Core.Accounts.PutOnPlanAsync(email, Plan.Premium, Cancellation));
        }
        // Nor is a letter ever written to one, whoever comes to write it.
        await using var connection = await house.Database.OpenAsync(Cancellation);
        await Outbox.AddAsync(connection, new Letter(Ids.New(house.Time.NowUtc()), MailKind.PasswordChanged, "", Language.English, id, null), house.Time.NowUtc(), TimeSpan.FromDays(1));
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM mails WHERE recipient = ''"));
        // What no statement of ours does, the database refuses.
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => house.ExecuteAsync($"UPDATE accounts SET is_admin = true WHERE user_id = '{id}'"));
    }

    [Fact]
    public async Task A_service_account_stays_when_the_workspace_is_handed_on_and_its_keys_are_the_new_owners_to_revoke()
    {
        await using var house = await House.BuildAsync(postgres);
        var ana = await house.FoundAsync((await house.MoveInAsync("ana@example.com")).Caller);
        var eva = await house.MakeMemberAsync(ana, (await house.MoveInAsync("eva@example.com")).Caller, new MemberEvent.Added(WorkspaceRole.Editor));
        var id = await MakeAsync(house, ana);
        var (program, keyId) = await WithKeyAsync(house, ana, id);
        // Whoever is in it sees the account, and nobody but the owner its keys.
        Assert.Equal(id, House.Ok(await house.Core.ServiceAccounts.GetAsync(eva, id, Cancellation)).Account.Id);
        Assert.Equal(ErrorCode.Forbidden, (await house.Core.ServiceAccountKeys.ListAsync(eva, id, Cancellation)).Error?.Code);

        await house.MakeMemberAsync(ana, eva, new MemberEvent.Updated(WorkspaceRole.Owner, WorkspaceRole.Editor));
        await house.MakeMemberAsync(eva, ana, new MemberEvent.Updated(WorkspaceRole.Editor, WorkspaceRole.Owner));
        foreach (var error in new[]
        {
            (await house.Core.ServiceAccountKeys.CreateAsync(ana, id, Key, Visitor.Operator, null, Cancellation)).Error,
            (await house.Core.ServiceAccountKeys.GetAsync(ana, id, keyId, Cancellation)).Error,
            (await house.Core.ServiceAccountKeys.RevokeAsync(ana, id, keyId, Visitor.Operator, null, Cancellation)).Error,
            (await house.Core.ServiceAccounts.ChangeAsync(ana, id, new ServiceAccountEdit { Name = "x" }, Precondition.None, null, Cancellation)).Error,
            (await house.Core.ServiceAccounts.RemoveAsync(ana, id, Precondition.None, Visitor.Operator, null, Cancellation)).Error,
        })
        {
            Assert.Equal(ErrorCode.Forbidden, error?.Code);
        }
        Assert.Null(await WriteAsync(house, program));
        Assert.Equal(keyId, Assert.Single(House.Ok(await house.Core.ServiceAccountKeys.ListAsync(eva, id, Cancellation))).Id);
        House.Ok(await house.Core.ServiceAccountKeys.RevokeAsync(eva, id, keyId, Visitor.Operator, null, Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await WriteAsync(house, program))?.Code);
        // Nothing of it is in reach from another workspace, be it one's own.
        var other = await house.FoundAsync(eva, "Other");
        Assert.Equal(ErrorCode.NotFound, (await house.Core.ServiceAccountKeys.ListAsync(other, id, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.ServiceAccounts.RemoveAsync(other, id, Precondition.None, Visitor.Operator, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.ServiceAccountKeys.CreateAsync(other, id, Key, Visitor.Operator, null, Cancellation)).Error?.Code);
        // Nor is a person in the way of a program.
        Assert.Equal(ErrorCode.NotFound, (await house.Core.ServiceAccounts.RemoveAsync(eva, ana.UserId, Precondition.None, Visitor.Operator, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.ServiceAccountKeys.CreateAsync(eva, ana.UserId, Key, Visitor.Operator, null, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Of_many_at_once_no_more_are_made_than_there_may_be()
    {
        await using var house = await House.BuildAsync(postgres);
        var home = await house.FoundAsync((await house.MoveInAsync("ana@example.com")).Caller);
        for (var index = 0; index < Limits.ServiceAccountsOfAWorkspace - 1; index++)
        {
            await MakeAsync(house, home);
        }
        var made = await House.AtOnceAsync(20, _ => house.Core.ServiceAccounts.CreateAsync(home, Builder, Visitor.Operator, null, Cancellation));
        Assert.Single(made, result => result.IsOk);
        Assert.All(made.Where(result => !result.IsOk), result => Assert.Equal(FieldFault.TooMany, Assert.Single(result.Error!.Fields).Fault));
        Assert.Equal(Limits.ServiceAccountsOfAWorkspace, House.Ok(await house.Core.ServiceAccounts.ListAsync(home, Cancellation)).Count);

        var id = House.Ok(made.First(result => result.IsOk)).Value.Account.Id;
        var keys = await House.AtOnceAsync(20, _ => house.Core.ServiceAccountKeys.CreateAsync(home, id, Key, Visitor.Operator, null, Cancellation));
        Assert.Equal(Limits.ApiKeysOfAServiceAccount, keys.Count(result => result.IsOk));
        Assert.Equal(Limits.ApiKeysOfAServiceAccount, House.Ok(await house.Core.ServiceAccountKeys.ListAsync(home, id, Cancellation)).Count);
        await house.AssertConsistentAsync(home);
    }

    [Fact]
    public async Task A_removal_leaves_no_key_behind_and_nothing_is_written_behind_it()
    {
        await using var house = await House.BuildAsync(postgres);
        var home = await house.FoundAsync((await house.MoveInAsync("ana@example.com")).Caller);
        for (var round = 0; round < 12; round++)
        {
            var id = await MakeAsync(house, home);
            var (program, _) = await WithKeyAsync(house, home, id);
            var results = await House.AtOnceAsync(12, async index => index switch
            {
                5 => (await house.Core.ServiceAccounts.RemoveAsync(home, id, Precondition.None, Visitor.Operator, null, Cancellation)).Error,
                _ when index % 3 == 0 => await WriteAsync(house, program, $"{index}"),
                _ => (await house.Core.ServiceAccountKeys.CreateAsync(home, id, Key, Visitor.Operator, null, Cancellation)).Error,
            });
            Assert.Null(results[5]);
            Assert.Equal(0, await house.CountAsync($"SELECT count(*) FROM sessions WHERE user_id = '{id}' AND ended_at IS NULL"));
            Assert.Equal(0, await house.CountAsync(
                $"SELECT count(*) FROM events e WHERE e.actor_id = '{id}' AND e.revision > (SELECT max(revision) FROM events r WHERE r.workspace_id = e.workspace_id AND r.stream_id = '{id}')"));
        }
        await house.AssertConsistentAsync(home);
    }

    [Fact]
    public async Task A_repeat_is_answered_as_the_first_was()
    {
        await using var house = await House.BuildAsync(postgres);
        var home = await house.FoundAsync((await house.MoveInAsync("ana@example.com")).Caller);
        var made = await House.AtOnceAsync(6, _ => house.Core.ServiceAccounts.CreateAsync(home, Builder, Visitor.Operator, House.Key("one"), Cancellation));
        var first = Assert.Single(made.Select(result => House.Ok(result).Value).Distinct());
        Assert.Equal(5, made.Count(result => result.Value!.IsReplay));
        House.Ok(await house.Core.ServiceAccounts.ChangeAsync(home, first.Account.Id, new ServiceAccountEdit { Name = "Builder" }, new Precondition([first.Tag], 1), House.Key("two", "change"), Cancellation));
        Assert.Equal(ErrorCode.PreconditionFailed, (await house.Core.ServiceAccounts.ChangeAsync(home, first.Account.Id, new ServiceAccountEdit { Name = "x" }, new Precondition(null, 1), null, Cancellation)).Error?.Code);
        var again = House.Ok(await house.Core.ServiceAccounts.ChangeAsync(home, first.Account.Id, new ServiceAccountEdit { Name = "Builder" }, new Precondition([first.Tag], 1), House.Key("two", "change"), Cancellation));
        Assert.Equal((true, "Builder", 2), (again.IsReplay, again.Value.Account.Name, again.Value.Account.Version));
        Assert.Equal(first, House.Ok(await house.Core.ServiceAccounts.CreateAsync(home, Builder, Visitor.Operator, House.Key("one"), Cancellation)).Value);
        Assert.Equal(again.Value, House.Ok(await house.Core.ServiceAccounts.GetAsync(home, first.Account.Id, Cancellation)));

        var keys = await House.AtOnceAsync(6, _ => house.Core.ServiceAccountKeys.CreateAsync(home, first.Account.Id, Key, Visitor.Operator, House.Key("three", "key"), Cancellation));
        Assert.Single(keys.Select(result => House.Ok(result).Value.Text).Distinct());
        House.Ok(await house.Core.ServiceAccounts.RemoveAsync(home, first.Account.Id, Precondition.None, Visitor.Operator, House.Key("four", "removal"), Cancellation));
        Assert.True(House.Ok(await house.Core.ServiceAccounts.RemoveAsync(home, first.Account.Id, Precondition.None, Visitor.Operator, House.Key("four", "removal"), Cancellation)).IsReplay);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.ServiceAccounts.RemoveAsync(home, first.Account.Id, Precondition.None, Visitor.Operator, null, Cancellation)).Error?.Code);
    }
}
