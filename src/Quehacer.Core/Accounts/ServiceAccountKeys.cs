using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using Quehacer.Core.Events;
using Quehacer.Core.Postgres;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Accounts;

/// <summary>
/// The API keys of service accounts, which are good for their workspace alone. Its owner, of now, makes them with the password, lists and revokes them; they stay when
/// the workspace is handed on. All of it is done in the workspace <see cref="Caller.WorkspaceId"/>.
/// </summary>
public sealed class ServiceAccountKeys(
    Database database, ServiceAccounts serviceAccounts, SigningKey signingKey, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
{
    /// <summary>The service account <c>$3</c> of the workspace, of somebody who may manage it.</summary>
    private const string Managed = $"""
        {Access.From} JOIN accounts a ON a.user_id = $3 AND a.is_service AND a.workspace_id = w.workspace_id
          JOIN members p ON p.workspace_id = w.workspace_id AND p.user_id = a.user_id
        """;

    /// <summary>Makes a key of a service account. A repeat under the idempotency key is given the same one.</summary>
    public async Task<Result<Answered<IssuedApiKey>>> CreateAsync(Caller caller, Guid accountId, NewApiKey edit, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        if (edit.Check(now, Field.ServiceScopes) is { Count: > 0 } faults)
        {
            return Error.Invalid(faults);
        }
        // Whether the account is there is told before a password is looked at.
        var there = await serviceAccounts.GetAsync(caller, accountId, cancellation);
        if (!there.IsOk)
        {
            return there.Error;
        }
        var shown = await serviceAccounts.ShowAsync(caller, edit.CurrentPassword.Value, visitor, cancellation);
        if (!shown.IsOk)
        {
            return shown.Error;
        }
        var id = Ids.New(now);
        var made = ApiKeyStore.New(id, edit, caller.WorkspaceId);
        var text = ApiKeyText.Issue(signingKey, id);
        Error? refusal = null;
        var outcome = await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, new JsonObject { ["key_id"] = id }.ToJsonString(), now, async connection =>
        {
            // Both rows are held, so that no key is made on a password that has changed meanwhile, nor beside a removal of the account, nor one too many.
            if (!await connection.FindsAsync(
                """
                SELECT 1 FROM (SELECT user_id FROM accounts
                                WHERE (user_id = $1 AND credentials = $2) OR (user_id = $3 AND is_service AND workspace_id = $4) ORDER BY user_id FOR NO KEY UPDATE) held
                HAVING count(*) = 2
                """,
                parameters => parameters.With(caller.UserId).With(shown.Value.Credentials).With(accountId).With(caller.WorkspaceId)))
            {
                refusal = new Error(ErrorCode.WrongCredentials);
                return false;
            }
            // So is the workspace's, which is not handed on, archived or left in between.
            if (!await connection.FindsAsync(
                $"SELECT 1 FROM {Access.From} WHERE s.session_id = $1 AND {Access.MayManage} AND w.archived_at IS NULL FOR SHARE OF w", parameters => parameters.WithCaller(caller))
                || !await Access.IsSessionOpenAsync(connection, caller))
            {
                return false;
            }
            if (await connection.ExecuteAsync(
                $"{ApiKeyStore.InsertSession} FROM accounts a JOIN members m ON m.workspace_id = $6 AND m.user_id = a.user_id WHERE a.user_id = $2",
                parameters => parameters.WithSession(accountId, made, text, now)) != 1)
            {
                return false;
            }
            if (await connection.ExecuteAsync(ApiKeyStore.Insert, parameters => parameters.WithKey(accountId, made, now, Limits.ApiKeysOfAServiceAccount)) != 1)
            {
                refusal = Error.Invalid(Field.Body, FieldFault.TooMany, Limits.ApiKeysOfAServiceAccount);
                return false;
            }
            return await RaiseAsync(connection, caller, accountId) && await connection.RecordAsync(accountId, caller.UserId, "account.key_made", now, caller.RequestId) == 1;
        });
        switch (outcome)
        {
            case StepOutcome.Done:
                report(SecurityEvent.ApiKeyMade, accountId, visitor.Address);
                return new Answered<IssuedApiKey>(new IssuedApiKey(made, text), IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.Refused:
                return refusal ?? await ExplainAsync(caller, cancellation);
        }
        var done = await Idempotency.FindAsync(database, caller, key!, cancellation);
        if (!done.IsOk)
        {
            return done.Error;
        }
        if (done.Value?.Outcome is not { } remembered)
        {
            return ErrorCode.Gone;
        }
        var first = await GetAsync(caller, accountId, (Guid)JsonNode.Parse(remembered)!["key_id"]!, cancellation);
        return first.IsOk ? new Answered<IssuedApiKey>(new IssuedApiKey(first.Value, ApiKeyText.Issue(signingKey, first.Value.Id)), IsReplay: true)
            : first.Error.Code == ErrorCode.NotFound ? ErrorCode.Gone
            : first.Error;
    }

    /// <summary>The keys of a service account that are not revoked, the newest first; those that have expired are among them until they are forgotten.</summary>
    public async Task<Result<List<ApiKey>>> ListAsync(Caller caller, Guid accountId, CancellationToken cancellation)
    {
        await using (var command = database.Command($"SELECT 1 FROM {Managed} WHERE s.session_id = $1 AND {Access.MayManage}"))
        {
            command.Parameters.WithCaller(caller).With(accountId);
            if (await command.ExecuteScalarAsync(cancellation) is null)
            {
                return await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
            }
        }
        return await ReadAsync(caller, accountId, null, cancellation);
    }

    public async Task<Result<ApiKey>> GetAsync(Caller caller, Guid accountId, Guid id, CancellationToken cancellation)
    {
        var keys = await ReadAsync(caller, accountId, id, cancellation);
        return keys.Count == 1 ? keys[0] : await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
    }

    /// <summary>Makes a key worthless, from the next statement on, on every server.</summary>
    public async Task<Result<Answered<bool>>> RevokeAsync(Caller caller, Guid accountId, Guid id, Visitor visitor, IdempotencyKey? key, CancellationToken cancellation)
    {
        var now = time.NowUtc();
        var outcome = await AccountStep.RunAsync(database, caller.WorkspaceId, caller.UserId, key, outcome: null, now, async connection =>
            await RaiseAsync(connection, caller, accountId)
            && await connection.ExecuteAsync(
                $"UPDATE sessions t SET ended_at = $5 FROM {Managed} WHERE s.session_id = $1 AND {Access.MayManage} AND t.session_id = $4 AND t.user_id = $3 AND t.is_key AND t.ended_at IS NULL",
                parameters => parameters.WithCaller(caller).With(accountId).With(id).With(now)) == 1
            && await connection.RecordAsync(accountId, caller.UserId, "account.key_revoked", now, caller.RequestId) == 1);
        switch (outcome)
        {
            case StepOutcome.Done:
                report(SecurityEvent.ApiKeyRevoked, accountId, visitor.Address);
                return new Answered<bool>(true, IsReplay: false);
            case StepOutcome.KeyInFlight:
                return ErrorCode.IdempotencyInFlight;
            case StepOutcome.KeyKnown when await Idempotency.FindAsync(database, caller, key!, cancellation) is var done:
                return done.IsOk ? new Answered<bool>(true, IsReplay: true) : done.Error;
            default:
                return await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
        }
    }

    /// <summary>First of all in a step, and so what holds the account's row.</summary>
    private static async Task<bool> RaiseAsync(NpgsqlConnection connection, Caller caller, Guid accountId) => await connection.ExecuteAsync(
        "UPDATE accounts SET version = version + 1 WHERE user_id = $1 AND is_service AND workspace_id = $2", parameters => parameters.With(accountId).With(caller.WorkspaceId)) == 1;

    /// <summary>Why nothing was made although nothing was refused: what was so before the locks was not so behind them.</summary>
    private async Task<Error> ExplainAsync(Caller caller, CancellationToken cancellation)
    {
        var shown = await Access.ExplainAsync(database, caller, Permission.Manage, cancellation);
        return shown.Code != ErrorCode.NotFound ? shown : await IsArchivedAsync(caller, cancellation) ? new Error(ErrorCode.WorkspaceArchived) : shown;
    }

    private async Task<bool> IsArchivedAsync(Caller caller, CancellationToken cancellation)
    {
        await using var command = database.Command($"SELECT 1 FROM {Access.From} WHERE {Access.Sees} AND w.archived_at IS NOT NULL");
        command.Parameters.WithCaller(caller);
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }

    private async Task<List<ApiKey>> ReadAsync(Caller caller, Guid accountId, Guid? id, CancellationToken cancellation)
    {
        await using var command = database.Command($"""
            SELECT {ApiKeyStore.Columns}
              FROM {Managed} JOIN api_keys k ON k.user_id = a.user_id JOIN sessions t ON t.session_id = k.key_id
             WHERE s.session_id = $1 AND {Access.MayManage} AND t.ended_at IS NULL AND ($4::uuid IS NULL OR k.key_id = $4)
             ORDER BY k.key_id DESC
            """);
        command.Parameters.WithCaller(caller).With(accountId).WithId(id);
        return await ApiKeyStore.ReadAllAsync(command, cancellation);
    }
}
