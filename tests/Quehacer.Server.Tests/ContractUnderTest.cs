using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>
/// What <see cref="ContractLaws"/> has to know of a contract: where its tasks are, how one is written and read, and how it refuses. A law
/// speaks of nothing else, so that a contract is one row of <see cref="All"/> more, whatever its fields are called.
/// </summary>
public sealed record ContractUnderTest(string Name, string Prefix, string Tasks)
{
    public static readonly ContractUnderTest V1 = new("v1", "/api/v1", "/api/v1/tasks");

    public static readonly ContractUnderTest Tareas = new("tareas", "/api/tareas", "/api/tareas")
    {
        Shown = answer => answer["task"]!,
        ChangeMethod = "PUT",
        ValidationStatus = 400,
        MalformedIdStatus = 400,
        ErrorType = "application/json",
        AssertIsError = answer =>
        {
            Assert.NotEmpty((string)answer["error"]!);
            Assert.NotEmpty((string)answer["message"]!);
            Assert.Empty(answer.Json.AsObject().Select(member => member.Key).Except(["error", "message", "field", "details"]));
        },
        ErrorCode = answer => $"{answer["error"]} {answer["message"]}",
    };

    public static readonly ContractUnderTest Envelope = new("envelope", "/tasks/task", "/tasks/task")
    {
        List = "/tasks/task/list/page",
        Shown = answer => answer["data"]!,
        Listed = answer => answer["data"]!["tasks"]!.AsArray(),
        Id = task => $"{(long)task["id"]!}",
        DeleteStatus = 200,
        ValidationStatus = 400,
        ErrorType = "application/json",
        AssertIsError = answer =>
        {
            Assert.Equal(["code", "resultMessage", "errors"], answer.Json.AsObject().Select(member => member.Key));
            Assert.Equal(answer.Status, (int)answer["code"]!);
            Assert.Matches("^[A-Z_]+$", (string)answer["resultMessage"]!);
            Assert.NotEmpty(answer["errors"]!.AsArray());
            Assert.All(answer["errors"]!.AsArray(), error =>
            {
                Assert.Equal(["field", "message"], error!.AsObject().Select(member => member.Key));
                Assert.NotEmpty((string)error["field"]!);
                Assert.Matches("^.+[^. ]$", (string)error["message"]!);
            });
        },
        ErrorCode = answer => (string?)answer["resultMessage"],
        // Its bodies carry the time, so that equal tags do not mean equal bytes.
        HasStrongTags = false,
    };

    public static readonly ContractUnderTest[] All = [V1, new("v1 at /tasks", "/tasks", "/tasks"), Tareas, Envelope];

    /// <summary>The path of one task; what follows it is an id, as the contract writes ids.</summary>
    public Func<string, string> Task { get; init; } = id => $"{Tasks}/{id}";

    /// <summary>Where tasks are listed, if not where they are made.</summary>
    public string List { get; init; } = Tasks;

    /// <summary>A body that makes a task, or changes its title.</summary>
    public Func<string, object> Titled { get; init; } = title => new { title };

    /// <summary>A body that leaves the title alone: it sets a description.</summary>
    public Func<string, object> Described { get; init; } = description => new { description };

    /// <summary>A body that can be read and breaks a rule.</summary>
    public object Invalid { get; init; } = new { title = "" };

    /// <summary>The task within an answer that shows one.</summary>
    public Func<Answer, JsonNode> Shown { get; init; } = answer => answer.Json;

    /// <summary>The tasks within the answer to a list.</summary>
    public Func<Answer, JsonArray> Listed { get; init; } = answer => answer["tasks"]!.AsArray();

    public Func<JsonNode, string> Id { get; init; } = task => (string)task["id"]!;

    /// <summary>How a task is changed.</summary>
    public string ChangeMethod { get; init; } = "PATCH";

    public int DeleteStatus { get; init; } = 204;

    public int ValidationStatus { get; init; } = 422;

    /// <summary>How many ids that are no ids are refused with: 404 where an id is a name, 400 where it is a value.</summary>
    public int MalformedIdStatus { get; init; } = 404;

    public string ErrorType { get; init; } = "application/problem+json";

    /// <summary>Fails unless the answer is an error as the contract writes errors, complete.</summary>
    public Action<Answer> AssertIsError { get; init; } = answer =>
    {
        Assert.Equal(answer.Status, (int)answer["status"]!);
        Assert.Equal(answer.Asked.Split(' ')[1].Split('?')[0], (string)answer["instance"]!);
        Assert.Matches("^[A-Z_]+$", answer.Code);
        Assert.Matches("^[A-Z]+_[0-9]{4}$", (string)answer["number"]!);
        Assert.NotEmpty((string)answer["title"]!);
        Assert.NotEmpty((string)answer["detail"]!);
        Assert.Equal(answer.Header("X-Request-Id"), (string)answer["request_id"]!);
    };

    /// <summary>What the contract calls an error, for programs.</summary>
    public Func<Answer, string?> ErrorCode { get; init; } = answer => answer.Code;

    /// <summary>Whether the tag of one task is strong, as a condition of a write has to be (RFC 9110 §13.1.1); the envelope accepts a weak one.</summary>
    public bool HasStrongTags { get; init; } = true;

    public override string ToString() => Name;
}

/// <summary>Somebody who asks through a contract.</summary>
public sealed class ContractUser(ContractUnderTest contract, User user)
{
    public User User => user;

    /// <summary>A title that no other test uses.</summary>
    public static string Fresh() => $"task {Guid.NewGuid():N}";

    public async Task<(string Path, Answer Answer)> CreateAsync(string? title = null, params (string, string)[] headers)
    {
        var answer = (await user.PostAsync(contract.Tasks, contract.Titled(title ?? Fresh()), headers)).Is(201);
        return (contract.Task(contract.Id(contract.Shown(answer))), answer);
    }

    public Task<Answer> ChangeAsync(string path, object body, params (string, string)[] headers) => user.SendAsync(contract.ChangeMethod, path, body, headers);

    public async Task<int> CountAsync(string title)
    {
        var listed = contract.Listed((await user.GetAsync($"{contract.List}?limit=100")).Is(200));
        return listed.Count(task => (string)task!["title"]! == title);
    }
}
