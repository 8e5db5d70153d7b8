using System.Globalization;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>
/// One core behind several faces: what is done through one of them is seen through every other, at once, whole, and with nothing lost. What one
/// contract alone does is in its own tests; here are only sentences about two and more.
/// </summary>
public sealed class OneTruthTests(SharedServer shared)
{
    /// <summary>What every face can say of a task.</summary>
    private sealed record Truth(string Id, long Number, string Title, string Description, bool IsDone, string? Due, string Tags);

    /// <summary>A way to ask for tasks and to change them.</summary>
    /// <param name="Priorities">What the face calls low, medium and high.</param>
    private sealed record Face(string Name, string Tasks, string Change, string[] Priorities)
    {
        public required Func<Truth, string> PathOf { get; init; }

        public required Func<Answer, JsonNode> Shown { get; init; }

        public required Func<JsonNode, (string Id, string Title, string? Description, bool IsDone, string Priority, string? Due, string Tags)> Read { get; init; }

        /// <summary>A list of up to a hundred tasks.</summary>
        public required string List { get; init; }

        public required Func<Answer, JsonArray> Listed { get; init; }

        /// <summary>Makes it done or pending.</summary>
        public required Func<bool, JsonObject> Done { get; init; }

        public required string Due { get; init; }

        /// <summary>With 200 or 204.</summary>
        public required int DeleteStatus { get; init; }

        public override string ToString() => Name;
    }

    private static readonly Face V1 = new("v1", "/api/v1/tasks", "PATCH", ["low", "medium", "high"])
    {
        PathOf = task => $"/api/v1/tasks/{task.Number}",
        Shown = answer => answer.Json,
        Read = task => ((string)task["id"]!, (string)task["title"]!, (string?)task["description"], (string)task["status"]! == "done", (string)task["priority"]!, (string?)task["due_date"], Names(task["tags"]!.AsArray())),
        List = "/api/v1/tasks?limit=100",
        Listed = answer => answer["tasks"]!.AsArray(),
        Done = done => new() { ["status"] = done ? "done" : "pending" },
        Due = "due_date",
        DeleteStatus = 204,
    };

    private static readonly Face Tareas = new("tareas", "/api/tareas", "PUT", ["baja", "media", "alta"])
    {
        PathOf = task => $"/api/tareas/{task.Id}",
        Shown = answer => answer["task"]!,
        Read = task => ((string)task["id"]!, (string)task["title"]!, (string?)task["description"], (bool)task["completed"]!, (string)task["priority"]!, (string?)task["dueDate"],
            Names([.. task["tags"]!.AsArray().Select(tag => tag!["name"]!.DeepClone())])),
        List = "/api/tareas?limit=100",
        Listed = answer => answer["tasks"]!.AsArray(),
        Done = done => new() { ["completed"] = done },
        Due = "dueDate",
        DeleteStatus = 204,
    };

    private static readonly Face Envelope = new("envelope", "/tasks/task", "PATCH", ["low", "medium", "high"])
    {
        PathOf = task => $"/tasks/task/{task.Number}",
        Shown = answer => answer["data"]!,
        Read = task => (((long)task["id"]!).ToString(CultureInfo.InvariantCulture), (string)task["title"]!, (string?)task["description"], (bool)task["done"]!, (string)task["priority"]!, (string?)task["dueDate"],
            Names(task["tags"]!.AsArray())),
        List = "/tasks/task/list/page?limit=100",
        Listed = answer => answer["data"]!["tasks"]!.AsArray(),
        Done = done => new() { ["done"] = done },
        Due = "dueDate",
        DeleteStatus = 200,
    };

    private static readonly Face[] Faces = [V1, Tareas, Envelope];

    private static string Names(JsonArray tags) => string.Join(',', tags.Select(tag => (string)tag!));

    [Fact]
    public async Task What_is_made_through_any_face_is_there_through_every_other()
    {
        var user = await shared.NewUserAsync();
        foreach (var maker in Faces)
        {
            var made = (await user.PostAsync(maker.Tasks, new JsonObject
            {
                ["title"] = $"Año ñandú 日本 {maker}", ["description"] = "líneas\n\ty 🎉", ["priority"] = maker.Priorities[2], [maker.Due] = "2099-01-31T18:00:00.125+01:00",
            })).Is(201);
            var truth = await TruthAsync(user, made.Header("Location") is { } at && maker == V1 ? at : await NewestAsync(user));
            Assert.Equal(("líneas\n\ty 🎉", false, "2099-01-31T17:00:00.125Z"), (truth.Description, truth.IsDone, truth.Due));
            await AssertAllShowAsync(user, truth, priority: 2);
        }
    }

    /// <summary>Forty changes of a task, each through a face that the dice choose, held against what a person would expect to be the outcome.</summary>
    [Fact]
    public async Task What_is_changed_through_any_face_is_changed_in_every_other_and_nothing_else_is()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "a", tags = new[] { "home", "Ünique" } });
        var expected = await TruthAsync(user, path);
        var priority = 1;
        const int seed = 20261121;
        var dice = new Random(seed);
        for (var turn = 0; turn < 40; turn++)
        {
            var face = Faces[dice.Next(Faces.Length)];
            var change = new JsonObject();
            switch (dice.Next(6))
            {
                case 0:
                    expected = expected with { Title = $"title {turn}" };
                    change["title"] = $"  title {turn} ";
                    break;
                case 1:
                    expected = expected with { Description = $"description {turn}" };
                    change["description"] = expected.Description;
                    break;
                case 2:
                    expected = expected with { Description = "" };
                    change["description"] = null;
                    break;
                case 3:
                    expected = expected with { IsDone = dice.Next(2) == 0 };
                    change = face.Done(expected.IsDone);
                    break;
                case 4:
                    priority = dice.Next(3);
                    change["priority"] = face.Priorities[priority];
                    break;
                default:
                    expected = expected with { Due = dice.Next(3) == 0 ? null : $"2099-02-{turn % 28 + 1:00}T00:00:00.000Z" };
                    change[face.Due] = expected.Due;
                    break;
            }
            (await user.SendAsync(face.Change, face.PathOf(expected), change)).Is(200);
            Assert.Equal(expected, await TruthAsync(user, path));
            await AssertAllShowAsync(user, expected, priority);
        }
    }

    [Fact]
    public async Task Each_face_keeps_what_it_has_no_word_for()
    {
        var user = await shared.NewUserAsync();
        var (path, made) = await user.CreateAsync(new { title = "a", priority = "critical", tags = new[] { "home" } });
        var (id, number) = ((string)made["id"]!, (long)made["number"]!);

        // tareas reads critical as alta. What it reads it can write back, and nothing has happened.
        var read = (await user.GetAsync($"/api/tareas/{id}")).Is(200)["task"]!.AsObject();
        Assert.Equal("alta", (string)read["priority"]!);
        (await user.PutAsync($"/api/tareas/{id}", read.DeepClone())).Is(200);
        Assert.Equal(("critical", 1), await SeenAsync());
        (await user.PutAsync($"/api/tareas/{id}", new { title = "b", priority = "alta" })).Is(200);
        Assert.Equal(("critical", 2), await SeenAsync());
        (await user.PutAsync($"/api/tareas/{id}", new { priority = "baja" })).Is(200);
        Assert.Equal(("low", 3), await SeenAsync());
        (await user.PutAsync($"/api/tareas/{id}", new { priority = "alta" })).Is(200);
        Assert.Equal(("high", 4), await SeenAsync());
        (await user.PatchAsync($"/tasks/task/{number}", new { priority = "critical" })).Is(200);
        Assert.Equal("alta", (string)(await user.GetAsync($"/api/tareas/{id}")).Is(200)["task"]!["priority"]!);

        async Task<(string, int)> SeenAsync()
        {
            var now = (await user.GetAsync(path)).Is(200);
            return ((string)now["priority"]!, (int)now["version"]!);
        }
    }

    [Fact]
    public async Task What_is_longer_than_a_face_lets_through_is_shown_whole_and_can_be_put_back()
    {
        var user = await shared.NewUserAsync();
        var (long255, long10000) = (new string('t', 254) + "é", new string('d', 9_999) + "🎉");
        var made = (await user.PostAsync("/api/tareas", new { title = long255 })).Is(201)["task"]!;
        var (path, id) = ($"/api/v1/tasks/{made["id"]}", (string)made["id"]!);
        (await user.PatchAsync(path, new { description = long10000 })).Is(200);
        var truth = await TruthAsync(user, path);
        Assert.Equal((long255, long10000), (truth.Title, truth.Description));
        await AssertAllShowAsync(user, truth, priority: 1);

        // Put back as it was read, through each of them, with one thing changed that is within its limits.
        foreach (var face in Faces)
        {
            var read = face.Shown((await user.GetAsync(face.PathOf(truth))).Is(200)).DeepClone().AsObject();
            foreach (var (name, value) in face.Done(true))
            {
                read[name] = value?.DeepClone();
            }
            if (face == Envelope)
            {
                // It says the same twice, and what is put back may not contradict itself.
                read.Remove("status");
            }
            var version = (int)(await user.GetAsync(path)).Is(200)["version"]!;
            (await user.PutAsync(face.PathOf(truth), read)).Is(200);
            Assert.Equal(truth with { IsDone = true }, await TruthAsync(user, path));
            Assert.Equal(version + 1, (int)(await user.PostAsync(path + "/reopen")).Is(200)["version"]! - 1);
        }
        Assert.Equal(truth, await TruthAsync(user, path));

        // A new value that is too long for a face is refused by that face, and by no other.
        (await user.PatchAsync(path, new { title = new string('x', 201) })).IsInvalid("title");
        (await user.PutAsync($"/api/tareas/{id}", new { title = new string('x', 201), description = truth.Description })).Is(200);
        (await user.PutAsync($"/api/tareas/{id}", new { description = new string('x', 1_001) })).Is(400);
        (await user.PatchAsync($"/tasks/task/{truth.Number}", new { description = new string('x', 1_001) })).Is(200);
        await AssertAllShowAsync(user, await TruthAsync(user, path), priority: 1);
    }

    [Fact]
    public async Task Tags_by_name_and_tags_by_id_are_the_same_tags()
    {
        var user = await shared.NewUserAsync();
        var (path, made) = await user.CreateAsync(new { title = "a", tags = new[] { "home", "Garten" } });
        var truth = await TruthAsync(user, path);
        var listed = (await user.GetAsync("/api/etiquetas")).Is(200)["tags"]!.AsArray();
        Assert.Equal(["Garten", "home"], listed.Select(tag => (string)tag!["name"]!));
        var (garden, home) = ((string)listed[0]!["id"]!, (string)listed[1]!["id"]!);

        // By id through tareas, with one that it made itself.
        var urgent = (string)(await user.PostAsync("/api/etiquetas", new { name = "urgente" })).Is(201)["tag"]!["id"]!;
        (await user.PutAsync(Tareas.PathOf(truth), new { tagsId = new[] { urgent, garden } })).Is(200);
        truth = truth with { Tags = "urgente,Garten" };
        await AssertAllShowAsync(user, truth, priority: 1);

        // By name through the envelope: a known one in another case, and one that is new.
        (await user.PatchAsync(Envelope.PathOf(truth), new { tags = new[] { "HOME", "new" } })).Is(200);
        truth = truth with { Tags = "home,new" };
        await AssertAllShowAsync(user, truth, priority: 1);
        Assert.Equal(home, (string)(await user.GetAsync(Tareas.PathOf(truth))).Is(200)["task"]!["tags"]![0]!["id"]!);

        // A new name for a tag is a new face of its tasks, and a new tag of theirs for caches, in all of them.
        var tagged = await Task.WhenAll(Faces.Select(async face => (face, (await user.GetAsync(face.PathOf(truth))).Is(200).ETag!)));
        (await user.PutAsync($"/api/etiquetas/{home}", new { name = "casa" })).Is(200);
        truth = truth with { Tags = "casa,new" };
        await AssertAllShowAsync(user, truth, priority: 1);
        foreach (var (face, tag) in tagged)
        {
            (await user.GetAsync(face.PathOf(truth), ("If-None-Match", tag))).Is(200);
        }
        (await user.DeleteAsync($"/api/etiquetas/{home}")).Is(204);
        await AssertAllShowAsync(user, truth with { Tags = "new" }, priority: 1);

        // And the category, which the envelope does not know, survives all of it.
        var category = (string)(await user.PostAsync("/api/categorias", new { name = "Trabajo", color = "#ff5733" })).Is(201)["category"]!["id"]!;
        (await user.PutAsync(Tareas.PathOf(truth), new { categoryId = category })).Is(200);
        (await user.PatchAsync(Envelope.PathOf(truth), new { title = "b" })).Is(200);
        Assert.Equal("cat_", ((string)(await user.GetAsync(path)).Is(200)["category_id"]!)[..4]);
        Assert.Equal("Trabajo", (string)(await user.GetAsync(Tareas.PathOf(truth))).Is(200)["task"]!["category"]!["name"]!);
        Assert.Equal(1, made.Json["version"]!.GetValue<int>());
    }

    [Fact]
    public async Task What_is_deleted_through_any_face_is_gone_from_every_other_and_comes_back_to_all()
    {
        var user = await shared.NewUserAsync();
        foreach (var face in Faces)
        {
            var (path, _) = await user.CreateAsync(new { title = $"to be deleted through {face}" });
            var truth = await TruthAsync(user, path);
            (await user.DeleteAsync(face.PathOf(truth))).Is(face.DeleteStatus);
            foreach (var other in Faces)
            {
                (await user.GetAsync(other.PathOf(truth))).Is(404);
                (await user.SendAsync(other.Change, other.PathOf(truth), new { title = "b" })).Is(404);
                Assert.DoesNotContain(other.Listed((await user.GetAsync(other.List)).Is(200)), task => (string)task!["title"]! == truth.Title);
            }
            (await user.PostAsync(path + "/restore")).Is(200);
            await AssertAllShowAsync(user, truth, priority: 1);
        }
    }

    /// <summary>Each face changes a member of its own, all at once and with no word of versions: no change takes another one back.</summary>
    [Fact]
    public async Task Writers_through_all_faces_at_once_lose_nothing()
    {
        const int rounds = 25;
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "raced" });
        var truth = await TruthAsync(user, path);
        await Task.WhenAll(
            RoundsAsync(turn => user.PatchAsync(path, new { title = $"v1 {turn}" })),
            RoundsAsync(turn => user.PutAsync(Tareas.PathOf(truth), new { description = $"tareas {turn}" })),
            RoundsAsync(turn => user.PatchAsync(Envelope.PathOf(truth), new { dueDate = $"2099-03-{turn + 1:00}T00:00:00Z" })),
            RoundsAsync(turn => user.SendAsync("PATCH", $"/tasks/task/{truth.Number}/toggle")),
            RoundsAsync(turn => user.SendAsync("PATCH", Tareas.PathOf(truth) + "/completar")));
        var now = await TruthAsync(user, path);
        // Fifty times turned round is as it was.
        Assert.Equal(
            ($"v1 {rounds - 1}", $"tareas {rounds - 1}", $"2099-03-{rounds:00}T00:00:00.000Z", false), (now.Title, now.Description, now.Due, now.IsDone));
        Assert.Equal(1 + 5 * rounds, (int)(await user.GetAsync(path)).Is(200)["version"]!);
        await AssertAllShowAsync(user, now, priority: 1);

        static async Task RoundsAsync(Func<int, Task<Answer>> change)
        {
            for (var turn = 0; turn < rounds; turn++)
            {
                (await change(turn)).Is(200);
            }
        }
    }

    [Fact]
    public async Task A_key_used_through_one_face_is_known_to_the_others()
    {
        var user = await shared.NewUserAsync();
        var key = ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");
        (await user.PostAsync(V1.Tasks, new { title = "once" }, key)).Is(201);
        foreach (var face in new[] { Tareas, Envelope })
        {
            (await user.PostAsync(face.Tasks, new { title = "once" }, key)).Is(422);
        }
        Assert.Single(V1.Listed((await user.GetAsync(V1.List)).Is(200)));
    }

    [Fact]
    public async Task A_token_of_one_face_is_good_for_all_and_ends_in_all()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var nobody = shared.Nobody();
        var registered = (await nobody.PostAsync("/api/auth/registro", new { email, name = "Juan Pérez", password = "MiPassword123" })).Is(201);
        var token = (string)registered["token"]!;
        (await nobody.PostAsync("/api/v1/auth/login", new { email, password = "MiPassword123" })).Is(200);
        var bearer = ("Authorization", $"Bearer {token}");
        foreach (var face in Faces)
        {
            (await nobody.PostAsync(face.Tasks, new { title = $"through {face}" }, bearer)).Is(201);
            Assert.NotEmpty(face.Listed((await nobody.GetAsync(face.List, bearer)).Is(200)));
        }
        (await nobody.PostAsync("/api/auth/logout", null, bearer)).Is(200);
        foreach (var face in Faces)
        {
            (await nobody.GetAsync(face.List, bearer)).Is(401);
        }
    }

    [Fact]
    public async Task All_faces_count_against_one_limit()
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits, ("RateLimits__StandardPerMinute", "9"));
        var user = await User.RegisterAsync(server);
        for (var turn = 0; turn < 9; turn++)
        {
            var answer = (await user.GetAsync(Faces[turn % 3].List)).Is(200);
            Assert.Equal(8 - turn, int.Parse(answer.Header("X-RateLimit-Remaining")!, CultureInfo.InvariantCulture));
        }
        foreach (var face in Faces)
        {
            Assert.NotNull((await user.GetAsync(face.List)).Is(429).Header("Retry-After"));
        }
        Assert.Equal("Too Many Requests", (string)(await user.GetAsync(Tareas.List)).Is(429)["error"]!);
        Assert.Equal("RATE_LIMIT_EXCEEDED", (string)(await user.GetAsync(Envelope.List)).Is(429)["resultMessage"]!);
    }

    /// <summary>Read through v1.</summary>
    private static async Task<Truth> TruthAsync(User user, string path)
    {
        var task = (await user.GetAsync(path)).Is(200).Json;
        var (id, title, description, isDone, _, due, tags) = V1.Read(task);
        return new Truth(id, (long)task["number"]!, title, description ?? "", isDone, due, tags);
    }

    private static async Task<string> NewestAsync(User user) =>
        $"/api/v1/tasks/{(string)(await user.GetAsync("/api/v1/tasks?limit=1")).Is(200)["tasks"]![0]!["id"]!}";

    /// <summary>Through each face, alone and in its list.</summary>
    private static async Task AssertAllShowAsync(User user, Truth truth, int priority)
    {
        foreach (var face in Faces)
        {
            var alone = face.Shown((await user.GetAsync(face.PathOf(truth))).Is(200));
            var inList = face.Listed((await user.GetAsync(face.List)).Is(200)).Single(task => (string)task!["title"]! == truth.Title)!;
            Assert.Equal(alone.ToJsonString(), inList.ToJsonString());
            var (id, title, description, isDone, word, due, tags) = face.Read(alone);
            Assert.Equal(
                (truth.Title, truth.Description, truth.IsDone, face.Priorities[priority], truth.Due, truth.Tags), (title, description ?? "", isDone, word, due, tags));
            Assert.Contains(id, new[] { truth.Id, truth.Number.ToString(CultureInfo.InvariantCulture), UuidOf(alone, truth) });
        }
    }

    /// <summary>The UUID within the TypeID: 26 characters of Crockford's base32, the first of which has three bits.</summary>
    private static string UuidOf(JsonNode shown, Truth truth)
    {
        const string alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
        var value = truth.Id[(truth.Id.IndexOf('_', StringComparison.Ordinal) + 1)..].Aggregate(UInt128.Zero, (sum, letter) => (sum << 5) | (uint)alphabet.IndexOf(letter, StringComparison.Ordinal));
        var hex = value.ToString("x32", CultureInfo.InvariantCulture);
        return $"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}";
    }
}
