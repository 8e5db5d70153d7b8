[assembly: AssemblyFixture(typeof(Quehacer.Server.Tests.SharedServer))]
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace Quehacer.Server.Tests;

/// <summary>One server for all tests that leave it as they found it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private readonly SemaphoreSlim once = new(1);
    private User? somebody;
    private User? verified;
    private User? administrator;
    private (string Id, string TaskId)? subject;

    public QuehacerServer Server { get; private set; } = null!;

    /// <summary>There are limits, so that answers have their headers, and nobody reaches them.</summary>
    public async ValueTask InitializeAsync() => Server = await QuehacerServer.StartAsync(
        QuehacerServer.UsualLimits, ("RateLimits__StandardPerMinute", "1000000"), ("RateLimits__AnonymousPerMinute", "1000000"), ("RateLimits__BatchesPerMinute", "1000000"), ("RateLimits__EnvelopeWritesPerMinute", "1000000"),
        ("RateLimits__LoginFailures", "1000000"), ("RateLimits__LoginFailuresPerDay", "1000000"), ("RateLimits__Letters", "1000000"), ("RateLimits__InvitationsPerHour", "1000000"), ("RateLimits__ExportsPerHour", "1000000"), ("Auth__CodeLogin", "true"));

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

    /// <summary>Somebody whose e-mail is verified, so that they are told of invitations to it: the given user, or one for all tests.</summary>
    public async Task<User> VerifiedAsync(User? user)
    {
        if (user is null && verified is not null)
        {
            return verified;
        }
        user ??= verified = await NewUserAsync();
        await Server.SqlAsync($"UPDATE accounts SET email_verified_at = now() WHERE email = '{user.Email}' AND email_verified_at IS NULL");
        return user;
    }

    /// <summary>The same for tests to which it does not matter what other administrators there are.</summary>
    public async Task<User> AdministratorAsync()
    {
        await once.WaitAsync();
        try
        {
            return administrator ??= await NewAdministratorAsync();
        }
        finally
        {
            once.Release();
        }
    }

    public async Task<User> NewAdministratorAsync()
    {
        var user = await NewUserAsync();
        await Server.SqlAsync($"UPDATE accounts SET is_admin = true WHERE email = '{user.Email}'");
        return user;
    }

    /// <summary>An account with a task, to which administrators may do whatever they like: nobody signs in to it.</summary>
    public async Task<(string Id, string TaskId)> SubjectAsync()
    {
        await once.WaitAsync();
        try
        {
            if (subject is null)
            {
                var user = await NewUserAsync();
                subject = ((string)(await user.GetAsync("/api/v1/me")).Is(200)["id"]!, (string)(await user.CreateAsync(new { title = "Looked at", tags = new[] { "home" } })).Answer["id"]!);
            }
            return subject.Value;
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
