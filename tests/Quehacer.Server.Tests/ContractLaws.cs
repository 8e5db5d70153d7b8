using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>
/// The laws of HTTP that every contract keeps, each stated once and run over all of <see cref="ContractUnderTest.All"/>. What a contract
/// alone does is in the tests of that contract; what no two contracts may do differently is here.
/// </summary>
public sealed class ContractLaws(SharedServer shared)
{
    public static TheoryData<ContractUnderTest> Contracts => [.. ContractUnderTest.All];

    private static (string, string) FreshKey() => ("Idempotency-Key", $"\"{Guid.NewGuid()}\"");

    private async Task<ContractUser> NewUserAsync(ContractUnderTest contract) => new(contract, await shared.NewUserAsync());

    private async Task<ContractUser> SomebodyAsync(ContractUnderTest contract) => new(contract, await shared.SomebodyAsync());

    /// <summary>The status, and everything that holds for every error of the contract.</summary>
    private static Answer AssertRefuses(ContractUnderTest contract, Answer answer, int status)
    {
        answer.Is(status);
        Assert.Equal(contract.ErrorType, answer.Header("Content-Type")?.Split(';')[0]);
        Assert.Equal(("no-store", "nosniff"), (answer.Header("Cache-Control"), answer.Header("X-Content-Type-Options")));
        contract.AssertIsError(answer);
        return answer;
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_sane_request_id_is_echoed_in_answers_and_errors_and_another_is_replaced(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        foreach (var path in new[] { contract.List, $"{contract.Prefix}/nope/nope/nope" })
        {
            foreach (var id in new[] { "a", "order-66.B_7", new string('x', 128) })
            {
                Assert.Equal(id, (await user.User.GetAsync(path, ("X-Request-Id", id))).Header("X-Request-Id"));
            }
            foreach (var id in new[] { "", "a b", "a\"b", "<script>", new string('x', 129), "a,b", "é" })
            {
                Assert.Matches("^req_[0-9a-z]{26}$", (await user.User.GetAsync(path, ("X-Request-Id", id))).Header("X-Request-Id"));
            }
        }
        Assert.NotEqual((await user.User.GetAsync(contract.List)).Header("X-Request-Id"), (await user.User.GetAsync(contract.List)).Header("X-Request-Id"));
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task Every_refusal_is_complete_in_the_shape_of_the_contract_and_is_kept_by_nobody(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, _) = await user.CreateAsync();
        AssertRefuses(contract, await user.User.GetAsync($"{contract.Prefix}/nope/nope/nope"), 404);
        AssertRefuses(contract, await user.User.GetAsync($"{path}/nope/nope/nope"), 404);
        AssertRefuses(contract, await user.User.GetAsync(contract.Task("no-id")), contract.MalformedIdStatus);
        AssertRefuses(contract, await user.User.GetAsync(contract.List, ("Accept", "image/png")), 406);
        AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, "a", ("Content-Type", "text/plain")), 415);
        AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, "{"), 400);
        AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, ""), 400);
        AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, contract.Invalid), contract.ValidationStatus);
        AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, "[]"), contract.ValidationStatus);
        AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, contract.Titled("a"), ("Idempotency-Key", "\"")), 400);
        AssertRefuses(contract, await user.ChangeAsync(path, contract.Titled("a"), ("If-Match", "\"")), 400);
        AssertRefuses(contract, await user.ChangeAsync(path, contract.Titled("a"), ("If-Match", "\"a\"")), 412);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_wrong_method_on_a_known_path_is_a_405_that_says_which_are_right(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, _) = await user.CreateAsync();
        foreach (var (method, target, allowed) in new[] { ("MOVE", contract.List, "GET"), ("MOVE", contract.Tasks, "POST"), ("BREW", contract.Tasks, "POST"), ("TRACE", contract.Tasks, "POST"), ("POST", path, "GET|DELETE"), ("MOVE", path, $"GET|DELETE|{contract.ChangeMethod}") })
        {
            var listed = (AssertRefuses(contract, await user.User.SendAsync(method, target), 405).Header("Allow") ?? "").Split(',', StringSplitOptions.TrimEntries);
            Assert.All(allowed.Split('|'), right => Assert.Contains(right, listed));
            Assert.DoesNotContain(method, listed);
        }
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task Nobody_is_served_without_a_token_of_this_server_and_a_401_says_what_is_wanted(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, made) = await user.CreateAsync();
        var nobody = shared.Nobody();
        foreach (var (authorization, hasToken) in new[] { ("", false), ("Bearer x", true), ($"Bearer {user.User.AccessToken}x", true), ($"Basic {user.User.AccessToken}", true) })
        {
            foreach (var (method, target, body) in new[] { ("GET", contract.List, null), ("GET", path, null), ("POST", contract.Tasks, contract.Titled("a")), (contract.ChangeMethod, path, contract.Titled("a")), ("DELETE", path, null) })
            {
                var answer = AssertRefuses(contract, await nobody.SendAsync(method, target, body, ("Authorization", authorization)), 401);
                Assert.Equal(hasToken, answer.Header("WWW-Authenticate")!.Contains("invalid_token", StringComparison.Ordinal));
                Assert.StartsWith("Bearer ", answer.Header("WWW-Authenticate"));
            }
        }
        AssertRefuses(contract, await nobody.GetAsync($"{contract.List}?access_token={user.User.AccessToken}"), 401);
        Assert.Equal(contract.Shown(made).ToJsonString(), contract.Shown((await user.User.GetAsync(path)).Is(200)).ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_session_that_has_ended_is_a_401_everywhere_whatever_else_is_wrong(ContractUnderTest contract)
    {
        var user = await NewUserAsync(contract);
        var (path, _) = await user.CreateAsync();
        (await user.User.PostAsync("/api/v1/auth/logout")).Is(204);
        Answer[] answers =
        [
            await user.User.GetAsync(contract.List), await user.User.GetAsync(path), await user.User.PostAsync(contract.Tasks, contract.Titled("a")), await user.ChangeAsync(path, contract.Titled("a")), await user.User.DeleteAsync(path),
            await user.User.PostAsync(contract.Tasks, contract.Invalid), await user.User.PostAsync(contract.Tasks, "{"), await user.User.PostAsync(contract.Tasks, "a", ("Content-Type", "text/plain")),
            await user.ChangeAsync(path, contract.Titled("a"), ("If-Match", "\"a\"")), await user.User.PostAsync(contract.Tasks, contract.Titled("a"), FreshKey()),
        ];
        Assert.All(answers, answer => AssertRefuses(contract, answer, 401));
        Assert.Single(answers.Select(contract.ErrorCode).Distinct());
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task What_belongs_to_somebody_else_does_not_exist(ContractUnderTest contract)
    {
        var (owner, stranger) = (await SomebodyAsync(contract), await NewUserAsync(contract));
        var (path, made) = await owner.CreateAsync();
        foreach (var answer in new[]
        {
            await stranger.User.GetAsync(path), await stranger.ChangeAsync(path, contract.Titled("mine")), await stranger.User.DeleteAsync(path), await stranger.ChangeAsync(path, contract.Titled("mine"), ("If-Match", made.ETag!)), await stranger.User.DeleteAsync(path, ("If-Match", "*")),
        })
        {
            AssertRefuses(contract, answer, 404);
        }
        Assert.Equal(404, (await stranger.User.SendAsync("HEAD", path)).Status);
        Assert.Empty(contract.Listed((await stranger.User.GetAsync(contract.List)).Is(200)));
        Assert.Equal(contract.Shown(made).ToJsonString(), contract.Shown((await owner.User.GetAsync(path)).Is(200)).ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_body_is_JSON_that_is_not_compressed_and_anything_else_is_a_415(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        foreach (var type in new[] { "text/plain", "application/xml", "application/x-www-form-urlencoded", "", "nonsense", "application/json; charset=iso-8859-1" })
        {
            AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, contract.Titled("a"), ("Content-Type", type)), 415);
        }
        foreach (var encoding in new[] { "gzip", "br", "nonsense", "identity, gzip" })
        {
            AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, contract.Titled("a"), ("Content-Encoding", encoding)), 415);
        }
        foreach (var type in new[] { "application/json; charset=utf-8", "Application/JSON", "application/json;charset=\"UTF-8\"" })
        {
            (await user.User.PostAsync(contract.Tasks, contract.Titled("ñ"), ("Content-Type", type), ("Content-Encoding", "identity"))).Is(201);
        }
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_body_has_at_most_a_mebibyte_however_it_is_sent(ContractUnderTest contract)
    {
        const int MaxBody = 1024 * 1024;
        var user = await SomebodyAsync(contract);
        var body = System.Text.Json.JsonSerializer.Serialize(contract.Titled("a"));
        (await user.User.PostAsync(contract.Tasks, body + new string(' ', MaxBody - body.Length))).Is(201);
        var headers = $"POST {contract.Tasks} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {user.User.AccessToken}\r\nContent-Type: application/json\r\n";
        var announced = await shared.Server.SendRawAsync(async stream => await stream.WriteAsync(Encoding.ASCII.GetBytes($"{headers}Content-Length: {MaxBody + 1}\r\n\r\n")));
        var chunked = await shared.Server.SendRawAsync(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{headers}Transfer-Encoding: chunked\r\n\r\n"));
            var chunk = Encoding.ASCII.GetBytes($"10000\r\n{new string(' ', 0x10000)}\r\n");
            for (var sent = 0; sent <= MaxBody; sent += 0x10000)
            {
                await stream.WriteAsync(chunk);
            }
            await stream.WriteAsync("0\r\n\r\n"u8.ToArray());
        });
        foreach (var answer in new[] { announced, chunked })
        {
            Assert.StartsWith("HTTP/1.1 413 ", answer);
            Assert.Contains($"Content-Type: {contract.ErrorType}", answer);
        }
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task HEAD_answers_as_GET_without_the_body(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, _) = await user.CreateAsync();
        foreach (var (target, status) in new[] { (path, 200), (contract.List, 200), (contract.Task("0"), contract.MalformedIdStatus), ($"{contract.Prefix}/nope/nope/nope", 404) })
        {
            var get = (await user.User.GetAsync(target)).Is(status);
            var head = (await user.User.SendAsync("HEAD", target)).Is(status);
            Assert.Equal("", head.Text);
            Assert.Equal((get.ETag, get.Header("Content-Type"), get.Header("Cache-Control")), (head.ETag, head.Header("Content-Type"), head.Header("Cache-Control")));
        }
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_repeated_write_is_done_once_and_answered_as_the_first_time(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (createKey, changeKey, deleteKey, title) = (FreshKey(), FreshKey(), FreshKey(), ContractUser.Fresh());
        // A key is the same with its quotes and without.
        var unquoted = (createKey.Item1, createKey.Item2.Trim('"'));
        var (path, made) = await user.CreateAsync(title, createKey);
        var changed = (await user.ChangeAsync(path, contract.Described("b"), changeKey)).Is(200);
        (await user.ChangeAsync(path, contract.Described("c"))).Is(200);
        var again = (await user.CreateAsync(title, unquoted)).Answer;
        Assert.Equal((contract.Shown(made).ToJsonString(), made.Header("Location"), made.ETag, true), (contract.Shown(again).ToJsonString(), again.Header("Location"), again.ETag, again.IsReplay));
        var changedAgain = (await user.ChangeAsync(path, contract.Described("b"), changeKey)).Is(200);
        Assert.Equal((contract.Shown(changed).ToJsonString(), true), (contract.Shown(changedAgain).ToJsonString(), changedAgain.IsReplay));
        Assert.Equal(1, await user.CountAsync(title));
        Assert.False((await user.User.DeleteAsync(path, deleteKey)).Is(contract.DeleteStatus).IsReplay);
        Assert.True((await user.User.DeleteAsync(path, deleteKey)).Is(contract.DeleteStatus).IsReplay);
        AssertRefuses(contract, await user.User.DeleteAsync(path), 404);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_key_belongs_to_one_request_of_one_person_and_is_free_again_when_that_was_refused(ContractUnderTest contract)
    {
        var (user, stranger) = (await SomebodyAsync(contract), await NewUserAsync(contract));
        var (key, title) = (FreshKey(), ContractUser.Fresh());
        AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, contract.Invalid, key), contract.ValidationStatus);
        var (path, made) = await user.CreateAsync(title, key);
        Assert.False(made.IsReplay);
        AssertRefuses(contract, await user.User.PostAsync(contract.Tasks, contract.Titled("other"), key), 422);
        AssertRefuses(contract, await user.ChangeAsync(path, contract.Titled(title), key), 422);
        AssertRefuses(contract, await user.User.DeleteAsync(path, key), 422);
        Assert.False((await stranger.CreateAsync("other", key)).Answer.IsReplay);
        (await user.User.GetAsync(path)).Is(200);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task Fifty_creations_at_once_under_one_key_make_one_task(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (key, title) = (FreshKey(), ContractUser.Fresh());
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => user.CreateAsync(title, key)));
        Assert.Single(answers, answer => !answer.Answer.IsReplay);
        Assert.Single(answers.Select(answer => contract.Shown(answer.Answer).ToJsonString()).Distinct());
        Assert.Equal(1, await user.CountAsync(title));
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_stale_precondition_is_a_412_with_the_present_tag_and_changes_nothing(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, first) = await user.CreateAsync();
        var second = (await user.ChangeAsync(path, contract.Described("b"), ("If-Match", first.ETag!))).Is(200);
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Equal(contract.HasStrongTags, second.ETag![0] == '"');
        var stale = new List<Answer>
        {
            await user.ChangeAsync(path, contract.Described("c"), ("If-Match", first.ETag!)), await user.User.DeleteAsync(path, ("If-Match", first.ETag!)),
            await user.ChangeAsync(path, contract.Described("c"), ("If-Match", "\"nonsense\"")), await user.ChangeAsync(path, contract.Described("c"), ("If-Match", $"\"x\", {first.ETag}")),
        };
        if (contract.HasStrongTags)
        {
            stale.Add(await user.ChangeAsync(path, contract.Described("c"), ("If-Match", $"W/{second.ETag}")));
        }
        foreach (var answer in stale)
        {
            Assert.Equal(second.ETag, AssertRefuses(contract, answer, 412).ETag);
        }
        var read = (await user.User.GetAsync(path)).Is(200);
        Assert.Equal((second.ETag, contract.Shown(second).ToJsonString()), (read.ETag, contract.Shown(read).ToJsonString()));
        var third = (await user.ChangeAsync(path, contract.Described("c"), ("If-Match", $"\"x\", {second.ETag}"))).Is(200);
        (await user.ChangeAsync(path, contract.Described("d"), ("If-Match", "*"))).Is(200);
        AssertRefuses(contract, await user.User.DeleteAsync(path, ("If-Match", third.ETag!)), 412);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task Of_twenty_who_change_what_they_all_have_read_one_wins_and_the_others_are_told(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, read) = await user.CreateAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => user.ChangeAsync(path, contract.Described($"{number}"), ("If-Match", read.ETag!))));
        var won = Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer != won), answer => Assert.Equal(won.ETag, AssertRefuses(contract, answer, 412).ETag));
        Assert.Equal(contract.Shown(won).ToJsonString(), contract.Shown((await user.User.GetAsync(path)).Is(200)).ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_change_leaves_alone_what_it_does_not_name(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, _) = await user.CreateAsync("kept");
        await Task.WhenAll(
            Enumerable.Range(1, 10).Select(number => user.ChangeAsync(path, contract.Described($"{number}"))).Append(user.ChangeAsync(path, contract.Titled("changed"))).Select(async change => (await change).Is(200)));
        var final = contract.Shown((await user.User.GetAsync(path)).Is(200));
        Assert.Equal("changed", (string)final["title"]!);
        Assert.InRange(int.Parse((string)final["description"]!), 1, 10);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task What_is_deleted_is_gone_from_everywhere(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var title = ContractUser.Fresh();
        var (path, _) = await user.CreateAsync(title);
        Assert.Equal(1, await user.CountAsync(title));
        (await user.User.DeleteAsync(path)).Is(contract.DeleteStatus);
        Assert.Equal(0, await user.CountAsync(title));
        AssertRefuses(contract, await user.User.GetAsync(path), 404);
        AssertRefuses(contract, await user.ChangeAsync(path, contract.Titled("x")), 404);
        AssertRefuses(contract, await user.User.DeleteAsync(path), 404);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task What_has_not_changed_is_a_304_and_whatever_changes_is_seen(ContractUnderTest contract)
    {
        var user = await NewUserAsync(contract);
        var (path, _) = await user.CreateAsync();
        foreach (var target in new[] { path, contract.List })
        {
            var seen = (await user.User.GetAsync(target)).Is(200);
            Assert.Equal(target == contract.List || !contract.HasStrongTags, seen.ETag!.StartsWith("W/", StringComparison.Ordinal));
            foreach (var method in new[] { "GET", "HEAD" })
            {
                var unchanged = (await user.User.SendAsync(method, target, null, ("If-None-Match", $"\"other\", {seen.ETag}"), ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"))).Is(304);
                Assert.Equal(("", seen.ETag, seen.Header("Cache-Control"), seen.Header("Vary")), (unchanged.Text, unchanged.ETag, unchanged.Header("Cache-Control"), unchanged.Header("Vary")));
            }
            (await user.ChangeAsync(path, contract.Titled(ContractUser.Fresh()))).Is(200);
            Assert.NotEqual(seen.ETag, (await user.User.GetAsync(target, ("If-None-Match", seen.ETag))).Is(200).ETag);
        }
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_compressed_answer_has_a_tag_of_its_own_that_stands_for_the_same_state(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, _) = await user.CreateAsync();
        (await user.ChangeAsync(path, contract.Described(new string('x', 900) + new string('y', 100)))).Is(200);
        var plain = (await user.User.GetAsync(path)).Is(200);
        foreach (var coding in new[] { "br", "gzip" })
        {
            var compressed = await Fetched.GetAsync(user.User, shared.Server.Http, path, ("Accept-Encoding", coding));
            Assert.Equal((200, coding), (compressed.Status, compressed.Coding));
            Assert.Contains("Accept-Encoding", compressed.Header("Vary")!, StringComparison.Ordinal);
            Assert.Equal(contract.HasStrongTags, compressed.Header("ETag") != plain.ETag);
            (await user.User.GetAsync(path, ("If-None-Match", compressed.Header("ETag")!))).Is(304);
            AssertRefuses(contract, await user.ChangeAsync(path, contract.Titled("never"), ("If-None-Match", compressed.Header("ETag")!)), 412);
        }
        var last = await Fetched.GetAsync(user.User, shared.Server.Http, path, ("Accept-Encoding", "br"));
        (await user.ChangeAsync(path, contract.Titled(ContractUser.Fresh()), ("If-Match", last.Header("ETag")!))).Is(200);
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task Every_answer_tells_browsers_to_take_it_for_nothing_but_what_it_is_and_says_where_the_caller_stands(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, made) = await user.CreateAsync();
        foreach (var answer in new[]
        {
            made, await user.User.GetAsync(path), await user.User.GetAsync(path, ("If-None-Match", "*")), await user.User.GetAsync(contract.Task("no-id")), await user.User.PostAsync(contract.Tasks, "{"),
            await shared.Nobody().GetAsync(contract.List), await user.User.SendAsync("DELETE", contract.List), await user.User.GetAsync($"{contract.Prefix}/nope/nope/nope"),
        })
        {
            Assert.Equal(
                ("nosniff", "DENY", "no-referrer", "default-src 'none'; frame-ancestors 'none'"),
                (answer.Header("X-Content-Type-Options"), answer.Header("X-Frame-Options"), answer.Header("Referrer-Policy"), answer.Header("Content-Security-Policy")));
            Assert.All(new[] { "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit" }, header => Assert.NotNull(answer.Header(header)));
            Assert.Null(answer.Header("Server"));
        }
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task A_page_of_an_allowed_origin_may_read_every_answer_and_asks_before_it_writes_without_a_token(ContractUnderTest contract)
    {
        var user = await SomebodyAsync(contract);
        var (path, _) = await user.CreateAsync();
        var (allowed, foreign) = (("Origin", "http://localhost:5173"), ("Origin", "https://elsewhere.example"));
        foreach (var (asked, mayRead) in new[] { (allowed, true), (foreign, false) })
        {
            foreach (var answer in new[]
            {
                await user.User.GetAsync(path, asked), await user.User.GetAsync(contract.Task("no-id"), asked), await user.User.PostAsync(contract.Tasks, "{", asked), await shared.Nobody().GetAsync(contract.List, asked),
            })
            {
                Assert.Equal(mayRead ? asked.Item2 : null, answer.Header("Access-Control-Allow-Origin"));
                Assert.Contains("Origin", answer.Header("Vary")!, StringComparison.Ordinal);
            }
            var preflight = (await shared.Nobody().SendAsync(
                "OPTIONS", path, null, asked, ("Access-Control-Request-Method", contract.ChangeMethod), ("Access-Control-Request-Headers", "authorization,content-type,if-match,idempotency-key"))).Is(204);
            Assert.Equal(mayRead, preflight.Header("Access-Control-Allow-Methods")?.Contains(contract.ChangeMethod, StringComparison.Ordinal) == true);
            Assert.Null(preflight.Header("X-RateLimit-Limit"));
        }
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public async Task Beyond_the_limit_everything_is_a_429_that_says_when_to_come_again(ContractUnderTest contract)
    {
        await using var server = await QuehacerServer.StartAsync(QuehacerServer.UsualLimits, ("RateLimits__StandardPerMinute", "5"));
        var user = await User.RegisterAsync(server);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => user.GetAsync(contract.List)));
        Assert.Equal(5, answers.Count(answer => answer.Status == 200));
        foreach (var refused in answers.Where(answer => answer.Status != 200).Append(await user.PostAsync(contract.Tasks, contract.Titled("never"))).Append(await user.GetAsync($"{contract.Prefix}/nope/nope/nope")))
        {
            AssertRefuses(contract, refused, 429);
            Assert.InRange(int.Parse(refused.Header("Retry-After")!), 1, 60);
        }
    }
}
