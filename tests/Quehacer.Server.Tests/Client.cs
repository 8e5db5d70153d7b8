using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests;

/// <summary>An answer, read whole.</summary>
public sealed partial record Answer(string Asked, int Status, HttpHeaders[] Headers, string Text)
{
    /// <summary>The version of HTTP in which it came.</summary>
    public Version Version { get; init; } = HttpVersion.Unknown;

    public JsonNode Json => JsonNode.Parse(Text)!;

    public string? ETag => Header("ETag");

    public bool IsReplay => Header("Idempotent-Replayed") == "true";

    public string? Code => (string?)Json["code"];

    public JsonNode? this[string member] => Json[member];

    public string? Header(string name)
    {
        foreach (var headers in Headers)
        {
            if (headers.NonValidated.TryGetValues(name, out var values))
            {
                return values.ToString();
            }
        }
        return null;
    }

    /// <summary>Fails with the whole answer when the status is another.</summary>
    public Answer Is(int status)
    {
        Assert.True(Status == status, $"{Asked}: {status} expected, and the answer is {Status} {Text}");
        return this;
    }

    /// <summary>For what another writer decides.</summary>
    public Answer IsOneOf(params int[] statuses)
    {
        Assert.True(statuses.Contains(Status), $"{Asked}: {string.Join(" or ", statuses)} expected, and the answer is {Status} {Text}");
        return this;
    }

    public Answer IsProblem(int status, string code)
    {
        Is(status);
        Assert.True(Code == code, $"{Asked}: {code} expected, and the answer is {Text}");
        Assert.Equal("application/problem+json", Header("Content-Type")?.Split(';')[0]);
        return this;
    }

    /// <summary>A 422 that names this field (or an element of it) with this code.</summary>
    public JsonNode IsInvalid(string field, params string[] anyOfCodes)
    {
        IsProblem(422, "VALIDATION_ERROR");
        var found = this["errors"]!.AsArray().FirstOrDefault(error =>
            Regex.IsMatch((string)error!["field"]!, $@"^{Regex.Escape(field)}($|[.\[])") && (anyOfCodes.Length == 0 || anyOfCodes.Contains((string)error["code"]!)));
        Assert.True(found is not null, $"{Asked}: {field} {string.Join('|', anyOfCodes)} expected, and the answer is {Text}");
        Assert.NotEmpty((string)found["message"]!);
        return found;
    }

    /// <summary>Nothing of the inside is ever shown: stack traces, types, SQL.</summary>
    public void AssertKeepsSecrets() => Assert.False(Inside().IsMatch(Text), $"{Asked} shows something of the inside: {Text}");

    [GeneratedRegex(@"Exception|\bat [A-Z]\w+\.\w+|Npgsql|Postgres|System\.|\bSELECT\b|\bINSERT\b", RegexOptions.CultureInvariant)]
    private static partial Regex Inside();
}

/// <summary>Somebody who sends requests, with or without a token.</summary>
public class Client(HttpClient http)
{
    /// <summary>People's texts go out as they are written, not escaped, as most clients send them.</summary>
    public static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string? AccessToken { get; set; }

    /// <param name="method">An HTTP method.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="body">A string or bytes as they are, anything else as JSON.</param>
    /// <param name="headers">They replace what is sent otherwise.</param>
    public async Task<Answer> SendAsync(string method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        // A message has a version of its own and does not ask the client for its.
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Version = http.DefaultRequestVersion, VersionPolicy = http.DefaultVersionPolicy };
        if (AccessToken is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {AccessToken}");
        }
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body switch
            {
                byte[] bytes => bytes,
                string text => Encoding.UTF8.GetBytes(text),
                _ => JsonSerializer.SerializeToUtf8Bytes(body, Plain),
            });
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }
        foreach (var (name, value) in headers)
        {
            if (name is "Content-Type" or "Content-Encoding")
            {
                request.Content!.Headers.Remove(name);
                if (value.Length > 0)
                {
                    request.Content.Headers.TryAddWithoutValidation(name, value);
                }
                continue;
            }
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // A line of events has no end to wait for: it is hung up.
        var read = response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync();
        var answer = new Answer($"{method} {path}", (int)response.StatusCode, [response.Headers, response.Content.Headers], read) { Version = response.Version };
        answer.AssertKeepsSecrets();
        return answer;
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, null, headers);

    public Task<Answer> PostAsync(string path, object? body = null, params (string Name, string Value)[] headers) => SendAsync("POST", path, body, headers);

    public Task<Answer> PatchAsync(string path, object body, params (string Name, string Value)[] headers) => SendAsync("PATCH", path, body, headers);

    public Task<Answer> PutAsync(string path, object body, params (string Name, string Value)[] headers) => SendAsync("PUT", path, body, headers);

    public Task<Answer> DeleteAsync(string path, params (string Name, string Value)[] headers) => SendAsync("DELETE", path, null, headers);

    /// <summary>Makes a task and gives its path and the answer.</summary>
    public async Task<(string Path, Answer Answer)> CreateAsync(object task)
    {
        var answer = (await PostAsync(User.Tasks, task)).Is(201);
        return ($"{User.Tasks}/{(string)answer["id"]!}", answer);
    }
}

/// <summary>A person with an account and a session.</summary>
public sealed class User(HttpClient http, string email) : Client(http)
{
    public const string Tasks = "/api/v1/tasks";
    public const string Password = "correct horse battery staple";

    public string Email => email;

    public string RefreshToken { get; set; } = "";

    public static async Task<User> RegisterAsync(QuehacerServer server, HttpClient? http = null)
    {
        var user = new User(http ?? server.Http, $"{Guid.NewGuid():N}@example.com");
        (await user.PostAsync("/api/v1/auth/register", new { email = user.Email, name = "Ana", password = Password })).Is(201);
        await user.LogInAsync();
        return user;
    }

    /// <summary>Asks for a new password, and gives the token of the letter.</summary>
    public async Task<string> AskForResetAsync(QuehacerServer server)
    {
        var before = ReceivedMail.Tokens(server, email, ReceivedMail.PasswordReset);
        (await PostAsync("/api/v1/auth/password-reset", new { email })).Is(202);
        return await ReceivedMail.TokenAsync(server, email, ReceivedMail.PasswordReset, before);
    }

    /// <summary>Asks for another e-mail, and gives the token of the letter to it.</summary>
    public async Task<string> AskForEmailAsync(QuehacerServer server, string other)
    {
        (await PostAsync("/api/v1/me/email", new { current_password = Password, email = other })).Is(202);
        return await ReceivedMail.TokenAsync(server, other, ReceivedMail.EmailChange);
    }

    /// <summary>Asks that the account be deleted, and gives the token of the letter with which it stays.</summary>
    public async Task<string> AskForDeletionAsync(QuehacerServer server)
    {
        var before = ReceivedMail.Tokens(server, email, ReceivedMail.RestoreAccount);
        (await SendAsync("DELETE", "/api/v1/me", new { current_password = Password })).Is(202);
        return await ReceivedMail.TokenAsync(server, email, ReceivedMail.RestoreAccount, before);
    }

    public async Task<Answer> LogInAsync()
    {
        AccessToken = null;
        var answer = (await PostAsync("/api/v1/auth/login", new { email, password = Password })).Is(200);
        AccessToken = (string)answer["access_token"]!;
        RefreshToken = (string)answer["refresh_token"]!;
        return answer;
    }
}
