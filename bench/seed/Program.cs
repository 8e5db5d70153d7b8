using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;

// Fills the product's database for the benchmark, by COPY and not through the server, because 200 000 tasks by HTTP would take minutes.
// Everything the server keeps true is true here too: each workspace has its gap-free log, and rows and counts are what its events come to.
const int TasksOfAUser = 200;
const int RandomIds = 50_000;
const int SecondsBetweenTasks = 10;
const int SecondsUntilDone = 3_600;
// As wrk/load.lua asks for it.
const string ListOfR5 = "/api/v1/tasks?status=pending&limit=20";

// BENCH_USERS: how many people, each with 200 tasks. BENCH_BIG: one more person with so many tasks, in a workspace of their own.
int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
var people = Setting("BENCH_USERS", 1_000);
var big = Setting("BENCH_BIG", 0);

// The load makes its tasks with the tags a and b, so that under load no tag has to be made.
string[] tagNames = ["a", "b", "home", "work"];

var directory = Environment.GetEnvironmentVariable("BENCH_DIR") ?? "/tmp/quehacer-bench";
var target = Environment.GetEnvironmentVariable("BENCH_TARGET") ?? "ours";
var server = new Uri($"http://127.0.0.1:{Environment.GetEnvironmentVariable("BENCH_PORT") ?? "41100"}");
var connectionString = new NpgsqlConnectionStringBuilder
{
    Host = "127.0.0.1",
    Port = 45432,
    Username = "postgres",
    Database = Environment.GetEnvironmentVariable("BENCH_DATABASE") ?? "quehacer",
    Options = "-c timezone=UTC",
    CommandTimeout = 0,
}.ConnectionString;

switch (args)
{
    case ["tasks"]:
        await new Migrator(connectionString).MigrateAsync(CancellationToken.None);
        await using (var source = NpgsqlDataSource.Create(connectionString))
        {
            await SeedAsync(source);
        }
        return 0;
    case ["tokens"]:
        await using (var source = NpgsqlDataSource.Create(connectionString))
        {
            await SignInAsync(source, new SigningKey(Environment.GetEnvironmentVariable("BENCH_SIGNING_KEY") ?? throw new InvalidOperationException("BENCH_SIGNING_KEY is not set.")));
        }
        return 0;
    default:
        await Console.Error.WriteLineAsync("seed tasks | tokens");
        return 64;
}

async Task SeedAsync(NpgsqlDataSource source)
{
    // The last task was made yesterday, the first 200 000 times ten seconds before.
    var start = Clock.Cut(DateTime.UtcNow.Date.AddDays(-1) - TimeSpan.FromSeconds((double)people * TasksOfAUser * SecondsBetweenTasks));
    var registered = start.AddDays(-1);
    var users = Enumerable.Range(0, people + (big > 0 ? 1 : 0)).Select(index => new Owner(index, registered.AddSeconds(index))).ToArray();

    await using var rows = await source.OpenConnectionAsync();
    await using var log = await source.OpenConnectionAsync();
    await using (var accounts = await rows.BeginBinaryImportAsync(
        "COPY accounts (user_id, email, email_key, name, password_hash, workspace_id, version, updated_at) FROM STDIN (FORMAT binary)"))
    {
        foreach (var user in users)
        {
            await accounts.StartRowAsync();
            await accounts.WriteAsync(user.Id, NpgsqlDbType.Uuid);
            await accounts.WriteAsync(user.Email, NpgsqlDbType.Text);
            await accounts.WriteAsync(AccountEdit.EmailKey(user.Email), NpgsqlDbType.Text);
            await accounts.WriteAsync(user.Name, NpgsqlDbType.Text);
            // Base 64 of a byte that begins no hash: no password opens these accounts.
            await accounts.WriteAsync("/w==", NpgsqlDbType.Text);
            await accounts.WriteAsync(user.WorkspaceId, NpgsqlDbType.Uuid);
            await accounts.WriteAsync(1, NpgsqlDbType.Integer);
            await accounts.WriteAsync(user.RegisteredAt, NpgsqlDbType.TimestampTz);
        }
        await accounts.CompleteAsync();
    }
    await using (var accountEvents = await rows.BeginBinaryImportAsync("COPY account_events (user_id, version, type, actor_id, at) FROM STDIN (FORMAT binary)"))
    {
        foreach (var user in users)
        {
            await accountEvents.StartRowAsync();
            await accountEvents.WriteAsync(user.Id, NpgsqlDbType.Uuid);
            await accountEvents.WriteAsync(1, NpgsqlDbType.Integer);
            await accountEvents.WriteAsync("account.registered", NpgsqlDbType.Text);
            await accountEvents.WriteAsync(user.Id, NpgsqlDbType.Uuid);
            await accountEvents.WriteAsync(user.RegisteredAt, NpgsqlDbType.TimestampTz);
        }
        await accountEvents.CompleteAsync();
    }

    await using (var events = await log.BeginBinaryImportAsync(
        "COPY events (workspace_id, revision, stream_id, version, type, number, data, actor_id, at) FROM STDIN (FORMAT binary)"))
    {
        foreach (var user in users)
        {
            await AppendAsync(events, user, user.WorkspaceId, 1, EventNames.WorkspaceCreated, null, null, user.RegisteredAt);
        }
        await using (var tags = await rows.BeginBinaryImportAsync("COPY labels (workspace_id, label_id, kind, name, name_key, sort_key, words, version, revision, updated_at) FROM STDIN (FORMAT binary)"))
        {
            foreach (var user in users)
            {
                var at = user.RegisteredAt.AddMinutes(1);
                foreach (var name in tagNames)
                {
                    var id = Ids.New(at);
                    user.TagIds.Add(id);
                    await AppendAsync(events, user, id, 1, EventNames.TagCreated, null, new JsonObject { ["name"] = name }.ToJsonString(), at);
                    await tags.StartRowAsync();
                    await tags.WriteAsync(user.WorkspaceId, NpgsqlDbType.Uuid);
                    await tags.WriteAsync(id, NpgsqlDbType.Uuid);
                    await tags.WriteAsync((short)LabelKind.Tag, NpgsqlDbType.Smallint);
                    await tags.WriteAsync(name, NpgsqlDbType.Text);
                    await tags.WriteAsync(Text.NameKey(name), NpgsqlDbType.Text);
                    await tags.WriteAsync(Text.SortKey(name), NpgsqlDbType.Text);
                    await tags.WriteAsync(Vector(Search.WordsOf(name)), NpgsqlDbType.TsVector);
                    await tags.WriteAsync(1, NpgsqlDbType.Integer);
                    await tags.WriteAsync(user.Revision, NpgsqlDbType.Bigint);
                    await tags.WriteAsync(at, NpgsqlDbType.TimestampTz);
                }
            }
            await tags.CompleteAsync();
        }
        await using (var tasks = await rows.BeginBinaryImportAsync("""
            COPY tasks (workspace_id, task_id, number, version, revision, title, description, state, priority, due_date, tag_ids, title_key, search, created_by, updated_at)
            FROM STDIN (FORMAT binary)
            """))
        {
            // Users take turns, so that the 200 tasks of one lie on about 200 pages, as they would in life.
            for (var n = 0; n < people * TasksOfAUser; n++)
            {
                await MakeTaskAsync(tasks, events, users[n % people], n, n / people, start.AddSeconds((double)n * SecondsBetweenTasks));
            }
            for (var n = 0; n < big; n++)
            {
                await MakeTaskAsync(tasks, events, users[people], n, n, start.AddSeconds((double)n * SecondsUntilDone * 2));
            }
            await tasks.CompleteAsync();
        }
        await events.CompleteAsync();
    }

    await using (var workspaces = await rows.BeginBinaryImportAsync("""
        COPY workspaces (workspace_id, owner_id, revision, labels_revision, last_task_number, pending_tasks, done_tasks, deleted_tasks, changed_at, name, is_personal, updated_at)
        FROM STDIN (FORMAT binary)
        """))
    {
        foreach (var user in users)
        {
            await workspaces.StartRowAsync();
            await workspaces.WriteAsync(user.WorkspaceId, NpgsqlDbType.Uuid);
            await workspaces.WriteAsync(user.Id, NpgsqlDbType.Uuid);
            await workspaces.WriteAsync(user.Revision, NpgsqlDbType.Bigint);
            await workspaces.WriteAsync(0L, NpgsqlDbType.Bigint);
            await workspaces.WriteAsync(user.Tasks, NpgsqlDbType.Bigint);
            await workspaces.WriteAsync(user.Tasks - user.Done, NpgsqlDbType.Bigint);
            await workspaces.WriteAsync(user.Done, NpgsqlDbType.Bigint);
            await workspaces.WriteAsync(0L, NpgsqlDbType.Bigint);
            await workspaces.WriteAsync(user.ChangedAt, NpgsqlDbType.TimestampTz);
            await workspaces.WriteAsync("Personal", NpgsqlDbType.Text);
            await workspaces.WriteAsync(true, NpgsqlDbType.Boolean);
            await workspaces.WriteAsync(start, NpgsqlDbType.TimestampTz);
        }
        await workspaces.CompleteAsync();
    }
    await ExecuteAsync(rows, "INSERT INTO members (workspace_id, user_id, role, version, revision, joined_at, updated_at) SELECT workspace_id, owner_id, 30, 0, 1, updated_at, updated_at FROM workspaces");

    // What reset_ours.sql goes back to, in a schema of its own: the product's is as its migrations make it.
    await ExecuteAsync(rows, "CREATE SCHEMA bench; CREATE TABLE bench.seeded AS SELECT * FROM workspaces; ALTER TABLE bench.seeded ADD PRIMARY KEY (workspace_id)");
    await ExecuteAsync(rows, "VACUUM (ANALYZE, FREEZE)");
    await Console.Out.WriteLineAsync($"{people} users with {TasksOfAUser} tasks each{(big > 0 ? $", and one with {big}" : "")}");
}

async Task MakeTaskAsync(NpgsqlBinaryImporter tasks, NpgsqlBinaryImporter events, Owner user, int n, int ofUser, DateTime at)
{
    var id = Ids.New(at);
    var created = new TaskEvent.Created(new TaskDelta
    {
        Title = $"Task number {n} {Hex($"t{n}")[..16]}",
        // Two words out of a thousand each, so that a search for both finds one task in a million, or the few that were made to have them.
        Description = $"Description of task {n}: {Hex($"d{n}")} {Word("first", n % 1_000)} {Word("other", n / 7 % 1_000)} lorem ipsum dolor",
        State = TaskState.Pending,
        Priority = (TaskPriority)((n + ofUser) % 4),
        DueDate = at.AddYears(1),
        TagIds = new[] { user.TagIds[ofUser % tagNames.Length], user.TagIds[(ofUser + 1) % tagNames.Length] },
    });
    user.Tasks++;
    await AppendAsync(events, user, id, 1, created.Name, user.Tasks, created.ToJson().Data, at);
    var task = TaskItem.Apply(null, created, new EventStamp(id, 1, user.Tasks, user.Id, at));

    // Every other task of a user is done, an hour later and before the user's next one.
    if (ofUser % 2 == 1)
    {
        var doneAt = at.AddSeconds(SecondsUntilDone);
        var completed = new TaskEvent.Completed();
        user.Done++;
        await AppendAsync(events, user, id, 2, completed.Name, null, null, doneAt);
        task = TaskItem.Apply(task, completed, new EventStamp(id, 2, null, user.Id, doneAt));
    }

    await tasks.StartRowAsync();
    await tasks.WriteAsync(user.WorkspaceId, NpgsqlDbType.Uuid);
    await tasks.WriteAsync(task.Id, NpgsqlDbType.Uuid);
    await tasks.WriteAsync(task.Number, NpgsqlDbType.Bigint);
    await tasks.WriteAsync(task.Version, NpgsqlDbType.Integer);
    await tasks.WriteAsync(user.Revision, NpgsqlDbType.Bigint);
    await tasks.WriteAsync(task.Title, NpgsqlDbType.Text);
    await tasks.WriteAsync(task.Description, NpgsqlDbType.Text);
    await tasks.WriteAsync((short)task.State, NpgsqlDbType.Smallint);
    await tasks.WriteAsync((short)task.Priority, NpgsqlDbType.Smallint);
    await tasks.WriteAsync(task.DueDate!.Value, NpgsqlDbType.TimestampTz);
    await tasks.WriteAsync(task.TagIds, NpgsqlDbType.Array | NpgsqlDbType.Uuid);
    await tasks.WriteAsync(Text.SortKey(task.Title), NpgsqlDbType.Text);
    await tasks.WriteAsync(Vector(TaskWords.Of(user.WorkspaceId, task)), NpgsqlDbType.TsVector);
    await tasks.WriteAsync(task.CreatedBy, NpgsqlDbType.Uuid);
    await tasks.WriteAsync(task.UpdatedAt, NpgsqlDbType.TimestampTz);
}

static async Task AppendAsync(NpgsqlBinaryImporter events, Owner user, Guid streamId, int version, string type, long? number, string? data, DateTime at)
{
    user.Revision++;
    user.ChangedAt = at;
    await events.StartRowAsync();
    await events.WriteAsync(user.WorkspaceId, NpgsqlDbType.Uuid);
    await events.WriteAsync(user.Revision, NpgsqlDbType.Bigint);
    await events.WriteAsync(streamId, NpgsqlDbType.Uuid);
    await events.WriteAsync(version, NpgsqlDbType.Integer);
    await events.WriteAsync(type, NpgsqlDbType.Text);
    if (number is { } given)
    {
        await events.WriteAsync(given, NpgsqlDbType.Bigint);
    }
    else
    {
        await events.WriteNullAsync();
    }
    if (data is not null)
    {
        await events.WriteAsync(data, NpgsqlDbType.Jsonb);
    }
    else
    {
        await events.WriteNullAsync();
    }
    await events.WriteAsync(user.Id, NpgsqlDbType.Uuid);
    await events.WriteAsync(at, NpgsqlDbType.TimestampTz);
}

// Gives everybody a new session and writes what the load generator reads: a token a user, and random tasks with their owner's line and tag.
async Task SignInAsync(NpgsqlDataSource source, SigningKey key)
{
    var now = Clock.Cut(DateTime.UtcNow);
    var accessTokens = new AccessToken(key);
    var refreshTokens = new RefreshToken(key);
    await using var connection = await source.OpenConnectionAsync();
    var accounts = new List<Account>(people);
    await using (var command = new NpgsqlCommand("SELECT user_id, email, name, is_admin, workspace_id, version, updated_at FROM accounts ORDER BY user_id", connection))
    {
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            accounts.Add(new Account(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetGuid(4), reader.GetInt32(5), reader.GetDateTime(6)));
        }
    }

    await ExecuteAsync(connection, "DELETE FROM sessions");
    var tokens = new List<string>(people);
    await using (var sessions = await connection.BeginBinaryImportAsync(
        "COPY sessions (session_id, user_id, generation, refresh_hash, refreshed_at, expires_at) FROM STDIN (FORMAT binary)"))
    {
        foreach (var account in accounts)
        {
            var sessionId = Ids.New(now);
            tokens.Add(accessTokens.Issue(account, sessionId, now));
            await sessions.StartRowAsync();
            await sessions.WriteAsync(sessionId, NpgsqlDbType.Uuid);
            await sessions.WriteAsync(account.Id, NpgsqlDbType.Uuid);
            await sessions.WriteAsync(0, NpgsqlDbType.Integer);
            await sessions.WriteAsync(RefreshToken.Hash(refreshTokens.Issue(sessionId, 0)), NpgsqlDbType.Bytea);
            await sessions.WriteAsync(now, NpgsqlDbType.TimestampTz);
            await sessions.WriteAsync(now.AddDays(30), NpgsqlDbType.TimestampTz);
        }
        await sessions.CompleteAsync();
    }
    await ExecuteAsync(connection, "VACUUM (ANALYZE, FREEZE) sessions");
    var listTags = await AskTagsAsync(tokens.Select(token => (ListOfR5, token)).ToList());
    await File.WriteAllLinesAsync(
        Path.Combine(directory, $"tokens-{target}.txt"), accounts.Select((account, i) => $"{Ids.ToTypeId(Ids.UserPrefix, account.Id)} {tokens[i]} {listTags[i]} {Ids.ToTypeId(Ids.WorkspacePrefix, account.WorkspaceId)}"));

    var lineOf = accounts.Index().ToDictionary(entry => entry.Item.WorkspaceId, entry => entry.Index);
    var all = new List<(Guid Id, int Line, int Version)>(people * TasksOfAUser);
    await using (var command = new NpgsqlCommand("SELECT task_id, workspace_id, version FROM tasks ORDER BY task_id", connection))
    await using (var reader = await command.ExecuteReaderAsync())
    {
        while (await reader.ReadAsync())
        {
            all.Add((reader.GetGuid(0), lineOf[reader.GetGuid(1)], reader.GetInt32(2)));
        }
    }
    var random = new Random(42);
    var chosen = Enumerable.Range(0, RandomIds).Select(_ => all[random.Next(all.Count)]).ToList();
    var tags = await AskTagsAsync(chosen.Select(task => ($"/api/v1/tasks/{Ids.ToTypeId(Ids.TaskPrefix, task.Id)}", tokens[task.Line])).ToList());
    await File.WriteAllLinesAsync(
        Path.Combine(directory, $"ids-{target}.txt"), chosen.Select((task, i) => $"{Ids.ToTypeId(Ids.TaskPrefix, task.Id)} {task.Line.ToString(CultureInfo.InvariantCulture)} {tags[i]}"));
    await Console.Out.WriteLineAsync(tags[0] == "-" ? "tokens; no server answers, so there are no entity tags" : "tokens and entity tags");
}

// The tags are the server's own to make, so they are asked for and not guessed; '-' when no server answers.
async Task<string[]> AskTagsAsync(List<(string Path, string Token)> reads)
{
    var tags = new string[reads.Count];
    Array.Fill(tags, "-");
    using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 16 }) { BaseAddress = server };
    try
    {
        await client.GetAsync(new Uri("/live", UriKind.Relative));
    }
    catch (HttpRequestException)
    {
        return tags;
    }
    await Parallel.ForAsync(0, reads.Count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancellation) =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, reads[i].Path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", reads[i].Token);
        using var response = await client.SendAsync(request, cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new InvalidOperationException($"{request.RequestUri} was answered with {response.StatusCode}.");
        }
        tags[i] = response.Headers.ETag?.ToString() ?? "-";
    });
    return tags;
}

// What array_to_tsvector makes of the same words. They are quoted by us and have no positions, so the parser's weaknesses do not matter.
#pragma warning disable CS0618
static NpgsqlTsVector Vector(IEnumerable<string> words) => NpgsqlTsVector.Parse(string.Join(' ', words.Select(TaskWords.Quote)));
#pragma warning restore CS0618

static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
{
    await using var command = new NpgsqlCommand(sql, connection);
    await command.ExecuteNonQueryAsync();
}

// As long as half a digest.
static string Word(string kind, int number) => $"{kind}{number:000}{Hex($"{kind}{number}")}"[..15];

// The digests of the yardsticks' seed, so that both tables hold texts of the same length.
static string Hex(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));

/// <summary>A user with the workspace, as far as the log has been written.</summary>
internal sealed class Owner(int index, DateTime registeredAt)
{
    public Guid Id { get; } = Ids.New(registeredAt);

    public Guid WorkspaceId { get; } = Ids.New(registeredAt);

    public string Email { get; } = $"user{index}@bench.example";

    public string Name { get; } = $"User {index}";

    public DateTime RegisteredAt { get; } = registeredAt;

    public List<Guid> TagIds { get; } = [];

    public long Revision { get; set; }

    public long Tasks { get; set; }

    public long Done { get; set; }

    public DateTime ChangedAt { get; set; }
}
