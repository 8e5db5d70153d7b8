namespace Quehacer.Server.Tests;

/// <summary>
/// Which scope opens which operation of which contract to an API key: one table, written down, and held against every operation that the descriptions
/// know. What is not in the table is closed to every key.
/// </summary>
public sealed class KeyScopeTests(SharedServer shared)
{
    private const string Keys = "/api/v1/me/keys";
    private const string Any = "";
    private const string ReadTasks = "tasks:read";
    private const string WriteTasks = "tasks:write";
    private const string ReadWorkspaces = "workspaces:read";
    private const string WriteWorkspaces = "workspaces:write";
    private const string Admin = "admin";

    private static readonly string[] Scopes = [ReadTasks, WriteTasks, ReadWorkspaces, WriteWorkspaces, Admin];

    /// <summary>The scope that each operation wants, by contract and operationId.</summary>
    private static readonly Dictionary<string, Dictionary<string, string>> Table = new()
    {
        ["v1"] = new()
        {
            ["getAccount"] = Any,
            ["listTasks"] = ReadTasks,
            ["createTask"] = WriteTasks,
            ["changeTasks"] = WriteTasks,
            ["deleteTasks"] = WriteTasks,
            ["writeBatch"] = WriteTasks,
            ["getTask"] = ReadTasks,
            ["putTask"] = WriteTasks,
            ["changeTask"] = WriteTasks,
            ["deleteTask"] = WriteTasks,
            ["addTag"] = WriteTasks,
            ["removeTag"] = WriteTasks,
            ["completeTask"] = WriteTasks,
            ["reopenTask"] = WriteTasks,
            ["restoreTask"] = WriteTasks,
            ["undoTask"] = WriteTasks,
            ["moveTask"] = WriteTasks,
            ["transferTask"] = WriteTasks,
            ["listNotes"] = ReadTasks,
            ["createNote"] = WriteTasks,
            ["getNote"] = ReadTasks,
            ["putNote"] = WriteTasks,
            ["changeNote"] = WriteTasks,
            ["deleteNote"] = WriteTasks,
            ["listTaskHistory"] = ReadTasks,
            ["listActivity"] = ReadTasks,
            ["listChanges"] = ReadTasks,
            ["streamEvents"] = ReadTasks,
            ["createStreamTicket"] = ReadTasks,
            ["listCategories"] = ReadTasks,
            ["createCategory"] = WriteTasks,
            ["getCategory"] = ReadTasks,
            ["putCategory"] = WriteTasks,
            ["changeCategory"] = WriteTasks,
            ["deleteCategory"] = WriteTasks,
            ["listTags"] = ReadTasks,
            ["createTag"] = WriteTasks,
            ["getTag"] = ReadTasks,
            ["putTag"] = WriteTasks,
            ["changeTag"] = WriteTasks,
            ["deleteTag"] = WriteTasks,
            ["mergeTag"] = WriteTasks,
            ["listWorkspaces"] = ReadWorkspaces,
            ["createWorkspace"] = WriteWorkspaces,
            ["getWorkspace"] = ReadWorkspaces,
            ["getPresence"] = ReadWorkspaces,
            ["changeWorkspace"] = WriteWorkspaces,
            ["archiveWorkspace"] = WriteWorkspaces,
            ["unarchiveWorkspace"] = WriteWorkspaces,
            ["listServiceAccounts"] = ReadWorkspaces,
            ["getServiceAccount"] = ReadWorkspaces,
            ["listMembers"] = ReadWorkspaces,
            ["getMember"] = ReadWorkspaces,
            ["changeMember"] = WriteWorkspaces,
            ["removeMember"] = WriteWorkspaces,
            ["leaveWorkspace"] = WriteWorkspaces,
            ["listInvitations"] = ReadWorkspaces,
            ["createInvitation"] = WriteWorkspaces,
            ["getInvitation"] = ReadWorkspaces,
            ["revokeInvitation"] = WriteWorkspaces,
            ["listUsers"] = Admin,
            ["getUser"] = Admin,
            ["changeUser"] = Admin,
            ["suspendUser"] = Admin,
            ["unsuspendUser"] = Admin,
            ["resetFactors"] = Admin,
            ["signOutUser"] = Admin,
            ["listUserTasks"] = Admin,
            ["getUserTask"] = Admin,
            ["listAdminActs"] = Admin,
        },
        ["tareas"] = new()
        {
            ["verPerfil"] = Any,
            ["listarTareas"] = ReadTasks,
            ["crearTarea"] = WriteTasks,
            ["verTarea"] = ReadTasks,
            ["actualizarTarea"] = WriteTasks,
            ["borrarTarea"] = WriteTasks,
            ["alternarTarea"] = WriteTasks,
            ["listarCategorias"] = ReadTasks,
            ["crearCategoria"] = WriteTasks,
            ["verCategoria"] = ReadTasks,
            ["actualizarCategoria"] = WriteTasks,
            ["borrarCategoria"] = WriteTasks,
            ["listarEtiquetas"] = ReadTasks,
            ["crearEtiqueta"] = WriteTasks,
            ["verEtiqueta"] = ReadTasks,
            ["actualizarEtiqueta"] = WriteTasks,
            ["borrarEtiqueta"] = WriteTasks,
        },
        ["envelope"] = new()
        {
            ["listTasks"] = ReadTasks,
            ["getTask"] = ReadTasks,
            ["putTask"] = WriteTasks,
            ["patchTask"] = WriteTasks,
            ["deleteTask"] = WriteTasks,
            ["createTask"] = WriteTasks,
            ["updateTask"] = WriteTasks,
            ["toggleTask"] = WriteTasks,
            ["completeTask"] = WriteTasks,
            ["createTasks"] = WriteTasks,
            ["changeTasks"] = WriteTasks,
            ["deleteTasks"] = WriteTasks,
        },
    };

    private static readonly string[] Contracts = [.. Table.Keys];

    private async Task<Client> WithKeyAsync(User owner, object key) =>
        new(shared.Server.Http) { AccessToken = (string)(await owner.PostAsync(Keys, key)).Is(201)["key"]! };

    private static IEnumerable<DescribedOperation> OperationsOf(string contract) => new Description(contract).Operations.Where(operation => !operation.IsAnonymous);

    /// <summary>Nothing is there, so that whatever is let in does no more than to be told so.</summary>
    private static Task<Answer> AskAsync(Client client, DescribedOperation operation)
    {
        var path = System.Text.RegularExpressions.Regex.Replace(operation.Path.Replace("{name}", "home"), @"\{\w+\}", _ => Guid.NewGuid().ToString());
        return client.SendAsync(operation.Method, path, operation.Method == "GET" ? null : "{}");
    }

    [Fact]
    public void Every_line_of_the_table_is_an_operation() => Assert.All(Contracts, contract =>
        Assert.Empty(Table[contract].Keys.Except(OperationsOf(contract).Select(operation => operation.Id))));

    [Fact]
    public async Task A_key_opens_what_its_scope_names_in_every_contract_and_nothing_else()
    {
        var ana = await shared.NewUserAsync();
        await shared.Server.SqlAsync($"UPDATE accounts SET is_admin = true WHERE email = '{ana.Email}'");
        var asked = 0;
        foreach (var scope in Scopes)
        {
            var program = await WithKeyAsync(ana, new { name = scope, scopes = new[] { scope }, current_password = User.Password });
            foreach (var contract in Contracts)
            {
                foreach (var operation in OperationsOf(contract))
                {
                    var answer = await AskAsync(program, operation);
                    var isLetIn = Table[contract].TryGetValue(operation.Id, out var wanted) && (wanted == Any || wanted == scope);
                    Assert.True((answer.Status == 403) != isLetIn, $"{contract}: {answer.Asked} with {scope} is answered {answer.Status} {answer.Text}");
                    Assert.NotEqual(401, answer.Status);
                    asked++;
                }
            }
        }
        Assert.True(asked > 450, $"Only {asked} were tried.");
    }

    /// <summary>tareas and the envelope work in personal workspaces, and say so in their own words.</summary>
    [Fact]
    public async Task A_key_of_a_shared_workspace_opens_v1_as_any_other_and_the_other_contracts_not_at_all()
    {
        var ana = await shared.NewUserAsync();
        var home = (string)(await ana.PostAsync("/api/v1/workspaces", new { name = "Home" })).Is(201)["id"]!;
        var bound = await WithKeyAsync(ana, new { name = "Bound", scopes = Scopes[..4], workspace_id = home, current_password = User.Password });
        foreach (var contract in Contracts)
        {
            foreach (var operation in OperationsOf(contract).Where(operation => operation.Id != "createWorkspace"))
            {
                var answer = await AskAsync(bound, operation);
                var isLetIn = contract == "v1" && Table[contract].TryGetValue(operation.Id, out var wanted) && wanted != Admin;
                Assert.True((answer.Status == 403) != isLetIn, $"{contract}: {answer.Asked} is answered {answer.Status} {answer.Text}");
                if (!isLetIn && contract != "v1" && Table[contract].ContainsKey(operation.Id))
                {
                    Assert.Contains(contract == "tareas" ? "es de otro espacio" : "bound to another workspace", answer.Text);
                }
            }
        }
        (await bound.PostAsync("/api/v1/workspaces", new { name = "Third" })).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
    }

    [Fact]
    public async Task What_a_key_may_not_is_told_with_what_mends_it()
    {
        var ana = await shared.NewUserAsync();
        var reader = await WithKeyAsync(ana, new { name = "Reader", scopes = new[] { ReadTasks }, current_password = User.Password });
        var refused = (await reader.PostAsync(User.Tasks, new { title = "No" })).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        Assert.Contains(WriteTasks, (string)refused["detail"]!);
        Assert.Contains(WriteWorkspaces, (string)(await reader.PostAsync("/api/v1/workspaces", new { name = "x" })).Is(403)["detail"]!);
        Assert.Contains("access token", (string)(await reader.PostAsync(Keys, new { }))["detail"]!);
        // Scopes of what is not there yet are refused with those that are.
        var unknown = (await ana.PostAsync(Keys, new { name = "x", scopes = new[] { "webhooks:read" }, current_password = User.Password })).IsInvalid("scopes[0]", "NOT_ONE_OF");
        Assert.Equal(Scopes, unknown["allowed_values"]!.AsArray().Select(word => (string)word!));
        (await ana.PostAsync(Keys, new { name = "x", scopes = new[] { Admin }, current_password = User.Password })).IsInvalid("scopes", "FOR_ADMINISTRATORS");
    }
}
