using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests;

/// <summary>The description of what is said over the WebSocket, held to the server as that of the requests is.</summary>
public sealed class AsyncApiTests(SharedServer shared)
{
    private const string Committed = "asyncapi/v1.json";

    [Fact]
    public async Task The_committed_description_is_what_the_program_prints_and_serves()
    {
        var committed = await File.ReadAllTextAsync(Conversation.File);
        var run = await QuehacerServer.RunAsync(["asyncapi"], []);
        Assert.Equal(0, run.ExitCode);
        Assert.True(run.Output == committed, $"{Committed} is not what the code makes. Renew it, and read what changed: ./run asyncapi > {Committed}");
        var answer = (await shared.Nobody().GetAsync("/" + Committed)).Is(200);
        Assert.Equal(committed, answer.Text);
        Assert.Equal("", (await shared.Nobody().GetAsync("/" + Committed, ("If-None-Match", answer.ETag!))).Is(304).Text);
    }

    [Fact]
    public async Task The_parser_of_the_initiative_reads_it_and_finds_nothing_wrong_with_it()
    {
        var folder = Path.Combine(QuehacerServer.Repository, "tests", "openapi");
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules", "@asyncapi")), "The parser is not installed. ./test does that, or: npm ci --prefix tests/openapi --ignore-scripts");
        using var parser = Process.Start(new ProcessStartInfo("node", [Path.Combine(folder, "asyncapi.mjs"), Conversation.File]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var complaints = parser.StandardError.ReadToEndAsync();
        var read = await parser.StandardOutput.ReadToEndAsync();
        await parser.WaitForExitAsync();
        Assert.True(parser.ExitCode == 0, await complaints);
        Assert.Equal(
            ["receive subscribe", "receive unsubscribe", "receive ping", "send ready", "send subscribed", "send event", "send resync", "send ended", "send unsubscribed", "send presence", "send pong", "send error"],
            read.Trim().Split('\n'));
    }

    /// <summary>An event is the same here and in OpenAPI.</summary>
    [Fact]
    public async Task What_is_described_here_and_in_OpenApi_is_described_alike()
    {
        var here = JsonNode.Parse(await File.ReadAllTextAsync(Conversation.File))!["components"]!["schemas"]!.AsObject();
        var there = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(QuehacerServer.Repository, "openapi", "v1.json")))!["components"]!["schemas"]!.AsObject();
        var shared = here.Select(schema => schema.Key).Intersect(there.Select(schema => schema.Key)).ToList();
        Assert.Contains("Event", shared);
        Assert.All(shared, name => Assert.Equal(there[name]!.ToJsonString(), here[name]!.ToJsonString()));
    }

    [Fact]
    public async Task Every_example_is_what_its_schema_says_and_what_a_client_says_is_bounded_as_described()
    {
        var document = JsonNode.Parse(await File.ReadAllTextAsync(Conversation.File))!;
        foreach (var (name, described) in document["components"]!["messages"]!.AsObject())
        {
            Conversation.Holds(name, described!["examples"]![0]!["payload"]!);
        }
        var user = await shared.NewUserAsync();
        var home = (string)(await user.GetAsync("/api/v1/me")).Is(200)["workspace_id"]!;
        var cursor = (string)(await user.GetAsync("/api/v1/changes?since=now")).Is(200)["cursor"]!;
        await using var conversation = await Conversation.OpenAsync(shared.Server, user);
        foreach (var (name, answer) in new[] { ("subscribe", "subscribed"), ("unsubscribe", "unsubscribed"), ("ping", "pong") })
        {
            var example = document["components"]!["messages"]![name]!["examples"]![0]!["payload"]!.DeepClone().AsObject();
            foreach (var (member, real) in new[] { ("workspace_id", home), ("since", cursor) })
            {
                if (example.ContainsKey(member))
                {
                    example[member] = real;
                }
            }
            await conversation.SayAsync(example.ToJsonString());
            await conversation.UntilAsync(answer);
            var schema = document["components"]!["schemas"]!.AsObject().Single(one => (string?)one.Value!["properties"]?["type"]?["const"] == name).Value!;
            foreach (var (member, described) in schema["properties"]!.AsObject().Where(one => one.Key != "type"))
            {
                foreach (var wrong in Bounds.Wrong(described!))
                {
                    var message = example.DeepClone().AsObject();
                    message[member] = wrong?.DeepClone();
                    await conversation.SayAsync(message.ToJsonString());
                    var error = await conversation.UntilAsync("error");
                    Assert.True(
                        (string)error["code"]! == "VALIDATION_ERROR" && ((string)error["errors"]![0]!["field"]!).StartsWith(member, StringComparison.Ordinal),
                        $"{message.ToJsonString()} is answered with {error.ToJsonString()}");
                    await conversation.SayAsync("{\"type\":\"ping\"}");
                    await conversation.UntilAsync("pong");
                }
            }
        }
    }
}
