using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

public sealed class OpenApiTests(SharedServer shared)
{
    private readonly Description description = new();

    public static TheoryData<string> Contracts => [.. Description.Contracts];

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task The_committed_description_is_what_the_program_prints(string contract)
    {
        var run = await QuehacerServer.RunAsync(["openapi", contract], []);
        Assert.Equal(0, run.ExitCode);
        Assert.True(
            run.Output == await File.ReadAllTextAsync(Description.FileOf(contract)),
            $"{Description.PathOf(contract)} is not what the code makes. Renew it, and read what changed: ./run openapi {contract} > {Description.PathOf(contract)}");
    }

    /// <summary>The server describes what is mapped, and refuses when that is more than is described: equal means that the two are the same.</summary>
    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task The_served_description_is_that_of_the_endpoints_that_there_are(string contract)
    {
        var served = "/" + Description.PathOf(contract);
        var answer = (await shared.Nobody().GetAsync(served)).Is(200);
        Assert.True(
            answer.Text == await File.ReadAllTextAsync(Description.FileOf(contract)),
            $"{served} is not the committed file: an operation that is described is not mapped, or the file is to be renewed.");
        Assert.Equal("application/json", answer.Header("Content-Type")?.Split(';')[0]);
        Assert.Equal("", (await shared.Nobody().GetAsync(served, ("If-None-Match", answer.ETag!))).Is(304).Text);
        Assert.Equal("", (await shared.Nobody().SendAsync("HEAD", served)).Is(200).Text);
    }

    /// <summary>All in one run: the linter needs a second to begin.</summary>
    [Fact]
    public async Task The_linter_finds_nothing()
    {
        var folder = Path.Combine(QuehacerServer.Repository, "tests", "openapi");
        var linter = Path.Combine(folder, "node_modules", ".bin", "spectral");
        Assert.True(File.Exists(linter), "The linter is not installed. ./test does that, or: npm ci --prefix tests/openapi --ignore-scripts");
        var start = new ProcessStartInfo(
            linter, ["lint", .. Description.Contracts.Select(Description.PathOf), "--ruleset", Path.Combine(folder, ".spectral.yaml"), "--fail-severity", "hint", "--display-only-failures"])
        {
            WorkingDirectory = QuehacerServer.Repository,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var lint = Process.Start(start)!;
        var complaints = lint.StandardError.ReadToEndAsync();
        var findings = await lint.StandardOutput.ReadToEndAsync();
        await lint.WaitForExitAsync();
        Assert.True(lint.ExitCode == 0, findings + await complaints);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public void Operations_have_names_of_their_own(string contract)
    {
        var names = new Description(contract).Operations.Select(operation => operation.Id).ToList();
        Assert.NotEmpty(names);
        Assert.Equal(names.Distinct(), names);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public void Every_example_is_what_its_schema_says(string contract)
    {
        var description = new Description(contract);
        var examples = description.Examples().ToList();
        Assert.True(examples.Count > 20);
        Assert.All(examples, example => description.IsValid(example.At, example.Schema, example.Example));
    }

    [Fact]
    public async Task Every_example_of_a_request_is_answered_as_described()
    {
        foreach (var operation in description.Operations)
        {
            var user = IsOfAdministrators(operation) ? await shared.AdministratorAsync() : await shared.NewUserAsync();
            foreach (var (type, body) in Bodies(operation))
            {
                var (path, parent) = await PlaceAsync(user, operation);
                var answer = await user.SendAsync(operation.Method, path, await OneTimeCode.FilledAsync(shared.Server, user, operation.Id, await FilledAsync(user, operation, body)), type is null ? [] : [("Content-Type", type)]);
                operation.AssertSucceeds(answer);
                description.Holds(operation, answer);
                if (answer.Header("Location") is { } made && made != "/api/v1/me")
                {
                    (await user.GetAsync(made)).Is(200);
                    await user.DeleteAsync(made);
                }
                if (parent is not null)
                {
                    // The next example may want the same name.
                    await user.DeleteAsync(parent);
                }
            }
        }
    }

    [Fact]
    public async Task Every_curl_sample_is_answered_as_described()
    {
        var somebody = await shared.NewUserAsync();
        foreach (var operation in description.Operations)
        {
            // What is made may be there already, and a session ends.
            var user = IsOfAdministrators(operation) ? await shared.AdministratorAsync() : operation.Tag == "sessions" || operation.Id == "deleteAccount" || (operation.Method == "POST" && !operation.Path.Contains("{id}")) ? await shared.NewUserAsync() : somebody;
            var (path, parent) = await PlaceAsync(user, operation);
            var examples = description.Parameters(operation).Where(parameter => (string)parameter["in"]! == "path").ToDictionary(parameter => $"{{{parameter["name"]}}}", parameter => (string)parameter["example"]!);
            // The sample says itself what it asks for.
            var command = Replaced(CodeSampleTests.SourceOf(operation, "curl"), "http://localhost:3000" + examples.Aggregate(operation.Path, (text, example) => text.Replace(example.Key, example.Value)), shared.Server.Address.GetLeftPart(UriPartial.Authority) + path.Split('?')[0]);
            if (Bodies(operation).LastOrDefault(body => body.Body is not null).Body is { } body)
            {
                command = Replaced(command, body.ToJsonString(CodeSampleTests.Readable), (await OneTimeCode.FilledAsync(shared.Server, user, operation.Id, await FilledAsync(user, operation, body)))!.ToJsonString());
            }
            var start = new ProcessStartInfo("bash", ["-c", command + $" -sS -o /dev/null -w '%{{http_code}}'{(operation.Id == "streamEvents" ? " --max-time 2" : "")}"]) { RedirectStandardOutput = true };
            start.Environment["TOKEN"] = user.AccessToken;
            using var curl = Process.Start(start)!;
            Assert.Contains($"{operation.Id}: {await curl.StandardOutput.ReadToEndAsync()}", operation.Successes.Select(status => $"{operation.Id}: {status}"));
            await curl.WaitForExitAsync();
            if (parent is not null)
            {
                await user.DeleteAsync(parent);
            }
        }

        static string Replaced(string text, string example, string real)
        {
            Assert.Contains(example, text);
            return text.Replace(example, real);
        }
    }

    [Fact]
    public async Task Every_example_of_a_parameter_is_taken()
    {
        var somebody = await shared.NewUserAsync();
        await somebody.CreateAsync(new { title = "Buy milk", tags = new[] { "home" } });
        foreach (var operation in description.Operations)
        {
            var user = IsOfAdministrators(operation) ? await shared.AdministratorAsync() : somebody;
            foreach (var parameter in description.Parameters(operation).Where(parameter => (string)parameter["in"]! == "query" && parameter["example"] is not null))
            {
                var example = parameter["example"]!;
                var value = example is JsonArray several ? string.Join(',', several.Select(one => (string)one!)) : example.ToString();
                if (example.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False)
                {
                    value = example.ToJsonString();
                }
                var (path, _) = await PlaceAsync(user, operation);
                var answer = await user.SendAsync(operation.Method, With(path, $"{parameter["name"]}={Uri.EscapeDataString(value)}"), Bodies(operation).First().Body);
                operation.AssertSucceeds(answer);
                // The total is not counted when it is not wanted, and an answer with a count, or that depends on the clock, has no tag.
                if ((string)parameter["name"]! is not ("include_total" or "counts" or "overdue"))
                {
                    description.Holds(operation, answer);
                }
            }
        }
    }

    [Fact]
    public async Task Every_operation_refuses_as_described()
    {
        var somebody = await shared.NewUserAsync();
        foreach (var operation in description.Operations)
        {
            var user = IsOfAdministrators(operation) ? await shared.AdministratorAsync() : somebody;
            var body = Bodies(operation).First().Body is { } example ? await FilledAsync(user, operation, example, isToSucceed: false) : null;
            var (path, _) = await PlaceAsync(user, operation);
            await Refuses(406, user, path, ("Accept", "text/html"));
            await Refuses(422, user, With(path, "nonsense=1"));
            if (!operation.IsAnonymous)
            {
                await Refuses(401, shared.Nobody(), path);
                await Refuses(401, user, path, ("Authorization", "Bearer nonsense"));
            }
            if (operation.Path.Contains("{id}"))
            {
                await Refuses(404, user, Regex.Replace(operation.Path.Replace("{name}", "home"), @"\{\w+\}", _ => Guid.NewGuid().ToString()));
            }
            if (IsOfAdministrators(operation))
            {
                await Refuses(403, somebody, path);
            }
            if (operation.Method != "GET")
            {
                await Refuses(400, user, path, ("Idempotency-Key", "\"open"));
                var text = await user.SendAsync(operation.Method, path, "no JSON", ("Content-Type", "text/plain"));
                description.Holds(operation, text.Is(415));
            }
            if (description.Parameters(operation).Any(parameter => (string)parameter["name"]! == "If-Match"))
            {
                await Refuses(412, user, path, ("If-Match", "\"another\""));
            }

            async Task Refuses(int status, Client client, string at, params (string, string)[] headers) =>
                description.Holds(operation, (await client.SendAsync(operation.Method, at, body, headers)).Is(status));
        }
    }

    /// <summary>The bounds stand in the description and in the code that reads; here the one is tried on the other, at the bound and beyond it.</summary>
    [Fact]
    public async Task Every_member_of_a_body_is_bounded_as_described()
    {
        var somebody = await shared.NewUserAsync();
        // Nobody else gives a key all scopes that there are.
        await shared.Server.SqlAsync($"UPDATE accounts SET is_admin = true WHERE email = '{somebody.Email}'");
        foreach (var operation in description.Operations.Where(operation => operation.Node["requestBody"] is not null))
        {
            var user = IsOfAdministrators(operation) ? await shared.AdministratorAsync() : somebody;
            var schema = description.Resolve(operation.Node["requestBody"]!["content"]!["application/json"]!["schema"]!);
            var members = schema["properties"]!.AsObject();
            (await WithAsync("nonsense", 1)).IsInvalid("nonsense");
            foreach (var required in schema["required"]?.AsArray() ?? [])
            {
                (await WithAsync((string)required!, null, isAbsent: true)).IsInvalid((string)required!);
            }
            foreach (var (name, member) in members)
            {
                foreach (var wrong in Bounds.Wrong(member!))
                {
                    var answer = await WithAsync(name, wrong);
                    // Credentials that nobody can have are no more wrong than others.
                    if (IsAboutSecrets(operation) ? answer.Status is not (401 or 404) : answer.Status is not (400 or 401) || !IsCredential(operation, name))
                    {
                        answer.IsInvalid(name);
                    }
                }
                // What is right with a key is right whatever else it is; a credential can be used once, or is the one.
                foreach (var right in IsAboutSecrets(operation) || (operation.Id is "createKey" or "createServiceKey" or "createServiceAccount" ? IsCredential(operation, name) : members.Any(other => IsCredential(operation, other.Key))) ? [] : Bounds.Right(member!))
                {
                    operation.AssertSucceeds(await WithAsync(name, right));
                }
            }

            static bool IsCredential(DescribedOperation operation, string name) => operation.Id == "logIn" || name is "refresh_token" or "current_password" or "token";

            async Task<Answer> WithAsync(string name, JsonNode? value, bool isAbsent = false)
            {
                var (path, _) = await PlaceAsync(user, operation);
                var body = (JsonObject)(await FilledAsync(user, operation, Bodies(operation).First().Body, isToSucceed: false))!;
                if (body.ContainsKey("name"))
                {
                    body["name"] = $"{Guid.NewGuid():N}";
                }
                body[name] = value;
                if (isAbsent)
                {
                    body.Remove(name);
                }
                return await user.SendAsync(operation.Method, path, body);
            }
        }
    }

    [Fact]
    public async Task Every_parameter_of_a_query_is_bounded_as_described()
    {
        var somebody = await shared.SomebodyAsync();
        foreach (var operation in description.Operations)
        {
            // What is in bounds is done.
            var user = IsOfAdministrators(operation) ? await shared.AdministratorAsync() : operation.Method == "GET" ? somebody : await shared.NewUserAsync();
            // A ticket that is none is nobody's, which is 401 and not a value out of bounds.
            foreach (var parameter in description.Parameters(operation).Where(parameter => (string)parameter["in"]! == "query" && (string)parameter["name"]! != "ticket"))
            {
                var name = (string)parameter["name"]!;
                var (path, _) = await PlaceAsync(user, operation);
                foreach (var wrong in Bounds.Wrong(parameter["schema"]!).Where(wrong => wrong is not null))
                {
                    (await AskAsync(wrong!)).IsInvalid(name);
                }
                foreach (var right in Bounds.Right(parameter["schema"]!).Where(right => right is not null))
                {
                    operation.AssertSucceeds(await AskAsync(right!));
                    // What is deleted is not there for the next.
                    path = operation.Method == "DELETE" ? (await PlaceAsync(user, operation)).Path : path;
                }

                // Who ends their own session, too, asks for nothing more.
                async Task<Answer> AskAsync(JsonNode value) => await (operation.Id == "endSessions" ? await shared.NewUserAsync() : user).SendAsync(operation.Method, With(path, $"{name}={Uri.EscapeDataString(
                    value is JsonArray several ? string.Join(',', several.Select(one => (string)one!)) : value.GetValueKind() == System.Text.Json.JsonValueKind.String ? (string)value! : value.ToJsonString())}"), Bodies(operation).First().Body);
            }
        }
    }

    /// <summary>What its values are good for depends on what was done before.</summary>
    private static bool IsAboutSecrets(DescribedOperation operation) => operation.Id is "logIn" or "refresh" or "finishLogin" or "sendLoginCode" || (operation.Tag == "factors" && operation.Method == "POST");

    /// <summary>Every body that the description shows, in every type that it may have; one null where there is none.</summary>
    private static IEnumerable<(string? Type, JsonNode? Body)> Bodies(DescribedOperation operation)
    {
        if (operation.Node["requestBody"] is not { } request)
        {
            return [(null, null)];
        }
        var all = request["content"]!.AsObject().SelectMany(content => content.Value!["examples"]!.AsObject(), (content, example) => ((string?)content.Key, example.Value!["value"]));
        return (bool)request["required"]! ? all : all.Append((null, null));
    }

    /// <summary>A path with one parameter more, which takes the place of what it says of the same.</summary>
    private static string With(string path, string parameter)
    {
        var parts = path.Split('?');
        return $"{parts[0]}?{string.Join('&', parts.Skip(1).Where(said => said.Split('=')[0] != parameter.Split('=')[0]).Append(parameter))}";
    }

    private static bool IsOfAdministrators(DescribedOperation operation) => operation.Tag == "administration";

    /// <summary>The path with the id of something that is there, and the path of that thing; where a filter has to choose, with one.</summary>
    private async Task<(string Path, string? Thing)> PlaceAsync(User user, DescribedOperation operation)
    {
        if (operation.Tag is "members" or "invitations")
        {
            return (await PlaceAmongOthersAsync(user, operation), null);
        }
        if (!operation.Path.Contains("{id}"))
        {
            return (operation.Id is "changeTasks" or "deleteTasks" ? operation.Path + "?created_before=2100-01-01" : operation.Path, null);
        }
        if (operation.Tag == "keys")
        {
            const string keys = "/api/v1/me/keys";
            var key = (string)(await user.PostAsync(keys, new { name = "Script", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201)["id"]!;
            return (operation.Path.Replace("{id}", key), $"{keys}/{key}");
        }
        if (IsOfAdministrators(operation))
        {
            var (subject, task) = await shared.SubjectAsync();
            return (operation.Path.Replace("{id}", subject).Replace("{task_id}", task), null);
        }
        if (operation.Tag == "workspaces" || (operation.Tag == "events" && operation.Path.StartsWith("/api/v1/workspaces/", StringComparison.Ordinal)))
        {
            return (operation.Path.Replace("{id}", (string)(await user.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!), null);
        }
        if (operation.Tag == "services")
        {
            var accounts = $"/api/v1/workspaces/{(string)(await user.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!}/service-accounts";
            if (!operation.Path.Contains("{user_id}"))
            {
                return (accounts, null);
            }
            var account = (string)(await user.PostAsync(accounts, new { name = "Build server", role = "editor", current_password = User.Password })).Is(201)["user_id"]!;
            var key = operation.Path.Contains("{key_id}")
                ? (string)(await user.PostAsync($"{accounts}/{account}/keys", new { name = "Script", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201)["id"]!
                : "";
            return (accounts + operation.Path.Split("/service-accounts")[1].Replace("{user_id}", account).Replace("{key_id}", key), null);
        }
        if (operation.Tag == "sessions")
        {
            (await user.PostAsync("/api/v1/auth/login", new { email = user.Email, password = User.Password })).Is(200);
            var other = (await user.GetAsync("/api/v1/me/sessions")).Is(200)["sessions"]!.AsArray().First(session => !(bool)session!["current"]!)!["id"];
            return (operation.Path.Replace("{id}", (string)other!), null);
        }
        // Notes are below a task.
        var isOfTask = operation.Tag is "tasks" or "notes" or "events";
        object body = isOfTask ? new { title = "Buy milk" } : new { name = $"{Guid.NewGuid():N}" };
        var collection = isOfTask ? User.Tasks : $"/api/v1/{operation.Tag}";
        var id = (string)(await user.PostAsync(collection, body)).Is(201)["id"]!;
        var path = operation.Path.Replace("{id}", id).Replace("{name}", "home");
        if (path.Contains("{note_id}"))
        {
            path = path.Replace("{note_id}", (string)(await user.PostAsync($"{collection}/{id}/notes", new { text = "Said." })).Is(201)["id"]!);
        }
        return (path, $"{collection}/{id}");
    }

    /// <summary>The same for what takes two: a workspace of the one into which the other is invited, or in which the other is.</summary>
    private async Task<string> PlaceAmongOthersAsync(User user, DescribedOperation operation)
    {
        var isInvited = operation.Id is "leaveWorkspace" or "acceptOwnInvitation" or "declineOwnInvitation";
        if (!isInvited && !operation.Path.Contains("{id}"))
        {
            return operation.Path;
        }
        var somebody = await shared.VerifiedAsync(null);
        var (owner, other) = isInvited ? (somebody, await shared.VerifiedAsync(user)) : (user, somebody);
        var workspace = (string)(await owner.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
        var invitation = (string)(await owner.PostAsync($"/api/v1/workspaces/{workspace}/invitations", new { email = other.Email, role = "viewer" })).Is(201)["id"]!;
        if (operation.Tag == "members")
        {
            (await other.PostAsync($"/api/v1/me/invitations/{invitation}/accept")).Is(200);
        }
        return operation.Path.Replace("{id}", workspace).Replace("{user_id}", (string)(await other.GetAsync("/api/v1/me")).Is(200)["id"]!).Replace("{invitation_id}", invitation);
    }

    /// <summary>The token of a letter that invites somebody.</summary>
    private async Task<string> InvitedAsync(User user)
    {
        var somebody = await shared.VerifiedAsync(null);
        var workspace = (string)(await somebody.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
        var before = ReceivedMail.Tokens(shared.Server, user.Email, ReceivedMail.Invitation);
        (await somebody.PostAsync($"/api/v1/workspaces/{workspace}/invitations", new { email = user.Email, role = "viewer" })).Is(201);
        return await ReceivedMail.TokenAsync(shared.Server, user.Email, ReceivedMail.Invitation, before);
    }

    /// <summary>The example with what is there in place of what it makes up.</summary>
    /// <param name="isToSucceed">So that tokens of letters have to be real.</param>
    private async Task<JsonNode?> FilledAsync(User user, DescribedOperation operation, JsonNode? body, bool isToSucceed = true)
    {
        if (body is not JsonObject filled)
        {
            return body;
        }
        filled = filled.DeepClone().AsObject();
        if (filled.ContainsKey("current_password"))
        {
            filled["current_password"] = User.Password;
        }
        if (filled.ContainsKey("category_id"))
        {
            filled["category_id"] = (string)(await user.PostAsync("/api/v1/categories", new { name = $"{Guid.NewGuid():N}" })).Is(201)["id"]!;
        }
        if (filled.ContainsKey("assignee_id"))
        {
            filled["assignee_id"] = (string)(await user.GetAsync("/api/v1/me")).Is(200)["id"]!;
        }
        if (filled.ContainsKey("workspace_id"))
        {
            filled["workspace_id"] = (string)(await user.PostAsync("/api/v1/workspaces", new { name = "Away" })).Is(201)["id"]!;
        }
        foreach (var name in new[] { "parent_id", "after" }.Where(filled.ContainsKey))
        {
            filled[name] = (string)(await user.CreateAsync(new { title = "Go shopping" })).Answer["id"]!;
        }
        if (filled.ContainsKey("into"))
        {
            filled["into"] = (string)(await user.PostAsync("/api/v1/tags", new { name = $"{Guid.NewGuid():N}" })).Is(201)["id"]!;
        }
        if (filled.ContainsKey("email"))
        {
            filled["email"] = operation.Id is "register" or "requestEmailChange" or "createInvitation" ? $"{Guid.NewGuid():N}@example.com" : user.Email;
        }
        if (filled.ContainsKey("password"))
        {
            filled["password"] = operation.Id is "logIn" or "restoreAccount" ? User.Password : (string)filled["password"]!;
        }
        if (filled.ContainsKey("current_password"))
        {
            filled["current_password"] = User.Password;
        }
        if (filled.ContainsKey("user_id"))
        {
            filled["user_id"] = (string)(await (await shared.VerifiedAsync(null)).GetAsync("/api/v1/me")).Is(200)["id"]!;
        }
        if (filled.ContainsKey("token") && isToSucceed)
        {
            filled["token"] = operation.Id switch
            {
                "verifyEmail" => await ReceivedMail.TokenAsync(shared.Server, user.Email, ReceivedMail.VerifyEmail),
                "resetPassword" => await user.AskForResetAsync(shared.Server),
                "lookAtInvitation" or "acceptInvitation" or "declineInvitation" => await InvitedAsync(user),
                "restoreAccount" => await user.AskForDeletionAsync(shared.Server),
                _ => await user.AskForEmailAsync(shared.Server, $"{Guid.NewGuid():N}@example.com"),
            };
        }
        foreach (var one in (filled["operations"]?.AsArray() ?? []).Where(one => one!["id"] is not null))
        {
            one!["id"] = (string)(await user.CreateAsync(new { title = "Buy milk" })).Answer["id"]!;
        }
        if (filled.ContainsKey("refresh_token"))
        {
            filled["refresh_token"] = user.RefreshToken;
        }
        return filled;
    }
}
