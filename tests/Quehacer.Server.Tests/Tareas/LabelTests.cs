using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Tareas;

public sealed class LabelTests(SharedServer shared)
{
    private const string NameMessage = "Nombre es requerido y no puede exceder 255 caracteres";

    private static string Fresh(string name) => $"{name} {Guid.NewGuid():N}";

    [Fact]
    public async Task A_category_lives_its_whole_life_in_the_words_of_003()
    {
        var user = await shared.NewUserAsync();
        var me = (string)(await user.GetAsync("/api/auth/perfil")).Is(200)["user"]!["id"]!;
        Assert.Equal("""{"message":"Categorías obtenidas exitosamente","categories":[]}""", (await user.GetAsync(Spanish.Categories)).Is(200).Text);
        var made = (await user.PostAsync(Spanish.Categories, new { name = " Nueva Categoría ", color = "#3357ff" })).Is(201);
        var id = (string)made["category"]!["id"]!;
        var path = $"{Spanish.Categories}/{id}";
        Assert.Equal($$$"""{"message":"Categoría creada exitosamente","category":{"id":"{{{id}}}","name":"Nueva Categoría","color":"#3357FF","userId":"{{{me}}}"}}""", made.Text);
        Assert.Equal(path, made.Header("Location"));
        var read = (await user.GetAsync(path)).Is(200);
        Assert.Equal((made.Text.Replace("creada", "obtenida"), made.ETag), (read.Text, read.ETag));
        (await user.GetAsync(path, ("If-None-Match", made.ETag!))).Is(304);
        var (task, _) = await Spanish.MakeTaskAsync(user, new { title = "a", categoryId = id });

        var changed = (await user.PutAsync(path, new { name = "Categoría Actualizada", color = "#FF33A1" }, ("If-Match", made.ETag!))).Is(200);
        Assert.Equal($$$"""{"message":"Categoría actualizada exitosamente","category":{"id":"{{{id}}}","name":"Categoría Actualizada","color":"#FF33A1","userId":"{{{me}}}"}}""", changed.Text);
        (await user.PutAsync(path, new { name = "x" }, ("If-Match", made.ETag!))).Is(412);
        Assert.Equal("Categoría Actualizada", (string)(await user.GetAsync(task)).Is(200)["task"]!["category"]!["name"]!);
        Assert.Null((string?)(await user.PutAsync(path, new { color = "" })).Is(200)["category"]!["color"]);
        Assert.Equal("#AABBCC", (string)(await user.PutAsync(path, new { color = "#aabbcc" })).Is(200)["category"]!["color"]!);
        Assert.Null((string?)(await user.PutAsync(path, """{"color":null,"desconocido":1}""")).Is(200)["category"]!["color"]);

        await Spanish.MakeAsync(user, Spanish.Categories, new { name = "árbol" }, "category");
        var list = (await user.GetAsync(Spanish.Categories)).Is(200).HasMembers("(message categories(id name color userId))");
        Assert.Equal(["árbol", "Categoría Actualizada"], list["categories"]!.AsArray().Select(category => (string)category!["name"]!));
        (await user.GetAsync(Spanish.Categories, ("If-None-Match", list.ETag!))).Is(304);
        (await user.PostAsync(Spanish.Categories, new { name = "ÁRBOL" })).IsError(409, "Conflict", "Ya existe una categoría con ese nombre");
        (await user.PutAsync(path, new { name = "Árbol" })).IsError(409, "Conflict", "Ya existe una categoría con ese nombre");

        Assert.Equal("", (await user.DeleteAsync(path)).Is(204).Text);
        foreach (var gone in new[] { await user.GetAsync(path), await user.PutAsync(path, new { name = "x" }), await user.DeleteAsync(path) })
        {
            gone.IsError(404, "Not Found", "Categoría no encontrada");
        }
        var left = (await user.GetAsync(task)).Is(200)["task"]!;
        Assert.Equal((null, null, "[]"), ((string?)left["categoryId"], left["category"], left["categories"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_tag_lives_its_whole_life_in_the_words_of_003()
    {
        var user = await shared.NewUserAsync();
        var me = (string)(await user.GetAsync("/api/auth/perfil")).Is(200)["user"]!["id"]!;
        Assert.Equal("""{"message":"Etiquetas obtenidas exitosamente","tags":[]}""", (await user.GetAsync(Spanish.Tags)).Is(200).Text);
        var made = (await user.PostAsync(Spanish.Tags, new { name = "nueva-etiqueta", color = "nada" })).Is(201);
        var id = (string)made["tag"]!["id"]!;
        var path = $"{Spanish.Tags}/{id}";
        Assert.Equal($$$"""{"message":"Etiqueta creada exitosamente","tag":{"id":"{{{id}}}","name":"nueva-etiqueta","userId":"{{{me}}}"}}""", made.Text);
        Assert.Equal(made.Text.Replace("creada", "obtenida"), (await user.GetAsync(path)).Is(200).Text);
        Assert.Equal($$$"""{"message":"Etiqueta actualizada exitosamente","tag":{"id":"{{{id}}}","name":"Otra","userId":"{{{me}}}"}}""", (await user.PutAsync(path, new { name = "Otra" })).Is(200).Text);
        await Spanish.MakeAsync(user, Spanish.Tags, new { name = "importante" }, "tag");
        var list = (await user.GetAsync(Spanish.Tags)).Is(200).HasMembers("(message tags(id name userId))");
        Assert.Equal(["importante", "Otra"], list["tags"]!.AsArray().Select(tag => (string)tag!["name"]!));
        (await user.PostAsync(Spanish.Tags, new { name = "OTRA" })).IsError(409, "Conflict", "Ya existe una etiqueta con ese nombre");
        (await user.PutAsync(path, new { name = "Importante" })).IsError(409, "Conflict", "Ya existe una etiqueta con ese nombre");
        (await user.DeleteAsync(path)).Is(204);
        foreach (var gone in new[] { await user.GetAsync(path), await user.PutAsync(path, new { name = "x" }), await user.DeleteAsync(path) })
        {
            gone.IsError(404, "Not Found", "Etiqueta no encontrada");
        }
    }

    [Fact]
    public async Task Every_fault_of_a_label_has_its_sentence()
    {
        var user = await shared.SomebodyAsync();
        foreach (var (collection, member) in new[] { (Spanish.Categories, "category"), (Spanish.Tags, "tag") })
        {
            var path = $"{collection}/{await Spanish.MakeAsync(user, collection, new { name = Fresh("a") }, member)}";
            (await user.PostAsync(collection, new { })).IsFault("name", NameMessage);
            foreach (var name in new JsonNode?[] { null, "", "  ", new string('x', 256), 7, false, new JsonArray("a"), new JsonObject() })
            {
                (await user.PostAsync(collection, new JsonObject { ["name"] = name?.DeepClone() })).IsFault("name", NameMessage);
                (await user.PutAsync(path, new JsonObject { ["name"] = name?.DeepClone() })).IsFault("name", NameMessage);
            }
            (await user.PostAsync(collection, "[]")).IsFault("body", "El cuerpo de la petición debe ser un objeto JSON");
            Assert.Equal(255, ((string)(await user.PostAsync(collection, new { name = Guid.NewGuid().ToString("N").PadRight(255, 'ñ') })).Is(201)[member]!["name"]!).Length);
        }
        foreach (var color in new JsonNode[] { "rojo", "#FFF", "FF5733", "#GG5733", "#FF57330", 7, true, new JsonArray(), new JsonObject() })
        {
            (await user.PostAsync(Spanish.Categories, new JsonObject { ["name"] = Fresh("a"), ["color"] = color.DeepClone() })).IsFault("color", "Color debe ser un código hexadecimal válido (ej: #FF5733)");
        }
    }

    [Fact]
    public async Task What_belongs_to_somebody_else_does_not_exist()
    {
        var (owner, stranger) = (await shared.SomebodyAsync(), await shared.NewUserAsync());
        foreach (var (collection, member, message) in new[] { (Spanish.Categories, "category", "Categoría no encontrada"), (Spanish.Tags, "tag", "Etiqueta no encontrada") })
        {
            var path = $"{collection}/{await Spanish.MakeAsync(owner, collection, new { name = Fresh("suya") }, member)}";
            foreach (var answer in new[] { await stranger.GetAsync(path), await stranger.PutAsync(path, new { name = "mía" }), await stranger.DeleteAsync(path) })
            {
                answer.IsError(404, "Not Found", message);
            }
            (await owner.GetAsync(path)).Is(200);
        }
    }

    [Fact]
    public async Task A_repeated_write_is_done_once()
    {
        var user = await shared.SomebodyAsync();
        foreach (var (collection, member) in new[] { (Spanish.Categories, "category"), (Spanish.Tags, "tag") })
        {
            var (key, name) = (Spanish.FreshKey(), Fresh("a"));
            var first = (await user.PostAsync(collection, new { name }, key)).Is(201);
            var again = (await user.PostAsync(collection, new { name }, key)).Is(201);
            Assert.Equal((first.Text, false, true), (again.Text, first.IsReplay, again.IsReplay));
            var path = $"{collection}/{(string)first[member]!["id"]!}";
            var delete = Spanish.FreshKey();
            Assert.False((await user.DeleteAsync(path, delete)).Is(204).IsReplay);
            Assert.True((await user.DeleteAsync(path, delete)).Is(204).IsReplay);
        }
    }

    [Fact]
    public async Task All_tags_are_listed_however_many_there_are()
    {
        var user = await shared.NewUserAsync();
        foreach (var batch in Enumerable.Range(0, 2))
        {
            var operations = Enumerable.Range(0, 100).Select(task => new
            {
                op = "create", task = new { title = "a", tags = Enumerable.Range(0, batch == 0 ? 10 : 1).Select(tag => $"{batch} {task:000} {tag}").ToArray() },
            });
            (await user.PostAsync($"{User.Tasks}/batch", new { operations })).Is(200);
        }
        var list = (await user.GetAsync(Spanish.Tags)).Is(200);
        var names = list["tags"]!.AsArray().Select(tag => (string)tag!["name"]!).ToList();
        Assert.Equal((1100, 1100, "0 000 0", "1 099 0"), (names.Count, names.Distinct().Count(), names[0], names[^1]));
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        (await user.GetAsync(Spanish.Tags, ("If-None-Match", list.ETag!))).Is(304);
    }
}
