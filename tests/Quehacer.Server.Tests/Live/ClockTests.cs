using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Quehacer.Server.Tests.Live;

/// <summary>Lines that end because of what the clock says. They wait side by side, since one of them waits for a minute.</summary>
public sealed class ClockTests
{
    [Fact]
    public async Task Lines_end_when_their_time_has_come_and_no_others()
    {
        await using var server = await QuehacerServer.StartAsync(("Live__HeartbeatSeconds", "1"), ("Live__SlowListenerSeconds", "5"));
        var user = await User.RegisterAsync(server);
        var ends = Task.WhenAll(
            A_connection_on_which_nothing_is_subscribed_to_is_closed(server, user), A_line_lasts_as_long_as_the_token_that_opened_it(server, user), Who_does_not_answer_pings_is_given_up(server, user));
        await using var used = await Conversation.OpenAsync(server, user);
        await used.SubscribeAsync("a");
        while (!ends.IsCompleted)
        {
            // Somebody who is there reads, and answers pings by that.
            var next = used.EventAsync("a", "task.created");
            await Task.WhenAny(ends, Task.Delay(TimeSpan.FromSeconds(5)));
            await user.CreateAsync(new { title = "Buy milk" });
            await next;
        }
        await ends;
    }

    private static async Task A_connection_on_which_nothing_is_subscribed_to_is_closed(QuehacerServer server, User user)
    {
        await using var never = await Conversation.OpenAsync(server, user);
        var waited = Stopwatch.StartNew();
        Assert.Empty(await never.ToEndAsync(4408, within: TimeSpan.FromSeconds(90)));
        Assert.InRange(waited.Elapsed.TotalSeconds, 55, 90);
    }

    private static async Task A_line_lasts_as_long_as_the_token_that_opened_it(QuehacerServer server, User user)
    {
        var end = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 20);
        var brief = new Client(server.Http) { AccessToken = ForgedToken.Until(server, user, end) };
        await using var conversation = await Conversation.OpenAsync(server, brief);
        await conversation.SubscribeAsync("a");
        await using var stream = await EventStream.OpenAsync(server.Http, brief.AccessToken);
        var ticket = (string)(await brief.PostAsync("/api/v1/stream/ticket")).Is(201)["ticket"]!;
        await using var byTicket = await Conversation.ConnectAsync(Conversation.AddressOf(server, $"?ticket={ticket}"));
        await byTicket.HearAsync("ready");
        await byTicket.SubscribeAsync("b");
        await Task.WhenAll(EndsAsync(conversation), EndsAsync(byTicket), HangsUpAsync());
        (await brief.GetAsync(User.Tasks)).IsProblem(401, "TOKEN_EXPIRED");
        (await user.GetAsync(User.Tasks)).Is(200);

        async Task EndsAsync(Conversation line)
        {
            var last = (await line.ToEndAsync(4401))[^1];
            Assert.Equal(("ended", "TOKEN_EXPIRED"), ((string)last["type"]!, (string)last["code"]!));
            Assert.NotEmpty((string)last["cursor"]!);
            Assert.True(DateTimeOffset.UtcNow >= end, "It ended before its token.");
        }

        async Task HangsUpAsync()
        {
            Sent? last = null;
            while (await stream.NextAsync() is { } sent)
            {
                last = sent;
            }
            Assert.Equal(("end", "TOKEN_EXPIRED"), (last!.Name, (string)last.Data["code"]!));
            Assert.True(DateTimeOffset.UtcNow >= end, "It ended before its token.");
        }
    }

    /// <summary>A client of which nothing is left but the connection.</summary>
    private static async Task Who_does_not_answer_pings_is_given_up(QuehacerServer server, User user)
    {
        using var mute = new TcpClient();
        await mute.ConnectAsync("localhost", server.Port);
        var line = mute.GetStream();
        await line.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {user.AccessToken}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(50));
        var heard = new MemoryStream();
        try
        {
            await line.CopyToAsync(heard, patience.Token);
        }
        catch (IOException)
        {
            // It was cut.
        }
        var text = Encoding.Latin1.GetString(heard.ToArray());
        Assert.StartsWith("HTTP/1.1 101 ", text);
        // The first byte of a ping (RFC 6455 §5.2 and §5.5.2), which stands in no message of ASCII.
        Assert.Contains('\u0089', text);
    }
}
