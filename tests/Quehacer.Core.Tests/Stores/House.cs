using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Quehacer.Core.Accounts;
using Quehacer.Core.Events;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using Npgsql;
using Xunit;

namespace Quehacer.Core.Tests.Stores;

/// <summary>A clock that the test moves; between moves it runs as the machine's does.</summary>
internal sealed class MovableTime : TimeProvider
{
    private TimeSpan ahead;

    /// <summary>How far it has been moved.</summary>
    public TimeSpan Ahead => ahead;

    public void Forward(TimeSpan by) => ahead += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
}

/// <summary>An installation on a database of its own, and what tests ask of it again and again.</summary>
internal sealed class House : IAsyncDisposable
{
    public const string Password = "zq8-Km2x";

    public const string SigningKey = "a secret of at least thirty-two bytes";

    public static readonly TaskLimits V1 = new(TitleCharacters: 200, DescriptionCharacters: 10_000, Tags: 10, TagCharacters: 50);

    private House(
        string connectionString, TimeSpan keysKeptFor, TimeSpan tasksKeptFor, int lockTimeoutMs, LoginLimits? loginLimits, LetterLimits? letterLimits, EmailVerification emailVerification)
    {
        ConnectionString = connectionString;
        Database = new Database(new DatabaseOptions(connectionString, PoolSize: 24, StatementTimeoutMs: 20_000, lockTimeoutMs));
        // Real hashing is slow on purpose, and its slowness is not what these tests are about.
        var hashing = new PasswordHashing(password => "plain:" + password, (hash, password) =>
        {
            Interlocked.Increment(ref passwordsLookedAt);
            return hash == "plain:" + password;
        });
        options = new InstallationOptions(
            new Quehacer.Core.Accounts.SigningKey(SigningKey), [new byte[32]], hashing, ParallelPasswords: 4, loginLimits, TimeSpan.FromDays(30), keysKeptFor, tasksKeptFor)
        {
            IsCodeLoginOffered = true,
            EmailVerification = emailVerification,
            LetterLimits = letterLimits,
        };
        Core = new Installation(Database, options, Time, (incident, userId, _) => Incidents.Enqueue((incident, userId)));
    }

    private readonly InstallationOptions options;

    private int passwordsLookedAt;

    /// <summary>How often a password was held against a hash.</summary>
    public int PasswordsLookedAt => Volatile.Read(ref passwordsLookedAt);

    public MovableTime Time { get; } = new();

    public ConcurrentQueue<(SecurityEvent Incident, Guid? UserId)> Incidents { get; } = new();

    public string ConnectionString { get; }

    public Database Database { get; }

    public Installation Core { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<House> BuildAsync(
        PostgresFixture postgres, int keysKeptForDays = 1, int tasksKeptForDays = 30, int lockTimeoutMs = 20_000, LoginLimits? loginLimits = null, LetterLimits? letterLimits = null,
        EmailVerification emailVerification = EmailVerification.Optional) =>
        new(await postgres.DatabaseAsync(), TimeSpan.FromDays(keysKeptForDays), TimeSpan.FromDays(tasksKeptForDays), lockTimeoutMs, loginLimits, letterLimits, emailVerification);

    /// <summary>The same on a database that is there already, whose schema is brought up to date.</summary>
    public static async Task<House> BuildOnAsync(string connectionString)
    {
        await new Migrator(connectionString).MigrateAsync(Cancellation);
        return new(connectionString, TimeSpan.FromDays(1), TimeSpan.FromDays(30), lockTimeoutMs: 20_000, loginLimits: null, letterLimits: null, EmailVerification.Optional);
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    /// <summary>Another server on the same database, under another signing key.</summary>
    public Installation Rekeyed(string signingKey, string? previous) => new(
        Database, options with { SigningKey = new Quehacer.Core.Accounts.SigningKey(signingKey), PreviousSigningKey = previous is null ? null : new Quehacer.Core.Accounts.SigningKey(previous) }, Time,
        (incident, userId, _) => Incidents.Enqueue((incident, userId)));

    /// <summary>Another server on the same database, which deletes accounts so long after it was asked.</summary>
    public Installation WithGrace(TimeSpan grace) => new(Database, options with { DeletionGrace = grace }, Time, (incident, userId, _) => Incidents.Enqueue((incident, userId)));

    /// <summary>All rows of all tables, as text.</summary>
    public async Task<string> DumpAsync()
    {
        var dump = new StringBuilder();
        foreach (var table in await ColumnAsync<string>("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND $1 IS NOT NULL ORDER BY 1", Guid.Empty))
        {
            foreach (var row in await ColumnAsync<string>($"SELECT t::text FROM {table} t WHERE $1 IS NOT NULL", Guid.Empty))
            {
                dump.Append(table).Append(' ').AppendLine(row);
            }
        }
        return dump.ToString();
    }

    /// <summary>Registers somebody, whose e-mail is verified, and logs them in.</summary>
    public async Task<(Caller Caller, Tokens Tokens)> MoveInAsync(string email)
    {
        Ok(await Core.Accounts.RegisterAsync(new AccountEdit { Email = email, Name = "Somebody", Password = Password }, Visitor.Operator, null, Cancellation));
        await using (var verify = Database.Command("UPDATE accounts SET email_verified_at = $2 WHERE email_key = $1"))
        {
            verify.Parameters.With(AccountEdit.EmailKey(email)).With(Time.NowUtc());
            await verify.ExecuteNonQueryAsync(Cancellation);
        }
        return await LogInAsync(email);
    }

    public async Task<(Caller Caller, Tokens Tokens)> LogInAsync(string email)
    {
        var tokens = Ok(await Core.Sessions.LoginAsync(email, Password, Visitor.Operator, null, Cancellation)).Value;
        return (CallerOf(tokens), tokens);
    }

    public Caller CallerOf(Tokens tokens)
    {
        Assert.Null(Core.AccessToken.Verify(tokens.AccessToken, Time.NowUtc(), out var claims));
        return new Caller(claims.UserId, claims.SessionId, claims.WorkspaceId, "req_test");
    }

    /// <summary>Makes a workspace, and gives its owner's caller in it.</summary>
    public async Task<Caller> FoundAsync(Caller owner, string name = "Home") =>
        owner with { WorkspaceId = Ok(await Core.WorkspaceWriter.CreateAsync(owner, new WorkspaceEdit { Name = name }, null, Cancellation)).Value.Workspace.Id };

    /// <summary>Does to a member of the owner's workspace what an event says, and gives the member's caller in it.</summary>
    public async Task<Caller> MakeMemberAsync(Caller owner, Caller member, MemberEvent change)
    {
        await using var connection = await Database.OpenAsync(Cancellation);
        await using var version = new NpgsqlCommand($"SELECT {MemberTable.NextVersionOf("$2")}", connection);
        version.Parameters.With(owner.WorkspaceId).With(member.UserId);
        await using var batch = new WorkspaceBatch(Database, connection, owner.WorkspaceId);
        var next = (int)(await version.ExecuteScalarAsync(Cancellation))!;
        batch.Begin();
        batch.Advance(owner, events: 1, default, Time.NowUtc(), onlyWithLabels: null, Permission.Manage);
        MemberTable.AddChange(batch, owner.WorkspaceId, member.UserId, next, change, following: 0, owner.UserId, owner.RequestId);
        batch.Commit();
        Assert.Equal(BatchOutcome.Committed, (await batch.ExecuteAsync(Cancellation)).Outcome);
        return member with { WorkspaceId = owner.WorkspaceId };
    }

    public async Task<TaskItem> CreateAsync(Caller caller, TaskEdit edit, IdempotencyKey? key = null) =>
        Ok(await Core.TaskWriter.WriteAsync(caller, TaskOperation.Create(edit, V1), key, Cancellation)).View.Task;

    /// <summary>A page of a list, by number.</summary>
    public Task<Result<TaskPage>> ListAsync(Caller caller, TaskFilter filter, int page = 1, int limit = 20) =>
        Core.TaskList.ListAsync(caller, new TaskListRequest(filter, limit, page, Cursor: null, WithTotal: true), Cancellation);

    public async Task<IReadOnlyList<StoredEvent>> StreamAsync(Caller caller, Guid streamId) =>
        await EventLog.ReadStreamAsync(Database, caller.WorkspaceId, streamId, int.MaxValue, Cancellation);

    /// <summary>The task's row, deleted or not.</summary>
    public async Task<TaskItem> RowAsync(Caller caller, Guid taskId) => Ok(await Core.Tasks.FindAsync(caller, new TaskRef(taskId, 0), Cancellation)).Task;

    /// <summary>The first column of a query whose only parameter is the workspace.</summary>
    public async Task<IReadOnlyList<T>> ColumnAsync<T>(string sql, Guid workspaceId)
    {
        await using var command = Database.Command(sql);
        command.Parameters.With(workspaceId);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var values = new List<T>();
        while (await reader.ReadAsync(Cancellation))
        {
            values.Add(reader.GetFieldValue<T>(0));
        }
        return values;
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var command = Database.Command(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.Command(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>Everything that holds of a workspace whatever was done to it: no revision is missing, rows are what their events make of them, counts are right.</summary>
    public async Task AssertConsistentAsync(Caller caller)
    {
        var revisions = await ColumnAsync<long>("SELECT revision FROM events WHERE workspace_id = $1 ORDER BY revision", caller.WorkspaceId);
        Assert.Equal(Enumerable.Range(1, revisions.Count).Select(revision => (long)revision), revisions);
        Assert.Equal([revisions.Count], await ColumnAsync<long>("SELECT revision FROM workspaces WHERE workspace_id = $1", caller.WorkspaceId));
        Assert.Empty(await ColumnAsync<long>(
            "SELECT e.revision FROM events e JOIN events later ON later.workspace_id = e.workspace_id AND later.revision > e.revision AND later.at < e.at WHERE e.workspace_id = $1",
            caller.WorkspaceId));

        var counts = await ColumnAsync<bool>(
            """
            SELECT pending_tasks = (SELECT count(*) FROM tasks WHERE workspace_id = $1 AND deleted_at IS NULL AND state = 0)
               AND done_tasks = (SELECT count(*) FROM tasks WHERE workspace_id = $1 AND deleted_at IS NULL AND state = 1)
               AND deleted_tasks = (SELECT count(*) FROM tasks WHERE workspace_id = $1 AND deleted_at IS NOT NULL)
               AND last_task_number = (SELECT count(*) FROM events WHERE workspace_id = $1 AND type IN ('task.created', 'task.moved_in'))
               AND last_task_number = (SELECT coalesce(max(number), 0) FROM events WHERE workspace_id = $1)
              FROM workspaces WHERE workspace_id = $1
            """,
            caller.WorkspaceId);
        Assert.Equal([true], counts);
        Assert.Empty(await ColumnAsync<Guid>(
            """
            SELECT p.task_id FROM tasks p
             WHERE p.workspace_id = $1 AND (p.subtask_count, p.subtasks_done) <> (
                     SELECT count(*), count(*) FILTER (WHERE c.state = 1) FROM tasks c WHERE c.workspace_id = $1 AND c.parent_id = p.task_id AND c.deleted_at IS NULL)
            """,
            caller.WorkspaceId));
        // Whoever is there has a parent that is there, and its way up ends.
        Assert.Empty(await ColumnAsync<Guid>(
            """
            WITH RECURSIVE level AS (
              SELECT task_id, 1 AS depth FROM tasks WHERE workspace_id = $1 AND deleted_at IS NULL AND parent_id IS NULL
              UNION ALL SELECT c.task_id, l.depth + 1 FROM level l JOIN tasks c ON c.workspace_id = $1 AND c.parent_id = l.task_id AND c.deleted_at IS NULL)
            SELECT task_id FROM tasks WHERE workspace_id = $1 AND deleted_at IS NULL AND task_id NOT IN (SELECT task_id FROM level WHERE depth <= 5)
            """,
            caller.WorkspaceId));

        foreach (var taskId in await ColumnAsync<Guid>("SELECT task_id FROM tasks WHERE workspace_id = $1", caller.WorkspaceId))
        {
            TaskItem? replayed = null;
            var stream = await StreamAsync(caller, taskId);
            Assert.Equal(Enumerable.Range(1, stream.Count), stream.Select(stored => stored.Stamp.Version));
            foreach (var stored in stream)
            {
                replayed = TaskItem.Apply(replayed, TaskEvent.FromStored(stored), stored.Stamp);
            }
            // The log keeps the ids that a label had then; a row takes on what they lead to whenever it is written.
            AssertSame((await Core.Tasks.ViewAsOfNowAsync(caller.WorkspaceId, [replayed!], Cancellation))[0].Task, await RowAsync(caller, taskId));
            Assert.Equal(
                [stream[^1].Revision],
                await ColumnAsync<long>($"SELECT revision FROM tasks WHERE workspace_id = $1 AND task_id = '{taskId}'", caller.WorkspaceId));
        }
        await AssertLabelsConsistentAsync(caller);
        await AssertNotesConsistentAsync(caller);
    }

    /// <summary>The same of several workspaces, and every workspace there is comes out of its log again.</summary>
    public async Task AssertWholeAsync(params Caller[] callers)
    {
        foreach (var caller in callers)
        {
            await AssertConsistentAsync(caller);
        }
        var report = await new Rebuild(Database).RunAsync(write: false, _ => { }, Cancellation);
        Assert.True(report.IsEqual, string.Join('\n', report.First.Select(difference => $"{difference.Kind} {difference.Id} {string.Join(',', difference.Members)}")));
    }

    /// <summary>Rows of notes are what their events make of them, nothing was said on a task that was deleted then, and of what is gone the log has no words.</summary>
    private async Task AssertNotesConsistentAsync(Caller caller)
    {
        var rows = new Dictionary<Guid, (Note Note, long Revision)>();
        await using (var command = Database.Command($"SELECT {NoteTable.Columns}, n.revision FROM notes n WHERE n.workspace_id = $1"))
        {
            command.Parameters.With(caller.WorkspaceId);
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                var note = NoteTable.Read(reader, 0);
                rows.Add(note.Id, (note, reader.GetInt64(6)));
            }
        }
        foreach (var noteId in await ColumnAsync<Guid>("SELECT DISTINCT stream_id FROM events WHERE workspace_id = $1 AND type LIKE 'note.%'", caller.WorkspaceId))
        {
            var stream = await StreamAsync(caller, noteId);
            if (!rows.Remove(noteId, out var row))
            {
                Assert.All(stream, stored => Assert.True(stored.Type is EventNames.NoteDeleted or EventNames.NoteMovedOut || NoteEvent.SaysNothing(stored), $"{stored} says something of a note that is gone."));
                continue;
            }
            Assert.Equal(Enumerable.Range(1, stream.Count), stream.Select(stored => stored.Stamp.Version));
            Assert.Equal((stream.Aggregate(default(Note), (note, stored) => Note.Apply(note, NoteEvent.FromStored(stored), stored.Stamp)), stream[^1].Revision), row);
        }
        Assert.Empty(rows);
        Assert.Empty(await ColumnAsync<Guid>(
            "SELECT note_id FROM notes n WHERE n.workspace_id = $1 AND NOT EXISTS (SELECT FROM tasks t WHERE t.workspace_id = $1 AND t.task_id = n.task_id)", caller.WorkspaceId));
        Assert.Empty(await ColumnAsync<long>(
            """
            SELECT e.revision FROM events e JOIN events c ON c.workspace_id = $1 AND c.stream_id = e.stream_id AND c.type = 'note.created'
             WHERE e.workspace_id = $1 AND e.type LIKE 'note.%'
               AND (SELECT p.type FROM events p WHERE p.workspace_id = $1 AND p.stream_id = (c.data ->> 'task_id')::uuid AND p.revision < e.revision ORDER BY p.revision DESC LIMIT 1)
                   IN ('task.deleted', 'task.purged')
            """,
            caller.WorkspaceId));
    }

    /// <summary>Rows of labels are what their events make of them, names are free or taken, pointers lead to labels, and the labels revision is that of the last change.</summary>
    private async Task AssertLabelsConsistentAsync(Caller caller)
    {
        var rows = new Dictionary<Guid, (Label Label, Guid? MergedInto, string? NameKey, string SortKey, long Revision)>();
        await using (var command = Database.Command($"SELECT {LabelTable.Columns}, l.merged_into, l.name_key, l.sort_key, l.revision FROM labels l WHERE l.workspace_id = $1"))
        {
            command.Parameters.With(caller.WorkspaceId);
            await using var reader = await command.ExecuteReaderAsync(Cancellation);
            while (await reader.ReadAsync(Cancellation))
            {
                var label = LabelTable.Read(reader, 0);
                rows.Add(label.Id, (label, reader.IsDBNull(6) ? null : reader.GetGuid(6), reader.IsDBNull(7) ? null : reader.GetString(7), reader.GetString(8), reader.GetInt64(9)));
            }
        }
        foreach (var (label, mergedInto, nameKey, sortKey, _) in rows.Values)
        {
            Assert.Equal(mergedInto is null ? Text.NameKey(label.Name) : null, nameKey);
            Assert.Equal(Text.SortKey(label.Name), sortKey);
            Assert.True(mergedInto is null || rows[mergedInto.Value] is { MergedInto: null, Label.Kind: LabelKind.Tag }, $"{label} leads nowhere.");
        }
        foreach (var labelId in await ColumnAsync<Guid>(
            "SELECT DISTINCT stream_id FROM events WHERE workspace_id = $1 AND (type LIKE 'tag.%' OR type LIKE 'category.%')", caller.WorkspaceId))
        {
            var stream = await StreamAsync(caller, labelId);
            var events = stream.Select(LabelEvent.FromStored).ToList();
            Assert.Equal(Enumerable.Range(1, stream.Count), stream.Select(stored => stored.Stamp.Version));
            Assert.DoesNotContain(events.SkipLast(1), labelEvent => labelEvent is LabelEvent.Merged or LabelEvent.Deleted);
            if (!rows.Remove(labelId, out var row))
            {
                Assert.True(events[^1] is LabelEvent.Merged or LabelEvent.Deleted, $"{stream[^1]} was the last that happened, and there is no row.");
                continue;
            }
            var kind = stream[0].Type == EventNames.TagCreated ? LabelKind.Tag : LabelKind.Category;
            Assert.Equal(stream.Aggregate(default(Label), (label, stored) => Label.Apply(label, kind, LabelEvent.FromStored(stored), stored.Stamp)), row.Label);
            Assert.Equal((events[^1] is LabelEvent.Merged, stream[^1].Revision), (row.MergedInto is not null, row.Revision));
        }
        Assert.Empty(rows);
        Assert.Equal(
            await ColumnAsync<long>(
                """
                SELECT coalesce(max(revision), 0) FROM events
                 WHERE workspace_id = $1 AND type IN ('tag.updated', 'tag.merged', 'tag.deleted', 'category.updated', 'category.deleted')
                """,
                caller.WorkspaceId),
            await ColumnAsync<long>("SELECT labels_revision FROM workspaces WHERE workspace_id = $1", caller.WorkspaceId));
    }

    public static void AssertSame(TaskItem expected, TaskItem actual)
    {
        Assert.Equal(expected.TagIds, actual.TagIds);
        Assert.Equal(expected with { TagIds = actual.TagIds }, actual);
    }

    public static T Ok<T>(Result<T> result)
    {
        Assert.True(result.IsOk, $"{result.Error?.Code} {string.Join(", ", result.Error?.Fields ?? [])}");
        return result.Value;
    }

    public static IdempotencyKey Key(string value, string request = "request") => new(value, SHA256.HashData(Encoding.UTF8.GetBytes(request)));

    /// <summary>Starts all of them as nearly at once as can be.</summary>
    public static async Task<T[]> AtOnceAsync<T>(int count, Func<int, Task<T>> work)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var all = Enumerable.Range(0, count).Select(async index =>
        {
            await start.Task;
            return await work(index);
        }).ToList();
        start.SetResult();
        return await Task.WhenAll(all);
    }
}
