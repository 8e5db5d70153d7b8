namespace Quehacer.Server.Tests;

public sealed class SecurityHeaderTests(SharedServer shared)
{
    [Fact]
    public async Task Every_answer_tells_browsers_to_take_it_for_nothing_else()
    {
        var (nobody, user) = (shared.Nobody(), await shared.SomebodyAsync());
        var (path, _) = await user.CreateAsync(new { title = "a" });
        var answers = new[]
        {
            (await user.GetAsync(path)).Is(200), (await user.SendAsync("HEAD", User.Tasks)).Is(200), (await user.PostAsync(User.Tasks, new { title = "a" })).Is(201), (await user.DeleteAsync(path)).Is(204),
            (await user.PostAsync(User.Tasks, "{")).Is(400), (await nobody.GetAsync(User.Tasks)).Is(401), (await user.GetAsync(path)).Is(404), (await user.SendAsync("BREW", User.Tasks)).Is(405),
            (await user.PostAsync(User.Tasks, new { })).Is(422), (await nobody.GetAsync("/health")).Is(200), (await nobody.GetAsync("/openapi/v1.json")).Is(200), (await nobody.GetAsync("/docs/swagger-ui.css")).Is(200),
            (await nobody.GetAsync("/errors", ("Accept", "application/json"))).Is(200), (await nobody.GetAsync("/nowhere")).Is(404), (await nobody.SendAsync("OPTIONS", User.Tasks)).Is(405),
            (await nobody.GetAsync("/", ("Accept", "text/html"))).Is(200), (await nobody.GetAsync("/docs", ("Accept", "text/html"))).Is(200), (await nobody.GetAsync("/errors/nope", ("Accept", "text/html"))).Is(404),
        };
        Assert.All(answers, answer =>
        {
            Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
            Assert.Equal("DENY", answer.Header("X-Frame-Options"));
            Assert.Equal("no-referrer", answer.Header("Referrer-Policy"));
            Assert.Equal("same-origin", answer.Header("Cross-Origin-Resource-Policy"));
            var policy = answer.Header("Content-Security-Policy");
            Assert.StartsWith("default-src 'none'; ", policy);
            Assert.Contains("frame-ancestors 'none'", policy);
            Assert.Null(answer.Header("Server"));
            Assert.Null(answer.Header("Strict-Transport-Security"));
            var isPage = answer.Header("Content-Type")?.StartsWith("text/html") == true;
            Assert.Equal(isPage ? "same-origin" : null, answer.Header("Cross-Origin-Opener-Policy"));
            Assert.Equal(isPage, answer.Header("Permissions-Policy")?.Contains("camera=()") == true);
        });
        Assert.Equal(3, answers.Count(answer => answer.Header("Permissions-Policy") is not null));
    }

    [Fact]
    public async Task What_holds_a_token_is_stored_by_nobody_and_neither_is_a_refusal()
    {
        var user = await shared.NewUserAsync();
        const string auth = "/api/v1/auth/";
        var answers = new[]
        {
            await user.LogInAsync(),
            (await user.PostAsync(auth + "refresh", new { refresh_token = user.RefreshToken }, ("Idempotency-Key", "again"))).Is(200),
            (await user.PostAsync(auth + "refresh", new { refresh_token = user.RefreshToken }, ("Idempotency-Key", "again"))).Is(200),
            (await user.PostAsync(auth + "refresh", new { refresh_token = user.RefreshToken })).Is(401),
            (await user.PostAsync(auth + "login", new { email = user.Email, password = "wrong" + User.Password })).Is(401),
            (await user.PostAsync(auth + "login", new { email = 1 })).Is(422),
            (await user.PostAsync(auth + "register", new { email = user.Email, name = "Ana", password = User.Password })).Is(409),
            (await user.PostAsync(auth + "register", "{")).Is(400),
        };
        Assert.All(answers, answer => Assert.Equal("no-store", answer.Header("Cache-Control")));
    }
}
