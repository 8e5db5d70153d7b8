namespace Quehacer.Server.Http;

/// <summary>What this server is configured to demand of requests that write.</summary>
/// <param name="IdempotencyKey">Every POST has an <c>Idempotency-Key</c>.</param>
/// <param name="Precondition">Every change of a task, category or tag names the state that it was decided on.</param>
internal sealed record WriteDemands(bool IdempotencyKey, bool Precondition);
