using Quehacer.Core.Accounts;
using Quehacer.Core.Jobs;
using Quehacer.Core.Labels;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;

namespace Quehacer.Core;

/// <summary>What a running Quehacer needs to be told, beside where its database is.</summary>
/// <param name="CursorKeys">What seals the cursors of lists: the first seals, all of them open, so that a key can be replaced while cursors are out.</param>
public sealed record InstallationOptions(
    SigningKey SigningKey, IReadOnlyList<byte[]> CursorKeys, PasswordHashing PasswordHashing, TimeSpan SessionLifetime, TimeSpan IdempotencyKeysKeptFor, TimeSpan DeletedTasksKeptFor);

/// <summary>The core, put together: everything a contract or a command can ask for. Built once; all of it is safe to use from many requests at once.</summary>
public sealed class Installation
{
    public Installation(Database database, InstallationOptions options, TimeProvider time, Action<SessionIncident, Guid?> report)
    {
        Database = database;
        var labelNames = new LabelNames(database);
        Tasks = new TaskReader(database, labelNames);
        TaskList = new TaskList(database, Tasks, new Seal(options.CursorKeys), time);
        TaskWriter = new TaskWriter(database, labelNames, Tasks, time);
        TaskBatches = new TaskBatchWriter(database, labelNames, Tasks, time);
        Labels = new LabelReader(database);
        LabelWriter = new LabelWriter(database, Labels, time);
        AccessToken = new AccessToken(options.SigningKey);
        var passwords = new Passwords(options.PasswordHashing);
        Accounts = new AccountStore(database, passwords, time);
        Sessions = new SessionStore(
            database, Accounts, passwords, AccessToken, new RefreshToken(options.SigningKey), time, options.SessionLifetime, report);
        CleanUp = new CleanUp(database, time, options.IdempotencyKeysKeptFor, options.DeletedTasksKeptFor);
    }

    public Database Database { get; }

    public TaskReader Tasks { get; }

    public TaskList TaskList { get; }

    public TaskWriter TaskWriter { get; }

    public TaskBatchWriter TaskBatches { get; }

    public LabelReader Labels { get; }

    public LabelWriter LabelWriter { get; }

    public AccountStore Accounts { get; }

    public SessionStore Sessions { get; }

    public AccessToken AccessToken { get; }

    public CleanUp CleanUp { get; }
}
