using System.Net;
using System.Text;
using Quehacer.Core.Accounts;
using Quehacer.Core.Jobs;
using Quehacer.Core.Limiting;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class PasswordCheckTests(PostgresFixture postgres)
{
    private static readonly LoginLimits Usual = new(Failures: 5, TimeSpan.FromMinutes(15), FailuresPerDay: 12);

    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hundred_wrong_logins_at_once_look_at_exactly_five_passwords()
    {
        await using var house = await BuildAsync();
        foreach (var email in new[] { "ana@example.com", "nobody@example.com" })
        {
            var before = house.PasswordsLookedAt;
            var results = await House.AtOnceAsync(100, index => LogInAsync(house, index % 2 == 0 ? email : email.ToUpperInvariant(), "wrong-1-" + index, Home));

            Assert.Equal(5, house.PasswordsLookedAt - before);
            Assert.Equal(5, results.Count(result => result.Error?.Code == ErrorCode.WrongCredentials));
            var refused = results.Where(result => result.Error?.Code == ErrorCode.TooManyAttempts).ToList();
            Assert.Equal(95, refused.Count);
            Assert.All(refused, result =>
            {
                Assert.Equal((AttemptKind.LoginFromAddress, 5), (result.Error!.Exhausted!.Kind, result.Error.Exhausted.Quota));
                Assert.InRange(result.Error.Exhausted.RetryAfterSeconds, 1, 900);
            });
        }
        Assert.Equal(190, house.Incidents.Count(incident => incident.Incident == SecurityEvent.LoginLimited));
        Assert.Equal(10, house.Incidents.Count(incident => incident.Incident == SecurityEvent.LoginFailed));
    }

    [Fact]
    public async Task The_right_password_is_refused_too_until_the_window_has_ended()
    {
        await using var house = await BuildAsync();
        await FailAsync(house, 5, Home);
        Assert.Equal(ErrorCode.TooManyAttempts, (await LogInAsync(house, "ana@example.com", House.Password, Home)).Error?.Code);

        house.Time.Forward(TimeSpan.FromMinutes(14.9));
        Assert.InRange((await LogInAsync(house, "ana@example.com", House.Password, Home)).Error!.Exhausted!.RetryAfterSeconds, 1, 6);
        house.Time.Forward(TimeSpan.FromMinutes(0.1));
        House.Ok(await LogInAsync(house, "ana@example.com", House.Password, Home));
    }

    [Fact]
    public async Task Success_gives_its_count_back_and_leaves_the_failures()
    {
        await using var house = await BuildAsync();
        await FailAsync(house, 4, Home);
        for (var turn = 0; turn < 10; turn++)
        {
            House.Ok(await LogInAsync(house, "ana@example.com", House.Password, Home));
        }
        await FailAsync(house, 1, Home);
        Assert.Equal(ErrorCode.TooManyAttempts, (await LogInAsync(house, "ana@example.com", House.Password, Home)).Error?.Code);
    }

    [Fact]
    public async Task Another_address_and_another_email_have_counts_of_their_own()
    {
        await using var house = await BuildAsync();
        await house.MoveInAsync("eva@example.com");
        await FailAsync(house, 5, IPAddress.Parse("2001:db8::1"));

        Assert.Equal(ErrorCode.TooManyAttempts, (await LogInAsync(house, "ana@example.com", House.Password, IPAddress.Parse("2001:db8::ffff"))).Error?.Code);
        House.Ok(await LogInAsync(house, "ana@example.com", House.Password, Home));
        House.Ok(await LogInAsync(house, "eva@example.com", House.Password, IPAddress.Parse("2001:db8::1")));
    }

    [Fact]
    public async Task A_stranger_with_many_addresses_uses_up_the_day_and_does_not_lock_the_owner_out_at_home()
    {
        await using var house = await BuildAsync();
        House.Ok(await LogInAsync(house, "ana@example.com", House.Password, Home));

        var results = await House.AtOnceAsync(100, index => LogInAsync(house, "ana@example.com", "wrong-1", new IPAddress([198, 51, 100, (byte)index])));
        Assert.Equal(12, results.Count(result => result.Error?.Code == ErrorCode.WrongCredentials));
        Assert.Equal(88, results.Count(result => result.Error?.Exhausted is { Kind: AttemptKind.LoginOfEmail, Quota: 12 }));
        var elsewhere = IPAddress.Parse("203.0.113.9");
        Assert.Equal(AttemptKind.LoginOfEmail, (await LogInAsync(house, "ana@example.com", House.Password, elsewhere)).Error?.Exhausted?.Kind);
        House.Ok(await LogInAsync(house, "ana@example.com", House.Password, Home));

        house.Time.Forward(TimeSpan.FromDays(1));
        House.Ok(await LogInAsync(house, "ana@example.com", House.Password, elsewhere));
    }

    [Fact]
    public async Task An_address_is_known_for_thirty_days()
    {
        await using var house = await BuildAsync();
        House.Ok(await LogInAsync(house, "ana@example.com", House.Password, Home));
        house.Time.Forward(TimeSpan.FromDays(Limits.KnownDeviceDays));
        await House.AtOnceAsync(12, index => LogInAsync(house, "ana@example.com", "wrong-1", new IPAddress([198, 51, 100, (byte)index])));

        Assert.Equal(AttemptKind.LoginOfEmail, (await LogInAsync(house, "ana@example.com", House.Password, Home)).Error?.Exhausted?.Kind);
    }

    [Fact]
    public async Task A_repeated_registration_is_no_way_round_the_limit()
    {
        await using var house = await BuildAsync();
        var edit = new AccountEdit { Email = "eva@example.com", Name = "Eva", Password = House.Password };
        House.Ok(await house.Core.Accounts.RegisterAsync(edit, Visitor.Operator with { Address = Home }, House.Key("k"), Cancellation));
        var before = house.PasswordsLookedAt;

        var guesses = await House.AtOnceAsync(20, index => house.Core.Accounts.RegisterAsync(edit with { Password = $"a-guess-{index}" }, Visitor.Operator with { Address = Home }, House.Key("k"), Cancellation));
        Assert.Equal(5, house.PasswordsLookedAt - before);
        Assert.Equal(5, guesses.Count(result => result.Error?.Code == ErrorCode.EmailTaken));
        Assert.Equal(15, guesses.Count(result => result.Error?.Code == ErrorCode.TooManyAttempts));
    }

    [Fact]
    public async Task The_tables_name_nobody_and_are_emptied_when_their_time_has_come()
    {
        await using var house = await BuildAsync();
        await LogInAsync(house, "nobody@example.com", "wrong-1", Home);
        House.Ok(await LogInAsync(house, "ana@example.com", House.Password, Home));
        Assert.Equal(0, await house.CountAsync($"SELECT count(*) FROM attempts a WHERE position('{Hex("example")}' IN encode(key, 'hex')) > 0 OR length(key) <> 32"));
        Assert.Equal(5, await house.CountAsync("SELECT count(*) FROM attempts"));

        house.Time.Forward(TimeSpan.FromMinutes(15));
        await RunJobsAsync(house);
        Assert.Equal((2, 2), (await house.CountAsync("SELECT count(*) FROM attempts"), await house.CountAsync("SELECT count(*) FROM known_devices")));
        house.Time.Forward(TimeSpan.FromDays(1));
        await RunJobsAsync(house);
        Assert.Equal((0, 2), (await house.CountAsync("SELECT count(*) FROM attempts"), await house.CountAsync("SELECT count(*) FROM known_devices")));
        house.Time.Forward(TimeSpan.FromDays(Limits.KnownDeviceDays));
        await RunJobsAsync(house);
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM known_devices"));
    }

    [Fact]
    public async Task A_plan_is_carried_by_the_next_token()
    {
        await using var house = await BuildAsync();
        var (_, tokens) = await house.LogInAsync("ana@example.com");
        Assert.Equal(Plan.Standard, PlanOf(house, tokens));
        Assert.True(await house.Core.Accounts.PutOnPlanAsync("ANA@example.com", Plan.Premium, Cancellation));
        Assert.True(await house.Core.Accounts.PutOnPlanAsync("ana@example.com", Plan.Premium, Cancellation));
        Assert.False(await house.Core.Accounts.PutOnPlanAsync("nobody@example.com", Plan.Plus, Cancellation));

        var refreshed = House.Ok(await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, null, Cancellation)).Value;
        Assert.Equal((Plan.Standard, Plan.Premium), (PlanOf(house, tokens), PlanOf(house, refreshed)));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM account_events WHERE type = 'account.put_on_plan'"));
    }

    private static Plan PlanOf(House house, Tokens tokens)
    {
        Assert.Null(house.Core.AccessToken.Verify(tokens.AccessToken, house.Time.NowUtc(), out var claims));
        return claims.Plan;
    }

    private async Task<House> BuildAsync()
    {
        var house = await House.BuildAsync(postgres, loginLimits: Usual);
        await house.MoveInAsync("ana@example.com");
        return house;
    }

    private static async Task FailAsync(House house, int times, IPAddress from)
    {
        for (var turn = 0; turn < times; turn++)
        {
            Assert.Equal(ErrorCode.WrongCredentials, (await LogInAsync(house, "ana@example.com", "wrong-1", from)).Error?.Code);
        }
    }

    private static Task<Result<Answered<Tokens>>> LogInAsync(House house, string email, string password, IPAddress from) =>
        house.Core.Sessions.LoginAsync(email, password, Visitor.Operator with { Address = from }, null, Cancellation);

    private static async Task RunJobsAsync(House house) =>
        await new JobRunner(house.Database, house.Core.CleanUp.Jobs, house.Time, (_, _, exception) => Assert.Null(exception)).RunDueAsync(Cancellation);

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text));
}
