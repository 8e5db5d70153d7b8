using System.Net;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;
using Quehacer.Core.Events;
using Quehacer.Core.Jobs;
using Quehacer.Core.Labels;
using Quehacer.Core.Mail;
using Quehacer.Core.Notes;
using Quehacer.Core.Postgres;
using Quehacer.Core.Realtime;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core;

/// <summary>What a running Quehacer needs to be told, beside where its database is.</summary>
/// <param name="ParallelPasswords">How many passwords are hashed at a time.</param>
/// <param name="LoginLimits">Null for none.</param>
/// <param name="CursorKeys">What seals the cursors of lists: the first seals, all of them open, so that a key can be replaced while cursors are out.</param>
public sealed record InstallationOptions(
    SigningKey SigningKey, IReadOnlyList<byte[]> CursorKeys, PasswordHashing PasswordHashing, int ParallelPasswords, LoginLimits? LoginLimits, TimeSpan SessionLifetime,
    TimeSpan IdempotencyKeysKeptFor, TimeSpan DeletedTasksKeptFor)
{
    /// <summary>What becomes of accounts whose e-mail nobody has shown to be theirs.</summary>
    public EmailVerification EmailVerification { get; init; } = EmailVerification.Optional;

    /// <summary>How often letters may be asked for. Null for no limit.</summary>
    public LetterLimits? LetterLimits { get; init; }

    /// <summary>How long a session goes on however often it is refreshed.</summary>
    public TimeSpan LongestSession { get; init; } = TimeSpan.FromDays(365);

    /// <summary>The one before, which still opens what was sealed to last; null for none.</summary>
    public SigningKey? PreviousSigningKey { get; init; }

    /// <summary>How long after it was asked for an account is deleted; zero for at once.</summary>
    public TimeSpan DeletionGrace { get; init; } = TimeSpan.FromDays(14);

    /// <summary>How many may listen, and how often is looked after them.</summary>
    public LiveOptions Live { get; init; } = LiveOptions.Usual;

    /// <summary>Whether anybody may sign in with a code by mail in place of a password.</summary>
    public bool IsCodeLoginOffered { get; init; }
}

/// <summary>The core, put together: everything a contract or a command can ask for. Built once; all of it is safe to use from many requests at once.</summary>
public sealed class Installation
{
    public Installation(Database database, InstallationOptions options, TimeProvider time, Action<SecurityEvent, Guid?, IPAddress?> report)
    {
        Database = database;
        var labelNames = new LabelNames(database);
        Tasks = new TaskReader(database, labelNames);
        var seal = new Seal(options.CursorKeys);
        TaskList = new TaskList(database, Tasks, seal, time);
        TaskPast = new TaskPast(database, Tasks, time);
        TaskWriter = new TaskWriter(database, labelNames, Tasks, time);
        TaskBatches = new TaskBatchWriter(database, labelNames, Tasks, time);
        TaskBulk = new TaskBulkWriter(database, labelNames, Tasks, TaskList, seal, time);
        TaskTransfers = new TaskTransferWriter(database, Tasks, time);
        Workspaces = new WorkspaceReader(database, seal);
        WorkspaceWriter = new WorkspaceWriter(database, Workspaces, time);
        Labels = new LabelReader(database);
        LabelWriter = new LabelWriter(database, Labels, time);
        Notes = new NoteReader(database);
        NoteWriter = new NoteWriter(database, Notes, time);
        Events = new EventReader(database, Tasks, seal);
        Live = new LiveFeed(database, Events, options.Live, time);
        Peers = new Peers(database, Live, time);
        StreamTickets = new StreamTickets(database, seal, time);
        Presence = new Presence(database, time);
        AccessToken = new AccessToken(options.SigningKey);
        Outbox = new Outbox();
        OneTimeSecrets = new OneTimeSecrets(options.SigningKey);
        var passwords = new Passwords(options.PasswordHashing, options.ParallelPasswords);
        var limits = new SecretLimits(database, options.SigningKey, options.LoginLimits, time);
        var check = new PasswordCheck(database, passwords, limits, report);
        var letters = new LetterCount(database, options.SigningKey, options.LetterLimits, time);
        Accounts = new AccountStore(database, passwords, check, OneTimeSecrets, Outbox, options.EmailVerification, time, report);
        Sessions = new SessionStore(
            database, check, AccessToken, new RefreshToken(options.SigningKey), Accounts, options.EmailVerification, time, options.SessionLifetime, options.LongestSession, report);
        var totpSecrets = new TotpSecrets(options.SigningKey, options.PreviousSigningKey);
        var codes = new CodeCheck(database, OneTimeSecrets, totpSecrets, limits, time, report);
        Logins = new Logins(database, Sessions, OneTimeSecrets, codes, limits, letters, Outbox, time, options.IsCodeLoginOffered, report);
        SecondFactors = new SecondFactors(database, Accounts, check, OneTimeSecrets, new RecoveryCodes(options.SigningKey), totpSecrets, codes, limits, letters, Outbox, time, report);
        SessionList = new SessionList(database, time, report);
        SessionSightings = new SessionSightings(database, time);
        ApiKeys = new ApiKeyStore(database, Accounts, options.SigningKey, check, time, report);
        ServiceAccounts = new ServiceAccounts(database, Accounts, check, time, report);
        ServiceAccountKeys = new ServiceAccountKeys(database, ServiceAccounts, options.SigningKey, time, report);
        PasswordResets = new PasswordResets(database, passwords, check, Accounts, OneTimeSecrets, letters, Outbox, time, report);
        EmailChanges = new EmailChanges(database, check, Accounts, OneTimeSecrets, letters, Outbox, options.EmailVerification, time, report);
        Members = new MemberReader(database, seal);
        MemberWriter = new MemberWriter(database, Members, Workspaces, Accounts, check, Outbox, time, report);
        Invitations = new Invitations(database, Workspaces, OneTimeSecrets, letters, Outbox, seal, time, report);
        Users = new UserDirectory(database, seal);
        UserAdministration = new UserAdministration(database, Users, Outbox, time, report);
        AuditTrail = new AuditTrail(database, seal);
        UserTasks = new UserTasks(database, TaskList, Tasks, AuditTrail, time, report);
        var drops = new WorkspaceDrops(database, time);
        AccountExports = new AccountExports(database);
        AccountDeletions = new AccountDeletions(database, Accounts, check, SecondFactors, codes, OneTimeSecrets, drops, Outbox, options.DeletionGrace, time, report);
        CleanUp = new CleanUp(database, time, options.IdempotencyKeysKeptFor, options.DeletedTasksKeptFor, AccountDeletions, drops);
    }

    public Database Database { get; }

    public TaskReader Tasks { get; }

    public TaskPast TaskPast { get; }

    public TaskList TaskList { get; }

    public TaskWriter TaskWriter { get; }

    public TaskBatchWriter TaskBatches { get; }

    public TaskBulkWriter TaskBulk { get; }

    public TaskTransferWriter TaskTransfers { get; }

    public WorkspaceReader Workspaces { get; }

    public WorkspaceWriter WorkspaceWriter { get; }

    public MemberReader Members { get; }

    public MemberWriter MemberWriter { get; }

    public Invitations Invitations { get; }

    public LabelReader Labels { get; }

    public LabelWriter LabelWriter { get; }

    public NoteReader Notes { get; }

    public NoteWriter NoteWriter { get; }

    public EventReader Events { get; }

    public LiveFeed Live { get; }

    public Peers Peers { get; }

    public StreamTickets StreamTickets { get; }

    public Presence Presence { get; }

    public Outbox Outbox { get; }

    public OneTimeSecrets OneTimeSecrets { get; }

    public AccountStore Accounts { get; }

    public SessionStore Sessions { get; }

    public Logins Logins { get; }

    public SecondFactors SecondFactors { get; }

    public ApiKeyStore ApiKeys { get; }

    public ServiceAccounts ServiceAccounts { get; }

    public ServiceAccountKeys ServiceAccountKeys { get; }

    public SessionList SessionList { get; }

    public SessionSightings SessionSightings { get; }

    public PasswordResets PasswordResets { get; }

    public EmailChanges EmailChanges { get; }

    public AccountDeletions AccountDeletions { get; }

    public AccountExports AccountExports { get; }

    public AccessToken AccessToken { get; }

    public UserDirectory Users { get; }

    public UserAdministration UserAdministration { get; }

    public AuditTrail AuditTrail { get; }

    public UserTasks UserTasks { get; }

    public CleanUp CleanUp { get; }
}
