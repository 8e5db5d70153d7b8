using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Tareas;

/// <summary>003's contract as its document has it, for whoever has read nothing else.</summary>
internal static class Spanish
{
    public const string Tasks = "/api/tareas";
    public const string Categories = "/api/categorias";
    public const string Tags = "/api/etiquetas";
    public const string Password = "MiPassword123";

    public static (string, string) FreshKey() => ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");

    /// <summary>An error as 003 shows it: these members, in this order, and no other.</summary>
    /// <param name="field">Null for an error that is not about a value.</param>
    public static Answer IsError(this Answer answer, int status, string error, string message, string? field = null)
    {
        answer.Is(status);
        Assert.Equal("application/json", answer.Header("Content-Type")?.Split(';')[0]);
        var expected = new JsonObject { ["error"] = error, ["message"] = message };
        if (field is not null)
        {
            expected["field"] = field;
        }
        var came = answer.Json.AsObject();
        came.Remove("details");
        Assert.True(expected.ToJsonString() == came.ToJsonString(), $"{answer.Asked}: {Read(expected)} expected, and the answer is {answer.Text}");
        return answer;
    }

    public static Answer IsFault(this Answer answer, string field, string message) => answer.IsError(400, "Validation Error", message, field);

    /// <summary>The members of the whole and of what it shows, as 003 writes them: names and order.</summary>
    public static Answer HasMembers(this Answer answer, string members)
    {
        Assert.Equal(members, MembersOf(answer.Json));
        return answer;
    }

    public static string MembersOf(JsonNode? node) => node switch
    {
        JsonObject whole => string.Join(' ', whole.Select(member => member.Value is JsonObject or JsonArray { Count: > 0 } ? $"{member.Key}{MembersOf(member.Value)}" : member.Key)) is var members
            ? $"({members})" : "",
        JsonArray list => MembersOf(list[0]),
        _ => "",
    };

    public static async Task<string> MakeAsync(Client user, string collection, object body, string member) =>
        (string)(await user.PostAsync(collection, body)).Is(201)[member]!["id"]!;

    public static async Task<(string Path, Answer Answer)> MakeTaskAsync(Client user, object body)
    {
        var answer = (await user.PostAsync(Tasks, body)).Is(201);
        return ($"{Tasks}/{(string)answer["task"]!["id"]!}", answer);
    }

    public static string[] Titles(this Answer list) => [.. list.Is(200)["tasks"]!.AsArray().Select(task => (string)task!["title"]!)];

    private static string Read(JsonNode node) => node.ToJsonString(Client.Plain);
}
