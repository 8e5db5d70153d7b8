using System.Xml.Linq;

namespace Quehacer.Server.Tests;

/// <summary>Members of workspaces and invitations into them, over v1.</summary>
public sealed class MemberTests(SharedServer shared)
{
    private const string Workspaces = "/api/v1/workspaces";

    private static async Task<string> FoundAsync(User user) => $"{Workspaces}/{(await user.PostAsync(Workspaces, new { name = "Home" })).Is(201)["id"]}";

    private static async Task<string> IdAsync(User user) => (string)(await user.GetAsync("/api/v1/me")).Is(200)["id"]!;

    private async Task<string> TokenAsync(User invited) => await ReceivedMail.TokenAsync(shared.Server, invited.Email, ReceivedMail.Invitation);

    [Fact]
    public async Task Somebody_is_invited_comes_in_does_more_is_handed_the_workspace_and_lets_the_other_go()
    {
        var (ana, luis) = (await shared.NewUserAsync(), await shared.NewUserAsync());
        var home = await FoundAsync(ana);
        var made = (await ana.PostAsync($"{home}/invitations", new { email = luis.Email.ToUpperInvariant(), role = "viewer" })).Is(201);
        Assert.Equal(("Home", "viewer", "Ana"), ((string)made["workspace"]!["name"]!, (string)made["role"]!, (string)made["invited_by"]!["name"]!));
        Assert.Matches("^inv_[0-9a-z]{26}$", (string)made["id"]!);
        // Whoever has not shown that an e-mail is theirs is not named by it.
        Assert.Null(made["invited_by"]!["email"]);
        Assert.DoesNotContain("token", made.Text, StringComparison.OrdinalIgnoreCase);

        var token = await TokenAsync(luis);
        Assert.Equal(made.Text, (await shared.Nobody().PostAsync("/api/v1/invitations/look", new { token })).Is(200).Text);
        (await shared.Nobody().PostAsync("/api/v1/invitations/accept", new { token })).Is(401);
        (await ana.PostAsync("/api/v1/invitations/accept", new { token })).IsProblem(403, "INVITED_ANOTHER");
        (await luis.GetAsync(home)).Is(404);
        var joined = (await luis.PostAsync("/api/v1/invitations/accept", new { token })).Is(200);
        Assert.Equal(("viewer", 2), ((string)joined["role"]!, (int)joined["member_count"]!));
        (await luis.PostAsync("/api/v1/invitations/accept", new { token })).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
        Assert.True((bool)(await luis.GetAsync("/api/v1/me")).Is(200)["email_verified"]!);

        var (anaId, luisId) = (await IdAsync(ana), await IdAsync(luis));
        var at = $"{home}/members/{luisId}";
        var tasks = $"{User.Tasks}?workspace_id={home[(Workspaces.Length + 1)..]}";
        (await luis.PostAsync(tasks, new { title = "Not yet" })).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        var seen = (await ana.GetAsync(at)).Is(200);
        Assert.Equal((luis.Email, "viewer"), ((string)seen["email"]!, (string)seen["role"]!));
        (await ana.GetAsync(at, ("If-None-Match", seen.ETag!))).Is(304);
        Assert.Null((await luis.GetAsync($"{home}/members/{anaId}")).Is(200)["email"]);
        (await ana.PatchAsync(at, new { role = "editor" }, ("If-Match", "\"another\""))).IsProblem(412, "PRECONDITION_FAILED");
        var changed = (await ana.PatchAsync(at, new { role = "editor", version = (int)seen["version"]! }, ("If-Match", seen.ETag!))).Is(200);
        Assert.NotEqual(seen.ETag, changed.ETag);
        Assert.Equal(changed.ETag, (await ana.GetAsync(at)).ETag);
        // What was read can be put back, also of the owner.
        (await ana.PatchAsync(at, changed.Json)).Is(200);
        (await ana.PatchAsync($"{home}/members/{anaId}", (await ana.GetAsync($"{home}/members/{anaId}")).Json)).Is(200);
        (await luis.PostAsync(tasks, new { title = "Now" })).Is(201);

        var all = (await luis.GetAsync($"{home}/members?include_total=true")).Is(200);
        Assert.Equal(2, (int)all["pagination"]!["total"]!);
        Assert.Equal([true, false], all["members"]!.AsArray().Select(member => member!["email"] is null));
        Assert.Single((await ana.GetAsync($"{home}/members?role=owner")).Is(200)["members"]!.AsArray());
        Assert.Empty((await luis.GetAsync($"{home}/members?search={ana.Email}")).Is(200)["members"]!.AsArray());
        Assert.Equal(2, (await luis.GetAsync($"{home}/members?search=AN")).Is(200)["members"]!.AsArray().Count);

        (await ana.PostAsync($"{home}/leave")).IsProblem(409, "WORKSPACE_NEEDS_OWNER");
        (await ana.PostAsync($"{home}/transfer", new { user_id = luisId, current_password = "wrong" })).IsProblem(401, "INVALID_CREDENTIALS");
        (await luis.PostAsync($"{home}/transfer", new { user_id = luisId, current_password = User.Password })).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        var handedOn = (await ana.PostAsync($"{home}/transfer", new { user_id = luisId, current_password = User.Password }, ("Idempotency-Key", "\"t\""))).Is(200);
        Assert.Equal(("editor", luisId), ((string)handedOn["role"]!, (string)handedOn["owner_id"]!));
        Assert.True((await ana.PostAsync($"{home}/transfer", new { user_id = luisId, current_password = User.Password }, ("Idempotency-Key", "\"t\""))).Is(200).IsReplay);

        (await ana.PostAsync($"{home}/leave", null, ("Idempotency-Key", "\"l\""))).Is(204);
        Assert.True((await ana.PostAsync($"{home}/leave", null, ("Idempotency-Key", "\"l\""))).Is(204).IsReplay);
        (await ana.PostAsync($"{home}/leave")).Is(404);
        (await ana.GetAsync(tasks)).Is(404);
        (await luis.DeleteAsync($"{home}/members/{anaId}")).Is(404);
    }

    [Fact]
    public async Task An_invitation_is_answered_without_its_letter_by_whoever_has_the_e_mail_for_sure()
    {
        var (ana, luis) = (await shared.VerifiedAsync(await shared.NewUserAsync()), await shared.NewUserAsync());
        var home = await FoundAsync(ana);
        var first = (await ana.PostAsync($"{home}/invitations", new { email = luis.Email, role = "editor" })).Is(201);
        Assert.Equal(ana.Email, (string)first["invited_by"]!["email"]!);
        Assert.Empty((await luis.GetAsync("/api/v1/me/invitations")).Is(200)["invitations"]!.AsArray());
        (await luis.PostAsync($"/api/v1/me/invitations/{first["id"]}/accept")).Is(404);
        await shared.VerifiedAsync(luis);
        var own = (await luis.GetAsync("/api/v1/me/invitations?include_total=true")).Is(200);
        Assert.Equal((string)first["id"]!, (string)Assert.Single(own["invitations"]!.AsArray())!["id"]!);
        (await ana.PostAsync($"/api/v1/me/invitations/{first["id"]}/accept")).Is(404);
        (await luis.PostAsync($"/api/v1/me/invitations/{first["id"]}/decline")).Is(204);
        Assert.Empty((await ana.GetAsync($"{home}/invitations")).Is(200)["invitations"]!.AsArray());

        var second = (await ana.PostAsync($"{home}/invitations", new { email = luis.Email, role = "editor" }, ("Idempotency-Key", "\"i\""))).Is(201);
        Assert.Equal(second.Text, (await ana.PostAsync($"{home}/invitations", new { email = luis.Email, role = "editor" }, ("Idempotency-Key", "\"i\""))).Is(201).Text);
        (await luis.GetAsync($"{home}/invitations")).Is(404);
        (await ana.GetAsync(second.Header("Location")!)).Is(200);
        (await ana.DeleteAsync(second.Header("Location")!)).Is(204);
        (await ana.DeleteAsync(second.Header("Location")!)).Is(404);
        (await luis.PostAsync($"/api/v1/me/invitations/{second["id"]}/accept")).Is(404);

        var third = (await ana.PostAsync($"{home}/invitations", new { email = luis.Email, role = "viewer" })).Is(201);
        (await ana.PostAsync($"{home}/archive")).Is(200);
        (await luis.PostAsync($"/api/v1/me/invitations/{third["id"]}/accept")).IsProblem(409, "WORKSPACE_ARCHIVED");
        (await ana.PostAsync($"{home}/invitations", new { email = "eva@example.com", role = "viewer" })).IsProblem(409, "WORKSPACE_ARCHIVED");
        (await ana.PostAsync($"{home}/unarchive")).Is(200);
        (await luis.PostAsync($"/api/v1/me/invitations/{third["id"]}/accept")).Is(200);
        (await luis.GetAsync($"{home}/invitations")).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        (await luis.PostAsync($"{home}/invitations", new { email = "eva@example.com", role = "viewer" })).IsProblem(403, "INSUFFICIENT_PERMISSIONS");
        (await ana.PostAsync($"{home}/invitations", new { email = luis.Email, role = "editor" })).IsProblem(409, "RESOURCE_ALREADY_EXISTS");
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_name()
    {
        var ana = await shared.NewUserAsync();
        var home = await FoundAsync(ana);
        var me = await IdAsync(ana);
        var answer = await ana.PostAsync($"{home}/invitations", new { email = "nobody", role = "owner", roles = 1 });
        answer.IsInvalid("role", "NOT_ONE_OF");
        answer.IsInvalid("roles", "UNKNOWN");
        (await ana.PostAsync($"{home}/invitations", new { email = "nobody", role = "viewer" })).IsInvalid("email", "NOT_AN_EMAIL");
        (await ana.PostAsync($"{home}/invitations", new { })).IsInvalid("role", "REQUIRED");
        (await ana.PostAsync($"{home}/invitations", new { email = "a\0@example.com", role = "viewer" })).IsInvalid("email");
        (await ana.PatchAsync($"{home}/members/{me}", new { role = "editor" })).IsProblem(409, "WORKSPACE_NEEDS_OWNER");
        (await ana.PatchAsync($"{home}/members/{me}", new { role = "admin" })).IsInvalid("role", "NOT_ONE_OF");
        (await ana.DeleteAsync($"{home}/members/{me}")).IsProblem(409, "WORKSPACE_NEEDS_OWNER");
        (await ana.PostAsync($"{home}/transfer", new { user_id = "me", current_password = "x" })).IsInvalid("user_id", "NOT_AN_ID");
        (await ana.PostAsync($"{home}/transfer", new { user_id = Guid.NewGuid(), current_password = User.Password })).IsInvalid("user_id", "NO_SUCH_THING");
        (await ana.GetAsync($"{home}/members?role=boss")).IsInvalid("role", "NOT_ONE_OF");
        (await ana.GetAsync($"{home}/members?search=%20,")).IsInvalid("search");
        (await ana.GetAsync($"{home}/members?cursor=abc")).IsInvalid("cursor");
        (await ana.GetAsync($"{home}/members/nobody")).Is(404);
        (await ana.GetAsync($"{home}/invitations/nobody")).Is(404);
        foreach (var token in new[] { "x", "qo_" + new string('A', 64) })
        {
            foreach (var verb in new[] { "look", "accept", "decline" })
            {
                (await ana.PostAsync($"/api/v1/invitations/{verb}", new { token })).IsProblem(400, "ONE_TIME_TOKEN_INVALID");
            }
        }
        // The personal workspace is nobody else's.
        var own = $"{Workspaces}/{(await ana.GetAsync("/api/v1/me"))["workspace_id"]}";
        (await ana.PostAsync($"{own}/invitations", new { email = "eva@example.com", role = "viewer" })).IsProblem(409, "WORKSPACE_IS_PERSONAL");
        (await ana.PostAsync($"{own}/leave")).IsProblem(409, "WORKSPACE_IS_PERSONAL");
        (await ana.PostAsync($"{own}/transfer", new { user_id = me, current_password = User.Password })).IsProblem(409, "WORKSPACE_IS_PERSONAL");
        (await ana.DeleteAsync($"{own}/members/{me}")).IsProblem(409, "WORKSPACE_IS_PERSONAL");
    }

    [Fact]
    public async Task The_page_of_an_invitation_shows_whatever_it_is_called_as_text()
    {
        foreach (var language in new[] { "en", "es" })
        {
            var html = XDocument.Parse((await shared.Nobody().GetAsync(ReceivedMail.Invitation, ("Accept", "text/html"), ("Accept-Language", language))).Is(200).Text).Root!;
            var look = Assert.Single(html.Descendants(), element => element.Attribute("data-look") is not null);
            Assert.Equal("./../api/v1/invitations/look", look.Attribute("data-look")!.Value);
            Assert.All(["{name}", "{email}", "{workspace}", "{role}"], word => Assert.Contains(word, look.Attribute("data-text")!.Value));
            Assert.All(["data-viewer", "data-editor"], role => Assert.NotEmpty(look.Attribute(role)!.Value));
            var forms = html.Descendants("form").ToList();
            Assert.Equal(["./../api/v1/auth/login", "./../api/v1/invitations/decline"], forms.Select(form => form.Attribute("data-post")!.Value));
            Assert.Equal(["./../api/v1/invitations/accept", "./../api/v1/auth/logout"], new[] { "data-then", "data-end" }.Select(name => forms[0].Attribute(name)!.Value));
            Assert.All(html.Descendants("input"), input => Assert.Single(html.Descendants("label"), label => label.Attribute("for")!.Value == input.Attribute("id")!.Value));
        }
        Assert.DoesNotContain("innerHTML", (await shared.Nobody().GetAsync("/account/account.js")).Is(200).Text);
    }
}
