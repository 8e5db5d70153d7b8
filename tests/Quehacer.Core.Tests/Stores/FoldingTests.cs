using System.Security.Cryptography;
using System.Text;
using FsCheck.Fluent;
using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>A database of the first schema becomes what the program would have written.</summary>
public sealed class FoldingTests(PostgresFixture postgres)
{
    private static readonly string[] Titles =
    [
        "Café con leche", "año, Año; AÑO", "今天去商店买牛奶", "ไปซื้อนม", "مُحَمَّد", "party 🎉👍🏽", "it's 100% \"so\" \\ & | ! : ( ) * ? _", "Ａｂｃ ①", "İstanbul straße Å", "한국어",
        "a" + string.Concat(Enumerable.Repeat("😀", 199)), new string('ñ', 200), "#hash '' \\\\", "...",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_of_the_first_schema_become_what_the_program_writes_for_new_ones()
    {
        await using var house = await House.BuildAsync(postgres);
        foreach (var email in new[] { "ana@example.com", "bob@example.com" })
        {
            var (caller, _) = await house.MoveInAsync(email);
            House.Ok(await house.Core.Accounts.ChangeAsync(caller, new AccountEdit { Name = email[0] == 'a' ? "Ángela d'Ávila-O'Neill \\ & |" : "今天 Straße 🎉" }, Precondition.None, null, Cancellation));
            var titles = Titles.Concat(Properties.StorableText.Sample(30, 60)).Select(Text.NormaliseName).Where(title => Text.Characters(title) is > 0 and <= 200).ToList();
            foreach (var (title, i) in titles.Select((title, i) => (title, i)))
            {
                var task = await house.CreateAsync(caller, new TaskEdit
                {
                    Title = title,
                    Description = i % 2 == 0 ? string.Join('\n', titles.Take(i)) : default(string?),
                    Tags = titles.Skip(i).Where(name => Text.Characters(name) <= 50).Take(i % 4).DistinctBy(Text.NameKey).ToArray(),
                });
                if (i % 5 == 0)
                {
                    House.Ok(await house.Core.TaskWriter.WriteAsync(caller, TaskOperation.Delete(new TaskRef(task.Id, 0), Precondition.None), null, Cancellation));
                }
            }
        }

        var old = await AtFirstSchemaAsync();
        foreach (var (from, into) in new[]
        {
            ("installation", "installation"), ("workspaces", "workspaces"), ("accounts", "accounts"), ("tasks", "tasks"), ("events", "events"),
            ("(SELECT workspace_id, label_id AS tag_id, name, name_key, version, revision FROM labels)", "tags"),
        })
        {
            var rows = await ScalarAsync<string>(house.Database.Command, $"SELECT coalesce(json_agg(r), '[]')::text FROM {from} r");
            await using var connection = await OpenAsync(old);
            await using var copy = new NpgsqlCommand($"INSERT INTO {into} SELECT * FROM json_populate_recordset(NULL::{into}, $1::json) ON CONFLICT DO NOTHING", connection);
            copy.Parameters.With(rows);
            Assert.True(await copy.ExecuteNonQueryAsync(Cancellation) > 0 || into == "installation", $"Nothing was copied into {into}.");
        }
        Assert.Equal(["0002_labels_and_search", "0003_list_indexes"], (await new Migrator(old).MigrateAsync(Cancellation)).Take(2));

        await using var migrated = new Database(new DatabaseOptions(old, PoolSize: 2, StatementTimeoutMs: 20_000, LockTimeoutMs: 20_000));
        foreach (var rows in new[]
        {
            "SELECT task_id || ' ' || title_key || ' ' || encode(tsvectorsend(search), 'hex') || ' ' || (to_jsonb(t) - 'search')::text FROM tasks t ORDER BY task_id",
            "SELECT label_id || ' ' || sort_key || ' ' || encode(tsvectorsend(words), 'hex') || ' ' || extract(epoch FROM updated_at) || ' ' || concat_ws(',', name, name_key, kind, color, merged_into, version, revision) FROM labels ORDER BY label_id",
            """
            SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, collation_name) FROM information_schema.columns
             WHERE table_schema = 'public' ORDER BY table_name COLLATE "C", column_name COLLATE "C"
            """,
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname COLLATE \"C\"",
        })
        {
            var expected = await ColumnAsync(house.Database.Command, rows);
            Assert.True(expected.Count > 10, $"{rows} has {expected.Count} rows.");
            Assert.Equal(expected, await ColumnAsync(migrated.Command, rows));
        }
        const string accounts = "SELECT user_id || ' ' || name_key || ' ' || encode(tsvectorsend(words), 'hex') FROM accounts WHERE name_key <> '' AND words <> '' ORDER BY user_id";
        var people = await ColumnAsync(house.Database.Command, accounts);
        Assert.Equal(2, people.Count);
        Assert.Equal(people, await ColumnAsync(migrated.Command, accounts));
    }

    [Fact]
    public async Task Every_row_is_filled_in_however_many_there_are_in_however_many_workspaces()
    {
        var old = await AtFirstSchemaAsync();
        await ExecuteAsync(old, """
            INSERT INTO events (workspace_id, revision, stream_id, version, type, actor_id, at)
            SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n % 3), 12, '0'))::uuid, n, gen_random_uuid(), 1, 'tag.created', gen_random_uuid(), timestamptz '2026-01-01Z' + n * interval '1 second'
              FROM generate_series(1, 4321) n;
            INSERT INTO tags (workspace_id, tag_id, name, name_key, version, revision)
            SELECT workspace_id, stream_id, 'Tag ' || revision, 'tag ' || revision, 1, revision FROM events;
            INSERT INTO tasks (workspace_id, task_id, number, version, revision, title, state, priority, tag_ids, created_by, updated_at)
            SELECT workspace_id, gen_random_uuid(), revision, 1, revision, 'Task' || revision, 0, 1, '{}', actor_id, at FROM events;
            """);
        await new Migrator(old).MigrateAsync(Cancellation);

        await using var database = new Database(new DatabaseOptions(old, PoolSize: 2, StatementTimeoutMs: 20_000, LockTimeoutMs: 20_000));
        Assert.Equal(4_321L, await ScalarAsync<long>(database.Command, """
            SELECT count(*) FROM tasks
             WHERE title_key = 'task' || number AND search = array_to_tsvector(ARRAY[right(replace(workspace_id::text, '-', ''), 8) || 'task' || number]) AND category_id IS NULL
            """));
        Assert.Equal(4_321L, await ScalarAsync<long>(database.Command, """
            SELECT count(*) FROM labels
             WHERE sort_key = 'tag ' || revision AND words = array_to_tsvector(ARRAY['tag', revision::text]) AND updated_at = timestamptz '2026-01-01Z' + revision * interval '1 second' AND kind = 0
            """));
    }

    [Fact]
    public async Task A_database_without_rows_is_brought_forward_too()
    {
        var old = await AtFirstSchemaAsync();
        Assert.Contains("0003_list_indexes", await new Migrator(old).MigrateAsync(Cancellation));
        Assert.Empty(await new Migrator(old).MigrateAsync(Cancellation));
    }

    /// <summary>A database with the first migration alone, recorded as it was applied.</summary>
    private async Task<string> AtFirstSchemaAsync()
    {
        var connectionString = await postgres.EmptyDatabaseAsync();
        var assembly = typeof(Migrator).Assembly;
        var name = Assert.Single(assembly.GetManifestResourceNames(), name => name.Contains("0001_tasks"));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        var sql = await reader.ReadToEndAsync(Cancellation);
        await ExecuteAsync(connectionString, sql);
        await ExecuteAsync(connectionString, $"""
            CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
            INSERT INTO schema_migrations (version, name, checksum) VALUES (1, '0001_tasks', '{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)))}');
            """);
        return connectionString;
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task<T> ScalarAsync<T>(Func<string, NpgsqlCommand> prepare, string sql)
    {
        await using var command = prepare(sql);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task<IReadOnlyList<string>> ColumnAsync(Func<string, NpgsqlCommand> prepare, string sql)
    {
        await using var command = prepare(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var values = new List<string>();
        while (await reader.ReadAsync(Cancellation))
        {
            values.Add(reader.GetString(0));
        }
        return values;
    }
}
