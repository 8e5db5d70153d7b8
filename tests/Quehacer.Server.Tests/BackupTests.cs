namespace Quehacer.Server.Tests;

public sealed class BackupTests : IDisposable
{
    private readonly DirectoryInfo shelf = Directory.CreateTempSubdirectory("quehacer-backups-");

    public void Dispose() => shelf.Delete(recursive: true);

    private string File(string name) => Path.Combine(shelf.FullName, name);

    [Fact]
    public async Task A_private_cluster_comes_back_from_its_backup_under_a_new_incarnation()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        var user = await User.RegisterAsync(server);
        var (path, made) = await user.CreateAsync(new { title = "¡Ñandú! \\. \t 'quoted'", tags = new[] { "home" } });
        var backedUp = await server.RunAsync(["backup", File("one")]);
        Assert.True(backedUp.ExitCode == 0, backedUp.Errors);
        Assert.Contains(File("one"), backedUp.Output);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File("one")));
        Assert.Equal([File("one")], Directory.GetFiles(shelf.FullName));
        var again = await server.RunAsync(["backup", File("one")]);
        Assert.Equal(70, again.ExitCode);
        Assert.Contains("already", again.Errors);
        Assert.Equal(0, (await server.RunAsync(["rebuild"])).ExitCode);

        (await user.PatchAsync(path, new { title = "after the backup" })).Is(200);
        await user.CreateAsync(new { title = "lost" });
        Assert.Equal(75, (await server.RunAsync(["restore", File("one"), "--replace"])).ExitCode);
        await server.StopAsync();
        var stopped = await server.RunAsync(["backup", File("three")]);
        Assert.True(stopped.ExitCode == 0, stopped.Errors);
        var refused = await server.RunAsync(["restore", File("one")]);
        Assert.Equal(70, refused.ExitCode);
        Assert.Contains("--replace", refused.Errors);
        var restored = await server.RunAsync(["restore", File("one"), "--replace"]);
        Assert.True(restored.ExitCode == 0, restored.Errors);
        Assert.Equal(0, (await server.RunAsync(["rebuild"])).ExitCode);

        await server.StartAgainAsync();
        var read = (await user.GetAsync(path)).Is(200);
        Assert.Equal(made.Text, read.Text);
        Assert.NotEqual(made.ETag, read.ETag);
        (await user.PatchAsync(path, new { title = "x" }, ("If-Match", made.ETag!))).IsProblem(412, "PRECONDITION_FAILED");
        Assert.Equal(1, (int)(await user.GetAsync(User.Tasks)).Is(200)["pagination"]!["total"]!);
        await user.LogInAsync();
    }

    [Fact]
    public async Task A_server_of_ones_own_is_backed_up_at_work_and_restored_only_where_nobody_works()
    {
        await using var server = await QuehacerServer.StartFromNothingAsync();
        var user = await User.RegisterAsync(server);
        await user.CreateAsync(new { title = "kept" });
        (string, string)[] own = [("DATABASE_URL", server.DatabaseUrl())];
        var backedUp = await QuehacerServer.RunAsync(["backup", File("two")], own);
        Assert.True(backedUp.ExitCode == 0, backedUp.Errors);

        var busy = await QuehacerServer.RunAsync(["restore", File("two"), "--replace"], own);
        Assert.Equal(70, busy.ExitCode);
        Assert.Contains("Stop all servers", busy.Errors);

        await server.SqlAsync("CREATE DATABASE other");
        (string, string)[] other = [("DATABASE_URL", server.DatabaseUrl("other"))];
        var nothing = await QuehacerServer.RunAsync(["backup", File("three")], other);
        Assert.Equal(70, nothing.ExitCode);
        Assert.Contains("nothing of Quehacer", nothing.Errors);
        var restored = await QuehacerServer.RunAsync(["restore", File("two")], other);
        Assert.True(restored.ExitCode == 0, restored.Errors);
        Assert.Equal("kept", await server.SqlAsync("SELECT title FROM tasks", "other"));
        Assert.NotEqual(await server.SqlAsync("SELECT incarnation FROM installation"), await server.SqlAsync("SELECT incarnation FROM installation", "other"));
        Assert.Equal(0, (await QuehacerServer.RunAsync(["rebuild"], other)).ExitCode);

        // Whatever cannot be restored leaves all as it was.
        await System.IO.File.WriteAllTextAsync(File("text"), "not a backup");
        await System.IO.File.WriteAllBytesAsync(File("half"), (await System.IO.File.ReadAllBytesAsync(File("two")))[..^2_000]);
        foreach (var name in new[] { "text", "half", "absent" })
        {
            var failed = await QuehacerServer.RunAsync(["restore", File(name), "--replace"], other);
            Assert.True(failed.ExitCode == 70, $"{name}: {failed.ExitCode} {failed.Errors}");
            Assert.DoesNotContain("   at ", failed.Errors);
            Assert.Equal("kept", await server.SqlAsync("SELECT title FROM tasks", "other"));
        }
        var gone = await QuehacerServer.RunAsync(["backup", File("four")], [("DATABASE_URL", server.DatabaseUrl("absent"))]);
        Assert.Equal(70, gone.ExitCode);
        var elsewhere = await QuehacerServer.RunAsync(["backup", File("four")], [.. own, ("Database__BinDirectory", shelf.FullName)]);
        Assert.Equal(70, elsewhere.ExitCode);
        Assert.Contains("pg_dump was not found", elsewhere.Errors);
    }
}
