using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>What proxies say of clients, and who is believed. The log tells whom the server takes for the client.</summary>
public sealed class ProxyTests
{
    private static readonly (string Forwarded, string Client)[] Trusted =
    [
        ("203.0.113.9", "203.0.113.9"), ("203.0.113.9:4711", "203.0.113.9"), ("[2001:db9::9]:4711", "2001:db9::9"), ("2001:db9::9", "2001:db9::9"), ("::ffff:203.0.113.9", "203.0.113.9"),
        // What stands to the left of the first stranger was said by the stranger.
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"), ("127.0.0.1, 203.0.113.9", "203.0.113.9"), ("10.1.2.3, 203.0.113.9, 10.9.9.9", "203.0.113.9"), ("203.0.113.9, 2001:db8::1, 10.1.2.3", "203.0.113.9"),
        // Nobody but proxies: the farthest of them is the client.
        ("10.1.2.3", "10.1.2.3"), ("10.1.2.4, 10.1.2.3", "10.1.2.4"),
        // What is no address says nothing, and ends the walk.
        ("unknown", "127.0.0.1"), ("203.0.113.9, nonsense", "127.0.0.1"), ("203.0.113.9, <script>, 10.1.2.3", "10.1.2.3"), ("", "127.0.0.1"), ("_hidden, 999.1.1.1", "127.0.0.1"),
        (new string('9', 4000), "127.0.0.1"),
    ];

    [Fact]
    public async Task The_client_is_whom_trusted_proxies_name_and_nobody_else_is_believed()
    {
        await using var server = await QuehacerServer.StartAsync(("Server__Address", "127.0.0.1"), ("Server__TrustedProxies", "127.0.0.1, 10.0.0.0/8, 2001:db8::/32"), ("Log__ClientAddress", "true"));
        using var http = server.NewHttp();
        http.BaseAddress = new Uri($"http://127.0.0.1:{server.Port}");
        var client = new Client(http);
        foreach (var (index, (forwarded, _)) in Trusted.Index())
        {
            (await client.GetAsync("/live", ("X-Request-Id", $"trusted-{index}"), ("X-Forwarded-For", forwarded))).Is(200);
        }
        // The scheme is the proxy's to say; the host is not, and neither is anything in another header.
        (string, string)[] spoken = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "for=6.6.6.6;host=evil.example"), ("X-Real-IP", "6.6.6.6"), ("X-Forwarded-Prefix", "/evil")];
        var refused = await client.GetAsync("/nope", [.. spoken, ("X-Request-Id", "spoken")]);
        Assert.Equal(($"https://127.0.0.1:{server.Port}/errors/not-found", "/nope"), ((string)refused["type"]!, (string)refused["instance"]!));
        Assert.StartsWith("http://", (string)(await client.GetAsync("/nope", ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "javascript:alert(1)//")))["type"]!);

        // The same words from an address that is no proxy's.
        await server.StopAsync();
        await server.StartAgainAsync([("Server__Address", "127.0.0.1"), ("Server__TrustedProxies", "10.0.0.0/8"), ("Log__ClientAddress", "true")]);
        var forged = await client.GetAsync("/nope", [.. spoken, ("X-Request-Id", "forged-1")]);
        await server.StopAsync();
        await server.StartAgainAsync([("Server__Address", "127.0.0.1"), ("Log__ClientAddress", "true")]);
        var alone = await client.GetAsync("/nope", [.. spoken, ("X-Request-Id", "forged-2")]);
        Assert.All(new[] { forged, alone }, answer => Assert.Equal($"http://127.0.0.1:{server.Port}/errors/not-found", (string)answer["type"]!));
        await server.StopAsync();

        var clients = server.Output.Where(line => line.Contains("\"request_id\"", StringComparison.Ordinal)).Select(line => JsonNode.Parse(line)!)
            .Where(line => line["client"] is not null).GroupBy(line => (string)line["request_id"]!).ToDictionary(lines => lines.Key, lines => (string)lines.Last()["client"]!);
        Assert.All(Trusted.Index(), one => Assert.Equal((one.Item.Forwarded, one.Item.Client), (one.Item.Forwarded, clients[$"trusted-{one.Index}"])));
        Assert.Equal(("203.0.113.9", "127.0.0.1", "127.0.0.1"), (clients["spoken"], clients["forged-1"], clients["forged-2"]));
    }

    [Fact]
    public async Task HTTPS_is_held_to_where_clients_come_by_it_and_nowhere_else()
    {
        await using var server = await QuehacerServer.StartAsync(
            ("Server__Address", "127.0.0.1"), ("Server__TrustedProxies", "127.0.0.1"), ("Server__PublicUrl", "https://tasks.example.com/"), ("Tls__HstsSeconds", "3600"));
        using var http = server.NewHttp();
        http.BaseAddress = new Uri($"http://127.0.0.1:{server.Port}");
        var client = new Client(http);
        foreach (var path in new[] { "/health", "/nope" })
        {
            Assert.Equal("max-age=3600", (await client.GetAsync(path, ("X-Forwarded-Proto", "https"))).Header("Strict-Transport-Security"));
            Assert.Null((await client.GetAsync(path, ("X-Forwarded-Proto", "http"))).Header("Strict-Transport-Security"));
            Assert.Null((await client.GetAsync(path)).Header("Strict-Transport-Security"));
        }
        // A host that somebody makes up gets into nothing.
        var poisoned = await client.GetAsync("/nope", ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"));
        Assert.Equal("https://tasks.example.com/errors/not-found", (string)poisoned["type"]!);
        Assert.DoesNotContain("evil", poisoned.Text);
        Assert.DoesNotContain("evil", (await client.GetAsync("/", ("Host", "evil.example"), ("Accept", "text/html"))).Is(200).Text);
        Assert.DoesNotContain("evil", (await client.GetAsync("/errors/validation", ("Host", "evil.example"))).Is(200).Text);
    }
}
