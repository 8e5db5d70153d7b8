namespace Quehacer.Client;

/// <summary>A refusal, as the server tells it (RFC 9457).</summary>
public sealed record Problem
{
    /// <summary>The address of a page that says what the error means and what mends it.</summary>
    public required string Type { get; init; }

    /// <summary>What kind of error it is, for people.</summary>
    public required string Title { get; init; }

    /// <summary>The status of the answer.</summary>
    public required int Status { get; init; }

    /// <summary>What is wrong with this request and what mends it, for people.</summary>
    public required string Detail { get; init; }

    /// <summary>The path of the request.</summary>
    public required string Instance { get; init; }

    /// <summary>For programs; never changes. One of <see cref="ErrorCodes"/>, or one that is newer than this client.</summary>
    public required string Code { get; init; }

    /// <summary>The number of the code in the catalogue.</summary>
    public required string Number { get; init; }

    /// <summary>The id of the request, as it stands in the server's log.</summary>
    public required string RequestId { get; init; }

    /// <summary>When it was refused.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The values of the request that are at fault, all of them; null where it is not about values.</summary>
    public IReadOnlyList<ProblemField>? Errors { get; init; }

    /// <summary>Seconds to wait, where a limit was reached; null elsewhere.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The place, from 0, of the operation that a batch was refused for as a whole; only there.</summary>
    public int? Operation { get; init; }

    /// <summary>The workspaces that stand in the way of what was asked, the first hundred; only there.</summary>
    public IReadOnlyList<string>? Workspaces { get; init; }
}

/// <summary>One value of a request that cannot be accepted.</summary>
public sealed record ProblemField
{
    /// <summary>The member or parameter, with the index of an element where there is one.</summary>
    public required string Field { get; init; }

    /// <summary>What is wrong with it, for programs; never changes.</summary>
    public required string Code { get; init; }

    /// <summary>What is wrong with it and what mends it, for people.</summary>
    public required string Message { get; init; }

    /// <summary>What it can be, where that is a list.</summary>
    public IReadOnlyList<string>? AllowedValues { get; init; }
}

/// <summary>The server refused a request, or did not come to it.</summary>
public class ProblemException : Exception
{
    internal ProblemException(int status, Problem? problem, TimeSpan? retryAfter)
        : base(problem is null ? $"The server answered {status}." : $"{status} {problem.Code}: {problem.Detail}")
    {
        Status = status;
        Problem = problem;
        RetryAfter = retryAfter;
    }

    /// <summary>The status of the answer, 400 to 599. Treat a code that you do not know by its status.</summary>
    public int Status { get; }

    /// <summary>What the server said; null when something in between answered, such as a proxy.</summary>
    public Problem? Problem { get; }

    /// <summary>One of <see cref="ErrorCodes"/>, or one that is newer than this client; null without a <see cref="Problem"/>.</summary>
    public string? Code => Problem?.Code;

    /// <summary>The number of the code in the catalogue; null without a <see cref="Problem"/>.</summary>
    public string? Number => Problem?.Number;

    /// <summary>The values of the request that are at fault; empty where it is not about values.</summary>
    public IReadOnlyList<ProblemField> Errors => Problem?.Errors ?? [];

    /// <summary>The id of the request, for whoever reads the server's log; null without a <see cref="Problem"/>.</summary>
    public string? RequestId => Problem?.RequestId;

    /// <summary>How long the server asks to wait before the request is sent again; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; }
}

/// <summary>
/// Somebody else was first: the thing is not as <c>ifMatch</c> or <c>version</c> said, and nothing was written. Read it again, apply the change to what
/// you find, and send that.
/// </summary>
public sealed class PreconditionFailedException : ProblemException
{
    internal PreconditionFailedException(Problem? problem, string? etag)
        : base(412, problem, retryAfter: null) => CurrentETag = etag;

    /// <summary>The tag of the present state. To send it without having read that state is to overwrite what somebody did.</summary>
    public string? CurrentETag { get; }
}
