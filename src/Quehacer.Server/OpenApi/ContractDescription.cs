using System.Text.Json.Nodes;
using Quehacer.Server.Http;

namespace Quehacer.Server.OpenApi;

/// <summary>What a contract says of itself. <see cref="OpenApiDocument"/> makes its description of this and of what all contracts share.</summary>
/// <param name="Contract">Its name, which is also that of its document.</param>
/// <param name="Title">For people.</param>
/// <param name="Summary">A sentence.</param>
/// <param name="Text">What holds for all operations, in Markdown.</param>
internal sealed record ContractDescription(string Contract, string Title, string Summary, string Text)
{
    /// <summary>In the order in which they are described. One that is mapped and not among them makes the description fail.</summary>
    public required IReadOnlyList<Operation> Operations { get; init; }

    /// <summary>The groups of operations.</summary>
    public required IReadOnlyList<(string Name, string Description)> Tags { get; init; }

    /// <summary>The parameters of paths and queries, by the names that operations use.</summary>
    public required Func<JsonObject> Parameters { get; init; }

    /// <summary>The names of an operation's parameters of the path.</summary>
    public required Func<Operation, IEnumerable<string>> PathParameters { get; init; }

    /// <summary>The headers that every request may bring, beside those that an operation takes.</summary>
    public IReadOnlyList<string> RequestHeaders { get; init; } = ["X-Request-Id"];

    public required HeaderSamples Headers { get; init; }

    public required Func<JsonObject> Schemas { get; init; }

    public string ErrorType { get; init; } = "application/json";

    /// <summary>A name within <see cref="Schemas"/>.</summary>
    public required string ErrorSchema { get; init; }

    /// <summary>An error as the contract writes it.</summary>
    public required Func<ErrorKind, JsonNode> Error { get; init; }

    /// <summary>What it answers to values that it does not take.</summary>
    public int ValidationStatus { get; init; } = 400;

    /// <summary>The headers of refusals, beside those that every answer has.</summary>
    public IReadOnlyList<string> ErrorHeaders { get; init; } = [];

    /// <summary>Where the access token comes from.</summary>
    public required string AccessToken { get; init; }

    /// <summary>The operation among its own that gives one; null where it has none.</summary>
    public string? LogIn { get; init; }

    /// <summary>How an operation is called, given its parameters of path and query and its body.</summary>
    public required Func<Operation, Dictionary<string, string>, Dictionary<string, JsonNode>, JsonObject?, JsonArray> CodeSamples { get; init; }

    /// <summary>Where the document is served.</summary>
    public string Address => $"/openapi/{Contract}.json";
}
