using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>A server with a user who has more tasks than anybody reads at once.</summary>
public sealed class LongListServer : IAsyncLifetime
{
    public const int Tasks = 12_000;

    /// <summary>Short for a server, and long for a test on a busy machine.</summary>
    public const int StalledSeconds = 10;
    private const int DescriptionCharacters = 2_000;

    /// <summary>Of the list as CSV: more than the sockets between server and <see cref="Narrow"/> hold, so that a reader who stands still is noticed.</summary>
    public const long LeastBytes = (long)Tasks * DescriptionCharacters;

    public QuehacerServer Server { get; private set; } = null!;

    public User User { get; private set; } = null!;

    /// <summary>For whoever does not read at once what comes.</summary>
    public HttpClient Narrow { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await QuehacerServer.StartAsync(("Server__StalledReaderSeconds", StalledSeconds.ToString(CultureInfo.InvariantCulture)), ("Server__ShutdownSeconds", "1"), ("Database__PoolSize", "4"));
        Narrow = Server.NewNarrowHttp();
        User = await User.RegisterAsync(Server);
        await User.CreateAsync(new { title = "Task", tags = new[] { "home" } });
        // Behind the server's back, because it is the list that is tried here and not its making.
        await Server.SqlAsync(string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO tasks (workspace_id, task_id, number, version, revision, title, title_key, search, description, state, priority, tag_ids, created_by, updated_at)
            SELECT t.workspace_id, ('01930000-0000-7000-8000-' || lpad(to_hex(g), 12, '0'))::uuid, t.number + g, 1, t.revision, 'Task ' || g, 'task ' || g, t.search,
                   rpad('', {DescriptionCharacters}, 'lorem ' || g || ' '), g % 2, g % 4, t.tag_ids, t.created_by, t.updated_at
              FROM tasks t, generate_series(1, {Tasks - 1}) g WHERE t.number = 1;
            UPDATE workspaces w SET last_task_number = {Tasks}, pending_tasks = c.pending, done_tasks = c.done
              FROM (SELECT count(*) FILTER (WHERE state = 0) pending, count(*) FILTER (WHERE state = 1) done FROM tasks) c;
            ANALYZE tasks
            """));
    }

    public ValueTask DisposeAsync()
    {
        Narrow.Dispose();
        return Server.DisposeAsync();
    }
}

/// <summary>Whole lists of any length, and what becomes of those that cannot be finished.</summary>
public sealed class ExportTests(LongListServer filled) : IClassFixture<LongListServer>
{
    private const string Csv = "text/csv";
    private const string Ndjson = "application/x-ndjson";

    private QuehacerServer Server => filled.Server;

    private User User => filled.User;

    [Theory]
    [InlineData("sort=created")]
    [InlineData("sort=-due&status=pending")]
    [InlineData("sort=priority&tag=home")]
    [InlineData("sort=title&include_total=false&fields=id,title")]
    public async Task A_whole_list_is_what_a_walk_by_cursor_finds(string query)
    {
        var walked = await WalkAsync(query);
        Assert.True(walked.Count > 5_000);
        var csv = await Fetched.GetAsync(User, Server.Http, $"{User.Tasks}?{query}", ("Accept", Csv), ("Accept-Encoding", "gzip"));
        Assert.Equal(walked, csv.Csv().Select(row => row["id"]));
        var ndjson = await Fetched.GetAsync(User, Server.Http, $"{User.Tasks}?{query}", ("Accept", Ndjson));
        Assert.Equal(walked, Ids(ndjson));
        Assert.Equal(query.Contains("include_total=false") ? null : $"{walked.Count}", csv.Header("X-Total-Count"));
    }

    [Fact]
    public async Task Whoever_was_there_all_along_is_there_exactly_once_whatever_others_do()
    {
        var before = await WalkAsync("sort=created");
        using var done = new CancellationTokenSource();
        var gone = new ConcurrentBag<string>();
        var made = new ConcurrentBag<string>();
        var victims = new ConcurrentQueue<string>(before.Where((_, i) => i % 97 == 5));
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++)
            {
                made.Add((string)(await User.CreateAsync(new { title = $"New {writer} {i}" })).Answer["id"]!);
                (await User.PatchAsync($"{User.Tasks}/{before[(i * 3 + writer) * 31 % before.Count]}", new { title = $"Changed {i}", priority = "low" })).IsOneOf(200, 404);
                if (victims.TryDequeue(out var victim))
                {
                    gone.Add(victim);
                    (await User.DeleteAsync($"{User.Tasks}/{victim}")).Is(204);
                }
            }
        })).ToArray();
        var exports = await Task.WhenAll(new[] { (Csv, "gzip"), (Ndjson, "br"), (Csv, ""), (Ndjson, "gzip") }.Select(async one =>
        {
            // Tasks are made all the time, so the list is walked towards them and away from them.
            var path = $"{User.Tasks}?sort={(one.Item2 == "gzip" ? "created" : "-created")}";
            var answer = await Fetched.GetAsync(User, Server.Http, path, ("Accept", one.Item1), ("Accept-Encoding", one.Item2.Length > 0 ? one.Item2 : "identity"));
            Assert.Equal(200, answer.Status);
            return one.Item1 == Csv ? answer.Csv().Select(row => row["id"]).ToList() : Ids(answer);
        }));
        await done.CancelAsync();
        await Task.WhenAll(writers);
        Assert.NotEmpty(made);
        Assert.NotEmpty(gone);
        var stayed = before.Except(gone).ToHashSet();
        foreach (var export in exports)
        {
            Assert.Equal(export.Count, export.Distinct().Count());
            Assert.Equal(stayed.Count, export.Count(stayed.Contains));
            Assert.Empty(export.Except(before).Except(made));
        }
    }

    /// <summary>More readers stand still than there are connections to the database, and hold more than the server may.</summary>
    [Fact]
    public async Task Readers_that_stand_still_hold_neither_memory_nor_the_database_and_are_cut()
    {
        const int readers = 24;
        // What any reader makes the server take once is not what those that stand still are asked about.
        for (var i = 0; i < 2; i++)
        {
            (await User.SendAsync("GET", User.Tasks, null, ("Accept", Csv))).Is(200);
        }
        var before = Server.ResidentBytes;
        var standing = new List<HttpResponseMessage>();
        try
        {
            for (var i = 0; i < readers; i++)
            {
                standing.Add(await Fetched.BeginAsync(User, filled.Narrow, User.Tasks, ("Accept", Csv), ("X-Request-Id", $"standing-{i}")));
            }
            for (var i = 0; i < 20; i++)
            {
                (await User.GetAsync($"{User.Tasks}?limit=1")).Is(200);
                (await User.GetAsync($"{User.Tasks}?q=task&limit=1")).Is(200);
            }
            var grown = Server.ResidentBytes - before;
            // Half of what holding the lists would take: the collector lets garbage lie on a machine that has the room.
            Assert.True(grown < readers * LongListServer.LeastBytes / 2, $"{readers} readers that stand still made the server grow by {grown / 1048576} MiB.");
            await UntilAsync(() => Lines("standing-").Count == readers);
            Assert.All(Lines("standing-"), line => Assert.True((bool?)line["aborted"]));
            foreach (var answer in standing)
            {
                Assert.Equal(200, (int)answer.StatusCode);
                await BreaksOffAsync(answer);
            }
        }
        finally
        {
            standing.ForEach(answer => answer.Dispose());
        }
    }

    [Fact]
    public async Task A_slow_reader_that_does_not_stand_still_gets_all()
    {
        using var answer = await Fetched.BeginAsync(User, filled.Narrow, User.Tasks, ("Accept", Ndjson), ("X-Request-Id", "slow"));
        await using var body = await answer.Content.ReadAsStreamAsync();
        const int steps = 12;
        var (read, last, buffer) = (0L, (byte)0, new byte[LongListServer.LeastBytes / steps]);
        while (await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false) is > 0 and var count)
        {
            (read, last) = (read + count, buffer[count - 1]);
            // All pauses together are longer than a reader may stand still.
            await Task.Delay(TimeSpan.FromSeconds(1.2 * LongListServer.StalledSeconds / steps));
        }
        Assert.True(read > LongListServer.LeastBytes);
        Assert.Equal((byte)'\n', last);
        await UntilAsync(() => Lines("slow").Count == 1);
        Assert.Null(Lines("slow")[0]["aborted"]);
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_list_whose_session_ends_in_the_middle_is_cut_off(string coding)
    {
        var other = new User(Server.Http, User.Email);
        await other.LogInAsync();
        // Compressed, the whole list would fit between server and client; what cannot be compressed does not.
        using var answer = await Fetched.BeginAsync(other, filled.Narrow, coding == "identity" ? User.Tasks : $"{User.Tasks}?fields=id,title,description", ("Accept", Csv),
            ("X-Request-Id", $"ended-{coding}"), ("Accept-Encoding", coding));
        Assert.Equal(200, (int)answer.StatusCode);
        (await other.PostAsync("/api/v1/auth/logout")).Is(204);
        if (coding == "identity")
        {
            await BreaksOffAsync(answer);
            await UntilAsync(() => Lines("ended-identity").Count == 1);
            Assert.True((bool?)Lines("ended-identity")[0]["aborted"]);
            Assert.Contains(Server.Output, line => line.Contains("answer cut off") && line.Contains("ended-identity"));
            return;
        }
        // The walk may have been over before the session was: then all is there, and nothing else is ever shown as all.
        var bytes = await ReadAllAsync(answer);
        Assert.True(bytes is null || new Fetched(answer, bytes).Csv().Count >= LongListServer.Tasks / 2);
    }

    [Fact]
    public async Task A_list_whose_database_goes_away_is_cut_off_and_so_is_one_that_outlasts_the_server()
    {
        using (var answer = await Fetched.BeginAsync(User, filled.Narrow, User.Tasks, ("Accept", Ndjson), ("X-Request-Id", "killed")))
        {
            Assert.Equal(200, (int)answer.StatusCode);
            Server.KillPostgres();
            await BreaksOffAsync(answer);
            await UntilAsync(() => Lines("killed").Count == 1);
            Assert.True((bool?)Lines("killed")[0]["aborted"]);
            (await User.GetAsync(User.Tasks, ("Accept", Csv))).IsProblem(503, "SERVICE_UNAVAILABLE");
        }
        await Server.StopAsync();
        await Server.StartAgainAsync();

        using (var answer = await Fetched.BeginAsync(User, filled.Narrow, User.Tasks, ("Accept", Csv), ("X-Request-Id", "stopped")))
        {
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal(0, await Server.StopAsync());
            await BreaksOffAsync(answer);
            Assert.DoesNotContain(Server.Output, line => line.Contains("this is a bug"));
        }
        await Server.StartAgainAsync();
        Assert.True((await WalkAsync("sort=created")).Count > 5_000);
    }

    /// <summary>The ZIP with everything of somebody's own, which is far larger than what the server may hold of it.</summary>
    [Fact]
    public async Task An_export_of_an_account_is_whole_whatever_its_size_and_is_not_held_in_memory()
    {
        // What any export makes the server take once is not what this one is asked about.
        using (var first = await Fetched.BeginAsync(User, filled.Narrow, "/api/v1/me/export"))
        {
            Assert.NotNull(await ReadAllAsync(first));
        }
        var before = Server.ResidentBytes;
        using var answer = await Fetched.BeginAsync(User, filled.Narrow, "/api/v1/me/export");
        using var zip = new ZipArchive(new MemoryStream((await ReadAllAsync(answer))!), ZipArchiveMode.Read);
        var grown = Server.ResidentBytes - before;
        Assert.True(zip.Entries.Sum(entry => entry.Length) > 2 * LongListServer.LeastBytes);
        Assert.True(grown < LongListServer.LeastBytes, $"An export made the server grow by {grown / 1048576} MiB.");

        await using var file = await zip.Entries.Single(entry => entry.Name == "tasks.json").OpenAsync();
        var ids = (await JsonNode.ParseAsync(file))!["tasks"]!.AsArray().Select(task => (string)task!["id"]!).ToList();
        Assert.Equal((await WalkAsync("sort=number&include_deleted=true")).Order(StringComparer.Ordinal), ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_export_begins_before_its_last_row_is_read_and_is_no_ZIP_where_it_cannot_be_finished()
    {
        var other = new User(Server.Http, User.Email);
        await other.LogInAsync();
        // Nobody reads a note while this holds them.
        var holding = Server.SqlAsync("BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)");
        try
        {
            while (await Server.SqlAsync("SELECT count(*) FROM pg_locks WHERE relation = 'notes'::regclass AND mode = 'AccessExclusiveLock' AND granted") != "1")
            {
                await Task.Delay(20);
            }
            using var answer = await Fetched.BeginAsync(other, filled.Narrow, "/api/v1/me/export", ("X-Request-Id", "export"));
            Assert.Equal(200, (int)answer.StatusCode);
            await using var body = await answer.Content.ReadAsStreamAsync();
            using var came = new MemoryStream();
            var buffer = new byte[16 * 1024];
            await body.ReadExactlyAsync(buffer);
            await came.WriteAsync(buffer);
            (await other.PostAsync("/api/v1/auth/logout")).Is(204);
            await Server.SqlAsync("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'notes'::regclass AND mode = 'AccessExclusiveLock' AND granted");
            await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(came));
            Assert.Throws<InvalidDataException>(() => new ZipArchive(came, ZipArchiveMode.Read));
            await UntilAsync(() => Lines("export").Count == 1);
            Assert.True((bool?)Lines("export")[0]["aborted"]);
        }
        finally
        {
            await Assert.ThrowsAnyAsync<Exception>(() => holding);
        }
    }

    /// <summary>The ids of a list, page by page.</summary>
    private async Task<List<string>> WalkAsync(string query)
    {
        var ids = new List<string>();
        var cursor = "";
        do
        {
            var page = (await User.GetAsync($"{User.Tasks}?{query}&limit=100{(cursor.Length > 0 ? "&cursor=" + cursor : "")}")).Is(200);
            ids.AddRange(page["tasks"]!.AsArray().Select(task => (string)task!["id"]!));
            cursor = (string?)page["pagination"]!["next_cursor"] ?? "";
        }
        while (cursor.Length > 0);
        return ids;
    }

    private static List<string> Ids(Fetched ndjson) => [.. ndjson.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string)JsonNode.Parse(line)!["id"]!)];

    /// <summary>What the log says of a request, or of several whose ids begin alike.</summary>
    private List<JsonObject> Lines(string requestId) =>
        [.. Server.Output.Where(line => line.Contains($"\"request_id\":\"{requestId}")).Select(line => JsonNode.Parse(line)!.AsObject()).Where(line => (string?)line["event"] == "request")];

    private static async Task BreaksOffAsync(HttpResponseMessage answer) => Assert.Null(await ReadAllAsync(answer));

    /// <summary>The body, or null where it has no end.</summary>
    private static async Task<byte[]?> ReadAllAsync(HttpResponseMessage answer)
    {
        try
        {
            return await answer.Content.ReadAsByteArrayAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return null;
        }
    }

    private static async Task UntilAsync(Func<bool> happened)
    {
        var waited = Stopwatch.StartNew();
        while (!happened())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), "It has not happened within a minute.");
            await Task.Delay(50);
        }
    }
}
