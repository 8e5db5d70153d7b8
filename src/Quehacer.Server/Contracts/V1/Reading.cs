using System.Text.Json;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Administration;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;
using static Quehacer.Server.Http.JsonValues;

namespace Quehacer.Server.Contracts.V1;

/// <summary>
/// Reads v1's request bodies member by member, so that an absent member differs from a null, every fault is found at once, and an unknown
/// member is refused with the name that was probably meant. Members that v1 shows but does not let anybody write are ignored, whatever
/// they hold, so that what was read can be put back.
/// </summary>
internal static class Reading
{
    public static readonly TaskLimits TaskLimits = new(TitleCharacters: 200, Limits.DescriptionCharacters, Limits.TagsOfATask, Limits.TagCharacters);

    public static readonly string[] UserMembers = ["email", "name", "version", "id", "kind", "email_verified", "roles", "workspace_id", "created_at", "updated_at"];

    public static readonly string[] NewUserMembers = [.. UserMembers, "password"];

    /// <summary>A task as a client wants it, and the version it must have, where the body names one.</summary>
    /// <param name="isNew">What is new has no version to be compared with: whatever the body says of one was read from another, and is no fault.</param>
    /// <param name="workspaceId">Where the request works: the body may say so too, and nothing else. Null where it says nothing that matters.</param>
    public static (TaskEdit Edit, Edit<int> Version) Task(JsonElement? body, bool isNew, Guid? workspaceId)
    {
        var edit = new TaskEdit();
        var faults = new List<FieldError>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "title":
                    edit = edit with { Title = Name(value) };
                    break;
                case "description":
                    edit = edit with { Description = OptionalText(value) };
                    break;
                case "status":
                    edit = edit with { State = OneOf<TaskState>(value, Words.States) };
                    break;
                case "priority":
                    edit = edit with { Priority = OneOf<TaskPriority>(value, Words.Priorities) };
                    break;
                case "due_date":
                    edit = edit with { DueDate = OptionalTime(value) };
                    break;
                case "category_id":
                    edit = edit with { CategoryId = OptionalId(value, Ids.CategoryPrefix) };
                    break;
                case "assignee_id":
                    edit = edit with { AssigneeId = OptionalId(value, Ids.UserPrefix) };
                    break;
                case "workspace_id" when workspaceId is { } where:
                    RefuseOther(where, OptionalId(value, Ids.WorkspacePrefix), isNew, faults);
                    break;
                case "parent_id":
                    edit = edit with { Parent = OptionalTask(value) };
                    break;
                case "tags":
                    edit = edit with { Tags = TagNames(value, Field.Tags, faults) };
                    break;
                case "add_tags" when !isNew:
                    edit = edit with { AddTags = TagNames(value, Field.AddTags, faults) };
                    break;
                case "remove_tags" when !isNew:
                    edit = edit with { RemoveTags = TagNames(value, Field.RemoveTags, faults) };
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, isNew ? Words.TaskMembers : Words.TaskChangeMembers, faults);
                    break;
            }
        }
        if (!isNew)
        {
            AddFault(version, faults);
            RefuseContradictions(edit, faults);
        }
        return (edit with { Faults = faults }, version);
    }

    /// <summary>
    /// What a client wants of every task that a filter chooses. What is of one task alone, such as its title, is refused here, the members that are only shown
    /// included: nobody puts back what was read of one task into many, and an id that was ignored would be taken for a choice.
    /// </summary>
    public static TaskEdit TaskOfMany(JsonElement? body)
    {
        var (edit, _) = Task(body, isNew: false, workspaceId: null);
        if (body is not { ValueKind: JsonValueKind.Object } members)
        {
            return edit;
        }
        var faults = new List<FieldError>(edit.Faults.Where(fault => fault.Field != Field.Version));
        var names = Members(members, []).Select(member => member.Name).ToList();
        faults.AddRange(names.Where(name => Words.TaskMembers.Contains(name) && !Words.BulkChangeMembers.Contains(name))
            .Select(name => new FieldError(Field.Unknown, FieldFault.NotForMany, Name: name)));
        if (names.Count == 0)
        {
            faults.Add(new FieldError(Field.Body, FieldFault.Required));
        }
        // What is wrong with a title, or a parent, is that there is one.
        return edit with { Title = default, Parent = default, Faults = faults };
    }

    /// <summary>What is wrong with the body of a request that takes none: whoever names members there believes that they mean something.</summary>
    public static List<FieldError> Nothing(JsonElement? body)
    {
        var faults = new List<FieldError>();
        foreach (var (name, _) in Members(body, faults))
        {
            RefuseUnknown(name, [], faults);
        }
        return faults;
    }

    /// <summary>A batch of operations. What is wrong with one operation is that operation's refusal; what is wrong with the batch is in <c>Faults</c>.</summary>
    /// <param name="workspaceId">Where all of them are done.</param>
    /// <param name="condition">Puts a version, where one is given, and what else the request demands, on an operation.</param>
    public static (List<FieldError> Faults, bool IsAtomic, List<(string Op, TaskOperation Operation)> Operations) Batch(
        JsonElement? body, Guid workspaceId, Func<Edit<int>, Precondition> condition)
    {
        var faults = new List<FieldError>();
        var isAtomic = true;
        JsonElement? operations = null;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "atomic" when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                    isAtomic = value.GetBoolean();
                    break;
                case "atomic":
                    faults.Add(new FieldError(Field.Atomic, FieldFault.NotABoolean));
                    break;
                case "operations":
                    operations = value;
                    break;
                default:
                    RefuseUnknown(name, ["atomic", "operations"], faults);
                    break;
            }
        }
        switch (operations)
        {
            case null or { ValueKind: JsonValueKind.Null }:
            case { ValueKind: JsonValueKind.Array } none when none.GetArrayLength() == 0:
                faults.Add(new FieldError(Field.Operations, FieldFault.Required));
                break;
            case { ValueKind: not JsonValueKind.Array }:
                faults.Add(new FieldError(Field.Operations, FieldFault.NotAnArray));
                break;
            case { } many when many.GetArrayLength() > Limits.BatchOperations:
                faults.Add(new FieldError(Field.Operations, FieldFault.TooMany, Limits.BatchOperations));
                break;
        }
        return (faults, isAtomic, faults.Count > 0 ? [] : [.. operations!.Value.EnumerateArray().Select(operation => Operation(operation, workspaceId, condition))]);
    }

    private static (string Op, TaskOperation Operation) Operation(JsonElement body, Guid workspaceId, Func<Edit<int>, Precondition> condition)
    {
        var faults = new List<FieldError>();
        var (op, id, task, subtasks) = (default(string), default(JsonElement?), default(JsonElement?), default(JsonElement?));
        Edit<int> version = default;
        var place = new Dictionary<string, JsonElement>();
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "op":
                    op = PlaceAmong(value, Words.BatchOps) is >= 0 and var known ? Words.BatchOps[known] : null;
                    if (op is null)
                    {
                        faults.Add(new FieldError(Field.Op, FieldFault.NotOneOf));
                    }
                    break;
                case "id":
                    id = value;
                    break;
                case "version":
                    version = Version(value);
                    break;
                case "task":
                    task = value;
                    break;
                case "subtasks":
                    subtasks = value;
                    break;
                case "after" or "before" or "to":
                    place[name] = value;
                    break;
                default:
                    RefuseUnknown(name, ["op", "id", "version", "task", "subtasks", "after", "before", "to"], faults);
                    break;
            }
        }
        if (op is null && !faults.Exists(fault => fault.Field is Field.Op or Field.Body))
        {
            faults.Add(new FieldError(Field.Op, FieldFault.Required));
        }
        AddFault(version, faults);

        TaskRef target = default;
        if (op == "create" && (id is not null || version.IsPresent))
        {
            faults.Add(new FieldError(id is not null ? Field.Id : Field.Version, FieldFault.Contradiction, Name: "op"));
        }
        else if (op is not (null or "create") && id is null)
        {
            faults.Add(new FieldError(Field.Id, FieldFault.Required));
        }
        else if (id is { } given && !TryReadTask(given, out target))
        {
            faults.Add(new FieldError(Field.Id, FieldFault.NotAnId));
        }
        if (op is "create" or "update" && task is not { ValueKind: JsonValueKind.Object })
        {
            faults.Add(new FieldError(Field.TaskMembers, task is null ? FieldFault.Required : FieldFault.NotAnObject));
        }
        else if (op is not (null or "create" or "update") && task is not null)
        {
            faults.Add(new FieldError(Field.TaskMembers, FieldFault.Contradiction, Name: "op"));
        }
        var fate = SubtaskFate.Keep;
        if (subtasks is { } fateOfSubtasks)
        {
            if (op is "complete" or "delete")
            {
                fate = Fate(fateOfSubtasks, op == "delete" ? Field.SubtasksOfDeletion : Field.SubtasksOfCompletion, faults);
            }
            else if (op is not null)
            {
                faults.Add(new FieldError(Field.SubtasksOfCompletion, FieldFault.Contradiction, Name: "op"));
            }
        }
        Spot? spot = null;
        if (op == "move")
        {
            spot = ReadSpot(place, faults);
        }
        else if (op is not null)
        {
            faults.AddRange(place.Keys.Select(name => new FieldError(Array.Find(SpotFields, field => field.Name == name).Field, FieldFault.Contradiction, Name: "op")));
        }
        if (faults.Count > 0)
        {
            return (op ?? "", TaskOperation.Malformed(faults));
        }

        var (edit, versionOfTask) = task is null ? (new TaskEdit(), default) : Task(task, isNew: op == "create", workspaceId);
        if (op == "update" && version.IsSet && versionOfTask.IsSet && version.Value != versionOfTask.Value)
        {
            return (op, TaskOperation.Malformed([new FieldError(Field.Version, FieldFault.Contradiction, Name: "task.version")]));
        }
        return (op!, op switch
        {
            "create" => TaskOperation.Create(edit, TaskLimits),
            "update" => TaskOperation.Change(target, edit, TaskLimits, condition(version.IsSet ? version : versionOfTask)),
            "complete" => TaskOperation.Complete(target, condition(version), fate),
            "reopen" => TaskOperation.Reopen(target, condition(version)),
            "delete" => TaskOperation.Delete(target, condition(version), fate),
            "move" => TaskOperation.Move(target, spot!, condition(version)),
            _ => TaskOperation.Restore(target, condition(version)),
        });
    }

    /// <summary>All tags are named, or some to add and some to take away.</summary>
    private static void RefuseContradictions(TaskEdit edit, List<FieldError> faults)
    {
        if (edit.Tags.IsPresent && (edit.AddTags.IsPresent || edit.RemoveTags.IsPresent))
        {
            faults.Add(new FieldError(Field.Tags, FieldFault.Contradiction, Name: edit.AddTags.IsPresent ? "add_tags" : "remove_tags"));
        }
        if (edit.AddTags.Or([]).Select(Text.NameKey).Intersect(edit.RemoveTags.Or([]).Select(Text.NameKey)).Any())
        {
            faults.Add(new FieldError(Field.AddTags, FieldFault.Contradiction, Name: "remove_tags"));
        }
    }

    /// <summary>The body of a verb such as complete: nothing, or the version that the task must have.</summary>
    public static (List<FieldError> Faults, Edit<int> Version) Verb(JsonElement? body)
    {
        var faults = new List<FieldError>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            if (name == "version")
            {
                version = Version(value);
            }
            else
            {
                RefuseUnknown(name, ["version"], faults);
            }
        }
        AddFault(version, faults);
        return (faults, version);
    }

    /// <summary>The body of a completion: nothing, or what becomes of the subtasks, and the version that the task must have.</summary>
    public static (List<FieldError> Faults, SubtaskFate Subtasks, Edit<int> Version) Completion(JsonElement? body)
    {
        var faults = new List<FieldError>();
        var subtasks = SubtaskFate.Keep;
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "subtasks":
                    subtasks = Fate(value, Field.SubtasksOfCompletion, faults);
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, ["subtasks", "version"], faults);
                    break;
            }
        }
        AddFault(version, faults);
        return (faults, subtasks, version);
    }

    /// <summary>The body of a move: one of three ways to say where, and the version that the task must have. No spot where something is at fault.</summary>
    public static (List<FieldError> Faults, Spot? Spot, Edit<int> Version) Move(JsonElement? body)
    {
        var faults = new List<FieldError>();
        var place = new Dictionary<string, JsonElement>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "after" or "before" or "to":
                    place[name] = value;
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, ["after", "before", "to", "version"], faults);
                    break;
            }
        }
        AddFault(version, faults);
        var spot = ReadSpot(place, faults);
        return (faults, faults.Count > 0 ? null : spot, version);
    }

    /// <summary>The body of a transfer: the workspace that a task goes into, what becomes of its subtasks, and the version that it must have.</summary>
    public static (List<FieldError> Faults, Guid To, SubtaskFate Subtasks, Edit<int> Version) Transfer(JsonElement? body)
    {
        var faults = new List<FieldError>();
        var subtasks = SubtaskFate.Follow;
        Edit<Guid?> to = default;
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "workspace_id":
                    to = OptionalId(value, Ids.WorkspacePrefix);
                    break;
                case "subtasks":
                    subtasks = Fate(value, Field.SubtasksOfTransfer, faults) == default ? SubtaskFate.Follow : SubtaskFate.Refuse;
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, ["workspace_id", "subtasks", "version"], faults);
                    break;
            }
        }
        if (to.Fault is { } fault)
        {
            faults.Add(new FieldError(Field.ToWorkspace, fault));
        }
        else if (to.Or(null) is null && !faults.Exists(error => error.Field == Field.Body))
        {
            faults.Add(new FieldError(Field.ToWorkspace, FieldFault.Required));
        }
        AddFault(version, faults);
        return (faults, to.Or(null) ?? default, subtasks, version);
    }

    /// <summary>The workspace that the body of a new task names; null where it names none that can be read, which <see cref="Task"/> says.</summary>
    public static Guid? WorkspaceOf(JsonElement? body) =>
        body is { ValueKind: JsonValueKind.Object } members && members.TryGetProperty("workspace_id", out var value) ? OptionalId(value, Ids.WorkspacePrefix).Or(null) : null;

    private static void RefuseOther(Guid workspaceId, Edit<Guid?> named, bool isNew, List<FieldError> faults)
    {
        if (named.Fault is { } fault)
        {
            faults.Add(new FieldError(Field.WorkspaceId, fault));
        }
        else if (named.Value is { } other && other != workspaceId)
        {
            faults.Add(isNew ? new FieldError(Field.WorkspaceId, FieldFault.Contradiction, Name: "?workspace_id") : new FieldError(Field.WorkspaceId, FieldFault.OtherWorkspace));
        }
    }

    private static readonly (string Name, Field Field)[] SpotFields = [("after", Field.After), ("before", Field.Before), ("to", Field.To)];

    /// <summary>Where a move goes: exactly one of its members says so. Null where something is at fault.</summary>
    private static Spot? ReadSpot(Dictionary<string, JsonElement> place, List<FieldError> faults)
    {
        var before = faults.Count;
        var spots = new List<(string Name, Spot Spot)>();
        foreach (var (name, field) in SpotFields.Where(field => place.ContainsKey(field.Name)))
        {
            var value = place[name];
            var end = field == Field.To ? PlaceAmong(value, Words.Ends) : -1;
            TaskRef anchor = default;
            if (field == Field.To ? end < 0 : !TryReadTask(value, out anchor))
            {
                faults.Add(new FieldError(field, field == Field.To ? FieldFault.NotOneOf : FieldFault.NotAnId));
            }
            else if (spots.Count > 0)
            {
                faults.Add(new FieldError(field, FieldFault.Contradiction, Name: spots[0].Name));
            }
            else
            {
                spots.Add((name, field == Field.To ? new Spot(null, IsBehind: end == 1) : new Spot(anchor, IsBehind: field == Field.After)));
            }
        }
        if (place.Count == 0 && faults.Count == 0)
        {
            faults.Add(new FieldError(Field.To, FieldFault.Required));
        }
        return spots.Count > 0 && faults.Count == before ? spots[0].Spot : null;
    }

    private static SubtaskFate Fate(JsonElement value, Field field, List<FieldError> faults)
    {
        var words = field switch { Field.SubtasksOfDeletion => Words.FatesOfDeletion, Field.SubtasksOfTransfer => Words.FatesOfTransfer, _ => Words.FatesOfCompletion };
        var fate = PlaceAmong(value, words);
        if (fate < 0)
        {
            faults.Add(new FieldError(field, FieldFault.NotOneOf));
        }
        return (SubtaskFate)Math.Max(fate, 0);
    }

    /// <summary>A task by any of its names; null for none.</summary>
    private static Edit<TaskRef?> OptionalTask(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return (TaskRef?)null;
        }
        return TryReadTask(value, out var task) ? (TaskRef?)task : Edit<TaskRef?>.Malformed(FieldFault.NotAnId);
    }

    /// <summary>A category or a tag as a client wants it, and the version it must have, where the body names one.</summary>
    /// <param name="isNew">As for a task.</param>
    public static (LabelEdit Edit, Edit<int> Version) Label(JsonElement? body, bool isNew)
    {
        var edit = new LabelEdit();
        var faults = new List<FieldError>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "name":
                    edit = edit with { Name = Name(value) };
                    break;
                case "color":
                    edit = edit with { Color = OptionalColor(value) };
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, Words.LabelMembers, faults);
                    break;
            }
        }
        if (!isNew)
        {
            AddFault(version, faults);
        }
        return (edit with { Faults = faults }, version);
    }

    /// <summary>A workspace as a client wants it, and the version it must have, where the body names one.</summary>
    /// <param name="isNew">As for a task.</param>
    public static (WorkspaceEdit Edit, Edit<int> Version) Workspace(JsonElement? body, bool isNew)
    {
        var edit = new WorkspaceEdit();
        var faults = new List<FieldError>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "name":
                    edit = edit with { Name = Name(value) };
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, Words.WorkspaceMembers, faults);
                    break;
            }
        }
        if (!isNew)
        {
            AddFault(version, faults);
        }
        return (edit with { Faults = faults }, version);
    }

    /// <summary>A service account as a client wants it, and the version it must have, where the body names one.</summary>
    /// <param name="isNew">As for a task; and whoever makes one shows their password.</param>
    public static (ServiceAccountEdit Edit, Edit<int> Version) ServiceAccount(JsonElement? body, bool isNew)
    {
        var edit = new ServiceAccountEdit();
        var faults = new List<FieldError>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "name":
                    edit = edit with { Name = Name(value) };
                    break;
                case "role":
                    edit = edit with { Role = Role(value, Words.GivenRoles) };
                    break;
                case "current_password" when isNew:
                    edit = edit with { CurrentPassword = Raw(value) };
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, isNew ? [.. Words.ServiceAccountMembers, "current_password"] : Words.ServiceAccountMembers, faults);
                    break;
            }
        }
        if (!isNew)
        {
            AddFault(version, faults);
        }
        return (edit with { Faults = faults }, version);
    }

    /// <summary>What somebody is to be in a workspace, where the body says so, and the version that they must have as a member.</summary>
    public static (List<FieldError> Faults, WorkspaceRole? Role, Edit<int> Version) Member(JsonElement? body)
    {
        var faults = new List<FieldError>();
        WorkspaceRole? role = null;
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "role":
                    role = Role(value, Words.WorkspaceRoles, faults);
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, Words.MemberMembers, faults);
                    break;
            }
        }
        AddFault(version, faults);
        return (faults, role, version);
    }

    /// <summary>An invitation: to whom, and what they will be. What only answers have is put up with, so that one that was read can be sent again.</summary>
    public static (List<FieldError> Faults, string Email, WorkspaceRole Role) Invitation(JsonElement? body)
    {
        var faults = new List<FieldError>();
        var email = default(Edit<string>);
        var (role, hasRole) = (default(WorkspaceRole?), false);
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "email":
                    email = Name(value);
                    break;
                case "role":
                    (role, hasRole) = (Role(value, Words.GivenRoles, faults), true);
                    break;
                default:
                    RefuseUnknown(name, Words.InvitationMembers, faults);
                    break;
            }
        }
        if (!faults.Exists(fault => fault.Field == Field.Body))
        {
            if (!email.IsSet || email.Value.Length == 0)
            {
                faults.Add(new FieldError(Field.Email, email.Fault ?? FieldFault.Required));
            }
            if (!hasRole)
            {
                faults.Add(new FieldError(Field.Role, FieldFault.Required));
            }
        }
        return (faults, email.Or("") ?? "", role ?? WorkspaceRole.Viewer);
    }

    private static WorkspaceRole? Role(JsonElement value, string[] words, List<FieldError> faults)
    {
        var role = Role(value, words);
        if (role.Fault is { } fault)
        {
            faults.Add(new FieldError(Field.Role, fault));
        }
        return role.IsSet ? role.Value : null;
    }

    private static Edit<WorkspaceRole> Role(JsonElement value, string[] words) =>
        PlaceAmong(value, words) is >= 0 and var place
            ? (WorkspaceRole)((place + 1) * 10)
            : Edit<WorkspaceRole>.Malformed(FieldFault.NotOneOf);

    /// <summary>Who a workspace is handed on to, and the password of whoever does it.</summary>
    public static (List<FieldError> Faults, Guid UserId, string CurrentPassword) NewOwner(JsonElement? body)
    {
        var (faults, values) = Strings(body, ("user_id", Field.UserId), ("current_password", Field.CurrentPassword));
        if (!Ids.TryParse(Ids.UserPrefix, values[0] ?? "", out var userId) && !faults.Exists(fault => fault.Field is Field.UserId or Field.Body))
        {
            faults.Add(new FieldError(Field.UserId, FieldFault.NotAnId));
        }
        return (faults, userId, values[1] ?? "");
    }

    /// <summary>A note as a client wants it, and the version it must have, where the body names one.</summary>
    /// <param name="isNew">As for a task.</param>
    public static (NoteEdit Edit, Edit<int> Version) Note(JsonElement? body, bool isNew)
    {
        var edit = new NoteEdit();
        var faults = new List<FieldError>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "text":
                    edit = edit with { Text = Name(value) };
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, Words.NoteMembers, faults);
                    break;
            }
        }
        if (!isNew)
        {
            AddFault(version, faults);
        }
        return (edit with { Faults = faults }, version);
    }

    /// <summary>The body of a merge: the tag that the one in the path becomes, and the version that the latter must have.</summary>
    public static (List<FieldError> Faults, Guid Into, Edit<int> Version) Merge(JsonElement? body)
    {
        var faults = new List<FieldError>();
        Edit<Guid?> into = default;
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "into":
                    into = OptionalId(value, Ids.TagPrefix);
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, ["into", "version"], faults);
                    break;
            }
        }
        if (into.Fault is { } fault)
        {
            faults.Add(new FieldError(Field.Into, fault));
        }
        else if (into.Or(null) is null && !faults.Exists(error => error.Field == Field.Body))
        {
            faults.Add(new FieldError(Field.Into, FieldFault.Required));
        }
        AddFault(version, faults);
        return (faults, into.Or(null) ?? default, version);
    }

    /// <param name="isNew">A registration brings a password; a change of an account does not, and is told so.</param>
    public static (AccountEdit Edit, Edit<int> Version) Account(JsonElement? body, bool isNew)
    {
        var edit = new AccountEdit();
        var faults = new List<FieldError>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "email":
                    edit = edit with { Email = Name(value) };
                    break;
                case "name":
                    edit = edit with { Name = Name(value) };
                    break;
                case "password" when isNew:
                    edit = edit with { Password = Raw(value) };
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, isNew ? NewUserMembers : UserMembers, faults);
                    break;
            }
        }
        if (!isNew)
        {
            AddFault(version, faults);
        }
        return (edit with { Faults = faults }, version);
    }

    /// <summary>What an administrator wants an account to be, and the version it must have, where the body names one.</summary>
    public static (UserChange Change, Edit<int> Version) User(JsonElement? body)
    {
        var change = new UserChange();
        var faults = new List<FieldError>();
        Edit<int> version = default;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "plan":
                    change = change with { Plan = OneOf<Plan>(value, Plans.Names) };
                    break;
                case "role":
                    var role = PlaceAmong(value, Words.Roles);
                    change = change with { IsAdmin = role >= 0 ? role == 1 : Edit<bool>.Malformed(FieldFault.NotOneOf) };
                    break;
                case "version":
                    version = Version(value);
                    break;
                default:
                    RefuseUnknown(name, Words.AdminUserMembers, faults);
                    break;
            }
        }
        AddFault(version, faults);
        return (change with { Faults = faults }, version);
    }

    /// <summary>The body of a suspension: nothing, or why.</summary>
    public static (List<FieldError> Faults, Edit<string?> Reason) Suspension(JsonElement? body)
    {
        var faults = new List<FieldError>();
        Edit<string?> reason = default;
        foreach (var (name, value) in Members(body, faults))
        {
            if (name == "reason")
            {
                reason = OptionalText(value);
            }
            else
            {
                RefuseUnknown(name, ["reason"], faults);
            }
        }
        return (faults, reason);
    }

    /// <summary>A new API key. What only answers have is put up with, so that one that was read can be made again.</summary>
    /// <param name="isOfService">It is to be a service account's, which has fewer scopes to choose from and its workspace anyway.</param>
    public static NewApiKey ApiKey(JsonElement? body, bool isOfService = false)
    {
        var edit = new NewApiKey();
        var faults = new List<FieldError>();
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "name":
                    edit = edit with { Name = Name(value) };
                    break;
                case "scopes":
                    edit = edit with { Scopes = isOfService ? Scopes(value, Field.ServiceScopes, Words.ServiceKeyScopes, faults) : Scopes(value, Field.Scopes, Words.KeyScopes, faults) };
                    break;
                case "workspace_id" when !isOfService:
                    edit = edit with { WorkspaceId = OptionalId(value, Ids.WorkspacePrefix) };
                    break;
                case "expires_at":
                    edit = edit with { ExpiresAt = OptionalTime(value) };
                    break;
                case "current_password":
                    edit = edit with { CurrentPassword = Raw(value) };
                    break;
                default:
                    RefuseUnknown(name, [.. Words.KeyMembers, "current_password"], faults);
                    break;
            }
        }
        return edit with { Faults = faults };
    }

    /// <param name="words">Of the lowest bits, in their order.</param>
    private static Edit<KeyScopes> Scopes(JsonElement value, Field field, IReadOnlyList<string> words, List<FieldError> faults)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return Edit<KeyScopes>.Malformed(value.ValueKind == JsonValueKind.Null ? FieldFault.Required : FieldFault.NotAnArrayOfStrings);
        }
        if (value.GetArrayLength() > words.Count)
        {
            faults.Add(new FieldError(field, FieldFault.TooMany, words.Count));
            return default;
        }
        var (scopes, index) = (KeyScopes.None, 0);
        foreach (var element in value.EnumerateArray())
        {
            var bit = element.ValueKind == JsonValueKind.String && TryGetString(element, out var word) ? words.ToList().IndexOf(word) : -1;
            if (bit >= 0 && ((int)scopes & 1 << bit) != 0)
            {
                faults.Add(new FieldError(field, FieldFault.Repeated, Index: index));
            }
            else if (bit >= 0)
            {
                scopes |= (KeyScopes)(1 << bit);
            }
            else
            {
                faults.Add(new FieldError(field, FieldFault.NotOneOf, Index: index));
            }
            index++;
        }
        return scopes;
    }

    /// <summary>The string members that a request must have, such as those of a login.</summary>
    public static (List<FieldError> Faults, string[] Values) Strings(JsonElement? body, params (string Name, Field Field)[] required)
    {
        var (faults, values, _) = StringsAndOne(body, optional: null, required);
        return (faults, values);
    }

    /// <summary>The same with one member more, which may be absent and is null then.</summary>
    public static (List<FieldError> Faults, string[] Values, string? Optional) StringsAndOne(
        JsonElement? body, (string Name, Field Field)? optional, params (string Name, Field Field)[] required)
    {
        var (faults, values) = StringsAndMore(body, optional is { } one ? [one] : [], required);
        return (faults, values, optional is null ? null : values[^1]);
    }

    /// <summary>The same with several; their values come behind those of the required ones, null where they are absent.</summary>
    public static (List<FieldError> Faults, string[] Values) StringsAndMore(
        JsonElement? body, (string Name, Field Field)[] optional, params (string Name, Field Field)[] required)
    {
        var faults = new List<FieldError>();
        (string Name, Field Field)[] members = [.. required, .. optional];
        var values = new string[members.Length];
        foreach (var (name, value) in Members(body, faults))
        {
            var index = Array.FindIndex(members, member => member.Name == name);
            if (index < 0)
            {
                RefuseUnknown(name, [.. members.Select(member => member.Name)], faults);
            }
            else if (value.ValueKind == JsonValueKind.String && TryGetString(value, out var text))
            {
                values[index] = text;
                if (text.Length == 0 && index >= required.Length)
                {
                    faults.Add(new FieldError(members[index].Field, FieldFault.Required));
                }
            }
            else
            {
                faults.Add(new FieldError(members[index].Field, value.ValueKind == JsonValueKind.String ? FieldFault.NotText : FieldFault.NotAString));
            }
        }
        for (var i = 0; i < required.Length; i++)
        {
            if (string.IsNullOrEmpty(values[i]) && !faults.Exists(fault => fault.Field == required[i].Field))
            {
                faults.Add(new FieldError(required[i].Field, FieldFault.Required));
            }
        }
        return (faults, values);
    }

    private static void RefuseUnknown(string name, string[] known, List<FieldError> faults)
    {
        if (Array.IndexOf(known, name) < 0 && faults.Count < Limits.FaultsTold)
        {
            faults.Add(new FieldError(Field.Unknown, FieldFault.UnknownName, Name: name, Nearest: Nearest.Of(name, known)));
        }
    }

    private static void AddFault(Edit<int> version, List<FieldError> faults)
    {
        if (version.Fault is { } fault)
        {
            faults.Add(new FieldError(Field.Version, fault));
        }
    }
}
