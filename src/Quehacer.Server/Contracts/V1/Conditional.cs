using Quehacer.Core;
using Quehacer.Core.Workspaces;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.V1;

/// <summary>Reads of v1 on conditions: what is answered in place of the thing itself.</summary>
internal static class Conditional
{
    /// <summary>v1's tags are strong, but for those of lists.</summary>
    public static readonly TagShape Tags = new("v1", IsStrong: true);

    /// <summary>Everybody is the owner of the workspace that they see.</summary>
    private const string Role = "owner";

    public static Validators Of(EntityTag tag, DateTime changedAt) => new(Tags.Of(tag), changedAt);

    /// <param name="query">What was asked for, in one spelling only.</param>
    public static Validators OfList(WorkspaceMoment moment, string query) => new(Tags.OfList(moment, Role, query), moment.ChangedAt);

    /// <summary>Of what a filter chooses, as a change of all of it sees it: strong, since nobody is shown it in two ways.</summary>
    public static Validators OfMany(WorkspaceMoment moment, string query) => new(Tags.OfMany(moment, Role, query), moment.ChangedAt);

    /// <summary>304, 412 or 400; null when the thing is to be shown.</summary>
    public static IResult? InPlaceOf(HttpContext http, Validators current, Problems problems)
    {
        if (!Conditions.AreIn(http.Request))
        {
            return null;
        }
        if (Conditions.IsCurrent(http.Request, current.ETag))
        {
            return new NotModified(current, Caching.Revalidate);
        }
        if (!Conditions.TryRead(http.Request, out var conditions))
        {
            return new Refusal(problems, HttpFault.ConditionInvalid);
        }
        switch (conditions.OnRead(Tags, current, DateTime.UtcNow, out var named))
        {
            case Verdict.NotModified:
                return new NotModified(current with { ETag = named }, Caching.Revalidate);
            case Verdict.Failed:
                if (current.ETag is not null)
                {
                    http.Response.Headers.ETag = current.ETag;
                }
                return new Refusal(problems, new Error(ErrorCode.PreconditionFailed));
            default:
                return null;
        }
    }

    /// <summary>The same for a list, before anything of it is read: where the workspace stands is all that it takes to know.</summary>
    public static async Task<IResult?> InPlaceOfListAsync(HttpContext http, WorkspaceReader workspaces, Func<WorkspaceMoment, Validators> validators, Problems problems)
    {
        if (!Conditions.AreIn(http.Request))
        {
            return null;
        }
        var moment = await workspaces.MomentAsync(http.Caller(), Endpoints.Bounded);
        return moment.IsOk ? InPlaceOf(http, validators(moment.Value), problems) : new Refusal(problems, moment.Error);
    }
}
