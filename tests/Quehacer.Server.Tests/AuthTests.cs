using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

public sealed class AuthTests(SharedServer shared)
{
    private const string Register = "/api/v1/auth/register";
    private const string Login = "/api/v1/auth/login";
    private const string Refresh = "/api/v1/auth/refresh";
    private const string Logout = "/api/v1/auth/logout";
    private const string Me = "/api/v1/me";

    private static string FreshEmail() => $"{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task A_person_registers_logs_in_refreshes_and_logs_out()
    {
        var user = new User(shared.Server.Http, FreshEmail());
        var registered = (await user.PostAsync(Register, new { email = user.Email, name = "  Ana María  ", password = User.Password })).Is(201);
        Assert.Matches("^user_[0-7][0-9a-hjkmnp-tv-z]{25}$", (string)registered["id"]!);
        Assert.Matches("^ws_[0-7][0-9a-hjkmnp-tv-z]{25}$", (string)registered["workspace_id"]!);
        Assert.Equal(user.Email, (string)registered["email"]!);
        Assert.Equal("Ana María", (string)registered["name"]!);
        Assert.Equal("""["user"]""", registered["roles"]!.ToJsonString());
        Assert.Equal(1, (int)registered["version"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)registered["created_at"]!);
        Assert.Null(registered["password"]);

        var login = await user.LogInAsync();
        Assert.Equal("Bearer", (string)login["token_type"]!);
        Assert.Equal(3600, (int)login["expires_in"]!);
        Assert.Equal(registered.Json.ToJsonString(), login["user"]!.ToJsonString());
        Assert.Equal(registered.Json.ToJsonString(), (await user.GetAsync(Me)).Is(200).Json.ToJsonString());
        Assert.Contains("no-store", login.Header("Cache-Control") ?? "");

        var refreshed = (await user.PostAsync(Refresh, new { refresh_token = user.RefreshToken })).Is(200);
        Assert.NotEqual(user.RefreshToken, (string)refreshed["refresh_token"]!);
        user.AccessToken = (string)refreshed["access_token"]!;
        (await user.GetAsync(Me)).Is(200);

        Assert.Equal("", (await user.PostAsync(Logout)).Is(204).Text);
    }

    [Fact]
    public async Task A_logout_ends_the_access_and_the_refresh_token_of_its_session_at_once_and_of_no_other()
    {
        var user = await shared.NewUserAsync();
        var (first, refresh) = (user.AccessToken, user.RefreshToken);
        await user.LogInAsync();
        var second = user.AccessToken;
        user.AccessToken = first;
        (await user.PostAsync(Logout)).Is(204);
        (await user.GetAsync(Me)).IsProblem(401, "TOKEN_INVALID");
        (await user.GetAsync(User.Tasks)).IsProblem(401, "TOKEN_INVALID");
        (await user.PostAsync(User.Tasks, new { title = "a" })).IsProblem(401, "TOKEN_INVALID");
        (await user.PostAsync(Logout)).IsProblem(401, "TOKEN_INVALID");
        (await user.PostAsync(Refresh, new { refresh_token = refresh })).IsProblem(401, "TOKEN_INVALID");
        user.AccessToken = second;
        (await user.GetAsync(Me)).Is(200);
    }

    [Fact]
    public async Task The_reuse_of_a_refresh_token_by_another_client_ends_the_whole_session()
    {
        var user = await shared.NewUserAsync();
        var next = (await user.PostAsync(Refresh, new { refresh_token = user.RefreshToken })).Is(200);
        var reused = (await user.PostAsync(Refresh, new { refresh_token = user.RefreshToken }, ("User-Agent", "somebody else"))).IsProblem(401, "TOKEN_INVALID");
        Assert.StartsWith("Bearer", reused.Header("WWW-Authenticate"));
        (await user.PostAsync(Refresh, new { refresh_token = (string)next["refresh_token"]! })).IsProblem(401, "TOKEN_INVALID");
        user.AccessToken = (string)next["access_token"]!;
        (await user.GetAsync(Me)).IsProblem(401, "TOKEN_INVALID");
    }

    [Fact]
    public async Task A_refresh_token_that_somebody_made_up_ends_nothing()
    {
        var user = await shared.NewUserAsync();
        var last = user.RefreshToken[^2];
        var altered = string.Concat(user.RefreshToken.AsSpan(..^2), last == 'A' ? "B" : "A", user.RefreshToken.AsSpan(^1));
        foreach (var token in new[] { altered, "qr_x", "x", "qr_" + new string('A', 70), user.AccessToken! })
        {
            (await user.PostAsync(Refresh, new { refresh_token = token })).IsProblem(401, "TOKEN_INVALID");
        }
        (await user.PostAsync(Refresh, new { })).IsInvalid("refresh_token", "REQUIRED");
        (await user.PostAsync(Refresh, new { refresh_token = 5 })).IsInvalid("refresh_token", "NOT_A_STRING");
        (await user.PostAsync(Refresh, new { refresh_token = user.RefreshToken })).Is(200);
    }

    [Fact]
    public async Task An_email_is_taken_in_any_case_and_logs_in_in_any_case()
    {
        var email = $"Ñandú.{Guid.NewGuid():N}@Example.com";
        var client = shared.Nobody();
        (await client.PostAsync(Register, new { email, name = "Ana", password = User.Password })).Is(201);
        foreach (var same in new[] { email, email.ToUpperInvariant(), email.ToLowerInvariant() })
        {
            (await client.PostAsync(Register, new { email = same, name = "Eva", password = User.Password })).IsProblem(409, "RESOURCE_ALREADY_EXISTS");
        }
        (await client.PostAsync(Login, new { email = email.ToUpperInvariant(), password = User.Password })).Is(200);
    }

    [Fact]
    public async Task A_failed_login_says_the_same_of_a_known_and_of_an_unknown_email()
    {
        var user = await shared.SomebodyAsync();
        var client = shared.Nobody();
        var known = (await client.PostAsync(Login, new { email = user.Email, password = "not the password" })).IsProblem(401, "INVALID_CREDENTIALS");
        var unknown = (await client.PostAsync(Login, new { email = FreshEmail(), password = "not the password" })).IsProblem(401, "INVALID_CREDENTIALS");
        Assert.Equal((string)known["detail"]!, (string)unknown["detail"]!);
        Assert.Equal((string)known["title"]!, (string)unknown["title"]!);
        Assert.StartsWith("Bearer", known.Header("WWW-Authenticate"));
        foreach (var odd in new[] { "", "a", new string('x', 5000), User.Password + "x", User.Password.ToUpperInvariant() })
        {
            var answer = await client.PostAsync(Login, new { email = user.Email, password = odd });
            Assert.Contains(answer.Status, new[] { 401, 422 });
        }
        (await client.PostAsync(Login, """{"email":"a@example.com","password":"\u0000"}""")).Is(401);
        (await client.PostAsync(Login, new { email = user.Email })).IsInvalid("password", "REQUIRED");
        (await client.PostAsync(Login, new { password = "x" })).IsInvalid("email", "REQUIRED");
    }

    [Theory]
    [InlineData("\"seven77\"", "TOO_SHORT")]
    [InlineData("\"😀😀😀😀😀😀😀\"", "TOO_SHORT")]
    [InlineData("\"password\"", "TOO_COMMON")]
    [InlineData("\"PassWord\"", "TOO_COMMON")]
    [InlineData("\"12345678\"", "TOO_COMMON")]
    [InlineData("\"nul\\u0000 in the middle\"", "NOT_TEXT")]
    [InlineData("\"half \\ud800 of a pair\"", "NOT_TEXT")]
    [InlineData("12345678", "NOT_A_STRING")]
    [InlineData("[\"a\"]", "NOT_A_STRING")]
    public async Task A_password_that_cannot_be_taken_is_refused_with_the_reason(string password, string code)
    {
        var body = $$"""{"email":"{{FreshEmail()}}","name":"Ana","password":{{password}}}""";
        var answer = await shared.Nobody().PostAsync(Register, body);
        answer.IsInvalid("password", code);
        Assert.DoesNotContain("middle", answer.Text);
    }

    [Fact]
    public async Task A_password_has_8_to_128_characters_of_any_kind_and_works_as_it_was_given()
    {
        var client = shared.Nobody();
        (await client.PostAsync(Register, new { email = FreshEmail(), name = "Ana", password = new string('x', 64) + new string('y', 65) })).IsInvalid("password", "TOO_LONG");
        foreach (var password in new[] { "😀ñ 漢\"\\z9", string.Concat(Enumerable.Repeat("ab😀d", 32)), "  blanks around  " })
        {
            var email = FreshEmail();
            (await client.PostAsync(Register, new { email, name = "Ana", password })).Is(201);
            (await client.PostAsync(Login, new { email, password })).Is(200);
            (await client.PostAsync(Login, new { email, password = password.Trim() + "." })).Is(401);
        }
    }

    [Theory]
    [InlineData("email", "\"a\"", "NOT_AN_EMAIL")]
    [InlineData("email", "\"@example.com\"", "NOT_AN_EMAIL")]
    [InlineData("email", "\"a@\"", "NOT_AN_EMAIL")]
    [InlineData("email", "\"a@b\"", "NOT_AN_EMAIL")]
    [InlineData("email", "\"a@b@example.com\"", "NOT_AN_EMAIL")]
    [InlineData("email", "\"a b@example.com\"", "NOT_AN_EMAIL")]
    [InlineData("email", "\"a@example..com\"", "NOT_AN_EMAIL")]
    [InlineData("email", "\"a\\u000d\\u000aBcc: b@example.com\"", "NOT_AN_EMAIL")]
    [InlineData("email", "\"\"", "REQUIRED")]
    [InlineData("email", "5", "NOT_A_STRING")]
    [InlineData("email", "\"\\u0000@example.com\"", "NOT_TEXT")]
    [InlineData("name", "\"\"", "REQUIRED")]
    [InlineData("name", "\"   \"", "REQUIRED")]
    [InlineData("name", "true", "NOT_A_STRING")]
    [InlineData("name", "\"\\ud800\"", "NOT_TEXT")]
    public async Task A_registration_with_a_wrong_value_names_the_field(string field, string value, string code)
    {
        var body = new JsonObject { ["email"] = FreshEmail(), ["name"] = "Ana", ["password"] = User.Password };
        body.Remove(field);
        (await shared.Nobody().PostAsync(Register, $"{body.ToJsonString()[..^1]},\"{field}\":{value}}}")).IsInvalid(field, code);
        (await shared.Nobody().PostAsync(Register, body)).IsInvalid(field, "REQUIRED");
    }

    [Fact]
    public async Task Lengths_of_email_and_name_have_their_bounds_and_all_faults_are_told_at_once()
    {
        var client = shared.Nobody();
        (await client.PostAsync(Register, new { email = new string('a', 244) + "@example.com", name = "Ana", password = User.Password })).IsInvalid("email", "TOO_LONG");
        (await client.PostAsync(Register, new { email = FreshEmail(), name = new string('n', 256), password = User.Password })).IsInvalid("name", "TOO_LONG");
        var answer = await client.PostAsync(Register, new { email = "x", name = "", password = "x", nmae = "y" });
        answer.IsInvalid("email");
        answer.IsInvalid("name");
        answer.IsInvalid("password");
        Assert.Contains("name", (string)answer.IsInvalid("nmae", "UNKNOWN")["message"]!);
    }

    [Fact]
    public async Task Nobody_becomes_an_administrator_by_registering()
    {
        foreach (var member in new[] { "\"roles\":[\"admin\"]", "\"is_admin\":true", "\"isAdmin\":true", "\"role\":\"admin\"" })
        {
            var user = new User(shared.Server.Http, FreshEmail());
            var answer = await user.PostAsync(Register, $$"""{"email":"{{user.Email}}","name":"Eva","password":"{{User.Password}}",{{member}}}""");
            Assert.Contains(answer.Status, new[] { 201, 422 });
            if (answer.Status == 201)
            {
                Assert.Equal("""["user"]""", (await user.LogInAsync())["user"]!["roles"]!.ToJsonString());
            }
        }
        var somebody = await shared.NewUserAsync();
        Assert.Contains((await somebody.PatchAsync(Me, new { name = "Eva", roles = new[] { "admin" } })).Status, new[] { 200, 422 });
        Assert.Equal("""["user"]""", (await somebody.GetAsync(Me)).Is(200)["roles"]!.ToJsonString());
    }

    [Fact]
    public async Task A_person_changes_their_name_on_condition_that_nothing_has_changed()
    {
        var user = await shared.NewUserAsync();
        var before = (await user.GetAsync(Me)).Is(200);
        var changed = (await user.PatchAsync(Me, new { name = "  Zoe\u0301 ", version = 1 })).Is(200);
        Assert.Equal("Zoé", (string)changed["name"]!);
        Assert.Equal(2, (int)changed["version"]!);
        Assert.NotEqual(before.ETag, changed.ETag);
        Assert.Equal(changed.ETag, (await user.PatchAsync(Me, new { name = "Eva" }, ("If-Match", before.ETag!))).IsProblem(412, "PRECONDITION_FAILED").ETag);
        (await user.PatchAsync(Me, new { name = "Eva", version = 1 })).IsProblem(412, "PRECONDITION_FAILED");
        (await user.PatchAsync(Me, new { name = "Eva" }, ("If-Match", changed.ETag!))).Is(200);
        (await user.PatchAsync(Me, new { name = "" })).IsInvalid("name", "REQUIRED");
        (await user.PatchAsync(Me, new { name = "Eva", password = "another horse battery" })).IsInvalid("password", "UNKNOWN");
        (await user.PatchAsync(Me, new { nmae = "x" })).IsInvalid("nmae", "UNKNOWN");
    }

    [Fact]
    public async Task What_a_person_reads_of_themselves_can_be_put_back()
    {
        var user = await shared.NewUserAsync();
        var read = (await user.GetAsync(Me)).Is(200);
        Assert.Equal(read.Text, (await user.PatchAsync(Me, read.Text)).Is(200).Text);
    }

    [Fact]
    public async Task Only_a_token_that_this_server_signed_and_that_is_in_force_opens_anything()
    {
        var user = await shared.SomebodyAsync();
        var key = Encoding.UTF8.GetBytes(shared.Server.SigningKey);
        var claims = ForgedToken.ClaimsOf(user.AccessToken!);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        const string hs256 = ForgedToken.Header;

        string Sign(string header, JsonObject payload, Func<byte[], byte[]>? sign = null) => ForgedToken.Sign(header, payload, sign ?? (bytes => HMACSHA256.HashData(key, bytes)));

        JsonObject With(string claim, JsonNode? value)
        {
            var changed = claims.DeepClone().AsObject();
            changed[claim] = value;
            return changed;
        }

        JsonObject Without(string claim)
        {
            var changed = claims.DeepClone().AsObject();
            Assert.True(changed.Remove(claim));
            return changed;
        }

        // That a forged token with the right key works shows that the others fail for the reason they name.
        var client = shared.Nobody();
        client.AccessToken = Sign(hs256, claims);
        (await client.GetAsync(Me)).Is(200);
        client.AccessToken = Sign(hs256, With("roles", new JsonArray("user", "admin")));
        Assert.Equal("""["user"]""", (await client.GetAsync(Me)).Is(200)["roles"]!.ToJsonString());

        var valid = user.AccessToken!;
        var cases = new List<(string Name, string? Authorization, string Code)>
        {
            ("no header", null, "UNAUTHORIZED"),
            ("alg none without a signature", $"Bearer {Sign("""{"alg":"none"}""", claims, _ => [])}", "TOKEN_INVALID"),
            ("alg none with a signature", $"Bearer {Sign("""{"alg":"none"}""", claims)}", "TOKEN_INVALID"),
            ("no alg", $"Bearer {Sign("""{"typ":"JWT"}""", claims)}", "TOKEN_INVALID"),
            ("HS512", $"Bearer {Sign("""{"alg":"HS512"}""", claims, bytes => HMACSHA512.HashData(key, bytes))}", "TOKEN_INVALID"),
            ("HS384 by name only", $"Bearer {Sign("""{"alg":"HS384"}""", claims)}", "TOKEN_INVALID"),
            ("hs256 in lower case", $"Bearer {Sign("""{"alg":"hs256"}""", claims)}", "TOKEN_INVALID"),
            ("critical extension", $$"""Bearer {{Sign("""{"alg":"HS256","crit":["x"],"x":1}""", claims)}}""", "TOKEN_INVALID"),
            ("wrong key", $"Bearer {Sign(hs256, claims, bytes => HMACSHA256.HashData(new byte[32], bytes))}", "TOKEN_INVALID"),
            ("empty key", $"Bearer {Sign(hs256, claims, bytes => HMACSHA256.HashData(Array.Empty<byte>(), bytes))}", "TOKEN_INVALID"),
            ("truncated by one", $"Bearer {valid[..^1]}", "TOKEN_INVALID"),
            ("truncated by half", $"Bearer {valid[..(valid.Length / 2)]}", "TOKEN_INVALID"),
            ("without its signature", $"Bearer {valid[..valid.LastIndexOf('.')]}", "TOKEN_INVALID"),
            ("another payload under the signature", $"Bearer {valid.Split('.')[0]}.{Sign(hs256, With("exp", now + 99999)).Split('.')[1]}.{valid.Split('.')[2]}", "TOKEN_INVALID"),
            ("one character more", $"Bearer {valid}A", "TOKEN_INVALID"),
            ("expired", $"Bearer {Sign(hs256, With("exp", now - 1))}", "TOKEN_EXPIRED"),
            ("expired for long", $"Bearer {Sign(hs256, With("exp", 1))}", "TOKEN_EXPIRED"),
            ("from the future", $"Bearer {Sign(hs256, With("iat", now + 600))}", "TOKEN_INVALID"),
            ("exp as text", $"Bearer {Sign(hs256, With("exp", "9999999999"))}", "TOKEN_INVALID"),
            ("another kind of subject", $"Bearer {Sign(hs256, With("sub", "task_01h455vb4pex5vsknk084sn02q"))}", "TOKEN_INVALID"),
            ("a session there is not", $"Bearer {Sign(hs256, With("sid", "sess_01h455vb4pex5vsknk084sn02q"))}", "TOKEN_INVALID"),
            ("no token at all", "Bearer x", "TOKEN_INVALID"),
            ("dots", "Bearer ..", "TOKEN_INVALID"),
            ("very long", $"Bearer {new string('a', 6000)}", "TOKEN_INVALID"),
            ("a refresh token", $"Bearer {user.RefreshToken}", "TOKEN_INVALID"),
        };
        cases.AddRange(new[] { "sub", "iat", "exp", "roles", "sid", "ws" }.Select(claim => ($"without {claim}", (string?)$"Bearer {Sign(hs256, Without(claim))}", "TOKEN_INVALID")));
        client.AccessToken = null;
        foreach (var path in new[] { Me, User.Tasks })
        {
            foreach (var (name, authorization, code) in cases)
            {
                var answer = await client.GetAsync(path, authorization is null ? [] : [("Authorization", authorization)]);
                Assert.True(answer is { Status: 401 } && answer.Code == code, $"{name} at {path}: {answer.Status} {answer.Text}");
                Assert.StartsWith("Bearer", answer.Header("WWW-Authenticate"));
            }
        }
        (await client.GetAsync($"{Me}?access_token={valid}")).IsProblem(401, "UNAUTHORIZED");
        Assert.Equal(401, (await client.GetAsync(Me, ("Authorization", $"Basic {valid}"))).Status);
        (await client.GetAsync(Me, ("Authorization", $"bearer {valid}"))).Is(200);
    }
}
