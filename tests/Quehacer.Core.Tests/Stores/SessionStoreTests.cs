using Quehacer.Core.Accounts;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class SessionStoreTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_fifty_uses_of_one_refresh_token_one_succeeds_and_the_session_is_over()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, tokens) = await house.MoveInAsync("ana@example.com");
        var (elsewhere, _) = await house.LogInAsync("ana@example.com");

        var results = await House.AtOnceAsync(50, _ => house.Core.Sessions.RefreshAsync(tokens.RefreshToken, null, Cancellation));

        var success = Assert.Single(results, result => result.IsOk).Value!.Value;
        Assert.Equal(49, results.Count(result => result.Error?.Code == ErrorCode.RefreshTokenInvalid));
        Assert.False(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        Assert.Equal(ErrorCode.RefreshTokenInvalid, (await house.Core.Sessions.RefreshAsync(success.RefreshToken, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.Tasks.GetAsync(house.CallerOf(success), new TaskRef(default, 1), Cancellation)).Error?.Code);
        Assert.Equal([(SecurityEvent.RefreshTokenReused, (Guid?)ana.UserId)], house.Incidents.Where(incident => incident.Incident.IsSuspicious()));
        Assert.True(await house.Core.Sessions.IsOpenAsync(elsewhere, Cancellation));
    }

    [Fact]
    public async Task A_refresh_that_is_repeated_under_its_key_gives_the_same_tokens_and_ends_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, tokens) = await house.MoveInAsync("ana@example.com");

        var results = await House.AtOnceAsync(20, _ => house.Core.Sessions.RefreshAsync(tokens.RefreshToken, House.Key("k"), Cancellation));

        Assert.Single(results.Select(House.Ok), answered => !answered.IsReplay);
        Assert.Single(results.Select(result => result.Value!.Value).Distinct());
        Assert.True(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        Assert.True((await house.Core.Sessions.RefreshAsync(results[0].Value!.Value.RefreshToken, null, Cancellation)).IsOk);
        Assert.DoesNotContain(house.Incidents, incident => incident.Incident.IsSuspicious());
    }

    [Fact]
    public async Task A_refresh_token_is_handed_on()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, tokens) = await house.MoveInAsync("ana@example.com");

        for (var use = 0; use < 3; use++)
        {
            var refreshed = House.Ok(await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, null, Cancellation)).Value;
            Assert.NotEqual(tokens.RefreshToken, refreshed.RefreshToken);
            Assert.Equal(ana, house.CallerOf(refreshed));
            tokens = refreshed;
        }
        house.Time.Forward(TimeSpan.FromDays(31));
        Assert.Equal(ErrorCode.RefreshTokenInvalid, (await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, null, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task A_refresh_token_that_somebody_made_up_ends_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, tokens) = await house.MoveInAsync("ana@example.com");
        House.Ok(await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, null, Cancellation));
        var forger = new RefreshToken(new SigningKey("another secret of at least 32 bytes"));

        foreach (var token in new[] { forger.Issue(ana.SessionId, 0), forger.Issue(ana.SessionId, 1), forger.Issue(Guid.NewGuid(), 0), "qr_x", "", tokens.RefreshToken + "=", tokens.RefreshToken + "A" })
        {
            Assert.Equal(ErrorCode.RefreshTokenInvalid, (await house.Core.Sessions.RefreshAsync(token, null, Cancellation)).Error?.Code);
        }
        Assert.True(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        Assert.DoesNotContain(house.Incidents, incident => incident.Incident.IsSuspicious());
    }

    [Fact]
    public async Task No_token_is_kept_in_the_database()
    {
        await using var house = await House.BuildAsync(postgres);
        var (_, tokens) = await house.MoveInAsync("ana@example.com");
        var second = House.Ok(await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, House.Key("k"), Cancellation)).Value;

        foreach (var secret in new[] { tokens.RefreshToken, second.RefreshToken, second.AccessToken })
        {
            Assert.Equal(0, await house.CountAsync(
                $"SELECT (SELECT count(*) FROM sessions s WHERE s::text LIKE '%{secret}%') + (SELECT count(*) FROM idempotency_keys k WHERE k::text LIKE '%{secret}%')"));
        }
    }

    [Fact]
    public async Task Logging_out_ends_this_session_at_once_and_no_other()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, tokens) = await house.MoveInAsync("ana@example.com");
        var (elsewhere, _) = await house.LogInAsync("ana@example.com");

        House.Ok(await house.Core.Sessions.LogoutAsync(ana, House.Key("k"), Cancellation));

        Assert.Equal(ErrorCode.SessionEnded, (await house.ListAsync(ana, TaskFilter.All)).Error?.Code);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "x" }, House.V1), null, Cancellation)).Error?.Code);
        Assert.Equal(
            ErrorCode.SessionEnded,
            (await house.Core.TaskWriter.WriteAsync(ana, TaskOperation.Create(new TaskEdit { Title = "x", Tags = new[] { "t" } }, House.V1), House.Key("c"), Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.Accounts.GetAsync(ana, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.RefreshTokenInvalid, (await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, null, Cancellation)).Error?.Code);
        Assert.True(House.Ok(await house.Core.Sessions.LogoutAsync(ana, House.Key("k"), Cancellation)).IsReplay);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.Sessions.LogoutAsync(ana, null, Cancellation)).Error?.Code);
        Assert.True(await house.Core.Sessions.IsOpenAsync(elsewhere, Cancellation));
        await house.AssertConsistentAsync(elsewhere);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_address_are_told_apart_by_nobody()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync("ana@example.com");

        foreach (var (email, password) in new[] { ("ana@example.com", "wrong"), ("eva@example.com", House.Password), ("ana@example.com", House.Password + "\0"), ("ana@example.com", "") })
        {
            Assert.Equal(ErrorCode.WrongCredentials, (await house.Core.Sessions.LoginAsync(email, password, Visitor.Operator, null, Cancellation)).Error?.Code);
        }
        Assert.True((await house.Core.Sessions.LoginAsync("ANA@Example.com", House.Password, Visitor.Operator, null, Cancellation)).IsOk);
    }
}

public sealed class AccountStoreTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_twenty_registrations_of_one_address_one_succeeds()
    {
        await using var house = await House.BuildAsync(postgres);

        var results = await House.AtOnceAsync(20, index => house.Core.Accounts.RegisterAsync(
            new AccountEdit { Email = index % 2 == 0 ? "ana@example.com" : "ANA@example.com", Name = "Ana", Password = House.Password }, Visitor.Operator, null, Cancellation));

        Assert.Single(results, result => result.IsOk);
        Assert.Equal(19, results.Count(result => result.Error?.Code == ErrorCode.EmailTaken));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM workspaces"));
    }

    [Fact]
    public async Task A_registration_that_is_repeated_under_its_key_gives_the_same_account()
    {
        await using var house = await House.BuildAsync(postgres);
        var edit = new AccountEdit { Email = "ana@example.com", Name = "Ana", Password = House.Password };

        var results = await House.AtOnceAsync(20, _ => house.Core.Accounts.RegisterAsync(edit, Visitor.Operator, House.Key("k"), Cancellation));

        Assert.Single(results.Select(House.Ok), answered => !answered.IsReplay);
        Assert.Single(results.Select(result => result.Value!.Value).Distinct());
        Assert.Equal(ErrorCode.EmailTaken, (await house.Core.Accounts.RegisterAsync(edit, Visitor.Operator, House.Key("other"), Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.EmailTaken, (await house.Core.Accounts.RegisterAsync(edit with { Password = "another1-pw" }, Visitor.Operator, House.Key("k"), Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Names_change_with_versions_and_preconditions()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var before = House.Ok(await house.Core.Accounts.GetAsync(ana, Cancellation));

        var renamed = House.Ok(await house.Core.Accounts.ChangeAsync(ana, new AccountEdit { Name = "Ana María" }, new Precondition([before.Tag], null), House.Key("k"), Cancellation));
        Assert.Equal(2, renamed.Value.Account.Version);
        var stale = await house.Core.Accounts.ChangeAsync(ana, new AccountEdit { Name = "Eva" }, new Precondition([before.Tag], null), null, Cancellation);
        Assert.Equal(ErrorCode.PreconditionFailed, stale.Error?.Code);
        Assert.Equal(renamed.Value.Tag, stale.Error!.Current);
        var repeat = House.Ok(await house.Core.Accounts.ChangeAsync(ana, new AccountEdit { Name = "Ana María" }, new Precondition([before.Tag], null), House.Key("k"), Cancellation));
        Assert.True(repeat.IsReplay);
        Assert.Equal(renamed.Value, repeat.Value);
        var same = House.Ok(await house.Core.Accounts.ChangeAsync(ana, new AccountEdit { Name = "Ana María" }, Precondition.None, null, Cancellation));
        Assert.Equal(2, same.Value.Account.Version);
    }

    [Fact]
    public async Task Renames_at_once_are_each_counted_or_refused()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");

        var results = await House.AtOnceAsync(8, index => house.Core.Accounts.ChangeAsync(ana, new AccountEdit { Name = $"Ana {index}" }, Precondition.None, null, Cancellation));

        Assert.All(results.Where(result => !result.IsOk), result => Assert.Equal(ErrorCode.Busy, result.Error!.Code));
        var after = House.Ok(await house.Core.Accounts.GetAsync(ana, Cancellation)).Account;
        Assert.Equal(1 + results.Count(result => result.IsOk), after.Version);
        Assert.Equal(Enumerable.Range(2, after.Version - 1), results.Where(result => result.IsOk).Select(result => result.Value!.Value.Account.Version).Order());
    }

    [Fact]
    public async Task Nobody_is_an_administrator_before_being_promoted()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        Assert.Equal(["user"], House.Ok(await house.Core.Accounts.GetAsync(ana, Cancellation)).Account.Roles);

        Assert.False(await house.Core.Accounts.PromoteAsync("eva@example.com", Cancellation));
        Assert.True(await house.Core.Accounts.PromoteAsync("Ana@Example.com", Cancellation));
        Assert.True(await house.Core.Accounts.PromoteAsync("ana@example.com", Cancellation));

        var promoted = House.Ok(await house.Core.Accounts.GetAsync(ana, Cancellation)).Account;
        Assert.Equal(["user", "admin"], promoted.Roles);
        Assert.Equal(2, promoted.Version);
    }

    /// <summary>
    /// A refusal asks the database a second question. It may do so only after its first reader is closed for good: a reader that is closed
    /// twice closes, the second time, whatever request uses its connection by then.
    /// </summary>
    [Fact]
    public async Task Refusing_an_ended_session_disturbs_nobody_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync("ana@example.com");
        var (ended, _) = await house.LogInAsync("ana@example.com");
        House.Ok(await house.Core.Sessions.LogoutAsync(ended, null, Cancellation));
        var task = new TaskRef((await house.CreateAsync(ana, new TaskEdit { Title = "Milk" })).Id, 0);

        await House.AtOnceAsync(24, async worker =>
        {
            for (var turn = 0; turn < 100; turn++)
            {
                if (worker % 2 == 0)
                {
                    Assert.Equal(ErrorCode.SessionEnded, (await house.Core.Tasks.GetAsync(ended, task, Cancellation)).Error?.Code);
                    Assert.Equal(ErrorCode.SessionEnded, (await house.ListAsync(ended, TaskFilter.All)).Error?.Code);
                    Assert.Equal(ErrorCode.SessionEnded, (await house.Core.TaskWriter.WriteAsync(ended, TaskOperation.Delete(task, Precondition.None), House.Key("k"), Cancellation)).Error?.Code);
                }
                else
                {
                    Assert.Equal("Milk", House.Ok(await house.Core.Tasks.GetAsync(ana, task, Cancellation)).Task.Title);
                    Assert.Single(House.Ok(await house.ListAsync(ana, TaskFilter.All)).Tasks);
                }
            }
            return true;
        });
    }
}
