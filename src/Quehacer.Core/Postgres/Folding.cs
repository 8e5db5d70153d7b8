using Npgsql;
using Quehacer.Core.Accounts;
using Quehacer.Core.Tasks;

namespace Quehacer.Core.Postgres;

/// <summary>
/// Fills in what only the program can work out, because the database does not know the fold: sort keys and search entries of the rows that
/// were there before migration 2, and before migration 11. Runs within that migration's transaction.
/// </summary>
internal static class Folding
{
    private const int BatchRows = 2_000;

    public static async Task FillInAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await FillLabelsAsync(connection, cancellation);
        await FillTasksAsync(connection, cancellation);
    }

    /// <summary>What accounts are ordered and found by.</summary>
    public static async Task FillInAccountsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        for (var last = Guid.Empty; ;)
        {
            var batch = new List<(Guid Id, string Name, string Email)>(BatchRows);
            await using (var command = new NpgsqlCommand($"SELECT user_id, name, email FROM accounts WHERE user_id > $1 ORDER BY user_id LIMIT {BatchRows}", connection))
            {
                command.Parameters.With(last);
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                {
                    batch.Add((reader.GetGuid(0), reader.GetString(1), reader.GetString(2)));
                }
            }
            if (batch.Count == 0)
            {
                return;
            }
            await using var update = new NpgsqlCommand(
                "UPDATE accounts a SET name_key = v.name_key, words = v.words::tsvector FROM unnest($1, $2, $3) v(id, name_key, words) WHERE a.user_id = v.id", connection);
            update.Parameters
                .With(batch.Select(account => account.Id).ToArray()).With(batch.Select(account => Text.SortKey(account.Name)).ToArray())
                .With(batch.Select(account => string.Join(' ', AccountWords.Of(account.Name, account.Email).Select(TaskWords.Quote))).ToArray());
            await update.ExecuteNonQueryAsync(cancellation);
            last = batch[^1].Id;
        }
    }

    private static async Task FillLabelsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var labels = new List<(Guid WorkspaceId, Guid Id, string Name)>();
        await using (var command = new NpgsqlCommand("SELECT workspace_id, label_id, name FROM labels", connection))
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
            {
                labels.Add((reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2)));
            }
        }
        foreach (var batch in labels.Chunk(BatchRows))
        {
            await UpdateAsync(
                connection, "UPDATE labels r SET sort_key = v.sort_key, words = v.words::tsvector", "r.label_id",
                [.. batch.Select(label => (label.WorkspaceId, label.Id, Text.SortKey(label.Name), (IEnumerable<string>)Search.WordsOf(label.Name)))], cancellation);
        }
    }

    private static async Task FillTasksAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var (workspaceId, last) = (Guid.Empty, Guid.Empty);
        while (true)
        {
            var batch = new List<(Guid WorkspaceId, TaskItem Task)>(BatchRows);
            await using (var command = new NpgsqlCommand(
                // The columns that there were then, and no later ones.
                $"""
                SELECT workspace_id, task_id, number, version, title, description, tag_ids, created_by, updated_at
                  FROM tasks WHERE (workspace_id, task_id) > ($1, $2) ORDER BY workspace_id, task_id LIMIT {BatchRows}
                """, connection))
            {
                command.Parameters.With(workspaceId).With(last);
                await using var reader = await command.ExecuteReaderAsync(cancellation);
                while (await reader.ReadAsync(cancellation))
                {
                    batch.Add((reader.GetGuid(0), new TaskItem
                    {
                        Id = reader.GetGuid(1),
                        Number = reader.GetInt64(2),
                        Version = reader.GetInt32(3),
                        Title = reader.GetString(4),
                        Description = reader.IsDBNull(5) ? null : reader.GetString(5),
                        TagIds = reader.GetFieldValue<Guid[]>(6),
                        CreatedBy = reader.GetGuid(7),
                        UpdatedAt = reader.GetDateTime(8),
                    }));
                }
            }
            if (batch.Count == 0)
            {
                return;
            }
            await UpdateAsync(
                connection, "UPDATE tasks r SET title_key = v.sort_key, search = v.words::tsvector", "r.task_id",
                [.. batch.Select(row => (row.WorkspaceId, row.Task.Id, Text.SortKey(row.Task.Title), (IEnumerable<string>)TaskWords.Of(row.WorkspaceId, row.Task)))], cancellation);
            (workspaceId, last) = (batch[^1].WorkspaceId, batch[^1].Task.Id);
        }
    }

    private static async Task UpdateAsync(
        NpgsqlConnection connection, string update, string id, IReadOnlyList<(Guid WorkspaceId, Guid Id, string SortKey, IEnumerable<string> Words)> rows,
        CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"{update} FROM unnest($1, $2, $3, $4) v(workspace_id, id, sort_key, words) WHERE r.workspace_id = v.workspace_id AND {id} = v.id", connection);
        command.Parameters
            .With(rows.Select(row => row.WorkspaceId).ToArray()).With(rows.Select(row => row.Id).ToArray()).With(rows.Select(row => row.SortKey).ToArray())
            .With(rows.Select(row => string.Join(' ', row.Words.Select(TaskWords.Quote))).ToArray());
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
