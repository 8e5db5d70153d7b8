using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>An answer as it stood on the wire.</summary>
internal sealed record WireAnswer(int Status, IReadOnlyList<(string Name, string Value)> Headers, string Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>The header's value; null when it is absent or there more than once, which no header of ours is.</summary>
    public string? Header(string name)
    {
        var found = Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count == 1 ? found[0].Value : null;
    }

    public override string ToString() => $"{Status} {(Body.Length > 600 ? Body[..600] + "…" : Body)}";
}

/// <summary>Requests as bytes, for what no HTTP library would send.</summary>
internal static class Wire
{
    /// <summary>Far more than any answer takes on a busy machine: who waits longer, hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Sends the bytes over a connection of their own and reads until the server has closed it. When an answer leaves the connection open, or
    /// the request is one that ends too early, our side is closed, so that the server has nothing left to wait for.
    /// </summary>
    /// <param name="closesAfter">The request may be cut off, so that no answer is owed: how long after it was sent our side is closed, at zero at once.</param>
    /// <param name="answers">So many are waited for before our side is closed.</param>
    /// <exception cref="TimeoutException">The server neither answered nor closed.</exception>
    public static async Task<IReadOnlyList<WireAnswer>> ExchangeAsync(int port, byte[] request, TimeSpan? closesAfter = null, int answers = 1)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var isHead = request.AsSpan().StartsWith("HEAD "u8);
        using var received = new MemoryStream();
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience.Token);
            var sending = SendAsync(socket, request, closesAfter, done.Token);
            var buffer = new byte[64 * 1024];
            var closed = closesAfter == TimeSpan.Zero;
            while (true)
            {
                int count;
                try
                {
                    count = await socket.ReceiveAsync(buffer, patience.Token);
                }
                catch (SocketException)
                {
                    // A server that has refused what is still being sent may close hard.
                    break;
                }
                if (count == 0)
                {
                    break;
                }
                received.Write(buffer, 0, count);
                if (!closed && Parse(received.ToArray(), isHead) is [.., var last] parsed && last.Status >= 200 && parsed.Count >= answers
                    && !"close".Equals(last.Header("Connection"), StringComparison.OrdinalIgnoreCase) && (sending.IsCompleted || closesAfter is not null))
                {
                    closed = true;
                    Close(socket);
                }
            }
            await done.CancelAsync();
            await sending;
        }
        catch (OperationCanceledException) when (done.IsCancellationRequested && !patience.IsCancellationRequested)
        {
            // The answer came before the time to close.
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no end after {Patience.TotalSeconds:0} s; so far: {Encoding.UTF8.GetString(received.ToArray())}");
        }
        return Parse(received.ToArray(), isHead);
    }

    private static async Task SendAsync(Socket socket, byte[] request, TimeSpan? closesAfter, CancellationToken cancellation)
    {
        try
        {
            for (var sent = 0; sent < request.Length;)
            {
                sent += await socket.SendAsync(request.AsMemory(sent), cancellation);
            }
            if (closesAfter is { } wait)
            {
                await Task.Delay(wait, cancellation);
                Close(socket);
            }
        }
        catch (SocketException)
        {
            // The same: it has heard enough.
        }
    }

    private static void Close(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It is closed already.
        }
    }

    /// <summary>The whole answers within the bytes; what is not whole yet, or no answer at all, is left out.</summary>
    private static List<WireAnswer> Parse(byte[] bytes, bool isHead)
    {
        var answers = new List<WireAnswer>();
        var at = 0;
        while (bytes.AsSpan(at).IndexOf("\r\n\r\n"u8) is >= 0 and var length)
        {
            var lines = Encoding.Latin1.GetString(bytes, at, length).Split("\r\n");
            var words = lines[0].Split(' ');
            if (words.Length < 2 || words[0] != "HTTP/1.1" || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            {
                throw new FormatException($"This is no answer: {lines[0]}");
            }
            var headers = lines.Skip(1).Select(line => line.Split(':', 2)).Select(parts => (parts[0], parts.Length > 1 ? parts[1].Trim() : "")).ToList();
            var answer = new WireAnswer(status, headers, "");
            at += length + 4;
            if (isHead || status is < 200 or 204 or 304)
            {
                answers.Add(answer);
            }
            else if (TryReadBody(bytes.AsSpan(at), answer) is { } body)
            {
                answers.Add(answer with { Body = Encoding.UTF8.GetString(body.Content) });
                at += body.Length;
            }
            else
            {
                break;
            }
        }
        return answers;
    }

    /// <summary>The body and how long it is on the wire; null when it is not whole.</summary>
    private static (byte[] Content, int Length)? TryReadBody(ReadOnlySpan<byte> bytes, WireAnswer answer)
    {
        if (answer.Header("Transfer-Encoding") != "chunked")
        {
            var length = int.Parse(answer.Header("Content-Length") ?? "0", CultureInfo.InvariantCulture);
            return bytes.Length < length ? null : (bytes[..length].ToArray(), length);
        }
        var content = new List<byte>();
        for (var at = 0; bytes[at..].IndexOf("\r\n"u8) is > 0 and var end;)
        {
            var size = int.Parse(bytes.Slice(at, end), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            at += end + 2;
            if (bytes.Length < at + size + 2)
            {
                return null;
            }
            content.AddRange(bytes.Slice(at, size));
            at += size + 2;
            if (size == 0)
            {
                return ([.. content], at);
            }
        }
        return null;
    }
}
