using Quehacer.Core;
using Quehacer.Core.Tasks;
using Quehacer.Core.Workspaces;

namespace Quehacer.Server.Http;

/// <summary>Reads on conditions: what is answered in place of the thing itself.</summary>
/// <param name="tags">How the contract writes entity tags.</param>
/// <param name="cacheControl">What it tells caches of an answer in full, and so of a 304.</param>
internal sealed class ConditionalRead(TagShape tags, string cacheControl)
{
    public TagShape Tags => tags;

    public Validators Of(EntityTag tag, DateTime changedAt) => new(tags.Of(tag), changedAt);

    /// <param name="query">What was asked for, in one spelling only.</param>
    public Validators OfList(WorkspaceMoment moment, string query) => new(tags.OfList(moment, query), moment.ChangedAt);

    /// <summary>Of what a filter chooses, as a change of all of it sees it: strong, since nobody is shown it in two ways.</summary>
    public Validators OfMany(WorkspaceMoment moment, string query) => new(tags.OfMany(moment, query), moment.ChangedAt);

    /// <summary>304, 412 or 400; null when the thing is to be shown.</summary>
    public IResult? InPlaceOf(HttpContext http, Validators current, Refusals refusals)
    {
        if (!Conditions.AreIn(http.Request))
        {
            return null;
        }
        if (Conditions.IsCurrent(http.Request, current.ETag))
        {
            return new NotModified(current, cacheControl);
        }
        if (!Conditions.TryRead(http.Request, out var conditions))
        {
            return new Refusal(refusals, HttpFault.ConditionInvalid);
        }
        switch (conditions.OnRead(tags, current, DateTime.UtcNow, out var named))
        {
            case Verdict.NotModified:
                return new NotModified(current with { ETag = named }, cacheControl);
            case Verdict.Failed:
                if (current.ETag is not null)
                {
                    http.Response.Headers.ETag = current.ETag;
                }
                return new Refusal(refusals, new Error(ErrorCode.PreconditionFailed));
            default:
                return null;
        }
    }

    /// <summary>The same for a task, before anything but its stamp is read. Null as well where there is none, which a read of it explains.</summary>
    public async Task<IResult?> InPlaceOfTaskAsync(HttpContext http, TaskReader tasks, TaskRef task, Refusals refusals) =>
        Conditions.AreIn(http.Request) && await tasks.StampAsync(http.Caller(), task, Endpoints.Bounded) is var (tag, changedAt) ? InPlaceOf(http, Of(tag, changedAt), refusals) : null;

    /// <summary>The same for a list, before anything of it is read: where the workspace stands is all that it takes to know.</summary>
    public async Task<IResult?> InPlaceOfListAsync(HttpContext http, WorkspaceReader workspaces, Func<WorkspaceMoment, Validators> validators, Refusals refusals)
    {
        if (!Conditions.AreIn(http.Request))
        {
            return null;
        }
        var moment = await workspaces.MomentAsync(http.Caller(), Endpoints.Bounded);
        return moment.IsOk ? InPlaceOf(http, validators(moment.Value), refusals) : new Refusal(refusals, moment.Error);
    }
}
