using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Quehacer.Core.Labels;
using Quehacer.Core.Notes;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Core.Events;

/// <summary>An event of the log as people and programs are told of it: what happened, to what, by whom, and how that looked before and after.</summary>
/// <param name="CursorAt">Makes the cursor of a revision in a workspace's log.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="RequestId">Of the request that did it; null where none did.</param>
public sealed record EventView(Guid WorkspaceId, long Revision, Func<Guid, long, string> CursorAt, string Type, EventStamp Stamp, EventSubject Subject, EventActor Actor, string? RequestId)
{
    private string? cursor;

    /// <summary>Its place in the log, for whoever wants what came after it; null for an event that a task brought along from another workspace. Made when it is first asked for.</summary>
    public string? Cursor => Revision > 0 ? cursor ??= CursorAt(WorkspaceId, Revision) : null;

    /// <summary>
    /// The same wherever it is read, and of no other event: a UUID of version 8 (RFC 9562 §5.8), the milliseconds of its time in front, so that later ones are
    /// greater. A task and a note take theirs along into another workspace.
    /// </summary>
    public Guid Id
    {
        get
        {
            Span<byte> of = stackalloc byte[16 + 16 + 4 + 32];
            of.Clear();
            if (Subject is not (EventSubject.OfTask or EventSubject.OfNote))
            {
                WorkspaceId.TryWriteBytes(of);
            }
            Stamp.StreamId.TryWriteBytes(of[16..]);
            BinaryPrimitives.WriteInt32BigEndian(of[32..], Stamp.Version);
            // Where a task leaves one workspace and where it comes into the other may have the same number.
            Encoding.ASCII.GetBytes(Type, of[36..]);
            Span<byte> hash = stackalloc byte[32];
            SHA256.HashData(of, hash);
            Span<byte> id = stackalloc byte[16];
            BinaryPrimitives.WriteInt64BigEndian(id, (long)(Stamp.At - DateTime.UnixEpoch).TotalMilliseconds << 16);
            hash[..10].CopyTo(id[6..]);
            id[6] = (byte)(0x80 | (id[6] & 0x0F));
            id[8] = (byte)(0x80 | (id[8] & 0x3F));
            return new Guid(id, bigEndian: true);
        }
    }
}

/// <param name="Name">As they are called now; null where there is no such account any more.</param>
public readonly record struct EventActor(Guid Id, string? Name);

/// <summary>
/// What an event is about: how it was behind the event and before it. There is no before of what the event made, and neither where nobody knows any more: it
/// was purged or removed since, or has gone on in another workspace.
/// </summary>
public abstract record EventSubject
{
    private EventSubject()
    {
    }

    public sealed record OfTask(TaskView? After, TaskView? Before) : EventSubject;

    /// <param name="Into">The tag that it was merged into.</param>
    public sealed record OfLabel(LabelKind Kind, Label? After, Label? Before, Guid? Into) : EventSubject;

    /// <param name="TaskId">The task that the note is on, where that is known.</param>
    public sealed record OfNote(Guid? TaskId, Note? After, Note? Before) : EventSubject;

    /// <param name="After">What they are; null for somebody who is none any more.</param>
    /// <param name="Before">What they were; null for somebody who was none.</param>
    public sealed record OfMember(WorkspaceRole? After, WorkspaceRole? Before) : EventSubject;

    public sealed record OfWorkspace(Workspace? After, Workspace? Before) : EventSubject;
}
