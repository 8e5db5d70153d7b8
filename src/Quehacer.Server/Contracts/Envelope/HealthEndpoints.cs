using Quehacer.Core.Postgres;
using Quehacer.Server.Http;

namespace Quehacer.Server.Contracts.Envelope;

/// <summary>Whether the program answers, and whether its database does. Nobody needs a token to ask, and nobody is counted.</summary>
internal sealed class HealthEndpoints(Database database, Faults faults)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/app", _ => Task.FromResult<IResult>(Healthy(new AppHealthBody("healthy", Health.Name, Health.Version))));
        routes.Get("/db", async _ => await Health.IsConnectedAsync(database, Endpoints.Bounded)
            ? Healthy(new DatabaseHealthBody("healthy", "connected"))
            : new Refusal(faults, HttpFault.Unavailable));
    }

    private static Answer<Enveloped<AppHealthBody>> Healthy(AppHealthBody body) =>
        new(200, Enveloped<AppHealthBody>.Of(200, body), EnvelopeJson.Default.EnvelopedAppHealthBody) { CacheControl = Caching.Never };

    private static Answer<Enveloped<DatabaseHealthBody>> Healthy(DatabaseHealthBody body) =>
        new(200, Enveloped<DatabaseHealthBody>.Of(200, body), EnvelopeJson.Default.EnvelopedDatabaseHealthBody) { CacheControl = Caching.Never };
}
