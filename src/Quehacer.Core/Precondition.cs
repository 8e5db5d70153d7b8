namespace Quehacer.Core;

/// <summary>What must still be true for a change to be made. All that is given must hold.</summary>
/// <param name="AnyOf">The thing's tag is one of these; null for no such condition, empty when none can match.</param>
/// <param name="Version">The thing has this version.</param>
public sealed record Precondition(IReadOnlyList<EntityTag>? AnyOf, int? Version)
{
    public static readonly Precondition None = new(null, null);

    /// <summary>The thing's tag is none of these; null for no such condition.</summary>
    public IReadOnlyList<EntityTag>? NoneOf { get; init; }

    /// <summary>The change is wanted only where there is nothing yet, so it never holds of a thing that is there.</summary>
    public bool OnlyIfAbsent { get; init; }

    /// <summary>The thing has not changed since this second; null for no such condition.</summary>
    public DateTime? UnmodifiedSince { get; init; }

    /// <summary>There is no condition, and this server wants one: <see cref="ErrorCode.PreconditionRequired"/>.</summary>
    public bool IsMissing { get; init; }

    /// <summary>It looks at what labels and subtasks do to a thing, which changes without the thing's version.</summary>
    internal bool SeesLooks => AnyOf is not null || NoneOf is not null || UnmodifiedSince is not null;

    /// <param name="changedAt">When the thing last looked different.</param>
    public bool Holds(EntityTag current, DateTime changedAt, DateTime now) =>
        (AnyOf is null || AnyOf.Contains(current))
        && (Version is null || Version == current.Version)
        && (UnmodifiedSince is not { } since || LastModified.IsUnmodified(changedAt, since, now))
        && !OnlyIfAbsent
        && (NoneOf is null || !NoneOf.Contains(current));

    /// <summary>Why the change is not made; null when nothing stands against it.</summary>
    internal Error? Refuse(EntityTag current, DateTime changedAt, DateTime now) =>
        IsMissing ? new Error(ErrorCode.PreconditionRequired)
        : Holds(current, changedAt, now) ? null
        : new Error(ErrorCode.PreconditionFailed) { Current = current };
}

/// <summary>
/// Dates of changes in whole seconds, as HTTP has them (RFC 9110 §8.8.2). A second that is not over can see another change, so a date is told
/// only when the change is at least a second old: whoever has been told it knows which state it means.
/// </summary>
public static class LastModified
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);

    /// <summary>The second of the change, or null while another change may fall into it.</summary>
    public static DateTime? Of(DateTime changedAt, DateTime now) => now - changedAt >= Settled ? Second(changedAt) : null;

    /// <summary>Whether nothing has changed since that second. Of a change within that very second that has not been told yet nobody can say.</summary>
    /// <param name="since">Whole seconds, UTC.</param>
    public static bool IsUnmodified(DateTime changedAt, DateTime since, DateTime now) =>
        Second(changedAt) < since || (Second(changedAt) == since && Of(changedAt, now) is not null);

    private static DateTime Second(DateTime time) => new(time.Ticks - time.Ticks % TimeSpan.TicksPerSecond, DateTimeKind.Utc);
}
