using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>Taking everything along, having the account deleted, and changing one's mind.</summary>
public sealed class LeavingTests(SharedServer shared)
{
    private const string Export = "/api/v1/me/export";
    private const string Me = "/api/v1/me";
    private const string Restore = "/api/v1/auth/restore-account";

    private static readonly object Password = new { current_password = User.Password };

    [Fact]
    public async Task An_export_has_everything_of_ones_own_in_a_form_that_can_be_put_back()
    {
        var ana = await shared.NewUserAsync();
        var category = (await ana.PostAsync("/api/v1/categories", new { name = "Household", color = "#33AA57" })).Is(201);
        var (path, task) = await ana.CreateAsync(new { title = "=1+1", description = "Mañana; \"quoted\"\nlines", category_id = (string)category["id"]!, tags = new[] { "home", "errands" }, due_date = "2099-01-31T17:00:00Z" });
        var (deleted, _) = await ana.CreateAsync(new { title = "Deleted" });
        (await ana.DeleteAsync(deleted)).Is(204);
        var note = (await ana.PostAsync($"{path}/notes", new { text = "The shop closes at nine." })).Is(201);
        var key = (string)(await ana.PostAsync("/api/v1/me/keys", new { name = "Script", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201)["key"]!;
        var own = (string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Garden" })).Is(201)["id"]!;
        (await ana.PostAsync($"{User.Tasks}?workspace_id={own}", new { title = "Water the roses" })).Is(201);
        var (moved, _) = await ana.CreateAsync(new { title = "Buy a spade" });
        (await ana.PostAsync($"{moved}/transfer", new { workspace_id = own })).Is(200);

        var (answer, file) = await ExportAsync(ana);
        Assert.Equal("application/zip", answer.Type);
        Assert.Matches("^attachment; filename=\"quehacer-[0-9]{4}-[0-9]{2}-[0-9]{2}\\.zip\"$", answer.Header("Content-Disposition")!);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        await AssertOthersReadAsync(answer.Bytes);

        // The README says what is what, and what is what it says.
        var folder = $"workspaces/{(string)(await ana.GetAsync(Me)).Is(200)["workspace_id"]!}/";
        string[] inFolder = ["tasks.json", "tasks.csv", "categories.json", "categories.csv", "tags.json", "tags.csv", "notes.json", "notes.csv", "events.ndjson", "carried_events.ndjson"];
        Assert.Equal(
            [.. new[] { "README.txt", "account.json", "account_events.json", "workspaces.json" }.Concat(inFolder.SelectMany(name => new[] { folder + name, $"workspaces/{own}/{name}" })).Order(StringComparer.Ordinal)],
            file.Keys.Order(StringComparer.Ordinal));
        Assert.All(["Made at", "Hecho el", .. inFolder], text => Assert.Contains(text, Text("README.txt"), StringComparison.Ordinal));
        var account = Json("account.json");
        AssertSame((await ana.GetAsync(Me)).Is(200).Json, account["account"]!);
        Assert.Equal("Script", (string)Assert.Single(account["keys"]!.AsArray())!["name"]!);
        Assert.NotEmpty(account["sessions"]!.AsArray());
        Assert.Equal("account.registered", (string)Json("account_events.json")["events"]![0]!["type"]!);
        Assert.Equal(["Personal", "Garden"], Json("workspaces.json")["workspaces"]!.AsArray().Select(workspace => (string)workspace!["name"]!));
        Assert.Equal("Water the roses", (string)Json($"workspaces/{own}/tasks.json")["tasks"]![0]!["title"]!);
        // What was said before a move is in no other place.
        var carried = JsonNode.Parse(Text($"workspaces/{own}/carried_events.ndjson"))!;
        Assert.Equal(("task.created", "Buy a spade"), ((string)carried["type"]!, (string)carried["data"]!["title"]!));

        var tasks = Json(folder + "tasks.json")["tasks"]!.AsArray();
        Assert.Equal(["=1+1", "Deleted"], tasks.Select(one => (string)one!["title"]!));
        AssertSame((await ana.GetAsync(path)).Is(200).Json, tasks[0]!);
        Assert.NotNull(tasks[1]!["deleted_at"]);
        AssertSame(note.Json, Json(folder + "notes.json")["notes"]![0]!);
        AssertSame((await ana.GetAsync($"/api/v1/categories/{category["id"]}")).Is(200).Json, Json(folder + "categories.json")["categories"]![0]!);
        Assert.Equal(["errands", "home"], Json(folder + "tags.json")["tags"]!.AsArray().Select(tag => (string)tag!["name"]!));
        // No spreadsheet runs what somebody has called a task.
        Assert.Equal(["'=1+1", "Deleted"], Fetched.Table(file[folder + "tasks.csv"]).Rows.Select(row => row["title"]));
        var events = Text(folder + "events.ndjson").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(one => (int)one["revision"]!));
        Assert.Equal("=1+1", (string)events.Single(one => (string)one["type"]! == "task.created" && (int)one["number"]! == 1)["data"]!["title"]!);
        // Nothing that opens anything.
        Assert.All(file.Values, bytes => Assert.All([ana.AccessToken!, ana.RefreshToken, key, User.Password, "PBKDF2"], secret => Assert.DoesNotContain(secret, Encoding.UTF8.GetString(bytes), StringComparison.Ordinal)));

        var bea = await shared.NewUserAsync();
        var again = (await bea.PostAsync("/api/v1/categories", Json(folder + "categories.json")["categories"]![0])).Is(201);
        var put = tasks[0]!.DeepClone().AsObject();
        put["category_id"] = (string)again["id"]!;
        // Where it was is no place of somebody else's.
        put.Remove("workspace_id");
        var back = (await bea.PostAsync(User.Tasks, put)).Is(201);
        Assert.Equal((string)task["title"]!, (string)back["title"]!);
        Assert.Equal(["home", "errands"], back["tags"]!.AsArray().Select(tag => (string)tag!));

        JsonNode Json(string name) => JsonNode.Parse(file[name])!;
        string Text(string name) => Encoding.UTF8.GetString(file[name]);
        static void AssertSame(JsonNode expected, JsonNode actual) => Assert.True(JsonNode.DeepEquals(expected, actual), $"{expected.ToJsonString()} expected, and it is {actual.ToJsonString()}.");
    }

    [Fact]
    public async Task An_account_that_is_to_be_deleted_opens_to_nobody_through_any_contract_until_that_is_undone()
    {
        var ana = await shared.NewUserAsync();
        await ana.CreateAsync(new { title = "Milk" });
        var program = new Client(shared.Server.Http) { AccessToken = (string)(await ana.PostAsync("/api/v1/me/keys", new { name = "Script", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201)["key"]! };
        // A key neither takes all along nor ends it.
        (await program.GetAsync(Export)).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        (await program.SendAsync("DELETE", Me, Password)).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        (await ana.SendAsync("DELETE", Me, new { current_password = "not the password" })).IsProblem(401, "INVALID_CREDENTIALS");
        (await ana.SendAsync("DELETE", Me, new { })).IsInvalid("current_password", "REQUIRED");
        (await ana.SendAsync("DELETE", Me, new { current_password = User.Password, code = new string('1', 65) })).IsInvalid("code", "TOO_LONG");
        (await ana.SendAsync("DELETE", Me, Password, ("If-Match", "\"another\""))).IsProblem(412, "PRECONDITION_FAILED");

        var key = ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");
        var etag = (await ana.GetAsync(Me)).Is(200).ETag!;
        var asked = (await ana.SendAsync("DELETE", Me, Password, key, ("If-Match", etag))).Is(202);
        var dueAt = DateTime.Parse((string)asked["deletion_due_at"]!, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal);
        Assert.InRange(dueAt, DateTime.UtcNow.AddDays(14).AddMinutes(-2), DateTime.UtcNow.AddDays(14));
        var repeated = (await ana.SendAsync("DELETE", Me, Password, key, ("If-Match", etag))).Is(202);
        Assert.True(repeated.IsReplay);
        Assert.Equal(asked.Text, repeated.Text);
        (await ana.SendAsync("DELETE", Me, Password)).IsProblem(401, "TOKEN_INVALID");

        (await ana.GetAsync(Me)).IsProblem(401, "TOKEN_INVALID");
        (await program.GetAsync(User.Tasks)).IsProblem(401, "TOKEN_INVALID");
        (await ana.PostAsync("/api/v1/auth/refresh", new { refresh_token = ana.RefreshToken })).Is(401);
        var nobody = shared.Nobody();
        (await nobody.PostAsync("/api/v1/auth/login", new { email = ana.Email, password = User.Password })).IsProblem(403, "ACCOUNT_DELETION_PENDING");
        (await nobody.PostAsync("/api/v1/auth/login", new { email = ana.Email, password = "not the password" })).IsProblem(401, "INVALID_CREDENTIALS");
        var spanish = (await nobody.PostAsync("/api/auth/login", new { email = ana.Email, password = User.Password })).Is(403);
        Assert.Contains("/api/v1/auth/restore-account", (string)spanish["message"]!);
        (await nobody.PostAsync("/api/v1/auth/register", new { email = ana.Email, name = "Ana", password = User.Password })).Is(409);

        // The letter says how to undo it, and its link leads to a page that does.
        var token = await ReceivedMail.TokenAsync(shared.Server, ana.Email, ReceivedMail.RestoreAccount);
        Assert.Contains("api/v1/auth/restore-account", (await nobody.GetAsync(ReceivedMail.RestoreAccount)).Is(200).Text);
        (await nobody.PostAsync(Restore, new { token, email = ana.Email })).IsInvalid("email", "CONTRADICTION");
        (await nobody.PostAsync(Restore, new { email = ana.Email })).IsInvalid("password", "REQUIRED");
        (await nobody.PostAsync(Restore, new { })).IsInvalid("email", "REQUIRED");
        (await nobody.PostAsync(Restore, new { token = token[..^1] + (token[^1] == 'A' ? 'B' : 'A') })).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
        (await nobody.PostAsync(Restore, new { email = ana.Email, password = "not the password" })).IsProblem(401, "INVALID_CREDENTIALS");
        (await nobody.PostAsync(Restore, new { token })).Is(204);
        (await nobody.PostAsync(Restore, new { token })).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
        (await nobody.PostAsync(Restore, new { email = ana.Email, password = User.Password })).Is(204);
        await ana.LogInAsync();
        Assert.Equal("Milk", (string)(await ana.GetAsync(User.Tasks)).Is(200)["tasks"]![0]!["title"]!);
    }

    [Fact]
    public async Task Whoever_owns_what_others_work_in_is_told_which_and_deletes_nothing()
    {
        var ana = await shared.NewUserAsync();
        var bea = await shared.NewUserAsync();
        var team = (string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Team" })).Is(201)["id"]!;
        await shared.VerifiedAsync(bea);
        // A service account is nobody who is left behind.
        (await ana.PostAsync($"/api/v1/workspaces/{team}/service-accounts", new { name = "Build server", role = "editor", current_password = User.Password })).Is(201);
        var invitation = (await ana.PostAsync($"/api/v1/workspaces/{team}/invitations", new { email = bea.Email, role = "viewer" })).Is(201)["id"];
        (await bea.PostAsync($"/api/v1/me/invitations/{invitation}/accept")).Is(200);
        var refused = (await ana.SendAsync("DELETE", Me, Password)).IsProblem(409, "OWNS_SHARED_WORKSPACES");
        Assert.Equal([team], refused["workspaces"]!.AsArray().Select(id => (string)id!));
        (await ana.GetAsync(Me)).Is(200);
        (await bea.PostAsync($"/api/v1/workspaces/{team}/leave")).Is(204);
        (await ana.SendAsync("DELETE", Me, Password)).Is(202);
        (await bea.GetAsync(Me)).Is(200);
    }

    [Fact]
    public async Task Whoever_runs_the_server_deletes_an_account_for_good_and_its_email_is_free()
    {
        var ana = await shared.NewUserAsync();
        await ana.CreateAsync(new { title = "Milk" });
        var workspace = (string)(await ana.GetAsync(Me)).Is(200)["workspace_id"]!;

        Assert.NotEqual(0, (await shared.Server.RunAsync(["user", "delete", "nobody@example.com"])).ExitCode);
        var later = await shared.Server.RunAsync(["user", "delete", ana.Email]);
        Assert.True(later.ExitCode == 0 && later.Output.Contains("The account is deleted on 2", StringComparison.Ordinal), later.Output + later.Errors);
        (await ana.GetAsync(Me)).IsProblem(401, "TOKEN_INVALID");
        var now = await shared.Server.RunAsync(["user", "delete", ana.Email.ToUpperInvariant(), "--now"]);
        Assert.True(now.ExitCode == 0, now.Errors);

        (await shared.Nobody().PostAsync("/api/v1/auth/login", new { email = ana.Email, password = User.Password })).IsProblem(401, "INVALID_CREDENTIALS");
        Assert.Equal("0", await shared.Server.SqlAsync($"SELECT count(*) FROM accounts WHERE email = '{ana.Email}'"));
        (await ana.PostAsync("/api/v1/auth/register", new { email = ana.Email, name = "Ana", password = User.Password })).Is(201);
        await ana.LogInAsync();
        Assert.NotEqual(workspace, (string)(await ana.GetAsync(Me)).Is(200)["workspace_id"]!);
        Assert.Empty((await ana.GetAsync(User.Tasks)).Is(200)["tasks"]!.AsArray());
    }

    [Fact]
    public async Task Exports_are_limited_by_the_hour_and_deleted_accounts_go_without_anybody_asking_again()
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits, ("RateLimits__ExportsPerHour", "2"), ("Accounts__DeletionGraceDays", "0"));
        var ana = await User.RegisterAsync(server);
        (await ana.GetAsync(Export)).Is(200);
        Assert.Equal("", (await ana.SendAsync("HEAD", Export)).Is(200).Text);
        var refused = (await ana.GetAsync(Export)).IsProblem(429, "RATE_LIMIT_EXCEEDED");
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 3000, 3600);
        (await ana.GetAsync(Me)).Is(200);

        (await ana.SendAsync("DELETE", Me, Password)).Is(202);
        // The job that does it is due once a minute; whoever starts the server anew does not wait for that.
        await server.SqlAsync("UPDATE jobs SET due_at = now() - interval '1 minute', leased_until = NULL");
        Assert.Equal(0, await server.StopAsync());
        await server.StartAgainAsync();
        var waited = Stopwatch.StartNew();
        while (await server.SqlAsync("SELECT count(*) FROM accounts WHERE email <> ''") != "0" || await server.SqlAsync("SELECT count(*) FROM workspaces") != "0")
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), "The account has not been deleted within a minute.");
            await Task.Delay(50);
        }
        Assert.Contains(server.Output, line => line.Contains("\"security_event\":\"account.deleted\"", StringComparison.Ordinal));
    }

    private async Task<(Fetched Answer, Dictionary<string, byte[]> Files)> ExportAsync(User user)
    {
        var answer = await Fetched.GetAsync(user, shared.Server.Http, Export);
        Assert.Equal(200, answer.Status);
        var files = new Dictionary<string, byte[]>();
        using var zip = new ZipArchive(new MemoryStream(answer.Bytes), ZipArchiveMode.Read);
        foreach (var entry in zip.Entries)
        {
            await using var from = await entry.OpenAsync();
            using var plain = new MemoryStream();
            await from.CopyToAsync(plain);
            files.Add(entry.FullName, plain.ToArray());
        }
        return (answer, files);
    }

    /// <summary>Another's reader goes by the directory at the end and checks every sum. Where there is none, .NET's has to do.</summary>
    private static async Task AssertOthersReadAsync(byte[] zip)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.zip");
        await File.WriteAllBytesAsync(path, zip);
        try
        {
            const string check = """if command -v python3 >/dev/null; then python3 -m zipfile -t "$0"; elif command -v unzip >/dev/null; then unzip -tqq "$0"; fi""";
            using var reader = Process.Start(new ProcessStartInfo("bash", ["-c", check, path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var complaints = reader.StandardError.ReadToEndAsync();
            var said = await reader.StandardOutput.ReadToEndAsync();
            await reader.WaitForExitAsync();
            Assert.True(reader.ExitCode == 0 && !said.Contains("corrupted", StringComparison.Ordinal), said + await complaints);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
