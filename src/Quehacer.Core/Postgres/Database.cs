using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Quehacer.Core.Postgres;

/// <param name="ConnectionString">In Npgsql's form; see <see cref="DatabaseUrl"/>.</param>
/// <param name="PoolSize">Connections at most.</param>
/// <param name="StatementTimeoutMs">A statement that runs longer is cancelled by PostgreSQL.</param>
/// <param name="LockTimeoutMs">A statement that waits longer for a lock is cancelled by PostgreSQL.</param>
public sealed record DatabaseOptions(string ConnectionString, int PoolSize, int StatementTimeoutMs, int LockTimeoutMs);

/// <summary>The one way to PostgreSQL: a pool of connections whose statements are prepared, bounded in time and tagged with the database's incarnation.</summary>
public sealed class Database : IAsyncDisposable
{
    /// <summary>
    /// System identifier and timeline tell one cluster and one history from another; the installation's own id tells a restored dump from
    /// its original. On a standby the timeline of the last checkpoint has to do.
    /// </summary>
    private const string ReadIncarnation = """
        SELECT (SELECT system_identifier FROM pg_control_system())::text,
               CASE WHEN pg_is_in_recovery() THEN lpad(to_hex((SELECT timeline_id FROM pg_control_checkpoint())), 8, '0')
                    ELSE lower(left(pg_walfile_name(pg_current_wal_lsn()), 8)) END,
               incarnation::text
          FROM installation
        """;

    /// <summary>What PostgreSQL is told of who connects.</summary>
    internal const string ApplicationName = "quehacer";

    /// <summary>How long to wait for a connection.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PingPatience = TimeSpan.FromSeconds(2);

    private readonly NpgsqlDataSource source;
    private readonly NpgsqlDataSource planning;
    private readonly NpgsqlDataSource listening;
    private readonly SharedReads shared;
    private readonly Lock pings = new();
    private Task? ping;
    private volatile string incarnation = "";

    public Database(DatabaseOptions options)
    {
        source = Build(options, options.PoolSize, preparedStatements: 100);
        planning = Build(options, PlanningPoolSize(options.PoolSize), preparedStatements: 0);
        Lanes = Math.Clamp(Environment.ProcessorCount, 1, Math.Max(1, options.PoolSize / 2));
        shared = new SharedReads(source, Lanes, Patience);
        listening = Build(options, poolSize: 1, preparedStatements: 0, keepAliveSeconds: 5);
    }

    /// <summary>Packets of what travels together that are under way at once: one for each processor, and half of the connections at most, for others take their time.</summary>
    internal int Lanes { get; }

    /// <summary>All connections that a server with this pool opens at most.</summary>
    public static int ConnectionsOf(int poolSize) => poolSize + PlanningPoolSize(poolSize) + 1;

    private static int PlanningPoolSize(int poolSize) => Math.Max(2, poolSize / 4);

    /// <param name="keepAliveSeconds">After how long a connection that waits for word is asked whether it is there still; 0 for never.</param>
    private NpgsqlDataSource Build(DatabaseOptions options, int poolSize, int preparedStatements, int keepAliveSeconds = 0)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            MaxPoolSize = poolSize,
            MinPoolSize = preparedStatements > 0 ? Math.Min(2, poolSize) : 0,
            MaxAutoPrepare = preparedStatements,
            AutoPrepareMinUsages = 2,
            // No statement of ours leaves anything behind in a session, so there is nothing to reset.
            NoResetOnClose = true,
            // By the statement that failed we tell a known idempotency key from a lost race.
            IncludeFailedBatchedCommand = true,
            Enlist = false,
            KeepAlive = keepAliveSeconds,
            Timeout = (int)Patience.TotalSeconds,
            // The server's own timeout comes first and leaves the connection usable.
            CommandTimeout = options.StatementTimeoutMs / 1000 + 5,
            CancellationTimeout = 1000,
            Options = $"-c statement_timeout={options.StatementTimeoutMs} -c lock_timeout={options.LockTimeoutMs} -c idle_in_transaction_session_timeout=15000 -c timezone=UTC",
            ApplicationName = ApplicationName,
        }.ConnectionString);
        builder.EnableArrays();
        builder.EnableJsonTypes();
        builder.EnableTransportSecurity();
        builder.UsePhysicalConnectionInitializer(_ => throw new NotSupportedException("Connections are opened asynchronously."), ReadIncarnationAsync);
        return builder.Build();
    }

    /// <summary>
    /// Eight characters that differ between databases that may hand out the same revision for different things: another cluster, another
    /// timeline after a failover, a restored backup. Read once for every physical connection.
    /// </summary>
    public string Incarnation => incarnation;

    /// <summary>Told of each workspace whose log has grown through this program, once it has; now and then of one that has not, because a step was undone.</summary>
    internal Action<Guid>? Committed { get; set; }

    internal void TellCommitted(Guid workspaceId) => Committed?.Invoke(workspaceId);

    /// <summary>True when the failure says that the database cannot be reached or is overloaded, so that the same request may succeed later.</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable
                or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
                or PostgresErrorCodes.ReadOnlySqlTransaction or "25P03"
            || IsOfTheServer(postgres),
        NpgsqlException or TimeoutException => true,
        _ => false,
    };

    /// <summary>It is the connection that has failed, or the whole server, and not the statement: a connection, its resources, or an operator who steps in.</summary>
    internal static bool IsOfTheServer(PostgresException exception) =>
        exception.SqlState.StartsWith("08", StringComparison.Ordinal)
        || exception.SqlState.StartsWith("53", StringComparison.Ordinal)
        || exception.SqlState.StartsWith("57P", StringComparison.Ordinal);

    /// <summary>
    /// Answers when the database does; otherwise throws what <see cref="IsUnavailable"/> knows, after two seconds at most. However many ask,
    /// one connection is used, and all of them get its answer.
    /// </summary>
    public Task PingAsync(CancellationToken cancellation)
    {
        lock (pings)
        {
            if (ping is null or { IsCompleted: true })
            {
                ping = AskAsync();
            }
            return ping.WaitAsync(PingPatience, cancellation);
        }
    }

    private async Task AskAsync()
    {
        await using var command = source.CreateCommand("SELECT 1");
        command.CommandTimeout = 2;
        await command.ExecuteScalarAsync(CancellationToken.None);
    }

    /// <summary>The settings without which an acknowledged write can be lost, as far as they are off.</summary>
    public async Task<IReadOnlyList<string>> UnsafeSettingsAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(
            "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var unsafeSettings = new List<string>();
        while (await reader.ReadAsync(cancellation))
        {
            unsafeSettings.Add(reader.GetString(0));
        }
        return unsafeSettings;
    }

    public async ValueTask DisposeAsync()
    {
        await listening.DisposeAsync();
        await planning.DisposeAsync();
        await source.DisposeAsync();
    }

    internal ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => source.OpenConnectionAsync(cancellation);

    internal NpgsqlCommand Command(string sql) => source.CreateCommand(sql);

    /// <inheritdoc cref="SharedReads.ReadAsync"/>
    internal Task<T> ReadAsync<T>(Func<NpgsqlParameterCollection, string> say, Func<NpgsqlDataReader, ValueTask<T>> take) => shared.ReadAsync(say, take);

    /// <summary>
    /// For a statement whose best plan depends on its values, such as a search: it is planned anew each time (a prepared one would soon get a
    /// plan for values that are not known), on connections of its own, so that the common requests never wait behind searches.
    /// </summary>
    internal NpgsqlCommand PlannedCommand(string sql) => planning.CreateCommand(sql);

    /// <summary>A connection whose statements are planned anew each time, for work whose tables grow from nothing to any size while it lasts.</summary>
    internal ValueTask<NpgsqlConnection> OpenPlannedAsync(CancellationToken cancellation) => planning.OpenConnectionAsync(cancellation);

    /// <summary>The one connection that waits for word from other servers.</summary>
    internal ValueTask<NpgsqlConnection> OpenListeningAsync(CancellationToken cancellation) => listening.OpenConnectionAsync(cancellation);

    private async Task ReadIncarnationAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(ReadIncarnation, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var parts = $"{reader.GetString(0)}/{reader.GetString(1)}/{reader.GetString(2)}";
        incarnation = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(parts)).AsSpan(0, 4));
    }
}

/// <summary>Typed parameters without boxing, in the order of <c>$1, $2, …</c>.</summary>
internal static class Parameters
{
    public static NpgsqlParameterCollection With<T>(this NpgsqlParameterCollection parameters, T value)
    {
        parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return parameters;
    }

    public static NpgsqlParameterCollection WithText(this NpgsqlParameterCollection parameters, string? value)
    {
        parameters.Add(new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        return parameters;
    }

    public static NpgsqlParameterCollection WithJson(this NpgsqlParameterCollection parameters, string? value)
    {
        parameters.Add(new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb });
        return parameters;
    }

    /// <summary>Times of UTC, some of which may be missing.</summary>
    public static NpgsqlParameterCollection WithTimes(this NpgsqlParameterCollection parameters, DateTime?[] values)
    {
        parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.TimestampTz });
        return parameters;
    }

    public static NpgsqlParameterCollection WithNumber(this NpgsqlParameterCollection parameters, int? value)
    {
        parameters.Add(new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer });
        return parameters;
    }

    public static NpgsqlParameterCollection WithId(this NpgsqlParameterCollection parameters, Guid? value)
    {
        parameters.Add(new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        return parameters;
    }

    public static NpgsqlParameterCollection WithTime(this NpgsqlParameterCollection parameters, DateTime? value)
    {
        parameters.Add(new NpgsqlParameter { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        return parameters;
    }
}
