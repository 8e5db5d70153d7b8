using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Text.Json.Serialization.Metadata;
using Quehacer.Client;
using TagList = Quehacer.Client.TagList;

namespace Quehacer.Server.Tests;

/// <summary>The client in <c>clients/csharp</c>: that it is what the description says, and that a real server and it keep each other's promises.</summary>
public sealed class CSharpClientTests(SharedServer shared)
{
    private const string Password = "long enough to remember";

    /// <summary>What the records of the client are called in the description.</summary>
    private static readonly Dictionary<string, Type> Records = new()
    {
        ["Task"] = typeof(TaskItem),
        ["TaskList"] = typeof(TaskList),
        ["LabelFace"] = typeof(LabelFace),
        ["TaskLinks"] = typeof(TaskLinks),
        ["Note"] = typeof(Note),
        ["NoteAuthor"] = typeof(NoteAuthor),
        ["NoteList"] = typeof(NoteList),
        ["NewNote"] = typeof(NewNote),
        ["NoteChange"] = typeof(NoteChange),
        ["Event"] = typeof(Event),
        ["EventTask"] = typeof(EventTask),
        ["EventNote"] = typeof(EventNote),
        ["EventMember"] = typeof(EventMember),
        ["EventWorkspace"] = typeof(EventWorkspace),
        ["EventList"] = typeof(EventList),
        ["Changes"] = typeof(Changes),
        ["StreamTicket"] = typeof(StreamTicket),
        ["Presence"] = typeof(Presence),
        ["PresentPerson"] = typeof(PresentPerson),
        ["Label"] = typeof(Label),
        ["CategoryList"] = typeof(CategoryList),
        ["TagList"] = typeof(TagList),
        ["Pagination"] = typeof(Pagination),
        ["Links"] = typeof(Links),
        ["User"] = typeof(Quehacer.Client.User),
        ["Tokens"] = typeof(Tokens),
        ["Problem"] = typeof(Problem),
        ["ProblemField"] = typeof(ProblemField),
        ["NewTask"] = typeof(NewTask),
        ["TaskChange"] = typeof(TaskChange),
        ["TasksChange"] = typeof(TasksChange),
        ["BulkResult"] = typeof(BulkResult),
        ["SkippedTask"] = typeof(SkippedTask),
        ["TaskCondition"] = typeof(TaskCondition),
        // The same member, whatever it is a condition on.
        ["WorkspaceCondition"] = typeof(TaskCondition),
        ["Workspace"] = typeof(Workspace),
        ["WorkspaceList"] = typeof(WorkspaceList),
        ["NewWorkspace"] = typeof(NewWorkspace),
        ["WorkspaceChange"] = typeof(WorkspaceChange),
        ["Member"] = typeof(Member),
        ["MemberList"] = typeof(MemberList),
        ["MemberChange"] = typeof(MemberChange),
        ["WorkspaceTransfer"] = typeof(WorkspaceTransfer),
        ["Invitation"] = typeof(Invitation),
        ["InvitedInto"] = typeof(InvitedInto),
        ["Inviter"] = typeof(Inviter),
        ["InvitationList"] = typeof(InvitationList),
        ["NewInvitation"] = typeof(NewInvitation),
        ["TaskCompletion"] = typeof(TaskCompletion),
        ["TaskMove"] = typeof(TaskMove),
        ["TaskTransfer"] = typeof(TaskTransfer),
        ["Batch"] = typeof(Batch),
        ["BatchOperation"] = typeof(BatchOperation),
        ["BatchResults"] = typeof(BatchResults),
        ["BatchResult"] = typeof(BatchResult),
        ["NewCategory"] = typeof(NewLabel),
        ["CategoryChange"] = typeof(LabelChange),
        ["NewTag"] = typeof(NewLabel),
        ["TagChange"] = typeof(LabelChange),
        ["TagMerge"] = typeof(TagMerge),
        ["Registration"] = typeof(Registration),
        ["AccountChange"] = typeof(AccountChange),
        ["ApiKey"] = typeof(ApiKey),
        ["ApiKeyList"] = typeof(ApiKeyList),
        ["NewApiKey"] = typeof(NewApiKey),
        ["ServiceAccount"] = typeof(ServiceAccount),
        ["ServiceAccountList"] = typeof(ServiceAccountList),
        ["NewServiceAccount"] = typeof(NewServiceAccount),
        ["ServiceAccountChange"] = typeof(ServiceAccountChange),
        ["NewServiceKey"] = typeof(NewServiceKey),
        ["AdminUser"] = typeof(AdminUser),
        ["AdminUserList"] = typeof(AdminUserList),
        ["UserChange"] = typeof(UserChange),
        ["Suspension"] = typeof(Suspension),
        ["AdminAct"] = typeof(AdminAct),
        ["AdminActDetail"] = typeof(AdminActDetail),
        ["AdminActList"] = typeof(AdminActList),
        ["Login"] = typeof(Login),
        ["Refresh"] = typeof(Refresh),
        ["Session"] = typeof(SignedIn),
        ["SessionList"] = typeof(SessionList),
        ["EmailAddress"] = typeof(EmailAddress),
        ["OneTimeToken"] = typeof(OneTimeToken),
        ["PasswordReset"] = typeof(PasswordReset),
        ["PasswordChange"] = typeof(PasswordChange),
        ["EmailChange"] = typeof(EmailChange),
        ["AccountDeletion"] = typeof(AccountDeletion),
        ["AccountDeletionRequest"] = typeof(AccountDeletionRequest),
        ["AccountRestoration"] = typeof(AccountRestoration),
        ["MfaRequired"] = typeof(MfaRequired),
        ["CodeSent"] = typeof(CodeSent),
        ["Factors"] = typeof(Factors),
        ["Factor"] = typeof(Factor),
        ["TotpSetup"] = typeof(TotpSetup),
        ["RecoveryCodes"] = typeof(RecoveryCodes),
        ["LoginCode"] = typeof(LoginCode),
        ["LoginCodeLetter"] = typeof(LoginCodeLetter),
        ["CodeLogin"] = typeof(CodeLogin),
        ["CurrentPassword"] = typeof(CurrentPassword),
        ["TotpCode"] = typeof(TotpCode),
        ["FactorProof"] = typeof(FactorProof),
    };

    private readonly Description description = new();

    /// <summary>What these tests were built as, and all that was built with them: debug or release.</summary>
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Name;

    private async Task<(QuehacerClient Client, Losing Network)> NewUserAsync(QuehacerOptions? options = null)
    {
        var network = new Losing();
        var client = new QuehacerClient(new HttpClient(network) { BaseAddress = shared.Server.Address }, options);
        var email = $"{Guid.NewGuid():N}@example.com";
        await client.RegisterAsync(email, "Ana", Password);
        await client.LogInAsync(email, Password);
        network.Begin();
        return (client, network);
    }

    [Fact]
    public void Its_records_are_the_schemas_of_the_description()
    {
        var schemas = description.Resolve(new JsonObject { ["$ref"] = "#/components/schemas" }).AsObject();
        // With 'fields' or 'as_of' a task has any of its members, which no record can say.
        Assert.Equal(schemas.Select(schema => schema.Key).Except(["SelectedTask", "SelectedTaskList"]).Order(), Records.Keys.Order());
        Assert.All(Records, record =>
        {
            var schema = schemas[record.Key]!;
            var required = schema["required"]?.AsArray().Select(name => (string)name!).ToHashSet() ?? [];
            // What may be absent is null in a record when it is; only in a change are absent and null two things.
            var isChange = record.Key.EndsWith("Change", StringComparison.Ordinal);
            string Member(string name, string type, bool isRequired) => isRequired ? $"{name}: {type}" : $"{name}: {(isChange ? type : type.TrimEnd('?'))}, optional";
            Assert.Equal(
                schema["properties"]!.AsObject().Where(member => (bool?)member.Value!["readOnly"] != true)
                    .Select(member => Member(member.Key, TypeOf(member.Value!), required.Contains(member.Key))).Order(),
                QuehacerJson.Default.GetTypeInfo(record.Value)!.Properties.Where(member => member.Get is not null)
                    .Select(member => Member(member.Name, TypeOf(member), member.IsRequired)).Order());
        });
    }

    [Fact]
    public void Its_words_and_codes_are_those_of_the_description()
    {
        Assert.Equal(Words("Task", "status"), WordsOf<TaskState>());
        Assert.Equal(Words("Task", "priority"), WordsOf<TaskPriority>());
        Assert.Equal(Words("BatchOperation", "op"), WordsOf<BatchOp>());
        Assert.Equal(Parameter("expand")["items"]!["enum"]!.AsArray().Select(word => (string)word!), WordsOf<TaskExpansion>());
        Assert.Equal(Words("BatchOperation", "subtasks"), WordsOf<SubtaskFate>());
        Assert.Equal(Words("TaskMove", "to"), WordsOf<ListEnd>());
        Assert.Equal(Words("TaskTransfer", "subtasks"), WordsOf<TransferFate>());
        Assert.Equal(Parameter("sort")["enum"]!.AsArray().Select(word => (string)word!).Where(word => word[0] != '-'), WordsOf<TaskSort>());
        Assert.Equal(
            description.Parameters(description.Operations.Single(operation => operation.Id == "listUsers")).Single(parameter => (string)parameter["name"]! == "sort")["schema"]!["enum"]!.AsArray()
                .Select(word => (string)word!).Where(word => word[0] != '-'),
            WordsOf<UserSort>());
        Assert.Equal(Parameter("order")["enum"]!.AsArray().Select(word => (string)word!), WordsOf<SortOrder>());
        Assert.Equal(
            description.Resolve(new JsonObject { ["$ref"] = "#/components/schemas/Problem" })["properties"]!["code"]!["examples"]!.AsArray().Select(code => (string)code!).Order(),
            typeof(ErrorCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order());

        IEnumerable<string> Words(string schema, string member) =>
            description.Resolve(new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" })["properties"]![member]!["enum"]!.AsArray().Select(word => (string)word!);
        JsonNode Parameter(string name) =>
            description.Parameters(description.Operations.Single(operation => operation.Id == "listTasks")).Single(parameter => (string)parameter["name"]! == name)["schema"]!;
        static IEnumerable<string> WordsOf<T>()
            where T : struct, Enum => Enum.GetNames<T>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName);
    }

    [Fact]
    public async Task Its_methods_are_the_operations_of_the_description_with_all_their_parameters()
    {
        var methods = typeof(QuehacerClient).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).ToList();
        // PUT does the same as PATCH.
        var operations = description.Operations.Where(operation => operation.Method != "PUT" || operation.Id == "addTag").ToList();
        Assert.Equal(
            operations.Select(operation => $"{char.ToUpperInvariant(operation.Id[0])}{operation.Id[1..]}Async").Order(),
            methods.Select(method => method.Name).Where(name => name.EndsWith("Async") && !name.StartsWith("Enumerate")).Order());
        foreach (var operation in operations)
        {
            var method = methods.Single(method => method.Name.Equals(operation.Id + "Async", StringComparison.OrdinalIgnoreCase));
            var network = new Losing { Answer = _ => new(HttpStatusCode.NotFound) };
            using var whole = new QuehacerClient(new HttpClient(network) { BaseAddress = new("http://localhost/under/") }, new() { Language = "es" }) { Session = new("token") };
            var client = whole.In("ws_01h455vb4pex5vsknk084sn02q");
            await Assert.ThrowsAsync<ProblemException>(() => (Task)method.Invoke(client, [.. method.GetParameters().Select(parameter => Filled(parameter.ParameterType, parameter.Name!))])!);
            var sent = Assert.Single(network.Sent);
            Assert.Equal((operation.Method, "/under" + Regex.Replace(operation.Path.Replace("{user_id}", "user_01h455vb4pex5vsknk084sn02q"), "{[a-z_]+}", "x%2Fy")), (sent.Method, sent.Address.AbsolutePath));
            var query = sent.Address.Query.Split(['?', '&'], StringSplitOptions.RemoveEmptyEntries).Select(parameter => parameter.Split('=')[0]).ToList();
            var described = description.Parameters(operation).ToLookup(parameter => (string)parameter["in"]!, parameter => (string)parameter["name"]!);
            Assert.Equal(described["query"].Except(["fields", "as_of"]).Order(), query.Order());
            // The client keeps nothing that it could ask about on conditions, and leaves it to the server to number its requests.
            string[] unsent = ["X-Request-Id", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", .. operation.Method == "GET" ? new[] { "If-Match" } : []];
            Assert.Equal(
                described["header"].Except(unsent).Order(),
                sent.Headers.Where(name => name is "Idempotency-Key" or "If-Match" or "Accept-Language").Order());
            if (operation.Node["requestBody"] is { } body)
            {
                var type = operation.Method == "PATCH" ? "application/merge-patch+json" : "application/json";
                Assert.Equal(type, sent.ContentType);
                description.IsValid(operation.Id, body["content"]![type]!["schema"]!, JsonNode.Parse(sent.Body));
            }
            else
            {
                Assert.Equal("", sent.Body);
            }
        }

        // Every member that there is, so that none can be left out of what is sent.
        static object? Filled(Type type, string name) => (System.Nullable.GetUnderlyingType(type) ?? type) switch
        {
            var text when text == typeof(string) => name switch
            {
                "email" => "ana@example.com", "into" or "workspaceId" => Guid.NewGuid().ToString(), "name" or "id" or "noteId" or "keyId" or "taskId" or "invitationId" => "x/y", "userId" => "user_01h455vb4pex5vsknk084sn02q", "after" or "before" => "1", "role" => "viewer", _ => "x/y long enough",
            },
            var number when number == typeof(int) => 1,
            var flag when flag == typeof(bool) => true,
            var fate when fate == typeof(SubtaskFate) => SubtaskFate.Keep,
            var end when end == typeof(ListEnd) => ListEnd.First,
            var fate when fate == typeof(TransferFate) => TransferFate.Follow,
            var sort when sort == typeof(UserSort) => UserSort.Name,
            var order when order == typeof(SortOrder) => SortOrder.Asc,
            var time when time == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch,
            var change when change == typeof(UserChange) => new UserChange { Plan = "plus", Role = "user", Version = 1 },
            var token when token == typeof(CancellationToken) => CancellationToken.None,
            var query when query == typeof(TaskQuery) => new TaskQuery
            {
                Limit = 1, IncludeTotal = true, Status = TaskState.Done, Priority = [TaskPriority.Low], CategoryId = "none", AssigneeId = "me", ParentId = "1", Tag = ["home"], DueAfter = DateTimeOffset.UnixEpoch,
                DueBefore = DateTimeOffset.UnixEpoch, Overdue = false, CreatedAfter = DateTimeOffset.UnixEpoch, CreatedBefore = DateTimeOffset.UnixEpoch,
                UpdatedSince = DateTimeOffset.UnixEpoch, Q = "milk", Sort = TaskSort.Due, Order = SortOrder.Asc, IncludeDeleted = true,
                Expand = [TaskExpansion.Links],
            },
            var filter when filter == typeof(TaskFilter) => new TaskFilter
            {
                Status = TaskState.Done, Priority = [TaskPriority.Low], CategoryId = "none", AssigneeId = "me", ParentId = "1", Tag = ["home"], DueAfter = DateTimeOffset.UnixEpoch, DueBefore = DateTimeOffset.UnixEpoch, Overdue = false,
                CreatedAfter = DateTimeOffset.UnixEpoch, CreatedBefore = DateTimeOffset.UnixEpoch, UpdatedSince = DateTimeOffset.UnixEpoch, Q = "milk",
            },
            var change when change == typeof(TasksChange) => new TasksChange { Description = null, Status = TaskState.Pending, Priority = TaskPriority.Low, DueDate = null, CategoryId = null, AssigneeId = null, Tags = null, AddTags = new[] { "home" }, RemoveTags = null },
            var expansions when expansions == typeof(IReadOnlyList<TaskExpansion>) => new[] { TaskExpansion.Category },
            var note when note == typeof(NewNote) => new NewNote { Text = "said" },
            var change when change == typeof(NoteChange) => new NoteChange { Text = "said", Version = 1 },
            var task when task == typeof(NewTask) => new NewTask { Title = "Buy milk", Status = TaskState.Done, Priority = TaskPriority.Low, DueDate = DateTimeOffset.UnixEpoch, ParentId = "1", Tags = ["home"] },
            var change when change == typeof(TaskChange) => new TaskChange { Description = null, Status = TaskState.Pending, Priority = TaskPriority.Low, DueDate = null, CategoryId = null, AssigneeId = null, ParentId = null, Tags = null, AddTags = new[] { "home" }, RemoveTags = null, Version = 1 },
            var operations when operations == typeof(IReadOnlyList<BatchOperation>) => new[]
            {
                BatchOperation.Create(new() { Title = "Buy milk" }), BatchOperation.Update("1", new() { Title = "Buy oat milk", AddTags = new[] { "home" } }, version: 1), BatchOperation.Complete("1", version: 2, subtasks: SubtaskFate.Complete),
                BatchOperation.Reopen("1"), BatchOperation.Delete("1", subtasks: SubtaskFate.Delete), BatchOperation.Restore("1"), BatchOperation.Move("1", after: "2"),
            },
            var label when label == typeof(NewLabel) => new NewLabel { Name = "home", Color = "#33AA57" },
            var change when change == typeof(LabelChange) => new LabelChange { Name = "home", Color = null, Version = 1 },
            var key when key == typeof(NewApiKey) => new NewApiKey { Name = "Script", Scopes = ["tasks:read"], WorkspaceId = Guid.NewGuid().ToString(), ExpiresAt = DateTimeOffset.UnixEpoch, CurrentPassword = "x" },
            var account when account == typeof(NewServiceAccount) => new NewServiceAccount { Name = "Build server", Role = "editor", CurrentPassword = "x" },
            var change when change == typeof(ServiceAccountChange) => new ServiceAccountChange { Name = "Build server", Role = "viewer", Version = 1 },
            var key when key == typeof(NewServiceKey) => new NewServiceKey { Name = "Build server", Scopes = ["tasks:read"], ExpiresAt = DateTimeOffset.UnixEpoch, CurrentPassword = "x" },
            var workspace when workspace == typeof(NewWorkspace) => new NewWorkspace { Name = "Home" },
            var change when change == typeof(WorkspaceChange) => new WorkspaceChange { Name = "Home", Version = 1 },
            var change when change == typeof(MemberChange) => new MemberChange { Role = "editor", Version = 1 },
            var stream when stream == typeof(Stream) => Stream.Null,
            var several when several == typeof(IReadOnlyList<string>) => new[] { "task.*" },
            var change when change == typeof(AccountChange) => new AccountChange { Name = "Ana", Version = 1 },
            _ => throw new InvalidOperationException($"The test knows no value of {type}."),
        };
    }

    [Fact]
    public async Task Its_example_does_the_round_trip_of_the_quick_start()
    {
        var program = Path.Combine(QuehacerServer.Repository, "artifacts", "bin", "example", Configuration, "quehacer-example.dll");
        using var run = Process.Start(new ProcessStartInfo("dotnet", [program, shared.Server.Address.ToString()]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var complaints = run.StandardError.ReadToEndAsync();
        var printed = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, printed + await complaints);
        Assert.Equal(
            """
            logged in: Ana
            listed: Buy milk
            listed: Order beans
            changed: Buy two bottles of milk
            refused: 412 PRECONDITION_FAILED, and it is still as it was changed: True
            completed: Done
            looked for: 404
            restored: Buy two bottles of milk

            """,
            printed);
    }

    /// <summary>The line is cut behind every second event, and each event comes once.</summary>
    [Fact]
    public async Task It_hears_every_event_once_however_often_the_line_is_cut()
    {
        var (client, network) = await NewUserAsync();
        using var one = client;
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var heard = new List<string>();
        var listening = Task.Run(async () =>
        {
            await foreach (var happened in client.EnumerateEventsAsync(type: ["task.*"], cancellationToken: enough.Token))
            {
                heard.Add($"{happened.Type} {happened.Task!.Title} {happened.Before?["title"]}");
                if (heard.Count == 9)
                {
                    return;
                }
                if (heard.Count % 2 == 0)
                {
                    network.HangUp();
                }
            }
        }, enough.Token);
        // The first is heard when somebody listens.
        await Task.Delay(500, enough.Token);
        for (var i = 0; i < 4; i++)
        {
            var task = await client.CreateTaskAsync(new NewTask { Title = $"{i}" }, cancellationToken: enough.Token);
            await client.ChangeTaskAsync(task.Id, new TaskChange { Title = $"{i}, changed" }, cancellationToken: enough.Token);
            await Task.Delay(100, enough.Token);
        }
        await client.CreateTaskAsync(new NewTask { Title = "last" }, cancellationToken: enough.Token);
        await Task.WhenAny(listening, Task.Delay(TimeSpan.FromSeconds(20), enough.Token));
        Assert.True(listening.IsCompleted, $"Only this has been heard: {string.Join(" | ", heard)}");
        await listening;
        Assert.Equal([.. Enumerable.Range(0, 4).SelectMany(i => new[] { $"task.created {i} ", $"task.updated {i}, changed {i}" }), "task.created last "], heard);
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_is_done_once()
    {
        var (client, network) = await NewUserAsync(new() { Attempts = 3, AttemptTimeout = TimeSpan.FromSeconds(20) });
        var unavailable = Losing.Refusing(HttpStatusCode.ServiceUnavailable, "0");
        var tooMany = Losing.Refusing(HttpStatusCode.TooManyRequests, "0");
        var inFlight = Losing.Refusing(HttpStatusCode.Conflict, null, "IDEMPOTENCY_IN_FLIGHT");
        foreach (var (title, fate) in new[] { ("lost", Losing.Lost), ("broken off", Losing.BrokenOff), ("too late", Losing.TooLate), ("unavailable", unavailable), ("too many", tooMany), ("in flight", inFlight) })
        {
            network.Begin(fate, fate);
            Assert.Equal(title, (await client.CreateTaskAsync(new() { Title = title })).Title);
            Assert.Equal(3, network.Sent.Count);
            Assert.Matches("^\"[0-9a-f-]{36}\"$", Assert.Single(network.Sent.Select(sent => sent.Key).Distinct()));
            Assert.True(network.WasReplayed, $"'{title}' was made a second time.");
        }
        network.Begin();
        await client.CreateTaskAsync(new() { Title = "given" }, idempotencyKey: "a-key-of-my-own");
        Assert.Equal("a-key-of-my-own", Assert.Single(network.Sent).Key);

        // It ends: after so many attempts, and where nobody says that another would help.
        network.Begin(Losing.Lost, Losing.Lost, Losing.Lost);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.CreateTaskAsync(new() { Title = "never answered" }));
        Assert.Equal(3, network.Sent.Count);
        network.Begin(unavailable, unavailable, unavailable);
        Assert.Equal(TimeSpan.Zero, (await Assert.ThrowsAsync<ProblemException>(() => client.CreateTaskAsync(new() { Title = "never available" }))).RetryAfter);
        Assert.Equal(3, network.Sent.Count);
        foreach (var after in new[] { null, "3600" })
        {
            network.Begin(Losing.Refusing(HttpStatusCode.ServiceUnavailable, after));
            Assert.Equal(503, (await Assert.ThrowsAsync<ProblemException>(() => client.CreateTaskAsync(new() { Title = $"after {after}" }))).Status);
            Assert.Single(network.Sent);
        }

        // Whoever gives up is let go in the middle of a wait.
        network.Begin(Losing.Refusing(HttpStatusCode.ServiceUnavailable, "29"));
        using var enough = new CancellationTokenSource();
        var waiting = client.CreateTaskAsync(new() { Title = "given up" }, cancellationToken: enough.Token);
        await network.AnsweredAsync();
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        network.Begin();
        var titles = new List<string>();
        await foreach (var task in client.EnumerateTasksAsync(new() { Limit = 3, Sort = TaskSort.Title }))
        {
            titles.Add(task.Title);
        }
        Assert.Equal(
            ["after", "after 3600", "broken off", "given", "given up", "in flight", "lost", "never answered", "never available", "too late", "too many", "unavailable"], titles);
        Assert.Equal(4, network.Sent.Count);
        Assert.All(network.Sent, sent => Assert.Null(sent.Key));
    }

    [Fact]
    public async Task Many_calls_with_an_expired_token_renew_it_once()
    {
        var kept = new List<Session?>();
        var (client, network) = await NewUserAsync(new() { SessionChanged = kept.Add });
        var begun = client.Session!;
        client.Session = begun with { AccessToken = "expired" };
        // The answer to the refresh is lost as well, and a second use of its token would end the session.
        network.Fate = request => request.Contains("/refresh") ? Losing.Lost : null;
        var tasks = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => client.CreateTaskAsync(new() { Title = $"{number}" })));
        Assert.Equal(20, tasks.Select(task => task.Id).Distinct().Count());
        Assert.Equal(2, network.Sent.Count(sent => sent.Address.AbsolutePath.EndsWith("/refresh")));
        Assert.Equal([begun, client.Session], kept);
        Assert.NotEqual(begun.RefreshToken, client.Session!.RefreshToken);

        // Who crashed before the new token was kept goes on with the old one.
        var tokens = await client.RefreshAsync(begun.RefreshToken!);
        Assert.Equal(client.Session.RefreshToken, tokens.RefreshToken);
        Assert.Equal("Ana", (await client.GetAccountAsync()).Name);
        Assert.DoesNotContain(tokens.AccessToken, $"{tokens} {client.Session}");

        var ended = client.Session;
        await client.LogOutAsync();
        Assert.Null(client.Session);
        client.Session = ended;
        // The first answer comes when all have asked: who asked behind the end of the session would have no token to send.
        network.Begin([.. Enumerable.Repeat(network.WhenSent(10), 10)]);
        var refusals = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Assert.ThrowsAsync<ProblemException>(() => client.GetAccountAsync())));
        Assert.All(refusals, refused => Assert.Equal((401, ErrorCodes.TokenInvalid), (refused.Status, refused.Code)));
        Assert.Single(network.Sent, sent => sent.Address.AbsolutePath.EndsWith("/refresh"));
        Assert.Null(client.Session);
    }

    [Fact]
    public async Task A_change_names_what_it_sets_and_is_refused_when_somebody_else_was_first()
    {
        var (client, network) = await NewUserAsync();
        var due = new DateTimeOffset(2099, 1, 31, 18, 0, 0, TimeSpan.FromHours(1));
        var made = await client.CreateTaskAsync(new() { Title = "Buy milk", Description = "The shop closes at nine.", DueDate = due, Priority = TaskPriority.Critical, Tags = ["home"] });
        Assert.Equal((due, TimeSpan.Zero), (made.DueDate, made.DueDate!.Value.Offset));
        network.Begin();
        var changed = await client.ChangeTaskAsync(made.Id, new() { DueDate = null, Priority = TaskPriority.Low, Tags = new[] { "shop", "home" } }, ifMatch: made.ETag);
        Assert.Equal("""{"priority":"low","due_date":null,"tags":["shop","home"]}""", Assert.Single(network.Sent).Body);
        Assert.Equal((null, "The shop closes at nine.", TaskPriority.Low, 2), (changed.DueDate, changed.Description, changed.Priority, changed.Version));
        foreach (var late in new Func<Task>[]
        {
            () => client.ChangeTaskAsync(made.Id, new() { Title = "Buy oat milk" }, ifMatch: made.ETag),
            () => client.ChangeTaskAsync(made.Id, new() { Title = "Buy oat milk", Version = made.Version }),
            () => client.CompleteTaskAsync(made.Id, version: made.Version),
            () => client.DeleteTaskAsync(made.Id, ifMatch: made.ETag),
        })
        {
            var refused = await Assert.ThrowsAsync<PreconditionFailedException>(late);
            Assert.Equal((changed.ETag, ErrorCodes.PreconditionFailed, "BIZ_3005"), (refused.CurrentETag, refused.Code, refused.Number));
        }
        Assert.Equal(changed with { Tags = [] }, await client.GetTaskAsync($"{made.Number}") with { Tags = [] });

        var invalid = await Assert.ThrowsAsync<ProblemException>(() => client.CreateTaskAsync(new() { Title = " ", DueDate = DateTimeOffset.UnixEpoch }));
        Assert.Equal((422, ErrorCodes.ValidationError), (invalid.Status, invalid.Code));
        Assert.Equal(["due_date", "title"], invalid.Errors.Select(error => error.Field).Order());
        Assert.StartsWith("req_", invalid.RequestId);
    }

    [Fact]
    public async Task A_batch_is_done_as_a_whole_or_each_operation_on_its_own()
    {
        var (client, network) = await NewUserAsync();
        network.Begin(Losing.Lost);
        var done = await client.WriteBatchAsync(
            [BatchOperation.Create(new() { Title = "Buy milk", Tags = ["home"] }), BatchOperation.Update("1", new() { AddTags = new[] { "shop" }, RemoveTags = new[] { "home" } }, version: 1), BatchOperation.Complete("1")]);
        Assert.True(network.WasReplayed, "It was done a second time.");
        Assert.Equal((3, 0), (done.Succeeded, done.Failed));
        Assert.Equal([201, 200, 200], done.Results.Select(result => result.Status));
        var milk = await client.GetTaskAsync("1");
        Assert.Equal((TaskState.Done, 3, done.Results[2].Task!.ETag), (milk.Status, milk.Version, milk.ETag));
        Assert.Equal(["shop"], milk.Tags);

        var some = await client.WriteBatchAsync([BatchOperation.Delete("99"), BatchOperation.Reopen("1", version: 1), BatchOperation.Delete(milk.Id, version: 3)], atomic: false);
        Assert.Equal((1, 2), (some.Succeeded, some.Failed));
        Assert.Equal([ErrorCodes.ResourceNotFound, ErrorCodes.PreconditionFailed, null], some.Results.Select(result => result.Problem?.Code));
        Assert.Equal(milk.ETag, some.Results[1].ETag);

        var refused = await Assert.ThrowsAsync<ProblemException>(() => client.WriteBatchAsync([BatchOperation.Restore("1"), BatchOperation.Create(new() { Title = "" })]));
        Assert.Equal((422, 1, "operations[1].title"), (refused.Status, refused.Problem!.Operation, refused.Errors[0].Field));
        await Assert.ThrowsAsync<ProblemException>(() => client.GetTaskAsync("1"));
    }

    [Fact]
    public async Task What_a_filter_chooses_is_changed_as_it_was_tried()
    {
        var (client, network) = await NewUserAsync();
        await client.WriteBatchAsync([.. Enumerable.Range(1, 5).Select(number => BatchOperation.Create(new() { Title = $"task {number}", Tags = number < 5 ? ["home"] : [.. Enumerable.Range(1, 10).Select(tag => $"tag {tag}")] }))]);
        var (filter, change) = (new TaskFilter { Status = TaskState.Pending }, new TasksChange { Status = TaskState.Done, AddTags = new[] { "shop" } });
        var dry = await client.ChangeTasksAsync(filter, change, dryRun: true);
        Assert.Equal((5, 4, 1, true, 5L, false), (dry.Matched, dry.Changed, dry.Skipped, dry.DryRun, dry.Total, dry.HasMore));
        network.Begin(Losing.Lost);
        var first = await client.ChangeTasksAsync(filter, change, limit: 3, ifMatch: dry.ETag);
        Assert.True(network.WasReplayed, "It was done a second time.");
        var rest = await client.ChangeTasksAsync(filter, change, cursor: first.NextCursor, ifMatch: first.ETag);
        Assert.Equal((3, 1, true, null), (first.Changed, rest.Changed, first.HasMore, rest.NextCursor));
        Assert.Equal((5L, "add_tags", "TOO_MANY"), (rest.SkippedTasks[0].Number, rest.SkippedTasks[0].Errors[0].Field, rest.SkippedTasks[0].Errors[0].Code));
        Assert.Equal(rest.ETag, (await Assert.ThrowsAsync<PreconditionFailedException>(() => client.DeleteTasksAsync(filter, ifMatch: dry.ETag))).CurrentETag);
        Assert.Equal(4, (await client.DeleteTasksAsync(new() { Tag = ["SHOP"] })).Changed);
        Assert.Equal("task 5", Assert.Single((await client.ListTasksAsync()).Tasks).Title);
    }

    [Fact]
    public async Task Labels_are_walked_and_lists_are_filtered()
    {
        var (client, _) = await NewUserAsync();
        var names = Enumerable.Range(100, 103).Select(number => $"tag {number}/&").ToList();
        foreach (var some in names.Chunk(10))
        {
            await client.CreateTaskAsync(new() { Title = some[0], Tags = some });
        }
        var walked = new List<Label>();
        await foreach (var tag in client.EnumerateTagsAsync(counts: true))
        {
            walked.Add(tag);
        }
        Assert.Equal(names, walked.Select(tag => tag.Name));
        Assert.All(walked, tag => Assert.Equal(1, tag.TaskCount));
        Assert.Equal("tag 110/&", Assert.Single((await client.ListTasksAsync(new() { Tag = ["TAG 111/&", "tag 112/&"], CreatedAfter = DateTimeOffset.UnixEpoch })).Tasks).Title);

        var house = await client.CreateCategoryAsync(new() { Name = "House", Color = "#33aa57" });
        Assert.Equal("#33AA57", house.Color);
        house = await client.ChangeCategoryAsync(house.Id, new() { Color = null }, ifMatch: house.ETag);
        Assert.Equal(("House", null, 2), (house.Name, house.Color, house.Version));
        var merged = await client.MergeTagAsync(walked[0].Id, walked[1].Id);
        Assert.Equal(walked[1].Name, merged.Name);
        var tagged = await client.AddTagAsync("1", "a/b");
        Assert.Contains("a/b", tagged.Tags);
        Assert.DoesNotContain("a/b", (await client.RemoveTagAsync("1", "a/b", ifMatch: tagged.ETag)).Tags);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetTaskAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(() => client.CompleteTaskAsync(".."));
    }

    [Fact]
    public async Task Notes_are_written_and_walked_and_tasks_expanded()
    {
        var (client, network) = await NewUserAsync();
        var category = await client.CreateCategoryAsync(new() { Name = "House", Color = "#33aa57" });
        var task = await client.CreateTaskAsync(new() { Title = "Milk", CategoryId = category.Id, Tags = ["home"] });
        Assert.Equal((null, null, null), (task.Category, task.TagDetails, task.Links));
        network.Begin(Losing.Lost);
        var note = await client.CreateNoteAsync(task.Id, new() { Text = "The shop closes at nine." });
        Assert.True(network.WasReplayed, "It was said twice.");
        Assert.Equal((task.Id, "Ana", 1), (note.TaskId, note.Author.Name, note.Version));
        Assert.Equal(note, await client.GetNoteAsync("1", note.Id));
        var changed = await client.ChangeNoteAsync(task.Id, note.Id, new() { Text = "It closes at eight." }, ifMatch: note.ETag);
        Assert.Equal(("It closes at eight.", 2), (changed.Text, changed.Version));
        Assert.Equal(changed.ETag, (await Assert.ThrowsAsync<PreconditionFailedException>(() => client.ChangeNoteAsync(task.Id, note.Id, new() { Text = "x" }, ifMatch: note.ETag))).CurrentETag);
        await client.CreateNoteAsync("1", new() { Text = "Take bags." });
        var said = new List<string>();
        await foreach (var one in client.EnumerateNotesAsync(task.Id))
        {
            said.Add(one.Text);
        }
        Assert.Equal(["It closes at eight.", "Take bags."], said);
        await client.DeleteNoteAsync(task.Id, note.Id, ifMatch: changed.ETag);
        Assert.Equal(1, (await client.ListNotesAsync(task.Id, limit: 1)).Pagination.Total);

        var expanded = await client.GetTaskAsync(task.Id, [TaskExpansion.Category, TaskExpansion.Tags, TaskExpansion.Links]);
        Assert.Equal(("House", "#33AA57", "home", $"/api/v1/tasks/{task.Id}/notes"), (expanded.Category!.Name, expanded.Category.Color, Assert.Single(expanded.TagDetails!).Name, expanded.Links!.Notes));
        Assert.Equal(task.ETag, expanded.ETag);
        Assert.Equal("home", Assert.Single(Assert.Single((await client.ListTasksAsync(new() { Expand = [TaskExpansion.Tags] })).Tasks).TagDetails!).Name);
    }

    [Fact]
    public async Task What_is_no_answer_of_a_server_is_told_as_such()
    {
        using var client = new QuehacerClient(new HttpClient(new Losing { Answer = _ => new(HttpStatusCode.OK) { Content = new StringContent("<html>") } }) { BaseAddress = new("http://localhost/") });
        Assert.Contains("Quehacer server", (await Assert.ThrowsAsync<InvalidDataException>(() => client.GetTaskAsync("1"))).Message);
        using var behind = new QuehacerClient(new HttpClient(new Losing { Answer = _ => new(HttpStatusCode.BadGateway) { Content = new StringContent("<html>") } }) { BaseAddress = new("http://localhost/") });
        var refused = await Assert.ThrowsAsync<ProblemException>(() => behind.GetTaskAsync("1"));
        Assert.Equal((502, null, null), (refused.Status, refused.Problem, refused.Code));
        Assert.Throws<ArgumentException>(() => new QuehacerClient(new HttpClient()));
    }

    /// <summary>Packs what was built, as a release would.</summary>
    [Fact]
    public async Task It_packs_with_its_readme_and_licence()
    {
        var directory = Directory.CreateTempSubdirectory("quehacer-pack-");
        try
        {
            var start = new ProcessStartInfo(
                "dotnet", ["pack", Path.Combine(QuehacerServer.Repository, "clients", "csharp", "src"), "--no-build", "--nologo", "-c", Configuration, "-o", directory.FullName])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
            using var pack = Process.Start(start)!;
            var complaints = pack.StandardError.ReadToEndAsync();
            var printed = await pack.StandardOutput.ReadToEndAsync();
            await pack.WaitForExitAsync();
            Assert.True(pack.ExitCode == 0, printed + await complaints);
            using var package = ZipFile.OpenRead(Assert.Single(directory.GetFiles("Quehacer.Client.*.nupkg")).FullName);
            var names = package.Entries.Select(entry => entry.FullName).ToList();
            Assert.Superset(new HashSet<string> { "README.md", "LICENSE", "lib/net10.0/Quehacer.Client.dll", "lib/net10.0/Quehacer.Client.xml" }, names.ToHashSet());
            using var reader = new StreamReader(package.GetEntry("Quehacer.Client.nuspec")!.Open());
            var specification = await reader.ReadToEndAsync();
            Assert.Contains("<license type=\"file\">LICENSE</license>", specification);
            Assert.Contains("<readme>README.md</readme>", specification);
            Assert.DoesNotContain("<dependency ", specification);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string TypeOf(JsonNode schema)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            return reference.Split('/')[^1];
        }
        if (schema["anyOf"] is JsonArray choices)
        {
            // One thing or nothing is that thing; what can be this or that is no more than an object.
            return choices is [{ } thing, { } nothing] && (string?)nothing["type"] == "null" ? TypeOf(thing) + "?" : "object";
        }
        var types = schema["type"] is JsonArray several ? several.Select(type => (string)type!).ToList() : [(string)schema["type"]!];
        var type = types[0] switch
        {
            "integer" => (string)schema["format"]!,
            "array" => TypeOf(schema["items"]!) + "[]",
            "string" when (string?)schema["format"] == "date-time" => "time",
            var other => other,
        };
        return types.Contains("null") ? type + "?" : type;
    }

    private static string TypeOf(JsonPropertyInfo member)
    {
        var type = member.PropertyType;
        var isNullable = member.IsGetNullable;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Optional<>))
        {
            type = type.GetGenericArguments()[0];
            isNullable = new NullabilityInfoContext().Create((PropertyInfo)member.AttributeProvider!).GenericTypeArguments[0].ReadState == NullabilityState.Nullable;
        }
        return Name(System.Nullable.GetUnderlyingType(type) ?? type) + (isNullable ? "?" : "");

        static string Name(Type type) => type switch
        {
            _ when type == typeof(int) => "int32",
            _ when type == typeof(long) => "int64",
            _ when type == typeof(bool) => "boolean",
            _ when type == typeof(DateTimeOffset) => "time",
            _ when type == typeof(object) || type == typeof(JsonObject) => "object",
            _ when type == typeof(string) || type.IsEnum => "string",
            _ when type.IsArray => Name(type.GetElementType()!) + "[]",
            _ when type.IsGenericType => Name(type.GetGenericArguments()[0]) + "[]",
            _ => Records.First(record => record.Value == type).Key,
        };
    }

    /// <summary>One sending, as it left.</summary>
    private sealed record Sent(string Method, Uri Address, string? Key, string Body, string? ContentType, IReadOnlyList<string> Headers);

    /// <summary>A network on which the server gets every request, and on which answers get lost as a test wants it.</summary>
    private sealed class Losing() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false })
    {
        public delegate Task<HttpResponseMessage> Happens(HttpResponseMessage answer, CancellationToken cancellationToken);

        private readonly Lock access = new();
        private readonly Queue<Happens> fates = [];
        private readonly List<Sent> sent = [];
        private readonly HashSet<string> fated = [];
        private volatile Cutting? line;
        private TaskCompletionSource answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public static Happens Lost => (_, _) => throw new HttpRequestException("The connection was lost.");

        public static Happens BrokenOff => (answer, _) => Task.FromResult(new HttpResponseMessage(answer.StatusCode) { Content = new StreamContent(new Breaking()) });

        public static Happens TooLate => (_, _) => throw new TimeoutException("The answer took too long.");

        public IReadOnlyList<Sent> Sent
        {
            get
            {
                lock (access)
                {
                    return [.. sent];
                }
            }
        }

        /// <summary>An answer that comes when so many requests were sent.</summary>
        public Happens WhenSent(int count) => async (answer, cancellationToken) =>
        {
            while (Sent.Count < count)
            {
                await Task.Delay(5, cancellationToken);
            }
            return answer;
        };

        public bool WasReplayed { get; private set; }

        /// <summary>Cuts the line on which events come.</summary>
        public void HangUp() => line?.Cut();

        /// <summary>Answers in the place of a server.</summary>
        public Func<HttpRequestMessage, HttpResponseMessage>? Answer { get; init; }

        /// <summary>What happens to the first answer to an address.</summary>
        public Func<string, Happens?>? Fate { get; set; }

        public static Happens Refusing(HttpStatusCode status, string? after, string? code = null) => (_, _) =>
        {
            var refusal = new HttpResponseMessage(status);
            if (after is not null)
            {
                refusal.Headers.TryAddWithoutValidation("Retry-After", after);
            }
            if (code is not null)
            {
                refusal.Content = new StringContent($$"""
                    {"type":"x","title":"x","status":409,"detail":"x","instance":"/","code":"{{code}}","number":"x","request_id":"x","timestamp":"2026-11-21T08:30:00.125Z"}
                    """);
            }
            return Task.FromResult(refusal);
        };

        /// <summary>What happens to the answers from now on, in order; those behind the last arrive.</summary>
        public void Begin(params Happens[] next)
        {
            lock (access)
            {
                sent.Clear();
                fates.Clear();
                answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
                foreach (var fate in next)
                {
                    fates.Enqueue(fate);
                }
            }
        }

        public Task AnsweredAsync() => answered.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            Happens? fate;
            lock (access)
            {
                sent.Add(new(
                    request.Method.Method, request.RequestUri!, request.Headers.NonValidated.TryGetValues("Idempotency-Key", out var keys) ? keys.ToString() : null, body,
                    request.Content?.Headers.ContentType?.MediaType, [.. request.Headers.NonValidated.Select(header => header.Key)]));
                var address = request.RequestUri!.AbsolutePath;
                fate = fates.Count > 0 ? fates.Dequeue() : Fate?.Invoke(address) is { } own && fated.Add(address) ? own : null;
            }
            var answer = Answer is null ? await base.SendAsync(request, cancellationToken) : Answer(request);
            if (answer.Content.Headers.ContentType?.MediaType == "text/event-stream")
            {
                var content = new StreamContent(line = new Cutting(await answer.Content.ReadAsStreamAsync(cancellationToken)));
                content.Headers.ContentType = answer.Content.Headers.ContentType;
                answer.Content = content;
            }
            WasReplayed = answer.Headers.Contains("Idempotent-Replayed");
            answered.TrySetResult();
            return fate is null ? answer : await fate(answer, cancellationToken);
        }
    }

    /// <summary>A body that can be cut while it is read.</summary>
    private sealed class Cutting(Stream inner) : MemoryStream
    {
        private readonly CancellationTokenSource cut = new();

        public void Cut() => cut.Cancel();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cut.Token, cancellationToken);
            try
            {
                return await inner.ReadAsync(buffer, either.Token);
            }
            catch (OperationCanceledException) when (cut.IsCancellationRequested)
            {
                throw new IOException("The connection was lost.");
            }
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>A body that ends before its end.</summary>
    private sealed class Breaking : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("The connection was lost.");

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new IOException("The connection was lost.");
    }
}
