using Npgsql;
using Quehacer.Core.Postgres;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

public sealed class MigratorTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migrations_are_applied_in_order_and_once()
    {
        var connectionString = await postgres.EmptyDatabaseAsync();
        var migrator = new Migrator(connectionString);

        var applied = await migrator.MigrateAsync(Cancellation);
        Assert.Equal("0001_tasks", applied[0]);
        Assert.Equal(applied.Order(StringComparer.Ordinal), applied);
        Assert.Empty(await migrator.MigrateAsync(Cancellation));
        Assert.Empty(await new Migrator(connectionString).MigrateAsync(Cancellation));
        Assert.Equal(applied.Count, await CountAsync(connectionString));
    }

    [Fact]
    public async Task Two_servers_that_start_on_a_fresh_database_at_once_both_find_it_ready()
    {
        var connectionString = await postgres.EmptyDatabaseAsync();

        var applied = await House.AtOnceAsync(2, _ => new Migrator(connectionString).MigrateAsync(Cancellation));
        Assert.Single(applied, names => names.Count > 0);
        Assert.Single(applied, names => names.Count == 0);
        Assert.Equal(applied.Sum(names => names.Count), await CountAsync(connectionString));
    }

    [Fact]
    public async Task A_schema_of_a_newer_program_is_refused_with_a_sentence()
    {
        var connectionString = await postgres.DatabaseAsync();
        await ExecuteAsync(connectionString, "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_future', 'x')");

        var refused = await Assert.ThrowsAsync<DatabaseRefused>(() => new Migrator(connectionString).MigrateAsync(Cancellation));
        Assert.Contains("newer Quehacer", refused.Message);
        Assert.Contains("9999", refused.Message);
    }

    [Fact]
    public async Task A_migration_that_was_edited_after_it_was_applied_is_refused()
    {
        var connectionString = await postgres.DatabaseAsync();
        await ExecuteAsync(connectionString, "UPDATE schema_migrations SET checksum = 'x' WHERE version = 1");

        Assert.Contains("0001_tasks", (await Assert.ThrowsAsync<DatabaseRefused>(() => new Migrator(connectionString).MigrateAsync(Cancellation))).Message);
    }

    [Fact]
    public async Task The_private_cluster_is_safe_and_databases_have_incarnations()
    {
        await using var one = await House.BuildAsync(postgres);
        // Other houses stand on copies of one database, and a copy has the incarnation of what it was copied from.
        await using var other = await House.BuildOnAsync(await postgres.EmptyDatabaseAsync());
        await one.Database.PingAsync(Cancellation);
        await other.Database.PingAsync(Cancellation);

        Assert.Empty(await one.Database.UnsafeSettingsAsync(Cancellation));
        Assert.Matches("^[0-9a-f]{8}$", one.Database.Incarnation);
        Assert.NotEqual(one.Database.Incarnation, other.Database.Incarnation);
    }

    [Fact]
    public void A_data_directory_belongs_to_one_at_a_time()
    {
        var directory = Directory.CreateTempSubdirectory("quehacer-tests-");
        try
        {
            using (var held = DataDirectory.TryTake(Path.Combine(directory.FullName, "data")))
            {
                Assert.NotNull(held);
                Assert.Null(DataDirectory.TryTake(held.Path));
            }
            using var again = DataDirectory.TryTake(Path.Combine(directory.FullName, "data"));
            Assert.NotNull(again);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<long> CountAsync(string connectionString)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM schema_migrations", connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return connection;
    }
}
