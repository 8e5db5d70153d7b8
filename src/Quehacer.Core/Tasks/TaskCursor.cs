using System.Buffers.Binary;
using System.Text;

namespace Quehacer.Core.Tasks;

/// <summary>
/// A place in a list: the sort key and the id of a task as it was when it was shown. What is inserted, changed or deleted elsewhere does not
/// move it, so a page that begins here shows nothing twice and leaves nothing out.
/// </summary>
/// <param name="Backwards">The page before this place, not the one behind it.</param>
/// <param name="Key">A <see cref="long"/> or a <see cref="string"/>, as the sort has it; null where the id alone decides.</param>
internal sealed record TaskCursor(bool Backwards, object? Key, Guid Id)
{
    private const byte Version = 1;
    private const int BackwardsBit = 1;
    private const int InclusiveBit = 2;

    /// <summary>In a key of time: later than all others.</summary>
    private const long Last = long.MaxValue;
    private const long First = long.MinValue;

    /// <summary>The page has the place itself, too, if it is still there.</summary>
    public bool IsInclusive { get; init; }

    /// <summary>The same place, looking the other way: both sides together leave nothing out, nor show anything twice.</summary>
    public TaskCursor Turned => this with { Backwards = !Backwards, IsInclusive = !IsInclusive };

    public static TaskCursor At(TaskItem task, TaskSort sort, bool reversed, bool backwards) => new(backwards, KeyOf(task, sort, reversed), task.Id);

    /// <summary>The value for the statement's key parameter.</summary>
    public object? Parameter(TaskSort sort) => (sort, Key) switch
    {
        // Npgsql writes these two as infinity and -infinity.
        (TaskSort.Due, Last) => DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc),
        (TaskSort.Due, First) => DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc),
        (TaskSort.Due or TaskSort.Updated, long milliseconds) => DateTime.UnixEpoch.AddMilliseconds(milliseconds),
        (TaskSort.Priority, long priority) => (short)priority,
        _ => Key,
    };

    public string Close(Seal seal, byte[] fingerprint)
    {
        var text = Key is string title ? Encoding.UTF8.GetBytes(title) : [];
        var content = new byte[1 + 1 + 16 + (Key is long ? 8 : text.Length)];
        content[0] = Version;
        content[1] = (byte)((Backwards ? BackwardsBit : 0) | (IsInclusive ? InclusiveBit : 0));
        Id.TryWriteBytes(content.AsSpan(2), bigEndian: true, out _);
        if (Key is long number)
        {
            BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(18), number);
        }
        text.CopyTo(content, 18 + (Key is long ? 8 : 0));
        return seal.Close(content, fingerprint);
    }

    /// <summary>Null for what was altered, or sealed by a key that is not known, or for another list.</summary>
    public static TaskCursor? Open(string text, Seal seal, byte[] fingerprint, TaskSort sort)
    {
        if (seal.Open(text, fingerprint) is not { Length: >= 18 } content || content[0] != Version)
        {
            return null;
        }
        object? key = sort switch
        {
            TaskSort.Created => null,
            TaskSort.Title or TaskSort.Position => Encoding.UTF8.GetString(content.AsSpan(18)),
            _ => BinaryPrimitives.ReadInt64BigEndian(content.AsSpan(18)),
        };
        return new TaskCursor((content[1] & BackwardsBit) != 0, key, new Guid(content.AsSpan(2, 16), bigEndian: true)) { IsInclusive = (content[1] & InclusiveBit) != 0 };
    }

    private static object? KeyOf(TaskItem task, TaskSort sort, bool reversed) => sort switch
    {
        TaskSort.Created => null,
        TaskSort.Updated => Milliseconds(task.UpdatedAt),
        TaskSort.Priority => (long)task.Priority,
        TaskSort.Due => task.DueDate is { } due ? Milliseconds(due) : reversed ? First : Last,
        TaskSort.Title => Text.SortKey(task.Title),
        TaskSort.Number => task.Number,
        TaskSort.Position => task.PositionKey,
        _ => throw new ArgumentOutOfRangeException(nameof(sort)),
    };

    private static long Milliseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;
}
