namespace Quehacer.Core;

/// <param name="IsReplay">Nothing was done now: the same request had been done under its idempotency key.</param>
public sealed record Answered<T>(T Value, bool IsReplay);
