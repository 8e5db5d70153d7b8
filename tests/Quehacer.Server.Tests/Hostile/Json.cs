using static Quehacer.Server.Tests.Hostile.Expected;
using static Quehacer.Server.Tests.Hostile.Ground;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>What RFC 8259 does not allow, what I-JSON (RFC 7493) does not, and JSON that is something else than what was asked for.</summary>
internal static class Json
{
    public static IEnumerable<HostileCase> Malformed(Ground ground)
    {
        string[] values =
        [
            // arrays
            "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[,]", "[\"\",]", "[1 true]", "[a]", "[1:2]", "[\"\": 1]", "[1]]", "[3[4]]", "[-]", "[   , \"\"]", "[*]", "[{}", "[fals]", "[nul]", "[tru]", "[\"a\",\n4\n,1,", "[1}", "[\"\u000ba\"\\f]", "[1;2]", "[1 2]", "[...]", "[(1)]",
            // numbers
            "01", "-01", "00", "+1", "++1", "--1", "-", "-x", "1-", ".1", "-.1", "1.", "1.e1", "1e", "1e+", "1E-", "e1", "1e1.5", "0e", "0e+", "1ee1", "1+2", "0x1", "0X1", "0b1", "0o7", "1_000", "1 000", "1,5", "1a", "1f", "1n", "2.e3", "9.e+", "1eE2", "\uff11", "\u0663", "\u00bd",
            "Infinity", "-Infinity", "NaN", "-NaN", "nan", "inf", "1#INF", "1/2", "$1", "1%", "0-0", "1.2.3", "-0x1", "0.3e", "0.e1",
            // words
            "True", "False", "NULL", "Null", "None", "undefined", "nil", "tru", "truee", "nulll", "yes", "true false", "!true", "@", "title", "new Date()", "function(){}", "1&&1", "/a/", "<a/>", "`a`", "b\"a\"", "u\"a\"", "symbol",
            // strings
            "\"", "\"a", "a\"", "'a'", "\"a\" \"b\"", "\"a\"+\"b\"", "\"\\\"", "\"\\x00\"", "\"\\a\"", "\"\\0\"", "\"\\v\"", "\"\\'\"", "\"\\ \"", "\"\\u\"", "\"\\u0\"", "\"\\u00\"", "\"\\u00A\"", "\"\\u{41}\"", "\"\\uD8G0\"", "\"\\u 041\"", "\"\\U0041\"", "\"\\uu0041\"", "\"\\\n\"",
            "\"\t\"", "\"\n\"", "\"\r\"", "\"\0\"", "\"\u0001\"", "\"\u001f\"", "\"\u001b[31m\"", "\u201ca\u201d", "\u00aba\u00bb", "\"\"\"a\"\"\"", "\"a\\", "\"\\uD800\\\"", "\\\"a\\\"", "\\u0022a\\u0022", "\"\\é\"",
            // objects
            "{", "}", "{]", "[}", "{,}", "{1}", "{\"a\"}", "{\"a\":}", "{:1}", "{\"a\" 1}", "{\"a\",1}", "{\"a\"::1}", "{\"a\"=1}", "{\"a\"=>1}", "{1:1}", "{a:1}", "{'a':1}", "{null:1}", "{true:1}", "{[1]:1}", "{{}:1}", "{\"a\":1,}", "{\"a\":1,,}", "{,\"a\":1}", "{\"a\":1;}", "{\"a\":1 \"b\":2}",
            "{\"a\":1}}", "{\"a\":1", "{\"a\"", "{\"a\":", "{\"a\":1,\"b\"}", "{\"a\":1,1}", "{\"a\":\"b\" \"c\"}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"a\":1,\"a\":1}", "{\"a\":{\"b\":1,\"b\":1}}", "[{\"a\":1,\"a\":1}]", "{\"\":1,\"\":2}", "{\"a\":a}", "{...a}", "{[\"a\"]:1}", "{\"a\":1,\"__proto__\":1,\"__proto__\":2}",
            // what others allow besides
            "1//x", "1/*x*/", "/*x*/1", "/**/", "//", "#x\n1", "1#x", "<!-- -->1", "--1", "1;", "(1)", "1\u00a01", "\u00a01", "\u20601", "\u2028 1", "\u000b1", "\u000c1", "1\0", "\\t1", "&quot;a&quot;", "%22a%22", "=1",
        ];
        foreach (var value in values.Distinct())
        {
            yield return new($"a title {Shown(value)}", ground.Make($$"""{"title":{{value}}}"""), Expected.Malformed());
        }
        foreach (var body in new[]
        {
            " ", "\t\r\n", "\0", "{", "}", "[", "{}{}", "{} {}", "[][]", "null null", "{}x", "x{}", "{}//", "{}/**/", "/**/{}", "{},", ",{}", "{};", "({})", "=1;", ")]}'\n{}", "callback({})", "for(;;);{}", "<html></html>", "<?xml version=\"1.0\"?><title>a</title>", "title=a", "title: a", "%7B%7D", "---\ntitle: a",
            "\"title\"=\"a\"", "\"title\":\"a\"", "\u000c{}", "\u00a0{}", "\u3000{}", "{}\u00a0", "{}\0", "\u001e{}", "{}\u001a", "nul", "True", "undefined", "NaN", "*", "@", "2@", "1 2", "{\"title\":\"a\"}{\"title\":\"b\"}", "{\"title\":\"a\"}\n{\"title\":\"b\"}", "{\"title\":\"a\"}]", "[{\"title\":\"a\"}", "{\"title\":\"a\",", "{\"title\":\"a\",\"title\":\"a\"}",
            "{\"title\":\"a\",\"t\\u0069tle\":\"b\"}", "--boundary\r\n\r\n{}\r\n--boundary--", "O:8:\"stdClass\":0:{}", "\u00ac\u00ed\0\u0005", "!!python/object:os.system", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>",
        })
        {
            yield return new($"a body {Shown(body)}", ground.Make(body), Expected.Malformed());
        }
        foreach (var (method, path) in new[] { ("PATCH", ground.Task), ("PUT", ground.Task), ("DELETE", ground.Task), ("POST", $"{ground.Task}/complete"), ("PATCH", "/api/v1/me"), ("POST", "/api/v1/auth/login"), ("POST", "/api/v1/auth/register"), ("POST", "/api/v1/auth/refresh"), ("POST", "/api/v1/auth/logout"), ("POST", "/api/v1/categories"), ("PATCH", $"/api/v1/tags/{ground.TagId}"), ("POST", $"/api/v1/tags/{ground.TagId}/merge"), ("POST", "/tasks"), ("POST", $"{Tasks}/batch") })
        {
            yield return new($"{method} {path} with half an object", ground.Ask(method, path, "", Bytes("{\"a\":")), Expected.Malformed());
        }
    }

    public static IEnumerable<HostileCase> Mistyped(Ground ground)
    {
        string[] scalars = ["1", "-0", "1.5", "1e400", "-1e400", "1E22", "0e+1", "1e-400", "123456789012345678901234567890", "true", "false", "[]", "[\"a\"]", "{}", "{\"a\":\"b\"}", "[[]]"];
        foreach (var value in scalars)
        {
            yield return new($"a title {value}", ground.Make($$"""{"title":{{value}}}"""), Invalid("title", "NOT_A_STRING"));
            yield return new($"a description {value}", ground.Make($$"""{"title":"a","description":{{value}}}"""), Invalid("description", "NOT_A_STRING"));
            yield return new($"a status {value}", ground.Make($$"""{"title":"a","status":{{value}}}"""), Invalid("status", "NOT_ONE_OF"));
            yield return new($"a priority {value}", ground.Make($$"""{"title":"a","priority":{{value}}}"""), Invalid("priority", "NOT_ONE_OF"));
            yield return new($"a date {value}", ground.Make($$"""{"title":"a","due_date":{{value}}}"""), Invalid("due_date", "NOT_A_DATE"));
            yield return new($"a category {value}", ground.Make($$"""{"title":"a","category_id":{{value}}}"""), Invalid("category_id", "NOT_AN_ID"));
            yield return new($"a colour {value}", ground.Ask("POST", "/api/v1/categories", "", Bytes($$"""{"name":"a","color":{{value}}}""")), Invalid("color", "NOT_A_COLOR"));
            yield return new($"an e-mail {value}", ground.Ask("POST", "/api/v1/auth/login", "", Bytes($$"""{"email":{{value}},"password":"a"}""")), Invalid("email", "NOT_A_STRING"));
            yield return new($"a password {value}", ground.Ask("POST", "/api/v1/auth/login", "", Bytes($$"""{"email":"{{ground.Email}}","password":{{value}}}""")), Invalid("password", "NOT_A_STRING"));
            yield return new($"a refresh token {value}", ground.Ask("POST", "/api/v1/auth/refresh", "", Bytes($$"""{"refresh_token":{{value}}}""")), Invalid("refresh_token", "NOT_A_STRING"));
            yield return new($"an op {value}", ground.Batch($$"""{"op":{{value}}}"""), Invalid("operations[0].op", "NOT_ONE_OF"));
            yield return new($"a task in a batch {value}", ground.Batch($$"""{"op":"create","task":{{value}}}"""), value[0] == '{' ? OneOf(422) : Invalid("operations[0].task", "NOT_AN_OBJECT"));
            yield return new($"an id in a batch {value}", ground.Batch($$"""{"op":"delete","version":99,"id":{{value}}}"""), value == "1" ? OneOf(412) : Invalid("operations[0].id", "NOT_AN_ID"));
            if (value is not ("[]" or "[\"a\"]"))
            {
                yield return new($"tags {value}", ground.Make($$"""{"title":"a","tags":{{value}}}"""), Invalid("tags", "NOT_AN_ARRAY_OF_STRINGS"));
            }
            if (value[0] is not '{')
            {
                yield return new($"a body {value}", ground.Make(value), Invalid("body", "NOT_AN_OBJECT"));
            }
        }
        foreach (var version in new[] { "0", "-0", "-1", "1.5", "1.0", "1e0", "1e2", "1e400", "2147483648", "-2147483649", "9223372036854775808", "99999999999999999999999", "\"1\"", "\"\"", "null", "true", "[]", "[1]", "{}", "0.1e1" })
        {
            yield return new($"a version {version}", ground.Ask("PATCH", ground.Task, "", Bytes($$"""{"title":"b","version":{{version}}}""")), Invalid("version", "NOT_AN_INTEGER"));
            yield return new($"a version {version} to complete", ground.Ask("POST", $"{ground.Task}/complete", "", Bytes($$"""{"version":{{version}}}""")), Invalid("version", "NOT_AN_INTEGER"));
        }
        foreach (var version in new[] { "2", "99", "2147483647" })
        {
            yield return new($"a version {version} that is not", ground.Ask("PATCH", ground.Task, "", Bytes($$"""{"title":"b","version":{{version}}}""")), Problem(412, "PRECONDITION_FAILED"));
        }
        foreach (var tags in new[] { "[null]", "[1]", "[true]", "[{}]", "[\"a\",null]", "[\"a\",[\"b\"]]" })
        {
            yield return new($"tags {tags}", ground.Make($$"""{"title":"a","tags":{{tags}}}"""), Invalid("tags", "NOT_AN_ARRAY_OF_STRINGS"));
        }
        foreach (var title in new[] { "", " ", "\\t\\n", "\\u00a0", "\\u3000", "\\u2003" })
        {
            yield return new($"a title \"{title}\"", ground.Make($$"""{"title":"{{title}}"}"""), Invalid("title", "REQUIRED", "TOO_SHORT"));
        }
        foreach (var color in new[] { "red", "#12345", "#1234567", "#12345G", "123456", "#12345\u0663", "#\uff11\uff11\uff11\uff11\uff11\uff11", "rgb(1,2,3)", "#123", "##12345", " #123456", "#123456 ", "#1234567890", "url(x)" })
        {
            yield return new($"a colour {color}", ground.Ask("POST", "/api/v1/categories", "", System.Text.Encoding.UTF8.GetBytes($$"""{"name":"a","color":"{{color}}"}""")), Invalid("color", "NOT_A_COLOR"));
        }
    }

    public static IEnumerable<HostileCase> Members(Ground ground)
    {
        // What no task has is refused by name: nothing is bound that was not asked for.
        foreach (var name in new[]
        {
            "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__", "$type", "$id", "$ref", "$values", "$where", "$ne", "@type", "@class", "__class__", "_id", "class", "user_id", "userId", "owner", "owner_id", "workspace",
            "revision", "is_admin", "isAdmin", "admin", "role", "roles", "permissions", "deleted", "completed", "done", "Title", "TITLE", "title ", " title", "title\\u0000", "titlе", "", " ", "\\n", "title[]", "title.x", "tags[0]", "tasks", "task", "0", "null", "undefined", "_method", "SELECT", "events", "incarnation", "labels_revision",
        })
        {
            yield return new($"a task with {Shown(name)}", ground.Make($$"""{"title":"a","{{name}}":"b"}"""), OneOf(422).With(answer => Assert.Contains(answer.Json["errors"]!.AsArray(), error => (string)error!["code"]! == "UNKNOWN")));
        }
        foreach (var name in new[] { "__proto__", "constructor", "prototype" })
        {
            yield return new($"a task whose {name} has a title", ground.Make($$"""{"{{name}}":{"title":"a"} }"""), Invalid("title", "REQUIRED"));
        }
        foreach (var (name, value, code) in new[]
        {
            ("workspace_id", "\"b\"", "NOT_AN_ID"), ("workspace_id", "7", "NOT_AN_ID"), ("workspace_id", $"\"{ground.TaskId}\"", "NOT_AN_ID"), ("assignee_id", "\"me\"", "NOT_AN_ID"), ("assignee_id", "[]", "NOT_AN_ID"),
            ("assignee_id", $"\"{Guid.NewGuid()}\"", "NO_SUCH_THING"),
        })
        {
            yield return new($"a task whose {name} is {value}", ground.Make($$"""{"title":"a","{{name}}":{{value}}}"""), Invalid(name, code));
        }
        // What the server alone says of a task is ignored, whatever it says.
        foreach (var (name, value) in new[]
        {
            ("id", $"\"{ground.TaskId}\""), ("id", "1"), ("id", "null"), ("number", "1"), ("number", "-1"), ("number", "\"x\""), ("version", "99"), ("version", "\"x\""), ("created_at", "\"1970-01-01T00:00:00Z\""), ("created_at", "{}"), ("updated_at", "\"9999-01-01T00:00:00Z\""), ("deleted_at", "\"2020-01-01T00:00:00Z\""), ("deleted_at", "true"),
        })
        {
            yield return new($"a task that says its {name} is {value}", ground.Spend($$"""{"title":"a","{{name}}":{{value}}}"""), Taken(201, answer =>
            {
                var task = answer.Json;
                Assert.NotEqual(ground.TaskId, (string)task["id"]!);
                Assert.Equal(1, (int)task["version"]!);
                Assert.True((int)task["number"]! > 0);
                Assert.Null(task["deleted_at"]);
                foreach (var time in new[] { "created_at", "updated_at" })
                {
                    Assert.Equal(DateTime.UtcNow, DateTime.Parse((string)task[time]!).ToUniversalTime(), TimeSpan.FromMinutes(10));
                }
            }));
        }
        foreach (var member in new[] { "\"is_admin\":true", "\"isAdmin\":true", "\"role\":\"admin\"", "\"permissions\":[\"*\"]", "\"plan\":\"premium\"", "\"password_hash\":\"x\"", "\"__proto__\":{\"roles\":[\"admin\"]}", "\"workspace\":\"x\"" })
        {
            yield return new($"a registration with {member}", ground.Ask("POST", "/api/v1/auth/register", "", Bytes($$"""{"email":"eva@example.com","name":"Eva","password":"long enough to remember",{{member}} }""")), OneOf(422));
            yield return new($"a person with {member}", ground.Ask("PATCH", "/api/v1/me", "", Bytes($$"""{ "name":"Eva",{{member}} }""")), OneOf(422));
        }
        foreach (var member in new[] { "\"password\":\"another horse battery\"", "\"password_confirmation\":\"x\"", "\"old_password\":\"x\"" })
        {
            yield return new($"a person with {member}", ground.Ask("PATCH", "/api/v1/me", "", Bytes($$"""{ "name":"Eva",{{member}} }""")), OneOf(422));
        }
        yield return new("a login with more than it takes", ground.Ask("POST", "/api/v1/auth/login", "", Bytes($$"""{"email":"{{ground.Email}}","password":"x","roles":["admin"]}""")), Invalid("roles", "UNKNOWN"));
        yield return new("a person whose roles are others", ground.Ask("PATCH", "/api/v1/me", "", Bytes("""{"roles":["admin"],"id":"x","workspace_id":"y","email_verified":true}"""), ground.Spender), Taken(200, answer => Assert.Equal("""["user"] false""", $"{answer.Json["roles"]!.ToJsonString()} {answer.Json["email_verified"]!.ToJsonString()}")));
    }
}
