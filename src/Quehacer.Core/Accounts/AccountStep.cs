using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;

namespace Quehacer.Core.Accounts;

/// <summary>What a step came to.</summary>
internal enum StepOutcome
{
    Done,

    /// <summary>Nothing was done: what it hangs on is no longer so.</summary>
    Refused,

    /// <summary>Nothing was done: the idempotency key is known.</summary>
    KeyKnown,

    /// <summary>Nothing was done: the first request with this key is still at work.</summary>
    KeyInFlight,
}

/// <summary>
/// A write to an account that hangs on conditional statements: where one changes no row, nothing is done. All of it is one transaction, with the
/// idempotency key in front.
/// </summary>
internal static class AccountStep
{
    private const int Attempts = 3;

    /// <param name="database">Where.</param>
    /// <param name="workspaceId">The personal workspace of the account, to which the key belongs.</param>
    /// <param name="userId">The account.</param>
    /// <param name="key">Null without one.</param>
    /// <param name="outcome">What the key remembers, as JSON.</param>
    /// <param name="now">When.</param>
    /// <param name="decideAsync">
    /// Runs the statements, and says whether all of them found what they hang on. The account's row comes before its sessions and secrets. Run again when
    /// PostgreSQL has chosen this one to end a deadlock, as two steps can that consume different secrets of one account.
    /// </param>
    public static async Task<StepOutcome> RunAsync(
        Database database, Guid workspaceId, Guid userId, IdempotencyKey? key, string? outcome, DateTime now, Func<NpgsqlConnection, Task<bool>> decideAsync)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(database, workspaceId, userId, key, outcome, now, decideAsync);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DeadlockDetected && attempt < Attempts)
            {
                // Nothing was done.
            }
        }
    }

    private static async Task<StepOutcome> TryAsync(
        Database database, Guid workspaceId, Guid userId, IdempotencyKey? key, string? outcome, DateTime now, Func<NpgsqlConnection, Task<bool>> decideAsync)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var batch = new WorkspaceBatch(database, connection, workspaceId);
        batch.Begin();
        if (key is not null)
        {
            batch.Key(userId, key, streamId: null, version: null, outcome, now);
        }
        switch ((await batch.ExecuteAsync(CancellationToken.None)).Outcome)
        {
            case BatchOutcome.Committed:
                break;
            case BatchOutcome.KeyKnown:
                return StepOutcome.KeyKnown;
            default:
                return StepOutcome.KeyInFlight;
        }
        bool isDone;
        try
        {
            isDone = await decideAsync(connection);
        }
        catch
        {
            await batch.RollBackAsync();
            throw;
        }
        // Not cancelled with the request: once it is under way, a write is better finished than left in doubt.
        await using var end = new NpgsqlCommand(isDone ? "COMMIT" : "ROLLBACK", connection);
        await end.ExecuteNonQueryAsync(CancellationToken.None);
        return isDone ? StepOutcome.Done : StepOutcome.Refused;
    }

    /// <summary>Runs one statement of a step; gives how many rows it changed.</summary>
    public static async Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, Action<NpgsqlParameterCollection> parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        parameters(command.Parameters);
        return await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>The same for a statement that reads, and perhaps locks what it has read; says whether there was a row.</summary>
    public static async Task<bool> FindsAsync(this NpgsqlConnection connection, string sql, Action<NpgsqlParameterCollection> parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        parameters(command.Parameters);
        return await command.ExecuteScalarAsync(CancellationToken.None) is not null;
    }

    /// <summary>Has the key of a step remember what came of it, where that is known only within the step.</summary>
    public static Task<int> RememberAsync(this NpgsqlConnection connection, Guid workspaceId, Guid userId, IdempotencyKey key, string outcome) => connection.ExecuteAsync(
        "UPDATE idempotency_keys SET outcome = $4 WHERE workspace_id = $1 AND user_id = $2 AND key = $3",
        parameters => parameters.With(workspaceId).With(userId).With(key.Value).WithJson(outcome));

    /// <summary>
    /// Says in the account's history what was done; behind the statement that has raised its version. <paramref name="type"/> is a constant of ours.
    /// </summary>
    public static Task<int> RecordAsync(this NpgsqlConnection connection, Guid userId, string type, DateTime at, string requestId) =>
        connection.RecordAsync(userId, userId, type, at, requestId);

    /// <summary>The same for what somebody else has done: an administrator, or, where there is no actor, whoever runs the installation.</summary>
    public static Task<int> RecordAsync(this NpgsqlConnection connection, Guid userId, Guid? actorId, string type, DateTime at, string? requestId) => connection.ExecuteAsync(
        "INSERT INTO account_events (user_id, version, type, actor_id, at, request_id) SELECT user_id, version, $2, $5, $3, $4 FROM accounts WHERE user_id = $1",
        parameters => parameters.With(userId).With(type).With(at).WithText(requestId).WithId(actorId));
}
