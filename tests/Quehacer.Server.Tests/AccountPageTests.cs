using System.Xml.Linq;

namespace Quehacer.Server.Tests;

/// <summary>The pages that the links of letters lead to.</summary>
public sealed class AccountPageTests(SharedServer shared)
{
    private static readonly string[] Pages = ["/account/password-reset", "/account/verify-email", "/account/email-change"];

    private async Task<(Answer Answer, XElement Html)> BrowseAsync(string path, string language = "en")
    {
        var answer = (await shared.Nobody().GetAsync(path, ("Accept", "text/html"), ("Accept-Language", language))).Is(200);
        return (answer, XDocument.Parse(answer.Text).Root!);
    }

    [Fact]
    public async Task Each_has_both_languages_a_label_for_every_field_and_a_place_where_it_says_what_came_of_it()
    {
        foreach (var path in Pages)
        {
            var texts = new List<string>();
            foreach (var language in new[] { "en", "es" })
            {
                var (_, html) = await BrowseAsync(path, language);
                Assert.Equal(language, html.Attribute("lang")!.Value);
                Assert.Single(html.Descendants("h1"));
                Assert.Single(html.Descendants("noscript"));
                Assert.All(html.Descendants("input"), input => Assert.Single(html.Descendants("label"), label => label.Attribute("for")!.Value == input.Attribute("id")!.Value && label.Value.Length > 3));
                Assert.All(html.Descendants("form"), form =>
                {
                    Assert.Equal("status", ((XElement)form.NextNode!).Attribute("role")!.Value);
                    Assert.Single(form.Elements("button"));
                    Assert.StartsWith("./../api/v1/auth/", form.Attribute("data-post")!.Value);
                    Assert.Contains(form.Attribute("data-when")!.Value, new[] { "token", "nothing" });
                });
                Assert.Contains(html.Descendants("form"), form => form.Attribute("data-when")!.Value == "token");
                texts.Add(html.Descendants("main").Single().Value);
                texts.AddRange(html.Descendants("form").Attributes().Where(attribute => attribute.Name.LocalName is "data-done" or "data-failed").Select(attribute => attribute.Value).Distinct());
            }
            Assert.Equal(texts.Distinct(), texts);
        }
    }

    [Fact]
    public async Task They_run_no_script_but_their_own_and_speak_to_no_other_server()
    {
        foreach (var path in Pages)
        {
            var (answer, html) = await BrowseAsync(path);
            var policy = answer.Header("Content-Security-Policy")!;
            Assert.StartsWith("default-src 'none'; ", policy);
            Assert.Contains("; script-src 'self'; connect-src 'self'", policy);
            Assert.Contains("frame-ancestors 'none'", policy);
            Assert.DoesNotContain("unsafe", policy);
            Assert.Equal(("no-referrer", "nosniff", (string?)null), (answer.Header("Referrer-Policy"), answer.Header("X-Content-Type-Options"), answer.Header("X-RateLimit-Limit")));
            var script = Assert.Single(html.Descendants("script"));
            Assert.Equal("", script.Value);
            Assert.DoesNotContain(html.Descendants().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || attribute.Name == "style");
            var address = new Uri(new Uri(shared.Server.Address, path), script.Attribute("src")!.Value).PathAndQuery;
            var file = (await shared.Nobody().GetAsync(address)).Is(200);
            Assert.Equal("text/javascript; charset=utf-8", file.Header("Content-Type"));
            Assert.DoesNotContain("http", file.Text);
            (await shared.Nobody().SendAsync("HEAD", path)).Is(200);
            (await shared.Nobody().PostAsync(path)).IsProblem(405, "METHOD_NOT_ALLOWED");
        }
    }

    /// <summary>The script itself, in a browser of a page of code: what it sends, and what it says of the answers.</summary>
    [Fact]
    public async Task The_script_sends_the_token_and_says_what_the_server_says()
    {
        var directory = Directory.CreateTempSubdirectory("quehacer-pages-");
        try
        {
            var script = Path.Combine(directory.FullName, "account.js");
            await File.WriteAllTextAsync(script, (await shared.Nobody().GetAsync("/account/account.js")).Is(200).Text);
            var browser = Path.Combine(QuehacerServer.Repository, "tests", "Quehacer.Server.Tests", "browser.mjs");
            Assert.Equal(
                """
                shown: token
                asked: POST ./confirm {"token":"qo_abc-_","password":"first"} key 32 en
                said: The server cannot be reached.
                the same key again: true
                said: The password is too common. Choose another. At least 8 characters.
                another key: true
                said: The server cannot be reached. (502)
                said: Done.
                hidden: true, focused: true, left in the address: /account/password-reset?lang=en
                languages keep the token: #qo_abc-_
                shown: nothing
                asked: POST ./reset {"email":"ana@example.com"} key 32 es
                look: Ana invites you into “<b>Home</b>” as an editor.
                asked: ./look {"token":"qo_inv"} nobody
                asked: ./login {"email":"luis@example.com","password":"secret"} nobody
                asked: ./accept {"token":"qo_inv"} Bearer abc
                asked: ./logout {} Bearer abc
                said: Done.
                hidden: true,true
                asked: ./look ./login
                said: A second factor is wanted.

                """,
                await TypeScriptClientTests.RunAsync("node", browser, script));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
