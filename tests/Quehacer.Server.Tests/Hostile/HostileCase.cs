using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Quehacer.Server.Tests.Hostile;

/// <summary>One hostile request and what has to come of it.</summary>
/// <param name="EndsEarly">The request is cut off: the client closes its side after the last byte.</param>
internal sealed record HostileCase(string Name, byte[] Request, Expected Expected, bool EndsEarly = false);

/// <summary>What has to come of a request. Where HTTP leaves the choice to the server there is more than one status.</summary>
internal sealed partial record Expected
{
    /// <summary>Characters: whatever comes in, what goes out is short.</summary>
    private const int LongestAnswer = 128 * 1024;

    private Expected(params int[] statuses) => Statuses = statuses;

    private int[] Statuses { get; }

    /// <summary>The code of the problem that v1 answers.</summary>
    private string? Code { get; init; }

    private string? Field { get; init; }

    private string[] FieldCodes { get; init; } = [];

    /// <summary>The web server refuses what is no HTTP before any contract is asked: a status without a body, and the connection is closed.</summary>
    private bool IsBare { get; init; }

    private bool MayBeBare { get; init; }

    /// <summary>The server may close without a word, because the client has gone or nothing was asked.</summary>
    private bool MayBeSilent { get; init; }

    private Action<WireAnswer>? Check { get; init; }

    /// <summary>How many answers the connection has to give.</summary>
    public int Answers { get; private init; } = 1;

    public bool IsRefused => Statuses.All(status => status >= 400);

    /// <summary>A problem of v1 with this code.</summary>
    public static Expected Problem(int status, string code) => new(status) { Code = code };

    /// <summary>A 422 that names the field with one of the codes.</summary>
    public static Expected Invalid(string field, params string[] codes) => new(422) { Code = "VALIDATION_ERROR", Field = field, FieldCodes = codes };

    public static Expected Malformed() => Problem(400, "MALFORMED_JSON");

    public static Expected NotFound() => Problem(404, "RESOURCE_NOT_FOUND");

    /// <summary>Refused by the web server itself.</summary>
    public static Expected Bare(params int[] statuses) => new(statuses) { IsBare = true };

    /// <summary>Refused by whoever sees it first: the web server, or the contract that reads the body.</summary>
    public static Expected BareOrProblem(params int[] statuses) => new(statuses) { MayBeBare = true };

    /// <summary>Nothing need be answered: the client has gone before it had asked anything.</summary>
    public static Expected BareOrSilence(params int[] statuses) => new(statuses) { IsBare = true, MayBeSilent = true };

    /// <summary>Harmless: it is taken for what it says.</summary>
    public static Expected Taken(int status, Action<WireAnswer>? check = null) => new(status) { Check = check };

    /// <summary>One of several answers, each in its proper shape.</summary>
    public static Expected OneOf(params int[] statuses) => new(statuses);

    /// <summary>So many answers on the connection; what is expected is said of the first.</summary>
    public Expected Times(int answers) => this with { Answers = answers };

    public Expected With(Action<WireAnswer> check) => this with { Check = check };

    /// <summary>Throws when the answers are others.</summary>
    public void Verify(HostileCase hostile, IReadOnlyList<WireAnswer> answers)
    {
        if (answers.Count == 0 && MayBeSilent)
        {
            return;
        }
        var final = answers.Where(answer => answer.Status >= 200).ToList();
        Assert.True(final.Count == Answers, $"{Answers} answers expected, and there came {final.Count}: {string.Join(" | ", final)}");
        Assert.All(final, answer => Assert.InRange(answer.Status, 200, 499 + (Statuses.Contains(505) ? 6 : 0)));
        var first = final[0];
        Assert.True(Statuses.Contains(first.Status), $"{string.Join(" or ", Statuses)} expected, and the answer is {first}");
        Assert.True(first.Body.Length <= LongestAnswer, $"The answer has {first.Body.Length} characters: {first}");
        AssertKeepsSecrets(hostile.Request, first);
        if (IsBare || (MayBeBare && first.Body.Length == 0))
        {
            Assert.True(first is { Body: "" } && first.Header("Connection") == "close", $"A bare refusal expected, and the answer is {first}");
            return;
        }
        if (first.Status >= 400 && !hostile.Request.AsSpan().StartsWith("HEAD "u8))
        {
            AssertIsProblem(first);
            var problem = first.Json;
            Assert.True(Code is null || (string?)problem["code"] == Code, $"{Code} expected, and the answer is {first}");
            Assert.True(Field is null || problem["errors"]!.AsArray().Any(error => (string)error!["field"]! == Field && (FieldCodes.Length == 0 || FieldCodes.Contains((string)error["code"]!))),
                $"{Field} {string.Join('|', FieldCodes)} expected, and the answer is {first}");
        }
        Check?.Invoke(first);
    }

    /// <summary>What holds for every answer to anything.</summary>
    public static void VerifyAny(byte[] request, WireAnswer answer)
    {
        Assert.True(answer.Status is < 500 or 505, $"The answer is {answer}");
        Assert.True(answer.Body.Length <= LongestAnswer, $"The answer has {answer.Body.Length} characters.");
        if (answer is { Status: >= 400, Body.Length: > 0 })
        {
            AssertKeepsSecrets(request, answer);
            AssertIsProblem(answer);
        }
        else if (answer.Status >= 400 && !request.AsSpan().StartsWith("HEAD "u8))
        {
            Assert.Equal("close", answer.Header("Connection"));
        }
    }

    private static void AssertIsProblem(WireAnswer answer)
    {
        Assert.True(answer.Header("Content-Type")?.StartsWith("application/problem+json", StringComparison.Ordinal) == true, $"This is no problem document: {answer}");
        var problem = answer.Json.AsObject();
        Assert.Equal(answer.Status, (int)problem["status"]!);
        Assert.Matches("^[A-Z_]+$", (string)problem["code"]!);
        Assert.Matches("^[A-Z]+_[0-9]{4}$", (string)problem["number"]!);
        Assert.NotEmpty((string)problem["title"]!);
        Assert.NotEmpty((string)problem["detail"]!);
        Assert.Contains("/errors/", (string)problem["type"]!);
        Assert.StartsWith("/", (string)problem["instance"]!);
        Assert.Matches("^[A-Za-z0-9._-]{1,128}$", (string)problem["request_id"]!);
        Assert.Equal(answer.Header("X-Request-Id"), (string)problem["request_id"]!);
        Assert.Equal(("no-store", "nosniff"), (answer.Header("Cache-Control"), answer.Header("X-Content-Type-Options")));
        Assert.Equal(answer.Status == 401, answer.Header("WWW-Authenticate") is not null);
        Assert.Equal(answer.Status == 405, answer.Header("Allow") is not null);
        foreach (var error in problem["errors"]?.AsArray() ?? [])
        {
            Assert.Matches("^[A-Z_]+$", (string)error!["code"]!);
            Assert.NotEmpty((string)error["message"]!);
        }
    }

    /// <summary>Nothing of the inside is shown: what looks like it may only be what the client had sent.</summary>
    private static void AssertKeepsSecrets(byte[] request, WireAnswer answer)
    {
        var sent = Encoding.UTF8.GetString(request);
        sent += Uri.UnescapeDataString(sent);
        Assert.DoesNotContain(Inside().Matches(answer.Body), match => !sent.Contains(match.Value, StringComparison.OrdinalIgnoreCase));
        Assert.Null(answer.Header("Server"));
        Assert.Null(answer.Header("Set-Cookie"));
    }

    [GeneratedRegex(@"Exception|\bat [A-Z]\w+\.\w+|Npgsql|[Pp]ostgres|System\.\w+|Microsoft\.\w+|\b(SELECT|INSERT|UPDATE|DELETE) |\.cs\b|/src/|LineNumber|BytePosition|Kestrel|ParameterName", RegexOptions.CultureInvariant)]
    private static partial Regex Inside();
}

/// <summary>Whom the requests come from and whom they are after, and how a request is written.</summary>
/// <param name="Token">Of somebody whose things must not change.</param>
/// <param name="Spender">The token of somebody whose things may.</param>
internal sealed record Ground(
    string Token, string Spender, string TaskId, string CategoryId, string TagId, string TagName, string TaskETag, string StrangersTask, string StrangersCategory, string StrangersTag,
    string StrangersCursor, string StrangersToken, string RefreshToken, string Email)
{
    public const string Tasks = "/api/v1/tasks";

    public string Task => $"{Tasks}/{TaskId}";

    /// <summary>Latin-1: a character is a byte, so that any byte can be written.</summary>
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>A whole request that asks to close, with the owner's token.</summary>
    /// <param name="headers">Lines that come besides, each with its end.</param>
    public byte[] Ask(string method, string target, string headers = "", byte[]? body = null, string? token = null)
    {
        var length = body is null ? "" : $"Content-Length: {body.Length}\r\n";
        var type = body is null || headers.Contains("Content-Type", StringComparison.OrdinalIgnoreCase) ? "" : "Content-Type: application/json\r\n";
        var authorization = headers.Contains("Authorization:", StringComparison.OrdinalIgnoreCase) ? "" : $"Authorization: Bearer {token ?? Token}\r\n";
        return [.. Bytes($"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}{type}{length}{headers}\r\n"), .. body ?? []];
    }

    public byte[] Get(string target, string headers = "") => Ask("GET", target, headers);

    /// <summary>A request that makes a task.</summary>
    public byte[] Make(string json, string headers = "", string? token = null) => Ask("POST", Tasks, headers, Encoding.UTF8.GetBytes(json), token);

    /// <summary>A batch of these operations, all or nothing.</summary>
    public byte[] Batch(string operations) => Ask("POST", $"{Tasks}/batch", "", Encoding.UTF8.GetBytes($$"""{"operations":[{{operations}}]}"""));

    /// <summary>One that is taken: it is somebody else who gets the task.</summary>
    public byte[] Spend(string json, string headers = "") => Make(json, headers, Spender);

    public static string Escaped(string text) => Uri.EscapeDataString(text);

    /// <summary>A name for a case that is made of input: short, and in one line.</summary>
    public static string Shown(string text) => JsonValue.Create(text.Length > 60 ? text[..60] + "…" : text)!.ToJsonString();
}
