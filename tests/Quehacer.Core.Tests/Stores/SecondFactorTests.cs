using System.Net;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Jobs;
using Quehacer.Core.Limiting;
using Quehacer.Core.Mail;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Second factors on a real database: what is asked for, what is used up, and what of many at once is done.</summary>
public sealed class SecondFactorTests(PostgresFixture postgres)
{
    private const string Email = "ana@example.com";

    private static readonly Visitor Home = Visitor.Operator with { Address = IPAddress.Parse("192.0.2.1"), RequestId = "req_test" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_authenticator_is_no_factor_before_it_is_confirmed_and_wanted_from_then_on()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        var setup = House.Ok(await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Home, null, Cancellation)).Value;
        var secret = Base32.Decode(setup.Secret)!;
        Assert.Equal(Totp.SecretBytes, secret.Length);
        House.Ok(await house.Core.Sessions.LoginAsync(Email, House.Password, Home, null, Cancellation));
        Assert.Equal(ErrorCode.CodeWrong, (await ConfirmAsync(house, ana, CodeOf(house, secret, 5))).Error?.Code);

        var codes = House.Ok(await ConfirmAsync(house, ana, CodeOf(house, secret))).Value;
        Assert.Equal(10, codes.Count);
        Assert.Equal(10, (await FactorsAsync(house, ana)).RecoveryCodesLeft);
        Assert.NotNull((await FactorsAsync(house, ana)).TotpSince);
        Assert.Equal(ErrorCode.SecondFactorNeeded, (await house.Core.Sessions.LoginAsync(Email, House.Password, Home, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.WrongCredentials, (await house.Core.Sessions.LoginAsync(Email, "wrong-1", Home, null, Cancellation)).Error?.Code);
        // The session that made it goes on.
        Assert.True(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        Assert.Equal(ErrorCode.AlreadySo, (await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Home, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.AlreadySo, (await ConfirmAsync(house, ana, CodeOf(house, secret, 1))).Error?.Code);

        var sessions = await house.CountAsync("SELECT count(*) FROM sessions");
        var waits = await AskedAsync(house);
        Assert.Equal([CodeMethod.Totp, CodeMethod.RecoveryCode], waits.Methods);
        Assert.Equal(sessions, await house.CountAsync("SELECT count(*) FROM sessions"));
        // The code that has confirmed it is used up.
        Assert.Equal(ErrorCode.CodeWrong, (await FinishAsync(house, waits, CodeOf(house, secret))).Error?.Code);
        var tokens = Done(await FinishAsync(house, waits, CodeOf(house, secret, 1)));
        Assert.True(await house.Core.Sessions.IsOpenAsync(house.CallerOf(tokens), Cancellation));
        Assert.Equal(ErrorCode.MfaTokenInvalid, (await FinishAsync(house, waits, codes[0])).Error?.Code);
        Assert.Equal([MailKind.SecondFactorAdded], await LettersAsync(house));
    }

    [Fact]
    public async Task Of_a_hundred_right_codes_at_once_one_is_a_session_and_the_code_is_good_for_no_other_login()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var house = await House.BuildAsync(postgres);
            var (ana, secret, codes) = await WithTotpAsync(house);
            foreach (var code in new[] { CodeOf(house, secret, 1), codes[0] })
            {
                var before = await house.CountAsync("SELECT count(*) FROM sessions");
                var waits = new[] { await AskedAsync(house), await AskedAsync(house) };
                var results = await House.AtOnceAsync(100, index => FinishAsync(house, waits[index % 2], code));
                Assert.Single(results, result => result.IsOk);
                Assert.All(results.Where(result => !result.IsOk), result => Assert.Contains(result.Error!.Code, new[] { ErrorCode.CodeWrong, ErrorCode.MfaTokenInvalid }));
                Assert.Equal(before + 1, await house.CountAsync("SELECT count(*) FROM sessions"));
            }
            Assert.Equal(9, (await FactorsAsync(house, ana)).RecoveryCodesLeft);
            Assert.Single(await LettersAsync(house), kind => kind == MailKind.RecoveryCodeUsed);
        }
    }

    [Fact]
    public async Task Of_a_hundred_uses_of_one_letter_at_once_one_is_a_session()
    {
        for (var round = 0; round < 3; round++)
        {
            await using var house = await House.BuildAsync(postgres);
            await house.MoveInAsync(Email);
            var sent = House.Ok(await house.Core.Logins.BeginWithCodeAsync(Email, Home, Cancellation));
            var code = MailedTo(house, sent.MfaToken, SecretPurpose.CodeLogin);
            var results = await House.AtOnceAsync(100, _ => house.Core.Logins.FinishAsync(sent.MfaToken, code, Home, null, Cancellation));
            Assert.Single(results, result => result.IsOk);
            Assert.Equal(99, results.Count(result => result.Error?.Code == ErrorCode.MfaTokenInvalid));
            Assert.Equal(2, await house.CountAsync("SELECT count(*) FROM sessions"));
        }
    }

    [Fact]
    public async Task A_code_by_mail_opens_no_account_whose_email_nobody_has_shown_to_be_theirs()
    {
        await using var house = await House.BuildAsync(postgres);
        // Whoever registers somebody else's e-mail waits for its owner to move in.
        House.Ok(await house.Core.Accounts.RegisterAsync(new AccountEdit { Email = "eva@example.com", Name = "Eva", Password = House.Password }, Home, null, Cancellation));
        var sent = House.Ok(await house.Core.Logins.BeginWithCodeAsync("eva@example.com", Home, Cancellation));
        Assert.Equal(ErrorCode.CodeWrong, (await house.Core.Logins.FinishAsync(sent.MfaToken, MailedTo(house, sent.MfaToken, SecretPurpose.CodeLogin), Home, null, Cancellation)).Error?.Code);
        Assert.Equal(0, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)MailKind.LoginCode}"));
    }

    [Fact]
    public async Task Of_a_hundred_wrong_codes_at_once_five_are_looked_at_and_the_right_one_is_too_late()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var house = await House.BuildAsync(postgres);
            var (_, secret, _) = await WithTotpAsync(house);
            var waits = await AskedAsync(house);
            var right = CodeOf(house, secret, 1);
            var results = await House.AtOnceAsync(100, index => FinishAsync(house, waits, $"{(int.Parse(right) + 1 + index) % 1_000_000:000000}"));
            Assert.Equal(5, results.Count(result => result.Error?.Code == ErrorCode.CodeWrong));
            Assert.Equal(95, results.Count(result => result.Error?.Code == ErrorCode.MfaTokenInvalid));
            Assert.Equal(5, house.Incidents.Count(incident => incident.Incident == SecurityEvent.SecondFactorFailed));
            Assert.Equal(ErrorCode.MfaTokenInvalid, (await FinishAsync(house, waits, right)).Error?.Code);
        }
    }

    [Fact]
    public async Task New_logins_are_no_way_round_the_limit_and_a_stranger_with_the_password_does_not_lock_the_owner_out()
    {
        await using var house = await House.BuildAsync(postgres, loginLimits: new LoginLimits(5, TimeSpan.FromMinutes(15), FailuresPerDay: 12));
        var (_, secret, _) = await WithTotpAsync(house);
        House.Ok(await house.Core.Logins.FinishAsync((await AskedAsync(house)).MfaToken, CodeOf(house, secret, 1), Home, null, Cancellation));
        house.Incidents.Clear();

        var waits = new List<Login.Waits>();
        for (var login = 0; login < 10; login++)
        {
            waits.Add(await AskedAsync(house, new IPAddress([198, 51, 100, 1])));
        }
        var results = await House.AtOnceAsync(100, index => house.Core.Logins.FinishAsync(waits[index % 10].MfaToken, "000000", Home with { Address = new IPAddress([198, 51, 100, 1]) }, null, Cancellation));
        Assert.Equal(5, house.Incidents.Count(incident => incident.Incident == SecurityEvent.SecondFactorFailed));
        Assert.Equal(45, results.Count(result => result.Error?.Exhausted is { Kind: AttemptKind.CodeFromAddress, Quota: 5 }));

        // With a password and many addresses the day is used up; a password alone makes no address known.
        for (var address = 2; address < 22; address++)
        {
            var from = new IPAddress([198, 51, 100, (byte)address]);
            await house.Core.Logins.FinishAsync((await AskedAsync(house, from)).MfaToken, "000000", Home with { Address = from }, null, Cancellation);
        }
        Assert.Equal(12, house.Incidents.Count(incident => incident.Incident == SecurityEvent.SecondFactorFailed));
        house.Time.Forward(TimeSpan.FromMinutes(2));
        Done(await FinishAsync(house, await AskedAsync(house), CodeOf(house, secret)));
    }

    [Fact]
    public async Task A_code_is_taken_for_its_own_login_once_and_in_its_ten_minutes()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, codes) = await WithEmailAsync(house);
        Assert.Equal(10, codes.Count);
        var (first, second) = (await AskedAsync(house), await AskedAsync(house));
        Assert.Equal([CodeMethod.Email, CodeMethod.RecoveryCode], first.Methods);
        Assert.Equal(2, (await LettersAsync(house)).Count(kind => kind == MailKind.SecondFactorCode));

        Assert.Equal(ErrorCode.CodeWrong, (await FinishAsync(house, second, MailedTo(house, first))).Error?.Code);
        Done(await FinishAsync(house, first, MailedTo(house, first)));
        Assert.Equal(ErrorCode.MfaTokenInvalid, (await FinishAsync(house, first, MailedTo(house, first))).Error?.Code);
        house.Time.Forward(TimeSpan.FromMinutes(10));
        Assert.Equal(ErrorCode.MfaTokenInvalid, (await FinishAsync(house, second, MailedTo(house, second))).Error?.Code);
        // A token is of its purpose.
        var factorToken = house.Core.OneTimeSecrets.TokenOf(SecretPurpose.PasswordReset, Guid.NewGuid());
        foreach (var token in new[] { factorToken, "", "qo_", first.MfaToken + "A", first.MfaToken + "\n", new string('A', 100_000) })
        {
            Assert.Equal(ErrorCode.MfaTokenInvalid, (await house.Core.Logins.FinishAsync(token, "000000", Home, null, Cancellation)).Error?.Code);
        }
        Assert.True(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
    }

    [Fact]
    public async Task A_login_under_way_does_not_outlive_a_change_of_factors()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, secret, codes) = await WithTotpAsync(house);
        var waits = await AskedAsync(house);
        House.Ok(await house.Core.SecondFactors.RemoveTotpAsync(ana, House.Password, CodeOf(house, secret, 1), null, Home, null, Cancellation));

        Assert.Equal(ErrorCode.MfaTokenInvalid, (await FinishAsync(house, waits, codes[0])).Error?.Code);
        Assert.Equal(new Factors(null, null, 0), await FactorsAsync(house, ana));
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM recovery_codes"));
        House.Ok(await house.Core.Sessions.LoginAsync(Email, House.Password, Home, null, Cancellation));
        Assert.Equal([MailKind.SecondFactorAdded, MailKind.SecondFactorRemoved], (await LettersAsync(house)).Order());
        Assert.Equal(ErrorCode.NoSuchFactor, (await house.Core.SecondFactors.RemoveTotpAsync(ana, House.Password, codes[0], null, Home, null, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Of_many_who_confirm_or_remove_at_once_one_does()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        for (var round = 0; round < 3; round++)
        {
            house.Time.Forward(TimeSpan.FromMinutes(5));
            var secret = Base32.Decode(House.Ok(await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Home, null, Cancellation)).Value.Secret)!;
            var confirmed = await House.AtOnceAsync(20, _ => ConfirmAsync(house, ana, CodeOf(house, secret)));
            var codes = Assert.Single(confirmed, result => result.IsOk).Value!.Value;
            Assert.Equal(19, confirmed.Count(result => result.Error?.Code is ErrorCode.AlreadySo));
            Assert.Equal(10, (await FactorsAsync(house, ana)).RecoveryCodesLeft);

            var removed = await House.AtOnceAsync(10, index => house.Core.SecondFactors.RemoveTotpAsync(ana, House.Password, codes[index], null, Home, null, Cancellation));
            Assert.Single(removed, result => result.IsOk);
            Assert.Equal(9, removed.Count(result => result.Error?.Code is ErrorCode.NoSuchFactor or ErrorCode.CodeWrong));
            Assert.Equal(new Factors(null, null, 0), await FactorsAsync(house, ana));
        }
        // The history has every change once, in the order of the versions.
        Assert.Equal(
            await house.CountAsync("SELECT version::bigint FROM accounts"), await house.CountAsync("SELECT count(*) FROM account_events"));
    }

    [Fact]
    public async Task A_change_and_a_finish_at_once_leave_no_session_on_the_old_factors()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var house = await House.BuildAsync(postgres);
            var (ana, secret, codes) = await WithTotpAsync(house);
            var waits = new List<Login.Waits>();
            for (var login = 0; login < 8; login++)
            {
                waits.Add(await AskedAsync(house));
            }
            var finished = House.AtOnceAsync(8, index => FinishAsync(house, waits[index], codes[index]));
            var removed = await house.Core.SecondFactors.RemoveTotpAsync(ana, House.Password, CodeOf(house, secret, 1), null, Home, null, Cancellation);
            House.Ok(removed);
            var won = (await finished).Count(result => result.IsOk);
            Assert.All(await finished, result => Assert.True(result.IsOk || result.Error!.Code is ErrorCode.MfaTokenInvalid or ErrorCode.CodeWrong, $"{result.Error?.Code}"));
            Assert.Equal(won + 1, await house.CountAsync("SELECT count(*) FROM sessions"));
            Assert.Equal(ErrorCode.MfaTokenInvalid, (await FinishAsync(house, waits[0], codes[9])).Error?.Code);
        }
    }

    [Fact]
    public async Task A_repeat_under_its_key_is_answered_again_and_gives_no_tokens_without_the_code()
    {
        await using var house = await House.BuildAsync(postgres);
        var (_, secret, codes) = await WithTotpAsync(house);
        var key = House.Key("login");
        var first = House.Ok(await house.Core.Logins.BeginAsync(Email, House.Password, Home, key, Cancellation));
        var again = House.Ok(await house.Core.Logins.BeginAsync(Email, House.Password, Home, key, Cancellation));
        var waits = Assert.IsType<Login.Waits>(again.Value);
        Assert.Equal((false, true), (first.IsReplay, again.IsReplay));
        Assert.Equal(((Login.Waits)first.Value).MfaToken, waits.MfaToken);

        var finishKey = House.Key("finish");
        var answers = await House.AtOnceAsync(4, _ => house.Core.Logins.FinishAsync(waits.MfaToken, codes[0], Home, finishKey, Cancellation));
        Assert.Single(answers.Select(House.Ok), answer => !answer.IsReplay);
        Assert.Single(answers.Select(Done).Select(tokens => tokens.AccessToken).Distinct());
        Assert.True(House.Ok(await house.Core.Logins.FinishAsync(waits.MfaToken, codes[0], Home, finishKey, Cancellation)).IsReplay);
        foreach (var other in new[] { codes[1], "000000", CodeOf(house, secret, 1) })
        {
            Assert.Equal(ErrorCode.IdempotencyMismatch, (await house.Core.Logins.FinishAsync(waits.MfaToken, other, Home, finishKey, Cancellation)).Error?.Code);
        }
        Assert.Equal(ErrorCode.MfaTokenInvalid, (await house.Core.Logins.FinishAsync(waits.MfaToken, codes[0], Home, House.Key("another"), Cancellation)).Error?.Code);
        // What waits for its code gives no tokens to those who cannot show one either.
        Assert.Equal(ErrorCode.SecondFactorNeeded, (await house.Core.Sessions.LoginAsync(Email, House.Password, Home, key, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Tokens_that_a_key_remembers_from_before_the_factor_are_not_given_without_it()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync(Email);
        var key = House.Key("login");
        House.Ok(await house.Core.Logins.BeginAsync(Email, House.Password, Home, key, Cancellation));
        var (ana, _) = await house.LogInAsync(Email);
        var setup = House.Ok(await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Home, House.Key("begin"), Cancellation)).Value;
        var repeated = House.Ok(await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Home, House.Key("begin"), Cancellation));
        Assert.Equal((setup, true), (repeated.Value, repeated.IsReplay));
        var code = CodeOf(house, Base32.Decode(setup.Secret)!);
        var codes = House.Ok(await house.Core.SecondFactors.ConfirmTotpAsync(ana, code, Home, House.Key("confirm"), Cancellation));
        var confirmedAgain = House.Ok(await house.Core.SecondFactors.ConfirmTotpAsync(ana, code, Home, House.Key("confirm"), Cancellation));
        Assert.Equal(codes.Value, confirmedAgain.Value);
        Assert.True(confirmedAgain.IsReplay);

        Assert.Equal(ErrorCode.IdempotencyMismatch, (await house.Core.Logins.BeginAsync(Email, House.Password, Home, key, Cancellation)).Error?.Code);
        foreach (var secret in codes.Value.Append(setup.Secret).Append(code))
        {
            Assert.Equal(0, await house.CountAsync(
                $"SELECT (SELECT count(*) FROM accounts t WHERE t::text LIKE '%{secret}%') + (SELECT count(*) FROM idempotency_keys t WHERE t::text LIKE '%{secret}%') + (SELECT count(*) FROM recovery_codes t WHERE t::text LIKE '%{secret}%')"));
        }
    }

    [Fact]
    public async Task New_recovery_codes_take_the_place_of_the_old_and_the_last_factor_takes_them_along()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, old) = await WithEmailAsync(house);
        // Whoever knows the password alone makes none.
        Assert.Equal(ErrorCode.CodeWrong, (await house.Core.SecondFactors.MakeRecoveryCodesAsync(ana, House.Password, "000000", null, Home, null, Cancellation)).Error?.Code);
        var made = House.Ok(await house.Core.SecondFactors.MakeRecoveryCodesAsync(ana, House.Password, old[1], null, Home, House.Key("k"), Cancellation)).Value;
        Assert.Equal(made, House.Ok(await house.Core.SecondFactors.MakeRecoveryCodesAsync(ana, House.Password, old[1], null, Home, House.Key("k"), Cancellation)).Value);
        Assert.Empty(made.Intersect(old));
        Assert.Equal(ErrorCode.CodeWrong, (await FinishAsync(house, await AskedAsync(house), old[0])).Error?.Code);
        Done(await FinishAsync(house, await AskedAsync(house), made[0].ToUpperInvariant()));
        // One of the old ones, for the new, and one of these.
        Assert.Equal(["9", "9"], await house.ColumnAsync<string>($"SELECT detail FROM mails WHERE kind = {(short)MailKind.RecoveryCodeUsed} AND $1 IS NOT NULL", ana.WorkspaceId));

        // Another factor keeps those there are.
        var secret = Base32.Decode(House.Ok(await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Home, null, Cancellation)).Value.Secret)!;
        Assert.Empty(House.Ok(await ConfirmAsync(house, ana, CodeOf(house, secret))).Value);
        House.Ok(await house.Core.SecondFactors.RemoveTotpAsync(ana, House.Password, made[1], null, Home, null, Cancellation));
        Assert.Equal(8, (await FactorsAsync(house, ana)).RecoveryCodesLeft);
        var waits = await AskedAsync(house);
        Assert.Equal(ErrorCode.CodeWrong, (await house.Core.SecondFactors.RemoveEmailAsync(ana, House.Password, "000000", waits.MfaToken, Home, null, Cancellation)).Error?.Code);
        House.Ok(await house.Core.SecondFactors.RemoveEmailAsync(ana, House.Password, MailedTo(house, waits), waits.MfaToken, Home, null, Cancellation));
        Assert.Equal(new Factors(null, null, 0), await FactorsAsync(house, ana));
        Assert.Equal(ErrorCode.NoSuchFactor, (await house.Core.SecondFactors.MakeRecoveryCodesAsync(ana, House.Password, "000000", null, Home, null, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Every_change_of_factors_wants_the_password()
    {
        await using var house = await House.BuildAsync(postgres, loginLimits: new LoginLimits(5, TimeSpan.FromMinutes(15), FailuresPerDay: 100));
        var (ana, secret, codes) = await WithTotpAsync(house);
        var before = house.PasswordsLookedAt;
        var factors = house.Core.SecondFactors;
        Func<Task<ErrorCode?>>[] changes =
        [
            async () => (await factors.BeginTotpAsync(ana, "wrong-1", Home, null, Cancellation)).Error?.Code, async () => (await factors.BeginEmailAsync(ana, "wrong-1", Home, Cancellation)).Error?.Code,
            async () => (await factors.RemoveTotpAsync(ana, "wrong-1", codes[0], null, Home, null, Cancellation)).Error?.Code, async () => (await factors.RemoveEmailAsync(ana, "wrong-1", codes[0], null, Home, null, Cancellation)).Error?.Code,
            async () => (await factors.MakeRecoveryCodesAsync(ana, "wrong-1", "000000", null, Home, null, Cancellation)).Error?.Code,
        ];
        Assert.All(await Task.WhenAll(changes.Select(change => change())), code => Assert.Equal(ErrorCode.WrongCredentials, code));
        Assert.All(await House.AtOnceAsync(40, index => changes[index % changes.Length]()), code => Assert.Equal(ErrorCode.TooManyAttempts, code));
        Assert.Equal(5, house.PasswordsLookedAt - before);
        Assert.Equal(10, (await FactorsAsync(house, ana)).RecoveryCodesLeft);
        Assert.NotEmpty(secret);
    }

    [Fact]
    public async Task A_code_by_mail_in_place_of_a_password_does_not_take_the_place_of_an_authenticator()
    {
        await using var house = await House.BuildAsync(postgres);
        await house.MoveInAsync(Email);
        var sent = House.Ok(await house.Core.Logins.BeginWithCodeAsync("ANA@example.com", Home, Cancellation));
        Done(await house.Core.Logins.FinishAsync(sent.MfaToken, MailedTo(house, sent.MfaToken, SecretPurpose.CodeLogin), Home, null, Cancellation));

        var (ana, _) = await house.LogInAsync(Email);
        var secret = Base32.Decode(House.Ok(await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Home, null, Cancellation)).Value.Secret)!;
        House.Ok(await ConfirmAsync(house, ana, CodeOf(house, secret)));
        var emailed = House.Ok(await house.Core.SecondFactors.BeginEmailAsync(ana, House.Password, Home, Cancellation));
        House.Ok(await house.Core.SecondFactors.ConfirmEmailAsync(ana, emailed.MfaToken, MailedTo(house, emailed.MfaToken, SecretPurpose.EmailFactor), Home, null, Cancellation));
        var sessions = await house.CountAsync("SELECT count(*) FROM sessions");

        sent = House.Ok(await house.Core.Logins.BeginWithCodeAsync(Email, Home, Cancellation));
        // A first step takes nothing but its letter's code.
        Assert.Equal(ErrorCode.CodeWrong, (await house.Core.Logins.FinishAsync(sent.MfaToken, CodeOf(house, secret, 1), Home, null, Cancellation)).Error?.Code);
        var steps = await House.AtOnceAsync(3, _ => house.Core.Logins.FinishAsync(sent.MfaToken, MailedTo(house, sent.MfaToken, SecretPurpose.CodeLogin), Home, null, Cancellation));
        var waits = Assert.IsType<Login.Waits>(Assert.Single(steps, step => step.IsOk).Value!.Value);
        Assert.Equal([CodeMethod.Totp, CodeMethod.RecoveryCode], waits.Methods);
        Assert.Equal(sessions, await house.CountAsync("SELECT count(*) FROM sessions"));
        Assert.Equal(ErrorCode.CodeWrong, (await FinishAsync(house, waits, MailedTo(house, waits))).Error?.Code);
        Assert.Equal(ErrorCode.MfaTokenInvalid, (await house.Core.Logins.SendAsync(waits.MfaToken, Home, Cancellation)).Error?.Code);
        Done(await FinishAsync(house, waits, CodeOf(house, secret, 1)));
    }

    [Fact]
    public async Task An_email_that_nobody_has_is_answered_like_one_that_somebody_has()
    {
        await using var house = await House.BuildAsync(postgres, loginLimits: new LoginLimits(5, TimeSpan.FromMinutes(15), FailuresPerDay: 100), letterLimits: new LetterLimits(PasswordResetsPerHour: 3, Letters: 3));
        await house.MoveInAsync(Email);
        var courses = new List<string>();
        foreach (var email in new[] { Email, "nobody@example.com" })
        {
            var sent = House.Ok(await house.Core.Logins.BeginWithCodeAsync(email, Home, Cancellation));
            var course = new List<object?> { sent.MfaToken.Length, sent.ExpiresInSeconds };
            var wrong = $"{(int.Parse(MailedTo(house, sent.MfaToken, SecretPurpose.CodeLogin)) + 1) % 1_000_000:000000}";
            for (var attempt = 0; attempt < 7; attempt++)
            {
                course.Add((await house.Core.Logins.FinishAsync(sent.MfaToken, wrong, Home, null, Cancellation)).Error?.Code);
            }
            for (var letter = 0; letter < 3; letter++)
            {
                course.Add((await house.Core.Logins.BeginWithCodeAsync(email.ToUpperInvariant(), Home, Cancellation)).Error?.Exhausted?.Kind);
            }
            courses.Add(string.Join(' ', course));
        }
        Assert.Equal(courses[0], courses[1]);
        Assert.EndsWith("Letter", courses[0]);
        Assert.Equal([MailKind.LoginCode, MailKind.LoginCode, MailKind.LoginCode], await LettersAsync(house));

        house.Time.Forward(TimeSpan.FromMinutes(20));
        var nobodys = House.Ok(await house.Core.Logins.BeginWithCodeAsync("nobody@example.com", Home, Cancellation));
        Assert.Equal(
            ErrorCode.CodeWrong, (await house.Core.Logins.FinishAsync(nobodys.MfaToken, MailedTo(house, nobodys.MfaToken, SecretPurpose.CodeLogin), Home, null, Cancellation)).Error?.Code);
        foreach (var nonsense in new[] { "", "ana", "a@b", "ana@example.com\n", new string('a', 300) + "@example.com" })
        {
            Assert.Equal(ErrorCode.Invalid, (await house.Core.Logins.BeginWithCodeAsync(nonsense, Home, Cancellation)).Error?.Code);
        }
    }

    [Fact]
    public async Task Letters_that_strangers_ask_for_do_not_use_up_the_owners_own()
    {
        await using var house = await House.BuildAsync(postgres, loginLimits: new LoginLimits(5, TimeSpan.FromMinutes(15), FailuresPerDay: 100), letterLimits: new LetterLimits(PasswordResetsPerHour: 3, Letters: 5));
        await WithEmailAsync(house);
        var asked = await House.AtOnceAsync(50, _ => house.Core.Logins.BeginWithCodeAsync(Email, Home, Cancellation));
        Assert.Equal(5, asked.Count(result => result.IsOk));
        var waits = await AskedAsync(house);
        House.Ok(await house.Core.Logins.SendAsync(waits.MfaToken, Home, Cancellation));
        var more = await House.AtOnceAsync(20, _ => house.Core.Logins.SendAsync(waits.MfaToken, Home, Cancellation));
        // One has begun the factor, one the login, one was sent again.
        Assert.Equal(2, more.Count(result => result.IsOk));
        Assert.Equal(18, more.Count(result => result.Error?.Exhausted?.Kind == AttemptKind.Letter));
        Done(await FinishAsync(house, waits, MailedTo(house, waits)));
    }

    [Fact]
    public async Task Another_signing_key_loses_no_authenticator_while_the_one_before_is_known()
    {
        const string next = "the next secret of at least 32 bytes";
        await using var house = await House.BuildAsync(postgres);
        var (_, secret, _) = await WithTotpAsync(house);
        var forgetful = house.Rekeyed(next, previous: null);
        Assert.Equal((0, 1), await forgetful.SecondFactors.SealAnewAsync(Cancellation));
        var waits = Assert.IsType<Login.Waits>(House.Ok(await forgetful.Logins.BeginAsync(Email, House.Password, Home, null, Cancellation)).Value);
        Assert.Equal(ErrorCode.CodeWrong, (await forgetful.Logins.FinishAsync(waits.MfaToken, CodeOf(house, secret, 1), Home, null, Cancellation)).Error?.Code);

        var before = await SealedAsync(house);
        var rekeyed = house.Rekeyed(next, House.SigningKey);
        Done(await rekeyed.Logins.FinishAsync(waits.MfaToken, CodeOf(house, secret, 1), Home, null, Cancellation));
        Assert.NotEqual(before, await SealedAsync(house));
        Assert.Equal((0, 0), await rekeyed.SecondFactors.SealAnewAsync(Cancellation));
        Assert.Equal((0, 0), await forgetful.SecondFactors.SealAnewAsync(Cancellation));

        var third = house.Rekeyed("the third secret of at least 32 bytes", next);
        Assert.Equal((1, 0), await third.SecondFactors.SealAnewAsync(Cancellation));
        Assert.Equal((0, 1), await forgetful.SecondFactors.SealAnewAsync(Cancellation));
    }

    [Fact]
    public async Task Whoever_runs_the_installation_can_take_all_factors_away()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _, codes) = await WithTotpAsync(house);
        var waits = await AskedAsync(house);
        Assert.Null(await house.Core.SecondFactors.RemoveAllAsync("nobody@example.com", Cancellation));
        Assert.True(await house.Core.SecondFactors.RemoveAllAsync("ANA@example.com", Cancellation));
        Assert.False(await house.Core.SecondFactors.RemoveAllAsync(Email, Cancellation));
        Assert.False(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
        Assert.Equal(ErrorCode.MfaTokenInvalid, (await FinishAsync(house, waits, codes[0])).Error?.Code);
        Assert.Equal([MailKind.SecondFactorAdded, MailKind.SecondFactorRemoved], (await LettersAsync(house)).Order());
        (ana, _) = await house.LogInAsync(Email);
        Assert.Equal(new Factors(null, null, 0), await FactorsAsync(house, ana));
    }

    [Fact]
    public async Task An_ended_session_changes_nothing_and_secrets_are_thrown_away_after_a_day()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, secret, codes) = await WithTotpAsync(house);
        await AskedAsync(house);
        House.Ok(await house.Core.Sessions.LogoutAsync(ana, null, Cancellation));
        var factors = house.Core.SecondFactors;
        Assert.All(
            [
                (await factors.GetAsync(ana, Cancellation)).Error, (await factors.BeginTotpAsync(ana, House.Password, Home, null, Cancellation)).Error, (await ConfirmAsync(house, ana, CodeOf(house, secret))).Error,
                (await factors.RemoveTotpAsync(ana, House.Password, codes[0], null, Home, null, Cancellation)).Error, (await factors.BeginEmailAsync(ana, House.Password, Home, Cancellation)).Error,
                (await factors.MakeRecoveryCodesAsync(ana, House.Password, "000000", null, Home, null, Cancellation)).Error,
            ],
            error => Assert.Equal(ErrorCode.SessionEnded, error?.Code));

        house.Time.Forward(TimeSpan.FromHours(23));
        await RunJobsAsync(house);
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM one_time_secrets"));
        house.Time.Forward(TimeSpan.FromHours(2));
        await RunJobsAsync(house);
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM one_time_secrets"));
    }

    private static async Task<(Caller Ana, byte[] Secret, IReadOnlyList<string> Codes)> WithTotpAsync(House house)
    {
        var (ana, _) = await house.MoveInAsync(Email);
        await house.ExecuteAsync("DELETE FROM known_devices");
        var secret = Base32.Decode(House.Ok(await house.Core.SecondFactors.BeginTotpAsync(ana, House.Password, Visitor.Operator, null, Cancellation)).Value.Secret)!;
        return (ana, secret, House.Ok(await house.Core.SecondFactors.ConfirmTotpAsync(ana, CodeOf(house, secret), Visitor.Operator, null, Cancellation)).Value);
    }

    private static async Task<(Caller Ana, IReadOnlyList<string> Codes)> WithEmailAsync(House house)
    {
        var (ana, _) = await house.MoveInAsync(Email);
        var sent = House.Ok(await house.Core.SecondFactors.BeginEmailAsync(ana, House.Password, Home, Cancellation));
        return (ana, House.Ok(await house.Core.SecondFactors.ConfirmEmailAsync(ana, sent.MfaToken, MailedTo(house, sent.MfaToken, SecretPurpose.EmailFactor), Home, null, Cancellation)).Value);
    }

    /// <summary>A login whose password was right.</summary>
    private static async Task<Login.Waits> AskedAsync(House house, IPAddress? from = null) => Assert.IsType<Login.Waits>(
        House.Ok(await house.Core.Logins.BeginAsync(Email, House.Password, from is null ? Home : Home with { Address = from }, null, Cancellation)).Value);

    private static Task<Result<Answered<Login>>> FinishAsync(House house, Login.Waits waits, string code) => house.Core.Logins.FinishAsync(waits.MfaToken, code, Home, null, Cancellation);

    private static Task<Result<Answered<IReadOnlyList<string>>>> ConfirmAsync(House house, Caller caller, string code) =>
        house.Core.SecondFactors.ConfirmTotpAsync(caller, code, Home, null, Cancellation);

    private static Tokens Done(Result<Answered<Login>> login) => Assert.IsType<Login.Done>(House.Ok(login).Value).Tokens;

    private static async Task<Factors> FactorsAsync(House house, Caller caller) => House.Ok(await house.Core.SecondFactors.GetAsync(caller, Cancellation)).Factors;

    /// <summary>What the authenticator shows, so many steps from now.</summary>
    private static string CodeOf(House house, byte[] secret, int steps = 0) => Totp.CodeOf(secret, Totp.StepOf(house.Time.NowUtc()) + steps);

    private static string MailedTo(House house, Login.Waits waits) => MailedTo(house, waits.MfaToken, SecretPurpose.SecondFactor);

    /// <summary>The code of the letter that was sent for a token.</summary>
    private static string MailedTo(House house, string token, SecretPurpose purpose)
    {
        Assert.True(OneTimeSecrets.TryRead(token, out var id));
        return house.Core.OneTimeSecrets.CodeOf(purpose, id);
    }

    private static async Task<List<MailKind>> LettersAsync(House house) =>
        [.. (await house.ColumnAsync<short>("SELECT kind FROM mails WHERE $1 IS NOT NULL ORDER BY mail_id", Guid.Empty)).Select(kind => (MailKind)kind)];

    private static async Task<string> SealedAsync(House house) => (await house.ColumnAsync<string>("SELECT totp_secret FROM accounts WHERE $1 IS NOT NULL", Guid.Empty)).Single();

    private static async Task RunJobsAsync(House house) =>
        await new JobRunner(house.Database, house.Core.CleanUp.Jobs, house.Time, (_, _, exception) => Assert.Null(exception)).RunDueAsync(Cancellation);
}
