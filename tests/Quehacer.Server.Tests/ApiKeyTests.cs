using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Personal API keys, through every contract.</summary>
public sealed class ApiKeyTests(SharedServer shared)
{
    private const string Keys = "/api/v1/me/keys";

    private static readonly string[] Both = ["tasks:read", "tasks:write"];

    private async Task<(Client Program, string Id)> WithKeyAsync(User owner, params string[] scopes)
    {
        var made = (await owner.PostAsync(Keys, new { name = "Script", scopes, current_password = User.Password })).Is(201);
        return (new Client(shared.Server.Http) { AccessToken = (string)made["key"]! }, (string)made["id"]!);
    }

    [Fact]
    public async Task A_key_lives_its_whole_life()
    {
        var ana = await shared.NewUserAsync();
        var made = (await ana.PostAsync(Keys, new { name = " Backup  script ", scopes = Both, expires_at = "2099-01-01T00:00:00+02:00", current_password = User.Password })).Is(201);
        Assert.Matches("^key_[0-9a-z]{26}$", (string)made["id"]!);
        Assert.Matches("^qh_[A-Za-z0-9_-]{64}$", (string)made["key"]!);
        Assert.Equal("2098-12-31T22:00:00.000Z", (string)made["expires_at"]!);
        Assert.Equal($"{Keys}/{made["id"]}", made.Header("Location"));
        Assert.Equal("no-store", made.Header("Cache-Control"));

        var program = new Client(shared.Server.Http) { AccessToken = (string)made["key"]! };
        var task = (await program.PostAsync(User.Tasks, new { title = "Made by a program" })).Is(201);
        Assert.Equal((string)task["id"]!, (string)(await ana.GetAsync($"{User.Tasks}/1")).Is(200)["id"]!);
        Assert.Equal(ana.Email, (string)(await program.GetAsync("/api/v1/me")).Is(200)["email"]!);

        // What it is is told once; that it is there, again and again.
        var shown = (await ana.GetAsync($"{Keys}/{made["id"]}")).Is(200);
        Assert.Null(shown["key"]);
        Assert.Equal(Both, shown["scopes"]!.AsArray().Select(scope => (string)scope!));
        Assert.Equal((string)made["id"]!, (string)Assert.Single((await ana.GetAsync(Keys)).Is(200)["keys"]!.AsArray())!["id"]!);
        Assert.Equal("0", await shared.Server.SqlAsync($"SELECT count(*) FROM sessions WHERE encode(refresh_hash, 'escape') LIKE '%{made["key"]}%'"));

        (await ana.DeleteAsync($"{Keys}/{made["id"]}")).Is(204);
        (await program.GetAsync(User.Tasks)).IsProblem(401, "TOKEN_INVALID");
        (await program.PostAsync(User.Tasks, new { title = "Too late" })).IsProblem(401, "TOKEN_INVALID");
        (await program.GetAsync("/api/tareas")).Is(401);
        (await program.GetAsync("/tasks/task/list/page")).Is(401);
        (await ana.DeleteAsync($"{Keys}/{made["id"]}")).Is(404);
        Assert.Empty((await ana.GetAsync(Keys)).Is(200)["keys"]!.AsArray());
    }

    /// <summary>A key that is bound to a workspace works there unless told, and nowhere else; what it may do there is what its owner may.</summary>
    [Fact]
    public async Task A_key_of_one_workspace_works_there_in_v1_and_nowhere_else()
    {
        var ana = await shared.NewUserAsync();
        var home = (string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
        var made = (await ana.PostAsync(Keys, new { name = "Board", scopes = new[] { "tasks:read", "tasks:write", "workspaces:read" }, workspace_id = home, current_password = User.Password })).Is(201);
        Assert.Equal(home, (string)made["workspace_id"]!);
        Assert.Equal(home, (string)(await ana.GetAsync($"{Keys}/{made["id"]}")).Is(200)["workspace_id"]!);
        var board = new Client(shared.Server.Http) { AccessToken = (string)made["key"]! };
        var task = (await board.PostAsync(User.Tasks, new { title = "Ours" })).Is(201);
        (await board.GetAsync(task.Header("Location")!)).Is(200);
        Assert.Equal("Ours", (string)(await ana.GetAsync($"{User.Tasks}/{task["id"]}?workspace_id={home}")).Is(200)["title"]!);
        (await ana.GetAsync($"{User.Tasks}/{task["id"]}")).Is(404);
        (await board.GetAsync($"{User.Tasks}?workspace_id={home}")).Is(200);
        var me = (await board.GetAsync("/api/v1/me")).Is(200);
        Assert.Equal(("person", ana.Email), ((string)me["kind"]!, (string)me["email"]!));
        foreach (var other in new[] { (string)me["workspace_id"]!, (string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Other" })).Is(201)["id"]! })
        {
            (await board.GetAsync($"{User.Tasks}?workspace_id={other}")).IsProblem(404, "RESOURCE_NOT_FOUND");
            (await board.PostAsync($"{User.Tasks}?workspace_id={other}", new { title = "No" })).IsProblem(404, "RESOURCE_NOT_FOUND");
            (await board.GetAsync($"/api/v1/workspaces/{other}")).IsProblem(404, "RESOURCE_NOT_FOUND");
        }
        Assert.Equal(home, (string)Assert.Single((await board.GetAsync("/api/v1/workspaces")).Is(200)["workspaces"]!.AsArray())!["id"]!);
        Assert.Contains("espacio personal", (string)(await board.GetAsync("/api/tareas")).Is(403)["message"]!);
        Assert.Equal("FORBIDDEN", (string)(await board.GetAsync("/tasks/task/list/page")).Is(403)["resultMessage"]!);

        // One that is bound to the personal workspace is let in everywhere, and to no other.
        var own = new Client(shared.Server.Http) { AccessToken = (string)(await ana.PostAsync(Keys, new { name = "Own", scopes = Both, workspace_id = me["workspace_id"], current_password = User.Password })).Is(201)["key"]! };
        (await own.GetAsync("/api/tareas")).Is(200);
        (await own.GetAsync("/tasks/task/list/page")).Is(200);
        (await own.GetAsync($"{User.Tasks}?workspace_id={home}")).Is(404);
        // Nobody binds one to what they do not see.
        var eva = await shared.SomebodyAsync();
        (await eva.PostAsync(Keys, new { name = "x", scopes = Both, workspace_id = home, current_password = User.Password })).IsInvalid("workspace_id", "NO_SUCH_THING");
        (await eva.PostAsync(Keys, new { name = "x", scopes = Both, workspace_id = "home", current_password = User.Password })).IsInvalid("workspace_id", "NOT_AN_ID");
        await shared.Server.SqlAsync($"UPDATE accounts SET is_admin = true WHERE email = '{ana.Email}'");
        (await ana.PostAsync(Keys, new { name = "x", scopes = new[] { "admin" }, workspace_id = home, current_password = User.Password })).IsInvalid("workspace_id", "CONTRADICTION");
    }

    [Fact]
    public async Task What_cannot_be_a_key_is_refused_by_name()
    {
        var ana = await shared.NewUserAsync();
        var answer = await ana.PostAsync(Keys, new { name = "", scopes = Array.Empty<string>(), expires_at = "2001-01-01T00:00:00Z", scope = 1 });
        answer.IsInvalid("name", "REQUIRED");
        answer.IsInvalid("scopes", "REQUIRED");
        answer.IsInvalid("expires_at", "NOT_IN_FUTURE");
        answer.IsInvalid("current_password", "REQUIRED");
        answer.IsInvalid("scope", "UNKNOWN");
        (await ana.PostAsync(Keys, new { name = "x", scopes = new[] { "tasks:read", "webhooks:write" }, current_password = User.Password })).IsInvalid("scopes[1]", "NOT_ONE_OF");
        (await ana.PostAsync(Keys, new { name = "x", scopes = "tasks:read", current_password = User.Password })).IsInvalid("scopes", "NOT_AN_ARRAY_OF_STRINGS");
        (await ana.PostAsync(Keys, new { name = "x", scopes = Both, current_password = "not the one" })).IsProblem(401, "INVALID_CREDENTIALS");
        (await shared.Nobody().PostAsync(Keys, new { name = "x" })).Is(401);
        Assert.Empty((await ana.GetAsync(Keys)).Is(200)["keys"]!.AsArray());
    }

    [Fact]
    public async Task Keys_of_others_are_not_there()
    {
        var (ana, eva) = (await shared.NewUserAsync(), await shared.SomebodyAsync());
        var (program, id) = await WithKeyAsync(ana, Both);
        (await eva.GetAsync($"{Keys}/{id}")).Is(404);
        (await eva.DeleteAsync($"{Keys}/{id}")).Is(404);
        // A session is no key, whoever's it is.
        var session = await shared.Server.SqlAsync($"SELECT s.session_id FROM sessions s JOIN accounts a USING (user_id) WHERE a.email = '{ana.Email}' AND NOT s.is_key");
        (await ana.DeleteAsync($"{Keys}/{session}")).Is(404);
        (await program.GetAsync(User.Tasks)).Is(200);
        foreach (var id2 in new[] { "key_x", "task_01h455vb4pex5vsknk084sn02q", "1", "%20" })
        {
            (await ana.GetAsync($"{Keys}/{id2}")).Is(404);
        }
    }

    [Fact]
    public async Task Only_the_very_key_opens_anything()
    {
        var ana = await shared.NewUserAsync();
        var (program, id) = await WithKeyAsync(ana, Both);
        var key = program.AccessToken!;
        (await program.GetAsync(User.Tasks)).Is(200);
        string[] wrong = [key[..^1], key + "A", "qh_", "qh_AAAA", key[..20] + (key[20] == 'A' ? 'B' : 'A') + key[21..], key[..^1] + (key[^1] == 'A' ? 'E' : 'A'), "QH_" + key[3..], key.Replace("qh_", "qr_"), $"qh_{new string('_', 64)}"];
        foreach (var text in wrong)
        {
            program.AccessToken = text;
            (await program.GetAsync(User.Tasks)).IsProblem(401, "TOKEN_INVALID");
        }
        (await shared.Nobody().PostAsync("/api/v1/auth/refresh", new { refresh_token = key })).Is(401);
        // A key that has expired.
        program.AccessToken = key;
        await shared.Server.SqlAsync($"UPDATE sessions SET expires_at = now() - interval '1 second' WHERE session_id = (SELECT key_id FROM api_keys k JOIN accounts a USING (user_id) WHERE a.email = '{ana.Email}')");
        var (other, _) = await WithKeyAsync(ana, Both);
        (await other.GetAsync(User.Tasks)).Is(200);
        Assert.NotEmpty(id);
    }

    [Fact]
    public async Task A_reset_ends_keys_and_a_change_of_the_password_or_the_end_of_sessions_does_not()
    {
        const string changed = "another one to remember";
        var ana = await shared.NewUserAsync();
        var (program, id) = await WithKeyAsync(ana, Both);
        (await ana.PostAsync("/api/v1/me/password", new { current_password = User.Password, password = changed })).Is(204);
        (await program.GetAsync(User.Tasks)).Is(200);
        Assert.DoesNotContain((await ana.GetAsync("/api/v1/me/sessions")).Is(200)["sessions"]!.AsArray(), session => (string)session!["id"]! == id.Replace("key_", "sess_"));
        (await ana.DeleteAsync($"/api/v1/me/sessions/{id.Replace("key_", "sess_")}")).Is(404);
        (await ana.DeleteAsync("/api/v1/me/sessions")).Is(204);
        (await ana.GetAsync(User.Tasks)).Is(401);
        (await program.GetAsync(User.Tasks)).Is(200);
        (await program.DeleteAsync("/api/v1/me/sessions")).Is(403);
        // Whoever has to reset a password has lost hold of the account.
        (await ana.PostAsync("/api/v1/auth/password-reset/confirm", new { token = await ana.AskForResetAsync(shared.Server), password = changed + "!" })).Is(204);
        (await program.GetAsync(User.Tasks)).Is(401);
    }

    [Fact]
    public async Task A_repeat_under_its_key_is_given_the_same_key_and_a_hundred_are_all_there_may_be()
    {
        var ana = await shared.NewUserAsync();
        var body = new { name = "Script", scopes = Both, current_password = User.Password };
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ana.PostAsync(Keys, body, ("Idempotency-Key", "\"one\""))));
        Assert.Single(answers.Select(answer => (string)answer.Is(201)["key"]!).Distinct());
        Assert.Equal(5, answers.Count(answer => answer.IsReplay));
        Assert.Single((await ana.GetAsync(Keys)).Is(200)["keys"]!.AsArray());

        // All but two of the others, without asking for a hundred passwords.
        await shared.Server.SqlAsync($"""
            WITH made AS (
                INSERT INTO sessions (session_id, user_id, generation, refresh_hash, refreshed_at, expires_at, is_key)
                SELECT ('01900000-0000-7000-8000-' || lpad(to_hex((random() * 281474976710655)::bigint), 12, '0'))::uuid, a.user_id, 0, decode(md5(i::text), 'hex'), now(), 'infinity', true FROM accounts a, generate_series(1, 97) i WHERE a.email = '{ana.Email}' RETURNING session_id, user_id)
            INSERT INTO api_keys (key_id, user_id, name, scopes) SELECT session_id, user_id, 'x', 3 FROM made
            """);
        var last = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ana.PostAsync(Keys, body)));
        Assert.Equal(2, last.Count(answer => answer.Status == 201));
        Assert.All(last.Where(answer => answer.Status != 201), answer => answer.IsInvalid("body", "TOO_MANY"));
        Assert.Equal(100, (await ana.GetAsync(Keys)).Is(200)["keys"]!.AsArray().Count);
    }
}
