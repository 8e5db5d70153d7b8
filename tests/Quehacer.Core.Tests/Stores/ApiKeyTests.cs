using System.Buffers.Text;
using System.Security.Cryptography;
using Quehacer.Core.Accounts;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>API keys as the store knows them, whatever happens around.</summary>
public sealed class ApiKeyTests(PostgresFixture postgres)
{
    private static readonly NewApiKey Script = new() { Name = "Script", Scopes = KeyScopes.ReadTasks, CurrentPassword = House.Password };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_outlives_a_change_of_the_signing_key_and_dies_on_every_server_at_once()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        await house.CreateAsync(ana, new TaskEdit { Title = "task" });
        var made = House.Ok(await house.Core.ApiKeys.CreateAsync(ana, Script, Visitor.Operator, null, Cancellation)).Value;
        var elsewhere = house.Rekeyed("another secret of thirty-two bytes or more", previous: null);

        foreach (var server in new[] { house.Core, elsewhere })
        {
            var caller = House.Ok(await server.ApiKeys.RecogniseAsync(made.Text, "req_key", Cancellation));
            Assert.Equal((ana.UserId, ana.WorkspaceId, (KeyScopes?)KeyScopes.ReadTasks), (caller.UserId, caller.WorkspaceId, caller.Scopes));
            House.Ok(await server.Tasks.GetAsync(caller, new TaskRef(default, 1), Cancellation));
        }
        House.Ok(await house.Core.ApiKeys.RevokeAsync(ana, made.Key.Id, Visitor.Operator, null, Cancellation));
        // The other server still remembers whose it was; what it asks of the database is refused all the same.
        var known = House.Ok(await elsewhere.ApiKeys.RecogniseAsync(made.Text, "req_key", Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await elsewhere.Tasks.GetAsync(known, new TaskRef(default, 1), Cancellation)).Error?.Code);
        house.Time.Forward(TimeSpan.FromMinutes(2));
        Assert.Equal(ErrorCode.SessionEnded, (await elsewhere.ApiKeys.RecogniseAsync(made.Text, "req_key", Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task A_crowd_of_keys_that_somebody_made_up_keeps_no_real_one_out()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var made = House.Ok(await house.Core.ApiKeys.CreateAsync(ana, Script, Visitor.Operator, null, Cancellation)).Value;

        var answers = await House.AtOnceAsync(200, async index => index % 50 == 0
            ? await house.Core.ApiKeys.RecogniseAsync(made.Text, "req_key", Cancellation)
            : await house.Core.ApiKeys.RecogniseAsync("qh_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(48)), "req_key", Cancellation));

        Assert.All(Enumerable.Range(0, 200), index => Assert.True(index % 50 == 0 ? answers[index].IsOk : answers[index].Error?.Code is ErrorCode.SessionEnded or ErrorCode.Busy));
        Assert.Contains(answers, answer => answer.Error?.Code == ErrorCode.SessionEnded);
    }

    [Fact]
    public async Task A_key_is_made_on_the_password_of_now_or_not_at_all()
    {
        await using var house = await House.BuildAsync(postgres);
        for (var round = 0; round < 6; round++)
        {
            var (ana, _) = await house.MoveInAsync($"ana{round}@example.com");
            var results = await House.AtOnceAsync(9, async index => index == 4
                ? (await house.Core.PasswordResets.ChangeAsync(ana, House.Password, "another one to remember", Visitor.Operator, null, Cancellation)).IsOk
                : (await house.Core.ApiKeys.CreateAsync(ana, Script, Visitor.Operator, null, Cancellation)).IsOk);
            Assert.True(results[4]);
            var keys = House.Ok(await house.Core.ApiKeys.ListAsync(ana, Cancellation));
            Assert.Equal(results.Count(isDone => isDone) - 1, keys.Count);
            Assert.Equal(ErrorCode.WrongCredentials, (await house.Core.ApiKeys.CreateAsync(ana, Script, Visitor.Operator, null, Cancellation)).Error?.Code);
        }
    }

    [Fact]
    public async Task A_key_of_one_workspace_is_good_there_alone_and_as_long_as_its_owner_is_in_it()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var home = await house.FoundAsync(ana);
        var eva = (await house.MoveInAsync("eva@example.com")).Caller;
        await house.MakeMemberAsync(home, eva, new MemberEvent.Added(WorkspaceRole.Editor));
        var bound = Script with { WorkspaceId = home.WorkspaceId, Scopes = KeyScopes.ReadTasks | KeyScopes.WriteTasks };
        var made = House.Ok(await house.Core.ApiKeys.CreateAsync(eva, bound, Visitor.Operator, null, Cancellation)).Value;
        Assert.Equal(home.WorkspaceId, Assert.Single(House.Ok(await house.Core.ApiKeys.ListAsync(eva, Cancellation))).WorkspaceId);

        var key = House.Ok(await house.Core.ApiKeys.RecogniseAsync(made.Text, "req_key", Cancellation));
        Assert.Equal((eva.UserId, home.WorkspaceId, true, default(Guid?)), (key.UserId, key.WorkspaceId, key.IsElsewhere, key.CountedWith));
        await house.CreateAsync(key, new TaskEdit { Title = "task" });
        Assert.Equal(ErrorCode.NotFound, (await house.ListAsync(key with { WorkspaceId = eva.WorkspaceId }, new TaskFilter())).Error?.Code);
        Assert.Equal(home.WorkspaceId, Assert.Single(House.Ok(await house.Core.Workspaces.ListAsync(key, true, 100, null, false, Cancellation)).Workspaces).Workspace.Id);
        Assert.Equal(ErrorCode.Forbidden, (await house.Core.WorkspaceWriter.CreateAsync(key, new WorkspaceEdit { Name = "x" }, null, Cancellation)).Error?.Code);
        await house.MakeMemberAsync(home, eva, new MemberEvent.Removed(WorkspaceRole.Editor));
        Assert.Equal(ErrorCode.NotFound, (await house.ListAsync(key, new TaskFilter())).Error?.Code);

        // One that is bound to the personal workspace is where every contract works.
        var own = House.Ok(await house.Core.ApiKeys.CreateAsync(eva, Script with { WorkspaceId = eva.WorkspaceId }, Visitor.Operator, null, Cancellation)).Value;
        Assert.False(House.Ok(await house.Core.ApiKeys.RecogniseAsync(own.Text, "req_key", Cancellation)).IsElsewhere);
        // What the maker does not see is not there to be bound to, be it another's or gone.
        foreach (var foreign in new[] { home.WorkspaceId, ana.WorkspaceId, Guid.NewGuid() })
        {
            Assert.Equal(
                new FieldError(Field.WorkspaceId, FieldFault.NoSuchThing),
                Assert.Single((await house.Core.ApiKeys.CreateAsync(eva, Script with { WorkspaceId = foreign }, Visitor.Operator, null, Cancellation)).Error!.Fields));
        }
    }

    [Fact]
    public async Task A_key_for_administration_is_made_by_administrators_alone_and_for_no_workspace()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var admin = Script with { Scopes = KeyScopes.Administer };
        Assert.Equal(
            new FieldError(Field.Scopes, FieldFault.ForAdministrators), Assert.Single((await house.Core.ApiKeys.CreateAsync(ana, admin, Visitor.Operator, null, Cancellation)).Error!.Fields));
        Assert.Empty(House.Ok(await house.Core.ApiKeys.ListAsync(ana, Cancellation)));
        await house.Core.Accounts.PromoteAsync("ana@example.com", Cancellation);
        Assert.Equal(
            FieldFault.Contradiction,
            Assert.Single((await house.Core.ApiKeys.CreateAsync(ana, admin with { WorkspaceId = ana.WorkspaceId }, Visitor.Operator, null, Cancellation)).Error!.Fields).Fault);
        Assert.Equal(KeyScopes.Administer, House.Ok(await house.Core.ApiKeys.CreateAsync(ana, admin, Visitor.Operator, null, Cancellation)).Value.Key.Scopes);
    }
}
