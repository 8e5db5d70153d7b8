namespace Quehacer.Server.Tests.Live;

/// <summary>Several people in one workspace.</summary>
public static class Company
{
    /// <summary>Has somebody come into a workspace, whose e-mail is verified by that.</summary>
    public static async Task JoinAsync(QuehacerServer server, User owner, User user, string workspace, string role)
    {
        var invitation = (await owner.PostAsync($"/api/v1/workspaces/{workspace}/invitations", new { email = user.Email, role })).Is(201);
        await server.SqlAsync($"UPDATE accounts SET email_verified_at = now() WHERE email = '{user.Email}' AND email_verified_at IS NULL");
        (await user.PostAsync($"/api/v1/me/invitations/{(string)invitation["id"]!}/accept")).Is(200);
    }

    /// <summary>A workspace of two.</summary>
    public static async Task<(User Owner, User Other, string Workspace)> FoundAsync(QuehacerServer server, string role = "editor")
    {
        var (owner, other) = (await User.RegisterAsync(server), await User.RegisterAsync(server));
        var workspace = (string)(await owner.PostAsync("/api/v1/workspaces", new { name = "Team" })).Is(201)["id"]!;
        await JoinAsync(server, owner, other, workspace, role);
        return (owner, other, workspace);
    }

    public static async Task<string> IdAsync(User user) => (string)(await user.GetAsync("/api/v1/me")).Is(200)["id"]!;
}
