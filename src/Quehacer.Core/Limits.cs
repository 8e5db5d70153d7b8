namespace Quehacer.Core;

/// <summary>Every bound of the system, with its unit in the name. Limits that a contract may set lower are in the contract's folder.</summary>
public static class Limits
{
    /// <summary>The longest task title of any contract (the <c>tareas</c> contract has it); v1 stops at 200 on its own.</summary>
    public const int TitleCharacters = 255;

    /// <summary>Long enough for meeting minutes, short enough that a page of 100 tasks stays near a megabyte.</summary>
    public const int DescriptionCharacters = 10_000;

    /// <summary>Tags that a task gets through v1.</summary>
    public const int TagsOfATask = 10;

    /// <summary>The most tags of a task in any contract (tareas has them): its document knows no bound, and a page of tasks needs one.</summary>
    public const int MostTagsOfATask = 100;

    /// <summary>A task, its subtasks, theirs and so on: deeper than people plan, and so shallow that no walk up or down is long.</summary>
    public const int TaskLevels = 5;

    /// <summary>Tasks directly below one: as many can lose their parent, or get it back, in one transaction.</summary>
    public const int SubtasksOfATask = 1_000;

    /// <summary>Tasks below one, on all levels, that are completed or deleted with it in one transaction.</summary>
    public const int SubtasksAtOnce = 1_000;

    /// <summary>Notes of a task and of all below it that are moved into another workspace with it: 10 MB where all of them are as long as can be.</summary>
    public const int NotesOfATransfer = 1_000;

    /// <summary>Events of a task, of all below it and of their notes that are carried along: some 200 ms, for which the writers of both workspaces wait.</summary>
    public const int EventsOfATransfer = 20_000;

    /// <summary>The longest key of a place in the order by hand: about a thousand moves into one and the same gap.</summary>
    public const int PositionCharacters = 200;

    /// <summary>The longest tag name that v1 accepts when it makes the tag.</summary>
    public const int TagCharacters = 50;

    /// <summary>The longest note: as long as a description, so that one can be quoted whole.</summary>
    public const int NoteCharacters = 10_000;

    /// <summary>RFC 5321 allows 254 octets in a path; the Spanish contract says 255 characters, and its word is kept.</summary>
    public const int EmailCharacters = 255;

    /// <summary>The longest name of a category, or of a tag made by name.</summary>
    public const int LabelCharacters = 255;

    /// <summary>How much of a folded title or name decides its place in a list (UTF-16 units); what is equal so far goes by id.</summary>
    public const int SortKeyLength = 255;

    /// <summary>So many tasks of a workspace, by number, are in none of the partial indexes (migration 3) and are read as a whole instead.</summary>
    public const int TasksWithoutIndex = 500;

    /// <summary>The longest search.</summary>
    public const int SearchCharacters = 200;

    /// <summary>Words of a search that stand for all that begin with them: a single letter can stand for thousands.</summary>
    public const int SearchPrefixes = 16;

    public const int UserNameCharacters = 255;

    /// <summary>NIST SP 800-63B-4: at least 8 where a second factor can be had, and never cut silently.</summary>
    public const int PasswordMinCharacters = 8;

    /// <summary>Above NIST's 64; a bound at all because hashing reads every byte.</summary>
    public const int PasswordMaxCharacters = 128;

    /// <summary>Passwords that wait to be hashed, for each that is hashed at a time: some three seconds' worth, which people still wait for.</summary>
    public const int PasswordsWaiting = 32;

    /// <summary>How long a password waits at most on a machine that is slower than that: nobody looks at a login form for longer.</summary>
    public const int PasswordWaitSeconds = 15;

    /// <summary>Guesses at the code of one login or confirmation; beyond them it is begun anew.</summary>
    public const int CodeAttempts = 5;

    /// <summary>How long a login may wait for its second factor, and how long a code that was sent is good (minutes; NIST SP 800-63B-4 §3.1.3.2).</summary>
    public const int CodeMinutes = 10;

    /// <summary>How long the link of a letter is good.</summary>
    public const int LinkMinutes = 60;

    /// <summary>The longest name of an API key.</summary>
    public const int ApiKeyNameCharacters = 100;

    /// <summary>API keys of one person that are good at a time: one for each program is plenty.</summary>
    public const int ApiKeysOfAUser = 100;

    /// <summary>Service accounts of one workspace: one for each program is plenty.</summary>
    public const int ServiceAccountsOfAWorkspace = 100;

    /// <summary>API keys of one service account that are good at a time: an old one and a new one, for a few places where the program runs.</summary>
    public const int ApiKeysOfAServiceAccount = 10;

    /// <summary>API keys whose owner is held in memory: at most, about 3 MB.</summary>
    public const int CachedApiKeys = 10_000;

    /// <summary>How long a letter is in hand at most (seconds): some mail servers think for half of that before they greet.</summary>
    public const int MailSeconds = 30;

    /// <summary>How soon a letter is tried again after its first failure (seconds); each further wait is twice as long.</summary>
    public const int MailRetrySeconds = 5;

    /// <summary>The longest wait between two tries (seconds).</summary>
    public const int MailRetrySecondsMost = 3_600;

    /// <summary>How long letters are kept that were written to files: whoever wants them has read them by then.</summary>
    public const int MailFileDays = 30;

    /// <summary>In so many minutes the letters that are asked for are counted, password resets aside.</summary>
    public const int LetterWindowMinutes = 15;

    /// <summary>How long a letter is worth sending that tells what was done to an account: whoever was not asked wants to know, late as it may be.</summary>
    public const int NoticeHours = 72;

    /// <summary>So long after a refresh (seconds) the token that it used up is forgiven to the client that used it: an answer is not lost for longer.</summary>
    public const int RefreshGraceSeconds = 10;

    /// <summary>Sessions of an account that are listed: those that were seen last.</summary>
    public const int SessionsShown = 100;

    /// <summary>Sessions whose last sight waits in memory to be written: about 10 MB. What comes beyond that is seen a minute later.</summary>
    public const int SightedSessions = 100_000;

    /// <summary>How much is kept of what a client calls itself.</summary>
    public const int UserAgentCharacters = 255;

    /// <summary>How long an address is known after an account has signed in from it: a month away does not make a laptop a stranger.</summary>
    public const int KnownDeviceDays = 30;

    /// <summary>Callers that are counted one by one in a minute; at most, about 20 MB. What comes beyond that shares counts.</summary>
    public const int CountedCallers = 100_000;

    /// <summary>draft-ietf-httpapi-idempotency-key-header: a string; 255 is what Stripe and others accept.</summary>
    public const int IdempotencyKeyCharacters = 255;

    /// <summary>Faults of one request that are told: more help nobody, and a body of 1 MiB can have a hundred thousand.</summary>
    public const int FaultsTold = 100;

    /// <summary>How much of a name is repeated to whoever sent it (UTF-16 units): no name of ours is nearly as long.</summary>
    public const int NameToldLength = 100;

    /// <summary>Tasks on one page of a list.</summary>
    public const int PageTasks = 100;

    public const int PageTasksDefault = 20;

    /// <summary>Operations of one batch.</summary>
    public const int BatchOperations = 100;

    /// <summary>Tasks that one request changes by a filter: some 200 ms, for which the other writers of the workspace wait.</summary>
    public const int BulkTasks = 1_000;

    public const int BulkTasksDefault = 100;

    /// <summary>Tasks that are read at a time where the whole list is wanted: some 6 MB where all have the longest descriptions, and few round trips.</summary>
    public const int WalkPageTasks = 250;

    /// <summary>Categories or tags on one page of a list.</summary>
    public const int PageLabels = 100;

    /// <summary>All that fit: most people's categories and tags are one page.</summary>
    public const int PageLabelsDefault = 100;

    /// <summary>Categories or tags that are read at a time where all of them are wanted: some 300 kB where all have the longest names.</summary>
    public const int WalkPageLabels = 1_000;

    /// <summary>Events that are read at a time where the whole log is wanted: some 750 kB, 25 MB where all of them hold the longest descriptions, before and after.</summary>
    public const int WalkPageEvents = 500;

    /// <summary>Events on one page: some 750 kB, 25 MB where all of them hold the longest descriptions, before and after.</summary>
    public const int PageEvents = 500;

    public const int PageEventsDefault = 100;

    /// <summary>Events of one workspace that are held for those who listen: who is further behind reads the log.</summary>
    public const int HeldEvents = 256;

    /// <summary>The longest ticket that is looked at; ours have about 180 characters.</summary>
    public const int TicketCharacters = 512;

    /// <summary>People that are told of among those who look at a workspace: more than a page of faces shows, and so all are told of as many come at once.</summary>
    public const int PeopleTold = 100;

    /// <summary>Listeners that one statement of a sweep asks about.</summary>
    public const int SweptListeners = 2_000;

    /// <summary>Notes that are read at a time where all of a workspace are wanted: some 10 MB where all of them are as long as can be.</summary>
    public const int WalkPageNotes = 250;

    /// <summary>The longest name of a workspace.</summary>
    public const int WorkspaceNameCharacters = 100;

    /// <summary>Workspaces that one person owns, archived ones among them.</summary>
    public const int WorkspacesOfAUser = 2_000;

    /// <summary>How long after a workspace was dropped is looked once more for what a write has left that was under way then: longer than any statement may take.</summary>
    public const int DroppedSweepMinutes = 10;

    /// <summary>Members of one workspace.</summary>
    public const int MembersOfAWorkspace = 20_000;

    /// <summary>Members on one page of a list.</summary>
    public const int PageMembers = 100;

    public const int PageMembersDefault = 20;

    /// <summary>Members that are read at a time where a name is looked for among them: some 200 kB.</summary>
    public const int WalkPageMembers = 1_000;

    /// <summary>Invitations into one workspace that are open at a time.</summary>
    public const int OpenInvitations = 200;

    /// <summary>How long an invitation is good (days): over a week of holidays it is asked for again.</summary>
    public const int InvitationDays = 7;

    /// <summary>Invitations on one page of a list.</summary>
    public const int PageInvitations = 100;

    public const int PageInvitationsDefault = 20;

    /// <summary>How much of a name that somebody chose stands in a letter to somebody else.</summary>
    public const int NameInLetterCharacters = 40;

    public const int PageWorkspaces = 100;

    public const int PageWorkspacesDefault = 20;

    /// <summary>Notes on one page of a list: near a megabyte where all of them are as long as can be.</summary>
    public const int PageNotes = 100;

    public const int PageNotesDefault = 20;

    /// <summary>Accounts on one page of an administrator's list.</summary>
    public const int PageUsers = 100;

    public const int PageUsersDefault = 20;

    /// <summary>Acts on one page of the trail of administrators.</summary>
    public const int PageActs = 100;

    public const int PageActsDefault = 20;

    /// <summary>Why an account is suspended: a sentence or two.</summary>
    public const int ReasonCharacters = 500;

    /// <summary>How often a change that lost a race is decided again before it is decided under the workspace's lock.</summary>
    public const int OptimisticAttempts = 3;

    /// <summary>Workspaces whose labels are held in memory: at most, about 60 MB where all of them have a handful.</summary>
    public const int CachedLabelWorkspaces = 30_000;

    /// <summary>Labels held in memory for one workspace; a workspace with more is read again from time to time.</summary>
    public const int CachedLabelsOfAWorkspace = 1_000;

    /// <summary>Totals of lists that had to be counted and are held in memory: about 2 MB.</summary>
    public const int CachedTotals = 10_000;

    /// <summary>Rows that one statement of a clean-up job touches, so that no job holds locks for long.</summary>
    public const int JobBatchRows = 1_000;

    /// <summary>Events that a rebuild holds in memory: some 3 MB, 100 MB where all have the longest descriptions; and most workspaces are one page.</summary>
    public const int RebuildPageEvents = 2_000;

    /// <summary>Differences that a rebuild names; all of them are counted.</summary>
    public const int RebuildDifferences = 100;

    /// <summary>An access token's clock may run this far ahead of ours (seconds): two servers never agree exactly.</summary>
    public const int TokenClockSkewSeconds = 5;

    /// <summary>The longest access token that is looked at (bytes); ours have about 350.</summary>
    public const int AccessTokenBytes = 2_048;
}
