using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Quehacer.Core;

namespace Quehacer.Server.Http;

/// <summary>What the conditions of a read come to.</summary>
internal enum Verdict
{
    /// <summary>Answer as if there were none.</summary>
    Proceed,

    /// <summary>304.</summary>
    NotModified,

    /// <summary>412.</summary>
    Failed,
}

/// <summary>
/// The preconditions of a request (RFC 9110 §13.1): <c>If-Match</c>, <c>If-None-Match</c>, <c>If-Modified-Since</c>, <c>If-Unmodified-Since</c>,
/// with the precedence of §13.2.2. Reads are decided here; writes are decided by the core, in the statement that writes.
/// </summary>
internal sealed class Conditions
{
    private static readonly Conditions None = new();

    /// <summary>The tags of <c>If-Match</c> or <c>If-None-Match</c>, <c>*</c> alone among them; null where the header is not there.</summary>
    private IReadOnlyList<EntityTagHeaderValue>? ifMatch;
    private IReadOnlyList<EntityTagHeaderValue>? ifNoneMatch;
    private DateTime? ifModifiedSince;
    private DateTime? ifUnmodifiedSince;

    private Conditions()
    {
    }

    /// <summary>Whether a request has any.</summary>
    public static bool AreIn(HttpRequest request)
    {
        var headers = request.Headers;
        return headers.IfNoneMatch.Count > 0 || headers.IfMatch.Count > 0 || headers.IfModifiedSince.Count > 0 || headers.IfUnmodifiedSince.Count > 0;
    }

    /// <summary>False when a list of tags cannot be read: to go on without it would be to write what was to be prevented. A date that cannot be read is ignored (§13.1.3).</summary>
    public static bool TryRead(HttpRequest request, out Conditions conditions)
    {
        conditions = None;
        if (!AreIn(request))
        {
            return true;
        }
        var headers = request.Headers;
        if (!TryReadTags(headers.IfMatch, out var match) || !TryReadTags(headers.IfNoneMatch, out var noneMatch))
        {
            return false;
        }
        conditions = new Conditions
        {
            ifMatch = match,
            ifNoneMatch = noneMatch,
            ifModifiedSince = ReadDate(headers.IfModifiedSince),
            ifUnmodifiedSince = ReadDate(headers.IfUnmodifiedSince),
        };
        return true;
    }

    /// <summary>What a client that has this very state and asks for nothing else is told, without looking further: by far the most conditional requests.</summary>
    public static bool IsCurrent(HttpRequest request, string? current) =>
        current is not null && request.Headers.IfNoneMatch is [var only] && only == current && request.Headers.IfMatch.Count == 0 && request.Headers.IfUnmodifiedSince.Count == 0;

    /// <summary>Decides a GET or HEAD of something that is there.</summary>
    /// <param name="named">With <see cref="Verdict.NotModified"/>: the tag under which the client knows the state, which may be that of a content coding.</param>
    public Verdict OnRead(TagShape shape, Validators current, DateTime now, out string? named)
    {
        named = current.ETag;
        if (ifMatch is not null)
        {
            if (!IsAny(ifMatch) && !ifMatch.Any(tag => TagShape.IsSame(tag, current.ETag, shape.IsStrong)))
            {
                return Verdict.Failed;
            }
        }
        else if (ifUnmodifiedSince is { } unmodified && current.ChangedAt is { } changedAt && !LastModified.IsUnmodified(changedAt, unmodified, now))
        {
            return Verdict.Failed;
        }
        if (ifNoneMatch is not null)
        {
            if (IsAny(ifNoneMatch))
            {
                return Verdict.NotModified;
            }
            if (ifNoneMatch.FirstOrDefault(tag => TagShape.IsSame(tag, current.ETag, isStrong: false)) is { } same)
            {
                named = same.IsWeak == current.ETag!.StartsWith('W') ? same.ToString() : current.ETag;
                return Verdict.NotModified;
            }
            return Verdict.Proceed;
        }
        return ifModifiedSince is { } modified && current.ChangedAt is { } changed && LastModified.IsUnmodified(changed, modified, now) ? Verdict.NotModified : Verdict.Proceed;
    }

    /// <summary>The conditions of a change to one thing that is there.</summary>
    /// <param name="version">A version that the body names: a condition as well.</param>
    /// <param name="isDemanded">A change that names no state is refused.</param>
    public Precondition OnChange(TagShape shape, Edit<int> version, bool isDemanded)
    {
        if (ReferenceEquals(this, None) && !version.IsPresent)
        {
            return isDemanded ? Precondition.None with { IsMissing = true } : Precondition.None;
        }
        return new Precondition(
            ifMatch is null || IsAny(ifMatch) ? null : Read(shape, ifMatch.Where(tag => !shape.IsStrong || !tag.IsWeak)), version.IsSet ? version.Value : null)
        {
            NoneOf = ifNoneMatch is null || IsAny(ifNoneMatch) ? null : Read(shape, ifNoneMatch),
            OnlyIfAbsent = ifNoneMatch is not null && IsAny(ifNoneMatch),
            UnmodifiedSince = ifMatch is null ? ifUnmodifiedSince : null,
            IsMissing = isDemanded && ifMatch is null && ifUnmodifiedSince is null && !version.IsPresent,
        };
    }

    /// <summary>Why a change of many things at once is not to be made; null when nothing stands against it.</summary>
    /// <param name="current">Of all of them together.</param>
    /// <param name="isDemanded">A change that names no state is refused.</param>
    public Error? OnChangeOfMany(Validators current, bool isDemanded, DateTime now)
    {
        if (isDemanded && ifMatch is null && ifUnmodifiedSince is null)
        {
            return new Error(ErrorCode.PreconditionRequired);
        }
        bool IsNamed(IReadOnlyList<EntityTagHeaderValue> tags, bool isStrong) => IsAny(tags) || tags.Any(tag => TagShape.IsSame(tag, current.ETag, isStrong));
        var holds = (ifMatch is null || IsNamed(ifMatch, isStrong: true))
            && (ifMatch is not null || ifUnmodifiedSince is not { } since || current.ChangedAt is not { } changedAt || LastModified.IsUnmodified(changedAt, since, now))
            && (ifNoneMatch is null || !IsNamed(ifNoneMatch, isStrong: false));
        return holds ? null : new Error(ErrorCode.PreconditionFailed);
    }

    /// <summary>
    /// Whether a POST that makes something may do so. Its target is the collection, which is there and whose tags are weak: <c>If-None-Match: *</c>
    /// never holds of it, nor does <c>If-Match</c> with any tag. It overwrites nothing, so there is nothing else to be decided.
    /// </summary>
    public bool AllowCreation => !(ifMatch is not null && !IsAny(ifMatch)) && !(ifNoneMatch is not null && IsAny(ifNoneMatch));

    private static bool IsAny(IReadOnlyList<EntityTagHeaderValue> tags) => tags is [var only] && only.Equals(EntityTagHeaderValue.Any);

    private static EntityTag[] Read(TagShape shape, IEnumerable<EntityTagHeaderValue> tags) => [.. tags.Select(shape.Read).OfType<EntityTag>()];

    /// <summary>A list of tags, or <c>*</c> and nothing else.</summary>
    private static bool TryReadTags(StringValues header, out IReadOnlyList<EntityTagHeaderValue>? tags)
    {
        tags = null;
        if (header.Count == 0)
        {
            return true;
        }
        if (!EntityTagHeaderValue.TryParseStrictList(header, out var parsed) || parsed.Count == 0 || (parsed.Count > 1 && parsed.Contains(EntityTagHeaderValue.Any)))
        {
            return false;
        }
        tags = [.. parsed];
        return true;
    }

    private static DateTime? ReadDate(StringValues header) => header is [var only] && HeaderUtilities.TryParseDate(only, out var date) ? date.UtcDateTime : null;
}
