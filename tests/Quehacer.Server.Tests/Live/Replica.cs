using System.Text.Json;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Live;

/// <summary>
/// What a client knows that does nothing but take events: the rules of docs/history.md and no other. It is held against what the server shows to whoever asks.
/// </summary>
public sealed class Replica
{
    private readonly Dictionary<string, JsonObject> tasks = [];
    private readonly Dictionary<string, JsonObject> tags = [];
    private readonly Dictionary<string, JsonObject> categories = [];
    private readonly Dictionary<string, JsonObject> notes = [];
    private readonly Dictionary<string, string> members = [];
    private readonly HashSet<string> seen = [];
    private JsonObject? workspace;

    /// <summary>Events that came twice; there are to be none.</summary>
    public int Doubled { get; private set; }

    public int Count => seen.Count;

    /// <summary>What kinds of events there were.</summary>
    public HashSet<string> Types { get; } = [];

    public void Apply(JsonNode told)
    {
        if (!seen.Add((string)told["id"]!))
        {
            Doubled++;
            return;
        }
        var (type, id) = ((string)told["type"]!, (string)told["subject_id"]!);
        Types.Add(type);
        switch (type.Split('.')[0])
        {
            case "task":
                Put(tasks, id, told["task"], isGone: type is "task.purged" or "task.moved_out");
                if (type is "task.purged" or "task.moved_out")
                {
                    foreach (var note in notes.Where(note => (string)note.Value["task_id"]! == id).Select(note => note.Key).ToList())
                    {
                        notes.Remove(note);
                    }
                }
                break;
            case "note":
                Put(notes, id, told["note"], isGone: type is "note.deleted" or "note.moved_out");
                break;
            case "tag":
                Put(tags, id, told["tag"], isGone: type is "tag.deleted" or "tag.merged");
                if (type is "tag.deleted" or "tag.merged")
                {
                    foreach (var task in tasks.Values)
                    {
                        var ids = task["tag_ids"]!.AsArray().Select(tag => (string)tag!).Select(tag => tag == id ? (string?)told["into"] : tag).Where(tag => tag is not null).Distinct();
                        task["tag_ids"] = new JsonArray([.. ids.Select(tag => (JsonNode)tag!)]);
                    }
                }
                break;
            case "category":
                Put(categories, id, told["category"], isGone: type == "category.deleted");
                if (type == "category.deleted")
                {
                    foreach (var task in tasks.Values.Where(task => (string?)task["category_id"] == id))
                    {
                        task["category_id"] = null;
                    }
                }
                break;
            case "member":
                if (told["member"] is { } member)
                {
                    members[id] = (string)member["role"]!;
                }
                else
                {
                    members.Remove(id);
                }
                break;
            case "workspace":
                workspace = told["workspace"]!.DeepClone().AsObject();
                if (type == "workspace.created")
                {
                    members[(string)told["actor"]!["id"]!] = "owner";
                }
                break;
            default:
                throw new InvalidOperationException($"A client does not know {type}.");
        }
    }

    /// <summary>Everything that it knows, in one spelling.</summary>
    public string Show()
    {
        var shown = tasks.Values.Select(task =>
        {
            var one = task.DeepClone().AsObject();
            one["tags"] = new JsonArray([.. one["tag_ids"]!.AsArray().Select(id => (JsonNode)(string)tags[(string)id!]["name"]!)]);
            one.Remove("tag_ids");
            // How far subtasks are is told by their own events.
            var below = tasks.Values.Where(other => (string?)other["parent_id"] == (string)one["id"]! && other["deleted_at"] is null).ToList();
            one["subtask_count"] = below.Count;
            one["subtasks_done"] = below.Count(other => (string)other["status"]! == "done");
            if (one["deleted_at"] is null)
            {
                one.Remove("deleted_at");
            }
            return one;
        });
        return Spell(shown, tags.Values, categories.Values, notes.Values, members, workspace!);
    }

    /// <summary>The same of the server, for somebody who asks for everything.</summary>
    public static async Task<string> ShowServerAsync(Client client, string workspaceId)
    {
        var found = await AllAsync(client, $"{User.Tasks}?include_deleted=true&sort=number&workspace_id={workspaceId}", "tasks");
        var tags = await AllAsync(client, $"/api/v1/tags?workspace_id={workspaceId}", "tags");
        var categories = await AllAsync(client, $"/api/v1/categories?workspace_id={workspaceId}", "categories");
        var notes = new List<JsonObject>();
        foreach (var task in found.Where(task => task["deleted_at"] is null))
        {
            foreach (var note in await AllAsync(client, $"{User.Tasks}/{(string)task["id"]!}/notes?workspace_id={workspaceId}", "notes"))
            {
                note["author_id"] = (string)note["author"]!["id"]!;
                note.Remove("author");
                notes.Add(note);
            }
        }
        var members = (await AllAsync(client, $"/api/v1/workspaces/{workspaceId}/members?", "members")).ToDictionary(member => (string)member["user_id"]!, member => (string)member["role"]!);
        var workspace = (await client.GetAsync($"/api/v1/workspaces/{workspaceId}")).Is(200).Json.AsObject();
        return Spell(found, tags, categories, notes, members, workspace);
    }

    private static async Task<List<JsonObject>> AllAsync(Client client, string path, string name)
    {
        var all = new List<JsonObject>();
        var next = $"{path}&limit=100";
        while (true)
        {
            var page = (await client.GetAsync(next)).Is(200);
            all.AddRange(page[name]!.AsArray().Select(one => one!.DeepClone().AsObject()));
            if (!(bool)page["pagination"]!["has_next"]!)
            {
                return all;
            }
            next = (string)page["_links"]!["next"]!;
        }
    }

    private static void Put(Dictionary<string, JsonObject> things, string id, JsonNode? thing, bool isGone)
    {
        if (isGone)
        {
            things.Remove(id);
        }
        else if (thing is not null)
        {
            things[id] = thing.DeepClone().AsObject();
        }
    }

    /// <summary>Notes of deleted tasks are not shown by the server, and left out here.</summary>
    private static string Spell(
        IEnumerable<JsonObject> tasks, IEnumerable<JsonObject> tags, IEnumerable<JsonObject> categories, IEnumerable<JsonObject> notes, Dictionary<string, string> members, JsonObject workspace)
    {
        var all = tasks.ToList();
        var open = all.Where(task => task["deleted_at"] is null).Select(task => (string)task["id"]!).ToHashSet();
        var lines = new List<string>();
        lines.AddRange(all.Select(task => "task " + InOrder(task)));
        lines.AddRange(tags.Select(tag => "tag " + InOrder(tag)));
        lines.AddRange(categories.Select(category => "category " + InOrder(category)));
        lines.AddRange(notes.Where(note => open.Contains((string)note["task_id"]!)).Select(note => "note " + InOrder(note)));
        lines.AddRange(members.Select(member => $"member {member.Key} {member.Value}"));
        lines.Add($"workspace {workspace["name"]} {workspace["archived_at"]} {workspace["version"]}");
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    private static string InOrder(JsonObject thing) =>
        JsonSerializer.Serialize(thing.OrderBy(member => member.Key, StringComparer.Ordinal).ToDictionary(member => member.Key, member => member.Value), Client.Plain);
}
