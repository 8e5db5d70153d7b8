using System.Globalization;
using Quehacer.Core;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>The envelope's words for what can be wrong with a value, after 000's example: <c>Title is required</c>.</summary>
internal static class FieldMessages
{
    /// <param name="list">The member that a batch has its tasks in.</param>
    /// <param name="operation">The place of the task in its batch that the fault belongs to.</param>
    public static FaultBody Of(FieldError error, string list, int? operation = null)
    {
        var (name, label) = NameOf(error, list);
        if (error.Index is { } index)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]");
        }
        return new FaultBody(At(name, list, operation), $"{label} {PredicateOf(error)}");
    }

    /// <summary>The name of a member, or of the whole, within the task of a batch that has it.</summary>
    public static string At(string name, string list, int? operation) =>
        operation is not { } place ? name
        : list == "ids" || name == "body" ? string.Create(CultureInfo.InvariantCulture, $"{list}[{place}]")
        : string.Create(CultureInfo.InvariantCulture, $"{list}[{place}].{name}");

    /// <summary>The name on the wire, and what a sentence about it begins with.</summary>
    private static (string Name, string Label) NameOf(FieldError error, string list) => error.Field switch
    {
        Field.Title => ("title", "Title"),
        Field.Description => ("description", "Description"),
        Field.Status or Field.StatusFilter => ("status", "Status"),
        Field.Priority or Field.PriorityFilter => ("priority", "Priority"),
        Field.DueDate => ("dueDate", "Due date"),
        Field.Tags => ("tags", error.Index is null ? "Tags" : "Tag"),
        Field.TagFilter => ("tags", "Tags"),
        Field.Page => ("page", "Page"),
        Field.Limit => ("limit", "Limit"),
        Field.Query => ("search", "Search"),
        Field.Sort => ("sort", "Sort"),
        Field.Order => ("order", "Order"),
        Field.Fields => ("fields", "Fields"),
        Field.Cursor => ("cursor", "Cursor"),
        Field.Body => ("body", "Body"),
        Field.Atomic => ("atomic", "Atomic"),
        Field.Operations => (list, list == "ids" ? "Ids" : "Tasks"),
        Field.Id => ("id", "Id"),
        Field.Unknown => (error.Name ?? "", Capitalised(error.Name ?? "")),
        // What this contract asks nobody for.
        Field.CategoryId or Field.CategoryFilter or Field.AddTags or Field.RemoveTags or Field.Version or Field.Email or Field.Name or Field.Password or Field.RefreshToken
            or Field.CurrentPassword or Field.Token or Field.MfaToken or Field.Code or Field.KeepCurrent or Field.WorkspaceId or Field.IncludeArchived or Field.Scopes or Field.ServiceScopes or Field.ExpiresAt
            or Field.DueAfter or Field.DueBefore or Field.Overdue or Field.CreatedAfter or Field.CreatedBefore or Field.UpdatedSince or Field.IncludeDeleted or Field.IncludeTotal
            or Field.Counts or Field.Color or Field.Into or Field.Op or Field.TaskMembers or Field.TagIds or Field.Offset or Field.Text or Field.Expand or Field.Filter or Field.DryRun
            or Field.ParentId or Field.ParentFilter or Field.SubtasksOfCompletion or Field.SubtasksOfDeletion or Field.After or Field.Before or Field.To
            or Field.AssigneeId or Field.AssigneeFilter or Field.SubtasksOfTransfer or Field.ToWorkspace
            or Field.Role or Field.RoleFilter or Field.UserId or Field.Search or Field.EventType or Field.TaskId or Field.AsOf or Field.DeletedAt or Field.Position or Field.EventTypes or Field.MessageType or Field.Presence
            or Field.Plan or Field.InstallationRole or Field.Suspended or Field.Reason or Field.UserSort or Field.ActorId or Field.Act or Field.Since or Field.Until => ("body", "Body"),
    };

    private static string Capitalised(string name) => name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..];

    private static string PredicateOf(FieldError error) => error.Fault switch
    {
        FieldFault.Required => "is required",
        FieldFault.TooShort => $"must have at least {error.Limit} characters",
        FieldFault.TooLong => $"cannot have more than {error.Limit} characters",
        FieldFault.TooMany when error.Field == Field.Query => $"cannot have more than {error.Limit} words",
        FieldFault.TooMany => $"cannot have more than {error.Limit} entries",
        FieldFault.NotAString => "must be a string",
        FieldFault.NotAnInteger => "must be a whole number",
        FieldFault.NotAnArrayOfStrings => "must be an array of strings",
        FieldFault.NotText => "has a character that is not text: U+0000, half of a surrogate pair, or bytes that are not UTF-8; remove it",
        FieldFault.NotOneOf => $"must be one of: {string.Join(", ", AllowedFor(error.Field))}",
        FieldFault.NotADate => "must be a date and time with offset as in RFC 3339, such as 2030-01-31T17:00:00Z",
        FieldFault.NotInFuture => "must lie in the future",
        FieldFault.OutOfRange => $"must be from 1 to {error.Limit}",
        FieldFault.UnknownName when error.Field == Field.Fields => $"must be among: {string.Join(", ", AllowedFor(error.Field))}",
        FieldFault.UnknownName => "is not known here; remove it",
        FieldFault.Repeated => "is given more than once; send it once",
        FieldFault.NotAnObject => "must be one JSON object",
        FieldFault.NotAnArray => "must be an array",
        FieldFault.NotABoolean => "must be true or false",
        FieldFault.NotAnId => "must be the id of a task, such as 7",
        FieldFault.NoSuchThing => "names something that does not exist",
        FieldFault.Contradiction => $"contradicts '{error.Name}'; change or remove one of them",
        FieldFault.NothingToSearchFor => "has nothing to search for; send a word, or remove it",
        FieldFault.NotThisCursor => "is not from this list: it was altered, its key is no longer known, or filters or sort have changed since; begin again without it",
        FieldFault.NotAnEmail => "must be an e-mail address, such as ana@example.com",
        FieldFault.NotAColor => "must be a colour such as #FF5733",
        FieldFault.NotLetters => "may have letters and spaces only",
        FieldFault.TooSimple => "must have a lower-case letter, an upper-case letter and a digit",
        FieldFault.NotForMany => "cannot be written to many tasks at once",
        FieldFault.Cycle => "would lie below itself",
        FieldFault.TooDeep => $"would lie deeper than {error.Limit} levels",
        FieldFault.SubtasksLeft => $"has subtasks: {error.Limit}",
        FieldFault.OtherWorkspace => "is another workspace",
        FieldFault.NoRoom => "has no place left there",
        FieldFault.NotYet => "lies in the future",
        FieldFault.NotOfThePast => "is not known of the past",
        FieldFault.ChangedSince => "has been changed by somebody else since",
        FieldFault.NotThereAnyMore => "is not there any more",
        FieldFault.Moved => "has changed since",
        FieldFault.ForAdministrators => "is for administrators alone",
        FieldFault.MailboxIsFactor => "cannot be another while codes that are sent to it are a second factor",
        FieldFault.TooCommon => "is one that everybody tries first; choose another",
    };

    private static string[] AllowedFor(Field field) => field switch
    {
        Field.Status or Field.StatusFilter => Words.States,
        Field.Priority or Field.PriorityFilter => Words.Priorities,
        Field.Sort => Words.Sorts,
        Field.Order => Words.Orders,
        Field.Fields => Words.TaskMembers,
        _ => [],
    };
}
