using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Quehacer.Client;

/// <summary>What is asked of the server. It can be sent any number of times.</summary>
/// <param name="Path">Relative to the server, without a slash in front, so that the server may stand under a path of its own.</param>
/// <param name="Key">The idempotency key; null for reads.</param>
internal sealed record Asked(HttpMethod Method, string Path, byte[]? Body = null, string? IfMatch = null, string? Key = null)
{
    /// <summary>Where the body of an answer goes that may be of any size; null for one that is read whole. It is not asked for a second time.</summary>
    public Stream? Into { get; init; }

    /// <summary>What that is.</summary>
    public string IntoType { get; init; } = "application/zip";

    public HttpRequestMessage ToMessage(string? accessToken, string? language)
    {
        var message = new HttpRequestMessage(Method, Path);
        if (Into is not null)
        {
            message.Headers.Accept.Add(new(IntoType));
        }
        message.Headers.Accept.Add(new("application/json"));
        message.Headers.Accept.Add(new("application/problem+json"));
        if (accessToken is not null)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        }
        Add("Idempotency-Key", Key);
        Add("If-Match", IfMatch);
        Add("Accept-Language", language);
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(Body);
            message.Content.Headers.ContentType = new(Method == HttpMethod.Patch ? "application/merge-patch+json" : "application/json");
        }
        return message;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                message.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    public override string ToString() => $"{Method} /{Path}";
}

/// <summary>An answer that arrived whole.</summary>
/// <param name="RetryAfter">How long the server asks to wait.</param>
internal sealed record Answered(Asked Asked, int Status, byte[] Body, string? ETag, TimeSpan? RetryAfter)
{
    /// <summary>The access token is not taken, as opposed to a password or a code within the request.</summary>
    public bool IsTokenRefused => Status == (int)HttpStatusCode.Unauthorized && Problem?.Code is not (ErrorCodes.InvalidCredentials or ErrorCodes.InvalidCode);

    /// <summary>Whether it is a login that waits for a code.</summary>
    public bool IsCodeWanted
    {
        get
        {
            using var read = JsonDocument.Parse(Body);
            return read.RootElement.ValueKind == JsonValueKind.Object && read.RootElement.TryGetProperty("mfa_required", out _);
        }
    }

    public bool IsSuccess => Status is >= 200 and < 300;

    private Problem? Problem
    {
        get
        {
            try
            {
                return JsonSerializer.Deserialize(Body, QuehacerJson.Default.Problem);
            }
            catch (JsonException)
            {
                // Something in between has answered.
                return null;
            }
        }
    }

    /// <summary>How long to wait before it is asked again; null for an answer that is one.</summary>
    public TimeSpan? Again => Status switch
    {
        (int)HttpStatusCode.ServiceUnavailable or (int)HttpStatusCode.TooManyRequests => RetryAfter,
        // The lost request is still at work; its answer will be ours.
        (int)HttpStatusCode.Conflict when Problem?.Code == ErrorCodes.IdempotencyInFlight => RetryAfter ?? TimeSpan.Zero,
        _ => null,
    };

    public T Read<T>(JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(Body, type) ?? throw new JsonException();
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"The answer {Status} to {Asked} is not what the API describes. See that the address is that of a Quehacer server.", wrong);
        }
    }

    public ProblemException ToException() =>
        Status == (int)HttpStatusCode.PreconditionFailed ? new PreconditionFailedException(Problem, ETag) : new ProblemException(Status, Problem, RetryAfter);
}

/// <summary>
/// Sends a request until it is answered. An answer is lost when the connection fails, when it breaks off, or when it takes too long; a 503 or 429 with
/// <c>Retry-After</c> and a 409 because the first request is still at work are no answers yet.
/// </summary>
internal sealed class Exchange(HttpClient http, QuehacerOptions options)
{
    /// <summary>The wait after the first lost answer; each further one is twice as long.</summary>
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);

    /// <exception cref="HttpRequestException">The last attempt was not answered.</exception>
    /// <exception cref="TimeoutException">The last attempt was not answered in time.</exception>
    public async Task<Answered> UntilAnsweredAsync(Asked asked, string? accessToken, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var wait = FirstWait * Math.Pow(2, attempt - 1) * (0.5 + Random.Shared.NextDouble() / 2);
            try
            {
                var answered = await OnceAsync(asked, accessToken, cancellationToken).ConfigureAwait(false);
                if (answered.Again is not { } told || told > options.LongestWait || attempt >= options.Attempts)
                {
                    return answered;
                }
                wait = told > wait ? told : wait;
            }
            catch (Exception lost) when (attempt < options.Attempts && asked.Into is null && lost is HttpRequestException or IOException or TimeoutException)
            {
                // It may have been done or not: the same key makes sure that it is done once.
            }
            await Task.Delay(wait, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Answered> OnceAsync(Asked asked, string? accessToken, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.AttemptTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var message = asked.ToMessage(accessToken, options.Language);
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            byte[] body = [];
            if (asked.Into is { } destination && answer.IsSuccessStatusCode)
            {
                // However long it takes: it is on its way.
                await answer.Content.CopyToAsync(destination, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                body = await answer.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false);
            }
            // As it came: a weak tag or one without quotes is sent back as it is.
            var etag = answer.Headers.NonValidated.TryGetValues("ETag", out var tags) ? tags.ToString() : null;
            return new(asked, (int)answer.StatusCode, body, etag, RetryAfter(answer.Headers.RetryAfter));
        }
        catch (OperationCanceledException slow) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{asked} was not answered within {options.AttemptTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} seconds.", slow);
        }
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } wait } => wait,
        { Date: { } date } => date - options.Time.GetUtcNow() is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };
}
