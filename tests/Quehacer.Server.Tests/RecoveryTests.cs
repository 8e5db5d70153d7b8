using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Passwords and e-mails that are set anew, and sessions, as people go through them, with the letters that they get.</summary>
public sealed class RecoveryTests(SharedServer shared)
{
    private const string Login = "/api/v1/auth/login";
    private const string Refresh = "/api/v1/auth/refresh";
    private const string Reset = "/api/v1/auth/password-reset";
    private const string ConfirmReset = "/api/v1/auth/password-reset/confirm";
    private const string ConfirmEmail = "/api/v1/auth/email-change/confirm";
    private const string Verify = "/api/v1/auth/verify-email";
    private const string Me = "/api/v1/me";
    private const string Sessions = "/api/v1/me/sessions";
    private const string NewPassword = "another one to remember";

    private static string FreshEmail() => $"{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task The_email_stays_while_codes_that_go_to_it_are_a_factor_and_the_last_that_was_asked_for_counts()
    {
        var user = await shared.NewUserAsync();
        var (typo, right) = (FreshEmail(), FreshEmail());
        var stale = await user.AskForEmailAsync(shared.Server, typo);
        var token = await user.AskForEmailAsync(shared.Server, right);
        (await user.PostAsync(ConfirmEmail, new { token = stale })).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
        (await user.PostAsync(ConfirmEmail, new { token })).Is(204);
        Assert.Equal(right, (string)(await user.GetAsync(Me)).Is(200)["email"]!);

        await OneTimeCode.AddMailboxAsync(shared.Server, user);
        (await user.PostAsync("/api/v1/me/email", new { current_password = User.Password, email = FreshEmail() })).IsInvalid("email", "MAILBOX_IS_FACTOR");
    }

    [Fact]
    public async Task A_reset_takes_away_what_was_set_up_by_whoever_has_never_shown_to_have_the_mailbox()
    {
        var squatter = await shared.NewUserAsync();
        var (secret, _) = await OneTimeCode.AddAuthenticatorAsync(squatter);
        (await squatter.PostAsync(ConfirmReset, new { token = await squatter.AskForResetAsync(shared.Server), password = NewPassword })).Is(204);
        var owner = (await shared.Nobody().PostAsync(Login, new { email = squatter.Email, password = NewPassword })).Is(200);
        Assert.NotNull(owner["access_token"]);
        Assert.NotEmpty(secret);
        // Nor do recovery codes that are somebody else's wait for the owner's own factor.
        Assert.Equal("0", await shared.Server.SqlAsync($"SELECT count(*) FROM recovery_codes c JOIN accounts a USING (user_id) WHERE a.email = '{squatter.Email}'"));
    }

    [Fact]
    public async Task An_authenticator_that_waits_to_be_confirmed_waits_no_longer_than_the_password()
    {
        var user = await shared.NewUserAsync();
        var secret = (string)(await user.PostAsync("/api/v1/me/factors/totp", new { current_password = User.Password })).Is(200)["secret"]!;
        (await user.PostAsync("/api/v1/me/password", new { current_password = User.Password, password = NewPassword })).Is(204);
        (await user.PostAsync("/api/v1/me/factors/totp/confirm", new { code = OneTimeCode.OfAuthenticator(secret) })).Is(404);
    }

    [Fact]
    public async Task A_reset_does_not_take_the_place_of_a_second_factor()
    {
        var user = await shared.NewUserAsync();
        await shared.Server.SqlAsync($"UPDATE accounts SET email_verified_at = now() WHERE email = '{user.Email}'");
        var (_, codes) = await OneTimeCode.AddAuthenticatorAsync(user);
        (await user.PostAsync(ConfirmReset, new { token = await user.AskForResetAsync(shared.Server), password = NewPassword })).Is(204);
        var asked = (await shared.Nobody().PostAsync(Login, new { email = user.Email, password = NewPassword })).Is(200);
        Assert.Null(asked["access_token"]);
        Assert.True((bool)asked["mfa_required"]!);
        (await shared.Nobody().PostAsync("/api/v1/auth/login/otp", new { mfa_token = (string)asked["mfa_token"]!, code = codes[0] })).Is(200);
    }

    [Fact]
    public async Task Whoever_has_lost_the_password_sets_another_with_the_token_of_a_letter_and_every_session_ends()
    {
        var user = await shared.NewUserAsync();
        var access = user.AccessToken;
        var token = await user.AskForResetAsync(shared.Server);

        (await user.PostAsync(ConfirmReset, new { token, password = "short" })).IsInvalid("password", "TOO_SHORT");
        (await user.PostAsync(ConfirmReset, new { token, password = "password" })).IsInvalid("password", "TOO_COMMON");
        (await user.PostAsync(ConfirmReset, new { token })).IsInvalid("password", "REQUIRED");
        (await user.PostAsync(ConfirmReset, new { token = 5, password = NewPassword })).IsInvalid("token", "NOT_A_STRING");
        (await user.PostAsync(ConfirmReset, new { token = token[..^2] + "AA", password = NewPassword })).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
        Assert.Equal("", (await user.PostAsync(ConfirmReset, new { token, password = NewPassword }, ("Idempotency-Key", "\"k\""))).Is(204).Text);

        // On every contract, at once.
        foreach (var path in new[] { Me, User.Tasks, Sessions, "/api/auth/perfil", "/api/tareas", "/tasks/task/1" })
        {
            (await user.GetAsync(path)).Is(401);
        }
        user.AccessToken = null;
        (await user.PostAsync(Refresh, new { refresh_token = user.RefreshToken })).IsProblem(401, "TOKEN_INVALID");
        (await user.PostAsync(Login, new { email = user.Email, password = User.Password })).IsProblem(401, "INVALID_CREDENTIALS");
        (await user.PostAsync("/api/auth/login", new { email = user.Email, password = User.Password })).Is(401);
        Assert.True((bool)(await user.PostAsync(Login, new { email = user.Email, password = NewPassword })).Is(200)["user"]!["email_verified"]!);

        Assert.Equal("true", (await user.PostAsync(ConfirmReset, new { token, password = NewPassword }, ("Idempotency-Key", "\"k\""))).Is(204).Header("Idempotent-Replayed"));
        (await user.PostAsync(ConfirmReset, new { token, password = User.Password }, ("Idempotency-Key", "\"k\""))).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        var spent = (await user.PostAsync(ConfirmReset, new { token, password = NewPassword }, ("Accept-Language", "es"))).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
        Assert.NotEqual((string)spent["detail"]!, (string)(await user.PostAsync(ConfirmReset, new { token, password = NewPassword })).IsProblem(400, "ONE_TIME_TOKEN_INVALID")["detail"]!);
        Assert.DoesNotContain(shared.Server.Output, line => line.Contains(token) || line.Contains(NewPassword) || line.Contains(access!));
    }

    [Fact]
    public async Task Of_thirty_confirmations_that_arrive_together_one_resets_the_password()
    {
        var user = await shared.NewUserAsync();
        var token = await user.AskForResetAsync(shared.Server);

        var answers = await Volley.FireAsync(
            shared.Server, [.. Enumerable.Range(0, 30).Select(index => Volley.Post(shared.Server, ConfirmReset, new { token, password = $"password number {index}" }))]);

        var winner = Assert.Single(Enumerable.Range(0, 30), index => answers[index].Status == 204);
        // Who had no place in the queue for hashing was not looked at.
        Assert.All(answers.Where(answer => answer.Status != 204), answer => Assert.True(answer.Status is 400 or 503, answer.Body));
        (await user.PostAsync(Login, new { email = user.Email, password = $"password number {winner}" })).Is(200);
    }

    [Fact]
    public async Task A_reset_is_asked_for_alike_whoever_has_the_email()
    {
        var user = await shared.NewUserAsync();
        foreach (var email in new[] { user.Email, FreshEmail() })
        {
            var asked = (await user.PostAsync(Reset, new { email })).Is(202);
            Assert.Equal("", asked.Text);
        }
        (await user.PostAsync(Reset, new { email = "no e-mail" })).IsInvalid("email", "NOT_AN_EMAIL");
        (await user.PostAsync(Reset, """{"email":"\u0000@example.com"}""")).IsInvalid("email", "NOT_TEXT");
        (await user.PostAsync(Reset, new { })).IsInvalid("email", "REQUIRED");
        (await user.PostAsync(Reset, new { email = user.Email, mail = "x" })).IsInvalid("mail", "UNKNOWN");
    }

    [Fact]
    public async Task Whoever_knows_the_password_changes_it_and_all_other_sessions_end()
    {
        var user = await shared.NewUserAsync();
        var elsewhere = (string)(await user.PostAsync(Login, new { email = user.Email, password = User.Password })).Is(200)["access_token"]!;

        (await user.PostAsync($"{Me}/password", new { current_password = "wrong", password = NewPassword })).IsProblem(401, "INVALID_CREDENTIALS");
        (await user.PostAsync($"{Me}/password", new { password = NewPassword })).IsInvalid("current_password", "REQUIRED");
        (await user.PostAsync($"{Me}/password", new { current_password = User.Password, password = "12345678" })).IsInvalid("password", "TOO_COMMON");
        (await user.PostAsync($"{Me}/password", new { current_password = User.Password, password = NewPassword }, ("Idempotency-Key", "\"k\""))).Is(204);
        Assert.Equal("true", (await user.PostAsync($"{Me}/password", new { current_password = User.Password, password = NewPassword }, ("Idempotency-Key", "\"k\""))).Is(204).Header("Idempotent-Replayed"));

        (await user.GetAsync(Me)).Is(200);
        user.AccessToken = elsewhere;
        (await user.GetAsync(Me)).IsProblem(401, "TOKEN_INVALID");
        (await shared.Nobody().PostAsync($"{Me}/password", new { current_password = NewPassword, password = User.Password })).IsProblem(401, "UNAUTHORIZED");
        (await user.PostAsync(Login, new { email = user.Email, password = NewPassword })).Is(200);
    }

    [Fact]
    public async Task Another_email_is_asked_for_with_the_password_and_confirmed_from_its_letter()
    {
        var (user, other, email) = (await shared.NewUserAsync(), await shared.SomebodyAsync(), FreshEmail());
        (await user.PostAsync($"{Me}/email", new { current_password = "wrong", email })).IsProblem(401, "INVALID_CREDENTIALS");
        (await user.PostAsync($"{Me}/email", new { current_password = User.Password, email = other.Email })).IsProblem(409, "RESOURCE_ALREADY_EXISTS");
        (await user.PostAsync($"{Me}/email", new { current_password = User.Password, email = "no e-mail" })).IsInvalid("email", "NOT_AN_EMAIL");
        var token = await user.AskForEmailAsync(shared.Server, email);
        Assert.Equal(user.Email, (string)(await user.GetAsync(Me)).Is(200)["email"]!);

        // Twenty at once, each of which would do.
        var answers = await Volley.FireAsync(shared.Server, [.. Enumerable.Repeat(Volley.Post(shared.Server, ConfirmEmail, new { token }), 20)]);
        Assert.Equal([204, .. Enumerable.Repeat(400, 19)], answers.Select(answer => answer.Status).Order());

        var me = (await user.GetAsync(Me)).Is(200);
        Assert.Equal((email, true), ((string)me["email"]!, (bool)me["email_verified"]!));
        (await user.PostAsync(Login, new { email = user.Email, password = User.Password })).Is(401);
        (await user.PostAsync(Login, new { email, password = User.Password })).Is(200);
    }

    [Fact]
    public async Task An_email_is_verified_once_with_the_token_of_the_letter_that_a_registration_brings()
    {
        var user = await shared.NewUserAsync();
        var before = (await user.GetAsync(Me)).Is(200);
        Assert.False((bool)before["email_verified"]!);
        var token = await ReceivedMail.TokenAsync(shared.Server, user.Email, ReceivedMail.VerifyEmail);

        (await user.PostAsync("/api/v1/auth/verify-email/resend", new { email = user.Email })).Is(202);
        (await user.PostAsync("/api/v1/auth/verify-email/resend", new { email = FreshEmail() })).Is(202);
        var second = await ReceivedMail.TokenAsync(shared.Server, user.Email, ReceivedMail.VerifyEmail, [token]);
        (await user.PostAsync(Verify, new { token })).Is(204);
        (await user.PostAsync(Verify, new { token })).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
        (await user.PostAsync(Verify, new { token = second })).Is(204);

        var after = (await user.GetAsync(Me)).Is(200);
        Assert.Equal((true, 2), ((bool)after["email_verified"]!, (int)after["version"]!));
        Assert.NotEqual(before.ETag, after.ETag);
        // What was read can be put back.
        Assert.Equal(after.Text, (await user.PatchAsync(Me, after.Text)).Is(200).Text);
    }

    [Fact]
    public async Task People_see_where_they_are_signed_in_and_end_what_should_not_be()
    {
        var user = await shared.NewUserAsync();
        var there = (await user.PostAsync(Login, new { email = user.Email, password = User.Password }, ("User-Agent", "phone/1.0"))).Is(200);
        var stranger = await shared.SomebodyAsync();

        var list = (await user.GetAsync(Sessions)).Is(200);
        Assert.Contains("no-store", list.Header("Cache-Control"));
        var sessions = list["sessions"]!.AsArray();
        Assert.Equal(2, sessions.Count);
        Assert.Equal([true, false], sessions.Select(session => (bool)session!["current"]!));
        Assert.Matches("^sess_[0-7][0-9a-hjkmnp-tv-z]{25}$", (string)sessions[1]!["id"]!);
        Assert.StartsWith("phone/1.0", (string)sessions[1]!["user_agent"]!);
        Assert.Contains((string)sessions[1]!["address"]!, new[] { "127.0.0.1", "::1", "::ffff:127.0.0.1" });
        var id = (string)sessions[1]!["id"]!;

        (await stranger.DeleteAsync($"{Sessions}/{id}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.DeleteAsync($"{Sessions}/nonsense")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.DeleteAsync($"{Sessions}?keep_current=maybe")).IsInvalid("keep_current", "NOT_A_BOOLEAN");
        (await user.DeleteAsync($"{Sessions}?keep=true")).IsInvalid("keep", "UNKNOWN");
        (await user.DeleteAsync($"{Sessions}/{id}", ("Idempotency-Key", "\"one\""))).Is(204);
        Assert.Equal("true", (await user.DeleteAsync($"{Sessions}/{id}", ("Idempotency-Key", "\"one\""))).Is(204).Header("Idempotent-Replayed"));
        (await user.DeleteAsync($"{Sessions}/{id}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        var ended = new Client(shared.Server.Http) { AccessToken = (string)there["access_token"]! };
        foreach (var path in new[] { Me, User.Tasks, "/api/auth/perfil", "/api/tareas", "/tasks/task/1" })
        {
            (await ended.GetAsync(path)).Is(401);
        }

        (await user.PostAsync(Login, new { email = user.Email, password = User.Password })).Is(200);
        (await user.DeleteAsync($"{Sessions}?keep_current=true")).Is(204);
        Assert.True((bool)Assert.Single((await user.GetAsync(Sessions)).Is(200)["sessions"]!.AsArray())!["current"]!);
        (await user.DeleteAsync(Sessions)).Is(204);
        (await user.GetAsync(Me)).IsProblem(401, "TOKEN_INVALID");
        (await stranger.GetAsync(Me)).Is(200);
    }

    [Fact]
    public async Task A_refresh_token_that_one_client_sends_fifty_times_at_once_is_used_once_and_by_two_it_ends_the_session()
    {
        var user = await shared.NewUserAsync();
        for (var round = 0; round < 4; round++)
        {
            var isOne = round % 2 == 0;
            var tokens = (await user.PostAsync(Login, new { email = user.Email, password = User.Password })).Is(200);
            var answers = await Volley.FireAsync(
                shared.Server,
                [.. Enumerable.Range(0, 50).Select(index => Volley.Post(shared.Server, Refresh, new { refresh_token = (string)tokens["refresh_token"]! }, ("User-Agent", isOne || index % 2 == 0 ? "one" : "two")))]);

            Assert.Equal([200, .. Enumerable.Repeat(401, 49)], answers.Select(answer => answer.Status).Order());
            var success = JsonNode.Parse(answers.Single(answer => answer.Status == 200).Body)!;
            user.AccessToken = (string)success["access_token"]!;
            (await user.GetAsync(Me)).Is(isOne ? 200 : 401);
        }
    }

    [Fact]
    public async Task Where_verification_is_required_nobody_signs_in_before_it_and_when_they_were_seen_outlives_a_stop()
    {
        await using var server = await QuehacerServer.StartAsync(
            QuehacerServer.UsualLimits, ("RateLimits__AnonymousPerMinute", "1000"), ("Auth__EmailVerification", "required"), ("Auth__ParallelPasswords", "2"));
        var (user, client) = (new User(server.Http, FreshEmail()), new Client(server.Http));
        (await user.PostAsync("/api/v1/auth/register", new { email = user.Email, name = "Ana", password = User.Password })).Is(201);
        (await user.PostAsync(Login, new { email = user.Email, password = User.Password })).IsProblem(403, "EMAIL_NOT_VERIFIED");
        (await user.PostAsync(Login, new { email = user.Email, password = "wrong" })).IsProblem(401, "INVALID_CREDENTIALS");

        var juan = FreshEmail();
        var registered = (await client.PostAsync("/api/auth/registro", new { email = juan, name = "Juan", password = "MiPassword123" })).Is(201);
        Assert.Equal(["message", "user"], registered.Json.AsObject().Select(member => member.Key));
        (await client.PostAsync("/api/auth/login", new { email = juan, password = "MiPassword123" })).Is(403);
        (await client.PostAsync(Verify, new { token = await ReceivedMail.TokenAsync(server, juan, ReceivedMail.VerifyEmail) })).Is(204);
        Assert.NotEmpty((string)(await client.PostAsync("/api/auth/login", new { email = juan, password = "MiPassword123" })).Is(200)["token"]!);

        // Three an hour for each e-mail, known or not.
        foreach (var email in new[] { juan, FreshEmail() })
        {
            var answers = await Volley.FireAsync(server, [.. Enumerable.Repeat(Volley.Post(server, Reset, new { email }), 20)]);
            Assert.Equal([.. Enumerable.Repeat(202, 3), .. Enumerable.Repeat(429, 17)], answers.Select(answer => answer.Status).Order());
        }
        Assert.NotNull((await client.PostAsync(Reset, new { email = juan })).IsProblem(429, "RATE_LIMIT_EXCEEDED").Header("Retry-After"));

        (await user.PostAsync(Verify, new { token = await ReceivedMail.TokenAsync(server, user.Email, ReceivedMail.VerifyEmail) })).Is(204);
        await user.LogInAsync();
        var loggedIn = (await user.GetAsync(Sessions)).Is(200)["sessions"]![0]!;
        Assert.Equal(0, await server.StopAsync());
        await server.StartAgainAsync();
        var seen = (await user.GetAsync(Sessions)).Is(200)["sessions"]![0]!;
        Assert.Equal((string)loggedIn["id"]!, (string)seen["id"]!);
        Assert.True((DateTime)loggedIn["last_seen_at"]! < (DateTime)seen["last_seen_at"]!, $"{loggedIn} and then {seen}");
    }
}
