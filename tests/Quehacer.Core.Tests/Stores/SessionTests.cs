using System.Net;
using Quehacer.Core.Accounts;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Sessions as their owner sees and ends them, and the moment in which a used refresh token is forgiven.</summary>
public sealed class SessionTests(PostgresFixture postgres)
{
    private static readonly Visitor Phone = new(IPAddress.Parse("192.0.2.7"), "phone", Language.English, "req_phone");
    private static readonly Visitor Laptop = new(IPAddress.Parse("2001:db8:1:2::7"), "laptop", Language.English, "req_laptop");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_uses_of_one_refresh_token_by_one_client_are_one_and_the_session_goes_on()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync("ana@example.com");
        for (var round = 0; round < 3; round++)
        {
            var tokens = await LogInAsync(house, Phone);

            var results = await House.AtOnceAsync(50, _ => house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Phone, null, Cancellation));

            var success = Assert.Single(results, result => result.IsOk).Value!.Value;
            Assert.Equal(49, results.Count(result => result.Error?.Code == ErrorCode.RefreshTokenInvalid));
            Assert.True(await house.Core.Sessions.IsOpenAsync(house.CallerOf(success), Cancellation));
            Assert.Equal(49, house.Incidents.Count(incident => incident.Incident == SecurityEvent.RefreshTokenRepeated));
            Assert.DoesNotContain(house.Incidents, incident => incident.Incident == SecurityEvent.RefreshTokenReused);
            House.Ok(await house.Core.Sessions.RefreshAsync(success.RefreshToken, Phone, null, Cancellation));
            house.Incidents.Clear();
        }
    }

    [Fact]
    public async Task Fifty_uses_of_one_refresh_token_by_two_clients_are_one_and_the_session_ends()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync("ana@example.com");
        for (var round = 0; round < 6; round++)
        {
            var tokens = await LogInAsync(house, Phone);

            var results = await House.AtOnceAsync(50, index => house.Core.Sessions.RefreshAsync(tokens.RefreshToken, index % 2 == 0 ? Phone : Laptop, null, Cancellation));

            Assert.Single(results, result => result.IsOk);
            Assert.False(await house.Core.Sessions.IsOpenAsync(house.CallerOf(tokens), Cancellation));
            Assert.Single(house.Incidents, incident => incident.Incident == SecurityEvent.RefreshTokenReused);
            house.Incidents.Clear();
        }
    }

    [Fact]
    public async Task A_used_refresh_token_is_forgiven_to_the_client_that_has_just_used_it_and_to_nobody_else()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync("ana@example.com");
        await TryAsync("the same client, a moment later", Laptop, uses: 1, seconds: 9, isForgiven: true);
        await TryAsync("from another address of its network", Laptop with { Address = IPAddress.Parse("2001:db8:1:2:ffff::1") }, uses: 1, seconds: 0, isForgiven: true);
        await TryAsync("too late", Laptop, uses: 1, seconds: 11, isForgiven: false);
        await TryAsync("from another network", Laptop with { Address = IPAddress.Parse("2001:db8:1:3::7") }, uses: 1, seconds: 0, isForgiven: false);
        await TryAsync("another client there", Laptop with { UserAgent = "another" }, uses: 1, seconds: 0, isForgiven: false);
        await TryAsync("a client there that does not say what it is", Laptop with { UserAgent = null }, uses: 1, seconds: 0, isForgiven: false);
        await TryAsync("the client that logged in, and has not used it", Phone, uses: 1, seconds: 0, isForgiven: false);
        await TryAsync("when it is not the last that was used", Laptop, uses: 2, seconds: 0, isForgiven: false);

        async Task TryAsync(string who, Visitor visitor, int uses, int seconds, bool isForgiven)
        {
            var first = await LogInAsync(house, Phone);
            var last = first;
            for (var use = 0; use < uses; use++)
            {
                last = House.Ok(await house.Core.Sessions.RefreshAsync(last.RefreshToken, Laptop, null, Cancellation)).Value;
            }
            house.Time.Forward(TimeSpan.FromSeconds(seconds));
            house.Incidents.Clear();

            Assert.Equal(ErrorCode.RefreshTokenInvalid, (await house.Core.Sessions.RefreshAsync(first.RefreshToken, visitor, null, Cancellation)).Error?.Code);

            Assert.True(isForgiven == await house.Core.Sessions.IsOpenAsync(house.CallerOf(last), Cancellation), who);
            Assert.Equal([isForgiven ? SecurityEvent.RefreshTokenRepeated : SecurityEvent.RefreshTokenReused], house.Incidents.Select(incident => incident.Incident));
            Assert.Equal(isForgiven, (await house.Core.Sessions.RefreshAsync(last.RefreshToken, Laptop, null, Cancellation)).IsOk);
        }
    }

    [Fact]
    public async Task The_owner_sees_where_the_account_is_signed_in_and_nobody_else_does()
    {
        await using var house = await House.BuildAsync(postgres);
        var (operatorHere, _) = await house.MoveInAsync("ana@example.com");
        await house.MoveInAsync("eva@example.com");
        var phone = house.CallerOf(await LogInAsync(house, Phone));
        var tokens = await LogInAsync(house, Phone);
        tokens = House.Ok(await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Laptop, null, Cancellation)).Value;
        var laptop = house.CallerOf(tokens);

        var seen = House.Ok(await house.Core.SessionList.ListAsync(phone, Cancellation));

        Assert.Equal([phone.SessionId, laptop.SessionId, operatorHere.SessionId], seen.Select(session => session.Id));
        Assert.Equal([true, false, false], seen.Select(session => session.IsCurrent));
        Assert.Equal([("phone", "192.0.2.7"), ("laptop", "2001:db8:1:2::7"), (null, null)], seen.Select(session => (session.UserAgent, session.Address)));
        Assert.All(seen, session => Assert.True(session.CreatedAt <= session.SeenAt && session.SeenAt < session.ExpiresAt));
        House.Ok(await house.Core.SessionList.EndAsync(phone, phone.SessionId, null, Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.SessionList.ListAsync(phone, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Ending_a_session_ends_that_one_of_the_owner_and_none_of_anybody_else()
    {
        await using var house = await House.BuildAsync(postgres);
        var (here, _) = await house.MoveInAsync("ana@example.com");
        var (there, _) = await house.LogInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");

        Assert.Equal(ErrorCode.NotFound, (await house.Core.SessionList.EndAsync(here, eva.SessionId, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await house.Core.SessionList.EndAsync(here, Guid.NewGuid(), null, Cancellation)).Error?.Code);
        var results = await House.AtOnceAsync(20, _ => house.Core.SessionList.EndAsync(here, there.SessionId, null, Cancellation));

        Assert.Single(results, result => result.IsOk);
        Assert.Equal(19, results.Count(result => result.Error?.Code == ErrorCode.NotFound));
        Assert.False(await house.Core.Sessions.IsOpenAsync(there, Cancellation));
        Assert.True(await house.Core.Sessions.IsOpenAsync(here, Cancellation));
        Assert.True(await house.Core.Sessions.IsOpenAsync(eva, Cancellation));
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.SessionList.EndAsync(there, here.SessionId, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.SessionEnded, (await house.Core.SessionList.EndAllAsync(there, keepsCurrent: true, null, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Ending_all_sessions_keeps_the_one_that_asks_when_told_and_is_repeated_under_its_key()
    {
        await using var house = await House.BuildAsync(postgres);
        var (here, _) = await house.MoveInAsync("ana@example.com");
        var (there, _) = await house.LogInAsync("ana@example.com");
        var (eva, _) = await house.MoveInAsync("eva@example.com");

        House.Ok(await house.Core.SessionList.EndAllAsync(here, keepsCurrent: true, House.Key("others"), Cancellation));
        Assert.False(await house.Core.Sessions.IsOpenAsync(there, Cancellation));
        Assert.Equal(here.SessionId, Assert.Single(House.Ok(await house.Core.SessionList.ListAsync(here, Cancellation))).Id);

        var results = await House.AtOnceAsync(20, _ => house.Core.SessionList.EndAllAsync(here, keepsCurrent: false, House.Key("all"), Cancellation));
        Assert.Single(results.Select(House.Ok), answered => !answered.IsReplay);
        Assert.False(await house.Core.Sessions.IsOpenAsync(here, Cancellation));
        Assert.True(await house.Core.Sessions.IsOpenAsync(eva, Cancellation));
    }

    /// <summary>Whoever ends locks what others lock, in another order than they: nobody may end up waiting for somebody who waits for them.</summary>
    [Fact]
    public async Task Sessions_that_are_ended_all_at_once_by_all_of_them_while_they_are_seen_and_refreshed_are_ended()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync("ana@example.com");
        for (var round = 0; round < 3; round++)
        {
            var sessions = new List<Tokens>();
            for (var session = 0; session < 12; session++)
            {
                sessions.Add(await LogInAsync(house, Phone));
            }

            await House.AtOnceAsync(36, async index =>
            {
                var tokens = sessions[index % 12];
                if (index < 12)
                {
                    return (await house.Core.SessionList.EndAllAsync(house.CallerOf(tokens), keepsCurrent: false, null, Cancellation)).IsOk;
                }
                if (index < 24)
                {
                    return (await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Phone, null, Cancellation)).IsOk;
                }
                house.Core.SessionSightings.See(house.CallerOf(tokens).SessionId);
                await house.Core.SessionSightings.WriteAsync(Cancellation);
                return true;
            });

            Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM sessions s JOIN accounts a USING (user_id) WHERE s.ended_at IS NULL AND s.address = '192.0.2.7'"));
        }
    }

    [Fact]
    public async Task A_session_was_last_seen_when_its_last_request_came_to_about_a_minute()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, tokens) = await house.MoveInAsync("ana@example.com");
        var (ended, _) = await house.LogInAsync("ana@example.com");
        var loggedIn = (await ThisAsync()).SeenAt;

        house.Time.Forward(TimeSpan.FromMinutes(5));
        var from = house.Time.NowUtc();
        for (var request = 0; request < 3; request++)
        {
            house.Core.SessionSightings.See(ana.SessionId);
            house.Core.SessionSightings.See(ended.SessionId);
        }
        Assert.Equal(loggedIn, (await ThisAsync()).SeenAt);
        House.Ok(await house.Core.SessionList.EndAsync(ana, ended.SessionId, null, Cancellation));
        await house.Core.SessionSightings.WriteAsync(Cancellation);
        var seen = (await ThisAsync()).SeenAt;
        Assert.InRange(seen, from.AddMilliseconds(-1), house.Time.NowUtc());
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL AND seen_at IS NOT NULL"));

        // What has been written is not written again, and a refresh is a sight by itself.
        await house.Core.SessionSightings.WriteAsync(Cancellation);
        Assert.Equal(seen, (await ThisAsync()).SeenAt);
        house.Time.Forward(TimeSpan.FromMinutes(5));
        House.Ok(await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Phone, null, Cancellation));
        Assert.True((await ThisAsync()).SeenAt >= from.AddMinutes(5));

        async Task<SessionView> ThisAsync() => House.Ok(await house.Core.SessionList.ListAsync(ana, Cancellation)).Single(session => session.IsCurrent);
    }

    [Fact]
    public async Task A_session_ends_for_good_however_often_it_is_refreshed()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync("ana@example.com");
        var tokens = await LogInAsync(house, Phone);
        // A year is its bound, and a month its life without a refresh.
        for (var day = 20; day < 365; day += 20)
        {
            house.Time.Forward(TimeSpan.FromDays(20));
            tokens = House.Ok(await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Phone, null, Cancellation)).Value;
        }
        house.Time.Forward(TimeSpan.FromDays(6));
        Assert.Equal(ErrorCode.RefreshTokenInvalid, (await house.Core.Sessions.RefreshAsync(tokens.RefreshToken, Phone, null, Cancellation)).Error?.Code);
    }

    private static async Task<Tokens> LogInAsync(House house, Visitor visitor) =>
        House.Ok(await house.Core.Sessions.LoginAsync("ana@example.com", House.Password, visitor, null, Cancellation)).Value;
}
