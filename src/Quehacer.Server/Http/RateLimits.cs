using System.Buffers.Binary;
using Quehacer.Core;
using Quehacer.Core.Accounts;
using Quehacer.Core.Limiting;

namespace Quehacer.Server.Http;

/// <summary>Marks endpoints that are answered whatever goes on, and never counted: those that tell how the server is.</summary>
internal sealed class AlwaysAnswered;

/// <summary>
/// Counts every request at a path of a contract, whatever comes of it, and refuses those beyond a limit: by user and plan, or by address for
/// whoever has not shown a token that is good, so that guessing tokens is limited too. Counts are this server's own.
/// </summary>
internal sealed class RateLimits
{
    private readonly RequestDelegate next;
    private readonly Contracts contracts;
    private readonly RateLimit[] plans;
    private readonly RateLimit anonymous;

    public RateLimits(RequestDelegate next, Contracts contracts, Settings settings)
    {
        this.next = next;
        this.contracts = contracts;
        // A user's count stays theirs when the plan changes.
        var users = RateLimit.WindowsOfAMinute();
        RateLimit Of(Plan plan, int amount) => RateLimit.PerMinute(
            Plans.NameOf(plan), amount,
            new($"The plan '{Plans.NameOf(plan)}' allows {amount} requests a minute.", $"El plan '{Plans.NameOf(plan)}' permite {amount} peticiones por minuto."), users);
        plans = [Of(Plan.Standard, settings.StandardPerMinute), Of(Plan.Plus, settings.PlusPerMinute), Of(Plan.Premium, settings.PremiumPerMinute)];
        anonymous = RateLimit.PerMinute("anonymous", settings.AnonymousPerMinute, new(
            $"Without a valid access token, {settings.AnonymousPerMinute} requests a minute are allowed from one address.",
            $"Sin un token de acceso válido se permiten {settings.AnonymousPerMinute} peticiones por minuto desde una dirección."));
    }

    /// <summary>What endpoints that take many operations at once share, beside their caller's plan: one request of theirs is the work of many.</summary>
    public static RateLimit OfBatches(Settings settings) => RateLimit.PerMinute("batches", settings.BatchesPerMinute, new(
        $"{settings.BatchesPerMinute} batches a minute are allowed.", $"Se permiten {settings.BatchesPerMinute} lotes por minuto."));

    /// <summary>What exports of an account have beside their caller's plan: each reads all that somebody has.</summary>
    public static RateLimit OfExports(Settings settings)
    {
        var hour = TimeSpan.FromHours(1);
        return new RateLimit(
            new Quota("exports", settings.ExportsPerHour, hour, new(
                $"{settings.ExportsPerHour} exports of an account an hour are allowed.", $"Se permiten {settings.ExportsPerHour} exportaciones de una cuenta por hora.")),
            new FixedWindows(hour, Limits.CountedCallers, TimeProvider.System));
    }

    /// <summary>What everything that writes through the envelope shares, beside its caller's plan: 000 wants less of writes than of reads.</summary>
    public static RateLimit OfEnvelopeWrites(Settings settings) => RateLimit.PerMinute("envelope-writes", settings.EnvelopeWritesPerMinute, new(
        $"{settings.EnvelopeWritesPerMinute} writes a minute are allowed through this contract.", $"Se permiten {settings.EnvelopeWritesPerMinute} escrituras por minuto con este contrato."));

    public Task InvokeAsync(HttpContext http)
    {
        var endpoint = http.GetEndpoint();
        if (!contracts.Own(http.Request.Path) || endpoint?.Metadata.GetMetadata<AlwaysAnswered>() is not null)
        {
            return next(http);
        }
        var caller = http.Features.Get<Caller>();
        var key = caller is null ? AddressBlock.Of(http.Connection.RemoteIpAddress) : KeyOf(caller.CountedWith ?? caller.UserId);
        var limit = caller is null ? anonymous : plans[(int)caller.Plan];
        var counted = limit.Take(key);
        var policies = limit.Quota.Policy;
        foreach (var further in endpoint?.Metadata.GetOrderedMetadata<RateLimit>() ?? [])
        {
            policies = $"{policies}, {further.Quota.Policy}";
            if (counted.IsWithin && further.Take(key) is var also && (!also.IsWithin || also.Remaining < counted.Remaining))
            {
                (limit, counted) = (further, also);
            }
        }
        limit.Quota.Tell(http.Response.Headers, policies, counted);
        if (counted.IsWithin)
        {
            return next(http);
        }
        http.Features.Set(new LimitReached(limit.Quota, counted.SecondsLeft));
        return contracts.OwnerOf(http.Request.Path).RefuseAsync(http, HttpFault.TooManyRequests);
    }

    private static UInt128 KeyOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }
}
