using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

/// <summary>RFC 9110 §13 over HTTP: what is answered on which conditions, and what a tag promises.</summary>
public sealed class ConditionalTests(SharedServer shared)
{
    private const string Me = "/api/v1/me";
    private const string Tags = "/api/v1/tags";
    private const string Categories = "/api/v1/categories";

    /// <summary>
    /// Headers, and the status of a read and of a write. E is the present tag, W the same as a weak one, L the present date, B an hour before,
    /// A an hour after; what stands in quotes is a tag of something else.
    /// </summary>
    private static readonly (string Headers, int Read, int Write)[] Cases =
    [
        ("", 200, 200),
        ("If-None-Match: E", 304, 412),
        ("If-None-Match: W", 304, 412),
        ("If-None-Match: E.br", 304, 412),
        ("If-None-Match: E.gzip", 304, 412),
        ("If-None-Match: W.br", 304, 412),
        ("If-None-Match: \"x\", E", 304, 412),
        ("If-None-Match: \"x\",W/\"y\" , E.gzip", 304, 412),
        ("If-None-Match: *", 304, 412),
        ("If-None-Match: \"x\"", 200, 200),
        ("If-None-Match: E.zip", 200, 200),
        ("If-None-Match: E.", 200, 200),
        ("If-None-Match: \"\"", 200, 200),
        ("If-None-Match: \".br\"", 200, 200),
        ("If-Match: E", 200, 200),
        ("If-Match: E.br", 200, 200),
        ("If-Match: E.gzip", 200, 200),
        ("If-Match: \"x\", E", 200, 200),
        ("If-Match: *", 200, 200),
        ("If-Match: W", 412, 412),
        ("If-Match: \"x\"", 412, 412),
        ("If-Match: \"\"", 412, 412),
        ("If-Modified-Since: L", 304, 200),
        ("If-Modified-Since: A", 304, 200),
        ("If-Modified-Since: B", 200, 200),
        ("If-Modified-Since: yesterday", 200, 200),
        ("If-Modified-Since: L, L", 200, 200),
        ("If-Unmodified-Since: L", 200, 200),
        ("If-Unmodified-Since: A", 200, 200),
        ("If-Unmodified-Since: B", 412, 412),
        ("If-Unmodified-Since: yesterday", 200, 200),
        // If-None-Match wins over If-Modified-Since, If-Match over If-Unmodified-Since.
        ("If-None-Match: \"x\"; If-Modified-Since: A", 200, 200),
        ("If-None-Match: E; If-Modified-Since: B", 304, 412),
        ("If-Match: E; If-Unmodified-Since: B", 200, 200),
        ("If-Match: \"x\"; If-Unmodified-Since: A", 412, 412),
        // What must be true comes before what may be left out.
        ("If-Match: E; If-None-Match: E", 304, 412),
        ("If-Match: E; If-None-Match: \"x\"", 200, 200),
        ("If-Match: \"x\"; If-None-Match: E", 412, 412),
        ("If-Match: *; If-None-Match: *", 304, 412),
        ("If-Unmodified-Since: B; If-None-Match: E", 412, 412),
        ("If-Unmodified-Since: A; If-None-Match: E", 304, 412),
        ("If-Unmodified-Since: L; If-Modified-Since: L", 304, 200),
        ("If-Match: E; If-Modified-Since: L", 304, 200),
        ("If-Match: \"x\"; If-Modified-Since: L", 412, 412),
        // A list of tags that cannot be read is no condition that could be left out.
        ("If-None-Match: x", 400, 400),
        ("If-None-Match: \"x", 400, 400),
        ("If-None-Match: *, \"x\"", 400, 400),
        ("If-Match: x", 400, 400),
        ("If-Match: \"x\", *", 400, 400),
    ];

    private static (string, string)[] Headers(string text, string tag, string date) =>
    [
        .. text.Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(header => header.Split(": ")).Select(parts =>
            (parts[0], parts[0].EndsWith("Since", StringComparison.Ordinal) ? Dated(parts[1], date) : Named(parts[1], tag))),
    ];

    private static string Dated(string text, string date) => Regex.Replace(text, @"\b[LAB]\b", letter => letter.Value switch { "L" => date, "A" => Moved(date, 1), _ => Moved(date, -1) });

    private static string Named(string text, string tag) =>
        Regex.Replace(text, @"(?<![\w""])([EW])(\.\w*)?(?=$|[ ,])", part => $"{(part.Groups[1].Value == "W" ? "W/" : "")}{tag[..^1]}{part.Groups[2].Value}\"");

    private static string Moved(string date, int hours) => DateTime.Parse(date, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal).AddHours(hours).ToString("r");

    private static async Task<string> DateOfAsync(Client user, string path)
    {
        for (var waited = 0; waited < 100; waited++)
        {
            if ((await user.GetAsync(path)).Is(200).Header("Last-Modified") is { } date)
            {
                return date;
            }
            await Task.Delay(50);
        }
        throw new InvalidOperationException($"{path} has no date after five seconds.");
    }

    [Fact]
    public async Task Every_condition_is_decided_as_the_RFC_says_in_its_order()
    {
        var user = await shared.NewUserAsync();
        var task = (await user.CreateAsync(new { title = "a" })).Path;
        var tag = $"{Tags}/{(string)(await user.PostAsync(Tags, new { name = "a" })).Is(201)["id"]!}";
        foreach (var (path, same) in new (string, object)[] { (task, new { title = "a" }), (tag, new { name = "a" }), (Me, new { name = "Ana" }) })
        {
            var date = await DateOfAsync(user, path);
            var now = (await user.GetAsync(path)).Is(200);
            foreach (var (text, read, write) in Cases)
            {
                var headers = Headers(text, now.ETag!, date);
                var written = await user.PatchAsync(path, same, headers);
                foreach (var (answer, expected) in new[] { (await user.GetAsync(path, headers), read), (await user.SendAsync("HEAD", path, null, headers), read), (written, write) })
                {
                    Assert.True(answer.Status == expected, $"{answer.Asked} with {text}: {expected} expected, and the answer is {answer.Status} {answer.Text}");
                    if (expected == 412)
                    {
                        Assert.Equal(now.ETag, answer.ETag);
                    }
                    if (expected == 304)
                    {
                        Assert.Equal("", answer.Text);
                        // The tag of the coding under which the client has it, where it has named one.
                        Assert.Equal((text.Contains(" E.") ? Named(text[text.LastIndexOf("E.", StringComparison.Ordinal)..], now.ETag!) : now.ETag, date), (answer.ETag, answer.Header("Last-Modified")));
                    }
                }
            }
            Assert.Equal(now.Text, (await user.GetAsync(path)).Text);
        }
    }

    /// <summary>Lists put together at random, of tags that are and tags that are not the present one, in one header or several, with every kind of space.</summary>
    [Fact]
    public async Task Any_list_of_tags_is_read_as_it_is_meant()
    {
        var user = await shared.NewUserAsync();
        var (path, made) = await user.CreateAsync(new { title = "a" });
        var tag = made.ETag!;
        var inner = tag[1..^1];
        (string Text, bool IsCurrent, bool IsStrong)[] tags =
        [
            (tag, true, true), ($"\"{inner}.br\"", true, true), ($"\"{inner}.gzip\"", true, true), ($"W/{tag}", true, false), ($"W/\"{inner}.br\"", true, false),
            ("\"\"", false, true), ("\"x,y\"", false, true), ("\"*\"", false, true), ("W/\"x\"", false, false), ($"\"{inner}.br.br\"", false, true), ($"\"{inner}0\"", false, true),
            ($"\"{inner}.BR\"", false, true), ($"\"{inner.Replace(".1.", ".01.")}\"", false, true), ($"\"v2{inner[2..]}\"", false, true), ($"\" {inner}\"", false, true),
        ];
        string[] broken = ["x", "\"", "\"x", "x\"", "W/", "W/x", "W / \"x\"", "\"x\" \"y\"", "*, \"x\"", "\"x\", *", "\"x\"y"];
        var random = new Random(9110);
        for (var turn = 0; turn < 150; turn++)
        {
            var chosen = Enumerable.Range(0, random.Next(1, 5)).Select(_ => tags[random.Next(tags.Length)]).ToList();
            var separators = new[] { ",", ", ", " ,", "\t, ", ",," , ", ,\t" };
            var text = string.Concat(chosen.Select((one, index) => (index == 0 ? "" : separators[random.Next(separators.Length)]) + one.Text));
            var isBroken = random.Next(8) == 0;
            if (isBroken)
            {
                text = random.Next(2) == 0 ? broken[random.Next(broken.Length)] : $"{text}, {broken[random.Next(broken.Length)]}";
            }
            var (any, strong) = (chosen.Exists(one => one.IsCurrent), chosen.Exists(one => one is { IsCurrent: true, IsStrong: true }));
            await IsAsync(await user.GetAsync(path, ("If-None-Match", text)), isBroken ? 400 : any ? 304 : 200, text);
            await IsAsync(await user.GetAsync(path, ("If-Match", text)), isBroken ? 400 : strong ? 200 : 412, text);
            await IsAsync(await user.PatchAsync(path, new { title = "a" }, ("If-Match", text)), isBroken ? 400 : strong ? 200 : 412, text);
            await IsAsync(await user.PatchAsync(path, new { title = "a" }, ("If-None-Match", text)), isBroken ? 400 : any ? 412 : 200, text);
        }

        static Task IsAsync(Answer answer, int expected, string text)
        {
            Assert.True(answer.Status == expected, $"{answer.Asked} on {text}: {expected} expected, and the answer is {answer.Status} {answer.Text}");
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Whatever_can_be_read_has_a_tag_and_is_not_sent_twice()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "a", tags = new[] { "b" } });
        var category = (string)(await user.PostAsync(Categories, new { name = "c" })).Is(201)["id"]!;
        var tag = (string)(await user.GetAsync(Tags)).Is(200)["tags"]![0]!["id"]!;
        foreach (var one in new[] { path, path["/api/v1".Length..], Me, $"{Categories}/{category}", $"{Tags}/{tag}", User.Tasks, $"{User.Tasks}?q=a&fields=id", Categories, $"{Tags}?counts=true" })
        {
            var isList = one.Split('?')[0] is User.Tasks or Categories or Tags;
            await DateOfAsync(user, one);
            var full = (await user.GetAsync(one)).Is(200);
            Assert.Matches(isList ? "^W/\"[^\"]+\"$" : "^\"[^\"]+\"$", full.ETag);
            Assert.Equal("private, no-cache", full.Header("Cache-Control"));
            Assert.Contains("Authorization", full.Header("Vary"));
            foreach (var method in new[] { "GET", "HEAD" })
            {
                foreach (var condition in new[] { ("If-None-Match", full.ETag!), ("If-None-Match", "*"), ("If-Modified-Since", full.Header("Last-Modified")!) })
                {
                    var same = (await user.SendAsync(method, one, null, condition)).Is(304);
                    Assert.Equal(("", null, null), (same.Text, same.Header("Content-Type"), same.Header("Content-Length")));
                    foreach (var header in new[] { "ETag", "Last-Modified", "Cache-Control", "Vary" })
                    {
                        Assert.Equal(full.Header(header), same.Header(header));
                    }
                }
            }
            Assert.Equal(full.Text, (await user.GetAsync(one, ("If-None-Match", "\"x\""))).Is(200).Text);
            (await user.GetAsync(one, ("If-None-Match", "x"))).IsProblem(400, "BAD_REQUEST");
            Assert.Equal(full.ETag, (await user.GetAsync(one, ("If-Match", "\"x\""))).IsProblem(412, "PRECONDITION_FAILED").ETag);
            // A list's tag is weak, and no weak tag passes the strong comparison.
            (await user.GetAsync(one, ("If-Match", full.ETag!))).Is(isList ? 412 : 200);
        }
        (await user.GetAsync($"{User.Tasks}/999", ("If-None-Match", "*"))).IsProblem(404, "RESOURCE_NOT_FOUND");
    }

    [Fact]
    public async Task The_tag_of_a_list_is_that_of_its_question_in_whatever_spelling()
    {
        var user = await shared.NewUserAsync();
        await user.CreateAsync(new { title = "a", tags = new[] { "x", "y" } });
        string[][] same =
        [
            ["", "page=1", "limit=20", "sort=created", "order=desc", "status=all", "include_total=true", "include_deleted=false", "_=17", "utm_source=mail&_x=1", "limit=20&page=1"],
            ["priority=low,high", "priority=high&priority=low", "priority=low,high,low&_=1"],
            ["tag=x&tag=y", "tag=y,x", "tag=X,y", "tag=x,y,x"],
            ["status=done", "status=completed"],
            ["fields=id,title", "fields=title,id", "fields=title&fields=id"],
            ["due_after=2026-01-01", "due_after=2026-01-01T00:00:00Z", "due_after=2026-01-01T01:00:00%2B01:00"],
            ["limit=21"], ["page=2"], ["sort=title"], ["sort=-created", "order=asc", "sort=created&order=asc"], ["q=a"], ["q=b"], ["include_total=false"], ["include_deleted=true"], ["category_id=none"], ["fields=id"],
        ];
        var seen = new Dictionary<string, string>();
        foreach (var spellings in same)
        {
            foreach (var query in spellings)
            {
                var tag = (await user.GetAsync($"{User.Tasks}?{query}")).Is(200).ETag!;
                Assert.True(seen.TryAdd(tag, spellings[0]) || seen[tag] == spellings[0], $"?{query} has the tag of ?{seen[tag]}.");
                Assert.Equal(tag, (await user.GetAsync($"{User.Tasks}?{spellings[0]}")).ETag);
                (await user.GetAsync($"{User.Tasks}?{query}", ("If-None-Match", tag))).Is(304);
            }
        }
        var other = await shared.NewUserAsync();
        await other.CreateAsync(new { title = "a", tags = new[] { "x", "y" } });
        foreach (var list in new[] { User.Tasks, Tags, Categories })
        {
            Assert.NotEqual((await user.GetAsync(list)).ETag, (await other.GetAsync(list)).ETag);
        }
    }

    [Fact]
    public async Task Whatever_happens_in_a_workspace_changes_the_tags_of_its_lists()
    {
        var user = await shared.NewUserAsync();
        var (path, made) = await user.CreateAsync(new { title = "a", tags = new[] { "x" } });
        var x = $"{Tags}/{(string)(await user.GetAsync(Tags)).Is(200)["tags"]![0]!["id"]!}";
        string[] lists = [User.Tasks, $"{User.Tasks}?tag=x", $"{User.Tasks}?q=a", Tags, Categories];
        var before = await AllAsync();
        foreach (var change in new Func<Task<Answer>>[]
        {
            () => user.PatchAsync(path, new { title = "b" }), () => user.PostAsync($"{path}/complete"), () => user.DeleteAsync(path), () => user.PostAsync($"{path}/restore"),
            () => user.PostAsync(User.Tasks, new { title = "c" }), () => user.PutAsync($"{path}/tags/z", new { }), () => user.PatchAsync(x, new { name = "y" }),
            () => user.PostAsync(Categories, new { name = "k" }), () => user.DeleteAsync(x),
        })
        {
            var changed = await change();
            Assert.InRange(changed.Status, 200, 204);
            var after = await AllAsync();
            foreach (var (list, tag) in lists.Zip(before))
            {
                Assert.DoesNotContain(tag, after);
                (await user.GetAsync(list, ("If-None-Match", tag))).Is(200);
            }
            before = after;
        }
        // What changes nothing leaves them.
        (await user.PatchAsync(path, new { title = "b" })).Is(200);
        Assert.Equal(before, await AllAsync());

        async Task<string[]> AllAsync() => await Task.WhenAll(lists.Select(async list => (await user.GetAsync(list)).Is(200).ETag!));
    }

    [Fact]
    public async Task A_condition_opens_no_door()
    {
        var user = await shared.NewUserAsync();
        var (path, made) = await user.CreateAsync(new { title = "a" });
        var list = (await user.GetAsync(User.Tasks)).ETag!;
        Assert.Null((await user.GetAsync($"{User.Tasks}?overdue=true")).Is(200).ETag);
        (await user.GetAsync($"{User.Tasks}?overdue=true", ("If-None-Match", list))).Is(200);
        Assert.Null((await user.GetAsync($"{User.Tasks}?overdue=true")).Is(200).Header("Last-Modified"));
        (await user.GetAsync($"{User.Tasks}?cursor=nonsense", ("If-None-Match", "*"))).IsInvalid("cursor");
        (await user.GetAsync($"{User.Tasks}?colour=red", ("If-None-Match", list))).IsInvalid("colour");
        (await shared.Nobody().GetAsync(User.Tasks, ("If-None-Match", list))).Is(401);

        (await user.PostAsync("/api/v1/auth/logout")).Is(204);
        foreach (var (target, tag) in new[] { (User.Tasks, list), (path, made.ETag!), (Me, "*"), (Tags, "*") })
        {
            (await user.GetAsync(target, ("If-None-Match", tag))).IsProblem(401, "TOKEN_INVALID");
        }
        (await user.PostAsync(User.Tasks, new { title = "a" }, ("If-None-Match", "*"))).IsProblem(401, "TOKEN_INVALID");
    }

    [Fact]
    public async Task What_makes_something_new_is_done_to_the_collection_which_is_there()
    {
        var user = await shared.NewUserAsync();
        var list = (await user.GetAsync(User.Tasks)).ETag!;
        foreach (var (path, body) in new (string, object)[] { (User.Tasks, new { title = "a" }), (Tags, new { name = "a" }), (Categories, new { name = "a" }) })
        {
            (await user.PostAsync(path, body, ("If-None-Match", "*"))).IsProblem(412, "PRECONDITION_FAILED");
            (await user.PostAsync(path, body, ("If-Match", list))).IsProblem(412, "PRECONDITION_FAILED");
            (await user.PostAsync(path, body, ("If-Match", "x"))).IsProblem(400, "BAD_REQUEST");
            Assert.Equal(0, (int)(await user.GetAsync(path))["pagination"]!["total"]!);
            (await user.PostAsync(path, body, ("If-Match", "*"), ("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"))).Is(201);
        }
    }

    /// <summary>The section about conditions, pasted as it stands.</summary>
    [Fact]
    public async Task The_examples_of_the_document_are_answered_as_it_says()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "Buy milk", priority = "high" });
        var text = await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, "docs", "http.md"));
        var begin = text.IndexOf("\n## Conditional requests\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, "docs/http.md has no section 'Conditional requests'.");
        var section = text[begin..text.IndexOf("\n## ", begin + 1, StringComparison.Ordinal)];
        var blocks = Regex.Matches(section, "^```bash\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline).Select(block => block.Groups[1].Value).ToList();
        Assert.Equal(4, blocks.Count);
        var start = new ProcessStartInfo("bash", ["-c", "set -euo pipefail\n" + string.Concat(blocks)]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Q"] = $"http://localhost:{shared.Server.Port}";
        start.Environment["JSON"] = "Content-Type: application/json";
        start.Environment["AUTH"] = $"Authorization: Bearer {user.AccessToken}";
        start.Environment["ID"] = path.Split('/')[^1];
        using var bash = Process.Start(start)!;
        var errors = bash.StandardError.ReadToEndAsync();
        var printed = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, $"{printed}\n{await errors}");
        Assert.Equal(["304", "304", "201", "200", "200", "412", "412", "204", "200"], printed.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_tag_that_is_renamed_moves_the_date_of_the_tasks_that_show_it()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "a", tags = new[] { "x" } });
        var tag = $"{Tags}/{(string)(await user.GetAsync(Tags)).Is(200)["tags"]![0]!["id"]!}";
        var before = await DateOfAsync(user, path);
        (await user.PatchAsync(tag, new { name = "y" })).Is(200);
        var renamed = (await user.GetAsync(path, ("If-Modified-Since", before))).Is(200);
        Assert.Equal((null, "y"), (renamed.Header("Last-Modified"), (string)renamed["tags"]![0]!));
        (await user.PatchAsync(path, new { title = "b" }, ("If-Unmodified-Since", before))).IsProblem(412, "PRECONDITION_FAILED");
        var after = await DateOfAsync(user, path);
        Assert.True(DateTime.Parse(after, CultureInfo.InvariantCulture) > DateTime.Parse(before, CultureInfo.InvariantCulture), $"{before} {after}");
        Assert.Equal(renamed["updated_at"]!.ToString(), (await user.GetAsync(path))["updated_at"]!.ToString());
        (await user.PatchAsync(path, new { title = "b" }, ("If-Unmodified-Since", after))).Is(200);
        (await user.PatchAsync(path, new { title = "c" }, ("If-Unmodified-Since", after))).IsProblem(412, "PRECONDITION_FAILED");
    }

    [Fact]
    public async Task Of_twenty_writers_with_one_date_one_writes()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "a" });
        var date = await DateOfAsync(user, path);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => user.PatchAsync(path, new { title = $"{number}" }, ("If-Unmodified-Since", date))));
        var written = Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(19, answers.Count(answer => answer.Status == 412));
        Assert.Equal(written.Text, (await user.GetAsync(path)).Text);
    }

    /// <summary>
    /// Writers rename, merge and make labels and tasks while readers look: whoever has seen a tag has seen what belongs to it, always the same;
    /// and what was seen under the tag that is the last one is what is there in the end.
    /// </summary>
    [Fact]
    public async Task A_tag_is_never_newer_than_its_body()
    {
        var user = await shared.NewUserAsync();
        var (path, _) = await user.CreateAsync(new { title = "red one", tags = new[] { "red", "green" } });
        await user.CreateAsync(new { title = "blue one", tags = new[] { "blue" } });
        string[] targets = [path, User.Tasks, $"{User.Tasks}?tag=red", $"{User.Tasks}?q=red", $"{User.Tasks}?tag=blue&q=one", Tags, $"{Tags}?counts=true"];
        var seen = targets.ToDictionary(target => target, _ => new ConcurrentDictionary<string, string>());
        var contradictions = new ConcurrentQueue<string>();
        var writing = true;

        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            for (var turn = 0; turn < 40; turn++)
            {
                var tags = (await user.GetAsync($"{Tags}?_={turn}")).Is(200)["tags"]!.AsArray().Select(tag => ((string)tag!["id"]!, (string)tag["name"]!)).ToList();
                var (id, name) = tags[(turn * 7 + writer) % tags.Count];
                var done = ((turn + writer) % 5) switch
                {
                    0 => await user.PatchAsync($"{Tags}/{id}", new { name = name == "red" ? "blue" : "red" }),
                    1 => await user.PutAsync($"{path}/tags/{(turn % 2 == 0 ? "red" : "blue")}", new { }),
                    2 => await user.PostAsync($"{Tags}/{id}/merge", new { into = tags[(turn * 3 + 1) % tags.Count].Item1 }),
                    3 => await user.PostAsync(User.Tasks, new { title = $"red one {writer}-{turn}", tags = new[] { turn % 2 == 0 ? "red" : "green" } }),
                    _ => await user.PatchAsync(path, new { title = $"one {writer}-{turn}", tags = new[] { "green", turn % 2 == 0 ? "red" : "blue" } }),
                };
                // Others may have taken the name, or the tag, or the moment.
                Assert.True(done.Status is 200 or 201 or 404 or 409 or 422 or 503, $"{done.Asked} {done.Status} {done.Text}");
            }
        })).ToList();
        var readers = Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            for (var turn = reader; Volatile.Read(ref writing); turn++)
            {
                var target = targets[turn % targets.Length];
                await LookAsync(target);
            }
        })).ToList();
        await Task.WhenAll(writers);
        Volatile.Write(ref writing, false);
        await Task.WhenAll(readers);

        Assert.True(contradictions.IsEmpty, string.Join('\n', contradictions));
        foreach (var target in targets)
        {
            var final = (await user.GetAsync(target)).Is(200);
            Assert.NotNull(final.ETag);
            await LookAsync(target);
            Assert.Equal(seen[target][final.ETag], Body(final));
            (await user.GetAsync(target, ("If-None-Match", final.ETag))).Is(304);
        }
        Assert.True(contradictions.IsEmpty, string.Join('\n', contradictions));
        Assert.True(seen[User.Tasks].Count > 5, $"Only {seen[User.Tasks].Count} states were seen: there was no race.");

        async Task LookAsync(string target)
        {
            var answer = (await user.GetAsync(target)).Is(200);
            if (answer.ETag is { } tag && seen[target].GetOrAdd(tag, Body(answer)) is var first && first != Body(answer))
            {
                contradictions.Enqueue($"{target} {tag}:\n{first}\n{Body(answer)}");
            }
        }

        // A cursor is sealed anew each time.
        static string Body(Answer answer)
        {
            var body = answer.Json.AsObject();
            body["pagination"]?.AsObject().Remove("next_cursor");
            return body.ToJsonString();
        }
    }
}

/// <summary>A server that wants conditions, and whose PostgreSQL says which statements it is sent.</summary>
public sealed class RequiredConditionTests
{
    [Fact]
    public async Task A_change_that_names_no_state_is_a_428_and_a_list_that_is_known_costs_one_row()
    {
        await using var server = await QuehacerServer.StartAsync(("Tasks__RequireIfMatch", "true"), ("Live__Notify", "false"));
        var user = await User.RegisterAsync(server);
        var (path, made) = await user.CreateAsync(new { title = "a", tags = new[] { "x" } });
        var category = (await user.PostAsync("/api/v1/categories", new { name = "k" })).Is(201);
        var tags = (await user.GetAsync("/api/v1/tags")).Is(200)["tags"]!.AsArray();
        var (x, k) = ($"/api/v1/tags/{(string)tags[0]!["id"]!}", $"/api/v1/categories/{(string)category["id"]!}");
        var into = (string)(await user.PostAsync("/api/v1/tags", new { name = "y" })).Is(201)["id"]!;
        var note = $"{path}/notes/{(string)(await user.PostAsync($"{path}/notes", new { text = "said" })).Is(201)["id"]!}";

        (string Method, string Path, object? Body)[] changes =
        [
            ("PATCH", path, new { title = "b" }), ("PUT", path, new { title = "b" }), ("DELETE", path, null), ("POST", $"{path}/complete", null), ("POST", $"{path}/reopen", null), ("POST", $"{path}/undo", null),
            ("POST", $"{path}/restore", null), ("PUT", $"{path}/tags/z", null), ("DELETE", $"{path}/tags/x", null), ("PATCH", x, new { name = "z" }), ("PUT", x, new { name = "z" }),
            ("DELETE", x, null), ("POST", $"{x}/merge", new { into }), ("PATCH", k, new { name = "z" }), ("DELETE", k, null),
            ("PATCH", note, new { text = "b" }), ("PUT", note, new { text = "b" }), ("DELETE", note, null),
        ];
        foreach (var (method, target, body) in changes)
        {
            var refused = (await user.SendAsync(method, target, body)).IsProblem(428, "PRECONDITION_REQUIRED");
            Assert.Equal("BIZ_3009", (string)refused["number"]!);
            Assert.Contains("If-Match", (string)refused["detail"]!);
            (await user.SendAsync(method, target, body, ("If-None-Match", "\"x\""))).Is(428);
            (await user.SendAsync(method, target, body, ("If-Unmodified-Since", "nonsense"))).Is(428);
            (await user.SendAsync(method, target, body, ("If-Match", "\"x\""))).Is(412);
        }
        // In a batch it is each change that names a state; headers are about the batch, which is no task.
        object[] operations =
        [
            new { op = "create", task = new { title = "made" } }, new { op = "update", id = 1, task = new { title = "b" } }, new { op = "complete", id = 1 }, new { op = "reopen", id = 1 },
            new { op = "delete", id = 1 }, new { op = "restore", id = 1 }, new { op = "complete", id = 999 }, new { op = "complete", id = 1, version = 99 },
        ];
        foreach (var headers in new (string, string)[][] { [], [("If-Match", "*")], [("If-Unmodified-Since", DateTime.UtcNow.AddHours(1).ToString("r"))] })
        {
            var batch = (await user.PostAsync($"{User.Tasks}/batch", new { atomic = false, operations }, headers)).Is(207);
            Assert.Equal([201, 428, 428, 428, 428, 428, 404, 412], batch["results"]!.AsArray().Select(result => (int)result!["status"]!));
            Assert.Equal("PRECONDITION_REQUIRED", (string)batch["results"]![1]!["problem"]!["code"]!);
        }
        var undone = (await user.PostAsync($"{User.Tasks}/batch", new { operations = operations[..2] })).IsProblem(428, "PRECONDITION_REQUIRED");
        Assert.Equal(1, (int)undone["operation"]!);
        Assert.Equal(made.Text, (await user.GetAsync(path)).Text);
        (await user.PatchAsync($"{User.Tasks}/999", new { title = "b" })).IsProblem(404, "RESOURCE_NOT_FOUND");
        (await user.PatchAsync("/api/v1/me", new { name = "Eva" })).Is(200);

        // Each kind of condition will do, and what was done under a key is answered again without one.
        var key = ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");
        var first = (await user.PatchAsync(path, new { title = "b" }, key, ("If-Match", made.ETag!))).Is(200);
        Assert.Equal(first.Text, (await user.PatchAsync(path, new { title = "b" }, key)).Is(200).Text);
        (await user.PatchAsync(path, new { title = "c", version = 2 })).Is(200);
        (await user.PostAsync($"{path}/complete", null, ("If-Match", "*"))).Is(200);
        (await user.PostAsync($"{path}/reopen", new { version = 4 })).Is(200);
        (await user.DeleteAsync(path, ("If-Unmodified-Since", DateTime.UtcNow.AddHours(1).ToString("r")))).Is(204);
        (await user.PostAsync($"{path}/restore", new { version = 6 })).Is(200);
        (await user.PostAsync($"{User.Tasks}/batch", new { operations = new object[] { new { op = "complete", id = 1, version = 7 }, new { op = "update", id = 1, task = new { title = "d", version = 8 } } } })).Is(200);

        await OneRowAsync(server, user);
    }

    /// <summary>Asked of PostgreSQL itself: all statements that it is sent are in the server's log.</summary>
    private static async Task OneRowAsync(QuehacerServer server, User user)
    {
        await server.SqlAsync("ALTER SYSTEM SET log_statement = 'all'");
        await server.SqlAsync("SELECT pg_reload_conf()");
        foreach (var list in new[] { User.Tasks, $"{User.Tasks}?tag=x&q=a&fields=id", "/api/v1/tags?counts=true", "/api/v1/categories" })
        {
            var known = (await user.GetAsync(list)).Is(200);
            var full = await StatementsAsync(server, () => user.GetAsync(list));
            Assert.Contains(full, statement => statement.Contains("tasks t", StringComparison.Ordinal) || statement.Contains("labels", StringComparison.Ordinal));
            var statements = await StatementsAsync(server, async () => (await user.GetAsync(list, ("If-None-Match", known.ETag!))).Is(304));
            Assert.StartsWith("SELECT w.revision, w.changed_at, (CASE WHEN w.owner_id = s.user_id THEN 30", Assert.Single(statements));
        }
        // One task: the statement that every read of it is, and no other.
        var (path, made) = await user.CreateAsync(new { title = "a" });
        Assert.Single(await StatementsAsync(server, async () => (await user.GetAsync(path, ("If-None-Match", made.ETag!))).Is(304)));

        // Whether somebody may is a part of the one statement that there is anyway, also in a workspace that is somebody else's.
        var viewer = await User.RegisterAsync(server);
        await server.SqlAsync($"INSERT INTO members SELECT o.workspace_id, v.user_id, 10, 1, 1, now(), now() FROM accounts o, accounts v WHERE o.email = '{user.Email}' AND v.email = '{viewer.Email}'");
        var workspace = (string)(await user.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        foreach (var (who, at) in new[] { (user, ""), (viewer, $"?workspace_id={workspace}") })
        {
            (await who.GetAsync(path + at)).Is(200);
            Assert.Single(await StatementsAsync(server, async () => (await who.GetAsync(path + at)).Is(200)));
            (await who.GetAsync(User.Tasks + at)).Is(200);
            Assert.Single(await StatementsAsync(server, async () => (await who.GetAsync(User.Tasks + at)).Is(200)));
        }
    }

    private static async Task<List<string>> StatementsAsync(QuehacerServer server, Func<Task> work)
    {
        var (begin, end) = ($"begin {Guid.NewGuid():N}", $"end {Guid.NewGuid():N}");
        await server.SqlAsync($"SELECT '{begin}'");
        await work();
        await server.SqlAsync($"SELECT '{end}'");
        string[] lines = [];
        for (var waited = 0; waited < 200 && !Array.Exists(lines, line => line.Contains(end, StringComparison.Ordinal)); waited++)
        {
            await Task.Delay(25);
            lines = [.. server.Output.Select(line => (string?)JsonNode.Parse(line)?["message"] ?? "")];
        }
        return
        [
            .. lines.SkipWhile(line => !line.Contains(begin, StringComparison.Ordinal)).TakeWhile(line => !line.Contains(end, StringComparison.Ordinal))
                .Where(line => line.Contains("execute ", StringComparison.Ordinal)).Select(line => line[(line.IndexOf(": ", line.IndexOf("execute ", StringComparison.Ordinal), StringComparison.Ordinal) + 2)..].Trim())
                // What the server does by its own clock comes in between now and then: letters, jobs, when sessions were seen.
                .Where(statement => !Regex.IsMatch(statement, @"\b(mails|jobs|seen_at)\b")),
        ];
    }
}
