using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using Quehacer.Core;
using Quehacer.Core.Workspaces;

namespace Quehacer.Server.Http;

/// <summary>
/// How a contract writes entity tags (RFC 9110 §8.8.3). Of one thing: <c>"shape.incarnation.version.labels"</c>, and of a task that has subtasks
/// <c>"shape.incarnation.version.labels.3-1"</c> with how many there are and how many are done; of a list, weak: <c>W/"shape.incarnation.revision.query"</c>. A strong tag is of one content coding; whatever compresses an answer appends the coding's name
/// (<c>"v1.0123abcd.7.3.br"</c>), and here that is the same state again.
/// </summary>
/// <param name="Name">Of the contract's shape: letters and digits, no dot.</param>
/// <param name="IsStrong">
/// Equal tags mean equal bytes. A contract whose bodies differ from one read to the next has weak tags, and takes them in <c>If-Match</c>
/// as well, where the RFC would have strong ones only.
/// </param>
internal sealed record TagShape(string Name, bool IsStrong)
{
    private const string Weak = "W/";

    public string Of(EntityTag tag) => tag.Subtasks == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{(IsStrong ? "" : Weak)}\"{Name}.{tag.Incarnation}.{tag.Version}.{tag.LabelsRevision}\"")
        : string.Create(CultureInfo.InvariantCulture, $"{(IsStrong ? "" : Weak)}\"{Name}.{tag.Incarnation}.{tag.Version}.{tag.LabelsRevision}.{tag.Subtasks}-{tag.SubtasksDone}\"");

    /// <param name="query">What was asked for, in one spelling only.</param>
    public string OfList(WorkspaceMoment moment, string query)
    {
        var asked = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{moment.Role}\n{query}")).AsSpan(0, 10));
        return string.Create(CultureInfo.InvariantCulture, $"{Weak}\"{Name}.{moment.Incarnation}.{moment.Revision}.{asked}\"");
    }

    /// <summary>The same, strong, for those who change what a list shows.</summary>
    public string OfMany(WorkspaceMoment moment, string query) => OfList(moment, query)[Weak.Length..];

    /// <summary>Whether a tag that a client names is of the present state.</summary>
    /// <param name="current">As it is sent; null for what has no tag, which no tag is of.</param>
    /// <param name="isStrong">By the strong comparison (§8.8.3.2), which no weak tag passes.</param>
    public static bool IsSame(EntityTagHeaderValue named, string? current, bool isStrong)
    {
        if (current is null)
        {
            return false;
        }
        var isWeak = current.StartsWith(Weak, StringComparison.Ordinal);
        return !(isStrong && (isWeak || named.IsWeak))
            && ContentCoding.Untagged(named.Tag.AsSpan()[1..^1]).SequenceEqual(current.AsSpan(isWeak ? Weak.Length : 0).Trim('"'));
    }

    /// <summary>What a tag of this shape stands for; null for one that is not ours, or not of one thing.</summary>
    public EntityTag? Read(EntityTagHeaderValue named)
    {
        var opaque = ContentCoding.Untagged(named.Tag.AsSpan()[1..^1]).ToString();
        if (opaque.Split('.') is [_, var incarnation, var version, var labels, .. var more] && TryReadSubtasks(more, out var subtasks)
            && int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && long.TryParse(labels, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            var tag = new EntityTag(incarnation, number, revision, subtasks.Total, subtasks.Done);
            // Tags are compared as they are written: 007 is not 7.
            return Of(tag).AsSpan(IsStrong ? 0 : Weak.Length).Trim('"').SequenceEqual(opaque) ? tag : null;
        }
        return null;
    }

    /// <summary>What may stand behind the four parts that every tag of one thing has.</summary>
    private static bool TryReadSubtasks(string[] parts, out (int Total, int Done) subtasks)
    {
        subtasks = default;
        return parts.Length == 0
            || (parts is [var only] && only.Split('-') is [var total, var done]
                && int.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out subtasks.Total)
                && int.TryParse(done, NumberStyles.None, CultureInfo.InvariantCulture, out subtasks.Done));
    }
}
