using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

/// <summary>
/// Who may do what, of every operation that the descriptions know: one table, written down, held against everybody that there is. What is not in the table fails, and
/// whoever is refused has changed nothing.
/// </summary>
public sealed class IsolationTests(SharedServer shared)
{
    /// <summary>What an operation of v1 takes. Those without a token are not in the table: the description says that of them.</summary>
    private enum Needs
    {
        /// <summary>An account of one's own, which it is about. Ids of others are not there.</summary>
        OwnAccount,

        /// <summary>To be in the workspace.</summary>
        See,

        /// <summary>To be an editor of the workspace, or more.</summary>
        Write,

        /// <summary>To be the owner of the workspace.</summary>
        Manage,

        /// <summary>To be an administrator of the installation.</summary>
        Administer,
    }

    private static readonly Dictionary<string, Needs> Table = new()
    {
        ["logOut"] = Needs.OwnAccount, ["getAccount"] = Needs.OwnAccount, ["changeAccount"] = Needs.OwnAccount, ["deleteAccount"] = Needs.OwnAccount, ["exportAccount"] = Needs.OwnAccount,
        ["changePassword"] = Needs.OwnAccount, ["requestEmailChange"] = Needs.OwnAccount, ["listSessions"] = Needs.OwnAccount, ["endSessions"] = Needs.OwnAccount, ["endSession"] = Needs.OwnAccount,
        ["getFactors"] = Needs.OwnAccount, ["beginTotp"] = Needs.OwnAccount, ["confirmTotp"] = Needs.OwnAccount, ["removeTotp"] = Needs.OwnAccount, ["beginEmailFactor"] = Needs.OwnAccount,
        ["confirmEmailFactor"] = Needs.OwnAccount, ["removeEmailFactor"] = Needs.OwnAccount, ["makeRecoveryCodes"] = Needs.OwnAccount, ["listKeys"] = Needs.OwnAccount,
        ["createKey"] = Needs.OwnAccount, ["getKey"] = Needs.OwnAccount, ["revokeKey"] = Needs.OwnAccount, ["listWorkspaces"] = Needs.OwnAccount, ["createWorkspace"] = Needs.OwnAccount,
        ["acceptInvitation"] = Needs.OwnAccount, ["listOwnInvitations"] = Needs.OwnAccount, ["acceptOwnInvitation"] = Needs.OwnAccount, ["declineOwnInvitation"] = Needs.OwnAccount,

        ["getWorkspace"] = Needs.See, ["getPresence"] = Needs.See, ["changeWorkspace"] = Needs.Manage, ["archiveWorkspace"] = Needs.Manage, ["unarchiveWorkspace"] = Needs.Manage,
        ["listMembers"] = Needs.See, ["getMember"] = Needs.See, ["changeMember"] = Needs.Manage, ["removeMember"] = Needs.Manage, ["leaveWorkspace"] = Needs.See,
        ["transferWorkspace"] = Needs.Manage, ["listInvitations"] = Needs.Manage, ["createInvitation"] = Needs.Manage, ["getInvitation"] = Needs.Manage, ["revokeInvitation"] = Needs.Manage,
        ["listServiceAccounts"] = Needs.See, ["createServiceAccount"] = Needs.Manage, ["getServiceAccount"] = Needs.See, ["changeServiceAccount"] = Needs.Manage,
        ["removeServiceAccount"] = Needs.Manage, ["listServiceKeys"] = Needs.Manage, ["createServiceKey"] = Needs.Manage, ["getServiceKey"] = Needs.Manage, ["revokeServiceKey"] = Needs.Manage,

        ["listTasks"] = Needs.See, ["createTask"] = Needs.Write, ["changeTasks"] = Needs.Write, ["deleteTasks"] = Needs.Write, ["writeBatch"] = Needs.Write, ["getTask"] = Needs.See,
        ["putTask"] = Needs.Write, ["changeTask"] = Needs.Write, ["deleteTask"] = Needs.Write, ["addTag"] = Needs.Write, ["removeTag"] = Needs.Write, ["completeTask"] = Needs.Write,
        ["reopenTask"] = Needs.Write, ["restoreTask"] = Needs.Write, ["undoTask"] = Needs.Write, ["moveTask"] = Needs.Write, ["transferTask"] = Needs.Write, ["listNotes"] = Needs.See, ["createNote"] = Needs.Write,
        ["getNote"] = Needs.See, ["putNote"] = Needs.Write, ["changeNote"] = Needs.Write, ["deleteNote"] = Needs.Write,
        ["listTaskHistory"] = Needs.See, ["listActivity"] = Needs.See, ["listChanges"] = Needs.See, ["streamEvents"] = Needs.See, ["createStreamTicket"] = Needs.OwnAccount,
        ["listCategories"] = Needs.See, ["createCategory"] = Needs.Write, ["getCategory"] = Needs.See, ["putCategory"] = Needs.Write, ["changeCategory"] = Needs.Write, ["deleteCategory"] = Needs.Write,
        ["listTags"] = Needs.See, ["createTag"] = Needs.Write, ["getTag"] = Needs.See, ["putTag"] = Needs.Write, ["changeTag"] = Needs.Write, ["deleteTag"] = Needs.Write, ["mergeTag"] = Needs.Write,

        ["listUsers"] = Needs.Administer, ["getUser"] = Needs.Administer, ["changeUser"] = Needs.Administer, ["suspendUser"] = Needs.Administer, ["unsuspendUser"] = Needs.Administer,
        ["resetFactors"] = Needs.Administer, ["signOutUser"] = Needs.Administer, ["listUserTasks"] = Needs.Administer, ["getUserTask"] = Needs.Administer, ["listAdminActs"] = Needs.Administer,
    };

    /// <summary>Who is let in changes the house for everybody after them; these are tried where they belong (<see cref="MemberTests"/>).</summary>
    private static readonly string[] TurnsEverythingRound = ["leaveWorkspace", "transferWorkspace", "archiveWorkspace"];

    private enum Role
    {
        Nobody,
        SignedOut,
        Suspended,
        Stranger,
        Former,
        Administrator,
        Viewer,
        Editor,
        Owner,
    }

    private static int Expected(Needs needs, Role role, bool namesOthers) => role switch
    {
        Role.Nobody or Role.SignedOut or Role.Suspended => 401,
        _ when needs == Needs.OwnAccount => namesOthers && role != Role.Owner ? 404 : 0,
        _ when needs == Needs.Administer => role == Role.Administrator ? 0 : 403,
        Role.Stranger or Role.Former or Role.Administrator => 404,
        Role.Viewer => needs == Needs.See ? 0 : 403,
        Role.Editor => needs == Needs.Manage ? 403 : 0,
        _ => 0,
    };

    [Fact]
    public void Every_operation_is_in_the_table_and_nothing_else() => Assert.Equal(
        new Description().Operations.Where(operation => !operation.IsAnonymous).Select(operation => operation.Id).Order(), Table.Keys.Order());

    [Fact]
    public async Task Everybody_may_do_what_the_table_says_and_nothing_else()
    {
        var house = await Household.BuildAsync(shared);
        var asked = 0;
        foreach (var operation in new Description().Operations.Where(operation => !operation.IsAnonymous))
        {
            var needs = Table[operation.Id];
            var namesOthers = operation.Path.Contains('{');
            foreach (var role in Enum.GetValues<Role>())
            {
                var expected = Expected(needs, role, namesOthers);
                if (expected == 0 && (needs == Needs.OwnAccount || TurnsEverythingRound.Contains(operation.Id)))
                {
                    // What is one's own is tried elsewhere.
                    continue;
                }
                var maker = expected == 0 && role is Role.Editor ? house.Editor : house.Owner;
                var (path, body) = await house.AskForAsync(operation, maker, role > Role.Suspended && house.Of(role) is User asker ? asker : house.Owner);
                var before = await house.StateAsync();
                var answer = await house.Of(role).SendAsync(operation.Method, path, body);
                asked++;
                if (expected != 0)
                {
                    Assert.True(answer.Status == expected, $"{operation.Id} by {role}: {expected} expected, and {answer.Asked} is answered {answer.Status} {answer.Text}");
                    Assert.Equal((operation.Id, role, before), (operation.Id, role, await house.StateAsync()));
                }
                else
                {
                    Assert.True(answer.Status is not (401 or 403 or 404) and < 500, $"{operation.Id} by {role}: it should be let in, and {answer.Asked} is answered {answer.Status} {answer.Text}");
                }
            }
        }
        Assert.True(asked > 600, $"Only {asked} were tried.");
    }

    /// <summary>The other contracts work in personal workspaces: whoever may not come in is told so, and what is another's is not there.</summary>
    [Theory]
    [InlineData("tareas")]
    [InlineData("envelope")]
    public async Task The_other_contracts_let_nobody_in_either(string contract)
    {
        var house = await Household.BuildAsync(shared);
        var task = (await house.Owner.CreateAsync(new { title = "Mine alone" })).Answer["id"]!;
        var category = (await house.Owner.PostAsync("/api/v1/categories", new { name = "Mine" })).Is(201)["id"]!;
        var tag = (await house.Owner.PostAsync("/api/v1/tags", new { name = "mine" })).Is(201)["id"]!;
        foreach (var operation in new Description(contract).Operations.Where(operation => !operation.IsAnonymous))
        {
            var path = operation.Path.Replace("{id}", (string)(operation.Tag switch { "categorias" => category, "etiquetas" => tag, _ => task })!);
            var body = operation.Method is "GET" or "DELETE" ? null : operation.Node["requestBody"]?["content"]?["application/json"]?["examples"]?.AsObject().First().Value!["value"];
            var before = await house.StateAsync();
            foreach (var role in new[] { Role.Nobody, Role.SignedOut, Role.Suspended })
            {
                (await house.Of(role).SendAsync(operation.Method, path, body)).Is(401);
            }
            if (operation.Path.Contains("{id}"))
            {
                foreach (var role in new[] { Role.Stranger, Role.Viewer, Role.Editor, Role.Administrator })
                {
                    (await house.Of(role).SendAsync(operation.Method, path, body)).Is(404);
                }
            }
            Assert.Equal(before, await house.StateAsync());
        }
    }

    /// <summary>Whatever carries an id of somebody else's: path, query, body, batch or cursor.</summary>
    [Fact]
    public async Task Ids_of_others_are_nothing_wherever_they_stand()
    {
        var house = await Household.BuildAsync(shared);
        var (stranger, home) = ((User)house.Of(Role.Stranger), house.WorkspaceId);
        var task = (string)(await house.Owner.PostAsync(Household.In(User.Tasks, home), new { title = "Ours", tags = new[] { "secret" } })).Is(201)["id"]!;
        var category = (string)(await house.Owner.PostAsync(Household.In("/api/v1/categories", home), new { name = "Secret" })).Is(201)["id"]!;
        var tag = (string)(await house.Owner.PostAsync(Household.In("/api/v1/tags", home), new { name = "another secret" })).Is(201)["id"]!;
        var own = (await stranger.CreateAsync(new { title = "Mine" })).Path;
        var ownTag = (string)(await stranger.PostAsync("/api/v1/tags", new { name = "mine" })).Is(201)["id"]!;
        var editorId = (string)(await house.Editor.GetAsync("/api/v1/me")).Is(200)["id"]!;
        var before = await house.StateAsync();

        foreach (var (method, path) in new[] { ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/complete"), ("POST", "/restore"), ("POST", "/undo"), ("GET", "?as_of=1"), ("GET", "/notes"), ("POST", "/notes"), ("PUT", "/tags/x") })
        {
            (await stranger.SendAsync(method, $"{User.Tasks}/{task}{path}", method == "GET" ? null : new { })).IsOneOf(404, 422);
            (await stranger.SendAsync(method, Household.In($"{User.Tasks}/{task}{path}", home), method == "GET" ? null : new { })).IsOneOf(404, 422);
        }
        foreach (var query in new[] { $"category_id={category}", $"parent_id={task}", $"assignee_id={editorId}", "tag=secret", "q=Ours" })
        {
            Assert.Empty((await stranger.GetAsync($"{User.Tasks}?{query}")).Is(200)["tasks"]!.AsArray());
        }
        foreach (var edit in new object[] { new { category_id = category }, new { parent_id = task }, new { assignee_id = editorId } })
        {
            (await stranger.PatchAsync(own, edit)).Is(422);
            (await stranger.PatchAsync($"{User.Tasks}?status=pending", edit)).IsOneOf(200, 422);
        }
        (await stranger.PostAsync(User.Tasks, new { title = "x", workspace_id = home })).Is(404);
        (await stranger.PostAsync($"{own}/transfer", new { workspace_id = home })).Is(404);
        (await stranger.PostAsync($"{own}/move", new { after = task })).IsInvalid("after");
        (await stranger.PostAsync($"/api/v1/tags/{ownTag}/merge", new { into = tag })).IsInvalid("into");
        foreach (var op in new[] { "complete", "delete", "restore", "reopen" })
        {
            (await stranger.PostAsync($"{User.Tasks}/batch", new { operations = new[] { new { op, id = task } } })).Is(404);
            Assert.Equal(404, (int)(await stranger.PostAsync($"{User.Tasks}/batch", new { atomic = false, operations = new[] { new { op, id = task } } })).Is(207)["results"]![0]!["status"]!);
        }
        (await stranger.PostAsync(Household.In($"{User.Tasks}/batch", home), new { operations = new[] { new { op = "create", task = new { title = "x" } } } })).Is(404);
        await house.Owner.PostAsync(Household.In(User.Tasks, home), new { title = "Second" });
        before = await house.StateAsync();
        var cursor = (string)(await house.Owner.GetAsync(Household.In($"{User.Tasks}?limit=1", home))).Is(200)["pagination"]!["next_cursor"]!;
        (await stranger.GetAsync($"{User.Tasks}?limit=1&cursor={cursor}")).IsInvalid("cursor");
        (await stranger.GetAsync(Household.In($"{User.Tasks}?limit=1&cursor={cursor}", home))).Is(404);
        var members = (string)(await house.Owner.GetAsync($"/api/v1/workspaces/{home}/members?limit=1")).Is(200)["pagination"]!["next_cursor"]!;
        (await stranger.GetAsync($"/api/v1/workspaces/{home}/members?limit=1&cursor={members}")).IsOneOf(404, 422);
        // What the owner sees more than others does not travel in a cursor either.
        (await house.Editor.GetAsync($"/api/v1/workspaces/{home}/members?limit=1&cursor={members}")).IsInvalid("cursor");
        Assert.Equal(before, await house.StateAsync());
    }

    /// <summary>A workspace, and everybody that there is.</summary>
    private sealed class Household
    {
        private readonly SharedServer shared;
        private readonly Dictionary<Role, Client> people = [];

        private Household(SharedServer shared) => this.shared = shared;

        public string WorkspaceId { get; private set; } = "";

        public User Owner => (User)people[Role.Owner];

        public User Editor => (User)people[Role.Editor];

        public Client Of(Role role) => people[role];

        /// <summary>An address of what is in a workspace.</summary>
        public static string In(string path, string workspaceId) =>
            path.Contains("workspace_id=") || !Regex.IsMatch(path, "^(/api/v1)?/(tasks|categories|tags|changes|stream)") ? path : $"{path}{(path.Contains('?') ? '&' : '?')}workspace_id={workspaceId}";

        public static async Task<Household> BuildAsync(SharedServer shared)
        {
            var house = new Household(shared);
            var owner = await shared.NewUserAsync();
            house.people[Role.Owner] = owner;
            house.people[Role.Nobody] = shared.Nobody();
            house.people[Role.Stranger] = await shared.NewUserAsync();
            house.people[Role.Administrator] = await shared.NewAdministratorAsync();
            house.WorkspaceId = (string)(await owner.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
            house.people[Role.Viewer] = await house.JoinAsync("viewer");
            house.people[Role.Editor] = await house.JoinAsync("editor");
            var former = await house.JoinAsync("editor");
            house.people[Role.Former] = former;
            (await owner.DeleteAsync($"/api/v1/workspaces/{house.WorkspaceId}/members/{await IdOfAsync(former)}")).Is(204);
            var signedOut = await house.JoinAsync("editor");
            house.people[Role.SignedOut] = signedOut;
            (await signedOut.PostAsync("/api/v1/auth/logout")).Is(204);
            var suspended = await house.JoinAsync("editor");
            house.people[Role.Suspended] = suspended;
            (await house.people[Role.Administrator].PostAsync($"/api/v1/admin/users/{await IdOfAsync(suspended)}/suspend", new { })).Is(200);
            return house;
        }

        /// <summary>Everything that somebody who is refused must not have changed.</summary>
        public Task<string> StateAsync() => shared.Server.SqlAsync($"""
            SELECT concat_ws(' ', (SELECT string_agg(w.revision || '/' || w.version || '/' || w.member_count, ',' ORDER BY w.workspace_id) FROM workspaces w WHERE w.owner_id = o.user_id),
                   o.version, (SELECT count(*) FROM invitations i WHERE i.workspace_id = '{Uuid(WorkspaceId)}' AND i.closed_at IS NULL),
                   (SELECT count(*) FROM sessions s WHERE s.user_id = o.user_id AND s.ended_at IS NULL),
                   (SELECT count(*) FROM sessions s JOIN accounts a USING (user_id) WHERE a.is_service AND a.workspace_id = '{Uuid(WorkspaceId)}' AND s.ended_at IS NULL))
              FROM accounts o WHERE o.email = '{Owner.Email}'
            """);

        /// <summary>The address and the body with which an operation is asked for: all that they name is there, in the workspace.</summary>
        /// <param name="maker">Who has made what they name.</param>
        /// <param name="asker">Who asks.</param>
        public async Task<(string Path, JsonNode? Body)> AskForAsync(DescribedOperation operation, User maker, User asker)
        {
            var path = operation.Path;
            foreach (var name in Regex.Matches(operation.Path, @"\{(\w+)\}").Select(match => match.Groups[1].Value))
            {
                path = path.Replace($"{{{name}}}", await ThingAsync(operation, name, path, maker));
            }
            if (operation.Id is "changeTasks" or "deleteTasks")
            {
                path += "?created_before=2100-01-01";
            }
            var examples = operation.Node["requestBody"]?["content"]?["application/json"]?["examples"]?.AsObject();
            var body = examples?.First().Value!["value"]!.DeepClone();
            if (body is not null)
            {
                body = await RealAsync(body, "", operation, asker);
            }
            return (In(path, WorkspaceId), body);
        }

        private async Task<string> ThingAsync(DescribedOperation operation, string name, string path, User maker)
        {
            switch (operation.Tag, name)
            {
                case ("tasks" or "notes", "id"):
                    return (string)(await maker.PostAsync(In(User.Tasks, WorkspaceId), new { title = "Buy milk", tags = new[] { "home" } })).Is(201)["id"]!;
                case ("categories" or "tags", "id"):
                    return (string)(await maker.PostAsync(In($"/api/v1/{operation.Tag}", WorkspaceId), new { name = $"{Guid.NewGuid():N}" })).Is(201)["id"]!;
                case (_, "name"):
                    return "home";
                case (_, "note_id"):
                    return (string)(await maker.PostAsync(In($"{path.Split("/{note_id}")[0]}", WorkspaceId), new { text = "Said." })).Is(201)["id"]!;
                case ("events", "id"):
                    return operation.Path.Contains("/tasks/", StringComparison.Ordinal) ? (string)(await maker.PostAsync(In(User.Tasks, WorkspaceId), new { title = "Buy milk" })).Is(201)["id"]! : WorkspaceId;
                case ("workspaces" or "members" or "services", "id") or ("invitations", "id"):
                    return WorkspaceId;
                case ("members", "user_id"):
                    return await IdOfAsync(operation.Id == "removeMember" ? await JoinAsync("viewer") : Editor);
                case ("services", "user_id"):
                    return (string)(await Owner.PostAsync(
                        $"/api/v1/workspaces/{WorkspaceId}/service-accounts", new { name = "Build server", role = "editor", current_password = User.Password })).Is(201)["user_id"]!;
                case ("services", "key_id"):
                    return (string)(await Owner.PostAsync(path.Split("/{key_id}")[0], new { name = "Build server", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201)["id"]!;
                case ("invitations", "invitation_id") when operation.Path.StartsWith("/api/v1/me/", StringComparison.Ordinal):
                    var other = await shared.NewUserAsync();
                    var theirs = (string)(await other.PostAsync("/api/v1/workspaces", new { name = "Theirs" })).Is(201)["id"]!;
                    return (string)(await other.PostAsync($"/api/v1/workspaces/{theirs}/invitations", new { email = Owner.Email, role = "viewer" })).Is(201)["id"]!;
                case ("invitations", "invitation_id"):
                    return (string)(await Owner.PostAsync($"/api/v1/workspaces/{WorkspaceId}/invitations", new { email = $"{Guid.NewGuid():N}@example.com", role = "viewer" })).Is(201)["id"]!;
                case ("sessions", "id"):
                    return (string)(await Owner.GetAsync("/api/v1/me/sessions")).Is(200)["sessions"]![0]!["id"]!;
                case ("keys", "id"):
                    return (string)(await Owner.PostAsync("/api/v1/me/keys", new { name = "Script", scopes = new[] { "tasks:read" }, current_password = User.Password })).Is(201)["id"]!;
                case ("administration", "id"):
                    // Whoever is let in signs people out.
                    return (await shared.SubjectAsync()).Id;
                case ("administration", "task_id"):
                    return (await shared.SubjectAsync()).TaskId;
                default:
                    throw new InvalidOperationException($"The test knows nothing that {operation.Id} could mean by {name}.");
            }
        }

        /// <summary>An example with what is there in place of what it makes up.</summary>
        private async Task<JsonNode> RealAsync(JsonNode node, string name, DescribedOperation operation, User asker)
        {
            switch (node)
            {
                case JsonObject members:
                    foreach (var (key, value) in members.ToList())
                    {
                        if (value is not null)
                        {
                            members[key] = (await RealAsync(value.DeepClone(), key, operation, asker)).DeepClone();
                        }
                    }
                    return members;
                case JsonArray elements:
                    return new JsonArray([.. await Task.WhenAll(elements.Select(async element => (JsonNode?)(await RealAsync(element!.DeepClone(), name, operation, asker)).DeepClone()))]);
            }
            if (node.GetValueKind() != System.Text.Json.JsonValueKind.String)
            {
                return node;
            }
            var text = (string)node!;
            return name switch
            {
                "current_password" => User.Password,
                "email" => $"{Guid.NewGuid():N}@example.com",
                "user_id" => await IdOfAsync(Editor),
                "assignee_id" => await IdOfAsync(Editor),
                // Where whoever asks may write, so that it is for the other place to refuse.
                "workspace_id" when operation.Id == "transferTask" => (string)(await asker.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!,
                "workspace_id" => WorkspaceId,
                "name" when operation.Tag is "categories" or "tags" => $"{Guid.NewGuid():N}",
                _ when text.StartsWith("task_", StringComparison.Ordinal) => (string)(await Owner.PostAsync(In(User.Tasks, WorkspaceId), new { title = "Go shopping" })).Is(201)["id"]!,
                _ when text.StartsWith("cat_", StringComparison.Ordinal) => (string)(await Owner.PostAsync(In("/api/v1/categories", WorkspaceId), new { name = $"{Guid.NewGuid():N}" })).Is(201)["id"]!,
                _ when text.StartsWith("tag_", StringComparison.Ordinal) => (string)(await Owner.PostAsync(In("/api/v1/tags", WorkspaceId), new { name = $"{Guid.NewGuid():N}" })).Is(201)["id"]!,
                _ => node,
            };
        }

        /// <summary>Somebody new, who is invited and accepts.</summary>
        private async Task<User> JoinAsync(string role)
        {
            var user = await shared.NewUserAsync();
            await shared.Server.SqlAsync($"UPDATE accounts SET email_verified_at = now() WHERE email = '{user.Email}'");
            var id = (string)(await Owner.PostAsync($"/api/v1/workspaces/{WorkspaceId}/invitations", new { email = user.Email, role })).Is(201)["id"]!;
            (await user.PostAsync($"/api/v1/me/invitations/{id}/accept", new { })).Is(200);
            return user;
        }

        private static async Task<string> IdOfAsync(User user) => (string)(await user.GetAsync("/api/v1/me")).Is(200)["id"]!;

        /// <summary>The UUID within a TypeID, for SQL.</summary>
        private static string Uuid(string typeId)
        {
            var value = typeId.Split('_')[1].Aggregate(UInt128.Zero, (sum, letter) => (sum << 5) | (UInt128)"0123456789abcdefghjkmnpqrstvwxyz".IndexOf(letter));
            var hex = value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
            return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
        }
    }
}
