using System.Text.Json.Nodes;

namespace Quehacer.Core.Labels;

/// <summary>The data of what happens to a tag.</summary>
internal static class TagEvent
{
    public static string Created(string name) => new JsonObject { ["name"] = name }.ToJsonString();
}
