using Npgsql;
using Quehacer.Core.Postgres;
using Quehacer.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(Quehacer.Core.Tests.Stores.PostgresFixture))]

namespace Quehacer.Core.Tests.Stores;

/// <summary>A private PostgreSQL cluster, started once for the whole run and only when a test asks for it, with a database for everybody who wants one.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly SemaphoreSlim starting = new(1);
    private readonly SemaphoreSlim migrating = new(1);
    private DirectoryInfo? directory;
    private DataDirectory? data;
    private LocalCluster? cluster;
    private string? migrated;
    private int databases;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }
        data?.Dispose();
        directory?.Delete(recursive: true);
        starting.Dispose();
        migrating.Dispose();
    }

    /// <summary>The connection string of a new, empty database.</summary>
    public Task<string> EmptyDatabaseAsync() => CreateAsync("template1");

    /// <summary>The connection string of a new database with the schema in it: a copy of one that was migrated once for all.</summary>
    public async Task<string> DatabaseAsync()
    {
        await migrating.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (migrated is null)
            {
                var connectionString = await EmptyDatabaseAsync();
                await new Migrator(connectionString).MigrateAsync(TestContext.Current.CancellationToken);
                migrated = connectionString;
            }
        }
        finally
        {
            migrating.Release();
        }
        return await CopyAsync(migrated);
    }

    /// <summary>The connection string of a new database that holds what another one does. Nobody may be connected to that one any more.</summary>
    public Task<string> CopyAsync(string connectionString) => CreateAsync(new NpgsqlConnectionStringBuilder(connectionString).Database!);

    private async Task<string> CreateAsync(string template)
    {
        await starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            cluster ??= await StartAsync();
            var name = $"test_{++databases}";
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var create = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE {template}", connection);
            await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            return new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = name }.ConnectionString;
        }
        finally
        {
            starting.Release();
        }
    }

    private async Task<LocalCluster> StartAsync()
    {
        directory = Scratch.Create("quehacer-tests-");
        // The cluster may run as another user, who has to pass.
        directory.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        data = DataDirectory.TryTake(Path.Combine(directory.FullName, "data")) ?? throw new InvalidOperationException("A fresh directory is held by somebody.");
        return await LocalCluster.StartAsync(data, binDirectory: null, maxConnections: 200, _ => { }, TestContext.Current.CancellationToken);
    }
}
