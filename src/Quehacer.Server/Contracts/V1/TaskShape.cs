using System.Text.Json;
using System.Text.Json.Nodes;
using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>What a task shows beside its usual members.</summary>
[Flags]
internal enum Expansions
{
    None = 0,
    Category = 1,
    Tags = 2,
    Links = 4,
}

/// <summary>Where the tasks are that a request asked for.</summary>
/// <param name="Base">The path under which this server is, empty for the root.</param>
/// <param name="Tasks">The address of all tasks, without a slash behind it.</param>
/// <param name="InWorkspace">What every address ends with.</param>
/// <param name="WorkspaceId">Where they are.</param>
internal readonly record struct TaskPlace(string Base, string Tasks, string InWorkspace, Guid WorkspaceId)
{
    public static TaskPlace OfList(HttpRequest request) =>
        new(request.PathBase.ToUriComponent(), (request.PathBase + request.Path).ToUriComponent().TrimEnd('/'), request.HttpContext.InWorkspace(), request.HttpContext.Caller().WorkspaceId);

    public static TaskPlace OfOne(HttpRequest request)
    {
        var list = OfList(request);
        return list with { Tasks = list.Tasks[..list.Tasks.LastIndexOf('/')] };
    }
}

/// <summary>
/// Which members of a task an answer shows: all of the usual ones unless <c>fields</c> selects some, and beside them what <c>expand</c> names. A
/// member that has to be expanded is so by being selected.
/// </summary>
/// <param name="Fields">Names among <see cref="Words.TaskFields"/>; null for all members.</param>
internal sealed record TaskShape(IReadOnlyList<string>? Fields, Expansions Expansions)
{
    public static readonly TaskShape Usual = new(null, Expansions.None);

    public bool IsUsual => Fields is null && Expansions == Expansions.None;

    /// <summary>What a task does not show as of a moment that is past: what was below it then is not its own, and what can be done is done with it as it is now.</summary>
    private static readonly string[] OfNowAlone = ["subtask_count", "subtasks_done", "_links"];

    /// <param name="isOfThePast">The task is shown as it was.</param>
    public static TaskShape Read(QueryReader query, bool isOfThePast = false)
    {
        var expansions = Expansions.None;
        foreach (var name in query.Several("expand", Field.Expand))
        {
            var index = Array.IndexOf(Words.TaskExpansions, name);
            if (index < 0)
            {
                query.Refuse(Field.Expand, FieldFault.UnknownName, name: name, nearest: Nearest.Of(name, Words.TaskExpansions));
                continue;
            }
            if (isOfThePast && (Expansions)(1 << index) == Expansions.Links)
            {
                query.Refuse(Field.Expand, FieldFault.NotOfThePast, name: name);
            }
            expansions |= (Expansions)(1 << index);
        }
        var fields = query.Several("fields", Field.Fields);
        foreach (var field in fields)
        {
            if (Array.IndexOf(Words.TaskFields, field) < 0)
            {
                query.Refuse(Field.Fields, FieldFault.UnknownName, name: field, nearest: Nearest.Of(field, Words.TaskFields));
            }
            else if (isOfThePast && OfNowAlone.Contains(field.Split('.')[0]))
            {
                query.Refuse(Field.Fields, FieldFault.NotOfThePast, name: field);
            }
            expansions |= field.Split('.')[0] switch { "category" => Expansions.Category, "tag_details" => Expansions.Tags, "_links" => Expansions.Links, _ => Expansions.None };
        }
        return fields.Count > 0 ? new TaskShape([.. fields.Distinct()], expansions) : expansions == Expansions.None ? Usual : new TaskShape(null, expansions);
    }

    /// <summary>The same for every way to ask for the same: what is selected says also what is expanded.</summary>
    /// <param name="isOrdered">The order of the fields is seen in the answer.</param>
    public string InOneSpelling(bool isOrdered)
    {
        if (Fields is null)
        {
            return Expansions == Expansions.None ? "" : $"+{(int)Expansions}";
        }
        return string.Join(',', isOrdered ? Fields.AsEnumerable() : Fields.Order(StringComparer.Ordinal));
    }

    /// <summary>The task with what is expanded; not yet without what was not selected.</summary>
    public TaskBody BodyOf(TaskView view, TaskPlace place)
    {
        var body = TaskBody.Of(view, place.WorkspaceId);
        return Expansions == Expansions.None ? body : body with
        {
            Category = Expansions.HasFlag(Expansions.Category) && view.Category is { } category ? LabelFaceBody.Of(category) : null,
            TagDetails = Expansions.HasFlag(Expansions.Tags) ? [.. view.TagFaces.Select(LabelFaceBody.Of)] : null,
            Links = Expansions.HasFlag(Expansions.Links) ? TaskLinksBody.Of(view, place) : null,
        };
    }

    /// <summary>The same of a task as it was.</summary>
    public JsonObject OfThePast(TaskBody body)
    {
        var members = Of(body);
        foreach (var name in OfNowAlone)
        {
            members.Remove(name);
        }
        return members;
    }

    /// <summary>The members that are wanted, in the order of the whole.</summary>
    /// <param name="body">By <see cref="BodyOf"/>.</param>
    public JsonObject Of(TaskBody body)
    {
        var whole = JsonSerializer.SerializeToNode(body, BodyJson.Default.TaskBody)!.AsObject();
        if (Expansions.HasFlag(Expansions.Category) && body.Category is null)
        {
            // Looked for, and there is none: that is not the same as not looked for.
            whole.Insert(whole.Count - (body.TagDetails is null ? 0 : 1) - (body.Links is null ? 0 : 1), "category", null);
        }
        if (Fields is null)
        {
            return whole;
        }
        foreach (var (name, value) in whole.ToList())
        {
            if (Fields.Contains(name))
            {
                continue;
            }
            var within = Fields.Where(field => field.Length > name.Length && field[name.Length] == '.' && field.StartsWith(name, StringComparison.Ordinal))
                .Select(field => field[(name.Length + 1)..]).ToList();
            if (within.Count == 0)
            {
                whole.Remove(name);
                continue;
            }
            foreach (var part in value is JsonArray several ? several.Select(one => one!.AsObject()) : value is JsonObject one ? [one] : [])
            {
                foreach (var other in part.Select(member => member.Key).Except(within).ToList())
                {
                    part.Remove(other);
                }
            }
        }
        return whole;
    }
}
