namespace Quehacer.Server.Tests;

public sealed class RebuildTests
{
    [Fact]
    public async Task A_rebuild_says_equal_or_where_not_and_mends_when_it_is_told_to()
    {
        await using var server = await QuehacerServer.StartAsync();
        var user = await User.RegisterAsync(server);
        var (path, made) = await user.CreateAsync(new { title = "secret words", tags = new[] { "home" } });
        await user.CreateAsync(new { title = "another" });
        (await user.PostAsync($"{path}/complete", new { })).Is(200);

        // Beside the server: in its private cluster, where mending needs it stopped, and as on a server of one's own, without its data directory.
        Assert.Equal(0, (await server.RunAsync(["rebuild"])).ExitCode);
        var held = await server.RunAsync(["rebuild", "--write"]);
        Assert.Equal(75, held.ExitCode);
        Assert.Contains(server.DataDirectory, held.Errors);
        (string, string)[] beside = [("DATABASE_URL", server.DatabaseUrl()), ("DATA_DIR", server.DataDirectory)];
        var equal = await QuehacerServer.RunAsync(["rebuild"], beside);
        Assert.True(equal.ExitCode == 0, equal.Errors);
        Assert.StartsWith("The tables are what the event log makes of them.", equal.Output);
        Assert.Contains("(5 events of 1 workspaces in ", equal.Output);

        await server.SqlAsync("UPDATE tasks SET title = 'altered' WHERE number = 1; UPDATE workspaces SET done_tasks = 9; DELETE FROM tasks WHERE number = 2");
        var different = await QuehacerServer.RunAsync(["rebuild"], beside);
        Assert.Equal(65, different.ExitCode);
        Assert.Contains($" task {(string)made["id"]!}: title\n", different.Output);
        Assert.Contains(" workspace: done_tasks\n", different.Output);
        Assert.Contains(": missing\n", different.Output);
        Assert.Contains("quehacer rebuild --write", different.Errors);
        Assert.All(new[] { "secret", "altered", "   at " }, word => Assert.DoesNotContain(word, different.Output + different.Errors));

        Assert.Equal(0, await server.StopAsync());
        var mended = await server.RunAsync(["rebuild", "--write"]);
        Assert.True(mended.ExitCode == 0, mended.Errors);
        Assert.Contains("Mended 3 of 3 rows.", mended.Output);
        Assert.Equal(0, (await server.RunAsync(["rebuild"])).ExitCode);
        await server.StartAgainAsync();
        var read = (await user.GetAsync(path)).Is(200);
        Assert.Equal("secret words", (string)read["title"]!);
        Assert.Equal(2, (int)(await user.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);

        await server.SqlAsync("DELETE FROM events WHERE revision = 2");
        var broken = await QuehacerServer.RunAsync(["rebuild", "--write"], [("DATABASE_URL", server.DatabaseUrl())]);
        Assert.Equal(65, broken.ExitCode);
        Assert.Contains("revision 2 is missing", broken.Output);
        Assert.Contains("could not be mended", broken.Errors);
        (await user.GetAsync(path)).Is(200);
    }
}
