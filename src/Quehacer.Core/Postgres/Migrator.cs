using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Quehacer.Core.Postgres;

/// <summary>The database cannot be used as it is; the message says why and what to do.</summary>
public sealed class DatabaseRefused(string message) : Exception(message);

/// <summary>
/// Brings the schema forward, never back: each migration once, in its own transaction, in order, while no other server migrates.
/// Migrations are the files of <c>Migrations/</c>; a file that has been applied is never edited.
/// </summary>
public sealed class Migrator(string connectionString)
{
    /// <summary>Any constant will do, as long as it is ours alone: "quehacer" in ASCII.</summary>
    private const long AdvisoryLock = 0x7175656861636572;

    /// <summary>What a migration does beside its SQL, after it and in the same transaction.</summary>
    private static readonly Dictionary<int, Func<NpgsqlConnection, CancellationToken, Task>> Programs = new() { [2] = Folding.FillInAsync, [11] = Folding.FillInAccountsAsync };

    private sealed record Migration(int Version, string Name, string Sql, string Checksum);

    /// <summary>Gives the names of the migrations it applied; none when the schema was up to date.</summary>
    /// <exception cref="DatabaseRefused">The schema is newer than this program, or an applied migration has been edited.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellation)
    {
        var known = Known();
        await using var connection = Connect();
        await connection.OpenAsync(cancellation);

        // The usual start: nothing to do, no lock, one round trip.
        var missing = Missing(known, await AppliedAsync(connection, cancellation));
        if (missing.Count == 0)
        {
            return [];
        }
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock({AdvisoryLock})", cancellation);
        await ExecuteAsync(
            connection,
            "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
            cancellation);
        missing = Missing(known, await AppliedAsync(connection, cancellation));
        foreach (var migration in missing)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await ExecuteAsync(connection, migration.Sql, cancellation);
            if (Programs.TryGetValue(migration.Version, out var program))
            {
                await program(connection, cancellation);
            }
            await using var record = new NpgsqlCommand("INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)", connection);
            record.Parameters.With(migration.Version).With(migration.Name).With(migration.Checksum);
            await record.ExecuteNonQueryAsync(cancellation);
            await transaction.CommitAsync(cancellation);
        }
        return [.. missing.Select(migration => migration.Name)];
    }

    /// <summary>The names of the migrations that the database has not had yet.</summary>
    /// <exception cref="DatabaseRefused">As for <see cref="MigrateAsync"/>.</exception>
    public async Task<IReadOnlyList<string>> MissingAsync(CancellationToken cancellation)
    {
        await using var connection = Connect();
        await connection.OpenAsync(cancellation);
        return [.. Missing(Known(), await AppliedAsync(connection, cancellation)).Select(migration => migration.Name)];
    }

    private static List<Migration> Missing(List<Migration> known, Dictionary<int, (string Name, string Checksum)> applied)
    {
        var newest = known[^1].Version;
        if (applied.Keys.Where(version => version > newest).ToList() is { Count: > 0 } newer)
        {
            throw new DatabaseRefused(
                $"The database has the schema of a newer Quehacer (migration {newer.Max()}; this program knows up to {newest}). "
                + "Start the newer program, or restore a backup made before it was first started.");
        }
        foreach (var migration in known)
        {
            if (applied.TryGetValue(migration.Version, out var was) && was.Checksum != migration.Checksum)
            {
                throw new DatabaseRefused(
                    $"Migration {migration.Name} is not the one that was applied to this database: the program has been altered. Start the program that made the database, or an official newer one.");
            }
        }
        return [.. known.Where(migration => !applied.ContainsKey(migration.Version))];
    }

    private static async Task<Dictionary<int, (string Name, string Checksum)>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var applied = new Dictionary<int, (string, string)>();
        try
        {
            await using var command = new NpgsqlCommand("SELECT version, name, checksum FROM schema_migrations", connection);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                applied[reader.GetInt32(0)] = (reader.GetString(1), reader.GetString(2));
            }
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // A fresh database.
        }
        return applied;
    }

    private NpgsqlConnection Connect() =>
        new(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Enlist = false, CommandTimeout = 0, Timeout = 10 }.ConnectionString);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static List<Migration> Known()
    {
        var assembly = typeof(Migrator).Assembly;
        var migrations = new List<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith("migrations/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var sql = reader.ReadToEnd();
            var name = Path.GetFileNameWithoutExtension(resource);
            migrations.Add(new Migration(
                int.Parse(name.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture),
                name,
                sql,
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)))));
        }
        migrations.Sort((one, other) => one.Version.CompareTo(other.Version));
        return migrations;
    }
}
