using System.Globalization;
using Quehacer.Server.Tests.Live;

namespace Quehacer.Server.Tests;

/// <summary>Service accounts over v1, and what their keys open.</summary>
public sealed class ServiceAccountTests(SharedServer shared)
{
    private static readonly object Builder = new { name = "Build server", role = "editor", current_password = User.Password };

    private static readonly object Key = new { name = "Key", scopes = new[] { "tasks:read", "tasks:write", "workspaces:read" }, current_password = User.Password };

    private static async Task<string> FoundAsync(User owner) => (string)(await owner.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;

    private async Task<(Client Program, string At, string Id)> MakeAsync(User owner, string workspace)
    {
        var made = (await owner.PostAsync($"/api/v1/workspaces/{workspace}/service-accounts", Builder)).Is(201);
        var key = (await owner.PostAsync($"{made.Header("Location")}/keys", Key)).Is(201);
        return (new Client(shared.Server.Http) { AccessToken = (string)key["key"]! }, made.Header("Location")!, (string)made["user_id"]!);
    }

    [Fact]
    public async Task A_service_account_lives_its_whole_life()
    {
        var ana = await shared.NewUserAsync();
        var home = await FoundAsync(ana);
        var accounts = $"/api/v1/workspaces/{home}/service-accounts";
        var made = (await ana.PostAsync(accounts, new { name = "  Build  server ", role = "editor", current_password = User.Password })).Is(201);
        Assert.Matches("^user_[0-9a-z]{26}$", (string)made["user_id"]!);
        Assert.Equal(("Build  server", "editor", 1), ((string)made["name"]!, (string)made["role"]!, (int)made["version"]!));
        var at = $"{accounts}/{made["user_id"]}";
        Assert.Equal(at, made.Header("Location"));
        Assert.Equal(made.ETag, (await ana.GetAsync(at)).Is(200).ETag);
        (await ana.GetAsync(at, ("If-None-Match", made.ETag!))).Is(304);
        Assert.Equal(2, (int)(await ana.GetAsync($"/api/v1/workspaces/{home}")).Is(200)["member_count"]!);

        var key = (await ana.PostAsync($"{at}/keys", Key)).Is(201);
        Assert.Equal((home, "no-store"), ((string)key["workspace_id"]!, key.Header("Cache-Control")));
        Assert.Equal($"{at}/keys/{key["id"]}", key.Header("Location"));
        Assert.Null((await ana.GetAsync(key.Header("Location")!)).Is(200)["key"]);
        var program = new Client(shared.Server.Http) { AccessToken = (string)key["key"]! };
        var me = (await program.GetAsync("/api/v1/me")).Is(200);
        Assert.Equal(("service", default(string?), "Build  server", home), ((string)me["kind"]!, (string?)me["email"], (string)me["name"]!, (string)me["workspace_id"]!));
        var task = (await program.PostAsync(User.Tasks, new { title = "Broken build" })).Is(201);
        (await program.PostAsync($"{User.Tasks}/1/notes", new { text = "It fails since noon." })).Is(201);
        Assert.Equal("Build  server", (string)(await ana.GetAsync($"{User.Tasks}/{task["id"]}/notes?workspace_id={home}")).Is(200)["notes"]![0]!["author"]!["name"]!);
        Assert.Equal((string)made["user_id"]!, (string)Assert.Single((await program.GetAsync(accounts)).Is(200)["service_accounts"]!.AsArray())!["user_id"]!);

        var seen = (await ana.GetAsync(at)).Is(200);
        (await ana.PatchAsync(at, new { role = "viewer", version = 999 })).IsProblem(412, "PRECONDITION_FAILED");
        var viewer = (await ana.PatchAsync(at, new { role = "viewer", name = "Builder" }, ("If-Match", seen.ETag!))).Is(200);
        Assert.Equal(("Builder", "viewer"), ((string)viewer["name"]!, (string)viewer["role"]!));
        // What was read can be put back.
        Assert.Equal((int)viewer["version"]!, (int)(await ana.PatchAsync(at, viewer.Json)).Is(200)["version"]!);
        (await program.GetAsync($"{User.Tasks}/1")).Is(200);
        (await program.PostAsync(User.Tasks, new { title = "No" })).IsProblem(403, "INSUFFICIENT_PERMISSIONS");

        Assert.Equal("key_", ((string)Assert.Single((await ana.GetAsync($"{at}/keys")).Is(200)["keys"]!.AsArray())!["id"]!)[..4]);
        var second = new Client(shared.Server.Http) { AccessToken = (string)(await ana.PostAsync($"{at}/keys", Key)).Is(201)["key"]! };
        (await ana.DeleteAsync(key.Header("Location")!)).Is(204);
        (await program.GetAsync(User.Tasks)).IsProblem(401, "TOKEN_INVALID");
        (await second.GetAsync(User.Tasks)).Is(200);
        (await ana.DeleteAsync(at)).Is(204);
        (await second.GetAsync(User.Tasks)).IsProblem(401, "TOKEN_INVALID");
        (await second.GetAsync("/api/v1/me")).IsProblem(401, "TOKEN_INVALID");
        (await ana.GetAsync(at)).Is(404);
        (await ana.DeleteAsync(at)).Is(404);
        (await ana.PostAsync($"{at}/keys", Key)).Is(404);
        Assert.Equal(1, (int)(await ana.GetAsync($"/api/v1/workspaces/{home}")).Is(200)["member_count"]!);
        Assert.Equal("Builder", (string)(await ana.GetAsync($"{User.Tasks}/1/notes?workspace_id={home}")).Is(200)["notes"]![0]!["author"]!["name"]!);
    }

    [Fact]
    public async Task What_cannot_be_one_is_refused_by_name_and_strangers_find_none()
    {
        var (ana, eva) = (await shared.NewUserAsync(), await shared.SomebodyAsync());
        var home = await FoundAsync(ana);
        var accounts = $"/api/v1/workspaces/{home}/service-accounts";
        var wrong = await ana.PostAsync(accounts, new { name = "", role = "owner", rank = 1 });
        wrong.IsInvalid("name", "REQUIRED");
        wrong.IsInvalid("role", "NOT_ONE_OF");
        wrong.IsInvalid("current_password", "REQUIRED");
        wrong.IsInvalid("rank", "UNKNOWN");
        (await ana.PostAsync(accounts, new { name = "x", role = "viewer", current_password = "not the one" })).IsProblem(401, "INVALID_CREDENTIALS");
        (await ana.PostAsync($"/api/v1/workspaces/{(await ana.GetAsync("/api/v1/me"))["workspace_id"]}/service-accounts", Builder)).IsProblem(409, "WORKSPACE_IS_PERSONAL");
        var (program, at, id) = await MakeAsync(ana, home);
        (await ana.PostAsync($"{at}/keys", new { name = "x", scopes = new[] { "admin" }, current_password = User.Password })).IsInvalid("scopes[0]", "NOT_ONE_OF");
        (await ana.PostAsync($"{at}/keys", new { name = "x", scopes = new[] { "workspaces:write" }, current_password = User.Password })).IsInvalid("scopes[0]", "NOT_ONE_OF");
        (await ana.PostAsync($"{at}/keys", new { name = "x", scopes = new[] { "tasks:read" }, current_password = "not the one" })).IsProblem(401, "INVALID_CREDENTIALS");

        // A stranger's password is not even looked at.
        (await eva.PostAsync(accounts, new { name = "x", role = "viewer", current_password = "not the one" })).Is(404);
        (await eva.PostAsync($"{at}/keys", new { name = "x", scopes = new[] { "tasks:read" }, current_password = "not the one" })).Is(404);
        foreach (var path in new[] { accounts, at, $"{at}/keys", $"{at}/keys/{Guid.NewGuid()}" })
        {
            (await eva.GetAsync(path)).Is(404);
            (await shared.Nobody().GetAsync(path)).Is(401);
        }
        (await eva.PatchAsync(at, new { name = "x" })).Is(404);
        (await eva.DeleteAsync(at)).Is(404);
        // What is named in the path of another workspace, or is a person, is not there.
        var other = await FoundAsync(ana);
        (await ana.GetAsync(at.Replace(home, other))).Is(404);
        (await ana.DeleteAsync(at.Replace(home, other))).Is(404);
        (await ana.GetAsync(at.Replace(id, (string)(await ana.GetAsync("/api/v1/me"))["id"]!))).Is(404);
        (await ana.GetAsync($"{accounts}/user_x")).Is(404);
        (await program.GetAsync(User.Tasks)).Is(200);

        (await ana.PostAsync($"/api/v1/workspaces/{home}/archive", null)).Is(200);
        (await ana.PostAsync(accounts, Builder)).IsProblem(409, "WORKSPACE_ARCHIVED");
        (await ana.PatchAsync(at, new { name = "x" })).IsProblem(409, "WORKSPACE_ARCHIVED");
        (await ana.PostAsync($"{at}/keys", Key)).IsProblem(409, "WORKSPACE_ARCHIVED");
        (await program.PostAsync(User.Tasks, new { title = "No" })).IsProblem(409, "WORKSPACE_ARCHIVED");
        (await program.GetAsync(User.Tasks)).Is(200);
        (await ana.DeleteAsync(at)).Is(204);
    }

    [Fact]
    public async Task Service_accounts_of_a_workspace_share_one_count_on_the_plan_of_its_owner()
    {
        var ana = await shared.NewUserAsync();
        await shared.Server.SqlAsync($"UPDATE accounts SET plan = 1 WHERE email = '{ana.Email}'");
        var home = await FoundAsync(ana);
        var (one, _, _) = await MakeAsync(ana, home);
        var (other, _, _) = await MakeAsync(ana, home);
        var first = (await one.GetAsync(User.Tasks)).Is(200);
        Assert.Contains("\"plus\"", first.Header("RateLimit-Policy"));
        Assert.Equal(Left(first) - 1, Left((await other.GetAsync(User.Tasks)).Is(200)));
        (await ana.GetAsync(User.Tasks)).Is(200);
        Assert.Equal(Left(first) - 2, Left((await one.GetAsync(User.Tasks)).Is(200)));

        static int Left(Answer answer) => int.Parse(answer.Header("X-RateLimit-Remaining")!, CultureInfo.InvariantCulture);
    }

    /// <summary>A request with such a key is refused from a minute after that on; what listens with one is asked about with each event.</summary>
    [Fact]
    public async Task What_listens_with_a_key_hears_nothing_of_what_comes_after_its_owner_was_suspended()
    {
        var (owner, other, workspace) = await Company.FoundAsync(shared.Server);
        var (program, _, _) = await MakeAsync(owner, workspace);
        await using var stream = await EventStream.OpenAsync(shared.Server.Http, program.AccessToken);
        await using var conversation = await Conversation.OpenAsync(shared.Server, program);
        await conversation.SubscribeAsync("a");
        (await other.PostAsync($"{User.Tasks}?workspace_id={workspace}", new { title = "for all" })).Is(201);
        await stream.UntilAsync("task.created");
        await conversation.EventAsync("a", "task.created");
        (await (await shared.AdministratorAsync()).PostAsync($"/api/v1/admin/users/{await Company.IdAsync(owner)}/suspend", new { reason = "A test" })).Is(200);
        (await other.PostAsync($"{User.Tasks}?workspace_id={workspace}", new { title = "not for all" })).Is(201);
        for (Sent? last = null; ;)
        {
            if (await stream.NextAsync() is not { } sent)
            {
                Assert.Equal(("end", "TOKEN_INVALID"), (last!.Name, (string)last.Data["code"]!));
                break;
            }
            Assert.DoesNotContain("not for all", sent.Data.ToJsonString(), StringComparison.Ordinal);
            last = sent;
        }
        var ended = Assert.Single(await conversation.ToEndAsync(4401));
        Assert.Equal(("ended", "TOKEN_INVALID"), ((string)ended["type"]!, (string)ended["code"]!));
    }
}
