using System.Globalization;
using Quehacer.Core;
using Quehacer.Core.Postgres;
using Quehacer.Core.Tasks;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>
/// 000's contract: English, camelCase, tasks by number, every answer JSON within <c>{code, resultMessage, …}</c>. Its clients keep what they read for a
/// while before they ask again. It works in the caller's own workspace.
/// </summary>
internal static class Envelope
{
    public const string Tasks = "/tasks/task";
    public const string Health = "/tasks/healthcheck";

    public const int PageTasksDefault = 10;

    public static readonly string[] Prefixes = [Tasks, Health];

    public static readonly TaskLimits TaskLimits = new(Limits.TitleCharacters, Limits.DescriptionCharacters, Limits.TagsOfATask, Limits.TagCharacters);

    /// <summary>Weak, for bodies carry the time; so <c>If-Match</c> takes weak tags here (a stated deviation), and either form of a tag everywhere.</summary>
    public static readonly TagShape Tags = new("envelope", IsStrong: false);

    public static Contract Contract(Faults faults) => new("envelope", Prefixes, faults.RefuseAsync);

    public static void MapEnvelope(this IEndpointRouteBuilder routes, Installation installation, Database database, Faults faults, WriteDemands demands, RateLimit batchLimit, Settings settings)
    {
        var writeLimit = RateLimits.OfEnvelopeWrites(settings);
        var tasks = new TaskEndpoints(
            installation.Tasks, installation.TaskList, installation.TaskWriter, installation.Workspaces, faults, demands, new Freshness(settings.EnvelopeCacheSeconds));
        var batches = new BatchEndpoints(installation.TaskBatches, faults, demands);
        var health = new HealthEndpoints(database, faults);

        var group = routes.MapGroup(Tasks).WithMetadata(AnswersIn.Json, new RequiresCaller(), OpenToKeys.Tasks with { IsPersonal = true });
        tasks.MapReads(group);
        var writes = group.MapGroup("").WithMetadata(writeLimit);
        tasks.MapWrites(writes);
        batches.Map(writes.MapGroup("").WithMetadata(batchLimit));
        health.Map(routes.MapGroup(Health).WithMetadata(AnswersIn.Json, new AlwaysAnswered()));
        // v1 has /tasks/{id} and what is below it.
        routes.Enclose(Prefixes);
    }
}

/// <summary>How long an answer to a read may be taken for true; what a write answers is of its own moment only.</summary>
/// <param name="Seconds">0 where everything is asked for every time.</param>
internal sealed record Freshness(int Seconds)
{
    /// <summary>How long after that it may still be shown while it is asked for (RFC 5861 §3).</summary>
    private const int StaleSeconds = 300;

    public string CacheControl { get; } = Seconds == 0
        ? Caching.Revalidate
        : string.Create(CultureInfo.InvariantCulture, $"private, max-age={Seconds}, stale-while-revalidate={StaleSeconds}");
}
