[assembly: AssemblyFixture(typeof(Quehacer.Server.Tests.SharedServer))]
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace Quehacer.Server.Tests;

/// <summary>One server for all tests that leave it as they found it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private readonly SemaphoreSlim once = new(1);
    private User? somebody;

    public QuehacerServer Server { get; private set; } = null!;

    /// <summary>There are limits, so that answers have their headers, and nobody reaches them.</summary>
    public async ValueTask InitializeAsync() => Server = await QuehacerServer.StartAsync(
        QuehacerServer.UsualLimits, ("RateLimits__StandardPerMinute", "1000000"), ("RateLimits__AnonymousPerMinute", "1000000"), ("RateLimits__BatchesPerMinute", "1000000"), ("RateLimits__EnvelopeWritesPerMinute", "1000000"),
        ("RateLimits__LoginFailures", "1000000"), ("RateLimits__LoginFailuresPerDay", "1000000"), ("RateLimits__Letters", "1000000"), ("RateLimits__ExportsPerHour", "1000000"), ("Auth__CodeLogin", "true"));

    public Task<User> NewUserAsync() => User.RegisterAsync(Server);

    /// <summary>The same user for all tests to which it does not matter what else the user has: passwords are hashed slowly on purpose.</summary>
    public async Task<User> SomebodyAsync()
    {
        await once.WaitAsync();
        try
        {
            return somebody ??= await NewUserAsync();
        }
        finally
        {
            once.Release();
        }
    }

    public Client Nobody() => new(Server.Http);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        // For whoever wonders why a test failed: the log of the server that it ran against.
        if (Environment.GetEnvironmentVariable("QUEHACER_TEST_LOG") is { Length: > 0 } file)
        {
            await File.WriteAllLinesAsync(file, Server.Output);
        }
        await QuehacerServer.ForgetPreparedAsync();
        once.Dispose();
    }
}
