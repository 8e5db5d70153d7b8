using System.Globalization;
using System.Text.Json;
using Quehacer.Core.Events;

namespace Quehacer.Core.Tasks;

/// <summary>What happened to a task. Old events are read for ever: a changed event gets a new name or an upcaster, never a new meaning.</summary>
public abstract record TaskEvent
{
    private TaskEvent()
    {
    }

    public sealed record Created(TaskDelta Data) : TaskEvent;

    /// <param name="Data">The changed members as they are now.</param>
    /// <param name="Before">The same members as they were.</param>
    public sealed record Updated(TaskDelta Data, TaskDelta Before) : TaskEvent;

    public sealed record Completed : TaskEvent;

    public sealed record Reopened : TaskEvent;

    public sealed record Deleted : TaskEvent;

    public sealed record Restored : TaskEvent;

    /// <summary>It is in another workspace from here on, with its history; here is left that there was a task.</summary>
    public sealed record MovedOut(Guid To) : TaskEvent;

    /// <summary>It has come from another workspace. What happened to it there came along, and is no part of this log.</summary>
    /// <param name="Data">All that it is.</param>
    /// <param name="CreatedBy">Who has made it; the actor has moved it.</param>
    public sealed record MovedIn(TaskDelta Data, Guid CreatedBy, Guid From) : TaskEvent;

    /// <summary>The name in the log.</summary>
    public string Name => this switch
    {
        Created => EventNames.TaskCreated,
        Updated => EventNames.TaskUpdated,
        Completed => EventNames.TaskCompleted,
        Reopened => EventNames.TaskReopened,
        Deleted => EventNames.TaskDeleted,
        Restored => EventNames.TaskRestored,
        MovedOut => EventNames.TaskMovedOut,
        MovedIn => EventNames.TaskMovedIn,
        _ => throw new InvalidOperationException($"An event without a name: {GetType().Name}."),
    };

    /// <summary>The JSON of the event and of the members as they were before; null where an event has none.</summary>
    public (string? Data, string? Before) ToJson() => this switch
    {
        Created created => (created.Data.ToJson(), null),
        Updated updated => (updated.Data.ToJson(), updated.Before.ToJson()),
        MovedOut moved => (JsonText.Object(json => json.WriteString("to"u8, moved.To)), null),
        MovedIn moved => (
            JsonText.Object(json =>
            {
                json.WriteString("from"u8, moved.From);
                json.WriteString("created_by"u8, moved.CreatedBy);
                json.WriteStartObject("task"u8);
                moved.Data.WriteTo(json);
                json.WriteEndObject();
            }),
            null),
        _ => (null, null),
    };

    public static TaskEvent FromStored(StoredEvent stored) => stored.Type switch
    {
        EventNames.TaskCreated => new Created(TaskDelta.FromJson(stored.Data!)),
        EventNames.TaskUpdated => new Updated(TaskDelta.FromJson(stored.Data!), TaskDelta.FromJson(stored.Before!)),
        EventNames.TaskCompleted => new Completed(),
        EventNames.TaskReopened => new Reopened(),
        EventNames.TaskDeleted => new Deleted(),
        EventNames.TaskRestored => new Restored(),
        EventNames.TaskMovedOut => new MovedOut(ToOf(stored.Data!)),
        EventNames.TaskMovedIn => MovedInOf(stored.Data!),
        _ => throw new InvalidOperationException($"The log has an event of a task that this program does not know: {stored.Type}."),
    };

    private static Guid ToOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Member(document.RootElement, "to").GetGuid();
    }

    private static MovedIn MovedInOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new MovedIn(TaskDelta.Read(Member(root, "task")), Member(root, "created_by").GetGuid(), Member(root, "from").GetGuid());
    }

    private static JsonElement Member(JsonElement of, string name) => of.TryGetProperty(name, out var member)
        ? member
        : throw new InvalidOperationException($"The log has a move of a task without its {name}.");
}

/// <summary>Some members of a task with their values; in the log a member that is not set is absent, and one that is cleared is null.</summary>
public sealed record TaskDelta
{
    public Edit<string> Title { get; init; }

    public Edit<string?> Description { get; init; }

    public Edit<TaskState> State { get; init; }

    public Edit<TaskPriority> Priority { get; init; }

    public Edit<DateTime?> DueDate { get; init; }

    public Edit<Guid?> CategoryId { get; init; }

    public Edit<Guid[]> TagIds { get; init; }

    public Edit<Guid?> AssigneeId { get; init; }

    public Edit<Guid?> ParentId { get; init; }

    public Edit<Guid?> FormerParentId { get; init; }

    public Edit<string?> Position { get; init; }

    public bool IsEmpty => !(Title.IsSet || Description.IsSet || State.IsSet || Priority.IsSet || DueDate.IsSet || CategoryId.IsSet || TagIds.IsSet
        || AssigneeId.IsSet || ParentId.IsSet || FormerParentId.IsSet || Position.IsSet);

    /// <summary>The members that are set, by the names under which a change can be at fault.</summary>
    internal IEnumerable<Field> Fields
    {
        get
        {
            (bool IsSet, Field Field)[] members =
            [
                (Title.IsSet, Field.Title), (Description.IsSet, Field.Description), (State.IsSet, Field.Status), (Priority.IsSet, Field.Priority), (DueDate.IsSet, Field.DueDate),
                (CategoryId.IsSet, Field.CategoryId), (TagIds.IsSet, Field.Tags), (AssigneeId.IsSet, Field.AssigneeId), (ParentId.IsSet || FormerParentId.IsSet, Field.ParentId),
                (Position.IsSet, Field.Position),
            ];
            return members.Where(member => member.IsSet).Select(member => member.Field);
        }
    }

    public string ToJson() => JsonText.Object(WriteTo);

    /// <summary>These members, and of those that are not set the earlier ones.</summary>
    internal TaskDelta Over(TaskDelta earlier) => Each<Later>(earlier);

    /// <summary>Those of these members that the other names as well, with another value.</summary>
    internal TaskDelta Unlike(TaskDelta other) => Each<Differing>(other);

    private TaskDelta Each<TChoice>(TaskDelta other) where TChoice : IChoice => new()
    {
        Title = TChoice.Of(Title, other.Title),
        Description = TChoice.Of(Description, other.Description),
        State = TChoice.Of(State, other.State),
        Priority = TChoice.Of(Priority, other.Priority),
        DueDate = TChoice.Of(DueDate, other.DueDate),
        CategoryId = TChoice.Of(CategoryId, other.CategoryId),
        TagIds = TChoice.Of(TagIds, other.TagIds),
        AssigneeId = TChoice.Of(AssigneeId, other.AssigneeId),
        ParentId = TChoice.Of(ParentId, other.ParentId),
        FormerParentId = TChoice.Of(FormerParentId, other.FormerParentId),
        Position = TChoice.Of(Position, other.Position),
    };

    /// <summary>What becomes of one member of two deltas.</summary>
    private interface IChoice
    {
        static abstract Edit<T> Of<T>(Edit<T> one, Edit<T> other);
    }

    private sealed class Later : IChoice
    {
        public static Edit<T> Of<T>(Edit<T> one, Edit<T> other) => one.IsSet ? one : other;
    }

    private sealed class Differing : IChoice
    {
        public static Edit<T> Of<T>(Edit<T> one, Edit<T> other) => one.IsSet && other.IsSet && !AreSame(one.Value, other.Value) ? one : default;

        private static bool AreSame<T>(T one, T other) => one is Guid[] some && other is Guid[] others ? some.AsSpan().SequenceEqual(others) : EqualityComparer<T>.Default.Equals(one, other);
    }

    /// <summary>The members, within an object that has been begun.</summary>
    internal void WriteTo(Utf8JsonWriter json)
    {
        if (Title.IsSet)
        {
            json.WriteString("title"u8, Title.Value);
        }
        if (Description.IsSet)
        {
            json.WriteString("description"u8, Description.Value);
        }
        if (State.IsSet)
        {
            json.WriteNumber("state"u8, (short)State.Value);
        }
        if (Priority.IsSet)
        {
            json.WriteNumber("priority"u8, (short)Priority.Value);
        }
        if (DueDate.IsSet)
        {
            json.WriteTime("due_date"u8, DueDate.Value);
        }
        if (CategoryId.IsSet)
        {
            json.WriteId("category_id"u8, CategoryId.Value);
        }
        if (TagIds.IsSet)
        {
            json.WriteStartArray("tag_ids"u8);
            foreach (var id in TagIds.Value)
            {
                json.WriteStringValue(id);
            }
            json.WriteEndArray();
        }
        if (AssigneeId.IsSet)
        {
            json.WriteId("assignee_id"u8, AssigneeId.Value);
        }
        if (ParentId.IsSet)
        {
            json.WriteId("parent_id"u8, ParentId.Value);
        }
        if (FormerParentId.IsSet)
        {
            json.WriteId("former_parent_id"u8, FormerParentId.Value);
        }
        if (Position.IsSet)
        {
            json.WriteString("position"u8, Position.Value);
        }
    }

    public static TaskDelta FromJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Read(document.RootElement);
    }

    internal static TaskDelta Read(JsonElement json)
    {
        // Put together at the end: an event of a new task has most of them, and each would be a copy of all.
        var (title, description, state, priority, dueDate) = (default(Edit<string>), default(Edit<string?>), default(Edit<TaskState>), default(Edit<TaskPriority>), default(Edit<DateTime?>));
        var (categoryId, tagIds, assigneeId) = (default(Edit<Guid?>), default(Edit<Guid[]>), default(Edit<Guid?>));
        var (parentId, formerParentId, position) = (default(Edit<Guid?>), default(Edit<Guid?>), default(Edit<string?>));
        foreach (var member in json.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "title":
                    title = value.GetString()!;
                    break;
                case "description":
                    description = value.GetString();
                    break;
                case "state":
                    state = (TaskState)value.GetInt16();
                    break;
                case "priority":
                    priority = (TaskPriority)value.GetInt16();
                    break;
                case "due_date":
                    dueDate = value.ValueKind == JsonValueKind.Null ? null : ReadTime(value);
                    break;
                case "category_id":
                    categoryId = ReadId(value);
                    break;
                case "tag_ids":
                    tagIds = value.EnumerateArray().Select(id => id.GetGuid()).ToArray();
                    break;
                case "assignee_id":
                    assigneeId = ReadId(value);
                    break;
                case "parent_id":
                    parentId = ReadId(value);
                    break;
                case "former_parent_id":
                    formerParentId = ReadId(value);
                    break;
                case "position":
                    position = value.GetString();
                    break;
                default:
                    throw new InvalidOperationException($"The log has a member of a task that this program does not know: {member.Name}.");
            }
        }
        return new TaskDelta
        {
            Title = title, Description = description, State = state, Priority = priority, DueDate = dueDate, CategoryId = categoryId, TagIds = tagIds, AssigneeId = assigneeId,
            ParentId = parentId, FormerParentId = formerParentId, Position = position,
        };
    }

    private static Guid? ReadId(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetGuid();

    private static DateTime ReadTime(JsonElement value) =>
        DateTime.Parse(value.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);
}
