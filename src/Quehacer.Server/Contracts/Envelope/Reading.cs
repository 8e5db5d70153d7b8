using System.Text.Json;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;
using static Quehacer.Server.Http.JsonValues;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>
/// Reads the envelope's request bodies. Members that are not known mean nothing, nor do those that only the server writes, so that what was read can be
/// put back.
/// </summary>
internal static class Reading
{
    /// <summary>A task as a client wants it.</summary>
    public static TaskEdit Task(JsonElement? body)
    {
        var edit = new TaskEdit();
        var faults = new List<FieldError>();
        TaskState? asDone = null;
        foreach (var (name, value) in Members(body, faults))
        {
            switch (name)
            {
                case "title":
                    edit = edit with { Title = Name(value) };
                    break;
                case "description":
                    edit = edit with { Description = Description(value) };
                    break;
                case "done" when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                    asDone = value.GetBoolean() ? TaskState.Done : TaskState.Pending;
                    break;
                case "done":
                    faults.Add(new FieldError(Field.Unknown, FieldFault.NotABoolean, Name: name));
                    break;
                case "status":
                    edit = edit with { State = OneOf<TaskState>(value, Words.States) };
                    break;
                case "priority":
                    edit = edit with { Priority = OneOf<TaskPriority>(value, Words.Priorities) };
                    break;
                case "dueDate":
                    edit = edit with { DueDate = OptionalTime(value) };
                    break;
                case "tags":
                    edit = edit with { Tags = TagNames(value, Field.Tags, faults) };
                    break;
            }
        }
        if (asDone is { } state)
        {
            if (edit.State.IsSet && edit.State.Value != state)
            {
                faults.Add(new FieldError(Field.Status, FieldFault.Contradiction, Name: "done"));
            }
            edit = edit with { State = edit.State.IsPresent ? edit.State : state };
        }
        return edit with { Faults = faults };
    }

    /// <summary>The task that a body names as its <c>id</c>, or what is wrong with it.</summary>
    public static (TaskRef Task, FieldError? Fault) TargetOf(JsonElement? body)
    {
        var faults = new List<FieldError>();
        var id = Members(body, faults).Where(member => member.Name == "id").Select(member => (JsonElement?)member.Value).FirstOrDefault();
        return faults is [var fault, ..] ? (default, fault)
            : id is not { ValueKind: not JsonValueKind.Null } given ? (default, new FieldError(Field.Id, FieldFault.Required))
            : Target(given);
    }

    /// <summary>The task that an id names, or what is wrong with the id.</summary>
    public static (TaskRef Task, FieldError? Fault) Target(JsonElement id) =>
        TryReadTask(id, out var task) ? (task, null) : (default, new FieldError(Field.Id, FieldFault.NotAnId));

    /// <summary>A batch: what is wrong with it as such, whether all or nothing is wanted, and what it wants to be done, one by one.</summary>
    /// <param name="list">The member that has the list: what is in it is <paramref name="read"/>, and what is wrong there is the fault of that one alone.</param>
    public static (List<FieldError> Faults, bool IsAtomic, List<TaskOperation> Operations) Batch(JsonElement? body, string list, Func<JsonElement, TaskOperation> read)
    {
        var faults = new List<FieldError>();
        var isAtomic = true;
        JsonElement? items = null;
        foreach (var (name, value) in Members(body, faults))
        {
            if (name == list)
            {
                items = value;
            }
            else if (name == "atomic" && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                isAtomic = value.GetBoolean();
            }
            else if (name == "atomic")
            {
                faults.Add(new FieldError(Field.Atomic, FieldFault.NotABoolean));
            }
        }
        if (CountFault(items) is { } fault && !faults.Exists(other => other.Field == Field.Body))
        {
            faults.Add(fault);
        }
        return (faults, isAtomic, faults.Count > 0 ? [] : [.. items!.Value.EnumerateArray().Select(read)]);
    }

    /// <summary>The same in the query of a request without a body, which many programs cannot send with DELETE.</summary>
    /// <param name="read">What is wanted of the task that an id names.</param>
    public static (List<FieldError> Faults, bool IsAtomic, List<TaskOperation> Operations) Batch(HttpRequest request, string list, Func<TaskRef, FieldError?, TaskOperation> read)
    {
        var query = new QueryReader(request.Query, request.QueryString, ignoresUnknown: true);
        var (ids, isAtomic) = (query.Several(list, Field.Operations), query.Flag("atomic", Field.Atomic) ?? true);
        var faults = query.Finish()?.Fields.ToList() ?? [];
        if (faults.Count == 0 && CountFault(ids.Count) is { } fault)
        {
            faults.Add(fault);
        }
        return (faults, isAtomic, faults.Count > 0 ? [] : [.. ids.Select(id =>
            TaskRef.TryParse(id, out var task) ? read(task, null) : read(default, new FieldError(Field.Id, FieldFault.NotAnId)))]);
    }

    private static FieldError? CountFault(JsonElement? items) => items switch
    {
        null or { ValueKind: JsonValueKind.Null } => CountFault(0),
        { ValueKind: not JsonValueKind.Array } => new FieldError(Field.Operations, FieldFault.NotAnArray),
        { } all => CountFault(all.GetArrayLength()),
    };

    private static FieldError? CountFault(int count) => count switch
    {
        0 => new FieldError(Field.Operations, FieldFault.Required),
        > Limits.BatchOperations => new FieldError(Field.Operations, FieldFault.TooMany, Limits.BatchOperations),
        _ => null,
    };

    /// <summary>None is shown as an empty one, and so an empty one is none.</summary>
    private static Edit<string?> Description(JsonElement value)
    {
        var text = OptionalText(value);
        return text is { IsSet: true, Value: "" } ? (string?)null : text;
    }
}
