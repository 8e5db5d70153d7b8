using Npgsql;
using Quehacer.Core.Postgres;
using Xunit;

[assembly: AssemblyFixture(typeof(Quehacer.Core.Tests.Stores.PostgresFixture))]

namespace Quehacer.Core.Tests.Stores;

/// <summary>A private PostgreSQL cluster, started once for the whole run and only when a test asks for it, with a database for everybody who wants one.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly SemaphoreSlim starting = new(1);
    private DirectoryInfo? directory;
    private DataDirectory? data;
    private LocalCluster? cluster;
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
    }

    /// <summary>The connection string of a new, empty database.</summary>
    public async Task<string> EmptyDatabaseAsync()
    {
        await starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            cluster ??= await StartAsync();
            var name = $"test_{++databases}";
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var create = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
            await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            return new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Database = name }.ConnectionString;
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>The connection string of a new database with the schema in it.</summary>
    public async Task<string> DatabaseAsync()
    {
        var connectionString = await EmptyDatabaseAsync();
        await new Migrator(connectionString).MigrateAsync(TestContext.Current.CancellationToken);
        return connectionString;
    }

    private async Task<LocalCluster> StartAsync()
    {
        directory = Directory.CreateTempSubdirectory("quehacer-tests-");
        // The cluster may run as another user, who has to pass.
        directory.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        data = DataDirectory.TryTake(Path.Combine(directory.FullName, "data")) ?? throw new InvalidOperationException("A fresh directory is held by somebody.");
        return await LocalCluster.StartAsync(data, binDirectory: null, maxConnections: 200, _ => { }, TestContext.Current.CancellationToken);
    }
}
