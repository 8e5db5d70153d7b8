using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Quehacer.Client;

/// <summary>The session of a client, renewed by one call at a time however many meet the same expired token.</summary>
internal sealed class Renewal(Exchange exchange, QuehacerOptions options) : IDisposable
{
    private readonly SemaphoreSlim one = new(1);
    private volatile Session? session;

    public Session? Session
    {
        get => session;
        set => session = value;
    }

    public void Begin(Session? begun)
    {
        session = begun;
        options.SessionChanged?.Invoke(begun);
    }

    /// <summary>A session in the place of one that was refused; null where there is none to be had.</summary>
    /// <exception cref="ProblemException">The refresh was refused; with 401 the session has ended.</exception>
    public async Task<Session?> AfterAsync(Session refused, CancellationToken cancellationToken)
    {
        if (refused.RefreshToken is null)
        {
            return null;
        }
        await one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!ReferenceEquals(session, refused))
            {
                // Another call has renewed it meanwhile, or has found that it has ended.
                return session;
            }
            await RefreshAsync(refused.RefreshToken, idempotencyKey: null, cancellationToken).ConfigureAwait(false);
            return session;
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>
    /// Uses a refresh token. A second use of one ends its session, so the key is made of the token: whoever lost the answer, even by a crash, sends the
    /// same request under the same key and gets the same tokens.
    /// </summary>
    public async Task<Tokens> RefreshAsync(string refreshToken, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new Refresh { RefreshToken = refreshToken }, QuehacerJson.Default.Refresh);
        var key = idempotencyKey ?? "refresh-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("Quehacer.Client refresh " + refreshToken)));
        var answered = await exchange.UntilAnsweredAsync(new(HttpMethod.Post, "api/v1/auth/refresh", body, Key: key), accessToken: null, cancellationToken).ConfigureAwait(false);
        if (!answered.IsSuccess)
        {
            if (answered.Status == 401 && session?.RefreshToken == refreshToken)
            {
                Begin(null);
            }
            throw answered.ToException();
        }
        var tokens = answered.Read(QuehacerJson.Default.Tokens);
        Begin(new(tokens.AccessToken, tokens.RefreshToken));
        return tokens;
    }

    public void Dispose() => one.Dispose();
}
