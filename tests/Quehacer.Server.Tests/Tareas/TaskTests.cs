using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Tareas;

public sealed class TaskTests(SharedServer shared)
{
    private const string Task003 = "id title description completed priority dueDate userId categoryId createdAt updatedAt";
    private const string NotText = "contiene caracteres que no son texto: U+0000, medio par sustituto o bytes que no son UTF-8";

    private static readonly string Unknown = Guid.CreateVersion7().ToString();

    [Fact]
    public async Task A_task_lives_its_whole_life_in_the_words_of_003()
    {
        var user = await shared.NewUserAsync();
        var me = (string)(await user.GetAsync("/api/auth/perfil")).Is(200)["user"]!["id"]!;
        var category = await Spanish.MakeAsync(user, Spanish.Categories, new { name = "Trabajo", color = "#ff5733" }, "category");
        var tag = await Spanish.MakeAsync(user, Spanish.Tags, new { name = "urgente" }, "tag");
        var (path, made) = await Spanish.MakeTaskAsync(user, new
        {
            title = "  Nueva tarea ", description = "Descripción de la tarea", priority = "media", dueDate = "2099-01-25T23:59:59.000Z", categoryId = category, tagsId = new[] { tag },
        });
        made.HasMembers($"(message task({Task003} category(id name color) categories(id name color) tags(id name)))");
        Assert.Equal((path, "Tarea creada exitosamente"), (made.Header("Location"), (string)made["message"]!));
        var task = made["task"]!;
        Assert.Equal(
            $$"""
            {"id":"{{task["id"]}}","title":"Nueva tarea","description":"Descripción de la tarea","completed":false,"priority":"media","dueDate":"2099-01-25T23:59:59.000Z","userId":"{{me}}","categoryId":"{{category}}","createdAt":"{{task["createdAt"]}}","updatedAt":"{{task["updatedAt"]}}","category":{"id":"{{category}}","name":"Trabajo","color":"#FF5733"},"categories":[{"id":"{{category}}","name":"Trabajo","color":"#FF5733"}],"tags":[{"id":"{{tag}}","name":"urgente"}]}
            """,
            task.ToJsonString(Client.Plain));

        var read = (await user.GetAsync(path)).Is(200);
        Assert.Equal(("Tarea obtenida exitosamente", task.ToJsonString(), made.ETag, "private, no-cache"), ((string)read["message"]!, read["task"]!.ToJsonString(), read.ETag, read.Header("Cache-Control")));
        var listed = (await user.GetAsync(Spanish.Tasks)).Is(200).HasMembers($"(message tasks({Task003} category(id name color) categories(id name color) tags(id name)) total limit offset)");
        Assert.Equal(("Tareas obtenidas exitosamente", task.ToJsonString(), 1, 10, 0), ((string)listed["message"]!, listed["tasks"]![0]!.ToJsonString(), (int)listed["total"]!, (int)listed["limit"]!, (int)listed["offset"]!));

        var changed = (await user.PutAsync(path, """{"title":"Tarea actualizada","description":null,"priority":"alta","dueDate":"2099-01-30T23:59:59.000Z","categoryId":null,"tagsId":[]}""")).Is(200);
        changed.HasMembers($"(message task({Task003} category categories tags))");
        var after = changed["task"]!;
        Assert.Equal("Tarea actualizada exitosamente", (string)changed["message"]!);
        Assert.Equal(
            ("Tarea actualizada", null, "alta", "2099-01-30T23:59:59.000Z", null, null, "[]", "[]"),
            ((string)after["title"]!, (string?)after["description"], (string)after["priority"]!, (string)after["dueDate"]!, (string?)after["categoryId"], after["category"], after["categories"]!.ToJsonString(), after["tags"]!.ToJsonString()));
        Assert.Equal((string)task["createdAt"]!, (string)after["createdAt"]!);

        var done = (await user.SendAsync("PATCH", $"{path}/completar")).Is(200);
        Assert.Equal(("Estado de tarea actualizado exitosamente", true), ((string)done["message"]!, (bool)done["task"]!["completed"]!));
        Assert.False((bool)(await user.SendAsync("PATCH", $"{path}/completar", "{}")).Is(200)["task"]!["completed"]!);
        Assert.True((bool)(await user.PutAsync(path, new { completed = true })).Is(200)["task"]!["completed"]!);

        Assert.Equal("", (await user.DeleteAsync(path)).Is(204).Text);
        foreach (var gone in new[] { await user.GetAsync(path), await user.PutAsync(path, new { title = "x" }), await user.DeleteAsync(path), await user.SendAsync("PATCH", $"{path}/completar") })
        {
            gone.IsError(404, "Not Found", "Tarea no encontrada");
        }
    }

    [Fact]
    public async Task What_is_absent_stays_what_is_null_or_empty_is_cleared_and_what_is_unknown_means_nothing()
    {
        var user = await shared.SomebodyAsync();
        var category = await Spanish.MakeAsync(user, Spanish.Categories, new { name = $"c {Guid.NewGuid():N}" }, "category");
        var tag = await Spanish.MakeAsync(user, Spanish.Tags, new { name = $"t {Guid.NewGuid():N}" }, "tag");
        var whole = new { title = "a", description = "d", priority = "baja", dueDate = "2099-01-01", categoryId = category, tagsId = new[] { tag, tag }, completed = true };
        foreach (var nothing in new[] { "null", "\"\"" })
        {
            var (path, made) = await Spanish.MakeTaskAsync(user, whole);
            Assert.Equal((true, 1), ((bool)made["task"]!["completed"]!, made["task"]!["tags"]!.AsArray().Count));
            var same = (await user.PutAsync(path, """{"desconocido":{"a":[1]},"tags":[{"id":7}],"id":1,"userId":null}""")).Is(200);
            Assert.Equal((made["task"]!.ToJsonString(), made.ETag), (same["task"]!.ToJsonString(), same.ETag));
            // What was read can be put back as it is.
            Assert.Equal(made.ETag, (await user.PutAsync(path, made["task"]!.ToJsonString())).Is(200).ETag);
            foreach (var member in new[] { "description", "dueDate", "categoryId", "tagsId", "priority" })
            {
                (await user.PutAsync(path, $$"""{"{{member}}":{{nothing}}}""")).Is(200);
            }
            var cleared = (await user.GetAsync(path)).Is(200)["task"]!;
            Assert.Equal(
                (null, null, null, null, "[]", "media"),
                ((string?)cleared["description"], (string?)cleared["dueDate"], (string?)cleared["categoryId"], (string?)cleared["category"], cleared["tags"]!.ToJsonString(), (string)cleared["priority"]!));
            Assert.Equal(
                ("media", "[]"),
                await EmptyAsync($$"""{"title":"a","description":{{nothing}},"dueDate":{{nothing}},"categoryId":{{nothing}},"tagIds":{{nothing}},"priority":{{nothing}}}"""));
        }

        async Task<(string, string)> EmptyAsync(string body)
        {
            var (_, made) = await Spanish.MakeTaskAsync(user, body);
            return ((string)made["task"]!["priority"]!, made["task"]!["tags"]!.ToJsonString());
        }
    }

    [Fact]
    public async Task Every_fault_of_a_body_has_its_sentence_and_its_field()
    {
        var user = await shared.SomebodyAsync();
        var (path, _) = await Spanish.MakeTaskAsync(user, new { title = "a" });
        const string requiredTitle = "Título es requerido y no puede exceder 255 caracteres";
        (await user.PostAsync(Spanish.Tasks, new { })).IsFault("title", requiredTitle);
        foreach (var title in new JsonNode?[] { null, "", "  ", new string('x', 256), 7, true, new JsonArray(), new JsonObject() })
        {
            (await user.PostAsync(Spanish.Tasks, Body("title", title))).IsFault("title", requiredTitle);
            (await user.PutAsync(path, Body("title", title))).IsFault("title", "Título no puede estar vacío y no puede exceder 255 caracteres");
        }
        foreach (var (member, message, values) in new (string, string, JsonNode?[])[]
        {
            ("description", "Descripción no puede exceder 1000 caracteres", [new string('x', 1001), 7, false, new JsonArray("a"), new JsonObject()]),
            ("priority", "Prioridad debe ser uno de: baja, media, alta", ["urgente", "ALTA", "critical", 3, true, new JsonArray("alta"), new JsonObject()]),
            ("dueDate", "Fecha de vencimiento debe ser una fecha válida en formato ISO 8601", ["mañana", "2099-02-30", "2099-13-01T00:00:00Z", "25/01/2099", "2099-01-01T25:00Z", 4102444800, true, new JsonArray(), new JsonObject()]),
            ("dueDate", "Fecha de vencimiento debe ser en el futuro", ["2020-01-25T23:59:59.000Z", "2020-01-25"]),
            ("categoryId", "ID de categoría debe ser un UUID válido", ["trabajo", "123", 7, false, new JsonArray(), new JsonObject(), "tag_01h455vb4pex5vsknk084sn02q"]),
            ("categoryId", "Categoría no encontrada", [Unknown]),
            ("tagsId", "Etiquetas debe ser un array", ["urgente", 7, true, new JsonObject()]),
            ("tagsId", "Todos los IDs de etiquetas deben ser UUIDs válidos", [new JsonArray("urgente"), new JsonArray(7), new JsonArray((JsonNode?)null), new JsonArray(""), new JsonArray(Unknown, "x")]),
            ("tagsId", "Etiqueta no encontrada", [new JsonArray(Unknown)]),
            ("tagsId", "Etiquetas no puede tener más de 100 elementos", [new JsonArray([.. Enumerable.Range(0, 101).Select(_ => (JsonNode)Guid.NewGuid().ToString())])]),
            ("completed", "Completada debe ser true o false", [null, "true", 1, new JsonArray()]),
            ("title", $"title {NotText}", ["a\0b"]),
            ("description", $"description {NotText}", ["a\0b"]),
        })
        {
            foreach (var value in values)
            {
                (await user.PutAsync(path, Body(member, value))).IsFault(member, message);
                var whole = Body(member, value);
                whole.TryAdd("title", "b");
                (await user.PostAsync(Spanish.Tasks, whole)).IsFault(member, message);
            }
        }
        (await user.PutAsync(path, """{"title":"\ud800"}""")).IsFault("title", $"title {NotText}");
        foreach (var body in new[] { "[]", "null", "7", "\"a\"" })
        {
            (await user.PostAsync(Spanish.Tasks, body)).IsFault("body", "El cuerpo de la petición debe ser un objeto JSON");
        }
        foreach (var body in new[] { "", "{", "{'title':'a'}", """{"title":"a","title":"b"}""" })
        {
            (await user.PostAsync(Spanish.Tasks, body)).IsFault("body", "El cuerpo de la petición no es JSON válido");
        }
        var several = (await user.PostAsync(Spanish.Tasks, new { priority = "x", dueDate = "x", title = "" })).IsFault("title", requiredTitle);
        Assert.Equal(["title", "priority", "dueDate"], several["details"]!.AsArray().Select(detail => (string)detail!["field"]!));
        Assert.Null((await user.PostAsync(Spanish.Tasks, new { title = "" })).Json["details"]);
        Assert.Equal("a", (string)(await user.GetAsync(path)).Is(200)["task"]!["title"]!);
        // Exactly what is allowed.
        var most = (await user.PutAsync(path, new { title = string.Concat(Enumerable.Repeat("😀", 255)), description = new string('ñ', 1000) })).Is(200);
        Assert.Equal(1000, ((string)most["task"]!["description"]!).Length);

        static JsonObject Body(string member, JsonNode? value) => new() { [member] = value?.DeepClone() };
    }

    [Theory]
    [InlineData("2099-01-25", "2099-01-25T00:00:00.000Z")]
    [InlineData("2099-01-25T23:59", "2099-01-25T23:59:00.000Z")]
    [InlineData("2099-01-25T23:59Z", "2099-01-25T23:59:00.000Z")]
    [InlineData("2099-01-25T23:59:58", "2099-01-25T23:59:58.000Z")]
    [InlineData("2099-01-25T23:59:58.9876", "2099-01-25T23:59:58.987Z")]
    [InlineData("2099-01-25 23:59:58+02:00", "2099-01-25T21:59:58.000Z")]
    [InlineData("2099-01-25T23:59+0200", "2099-01-25T21:59:00.000Z")]
    [InlineData("2099-01-25T23:59:58-03", "2099-01-26T02:59:58.000Z")]
    public async Task Dates_are_those_of_ISO_8601_and_UTC_unless_they_say_otherwise(string sent, string shown)
    {
        var (_, made) = await Spanish.MakeTaskAsync(await shared.SomebodyAsync(), new { title = "a", dueDate = sent });
        Assert.Equal(shown, (string)made["task"]!["dueDate"]!);
    }

    [Fact]
    public async Task A_task_that_another_contract_has_made_is_shown_whole_and_can_be_put_back()
    {
        var user = await shared.SomebodyAsync();
        var (v1, made) = await user.CreateAsync(new { title = "a", description = new string('x', 10_000), priority = "critical", tags = new[] { "por nombre" } });
        var uuid = (string)(await user.GetAsync($"{Spanish.Tasks}/{(string)made["id"]!}")).Is(200)["task"]!["id"]!;
        var path = $"{Spanish.Tasks}/{uuid}";
        var read = (await user.GetAsync(path)).Is(200)["task"]!;
        Assert.Equal((10_000, "alta", "por nombre"), (((string)read["description"]!).Length, (string)read["priority"]!, (string)read["tags"]![0]!["name"]!));
        var back = read.DeepClone().AsObject();
        back["tagsId"] = new JsonArray((string)read["tags"]![0]!["id"]!);
        (await user.PutAsync(path, back.ToJsonString())).Is(200);
        Assert.Equal(made.ETag, (await user.GetAsync(v1)).Is(200).ETag);
        (await user.PutAsync(path, new { description = new string('y', 10_000) })).IsFault("description", "Descripción no puede exceder 1000 caracteres");

        var (longTitled, _) = await Spanish.MakeTaskAsync(user, new { title = new string('t', 255) });
        var inV1 = $"{User.Tasks}/{longTitled.Split('/')[^1]}";
        Assert.Equal(200, (await user.PutAsync(inV1, (await user.GetAsync(inV1)).Is(200).Text)).Status);
    }

    [Fact]
    public async Task Alta_leaves_what_is_critical_alone_whoever_comes_first()
    {
        var user = await shared.SomebodyAsync();
        var (v1, made) = await user.CreateAsync(new { title = "a", priority = "critical" });
        var path = $"{Spanish.Tasks}/{(string)made["id"]!}";
        Assert.Equal("alta", (string)(await user.PutAsync(path, new { priority = "alta" })).Is(200)["task"]!["priority"]!);
        Assert.Equal("critical", (string)(await user.GetAsync(v1)).Is(200)["priority"]!);
        Assert.Equal("media", (string)(await user.PutAsync(path, new { priority = "media" })).Is(200)["task"]!["priority"]!);
        Assert.Equal("alta", (string)(await user.PutAsync(path, new { priority = "alta" })).Is(200)["task"]!["priority"]!);
        Assert.Equal("high", (string)(await user.GetAsync(v1)).Is(200)["priority"]!);
        for (var round = 0; round < 10; round++)
        {
            // Of a raise to critical and any number of writes of alta the raise remains, in whatever order they come.
            (await user.PatchAsync(v1, new { priority = "low" })).Is(200);
            var writes = Enumerable.Range(0, 6).Select(number => user.PutAsync(path, new { priority = "alta", description = $"{round} {number}" })).ToList();
            writes.Insert(round % 7, user.PatchAsync(v1, new { priority = "critical" }));
            Assert.All(await Task.WhenAll(writes), answer => answer.Is(200));
            Assert.Equal("critical", (string)(await user.GetAsync(v1)).Is(200)["priority"]!);
        }
    }

    [Fact]
    public async Task Of_many_who_turn_a_task_round_at_once_each_does_it_once()
    {
        var user = await shared.SomebodyAsync();
        var (path, _) = await Spanish.MakeTaskAsync(user, new { title = "a" });
        var answers = await Task.WhenAll(Enumerable.Range(0, 21).Select(_ => user.SendAsync("PATCH", $"{path}/completar")));
        Assert.Equal(11, answers.Count(answer => (bool)answer.Is(200)["task"]!["completed"]!));
        Assert.Equal(21, answers.Select(answer => answer.ETag).Distinct().Count());
        Assert.True((bool)(await user.GetAsync(path)).Is(200)["task"]!["completed"]!);

        var key = Spanish.FreshKey();
        var repeated = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => user.SendAsync("PATCH", $"{path}/completar", null, key)));
        Assert.Single(repeated.Select(answer => answer.Is(200).Text).Distinct());
        Assert.False((bool)(await user.GetAsync(path)).Is(200)["task"]!["completed"]!);
        (await user.SendAsync("PATCH", $"{path}/completar", null, ("If-Match", answers[0].ETag!)))
            .IsError(412, "Precondition Failed", "El recurso cambió desde que lo leíste; léelo de nuevo y repite el cambio con su nuevo ETag");
    }

    [Fact]
    public async Task Tags_are_put_on_by_id_in_their_order_and_a_merged_one_is_the_other()
    {
        var (user, stranger) = (await shared.NewUserAsync(), await shared.SomebodyAsync());
        var tags = new List<string>();
        foreach (var name in new[] { "uno", "dos", "tres" })
        {
            tags.Add(await Spanish.MakeAsync(user, Spanish.Tags, new { name }, "tag"));
        }
        var (path, made) = await Spanish.MakeTaskAsync(user, new { title = "a", tagsId = new[] { tags[1], tags[0] } });
        Assert.Equal("dos uno", NamesOf(made));
        Assert.Equal("uno tres dos", NamesOf((await user.PutAsync(path, new { tagIds = new[] { tags[0], tags[2], tags[1], tags[0] } })).Is(200)));
        var theirs = await Spanish.MakeAsync(stranger, Spanish.Tags, new { name = $"suya {Guid.NewGuid():N}" }, "tag");
        var category = await Spanish.MakeAsync(user, Spanish.Categories, new { name = "no es etiqueta" }, "category");
        (await user.PutAsync(path, new { tagsId = new[] { tags[0], theirs } })).IsFault("tagsId", "Etiqueta no encontrada");
        (await user.PutAsync(path, new { tagsId = new[] { category } })).IsFault("tagsId", "Etiqueta no encontrada");
        (await user.PutAsync(path, new { categoryId = tags[0] })).IsFault("categoryId", "Categoría no encontrada");

        (await user.PostAsync($"/api/v1/tags/{tags[0]}/merge", new { into = tags[2] })).Is(200);
        Assert.Equal("tres dos", NamesOf((await user.GetAsync(path)).Is(200)));
        Assert.Equal("tres", NamesOf((await user.PutAsync(path, new { tagsId = new[] { tags[0] } })).Is(200)));
        Assert.Equal(["a"], (await user.GetAsync($"{Spanish.Tasks}?etiquetas={tags[0]}")).Titles());
        (await user.DeleteAsync($"{Spanish.Tags}/{tags[2]}")).Is(204);
        Assert.Equal("", NamesOf((await user.GetAsync(path)).Is(200)));
        (await user.PutAsync(path, new { tagsId = new[] { tags[2] } })).IsFault("tagsId", "Etiqueta no encontrada");

        static string NamesOf(Answer answer) => string.Join(' ', answer["task"]!["tags"]!.AsArray().Select(tag => (string)tag!["name"]!));
    }

    [Fact]
    public async Task An_id_is_a_UUID_or_a_TypeID_and_nothing_else()
    {
        var user = await shared.SomebodyAsync();
        var (_, made) = await user.CreateAsync(new { title = "a" });
        Assert.Equal("a", (string)(await user.GetAsync($"{Spanish.Tasks}/{(string)made["id"]!}")).Is(200)["task"]!["title"]!);
        foreach (var id in new[] { $"{made["number"]}", "abc", "00000000", "{00000000-0000-7000-8000-000000000000}", ((string)made["id"]!).ToUpperInvariant(), "cat_01h455vb4pex5vsknk084sn02q", "%20" })
        {
            foreach (var (collection, message) in new[] { (Spanish.Tasks, "ID de tarea debe ser un UUID válido"), (Spanish.Categories, "ID de categoría debe ser un UUID válido"), (Spanish.Tags, "ID de etiqueta debe ser un UUID válido") })
            {
                if (collection == Spanish.Categories && id.StartsWith("cat_", StringComparison.Ordinal))
                {
                    continue;
                }
                (await user.GetAsync($"{collection}/{id}")).IsFault("id", message);
                (await user.PutAsync($"{collection}/{id}", new { title = "b", name = "b" })).IsFault("id", message);
                (await user.DeleteAsync($"{collection}/{id}")).IsFault("id", message);
            }
            (await user.SendAsync("PATCH", $"{Spanish.Tasks}/{id}/completar")).IsFault("id", "ID de tarea debe ser un UUID válido");
        }
        (await user.GetAsync($"{Spanish.Tasks}/{Unknown}")).IsError(404, "Not Found", "Tarea no encontrada");
        (await user.GetAsync($"{Spanish.Categories}/{Unknown}")).IsError(404, "Not Found", "Categoría no encontrada");
        (await user.GetAsync($"{Spanish.Tags}/{Unknown}")).IsError(404, "Not Found", "Etiqueta no encontrada");
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_request_is_said_in_Spanish_whatever_language_is_asked_for()
    {
        var user = await shared.SomebodyAsync();
        var english = ("Accept-Language", "en");
        foreach (var prefix in new[] { "/api/auth", Spanish.Tasks, Spanish.Categories, Spanish.Tags })
        {
            (await user.GetAsync($"{prefix}/a/b/c", english)).IsError(404, "Not Found", "Ruta no encontrada");
        }
        (await user.GetAsync("/api/nada")).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.PostAsync(Spanish.Tasks, new { title = "" }, english)).IsFault("title", "Título es requerido y no puede exceder 255 caracteres");
        (await user.SendAsync("PATCH", Spanish.Tasks, null, english)).IsError(405, "Method Not Allowed", "Esta ruta no acepta ese método; la cabecera Allow enumera los que acepta");
        (await user.GetAsync("/api/auth/login")).Is(405);
        (await user.GetAsync(Spanish.Tasks, ("Accept", "text/csv"))).IsError(406, "Not Acceptable", "Accept o Accept-Encoding excluye todo lo que esta ruta responde; acepta application/json");
        (await user.PostAsync(Spanish.Tasks, "a", ("Content-Type", "text/plain"))).IsError(415, "Unsupported Media Type", "El cuerpo de la petición debe ser application/json, en UTF-8 y sin comprimir");
        var announced = await shared.Server.SendRawAsync(async stream => await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {Spanish.Tasks} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {user.AccessToken}\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n")));
        Assert.Contains("\"error\":\"Payload Too Large\"", announced);
        (await user.PostAsync(Spanish.Tasks, new { title = "a" }, ("Idempotency-Key", "\""))).IsError(400, "Bad Request", "Idempotency-Key debe ser una cadena de 1 a 255 caracteres ASCII imprimibles");
        (await user.PostAsync(Spanish.Tasks, new { title = "a" }, ("If-Match", "\"")))
            .IsError(400, "Bad Request", "If-Match o If-None-Match no es una lista de etiquetas de entidad; envía el ETag tal como llegó, entre comillas");
        var key = Spanish.FreshKey();
        (await user.PostAsync(Spanish.Tasks, new { title = "a" }, key)).Is(201);
        (await user.PostAsync(Spanish.Tasks, new { title = "b" }, key))
            .IsError(422, "Unprocessable Entity", "Esta Idempotency-Key ya se usó con otra petición; usa una clave nueva para cada petición");
        var answer = await user.GetAsync(Spanish.Tasks, english);
        Assert.Equal("Tareas obtenidas exitosamente", (string)answer.Is(200)["message"]!);
    }
}
