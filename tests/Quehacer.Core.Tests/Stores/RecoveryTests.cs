using System.Net;
using Quehacer.Core.Accounts;
using Quehacer.Core.Mail;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>Passwords and e-mails that are set anew, and every race in which two could both win.</summary>
public sealed class RecoveryTests(PostgresFixture postgres)
{
    private const string Email = "ana@example.com";
    private const string NewEmail = "ana@example.org";
    private const string NewPassword = "another one to remember";

    private static readonly Visitor Somewhere = new(IPAddress.Parse("192.0.2.7"), "phone", Language.Spanish, "req_somewhere");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reset_sets_the_password_ends_all_sessions_proves_the_email_and_tells_the_owner()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        var (here, _) = await house.LogInAsync(Email);
        var (there, _) = await house.LogInAsync(Email);
        // However it is typed, the letter goes to the e-mail that the account has.
        var token = await ResetTokenAsync(house, "ANA@Example.com");
        var letter = await LetterAsync(house, MailKind.PasswordReset, "ANA@Example.com");

        House.Ok(await house.Core.PasswordResets.ConfirmAsync(token, NewPassword, Somewhere, null, Cancellation));

        Assert.Equal(Email, (await house.Core.PasswordResets.PrepareAsync(letter, Cancellation))!.Email);
        Assert.False(await house.Core.Sessions.IsOpenAsync(here, Cancellation));
        Assert.False(await house.Core.Sessions.IsOpenAsync(there, Cancellation));
        Assert.Equal(ErrorCode.WrongCredentials, (await LogInAsync(house, House.Password)).Error?.Code);
        var account = House.Ok(await LogInAsync(house, NewPassword)).Value.Account;
        Assert.True(account.IsEmailVerified);
        Assert.Equal((2, 2), (account.Version, account.Credentials));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM account_events WHERE version = 2 AND type = 'account.password_reset' AND request_id = 'req_somewhere'"));
        Assert.Equal(1, await LettersAsync(house, MailKind.PasswordChanged, Email));
        Assert.Contains((SecurityEvent.PasswordReset, account.Id), house.Incidents);
        // Used up, and so is whatever else was open.
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.PasswordResets.ConfirmAsync(token, House.Password, Somewhere, null, Cancellation)).Error?.Code);
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM one_time_secrets WHERE used_at IS NULL"));
    }

    [Fact]
    public async Task Whoever_has_reset_the_password_signs_in_at_once_whatever_has_failed_before()
    {
        await using var house = await House.BuildAsync(postgres, loginLimits: new LoginLimits(2, TimeSpan.FromMinutes(15), FailuresPerDay: 4));
        await RegisterAsync(house, Email);
        // A stranger uses up the day, and the owner their tries.
        foreach (var from in new[] { "198.51.100.1", "198.51.100.1", Somewhere.Address!.ToString(), Somewhere.Address.ToString(), "198.51.100.2" })
        {
            Assert.False((await house.Core.Logins.BeginAsync(Email, "not the password", Somewhere with { Address = IPAddress.Parse(from) }, null, Cancellation)).IsOk);
        }
        Assert.Equal(ErrorCode.TooManyAttempts, (await house.Core.Logins.BeginAsync(Email, House.Password, Somewhere, null, Cancellation)).Error?.Code);

        House.Ok(await house.Core.PasswordResets.ConfirmAsync(await ResetTokenAsync(house, Email), "another one to remember", Somewhere, null, Cancellation));
        House.Ok(await house.Core.Logins.BeginAsync(Email, "another one to remember", Somewhere, null, Cancellation));
        Assert.Equal(ErrorCode.TooManyAttempts, (await house.Core.Logins.BeginAsync(Email, "another one to remember", Somewhere with { Address = IPAddress.Parse("198.51.100.3") }, null, Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Of_many_changes_of_the_email_that_are_asked_for_at_once_one_can_be_confirmed()
    {
        await using var house = await House.BuildAsync(postgres);
        var (ana, _) = await house.MoveInAsync(Email);
        for (var round = 0; round < 5; round++)
        {
            var asked = await House.AtOnceAsync(12, index => house.Core.EmailChanges.AskAsync(ana, House.Password, $"ana{index}@example.org", Somewhere, null, Cancellation));
            Assert.All(asked, answer => Assert.True(answer.IsOk));
            Assert.Equal(1L, Assert.Single(await house.ColumnAsync<long>(
                $"SELECT count(*) FROM one_time_secrets WHERE purpose = {(short)SecretPurpose.EmailChange} AND used_at IS NULL AND $1 IS NOT NULL", ana.WorkspaceId)));
        }
    }

    [Fact]
    public async Task Of_fifty_confirmations_of_resets_one_sets_its_password()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        for (var round = 0; round < 3; round++)
        {
            // Two letters, as of somebody who has pressed the button twice.
            var tokens = new[] { await ResetTokenAsync(house, Email), await ResetTokenAsync(house, Email) };

            var results = await House.AtOnceAsync(50, index => house.Core.PasswordResets.ConfirmAsync(tokens[index % 2], $"password number {index}", Somewhere, null, Cancellation));

            var winner = Assert.Single(Enumerable.Range(0, 50), index => results[index].IsOk);
            Assert.Equal(49, results.Count(result => result.Error?.Code == ErrorCode.OneTimeTokenInvalid));
            Assert.True((await LogInAsync(house, $"password number {winner}")).IsOk);
            Assert.Equal(round + 1, await LettersAsync(house, MailKind.PasswordChanged, Email));
        }
    }

    [Fact]
    public async Task No_session_that_was_begun_with_the_old_password_outlives_a_reset_that_came_while_it_began()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        var password = House.Password;
        var begun = 0;
        for (var round = 0; round < 6; round++)
        {
            var token = await ResetTokenAsync(house, Email);
            var (old, next) = (password, $"password of round {round}");

            var results = await House.AtOnceAsync(101, async index =>
            {
                if (index == 50)
                {
                    House.Ok(await house.Core.PasswordResets.ConfirmAsync(token, next, Somewhere, null, Cancellation));
                    return null;
                }
                var login = await LogInAsync(house, old);
                Assert.True(login.IsOk || login.Error.Code == ErrorCode.WrongCredentials);
                return login.IsOk ? login.Value.Value : null;
            });

            begun += results.Count(tokens => tokens is not null);
            Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM sessions WHERE ended_at IS NULL"));
            password = next;
        }
        // Otherwise nothing has been tried.
        Assert.True(begun > 0);
    }

    [Fact]
    public async Task No_session_that_was_begun_with_the_old_password_outlives_its_change_but_the_one_that_changed_it()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        var password = House.Password;
        for (var round = 0; round < 3; round++)
        {
            var (old, next) = (password, $"password of round {round}");
            var here = house.CallerOf(House.Ok(await LogInAsync(house, old)).Value);

            await House.AtOnceAsync(60, async index =>
                index == 30 ? (await house.Core.PasswordResets.ChangeAsync(here, old, next, Somewhere, null, Cancellation)).IsOk : (await LogInAsync(house, old)).IsOk);

            Assert.Equal([here.SessionId], await OpenSessionsAsync(house));
            Assert.Equal(ErrorCode.WrongCredentials, (await LogInAsync(house, old)).Error?.Code);
            password = next;
        }
    }

    [Fact]
    public async Task Of_changes_of_the_password_at_once_one_is_done()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        var (ana, _) = await house.LogInAsync(Email);

        var results = await House.AtOnceAsync(30, index => house.Core.PasswordResets.ChangeAsync(ana, House.Password, $"password number {index}", Somewhere, null, Cancellation));

        var winner = Assert.Single(Enumerable.Range(0, 30), index => results[index].IsOk);
        Assert.Equal(29, results.Count(result => result.Error?.Code == ErrorCode.WrongCredentials));
        Assert.True((await LogInAsync(house, $"password number {winner}")).IsOk);
        Assert.Equal(1, await LettersAsync(house, MailKind.PasswordChanged, Email));
        Assert.True(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
    }

    [Fact]
    public async Task A_change_of_the_password_wants_the_present_one_and_an_open_session_and_is_repeated_under_its_key()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        var (ana, _) = await house.LogInAsync(Email);
        var (ended, _) = await house.LogInAsync(Email);
        House.Ok(await house.Core.Sessions.LogoutAsync(ended, null, Cancellation));

        Assert.Equal(ErrorCode.WrongCredentials, (await ChangeAsync(ana, "wrong", NewPassword, null)).Error?.Code);
        Assert.Equal(ErrorCode.SessionEnded, (await ChangeAsync(ended, House.Password, NewPassword, null)).Error?.Code);
        Assert.Equal(FieldFault.TooCommon, Assert.Single((await ChangeAsync(ana, House.Password, "password", null)).Error!.Fields).Fault);
        Assert.False(House.Ok(await ChangeAsync(ana, House.Password, NewPassword, House.Key("k"))).IsReplay);
        Assert.True(House.Ok(await ChangeAsync(ana, House.Password, NewPassword, House.Key("k"))).IsReplay);
        // The key says nothing of passwords, so the one that is shown is tried.
        Assert.Equal(ErrorCode.IdempotencyMismatch, (await ChangeAsync(ana, House.Password, "yet another password", House.Key("k"))).Error?.Code);
        Assert.Equal(1, await LettersAsync(house, MailKind.PasswordChanged, Email));

        Task<Result<Answered<bool>>> ChangeAsync(Caller caller, string current, string next, Events.IdempotencyKey? key) =>
            house.Core.PasswordResets.ChangeAsync(caller, current, next, Somewhere, key, Cancellation);
    }

    [Fact]
    public async Task Three_resets_an_hour_are_asked_for_one_email_whether_anybody_has_it_or_not()
    {
        await using var house = await House.BuildAsync(postgres, letterLimits: new LetterLimits(PasswordResetsPerHour: 3, Letters: 5));
        await RegisterAsync(house, Email);
        foreach (var email in new[] { Email, "nobody@example.com" })
        {
            var results = await House.AtOnceAsync(20, index => house.Core.PasswordResets.AskAsync(index % 2 == 0 ? email : email.ToUpperInvariant(), Somewhere, Cancellation));

            Assert.Equal(3, results.Count(refused => refused is null));
            Assert.All(results.OfType<Error>(), refused => Assert.Equal((ErrorCode.TooManyAttempts, 3), (refused.Code, refused.Exhausted!.Quota)));
            Assert.Equal(3, await house.CountAsync($"SELECT count(*) FROM mails WHERE kind = 1 AND lower(recipient) = '{email}'"));
            house.Time.Forward(TimeSpan.FromMinutes(61));
            Assert.Null(await house.Core.PasswordResets.AskAsync(email, Somewhere, Cancellation));
        }
        Assert.Null(await house.Core.PasswordResets.PrepareAsync(await LetterAsync(house, MailKind.PasswordReset, "nobody@example.com"), Cancellation));
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM one_time_secrets WHERE purpose = 1"));
        Assert.Equal(FieldFault.NotAnEmail, Assert.Single((await house.Core.PasswordResets.AskAsync("no e-mail", Somewhere, Cancellation))!.Fields).Fault);
    }

    [Fact]
    public async Task A_token_is_good_for_an_hour_for_what_it_was_made_for_and_until_the_account_is_opened_in_another_way()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        var (ana, _) = await house.LogInAsync(Email);
        var token = await ResetTokenAsync(house, Email);
        var letter = await LetterAsync(house, MailKind.PasswordReset, Email);

        // A password that is not taken uses nothing up.
        Assert.Equal(FieldFault.TooShort, Assert.Single((await house.Core.PasswordResets.ConfirmAsync(token, "short", Somewhere, null, Cancellation)).Error!.Fields).Fault);
        foreach (var no in new[] { "", "qo_", token[..^1], token + "A", house.Core.OneTimeSecrets.TokenOf(SecretPurpose.EmailChange, letter.Id), house.Core.OneTimeSecrets.TokenOf(SecretPurpose.PasswordReset, Guid.NewGuid()) })
        {
            Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.PasswordResets.ConfirmAsync(no, NewPassword, Somewhere, null, Cancellation)).Error?.Code);
        }
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.EmailChanges.ConfirmAsync(token, Somewhere, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.EmailChanges.VerifyAsync(token, Somewhere, null, Cancellation)).Error?.Code);

        House.Ok(await house.Core.PasswordResets.ChangeAsync(ana, House.Password, House.Password, Somewhere, null, Cancellation));
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.PasswordResets.ConfirmAsync(token, NewPassword, Somewhere, null, Cancellation)).Error?.Code);
        token = await ResetTokenAsync(house, Email);
        house.Time.Forward(TimeSpan.FromMinutes(61));
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.PasswordResets.ConfirmAsync(token, NewPassword, Somewhere, null, Cancellation)).Error?.Code);
        Assert.True((await LogInAsync(house, House.Password)).IsOk);
    }

    [Fact]
    public async Task A_confirmation_that_is_repeated_under_its_key_is_told_the_same_again_and_does_nothing()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        var (first, second) = (await ResetTokenAsync(house, Email), await ResetTokenAsync(house, Email));

        var results = await House.AtOnceAsync(20, _ => house.Core.PasswordResets.ConfirmAsync(first, NewPassword, Somewhere, House.Key("k"), Cancellation));

        Assert.Single(results.Select(House.Ok), answered => !answered.IsReplay);
        Assert.Equal(1, await LettersAsync(house, MailKind.PasswordChanged, Email));
        // Another password, another token, another request.
        Assert.Equal(ErrorCode.IdempotencyMismatch, (await house.Core.PasswordResets.ConfirmAsync(first, "yet another password", Somewhere, House.Key("k"), Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.IdempotencyMismatch, (await house.Core.PasswordResets.ConfirmAsync(second, NewPassword, Somewhere, House.Key("k"), Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.PasswordResets.ConfirmAsync(first, NewPassword, Somewhere, House.Key("other"), Cancellation)).Error?.Code);
    }

    [Fact]
    public async Task Another_email_is_the_accounts_once_its_letter_has_come_back_and_both_addresses_are_told()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        var (ana, _) = await house.LogInAsync(Email);
        await house.MoveInAsync("eva@example.com");

        Assert.Equal(ErrorCode.WrongCredentials, (await AskAsync("wrong", NewEmail)).Error?.Code);
        Assert.Equal(ErrorCode.EmailTaken, (await AskAsync(House.Password, "EVA@example.com")).Error?.Code);
        Assert.Equal(ErrorCode.EmailTaken, (await AskAsync(House.Password, Email)).Error?.Code);
        Assert.Equal(FieldFault.NotAnEmail, Assert.Single((await AskAsync(House.Password, "no e-mail")).Error!.Fields).Fault);
        Assert.Equal(0, await LettersAsync(house, MailKind.EmailChangeAsked, Email));
        House.Ok(await AskAsync(House.Password, NewEmail));
        Assert.Equal(1, await LettersAsync(house, MailKind.EmailChangeAsked, Email));
        Assert.Equal(Email, House.Ok(await house.Core.Accounts.GetAsync(ana, Cancellation)).Account.Email);
        var (token, reset) = (await TokenAsync(house, SecretPurpose.EmailChange, MailKind.EmailChange, NewEmail), await ResetTokenAsync(house, Email));

        Assert.False(House.Ok(await house.Core.EmailChanges.ConfirmAsync(token, Somewhere, House.Key("k"), Cancellation)).IsReplay);
        Assert.True(House.Ok(await house.Core.EmailChanges.ConfirmAsync(token, Somewhere, House.Key("k"), Cancellation)).IsReplay);

        var account = House.Ok(await house.Core.Accounts.GetAsync(ana, Cancellation)).Account;
        Assert.Equal((NewEmail, true, 2), (account.Email, account.IsEmailVerified, account.Version));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM account_events WHERE version = 2 AND type = 'account.email_changed'"));
        Assert.Equal(1, await LettersAsync(house, MailKind.EmailChanged, Email));
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.EmailChanges.ConfirmAsync(token, Somewhere, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await house.Core.PasswordResets.ConfirmAsync(reset, NewPassword, Somewhere, null, Cancellation)).Error?.Code);
        Assert.Equal(ErrorCode.WrongCredentials, (await LogInAsync(house, House.Password)).Error?.Code);
        Assert.True((await house.Core.Sessions.LoginAsync(NewEmail, House.Password, Somewhere, null, Cancellation)).IsOk);

        Task<Result<Answered<bool>>> AskAsync(string password, string email) => house.Core.EmailChanges.AskAsync(ana, password, email, Somewhere, null, Cancellation);
    }

    [Fact]
    public async Task Of_fifty_confirmations_of_two_changes_of_the_email_one_is_done()
    {
        await using var house = await House.BuildAsync(postgres);
        for (var round = 0; round < 3; round++)
        {
            var email = $"somebody{round}@example.com";
            await RegisterAsync(house, email);
            var (somebody, _) = await house.LogInAsync(email);
            var emails = new[] { $"one{round}@example.org", $"other{round}@example.org" };
            await House.AtOnceAsync(2, index => house.Core.EmailChanges.AskAsync(somebody, House.Password, emails[index], Somewhere, null, Cancellation));
            var tokens = new[] { await ChangeTokenAsync(house, emails[0]), await ChangeTokenAsync(house, emails[1]) };

            var results = await House.AtOnceAsync(50, index => house.Core.EmailChanges.ConfirmAsync(tokens[index % 2], Somewhere, null, Cancellation));

            var winner = Assert.Single(Enumerable.Range(0, 50), index => results[index].IsOk);
            Assert.Equal(49, results.Count(result => result.Error?.Code == ErrorCode.OneTimeTokenInvalid));
            Assert.Equal(emails[winner % 2], House.Ok(await house.Core.Accounts.GetAsync(somebody, Cancellation)).Account.Email);
            Assert.Equal(1, await LettersAsync(house, MailKind.EmailChanged, email));
        }
    }

    [Fact]
    public async Task An_email_that_is_confirmed_and_registered_at_once_is_one_accounts_and_the_token_of_the_other_is_not_used_up()
    {
        await using var house = await House.BuildAsync(postgres);
        for (var round = 0; round < 6; round++)
        {
            var wanted = $"wanted{round}@example.org";
            var tokens = new List<string>();
            foreach (var email in new[] { $"one{round}@example.com", $"other{round}@example.com" })
            {
                await RegisterAsync(house, email);
                var (somebody, _) = await house.LogInAsync(email);
                House.Ok(await house.Core.EmailChanges.AskAsync(somebody, House.Password, wanted, Somewhere, null, Cancellation));
                tokens.Add(await ChangeTokenAsync(house, wanted));
            }

            var results = await House.AtOnceAsync(12, async index => index % 3 == 2
                ? (await house.Core.Accounts.RegisterAsync(new AccountEdit { Email = wanted, Name = "Eva", Password = House.Password }, Somewhere, null, Cancellation)).Error?.Code
                : (await house.Core.EmailChanges.ConfirmAsync(tokens[index % 3], Somewhere, null, Cancellation)).Error?.Code);

            Assert.Single(results, code => code is null);
            Assert.All(results.OfType<ErrorCode>(), code => Assert.Contains(code, new[] { ErrorCode.EmailTaken, ErrorCode.OneTimeTokenInvalid }));
            Assert.Equal(1, await house.CountAsync($"SELECT count(*) FROM accounts WHERE email_key = '{wanted}'"));
            // Whoever came too late may come again, when the e-mail is free.
            await house.ExecuteAsync($"UPDATE accounts SET email = 'x{round}', email_key = 'x{round}' WHERE email_key = '{wanted}'");
            var again = new[] { await house.Core.EmailChanges.ConfirmAsync(tokens[0], Somewhere, null, Cancellation), await house.Core.EmailChanges.ConfirmAsync(tokens[1], Somewhere, null, Cancellation) };
            Assert.Single(again, result => result.IsOk);
        }
    }

    [Fact]
    public async Task Letters_to_one_email_or_by_one_account_are_limited()
    {
        await using var house = await House.BuildAsync(postgres, letterLimits: new LetterLimits(PasswordResetsPerHour: 3, Letters: 5));
        await RegisterAsync(house, Email);
        var (ana, _) = await house.LogInAsync(Email);

        var results = await House.AtOnceAsync(20, index => house.Core.EmailChanges.AskAsync(ana, House.Password, $"somebody{index}@example.org", Somewhere, null, Cancellation));
        Assert.Equal(5, results.Count(result => result.IsOk));
        foreach (var email in new[] { Email, "nobody@example.com" })
        {
            var asked = await House.AtOnceAsync(20, _ => house.Core.EmailChanges.AskForVerificationAsync(email, Somewhere, Cancellation));
            Assert.Equal(5, asked.Count(refused => refused is null));
        }
        house.Time.Forward(TimeSpan.FromMinutes(16));
        Assert.True((await house.Core.EmailChanges.AskAsync(ana, House.Password, NewEmail, Somewhere, null, Cancellation)).IsOk);
    }

    [Fact]
    public async Task A_registration_sends_a_letter_whose_token_verifies_the_email_once()
    {
        await using var house = await House.BuildAsync(postgres);
        Assert.False(await RegisterAsync(house, Email));
        var (ana, _) = await house.LogInAsync(Email);
        var token = await TokenAsync(house, SecretPurpose.EmailVerification, MailKind.EmailVerification, Email);

        var results = await House.AtOnceAsync(50, _ => house.Core.EmailChanges.VerifyAsync(token, Somewhere, null, Cancellation));

        Assert.Single(results, result => result.IsOk);
        Assert.Equal(49, results.Count(result => result.Error?.Code == ErrorCode.OneTimeTokenInvalid));
        var account = House.Ok(await house.Core.Accounts.GetAsync(ana, Cancellation)).Account;
        Assert.Equal((true, 2, 1), (account.IsEmailVerified, account.Version, account.Credentials));
        Assert.Equal(1, await house.CountAsync("SELECT count(*) FROM account_events WHERE type = 'account.email_verified'"));
        Assert.True(await house.Core.Sessions.IsOpenAsync(ana, Cancellation));
    }

    [Fact]
    public async Task Another_letter_to_verify_an_email_does_the_same_for_every_email()
    {
        await using var house = await House.BuildAsync(postgres);
        await RegisterAsync(house, Email);
        await house.MoveInAsync("verified@example.com");
        foreach (var email in new[] { Email, "verified@example.com", "nobody@example.com" })
        {
            var (letters, secrets) = (await house.CountAsync("SELECT count(*) FROM mails"), await house.CountAsync("SELECT count(*) FROM one_time_secrets"));
            Assert.Null(await house.Core.EmailChanges.AskForVerificationAsync(email.ToUpperInvariant(), Somewhere, Cancellation));
            Assert.Equal((letters + 1, secrets + 1), (await house.CountAsync("SELECT count(*) FROM mails"), await house.CountAsync("SELECT count(*) FROM one_time_secrets")));
        }
        // Only the letter to whom it may concern opens anything, and it goes to the e-mail that the account has.
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await VerifyAsync("NOBODY@EXAMPLE.COM")).Error?.Code);
        Assert.Equal(ErrorCode.OneTimeTokenInvalid, (await VerifyAsync("VERIFIED@EXAMPLE.COM")).Error?.Code);
        Assert.True((await VerifyAsync(Email)).IsOk);

        async Task<Result<Answered<bool>>> VerifyAsync(string recipient) => await house.Core.EmailChanges.VerifyAsync(
            await TokenAsync(house, SecretPurpose.EmailVerification, MailKind.EmailVerification, recipient), Somewhere, null, Cancellation);
    }

    [Fact]
    public async Task Where_verification_is_required_no_session_begins_before_it()
    {
        await using var house = await House.BuildAsync(postgres, emailVerification: EmailVerification.Required);
        var edit = new AccountEdit { Email = Email, Name = "Ana", Password = House.Password };
        var registered = House.Ok(await house.Core.Sessions.RegisterAsync(edit, Somewhere, House.Key("k"), Cancellation));
        Assert.Null(registered.Value.Tokens);
        Assert.Null(House.Ok(await house.Core.Sessions.RegisterAsync(edit, Somewhere, House.Key("k"), Cancellation)).Value.Tokens);

        Assert.Equal(ErrorCode.EmailNotVerified, (await LogInAsync(house, House.Password)).Error?.Code);
        Assert.Equal(ErrorCode.WrongCredentials, (await LogInAsync(house, "wrong")).Error?.Code);
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM sessions"));
        House.Ok(await house.Core.EmailChanges.VerifyAsync(await TokenAsync(house, SecretPurpose.EmailVerification, MailKind.EmailVerification, Email), Somewhere, null, Cancellation));
        Assert.True((await LogInAsync(house, House.Password)).IsOk);

        // The operator vouches for those whom the operator makes or promotes.
        await house.MoveInAsync("made@example.com");
        await RegisterAsync(house, "promoted@example.com");
        Assert.True(await house.Core.Accounts.PromoteAsync("promoted@example.com", Cancellation));
        await house.LogInAsync("promoted@example.com");
    }

    [Fact]
    public async Task Where_verification_is_off_nobody_is_asked()
    {
        await using var house = await House.BuildAsync(postgres, emailVerification: EmailVerification.Off);
        await RegisterAsync(house, Email);
        Assert.Equal(ErrorCode.NotOffered, (await house.Core.EmailChanges.AskForVerificationAsync(Email, Somewhere, Cancellation))?.Code);
        Assert.Equal(0, await house.CountAsync("SELECT count(*) FROM mails"));
        await house.LogInAsync(Email);
    }

    private static async Task<bool> RegisterAsync(House house, string email) =>
        House.Ok(await house.Core.Accounts.RegisterAsync(new AccountEdit { Email = email, Name = "Ana", Password = House.Password }, Somewhere, null, Cancellation)).Value.IsEmailVerified;

    private static Task<Result<Answered<Tokens>>> LogInAsync(House house, string password) => house.Core.Sessions.LoginAsync(Email, password, Somewhere, null, Cancellation);

    /// <summary>Asks for a reset, has its letter made ready as the sender does, and reads it.</summary>
    private static async Task<string> ResetTokenAsync(House house, string email)
    {
        Assert.Null(await house.Core.PasswordResets.AskAsync(email, Somewhere, Cancellation));
        var letter = await LetterAsync(house, MailKind.PasswordReset, email);
        Assert.NotNull(await house.Core.PasswordResets.PrepareAsync(letter, Cancellation));
        return house.Core.OneTimeSecrets.TokenOf(SecretPurpose.PasswordReset, letter.Id);
    }

    private static Task<string> ChangeTokenAsync(House house, string email) => TokenAsync(house, SecretPurpose.EmailChange, MailKind.EmailChange, email);

    private static async Task<string> TokenAsync(House house, SecretPurpose purpose, MailKind kind, string recipient) =>
        house.Core.OneTimeSecrets.TokenOf(purpose, (await LetterAsync(house, kind, recipient)).Id);

    /// <summary>The newest letter of the kind.</summary>
    private static async Task<Letter> LetterAsync(House house, MailKind kind, string recipient)
    {
        await using var command = house.Database.Command("SELECT mail_id FROM mails WHERE kind = $1 AND recipient = $2 ORDER BY mail_id DESC LIMIT 1");
        command.Parameters.AddWithValue((short)kind);
        command.Parameters.AddWithValue(recipient);
        return new Letter((Guid)(await command.ExecuteScalarAsync(Cancellation))!, kind, recipient, Language.Spanish, null, null);
    }

    private static Task<long> LettersAsync(House house, MailKind kind, string recipient) =>
        house.CountAsync($"SELECT count(*) FROM mails WHERE kind = {(short)kind} AND recipient = '{recipient}' AND language = 1 AND address = '192.0.2.7'");

    private static async Task<List<Guid>> OpenSessionsAsync(House house)
    {
        await using var command = house.Database.Command("SELECT session_id FROM sessions WHERE ended_at IS NULL");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(Cancellation))
        {
            ids.Add(reader.GetGuid(0));
        }
        return ids;
    }
}
