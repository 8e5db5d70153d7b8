using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class SecondFactorTests(SharedServer shared)
{
    private const string Factors = "/api/v1/me/factors";
    private const string Otp = "/api/v1/auth/login/otp";

    private static (string, string) FreshKey() => ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");

    [Fact]
    public async Task A_login_with_an_authenticator_takes_two_steps_and_its_token_is_good_for_every_contract()
    {
        var user = await shared.NewUserAsync();
        var none = (await user.GetAsync(Factors)).Is(200);
        Assert.Equal("""{"totp":{"enabled":false,"since":null},"email":{"enabled":false,"since":null},"recovery_codes_left":0}""", none.Text);
        var setup = (await user.PostAsync($"{Factors}/totp", new { current_password = User.Password })).Is(200);
        var secret = (string)setup["secret"]!;
        Assert.Equal("no-store", setup.Header("Cache-Control"));
        Assert.Contains($"secret={secret}&", (string)setup["otpauth_uri"]!, StringComparison.Ordinal);
        Assert.Equal("PNG"u8.ToArray(), Convert.FromBase64String(((string)setup["qr_code"]!).Split("base64,")[1])[1..4]);
        (await user.PostAsync($"{Factors}/totp/confirm", new { code = "12345" })).IsProblem(401, "INVALID_CODE");
        var codes = (await user.PostAsync($"{Factors}/totp/confirm", new { code = OneTimeCode.OfAuthenticator(secret) })).Is(200)["recovery_codes"]!.AsArray();
        Assert.Equal(10, codes.Count);
        (await user.GetAsync(Factors, ("If-None-Match", none.ETag!))).Is(200);
        (await user.PostAsync($"{Factors}/totp", new { current_password = User.Password })).IsProblem(409, "RESOURCE_ALREADY_EXISTS");

        var client = shared.Nobody();
        var asked = (await client.PostAsync("/api/v1/auth/login", new { email = user.Email, password = User.Password })).Is(200);
        Assert.Equal(["mfa_required", "mfa_token", "expires_in", "methods"], asked.Json.AsObject().Select(member => member.Key));
        Assert.Equal(("""["totp","recovery_code"]""", 600, "no-store"), (asked["methods"]!.ToJsonString(), (int)asked["expires_in"]!, asked.Header("Cache-Control")));
        var token = (string)asked["mfa_token"]!;
        (await client.PostAsync(Otp, new { mfa_token = token, code = OneTimeCode.OfAuthenticator(secret, 7) })).IsProblem(401, "INVALID_CODE");
        (await client.PostAsync("/api/v1/auth/login/otp/send", new { mfa_token = token })).IsProblem(404, "RESOURCE_NOT_FOUND");
        var tokens = (await client.PostAsync(Otp, new { mfa_token = token, code = OneTimeCode.OfAuthenticator(secret, 1) })).Is(200);
        (await client.PostAsync(Otp, new { mfa_token = token, code = (string)codes[0]! })).IsProblem(401, "TOKEN_INVALID");

        client.AccessToken = (string)tokens["access_token"]!;
        foreach (var path in new[] { "/api/v1/tasks", "/tasks", "/api/tareas", "/api/auth/perfil", "/tasks/task/list/page" })
        {
            (await client.GetAsync(path)).Is(200);
        }
        client.AccessToken = null;
        (await client.PostAsync("/api/v1/auth/refresh", new { refresh_token = (string)tokens["refresh_token"]! })).Is(200);
        // tareas has no way to ask for a code.
        var refused = (await client.PostAsync("/api/auth/login", new { email = user.Email, password = User.Password })).Is(403);
        Assert.Contains("segundo factor", (string)refused["message"]!, StringComparison.Ordinal);
        (await client.PostAsync("/api/auth/login", new { email = user.Email, password = "Wrong-password-1" })).Is(401);

        (await user.PostAsync($"{Factors}/totp/remove", new { current_password = "wrong", code = (string)codes[1]! })).IsProblem(401, "INVALID_CREDENTIALS");
        (await user.PostAsync($"{Factors}/totp/remove", new { current_password = User.Password, code = "000000" })).IsProblem(401, "INVALID_CODE");
        (await user.PostAsync($"{Factors}/totp/remove", new { current_password = User.Password, code = ((string)codes[1]!).ToUpperInvariant().Replace('-', ' ') })).Is(204);
        (await user.PostAsync($"{Factors}/totp/remove", new { current_password = User.Password, code = (string)codes[2]! })).IsProblem(404, "RESOURCE_NOT_FOUND");
        Assert.Equal(none.Text, (await user.GetAsync(Factors)).Is(200).Text);
        await user.LogInAsync();
    }

    [Fact]
    public async Task Codes_by_mail_are_sent_by_the_login_and_again_when_asked()
    {
        var user = await shared.NewUserAsync();
        var codes = await OneTimeCode.AddMailboxAsync(shared.Server, user);
        Assert.Equal(10, codes.Length);
        (await user.PostAsync($"{Factors}/email", new { current_password = User.Password })).IsProblem(409, "RESOURCE_ALREADY_EXISTS");
        var client = shared.Nobody();
        var asked = (await client.PostAsync("/api/v1/auth/login", new { email = user.Email, password = User.Password }, ("Accept-Language", "es"))).Is(200);
        Assert.Equal("""["email","recovery_code"]""", asked["methods"]!.ToJsonString());
        var token = (string)asked["mfa_token"]!;
        Assert.Equal("", (await client.PostAsync("/api/v1/auth/login/otp/send", new { mfa_token = token })).Is(202).Text);
        var other = await OneTimeCode.AskedAsync(client, user.Email);
        (await client.PostAsync(Otp, new { mfa_token = other, code = OneTimeCode.Mailed(shared.Server, token, OneTimeCode.ForSecondFactor) })).IsProblem(401, "INVALID_CODE");
        (await client.PostAsync(Otp, new { mfa_token = token, code = OneTimeCode.Mailed(shared.Server, token, OneTimeCode.ForSecondFactor).Insert(3, " ") })).Is(200);
        (await user.PostAsync($"{Factors}/email/remove", new { current_password = User.Password, code = OneTimeCode.Mailed(shared.Server, other, OneTimeCode.ForSecondFactor), mfa_token = other })).Is(204);
        await user.LogInAsync();
    }

    [Fact]
    public async Task A_code_by_mail_logs_in_where_it_is_offered_and_tells_nobody_who_has_an_account()
    {
        var user = await shared.NewUserAsync();
        await shared.Server.SqlAsync($"UPDATE accounts SET email_verified_at = now() WHERE email = '{user.Email}'");
        var client = shared.Nobody();
        var known = (await client.PostAsync("/api/v1/auth/login/code", new { email = user.Email.ToUpperInvariant() })).Is(202);
        var unknown = (await client.PostAsync("/api/v1/auth/login/code", new { email = $"{Guid.NewGuid():N}@example.com" })).Is(202);
        Assert.Equal(known.Json.AsObject().Select(member => (member.Key, member.Value!.ToString().Length)), unknown.Json.AsObject().Select(member => (member.Key, member.Value!.ToString().Length)));
        foreach (var attempt in Enumerable.Range(0, 7))
        {
            var answers = new[] { known, unknown }.Select(async sent => await client.PostAsync(Otp, new { mfa_token = (string)sent["mfa_token"]!, code = "wrong" }));
            foreach (var answer in await Task.WhenAll(answers))
            {
                answer.IsProblem(401, attempt < 5 ? "INVALID_CODE" : "TOKEN_INVALID");
            }
        }
        (await client.PostAsync(Otp, new { mfa_token = (string)known["mfa_token"]!, code = OneTimeCode.Mailed(shared.Server, (string)known["mfa_token"]!, OneTimeCode.ForCodeLogin) })).IsProblem(401, "TOKEN_INVALID");

        var (_, codes) = await OneTimeCode.AddAuthenticatorAsync(user);
        var begun = (string)(await client.PostAsync("/api/v1/auth/login/code", new { email = user.Email })).Is(202)["mfa_token"]!;
        var asked = (await client.PostAsync(Otp, new { mfa_token = begun, code = OneTimeCode.Mailed(shared.Server, begun, OneTimeCode.ForCodeLogin) })).Is(200);
        Assert.Equal(("""["totp","recovery_code"]""", null), (asked["methods"]!.ToJsonString(), asked["access_token"]));
        (await client.PostAsync(Otp, new { mfa_token = (string)asked["mfa_token"]!, code = codes[0] })).Is(200);
        (await client.PostAsync("/api/v1/auth/login/code", new { email = "no e-mail" })).IsInvalid("email", "NOT_AN_EMAIL");
    }

    [Fact]
    public async Task Of_a_hundred_codes_released_together_five_are_looked_at_and_one_begins_a_session()
    {
        var user = await shared.NewUserAsync();
        var (secret, codes) = await OneTimeCode.AddAuthenticatorAsync(user);
        var client = shared.Nobody();
        for (var round = 0; round < 4; round++)
        {
            var token = await OneTimeCode.AskedAsync(client, user.Email);
            var wrong = await Salvo.PostAsync(shared.Server.Port, Otp, [.. Enumerable.Range(0, 100).Select(number => new { mfa_token = token, code = $"wrong-{number}" })]);
            Assert.Equal((5, 95), (wrong.Count(answer => Code(answer) == "INVALID_CODE"), wrong.Count(answer => Code(answer) == "TOKEN_INVALID")));
            (await client.PostAsync(Otp, new { mfa_token = token, code = codes[9] })).IsProblem(401, "TOKEN_INVALID");

            token = await OneTimeCode.AskedAsync(client, user.Email);
            var before = await SessionsAsync(user);
            var right = await Salvo.PostAsync(shared.Server.Port, Otp, [.. Enumerable.Repeat(new { mfa_token = token, code = round == 0 ? OneTimeCode.OfAuthenticator(secret, 1) : codes[round] }, 100)]);
            Assert.Single(right, answer => answer.Status == 200);
            Assert.All(right.Where(answer => answer.Status != 200), answer => Assert.Equal(401, answer.Status));
            Assert.Equal(before + 1, await SessionsAsync(user));
        }

        static string? Code((int Status, JsonNode? Json) answer) => (string?)answer.Json?["code"];
    }

    [Fact]
    public async Task A_repeat_under_its_key_is_answered_again_and_never_with_tokens_that_were_not_given()
    {
        var user = await shared.NewUserAsync();
        var (_, codes) = await OneTimeCode.AddAuthenticatorAsync(user);
        var client = shared.Nobody();
        var (loginKey, finishKey) = (FreshKey(), FreshKey());
        var login = new { email = user.Email, password = User.Password };
        var first = (await client.PostAsync("/api/v1/auth/login", login, loginKey)).Is(200);
        var again = (await client.PostAsync("/api/v1/auth/login", login, loginKey)).Is(200);
        Assert.Equal((first.Text, false, true), (again.Text, first.IsReplay, again.IsReplay));
        var code = new { mfa_token = (string)first["mfa_token"]!, code = codes[0] };
        var tokens = (await client.PostAsync(Otp, code, finishKey)).Is(200);
        var repeated = (await client.PostAsync(Otp, code, finishKey)).Is(200);
        Assert.Equal((tokens.Text, false, true), (repeated.Text, tokens.IsReplay, repeated.IsReplay));
        (await client.PostAsync(Otp, code with { code = codes[1] }, finishKey)).IsProblem(422, "IDEMPOTENCY_MISMATCH");
        (await client.PostAsync(Otp, code)).IsProblem(401, "TOKEN_INVALID");
        Assert.Null((await client.PostAsync("/api/v1/auth/login", login, loginKey)).Is(200)["access_token"]);
        (await client.PostAsync("/api/v1/auth/login", login with { password = "wrong" }, loginKey)).IsProblem(401, "INVALID_CREDENTIALS");

        var (made, removeKey) = (FreshKey(), FreshKey());
        var newCodes = (await user.PostAsync($"{Factors}/recovery-codes", new { current_password = User.Password, code = codes[5] }, made)).Is(200);
        Assert.Equal(newCodes.Text, (await user.PostAsync($"{Factors}/recovery-codes", new { current_password = User.Password, code = codes[5] }, made)).Is(200).Text);
        var removal = new { current_password = User.Password, code = (string)newCodes["recovery_codes"]![0]! };
        (await user.PostAsync($"{Factors}/totp/remove", removal, removeKey)).Is(204);
        Assert.True((await user.PostAsync($"{Factors}/totp/remove", removal, removeKey)).Is(204).IsReplay);
    }

    [Fact]
    public async Task Hostile_tokens_and_codes_are_refused_in_a_sentence()
    {
        var user = await shared.NewUserAsync();
        await OneTimeCode.AddAuthenticatorAsync(user);
        var client = shared.Nobody();
        string[] odd = ["'; DROP TABLE accounts; --", "qo_", "qo_" + new string('A', 64), "qo_" + new string('é', 64), new string('9', 500_000), "%00", "０１２３４５", "\t", "-", "null"];
        foreach (var value in odd)
        {
            (await client.PostAsync(Otp, new { mfa_token = value, code = "123456" })).IsProblem(401, "TOKEN_INVALID");
            (await client.PostAsync("/api/v1/auth/login/otp/send", new { mfa_token = value })).IsProblem(401, "TOKEN_INVALID");
            (await user.PostAsync($"{Factors}/email/confirm", new { mfa_token = value, code = value })).IsProblem(401, "TOKEN_INVALID");
        }
        foreach (var value in odd)
        {
            var token = await TokenAsync();
            (await client.PostAsync(Otp, new { mfa_token = token, code = value })).IsProblem(401, "INVALID_CODE");
        }
        foreach (var (body, field) in new[] { ("{\"mfa_token\":1,\"code\":\"1\"}", "mfa_token"), ("{\"mfa_token\":\"a\",\"code\":null}", "code"), ("{\"mfa_token\":\"a\",\"code\":\"\"}", "code"), ("{\"mfa_token\":\"a\",\"code\":\"\\ud800\"}", "code"), ("{\"mfa_token\":\"a\"}", "code"), ("{\"mfa_token\":\"a\",\"code\":\"1\",\"otp\":1}", "otp"), ("[]", "body") })
        {
            (await client.PostAsync(Otp, body)).IsInvalid(field);
        }
        (await user.PostAsync($"{Factors}/totp/remove", new { current_password = User.Password, code = "1", mfa_token = "" })).IsInvalid("mfa_token", "REQUIRED");
        var spanish = (await client.PostAsync(Otp, new { mfa_token = "a", code = "1" }, ("Accept-Language", "es"))).IsProblem(401, "TOKEN_INVALID");
        Assert.Contains("Inicia sesión", (string)spanish["detail"]!, StringComparison.Ordinal);
        Assert.DoesNotContain(shared.Server.Output, line => line.Contains("qo_", StringComparison.Ordinal));

        // Passwords are hashed slowly on purpose; one login serves five codes.
        async Task<string> TokenAsync() => tokenUses++ % 5 == 0 ? currentToken = await OneTimeCode.AskedAsync(client, user.Email) : currentToken;
    }

    private int tokenUses;
    private string currentToken = "";

    private async Task<int> SessionsAsync(User user) => int.Parse(
        await shared.Server.SqlAsync($"SELECT count(*) FROM sessions s JOIN accounts a USING (user_id) WHERE a.email = '{user.Email}'"), System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What needs a server that nobody else uses: the usual limits, another key, a verb.</summary>
public sealed class SecondFactorServerTests
{
    [Fact]
    public async Task A_storm_of_logins_looks_at_five_passwords_and_another_signing_key_loses_no_authenticator()
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits, ("RateLimits__AnonymousPerMinute", "1000000"), ("Auth__ParallelPasswords", "2"));
        var user = await User.RegisterAsync(server);
        var (secret, codes) = await OneTimeCode.AddAuthenticatorAsync(user);
        var client = new Client(server.Http);
        (await client.PostAsync("/api/v1/auth/login/code", new { email = user.Email })).IsProblem(403, "NOT_OFFERED");

        foreach (var email in new[] { "nobody@example.com", user.Email })
        {
            var answers = await Salvo.PostAsync(server.Port, "/api/v1/auth/login", [.. Enumerable.Range(0, 100).Select(number => new { email, password = $"wrong-{number}" })]);
            Assert.Equal((5, 95), (answers.Count(answer => answer.Status == 401), answers.Count(answer => answer.Status == 429)));
        }

        var former = server.SigningKey;
        const string next = "the next secret of at least 32 bytes, for the tests";
        await server.StopAsync();
        await server.StartAgainAsync([("Auth__SigningKey", next), ("Auth__PreviousSigningKey", former)]);
        var token = await OneTimeCode.AskedAsync(client, user.Email);
        (await client.PostAsync("/api/v1/auth/login/otp", new { mfa_token = token, code = OneTimeCode.OfAuthenticator(secret, 1) })).Is(200);
        Assert.Contains(server.Output, line => line.Contains("\"second factors sealed anew\"", StringComparison.Ordinal));

        token = await OneTimeCode.AskedAsync(client, user.Email);
        var run = await server.RunAsync(["user", "remove-factors", user.Email.ToUpperInvariant()]);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Contains("no second factor any more", run.Output, StringComparison.Ordinal);
        (await client.PostAsync("/api/v1/auth/login/otp", new { mfa_token = token, code = codes[0] })).IsProblem(401, "TOKEN_INVALID");
        (await user.GetAsync("/api/v1/me")).IsProblem(401, "TOKEN_INVALID");
        await user.LogInAsync();
        Assert.NotEqual(0, (await server.RunAsync(["user", "remove-factors", "nobody@example.com"])).ExitCode);
    }
}
