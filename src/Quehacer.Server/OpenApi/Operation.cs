using System.Text.Json.Nodes;
using Quehacer.Server.Http;

namespace Quehacer.Server.OpenApi;

/// <summary>
/// An operation of a contract as its description tells it: what only people can say, and the few facts that the rest follows from. Headers, path
/// parameters and errors are derived from these by <see cref="OpenApiDocument"/>, so that equal operations are described equally.
/// </summary>
/// <param name="Path">As it is mapped.</param>
/// <param name="Id">Never changes: generated clients name their functions by it.</param>
/// <param name="Tag">One of <see cref="ContractDescription.Tags"/>.</param>
internal sealed record Operation(string Method, string Path, string Id, string Tag, string Summary, string Description)
{
    /// <summary>Names within <see cref="ContractDescription.Parameters"/>.</summary>
    public IReadOnlyList<string> Query { get; init; } = [];

    /// <summary>Those of <see cref="Query"/> that its code samples use.</summary>
    public IReadOnlyList<string> SampleQuery { get; init; } = [];

    /// <summary>The schema of the body, a name within <see cref="ContractDescription.Schemas"/>; null for none.</summary>
    public string? Body { get; init; }

    public bool BodyIsOptional { get; init; }

    /// <summary>Each is sent to a real server by the tests.</summary>
    public IReadOnlyList<RequestExample> Requests { get; init; } = [];

    public required Success Success { get; init; }

    /// <summary>The answer under another status, where there are two that are no refusal.</summary>
    public Success? OtherSuccess { get; init; }

    /// <summary>Takes no access token.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>A read that nobody counts and that is of its moment: it has no tag and takes no condition. Health is.</summary>
    public bool IsUncounted { get; init; }

    /// <summary>A read that is of its moment, and counted like any other: it has no tag, takes no condition, and is kept by nobody.</summary>
    public bool IsOfItsMoment { get; init; }

    /// <summary>A write that takes conditions, and is refused with 412 when they do not hold. Reads all take them.</summary>
    public bool IsConditional { get; init; }

    /// <summary>The headers that say on which conditions (RFC 9110 §13.1).</summary>
    public IReadOnlyList<string> Conditions =>
        IsUncounted || IsOfItsMoment ? []
        : !IsWrite ? ["If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since"]
        : IsConditional ? ["If-Match", "If-None-Match", "If-Unmodified-Since"]
        : [];

    /// <summary>Answers that take the place of the usual one of their status, or come in addition.</summary>
    public IReadOnlyList<ErrorResponse> Special { get; init; } = [];

    public bool IsWrite => Method != HttpMethods.Get;

    /// <summary>It works in a workspace that the query may name, which may not be there for the caller, or be archived.</summary>
    public bool IsInWorkspace { get; init; }

    /// <summary>Another path at which it is mapped as well, the same in everything; null for none.</summary>
    public string? OtherPath { get; init; }
}

/// <param name="Name">Of the example within its operation.</param>
internal sealed record RequestExample(string Name, string Summary, Func<JsonNode> Body);

/// <summary>An answer of an operation that is no refusal.</summary>
/// <param name="Schema">A name within <see cref="Schemas"/>; null where there is no body.</param>
/// <param name="Headers">Names within <see cref="Headers.All"/>, beside those that every answer has.</param>
internal sealed record Success(int Status, string Description, string? Schema = null, Func<JsonNode>? Example = null, params string[] Headers)
{
    /// <summary>What it can be given in beside JSON.</summary>
    public IReadOnlyList<RowsExample> Rows { get; init; } = [];

    /// <summary>The one type of an answer that is a file; null for others.</summary>
    public MediaType? File { get; init; }

    /// <summary>What it may be in place of <paramref name="Schema"/> under the same status; null where it is always the one.</summary>
    public Alternative? Or { get; init; }
}

/// <summary>A format with a row for each thing, and what one thing looks like in it.</summary>
internal sealed record RowsExample(MediaType Type, string Description, Func<string> Text);

/// <param name="Schema">A name within <see cref="Schemas"/>.</param>
internal sealed record Alternative(string Schema, Func<JsonNode> Example);
