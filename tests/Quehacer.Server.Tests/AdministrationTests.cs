using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Administrators of the installation from outside: who may, what it does, and what is recorded of it.</summary>
public sealed class AdministrationTests(SharedServer shared)
{
    private const string Users = "/api/v1/admin/users";
    private const string Audit = "/api/v1/admin/audit";

    private static async Task<string> IdOfAsync(User user) => (string)(await user.GetAsync("/api/v1/me")).Is(200)["id"]!;

    private async Task<List<JsonNode>> ActsAsync(User admin, string query) => [.. (await admin.GetAsync($"{Audit}?{query}")).Is(200)["acts"]!.AsArray().Select(act => act!)];

    /// <summary>Every endpoint of administrators with everybody who is none, from the description: nothing is open to them, whatever else is wrong with what they ask.</summary>
    [Fact]
    public async Task Nobody_but_an_administrator_gets_in_whatever_their_token_says()
    {
        var (admin, former, ana) = (await shared.AdministratorAsync(), await shared.NewAdministratorAsync(), await shared.NewUserAsync());
        await former.LogInAsync();
        await shared.Server.SqlAsync($"UPDATE accounts SET is_admin = false WHERE email = '{former.Email}'");
        var key = new Client(shared.Server.Http)
        {
            AccessToken = (string)(await admin.PostAsync("/api/v1/me/keys", new { name = "Script", scopes = new[] { "tasks:read", "tasks:write" }, current_password = User.Password })).Is(201)["key"]!,
        };
        var (subject, task) = await shared.SubjectAsync();
        var asked = 0;
        foreach (var operation in new Description().Operations.Where(operation => operation.Path.StartsWith("/api/v1/admin", StringComparison.Ordinal)))
        {
            var body = operation.Method == "GET" ? null : "{}";
            foreach (var id in new[] { subject, await IdOfAsync(ana), Guid.NewGuid().ToString(), "user_x" })
            {
                var path = operation.Path.Replace("{id}", id).Replace("{task_id}", task);
                (await shared.Nobody().SendAsync(operation.Method, path, body)).IsProblem(401, "UNAUTHORIZED");
                foreach (var somebody in new Client[] { ana, former, key })
                {
                    (await somebody.SendAsync(operation.Method, path, body)).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
                    asked++;
                }
                Assert.DoesNotContain((await admin.SendAsync(operation.Method, operation.Path.Replace("{id}", id == subject ? id : "user_x").Replace("{task_id}", task), body)).Status, new[] { 401, 403 });
            }
            (await ana.SendAsync(operation.Method, $"{operation.Path.Replace("{id}", subject).Replace("{task_id}", "x")}?cursor=x&sort=x", body)).IsOneOf(403, 422);
        }
        Assert.True(asked >= 100, $"Only {asked} were tried.");
        // With a right to reads only, nothing of somebody else is written.
        foreach (var method in new[] { "POST", "PUT", "PATCH", "DELETE" })
        {
            (await admin.SendAsync(method, $"{Users}/{subject}/tasks/{task}", "{}")).Is(405);
        }
        (await admin.PatchAsync($"{User.Tasks}/{task}", new { title = "Mine" })).Is(404);
    }

    [Fact]
    public async Task A_suspension_acts_at_once_in_every_contract_and_its_end_gives_everything_back()
    {
        var (admin, ana) = (await shared.AdministratorAsync(), await shared.NewUserAsync());
        var id = await IdOfAsync(ana);
        await ana.CreateAsync(new { title = "Kept" });
        var key = new Client(shared.Server.Http)
        {
            AccessToken = (string)(await ana.PostAsync("/api/v1/me/keys", new { name = "Script", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201)["key"]!,
        };
        (await key.GetAsync(User.Tasks)).Is(200);
        var reset = await ana.AskForResetAsync(shared.Server);
        var letters = ReceivedMail.Letters(shared.Server, ana.Email).Count;

        var suspended = (await admin.PostAsync($"{Users}/{id}/suspend", new { reason = "Sends other people's mail." })).Is(200);

        Assert.NotNull(suspended["suspended_at"]);
        Assert.Equal(suspended.ETag, (await admin.GetAsync($"{Users}/{id}")).Is(200).ETag);
        foreach (var client in new Client[] { ana, key })
        {
            (await client.GetAsync(User.Tasks)).IsProblem(401, "TOKEN_INVALID");
            (await client.PostAsync(User.Tasks, new { title = "No" })).Is(401);
            (await client.GetAsync("/api/tareas")).Is(401);
            (await client.GetAsync("/tasks/task/list/page")).Is(401);
        }
        var nobody = shared.Nobody();
        (await nobody.PostAsync("/api/v1/auth/refresh", new { refresh_token = ana.RefreshToken })).IsProblem(401, "TOKEN_INVALID");
        (await nobody.PostAsync("/api/v1/auth/login", new { email = ana.Email, password = User.Password })).IsProblem(403, "ACCOUNT_SUSPENDED");
        Assert.Equal("Cuenta suspendida", (string)(await nobody.PostAsync("/api/v1/auth/login", new { email = ana.Email, password = User.Password }, ("Accept-Language", "es")))["title"]!);
        (await nobody.PostAsync("/api/v1/auth/login", new { email = ana.Email, password = "another" })).IsProblem(401, "INVALID_CREDENTIALS");
        var tareas = (await nobody.PostAsync("/api/auth/login", new { email = ana.Email, password = User.Password })).Is(403);
        Assert.Equal(("Forbidden", "Esta cuenta está suspendida; pregunta a quien opera el servidor"), ((string)tareas["error"]!, (string)tareas["message"]!));
        (await nobody.PostAsync("/api/auth/login", new { email = ana.Email, password = "another" })).Is(401);
        (await nobody.PostAsync("/api/v1/auth/password-reset/confirm", new { token = reset, password = "another one to remember" })).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
        // Whoever asks for letters is answered as ever, and none comes but the one that tells of the suspension.
        (await nobody.PostAsync("/api/v1/auth/password-reset", new { email = ana.Email })).Is(202);
        (await nobody.PostAsync("/api/v1/auth/verify-email/resend", new { email = ana.Email })).Is(202);
        (await nobody.PostAsync("/api/v1/auth/login/code", new { email = ana.Email })).Is(202);

        var unsuspended = (await admin.PostAsync($"{Users}/{id}/unsuspend")).Is(200);
        Assert.Null(unsuspended["suspended_at"]);
        Assert.Equal("Kept", (string)(await (await LoggedInAsync(ana)).GetAsync($"{User.Tasks}/1")).Is(200)["title"]!);
        (await key.GetAsync(User.Tasks)).Is(401);
        for (var waited = 0; ReceivedMail.Letters(shared.Server, ana.Email).Count < letters + 2 && waited < 500; waited++)
        {
            await Task.Delay(20);
        }
        Assert.Equal(["Your account was suspended", "Your account is no longer suspended"], ReceivedMail.Letters(shared.Server, ana.Email).Skip(letters).Select(SubjectOf));
        Assert.DoesNotContain("other people's mail", string.Concat(ReceivedMail.Letters(shared.Server, ana.Email)));

        var acts = await ActsAsync(admin, $"user_id={id}");
        Assert.Equal(["user.unsuspended", "user.suspended"], acts.Select(act => (string)act["act"]!));
        Assert.Equal("Sends other people's mail.", (string)acts[1]["detail"]!["reason"]!);
        Assert.Equal(await IdOfAsync(admin), (string)acts[1]["actor_id"]!);
        Assert.Equal(suspended.Header("X-Request-Id"), (string)acts[1]["request_id"]!);

        static async Task<User> LoggedInAsync(User user)
        {
            await user.LogInAsync();
            return user;
        }

        static string SubjectOf(string letter) => letter.Split('\n').First(line => line.StartsWith("Subject: ", StringComparison.Ordinal))["Subject: ".Length..].Trim();
    }

    [Fact]
    public async Task Plan_and_role_are_changed_on_the_state_that_was_seen()
    {
        var (admin, ana) = (await shared.AdministratorAsync(), await shared.NewUserAsync());
        var id = await IdOfAsync(ana);
        var seen = (await admin.GetAsync($"{Users}/{id}")).Is(200);
        Assert.Equal((ana.Email, "user", "standard", "Ana"), ((string)seen["email"]!, (string)seen["role"]!, (string)seen["plan"]!, (string)seen["name"]!));
        Assert.Equal((1, 0, true), ((int)seen["workspaces_owned"]!, seen["second_factors"]!.AsArray().Count, seen["last_seen_at"] is not null));
        Assert.Equal("", (await admin.GetAsync($"{Users}/{id}", ("If-None-Match", seen.ETag!))).Is(304).Text);

        var changed = (await admin.PatchAsync($"{Users}/{id}", new { plan = "plus", role = "admin" }, ("If-Match", seen.ETag!))).Is(200);
        Assert.Equal(("plus", "admin"), ((string)changed["plan"]!, (string)changed["role"]!));
        (await admin.PatchAsync($"{Users}/{id}", new { plan = "premium" }, ("If-Match", seen.ETag!))).IsProblem(412, "PRECONDITION_FAILED");
        (await admin.PatchAsync($"{Users}/{id}", new { plan = "premium", version = 1 })).IsProblem(412, "PRECONDITION_FAILED");
        // The token of before is good for what the account may now, and says the plan of before.
        (await ana.GetAsync(Users)).Is(200);
        Assert.Equal("standard", PlanIn(ana.AccessToken!));
        await ana.LogInAsync();
        Assert.Equal("plus", PlanIn(ana.AccessToken!));
        (await ana.PatchAsync($"{Users}/{id}", new { role = "user" })).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        (await ana.PostAsync($"{Users}/{id}/suspend")).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        (await ana.PostAsync($"{Users}/{id}/reset-factor")).IsProblem(403, "INSUFFICIENT_PERMISSIONS");

        // What was read can be put back, and what cannot be is named.
        (await admin.PatchAsync($"{Users}/{id}", (await admin.GetAsync($"{Users}/{id}")).Json)).Is(200);
        var wrong = await admin.PatchAsync($"{Users}/{id}", new { plan = "gold", role = "owner", rol = 1 });
        wrong.IsInvalid("plan", "NOT_ONE_OF");
        wrong.IsInvalid("role", "NOT_ONE_OF");
        wrong.IsInvalid("rol", "UNKNOWN");
        (await admin.PostAsync($"{Users}/{id}/suspend", new { reason = new string('x', 501) })).IsInvalid("reason", "TOO_LONG");
        (await admin.PatchAsync($"{Users}/{Guid.NewGuid()}", new { plan = "plus" })).Is(404);
        (await admin.PatchAsync($"{Users}/{id}", new { role = "user" })).Is(200);
        (await ana.GetAsync(Users)).Is(403);
        Assert.Equal([("admin", "user"), ("user", "admin")], (await ActsAsync(admin, $"user_id={id}&act=user.role_changed")).Select(act => ((string)act["detail"]!["from"]!, (string)act["detail"]!["to"]!)));

        static string PlanIn(string token) => (string)ForgedToken.ClaimsOf(token)["plan"]!;
    }

    [Fact]
    public async Task Somebody_who_has_lost_their_factors_gets_in_again_and_somebody_who_is_signed_out_has_to()
    {
        var (admin, ana) = (await shared.AdministratorAsync(), await shared.NewUserAsync());
        var id = await IdOfAsync(ana);
        await OneTimeCode.AddAuthenticatorAsync(ana);
        Assert.Equal(["totp"], (await admin.GetAsync($"{Users}/{id}")).Is(200)["second_factors"]!.AsArray().Select(factor => (string)factor!));
        var first = (await admin.PostAsync($"{Users}/{id}/reset-factor", null, ("Idempotency-Key", "\"one\""))).Is(200);
        Assert.Empty(first["second_factors"]!.AsArray());
        Assert.True((await admin.PostAsync($"{Users}/{id}/reset-factor", null, ("Idempotency-Key", "\"one\""))).Is(200).IsReplay);
        (await ana.GetAsync(User.Tasks)).Is(401);
        await ana.LogInAsync();

        var key = new Client(shared.Server.Http)
        {
            AccessToken = (string)(await ana.PostAsync("/api/v1/me/keys", new { name = "Script", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201)["key"]!,
        };
        (await admin.PostAsync($"{Users}/{id}/sign-out")).Is(204);
        (await ana.GetAsync(User.Tasks)).Is(401);
        (await key.GetAsync(User.Tasks)).Is(200);
        Assert.Equal(["user.signed_out", "user.factors_reset"], (await ActsAsync(admin, $"user_id={id}")).Select(act => (string)act["act"]!));
    }

    [Fact]
    public async Task Tasks_of_somebody_are_read_by_administrators_and_each_look_is_recorded()
    {
        var (admin, ana) = (await shared.NewAdministratorAsync(), await shared.NewUserAsync());
        var id = await IdOfAsync(ana);
        for (var i = 1; i <= 3; i++)
        {
            await ana.CreateAsync(new { title = $"Task {i}", priority = i == 1 ? "high" : "low" });
        }
        var shared2 = (string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
        (await ana.PostAsync($"{User.Tasks}?workspace_id={shared2}", new { title = "At home" })).Is(201);

        var page = (await admin.GetAsync($"{Users}/{id}/tasks?limit=2&sort=number&fields=title")).Is(200);
        Assert.Equal(["Task 1", "Task 2"], page["tasks"]!.AsArray().Select(task => (string)task!["title"]!));
        Assert.Equal((3, "no-store"), ((int)page["pagination"]!["total"]!, page.Header("Cache-Control")));
        Assert.Equal(["Task 3"], (await admin.GetAsync((string)page["_links"]!["next"]!)).Is(200)["tasks"]!.AsArray().Select(task => (string)task!["title"]!));
        Assert.Equal("Task 1", (string)(await admin.GetAsync($"{Users}/{id}/tasks?priority=high")).Is(200)["tasks"]![0]!["title"]!);
        var one = (await admin.GetAsync($"{Users}/{id}/tasks/1?workspace_id={shared2}&expand=links")).Is(200);
        Assert.Equal("At home", (string)one["title"]!);
        Assert.Equal(["self"], one["_links"]!.AsObject().Select(link => link.Key));
        (await admin.GetAsync($"{Users}/{id}/tasks/7")).Is(404);
        (await admin.GetAsync($"{Users}/{await IdOfAsync(admin)}/tasks?workspace_id={shared2}")).Is(404);
        (await admin.GetAsync($"{Users}/{id}/tasks?workspace_id=x")).IsInvalid("workspace_id", "NOT_AN_ID");
        (await admin.GetAsync($"{Users}/{id}/tasks?workspace={shared2}")).IsInvalid("workspace", "UNKNOWN");
        // By their own right an administrator is a stranger there.
        (await admin.GetAsync($"{User.Tasks}?workspace_id={shared2}")).Is(404);

        var acts = await ActsAsync(admin, $"actor_id={await IdOfAsync(admin)}");
        Assert.Equal(["user.task_read", "user.tasks_listed", "user.tasks_listed", "user.tasks_listed"], acts.Select(act => (string)act["act"]!));
        Assert.Equal((shared2, (string)one["id"]!), ((string)acts[0]["workspace_id"]!, (string)acts[0]["detail"]!["task_id"]!));
    }

    [Fact]
    public async Task The_trail_is_read_by_cursor_and_by_what_is_asked_of_it()
    {
        var (admin, ana) = (await shared.NewAdministratorAsync(), await shared.NewUserAsync());
        var (me, id) = (await IdOfAsync(admin), await IdOfAsync(ana));
        foreach (var plan in new[] { "plus", "premium", "standard", "plus", "standard" })
        {
            (await admin.PatchAsync($"{Users}/{id}", new { plan })).Is(200);
        }
        var all = await ActsAsync(admin, $"actor_id={me}");
        Assert.Equal(["standard", "plus", "standard", "premium", "plus"], all.Select(act => (string)act["detail"]!["to"]!));
        var first = (await admin.GetAsync($"{Audit}?actor_id={me}&limit=2&include_total=true")).Is(200);
        Assert.Equal((5, "5", true, false), ((int)first["pagination"]!["total"]!, first.Header("X-Total-Count"), (bool)first["pagination"]!["has_next"]!, (bool)first["pagination"]!["has_previous"]!));
        var second = (await admin.GetAsync((string)first["_links"]!["next"]!)).Is(200);
        Assert.Equal(all.Skip(2).Take(2).Select(act => (string)act["id"]!), second["acts"]!.AsArray().Select(act => (string)act!["id"]!));
        Assert.Equal(first["acts"]!.ToJsonString(), (await admin.GetAsync((string)second["_links"]!["previous"]!)).Is(200)["acts"]!.ToJsonString());
        Assert.Equal(2, (await ActsAsync(admin, $"actor_id={me}&since={all[1]["at"]}")).Count);
        Assert.Equal(3, (await ActsAsync(admin, $"user_id={id}&until={all[1]["at"]}")).Count);
        Assert.Empty(await ActsAsync(admin, $"actor_id={me}&act=user.suspended"));
        (await admin.GetAsync($"{Audit}?act=user.praised")).IsInvalid("act", "NOT_ONE_OF");
        (await admin.GetAsync($"{Audit}?since=2030-01-02&until=2030-01-01")).IsInvalid("until", "CONTRADICTION");
        (await admin.GetAsync($"{Audit}?cursor={(string)first["pagination"]!["next_cursor"]!}")).IsInvalid("cursor", "INVALID_CURSOR");
        (await admin.GetAsync($"{Users}?cursor={(string)first["pagination"]!["next_cursor"]!}")).IsInvalid("cursor", "INVALID_CURSOR");
        (await admin.GetAsync($"{Users}?search=,&sort=age&limit=101&plan=gold")).IsInvalid("search", "NOTHING_TO_SEARCH_FOR");
        Assert.Equal(ana.Email, (string)Assert.Single((await admin.GetAsync($"{Users}?search={ana.Email.ToUpperInvariant()}")).Is(200)["users"]!.AsArray())!["email"]!);
    }
}
