using System.Text.Json.Serialization;

namespace Quehacer.Client;

/// <summary>What an operation of a batch does.</summary>
public enum BatchOp
{
    /// <summary>Makes a task.</summary>
    Create,

    /// <summary>Changes what is set and nothing else.</summary>
    Update,

    /// <summary>Makes a task done.</summary>
    Complete,

    /// <summary>Makes a task pending.</summary>
    Reopen,

    /// <summary>Deletes a task, which can be restored until it is purged.</summary>
    Delete,

    /// <summary>Takes back a deletion.</summary>
    Restore,

    /// <summary>Moves a task in the order by hand.</summary>
    Move,
}

/// <summary>One thing that is to be done with one task, which is named by its id or its number. A version is the one that the task must have.</summary>
public sealed record BatchOperation
{
    /// <summary>What is to be done.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required BatchOp Op { get; init; }

    /// <summary>The task; null for one that is to be made.</summary>
    public string? Id { get; init; }

    /// <summary>The version that the task must have; null for any.</summary>
    public int? Version { get; init; }

    /// <summary>What becomes of the subtasks of a task that is completed or deleted.</summary>
    public SubtaskFate? Subtasks { get; init; }

    /// <summary>The task behind which one is moved.</summary>
    public string? After { get; init; }

    /// <summary>The task before which one is moved.</summary>
    public string? Before { get; init; }

    /// <summary>The end to which a task is moved.</summary>
    public ListEnd? To { get; init; }

    /// <summary>The <see cref="NewTask"/>, or the <see cref="TaskChange"/>; null for the other operations.</summary>
    public object? Task { get; private init; }

    /// <summary>Makes a task.</summary>
    public static BatchOperation Create(NewTask task) => new() { Op = BatchOp.Create, Task = task };

    /// <summary>Changes what is set and nothing else.</summary>
    public static BatchOperation Update(string id, TaskChange change, int? version = null) => new() { Op = BatchOp.Update, Id = id, Task = change, Version = version };

    /// <summary>Makes a task done.</summary>
    public static BatchOperation Complete(string id, int? version = null, SubtaskFate? subtasks = null) =>
        new() { Op = BatchOp.Complete, Id = id, Version = version, Subtasks = subtasks };

    /// <summary>Makes a task pending.</summary>
    public static BatchOperation Reopen(string id, int? version = null) => new() { Op = BatchOp.Reopen, Id = id, Version = version };

    /// <summary>Deletes a task, which can be restored until it is purged.</summary>
    public static BatchOperation Delete(string id, int? version = null, SubtaskFate? subtasks = null) =>
        new() { Op = BatchOp.Delete, Id = id, Version = version, Subtasks = subtasks };

    /// <summary>Takes back a deletion.</summary>
    public static BatchOperation Restore(string id, int? version = null) => new() { Op = BatchOp.Restore, Id = id, Version = version };

    /// <summary>Moves a task in the order by hand: behind another, before another, or to an end. One of the three says where.</summary>
    public static BatchOperation Move(string id, string? after = null, string? before = null, ListEnd? to = null, int? version = null) =>
        new() { Op = BatchOp.Move, Id = id, After = after, Before = before, To = to, Version = version };
}

/// <summary>Operations to be done in one request.</summary>
internal sealed record Batch
{
    public bool? Atomic { get; init; }

    public required IReadOnlyList<BatchOperation> Operations { get; init; }
}

/// <summary>What a batch came to.</summary>
public sealed record BatchResults
{
    /// <summary>How many operations were done.</summary>
    public required int Succeeded { get; init; }

    /// <summary>How many were refused.</summary>
    public required int Failed { get; init; }

    /// <summary>What each came to, in their order.</summary>
    public required IReadOnlyList<BatchResult> Results { get; init; }
}

/// <summary>What one operation of a batch came to.</summary>
public sealed record BatchResult
{
    /// <summary>The place of the operation, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The status that the same request alone would have been answered with.</summary>
    public required int Status { get; init; }

    /// <summary>The tag of the task after the operation, for <c>ifMatch</c>; with 412 that of its present state.</summary>
    [JsonPropertyName("etag")]
    public string? ETag { get; init; }

    /// <summary>The task after the operation; null where it was refused, and after a deletion.</summary>
    public TaskItem? Task { get; init; }

    /// <summary>Why it was refused; null where it was done.</summary>
    public Problem? Problem { get; init; }
}
