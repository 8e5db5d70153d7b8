using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Tareas;

/// <summary>Every member and every parameter of the contract with every kind of value that it is not made for: an answer in the contract's shape, never a failure.</summary>
public sealed class HostileTests(SharedServer shared)
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1e400", "99999999999999999999", "\"\"", "\" \"", "\"\\u0000\"", "\"\\ud800\"", "\"' OR 1=1 --\"", "\"\u202E\"", "[]", "[[]]", "[null]", "[0,\"\",{}]", "{}", "{\"a\":{\"b\":[]}}",
        "\"9999-12-31T23:59:59.999Z\"", "\"0001-01-01T00:00:00+23:59\"", "\"00000000-0000-0000-0000-000000000000\"", "\"ffffffff-ffff-ffff-ffff-ffffffffffff\"",
    ];

    private static readonly string[] QueryValues =
    [
        "", "%20", "%00", "%FF", "%F0%9F%98%80", "-1", "0", "99999999999999999999", "1.5", "null", "undefined", "[object%20Object]", "'%20OR%201=1--", "%25", "a,b", ",", "true,false", "9999-12-31", "9999-12-31T23:59:59.999Z",
        "0001-01-01", "0001-01-01T00:00:00%2B23:59", "2099-01-01T00:00:00+25:00", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ];

    /// <summary>Done, or refused as a 400 that names a field; not found, where a value names something.</summary>
    private static void AssertIsSane(Answer answer, string about)
    {
        Assert.True(answer.Status is 200 or 201 or 400 or 401 or 409, $"{about}: {answer.Status} {answer.Text}");
        Assert.Equal("application/json", answer.Header("Content-Type")?.Split(';')[0]);
        Assert.NotEmpty((string)answer["message"]!);
        Assert.NotNull(answer.Header("X-Request-Id"));
        if (answer.Status == 400)
        {
            Assert.True(answer["error"]!.ToString() == "Validation Error" && answer["field"] is JsonValue, $"{about}: {answer.Text}");
        }
    }

    [Theory]
    [InlineData("POST", "/api/auth/registro", "email name password")]
    [InlineData("POST", "/api/auth/login", "email password")]
    [InlineData("POST", Spanish.Tasks, "title description completed priority dueDate categoryId tagsId tagIds")]
    [InlineData("PUT", Spanish.Tasks, "title description completed priority dueDate categoryId tagsId tagIds")]
    [InlineData("POST", Spanish.Categories, "name color")]
    [InlineData("PUT", Spanish.Categories, "name color")]
    [InlineData("POST", Spanish.Tags, "name")]
    [InlineData("PUT", Spanish.Tags, "name")]
    public async Task No_value_of_a_member_is_a_failure(string method, string path, string members)
    {
        var user = await shared.SomebodyAsync();
        if (method == "PUT")
        {
            var made = (await user.PostAsync(path, new { title = "a", name = $"{Guid.NewGuid():N}" })).Is(201);
            path = made.Header("Location")!;
        }
        foreach (var member in members.Split(' '))
        {
            foreach (var value in Values)
            {
                // The rest is as it should be, except where a password would be hashed for nothing.
                var rest = method == "POST" && path is Spanish.Tasks && member != "title" ? ",\"title\":\"a\"" : "";
                var body = $$"""{"{{member}}":{{value}}{{rest}}}""";
                AssertIsSane(await user.SendAsync(method, path, body), $"{method} {path} {body}");
            }
        }
    }

    [Fact]
    public async Task No_value_of_a_parameter_is_a_failure()
    {
        var user = await shared.SomebodyAsync();
        foreach (var name in "completed categoria categoryId prioridad priority fechaVencimiento.desde fechaVencimiento.hasta sinceDate untilDate busqueda search etiquetas tagId ordenar ordenarPor direccion limit offset".Split(' '))
        {
            foreach (var value in QueryValues)
            {
                AssertIsSane(await user.GetAsync($"{Spanish.Tasks}?{name}={value}"), $"{name}={value}");
            }
        }
    }
}
